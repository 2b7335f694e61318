"""The hands around a simulated EVSE that runs as a process of its own: plug in, present a card, cut the power.

A line is one command, in JSON from a rig or in plain words from a person, and is answered in kind::

    {"id": 1, "do": "card", "uid": "04A2B3C4D5E680"}     {"id": 1, "ok": true, "result": null}
    {"id": 2, "do": "unplug"}                            {"id": 2, "ok": false, "error": "the plug of outlet 1 ..."}
    card 04A2B3C4D5E680                                  ok
    set_current 16 A                                     ok
    locks                                                holster: locked, connector: unlocked

Everything acts on the world, never on the firmware: what is learnt here, a person beside the charger would see.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal, Protocol

from wattest.document.suggest import did_you_mean, shown
from wattest.errors import RigError, WattestError
from wattest.world import World
from wattest.world.outlet import Outlet

LONGEST = 10_000
"""Characters of a command line; a longer one is refused."""

TRUTH: Mapping[str, bool] = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}

_REQUIRED: Final = object()


class Cuttable(Protocol):
    """The EVSE's way to the central system, as something that can be cut."""

    def cut(self) -> None:
        """Drop the wire and let no new one come about until ``restore``."""
        ...

    def restore(self) -> None:
        """Let the EVSE dial again."""
        ...


@dataclass(frozen=True)
class Panel:
    """What the commands reach."""

    world: World
    network: Cuttable

    def outlet(self, number: float) -> Outlet:
        """An outlet, counted from 1. Raises ``RigError`` when the charger has none of that number."""
        outlets = self.world.outlets
        if not 1 <= number <= len(outlets):
            raise RigError(f"there is no outlet {number:g}; this charger has {len(outlets)}, counted from 1")
        return outlets[int(number) - 1]


@dataclass(frozen=True)
class Argument:
    """One argument of a command; ``kind`` may be a tuple of words to choose from."""

    name: str
    kind: Literal["number", "truth", "text"] | tuple[str, ...]
    unit: str = ""
    default: Any = _REQUIRED

    def spelled(self) -> str:
        """As it stands in help: ``CURRENT_A``, ``[OUTLET]``."""
        words = "|".join(self.kind) if isinstance(self.kind, tuple) else self.name.upper()
        text = "yes|no" if self.kind == "truth" else words
        return text if self.default is _REQUIRED else f"[{text}]"


@dataclass(frozen=True)
class Word:
    """One command: what it says of itself, its arguments, and what it does to the world."""

    help: str
    does: Callable[[Panel, Mapping[str, Any]], Any]
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True)
class Command:
    """A line that was understood."""

    word: str
    arguments: Mapping[str, Any]


_OUTLET = Argument("outlet", "number", default=1)
_WHICH = Argument("which", ("holster", "connector"))


def _locks(panel: Panel, told: Mapping[str, Any]) -> dict[str, str]:
    outlet = panel.outlet(told["outlet"])
    return {"holster": outlet.holster_lock.position(), "connector": outlet.connector_lock.position()}


def _meter(panel: Panel, told: Mapping[str, Any]) -> dict[str, float]:
    outlet = panel.outlet(told["outlet"])
    return {
        "voltage": outlet.true_voltage_v(),
        "current": outlet.true_current_a(),
        "power": outlet.true_power_w(),
        "energy": outlet.true_energy_wh(),
    }


def _card(panel: Panel, told: Mapping[str, Any]) -> None:
    panel.world.reader.tap(told["uid"])


def _battery(panel: Panel, told: Mapping[str, Any]) -> None:
    panel.outlet(told["outlet"]).vehicle.set_battery(soc=told["percent"] / 100)


def _jam(panel: Panel, told: Mapping[str, Any]) -> None:
    outlet = panel.outlet(told["outlet"])
    (outlet.holster_lock if told["which"] == "holster" else outlet.connector_lock).jam(told["jammed"])


def _acquirer(panel: Panel, told: Mapping[str, Any]) -> None:
    panel.world.acquirer.answer = told["answer"]


def _statement(panel: Panel, told: Mapping[str, Any]) -> dict[str, Any]:
    since: datetime | None = None
    with suppress(ValueError):
        since = datetime.fromisoformat(told["since"])
    if since is None or since.tzinfo is None:
        raise RigError(f"statement: since is a time such as 2026-01-15T12:00:00Z, not {shown(told['since'])}")
    booked = panel.world.acquirer.since(since)
    return {"movements": [{**asdict(one), "amount": str(one.amount)} for one in booked]}


