"""The revenue meter inside the station: true energy, seen through its own errors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from wattest.world.behaviour import Conduct, behaviour, defect, variation
from wattest.world.climate import REFERENCE_C

if TYPE_CHECKING:
    from wattest.world.climate import Climate
    from wattest.world.draw import Draw
    from wattest.world.grid import Grid

HAIR = 1e-6
"""Part of a register step forgiven when truncating, so that 1000 Wh computed as 999.9999999 indicates 1000."""


@behaviour
def meter_error(meter: Meter, current_a: float) -> float:  # noqa: ARG001 - defects look at meter and load
    """Relative error of the meter at a load; 0.01 indicates 1 % too much."""
    return 0.0


@variation(
    "V27",
    alters=meter_error,
    text="the meter indicates 0.3 % too much",
    source="NIST HB44 3.40 T.2: 1 % acceptance tolerance",
    area="metering",
    physical=True,
)
def meter_errs_lawfully(meter: Meter, current_a: float) -> float:  # noqa: ARG001
    """Within every profile, even behind a guard band."""
    return 0.003


@defect(
    "METER-D01",
    breaks=meter_error,
    area="metering",
    requirement="MET-03",
    text="the meter indicates 1.5 % too much at every load",
    source="NIST HB44 3.40 T.2 (1 % acceptance)",
    physical=True,
)
def meter_gain_is_high(meter: Meter, current_a: float) -> float:  # noqa: ARG001
    """As with a wrong current-transformer ratio."""
    return 0.015


@defect(
    "METER-D02",
    breaks=meter_error,
    area="metering",
    requirement="MET-01",
    text="the meter indicates 4 % too much below 15 % of rated current, and is right above",
    source="NIST HB44 3.40 N.5.1(i)",
    physical=True,
)
def meter_errs_at_low_load(meter: Meter, current_a: float) -> float:
    """Invisible to whoever tests only at full load."""
    return 0.04 if current_a < 0.15 * meter.rated_current_a else 0.0


@defect(
    "METER-D03",
    breaks=meter_error,
    area="metering",
    requirement="MET-09",
    text="the meter registers nothing below 1 A",
    source="NIST HB44 3.40 N.2, starting load (recalled)",
    physical=True,
)
def meter_has_dead_band(meter: Meter, current_a: float) -> float:  # noqa: ARG001
    """A threshold against creep, set far too high."""
    return -1.0 if current_a < 1.0 else 0.0


@variation(
    "V45",
    alters=meter_error,
    text="the meter indicates 0.8 % too much",
    source="NIST HB44 3.40 T.2: 1 % acceptance tolerance by simple acceptance",
    area="metering",
    physical=True,
)
def meter_errs_at_the_edge(meter: Meter, current_a: float) -> float:  # noqa: ARG001
    """Lawful, but inside the uncertainty of an ordinary bench: in doubt behind a guard band, never a failure."""
    return 0.008


@defect(
    "METER-D07",
    breaks=meter_error,
    area="metering",
    requirement="MET-05",
    text="the meter indicates 0.35 % too much in one session and 0.35 % too little in the next",
    source="NIST HB44 3.40 N.5.3 and T.3 (recalled)",
    physical=True,
)
def meter_does_not_repeat(meter: Meter, current_a: float) -> float:  # noqa: ARG001
    """Each session is within every tolerance; only several in a row show it."""
    return 0.0035 if meter.loads % 2 else -0.0035


@defect(
    "METER-D10",
    breaks=meter_error,
    area="metering",
    requirement="MET-03",
    text="from the second session after power-up on the meter indicates 2 % too much",
    source="NIST HB44 3.40 T.2 (1 % acceptance); project",
)
def meter_forgets_its_adjustment(meter: Meter, current_a: float) -> float:  # noqa: ARG001
    """The first session ends with a reset of the metering chip to its default constants."""
    return 0.02 if meter.loads > 1 else 0.0


@behaviour
def meter_wakes_s(meter: Meter) -> float:  # noqa: ARG001
    """How long after a load begins the meter counts nothing, s."""
    return 0.0


@defect(
    "METER-D41",
    breaks=meter_wakes_s,
    area="electrical",
    requirement="ELE-16",
    text="the meter misses the first second of each load, which shows only when a vehicle pauses often",
    source="IEC 61851-1: a vehicle may leave state C and come back (recalled); NIST HB44 3.40 T.2",
    physical=True,
)
def meter_sleeps_without_load(meter: Meter) -> float:  # noqa: ARG001
    """It saves power of its own, and wakes slowly."""
    return 1.0


@behaviour
def register_resolution_wh(meter: Meter) -> float:
    """The step in which the register is told."""
    return meter.step_wh


@defect(
    "METER-D08",
    breaks=register_resolution_wh,
    area="metering",
    requirement="MET-11",
    text="the energy register is told in steps of 10 Wh, although the charger sheet declares 1 Wh",
    source="derived from a 1 % limit at 1 kWh (calculated)",
)
def register_is_coarse(meter: Meter) -> float:  # noqa: ARG001
    """A meter with two decimals of a kWh behind a protocol with whole Wh."""
    return 10.0


@behaviour
def meter_influence(meter: Meter) -> float:  # noqa: ARG001
    """Relative error that voltage and frequency of the mains add."""
    return 0.0


@defect(
    "METER-D47",
    breaks=meter_influence,
    area="metering",
    requirement="MET-13",
    text="the meter indicates 0.5 % too much at 0.9 of the rated voltage, and as much too little at 1.1",
    source="Measurement Canada PS-EVSE-01 rated conditions; OIML R 46 (recalled): a third of the limit",
    physical=True,
)
def meter_follows_voltage(meter: Meter) -> float:
    """The divider of the voltage is not linear; within 1 % everywhere."""
    return -0.05 * meter.voltage_off()


@defect(
    "METER-D48",
    breaks=meter_influence,
    area="metering",
    requirement="MET-13",
    text="the meter indicates 0.6 % too little at 0.95 of the rated frequency, and as much too much at 1.05",
    source="Measurement Canada PS-EVSE-01 rated conditions; OIML R 46 (recalled): a third of the limit",
    physical=True,
)
def meter_follows_frequency(meter: Meter) -> float:
    """It integrates over a fixed time instead of whole periods."""
    return 0.12 * meter.frequency_off()


@variation(
    "V124",
    alters=meter_influence,
    text="voltage and frequency at the ends of their range move the error of the meter by 0.1 %",
    source="OIML R 46 (recalled): a third of the limit",
    area="metering",
    physical=True,
)
def meter_follows_a_little(meter: Meter) -> float:
    """As any meter does."""
    return 0.01 * meter.voltage_off() + 0.02 * meter.frequency_off()


@behaviour
def meter_drift_per_k(meter: Meter) -> float:  # noqa: ARG001
    """Relative error per kelvin above 23 degC inside the station."""
    return 0.0


@defect(
    "METER-D13",
    breaks=meter_drift_per_k,
    area="climate",
    requirement="ROB-05",
    text="the meter indicates 0.05 % more for every kelvin below 23 degC",
    source="MID Annex V table 2; NIST HB44 3.40 T.4",
    physical=True,
)
def meter_drifts_with_temperature(meter: Meter) -> float:  # noqa: ARG001
    """3.1 % at -40 degC, nothing on the desk; to the driver's cost."""
    return -0.0005


