from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.clock import VirtualClock
from wattest.errors import BenchError


def test_starts_at_zero_and_at_the_given_wall_time(clock: VirtualClock) -> None:
    """A new clock says 0.0 and the wall time it was made with, in UTC."""
    assert clock.monotonic() == 0.0
    assert clock.utc() == datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
    winter = timezone(timedelta(hours=-5))
    with VirtualClock(datetime(2026, 2, 1, 7, 0, tzinfo=winter)) as other:
        assert other.utc().isoformat() == "2026-02-01T12:00:00+00:00"


def test_refuses_a_start_without_time_zone() -> None:
    """A naive start is refused with the way out."""
    with pytest.raises(BenchError) as refused:
        VirtualClock(datetime(2026, 1, 15))  # noqa: DTZ001 - that is the mistake
    assert (
        str(refused.value)
        == "A clock cannot start at 2026-01-15T00:00:00: it names no time zone. Add tzinfo=UTC."
    )


def test_a_sixteen_hour_soak_is_exact(clock: VirtualClock) -> None:
    """Sleeping moves monotonic and wall time by exactly the duration."""
    clock.run(clock.sleep(16 * 3600))
    assert clock.monotonic() == 57600.0
    assert clock.utc() == datetime(2026, 1, 16, 4, 0, tzinfo=UTC)


def test_run_returns_the_result_and_raises_the_error(clock: VirtualClock) -> None:
    """A coroutine's result and its exception come out of run unchanged."""

    async def answer() -> int:
        return 42

    async def fail() -> None:
        raise ValueError("out of range")

    assert clock.run(answer()) == 42
    with pytest.raises(ValueError, match="out of range"):
        clock.run(fail())


@pytest.mark.timeout(30)
def test_thirty_days_of_heartbeats(clock: VirtualClock) -> None:
    """Ten stations beat every 300 s for 30 days, and the last beat falls on the very second."""
    beats = []

    async def beat(offset: float) -> None:
        await clock.sleep(offset)
        for number in range(1, 8641):
            await clock.sleep(300)
            beats.append(clock.monotonic() - offset - 300 * number)

    async def bench() -> None:
        await asyncio.gather(*(beat(offset) for offset in range(10)))

    clock.run(bench())
    assert clock.monotonic() == 30 * 86400 + 9
    assert len(beats) == 86400
    assert set(beats) == {0.0}


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e7), max_size=60))
def test_timers_fire_in_order_at_their_very_time(delays: list[float]) -> None:
    """Timers fire by time, those of one instant in the order they were set, each when the clock says its time."""
    fired: list[tuple[float, int]] = []
    with VirtualClock() as clock:

        def fire(index: int) -> None:
            fired.append((clock.monotonic(), index))

        for index, delay in enumerate(delays):
            clock.call_later(delay, fire, index)
        clock.run(clock.sleep(1e7))
    assert fired == sorted((delay, index) for index, delay in enumerate(delays))


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(1e-9, 1e5), st.integers(1, 4)), max_size=12), st.floats(0, 1e9))
def test_sleeps_end_when_they_should_however_late_it_is(naps: list[tuple[float, int]], late: float) -> None:
    """A sleep never ends before its time, decades into a run."""
    with VirtualClock() as clock:

        async def nap(seconds: float, times: int) -> None:
            for _ in range(times):
                end = clock.monotonic() + seconds
                await clock.sleep(seconds)
                assert clock.monotonic() == max(end, clock.monotonic())

        async def bench() -> None:
            await clock.sleep(late)
            await asyncio.gather(*(nap(*what) for what in naps))

        clock.run(bench())


def test_a_cancelled_timer_does_not_fire_nor_hold_the_time(clock: VirtualClock) -> None:
    """A cancelled timer is as if it had never been set."""
    fired: list[str] = []
    clock.call_later(5, fired.append, "cancelled").cancel()
    clock.call_later(7, fired.append, "kept")
    clock.run(clock.sleep(8))
    assert fired == ["kept"]


def test_a_timer_in_the_past_fires_at_once(clock: VirtualClock) -> None:
    """A negative delay fires now and does not move the time back."""
    fired: list[float] = []

    async def bench() -> None:
        await clock.sleep(10)
        clock.call_later(-5, lambda: fired.append(clock.monotonic()))
        await clock.sleep(0)
        await clock.sleep(0)

    clock.run(bench())
    assert fired == [10.0]


def test_refuses_a_timer_that_is_no_number(clock: VirtualClock) -> None:
    """NaN would break the order of all timers, so it is refused."""
    with pytest.raises(BenchError) as refused:
        clock.call_later(math.nan, print)
    assert str(refused.value) == "A timer was set for NaN seconds: some duration before it was not a number."


def test_timers_compare_only_with_timers_of_their_loop(clock: VirtualClock) -> None:
    """A timer has no order with anything else."""
    with pytest.raises(TypeError):
        _ = clock.call_later(1, print) < 3  # type: ignore[operator]


@settings(deadline=None)
@given(
    steps=st.lists(st.tuples(st.floats(0, 1e5), st.integers(-(10**6), 10**6)), max_size=10),
)
def test_wall_steps_do_not_move_monotonic_time(steps: list[tuple[float, int]]) -> None:
    """Stepping the wall clock moves utc by the step and monotonic time, with its timers, not at all."""
    with VirtualClock() as clock:
        start = clock.utc()
        told = 0
        for seconds, step in steps:
            before = clock.monotonic()
            clock.step_wall(step)
            told += step
            assert clock.monotonic() == before
            clock.run(clock.sleep(seconds))
            assert clock.monotonic() == before + seconds
            assert abs((clock.utc() - start).total_seconds() - told - clock.monotonic()) < 2e-6
