"""Reader of sites: ``fixtures/sites``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wattest.document.decode import Decoder
from wattest.document.node import Document
from wattest.document.reader import read
from wattest.document.signature import Between, Made, Pattern
from wattest.model.library import library_folder
from wattest.model.site import Opening, Site, SiteEvse
from wattest.model.words import NewName, Province

Time = Annotated[str, Pattern("([01][0-9]|2[0-3]):[0-5][0-9]", "a time of day such as '08:30'")]
Country = Annotated[str, Pattern("[A-Z]{2}", "a country of two letters (ISO 3166-1), such as 'CA'")]
Party = Annotated[str, Pattern("[A-Z0-9]{3}", "a party of three letters or digits, such as 'WAT'")]
EvseId = Annotated[
    str, Pattern("[A-Za-z0-9*]{5,48}", "an EVSE id of 5 to 48 letters, digits or *, such as 'CA*WAT*E1'")
]
Reference = Annotated[str, Pattern(".{1,16}", "what is written on the EVSE: 1 to 16 characters")]
Phone = Annotated[
    str, Pattern("[+][0-9 -]{6,24}", "a telephone number with its country, such as '+1-800-555-0100'")
]
Line = Annotated[str, Pattern(".{1,45}", "1 to 45 characters")]


def _evse(
    *, evse: Annotated[int, Between(1, 100)], evse_id: EvseId, physical_reference: Reference
) -> SiteEvse:
    """One EVSE of the station.

    Args:
        evse: its number in OCPP
        evse_id: its public id
        physical_reference: what is written on it, as a driver reads it
    """
    return SiteEvse(evse, evse_id, physical_reference)


def _opening(*, weekday: Annotated[int, Between(1, 7)], begin: Time, end: Time) -> Opening:
    """Opening hours of a weekday, local time.

    Args:
        weekday: 1 is Monday
        begin: opens
        end: closes; later than ``begin``
    """
    if begin >= end:
        raise ValueError(f"opening hours from {begin} to {end} end before they begin")
    return Opening(weekday, begin, end)


def _site(
    *,
    site: NewName,
    station: str | None = None,
    name: str,
    country: Country = "CA",
    party: Party,
    address: Line,
    city: Line,
    province: Province,
    postal_code: Annotated[str, Pattern(".{1,10}", "a postal code of 1 to 10 characters")],
    latitude: Decimal,
    longitude: Decimal,
    time_zone: str,
    operator: str,
    help_phone: Phone | None = None,
    hours: Literal["always"] | tuple[Annotated[Opening, Made(_opening)], ...] = "always",
    tax_numbers: Mapping[str, str] | None = None,
    evses: tuple[Annotated[SiteEvse, Made(_evse)], ...] = (),
) -> Site:
    """Where a station stands, and who runs it.

    Args:
        site: its name, the same as the file's
        station: serial number of the station that stands there, as on its charger sheet
        name: as it stands on a map
        country: where it stands; the operator's country as well
        party: the operator's party id
        address: street and number
        city: city or town
        province: the taxes follow it
        postal_code: as it is written on a letter
        latitude: WGS 84, north is positive
        longitude: WGS 84, west is negative
        time_zone: of the IANA table, such as America/Toronto
        operator: who runs it
        help_phone: whom a driver calls, day and night
        hours: when one can charge there
        tax_numbers: the operator's registration numbers by name of the tax
        evses: public id and label of each EVSE
    """
    for what, value, most in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if abs(value) > most:
            raise ValueError(f"{what} {value} lies beyond {most} degrees")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(
            f"time_zone '{time_zone}' is not in the IANA table; such as America/Toronto"
        ) from None
    numbers = [one.number for one in evses]
    if len(set(numbers)) != len(numbers):
        raise ValueError("the same EVSE stands twice under 'evses'")
    return Site(
        id=site,
        station=station,
        name=name,
        country=country,
        party=party,
        address=address,
        city=city,
        province=province,
        postal_code=postal_code,
        latitude=f"{latitude:.6f}",
        longitude=f"{longitude:.6f}",
        time_zone=time_zone,
        operator=operator,
        help_phone=help_phone,
        hours=() if hours == "always" else hours,
        tax_numbers=dict(tax_numbers or {}),
        evses=evses,
    )


SITE = Made(_site)


def site_of(document: Document) -> Site:
    """The site in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    found = Decoder(document.problems).make(document.root, SITE)
    if isinstance(found, Site) and found.id != Path(document.path).stem:
        document.problems.add(
            document.root,
            f"the site is called '{found.id}' and its file '{Path(document.path).name}'; name both alike",
        )
    document.problems.stop_if_any()
    assert isinstance(found, Site)
    return found


def read_site(path: str | os.PathLike[str] | None = None) -> Site:
    """Read a site; without a path that of the built-in charger. Raises ``DocumentError``."""
    return site_of(read(library_folder("fixtures") / "sites" / "reference.yaml" if path is None else path))
