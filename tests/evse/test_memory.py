from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from wattest.clock import VirtualClock
from wattest.clock.network import MemoryNetwork
from wattest.errors import BenchError
from wattest.evse import Charger
from wattest.evse.flash import Flash, Notice, OpenTransaction, Queued, Sampled, TokenInfo
from wattest.evse.memory import Memory
from wattest.model.read import read_charger
from wattest.world import World

SHEET = read_charger(Path(__file__).resolve().parents[2] / "fixtures" / "chargers" / "loopback.yaml")
AT = datetime(2026, 1, 15, 12, 0, 0, 250_000, tzinfo=UTC)

FULL = Flash(
    settings={"heartbeat_interval": "60"},
    operative={0: True, 1: False},
    local_list={"04e2": TokenInfo("Accepted", "FLEET", AT, "Bonjour")},
    queue=deque(
        [
            Queued(
                Notice(
                    "ended",
                    "tx-1",
                    1,
                    3,
                    AT,
                    "power loss",
                    "idle",
                    samples=(Sampled(AT, Decimal("1234.5"), 1.0, 2.0, 240.0, "Transaction.End"),),
                    register_wh=Decimal(1235),
                ),
                offline=True,
                failures=1,
            )
        ]
    ),
    transactions={"tx-2": OpenTransaction("tx-2", 1, "04E2", None, AT, Decimal(10), Decimal(11), AT)},
    numbers={"tx-2": 77},
    limits_a={1: 16},
    total=("1.25", "CAD"),
)


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock


def born(clock: VirtualClock, **more: Any) -> tuple[World, Charger]:
    """A charger fresh from the factory, not yet started."""
    sheet = replace(SHEET, **more)
    world = World(clock, sheet)
    return world, Charger(world, clock, sheet, dialect="1.6", connect=MemoryNetwork(clock).connect)


def test_everything_in_flash_comes_back(clock: VirtualClock, tmp_path: Path) -> None:
    """Settings, lists, queue, open transactions and registers survive; the power cut is told to the firmware."""
    memory = Memory(tmp_path / "flash.json")
    world, charger = born(clock)
    charger.flash = FULL
    world.outlets[0].meter.take_up(270_934.375)
    memory.keep(world, charger)

    again, reborn = born(clock)
    memory.recall(again, reborn)
    assert again.outlets[0].meter.indicated_wh() == 270_934.375
    assert reborn.flash.lost_power_at == clock.utc()
    assert reborn.flash.charging_at_cut
    same = replace(reborn.flash, lost_power_at=None, charging_at_cut=False)
    assert same == FULL


def test_a_new_charger_has_no_memory(clock: VirtualClock, tmp_path: Path) -> None:
    """Without a file it begins as from the factory."""
    world, charger = born(clock)
    register = world.outlets[0].meter.indicated_wh()
    Memory(tmp_path / "none.json").recall(world, charger)
    assert charger.flash == Flash()
    assert world.outlets[0].meter.indicated_wh() == register


def test_nothing_is_written_when_nothing_changed(clock: VirtualClock, tmp_path: Path) -> None:
    """The file is left alone, and no half-written one lies beside it."""
    memory = Memory(tmp_path / "flash.json")
    world, charger = born(clock)
    memory.keep(world, charger)
    memory.path.unlink()
    memory.keep(world, charger)
    assert list(tmp_path.iterdir()) == []
    charger.flash.boots += 1
    memory.keep(world, charger)
    assert [path.name for path in tmp_path.iterdir()] == ["flash.json"]


def test_the_memory_of_another_is_refused(clock: VirtualClock, tmp_path: Path) -> None:
    """A file of another charger, and one that is no memory at all, are named with the way out."""
    path = tmp_path / "flash.json"
    Memory(path).keep(*born(clock, serial="SIM-9"))
    with pytest.raises(BenchError) as error:
        Memory(path).recall(*born(clock))
    assert str(error.value) == f"{path} is the memory of charger SIM-9, not of SIM-0003; name another file."
    told = json.loads(path.read_text())
    for broken in (
        "[",
        "[]",
        json.dumps({**told, "registers_wh": ["x"]}),
        json.dumps({**told, "flash": {**told["flash"], "boots": "many"}}),
        json.dumps({**told, "at": None}),
    ):
        path.write_text(broken)
        with pytest.raises(
            BenchError, match=r"is no memory of a simulated charger .*; remove it to begin with a new"
        ):
            Memory(path).recall(*born(clock))


def test_a_place_that_cannot_be_used_is_named(clock: VirtualClock, tmp_path: Path) -> None:
    """A folder that is not there, or a folder instead of a file."""
    with pytest.raises(BenchError, match=r"The memory .* cannot be written: .*No such file"):
        Memory(tmp_path / "nowhere" / "flash.json").keep(*born(clock))
    with pytest.raises(BenchError, match=r"The memory .* cannot be read: .*directory"):
        Memory(tmp_path).recall(*born(clock))
