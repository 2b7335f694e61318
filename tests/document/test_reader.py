from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.document.node import Document, Fields, Items, Text, flow, what
from wattest.document.reader import keys_under, read, read_bytes, read_text
from wattest.errors import DocumentError


def first(error: DocumentError) -> tuple[int, int, str]:
    problem = error.problems[0]
    return problem.place.line, problem.place.column, problem.sentence


def outcome(data: bytes | str) -> Document | DocumentError:
    try:
        document = read_text(data) if isinstance(data, str) else read_bytes(data)
        document.problems.stop_if_any()
    except DocumentError as error:
        return error
    return document


def refused(data: bytes | str) -> DocumentError:
    error = outcome(data)
    assert isinstance(error, DocumentError)
    return error


def test_scalars_stay_text() -> None:
    """Nothing is guessed: a card is no number, a switch no boolean, a clock time no count of minutes."""
    root = read_text("card: 04E2\nstate: off\ntime: 12:30\nold: 0123456\nversion: 1.6\n").root
    assert isinstance(root, Fields)
    assert [value.text for _, value in root.entries if isinstance(value, Text)] == [
        "04E2",
        "off",
        "12:30",
        "0123456",
        "1.6",
    ]


def test_nodes_know_their_place() -> None:
    """Line and column count from 1, in characters, also behind accents and in nested flow."""
    root = read_text("titre: été\nsteps:\n  - {é: [a, bb]}\n", "x.yaml").root
    assert isinstance(root, Fields)
    steps = root.get("steps")
    assert isinstance(steps, Items)
    step = steps.items[0]
    assert isinstance(step, Fields)
    values = step.get("é")
    assert isinstance(values, Items)
    assert str(values.items[1].place) == "x.yaml:3:13"
    assert root.get("nothing") is None
    assert list(root) == ["titre", "steps"]


def test_tells_quoted_from_plain_and_empty() -> None:
    """An empty value, ~ and null mean that nothing is there, unless they stand in quotes."""
    root = read_text("a:\nb: ~\nc: null\nd: ''\ne: 'null'\n").root
    assert isinstance(root, Fields)
    missing = [value.missing for _, value in root.entries if isinstance(value, Text)]
    assert missing == [True, True, True, False, False]
    assert [what(value) for _, value in root.entries] == ["nothing", "nothing", "nothing", "''", "'null'"]


def test_aliases_stand_for_their_anchor() -> None:
    """An alias gives the same node again."""
    root = read_text("a: &one {x: 1}\nb: *one\n").root
    assert isinstance(root, Fields)
    assert root.get("a") is root.get("b")


def test_writes_a_node_on_one_line() -> None:
    """The flow form of a node reads like the document."""
    root = read_text("a: [1, {b: 'c d'}]\n").root
    assert flow(root) == '{a: [1, {b: "c d"}]}'


def test_carries_the_hash_of_the_bytes() -> None:
    """The hash is that of the file as it is, byte order mark included."""
    plain, marked = read_bytes(b"a: 1\n"), read_bytes(b"\xef\xbb\xbfa: 1\n")
    assert plain.root == marked.root
    assert plain.sha256 != marked.sha256
    assert len(plain.sha256) == 64


