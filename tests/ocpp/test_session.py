"""The conversation: one call at a time each way, answers correlated, violations noted, nothing raised."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.model.scenario import Dialect
from wattest.ocpp import session as module
from wattest.ocpp.messages import Call, CallError, CallResult, CallResultError, Send
from wattest.ocpp.session import CallIds, Received, Session, Ticket


def session(dialect: Dialect = "1.6", known: CallIds | None = None) -> Session:
    numbers = itertools.count(1)
    return Session("csms", lambda: f"c{next(numbers)}", dialect=dialect, known=known)


def rules(received: Received) -> list[str]:
    return [violation.rule for violation in received.violations]


def sentences(received: Received) -> list[str]:
    return [violation.sentence for violation in received.violations]


def heartbeat(id_: str) -> str:
    return f'[2,"{id_}","Heartbeat",{{}}]'


def test_one_call_at_a_time() -> None:
    """The second call of ours waits until the first is answered."""
    one = session()
    first, second = one.call("ClearCache", {}), one.call("Reset", {"type": "Soft"})
    assert one.due(0.0) is first
    assert first.text == '[2,"c1","ClearCache",{}]'
    assert one.due(0.0) is None
    received = one.receive('[3,"c1",{"status":"Accepted"}]', 1.0)
    assert received == Received(CallResult("c1", {"status": "Accepted"}), (), True, "ClearCache", first)
    one.settle(first, CallResult("c1", {"status": "Accepted"}))
    assert first.state == "answered"
    assert one.due(1.0) is second
    assert one.deadline() == 31.0


STREAM = '{"id":1,"pending":0,"basetime":"2026-01-15T12:00:00Z","data":[{"t":0,"v":"16"}]}'


def test_a_send_is_noted_and_never_answered() -> None:
    """2.1: a sound SEND has no violation, a wrong one deserves no CALLERROR, and its id may not come again."""
    one = session("2.1")
    received = one.receive(f'[6,"s1","NotifyPeriodicEventStream",{STREAM}]', 0.0)
    assert isinstance(received.message, Send)
    assert (received.action, rules(received), received.refusal) == ("NotifyPeriodicEventStream", [], None)
    again = one.receive('[6,"s1","Heartbeat",{}]', 1.0)
    assert rules(again) == ["session.id-reused", "schema.unknown-action"]
    assert again.refusal is None


def test_an_answer_of_ours_may_be_refused() -> None:
    """2.1: a CALLRESULTERROR names an answered CALL; it is no answer itself, so that nothing is left open."""
    one = session("2.1")
    one.receive(heartbeat("h1"), 0.0)
    one.answered("h1")
    received = one.receive('[5,"h1","FormatViolation","",{}]', 1.0)
    assert (received.message, rules(received)) == (CallResultError("h1", "FormatViolation"), [])
    assert (received.action, received.ticket) == ("Heartbeat", None)
    assert rules(one.receive('[5,"h1","Nonsense","",{}]', 1.0)) == ["session.error-code"]
    assert sentences(one.receive('[5,"h2","FormatViolation","",{}]', 1.0)) == [
        "There was no answer to a CALL 'h2' that could be refused."
    ]
    assert rules(session("2.0.1").receive('[5,"h1","FormatViolation","",{}]', 1.0)) == ["decode.message-type"]


def test_time_out() -> None:
    """A call without an answer ends at its time-out, and the next one goes out."""
    one = session()
    settled: list[Ticket] = []
    first, second = one.call("ClearCache", {}, timeout_s=5.0), one.call("ClearCache", {})
    first.done = settled.append
    assert one.deadline() is None
    one.due(10.0)
    assert one.tick(14.9) == ()
    assert one.tick(15.0) == (first,)
    assert settled == [first]
    assert first.state == "timed out"
    assert one.due(15.0) is second


def test_late_answer() -> None:
    """An answer after the time-out is noted as such."""
    one = session()
    one.call("ClearCache", {}, timeout_s=5.0)
    one.due(0.0)
    one.tick(5.0)
    received = one.receive('[3,"c1",{"status":"Accepted"}]', 6.0)
    assert sentences(received) == ["The answer to CALL 'c1' came after its time-out."]


def test_duplicate_and_unknown_answers() -> None:
    """A second answer, and an answer to nothing, are noted and change nothing."""
    one = session()
    ticket = one.call("ClearCache", {})
    one.due(0.0)
    one.settle(ticket, CallResult("c1", {}))
    assert sentences(one.receive('[3,"c1",{}]', 1.0)) == ["CALL 'c1' was answered before."]
    assert sentences(one.receive('[3,"zz",{}]', 1.0)) == ["There was no CALL 'zz' to answer."]
    assert rules(one.receive('[4,"zz","GenericError","",{}]', 1.0)) == ["session.unknown-answer"]


def test_link_lost() -> None:
    """When the link goes, calls outstanding and queued are abandoned."""
    one = session()
    first, second = one.call("ClearCache", {}), one.call("ClearCache", {})
    one.due(0.0)
    assert one.close() == (first, second)
    assert {first.state, second.state} == {"abandoned"}
    assert one.due(1.0) is None


def test_response_against_its_schema() -> None:
    """An answer is held against the schema of the call it answers."""
    one = session()
    one.call("ClearCache", {})
    one.due(0.0)
    assert sentences(one.receive('[3,"c1",{}]', 0.0)) == [
        'ClearCache response: "status" is a required property.'
    ]


def test_error_codes() -> None:
    """A CALLERROR code that no dialect has is noted; either spelling of a known one is not."""
    one = session()
    one.call("ClearCache", {})
    one.due(0.0)
    received = one.receive('[4,"c1","Oops","",{}]', 0.0)
    assert sentences(received) == ["OCPP 1.6 has no CALLERROR code 'Oops'."]
    assert rules(one.receive('[4,"c1","FormatViolation","",{}]', 0.0)) == []


def test_second_call_in_flight() -> None:
    """A CALL while an earlier one has no answer is noted; after an answer it is fine."""
    one = session()
    assert rules(one.receive(heartbeat("a"), 0.0)) == []
    assert sentences(one.receive(heartbeat("b"), 1.0)) == ["CALL 'b' came while CALL 'a' had no answer yet."]
    one.answered("a")
    one.answered("b")
    assert rules(one.receive(heartbeat("c"), 1.0)) == []


def test_peer_may_have_timed_out() -> None:
    """Long after an unanswered CALL the peer is allowed to go on."""
    one = session()
    one.receive(heartbeat("a"), 0.0)
    assert rules(one.receive(heartbeat("b"), module.PATIENCE_S)) == []


def test_answered_id_used_again() -> None:
    """The id of an answered CALL must not come again on the same connection."""
    one = session()
    one.receive(heartbeat("a"), 0.0)
    one.answered("a")
    received = one.receive(heartbeat("a"), 1.0)
    assert sentences(received) == ["Message id 'a' was used before on this connection, for Heartbeat."]


def test_retry_with_the_same_id() -> None:
    """A retry of an unanswered CALL may keep its id (variation V10)."""
    one = session()
    one.receive(heartbeat("a"), 0.0)
    one.withheld("a")
    one.answered("other")
    assert rules(one.receive(heartbeat("a"), 30.0)) == []


def test_ids_over_connections() -> None:
    """2.0.1 ids are unique per identity; 1.6 ids only per connection; a retry may keep its id."""
    boot = '[2,"a","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"m","vendorName":"v"}}]'
    known = CallIds()
    session("2.0.1", known).receive(heartbeat("a"), 0.0)
    received = session("2.0.1", known).receive(boot, 9.0)
    assert sentences(received) == ["Message id 'a' was used before on an earlier connection, for Heartbeat."]
    assert rules(session("2.0.1", known).receive(boot, 9.0)) == []
    known = CallIds()
    session("1.6", known).receive(heartbeat("a"), 0.0)
    assert rules(session("1.6", known).receive('[2,"a","Authorize",{"idTag":"x"}]', 9.0)) == []


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many ids, open calls and ended calls are remembered."""
    monkeypatch.setattr(module, "REMEMBERED", 10)
    known = CallIds()
    one = session("1.6", known)
    for number in range(200):
        one.receive(heartbeat(str(number)), 0.0)
    assert len(known.used) == 10
    assert len(one._open) == 100
    for _ in range(1100):
        ticket = one.call("ClearCache", {})
        one.due(0.0)
        one.settle(ticket, CallResult(ticket.call.id, {}))
    assert len(one._ended) == 1000


