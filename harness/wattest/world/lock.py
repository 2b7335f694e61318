"""Motor-driven locks: where the bolt is, and where its own switch says it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from wattest.roles import LockPosition
from wattest.world.behaviour import Conduct, behaviour, defect, variation

if TYPE_CHECKING:
    from wattest.clock import Clock
    from wattest.world.climate import Climate
    from wattest.world.grid import Grid

TRAVEL_S = 0.3
"""From end to end, as usual for IEC 62196 lock motors."""

FREEZING_C = -20.0
"""Below this, inside the station, cheap parts fail: the threshold of the cold defects."""


@behaviour
def lock_travel_s(lock: Lock) -> float:  # noqa: ARG001 - a defect looks at the lock
    """Seconds that the bolt needs from end to end; ``inf`` when it cannot move."""
    return TRAVEL_S


@variation(
    "V26",
    alters=lock_travel_s,
    text="the lock motor needs 1.2 s instead of 0.3 s",
    source="project: released within 3 s, relocked within 5 s (LCK-01, LCK-02)",
    area="locking",
    physical=True,
)
def lock_is_slow(lock: Lock) -> float:  # noqa: ARG001
    """Slow, but well within what LCK-01 and LCK-02 leave."""
    return 1.2


@defect(
    "COLD-D07",
    breaks=lock_travel_s,
    area="climate",
    requirement="LCK-06",
    text="the holster lock freezes below -20 degC: its motor turns, the bolt stays",
    source="project: rated range of the charger sheet",
    physical=True,
)
def holster_lock_freezes(lock: Lock) -> float:
    """Ice holds the bolt of the holster, which stands in the open; the connector lock is spared."""
    frozen = lock.kind == "holster" and lock.climate.internal_c() < FREEZING_C
    return float("inf") if frozen else TRAVEL_S


@behaviour
def lock_feedback(lock: Lock) -> LockPosition:
    """What the switch at the bolt tells the station."""
    return lock.position()


@defect(
    "LOCK-D08",
    breaks=lock_feedback,
    area="locking",
    requirement="LCK-04",
    text="lock feedback repeats the command, so that a blocked lock is never noticed",
    source="ChargeX MREC CX001; OCPP 1.6 ChargePointErrorCode ConnectorLockFailure",
    physical=True,
)
def feedback_repeats_command(lock: Lock) -> LockPosition:
    """The switch is bridged: the station hears what it wants to hear."""
    return "locked" if lock.commanded else "unlocked"


class Lock:
    """One bistable lock: it keeps its place without power, and finishes a stroke from its own capacitor.

    ``kind`` is ``holster`` (keeps the connector in the station) or ``connector`` (keeps it in the vehicle).
    A lock that is not ``fitted`` stays unlocked whatever is asked of it.
    """

    def __init__(
        self,
        kind: Literal["holster", "connector"],
        *,
        fitted: bool,
        locked: bool,
        clock: Clock,
        grid: Grid,
        climate: Climate,
        conduct: Conduct,
    ) -> None:
        self.kind = kind
        self.fitted = fitted
        self.jammed = False
        self.climate = climate
        self.commanded = fitted and locked
        self._clock = clock
        self._grid = grid
        self._conduct = conduct
        self._from = 1.0 if self.commanded else 0.0
        self._speed = 0.0
        self._t0 = clock.monotonic()
        self._told: list[Callable[[LockPosition], None]] = []

    def drive(self, lock: bool) -> None:
        """Run the motor towards locked or unlocked. Without power nothing happens."""
        if not self.fitted or not self._grid.powered:
            return
        self.commanded = lock
        self._stop()
        travel = float("inf") if self.jammed else self._conduct(lock_travel_s)(self)
        self._speed = (1.0 if lock else -1.0) / travel
        way = (1.0 - self._from) if lock else self._from
        if self._speed and way:
            self._clock.call_later(way * travel, self._arrived, self._t0, self._speed)

    def feedback(self) -> LockPosition:
        """What the station's own switch says, which is not always true."""
        return self._conduct(lock_feedback)(self)

    def position(self) -> LockPosition:
        """Where the bolt really is; ``unknown`` between the ends."""
        at = self._at()
        return "locked" if at >= 1.0 else "unlocked" if at <= 0.0 else "unknown"

    @property
    def holds(self) -> bool:
        """Whether the bolt would withstand a pull: from half way on."""
        return self._at() >= 0.5

    def jam(self, jammed: bool = True) -> None:
        """Block the bolt where it is, or free it; freed, it moves again when next driven.

        Freeing one that nothing blocks changes nothing: a stroke that is under way goes on.
        """
        if jammed == self.jammed:
            return
        self._stop()
        self.jammed = jammed

    def on_move(self, tell: Callable[[LockPosition], None]) -> Callable[[], None]:
        """Be told when a stroke has ended, with the feedback then. Returns how to stop."""
        self._told.append(tell)
        return lambda: self._told.remove(tell)

    def _at(self) -> float:
        way = self._speed * (self._clock.monotonic() - self._t0)
        at = min(1.0, max(0.0, self._from + way))
        return round(at, 9)  # a stroke of 0.3 s ends although 0.1 + 0.2 is not 0.3

    def _stop(self) -> None:
        self._from, self._t0, self._speed = self._at(), self._clock.monotonic(), 0.0

    def _arrived(self, t0: float, speed: float) -> None:
        if (t0, speed) != (self._t0, self._speed):
            return  # it was stopped or turned round meanwhile
        self._from, self._speed = (1.0 if speed > 0 else 0.0), 0.0
        for tell in tuple(self._told):
            tell(self.feedback())
