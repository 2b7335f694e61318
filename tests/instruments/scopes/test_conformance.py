"""The oscilloscope over its twin, a socket and @py: real sample bytes of a simulated pilot, read by the one algorithm."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, InstrumentError
from wattest.roles import PilotEvent
from wattest.run.rehearse import Rehearsal
from wattest.world.pilot import duty_pct
from wattest_instruments.scopes.rigol_ds1000z import rigol_ds1000z, rigol_ds1000z_twin
from wattest_instruments.scopes.twin import ScopeTwin
from wattest_instruments.simulated_power import switching_delay
from wattest_instruments.twins.server import serve_scpi

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

pytestmark = pytest.mark.real_time


@asynccontextmanager
async def plugged(bench: SimulatedBench, **options: Any) -> AsyncIterator[Any]:
    """The driver led to its twin, as a rehearsal does it."""
    entry = {"output_probe": 100.0, "calibration": "simulated_scope.yaml", **options}
    async with rigol_ds1000z_twin(Rehearsal(bench.world, bench.clock, "pilot_scope", entry, "")) as led:
        scope = rigol_ds1000z(bench.around("pilot_scope", world=False), **{**entry, **led})
        try:
            yield scope
        finally:
            await scope.close()


@pytest.mark.parametrize("current_a", [6.0, 16.0, 48.0])
@pytest.mark.parametrize(("ready", "high_v"), [(False, 9.0), (True, 6.0)])
def test_pulses_are_measured(
    simulated_bench: SimulatedBench, current_a: float, ready: bool, high_v: float
) -> None:
    """Levels, duty, frequency and edges within three standard uncertainties, from 60 000 bytes with noise."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench) as scope:
            assert (await scope.open()).serial == "DS1ZA000000001"
            bench.start_charge()
            bench.world.outlets[0].offer(current_a)
            bench.world.vehicle().set_ready(ready)
            await bench.clock.sleep(1.0)
            seen = await scope.read()
            assert seen.low is not None
            assert seen.frequency is not None
            for reading, truth in (
                (seen.high, high_v),
                (seen.low, -12.0),
                (seen.duty, duty_pct(current_a)),
                (seen.frequency, 1000.0),
            ):
                assert not reading.flags
                assert reading.u is not None
                assert abs(reading.value - truth) <= 3.0 * reading.u
            assert seen.high.u is not None
            assert seen.high.u < 0.12  # of the 0.6 V that SAE J1772 leaves
            assert seen.duty.u is not None
            assert seen.duty.u < 0.05
            assert seen.rise is not None
            assert seen.fall is not None
            assert seen.rise.value == pytest.approx(4e-6, abs=1e-6)
            assert seen.fall.value == pytest.approx(4e-6, abs=1e-6)
            blocks = [bench.notes[seq][1] for seq in seen.high.seq if bench.notes[seq][1].get("sha256")]
            assert [block["length"] for block in blocks] == [60_000]

    bench.clock.run(live())


@pytest.mark.parametrize("state", ["A", "B", "E", "F"])
def test_a_steady_pilot_is_measured(simulated_bench: SimulatedBench, state: str) -> None:
    """12 V, 9 V, 0 V and -12 V without pulses: duty 100, frequency 0, no low level."""
    bench, outlet = simulated_bench, simulated_bench.world.outlets[0]

    async def live() -> None:
        async with plugged(bench, output_probe=None) as scope:
            await scope.open()
            if state == "B":
                outlet.move_plug("plugged in")
            elif state == "E":
                bench.world.grid.set_power(False)
            elif state == "F":
                outlet.signal_fault(True)
            seen = await scope.read()
            truth = {"A": 12.0, "B": 9.0, "E": 0.0, "F": -12.0}[state]
            assert seen.high.value == pytest.approx(truth, abs=0.25)
            assert (seen.duty.value, seen.low, seen.rise, seen.fall) == (100.0, None, None, None)
            assert seen.frequency is not None
            assert seen.frequency.value == 0.0

    bench.clock.run(live())


async def caught(bench: SimulatedBench, scope: Any, event: PilotEvent, after_s: float) -> Any:
    """The output follows the pilot after so many seconds."""
    outlet = bench.world.outlets[0]
    if event == "open":
        bench.start_charge(32.0)
        await bench.clock.sleep(1.0)
    else:
        outlet.move_plug("in hand")
        outlet.vehicle.plug_in()
        outlet.offer(32.0)
        await bench.clock.sleep(1.0)
    since = bench.clock.monotonic()
    await scope.arm(event)
    await bench.clock.sleep(0.4)
    outlet.vehicle.set_ready(event == "close")
    if event == "close":
        await bench.clock.sleep(0.2)  # the car's reaction
    await bench.clock.sleep(after_s)
    if event == "close":
        outlet.contactor.close()
    else:
        outlet.contactor.open()
    truth = switching_delay(outlet.history.since(since), event)
    seen = await scope.fetch()
    assert seen.event == event
    return truth, seen.delay


