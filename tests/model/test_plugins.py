from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

import pytest

from wattest.errors import BenchError
from wattest.model.plugins import DRIVERS, Installed, entry_points, load


def install(folder: Path, name: str, text: str | bytes) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    info.joinpath("entry_points.txt").write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, the first on the path."""
    monkeypatch.syspath_prepend(tmp_path)
    entry_points.cache_clear()
    return tmp_path


def test_finds_what_the_standard_library_finds() -> None:
    """The short way gives the same entries as importlib.metadata."""
    for group in ("wattest.instruments", "wattest.reports", "pytest11", "console_scripts"):
        known = {entry.name: entry.value.split(" [")[0] for entry in metadata.entry_points(group=group)}
        assert entry_points(group) == known


def test_reads_one_section_of_each_package(site: Path) -> None:
    """Other sections, comments and packages without entry points are passed over; the first on the path counts."""
    install(
        site,
        "a",
        "[other]\nx = no:no\n\n[zoo]\nb = os:sep\na = os.path:join [extra]\nnot an entry\n[last]\nz = no:no\n",
    )
    install(site, "b", b"[zoo]\n\xff = no:no\n")
    install(site, "c", "[else]\nx = y\n")
    (site / "d-1.0.dist-info").mkdir()
    second = site / "second"
    install(second, "a", "[zoo]\na = no:no\nc = os\n")
    import sys

    sys.path.insert(1, str(second))
    sys.path.insert(1, str(site / "nowhere"))
    try:
        assert dict(entry_points("zoo")) == {"a": "os.path:join", "b": "os:sep", "c": "os"}
    finally:
        sys.path.remove(str(second))
        sys.path.remove(str(site / "nowhere"))


def test_imports_only_what_is_asked_for(site: Path) -> None:
    """Counting and listing import nothing; asking imports; a broken one says which and why."""
    install(site, "a", "[zoo2]\nok = os:sep\nbroken = no_such_module:x\nwrong = os:no_such_name\n")
    zoo = Installed("zoo2", "animal")
    assert (len(zoo), list(zoo), "broken" in zoo, "lion" in zoo) == (
        3,
        ["broken", "ok", "wrong"],
        True,
        False,
    )
    assert zoo["ok"] == os.sep
    with pytest.raises(BenchError) as refusal:
        zoo["broken"]
    assert str(refusal.value) == (
        "the animal 'broken' (no_such_module:x) cannot be imported: No module named 'no_such_module'"
    )
    with pytest.raises(BenchError):
        zoo["wrong"]


def test_a_module_that_fails_while_it_is_imported(site: Path) -> None:
    """Whatever a third party's module raises, the sentence names it."""
    (site / "angry_animal.py").write_text("1 / 0\n")
    install(site, "a", "[zoo3]\nangry = angry_animal:x\n")
    with pytest.raises(BenchError) as refusal:
        Installed("zoo3", "animal")["angry"]
    assert str(refusal.value) == "the animal 'angry' (angry_animal:x) cannot be imported: division by zero"


def test_loads_a_module_or_a_name_in_it() -> None:
    """``module`` and ``module:name.name`` both work."""
    assert load("os") is os
    assert load("os:path.join") is os.path.join


def test_our_own_drivers_are_installed() -> None:
    """The drivers that come with Wattest are found like anybody's."""
    assert {"simulated", "yokogawa_wt", "by_hand"} <= set(DRIVERS)
