"""Decoding: every frame ends as a message or as sentences, never as an exception."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.ocpp.decode import MAX_BYTES, Call, CallError, CallResult, Decoded, decode
from wattest.ocpp.messages import CallResultError, Send, encode, exact


def rules(data: str | bytes) -> list[str]:
    return [violation.rule for violation in decode(data).violations]


def sentence(data: str | bytes) -> str:
    return decode(data).violations[-1].sentence


def test_a_call() -> None:
    """A CALL has an id, an action and a payload."""
    decoded = decode('[2,"7","Authorize",{"idTag":"04E2"}]')
    assert decoded.message == Call("7", "Authorize", {"idTag": "04E2"})
    assert decoded.violations == ()
    assert decoded.clean


def test_answers() -> None:
    """CALLRESULT and CALLERROR are read."""
    assert decode('[3,"7",{}]').message == CallResult("7", {})
    assert decode('[4,"7","NotSupported","no",{"a":1}]').message == CallError(
        "7", "NotSupported", "no", {"a": 1}
    )


def test_white_space_does_not_matter() -> None:
    """A frame with blanks says the same as one without."""
    assert decode(' [2, "7", "Heartbeat", {} ]\r\n').message == Call("7", "Heartbeat", {})


@pytest.mark.parametrize(
    "text", ["0.1", "1.50", "16.0", "1e3", "123456789.123456789012", "-0.0", "0.30000000000000004"]
)
def test_numbers_are_exact(text: str) -> None:
    """A number is the one that was sent, whichever way the frame was read."""
    message = decode(f'[3,"1",{{"v":{text}}}]').message
    assert isinstance(message, CallResult)
    assert exact(message.payload["v"]) == Decimal(text)


def test_fine_numbers_become_decimal() -> None:
    """A number finer than a float is kept as Decimal, a coarser one as float."""
    message = decode('[3,"1",{"fine":0.1234567890123456789,"coarse":1.50}]').message
    assert isinstance(message, CallResult)
    assert message.payload == {"fine": Decimal("0.1234567890123456789"), "coarse": 1.5}


@pytest.mark.parametrize(
    ("data", "rule", "text"),
    [
        ("", "decode.json", "The frame is not JSON: Expecting value: line 1 column 1 (char 0)."),
        ("[2,", "decode.json", "The frame is not JSON: Expecting value: line 1 column 4 (char 3)."),
        ("{}", "decode.array", "The frame is an object instead of an array."),
        ("5", "decode.array", "The frame is a number instead of an array."),
        ("[2]", "decode.arity", "The frame has 1 elements; no message has so few."),
        ('[2,"1","A"]', "decode.arity", "CALL '1' has 3 elements instead of 4."),
        ('[2,"1","A",{},1]', "decode.arity", "CALL '1' has 5 elements instead of 4."),
        ('[3,"1"]', "decode.arity", "CALLRESULT '1' has 2 elements instead of 3."),
        ('[2,5,"A",{}]', "decode.id", "The message id is a number instead of text."),
        ('[2,"","A",{}]', "decode.id", "The message id is empty."),
        ('[5,"1","A",{}]', "decode.message-type", "The message type is '5'; OCPP knows 2, 3 and 4."),
        ('["2","1","A",{}]', "decode.message-type", "The message type is '2'; OCPP knows 2, 3 and 4."),
        ('[true,"1","A",{}]', "decode.message-type", "The message type is 'True'; OCPP knows 2, 3 and 4."),
        ('[2,"1",null,{}]', "decode.action", "The action of CALL '1' is null instead of text."),
        ('[2,"1","A",[]]', "decode.payload", "The payload of message '1' is an array instead of an object."),
        (
            '[3,"1",true]',
            "decode.payload",
            "The payload of message '1' is true or false instead of an object.",
        ),
    ],
)
def test_what_is_no_message(data: str, rule: str, text: str) -> None:
    """What cannot be a message says why."""
    decoded = decode(data)
    assert decoded.message is None
    assert [v.rule for v in decoded.violations] == [rule]
    assert sentence(data) == text


def test_messages_of_21() -> None:
    """OCPP 2.1 knows a SEND and a CALLRESULTERROR; neither is answered, however broken."""
    sent = decode('[6,"1","NotifyPeriodicEventStream",{"id":1}]', "2.1")
    assert sent == Decoded(Send("1", "NotifyPeriodicEventStream", {"id": 1}))
    refused = decode('[5,"1","FormatViolation","no status",{}]', "2.1")
    assert refused == Decoded(CallResultError("1", "FormatViolation", "no status"))
    for data, text in (
        ('[6,"1","A"]', "SEND '1' has 3 elements instead of 4."),
        ('[6,"1",null,{}]', "The action of SEND '1' is null instead of text."),
        ('[6,"1","A",[]]', "The payload of message '1' is an array instead of an object."),
        ("[5,7,{}]", "The message id is a number instead of text."),
        ('[7,"1","A",{}]', "The message type is '7'; OCPP knows 2, 3, 4, 5 and 6."),
    ):
        found = decode(data, "2.1")
        assert [v.sentence for v in found.violations] == [text]
        assert found.broken_id is None
    (short,) = decode('[5,"1","FormatViolation"]', "2.1").violations
    assert short.sentence == "CALLRESULTERROR '1' has 3 elements instead of 5."


@pytest.mark.parametrize(
    ("data", "broken_id"),
    [
        ('[2,"abc","Heart', "abc"),
        ('[3,"abc",{', None),
        ("garbage", "-1"),
        ('[2,"abc","A",[]]', "abc"),
        ('[3,"abc",[]]', None),
        ('[9,"abc",{}]', None),
        ("[2,7,{}]", "-1"),
        ("[3,7,{}]", None),
    ],
)
def test_id_to_answer(data: str, broken_id: str | None) -> None:
    """Broken CALLs name the id that a CALLERROR should carry; broken answers get none."""
    assert decode(data).broken_id == broken_id


def test_size() -> None:
    """A frame beyond 256 KiB is not read."""
    data = '[2,"1","A",{"x":"' + "y" * MAX_BYTES + '"}]'
    assert rules(data) == ["decode.size"]
    assert sentence(data) == "The frame has 262164 bytes; more than 262144 are not read."


def test_size_of_bytes_that_are_no_text() -> None:
    """An oversized frame of arbitrary bytes is not clean."""
    assert not decode(b"\xff" * (MAX_BYTES + 1)).clean


@pytest.mark.parametrize("depth", [33, 1000, 100_000])
def test_depth(depth: int) -> None:
    """Deep nesting is refused before anything recursive sees it."""
    data = '[2,"1","A",{"x":' + "[" * (depth - 2) + "]" * (depth - 2) + "}]"
    assert rules(data) == ["decode.depth"]
    assert sentence(data) == f"The frame nests {depth} deep; more than 32 are not read."
    assert decode(data).broken_id == "1"


def test_brackets_in_text_do_not_nest() -> None:
    """Brackets inside a string are text."""
    assert decode('[2,"1","A",{"x":"' + "[" * 40 + '"}]').violations == ()


def test_many_brackets_side_by_side() -> None:
    """Forty objects in a list nest two deep."""
    decoded = decode(f'[2,"1","A",{{"x":[{",".join(["{}"] * 40)}]}}]')
    assert decoded.violations == ()
    assert decoded.message == Call("1", "A", {"x": [{}] * 40})


def test_duplicate_keys() -> None:
    """A doubled key is noted: nobody can tell which one counts."""
    data = '[2,"1","A",{"connectorId":1,"connectorId":2}]'
    assert rules(data) == ["decode.duplicate-key"]
    assert sentence(data) == "The key 'connectorId' stands twice in one object."


@pytest.mark.parametrize("text", ["9" * 10_000, "-" + "9" * 22, str(2**64), str(-(2**63) - 1)])
def test_long_integers(text: str) -> None:
    """Integers beyond 64 bits are noted and left out."""
    decoded = decode(f'[3,"1",{{"v":{text}}}]')
    assert decoded.message == CallResult("1", {"v": None})
    assert rules(f'[3,"1",{{"v":{text}}}]') == ["decode.integer"]


@pytest.mark.parametrize("text", [str(2**63 - 1), str(-(2**63)), str(2**64 - 1)])
def test_64_bit_integers(text: str) -> None:
    """Integers of 64 bits are read: chargers send them."""
    decoded = decode(f'[3,"1", {{"v":{text}}}]')
    assert decoded == decode(f'[3,"1",{{"v":{text}}}]')
    assert decoded.message == CallResult("1", {"v": int(text)})


@pytest.mark.parametrize("text", ["1e999", "NaN", "-Infinity", "1e-999", "0." + "1" * 80])
def test_impossible_numbers(text: str) -> None:
    """Numbers that no float can hold are noted and left out."""
    data = f'[3,"1",{{"v":{text}}}]'
    assert decode(data).message == CallResult("1", {"v": None})
    assert rules(data) == ["decode.number"]


def test_binary_frame() -> None:
    """JSON in a binary frame is noted and read."""
    decoded = decode(b'[2,"1","Heartbeat",{}]')
    assert decoded.message == Call("1", "Heartbeat", {})
    assert [v.rule for v in decoded.violations] == ["decode.binary-frame"]


def test_byte_order_mark() -> None:
    """A byte order mark is noted and skipped."""
    decoded = decode('\ufeff[2,"1","Heartbeat",{}]')
    assert decoded.message == Call("1", "Heartbeat", {})
    assert [v.rule for v in decoded.violations] == ["decode.byte-order-mark"]


def test_bytes_that_are_not_utf8() -> None:
    """Bytes that are not UTF-8 are located, and the id in the head is still found."""
    decoded = decode(b'[2,"1","A",{"x":"\xff"}]')
    assert decoded.message is None
    assert not decoded.clean
    assert decoded.broken_id == "1"
    assert decoded.violations[-1].sentence == "The frame is not UTF-8: byte 0xff at position 17."


def test_surrogate_in_text() -> None:
    """A text with a lone surrogate cannot have come as UTF-8: its bytes are located."""
    for text, byte in (("\ud800", "0xed"), ("\udcff", "0xff")):
        decoded = decode(f'[2,"1","A",{{"x":"{text}"}}]')
        assert not decoded.clean
        assert decoded.broken_id == "1"
        assert [v.sentence for v in decoded.violations] == [
            f"The frame is not UTF-8: byte {byte} at position 17."
        ]


def test_escaped_surrogate() -> None:
    """An escaped lone surrogate is noted and replaced; a pair is an ordinary character."""
    decoded = decode('[2,"1","A",{"\\udc00":["\\ud83d\\ude00","\\ud800",1]}]')
    assert decoded.message == Call("1", "A", {"\ufffd": ["\U0001f600", "\ufffd", 1]})
    assert [v.rule for v in decoded.violations] == ["decode.surrogate"] * 2


def test_long_id() -> None:
    """An id of more than 36 characters is noted and used."""
    decoded = decode(f'[2,"{"i" * 37}","Heartbeat",{{}}]')
    assert decoded.message == Call("i" * 37, "Heartbeat", {})
    assert [v.rule for v in decoded.violations] == ["decode.id-length"]


def test_short_callerror() -> None:
    """A CALLERROR without details is noted and read."""
    decoded = decode('[4,"1","GenericError",""]')
    assert decoded.message == CallError("1", "GenericError", "", {})
    assert decoded.violations[0].sentence == "CALLERROR '1' has 4 elements instead of 5."


def test_callerror_of_wrong_types() -> None:
    """A CALLERROR with wrong types is noted and read as empty."""
    decoded = decode('[4,"1",5,null,[]]')
    assert decoded.message == CallError("1", "", "", {})
    assert [v.rule for v in decoded.violations] == ["decode.error"] * 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(st.one_of(st.text(), st.binary(), st.text(alphabet='[]{},:"\\0123456789eE.-+ntu \n')))
@settings(max_examples=400, deadline=None)
def test_never_raises_on_anything(data: str | bytes) -> None:
    """Arbitrary text and bytes end as violations or a message."""
    decoded = decode(data)
    assert decoded.message is not None or decoded.violations


@given(JSON)
@settings(max_examples=200, deadline=None)
def test_never_raises_on_json(value: object) -> None:
    """Arbitrary JSON, alone and inside a CALL, is read or explained."""
    text = json.dumps(value)
    for data in (text, f'[2,"1","A",{text}]', f"[2,{text},{text},{text}]", f'[4,"1",{text},{text},{text}]'):
        decoded = decode(data)
        assert decoded.message is not None or decoded.violations


@given(st.dictionaries(st.text(), st.decimals(allow_nan=False, allow_infinity=False, places=4) | st.text()))
@settings(max_examples=100, deadline=None)
def test_round_trip(payload: dict[str, Decimal | str]) -> None:
    """What encode writes, decode reads, to the last digit."""
    message = decode(encode(Call("1", "A", payload))).message
    assert isinstance(message, Call)
    assert {key: exact(v) if not isinstance(v, str) else v for key, v in message.payload.items()} == payload


@given(st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_both_ways_of_reading_agree(noise: bytes) -> None:
    """The short way and the strict way read the same message out of the same frame."""
    text = json.dumps(
        [2, "1", "A", {"x": noise.decode("latin-1"), "y": [1, 2.5, None, True]}], ensure_ascii=False
    )
    compact = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    assert decode(text).message == decode(compact).message
