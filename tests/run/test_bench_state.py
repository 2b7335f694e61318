"""The lock of a bench and its story between runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wattest.errors import BenchError
from wattest.model.bench import Bench
from wattest.run.bench_state import SILENT, TORN, Claim, Story, refuse_closed
from wattest.run.custody import Custody

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


@pytest.fixture
def bench(tmp_path: Path) -> str:
    path = tmp_path / "north lab.yaml"
    path.touch()
    return str(path)


def test_the_last_line_decides(bench: str) -> None:
    """Closed until somebody made it safe or answers for it; every line is kept."""
    story = Story(bench)
    assert (story.events(), story.closed()) == ((), None)
    story.add("begun", "a run began", watched=True)
    story.add("closed", "Mains is on.", by="watchdog")
    closed = story.closed()
    assert closed is not None
    assert (closed.what, closed.sentence, closed.more) == ("closed", "Mains is on.", {"by": "watchdog"})
    story.add("acknowledged", "main switch off", by="Anna Roy")
    assert story.closed() is None
    story.add("closed", "Mains is on again.")
    story.add("safe", "0.0 A")
    assert story.closed() is None
    assert [event.what for event in story.events()] == ["begun", "closed", "acknowledged", "closed", "safe"]


@pytest.mark.parametrize("watched", [True, False])
def test_a_run_that_ended_without_a_word(bench: str, watched: bool) -> None:
    """After a power cut nobody knows: closed, unless nothing on the bench outlives a run."""
    story = Story(bench)
    story.add("begun", "a run began", watched=watched)
    closed = story.closed()
    assert (closed is not None and closed.sentence == SILENT) is watched


@pytest.mark.parametrize(
    "line", [b'{"utc": "2026', b"[]", b'{"utc": "x", "what": "open", "sentence": "y"}', b"\xff"]
)
def test_a_line_that_cannot_be_read_closes(bench: str, line: bytes) -> None:
    """It may have said that the bench is not safe; what comes after it counts."""
    story = Story(bench)
    story.add("safe", "0.0 A")
    with story.path.open("ab") as file:
        file.write(line + b"\n")
    closed = story.closed()
    assert closed is not None
    assert closed.sentence == TORN
    story.add("safe", "0.0 A")
    assert story.closed() is None


def test_the_refusal_names_the_ways_out(bench: str) -> None:
    """Which bench, since when, why, and what to do."""
    story = Story(bench)
    refuse_closed("north lab", "bench.yaml", story)
    story.add("closed", "Mains is on.")
    utc = story.events()[0].utc
    with pytest.raises(BenchError) as caught:
        refuse_closed("north lab", "bench.yaml", story)
    assert str(caught.value) == (
        f"The bench 'north lab' is closed since {utc}: Mains is on. Nothing is started on it before 'wattest safe --bench "
        "bench.yaml' has made it safe, or somebody has looked and says so: 'wattest safe --bench bench.yaml --acknowledge "
        '"name: what was checked"\'.'
    )


def test_what_happened_since_the_last_run(bench: str) -> None:
    """The next record tells what came after the run before had begun, once."""
    story = Story(bench)
    story.add("closed", "by hand")
    assert [event.sentence for event in story.untold()] == ["by hand"]
    story.add("begun", "one")
    assert story.untold() == ()
    story.add("closed", "Mains is on.")
    story.add("acknowledged", "the breaker is out", by="Anna Roy")
    assert [event.sentence for event in story.untold()] == ["Mains is on.", "the breaker is out"]


def test_one_at_a_time(bench: str, tmp_path: Path) -> None:
    """A second claim names the process that has the bench; another bench is free; released, it is free again."""
    import os

    first = Claim(bench)
    with pytest.raises(BenchError) as caught:
        Claim(bench)
    assert str(caught.value) == (
        f"The bench {bench} is in use by process {os.getpid()}: two runs on one bench at once would fight over its "
        "instruments. Wait until it has ended, or end it with Ctrl-C: it makes the bench safe itself."
    )
    (tmp_path / "other").mkdir()
    Claim(tmp_path / "other" / "north lab.yaml").release()
    first.release()
    first.release()
    Claim(bench).release()


def test_a_folder_that_cannot_be_used(bench: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state that cannot be kept is a sentence with the way out, not a run that forgets."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("WATTEST_STATE", str(tmp_path / "file"))
    for act in (lambda: Claim(bench), lambda: Story(bench).add("safe", "x"), lambda: Story(bench).events()):
        with pytest.raises(
            BenchError, match=r"The bench .* cannot be locked|the bench .* cannot be (kept|read)"
        ):
            act()


def test_where_it_is_kept(bench: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the user's state folder, wherever the system has it."""
    monkeypatch.delenv("WATTEST_STATE")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert Story(bench).path.parent == tmp_path / "state" / "wattest" / "benches"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Story(bench).path.parent == tmp_path / ".local" / "state" / "wattest" / "benches"
    assert Story(bench).path.name.startswith("north_lab-")


def test_custody(bench: str, tmp_path: Path) -> None:
    """A run tells what happened before it and leaves the bench safe, or closed with the reason; then others have it."""
    notes: list[Any] = []

    def note(kind: str, /, **fields: Any) -> int:
        notes.append((kind, fields))
        return len(notes)

    lab = Bench("lab", "live", bench)
    story = Story(bench)
    story.add("acknowledged", "the breaker is out", by="Anna Roy")
    plain: Any = {"clock": None, "watched": False, "lost": lambda: None}
    custody = Custody(lab)
    custody.begin(tmp_path / "record.jsonl", note, **plain)
    assert [(kind, fields["what"], fields["by"], fields["sentence"]) for kind, fields in notes] == [
        ("bench_story", "acknowledged", "Anna Roy", "the breaker is out")
    ]
    assert custody.lost() is None
    custody.end(None, note)
    custody.end("said twice", note)
    assert [event.what for event in story.events()] == ["acknowledged", "begun", "safe"]
    custody = Custody(lab)
    custody.begin(tmp_path / "record.jsonl", note, **plain)
    custody.end("Power is not off.", note)
    assert story.events()[-1].sentence == "Power is not off."
    with pytest.raises(BenchError, match="The bench 'lab' is closed since"):
        Custody(lab)
    Claim(bench).release()
