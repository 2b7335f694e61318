"""What is common to all relay boards: outputs that are switched and asked again, and who uses which.

A bench file lists a board under ``rigs`` and names it in the roles that its outputs play::

    rigs:
      relays: {driver: devantech_eth, address: "http://192.0.2.8"}
    mains:   {driver: relay, board: relays, output: 1}
    network: {driver: relay, board: relays, output: 2}

A driver of a board brings ``Contacts``, which speak its language. Outputs and inputs count from 1, as printed
on boards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from wattest.errors import BenchError, InstrumentError
from wattest.roles import Identity, ReadBack, Surroundings


@dataclass(frozen=True)
class Seen:
    """What a board says of an output or input, and the entry in the record that proves it."""

    on: bool
    seq: int


class Contacts(Protocol):
    """The language of one kind of board. All methods raise ``InstrumentError``."""

    place: str
    """Its address, for sentences."""
    outputs: int
    inputs: int

    async def open(self) -> Identity:
        """Connect and see who is there; switches nothing."""
        ...

    async def switch(self, output: int, on: bool) -> None:
        """Energise an output, or let it drop."""
        ...

    async def output(self, output: int) -> Seen:
        """Ask the board for the state of an output."""
        ...

    async def input(self, input_: int) -> Seen:
        """Ask the board for the state of an input; never called when ``inputs`` is 0."""
        ...

    async def close(self) -> None:
        """Let go of the board; outputs stay as they are."""
        ...


@runtime_checkable
class Board(Protocol):
    """What the driver ``relay`` needs of a rig: a ``RelayBoard``, or a board of another package."""

    place: str

    def claim(self, role: str, output: int, *, safe: bool) -> None:
        """``role`` switches this output; ``safe`` is the state in which nobody can be hurt."""
        ...

    def check_input(self, role: str, input_: int) -> None:
        """``BenchError`` when there is no such input."""
        ...

    async def set(self, output: int, on: bool) -> None:
        """Switch and make sure."""
        ...

    async def state(self, output: int) -> bool:
        """Whether an output is energised."""
        ...

    async def look(self, output: int) -> Seen:
        """As ``state``, with its proof."""
        ...

    async def read_input(self, input_: int) -> Seen:
        """Whether an input is active."""
        ...


class RelayBoard:
    """A board of any kind, as a rig."""

    supports: frozenset[str] = frozenset()

    def __init__(self, around: Surroundings, contacts: Contacts) -> None:
        self.facts: Mapping[str, Any] = {}
        self.place = f"{around.role} ({contacts.place})"
        self._contacts = contacts
        self._claims: dict[int, tuple[str, bool]] = {}
        self._identity: Identity | None = None

    async def open(self) -> Identity:
        """Connect and identify; harmless when open. No output is switched."""
        if self._identity is None:
            self._identity = await self._contacts.open()
        return self._identity

    async def restart(self) -> None:
        """Nothing: a board knows nothing of the station."""

    def claim(self, role: str, output: int, *, safe: bool) -> None:
        """Raises ``BenchError`` when there is no such output, or another role has it."""
        if not 1 <= output <= self._contacts.outputs:
            raise BenchError(
                f"{role} names output {output} of {self.place}, which has outputs 1 to {self._contacts.outputs}."
            )
        other = self._claims.get(output)
        if other is not None and other[0] != role:
            raise BenchError(
                f"{role} and {other[0]} both name output {output} of {self.place}: an output plays one role."
            )
        self._claims[output] = (role, safe)

    def check_input(self, role: str, input_: int) -> None:
        """Raises ``BenchError`` when there is no such input."""
        if self._contacts.inputs == 0:
            raise BenchError(f"{role} names input {input_} of {self.place}, whose driver reads no inputs.")
        if not 1 <= input_ <= self._contacts.inputs:
            raise BenchError(
                f"{role} names input {input_} of {self.place}, which has inputs 1 to {self._contacts.inputs}."
            )

    async def set(self, output: int, on: bool) -> None:
        """Switch an output and ask whether it obeyed. Raises ``InstrumentError`` when it did not."""
        await self._contacts.switch(output, on)
        if (await self._contacts.output(output)).on != on:
            raise InstrumentError(
                f"{self.place} was told to switch output {output} {_word(on)} and says that it is {_word(not on)}: look "
                "at the board, and whether another program switches it."
            )

    async def state(self, output: int) -> bool:
        """Whether an output is energised, by the board's own word."""
        return (await self.look(output)).on

    async def look(self, output: int) -> Seen:
        """As ``state``, with the entry that proves it."""
        return await self._contacts.output(output)

    async def read_input(self, input_: int) -> Seen:
        """Whether an input is active."""
        return await self._contacts.input(input_)

    async def read_back(self) -> ReadBack:
        """Whether every output that a role uses is in that role's safe state, by the board's own word."""
        wrong: list[str] = []
        seq: list[int] = []
        for output, (role, safe) in sorted(self._claims.items()):
            seen = await self.look(output)
            seq.append(seen.seq)
            if seen.on != safe:
                wrong.append(f"output {output} ({role}) is {_word(seen.on)}")
        sentence = f"{self.place}: {', '.join(wrong) or 'every output is in its safe state'}"
        return ReadBack(not wrong, sentence, tuple(seq))

    async def make_safe(self) -> None:
        """Every output that a role uses goes to that role's safe state; all are tried, whatever one does."""
        if self._identity is None:
            return
        problems: list[str] = []
        for output, (role, safe) in sorted(self._claims.items()):
            try:
                await self.set(output, safe)
            except BenchError as problem:
                problems.append(f"{role}: {problem}")
        if problems:
            raise InstrumentError(" ".join(problems))

    async def close(self) -> None:
        """Let go of the board; outputs stay as they are."""
        if self._identity is not None:
            self._identity = None
            await self._contacts.close()


async def drop(board: Board, outputs: Iterable[int]) -> None:
    """Let outputs drop, every one, whatever another does. Raises ``InstrumentError`` with all that went wrong."""
    problems: list[str] = []
    for output in dict.fromkeys(outputs):
        try:
            await board.set(output, False)
        except InstrumentError as problem:
            problems.append(str(problem))
    if problems:
        raise InstrumentError(" ".join(problems))


def _word(on: bool) -> str:
    return "on" if on else "off"
