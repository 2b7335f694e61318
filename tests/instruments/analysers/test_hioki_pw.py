from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, InstrumentError
from wattest.world import World
from wattest_instruments.analysers.hioki_pw import hioki_number, hioki_pw
from wattest_instruments.analysers.hioki_pw_twin import HiokiTwin
from wattest_instruments.dialogue import expect_dialogue
from wattest_instruments.twins.plane import OutletPlane
from wattest_instruments.twins.server import serve_scpi

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

    from wattest.roles import PowerReading

IDN = "HIOKI,PW3390-01,140812345,V1.10"
FINE = ("*ESR?", "0")
RESOURCE = "TCPIP::dialogue::INSTR"
BIG = ":MEASURE? Urms1,Irms1,P1,WP1"
SMALL = ":MEASURE? U,I,P,WH"

Lines = tuple[tuple[str, str | None], ...]


def settings(*lines: str) -> Lines:
    """Writes, each followed by a look at the status register."""
    return tuple(exchange for line in lines for exchange in ((line, None), FINE))


def opening(idn: str = IDN, channels: tuple[str, ...] = ("1",)) -> Lines:
    ranges: Lines = ()
    for channel in channels:
        for node, size in ((":VOLTAGE", "300"), (":CURRENT", "50")):
            ranges += (
                *settings(f"{node}{channel}:AUTO OFF", f"{node}{channel}:RANGE {size}"),
                (f"{node}{channel}:RANGE?", size),
            )
    return (
        ("*IDN?", idn),
        ("*CLS", None),
        *settings(":HEADER OFF"),
        (":INTEGRATE:STATE?", "STOP"),
        *settings(":INTEGRATE:STATE RESET"),
        *ranges,
    )


START: Lines = (
    (":INTEGRATE:STATE?", "RESET"),
    *settings(":INTEGRATE:STATE RESET", ":INTEGRATE:STATE START"),
    (":INTEGRATE:STATE?", "START"),
)


def meter(bench: SimulatedBench, library: str, **options: Any) -> Any:
    return hioki_pw(
        bench.around("reference_meter", world=False), resource=RESOURCE, library=library, **options
    )


def read_after(
    bench: SimulatedBench, *answers: tuple[str, str], idn: str = IDN, question: str = BIG, start: bool = True
) -> list[PowerReading]:
    """The readings of answers to a question and to that for the state, an hour apart."""
    channels = ("",) if idn.startswith("HIOKI,PW3335") else ("1",)
    asked: Lines = ()
    for values, state in answers:
        asked += ((question, values), (":INTEGRATE:STATE?", state))
    with expect_dialogue(*opening(idn, channels), *(START if start else ()), *asked) as library:
        driver = meter(bench, library)

        async def live() -> list[PowerReading]:
            await driver.open()
            if start:
                await driver.start_integration()
            found = []
            for _ in answers:
                await bench.clock.sleep(3600.0)
                found.append(await driver.read())
            return found

        found: list[PowerReading] = bench.clock.run(live())
        return found


def test_three_channels_are_fixed_for_a_sum(simulated_bench: SimulatedBench) -> None:
    """With P3W4 all three channels get the ranges, and an integration that runs is stopped first."""
    lines = list(opening(channels=("1", "2", "3")))
    at = lines.index((":INTEGRATE:STATE?", "STOP"))
    lines[at : at + 1] = [(":INTEGRATE:STATE?", "START"), *settings(":INTEGRATE:STATE STOP")]
    read = (
        (":MEASURE? Urms123,Irms123,P123,WP123", "+239.36E+00,+16.000E+00,+11.489E+03,+0.00000E+00"),
        (":INTEGRATE:STATE?", "RESET"),
    )
    with expect_dialogue(*lines, *read) as library:
        driver = meter(simulated_bench, library, wiring="P3W4")

        async def live() -> PowerReading:
            identity = await driver.open()
            assert (identity.maker, identity.model, identity.serial) == ("HIOKI", "PW3390-01", "140812345")
            reading: PowerReading = await driver.read()
            return reading

        assert simulated_bench.clock.run(live()).power.value == 11489.0


def test_reading_carries_raw_digits_and_evidence(simulated_bench: SimulatedBench) -> None:
    """Values separated by commas keep their place in the answer; time is that of the bench."""
    text = "+239.36E+00,+32.000E+00,+7.6595E+03,+7.65950E+03"
    (reading,) = read_after(simulated_bench, (text, "START"))
    parts = (reading.voltage, reading.current, reading.power, reading.energy)
    assert [part.value for part in parts] == [239.36, 32.0, 7659.5, 7659.5]
    for index, part in enumerate(parts):
        assert part.index == index
        assert simulated_bench.notes[part.seq[0]][1]["rx"].split(",")[index] == part.raw
    assert reading.elapsed.value == 3600.0