@behaviour
def meter_set(meter: Meter) -> float:  # noqa: ARG001
    """Relative error that a past stress has left behind."""
    return 0.0


@defect(
    "METER-D14",
    breaks=meter_set,
    area="climate",
    requirement="ROB-09",
    text="once it has been below -30 degC the meter indicates 0.6 % too little for ever",
    source="project: the error shifts by at most 0.3 of the limit after cold and heat",
    physical=True,
)
def meter_is_set_by_cold(meter: Meter) -> float:
    """A glue joint under the shunt has cracked."""
    return -0.006 if meter.climate.coldest_c < -30.0 else 0.0


@behaviour
def register_after_power_loss(meter: Meter, register_wh: float) -> float:  # noqa: ARG001
    """What the register holds when the power returns."""
    return register_wh


@defect(
    "METER-D05",
    breaks=register_after_power_loss,
    area="metering",
    requirement="MET-10",
    text="the energy register starts again at zero after a power loss",
    source="OCPP 1.6 Energy.Active.Import.Register",
)
def register_is_forgotten(meter: Meter, register_wh: float) -> float:  # noqa: ARG001
    """The register lives in memory that does not survive."""
    return 0.0


class Snapshot(NamedTuple):
    """What the meter shows at one instant: volts and amperes per phase, watts of all phases."""

    voltage_v: float
    current_a: float
    power_w: float


