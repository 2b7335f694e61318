r"""The station's screen through a camera: a command takes the picture, a program or a person reads it.

::

    rigs:
      person: {driver: by_hand}
    display:
      driver: camera
      photo: [ffmpeg, -loglevel, error, -y, -f, v4l2, -i, /dev/video0, -frames:v, "1", "{file}"]
      read: [tesseract, "{file}", "-"]
      total: 'Total\s*:?\s*\$?\s*(?P<cost>\d+[.,]\d{2})\s*(?P<currency>CAD)?'
      rig: person

Every picture is kept as evidence. With ``read`` alone its lines are what the program wrote, and ``total`` finds the amount in
them. With ``rig`` alone the person reads the screen. With both the person is shown what the program read and says whether
it is so: characters are misread, and a charger must not fail by that. The commands of the example (ffmpeg, tesseract) are
recalled, not tried; any program will do that writes an image to ``{file}``, or text to its standard output.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

from wattest.document.quantity import Duration
from wattest.errors import BenchError, RigError
from wattest.model.words import RigName
from wattest.roles import Display, DisplayReading, Identity, Surroundings
from wattest_instruments.answers import shown
from wattest_instruments.by_hand import by_hand
from wattest_instruments.person import Person
from wattest_instruments.pictures import keep_picture, picture_problem
from wattest_instruments.placeholders import check_placeholders, fill
from wattest_instruments.questions import yes_no

_AMOUNT = re.compile(r"\d+[.,]\d{2}\b")


def camera(
    around: Surroundings,
    *,
    photo: tuple[str, ...],
    read: tuple[str, ...] = (),
    total: str | None = None,
    rig: RigName | None = None,
    image: Literal["jpg", "png", "webp"] = "jpg",
    timeout: Duration = 20.0,
) -> Camera:
    """Read the display in a picture.

    Args:
        around: the bench
        photo: command that writes a picture to {file}
        read: command that reads {file} and prints its text
        total: pattern with the groups cost and currency that finds the total in the text
        rig: the person under 'rigs' who reads the screen, or confirms what was read
        image: ending of the file, by which programs choose the format
        timeout: how long a command may take
    """
    if around.role != "display":
        raise BenchError(f"{around.role} (camera): a camera plays the role display only.")
    for name, command in (("photo", photo), ("read", read)):
        place = f"The command '{name}' of display (camera)"
        for text in command:
            check_placeholders(text, ("file",), place)
        if (command or name == "photo") and not any("{file}" in text for text in command):
            raise BenchError(f"{place} does not name {{file}}, where the picture is.")
    if not read and rig is None:
        raise BenchError(
            "display (camera) has nobody to read the picture: give a command under 'read', or a person under 'rig'."
        )
    if bool(read) != (total is not None):
        raise BenchError(
            "display (camera) needs 'read' and 'total' together: a text in which no total is looked for would look "
            "like a screen that shows none."
        )
    person = by_hand(around, rig=rig) if rig is not None else None
    pattern = _compiled(total) if total is not None else None
    return Camera(
        around, _Commands(photo, read, image, timeout), pattern, rig, cast("Display | None", person)
    )


def _compiled(total: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(total)
    except re.error as wrong:
        raise BenchError(f"display (camera): '{total}' is not a regular expression: {wrong}.") from None
    if "cost" not in pattern.groupindex:
        raise BenchError(
            f"display (camera): the pattern '{total}' has no group (?P<cost>...) for the digits of the total."
        )
    return pattern


@dataclass(frozen=True)
class _Commands:
    photo: tuple[str, ...]
    read: tuple[str, ...]
    image: str
    timeout_s: float


class Camera:
    """Made by ``camera``."""

    supports: frozenset[str] = frozenset()

    def __init__(
        self,
        around: Surroundings,
        commands: _Commands,
        total: re.Pattern[str] | None,
        rig: str | None,
        person: Display | None,
    ) -> None:
        self._around = around
        self._commands = commands
        self._total = total
        self._rig = rig
        self._person = person
        self.patience_s = getattr(person, "patience_s", 5.0)

    async def open(self) -> Identity:
        """Find the programs and take a picture, which is not kept. ``RigError`` when it is none."""
        for command in filter(None, (self._commands.photo, self._commands.read)):
            if shutil.which(command[0]) is None:
                raise RigError(
                    f"display (camera): the program '{command[0]}' is not installed here; install it or change the "
                    "bench file."
                )
        if self._person is not None:
            await self._person.open()
        with tempfile.TemporaryDirectory(prefix="wattest-camera-") as folder:
            await self._taken(folder)
        return Identity("unknown", f"camera through {self._commands.photo[0]}", "unknown")

    async def read(self) -> DisplayReading:
        """Take a picture, keep it, and read it.

        Raises ``RigError`` when there is no picture, or when an amount was read that ``total`` does not find.
        """
        with tempfile.TemporaryDirectory(prefix="wattest-camera-") as folder:
            path = await self._taken(folder)
            kept = await keep_picture(self._around, "screen", path)
            text: str | None = None
            seq: tuple[int, ...] = (kept.seq,)
            if self._commands.read:
                text, noted = await self._run(self._commands.read, path)
                seq = (kept.seq, noted)
        if text is not None:
            reading = await self._confirmed(self._told(text, kept.seq), seq)
            if reading is not None:
                return reading
        assert self._person is not None, "camera() has seen to it that somebody reads"
        by_eye = await self._person.read()
        return replace(by_eye, seq=(*seq, *by_eye.seq))

    async def make_safe(self) -> None:
        """A camera is harmless."""

    async def close(self) -> None:
        """Nothing is kept open between pictures."""

    async def _taken(self, folder: str) -> Path:
        path = Path(folder, f"screen.{self._commands.image}")
        await self._run(self._commands.photo, path)
        problem = picture_problem(path)
        if problem is not None:
            raise RigError(
                f"display (camera): '{shlex.join(self._commands.photo)}' took no picture: {problem}"
            )
        return path

    def _told(self, text: str, picture: int) -> DisplayReading:
        lines = tuple(line.strip() for line in text.splitlines() if line.strip())
        assert self._total is not None, "camera() has seen to it that a total is looked for"
        match = self._total.search("\n".join(lines))
        if match is None:
            amount = _AMOUNT.search(text)
            if amount is not None and self._person is None:
                raise RigError(
                    f"display (camera): '{amount[0]}' was read in {shown(text)}, but the pattern '{self._total.pattern}' "
                    f"finds no total: look at the picture (entry {picture}) and mend 'total', or give a person under "
                    "'rig'."
                )
            return DisplayReading(lines)
        found = match.groupdict()
        return DisplayReading(lines, str(found["cost"]).replace(",", "."), found.get("currency"))

    async def _confirmed(self, told: DisplayReading, seq: tuple[int, ...]) -> DisplayReading | None:
        """The reading, unless a person says that the screen shows something else."""
        if self._rig is None:
            return replace(told, seq=seq)
        person = self._around.rigs[self._rig]
        assert isinstance(person, Person), "by_hand() has seen to it"
        total = told.cost or {"en": "none", "fr": "aucun"}[person.language]
        lines = " / ".join(told.lines)
        text = {
            "en": f"Does the screen of the station show '{lines}', and as total: {total}?",
            "fr": f"L'écran de la borne affiche-t-il « {lines} », et comme total : {total} ?",
        }[person.language]
        answer, asked = await person.ask("display", yes_no(text, person.language))
        return replace(told, seq=(*seq, asked)) if answer == "true" else None

    async def _run(self, command: tuple[str, ...], path: Path) -> tuple[str, int]:
        """Run a command and note it; the noted command keeps ``{file}``, so that equal runs read alike."""
        argv = [fill(text, {"file": str(path)}) for text in command]
        ended = await self._around.clock.in_thread(_ended, argv, self._commands.timeout_s)
        tx = shlex.join(command)
        seq = self._around.note(
            "exchange",
            role=self._around.role,
            resource="camera",
            op="run",
            tx=tx,
            rx=ended.output,
            error=ended.error,
        )
        if ended.error is not None:
            raise RigError(f"display (camera): '{tx}' {ended.error}.")
        return ended.output, seq


@dataclass(frozen=True)
class _Ended:
    output: str
    error: str | None


def _ended(argv: list[str], timeout_s: float) -> _Ended:
    """Runs in a worker thread. What takes too long is killed with all that it started."""
    try:
        child = subprocess.Popen(  # noqa: S603 - the bench file's own command, without a shell
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as problem:
        return _Ended("", f"could not be started: {problem.strerror}")
    try:
        out, err = child.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)  # a group of its own: nobody else is in it
        child.communicate()
        return _Ended("", f"did not end within {timeout_s:g} s and was killed")
    output = out.decode("utf-8", "backslashreplace")
    if child.returncode != 0:
        said = err.decode("utf-8", "backslashreplace").strip()
        return _Ended(output, f"ended with status {child.returncode}: {shown(said)}")
    return _Ended(output, None)
