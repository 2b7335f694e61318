"""Signed meter values: a published record, every curve of OCMF, and each way in which records are not what they claim."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from wattest.judge.ocmf import parsed
from wattest.judge.rules import decide

PUBLISHED_KEY = (
    "3059301306072A8648CE3D020106082A8648CE3D03010703420004EF1766AFD940A49FBA863779837F394EB053BF87DB529DE69FDDE8B32485D7AD"
    "715CD8F291656B1DEAA29337A65E4B1B7F9F2808E4E53019B867D4C9294948C9"
)
PUBLISHED = (
    'OCMF|{"FV":"1.0","GI":"TEST","GS":"1234567","GV":"1.0.0","PG":"T1","MV":"MV","MM":"MM","MS":"1234567","MF":"1.0",'
    '"IS":true,"IL":"VERIFIED","IF":["RFID_PLAIN","OCPP_RS_TLS"],"IT":"ISO14443","ID":"2AB46E883AD3BB","CI":"CSONE",'
    '"CT":"CBIDC","RD":[{"TM":"2025-06-14T08:49:47,642+0100 S","TX":"B","RV":0.56698,"RI":"1-b","RU":"kWh","EI":1523,'
    '"ST":"G"},{"TM":"2025-06-14T11:49:47,642+0100 S","TX":"E","RV":8.36706,"RI":"1-b","RU":"kWh","EI":1523,"ST":"G"}]}|'
    '{"SA":"ECDSA-secp256r1-SHA256","SD":"3045022100DB41C0B8AC1580F274574DC8A5C9AD856C1A4B0D5BF2252D119F55202E3639680220'
    '53BD9DBE36DF6EF1F712C76A0E12F80E8B7E614683375C046371871E128B9BA3"}'
)
"""Made by another implementation of OCMF (ocmf-js of Road Labs, its examples; found)."""

KEY = ec.derive_private_key(7, ec.SECP256R1())


def der(key: Any = KEY) -> str:
    """The public key as a charger sheet states it."""
    told: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return told.hex()


def reading(reason: str, **more: Any) -> dict[str, Any]:
    return {
        "TM": "2026-01-15T12:00:00,000+0000 S",
        "TX": reason,
        "RV": 2935.6,
        "RI": "1-b:1.8.0",
        "RU": "kWh",
        "EF": "",
        "ST": "G",
        **more,
    }


def record(page: str, *readings: dict[str, Any], key: Any = KEY, meter: str = "M1", **words: Any) -> str:
    """A signed record; ``words`` are those of its signature section."""
    payload = json.dumps({"FV": "1.4", "PG": page, "MS": meter, "RD": list(readings)})
    signature = key.sign(payload.encode(), ec.ECDSA(SHA256()))
    return f"OCMF|{payload}|{json.dumps({'SD': signature.hex(), **words})}"


def judged(*records: str, key: str | None = "", sessions: int = 1) -> tuple[str, str]:
    found = decide(
        "signed_values",
        {
            "what": "signed meter values",
            "records": list(records),
            "public_key": der() if key == "" else key,
            "sessions": sessions,
        },
    )
    return found.outcome, found.sentence


WHOLE = (record("T7", reading("B")), record("T8", reading("E")))


def test_a_published_record_verifies() -> None:
    """One record with begin and end, of somebody else's making, with the key that was published with it."""
    assert judged(PUBLISHED, key=PUBLISHED_KEY) == (
        "pass",
        (
            "Signed meter values: 1 records from T1 to T1 verify with the meter's key, follow one another, and hold begin and "
            "end of 1 session."
        ),
    )
    assert [one["RV"] for one in parsed(PUBLISHED).readings] == [0.56698, 8.36706]


@pytest.mark.parametrize(
    "change", [("8.36706", "8.36707"), ('"ST":"G"}]', '"ST": "G"}]'), ("0.56698", "0.566980")]
)
def test_any_other_text_does_not_verify(change: tuple[str, str]) -> None:
    """Another number, a blank, and the same number with one digit more were not signed."""
    assert PUBLISHED.count(change[0]) == 1
    outcome, sentence = judged(PUBLISHED.replace(*change), key=PUBLISHED_KEY)
    assert (outcome, sentence) == ("fail", "Record T1 does not verify with the meter's key.")


@pytest.mark.parametrize(
    ("curve", "name"),
    [
        (ec.SECP256K1(), "ECDSA-secp256k1-SHA256"),
        (ec.SECP192R1(), "ECDSA-secp192r1-SHA256"),
        (ec.SECP256R1(), "ECDSA-secp256r1-SHA256"),
        (ec.BrainpoolP256R1(), "ECDSA-brainpool256r1-SHA256"),
        (ec.SECP384R1(), "ECDSA-secp384r1-SHA256"),
        (ec.BrainpoolP384R1(), "ECDSA-brainpool384r1-SHA256"),
    ],
)
def test_every_curve_of_the_format_but_one(curve: ec.EllipticCurve, name: str) -> None:
    """Those of table 22 that the library has; a signature by another curve than that of the key fails."""
    key = ec.derive_private_key(99, curve)
    good = record("T1", reading("B"), reading("E"), key=key, SA=name)
    assert judged(good, key=der(key))[0] == "pass"
    if name != "ECDSA-secp256r1-SHA256":
        assert (
            judged(good)[1]
            == f"Record T1 is signed by {name}, and the meter's key is on the curve secp256r1."
        )


def test_pages_begin_and_end_of_sessions() -> None:
    """Records of two sessions, in any order, and one that came twice."""
    more = (record("T9", reading("B")), record("T10", reading("C"), reading("R")))
    assert judged(*WHOLE)[0] == "pass"
    assert judged(more[1], *WHOLE, WHOLE[0], more[0], sessions=2)[0] == "pass"
    assert judged(*WHOLE, record("F3", reading("", TX="")), sessions=1)[0] == "pass"


