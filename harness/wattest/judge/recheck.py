"""The verdicts of a record, computed again from what it observed.

A record whose chain holds says who wrote what; this says whether the conclusions follow: every frame is decoded
again, every reading read again from the instrument's answer, every check decided again, every monitor run again, every
verdict drawn again. What differs is told with the number of its entry.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from wattest.errors import BenchError
from wattest.judge.decision import plain
from wattest.judge.facts import Facts, facts_of
from wattest.judge.monitors import run_monitors
from wattest.judge.monitors.finding import Finding
from wattest.judge.rules import decide
from wattest.judge.trace import ENDS, Entry
from wattest.judge.verdicts import Attempt, attempts, item_verdict, requirement_verdicts, run_table, sealed
from wattest.ocpp.decode import decode
from wattest.ocpp.messages import described

LATECOMERS = 50
"""Messages that may have been noted on a live bench between the look of the monitors and their first check."""

SEPARATORS = (",", " ", "\xb6")
"""What stands between the values of an instrument's answer: a comma; a blank (ASCII-2); the byte 0xB6 (SimServ)."""


class Whole(Protocol):
    """What is needed of a record that was read."""

    @property
    def header(self) -> Mapping[str, Any]:
        """Charger, bench, dialects, requirements."""
        ...

    @property
    def entries(self) -> Sequence[Entry]:
        """Every line, so that ``entries[seq]`` is the entry that evidence points to."""
        ...

    @property
    def footer(self) -> Mapping[str, Any] | None:
        """The seal, with the verdicts of the run."""
        ...


def recheck(record: Whole) -> list[str]:
    """Everything in a record that does not follow from what it observed, as sentences; empty when all does."""
    found: list[str] = []
    for entry in record.entries:
        match entry["kind"]:
            case "frame":
                found += _frame(entry)
            case "reading":
                found += _reading(entry, record.entries)
            case "check":
                found += _check(entry)
                found += _evidence(entry, record.entries)
                found += _shown(entry, record.entries)
    found += _attempts(record)
    found += _footer(record)
    return found


# --- what was observed -----------------------------------------------------------------------------------


def _frame(entry: Entry) -> Iterator[str]:
    """The decoded message is what its bytes say."""
    raw = base64.b64decode(entry["raw_b64"]) if "raw_b64" in entry else entry["raw"]
    message = entry.get("message")
    again = described(decode(raw).message, (message or {}).get("action"))
    if _as_recorded(again) != message:
        yield f"entry {entry['seq']}: the message does not say what the frame's bytes say."


