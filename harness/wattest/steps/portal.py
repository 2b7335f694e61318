"""Steps that read what is published of the station, by OCPI, as a map or a partner would.

They read the reference portal, which is fed by the reference central system: what is measured is the whole way from the
plug to what is published, with the station as its only unknown. An operator's own portal is not read here.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattest.document.quantity import DURATION, LENGTH
from wattest.errors import BenchError, Inconclusive
from wattest.model.ocpi_version import OcpiStatus
from wattest.model.read_ocpi import read_ocpi
from wattest.model.read_site import read_site
from wattest.model.verb import Saved
from wattest.model.words import LimitId
from wattest.ocpi.distance import distance_m
from wattest.ocpi.portal import VERSIONS, Portal, authorization
from wattest.ocpi.validate import violations
from wattest.ocpp.ledger import Transaction
from wattest.steps.context import POLL_S, Run
from wattest.steps.limits import in_unit, judged
from wattest.steps.money import tariff_in_force, tariff_of
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.model.ocpi_version import OcpiName

TOKEN = "wattest"  # noqa: S105 - of a portal that nobody else can reach
COMMANDS = frozenset(
    {
        "ChangeAvailability",
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "RequestStartTransaction",
        "RequestStopTransaction",
        "Reset",
        "UnlockConnector",
    }
)
"""What the central system asks for that changes a status; prices and costs that it tells do not."""


def _portal(run: Run) -> Portal:
    """The portal of this attempt, as it stands now."""
    portal = run.names.get("portal")
    if not isinstance(portal, Portal):
        portal = run.names["portal"] = Portal(run.csms, read_site(), run.sheet, token=TOKEN)
    portal.look()
    return portal


def _read(run: Run, version: OcpiName, module: str) -> tuple[list[Any], int]:
    """What the portal answers for a module, and the entry that holds it."""
    path = f"/ocpi/cpo/{version}/{module}"
    reply = _portal(run).answer("GET", path, {"authorization": authorization(TOKEN)})
    seq = run.note(
        "exchange",
        role="portal",
        resource=f"ocpi {version}",
        op="request",
        tx=f"GET {path}",
        rx=reply.body.decode(),
        error=None if reply.status == 200 else str(reply.status),
    )
    return json.loads(reply.body, parse_float=Decimal)["data"], seq


@step(proves=("MON-05", "INF-02"))
async def expect_published(run: Run, *, status: OcpiStatus, limit: LimitId = "portal_latency") -> None:
    """What was done to the station in the step before is published as this status of OCPI, within the limit.

    Counted from the last thing that the bench did (plug, card, vehicle, fault) to the moment at which the reference portal
    publishes it, in both versions of OCPI.
    """
    within = in_unit(run.limit(limit), DURATION)
    begin, done = _last_done(run)
    took = await _published_after(run, status, begin, within)
    station = run.csms.stations.get(run.sheet.identity)
    said = None if station is None else station.last_status_seq(1)
    for version in VERSIONS:
        (place,), seq = _read(run, version, "locations")
        published = place["evses"][0]["status"]
        run.check(
            f"published by OCPI {version}",
            "occurred",
            {
                "what": f"the status {status} by OCPI {version} ({published} is published)",
                "within_s": within,
                "after_s": took if published == status else None,
            },
            evidence=[*done, seq, *([] if said is None else [said])],
        )


async def _published_after(run: Run, status: OcpiStatus, begin_s: float, within_s: float) -> float | None:
    """Seconds until the status was published; when it is already, until the station said what led to it."""
    if _portal(run).status()[0] == status:
        station = run.csms.stations.get(run.sheet.identity)
        said = None if station is None else station.last_status_seq(1)
        at = next((float(entry["t"]) for entry in run.entries() if entry["seq"] == said), begin_s)
        return max(0.0, at - begin_s)
    while run.clock.monotonic() - begin_s < within_s:
        await run.clock.sleep(POLL_S)
        if _portal(run).status()[0] == status:
            return run.clock.monotonic() - begin_s
    return None


def _last_done(run: Run) -> tuple[float, list[int]]:
    """When the bench last did something to the station, and the entry; now when it never did."""
    for entry in reversed(run.entries()):
        sent = entry["kind"] == "frame" and entry["direction"] == "out"
        message = (entry.get("message") or {}) if sent else {}
        commanded = message.get("type") == 2 and message["action"] in COMMANDS
        if commanded or entry["kind"] in {"action", "fault", "heal"}:
            return float(entry["t"]), [entry["seq"]]
    return run.clock.monotonic(), []


@step(proves=("INF-01",))
async def check_location_published(
    run: Run,
    *,
    latitude: Decimal,
    longitude: Decimal,
    site: str | None = None,
    limit: LimitId = "coordinates_error",
) -> None:
    """The location is published where it was surveyed, with address, hours and (OCPI 2.3.0) the telephone number of help.

    ``latitude`` and ``longitude``: as surveyed on the site, WGS 84; ``site``: the site document, from the folder of the scenario
    on. Without it that of the built-in charger, which says nothing about any other: then ``inconclusive``.
    """
    stated = run.limit(limit)
    place = read_site(None if site is None else Path(run.scenario.path).parent / site)
    if place.station != run.sheet.serial:
        raise Inconclusive(
            f"The site document '{place.id}' is of station {place.station or '(none named)'}, and {run.sheet.serial} is tested: "
            "name its own document with 'site:' in a copy of this scenario."
        )
    _portal(run).site = place
    for version in VERSIONS:
        (found,), seq = _read(run, version, "locations")
        wrong = violations(read_ocpi(version), "Location", found)
        wanted = ["address", "city", "opening_times", *(["help_phone"] if version == "2.3.0" else [])]
        wrong += [f"'{name}' is not published" for name in wanted if not found.get(name)]
        run.check(
            f"location by OCPI {version}",
            "held",
            {"what": f"the Location keeps the field list of OCPI {version}", "cases": 1, "violations": wrong},
            evidence=[seq],
        )
        published = found["coordinates"]
        run.check(
            f"coordinates by OCPI {version}",
            "at_most",
            {
                "what": "the distance from the surveyed place",
                "value": distance_m(
                    float(latitude),
                    float(longitude),
                    float(published["latitude"]),
                    float(published["longitude"]),
                ),
                "unit": "m",
                "limit": in_unit(stated, LENGTH),
                **judged(run, stated),
            },
            evidence=[seq],
        )


@step(proves=("INF-03",))
async def check_price_published(run: Run) -> None:
    """The tariff of the connector resolves, and its price is that on the station's display."""
    tariff = tariff_in_force(run)
    shown, screen = await run.display()
    text = " ".join(shown.lines)
    for version in VERSIONS:
        (place,), where = _read(run, version, "locations")
        tariffs, seq = _read(run, version, "tariffs")
        known = {one["id"]: one for one in tariffs}
        ids = place["evses"][0]["connectors"][0]["tariff_ids"]
        wrong = [f"tariff '{id_}' of the connector is not published" for id_ in ids if id_ not in known]
        wrong += [] if ids else ["the connector has no tariff"]
        for one in tariffs:
            wrong += violations(read_ocpi(version), "Tariff", one)
        for id_ in ids:
            for price in _prices(known.get(id_, {})):
                if not tariff.tax_included and f"{price.normalize():f}" not in text:
                    wrong.append(
                        f"the price {price.normalize():f} is published, and the display shows '{text}'"
                    )
        run.check(
            f"price by OCPI {version}",
            "held",
            {"what": "the published price is that on the display", "cases": len(ids), "violations": wrong},
            evidence=[where, seq, screen],
        )


