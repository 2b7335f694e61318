"""What the simulated charger makes of tariffs that it is given, OCPP 2.1 only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.evse.conftest import Bench, Enact

    from wattest.model.charger import ChargerSheet

CARD = "04A1B2C3"
PLAIN = {
    "tariffId": "plain",
    "currency": "CAD",
    "description": [{"format": "UTF8", "content": "0.35 CAD/kWh"}],
    "energy": {"prices": [{"priceKwh": 0.35}]},
}
FLAT = {"tariffId": "flat", "currency": "CAD", "fixedFee": {"prices": [{"priceFixed": 2}]}}


@pytest.fixture
def reckon(enact_in: Enact, sheet: ChargerSheet) -> Callable[..., Bench]:
    """Plays a scene on a charger of 2.1 that reckons costs."""
    able = replace(sheet, dialects=("1.6", "2.0.1", "2.1"), features=(*sheet.features, "local_cost"))
    return lambda scene, **options: enact_in(scene, "2.1", **{"sheet": able, **options})


def ended(bench: Bench) -> dict[str, Any]:
    (found,) = bench.ended()
    return found


async def session(bench: Bench, seconds: float = 60.0) -> None:
    await bench.begin()
    await bench.wait(seconds)
    bench.world.reader.tap(CARD)
    await bench.wait(5)


def test_a_session_by_the_default_tariff(reckon: Callable[..., Bench]) -> None:
    """Running cost with the meter values, details with the end, the same total on the screen; the tariff is named."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        payload = {"evseId": 0, "tariff": PLAIN}
        assert await bench.central.call("SetDefaultTariff", payload) == {"status": "Accepted"}
        await session(bench, 130.0)

    bench = reckon(scene)
    details = ended(bench)["costDetails"]
    assert details["totalCost"]["typeOfCost"] == "NormalCost"
    assert f"Total {details['totalCost']['total']['inclTax']:.2f} CAD" in bench.shown()
    assert {e["transactionInfo"]["tariffId"] for e in bench.central.said("TransactionEvent")} == {"plain"}
    running = [e for e in bench.updated() if "costDetails" in e]
    assert running
    assert all("chargingPeriods" not in e["costDetails"] for e in running)
    assert details["chargingPeriods"][0]["tariffId"] == "plain"
    assert details["totalUsage"]["chargingTime"] >= 125


def test_a_session_without_a_tariff_says_nothing_of_costs(reckon: Callable[..., Bench]) -> None:
    """Then the central system reckons."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await session(bench)

    assert "costDetails" not in ended(reckon(scene))


def test_tariffs_are_listed_and_taken_back(reckon: Callable[..., Bench]) -> None:
    """GetTariffs names them by EVSE, ClearTariffs each that it took away, NoTariff when there is none."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        call = bench.central.call
        assert await call("GetTariffs", {"evseId": 0}) == {"status": "NoTariff"}
        assert await call("ClearTariffs", {}) == {"clearTariffsResult": [{"status": "NoTariff"}]}
        await call("SetDefaultTariff", {"evseId": 1, "tariff": PLAIN})
        row = {"tariffId": "plain", "tariffKind": "DefaultTariff", "evseIds": [1]}
        assert await call("GetTariffs", {"evseId": 1}) == {"status": "Accepted", "tariffAssignments": [row]}
        cleared = await call("ClearTariffs", {"tariffIds": ["plain", "other"]})
        assert cleared == {"clearTariffsResult": [{"tariffId": "plain", "status": "Accepted"}]}
        assert await call("GetTariffs", {"evseId": 0}) == {"status": "NoTariff"}

    reckon(scene)


def test_what_is_declined(reckon: Callable[..., Bench]) -> None:
    """Each reason has its word."""

    async def scene(bench: Bench) -> None:
        await bench.ready()

        async def status(evse: int = 0, **parts: Any) -> Any:
            answer = await bench.central.call(
                "SetDefaultTariff", {"evseId": evse, "tariff": {**PLAIN, **parts}}
            )
            return answer["status"]

        assert await status(9) == "Rejected"
        assert await status(energy={"prices": [{"priceKwh": 1}] * 9}) == "TooManyElements"
        morning = {"startTimeOfDay": "08:00"}
        assert (
            await status(energy={"prices": [{"priceKwh": 1, "conditions": morning}]})
            == "ConditionNotSupported"
        )
        assert await status(validFrom="2026-02-01T00:00:00Z") == "Rejected"
        assert await status() == "Accepted"
        assert await status(currency="EUR") == "DuplicateTariffId"
        change = {"transactionId": "nobody", "tariff": FLAT}
        assert await bench.central.call("ChangeTransactionTariff", change) == {"status": "TxNotFound"}

    reckon(scene)


