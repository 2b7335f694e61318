"""What the portal publishes: every status, the place, the price, and the record of a session."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest

from wattest.clock import RealClock
from wattest.csms import Csms
from wattest.model.library import library_folder
from wattest.model.ocpi_version import OcpiName
from wattest.model.read import read_charger, read_tariff
from wattest.model.read_ocpi import read_ocpi
from wattest.model.read_site import read_site
from wattest.ocpi.http import serve
from wattest.ocpi.portal import VERSIONS, Portal, authorization
from wattest.ocpi.validate import violations
from wattest.ocpp.status_words import OF_OCPP, ocpi_status

TARIFFS = library_folder("fixtures") / "tariffs"

NINE = [
    ("Available", "AVAILABLE"),
    ("Preparing", "CHARGING"),
    ("Charging", "CHARGING"),
    ("SuspendedEV", "CHARGING"),
    ("SuspendedEVSE", "CHARGING"),
    ("Finishing", "BLOCKED"),
    ("Reserved", "RESERVED"),
    ("Unavailable", "INOPERATIVE"),
    ("Faulted", "OUTOFORDER"),
]


def test_all_nine_words_of_ocpp_have_one_of_ocpi() -> None:
    """And those of 2.0.1; without a link, or with a word that nobody knows, nothing is claimed."""
    assert {raw: OF_OCPP[raw] for raw, _ in NINE} == dict(NINE)
    assert ocpi_status("Occupied", connected=True) == "CHARGING"
    assert ocpi_status("Available", connected=False) == "UNKNOWN"
    assert ocpi_status("Broken", connected=True) == "UNKNOWN"
    assert set(OF_OCPP.values()) <= set(read_ocpi("2.3.0").enums["Status"])


def test_a_status_is_published_as_it_is_said(site: Any) -> None:
    """Each of the nine, at once, with the time since when; then the link is lost, and nobody knows."""

    async def story() -> None:
        following = asyncio.ensure_future(site.portal.follow())
        station = await site.station()
        for raw, published in NINE:
            await site.clock.sleep(60)
            before = site.portal.status()[0]
            await site.status(station, raw)
            status, since = site.portal.status()
            assert status == published
            if before != status:
                assert (site.clock.utc() - since).total_seconds() < 1
        await station.wire.close(1000)
        await site.clock.sleep(1)
        assert site.portal.status()[0] == "UNKNOWN"
        following.cancel()

    site.clock.run(story())


@pytest.mark.parametrize("version", VERSIONS)
def test_place_price_and_session_keep_the_field_lists(site: Any, version: OcpiName) -> None:
    """Location, Tariff and CDR are good by the published fields, and agree with one another."""

    async def story() -> None:
        station = await site.station()
        await site.status(station, "Available")
        await site.session(station)
        site.portal.look()

    site.clock.run(story())
    found = {
        kind: site.get(f"/ocpi/cpo/{version}/{module}")[1]["data"]
        for kind, module in (("Location", "locations"), ("Tariff", "tariffs"), ("CDR", "cdrs"))
    }
    assert {kind: len(objects) for kind, objects in found.items()} == {"Location": 1, "Tariff": 1, "CDR": 1}
    for kind, (one,) in found.items():
        assert violations(read_ocpi(version), kind, one) == []
    (place,), (tariff,), (cdr,) = found.values()
    assert place["evses"][0]["connectors"][0]["tariff_ids"] == [tariff["id"]]
    assert place["coordinates"] == {"latitude": "45.508840", "longitude": "-73.567256"}
    assert place["evses"][0]["physical_reference"] == "A1"
    assert place.get("help_phone") == ("+1-800-555-0100" if version == "2.3.0" else None)
    assert (cdr["total_energy"], cdr["currency"]) == (Decimal("12.4860"), "CAD")
    # 4.37 of energy; 20 min idle less 10 min grace at 6.00 CAD/h; taxes 0.27 and 0.54 on 5.37
    if version == "2.2.1":
        assert cdr["total_cost"] == {"excl_vat": Decimal("5.37"), "incl_vat": Decimal("6.18")}
    else:
        assert cdr["total_cost"]["before_taxes"] == Decimal("5.37")
        taxes = [(one["name"], one["amount"], one["account_number"]) for one in cdr["total_cost"]["taxes"]]
        assert taxes == [
            ("GST", Decimal("0.27"), "123456789 RT0001"),
            ("QST", Decimal("0.54"), "1234567890 TQ0001"),
        ]
        assert tariff["tax_included"] == "NO"


def test_periods_add_up_to_the_totals(site: Any) -> None:
    """Charging and parked time, and energy, of the periods are those of the session to the last digit."""

    async def story() -> None:
        station = await site.station()
        await site.session(station)
        site.portal.look()

    site.clock.run(story())
    (cdr,) = site.get("/ocpi/cpo/2.3.0/cdrs")[1]["data"]
    sums: dict[str, Decimal] = {}
    for period in cdr["charging_periods"]:
        for one in period["dimensions"]:
            sums[one["type"]] = sums.get(one["type"], Decimal(0)) + Decimal(str(one["volume"]))
    assert sums["ENERGY"] == cdr["total_energy"]
    assert sums["TIME"] + sums["PARKING_TIME"] == cdr["total_time"]
    assert sums["PARKING_TIME"] == cdr["total_parking_time"]


def test_the_card_is_not_published(site: Any) -> None:
    """The token stands as a hash."""

    async def story() -> None:
        station = await site.station()
        await site.session(station)
        site.portal.look()

    site.clock.run(story())
    reply = site.portal.answer("GET", "/ocpi/cpo/2.3.0/cdrs", {"authorization": authorization("s3cret")})
    assert b"04E2" not in reply.body


def test_a_new_price_is_published_at_once_and_a_session_keeps_its_own(site: Any) -> None:
    """A change of tariff is there before the next session; the session that runs is billed by the price it began with."""

    async def story() -> None:
        station = await site.station()
        running = asyncio.ensure_future(site.session(station))
        await site.clock.sleep(600)
        site.csms.tariff = read_tariff(TARIFFS / "by_time.yaml")
        site.portal.look()
        (place,) = site.get("/ocpi/cpo/2.3.0/locations")[1]["data"]
        assert place["evses"][0]["connectors"][0]["tariff_ids"] == ["by_time"]
        assert "by_time" in [one["id"] for one in site.get("/ocpi/cpo/2.3.0/tariffs")[1]["data"]]
        await running
        site.portal.look()

    site.clock.run(story())
    (cdr,) = site.get("/ocpi/cpo/2.3.0/cdrs")[1]["data"]
    assert cdr["tariffs"][0]["id"] == "energy_with_idle"
    assert cdr["total_cost"]["before_taxes"] == Decimal("5.37")


@pytest.mark.parametrize(
    ("path", "method", "token", "status", "sentence"),
    [
        ("/ocpi/versions", "GET", "wrong", 401, "Say who you are"),
        ("/ocpi/versions", "PUT", "s3cret", 405, "PUT is not answered here: this portal can only be read."),
        ("/ocpi/2.1.1", "GET", "s3cret", 404, "There is nothing at /ocpi/2.1.1; begin at /ocpi/versions."),
        ("/ocpi/cpo/2.3.0/locations/x", "GET", "s3cret", 404, "There is no x among the locations."),
        ("/ocpi/cpo/2.3.0/tariffs?limit=0", "GET", "s3cret", 400, "'limit' is '0'; it is a whole number"),
        ("/ocpi/cpo/2.3.0/tariffs?date_from=x", "GET", "s3cret", 400, "'date_from' is 'x'; it is a time"),
    ],
)
def test_what_cannot_be_answered_is_explained(
    site: Any, path: str, method: str, token: str, status: int, sentence: str
) -> None:
    """A status of HTTP, a status of OCPI, and a sentence."""
    found, body = site.get(path, method, token)
    assert found == status
    assert body.get("status_message", "").startswith(sentence)
    assert (body["status_code"] == 1000) == (status == 200)


def test_versions_lead_to_modules_and_objects(site: Any) -> None:
    """From the list of versions one finds everything, down to a connector; pages are counted."""
    versions = site.get("/ocpi/versions")[1]["data"]
    assert [one["version"] for one in versions] == ["2.2.1", "2.3.0"]
    details = site.get(versions[1]["url"].removeprefix("http://portal"))[1]["data"]
    assert [one["identifier"] for one in details["endpoints"]] == ["locations", "tariffs", "cdrs"]
    status, body = site.get("/ocpi/cpo/2.3.0/locations/reference/CP001-1/1")
    assert (status, body["data"]["standard"]) == (200, "IEC_62196_T1")
    reply = site.portal.answer(
        "GET",
        "/ocpi/cpo/2.3.0/tariffs?date_to=2020-01-01T00:00:00Z",
        {"authorization": authorization("s3cret")},
    )
    assert (reply.headers["X-Total-Count"], json.loads(reply.body)["data"]) == ("0", [])


def _nothing(_kind: str, /, **_fields: Any) -> int:
    return 0


def _real(story: Any) -> None:
    with RealClock() as clock:
        csms = Csms(clock, _nothing)
        sheet = read_charger(library_folder("fixtures") / "chargers" / "reference.yaml")
        portal = Portal(csms, read_site(), sheet, token="s3cret")
        clock.run(story(portal))


async def _ask(portal: Portal, request: bytes) -> tuple[bytes, bytes]:
    host, port = portal.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    await writer.drain()
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return head, body


@pytest.mark.real_time
def test_over_a_socket() -> None:
    """HTTP/1.1 on loopback: the same answer, its length, and 400 for what is no request."""

    async def story(portal: Portal) -> None:
        server = await serve(portal, host="127.0.0.1", port=0)
        try:
            wanted = f"GET /ocpi/versions HTTP/1.1\r\nAuthorization: {authorization('s3cret')}\r\n\r\n"
            head, body = await _ask(portal, wanted.encode())
            assert head.startswith(b"HTTP/1.1 200 OK")
            assert f"Content-Length: {len(body)}".encode() in head
            assert json.loads(body)["data"][0]["url"].startswith(portal.url)
            head, _ = await _ask(portal, b"nonsense\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 400")
        finally:
            server.close()

    _real(story)
