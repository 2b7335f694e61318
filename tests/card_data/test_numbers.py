"""Which digits are the number of a payment card."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest.card_data import TEST_NUMBERS, card_issuer, luhn, numbers

VISA = TEST_NUMBERS["visa"]


def _with_check_digit(body: str) -> str:
    return next(body + digit for digit in "0123456789" if luhn(body + digit))


@pytest.mark.parametrize(
    ("start", "length", "issuer"),
    [
        ("4", 13, "Visa"),
        ("4", 16, "Visa"),
        ("4", 19, "Visa"),
        ("4", 15, None),
        ("51", 16, "Mastercard"),
        ("55", 16, "Mastercard"),
        ("50", 16, None),
        ("56", 16, None),
        ("2220", 16, None),
        ("2221", 16, "Mastercard"),
        ("2720", 16, "Mastercard"),
        ("2721", 16, None),
        ("51", 17, None),
        ("34", 15, "American Express"),
        ("37", 15, "American Express"),
        ("36", 15, None),
        ("34", 16, None),
        ("6011", 16, "Discover"),
        ("6010", 16, None),
        ("643", 16, None),
        ("644", 16, "Discover"),
        ("659", 19, "Discover"),
        ("660", 16, None),
        ("62", 16, "UnionPay"),
        ("62", 15, None),
        ("3527", 16, None),
        ("3528", 16, "JCB"),
        ("3589", 16, "JCB"),
        ("3590", 16, None),
        ("89", 19, None),
    ],
)
def test_issuer_ranges_and_lengths(start: str, length: int, issuer: str | None) -> None:
    """A number with a right check digit is a card only in an issuer's range and length, to the last digit of both."""
    digits = _with_check_digit(start + "0" * (length - 1 - len(start)))
    assert card_issuer(digits) == issuer


@given(st.sampled_from(sorted(TEST_NUMBERS.values())), st.data())
def test_one_wrong_digit_is_no_card(number: str, data: st.DataObject) -> None:
    """Luhn finds every single wrong digit."""
    place = data.draw(st.integers(4, len(number) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))
    assert list(numbers(number[:place] + other + number[place + 1 :])) == []


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("sign", [" ", "-", "\u00a0", "\u2011"])
@pytest.mark.parametrize("number", TEST_NUMBERS.values(), ids=list(TEST_NUMBERS))
def test_groups_of_any_equal_size(number: str, sign: str, size: int) -> None:
    """A number is found in groups of one to eight digits, whatever parts them."""
    text = sign.join(number[at : at + size] for at in range(0, len(number), size))
    assert [found.digits for found in numbers(f"<{text}>")] == [number]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("kwh=0.4111111111111111", "the fraction of a number"),
        ("call +4222222222222", "a telephone number"),
        ("4111111111111111abcdef0123456789", "a hexadecimal id"),
        ("abcd4111111111111111", "a hexadecimal id"),
        ("41111111-1111-1111-1111-111111111111", "a UUID"),
        ("411111111111111141111111", "24 digits"),
        ("411111******1111", "masked"),
        ("4111 1111-1111 111", "15 digits"),
        ("411111 11 11111 111", "groups that no card is printed in"),
        ("4111_1111_1111_1111", "no separator of cards"),
    ],
)
def test_what_only_looks_alike(text: str, why: str) -> None:
    """Digits that are something else by their surroundings are no card numbers."""
    assert list(numbers(text)) == [], why


@pytest.mark.parametrize(
    "text",
    [
        f"PAN{VISA}",
        f"12 {VISA} 2512",
        f"1:{VISA}.",
        f"No.{VISA}",
        f"{VISA},{VISA}",
        f"x={VISA}y",
        "3782 822463 10005",
    ],
)
def test_in_a_sentence(text: str) -> None:
    """A number is found whatever stands around it in a sentence or a log line."""
    assert list(numbers(text)) != []


@pytest.mark.parametrize(
    "text", [f";{VISA}=30122010000012300000?", f"%B{VISA}^TEST/CARD^3012201000?", f"{VISA}D30122010000"]
)
def test_track_data(text: str) -> None:
    """What stands on a magnetic stripe or in a chip belongs to the number, to its end."""
    (found,) = numbers(text)
    assert found.track
    assert text[found.end :] in {"", "?"}


@given(st.datetimes(datetime(2024, 1, 1), datetime(2040, 1, 1)), st.integers(0, 10**6))  # noqa: DTZ001 - made aware below
def test_times_are_no_cards(moment: datetime, step: int) -> None:
    """A time is none in any of the ways in which logs write it, until microseconds since 1970 reach 2221... in 2040."""
    aware = moment.replace(tzinfo=UTC) + timedelta(microseconds=step)
    since = int(aware.timestamp() * 1e6)
    compact = aware.strftime("%Y%m%d%H%M%S")
    for text in (
        aware.isoformat(),
        aware.strftime("%Y-%m-%d %H-%M-%S"),
        aware.strftime("%Y %m %d %H %M %S"),
        compact,
        f"{compact}{aware.microsecond:06}"[:17],
        str(since // 1000),
        str(since),
        str(since * 1000),
    ):
        assert list(numbers(text)) == [], text


@given(st.uuids(), st.binary(min_size=8, max_size=40))
def test_ids_are_no_cards(unique: uuid.UUID, content: bytes) -> None:
    """UUIDs and hashes are none, in small and in capital letters."""
    for text in (str(unique), str(unique).upper(), content.hex() + "a", "f" + content.hex()):
        assert list(numbers(text)) == [], text


@given(st.decimals(0, 10**9, places=6), st.floats(0, 1e9))
def test_measured_values_are_no_cards(value: object, number: float) -> None:
    """Registers and readings are none, with all their decimals."""
    assert list(numbers(f"{value} {number!r} {number:.17g}")) == []
