# ruff: noqa: D102 - the Protocols in wattest.roles say what each verb does
"""Every role of the bench, played by the simulated world.

Bench entries, all alike::

    vehicle: {driver: simulated}
    lock_sensor: {driver: simulated}

What a driver asks of the world and what comes back is noted as an ``exchange`` with the resource ``world``, as
an HTTP or process rig would note it. All verbs take effect at once: a person who needs seconds to walk is not
simulated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Literal, Protocol, TypeVar, cast

from wattest.errors import BenchError
from wattest.roles import (
    AcquirerAnswer,
    AlertReading,
    ChamberState,
    DisplayReading,
    Identity,
    LockReading,
    Part,
    Photo,
    PilotReading,
    PilotResistor,
    Reading,
    Statement,
    Surroundings,
    VehicleFault,
    Whereabouts,
)
from wattest.world import World
from wattest.world.vehicle import LATCHED_OHM
from wattest_instruments.analysers.yokogawa_wt import yokogawa_wt
from wattest_instruments.simulated_power import (
    U_HUMIDITY_PCT,
    U_TEMPERATURE_K,
    Asked,
    Load,
    Mains,
    PilotScope,
    Thermometers,
    inspected,
    pictured,
    pilot_reading,
)

T = TypeVar("T")
LockName = Literal["holster", "connector"]

ADJUSTED_C = 23.0
"""Where ``make_safe`` lets the chamber drift: the temperature of a laboratory."""


class Cuttable(Protocol):
    """What a network must be able to do: ``wattest.clock.network.MemoryNetwork`` can."""

    def cut(self) -> None:
        """Cut every link until ``restore``."""
        ...

    def restore(self) -> None:
        """Heal."""
        ...


def simulated(around: Surroundings) -> Part:
    """The driver of ``around.role`` in the simulated world.

    Raises ``BenchError`` when there is no world, when the role is not one of a bench, or when the role
    ``network`` finds no rig called ``network``.
    """
    if around.role == "reference_meter" and isinstance(around.world, World):
        return yokogawa_wt(around, resource="USB0::0x0B21::0x0025::C2TW01804::INSTR", library="@wattest")
    if around.role == "network":
        return Network(around, _network(around))
    if around.role == "alerts":
        return SimulatedAlerts(around)
    if around.role == "operator":
        return Operator(around)
    if around.role not in _OF_THE_WORLD:
        known = ", ".join(sorted((*_OF_THE_WORLD, "alerts", "network", "operator", "reference_meter")))
        raise BenchError(f"The simulated driver plays no role {around.role!r}; it plays {known}.")
    return cast("Part", _OF_THE_WORLD[around.role](Asked(around, _world(around))))


def _world(around: Surroundings) -> World:
    if not isinstance(around.world, World):
        raise BenchError(
            f"The simulated {around.role} needs a simulated world, and this bench has none: "
            "set 'kind: simulated' in the bench file, or choose a driver for real equipment."
        )
    return around.world


def _network(around: Surroundings) -> Cuttable:
    if "network" not in around.rigs:
        raise BenchError(
            "The simulated network needs the in-memory network as a rig called 'network', and this bench has "
            "none: set 'kind: simulated' in the bench file, or choose another driver for the network."
        )
    return cast("Cuttable", around.rigs["network"])


class Vehicle:
    """The car and the hand that plugs it in."""

    supports = frozenset(
        {
            *("diode_fault", "pe_fault", "pilot_short", "pilot_open", "connector_heat"),
            *("heedless", "keeps_asking", "weld", "pilot_resistance"),
            *("proximity", "heeds_proximity", "pilot_reading", "vehicle_soc"),
        }
    )

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._car = asked.world.vehicle()

    async def open(self) -> Identity:
        return self._asked.identity()

    async def plug_in(self) -> None:
        self._asked.ask("plug_in", self._car.plug_in)

    async def unplug(self) -> None:
        self._asked.ask("unplug", self._car.unplug)

    async def holster(self) -> None:
        self._asked.ask("holster", self._car.holster)

    async def set_ready(self, ready: bool) -> None:
        self._asked.ask("set_ready", lambda: self._car.set_ready(ready), ready=ready)

    async def set_current(self, current_a: float) -> None:
        self._asked.ask("set_current", lambda: self._car.set_current(current_a), current_a=current_a)

    async def whereabouts(self) -> Whereabouts:
        return self._asked.ask("whereabouts", self._car.whereabouts)[0]

    async def set_fault(self, fault: VehicleFault, on: bool) -> None:
        self._asked.ask("fault", lambda: self._car.set_fault(fault, on), fault=fault, on=on)

    async def set_proximity(self, resistance_ohm: float | None) -> None:
        show = self._car.set_proximity
        self._asked.ask("proximity", lambda: show(resistance_ohm), resistance_ohm=resistance_ohm)

    async def set_pilot_resistance(self, state: PilotResistor, resistance_ohm: float | None) -> None:
        self._asked.ask(
            "pilot_resistance",
            lambda: self._car.set_pilot_resistance(state, resistance_ohm),
            state=state,
            resistance_ohm=resistance_ohm,
        )

    async def read_pilot(self) -> PilotReading:
        return pilot_reading(self._asked)

    async def set_state_of_charge(self, percent: float) -> None:
        self._asked.ask("battery", lambda: self._car.set_battery(soc=percent / 100.0), percent=percent)

    async def read_state_of_charge(self) -> Reading:
        """The car's own word to the station, which is exact by definition."""
        value, seq = self._asked.ask("state_of_charge", self._car.soc_told)
        now = self._asked.around.clock.monotonic()
        return Reading(float(value), "%", now, u=0.0, seq=(seq,), raw=str(value), index=0)

    async def make_safe(self) -> None:
        """Stop drawing: every fault is mended, the button let go, the pilot goes to B, and the resistors are its own."""
        for fault in sorted(self._car.faults):
            await self.set_fault(fault, False)
        await self.set_ready(False)
        if self._car.button_pressed:
            await self.set_proximity(LATCHED_OHM)
        for state in tuple(self._car.resistors_ohm):
            await self.set_pilot_resistance(state, None)

    async def close(self) -> None:
        """Nothing is held."""


