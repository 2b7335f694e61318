"""Is an object what the published field list of its OCPI version says?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from wattest.model.ocpi_version import OcpiField, OcpiVersion

LONGEST = 40
"""Characters of a value that a sentence shows."""

_PLACES = {
    "Latitude": re.compile(r"-?[0-9]{1,2}\.[0-9]{5,7}"),
    "Longitude": re.compile(r"-?[0-9]{1,3}\.[0-9]{5,7}"),
}
_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,3})?Z?")


def violations(version: OcpiVersion, name: str, value: Any, where: str = "") -> list[str]:
    """Every sentence in which the object breaks the field list; empty when it keeps it.

    ``value`` may be our own object or decoded JSON, numbers as ``int`` or ``Decimal``.

    >>> from wattest.model.read_ocpi import read_ocpi
    >>> violations(read_ocpi("2.2.1"), "Price", {"incl_vat": Decimal("1.15")})
    ["OCPI 2.2.1 Price lacks 'excl_vat'."]
    """
    place = where or name
    if not isinstance(value, Mapping):
        return [f"OCPI {version.name} {place} is {_shown(value)}, not an object."]
    fields = version.objects[name]
    found = [
        f"OCPI {version.name} {place} has '{key}', which version {version.name} does not know."
        for key in value
        if key not in fields
    ]
    for key, field in fields.items():
        found += _field(version, f"{place}", key, field, value)
    return found


def _field(
    version: OcpiVersion, place: str, key: str, field: OcpiField, value: Mapping[str, Any]
) -> list[str]:
    given = value.get(key)
    if field.cardinality in "*+":
        if given is None and field.cardinality == "*":
            return []
        if not isinstance(given, (list, tuple)):
            return [f"OCPI {version.name} {place}.{key} is {_shown(given)}, not a list."]
        if not given and field.cardinality == "+":
            return [f"OCPI {version.name} {place}.{key} is empty; at least one {field.kind} is asked for."]
        return [
            sentence
            for index, one in enumerate(given)
            for sentence in _value(version, f"{place}.{key}[{index}]", field, one)
        ]
    if given is None:
        return [f"OCPI {version.name} {place} lacks '{key}'."] if field.cardinality == "1" else []
    return _value(version, f"{place}.{key}", field, given)


def _value(version: OcpiVersion, place: str, field: OcpiField, value: Any) -> list[str]:
    if field.kind in version.objects:
        return violations(version, field.kind, value, place)
    wrong: str | None = None
    if field.kind in version.enums:
        if value not in version.enums[field.kind]:
            wrong = f"one of {', '.join(version.enums[field.kind])}"
    elif field.kind in {"CiString", "string"}:
        if not isinstance(value, str):
            wrong = "text"
        elif field.most is not None and len(value) > field.most:
            wrong = f"at most {field.most} characters, and it has {len(value)}"
        elif field.kind == "CiString" and not value.isascii():
            wrong = "printable ASCII"
    elif field.kind == "boolean":
        wrong = None if isinstance(value, bool) else "true or false"
    elif field.kind == "int":
        wrong = None if isinstance(value, int) and not isinstance(value, bool) else "a whole number"
    elif field.kind == "number":
        wrong = _number(value)
    elif field.kind == "DateTime":
        wrong = None if _is_utc(value) else "a time in UTC such as 2026-01-15T12:00:00Z"
    elif field.kind in _PLACES and not (isinstance(value, str) and _PLACES[field.kind].fullmatch(value)):
        wrong = "degrees as text with 5 to 7 decimals"
    return [] if wrong is None else [f"OCPI {version.name} {place} is {_shown(value)}; asked for is {wrong}."]


def _number(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return "an exact number"
    exponent = Decimal(value).as_tuple().exponent
    if not isinstance(exponent, int):
        return "a finite number"
    return "a number of at most 4 decimals" if exponent < -4 else None


def _is_utc(value: Any) -> bool:
    if not isinstance(value, str) or _UTC.fullmatch(value) is None:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, Decimal) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
