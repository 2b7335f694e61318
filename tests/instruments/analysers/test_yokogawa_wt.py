from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock import RealClock, VirtualClock
from wattest.errors import BenchError, InstrumentError
from wattest.roles import ForeseesEnergy, PowerReading
from wattest.world import World
from wattest_instruments.analysers.yokogawa_wt import family_of, yokogawa_wt
from wattest_instruments.analysers.yokogawa_wt_twin import WtTwin
from wattest_instruments.dialogue import expect_dialogue
from wattest_instruments.twins.plane import OutletPlane
from wattest_instruments.twins.server import serve_scpi

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

    from wattest.model.charger import ChargerSheet

IDN = ("*IDN?", "YOKOGAWA,WT1804E,C2TW01804,F3.11")
FINE = (":STAT:ERR?", '0,"No error"')
RESOURCE = "TCPIP::dialogue::INSTR"

NO_SUM = "cannot sum three phases (wiring P3W4): it has"
NO_RATIO = "is not told of a current transformer (ct_ratio 10):"

Lines = tuple[tuple[str, str | None], ...]


def settings(*lines: str) -> Lines:
    """Writes, each followed by a look at the error queue."""
    return tuple(exchange for line in lines for exchange in ((line, None), FINE))


def opening(element: str = "1") -> Lines:
    return (
        IDN,
        ("*CLS", None),
        *settings(":COMM:REM ON", ":COMM:HEAD OFF", ":COMM:VERB OFF"),
        (":INTEG:STAT?", "STOP"),
        *settings(":INTEG:RES", ":INP:WIR P1W2"),
        *settings(f":INP:VOLT:AUTO:ELEM{element} OFF", f":INP:VOLT:RANG:ELEM{element} 300V"),
        (f":INP:VOLT:RANG:ELEM{element}?", "300.0E+00"),
        *settings(f":INP:CURR:AUTO:ELEM{element} OFF", f":INP:CURR:RANG:ELEM{element} 50A"),
        (f":INP:CURR:RANG:ELEM{element}?", "50.00E+00"),
        *settings(":INP:SCAL OFF", ":NUM:FORM ASC", ":NUM:NORM:NUM 5"),
        *settings(
            *(
                f":NUM:NORM:ITEM{n} {item},{element}"
                for n, item in enumerate(("U", "I", "P", "WH", "TIME"), 1)
            )
        ),
        *settings(":INTEG:MODE NORM", ":INTEG:TIM 0,0,0"),
    )


def meter(bench: SimulatedBench, library: str, **options: Any) -> Any:
    return yokogawa_wt(
        bench.around("reference_meter", world=False), resource=RESOURCE, library=library, **options
    )


def test_opening_fixes_everything_that_a_reading_depends_on(simulated_bench: SimulatedBench) -> None:
    """Remote, headers off, ranges fixed and read back, items chosen, integrator reset: each with its error check."""
    with expect_dialogue(*opening(element="2"), (":COMM:REM OFF", None)) as library:
        driver = meter(simulated_bench, library, element=2)

        async def live() -> None:
            identity = await driver.open()
            assert (identity.maker, identity.model, identity.serial) == ("YOKOGAWA", "WT1804E", "C2TW01804")
            await driver.close()

        simulated_bench.clock.run(live())


def small(idn: str, *wiring: str, target: str = "1", scaling: Lines = ()) -> Lines:
    """How a WT310E or WT33xE is opened: its native language, and one range for all elements."""
    return (
        ("*IDN?", idn),
        ("*CLS", None),
        *settings(":COMM:REM ON", ":COMM:HEAD OFF", ":COMM:VERB OFF", ":SYST:COMM:COMM WT300"),
        (":INTEG:STAT?", "RES"),
        *settings(":INTEG:RES", *wiring, ":INP:VOLT:AUTO OFF", ":INP:VOLT:RANG 300V"),
        (":INP:VOLT:RANG?", "300.0E+00"),
        *settings(":INP:CURR:AUTO OFF", ":INP:CURR:RANG 5A"),
        (":INP:CURR:RANG?", "5.000E+00"),
        *(scaling or settings(":INP:SCAL OFF")),
        *settings(":NUM:FORM ASC", ":NUM:NORM:NUM 5"),
        *settings(
            *(f":NUM:NORM:ITEM{n} {item},{target}" for n, item in enumerate(("U", "I", "P", "WH", "TIME"), 1))
        ),
        *settings(":INTEG:MODE NORM", ":INTEG:TIM 0,0,0"),
    )