class CardReader:
    """A hand with a card."""

    supports: frozenset[str] = frozenset()

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    async def open(self) -> Identity:
        return self._asked.identity()

    async def present(self, uid: str) -> None:
        reader = self._asked.world.reader
        self._asked.ask("card", lambda: (reader.tap(uid), None)[1], uid=uid)

    async def make_safe(self) -> None:
        """A card is harmless."""

    async def close(self) -> None:
        """Nothing is held."""


class LockSensor:
    """Eyes on both bolts, a hand that pulls, and a wedge."""

    supports = frozenset({"lock_jam", "lock_pull"})

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._outlet = asked.world.outlets[0]

    async def open(self) -> Identity:
        return self._asked.identity()

    async def read(self) -> LockReading:
        holster, connector = self._outlet.holster_lock, self._outlet.connector_lock
        seen, seq = self._asked.ask(
            "locks", lambda: {"holster": holster.position(), "connector": connector.position()}
        )
        return LockReading(**seen, seq=(seq,))

    async def pull(self, which: LockName) -> bool:
        return self._asked.ask("pull", lambda: self._outlet.pull(which), which=which)[0]

    async def jam(self, which: LockName, jammed: bool) -> None:
        self._asked.ask("jam", lambda: self._asked.world.jam(which, jammed), which=which, jammed=jammed)

    async def make_safe(self) -> None:
        """Take the wedges out."""
        await self.jam("holster", False)
        await self.jam("connector", False)

    async def close(self) -> None:
        """Nothing is held."""


class Display:
    """Eyes on the screen."""

    supports: frozenset[str] = frozenset()

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    async def open(self) -> Identity:
        return self._asked.identity()

    async def read(self) -> DisplayReading:
        shown, seq = self._asked.ask("display", lambda: asdict(self._asked.world.screen.read()))
        return DisplayReading(**shown, seq=(seq,))

    async def make_safe(self) -> None:
        """A screen is harmless."""

    async def close(self) -> None:
        """Nothing is held."""


class Chamber:
    """The weather."""

    supports = frozenset({"chamber_state", "humidity"})

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    async def open(self) -> Identity:
        return self._asked.identity()

    async def set_temperature(self, temperature_c: float, ramp_k_per_min: float) -> None:
        self._asked.ask(
            "temperature",
            lambda: self._asked.world.climate.set_ambient(temperature_c, ramp_k_per_min),
            temperature_c=temperature_c,
            ramp_k_per_min=ramp_k_per_min,
        )

    async def read_temperature(self) -> Reading:
        value, seq = self._asked.ask(
            "read_temperature", lambda: round(self._asked.world.climate.ambient_c(), 3)
        )
        now = self._asked.around.clock.monotonic()
        return Reading(value, "degC", now, u=U_TEMPERATURE_K, seq=(seq,), raw=f"{value:.6f}", index=0)

    async def set_humidity(self, humidity_pct: float) -> None:
        self._asked.ask(
            "humidity",
            lambda: self._asked.world.climate.set_humidity(humidity_pct),
            humidity_pct=humidity_pct,
        )

    async def read_humidity(self) -> Reading:
        value, seq = self._asked.ask(
            "read_humidity", lambda: round(self._asked.world.climate.humidity_pct, 3)
        )
        now = self._asked.around.clock.monotonic()
        return Reading(value, "%", now, u=U_HUMIDITY_PCT, seq=(seq,), raw=f"{value:.6f}", index=0)

    async def state(self) -> ChamberState:
        air = await self.read_temperature()
        return ChamberState(air, self._asked.world.climate.target_c, running=True)

    async def make_safe(self) -> None:
        """Let the air drift back to room temperature at 1 K/min, the ramp of IEC 60068-2-1 (recalled)."""
        await self.set_temperature(ADJUSTED_C, 1.0)

    async def close(self) -> None:
        """Nothing is held."""


