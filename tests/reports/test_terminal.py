"""The table in the terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from wattest.record import Record
from wattest_reports.terminal import render, table


def _shown(record: Record, width: int = 110, **options: Any) -> str:
    console = Console(file=StringIO(), width=width, color_system=None)
    table(record, console, **options)
    assert isinstance(console.file, StringIO)
    return " ".join(console.file.getvalue().split())


def test_every_verdict_has_sign_and_word(record: Record) -> None:
    """The matrix reads without colour: a sign and a word in every cell."""
    text = _shown(record)
    assert "MET-01 Energy is billed as it was delivered ✗ fail ✓ pass screening only" in text
    assert "LCK-01 The plug is captive until authorised ○ not tested ! error" in text
    assert "NET-04 The station comes back ? inconclusive ○ not tested" in text


def test_counts_conclusion_and_scenario_runs_stand_below(record: Record) -> None:
    """The one sentence, then the counts per verdict."""
    text = _shown(record)
    assert "✗ 1 of 5 requirements tested is not met." in text
    assert "✗ 1 fail ! 1 error ? 1 inconclusive ○ 1 not tested ✓ 2 pass 6 scenario runs" in text


def test_findings_name_scenario_and_entries_failures_first(record: Record) -> None:
    """What failed stands before errors and doubts, each with where its evidence is."""
    text = _shown(record)
    failed, broken, open_ = (text.index(words) for words in ("✗ MET-01", "! LCK-01", "? NET-04 OCPP"))
    assert failed < broken < open_
    assert "1 % is allowed (hb44_ac_acceptance, NIST HB44 3.40 T.2, 2025). MET-001 [16 A] · entry 104" in text


def test_what_was_not_tested_stands_with_its_reason(record: Record) -> None:
    """Nothing is left out in silence."""
    assert "○ BIL-003 (OCPP 1.6, 2.0.1) BIL-02: the charger has no display" in _shown(record)


def test_a_simulated_run_says_so_first(record: Record) -> None:
    """The second line of a simulated run says that no charger was tested."""
    assert _shown(record).startswith(
        "Boreal Trottoir 7 EV charger test report SIMULATED No physical charger was tested."
    )


def test_quiet_leaves_out_what_did_not_go_wrong(record: Record) -> None:
    """For CI: conclusion and findings only."""
    text = _shown(record, quiet=True)
    assert "✗ MET-01" in text
    assert "AUT-02" not in text
    assert "BIL-003" not in text


def test_a_narrow_terminal_keeps_ids_and_verdicts(record: Record) -> None:
    """At 50 columns the texts of requirements give way, the verdicts stay."""
    assert "MET-01 ✗ fail ✓ pass screening only" in _shown(record, width=50)


def test_a_long_text_never_hides_a_verdict(tape: Callable[..., Any]) -> None:
    """The text of a requirement gives way on its line, ids and verdicts do not."""
    row = {"id": "AUT-02", "text": "A card that is accepted " * 9, "source": "x", "provenance": "found"}
    made = tape(requirements={"AUT-02": row})
    made.scenario("AUT-001", "A card", "authentication", ["AUT-02"])
    made.begin("present_card")
    made.check("AUT-02", "x", "never", {"what": "x", "count": 0, "window_s": 0, "channel_alive": True})
    made.done("inconclusive")
    made.scenario_end("AUT-001", "inconclusive")
    text = _shown(made.seal(), width=80)
    assert re.search(
        r"AUT-02 A card that is accepted A card that[^✓✗?○]*… \? inconclusive ○ not tested", text
    )


def test_french(record: Record) -> None:
    """Words and requirement texts are French."""
    text = _shown(record, lang="fr")
    assert "L'énergie facturée est celle livrée ✗ non conforme ✓ conforme tri seulement" in text
    assert "○ BIL-003 (OCPP 1.6, 2.0.1) BIL-02 : the charger has no display" in text.replace("\u00a0", " ")


def test_an_unsealed_run_never_reads_as_passed(tape: Callable[..., Any]) -> None:
    """All passed so far, but no footer: not a result."""
    made = tape()
    made.scenario("AUT-001", "A card", "authentication", ["AUT-02"])
    made.begin("present_card")
    made.check("AUT-02", "x", "occurred", {"what": "a transaction", "within_s": 5, "after_s": 1})
    made.done()
    made.scenario_end("AUT-001", "pass")
    text = _shown(made.stop())
    assert "NOT A RESULT The record behind this report is not whole." in text
    assert "The run was not sealed: not a result." in text


def test_a_part_that_could_not_be_made_safe_is_shown(tape: Callable[..., Any]) -> None:
    """Whoever stands at the bench must see it."""
    made = tape()
    made.note("safe", role="mains", ok=False, confirmed_by="reference_meter", sentence="still 12 A")
    assert "✗ mains: NOT confirmed safe. still 12 A (2)" in _shown(made.seal())


def test_markup_of_a_charger_is_not_obeyed(tape: Callable[..., Any]) -> None:
    """Square brackets, which rich reads as styles, stay text."""
    made = tape(charger={"maker": "[bold red]Evil[/]", "model": "[/nope]"})
    assert "[bold red]Evil[/] [/nope]" in _shown(made.seal())


def test_the_file_is_plain_text_and_repeatable(record: Record, tmp_path: Path) -> None:
    """No escape sequences, and the same bytes twice."""
    one = render(record, tmp_path / "a.txt").read_bytes()
    assert b"\x1b" not in one
    assert one == render(record, tmp_path / "b.txt").read_bytes()
