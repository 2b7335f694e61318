"""State of charge: what the station has of the vehicle's battery, by its word over the pilot (ISO 15118), and tells."""

from __future__ import annotations

from decimal import Decimal

from wattest.evse.flash import Charged
from wattest.evse.station import Outlet, Station
from wattest.world.behaviour import behaviour, defect, variation

HANDSHAKE_S = 120.0
"""How long V133 needs until the car has told anything."""


def read(station: Station, outlet: Outlet) -> Charged | None:
    """What is told now; None for a station that is told nothing, and without a vehicle."""
    if "state_of_charge" not in station.sheet.features or not outlet.plugged:
        return None
    now = outlet.hardware.vehicle.soc_told()
    if outlet.session is not None:
        first, _ = outlet.soc.get(outlet.session.key, (now, now))
        outlet.soc[outlet.session.key] = first, now
    percent = station.conduct(soc_told)(station, outlet, now)
    return None if percent is None else station.conduct(soc_words)(percent)


@behaviour
def soc_told(station: Station, outlet: Outlet, percent: int) -> Decimal | None:
    """State of charge to tell, by what the vehicle says now; None to say nothing this time."""
    return Decimal(percent)


@defect(
    "BILL-D21",
    breaks=soc_told,
    area="billing",
    requirement="BIL-04",
    text="the state of charge stays at what it was at the begin of the session",
    source="OCPP 1.6 and 2.0.1 measurand SoC; ISO 15118-2 EVRESSSOC in each loop of the charge (recalled)",
)
def soc_is_stale(station: Station, outlet: Outlet, percent: int) -> Decimal | None:
    """Read once, with the handshake."""
    session = outlet.session
    return Decimal(percent if session is None else outlet.soc[session.key][0])


@defect(
    "BILL-D22",
    breaks=soc_told,
    area="billing",
    requirement="BIL-04",
    text="the state of charge is told one percent too high, so that the dearer step begins one percent too early",
    source="Circuit électrique, steps by state of charge; OCPP measurand SoC",
)
def soc_is_one_more(station: Station, outlet: Outlet, percent: int) -> Decimal | None:
    """Counted from 1."""
    return Decimal(min(100, percent + 1))


@defect(
    "BILL-D23",
    breaks=soc_told,
    area="billing",
    requirement="BIL-04",
    text="the state of charge is told as a share of 1 and called percent",
    source="OCPP 1.6 4.7 and 2.0.1 SampledValue: SoC in Percent",
)
def soc_is_a_share(station: Station, outlet: Outlet, percent: int) -> Decimal | None:
    """0.88 for 88."""
    return Decimal(percent) / 100


@defect(
    "BILL-D24",
    breaks=soc_told,
    area="billing",
    requirement="BIL-04",
    text="for the first five minutes the state of charge is that of the car before",
    source="OCPP 1.6 and 2.0.1 measurand SoC: of the charging vehicle",
)
def soc_of_the_car_before(station: Station, outlet: Outlet, percent: int) -> Decimal | None:
    """The value is kept for the whole station and refreshed by a slow task."""
    session = outlet.session
    before = [last for key, (_, last) in outlet.soc.items() if session is not None and key != session.key]
    young = session is not None and (station.now() - session.started).total_seconds() < 300.0
    return Decimal(before[-1] if before and young else percent)


@variation(
    "V131",
    alters=soc_told,
    text="the state of charge is told in every fourth minute only",
    source="OCPP: a value that is not known anew may be left out of a sample; the tariff's readings may be 300 s apart",
    area="billing",
)
def soc_is_rare(station: Station, outlet: Outlet, percent: int) -> Decimal | None:
    """Asked of the car seldom."""
    return Decimal(percent) if station.now().minute % 4 == 0 else None


@variation(
    "V133",
    alters=soc_told,
    text="no state of charge is told in the first two minutes of a session",
    source="ISO 15118: the car tells it when its session is set up, if it tells it at all (recalled)",
    area="billing",
)
def soc_comes_late(station: Station, outlet: Outlet, percent: int) -> Decimal | None:
    """A slow handshake."""
    session = outlet.session
    known = session is None or (station.now() - session.started).total_seconds() >= HANDSHAKE_S
    return Decimal(percent) if known else None


@behaviour
def soc_words(percent: Decimal) -> Charged:
    """Value, unit and place as they are told."""
    return Charged(percent)


@variation(
    "V130",
    alters=soc_words,
    text="the unit of the state of charge is left out",
    source="OCPP 1.6 and 2.0.1 SampledValue: the unit is optional; that of SoC is Percent",
    area="billing",
)
def soc_has_no_unit(percent: Decimal) -> Charged:
    """There is only one."""
    return Charged(percent, unit="")


@variation(
    "V132",
    alters=soc_words,
    text="the state of charge is told with its place: the vehicle",
    source="OCPP 1.6 and 2.0.1 SampledValue location EV",
    area="billing",
)
def soc_has_a_place(percent: Decimal) -> Charged:
    """Measured in the car, not at the outlet."""
    return Charged(percent, location="EV")