@pytest.mark.parametrize(
    ("frame", "old", "new"),
    [
        ('[2,"a","Heartbeat",{}]', None, None),
        ('[2,"a","Nonsense",{}]', "NotImplemented", "NotImplemented"),
        ('[2,"a","Authorize",{}]', "OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
        ('[2,"a","Heartbeat",{"x":', "FormationViolation", "RpcFrameworkError"),
        ("nonsense", None, "RpcFrameworkError"),
        ('[9,"a",{}]', None, None),
        ('[3,"a",[]]', None, None),
    ],
)
def test_refusals(frame: str, old: str | None, new: str | None) -> None:
    """A broken CALL is refused with the dialect's own code; an unreadable one only in 2.0.1, under the id -1."""
    dialects: tuple[tuple[Dialect, str | None], ...] = (("1.6", old), ("2.0.1", new))
    for dialect, code in dialects:
        refusal = session(dialect).receive(frame, 0.0).refusal
        assert (refusal and refusal.code) == code
        if refusal is not None:
            assert refusal.id == ("-1" if frame == "nonsense" else "a")
            assert 0 < len(refusal.description) <= 255


def test_sloppy_calls_are_served() -> None:
    """A binary frame, a timestamp without offset or a vendor's own property is noted, yet not refused."""
    received = session().receive('[2,"a","Heartbeat",{"x":1}]', 0.0)
    assert rules(received) == ["schema.additionalProperties"]
    assert received.refusal is None
    assert session().receive(heartbeat("a").encode(), 0.0).refusal is None
    payload = {
        "connectorId": 1,
        "errorCode": "NoError",
        "status": "Available",
        "timestamp": "2026-01-15T12:00:00",
    }
    received = session().receive(json.dumps([2, "a", "StatusNotification", payload]), 0.0)
    assert rules(received) == ["schema.format"]
    assert received.refusal is None


def test_answer_to_a_call_sent_out_of_turn() -> None:
    """A raw frame sent out of turn has its answer correlated too."""
    one = session()
    raw = one.expect(Call("raw", "Nonsense", {}), "text", 0.0)
    received = one.receive('[4,"raw","NotImplemented","",{}]', 0.0)
    assert received.ticket is raw
    assert received.message == CallError("raw", "NotImplemented")
    assert one.deadline() == 30.0


IDS = st.sampled_from(["c1", "c2", "a", "b", "", "i" * 40])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
ACTIONS = st.sampled_from(
    ["Heartbeat", "StatusNotification", "StartTransaction", "TransactionEvent", "", "x"]
)
FRAMES = st.one_of(
    st.text(),
    st.binary(),
    st.tuples(st.sampled_from([2, 3, 4, 5, "2", None]), IDS, ACTIONS, JSON).map(json.dumps),
    st.tuples(st.sampled_from([3, 4]), IDS, JSON).map(json.dumps),
    st.tuples(st.just(4), IDS, JSON, JSON, JSON).map(json.dumps),
    JSON.map(json.dumps),
)


@given(st.lists(FRAMES, max_size=8), st.sampled_from(["1.6", "2.0.1"]))
@settings(max_examples=250, deadline=None)
def test_nothing_raises(frames: list[str | bytes], dialect: Dialect) -> None:
    """Whatever a peer sends, in whatever order, becomes a Received."""
    one = session(dialect)
    one.call("ClearCache", {})
    one.call("ClearCache", {})
    for number, frame in enumerate(frames):
        one.due(float(number))
        received = one.receive(frame, float(number))
        assert received.message is not None or received.violations
        if received.ticket is not None:
            assert isinstance(received.message, (CallResult, CallError))
            one.settle(received.ticket, received.message)
        one.tick(float(number))
    one.close()
