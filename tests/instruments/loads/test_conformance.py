"""Every electronic load driver over its twin, a socket and @py: what the role ``load`` promises, whatever the words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, InstrumentError
from wattest.roles import ReadBack
from wattest.run.rehearse import Rehearsal
from wattest_instruments.loads.chroma_63800 import chroma_63800, chroma_63800_twin
from wattest_instruments.loads.ea_load import ea_load, ea_load_twin
from wattest_instruments.loads.twin import ea_device
from wattest_instruments.twins.server import serve_scpi

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

pytestmark = pytest.mark.real_time


@asynccontextmanager
async def psb_twin(there: Rehearsal) -> AsyncIterator[dict[str, Any]]:
    """A supply that works both ways."""
    async with serve_scpi(ea_device(there.world, model="PSB 9500-90")) as server:
        yield {"resource": server.resource, "library": "@py"}


LOADS: dict[str, tuple[Callable[..., Any], Callable[..., Any], str]] = {
    "chroma_63800": (chroma_63800, chroma_63800_twin, "chroma_63800"),
    "ea_load": (ea_load, ea_load_twin, "ea_load"),
    "ea_load, PSB": (ea_load, psb_twin, "ea_load"),
}


@asynccontextmanager
async def plugged(bench: SimulatedBench, name: str, **options: Any) -> AsyncIterator[Any]:
    """A driver led to its twin, as a rehearsal does it."""
    driver, twin, _ = LOADS[name]
    entry = {"current_limit": 40.0, **options}
    async with twin(Rehearsal(bench.world, bench.clock, "load", entry, "")) as led:
        load = driver(bench.around("load", world=False), **{**entry, **led})
        try:
            yield load
        finally:
            await load.close()


@pytest.mark.parametrize("name", LOADS)
def test_what_it_draws_is_what_the_car_takes(simulated_bench: SimulatedBench, name: str) -> None:
    """Nothing before the input is on, the set current then, and nothing again after."""
    bench, outlet = simulated_bench, simulated_bench.world.outlets[0]

    async def live() -> None:
        async with plugged(bench, name) as load:
            bench.start_charge(0.0)
            await bench.clock.sleep(1.0)
            identity = await load.open()
            assert identity.serial
            assert await load.open() == identity
            await load.set_current(16.0)
            assert outlet.true_current_a() == 0.0
            await load.set_input(True)
            assert outlet.true_current_a() == 16.0
            await load.set_current(32.0)
            seen = await load.measure()
            assert seen.voltage.value == pytest.approx(outlet.true_voltage_v(), rel=1e-3)
            assert seen.current.value == pytest.approx(32.0, rel=1e-3)
            assert seen.power.value == pytest.approx(outlet.true_power_w(), rel=1e-3)
            for part in (seen.voltage, seen.current, seen.power):
                assert part.flags == {"no calibration"}
                answer = bench.notes[part.seq[0]][1]["rx"]
                pieces = answer.split(",") if part.index is not None else [answer]
                assert pieces[part.index or 0].strip() == part.raw
            await load.set_input(False)
            assert outlet.true_current_a() == 0.0

    bench.clock.run(live())


@pytest.mark.parametrize("name", LOADS)
def test_limits_are_refused_with_a_sentence(simulated_bench: SimulatedBench, name: str) -> None:
    """Nothing beyond the bench entry is ever sent."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, name) as load:
            await load.open()
            said = len(bench.said())
            with pytest.raises(
                InstrumentError,
                match=r"41 A was asked for, outside 0 A to the current_limit of 40 A in the bench entry\. Nothing was changed\.",
            ):
                await load.set_current(41.0)
            with pytest.raises(InstrumentError, match="-1 A was asked for"):
                await load.set_current(-1.0)
            assert len(bench.said()) == said

    bench.clock.run(live())


@pytest.mark.parametrize("name", LOADS)
def test_make_safe_takes_the_load_off_at_any_time(simulated_bench: SimulatedBench, name: str) -> None:
    """Before open, twice, and after a command that failed; read_back says so only when it is true."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, name) as load:
            await load.make_safe()
            await load.open()
            bench.start_charge(0.0)
            await load.set_current(20.0)
            await load.set_input(True)
            await bench.clock.sleep(1.0)
            told: ReadBack = await load.read_back()
            assert (told.safe, told.sentence) == (False, "input on, 20 A")
            with pytest.raises(InstrumentError):
                await load.set_current(400.0)
            await load.make_safe()
            await load.make_safe()
            told = await load.read_back()
            assert (told.safe, told.sentence) == (True, "input off, 0 A")
            assert len(told.seq) >= 2
            assert bench.world.outlets[0].true_current_a() == 0.0

    bench.clock.run(live())


@pytest.mark.parametrize("name", LOADS)
def test_a_larger_limit_than_the_load_has_stops_at_open(simulated_bench: SimulatedBench, name: str) -> None:
    """The sentence names model, ability and wish."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, name, current_limit=100.0) as load:
            with pytest.raises(
                InstrumentError,
                match=r"is a .* for (45|90) A, and current_limit in the bench entry is 100 A: lower it\.",
            ):
                await load.open()

    bench.clock.run(live())


@pytest.mark.parametrize("name", LOADS)
def test_verbs_before_open_say_so(simulated_bench: SimulatedBench, name: str) -> None:
    """Nothing is sent to a load that was not prepared."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, name) as load:
            for verb in (load.set_current(1.0), load.set_input(True), load.measure()):
                with pytest.raises(InstrumentError, match=r"is not open: call open\(\) first"):
                    await verb
            assert bench.said() == []

    bench.clock.run(live())


@pytest.mark.parametrize("name", ["chroma_63800", "ea_load"])
def test_a_limit_of_nothing_is_refused(simulated_bench: SimulatedBench, name: str) -> None:
    """Before anything is connected."""
    driver, _, called = LOADS[name]
    with pytest.raises(BenchError, match=rf"load \({called}\): current_limit is 0; it must be above 0\."):
        driver(simulated_bench.around("load", world=False), resource="TCPIP::x::INSTR", current_limit=0.0)


def test_a_power_limit_is_set_and_read_back(simulated_bench: SimulatedBench) -> None:
    """In the load itself."""
    bench = simulated_bench

    async def live() -> None:
        async with plugged(bench, "ea_load", power_limit=6000.0) as load:
            await load.open()
            assert "POW 6000" in bench.said()
            assert "POW?" in bench.said()

    bench.clock.run(live())
