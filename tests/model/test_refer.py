from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import pytest

from wattest.document.decode import BAD
from wattest.document.node import Problems, Text
from wattest.document.quantity import Energy
from wattest.errors import Place
from wattest.model.refer import Names, attributes_of
from wattest.model.scenario import Reference, Scenario

Reads = Callable[[str], tuple[Scenario, ...]]
Complains = Callable[[str], list[str]]

SAVED = "  - expect_transaction: {save_as: paid}\n  - expect_something: {save_as: thing, proves: [AUT-02]}\n"


@pytest.mark.parametrize(
    ("argument", "reference"),
    [
        ("reported: $paid.energy_wh", Reference("paid", ("energy_wh",))),
        ("reported: $paid.energy_kwh", Reference("paid", ("energy_kwh",))),
        ("took: $paid.duration_s", Reference("paid", ("duration_s",))),
        ("count: $paid.energy_wh", Reference("paid", ("energy_wh",))),
        ("text: $paid.id", Reference("paid", ("id",))),
        ("reported: $thing.whatever.it_is", Reference("thing", ("whatever", "it_is"))),
    ],
)
def test_a_saved_value_is_referred_to(steps: Reads, argument: str, reference: Reference) -> None:
    """``$name.attribute`` reaches into what a step saved, as far as its type allows."""
    (one,) = steps(f"{SAVED}  - compare_number: {{{argument}}}\n")
    assert reference in one.steps[2].arguments.values()
    assert str(reference) == "$" + ".".join((reference.name, *reference.path))


def test_a_price_in_dollars_is_no_reference(steps: Reads) -> None:
    """Text that begins with a dollar and a digit stays text."""
    (one,) = steps(f"{SAVED}  - compare_number: {{text: $5 or less}}\n")
    assert one.steps[2].arguments == {"text": "$5 or less"}


def test_a_whole_saved_value_is_referred_to(steps: Reads) -> None:
    """``Saved[T]`` takes what a step of that type saved, also where it is optional."""
    (one,) = steps(f"{SAVED}  - compare_energy: {{transaction: $paid, since: $thing}}\n")
    assert one.steps[2].arguments == {"transaction": Reference("paid"), "since": Reference("thing")}


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("reported: $paid.enrgy_wh", "a Transaction has no 'enrgy_wh'; did you mean 'energy_wh'?"),
        ("reported: $paid.states", "'$paid.states' is a tuple; an energy such as '2 kWh' is needed here"),
        (
            "reported: $paid.duration_s",
            "'$paid.duration_s' is a float; an energy such as '2 kWh' is needed here",
        ),
        (
            "ratio: $paid.energy_wh",
            "'$paid.energy_wh' is a Decimal; a percentage such as '1.0 %' is needed here",
        ),
        ("took: $paid.energy_kwh", "'$paid.energy_kwh' is an energy; a time such as '30 s' is needed here"),
        ("text: $paid.energy_wh", "'$paid.energy_wh' is a Decimal; text is needed here"),
        ("count: $paid.id", "'$paid.id' is a str; a whole number is needed here"),
        ("text: $paid", "'$paid' is a Transaction; text is needed here"),
    ],
)
def test_says_why_a_reference_does_not_fit(step_complaints: Complains, argument: str, sentence: str) -> None:
    """A wrong attribute, a wrong type or a wrong dimension is found before the run."""
    found = step_complaints(f"{SAVED}  - compare_number: {{{argument}, proves: [AUT-02]}}\n")
    assert [line.split(": ", 1)[1] for line in found] == [sentence]


def test_says_what_kind_of_saved_value_is_needed(step_complaints: Complains) -> None:
    """A part of a transaction is not a transaction."""
    found = step_complaints(f"{SAVED}  - compare_energy: {{transaction: $paid.id}}\n")
    assert [line.split(": ", 1)[1] for line in found] == ["'$paid.id' is a str; a Transaction is needed here"]


def test_sees_what_types_have_and_forgives_what_it_cannot_see() -> None:
    """Attributes come from annotations and properties; where Python cannot tell, anything may be there."""

    class Vague:
        seen: "NoSuchType"  # type: ignore[name-defined]  # noqa: F821, UP037

        @property
        def lazy(self) -> "NoSuchType":  # type: ignore[name-defined]  # noqa: F821, UP037
            raise AssertionError

    assert attributes_of(Vague) == {"seen": Any, "lazy": Any}
    assert attributes_of(Annotated[Vague, "mark"]) == {"seen": Any, "lazy": Any}
    assert attributes_of(Vague | None) == {"seen": Any, "lazy": Any}
    assert attributes_of(Vague | int) is None
    assert attributes_of(list[int]) is None


@pytest.mark.parametrize(
    ("found", "kind", "fits"),
    [
        (Any, int, True),
        (int, Any, True),
        (list[int], tuple[int, ...], True),
        (str, int | str, True),
        (bytes, int | str, False),
        (Annotated[float, "mark"], Energy, True),
        (Annotated[str, "mark"], Energy, False),
    ],
)
def test_types_agree_when_nothing_speaks_against_it(found: Any, kind: Any, fits: bool) -> None:
    """Unknown and parametrised types are given the benefit of the doubt; plain ones are held to it."""
    problems = Problems("f.yaml")
    node = Text("$x", Place("f.yaml", 1, 1))
    assert (Names(problems, {"x": found}).refer(node, kind) is not BAD) == fits