def test_fields_that_are_left_out_are_those_of_the_reading_before() -> None:
    """A status that is inherited is one, a bad one too."""
    short = {"TM": "2026-01-15T12:10:00,000+0000 S", "TX": "E", "RV": 2940}
    assert judged(record("T1", reading("B"), short))[0] == "pass"
    assert judged(record("T1", reading("B", ST="M"), short))[0] == "fail"


@pytest.mark.parametrize(
    ("records", "said"),
    [
        (
            (WHOLE[0], record("T9", reading("E"))),
            "After page T7 comes T9: records were taken out, or the counter jumps.",
        ),
        (
            (*WHOLE, record("T8", reading("C"))),
            "Page T8 stands on 2 different records.",
        ),
        (WHOLE[:1], "Signed is the end of 0 sessions, and 1 was performed."),
        (WHOLE[1:], "Signed is the begin of 0 sessions, and 1 was performed."),
        (
            (WHOLE[0], record("T8", reading("E", ST="T"))),
            (
                "Record T8 has a reading 'E' of 2026-01-15T12:00:00,000+0000 S whose status is 'T' and not 'G'."
            ),
        ),
        (
            (WHOLE[0], record("T8", reading("E", EF="E"))),
            "Record T8 has a reading 'E' of 2026-01-15T12:00:00,000+0000 S with the error flags 'E'.",
        ),
        (
            (*WHOLE, record("T9", reading("X"))),
            (
                "Record T9 has a reading 'X' of 2026-01-15T12:00:00,000+0000 S: from it on energy or time are not usable."
            ),
        ),
        ((*WHOLE, record("T9")), "Record T9 holds no reading."),
        ((*WHOLE, record("9", reading("C"))), "The pagination '9' is not T and a number."),
        (
            (WHOLE[0], record("T8", reading("E"), meter="M2")),
            "The records are of different meters: M1, M2.",
        ),
        (
            (*WHOLE, "OCMF|{}"),
            "A signed value is no OCMF record: it is not 'OCMF|payload|signature' (OCMF|{}).",
        ),
        (
            (*WHOLE, "OCMF|{|{}"),
            "A signed value is no OCMF record: one of its sections is no JSON (OCMF|{|{}).",
        ),
        (
            (*WHOLE, "OCMF|[]|{}"),
            "A signed value is no OCMF record: one of its sections is no JSON object (OCMF|[]|{}).",
        ),
        (
            (WHOLE[0], record("T8", reading("E"), SD="not hex")),
            "Record T8 has a signature that is no hex.",
        ),
        (
            (WHOLE[0], record("T8", reading("E"), SE="rot13")),
            "Record T8 has a signature that is no rot13.",
        ),
        (
            (WHOLE[0], record("T8", reading("E"), key=ec.derive_private_key(8, ec.SECP256R1()))),
            "Record T8 does not verify with the meter's key.",
        ),
    ],
)
def test_what_is_wrong_is_said(records: tuple[str, ...], said: str) -> None:
    """A gap, a page twice, no begin, no end, a bad meter, error flags, two meters, no record, another's signature."""
    assert judged(*records) == ("fail", said)


@pytest.mark.parametrize(
    ("records", "key", "said"),
    [
        (
            (),
            "",
            (
                "Signed meter values: none was told. Switch signing on in the station, if that is a setting of its own."
            ),
        ),
        (
            WHOLE,
            None,
            ("The charger sheet states no 'meter_public_key', so that no signature can be verified."),
        ),
        (
            WHOLE,
            "00" * 50,
            "The 'meter_public_key' of the charger sheet cannot be read: it is the hex of a DER public key.",
        ),
        (
            WHOLE,
            der(ed25519.Ed25519PrivateKey.from_private_bytes(b"1" * 32)),
            "The 'meter_public_key' of the charger sheet is no key of an elliptic curve, as OCMF has them.",
        ),
        (
            (WHOLE[0], record("T8", reading("E"), SA="ECDSA-secp192k1-SHA256")),
            "",
            "Record T8 is signed by 'ECDSA-secp192k1-SHA256', which cannot be verified here.",
        ),
        (
            (WHOLE[0], record("T8", reading("E"), SM="application/x-other")),
            "",
            "Record T8 has a signature of type 'application/x-other', which cannot be read here.",
        ),
    ],
)
def test_what_cannot_be_verified_is_doubt(records: tuple[str, ...], key: str | None, said: str) -> None:
    """No value, no key, an unreadable one, and an algorithm that nobody here has."""
    assert judged(*records, key=key) == ("inconclusive", said)


def test_a_failure_is_said_without_a_key_too() -> None:
    """Pages and states need no key."""
    assert judged(WHOLE[0], key=None)[0] == "fail"


def test_a_signature_in_base64() -> None:
    """SE says so."""
    plain = record("T1", reading("B"), reading("E"))
    head, payload, words = plain.split("|")
    told = base64.b64encode(bytes.fromhex(json.loads(words)["SD"])).decode()
    assert judged(f"{head}|{payload}|{json.dumps({'SE': 'base64', 'SD': told})}")[0] == "pass"


def test_nonsense_of_any_depth_is_no_record() -> None:
    """A station may send what it likes."""
    deep = "[" * 100_000
    assert judged(*WHOLE, f"OCMF|{deep}|{{}}")[0] == "fail"
    assert judged(*WHOLE, f"OCMF|{'9' * 10_000}|{{}}")[0] == "fail"
