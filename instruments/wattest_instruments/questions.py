"""What a person at the bench is asked, in English and French, and how the typed answer is understood.

A question that is not understood is asked again with a hint; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Generic, Literal, TypeVar

from wattest.document.quantity import (
    CURRENT,
    ENERGY,
    POWER,
    TEMPERATURE,
    VOLTAGE,
    Dimension,
    parse_exact,
)

Language = Literal["en", "fr"]
T = TypeVar("T")


class _NotUnderstood:
    def __repr__(self) -> str:
        return "NOT_UNDERSTOOD"


NOT_UNDERSTOOD: Final = _NotUnderstood()


@dataclass(frozen=True)
class Refusal:
    """The person says that it cannot be done; ``reason`` is as typed, empty when none was given."""

    reason: str


@dataclass(frozen=True)
class Question(Generic[T]):
    """A question with the hint shown behind it, and ``read``, which gives the answer or ``NOT_UNDERSTOOD``."""

    text: str
    hint: str
    read: Callable[[str], T | _NotUnderstood]


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

TASKS: Mapping[tuple[str, str], Mapping[Language, str]] = {
    ("vehicle", "plug_in"): {
        "en": "Take the cable and plug it into the car.",
        "fr": "Prenez le câble et branchez-le à la voiture.",
    },
    ("vehicle", "unplug"): {
        "en": "Pull the plug out of the car and keep it in your hand.",
        "fr": "Débranchez la voiture et gardez la fiche en main.",
    },
    ("vehicle", "holster"): {
        "en": "Put the plug back into its holster on the station.",
        "fr": "Remettez la fiche dans son support sur la borne.",
    },
    ("vehicle", "set_ready"): {
        "en": "Set the car so that it {ready:true=asks for energy (pilot state C),false=takes no energy (state B)}.",
        "fr": "Réglez la voiture pour qu'elle {ready:true=demande de l'énergie (état C),"
        "false=ne prenne pas d'énergie (état B)}.",
    },
    ("vehicle", "set_current"): {
        "en": "Set the car or the load to take at most {current_a} A per phase.",
        "fr": "Réglez la voiture ou la charge à {current_a} A au plus par phase.",
    },
    ("vehicle", "make_safe"): {
        "en": "Make sure that the car takes no energy.",
        "fr": "Assurez-vous que la voiture ne prend pas d'énergie.",
    },
    ("card_reader", "present"): {
        "en": "Hold {card} to the reader for two seconds, then take it away.",
        "fr": "Présentez {card} au lecteur pendant deux secondes, puis retirez-la.",
    },
    ("mains", "set_power"): {
        "en": "Switch the supply of the station {on:true=ON,false=OFF}.",
        "fr": "{on:true=Mettez la borne sous tension,false=Coupez l'alimentation de la borne}.",
    },
    ("mains", "make_safe"): {
        "en": "Switch the supply of the station OFF and see that it is dead.",
        "fr": "Coupez l'alimentation de la borne et vérifiez qu'elle est hors tension.",
    },
    ("lock_sensor", "jam"): {
        "en": "{jammed:true=Block,false=Free} the {which} lock mechanically.",
        "fr": "{jammed:true=Bloquez,false=Libérez} mécaniquement le verrou "
        "{which:holster=du support,connector=de la fiche}.",
    },
    ("chamber", "set_temperature"): {
        "en": "Set the chamber to {temperature_c} degC, at {ramp_k_per_min} K/min.",
        "fr": "Réglez la chambre à {temperature_c} degC, à {ramp_k_per_min} K/min.",
    },
    ("chamber", "make_safe"): {
        "en": "Put the chamber into standby.",
        "fr": "Mettez la chambre en attente.",
    },
    ("network", "cut"): {
        "en": "Cut the network of the station.",
        "fr": "Coupez le réseau de la borne.",
    },
    ("network", "restore"): {
        "en": "Restore the network of the station.",
        "fr": "Rétablissez le réseau de la borne.",
    },
    ("reference_meter", "start_integration"): {
        "en": "Reset the energy counter of the meter and start it.",
        "fr": "Remettez à zéro le compteur d'énergie du wattmètre et démarrez-le.",
    },
    ("reference_meter", "stop_integration"): {
        "en": "Stop the energy counter of the meter.",
        "fr": "Arrêtez le compteur d'énergie du wattmètre.",
    },
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

_QUANTITIES: Mapping[str, tuple[Dimension, int, Mapping[Language, str]]] = {
    "voltage": (VOLTAGE, 1_500, {"en": "Voltage on the meter", "fr": "Tension au wattmètre"}),
    "current": (CURRENT, 1_000, {"en": "Current on the meter", "fr": "Courant au wattmètre"}),
    "power": (POWER, 1_000_000, {"en": "Power on the meter", "fr": "Puissance au wattmètre"}),
    "energy": (ENERGY, 10**12, {"en": "Energy on the meter", "fr": "Énergie au wattmètre"}),
    "temperature": (
        TEMPERATURE,
        200,
        {"en": "Air temperature in the chamber", "fr": "Température de la chambre"},
    ),
}
"""Dimension, the highest value that is no slip of the finger, and what the question calls it."""


def task(text: str, language: Language) -> Question[bool | Refusal]:
    """Something to be done; True when it was."""
    hint = {
        "en": "type 'done', or 'no' and what is wrong",
        "fr": "tapez « fait », ou « non » et ce qui ne va pas",
    }[language]

    def read(typed: str) -> bool | Refusal | _NotUnderstood:
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

    def read(typed: str) -> str | _NotUnderstood:
        if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(options):
            return options[int(typed) - 1]
        told = typed.casefold()
        for option, word in zip(options, spoken, strict=True):
            if told in {option.casefold(), word.casefold()}:
                return option
        begun = {o for o, w in zip(options, spoken, strict=True) if told and w.casefold().startswith(told)}
        return begun.pop() if len(begun) == 1 else NOT_UNDERSTOOD

    return Question(text, hint, read)


def number(quantity: str, language: Language) -> Question[Decimal]:
    """A number read by eye, in the unit of the quantity or with its own; a comma is a point."""
    dimension, most, names = _QUANTITIES[quantity]
    unit = dimension.unit
    other = next((one for one in dimension.units if one not in {unit, "°C"}), unit)
    hint = {"en": f"in {unit}, or with its unit", "fr": f"en {unit}, ou avec son unité"}[language]
    example = f"{hint}: 12.5 {other}"

    def read(typed: str) -> Decimal | _NotUnderstood:
        digits = typed.replace(",", ".")
        if re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,9})?", digits):
            digits = f"{digits} {unit}"
        try:
            value = parse_exact(digits, dimension)
        except ValueError:
            return NOT_UNDERSTOOD
        return value if value <= most else NOT_UNDERSTOOD

    return Question(names[language], example, read)


def screen(language: Language) -> Question[tuple[str, ...]]:
    """The lines on the station's screen."""
    text = {"en": "What stands on the screen of the station?", "fr": "Qu'affiche l'écran de la borne ?"}
    hint = {"en": "lines separated by /, - when it is dark", "fr": "lignes séparées par /, - s'il est éteint"}

    def read(typed: str) -> tuple[str, ...] | _NotUnderstood:
        if typed == "-":
            return ()
        lines = tuple(line.strip() for line in typed.split("/") if line.strip())
        return lines or NOT_UNDERSTOOD

    return Question(text[language], hint[language], read)


def total(language: Language) -> Question[tuple[str | None, str | None]]:
    """The total on the screen: digits and currency, or neither."""
    text = {"en": "Which total is shown?", "fr": "Quel total est affiché ?"}
    hint = {
        "en": "such as 12.34 CAD, - when there is none",
        "fr": "par exemple 12,34 CAD, - s'il n'y en a pas",
    }

    def read(typed: str) -> tuple[str | None, str | None] | _NotUnderstood:
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


def anything(text: str) -> Question[str]:
    """Any text but none."""
    return Question(text, "", lambda typed: typed or NOT_UNDERSTOOD)


def understood(answer: Any) -> bool:
    """Whether a question's ``read`` made sense of what was typed."""
    return answer is not NOT_UNDERSTOOD
