"""The control pilot as a signal: plateaus, duty cycle, and what an instrument could have recorded of it.

Sources: IEC 61851-1:2017 Annex A, SAE J1772 (figures found unless marked in ``fixtures/limits/pilot.yaml``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wattest.roles import PilotResistor
from wattest.world.behaviour import behaviour, defect, variation

PilotState = Literal["A", "B", "C", "D", "E", "F"]

HIGH_V = {"A": 12.0, "B": 9.0, "C": 6.0, "D": 3.0, "E": 0.0, "F": -12.0}
"""Nominal high plateau of each state."""
LOW_V = -12.0
FREQUENCY_HZ = 1000.0
HISTORY = 4096
"""How many changes are remembered; an instrument records seconds, not days."""


@behaviour
def pilot_levels(state: PilotState) -> tuple[float, float]:
    """High plateau in a state, and the low one of the pulses, V."""
    return HIGH_V[state], LOW_V


@defect(
    "PILOT-D01",
    breaks=pilot_levels,
    area="electrical",
    requirement="ELE-01",
    text="the pilot sags: 8.2 V high in state B, and -10.9 V low",
    source="IEC 61851-1 Annex A, SAE J1772: B at least 8.36 V, low level -12 V +-5 %",
    physical=True,
)
def pilot_sags(state: PilotState) -> tuple[float, float]:
    """The supply of the pilot circuit is too weak for a load."""
    return 8.2 if state == "B" else HIGH_V[state], -10.9


@variation(
    "V31",
    alters=pilot_levels,
    text="the pilot is at the edges of its tolerance: 12.4 V in A, 9.3 V in B, 5.7 V in C, -12.4 V low",
    source="IEC 61851-1 Annex A, SAE J1772",
    area="electrical",
    physical=True,
)
def pilot_within_tolerance(state: PilotState) -> tuple[float, float]:
    """Resistors of 5 %."""
    return {**HIGH_V, "A": 12.4, "B": 9.3, "C": 5.7}[state], -12.4


SOURCE_OHM = 1000.0
DIODE_DROP_V = 0.7
"""Between station and vehicle (source resistance found, drop of a silicon diode recalled)."""
RESISTORS_OHM: Mapping[PilotResistor, float] = {"B": 2740.0, "C": 1300.0}
"""What a vehicle has at the pilot in state B, and what its switch puts beside that for C."""


def loaded_v(resistance_ohm: float) -> float:
    """High plateau behind the station's resistor when a vehicle shows this resistance behind its diode.

    >>> round(loaded_v(2740.0), 2), round(loaded_v(1 / (1 / 2740.0 + 1 / 1300.0)), 2)
    (8.98, 5.99)
    """
    return DIODE_DROP_V + (HIGH_V["A"] - DIODE_DROP_V) * resistance_ohm / (resistance_ohm + SOURCE_OHM)


@behaviour
def state_taken(high_v: float) -> PilotState:
    """The state for which the station takes a high plateau: half way to the next nominal level is the border."""
    return min(("A", "B", "C", "D", "E"), key=lambda state: abs(HIGH_V[state] - high_v))


@defect(
    "PILOT-D17",
    breaks=state_taken,
    area="electrical",
    requirement="ELE-03",
    text="a vehicle of 4610 Ohm in state B is taken for none: above 9.6 V there is no vehicle",
    source="IEC 61851-1 Annex A: 1870 Ohm to 4610 Ohm",
)
def nobody_above_the_window(high_v: float) -> PilotState:
    """The window for the levels that a station gives was taken for that of the vehicles."""
    return "A" if high_v > 9.6 else state_taken(high_v)


@defect(
    "PILOT-D18",
    breaks=state_taken,
    area="electrical",
    requirement="ELE-03",
    text="a vehicle of 1723 Ohm in state C is not charged: above 6.5 V it is taken for state B",
    source="IEC 61851-1 Annex A: 909 Ohm to 1723 Ohm",
)
def asks_for_nothing_above_the_window(high_v: float) -> PilotState:
    """The threshold stands at the edge of the window, without room for the vehicle."""
    return "B" if 6.5 < high_v <= 10.5 else state_taken(high_v)


@defect(
    "PILOT-D30",
    breaks=state_taken,
    area="electrical",
    requirement="ELE-03",
    text="a vehicle of 909 Ohm in state C is not charged: below 5.4 V it is taken for one that asks for ventilation",
    source="IEC 61851-1 Annex A: 909 Ohm to 1723 Ohm",
)
def asks_for_air_below_the_window(high_v: float) -> PilotState:
    """State D is refused, and its threshold stands at the edge of the window."""
    return "D" if 2.0 < high_v < 5.4 else state_taken(high_v)


@defect(
    "PILOT-D31",
    breaks=state_taken,
    area="electrical",
    requirement="ELE-03",
    text="a vehicle of 1870 Ohm in state B is charged although it does not ask: below 8.2 V it is taken for state C",
    source="IEC 61851-1 Annex A: 1870 Ohm to 4610 Ohm",
)
def asks_below_the_window(high_v: float) -> PilotState:
    """The threshold stands at the edge of the window, without room for the vehicle."""
    return "C" if 4.5 < high_v < 8.2 else state_taken(high_v)


@variation(
    "V114",
    alters=state_taken,
    text="the thresholds of the pilot are 10.9 V, 7.2 V and 4.2 V instead of half way between the levels",
    source="IEC 61851-1 Annex A: only the vehicle's resistances are given",
    area="electrical",
    physical=True,
)
def other_thresholds(high_v: float) -> PilotState:
    """A comparator with other resistors."""
    return "A" if high_v > 10.9 else "B" if high_v > 7.2 else "C" if high_v > 4.2 else state_taken(high_v)


@behaviour
def oscillator_hz() -> float:
    """Frequency of the pulses."""
    return FREQUENCY_HZ


@defect(
    "PILOT-D02",
    breaks=oscillator_hz,
    area="electrical",
    requirement="ELE-02",
    text="the pulses of the pilot come at 950 Hz",
    source="IEC 61851-1 Annex A: 980 Hz to 1020 Hz",
    physical=True,
)
def oscillator_is_slow() -> float:
    """A timer that was set for another crystal."""
    return 950.0


@variation(
    "V32",
    alters=oscillator_hz,
    text="the pulses of the pilot come at 1012 Hz",
    source="IEC 61851-1 Annex A: 980 Hz to 1020 Hz",
    area="electrical",
    physical=True,
)
def oscillator_is_quick() -> float:
    """An RC oscillator of 1.2 %."""
    return 1012.0


@behaviour
def said_a(offer_a: float) -> float:
    """Amperes that the pulse width stands for, when the firmware means ``offer_a``."""
    return offer_a


@defect(
    "PILOT-D03",
    breaks=said_a,
    area="electrical",
    requirement="ELE-02",
    text="the pulses are 1.3 % of the period too long: 0.8 A more is offered than the station means",
    source="IEC 61851-1 Annex A: duty cycle within 0.5 % of the period (recalled)",
    physical=True,
)
def pulses_are_long(offer_a: float) -> float:
    """The switching delay of the output stage is not taken off."""
    return offer_a + 0.8


@variation(
    "V33",
    alters=said_a,
    text="the pulse width is 0.2 % of the period short",
    source="IEC 61851-1 Annex A: duty cycle within 0.5 % of the period (recalled)",
    area="electrical",
    physical=True,
)
def pulses_are_a_little_short(offer_a: float) -> float:
    """Rounded down to a tick of the timer."""
    return current_a(duty_pct(offer_a) - 0.2)


@dataclass(frozen=True)
class PilotSignal:
    """A pilot between two changes. A steady one has ``duty_pct`` 100 and ``frequency_hz`` 0, and never goes low."""

    high_v: float
    low_v: float
    duty_pct: float
    frequency_hz: float

    @property
    def steady(self) -> bool:
        """Whether the signal does not oscillate."""
        return self.frequency_hz == 0.0


@dataclass(frozen=True)
class Moment:
    """From ``t_s`` on, pilot and output were so; ``output_v`` is the rms phase voltage at the connector."""

    t_s: float
    signal: PilotSignal
    output_v: float


def duty_pct(current_a: float) -> float:
    """Duty cycle that offers a current, in percent; 51 A to 52.5 A cannot be said and become 51 A.

    IEC 61851-1 Annex A: I = 0.6 D up to 85 %, I = 2.5 (D - 64) above.

    >>> duty_pct(6.0), duty_pct(30.0), duty_pct(48.0), duty_pct(80.0)
    (10.0, 50.0, 80.0, 96.0)
    """
    if current_a <= 51.0:
        return current_a / 0.6
    return 85.0 if current_a < 52.5 else min(96.0, current_a / 2.5 + 64.0)


def current_a(duty: float) -> float:
    """Current that a duty cycle in percent offers; 0 where it offers none (below 8 %, above 97 %).

    >>> current_a(10.0), current_a(50.0), current_a(96.0), current_a(5.0), current_a(100.0)
    (6.0, 30.0, 80.0, 0.0, 0.0)
    """
    if duty < 8.0 or duty > 97.0:
        return 0.0
    if duty <= 10.0:
        return 6.0
    if duty <= 85.0:
        return 0.6 * duty
    return min(80.0, 2.5 * (duty - 64.0))


def signal_of(
    state: PilotState,
    offer_a: float | None,
    *,
    levels_v: tuple[float, float] | None = None,
    frequency_hz: float = FREQUENCY_HZ,
    rectified: bool = True,
) -> PilotSignal:
    """What a station puts on the pilot: a steady level, or pulses while it offers current.

    Without the vehicle's diode (``rectified`` False) its resistance loads the low plateau as it does the high one.
    """
    high, low = levels_v or (HIGH_V[state], LOW_V)
    if offer_a is None or state in {"A", "E", "F"}:
        return PilotSignal(high, high, 100.0, 0.0)
    return PilotSignal(high, low if rectified else -high, duty_pct(offer_a), frequency_hz)


class History:
    """What happened to pilot and output lately, for instruments that record."""

    def __init__(self) -> None:
        self._moments: deque[Moment] = deque(maxlen=HISTORY)

    def note(self, moment: Moment) -> None:
        """Remember a moment, unless nothing changed; a later one of the same instant takes its place."""
        if self._moments:
            last = self._moments[-1]
            if (last.signal, last.output_v) == (moment.signal, moment.output_v):
                return
            if last.t_s == moment.t_s:
                self._moments.pop()
        self._moments.append(moment)

    def since(self, t_s: float) -> tuple[Moment, ...]:
        """The moment that was valid at ``t_s``, and all after it."""
        before = [moment for moment in self._moments if moment.t_s <= t_s]
        return (*before[-1:], *(moment for moment in self._moments if moment.t_s > t_s))
