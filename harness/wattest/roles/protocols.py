"""The Protocols of the roles: what each part of a bench must be able to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from wattest.roles.payments import AcquirerAnswer, Statement
from wattest.roles.readings import (
    AlertReading,
    ChamberState,
    Component,
    DisplayReading,
    Identity,
    LoadReading,
    LockReading,
    Photo,
    PilotEvent,
    PilotReading,
    PilotResistor,
    PowerReading,
    ReadBack,
    Reading,
    SupplyReading,
    SupplyStep,
    SwitchingDelay,
    VehicleFault,
    Whereabouts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from wattest.clock import Clock


class Note(Protocol):
    """Appends one entry to the record and returns its number.

    ``note("visa", resource="...", op="query", tx="*IDN?", rx="YOKOGAWA,WT310E,...")`` returns ``seq``.
    """

    def __call__(self, kind: str, /, **fields: Any) -> int:
        """Append the entry; values are anything that JSON or ``wattest.record`` can write."""
        ...


class Keep(Protocol):
    """Keeps a file's bytes as evidence under a name; ``RecordError`` when it cannot."""

    def __call__(self, name: str, content: bytes, /, *, samples: bool = False) -> int:
        """The number of its entry. ``samples``: what an instrument of the bench sampled, and no station wrote."""
        ...


@runtime_checkable
class Part(Protocol):
    """What every driver has, whatever its role."""

    supports: frozenset[str]
    """Capabilities by name, such as ``lock_jam``; a scenario's ``needs`` is looked up here."""

    async def open(self) -> Identity:
        """Connect and identify. Raises ``InstrumentError`` or ``RigError`` with the address in the sentence."""
        ...

    async def make_safe(self) -> None:
        """Bring this part to the state in which nobody can be hurt. May be called twice, and before ``open``."""
        ...

    async def close(self) -> None:
        """Let go of the device."""
        ...


@runtime_checkable
class ReadsBack(Protocol):
    """A powered part (mains, load, vehicle, chamber, relay board) that can be asked whether it is safe.

    It does not take ``make_safe``'s word for it: it asks the device again. Whether nobody can be hurt is confirmed by
    another instrument besides.
    """

    async def read_back(self) -> ReadBack:
        """Ask the device. Raises ``InstrumentError`` or ``RigError`` when it cannot be asked."""
        ...


@runtime_checkable
class TellsTime(Protocol):
    """A part with a clock of its own, which ``wattest doctor`` compares with that of this computer."""

    async def utc(self) -> datetime:
        """What its clock shows now, with a time zone. Raises ``InstrumentError`` or ``RigError``."""
        ...


class ReferenceMeter(Part, Protocol):
    """A calibrated power analyser: the energy that was really delivered."""

    async def start_integration(self) -> None:
        """Reset the integral and start it."""
        ...

    async def stop_integration(self) -> None:
        """Stop; the integral stays readable."""
        ...

    async def read(self) -> PowerReading:
        """One coherent reading with its uncertainty."""
        ...


class Calibration(Protocol):
    """What the certificate of an instrument says; valid from ``calibrated`` to ``due``, both days included."""

    @property
    def serial(self) -> str:
        """Serial number of the instrument that was calibrated."""
        ...

    @property
    def model(self) -> str:
        """Its model."""
        ...

    @property
    def certificate(self) -> str:
        """Number of the certificate."""
        ...

    @property
    def laboratory(self) -> str:
        """Who calibrated."""
        ...

    @property
    def calibrated(self) -> date:
        """First day of validity."""
        ...

    @property
    def due(self) -> date:
        """Last day of validity."""
        ...


class Calibrated(Protocol):
    """A part that may have a calibration. The runner notes it at the begin of every scenario (MET-07)."""

    calibration: Calibration | None
    """None when the bench entry names none."""


@runtime_checkable
class ForeseesEnergy(Protocol):
    """A reference meter that can tell beforehand how well it will know an energy, from its calibration file."""

    def foresee(self, energy_wh: float, elapsed_s: float) -> tuple[Component, ...]:
        """Components of the difference of two energy readings, so far apart; empty when nothing is known."""
        ...


class Vehicle(Part, Protocol):
    """The electric car, or whatever stands in for it: plug, pilot state, load."""

    async def plug_in(self) -> None:
        """Take the cable and plug it into the vehicle inlet. ``RigError`` when the cable cannot be taken."""
        ...

    async def unplug(self) -> None:
        """Pull the plug from the inlet and leave it in the hand. ``RigError`` when it is held by its lock."""
        ...

    async def holster(self) -> None:
        """Put the plug back on the station."""
        ...

    async def set_ready(self, ready: bool) -> None:
        """Ask for energy (pilot state C) or stop asking (state B)."""
        ...

    async def set_current(self, current_a: float) -> None:
        """The most that the vehicle takes, per phase; the station's offer still limits it."""
        ...

    async def whereabouts(self) -> Whereabouts:
        """Where the plug is now."""
        ...

    async def set_fault(self, fault: VehicleFault, on: bool) -> None:
        """Make a fault of the vehicle, or mend it.

        Only with the capability that names it (``wattest_instruments.actions.FAULT_CAPABILITY``), such as ``diode_fault``;
        ``RigError`` otherwise. ``weld`` puts voltage on the output: it is mended before anything else when the vehicle is made
        safe.
        """
        ...

    async def set_proximity(self, resistance_ohm: float | None) -> None:
        """Show this resistance between proximity and earth; None opens it. Only with ``proximity``."""
        ...

    async def read_pilot(self) -> PilotReading:
        """The control pilot as the vehicle sees it. Only with ``pilot_reading``."""
        ...


