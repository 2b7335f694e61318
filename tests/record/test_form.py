from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.errors import RecordError
from wattest.record.form import ZEROS, digest, encode, seal_holds, utc_text, with_seal

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def written(**fields: Any) -> dict[str, Any]:
    """The fields as a reader of the line gets them."""
    entry = orjson.loads(encode(7, 1.0, utc_text(NOON), "reading", fields, ZEROS))
    assert list(entry)[:4] == ["seq", "t", "utc", "kind"]
    assert list(entry)[-1] == "prev"
    return {name: value for name, value in entry.items() if name in fields}


class Position(Enum):
    LOCKED = "locked"


@dataclass(frozen=True)
class Figure:
    value: float
    flags: frozenset[str] = frozenset()
    more: Mapping[str, Any] = field(default_factory=dict)


def as_read(value: Any) -> Any:
    """What a reader should get for a value, told independently of the code that writes it."""
    match value:
        case bool() | None:
            return value
        case str():
            return "".join(c if not 0xD800 <= ord(c) <= 0xDFFF else f"\\u{ord(c):04x}" for c in value)
        case int():
            return value if -(2**63) <= value < 2**64 else str(value)
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return str(value)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case frozenset():
            return sorted(as_read(part) for part in value)
        case list() | tuple():
            return [as_read(part) for part in value]
        case Figure():
            return {"value": as_read(value.value), "flags": as_read(value.flags), "more": as_read(value.more)}
        case Mapping():
            return {as_read(name): as_read(part) for name, part in value.items()}
    raise AssertionError(value)


text = st.text(st.characters(codec="utf-8"), max_size=8)
wild_text = st.text(st.characters(exclude_categories=()), max_size=8)
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    text,
    wild_text,
    st.decimals(),
    st.datetimes(
        datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis wants naive bounds
        datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3, minutes=-30))]),
    ),
    st.frozensets(text, max_size=3),
)
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(text, inner, max_size=3),
        st.dictionaries(text, inner, max_size=3).map(MappingProxyType),
        st.builds(
            Figure, st.floats(), st.frozensets(text, max_size=3), st.dictionaries(text, inner, max_size=2)
        ),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(values)
def test_every_supported_value_comes_back_as_documented(value: Any) -> None:
    """Whatever may be noted reads back as the documentation says, one way for each kind of value."""
    assert written(value=value) == {"value": as_read(value)}


@settings(deadline=None)
@given(
    st.dictionaries(
        wild_text.filter(lambda name: name not in {"seq", "t", "utc", "kind", "prev", "seal"}), st.integers()
    )
)
def test_every_name_can_be_written(fields: dict[str, int]) -> None:
    """Names of fields may hold anything that text may."""
    entry = orjson.loads(encode(0, 0.0, utc_text(NOON), "x", fields, ZEROS))
    assert set(entry) >= {as_read(name) for name in fields}


def test_values_with_a_word_of_their_own() -> None:
    """Dates, paths, enums and names that are no text are written as text; wild ones beside them change nothing."""
    fields = {
        "on": date(2026, 7, 1),
        "path": PurePosixPath("a/b"),
        "lock": Position.LOCKED,
        "zones": {3: "c"},
    }
    told = {"on": "2026-07-01", "path": "a/b", "lock": "locked", "zones": {"3": "c"}}
    assert written(**fields) == told
    assert written(**fields, wild="\ud800") == {**told, "wild": "\\ud800"}
    del fields["zones"], told["zones"]
    assert written(**fields) == told


def test_sets_of_mixed_things_have_an_order() -> None:
    """A set that cannot be compared is sorted by what its parts look like, the same on every run."""
    assert written(value=frozenset({2, "b", Decimal(1), None})) == {"value": ["1", "b", 2, None]}


def test_a_moment_that_utc_cannot_express_keeps_its_zone() -> None:
    """The first hours of the year 1, east of Greenwich, are no reason to stop a run."""
    dawn = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    assert utc_text(dawn) == "0001-01-01T00:00:00.000000+05:00"
    assert written(value=dawn) == {"value": "0001-01-01T00:00:00.000000+05:00"}


def test_t_has_six_decimals() -> None:
    """Monotonic time is rounded to the microsecond."""
    assert orjson.loads(encode(0, 1.23456789, utc_text(NOON), "x", {}, ZEROS))["t"] == 1.234568


def test_what_cannot_be_written_is_named_with_its_place() -> None:
    """Bytes, naive times, reserved names and bottomless nesting are refused, each in a sentence."""
    with pytest.raises(RecordError) as refused:
        written(value={"rx": [b"\x00"]})
    assert str(refused.value) == (
        "The field reading.value.rx[0] is of type bytes, which the record cannot hold: give text, a number, "
        "a Decimal, an aware datetime, a list, a mapping, a set or a dataclass of these."
    )
    with pytest.raises(RecordError) as refused:
        written(due=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the mistake
    assert str(refused.value) == (
        "The field reading.due is 2026-01-01T00:00:00 without a time zone: make it aware, in UTC."
    )
    with pytest.raises(RecordError) as refused:
        written(t=1, seq=2)
    assert str(refused.value) == (
        "An entry of kind 'reading' cannot have a field named seq, t: every line has that itself."
    )
    deep: list[Any] = []
    deep.append(deep)
    with pytest.raises(
        RecordError, match=r"\[0\] is nested deeper than 200 levels: the record cannot hold it\.$"
    ):
        written(value=deep)
    with pytest.raises(RecordError, match=r"^The field reading\.value is of type type, which"):
        written(value=Figure)
    with pytest.raises(RecordError, match=r"^The field reading\.value\[in a set\] is of type object, which"):
        written(value=frozenset({object(), 1}))


def test_a_seal_covers_all_that_stands_before_it() -> None:
    """Changing any byte of a sealed footer breaks its seal."""
    footer = with_seal(encode(3, 0.0, utc_text(NOON), "footer", {"verdicts": {"A": "fail"}}, ZEROS))
    assert seal_holds(footer)
    assert footer.endswith(b',"seal":"%b"}' % digest(footer[:-75]).encode())
    for index in range(len(footer)):
        assert not seal_holds(footer[:index] + bytes([footer[index] ^ 1]) + footer[index + 1 :])


def test_ordinary_values_beside_a_wild_one_stay_as_they_are() -> None:
    """An integer beyond 64 bits becomes text, and numbers, truths and nothing beside it stay what they were."""
    given_values = [2**70, 7, 1.5, math.nan, True, None, Decimal("1.20"), Figure(2.0)]
    assert written(value=given_values) == {
        "value": [
            "1180591620717411303424",
            7,
            1.5,
            None,
            True,
            None,
            "1.20",
            {"value": 2.0, "flags": [], "more": {}},
        ]
    }
