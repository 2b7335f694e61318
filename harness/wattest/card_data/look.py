"""Card data in whatever it is wrapped: nested values, JSON in text, base64, hexadecimal, percent signs, gzip.

Found and hidden in one pass, so that what is found is hidden and what is hidden is found. Told apart by the name of
the field (its own, or that of the variable or key whose value it is), never by leaving out a whole message: ids of
messages and transactions, serial numbers, registers and sampled values, and the numbers of a modem.

What does not fit is hidden whole: a word in base64, never the text around it. Not found: a number split over two fields, encrypted, in a picture, or in a code nobody has published.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from wattest.card_data.numbers import LAST, MASK, card_issuer, masked, numbers

DEEPEST = 5
"""Wrappings inside each other that are opened."""
UNPACKED = 1_000_000
"""Bytes in all that one look unpacks of what is compressed inside a text: a small frame may unpack to any size."""

_IDS = frozenset({"messageid", "transactionid", "serial", "meterstart", "meterstop"})
_CODES = frozenset({"cvv", "cvv2", "cvc", "cvc2"})
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_ONE = re.compile(r"[0-9A-Za-z.:/_-]{1,64}")
_LABEL = re.compile(r"(?i)\b(?:imei(?:sv)?|imsi)[\"']?\s{0,3}[:=]?\s{0,3}[\"']?$")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{18,}={0,2}")
_SPACED = re.compile(r"[^\s\"'<>]+")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?((?:[0-9A-Fa-f]{2}){13,})(?![0-9A-Za-z])")
_DUMP = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}[ :]){12,}[0-9A-Fa-f]{2}(?![0-9A-Za-z])")
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?')
"""A name, a text or a number of JSON; what else it has is not searched."""
_NAME = re.compile("[^a-z0-9]+")


@dataclass(frozen=True)
class CardData:
    """What is kept of card data: never the number itself.

    ``fingerprint`` is a keyed hash (``Look``); ``wrapped`` says what it stood in, outermost first; ``field`` where.
    """

    what: str
    issuer: str
    last_four: str
    fingerprint: str
    wrapped: tuple[str, ...] = ()
    field: str = ""

    def __str__(self) -> str:
        where = f" in '{self.field}'" if self.field else ""
        wrapped = f" ({', then '.join(self.wrapped)})" if self.wrapped else ""
        if self.what == "verification code":
            return f"a card verification code{where}{wrapped}"
        return f"a {self.what} of {self.issuer} ending in {self.last_four}{where}{wrapped}"


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with every pair, also those whose name comes twice."""


