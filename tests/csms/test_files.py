"""The place for files: what is taken, what is served, what is turned away, and what the record says of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.clock import VirtualClock
from wattest.clock.http import Request
from wattest.csms import files
from wattest.csms.files import Files, Place
from wattest.csms.multipart import files_in


class Shelf:
    """Files, and what they noted."""

    def __init__(self, seed: int = 1) -> None:
        self.noted: list[dict[str, Any]] = []
        self.clock = VirtualClock()
        self.files = Files(self.clock, self.note, seed)
        self.clock.close()

    def note(self, kind: str, /, **fields: Any) -> int:
        self.noted.append({"kind": kind, **fields})
        return len(self.noted) - 1

    def put(self, place: Place, rest: str = "a.log", body: bytes = b"hello", **headers: str) -> int:
        request = Request(
            "PUT", f"{place.path}{rest}", {k.replace("_", "-"): v for k, v in headers.items()}, body
        )
        return self.files.answer(request).status


def test_what_is_put_at_a_place_is_kept_there() -> None:
    """At the place itself and below it, with or without a name; the record has the size and never the content."""
    shelf = Shelf()
    place = shelf.files.open_place()
    assert shelf.put(place) == 201
    assert shelf.files.answer(Request("POST", place.path.rstrip("/"), {}, b"more")).status == 201
    assert [(one.name, one.content) for one in place.received] == [("a.log", b"hello"), ("upload", b"more")]
    assert shelf.noted[0]["tx"] == f"PUT {place.path}a.log (5 bytes)"
    assert "hello" not in str(shelf.noted)


def test_a_form_is_taken_apart() -> None:
    """Each file of a posted form arrives under its own name."""
    shelf = Shelf()
    place = shelf.files.open_place()
    body = (
        b'--b1\r\nContent-Disposition: form-data; name="note"\r\n\r\nx\r\n'
        b'--b1\r\nContent-Disposition: form-data; name="f"; filename="C:/log/b.bin"\r\n\r\n\x00\r\n\x01\r\n--b1--\r\n'
    )
    assert shelf.put(place, "", body, content_type='multipart/form-data; boundary="b1"') == 201
    assert [(one.name, one.content) for one in place.received] == [
        ("upload", b"x"),
        ("b.bin", b"\x00\r\n\x01"),
    ]


@settings(deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from(["multipart/form-data; boundary=x", "multipart/mixed", "text/plain"]),
)
def test_a_broken_form_never_raises(body: bytes, content_type: str) -> None:
    """Whatever came, it is parts or None; then the whole body is the file."""
    parts = files_in(content_type, body)
    assert parts is None or parts


def test_a_place_is_not_guessed_and_repeats_with_the_seed() -> None:
    """Equal seeds give equal names, each of 24 letters; another name is 404 and noted."""
    one, same, other = Shelf(1), Shelf(1), Shelf(2)
    paths = [shelf.files.open_place().path for shelf in (one, same, other)]
    assert paths[0] == paths[1] != paths[2]
    assert len(paths[0].strip("/")) == 24
    assert paths[0].strip("/").isalpha()
    assert one.files.answer(Request("PUT", "/guess/a.log", {}, b"x")).status == 404
    assert one.noted[-1]["error"] == "HTTP status 404"
    one.files.close_places()
    assert one.files.answer(Request("PUT", f"{paths[0]}a.log", {}, b"x")).status == 404


def test_a_refusing_place_takes_nothing() -> None:
    """It answers with its status, and knows that it was asked."""
    shelf = Shelf()
    place = shelf.files.open_place(refuses=403)
    assert shelf.put(place) == 403
    assert (place.received, place.asked, place.turned_away) == ([], [0], [])


def test_too_much_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too large a file and too many of them get 413, and the place says why."""
    monkeypatch.setattr(files, "MOST_BYTES", 4)
    monkeypatch.setattr(files, "MOST_FILES", 1)
    shelf = Shelf()
    place = shelf.files.open_place()
    assert [shelf.put(place), shelf.put(place, body=b"1"), shelf.put(place, body=b"2")] == [413, 201, 413]
    assert [why for why, _ in place.turned_away] == [
        "a file of 5 bytes is more than the 4 that are taken",
        "there are 1 files here already",
    ]


def test_a_file_is_served_whole_or_in_part() -> None:
    """Ranges as who resumes a download asks for; HEAD has no body; other names and methods are refused."""
    shelf = Shelf()
    place = shelf.files.open_place(serves={"fw.bin": b"0123456789"})

    def ask(method: str, name: str = "fw.bin", **headers: str) -> tuple[int, bytes]:
        response = shelf.files.answer(Request(method, f"{place.path}{name}", headers))
        return response.status, response.body

    assert ask("GET") == (200, b"0123456789")
    assert ask("GET", range="bytes=4-") == (206, b"456789")
    assert ask("GET", range="bytes=0-3") == (206, b"0123")
    assert ask("GET", range="bytes=10-") == (416, b"")
    assert ask("GET", range="lines=1-2") == (200, b"0123456789")
    assert ask("HEAD") == (200, b"")
    assert ask("GET", "other.bin") == (404, b"")
    assert ask("DELETE") == (405, b"")
    assert len(place.fetched) == 4


def test_a_failure_of_our_own_is_no_fault_of_the_station() -> None:
    """It is a trouble of the central system, which makes the run an error, and the station gets 500."""
    troubles: list[str] = []
    shelf = Shelf()
    shelf.files = Files(
        shelf.clock, lambda _kind, /, **_: 1 // 0, 1, lambda text, _trace: troubles.append(text)
    )
    place = shelf.files.open_place()
    assert shelf.put(place) == 500
    assert troubles == [
        "The place for files failed with ZeroDivisionError: integer division or modulo by zero"
    ]


def test_the_url_names_the_host_as_the_station_knows_it() -> None:
    """Without a server there is none."""
    shelf = Shelf()
    place = shelf.files.open_place()
    assert shelf.files.url(place) is None
    shelf.files.base = lambda reached: f"http://{reached}:8080"
    assert shelf.files.url(place, "10.0.4.1", "fw.bin") == f"http://10.0.4.1:8080{place.path}fw.bin"
