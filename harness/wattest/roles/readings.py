"""What the parts of a bench return: readings with unit, time, uncertainty and proof, all frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LockPosition = Literal["locked", "unlocked", "unknown"]
Whereabouts = Literal["holstered", "in hand", "plugged in", "unknown"]
PilotFault = Literal["diode", "pe", "short"]
"""Diode shorted, protective earth open, pilot shorted to earth (state E)."""
VehicleFault = Literal["diode", "pe", "short", "heedless", "weld"]
"""Those of the pilot; a vehicle that goes on asking and drawing as it was told, whatever the pilot says; a contactor that looks
welded, by voltage put on the output from behind it or by its contacts held closed."""
PilotResistor = Literal["B", "C"]
"""What a vehicle has between pilot and earth in state B, and what its switch puts beside that in state C (R2 and R3)."""
PilotEvent = Literal["close", "open"]
"""State C begins and the output becomes live; state C ends and the output becomes dead."""

Distribution = Literal["standard", "rectangular", "triangular", "arcsine"]
"""What a half-width is spread like; ``standard`` is a standard uncertainty already (JCGM 100, 4.3)."""


@dataclass(frozen=True)
class Component:
    """One named part of a reading's uncertainty, in the reading's unit (JCGM 100, 5.1).

    ``value`` is a half-width, or the standard uncertainty itself where the distribution is ``standard``. ``common`` says
    that one and the same error stands behind all readings of one integration, and grows with the integral: of the
    difference of two readings only the difference of its values is left (JCGM 100, F.1.2.3). Any other component is
    a new error at each reading, so a difference has it twice.
    """

    name: str
    value: float
    distribution: Distribution = "standard"
    common: bool = False


@dataclass(frozen=True)
class Reading:
    """One measured value and where it came from.

    ``value`` is in ``unit`` (SI, or Wh for energy). ``u`` is the standard uncertainty (k = 1) in the same
    unit, ``None`` when nobody knows it. ``t_s`` is the bench's monotonic time. ``seq`` names the record
    entries that prove it; ``flags`` holds words such as ``over-range``, ``no data``, ``calibration expired``:
    a flagged reading never supports a pass. ``raw`` keeps the instrument's own digits.
    """

    value: float
    unit: str
    t_s: float
    u: float | None = None
    seq: tuple[int, ...] = ()
    flags: frozenset[str] = frozenset()
    raw: str = ""
    index: int | None = None
    """Position of ``raw`` among the comma-separated values of the answer that ``seq`` names."""
    budget: tuple[Component, ...] = ()
    """The parts of ``u``, where the driver can tell them apart; an energy needs them for a budget line by line."""


@dataclass(frozen=True)
class PowerReading:
    """A coherent set, read in one query, so that the values belong to the same instant."""

    voltage: Reading
    current: Reading
    power: Reading
    energy: Reading
    """Wh since ``start_integration``."""
    elapsed: Reading
    """Seconds since ``start_integration``, by the instrument's own clock."""


@dataclass(frozen=True)
class SupplyReading:
    """What a source or a meter at the station's input sees, in one query; rms values of phase 1, power of all phases."""

    voltage: Reading
    current: Reading
    power: Reading
    frequency: Reading


@dataclass(frozen=True)
class LoadReading:
    """What an electronic load sees at its own terminals, in one query."""

    voltage: Reading
    current: Reading
    power: Reading


@dataclass(frozen=True)
class SupplyStep:
    """One stretch of a supply profile: so long at this rms phase voltage and frequency. 0 V is an interruption."""

    duration_s: float
    voltage_v: float
    frequency_hz: float = 60.0


@dataclass(frozen=True)
class PilotReading:
    """The control pilot, measured: plateaus in V, duty cycle in percent, frequency in Hz, edges in s.

    A steady pilot has duty 100 and frequency 0. What an instrument does not tell is None.
    """

    high: Reading
    duty: Reading
    low: Reading | None = None
    frequency: Reading | None = None
    rise: Reading | None = None
    fall: Reading | None = None


@dataclass(frozen=True)
class SwitchingDelay:
    """Seconds from an edge of the control pilot to the output following it, seen by one instrument on both."""

    event: PilotEvent
    delay: Reading


@dataclass(frozen=True)
class ChamberState:
    """What a chamber's controller says: air and set point in degC, whether it runs, and its alarms in its own words."""

    air: Reading
    setpoint_c: float | None
    running: bool
    alarms: tuple[str, ...] = ()
    door_open: bool | None = None
    """None when the controller does not tell."""


@dataclass(frozen=True)
class Photo:
    """A picture that was kept as evidence; ``sha256`` is of its bytes, ``seq`` the entry that holds it."""

    name: str
    sha256: str
    seq: int


@dataclass(frozen=True)
class Identity:
    """Who answered: maker, model, serial number and firmware, as the device states them."""

    maker: str
    model: str
    serial: str
    firmware: str = ""


@dataclass(frozen=True)
class LockReading:
    """Positions of the two locks, seen by a sensor or a person, never told by the EVSE.

    ``holster`` keeps the connector in the station against strangers; ``connector`` keeps it in the car.
    """

    holster: LockPosition
    connector: LockPosition
    seq: tuple[int, ...] = ()


@dataclass(frozen=True)
class DisplayReading:
    """What a driver can read on the station, line by line; ``cost`` is the amount shown as total, as text."""

    lines: tuple[str, ...]
    cost: str | None = None
    """The digits of the total shown, such as ``12.34``; None when no total is shown."""
    currency: str | None = None
    seq: tuple[int, ...] = ()


@dataclass(frozen=True)
class ReadBack:
    """What a device that can hurt somebody says of its own state; ``sentence`` such as "output off, 0.4 V"."""

    safe: bool
    sentence: str
    seq: tuple[int, ...] = ()
