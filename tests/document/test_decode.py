from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.document.decode import BAD, Decoder, decode, decode_call, wanted
from wattest.document.node import Node, Problems, Text
from wattest.document.quantity import PERCENT, Current, Duration, EnergyPrice, Percent
from wattest.document.reader import read_text
from wattest.document.signature import Between, FromStep, Known, Made, Pattern, Saved
from wattest.errors import DocumentError

Card = Annotated[str, Known("card")]
Id = Annotated[str, Pattern("[A-Z]-[0-9]", "an id such as 'A-1'")]
Port = Annotated[int, Between(0, 65535)]


@dataclass(frozen=True)
class Action:
    method: Literal["GET", "POST"]
    url: str
    headers: Mapping[str, str] | None = None
    in_: int = 0


def _speed(*, metres: float, per: Duration = 1.0) -> float:
    """Speed from two numbers."""
    if per == 0:
        raise ValueError("nobody is that fast: 'per' is 0 s")
    return metres / per


Speed = Annotated[float, Made(_speed)]


def value_of(text: str, kind: Any, **known: Sequence[str]) -> Any:
    document = read_text(f"x: {text}\n")
    problems = document.problems
    found = decode(getattr(document.root, "get")("x"), kind, problems, known=known)  # noqa: B009 - a union of nodes
    problems.stop_if_any()
    return found


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("04E2", str, "04E2"),
        ("''", str, ""),
        ("yes", bool, True),
        ("off", bool, False),
        ("-7", int, -7),
        ("1.5", float, 1.5),
        ("0.10", Decimal, Decimal("0.10")),
        ("2026-01-31", date, date(2026, 1, 31)),
        ("16 A", Current, 16.0),
        ("5 %", Percent, 5.0),
        ("9.975 %", Annotated[Decimal, PERCENT], Decimal("9.975")),
        ("0.35 CAD/kWh", EnergyPrice, Decimal("0.35")),
        ("on", Literal["on", "off"], "on"),
        ("2", Literal[1, 2], 2),
        ("", Current | None, None),
        ("~", str | None, None),
        ("3 s", Duration | None, 3.0),
        ("[1 A, 2 A]", tuple[Current, ...], (1.0, 2.0)),
        ("[1 A, 2 s]", tuple[Current, Duration], (1.0, 2.0)),
        ("[a, b]", list[str], ["a", "b"]),
        ("[a, b]", Sequence[str], ("a", "b")),
        ("[a, a]", frozenset[str], frozenset({"a"})),
        ("{a: 1 A}", Mapping[str, Current], {"a": 1.0}),
        ("{a: b}", dict[str, str], {"a": "b"}),
        ("driver", Card, "driver"),
        ("A-1", Id, "A-1"),
        ("8180", Port, 8180),
        ("{method: GET, url: /x, in: 3}", Action, Action("GET", "/x", None, 3)),
        ("/x", str | Action, "/x"),
        ("{method: GET, url: /x}", str | Action, Action("GET", "/x")),
        ("{metres: 6, per: 2 s}", Speed, 3.0),
        ("[{metres: 6}]", tuple[Speed, ...], (6.0,)),
        ("max", Current | Literal["max"], "max"),
        ("[a, {b: c}, ~]", Any, ["a", {"b": "c"}, None]),
        ("a", Annotated[str, "some other mark"], "a"),
    ],
)
def test_reads_a_value_by_its_type(text: str, kind: Any, value: object) -> None:
    """The annotation decides what a text means."""
    found = value_of(text, kind, card=["driver"])
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        ("30 A", Duration, "'30 A' is a current; a time is needed here, such as '30 s'"),
        ("", Duration, "nothing stands here; a time such as '30 s' is needed"),
        ("[1 s]", Duration, "a list stands here; a time such as '30 s' is needed"),
        ("{a: b}", str, "a mapping stands here; text is needed"),
        ("", str, "nothing stands here; text is needed"),
        ("maybe", bool, "'maybe' stands here; 'true' or 'false' is needed"),
        ("1.5", int, "'1.5' stands here; a whole number is needed"),
        ("9" * 30, int, f"'{'9' * 30}' stands here; a whole number is needed"),
        ("3 A", float, "'3 A' stands here; a number without a unit is needed"),
        ("2026-02-30", date, "'2026-02-30' is not a day of the calendar"),
        ("tomorrow", date, "'tomorrow' stands here; a date such as '2026-01-31' is needed"),
        ("holder", Literal["holster", "connector"], "'holder' is not allowed here; did you mean 'holster'?"),
        ("[a]", Literal["a", "b"], "a list stands here; 'a' or 'b' is needed"),
        ("a", tuple[str, ...], "'a' stands here; a list is needed"),
        ("[a]", tuple[str, str], "this list has 1 entries; 2 are needed"),
        ("[1 A, 2 s]", tuple[Current, ...], "'2 s' is a time; a current is needed here, such as '16 A'"),
        ("a", Mapping[str, str], "'a' stands here; a mapping is needed"),
        ("{a: [b]}", Mapping[str, str], "a list stands here; text is needed"),
        ("dirver", Card, "'dirver' is not a known card; did you mean 'driver'?"),
        ("[driver]", Card, "a list stands here; the name of a card is needed"),
        ("a-1", Id, "'a-1' is not an id such as 'A-1'"),
        ("{}", Id, "a mapping stands here; an id such as 'A-1' is needed"),
        ("70000", Port, "70000 is not between 0 and 65535"),
        ("many", Port, "'many' stands here; a whole number is needed"),
        ("paid", Saved[Action], "'paid' stands here; what an earlier step saved, written '$name', is needed"),
        ("a", Action, "'a' stands here; an action is a mapping with the keys method, url, headers, in"),
        ("{method: GET}", Action, "an action needs the key 'url': text"),
        ("{method: GET, url: x, ulr: y}", Action, "an action has no key 'ulr'; did you mean 'url'?"),
        ("[a]", str | Action, "a list stands here; text or a mapping is needed"),
        ("{method: PUT, url: x}", str | Action, "'PUT' is not allowed here; known: 'GET', 'POST'"),
        ("3 s", Current | Literal["max"], "'3 s' stands here; a current such as '16 A' or 'max' is needed"),
        ("x", Current | None, "'x' is not a number with a unit; a current is needed here, such as '16 A'"),
        ("{metres: 6, per: 0 s}", Speed, "nobody is that fast: 'per' is 0 s"),
        ("{per: 1 s}", Speed, "a speed needs the key 'metres': a number without a unit"),
        ("5", Speed, "'5' stands here; a speed is a mapping with the keys metres, per"),
        ("5", Speed | None, "'5' stands here; a mapping is needed"),
    ],
)
def test_says_what_is_wrong_with_a_value(text: str, kind: Any, sentence: str) -> None:
    """A value that does not fit its type gets a sentence that says what would."""
    with pytest.raises(DocumentError) as refusal:
        value_of(text, kind, card=["driver"])
    assert [problem.sentence.replace("5 stands", "'5' stands") for problem in refusal.value.problems] == [
        sentence
    ]


