"""A file that a person hands in as evidence: looked at before it is kept, for what it is and for when it was taken.

What is said of it stands in English and in French, since Quebec reads French first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from wattest.record.evidence import LARGEST
from wattest.record.exif import taken_at
from wattest.record.kinds import DOCUMENTS, PICTURES, TEXT, is_whole, kind_of

LARGEST_PICTURE = 25_000_000
"""Bytes of one picture; a phone's are below 15 million (project)."""
LARGEST_DOCUMENT = LARGEST

APART = timedelta(days=1)
"""A picture may be this far from the answer that it is for: evidence is often written down in the evening (project)."""
ZONES = timedelta(hours=14)
"""A camera that wrote no offset from UTC may be this far from it."""

Said = tuple[str, str]
"""A sentence in English and in French."""


@dataclass(frozen=True)
class HandedIn:
    """A file that can be kept. ``taken`` is when its camera says that it was taken; None when it says nothing."""

    name: str
    content: bytes
    taken: datetime | None

    def remark(self, answered: datetime) -> Said | None:
        """What to say where picture and answer lie apart; it decides nothing, since clocks of cameras are often wrong."""
        if self.taken is None:
            return None
        local = self.taken.tzinfo is None
        gap = (self.taken.replace(tzinfo=answered.tzinfo) if local else self.taken) - answered
        if abs(gap) <= APART + (ZONES if local else timedelta(0)):
            return None
        days = round(abs(gap) / timedelta(days=1))
        plural = "s" if days > 1 else ""
        at = f"{self.taken:%Y-%m-%d %H:%M}"
        when, quand = ("before", "avant") if gap < timedelta(0) else ("after", "après")
        return (
            f"{self.name} says that it was taken {at}, {days} day{plural} {when} the answer.",
            f"{self.name} indique avoir été prise {at}, {days} jour{plural} {quand} la réponse.",
        )


def handed_in(line: str, *, picture: bool) -> HandedIn | Said:
    """The file at a path that was typed, or why it cannot be kept: as a picture, or as a document, which may be a text too."""
    try:
        path = Path(line).expanduser()
        if path.exists() and not path.is_file():
            return f"{path} is no file", f"{path} n'est pas un fichier"
        size = path.stat().st_size
        most = LARGEST_PICTURE if picture else LARGEST_DOCUMENT
        if size > most:
            return (
                f"{path} has {size} bytes; {'a picture' if picture else 'a document'} may have {most} at most: make it smaller",
                f"{path} compte {size} octets; {'une photo' if picture else 'un document'} peut en compter {most} au plus : réduisez sa taille",
            )
        content = path.read_bytes()
    except OSError as problem:
        gone = isinstance(problem, FileNotFoundError)
        french = "ce fichier n'existe pas" if gone else f"ne peut pas être lu ({problem.strerror})"
        return f"{line}: {problem.strerror}", f"{line} : {french}"
    except (RuntimeError, ValueError):  # ~nobody, or a character that no path holds
        return f"'{line}' is no path of a file", f"« {line} » n'est pas le chemin d'un fichier"
    if not content:
        return f"{path} is empty and proves nothing", f"{path} est vide et ne prouve rien"
    return _looked_at(path, content, picture=picture)


def _looked_at(path: Path, content: bytes, *, picture: bool) -> HandedIn | Said:
    kind = kind_of(content)
    if kind not in (PICTURES if picture else (*DOCUMENTS, TEXT)):
        found = {TEXT: (TEXT, "du texte"), "": ("bytes of no known kind", "des octets d'aucun genre connu")}
        english, french = found.get(kind, (kind, kind))
        if picture:
            known = ", ".join(PICTURES)
            return (
                f"{path} is no picture: it holds {english}; accepted are {known}",
                f"{path} n'est pas une photo : il contient {french}; sont acceptés {known}",
            )
        known = ", ".join(DOCUMENTS)
        return (
            f"{path} is no document that can be read later: it holds {english}; accepted are {known} and text",
            f"{path} n'est pas un document qu'on pourra relire : il contient {french}; sont acceptés {known} et texte",
        )
    if not is_whole(kind, content):
        return (
            f"{path} begins as {kind} and is not whole: it was cut off or damaged; copy it again",
            f"{path} commence comme {kind} et n'est pas entier : il a été coupé ou abîmé; copiez-le de nouveau",
        )
    return HandedIn(path.name, content, taken_at(kind, content))
