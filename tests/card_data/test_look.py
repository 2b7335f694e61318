"""Card data is found in every disguise, hidden where it stands, and told apart from what has its form."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest.card_data import TEST_NUMBERS, Look, hidden_fields, suspect

KEY = b"a secret"


def b64(content: bytes | str) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


def _chip(number: str) -> str:
    digits = number if len(number) % 2 == 0 else f"{number}F"
    return f"9F02060000000050005A{len(digits) // 2:02X}{digits}9F2701809000"


DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": lambda n: n,
    "spaced": lambda n: f"{n[:4]} {n[4:8]} {n[8:12]} {n[12:]}",
    "JSON text": lambda n: json.dumps({"card": {"number": n}}),
    "JSON number": lambda n: f'{{"pan" : {n}, "amount": 1.50}}',
    "JSON escapes": lambda n: '{"p":"' + "".join(f"\\u00{ord(digit):02x}" for digit in n) + '"}',
    "JSON name": lambda n: json.dumps({n: "approved"}),
    "JSON twice the same name": lambda n: f'{{"a":"{n}","a":"x"}}',
    "JSON in JSON": lambda n: json.dumps({"data": json.dumps({"log": f"card {n}"})}),
    "base64": b64,
    "base64 in a path": lambda n: f"https://host/data/{b64(f'x{n}').rstrip('=')}",
    "base64 for addresses": lambda n: base64.urlsafe_b64encode(f"?>~{n}".encode()).decode(),
    "base64 of JSON": lambda n: b64(json.dumps({"receipt": {"pan": n}})),
    "base64 twice": lambda n: b64(b64(n)),
    "base64 of UTF-16": lambda n: b64(n.encode("utf-16-le")),
    "base64 of gzip": lambda n: b64(gzip.compress(n.encode(), mtime=0)),
    "base64 of zlib": lambda n: b64(zlib.compress(f"approved for {n}".encode())),
    "base64 of chip data": lambda n: b64(bytes.fromhex(_chip(n))),
    "hexadecimal": lambda n: n.encode().hex(),
    "hexadecimal capitals": lambda n: f"raw=0x{n.encode().hex().upper()}",
    "hexadecimal dump": lambda n: n.encode().hex(" "),
    "chip data": _chip,
    "percent signs": lambda n: "".join(f"%{ord(digit):02X}" for digit in n),
    "percent spaces": lambda n: quote(f"{n[:4]} {n[4:8]} {n[8:12]} {n[12:]}"),
    "track 2": lambda n: f";{n}=30122010000012300000?",
    "track 1": lambda n: f"%B{n}^TEST/CARD^3012201000000000?",
    "DataTransfer": lambda n: json.dumps([2, "a1", "DataTransfer", {"vendorId": "x", "data": f"pan {n}"}]),
}


@pytest.mark.parametrize("wrap", DISGUISES.values(), ids=list(DISGUISES))
@pytest.mark.parametrize("number", TEST_NUMBERS.values(), ids=list(TEST_NUMBERS))
def test_every_test_number_in_every_disguise(number: str, wrap: Callable[[str], str]) -> None:
    """It is found once with its last four digits; what is left holds none, and the quick look sees its line."""
    text = wrap(number)
    look = Look(KEY)
    without = look.text(text)
    assert {one.last_four for one in look.found} == {number[-4:]}
    assert number not in without
    again = Look(KEY)
    assert again.text(without) == without
    assert again.found == []
    assert suspect(orjson.dumps({"kind": "x", "text": text, "prev": "0" * 64}))


@pytest.mark.parametrize("number", TEST_NUMBERS.values(), ids=list(TEST_NUMBERS))
@pytest.mark.parametrize("kind", [int, float, Decimal])
def test_a_number_stays_a_number(number: str, kind: Callable[[str], Any]) -> None:
    """Where JSON has a number it keeps one, of as many digits, that nobody could pay with."""
    look = Look(KEY)
    after = look.value({"pan": kind(number)})["pan"]
    assert type(after) is kind
    assert str(int(after)) == "9" + "0" * (len(number) - 5) + number[-4:]
    assert [one.field for one in look.found] == ["pan"]


def test_json_keeps_every_other_sign() -> None:
    """Blanks, decimals and the order of a frame stay as they came, so that it decodes to the same but the digits."""
    text = '[2, "7" ,"DataTransfer",{"vendorId":"x", "data":"4111111111111111","n":1.50,"e":"\\u00e9"}]'
    assert Look(KEY).text(text) == text.replace("4111111111111111", "************1111")


def test_told_apart_by_field() -> None:
    """Ids, serial numbers, registers and a modem's numbers are none in their own fields, and are elsewhere."""
    digits = TEST_NUMBERS["visa"]
    own = {
        "transactionId": digits,
        "meterSerialNumber": digits,
        "meterStart": int(digits),
        "chargingStation": {"serialNumber": digits, "modem": {"imsi": "340011234567895"}},
        "sampledValue": [{"value": digits}, {"value": int(digits)}],
        "key": "ModemIMEI",
        "value": "3530111333300000",
        "iccid": "89014103211118510720",
    }
    look = Look(KEY)
    assert look.value(own) == own
    assert look.text(json.dumps([2, digits, "Heartbeat", own])) == json.dumps([2, digits, "Heartbeat", own])
    assert look.found == []
    for field in ("data", "info", "idTag", "iccid", "imei", "sampledValues"):
        look = Look(KEY)
        look.value({field: digits})
        assert [one.field for one in look.found] == [field]


