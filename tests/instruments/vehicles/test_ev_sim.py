from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest.errors import InstrumentError, RigError
from wattest.roles import ReadsBack
from wattest.run.rehearse import Rehearsal
from wattest_instruments.links import protocol_wattest
from wattest_instruments.twins.serial import serve_serial
from wattest_instruments.twins.vehicles import EvSimTwin
from wattest_instruments.vehicles.ev_sim import EvSim, ev_sim, ev_sim_twin, parse

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench


@asynccontextmanager
async def board(
    bench: SimulatedBench, *, over: str = "memory", old: bool = False, world: bool = True
) -> AsyncIterator[tuple[Any, EvSimTwin]]:
    twin = EvSimTwin(bench.world, old=old)
    around = bench.around("vehicle", world=world)
    if over == "memory":
        yield ev_sim(around, port=protocol_wattest.register("evsim", twin)), twin
    else:
        async with serve_serial(twin) as url:
            yield ev_sim(around, port=url), twin


def play(bench: SimulatedBench, does: Callable[[Any, EvSimTwin], Awaitable[None]], **how: Any) -> None:
    async def live() -> None:
        async with board(bench, **how) as (car, twin):
            await does(car, twin)
            await car.close()
            await car.close()

    bench.clock.run(live())


@pytest.mark.parametrize(("over", "old"), [("memory", False), ("socket", False), ("memory", True)])
def test_a_session_with_the_board(simulated_bench: SimulatedBench, over: str, old: bool) -> None:
    """Letters switch, lines confirm and measure; both forms of the line are read."""
    outlet = simulated_bench.world.outlets[0]

    async def does(car: Any, twin: EvSimTwin) -> None:
        await car.make_safe()
        assert simulated_bench.said() == []
        identity = await car.open()
        assert identity.model == (await car.open()).model == "EV Sim Remote"
        assert twin.pilot == "B"
        outlet.holster_lock.drive(lock=False)
        await simulated_bench.clock.sleep(5.0)
        await car.plug_in()
        assert (await car.whereabouts(), outlet.pilot) == ("plugged in", "B")
        pilot = await car.read_pilot()
        assert pilot.high.value == pytest.approx(9.0, abs=0.02)
        assert (pilot.duty.value, pilot.frequency.value, pilot.low) == (100.0, 0.0, None)
        assert (await car.read_back()).safe
        outlet.offer(30.0)
        await car.set_ready(True)
        assert twin.pilot == "C"
        await simulated_bench.clock.sleep(1.0)
        pilot = await car.read_pilot()
        assert pilot.high.value == pytest.approx(6.0, abs=0.02)
        assert pilot.low.value == pytest.approx(-12.0, abs=0.02)
        assert pilot.duty.value == pytest.approx(50.0, abs=0.01)
        assert pilot.duty.flags == {"no calibration"}
        assert (pilot.frequency.value if old else pilot.frequency) == (1000.0 if old else None)
        line = simulated_bench.notes[pilot.high.seq[0]][1]["rx"]
        assert pilot.high.raw in line
        back = await car.read_back()
        assert not back.safe
        assert back.sentence.startswith("the board was told state C" if old else "the board says state C")
        await car.make_safe()
        await car.make_safe()
        assert (twin.pilot, outlet.vehicle.ready) == ("B", False)
        await car.unplug()
        await car.holster()
        assert await car.whereabouts() == "holstered"

    play(simulated_bench, does, over=over, old=old)
    sent = [note["tx"] for _, note in simulated_bench.notes if note.get("op") == "write"]
    assert sent == ["B", "C", "B", "B"]
    assert issubclass(EvSim, ReadsBack)


def test_a_board_that_does_not_switch_is_found_out(simulated_bench: SimulatedBench) -> None:
    """Its lines go on saying the old state."""

    async def does(car: Any, twin: EvSimTwin) -> None:
        await car.open()
        twin.deaf = True
        with pytest.raises(InstrumentError) as caught:
            await car.set_ready(True)
        assert str(caught.value) == (
            "wattest://evsim was told to show state C and says B after 4 s: reset the board."
        )

    play(simulated_bench, does)


