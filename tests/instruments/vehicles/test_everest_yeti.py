from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock import RealClock
from wattest.errors import BenchError, InstrumentError, RigError
from wattest.roles import ReadsBack
from wattest.run.rehearse import Rehearsal
from wattest.world import World
from wattest_instruments.by_hand import by_hand
from wattest_instruments.links import protocol_wattest
from wattest_instruments.twins.serial import serve_serial
from wattest_instruments.twins.vehicles import YetiTwin
from wattest_instruments.vehicles import yeti_frames as yeti
from wattest_instruments.vehicles.everest_yeti import EverestYeti, everest_yeti, everest_yeti_twin

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

    from wattest.model.charger import ChargerSheet


@asynccontextmanager
async def board(
    bench: SimulatedBench, *, over: str = "memory", world: bool = True, rig: str | None = None, **rigs: Any
) -> AsyncIterator[tuple[Any, YetiTwin]]:
    """A driver and the board that it drives, in memory or over a socket."""
    twin = YetiTwin(bench.world)
    around = bench.around("vehicle", world=world, **rigs)
    if over == "memory":
        yield everest_yeti(around, port=protocol_wattest.register("yeti", twin), rig=rig), twin
    else:
        async with serve_serial(twin) as url:
            yield everest_yeti(around, port=url, rig=rig), twin


def play(
    bench: SimulatedBench,
    does: Callable[[Any, YetiTwin], Awaitable[None]],
    *,
    opened: bool = True,
    **how: Any,
) -> None:
    async def live() -> None:
        async with board(bench, **how) as (car, twin):
            if opened:
                await car.open()
            await does(car, twin)
            await car.close()
            await car.close()

    bench.clock.run(live())


@pytest.mark.parametrize("over", ["memory", "socket"])
def test_a_session_with_the_board(simulated_bench: SimulatedBench, over: str) -> None:
    """Plugged in by the world, the board asks for energy, measures the pilot, stops, and is unplugged."""
    world, outlet = simulated_bench.world, simulated_bench.world.outlets[0]

    async def does(car: Any, twin: YetiTwin) -> None:
        identity = await car.open()
        assert (identity.maker, identity.model, identity.firmware) == (
            "Pionix",
            "Yeti EV board, hardware 1.2",
            "twin 1.0",
        )
        assert await car.whereabouts() == "holstered"
        outlet.holster_lock.drive(lock=False)
        await simulated_bench.clock.sleep(5.0)
        await car.plug_in()
        assert (twin.pilot, await car.whereabouts(), outlet.pilot) == ("B", "plugged in", "B")
        pilot = await car.read_pilot()
        assert (pilot.high.value, pilot.duty.value, pilot.low) == (9.0, 100.0, None)
        assert pilot.frequency.value == 0.0
        back = await car.read_back()
        assert back.safe
        assert back.sentence == "the board was told state B and measures 9.0 V on the pilot"
        outlet.offer(30.0)
        await car.set_ready(True)
        await simulated_bench.clock.sleep(1.0)
        assert (twin.pilot, twin.allowed, outlet.pilot) == ("C", True, "C")
        pilot = await car.read_pilot()
        assert (pilot.high.value, pilot.duty.value, pilot.low.value) == (6.0, 50.0, -12.0)
        assert pilot.frequency is None
        assert pilot.high.flags == {"no calibration"}
        rx = simulated_bench.notes[pilot.high.seq[0]][1]["rx"]
        assert rx == "0.5,6,-12,1,0"
        assert rx.split(",")[pilot.high.index] == pilot.high.raw
        assert not (await car.read_back()).safe
        await car.set_ready(False)
        await simulated_bench.clock.sleep(0.1)
        assert (twin.pilot, twin.allowed, world.vehicle().ready) == ("B", False, False)
        await car.unplug()
        await car.holster()
        assert await car.whereabouts() == "holstered"

    play(simulated_bench, does, opened=False, over=over)


