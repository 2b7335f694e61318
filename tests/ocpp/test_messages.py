"""Messages as text and numbers as Decimal."""

from __future__ import annotations

from decimal import Decimal

import pytest

from wattest.ocpp.messages import Call, CallError, CallResult, described, encode, exact


def test_decimal_keeps_its_digits() -> None:
    """Money is written as it stands."""
    assert encode(CallResult("1", {"totalCost": Decimal("12.30")})) == '[3,"1",{"totalCost":12.30}]'


def test_callerror_description_is_bounded() -> None:
    """A description has at most 255 characters."""
    assert encode(CallError("1", "GenericError", "x" * 300)).count("x") == 255


def test_what_cannot_be_written() -> None:
    """An object that is no JSON is an error of the suite, said by name."""
    with pytest.raises(TypeError, match="Type is not JSON serializable: set"):
        encode(Call("1", "A", {"x": {1}}))


def test_described_for_the_record() -> None:
    """A message in the record names the action that it answers."""
    assert described(None, None) is None
    assert described(Call("1", "A", {}), "A") == {"type": 2, "id": "1", "action": "A", "payload": {}}
    assert described(CallResult("1", {}), "A") == {"type": 3, "id": "1", "action": "A", "payload": {}}
    assert described(CallError("1", "E", "d"), "A") == {
        "type": 4,
        "id": "1",
        "code": "E",
        "description": "d",
        "details": {},
        "action": "A",
    }


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "x",
        "NaN",
        "1" * 65,
        "\N{ARABIC-INDIC DIGIT ONE}",
        [],
        float("inf"),
        Decimal("NaN"),
        "1e5000",
    ],
)
def test_not_a_number(value: object) -> None:
    """What is no finite number is None, never an exception."""
    assert exact(value) is None


@pytest.mark.parametrize(("value", "number"), [(1, "1"), (0.1, "0.1"), ("2.50", "2.50"), (Decimal(3), "3")])
def test_a_number(value: object, number: str) -> None:
    """Integers, floats, text and Decimal become the Decimal that was meant."""
    assert exact(value) == Decimal(number)
