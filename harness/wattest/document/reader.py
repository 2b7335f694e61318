"""From bytes to nodes: YAML without guessing, with limits, and never anything but ``DocumentError``.

The tree is built from the parser's events, one after the other: no recursion that a document could drive deep, and
limits that hold while reading (1 MiB, 50 levels, 100 aliases, 200 000 values once aliases are followed).
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from wattest.document.node import Document, Fields, Items, Node, Problems, Text
from wattest.document.suggest import nearest, shown
from wattest.errors import DocumentError, Place

LARGEST = 1024 * 1024
DEEPEST = 50
MOST_ALIASES = 100
MOST_VALUES = 200_000

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_LINE_END = re.compile(r"\r\n|\r|\n")
_TAB_IN_FRONT = re.compile(r" *\t")
_SENTENCES = {
    "mapping values are not allowed in this context": "a ':' does not fit here; put text that holds ': ' in quotes,"
    " or check the indentation",
    "did not find expected ',' or ']'": "the list that began {began} is not closed with ']'",
    "did not find expected ',' or '}'": "the mapping that began {began} is not closed with '}}'",
    "did not find expected '-' indicator": "the list that began {began} does not go on here; check the indentation",
    "did not find expected key": "the mapping that began {began} does not go on here; check the indentation and quotes",
    "found unexpected end of stream": "the quotes that opened {began} are never closed",
    "could not find expected ':'": "the key that began {began} has no ':' behind it",
    "did not find expected <document start>": "a second document begins here; one file holds one document",
    "did not find expected node content": "a value is missing here",
}


def read(path: str | os.PathLike[str]) -> Document:
    """Read a file. Raises ``DocumentError`` for whatever is wrong with it, from a missing file to a tab."""
    name = os.fspath(path)
    return read_bytes(_bytes_of(name), name)


def read_text(text: str, path: str = "<text>") -> Document:
    """Read a document that is already in memory; ``path`` is the name that errors give it."""
    return read_bytes(text.encode(errors="surrogatepass"), path)


def read_bytes(data: bytes, path: str = "<bytes>") -> Document:
    """Read a document from the bytes of a file."""
    if len(data) > LARGEST:
        raise _refuse(path, f"the file is larger than {LARGEST // 1024} KiB; no document of this kind is")
    text = _decoded(data, path)
    lines = tuple(_LINE_END.split(text))
    problems = Problems(path, lines)
    _look_for_unfit(lines, problems)
    if not text.strip():
        problems.at(1, 1, "the file is empty")
    problems.stop_if_any()
    root = _Builder(path, problems).build(text)
    return Document(root, path, hashlib.sha256(data).hexdigest(), problems)


def keys_under(path: str | os.PathLike[str], key: str) -> tuple[str, ...]:
    """The keys of the mapping under a top-level key, in a fraction of the time that reading the file takes.

    Whoever reads the file in earnest finds its mistakes; here only broken YAML raises ``DocumentError``.
    """
    name = os.fspath(path)
    data = _bytes_of(name)
    found: list[str] = []
    complete = [0]
    inside = False
    try:
        events: Any = yaml.parse(_decoded(data, name), Loader=_LOADER)
        for event in events:
            kind = type(event)
            level = len(complete) - 1
            if kind is yaml.ScalarEvent:
                if complete[-1] % 2 == 0:
                    if level == 1:
                        inside = event.value == key
                    elif level == 2 and inside:
                        found.append(event.value)
                complete[-1] += 1
            elif kind is yaml.AliasEvent:
                complete[-1] += 1
            elif kind is yaml.MappingStartEvent:
                complete.append(0)
            elif kind is yaml.SequenceStartEvent:
                if level == 0:
                    break
                inside = inside and level > 1
                complete.append(0)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                complete.pop()
                complete[-1] += 1
    except yaml.YAMLError:
        read_bytes(data, name)
    return tuple(found)


def _refuse(path: str, sentence: str) -> DocumentError:
    problems = Problems(path)
    problems.at(1, 1, sentence)
    return DocumentError(tuple(problems))


def _bytes_of(name: str) -> bytes:
    path = Path(name)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise _refuse(name, "this is a folder; name a YAML file in it")
        if not stat.S_ISREG(mode):
            raise _refuse(name, "this is no regular file, so it is not read")
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        raise _refuse(name, "there is no such file" + _neighbour(path)) from None
    except OSError as refusal:
        raise _refuse(name, f"the file cannot be read: {refusal.strerror}") from None
    except ValueError:
        raise _refuse(name, "this cannot be the name of a file") from None


def _neighbour(path: Path) -> str:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir())
    except OSError:
        return f"; there is no folder {shown(str(path.parent))} either"
    suggestion = nearest(path.name, names)
    return (
        "" if suggestion is None else f"; did you mean {shown(str(path.with_name(suggestion)), longest=200)}?"
    )


def _decoded(data: bytes, path: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refuse(path, "the file is UTF-16; save it as UTF-8")
    nul = data.find(b"\x00")
    if nul >= 0:
        line = data.count(b"\n", 0, nul) + 1
        column = nul - data.rfind(b"\n", 0, nul)
        problems = Problems(path)
        problems.at(line, column, "a NUL byte stands here: this is a binary file, not YAML")
        raise DocumentError(tuple(problems))
    body = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        before = body[: error.start].decode()
        line = before.count("\n") + 1
        problems = Problems(path)
        problems.at(
            line,
            len(before) - before.rfind("\n"),
            f"byte 0x{body[error.start]:02x} is not UTF-8; save the file as UTF-8",
        )
        raise DocumentError(tuple(problems)) from None


def _look_for_unfit(lines: tuple[str, ...], problems: Problems) -> None:
    for number, line in enumerate(lines, 1):
        tab = _TAB_IN_FRONT.match(line)
        if tab is not None and line.strip():
            problems.at(number, tab.end(), "a tab stands in the indentation; YAML wants spaces")
        if not line.isprintable():
            _look_into(line, number, problems)


def _look_into(line: str, number: int, problems: Problems) -> None:
    """Find a character that YAML forbids, or takes for the end of a line where nobody sees one."""
    for column, letter in enumerate(line, 1):
        code = ord(letter)
        control = (code < 0x20 and letter != "\t") or 0x7F <= code <= 0x9F
        if control or 0xD800 <= code <= 0xDFFF or code in {0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF}:
            problems.at(number, column, f"the character U+{code:04X} has no place in a document")
            return


@dataclass
class _Open:
    """A list or mapping whose end has not come yet."""

    kind: Literal["list", "mapping"]
    place: Place
    anchor: str | None
    children: list[Node] = field(default_factory=list)
    size: int = 1
    height: int = 0


class _Builder:
    """Folds parser events into nodes."""

    def __init__(self, path: str, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int, int]] = {}
        self.aliases = 0
        self.root: Node | None = None

    def build(self, text: str) -> Node:
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            self._syntax(error, text)
        except yaml.YAMLError as error:
            self.problems.at(1, 1, f"YAML cannot be read: {shown(str(error), longest=120)}")
        if self.root is None and not len(self.problems):
            self.problems.at(1, 1, "the file holds no value, only comments")
        if self.root is None:
            self.problems.stop_if_any()
        assert self.root is not None
        return self.root

    def _place(self, event: Any) -> Place:
        return Place(self.path, event.start_mark.line + 1, event.start_mark.column + 1)

    def _take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._no_tag(event)
            self._close(Text(event.value, self._place(event), event.implicit[0]), event.anchor, 1, 0)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._no_tag(event)
            if len(self.open) >= DEEPEST:
                self._stop(event, f"lists and mappings are nested deeper than {DEEPEST} levels here")
            name: Literal["list", "mapping"] = "mapping" if kind is yaml.MappingStartEvent else "list"
            self.open.append(_Open(name, self._place(event), event.anchor))
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            done = self.open.pop()
            node = Items(tuple(done.children), done.place) if done.kind == "list" else self._fields(done)
            self._close(node, done.anchor, done.size, done.height + 1)
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent and self.root is not None:
            self._stop(event, "a second document begins here; one file holds one document")

    def _no_tag(self, event: Any) -> None:
        if event.tag is not None and event.tag != "!":
            self.problems.add(
                self._place(event),
                f"the tag {shown(event.tag)} is not used here: types come from the key; remove it",
            )

    def _alias(self, event: Any) -> None:
        self.aliases += 1
        if self.aliases > MOST_ALIASES:
            self._stop(event, f"there are more than {MOST_ALIASES} aliases up to here")
        known = self.anchors.get(event.anchor)
        if known is None:
            own = any(item.anchor == event.anchor for item in self.open)
            reason = "stands inside itself" if own else "is not anchored before this place"
            self._stop(event, f"the alias {shown('*' + event.anchor)} {reason}")
        else:
            self._close(known[0], None, known[1], known[2])

    def _close(self, node: Node, anchor: str | None, size: int, height: int) -> None:
        """A node is complete: give it to the list or mapping that it stands in."""
        if anchor is not None:
            self.anchors[anchor] = (node, size, height)
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        parent.children.append(node)
        parent.size += size
        parent.height = max(parent.height, height)
        if parent.size > MOST_VALUES:
            self._stop(node, f"with its aliases followed this document holds more than {MOST_VALUES} values")
        if len(self.open) + height > DEEPEST:
            self._stop(
                node, f"with its aliases followed this document is nested deeper than {DEEPEST} levels"
            )

    def _fields(self, done: _Open) -> Fields:
        entries: list[tuple[Text, Node]] = []
        first: dict[str, Text] = {}
        for key, value in zip(done.children[::2], done.children[1::2], strict=True):
            if not isinstance(key, Text):
                self.problems.add(key, "a key must be text, not a list or mapping")
                continue
            if key.text == "":
                self.problems.add(key, "a key is missing before this ':'")
                continue
            earlier = first.get(key.text)
            if earlier is not None:
                self.problems.add(
                    key, f"the key {shown(key.text)} stands here again, first in line {earlier.place.line}"
                )
                continue
            first[key.text] = key
            entries.append((key, value))
        return Fields(tuple(entries), done.place)

    def _stop(self, where: Any, sentence: str) -> None:
        self.problems.add(where if isinstance(where, Text | Items | Fields) else self._place(where), sentence)
        self.problems.stop_if_any()

    def _syntax(self, error: yaml.MarkedYAMLError, text: str) -> None:
        mark = error.problem_mark or error.context_mark
        assert mark is not None
        began = "before" if error.context_mark is None else f"in line {error.context_mark.line + 1}"
        problem = error.problem or "nothing more is known"
        if problem == "found character that cannot start any token" and mark.index < len(text):
            sentence = f"{shown(text[mark.index])} cannot begin a value; put the text in quotes"
        elif problem in _SENTENCES:
            sentence = _SENTENCES[problem].format(began=began)
        else:
            sentence = f"YAML cannot be read here: {problem}"
        self.problems.at(mark.line + 1, mark.column + 1, sentence)
        self.problems.stop_if_any()
