"""When a picture was taken, as the camera wrote it: Exif 2.32 tags DateTimeOriginal, DateTime and OffsetTimeOriginal (recalled)."""

from __future__ import annotations

from datetime import datetime

from wattest.record.kinds import jpeg_segments, png_chunks

_IFD_POINTER, _TAKEN, _CHANGED, _OFFSET = 0x8769, 0x9003, 0x0132, 0x9011
_MOST_TAGS = 512


def taken_at(kind: str, content: bytes) -> datetime | None:
    """The time that a JPEG, PNG, HEIC or WebP carries; without an offset from UTC where the camera wrote none.

    None when there is none, or when what is there cannot be read: a camera may have written anything.
    """
    tiff = _tiff(kind, content)
    if tiff is None:
        return None
    order = {b"II*\x00": "little", b"MM\x00*": "big"}.get(tiff[:4])
    if order is None:
        return None
    main = _tags(tiff, _number(tiff, 4, 4, order), order)
    more = _tags(tiff, _number(tiff, main[_IFD_POINTER], 4, order), order) if _IFD_POINTER in main else {}
    for tags, name in ((more, _TAKEN), (main, _CHANGED)):
        if name in tags:
            found = _time(_ascii(tiff, tags[name], order), _ascii(tiff, more.get(_OFFSET), order))
            if found is not None:
                return found
    return None


def _tiff(kind: str, content: bytes) -> bytes | None:
    """The block of tags, which is built like a TIFF file."""
    if kind == "JPEG":
        for marker, payload in jpeg_segments(content):
            if marker == 0xE1 and payload.startswith(b"Exif\x00\x00"):
                return payload[6:]
        return None
    if kind == "PNG":
        return next((chunk for name, chunk in png_chunks(content) if name == b"eXIf"), None)
    if kind == "WebP":
        at = 12
        while at + 8 <= len(content):
            size = int.from_bytes(content[at + 4 : at + 8], "little")
            if content[at : at + 4] == b"EXIF":
                return content[at + 8 : at + 8 + size].removeprefix(b"Exif\x00\x00")
            at += 8 + size + size % 2
        return None
    # HEIC keeps it as one piece of its data, begun as in JPEG
    for start in (b"Exif\x00\x00II*\x00", b"Exif\x00\x00MM\x00*"):
        at = content.find(start)
        if at >= 0:
            return content[at + 6 :]
    return None


def _number(tiff: bytes, at: int, size: int, order: str) -> int:
    return int.from_bytes(tiff[at : at + size], "little" if order == "little" else "big")


def _tags(tiff: bytes, at: int, order: str) -> dict[int, int]:
    """Where the 4 bytes of each tag's value stand, by the tag."""
    count = min(_number(tiff, at, 2, order), _MOST_TAGS)
    entries = range(at + 2, at + 2 + 12 * count, 12)
    return {_number(tiff, entry, 2, order): entry + 8 for entry in entries if entry + 12 <= len(tiff)}


def _ascii(tiff: bytes, at: int | None, order: str) -> str:
    """A text of ASCII: longer than 4 bytes, it stands elsewhere and its tag holds where."""
    if at is None:
        return ""
    count = _number(tiff, at - 4, 4, order)
    begin = _number(tiff, at, 4, order) if count > 4 else at
    return tiff[begin : begin + min(count, 64)].split(b"\x00")[0].decode("ascii", "replace").strip()


def _time(text: str, offset: str) -> datetime | None:
    try:
        found = datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - local to the camera, where it wrote no offset
    except ValueError:
        return None
    try:
        return datetime.fromisoformat(f"{found.isoformat()}{offset}") if offset else found
    except ValueError:
        return found