def test_a_silent_port_is_closed_again(
    simulated_bench: SimulatedBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a line nothing is believed; a second try says the same."""

    async def does(car: Any, twin: EvSimTwin) -> None:
        monkeypatch.setattr(twin, "_tick", lambda: None)
        monkeypatch.setattr(twin._ticking, "_tick", lambda: None)
        for _ in range(2):
            with pytest.raises(InstrumentError) as caught:
                await car.open()
            assert str(caught.value) == (
                "wattest://evsim sent no line about the pilot within 4 s: check port and cable, and that it is an EV Sim Remote "
                "at 9600 baud."
            )

    play(simulated_bench, does)


def test_what_the_board_cannot_do(simulated_bench: SimulatedBench) -> None:
    """No fault, no proximity, no current, and without anybody no plug either; A stays A at rest."""

    async def does(car: Any, twin: EvSimTwin) -> None:
        assert car.supports == {"pilot_reading"}
        await car.open()
        await car.set_ready(False)
        assert (twin.pilot, await car.whereabouts()) == ("A", "unknown")
        for verb, words in (
            (car.set_fault("short", True), "cannot make the fault 'short'.*it makes none"),
            (car.set_proximity(None), "cannot show a proximity resistance"),
            (car.set_current(6.0), "cannot take 6 A.*Add a 'load'"),
        ):
            with pytest.raises(RigError, match=words):
                await verb
        for move in (car.plug_in, car.unplug, car.holster):
            with pytest.raises(InstrumentError, match=r"^vehicle \(ev_sim\): .* was not done"):
                await move()

    play(simulated_bench, does, world=False)


def test_rehearsed_board_hangs_in_the_world(simulated_bench: SimulatedBench) -> None:
    """The twin leads the driver to a port in memory and takes the person away."""
    there = Rehearsal(simulated_bench.world, simulated_bench.clock, "vehicle", {}, ".")

    async def live() -> None:
        async with ev_sim_twin(there) as options:
            assert options["rig"] is None
            car = ev_sim(simulated_bench.around("vehicle"), **options)
            await car.open()
            await car.close()

    simulated_bench.clock.run(live())


def test_lines_of_the_authors_repository() -> None:
    """The README's line, and one as the newer firmware prints it."""
    old = parse(b"{ state_changes=2000, low_count=50000, high_count=100000, low_adc=172, high_adc=844 }")
    assert old is not None
    assert (old.high_v, old.low_v) == pytest.approx((9.216, -12.288))
    assert old.duty_pct == pytest.approx(66.667, abs=0.001)
    assert (old.frequency_hz, old.state, old.high_raw) == (1000.0, None, "844")
    new = parse(
        b'{ state: "C", state_changes: 1000, low_count: 4000, high_count: 12000, min_volts: -11.973, max_volts: 5.941 }\r'
    )
    assert new is not None
    assert (new.high_v, new.low_v, new.duty_pct, new.state, new.frequency_hz) == (
        5.941,
        -11.973,
        75.0,
        "C",
        None,
    )


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{ }",
        b'te: "C", state_changes: 1000, low_count: 4000, high_count: 12000, min_volts: -11.9, max_volts: 5.9 }',
        b'{ state: "C", state_changes: 1000, low_count: 4000 }',
        b'{ state: "C", state_changes: x, low_count: 0, high_count: 0, min_volts: 0, max_volts: 0 }',
        b'{ state: "C", state_changes: 1, low_count: 0, high_count: 0, min_volts: 1e9, max_volts: nan }',
    ],
)
def test_lines_that_are_none(line: bytes) -> None:
    """A line that was cut, or holds no numbers, is waited past."""
    assert parse(line) is None


@given(
    st.one_of(
        st.binary(max_size=120),
        st.text(alphabet='{}:=,. "-0123456789abcdehilmnostuvx_', max_size=120).map(str.encode),
    )
)
def test_no_line_upsets_the_reader(line: bytes) -> None:
    """Whatever arrives is a line or none."""
    found = parse(line)
    assert found is None or 0.0 <= found.duty_pct <= 100.0
