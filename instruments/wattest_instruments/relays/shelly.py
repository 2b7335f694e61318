"""Shelly relays of the second generation (Plus, Pro) and later, over their JSON-RPC.

Bench entry::

    rigs:
      relays: {driver: shelly, address: "http://192.0.2.20", outputs: 4, inputs: 4}

Methods ``Shelly.GetDeviceInfo``, ``Switch.Set``, ``Switch.GetStatus`` and ``Input.GetStatus`` are those of the
maker's public API documentation; tried on the twin only. The device counts from 0, the bench file from 1.
Authentication of these devices is HTTP Digest with SHA-256, which this driver does not do: switch it off in a
laboratory network.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from wattest.document.signature import Between
from wattest.errors import InstrumentError
from wattest.roles import Identity, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.links.web import WebLink
from wattest_instruments.relays.board import RelayBoard, Seen
from wattest_instruments.twins.relays import ContactsTwin, shelly_rpc
from wattest_instruments.twins.web import serve_web


def shelly(
    around: Surroundings,
    *,
    address: str,
    outputs: Annotated[int, Between(1, 8)] = 1,
    inputs: Annotated[int, Between(0, 8)] = 0,
) -> RelayBoard:
    """A Shelly relay of generation 2 or later, as a rig.

    Args:
        around: what the bench gives to every driver
        address: such as http://192.0.2.20
        outputs: how many switches it has
        inputs: how many inputs it has, set to the type 'switch' in the device
    """
    return RelayBoard(around, _Shelly(WebLink(around, address), outputs, inputs))


@asynccontextmanager
async def shelly_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A device that answers JSON-RPC."""
    twin = ContactsTwin(there.options["outputs"], there.options["inputs"])
    there.twins[there.role] = twin
    async with serve_web(shelly_rpc(twin)) as address:
        yield {"address": address}


class _Shelly:
    def __init__(self, link: WebLink, outputs: int, inputs: int) -> None:
        self.outputs, self.inputs = outputs, inputs
        self.place = link.place
        self._link = link
        self._asked = 0

    async def open(self) -> Identity:
        told, _ = await self._call("Shelly.GetDeviceInfo", {})
        generation = told.get("gen")
        if not isinstance(generation, int) or generation < 2:
            raise InstrumentError(
                f"{self.place} says that it is of generation {generation!r}: this driver speaks to generation 2 and later."
            )
        return Identity(
            "Shelly", str(told.get("model", "")), str(told.get("mac", "")), str(told.get("ver", ""))
        )

    async def switch(self, output: int, on: bool) -> None:
        await self._call("Switch.Set", {"id": output - 1, "on": on})

    async def output(self, output: int) -> Seen:
        return await self._flag("Switch.GetStatus", output, "output")

    async def input(self, input_: int) -> Seen:
        return await self._flag("Input.GetStatus", input_, "state")

    async def close(self) -> None:
        """Nothing is kept open between requests."""

    async def _flag(self, method: str, number: int, name: str) -> Seen:
        told, seq = await self._call(method, {"id": number - 1})
        value = told.get(name)
        if not isinstance(value, bool):
            raise InstrumentError(
                f"{self.place} answered {method} of number {number} with {name!r} = {value!r}, where true or false is "
                "expected. An input must be of the type 'switch'."
            )
        return Seen(value, seq)

    async def _call(self, method: str, params: dict[str, Any]) -> tuple[dict[str, Any], int]:
        self._asked += 1
        request = {"id": self._asked, "src": "wattest", "method": method, "params": params}
        heard = await self._link.post("/rpc", request)
        try:
            answer = json.loads(heard.text)
        except ValueError:
            answer = None
        if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
            error = answer["error"]
            raise InstrumentError(
                f"{self.place} refused {method} {json.dumps(params)}: {error.get('message')} ({error.get('code')})."
            )
        result = answer.get("result") if isinstance(answer, dict) else None
        if not isinstance(result, dict) or answer.get("id") != self._asked:
            raise InstrumentError(
                f"{self.place} answered {method} with {heard.text[:80]!r}, which is no answer to it."
            )
        return result, heard.seq