def _identify(panel: Panel, _told: Mapping[str, Any]) -> dict[str, str]:
    sheet = panel.world.sheet
    return {"maker": sheet.maker, "model": sheet.model, "serial": sheet.serial, "firmware": sheet.firmware}


WORDS: Mapping[str, Word] = {
    "plug_in": Word(
        "take the cable and plug it into the car",
        lambda panel, told: panel.outlet(told["outlet"]).vehicle.plug_in(),
        (_OUTLET,),
    ),
    "unplug": Word(
        "pull the plug out of the car and keep it in the hand",
        lambda panel, told: panel.outlet(told["outlet"]).vehicle.unplug(),
        (_OUTLET,),
    ),
    "holster": Word(
        "put the plug back on the station",
        lambda panel, told: panel.outlet(told["outlet"]).vehicle.holster(),
        (_OUTLET,),
    ),
    "set_ready": Word(
        "the car asks for energy, or stops asking",
        lambda panel, told: panel.outlet(told["outlet"]).vehicle.set_ready(told["ready"]),
        (Argument("ready", "truth"), _OUTLET),
    ),
    "set_current": Word(
        "the most that the car takes, per phase",
        lambda panel, told: panel.outlet(told["outlet"]).vehicle.set_current(told["current_a"]),
        (Argument("current_a", "number", "A"), _OUTLET),
    ),
    "battery": Word(
        "state of charge of the car, now and at each arrival",
        _battery,
        (Argument("percent", "number", "%"), _OUTLET),
    ),
    "state_of_charge": Word(
        "the state of charge that the car tells, in percent",
        lambda panel, told: panel.outlet(told["outlet"]).vehicle.soc_told(),
        (_OUTLET,),
    ),
    "whereabouts": Word(
        "where the plug is",
        lambda panel, told: panel.outlet(told["outlet"]).vehicle.whereabouts(),
        (_OUTLET,),
    ),
    "card": Word("hold a card to the reader", _card, (Argument("uid", "text"),)),
    "power": Word(
        "feed the station or cut it off",
        lambda panel, told: panel.world.grid.set_power(told["on"]),
        (Argument("on", "truth"),),
    ),
    "locks": Word("what both locks do", _locks, (_OUTLET,)),
    "pull": Word(
        "pull at the plug; whether it came loose",
        lambda panel, told: panel.outlet(told["outlet"]).pull(told["which"]),
        (_WHICH, _OUTLET),
    ),
    "jam": Word(
        "block a lock, or free it",
        _jam,
        (_WHICH, Argument("jammed", "truth", default=True), _OUTLET),
    ),
    "display": Word("what stands on the screen", lambda panel, _told: asdict(panel.world.screen.read())),
    "temperature": Word(
        "the air around the station goes there",
        lambda panel, told: panel.world.climate.set_ambient(told["temperature_c"], told["ramp_k_per_min"]),
        (
            Argument("temperature_c", "number", "degC"),
            Argument("ramp_k_per_min", "number", "K/min", default=1.0),
        ),
    ),
    "read_temperature": Word(
        "of the air around the station", lambda panel, _told: round(panel.world.climate.ambient_c(), 3)
    ),
    "humidity": Word(
        "the air around the station takes this relative humidity",
        lambda panel, told: panel.world.climate.set_humidity(told["humidity_pct"]),
        (Argument("humidity_pct", "number", "%"),),
    ),
    "read_humidity": Word(
        "relative, of the air around the station, in %",
        lambda panel, _told: round(panel.world.climate.humidity_pct, 3),
    ),
    "meter": Word("what truly flows: V, A, W, and Wh since the start", _meter, (_OUTLET,)),
    "acquirer": Word(
        "what becomes of the next payment cards",
        _acquirer,
        (Argument("answer", ("approve", "refuse", "silent")),),
    ),
    "statement": Word(
        "what the acquirer booked on payment cards since a time", _statement, (Argument("since", "text"),)
    ),
    "cut": Word("drop the link to the central system", lambda panel, _told: panel.network.cut()),
    "restore": Word("let the station dial again", lambda panel, _told: panel.network.restore()),
    "identify": Word("maker, model, serial number, firmware", _identify),
}
"""Every command, by its name in both ways of speaking."""