class Acquirer:
    """The host behind the simulated terminal."""

    supports: frozenset[str] = frozenset()

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._host = asked.world.acquirer

    async def open(self) -> Identity:
        return self._asked.identity()

    async def set_answer(self, answer: AcquirerAnswer) -> None:
        self._asked.ask("acquirer", lambda: self._set(answer), answer=answer)

    def _set(self, answer: AcquirerAnswer) -> None:
        self._host.answer = answer

    async def statement(self, since: datetime) -> Statement:
        booked = self._host.since(since)
        told = [{**asdict(one), "amount": str(one.amount)} for one in booked]
        _, seq = self._asked.ask("statement", lambda: told, since=since.isoformat())
        return Statement(booked, (seq,))

    async def make_safe(self) -> None:
        """Money hurts nobody here."""

    async def close(self) -> None:
        """Nothing is held."""


_OF_THE_WORLD: dict[str, Callable[[Asked], object]] = {
    "acquirer": Acquirer,
    "vehicle": Vehicle,
    "card_reader": CardReader,
    "load": Load,
    "pilot_scope": PilotScope,
    "mains": Mains,
    "lock_sensor": LockSensor,
    "display": Display,
    "chamber": Chamber,
    "thermometers": Thermometers,
}


class Network:
    """Scissors at the in-memory link."""

    supports: frozenset[str] = frozenset()

    def __init__(self, around: Surroundings, network: Cuttable) -> None:
        self._around = around
        self._network = network

    async def open(self) -> Identity:
        return Identity("Wattest", "in-memory network", "SIM")

    async def cut(self) -> None:
        self._network.cut()
        self._note("cut")

    async def restore(self) -> None:
        self._network.restore()
        self._note("restore")

    async def make_safe(self) -> None:
        """Heal the link."""
        await self.restore()

    async def close(self) -> None:
        """Nothing is held."""

    def _note(self, what: str) -> None:
        self._around.note(
            "exchange",
            role="network",
            resource="network",
            op="request",
            tx=json.dumps({"do": what}),
            rx="null",
            error=None,
        )


class SimulatedAlerts:
    """The mailbox of whoever runs the simulated station, as the reference portal fills it."""

    supports: frozenset[str] = frozenset()

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    async def open(self) -> Identity:
        return Identity("Wattest", "reference portal", "SIM")

    async def read(self) -> AlertReading:
        """What was sent so far; ``BenchError`` on a bench without the reference portal."""
        alerts = self._around.rigs.get("alerts")
        if alerts is None:
            raise BenchError(
                "The simulated alerts need the reference portal as a rig called 'alerts', and this bench has none: set "
                "'kind: simulated' in the bench file, or choose another driver for the alerts."
            )
        lines = tuple(alert.text for alert in alerts.told)
        seq = self._around.note(
            "exchange",
            role="alerts",
            resource="portal",
            op="request",
            tx=json.dumps({"do": "alerts"}),
            rx=json.dumps(lines),
            error=None,
        )
        return AlertReading(len(lines), lines, (seq,))

    async def make_safe(self) -> None:
        """Mail is harmless."""

    async def close(self) -> None:
        """Nothing is held."""


class Operator:
    """A person who says what the simulated station shows, and gives the first answer to any other question."""

    supports = frozenset({"photo"})

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    async def open(self) -> Identity:
        return Identity("Wattest", "simulated operator", "SIM")

    async def ask(self, question: str, answers: tuple[str, ...]) -> str:
        """What a look at the station says, or else the first of the answers; ``BenchError`` without a fitting answer."""
        if not answers:
            raise BenchError(f"The question {question!r} has no answers to choose from: name at least one.")
        sights: Mapping[str, Callable[[], str]] = getattr(self._around.world, "sights", {})
        answer = sights[question]() if question in sights else answers[0]
        if answer not in answers:
            raise BenchError(
                f"The simulated station answers {question!r} with {answer!r}, which is not among {', '.join(answers)}."
            )
        self._around.note("prompt", question=question, answer=answer, by="simulated operator")
        return answer

    async def measure(self, subject: str, unit: str) -> Reading:
        """What a careful person would read of the simulated station; ``BenchError`` when it has no such thing."""
        return inspected(self._around, subject, unit)

    async def photograph(self, subject: str) -> Photo:
        """A picture that says what it would show."""
        return pictured(self._around, subject)

    async def make_safe(self) -> None:
        """People step back by themselves."""

    async def close(self) -> None:
        """Nothing is held."""
