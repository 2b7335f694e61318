"""Bringing a file to the disk in groups: one ``fdatasync`` for all that was written in the last tenth of a second."""

from __future__ import annotations

import os
import threading

GROUP_S = 0.1
"""Least real time between two group syncs: what a power cut of the host can cost at most."""


class GroupSync:
    """A thread that syncs a file descriptor after ``wake``, and no more often than every ``GROUP_S``.

    ``failed`` holds the error that ended it, if any.
    """

    def __init__(self, fd: int) -> None:
        self.failed: OSError | None = None
        self._fd = fd
        self._dirty = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._live, name="wattest record sync", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something was written."""
        if not self._dirty.is_set():
            self._dirty.set()

    def end(self) -> None:
        """Stop the thread. What was written since the last group is for the caller to sync."""
        self._ending.set()
        self._dirty.set()
        self._thread.join()

    def _live(self) -> None:
        while True:
            self._dirty.wait()
            if self._ending.is_set():
                return
            self._dirty.clear()
            try:
                os.fdatasync(self._fd)
            except OSError as error:
                self.failed = error
                return
            self._ending.wait(GROUP_S)
