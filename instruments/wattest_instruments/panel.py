"""The control panel of the simulated station on a socket, so that a person at the terminal can do what is asked.

Bench entry, on a bench of ``kind: simulated``::

    rigs:
      panel: {driver: panel, port: 15100}
      person: {driver: by_hand, person: A. Tremblay}
    vehicle: {driver: by_hand, rig: person}

While the terminal waits for the person, virtual time stands still. The person types in another window what their hands
would do, one command a line as ``wattest evse`` knows them (``help`` lists them), and then answers the question::

    nc 127.0.0.1 15100
    plug_in
    ok

Operators are trained so, and question and answer are tested without a charger.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

from wattest.errors import BenchError, WattestError
from wattest.evse.control import Panel, obey
from wattest.model.words import Port
from wattest.roles import Identity, Surroundings
from wattest.world import World
from wattest_instruments.simulated_power import switching_delay
from wattest_instruments.twins.server import serve_scpi


def panel(around: Surroundings, *, port: Port = 0) -> SocketPanel:
    """Serve the panel of this bench's simulated station.

    Args:
        around: the bench, which must be a simulated one
        port: TCP port on 127.0.0.1; 0 lets the system choose
    """
    if not isinstance(around.world, World):
        raise BenchError(
            f"{around.role} (panel) needs a simulated world, and this bench has none: set 'kind: simulated' in the "
            "bench file, or leave the panel out."
        )
    return SocketPanel(around, port)


class SocketPanel:
    """The rig. ``facts`` holds ``port`` once it is open."""

    supports: frozenset[str] = frozenset()

    def __init__(self, around: Surroundings, port: int) -> None:
        self.facts: Mapping[str, Any] = {}
        self._around = around
        self._port = port
        self._stack = AsyncExitStack()

    async def open(self) -> Identity:
        """Listen; harmless when it does. Raises ``BenchError`` when the port is taken."""
        if not self.facts:
            network = self._around.rigs["network"]
            obedient = _Obedient(Panel(self._around.world, network), self._around.rigs.get("alerts"))
            try:
                server = await self._stack.enter_async_context(serve_scpi(obedient, "127.0.0.1", self._port))
            except OSError as problem:
                raise BenchError(
                    f"The panel cannot listen on 127.0.0.1:{self._port}: {problem.strerror or problem}; choose "
                    "another 'port' in the bench file, or 0 to let the system choose."
                ) from None
            self.facts = {"port": server.port}
        return Identity("Wattest", "panel of the simulated station", str(self.facts["port"]))

    async def restart(self) -> None:
        """Nothing: a panel goes on."""

    async def make_safe(self) -> None:
        """Nothing: a panel is harmless by itself."""

    async def close(self) -> None:
        """Hang up on everybody."""
        self.facts = {}
        await self._stack.aclose()
        await asyncio.sleep(0)


def _pilot(world: World, _told: Mapping[str, Any]) -> dict[str, float]:
    signal = world.outlets[0].pilot_signal()
    return {
        "high": signal.high_v,
        "duty": signal.duty_pct,
        "low": signal.low_v,
        "frequency": signal.frequency_hz,
    }


def _delay(world: World, told: Mapping[str, Any]) -> float | None:
    since_s = world.clock.monotonic() - RECORDS_S
    return switching_delay(world.outlets[0].history.since(since_s), told["event"])


def _supply(world: World, _told: Mapping[str, Any]) -> dict[str, float]:
    return {
        "voltage": world.grid.nominal_v if world.grid.powered else 0.0,
        "current": world.input_current_a(),
        "power": world.input_power_w(),
        "frequency": world.grid.frequency_hz,
    }


def _temperatures(world: World, _told: Mapping[str, Any]) -> dict[str, float]:
    return {
        "air": world.climate.ambient_c(),
        "enclosure": world.climate.internal_c(),
        "connector": world.outlets[0].probe.temperature_c(),
    }


RECORDS_S = 10.0
"""How far back the oscilloscope on the panel shows its last trigger."""


def _acquirer(world: World, told: Mapping[str, Any]) -> None:
    world.acquirer.answer = told["answer"]


def _statement(world: World, told: Mapping[str, Any]) -> list[str]:
    """As a portal shows it, line by line."""
    booked = world.acquirer.since(datetime.fromisoformat(told["since"]))
    return [f"{one.kind} {one.amount} {one.currency} {one.last_four} {one.reference}" for one in booked]


LOOKS: Mapping[str, Callable[[World, Mapping[str, Any]], Any]] = {
    "pilot": _pilot,
    "delay": _delay,
    "supply": _supply,
    "temperatures": _temperatures,
    "gauge": lambda world, told: world.inspection[told["subject"]](),
    "acquirer": _acquirer,
    "statement": _statement,
    "sight": lambda world, told: world.sights[told["question"]](),
    "fault": lambda world, told: world.vehicle().set_fault(told["fault"], told["on"]),
    "proximity": lambda world, told: world.vehicle().set_proximity(told["resistance_ohm"]),
    "pilot_resistance": lambda world, told: world.vehicle().set_pilot_resistance(
        told["state"], told["resistance_ohm"]
    ),
    "supply_voltage": lambda world, told: world.grid.set_voltage(told["voltage_v"]),
    "supply_frequency": lambda world, told: world.grid.set_frequency(told["frequency_hz"]),
}
"""What instruments of a laboratory would show or do, as JSON lines: ``{"do": "delay", "event": "open"}``."""


class _Obedient:
    """Lines in, answers out. The server carries each byte as one character; people write UTF-8."""

    def __init__(self, panel: Panel, alerts: Any = None) -> None:
        self._panel = panel
        self._alerts = alerts

    def handle(self, line: str) -> str | None:
        text = line.encode("latin-1").decode("utf-8", "backslashreplace")
        answer = self._look(text) or obey(self._panel, text)
        return None if answer is None else answer.encode().decode("latin-1")

    def _look(self, text: str) -> str | None:
        """The answer to a JSON line that asks for one of ``LOOKS``; None for any other."""
        try:
            told = json.loads(text)
            if told["do"] == "alerts" and self._alerts is not None:
                return json.dumps({"ok": True, "result": len(self._alerts.told)})
            look = LOOKS.get(told["do"])
        except (ValueError, TypeError, KeyError):
            return None
        if look is None:
            return None
        try:
            answer = {"ok": True, "result": look(self._panel.world, told)}
        except KeyError as missing:
            answer = {"ok": False, "error": f"{told['do']} knows nothing of {missing}"}
        except WattestError as problem:
            answer = {"ok": False, "error": str(problem)}
        return json.dumps(answer, ensure_ascii=False)
