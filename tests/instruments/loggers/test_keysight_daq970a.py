"""The data logger: what it says, what it reads, and what an open thermocouple is."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, InstrumentError
from wattest.run.rehearse import Rehearsal
from wattest_instruments.dialogue import expect_dialogue
from wattest_instruments.loggers.keysight_daq970a import keysight_daq970a, keysight_daq970a_twin

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

Lines = tuple[tuple[str, str | None], ...]
HERE = "TCPIP::dialogue::INSTR (@wattest)"


def told(*lines: str) -> Lines:
    return tuple(exchange for line in lines for exchange in ((line, None), ("SYST:ERR?", '+0,"No error"')))


OPENING: Lines = (
    ("*IDN?", "Agilent Technologies,34972A,MY59000704,1.17-1.12-02-02"),
    ("*CLS", None),
    *told(
        "CONF:TEMP TC,T,(@101,102,110)",
        "UNIT:TEMP C,(@101,102,110)",
        "SENS:TEMP:TRAN:TC:RJUN:TYPE INT,(@101,102,110)",
        "SENS:TEMP:TRAN:TC:CHEC ON,(@101,102,110)",
        "ROUT:SCAN (@101,102,110)",
        "TRIG:SOUR IMM",
        "TRIG:COUN 1",
        "FORM:READ:TIME OFF",
        "FORM:READ:CHAN OFF",
        "FORM:READ:UNIT OFF",
        "FORM:READ:ALAR OFF",
    ),
    ("ROUT:SCAN:SIZE?", "+3"),
)


def logger(bench: SimulatedBench, library: str, **options: Any) -> Any:
    entry = {"channels": {"cable": 110, "air": 101, "meter": 102}, "thermocouple": "T", **options}
    return keysight_daq970a(
        bench.around("thermometers", world=False), resource="TCPIP::dialogue::INSTR", library=library, **entry
    )


def read(bench: SimulatedBench, answer: str, **options: Any) -> Any:
    with expect_dialogue(*OPENING, ("READ?", answer)) as library:
        part = logger(bench, library, **options)

        async def live() -> Any:
            await part.open()
            return await part.read_all()

        return bench.clock.run(live())


def test_channels_are_scanned_in_ascending_order(simulated_bench: SimulatedBench) -> None:
    """Whatever the order of the entry, each place gets its own channel's value."""
    seen = read(simulated_bench, "-3.95000000E+01,+2.10000000E+01,+5.50000000E+01")
    assert {place: one.value for place, one in seen.items()} == {"air": -39.5, "meter": 21.0, "cable": 55.0}
    for one in seen.values():
        assert one.unit == "degC"
        assert simulated_bench.notes[one.seq[0]][1]["rx"].split(",")[one.index] == one.raw
        assert (one.u, one.flags) == (None, {"no calibration"})


def test_an_open_thermocouple_is_a_flag(simulated_bench: SimulatedBench) -> None:
    """9.9E+37 is no temperature; the sound channels beside it stay sound."""
    seen = read(simulated_bench, "+2.30000000E+01,+9.90000000E+37,-9.90000000E+37", accuracy=1.0)
    assert "over-range" in seen["meter"].flags
    assert "over-range" in seen["cable"].flags
    assert math.isinf(seen["meter"].value)
    assert seen["meter"].u is None
    assert not seen["air"].flags


def test_accuracy_of_the_bench_file_becomes_an_uncertainty(simulated_bench: SimulatedBench) -> None:
    """A limit of error is rectangular: 1.5 K make 0.87 K."""
    seen = read(simulated_bench, "1,2,3", accuracy=1.5)
    assert seen["air"].u == pytest.approx(1.5 / math.sqrt(3.0))
    assert not seen["air"].flags


def test_calibration_file_gives_serial_number_and_uncertainty(simulated_bench: SimulatedBench) -> None:
    """1 K limit of error and 0.3 K (k = 2) of the certificate."""
    bench = simulated_bench

    async def live() -> None:
        async with twinned(bench, calibration="simulated_daq.yaml") as part:
            identity = await part.open()
            assert identity.serial == "MY58000970"
            seen = await part.read_all()
            assert seen["air"].u == pytest.approx(math.hypot(1.0 / math.sqrt(3.0), 0.15))
            assert not seen["air"].flags

    bench.clock.run(live())


@asynccontextmanager
async def twinned(bench: SimulatedBench, **options: Any) -> AsyncIterator[Any]:
    entry = {"channels": {"enclosure": 102, "air": 101}, **options}
    async with keysight_daq970a_twin(Rehearsal(bench.world, bench.clock, "thermometers", entry, "")) as led:
        part = keysight_daq970a(bench.around("thermometers", world=False), **{**entry, **led})
        try:
            yield part
        finally:
            await part.close()


@pytest.mark.real_time
def test_conformance_over_tcp(simulated_bench: SimulatedBench) -> None:
    """Air and inside of the simulated station, in the cold and while it warms; harmless before, after and twice."""
    bench = simulated_bench

    async def live() -> None:
        async with twinned(bench) as part:
            await part.make_safe()
            identity = await part.open()
            assert await part.open() == identity
            bench.world.climate.set_ambient(-40.0, 1.0)
            for _ in range(3):
                seen = await part.read_all()
                assert seen["air"].value == pytest.approx(bench.world.climate.ambient_c(), rel=1e-6)
                assert seen["enclosure"].value == pytest.approx(bench.world.climate.internal_c(), rel=1e-6)
                await bench.clock.sleep(1800.0)
            await part.make_safe()
            await part.make_safe()

    bench.clock.run(live())


def test_somebody_who_changed_the_scan_is_noticed(simulated_bench: SimulatedBench) -> None:
    """Another number of values than channels belongs to no place."""
    with pytest.raises(InstrumentError, match=r"answered READ\? with 2 values for 3 channels"):
        read(simulated_bench, "1,2")


def test_a_scan_list_that_does_not_stick_is_noticed(simulated_bench: SimulatedBench) -> None:
    """A module that is not there."""
    with (
        expect_dialogue(*OPENING[:-1], ("ROUT:SCAN:SIZE?", "+2")) as library,
        pytest.raises(InstrumentError) as caught,
    ):
        simulated_bench.clock.run(logger(simulated_bench, library).open())
    assert str(caught.value) == f"{HERE} was given 3 channels and scans +2: look at its modules."


@pytest.mark.parametrize(
    ("channels", "sentence"),
    [
        ({}, r"channels is empty; name what is measured, such as \{air: 101\}\."),
        ({"air": 99}, r"channel 99 of 'air' is none; slots 1 to 3 have 101 to 340\."),
        ({"air": 101, "meter": 101}, r"channel 101 stands for more than one place\."),
    ],
)
def test_channels_that_make_no_sense_are_refused(
    simulated_bench: SimulatedBench, channels: dict[str, int], sentence: str
) -> None:
    """Before anything is connected."""
    with pytest.raises(BenchError, match=rf"thermometers \(keysight_daq970a\): {sentence}"):
        logger(simulated_bench, "@wattest", channels=channels)
