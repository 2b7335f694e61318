"""Which connectors a station has shown since its boot."""

from __future__ import annotations

from typing import Any

from wattest.judge.shown_at_boot import lacking, shown_since_boot

BOOT = {"currentTime": "2026-01-15T12:00:00Z", "interval": 300, "status": "Accepted"}
PENDING = {**BOOT, "status": "Pending"}


def test_each_connector_of_1_6(story: Any) -> None:
    """Connector 0 is optional and no connector; what is missing is named."""
    boot = story.call("BootNotification", {}, BOOT)
    for number in (0, 1):
        story.call(
            "StatusNotification", {"connectorId": number, "errorCode": "NoError", "status": "Available"}
        )
    shown = shown_since_boot(story.entries)
    assert (shown.boot, list(shown.places)) == (boot, [(1, 1)])
    assert lacking(shown, "1.6", 1) == ([], [])
    sentence = (
        f"after the accepted BootNotification of entry {boot} there is no status of connector 2; the charger sheet "
        "states 2, and shown was connector 1"
    )
    assert lacking(shown, "1.6", 2) == ([sentence], [])
    story.call("StatusNotification", {"connectorId": 2, "errorCode": "NoError", "status": "Available"})
    assert lacking(shown_since_boot(story.entries), "1.6", 2) == ([], [])


def test_connectors_of_2_0_1_are_counted_wherever_they_are(story201: Any) -> None:
    """Two connectors of one EVSE are two, told by StatusNotification or by NotifyEvent; the same twice is one."""
    story201.call("BootNotification", {}, BOOT)
    for _ in range(2):
        story201.call("StatusNotification", {"evseId": 1, "connectorId": 1, "connectorStatus": "Available"})
    assert lacking(shown_since_boot(story201.entries), "2.0.1", 2)[0][0].endswith(
        "there is no status of 1 of 2 connectors; the charger sheet states 2, and shown was connector 1 of EVSE 1"
    )
    where = {"name": "Connector", "evse": {"id": 1, "connectorId": 2}}
    data = {"component": where, "variable": {"name": "AvailabilityState"}, "actualValue": "Available"}
    story201.call("NotifyEvent", {"eventData": [data]})
    assert lacking(shown_since_boot(story201.entries), "2.0.1", 2) == ([], [])


def test_more_than_the_sheet_states_leaves_doubt(story: Any) -> None:
    """Sheet or station is wrong; nobody can say which."""
    story.call("BootNotification", {}, BOOT)
    for number in (1, 2):
        story.call(
            "StatusNotification", {"connectorId": number, "errorCode": "NoError", "status": "Available"}
        )
    assert lacking(shown_since_boot(story.entries), "1.6", 1) == (
        [],
        ["the charger sheet states 1 connectors, and a status came of connector 1, connector 2"],
    )


def test_what_came_before_the_acceptance_does_not_count(both: Any) -> None:
    """A boot that is pending shows nothing; statuses of the life before belong to it."""
    both.status("Available")
    both.call("BootNotification", {}, PENDING)
    assert shown_since_boot(both.entries[2:]).boot is None
    both.status("Available")
    both.call("BootNotification", {}, BOOT)
    assert shown_since_boot(both.entries).places == {}
    both.status("Available")
    assert list(shown_since_boot(both.entries).places) == [(1, 1)]
