from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, InstrumentError
from wattest_instruments.analysers.tektronix_pa import tektronix_pa
from wattest_instruments.analysers.tektronix_pa_twin import PaTwin
from wattest_instruments.dialogue import expect_dialogue
from wattest_instruments.twins.plane import OutletPlane

if TYPE_CHECKING:
    from pathlib import Path

    from tests.instruments.conftest import SimulatedBench

    from wattest.roles import PowerReading

PA1000 = ("*IDN?", "TEKTRONIX,PA1000,SN1,1.0")
PA3000 = ("*IDN?", "Tektronix, PA 3000, B010123, 1.002")
RESOURCE = "TCPIP::dialogue::INSTR"
SOCKET = "TCPIP::dialogue::5025::SOCKET"
ADJUSTED = ":CAL:DATE? 2,2"

Lines = tuple[tuple[str, str | None], ...]


def settings(*lines: str, answer: str | None = None) -> Lines:
    """Settings, each followed by a look at the status register."""
    return tuple(exchange for line in lines for exchange in ((line, answer), ("*ESR?", "0")))


def opening(idn: tuple[str, str] = PA1000, answer: str | None = None, *dates: tuple[str, str]) -> Lines:
    return (
        idn,
        *dates,
        *settings("*CLS", ":SYST:ZERO 0", ":BLK:DIS", ":RNG:VLT:FIX 6", answer=answer),
        (":RNG:VLT?", "6"),
        *settings(":RNG:AMP:FIX 7", answer=answer),
        (":RNG:AMP?", "7"),
        *settings(":SEL:CLR", ":SEL:VLT", ":SEL:AMP", ":SEL:WAT", answer=answer),
    )


def meter(bench: SimulatedBench, library: str, **options: Any) -> Any:
    chosen = {"resource": RESOURCE, "voltage_range_number": 6, "current_range_number": 7, "channel": 2}
    around = bench.around("reference_meter", world=False)
    return tektronix_pa(around, library=library, **{**chosen, **options})


def read_once(bench: SimulatedBench, values: str) -> PowerReading:
    with expect_dialogue(*opening(), (":FRD?", values), (":REM:OFF", None)) as library:
        driver = meter(bench, library)

        async def live() -> PowerReading:
            await driver.open()
            await driver.start_integration()
            reading: PowerReading = await driver.read()
            await driver.stop_integration()
            await driver.close()
            return reading

        reading: PowerReading = bench.clock.run(live())
        return reading


def test_voltage_current_and_power_are_read_and_energy_is_not(simulated_bench: SimulatedBench) -> None:
    """One query in the order of selection; energy says why it is missing, and no integration is pretended."""
    reading = read_once(simulated_bench, "2.39360E+02, 1.60000E+01, 3.82976E+03")
    assert (reading.voltage.value, reading.current.value, reading.power.value) == (239.36, 16.0, 3829.76)
    assert (reading.power.raw, reading.power.index) == ("3.82976E+03", 2)
    assert reading.energy.flags == reading.elapsed.flags == {"no data", "this driver cannot read energy"}
    assert math.isnan(reading.energy.value)


def test_peak_beyond_the_range_is_flagged(simulated_bench: SimulatedBench) -> None:
    """Ranges are peak values: 71 A of a sine have a peak above 100 A."""
    assert "over-range" not in read_once(simulated_bench, "240.0,70.0,16800").current.flags
    reading = read_once(simulated_bench, "240.0,71.0,17040")
    assert "over-range" in reading.current.flags
    assert "over-range" in reading.power.flags


def test_over_ethernet_every_line_is_answered(simulated_bench: SimulatedBench) -> None:
    """An empty answer to each setting is read, or it would be taken for that of the next question."""
    lines = (*opening(answer=""), (":REM:OFF", ""))
    with expect_dialogue(*lines, resource=SOCKET) as library:
        driver = meter(simulated_bench, library, resource=SOCKET)

        async def live() -> None:
            await driver.open()
            await driver.close()
            await driver.close()

        simulated_bench.clock.run(live())


@pytest.fixture
def certified(tmp_path: Path) -> str:
    file = tmp_path / "pa3000.yaml"
    file.write_text(
        "serial: B010123\nmodel: PA 3000\ncertificate: '17'\nlaboratory: Nobody\ncalibrated: 2025-12-01\n"
        "due: 2026-12-01\nspecification:\n  power: {reading: 0.04 %, range: 0.04 %, source: a test}\n"
    )
    return str(file)


