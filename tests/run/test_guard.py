"""What must not be done, or must not be, on a bench: interlocks, limits, and what a reading beyond them does."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError
from wattest.model.bench import SafetyLimits
from wattest.roles import PowerReading, Reading, ReadsBack, SupplyStep
from wattest.run.assemble import documents, open_campaign
from wattest.run.guard import Guard
from wattest.run.perform import perform
from wattest.run.prove import library

if TYPE_CHECKING:
    from pathlib import Path

LIMITS = SafetyLimits(voltage_v=264.0, current_a=52.0, power_w=13_000.0, temperature_c=(-45.0, 60.0))


@dataclass
class Bench:
    """A guard around one part that notes what reaches it."""

    armed: bool = True
    done: list[tuple[str, Any]] = field(default_factory=list)
    readings: dict[str, float] = field(default_factory=dict)
    fails: str = ""
    lost: str | None = None

    def part(self, role: str, limits: SafetyLimits = LIMITS) -> Any:
        self.guard = Guard(limits, armed=lambda: self.armed, off=self.off, trouble=lambda: self.lost)
        return self.guard.part(role, self)  # type: ignore[arg-type]

    async def off(self) -> None:
        self.done.append(("off", None))
        self.armed = False
        if self.fails:
            raise BenchError(self.fails)

    supports = frozenset({"supply_dips"})

    async def set_power(self, on: bool) -> None:
        self.done.append(("power", on))

    async def set_ready(self, ready: bool) -> None:
        self.done.append(("ready", ready))

    async def set_heedless(self, heedless: bool) -> None:
        self.done.append(("heedless", heedless))

    async def set_fault(self, fault: str, on: bool) -> None:
        self.done.append((fault, on))

    async def set_voltage(self, voltage_v: float) -> None:
        self.done.append(("voltage", voltage_v))

    async def set_current(self, current_a: float) -> None:
        self.done.append(("current", current_a))

    async def set_temperature(self, temperature_c: float, ramp_k_per_min: float) -> None:
        self.done.append(("temperature", temperature_c))

    async def run_profile(self, steps: tuple[SupplyStep, ...]) -> None:
        self.done.append(("profile", len(steps)))

    async def read(self) -> PowerReading:
        units = {"voltage": "V", "current": "A", "power": "W", "energy": "Wh", "elapsed": "s"}
        return PowerReading(
            **{name: Reading(self.readings.get(name, 0.0), unit, 0.0) for name, unit in units.items()}
        )

    async def read_all(self) -> dict[str, Reading]:
        return {place: Reading(value, "degC", 0.0) for place, value in self.readings.items()}


def refused(awaitable: Any) -> str:
    """The sentence of a refusal."""
    with pytest.raises(BenchError) as caught:
        asyncio.run(awaitable)
    return str(caught.value)


@pytest.mark.parametrize(
    ("role", "verb", "gives", "takes"),
    [
        ("mains", "set_power", True, False),
        ("vehicle", "set_ready", True, False),
        ("load", "set_heedless", True, False),
        ("mains", "run_profile", (SupplyStep(1.0, 120.0),), (SupplyStep(1.0, 0.0),)),
    ],
)
def test_nothing_is_energised_before_the_interlocks_are_armed(
    role: str, verb: str, gives: Any, takes: Any
) -> None:
    """What gives energy is refused; what takes it away never is."""
    bench = Bench(armed=False)
    part = bench.part(role)
    assert refused(getattr(part, verb)(gives)) == (
        f"{role}.{verb} was refused: it gives energy, and the interlocks that take it away again are not armed. "
        "They are armed when every part of the bench has been opened."
    )
    asyncio.run(getattr(part, verb)(takes))
    bench.armed = True
    asyncio.run(getattr(part, verb)(gives))
    assert len(bench.done) == 2


def test_a_fault_may_feed_the_output() -> None:
    """No fault of the vehicle is made before the interlocks are armed, however it is asked for; mending is never refused."""
    bench = Bench(armed=False)
    part = bench.part("vehicle")
    for asked in (
        part.set_fault("weld", True),
        part.set_fault("weld", on=True),
        part.set_fault(fault="weld", on=True),
    ):
        assert refused(asked).startswith("vehicle.set_fault was refused: it gives energy, and the interlocks")
    asyncio.run(part.set_fault("weld", False))
    assert bench.done == [("weld", False)]


@pytest.mark.parametrize(
    ("role", "verb", "arguments", "sentence"),
    [
        ("mains", "set_voltage", {"voltage_v": 265.0}, "mains.set_voltage to 265 V was refused: the bench file's limit is 264 V."),
        ("load", "set_current", {"current_a": 60.0}, "load.set_current to 60 A was refused: the bench file's limit is 52 A."),
        ("load", "set_current", {"current_a": math.nan}, "load.set_current to nan A was refused: the bench file's limit is 52 A."),
        (
            "chamber",
            "set_temperature",
            {"temperature_c": -50.0, "ramp_k_per_min": 1.0},
            "chamber.set_temperature to -50 degC was refused: the bench file's limit is -45 degC.",
        ),
        (
            "mains",
            "run_profile",
            {"steps": (SupplyStep(1.0, 0.0), SupplyStep(1.0, 300.0))},
            "mains.run_profile to 300 V was refused: the bench file's limit is 264 V.",
        ),
    ],
)  # fmt: skip
def test_a_setting_beyond_a_limit_never_reaches_the_device(
    role: str, verb: str, arguments: dict[str, Any], sentence: str
) -> None:
    """By keyword or by place; without a limit in the bench file it does."""
    bench = Bench()
    way_out = "Ask for what the bench can bear, or change 'limits' in the bench file."
    assert refused(getattr(bench.part(role), verb)(**arguments)) == f"{sentence} {way_out}"
    assert refused(getattr(bench.part(role), verb)(*arguments.values())) == f"{sentence} {way_out}"
    assert bench.done == []
    asyncio.run(getattr(bench.part(role, SafetyLimits()), verb)(**arguments))
    assert len(bench.done) == 1


@pytest.mark.parametrize(
    ("role", "verb", "readings", "sentence"),
    [
        ("reference_meter", "read", {"voltage": 270.0}, "The reference meter reads 270 V (voltage), beyond the limit of 264 V"),
        ("reference_meter", "read", {"current": -53.0}, "The reference meter reads -53 A (current), beyond the limit of -52 A"),
        ("reference_meter", "read", {"power": math.inf}, "The reference meter reads inf W (power), beyond the limit of 13000 W"),
        ("thermometers", "read_all", {"air": 20.0, "contactor": 75.5}, "The thermometers reads 75.5 degC (contactor), beyond the limit of 60 degC"),
    ],
)  # fmt: skip
def test_a_reading_beyond_a_limit_switches_everything_off(
    role: str, verb: str, readings: dict[str, float], sentence: str
) -> None:
    """At once; from then on nothing is energised until the next scenario begins."""
    bench = Bench(readings=readings)
    part = bench.part(role)
    whole = f"{sentence} in the bench file: everything was switched off."
    assert refused(getattr(part, verb)()) == whole
    assert bench.done == [("off", None)]
    assert bench.guard.breach() == whole
    assert refused(part.set_power(on=True)) == f"{role}.set_power was refused: {whole}"
    bench.guard.clear()
    assert bench.guard.breach() is None


def test_within_the_limits_nothing_happens() -> None:
    """A reading at a limit is within it, and one without a number says nothing."""
    bench = Bench(readings={"voltage": 264.0, "current": math.nan})
    asyncio.run(bench.part("reference_meter").read())
    assert (bench.done, bench.guard.breach()) == ([], None)


def test_what_cannot_be_switched_off_is_said() -> None:
    """A bench that stays live beyond its limits is the worst that can happen: both sentences."""
    bench = Bench(readings={"voltage": 400.0}, fails="Power is not off.")
    assert refused(bench.part("reference_meter").read()).endswith(
        "everything was switched off. That is not certain: Power is not off."
    )


def test_a_reason_from_elsewhere() -> None:
    """A watchdog that is gone keeps the bench dead as well."""
    bench = Bench(lost="The watchdog ended.")
    part = bench.part("vehicle")
    assert refused(part.set_ready(ready=True)) == "vehicle.set_ready was refused: The watchdog ended."
    assert bench.guard.breach() == "The watchdog ended."


def test_a_guarded_part_is_itself() -> None:
    """Whatever else a driver has is found under its own name."""
    bench = Bench()
    part = bench.part("mains")
    assert part.supports == {"supply_dips"}
    assert not isinstance(part, ReadsBack)
    assert part.done is bench.done


def test_a_scenario_beyond_a_limit_is_an_error(tmp_path: Path) -> None:
    """The whole run: a limit below what the charger draws ends the scenario, off, confirmed, and never as a fail."""
    scenario = next(one for one in library() if one.key == "AUTH-001")
    read = documents()
    read = replace(read, bench=replace(read.bench, limits=SafetyLimits(current_a=20.0)))
    campaign = open_campaign(read, plan=[(scenario, "1.6")], out=tmp_path)
    outcome = campaign.clock.run(perform(campaign, scenario, "1.6"))
    notes = campaign.recorder.entries()
    campaign.recorder.close()
    campaign.clock.close()
    assert outcome.verdict == "error"
    assert "beyond the limit of 20 A in the bench file: everything was switched off" in outcome.sentence
    safe = [note for note in notes if note["kind"] == "safe"]
    assert (safe[-1]["confirmed_by"], safe[-1]["sentence"]) == (
        "reference_meter",
        "the reference meter reads 0.000 A and 0.0 V",
    )
    assert campaign.closed is None
