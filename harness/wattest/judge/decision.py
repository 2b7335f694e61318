"""What a rule returns, and how its inputs and numbers are written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from wattest.errors import BenchError

Result = Literal["pass", "fail", "inconclusive", "error"]
Band = Literal["PASS", "CONDITIONAL_PASS", "CONDITIONAL_FAIL", "FAIL"]


@dataclass(frozen=True)
class Decision:
    """Outcome of one rule. ``sentence`` names the thing, the value, the limit, the unit and the place.

    ``band`` is the ILAC-G8:09/2019 4.2.3 band of a measured value, None for anything else. ``figures`` holds the
    numbers behind the sentence; ``figures["screening"]`` is true when the limit's provenance is unverified:
    such a pass screens, it does not certify.
    """

    outcome: Result
    sentence: str
    band: Band | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)


def plain(value: Any) -> Any:
    """The value as a record holds it: ``Decimal`` and times as text, tuples as lists, sets sorted.

    Rules see their inputs in this form only, so that a decision made live and one made from the record agree.
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(plain(part) for part in value)
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    raise BenchError(f"A {type(value).__name__} cannot be an input of a rule; only what JSON can write can.")


def number(name: str, value: Any) -> float:
    """A number from an int, a float or the text of a ``Decimal``; ``BenchError`` names the input otherwise."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            return float(Decimal(value))
        except ArithmeticError:
            pass
    raise BenchError(f"Input '{name}' of a rule is {value!r}, which is not a number.")


def shown(value: float) -> str:
    """A number with at most six significant digits, never as a power of ten.

    >>> shown(0.23), shown(1000.0), shown(1234567.8)
    ('0.23', '1000', '1234568')
    """
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    decimals = max(0, 5 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def begun(text: str) -> str:
    """The text with a capital letter in front, to begin a sentence with it."""
    return text[:1].upper() + text[1:]


def listed(items: list[str], most: int = 3) -> str:
    """The first few items, and how many more there are."""
    head = "; ".join(items[:most])
    more = len(items) - most
    return f"{head}; and {more} more" if more > 0 else head


def shortened(text: str, most: int) -> str:
    """The text, without its middle when it is longer than ``most``: a station may name things at any length.

    >>> shortened("aaaaaaaaz", 8)
    'aa ... z'
    """
    if len(text) <= most:
        return text
    tail = (most - 5) // 3
    return f"{text[: most - 5 - tail]} ... {text[-tail:]}"


def at(place: str) -> str:
    """`` at <place>``, or nothing."""
    return f" at {place}" if place else ""
