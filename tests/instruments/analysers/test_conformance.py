"""What every reference meter must do, whoever made it: with its twin, over TCP through PyVISA, in virtual time."""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock import VirtualClock
from wattest.errors import InstrumentError
from wattest.model.plugins import DRIVERS, entry_points
from wattest.run.rehearse import TWINS, Rehearsal
from wattest.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.instruments.conftest import SimulatedBench

    from wattest.model.charger import ChargerSheet
    from wattest.roles import ReferenceMeter

pytestmark = pytest.mark.real_time

HOUR_S = 3600.0


@dataclass(frozen=True)
class Meter:
    """A driver, the model that its twin plays, and options; ``low`` are those that make 16 A too much."""

    driver: str
    model: str
    options: dict[str, Any] = field(default_factory=dict)
    low: dict[str, Any] = field(default_factory=lambda: {"current_range": 5.0})
    energy: bool = True

    def __str__(self) -> str:
        return f"{self.driver} {self.model}"


PA = {"voltage_range_number": 6, "current_range_number": 7}
METERS = (
    Meter("yokogawa_wt", "WT1804E"),
    Meter("yokogawa_wt", "WT333E", {"current_range": 20.0}),
    Meter("yokogawa_wt", "WT333E", {"current_range": 5.0, "ct_ratio": 10.0}, {"current_range": 1.0}),
    Meter("yokogawa_wt", "WT310E", {"current_range": 20.0}),
    Meter("yokogawa_wt", "WT5000", {"element": 1}),
    Meter("yokogawa_wt", "GPM-8213", {"current_range": 20.0, "line_end": "CRLF"}),
    Meter("hioki_pw", "PW3390-01"),
    Meter("hioki_pw", "PW8001-11"),
    Meter("hioki_pw", "PW3335"),
    Meter("hioki_pw", "PW3336"),
    Meter("zes_lmg", "LMG670", energy=False),
    Meter("chroma_6620x", "66202"),
    Meter("chroma_6620x", "66204"),
    Meter("rs_hmc8015", "HMC8015"),
    Meter("tektronix_pa", "PA1000", PA, {"current_range": 20.0}, energy=False),
    Meter("tektronix_pa", "PA 3000", PA, {"current_range": 20.0}, energy=False),
)

CALIBRATION = """\
serial: {serial}
model: {model}
certificate: "2025-1"
laboratory: Nobody
calibrated: 2025-12-01
due: 2027-12-01
timebase: 0.01 %
specification:
  voltage: {{reading: 0.05 %, range: 0.02 %, source: a test}}
  current: {{reading: 0.05 %, range: 0.02 %, source: a test}}
  power: {{reading: 0.05 %, range: 0.02 %, source: a test}}
"""


def certified(folder: Path, meter: Meter, serial: str = "4711") -> str:
    """A calibration file, by its name."""
    name = f"{serial}.yaml"
    (folder / name).write_text(CALIBRATION.format(serial=serial, model=f'"{meter.model}"'))
    return name


@asynccontextmanager
async def connected(
    bench: SimulatedBench, meter: Meter, folder: Path, *, calibration: str = "", **options: Any
) -> AsyncIterator[ReferenceMeter]:
    """The driver, led to its twin as a rehearsal leads it."""
    chosen: dict[str, Any] = {**meter.options, **options, "calibration": certified(folder, meter)}
    there = Rehearsal(bench.world, bench.clock, "reference_meter", chosen, str(folder))
    async with TWINS[meter.driver](there) as led:
        around = replace(bench.around("reference_meter", world=False), folder=str(folder))
        wired = {**chosen, **led, **({"calibration": calibration} if calibration else {})}
        yield DRIVERS[meter.driver](around, **wired)


@pytest.fixture(params=METERS, ids=str)
def meter(request: pytest.FixtureRequest) -> Meter:
    made: Meter = request.param
    return made


def test_a_known_charge_is_measured_within_its_uncertainty(
    simulated_bench: SimulatedBench, meter: Meter, tmp_path: Path
) -> None:
    """It identifies itself, agrees with the world within U (k = 2), keeps what it stopped at, and is closed."""
    bench, outlet = simulated_bench, simulated_bench.world.outlets[0]

    async def live() -> None:
        async with connected(bench, meter, tmp_path) as driver:
            await driver.make_safe()
            identity = await driver.open()
            assert (identity.model, identity.serial) == (meter.model, "4711")
            await driver.start_integration()
            before = outlet.true_energy_wh()
            bench.start_charge(16.0)
            await asyncio.sleep(HOUR_S)
            reading = await driver.read()
            for part, truth in (
                (reading.voltage, outlet.true_voltage_v()),
                (reading.current, outlet.true_current_a()),
                (reading.power, outlet.true_power_w()),
            ):
                assert part.flags == frozenset()
                assert part.u is not None
                assert 0.0 < part.u < 0.01 * truth
                assert abs(part.value - truth) <= 2.0 * part.u
                assert bench.notes[part.seq[0]][1]["rx"]
            outlet.contactor.open()
            truth_wh = outlet.true_energy_wh() - before
            await asyncio.sleep(10.0)
            done = await driver.read()
            if meter.energy:
                assert done.energy.flags == frozenset()
                assert done.energy.u is not None
                assert 0.0 < done.energy.u < 0.01 * truth_wh
                assert abs(done.energy.value - truth_wh) <= 2.0 * done.energy.u
                assert done.elapsed.value == pytest.approx(HOUR_S + 10.0, abs=4.0)
            else:
                assert math.isnan(done.energy.value)
                assert done.energy.flags == {"no data", "this driver cannot read energy"}
            await driver.stop_integration()
            await driver.stop_integration()
            outlet.contactor.close()
            await asyncio.sleep(HOUR_S)
            later = await driver.read()
            assert later.power.value > 1000.0
            if meter.energy:
                assert later.energy.value == done.energy.value
            await driver.make_safe()
            await driver.make_safe()
            await driver.close()
            await driver.close()
            await driver.make_safe()

    bench.clock.run(live())


