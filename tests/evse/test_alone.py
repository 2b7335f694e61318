from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from wattest.clock import RealClock, VirtualClock
from wattest.clock.network import ConnectionRefused, Greeting, MemoryNetwork, Wire, WireClosed
from wattest.errors import BenchError
from wattest.evse import alone as alone_module
from wattest.evse.alone import Alone, lines_of, live
from wattest.model.read import read_charger

SHEET = read_charger(Path(__file__).resolve().parents[2] / "fixtures" / "chargers" / "loopback.yaml")
ALONE = Alone(replace(SHEET, identity="CP7"), "1.6", "ws://127.0.0.1:9000")


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock


class Life:
    """One EVSE that runs alone, in virtual time, with what it said."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.facts: dict[str, Any] = {}
        self.said: list[str] = []
        self.remarks: list[str] = []
        self.booted: list[str] = []
        self.network = MemoryNetwork(clock)
        self.network.listen(self.accept)

    async def accept(self, greeting: Greeting, wire: Wire) -> None:
        """A central system that accepts everything."""
        with suppress(WireClosed):
            while True:
                _, id_, action, _payload = json.loads(await wire.recv())
                answers = {
                    "BootNotification": {
                        "status": "Accepted",
                        "currentTime": "2026-01-15T12:00:00Z",
                        "interval": 300,
                    },
                    "Heartbeat": {"currentTime": "2026-01-15T12:00:00Z"},
                }
                if action == "BootNotification":
                    self.booted.append(greeting.identity)
                await wire.send(json.dumps([3, id_, answers.get(action, {})]))

    async def typed(self, *lines: str, every_s: float) -> AsyncIterator[str]:
        for line in lines:
            await self.clock.sleep(every_s)
            yield line

    def run(self, alone: Alone, *lines: str, every_s: float = 5.0) -> None:
        self.clock.run(
            live(
                alone,
                self.clock,
                connect=self.network.connect,
                lines=self.typed(*lines, every_s=every_s),
                ready=self.facts.update,
                say=self.said.append,
                remark=self.remarks.append,
            )
        )


def test_it_lives_until_the_lines_end(clock: VirtualClock) -> None:
    """It says who it is, boots under its identity, obeys, and ends with its input."""
    life = Life(clock)
    life.run(ALONE, "whereabouts", "", '{"id": 1, "do": "locks"}')
    assert life.facts == {
        "maker": "Wattest",
        "model": "Reference L2 48",
        "serial": "SIM-0003",
        "firmware": "1.0.0",
        "identity": "CP7",
        "ocpp": "1.6",
        "csms": "ws://127.0.0.1:9000",
        "boot_time_s": 1.0,
    }
    assert life.booted == ["CP7"]
    assert life.remarks == ["Connected to ws://127.0.0.1:9000 as CP7."]
    assert life.said[0] == "holstered"
    assert json.loads(life.said[1])["ok"] is True


def test_it_says_once_that_nobody_answers(clock: VirtualClock) -> None:
    """A newcomer who forgot the central system reads so, and not at every attempt."""
    life = Life(clock)
    life.network.cut()
    life.run(ALONE, *["whereabouts"] * 20)
    assert life.remarks == [
        (
            "ws://127.0.0.1:9000 cannot be reached (Station 'CP7' could not connect: the network is cut.); "
            "the charger keeps trying."
        )
    ]


def test_its_network_can_be_cut(clock: VirtualClock) -> None:
    """``cut`` drops the wire, ``restore`` lets it dial again, and it need not boot anew."""
    life = Life(clock)
    life.run(ALONE, "cut", "restore", *["whereabouts"] * 30)
    assert (
        life.remarks == ["Connected to ws://127.0.0.1:9000 as CP7."] * 2
        or life.remarks[0] == life.remarks[-1]
    )
    assert life.booted == ["CP7"]


def test_a_second_life_goes_on_where_the_first_ended(clock: VirtualClock, tmp_path: Path) -> None:
    """With a memory the register and the flash outlive the process; without one it is a new charger each time."""
    kept = replace(ALONE, memory=tmp_path / "flash.json")
    for _ in range(2):
        Life(clock).run(kept, "whereabouts", "whereabouts")
    told = json.loads((tmp_path / "flash.json").read_text())
    assert told["flash"]["boots"] == 2


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"active": frozenset({"METER-D1"})}, "METER-D1"),
        ({"sheet": replace(SHEET, dialects=("2.0.1",))}, "does not state OCPP 1.6; it states 2.0.1."),
    ],
)
def test_what_cannot_run_says_why(clock: VirtualClock, wrong: dict[str, Any], sentence: str) -> None:
    """An unknown defect and a dialect that the sheet does not state are named."""
    with pytest.raises(BenchError, match=sentence):
        Life(clock).run(replace(ALONE, **wrong))


def test_without_instruments_there_is_no_analyser(
    clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--scpi`` needs a package that offers one, and says so."""
    monkeypatch.setattr(alone_module, "twins", dict)
    with pytest.raises(BenchError) as error:
        Life(clock).run(replace(ALONE, scpi=("127.0.0.1", 0)))
    assert str(error.value) == (
        "No package here offers an analyser for --scpi (entry points 'wattest.analysers'); "
        "install wattest with its instruments, or leave --scpi out."
    )


