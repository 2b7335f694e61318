"""The catalogue is whole: its ids, classes, demands, and a way to show each requirement."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from wattest.model.read import (
    read_checklist,
    read_demands,
    read_levels,
    read_limits,
    read_papers,
    read_requirements,
)
from wattest.model.requirement import Requirement
from wattest.run.catalogue import catalogue

CLASSES = {
    "ROB": "MMMMMMMMSSSMMSMSSSMSSMIISM",
    "CBL": "MMMMMMMMSSSSSSS",
    "ELE": "MMSMMMMSMSMMMSMMSS",
    "MET": "MMMSMMMMSMSMSSIMS",
    "AUT": "MMMMMMMMS",
    "LCK": "MMMMMMS",
    "DSP": "MMMMSMSS",
    "NET": "MMMMMMMM",
    "MON": "MMMMMSMMMMM",
    "SVC": "MMMS",
    "BIL": "MMMSMMMMMMMMSMMMSI",
    "PAY": "MMMMMM",
    "DAT": "MMMMMMS",
    "SIT": "MM",
    "INF": "MMMS",
    "LOD": "MMMSSSI",
    "OCP": "MMMMM",
}
"""Areas of the reference catalogue with the class of each row in order; OCP and BIL-18 are the project's own."""

RANKS = {"M": "mandatory", "S": "should", "I": "informational"}


def test_the_166_rows_of_the_reference_and_the_six_of_the_project() -> None:
    """Ids run from 01 on in each area, and each has the class of the reference."""
    wanted = {
        f"{area}-{number:02}": RANKS[letter]
        for area, letters in CLASSES.items()
        for number, letter in enumerate(letters, 1)
    }
    assert len(wanted) == 166 + 6
    assert {id_: one.level for id_, one in read_requirements().items()} == wanted


def test_every_demand_is_served_and_every_requirement_serves_one() -> None:
    """T01 to T23 each have requirements behind them, and both languages."""
    demands = read_demands()
    assert list(demands) == [f"T{number:02}" for number in range(1, 24)]
    assert all(demand.text and demand.text_fr for demand in demands.values())
    served = {trace for one in read_requirements().values() for trace in one.traces}
    assert served == set(demands)


@pytest.mark.parametrize("listed", catalogue(), ids=lambda listed: listed.requirement.id)
def test_every_requirement_can_be_shown_or_is_planned(listed: object) -> None:
    """A scenario, a monitor, a checklist item, a document, or what is missing; and never planned and tested at once."""
    from wattest.run.catalogue import Listed

    assert isinstance(listed, Listed)
    requirement = listed.requirement
    assert listed.ways or requirement.planned, f"nothing can show {requirement.id}"
    tested = [id_ for id_, _, _ in listed.scenarios]
    assert not (requirement.planned and (tested or listed.monitors)), (
        f"{requirement.id} is covered by {tested or listed.monitors}: take its line 'planned' out"
    )
    assert requirement.text != requirement.text_fr
    assert "document" not in requirement.methods or listed.papers, (
        f"no document is asked for by {requirement.id}"
    )


NUMBER = re.compile(r"-?\d+(?:\.\d+)? ?(?:degC|mA|N|J|s|min|h|mm|m|%|Ohm|V)\b")


def test_a_number_in_a_criterion_of_the_robust_cable_and_pilot_rows_is_a_limit() -> None:
    """Numbers that decide are data with a provenance: rows with a quantity in their criterion name limits."""
    limits = read_limits()
    for id_, one in read_requirements().items():
        if id_[:3] in {"ROB", "CBL", "ELE"} and NUMBER.search(one.criterion):
            assert one.limits, id_
            assert all(name in limits for name in one.limits)


def test_levels_grow_and_take_what_their_methods_can_show() -> None:
    """Connected is inside Metered, Metered inside Winter; only mandatory rows; Winter takes every one of them."""
    requirements, levels = read_requirements(), read_levels()
    assert list(levels) == ["connected", "metered", "winter"]
    taken = [{id_ for id_, one in requirements.items() if level.takes(one)} for level in levels.values()]
    assert taken[0] < taken[1] < taken[2]
    assert {"NET-05", "PAY-01", "BIL-06"} <= taken[0]
    assert {"MET-01", "ELE-05", "SIT-01"} <= taken[1] - taken[0]
    assert {"ROB-03", "CBL-02", "LCK-06"} <= taken[2] - taken[1]
    assert taken[2] == {id_ for id_, one in requirements.items() if one.level == "mandatory"}


def test_checklist_and_documents_speak_both_languages() -> None:
    """Each question, answer and statement stands in English and French."""
    for item in read_checklist().values():
        assert item.question != item.question_fr
        assert all(word and french for word, french in item.answers.items())
    for paper in read_papers().values():
        assert paper.title != paper.title_fr
        assert all(one.text != one.text_fr for one in paper.statements)


FIGURE = re.compile(r"-?\d+(?:[.,]\d+)*")
VERSIONS = {"1.2", "1.6", "2.0.1", "2.1", "4.0.1", "22.2"}
"""Of TLS, OCPP, PCI DSS and CSA C22.2: names with a point, in French too."""


@pytest.mark.parametrize("requirement", read_requirements().values(), ids=lambda one: one.id)
def test_a_criterion_says_the_same_in_french(requirement: Requirement) -> None:
    """Not the same words, but the same numbers, each as often; a decimal has a comma and a degree its sign."""
    english, french = requirement.criterion, requirement.criterion_fr
    assert english != french
    figures = Counter(one.replace(",", ".") for one in FIGURE.findall(french))
    assert figures == Counter(FIGURE.findall(english))
    assert {one for one in FIGURE.findall(french) if "." in one} <= VERSIONS
    assert "degC" not in french
    assert bool(requirement.planned) == bool(requirement.planned_fr)
    assert not requirement.planned or requirement.planned != requirement.planned_fr
