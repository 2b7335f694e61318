"""A rig program that several roles share: started, spoken to, started again when it dies, ended.

It hears one line per command on stdin and answers with one line on stdout, in JSON unless told otherwise::

    {"id": 3, "do": "plug_in"}      {"id": 3, "ok": true, "result": null}
    {"id": 4, "do": "unplug"}       {"id": 4, "ok": false, "error": "the plug is locked in the car"}

Its first line says that it is ready and may hold facts, such as addresses, which the bench file can use as
``{charger.http}``: ``{"ready": true, "http": "http://127.0.0.1:40123"}``. Other lines are kept in the record.
"""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import sys
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wattest.errors import BenchError, RigError
from wattest.roles import Identity, Surroundings
from wattest_instruments.answers import shown
from wattest_instruments.child import Child, Manner, as_object
from wattest_instruments.placeholders import check_placeholders, fill

FACTS = ("csms", "identity", "dialect", "python", "folder", "scratch")
"""What a command may name: facts of the bench, the Python that runs Wattest, the folder of the bench file, and a
folder of the rig's own that outlives restarts and is removed after the run."""


@dataclass(frozen=True)
class Reply:
    """What a command brought: the line, what it holds, and the record entry that proves it."""

    line: str
    result: Any
    seq: int


class Program:
    """The rig ``around.role``. ``facts`` is what the program told when it was ready.

    When it dies although nobody asked it to, that is noted with its last words, the command that was under way
    fails, and it is started again, at most ``restarts`` times between ``open`` and ``close``.
    """

    supports: frozenset[str] = frozenset()

    def __init__(self, around: Surroundings, manner: Manner, *, restarts: int) -> None:
        if not manner.command:
            raise BenchError(
                f"Rig '{around.role}' has an empty 'command'; name the program and its arguments."
            )
        for text in manner.command:
            check_placeholders(text, FACTS, f"The command of rig '{around.role}'")
        self.name = around.role
        self.manner = manner
        self.facts: Mapping[str, Any] = {}
        self._around = around
        self._restarts = restarts
        self._lives = 0
        self._child: Child | None = None
        self._over: str | None = "was not started"
        self._changed = asyncio.Condition()
        self._life: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._last_id = 0
        self._scratch: str | None = None
        self._fallen: list[str] = []
        self._silenced: Child | None = None

    # ---- its lives --------------------------------------------------------------------------------------

    async def open(self) -> Identity:
        """Start the program unless it runs, and wait until it is ready. ``RigError`` when it cannot be."""
        if self._life is None or self._life.done():
            self._act("start")
            self._over, self._lives = None, 0
            self._life = asyncio.create_task(self._live(), name=f"rig {self.name}")
        await self._ready_child("open")
        told = (str(self.facts.get(key, "unknown")) for key in ("maker", "model", "serial", "firmware"))
        return Identity(*told)

    async def restart(self) -> None:
        """End the program and start it again, with the facts of the bench as they are now."""
        await self.close()
        await self.open()

    async def make_safe(self) -> None:
        """End the program: what it plays is then off. ``open`` starts it again."""
        await self.close()

    async def close(self) -> None:
        """SIGTERM, and SIGKILL when that is not heard; to our own child only. Harmless the second time."""
        life, self._life = self._life, None
        if life is not None:
            self._act("stop")
            life.cancel()
            await asyncio.wait([life])
            await self._tell_all(over=self._over or "was ended")

    @property
    def plays_station(self) -> bool:
        """Whether it is told where the central system is: then it is the EVSE, or starts it."""
        return any("{csms}" in text for text in self.manner.command)

    @property
    def fallen(self) -> tuple[str, ...]:
        """How it died although nobody asked it to, each time in a sentence."""
        return tuple(self._fallen)

    @property
    def running(self) -> bool:
        """Whether the program can be spoken to now."""
        return self._child is not None

    async def _live(self) -> None:
        """Start it, wait for its end, start it again. Cancelled by ``close``."""
        while True:
            child = Child(self.manner, self._hear)
            try:
                await self._one_life(child)
            except RigError as problem:
                await self._tell_all(over=f"could not be started: {problem}")
                return
            self._note("close", error=f"it {child.how} although nobody asked it to{child.last_words()}")
            if child is not self._silenced:
                self._fallen.append(f"The program '{self.name}' {child.how} although nobody asked it to.")
            self._lives += 1
            if self._lives > self._restarts:
                times = f" and was started again {self._restarts} times before" if self._restarts else ""
                await self._tell_all(over=f"{child.how}{times}{child.last_words()}")
                return

    async def _one_life(self, child: Child) -> None:
        argv = [fill(text, self._known()) for text in self.manner.command]
        started = False
        try:
            try:
                await child.start(argv)
                started = True
            finally:
                self._note("open", tx=shlex.join(argv), error=None if started else "it did not become ready")
            self.facts = child.facts
            await self._tell_all(child=child)
            await child.ended.wait()
            await self._tell_all()
        except asyncio.CancelledError:
            self._child = None
            heard = await child.end()
            late = f"it had to be killed, {self.manner.stop_within_s:g} s after SIGTERM"
            self._note("close", rx=child.how, error=None if heard else late)
            raise

    async def _tell_all(self, *, child: Child | None = None, over: str | None = None) -> None:
        async with self._changed:
            self._child = child
            self._over = over
            self._changed.notify_all()

    def _known(self) -> dict[str, str]:
        if self._scratch is None:
            self._scratch = tempfile.mkdtemp(prefix=f"wattest-{self.name}-")
            weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)
        here = {"python": sys.executable, "folder": self._around.folder, "scratch": self._scratch}
        return {**here, **self._around.facts}

    def _act(self, action: str) -> None:
        """What is done to the program on purpose: whatever it then does to its link is no fault of its own."""
        self._around.note("action", role=self.name, action=action, arguments={}, result=None, error=None)

    # ---- what it is told --------------------------------------------------------------------------------

    async def ask(self, role: str, word: str, **arguments: Any) -> Reply:
        """Send ``{"do": word, ...}`` and wait for its answer.

        Raises ``RigError`` when it refuses, is silent for too long, or dies.
        """
        self._last_id += 1
        line = json.dumps({"id": self._last_id, "do": word, **arguments}, ensure_ascii=False)
        return await self.tell(role, line, number=self._last_id)

    async def tell(
        self,
        role: str,
        line: str,
        *,
        number: int | None = None,
        expect: str | None = None,
        answers: bool = True,
    ) -> Reply:
        """Send one line and wait for the line that answers it, if one is to come. Raises ``RigError`` as ``ask``."""
        pattern = re.compile(expect) if expect is not None else None
        async with self._turn:
            child = await self._ready_child(line)
            if not await child.caught_up():
                self._note(
                    "close", error="it stays silent; it is ended, since its answers would get mixed up"
                )
                self._silenced = child
                await child.kill()
                child = await self._ready_child(line)
            told, result, error = None, None, None
            try:
                told = await child.say(line, number=number, expect=pattern, answers=answers)
                result, error = self._understood(child, told, answers=answers)
            except RigError as problem:
                error = str(problem)
            seq = self._note("line", role=role, tx=line, rx=told, error=error)
        if error is not None or told is None:
            raise RigError(f"Rig '{self.name}' was told {shown(line)}, but {error}.")
        return Reply(told, result, seq)

    async def _ready_child(self, purpose: str) -> Child:
        try:
            async with asyncio.timeout(self.manner.ready_within_s + self.manner.stop_within_s), self._changed:
                await self._changed.wait_for(self._is_settled)
        except TimeoutError:
            raise RigError(
                f"Rig '{self.name}' could not be asked to {purpose}: it is not ready again "
                f"{self.manner.ready_within_s:g} s after it died."
            ) from None
        if self._child is None:
            raise RigError(f"Rig '{self.name}' {self._over}; {purpose} was not done.")
        return self._child

    def _is_settled(self) -> bool:
        ready = self._child is not None and not self._child.ended.is_set()
        return ready or self._over is not None

    def _understood(self, child: Child, line: str, *, answers: bool) -> tuple[Any, str | None]:
        if not answers:
            return None, None
        if self.manner.talk == "json":
            told = as_object(line) or {}
            if told.get("ok") is not True:
                return None, f"it refused: {told.get('error', 'no reason given')}".rstrip(".")
            return told.get("result"), None
        return line, f"it refused: {line}".rstrip(".") if child.refuses(line) else None

    def _hear(self, stream: str, line: str) -> None:
        self._note("read", rx=line, stream=stream)

    def _note(
        self,
        op: str,
        *,
        role: str | None = None,
        tx: str | None = None,
        rx: str | None = None,
        error: str | None = None,
        stream: str = "stdout",
    ) -> int:
        resource = self.name if stream == "stdout" else f"{self.name} {stream}"
        return self._around.note(
            "exchange", role=role or self.name, resource=resource, op=op, tx=tx, rx=rx, error=error
        )
