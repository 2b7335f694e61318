"""The multimeter as a rig: one voltage, read by whoever finds it under its name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, InstrumentError
from wattest.run.rehearse import Rehearsal
from wattest_instruments.dialogue import expect_dialogue
from wattest_instruments.loggers.keysight_34465a import keysight_34465a, keysight_34465a_twin

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

OPENING: tuple[tuple[str, str | None], ...] = (
    ("*IDN?", "Keysight Technologies,34465A,MY54506462,A.02.14-02.40-02.14-00.49-03-01"),
    ("*CLS", None),
    ("CONF:VOLT:DC 10", None),
    ("SYST:ERR?", '+0,"No error"'),
    ("SAMP:COUN 1", None),
    ("SYST:ERR?", '+0,"No error"'),
)


def measured(bench: SimulatedBench, answer: str) -> Any:
    with expect_dialogue(*OPENING, ("READ?", answer)) as library:
        dmm: Any = keysight_34465a(
            bench.around("proximity_voltage", world=False),
            resource="TCPIP::dialogue::INSTR",
            library=library,
            range_=10.0,
        )

        async def live() -> Any:
            await dmm.open()
            assert dmm.facts["serial"] == "MY54506462"
            return await dmm.measure()

        return bench.clock.run(live())


def test_one_voltage_with_its_evidence(simulated_bench: SimulatedBench) -> None:
    """Function and range fixed, one value, and the entry that proves it."""
    reading = measured(simulated_bench, "+1.50731000E+00")
    assert (reading.value, reading.unit, reading.flags) == (1.50731, "V", {"no calibration"})
    assert simulated_bench.notes[reading.seq[0]][1]["rx"] == reading.raw


def test_beyond_the_range_is_a_flag(simulated_bench: SimulatedBench) -> None:
    """9.9E+37 is no voltage."""
    reading = measured(simulated_bench, "+9.90000000E+37")
    assert math.isinf(reading.value)
    assert "over-range" in reading.flags


def test_more_than_one_value_is_refused(simulated_bench: SimulatedBench) -> None:
    """Somebody changed the number of samples."""
    with pytest.raises(InstrumentError, match="more than one value"):
        measured(simulated_bench, "+1.0E+00,+1.1E+00")


def test_a_range_that_it_has_not_is_refused(simulated_bench: SimulatedBench) -> None:
    """With those that it has."""
    with pytest.raises(
        BenchError,
        match=r"dmm \(keysight_34465a\): range is 300 V; dc_voltage has 0\.1 V, 1 V, 10 V, 100 V, 1000 V\.",
    ):
        keysight_34465a(simulated_bench.around("dmm", world=False), resource="TCPIP::x::INSTR", range_=300.0)


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("function", "volts"), [("dc_voltage", 6.0 * 0.8 - 12.0 * 0.2), ("ac_voltage", 240.0 - 0.02 * 32.0)]
)
def test_conformance_over_tcp(simulated_bench: SimulatedBench, function: str, volts: float) -> None:
    """The mean of the pilot's pulses, or the output; set up again by ``restart``; harmless at any time."""
    bench = simulated_bench

    async def live() -> None:
        entry: dict[str, Any] = {
            "function": function,
            "range_": 100.0 if function == "dc_voltage" else 750.0,
        }
        async with keysight_34465a_twin(Rehearsal(bench.world, bench.clock, "dmm", entry, "")) as led:
            dmm: Any = keysight_34465a(bench.around("dmm", world=False), **{**entry, **led})
            await dmm.make_safe()
            await dmm.open()
            bench.start_charge(32.0)
            await bench.clock.sleep(1.0)
            assert (await dmm.measure()).value == pytest.approx(volts, rel=1e-4)
            await dmm.restart()
            assert (await dmm.measure()).value == pytest.approx(volts, rel=1e-4)
            await dmm.make_safe()
            await dmm.close()

    bench.clock.run(live())
