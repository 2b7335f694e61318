"""An accuracy profile: at which currents a meter is tried, against which limit, and by which rule it is decided."""

from __future__ import annotations

from dataclasses import dataclass

from wattest.errors import BenchError
from wattest.model.requirement import Provenance


@dataclass(frozen=True)
class Point:
    """One current at which energy is compared: ``current_a``, or else ``share`` (percent) of the rated current.

    ``mmq_times`` says how many minimum measured quantities are to flow. ``proves`` is the requirement it counts for.
    """

    id: str
    current_a: float | None
    share: float | None
    mmq_times: float = 1.0
    proves: str | None = None
    note: str = ""

    def amperes(self, rated_a: float) -> float:
        """The current to charge at, per phase."""
        return self.current_a if self.current_a is not None else rated_a * (self.share or 0.0) / 100.0


@dataclass(frozen=True)
class LimitAt:
    """A limit by its id, from one air temperature to another (both included); None is no bound."""

    limit: str
    from_c: float | None = None
    to_c: float | None = None

    def holds_at(self, air_c: float) -> bool:
        """Whether it is the limit at this temperature."""
        return (self.from_c is None or self.from_c <= air_c) and (self.to_c is None or air_c <= self.to_c)


@dataclass(frozen=True)
class Profile:
    """``mmq`` and ``repeat_limit`` are ids of limits, ``rule`` is the id of a decision rule.

    ``repeats`` is how many runs in a row repeatability needs. With several ``limits`` the air temperature chooses.
    """

    id: str
    title: str
    source: str
    edition: str
    provenance: Provenance
    limits: tuple[LimitAt, ...]
    rule: str
    points: tuple[Point, ...]
    mmq: str | None = None
    repeats: int = 3
    repeat_limit: str | None = None
    note: str = ""

    @property
    def by_temperature(self) -> bool:
        """Whether somebody must measure the air before a limit is known."""
        return len(self.limits) > 1

    def limit_at(self, air_c: float | None) -> str:
        """Id of the limit at an air temperature; the first of two that meet there, which is the tighter one.

        Raises ``BenchError`` when it hangs on a temperature that nobody measured, or that the profile does not reach.
        """
        if not self.by_temperature and self.limits[0].from_c is None and self.limits[0].to_c is None:
            return self.limits[0].limit
        if air_c is None:
            raise BenchError(
                f"The limit of profile '{self.id}' hangs on the temperature of the air, and nobody measures it: the bench "
                "needs a chamber."
            )
        for one in self.limits:
            if one.holds_at(air_c):
                return one.limit
        raise BenchError(f"Profile '{self.id}' has no limit at {air_c:g} degC.")

    def point(self, name: str) -> Point:
        """A point by its name; ``BenchError`` names those there are."""
        for one in self.points:
            if one.id == name:
                return one
        known = ", ".join(one.id for one in self.points)
        raise BenchError(f"Profile '{self.id}' has no point '{name}'; there are {known}.")