@pytest.mark.parametrize(
    ("data", "line", "column", "sentence"),
    [
        (b"", 1, 1, "the file is empty"),
        (b" \n\n", 1, 1, "the file is empty"),
        (b"# only a comment\n", 1, 1, "the file holds no value, only comments"),
        (b"a: 1\nb:\n\tc: 2\n", 3, 1, "a tab stands in the indentation; YAML wants spaces"),
        (b"a: 1\nb:\n  \tc: 2\n", 3, 3, "a tab stands in the indentation; YAML wants spaces"),
        (b"a: 1\n\x00\x01", 2, 1, "a NUL byte stands here: this is a binary file, not YAML"),
        (b"\x89PNG\r\n", 1, 1, "byte 0x89 is not UTF-8; save the file as UTF-8"),
        (
            "a: 1\ntitre: \xe9t\xe9\n".encode("latin-1"),
            2,
            8,
            "byte 0xe9 is not UTF-8; save the file as UTF-8",
        ),
        ("a: 1\n".encode("utf-16"), 1, 1, "the file is UTF-16; save it as UTF-8"),
        (b"a: \x07\n", 1, 4, "the character U+0007 has no place in a document"),
        ("a: b\u2028c: d\n", 1, 5, "the character U+2028 has no place in a document"),
        ("a: \ud800\n", 1, 4, "byte 0xed is not UTF-8; save the file as UTF-8"),
        (b"a" * (1024 * 1024 + 1), 1, 1, "the file is larger than 1024 KiB; no document of this kind is"),
        (b"a: 1\n---\nb: 2\n", 2, 1, "a second document begins here; one file holds one document"),
        (b"a: 1\n...\nb: 2\n", 3, 1, "a second document begins here; one file holds one document"),
        (b"a: 1\nb: 2\na: 3\n", 3, 1, "the key 'a' stands here again, first in line 1"),
        (b"? [a]\n: b\n", 1, 3, "a key must be text, not a list or mapping"),
        (b"'': b\n", 1, 1, "a key is missing before this ':'"),
        (
            b"a: !!python/object:os.system x\n",
            1,
            4,
            "the tag 'tag:yaml.org,2002:python/object:os.system' is not used here: types come from the key; remove it",
        ),
        (
            b"a: b: c\n",
            1,
            5,
            "a ':' does not fit here; put text that holds ': ' in quotes, or check the indentation",
        ),
        (b"a: @b\n", 1, 4, "'@' cannot begin a value; put the text in quotes"),
        (b"a: [1, 2\nb: 3\n", 2, 2, "the list that began in line 1 is not closed with ']'"),
        (b"a: {b: 1\nc: 3\n", 2, 2, "the mapping that began in line 1 is not closed with '}'"),
        (
            b"a:\n  - 1\n  b: 2\n",
            3,
            3,
            "the list that began in line 2 does not go on here; check the indentation",
        ),
        (
            b"a: 'b' c\n",
            1,
            8,
            "the mapping that began in line 1 does not go on here; check the indentation and quotes",
        ),
        (b"a: 'b\nc: d\n", 3, 1, "the quotes that opened in line 1 are never closed"),
        (b"a: 1\nb\nc: 2\n", 3, 1, "the key that began in line 2 has no ':' behind it"),
        (b"a: [b, ,]\n", 1, 8, "a value is missing here"),
        (b"a: *b\n", 1, 4, "the alias '*b' is not anchored before this place"),
        (b"a: &b [*b]\n", 1, 8, "the alias '*b' stands inside itself"),
        (b"%YAML 9.9\n---\na: 1\n", 1, 1, "YAML cannot be read here: found incompatible YAML document"),
        (b"[" * 5000, 1, 51, "lists and mappings are nested deeper than 50 levels here"),
        (b"x: &a 1\ny: [" + b"*a, " * 101 + b"]\n", 2, 405, "there are more than 100 aliases up to here"),
    ],
)
def test_says_what_is_wrong_with_a_file(data: bytes | str, line: int, column: int, sentence: str) -> None:
    """Every kind of broken file gets one sentence at its place."""
    assert first(refused(data)) == (line, column, sentence)


def test_billion_laughs_stop_early() -> None:
    """Aliases of aliases of aliases are counted as what they would become."""
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    sentence = first(refused("\n".join(rows)))[2]
    assert sentence == "with its aliases followed this document holds more than 200000 values"


def test_aliases_cannot_nest_deeper_than_lists_may() -> None:
    """A chain of anchors builds depth without brackets; it ends at the same limit."""
    deep = "[" * 20 + "x" + "]" * 20
    text = f"a: &a {deep}\nb: &b {deep.replace('x', '*a')}\nc: {deep.replace('x', '*b')}\n"
    assert (
        first(refused(text))[2] == "with its aliases followed this document is nested deeper than 50 levels"
    )


def test_all_mistakes_of_a_file_come_at_once() -> None:
    """Duplicate keys and tags do not hide one another."""
    error = refused("a: 1\na: 2\nb: !x 3\nb: 4\n")
    assert [problem.place.line for problem in error.problems] == [2, 3, 4]


def test_shows_the_line_with_a_caret() -> None:
    """The sentence comes with the source line and a caret below the place."""
    assert str(refused("a: 1\nb: @x\n")) == (
        "<text>:2:4: '@' cannot begin a value; put the text in quotes\n    b: @x\n       ^"
    )


