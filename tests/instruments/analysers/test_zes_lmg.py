from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, InstrumentError
from wattest_instruments.analysers.zes_lmg import zes_lmg
from wattest_instruments.analysers.zes_lmg_twin import LmgTwin
from wattest_instruments.dialogue import expect_dialogue
from wattest_instruments.twins.plane import OutletPlane

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

    from wattest.roles import PowerReading

IDN = ("*IDN?", "ZES ZIMMER Electronic Systems GmbH,LMG670,12345678,10.043")
FINE = ("*ESR?", "0")
RESOURCE = "TCPIP::dialogue::INSTR"
QUESTION = "INIM;UTRMS2?;ITRMS2?;P2?"

Lines = tuple[tuple[str, str | None], ...]


def settings(*lines: str) -> Lines:
    """Writes, each followed by a look at the status register."""
    return tuple(exchange for line in lines for exchange in ((line, None), FINE))


OPENING: Lines = (
    IDN,
    ("*CLS", None),
    *settings("*ZLANG SHORT", "FRMT ASCII", "UAUTO2 0", "URNG2 250"),
    ("URNG2?", "2.50000E+02"),
    *settings("IAUTO2 0", "IRNG2 20"),
    ("IRNG2?", "2.00000E+01"),
)


def meter(bench: SimulatedBench, library: str, **options: Any) -> Any:
    around = bench.around("reference_meter", world=False)
    return zes_lmg(around, resource=RESOURCE, library=library, **{"channel": 2, **options})


def read_once(bench: SimulatedBench, values: str) -> PowerReading:
    with expect_dialogue(*OPENING, (QUESTION, values), ("GTL", None)) as library:
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
    """One query for what is public; energy says why it is missing, and no integration is pretended."""
    reading = read_once(simulated_bench, "2.39360E+02;1.60000E+01;3.82976E+03")
    assert (reading.voltage.value, reading.current.value, reading.power.value) == (239.36, 16.0, 3829.76)
    assert reading.energy.flags == reading.elapsed.flags == {"no data", "this driver cannot read energy"}
    assert math.isnan(reading.energy.value)
    assert reading.energy.u is None
    assert simulated_bench.notes[reading.power.seq[0]][1]["tx"] == QUESTION


def test_beyond_a_range_and_without_data_there_are_flags(simulated_bench: SimulatedBench) -> None:
    """More than 1.1 times a range is over-range, and so are SCPI's words for infinity; power with them."""
    reading = read_once(simulated_bench, "2.75000E+02;2.20100E+01;9.91000E+37")
    assert "over-range" not in reading.voltage.flags
    assert "over-range" in reading.current.flags
    assert reading.power.flags >= {"over-range", "no data"}
    assert "over-range" in read_once(simulated_bench, "9.90000E+37;1.0;1.0").voltage.flags


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            "1.0;2.0",
            (
                f"answered '1.0;2.0' to {QUESTION}: 2 values instead of the 3 that were chosen (UTRMS2?, ITRMS2?, P2?). "
                "Somebody may have changed its settings."
            ),
        ),
        ("1.0;ham;3.0", "answered 'ham' where a number was expected."),
    ],
)
def test_nonsense_is_an_instrument_error(simulated_bench: SimulatedBench, values: str, sentence: str) -> None:
    """Too few values, or words, are never turned into readings."""
    with expect_dialogue(*OPENING, (QUESTION, values)) as library:
        driver = meter(simulated_bench, library)
        simulated_bench.clock.run(driver.open())
        with pytest.raises(InstrumentError) as caught:
            simulated_bench.clock.run(driver.read())
    assert str(caught.value) == f"{RESOURCE} (@wattest) {sentence}"


def test_range_that_does_not_stick_is_noticed(simulated_bench: SimulatedBench) -> None:
    """An instrument that takes the next range it has is found out by reading back."""
    lines = (*OPENING[:-1], ("IRNG2?", "3.20000E+01"))
    with expect_dialogue(*lines) as library, pytest.raises(InstrumentError, match="range 20 A and answers"):
        simulated_bench.clock.run(meter(simulated_bench, library).open())


def test_impossible_range_is_refused_when_the_bench_is_built(simulated_bench: SimulatedBench) -> None:
    """A range of nothing needs no instrument to be wrong."""
    with pytest.raises(BenchError, match=r"reference_meter \(zes_lmg\): current_range is 0; a range"):
        meter(simulated_bench, "x@wattest", current_range=0.0)


def test_it_measures_in_the_simulated_world(simulated_bench: SimulatedBench) -> None:
    """With the library @wattest a twin is plugged in at outlet 1 of the bench's own world."""
    driver = zes_lmg(simulated_bench.around("reference_meter"), resource=RESOURCE, library="@wattest")

    async def live() -> PowerReading:
        await driver.open()
        simulated_bench.start_charge(16.0)
        await simulated_bench.clock.sleep(60.0)
        return await driver.read()

    assert simulated_bench.clock.run(live()).current.value == pytest.approx(16.0)


def test_twin_knows_short_commands_only_when_told(simulated_bench: SimulatedBench) -> None:
    """As after power-up it does not understand them; a range it does not have is an execution error."""
    twin = LmgTwin(OutletPlane(simulated_bench.world))
    assert twin.handle("UTRMS1?") is None
    assert twin.handle("*ESR?") == "32"
    assert twin.handle("*zlang short;UTRMS1?") is None
    twin.handle("*CLS")
    assert twin.handle("UTRMS1?;*ESR?") == "0.00000E+00;0"
    twin.handle("URNG1 7;IRNG1 5")
    assert twin.handle("*ESR?;URNG1?;IRNG1?") == "16;1.00000E+03;5.00000E+00"
