from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, InstrumentError
from wattest_instruments.analysers.chroma_6620x import chroma_6620x
from wattest_instruments.analysers.chroma_6620x_twin import ChromaTwin
from wattest_instruments.dialogue import expect_dialogue
from wattest_instruments.twins.plane import OutletPlane
from wattest_instruments.twins.server import serve_scpi

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

    from wattest.roles import PowerReading

IDN = ("*IDN?", "Chroma ATE,66204,66204M000066,1.00")
FINE = ("*ESR?", "0")
RESOURCE = "TCPIP::dialogue::INSTR"
QUESTION = "FETC? V,I,W,ENEG"

Lines = tuple[tuple[str, str | None], ...]


def settings(*lines: str) -> Lines:
    """Writes, each followed by a look at the status register."""
    return tuple(exchange for line in lines for exchange in ((line, None), FINE))


OPENING: Lines = (
    IDN,
    ("*CLS", None),
    *settings("CHAN 3", "TRIG OFF", "VOLT:RANG V300"),
    ("VOLT:RANG?", "V300"),
    *settings("CURR:RANG A20"),
    ("CURR:RANG?", "A20"),
    *settings("ENER:MODE JOULE", "TRIG:MODE ENERGY"),
)
START: Lines = (*settings("TRIG OFF", "TRIG ON"), ("TRIG?", "RUNNING"))


def meter(bench: SimulatedBench, library: str, **options: Any) -> Any:
    around = bench.around("reference_meter", world=False)
    return chroma_6620x(around, resource=RESOURCE, library=library, **{"channel": 3, **options})


def read_once(bench: SimulatedBench, values: str, state: str = "RUNNING") -> PowerReading:
    with expect_dialogue(*OPENING, *START, (QUESTION, values), ("TRIG?", state)) as library:
        driver = meter(bench, library)

        async def live() -> PowerReading:
            await driver.open()
            await driver.start_integration()
            await bench.clock.sleep(3600.0)
            reading: PowerReading = await driver.read()
            return reading

        reading: PowerReading = bench.clock.run(live())
        return reading


def test_joules_are_told_in_watt_hours(simulated_bench: SimulatedBench) -> None:
    """Energy is asked for in joules; its digits are not those of the reading, so it has no place in the answer."""
    reading = read_once(simulated_bench, "239.36,16.0000,3829.76,13787136.0")
    assert reading.energy.value == pytest.approx(3829.76)
    assert (reading.energy.index, reading.energy.raw) == (None, "13787136.0")
    assert (reading.power.value, reading.power.index) == (3829.76, 2)
    assert reading.elapsed.value == 3600.0


def test_words_for_no_value_become_flags(simulated_bench: SimulatedBench) -> None:
    """-1 and -2 are no data, -3 is over-range; a changed range breaks the integration off."""
    reading = read_once(simulated_bench, "239.36,-3,-3,-2")
    assert "over-range" in reading.current.flags
    assert "over-range" in reading.power.flags
    assert reading.energy.flags >= {"no data", "integration broken off"}
    assert math.isnan(reading.energy.value)
    assert "no data" in read_once(simulated_bench, "-1,-1,-1,-1").voltage.flags


@pytest.mark.parametrize(("state", "broken"), [("RUNNING", False), ("FINISH", True), ("STOP", True)])
def test_integration_that_ended_by_itself_is_noticed(
    simulated_bench: SimulatedBench, state: str, broken: bool
) -> None:
    """When its energy time is over it counts no more."""
    reading = read_once(simulated_bench, "239.36,16.0000,3829.76,13787136.0", state)
    assert ("integration broken off" in reading.energy.flags) is broken


def test_single_channel_is_not_chosen(simulated_bench: SimulatedBench) -> None:
    """A 66202 has one channel and no command to choose it, and refuses channel 3."""
    lines = (("*IDN?", "Chroma ATE,66202,662020001234,1.20"), *OPENING[1:2], *OPENING[4:])
    with expect_dialogue(*lines) as library:
        simulated_bench.clock.run(meter(simulated_bench, library, channel=1).open())
    with expect_dialogue(lines[0]) as library, pytest.raises(InstrumentError) as caught:
        simulated_bench.clock.run(meter(simulated_bench, library).open())
    assert str(caught.value) == (
        f"66202 at {RESOURCE} (@wattest) has 1 channel, and channel 3 was chosen: correct 'channel' in the bench file."
    )


