"""The status of an EVSE, from OCPP to OCPI.

OCPI has nine words, OCPP 1.6 has nine others, OCPP 2.0.1 five of its own. The mapping is the project's: OCPI 2.2.1 says
what its words mean (CHARGING: in use; BLOCKED: a car stands in the way; OUTOFORDER: broken; INOPERATIVE: taken out of
service; UNKNOWN: not known, also offline) and names no word of OCPP.
"""

from __future__ import annotations

from collections.abc import Mapping

from wattest.model.ocpi_version import OcpiStatus

OF_OCPP: Mapping[str, OcpiStatus] = {
    "Available": "AVAILABLE",
    "Preparing": "CHARGING",
    "Charging": "CHARGING",
    "SuspendedEV": "CHARGING",
    "SuspendedEVSE": "CHARGING",
    "Finishing": "BLOCKED",
    "Reserved": "RESERVED",
    "Unavailable": "INOPERATIVE",
    "Faulted": "OUTOFORDER",
    "Occupied": "CHARGING",
}
"""The nine of OCPP 1.6 section 7.7, and Occupied of OCPP 2.0.1, which says no more than that somebody is there."""


def ocpi_status(raw: str | None, *, connected: bool) -> OcpiStatus:
    """What to publish for a status as the station said it; UNKNOWN without a link or without a word that OCPP knows.

    >>> ocpi_status("Faulted", connected=True), ocpi_status("Available", connected=False)
    ('OUTOFORDER', 'UNKNOWN')
    """
    if not connected or raw is None:
        return "UNKNOWN"
    return OF_OCPP.get(raw, "UNKNOWN")
