"""The folder of a run, and the link to the latest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wattest.run.folder import default_folder, point_latest


def test_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default folder is named after the time, and two in one second differ."""
    monkeypatch.chdir(tmp_path)
    first = default_folder()
    assert re.fullmatch(r"wattest-runs/\d{8}T\d{6}Z", first.as_posix())
    first.mkdir(parents=True)
    second = default_folder()
    assert second != first
    assert not second.exists()


def test_latest_follows(tmp_path: Path) -> None:
    """``latest`` points to the run begun last, relative to its own folder."""
    for name in ("a", "b"):
        (tmp_path / "wattest-runs" / name).mkdir(parents=True)
        point_latest(tmp_path / "wattest-runs" / name)
    latest = tmp_path / "wattest-runs" / "latest"
    assert latest.readlink() == Path("b")
    assert sorted(path.name for path in latest.parent.iterdir()) == ["a", "b", "latest"]


def test_a_latest_of_somebody_else_stays(tmp_path: Path) -> None:
    """A folder named latest is never replaced, and other folders get no link."""
    runs = tmp_path / "wattest-runs"
    (runs / "latest").mkdir(parents=True)
    (runs / "a").mkdir()
    point_latest(runs / "a")
    assert not (runs / "latest").is_symlink()
    (tmp_path / "north-lab").mkdir()
    point_latest(tmp_path / "north-lab")
    assert not (tmp_path / "latest").exists()
