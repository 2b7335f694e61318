from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from wattest.cli import main
from wattest.clock import VirtualClock
from wattest.errors import RecordError
from wattest.record import Recorder, evidence, keep, missing_evidence, read_record
from wattest.record.evidence import safe_name

PLATE = b"\xff\xd8\xff a rating plate"
KEPT = f"evidence/{hashlib.sha256(PLATE).hexdigest()[:16]}-rating-plate.jpg"


@pytest.fixture
def recorder(clock: VirtualClock, tmp_path: Path) -> Iterator[Recorder]:
    with Recorder.open(tmp_path / "run" / "record.jsonl", clock, preamble={}) as recorder:
        recorder.note("header", format=1, seed=0, plan=[])
        yield recorder


def test_a_file_is_kept_beside_the_record(recorder: Recorder) -> None:
    """The bytes lie under their hash and a plain name; the entry tells name, hash, size and place."""
    seq = keep(recorder, "rating plate.jpg", PLATE)
    assert (recorder.path.parent / KEPT).read_bytes() == PLATE
    entry = read_record(recorder.path).entries[seq]
    assert {key: entry[key] for key in ("kind", "name", "sha256", "bytes", "path")} == {
        "kind": "file",
        "name": "rating plate.jpg",
        "sha256": hashlib.sha256(PLATE).hexdigest(),
        "bytes": len(PLATE),
        "path": KEPT,
    }


def test_samples_are_kept_as_they_are(recorder: Recorder) -> None:
    """Noise reads as digits of a card sooner or later; in what a station wrote the same digits are hidden."""
    content = b"4111111111111111"
    sampled = keep(recorder, "chan1.bin", content, samples=True)
    written = keep(recorder, "station.log", content)
    recorder.close()
    entries = read_record(recorder.path).entries
    assert "card_data" not in entries[sampled]
    assert (recorder.path.parent / entries[sampled]["path"]).read_bytes() == content
    assert entries[written]["card_data"]
    assert content not in (recorder.path.parent / entries[written]["path"]).read_bytes()


def test_equal_bytes_are_kept_once(recorder: Recorder) -> None:
    """The second picture of the same is another entry and the same file; half a file of before does not matter."""
    folder = recorder.path.parent / "evidence"
    folder.mkdir()
    (folder / f".{Path(KEPT).name}.part").write_bytes(b"half")
    first, second = keep(recorder, "rating plate.jpg", PLATE), keep(recorder, "rating plate.jpg", PLATE)
    assert first != second
    assert [path.name for path in folder.iterdir()] == [Path(KEPT).name]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Écran de la borne.png", "Ecran-de-la-borne.png"),
        ("../../etc/passwd", "etc-passwd"),
        (".hidden", "hidden"),
        ("屏幕", "file"),
        ("", "file"),
        ("a" * 300 + ".jpeg", "a" * 60 + ".jpeg"),
        ("b." + "c" * 300, "b." + "c" * 16),
        ("nul\0byte\n.txt", "nul-byte.txt"),
    ],
)
def test_a_name_is_made_plain(recorder: Recorder, name: str, safe: str) -> None:
    """Whatever a scenario calls a thing, the file stays in its folder and every file system takes it."""
    assert safe_name(name) == safe
    keep(recorder, name, b"x")
    (found,) = (recorder.path.parent / "evidence").iterdir()
    assert found.name == f"{hashlib.sha256(b'x').hexdigest()[:16]}-{safe}"
    assert missing_evidence(recorder.path, read_record(recorder.path).entries) == []


def test_too_much_is_not_kept(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beyond the limit is refused with both numbers, and nothing is noted."""
    monkeypatch.setattr(evidence, "LARGEST", 3)
    with pytest.raises(RecordError) as error:
        keep(recorder, "long.csv", b"1234")
    assert str(error.value) == "'long.csv' has 4 bytes; a file kept as evidence may have 3 at most."
    assert recorder.count == 2


def test_what_cannot_be_written_is_not_noted(recorder: Recorder) -> None:
    """A folder that cannot be made is told with the system's reason."""
    (recorder.path.parent / "evidence").write_text("in the way")
    with pytest.raises(RecordError) as error:
        keep(recorder, "rating plate.jpg", PLATE)
    assert str(error.value) == (
        f"The file {recorder.path.parent / KEPT} cannot be kept as evidence: File exists."
    )
    assert recorder.count == 2


def test_verify_compares_every_file(recorder: Recorder) -> None:
    """A record whose files are as they were kept is a result."""
    keep(recorder, "rating plate.jpg", PLATE)
    recorder.seal({})
    result = CliRunner().invoke(main, ["verify", str(recorder.path)])
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            lambda path: path.unlink(),
            f"Entry 2: the file {KEPT} is missing; it was kept as 'rating plate.jpg'.",
        ),
        (
            lambda path: path.write_bytes(b"another"),
            (
                f"Entry 2: the file {KEPT} was changed: its SHA-256 is {hashlib.sha256(b'another').hexdigest()}, and "
                f"{hashlib.sha256(PLATE).hexdigest()} was kept."
            ),
        ),
        (
            lambda path: (path.unlink(), path.mkdir()),
            f"Entry 2: the file {KEPT} cannot be read: Is a directory.",
        ),
    ],
)
def test_verify_tells_which_file_is_not_as_it_was(
    recorder: Recorder, spoil: Callable[[Path], object], sentence: str
) -> None:
    """Evidence that is lost or changed makes a record no result, although its chain holds."""
    keep(recorder, "rating plate.jpg", PLATE)
    recorder.seal({})
    spoil(recorder.path.parent / KEPT)
    result = CliRunner().invoke(main, ["verify", str(recorder.path)])
    assert result.exit_code == 13
    assert result.stdout == (
        f"{recorder.path}: {sentence}\n"
        f"{recorder.path} is whole, but not every file that was kept with it: not a result.\n"
    )


@pytest.mark.parametrize(
    "path", ["/etc/hostname", "evidence/../record.jsonl", "evidence/0123456789abcdef-x", 7]
)
def test_a_forged_entry_reads_no_other_file(recorder: Recorder, path: object) -> None:
    """An entry that points elsewhere, or to another hash, is told and not followed."""
    recorder.note("file", name="x", sha256="f" * 64, bytes=1, path=path)
    assert missing_evidence(recorder.path, read_record(recorder.path).entries) == [
        f"Entry 2 names the file '{path}', which is not where evidence is kept."
    ]
