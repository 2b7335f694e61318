"""The rule for energy errors: outcomes, the whole budget, corrections, and what makes it decide nothing."""

from __future__ import annotations

import math
from typing import Any

import GTC
import pytest
from uncertainties import ufloat

from wattest.errors import BenchError
from wattest.judge.rules import decide

ENERGY = {
    "what": "energy of transaction 7",
    "reported_wh": 1000,
    "reported_step_wh": 1,
    "reference_wh": 1000,
    "u_reference_wh": 1.0,
    "limit_pct": "1.0",
}


def test_an_energy_within_the_limit_passes() -> None:
    """Error, U, limit and source stand in the sentence; the budget in the figures."""
    decision = decide("energy_error", {**ENERGY, "limit_id": "hb44", "extra_u": {"cable": 0.24}})
    assert decision.outcome == "pass"
    assert decision.sentence == (
        "Energy of transaction 7 is reported as 1000 Wh, the reference meter saw 1000 Wh: error +0.00 % +- 0.22 % "
        "(k = 2); 1 % is allowed (hb44)."
    )
    assert [row["name"] for row in decision.figures["budget"]] == [
        "reference meter",
        "register resolution (difference)",
        "cable",
    ]
    assert decision.figures["tur"] == pytest.approx(4.52, abs=0.01)
    assert decision.figures["p_conform"] > 0.999


@pytest.mark.parametrize(
    ("reported", "outcome", "band"),
    [
        (1007, "pass", "PASS"),
        (1009, "inconclusive", "CONDITIONAL_PASS"),
        (991, "inconclusive", "CONDITIONAL_PASS"),
        (1011, "inconclusive", "CONDITIONAL_FAIL"),
        (1015, "fail", "FAIL"),
        (985, "fail", "FAIL"),
    ],
)
def test_an_energy_error_has_both_signs(reported: int, outcome: str, band: str) -> None:
    """Too much and too little alike."""
    decision = decide("energy_error", {**ENERGY, "reported_wh": reported})
    assert (decision.outcome, decision.band) == (outcome, band)


def test_guard_bands_and_simple_acceptance_are_both_told() -> None:
    """When they differ, a reader can see it."""
    decision = decide("energy_error", {**ENERGY, "reported_wh": 1009})
    assert (decision.outcome, decision.figures["simple_acceptance"]) == ("inconclusive", "pass")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"reference_wh": 900, "reported_wh": 2000},
            "the reference meter saw 900 Wh, and 1000 Wh are needed for a register step of 1 Wh and a limit of 1 %",
        ),
        (
            {"mmq_wh": 2500},
            "the reference meter saw 1000 Wh, and 2500 Wh are needed as the minimum measured quantity",
        ),
        ({"reference_wh": 0}, "the reference meter saw 0 Wh, which nothing can be held against"),
        ({"reported_wh": None}, "no value is known"),
        (
            {"reference_flags": ["calibration expired"], "reported_wh": 2000},
            "the reading is flagged 'calibration expired', and a flagged reading decides nothing",
        ),
        (
            {"u_reference_wh": None},
            "the uncertainty of the reading is unknown, so that it cannot be held against a limit",
        ),
    ],
)
def test_an_energy_that_cannot_be_compared_is_inconclusive(changes: Any, reason: str) -> None:
    """Too little, flagged, or of unknown quality, however large the error."""
    decision = decide("energy_error", {**ENERGY, **changes})
    assert (decision.outcome, decision.sentence) == ("inconclusive", f"Energy of transaction 7: {reason}.")


def test_a_poor_reference_cannot_pass_but_a_gross_error_fails() -> None:
    """TUR below 3 decides nothing near the limit; twice the energy is wrong by any reference."""
    assert decide("energy_error", {**ENERGY, "u_reference_wh": 2.0}).outcome == "inconclusive"
    assert decide("energy_error", {**ENERGY, "u_reference_wh": 2.0, "reported_wh": 2000}).outcome == "fail"


