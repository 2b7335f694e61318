"""Drivers by name: found through the entry points ``wattest.instruments``, ours and those of other packages."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wattest.model.bench import DriverEntry
    from wattest.roles import Part, Surroundings


@cache
def factories() -> Mapping[str, Callable[..., Any]]:
    """Driver factories by the name that a bench file gives them: ``factory(surroundings, **options)``."""
    return {entry.name: entry.load() for entry in entry_points(group="wattest.instruments")}


def driver(entry: DriverEntry, around: Surroundings) -> Part:
    """The driver of one entry of a bench file; its options were read by the factory's signature."""
    part: Part = factories()[entry.driver](around, **entry.options)
    return part
