"""A person goes through checklist and documents of one charger at the terminal; each answer is kept as soon as it is whole.

Every line read answers one question, so that a file on standard input does as well as a person. An empty line, or ``-``, leaves
an item out. Where Quebec asks for it, questions stand in French first and in English below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from wattest.document.suggest import nearest
from wattest.errors import BenchError, RecordError
from wattest.record.dossier import add
from wattest.record.evidence import store
from wattest.record.form import utc_text
from wattest.run.handed_in import HandedIn, handed_in

if TYPE_CHECKING:
    from wattest.model.evidence import Item, Paper

Tongue = Literal["fr", "en", "fr+en"]
"""French, English, or French first and English below."""

TRIES = 5
"""How often an answer that cannot be used is asked for again."""

STATES: Mapping[str, str] = {"yes": "oui", "no": "non", "not stated": "non indiqué"}
"""What can be said of a statement in a document, with its French."""


def in_tongue(tongue: Tongue, en: str, fr: str, between: str = "\n") -> str:
    """A sentence in one tongue, or in both with ``between`` between them."""
    return {"en": en, "fr": fr, "fr+en": f"{fr}{between}{en}"}[tongue]


class Ended(BenchError):
    """There are no more lines to read: what was answered before is kept."""


@dataclass
class Interview:
    """Asks through ``read`` (a prompt to a line, None when there are no more) and tells through ``say``.

    ``now`` is the wall clock: signatures carry its time. ``by`` is the name of the person who answers.
    """

    folder: Path
    tongue: Tongue
    by: str
    read: Callable[[str], str | None]
    say: Callable[[str], object]
    now: Callable[[], datetime]
    kept: list[str] = field(default_factory=list)
    """Ids of what was answered or handed in."""

    def text(self, en: str, fr: str) -> str:
        """A sentence in the tongue of this interview."""
        return in_tongue(self.tongue, en, fr)

    def words(self, en: str, fr: str) -> str:
        """The same on one line."""
        return in_tongue(self.tongue, en, fr, " / ")

    def item(self, item: Item, place: str) -> None:
        """Ask one question of the checklist, and keep what was answered with its pictures.

        Raises ``Ended`` when there are no more lines, ``BenchError`` when no answer can be used, ``RecordError`` when it cannot
        be kept.
        """
        self.say(
            f"\n[{place}] {item.id} ({', '.join(item.covers)})\n{self.text(item.question, item.question_fr)}"
        )
        value, spread, instrument, answer = None, None, "", ""
        if item.unit:
            value = self._number(self._ask_text(f"value in {item.unit}", f"valeur en {item.unit}"))
            if value is None:
                return
            spread = self._number(
                self._ask_text(
                    f"uncertainty, plus or minus, in {item.unit} at 95 % (empty: nobody knows)",
                    f"incertitude, plus ou moins, en {item.unit} à 95 % (vide : inconnue)",
                ),
                least=Decimal(0),
            )
            instrument = self._line(
                self._ask_text("instrument, with its number", "instrument, avec son numéro")
            )
        else:
            chosen = self._choice(item.answers)
            if chosen is None:
                return
            answer = chosen
        files = []
        if item.photo:
            files = self._files(self._ask_text("file of the picture", "fichier de la photo"), picture=True)
        self._keep(
            "answer",
            item.id,
            files,
            question=item.question,
            answer=answer,
            value=None if value is None else str(value),
            unit=item.unit,
            u=None if spread is None else str(spread / 2),
            instrument=instrument,
        )

    def paper(self, paper: Paper, place: str) -> None:
        """Ask for one document, and keep its file with what was read in it. Raises as ``item``."""
        self.say(
            f"\n[{place}] {paper.id} ({', '.join(paper.covers)})\n{self.text(paper.title, paper.title_fr)}"
        )
        files = self._files(
            self._ask_text("file of the document (empty: none)", "fichier du document (vide : aucun)"),
            picture=False,
        )
        if not files:
            return
        number = self._line(self._ask_text("its number", "son numéro"))
        issuer = self._line(self._ask_text("who issued it", "qui l'a délivré"))
        issued = self._date(self._ask_text("issued on (2026-11-27)", "délivré le (2026-11-27)"))
        expires = self._date(
            self._ask_text("in force until (empty: no date)", "valable jusqu'au (vide : sans date)")
        )
        statements = {}
        for statement in paper.statements:
            self.say(self.text(statement.text, statement.text_fr))
            statements[statement.id] = self._choice(STATES) or "not stated"
        self._keep(
            "paper",
            paper.id,
            files,
            statements=statements,
            number=number,
            issuer=issuer,
            issued=issued,
            expires=expires,
        )

    def _keep(self, kind: str, thing: str, files: list[HandedIn], **fields: Any) -> None:
        at = self.now()
        remarks = [remark for file in files for remark in [file.remark(at)] if kind == "answer" and remark]
        for remark in remarks:
            self.say(self.text(*remark))
        line = {
            "kind": kind,
            "thing": thing,
            **fields,
            "files": [
                {
                    **store(self.folder, file.name, file.content),
                    "taken": file.taken and file.taken.isoformat(),
                }
                for file in files
            ],
            "remarks": [english for english, _ in remarks],
            "by": self.by,
            "at": utc_text(at),
            "language": self.tongue,
        }
        add(self.folder, line)
        self.kept.append(thing)
        self.say(self.text("Kept.", "Conservé."))

    # ---- one line each ---------------------------------------------------------------------------------------

    def _ask_text(self, en: str, fr: str) -> str:
        return f"  {fr if self.tongue != 'en' else en}{' : ' if self.tongue != 'en' else ': '}"

    def _line(self, prompt: str) -> str:
        line = self.read(prompt)
        if line is None:
            raise Ended(
                self.text(
                    "There was nothing more to read, so the last question is not answered; what was answered before it is kept.",
                    "Il n'y avait plus rien à lire : la dernière question est sans réponse; ce qui la précède est conservé.",
                )
            )
        return "" if line.strip() == "-" else line.strip()

    def _again(self, prompt: str, understood: Callable[[str], Any]) -> Any:
        """What a line means; asked again when it means nothing."""
        for _ in range(TRIES):
            line = self._line(prompt)
            if not line:
                return None
            try:
                return understood(line)
            except ValueError as problem:
                self.say(f"  {problem}")
        raise BenchError(
            self.text(
                f"Nothing typed in {TRIES} tries could be used; what was answered before is kept.",
                f"Rien de ce qui a été tapé en {TRIES} essais ne peut servir; les réponses précédentes sont conservées.",
            )
        )

    def _choice(self, words: Mapping[str, str]) -> str | None:
        """A word by its number, itself, its French, or an unmistakable beginning of either; None to leave it out."""
        for number, (word, french) in enumerate(words.items(), 1):
            self.say(f"  {number} {self.words(word, french)}")

        def understood(line: str) -> str:
            if line.isascii() and line.isdigit() and 1 <= int(line) <= len(words):
                return tuple(words)[int(line) - 1]
            spoken = {
                **{word.casefold(): word for word in words},
                **{fr.casefold(): en for en, fr in words.items()},
            }
            if line.casefold() in spoken:
                return spoken[line.casefold()]
            begun = {word for said, word in spoken.items() if said.startswith(line.casefold())}
            if len(begun) == 1:
                return begun.pop()
            near = nearest(line, spoken)
            known = ", ".join(word if self.tongue == "en" else french for word, french in words.items())
            raise ValueError(
                self.words(f"'{line}' is none of {known}", f"« {line} » n'est pas parmi {known}")
                + (f" ({near}?)" if near else "")
            )

        answer: str | None = self._again(self._ask_text("answer", "réponse"), understood)
        return answer

    def _number(self, prompt: str, least: Decimal | None = None) -> Decimal | None:
        def understood(line: str) -> Decimal:
            try:
                number = Decimal(line.replace(",", ".").replace("\N{MINUS SIGN}", "-"))
            except InvalidOperation:
                number = Decimal("NaN")
            if not number.is_finite() or (least is not None and number < least):
                raise ValueError(
                    self.words(
                        f"'{line}' is no number that fits here",
                        f"« {line} » n'est pas un nombre qui convient",
                    )
                )
            return number

        found: Decimal | None = self._again(prompt, understood)
        return found

    def _date(self, prompt: str) -> str | None:
        def understood(line: str) -> str:
            try:
                return date.fromisoformat(line).isoformat()
            except ValueError:
                raise ValueError(
                    self.words(
                        f"'{line}' is no date such as 2026-11-27",
                        f"« {line} » n'est pas une date comme 2026-11-27",
                    )
                ) from None

        found: str | None = self._again(prompt, understood)
        return found

    def _files(self, prompt: str, *, picture: bool) -> list[HandedIn]:
        def understood(line: str) -> list[HandedIn]:
            found = handed_in(line, picture=picture)
            if isinstance(found, HandedIn):
                return [found]
            raise ValueError(in_tongue(self.tongue, *found, "\n  "))

        return self._again(prompt, understood) or []


def missing(
    items: Mapping[str, Item],
    papers: Mapping[str, Paper],
    answers: Mapping[str, Any],
    handed_in: Mapping[str, Any],
    on: date,
) -> tuple[list[str], list[str]]:
    """Ids of items and of papers that are not there, lack the picture asked for, or are too old or expired on a day."""
    return (
        [
            id_
            for id_, item in items.items()
            if id_ not in answers
            or _stale(answers[id_], item.valid_days, on)
            or (item.photo and not answers[id_]["files"])
        ],
        [
            id_
            for id_ in papers
            if id_ not in handed_in or _expired(handed_in[id_], papers[id_].max_age_days, on)
        ],
    )


def _stale(line: Mapping[str, Any], days: int, on: date) -> bool:
    return (on - date.fromisoformat(str(line["at"])[:10])).days > days


def _expired(line: Mapping[str, Any], max_age_days: int | None, on: date) -> bool:
    try:
        if line["expires"] and date.fromisoformat(str(line["expires"])) < on:
            return True
        issued = date.fromisoformat(str(line["issued"])) if line["issued"] else on
    except ValueError as problem:
        raise RecordError(
            f"The evidence of '{line['thing']}' holds a date that is none: {problem}."
        ) from problem
    return max_age_days is not None and (on - issued).days > max_age_days