def test_a_session_register_has_a_bias_that_is_told_and_corrected_only_when_documented() -> None:
    """Truncation favours the driver by half a step."""
    coarse = {**ENERGY, "reported_step_wh": 100, "reported_kind": "session", "minimum_wh": 0, "limit_pct": 20}
    told = decide("energy_error", {**coarse, "reported_wh": 950})
    assert (told.figures["bias_wh"], told.figures["error_pct"]) == (-50.0, pytest.approx(-5.0))
    assert (
        decide("energy_error", {**coarse, "reported_wh": 950, "correct_bias": True}).figures["error_pct"] == 0
    )


def test_a_perfect_reference_and_register_have_no_ratio() -> None:
    """Without uncertainty there is nothing to divide by; an unverified limit still only screens."""
    decision = decide(
        "energy_error", {**ENERGY, "u_reference_wh": 0, "reported_step_wh": 0, "provenance": "unverified"}
    )
    assert decision.figures["tur"] is None
    assert decision.figures["screening"] is True


# --- the budget line by line -----------------------------------------------------------------------------

PARTS: list[dict[str, Any]] = [
    {"name": "reference meter specification", "value": 1.7, "distribution": "rectangular"},
    {"name": "reference meter certificate", "value": 0.1, "distribution": "standard"},
    {"name": "reference meter time base", "value": 0.2, "distribution": "rectangular"},
    {"name": "reference meter resolution (begin)", "value": 0.05, "distribution": "rectangular"},
    {"name": "reference meter resolution (end)", "value": 0.05, "distribution": "rectangular"},
]
CORD: dict[str, Any] = {
    "name": "loss in the cord",
    "wh": 4.2,
    "parts": [
        {"name": "cord resistance", "value": 0.42, "distribution": "rectangular"},
        {"name": "cord temperature", "value": 0.16, "distribution": "rectangular"},
    ],
}
WHOLE: dict[str, Any] = {
    **{name: value for name, value in ENERGY.items() if name != "u_reference_wh"},
    "reference_wh": 1004.0,
    "reference_budget": PARTS,
    "corrections": [CORD],
    "extra_u": {"start and stop": 0.3},
    "repeats_pct": [0.01, 0.05, -0.02],
    "minimum_wh": 0,
}


def test_the_whole_budget_stands_in_the_figures() -> None:
    """Each contribution by name, with value, distribution, sensitivity, u and degrees of freedom."""
    rows = decide("energy_error", WHOLE).figures["budget"]
    assert [row["name"] for row in rows] == [
        *(part["name"] for part in PARTS),
        "cord resistance",
        "cord temperature",
        "register resolution (difference)",
        "start and stop",
        "repeatability",
    ]
    assert all(set(row) == {"name", "value", "distribution", "sensitivity", "u", "dof"} for row in rows)
    assert [row["dof"] for row in rows] == [None] * 9 + [2]
    specification = rows[0]
    assert specification["sensitivity"] == pytest.approx(100 * 1000 / 999.8**2)
    assert specification["u"] == pytest.approx(1.7 / math.sqrt(3) * 100 * 1000 / 999.8**2)


def test_the_budget_agrees_with_two_other_programs() -> None:
    """GTC and uncertainties give the same standard uncertainty to 1e-9, and GTC the same degrees of freedom."""
    figures = decide("energy_error", WHOLE).figures
    half = {"rectangular": math.sqrt(3), "standard": 1.0}
    us = [part["value"] / half[part["distribution"]] for part in (*PARTS, *CORD["parts"])]
    spread = 0.035118845842842465 / math.sqrt(3)  # standard deviation of the three repeats, of their mean

    def error(register: Any, seen: Any, own: Any, lost: Any, timing: Any, repeats: Any) -> Any:
        reference = seen + sum(own) - (4.2 + sum(lost))
        return 100 * (register + timing - reference) / reference + repeats

    own, lost = us[: len(PARTS)], us[len(PARTS) :]
    linear = error(
        ufloat(1000, 1 / math.sqrt(6)),
        1004.0,
        [ufloat(0, u) for u in own],
        [ufloat(0, u) for u in lost],
        ufloat(0, 0.3),
        ufloat(0, spread),
    )
    assert figures["u_pct"] == pytest.approx(linear.std_dev, rel=1e-9)
    gum = error(
        GTC.ureal(1000, 1 / math.sqrt(6)),
        1004.0,
        [GTC.ureal(0, u) for u in own],
        [GTC.ureal(0, u) for u in lost],
        GTC.ureal(0, 0.3),
        GTC.ureal(0, spread, 2),
    )
    assert figures["u_pct"] == pytest.approx(GTC.uncertainty(gum), rel=1e-9)
    assert figures["dof"] == pytest.approx(GTC.dof(gum), rel=1e-9)
    assert figures["error_pct"] == pytest.approx(GTC.value(gum), rel=1e-9)


