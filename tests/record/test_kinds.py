"""Files handed in, told by their bytes."""

from __future__ import annotations

import pytest
from tests.record import pictures

from wattest.record.kinds import is_whole, kind_of

WHOLE = {
    "JPEG": pictures.jpeg(pictures.exif("2026:01:15 10:00:00")),
    "PNG": pictures.png(),
    "WebP": pictures.webp(),
    "HEIC": pictures.heic(),
    "PDF": pictures.PDF,
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_kind_is_told_by_its_bytes_and_whole_to_its_last(kind: str) -> None:
    """Whatever is cut off anywhere is not whole, and no cut raises."""
    content = WHOLE[kind]
    assert kind_of(content) == kind
    assert is_whole(kind, content)
    for length in range(len(content.rstrip())):
        kind_of(content[:length])
        assert not is_whole(kind, content[:length]), length


def test_a_thumbnail_is_no_end_of_a_picture() -> None:
    """A small JPEG among the tags has an end of its own; the picture around it was cut off."""
    cut = pictures.jpeg(pictures.exif("2026:01:15 10:00:00") + pictures.jpeg())
    assert not is_whole("JPEG", cut[: cut.rindex(b"\xff\xda")])


def test_a_flipped_bit_of_a_png_is_seen() -> None:
    """Each chunk has its check sum."""
    flipped = bytearray(pictures.png())
    flipped[20] ^= 1
    assert not is_whole("PNG", bytes(flipped))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("Reçu no 12\r\n".encode(), "text"),
        ("Reçu".encode("latin-1"), "text"),
        ("Reçu".encode("utf-16"), "text"),
        (b"BMW charges here", "text"),
        (b"BM\x1e\x00\x00\x00", "BMP"),
        (b"GIF89a", "GIF"),
        (b"PK\x03\x04\x14\x00", "ZIP (.docx, .xlsx)"),
        (b"\x00\x00\x00\x18ftypmp42", "MP4, MOV, AVIF"),
        (b"\n\n%PDF-1.7", "PDF"),
        (b"   \n", ""),
        (b"\x00\x01\x02", ""),
        (b"", ""),
    ],
)
def test_what_else_people_hand_in(content: bytes, kind: str) -> None:
    """By its usual name, or empty for what nothing is known of."""
    assert kind_of(content) == kind