def test_dialogue_with_the_board(simulated_bench: SimulatedBench) -> None:
    """Exact frames: reset, pilot B, and to ask for energy first the relay and then C; signs of life are not noted."""

    async def does(car: Any, twin: YetiTwin) -> None:
        await car.set_ready(True)
        await simulated_bench.clock.sleep(10.5)
        await car.make_safe()
        assert twin.heard == 13

    play(simulated_bench, does)
    sent = [
        bytes.fromhex(note["tx"]) + b"\0" for _, note in simulated_bench.notes if note.get("op") == "write"
    ]
    assert [frame[:-1] for frame in sent] == [
        yeti.reset(),
        yeti.set_pilot("B"),
        yeti.allow_power_on(True),
        yeti.set_pilot("C"),
        yeti.set_pilot("B"),
        yeti.allow_power_on(False),
    ]


def test_make_safe_may_come_at_any_time(simulated_bench: SimulatedBench) -> None:
    """Before open nothing is sent; twice does no harm; a board that fell silent is told all the same."""

    async def does(car: Any, twin: YetiTwin) -> None:
        await car.make_safe()
        assert simulated_bench.said() == []
        await car.open()
        assert await car.open() == await car.open()
        await car.set_ready(True)
        await car.make_safe()
        await car.make_safe()
        assert (twin.pilot, twin.allowed) == ("B", False)
        twin.alive = False
        await simulated_bench.clock.sleep(10.0)
        await car.make_safe()

    play(simulated_bench, does, opened=False)
    assert issubclass(EverestYeti, ReadsBack)


@pytest.mark.real_time
def test_in_real_time_over_a_socket(
    simulated_bench_on: type[SimulatedBench], charger_sheet: ChargerSheet
) -> None:
    """The keep-alive, the port's thread and the clock's loop get along without virtual time."""
    with RealClock() as clock:
        bench = simulated_bench_on(clock, World(clock, charger_sheet))

        async def live() -> None:
            twin = YetiTwin(bench.world)
            async with serve_serial(twin) as url:
                car = everest_yeti(bench.around("vehicle"), port=url)
                await car.open()
                await car.set_ready(True)
                await clock.sleep(1.2)
                assert (twin.pilot, twin.heard) == ("C", 4)
                await car.make_safe()
                await clock.sleep(0.2)
                assert twin.pilot == "B"
                await car.close()

        clock.run(live())


def test_make_safe_opens_a_port_that_failed(simulated_bench: SimulatedBench) -> None:
    """A serial server that went away and came back is told to stop asking for energy."""

    async def live() -> None:
        twin = YetiTwin(simulated_bench.world)
        async with serve_serial(twin) as url:
            car = everest_yeti(simulated_bench.around("vehicle"), port=url)
            await car.open()
            await car.set_ready(True)
            await simulated_bench.clock.sleep(0.1)
        await simulated_bench.clock.sleep(2.0)
        with pytest.raises(InstrumentError, match="cannot be opened: Connection refused"):
            await car.make_safe()
        assert twin.pilot == "C"
        async with serve_serial(twin, port=int(url.rpartition(":")[2])):
            await car.make_safe()
            await simulated_bench.clock.sleep(0.1)
            assert twin.pilot == "B"
            with pytest.raises(InstrumentError, match="is lost: "):
                await car.set_ready(True)
            await car.close()

    simulated_bench.clock.run(live())


def test_a_silent_board_is_lost_after_five_seconds(simulated_bench: SimulatedBench) -> None:
    """From then on every verb says so, until the board is opened again."""

    async def does(car: Any, twin: YetiTwin) -> None:
        twin.alive = False
        await simulated_bench.clock.sleep(4.0)
        await car.set_ready(True)
        await simulated_bench.clock.sleep(3.0)
        for verb in (car.set_ready(False), car.read_pilot(), car.read_back()):
            with pytest.raises(InstrumentError) as caught:
                await verb
            assert str(caught.value) == (
                "wattest://yeti is lost: no sign of life came for 5 s, of 5 s allowed. Check the cable."
            )
        twin.alive = True
        await car.open()
        await car.set_ready(True)
        assert twin.pilot == "C"

    play(simulated_bench, does)


