"""What people answered and documents said of one charger, kept in a folder of its own for this run and later ones.

::

    evidence/SIM-0001/dossier.jsonl                         one line for each answer and document, chained
    evidence/SIM-0001/evidence/9f8e7d6c5b4a3921-plate.jpg   pictures and documents, under the hash of their bytes

Lines are appended and never changed: each carries the SHA-256 of the line before, and the latest of a question counts. The
first one says which charger the folder belongs to. Whoever rewrites the whole file can chain it anew; its own hash stands in
the record of every run that took it in.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from wattest.errors import RecordError
from wattest.record.evidence import missing_evidence, safe_name
from wattest.record.form import ZEROS, digest

FILE = "dossier.jsonl"

Line = Mapping[str, Any]

_SIGNED = {"thing", "by", "at", "language", "files", "prev"}
_KEYS: Mapping[str, set[str]] = {
    "charger": {"maker", "model", "serial", "prev"},
    "answer": _SIGNED | {"question", "answer", "value", "unit", "u", "instrument"},
    "paper": _SIGNED | {"statements", "number", "issuer", "issued", "expires"},
}
"""What each kind of line holds besides its kind."""


@dataclass(frozen=True)
class Dossier:
    """The latest answer to each question by its id, the latest state of each document by its id."""

    folder: Path
    serial: str
    answers: Mapping[str, Line]
    papers: Mapping[str, Line]
    sha256: str
    """Of the whole file, every line from the first on."""


def folder_of(root: Path, serial: str) -> Path:
    """Where the evidence of a charger is kept: a folder named after its serial number."""
    return root / safe_name(serial)


def find_dossier(root: Path, serial: str) -> Path:
    """The folder of this charger: ``root`` itself, or the one below it. Raises ``RecordError`` when neither is one."""
    for folder in (root, folder_of(root, serial)):
        if (folder / FILE).is_file():
            return folder
    raise RecordError(
        f"{root} holds no evidence of the charger with serial {serial}: 'wattest evidence --evidence {root}' gathers it."
    )


def read_dossier(folder: Path, serial: str) -> Dossier:
    """All of a folder's evidence, checked: the chain of lines, the hash of every file, and whose it is.

    Raises ``RecordError`` with the line that was changed, the file that is missing or was changed, or the charger that the
    folder belongs to.
    """
    content, lines = _lines(folder)
    owner = str(lines[0].get("serial"))
    if owner != serial:
        raise RecordError(
            f"The evidence in {folder} belongs to the charger with serial {owner}, and the charger sheet states {serial}: "
            "evidence of one charger says nothing of another; gather it for this one with 'wattest evidence'."
        )
    latest: dict[str, dict[str, Line]] = {"answer": {}, "paper": {}}
    for line in lines[1:]:
        latest[line["kind"]][str(line["thing"])] = line
    current = [line for kind in latest.values() for line in kind.values()]
    files = [{"kind": "file", "seq": line["line"], **file} for line in current for file in line["files"]]
    wrong = missing_evidence(folder / FILE, files)
    if wrong:
        raise RecordError(f"{folder / FILE}: {wrong[0]} Gather it again with 'wattest evidence'.")
    return Dossier(folder, owner, latest["answer"], latest["paper"], hashlib.sha256(content).hexdigest())


def _lines(folder: Path) -> tuple[bytes, list[dict[str, Any]]]:
    path = folder / FILE
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise RecordError(f"{path} cannot be read: {problem.strerror}.") from problem
    found: list[dict[str, Any]] = []
    before = ZEROS
    for number, raw in enumerate(content.splitlines(), 1):
        line = _parsed(raw)
        wanted = {"charger"} if number == 1 else {"answer", "paper"}
        if line is None or line.get("kind") not in wanted or not _KEYS[line["kind"]] <= line.keys():
            raise RecordError(f"{path}:{number}: this is no line of evidence; take the folder from a backup.")
        if line.get("prev") != before:
            raise RecordError(
                f"{path}:{number}: the lines before it were changed after it was written; evidence that was changed is "
                "none: take the folder from a backup."
            )
        found.append({**line, "line": number})
        before = digest(raw)
    if not found:
        raise RecordError(f"{path} is empty; move it away, and gather the evidence with 'wattest evidence'.")
    return content, found


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        line = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return line if isinstance(line, dict) else None


def begin(folder: Path, charger: Mapping[str, str]) -> None:
    """Make the folder of a charger, unless it is there; ``charger`` holds maker, model and serial.

    Raises ``RecordError`` when it cannot be made.
    """
    path = folder / FILE
    if path.exists():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise RecordError(f"{folder} cannot hold evidence: {problem.strerror}.") from problem
    _append(path, {"kind": "charger", **charger, "prev": ZEROS})


def add(folder: Path, line: Line) -> None:
    """Append one answer or document; it is on the disk when this returns. Raises ``RecordError``."""
    content, _ = _lines(folder)
    _append(folder / FILE, {**line, "prev": digest(content.splitlines()[-1])})


def _append(path: Path, line: Line) -> None:
    try:
        with path.open("ab") as file:
            file.write(orjson.dumps(dict(line)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as problem:
        raise RecordError(f"{path} cannot be written: {problem.strerror}.") from problem
