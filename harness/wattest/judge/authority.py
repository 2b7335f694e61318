"""When energy might flow on EVSE 1: every stretch for which some authorisation can be made out.

Generous on purpose: what a station may decide by itself (local list, cache, offline policy) counts as an authorisation
unless the evidence shows that it cannot have been one. Sources: OCPP 1.6 3.5, 4.8, 5.11; OCPP 2.0.1 C01, C15, E05, F01.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wattest.judge.sessions import Scene, Session, token_status
from wattest.judge.trace import Call, Spans, Trace
from wattest.ocpp.neutral import Authorized, TransactionChanged
from wattest.ocpp.settings import setting

FOREVER = float("inf")
REMOTE_STARTS = frozenset({"RemoteStartTransaction", "RequestStartTransaction"})
TAKEN = frozenset({"Accepted", "RebootRequired"})
PROMPT_S = 10.0
"""A start or end that comes later than this after its stated time was queued (project)."""


def setting_in_force(trace: Trace, name: str) -> str | None:
    """Last value that the station accepted for a setting, by its neutral name; None when it was never set."""
    words = setting(name)
    found: str | None = None
    for call in trace.asked:
        if call.action == "ChangeConfiguration" and call.payload.get("key") == words.key:
            if call.status in TAKEN:
                found = str(call.payload.get("value"))
        elif call.action == "SetVariables":
            for wanted, result in zip(
                _items(call.payload, "setVariableData"), _items(call.reply, "setVariableResult"), strict=False
            ):
                named = (
                    (wanted.get("component") or {}).get("name"),
                    (wanted.get("variable") or {}).get("name"),
                )
                taken = str(result.get("attributeStatus")) in TAKEN
                if named == (words.component, words.variable) and taken:
                    found = str(wanted.get("attributeValue"))
    return found


def _items(payload: Mapping[str, Any] | None, key: str) -> list[Mapping[str, Any]]:
    items = (payload or {}).get(key)
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def number_in_force(trace: Trace, name: str, default: float) -> float:
    """The same as a number; the default when it was never set, or to something else."""
    try:
        return float(setting_in_force(trace, name) or default)
    except ValueError:
        return default


def authorised(scene: Scene) -> Spans:
    """Stretches of bench time during which EVSE 1 may deliver energy."""
    return Spans(tuple(sorted(_stretches(scene))))


def _stretches(scene: Scene) -> Iterator[tuple[float, float]]:
    trace, facts = scene.trace, scene.facts
    timeout = max(
        facts.connection_timeout_s, number_in_force(trace, "connection_timeout", facts.connection_timeout_s)
    )
    wait = timeout + facts.settle_s
    for said in scene.said:
        answer = said.call.answer
        if isinstance(said.event, Authorized) and said.event.status == "Accepted" and answer is not None:
            yield answer.t, _used_up(scene, said.event.token, answer.t, wait)
    for call in trace.asked:
        if call.action in REMOTE_STARTS and call.status == "Accepted" and call.answer is not None:
            yield call.t, _used_up(scene, _token(call), call.t, call.answer.t - call.t + wait)
    for session in scene.sessions:
        if session.evse in {None, 1}:
            yield _of_session(scene, session)
    yield from _by_the_station_itself(scene, wait)
    yield from _by_the_terminal(scene, wait)


def _token(call: Call) -> str:
    """The token of a remote start, of any dialect."""
    token = call.payload.get("idToken")
    name = token.get("idToken") if isinstance(token, Mapping) else call.payload.get("idTag")
    return str(name)


def _used_up(scene: Scene, token: str, t: float, wait: float) -> float:
    """Until when an authorisation lasts: it ends with the start of its session, or with the end of one that it stops."""
    settle = scene.facts.settle_s
    for session in scene.sessions:
        if session.started is None or (session.token or "").upper() != token.upper():
            continue
        begin = session.started[1].t
        end = session.ended[1].t if session.ended is not None else FOREVER
        if t <= begin <= t + wait:
            return begin + settle
        if begin < t <= end <= t + PROMPT_S:
            return end + settle
    return t + wait


def _of_session(scene: Scene, session: Session) -> tuple[float, float]:
    """From a little before its start to a little after its end, by stated times where they were queued.

    A stated time that cannot be true leaves the widest stretch that can be.
    """
    trace, settle = scene.trace, scene.facts.settle_s
    begin, end = trace.begin, FOREVER
    if session.started is not None:
        event, call = session.started
        stated = trace.happened(event.timestamp, call.t)
        begin = trace.earliest(call.t) if stated is None else min(stated, call.t)
    if session.ended is not None:
        event, call = session.ended
        stated = trace.happened(event.timestamp, call.t)
        end = stated if stated is not None and call.t - stated > PROMPT_S else call.t
    refused = token_status(session)
    if (
        refused is not None
        and refused[0] != "Accepted"
        and not number_in_force(trace, "max_energy_on_invalid", 0)
    ):
        end = min(end, refused[1])
    return begin - settle, end + settle


def _by_the_station_itself(scene: Scene, wait: float) -> Iterator[tuple[float, float]]:
    """Cards presented while the station could not ask, or that it may remember from before."""
    trace = scene.trace
    known = _accepted(scene)
    listed = any(call.action == "SendLocalList" and call.status == "Accepted" for call in trace.asked)
    unknown_allowed = (setting_in_force(trace, "allow_offline_unknown") or "").lower() == "true"
    for entry in trace.kind("action"):
        if entry["role"] != "card_reader" or entry["action"] != "present":
            continue
        t, uid = float(entry["t"]), str((entry.get("arguments") or {}).get("uid", "")).upper()
        remembered = known.get(uid, FOREVER) < t
        outage = next((stop for start, stop in trace.down.spans if start <= t < stop), None)
        if outage is None:
            if remembered or listed:
                yield t, t + wait
        elif remembered or listed or unknown_allowed or _status(trace, uid) in {None, "accepted"}:
            yield t, outage + wait


def _by_the_terminal(scene: Scene, wait: float) -> Iterator[tuple[float, float]]:
    """Payment cards: the terminal and its acquirer decide, and the station makes up a token for the driver.

    What must not come of a refused one is for the scenario that had it refused.
    """
    for entry in scene.trace.kind("observation"):
        if entry.get("what") == "payment card" and entry["value"]["taken"]:
            yield float(entry["value"].get("asked", entry["t"])), float(entry["t"]) + wait


def _accepted(scene: Scene) -> dict[str, float]:
    """Cards that the central system accepted, and since when: the station may have cached them."""
    found = {str(token): scene.trace.begin - 1.0 for token in scene.trace.carry.get("tokens", ())}
    for said in scene.said:
        event, answer = said.event, said.call.answer
        if answer is None or not isinstance(event, (Authorized, TransactionChanged)) or event.token is None:
            continue
        status = event.status if isinstance(event, Authorized) else event.token_status
        if status == "Accepted":
            found.setdefault(event.token.upper(), answer.t)
    return found


def _status(trace: Trace, uid: str) -> str | None:
    found: str | None = None
    for entry in trace.kind("setting"):
        if entry.get("what") == "card" and str(entry.get("uid", "")).upper() == uid:
            found = str(entry.get("status"))
    return found


def carried(scene: Scene) -> Mapping[str, Any]:
    """Cards that the station may remember."""
    return {"tokens": sorted(_accepted(scene))}
