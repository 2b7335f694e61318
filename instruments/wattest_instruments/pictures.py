"""Pictures as evidence: what a person or a camera took is read, looked at for what it is, and kept beside the record."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from wattest.errors import RigError
from wattest.record.kinds import kind_of
from wattest.roles import Photo, Surroundings

LARGEST = 25_000_000
"""Bytes of one picture; a phone's are below 15 million."""

_ENDINGS = {"JPEG": "jpg", "PNG": "png", "WebP": "webp", "HEIC": "heic"}


def kind_of_picture(content: bytes) -> str | None:
    """``jpg``, ``png``, ``webp`` or ``heic``, by the first bytes; None for anything else."""
    return _ENDINGS.get(kind_of(content))


def picture_problem(path: Path) -> str | None:
    """Why this file cannot be kept as a picture, in a sentence; None when it can."""
    try:
        size = path.stat().st_size
        if size > LARGEST:
            return f"{path} has {size} bytes; a picture may have {LARGEST} at most: make it smaller."
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as problem:
        return f"{path} cannot be read: {problem.strerror}."
    if kind_of_picture(start) is None:
        return f"{path} is no picture that is known here: JPEG, PNG, WebP or HEIC."
    return None


async def keep_picture(around: Surroundings, subject: str, path: Path) -> Photo:
    """The picture in a file, kept as evidence under the name of its subject.

    Raises ``RigError`` when the file is no picture, cannot be read, or nothing can be kept here.
    """
    if around.keep is None:
        raise RigError(
            f"{around.role}: the picture of '{subject}' cannot be kept, since this run has no folder."
        )
    content = await around.clock.in_thread(_read, around.role, path)
    name = f"{subject}.{kind_of_picture(content)}"
    return Photo(name, sha256(content).hexdigest(), around.keep(name, content))


def _read(role: str, path: Path) -> bytes:
    problem = picture_problem(path)
    if problem is not None:
        raise RigError(f"{role}: {problem}")
    with path.open("rb") as file:
        return file.read(LARGEST)
