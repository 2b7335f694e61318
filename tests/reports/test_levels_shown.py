"""Levels, what holds them back, and the trace from demands to verdicts, in HTML and at the terminal."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from wattest_reports import html, terminal
from wattest_reports.gather import report
from wattest_reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from wattest.record import Record

    Make = Callable[..., Any]

NAMES = {"title": "Winter", "title_fr": "Hivernale", "text": "It holds.", "text_fr": "Elle tient."}
LEVEL = {"id": "winter", **NAMES, "ranks": ["mandatory"], "methods": ["ocpp"], "also": []}
DEMANDS = {
    "T07": {"id": "T07", "text": "It stands the weather.", "text_fr": "Elle résiste au temps."},
    "T18": {"id": "T18", "text": "Payment is safe.", "text_fr": "Le paiement est sûr."},
}


def _requirement(id_: str, trace: str, **more: Any) -> dict[str, Any]:
    facts = {
        "text": f"{id_} & more.",
        "text_fr": f"{id_} et plus.",
        "criterion": "",
        "source": "s",
        "planned": "",
        "planned_fr": "",
    }
    base = {"id": id_, "provenance": "found", "level": "mandatory", "methods": ["ocpp"], "limits": []}
    return {**facts, **base, "traces": [trace], **more}


@pytest.fixture
def held(tape: Make) -> Record:
    """One requirement passed, one by screening, one planned."""
    rows = [
        _requirement("ROB-03", "T07"),
        _requirement("ROB-05", "T07", provenance="unverified"),
        _requirement("PAY-06", "T18", planned="no TLS <yet>", planned_fr="pas de TLS <encore>"),
    ]
    return _played(tape, rows)


def _played(tape: Make, rows: list[dict[str, Any]]) -> Record:
    made = tape(
        requirements={row["id"]: row for row in rows},
        levels={"winter": LEVEL},
        level="winter",
        demands=DEMANDS,
        checklist={},
        papers={},
        ways={},
        dialects=["1.6"],
    )
    made.scenario("COLD-001", "Cold", "climate", ["ROB-03", "ROB-05"])
    made.begin("soak")
    for name in ("ROB-03", "ROB-05"):
        made.check(name, "It starts", "occurred", {"what": "the boot", "within_s": 5, "after_s": 1})
    made.done()
    made.scenario_end("COLD-001", "pass")
    record: Record = made.seal()
    return record


def test_the_trace_leads_from_each_demand_to_what_was_found(held: Record) -> None:
    """A chip for each requirement, signed and coloured by its verdict, leading to where that is told."""
    page = html.page(report(held), Words("en"))
    section = page[page.index('id="demands"') : page.index('id="levels"')]
    assert "It stands the weather." in section
    chips = re.findall(r'<a class="v chip (\w+)" href="#([\w-]+)" title="([^"]+)">', section)
    assert chips == [
        ("pass", "req-ROB-03", "pass: ROB-03 &amp; more."),
        ("inconclusive", "req-ROB-05", "pass, screening only: ROB-05 &amp; more."),
        ("none", "held-PAY-06", "not tested: PAY-06 &amp; more."),
    ]
    for _, target, _ in chips:
        assert page.count(f'id="{target}"') == 1
    assert ">2 of 2<" in section
    assert ">0 of 1<" in section


def test_what_is_missing_stands_by_its_name(held: Record) -> None:
    """With its level, its verdict and the reason, escaped."""
    page = html.page(report(held), Words("en"))
    assert "Not tested: planned; no TLS &lt;yet&gt;." in page
    assert "No level is reached." in page
    assert "The run was for the level Winter; 1 of its 3 requirements are missing." in page
    french = html.page(report(held), Words("fr"))
    assert "Aucun niveau n\u2019est atteint." in french
    assert "Elle résiste au temps." in french
    assert "Non testé\u00a0: prévu; pas de TLS &lt;encore&gt;." in french
    assert "no TLS" not in french


def _printed(record: Record) -> str:
    out = StringIO()
    terminal.table(record, Console(file=out, width=120, color_system=None))
    return out.getvalue()


def test_the_terminal_says_the_same(held: Record) -> None:
    """The level, its figures, and what holds it back."""
    text = _printed(held)
    assert "No level is reached.\n" in text
    assert "○ Winter: held back; 2 of 3 passed, 1 by screening only; 1 missing\n" in text
    assert "○ PAY-06 Not tested: planned; no TLS <yet>.\n" in text


def test_a_level_by_screening_says_that_it_does_not_certify(tape: Make) -> None:
    """Beside the level, with the number of requirements."""
    rows = [_requirement("ROB-03", "T07"), _requirement("ROB-05", "T07", provenance="unverified")]
    text = " ".join(_printed(_played(tape, rows)).split())
    assert (
        "Level reached for screening only: Winter. 1 of its requirements rest on numbers that nobody has verified"
        in text
    )
    assert "~ Winter: reached for screening only; 2 of 2 passed, 1 by screening only" in text


def test_a_level_that_is_reached(tape: Make) -> None:
    """One sentence."""
    assert "Level reached: Winter.\n" in _printed(_played(tape, [_requirement("ROB-03", "T07")]))


def test_a_record_without_levels_shows_none(tape: Make) -> None:
    """Records of old have neither levels nor demands."""
    record = tape().seal()
    assert 'id="demands"' not in html.page(report(record), Words("en"))
    assert "No level" not in _printed(record)
