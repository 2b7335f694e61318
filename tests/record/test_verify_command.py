from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from wattest.cli import main, verify
from wattest.clock import VirtualClock
from wattest.record import Recorder


@pytest.fixture
def disagreements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the judge says when it computes the verdicts again."""
    sentences: list[str] = []
    fake = SimpleNamespace(recheck=lambda record: sentences if record.footer else ["no footer"])
    monkeypatch.setitem(sys.modules, "wattest.judge.recheck", fake)
    return sentences


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, arguments)])


def test_a_whole_record_exits_0(write: Any, disagreements: list[str]) -> None:
    """A record that is whole and agrees with its judge is told with its head, by file or by folder."""
    path = write(8)
    for named in (path, path.parent):
        result = run(named)
        assert result.exit_code == 0
        head = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])["head"]
        assert result.stdout == (
            f"{path} is whole: 8 entries, chained and sealed. Every verdict was computed again and agrees.\n"
            f"Head of the chain (SHA-256): {head}\n"
        )


def test_a_broken_chain_exits_13(write: Any, disagreements: list[str]) -> None:
    """Each fault is told with file and line, as editors like it."""
    path = write(8)
    path.write_bytes(path.read_bytes().replace(b'"rx":"2"', b'"rx":"3"'))
    result = run(path)
    assert result.exit_code == 13
    assert result.stdout == (
        f"{path}:5: Line 5 is not the line that line 6 was chained to: "
        f"one of the two was changed after it was written.\n{path} is not a result.\n"
    )


def test_verdicts_that_do_not_follow_exit_13(write: Any, disagreements: list[str]) -> None:
    """A chain that holds proves nothing when its verdicts do not follow from what was observed."""
    disagreements.append("Entry 5 says pass, and its inputs say fail.")
    path = write(8)
    result = run(path)
    assert result.exit_code == 13
    assert result.stdout == (
        f"{path}: Entry 5 says pass, and its inputs say fail.\n"
        f"{path} is whole, but what it says does not follow from what it observed: not a result.\n"
    )


def test_a_forged_record_that_confuses_the_judge_exits_13(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Entries without what they should hold are no reason for a trace."""

    def confused(_record: object) -> list[str]:
        raise KeyError("outcome")

    monkeypatch.setitem(sys.modules, "wattest.judge.recheck", SimpleNamespace(recheck=confused))
    path = write(8)
    result = run(path)
    assert result.exit_code == 13
    assert result.stdout.startswith(
        f"{path}: The verdicts could not be computed again (KeyError: 'outcome').\n"
    )


def test_the_real_judge_agrees_with_a_record_without_checks(tmp_path: Path) -> None:
    """A sealed record in which nothing was tested and nothing is claimed holds."""
    path = tmp_path / "record.jsonl"
    with VirtualClock() as clock, Recorder.open(path, clock, preamble={}) as recorder:
        recorder.note("header", format=1, seed=0, plan=[])
        recorder.seal({})
    result = run(path)
    assert result.stdout.startswith(f"{path} is whole: 3 entries")
    assert result.exit_code == 0


def test_a_file_that_is_not_there_exits_13(tmp_path: Path) -> None:
    """A missing record is told with the system's reason."""
    result = run(tmp_path / "nowhere.jsonl")
    assert result.exit_code == 13
    assert result.stdout == (
        f"The record {tmp_path / 'nowhere.jsonl'} cannot be read: No such file or directory.\n"
        f"{tmp_path / 'nowhere.jsonl'} is not a result.\n"
    )


def test_json_says_the_same(write: Any, disagreements: list[str]) -> None:
    """With --json one object comes out, for a whole record and for a broken one."""
    path = write(8)
    result = run(path, "--json")
    told = orjson.loads(result.stdout)
    assert result.exit_code == 0
    assert told == {
        "record": str(path),
        "ok": True,
        "entries": 8,
        "head": told["head"],
        "faults": [],
        "files": [],
        "disagreements": [],
        "rescues": [],
    }
    assert len(told["head"]) == 64
    path.write_bytes(path.read_bytes()[:-1])
    result = run(path, "--json")
    told = orjson.loads(result.stdout)
    assert result.exit_code == 13
    assert told["ok"] is False
    assert [fault["line"] for fault in told["faults"]] == [8, 8]


def test_progress_is_shown_to_a_person(
    write: Any, disagreements: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A large record on a terminal shows how far the check has come, on standard error only."""
    path = write(8)
    assert verify.verify(path)["ok"]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(verify, "LARGE", 10)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert verify.verify(path)["ok"]
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "\rverifying 100 %\n")
    verify._progress(1, 3)
    assert capsys.readouterr().err == "\rverifying  33 %"