def test_old_wt300_is_put_into_its_native_language(simulated_bench: SimulatedBench) -> None:
    """A WT310E speaks like its predecessor until told otherwise, and has neither elements nor a wiring to set."""
    with expect_dialogue(*small("YOKOGAWA,WT310E,C2QM12345,F1.04")) as library:
        simulated_bench.clock.run(meter(simulated_bench, library, current_range=5.0).open())


def test_three_elements_of_a_wt333e_are_summed(simulated_bench: SimulatedBench) -> None:
    """Three phases are wired P3W4 and read as SIGMa; the range of the power is that of all three."""
    lines = small("YOKOGAWA,WT333E,C3SA12345V,F1.04", ":INP:WIR P3W4", target="SIGM")
    reads = ((":NUM:NORM:VAL?", "230.00E+00,5.000E+00,3.4500E+03,0.00000E+00,0"), (":INTEG:STAT?", "RES"))
    with expect_dialogue(*lines, *reads) as library:
        driver = meter(
            simulated_bench,
            library,
            current_range=5.0,
            wiring="P3W4",
            calibration="example_wt333e.yaml",
        )

        async def live() -> PowerReading:
            await driver.open()
            reading: PowerReading = await driver.read()
            return reading

        reading = simulated_bench.clock.run(live())
    limit = 0.001 * 3450.0 + 0.0005 * 3 * 300.0 * 5.0
    assert reading.power.u == pytest.approx(math.hypot(limit / math.sqrt(3.0), 0.0001 * 3450.0))


def test_current_transformer_scales_the_range(simulated_bench: SimulatedBench) -> None:
    """With a transformer of ratio 10 the range of 5 A is one of 50 A, for the uncertainty too."""
    scaling = (
        *settings(":INP:SCAL:VT 1", ":INP:SCAL:SFAC 1", ":INP:SCAL:CT 10", ":INP:SCAL ON"),
        (":INP:SCAL:CT?", "10.0000"),
    )
    reads = ((":NUM:NORM:VAL?", "240.00E+00,48.000E+00,11.520E+03,0.00000E+00,0"), (":INTEG:STAT?", "RES"))
    lines = small("YOKOGAWA,WT333E,C3SA12345V,F1.04", scaling=scaling)
    with expect_dialogue(*lines, *reads) as library:
        driver = meter(
            simulated_bench,
            library,
            current_range=5.0,
            ct_ratio=10.0,
            calibration="example_wt333e.yaml",
        )

        async def live() -> PowerReading:
            await driver.open()
            reading: PowerReading = await driver.read()
            return reading

        reading = simulated_bench.clock.run(live())
    limit = 0.001 * 48.0 + 0.0005 * 50.0
    assert reading.current.u == pytest.approx(math.hypot(limit / math.sqrt(3.0), 0.0001 * 48.0))


def test_transformer_that_is_not_kept_is_noticed(simulated_bench: SimulatedBench) -> None:
    """A ratio that the instrument rounds would be an error of the energy."""
    scaling = (
        *settings(":INP:SCAL:VT 1", ":INP:SCAL:SFAC 1", ":INP:SCAL:CT 12.34567", ":INP:SCAL ON"),
        (":INP:SCAL:CT?", "12.3457"),
    )
    lines = small("YOKOGAWA,WT310E,C2QM12345,F1.04", scaling=scaling)
    at = lines.index((":INP:SCAL:CT?", "12.3457"))
    with expect_dialogue(*lines[: at + 1]) as library:
        driver = meter(simulated_bench, library, current_range=5.0, ct_ratio=12.34567)
        with pytest.raises(InstrumentError) as caught:
            simulated_bench.clock.run(driver.open())
    assert str(caught.value) == (
        "TCPIP::dialogue::INSTR (@wattest) was told a current transformer of ratio 12.34567 and answers '12.3457': "
        "choose a ratio that it can keep."
    )


