"""What a bench file says: which driver plays which role, and how the EVSE is reached."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wattest.errors import Place
from wattest.model.cord import Cord


@dataclass(frozen=True)
class DriverEntry:
    """A role or rig of a bench file: the driver's entry-point name and its options, read by its signature."""

    role: str
    driver: str
    options: Mapping[str, Any]
    place: Place


@dataclass(frozen=True)
class CsmsEntry:
    """Where the reference CSMS listens, and what a station must show to be let in."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 lets the system choose; the address is then printed and given to rigs as ``{csms}``."""
    password: str | None = None
    ping_interval_s: float = 30.0
    files_port: int = 0
    """Where the same host takes a station's logs and serves firmware, by HTTP; 0 lets the system choose."""


@dataclass(frozen=True)
class FeederEntry:
    """One feeder on which several stations hang: who measures each place, and how the stations of the bench are reached.

    Place 1 is the station under test; the stations of the bench have the places after it, each a central system of its own.
    """

    meters: tuple[str, ...]
    """A meter under ``rigs``, or ``reference_meter``, for each place, place 1 first."""
    group: str | None = None
    """The meter under ``rigs`` that measures the whole feeder."""
    ports: tuple[int, ...] = ()
    """Where the central system of each station of the bench listens, place 2 first; unused in a rehearsal."""
    arrivals: Literal["remote", "operator"] = "remote"
    """Whether vehicles stay plugged in and sessions are started and stopped remotely, or the operator lets them come and go."""


@dataclass(frozen=True)
class SafetyLimits:
    """What must never be exceeded on a bench, whatever a scenario asks; None where the bench file states nothing.

    rms phase voltage and current, power of all phases, temperatures of air and station in degC (least, most).
    """

    voltage_v: float | None = None
    current_a: float | None = None
    power_w: float | None = None
    temperature_c: tuple[float, float] | None = None

    def of(self, quantity: str) -> tuple[float, float]:
        """Least and most of ``voltage``, ``current``, ``power`` (either direction) or ``temperature``."""
        if quantity == "temperature":
            return self.temperature_c or (-math.inf, math.inf)
        most = {"voltage": self.voltage_v, "current": self.current_a, "power": self.power_w}[quantity]
        return (-math.inf, math.inf) if most is None else (-most, most)


@dataclass(frozen=True)
class Bench:
    """One bench. ``kind`` is ``simulated`` (one process, virtual clock) or ``live`` (real clock, real sockets)."""

    name: str
    kind: Literal["simulated", "live"]
    path: str
    csms: CsmsEntry = field(default_factory=CsmsEntry)
    rigs: Mapping[str, DriverEntry] = field(default_factory=dict)
    roles: Mapping[str, DriverEntry] = field(default_factory=dict)
    charger: str | None = None
    """Path of the charger sheet, relative to the bench file."""
    measurement_plane: Literal["input", "output_terminals", "connector"] = "connector"
    cord: Cord | None = None
    """The cord between the reference meter and the connector as it was measured; it outweighs the charger sheet."""
    safe_order: tuple[str, ...] = ("vehicle", "load", "mains", "chamber")
    dead_man_relay: bool = False
    """A hardware relay that drops when the runner falls silent; without it every report says so."""
    feeder: FeederEntry | None = None
    """The feeder of a bench on which several stations hang; a wholly simulated bench has one without saying so."""
    limits: SafetyLimits = field(default_factory=SafetyLimits)
    """Beyond these nothing is set, and a reading beyond them switches everything off."""
    silence_s: float = 10.0
    """So long the runner of a live bench may be silent before its watchdog ends it and makes the bench safe."""
    sha256: str = ""
    """Of the file's bytes; an interrupted run goes on only with the same file."""
    rehearsed: bool = False
    """Whether a live bench is only rehearsed: its instruments are twins in the simulated world, ``kind`` simulated."""
