"""What a monitor is, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wattest.judge.facts import Facts


@dataclass(frozen=True)
class Finding:
    """One check of a monitor, still to be decided by its rule. ``step`` is the index of the step it is blamed on."""

    requirements: tuple[str, ...]
    name: str
    rule: str
    inputs: Mapping[str, Any]
    evidence: tuple[int, ...] = ()
    monitor: str = ""
    step: int | None = None


@dataclass(frozen=True)
class Monitor:
    """A pure function over one attempt, its name, and the requirements it can fail or prove."""

    name: str
    requirements: tuple[str, ...]
    watch: Callable[[Any, Facts], tuple[Finding, ...]]
