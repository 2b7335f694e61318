"""What a file handed in is, by its bytes and never by its name; whether all of it is there.

JPEG: ISO/IEC 10918-1. PNG: ISO/IEC 15948. HEIC: ISO/IEC 23008-12 in boxes of ISO/IEC 14496-12. WebP: RIFF. PDF: ISO 32000.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

PICTURES = ("JPEG", "PNG", "HEIC", "WebP")
DOCUMENTS = ("PDF", *PICTURES)
TEXT = "text"

_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
"""Brands of HEIF files, as libraries list them (recalled)."""

_OTHERS: Mapping[bytes, str] = {
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"PK\x03\x04": "ZIP (.docx, .xlsx)",
    b"\xd0\xcf\x11\xe0": "OLE (.doc, .xls)",
    b"\x1f\x8b": "gzip",
    b"{\\rtf": "RTF",
    b"%!PS": "PostScript",
    b"\x7fELF": "ELF",
    b"MZ": "EXE",
}
"""What people hand in by mistake, by how it begins."""


def kind_of(content: bytes) -> str:
    """A name out of ``DOCUMENTS``, ``TEXT``, another format's name, or empty for bytes that nothing is known of.

    >>> kind_of(b"%PDF-1.7 ..."), kind_of("Reçu".encode()), kind_of(b"GIF89a"), kind_of(bytes(9))
    ('PDF', 'text', 'GIF', '')
    """
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WebP"
    if content[4:8] == b"ftyp":
        return "HEIC" if content[8:12] in _HEIC_BRANDS else "MP4, MOV, AVIF"
    if b"%PDF-" in content[:1024]:
        return "PDF"
    for start, name in _OTHERS.items():
        if content.startswith(start) and not (len(start) == 2 and _is_text(content)):
            return name
    return TEXT if _is_text(content) else ""


def _is_text(content: bytes) -> bool:
    """UTF-8, UTF-16 with its mark, or one byte for each letter; without control characters but those of lines."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        codec = "utf-16"
    else:
        codec = "latin-1"
        if set(content) & _CONTROLS:
            return False
    try:
        return bool(content.decode(codec).strip())
    except UnicodeDecodeError:
        return False


_SCAN = 0xDA
"""The marker before the picture itself; its end, FF D9, never stands within."""
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\x0b\x0c\r\x1a\x1b") | {127}


def is_whole(kind: str, content: bytes) -> bool:
    """Whether a picture or a PDF goes from its beginning to its end; a text always does."""
    match kind:
        case "JPEG":
            return any(marker == _SCAN and b"\xff\xd9" in rest for marker, rest in jpeg_segments(content))
        case "PNG":
            return any(name == b"IEND" for name, _ in png_chunks(content))
        case "WebP":
            return 12 < int.from_bytes(content[4:8], "little") + 8 <= len(content)
        case "HEIC":
            return _boxes_end(content)
        case "PDF":
            return b"%%EOF" in content[-4096:]
    return True


def jpeg_segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and payload of each segment up to the scan; the last is the scan with all that follows it.

    Stops where a segment is none.
    """
    at = 2
    while content[at : at + 1] == b"\xff" and at + 4 <= len(content):
        marker = content[at + 1]
        if marker == 0xFF:  # fill bytes
            at += 1
            continue
        if marker == _SCAN:
            yield marker, content[at + 2 :]
            return
        length = int.from_bytes(content[at + 2 : at + 4])
        if length < 2 or at + 2 + length > len(content):
            return
        yield marker, content[at + 4 : at + 2 + length]
        at += 2 + length


def png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk whose check sum is right; stops at the first that is not whole."""
    at = 8
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4])
        named = content[at + 4 : at + 8 + length]
        if int.from_bytes(content[at + 8 + length : at + 12 + length]) != zlib.crc32(named):
            return
        yield named[:4], named[4:]
        at += 12 + length


def _boxes_end(content: bytes) -> bool:
    """Whether the boxes of the file lie one behind the other up to its end, those of its tags and its data among them."""
    at, names = 0, set()
    while at + 8 <= len(content):
        size, head = int.from_bytes(content[at : at + 4]), 8
        names.add(content[at + 4 : at + 8])
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16]), 16
        elif size == 0:  # up to the end of the file
            size = len(content) - at
        if size < head:
            return False
        at += size
    return at == len(content) and {b"meta", b"mdat"} <= names