@step(proves=("INF-03",))
async def expect_price_published(run: Run, *, limit: LimitId = "portal_latency") -> None:
    """The price in force is published as that of the connector, within the limit of the change, before the next session begins.

    By the reference portal, in both versions of OCPI: what a map shows a driver who is on the way.
    """
    if not run.repriced:
        raise BenchError("expect_price_published needs a change_tariff step before it.")
    within = in_unit(run.limit(limit), DURATION)
    tariff = tariff_in_force(run)
    wanted = {price.normalize() for price in (tariff.energy, tariff.flat) if price}
    changed = next(
        entry
        for entry in reversed(run.entries())
        if entry["kind"] == "setting" and entry.get("what") == "tariff"
    )
    begun = [
        f"transaction {one.id} began after the change and before it was looked for"
        for one in run.transactions()
        if one.started_at is not None and one.started_at > run.repriced[-1][0]
    ]
    for version in VERSIONS:
        took: float | None = None
        while took is None:
            (place,), _ = _read(run, version, "locations")
            tariffs, seq = _read(run, version, "tariffs")
            ids = place["evses"][0]["connectors"][0]["tariff_ids"]
            found = [price for one in tariffs if one["id"] in ids for price in _prices(one)]
            after = run.clock.monotonic() - changed["t"]
            if {price.normalize() for price in found} == wanted:
                took = after
            elif after >= within:
                break
            else:
                await run.clock.sleep(POLL_S)
        run.check(
            f"change of price by OCPI {version}",
            "occurred",
            {
                "what": f"the price of the connector after its change, by OCPI {version},",
                "within_s": within,
                "after_s": took,
            },
            evidence=[changed["seq"], seq],
        )
    run.check(
        "change of price before the next session",
        "held",
        {"what": "the change is published before the next session begins", "cases": 1, "violations": begun},
        evidence=[changed["seq"]],
    )


