"""Signals to a whole process, while a simulated car is charging."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from wattest.judge.verdicts import attempts, standing
from wattest.record import Record, read_record, verify_chain

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.real_time
PATIENCE_S = 30.0


class Held:
    """A run in a process of its own that stands still in a step, a car charging."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.mark = folder / "mark"
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(PATIENCE_S)
        port = str(self._listening.getsockname()[1])
        self._arguments = [sys.executable, "-m", *arguments]
        self._environment = {**os.environ, "HOLD_PORT": port, "HOLD_MARK": str(self.mark)}

    def signalled(self, *signals: signal.Signals) -> tuple[int, str]:
        """Send signals while the step holds; the exit code and everything that was printed."""
        with (
            self._listening,
            subprocess.Popen(
                self._arguments,
                cwd=self.folder,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ) as process,
        ):
            try:
                connection, _ = self._listening.accept()
                with connection:
                    for number in signals:
                        process.send_signal(number)
                    output, _ = process.communicate(timeout=PATIENCE_S)
            finally:
                process.kill()
        return process.returncode, output

    def record(self) -> Record:
        return read_record(self.out / "record.jsonl")

    def entries(self, kind: str) -> list[dict[str, Any]]:
        return [dict(entry) for entry in self.record().entries if entry["kind"] == kind]


@pytest.fixture
def certify(tmp_path: Path, tiny: Callable[..., None]) -> Held:
    """``wattest certify`` over a scenario that holds and one that comes later."""
    tiny(tmp_path, "locking/holds", "outage/later")
    return Held(tmp_path, "wattest", "certify", ".", "--ocpp", "1.6", "--out", "out", "--allure", "allure")


def made_safe(held: Held) -> None:
    """The record says that power went off, confirmed, after the run was stopped in the step that held."""
    safe = held.entries("safe")
    assert (safe[0]["role"], safe[0]["ok"]) == ("vehicle", True)
    assert (safe[-1]["role"], safe[-1]["ok"], safe[-1]["confirmed_by"]) == ("bench", True, "reference_meter")
    assert safe[-1]["sentence"] == "the reference meter reads 0.000 A"
    charging = [entry["value"] for entry in held.entries("reading") if entry["name"] == "current"]
    assert max(charging) > 10
    assert held.mark.read_text() == "torn down"


def stopped(held: Held, name: str) -> None:
    """The record says so, has no footer, and nothing came after the scenario that was stopped."""
    assert held.record().footer is None
    assert [entry["reason"] for entry in held.entries("aborted")] == [f"stopped by {name}"]
    assert [entry["key"] for entry in held.entries("scenario")] == ["TINY-007"]
    assert [entry["verdict"] for entry in held.entries("scenario_end")] == ["error"]
    ended = held.entries("step_end")[-1]
    assert (ended["outcome"], ended["sentence"]) == ("aborted", f"The run was stopped by {name}.")
    assert [fault.flaw for fault in verify_chain(held.out / "record.jsonl")] == ["unsealed"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_certify_is_stopped_in_good_order(certify: Held, number: signal.Signals) -> None:
    """Each of the signals: the bench safe, fixtures torn down, an honest record, JUnit, Allure, exit code 2, no trace."""
    code, output = certify.signalled(number)
    assert code == 2, output
    assert "Traceback" not in output
    assert f"The run was stopped by {number.name}." in output
    made_safe(certify)
    stopped(certify, number.name)
    junit = ET.parse(certify.out / "junit.xml").getroot()
    assert int(junit.attrib["errors"]) >= 2
    assert [case.attrib["name"] for case in junit.iter("testcase") if case.find("error") is None] == []
    assert "not sealed" in (certify.out / "report.html").read_text("utf-8").lower()
    results = [
        json.loads(path.read_text("utf-8")) for path in (certify.folder / "allure").glob("*-result.json")
    ]
    assert [(result["status"], result["name"]) for result in results] == [
        ("broken", "TINY-007 on OCPP 1.6: Takes its time")
    ]
    assert results[0]["steps"][-1]["status"] == "broken"


def test_plain_pytest_is_stopped_in_good_order(tmp_path: Path, tiny: Callable[..., None]) -> None:
    """The same under pytest alone; a second signal does not interrupt what makes the bench safe."""
    tiny(tmp_path, "locking/holds", "outage/later")
    plain = ["pytest", ".", "-p", "no:cacheprovider", "--wattest-ocpp", "1.6", "--wattest-out", "out"]
    held = Held(tmp_path, *plain, "--junitxml", "junit.xml", "--alluredir", "allure")
    code, output = held.signalled(signal.SIGTERM, signal.SIGINT)
    assert code == 2, output
    made_safe(held)
    first = held.entries("aborted")[0]["reason"].removeprefix("stopped by ")
    assert first in {"SIGTERM", "SIGINT"}  # the system may deliver them in either order
    stopped(held, first)
    cases = list(ET.parse(tmp_path / "junit.xml").getroot().iter("testcase"))
    assert [case.attrib["name"] for case in cases] == ["TINY-007[1.6]"]
    failure = cases[0].find("failure")
    assert failure is not None
    assert f"The run was stopped by {first}." in failure.attrib["message"] + str(failure.text)
    results = [json.loads(path.read_text("utf-8")) for path in (tmp_path / "allure").glob("*-result.json")]
    assert [result["status"] for result in results] == ["broken"]


def test_killed_and_resumed(certify: Held) -> None:
    """After SIGKILL the record is readable and no result, and ``--resume`` brings the run to its end."""
    code, _ = certify.signalled(signal.SIGKILL)
    assert code == -signal.SIGKILL
    path = certify.out / "record.jsonl"
    assert {fault.flaw for fault in verify_chain(path)} == {"unsealed"}
    before = path.read_bytes()
    assert [entry["verb"] for entry in certify.entries("step")][-1] == "hold_real_time"
    for command in ("verify", "report"):
        said = subprocess.run(
            [sys.executable, "-m", "wattest", command, "out"],
            cwd=certify.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 13
        assert "not a result" in said.stdout + said.stderr
    resumed = Held(
        certify.folder, "wattest", "certify", ".", "--ocpp", "1.6", "--resume", "out", "--select", ""
    )
    code, output = resumed.signalled(signal.SIGTERM)
    assert code == 2, output
    assert path.read_bytes().startswith(before)
    found = attempts(certify.record().entries)
    assert [(attempt.key, attempt.number) for attempt in found] == [("TINY-007", 1), ("TINY-007", 2)]
    assert [attempt.number for attempt in standing(found)] == [2]
