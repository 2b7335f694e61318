"""How energy errors are stated: with U, k, a ratio and a calibration in date; never a failure of the charger."""

from __future__ import annotations

from typing import Any

import pytest

from wattest.judge.decision import Decision, plain
from wattest.judge.monitors.instruments import MONITOR
from wattest.judge.rules import decide

FINE: dict[str, Any] = {
    "reported_wh": 1001,
    "reported_step_wh": 1,
    "reference_wh": 1000.0,
    "reference_budget": [{"name": "specification", "value": 2.0, "distribution": "rectangular"}],
    "limit_pct": 1.0,
}
DAYS = {"calibrated": "2025-12-01", "due": "2026-12-01"}
METER = {
    "role": "reference_meter",
    "model": "WT333E",
    "serial": "C3",
    "certificate": "7",
    "laboratory": "a laboratory",
}


def measured(story: Any, **more: Any) -> Decision:
    """An energy error as a step notes it."""
    inputs = {"what": "energy of transaction 7", **FINE, **more}
    found = decide("energy_error", inputs)
    story.note(
        "check",
        requirements=["MET-03"],
        name="energy error",
        rule="energy_error",
        inputs=plain(inputs),
        outcome=found.outcome,
        sentence=found.sentence,
        figures=plain(found.figures),
        evidence=[],
        monitor=None,
    )
    return found


def calibrated(story: Any, **days: str) -> None:
    story.note("calibration", **METER, **{**DAYS, **days})


def judged(story: Any) -> Decision:
    """The one finding, decided."""
    (found,) = story.decisions(MONITOR, "MET-07")
    assert isinstance(found, Decision)
    return found


def test_a_stated_uncertainty_passes_with_its_figures(story: Any) -> None:
    """U, k, the ratio, the instrument and the last day of its calibration stand in the sentence."""
    calibrated(story)
    measured(story)
    found = judged(story)
    assert (found.outcome, found.sentence) == (
        "pass",
        (
            "Energy errors of this scenario: 1 is stated with U up to 0.245167 % (k = 2), the limit is at least 4.07886 times U; "
            "WT333E C3 (certificate 7) is calibrated until 2026-12-01."
        ),
    )


def test_a_ratio_between_three_and_four_passes_with_a_warning(story: Any) -> None:
    """Four is wished for, three is enough."""
    calibrated(story)
    measured(story, reference_budget=[{"name": "specification", "value": 2.6, "distribution": "rectangular"}])
    found = judged(story)
    assert found.outcome == "pass"
    assert "at least 3.21113 times U, which is less than the 4 that are wished for" in found.sentence


@pytest.mark.parametrize(
    ("days", "more", "said"),
    [
        (
            {"due": "2026-01-14"},
            {},
            (
                "'energy error' was measured on 2026-01-15, and the calibration of WT333E C3 (certificate 7) expired on "
                "2026-01-14."
            ),
        ),
        (
            {"calibrated": "2026-01-16"},
            {},
            (
                "'energy error' was measured on 2026-01-15, and the calibration of WT333E C3 (certificate 7) begins on "
                "2026-01-16."
            ),
        ),
        (
            {},
            {"reference_budget": [{"name": "specification", "value": 9.0, "distribution": "rectangular"}]},
            (
                "'energy error': the limit is only 0.958342 times U, 3 is asked for; take a range or an instrument that fits the "
                "current better, or more energy."
            ),
        ),
        ({}, {"k": 1}, "'energy error' is stated with k = 1; k = 2 is asked for."),
        (
            {},
            {"reference_flags": ["no data"]},
            (
                "'energy error' gave no error: Energy of transaction 7: the reading is flagged 'no data', and a flagged reading "
                "decides nothing."
            ),
        ),
        (
            {},
            {"reference_budget": []},
            (
                "'energy error' gave no error: Energy of transaction 7: the uncertainty of the reading is unknown, so that it "
                "cannot be held against a limit."
            ),
        ),
        (
            {},
            {"reference_wh": 10.0},
            (
                "'energy error' gave no error: Energy of transaction 7: the reference meter saw 10 Wh, and 1000 Wh are needed "
                "for a register step of 1 Wh and a limit of 1 %."
            ),
        ),
    ],
)
def test_what_is_missing_is_a_doubt(
    story: Any, days: dict[str, str], more: dict[str, Any], said: str
) -> None:
    """An expired or future calibration, a coarse instrument, k = 1, and no error at all decide nothing."""
    calibrated(story, **days)
    measured(story, **more)
    found = judged(story)
    assert (found.outcome, found.sentence) == ("inconclusive", said)


def test_a_meter_without_calibration_is_a_doubt(story: Any) -> None:
    """Who states an accuracy alone, such as a person at a meter, has no certificate behind it."""
    measured(story)
    assert judged(story) == Decision(
        "inconclusive",
        "'energy error' rests on a reference meter without a calibration in the record; name its file under 'calibration' "
        "in the bench file.",
        figures=judged(story).figures,
    )


def test_one_charge_that_was_too_short_does_not_undo_the_others(story: Any) -> None:
    """It stated no error, through nobody's instrument; what was stated was stated rightly."""
    calibrated(story)
    measured(story, reference_wh=10.0)
    measured(story)
    assert judged(story).outcome == "pass"
    measured(story, reference_flags=["calibration expired"])
    assert judged(story).outcome == "inconclusive"


def test_a_wrong_charger_is_no_matter_of_the_instrument(story: Any) -> None:
    """An error of 5 % fails the charger, and is stated as it must be."""
    calibrated(story)
    assert measured(story, reported_wh=1050).outcome == "fail"
    assert judged(story).outcome == "pass"


def test_a_scenario_without_energy_errors_says_nothing(story: Any) -> None:
    """There is nothing to state an uncertainty of."""
    calibrated(story)
    assert story.findings(MONITOR) == ()


def test_nothing_stated_is_a_doubt_of_the_rule() -> None:
    """A pass needs at least one error."""
    found = decide("stated_with_uncertainty", {"what": "energy errors", "errors": []})
    assert (found.outcome, found.sentence) == (
        "inconclusive",
        "Energy errors: none was stated, so nothing can be said of its uncertainty.",
    )
