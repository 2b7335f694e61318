"""The runner's side of its watchdog: start it, tell it every second that all is well, say good-bye."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from wattest.errors import BenchError
from wattest.run.watchdog import READY, WELL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wattest.clock import Clock
    from wattest.model.bench import Bench

EVERY_S = 1.0
"""Between two heartbeats, at most."""

START_S = 60.0
"""How long a watchdog may take to load the drivers of a bench."""

RESCUE_S = 600.0
"""How long it is waited for when it was asked to make the bench safe."""


class Heartbeat:
    """A watchdog that runs. ``lock`` is the descriptor of the bench's lock, which it holds as well.

    ``told`` is called, in a thread of its own, when the watchdog is gone although nobody dismissed it.
    """

    def __init__(
        self,
        bench: Bench,
        folder: Path,
        clock: Clock,
        lock: int,
        told: Callable[[], object] = lambda: None,
    ) -> None:
        self._clock = clock
        self._told = told
        self._bench = bench
        facts = {
            "bench": bench.path,
            "folder": str(folder),
            "runner": os.getpid(),
            "silence_s": bench.silence_s,
            "lock": lock,
        }
        self._process = subprocess.Popen(  # noqa: S603 - this Python, our own module
            [sys.executable, "-m", "wattest.run.watchdog", json.dumps(facts)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(lock,),
        )
        self._stop = threading.Event()
        self._pipe = threading.Lock()
        self._lost: str | None = None
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._await_ready()
        self._thread.start()

    @property
    def process(self) -> int:
        """Its number."""
        return self._process.pid

    def lost(self) -> str | None:
        """Why nothing may be energised any more: the watchdog is gone; None while it watches."""
        return self._lost

    def dismiss(self) -> None:
        """The bench is safe for certain: the watchdog ends."""
        self._end(WELL, 10.0)

    def hand_over(self) -> bool:
        """The bench may not be safe, and we have let go of its instruments: the watchdog tries. True when it succeeded."""
        return self._end(b"", RESCUE_S) == 0

    def _await_ready(self) -> None:
        """Raises ``BenchError`` when it does not come up, with its own last words."""
        output = self._process.stdout
        assert output is not None
        timer = threading.Timer(START_S, self._process.kill)
        timer.start()
        try:
            said = output.readline()
            rest = b"" if said == READY else output.read()
        finally:
            timer.cancel()
            output.close()
        if said == READY:
            return
        self._close_pipe()
        self._process.wait()
        words = (said + rest).decode(errors="replace").strip().rpartition("\n")[2]
        raise BenchError(
            f"The watchdog of the bench '{self._bench.name}' did not start: {words or 'it said nothing'}. Without one "
            "nothing is energised."
        )

    def _beat(self) -> None:
        """A byte each second, as long as the clock's loop turns."""
        while not self._stop.is_set():
            turned = threading.Event()
            try:
                self._clock.call_later(0.0, turned.set)
                turned.wait()
                self._say(b".")
            except (BenchError, RuntimeError):  # the clock is closed: whoever did that says good-bye
                return
            except OSError:
                self._lost = (
                    f"The watchdog of the bench '{self._bench.name}' (process {self.process}) is gone: without it nothing "
                    "may be energised."
                )
                self._told()
                return
            self._stop.wait(EVERY_S)

    def _end(self, last: bytes, within_s: float) -> int | None:
        with suppress(OSError):
            self._say(last)
        self._close_pipe()
        self._thread.join(EVERY_S)
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            return None

    def _say(self, word: bytes) -> None:
        """Nothing once the pipe is closed: its number may be somebody else's file by then."""
        assert self._process.stdin is not None
        with self._pipe:
            if word and not self._stop.is_set():
                os.write(self._process.stdin.fileno(), word)

    def _close_pipe(self) -> None:
        assert self._process.stdin is not None
        with self._pipe, suppress(OSError):
            self._stop.set()
            self._process.stdin.close()