class Look:
    """One look at a value. ``found`` grows as ``value`` and ``text`` go through it; they return it with card data hidden.

    ``key`` makes the fingerprints. There are so few card numbers that anybody can try them all on a plain hash, and on
    one with a salt that stands beside it; without the key nobody can (PCI DSS 4.0.1, 3.5.1.1, recalled).
    """

    def __init__(self, key: bytes) -> None:
        self.found: list[CardData] = []
        self.unpacked = 0
        """Bytes out of archives that this look has seen so far."""
        self._key = key
        self._path: list[str] = []
        self._wrapped: list[str] = []
        self._unpack = UNPACKED

    def value(self, value: Any, name: str = "") -> Any:
        """A value of JSON, or one that a record can write, with card data hidden at every depth."""
        if isinstance(value, str):
            return self.text(value, name)
        if isinstance(value, (bool, type(None))):
            return value
        if isinstance(value, (int, float, Decimal)):
            return self._number(value, name)
        if isinstance(value, _Pairs):
            label = _label(dict(value)) or name.rpartition(" ")[0]
            return _Pairs(self._entry(key, part, label) for key, part in value)
        if isinstance(value, Mapping):
            label = _label(value) or name.rpartition(" ")[0]
            return dict(self._entry(key, part, label) for key, part in value.items())
        if isinstance(value, (list, tuple)):
            call = len(value) in {3, 4, 5} and type(value[0]) is int and not self._path
            return [
                self.value(part, "messageId" if call and place == 1 else name)
                for place, part in enumerate(value)
            ]
        return value

    def _entry(self, key: Any, value: Any, label: str) -> tuple[Any, Any]:
        """A name and its value; the path says the name as it is after the look."""
        shown = self.text(key) if isinstance(key, str) else key
        self._path.append(str(shown))
        try:
            name = f"{label} {key}" if label and str(key).lower() in _VALUES else str(key)
            return shown, self.value(value, "sampledValue" if self._sampled(name) else name)
        finally:
            self._path.pop()

    def _sampled(self, name: str) -> bool:
        return name == "value" and "sampledValue" in self._path

    def _number(self, value: float | Decimal, name: str) -> Any:
        """A card number becomes 9, noughts and its last four digits: it stays a number, and is none of an issuer."""
        if isinstance(value, Decimal) and (not value.is_finite() or value.adjusted() > 18):
            return value  # an exponent may be so large that nobody can write the number out
        if not isinstance(value, int) and _written_digits(value) < 13:
            return value  # 4.2e15 has the value of a card number, and nobody writes one so
        try:
            whole = int(value)
        except (ValueError, OverflowError):
            return value
        digits = str(whole) if whole == value and 10**12 <= whole < 10**19 else ""
        whose = card_issuer(digits)
        if whose is None or _told_apart(name, digits):
            return value
        self._note("card number", whose, digits)
        return type(value)("9" + "0" * (len(digits) - LAST - 1) + digits[-LAST:])

    def text(self, text: str, name: str = "") -> str:
        """A text with card data hidden, also inside what is written in it."""
        start = text[:64].lstrip()
        if start[:1] in {"{", "["} or start[:2] == '"{':
            try:
                return self._json(text, name)
            except (ValueError, RecursionError):
                pass
        elif _told_apart(name, text):
            return text
        if _plain(name) in _CODES and text.isdecimal() and len(text) in {3, 4}:
            self._note("verification code", "", "")
            return MASK * len(text)
        text = self._plain(text)
        if len(self._wrapped) < DEEPEST:
            text = self._unwrapped(text)
        return text

    def _json(self, text: str, name: str) -> str:
        """JSON keeps every sign of it but the literals in which something was found."""
        read = json.loads(
            text, object_pairs_hook=_Pairs, parse_float=Decimal, parse_constant=lambda _word: None
        )
        seen = len(self.found)
        after = self.value(read, name)
        if len(self.found) == seen:
            return text
        leaves = _leaves(read, after)

        def replaced(match: re.Match[str]) -> str:
            before, now = next(leaves)
            if before == now:
                return match[0]
            return json.dumps(now) if isinstance(now, str) else str(now)

        return _LITERAL.sub(replaced, text)

    def _plain(self, text: str) -> str:
        if len(text) < 13:
            return text
        parts, end = [], 0
        for number in sorted(numbers(text), key=lambda found: found.begin):
            if number.begin < end or _LABEL.search(text[max(0, number.begin - 20) : number.begin]):
                continue
            self._note("track" if number.track else "card number", number.issuer, number.digits)
            parts += [text[end : number.begin], masked(text, number)]
            end = number.end
        return "".join((*parts, text[end:])) if parts else text

    def _unwrapped(self, text: str) -> str:
        if "%" in text:
            text = _SPACED.sub(lambda match: self._percent(match[0]), text)
        text = _HEX.sub(
            lambda match: self._bytes(match[1], bytes.fromhex(match[1]), "hexadecimal", match[0]), text
        )
        text = _DUMP.sub(
            lambda match: self._bytes(
                match[0], bytes.fromhex(match[0].replace(":", "")), "hexadecimal", match[0]
            ),
            text,
        )
        return _BASE64.sub(lambda match: self._base64(match[0]), text)

    def _percent(self, word: str) -> str:
        if "%" not in word or (plain := unquote(word)) == word:
            return word
        return self._inside(plain, "percent-encoded", word)

    def _base64(self, token: str) -> str:
        """A token may begin in the middle of a word or a path: every alignment is tried."""
        if token.isdecimal():
            return token
        signs = token.rstrip("=").replace("-", "+").replace("_", "/")
        for begin in range(4):
            part = signs[begin:]
            part = part[: len(part) - 1] if len(part) % 4 == 1 else part
            try:
                content = base64.b64decode(part + "=" * (-len(part) % 4))
            except (binascii.Error, ValueError):
                continue
            hidden = self._bytes("", content, "base64", token, whole=begin == 0)
            if hidden != token:
                return hidden
        return token

    def _bytes(self, digits: str, content: bytes, how: str, shown: str, *, whole: bool = True) -> str:
        """``shown`` stands for these bytes; the same when nothing is in them, else what hides it."""
        if whole and (packed := unpacked(content, self._unpack)) is not None:
            self._unpack -= len(packed)
            return self._inside(packed.decode("latin-1"), f"{how}, compressed", shown)
        text = _decoded(content)
        if not whole and not any(True for _ in numbers(text)):
            return shown
        hidden = self._inside(text, how, shown)
        if hidden == shown and any(True for _ in numbers(content.hex().upper())) and not digits:
            hidden = self._inside(content.hex().upper(), f"{how} of chip data", shown)
        return hidden

    def _inside(self, text: str, how: str, shown: str) -> str:
        before = len(self.found)
        self._wrapped.append(how)
        try:
            self.text(text)
        finally:
            self._wrapped.pop()
        if len(self.found) == before:
            return shown
        return f"[card data hidden, {how}, ends in {self.found[-1].last_four}]"

    def _note(self, what: str, issuer: str, digits: str) -> None:
        fingerprint = hmac.new(self._key, digits.encode(), hashlib.sha256).hexdigest()[:16] if digits else ""
        self.found.append(
            CardData(
                what, issuer, digits[-LAST:], fingerprint, tuple(self._wrapped), ".".join(self._path)[:200]
            )
        )


