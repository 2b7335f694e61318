from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

import pytest

from wattest.document.quantity import Current, Duration
from wattest.document.signature import (
    REQUIRED,
    FromStep,
    Made,
    Saved,
    described,
    returned_by,
    shape_of,
)

if TYPE_CHECKING:
    from wattest.roles import Reading as Unseen
    from wattest.roles import Surroundings as Context


async def charge(run: Context, *, current: Current, for_: Duration = 5.0) -> int:
    """Let the vehicle take energy.

    More on that.

    Args:
        run: not an argument of a document
        current: per phase,
            as measured
        for_ (Duration): how long

    Returns:
        What was taken.
    """
    del run
    return int(current * for_)


@dataclass(frozen=True)
class Entry:
    uid: str
    id_: int = 3
    names: tuple[str, ...] = field(default_factory=tuple)
    made: int = field(init=False, default=0)


def test_keyword_only_parameters_are_the_keys() -> None:
    """The run in front is not a key, even when its type cannot be resolved; trailing underscores fall."""
    shape = shape_of(charge)
    assert [(one.name, one.keyword, one.required, one.default) for one in shape.parameters] == [
        ("current", "current", True, REQUIRED),
        ("for", "for_", False, 5.0),
    ]
    assert shape.find("for") is shape.parameters[1]
    assert shape.find("for_") is None
    assert repr(REQUIRED) == "REQUIRED"


def test_fields_of_a_dataclass_are_the_keys() -> None:
    """Defaults and default factories count, fields that are not given do not."""
    assert [(one.name, one.default) for one in shape_of(Entry).parameters] == [
        ("uid", REQUIRED),
        ("id", 3),
        ("names", ()),
    ]


def test_an_annotation_is_needed() -> None:
    """Without an annotation nobody knows how to read a value: that is said of the function."""

    def bad(*, x) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        """Has no annotation."""

    with pytest.raises(TypeError) as refusal:
        shape_of(bad)
    assert str(refusal.value).endswith("bad: parameter 'x' has no annotation, so it cannot be read")


def test_an_annotation_must_be_resolvable() -> None:
    """A type imported for type checkers only is named, with the way out."""

    def bad(*, x: Unseen) -> None:
        """Uses a type that is not there."""

    with pytest.raises(TypeError) as refusal:
        shape_of(bad)
    assert str(refusal.value).endswith(
        "bad: the annotation of 'x' cannot be resolved (name 'Unseen' is not defined);"
        " import its types at run time, not under TYPE_CHECKING"
    )


def test_what_a_function_returns() -> None:
    """None, a type, or nobody knows."""

    def nothing() -> None: ...

    def unsaid():  # type: ignore[no-untyped-def]  # noqa: ANN202
        ...

    def unseen() -> Unseen:
        raise AssertionError

    assert returned_by(charge) is int
    assert returned_by(nothing) is None
    assert returned_by(unsaid) is Any
    assert returned_by(unseen) is Any


def test_a_docstring_is_help() -> None:
    """The arguments' part of a docstring goes to the arguments, the rest to the verb."""
    text, arguments = described(charge)
    assert text == "Let the vehicle take energy.\n\nMore on that.\n\nReturns:\n    What was taken."
    assert arguments == {
        "run": "not an argument of a document",
        "current": "per phase, as measured",
        "for": "how long",
    }
    assert described(test_a_docstring_is_help)[1] == {}


def test_marks_say_what_they_stand_for() -> None:
    """``Saved[T]`` marks T as coming from a step; a made value is called by its function."""
    assert get_args(Saved[int]) == (int, FromStep())
    assert Made(charge).spoken == "a charge"

    def _entry() -> None: ...

    assert Made(_entry).spoken == "an entry"
