"""What a trace knows: calls and answers, disturbances, steps, and the sessions in them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from wattest.judge.energy import marks
from wattest.judge.monitors.conduct import MONITOR as CONDUCT
from wattest.judge.sessions import energy_of, power_of, stamp
from wattest.judge.trace import Spans, Trace
from wattest.ocpp.neutral import Sample


def test_spans_touch_and_contain() -> None:
    """Half open, and touching counts at the begin."""
    spans = Spans(((1.0, 2.0), (5.0, float("inf"))))
    assert (0.5 in spans, 1.0 in spans, 2.0 in spans, 9e9 in spans) == (False, True, False, True)
    assert (spans.touch(2.0, 4.0), spans.touch(0.0, 1.0), spans.touch(4.0, 5.0)) == (False, True, True)


def test_an_empty_trace_is_at_rest() -> None:
    """Nothing was disturbed, nothing was said."""
    trace = Trace(())
    assert (trace.begin, trace.end, trace.calls, trace.clock_stepped, trace.leaving) == (
        0.0,
        0.0,
        (),
        False,
        None,
    )
    assert trace.step(5) is None
    assert not trace.disturbed(0, 1)


def test_links_that_were_up_before_and_stay_down(blank: Any) -> None:
    """A trace that begins with frames began with a link; a second loss of a lost link is the same loss."""
    story = blank()
    story.call("Heartbeat", {}, {})
    story.wait(10).link("lost")
    story.wait(10).link("closed")
    story.wait(10).link("opened")
    story.wait(10).link("refused")
    story.wait(10).link("lost")
    assert story.scene().trace.down.spans == ((10.0, 30.0), (50.0, float("inf")))


def test_mains_that_were_switched_twice_or_not_at_all(story: Any) -> None:
    """Only what was done counts, not what failed."""
    begin = story.t
    story.act("mains", "set_power", on=False, error="stuck")
    story.power(True)
    story.wait(5).power(False)
    story.wait(5).power(False)
    story.act("mains", "open")
    story.wait(5).power(True)
    assert story.scene().trace.unpowered.spans == ((begin + 5, begin + 15),)
    assert story.scene().trace.healed == (begin + 15,)


def test_jammed_locks_are_no_fault_of_the_link(story: Any) -> None:
    """Only the link and the supply excuse silence."""
    story.note("fault", id="jam-holster", what="holster lock", backend="lock_sensor", detail="jammed")
    story.note("heal", id="jam-holster")
    story.note("heal", id="nothing")
    assert story.scene().trace.faults.spans == ()


def test_when_a_queued_message_can_have_been_made(story: Any) -> None:
    """Since shortly before the outage began, which a half-open link hides for a while."""
    begin = story.t
    story.wait(1000).note("fault", id="network", what="wan link", backend="network", detail="silent")
    story.wait(120).link("lost", by="network")
    story.wait(60).heal()
    trace = story.scene().trace
    assert trace.earliest(begin + 500) == trace.begin
    assert trace.earliest(story.t) == begin + 1000 - 60
    assert trace.happened(None, story.t) is None
    told = stamp(story.iso(ago=100))
    assert trace.happened(told, story.t) == story.t - 100
    assert trace.happened(stamp(story.iso(ago=300)), story.t) is None
    assert trace.happened(stamp(story.iso(ago=-30)), story.t) is None


def test_the_bench_is_left_after_the_last_step(story: Any) -> None:
    """An error noted afterwards does not move that moment; without steps it is the end of getting ready."""
    end = story.step(1, "charge").end_step().entries[-1]["seq"]
    story.wait(300).link("closed")
    story.note("step_end", key="X-001", index=0, outcome="error", sentence="Serving the station failed.")
    assert story.scene().trace.leaving == end
    assert "fail" not in story.outcomes(CONDUCT)
    assert Trace(tuple(story.entries[-1:])).leaving == story.entries[-1]["seq"]


def test_steps_are_named_where_they_ran(story: Any) -> None:
    """Entries before the first step belong to none."""
    before = story.call("Heartbeat", {}, {})
    story.step(3, "charge")
    during = story.call("Heartbeat", {}, {})
    trace = story.scene().trace
    assert (trace.during(before), trace.during(during)) == ("before the first step", "in step 3 (charge)")
    assert (trace.step(before), trace.step(during)) == (None, 3)


def test_payloads_that_are_no_objects_are_read_as_empty(story: Any) -> None:
    """A broken charger may send anything."""
    story.call("Heartbeat", ["x"], {})
    seq = story.ask("GetConfiguration", unanswered=True)
    story.frame("in", {"type": 3, "id": "out-4", "action": "GetConfiguration", "payload": ["x"]}, answers=seq)
    trace = story.scene().trace
    assert (trace.said[-1].payload, trace.asked[-1].reply, trace.asked[-1].status) == ({}, {}, None)


def test_a_start_that_came_again_with_an_id_is_the_same_session(story: Any) -> None:
    """The answer to the first was lost; the second got the id."""
    story.start(1000, unanswered=True)
    story.wait(30)
    second = story.start(1000, ago=30)
    story.wait(60).stop(1100)
    (session,) = story.scene().sessions
    assert (session.id, session.name, session.started[1].seq) == ("7", "transaction 7", second)
    assert len(session.evidence) == 2


def test_starts_without_any_id_stay_apart_unless_they_are_equal(story: Any) -> None:
    """Two offline sessions of one card are two."""
    story.start(1000, unanswered=True)
    story.start(1000, unanswered=True)
    story.wait(60).start(1100, unanswered=True)
    found = story.scene().sessions
    assert [session.name for session in found] == ["a transaction without id", "a transaction without id"]


def test_an_end_without_a_start_is_a_session_of_its_own(blank: Any) -> None:
    """Its connector is known only when there is one."""
    from wattest.judge.facts import Facts

    story = blank(facts=Facts(connectors=2)).connect()
    story.stop(1000, tx=5)
    story.call("TransactionEvent", {}, {})
    scene = story.scene()
    assert [(session.id, session.evse, session.begin) for session in scene.sessions] == [("5", None, None)]
    assert scene.registers == ()


def test_a_session_told_of_again_keeps_its_first_end(story201: Any) -> None:
    """A copy of the end changes nothing."""
    story201.start(1000, status="Accepted")
    first = story201.stop(1100, unanswered=True)
    story201.stop(1100)
    (session,) = story201.scene().sessions
    assert session.ended[1].seq == first


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ((Decimal("12300.0"), Decimal("100.0")),)),
        ({"unit": "Wh", "value": Decimal(12300)}, ((Decimal(12300), Decimal(1)),)),
        ({"phase": "L1"}, ()),
        ({"location": "Inlet"}, ()),
        ({"measurand": "Voltage"}, ()),
        ({"unit": "kvarh"}, ()),
        ({"value": Decimal("NaN")}, ((Decimal("NaN"), Decimal(1000)),)),
    ],
)
def test_only_the_total_at_the_outlet_is_the_register(changes: Any, expected: Any) -> None:
    """In Wh, with what the last digit is worth."""
    fields = {
        "timestamp": None,
        "measurand": "Energy.Active.Import.Register",
        "value": Decimal("12.3"),
        "unit": "kWh",
        **changes,
    }
    assert str(energy_of(Sample(**fields))) == str(expected)


def test_only_the_total_at_the_outlet_is_the_power() -> None:
    """In W."""
    told = Sample(None, "Power.Active.Import", Decimal("7.2"), "kW")
    assert power_of(told) == 7200
    assert power_of(Sample(None, "Power.Active.Import", Decimal(1), "W", phase="L1")) is None
    assert power_of(Sample(None, "Power.Active.Import", Decimal(1), "W", location="Inlet")) is None


@pytest.mark.parametrize("text", [None, "x", "2026-01-15T12:00:00", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time(text: Any) -> None:
    """Times need a zone and must exist."""
    assert stamp(text) is None


def test_readings_of_other_parts_are_no_marks(story: Any) -> None:
    """Only the energy of the reference meter, in Wh, and other actions of it change nothing."""
    story.act("reference_meter", "read")
    story.energy(1.0)
    story.entries[-1]["unit"] = "kWh"
    story.energy(2.0)
    story.note("reading", name="power", role="reference_meter", value=1.0, unit="W", u=None, flags=[])
    assert [mark.wh for mark in marks(story.scene().trace)] == [2.0]
