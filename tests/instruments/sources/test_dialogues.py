"""What each AC source driver says, word by word, and what it makes of answers that a twin does not give."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import InstrumentError
from wattest.roles import SupplyStep
from wattest_instruments.dialogue import expect_dialogue
from wattest_instruments.sources.california import california
from wattest_instruments.sources.chroma_61500 import chroma_61500
from wattest_instruments.sources.keysight_ac6800 import keysight_ac6800

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

Lines = tuple[tuple[str, str | None], ...]

ENTRY = {
    "resource": "TCPIP::dialogue::INSTR",
    "voltage": 240.0,
    "voltage_limit": 280.0,
    "current_limit": 32.0,
}
FINE = ("SYST:ERR?", '0,"No error"')


def told(*lines: str) -> Lines:
    """Settings, each followed by a look at the error queue."""
    return tuple(exchange for line in lines for exchange in ((line, None), FINE))


CHROMA: Lines = (
    ("*IDN?", "Chroma ATE 61505,615050000123,1.00,1.01,1.02"),
    ("*CLS", None),
    *told("TRIG OFF", "OUTP:MODE FIXED"),
    ("VOLT:RANG?", "HIGH"),
    *told("VOLT:LIM:AC 280.0"),
    ("VOLT:LIM:AC?", "280.0"),
    *told("CURR:LIM 32.00"),
    ("CURR:LIM?", "32.00"),
)
CALIFORNIA: Lines = (
    ("*IDN?", "California Instruments,CSW5550,A389Z20,Version 2.2a"),
    ("*CLS", None),
    *told("ABOR"),
    ("VOLT:RANG?", "300.0"),
    ("VOLT:RANG?", "300.0"),
    *told("CURR 32.00"),
    ("CURR?", "32.000"),
)
KEYSIGHT: Lines = (
    ("*IDN?", "Keysight Technologies,AC6804B,MY58000001,A.01.03"),
    ("*CLS", None),
    *told("ABOR"),
    ("VOLT:RANG?", "+3.10000E+02"),
    ("VOLT:RANG?", "+3.10000E+02"),
    *told("VOLT:LIM:STAT ON"),
    ("VOLT:LIM:STAT?", "1"),
    *told("CURR 32.00"),
    ("CURR?", "+3.20000E+01"),
)


def play(bench: SimulatedBench, driver: Callable[..., Any], lines: Lines, *acts: tuple[Any, ...]) -> None:
    """Open, then ``(verb, *arguments)`` one after the other."""
    with expect_dialogue(*lines) as library:
        mains = driver(bench.around("mains", world=False), library=library, **ENTRY)

        async def live() -> None:
            await mains.open()
            for verb, *arguments in acts:
                await getattr(mains, verb)(*arguments)

        bench.clock.run(live())


def test_chroma_switches_output_and_relay(simulated_bench: SimulatedBench) -> None:
    """Voltage and frequency first, relay, output, and both read back; off in the order that takes energy away."""
    play(
        simulated_bench,
        chroma_61500,
        (
            *CHROMA,
            *told("VOLT:AC 240.0"),
            ("VOLT:AC?", "240.0"),
            *told("FREQ 60.00"),
            ("FREQ?", "60.00"),
            *told("OUTP:REL ON", "OUTP ON"),
            ("OUTP?", "1"),
            ("OUTP:REL?", "ON"),
            ("TRIG OFF", None),
            ("OUTP OFF", None),
            ("OUTP:REL OFF", None),
            ("OUTP:MODE FIXED", None),
            ("OUTP?", "0"),
            ("OUTP:REL?", "OFF"),
            ("*CLS", None),
        ),
        ("set_power", True),
        ("set_power", False),
    )


def test_chroma_edits_a_list_with_the_trigger_off(simulated_bench: SimulatedBench) -> None:
    """TRIG OFF, fixed, edit, list mode, TRIG ON; polled until OFF; fixed again, at what the source had before."""
    play(
        simulated_bench,
        chroma_61500,
        (
            *CHROMA,
            ("OUTP?", "1"),
            ("OUTP:REL?", "1"),
            ("VOLT:AC?", "236.0"),
            ("FREQ?", "60.00"),
            *told(
                "TRIG OFF",
                "OUTP:MODE FIXED",
                "LIST:COUN 1",
                "LIST:BASE TIME",
                "LIST:TRIG AUTO",
                "LIST:DWEL 250.0,20.0",
                "LIST:SHAP A,A",
                "LIST:VOLT:AC:STAR 96.0,0.0",
                "LIST:VOLT:AC:END 96.0,0.0",
                "LIST:FREQ:STAR 60.00,60.00",
                "LIST:FREQ:END 60.00,60.00",
                "OUTP:MODE LIST",
                "TRIG ON",
            ),
            ("TRIG:STATE?", "RUNNING"),
            ("TRIG:STATE?", "OFF"),
            *told("OUTP:MODE FIXED", "VOLT:AC 236.0"),
            ("VOLT:AC?", "236.0"),
            *told("FREQ 60.00"),
            ("FREQ?", "60.00"),
        ),
        ("run_profile", (SupplyStep(0.25, 96.0), SupplyStep(0.02, 0.0))),
    )
    assert simulated_bench.clock.monotonic() == pytest.approx(0.37)


def test_california_ends_its_list_with_the_voltage_from_before(simulated_bench: SimulatedBench) -> None:
    """A last point of 1 ms, slopes as steep as possible, polled until IDLE, fixed modes again."""
    play(
        simulated_bench,
        california,
        (
            *CALIFORNIA,
            ("OUTP?", "1"),
            ("VOLT?", "240.0"),
            ("FREQ?", "60.00"),
            *told(
                "ABOR",
                "TRIG:TRAN:SOUR IMM",
                "TRIG:SYNC:SOUR IMM",
                "LIST:STEP AUTO",
                "LIST:COUN 1",
                "FREQ:MODE LIST",
                "FREQ:SLEW:MODE LIST",
                "VOLT:MODE LIST",
                "VOLT:SLEW:MODE LIST",
                "LIST:DWEL 0.100,0.001",
                "LIST:FREQ 59.00,60.00",
                "LIST:FREQ:SLEW MAX,MAX",
                "LIST:VOLT 0.0,240.0",
                "LIST:VOLT:SLEW MAX,MAX",
                "LIST:REP 0,0",
                "INIT",
            ),
            ("TRIG:STAT?", "IDLE"),
            *told("VOLT:MODE FIX", "VOLT:SLEW:MODE FIX", "FREQ:MODE FIX", "FREQ:SLEW:MODE FIX", "VOLT 240.0"),
            ("VOLT?", "240.0"),
            *told("FREQ 60.00"),
            ("FREQ?", "60.0"),
        ),
        ("run_profile", (SupplyStep(0.1, 0.0, 59.0),)),
    )


def test_california_waits_for_its_relay(simulated_bench: SimulatedBench) -> None:
    """For a second after the relay has moved nothing is said to it."""
    play(
        simulated_bench,
        california,
        (*CALIFORNIA, ("ABOR", None), ("OUTP OFF", None), ("OUTP?", "0"), ("*CLS", None)),
        ("set_power", False),
    )
    assert simulated_bench.clock.monotonic() == 1.0


def test_keysight_sends_its_soft_limits_with_every_level(simulated_bench: SimulatedBench) -> None:
    """Level, lower and upper soft limit in one command, as its guide has it."""
    play(
        simulated_bench,
        keysight_ac6800,
        (
            *KEYSIGHT,
            *told("VOLT 216.0,0,280.0"),
            ("VOLT?", "+2.16000E+02"),
            *told("FREQ 59.50,40,70"),
            ("FREQ?", "+5.95000E+01"),
        ),
        ("set_voltage", 216.0),
        ("set_frequency", 59.5),
    )


def fails(bench: SimulatedBench, driver: Callable[..., Any], lines: Lines, *acts: tuple[Any, ...]) -> str:
    with pytest.raises(InstrumentError) as caught:
        play(bench, driver, lines, *acts)
    return str(caught.value)


HERE = "TCPIP::dialogue::INSTR (@wattest)"


def test_a_limit_that_does_not_stick_is_noticed(simulated_bench: SimulatedBench) -> None:
    """A source that keeps its own limit is found out by reading back."""
    lines = (*CHROMA[:9], ("VOLT:LIM:AC?", "300.0"))
    assert fails(simulated_bench, chroma_61500, lines) == (
        f"{HERE} was set to 280 V and answers '300.0' to 'VOLT:LIM:AC?': choose a voltage_limit that it has."
    )


def test_a_range_is_never_switched_under_power(simulated_bench: SimulatedBench) -> None:
    """The way out is to switch off at the instrument, not a jump of the voltage."""
    lines = (*CHROMA[:6], ("VOLT:RANG?", "LOW"), ("OUTP?", "1"))
    assert fails(simulated_bench, chroma_61500, lines) == (
        f"{HERE} is in the range LOW with its output on, and this bench needs HIGH: switch the output off at the "
        "instrument, then start again."
    )


def test_a_range_is_chosen_while_the_output_is_off(simulated_bench: SimulatedBench) -> None:
    """Then it is set like everything else."""
    play(
        simulated_bench,
        chroma_61500,
        (
            *CHROMA[:6],
            ("VOLT:RANG?", "LOW"),
            ("OUTP?", "0"),
            ("OUTP:REL?", "OFF"),
            *told("VOLT:RANG HIGH"),
            *CHROMA[7:],
        ),
    )


def test_an_output_that_stays_off_is_an_error(simulated_bench: SimulatedBench) -> None:
    """A protection that tripped is not taken for power."""
    lines = (
        *CALIFORNIA,
        *told("VOLT 240.0"),
        ("VOLT?", "240.0"),
        *told("FREQ 60.00"),
        ("FREQ?", "60.0"),
        *told("VOLT:MODE FIX", "FREQ:MODE FIX", "OUTP ON"),
        ("OUTP?", "0"),
    )
    assert fails(simulated_bench, california, lines, ("set_power", True)) == (
        f"{HERE} was told to switch on and answers that its output is off: look at its display for a protection that "
        "tripped."
    )


def test_an_output_that_stays_on_calls_for_hands(simulated_bench: SimulatedBench) -> None:
    """Making safe is not taken at its word."""
    lines = (*CALIFORNIA, ("ABOR", None), ("OUTP OFF", None), ("OUTP?", "1"), ("*CLS", None))
    assert fails(simulated_bench, california, lines, ("make_safe",)) == (
        f"{HERE} was told to switch off and answers that its output is on: cut the supply of the station by hand."
    )


def test_a_list_that_never_ends_is_stopped(simulated_bench: SimulatedBench) -> None:
    """Five seconds after its time the source is told to stop, and the sentence says so."""
    lines = (
        *CALIFORNIA,
        ("OUTP?", "1"),
        ("VOLT?", "240.0"),
        ("FREQ?", "60.00"),
        *told(
            *("ABOR", "TRIG:TRAN:SOUR IMM", "TRIG:SYNC:SOUR IMM", "LIST:STEP AUTO", "LIST:COUN 1"),
            *("FREQ:MODE LIST", "FREQ:SLEW:MODE LIST", "VOLT:MODE LIST", "VOLT:SLEW:MODE LIST"),
            *("LIST:DWEL 1.000,0.001", "LIST:FREQ 60.00,60.00", "LIST:FREQ:SLEW MAX,MAX"),
            *("LIST:VOLT 200.0,240.0", "LIST:VOLT:SLEW MAX,MAX", "LIST:REP 0,0", "INIT"),
        ),
        *((("TRIG:STAT?", "BUSY"),) * 50),
        ("ABOR", None),
    )
    said = fails(simulated_bench, california, lines, ("run_profile", (SupplyStep(1.0, 200.0),)))
    assert "should have ended its list after 1.001 s and still answers 'BUSY' to 'TRIG:STAT?'" in said


def test_dips_without_power_are_refused(simulated_bench: SimulatedBench) -> None:
    """A list behind an open output would prove nothing."""
    lines = (*CALIFORNIA, ("OUTP?", "0"))
    assert fails(simulated_bench, california, lines, ("run_profile", (SupplyStep(1.0, 200.0),))) == (
        f"{HERE} has its output off: switch power on before dips are played."
    )


def test_nonsense_for_a_state_is_no_state(simulated_bench: SimulatedBench) -> None:
    """Neither on nor off: an error, never safe."""
    lines = (*CALIFORNIA, ("OUTP?", "maybe"))
    assert fails(simulated_bench, california, lines, ("read_back",)) == (
        f"{HERE} answered 'maybe' to 'OUTP?', where 0, 1, ON or OFF was expected."
    )


def test_overflow_is_a_flag(simulated_bench: SimulatedBench) -> None:
    """9.9E37 is beyond the range, 9.91E37 is no number; neither is a voltage."""
    with expect_dialogue(
        *CALIFORNIA,
        ("MEAS:VOLT:AC?", "9.9E+37"),
        ("MEAS:CURR:AC?", "9.91E37"),
        ("MEAS:POW:AC?", "12.5"),
        ("MEAS:FREQ?", "60.0"),
    ) as library:
        mains = california(simulated_bench.around("mains", world=False), library=library, **ENTRY)  # type: ignore[arg-type]

        async def live() -> None:
            await mains.open()
            seen = await mains.measure()
            assert seen.voltage.flags == {"over-range", "no calibration"}
            assert seen.current.flags == {"no data", "no calibration"}
            assert seen.power.value == 12.5

        simulated_bench.clock.run(live())


def test_another_instrument_is_never_switched(simulated_bench: SimulatedBench) -> None:
    """Making safe asks who is there before it says a word."""
    with (
        expect_dialogue(("*IDN?", "YOKOGAWA,WT333E,C3SA12345V,F1.04")) as library,
        pytest.raises(InstrumentError, match="choose the driver 'yokogawa_wt'"),
    ):
        simulated_bench.clock.run(
            chroma_61500(simulated_bench.around("mains", world=False), library=library, **ENTRY).make_safe()  # type: ignore[arg-type]
        )


CERTIFICATE = """\
serial: A389Z20
model: CSW5550
certificate: c
laboratory: l
calibrated: 2025-01-01
due: 2035-01-01
specification:
  voltage: {reading: 0.1 %, range: 0.1 %}
  current: {reading: 0.2 %, range: 0.2 %}
  power: {reading: 0.5 %, range: 0 %}