_VALUES = frozenset({"value", "attributevalue", "variableattribute", "actualvalue"})


def unpacked(content: bytes, most: int) -> bytes | None:
    """What gzip or zlib packed, as far as ``most`` bytes; None when it is neither, or nothing may be unpacked."""
    if most <= 0 or content[:2] not in {b"\x1f\x8b", b"\x78\x9c", b"\x78\x01", b"\x78\xda"}:
        return None
    try:
        return zlib.decompressobj(wbits=47).decompress(content, most)
    except zlib.error:
        return None


def _decoded(content: bytes) -> str:
    if content[1::2].count(0) * 4 > len(content) or content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        wide = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-16-le"
        return content.decode(wide, "replace")
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _written_digits(value: float | Decimal) -> int:
    return sum(sign.isdecimal() for sign in str(value).upper().partition("E")[0])


def _label(value: Mapping[Any, Any]) -> str:
    """The name of the setting or variable whose value stands beside it (GetConfiguration, NotifyReport)."""
    key, variable = value.get("key"), value.get("variable")
    if isinstance(variable, _Pairs):
        variable = dict(variable)
    if isinstance(variable, Mapping):
        key = variable.get("name")
    return key if isinstance(key, str) else ""


def _plain(name: str) -> str:
    return _NAME.sub("", name.lower())


def _told_apart(name: str, text: str) -> bool:
    """Whether the field says that this is no card number."""
    if not name:
        return False
    plain = _plain(name)
    if plain == "sampledvalue":
        return _NUMBER.fullmatch(text) is not None
    for value in _VALUES:
        plain = plain.removesuffix(value)
    digits = _NAME.sub("", text)
    if plain.endswith(("imei", "imeisv")):
        return len(digits) == 16 and digits.startswith("35")
    if plain.endswith("imsi"):
        return digits.isdecimal() and len(digits) in {14, 15}
    return (plain in _IDS or plain.endswith("serialnumber")) and _ONE.fullmatch(text) is not None


def _leaves(before: Any, after: Any) -> Iterator[tuple[Any, Any]]:
    """Names, texts and numbers of two values of one shape, side by side, as they follow each other in the text."""
    if isinstance(before, _Pairs):
        for (key, part), (new_key, new_part) in zip(before, after, strict=True):
            yield key, new_key
            yield from _leaves(part, new_part)
    elif isinstance(before, list):
        for part, new_part in zip(before, after, strict=True):
            yield from _leaves(part, new_part)
    elif before is not None and not isinstance(before, bool):
        yield before, after
