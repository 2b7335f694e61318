"""What each load driver says, word by word, and what it makes of answers that a twin does not give."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import InstrumentError
from wattest_instruments.dialogue import expect_dialogue
from wattest_instruments.loads.chroma_63800 import chroma_63800
from wattest_instruments.loads.ea_load import ea_load

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

Lines = tuple[tuple[str, str | None], ...]
HERE = "TCPIP::dialogue::INSTR (@wattest)"


def chroma_told(*lines: str) -> Lines:
    """Settings, each followed by a look at the event register."""
    return tuple(exchange for line in lines for exchange in ((line, None), ("*ESR?", "0")))


def ea_told(*lines: str) -> Lines:
    """Settings, each followed by a look at the error queue."""
    return tuple(exchange for line in lines for exchange in ((line, None), ("SYST:ERR?", '0,"No error"')))


CHROMA: Lines = (
    ("*IDN?", "Chroma,63803,638030000001,1.10"),
    ("*CLS", None),
    *chroma_told(
        "LOAD OFF",
        "SYSTEM:SETUP:MODE AC",
        "SYSTEM:SETUP:CFPF:MODE PF",
        "LOAD:MODE CURR",
        "PFAC 1",
        "LOAD:CURR:PEAK:MAX 49.8",
    ),
    ("LOAD:MODE?", "CURR"),
    ("LOAD:CURR:PEAK:MAX?", "49.8"),
    *chroma_told("LOAD:CURR 0.00"),
)
NOMINAL: Lines = (("SYST:NOM:VOLT?", "500 V"), ("SYST:NOM:CURR?", "90 A"), ("SYST:NOM:POW?", "10500 W"))
EA: Lines = (
    ("*IDN?", "EA Elektro-Automatik GmbH & Co. KG,ELR 9500-90,2815490001,V2.10"),
    *NOMINAL,
    ("*CLS", None),
    *ea_told("SYST:LOCK ON"),
    ("SYST:LOCK:OWN?", "REMOTE"),
    *ea_told("INP OFF", "CURR:PROT 32.00"),
    ("CURR:PROT?", "32.00 A"),
    *ea_told("CURR 0.00"),
)
PSB: Lines = (
    ("*IDN?", "EA ELEKTRO-AUTOMATIK,PSB 10060-60 2U,123456,KE 3.10"),
    *NOMINAL,
    ("*CLS", None),
    *ea_told("SYST:LOCK ON"),
    ("SYST:LOCK:OWN?", "REMOTE"),
    *ea_told("OUTP OFF", "VOLT 0"),
    ("VOLT?", "0.00 V"),
    *ea_told("CURR 0"),
    ("CURR?", "0.00 A"),
    *ea_told("SINK:CURR 0.00"),
)


def play(bench: SimulatedBench, driver: Callable[..., Any], lines: Lines, *acts: tuple[Any, ...]) -> Any:
    """Open, then ``(verb, *arguments)`` one after the other; the last one's result."""
    with expect_dialogue(*lines) as library:
        load = driver(
            bench.around("load", world=False),
            resource="TCPIP::dialogue::INSTR",
            library=library,
            current_limit=32.0,
        )

        async def live() -> Any:
            result: Any = await load.open()
            for verb, *arguments in acts:
                result = await getattr(load, verb)(*arguments)
            return result

        return bench.clock.run(live())


def fails(bench: SimulatedBench, driver: Callable[..., Any], lines: Lines, *acts: tuple[Any, ...]) -> str:
    with pytest.raises(InstrumentError) as caught:
        play(bench, driver, lines, *acts)
    return str(caught.value)


def test_chroma_draws_a_constant_current(simulated_bench: SimulatedBench) -> None:
    """Set, confirmed, switched on and seen to be on; three questions for a reading."""
    reading = play(
        simulated_bench,
        chroma_63800,
        (
            *CHROMA,
            *chroma_told("LOAD:CURR 16.00"),
            ("LOAD:CURR?", "16.00"),
            *chroma_told("LOAD ON"),
            ("LOAD?", "ON"),
            ("MEAS:VOLT?", "239.5"),
            ("MEAS:CURR?", "16.01"),
            ("MEAS:POW:REAL?", "3834.4"),
        ),
        ("set_current", 16.0),
        ("set_input", True),
        ("measure",),
    )
    assert (reading.voltage.value, reading.current.value, reading.power.value) == (239.5, 16.01, 3834.4)


