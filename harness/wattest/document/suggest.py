"""The nearest known word, for errors that teach."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that the writer most likely meant; None when nothing is close.

    >>> nearest("limt", ["limit", "within"])
    'limit'
    """
    words = list(known)
    folded = {known_word.casefold(): known_word for known_word in reversed(words)}
    exact = folded.get(word.casefold())
    if exact is not None:
        return exact
    from difflib import get_close_matches  # noqa: PLC0415 - only mistakes need it

    matches = get_close_matches(word[:100].casefold(), folded, n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str], *, list_up_to: int = 12) -> str:
    """End of a sentence: the nearest word, or the whole choice when it is short, or nothing.

    >>> did_you_mean("limt", ["limit", "within"])
    "; did you mean 'limit'?"
    >>> did_you_mean("zzz", ["limit", "within"])
    "; known: 'limit', 'within'"
    """
    words = list(known)
    suggestion = nearest(word, words)
    if suggestion is not None:
        return f"; did you mean '{suggestion}'?"
    if 0 < len(words) <= list_up_to:
        return "; known: " + ", ".join(f"'{known_word}'" for known_word in words)
    return ""


def shown(text: str, *, longest: int = 60) -> str:
    """Text in quotes, cut when long, so that a sentence stays a sentence whatever the document holds."""
    cut = text if len(text) <= longest else text[: longest - 3] + "..."
    return (
        "'" + "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in cut) + "'"
    )
