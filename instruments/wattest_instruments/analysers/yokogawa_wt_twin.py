"""Twin of a Yokogawa WT power analyser, or of a GW Instek GPM-8213: the grammar that their driver uses.

It keeps what tells the models apart (ranges, elements, digits, how many items), fixed ranges with over-range, an error
queue and the integrator's states. Verbose and headers are on after power-up, as on the instrument. Commands
are those of the WT1800E as far as they are here; error numbers are recalled from IM WT3001E.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.analysers.counter_twin import Counter, State
from wattest_instruments.analysers.plug import over_tcp
from wattest_instruments.analysers.printed import nr3
from wattest_instruments.analysers.table_twin import Table
from wattest_instruments.analysers.yokogawa_wt_makes import make_of
from wattest_instruments.calibration import Calibration
from wattest_instruments.notation import number
from wattest_instruments.twins.plane import Plane
from wattest_instruments.twins.scpi import Action, Answer, Command, command


def build(plane: Plane, known: Calibration | None) -> WtTwin:
    """The instrument of a calibration file, or a WT1804E."""
    return WtTwin(plane) if known is None else WtTwin(plane, serial=known.serial, model=known.model)


def yokogawa_wt_twin(there: Rehearsal) -> AbstractAsyncContextManager[Options]:
    """A twin with model and serial number of the calibration file, at the connector of outlet 1, over TCP."""
    return over_tcp(there, build)


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

    voltage_range: float
    current_range: float
    remote: bool = False
    header: bool = True
    verbose: bool = True
    auto: bool = True
    wiring: str = "P1W2"
    rate: str = "500.0E-03"
    number: int = 3
    items: dict[int, tuple[str, str]] = field(
        default_factory=lambda: {1: ("U", "1"), 2: ("I", "1"), 3: ("P", "1")}
    )
    mode: str = "NORMAL"
    scaling: bool = False
    ratios: dict[str, float] = field(default_factory=lambda: {"VT": 1.0, "CT": 1.0, "SFACTOR": 1.0})
    frozen: str | None = None


class WtTwin:
    """One analyser. ``handle`` takes a line and returns the answer, or None when there is none.

    ``gain`` makes it an imperfect reference: 0.0002 reads power and energy 0.02 % high. All elements see the same
    plane: element 1 is phase 1, ``SIGMa`` the sum of phases. The current transformer is the one it is told of.
    """

    def __init__(
        self, plane: Plane, *, serial: str = "C2TW01804", model: str = "WT1804E", gain: float = 0.0
    ) -> None:
        self._make = make_of(model)
        maker = "GWInstek" if self._make.copied else "YOKOGAWA"
        self.identity = f"{maker},{model},{serial},{'V1.05' if self._make.copied else 'F3.11'}"
        self.gain = gain
        self._plane = plane
        self._errors: deque[tuple[int, str]] = deque(maxlen=32)
        self._set = self._as_new()
        self._count = Counter(plane)
        self._table = Table(
            lambda: self._errors.append(UNDEFINED_HEADER), *self._common(), *self._of_this_make()
        )

    def handle(self, line: str) -> str | None:
        """Obey a line; the answers of its queries joined by semicolons, or None when it asks nothing."""
        return self._table.handle(line)

    def interrupt(self) -> None:
        """A power failure in the middle of an integration: the integrator stops in state ``ERROR``."""
        if self._count.running:
            self._count.stop()
            self._count.state = "ERROR"

    @property
    def integrator(self) -> State:
        """State of the integrator, as its long word."""
        return self._count.state

    def _as_new(self) -> _Settings:
        return _Settings(self._make.voltage_ranges[-1], self._make.current_ranges[-1])

    def _common(self) -> tuple[Command, ...]:
        return (
            command("*IDN", query=lambda _n, _a: self.identity),
            command("*CLS", write=self._cls),
            command("*RST", write=self._rst),
            command("*OPC", query=lambda _n, _a: "1"),
            command(":STATus:ERRor", query=self._error),
            self._switch(":COMMunicate:REMote", "remote"),
            self._switch(":COMMunicate:HEADer", "header"),
            self._switch(":COMMunicate:VERBose", "verbose"),
            command(":RATE", write=self._set_rate, query=self._setting(":RATE", lambda: self._set.rate)),
            command(":NUMeric[:NORMal]:ITEM<x>", write=self._set_item, query=self._item),
            command(":NUMeric[:NORMal]:VALue", query=self._values),
            command(":NUMeric:HOLD", write=self._set_hold, query=self._setting(":NUMERIC:HOLD", self._held)),
            command(
                ":INTEGrate:MODE",
                write=self._set_mode,
                query=self._setting(":INTEGRATE:MODE", lambda: self._set.mode),
            ),
            command(":INTEGrate:STARt", write=self._start),
            command(":INTEGrate:STOP", write=self._stop),
            command(":INTEGrate:RESet", write=self._reset_integral),
            command(":INTEGrate:STATe", query=self._state),
        )

    def _of_this_make(self) -> tuple[Command, ...]:
        whose = "[:ALL|:ELEMent<x>]" if self._make.by_element else ""
        commands = [
            *self._input("VOLTage", whose, "voltage_range", "V", self._make.voltage_ranges),
            *self._input("CURRent", whose, "current_range", "A", self._make.current_ranges),
            command(
                ":NUMeric[:NORMal]:NUMBer" if self._make.copied else ":NUMeric[:NORMal]:NUMber",
                write=self._set_number,
                query=self._setting(":NUMERIC:NORMAL:NUMBER", lambda: str(self._set.number)),
            ),
        ]
        if self._make.wirings:
            commands.append(
                command(
                    ":INPut:WIRing",
                    write=self._set_wiring,
                    query=self._setting(":INPUT:WIRING", lambda: self._set.wiring),
                )
            )
        if self._make.native:
            commands.append(command(":SYSTem:COMMunicate:COMMand", write=self._set_language))
        if not self._make.copied:
            commands += [
                self._switch(":INPut:SCALing[:STATe]", "scaling"),
                self._ratio(f":INPut:SCALing:VT{whose}", "VT"),
                self._ratio(f":INPut:SCALing:CT{whose}", "CT"),
                self._ratio(f":INPut:SCALing:SFACtor{whose}", "SFACTOR"),
                command(":INTEGrate:TIMer[<x>]", write=self._accept_timer, query=lambda _n, _a: "0,0,0"),
                command(
                    ":NUMeric:FORMat",
                    write=self._set_format,
                    query=self._setting(":NUMERIC:FORMAT", lambda: "ASC"),
                ),
            ]
        return tuple(commands)

    # Settings.

    def _rst(self, _numbers: tuple[int, ...], _argument: str) -> None:
        self._set = self._as_new()
        self._count = Counter(self._plane)

    def _cls(self, _numbers: tuple[int, ...], _argument: str) -> None:
        self._errors.clear()

    def _error(self, _numbers: tuple[int, ...], _argument: str) -> Answer:
        code, text = self._errors.popleft() if self._errors else (0, "No error")
        return f'{code},"{text}"'

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

    def _ratio(self, pattern: str, name: str) -> Command:
        def write(_numbers: tuple[int, ...], argument: str) -> None:
            value = number(argument)
            if value is None or not 0.0001 <= value <= 99999.9999:
                self._errors.append(OUT_OF_RANGE)
            else:
                self._set.ratios[name] = value

        head = f":INPUT:SCALING:{name}"
        return command(
            pattern, write=write, query=self._setting(head, lambda: f"{self._set.ratios[name]:.4f}")
        )

    def _setting(self, head: str, value: Callable[[], str]) -> Action:
        def query(_numbers: tuple[int, ...], _argument: str) -> Answer:
            return f"{head} {value()}" if self._set.header else value()

        return query

    def _held(self) -> str:
        return str(int(self._set.frozen is not None))

    def _input(
        self, name: str, whose: str, attribute: str, unit: str, ranges: tuple[float, ...]
    ) -> tuple[Command, Command]:
        """A fixed range, and whether it is chosen by the instrument."""

        def write(_numbers: tuple[int, ...], argument: str) -> None:
            now = getattr(self._set, attribute)
            setattr(self._set, attribute, self._range(argument, unit, ranges, now))

        head = f":INPUT:{name.upper()}:RANGE"
        shown = self._setting(head, lambda: nr3(getattr(self._set, attribute), 4))
        auto = self._setting(":AUTO", lambda: str(int(self._set.auto)))
        return (
            command(f":INPut:{name}:RANGe{whose}", write=write, query=shown),
            command(f":INPut:{name}:AUTO{whose}", write=self._set_auto, query=auto),
        )

    def _range(self, argument: str, unit: str, ranges: tuple[float, ...], now: float) -> float:
        if self._count.running:
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
        if argument.upper() in self._make.wirings:
            self._set.wiring = argument.upper()
        else:
            self._errors.append(PARAMETER_ERROR)

    def _set_language(self, _numbers: tuple[int, ...], argument: str) -> None:
        if argument.upper() not in {"WT300", "WT200"}:
            self._errors.append(PARAMETER_ERROR)

    def _set_rate(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._set.rate = argument.upper()

    def _set_format(self, _numbers: tuple[int, ...], argument: str) -> None:
        if argument.upper() not in {"ASC", "ASCII"}:
            self._errors.append(PARAMETER_ERROR)

    def _set_hold(self, _numbers: tuple[int, ...], argument: str) -> None:
        self._set.frozen = self._values_now() if argument.upper() in {"ON", "1"} else None

    def _set_number(self, _numbers: tuple[int, ...], argument: str) -> None:
        if argument.isdecimal() and 1 <= int(argument) <= self._make.most_items:
            self._set.number = int(argument)
        else:
            self._errors.append(OUT_OF_RANGE)

    def _set_item(self, numbers: tuple[int, ...], argument: str) -> None:
        function, _, element = argument.upper().partition(",")
        if not numbers or function not in _FUNCTIONS:
            self._errors.append(PARAMETER_ERROR)
            return
        if element and self._make.copied:
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
        return shown.split(",")[int(argument) - 1] if argument.isdecimal() and int(argument) else shown

    def _values_now(self) -> str:
        return ",".join(
            self._value(*self._set.items.get(n, ("NONE", ""))) for n in range(1, self._set.number + 1)
        )

    def _value(self, function: str, element: str) -> str:
        plane, make = self._plane, self._make
        if element == "SIGMA":
            seen = plane.phases == 1 or len(make.elements) == 3
        else:
            seen = element in make.elements and int(element) <= plane.phases
        if not seen:
            return "NAN"
        share = 1.0 if element == "SIGMA" else 1.0 / plane.phases
        over_u = plane.voltage_v() > make.over * self._set.voltage_range
        ratio = self._set.ratios["CT"] if self._set.scaling else 1.0
        over_i = plane.current_a() / ratio > make.over * self._set.current_range
        match function:
            case "U":
                return "INF" if over_u else nr3(plane.voltage_v(), make.digits)
            case "I":
                return "INF" if over_i else nr3(plane.current_a(), make.digits)
            case "P" | "S":
                power = plane.power_w() * share * (1 + self.gain)
                return "INF" if over_u or over_i else nr3(power, make.digits)
            case "WH" | "WHP":
                return nr3(self._count.energy_wh * share * (1 + self.gain), max(6, make.digits))
            case "TIME":
                return str(int(self._count.elapsed_s))
            case _:
                return "NAN"

    # Integrator.

    def _start(self, _numbers: tuple[int, ...], _argument: str) -> None:
        if self._count.running:
            self._errors.append(RUNNING_ALREADY)
        else:
            self._count.start()

    def _stop(self, _numbers: tuple[int, ...], _argument: str) -> None:
        if self._count.running:
            self._count.stop()
        else:
            self._errors.append(NOT_RUNNING)

    def _reset_integral(self, _numbers: tuple[int, ...], _argument: str) -> None:
        if self._count.running:
            self._errors.append(RESET_WHILE_RUNNING)
        else:
            self._count.reset()

    def _state(self, _numbers: tuple[int, ...], _argument: str) -> Answer:
        word = self._count.state if self._set.verbose else _ABBREVIATED[self._count.state]
        return f":INTEGRATE:STATE {word}" if self._set.header else word


_FUNCTIONS = frozenset(
    "U I P S Q LAMBDA PHI FU FI WH WHP WHM AH AHP AHM WS WQ TIME UTHD ITHD".split()  # noqa: SIM905
)
_ABBREVIATED = {"RESET": "RES", "START": "STAR", "STOP": "STOP", "ERROR": "ERR", "TIMEUP": "TIM"}
