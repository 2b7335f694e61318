"""An instrument that falls silent in the middle of a command is still made safe."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

import pyvisa_wattest
from wattest.errors import InstrumentError
from wattest_instruments.link import TimedOut
from wattest_instruments.loads.chroma_63800 import chroma_63800
from wattest_instruments.loads.ea_load import ea_load
from wattest_instruments.loads.twin import chroma_63800_device, ea_device
from wattest_instruments.sources.california import california
from wattest_instruments.sources.chroma_61500 import chroma_61500
from wattest_instruments.sources.keysight_ac6800 import keysight_ac6800
from wattest_instruments.sources.twin import california_device, chroma_61500_device, keysight_ac6800_device

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

RESOURCE = "TCPIP::silent::INSTR"
SOURCE = {"voltage": 240.0, "voltage_limit": 280.0, "current_limit": 40.0}
LOAD = {"current_limit": 40.0}
PARTS: dict[str, tuple[Callable[..., Any], Callable[..., Any], dict[str, float]]] = {
    "chroma_61500": (chroma_61500, chroma_61500_device, SOURCE),
    "california": (california, california_device, SOURCE),
    "keysight_ac6800": (keysight_ac6800, keysight_ac6800_device, SOURCE),
    "chroma_63800": (chroma_63800, chroma_63800_device, LOAD),
    "ea_load": (ea_load, ea_device, LOAD),
}
_numbers = itertools.count(1)


def lost(_answer: str | None) -> None:
    """An answer that never comes."""


def silenced(bench: SimulatedBench, name: str) -> tuple[Any, pyvisa_wattest.Port]:
    driver, device, options = PARTS[name]
    place = f"silent-{next(_numbers)}"
    port = pyvisa_wattest.register(RESOURCE, device(bench.world), bench=place)
    around = bench.around("mains" if options is SOURCE else "load", world=False)
    return driver(around, resource=RESOURCE, library=f"{place}@wattest", **options), port


async def energised(bench: SimulatedBench, part: Any) -> None:
    await part.open()
    if hasattr(part, "set_power"):
        await part.set_power(True)
    else:
        bench.start_charge(0.0)
        await bench.clock.sleep(1.0)
        await part.set_current(16.0)
        await part.set_input(True)


@pytest.mark.parametrize("name", PARTS)
def test_a_lost_answer_does_not_keep_the_energy_on(simulated_bench: SimulatedBench, name: str) -> None:
    """The command fails with a time-out; making safe works right after it, and is confirmed."""
    bench = simulated_bench
    part, port = silenced(bench, name)

    async def live() -> None:
        await energised(bench, part)
        assert not (await part.read_back()).safe
        port.faults.append(lost)
        with pytest.raises(TimedOut, match="did not answer within 2 s"):
            await (part.set_voltage(200.0) if hasattr(part, "set_voltage") else part.set_current(8.0))
        await part.make_safe()
        assert (await part.read_back()).safe

    bench.clock.run(live())


@pytest.mark.parametrize("name", PARTS)
def test_a_link_that_broke_is_opened_again_to_make_safe(simulated_bench: SimulatedBench, name: str) -> None:
    """Silent to the command and to the question who is there: the link is given up, and making safe connects anew."""
    bench = simulated_bench
    part, port = silenced(bench, name)

    async def live() -> None:
        await energised(bench, part)
        port.faults.extend([lost, lost])
        with pytest.raises(TimedOut):
            await (part.set_voltage(200.0) if hasattr(part, "set_voltage") else part.set_current(8.0))
        await part.make_safe()
        assert (await part.read_back()).safe

    bench.clock.run(live())


@pytest.mark.parametrize("name", PARTS)
def test_silence_while_making_safe_is_never_taken_for_safety(
    simulated_bench: SimulatedBench, name: str
) -> None:
    """When the instrument does not confirm, that is an error; the second attempt, as the runner makes it, succeeds."""
    bench = simulated_bench
    part, port = silenced(bench, name)

    async def live() -> None:
        await energised(bench, part)
        port.faults.append(lost)
        with pytest.raises(InstrumentError):
            await part.make_safe()
        await part.make_safe()
        assert (await part.read_back()).safe

    bench.clock.run(live())
