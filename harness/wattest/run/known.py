"""Who is on the bench, in their own words: instruments when they are opened, the station when it boots.

The record holds it once, and again when it changes. A run that goes on after an interruption goes on with the same ones only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from wattest.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wattest.csms import Csms
    from wattest.roles import Calibration, Identity, Note


class Changed(BenchError):
    """Something on the bench is not what it was when this run was begun: the run stops, and its record stays open."""


@dataclass(frozen=True)
class Before:
    """What the earlier part of an interrupted run had noted: identities by role, and the station."""

    identities: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    station: Mapping[str, Any] | None = None


NOBODY = Before()
NAMELESS = frozenset({"", "unknown"})
"""Serial numbers of who has none."""


class Known:
    """Who answered so far in this part of a run, held against ``before``."""

    def __init__(self, note: Note, before: Before = NOBODY) -> None:
        self._note = note
        self._before = before
        self._identities: dict[str, dict[str, Any]] = {}
        self._station: dict[str, Any] | None = None

    def instruments(self, identities: Mapping[str, Identity]) -> None:
        """These have been opened, nothing is energised; who was before is still there. Raises ``Changed`` for an instrument that is another one.

        Who has no serial number, such as a person, is noted and not compared.
        """
        found = {role: asdict(identity) for role, identity in identities.items()}
        for role, now in found.items():
            then = self._before.identities.get(role)
            if then is None or now["serial"] in NAMELESS or dict(then) == now:
                continue
            raise Changed(
                f"the {role} is {_instrument(now)}, and was {_instrument(then)} when this run was begun; one record cannot "
                "hold both: put the first one back and resume again, or start a new run"
            )
        found = self._identities | found
        if found != self._identities:
            self._identities = found
            self._note("identities", parts=found)

    def station(self, csms: Csms) -> None:
        """The station has booted, or is connected without. Raises ``Changed`` when it reports what it did not before."""
        booted = next(
            (s.booted for s in csms.stations.values() if s.connected and s.booted is not None), None
        )
        if booted is None:
            return
        event, seq = booted
        now = {
            "vendor": event.vendor,
            "model": event.model,
            "serial": event.serial,
            "firmware": event.firmware,
        }
        if self._station is None and self._before.station is not None:
            _compare_station(self._before.station, now)  # what a scenario changes later is its own business
        if now != self._station:
            self._station = now
            self._note("station", **now, evidence=(seq,))


def note_calibrations(note: Note, parts: Mapping[str, Any]) -> None:
    """The calibration of every part that tells it, noted at the begin of every scenario: a run may last weeks.

    A reference meter without one is not noted, and what it measures is stated without one.
    """
    for role, part in parts.items():
        found: Calibration | None = getattr(part, "calibration", None)
        if found is not None:
            note(
                "calibration",
                role=role,
                model=found.model,
                serial=found.serial,
                certificate=found.certificate,
                laboratory=found.laboratory,
                calibrated=found.calibrated,
                due=found.due,
            )


def _compare_station(then: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for name, value in now.items():
        if then.get(name) is None or value is None or then[name] == value:
            continue
        raise Changed(
            f"the station reports the {name} '{value}' in its BootNotification, and reported '{then[name]}' when this run was "
            "begun; one record cannot hold both: go back to it and resume again, or start a new run"
        )


def _instrument(identity: Mapping[str, Any]) -> str:
    firmware = f", firmware {identity['firmware']}" if identity.get("firmware") else ""
    return f"{identity['maker']} {identity['model']}, serial {identity['serial']}{firmware}"