@runtime_checkable
class ShowsResistance(Protocol):
    """A vehicle whose resistors at the pilot can be chosen (capability ``pilot_resistance``)."""

    async def set_pilot_resistance(self, state: PilotResistor, resistance_ohm: float | None) -> None:
        """Take this resistor for a state; None takes the nominal one again: 2740 Ohm for B, 1300 Ohm for C."""
        ...


@runtime_checkable
class Battery(Protocol):
    """A vehicle with a battery that the bench can bring to a state of charge and read: the capability ``vehicle_soc``.

    What is read is what the vehicle tells the station, where the bench can know it; what a dashboard shows may differ from
    that by some percent, which belongs into its uncertainty.
    """

    async def set_state_of_charge(self, percent: float) -> None:
        """Arrive with this state of charge from now on; before the plug is in."""
        ...

    async def read_state_of_charge(self) -> Reading:
        """State of charge in percent, as the vehicle tells it."""
        ...


class Load(Part, Protocol):
    """An electronic load: the power side of a vehicle, when the vehicle emulator has none."""

    async def set_current(self, current_a: float) -> None:
        """Draw this rms current per phase while the input is on."""
        ...

    async def set_input(self, on: bool) -> None:
        """Connect the load or take it off."""
        ...

    async def measure(self) -> LoadReading:
        """What it sees itself."""
        ...


@runtime_checkable
class DrawsAsTold(Protocol):
    """A load that obeys the pilot, and can be told not to (capability ``heedless``)."""

    async def set_heedless(self, heedless: bool) -> None:
        """Draw what it is told, whatever the station offers, or keep to the offer again. ``make_safe`` ends it."""
        ...


class PilotScope(Part, Protocol):
    """An oscilloscope on the control pilot, with a second channel on the output voltage if it can."""

    async def read(self) -> PilotReading:
        """The pilot now, over enough periods for its duty and frequency."""
        ...

    async def arm(self, event: PilotEvent) -> None:
        """Make ready to catch the next such event on both channels. Only with ``output_channel``."""
        ...

    async def fetch(self) -> SwitchingDelay:
        """What was caught since ``arm``; the delay is flagged ``no data`` when nothing came in the span recorded."""
        ...


class CardReader(Part, Protocol):
    """Whatever holds a card to the station's reader."""

    async def present(self, uid: str) -> None:
        """Hold a card with this UID to the reader until it can have been read, then take it away."""
        ...


class Mains(Part, Protocol):
    """Supply of the station: a contactor, or an AC source that can do more.

    What only a source can do stands under a capability: ``supply_voltage``, ``supply_frequency``, ``supply_dips``,
    ``supply_reading``.
    """

    async def set_power(self, on: bool) -> None:
        """Feed the station or cut it off."""
        ...

    async def set_voltage(self, voltage_v: float) -> None:
        """Change the rms phase voltage. Only with ``supply_voltage``; ``InstrumentError`` beyond the entry's limits."""
        ...

    async def set_frequency(self, frequency_hz: float) -> None:
        """Change the frequency. Only with ``supply_frequency``."""
        ...

    async def run_profile(self, steps: tuple[SupplyStep, ...]) -> None:
        """Play dips and interruptions, timed by the source itself. Only with ``supply_dips``.

        Returns when they are over, at the voltage and frequency that were set before.
        """
        ...

    async def measure(self) -> SupplyReading:
        """What the source delivers to the station. Only with ``supply_reading``."""
        ...


class LockSensor(Part, Protocol):
    """Sees the locks from outside; with ``lock_jam`` it can also block them."""

    async def read(self) -> LockReading:
        """Positions now."""
        ...

    async def pull(self, which: Literal["holster", "connector"]) -> bool:
        """Pull at the plug as a stranger would; True when it came loose. The plug is put back afterwards."""
        ...

    async def jam(self, which: Literal["holster", "connector"], jammed: bool) -> None:
        """Block a lock mechanically (``lock_jam``), or free it."""
        ...


class Display(Part, Protocol):
    """Reads the station's screen: a camera, a person, or the simulated world."""

    async def read(self) -> DisplayReading:
        """What stands there now."""
        ...


class Chamber(Part, Protocol):
    """The air around the station."""

    async def set_temperature(self, temperature_c: float, ramp_k_per_min: float) -> None:
        """Start towards a temperature; returns at once."""
        ...

    async def read_temperature(self) -> Reading:
        """Air temperature in degC."""
        ...

    async def set_humidity(self, humidity_pct: float) -> None:
        """Start towards a relative humidity in percent; returns at once. Only with ``humidity``."""
        ...

    async def read_humidity(self) -> Reading:
        """Relative humidity of the air in %. Only with ``humidity``."""
        ...

    async def state(self) -> ChamberState:
        """What the controller says of itself. Only with ``chamber_state``."""
        ...