def test_look_alike_hears_its_own_short_forms(simulated_bench: SimulatedBench) -> None:
    """A GPM-8213 has items without elements, NUMB for their number, and MANU for counting without end."""
    with expect_dialogue(
        ("*IDN?", "GWInstek,GPM-8213,GES913349,V1.05"),
        ("*CLS", None),
        *settings(":COMM:REM ON", ":COMM:HEAD OFF", ":COMM:VERB OFF"),
        (":INTEG:STAT?", "STOP"),
        *settings(":INTEG:RES", ":INP:VOLT:AUTO OFF", ":INP:VOLT:RANG 300V"),
        (":INP:VOLT:RANG?", "300.0E+00"),
        *settings(":INP:CURR:AUTO OFF", ":INP:CURR:RANG 20A"),
        (":INP:CURR:RANG?", "20.00E+00"),
        *settings(":NUM:NORM:NUMB 5"),
        *settings(*(f":NUM:NORM:ITEM{n} {item}" for n, item in enumerate(("U", "I", "P", "WH", "TIME"), 1))),
        *settings(":INTEG:MODE MANU"),
    ) as library:
        driver = meter(simulated_bench, library, current_range=20.0)
        identity = simulated_bench.clock.run(driver.open())
    assert (identity.model, identity.serial) == ("GPM-8213", "GES913349")


@pytest.mark.parametrize(
    ("idn", "options", "sentence"),
    [
        (
            "YOKOGAWA,WT332E,C3SA12345V,F1.04",
            {"element": 2},
            "has no input element 2: it has the elements 1 and 3. Correct 'element' in the bench file.",
        ),
        (
            "YOKOGAWA,WT310E,C2QM12345,F1.04",
            {"wiring": "P3W4"},
            f"{NO_SUM} the element 1 only. Choose wiring P1W2, or an analyser with three elements.",
        ),
        (
            "YOKOGAWA,WT1802E,C2TW01804,F3.11",
            {"wiring": "P3W4"},
            f"{NO_SUM} the elements 1 and 2. Choose wiring P1W2, or an analyser with three elements.",
        ),
        (
            "GWInstek,GPM-8213,GES913349,V1.05",
            {"ct_ratio": 10.0},
            f"{NO_RATIO} how is not public. Measure directly, or choose another analyser.",
        ),
    ],
)
def test_inputs_that_a_model_has_not_are_refused(
    simulated_bench: SimulatedBench, idn: str, options: dict[str, Any], sentence: str
) -> None:
    """An element, a wiring or a transformer that this model cannot have, before anything is set."""
    with expect_dialogue(("*IDN?", idn)) as library, pytest.raises(InstrumentError) as caught:
        simulated_bench.clock.run(meter(simulated_bench, library, **options).open())
    assert str(caught.value) == f"{idn.split(',')[1]} at TCPIP::dialogue::INSTR (@wattest) {sentence}"


@pytest.mark.parametrize(
    ("model", "elements"),
    [
        ("WT310", (1,)),
        ("WT310EH", (1,)),
        ("WT333E", (1, 2, 3)),
        ("WT500", (1, 2, 3)),
        ("WT5000", (1, 2, 3, 4, 5, 6, 7)),
        ("WT1804E-10A5-50A0-D/B5/G5", (1, 2, 3, 4)),
        ("WT3004E-2A0-30A4", (1, 2, 3, 4)),
        ("WT3000", (1, 2, 3, 4, 5, 6, 7)),
        ("760304-04-SV", (1, 2, 3, 4, 5, 6, 7)),
    ],
)
def test_models_are_told_apart(model: str, elements: tuple[int, ...]) -> None:
    """A model's name tells how many inputs it has; where it does not, none is refused."""
    assert family_of(model).elements == elements


def test_running_integration_is_stopped_before_it_is_reset(simulated_bench: SimulatedBench) -> None:
    """RESet is refused while the integrator runs, so an interrupted run is stopped first."""
    lines = list(opening())
    at = lines.index((":INTEG:STAT?", "STOP"))
    lines[at : at + 1] = [(":INTEG:STAT?", "STAR"), *settings(":INTEG:STOP")]
    restart = (
        (":INTEG:STAT?", "STAR"),
        *settings(":INTEG:STOP", ":INTEG:RES", ":INTEG:STAR"),
        (":INTEG:STAT?", "STAR"),
    )
    stop = ((":INTEG:STAT?", "STAR"), *settings(":INTEG:STOP"), (":INTEG:STAT?", "STOP"))
    with expect_dialogue(*lines, *restart, *stop) as library:
        driver = meter(simulated_bench, library)

        async def live() -> None:
            await driver.open()
            await driver.start_integration()
            await driver.stop_integration()
            await driver.stop_integration()

        simulated_bench.clock.run(live())


