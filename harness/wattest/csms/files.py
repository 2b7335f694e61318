"""Where a station puts its logs and fetches its firmware: files of the central system, without sockets.

In simulation ``network.serve_files(csms.files.answer)``; on a bench ``csms.file_server.serve_files``. A place is a
folder with a name that nobody guesses. OCPP 1.6 calls ``location`` a folder and 2.0.1 ``remoteLocation`` the file's
own URL, and stations do either, so that everything at or below a place is taken (1.6 section 6.25; 2.0.1 N01).

What comes in is kept in memory and not noted: only its size is. Who keeps it hides the numbers of cards first.
"""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from string import ascii_lowercase
from urllib.parse import unquote

from wattest.clock import Clock
from wattest.clock.http import Request, Response
from wattest.csms.multipart import files_in
from wattest.roles import Note

MOST_BYTES = 50_000_000
"""Of one file that a station puts here (project)."""
MOST_FILES = 20
"""That a station puts at one place (project)."""
_LETTERS = 24
"""Of a place's name: 112 bits, and no digit that could look like a card's."""


@dataclass(frozen=True)
class Received:
    """A file that came whole; ``seq`` is the entry of its request, ``at_s`` the bench's monotonic time."""

    name: str
    content: bytes
    seq: int
    at_s: float


@dataclass
class Place:
    """One folder. ``refuses`` is the HTTP status that every request gets; ``serves`` what can be fetched here, by name.

    ``turned_away`` says in sentences what was not taken, with the entry of each.
    """

    path: str
    refuses: int | None = None
    serves: Mapping[str, bytes] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    """Entries of all requests."""
    fetched: list[int] = field(default_factory=list)
    """Entries of requests that were answered with a file, or a part of one."""
    turned_away: list[tuple[str, int]] = field(default_factory=list)


class Files:
    """All places of one central system. ``base`` gives the URL of its server, for the host that a station knows it by."""

    def __init__(
        self, clock: Clock, note: Note, seed: object, trouble: Callable[[str, str], object] | None = None
    ) -> None:
        self.base: Callable[[str], str] | None = None
        self._clock = clock
        self._note = note
        self._trouble = trouble
        self._places: dict[str, Place] = {}
        self.random: random.Random = random.Random(f"places of files {seed}")
        """What names are drawn from; a server on a socket draws from the system instead."""

    def open_place(self, *, refuses: int | None = None, serves: Mapping[str, bytes] | None = None) -> Place:
        """A new place, which exists until ``close_places``."""
        name = "".join(self.random.choice(ascii_lowercase) for _ in range(_LETTERS))
        place = self._places[name] = Place(f"/{name}/", refuses, serves or {})
        return place

    def url(self, place: Place, reached: str = "", name: str = "") -> str | None:
        """The URL of a place, or of a file there; None when no server serves it."""
        return None if self.base is None else f"{self.base(reached)}{place.path}{name}"

    def close_places(self) -> None:
        """Forget every place, and what is there."""
        self._places.clear()

    # --- requests --------------------------------------------------------------------------------------

    def place_of(self, target: str) -> tuple[Place, str] | None:
        """The place that a request names, and the rest of its path."""
        path = unquote(target.partition("?")[0], errors="replace")
        name, _, rest = path.removeprefix("/").partition("/")
        place = self._places.get(name)
        return None if place is None else (place, rest)

    def answer(self, request: Request) -> Response:
        """Serve one whole request. A failure of our own is a trouble of the central system, and 500 for the station."""
        try:
            return self._answer(request)
        except Exception as error:
            if self._trouble is None:
                raise
            said = f"The place for files failed with {type(error).__name__}: {error}"
            self._trouble(said, "".join(traceback.format_exception(error)))
            return Response(500)

    def _answer(self, request: Request) -> Response:
        found = self.place_of(request.target)
        if found is None:
            return self._told(None, request, Response(404))
        place, rest = found
        if place.refuses is not None:
            return self._told(place, request, Response(place.refuses))
        if request.method in {"PUT", "POST"}:
            return self._take(place, request, rest)
        if request.method in {"GET", "HEAD"} and rest in place.serves:
            response = _part(place.serves[rest], request.headers.get("range", ""))
            if request.method == "HEAD":
                length = response.headers.get("content-length", str(len(response.body)))
                response = Response(response.status, {**response.headers, "content-length": length})
            told = self._told(place, request, response)
            if response.body:
                place.fetched.append(place.asked[-1])
            return told
        if request.method in {"GET", "HEAD"}:
            return self._told(place, request, Response(404))
        return self._told(place, request, Response(405, {"allow": "GET, HEAD, POST, PUT"}))

    def turn_away(self, target: str, method: str, status: int, why: str) -> None:
        """A server could not take a request whole: noted, and told to who waits at the place."""
        seq = self._exchange(f"{method} {target[:200]}", "" if status == 0 else str(status), why)
        found = self.place_of(target)
        if found is not None:
            found[0].asked.append(seq)
            found[0].turned_away.append((why, seq))

    def _take(self, place: Place, request: Request, rest: str) -> Response:
        if len(request.body) > MOST_BYTES or len(place.received) >= MOST_FILES:
            why = (
                f"a file of {len(request.body)} bytes is more than the {MOST_BYTES} that are taken"
                if len(request.body) > MOST_BYTES
                else f"there are {MOST_FILES} files here already"
            )
            told = self._told(place, request, Response(413), why)
            place.turned_away.append((why, place.asked[-1]))
            return told
        told = self._told(place, request, Response(201))
        seq, now = place.asked[-1], self._clock.monotonic()
        parts = files_in(request.headers.get("content-type", ""), request.body)
        if parts is None:
            parts = [(rest, request.body)]
        for name, content in parts[:MOST_FILES]:
            place.received.append(Received(name.rpartition("/")[2] or "upload", content, seq, now))
        return told

    def _told(
        self, place: Place | None, request: Request, response: Response, why: str | None = None
    ) -> Response:
        size = f" ({len(request.body)} bytes)" if request.body else ""
        answered = (
            f"{response.status} ({len(response.body)} bytes)" if response.body else str(response.status)
        )
        error = why if why is not None or response.status < 400 else f"HTTP status {response.status}"
        seq = self._exchange(f"{request.method} {request.target[:200]}{size}", answered, error)
        if place is not None:
            place.asked.append(seq)
        return response

    def _exchange(self, tx: str, rx: str, error: str | None) -> int:
        return self._note(
            "exchange", role="file_place", resource="files", op="request", tx=tx, rx=rx, error=error
        )


def _part(content: bytes, wanted: str) -> Response:
    """A file, or the one range of it that is asked for (RFC 9110 section 14), as who resumes a download does.

    >>> _part(b"0123456789", "bytes=4-").body
    b'456789'
    """
    whole = Response(200, {"content-type": "application/octet-stream", "accept-ranges": "bytes"}, content)
    unit, _, span = wanted.partition("=")
    first, dash, last = span.partition("-")
    if unit.strip() != "bytes" or not dash or not first.isdecimal() or not (last.isdecimal() or not last):
        return whole
    begin, end = int(first), min(int(last) + 1 if last else len(content), len(content))
    if begin >= len(content) or end <= begin:
        return Response(416, {"content-range": f"bytes */{len(content)}"})
    return Response(
        206,
        {**whole.headers, "content-range": f"bytes {begin}-{end - 1}/{len(content)}"},
        content[begin:end],
    )
