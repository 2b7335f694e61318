"""Numbers that a person reads off an instrument: how each is asked for, and which values are no slip of the finger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wattest.document.quantity import (
    CURRENT,
    DURATION,
    ENERGY,
    FREQUENCY,
    PERCENT,
    POWER,
    TEMPERATURE,
    VOLTAGE,
    Dimension,
)
from wattest.errors import BenchError
from wattest_instruments.tasks import Language

Texts = Mapping[Language, str]


@dataclass(frozen=True)
class Measured:
    """One number: its question, an example with another unit, and the span outside of which it is asked for again.

    ``absent`` says when ``-`` may be typed instead of a number.
    """

    text: Texts
    dimension: Dimension
    example: str
    most: int
    least: int = 0
    absent: Texts | None = None


_KINDS: Mapping[str, tuple[Texts, Dimension, str, int]] = {
    "voltage": ({"en": "Voltage", "fr": "Tension"}, VOLTAGE, "0.24 kV", 1_500),
    "current": ({"en": "Current", "fr": "Courant"}, CURRENT, "12500 mA", 1_000),
    "power": ({"en": "Power", "fr": "Puissance"}, POWER, "7.2 kW", 1_000_000),
    "energy": ({"en": "Energy", "fr": "Énergie"}, ENERGY, "12.5 kWh", 10**12),
    "frequency": ({"en": "Frequency", "fr": "Fréquence"}, FREQUENCY, "0.06 kHz", 1_000),
}
_PLACES: Mapping[str, Texts] = {
    "reference_meter": {"en": "on the meter", "fr": "au wattmètre"},
    "load": {"en": "at the load", "fr": "à la charge électronique"},
    "mains": {"en": "at the input of the station", "fr": "à l'entrée de la borne"},
}

ROLE_QUANTITIES: Mapping[str, tuple[str, ...]] = {
    "reference_meter": ("voltage", "current", "power", "energy"),
    "load": ("voltage", "current", "power"),
    "mains": ("voltage", "current", "power", "frequency"),
}
"""What the meter of a role can show."""

_SHOWN: Mapping[str, tuple[str, ...]] = {
    "reference_meter": ("energy",),
    "load": ("voltage", "current"),
    "mains": ("voltage",),
}
"""What it shows when the bench entry does not say."""

_SIGNED_VOLTAGE = replace(VOLTAGE, least=None)
_NO_SETPOINT: Texts = {"en": "when none is shown", "fr": "si aucune n'est affichée"}
_NOTHING_CAUGHT: Texts = {"en": "when nothing was caught", "fr": "si rien n'a été capté"}

PILOT_HIGH = Measured(
    {"en": "Upper plateau of the control pilot", "fr": "Palier supérieur du signal pilote"},
    _SIGNED_VOLTAGE,
    "8950 mV",
    most=15,
    least=-15,
)
PILOT_DUTY = Measured(
    {
        "en": "Duty cycle of the control pilot, 100 when it is steady",
        "fr": "Rapport cyclique du signal pilote, 100 s'il est continu",
    },
    PERCENT,
    "53.3 %",
    most=100,
)
PILOT_LOW = Measured(
    {"en": "Lower plateau of the control pilot", "fr": "Palier inférieur du signal pilote"},
    _SIGNED_VOLTAGE,
    "-12000 mV",
    most=15,
    least=-15,
)
PILOT_FREQUENCY = Measured(
    {"en": "Frequency of the control pilot", "fr": "Fréquence du signal pilote"},
    FREQUENCY,
    "1.001 kHz",
    most=100_000,
)
DELAY = Measured(
    {
        "en": "Time from the edge of the pilot to the output following it, between the cursors",
        "fr": "Temps entre le front du signal pilote et le changement de la sortie, entre les curseurs",
    },
    DURATION,
    "85 ms",
    most=3_600,
    absent=_NOTHING_CAUGHT,
)
STATE_OF_CHARGE = Measured(
    {"en": "State of charge that the car tells", "fr": "État de charge indiqué par la voiture"},
    PERCENT,
    "88 %",
    most=100,
)
CHAMBER_AIR = Measured(
    {"en": "Air temperature in the chamber", "fr": "Température de la chambre"},
    TEMPERATURE,
    "-29.5 degC",
    most=200,
    least=-273,
)
CHAMBER_HUMIDITY = Measured(
    {"en": "Relative humidity in the chamber", "fr": "Humidité relative dans la chambre"},
    PERCENT,
    "94.5 %",
    most=100,
)
CHAMBER_SETPOINT = Measured(
    {"en": "Set point of the chamber", "fr": "Consigne de la chambre"},
    TEMPERATURE,
    "-30 degC",
    most=200,
    least=-273,
    absent=_NO_SETPOINT,
)


def shown_quantities(role: str, quantities: tuple[str, ...] | None) -> tuple[str, ...]:
    """What a person can read on the meter of a role. Raises ``BenchError`` for what no such meter shows."""
    if quantities is None:
        return _SHOWN.get(role, ())
    possible = ROLE_QUANTITIES.get(role, ())
    for quantity in quantities:
        if quantity not in possible:
            raise BenchError(
                f"{role} (by_hand) is to show '{quantity}' under 'quantities'; "
                f"a {role} can show {', '.join(possible) or 'none'}."
            )
    return quantities


def on_the_meter(role: str, quantity: str) -> Measured:
    """A quantity of ``ROLE_QUANTITIES`` on the meter of a role."""
    text, dimension, example, most = _KINDS[quantity]
    place = _PLACES[role]
    return Measured(
        {language: f"{text[language]} {place[language]}" for language in ("en", "fr")},
        dimension,
        example,
        most,
    )


def temperature_at(place: str) -> Measured:
    """The temperature that a thermometer shows at a place of the bench file."""
    return Measured(
        {"en": f"Temperature: {place}", "fr": f"Température : {place}"},
        TEMPERATURE,
        "23.5 degC",
        most=500,
        least=-273,
    )
