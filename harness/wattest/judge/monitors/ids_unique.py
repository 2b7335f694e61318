"""Message ids and transaction ids are used once (OCP-04); no start or end is told twice in two ways (BIL-16).

A retry may keep its id or take a new one. No version promises exactly-once delivery: when an answer may have been lost, the
same content may come again. What is never allowed is the same transaction with other content, or the same once more
after an answer that surely arrived. Sources: OCPP-J 1.6 4.1.4 (ids unique per connection), OCPP 2.0.1 Part 4 4.1.4 (per
identity), OCPP 1.6 3.7, OCPP 2.0.1 E13.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.sessions import Scene
from wattest.judge.trace import Call, Trace

UNIQUE = ("OCP-04",)
ONCE = ("BIL-16",)
SURE_S = 10.0
"""An answer that left later than this may have missed the station's time-out (project)."""

_CONTENT = {
    "StartTransaction": ("connectorId", "idTag", "meterStart", "timestamp"),
    "StopTransaction": ("transactionId", "meterStop", "timestamp"),
    "TransactionEvent": ("eventType", "timestamp", "seqNo", "meterValue"),
}


def watch(scene: Scene) -> tuple[Finding, ...]:
    """Ids of CALLs, ids of transactions, and messages that start or end one."""
    trace = scene.trace
    cases = [call.seq for call in trace.said]
    flaws = [*_message_ids(trace), *_transaction_ids(trace), *_placeholders(trace), *_sequence_numbers(trace)]
    findings = held(
        trace,
        UNIQUE,
        "ids unique",
        "ids of messages and transactions are used once",
        cases=cases,
        flaws=flaws,
    )
    told, doubled = _told_twice(trace)
    return findings + held(
        trace,
        ONCE,
        "told once",
        "each start and end of a transaction is told once",
        cases=told,
        flaws=doubled,
    )


def carried(scene: Scene) -> Mapping[str, Any]:
    """Ids that must not come again on the same charger: of CALLs in 2.0.1, and of transactions it named."""
    calls = dict(scene.trace.carry.get("call_ids", {}))
    named = dict(scene.trace.carry.get("transaction_ids", {}))
    for call in scene.trace.said:
        if call.dialect != "1.6":
            calls[f"{call.station}/{call.id}"] = [call.seq, _print(call)]
        name = _started_as(call)
        if name is not None:
            named[f"{call.station}/{name}"] = [call.seq, _print(call)]
    return {"call_ids": calls, "transaction_ids": named}


def _print(call: Call) -> str:
    """What makes two CALLs the same: action and content; what OCPP lets a retry change is left out."""
    names = _CONTENT.get(call.action)
    content = call.payload if names is None else {name: call.payload.get(name) for name in names}
    return f"{call.action} {sorted(content.items(), key=lambda item: item[0])!r}"


def _started_as(call: Call) -> str | None:
    if call.action == "TransactionEvent" and call.payload.get("eventType") == "Started":
        return _transaction(call)
    return None


def _transaction(call: Call) -> str | None:
    if call.action == "TransactionEvent":
        info = call.payload.get("transactionInfo")
        name = info.get("transactionId") if isinstance(info, Mapping) else None
        return str(name) if name is not None else None
    name = call.payload.get("transactionId")
    return str(name) if name is not None else None


def _message_ids(trace: Trace) -> list[Flaw]:
    seen: dict[tuple[str, int, str], tuple[int, str]] = {}
    flaws: list[Flaw] = []
    for call in trace.said:
        link = sum(1 for t in trace.opened if t <= call.t) if call.dialect == "1.6" else 0
        key = (call.station, link, call.id)
        before = seen.get(key) or _earlier(trace, "call_ids", f"{call.station}/{call.id}")
        mark = _print(call)
        if before is not None and before[1] != mark:
            flaws.append(
                Flaw(
                    f"The id '{call.id}' of {call.action} (entry {call.seq}, {trace.during(call.seq)}) was used before "
                    f"by entry {before[0]} for another message.",
                    (before[0], call.seq),
                )
            )
        seen[key] = (call.seq, mark)
    return flaws


def _earlier(trace: Trace, what: str, key: str) -> tuple[int, str] | None:
    told = trace.carry.get(what, {}).get(key)
    return (int(told[0]), str(told[1])) if told else None


def _transaction_ids(trace: Trace) -> list[Flaw]:
    """Ids that the station made itself (2.0.1); in 1.6 the central system makes them."""
    seen: dict[str, tuple[int, str]] = {}
    flaws: list[Flaw] = []
    for call in trace.said:
        name = _started_as(call)
        if name is None:
            continue
        key = f"{call.station}/{name}"
        before = seen.get(key) or _earlier(trace, "transaction_ids", key)
        if before is not None and before[1] != _print(call):
            flaws.append(
                Flaw(
                    f"Transaction id '{name}' of entry {call.seq} ({trace.during(call.seq)}) was used before by entry "
                    f"{before[0]}.",
                    (before[0], call.seq),
                )
            )
        seen[key] = (call.seq, _print(call))
    return flaws


