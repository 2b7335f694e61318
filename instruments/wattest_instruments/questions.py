"""What a person at the bench is asked, in English and French, and how the typed answer is understood.

A question that is not understood is asked again with a hint; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, Generic, TypeVar

from wattest.document.quantity import parse_exact, split
from wattest_instruments.measured import Measured
from wattest_instruments.pictures import picture_problem
from wattest_instruments.statement_lines import movements_of
from wattest_instruments.tasks import Language

T = TypeVar("T")


@dataclass(frozen=True)
class NotUnderstood:
    """What was typed is no answer; ``why`` is told to the person where the hint does not say it."""

    why: str = ""


NOT_UNDERSTOOD: Final = NotUnderstood()


@dataclass(frozen=True)
class Refusal:
    """The person says that it cannot be done; ``reason`` is as typed, empty when none was given."""

    reason: str


@dataclass(frozen=True)
class Question(Generic[T]):
    """A question with the hint shown behind it, and ``read``, which gives the answer or ``NOT_UNDERSTOOD``."""

    text: str
    hint: str
    read: Callable[[str], T | NotUnderstood]


_DONE = {"done", "d", "ok", "yes", "y", "fait", "f", "oui", "o"}
_NO = re.compile(r"(?:no|non|n)\b[\s,:.-]*(?P<reason>.*)", re.IGNORECASE | re.DOTALL)
_YES_NO = {
    "yes": "true",
    "y": "true",
    "oui": "true",
    "o": "true",
    "no": "false",
    "n": "false",
    "non": "false",
}

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {},
    "fr": {
        "holstered": "dans le support",
        "in hand": "en main",
        "plugged in": "branchée",
        "unknown": "inconnu",
        "locked": "verrouillé",
        "unlocked": "déverrouillé",
    },
}


def task(text: str, language: Language) -> Question[bool | Refusal]:
    """Something to be done; True when it was."""
    hint = {
        "en": "type 'done', or 'no' and what is wrong",
        "fr": "tapez « fait », ou « non » et ce qui ne va pas",
    }[language]

    def read(typed: str) -> bool | Refusal | NotUnderstood:
        if typed.casefold() in _DONE:
            return True
        match = _NO.fullmatch(typed)
        return Refusal(match["reason"].strip()) if match else NOT_UNDERSTOOD

    return Question(text, hint, read)


def yes_no(text: str, language: Language) -> Question[str]:
    """``true`` or ``false``."""
    hint = {"en": "yes or no", "fr": "oui ou non"}[language]
    return Question(text, hint, lambda typed: _YES_NO.get(typed.casefold(), NOT_UNDERSTOOD))


def choice(text: str, options: tuple[str, ...], language: Language) -> Question[str]:
    """One of the options, by its number, its word, or an unmistakable beginning of it."""
    spoken = [_WORDS[language].get(option, option) for option in options]
    hint = ", ".join(f"{number} = {word}" for number, word in enumerate(spoken, 1))

    def read(typed: str) -> str | NotUnderstood:
        if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(options):
            return options[int(typed) - 1]
        told = typed.casefold()
        for option, word in zip(options, spoken, strict=True):
            if told in {option.casefold(), word.casefold()}:
                return option
        begun = {o for o, w in zip(options, spoken, strict=True) if told and w.casefold().startswith(told)}
        return begun.pop() if len(begun) == 1 else NOT_UNDERSTOOD

    return Question(text, hint, read)


def number(what: Measured, language: Language) -> Question[Decimal | None]:
    """A number read by eye, in the unit of the quantity or with its own; a comma is a point. None when there is none."""
    unit = what.dimension.unit
    hint = {"en": f"in {unit}, or with its unit", "fr": f"en {unit}, ou avec son unité"}[language]
    hint += f": {what.example}"
    if what.absent is not None:
        hint += f"; - {what.absent[language]}"

    def read(typed: str) -> Decimal | NotUnderstood | None:
        if typed == "-" and what.absent is not None:
            return None
        try:
            value = parse_exact(_with_unit(typed, unit), what.dimension)
        except ValueError:
            return NOT_UNDERSTOOD
        return value if what.least <= value <= what.most else NOT_UNDERSTOOD

    return Question(what.text[language], hint, read)


def by_eye(subject: str, unit: str, instrument: str | None, language: Language) -> Question[Decimal]:
    """A value in any unit that a scenario names, with or without the unit typed behind it."""
    text = {"en": f"Measure: {subject}, in {unit}", "fr": f"Mesurez : {subject}, en {unit}"}[language]
    if instrument is not None:
        text += {"en": f", with {instrument}", "fr": f", avec {instrument}"}[language]
    hint = {"en": f"a number in {unit}", "fr": f"un nombre en {unit}"}[language]

    def read(typed: str) -> Decimal | NotUnderstood:
        parts = split(_with_unit(typed, unit))
        return parts[0] if parts is not None and parts[1] == unit else NOT_UNDERSTOOD

    return Question(text, hint, read)


def which_instrument(language: Language) -> Question[str]:
    """The instrument with which something was measured by eye."""
    return anything(
        {
            "en": "With which instrument (model and serial number)?",
            "fr": "Avec quel instrument (modèle et numéro de série) ?",
        }[language]
    )


def picture(subject: str, language: Language) -> Question[Path | Refusal]:
    """The path of a picture that was taken; a file that is none is asked for again, with the reason."""
    text = {
        "en": f"Take a picture for '{subject}'. Where is the file?",
        "fr": f"Prenez une photo pour « {subject} ». Où est le fichier ?",
    }[language]
    hint = {
        "en": "path of a JPEG, PNG, HEIC or WebP file, - to refuse",
        "fr": "chemin d'un fichier JPEG, PNG, HEIC ou WebP, - pour refuser",
    }[language]

    def read(typed: str) -> Path | Refusal | NotUnderstood:
        if typed == "-":
            return Refusal("")
        if not typed:
            return NOT_UNDERSTOOD
        path = Path(typed.strip("'\"")).expanduser().absolute()  # terminals put quotes around a dropped file
        problem = picture_problem(path)
        return path if problem is None else NotUnderstood(problem)

    return Question(text, hint, read)


def alarms(language: Language) -> Question[tuple[str, ...]]:
    """The alarms that a controller shows."""
    text = {"en": "Which alarms does the chamber show?", "fr": "Quelles alarmes la chambre affiche-t-elle ?"}
    hint = {"en": "separated by /, - when there are none", "fr": "séparées par /, - s'il n'y en a pas"}
    return Question(text[language], hint[language], _parted)


def screen(language: Language) -> Question[tuple[str, ...]]:
    """The lines on the station's screen."""
    text = {"en": "What stands on the screen of the station?", "fr": "Qu'affiche l'écran de la borne ?"}
    hint = {"en": "lines separated by /, - when it is dark", "fr": "lignes séparées par /, - s'il est éteint"}

    return Question(text[language], hint[language], _parted)