@pytest.mark.real_time
def test_the_analyser_listens_where_it_is_told() -> None:
    """The port chosen is told when it is ready; one that is taken is a sentence."""
    asked: list[str] = []

    async def refuse(greeting: Greeting) -> Wire:
        raise ConnectionRefused("nobody is there")

    async def session(clock: RealClock, port: int) -> None:
        facts: dict[str, Any] = {}

        async def lines() -> AsyncIterator[str]:
            reader, writer = await asyncio.open_connection("127.0.0.1", facts["scpi_port"])
            writer.write(b"*IDN?\n")
            asked.append((await reader.readline()).decode())
            writer.close()
            yield "whereabouts"

        await live(
            replace(ALONE, scpi=("127.0.0.1", port)),
            clock,
            connect=refuse,
            lines=lines(),
            ready=facts.update,
            say=lambda _text: None,
            remark=lambda _text: None,
        )

    with RealClock() as clock, socket.socket() as taken:
        clock.run(session(clock, 0))
        assert asked[0].startswith("YOKOGAWA,WT")
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BenchError) as error:
            clock.run(session(clock, port))
    assert str(error.value).startswith(f"The analyser cannot listen on 127.0.0.1:{port}: ")
    assert str(error.value).endswith("choose another --scpi port, or 0 to let the system choose.")


@pytest.mark.real_time
def test_lines_come_from_a_pipe_and_end_with_it() -> None:
    """Whole lines, then what stood behind the last line end, then the end."""

    async def heard(descriptor: int) -> list[str]:
        return [line async for line in lines_of(descriptor)]

    reading, writing = os.pipe()
    os.write(writing, b"plug_in\r\nset_ready yes\ncard 04\xff")
    os.close(writing)
    with RealClock() as clock:
        assert clock.run(heard(reading)) == ["plug_in\r", "set_ready yes", "card 04\\xff"]
    os.close(reading)


@pytest.mark.real_time
def test_where_nobody_can_write_it_lives_on() -> None:
    """Started with /dev/null or no input at all, it does not end at once."""

    async def waits(descriptor: int) -> bool:
        try:
            async with asyncio.timeout(0.05):
                async for _ in lines_of(descriptor):
                    pass
        except TimeoutError:
            return True
        return False

    nothing = os.open(os.devnull, os.O_RDONLY)
    with RealClock() as clock:
        assert clock.run(waits(nothing))
        os.close(nothing)
        assert clock.run(waits(nothing))
