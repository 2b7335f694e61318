from __future__ import annotations

from pathlib import Path

import pytest

from wattest.document.reader import read_text
from wattest.errors import DocumentError
from wattest.model.library import library_folder
from wattest.model.profile import LimitAt
from wattest.model.read_profile import profile_of, read_profiles
from wattest.model.read_requirements import read_decision_rules, read_limits, read_requirements

TEXT = """\
profile: tiny
title: Tiny
source: somewhere
edition: "1"
provenance: project
limit: hb44_ac_acceptance
rule: hb44
points:
  low: {current: 6 A, proves: MET-01}
  high: {share: 80 %, mmq_times: 2, note: far up}
"""


def test_a_profile_as_it_is_written() -> None:
    """Points keep their order; what is left out has defaults."""
    profile = profile_of(read_text(TEXT))
    assert [(point.id, point.amperes(50.0), point.mmq_times) for point in profile.points] == [
        ("low", 6.0, 1.0),
        ("high", 40.0, 2.0),
    ]
    assert (profile.limits, profile.rule, profile.repeats) == ((LimitAt("hb44_ac_acceptance"),), "hb44", 3)
    assert (profile.mmq, profile.repeat_limit, profile.by_temperature) == (None, None, False)
    assert profile.limit_at(None) == "hb44_ac_acceptance"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("hb44_ac_acceptance", "hb44_ac_aceptance", "'hb44_ac_aceptance' is not a known limit; did you mean"),
        ("rule: hb44", "rule: hb45", "'hb45' is not a known rule; did you mean 'hb44'?"),
        ("MET-01", "MET-99", "'MET-99' is not a known requirement"),
        ("current: 6 A, ", "", "a point has either current, such as '6 A', or share, such as '50 %'"),
        (
            "current: 6 A, ",
            "current: 6 A, share: 5 %, ",
            "a point has either current, such as '6 A', or share",
        ),
        ("6 A", "0 A", "current is 0 A; a point needs a load"),
        ("80 %", "180 %", "share is 180 %; it lies above 0 % and not above 100 %"),
        ("mmq_times: 2", "mmq_times: 0", "mmq_times is 0; it must be above 0"),
        ("limit: hb44_ac_acceptance\n", "", "a profile has either limit, or limits by temperature"),
        (
            "limit: hb44_ac_acceptance",
            "limits: [{limit: hb44_ac_acceptance, from: 5 degC, to: 5 degC}]",
            "'to' 5 degC is not above 'from' 5 degC",
        ),
        ("rule: hb44", "rule: hb44\nrepeats: 2", "2 is not between 3 and 100"),
        ("provenance: project", "provenance: hearsay", "'hearsay' is not allowed here"),
    ],
)
def test_says_what_is_wrong_with_a_profile(old: str, new: str, sentence: str) -> None:
    """Each mistake has a sentence and a line."""
    assert old in TEXT
    with pytest.raises(DocumentError) as refusal:
        profile_of(read_text(TEXT.replace(old, new)))
    assert any(sentence in problem.sentence for problem in refusal.value.problems), refusal.value


def test_a_profile_without_points() -> None:
    """It would try nothing."""
    text = TEXT.partition("points:")[0] + "points: {}\n"
    with pytest.raises(DocumentError) as refusal:
        profile_of(read_text(text))
    assert [problem.sentence for problem in refusal.value.problems] == ["a profile needs at least one point"]


def test_a_profile_is_called_as_its_file(tmp_path: Path) -> None:
    """Otherwise nobody would find it; other files are still read, and all problems come together."""
    (tmp_path / "big.yaml").write_text(TEXT)
    (tmp_path / "worse.yaml").write_text("profile: [\n")
    with pytest.raises(DocumentError) as refusal:
        read_profiles(tmp_path)
    sentences = [problem.sentence for problem in refusal.value.problems]
    assert "the profile 'tiny' stands in big.yaml; name the file tiny.yaml" in sentences
    assert len(sentences) == 2
    (tmp_path / "worse.yaml").unlink()
    (tmp_path / "big.yaml").rename(tmp_path / "tiny.yaml")
    assert set(read_profiles(tmp_path)) == {"tiny"}


def test_the_profiles_of_the_library() -> None:
    """Every limit and rule that they name is stated, in a unit that fits; unverified ones say so."""
    limits, rules, requirements = read_limits(), read_decision_rules(), read_requirements()
    profiles = read_profiles()
    assert set(profiles) >= {
        "hb44_ac",
        "hb44_ac_maintenance",
        "mid_by_temperature",
        "oiml_g22_b",
        "mc_evse_ac",
    }
    for profile in profiles.values():
        assert profile.rule in rules
        assert {limits[one.limit].unit for one in profile.limits} == {"%"}
        assert {point.proves for point in profile.points} <= {*requirements, None}
        assert profile.mmq is None or limits[profile.mmq].unit == "kWh"
    assert {rules[profiles[name].rule].guard for name in ("hb44_ac", "hb44_ac_maintenance")} == {0.0}
    assert profiles["mc_evse_ac"].provenance == limits["mc_evse_ac"].provenance == "unverified"


@pytest.mark.parametrize(
    ("air_c", "limit"),
    [(23, "5_to_30"), (5, "5_to_30"), (4, "minus10_to_5"), (-10, "minus10_to_5"), (-40, "minus40_to_minus25"),
     (35, "30_to_40"), (50, "40_to_55"), (70, "55_to_70"), (-25, "minus25_to_minus10")],
)  # fmt: skip
def test_the_table_by_temperature(air_c: float, limit: str) -> None:
    """From -40 to +70 degC there is a limit everywhere; where two rows meet, the tighter one holds."""
    profile = read_profiles()["mid_by_temperature"]
    assert profile.limit_at(air_c) == f"mid_class_b_{limit}"


def test_names_found_quickly_are_those_that_reading_finds() -> None:
    """The short way to the names of profiles agrees with the long one."""
    from wattest.cli.known import installed

    assert set(installed().profiles) == set(read_profiles())
    assert set(installed().rules) == set(read_decision_rules())
    assert (library_folder("fixtures") / "profiles").is_dir()