def test_a_board_that_starts_anew_by_itself_is_lost(simulated_bench: SimulatedBench) -> None:
    """A brown-out of the board leaves it in a state that nobody set."""

    async def does(car: Any, twin: YetiTwin) -> None:
        await car.set_ready(True)
        twin.restart()
        with pytest.raises(InstrumentError, match="the board started anew by itself"):
            await car.set_ready(True)

    play(simulated_bench, does)


def test_events_stand_in_the_record(simulated_bench: SimulatedBench) -> None:
    """What the board noticed by itself is kept."""

    async def does(car: Any, twin: YetiTwin) -> None:
        twin.say_events(9)
        await simulated_bench.clock.sleep(2.0)

    play(simulated_bench, does)
    kept = [note["rx"] for _, note in simulated_bench.notes if note.get("op") == "frame"]
    assert [yeti.read(bytes.fromhex(rx)) for rx in kept] == [yeti.Event("relais error")]


def test_no_measurement_is_an_error(simulated_bench: SimulatedBench) -> None:
    """A board that lives and measures nothing is not waited for for ever; the old value is not taken."""

    async def does(car: Any, twin: YetiTwin) -> None:
        await car.read_pilot()
        twin.measures = lambda _signal: yeti.frame(b"\x2a\x01\xff")
        with pytest.raises(InstrumentError) as caught:
            await car.read_pilot()
        assert str(caught.value) == (
            "wattest://yeti did not measure the pilot within 3 s; 3 garbled frames came: check the baud rate."
        )

    play(simulated_bench, does)


def test_a_value_that_is_no_number_is_flagged(simulated_bench: SimulatedBench) -> None:
    """NaN from the board's converter never becomes a number, and is not safe."""

    async def does(car: Any, twin: YetiTwin) -> None:
        twin.measures = lambda _signal: yeti.frame(yeti.field(5, yeti.field(2, float("nan"))))
        pilot = await car.read_pilot()
        assert pilot.high.flags == {"no calibration", "no data"}
        assert not (await car.read_back()).safe

    play(simulated_bench, does)


def test_nothing_like_a_board_at_the_port(simulated_bench: SimulatedBench) -> None:
    """No confirmation of the reset closes the port again, with what to look at."""

    async def does(car: Any, twin: YetiTwin) -> None:
        twin.alive = False
        for _ in range(2):
            with pytest.raises(InstrumentError) as caught:
                await car.open()
            assert str(caught.value) == (
                "wattest://yeti did not confirm a reset within 1 s; check port and cable, and that the board runs the firmware "
                "of an EV."
            )
        twin.alive = True
        await car.open()

    play(simulated_bench, does, opened=False)


def test_faults_that_the_board_can_make(simulated_bench: SimulatedBench) -> None:
    """State E is the short; it is mended to the state before. Other faults, current and proximity are refused."""

    async def does(car: Any, twin: YetiTwin) -> None:
        assert car.supports == {"pilot_short", "pilot_reading"}
        await car.set_ready(True)
        await car.set_fault("short", True)
        await car.set_fault("short", True)
        assert twin.pilot == "E"
        assert simulated_bench.world.vehicle().faults == {"short"}
        await car.set_fault("short", False)
        await car.set_fault("short", False)
        assert twin.pilot == "C"
        assert simulated_bench.world.vehicle().faults == frozenset()
        for verb, sentence in (
            (
                car.set_fault("diode", True),
                "vehicle (everest_yeti) cannot make the fault 'diode': no public command of this board does; it makes 'short'.",
            ),
            (
                car.set_current(16.0),
                (
                    "vehicle (everest_yeti) cannot take 16 A: the board switches the pilot and carries no current. Add a "
                    "'load' to the bench, which then takes it."
                ),
            ),
            (
                car.set_proximity(150.0),
                "vehicle (everest_yeti) cannot show a proximity resistance: no public command of this board does.",
            ),
        ):
            with pytest.raises(RigError) as caught:
                await verb
            assert str(caught.value) == sentence

    play(simulated_bench, does)