@pytest.mark.parametrize("after_s", [0.0371, 0.0958])
def test_opening_is_timed_to_a_fraction_of_a_period(simulated_bench: SimulatedBench, after_s: float) -> None:
    """Within the stated uncertainty of what the world knows, and small against the limit of 100 ms."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench) as scope:
            await scope.open()
            truth, delay = await caught(bench, scope, "open", after_s)
            assert truth == pytest.approx(after_s)
            assert not delay.flags
            assert delay.u is not None
            assert abs(delay.value - truth) <= math.sqrt(6.0) * delay.u + 2e-5
            assert delay.u < 0.5e-3

    bench.clock.run(live())


def test_closing_is_timed(simulated_bench: SimulatedBench) -> None:
    """The pilot's edge lies before the trigger, which is the output; 600 000 samples of each channel in three pieces."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench) as scope:
            await scope.open()
            truth, delay = await caught(bench, scope, "close", 2.345)
            assert truth == pytest.approx(2.345)
            assert not delay.flags
            assert delay.u is not None
            assert abs(delay.value - truth) <= math.sqrt(6.0) * delay.u + 2e-5
            assert delay.u < 0.5e-3
            blocks = [bench.notes[seq][1] for seq in delay.seq if bench.notes[seq][1].get("sha256")]
            assert [block["length"] for block in blocks] == [250_000, 250_000, 100_000] * 2

    bench.clock.run(live())


@pytest.mark.parametrize("event", ["open", "close"])
def test_nothing_caught_is_no_data(simulated_bench: SimulatedBench, event: PilotEvent) -> None:
    """Armed, and nothing came: flagged, with the exchange that says so, and the scope is stopped."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench) as scope:
            await scope.open()
            await scope.arm(event)
            seen = await scope.fetch()
            assert seen.delay.flags == {"no data"}
            assert bench.notes[seen.delay.seq[0]][1]["rx"] == "WAIT"

    bench.clock.run(live())


def test_a_contactor_that_stays_closed_is_no_delay(simulated_bench: SimulatedBench) -> None:
    """The pilot left C, the output stayed live to the end of the record: flagged, never a number."""
    bench, outlet = simulated_bench, simulated_bench.world.outlets[0]

    async def live() -> None:
        async with plugged(bench) as scope:
            await scope.open()
            bench.start_charge(32.0)
            await bench.clock.sleep(1.0)
            await scope.arm("open")
            outlet.vehicle.set_ready(False)
            seen = await scope.fetch()
            assert outlet.true_voltage_v() > 0.0
            assert seen.delay.flags == {"no data"}
            assert any(bench.notes[seq][1].get("sha256") for seq in seen.delay.seq)

    bench.clock.run(live())


def test_loud_noise_is_seeded_and_survived(simulated_bench: SimulatedBench) -> None:
    """One and a half steps of the converter: equal bytes from equal seeds, other bytes from others, and a sound reading."""
    bench = simulated_bench

    def sampled(seed: int) -> bytes:
        twin = ScopeTwin(bench.world, noise_v=(-0.3, 0.3), seed=seed)
        for line in (":CHAN1:SCAL 5", ":TIM:SCAL 0.0001", ":STOP", ":WAV:STAR 1", ":WAV:STOP 12000"):
            twin.handle(line)
        data = twin.handle(":WAV:DATA?")
        assert isinstance(data, bytes)
        return data

    assert len(sampled(1)) == 12_011
    assert sampled(1) == sampled(1) != sampled(2)

    async def live() -> None:
        async with serve_scpi(ScopeTwin(bench.world, noise_v=(-0.3, 0.3), seed=3)) as server:
            scope: Any = rigol_ds1000z(
                bench.around("pilot_scope", world=False),
                resource=server.resource,
                output_probe=100.0,
                calibration="simulated_scope.yaml",
            )
            await scope.open()
            bench.start_charge()
            bench.world.outlets[0].offer(16.0)
            await bench.clock.sleep(1.0)
            seen = await scope.read()
            for reading, truth in ((seen.high, 6.0), (seen.duty, duty_pct(16.0)), (seen.frequency, 1000.0)):
                assert not reading.flags
                assert abs(reading.value - truth) <= 3.0 * reading.u
            truth, delay = await caught(bench, scope, "open", 0.0613)
            assert abs(delay.value - truth) <= math.sqrt(6.0) * delay.u + 2e-5
            await scope.close()

    bench.clock.run(live())


def test_verbs_out_of_turn_are_sentences(simulated_bench: SimulatedBench) -> None:
    """Fetching before arming, and arming without an output channel; harmless at any time."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench) as scope:
            await scope.make_safe()
            assert scope.supports == {"output_channel"}
            await scope.open()
            with pytest.raises(InstrumentError, match="was asked for a delay before it was armed"):
                await scope.fetch()
            await scope.make_safe()
        async with plugged(bench, output_probe=None) as scope:
            assert scope.supports == frozenset()
            await scope.open()
            with pytest.raises(
                InstrumentError, match="has no output channel: give its bench entry the key output_probe"
            ):
                await scope.arm("open")

    bench.clock.run(live())


def test_without_calibration_nothing_decides(simulated_bench: SimulatedBench) -> None:
    """No file, no uncertainty, and the flag on every value."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, calibration=None) as scope:
            await scope.open()
            bench.start_charge()
            seen = await scope.read()
            for reading in (seen.high, seen.duty, seen.low, seen.frequency, seen.rise, seen.fall):
                assert reading.flags == {"no calibration"}
                assert reading.u is None

    bench.clock.run(live())


@pytest.mark.parametrize("option", ["pilot_probe", "output_probe", "output_threshold", "frequency"])
def test_options_that_make_no_sense_are_refused(simulated_bench: SimulatedBench, option: str) -> None:
    """Before anything is connected."""
    options: dict[str, Any] = {option: 0.0}
    with pytest.raises(
        BenchError, match=rf"pilot_scope \(rigol_ds1000z\): {option} is 0; it must be above 0\."
    ):
        rigol_ds1000z(
            simulated_bench.around("pilot_scope", world=False), resource="TCPIP::x::INSTR", **options
        )