def test_beyond_the_range_a_reading_is_flagged(
    simulated_bench: SimulatedBench, meter: Meter, tmp_path: Path
) -> None:
    """16 A on a range for less: current and power are over-range, voltage is not."""

    async def live() -> None:
        async with connected(simulated_bench, meter, tmp_path, **meter.low) as driver:
            await driver.open()
            simulated_bench.start_charge(16.0)
            await asyncio.sleep(60.0)
            reading = await driver.read()
            assert "over-range" in reading.current.flags
            assert "over-range" in reading.power.flags
            assert "over-range" not in reading.voltage.flags
            await driver.close()

    simulated_bench.clock.run(live())


def test_energy_gathered_beyond_the_range_stays_flagged(
    simulated_bench: SimulatedBench, meter: Meter, tmp_path: Path
) -> None:
    """What was integrated on an exceeded range is wrong, also when the current is back; a new integration is sound."""

    async def live() -> None:
        async with connected(simulated_bench, meter, tmp_path, **meter.low) as driver:
            await driver.open()
            await driver.start_integration()
            simulated_bench.start_charge(16.0)
            await asyncio.sleep(60.0)
            await driver.read()
            simulated_bench.world.outlets[0].contactor.open()
            await asyncio.sleep(60.0)
            after = await driver.read()
            assert ("over-range" in after.energy.flags) is meter.energy
            assert "over-range" not in after.current.flags
            await driver.start_integration()
            assert "over-range" not in (await driver.read()).energy.flags
            await driver.close()

    simulated_bench.clock.run(live())


def test_another_instrument_than_the_calibrated_one_is_refused(
    simulated_bench: SimulatedBench, meter: Meter, tmp_path: Path
) -> None:
    """The serial number that answers must be the calibrated one."""
    other = certified(tmp_path, meter, "0815")

    async def live() -> None:
        async with connected(simulated_bench, meter, tmp_path, calibration=other) as driver:
            with pytest.raises(
                InstrumentError, match="has the serial number 4711, but its calibration file is for 0815"
            ):
                await driver.open()
            await driver.make_safe()
            await driver.close()

    simulated_bench.clock.run(live())


def test_a_range_that_it_does_not_have_is_refused(
    simulated_bench: SimulatedBench, meter: Meter, tmp_path: Path
) -> None:
    """No meter measures on another range than the one in the bench file."""
    wrong = {"current_range_number": 13} if meter.driver == "tektronix_pa" else {"current_range": 7.0}

    async def live() -> None:
        async with connected(simulated_bench, meter, tmp_path, **wrong) as driver:
            with pytest.raises(InstrumentError, match=r"no such range|refused"):
                await driver.open()
            await driver.close()

    simulated_bench.clock.run(live())


@pytest.mark.parametrize(
    "meter",
    [
        Meter("yokogawa_wt", "WT333E", {"current_range": 20.0, "wiring": "P3W4"}),
        Meter("hioki_pw", "PW3390-01", {"wiring": "P3W4"}),
    ],
    ids=str,
)
def test_three_phases_are_summed(
    simulated_bench_on: type[SimulatedBench], charger_sheet: ChargerSheet, meter: Meter, tmp_path: Path
) -> None:
    """The energy of a three-phase charge is that of all phases, on a power range of all phases."""
    with VirtualClock() as clock:
        sheet = replace(charger_sheet, phases=3, rated_voltage_v=400.0)
        bench = simulated_bench_on(clock, World(clock, sheet))

        async def live() -> None:
            async with connected(bench, meter, tmp_path) as driver:
                await driver.open()
                await driver.start_integration()
                bench.start_charge(16.0)
                await asyncio.sleep(HOUR_S)
                reading = await driver.read()
                truth_wh = bench.world.outlets[0].true_energy_wh()
                assert truth_wh > 10_000.0
                assert reading.energy.u is not None
                assert abs(reading.energy.value - truth_wh) <= 2.0 * reading.energy.u
                await driver.close()

        clock.run(live())


def test_every_twin_here_belongs_to_a_driver() -> None:
    """Whoever adds a power analyser with a twin finds it among the meters of this test."""
    analysers = {
        name
        for name, value in entry_points("wattest.twins").items()
        if value.startswith("wattest_instruments.analysers.")
    }
    assert analysers == {meter.driver for meter in METERS}
