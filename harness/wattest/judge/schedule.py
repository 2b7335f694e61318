"""What an accuracy profile will take: energy at each point and why, and how long. Known before anything is energised.

::

    planned(profile, point, limits, step_wh=1.0, rated_a=48, rated_w=11520).energy_wh    # 1000.0
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wattest.errors import BenchError
from wattest.judge.uncertainty import minimum_energy
from wattest.model.profile import Point, Profile
from wattest.model.read_requirements import decimal_of
from wattest.model.requirement import Limit

SESSION_S = 90.0
"""What a session takes beside charging: card, plug, start, end, waiting for rest (project)."""
PROBING_S = 201.0
"""How long the register is looked at in each session: energy flows meanwhile, so no session charges for less."""
WHOLE_WH = 1.0
"""meterStart and meterStop of OCPP 1.6 are whole Wh, however fine the register is."""


@dataclass(frozen=True)
class Planned:
    """One point of a profile: current per phase, least energy at the connector and why, and how long one run takes."""

    point: Point
    current_a: float
    limit: Limit
    limit_pct: float
    energy_wh: float
    why: str
    charging_s: float

    @property
    def duration_s(self) -> float:
        """One session with this point, from card to rest."""
        return max(self.charging_s, PROBING_S) + SESSION_S


def told_step_wh(register_step_wh: float, dialect: str) -> float:
    """The step in which the energy of a transaction is told: by the charger sheet, and by the OCPP version."""
    return max(register_step_wh, WHOLE_WH) if dialect == "1.6" else register_step_wh


def planned(
    profile: Profile,
    point: Point,
    limits: Mapping[str, Limit],
    *,
    step_wh: float,
    rated_a: float,
    rated_w: float,
    air_c: float | None = None,
) -> Planned:
    """A point against the limit at this air temperature, for a register of this step.

    The energy is ``max(MMQ, 10 d / MPE, 100 d)``; ``rated_w`` is the power of all phases at ``rated_a``. Raises
    ``BenchError`` when a limit is not stated, not in percent, or hangs on a temperature that nobody knows.
    """
    limit = _stated(limits, profile.limit_at(air_c), profile)
    if limit.unit != "%":
        raise BenchError(f"Limit '{limit.id}' is in {limit.unit}; an energy error needs a limit in %.")
    limit_pct = float(limit.value)
    mmq_wh = minimum_quantity_wh(profile, point, limits)
    by_error, by_steps = 1000.0 * step_wh / limit_pct, 100.0 * step_wh
    energy_wh = minimum_energy(step_wh, limit_pct, mmq_wh)
    if energy_wh == mmq_wh:
        times = "" if point.mmq_times == 1 else f"{point.mmq_times:g} times "
        why = f"{times}the minimum measured quantity, {mmq_wh:g} Wh"
    elif energy_wh == by_error:
        why = f"10 register steps of {step_wh:g} Wh over the limit of {limit_pct:g} %"
    else:
        why = f"100 register steps of {step_wh:g} Wh ({by_steps:g} Wh)"
    amperes = point.amperes(rated_a)
    if amperes > rated_a:
        raise BenchError(
            f"Point '{point.id}' of profile '{profile.id}' asks for {amperes:g} A, and the charger is rated {rated_a:g} A."
        )
    charging_s = energy_wh * 3600.0 / (rated_w * amperes / rated_a)
    return Planned(point, amperes, limit, limit_pct, energy_wh, why, charging_s)


def minimum_quantity_wh(profile: Profile, point: Point, limits: Mapping[str, Limit]) -> float:
    """The minimum measured quantity at a point, Wh; 0 when the profile names none."""
    if profile.mmq is None:
        return 0.0
    return float(decimal_of(_stated(limits, profile.mmq, profile))) * point.mmq_times


def _stated(limits: Mapping[str, Limit], name: str, profile: Profile) -> Limit:
    if name not in limits:
        raise BenchError(
            f"Profile '{profile.id}' names the limit '{name}', which no file under fixtures/limits states."
        )
    return limits[name]
