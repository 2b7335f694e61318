"""Secrets stay in the record and never reach a report.

What counts as a secret: Basic auth passwords as OCPP moves them (``AuthorizationKey`` in 1.6,
``BasicAuthPassword`` in 2.0.1), ``Authorization`` headers, passwords of the bench file, passwords inside
addresses. Each value found is then hidden wherever else it turns up, also in sentences and raw text.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

HIDDEN = "\u2022\u2022\u2022\u2022 (hidden)"

_SECRET_NAMES = {"authorizationkey", "basicauthpassword"}
_SECRET_FIELDS = {
    "password",
    "authorization",
    "authorizationkey",
    "basicauthpassword",
    "passphrase",
    "secret",
}
_SMELLS = (b"authorization", b"password", b"passphrase", b"secret")
_IN_ADDRESS = re.compile(r"(://[^/\s:@\"]*):([^/\s@\"]+)@")
_IN_HEADER = re.compile(r"(?im)\bauthorization[\"']?\s*[:=]\s*[\"']?(?:(?:basic|bearer)\s+)?([^\s\"',;}]+)")
_SHORTEST = 6
"""A value shorter than this is hidden in its own field only: hiding '1' everywhere would eat the report."""


class Redactor:
    """Hides secrets in text and in values.

    Example::

        hide = Redactor.of(entries)
        hide.text("Authorization: Basic Q1AwMDE6c2VjcmV0")   # 'Authorization: •••• (hidden)'
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {secret for secret in secrets if len(secret) >= _SHORTEST}
        self.secrets = tuple(sorted(known, key=lambda secret: (-len(secret), secret)))

    @classmethod
    def of(cls, *sources: Any) -> Redactor:
        """Collect the secrets that stand in mappings and sequences of the record."""
        found: set[str] = set()
        for source in sources:
            found.update(_secrets(source))
        decoded = {plain for secret in found if (plain := _basic_password(secret))}
        return cls(found | decoded)

    def text(self, text: str) -> str:
        """The text without secrets."""
        for secret in self.secrets:
            if secret in text:
                text = text.replace(secret, HIDDEN)
        if "://" in text:
            text = _IN_ADDRESS.sub(rf"\1:{HIDDEN}@", text)
        if "uthorization" in text or "UTHORIZATION" in text:
            text = _IN_HEADER.sub(lambda match: match.group(0).replace(match.group(1), HIDDEN), text)
        return text

    def stands_in(self, raw: str | bytes) -> bool:
        """Whether a line of a record holds one of the secrets."""
        line = raw if isinstance(raw, bytes) else raw.encode()
        return any(
            secret.encode() in line or json.dumps(secret)[1:-1].encode() in line for secret in self.secrets
        )

    def value(self, value: Any, name: str = "") -> Any:
        """The same value with secrets hidden, in mappings and sequences too."""
        if isinstance(value, str):
            if value and name.lower() in _SECRET_FIELDS:
                return HIDDEN
            return self.text(value)
        if isinstance(value, Mapping):
            secret_part = _names_secret(value)
            return {
                key: HIDDEN
                if secret_part and key in _VALUE_KEYS and item is not None
                else self.value(item, str(key))
                for key, item in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.value(item, name) for item in value]
        return value


_VALUE_KEYS = ("value", "attributeValue", "variableAttribute")


def smells(raw: str | bytes) -> bool:
    """Whether a line of a record might hold a secret; cheap enough for every line."""
    line = (raw if isinstance(raw, bytes) else raw.encode()).lower()
    return any(word in line for word in _SMELLS) or (b"://" in line and b"@" in line)


def _names_secret(value: Mapping[Any, Any]) -> bool:
    """A configuration key (1.6) or a variable (2.0.1) that holds a password."""
    if str(value.get("key", "")).lower() in _SECRET_NAMES:
        return True
    variable = value.get("variable")
    return isinstance(variable, Mapping) and str(variable.get("name", "")).lower() in _SECRET_NAMES


def _secrets(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if name.lower() in _SECRET_FIELDS and value:
            yield value.split(" ", 1)[-1] if name.lower() == "authorization" else value
        for match in _IN_HEADER.finditer(value):
            yield match.group(1)
        for match in _IN_ADDRESS.finditer(value):
            yield match.group(2)
    elif isinstance(value, Mapping):
        secret_part = _names_secret(value)
        for key, item in value.items():
            if secret_part and key in _VALUE_KEYS:
                yield from _texts(item)
            yield from _secrets(item, str(key))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _secrets(item, name)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(value.get("value"))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)


def _basic_password(secret: str) -> str | None:
    try:
        plain = base64.b64decode(secret, validate=True).decode()
    except ValueError:
        return None
    return plain.partition(":")[2] or None if plain.isprintable() else None
