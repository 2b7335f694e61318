"""A document as a tree of nodes that know where they stand.

Scalars are text and nothing else: ``04E2`` stays a card, ``off`` stays a word, ``12:30`` stays a time. What a text
means is decided by the type it is read into.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wattest.document.suggest import shown
from wattest.errors import DocumentError, Place, Problem

LONGEST_LINE = 160
"""Columns of a source line that an error shows; beyond it the line is left out."""


@dataclass(frozen=True)
class Text:
    """A scalar. ``plain`` is False when it stood in quotes; an empty plain scalar says that nothing is there.

    ``via`` is set when the text stands in for a ``$name``: it tells where that name was used.
    """

    text: str
    place: Place
    plain: bool = True
    via: str = ""

    @property
    def missing(self) -> bool:
        """Whether nothing stands here: an empty value, ``~`` or ``null``."""
        return self.plain and self.text in {"", "~", "null"}


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True)
class Fields:
    """A mapping, in the order of the file; a key that stands twice is reported and its first value kept."""

    entries: tuple[tuple[Text, Node], ...]
    place: Place

    def get(self, name: str) -> Node | None:
        """The value of a key; None when there is no such key."""
        return next((value for key, value in self.entries if key.text == name), None)

    def __iter__(self) -> Iterator[str]:
        return (key.text for key, _ in self.entries)


Node = Text | Items | Fields


def what(node: Node) -> str:
    """What stands at a node, for sentences: the text itself, or *a list*, *a mapping*, *nothing*."""
    if isinstance(node, Items):
        return "a list"
    if isinstance(node, Fields):
        return "a mapping"
    return "nothing" if node.missing else shown(node.text)


def flow(node: Node) -> str:
    """A node on one line, as a reader would write it: ``{current: 16 A, cards: [driver]}``."""
    if isinstance(node, Items):
        return "[" + ", ".join(flow(item) for item in node.items) + "]"
    if isinstance(node, Fields):
        return "{" + ", ".join(f"{key.text}: {flow(value)}" for key, value in node.entries) + "}"
    return node.text if node.plain else f'"{node.text}"'


class Problems:
    """Collects every mistake of one document, each once."""

    def __init__(self, path: str, lines: tuple[str, ...] = ()) -> None:
        self.path = path
        self.lines = lines
        self._found: dict[tuple[Place, str], Problem] = {}

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._found.values())

    def add(self, where: Node | Place, sentence: str) -> None:
        """Note a mistake at a node or place."""
        place = where if isinstance(where, Place) else where.place
        if isinstance(where, Text) and where.via:
            sentence += f" ({where.via})"
        self._found.setdefault((place, sentence), Problem(place, sentence, self._line(place)))

    def at(self, line: int, column: int, sentence: str) -> None:
        """Note a mistake by line and column, both counted from 1."""
        self.add(Place(self.path, line, column), sentence)

    def trial(self) -> Problems:
        """An empty collection for the same document, to try one way of reading."""
        return Problems(self.path, self.lines)

    def take(self, other: Problems) -> None:
        """Adopt what a trial found."""
        for problem in other:
            self._found.setdefault((problem.place, problem.sentence), problem)

    def stop_if_any(self) -> None:
        """Raise ``DocumentError`` with all mistakes, if there are any."""
        if self._found:
            raise DocumentError(tuple(self._found.values()))

    def _line(self, place: Place) -> str:
        if place.path != self.path or not 1 <= place.line <= len(self.lines) or place.column > LONGEST_LINE:
            return ""
        line = self.lines[place.line - 1][:LONGEST_LINE]
        return "".join(letter if letter.isprintable() else " " for letter in line)


@dataclass(frozen=True)
class Document:
    """One file, read but not yet understood. ``problems`` holds the mistakes seen so far."""

    root: Node
    path: str
    sha256: str
    problems: Problems
