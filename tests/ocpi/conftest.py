"""A central system in virtual time with one station of bare frames, and the portal that publishes it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from wattest.clock import VirtualClock
from wattest.clock.network import Greeting, MemoryNetwork, Wire, WireClosed
from wattest.csms import Csms
from wattest.model.library import library_folder
from wattest.model.read import read_charger, read_tariff, read_taxes
from wattest.model.read_site import read_site
from wattest.ocpi.portal import Portal, authorization

FIXTURES = library_folder("fixtures")
SITE = read_site()
SHEET = read_charger(FIXTURES / "chargers" / "reference.yaml")
TOKEN = "s3cret"


@dataclass
class Station:
    """Says what it is told to in OCPP 1.6, and accepts whatever it is asked."""

    wire: Wire
    heard: list[Any] = field(default_factory=list)

    async def call(self, action: str, payload: dict[str, Any]) -> Any:
        id_ = f"s{len(self.heard)}-{action}"
        await self.wire.send(json.dumps([2, id_, action, payload]))
        for _ in range(50):
            await asyncio.sleep(0.001)
            for message in self.heard:
                if message[0] == 3 and message[1] == id_:
                    return message[2]
        raise AssertionError(f"no answer to {action}")

    async def listen(self) -> None:
        try:
            while True:
                message = json.loads(await self.wire.recv())
                self.heard.append(message)
                if message[0] == 2:
                    await self.wire.send(json.dumps([3, message[1], {"status": "Accepted"}]))
        except WireClosed:
            return


@dataclass
class Site:
    """The central system, its clock, and what reads it."""

    clock: VirtualClock
    csms: Csms
    network: MemoryNetwork
    portal: Portal
    listening: asyncio.Future[None] | None = None

    async def station(self) -> Station:
        """A station that has booted."""
        station = Station(await self.network.connect(Greeting(SHEET.identity, ("ocpp1.6",))))
        self.listening = asyncio.ensure_future(station.listen())
        await station.call("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
        return station

    async def status(self, station: Station, raw: str, error: str = "NoError") -> None:
        """One StatusNotification of connector 1."""
        await station.call("StatusNotification", {"connectorId": 1, "errorCode": error, "status": raw})

    async def session(self, station: Station, start: int = 1000, stop: int = 13486) -> None:
        """An hour of charging, twenty minutes of it with a full car."""
        at = self.clock.utc
        answer = await station.call(
            "StartTransaction",
            {"connectorId": 1, "idTag": "04E2", "meterStart": start, "timestamp": at().isoformat()},
        )
        tx = answer["transactionId"]
        await self.status(station, "Charging")
        await self.clock.sleep(2400)
        value = {"value": str(stop), "measurand": "Energy.Active.Import.Register", "unit": "Wh"}
        sample = {"timestamp": at().isoformat(), "sampledValue": [value]}
        await station.call("MeterValues", {"connectorId": 1, "transactionId": tx, "meterValue": [sample]})
        await self.status(station, "SuspendedEV")
        await self.clock.sleep(1200)
        await station.call(
            "StopTransaction", {"transactionId": tx, "meterStop": stop, "timestamp": at().isoformat()}
        )

    def get(self, path: str, method: str = "GET", token: str = TOKEN) -> tuple[int, Any]:
        """Status and decoded body; numbers as ``Decimal``."""
        reply = self.portal.answer(method, path, {"authorization": authorization(token)})
        return reply.status, json.loads(reply.body, parse_float=Decimal)


@pytest.fixture
def site() -> Iterator[Site]:
    """Quebec, energy at 0.35 CAD/kWh."""
    clock = VirtualClock()
    entries: list[dict[str, Any]] = []

    def note(kind: str, /, **fields: Any) -> int:
        entries.append({"kind": kind, **fields})
        return len(entries) - 1

    csms = Csms(clock, note)
    csms.accepts_unknown = True
    csms.taxes = read_taxes()
    csms.tariff = read_tariff(FIXTURES / "tariffs" / "energy_with_idle.yaml")
    network = MemoryNetwork(clock)
    network.listen(csms.accept, csms.choose)
    yield Site(clock, csms, network, Portal(csms, SITE, SHEET, token=TOKEN, url="http://portal"))
    clock.close()