def test_without_anybody_the_plug_is_only_electrical(simulated_bench: SimulatedBench) -> None:
    """Opening shows A; B and C let conclude that the plug is in; moving it is an error of the bench, not a held plug."""

    async def does(car: Any, twin: YetiTwin) -> None:
        assert (twin.pilot, await car.whereabouts()) == ("A", "unknown")
        await car.set_ready(False)
        assert twin.pilot == "A", "a bench at rest stays unplugged"
        await car.set_ready(True)
        assert await car.whereabouts() == "plugged in"
        await car.set_ready(False)
        assert (twin.pilot, await car.whereabouts()) == ("B", "plugged in")
        for verb in (car.unplug, car.holster, car.plug_in):
            with pytest.raises(
                InstrumentError, match="was not done, since nobody moves the plug of this bench"
            ):
                await verb()
        await car.make_safe()
        assert (twin.pilot, await car.whereabouts()) == ("A", "unknown")

    play(simulated_bench, does, world=False)


def test_a_person_moves_the_plug(simulated_bench: SimulatedBench) -> None:
    """What has to be done with the cable is asked of the person under 'rigs', and a refusal is theirs."""
    asked: list[str] = []

    async def answer(text: str) -> str:
        asked.append(text)
        if "Where" in text:
            return "in hand"
        return "no" if "Pull" in text else "Ada" if "name" in text else "done"

    around = replace(simulated_bench.around("person", world=False), prompt=answer)
    person = by_hand(around)

    async def live() -> None:
        twin = YetiTwin(simulated_bench.world)
        port = protocol_wattest.register("yeti", twin)
        here = replace(simulated_bench.around("vehicle", world=False, person=person), prompt=answer)
        car: Any = everest_yeti(here, port=port, rig="person")
        await car.open()
        assert twin.pilot == "B"
        await car.plug_in()
        assert await car.whereabouts() == "in hand"
        with pytest.raises(RigError, match=r"vehicle\.unplug was not done; Ada said no"):
            await car.unplug()
        await car.holster()
        await car.make_safe()
        assert twin.pilot == "B"
        await car.close()

    simulated_bench.clock.run(live())
    assert [text.partition("]")[2].strip()[:22] for text in asked[1:]] == [
        "Take the cable and plu",
        "Where is the plug? (1 ",
        "Pull the plug out of t",
        "Put the plug back into",
    ]


def test_a_rig_that_is_no_person(simulated_bench: SimulatedBench) -> None:
    """The bench file's mistake is found before the port is opened."""
    with pytest.raises(BenchError, match="names rig 'relays', which is no person of this bench"):
        everest_yeti(
            simulated_bench.around("vehicle", world=False, relays=object()), port="/dev/ttyX", rig="relays"
        )


def test_rehearsed_board_hangs_in_the_world(simulated_bench: SimulatedBench) -> None:
    """The twin leads the driver to a port in memory and takes the person away; unplugged, the port is gone."""
    there = Rehearsal(simulated_bench.world, simulated_bench.clock, "vehicle", {}, ".")

    async def live() -> None:
        async with everest_yeti_twin(there) as options:
            assert options["rig"] is None
            car = everest_yeti(simulated_bench.around("vehicle"), **options)
            await car.open()
            await car.close()
        with pytest.raises(InstrumentError, match="no twin is registered under the name"):
            await everest_yeti(simulated_bench.around("vehicle"), **options).open()

    simulated_bench.clock.run(live())


def test_a_cold_soak_with_signs_of_life(simulated_bench: SimulatedBench) -> None:
    """Sixteen virtual hours keep the link, and the record short."""

    async def does(car: Any, twin: YetiTwin) -> None:
        before = len(simulated_bench.notes)
        await simulated_bench.clock.sleep(16 * 3600.0)
        assert twin.heard >= 16 * 3600 - 1
        assert len(simulated_bench.notes) == before
        await car.set_ready(True)

    play(simulated_bench, does)
