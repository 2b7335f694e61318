"""Every fixed word of the reports, in English and in French, side by side so that neither can be forgotten.

Sentences of the record (what a check found, why something was not tested) are evidence: they stay as they were
written, and the French report says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wattest_reports.labels import LABELS
from wattest_reports.notation import Language
from wattest_reports.phrases import PHRASES
from wattest_reports.vocabulary import VOCABULARY

WORDS: Mapping[str, tuple[str, str]] = {**VOCABULARY, **LABELS, **PHRASES}
LANGUAGES: tuple[Language, ...] = ("en", "fr")


_NUMBERED = re.compile(r"(?P<stem>.+) (?P<n>\d+)")


@dataclass(frozen=True)
class Words:
    """The words of one language, called by key; placeholders are filled by name.

    Example::

        Words("fr")("pass")                      # 'conforme'
        Words("en").count("runs", 2)             # '2 scenario runs'
    """

    language: Language = "en"

    def __call__(self, key: str, /, **values: Any) -> str:
        """The text behind a key; ``KeyError`` for a key that does not exist."""
        words = WORDS[key][LANGUAGES.index(self.language)]
        return words.format(**values) if values else words

    def count(self, key: str, number: int) -> str:
        """A number with its noun; French takes the singular for 0 and 1, English for 1 only."""
        one = number == 1 or (number == 0 and self.language == "fr")
        return self(f"{key}.one" if one else f"{key}.many", n=number)

    @property
    def colon(self) -> str:
        """A colon as the language sets it: with a no-break space before it in French."""
        return "\u00a0:" if self.language == "fr" else ":"

    def known(self, key: str, otherwise: str) -> str:
        """The text behind a key, or ``otherwise``: the record may hold a word that we do not know."""
        return self(key) if key in WORDS else otherwise

    def label(self, family: str, name: str) -> str | None:
        """A name that the record carries, such as that of a quantity, in this language; None when we do not know it.

        Example::

            Words("fr").label("name", "current at place 2")   # 'courant à l'emplacement 2'
        """
        if f"{family}.{name}" in WORDS:
            return self(f"{family}.{name}")
        numbered = _NUMBERED.fullmatch(name)
        key = f"{family}.{numbered['stem']} {{n}}" if numbered else ""
        return self(key, n=numbered["n"]) if numbered and key in WORDS else None
