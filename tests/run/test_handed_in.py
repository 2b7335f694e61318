"""A file handed in is looked at before it is kept."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.record import pictures

from wattest.run import handed_in as module
from wattest.run.handed_in import HandedIn, handed_in

ANSWERED = datetime(2026, 1, 16, 12, 0, tzinfo=UTC)
PICTURES = "accepted are JPEG, PNG, HEIC, WebP"
PAPERS = "accepted are PDF, JPEG, PNG, HEIC, WebP and text"


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def taken(content: bytes, name: str = "plate.jpg") -> HandedIn | tuple[str, str]:
    """What comes of a picture with this content."""
    Path(name).write_bytes(content)
    return handed_in(name, picture=True)


@pytest.mark.parametrize(
    "content", [pictures.jpeg(), pictures.png(), pictures.webp(), pictures.heic()], ids=["j", "p", "w", "h"]
)
def test_pictures_are_taken_as_pictures_and_as_documents(content: bytes) -> None:
    """Whatever their name says: a certificate may be a picture of it."""
    found = taken(content, "plate.txt")
    assert found == HandedIn("plate.txt", content, None)
    assert handed_in("plate.txt", picture=False) == found


@pytest.mark.parametrize("content", [pictures.PDF, "Numéro 12\n".encode()], ids=["pdf", "text"])
def test_a_document_may_be_a_pdf_or_a_text(content: bytes) -> None:
    """Neither is a picture."""
    Path("paper").write_bytes(content)
    assert handed_in("paper", picture=False) == HandedIn("paper", content, None)
    kind, french = ("PDF", "PDF") if content.startswith(b"%") else ("text", "du texte")
    assert handed_in("paper", picture=True) == (
        f"paper is no picture: it holds {kind}; {PICTURES}",
        f"paper n'est pas une photo : il contient {french}; sont acceptés JPEG, PNG, HEIC, WebP",
    )


@pytest.mark.parametrize(
    ("content", "picture", "english", "french"),
    [
        (b"", True, "f is empty and proves nothing", "f est vide et ne prouve rien"),
        (
            b"GIF89a",
            True,
            f"f is no picture: it holds GIF; {PICTURES}",
            "f n'est pas une photo : il contient GIF; sont acceptés JPEG, PNG, HEIC, WebP",
        ),
        (
            b"PK\x03\x04 a letter",
            False,
            f"f is no document that can be read later: it holds ZIP (.docx, .xlsx); {PAPERS}",
            (
                "f n'est pas un document qu'on pourra relire : il contient ZIP (.docx, .xlsx); "
                "sont acceptés PDF, JPEG, PNG, HEIC, WebP et texte"
            ),
        ),
        (
            bytes(4),
            False,
            f"f is no document that can be read later: it holds bytes of no known kind; {PAPERS}",
            (
                "f n'est pas un document qu'on pourra relire : il contient des octets d'aucun genre connu; "
                "sont acceptés PDF, JPEG, PNG, HEIC, WebP et texte"
            ),
        ),
        (
            pictures.jpeg()[:-2],
            True,
            "f begins as JPEG and is not whole: it was cut off or damaged; copy it again",
            "f commence comme JPEG et n'est pas entier : il a été coupé ou abîmé; copiez-le de nouveau",
        ),
        (
            pictures.PDF[:30],
            False,
            "f begins as PDF and is not whole: it was cut off or damaged; copy it again",
            "f commence comme PDF et n'est pas entier : il a été coupé ou abîmé; copiez-le de nouveau",
        ),
    ],
)
def test_a_file_that_cannot_be_kept_is_told_with_what_it_is(
    content: bytes, picture: bool, english: str, french: str
) -> None:
    """File, what was found, what is accepted; in both languages."""
    Path("f").write_bytes(content)
    assert handed_in("f", picture=picture) == (english, french)


def test_a_path_that_leads_to_no_file_is_told(tmp_path: Path) -> None:
    """Missing, a folder, a pipe that would never end, a home that is nobody's, a character that no path holds."""
    os.mkfifo("pipe")
    assert handed_in("none.jpg", picture=True) == (
        "none.jpg: No such file or directory",
        "none.jpg : ce fichier n'existe pas",
    )
    for name in (str(tmp_path), "pipe"):
        assert handed_in(name, picture=True) == (f"{name} is no file", f"{name} n'est pas un fichier")
    for name in ("~nobody-of-this-name/a.jpg", "a\x00b"):
        english, french = handed_in(name, picture=True)  # type: ignore[misc]  # a sentence in both languages
        assert (english, french) == (
            f"'{name}' is no path of a file",
            f"« {name} » n'est pas le chemin d'un fichier",
        )


def test_too_large_is_told_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture and a document each have their limit."""
    monkeypatch.setattr(module, "LARGEST_PICTURE", 5)
    monkeypatch.setattr(module, "LARGEST_DOCUMENT", 6)
    Path("f").write_bytes(bytes(7))
    assert handed_in("f", picture=True) == (
        "f has 7 bytes; a picture may have 5 at most: make it smaller",
        "f compte 7 octets; une photo peut en compter 5 au plus : réduisez sa taille",
    )
    assert "a document may have 6 at most" in str(handed_in("f", picture=False)[0])  # type: ignore[index]


@pytest.mark.parametrize(
    ("time", "offset", "english"),
    [
        ("2026:01:16 12:00:00", "+00:00", None),
        ("2026:01:15 12:00:00", "+00:00", None),
        ("2026:01:15 12:00:00", "", None),
        ("2026:01:14 22:00:00", "", None),
        (
            "2026:01:14 22:00:00",
            "+00:00",
            "plate.jpg says that it was taken 2026-01-14 22:00, 2 days before the answer.",
        ),
        ("2026:01:14 21:59:59", "", "2026-01-14 21:59, 2 days before the answer."),
        ("2027:01:16 12:00:00", "-05:00", "2027-01-16 12:00, 365 days after the answer."),
    ],
)
def test_the_time_of_the_camera_is_held_against_that_of_the_answer(
    time: str, offset: str, english: str | None
) -> None:
    """A day apart is usual, and a camera without an offset may be anywhere on Earth."""
    found = taken(pictures.jpeg(pictures.exif(time, offset)))
    assert isinstance(found, HandedIn)
    remark = found.remark(ANSWERED)
    assert (remark is None) == (english is None)
    if remark is not None and english is not None:
        assert remark[0].endswith(english)
        assert "indique avoir été prise" in remark[1]
