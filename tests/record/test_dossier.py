"""The evidence of one charger: appended, chained, and of no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import RecordError
from wattest.record.dossier import add, begin, find_dossier, folder_of, read_dossier
from wattest.record.evidence import store

if TYPE_CHECKING:
    from pathlib import Path

CHARGER = {"maker": "Boreal", "model": "T7", "serial": "BT7/12"}


def _answer(folder: Path, answer: str = "yes", **more: Any) -> None:
    line = {
        "kind": "answer",
        "thing": "sign_there",
        "question": "Is it?",
        "answer": answer,
        "value": None,
        "unit": "",
        "u": None,
        "instrument": "",
        "files": [store(folder, "sign.jpg", b"picture")],
        "by": "A. Roy",
        "at": "2026-11-27T10:00:00.000000Z",
        "language": "fr",
    }
    add(folder, {**line, **more})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one answer."""
    made = folder_of(tmp_path, CHARGER["serial"])
    begin(made, CHARGER)
    _answer(made)
    return made


def test_the_latest_answer_counts_and_nothing_is_written_over(folder: Path) -> None:
    """Both lines stay; a folder that is there is gone on with."""
    begin(folder, CHARGER)
    _answer(folder, "no")
    dossier = read_dossier(folder, "BT7/12")
    assert dossier.answers["sign_there"]["answer"] == "no"
    assert len((folder / "dossier.jsonl").read_bytes().splitlines()) == 3
    assert dossier.papers == {}


def test_a_folder_is_found_from_above_or_by_itself(folder: Path, tmp_path: Path) -> None:
    """The serial number names it, in a way that any file system takes."""
    assert find_dossier(tmp_path, "BT7/12") == folder
    assert find_dossier(folder, "BT7/12") == folder
    with pytest.raises(
        RecordError, match="holds no evidence of the charger with serial X9: 'wattest evidence --evidence"
    ):
        find_dossier(tmp_path, "X9")


def test_evidence_of_another_charger_is_refused(folder: Path) -> None:
    """Two serial numbers may look alike to a file system, and are held apart all the same."""
    with pytest.raises(
        RecordError, match="belongs to the charger with serial BT7/12, and the charger sheet states BT7-12"
    ):
        read_dossier(folder, "BT7-12")


def test_a_line_that_was_changed_is_told(folder: Path) -> None:
    """The next line carries the hash of it."""
    _answer(folder, "no")
    path = folder / "dossier.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"answer":"yes"', b'"answer":"YES"'))
    with pytest.raises(
        RecordError, match=r"dossier\.jsonl:3: the lines before it were changed after it was written"
    ):
        read_dossier(folder, "BT7/12")


def test_a_picture_that_was_changed_or_lost_is_told(folder: Path) -> None:
    """The hash of its bytes stands in the line."""
    (picture,) = (folder / "evidence").iterdir()
    picture.write_bytes(b"another")
    with pytest.raises(RecordError, match="was changed: its SHA-256 is"):
        read_dossier(folder, "BT7/12")
    picture.unlink()
    with pytest.raises(RecordError, match=r"is missing; it was kept as 'sign\.jpg'"):
        read_dossier(folder, "BT7/12")


@pytest.mark.parametrize(
    "junk", [b"x\n", b"[]\n", b'{"kind":"answer"}\n', b'{"kind":"charger"}\n', b"\xff\n"]
)
def test_a_line_that_is_none_is_told(folder: Path, junk: bytes) -> None:
    """With its number."""
    path = folder / "dossier.jsonl"
    path.write_bytes(path.read_bytes() + junk)
    with pytest.raises(RecordError, match=r"dossier\.jsonl:3: this is no line of evidence"):
        read_dossier(folder, "BT7/12")


def test_an_empty_or_missing_file_is_told(tmp_path: Path) -> None:
    """Both have a sentence."""
    with pytest.raises(RecordError, match="cannot be read: No such file or directory"):
        read_dossier(tmp_path, "X")
    (tmp_path / "dossier.jsonl").write_bytes(b"")
    with pytest.raises(RecordError, match="is empty; move it away"):
        read_dossier(tmp_path, "X")


def test_a_path_out_of_the_folder_is_refused(folder: Path) -> None:
    """A line cannot name a file that lies elsewhere."""
    _answer(folder, files=[{"name": "p", "sha256": "0" * 64, "bytes": 1, "path": "../../etc/passwd"}])
    with pytest.raises(RecordError, match="which is not where evidence is kept"):
        read_dossier(folder, "BT7/12")