def _as_recorded(value: Any) -> Any:
    """Integers beyond 64 bits stand as text in a record, as do decimals."""
    if isinstance(value, Mapping):
        return {name: _as_recorded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_recorded(part) for part in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return str(value)
    return value if value is None or isinstance(value, (str, bool, int, float)) else plain(value)


def _reading(entry: Entry, entries: Sequence[Entry]) -> Iterator[str]:
    """The value is what the instrument's own digits say, at the place where the answer has them."""
    seq, raw, index = entry["seq"], entry.get("raw"), entry.get("index")
    if not raw or index is None:
        return
    answers = [_entry(entries, at).get("rx") for at in entry.get("evidence", ())]
    places = [str(rx).split(sign) for rx in answers if rx is not None for sign in SEPARATORS]
    if not any(index < len(parts) and parts[index].strip().strip('"') == raw for parts in places):
        yield f"entry {seq}: the reading '{entry['name']}' has the digits '{raw}', which its evidence has not."
        return
    try:
        digits = float(raw)
    except ValueError:
        digits = math.nan
    value = entry["value"]
    if value is None or not math.isfinite(digits):
        if value is not None or not entry.get("flags"):
            yield f"entry {seq}: the reading '{entry['name']}' says {value} where its digits '{raw}' are no value."
    elif not any(math.isclose(float(value), digits * scale, rel_tol=1e-9) for scale in (1.0, 1e3, 1e-3)):
        yield f"entry {seq}: the reading '{entry['name']}' says {value}, but its digits are '{raw}'."


def _entry(entries: Sequence[Entry], seq: Any) -> Entry:
    return entries[seq] if isinstance(seq, int) and 0 <= seq < len(entries) else {}


# --- what was concluded ----------------------------------------------------------------------------------


def _check(entry: Entry) -> Iterator[str]:
    """The outcome follows from the rule and its inputs."""
    seq, name = entry["seq"], entry["name"]
    try:
        decision = decide(entry["rule"], entry["inputs"])
    except BenchError as problem:
        yield f"entry {seq}: check '{name}' cannot be decided again: {problem}"
        return
    if decision.outcome != entry["outcome"]:
        yield (
            f"entry {seq}: check '{name}' says {entry['outcome']}, but rule '{entry['rule']}' gives "
            f"{decision.outcome}: {decision.sentence}"
        )
    elif decision.sentence != entry["sentence"] or decision.band != entry.get("band"):
        yield f"entry {seq}: check '{name}' does not say what rule '{entry['rule']}' gives: {decision.sentence}"
    elif _finite(plain(decision.figures)) != entry.get("figures"):
        yield f"entry {seq}: the figures of check '{name}' are not those that rule '{entry['rule']}' gives."


def _finite(value: Any) -> Any:
    """A record has no words for infinities."""
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _evidence(entry: Entry, entries: Sequence[Entry]) -> Iterator[str]:
    """Evidence points to entries that were there before."""
    wrong = [at for at in entry.get("evidence", ()) if not 0 <= at < entry["seq"] or at >= len(entries)]
    if wrong:
        yield f"entry {entry['seq']}: the evidence of check '{entry['name']}' points to entry {wrong[0]}, which is not before it."


_TOLD = {
    "answer": "answer",
    "value": "value",
    "u": "u",
    "number": "number",
    "issuer": "issuer",
    "issued": "issued",
} | {
    "expires": "expires",
    "signed_by": "by",
    "signed_on": "at",
}
"""Inputs of a check of evidence, and where the entry of what was told holds them."""


def _shown(entry: Entry, entries: Sequence[Entry]) -> Iterator[str]:
    """A check of what a person answered or a document says was made of exactly that, with the files there are."""
    if not entry.get("thing"):
        return
    cited = [_entry(entries, at) for at in entry.get("evidence", ())]
    told = next(
        (one for one in cited if one.get("kind") == "evidence" and one.get("thing") == entry["thing"]), None
    )
    who = f"entry {entry['seq']}: the check of '{entry['thing']}'"
    if told is None:
        yield f"{who} names no answer or document that it was made of."
        return
    inputs, stated = entry["inputs"], entry["rule"] == "stated"
    for name, field in _TOLD.items():
        if name not in inputs or (stated and name == "answer"):
            continue
        if inputs[name] != told.get(field):
            yield f"{who} takes '{inputs[name]}' for {name}, and entry {told['seq']} says '{told.get(field)}'."
    if stated and inputs["answer"] not in {"not stated", *(told.get("statements") or {}).values()}:
        yield f"{who} takes '{inputs['answer']}' for what the document states, and entry {told['seq']} does not say so."
    files = sum(1 for one in cited if one.get("kind") == "file")
    if inputs.get("files", inputs.get("photos", files)) != files:
        yield f"{who} counts files that are not among its evidence."


def _attempts(record: Whole) -> Iterator[str]:
    """Monitors, verdicts and ends of every attempt."""
    facts = _facts(record.header)
    live = (record.header.get("bench") or {}).get("kind") == "live"
    resumed = [int(entry["seq"]) for entry in record.entries if entry["kind"] == "resumed"]
    carry: Mapping[str, Any] | None = None
    last = 0
    for attempt in attempts(record.entries):
        first = int(attempt.scenario["seq"])
        if not live or any(last < seq < first for seq in resumed):
            carry = None
        last = first
        if not attempt.ended:
            continue
        sentences, carry = _monitors(attempt, facts, carry)
        yield from sentences
        yield from _verdicts(attempt)


def _facts(header: Mapping[str, Any]) -> Facts:
    plane = (header.get("bench") or {}).get("measurement_plane")
    return facts_of(header.get("charger") or {}, **({"measurement_plane": plane} if plane else {}))


def _monitors(
    attempt: Attempt, facts: Facts, carry: Mapping[str, Any] | None
) -> tuple[list[str], Mapping[str, Any]]:
    """Findings of the monitors over what was there when they looked.

    Messages that came in while they looked stand before their first check; they are left out one by one.
    """
    noted = [entry for entry in attempt.entries if entry["kind"] == "check" and entry.get("monitor")]
    recorded = [_noted(entry) for entry in noted]
    before: list[Entry] = []
    for entry in attempt.entries:
        if entry["kind"] in ENDS or (entry["kind"] == "check" and entry.get("monitor")):
            break
        before.append(entry)
    findings, after = run_monitors(before, facts, carry)
    first = findings, after
    for _ in range(LATECOMERS):
        if [_found(finding) for finding in findings] == recorded:
            return [], after
        if not before or before[-1]["kind"] not in {"frame", "link"}:
            break
        before.pop()
        findings, after = run_monitors(before, facts, carry)
    findings, after = first
    return _differences(attempt, findings, noted), after


def _found(finding: Finding) -> dict[str, Any]:
    return {
        "monitor": finding.monitor,
        "name": finding.name,
        "requirements": list(finding.requirements),
        "rule": finding.rule,
        "inputs": plain(finding.inputs),
        "evidence": list(finding.evidence),
        "step": finding.step,
    }


def _noted(entry: Entry) -> dict[str, Any]:
    names = ("monitor", "name", "requirements", "rule", "inputs", "evidence", "step")
    return {name: plain(entry.get(name)) for name in names}


def _differences(attempt: Attempt, findings: Sequence[Finding], noted: Sequence[Entry]) -> list[str]:
    found = [_found(finding) for finding in findings]
    known = [_noted(entry) for entry in noted]
    where = f"{attempt.key} on OCPP {attempt.dialect} (attempt {attempt.number})"
    sentences = [
        f"entry {entry['seq']}: monitor '{entry['monitor']}' does not find '{entry['name']}' in what {where} observed."
        for entry, as_noted in zip(noted, known, strict=True)
        if as_noted not in found
    ]
    sentences += [
        f"{where}: monitor '{finding['monitor']}' finds '{finding['name']}', which the record does not say: "
        f"{decide(finding['rule'], finding['inputs']).sentence}"
        for finding in found
        if finding not in known
    ]
    return sentences or [f"{where}: the findings of the monitors stand in another order than they are made."]


def _verdicts(attempt: Attempt) -> Iterator[str]:
    """Verdict entries and the end of the scenario follow from its checks."""
    lines = requirement_verdicts(attempt.entries, attempt.scenario.get("covers", ()))
    said: dict[str, Entry] = {
        str(entry["requirement"]): entry for entry in attempt.entries if entry["kind"] == "verdict"
    }
    where = f"{attempt.key} on OCPP {attempt.dialect}"
    for name, entry in said.items():
        line = lines.get(name)
        if line is None:
            yield f"entry {entry['seq']}: nothing in {where} was about {name}, yet it has a verdict."
        elif (line.verdict, line.sentence) != (entry["verdict"], entry["sentence"]):
            yield (
                f"entry {entry['seq']}: the verdict of {name} in {where} is {entry['verdict']}, but its checks give "
                f"{line.verdict}: {line.sentence}"
            )
        elif list(line.checks) != list(entry.get("checks", ())):
            yield f"entry {entry['seq']}: the verdict of {name} in {where} does not name the checks it rests on."
    for name in lines:
        if name not in said:
            yield f"{where}: {name} has checks but no verdict."
    verdict, _ = item_verdict(attempt.entries, lines)
    end = next(entry for entry in attempt.entries if entry["kind"] == "scenario_end")
    if end["verdict"] != verdict:
        yield f"entry {end['seq']}: {where} ended as {end['verdict']}, but its verdicts give {verdict}."


def _footer(record: Whole) -> Iterator[str]:
    """The verdicts that were sealed are those of the run."""
    if record.footer is None:
        return
    stated = record.footer.get("verdicts")
    given = sealed(run_table(record.entries))
    if not isinstance(stated, Mapping):
        yield "The footer seals no verdicts."
        return
    for name in {**given, **stated}:
        if stated.get(name) != given.get(name):
            yield f"The footer seals {stated.get(name)} for {name}, but the record gives {given.get(name)}."
