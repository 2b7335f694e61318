"""The rooms of the code: arrows only go down, and the walls that make verdicts trustworthy stand."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
CORE = ROOT / "harness" / "wattest"
ROOMS = (
    "errors",
    "clock",
    "roles",
    "document",
    "model",
    "ocpp",
    "card_data",
    "world",
    "evse",
    "csms",
    "record",
    "judge",
    "ocpi",
    "steps",
    "run",
    "cli",
)
"""From the ground up: a room may import those before it."""


def _room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "wattest" and len(parts) > 1 else None


def _imports(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every module that the files of a folder import, and which file does."""
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    yield path, name.name
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield path, node.module


def _own_room(path: Path) -> str:
    relative = path.relative_to(CORE)
    return relative.parts[0].removesuffix(".py")


def test_arrows_only_go_down() -> None:
    """No room of the core imports one that stands above it."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path, module in _imports(CORE)
        if (target := _room(module)) in ROOMS
        and (own := _own_room(path)) in ROOMS
        and ROOMS.index(target) > ROOMS.index(own)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("room", "stranger"),
    [
        ("evse", "csms"),
        ("csms", "evse"),
        ("csms", "world"),
        ("judge", "evse"),
        ("judge", "world"),
        ("judge", "csms"),
        ("record", "csms"),
        ("ocpp", "world"),
    ],
)
def test_walls(room: str, stranger: str) -> None:
    """Rooms that must not know of each other do not: verdicts rest on what a stranger could see."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path, module in _imports(CORE / room)
        if _room(module) == stranger
    ]
    assert wrong == []


def test_the_core_knows_no_driver_and_no_report() -> None:
    """Drivers and reports register through entry points, as those of other packages do."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path, module in _imports(CORE)
        if module.split(".")[0] in {"wattest_instruments", "wattest_reports", "pyvisa_wattest"}
    ]
    assert wrong == []


def test_reports_read_only_records() -> None:
    """A report is a function of a record: it imports neither the bench nor the simulated world."""
    allowed = {"record", "judge", "errors", "ocpp", "model", None}
    wrong = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path, module in _imports(ROOT / "reports")
        if module.split(".")[0] == "wattest" and _room(module) not in allowed
    ]
    assert wrong == []