def test_chroma_that_drops_out_tells_why(simulated_bench: SimulatedBench) -> None:
    """The bits of its protection register become words."""
    lines = (*CHROMA, *chroma_told("LOAD ON"), ("LOAD?", "OFF"), ("LOAD:PROT?", "6"))
    assert fails(simulated_bench, chroma_63800, lines, ("set_input", True)) == (
        f"{HERE} was told to draw and answers that it is off: no voltage at its terminals (below 45 V) (LOAD:PROT? 6)."
    )


def test_chroma_event_register_names_the_kind_of_error(simulated_bench: SimulatedBench) -> None:
    """Without an error queue, the register of IEEE 488.2 tells."""
    lines = (*CHROMA[:3], ("*ESR?", "48"))
    assert fails(simulated_bench, chroma_63800, lines) == (
        f"{HERE} refused 'LOAD OFF': command error and execution error (event register 48)."
    )


def test_chroma_of_an_unknown_size_is_not_guessed(simulated_bench: SimulatedBench) -> None:
    """A model whose full scale nobody told is refused."""
    said = fails(simulated_bench, chroma_63800, (("*IDN?", "Chroma,63805,1,1"),))
    assert said == (
        f"{HERE} is a 63805, whose full scale this driver does not know: it is made for 63802, 63803, 63804."
    )


def test_ea_locks_and_reads_units(simulated_bench: SimulatedBench) -> None:
    """Volts, amperes and watts in one answer, each with its unit; the numbers come without."""
    reading = play(
        simulated_bench,
        ea_load,
        (*EA, ("MEAS:ARR?", "48.00 V, 12.50A, 600 W")),
        ("measure",),
    )
    assert (reading.voltage.value, reading.current.value, reading.power.value) == (48.0, 12.5, 600.0)
    assert [part.index for part in (reading.voltage, reading.current, reading.power)] == [0, 1, 2]


def test_ea_that_somebody_else_holds_is_left_alone(simulated_bench: SimulatedBench) -> None:
    """Owner LOCAL: nothing more is said, and the sentence tells what to do."""
    lines = (*EA[:7], ("SYST:LOCK:OWN?", "LOCAL"))
    assert fails(simulated_bench, ea_load, lines) == (
        f"{HERE} is owned by 'LOCAL' and not by REMOTE: leave its menu, allow remote control there, and end any other "
        "program that holds it."
    )


def test_ea_is_handed_back(simulated_bench: SimulatedBench) -> None:
    """Closing unlocks it."""
    play(simulated_bench, ea_load, (*EA, ("SYST:LOCK OFF", None)), ("close",))


def test_psb_never_sources_and_counts_its_sink_current(simulated_bench: SimulatedBench) -> None:
    """Source side at 0 V and 0 A; what it prints negative is drawn."""
    reading = play(
        simulated_bench,
        ea_load,
        (
            *PSB,
            *ea_told("SINK:CURR 16.00"),
            ("SINK:CURR?", "16.00 A"),
            *ea_told("OUTP ON"),
            ("OUTP?", "ON"),
            ("MEAS:ARR?", "48.00 V, -16.00 A, -768 W"),
        ),
        ("set_current", 16.0),
        ("set_input", True),
        ("measure",),
    )
    assert (reading.voltage.value, reading.current.value, reading.power.value) == (48.0, 16.0, 768.0)


def test_a_load_that_stays_on_calls_for_hands(simulated_bench: SimulatedBench) -> None:
    """Making safe is not taken at its word."""
    lines = (*EA, ("SYST:LOCK ON", None), ("INP OFF", None), ("INP?", "ON"))
    assert fails(simulated_bench, ea_load, lines, ("make_safe",)) == (
        f"{HERE} was told to stop drawing and answers that it is on: switch it off by hand."
    )


def test_a_current_that_does_not_stick_is_noticed(simulated_bench: SimulatedBench) -> None:
    """Another value read back than was set."""
    lines = (*EA, *ea_told("CURR 16.00"), ("CURR?", "10.00 A"))
    assert fails(simulated_bench, ea_load, lines, ("set_current", 16.0)) == (
        f"{HERE} was set to 16 A and answers '10.00 A' to 'CURR?': look at its mode and its limits."
    )


def test_half_an_answer_is_no_reading(simulated_bench: SimulatedBench) -> None:
    """Two values where three were expected."""
    lines = (*EA, ("MEAS:ARR?", "48.00 V, 12.50 A"))
    assert "where voltage, current and power were expected" in fails(
        simulated_bench, ea_load, lines, ("measure",)
    )
