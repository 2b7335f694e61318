"""The rule for signed meter values in the Open Charge Metering Format (S.A.F.E. OCMF 1.4.1, 2025-01-15; found).

A record is ``OCMF|<payload>|<signature>``. The signature is over the payload's bytes as they stand between the pipes: read
and written again, a number may lose a zero, and nothing verifies any more. Cryptography is that of the library
``cryptography``; of the seven algorithms that OCMF names it lacks secp192k1.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from wattest.judge.decision import Decision, begun, listed, number, shortened

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

DEFAULT = "ECDSA-secp256r1-SHA256"
CURVES: Mapping[str, str | None] = {
    "ECDSA-secp192k1-SHA256": None,
    "ECDSA-secp256k1-SHA256": "secp256k1",
    "ECDSA-secp192r1-SHA256": "secp192r1",
    DEFAULT: "secp256r1",
    "ECDSA-brainpool256r1-SHA256": "brainpoolP256r1",
    "ECDSA-secp384r1-SHA256": "secp384r1",
    "ECDSA-brainpool384r1-SHA256": "brainpoolP384r1",
}
"""Signature methods of OCMF 1.4, table 22, and the library's name of the curve; None where it has none."""
BEGINS = frozenset("B")
ENDS = frozenset("ELRAP")
"""E, or more precisely ended locally, remotely, by an error, by a power failure (OCMF 1.4, table 7)."""
TIMES = "UISR"


@dataclass(frozen=True)
class Signed:
    """One record: the payload as it was signed, both sections read, and the readings with what they inherit."""

    payload: str
    content: Mapping[str, Any]
    signature: Mapping[str, Any]

    @property
    def page(self) -> str:
        """Pagination, such as ``T12345``."""
        return str(self.content.get("PG"))

    @property
    def readings(self) -> Iterator[dict[str, Any]]:
        """Readings; a field that is left out has the value of the reading before."""
        known: dict[str, Any] = {}
        listed_ = self.content.get("RD")
        for reading in listed_ if isinstance(listed_, list) else ():
            if isinstance(reading, Mapping):
                known = {**known, **reading}
                yield known


def parsed(text: str) -> Signed:
    """A record from its text. Raises ``ValueError`` with the reason when it is none."""
    parts = text.split("|")
    if len(parts) != 3 or parts[0] != "OCMF":
        raise ValueError("it is not 'OCMF|payload|signature'")
    try:
        content, signature = json.loads(parts[1]), json.loads(parts[2])
    except (ValueError, RecursionError):
        raise ValueError("one of its sections is no JSON") from None
    if not isinstance(content, Mapping) or not isinstance(signature, Mapping):
        raise ValueError("one of its sections is no JSON object")  # noqa: TRY004 - of the text, not of a type of ours
    return Signed(parts[1], content, signature)


def signed_values(*, what: str, records: Sequence[Any], public_key: str | None, sessions: Any) -> Decision:
    """Signed meter values verify and belong together (MET-15).

    ``records`` are texts in the order in which they came; one that came twice counts once. ``public_key`` is that of the
    meter in hex (DER, SubjectPublicKeyInfo), by the charger sheet; without it nothing is verified, whatever key a station
    sends along: a key must come another way. ``sessions`` is how many begins and ends are needed. An algorithm that
    OCMF does not name, or the library lacks, is doubt; so is a station that told no signed value: it may have to be told to.
    """
    thing, wanted = begun(what), int(number("sessions", sessions))
    texts = list(dict.fromkeys(str(text) for text in records))
    figures: dict[str, Any] = {"records": len(texts), "sessions": wanted}
    if not texts:
        return Decision(
            "inconclusive",
            f"{thing}: none was told. Switch signing on in the station, if that is a setting of its own.",
            figures=figures,
        )
    wrong: list[str] = []
    doubts: list[str] = []
    found: list[Signed] = []
    for text in texts:
        try:
            found.append(parsed(text))
        except ValueError as problem:
            wrong.append(f"A signed value is no OCMF record: {problem} ({shortened(text, 60)}).")
    key, why = _key(public_key)
    if key is None:
        doubts.append(why)
    for one in found:
        if key is not None:
            failed, unsure = _verified(one, key)
            wrong += [f"Record {one.page} {failed}."] if failed else []
            doubts += [f"Record {one.page} {unsure}."] if unsure else []
        wrong += [f"Record {one.page} {sentence}." for sentence in _usable(one)]
    wrong += _together(found, wanted)
    figures |= {"violations": len(wrong), "doubts": len(doubts), "pages": [one.page for one in found]}
    if wrong:
        return Decision("fail", listed(wrong), figures=figures)
    if doubts:
        return Decision("inconclusive", listed(doubts), figures=figures)
    return Decision(
        "pass",
        f"{thing}: {len(found)} records from {found[0].page} to {found[-1].page} verify with the meter's key, follow one "
        f"another, and hold begin and end of {wanted} {'session' if wanted == 1 else 'sessions'}.",
        figures=figures,
    )