def test_small_model_separates_by_semicolon(simulated_bench: SimulatedBench) -> None:
    """A PW3335 has no channel numbers; its values are no commas apart and so have no place among them."""
    (reading,) = read_after(
        simulated_bench,
        ("+110.14E+0;+1.0000E+0;+110.14E+0;+110.140E+0", "START"),
        idn="HIOKI,PW3335,140812345,V1.00",
        question=SMALL,
    )
    assert (reading.voltage.value, reading.energy.value) == (110.14, 110.14)
    assert reading.energy.index is None


def test_over_range_and_blank_become_flags(simulated_bench: SimulatedBench) -> None:
    """What stands for over-range or for nothing is no number."""
    (reading,) = read_after(simulated_bench, ("+239.36E+00,+9999.9E+99,+7777.7E+99,+6666.6E+99", "START"))
    assert "over-range" in reading.current.flags
    assert reading.power.flags >= {"no data", "over-range"}
    assert "no data" in reading.energy.flags
    assert math.isnan(reading.energy.value)
    assert hioki_number("+999.99E+9") == math.inf
    assert hioki_number("-999.99E+9") == -math.inf
    assert hioki_number("ham") is None


@pytest.mark.parametrize(
    ("second", "state"),
    [("+1.00000E+03", "RESET"), ("+1.00000E+03", "STOP"), ("+0.98400E+03", "START")],
    ids=["reset", "stopped", "energy fell"],
)
def test_power_failure_of_the_analyser_is_noticed(
    simulated_bench: SimulatedBench, second: str, state: str
) -> None:
    """It resets and stops the integral by itself: a state nobody ordered, or an energy that fell."""
    values = "+239.36E+00,+32.000E+00,+7.6595E+03,"
    sound, broken, after = read_after(
        simulated_bench,
        (values + "+1.00000E+03", "START"),
        (values + second, state),
        (values + "+2.00000E+03", "START"),
    )
    assert "integration broken off" not in sound.energy.flags
    assert "integration broken off" in broken.energy.flags
    assert "integration broken off" in after.energy.flags
    assert "integration broken off" in broken.elapsed.flags
    assert "integration broken off" not in broken.power.flags


def test_offset_of_an_idle_input_is_no_power_failure(simulated_bench: SimulatedBench) -> None:
    """Within an hour 0.1 % of the range of 15 kW may be taken off again."""
    values = "+239.36E+00,+0.0000E+00,-0.0140E+03,"
    _, idle = read_after(
        simulated_bench, (values + "+1.00000E+03", "START"), (values + "+0.98600E+03", "START")
    )
    assert "integration broken off" not in idle.energy.flags


def test_energy_is_sound_before_a_start_and_after_a_stop(simulated_bench: SimulatedBench) -> None:
    """Reset, started and stopped are states that the driver ordered itself."""
    values = "+239.36E+00,+32.000E+00,+7.6595E+03,+1.00000E+03"
    stop = ((":INTEGRATE:STATE?", "START"), *settings(":INTEGRATE:STATE STOP"), (":INTEGRATE:STATE?", "STOP"))
    reads = ((BIG, values), (":INTEGRATE:STATE?", "STOP"))
    before = ((BIG, values), (":INTEGRATE:STATE?", "RESET"))
    with expect_dialogue(*opening(), *before, *START, *stop, *reads) as library:
        driver = meter(simulated_bench, library)

        async def live() -> None:
            await driver.open()
            assert "integration broken off" not in (await driver.read()).energy.flags
            await driver.start_integration()
            await driver.stop_integration()
            await driver.stop_integration()
            assert "integration broken off" not in (await driver.read()).energy.flags

        simulated_bench.clock.run(live())


