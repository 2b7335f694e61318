"""Signed meter values in messages: where OCPP carries them, taken out as the text that was signed.

OCPP 1.6: a SampledValue with ``format`` SignedData, whose value is the OCMF text, the same in hex (OCMF 1.4, as in OCPP 1.5),
or the JSON of a 2.0.1 SignedMeterValue (OCA's application note on signed meter values in 1.6; recalled). OCPP 2.0.1:
``signedMeterValue`` with base64 in ``signedMeterData``; the bare text is taken too.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

from wattest.ocpp.samples import items

HEAD = "OCMF|"


def signed_texts(payload: Mapping[str, Any]) -> Iterator[str]:
    """Every signed value in a message, in its order; one that is no OCMF comes as it was written."""
    for name in ("meterValue", "transactionData"):
        for group in items(payload, name):
            for sample in items(group, "sampledValue"):
                value = sample.get("value")
                if sample.get("format") == "SignedData" and isinstance(value, str):
                    yield _text(value)
                signed = sample.get("signedMeterValue")
                if isinstance(signed, Mapping) and isinstance(signed.get("signedMeterData"), str):
                    yield _text(signed["signedMeterData"])


def _text(value: str) -> str:
    """The OCMF text behind one of its wrappings; the value itself when it is none that is known."""
    bare = value.strip()
    if bare.startswith(HEAD):
        return bare
    if bare.startswith("{"):
        try:
            inside = json.loads(bare).get("signedMeterData")
        except (ValueError, RecursionError):
            return value
        return _text(inside) if isinstance(inside, str) and not inside.lstrip().startswith("{") else value
    for unwrap in (binascii.unhexlify, _base64):
        try:
            found = unwrap(bare.encode()).decode()
        except ValueError:
            continue
        if found.startswith(HEAD):
            return found
    return value


def _base64(value: bytes) -> bytes:
    return base64.b64decode(value, validate=True)
