from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest.clock import VirtualClock
from wattest.errors import InstrumentError
from wattest_instruments.chambers.walk import STEP_S, Walk, along

temperatures = st.floats(-60.0, 80.0)


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock


class Chamber:
    """Remembers when it was given which set point; each takes a while."""

    def __init__(self, clock: VirtualClock, takes_s: float = 0.0) -> None:
        self.clock = clock
        self.takes_s = takes_s
        self.heard: list[tuple[float, float]] = []
        self.fails = False

    async def send(self, point_c: float) -> None:
        await self.clock.sleep(self.takes_s)
        if self.fails:
            raise InstrumentError("the chamber does not answer")
        self.heard.append((self.clock.monotonic(), point_c))


@given(temperatures, temperatures, st.floats(0.1, 5.0), st.floats(0.0, 1e5))
def test_set_point_never_leaves_the_ramp(start: float, target: float, ramp: float, elapsed: float) -> None:
    """It lies between begin and target, no further from the begin than the ramp allows, and ends at the target."""
    point = along(start, target, ramp, elapsed)
    assert min(start, target) <= point <= max(start, target)
    assert abs(point - start) <= ramp * elapsed / 60.0 + 1e-9
    assert along(start, target, ramp, 60.0 * abs(target - start) / ramp + 1.0) == target


def test_it_steps_every_half_minute_and_ends_at_the_target(clock: VirtualClock) -> None:
    """At 1 K/min from 20 to 18.2 degC: half a kelvin each, the target last, and then silence."""
    chamber, walk = Chamber(clock), Walk(clock)

    async def live() -> None:
        walk.start(20.0, 18.2, 1.0, chamber.send)
        await clock.sleep(3600.0)

    clock.run(live())
    assert chamber.heard == [(30.0, 19.5), (60.0, 19.0), (90.0, 18.5), (120.0, 18.2)]
    assert walk.problem is None


def test_late_step_is_not_lost(clock: VirtualClock) -> None:
    """A chamber that takes 20 s for each step ends at the same time: the position follows from the clock."""
    chamber, walk = Chamber(clock, takes_s=20.0), Walk(clock)

    async def live() -> None:
        walk.start(20.0, 10.0, 1.0, chamber.send)
        await clock.sleep(3600.0)

    clock.run(live())
    times = [t for t, _ in chamber.heard]
    assert times[-1] <= 600.0 + 2 * STEP_S + 20.0
    assert all(point == pytest.approx(20.0 - (t - 20.0) / 60.0) for t, point in chamber.heard[:-1])
    assert chamber.heard[-1][1] == 10.0


def test_stop_waits_for_a_step_under_way_and_lets_no_other_follow(clock: VirtualClock) -> None:
    """When stop returns, the last step has been said and no more will be."""
    chamber, walk = Chamber(clock, takes_s=5.0), Walk(clock)

    async def live() -> None:
        await walk.stop()
        walk.start(20.0, 0.0, 1.0, chamber.send)
        await clock.sleep(32.0)
        assert chamber.heard == []
        await walk.stop()
        assert chamber.heard == [(35.0, 19.5)]
        assert clock.monotonic() == 35.0
        await walk.stop()
        await clock.sleep(3600.0)
        assert len(chamber.heard) == 1
        assert len(asyncio.all_tasks()) == 1

    clock.run(live())


def test_stop_while_a_step_waits_for_its_turn(clock: VirtualClock) -> None:
    """A stop that is asked for together with a step leaves nothing running, whichever comes first."""
    chamber, walk = Chamber(clock), Walk(clock)

    async def live() -> None:
        walk.start(20.0, 0.0, 1.0, chamber.send)
        await clock.sleep(STEP_S)
        await walk.stop()
        said = len(chamber.heard)
        await clock.sleep(3600.0)
        assert len(chamber.heard) == said

    clock.run(live())


def test_stop_that_ran_out_of_patience_still_ends_the_walk(clock: VirtualClock) -> None:
    """A step that takes too long outlives the patience of whoever stops it, and is the last one all the same."""
    chamber, walk = Chamber(clock, takes_s=20.0), Walk(clock)

    async def live() -> None:
        walk.start(20.0, 0.0, 1.0, chamber.send)
        await clock.sleep(STEP_S + 1.0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5.0):
                await walk.stop()
        await walk.stop()
        await clock.sleep(3600.0)
        assert chamber.heard == [(50.0, 19.5)]
        assert len(asyncio.all_tasks()) == 1

    clock.run(live())


def test_step_that_fails_ends_the_walk_and_is_remembered(clock: VirtualClock) -> None:
    """The set point stays where it is; the problem is kept until the next walk."""
    chamber, walk = Chamber(clock), Walk(clock)

    async def live() -> None:
        walk.start(20.0, 0.0, 1.0, chamber.send)
        await clock.sleep(40.0)
        chamber.fails = True
        await clock.sleep(3600.0)
        assert str(walk.problem) == "the chamber does not answer"
        assert len(chamber.heard) == 1
        await walk.stop()
        assert walk.problem is None

    clock.run(live())
