"""Alerts to the operator: when they were there, when they were not, and when nobody can say."""

from __future__ import annotations

from typing import Any

import pytest
from tests.steps.conftest import Tried

from wattest.roles import AlertReading
from wattest.steps.alerting import _alerted


class Mailbox:
    """Alerts that come so many seconds after the test began, read by whoever takes ``patience_s``."""

    def __init__(self, clock: Any, *comes_s: float, patience_s: float = 0.0, takes_s: float = 0.0) -> None:
        self.clock, self.comes_s, self.patience_s, self.takes_s = clock, comes_s, patience_s, takes_s

    async def read(self) -> AlertReading:
        await self.clock.sleep(self.takes_s)
        return AlertReading(sum(1 for at in self.comes_s if at <= self.clock.monotonic()), (), (7,))


def test_an_alert_in_time(stand: Any) -> None:
    """It counts from the look that found it: never earlier than it was."""
    stand.parts["alerts"] = Mailbox(stand.clock, 62.0)
    missing, seen = stand.do(_alerted(stand.run_, 0, 0.0, 300.0))
    assert (missing, seen.after_s, seen.seq) == (60.0, 65.0, (7,))


def test_no_alert(stand: Any) -> None:
    """The last look is at the limit, not before it."""
    stand.parts["alerts"] = Mailbox(stand.clock, 301.0)
    assert stand.do(_alerted(stand.run_, 0, 0.0, 300.0)) == (300.0, None)


def test_a_person_who_takes_long_leaves_doubt(stand: Any) -> None:
    """Asked in time and answered late: the alert may have come before the limit or after it."""
    stand.parts["alerts"] = Mailbox(stand.clock, 310.0, patience_s=1800.0, takes_s=200.0)
    missing, seen = stand.do(_alerted(stand.run_, 0, 0.0, 300.0))
    assert missing < 300.0 < seen.after_s


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_two_faults_two_alerts(tried: Tried, dialect: str) -> None:
    """The sound charger tells both; one that keeps the second back fails, and the sentence says which it was."""
    step = "check_alerts: {card: driver, times: 2}"
    assert tried("MON-06", step, dialect=dialect).requirements["MON-06"] == "pass"
    found = tried("MON-06", step, active=("STATUS-D19",), dialect=dialect)
    assert found.requirements["MON-06"] == "fail"
    assert "fault 2 of 2" in found.sentence
    assert "no alert within 300 s" in found.sentence


def test_no_faults_prove_nothing(tried: Tried) -> None:
    """A series without a fault is a mistake of the scenario."""
    found = tried("MON-06", "check_alerts: {card: driver, times: 0}")
    assert found.verdict == "error"
    assert "check_alerts needs at least one fault" in found.sentence
