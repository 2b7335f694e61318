"""Sentences for people at the terminal, in English and in French as it is written in Quebec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "fr"]


@dataclass(frozen=True)
class Text:
    """A sentence in English and French. What a driver says of itself is English in both."""

    en: str
    fr: str

    def said(self, language: Language) -> str:
        """The sentence in a language."""
        return self.fr if language == "fr" else self.en
