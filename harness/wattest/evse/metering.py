"""Meter values: what is read from the revenue meter, when, and what becomes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from wattest.evse import signed, soc
from wattest.evse.flash import OpenTransaction, Sampled
from wattest.evse.station import Outlet, Station
from wattest.world.behaviour import behaviour, defect, variation

Context = Literal["Transaction.Begin", "Transaction.End", "Sample.Periodic", "Sample.Clock", "Trigger"]


@behaviour
def power_sampled(station: Station, power_w: float) -> float:
    """Active power as it is told, in W."""
    return power_w


@defect(
    "METER-D09",
    breaks=power_sampled,
    area="metering",
    requirement="MET-14",
    text="power is told 8 % higher than the energy register grows",
    source="project: integral of power within 1 % of the energy (MET-14)",
)
def power_disagrees_with_energy(station: Station, power_w: float) -> float:
    """Computed from nominal voltage, offered current and an assumed power factor."""
    return power_w * 1.08


@defect(
    "METER-D04",
    breaks=power_sampled,
    area="metering",
    requirement="MET-14",
    text="power is told in kW and called W",
    source="OCPP 1.6 4.7, SampledValue unit",
)
def power_slips_to_kw(station: Station, power_w: float) -> float:
    """One measurand of one message forgotten when the meter driver changed its units."""
    return power_w / 1000.0


@behaviour
def register_at_end(station: Station, outlet: Outlet, session: OpenTransaction) -> Decimal:
    """The register that closes a transaction: read after the contactor opened."""
    return register(outlet)


@defect(
    "METER-D06",
    breaks=register_at_end,
    area="metering",
    requirement="DAT-03",
    text="the energy since the last periodic value is missing from meterStop",
    source="OCPP 1.6 4.10",
)
def last_interval_is_lost(station: Station, outlet: Outlet, session: OpenTransaction) -> Decimal:
    """The stop message takes the register from the last sample instead of reading the meter."""
    return session.last_wh


@behaviour
def sample_delay_s(station: Station) -> float:
    """Seconds to the next periodic value; 0 for never."""
    return float(station.settings.number("meter_interval"))


@variation(
    "V20",
    alters=sample_delay_s,
    text="the meter interval jitters by up to a tenth",
    source="implementation: no clause sets a tolerance",
    area="metering",
)
def sample_delay_jitters(station: Station) -> float:
    """A busy little processor."""
    interval = float(station.settings.number("meter_interval"))
    return interval * (0.9 + 0.2 * station.random.random())


REGISTER = "Energy.Active.Import.Register"


def value_of(measurand: str, sample: Sampled) -> tuple[Decimal | float, str] | None:
    """Value and unit of a measurand in a sample; None when this meter has none. An empty unit is left out."""
    if measurand == REGISTER:
        return sample.register_wh, "Wh"
    if measurand == "Power.Active.Import":
        return sample.power_w, "W"
    if measurand == "Current.Import":
        return sample.current_a, "A"
    if measurand == "Voltage":
        return sample.voltage_v, "V"
    if measurand == "SoC" and sample.soc is not None:
        return sample.soc.percent, sample.soc.unit
    return None


def location_of(measurand: str, sample: Sampled) -> str:
    """Where a measurand was measured, where this charger says so; empty for the default, the outlet."""
    return sample.soc.location if measurand == "SoC" and sample.soc is not None else ""


def register(outlet: Outlet) -> Decimal:
    """The energy register, in Wh, with the digits that the meter indicates."""
    wh = outlet.hardware.meter.register_wh()
    return Decimal(int(wh)) if wh == int(wh) else Decimal(str(wh))


def sample(station: Station, outlet: Outlet, context: Context) -> Sampled:
    """Read everything at one instant of the charger's own clock."""
    session = outlet.session
    at = station.now() if session is None else station.stamp(session)
    wh = register(outlet)
    volts, amperes, watts = outlet.hardware.meter.snapshot()
    watts = station.conduct(power_sampled)(station, watts)
    charged = soc.read(station, outlet)
    proof = signed.record(station, outlet, context, at, wh)
    return Sampled(at, wh, round(watts, 1), round(amperes, 2), round(volts, 1), context, charged, proof)


def closing_sample(station: Station, outlet: Outlet, session: OpenTransaction) -> Sampled:
    """The values that end a transaction."""
    at = station.stamp(session)
    wh = station.conduct(register_at_end)(station, outlet, session)
    volts, amperes, watts = outlet.hardware.meter.snapshot()
    charged = soc.read(station, outlet)
    proof = signed.record(station, outlet, "Transaction.End", at, wh)
    values = round(watts, 1), round(amperes, 2), round(volts, 1)
    return Sampled(at, wh, *values, "Transaction.End", charged, proof)
