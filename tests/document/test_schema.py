from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import jsonschema_rs
import pytest

from wattest.document.quantity import Current, Duration, Money
from wattest.document.schema import Writer, dimension_of, written_default
from wattest.document.signature import Between, Known, Made, Parameter, Pattern, Saved, shape_of


@dataclass(frozen=True)
class Action:
    method: Literal["GET", "POST"]
    url: str = "/"


def _price(*, amount: Money) -> Decimal:
    """A price."""
    return amount


def bench(  # noqa: D417 - one argument with help, many without
    *,
    name: str,
    current: Current = 16.0,
    for_: Duration | None = None,
    state: Literal["on", "off"] = "on",
    dialect: Literal["1.6", "2.0.1"] = "1.6",
    port: Annotated[int, Between(0, 65535)] = 0,
    id_: Annotated[str, Pattern("[A-Z]+", "letters")] = "A",
    card: Annotated[str, Known("card")] = "driver",
    colour: Annotated[str, Known("colour")] = "red",
    day: date | None = None,
    plain: bool = False,
    count: int = 1,
    ratio: float = 1.0,
    price: Annotated[Decimal, Made(_price)] | None = None,
    pair: tuple[str, int] | None = None,
    names: tuple[str, ...] = ("a", "b"),
    actions: Mapping[str, Action] | None = None,
    anything: Any = None,
    note: Annotated[str, "another mark"] = "",
) -> None:
    """A bench of all types.

    Args:
        current: per phase
    """


def valid(instance: dict[str, Any], *, references: bool = False) -> bool:
    writer = Writer({"card": ["driver", "colleague"]}, references=references)
    schema = writer.document("T", writer.function(bench))
    return jsonschema_rs.validator_for(schema).is_valid(instance)


@pytest.mark.parametrize(
    "instance",
    [
        {"name": "x"},
        {"name": 12},
        {"name": "x", "current": "16 A", "for": "3 s"},
        {"name": "x", "for": None},
        {"name": "x", "state": False, "dialect": 1.6},
        {"name": "x", "state": "off", "dialect": "2.0.1"},
        {"name": "x", "port": 8180},
        {"name": "x", "port": "8180"},
        {"name": "x", "id": "ABC", "card": "colleague", "colour": "any"},
        {"name": "x", "day": "2026-01-31", "plain": "yes", "count": 3, "ratio": 1.5},
        {"name": "x", "plain": True, "count": "3", "ratio": "1.5"},
        {"name": "x", "price": {"amount": "-1.50 CAD"}, "pair": ["a", 1], "names": ["a"]},
        {"name": "x", "actions": {"go": {"method": "GET"}}, "anything": [1, {"a": None}], "note": "n"},
    ],
)
def test_accepts_what_the_reader_accepts(instance: dict[str, Any]) -> None:
    """What an editor makes of a good document satisfies the schema."""
    assert valid(instance)


@pytest.mark.parametrize(
    "instance",
    [
        {},
        {"name": "x", "current": "16 s"},
        {"name": "x", "current": "-16 A"},
        {"name": "x", "current": 16},
        {"name": "x", "state": "maybe"},
        {"name": "x", "port": 70000},
        {"name": "x", "id": "abc"},
        {"name": "x", "card": "stranger"},
        {"name": "x", "day": "tomorrow"},
        {"name": "x", "plain": "perhaps"},
        {"name": "x", "price": {}},
        {"name": "x", "pair": ["a"]},
        {"name": "x", "actions": {"go": {"method": "PUT"}}},
        {"name": "x", "nmae": "y"},
        {"name": "x", "current": "$current"},
    ],
)
def test_refuses_what_the_reader_refuses(instance: dict[str, Any]) -> None:
    """A wrong unit, word, key or type is underlined in the editor."""
    assert not valid(instance)


def test_names_may_stand_for_values_where_steps_are() -> None:
    """With references any value may be ``$name``; without a dollar it is checked as ever."""
    assert valid({"name": "$a", "current": "$current", "names": ["$b"]}, references=True)
    assert not valid({"name": "x", "current": "current"}, references=True)


def test_a_saved_value_can_only_be_a_name() -> None:
    """``Saved[T]`` takes nothing but ``$name``."""
    schema = Writer().value(Saved[Action])
    assert jsonschema_rs.validator_for(schema).is_valid("$paid.energy_wh")
    assert not jsonschema_rs.validator_for(schema).is_valid("paid")


def test_helps_with_text_defaults_and_examples() -> None:
    """Docstrings, defaults with units, and an example of each quantity reach the editor."""
    writer = Writer()
    schema = writer.document("Bench", writer.function(bench))
    assert schema["title"] == "Bench"
    assert schema["description"] == "A bench of all types."
    assert schema["properties"]["current"]["description"] == "per phase Default: 16 A."
    assert schema["properties"]["names"]["description"] == "Default: [a, b]."
    assert schema["$defs"]["current"]["examples"] == ["16 A"]
    assert "$defs" not in Writer().document("Empty", {})


def test_further_keys_have_the_type_of_the_rest() -> None:
    """``**actions`` opens a mapping for keys of one type."""

    def http(*, url: str, **actions: Action) -> None: ...

    schema = Writer().shape(shape_of(http))
    assert jsonschema_rs.validator_for(schema).is_valid({"url": "x", "go": {"method": "GET"}})
    assert not jsonschema_rs.validator_for(schema).is_valid({"url": "x", "go": "GET"})


@pytest.mark.parametrize(
    ("annotation", "default", "text"),
    [
        (Duration, 60.0, "1 min"),
        (Duration | None, 60.0, "1 min"),
        (Duration, None, ""),
        (bool, False, "false"),
        (str, "", ""),
        (int, 3, "3"),
    ],
)
def test_writes_defaults_as_a_document_would(annotation: Any, default: object, text: str) -> None:
    """A default is shown with its unit, and not at all when it is nothing."""
    assert written_default(Parameter("x", "x", annotation, default)) == text


def test_finds_no_dimension_where_there_is_none() -> None:
    """Plain types have no dimension."""
    assert dimension_of(str) is None
    assert dimension_of(str | None) is None