def obey(panel: Panel, line: str) -> str | None:
    """Do what a line says and answer in kind; None for an empty line. Never raises what the line could cause."""
    text = line.strip()
    if not text:
        return None
    if text.startswith("{"):
        return _obey_json(panel, text)
    if text in {"help", "?"}:
        return help_text()
    try:
        command = parse(text)
        return _said(WORDS[command.word].does(panel, command.arguments))
    except WattestError as problem:
        return f"no: {problem}"


def parse(line: str) -> Command:
    """A command in plain words. Raises ``RigError`` with the way it is written.

    >>> parse("set_current 16 A")
    Command(word='set_current', arguments={'current_a': 16.0, 'outlet': 1})
    """
    if len(line) > LONGEST:
        raise RigError(f"a command has at most {LONGEST} characters; this line has {len(line)}")
    name, *words = line.split()
    wanted = _word(name)
    given: dict[str, Any] = {}
    for argument in wanted.arguments:
        if not words:
            break
        given[argument.name] = words.pop(0)
        if argument.unit and words and words[0] == argument.unit:
            words.pop(0)
    if words:
        raise RigError(f"{shown(' '.join(words))} is too much; it is written: {usage(name)}")
    return Command(name, _arguments(name, given))


def usage(name: str) -> str:
    """How a command is written: ``jam holster|connector [yes|no] [OUTLET]``."""
    return " ".join((name, *(argument.spelled() for argument in WORDS[name].arguments)))


def help_text() -> str:
    """Every command with its arguments, one per line."""
    rows = [(usage(name), word.help) for name, word in WORDS.items()]
    width = max(len(left) for left, _ in rows)
    return "\n".join(f"{left.ljust(width)}  {right}" for left, right in rows)


def _obey_json(panel: Panel, text: str) -> str:
    answer: dict[str, Any] = {}
    try:
        told = _object(text)
        if "id" in told:
            answer["id"] = told.pop("id")
        name = told.pop("do", None)
        if not isinstance(name, str):
            raise RigError('a command needs "do" with the name of what to do, such as {"do": "plug_in"}')
        _word(name)
        answer |= {"ok": True, "result": WORDS[name].does(panel, _arguments(name, told))}
    except WattestError as problem:
        answer |= {"ok": False, "error": str(problem)}
    return json.dumps(answer, ensure_ascii=False)


def _object(text: str) -> dict[str, Any]:
    if len(text) > LONGEST:
        raise RigError(f"a command has at most {LONGEST} characters; this line has {len(text)}")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise RigError(f"{shown(text)} is not JSON: {problem}") from None
    if not isinstance(told, dict):
        raise RigError(f"{shown(text)} is no JSON object")
    return told


def _word(name: str) -> Word:
    if name not in WORDS:
        hint = did_you_mean(name, WORDS)
        raise RigError(f"there is no command {shown(name)}{hint or '; type help to see them all'}")
    return WORDS[name]


def _arguments(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    known = {argument.name: argument for argument in WORDS[name].arguments}
    for key in given:
        if key not in known:
            raise RigError(f"{name} has no argument {shown(key)}{did_you_mean(key, known)}")
    values: dict[str, Any] = {}
    for key, argument in known.items():
        if key in given:
            values[key] = _value(name, argument, given[key])
        elif argument.default is _REQUIRED:
            raise RigError(f"{name} needs {key}; it is written: {usage(name)}")
        else:
            values[key] = argument.default
    return values


def _value(name: str, argument: Argument, given: Any) -> Any:
    text = str(given).strip()
    if isinstance(argument.kind, tuple):
        if text in argument.kind:
            return text
        raise RigError(f"{name}: {argument.name} is {' or '.join(argument.kind)}, not {shown(text)}")
    if argument.kind == "truth":
        if text.casefold() in TRUTH:
            return TRUTH[text.casefold()]
        raise RigError(f"{name}: {argument.name} is yes or no, not {shown(text)}")
    if argument.kind == "text":
        return text
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        unit = f" in {argument.unit}" if argument.unit else ""
        raise RigError(f"{name}: {argument.name} is a number{unit}, not {shown(text)}")
    return number


def _said(result: Any) -> str:
    if result is None:
        return "ok"
    if isinstance(result, bool):
        return "yes" if result else "no"
    if isinstance(result, Mapping):
        return ", ".join(f"{key}: {_said_inside(value)}" for key, value in result.items())
    return _said_inside(result)


def _said_inside(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, (tuple, list)):
        return " | ".join(str(one) for one in value) or "-"
    return "-" if value is None else str(value)