def _prices(tariff: dict[str, Any]) -> list[Decimal]:
    parts = [part for element in tariff.get("elements", ()) for part in element["price_components"]]
    return [Decimal(str(part["price"])) for part in parts if part["type"] in {"ENERGY", "FLAT"}]


@step(proves=("DAT-04", "DAT-01", "DAT-02", "DAT-03"))
async def check_session_record(run: Run, *, transaction: Saved[Transaction]) -> None:
    """The session record of OCPI keeps its field list, and says what the station said: times, energy, price before tax, taxes.

    The price is computed again by ``judge.money``, which shares no code with the till of the central system.
    """
    from wattest.judge import money  # noqa: PLC0415 - reading scenarios needs no judge
    from wattest.ocpi.session_record import record_id  # noqa: PLC0415

    current = run.csms.ledger.transactions[transaction.id]
    tariff = tariff_of(run, current)
    owed = money.bill(
        tariff,
        run.taxes,
        energy_wh=current.energy_wh,
        started=current.started_at,
        ended=current.ended_at,
        states=current.states,
    )
    for version in VERSIONS:
        records, seq = _read(run, version, "cdrs")
        mine = [one for one in records if one["id"] == record_id(current)]
        wrong = [f"the session stands {len(mine)} times among the session records"] if len(mine) != 1 else []
        for one in mine[:1]:
            wrong += violations(read_ocpi(version), "CDR", one)
            cost = one["total_cost"]
            before = cost["excl_vat"] if version == "2.2.1" else cost["before_taxes"]
            total = (
                cost["incl_vat"]
                if version == "2.2.1"
                else before + sum(tax["amount"] for tax in cost["taxes"])
            )
            wrong += _differences(
                {
                    "energy in Wh": (Decimal(str(one["total_energy"])) * 1000, current.energy_wh),
                    "price before tax": (Decimal(str(before)), owed.before_tax),
                    "total": (Decimal(str(total)), owed.total),
                }
            )
        run.check(
            f"session record by OCPI {version}",
            "held",
            {"what": f"the session record of OCPI {version}", "cases": len(mine), "violations": wrong},
            evidence=[*current.evidence, seq],
        )


def _differences(pairs: dict[str, tuple[Decimal, Decimal | None]]) -> list[str]:
    return [
        f"the {name} is {said} in the session record and {wanted} by the station"
        for name, (said, wanted) in pairs.items()
        if wanted is None or said != wanted
    ]
