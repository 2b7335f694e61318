"""What hangs on a relay board in a rehearsal: the contactor, the link, cards and plugs of the simulated world."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from wattest.errors import BenchError
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.relays.relay import LockContacts, LockName
from wattest_instruments.twins.relays import ContactsTwin

if TYPE_CHECKING:
    from wattest.roles import Whereabouts


@asynccontextmanager
async def relay_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """Connect the outputs and inputs of a role to the world; the options stay as they are."""
    board = there.twins.get(there.options["board"])
    if not isinstance(board, ContactsTwin):
        raise BenchError(
            f"{there.role} (relay) cannot be rehearsed: the board '{there.options['board']}' has no twin that it could use."
        )
    match there.role:
        case "mains":
            _mains(there, board)
        case "network":
            _network(there, board)
        case "card_reader":
            _cards(there, board)
        case "lock_sensor":
            for which in ("holster", "connector"):
                _lock(there, board, which, there.options[which])
    yield {}


def _mains(there: Rehearsal, board: ContactsTwin) -> None:
    inverted, grid = bool(there.options["inverted"]), there.world.grid
    board.moves(
        there.options["output"], lambda on: grid.set_power(on != inverted), now=grid.powered != inverted
    )


def _network(there: Rehearsal, board: ContactsTwin) -> None:
    inverted, network = bool(there.options["inverted"]), there.network
    if network is None:
        raise BenchError(
            "network (relay) cannot be rehearsed: this rehearsal has no network that could be cut."
        )

    def move(on: bool) -> None:
        if on != inverted:
            network.restore()
        else:
            network.cut()

    board.moves(there.options["output"], move, now=not inverted)


def _cards(there: Rehearsal, board: ContactsTwin) -> None:
    for uid, output in (there.options["cards"] or {}).items():
        board.moves(output, _holder(there, uid), now=False)


def _holder(there: Rehearsal, uid: str) -> Callable[[bool], None]:
    def hold(on: bool) -> None:
        if on:
            there.world.reader.tap(uid)

    return hold


def _lock(there: Rehearsal, board: ContactsTwin, which: LockName, contacts: LockContacts) -> None:
    outlet = there.world.outlets[0]
    lock = outlet.holster_lock if which == "holster" else outlet.connector_lock
    seat: Whereabouts = "holstered" if which == "holster" else "plugged in"
    low = contacts.active_low
    if contacts.locked is not None:
        board.sees(contacts.locked, lambda: (lock.position() == "locked") != low)
    if contacts.unlocked is not None:
        board.sees(contacts.unlocked, lambda: (lock.position() == "unlocked") != low)
    if contacts.seated is not None:
        board.sees(contacts.seated, lambda: (outlet.plug == seat) != low)
    if contacts.puller is not None:
        pulled: list[bool] = []

        def move(on: bool) -> None:
            """A plug that nothing holds comes out, and the spring of the rig puts it back."""
            if on and outlet.plug == seat and not lock.holds:
                pulled.append(True)
                outlet.move_plug("in hand")
            elif not on and pulled:
                pulled.clear()
                outlet.move_plug(seat)

        board.moves(contacts.puller, move, now=False)
