"""A live bench while one run has it: locked against others, watched over, and its story told."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wattest.errors import BenchError
from wattest.run.bench_state import Claim, Story, refuse_closed
from wattest.run.heartbeat import Heartbeat
from wattest.run.watchdog import SAFE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wattest.clock import Clock
    from wattest.model.bench import Bench
    from wattest.roles import Note


class Custody:
    """Made before anything is touched. Raises ``BenchError`` when the bench is closed, or somebody else has it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._story = Story(bench.path)
        self._claim = Claim(bench.path)
        self._heartbeat: Heartbeat | None = None
        self._begun = False
        try:
            refuse_closed(bench.name, bench.path, self._story)
        except BenchError:
            self._claim.release()
            raise

    def begin(
        self, record: Path, note: Note, *, clock: Clock, watched: bool, lost: Callable[[], object]
    ) -> None:
        """From here on the bench may be energised.

        Tells the record what happened to the bench since the run before, and starts the watchdog when something on the
        bench could stay live without the runner; ``lost`` is called when that is gone. Raises ``BenchError`` when that does not start.
        """
        for event in self._story.untold():
            note("bench_story", when=event.utc, what=event.what, sentence=event.sentence, **_told(event.more))
        self._story.add(
            "begun", f"a run began, with its record in {record}", record=str(record), watched=watched
        )
        self._begun = True
        if watched:
            self._heartbeat = Heartbeat(self._bench, record.parent, clock, self._claim.descriptor, lost)
            note("watchdog", process=self._heartbeat.process, silence_s=self._bench.silence_s)

    def lost(self) -> str | None:
        """Why nothing may be energised any more: the watchdog is gone; None while it watches, or none is needed."""
        return None if self._heartbeat is None else self._heartbeat.lost()

    def end(self, doubt: str | None, note: Note) -> None:
        """The run lets go of the bench. ``doubt`` says why it may not be safe; None when that is certain.

        Then the watchdog tries with links of its own, and the record says what came of it.
        """
        heartbeat, self._heartbeat = self._heartbeat, None
        begun, self._begun = self._begun, False
        try:
            if doubt is None:
                if begun:
                    self._story.add("safe", "the run made it safe", by="run")
                if heartbeat is not None:
                    heartbeat.dismiss()
            elif begun:
                self._story.add("closed", doubt, by="run")
                if heartbeat is not None:
                    ok = heartbeat.hand_over()
                    sentence = (
                        "the watchdog made the bench safe"
                        if ok
                        else "the watchdog could not make the bench safe either"
                    )
                    with suppress(Exception):  # the record may be full
                        note("watchdog", ok=ok, sentence=sentence, file=SAFE)
        finally:
            self._claim.release()


def _told(more: Any) -> dict[str, Any]:
    return {name: value for name, value in more.items() if name in {"by", "file", "record"}}
