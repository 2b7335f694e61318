"""A device that is asked over HTTP, one request after another, each in the record.

Nothing is sent twice: a request without an answer may have been obeyed. A name and a password are never noted.
"""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib import request as urllib_request
from urllib.error import URLError

from wattest.errors import BenchError, InstrumentError
from wattest.roles import Surroundings

MOST_BYTES = 100_000
"""The most that is read of one answer."""


@dataclass(frozen=True)
class Heard:
    """An answer with status 200, and the number of its entry in the record."""

    text: str
    seq: int


class WebLink:
    """One device at ``http://host[:port]``. All methods raise ``InstrumentError`` with the address in the sentence."""

    def __init__(
        self,
        around: Surroundings,
        address: str,
        *,
        user: str | None = None,
        password: str = "",
        timeout_s: float = 2.0,
    ) -> None:
        if not address.startswith(("http://", "https://")):
            raise BenchError(
                f"{around.role}: '{address}' is no address of a web server: write it like http://10.0.4.8."
            )
        self.place = address.rstrip("/")
        self._around = around
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()
        self._headers: dict[str, str] = {}
        if user is not None:
            secret = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {secret}"

    async def get(self, path: str) -> Heard:
        """What ``GET`` of a path answers."""
        return await self._exchange("GET", path, None)

    async def post(self, path: str, body: Any) -> Heard:
        """What ``POST`` of a JSON value answers."""
        return await self._exchange("POST", path, json.dumps(body))

    async def _exchange(self, method: str, path: str, body: str | None) -> Heard:
        line = f"{method} {path}"
        async with self._lock:
            status, text, error = 0, None, None
            try:
                async with asyncio.timeout(2 * self._timeout_s):  # an answer may trickle in for ever
                    status, text = await self._around.clock.in_thread(self._talk, method, path, body)
            except (OSError, HTTPException, ValueError) as problem:
                error = self._sentence(line, problem)
            if status == 401:
                error = f"{self.place} asks for a user and a password at {line}: give them, or switch that off in the device."
            elif error is None and status != 200:
                error = f"{self.place} answered {line} with HTTP status {status}: {(text or '')[:80]!r}."
            seq = self._around.note(
                "exchange",
                role=self._around.role,
                resource=self.place,
                op="request",
                tx=line if body is None else f"{line}\n{body}",
                rx=None if text is None else f"{status} {text}",
                error=error,
            )
        if error is not None or text is None:
            raise InstrumentError(error or f"{self.place} answered nothing to {line}.")
        return Heard(text, seq)

    def _sentence(self, line: str, problem: Exception) -> str:
        reason = problem.reason if isinstance(problem, URLError) else problem
        if isinstance(reason, TimeoutError):
            return f"{self.place} did not answer {line} within {self._timeout_s:g} s."
        why = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)
        why = why or type(problem).__name__
        return f"{self.place} cannot be asked {line}: {why}. Check the address, and that the device is on."

    def _talk(self, method: str, path: str, body: str | None) -> tuple[int, str]:
        """In a worker thread. No proxy, no redirect, no error for any status."""
        opener = urllib_request.OpenerDirector()
        opener.add_handler(urllib_request.HTTPHandler())
        opener.add_handler(urllib_request.HTTPSHandler())
        headers = self._headers | ({} if body is None else {"Content-Type": "application/json"})
        request = urllib_request.Request(  # noqa: S310 - only http and https pass the constructor
            self.place + path, data=None if body is None else body.encode(), headers=headers, method=method
        )
        with opener.open(request, timeout=self._timeout_s) as answer:
            return int(answer.status), answer.read(MOST_BYTES).decode("utf-8", "backslashreplace")
