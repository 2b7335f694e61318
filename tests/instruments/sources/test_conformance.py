"""Every AC source driver over its twin, a socket and @py: what the role ``mains`` promises, whatever the words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, InstrumentError
from wattest.roles import ReadBack, ReadsBack, SupplyStep
from wattest.run.rehearse import Rehearsal
from wattest_instruments.sources.california import california, california_twin
from wattest_instruments.sources.chroma_61500 import chroma_61500, chroma_61500_twin
from wattest_instruments.sources.keysight_ac6800 import keysight_ac6800, keysight_ac6800_twin

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

pytestmark = pytest.mark.real_time

SOURCES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "chroma_61500": (chroma_61500, chroma_61500_twin),
    "california": (california, california_twin),
    "keysight_ac6800": (keysight_ac6800, keysight_ac6800_twin),
}
DIPPING = ["chroma_61500", "california"]


@asynccontextmanager
async def plugged(bench: SimulatedBench, name: str, **options: Any) -> AsyncIterator[Any]:
    """A driver led to its twin, as a rehearsal does it."""
    driver, twin = SOURCES[name]
    entry = {"voltage": 240.0, "voltage_limit": 280.0, "current_limit": 40.0, **options}
    there = Rehearsal(bench.world, bench.clock, "mains", entry, "")
    async with twin(there) as led:
        part = driver(bench.around("mains", world=False), **{**entry, **led})
        try:
            yield part
        finally:
            await part.close()


@pytest.mark.parametrize("name", SOURCES)
def test_opening_identifies_and_energises_nothing(simulated_bench: SimulatedBench, name: str) -> None:
    """A station without power stays without, one with power keeps it, and nothing about it changes."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, name) as mains:
            identity = await mains.open()
            assert identity.serial
            await mains.set_voltage(230.0)
            assert await mains.open() == identity
            assert (bench.world.grid.powered, bench.world.grid.nominal_v) == (True, 230.0)
            await mains.set_power(False)
            await mains.close()
            await mains.open()
            assert not bench.world.grid.powered

    bench.clock.run(live())


@pytest.mark.parametrize("name", SOURCES)
def test_power_voltage_and_frequency_reach_the_station(simulated_bench: SimulatedBench, name: str) -> None:
    """Nominal values whenever power comes; changes at once; off means off."""
    bench, grid = simulated_bench, simulated_bench.world.grid

    async def live() -> None:
        async with plugged(bench, name, frequency=50.0) as mains:
            await mains.open()
            await mains.set_power(True)
            assert (grid.powered, grid.nominal_v, grid.frequency_hz) == (True, 240.0, 50.0)
            await mains.set_voltage(216.0)
            await mains.set_frequency(59.5)
            assert (grid.nominal_v, grid.frequency_hz) == (216.0, 59.5)
            await mains.set_power(False)
            assert not grid.powered
            await mains.set_power(True)
            assert (grid.powered, grid.nominal_v, grid.frequency_hz) == (True, 240.0, 50.0)

    bench.clock.run(live())


@pytest.mark.parametrize("name", SOURCES)
def test_limits_are_refused_with_a_sentence(simulated_bench: SimulatedBench, name: str) -> None:
    """Nothing beyond the bench entry is ever sent."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, name) as mains:
            await mains.open()
            said = len(bench.said())
            with pytest.raises(
                InstrumentError,
                match=r"281 V was asked for, outside 0 V to the voltage_limit of 280 V in the bench entry\. Nothing was changed\.",
            ):
                await mains.set_voltage(281.0)
            with pytest.raises(InstrumentError, match=r"-1 V was asked for"):
                await mains.set_voltage(-1.0)
            with pytest.raises(InstrumentError, match=r"71 Hz was asked for, outside 40 Hz to 70 Hz"):
                await mains.set_frequency(71.0)
            assert len(bench.said()) == said
            assert bench.world.grid.nominal_v == 240.0

    bench.clock.run(live())


@pytest.mark.parametrize("name", SOURCES)
def test_measurements_agree_with_the_world(simulated_bench: SimulatedBench, name: str) -> None:
    """Volts, amperes, watts and hertz at the station's input, each with the entry that proves it."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, name) as mains:
            await mains.open()
            bench.start_charge(32.0)
            await bench.clock.sleep(1.0)
            seen = await mains.measure()
            assert seen.voltage.value == pytest.approx(240.0, rel=1e-4)
            assert seen.current.value == pytest.approx(bench.world.input_current_a(), rel=1e-3)
            assert seen.power.value == pytest.approx(bench.world.input_power_w(), rel=1e-3)
            assert seen.frequency.value == pytest.approx(60.0)
            for part in (seen.voltage, seen.current, seen.power, seen.frequency):
                assert part.flags == {"no calibration"}
                assert bench.notes[part.seq[0]][1]["rx"] == part.raw

    bench.clock.run(live())


