"""One thing that ``wattest doctor`` looked at: what it is about, how it stands, and a sentence in two languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from wattest.run.languages import Text

State = Literal["fine", "warning", "problem"]
Topic = Literal["host", "bench", "part", "charger"]

STATES: tuple[State, ...] = ("fine", "warning", "problem")
"""From best to worst."""


@dataclass(frozen=True)
class Finding:
    """``details`` are lines that explain the sentence, such as the scenarios that stay untested and why."""

    topic: Topic
    subject: str
    state: State
    sentence: Text
    details: tuple[Text, ...] = ()


def as_told(sentence: object) -> Text:
    """What an error or a device says, in its own words."""
    return Text(str(sentence), str(sentence))


def worst(findings: Iterable[Finding]) -> State:
    """The state of the worst of them; ``fine`` when there is none."""
    return max((finding.state for finding in findings), key=STATES.index, default="fine")
