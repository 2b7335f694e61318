"""A feeder as the steps see it: what fails, what is doubt, and what is a mistake of the scenario."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.roles import Reading
from wattest.steps import sharing
from wattest.steps.sharing import (
    check_fallback,
    check_shares,
    join_feeder,
    leave_feeder,
    limit_feeder,
    rotate_feeder,
    share_feeder,
)

if TYPE_CHECKING:
    from tests.steps.conftest import Stand

Currents = Callable[[float], tuple[float, ...]]


class FakeFeeder:
    """A feeder whose currents are a function of the seconds since the test began."""

    places = 3

    def __init__(self, stand: Stand, currents: Currents, word: str) -> None:
        self.stand, self.currents, self.word = stand, currents, word
        self.began = stand.clock.monotonic()
        self.done: list[tuple[Any, ...]] = []
        self.whole: Callable[[float], float] | None = None

    async def read(self) -> tuple[Reading, ...]:
        now = self.stand.clock.monotonic()
        return tuple(Reading(value, "A", now, u=0.05, seq=(1,)) for value in self.currents(now - self.began))

    async def read_group(self) -> Reading | None:
        if self.whole is None:
            return None
        now = self.stand.clock.monotonic()
        return Reading(self.whole(now - self.began), "A", now, u=0.05, seq=(2,))

    async def join(self, place: int) -> None:
        self.done.append(("join", place))

    async def leave(self, place: int) -> None:
        self.done.append(("leave", place))

    async def set_share(self, place: int, current_a: float) -> str:
        self.done.append((place, current_a))
        return self.word


def feeder(
    stand: Stand,
    currents: Currents,
    *,
    limit: float = 40.0,
    given: dict[int, float] | None = None,
    word: str = "Accepted",
) -> FakeFeeder:
    """Places 1 and 2 charge under 40 A with 20 A each, unless told otherwise."""
    made = FakeFeeder(stand, currents, word)
    stand.run_.feeder = made
    shares = given or {1: 20.0, 2: 20.0, 3: 0.0}
    charging = [place for place in shares if place < 3 or shares[place]]
    stand.run_.names[sharing.GROUP] = sharing.Group(limit, charging, given=shares)
    stand.run_.sheet = replace(stand.run_.sheet, fallback_current_a=6.0)

    async def set_limit(current: float, _evse: int) -> Any:
        made.done.append((1, current))
        return SimpleNamespace(status=word, seq=1)

    stand.run_.csms = SimpleNamespace(station=lambda: SimpleNamespace(set_limit=set_limit))  # type: ignore[assignment]
    return made


def test_less_is_given_before_more(stand: Stand) -> None:
    """Who gets less is told first, and who gets more after the others have had time to follow."""
    made = feeder(stand, lambda _t: (13.3, 13.3, 13.3))
    begin = stand.clock.monotonic()
    stand.do(join_feeder(stand.run_, place=3))
    assert made.done == [("join", 3), (1, 13.3), (2, 13.3), (3, 13.3)]
    assert stand.clock.monotonic() - begin >= sharing.LOWER_FIRST_S
    assert stand.checks()[-2:] == [("limit of the feeder", "pass"), ("the newcomer is served", "pass")]


def test_an_excursion_of_ten_seconds_is_allowed_and_of_eleven_not(stand: Stand) -> None:
    """The sum may be above the limit for so long at a stretch, and no longer; two short ones do not add up."""
    feeder(stand, lambda t: (20.0, 10.0 if t < 8 else 4.0, 0.0), limit=24.0)
    stand.do(limit_feeder(stand.run_, to=24.0))
    feeder(stand, lambda t: (20.0, 10.0 if t < 5 or 20 < t < 25 else 4.0, 0.0), limit=24.0)
    stand.do(limit_feeder(stand.run_, to=24.0))
    feeder(stand, lambda t: (20.0, 10.0 if t < 14 else 4.0, 0.0), limit=24.0)
    with pytest.raises(
        RequirementFailed, match=r"longest time above the limit of 24 A \(highest sum 30\.0 A\)"
    ):
        stand.do(limit_feeder(stand.run_, to=24.0))


def test_the_meter_of_the_whole_feeder_counts(stand: Stand) -> None:
    """Where it has one, its reading is held against the limit: stations on several phases draw less than their sum."""
    made = feeder(stand, lambda _t: (20.0, 10.0, 0.0), limit=24.0)
    made.whole = lambda _t: 23.0
    stand.do(limit_feeder(stand.run_, to=24.0))
    assert stand.checks()[-1] == ("limit of the feeder", "pass")
    made = feeder(stand, lambda _t: (12.0, 11.0, 0.0), limit=24.0)
    made.whole = lambda t: 24.5 if t < 20 else 23.0
    with pytest.raises(
        RequirementFailed, match=r"longest time above the limit of 24 A \(highest sum 24\.5 A\)"
    ):
        stand.do(limit_feeder(stand.run_, to=24.0))


def test_somebody_else_on_the_feeder_is_an_error_of_the_bench(stand: Stand) -> None:
    """More flows in than the places draw, and not only for a moment: nobody is judged by that."""
    made = feeder(stand, lambda _t: (12.0, 8.0, 0.0), limit=40.0)
    made.whole = lambda t: 23.0 if t > 10 else 20.0
    with pytest.raises(BenchError) as stopped:
        stand.do(limit_feeder(stand.run_, to=40.0))
    assert str(stopped.value) == (
        "The meter of the whole feeder reads 23.0 A, and its places together draw 20.0 A: somebody else hangs on the feeder, "
        "or a meter is not where the bench file says."
    )
    made = feeder(stand, lambda _t: (12.0, 8.0, 0.0), limit=40.0)
    made.whole = lambda t: 23.0 if 10 < t < 20 else 20.0
    stand.do(limit_feeder(stand.run_, to=40.0))
    assert stand.checks()[-1] == ("limit of the feeder", "pass")


def test_a_newcomer_who_is_not_served(stand: Stand) -> None:
    """LOD-05 fails, and LOD-01 does not, when the limit is held and the newcomer gets nothing."""
    feeder(stand, lambda _t: (0.0, 13.3, 13.3))
    stand.run_.names[sharing.GROUP] = sharing.Group(40.0, [2, 3], given={1: 0.0, 2: 20.0, 3: 20.0})
    with pytest.raises(RequirementFailed, match="did not come within 30 s"):
        stand.do(join_feeder(stand.run_, place=1))
    failed = [note for note in stand.notes if note["kind"] == "check" and note["outcome"] == "fail"]
    assert [note["requirements"] for note in failed] == [("LOD-05",)]


def test_what_a_leaver_took_is_not_given_out(stand: Stand) -> None:
    """A station that stays at its old share fails after the time for it."""
    feeder(stand, lambda _t: (20.0, 0.0, 0.0))
    with pytest.raises(
        RequirementFailed, match=r"A current of 36\.0 A at least at place 1 did not come within 60 s"
    ):
        stand.do(leave_feeder(stand.run_, place=2))


@pytest.mark.parametrize(
    ("current", "outcome"), [(20.0, "pass"), (18.5, "pass"), (21.5, "pass"), (17.0, "fail"), (23.0, "fail")]
)
def test_fair_shares(stand: Stand, current: float, outcome: str) -> None:
    """Within 10 % of what the others draw who were given the same, above and below."""
    feeder(stand, lambda _t: (current, 20.0, 0.0))
    if outcome == "fail":
        with pytest.raises(RequirementFailed, match="gap between equal shares"):
            stand.do(check_shares(stand.run_))
    else:
        stand.do(check_shares(stand.run_))
        assert [found for _, found in stand.checks()] == ["pass", "pass"]


def test_a_pause_is_a_pause(stand: Stand) -> None:
    """Who was given nothing draws nothing."""
    feeder(stand, lambda _t: (0.0, 8.0, 8.0), given={1: 0.0, 2: 8.0, 3: 8.0})
    stand.do(check_shares(stand.run_))
    feeder(stand, lambda _t: (6.0, 8.0, 8.0), given={1: 0.0, 2: 8.0, 3: 8.0})
    with pytest.raises(RequirementFailed, match="The current of a station that pauses"):
        stand.do(check_shares(stand.run_))


def test_others_that_draw_nothing_are_no_measure(stand: Stand) -> None:
    """A comparison with idle stations decides nothing."""
    feeder(stand, lambda _t: (20.0, 0.0, 0.0))
    with pytest.raises(Inconclusive, match="there is nothing to compare with"):
        stand.do(check_shares(stand.run_))


@pytest.mark.parametrize(
    ("currents", "sentence"),
    [
        (lambda t: (20.0 if t < 40 else 6.0, 20.0, 0.0), None),
        (lambda t: (20.0 if t < 40 else 0.0, 20.0, 0.0), None),
        (lambda t: (20.0 if t < 70 else 6.0, 20.0, 0.0), "came after 70 s; 60 s are allowed"),
        (lambda _t: (20.0, 20.0, 0.0), "did not come within 60 s"),
        (lambda t: (6.0 if 30 < t < 50 else 20.0, 20.0, 0.0), "did not come within 60 s"),
    ],
    ids=["in time", "a pause", "late", "never", "not for long"],
)
def test_fallback(stand: Stand, currents: Currents, sentence: str | None) -> None:
    """At or below the declared fallback within 60 s, and there it stays."""
    feeder(stand, currents)
    if sentence is None:
        stand.do(check_fallback(stand.run_))
        assert stand.checks() == [("fallback without the controller", "pass")]
    else:
        with pytest.raises(RequirementFailed, match=sentence):
            stand.do(check_fallback(stand.run_))


def test_a_station_that_drew_little_before_shows_no_fallback(stand: Stand) -> None:
    """Where the current was low already, nothing can be seen to fall."""
    feeder(stand, lambda _t: (6.0, 20.0, 0.0))
    with pytest.raises(Inconclusive, match="which is no more than its fallback"):
        stand.do(check_fallback(stand.run_))


def test_turns(stand: Stand) -> None:
    """With 16 A for three, two are fed, and each turn another pauses."""
    made = feeder(stand, lambda _t: (0.0, 8.0, 8.0), limit=16.0, given={1: 8.0, 2: 8.0, 3: 0.0})
    stand.run_.names[sharing.GROUP].charging = [1, 2, 3]
    stand.do(rotate_feeder(stand.run_))
    assert made.done == [(1, 0.0), (3, 8.0)]


def test_a_refused_share(stand: Stand) -> None:
    """Refused by the station under test it is its failure; by a station of the bench, the bench's."""
    feeder(stand, lambda _t: (0.0, 0.0, 0.0), word="Rejected", given={1: 0.0, 2: 20.0, 3: 0.0})
    with pytest.raises(BenchError, match="place 2 answered 'Rejected' to a share of 10 A"):
        stand.do(limit_feeder(stand.run_, to=20.0))
    feeder(stand, lambda _t: (0.0, 0.0, 0.0), word="Rejected")
    with pytest.raises(RequirementFailed, match="The answer to a share of 10 A is 'Rejected'"):
        stand.do(limit_feeder(stand.run_, to=20.0))


def test_mistakes_of_a_scenario(stand: Stand) -> None:
    """A step without a feeder, before somebody is in charge, or about a place where nobody charges says so."""
    with pytest.raises(BenchError, match="Nobody is in charge of the feeder yet"):
        stand.do(limit_feeder(stand.run_, to=20.0))
    with pytest.raises(BenchError, match="the bench has none; put 'feeder' under 'needs:'"):
        stand.do(share_feeder(stand.run_, limit=40.0))
    feeder(stand, lambda _t: (0.0, 0.0, 0.0))
    with pytest.raises(BenchError, match=r"Nobody of the bench charges at place 3; \[1, 2\] do."):
        stand.do(leave_feeder(stand.run_, place=3))
    stand.run_.sheet = replace(stand.run_.sheet, fallback_current_a=None)
    with pytest.raises(BenchError, match="states no fallback_current"):
        stand.do(check_fallback(stand.run_))