def test_says_when_nothing_at_all_is_known() -> None:
    """Where no card exists the sentence does not pretend that one was misspelt."""
    with pytest.raises(DocumentError) as refusal:
        value_of("driver", Card)
    assert refusal.value.problems[0].sentence == "'driver' is not a known card; no card is known here"


def test_a_union_of_mappings_tells_of_the_nearest() -> None:
    """When no member of a union fits, the one with fewest mistakes is explained."""

    @dataclass(frozen=True)
    class Far:
        a: int
        b: int
        c: int

    with pytest.raises(DocumentError) as refusal:
        value_of("{method: GET, url: x, more: y}", Far | Action)
    assert [problem.sentence for problem in refusal.value.problems] == [
        "an action has no key 'more'; known: 'method', 'url', 'headers', 'in'"
    ]


def test_a_type_that_no_document_can_hold_is_a_mistake_in_python() -> None:
    """A programmer's slip raises TypeError at once and does not blame the document."""
    with pytest.raises(TypeError) as refusal:
        value_of("x", complex)
    assert str(refusal.value) == "no document can hold <class 'complex'>"


def test_a_node_can_be_passed_on_unread() -> None:
    """A parameter annotated as Node gets the node itself."""
    node = Text("x", read_text("x\n").root.place)
    assert decode(node, Node, Problems("p")) is node


def _call(*, current: Current, within: Duration = 30.0, for_: Duration | None = None) -> None:
    """Takes quantities."""


def test_reads_a_call_with_all_its_mistakes() -> None:
    """Unknown, missing and wrong arguments are told at once, each at its place."""
    document = read_text("crrent: 6 A\nwithin: 6 A\nfor: 3 s\n", "f.yaml")
    assert decode_call(document.root, _call, document.problems, owner="charge", noun="argument") is None
    assert [(str(one.place), one.sentence) for one in sorted(document.problems)] == [
        ("f.yaml:1:1", "charge has no argument 'crrent'; did you mean 'current'?"),
        ("f.yaml:1:1", "charge needs the argument 'current': a current such as '16 A'"),
        ("f.yaml:2:9", "'6 A' is a current; a time is needed here, such as '30 s'"),
    ]


def test_a_call_uses_the_names_of_python() -> None:
    """``for`` in a document is ``for_`` in Python; what is absent is left to the default."""
    document = read_text("{current: 6 A, for: 3 s}")
    assert decode_call(document.root, _call, document.problems, owner="charge") == {
        "current": 6.0,
        "for_": 3.0,
    }


def test_further_keys_are_read_by_the_type_of_the_rest() -> None:
    """``**actions`` of a driver takes any other key."""

    def http(*, url: str, **actions: Action) -> None:
        """A driver."""

    document = read_text("{url: x, plug_in: {method: POST, url: y}}")
    values = decode_call(document.root, http, document.problems, owner="http")
    assert values == {"url": "x", "plug_in": Action("POST", "y")}


def test_a_reference_is_left_to_whoever_knows_the_names() -> None:
    """Text that begins with a dollar goes to the reader of references with the type that is wanted."""
    asked: list[tuple[str, Any]] = []

    def refer(node: Text, kind: Any) -> Any:
        asked.append((node.text, kind))
        return BAD

    document = read_text("[$paid, 3 A]")
    assert Decoder(document.problems, refer=refer).decode(document.root, tuple[Current, ...]) is BAD
    assert asked == [("$paid", Current)]


def test_names_types_in_words() -> None:
    """Each type has a name for sentences."""
    assert wanted(Current) == "a current such as '16 A'"
    assert wanted(Port) == "a whole number"
    assert wanted(tuple[str, ...]) == "a list"
    assert wanted(Mapping[str, str]) == "a mapping"
    assert wanted(Annotated[str, FromStep()]) == "what an earlier step saved, written '$name',"
    assert repr(BAD) == "BAD"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_or_explained(text: str) -> None:
    """No text makes the decoder raise, whatever type is wanted."""
    node = Text(text, read_text("x").root.place)
    for kind in (str, int, float, Decimal, bool, date, Current, Id, Port, Card, Action, Speed, Saved[Action]):
        problems = Problems("<text>")
        value = decode(node, kind, problems)
        assert (value is BAD) == bool(len(problems))
