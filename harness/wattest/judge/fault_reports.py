"""What a station said of its faults, in any dialect: code, time as written, and whether it is over.

OCPP 1.6 says it in StatusNotification (``errorCode``, ``vendorErrorCode``), OCPP 2.0.1 in NotifyEvent (``techCode``,
``cleared``). The Minimum Required Error Codes of ChargeX (``CX001`` and so on) stand in ``vendorErrorCode`` or ``techCode``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wattest.model.scenario import Dialect, family

GOOD = "NoError"


@dataclass(frozen=True)
class FaultReport:
    """One statement about a fault of one EVSE; 0 is the station as a whole.

    ``error`` is the 1.6 errorCode, ``code`` the vendor's or ChargeX code; both None when the statement says that all is
    well. ``written`` is the time as the station wrote it, None when it left it out. ``component`` is that of 2.0.1.
    """

    seq: int
    t: float
    station: str
    dialect: Dialect
    evse_id: int
    error: str | None
    code: str | None
    cleared: bool
    written: str | None
    component: str | None = None

    @property
    def word(self) -> str | None:
        """The most telling code: ``CX001``, else the errorCode."""
        return self.code or self.error


def fault_reports(entries: Iterable[Mapping[str, Any]]) -> tuple[FaultReport, ...]:
    """Every statement about faults among the entries of a record, in order, good news as well."""
    found: list[FaultReport] = []
    for entry in entries:
        message = entry.get("message") if entry.get("kind") == "frame" else None
        if not message or entry.get("direction") != "in" or message.get("type") != 2:
            continue
        payload = message.get("payload")
        if not isinstance(payload, Mapping):
            continue
        old = family(entry.get("dialect")) == "1.6"
        if old and message.get("action") == "StatusNotification":
            found.append(_status_16(entry, payload))
        elif not old and message.get("action") == "NotifyEvent":
            found += _events_2x(entry, payload)
    return tuple(found)


def _status_16(entry: Mapping[str, Any], payload: Mapping[str, Any]) -> FaultReport:
    error = _text(payload.get("errorCode"))
    well = error in {None, GOOD}
    return FaultReport(
        int(entry["seq"]),
        float(entry["t"]),
        str(entry["station"]),
        "1.6",
        _whole(payload.get("connectorId")),
        None if well else error,
        None if well else _text(payload.get("vendorErrorCode")),
        well,
        _text(payload.get("timestamp")),
    )


def _events_2x(entry: Mapping[str, Any], payload: Mapping[str, Any]) -> list[FaultReport]:
    data = payload.get("eventData")
    found = []
    for item in data if isinstance(data, list) else []:
        if not isinstance(item, Mapping) or _name(item.get("variable")) != "Problem":
            continue
        component = item.get("component")
        evse = component.get("evse") if isinstance(component, Mapping) else None
        over = item.get("cleared") is True or str(item.get("actualValue")).casefold() == "false"
        found.append(
            FaultReport(
                int(entry["seq"]),
                float(entry["t"]),
                str(entry["station"]),
                entry["dialect"],
                _whole(evse.get("id")) if isinstance(evse, Mapping) else 0,
                None,
                _text(item.get("techCode")),
                over,
                _text(item.get("timestamp")),
                _name(component),
            )
        )
    return found


def _name(value: object) -> str | None:
    return _text(value.get("name")) if isinstance(value, Mapping) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