@pytest.mark.parametrize("idn", ["ACME INSTRUMENTS,Z9000,1,00.04", "YOKOGAWA,DL850E,91N,1.0", ""])
def test_other_instruments_are_not_taken_for_an_analyser(simulated_bench: SimulatedBench, idn: str) -> None:
    """Whatever else answers is named with its own words."""
    with expect_dialogue(("*IDN?", idn)) as library, pytest.raises(InstrumentError) as caught:
        simulated_bench.clock.run(meter(simulated_bench, library).open())
    assert str(caught.value) == (
        f"TCPIP::dialogue::INSTR (@wattest) answered {idn!r}, which is nothing that the driver 'yokogawa_wt' is made "
        "for: correct the resource in the bench file, or choose the driver of that instrument."
    )


def test_the_uncertainty_is_known_before_anything_is_asked(simulated_bench: SimulatedBench) -> None:
    """From the calibration file and the ranges alone; without a file nothing is."""
    with expect_dialogue() as library:
        known = meter(simulated_bench, library, calibration="simulated_wt.yaml")
        assert isinstance(known, ForeseesEnergy)
        specification, certificate, time_base = known.foresee(1000.0, 2500.0)
        assert specification.value == pytest.approx(0.0002 * (1000.0 + 15_000.0 * 2500.0 / 3600.0))
        assert certificate.value == pytest.approx(0.1)
        assert time_base.value == pytest.approx(0.1)
        assert meter(simulated_bench, library).foresee(1000.0, 2500.0) == ()


def test_analyser_without_its_own_calibration_file_is_refused(simulated_bench: SimulatedBench) -> None:
    """The serial number that answers must be the calibrated one."""
    with (
        expect_dialogue(("*IDN?", "YOKOGAWA,WT1804E,4711,F3.11")) as library,
        pytest.raises(
            InstrumentError, match="has the serial number 4711, but its calibration file is for C2TW01804"
        ),
    ):
        simulated_bench.clock.run(meter(simulated_bench, library, calibration="simulated_wt.yaml").open())


def test_refused_setting_names_the_line_and_the_error(simulated_bench: SimulatedBench) -> None:
    """A complaint in the error queue stops the run at the line that caused it."""
    lines = (*opening()[:3], (":STAT:ERR?", '113,"Undefined Header"'))
    with expect_dialogue(*lines) as library, pytest.raises(InstrumentError) as caught:
        simulated_bench.clock.run(meter(simulated_bench, library).open())
    assert str(caught.value) == (
        "TCPIP::dialogue::INSTR (@wattest) refused ':COMM:REM ON': error 113,\"Undefined Header\"."
    )


def test_range_that_does_not_stick_is_noticed(simulated_bench: SimulatedBench) -> None:
    """An instrument that takes the next range it has is found out by reading back."""
    lines = list(opening())
    at = lines.index((":INP:CURR:RANG:ELEM1?", "50.00E+00"))
    lines[at] = (":INP:CURR:RANG:ELEM1?", "20.00E+00")
    with expect_dialogue(*lines[: at + 1]) as library, pytest.raises(InstrumentError) as caught:
        simulated_bench.clock.run(meter(simulated_bench, library).open())
    assert str(caught.value) == (
        "TCPIP::dialogue::INSTR (@wattest) was set to the range 50 A and answers '20.00E+00': it has no such range. "
        "Choose one of its own in the bench file."
    )


def test_integration_that_does_not_start_is_an_error(simulated_bench: SimulatedBench) -> None:
    """A state other than running after STARt is a sentence with that state."""
    start = ((":INTEG:STAT?", "RES"), *settings(":INTEG:RES", ":INTEG:STAR"), (":INTEG:STAT?", "TIM"))
    with expect_dialogue(*opening(), *start) as library:
        driver = meter(simulated_bench, library)
        simulated_bench.clock.run(driver.open())
        with pytest.raises(
            InstrumentError, match="told to integrate and is in state 'TIM': look at its display"
        ):
            simulated_bench.clock.run(driver.start_integration())


def read_once(
    bench: SimulatedBench, values: str, state: str = "STAR", calibration: str | None = "simulated_wt.yaml"
) -> PowerReading:
    lines = (*opening(), (":NUM:NORM:VAL?", values), (":INTEG:STAT?", state))
    with expect_dialogue(*lines) as library:
        driver = meter(bench, library, calibration=calibration)

        async def live() -> PowerReading:
            await driver.open()
            reading: PowerReading = await driver.read()
            return reading

        reading: PowerReading = bench.clock.run(live())
        return reading


