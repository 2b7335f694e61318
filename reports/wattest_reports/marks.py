"""Small pieces of the HTML page that stand in it thousands of times; every text in them is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from wattest.model.citation import source_in_french
from wattest_reports import notation
from wattest_reports.reasons import reason_in_french
from wattest_reports.statements import sign
from wattest_reports.view import Measured, Served
from wattest_reports.words import Words

_TONES = {
    "pass": "pass",
    "done": "pass",
    "fail": "fail",
    "failed": "fail",
    "inconclusive": "inconclusive",
    "error": "error",
    "aborted": "error",
}


def tone(verdict: str) -> str:
    """The style class of a verdict or of a step's outcome."""
    return _TONES.get(verdict, "none")


@dataclass(frozen=True)
class Marks:
    """Pieces in one language; ``french`` is that of the report."""

    words: Words
    french: Mapping[str, str] = field(default_factory=dict)

    def badge(self, verdict: str, href: str = "") -> Markup:
        """A verdict as sign, word and colour; with ``href`` it leads to where it comes from."""
        inner = (
            f'<span class="sign" aria-hidden="true">{sign(verdict)}</span> '
            f"{escape(self.words.known(verdict, verdict))}"
        )
        kind = f"v {tone(verdict)}"
        if href:
            return Markup(f'<a class="{kind}" href="#{escape(href)}">{inner}</a>')  # noqa: S704 - escaped
        return Markup(f'<span class="{kind}">{inner}</span>')  # noqa: S704 - escaped

    def chip(self, one: Served, href: str) -> Markup:
        """A requirement by its id, coloured and signed by its verdict, leading to where that is told."""
        verdict = self.words.known(one.verdict, one.verdict)
        mark = "~" if one.screening else sign(one.verdict)
        said = f"{verdict}, {self.words('screening')}" if one.screening else verdict
        french = self.words.language == "fr"
        name = one.text_fr if french else one.text
        criterion = one.criterion_fr if french else one.criterion
        told = f"{said}{self.words.colon} {name}{f' ({criterion})' if criterion else ''}"
        return Markup(  # noqa: S704 - escaped
            f'<a class="v chip {"inconclusive" if one.screening else tone(one.verdict)}" href="#{escape(href)}" title="{escape(told)}">'
            f'<span class="sign" aria-hidden="true">{mark}</span>{escape(one.id)}'
            f'<span class="hear"> {escape(said)}</span></a>'
        )

    def quoted(self, sentence: str) -> Markup:
        """A sentence of the record; its language is told where the page is in another."""
        language = "" if self.words.language == "en" else ' lang="en"'
        return Markup(f'<span class="sentence"{language}>{escape(sentence)}</span>')  # noqa: S704 - escaped

    def ids(self, names: Sequence[str]) -> Markup:
        """Ids of requirements, none broken at its hyphen."""
        return Markup(", ").join(Markup('<span class="id">{}</span>').format(name) for name in names)

    def label(self, family: str, name: str) -> Markup:
        """A name that the record carries, in the language of the page; quoted where we do not know it."""
        known = self.words.label(family, name)
        return self.quoted(name) if known is None else escape(known)

    def reason(self, sentence: str) -> Markup:
        """Why something is missing, in the language of the page where it is Wattest's own to say; else quoted."""
        french = reason_in_french(sentence, self.french) if self.words.language == "fr" else ""
        return Markup(f'<span class="sentence">{escape(french)}</span>') if french else self.quoted(sentence)  # noqa: S704 - escaped

    def source(self, source: str) -> Markup:
        """Standard and clause, as they are cited."""
        return escape(source_in_french(source) if self.words.language == "fr" else source)

    def entries(self, seqs: Sequence[int], most: int = 6) -> str:
        """``entries 12, 20-24``."""
        if not seqs:
            return ""
        return self.words("entry.one" if len(seqs) == 1 else "entry.many", list=notation.ranges(seqs, most))

    def origin(self, provenance: str) -> Markup:
        """How far a limit or requirement can be trusted, in one word."""
        if not provenance:
            return Markup()
        word = self.words.known(f"from.{provenance}", provenance)
        return Markup(f'<span class="soft">({escape(word)})</span>')  # noqa: S704 - escaped

    def bound(self, figure: Measured) -> Markup:
        """``at most 16 A`` with the source of the limit."""
        words, language = self.words, self.words.language
        if figure.bound == "between":
            low, high = (notation.plain(value, language) for value in figure.limit)
            text = words("bound.span", low=low, high=notation.with_unit(high, figure.limit_unit, language))
        else:
            text = notation.with_unit(notation.plain(figure.limit, language), figure.limit_unit, language)
        space = "" if figure.bound == "plus or minus" else "\u00a0"
        shown = f"{words('bound.' + figure.bound)}{space}{text}"
        if not figure.source:
            return escape(shown)
        source = f'<span class="sub">{self.source(figure.source)} {self.origin(figure.provenance)}</span>'
        return Markup(escape(shown) + Markup(source))  # noqa: S704 - escaped
