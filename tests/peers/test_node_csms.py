from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PEERS = Path(__file__).resolve().parent
SHEET = PEERS.parents[1] / "fixtures" / "chargers" / "loopback.yaml"

pytestmark = pytest.mark.real_time


@pytest.fixture(scope="module", params=["1.6", "2.0.1"])
def day(request: pytest.FixtureRequest, node: str) -> dict[str, Any]:
    """A day of our simulated EVSE with the Node central system, in one dialect: its summary."""
    evse = [
        sys.executable,
        "-m",
        "wattest",
        "evse",
        "--csms",
        "{csms}",
        "--ocpp",
        request.param,
        "--sheet",
        str(SHEET),
    ]
    done = subprocess.run(
        [node, str(PEERS / "csms.mjs"), "--ocpp", request.param, "--", *evse],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def seen(day: dict[str, Any], name: str) -> dict[str, Any]:
    """What the central system saw in a step; the step must have gone well."""
    step = next((step for step in day["steps"] if step["name"] == name), None)
    assert step is not None, f"the day ended before '{name}': {day.get('error')}\n{day['stderr']}"
    assert step["ok"], f"{step['error']}\n{day['stderr']}"
    return dict(step["seen"])


def test_every_message_keeps_to_the_schema(day: dict[str, Any]) -> None:
    """Another validator than ours, strict both ways, finds nothing wrong in a whole day."""
    assert day["strict"] == []
    assert day["bad"] == []
    assert day.get("error") is None


def test_it_boots(day: dict[str, Any]) -> None:
    """It introduces itself and reports its connector."""
    booted = seen(day, "boot")
    station = booted.get("chargingStation", booted)
    assert (station.get("vendorName") or station.get("chargePointVendor")) == "Wattest"
    assert seen(day, "configure")["status"] == "Accepted"


def test_a_card_starts_and_stops_and_the_register_rises(day: dict[str, Any]) -> None:
    """Meter values of a session rise, as the true energy does."""
    seen(day, "blocked card")
    session = seen(day, "card session")
    registers = session["registers"]
    assert len(set(registers)) >= 3
    assert registers == sorted(registers)
    assert 0 < registers[-1] - registers[0] <= session["true_wh"] + 1
    assert session["reason"] == "Local"


def test_remote_start_and_stop(day: dict[str, Any]) -> None:
    """A session starts and ends without a card."""
    assert seen(day, "remote session")["reason"] == "Remote"


def test_unlocking_in_a_session_keeps_to_the_dialect(day: dict[str, Any]) -> None:
    """OCPP 1.6 ends the session and unlocks (5.18); 2.0.1 refuses while it runs (F05.FR.02)."""
    unlocked = seen(day, "unlock")
    expected = {"1.6": ("Unlocked", "UnlockCommand"), "2.0.1": ("OngoingAuthorizedTransaction", "Remote")}
    assert (unlocked["during"], unlocked["reason"]) == expected[day["dialect"]]
    assert unlocked["connector"] == "unlocked"


def test_a_reset_brings_it_back(day: dict[str, Any]) -> None:
    """It accepts, goes, and boots again."""
    assert seen(day, "reset")["status"] == "Accepted"


def test_it_ends_when_it_is_told_to(day: dict[str, Any]) -> None:
    """SIGTERM ends the process in good order."""
    assert day["ended"] == 0
