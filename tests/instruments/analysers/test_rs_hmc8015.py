from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, InstrumentError
from wattest_instruments.analysers.rs_hmc8015 import rs_hmc8015
from wattest_instruments.analysers.rs_hmc8015_twin import HmcTwin
from wattest_instruments.dialogue import expect_dialogue
from wattest_instruments.twins.plane import OutletPlane
from wattest_instruments.twins.server import serve_scpi

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

    from wattest.roles import PowerReading

IDN = ("*IDN?", "Rohde&Schwarz,HMC8015,012345678,00.011")
FINE = ("SYST:ERR?", '0,"No error"')
RESOURCE = "TCPIP::dialogue::INSTR"
QUESTION = "CHAN1:MEAS:DATA?"
RANGES = "3.0E+02,2.0E+01"

Lines = tuple[tuple[str, str | None], ...]


def settings(*lines: str) -> Lines:
    """Writes, each followed by a look at the error queue."""
    return tuple(exchange for line in lines for exchange in ((line, None), FINE))


def data(energy: str, time: str, *, amps: str = "1.6E+01", ranges: str = RANGES) -> tuple[str, str]:
    return QUESTION, f"2.3936E+02,{amps},3.82976E+03,{energy},{time},{ranges}"


OPENING: Lines = (
    IDN,
    ("*CLS", None),
    *settings("SYST:REM", "CHAN1:ACQ:VOLT:RANG:AUTO OFF", "CHAN1:ACQ:VOLT:RANG 300"),
    *settings("CHAN1:ACQ:CURR:RANG:AUTO OFF", "CHAN1:ACQ:CURR:RANG 20"),
    *settings("CHAN1:MEAS:FORM ASC", "CHAN1:MEAS:FUNC URMS,IRMS,P,WH,TIME,URAN,IRAN"),
    data("0.0", "0.0"),
)
TOLD: Lines = settings("INT:STAT ON", "INT:MODE MAN", "INT:RES", "INT:STAR")
STARTED: Lines = (*TOLD, data("1.0E+00", "1.0E+00"), data("3.0E+00", "3.0E+00"))


def meter(bench: SimulatedBench, library: str, **options: Any) -> Any:
    return rs_hmc8015(
        bench.around("reference_meter", world=False), resource=RESOURCE, library=library, **options
    )


def read_after(bench: SimulatedBench, *answers: tuple[str, str], calibration: str | None = None) -> Any:
    with expect_dialogue(*OPENING, *STARTED, *answers) as library:
        driver = meter(bench, library, calibration=calibration)

        async def live() -> list[PowerReading]:
            await driver.open()
            await driver.start_integration()
            return [await driver.read() for _ in answers]

        return bench.clock.run(live())


def test_energy_counts_from_the_first_reading(simulated_bench: SimulatedBench) -> None:
    """What the display began with is taken off, and both answers are evidence."""
    (reading,) = read_after(simulated_bench, data("1.001E+03", "9.01E+02"))
    assert (reading.energy.value, reading.elapsed.value) == (1000.0, 900.0)
    assert reading.energy.index is None
    answers = [simulated_bench.notes[seq][1]["rx"] for seq in reading.energy.seq]
    assert [answer.split(",")[3] for answer in answers] == ["1.0E+00", "1.001E+03"]
    assert (reading.current.value, reading.current.index) == (16.0, 1)


def test_integrator_that_does_not_run_is_left_to_a_person(simulated_bench: SimulatedBench) -> None:
    """Nothing is believed of the commands: the integration time must go on between two readings."""
    refused = ("SYST:ERR?", '-113,"Undefined header"')
    told = (("INT:STAT ON", None), refused, *TOLD[2:])
    with expect_dialogue(*OPENING, *told, data("0.0", "0.0"), data("0.0", "0.0")) as library:
        driver = meter(simulated_bench, library)
        simulated_bench.clock.run(driver.open())
        with pytest.raises(InstrumentError) as caught:
            simulated_bench.clock.run(driver.start_integration())
    assert str(caught.value) == (
        f"{RESOURCE} (@wattest) does not integrate: its integration time stands at '0.0'. {RESOURCE} (@wattest) "
        "refused 'INT:STAT ON': error -113,\"Undefined header\". Start the integrator on its front panel in manual mode, "
        "then begin again: energy counts from the first reading after that."
    )


