"""The firmware against too much current, a weld, and a vehicle that goes on after the pulses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact


def words(bench: Bench) -> tuple[str, str]:
    """Error code of OCPP 1.6, or component of 2.0.1, and the code of the first fault told."""
    if bench.dialect == "1.6":
        told = next(p for p in bench.central.said("StatusNotification") if p["status"] == "Faulted")
        return told["errorCode"], told["vendorErrorCode"]
    event = bench.central.said("NotifyEvent")[0]["eventData"][0]
    return event["component"]["name"], event["techCode"]


def limit(bench: Bench, amperes: float) -> None:
    """A charging profile, as the firmware keeps it."""
    bench.charger.flash.limits_a[1] = amperes
    station = bench.charger._station
    assert station is not None
    station.wake(station.outlets[0])


def test_too_much_current(enact: Enact) -> None:
    """It is borne for 6.5 s, then the session ends with its fault told, which the vehicle takes away with it."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(30)
        limit(bench, 16.0)
        bench.car.set_current(18.0)
        bench.car.set_fault("heedless", True)
        await bench.wait(20)
        assert bench.outlet.true_current_a() == 18.0
        bench.car.set_current(20.0)
        await bench.wait(6.0)
        assert bench.outlet.contactor.closed
        await bench.wait(0.6)
        assert not bench.outlet.contactor.closed
        await bench.wait(5)
        assert bench.statuses()[-1] == "Faulted"
        bench.car.set_fault("heedless", False)
        await bench.leave()
        assert bench.statuses()[-1] == "Available"

    bench = enact(scene)
    assert bench.reasons() == ["Other"]
    assert words(bench)[1] == "CX004"


def test_a_vehicle_that_follows_in_time(enact: Enact) -> None:
    """Too much for 5 s after a smaller offer is what a vehicle may need: nothing happens."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(30)
        bench.car.set_fault("heedless", True)
        limit(bench, 16.0)
        await bench.wait(5)
        assert bench.outlet.true_current_a() == 32.0
        bench.car.set_current(16.0)
        await bench.wait(60)
        assert bench.outlet.true_current_a() == 16.0

    enact(scene)


@pytest.mark.parametrize("active", [(), ("V113",)])
def test_a_fed_output(enact: Enact, active: tuple[str, ...]) -> None:
    """Voltage behind an open contactor is a fault, told at once or before a session, and no session starts."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.car.set_fault("weld", True)
        await bench.wait(2)
        assert (bench.statuses()[-1] == "Faulted") == (not active)
        bench.world.reader.tap("04A1B2C3")
        await bench.wait(5)
        assert bench.statuses()[-1] == "Faulted"
        bench.car.set_fault("weld", False)
        await bench.wait(2)
        assert bench.statuses()[-1] == "Available"

    bench = enact(scene, active=frozenset(active))
    assert words(bench) == (
        ("OtherError", "CX017") if bench.dialect == "1.6" else ("ElectricalFeed", "CX017")
    )
    assert bench.started() == []


@pytest.mark.parametrize("heedless", [False, True])
def test_a_pause_gives_the_vehicle_time(enact: Enact, heedless: bool) -> None:
    """After a limit of nothing the pulses stop at once; the contacts part with the vehicle's switch, or after 7 s."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(30)
        bench.car.set_current(6.0)
        bench.car.set_fault("heedless", heedless)
        limit(bench, 0.0)
        await bench.wait(0.1)
        assert bench.outlet.pilot_signal().steady
        assert bench.outlet.contactor.closed
        await bench.wait(1)
        assert bench.outlet.contactor.closed == heedless
        await bench.wait(5.5)
        assert bench.outlet.contactor.closed == heedless
        await bench.wait(0.5)
        assert not bench.outlet.contactor.closed
        bench.car.set_fault("heedless", False)
        limit(bench, 16.0)
        await bench.wait(10)
        assert bench.outlet.true_current_a() == 6.0

    enact(scene)


def test_a_pause_that_is_over_soon(enact: Enact) -> None:
    """A vehicle that goes on is not cut off any more when current is offered again meanwhile."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(30)
        bench.car.set_current(6.0)
        bench.car.set_fault("heedless", True)
        limit(bench, 0.0)
        await bench.wait(3)
        limit(bench, 16.0)
        await bench.wait(20)
        assert bench.outlet.contactor.closed

    enact(scene)
