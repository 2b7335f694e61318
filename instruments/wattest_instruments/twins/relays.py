"""Relay boards that are not there: contacts that a world follows, and the languages in which they are asked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from wattest_instruments.links.modbus import Table
from wattest_instruments.links.protocol_wattest import Send
from wattest_instruments.relays.k8090 import ASK, DROP, ENERGISE, STATUS, VERSION, packet, split
from wattest_instruments.twins.modbus import ILLEGAL_ADDRESS, Refused
from wattest_instruments.twins.web import Respond


class ContactsTwin:
    """Outputs and inputs, counted from 1. Roles hang what they move on outputs, and what they see on inputs."""

    def __init__(self, outputs: int, inputs: int = 0) -> None:
        self.outputs = [False] * outputs
        self.stuck: set[int] = set()
        """Outputs that no longer obey: welded, or their coil is broken."""
        self._inputs: list[Callable[[], bool]] = [lambda: False] * inputs
        self._moves: dict[int, Callable[[bool], None]] = {}
        self.tell: Callable[[int, int], None] = lambda _before, _now: None
        """Called with the masks of all outputs before and after a change."""

    def moves(self, output: int, move: Callable[[bool], None], *, now: bool) -> None:
        """From now on the output moves something; it stands as that something stands."""
        self.outputs[output - 1] = now
        self._moves[output] = move

    def sees(self, input_: int, see: Callable[[], bool]) -> None:
        """From now on the input sees something."""
        self._inputs[input_ - 1] = see

    def input(self, input_: int) -> bool:
        """What an input sees now."""
        return self._inputs[input_ - 1]()

    @property
    def mask(self) -> int:
        """All outputs as bits, output 1 lowest."""
        return sum(on << n for n, on in enumerate(self.outputs))

    def switch(self, output: int, on: bool) -> None:
        """Energise or drop, unless it is stuck or so already."""
        if output in self.stuck or self.outputs[output - 1] == on:
            return
        before = self.mask
        self.outputs[output - 1] = on
        if output in self._moves:
            self._moves[output](on)
        self.tell(before, self.mask)


def io_cgi(twin: ContactsTwin) -> Respond:
    """As a Devantech ETH008: a word, then a digit per output. The first word is a guess; the driver ignores it."""

    def respond(method: str, path: str, _body: str) -> tuple[int, str]:
        match = re.fullmatch(r"/io\.cgi\?(?:relay|DO([AI])(\d{1,2}))", path)
        if method != "GET" or match is None:
            return 404, "not found"
        if match[1] and 1 <= int(match[2]) <= len(twin.outputs):
            twin.switch(int(match[2]), match[1] == "A")
        return 200, "Success! " + "".join("01"[on] for on in twin.outputs)

    return respond


def shelly_rpc(twin: ContactsTwin) -> Respond:
    """As a Shelly Pro 4PM, as far as switching goes."""

    def number(params: dict[str, Any], among: int) -> int:
        found = params.get("id")
        if not isinstance(found, int) or not 0 <= found < among:
            raise KeyError(f"Argument 'id', value {found} not found!")
        return found

    def obey(method: str, params: dict[str, Any]) -> dict[str, Any]:
        if method == "Shelly.GetDeviceInfo":
            return {
                "id": "shellypro4pm-twin",
                "mac": "08F9E0E5C790",
                "model": "SPSW-104PE16EU",
                "gen": 2,
                "ver": "1.4.4",
            }
        if method == "Switch.Set":
            output = number(params, len(twin.outputs))
            was = twin.outputs[output]
            twin.switch(output + 1, params["on"] is True)
            return {"was_on": was}
        if method == "Switch.GetStatus":
            output = number(params, len(twin.outputs))
            return {"id": output, "output": twin.outputs[output]}
        if method == "Input.GetStatus":
            input_ = number(params, len(twin._inputs))  # noqa: SLF001 - of the same file
            return {"id": input_, "state": twin.input(input_ + 1)}
        raise KeyError(f"No handler for {method}")

    def respond(_method: str, path: str, body: str) -> tuple[int, str]:
        if path != "/rpc":
            return 404, "not found"
        try:
            request = json.loads(body)
            result = obey(request["method"], request.get("params", {}))
        except KeyError as problem:
            return 200, json.dumps(
                {"id": request.get("id"), "error": {"code": -105, "message": problem.args[0]}}
            )
        except (ValueError, TypeError):
            return 400, "bad request"
        return 200, json.dumps(
            {"id": request["id"], "src": "shellypro4pm-twin", "dst": "wattest", "result": result}
        )

    return respond


class CoilsTwin:
    """As a Modbus module; ``Device`` of ``twins.modbus``."""

    def __init__(self, twin: ContactsTwin, first_coil: int = 0, first_input: int = 0) -> None:
        self._twin = twin
        self._first = {"coil": first_coil, "discrete": first_input}

    def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        """Coils and discrete inputs; there are no registers."""
        twin = self._twin
        if table == "coil":
            cells = [int(on) for on in twin.outputs]
        elif table == "discrete":
            cells = [int(twin.input(n)) for n in range(1, len(twin._inputs) + 1)]  # noqa: SLF001 - of the same file
        else:
            raise Refused(ILLEGAL_ADDRESS)
        begin = address - self._first[table]
        if begin < 0 or begin + count > len(cells):
            raise Refused(ILLEGAL_ADDRESS)
        return cells[begin : begin + count]

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        """Switch coils."""
        begin = address - self._first["coil"]
        if table != "coil" or begin < 0 or begin + len(values) > len(self._twin.outputs):
            raise Refused(ILLEGAL_ADDRESS)
        for n, value in enumerate(values, begin + 1):
            self._twin.switch(n, bool(value))


class K8090Twin:
    """As a Velleman K8090 on its cable: it speaks when asked, and by itself when something changed."""

    def __init__(self, twin: ContactsTwin) -> None:
        self._twin = twin
        self._arrived = bytearray()
        self._send: Send = lambda _data: None
        twin.tell = lambda before, now: self._send(packet(STATUS, before, now))

    def plugged(self, send: Send) -> None:
        """Somebody listens."""
        self._send = send

    def receive(self, data: bytes) -> None:
        """Obey whole packets."""
        self._arrived += data
        for _, command, mask, *_rest in split(self._arrived):
            if command in (ENERGISE, DROP):
                for n in range(8):
                    if mask >> n & 1:
                        self._twin.switch(n + 1, command == ENERGISE)
            elif command == ASK:
                self._send(packet(STATUS, self._twin.mask, self._twin.mask))
            elif command == VERSION:
                self._send(packet(VERSION, 0, 10, 1))

    def unplugged(self) -> None:
        """Nobody listens any more."""
        self._send = lambda _data: None
