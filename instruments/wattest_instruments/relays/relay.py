"""What outputs and inputs of a relay board play: mains contactor, cut of the network, card robot, lock sensor.

Bench entries, with a board (``wattest_instruments.relays.board``)::

    rigs:
      relays: {driver: devantech_eth, address: "http://192.0.2.8"}
    mains:       {driver: relay, board: relays, output: 1}
    network:     {driver: relay, board: relays, output: 2, inverted: true}    # energised, it cuts the link
    card_reader: {driver: relay, board: relays, cards: {04E2A1B2: 3, 04AA: 4}, hold: 2 s}
    lock_sensor: {driver: relay, board: relays, holster: {locked: 1, seated: 2, puller: 5}, connector: {locked: 3}}

An output that is energised feeds the station, makes the link, holds a card to the reader, pulls at the plug;
``inverted`` turns that round for the first two. Safe is: mains cut, link whole, cards away, nobody pulling. A
mains contactor should be one that drops when its coil loses power, so that a dead board cuts it: then it is not
inverted.

An input ``locked`` is active while the bolt is in its locked position, ``unlocked`` while it is at its other
end, ``seated`` while the plug is in place; limit switches that open instead are stated with ``active_low:
true``. Without ``unlocked`` a bolt that has stopped half way counts as unlocked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from wattest.document.quantity import Duration
from wattest.document.signature import Between
from wattest.errors import BenchError, InstrumentError, RigError
from wattest.model.words import RigName, Uid
from wattest.roles import (
    Identity,
    LockPosition,
    LockReading,
    Part,
    ReadBack,
    SupplyReading,
    SupplyStep,
    Surroundings,
)
from wattest_instruments.relays.board import Board, drop

LockName = Literal["holster", "connector"]
Number = Annotated[int, Between(1, 64)]

WATCH_S = 0.05
"""How often the inputs are looked at while something pulls."""


@dataclass(frozen=True)
class LockContacts:
    """Inputs and output at one lock; what is not wired is left out."""

    locked: Number | None = None
    unlocked: Number | None = None
    seated: Number | None = None
    puller: Number | None = None
    active_low: bool = False


_UNWIRED = LockContacts()


def relay(
    around: Surroundings,
    *,
    board: RigName,
    output: Number | None = None,
    inverted: bool = False,
    cards: Mapping[Uid, Number] | None = None,
    hold: Duration = 2.0,
    holster: LockContacts = _UNWIRED,
    connector: LockContacts = _UNWIRED,
    pull: Duration = 1.0,
) -> Part:
    """Play mains, network, card_reader or lock_sensor with a relay board.

    Args:
        around: what the bench gives to every driver
        board: the board under 'rigs'
        output: of mains and network
        inverted: an energised output cuts mains or network instead of feeding or making it
        cards: which output holds which card to the reader, by UID
        hold: how long a card is held
        holster: contacts at the lock of the holster
        connector: contacts at the lock in the vehicle
        pull: how long a puller pulls
    """
    there = around.rigs.get(board)
    if not isinstance(there, Board):
        raise BenchError(
            f"{around.role} (relay) names rig '{board}', which is no relay board; choose one of the drivers devantech_eth, "
            "shelly, modbus_relays and velleman_k8090 under 'rigs'."
        )
    match around.role:
        case "mains":
            return Mains(around, there, _output(around, output), inverted)
        case "network":
            return Network(around, there, _output(around, output), inverted)
        case "card_reader":
            return CardRobot(around, there, cards or {}, hold)
        case "lock_sensor":
            return LockSwitches(around, there, {"holster": holster, "connector": connector}, pull)
    raise BenchError(
        f"{around.role} cannot be played by a relay; it plays mains, network, card_reader and lock_sensor."
    )


def _output(around: Surroundings, output: int | None) -> int:
    if output is None:
        raise BenchError(f"{around.role} (relay) needs 'output', the number of the relay that plays it.")
    return output


class Mains:
    """A contactor before the station."""

    supports: frozenset[str] = frozenset()

    def __init__(self, around: Surroundings, board: Board, output: int, inverted: bool) -> None:
        board.claim(around.role, output, safe=inverted)
        self._board, self._output, self._inverted = board, output, inverted
        self._open = False

    async def open(self) -> Identity:
        """See that the board answers; the contactor stays as it is."""
        await self._board.look(self._output)
        self._open = True
        return Identity("relay", f"contactor at output {self._output} of {self._board.place}", "")

    async def set_power(self, on: bool) -> None:
        """Close or open the contactor. Raises ``InstrumentError`` when the relay does not obey."""
        await self._board.set(self._output, on != self._inverted)

    async def set_voltage(self, voltage_v: float) -> None:
        """A contactor has no voltage of its own."""
        raise self._cannot(f"set {voltage_v:g} V")

    async def set_frequency(self, frequency_hz: float) -> None:
        """As ``set_voltage``."""
        raise self._cannot(f"set {frequency_hz:g} Hz")

    async def run_profile(self, steps: tuple[SupplyStep, ...]) -> None:
        """As ``set_voltage``: a relay is too slow and too jittery for dips."""
        raise self._cannot(f"play a profile of {len(steps)} steps")

    async def measure(self) -> SupplyReading:
        """A contactor measures nothing."""
        raise self._cannot("measure")

    async def read_back(self) -> ReadBack:
        """What the board says of the output; whether the contactor followed is for another instrument to see."""
        seen = await self._board.look(self._output)
        fed = seen.on != self._inverted
        word = "energised" if seen.on else "dropped"
        sentence = f"output {self._output} of {self._board.place} is {word}: mains {'fed' if fed else 'cut'}"
        return ReadBack(not fed, sentence, (seen.seq,))

    async def make_safe(self) -> None:
        """Cut the mains; nothing before ``open``."""
        if self._open:
            await self.set_power(False)

    async def close(self) -> None:
        """The board is let go of as a rig."""
        self._open = False

    def _cannot(self, what: str) -> InstrumentError:
        return InstrumentError(
            f"mains (relay) cannot {what}: output {self._output} of {self._board.place} only switches. Use the driver of an "
            "AC source for this role."
        )


class Network:
    """A relay in the link of the station, or in the supply of what carries it."""

    supports: frozenset[str] = frozenset()

    def __init__(self, around: Surroundings, board: Board, output: int, inverted: bool) -> None:
        board.claim(around.role, output, safe=not inverted)
        self._board, self._output, self._inverted = board, output, inverted
        self._open = False

    async def open(self) -> Identity:
        """See that the board answers; the link stays as it is."""
        await self._board.look(self._output)
        self._open = True
        return Identity("relay", f"link at output {self._output} of {self._board.place}", "")

    async def cut(self) -> None:
        """Cut the link. Raises ``InstrumentError`` when the relay does not obey."""
        await self._board.set(self._output, self._inverted)

    async def restore(self) -> None:
        """Make the link whole; harmless when it is."""
        await self._board.set(self._output, not self._inverted)

    async def make_safe(self) -> None:
        """Make the link whole; nothing before ``open``."""
        if self._open:
            await self.restore()

    async def close(self) -> None:
        """The board is let go of as a rig."""
        self._open = False


class CardRobot:
    """Solenoids or servos with a card each."""

    supports: frozenset[str] = frozenset()

    def __init__(self, around: Surroundings, board: Board, cards: Mapping[str, int], hold_s: float) -> None:
        if not cards:
            raise BenchError(
                f"{around.role} (relay) needs 'cards', such as {{04E2A1B2: 3}}: a UID and its output."
            )
        for output in cards.values():
            board.claim(around.role, output, safe=False)
        self._clock = around.clock
        self._board, self._cards, self._hold_s = board, dict(cards), hold_s
        self._open = False

    async def open(self) -> Identity:
        """See that the board answers, and take every card away."""
        self._open = True
        await self._away()
        return Identity("relay", f"card robot with {len(self._cards)} cards on {self._board.place}", "")

    async def present(self, uid: str) -> None:
        """Hold a card for the time set. Raises ``RigError`` for one that the robot has not."""
        output = self._cards.get(uid)
        if output is None:
            has = ", ".join(f"{known} (output {number})" for known, number in self._cards.items())
            raise RigError(
                f"card_reader (relay): no output holds the card {uid}; the robot has {has}. Mount that card and add it under "
                "'cards'."
            )
        try:
            await self._board.set(output, True)
            await self._clock.sleep(self._hold_s)
        finally:
            await self._board.set(output, False)

    async def make_safe(self) -> None:
        """Take every card away; nothing before ``open``."""
        if self._open:
            await self._away()

    async def close(self) -> None:
        """The board is let go of as a rig."""
        self._open = False

    async def _away(self) -> None:
        await drop(self._board, self._cards.values())


class LockSwitches:
    """Limit switches at bolts and plugs, and actuators that pull."""

    def __init__(
        self, around: Surroundings, board: Board, locks: Mapping[LockName, LockContacts], pull_s: float
    ) -> None:
        for contacts in locks.values():
            for input_ in (contacts.locked, contacts.unlocked, contacts.seated):
                if input_ is not None:
                    board.check_input(around.role, input_)
            if contacts.puller is not None:
                board.claim(around.role, contacts.puller, safe=False)
        if all(contacts.locked is None for contacts in locks.values()):
            raise BenchError(
                f"{around.role} (relay) sees no lock: give 'holster' or 'connector' an input, such as {{locked: 1}}."
            )
        self._clock = around.clock
        self._board, self._locks, self._pull_s = board, dict(locks), pull_s
        pulls = any(contacts.puller and contacts.seated for contacts in locks.values())
        self.supports = frozenset({"lock_pull"}) if pulls else frozenset[str]()
        self._open = False

    async def open(self) -> Identity:
        """See that the board answers, and let go of every plug."""
        self._open = True
        await self._let_go()
        await self.read()
        return Identity("relay", f"lock switches on {self._board.place}", "")

    async def read(self) -> LockReading:
        """Positions now; a lock without an input is ``unknown``."""
        holster, first = await self._position(self._locks["holster"])
        connector, second = await self._position(self._locks["connector"])
        return LockReading(holster, connector, (*first, *second))

    async def pull(self, which: LockName) -> bool:
        """Pull, and see whether the plug leaves its seat meanwhile.

        Raises ``RigError`` when nothing is wired to pull or to see it, ``InstrumentError`` when the plug is not
        there.
        """
        contacts = self._locks[which]
        if contacts.puller is None or contacts.seated is None:
            raise RigError(
                f"lock_sensor (relay) cannot pull at the {which}: give '{which}' the output 'puller' and the input 'seated'."
            )
        if not await self._active(contacts, contacts.seated):
            raise InstrumentError(
                f"lock_sensor (relay): the plug is not in the {which}, by input {contacts.seated} of {self._board.place}; "
                "there is nothing to pull at."
            )
        came_loose = False
        end = self._clock.monotonic() + self._pull_s
        try:
            await self._board.set(contacts.puller, True)
            while not came_loose and self._clock.monotonic() < end:
                await self._clock.sleep(WATCH_S)
                came_loose = not await self._active(contacts, contacts.seated)
        finally:
            await self._board.set(contacts.puller, False)
        return came_loose

    async def jam(self, which: LockName, jammed: bool) -> None:
        """Relays do not block bolts."""
        del jammed
        raise RigError(
            f"lock_sensor (relay) cannot block the {which} lock: it has no 'lock_jam'. Do that by hand."
        )

    async def make_safe(self) -> None:
        """Let go of every plug; nothing before ``open``."""
        if self._open:
            await self._let_go()

    async def close(self) -> None:
        """The board is let go of as a rig."""
        self._open = False

    async def _let_go(self) -> None:
        await drop(self._board, (lock.puller for lock in self._locks.values() if lock.puller is not None))

    async def _position(self, contacts: LockContacts) -> tuple[LockPosition, tuple[int, ...]]:
        if contacts.locked is None:
            return "unknown", ()
        locked = await self._board.read_input(contacts.locked)
        if locked.on != contacts.active_low:
            return "locked", (locked.seq,)
        if contacts.unlocked is None:
            return "unlocked", (locked.seq,)
        unlocked = await self._board.read_input(contacts.unlocked)
        at_rest = unlocked.on != contacts.active_low
        return "unlocked" if at_rest else "unknown", (locked.seq, unlocked.seq)

    async def _active(self, contacts: LockContacts, input_: int) -> bool:
        return (await self._board.read_input(input_)).on != contacts.active_low
