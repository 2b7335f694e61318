"""Signed meter values: the records that the meter of this charger signs (S.A.F.E. OCMF 1.4), at begin and end of a session."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from wattest.evse.station import Outlet, Station
from wattest.world.behaviour import behaviour, defect, variation

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

METHOD = "ECDSA-secp256r1-SHA256"
REASONS = {"Transaction.Begin": "B", "Transaction.End": "E"}


def record(station: Station, outlet: Outlet, context: str, at: datetime, wh: Decimal) -> str:
    """The OCMF text for a reading; empty where none is signed: other contexts, another make, or signing is off."""
    session, reason = outlet.session, REASONS.get(context)
    if reason is None or session is None or "signed_meter_values" not in station.sheet.features:
        return ""
    if not station.settings.on("sign_readings"):
        return ""
    readings = [(reason, at, wh)]
    if reason == "E" and session.first is not None:
        readings.insert(0, ("B", session.first.at, session.first.register_wh))
    chosen = [one for one in readings if one[0] in station.conduct(signed_reasons)(reason)]
    if not chosen:
        return ""
    station.flash.pages += station.conduct(page_step)(station)
    sheet = station.sheet
    payload = json.dumps(
        {
            "FV": "1.4",
            "GI": f"{sheet.maker} {sheet.model}",
            "GS": sheet.serial,
            "GV": sheet.firmware,
            "PG": f"T{station.flash.pages}",
            "MV": sheet.maker,
            "MM": "simulated meter",
            "MS": f"M-{sheet.serial}",
            "IS": True,
            "IL": "HEARSAY",
            "IF": ["RFID_PLAIN"],
            "IT": "ISO14443",
            "ID": session.token,
            "CT": "CBIDC",
            "CI": f"{sheet.identity} {outlet.id}",
            "RD": [_reading(*one) for one in chosen],
        },
        separators=(",", ":"),
    )
    signature = station.conduct(signature_words)(_sign(station.conduct(key_seed)(station), payload))
    return f"OCMF|{station.conduct(sent)(payload)}|{json.dumps(signature, separators=(',', ':'))}"


def _reading(reason: str, at: datetime, wh: Decimal) -> dict[str, Any]:
    stated = at.strftime("%Y-%m-%dT%H:%M:%S") + f",{at.microsecond // 1000:03}+0000 S"
    kwh = {"TM": stated, "TX": reason, "RV": float(wh) / 1000.0, "RI": "1-b:1.8.0", "RU": "kWh"}
    return {**kwh, "RT": "AC", "EF": "", "ST": "G"}


@lru_cache(maxsize=8)
def private_key(seed: str) -> EllipticCurvePrivateKey:
    """A key that follows from its name alone: nobody's secret is kept by a simulated meter."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - few chargers sign

    return ec.derive_private_key(
        int.from_bytes(hashlib.sha256(seed.encode()).digest()[:31]) + 1, ec.SECP256R1()
    )


def _sign(seed: str, payload: str) -> bytes:
    """Deterministic (RFC 6979), so that equal seeds give equal records."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    return private_key(seed).sign(payload.encode(), ec.ECDSA(SHA256(), deterministic_signing=True))


@behaviour
def key_seed(station: Station) -> str:
    """Name of the key that the meter signs with."""
    return f"meter of {station.sheet.serial}"


@defect(
    "METER-D17",
    breaks=key_seed,
    area="metering",
    requirement="MET-15",
    text="meter values are signed with another key than the one that the maker states",
    source="S.A.F.E. OCMF 1.4: the public key comes out of band, with the serial number",
)
def key_of_the_last_meter(station: Station) -> str:
    """The meter was exchanged and the register of keys was not."""
    return f"the meter before that of {station.sheet.serial}"


@behaviour
def sent(payload: str) -> str:
    """The payload as it is sent."""
    return payload


@defect(
    "METER-D15",
    breaks=sent,
    area="metering",
    requirement="MET-15",
    text="the signed text is read and written again on its way, with blanks that were not signed",
    source="S.A.F.E. OCMF 1.4: the payload must not be manipulated between signing and validation",
)
def written_again(payload: str) -> str:
    """A controller that keeps JSON as objects."""
    return json.dumps(json.loads(payload))


@behaviour
def page_step(station: Station) -> int:
    """How far the pagination goes on with a record."""
    return 1


@defect(
    "METER-D16",
    breaks=page_step,
    area="metering",
    requirement="MET-15",
    text="the pagination jumps: every record takes two pages",
    source="S.A.F.E. OCMF 1.4: the pagination is incremented by 1",
)
def two_pages_at_once(station: Station) -> int:
    """One for the record, one for its copy in the log."""
    return 2


@behaviour
def signed_reasons(reason: str) -> str:
    """Readings to sign at the begin (``B``) or the end (``E``) of a session, by their letters."""
    return reason


@defect(
    "METER-D18",
    breaks=signed_reasons,
    area="metering",
    requirement="MET-15",
    text="the begin of a session is never signed",
    source="S.A.F.E. OCMF 1.4: the first record is marked as the start of a charging process",
)
def only_the_end_is_signed(reason: str) -> str:
    """What is paid is at the end."""
    return reason if reason == "E" else ""


@variation(
    "V136",
    alters=signed_reasons,
    text="begin and end are signed together, in one record at the end",
    source="S.A.F.E. OCMF 1.4, StopTransactionSignatureFormat MR",
    area="metering",
)
def both_in_one_record(reason: str) -> str:
    """Multiple readings."""
    return "BE" if reason == "E" else ""


@behaviour
def signature_words(der: bytes) -> dict[str, str]:
    """The signature section."""
    return {"SA": METHOD, "SD": der.hex().upper()}


@variation(
    "V135",
    alters=signature_words,
    text="the signature is in base64, and its algorithm, the default, is not named",
    source="S.A.F.E. OCMF 1.4, fields SA and SE of the signature section",
    area="metering",
)
def signature_in_base64(der: bytes) -> dict[str, str]:
    """Shorter."""
    return {"SE": "base64", "SM": "application/x-der", "SD": base64.b64encode(der).decode()}


@behaviour
def value_in_16(text: str) -> str:
    """The value of a 1.6 SampledValue of format SignedData."""
    return text


@variation(
    "V134",
    alters=value_in_16,
    text="in OCPP 1.6 the signed data is in hex",
    source="S.A.F.E. OCMF 1.4 after OCPP 1.5: SignedData is encoded as hex",
    area="metering",
    dialects=("1.6",),
)
def value_in_hex(text: str) -> str:
    """As the format says, to the letter."""
    return text.encode().hex()


@variation(
    "V137",
    alters=value_in_16,
    text="in OCPP 1.6 the signed data is the JSON of a 2.0.1 signedMeterValue",
    source="OCA application note on signed meter values in OCPP 1.6 (recalled)",
    area="metering",
    dialects=("1.6",),
)
def value_as_in_201(text: str) -> str:
    """One implementation for both."""
    return json.dumps(value_in_201(text))


def value_in_201(text: str) -> dict[str, str]:
    """A SignedMeterValueType; the key is not sent along (PublicKeyWithSignedMeterValue is Never)."""
    coded = base64.b64encode(text.encode()).decode()
    return {"signedMeterData": coded, "signingMethod": METHOD, "encodingMethod": "OCMF", "publicKey": ""}
