"""What the oscilloscope driver says, word by word, and what it makes of answers that its twin does not give."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import InstrumentError
from wattest.roles import Surroundings
from wattest_instruments.dialogue import expect_dialogue
from wattest_instruments.scopes.rigol_ds1000z import rigol_ds1000z

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

Lines = tuple[tuple[str, str | bytes | None], ...]
HERE = "TCPIP::dialogue::INSTR (@wattest)"
STEADY = bytes([127 + 60]) * 60_000
"""12 V: 60 steps of 0.2 V above the middle."""


def told(*lines: str) -> Lines:
    return tuple(exchange for line in lines for exchange in ((line, None), (":SYST:ERR?", '0,"No error"')))


def channel(number: int, probe: str, scale: str) -> Lines:
    at = f":CHAN{number}"
    return (
        *told(f"{at}:DISP ON", f"{at}:COUP DC", f"{at}:BWL 20M", f"{at}:PROB {probe}", f"{at}:SCAL {scale}"),
        *told(f"{at}:OFFS 0"),
        (f"{at}:PROB?", f"{float(probe):e}"),
        (f"{at}:SCAL?", f"{float(scale):e}"),
    )


OPENING: Lines = (
    ("*IDN?", "RIGOL TECHNOLOGIES,DS1054Z,DS1ZA171409212,00.04.03"),
    ("*CLS", None),
    *channel(1, "10", "5"),
    *channel(2, "200", "100"),
    *told(":CHAN3:DISP OFF", ":CHAN4:DISP OFF", ":ACQ:TYPE NORM"),
)
READING: Lines = (
    *told(":RUN", ":TIM:SCAL 0.002"),
    (":TIM:SCAL?", "2.000000e-03"),
    *told(":TIM:OFFS 0", ":ACQ:MDEP 60000"),
    (":ACQ:MDEP?", "60000"),
    *told(
        ":TRIG:MODE EDGE",
        ":TRIG:COUP DC",
        ":TRIG:EDG:SOUR CHAN1",
        ":TRIG:EDG:SLOP POS",
        ":TRIG:EDG:LEV 0.000",
    ),
    *told(":TRIG:SWE AUTO", ":STOP"),
    (":TRIG:STAT?", "TD"),
    (":TRIG:STAT?", "STOP"),
    *told(":WAV:SOUR CHAN1", ":WAV:MODE RAW", ":WAV:FORM BYTE"),
    (":WAV:PRE?", "0,2,60000,1,4.000000e-07,-1.200000e-02,0,2.000000e-01,0,127"),
    *told(":WAV:STAR 1", ":WAV:STOP 60000"),
    (":WAV:DATA?", b"#9000060000" + STEADY),
)


def arming(event: str) -> Lines:
    scale, offset, depth, source, level = {
        "open": ("0.05", "0.18", "60000", "CHAN1", "7.500"),
        "close": ("0.5", "-2.4", "600000", "CHAN2", "42.426"),
    }[event]
    return (
        *told(":RUN", f":TIM:SCAL {scale}"),
        (":TIM:SCAL?", scale),
        *told(f":TIM:OFFS {offset}", f":ACQ:MDEP {depth}"),
        (":ACQ:MDEP?", depth),
        *told(":TRIG:MODE EDGE", ":TRIG:COUP DC", f":TRIG:EDG:SOUR {source}", ":TRIG:EDG:SLOP POS"),
        *told(f":TRIG:EDG:LEV {level}", ":SING"),
        (":TRIG:STAT?", "RUN"),
        (":TRIG:STAT?", "WAIT"),
    )


def play(
    bench: SimulatedBench, lines: Lines, *acts: tuple[Any, ...], around: Surroundings | None = None
) -> Any:
    with expect_dialogue(*lines) as library:
        scope: Any = rigol_ds1000z(
            around or bench.around("pilot_scope", world=False),
            resource="TCPIP::dialogue::INSTR",
            library=library,
            output_probe=200.0,
        )

        async def live() -> Any:
            result = await scope.open()
            for verb, *arguments in acts:
                result = await getattr(scope, verb)(*arguments)
            return result

        return bench.clock.run(live())


def fails(bench: SimulatedBench, lines: Lines, *acts: tuple[Any, ...]) -> str:
    with pytest.raises(InstrumentError) as caught:
        play(bench, lines, *acts)
    return str(caught.value)


def test_a_reading_comes_from_the_memory(simulated_bench: SimulatedBench) -> None:
    """24 ms in 60 000 samples, stopped, and read as bytes whose hash stands in the record."""
    seen = play(simulated_bench, (*OPENING, *READING), ("read",))
    assert seen.high.value == pytest.approx(12.0)
    assert seen.duty.value == 100.0
    notes = [simulated_bench.notes[seq][1] for seq in seen.high.seq]
    assert [note["tx"] for note in notes] == [":WAV:PRE?", ":WAV:DATA?"]
    assert notes[1]["sha256"] == sha256(STEADY).hexdigest()


def test_samples_are_kept_where_a_run_keeps_evidence(simulated_bench: SimulatedBench) -> None:
    """So that somebody else can compute the reading again."""
    kept: dict[str, bytes] = {}

    def keep(name: str, data: bytes, *, samples: bool = False) -> int:
        assert samples, "no station wrote a waveform"
        kept[name] = data
        return 4711

    around = simulated_bench.around("pilot_scope", world=False)
    around = Surroundings(around.clock, around.note, around.role, around.folder, keep=keep)
    seen = play(simulated_bench, (*OPENING, *READING), ("read",), around=around)
    assert kept == {f"pilot_scope-chan1-{sha256(STEADY).hexdigest()[:16]}.bin": STEADY}
    assert seen.high.seq[-1] == 4711


def test_a_signal_off_the_screen_is_flagged(simulated_bench: SimulatedBench) -> None:
    """The highest code may stand for anything above."""
    lines = (*OPENING, *READING[:-1], (":WAV:DATA?", b"#9000060000" + b"\xff" * 60_000))
    assert play(simulated_bench, lines, ("read",)).high.flags == {"over-range", "no calibration"}


@pytest.mark.parametrize("event", ["open", "close"])
def test_arming_waits_until_the_time_before_is_recorded(simulated_bench: SimulatedBench, event: str) -> None:
    """Out of C triggers at 7.5 V rising, into C at the output's own rise; then it is polled until it waits."""
    play(simulated_bench, (*OPENING, *arming(event)), ("arm", event))


