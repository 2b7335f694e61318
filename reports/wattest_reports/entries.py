"""Reading entries of a record without trusting them: a field may be missing or of another type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

Entry = Mapping[str, Any]


def text(value: Any) -> str:
    """A text, or the value written as one; None is empty."""
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts; a single text counts as a list of one."""
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, Iterable) and not isinstance(value, (bytes, Mapping)):
        return tuple(text(item) for item in value)
    return ()


def number(value: Any, otherwise: float = 0.0) -> float:
    """A finite number, or ``otherwise``."""
    found = real(value)
    return otherwise if found is None else found


def real(value: Any) -> float | None:
    """A finite number, also when it is written as text, or None."""
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def numbers(value: Any) -> tuple[int, ...]:
    """Entry numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,)
    if isinstance(value, (list, tuple)):
        return tuple(item for item in value if isinstance(item, int) and not isinstance(item, bool))
    return ()


def mapping(value: Any) -> Mapping[str, Any]:
    """A mapping, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def rows(value: Any) -> tuple[Mapping[str, Any], ...]:
    """A list of mappings; a mapping of ids to mappings counts as one, its keys as ``id``."""
    if isinstance(value, Mapping):
        return tuple({"id": key, **item} for key, item in value.items() if isinstance(item, Mapping))
    if isinstance(value, (list, tuple)):
        return tuple(item for item in value if isinstance(item, Mapping))
    return ()
