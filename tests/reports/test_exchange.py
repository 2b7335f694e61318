"""Messages around what went wrong."""

from __future__ import annotations

from typing import Any

import pytest

from wattest_reports.exchange import LONGEST, MOST_FIELDS, MOST_LINES, cut, exchange, flat
from wattest_reports.view import Check, Step


def _call(seq: int, **more: Any) -> dict[str, Any]:
    message = {"type": 2, "id": "1", "action": "Heartbeat", "payload": {"n": seq}}
    return {"kind": "frame", "seq": seq, "t": float(seq), "direction": "in", "message": message, **more}


def _check(*evidence: int, outcome: str = "fail") -> Check:
    return Check(99, "x", "never", ("OCP-01",), outcome, "s", evidence, "", "", None)


def _step(begin: float, end: float, outcome: str = "failed") -> Step:
    return Step(1, "wait", "wait", "", outcome, "", begin, end, ())


def test_nothing_is_shown_when_all_went_well() -> None:
    """The record holds every message; the report holds those that matter."""
    assert exchange([_call(1)], [_step(0, 9, "done")], [_check(1, outcome="pass")]) is None


def test_cited_messages_come_with_two_neighbours_and_gaps_are_counted() -> None:
    """Around each message that a failed check cites stand two before and two after."""
    shown = exchange([_call(seq) for seq in range(100)], [], [_check(10), _check(50)])
    assert shown is not None
    assert [line.seq for line in shown.lines] == [8, 9, 10, 11, 12, 48, 49, 50, 51, 52]
    assert [line.skipped for line in shown.lines] == [8, 0, 0, 0, 0, 35, 0, 0, 0, 0]
    assert shown.after == 47
    assert [line.seq for line in shown.lines if line.cited] == [10, 50]


def test_an_answer_is_marked_with_its_call() -> None:
    """Who cites a CALL cites its answer, and the other way round."""
    entries = [_call(1), _call(2, answers=1, direction="out"), _call(3)]
    for cited in (1, 2):
        shown = exchange(entries, [], [_check(cited)])
        assert shown is not None
        assert [line.cited for line in shown.lines] == [True, True, False]


def test_a_failed_step_shows_what_passed_during_it_the_end_first() -> None:
    """A long step is cut to the lines nearest to its end."""
    shown = exchange([_call(seq) for seq in range(500)], [_step(100, 400)], [])
    assert shown is not None
    assert len(shown.lines) == MOST_LINES
    assert shown.lines[-1].seq >= 400


def test_an_error_without_messages_shows_the_last_ones_before_it() -> None:
    """When nothing passed during the step, what came before tells most."""
    shown = exchange([_call(1), _call(2), _call(30)], [_step(10, 20, "error")], [])
    assert shown is not None
    assert [line.seq for line in shown.lines][:2] == [1, 2]


def test_link_actions_and_faults_stand_between_messages() -> None:
    """A line of the bench or of the link is part of the story."""
    entries = [
        {
            "kind": "action",
            "seq": 1,
            "t": 1.0,
            "role": "vehicle",
            "action": "plug_in",
            "arguments": {},
            "error": "held",
        },
        {"kind": "fault", "seq": 2, "t": 1.5, "id": "network", "what": "wan link", "backend": "network"},
        {"kind": "link", "seq": 3, "t": 2.0, "event": "lost", "code": 1006, "by": "network"},
        {"kind": "heal", "seq": 4, "t": 3.0, "id": "network"},
    ]
    shown = exchange(entries, [_step(0, 9)], [])
    assert shown is not None
    assert [(line.sender, line.word, line.action) for line in shown.lines] == [
        ("bench", "action", "vehicle.plug_in"),
        ("bench", "fault", "network"),
        ("link", "link", "lost"),
        ("bench", "heal", "network"),
    ]
    assert shown.lines[0].fields == (("error", "held"),)
    assert shown.lines[2].fields == (("code", "1006"), ("by", "network"))


@pytest.mark.parametrize(
    ("message", "word", "fields"),
    [
        (
            {"type": 3, "id": "1", "action": "Authorize", "payload": {"a": [1, None]}},
            "result",
            (("a[0]", "1"), ("a[1]", "null")),
        ),
        (
            {
                "type": 4,
                "id": "1",
                "action": "Authorize",
                "code": "InternalError",
                "description": "no",
                "details": {},
            },
            "error",
            (("code", "InternalError"), ("description", "no")),
        ),
        (None, "undecoded", (("raw", "[2,"),)),
    ],
)
def test_answers_errors_and_nonsense_are_told_apart(message: Any, word: str, fields: Any) -> None:
    """CALLRESULT, CALLERROR, and what could not be decoded, with its violations."""
    entry = _call(1, message=message, raw="[2,", violations=[{"rule": "json", "sentence": "It is cut off."}])
    shown = exchange([entry], [], [_check(1)])
    assert shown is not None
    (line,) = shown.lines
    assert line.word == word
    assert line.fields == fields
    assert line.violations == ("It is cut off.",)


def test_long_payloads_are_cut_and_counted() -> None:
    """A megabyte of a charger's text does not become a megabyte of report."""
    fields, more = flat({"values": list(range(40)), "big": "x" * 1_000_000})
    assert len(fields) == MOST_FIELDS
    assert more == 29
    assert cut("x" * 1_000_000) == "x" * LONGEST + "\u2026 (+999840)"
