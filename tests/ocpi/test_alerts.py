"""What the reference portal tells the operator: one alert for each fault that begins."""

from __future__ import annotations

import asyncio
from typing import Any

from wattest.ocpi.alerts import Alerts


def test_each_fault_is_one_alert(site: Any) -> None:
    """Told again it is the same; over and back it is another; a warning beside another status counts too."""
    alerts = Alerts(site.csms)

    async def story() -> None:
        station = await site.station()
        for raw, error in (
            ("Available", "NoError"),
            ("Faulted", "OtherError"),
            ("Faulted", "OtherError"),
            ("Available", "NoError"),
            ("Faulted", "GroundFailure"),
            ("Available", "NoError"),
            ("SuspendedEVSE", "OverVoltage"),
        ):
            await site.status(station, raw, error)
        await asyncio.sleep(1)

    site.clock.run(story())
    assert [alert.text for alert in alerts.told] == [
        "CP001 EVSE 1 is Faulted (OtherError)",
        "CP001 EVSE 1 is Faulted (GroundFailure)",
        "CP001 EVSE 1 is SuspendedEVSE (OverVoltage)",
    ]
    assert {alert.evse for alert in alerts.told} == {1}
