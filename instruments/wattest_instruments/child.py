"""One life of a program that plays a part of the bench: from its start to its end, spoken to line by line."""

from __future__ import annotations

import asyncio
import os
import re
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from wattest.errors import RigError
from wattest_instruments.answers import parse_json

KEPT_LINES = 500
"""Lines of a program's own talk (stderr, and stdout that answers nothing) that one life may leave in the record."""

LINE_BYTES = 65_536
"""A longer line is cut there."""

LAST_WORDS = 3
"""Lines of stderr that a sentence about its death repeats."""


@dataclass(frozen=True)
class Manner:
    """How a program is started, spoken to and ended; patterns are regular expressions, times are seconds."""

    command: tuple[str, ...]
    folder: Path
    talk: Literal["json", "lines"] = "json"
    ready: str | None = None
    refusal: str | None = None
    ready_within_s: float = 20.0
    answer_within_s: float = 10.0
    stop_within_s: float = 3.0
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Waiting:
    """A command whose answer is not here yet."""

    line: asyncio.Future[str]
    id: int | None
    expect: re.Pattern[str] | None


class Child:
    """A running program. ``hear`` gets every line that answers nothing: ``hear("stderr", line)``.

    ``ended`` is set when it is gone; ``how`` then says how.
    """

    def __init__(self, manner: Manner, hear: Callable[[str, str], None]) -> None:
        self.manner = manner
        self.facts: dict[str, Any] = {}
        self.how: str | None = None
        self.ended = asyncio.Event()
        self._hear = hear
        self._heard = 0
        self._ready = asyncio.Event()
        self._waiting: _Waiting | None = None
        self._numbered = False
        self._caught_up = asyncio.Event()
        self._caught_up.set()
        self._words: deque[str] = deque(maxlen=LAST_WORDS)
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    # ---- its life ---------------------------------------------------------------------------------------

    async def start(self, argv: list[str]) -> None:
        """Start it and wait until it is ready. Raises ``RigError`` when it cannot be, with its last words."""
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=self.manner.folder,
                env={**os.environ, **self.manner.environment},
                limit=LINE_BYTES,
                start_new_session=True,  # Ctrl-C in the terminal is ours: the bench is made safe first
            )
        except (OSError, ValueError) as problem:
            raise RigError(
                f"'{argv[0]}' could not be started in {self.manner.folder}: {problem}; "
                f"check 'command' and 'folder' in the bench file"
            ) from None
        self._watch = asyncio.create_task(self._live(process), name=f"watch over {argv[0]}")
        if self.manner.talk == "lines" and self.manner.ready is None:
            return
        try:
            async with asyncio.timeout(self.manner.ready_within_s):
                await self._ready.wait()
        except TimeoutError:
            await self.kill()
            wanted = self.manner.ready or '{"ready": true}'
            raise RigError(
                f"it did not print '{wanted}' within {self.manner.ready_within_s:g} s{self.last_words()}"
            ) from None
        if self.how is not None:
            raise RigError(f"it {self.how} before it was ready{self.last_words()}")

    async def end(self) -> bool:
        """SIGTERM, and SIGKILL when that is not heard in time; False when it took the SIGKILL."""
        if self._process is None:
            return True
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(self.manner.stop_within_s):
                await self.ended.wait()
        except TimeoutError:
            await self.kill()
            return False
        return True

    async def kill(self) -> None:
        """SIGKILL, to this child only, and wait until it is gone."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.kill()
        await self.ended.wait()

    def last_words(self) -> str:
        """What it said last on stderr, to be put at the end of a sentence."""
        return f"; it said last: {' | '.join(self._words)}" if self._words else ""

    async def _live(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        streams = (
            asyncio.create_task(self._listen(process.stdout)),
            asyncio.create_task(self._listen_to_errors(process.stderr)),
        )
        code = await process.wait()
        # Its last words may still be in the pipes; a grandchild may keep them open for ever.
        await asyncio.wait(streams, timeout=0.5)
        for stream in streams:
            stream.cancel()
        self.how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self._ready.set()
        self.ended.set()
        if self._waiting is not None and not self._waiting.line.done():
            self._waiting.line.set_exception(RigError(f"it {self.how}{self.last_words()}"))

    # ---- what it says -----------------------------------------------------------------------------------

    async def _listen(self, stdout: asyncio.StreamReader) -> None:
        while (line := await _line(stdout)) is not None:
            if not self._ready.is_set() and self._says_ready(line):
                self._hear_bounded("stdout", line)
                self._ready.set()
            elif not self._takes(line):
                self._hear_bounded("stdout", line)

    async def _listen_to_errors(self, stderr: asyncio.StreamReader) -> None:
        while (line := await _line(stderr)) is not None:
            if line.strip():
                self._words.append(line.strip())
            self._hear_bounded("stderr", line)

    def _hear_bounded(self, stream: str, line: str) -> None:
        self._heard += 1
        if self._heard <= KEPT_LINES:
            self._hear(stream, line)
        elif self._heard == KEPT_LINES + 1:
            self._hear(stream, f"(more than {KEPT_LINES} lines: the rest is not kept)")

    def _says_ready(self, line: str) -> bool:
        if self.manner.ready is not None:
            match = re.search(self.manner.ready, line)
            if match is not None:
                self.facts = {key: value for key, value in match.groupdict().items() if value is not None}
            return match is not None
        told = as_object(line)
        if told is None or told.get("ready") is not True:
            return False
        self.facts = {key: value for key, value in told.items() if key != "ready"}
        return True

    def _takes(self, line: str) -> bool:
        """Whether a line answers the command that waits; late answers are noticed, and answer nothing."""
        waiting = self._waiting
        if self.manner.talk == "json":
            told = as_object(line)
            if told is None or not isinstance(told.get("ok"), bool):
                return False
            self._numbered = "id" in told
            mine = waiting is not None and told.get("id", waiting.id) == waiting.id
        else:
            mine = waiting is not None and (
                waiting.expect is None or bool(waiting.expect.search(line)) or self.refuses(line)
            )
        if not mine or waiting is None or waiting.line.done():
            self._caught_up.set()
            return False
        waiting.line.set_result(line)
        return True

    def refuses(self, line: str) -> bool:
        """Whether a plain line is a refusal, as the bench file describes one."""
        return self.manner.refusal is not None and re.search(self.manner.refusal, line) is not None

    # ---- what it is told --------------------------------------------------------------------------------

    async def caught_up(self) -> bool:
        """After a time-out: whether the answer that was owed has come, so that the next one is not mistaken."""
        if self._numbered:
            return True
        try:
            async with asyncio.timeout(self.manner.answer_within_s):
                await self._caught_up.wait()
        except TimeoutError:
            return False
        return True

    async def say(
        self,
        line: str,
        *,
        number: int | None = None,
        expect: re.Pattern[str] | None = None,
        answers: bool = True,
    ) -> str:
        """Send a line and return the one that answers it, or nothing when none is to come.

        Raises ``RigError`` when it is silent for too long, or dies.
        """
        assert self._process is not None
        assert self._process.stdin is not None
        waiting = _Waiting(asyncio.get_running_loop().create_future(), number, expect)
        self._waiting = waiting if answers else None
        try:
            async with asyncio.timeout(self.manner.answer_within_s):
                if self.how is not None:
                    raise RigError(f"it {self.how}{self.last_words()}")
                self._process.stdin.write(line.encode() + b"\n")
                await self._process.stdin.drain()
                return await waiting.line if answers else ""
        except TimeoutError:
            self._caught_up.clear()
            raise RigError(f"it did not answer within {self.manner.answer_within_s:g} s") from None
        except ConnectionError:
            raise RigError(f"its input is closed{self.last_words()}") from None
        finally:
            self._waiting = None


def as_object(line: str) -> dict[str, Any] | None:
    """A line that is one JSON object; None when it is anything else."""
    try:
        told = parse_json(line)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


async def _line(stream: asyncio.StreamReader) -> str | None:
    """The next line without its end; None at the end. A line longer than ``LINE_BYTES`` is dropped with a word."""
    try:
        data = await stream.readline()
    except ValueError:
        return f"(a line longer than {LINE_BYTES} bytes)"
    return data.decode("utf-8", "backslashreplace").rstrip("\r\n") if data else None
