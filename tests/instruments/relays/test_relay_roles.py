from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock.network import MemoryNetwork
from wattest.errors import BenchError, InstrumentError, RigError
from wattest.roles import ReadsBack
from wattest.run.rehearse import Rehearsal
from wattest_instruments.relays.modbus_relays import modbus_relays, modbus_relays_twin
from wattest_instruments.relays.relay import LockContacts, Mains, relay
from wattest_instruments.twins.relay import relay_twin
from wattest_instruments.twins.relays import ContactsTwin

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

BOARD = {
    "resource": "tcp://10.0.4.12",
    "device_id": 1,
    "outputs": 8,
    "inputs": 8,
    "first_coil": 0,
    "first_input": 0,
}
OPTIONS: dict[str, Any] = {
    "board": "relays",
    "output": None,
    "inverted": False,
    "cards": None,
    "hold": 2.0,
    "holster": LockContacts(),
    "connector": LockContacts(),
    "pull": 1.0,
}


@asynccontextmanager
async def rehearsed(
    bench: SimulatedBench, role: str, network: Any = None, **options: Any
) -> AsyncIterator[tuple[Any, ContactsTwin]]:
    """A role on a Modbus board, both connected to the simulated world as a rehearsal does it."""
    left: dict[str, Any] = {}
    rig = Rehearsal(bench.world, bench.clock, "relays", BOARD, ".", left, network)
    there = Rehearsal(bench.world, bench.clock, role, OPTIONS | options, ".", left, network)
    async with modbus_relays_twin(rig) as led, relay_twin(there) as also:
        assert also == {}
        board = modbus_relays(bench.around("relays"), resource=led["resource"], inputs=8)
        await board.open()
        part = relay(bench.around(role, relays=board), **{**OPTIONS, **options})
        try:
            yield part, left["relays"]
        finally:
            await part.close()
            await board.close()


def play(
    bench: SimulatedBench, role: str, does: Callable[[Any, ContactsTwin], Awaitable[None]], **options: Any
) -> None:
    async def live() -> None:
        async with rehearsed(bench, role, **options) as (part, board):
            await does(part, board)

    bench.clock.run(live())


@pytest.mark.parametrize("inverted", [False, True])
def test_contactor_feeds_and_cuts_the_world(simulated_bench: SimulatedBench, inverted: bool) -> None:
    """Opening leaves the mains as they are; the read-back follows the output, and safe is cut."""
    grid: Any = simulated_bench.world.grid

    async def does(part: Any, board: ContactsTwin) -> None:
        assert issubclass(Mains, ReadsBack)
        await part.make_safe()
        assert grid.powered, "before open nothing is switched"
        identity = await part.open()
        assert identity.model.startswith("contactor at output 2 of relays (wattest://")
        assert grid.powered
        back = await part.read_back()
        assert not back.safe
        assert back.sentence.endswith(f"is {'dropped' if inverted else 'energised'}: mains fed")
        await part.set_power(False)
        assert not grid.powered
        await part.set_power(True)
        assert grid.powered
        await part.make_safe()
        await part.make_safe()
        assert not grid.powered
        back = await part.read_back()
        assert back.safe
        assert back.sentence.endswith("mains cut")
        assert simulated_bench.notes[back.seq[0]][1]["rx"] == ("1" if inverted else "0")
        board.stuck.add(2)
        with pytest.raises(InstrumentError, match="was told to switch output 2"):
            await part.set_power(True)

    play(simulated_bench, "mains", does, output=2, inverted=inverted)


def test_contactor_is_no_source(simulated_bench: SimulatedBench) -> None:
    """What only an AC source can do is refused with the way out."""

    async def does(part: Any, _board: ContactsTwin) -> None:
        for call in (part.set_voltage(207.0), part.set_frequency(59.0), part.run_profile(()), part.measure()):
            with pytest.raises(InstrumentError, match=r"only switches\. Use the driver of an AC source"):
                await call
        assert part.supports == frozenset()

    play(simulated_bench, "mains", does, output=1)


@pytest.mark.parametrize("inverted", [False, True])
def test_link_is_cut_and_healed(simulated_bench: SimulatedBench, inverted: bool) -> None:
    """The in-memory network follows the output; safe is whole."""
    network = MemoryNetwork(simulated_bench.clock)
    calls: list[str] = []
    network.cut = lambda *_: calls.append("cut")  # type: ignore[method-assign]
    network.restore = lambda: calls.append("restore")  # type: ignore[method-assign]

    async def does(part: Any, board: ContactsTwin) -> None:
        await part.make_safe()
        await part.open()
        await part.restore()
        assert calls == []
        await part.cut()
        assert calls == ["cut"]
        assert board.outputs[0] == inverted
        await part.make_safe()
        assert calls == ["cut", "restore"]

    play(simulated_bench, "network", does, network=network, output=1, inverted=inverted)