def test_leaves_out_lines_too_long_to_show() -> None:
    """A caret at column 5000 helps nobody."""
    error = refused("a: [" + "x, " * 2000 + "@]\n")
    assert error.problems[0].source == ""


def test_missing_file_suggests_a_neighbour(tmp_path: Path) -> None:
    """A slip in a file name is met with the name that was meant."""
    (tmp_path / "bench.yaml").write_text("a: 1\n")
    with pytest.raises(DocumentError) as refusal:
        read(tmp_path / "bensh.yaml")
    assert first(refusal.value) == (
        1,
        1,
        f"there is no such file; did you mean '{tmp_path / 'bench.yaml'}'?",
    )


def test_missing_folder_is_said() -> None:
    """When even the folder is missing, the sentence says so."""
    with pytest.raises(DocumentError) as refusal:
        read("nowhere/at/all.yaml")
    assert first(refusal.value)[2] == "there is no such file; there is no folder 'nowhere/at' either"


def test_folder_instead_of_file(tmp_path: Path) -> None:
    """A folder is not read as if it were a file."""
    with pytest.raises(DocumentError) as refusal:
        read(tmp_path)
    assert first(refusal.value)[2] == "this is a folder; name a YAML file in it"


def test_device_instead_of_file() -> None:
    """An endless device is not read at all."""
    with pytest.raises(DocumentError) as refusal:
        read("/dev/zero")
    assert first(refusal.value)[2] == "this is no regular file, so it is not read"


def test_name_that_no_file_can_have() -> None:
    """A NUL or a name of ten thousand letters is refused in words."""
    with pytest.raises(DocumentError) as refusal:
        read("a\0b")
    assert first(refusal.value)[2] == "this cannot be the name of a file"
    with pytest.raises(DocumentError) as refusal:
        read("x" * 10_000)
    assert first(refusal.value)[2] == "the file cannot be read: File name too long"


def test_file_that_may_not_be_read(tmp_path: Path) -> None:
    """What the system says about a file that cannot be opened is passed on."""
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    with pytest.raises(DocumentError) as refusal:
        read(tmp_path / "loop.yaml")
    assert first(refusal.value)[2].startswith("the file cannot be read: ")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("limits: {a: 1, b: [x, y], c: {d: e}}\nrules: {f: 1}\n", ("a", "b", "c")),
        ("rules:\n  limits: {z: 1}\nlimits:\n  a:\n    limits: x\n  b: limits\n", ("a", "b")),
        ("x: limits\ny: {z: 1}\n", ()),
        ("x: &one {z: 1}\ny: *one\nlimits: {a: *one, b: 2}\n", ("a", "b")),
        ("limits: [a, b]\nother: {c: 1}\n", ()),
        ("limits: a\n", ()),
        ("[limits, {a: 1}]\n", ()),
        ("limits\n", ()),
        ("", ()),
    ],
)
def test_lists_keys_without_reading(tmp_path: Path, text: str, keys: tuple[str, ...]) -> None:
    """Only keys of the mapping under the top-level key count, whatever stands elsewhere."""
    path = tmp_path / "a.yaml"
    path.write_text(text)
    assert keys_under(path, "limits") == keys


def test_lists_no_keys_of_broken_yaml(tmp_path: Path) -> None:
    """Broken YAML is told as it is when the file is read."""
    path = tmp_path / "a.yaml"
    path.write_text("limits: {a: 1\nb: @\n")
    with pytest.raises(DocumentError) as refusal:
        keys_under(path, "limits")
    assert first(refusal.value)[2] == "the mapping that began in line 1 is not closed with '}'"


def test_reads_a_file(tmp_path: Path) -> None:
    """The path given is the path in every place."""
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a: 1\r\nb: 2\r\n")
    document = read(os.fspath(path))
    assert document.path == str(path)
    assert document.root.place.path == str(path)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_never_raises_anything_else_for_bytes(data: bytes) -> None:
    """Whatever bytes come, the answer is a document or a DocumentError."""
    found = outcome(data)
    assert isinstance(found, Document) or found.problems


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!|>'\"%@`#,?\n\t ~\u2028\x85é\ud800\ufeff", max_size=60))
def test_never_raises_anything_else_for_what_looks_like_yaml(text: str) -> None:
    """YAML's own signs in any order give a document or a DocumentError."""
    found = outcome(text)
    assert isinstance(found, Document) or found.problems
