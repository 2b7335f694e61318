"""The page that leads from each demand of a host to requirements, verdicts, and what is missing by its name."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from markupsafe import escape

from wattest.model.read import read_checklist, read_demands, read_levels, read_papers, read_requirements
from wattest_reports import html
from wattest_reports.gather import report
from wattest_reports.notation import Language
from wattest_reports.reasons import reason_in_french
from wattest_reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from wattest.record import Record

CHIP = re.compile(r'<a class="v chip \w+" href="#([\w-]+)" title="([^"]+)">')
LEFT_OUT = "ROB-09"
"""A requirement whose scenario this record's run left away."""


@pytest.fixture
def untested(tape: Callable[..., Any]) -> Record:
    """A run for the level Winter that performed nothing: everything is missing."""
    requirements, papers = read_requirements(), read_papers()
    made = tape(
        requirements={id_: asdict(one) for id_, one in requirements.items()},
        levels={id_: asdict(one) for id_, one in read_levels().items()},
        level="winter",
        demands={id_: asdict(one) for id_, one in read_demands().items()},
        checklist={id_: asdict(one) for id_, one in read_checklist().items()},
        papers={id_: asdict(one) for id_, one in papers.items()},
        ways={LEFT_OUT: {"scenarios": {"COLD-008": 1}}},
        dialects=["1.6"],
    )
    record: Record = made.seal()
    return record


def _section(page: str, begin: str, end: str) -> str:
    return page[page.index(f'id="{begin}"') : page.index(f'id="{end}"')]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_demand_leads_to_all_its_requirements(untested: Record, language: Language) -> None:
    """All 23, each with the ids that serve it in order, and each id to one place of the page that says more."""
    page = html.page(report(untested), Words(language))
    rows = _section(page, "demands", "levels").split('<tr><th scope="row">')[1:]
    requirements = read_requirements()
    assert len(rows) == 23
    for (id_, demand), row in zip(read_demands().items(), rows, strict=True):
        text = demand.text_fr if language == "fr" else demand.text
        assert id_ in row
        assert text.replace("'", "&#39;") in row
        wanted = sorted(name for name, one in requirements.items() if id_ in one.traces)
        chips = CHIP.findall(row)
        for name, (_, told) in zip(wanted, chips, strict=True):
            one = requirements[name]
            assert escape(one.criterion_fr if language == "fr" else one.criterion) in told
        assert [target.removeprefix("held-") for target, _ in chips] == wanted
        assert all(page.count(f'id="{target}"') == 1 for target, _ in chips)


def test_what_is_missing_for_a_demand_stands_by_its_name(untested: Record) -> None:
    """Documents by their title, checklist items and scenarios by their id, each with the requirements that lack it."""
    page = html.page(report(untested), Words("fr"))
    rows = _section(page, "demands", "levels").split('<tr><th scope="row">')[1:]
    rows = [re.sub("<[^>]+>", "", row) for row in rows]
    weather = next(row for row in rows if "T07" in row)
    assert "Documents manquants\u00a0: Fiche technique ou déclaration du fabricant (ROB-01, " in weather
    assert "Liste de contrôle sans réponse\u00a0: " in weather
    assert "after_blows (ROB-14)" in weather
    assert "Scénarios non exécutés\u00a0: COLD-008 (ROB-09)" in weather
    assert "Non satisfaites, raison plus bas\u00a0: " in weather
    planned, trace = next((id_, one.traces[0]) for id_, one in read_requirements().items() if one.planned)
    watched = next(row for row in rows if trace in row)
    cannot = watched[watched.index("Wattest ne peut pas encore vérifier") :]
    assert planned in cannot[: cannot.index("Non satisfaites")]


def test_nothing_that_is_ours_to_say_is_english_in_french(untested: Record) -> None:
    """Demands, levels, requirements and reasons: no sentence of the two sections is quoted."""
    page = html.page(report(untested), Words("fr"))
    assert 'lang="en"' not in _section(page, "demands", "requirements")
    missing = _section(page, "levels", "requirements")
    assert all(escape(one.criterion_fr) in missing for one in read_requirements().values())
    assert "Non testé\u00a0: COLD-008 ne faisait pas partie de cette campagne." in page


@pytest.mark.parametrize(
    ("english", "french"),
    [
        (
            "Not tested: only 1 of 4 variants of MET-001 were part of this run.",
            "Non testé\u00a0: seulement 1 des 4 variantes de MET-001 faisaient partie de cette campagne.",
        ),
        (
            "Not tested: the monitor frames_valid found nothing to say in this run.",
            "Non testé\u00a0: la surveillance frames_valid n’a rien trouvé à dire dans cette campagne.",  # noqa: RUF001
        ),
        (
            "the bench 'lab' has no chamber",
            "le banc «\u00a0lab\u00a0» n’a pas de rôle chamber (enceinte climatique)",  # noqa: RUF001
        ),
        (
            "the charger sheet of Trottoir 7 does not state OCPP 2.0.1",
            "la fiche de la borne Trottoir 7 ne déclare pas OCPP 2.0.1",
        ),
        ("the scenario is not for OCPP 1.6", "le scénario n’est pas fait pour OCPP 1.6"),  # noqa: RUF001
        ("Energy of transaction 1 is reported as 7 Wh.", ""),
    ],
)
def test_a_reason_of_wattest_is_told_in_french(english: str, french: str) -> None:
    """What a check found is evidence: it has no French."""
    assert reason_in_french(english, {}) == french
