"""What a simulated charger that runs as a process of its own keeps in a file: flash memory and energy registers.

A real charger that is switched off and on again goes on counting where it stopped, and still owes the messages of
the session that was cut. The file is JSON, written whole and then put in place, so that a kill leaves the old one.
"""

from __future__ import annotations

import json
import types
from collections import deque
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from wattest.errors import BenchError
from wattest.evse.charger import Charger
from wattest.evse.flash import Flash
from wattest.world import World

EVERY_S = 0.1
"""How often a process looks whether there is something new to keep: at 50 A and 240 V, a third of a watt-hour."""


class Memory:
    """The file of one charger. ``recall`` once before it starts, ``keep`` now and then, and at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept = ""

    def recall(self, world: World, charger: Charger) -> None:
        """Take up what the last life left; a charger without a file is new.

        Raises ``BenchError`` when the file is no memory of this charger.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as problem:
            raise BenchError(f"The memory {self.path} cannot be read: {problem}.") from None
        try:
            told = json.loads(text)
            registers = [float(wh) for wh in told["registers_wh"]]
            flash = _decoded(Flash, told["flash"])
            serial, at = str(told["serial"]), _decoded(datetime, told["at"])
        except (ValueError, KeyError, TypeError, ArithmeticError) as problem:
            raise BenchError(
                f"{self.path} is no memory of a simulated charger ({problem!r}); remove it to begin with a new one."
            ) from None
        if serial != world.sheet.serial or len(registers) != len(world.outlets):
            raise BenchError(
                f"{self.path} is the memory of charger {serial}, not of {world.sheet.serial}; name another file."
            )
        for outlet, wh in zip(world.outlets, registers, strict=True):
            outlet.meter.take_up(wh)
        flash.boot_reason = "power up"
        flash.lost_power_at = at
        flash.charging_at_cut = bool(flash.transactions)
        charger.flash = flash

    def keep(self, world: World, charger: Charger) -> None:
        """Write what has changed since the last time."""
        content = json.dumps(
            {
                "serial": world.sheet.serial,
                "registers_wh": [outlet.meter.indicated_wh() for outlet in world.outlets],
                "flash": _encoded(charger.flash),
            }
        )
        if content == self._kept:
            return
        at = _encoded(world.clock.utc())
        new = self.path.with_name(f"{self.path.name}.new")
        try:
            new.write_text(f'{{"at": {json.dumps(at)}, {content[1:]}\n', encoding="utf-8")
            new.replace(self.path)
        except OSError as problem:
            raise BenchError(f"The memory {self.path} cannot be written: {problem}.") from None
        self._kept = content


def _encoded(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _encoded(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return [[_encoded(key), _encoded(one)] for key, one in value.items()]
    if isinstance(value, (list, tuple, deque)):
        return [_encoded(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _decoded(kind: Any, told: Any) -> Any:
    """The value of a type, as ``_encoded`` wrote it. Raises ``ValueError``, ``KeyError`` or ``TypeError``."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Union or origin is types.UnionType:
        present = [one for one in inner if one is not type(None)]
        return None if told is None else _decoded(present[0], told)
    if origin is Literal:
        if told not in inner:
            raise ValueError(f"{told!r} is none of {inner}")
        return told
    if origin is dict:
        return {_decoded(inner[0], key): _decoded(inner[1], one) for key, one in told}
    if origin is deque:
        return deque(_decoded(inner[0], one) for one in told)
    if origin is tuple:
        kinds = (inner[0],) * len(told) if inner[-1] is Ellipsis else inner
        return tuple(_decoded(one, part) for one, part in zip(kinds, told, strict=True))
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{field.name: _decoded(hints[field.name], told[field.name]) for field in fields(kind)})
    if kind is datetime:
        return datetime.fromisoformat(told)
    if kind is Decimal:
        return Decimal(told)
    if not isinstance(told, float if kind is float else kind) and not (
        kind is float and isinstance(told, int)
    ):
        raise TypeError(f"{told!r} is no {kind.__name__}")
    return told
