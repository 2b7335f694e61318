"""Limits of current: profiles, remote starts, composite schedules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

    from wattest.model.charger import ChargerSheet

CARD = "04A1B2C3"


async def limit(bench: Bench, value: float, unit: str = "A", purpose: str = "TxDefaultProfile") -> str:
    schedule: dict[str, Any] = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": value}],
    }
    profile: dict[str, Any] = {
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Relative",
    }
    if bench.dialect == "1.6":
        profile |= {"chargingProfileId": 1, "chargingSchedule": schedule}
        payload: dict[str, Any] = {"connectorId": 1, "csChargingProfiles": profile}
    else:
        profile |= {"id": 1, "chargingSchedule": [{"id": 1, **schedule}]}
        if purpose == "TxProfile" and bench.started():
            profile["transactionId"] = bench.started()[-1]["transactionInfo"]["transactionId"]
        payload = {"evseId": 1, "chargingProfile": profile}
    return str((await bench.central.call("SetChargingProfile", payload))["status"])


def test_limit_is_obeyed(enact: Enact) -> None:
    """The current follows a limit in amperes or watts, never above the rating; below the minimum it pauses."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        for value, unit, current in (
            (16, "A", 16.0),
            (80, "A", 32.0),
            (2400, "W", 10.0),
            (5, "A", 0.0),
            (20, "A", 20.0),
        ):
            assert await limit(bench, value, unit) == "Accepted"
            await bench.wait(10)
            assert bench.outlet.true_current_a() == current
        assert not bench.ended()
        assert await bench.central.call("ClearChargingProfile", {}) == {"status": "Accepted"}
        await bench.wait(10)
        assert bench.outlet.true_current_a() == 32.0
        assert await bench.central.call("ClearChargingProfile", {}) == {"status": "Unknown"}

    bench = enact(scene)
    if bench.dialect == "1.6":
        assert bench.statuses() == ["Available", "Preparing", "Charging", "SuspendedEVSE", "Charging"]
    else:
        states = [p["transactionInfo"]["chargingState"] for p in bench.updated() if "meterValue" not in p]
        assert states == ["Charging", "SuspendedEVSE", "Charging"]


def test_transaction_limit_needs_a_transaction(enact: Enact) -> None:
    """A TxProfile is rejected without a transaction, and ends with it."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        assert await limit(bench, 10, purpose="TxProfile") == "Rejected"
        await bench.begin()
        assert await limit(bench, 10, purpose="TxProfile") == "Accepted"
        await bench.wait(5)
        assert bench.outlet.true_current_a() == 10.0
        await bench.leave()
        await bench.begin()
        assert bench.outlet.true_current_a() == 32.0

    enact(scene)


def test_remote_profile_limits_the_session(enact: Enact, sheet: ChargerSheet) -> None:
    """A remote start may bring a limit of its own."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}]}
        profile: dict[str, Any] = {
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative",
        }
        if bench.dialect == "1.6":
            profile |= {"chargingProfileId": 1, "chargingSchedule": schedule}
            call = ("RemoteStartTransaction", {"idTag": CARD, "connectorId": 1, "chargingProfile": profile})
        else:
            profile |= {"id": 1, "chargingSchedule": [{"id": 1, **schedule}]}
            token = {"idToken": CARD, "type": "Central"}
            call = (
                "RequestStartTransaction",
                {"idToken": token, "remoteStartId": 1, "evseId": 1, "chargingProfile": profile},
            )
        assert await bench.central.call(*call) == {"status": "Accepted"}
        await bench.wait(2)
        bench.car.plug_in()
        bench.car.set_ready(True)
        await bench.wait(5)
        assert bench.outlet.true_current_a() == 8.0

    enact(scene, sheet=replace(sheet, rated_current_a=40.0))


def test_composite_schedule(enact: Enact) -> None:
    """The schedule told is the limit that holds: of the rating, of a profile, in amperes or watts."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        place = "connectorId" if bench.dialect == "1.6" else "evseId"

        async def ask(evse: int, unit: str) -> Any:
            answer = await bench.central.call(
                "GetCompositeSchedule", {place: evse, "duration": 600, "chargingRateUnit": unit}
            )
            if answer["status"] != "Accepted":
                return answer["status"]
            schedule = answer["chargingSchedule" if bench.dialect == "1.6" else "schedule"]
            return schedule["chargingSchedulePeriod"][0]["limit"]

        assert await ask(1, "A") == 32.0
        assert await limit(bench, 10) == "Accepted"
        assert await ask(1, "A") == 10.0
        assert await ask(0, "W") == 2400.0
        assert await ask(9, "A") == "Rejected"

    enact(scene)


def test_profiles_that_do_not_fit(enact: Enact) -> None:
    """Several periods, an unknown connector, a station limit on a connector: refused, and nothing changes."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        periods = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 60, "limit": 20}]
        old = bench.dialect == "1.6"

        async def place(evse: int, purpose: str, rows: list[dict[str, int]]) -> Any:
            schedule: dict[str, Any] = {"chargingRateUnit": "A", "chargingSchedulePeriod": rows}
            profile: dict[str, Any] = {
                "stackLevel": 0,
                "chargingProfilePurpose": purpose,
                "chargingProfileKind": "Relative",
            }
            if old:
                profile |= {"chargingProfileId": 1, "chargingSchedule": schedule}
                payload: dict[str, Any] = {"connectorId": evse, "csChargingProfiles": profile}
            else:
                profile |= {"id": 1, "chargingSchedule": [{"id": 1, **schedule}]}
                payload = {"evseId": evse, "chargingProfile": profile}
            answer = await bench.central.call("SetChargingProfile", payload)
            return answer if isinstance(answer, str) else answer["status"]

        station_limit = "ChargePointMaxProfile" if old else "ChargingStationMaxProfile"
        assert await place(1, "TxDefaultProfile", periods) == "Rejected"
        assert await place(9, "TxDefaultProfile", periods[:1]) == (
            "PropertyConstraintViolation" if old else "Rejected"
        )
        assert await place(1, station_limit, periods[:1]) == "Rejected"
        assert not bench.charger.flash.limits_a
        assert await place(0, station_limit, periods[:1]) == "Accepted"
        assert bench.charger.flash.limits_a == {0: 10.0}

    enact(scene)
