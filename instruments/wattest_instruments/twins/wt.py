"""Twin of a Yokogawa WT power analyser: the grammar that its driver uses, on any plane of any circuit.

It keeps the digits of the instrument (five, and six for integrated values), fixed ranges with over-range, an error
queue and the integrator's states. Verbose and headers are on after power-up, as on the instrument. Commands
are those of the WT1800E as far as they are here; error numbers are recalled from IM WT3001E.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from wattest_instruments.twins.plane import Plane
from wattest_instruments.twins.scpi import Action, Answer, Command, command, statements

Integrator = Literal["RESET", "START", "STOP", "ERROR", "TIMEUP"]

VOLTAGE_RANGES = (1.5, 3.0, 6.0, 10.0, 15.0, 30.0, 60.0, 100.0, 150.0, 300.0, 600.0, 1000.0)
CURRENT_RANGES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
"""Of a 50 A element at crest factor 3 (recalled)."""

OVER = 1.4
"""Part of a range up to which the instrument shows a value."""

UNDEFINED_HEADER = (113, "Undefined Header")
PARAMETER_ERROR = (120, "Numeric data error")
OUT_OF_RANGE = (222, "Data out of range")
RUNNING_ALREADY = (842, "Attempted to start integration while it was running")
NOT_RUNNING = (843, "Attempted to stop integration while it was not running")
RESET_WHILE_RUNNING = (845, "Attempted to reset integration while it was running")
SETTING_WHILE_RUNNING = (813, "Invalid operation in measuring mode: integration is running")


@dataclass
class _Settings:
    """As after power-up."""

    remote: bool = False
    header: bool = True
    verbose: bool = True
    voltage_range: float = 1000.0
    current_range: float = 50.0
    auto: bool = True
    wiring: str = "P1W2"
    rate: str = "500.0E-03"
    number: int = 3
    items: dict[int, tuple[str, str]] = field(
        default_factory=lambda: {1: ("U", "1"), 2: ("I", "1"), 3: ("P", "1")}
    )
    mode: str = "NORMAL"
    frozen: str | None = None


@dataclass
class _Count:
    """The integrator: what it gathered before the running stretch, and where that one began."""

    state: Integrator = "RESET"
    gathered_wh: float = 0.0
    gathered_s: float = 0.0
    from_wh: float = 0.0
    from_s: float = 0.0


class WtTwin:
    """One analyser. ``handle`` takes a line and returns the answer, or None when there is none.

    ``gain`` makes it an imperfect reference: 0.0002 reads power and energy 0.02 % high. All elements see the same
    plane: element 1 is phase 1, ``SIGMa`` the sum of phases.
    """

    def __init__(
        self, plane: Plane, *, serial: str = "C2TW01804", model: str = "WT1804E", gain: float = 0.0
    ) -> None:
        self.identity = f"YOKOGAWA,{model},{serial},F3.11"
        self.gain = gain
        self._plane = plane
        self._errors: deque[tuple[int, str]] = deque(maxlen=32)
        self._set = _Settings()
        self._count = _Count()
        self._found: dict[str, tuple[Action | None, tuple[int, ...]]] = {}
        self._commands = (
            command("*IDN", query=lambda _n, _a: self.identity),
            command("*CLS", write=self._cls),
            command("*RST", write=self._rst),
            command("*OPC", query=lambda _n, _a: "1"),
            command(":STATus:ERRor", query=self._error),
            self._switch(":COMMunicate:REMote", "remote"),
            self._switch(":COMMunicate:HEADer", "header"),
            self._switch(":COMMunicate:VERBose", "verbose"),
            command(
                ":INPut:VOLTage:RANGe[:ALL|:ELEMent<x>]",
                write=self._set_voltage_range,
                query=self._setting(":INPUT:VOLTAGE:RANGE", lambda: _nr3(self._set.voltage_range, 4)),
            ),
            command(
                ":INPut:CURRent:RANGe[:ALL|:ELEMent<x>]",
                write=self._set_current_range,
                query=self._setting(":INPUT:CURRENT:RANGE", lambda: _nr3(self._set.current_range, 4)),
            ),
            command(
                ":INPut:VOLTage:AUTO[:ALL|:ELEMent<x>]",
                write=self._set_auto,
                query=self._setting(":AUTO", self._auto),
            ),
            command(
                ":INPut:CURRent:AUTO[:ALL|:ELEMent<x>]",
                write=self._set_auto,
                query=self._setting(":AUTO", self._auto),
            ),
            command(
                ":INPut:WIRing",
                write=self._set_wiring,
                query=self._setting(":INPUT:WIRING", lambda: self._set.wiring),
            ),
            command(":RATE", write=self._set_rate, query=self._setting(":RATE", lambda: self._set.rate)),
            command(
                ":NUMeric:FORMat",
                write=self._set_format,
                query=self._setting(":NUMERIC:FORMAT", lambda: "ASC"),
            ),
            command(
                ":NUMeric[:NORMal]:NUMber",
                write=self._set_number,
                query=self._setting(":NUMERIC:NORMAL:NUMBER", lambda: str(self._set.number)),
            ),
            command(":NUMeric[:NORMal]:ITEM<x>", write=self._set_item, query=self._item),
            command(":NUMeric[:NORMal]:VALue", query=self._values),
            command(":NUMeric:HOLD", write=self._set_hold, query=self._setting(":NUMERIC:HOLD", self._held)),
            command(
                ":INTEGrate:MODE",
                write=self._set_mode,
                query=self._setting(":INTEGRATE:MODE", lambda: self._set.mode),
            ),
            command(":INTEGrate:TIMer[<x>]", write=self._accept_timer, query=lambda _n, _a: "0,0,0"),
            command(":INTEGrate:STARt", write=self._start),
            command(":INTEGrate:STOP", write=self._stop),
            command(":INTEGrate:RESet", write=self._reset_integral),
            command(":INTEGrate:STATe", query=self._state),
        )

    def handle(self, line: str) -> str | None:
        """Obey a line; the answers of its queries joined by semicolons, or None when it asks nothing."""
        answers: list[str] = []
        for header, argument in statements(line.strip()):
            answer = self._obey(header, argument)
            if answer is not None:
                answers.append(answer)
        return ";".join(answers) if answers else None

    def interrupt(self) -> None:
        """A power failure in the middle of an integration: the integrator stops in state ``ERROR``."""
        if self._count.state == "START":
            self._stop((), "")
            self._count.state = "ERROR"

    @property
    def integrator(self) -> Integrator:
        """State of the integrator, as its long word."""
        return self._count.state

    def _obey(self, header: str, argument: str) -> Answer:
        if header not in self._found:
            self._found[header] = self._find(header)
        action, numbers = self._found[header]
        if action is None:
            self._errors.append(UNDEFINED_HEADER)
            return None
        return action(numbers, argument)

    def _find(self, header: str) -> tuple[Action | None, tuple[int, ...]]:
        name = header.removesuffix("?")
        for known in self._commands:
            match = known.pattern.fullmatch(name)
            action = known.query if header.endswith("?") else known.write
            if match is not None and action is not None:
                return action, tuple(int(group) for group in match.groups() if group)
        return None, ()

    # Settings.

    def _rst(self, _numbers: tuple[int, ...], _argument: str) -> None:
        self._set = _Settings()
        self._count = _Count()

    def _cls(self, _numbers: tuple[int, ...], _argument: str) -> None:
        self._errors.clear()

    def _error(self, _numbers: tuple[int, ...], _argument: str) -> Answer:
        number, text = self._errors.popleft() if self._errors else (0, "No error")
        return f'{number},"{text}"'

    def _switch(self, pattern: str, attribute: str) -> Command:
        def write(_numbers: tuple[int, ...], argument: str) -> None:
            if argument.upper() in {"ON", "1"}:
                setattr(self._set, attribute, True)
            elif argument.upper() in {"OFF", "0"}:
                setattr(self._set, attribute, False)
            else:
                self._errors.append(PARAMETER_ERROR)

        head = pattern.upper()
        return command(
            pattern, write=write, query=self._setting(head, lambda: str(int(getattr(self._set, attribute))))
        )

    def _setting(self, head: str, value: Callable[[], str]) -> Action:
        def query(_numbers: tuple[int, ...], _argument: str) -> Answer:
            return f"{head} {value()}" if self._set.header else value()

        return query

    def _auto(self) -> str:
        return str(int(self._set.auto))

    def _held(self) -> str:
        return str(int(self._set.frozen is not None))

    def _set_voltage_range(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._set.voltage_range = self._range(argument, "V", VOLTAGE_RANGES, self._set.voltage_range)

    def _set_current_range(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._set.current_range = self._range(argument, "A", CURRENT_RANGES, self._set.current_range)

    def _range(self, argument: str, unit: str, ranges: tuple[float, ...], now: float) -> float:
        if self._count.state == "START":
            self._errors.append(SETTING_WHILE_RUNNING)
            return now
        try:
            wanted = float(argument.upper().removesuffix(unit))
        except ValueError:
            self._errors.append(PARAMETER_ERROR)
            return now
        fitting = [range_ for range_ in ranges if range_ >= wanted > 0]
        if not fitting:
            self._errors.append(OUT_OF_RANGE)
            return now
        self._set.auto = False
        return fitting[0]

    def _set_auto(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._set.auto = argument.upper() in {"ON", "1"}

    def _set_wiring(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._set.wiring = argument.upper()

    def _set_rate(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._set.rate = argument.upper()

    def _set_format(self, _numbers: tuple[int, ...], argument: str) -> None:
        if argument.upper() not in {"ASC", "ASCII"}:
            self._errors.append(PARAMETER_ERROR)

    def _set_hold(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._set.frozen = self._values_now() if argument.upper() in {"ON", "1"} else None

    def _set_number(self, _numbers: tuple[int, ...], argument: str) -> None:
        if argument.isdigit() and 1 <= int(argument) <= 255:
            self._set.number = int(argument)
        else:
            self._errors.append(OUT_OF_RANGE)

    def _set_item(self, numbers: tuple[int, ...], argument: str) -> None:
        function, _, element = argument.upper().partition(",")
        if not numbers or function not in _FUNCTIONS:
            self._errors.append(PARAMETER_ERROR)
            return
        element = element.partition(",")[0].strip() or "1"
        self._set.items[numbers[0]] = (function, "SIGMA" if element.startswith("SIG") else element)

    def _item(self, numbers: tuple[int, ...], _argument: str) -> Answer:
        function, element = self._set.items.get(numbers[0] if numbers else 1, ("NONE", ""))
        text = f"{function},{element}" if element else function
        return f":NUMERIC:NORMAL:ITEM{numbers[0] if numbers else 1} {text}" if self._set.header else text

    def _set_mode(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._set.mode = argument.upper()

    def _accept_timer(self, _numbers: tuple[int, ...], argument: str) -> None:
        if [part.strip() for part in argument.split(",")] != ["0", "0", "0"]:
            self._errors.append(OUT_OF_RANGE)

    # Values.

    def _values(self, _numbers: tuple[int, ...], argument: str) -> Answer:
        shown = self._set.frozen if self._set.frozen is not None else self._values_now()
        return shown.split(",")[int(argument) - 1] if argument.isdigit() and int(argument) else shown

    def _values_now(self) -> str:
        return ",".join(
            self._value(*self._set.items.get(n, ("NONE", ""))) for n in range(1, self._set.number + 1)
        )

    def _value(self, function: str, element: str) -> str:
        plane = self._plane
        if element not in {"1", "2", "3", "SIGMA"} or (element in {"2", "3"} and plane.phases == 1):
            return "NAN"
        share = 1.0 if element == "SIGMA" else 1.0 / plane.phases
        over_u = plane.voltage_v() > OVER * self._set.voltage_range
        over_i = plane.current_a() > OVER * self._set.current_range
        match function:
            case "U":
                return "INF" if over_u else _nr3(plane.voltage_v(), 5)
            case "I":
                return "INF" if over_i else _nr3(plane.current_a(), 5)
            case "P" | "S":
                return "INF" if over_u or over_i else _nr3(plane.power_w() * share * (1 + self.gain), 5)
            case "WH" | "WHP":
                return _nr3(self._integral()[0] * share * (1 + self.gain), 6)
            case "TIME":
                return str(int(self._integral()[1]))
            case _:
                return "NAN"

    # Integrator.

    def _integral(self) -> tuple[float, float]:
        if self._count.state != "START":
            return self._count.gathered_wh, self._count.gathered_s
        energy = self._plane.energy_wh() - self._count.from_wh
        return (
            self._count.gathered_wh + energy,
            self._count.gathered_s + self._plane.time_s() - self._count.from_s,
        )

    def _start(self, _numbers: tuple[int, ...], _argument: str) -> None:
        if self._count.state == "START":
            self._errors.append(RUNNING_ALREADY)
            return
        self._count.state = "START"
        self._count.from_wh, self._count.from_s = self._plane.energy_wh(), self._plane.time_s()

    def _stop(self, _numbers: tuple[int, ...], _argument: str) -> None:
        if self._count.state != "START":
            self._errors.append(NOT_RUNNING)
            return
        self._count.gathered_wh, self._count.gathered_s = self._integral()
        self._count.state = "STOP"

    def _reset_integral(self, _numbers: tuple[int, ...], _argument: str) -> None:
        if self._count.state == "START":
            self._errors.append(RESET_WHILE_RUNNING)
            return
        self._count.state = "RESET"
        self._count.gathered_wh = self._count.gathered_s = 0.0

    def _state(self, _numbers: tuple[int, ...], _argument: str) -> Answer:
        word = self._count.state if self._set.verbose else _ABBREVIATED[self._count.state]
        return f":INTEGRATE:STATE {word}" if self._set.header else word


_FUNCTIONS = frozenset(
    [
        "U",
        "I",
        "P",
        "S",
        "Q",
        "LAMBDA",
        "PHI",
        "FU",
        "FI",
        "WH",
        "WHP",
        "WHM",
        "AH",
        "AHP",
        "AHM",
        "WS",
        "WQ",
        "TIME",
        "UTHD",
        "ITHD",
    ]
)
_ABBREVIATED = {"RESET": "RES", "START": "STAR", "STOP": "STOP", "ERROR": "ERR", "TIMEUP": "TIM"}


def _nr3(value: float, digits: int) -> str:
    """A value as the instrument prints it: so many significant digits, an exponent in steps of three."""
    if value == 0.0:
        return f"{0.0:.{digits - 1}f}E+00"
    size = math.floor(math.log10(abs(value)))
    if float(f"{abs(value):.{digits - 1}e}") >= 10.0 ** (size + 1):
        size += 1
    exponent = 3 * (size // 3)
    decimals = digits - 1 - (size - exponent)
    return f"{value / 10.0**exponent:.{decimals}f}E{exponent:+03d}"