def test_adjusted_before_its_calibration_it_is_opened(
    simulated_bench: SimulatedBench, certified: str
) -> None:
    """A PA3000 tells when it was adjusted; on the day of the calibration is early enough."""
    with expect_dialogue(*opening(PA3000, None, (ADJUSTED, "01-12-2025"))) as library:
        identity = simulated_bench.clock.run(meter(simulated_bench, library, calibration=certified).open())
    assert (identity.model, identity.serial) == ("PA 3000", "B010123")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            "02-12-2025",
            (
                f"PA 3000 at {RESOURCE} (@wattest) was adjusted on 2025-12-02, after the calibration of 2025-12-01 in "
                "its file (certificate 17): that certificate no longer describes it. Name the file of the new one."
            ),
        ),
        (
            "31-02-2025",
            (
                f"{RESOURCE} (@wattest) answered '31-02-2025' to {ADJUSTED}, where a day such as 31-12-2025 was expected: "
                "whether it was adjusted since its calibration cannot be known."
            ),
        ),
        (
            "2025-12-01",
            (
                f"{RESOURCE} (@wattest) answered '2025-12-01' to {ADJUSTED}, where a day such as 31-12-2025 was expected: "
                "whether it was adjusted since its calibration cannot be known."
            ),
        ),
    ],
)
def test_adjusted_after_its_calibration_it_is_refused(
    simulated_bench: SimulatedBench, certified: str, answer: str, sentence: str
) -> None:
    """An older certificate says nothing of an instrument that was adjusted since."""
    with (
        expect_dialogue(PA3000, (ADJUSTED, answer)) as library,
        pytest.raises(InstrumentError) as caught,
    ):
        simulated_bench.clock.run(meter(simulated_bench, library, calibration=certified).open())
    assert str(caught.value) == sentence


def test_range_that_does_not_stick_is_noticed(simulated_bench: SimulatedBench) -> None:
    """An instrument on another range than the chosen one is found out by reading back."""
    lines = (*opening()[:9], (":RNG:VLT?", "5"))
    with expect_dialogue(*lines) as library, pytest.raises(InstrumentError) as caught:
        simulated_bench.clock.run(meter(simulated_bench, library).open())
    assert str(caught.value) == (
        f"{RESOURCE} (@wattest) was set to the range number 6 (VLT) and answers '5': it has no such range. Choose "
        "one of its own in the bench file."
    )


def test_impossible_range_is_refused_when_the_bench_is_built(simulated_bench: SimulatedBench) -> None:
    """A range of nothing needs no instrument to be wrong."""
    with pytest.raises(BenchError, match=r"reference_meter \(tektronix_pa\): current_range is 0; a range"):
        meter(simulated_bench, "x@wattest", current_range=0.0)


def test_it_measures_in_the_simulated_world(simulated_bench: SimulatedBench) -> None:
    """With the library @wattest a twin is plugged in at outlet 1 of the bench's own world."""
    driver = tektronix_pa(
        simulated_bench.around("reference_meter"),
        resource=SOCKET,
        library="@wattest",
        voltage_range_number=6,
        current_range_number=7,
    )

    async def live() -> PowerReading:
        await driver.open()
        simulated_bench.start_charge(16.0)
        await simulated_bench.clock.sleep(60.0)
        return await driver.read()

    assert simulated_bench.clock.run(live()).current.value == pytest.approx(16.0)


def test_twin_takes_one_command_per_line(simulated_bench: SimulatedBench) -> None:
    """Two commands in a line are an error; over Ethernet all is answered, elsewhere only questions are."""
    plane = OutletPlane(simulated_bench.world)
    twin = PaTwin(plane, adjusted=date(2024, 2, 29))
    assert twin.handle(":SEL:VLT;:SEL:AMP") == ""
    assert twin.handle("*ESR?") == "32"
    assert twin.handle(":CAL:DATE? 1,2") == "29-02-2024"
    assert twin.handle(":RNG:VLT:FIX 11") == ""
    assert twin.handle("*ESR?") == "16"
    quiet = PaTwin(plane, answers_all=False)
    assert quiet.handle(":SEL:VLT") is None
    assert quiet.handle(":FRD?") == "0.00000E+00"
