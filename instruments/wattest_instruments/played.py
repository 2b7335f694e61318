"""The roles of the bench, each played by somebody who can only do named actions (``Doer``).

In ``played_people``, ``played_power`` and ``played_meters`` actions become the methods of ``wattest.roles``, and answers
become its readings; nothing there knows whether the doer speaks HTTP, is a program, or is a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wattest.roles import Part
from wattest_instruments.actions import Doer
from wattest_instruments.gauge import Gauge, calibrated, readable_back, telling_time
from wattest_instruments.played_meters import PilotScope, ReferenceMeter, Thermometers
from wattest_instruments.played_people import (
    Acquirer,
    Alerts,
    CardReader,
    Display,
    LockSensor,
    Operator,
    Vehicle,
)
from wattest_instruments.played_power import Chamber, Load, Mains, Network

_PLAYED: Mapping[str, Callable[[Doer, Gauge], Part]] = {
    "reference_meter": ReferenceMeter,
    "vehicle": Vehicle,
    "load": Load,
    "pilot_scope": PilotScope,
    "card_reader": CardReader,
    "mains": Mains,
    "lock_sensor": LockSensor,
    "display": Display,
    "chamber": Chamber,
    "thermometers": Thermometers,
    "network": Network,
    "alerts": Alerts,
    "operator": Operator,
    "acquirer": Acquirer,
}


def played(doer: Doer, gauge: Gauge) -> Part:
    """A driver of the doer's role that satisfies the role's Protocol in ``wattest.roles``."""
    part = _PLAYED[doer.role](doer, gauge)
    readable_back(part, doer)
    telling_time(part, doer)
    calibrated(part, gauge)
    return part