def test_a_tariff_changed_in_a_session(reckon: Callable[..., Bench]) -> None:
    """It is told at once, holds from then on, and cannot change the currency."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.central.call("SetDefaultTariff", {"evseId": 0, "tariff": PLAIN})
        await bench.begin()
        key = bench.started()[0]["transactionInfo"]["transactionId"]
        foreign = {"transactionId": key, "tariff": {**FLAT, "currency": "EUR"}}
        assert await bench.central.call("ChangeTransactionTariff", foreign) == {"status": "NoCurrencyChange"}
        change = {"transactionId": key, "tariff": {**PLAIN, "tariffId": "new"}}
        assert await bench.central.call("ChangeTransactionTariff", change) == {"status": "Accepted"}
        await bench.wait(60)
        bench.world.reader.tap(CARD)
        await bench.wait(5)

    bench = reckon(scene)
    told = [e for e in bench.updated() if e["triggerReason"] == "TariffChanged"]
    assert [e["transactionInfo"]["tariffId"] for e in told] == ["new"]
    assert [p["tariffId"] for p in ended(bench)["costDetails"]["chargingPeriods"]] == ["plain", "new"]


def test_a_session_that_the_central_system_reckons_has_no_tariff_to_change(
    reckon: Callable[..., Bench],
) -> None:
    """A tariff in the middle of such a session is declined."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        key = bench.started()[0]["transactionInfo"]["transactionId"]
        change = {"transactionId": key, "tariff": FLAT}
        assert await bench.central.call("ChangeTransactionTariff", change) == {"status": "Rejected"}

    reckon(scene)


def test_the_drivers_own_tariff_comes_first(reckon: Callable[..., Bench]) -> None:
    """What comes with Authorize holds for the session of that card, and is listed while it runs."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.central.call("SetDefaultTariff", {"evseId": 0, "tariff": PLAIN})
        bench.central.answers["Authorize"] = lambda _p: {
            "idTokenInfo": {"status": "Accepted"},
            "tariff": FLAT,
        }
        await bench.begin()
        listed = await bench.central.call("GetTariffs", {"evseId": 0})
        assert [row["tariffKind"] for row in listed["tariffAssignments"]] == ["DefaultTariff", "DriverTariff"]
        bench.world.reader.tap(CARD)
        await bench.wait(5)

    assert ended(reckon(scene))["costDetails"]["totalCost"]["total"]["inclTax"] == 2.0


def test_a_power_cut_ends_with_what_was_reckoned(reckon: Callable[..., Bench], sheet: ChargerSheet) -> None:
    """The count is in flash: after the boot the end is told with its cost, and the default tariff is still there."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.central.call("SetDefaultTariff", {"evseId": 0, "tariff": PLAIN})
        await bench.begin()
        await bench.wait(60)
        bench.world.grid.set_power(False)
        await bench.wait(30)
        bench.world.grid.set_power(True)
        await bench.wait(60)
        assert (await bench.central.call("GetTariffs", {"evseId": 0}))["status"] == "Accepted"

    details = ended(reckon(scene))["costDetails"]
    assert details["totalUsage"]["chargingTime"] >= 55
    assert details["totalUsage"]["energy"] > 0


def test_a_session_that_goes_on_after_a_power_cut(reckon: Callable[..., Bench], sheet: ChargerSheet) -> None:
    """Time without power is no charging time."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.central.call("SetDefaultTariff", {"evseId": 0, "tariff": PLAIN})
        await bench.begin()
        await bench.wait(60)
        bench.world.grid.set_power(False)
        await bench.wait(600)
        bench.world.grid.set_power(True)
        await bench.wait(120)
        bench.world.reader.tap(CARD)
        await bench.wait(5)

    resuming = replace(
        sheet,
        dialects=("2.1",),
        features=(*sheet.features, "local_cost"),
        power_loss="resumes",
    )
    usage = ended(reckon(scene, sheet=resuming))["costDetails"]["totalUsage"]
    assert 600 <= usage["idleTime"] <= 640
    assert 150 <= usage["chargingTime"] <= 185


def test_a_charger_that_does_not_reckon(enact_in: Enact, sheet: ChargerSheet) -> None:
    """Without the feature every tariff is declined."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        answer = await bench.central.call("SetDefaultTariff", {"evseId": 0, "tariff": PLAIN})
        assert answer == {"status": "Rejected"}

    enact_in(scene, "2.1", sheet=replace(sheet, dialects=("2.1",)))


def test_prices_by_power_are_looked_at_every_few_seconds(reckon: Callable[..., Bench]) -> None:
    """A price that hangs on power applies although meter values come once a minute only."""
    energy = {"prices": [{"priceKwh": 1, "conditions": {"minPower": 100000}}, {"priceKwh": 0.5}]}

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.central.call("SetDefaultTariff", {"evseId": 0, "tariff": {**PLAIN, "energy": energy}})
        await session(bench, 120.0)

    details = ended(reckon(scene))["costDetails"]
    wh = details["totalUsage"]["energy"]
    assert details["totalCost"]["total"]["inclTax"] == pytest.approx(wh / 2000, abs=0.005)
