"""Small pictures and documents that are whole, for tests."""

from __future__ import annotations

import struct
import zlib

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n0\n%%EOF\n"


def exif(taken: str = "", offset: str = "", *, order: str = "II") -> bytes:
    """A block of Exif tags as a TIFF: DateTimeOriginal and OffsetTimeOriginal, where they are given."""
    mark = "<" if order == "II" else ">"
    tags = [(tag, text.encode() + b"\x00") for tag, text in ((0x9003, taken), (0x9011, offset)) if text]
    behind = 26 + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for tag, value in tags:
        where = behind + len(values)
        short = value.ljust(4, b"\x00") if len(value) <= 4 else struct.pack(f"{mark}I", where)
        entries += struct.pack(f"{mark}HHI", tag, 2, len(value)) + short
        values += value if len(value) > 4 else b""
    head = order.encode() + struct.pack(f"{mark}HI", 42, 8)
    main = struct.pack(f"{mark}HHHIII", 1, 0x8769, 4, 1, 26, 0)
    return head + main + struct.pack(f"{mark}H", len(tags)) + entries + bytes(4) + values


def jpeg(tiff: bytes = b"") -> bytes:
    """As a camera begins and ends one; nothing could be shown of it."""
    told = b"Exif\x00\x00" + tiff
    app1 = b"\xff\xe1" + struct.pack(">H", len(told) + 2) + told if tiff else b""
    return b"\xff\xd8" + app1 + b"\xff\xdb\x00\x04\x00\x01" + b"\xff\xda\x00\x02" + bytes(9) + b"\xff\xd9"


def png(tiff: bytes = b"") -> bytes:
    """One black pixel."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    parts = [(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), (b"eXIf", tiff)]
    parts += [(b"IDAT", zlib.compress(b"\x00\x00")), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(name, content) for name, content in parts if content or name == b"IEND"
    )


def webp(tiff: bytes = b"") -> bytes:
    """A container with nothing but its tags."""
    chunks = b"VP8 \x00\x00\x00\x00" + (b"EXIF" + struct.pack("<I", len(tiff)) + tiff if tiff else b"")
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def heic(tiff: bytes = b"") -> bytes:
    """Boxes as a phone writes them, with its tags among the data."""

    def box(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content) + 8) + name + content

    return (
        box(b"ftyp", b"heic\x00\x00\x00\x00mif1")
        + box(b"meta", bytes(4))
        + box(b"mdat", b"\x00\x00\x00\x06Exif\x00\x00" + tiff)
    )
