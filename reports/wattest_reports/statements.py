"""What every report says in the same words: the charger's name, the conclusion, and what must stand beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wattest_reports.entries import text
from wattest_reports.view import SYMBOLS, Report
from wattest_reports.words import Words


def sign(verdict: str) -> str:
    """The sign of a verdict or of a step's outcome."""
    same = {"done": "pass", "failed": "fail", "aborted": "error"}
    return SYMBOLS.get(same.get(verdict, verdict), "\u2022")


def charger_name(charger: Mapping[str, Any], words: Words) -> str:
    """Maker and model, as the charger sheet states them."""
    return " ".join(part for name in ("maker", "model") if (part := text(charger.get(name)))) or words(
        "nameless"
    )


def no_relay() -> str:
    """What a live bench without a dead-man relay must be said to lack, in both languages, for reports that have one text."""
    return " / ".join(f"{words('no relay')}. {words('no relay.say')}" for words in (Words("en"), Words("fr")))


def conclusion(shown: Report, words: Words) -> str:
    """The one sentence that a hurried reader takes along; it claims no more than was tested."""
    counts = shown.counts
    bad = counts.get(shown.verdict, 0)
    total = sum(counts.get(one, 0) for one in ("pass", "fail", "inconclusive", "error"))
    key = f"said.{shown.verdict}"
    single = (shown.verdict == "fail" and bad == 1) or (shown.verdict == "pass" and total == 1)
    return words(f"{key}.one" if single else key, n=bad, m=total)


def beside(shown: Report, words: Words) -> Iterator[str]:
    """What must be said beside the conclusion: what only screens, what was tested in part or not at all."""
    undecided = shown.counts.get("inconclusive", 0) + shown.counts.get("error", 0)
    if shown.verdict == "fail" and undecided:
        yield words("also undecided", n=undecided)
    if shown.screening:
        yield words("also screening", n=shown.screening)
    if shown.partly:
        yield words("also partly", n=shown.partly)
    untested = shown.counts.get("not tested", 0)
    if untested:
        yield words("also untested.one" if untested == 1 else "also untested", n=untested)


def level_sentences(shown: Report, words: Words) -> Iterator[str]:
    """Which level is reached, and whether it certifies; nothing when the record states no levels."""
    if not shown.levels:
        return
    french = words.language == "fr"
    level = shown.level(shown.reached) if shown.whole else None
    if level is None:
        yield words("level.none")
    else:
        names = [one.id for one in shown.levels]
        below = shown.levels[: names.index(level.id) + 1]
        by_screening = max(one.screened for one in below)
        key = "level.screened" if by_screening else "level.reached"
        yield words(key, level=level.title_fr if french else level.title, n=by_screening)
    aimed = shown.level(shown.aimed)
    if aimed is not None and aimed.held:
        yield words(
            "level.aimed", level=aimed.title_fr if french else aimed.title, n=aimed.held, m=aimed.required
        )