def _sequence_numbers(trace: Trace) -> list[Flaw]:
    """A sequence number that stands for two events of one transaction (2.0.1 E01): a copy keeps number and content."""
    seen: dict[tuple[str, str, int], tuple[int, str]] = {}
    flaws: list[Flaw] = []
    for call in trace.said:
        name, number = _transaction(call), call.payload.get("seqNo")
        if call.action != "TransactionEvent" or name is None or not isinstance(number, int):
            continue
        key, mark = (call.station, name, number), _print(call)
        before = seen.setdefault(key, (call.seq, mark))
        if before[1] != mark:
            flaws.append(
                Flaw(
                    f"The seqNo {number} of entry {call.seq} ({trace.during(call.seq)}) stood for another event of "
                    f"transaction {name} before, in entry {before[0]}.",
                    (before[0], call.seq),
                )
            )
    return flaws


def _placeholders(trace: Trace) -> list[Flaw]:
    """Ends of a transaction -1 or 0 although every start got its id (1.6 errata 3.18)."""
    starts = [call for call in trace.said if call.action == "StartTransaction"]
    if not starts or any(call.reply is None or "transactionId" not in call.reply for call in starts):
        return []
    issued = _issued(trace)
    return [
        Flaw(
            f"StopTransaction (entry {call.seq}, {trace.during(call.seq)}) names transaction "
            f"{call.payload['transactionId']}, which no start was given.",
            (call.seq,),
        )
        for call in trace.said
        if call.action == "StopTransaction"
        and isinstance(call.payload.get("transactionId"), int)
        and call.payload["transactionId"] <= 0
        and str(call.payload["transactionId"]) not in issued
    ]


def _told_twice(trace: Trace) -> tuple[list[int], list[Flaw]]:
    """Starts and ends, each with the CALLs that told it."""
    told: dict[tuple[str, str], list[Call]] = {}
    issued = _issued(trace)
    for call in trace.said:
        key = _told_key(call, issued)
        if key is not None:
            told.setdefault((call.station, key), []).append(call)
    cases: list[int] = []
    flaws: list[Flaw] = []
    for (_station, key), calls in told.items():
        wrong = [flaw for first, again in pairwise(calls) if (flaw := _again(trace, key, first, again))]
        flaws += wrong
        if not wrong:
            cases.append(calls[0].seq)
    return cases, flaws


def _issued(trace: Trace) -> frozenset[str]:
    """Transaction ids that the central system gave in this attempt (1.6); others may be placeholders."""
    replies = (call.reply for call in trace.said if call.action == "StartTransaction")
    return frozenset(str(reply["transactionId"]) for reply in replies if reply and "transactionId" in reply)


def _told_key(call: Call, issued: frozenset[str]) -> str | None:
    name = _transaction(call)
    if call.action == "StartTransaction":
        payload = call.payload
        return f"start on connector {payload.get('connectorId')} at {payload.get('timestamp')}"
    if call.action == "StopTransaction" and name in issued:
        return f"end of transaction {name}"
    if call.action == "TransactionEvent" and name is not None:
        kind = call.payload.get("eventType")
        if kind == "Started":
            return f"start of transaction {name}"
        return f"end of transaction {name}" if kind == "Ended" else None
    return None


def _again(trace: Trace, key: str, first: Call, again: Call) -> Flaw | None:
    """What is wrong with telling it again; None when the content is the same and an answer may have been lost."""
    seqs = (first.seq, again.seq)
    where = trace.during(again.seq)
    if _print(first) != _print(again):
        changed = ", ".join(
            f"{name} {_cut(first.payload.get(name))} and {_cut(again.payload.get(name))}"
            for name in _CONTENT[first.action]
            if first.payload.get(name) != again.payload.get(name)
        )
        return Flaw(f"The {key} was told twice, {where}, with different content: {changed}.", seqs)
    answer = first.answer
    if answer is None or answer.code is not None or answer.t - first.t > SURE_S:
        return None
    sure = min(again.t, answer.t + SURE_S)
    if trace.disturbed(first.t, sure) or any(first.t <= t <= sure for t in trace.opened):
        return None
    return Flaw(f"The {key} was told again, {where}, after it had been answered (entry {answer.seq}).", seqs)


def _cut(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:80]}..."


MONITOR = Monitor("ids_unique", (*UNIQUE, *ONCE), watch)
