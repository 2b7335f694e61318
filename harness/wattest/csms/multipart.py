"""Files in a form that a station posts (RFC 7578): split, never raising, whatever was sent."""

from __future__ import annotations

import re

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_FILE_NAME = re.compile(rb'filename="([^"\r\n]{0,255})"', re.IGNORECASE)


def files_in(content_type: str, body: bytes) -> list[tuple[str, bytes]] | None:
    r"""Name and bytes of every part with a body; None when this is no form, or one that cannot be split.

    >>> form = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.log"\r\n\r\nhello\r\n--x--\r\n'
    >>> files_in("multipart/form-data; boundary=x", form)
    [('a.log', b'hello')]
    """
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/") or found is None:
        return None
    mark = b"--" + (found[1] or found[2]).encode("latin-1", "replace")
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(pieces) < 2:
        return None
    parts: list[tuple[str, bytes]] = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            break
        head, blank, content = piece.partition(b"\r\n\r\n")
        if not blank:
            continue
        name = _FILE_NAME.search(head)
        parts.append(("" if name is None else name[1].decode("utf-8", "replace"), content))
    return parts or None
