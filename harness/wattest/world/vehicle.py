"""The electric car at one outlet: plug, pilot switch, on-board charger, battery."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from wattest.errors import RigError
from wattest.roles import PilotResistor, VehicleFault, Whereabouts

if TYPE_CHECKING:
    from wattest.world.outlet import Outlet


HAIR = 1e-9
"""Part of a percent forgiven when cutting off, so that 90 % computed as 89.9999999999 is told as 90."""
LATCHED_OHM = 150.0
"""Between proximity and earth in a latched handle (SAE J1772, found)."""

PRESSED_OHM = 270.0
"""From here on the car takes its button for pressed: between 150 ohm and the 480 ohm of SAE J1772 (project)."""


class Battery:
    """What the car can still take. Filled by the outlet's true energy, emptied by driving away."""

    def __init__(self, capacity_wh: float = 60_000.0, soc: float = 0.2) -> None:
        self.capacity_wh = capacity_wh
        self.arrival_soc = soc
        self.stored_wh = capacity_wh * soc
        """Wh at the last change of load; ``Vehicle.soc`` is exact at any time."""

    def room_wh(self) -> float:
        """Wh that still fit."""
        return max(0.0, self.capacity_wh - self.stored_wh)


class Vehicle:
    """The driver's view: take the cable, plug in, ask for energy, unplug, put the cable back.

    All verbs take effect at once, except that the car needs ``REACTION_S`` to answer a pilot signal.
    """

    def __init__(self, outlet: Outlet, current_a: float) -> None:
        self.ready = False
        self.current_a = current_a
        self.battery = Battery()
        self.faults: frozenset[VehicleFault] = frozenset()
        self.proximity_ohm: float | None = LATCHED_OHM
        """Between proximity and earth, as the car sees it; None is an open circuit."""
        self.draws_as_told = False
        """Its power side is a load that knows nothing of the pilot: it draws ``current_a`` whatever is offered."""
        self.resistors_ohm: dict[PilotResistor, float] = {}
        """Those that are not the nominal ones (``wattest.world.pilot.RESISTORS_OHM``)."""
        self._outlet = outlet

    def plug_in(self) -> None:
        """Take the plug, from its holster if need be, and plug it in; harmless when it is in already.

        Each arrival brings a car with the arrival charge again. Raises ``RigError`` when the holster lock
        holds the plug.
        """
        outlet = self._outlet
        if outlet.plug == "plugged in":
            return
        if outlet.plug == "holstered":
            if outlet.holster_lock.holds:
                raise RigError(
                    f"the plug of outlet {outlet.number} cannot be taken: its holster lock is "
                    f"{outlet.holster_lock.position()}; authorise first, and give its motor time to move"
                )
            outlet.move_plug("in hand")
        self.battery = Battery(self.battery.capacity_wh, self.battery.arrival_soc)
        outlet.move_plug("plugged in")

    def unplug(self) -> None:
        """Pull the plug and keep it in the hand; harmless when it is not in.

        Raises ``RigError`` when the connector lock holds it.
        """
        outlet = self._outlet
        if outlet.plug != "plugged in":
            return
        if outlet.connector_lock.holds:
            raise RigError(
                f"the plug of outlet {outlet.number} cannot be pulled from the vehicle: the connector lock is "
                f"{outlet.connector_lock.position()}; end the transaction or unlock the connector first"
            )
        outlet.move_plug("in hand")

    def holster(self) -> None:
        """Put the plug back on the station, or one's own cable into the boot.

        Raises ``RigError`` while the plug is in the vehicle.
        """
        outlet = self._outlet
        if outlet.plug == "plugged in":
            raise RigError(
                f"the plug of outlet {outlet.number} is still in the vehicle: unplug it before holstering it"
            )
        if outlet.tethered and outlet.plug == "in hand":
            outlet.move_plug("holstered")

    def set_ready(self, ready: bool) -> None:
        """Ask for energy, which the pilot shows as C once the station offers it, or stop asking."""
        self.ready = ready
        self._outlet.settle()

    def set_current(self, current_a: float) -> None:
        """The most that the car takes per phase, in A. Raises ``RigError`` below 0 A or above 1000 A."""
        if not 0.0 <= current_a <= 1000.0:
            raise RigError(f"a vehicle cannot take {current_a:g} A: give 0 A to 1000 A")
        self.current_a = current_a
        self._outlet.settle()

    def set_fault(self, fault: VehicleFault, on: bool) -> None:
        """Make a fault on the vehicle's side of the contactor, or mend it."""
        self.faults = self.faults | {fault} if on else self.faults - {fault}
        if fault == "hot":
            self._outlet.heat_probe(on)
        self._outlet.settle()

    def set_proximity(self, resistance_ohm: float | None) -> None:
        """Let the connector show this between proximity and earth, as its button does; None opens the circuit."""
        self.proximity_ohm = self._outlet.shown_ohm(resistance_ohm)
        self._outlet.settle()

    @property
    def button_pressed(self) -> bool:
        """Whether the car takes the button of the connector for pressed: then it stops asking for energy (SAE J1772)."""
        return self.proximity_ohm is None or self.proximity_ohm >= PRESSED_OHM

    def set_draws_as_told(self, told: bool) -> None:
        """Let the load of this car draw what it is told, or no more than is offered."""
        self.draws_as_told = told
        self._outlet.settle()

    def set_pilot_resistance(self, state: PilotResistor, resistance_ohm: float | None) -> None:
        """Another resistor at the pilot for a state; None is the nominal one. Raises ``RigError`` outside 1 Ohm to 1 MOhm."""
        if resistance_ohm is None:
            self.resistors_ohm.pop(state, None)
        elif 1.0 <= resistance_ohm <= 1e6:
            self.resistors_ohm[state] = resistance_ohm
        else:
            raise RigError(f"a vehicle has no pilot resistor of {resistance_ohm:g} Ohm: give 1 Ohm to 1 MOhm")
        self._outlet.settle()

    def set_battery(self, *, capacity_wh: float | None = None, soc: float | None = None) -> None:
        """Another battery, or another state of charge (0 to 1), now and at each arrival.

        Raises ``RigError`` when it cannot be.
        """
        capacity = self.battery.capacity_wh if capacity_wh is None else capacity_wh
        charge = self.soc() if soc is None else soc
        if not (capacity > 0.0 and 0.0 <= charge <= 1.0):
            raise RigError(
                f"no battery holds {capacity:g} Wh at a charge of {charge:g}: give more than 0 Wh, 0 to 1"
            )
        self._outlet.swap_battery(Battery(capacity, charge))

    def soc(self) -> float:
        """State of charge, 0 to 1, exact at any time."""
        stored = self.battery.stored_wh + self._outlet.draw.energy_wh()
        return min(1.0, stored / self.battery.capacity_wh)

    def soc_told(self) -> int:
        """What the car tells the station of it: whole percent, cut off (ISO 15118-2 EVRESSSOC is a whole number)."""
        return math.floor(100.0 * self.soc() + HAIR)

    def whereabouts(self) -> Whereabouts:
        """Where the plug is."""
        return self._outlet.plug