@pytest.mark.parametrize(
    ("amperes", "range_kw", "loss_pct", "combined", "expanded", "ratio"),
    [(32, 12, 0.42, 0.113, 0.23, 4.4), (6, 3, 0.08, 0.125, 0.25, 4.0)],
)
def test_the_worked_table(
    amperes: float, range_kw: float, loss_pct: float, combined: float, expanded: float, ratio: float
) -> None:
    """240 V, 1 kWh, 0.1 % of reading and 0.05 % of range, d = 1 Wh, cord loss known to 10 %, standing start-stop."""
    half = 1.0 + 0.5 * range_kw / (0.24 * amperes)
    figures = decide(
        "energy_error",
        {
            **{name: value for name, value in ENERGY.items() if name != "u_reference_wh"},
            "reference_wh": 1000.0 + 10 * loss_pct,
            "reference_budget": [{"name": "analyser", "value": half, "distribution": "rectangular"}],
            "corrections": [
                {
                    "name": "cord",
                    "wh": 10 * loss_pct,
                    "parts": [{"name": "cord", "value": loss_pct, "distribution": "rectangular"}],
                }
            ],
            "extra_u": {"timing": 0},
        },
    ).figures
    assert figures["u_pct"] == pytest.approx(combined, abs=0.001)
    assert figures["U_pct"] == pytest.approx(expanded, abs=0.005)
    assert figures["tur"] == pytest.approx(ratio, abs=0.05)


def test_few_repeats_need_a_larger_factor() -> None:
    """Three runs that scatter leave 2 degrees of freedom: Student's 4.53 takes the place of 2."""
    scattered = {**ENERGY, "u_reference_wh": 0.01, "reported_step_wh": 0.01, "minimum_wh": 0}
    figures = decide("energy_error", {**scattered, "repeats_pct": [-0.1, 0.0, 0.1]}).figures
    assert figures["dof"] == pytest.approx(2, abs=0.01)
    assert figures["k"] == 4.53
    assert figures["U_pct"] == pytest.approx(4.53 * 0.1 / math.sqrt(3), rel=1e-3)
    assert decide("energy_error", scattered).figures["k"] == 2.0


def test_few_repeats_with_another_k_are_refused() -> None:
    """The table is for 95.45 %: a rule with k = 3 cannot be served from it."""
    scattered = {**WHOLE, "repeats_pct": [-0.2, 0.0, 0.2]}
    dof = decide("energy_error", scattered).figures["dof"]
    with pytest.raises(BenchError) as caught:
        decide("energy_error", {**scattered, "k": 3})
    assert str(caught.value) == (
        f"The budget has {dof:.1f} effective degrees of freedom and the decision rule asks for k = 3; the factors for "
        "few repeats are known for k = 2 only. Take a rule with k = 2."
    )
    alike = {**WHOLE, "repeats_pct": [0.01, 0.01, 0.01], "k": 3}
    assert decide("energy_error", alike).figures["k"] == 3  # repeats that do not scatter cost no freedom


def test_what_is_lost_before_the_connector_is_taken_off() -> None:
    """The sentence tells what the meter saw and what of it arrived; the energy floor asks for what arrived."""
    decision = decide("energy_error", {**WHOLE, "repeats_pct": []})
    assert "the reference meter saw 1004 Wh, 999.8 Wh at the connector: error +0.02 %" in decision.sentence
    assert decision.figures["at_connector_wh"] == pytest.approx(999.8)
    floored = {**WHOLE, "reference_wh": 1003.0, "minimum_wh": None}
    assert decide("energy_error", floored).sentence == (
        "Energy of transaction 7: the reference meter saw 998.8 Wh at the connector, and 1000 Wh are needed for a "
        "register step of 1 Wh and a limit of 1 %."
    )


