"""The firmware and its control pilot, its mains and the cold: faults, spacing, dips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

    from wattest.roles import VehicleFault

CARD = "04A1B2C3"


def problems(bench: Bench) -> list[tuple[str, str, bool]]:
    """NotifyEvents of OCPP 2.0.1: component, code and whether it is over."""
    told = [p["eventData"][0] for p in bench.central.said("NotifyEvent")]
    return [(e["component"]["name"], e.get("techCode", ""), e["cleared"]) for e in told]


@pytest.mark.parametrize("fault", ["diode", "short", "pe"])
def test_fault_of_the_vehicle(enact: Enact, fault: VehicleFault) -> None:
    """The contactor opens within 50 ms, the session ends, the fault is told with its code, and goes with the vehicle."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(60)
        bench.car.set_fault(fault, True)
        await bench.wait(0.03)
        assert bench.outlet.contactor.closed
        await bench.wait(0.02)
        assert not bench.outlet.contactor.closed
        await bench.wait(5)
        assert bench.statuses()[-1] == "Faulted"
        bench.car.set_fault(fault, False)
        await bench.wait(5)
        assert bench.statuses()[-1] == "Faulted"
        await bench.leave()
        assert bench.statuses()[-1] == "Available"
        await bench.begin()
        assert bench.outlet.true_current_a() == 32.0

    bench = enact(scene)
    assert bench.reasons() == ["Other"]
    if bench.dialect == "1.6":
        told = next(p for p in bench.central.said("StatusNotification") if p["status"] == "Faulted")
        assert (told["errorCode"], told["vendorErrorCode"]) == ("OtherError", "CX014")
    else:
        assert problems(bench) == [("CPPWMController", "CX014", False), ("CPPWMController", "", True)]


def test_a_vehicle_that_comes_with_its_fault(enact: Enact) -> None:
    """A shorted diode is seen with the first pulses: no current ever flows."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.car.set_fault("diode", True)
        await bench.begin()
        await bench.wait(60)
        assert bench.outlet.true_energy_wh() == 0.0
        assert bench.statuses()[-1] == "Faulted"

    enact(scene)


def test_pulse_widths_keep_their_distance(enact: Enact) -> None:
    """Of three limits in a second, the first holds at once and the last 5.5 s later."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(30)
        flash = bench.charger.flash
        for amperes, shown in ((20.0, 20.0), (10.0, 20.0), (16.0, 20.0)):
            flash.limits_a[1] = amperes
            bench.charger._station.wake(bench.charger._station.outlets[0])  # type: ignore[union-attr]
            await bench.wait(0.5)
            assert bench.outlet.offer_a == shown
        await bench.wait(3.9)
        assert bench.outlet.offer_a == 20.0
        await bench.wait(0.2)
        assert bench.outlet.offer_a == 16.0

    enact(scene)


def test_a_short_dip_is_lived_through(enact: Enact) -> None:
    """After 20 ms without mains the contacts have fallen open, and the same session goes on without a boot."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(60)
        bench.world.grid.set_power(False)
        assert not bench.outlet.contactor.closed
        await bench.wait(0.02)
        bench.world.grid.set_power(True)
        await bench.wait(5)
        assert bench.outlet.true_current_a() == 32.0
        assert bench.shown() != ""

    bench = enact(scene)
    assert len(bench.central.said("BootNotification")) == 1
    assert bench.ended() == []


def test_a_long_dip_is_not(enact: Enact) -> None:
    """After 60 ms the electronics are dead: the station boots and ends the session by itself."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(60)
        bench.world.grid.set_power(False)
        await bench.wait(0.06)
        bench.world.grid.set_power(True)
        await bench.wait(30)

    bench = enact(scene)
    assert len(bench.central.said("BootNotification")) == 2
    assert bench.reasons() == ["PowerLoss"]


def test_low_mains_pause(enact: Enact) -> None:
    """Below 0.85 of the rated voltage the session waits, and goes on when it is back."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(60)
        for volts, current in ((204.5, 32.0), (203.0, 0.0), (240.0, 32.0)):
            bench.world.grid.set_voltage(volts)
            await bench.wait(10)
            assert bench.outlet.true_current_a() == current
        assert bench.ended() == []

    enact(scene)
