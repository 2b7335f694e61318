"""From what a doer answered to what a role returns: numbers with their uncertainty, words out of a list."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from wattest.errors import RigError
from wattest.roles import Component, PilotReading, ReadBack, Reading, Surroundings
from wattest_instruments.actions import Answer, Doer
from wattest_instruments.answers import as_decimal
from wattest_instruments.calibration import Calibration
from wattest_instruments.calibration import Quantity as Calibrates
from wattest_instruments.placeholders import spelled
from wattest_instruments.readings import Accuracy, ByEye, Resolution, energy_components, reading, uncertainty

EnergyCounts = Literal["since start", "register"]
"""What the energy that is read counts from: ``start_integration``, or the day the meter was made."""

_QUANTITY_OF = {"high": "voltage", "low": "voltage", "rise": "time", "fall": "time", "delay": "time"}
"""Fields that are not named after their quantity."""

_CERTIFIED: Mapping[str, Calibrates] = {
    "voltage": "voltage",
    "current": "current",
    "power": "power",
    "energy": "power",
    "temperature": "temperature",
}
"""Which row of a calibration file a quantity stands in."""


@dataclass(frozen=True)
class Gauge:
    """How well the doer reads, as its bench entry states it."""

    around: Surroundings
    accuracy: Accuracy = field(default_factory=Accuracy)
    resolution: Resolution = field(default_factory=Resolution)
    energy: EnergyCounts = "since start"
    patience_s: float = 5.0
    """How long ``make_safe`` may take: a person walks, a request may take its time-out."""
    by_eye: Mapping[str, ByEye] = field(default_factory=dict)
    """Instruments without a link, by the unit that they show."""
    calibration: Calibration | None = None
    """Of the meter, where the bench entry names it: its days flag readings, its certificate adds to what is unknown."""

    def u(self, quantity: str, value: float, *, readings: int = 1) -> float | None:
        """Standard uncertainty of what was read: accuracy and resolution of the bench entry, and the certificate."""
        own = uncertainty(quantity, value, self.accuracy, self.resolution, readings=readings)
        return None if own is None else math.hypot(own, self._certificate(quantity, value))

    def energy_budget(self, energy_wh: float) -> tuple[Component, ...]:
        """The same for an energy, part by part."""
        parts = energy_components(energy_wh, self.accuracy, self.resolution)
        if not parts or self.calibration is None:
            return parts
        certificate = self._certificate("energy", energy_wh)
        return (*parts, Component("reference meter certificate", certificate, common=True))

    def _certificate(self, quantity: str, value: float) -> float:
        if self.calibration is None:
            return 0.0
        known = _CERTIFIED.get(quantity)
        return 0.0 if known is None else self.calibration.certificate_u(known, value)

    def flags(self) -> frozenset[str]:
        """Words for readings taken today; none where no calibration is named: who measures by accuracy alone says so."""
        return (
            frozenset()
            if self.calibration is None
            else self.calibration.flags(self.around.clock.utc().date())
        )

    def uncertainty_in(self, unit: str, value: float) -> float | None:
        """Standard uncertainty of a value read by eye; None when the bench entry does not state the instrument."""
        instrument = self.by_eye.get(unit)
        return None if instrument is None else instrument.uncertainty(unit, value)

    def now(self) -> float:
        """Monotonic seconds of the bench."""
        return self.around.clock.monotonic()


def gauged(gauge: Gauge, name: str, answer: Answer, *, t_s: float | None = None) -> Reading:
    """The reading in one field of an answer; flagged ``no data`` when it holds no number."""
    told = answer.fields.get(name)
    number = as_decimal(told)
    quantity = _QUANTITY_OF.get(name, name)
    u = None if number is None else gauge.u(quantity, float(number))
    return reading(
        quantity,
        number,
        t_s=gauge.now() if t_s is None else t_s,
        seq=answer.seq,
        u=u,
        raw="" if told is None else spelled(told),
        flags=gauge.flags(),
        budget=gauge.energy_budget(float(number or 0)) if quantity == "energy" else (),
    )


def pilot_of(gauge: Gauge, answer: Answer) -> PilotReading:
    """The control pilot in an answer; what the doer did not tell is None."""

    def told(name: str) -> Reading | None:
        return gauged(gauge, name, answer) if answer.fields.get(name) is not None else None

    return PilotReading(
        high=gauged(gauge, "high", answer),
        duty=gauged(gauge, "duty", answer),
        low=told("low"),
        frequency=told("frequency"),
        rise=told("rise"),
        fall=told("fall"),
    )


def one_of(doer: Doer, name: str, answer: Answer, allowed: tuple[str, ...]) -> str:
    """The word in one field of an answer. Raises ``RigError`` when it is none of those allowed."""
    told = spelled(answer.fields[name]).strip()
    for word in allowed:
        if told.casefold() == word.casefold():
            return word
    raise RigError(
        f"{doer.where} answered '{told}' for '{name}', which must be one of {', '.join(allowed)}; "
        f"translate it under 'words' in the bench file."
    )


def yes(doer: Doer, name: str, answer: Answer) -> bool:
    """Whether a field says ``true``. Raises ``RigError`` when it says neither ``true`` nor ``false``."""
    return one_of(doer, name, answer, ("true", "false")) == "true"


def readable_back(part: Any, doer: Doer) -> None:
    """Give a part ``read_back`` (``wattest.roles.ReadsBack``) if its doer can be asked whether it is safe."""
    if "read_back" not in doer.supports:
        return

    async def read_back() -> ReadBack:
        answer = await doer.do("read_back")
        safe = yes(doer, "safe", answer)
        plain = f"{doer.where} says that it is {'safe' if safe else 'not safe'}"
        return ReadBack(safe, str(answer.fields.get("sentence") or plain), answer.seq)

    part.read_back = read_back


def calibrated(part: Any, gauge: Gauge) -> None:
    """Give a part the calibration that its bench entry names (``wattest.roles.Calibrated``)."""
    part.calibration = gauge.calibration


def telling_time(part: Any, doer: Doer) -> None:
    """Give a part ``utc`` (``wattest.roles.TellsTime``) if its doer has a clock."""
    if "clock" not in doer.supports:
        return

    async def utc() -> datetime:
        told = str((await doer.do("clock")).fields["utc"])
        try:
            time = datetime.fromisoformat(told)
        except ValueError:
            time = None
        if time is None or time.tzinfo is None:
            raise RigError(
                f"{doer.where} answered '{told}' for 'utc', which is no time with its zone, such as 2026-01-15T12:00:00Z."
            )
        return time

    part.utc = utc
