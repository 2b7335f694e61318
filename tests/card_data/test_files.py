"""Files are searched by what they are; what cannot be searched is named."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from wattest.card_data import Look
from wattest.card_data.files import searched
from wattest.cli import main

LINE = b"2026-01-15T12:00:00Z card 4111 1111 1111 1111 approved\n"


def _zip(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _tar(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def test_text_is_given_back_without() -> None:
    """A log keeps every sign but the digits."""
    seen = searched("a.log", LINE, Look(b""))
    assert seen.without == LINE.replace(b"4111 1111 1111", b"**** **** ****")
    assert [one.last_four for one in seen.found] == ["1111"]


def test_json_lines_are_read_as_json() -> None:
    """Each line of a log of JSON is read by itself, so that its fields tell apart."""
    lines = [{"transactionId": "4111111111111111"}, {"pan": "4111111111111111"}]
    seen = searched("a.jsonl", ("x\n" + "\n".join(map(json.dumps, lines))).encode(), Look(b""))
    assert [one.field for one in seen.found] == ["pan"]


@pytest.mark.parametrize(
    "content",
    [
        _zip(log=LINE),
        gzip.compress(LINE),
        _tar("var/log/a", LINE),
        gzip.compress(_tar("a", LINE)),
        _zip(b=_zip(c=LINE)),
    ],
    ids=["zip", "gzip", "tar", "tar in gzip", "zip in zip"],
)
def test_archives_are_opened(content: bytes) -> None:
    """Diagnostics come packed; an archive with a card number cannot be given back without it."""
    seen = searched("diagnostics", content, Look(b""))
    assert [one.last_four for one in seen.found] == ["1111"]
    assert seen.without is None


def test_wide_text_and_bytes() -> None:
    """UTF-16 is read as text; anything with zero bytes, such as a network capture, as bytes."""
    wide = searched("a.txt", LINE.decode().encode("utf-16"), Look(b""))
    assert len(wide.found) == 1
    assert wide.without is not None
    assert "1111 1111 1111" not in wide.without.decode("utf-16")
    raw = searched("a.pcap", b"\x00\x01" + LINE, Look(b""))
    assert len(raw.found) == 1
    assert raw.without is None


@pytest.mark.parametrize("start", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7"])
def test_a_picture_is_named(start: bytes) -> None:
    """What a picture shows nobody here can see, and that is said."""
    seen = searched("screen.jpg", start + LINE, Look(b""))
    assert seen.not_searched == ("screen.jpg: a picture",)


def test_a_damaged_member_is_named() -> None:
    """An archive that breaks off is searched as far as it goes, and the rest is named."""
    content = bytearray(_zip(log=LINE * 5))
    content[40] ^= 0xFF
    assert searched("d.zip", bytes(content), Look(b"")).not_searched == (
        "log: cannot be unpacked, or is too large",
    )


@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b", b"\xff\xfe"]))
def test_any_bytes_end_in_a_result(content: bytes, start: bytes) -> None:
    """No content raises."""
    searched("x", start + content, Look(b""))


def test_scan_tells_and_leaves_with_its_code(tmp_path: Path) -> None:
    """Found is 1, nothing is 0, a picture alone is 3, a missing file is 2; the number is never shown."""
    leak, clean, picture = tmp_path / "leak.log", tmp_path / "clean.log", tmp_path / "a.png"
    leak.write_bytes(LINE * 2)
    clean.write_text("all well\n")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")
    run = CliRunner().invoke
    found = run(main, ["scan", str(leak), str(clean)])
    assert found.exit_code == 1
    assert f"{leak}: a card number of Visa ending in 1111, 2 times" in found.output
    assert "Card data stands in 2 files, 2 times." in found.output
    assert "4111 1111" not in found.output
    nothing = run(main, ["scan", str(clean)])
    assert (nothing.exit_code, nothing.output) == (0, "No card data was found in 1 file.\n")
    doubt = run(main, ["scan", str(picture)])
    assert doubt.exit_code == 3
    assert "not everything could be searched: a person must look at the rest." in doubt.output
    missing = run(main, ["scan", str(tmp_path / "none")])
    assert missing.exit_code == 2
    assert "cannot be read: No such file or directory." in missing.output


def test_scan_as_data_and_from_a_pipe(tmp_path: Path) -> None:
    """JSON holds issuer, last four and fingerprint; ``-`` reads what is piped in."""
    leak = tmp_path / "leak.log"
    leak.write_bytes(LINE)
    data = json.loads(CliRunner().invoke(main, ["scan", "--json", str(leak)]).output)
    assert data[str(leak)]["found"][0] | {"fingerprint": ""} == {
        "what": "card number",
        "issuer": "Visa",
        "last_four": "1111",
        "fingerprint": "",
        "wrapped": [],
        "field": "",
    }
    piped = CliRunner().invoke(main, ["scan", "-"], input=LINE)
    assert piped.exit_code == 1


def test_an_archive_is_opened_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many bytes in all nothing more is unpacked, and that is said."""
    monkeypatch.setattr("wattest.card_data.files.MOST_UNPACKED", 100)
    seen = searched("a.zip", _zip(a=b"x" * 80, b=b"y" * 80, c=LINE), Look(b""))
    assert seen.found == ()
    assert seen.not_searched == ("b and what follows: more than 100 bytes are packed here",)