@pytest.mark.parametrize(
    ("lines", "options", "sentence"),
    [
        (
            (*opening()[:3], ("*ESR?", "32")),
            {},
            f"{RESOURCE} (@wattest) refused ':HEADER OFF': command error (*ESR? 32).",
        ),
        (
            (*opening()[:3], ("*ESR?", "24")),
            {},
            f"{RESOURCE} (@wattest) refused ':HEADER OFF': execution error and device error (*ESR? 24).",
        ),
        (
            (*opening()[:3], ("*ESR?", "ham")),
            {},
            f"{RESOURCE} (@wattest) answered 'ham' to *ESR? where a number was expected.",
        ),
        (
            (*opening()[:11], (":VOLTAGE1:RANGE?", "600")),
            {},
            (
                f"{RESOURCE} (@wattest) was set to the range 300 V and answers '600': it has no such range. Choose one "
                "of its own in the bench file."
            ),
        ),
        (
            (("*IDN?", "HIOKI,PW3336,123456789,V1.00"),),
            {"wiring": "P3W4"},
            (
                f"PW3336 at {RESOURCE} (@wattest) is not read as a sum of three phases (wiring P3W4): no public source "
                "names the items. Choose wiring P1W2, or a PW3390 or PW8001."
            ),
        ),
        (
            (("*IDN?", "YOKOGAWA,WT310E,C2QM12345,F1.04"),),
            {},
            (
                f"{RESOURCE} (@wattest) answered 'YOKOGAWA,WT310E,C2QM12345,F1.04', which is nothing that the driver "
                "'hioki_pw' is made for: choose the driver 'yokogawa_wt', or correct the resource in the bench file."
            ),
        ),
    ],
    ids=["unknown", "refused", "nonsense", "range", "sum", "stranger"],
)
def test_what_goes_wrong_is_a_sentence(
    simulated_bench: SimulatedBench, lines: Lines, options: dict[str, Any], sentence: str
) -> None:
    """A complaint, another range, a sum that it cannot give, or somebody else."""
    with expect_dialogue(*lines) as library, pytest.raises(InstrumentError) as caught:
        simulated_bench.clock.run(meter(simulated_bench, library, **options).open())
    assert str(caught.value) == sentence


def test_integration_that_does_not_start_is_an_error(simulated_bench: SimulatedBench) -> None:
    """A state other than running after START is a sentence with that state."""
    with expect_dialogue(*opening(), *START[:-1], (":INTEGRATE:STATE?", "STOP")) as library:
        driver = meter(simulated_bench, library)
        simulated_bench.clock.run(driver.open())
        with pytest.raises(InstrumentError, match="told to integrate and is in state 'STOP': look at its"):
            simulated_bench.clock.run(driver.start_integration())


def test_impossible_range_is_refused_when_the_bench_is_built(simulated_bench: SimulatedBench) -> None:
    """A range of nothing needs no instrument to be wrong."""
    with pytest.raises(BenchError, match=r"reference_meter \(hioki_pw\): voltage_range is 0; a range"):
        meter(simulated_bench, "x@wattest", voltage_range=0.0)


def test_it_measures_in_the_simulated_world(simulated_bench: SimulatedBench) -> None:
    """With the library @wattest a twin is plugged in at outlet 1 of the bench's own world."""
    driver = hioki_pw(simulated_bench.around("reference_meter"), resource=RESOURCE, library="@wattest")

    async def live() -> PowerReading:
        await driver.open()
        simulated_bench.start_charge(16.0)
        await simulated_bench.clock.sleep(60.0)
        return await driver.read()

    reading = simulated_bench.clock.run(live())
    assert reading.current.value == pytest.approx(16.0)
    assert reading.current.flags == {"no calibration"}


@pytest.mark.real_time
def test_power_failure_of_the_twin_is_noticed_over_tcp(simulated_bench: SimulatedBench) -> None:
    """The twin loses its integral as the instrument does, and the driver says so."""
    twin = HiokiTwin(OutletPlane(simulated_bench.world))

    async def live() -> None:
        async with serve_scpi(twin, end=b"\r\n", ended=b"\r\n") as server:
            around = simulated_bench.around("reference_meter", world=False)
            driver = hioki_pw(around, resource=server.resource)
            await driver.open()
            await driver.start_integration()
            simulated_bench.start_charge(16.0)
            await simulated_bench.clock.sleep(600.0)
            assert "integration broken off" not in (await driver.read()).energy.flags
            twin.interrupt()
            assert "integration broken off" in (await driver.read()).energy.flags
            await driver.start_integration()
            assert "integration broken off" not in (await driver.read()).energy.flags
            await driver.close()

    simulated_bench.clock.run(live())


def test_twin_refuses_what_its_state_forbids(simulated_bench: SimulatedBench) -> None:
    """START while running, STOP when stopped, RESET or a range while running, and what it does not know."""
    twin = HiokiTwin(OutletPlane(World(simulated_bench.clock, simulated_bench.world.sheet)))
    assert twin.handle(":INTEG:STAT?") == ":INTEGRATE:STATE RESET"
    for line, complaint in (
        (":INTEG:STAT STOP", "8"),
        (":INTEG:STAT HAM", "16"),
        (":INTEG:STAT START", "0"),
        (":INTEG:STAT START", "8"),
        (":INTEG:STAT RESET", "8"),
        (":CURR1:RANG 5", "8"),
        (":MEAS? HAM1", "16"),
        (":HAM", "32"),
        (":INTEG:STAT STOP;STAT RESET", "0"),
        (":CURR1:RANG 7", "16"),
    ):
        assert twin.handle(line) is None
        assert (line, twin.handle("*ESR?")) == (line, complaint)
