"""The live log, line by line."""

from __future__ import annotations

from typing import Any

import pytest

from wattest.clock import VirtualClock
from wattest.csms.log import Log, lines


def frame(message: Any, **more: Any) -> dict[str, Any]:
    return {
        "station": "CP1",
        "dialect": "1.6",
        "direction": "in",
        "raw": "RAW\n",
        "message": message,
        "violations": [],
        "answers": None,
        **more,
    }


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            frame(
                {
                    "type": 2,
                    "id": "1",
                    "action": "StatusNotification",
                    "payload": {"connectorId": 1, "status": "Available"},
                }
            ),
            "CP1  -> StatusNotification  connectorId=1 status=Available",
        ),
        (
            frame({"type": 3, "id": "1", "action": "Heartbeat", "payload": {}}, direction="out"),
            "CP1  <- Heartbeat: ok",
        ),
        (
            frame({"type": 3, "id": "1", "action": None, "payload": {"a": {"b": [1, {"c": 2}, 3, 4]}}}),
            "CP1  -> ?: a(b[1; c=2; 3; ...])",
        ),
        (
            frame({"type": 4, "id": "1", "action": "Reset", "code": "NotSupported", "description": "no"}),
            "CP1  -> Reset: CALLERROR NotSupported  no",
        ),
        (frame(None), "CP1  -> RAW?"),
        (frame(None, raw=""), "CP1  -> (nothing readable)"),
        (frame({"type": 2, "id": "1", "action": "x" * 500, "payload": {}}), f"CP1  -> {'x' * 160}..."),
    ],
)
def test_frames(entry: dict[str, Any], expected: str) -> None:
    """A frame is one line that a person can read."""
    assert lines("frame", entry) == [expected]


def test_violations() -> None:
    """What is wrong stands under the frame."""
    entry = frame(None, violations=[{"rule": "r", "sentence": "The frame is not JSON."}])
    assert lines("frame", entry) == ["CP1  -> RAW?", "        ! The frame is not JSON."]


def test_raw() -> None:
    """Frames can be shown as on the wire."""
    assert lines("frame", frame({"type": 3}), raw=True) == ["CP1  -> RAW?"]
    assert lines("frame", {**frame(None), "raw_b64": "AA=="}, raw=True) == ["CP1  -> RAW?"]


def test_links_and_others() -> None:
    """Links and everything else have their lines too."""
    link = {"station": "", "event": "handshake_failed", "subprotocol": "", "code": 408, "reason": "late"}
    assert lines("link", link) == ["?  handshake failed  408  late"]
    assert lines("setting", {"what": "x"}) == ["setting: {'what': 'x'}"]


def test_passes_entries_on() -> None:
    """The log numbers entries itself, or lets the record do so."""
    said: list[str] = []
    clock = VirtualClock()
    log = Log(clock, said.append)
    assert [log.note("setting", what="x"), log.note("setting", what="y")] == [0, 1]
    assert said[0] == "12:00:00.000  setting: {'what': 'x'}"
    kept: list[Any] = []

    def note(kind: str, /, **fields: Any) -> int:
        kept.append((kind, fields))
        return 42

    assert Log(clock, said.append, note=note).note("setting", what="x") == 42
    assert kept == [("setting", {"what": "x"})]
    clock.close()