def total(language: Language) -> Question[tuple[str | None, str | None]]:
    """The total on the screen: digits and currency, or neither."""
    text = {"en": "Which total is shown?", "fr": "Quel total est affiché ?"}
    hint = {
        "en": "such as 12.34 CAD, - when there is none",
        "fr": "par exemple 12,34 CAD, - s'il n'y en a pas",
    }

    def read(typed: str) -> tuple[str | None, str | None] | NotUnderstood:
        if typed == "-":
            return None, None
        match = re.fullmatch(
            r"\$?\s*(?P<digits>\d{1,9}(?:[.,]\d{1,4})?)\s*(?P<currency>\$|[A-Za-z]{3})?", typed
        )
        if match is None:
            return NOT_UNDERSTOOD
        currency = match["currency"]
        return match["digits"].replace(",", "."), None if currency in {None, "$"} else currency.upper()

    return Question(text[language], hint[language], read)


def alerts(language: Language) -> Question[int]:
    """How many alerts the operator of the station has been sent so far."""
    text = {
        "en": "How many alerts of faults of this station has its operator been sent so far (portal, mail, text message)?",
        "fr": "Combien d'alertes de pannes de cette borne son exploitant a-t-il reçues jusqu'ici (portail, courriel, texto) ?",
    }
    hint = {"en": "a number such as 0", "fr": "un nombre, par exemple 0"}

    def read(typed: str) -> int | NotUnderstood:
        return int(typed) if re.fullmatch(r"[0-9]{1,6}", typed) else NOT_UNDERSTOOD

    return Question(text[language], hint[language], read)


def statement(since: str, language: Language) -> Question[tuple[str, ...]]:
    """The movements that an acquirer's test portal shows, one per part, as ``statement_lines`` reads them."""
    text = {
        "en": f"Which movements does the acquirer's test portal show since {since}, oldest first?",
        "fr": f"Quels mouvements le portail d'essai de l'acquéreur montre-t-il depuis {since}, les plus anciens d'abord ?",
    }[language]
    hint = {
        "en": "such as authorised 50.00 CAD 1111 A17 / captured 12.34 CAD 1111 A17 (kind, amount, last four digits, "
        "reservation; kinds: authorised, refused, captured, released, refunded), - when there are none",
        "fr": "par exemple autorisé 50,00 CAD 1111 A17 / capturé 12,34 CAD 1111 A17 (genre, montant, quatre derniers "
        "chiffres, réservation; genres : autorisé, refusé, capturé, libéré, remboursé), - s'il n'y en a pas",
    }[language]

    def read(typed: str) -> tuple[str, ...] | NotUnderstood:
        parts = _parted(typed)
        if isinstance(parts, NotUnderstood):
            return parts
        wrong = movements_of(parts)
        return NotUnderstood(f"{wrong[0].upper()}{wrong[1:]}.") if isinstance(wrong, str) else parts

    return Question(text, hint, read)


def anything(text: str) -> Question[str]:
    """Any text but none."""
    return Question(text, "", lambda typed: typed or NOT_UNDERSTOOD)


def _with_unit(typed: str, unit: str) -> str:
    digits = typed.replace(",", ".").replace("\N{MINUS SIGN}", "-")
    return f"{digits} {unit}" if re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,9})?", digits) else digits


def _parted(typed: str) -> tuple[str, ...] | NotUnderstood:
    if typed == "-":
        return ()
    parts = tuple(part.strip() for part in typed.split("/") if part.strip())
    return parts or NOT_UNDERSTOOD
