from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wattest.errors import RecordError
from wattest.record import chain, form, verify_chain


@pytest.fixture(scope="module")
def whole(write: Any) -> bytes:
    """A sealed record of 12 lines."""
    return Path(write(12)).read_bytes()


@pytest.fixture(scope="module")
def unsealed(write: Any) -> bytes:
    """The same run, killed before its end: 11 lines."""
    return Path(write(12, sealed=False)).read_bytes()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("altered") / "record.jsonl"


def faults(scratch: Path, content: bytes | list[bytes]) -> list[tuple[int, str, str]]:
    scratch.write_bytes(content if isinstance(content, bytes) else b"".join(content))
    return [(fault.line_no, fault.flaw, str(fault)) for fault in verify_chain(scratch)]


def lines_of(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def altered(line: bytes, **changes: Any) -> bytes:
    """The line with fields changed, in the form in which lines are written."""
    return orjson.dumps({**orjson.loads(line), **changes}) + b"\n"


@settings(deadline=None)
@given(data=st.data())
def test_any_alteration_is_found(whole: bytes, scratch: Path, data: st.DataObject) -> None:
    """However lines are edited, dropped, swapped, repeated, put in or torn, there is at least one fault."""
    lines = lines_of(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        if not lines:
            break
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(
            st.sampled_from(["edit", "insert byte", "drop", "swap", "repeat", "put in", "tear", "cut"])
        ):
            case "edit":
                index = data.draw(st.integers(0, len(lines[at]) - 1))
                byte = bytes([data.draw(st.integers(0, 255))])
                lines[at] = lines[at][:index] + byte + lines[at][index + 1 :]
            case "insert byte":
                index = data.draw(st.integers(0, len(lines[at])))
                lines[at] = (
                    lines[at][:index] + data.draw(st.binary(min_size=1, max_size=3)) + lines[at][index:]
                )
            case "drop":
                del lines[at]
            case "swap":
                other = data.draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "repeat":
                lines.insert(data.draw(st.integers(0, len(lines))), lines[at])
            case "put in":
                lines.insert(at, data.draw(st.binary(max_size=40)) + b"\n")
            case "tear":
                lines[at:] = [lines[at][: data.draw(st.integers(0, len(lines[at]) - 1))]]
            case "cut":
                del lines[at:]
        lines = [line for line in lines if line]
    content = b"".join(lines)
    assume(content != whole)
    assert faults(scratch, content) != []


@settings(deadline=None)
@given(at=st.integers(2, 10), value=st.text(max_size=5))
def test_an_edit_that_is_chained_anew_is_found_at_the_footer(
    whole: bytes, scratch: Path, at: int, value: str
) -> None:
    """Whoever edits an entry and repairs every link after it still does not fit the footer."""
    lines = lines_of(whole)
    assume(orjson.loads(lines[at])["rx"] != value)
    lines[at] = altered(lines[at], rx=value)
    for index in range(at + 1, 11):
        lines[index] = altered(lines[index], prev=form.digest(lines[index - 1][:-1]))
    assert faults(scratch, lines) == [
        (
            11,
            "changed",
            "Line 11 is not the line that line 12 was chained to: one of the two was changed after it was written.",
        )
    ]


def test_a_whole_record_has_no_fault(whole: bytes, scratch: Path) -> None:
    """A record as it was written is whole."""
    assert faults(scratch, whole) == []


def test_an_edited_line_is_named(whole: bytes, scratch: Path) -> None:
    """A changed value is found by the link of the next line."""
    lines = lines_of(whole)
    lines[4] = lines[4].replace(b'"rx":"2"', b'"rx":"3"')
    assert faults(scratch, lines) == [
        (
            5,
            "changed",
            "Line 5 is not the line that line 6 was chained to: one of the two was changed after it was written.",
        )
    ]


def test_a_rewritten_line_is_named(whole: bytes, scratch: Path) -> None:
    """The same content in another form is a change too, at the line itself and at its link."""
    lines = lines_of(whole)
    lines[4] = lines[4].replace(b'{"seq":4', b'{"seq": 4')
    assert faults(scratch, lines)[0] == (
        5,
        "changed",
        "Line 5 was changed: it is not in the form in which a record is written.",
    )
    lines = lines_of(whole)
    lines[4] = lines[4].replace(b'"}\n', b'"}\r\n')
    assert [fault[:2] for fault in faults(scratch, lines)] == [(5, "changed"), (5, "changed")]


def test_an_edited_header_is_named(whole: bytes, scratch: Path) -> None:
    """The chain begins at the header, with zeros."""
    lines = lines_of(whole)
    lines[1] = altered(lines[1], prev="1" * 64)
    assert faults(scratch, lines)[0] == (
        2,
        "changed",
        "Line 2 was changed: the chain begins there, with 64 zeros as its link.",
    )


def test_an_edited_preamble_is_named(whole: bytes, scratch: Path) -> None:
    """The preamble is outside the chain, and its hash is in the footer."""
    assert faults(scratch, whole.replace(b"bench 4", b"bench 5")) == [
        (12, "changed", "The preamble was changed: its hash is not the one that the footer sealed.")
    ]


def test_dropped_lines_are_counted(whole: bytes, scratch: Path) -> None:
    """One missing line, several, and the first are each told."""
    lines = lines_of(whole)
    assert faults(scratch, lines[:4] + lines[5:]) == [(5, "missing", "Entry 4 is missing before line 5.")]
    assert faults(scratch, lines[:4] + lines[7:]) == [
        (5, "missing", "Entries 4 to 6 are missing before line 5.")
    ]
    assert faults(scratch, lines[1:])[0] == (1, "missing", "Entry 0 is missing before line 1.")


def test_swapped_lines_are_told_from_repeated_ones(whole: bytes, scratch: Path) -> None:
    """An entry out of its place, and an entry that stands twice."""
    lines = lines_of(whole)
    assert faults(scratch, [*lines[:4], lines[5], lines[4], *lines[6:]]) == [
        (5, "missing", "Entry 4 is missing before line 5."),
        (6, "order", "Line 6 holds entry 4 out of its place: lines were swapped."),
    ]
    assert faults(scratch, [*lines[:5], lines[4], *lines[5:]]) == [
        (6, "duplicate", "Line 6 holds entry 4 a second time: a line was repeated.")
    ]


def test_a_damaged_line_is_one_fault(whole: bytes, scratch: Path) -> None:
    """A line that is no entry is told once, whether it was damaged or put in."""
    lines = lines_of(whole)
    sentence = "Line 5 is no entry of a record: it was damaged or put in."
    for damage in (b"garbage\n", b"\n", b"\xff\x00\n", b"[1,2]\n", b'{"seq":"4","kind":"x","prev":""}\n'):
        assert faults(scratch, [*lines[:4], damage, *lines[5:]]) == [(5, "damaged", sentence)]
        assert faults(scratch, [*lines[:4], damage, *lines[4:]]) == [(5, "damaged", sentence)]


def test_a_torn_last_line_is_told(unsealed: bytes, scratch: Path) -> None:
    """A run killed while writing leaves a torn line and no footer."""
    size = len(lines_of(unsealed)[-1]) - 9
    torn, not_sealed = faults(scratch, unsealed[:-9])
    assert torn[:2] == (11, "torn")
    assert torn[2] == (
        f"Line 11 is torn: it breaks off after {size} bytes, as when a run is killed. What stands before it holds."
    )
    assert not_sealed[:2] == (11, "unsealed")
    assert not_sealed[2] == (
        "The run was not sealed: not a result. The record ends at line 11 without a footer, "
        "because the run was stopped, or because its tail was cut off."
    )
    assert [fault[:2] for fault in faults(scratch, unsealed[:-1])] == [(11, "torn"), (11, "unsealed")]


def test_a_missing_footer_is_told(whole: bytes, scratch: Path) -> None:
    """Cutting off the tail leaves a chain that holds and a run that was not sealed."""
    for end in (1, 2, 6, 11):
        found = faults(scratch, lines_of(whole)[:end])
        assert [fault[:2] for fault in found] == [(end, "unsealed")]


def test_an_empty_file_is_told(scratch: Path) -> None:
    """An empty file is not a result."""
    assert faults(scratch, b"") == [
        (1, "unsealed", "The file is empty: not even a preamble was written, so this is not a result.")
    ]


def test_an_edited_footer_is_named(whole: bytes, scratch: Path) -> None:
    """Verdicts in the footer cannot be changed without its seal, nor a footer moved to other entries."""
    lines = lines_of(whole)
    assert faults(scratch, whole.replace(b'"MET-01":"pass"', b'"MET-01":"fail"')) == [
        (12, "footer", "The footer was changed: its seal does not fit what it says.")
    ]
    entry = orjson.loads(lines[-1])
    del entry["seal"]
    for change in ({"entries": 5}, {"head": "0" * 64}):
        forged = form.with_seal(orjson.dumps({**entry, **change})) + b"\n"
        assert faults(scratch, [*lines[:-1], forged]) == [
            (12, "footer", "The footer does not belong to the 11 entries before it.")
        ]


def test_what_follows_a_footer_is_told(whole: bytes, scratch: Path) -> None:
    """Nothing may stand after the footer, not even the footer again."""
    sentence = "Line 13 stands after the footer: it was added after the run was sealed."
    assert faults(scratch, [whole, lines_of(whole)[-1]]) == [(13, "footer", sentence)]
    assert faults(scratch, [whole, b"\n"]) == [(13, "footer", sentence)]


def test_a_record_begins_with_preamble_and_header(whole: bytes, scratch: Path) -> None:
    """Something else in their places is told."""
    lines = lines_of(whole)
    lines[0] = altered(lines[0], kind="reading")
    lines[1] = altered(lines[1], kind="reading")
    assert [fault for fault in faults(scratch, lines) if fault[1] == "header"] == [
        (1, "header", "Line 1 is of kind 'reading', where the preamble must stand."),
        (2, "header", "Line 2 is of kind 'reading', where the header must stand."),
    ]


def test_a_line_without_end_is_not_read_into_memory(
    whole: bytes, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line longer than any entry is read in pieces, and is a fault."""
    monkeypatch.setattr(chain, "LONGEST", 512)
    found = faults(scratch, [whole, b"x" * 2000])
    assert {fault[1] for fault in found} == {"torn"}


def test_the_list_of_faults_ends_somewhere(whole: bytes, scratch: Path) -> None:
    """After so many faults the check stops and says so."""
    scratch.write_bytes(b"garbage\n" * 30)
    found = verify_chain(scratch, most=7)
    assert len(found) == 8
    assert str(found[-1]) == "The check stopped at line 7, after 7 faults."


def test_progress_is_told(whole: bytes, scratch: Path) -> None:
    """Whoever waits for a large record hears how far the check has come."""
    scratch.write_bytes(b"\n" * 25_000)
    told: list[tuple[int, int]] = []
    verify_chain(scratch, progress=lambda done, in_all: told.append((done, in_all)), most=10**6)
    assert told == [(10_000, 25_000), (20_000, 25_000), (25_000, 25_000)]


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    """A missing file or a folder is told with the system's reason."""
    with pytest.raises(RecordError) as missing:
        verify_chain(tmp_path / "nowhere.jsonl")
    assert str(missing.value) == (
        f"The record {tmp_path / 'nowhere.jsonl'} cannot be read: No such file or directory."
    )
    with pytest.raises(RecordError, match=r"cannot be read: Is a directory\.$"):
        verify_chain(tmp_path)
