from collections.abc import Callable
from contextlib import AbstractContextManager

from wattest.world import World

MakeWorld = Callable[..., AbstractContextManager[World]]
Wait = Callable[[World, float], None]


def test_stroke_takes_its_time_and_reports_its_end(world: World, wait: Wait) -> None:
    """A lock is neither open nor shut for 0.3 s, then says where it is."""
    lock = world.outlets[0].connector_lock
    heard: list[object] = []
    lock.on_move(lambda position: heard.append((world.clock.monotonic(), position)))
    lock.drive(True)
    assert (lock.position(), lock.feedback()) == ("unlocked", "unlocked")
    wait(world, 0.1)
    assert (lock.position(), lock.feedback()) == ("unknown", "unknown")
    assert [lock.holds] == [False]
    wait(world, 0.1)
    assert [lock.holds] == [True]
    wait(world, 0.1)
    assert lock.position() == "locked"
    wait(world, 1.0)
    assert heard == [(0.3, "locked")]


def test_stroke_turned_round_half_way_takes_half_the_time(world: World, wait: Wait) -> None:
    """Only the stroke that ends is reported."""
    lock = world.outlets[0].connector_lock
    heard: list[object] = []
    stop = lock.on_move(heard.append)
    lock.drive(True)
    wait(world, 0.15)
    lock.drive(False)
    wait(world, 0.15)
    assert lock.position() == "unlocked"
    wait(world, 1.0)
    assert heard == ["unlocked"]
    stop()
    lock.drive(True)
    wait(world, 1.0)
    assert heard == ["unlocked"]


def test_lock_keeps_its_place_without_power(world: World, wait: Wait) -> None:
    """A bistable lock neither opens in a power cut nor obeys without power."""
    lock = world.outlets[0].holster_lock
    world.grid.set_power(False)
    lock.drive(False)
    wait(world, 3600.0)
    assert lock.position() == "locked"
    world.grid.set_power(True)
    assert lock.position() == "locked"


def test_freeing_what_is_not_jammed_changes_nothing(world: World, wait: Wait) -> None:
    """A stroke under way goes on when somebody makes sure that nothing is jammed, as making safe does."""
    lock = world.outlets[0].connector_lock
    lock.drive(True)
    wait(world, 0.1)
    world.jam("connector", jammed=False)
    wait(world, 0.2)
    assert lock.position() == "locked"


def test_jammed_lock_stays_and_its_feedback_admits_it(world: World, wait: Wait) -> None:
    """A wedge stops the bolt where it is; freed, it moves when next driven."""
    lock = world.outlets[0].connector_lock
    lock.drive(True)
    wait(world, 0.15)
    world.jam("connector")
    wait(world, 1.0)
    assert (lock.position(), lock.feedback()) == ("unknown", "unknown")
    lock.drive(False)
    wait(world, 1.0)
    assert lock.position() == "unknown"
    world.jam("connector", jammed=False)
    wait(world, 1.0)
    assert lock.position() == "unknown"
    lock.drive(False)
    wait(world, 1.0)
    assert lock.position() == "unlocked"


def test_missing_lock_is_never_locked(make_world: MakeWorld, wait: Wait) -> None:
    """A station without locks ignores what is asked of them, and its plug is free."""
    with make_world(features=()) as world:
        outlet = world.outlets[0]
        outlet.connector_lock.drive(True)
        wait(world, 1.0)
        assert outlet.connector_lock.feedback() == "unlocked"
        outlet.vehicle.plug_in()
        assert outlet.vehicle.whereabouts() == "plugged in"


def test_frozen_holster_lock_thaws(make_world: MakeWorld, wait: Wait) -> None:
    """COLD-D07: below -20 degC the holster's bolt stays and says so, the connector's moves; warm, both move."""
    with make_world("COLD-D07") as world:
        outlet = world.outlets[0]
        world.climate.set_ambient(-40.0)
        world.climate.settle()
        outlet.holster_lock.drive(False)
        outlet.connector_lock.drive(True)
        wait(world, 5.0)
        assert (outlet.holster_lock.position(), outlet.holster_lock.feedback()) == ("locked", "locked")
        assert outlet.connector_lock.position() == "locked"
        world.climate.set_ambient(0.0)
        world.climate.settle()
        outlet.holster_lock.drive(False)
        wait(world, 1.0)
        assert outlet.holster_lock.position() == "unlocked"


def test_bridged_feedback_repeats_the_command(make_world: MakeWorld, wait: Wait) -> None:
    """LOCK-D08: a jammed lock looks locked to the station that asked for it."""
    with make_world("LOCK-D08") as world:
        lock = world.outlets[0].connector_lock
        world.jam("connector")
        lock.drive(True)
        wait(world, 1.0)
        assert (lock.position(), lock.feedback()) == ("unlocked", "locked")


def test_slow_lock_arrives_within_what_is_allowed(make_world: MakeWorld, wait: Wait) -> None:
    """V26: 1.2 s instead of 0.3 s."""
    with make_world("V26") as world:
        lock = world.outlets[0].holster_lock
        lock.drive(False)
        wait(world, 1.1)
        assert lock.position() == "unknown"
        wait(world, 0.1)
        assert lock.position() == "unlocked"
