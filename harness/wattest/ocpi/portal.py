"""A small read-only OCPI endpoint, fed by the reference central system: what a portal or a map would read.

::

    portal = Portal(csms, site, sheet, token="secret")
    following = asyncio.ensure_future(portal.follow())
    reply = portal.answer("GET", "/ocpi/cpo/2.3.0/locations", {"authorization": authorization("secret")})

Sender side of the modules ``locations``, ``tariffs`` and ``cdrs`` for 2.2.1 and 2.3.0. Nothing can be written, and nothing is
answered without the token. ``answer`` does no I/O; ``wattest.ocpi.http`` puts it behind a socket.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, get_args
from urllib.parse import parse_qs, unquote, urlsplit

from wattest.csms import Csms
from wattest.csms.billing import price_text, rates_on
from wattest.errors import BenchError
from wattest.judge.session_table import method_of
from wattest.model.charger import ChargerSheet
from wattest.model.ocpi_version import OcpiName, OcpiStatus
from wattest.model.site import Site
from wattest.model.tariff import Tariff
from wattest.ocpi.objects import Object, encode, location, tariff_object, written
from wattest.ocpi.session_record import session_record
from wattest.ocpp.status_words import ocpi_status

VERSIONS: tuple[OcpiName, ...] = get_args(OcpiName)
MODULES = ("locations", "tariffs", "cdrs")
LIMIT = 50
"""Most objects in one answer."""
FOREVER_S = 1e9


@dataclass(frozen=True)
class Reply:
    """HTTP status, headers and body."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def authorization(token: str) -> str:
    """The header that carries a token: in Base64 since OCPI 2.2."""
    return f"Token {base64.b64encode(token.encode()).decode()}"