def test_reading_carries_value_uncertainty_raw_digits_and_evidence(simulated_bench: SimulatedBench) -> None:
    """Five values from one answer, each with its place in it."""
    text = "239.36E+00,32.000E+00,7.6595E+03,1.00021E+03,470"
    reading = read_once(simulated_bench, text)
    parts = (reading.voltage, reading.current, reading.power, reading.energy, reading.elapsed)
    assert [part.value for part in parts] == [239.36, 32.0, 7659.5, 1000.21, 470.0]
    assert [part.unit for part in parts] == ["V", "A", "W", "Wh", "s"]
    for index, part in enumerate(parts):
        answer = simulated_bench.notes[part.seq[0]][1]["rx"]
        assert answer == text
        assert part.index == index
        assert answer.split(",")[index] == part.raw
        assert not part.flags
        assert part.u is not None
        assert part.u > 0.0
    limit = (0.0002 * 1000.21 + 0.0002 * 15_000.0 * 470.0 / 3600.0) / math.sqrt(3.0)
    rest = math.hypot(0.0001 * 1000.21, 0.0001 * 1000.21 / math.sqrt(3.0), 0.01 / math.sqrt(12.0))
    assert reading.energy.u == pytest.approx(math.hypot(limit, rest))


def test_over_range_and_missing_data_become_flags(simulated_bench: SimulatedBench) -> None:
    """INF and NAN are flagged and have no uncertainty; what is sound beside them stays sound."""
    reading = read_once(simulated_bench, "239.36E+00,INF,INF,NAN,470")
    assert reading.current.flags == {"over-range"}
    assert reading.energy.flags == {"no data"}
    assert reading.energy.u is None
    assert math.isnan(reading.energy.value)
    assert not reading.voltage.flags


def test_integration_broken_off_flags_energy(simulated_bench: SimulatedBench) -> None:
    """After a power failure of the analyser its integral proves nothing, its voltage still does."""
    reading = read_once(simulated_bench, "239.36E+00,32.000E+00,7.6595E+03,1.00021E+03,470", "ERR")
    assert reading.energy.flags == reading.elapsed.flags == {"integration broken off"}
    assert not reading.power.flags


def test_without_calibration_every_reading_says_so(simulated_bench: SimulatedBench) -> None:
    """No file, no uncertainty, and a flag that keeps the reading from deciding anything."""
    reading = read_once(simulated_bench, "1,2,3,4,5", calibration=None)
    assert reading.power.u is None
    assert reading.power.flags == {"no calibration"}


def test_expired_calibration_flags_every_reading(simulated_bench: SimulatedBench) -> None:
    """The day after the due date the readings are flagged."""
    with VirtualClock(datetime(2035, 12, 2, tzinfo=UTC)) as clock:
        bench = type(simulated_bench)(clock, simulated_bench.world)
        reading = read_once(bench, "1,2,3,4,5")
    assert reading.power.flags == {"calibration expired"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            "1,2,3",
            "answered '1,2,3' to :NUM:NORM:VAL?: 3 values instead of the 5 that were chosen (U, I, P, WH, TIME). Somebody may have changed its settings.",
        ),
        ("1,2,ham,4,5", "answered 'ham' where a number was expected."),
        ("1,2,1_0,4,5", "answered '1_0' where a number was expected."),
    ],
)
def test_nonsense_is_an_instrument_error(simulated_bench: SimulatedBench, values: str, sentence: str) -> None:
    """Too few values, or words, are never turned into readings."""
    with pytest.raises(InstrumentError) as caught:
        read_once(simulated_bench, values)
    assert str(caught.value) == f"TCPIP::dialogue::INSTR (@wattest) {sentence}"


def test_impossible_ratio_is_refused_when_the_bench_is_built(simulated_bench: SimulatedBench) -> None:
    """A transformer of nothing needs no instrument to be wrong."""
    with pytest.raises(
        BenchError, match=r"reference_meter \(yokogawa_wt\): ct_ratio is 0; a ratio is above 0"
    ):
        meter(simulated_bench, "x@wattest", ct_ratio=0.0)


def test_impossible_range_is_refused_when_the_bench_is_built(simulated_bench: SimulatedBench) -> None:
    """A range of nothing needs no instrument to be wrong."""
    with pytest.raises(
        BenchError, match=r"reference_meter \(yokogawa_wt\): current_range is 0; a range is above 0"
    ):
        meter(simulated_bench, "x@wattest", current_range=0.0)