def test_integration_time_that_jumps_back_is_noticed(simulated_bench: SimulatedBench) -> None:
    """Somebody reset the integrator, or it lost its power."""
    sound, broken, after = read_after(
        simulated_bench, *(data("1.0E+03", time) for time in ("9.0E+02", "8.0E+02", "1.0E+03"))
    )
    assert "integration broken off" not in sound.energy.flags
    assert "integration broken off" in broken.energy.flags
    assert "integration broken off" in after.energy.flags
    assert "integration broken off" not in broken.power.flags


def test_beyond_a_range_and_without_data_there_are_flags(simulated_bench: SimulatedBench) -> None:
    """More than 1.1 times a range is over-range, and 9.91E+37 is no data."""
    (reading,) = read_after(simulated_bench, data("9.91E+37", "9.0E+02", amps="2.3E+01"))
    assert "over-range" in reading.current.flags
    assert "over-range" in reading.power.flags
    assert "no data" in reading.energy.flags
    assert math.isnan(reading.energy.value)


def test_another_range_is_noticed_with_every_reading(simulated_bench: SimulatedBench) -> None:
    """The ranges come with the values: a reading on another one is none."""
    with pytest.raises(InstrumentError, match=r"was set to the range 20 A and answers '1\.0E\+01'"):
        read_after(simulated_bench, data("1.0", "9.0", ranges="3.0E+02,1.0E+01"))


def test_before_a_start_there_is_no_energy(simulated_bench: SimulatedBench) -> None:
    """Without a first reading there is nothing to count from; stopping is harmless, and closing gives it back."""
    with expect_dialogue(*OPENING, data("5.0", "9.0"), ("SYST:LOC", None)) as library:
        driver = meter(simulated_bench, library)

        async def live() -> PowerReading:
            await driver.open()
            await driver.stop_integration()
            reading: PowerReading = await driver.read()
            await driver.close()
            await driver.close()
            return reading

        reading = simulated_bench.clock.run(live())
    assert reading.energy.flags == reading.elapsed.flags == {"no data"}
    assert reading.power.value == 3829.76


def test_impossible_range_is_refused_when_the_bench_is_built(simulated_bench: SimulatedBench) -> None:
    """A range of nothing needs no instrument to be wrong."""
    with pytest.raises(BenchError, match=r"reference_meter \(rs_hmc8015\): current_range is 0; a range"):
        meter(simulated_bench, "x@wattest", current_range=0.0)


def test_it_measures_in_the_simulated_world(simulated_bench: SimulatedBench) -> None:
    """With the library @wattest a twin is plugged in at outlet 1 of the bench's own world."""
    driver = rs_hmc8015(simulated_bench.around("reference_meter"), resource=RESOURCE, library="@wattest")

    async def live() -> PowerReading:
        await driver.open()
        simulated_bench.start_charge(16.0)
        await simulated_bench.clock.sleep(60.0)
        return await driver.read()

    assert simulated_bench.clock.run(live()).current.value == pytest.approx(16.0)


@pytest.mark.real_time
def test_started_by_hand_it_counts_from_the_first_reading(simulated_bench: SimulatedBench) -> None:
    """A twin that obeys no integrator command is started at its front panel while the charge runs already."""
    bench, outlet = simulated_bench, simulated_bench.world.outlets[0]
    twin = HmcTwin(OutletPlane(bench.world), obeys=False)

    async def live() -> None:
        async with serve_scpi(twin) as server:
            around = bench.around("reference_meter", world=False)
            driver = rs_hmc8015(around, resource=server.resource)
            await driver.open()
            bench.start_charge(16.0)
            await bench.clock.sleep(60.0)
            with pytest.raises(InstrumentError, match="Start the integrator on its front panel"):
                await driver.start_integration()
            twin.press_start()
            await bench.clock.sleep(600.0)
            before = outlet.true_energy_wh()
            await driver.start_integration()
            await bench.clock.sleep(600.0)
            reading = await driver.read()
            assert reading.energy.value == pytest.approx(outlet.true_energy_wh() - before, rel=1e-5)
            await driver.close()

    bench.clock.run(live())


def test_twin_complains_in_its_queue(simulated_bench: SimulatedBench) -> None:
    """Unknown headers and ranges that it does not have; unknown functions have no data."""
    twin = HmcTwin(OutletPlane(simulated_bench.world))
    twin.handle("HAM;:CHAN1:ACQ:VOLT:RANG 7;:CHAN1:MEAS:FUNC URMS,HAM")
    assert twin.handle("SYST:ERR?") == '-113,"Undefined header"'
    assert twin.handle("SYST:ERR?") == '-222,"Data out of range"'
    assert twin.handle("SYST:ERR?;:CHAN1:MEAS:DATA?") == '0,"No error";0.000000E+00,9.910000E+37'
