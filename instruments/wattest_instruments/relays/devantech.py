"""Devantech ETH relay boards over HTTP: ETH008 and its like with ``io.cgi``.

Bench entry::

    rigs:
      relays: {driver: devantech_eth, address: "http://192.0.2.8", user: admin, password: secret}

``GET /io.cgi?DOA1`` energises output 1, ``DOI1`` lets it drop, ``relay`` asks; the second word of every answer
holds a digit per output. Found in labgrid, whose driver was tried on an ETH008; here tried on the twin only.
How the board tells its inputs over HTTP is not known for sure, so this driver reads none. The password goes
over the wire as it is.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from wattest.document.signature import Between
from wattest.errors import InstrumentError
from wattest.roles import Identity, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.links.web import Heard, WebLink
from wattest_instruments.relays.board import RelayBoard, Seen
from wattest_instruments.twins.relays import ContactsTwin, io_cgi
from wattest_instruments.twins.web import serve_web


def devantech_eth(
    around: Surroundings,
    *,
    address: str,
    outputs: Annotated[int, Between(1, 32)] = 8,
    user: str | None = None,
    password: str = "",
) -> RelayBoard:
    """A Devantech ETH board, as a rig.

    Args:
        around: what the bench gives to every driver
        address: such as http://192.0.2.8
        outputs: how many relays it has
        user: name for HTTP Basic authentication, when the board asks for one
        password: goes with the user; it is never noted
    """
    return RelayBoard(around, _Devantech(WebLink(around, address, user=user, password=password), outputs))


@asynccontextmanager
async def devantech_eth_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A board whose web page answers as the ETH008's does."""
    twin = ContactsTwin(there.options["outputs"])
    there.twins[there.role] = twin
    async with serve_web(io_cgi(twin)) as address:
        yield {"address": address}


class _Devantech:
    inputs = 0

    def __init__(self, link: WebLink, outputs: int) -> None:
        self.outputs = outputs
        self.place = link.place
        self._link = link

    async def open(self) -> Identity:
        self._outputs(await self._link.get("/io.cgi?relay"))
        return Identity("Devantech", f"ETH board with {self.outputs} relays", "")

    async def switch(self, output: int, on: bool) -> None:
        self._outputs(await self._link.get(f"/io.cgi?DO{'A' if on else 'I'}{output}"))

    async def output(self, output: int) -> Seen:
        heard = await self._link.get("/io.cgi?relay")
        return Seen(self._outputs(heard)[output - 1] == "1", heard.seq)

    async def input(self, input_: int) -> Seen:
        raise InstrumentError(f"{self.place}: input {input_} cannot be read; this driver reads no inputs.")

    async def close(self) -> None:
        """Nothing is kept open between requests."""

    def _outputs(self, heard: Heard) -> str:
        """The digit of every output."""
        words = heard.text.split()
        if len(words) < 2 or not re.fullmatch(rf"[01]{{{self.outputs},}}", words[1]):
            raise InstrumentError(
                f"{self.place} answered {heard.text[:80]!r}, where the second word must have a digit 0 or 1 for each of "
                f"{self.outputs} outputs: check the address, and 'outputs' in the bench file."
            )
        return words[1]