async def conform(bench: SimulatedBench, driver: Any, seconds: float) -> None:
    """What every path to the driver must show: identity, a coherent reading, an integral that starts and stops."""
    outlet = bench.world.outlets[0]
    await driver.make_safe()
    identity = await driver.open()
    assert (identity.maker, identity.serial) == ("YOKOGAWA", "C2TW01804")
    assert await driver.open() == identity
    idle = await driver.read()
    assert (idle.voltage.value, idle.current.value, idle.energy.value) == (0.0, 0.0, 0.0)
    bench.start_charge(16.0)
    before = outlet.true_energy_wh()
    await driver.start_integration()
    await bench.clock.sleep(0.3 + seconds)
    reading = await driver.read()
    assert reading.current.value == pytest.approx(16.0)
    assert reading.voltage.value == pytest.approx(outlet.true_voltage_v(), rel=1e-4)
    assert reading.power.value == pytest.approx(outlet.true_power_w(), rel=1e-4)
    outlet.contactor.open()
    done = await driver.read()
    assert done.energy.value == pytest.approx(outlet.true_energy_wh() - before, rel=2e-5)
    assert done.energy.value > 0.0
    assert done.voltage.value == 0.0
    await driver.stop_integration()
    outlet.contactor.close()
    await bench.clock.sleep(seconds)
    assert (await driver.read()).energy.value == done.energy.value
    await driver.make_safe()
    await driver.close()
    await driver.close()
    identity = await driver.open()
    assert (await driver.read()).energy.value == 0.0
    await driver.close()


def test_conformance_through_the_backend(simulated_bench: SimulatedBench) -> None:
    """The driver over @wattest, in virtual time."""
    driver = yokogawa_wt(simulated_bench.around("reference_meter"), resource=RESOURCE, library="@wattest")
    simulated_bench.clock.run(conform(simulated_bench, driver, 3600.0))
    assert simulated_bench.clock.monotonic() == pytest.approx(7200.3)


@pytest.mark.real_time
def test_conformance_over_tcp(simulated_bench_on: type[SimulatedBench], charger_sheet: ChargerSheet) -> None:
    """The same driver over @py and a socket, in real time."""
    clock = RealClock()
    try:

        async def live() -> None:
            bench = simulated_bench_on(clock, World(clock, charger_sheet))
            async with serve_scpi(WtTwin(OutletPlane(bench.world))) as server:
                around = bench.around("reference_meter", world=False)
                driver = yokogawa_wt(around, resource=server.resource, calibration="simulated_wt.yaml")
                await conform(bench, driver, 0.2)

        clock.run(live())
    finally:
        clock.close()


@pytest.mark.real_time
def test_virtual_time_stands_still_while_the_socket_answers(simulated_bench: SimulatedBench) -> None:
    """Fifty readings over TCP cost not a virtual microsecond, although twin and driver share the loop."""
    bench = simulated_bench

    async def live() -> None:
        async with serve_scpi(WtTwin(OutletPlane(bench.world))) as server:
            around = bench.around("reference_meter", world=False)
            driver = yokogawa_wt(around, resource=server.resource, calibration="simulated_wt.yaml")
            await driver.open()
            ticker = asyncio.create_task(asyncio.sleep(10.0))
            for _ in range(50):
                await driver.read()
            assert bench.clock.monotonic() == 0.0
            await ticker
            await driver.close()

    bench.clock.run(live())
    assert bench.clock.monotonic() == 10.0


def test_three_phase_circuit_is_read_as_a_sum(
    simulated_bench_on: type[SimulatedBench], charger_sheet: ChargerSheet
) -> None:
    """With P3W4 the driver reads SIGMa, and so all the energy."""
    with VirtualClock() as clock:
        bench = simulated_bench_on(
            clock, World(clock, replace(charger_sheet, phases=3, rated_voltage_v=400.0))
        )
        driver = yokogawa_wt(
            bench.around("reference_meter"), resource=RESOURCE, library="@wattest", wiring="P3W4"
        )

        async def live() -> None:
            await driver.open()
            await driver.start_integration()
            bench.start_charge(16.0)
            await asyncio.sleep(3600.2)
            reading = await driver.read()
            assert reading.energy.value == pytest.approx(bench.world.outlets[0].true_energy_wh(), rel=1e-5)
            assert reading.power.value == pytest.approx(11_062.0, rel=1e-3)
            await driver.close()

        clock.run(live())
