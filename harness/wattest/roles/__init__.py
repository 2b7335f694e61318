"""What the parts of a bench must be able to do, as Protocols with SI floats.

A driver satisfies one Protocol; it inherits nothing. Constructors do no I/O: ``open`` does. Every driver
names what it can do in ``supports``, so that a scenario that needs more is *not tested* instead of failed.

Drivers never sleep and never judge. What they learn they return; the raw exchange they note in the record
through the ``Note`` they were given, whose number (``seq``) is the evidence that a ``Reading`` points to.

Example of a bench entry, the same for every driver::

    reference_meter: {driver: yokogawa_wt, resource: "TCPIP::127.0.0.1::5025::SOCKET", current_range: 50 A}
"""

from __future__ import annotations

from wattest.roles.protocols import (
    ROLES,
    CardReader,
    Chamber,
    Display,
    DrawsAsTold,
    Feeder,
    ForeseesEnergy,
    Keep,
    Load,
    LockSensor,
    Mains,
    Network,
    Note,
    Operator,
    Part,
    PilotScope,
    ReadsBack,
    ReferenceMeter,
    Rig,
    ShowsResistance,
    Surroundings,
    TellsTime,
    Thermometers,
    Vehicle,
)
from wattest.roles.readings import (
    ChamberState,
    Component,
    DisplayReading,
    Distribution,
    Identity,
    LoadReading,
    LockPosition,
    LockReading,
    Photo,
    PilotEvent,
    PilotFault,
    PilotReading,
    PilotResistor,
    PowerReading,
    ReadBack,
    Reading,
    SupplyReading,
    SupplyStep,
    SwitchingDelay,
    VehicleFault,
    Whereabouts,
)

__all__ = [
    "ROLES",
    "CardReader",
    "Chamber",
    "ChamberState",
    "Component",
    "Display",
    "DisplayReading",
    "Distribution",
    "DrawsAsTold",
    "Feeder",
    "ForeseesEnergy",
    "Identity",
    "Keep",
    "Load",
    "LoadReading",
    "LockPosition",
    "LockReading",
    "LockSensor",
    "Mains",
    "Network",
    "Note",
    "Operator",
    "Part",
    "Photo",
    "PilotEvent",
    "PilotFault",
    "PilotReading",
    "PilotResistor",
    "PilotScope",
    "PowerReading",
    "ReadBack",
    "Reading",
    "ReadsBack",
    "ReferenceMeter",
    "Rig",
    "ShowsResistance",
    "SupplyReading",
    "SupplyStep",
    "Surroundings",
    "SwitchingDelay",
    "TellsTime",
    "Thermometers",
    "Vehicle",
    "VehicleFault",
    "Whereabouts",
]
