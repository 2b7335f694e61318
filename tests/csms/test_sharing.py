"""How the current of a feeder is divided."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wattest.csms.sharing import shares

PLACES = st.lists(st.integers(1, 50), min_size=1, max_size=12, unique=True)


@given(st.floats(0, 400), PLACES, st.integers(0, 100))
def test_never_above_the_limit_and_never_too_little(limit: float, charging: list[int], turn: int) -> None:
    """The sum is at most the limit; each gets the same of 6 A and more, or nothing; as many are fed as can be."""
    given_a = shares(limit, charging, turn=turn, most_a=80.0)
    assert set(given_a) == set(charging)
    assert sum(given_a.values()) <= limit + 1e-6
    fed = [share for share in given_a.values() if share > 0]
    assert len(set(fed)) <= 1
    assert all(6.0 <= share <= 80.0 for share in fed)
    assert len(fed) == min(len(charging), int(limit / 6.0 + 1e-9))
    assert all(round(share, 1) == share for share in fed)


@given(PLACES, st.floats(6, 100))
def test_everybody_has_a_turn(charging: list[int], limit: float) -> None:
    """In as many turns as there are places, nobody pauses always."""
    fed = {
        place
        for turn in range(len(charging))
        for place, share in shares(limit, charging, turn=turn).items()
        if share > 0
    }
    assert fed == set(charging)


def test_nobody_charges() -> None:
    """Without vehicles there is nothing to divide."""
    assert shares(40.0, []) == {}
