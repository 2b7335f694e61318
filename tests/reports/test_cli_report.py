"""``wattest report``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from wattest.cli.report import command
from wattest.record import Record


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_without_options_the_table_is_printed(record: Record) -> None:
    """The verdicts, here."""
    result = _run(record.path)
    assert result.exit_code == 0, result.output
    assert "1 of 5 requirements tested is not met." in result.stdout


def test_each_format_is_written_beside_the_record_or_where_it_is_told(record: Record, tmp_path: Path) -> None:
    """``run.html``, ``run.junit.xml``, ``run-allure``, or the path of ``--out``."""
    for form, name in (("html", "run.html"), ("junit", "run.junit.xml"), ("allure", "run-allure")):
        result = _run(record.path, "--format", form)
        assert result.exit_code == 0, result.output
        assert result.stdout == f"{form}: {tmp_path / name}\n"
        assert (tmp_path / name).exists()
    result = _run(record.path, "--format", "terminal", "--out", tmp_path / "deep" / "table.txt")
    assert result.exit_code == 0, result.output
    assert "MET-01" in (tmp_path / "deep" / "table.txt").read_text("utf-8")


def test_language_reaches_what_speaks_it(record: Record, tmp_path: Path) -> None:
    """HTML and terminal speak French; JUnit has no language and takes none."""
    assert _run(record.path, "--format", "html", "--lang", "fr", "--out", tmp_path / "r.html").exit_code == 0
    assert '<html lang="fr-CA">' in (tmp_path / "r.html").read_text("utf-8")
    assert "1 des 5 exigences" in _run(record.path, "--lang", "fr").stdout
    assert _run(record.path, "--format", "junit", "--lang", "fr").exit_code == 0


def test_a_folder_of_a_run_is_a_record_too(tape: Callable[..., Any], tmp_path: Path) -> None:
    """A folder stands for the record.jsonl in it."""
    made = tape("record.jsonl")
    made.seal()
    assert _run(tmp_path).exit_code == 0


def test_an_unknown_format_is_told_with_the_nearest() -> None:
    """Exit code 2 and a suggestion."""
    result = _run("run.jsonl", "--format", "htlm")
    assert result.exit_code == 2
    assert result.stderr == "There is no report format 'htlm'; did you mean 'html'?\n"


def test_a_missing_record_is_told() -> None:
    """Exit code 13 and the system's reason."""
    result = _run("nowhere.jsonl")
    assert result.exit_code == 13
    assert result.stderr == "The record nowhere.jsonl cannot be read: No such file or directory.\n"


def test_an_unsealed_record_is_rendered_and_called_no_result(
    tape: Callable[..., Any], tmp_path: Path
) -> None:
    """The report is written, the exit code is 13, and both say why."""
    record = tape().stop()
    result = _run(record.path, "--format", "html")
    assert result.exit_code == 13
    assert "The run was not sealed: not a result." in result.stderr
    assert f"{record.path} is not a result, and the report says so." in result.stderr
    assert "NOT A RESULT" in (tmp_path / "run.html").read_text("utf-8")


def test_a_record_damaged_beyond_showing_gets_sentences_not_a_trace(record: Record) -> None:
    """A check that lost its fields breaks the chain first; nobody sees a traceback."""
    path = Path(record.path)
    path.write_bytes(path.read_bytes().replace(b'"requirements":["MET-01"]', b'"requirement":["MET-01"]'))
    result = _run(path)
    assert result.exit_code == 13
    assert isinstance(result.exception, SystemExit)
    assert "was changed after it was written." in result.stderr
    assert f"{path} is damaged beyond what can be shown (KeyError)." in result.stderr


def test_a_line_that_is_no_entry_is_named(record: Record) -> None:
    """What cannot be read is named by its line."""
    path = Path(record.path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:5], b"nonsense\n", *lines[6:]]))
    result = _run(path)
    assert result.exit_code == 13
    assert "Line 6 is no entry of a record: it was damaged or put in." in result.stderr
