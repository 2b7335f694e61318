"""When a picture was taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.record import pictures

from wattest.record.exif import taken_at

TAKEN = datetime(2026, 1, 15, 10, 0, 5)  # noqa: DTZ001 - as a camera without an offset has it
MAKERS = {"JPEG": pictures.jpeg, "PNG": pictures.png, "WebP": pictures.webp, "HEIC": pictures.heic}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("order", ["II", "MM"])
def test_the_time_of_the_camera_is_read(kind: str, order: str) -> None:
    """In each kind of picture and either order of bytes; with the offset from UTC where there is one."""
    local = pictures.exif("2026:01:15 10:00:05", order=order)
    assert taken_at(kind, MAKERS[kind](local)) == TAKEN
    zoned = pictures.exif("2026:01:15 10:00:05", "-05:00", order=order)
    quebec = timezone(timedelta(hours=-5))
    assert taken_at(kind, MAKERS[kind](zoned)) == TAKEN.replace(tzinfo=quebec)


@pytest.mark.parametrize("kind", MAKERS)
def test_none_where_there_is_none(kind: str) -> None:
    """No tags, tags without a time, or a time that is none."""
    for tiff in (b"", pictures.exif(), pictures.exif("0000:00:00 00:00:00"), pictures.exif("    :  :  ")):
        assert taken_at(kind, MAKERS[kind](tiff)) is None


def test_an_offset_that_is_none_leaves_the_time_local() -> None:
    """Cameras write blanks."""
    assert taken_at("PNG", pictures.png(pictures.exif("2026:01:15 10:00:05", "   :  "))) == TAKEN


@given(st.binary(max_size=200), st.sampled_from(sorted(MAKERS)), st.integers(0, 120))
def test_nothing_that_a_camera_wrote_raises(noise: bytes, kind: str, at: int) -> None:
    """Tags may point anywhere."""
    tiff = bytearray(pictures.exif("2026:01:15 10:00:05", "+00:00"))
    tiff[at : at + len(noise)] = noise
    found = taken_at(kind, MAKERS[kind](bytes(tiff)))
    assert found is None or found.tzinfo in {None, UTC} or found.utcoffset() is not None
