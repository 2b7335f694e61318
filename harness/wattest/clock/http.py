"""Requests and responses of HTTP as data, for files that a station sends to or fetches from the central system.

In simulation ``MemoryNetwork`` carries them; on a bench they are bytes on a socket.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Request:
    """``target`` is the path with its query, as in the request line; names of ``headers`` are in small letters."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Response:
    """``status`` as of RFC 9110; names of ``headers`` are in small letters."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Answer = Callable[[Request], Response]
"""What serves requests; it never raises because of one."""


class Fetch(Protocol):
    """Sends one request to the host of a URL; raises ``OSError`` when there is no whole answer."""

    def __call__(self, url: str, request: Request, /) -> Awaitable[Response]:
        """``url`` names scheme, host and port; ``request.target`` the rest."""
        ...