def test_a_scope_that_never_waits_is_told_so(simulated_bench: SimulatedBench) -> None:
    """In bounded time."""
    lines = (*OPENING, *arming("open")[:-2], *(((":TRIG:STAT?", "RUN"),) * 23))
    assert fails(simulated_bench, lines, ("arm", "open")).startswith(
        f"{HERE} should be in state STOP or TD or WAIT within 2.12 s and answers 'RUN' to ':TRIG:STAT?'"
    )


def test_a_time_offset_taken_otherwise_is_noticed(simulated_bench: SimulatedBench) -> None:
    """A record without the time before the trigger proves nothing."""

    def record(number: int) -> Lines:
        return (
            *told(f":WAV:SOUR CHAN{number}", ":WAV:MODE RAW", ":WAV:FORM BYTE"),
            (":WAV:PRE?", "0,2,60000,1,1.000000e-05,0.000000e+00,0,2.000000e-01,0,127"),
            *told(":WAV:STAR 1", ":WAV:STOP 60000"),
            (":WAV:DATA?", b"#9000060000" + STEADY),
        )

    lines = (*OPENING, *arming("open"), (":TRIG:STAT?", "STOP"), *record(1), *record(2))
    assert fails(simulated_bench, lines, ("arm", "open"), ("fetch",)) == (
        f"{HERE} recorded from 0 s on, and from -0.12 s was set: its time offset was not taken as the programming guide has "
        "it."
    )


def test_too_few_samples_are_refused(simulated_bench: SimulatedBench) -> None:
    """Slower than every 10 us the pilot's pulses cannot be seen; fewer bytes than asked for are no record."""
    coarse = (
        *READING[:-6],
        (":WAV:PRE?", "0,2,60000,1,1.000000e-04,-1.200000e-02,0,2.000000e-01,0,127"),
    )
    assert fails(simulated_bench, (*OPENING, *coarse), ("read",)) == (
        f"{HERE} sampled every 0.0001 s; 1e-05 s is needed to see the pilot."
    )


def test_half_a_block_is_no_record(simulated_bench: SimulatedBench) -> None:
    """Fewer bytes than asked for."""
    lines = (*OPENING, *READING[:-1], (":WAV:DATA?", b"#510000" + STEADY[:10_000]))
    assert fails(simulated_bench, lines, ("read",)) == (
        f"{HERE} gave 10000 of the samples 1 to 60000 of CHAN1."
    )


def test_a_preamble_of_another_shape_is_refused(simulated_bench: SimulatedBench) -> None:
    """Ten numbers or nothing."""
    lines = (*OPENING, *READING[:-6], (":WAV:PRE?", "0,2,60000"))
    assert "where ten numbers were expected" in fails(simulated_bench, lines, ("read",))


def test_a_depth_that_it_has_not_is_noticed(simulated_bench: SimulatedBench) -> None:
    """A third channel that somebody switched on changes what depths there are."""
    lines = (*OPENING, *READING[:9], (":ACQ:MDEP?", "30000"))
    assert fails(simulated_bench, lines, ("read",)) == (
        f"{HERE} was set to 60000 samples and answers '30000' to ':ACQ:MDEP?': look at which channels are on."
    )
