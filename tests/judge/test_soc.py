"""The rule for states of charge that a station tells, and the bracket of a price whose step began within a stretch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from wattest.judge import money
from wattest.judge.rules import decide
from wattest.model.library import library_folder
from wattest.model.read import read_tariff, read_taxes

SEEN = [{"t_s": 60.0 * n, "percent": 88 + n / 3, "u": 0.0, "flags": []} for n in range(13)]
"""A car that gains a percent in three minutes."""


def told(*values: tuple[float, float], seen: list[dict[str, Any]] = SEEN, **more: Any) -> tuple[str, str]:
    found = decide(
        "state_of_charge_told",
        {
            "what": "states of charge of transaction 7",
            "told": [{"t_s": t, "percent": percent} for t, percent in values],
            "seen": seen,
            "age_s": 60,
            **more,
        },
    )
    return found.outcome, found.sentence


def test_the_cars_own_values_pass() -> None:
    """Rounded, and a minute old, they are still its own."""
    assert told((120, 89), (300, 89.3), (600, 91)) == (
        "pass",
        "States of charge of transaction 7: all 3 values held against the vehicle are its own, at most 60 s old.",
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            (600, 88.0),
            (
                "The station told 88 % for 600 s after the begin, and the vehicle told 90.6667 % up to 60 s before and "
                "91.6667 % after."
            ),
        ),
        (
            (300, 91.0),
            (
                "The station told 91 % for 300 s after the begin, and the vehicle told 89 % up to 60 s before and 90 % "
                "after."
            ),
        ),
    ],
)
def test_a_stale_value_and_one_that_is_too_high_fail(value: tuple[float, float], said: str) -> None:
    """Outside of what the car told before and after by more than half a percent."""
    outcome, sentence = told((120, 89), (180, 89), value)
    assert (outcome, sentence) == ("fail", said)


@pytest.mark.parametrize(
    ("told_pct", "outcome"),
    [(88.01, "pass"), (88.0, "fail"), (90.5, "pass"), (90.6, "fail")],
)
def test_cut_off_or_rounded_is_the_same_value(told_pct: float, outcome: str) -> None:
    """Between 89 % a minute before and 90 % after: less than one percent below, half a percent above."""
    assert told((120, 89), (180, 89), (300, told_pct))[0] == outcome


def test_within_the_uncertainty_of_the_look_is_doubt() -> None:
    """A dashboard of whole percents cannot tell a value that is one percent off from a right one."""
    coarse = [{**one, "u": 0.29} for one in SEEN]
    assert told((120, 89), (300, 91.0), seen=coarse)[0] == "inconclusive"
    assert told((120, 89), (300, 94.0), seen=coarse)[0] == "fail"


@pytest.mark.parametrize(
    ("values", "seen"),
    [
        ((), SEEN),
        (((120, 89),), SEEN),
        (((120, 89), (180, 89)), []),
        (((120, 89), (180, 89)), [{**one, "u": None} for one in SEEN]),
        (((120, 89), (180, 89)), [{**one, "flags": ["no data"]} for one in SEEN]),
        (((1200, 89), (1800, 89)), SEEN),
    ],
)
def test_too_little_to_hold_is_doubt(
    values: tuple[tuple[float, float], ...], seen: list[dict[str, Any]]
) -> None:
    """No value, one, no look at the car, an unknown uncertainty, and values after the last look."""
    outcome, sentence = told(*values, seen=seen)
    assert outcome == "inconclusive"
    assert sentence.endswith("lie between two looks at the vehicle with known uncertainty, and 2 are needed.")


START = datetime(2026, 1, 15, 17, tzinfo=UTC)


def total(crossing: money.Crossing, *soc: tuple[int, int]) -> Decimal:
    """The total of ten minutes with a reading of the register every two, by a state of charge told now and then."""
    at = [START + timedelta(seconds=s) for s in range(0, 601, 120)]
    return money.bill(
        read_tariff(library_folder("fixtures") / "tariffs" / "qc_fast_soc.yaml"),
        read_taxes(),
        energy_wh=Decimal(1920),
        started=START,
        ended=at[-1],
        register=[(moment, Decimal(384 * n)) for n, moment in enumerate(at)],
        soc=[(START + timedelta(seconds=s), Decimal(percent)) for s, percent in soc],
        crossing=crossing,
    ).total


def test_a_step_that_began_within_a_stretch_brackets_the_price() -> None:
    """Two minutes at 12 or at 24 CAD/h: what was told at the begin of the stretch is the cheapest of both."""
    soc = ((0, 88), (120, 89), (240, 89), (360, 90), (480, 91), (600, 91))
    assert [str(total(one, *soc)) for one in ("told", "cheapest", "dearest")] == ["2.80", "2.80", "3.20"]


def test_an_end_that_nobody_told_may_lie_in_the_last_step() -> None:
    """Where nothing was told near the end of a stretch, every dearer step is possible, and the price by the begin stays."""
    assert [str(total(one, (0, 80), (290, 80))) for one in ("told", "dearest")] == ["2.00", "2.40"]


def test_without_a_crossing_there_is_no_bracket() -> None:
    """A session within one step has one price."""
    soc = tuple((s, 60) for s in range(0, 601, 120))
    assert {total(one, *soc) for one in ("told", "cheapest", "dearest")} == {Decimal("2.00")}


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [("2.80", "pass"), ("3.00", "inconclusive"), ("3.20", "inconclusive"), ("3.21", "fail")],
)
def test_a_total_in_the_bracket_is_doubt(shown: str, outcome: str) -> None:
    """One that another division of the stretch would give is no failure; one that none gives is."""
    inputs = {"what": "the total", "expected": "2.80", "observed": shown, "low": "2.80", "high": "3.20"}
    found = decide("cost_equal", inputs)
    assert found.outcome == outcome
    if outcome == "inconclusive":
        assert found.sentence == (
            f"The total is {shown}; 2.80 is due by what was told at the begin of each stretch, and anything from 2.80 to 3.20 "
            "may be, since a step began within one."
        )
