"""What the simulated analysers have in common: a command table, a status register, ranges that fit or do not."""

from __future__ import annotations

from collections.abc import Callable

from wattest_instruments.twins.scpi import Action, Answer, Command, command, statements

COMMAND_ERROR, EXECUTION_ERROR, DEVICE_ERROR = 32, 16, 8
"""Bits of the standard event status register (IEEE 488.2, 11.5.1)."""


class Table:
    """Commands by their patterns; what a line means is looked up once. ``unknown`` hears of headers that are none."""

    def __init__(self, unknown: Callable[[], None], *commands: Command) -> None:
        self.commands = commands
        self._unknown = unknown
        self._found: dict[str, tuple[Action | None, tuple[int, ...]]] = {}

    def handle(self, line: str) -> str | None:
        """Obey a line; the answers of its queries joined by semicolons, or None when it asks nothing."""
        answers: list[str] = []
        for header, argument in statements(line.strip()):
            if header not in self._found:
                self._found[header] = self._find(header)
            action, numbers = self._found[header]
            if action is None:
                self._unknown()
                continue
            answer = action(numbers, argument)
            if answer is not None:
                answers.append(answer)
        return ";".join(answers) if answers else None

    def _find(self, header: str) -> tuple[Action | None, tuple[int, ...]]:
        name = header.removesuffix("?")
        for known in self.commands:
            match = known.pattern.fullmatch(name)
            action = known.query if header.endswith("?") else known.write
            if match is not None and action is not None:
                return action, tuple(int(group) for group in match.groups() if group)
        return None, ()


class Register:
    """The standard event status register: complaints are gathered until ``*ESR?`` asks for them."""

    def __init__(self) -> None:
        self._bits = 0
        self.commands = (command("*CLS", write=self._clear), command("*ESR", query=self._tell))

    def complain(self, bit: int) -> None:
        """Remember a complaint."""
        self._bits |= bit

    def unknown(self) -> None:
        """A header that the instrument does not know."""
        self.complain(COMMAND_ERROR)

    def chosen(self, argument: str, ranges: tuple[float, ...], now: float) -> float:
        """The range asked for; ``now`` and a complaint when there is none of this size."""
        fitting = [range_ for range_ in ranges if argument == f"{range_:g}"]
        if not fitting:
            self.complain(EXECUTION_ERROR)
        return fitting[0] if fitting else now

    def _clear(self, _numbers: tuple[int, ...], _argument: str) -> None:
        self._bits = 0

    def _tell(self, _numbers: tuple[int, ...], _argument: str) -> Answer:
        told, self._bits = self._bits, 0
        return str(told)


def ignored(_numbers: tuple[int, ...], _argument: str) -> None:
    """A setting that makes no difference here."""