def test_card_is_held_for_its_time(simulated_bench: SimulatedBench) -> None:
    """The output of the card is energised for the hold time, on the bench's clock, and the reader sees the card."""
    taps: list[str] = []
    simulated_bench.world.reader.on_card(taps.append)

    async def does(part: Any, board: ContactsTwin) -> None:
        board.outputs[3] = True
        await part.open()
        assert board.mask == 0, "a card left at the reader is taken away"
        begin = simulated_bench.clock.monotonic()
        await part.present("04AA")
        assert simulated_bench.clock.monotonic() - begin == pytest.approx(3.0)
        assert (taps, board.mask) == (["04AA"], 0)
        with pytest.raises(RigError) as caught:
            await part.present("04FF")
        assert str(caught.value) == (
            "card_reader (relay): no output holds the card 04FF; the robot has 04E2 (output 3), 04AA (output 4). Mount that "
            "card and add it under 'cards'."
        )

        board.outputs[2] = board.outputs[3] = True
        board.stuck.add(3)
        with pytest.raises(InstrumentError, match="was told to switch output 3 off"):
            await part.make_safe()
        assert not board.outputs[3], "the other card is taken away all the same"

    play(simulated_bench, "card_reader", does, cards={"04E2": 3, "04AA": 4}, hold=3.0)


WIRED = {
    "holster": LockContacts(locked=1, unlocked=2, seated=3, puller=5),
    "connector": LockContacts(locked=4, seated=6, puller=7, active_low=True),
}


def test_locks_are_seen_and_pulled_at(simulated_bench: SimulatedBench) -> None:
    """Inputs tell the bolts' positions; a puller finds out whether the plug comes loose, and lets go."""
    outlet = simulated_bench.world.outlets[0]

    async def does(part: Any, board: ContactsTwin) -> None:
        await part.open()
        assert part.supports == {"lock_pull"}
        seen = await part.read()
        assert (seen.holster, seen.connector) == ("locked", "unlocked")
        assert len(seen.seq) == 2
        assert await part.pull("holster") is False
        assert simulated_bench.clock.monotonic() == pytest.approx(1.0)
        outlet.holster_lock.drive(lock=False)
        await simulated_bench.clock.sleep(0.1)
        assert (await part.read()).holster == "unknown"
        await simulated_bench.clock.sleep(5.0)
        assert (await part.read()).holster == "unlocked"
        assert await part.pull("holster") is True
        assert outlet.plug == "holstered", "the rig's spring put it back"
        with pytest.raises(InstrumentError, match=r"the plug is not in the connector, by input 6 of relays"):
            await part.pull("connector")
        assert board.mask == 0
        board.outputs[4] = True
        await part.make_safe()
        assert board.mask == 0

    play(simulated_bench, "lock_sensor", does, **WIRED)


def test_lock_that_is_not_wired(simulated_bench: SimulatedBench) -> None:
    """A lock without an input is unknown, without a puller it cannot be pulled at, and relays never jam."""

    async def does(part: Any, _board: ContactsTwin) -> None:
        await part.open()
        assert part.supports == frozenset()
        assert (await part.read()).connector == "unknown"
        with pytest.raises(RigError, match="cannot pull at the holster: give 'holster' the output 'puller'"):
            await part.pull("holster")
        with pytest.raises(RigError, match="cannot block the holster lock"):
            await part.jam("holster", True)

    play(simulated_bench, "lock_sensor", does, holster=LockContacts(locked=1))


@pytest.mark.parametrize(
    ("role", "options", "sentence"),
    [
        ("mains", {}, "mains (relay) needs 'output', the number of the relay that plays it."),
        (
            "mains",
            {"output": 9},
            "mains names output 9 of relays (tcp://10.0.4.12, device 1), which has outputs 1 to 8.",
        ),
        (
            "display",
            {},
            "display cannot be played by a relay; it plays mains, network, card_reader and lock_sensor.",
        ),
        (
            "card_reader",
            {},
            "card_reader (relay) needs 'cards', such as {04E2A1B2: 3}: a UID and its output.",
        ),
        (
            "lock_sensor",
            {},
            "lock_sensor (relay) sees no lock: give 'holster' or 'connector' an input, such as {locked: 1}.",
        ),
        (
            "lock_sensor",
            {"holster": LockContacts(locked=1)},
            "lock_sensor names input 1 of relays (tcp://10.0.4.12, device 1), whose driver reads no inputs.",
        ),
    ],
)
def test_a_bench_file_that_cannot_work(
    simulated_bench: SimulatedBench, role: str, options: dict[str, Any], sentence: str
) -> None:
    """Mistakes are found when the bench is put together, before anything is switched."""
    board = modbus_relays(simulated_bench.around("relays"), resource="tcp://10.0.4.12")
    with pytest.raises(BenchError) as caught:
        relay(simulated_bench.around(role, relays=board), **(OPTIONS | options))
    assert str(caught.value) == sentence


def test_a_rig_that_is_no_board(simulated_bench: SimulatedBench) -> None:
    """The sentence names the drivers that are."""
    with pytest.raises(BenchError) as caught:
        relay(simulated_bench.around("mains", person=object()), board="person", output=1)
    assert str(caught.value) == (
        "mains (relay) names rig 'person', which is no relay board; choose one of the drivers devantech_eth, shelly, "
        "modbus_relays and velleman_k8090 under 'rigs'."
    )


def test_a_rehearsal_without_what_it_needs(simulated_bench: SimulatedBench) -> None:
    """A board without a twin, or a link that nobody can cut, ends the rehearsal with a sentence."""

    async def enter(role: str, left: dict[str, Any]) -> None:
        there = Rehearsal(
            simulated_bench.world, simulated_bench.clock, role, OPTIONS | {"output": 1}, ".", left
        )
        async with relay_twin(there):
            pass

    with pytest.raises(BenchError, match="the board 'relays' has no twin"):
        simulated_bench.clock.run(enter("mains", {}))
    with pytest.raises(BenchError, match="this rehearsal has no network that could be cut"):
        simulated_bench.clock.run(enter("network", {"relays": ContactsTwin(8)}))
