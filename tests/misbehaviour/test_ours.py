"""Failures of our own while a station is served: always an error, never the station's fault, never a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wattest.csms import replies
from wattest.csms.csms import Csms
from wattest.judge import monitors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.misbehaviour.conftest import Enact, Talk

    from wattest.model.scenario import Dialect

pytestmark = pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])


def test_an_answer_that_cannot_be_made(
    enact: Enact, talk: type[Talk], dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When our Authorize breaks, no card can work: all that failed because of it is an error, with a sentence."""

    def broken(*_: object) -> Mapping[str, Any]:
        raise ZeroDivisionError("no such card drawer")

    monkeypatch.setitem(replies.REPLIES[dialect], "Authorize", broken)
    found = enact("AUTH-001", dialect, talk.Rogue(), trouble=True)
    assert found.outcome.verdict == "error"
    assert "fail" not in found.outcome.requirements.values()
    assert found.outcome.requirements["AUT-02"] == "error"
    assert found.outcome.requirements["LCK-01"] == "error"
    sentence = found.said["AUT-02"][1]
    assert sentence.startswith(
        "The scenario ended in serving the station: The central system failed with ZeroDivisionError in broken, "
        "serving Authorize (entry "
    )
    assert "no such card drawer" in sentence
    assert "Traceback" not in sentence
    assert "so this says nothing of the charger" in found.said["LCK-01"][1]
    (noted,) = [entry for entry in found.first if entry.get("what") == "csms_trouble"]
    assert "Traceback" in noted["trace"]


def test_a_frame_that_cannot_be_noted(
    enact: Enact, talk: type[Talk], dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure while a frame is folded does not end the link, and is an error."""
    fold = Csms.frame
    broken = [True]

    def frame(self: Csms, line: Any, entry: Mapping[str, Any]) -> None:
        message = entry["message"] or {}
        if broken and message.get("action") == "Authorize" and message["type"] == 2:
            broken.clear()
            raise KeyError("connector 3")
        fold(self, line, entry)

    monkeypatch.setattr(Csms, "frame", frame)
    found = enact("AUTH-001", dialect, talk.Rogue(), trouble=True)
    assert found.outcome.verdict == "error"
    assert "fail" not in found.outcome.requirements.values()
    assert (
        "The central system failed with KeyError in frame, taking a frame: 'connector 3'"
        in found.outcome.sentence
    )
    assert found.later.verdict == "pass"


def test_what_failed_before_stays_a_failure(
    enact: Enact, talk: type[Talk], dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure that was seen before ours began is not forgotten."""
    answer = replies.REPLIES[dialect]["Heartbeat"]
    told: list[int] = []

    def breaking(*arguments: Any) -> Mapping[str, Any]:
        told.append(1)
        if len(told) == 2:
            raise ZeroDivisionError
        return answer(*arguments)

    monkeypatch.setitem(replies.REPLIES[dialect], "Heartbeat", breaking)
    rogue = talk.Rogue.interjecting("junk", [2, "h1", "Heartbeat", {}], [2, "h2", "Heartbeat", {}])
    found = enact("AUTH-001", dialect, rogue, trouble=True)
    assert len(told) >= 2
    assert found.outcome.verdict == "error"
    assert found.outcome.requirements["OCP-02"] == "fail"
    assert found.outcome.requirements["AUT-02"] == "error"


def test_a_monitor_that_fails(
    enact: Enact, talk: type[Talk], dialect: Dialect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A monitor that breaks is an error for what it watches; the others look all the same."""

    def broken(_scene: object) -> Any:
        raise OverflowError("date value out of range")

    first = monitors.MONITORS[0]
    changed = (type(first)(first.name, first.requirements, broken), *monitors.MONITORS[1:])
    monkeypatch.setattr(monitors, "MONITORS", changed)
    found = enact("AUTH-001", dialect, talk.Rogue(), trouble=True)
    assert found.outcome.verdict == "error"
    assert found.outcome.sentence.startswith(
        f"What monitor '{first.name}' watches could not be judged: the suite failed with OverflowError: date value out "
        "of range (broken, line "
    )
    assert found.outcome.requirements["AUT-02"] == "pass"
    assert found.outcome.requirements["OCP-04"] == "pass"
