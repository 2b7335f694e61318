from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest

from wattest.document.quantity import Current, Duration
from wattest.document.signature import Between, Known, Pattern
from wattest.model.describe import described_verb, example, signature
from wattest.model.verb import CardName, Saved, verb_of


async def everything(
    run: object,
    *,
    current: Current,
    within: Duration | None = 60.0,
    either: Current | Literal["max", "min"],
    cards: tuple[CardName, ...],
    paid: Saved[int],
    port: Annotated[int, Between(1, 9)],
    colour: Annotated[str, Known("colour")],
    id_: Annotated[str, Pattern("[A-Z]", "a letter")],
    ratio: float,
    price: Decimal,
    count: int,
    sure: bool,
    action: dict[str, str],
) -> Any:
    """Takes all there is."""


async def nothing(run: object) -> None:
    """Takes nothing."""


async def perhaps(run: object, *, current: Current | None = None, times: int = 1) -> int:
    """Takes what it gets."""
    return 1


async def settled(run: object, *, within: Duration = 5.0) -> None:
    """Has a default for everything."""


async def sole(run: object, *, cards: list[CardName], within: Duration = 5.0) -> None:
    """Takes one thing."""


def test_a_signature_on_one_line() -> None:
    """Units, words and kinds stand where values would."""
    assert signature(verb_of(everything)) == (
        "everything: {current: <A>, within: <s> = 1 min, either: <A> or max|min, cards: [<card>], paid: $saved,"
        " port: <number>, colour: <colour>, id: <text>, ratio: <number>, price: <number>, count: <number>,"
        " sure: yes|no, action: {...}}"
    )
    assert signature(verb_of(nothing)) == "nothing"


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (
            everything,
            "- everything: {current: 16 A, either: 16 A, cards: [driver], paid: $paid, port: 1, colour: colour, id: text, ratio: 1.5, price: 1.5, count: 3, sure: yes, action: {}}",
        ),
        (nothing, "- nothing"),
        (perhaps, "- perhaps: {current: 16 A}"),
        (settled, "- settled"),
        (sole, "- sole: [driver]"),
    ],
)
def test_an_example_to_paste(function: Any, text: str) -> None:
    """Required arguments, or else the first that has no default, with a value of the right kind."""
    assert example(verb_of(function)) == text


def test_what_a_verb_saves_is_named() -> None:
    """The type saved, something when nobody says, nothing when there is nothing."""
    said = [described_verb(verb_of(one))["returns"] for one in (perhaps, everything, nothing)]
    assert said == ["int", "something", None]