def test_a_report_of_variables_names_its_value() -> None:
    """The value of a variable called IMEI is told apart by the variable's name (2.0.1 NotifyReport)."""
    row = {
        "component": {"name": "CommunicationController"},
        "variable": {"name": "IMEI"},
        "variableAttribute": [{"value": "3530111333300000"}],
    }
    for value in (row, json.dumps(row)):
        look = Look(KEY)
        assert look.value(value) == value
    row["variable"] = {"name": "LastCard"}
    look = Look(KEY)
    look.value(row)
    assert [one.issuer for one in look.found] == ["JCB"]


def test_a_label_in_a_log_line_tells_apart() -> None:
    """``IMSI: 3400...`` is no card; the same digits without a label are one."""
    look = Look(KEY)
    assert look.text("modem IMSI: 340011234567895 up") == "modem IMSI: 340011234567895 up"
    assert look.text("card 340011234567895 up") == "card ***********7895 up"


def test_verification_codes_by_field() -> None:
    """Three or four digits are card data only where the field says so."""
    look = Look(KEY)
    assert look.text('{"cvv":"123","code":"123","cvc2":"99"}') == '{"cvv":"***","code":"123","cvc2":"99"}'
    assert [str(one) for one in look.found] == ["a card verification code in 'cvv'"]


def test_fingerprints_need_the_key() -> None:
    """The same card has one fingerprint under one key and another under another; nothing else of it is kept."""
    number = TEST_NUMBERS["mastercard"]
    first, second, other = Look(KEY), Look(KEY), Look(b"another")
    for look, text in ((first, number), (second, b64(number)), (other, number)):
        look.text(text)
    assert first.found[0].fingerprint == second.found[0].fingerprint != other.found[0].fingerprint
    assert number[:-4] not in repr(first.found)
    assert str(second.found[0]) == "a card number of Mastercard ending in 4444 (base64)"


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "1e999999999", "-4111111111111111", "4111111111111111.5", "4.2e15"]
)
def test_numbers_that_are_no_digits(number: str) -> None:
    """What is not finite, not whole, below zero or beyond all size is no card, in a value and in JSON."""
    look = Look(KEY)
    assert str(look.value(Decimal(number))) == str(Decimal(number))
    assert look.found == []
    assert look.text(f'{{"a": 1, "n": {number}}}')


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_whatever_has_no_card_stays_as_it_is(value: Any) -> None:
    """Any value comes back equal when nothing was found, and nothing raises."""
    look = Look(KEY)
    after = look.value(value)
    assert look.found or repr(after) == repr(value)


@given(st.text(alphabet='0123456789 -ABCDEFabcdef{}[]":,%=+/\\u', max_size=300))
def test_what_was_hidden_stays_hidden(text: str) -> None:
    """A second look at what the first one left finds nothing."""
    after = Look(KEY).text(text)
    again = Look(KEY)
    again.text(after)
    assert again.found == []


def test_only_the_word_is_hidden() -> None:
    """Of a line of text the wrapped word goes and the rest stays."""
    number = TEST_NUMBERS["visa"]
    line = f"100%25 sure, blob={b64(number)} and more"
    after = Look(KEY).text(line)
    assert after.startswith("100%25 sure, blob=[card data hidden, base64, ends in 1111]")
    assert after.endswith(" and more")
    assert Look(KEY).text(f' [2,"1","X",{{"a":{number}}}]') == ' [2,"1","X",{"a":9000000000001111}]'


def test_a_bomb_is_not_unpacked_whole() -> None:
    """Many small words that unpack to millions of bytes each take a bounded time."""
    bomb = b64(gzip.compress(b" " * 5_000_000, mtime=0))
    look = Look(KEY)
    assert look.text(f"{bomb} " * 20).count(bomb) == 20
    assert look.found == []


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        "[" + "9" * 5000 + "]",
        "%" * 5000,
        "1 " * 50_000,
        "4111111111111111a" * 10_000,
    ],
)
def test_hostile_text_is_searched(text: str) -> None:
    """Depth, length and nonsense end in a result."""
    look = Look(KEY)
    assert "1111" in look.text(f"{text} 4111111111111111")
    assert look.found


def test_the_fields_of_a_frame() -> None:
    """The message is read again from the bytes that are kept; what was found stands beside, and hiding twice changes nothing."""
    raw = '[2,"7","DataTransfer",{"vendorId":"x","data":"4111111111111111"}]'
    fields = {
        "raw": raw,
        "message": {"type": 2, "id": "7", "action": "DataTransfer", "payload": json.loads(raw)[3]},
        "violations": [{"rule": "x", "sentence": "'4111111111111111' is wrong."}],
    }
    after = hidden_fields("frame", fields, KEY)
    assert "4111111111111111" not in json.dumps(after)
    assert after["message"]["payload"] == {"vendorId": "x", "data": "************1111"}
    assert [one["field"] for one in after["card_data"]] == ["data"]
    assert hidden_fields("frame", after, KEY) is after


def test_a_frame_that_is_no_text() -> None:
    """Bytes that are no UTF-8 are searched as well."""
    raw = base64.b64encode(b'[2,"7","X",{"d":"\xff4111111111111111"}]').decode()
    after = hidden_fields("frame", {"raw_b64": raw, "message": None, "violations": []}, KEY)
    assert b"************1111" in base64.b64decode(after["raw_b64"])
    assert len(after["card_data"]) == 1
