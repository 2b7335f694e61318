"""The watchdog of a live bench: a process of its own that makes the bench safe when the runner dies or hangs.

``python -m wattest.run.watchdog '{"bench": ..., "folder": ..., "runner": 4711, "silence_s": 10, "lock": 5}'``

The runner writes a byte to its standard input every second, from a thread that also proves that the clock's loop turns
(``wattest.run.heartbeat``). The end of that pipe means that the runner died, or could not make the bench safe and asks for
another try. Silence means that it hangs: it is killed first, so that it lets go of its instruments. ``q`` means that all is
well. Real time only. It leads a session of its own, so that neither Ctrl-C nor a closed terminal ends it, and holds the lock
of the bench with the runner, so that nobody else begins a run before it is done.

What it did stands in ``safe.jsonl`` beside the record, chained like a record, and in the bench's story.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattest.clock import RealClock, host_utc
from wattest.model.read import read_bench
from wattest.record import Recorder
from wattest.run.bench_state import Story, sign
from wattest.run.drivers import factories
from wattest.run.rescue import Rescued, rescue

if TYPE_CHECKING:
    from wattest.model.bench import Bench

SAFE = "safe.jsonl"
READY = b"ready\n"
"""What the watchdog says once, when it has read the bench file and loaded its drivers."""
WELL = b"q"
"""What the runner says last when the bench is safe for certain."""

SECOND_LOOK_S = 2.0
"""After silence one more look, for computers that were asleep (project)."""

DYING_S = 5.0
"""How long a killed runner may take to vanish."""

NOT_SAFE = 11


def main(arguments: str) -> int:
    """Watch over a runner; the exit code is 0 when there was nothing to do or the bench is safe, 11 otherwise."""
    told = json.loads(arguments)
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    bench = read_bench(told["bench"], factories())  # now, while all is well: nothing is read when it counts
    os.write(1, READY)
    _fall_silent()
    reason = _wait(told["silence_s"], told["runner"])
    if reason is None:
        return 0
    sign(told["lock"])
    rescued = _act(bench, Path(told["folder"]), reason)
    story = Story(told["bench"])
    if rescued.ok:
        story.add("safe", f"{reason}; {rescued.sentence}", by="watchdog", file=SAFE)
    else:
        story.add("closed", f"{reason}; {rescued.sentence}", by="watchdog", file=SAFE)
    return 0 if rescued.ok else NOT_SAFE


def _fall_silent() -> None:
    """From here on nobody listens any more: a word too many must not end this process."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)


def _wait(silence_s: float, runner: int) -> str | None:
    """Until something happened: why the bench must be made safe, or None when it is."""
    while True:
        if not _heard(silence_s) and not _heard(SECOND_LOOK_S):
            _kill(runner)
            return f"process {runner} was silent for {silence_s:g} s and was killed"
        said = os.read(0, 4096)
        if WELL in said:
            return None
        if not said:
            return f"process {runner} ended or gave up without making the bench safe"


def _heard(within_s: float) -> bool:
    return bool(select.select([0], [], [], within_s)[0])


def _kill(runner: int) -> None:
    """Only the runner that started this process, and nobody who got its number later."""
    if os.getppid() != runner:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(runner, signal.SIGKILL)
    while _heard(DYING_S) and os.read(0, 4096):
        """The last heartbeats, then the end of the pipe."""


def _act(bench: Bench, folder: Path, reason: str) -> Rescued:
    with RealClock() as clock, contextlib.ExitStack() as stack:
        recorder: Recorder | None = None
        with contextlib.suppress(Exception):  # a full disk must not keep the power on
            recorder = stack.enter_context(Recorder.open(_free(folder), clock, preamble=_preamble()))
            recorder.note(
                "header", format=1, bench={"name": bench.name, "sha256": bench.sha256}, reason=reason
            )

        def note(kind: str, /, **fields: Any) -> int:
            return -1 if recorder is None else recorder.note(kind, **fields)

        rescued = clock.run(rescue(bench, clock=clock, note=note))
        with contextlib.suppress(Exception):
            if recorder is not None:
                recorder.seal(
                    {"safe": rescued.ok, "sentence": rescued.sentence, "confirmed_by": rescued.confirmed_by}
                )
        return rescued


def _preamble() -> dict[str, Any]:
    return {"started": host_utc(), "process": os.getpid()}


def _free(folder: Path) -> Path:
    """A name that no earlier rescue of this run has."""
    path, again = folder / SAFE, 1
    while path.exists():
        again += 1
        path = folder / SAFE.replace(".", f"-{again}.")
    return path


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
