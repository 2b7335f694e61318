"""Card data in files: text as it is, archives member by member, anything else as bytes; pictures cannot be searched.

A camera's picture of a screen, a scan or a PDF may show a card number that nobody here can see: such files are named
``not searched``, so that a person looks at them.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from wattest.card_data.look import CardData, Look, unpacked

MOST_MEMBERS = 10_000
LARGEST_MEMBER = 100_000_000
"""Bytes of one member of an archive that are searched; the rest is named as not searched."""

MOST_UNPACKED = 500_000_000
"""Bytes in all that one look searches out of archives: a small one may unpack to any size."""

_PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"%PDF", b"BM", b"II*\x00", b"MM\x00*")


@dataclass(frozen=True)
class Searched:
    """What a look at a file showed. ``without`` is its content with card data hidden; None where that cannot be made.

    ``not_searched`` says of what no look was possible, and why; empty when all of it was searched.
    """

    found: tuple[CardData, ...]
    without: bytes | None
    not_searched: tuple[str, ...] = ()


def searched(name: str, content: bytes, look: Look, *, depth: int = 0) -> Searched:
    """Search a file's bytes; never raises because of what they are.

    >>> searched("station.log", b"paid with 4111 1111 1111 1111", Look(b"")).without
    b'paid with **** **** **** 1111'
    """
    if picture(content):
        return Searched((), content, (f"{name}: a picture",))
    if depth < 3 and (members := _members(name, content)) is not None:
        return _archive(members, content, look, depth)
    before = len(look.found)
    text, codec = _text(content)
    hidden = look.text(text) if text.lstrip()[:1] in {"{", "["} else "".join(_by_line(text, look))
    found = tuple(look.found[before:])
    if not found:
        return Searched((), content)
    return Searched(found, hidden.encode(codec) if codec != "latin-1" else None)


def picture(content: bytes) -> bool:
    """Whether bytes are a picture or a PDF, by how they begin."""
    return (
        content.startswith(_PICTURES)
        or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")
        or content[4:8] == b"ftyp"
    )


def _by_line(text: str, look: Look) -> Iterator[str]:
    """Line by line, so that a line of JSON in a log is read as such."""
    for line in text.splitlines(keepends=True):
        yield look.text(line)


def _text(content: bytes) -> tuple[str, str]:
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        codec = "utf-16"
    elif b"\x00" in content:
        codec = "latin-1"
    else:
        codec = "utf-8"
    try:
        return content.decode(codec), codec
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"


_Member = tuple[str, bytes | None]


def _members(name: str, content: bytes) -> Iterator[_Member] | None:
    """The files in an archive, with None for one that cannot be opened; None when this is no archive."""
    if content[:4] == b"PK\x03\x04" and zipfile.is_zipfile(io.BytesIO(content)):
        return _zip_members(content)
    if content[:2] == b"\x1f\x8b":
        return _gzip_member(name.removesuffix(".gz"), content)
    if content[257:262] == b"ustar":
        return _tar_members(content)
    return None


def _gzip_member(name: str, content: bytes) -> Iterator[_Member] | None:
    packed = unpacked(content, LARGEST_MEMBER + 1)
    if packed is None:
        return None
    if len(packed) > LARGEST_MEMBER:
        return iter([(name, packed[:LARGEST_MEMBER]), (f"{name} beyond {LARGEST_MEMBER} bytes", None)])
    return iter([(name, packed)])


def _zip_members(content: bytes) -> Iterator[_Member]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist()[:MOST_MEMBERS]:
            if info.is_dir():
                continue
            try:
                with archive.open(info) as file:
                    part = file.read(LARGEST_MEMBER + 1)
            except (RuntimeError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError):
                yield info.filename, None  # encrypted, damaged, or packed in a way unknown here
                continue
            yield info.filename, part if len(part) <= LARGEST_MEMBER else None


def _tar_members(content: bytes) -> Iterator[_Member]:
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for _ in range(MOST_MEMBERS):
                info = archive.next()
                if info is None:
                    return
                if not info.isfile():
                    continue
                file = archive.extractfile(info) if info.size <= LARGEST_MEMBER else None
                yield info.name, None if file is None else file.read()
    except tarfile.TarError:
        yield "the rest", None


def _archive(members: Iterator[_Member], content: bytes, look: Look, depth: int) -> Searched:
    found: list[CardData] = []
    left: list[str] = []
    for name, part in members:
        if part is None:
            left.append(f"{name}: cannot be unpacked, or is too large")
            continue
        look.unpacked += len(part)
        if look.unpacked > MOST_UNPACKED:
            left.append(f"{name} and what follows: more than {MOST_UNPACKED} bytes are packed here")
            break
        inside = searched(name, part, look, depth=depth + 1)
        found += [replace(one, field=f"{name} {one.field}".strip()) for one in inside.found]
        left += inside.not_searched
    return Searched(tuple(found), None if found else content, tuple(left))
