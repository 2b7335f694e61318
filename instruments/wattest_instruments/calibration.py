"""Calibration files: what a certificate and a data sheet say about one instrument, by serial number.

::

    serial: C2TW01804
    model: WT1804E
    certificate: 2025-1234
    laboratory: A laboratory, accredited as ...
    calibrated: 2025-12-01
    due: 2026-12-01
    timebase: 0.02 %
    specification:
      power: {reading: 0.05 %, range: 0.05 %, certificate: 0.02 %, k: 2, source: "data sheet, 1 year, 45 to 66 Hz"}

      temperature: {error: 1.0 K, certificate: 0.3 K, k: 2, source: "type K, class 1, with its logger"}

``reading``, ``range`` and ``error`` are limits of error, taken as rectangular (divided by the square root of three);
``certificate`` is the expanded uncertainty of the calibration, divided by its ``k``.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from wattest.document.decode import Decoder
from wattest.document.quantity import Percent, TemperatureDifference
from wattest.document.reader import read
from wattest.document.signature import Made
from wattest.errors import DocumentError, InstrumentError, Place, Problem
from wattest.model.library import library_folder
from wattest.roles import Component

Quantity = Literal["voltage", "current", "power", "temperature"]

EXPIRED = "calibration expired"
EARLY = "calibration not yet valid"


@dataclass(frozen=True)
class Specification:
    """Limits of error of one quantity in percent: of the reading, of the range, and the certificate's U.

    ``error`` and ``certificate`` are the same in the quantity's own unit: a thermometer has no percent.
    """

    reading_pct: float
    range_pct: float
    certificate_pct: float
    k: float
    source: str
    error: float = 0.0
    certificate: float = 0.0

    def u(self, value: float, range_: float) -> float:
        """Standard uncertainty (k = 1) of a value on a range, in the unit of both."""
        limit = (self.reading_pct * abs(value) + self.range_pct * range_) / 100.0 + self.error
        certificate = self.certificate_pct / 100.0 * abs(value) + self.certificate
        return math.hypot(limit / math.sqrt(3.0), certificate / self.k)


@dataclass(frozen=True)
class Calibration:
    """What is known of one instrument. Valid from ``calibrated`` to ``due``, both days included."""

    serial: str
    model: str
    certificate: str
    laboratory: str
    calibrated: date
    due: date
    timebase_pct: float
    specification: Mapping[str, Specification]

    def flags(self, today: date) -> frozenset[str]:
        """Words for readings taken today: none while the calibration is valid."""
        if today > self.due:
            return frozenset({EXPIRED})
        return frozenset({EARLY}) if today < self.calibrated else frozenset()

    def u(self, quantity: Quantity, value: float, range_: float) -> float | None:
        """Standard uncertainty of a value; None when the file says nothing of the quantity."""
        row = self.specification.get(quantity)
        return None if row is None else row.u(value, range_)

    def certificate_u(self, quantity: Quantity, value: float) -> float:
        """What the calibration itself left unknown: standard uncertainty, in the unit of the value; 0 when not stated."""
        row = self.specification.get(quantity)
        return 0.0 if row is None else (row.certificate_pct / 100.0 * abs(value) + row.certificate) / row.k

    def u_energy_wh(
        self, energy_wh: float, range_w: float, elapsed_s: float, digit_wh: float
    ) -> float | None:
        """Standard uncertainty of an energy integral in Wh; None when nothing is said of power.

        The error limit of power, integrated: percent of the energy, and percent of the power range over the
        whole time, whether current flowed or not. Then the time base, and half a digit of the display.
        """
        parts = self.energy_budget(energy_wh, range_w, elapsed_s, digit_wh)
        divisors = {"standard": 1.0, "rectangular": math.sqrt(3.0)}
        return math.hypot(*(part.value / divisors[part.distribution] for part in parts)) if parts else None

    def energy_budget(
        self, energy_wh: float, range_w: float, elapsed_s: float, digit_wh: float
    ) -> tuple[Component, ...]:
        """The same part by part, for ``Reading.budget``: specification, certificate, time base, resolution.

        All but the resolution are one error that grows with the integral, so that of a difference only the growth
        counts. Empty when nothing is said of power.
        """
        row = self.specification.get("power")
        if row is None:
            return ()
        limit = row.reading_pct * abs(energy_wh) + row.range_pct * range_w * elapsed_s / 3600.0
        return (
            Component("reference meter specification", limit / 100.0, "rectangular", common=True),
            Component(
                "reference meter certificate",
                row.certificate_pct / 100.0 * abs(energy_wh) / row.k,
                common=True,
            ),
            Component(
                "reference meter time base",
                self.timebase_pct / 100.0 * abs(energy_wh),
                "rectangular",
                common=True,
            ),
            Component("reference meter resolution", digit_wh / 2.0, "rectangular"),
        )

    def check_serial(self, serial: str, model: str, place: str) -> None:
        """Raise ``InstrumentError`` unless this calibration belongs to the instrument that answered."""
        if serial != self.serial:
            raise InstrumentError(
                f"{model} at {place} has the serial number {serial}, but its calibration file is for {self.serial} "
                f"(certificate {self.certificate}): connect that instrument, or name the file of this one."
            )


def _specification(
    *, reading: Percent, range_: Percent, certificate: Percent = 0.0, k: float = 2.0, source: str = ""
) -> Specification:
    """Limits of error of one quantity.

    Args:
        reading: of the measured value
        range_: of the measuring range
        certificate: expanded uncertainty of the calibration, of the measured value
        k: coverage factor of the certificate
        source: where the limits stand
    """
    for name, value in (("reading", reading), ("range", range_), ("certificate", certificate)):
        if value < 0:
            raise ValueError(f"{name} is {value:g} %; a limit of error is not negative")
    if k <= 0:
        raise ValueError(f"k is {k:g}; a coverage factor is positive, usually 2")
    return Specification(reading, range_, certificate, k, source)


def _temperature(
    *,
    error: TemperatureDifference,
    certificate: TemperatureDifference = 0.0,
    k: float = 2.0,
    source: str = "",
) -> Specification:
    """Limits of error of a thermometer.

    Args:
        error: limit of error of sensor and instrument together
        certificate: expanded uncertainty of the calibration
        k: coverage factor of the certificate
        source: where the limits stand
    """
    for name, value in (("error", error), ("certificate", certificate)):
        if value < 0:
            raise ValueError(f"{name} is {value:g} K; a limit of error is not negative")
    if k <= 0:
        raise ValueError(f"k is {k:g}; a coverage factor is positive, usually 2")
    return Specification(0.0, 0.0, 0.0, k, source, error, certificate)


Row = Annotated[Specification, Made(_specification)]
TemperatureRow = Annotated[Specification, Made(_temperature)]


def _rows(
    *,
    voltage: Row | None = None,
    current: Row | None = None,
    power: Row | None = None,
    temperature: TemperatureRow | None = None,
) -> dict[str, Specification]:
    """What the data sheet limits; energy follows from power."""
    rows = {"voltage": voltage, "current": current, "power": power, "temperature": temperature}
    return {name: row for name, row in rows.items() if row is not None}


def _calibration(
    *,
    serial: str,
    model: str,
    certificate: str,
    laboratory: str,
    calibrated: date,
    due: date,
    timebase: Percent = 0.0,
    specification: Annotated[Mapping[str, Specification], Made(_rows)],
) -> Calibration:
    """One instrument's calibration.

    Args:
        serial: as the instrument states it in answer to *IDN?
        model: as the instrument states it
        certificate: number of the certificate
        laboratory: who calibrated, with accreditation
        calibrated: first day of validity
        due: last day of validity
        timebase: limit of error of the integrator's clock
        specification: limits of error by quantity
    """
    if due < calibrated:
        raise ValueError(f"due {due} is before calibrated {calibrated}")
    return Calibration(
        serial,
        model,
        certificate,
        laboratory,
        calibrated,
        due,
        timebase,
        MappingProxyType(dict(specification)),
    )


def read_calibration(path: str | os.PathLike[str]) -> Calibration:
    """Read a calibration file. Raises ``DocumentError`` with every mistake and its place."""
    document = read(path)
    value = Decoder(document.problems).make(document.root, Made(_calibration))
    document.problems.stop_if_any()
    assert isinstance(value, Calibration)
    return value


def find_calibration(name: str, folder: str) -> Path:
    """Where a calibration named in a bench file lies: beside that file, or among the fixtures of Wattest.

    Raises ``DocumentError`` when it lies in neither place.
    """
    beside, shipped = Path(folder) / name, library_folder("fixtures") / "calibration"
    for path in (beside, shipped / name):
        if path.exists():
            return path
    sentence = (
        f"there is no such calibration file, nor one called '{name}' among the fixtures; write it from the certificate, as "
        "fixtures/calibration/example_wt1804e.yaml shows, or leave 'calibration' out: then readings decide nothing"
    )
    raise DocumentError((Problem(Place(str(beside), 1, 1), sentence),))


def calibration_of(name: str | None, folder: str) -> Calibration | None:
    """The calibration that a bench entry names, None when it names none. Raises ``DocumentError``, as its two steps do."""
    return None if name is None else read_calibration(find_calibration(name, folder))