def test_a_coarser_register_than_declared_decides_nothing() -> None:
    """Not by accident coarse: inconclusive, however large the error. Perhaps by accident: said."""
    coarse = {**ENERGY, "found_step_wh": 10, "found_step_chance": 1e-6, "reported_wh": 2000}
    decision = decide("energy_error", coarse)
    assert (decision.outcome, decision.sentence) == (
        "inconclusive",
        (
            "Energy of transaction 7: its register moves in steps of 10 Wh, although 1 Wh are declared; the charger sheet "
            "must state the real step before an error can be judged."
        ),
    )
    perhaps = decide("energy_error", {**coarse, "found_step_chance": 0.2, "reported_wh": 1000})
    assert perhaps.outcome == "pass"
    assert perhaps.sentence.endswith(
        "; the register was seen in steps of 10 Wh, too seldom to contradict the declared 1 Wh."
    )
    finer = decide("energy_error", {**ENERGY, "found_step_wh": 0.1, "found_step_chance": 1.0})
    assert "seen in steps" not in finer.sentence


@pytest.mark.parametrize(
    ("guard", "reported", "outcome", "tail"),
    [
        (0, 1009, "pass", "; simple acceptance says pass, a guard band of U says inconclusive."),
        (0, 1011, "fail", "; simple acceptance says fail, a guard band of U says inconclusive."),
        (
            1,
            1009,
            "inconclusive",
            (
                "; the limit lies inside the uncertainty; simple acceptance says pass, a guard band of U says "
                "inconclusive."
            ),
        ),
    ],
)
def test_both_rules_are_told_where_they_differ(guard: int, reported: int, outcome: str, tail: str) -> None:
    """Whichever rule decides, the sentence names the other's outcome when it is another one."""
    decision = decide("energy_error", {**ENERGY, "reported_wh": reported, "guard": guard, "tur_warn": 3})
    assert decision.outcome == outcome
    assert decision.sentence.endswith(tail)
    agreed = decide("energy_error", {**ENERGY, "guard": guard})
    assert "guard band" not in agreed.sentence


def test_several_runs_share_one_register_each() -> None:
    """The register counts with the root of the number of runs, and each run must reach the floor."""
    four = {**ENERGY, "reported_wh": 4000, "reference_wh": 4000, "runs": 4}
    rows = {row["name"]: row for row in decide("energy_error", four).figures["budget"]}
    assert rows["register resolution (difference)"]["value"] == pytest.approx(2.0)
    assert (
        "saw 900 Wh, and 1000 Wh are needed"
        in decide("energy_error", {**four, "reference_wh": 3600}).sentence
    )


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (
            {"name": "x", "value": -1},
            "Contribution 'x' of an uncertainty budget is -1.0; it must be a finite number from 0 up.",
        ),
        (
            {"name": "x", "value": 1, "distribution": "bell"},
            (
                "Contribution 'x' of an uncertainty budget has the distribution 'bell'; known are standard, rectangular, "
                "triangular, arcsine."
            ),
        ),
        ({"name": "x", "value": "much"}, "Input 'x' of a rule is 'much', which is not a number."),
    ],
)
def test_a_part_that_makes_no_sense_is_a_mistake_of_the_suite(part: Any, sentence: str) -> None:
    """It is an error of the bench and names the part."""
    with pytest.raises(BenchError) as caught:
        decide("energy_error", {**ENERGY, "reference_budget": [part]})
    assert str(caught.value) == sentence


def test_nothing_is_known_of_the_reference() -> None:
    """Neither parts nor a whole: nothing is decided."""
    unknown = {name: value for name, value in ENERGY.items() if name != "u_reference_wh"}
    assert decide("energy_error", unknown).outcome == "inconclusive"
