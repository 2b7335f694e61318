"""What a station's file shows for certain, and what only perhaps."""

from __future__ import annotations

from typing import Any

from wattest.judge.station_files import is_certain, leaks


def found(**more: Any) -> dict[str, Any]:
    whole = {"what": "card number", "issuer": "Visa", "last_four": "1111", "wrapped": [], "field": ""}
    return {**whole, **more}


def test_a_test_card_is_certain_and_a_stranger_is_not() -> None:
    """A bare number counts when it is one of the bench's; a track or a code counts whoever's it is."""
    assert is_certain(found())
    assert not is_certain(found(last_four="1234"))
    assert not is_certain(found(issuer="Mastercard"))
    assert is_certain(found(what="track", last_four="1234"))
    assert is_certain(found(what="verification code", last_four="", issuer=""))


def test_each_finding_is_a_sentence() -> None:
    """Violations and doubts, and what could not be searched is a doubt."""
    file = {
        "name": "a.zip",
        "seq": 7,
        "card_data": [found(wrapped=["base64"], field="t.log"), found(last_four="1234")],
        "not_searched": ["b.zip: cannot be unpacked, or is too large"],
    }
    assert leaks([file, {"name": "clean.log", "seq": 8}]) == (
        [
            "The file 'a.zip' of the station (entry 7) holds a card number of Visa ending in 1111 in 't.log' (base64)."
        ],
        [
            "The file 'a.zip' of the station (entry 7) holds what may be a card number of Visa ending in 1234; no card of the bench has it.",
            "The file 'a.zip' of the station (entry 7) could not be searched whole: b.zip: cannot be unpacked, or is too large.",
        ],
    )