class Portal:
    """What is published of one station. ``follow`` keeps it up to date; statuses change when the station says so.

    A session record has the tariff that its session began with (BIL-05).
    """

    def __init__(
        self, csms: Csms, site: Site, sheet: ChargerSheet, *, token: str, url: str = "http://127.0.0.1"
    ) -> None:
        self.site = site
        self.sheet = sheet
        self.url = url
        self._csms = csms
        self._token = token
        self._began = csms.clock.utc()
        self._statuses: dict[int, tuple[OcpiStatus, datetime]] = {}
        self._tariffs: dict[str, tuple[Tariff, datetime]] = {}
        self._ended: dict[str, datetime] = {}
        self.look()

    async def follow(self) -> None:
        """Publish what the station says as it is said, until cancelled."""
        while True:
            since = self._csms.mark()
            self.look()
            with suppress(TimeoutError):
                await self._csms.wait_for(lambda _event: True, within_s=FOREVER_S, since=since)

    def look(self) -> None:
        """Bring what is published in line with what the central system knows now."""
        now = self._csms.clock.utc()
        station = self._csms.stations.get(self.sheet.identity)
        for number in range(1, self.sheet.connectors + 1):
            last = None if station is None else station.last_status(number)
            connected = station is not None and station.connected
            status = ocpi_status(None if last is None else last.raw, connected=connected)
            if self._statuses.get(number, (None,))[0] != status:
                self._statuses[number] = (status, now)
        tariff = self._csms.tariff
        if tariff is not None and self._tariffs.get(tariff.id, (None,))[0] != tariff:
            self._tariffs[tariff.id] = (tariff, now)
        for one in self._csms.ledger.transactions.values():
            if one.id not in self._ended and one.ended_at is not None:
                self._ended[one.id] = now

    def status(self, evse: int = 1) -> tuple[OcpiStatus, datetime]:
        """What is published of an EVSE, and since when."""
        return self._statuses[evse]

    # --- objects ---------------------------------------------------------------------------------------

    def locations(self, version: OcpiName) -> list[Object]:
        """The one location."""
        tariff = self._csms.tariff
        ids = [] if tariff is None else [tariff.id]
        return [
            location(
                version,
                self.site,
                self.sheet,
                statuses=self._statuses,
                tariff_ids=ids,
                updated=self._began,
            )
        ]

    def tariffs(self, version: OcpiName) -> list[Object]:
        """Every tariff that was ever in force since this portal began."""
        return [self._tariff(version, tariff, since) for tariff, since in self._tariffs.values()]

    def cdrs(self, version: OcpiName) -> list[Object]:
        """A session record for every session that has ended and has a price."""
        found = []
        for id_, since in self._ended.items():
            transaction, tariff = self._csms.ledger.transaction(id_), self._csms.till.tariff_of(id_)
            bill = None if transaction is None else self._csms.till.bill(transaction)
            if transaction is None or bill is None or tariff is None:
                continue
            published = self._tariff(version, tariff, since)
            found.append(
                session_record(
                    version,
                    self.site,
                    self.sheet,
                    transaction,
                    bill,
                    tariff=published,
                    method=method_of(transaction),
                    updated=since,
                )
            )
        return found

    def _tariff(self, version: OcpiName, tariff: Tariff, since: datetime) -> Object:
        try:
            rates = rates_on(self._csms.taxes, tariff.province, since.date())
        except BenchError:
            rates = []
        return tariff_object(version, self.site, tariff, rates, text=price_text(tariff), updated=since)

    # --- HTTP ------------------------------------------------------------------------------------------

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Reply:
        """One request. ``headers`` by name in small letters; ``target`` is path and query."""
        if not self._knows(headers.get("authorization", "")):
            return self._said(401, 2001, "Say who you are: 'Authorization: Token ' and the token in Base64.")
        if method != "GET":
            return self._said(405, 2000, f"{method} is not answered here: this portal can only be read.")
        parts = urlsplit(target)
        path = [unquote(part) for part in parts.path.strip("/").split("/")]
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if path == ["ocpi", "versions"]:
            return self._data([{"version": v, "url": f"{self.url}/ocpi/{v}"} for v in VERSIONS])
        if len(path) == 2 and path[0] == "ocpi" and path[1] in VERSIONS:
            return self._data(self._details(path[1]))
        if len(path) >= 4 and path[:2] == ["ocpi", "cpo"] and path[2] in VERSIONS and path[3] in MODULES:
            return self._module(path[2], path[3], path[4:], query, parts.path)
        return self._said(404, 2000, f"There is nothing at {parts.path[:200]}; begin at /ocpi/versions.")

    def _knows(self, header: str) -> bool:
        return hmac.compare_digest(header.encode(), authorization(self._token).encode())

    def _details(self, version: str) -> Object:
        return {
            "version": version,
            "endpoints": [
                {"identifier": name, "role": "SENDER", "url": f"{self.url}/ocpi/cpo/{version}/{name}"}
                for name in MODULES
            ],
        }

    def _module(
        self, version: OcpiName, module: str, rest: list[str], query: Mapping[str, str], path: str
    ) -> Reply:
        objects: list[Object] = getattr(self, module)(version)
        if rest:
            found = _descend(objects, rest)
            if found is None:
                return self._said(404, 2003, f"There is no {'/'.join(rest)[:200]} among the {module}.")
            return self._data(found)
        try:
            offset, limit = _whole(query, "offset", 0), min(LIMIT, _whole(query, "limit", LIMIT))
            since, until = _moment(query, "date_from"), _moment(query, "date_to")
            objects = [one for one in objects if _between(one, since, until)]
        except ValueError as problem:
            return self._said(400, 2001, str(problem))
        chosen = objects[offset : offset + limit]
        headers = {"X-Total-Count": str(len(objects)), "X-Limit": str(LIMIT)}
        if offset + limit < len(objects):
            headers["Link"] = f'<{self.url}{path}?offset={offset + limit}&limit={limit}>; rel="next"'
        return self._data(chosen, headers)

    def _data(self, data: Any, headers: Mapping[str, str] | None = None) -> Reply:
        return self._reply(200, {"data": data, "status_code": 1000}, headers or {})

    def _said(self, status: int, code: int, text: str) -> Reply:
        return self._reply(status, {"status_code": code, "status_message": text}, {})

    def _reply(self, status: int, content: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
        body = encode({**content, "timestamp": written(self._csms.clock.utc())})
        return Reply(status, body, {"Content-Type": "application/json", **headers})


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or len(text) > 9 or (name == "limit" and int(text) == 0):
        raise ValueError(f"'{name}' is '{text[:40]}'; it is a whole number such as 50.")
    return int(text)


def _between(one: Object, since: datetime | None, until: datetime | None) -> bool:
    """``date_from`` is included, ``date_to`` is not (OCPI, filtered GET)."""
    at = datetime.fromisoformat(one["last_updated"])
    return (since is None or at >= since) and (until is None or at < until)


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{name}' is '{text[:40]}'; it is a time such as 2026-01-15T12:00:00Z.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _descend(objects: list[Object], rest: list[str]) -> Object | None:
    """An object by id, or an EVSE or a connector of a location."""
    found: Object | None = next((one for one in objects if one["id"] == rest[0]), None)
    for key, id_, name in zip(("evses", "connectors"), ("uid", "id"), rest[1:], strict=False):
        found = None if found is None else next((one for one in found.get(key, ()) if one[id_] == name), None)
    return found if len(rest) <= 3 else None