class Meter:
    """Energy register and instantaneous values of one outlet.

    Between two changes of load the register is
    ``P x ((1 + error) x dt + drift x integral(T - 23 degC))``, which is exact at every query. Truncation to
    the step happens only when it is indicated, so that nothing is lost inside.
    """

    def __init__(
        self,
        *,
        step_wh: float,
        rated_current_a: float,
        start_wh: float,
        grid: Grid,
        climate: Climate,
        conduct: Conduct,
    ) -> None:
        self.step_wh = step_wh
        self.rated_current_a = rated_current_a
        self.climate = climate
        self._grid = grid
        self._rated_v = self._felt_v = grid.nominal_v
        self._rated_hz = self._felt_hz = grid.frequency_hz
        """Mains as they were when the load of now began: another voltage or frequency begins another."""
        self._conduct = conduct
        self.loads = 0
        """How often a load has begun since power-up."""
        self._wh = start_wh
        self._draw: Draw | None = None
        self._begun_s = 0.0
        """When the load began that flows now."""
        self._degree_seconds = 0.0

    def register_wh(self) -> float:
        """Energy register in Wh, truncated to the step of the charger sheet. Never decreases."""
        step_wh = self._conduct(register_resolution_wh)(self)
        steps = math.floor(self.indicated_wh() / step_wh + HAIR)
        return round(steps * step_wh, 6)

    def indicated_wh(self) -> float:
        """The register with all its digits, in Wh; a station shows them to nobody."""
        draw = self._draw
        if draw is None or draw.power_w == 0.0:
            return self._wh
        asleep = self._begun_s + self._conduct(meter_wakes_s)(self) - draw.since_s
        dt = draw.elapsed_s()
        dt -= min(dt, max(0.0, asleep))
        error = self._conduct(meter_error)(self, draw.current_a) + self._conduct(meter_set)(self)
        error += self._conduct(meter_influence)(self)
        counted = (1.0 + error) * dt
        drift = self._conduct(meter_drift_per_k)(self)
        if drift:
            warmth = self.climate.degree_seconds(draw.since_s + dt) - self._degree_seconds
            counted += drift * (warmth - REFERENCE_C * dt)
        return self._wh + draw.power_w * max(0.0, counted) / 3600.0

    def snapshot(self) -> Snapshot:
        """Voltage, current and power as the meter sees them now."""
        draw = self._draw
        if draw is None:
            return Snapshot(0.0, 0.0, 0.0)
        error = self._conduct(meter_error)(self, draw.current_a) + self._conduct(meter_influence)(self)
        drift = self._conduct(meter_drift_per_k)(self)
        if drift:
            error += drift * (self.climate.internal_c() - REFERENCE_C)
        current = draw.current_now_a()
        seen = current * max(0.0, 1.0 + error)
        return Snapshot(draw.voltage_v, seen, draw.phases * draw.voltage_v * seen)

    def voltage_off(self) -> float:
        """How far the mains are from the rated voltage, as a share of it."""
        return self._felt_v / self._rated_v - 1.0

    def frequency_off(self) -> float:
        """How far the mains are from the rated frequency, as a share of it."""
        return self._felt_hz / self._rated_hz - 1.0

    def take_up(self, wh: float) -> None:
        """Go on from a register that an earlier life of the station left, in Wh; before any load."""
        self._wh = wh

    def follow(self, draw: Draw) -> None:
        """Another load begins: what went before is counted first."""
        self._wh = self.indicated_wh()
        if draw.power_w > 0.0 and (self._draw is None or self._draw.power_w == 0.0):
            self.loads += 1
            self._begun_s = draw.since_s
        self._draw = draw
        self._felt_v, self._felt_hz = self._grid.nominal_v, self._grid.frequency_hz
        self._degree_seconds = self.climate.degree_seconds()

    def lose_power(self) -> None:
        """The station goes dark."""
        self._wh = self._conduct(register_after_power_loss)(self, self.indicated_wh())
        self.loads = 0