class Thermometers(Part, Protocol):
    """Thermocouples on enclosure, contactor, meter, cable, connector; outside the chamber the logger."""

    async def read_all(self) -> Mapping[str, Reading]:
        """Temperature in degC by the place that the bench file names for each channel, read in one scan."""
        ...


class Network(Part, Protocol):
    """The link between station and central system, as something that can be cut."""

    async def cut(self) -> None:
        """Cut the link until ``restore``."""
        ...

    async def restore(self) -> None:
        """Heal the link; harmless when it is whole."""
        ...


class Alerts(Part, Protocol):
    """Where the operator of the station is told of its faults: portal, mail or text message of whoever runs it.

    On a simulated bench that is the reference portal; elsewhere the portal under test, by its web service or read by a person.
    """

    async def read(self) -> AlertReading:
        """The alerts of this station so far."""
        ...


class Operator(Part, Protocol):
    """A person at the bench."""

    async def ask(self, question: str, answers: tuple[str, ...]) -> str:
        """Put a question and return one of the answers."""
        ...

    async def measure(self, subject: str, unit: str) -> Reading:
        """Ask for a value read by eye on an instrument without a link (force gauge, ruler), in this unit."""
        ...

    async def photograph(self, subject: str) -> Photo:
        """Ask for a picture of something and keep it as evidence. Only with ``photo``."""
        ...


class Acquirer(Part, Protocol):
    """The test host of the payment terminal's acquirer, or its test portal: it answers the terminal and books money.

    It is the bench's witness of what the station does with a card; no card number passes here.
    """

    async def set_answer(self, answer: AcquirerAnswer) -> None:
        """From now on authorisations are approved, refused, or never answered, though perhaps booked.

        Acquirers have test cards or test amounts for that; a line that is unplugged answers nothing.
        """
        ...

    async def statement(self, since: datetime) -> Statement:
        """What was booked since then, oldest first. Raises ``InstrumentError`` or ``RigError``."""
        ...


class Rig(Part, Protocol):
    """What several roles share, such as a program that plays the EVSE; a bench file lists it under ``rigs``."""

    facts: Mapping[str, Any]
    """What it told when it was opened, such as addresses; other entries name them as ``{charger.http}``."""

    async def restart(self) -> None:
        """Start over, with the facts of the bench as they are now."""
        ...


class Feeder(Protocol):
    """One feeder with the station under test at place 1 and sound stations of the bench at the places after it.

    A bench that has one offers the capability ``feeder``. It plays the central system of the stations of its own.
    """

    places: int
    """How many stations hang on it."""

    async def read(self) -> tuple[Reading, ...]:
        """The current of each place in A per phase, place 1 first, at one instant."""
        ...

    async def read_group(self) -> Reading | None:
        """The current of the whole feeder in A per phase, by a meter of its own; None where it has none."""
        ...

    async def join(self, place: int) -> None:
        """A vehicle that takes all it can get comes to a station of the bench and is authorised."""
        ...

    async def leave(self, place: int) -> None:
        """That vehicle goes."""
        ...

    async def set_share(self, place: int, current_a: float) -> str:
        """Give a station of the bench its share by a charging profile; the station's word."""
        ...


ROLES: Mapping[str, type] = {
    "reference_meter": ReferenceMeter,
    "vehicle": Vehicle,
    "load": Load,
    "pilot_scope": PilotScope,
    "card_reader": CardReader,
    "mains": Mains,
    "lock_sensor": LockSensor,
    "display": Display,
    "chamber": Chamber,
    "thermometers": Thermometers,
    "network": Network,
    "alerts": Alerts,
    "operator": Operator,
    "acquirer": Acquirer,
}
"""Role names as they stand in a bench file, and the Protocol that a driver of the role satisfies."""


@dataclass(frozen=True)
class Surroundings:
    """What a driver factory may use; the first argument of every factory under ``wattest.instruments``.

    ``world`` is the simulated world (``wattest.world.World``) on a simulated bench and None elsewhere.
    ``rigs`` holds what several roles share, by the name used in the bench file's ``rigs``.
    ``prompt`` asks a person on the terminal and returns the line typed.
    ``folder`` is where the bench file stands: paths in it are relative to that.
    ``keep`` puts a file's bytes beside the record under a name, notes its hash and returns the entry's number; None
    where there is no run. ``facts`` is what a rig's program may have to know: ``csms`` (address of the reference CSMS, such as
    ``ws://127.0.0.1:9000``), ``identity``, ``dialect``. It is read at every start of the program, so that the
    runner can change it before ``Rig.restart``.
    """

    clock: Clock
    note: Note
    role: str
    folder: str
    world: Any = None
    rigs: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    prompt: Callable[[str], Awaitable[str]] | None = None
    keep: Keep | None = None