"""


@pytest.mark.parametrize(
    ("options", "u_current"),
    [({}, None), ({"current_range": 50.0}, (0.002 * 20 + 0.002 * 50) / math.sqrt(3.0))],
)
def test_percent_of_a_range_needs_the_range(
    simulated_bench: SimulatedBench, tmp_path: Path, options: dict[str, float], u_current: float | None
) -> None:
    """Of the voltage's, which was set; of the current's, only when the bench entry tells it: never of a limit."""
    file = tmp_path / "source.yaml"
    file.write_text(CERTIFICATE)
    answers = (
        ("MEAS:VOLT:AC?", "240"),
        ("MEAS:CURR:AC?", "20"),
        ("MEAS:POW:AC?", "4800"),
        ("MEAS:FREQ?", "60"),
    )
    with expect_dialogue(*CALIFORNIA, *answers) as library:
        entry: dict[str, Any] = {**ENTRY, "library": library, "calibration": str(file), **options}
        mains = california(simulated_bench.around("mains", world=False), **entry)

        async def live() -> None:
            await mains.open()
            seen = await mains.measure()
            assert not seen.current.flags
            assert seen.voltage.u == pytest.approx((0.001 * 240 + 0.001 * 300) / math.sqrt(3.0))
            assert seen.current.u == (None if u_current is None else pytest.approx(u_current))
            assert seen.power.u == pytest.approx(0.005 * 4800 / math.sqrt(3.0))

        simulated_bench.clock.run(live())
