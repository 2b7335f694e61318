"""Files beside a record: a picture, a screen, a waveform, kept under the hash of their bytes.

::

    run/record.jsonl                                  {"kind":"file","name":"rating plate.jpg","sha256":"9f8e...",
    run/evidence/9f8e7d6c5b4a3921-rating-plate.jpg     "bytes":81234,"path":"evidence/9f8e7d6c5b4a3921-rating-plate.jpg"}

The file is on the disk before the entry that names it, and is never written again: what has the same bytes has the same
hash. Equal runs keep equal files under equal names.

A card number is hidden before a file is kept, and what was found stands in the entry as ``card_data``. A file in which it
cannot be hidden, such as an archive, is not kept: a note of what was found stands in its place. A picture cannot be
searched: its entry names it under ``not_searched``.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wattest.card_data import FIELD, Look, distinct
from wattest.card_data.files import Searched, searched
from wattest.errors import RecordError
from wattest.record.recorder import Recorder

FOLDER = "evidence"
LARGEST = 100_000_000
"""Bytes of one file: more is a series, which belongs into a file format of its own."""

_NAME = re.compile(r"[^A-Za-z0-9._]+")
_KEPT = re.compile(rf"{FOLDER}/(?P<start>[0-9a-f]{{16}})-[A-Za-z0-9._-]{{1,80}}")


def keep(recorder: Recorder, name: str, content: bytes, *, samples: bool = False) -> int:
    """Keep bytes beside the record and note them; the number of the entry.

    ``samples``: what an instrument of the bench sampled, which no station wrote. Card data are not looked for in them: any
    noise, read as digits, holds a card number sooner or later.

    Raises ``RecordError`` when they are too many or cannot be written: then nothing is noted.
    """
    return recorder.note(
        "file", **store(recorder.path.parent, name, content, look=recorder.look(), samples=samples)
    )


def store(
    folder: Path, name: str, content: bytes, *, look: Look | None = None, samples: bool = False
) -> dict[str, Any]:
    """Write bytes under ``evidence`` in a folder; name, ``sha256``, ``bytes`` and ``path``, as an entry of kind ``file`` has them.

    Without the ``look`` of a record, fingerprints of card numbers are keyed with the bytes that were not kept.
    Raises ``RecordError`` when they are too many or cannot be written.
    """
    if len(content) > LARGEST:
        raise RecordError(
            f"'{name}' has {len(content)} bytes; a file kept as evidence may have {LARGEST} at most."
        )
    beside: dict[str, Any] = {}
    seen = (
        Searched((), content)
        if samples
        else searched(name, content, look or Look(hashlib.sha256(content).digest()))
    )
    if seen.found:
        beside[FIELD] = distinct(list(seen.found))
        if seen.without is None:
            content = json.dumps({"withheld": name, FIELD: beside[FIELD]}, indent=1).encode()
            beside["withheld"] = True
            name += ".withheld.json"
        else:
            content = seen.without
    if seen.not_searched:
        beside["not_searched"] = seen.not_searched
    sha256 = hashlib.sha256(content).hexdigest()
    path = f"{FOLDER}/{sha256[:16]}-{safe_name(name)}"
    _write(folder / path, content)
    return {"name": name, "sha256": sha256, "bytes": len(content), "path": path, **beside}


def safe_name(name: str) -> str:
    """A name that every file system takes, such as ``rating-plate.jpg``.

    >>> safe_name("Écran de la borne/7.jpg")
    'Ecran-de-la-borne-7.jpg'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem, dot, ending = _NAME.sub("-", plain).strip("-.").rpartition(".")
    if not dot:
        stem, ending = ending, ""
    return f"{stem.strip('-.')[:60] or 'file'}{dot}{ending[:16]}"


def missing_evidence(record: str | Path, entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """A sentence for every file named in a record that is not beside it with the bytes that were kept."""
    folder = Path(record).parent
    return [
        sentence
        for entry in entries
        if entry.get("kind") == "file"
        if (sentence := _problem(folder, entry)) is not None
    ]


def _problem(folder: Path, entry: Mapping[str, Any]) -> str | None:
    who = f"Entry {entry.get('seq')}"
    path, sha256 = str(entry.get("path")), str(entry.get("sha256"))
    match = _KEPT.fullmatch(path)
    if match is None or not sha256.startswith(match["start"]):
        return f"{who} names the file '{path}', which is not where evidence is kept."
    try:
        with (folder / path).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return f"{who}: the file {path} is missing; it was kept as '{entry.get('name')}'."
    except OSError as problem:
        return f"{who}: the file {path} cannot be read: {problem.strerror}."
    if found != sha256:
        return f"{who}: the file {path} was changed: its SHA-256 is {found}, and {sha256} was kept."
    return None


def _write(path: Path, content: bytes) -> None:
    """All of the file or none of it, whatever interrupts this."""
    half = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(exist_ok=True)
        if path.exists() and path.read_bytes() == content:
            return
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    except OSError as problem:
        raise RecordError(f"The file {path} cannot be kept as evidence: {problem.strerror}.") from problem