# --- one record ------------------------------------------------------------------------------------------


def _key(public_key: str | None) -> tuple[EllipticCurvePublicKey | None, str]:
    """The meter's key, or why there is none."""
    if not public_key:
        return None, "The charger sheet states no 'meter_public_key', so that no signature can be verified."
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - few records hold signatures
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_der_public_key  # noqa: PLC0415

    try:
        key = load_der_public_key(bytes.fromhex(public_key))
    except (ValueError, UnsupportedAlgorithm):
        return (
            None,
            "The 'meter_public_key' of the charger sheet cannot be read: it is the hex of a DER public key.",
        )
    if not isinstance(key, EllipticCurvePublicKey):
        return (
            None,
            "The 'meter_public_key' of the charger sheet is no key of an elliptic curve, as OCMF has them.",
        )
    return key, ""


def _verified(one: Signed, key: EllipticCurvePublicKey) -> tuple[str, str]:
    """What is wrong with the signature, and what nobody can say of it; both empty when it verifies."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    method = one.signature.get("SA", DEFAULT)
    curve = CURVES.get(method) if isinstance(method, str) else None
    if curve is None:
        return "", f"is signed by '{method}', which cannot be verified here"
    if one.signature.get("SM", "application/x-der") != "application/x-der":
        return "", f"has a signature of type '{one.signature['SM']}', which cannot be read here"
    if curve != key.curve.name:
        return f"is signed by {method}, and the meter's key is on the curve {key.curve.name}", ""
    encoding = one.signature.get("SE", "hex")
    der = _unwrapped(one.signature.get("SD"), encoding)
    if der is None:
        return f"has a signature that is no {encoding}", ""
    try:
        key.verify(der, one.payload.encode(), ECDSA(SHA256()))
    except InvalidSignature:
        return "does not verify with the meter's key", ""
    except UnsupportedAlgorithm:
        return "", f"is signed on the curve {curve}, which this computer's library does not know"
    return "", ""


def _unwrapped(encoded: object, encoding: object) -> bytes | None:
    """The bytes of a signature; None when it is not encoded as it says."""
    if not isinstance(encoded, str) or encoding not in {"hex", "base64"}:
        return None
    try:
        return bytes.fromhex(encoded) if encoding == "hex" else base64.b64decode(encoded, validate=True)
    except ValueError:
        return None


def _usable(one: Signed) -> Iterator[str]:
    """What makes the readings of a record unusable for a bill."""
    readings = list(one.readings)
    if not readings:
        yield "holds no reading"
    for reading in readings:
        name = f"has a reading '{reading.get('TX', 'without TX')}' of {reading.get('TM')}"
        if reading.get("ST") != "G":
            yield f"{name} whose status is '{reading.get('ST')}' and not 'G'"
        if reading.get("EF"):
            yield f"{name} with the error flags '{reading['EF']}'"
        if reading.get("TX") == "X":
            yield f"{name}: from it on energy or time are not usable"


# --- all of them ------------------------------------------------------------------------------------------


def _together(found: Sequence[Signed], sessions: int) -> Iterator[str]:
    """Pages without a gap, one meter, begins and ends enough."""
    pages: list[int] = []
    for one in found:
        context, digits = one.page[:1], one.page[1:]
        if context == "F":
            continue
        if (
            context != "T"
            or not (digits.isascii() and digits.isdigit())
            or (digits[0] == "0" and digits != "0")
        ):
            yield f"The pagination '{one.page}' is not T and a number."
            continue
        pages.append(int(digits))
    for page, times in Counter(pages).items():
        if times > 1:
            yield f"Page T{page} stands on {times} different records."
    for before, after in pairwise(sorted(set(pages))):
        if after != before + 1:
            yield f"After page T{before} comes T{after}: records were taken out, or the counter jumps."
    meters = sorted({str(one.content.get("MS", one.content.get("GS"))) for one in found})
    if len(meters) > 1:
        yield f"The records are of different meters: {', '.join(meters)}."
    reasons = Counter(str(reading.get("TX")) for one in found for reading in one.readings)
    for name, letters in (("begin", BEGINS), ("end", ENDS)):
        count = sum(times for letter, times in reasons.items() if letter in letters)
        if count < sessions:
            yield f"Signed is the {name} of {count} sessions, and {sessions} {'was' if sessions == 1 else 'were'} performed."