def test_integration_that_does_not_start_is_an_error(simulated_bench: SimulatedBench) -> None:
    """A state other than running after TRIG ON is a sentence with that state."""
    with expect_dialogue(*OPENING, *START[:-1], ("TRIG?", "STOP")) as library:
        driver = meter(simulated_bench, library)
        simulated_bench.clock.run(driver.open())
        with pytest.raises(InstrumentError, match="told to integrate and is in state 'STOP': look at its"):
            simulated_bench.clock.run(driver.start_integration())


def test_range_that_does_not_stick_is_noticed(simulated_bench: SimulatedBench) -> None:
    """AUTO is no fixed range."""
    lines = (*OPENING[:8], ("VOLT:RANG?", "AUTO"))
    with expect_dialogue(*lines) as library, pytest.raises(InstrumentError, match="300 V and answers 'AUTO'"):
        simulated_bench.clock.run(meter(simulated_bench, library).open())


def test_impossible_range_is_refused_when_the_bench_is_built(simulated_bench: SimulatedBench) -> None:
    """A range of nothing needs no instrument to be wrong."""
    with pytest.raises(BenchError, match=r"reference_meter \(chroma_6620x\): current_range is 0; a range"):
        meter(simulated_bench, "x@wattest", current_range=0.0)


def test_it_measures_in_the_simulated_world(simulated_bench: SimulatedBench) -> None:
    """With the library @wattest a twin is plugged in at outlet 1 of the bench's own world."""
    driver = chroma_6620x(simulated_bench.around("reference_meter"), resource=RESOURCE, library="@wattest")

    async def live() -> PowerReading:
        await driver.open()
        simulated_bench.start_charge(16.0)
        await simulated_bench.clock.sleep(60.0)
        return await driver.read()

    assert simulated_bench.clock.run(live()).current.value == pytest.approx(16.0)


@pytest.mark.real_time
def test_energy_time_that_is_over_is_noticed_over_tcp(simulated_bench: SimulatedBench) -> None:
    """A twin whose energy time ends before the session does, as an instrument's may."""
    twin = ChromaTwin(OutletPlane(simulated_bench.world), time_s=600.0)

    async def live() -> None:
        async with serve_scpi(twin) as server:
            around = simulated_bench.around("reference_meter", world=False)
            driver = chroma_6620x(around, resource=server.resource)
            await driver.open()
            await driver.start_integration()
            simulated_bench.start_charge(16.0)
            await simulated_bench.clock.sleep(599.0)
            assert "integration broken off" not in (await driver.read()).energy.flags
            await simulated_bench.clock.sleep(2.0)
            assert "integration broken off" in (await driver.read()).energy.flags
            await driver.close()

    simulated_bench.clock.run(live())


def test_twin_complains_in_its_register(simulated_bench: SimulatedBench) -> None:
    """A channel, a range or an item that it does not have; a single channel has no CHANnel at all."""
    twin = ChromaTwin(OutletPlane(simulated_bench.world))
    for line, complaint in (
        ("CHAN 5", "16"),
        ("CHAN 4", "0"),
        ("VOLT:RANG V7", "16"),
        ("CURR:RANG AUTO", "16"),
        ("FETC? HAM", "16"),
        ("HAM", "32"),
        ("TRIG ON", "0"),
    ):
        assert twin.handle(line) is None
        assert (line, twin.handle("*ESR?")) == (line, complaint)
    assert twin.handle("TRIG:MODE?;:TRIG?;:FETC? ENEG") == "NONE;STOP;0.0"
    single = ChromaTwin(OutletPlane(simulated_bench.world), model="66202")
    single.handle("CHAN 1")
    assert single.handle("*ESR?") == "32"