@pytest.mark.parametrize("name", SOURCES)
def test_make_safe_takes_power_away_at_any_time(simulated_bench: SimulatedBench, name: str) -> None:
    """Before open, twice, and after a command that failed; read_back says so only when it is true."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, name) as mains:
            asking: ReadsBack = mains
            assert isinstance(asking, ReadsBack)
            assert (await mains.read_back()).safe is False
            await mains.make_safe()
            assert not bench.world.grid.powered
            await mains.make_safe()
            await mains.open()
            await mains.set_power(True)
            told: ReadBack = await mains.read_back()
            assert (told.safe, told.sentence) == (False, "output on, 240 V")
            with pytest.raises(InstrumentError):
                await mains.set_voltage(400.0)
            await mains.make_safe()
            told = await mains.read_back()
            assert (told.safe, told.sentence) == (True, "output off, 0 V")
            assert told.seq

    bench.clock.run(live())


@pytest.mark.parametrize("name", DIPPING)
def test_dips_are_timed_by_the_source(simulated_bench: SimulatedBench, name: str) -> None:
    """A list: exact to the millisecond on the world's clock, and everything as before when it is over."""
    bench, grid = simulated_bench, simulated_bench.world.grid
    seen: list[tuple[float, bool, float, float]] = []

    async def live() -> None:
        async with plugged(bench, name) as mains:
            await mains.open()
            await mains.set_power(True)
            await mains.set_voltage(230.0)
            begin = bench.clock.monotonic()
            grid.on_change(
                lambda: seen.append(
                    (
                        round(bench.clock.monotonic() - begin, 6),
                        grid.powered,
                        grid.nominal_v,
                        grid.frequency_hz,
                    )
                )
            )
            await mains.run_profile(
                (SupplyStep(0.25, 96.0), SupplyStep(0.02, 0.0), SupplyStep(0.5, 161.0, 59.0))
            )
            assert (grid.powered, grid.nominal_v, grid.frequency_hz) == (True, 230.0, 60.0)

    bench.clock.run(live())
    assert (0.0, True, 96.0, 60.0) in seen
    assert (0.25, False, 96.0, 60.0) in seen
    assert (0.27, True, 161.0, 59.0) in seen
    assert not [one for one in seen if 0.0 < one[0] < 0.25]


@pytest.mark.parametrize("name", DIPPING)
def test_profiles_are_checked_before_anything_is_sent(simulated_bench: SimulatedBench, name: str) -> None:
    """Too high, too short, too many: a sentence, and the list on the source is not touched."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, name) as mains:
            await mains.open()
            said = len(bench.said())
            for steps, sentence in (
                ((SupplyStep(1.0, 300.0),), "300 V was asked for"),
                ((SupplyStep(1.0, 200.0, 20.0),), "20 Hz was asked for"),
                ((SupplyStep(1e-4, 200.0),), r"times its list in milliseconds; a step lasts 0\.0001 s"),
                ((), "the profile has 0"),
                ((SupplyStep(1.0, 200.0),) * 101, r"plays 1 to \d+ steps; the profile has 101"),
            ):
                with pytest.raises(InstrumentError, match=sentence):
                    await mains.run_profile(steps)
            assert len(bench.said()) == said

    bench.clock.run(live())


@pytest.mark.parametrize("name", DIPPING)
def test_making_safe_ends_a_list(simulated_bench: SimulatedBench, name: str) -> None:
    """A run that is broken off in the middle of a profile leaves no list that would bring power back."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, name) as mains:
            await mains.open()
            await mains.set_power(True)
            task = asyncio.create_task(mains.run_profile((SupplyStep(5.0, 100.0), SupplyStep(5.0, 200.0))))
            await bench.clock.sleep(2.0)
            task.cancel()
            await mains.make_safe()
            await bench.clock.sleep(60.0)
            assert not bench.world.grid.powered
            await mains.set_power(True)
            assert bench.world.grid.nominal_v == 240.0

    bench.clock.run(live())


def test_a_source_without_a_known_list_says_so(simulated_bench: SimulatedBench) -> None:
    """The Keysight plays no dips, names why, and does not claim to."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, "keysight_ac6800") as mains:
            assert "supply_dips" not in mains.supports
            await mains.open()
            with pytest.raises(InstrumentError, match="no list of this source is publicly known"):
                await mains.run_profile((SupplyStep(1.0, 100.0),))

    bench.clock.run(live())


@pytest.mark.parametrize("name", DIPPING)
def test_three_phases_are_fed_but_not_read(simulated_bench: SimulatedBench, name: str) -> None:
    """What is not publicly known is left out and said."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, name, phases="3") as mains:
            assert "supply_reading" not in mains.supports
            await mains.open()
            await mains.set_power(True)
            with pytest.raises(InstrumentError, match="readings of three phases are left out"):
                await mains.measure()

    bench.clock.run(live())


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"voltage": 290.0}, r"voltage is 290 V, above voltage_limit 280 V\."),
        ({"current_limit": 0.0}, r"current_limit is 0; it must be above 0\."),
        ({"frequency": 400.0}, r"frequency is 400 Hz; give 40 Hz to 70 Hz\."),
    ],
)
def test_ratings_that_make_no_sense_are_refused(
    simulated_bench: SimulatedBench, name: str, options: dict[str, float], sentence: str
) -> None:
    """Before anything is connected."""
    driver, _ = SOURCES[name]
    entry = {"voltage": 240.0, "voltage_limit": 280.0, "current_limit": 40.0, **options}
    with pytest.raises(BenchError, match=rf"mains \({name}\): {sentence}"):
        driver(simulated_bench.around("mains", world=False), resource="TCPIP::x::INSTR", **entry)


@pytest.mark.parametrize(
    ("name", "limit"), [("chroma_61500", 70.0), ("california", 100.0), ("keysight_ac6800", 50.0)]
)
def test_a_current_limit_that_the_source_has_not_stops_at_open(
    simulated_bench: SimulatedBench, name: str, limit: float
) -> None:
    """The source's own refusal is told with the line that it refused."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, name, current_limit=limit) as mains:
            with pytest.raises(InstrumentError, match=r"refused 'CURR.*error -222,\"Data out of range\""):
                await mains.open()

    bench.clock.run(live())
