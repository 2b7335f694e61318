"""One thing that ``wattest doctor`` looked at: what it is about, how it stands, and a sentence in two languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["fine", "warning", "problem"]
Topic = Literal["host", "bench", "part", "charger"]
Language = Literal["en", "fr"]

STATES: tuple[State, ...] = ("fine", "warning", "problem")
"""From best to worst."""


@dataclass(frozen=True)
class Text:
    """A sentence in English and French. What a driver says of itself is English in both."""

    en: str
    fr: str

    def said(self, language: Language) -> str:
        """The sentence in a language."""
        return self.fr if language == "fr" else self.en


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
