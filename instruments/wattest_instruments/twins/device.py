"""What twins of SCPI instruments have in common: a command table, an error queue, ``*IDN?``, ``*CLS`` and ``*ESR?``."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from wattest_instruments.notation import number
from wattest_instruments.twins.scpi import Action, Command, command, statements

UNDEFINED_HEADER = (-113, "Undefined header")
DATA_TYPE = (-104, "Data type error")
OUT_OF_RANGE = (-222, "Data out of range")
CONFLICT = (-221, "Settings conflict")
"""Error numbers of SCPI 1999, 21.8; -100 to -199 are command errors, -200 to -299 execution errors."""


class Device:
    """A command table that answers lines. A setting that is refused goes to the error queue, as on the instrument."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self._errors: deque[tuple[int, str]] = deque(maxlen=20)
        self._events = 0
        self._commands: list[Command] = [
            command("*IDN", query=lambda _n, _a: self.identity),
            command("*CLS", write=self._clear),
            command("*ESR", query=self._event_register),
            command(":SYSTem:ERRor[:NEXT]", query=self._error),
        ]

    def add(self, commands: Iterable[Command]) -> None:
        """More commands; an earlier pattern wins."""
        self._commands.extend(commands)

    def complain(self, error: tuple[int, str]) -> None:
        """Put an error into the queue and into the event register."""
        self._errors.append(error)
        self._events |= 32 if -199 <= error[0] <= -100 else 16

    def handle(self, line: str) -> str | None:
        """Obey a line; the answers of its queries joined by semicolons, or None when it asks nothing."""
        answers = [self._obey(*statement) for statement in statements(line.strip())]
        said = [answer for answer in answers if answer is not None]
        return ";".join(said) if said else None

    def _obey(self, header: str, argument: str) -> str | None:
        name = header.removesuffix("?")
        for known in self._commands:
            match = known.pattern.fullmatch(name)
            action = known.query if header.endswith("?") else known.write
            if match is not None and action is not None:
                return action(tuple(int(group) for group in match.groups() if group), argument)
        self.complain(UNDEFINED_HEADER)
        return None

    def _clear(self, _numbers: tuple[int, ...], _argument: str) -> None:
        self._errors.clear()
        self._events = 0

    def _error(self, _numbers: tuple[int, ...], _argument: str) -> str:
        number_, text = self._errors.popleft() if self._errors else (0, "No error")
        return f'{number_},"{text}"'

    def _event_register(self, _numbers: tuple[int, ...], _argument: str) -> str:
        events, self._events = self._events, 0
        return str(events)

    # How commands are written.

    def value(
        self, write: Callable[[float], None], *, least: float, most: float
    ) -> Callable[[tuple[int, ...], str], None]:
        """A setting that is a number within limits, both included."""

        def does(_numbers: tuple[int, ...], argument: str) -> None:
            given = number(argument)
            if given is None:
                self.complain(DATA_TYPE)
            elif not least <= given <= most:
                self.complain(OUT_OF_RANGE)
            else:
                write(given)

        return does

    def numbers(
        self, write: Callable[[list[float]], None], *, most: float = 9e9
    ) -> Callable[[tuple[int, ...], str], None]:
        """A setting that is a list of numbers from 0 on."""

        def does(_numbers: tuple[int, ...], argument: str) -> None:
            given = [number(part) for part in argument.split(",")]
            if any(one is None for one in given):
                self.complain(DATA_TYPE)
            elif any(not 0.0 <= (one or 0.0) <= most for one in given):
                self.complain(OUT_OF_RANGE)
            else:
                write([one or 0.0 for one in given])

        return does

    def word(self, write: Callable[[str], None], *known: str) -> Callable[[tuple[int, ...], str], None]:
        """A setting that is one of some words; ``ON`` and ``OFF`` may be written 1 and 0."""

        def does(_numbers: tuple[int, ...], argument: str) -> None:
            word = argument.upper()
            word = {"1": "ON", "0": "OFF"}.get(word, word) if "ON" in known else word
            if word in known:
                write(word)
            else:
                self.complain(DATA_TYPE)

        return does


def told(answer: Callable[[], str]) -> Action:
    """A query that needs neither numbers nor arguments."""
    return lambda _numbers, _argument: answer()


def nothing(_numbers: tuple[int, ...], _argument: str) -> None:
    """A setting that the twin takes and that changes nothing in its world."""
