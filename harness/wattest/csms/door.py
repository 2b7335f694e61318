"""Who may connect: identity and Basic authentication.

Sources: OCPP 2.0.1 Part 4 section 3.1.1 (identity); OCPP 1.6 security white paper ed. 3, profile 1 (A00.FR.204, 205);
RFC 7617.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping

from wattest.clock.network import Choice, Greeting
from wattest.model.scenario import DIALECTS, Dialect

DIALECT_OF: Mapping[str, Dialect] = {f"ocpp{dialect}": dialect for dialect in DIALECTS}
"""WebSocket sub-protocols and what is spoken over them."""
MAX_IDENTITY = 48


def refusal(greeting: Greeting, password: str | None) -> Choice | None:
    """The HTTP refusal that a greeting deserves; None when the station may come in."""
    identity = greeting.identity
    if not identity or len(identity) > MAX_IDENTITY or ":" in identity or not identity.isprintable():
        return Choice(
            None,
            404,
            f"the identity {identity[:60]!r} is not 1 to {MAX_IDENTITY} printable characters without ':'",
        )
    if password is None:
        return None
    if greeting.authorization is None:
        return Choice(None, 401, "no password was given")
    if not _is_right(greeting.authorization, identity, password):
        return Choice(None, 401, "user name or password is wrong")
    return None


def _is_right(authorization: str, identity: str, password: str) -> bool:
    """Compared as bytes in constant time: binary keys are legal in OCPP 1.6."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(encoded.strip().encode("ascii", "replace"), validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(given, f"{identity}:{password}".encode())
