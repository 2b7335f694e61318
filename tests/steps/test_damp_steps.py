"""Warming in damp air: what shows that dew formed, and what counts as a trip."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import Inconclusive, RequirementFailed
from wattest.roles import Reading
from wattest.steps.damp import warm_in_damp_air

if TYPE_CHECKING:
    from tests.steps.conftest import Stand


class DampRoom:
    """Air that warms from -25 degC at 1 K/min, an enclosure so many kelvin behind it, and a humidity."""

    def __init__(self, stand: Stand, *, behind_k: float = 10.0, humidity_pct: float = 95.0) -> None:
        self.stand, self.behind_k, self.humidity_pct = stand, behind_k, humidity_pct
        self.told: list[float] = []
        self.begin = stand.clock.monotonic()
        stand.parts |= {"chamber": self, "thermometers": self}

    def _air(self) -> float:
        return min(23.0, -25.0 + (self.stand.clock.monotonic() - self.begin) / 60.0)

    def _reading(self, value: float, unit: str = "degC") -> Reading:
        return Reading(value, unit, self.stand.clock.monotonic(), u=0.3, seq=(3,))

    async def set_temperature(self, temperature_c: float, ramp_k_per_min: float) -> None:
        self.begin = self.stand.clock.monotonic()

    async def set_humidity(self, humidity_pct: float) -> None:
        self.told.append(humidity_pct)

    async def read_temperature(self) -> Reading:
        return self._reading(self._air())

    async def read_humidity(self) -> Reading:
        return self._reading(self.humidity_pct, "%")

    async def read_all(self) -> dict[str, Reading]:
        return {"air": self._reading(self._air()), "enclosure": self._reading(self._air() - self.behind_k)}


def warm(stand: Stand) -> None:
    stand.do(warm_in_damp_air(stand.run_, temperature=23.0, humidity=95.0))


def say(stand: Stand, action: str, **payload: Any) -> None:
    """The station says something in an hour."""
    heard = stand.run_.entries()
    stand.run_.entries = lambda: heard
    frame = {
        "kind": "frame",
        "seq": 17,
        "t": 3600.0,
        "station": "CP001",
        "dialect": "1.6",
        "direction": "in",
        "message": {"type": 2, "action": action, "payload": payload},
    }
    stand.clock.call_later(3600.0, heard.append, frame)


def test_dew_without_trouble(stand: Stand) -> None:
    """A cold enclosure in damp air, and a station that says nothing of faults, pass; the dew point is told."""
    room = DampRoom(stand)
    warm(stand)
    assert room.told == [95.0]
    assert stand.checks() == [("faults and restarts while dew formed", "pass")]
    (dew,) = (entry for entry in stand.notes if entry.get("what") == "dew")
    assert dew["value"]["sentence"].startswith("Enclosure was at -9.")
    assert "below the dew point of" in dew["value"]["sentence"]


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("StatusNotification", {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure"}),
        ("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}),
    ],
)
def test_a_trip(stand: Stand, action: str, payload: dict[str, Any]) -> None:
    """A fault or a restart while dew forms is a trip."""
    DampRoom(stand)
    say(stand, action, **payload)
    with pytest.raises(
        RequirementFailed, match=r"^A fault or a restart came once in \d+ s; never is allowed\.$"
    ):
        warm(stand)


def test_a_warning_is_no_trip(stand: Stand) -> None:
    """What 1.6 remarks beside a status that is not Faulted takes nothing out of service."""
    DampRoom(stand)
    say(stand, "StatusNotification", connectorId=1, status="Available", errorCode="OtherError", info="damp")
    say(stand, "DataTransfer", vendorId="V", data="damp")
    warm(stand)
    assert stand.checks() == [("faults and restarts while dew formed", "pass")]


def test_no_dew_decides_nothing(stand: Stand) -> None:
    """An enclosure as warm as the air shows no dew, whatever the station did."""
    DampRoom(stand, behind_k=0.2)
    with pytest.raises(Inconclusive, match="No dew was shown to form"):
        warm(stand)


def test_dry_air_decides_nothing(stand: Stand) -> None:
    """A chamber that does not humidify leaves the question open."""
    DampRoom(stand, humidity_pct=60.0)
    with pytest.raises(
        Inconclusive, match=r"^The air has 60\.0 % of relative humidity after 7200 s at 23 degC"
    ):
        warm(stand)
