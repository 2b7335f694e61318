"""Where the scenarios and fixtures that come with Wattest lie: in a checkout or inside the installed package."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from wattest.errors import BenchError


@cache
def library_folder(name: Literal["scenarios", "fixtures"]) -> Path:
    """The folder ``scenarios`` or ``fixtures``. Raises ``BenchError`` when the installation lacks it."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "library" / name, package.parents[1] / name):
        if folder.is_dir():
            return folder
    raise BenchError(
        f"the folder '{name}' is neither in {package / 'library'} nor in {package.parents[1]};"
        " install wattest again, or run from a whole checkout"
    )


def shown_path(path: str | Path) -> str:
    """A path as it may stand in a record: from the library or the working folder on, never a machine's own tree.

    ``scenarios/locking/captive.scenario.yaml`` for a scenario of the library, wherever that is installed.
    """
    return _shown(Path(path), Path.cwd())


@cache
def _shown(path: Path, here: Path) -> str:
    """A run names the file of a scenario in every step."""
    whole = path.resolve()
    for base in (library_folder("scenarios").parent, here):
        if whole.is_relative_to(base):
            return whole.relative_to(base).as_posix()
    return whole.name
