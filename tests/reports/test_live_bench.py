"""What every report of a live bench must say: that no relay watches over it, and what happened to it before."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from wattest_reports import allure, html, junit, terminal
from wattest_reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIVE = {"name": "north lab", "kind": "live", "roles": {}, "dead_man_relay": False}
EN = "This bench has no relay that cuts power when the test computer falls silent."
FR = "Ce banc n\u2019a pas de relais qui coupe le courant quand l\u2019ordinateur d\u2019essai se tait."
STORY = "2026-01-15T12:00:00.000000Z acknowledged (Anna Roy): the breaker is out"


def _terminal(record: Any, _folder: Path, lang: Any) -> str:
    out = io.StringIO()
    terminal.table(record, Console(file=out, width=200), lang=lang)
    return out.getvalue()


def _html(record: Any, folder: Path, lang: Any) -> str:
    return html.render(record, folder / "r.html", lang=lang).read_text("utf-8")


def _junit(record: Any, folder: Path, _lang: str) -> str:
    root = ET.parse(junit.render(record, folder / "j.xml")).getroot()
    return "\n".join(str(one.get("value")) for one in root.iter("property"))


def _allure(record: Any, folder: Path, _lang: str) -> str:
    return (allure.render(record, folder / "allure") / "environment.properties").read_text("utf-8")


@pytest.mark.parametrize("shown", [_terminal, _html, _junit, _allure])
@pytest.mark.parametrize(("lang", "sentence"), [("en", EN), ("fr", FR)])
def test_every_report_says_so(
    tape: Callable[..., Any],
    tmp_path: Path,
    shown: Callable[[Any, Path, str], str],
    lang: str,
    sentence: str,
) -> None:
    """In both languages; never of a bench that has a relay, nor of a simulated one."""

    def text(name: str, **bench: Any) -> str:
        made = tape(name, bench={**LIVE, **bench})
        made.scenario("AUT-001", "A card", "authentication", ["AUT-02"])
        made.scenario_end("AUT-001", "pass")
        made.note(
            "bench_story",
            when="2026-01-15T12:00:00.000000Z",
            what="acknowledged",
            by="Anna Roy",
            sentence="the breaker is out",
        )
        return shown(made.seal(), tmp_path, lang)

    assert sentence in text("a.jsonl")
    assert STORY in text("b.jsonl")
    for name, bench in (("c.jsonl", {"dead_man_relay": True}), ("d.jsonl", {"kind": "simulated"})):
        assert sentence not in text(name, **bench)


def test_the_running_report_says_the_same() -> None:
    """What stands beside each scenario in Allure while pytest runs is worded as in the reports."""
    from wattest.run.allure import NO_RELAY

    assert NO_RELAY.splitlines() == [Words("en")("no relay.say"), Words("fr")("no relay.say")]
