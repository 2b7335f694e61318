"""A runner that dies or hangs while a charger of its own process is fed: the watchdog makes the bench safe."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from wattest.clock import RealClock
from wattest.errors import BenchError
from wattest.model.bench import Bench
from wattest.model.library import library_folder
from wattest.record import read_record
from wattest.record.rescues import rescues
from wattest.run.bench_state import Claim, Story
from wattest.run.heartbeat import Heartbeat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.real_time

POINTS = 25
PATIENCE_S = 40.0
SCENARIO = """
scenario: A long session
id: LONG-001
covers: [AUT-02]
needs: [card_reader, vehicle]
given: {cards: {driver: 04E2A1B2}}
steps:
  - present_card: driver
  - plug_in
  - ev_ready
  - expect_transaction: {state: charging, within: 20 s}
  - charge: {current: 16 A, energy: 900 Wh}
  - unplug
"""
BENCH = """
bench: steel
kind: live
charger: SHEET
csms: {host: 127.0.0.1, port: CSMS}
silence: 3 s
limits: {voltage: 264 V, current: 52 A}
reference_meter: {driver: yokogawa_wt, resource: "TCPIP::127.0.0.1::SCPI::SOCKET", voltage_range: 300 V, current_range: 50 A}
vehicle:
  driver: http
  base: "http://127.0.0.1:BOX"
  actions:
    plug_in: POST /plug_in
    unplug: POST /unplug
    holster: POST /holster
    set_ready: {url: /set_ready, body: '{"ready": {ready}}'}
    set_current: {url: /set_current, body: '{"current_a": {current_a}}'}
    whereabouts: {url: /whereabouts, answer: {where: result}}
card_reader:
  driver: http
  base: "http://127.0.0.1:BOX"
  actions:
    present: {url: /card, body: '{"uid": "{uid}"}'}
mains:
  driver: http
  base: "http://127.0.0.1:BOX"
  timeout: 2 s
  actions:
    set_power: {url: /power, body: '{"on": {on}}'}
safe_order: [vehicle, mains]
"""


class Steel:
    """A charger that nobody's death takes along, with its analyser, and a relay box with a web service before it.

    ``broken`` are the words that the box does not obey.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broken: set[str] = set()
        self.runs: list[subprocess.Popen[str]] = []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            csms = free.getsockname()[1]
        sheet = library_folder("fixtures") / "chargers" / "loopback.yaml"
        (folder / "charger.yaml").write_text(
            sheet.read_text("utf-8").replace("connection_timeout: 60 s", "connection_timeout: 1 s"), "utf-8"
        )
        line = ["evse", "--csms", f"ws://127.0.0.1:{csms}", "--ocpp", "1.6", "--scpi", "127.0.0.1:0"]
        self.evse = subprocess.Popen(
            [sys.executable, "-m", "wattest", *line, "--sheet", str(folder / "charger.yaml")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.evse.stdout is not None
        scpi = json.loads(self.evse.stdout.readline())["scpi_port"]
        self._turn = threading.Lock()
        steel = self

        class Box(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}"
                word = self.path.strip("/")
                answer = steel.tell(word, **json.loads(asked)) if word not in steel.broken else {}
                content = json.dumps(answer).encode()
                self.send_response(200 if answer.get("ok") else 409)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None: ...

        self.box = ThreadingHTTPServer(("127.0.0.1", 0), Box)
        threading.Thread(target=self.box.serve_forever, args=(0.05,), daemon=True).start()
        self.bench = folder / "bench.yaml"
        text = BENCH.replace("SHEET", "charger.yaml").replace("CSMS", str(csms)).replace("SCPI", str(scpi))
        self.bench.write_text(text.replace("BOX", str(self.box.server_address[1])), encoding="utf-8")
        (folder / "long.scenario.yaml").write_text(SCENARIO, encoding="utf-8")
        self.story = Story(self.bench)

    def tell(self, word: str, **arguments: Any) -> dict[str, Any]:
        """One line to the charger's hands, and its answer."""
        assert self.evse.stdin is not None
        assert self.evse.stdout is not None
        with self._turn:
            self.evse.stdin.write(json.dumps({"do": word, **arguments}) + "\n")
            self.evse.stdin.flush()
            answer: dict[str, Any] = json.loads(self.evse.stdout.readline())
        return answer

    def seen(self) -> tuple[float, float]:
        """Volts and amperes at the connector, as the world knows them."""
        told = self.tell("meter")["result"]
        return told["voltage"], told["current"]

    def certify(self, out: str, *more: str) -> subprocess.Popen[str]:
        """A run of its own, in a session of its own, so that this test's terminal has no part in it."""
        run = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "wattest",
                "certify",
                "long.scenario.yaml",
                "--bench",
                "bench.yaml",
                "--ocpp",
                "1.6",
            ]
            + (["--out", out] if not more else list(more)),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.runs.append(run)
        return run

    def wattest(self, *arguments: str) -> tuple[int, str]:
        """A command, its exit code and what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "wattest", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def noted(self, out: str, kind: str) -> bool:
        """Whether a record has an entry of this kind."""
        return any(f'"kind":"{kind}"'.encode() in line for line in self.lines(out))

    def lines(self, out: str) -> list[bytes]:
        path = self.folder / out / "record.jsonl"
        return path.read_bytes().splitlines() if path.exists() else []

    def close(self) -> None:
        for run in self.runs:
            if run.poll() is None:
                run.kill()
                ended(run)
        self.box.shutdown()
        self.box.server_close()
        for pipe in (self.evse.stdin, self.evse.stdout):
            assert pipe is not None
            pipe.close()
        self.evse.wait(PATIENCE_S)


@pytest.fixture
def steel(tmp_path: Path) -> Iterator[Steel]:
    made = Steel(tmp_path)
    yield made
    made.close()


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait in real time."""
    waiting = threading.Event()
    end = time.monotonic() + PATIENCE_S  # noqa: TID251 - other processes are waited for
    while not condition():
        assert time.monotonic() < end, f"{what} did not come about"  # noqa: TID251
        waiting.wait(0.02)


def ended(run: subprocess.Popen[str]) -> str:
    """What it printed until its end."""
    output, _ = run.communicate(timeout=PATIENCE_S)
    return output


def charging(steel: Steel) -> bool:
    return steel.seen()[1] > 10


def by_watchdog(steel: Steel) -> bool:
    """Whether the last word about the bench is the watchdog's."""
    events = steel.story.events()
    return bool(events) and events[-1].more.get("by") == "watchdog"


def test_killed_anywhere(steel: Steel) -> None:
    """SIGKILL at 25 random entries: every time no current flows, an instrument says so, and the bench is open again."""
    seeded = random.Random(20260115)
    caught = 0
    for point in range(POINTS):
        out = f"run-{point}"
        run = steel.certify(out)
        until(lambda out=out: steel.noted(out, "watchdog"), "a watchdog")  # type: ignore[misc]
        wanted = len(steel.lines(out)) + seeded.randrange(*((60, 220) if point % 2 else (0, 60)))
        until(
            lambda out=out, wanted=wanted: len(steel.lines(out)) >= wanted or charging(steel),  # type: ignore[misc]
            "the entry",
        )
        caught += charging(steel)
        run.kill()
        ended(run)
        until(lambda: by_watchdog(steel), "a rescue")
        assert steel.seen() == (0.0, 0.0)
        [rescue] = rescues(steel.folder / out)
        assert (rescue.ok, rescue.confirmed_by, rescue.fault) == (True, "reference_meter", "")
        assert rescue.sentence == "the reference meter reads 0.000 A and 0.0 V"
        assert rescue.reason == f"process {run.pid} ended or gave up without making the bench safe"
        assert steel.story.closed() is None
    assert caught > 3, "a test of nothing when no car was charging"


def test_killed_and_resumed(steel: Steel) -> None:
    """Report, verify and --resume tell what the watchdog did; so does the record that goes on."""
    run = steel.certify("run")
    until(lambda: charging(steel), "a charge")
    run.kill()
    ended(run)
    until(lambda: by_watchdog(steel), "a rescue")
    told = "safe.jsonl: process .* the watchdog made the bench safe .*: the reference meter reads 0.000 A and 0.0 V"
    for command in ("verify", "report"):
        code, output = steel.wattest(command, "run")
        assert code == 13
        assert re.search(told, output), output
    resumed = steel.certify("", "--resume", "run")
    until(lambda: charging(steel), "a charge after the rescue")
    resumed.send_signal(signal.SIGTERM)
    output = ended(resumed)
    assert resumed.returncode == 2, output
    assert re.search(told, output), output
    entries = read_record(steel.folder / "run" / "record.jsonl").entries
    [again] = [entry for entry in entries if entry["kind"] == "resumed"]
    assert [(one["file"], one["ok"]) for one in again["rescues"]] == [("safe.jsonl", True)]
    [story] = [entry for entry in entries if entry["kind"] == "bench_story"]
    assert (story["what"], story["by"]) == ("safe", "watchdog")
    assert steel.seen() == (0.0, 0.0)
    assert len(rescues(steel.folder / "run")) == 1, "a run that ends in good order needs no rescue"
    last = steel.story.events()[-1]
    assert (last.what, last.more["by"]) == ("safe", "run")


def test_a_runner_that_hangs_is_killed_first(steel: Steel) -> None:
    """A process that stands still lets go of its instruments when it is killed; meanwhile the bench is nobody else's."""
    run = steel.certify("run")
    until(lambda: charging(steel), "a charge")
    in_use = f"The bench bench.yaml is in use by process {run.pid}: two runs on one bench at once would fight"
    for command in (
        ("certify", "long.scenario.yaml", "--bench", "bench.yaml", "--out", "other"),
        ("safe", "--bench", "bench.yaml"),
    ):
        code, output = steel.wattest(*command)
        assert (code, output.startswith(in_use)) == (11, True), output
    assert not (steel.folder / "other").exists()
    run.send_signal(signal.SIGSTOP)
    ended(run)
    assert run.returncode == -signal.SIGKILL
    until(lambda: by_watchdog(steel), "a rescue")
    [rescue] = rescues(steel.folder / "run")
    assert (rescue.ok, rescue.reason) == (True, f"process {run.pid} was silent for 3 s and was killed")
    assert steel.seen() == (0.0, 0.0)


def test_what_cannot_be_confirmed_closes_the_bench(steel: Steel) -> None:
    """A relay that does not obey: closed, until it does and 'wattest safe' says so, or a person answers for it."""
    run = steel.certify("run")
    until(lambda: charging(steel), "a charge")
    steel.broken = {"power", "set_ready"}
    run.kill()
    ended(run)
    until(lambda: by_watchdog(steel), "a rescue")
    assert charging(steel), "nobody could do anything about it"
    [rescue] = rescues(steel.folder / "run")
    assert (rescue.ok, rescue.fault) == (False, "")
    assert "Power is not off: the reference meter reads 16.000 A and 239.7 V" in rescue.sentence
    code, output = steel.wattest("certify", "long.scenario.yaml", "--bench", "bench.yaml", "--out", "other")
    assert code == 11
    assert output.startswith("The bench 'steel' is closed since ")
    assert "Nothing is started on it before 'wattest safe --bench bench.yaml' has made it safe" in output
    assert not (steel.folder / "other").exists()
    steel.broken = set()
    code, output = steel.wattest("safe", "--bench", "bench.yaml")
    assert code == 0, output
    assert output.endswith(
        "The bench 'steel' is safe, confirmed by reference_meter: the reference meter reads 0.000 A and 0.0 V.\n"
    )
    assert steel.seen() == (0.0, 0.0)
    assert steel.story.closed() is None


def test_a_run_that_cannot_make_its_bench_safe(steel: Steel) -> None:
    """The runner itself cannot; its watchdog tries with links of its own, cannot either, and the bench is closed."""
    run = steel.certify("", "--out", "run", "--allure", "allure")
    until(lambda: charging(steel), "a charge")
    steel.broken = {"power"}
    run.send_signal(signal.SIGINT)
    output = ended(run)
    assert run.returncode == 2, output
    assert "mains could not be made safe" in output
    attached = [path.read_text("utf-8") for path in (steel.folder / "allure").glob("*-attachment.txt")]
    assert any("no relay that cuts power when the test computer falls silent" in text for text in attached)
    entries = read_record(steel.folder / "run" / "record.jsonl").entries
    assert [entry["sentence"] for entry in entries if entry["kind"] == "watchdog" and "ok" in entry] == [
        "the watchdog could not make the bench safe either"
    ]
    assert [event.what for event in steel.story.events()] == ["begun", "closed", "closed"]
    closed = steel.story.closed()
    assert closed is not None
    assert "mains could not be made safe" in closed.sentence
    code, output = steel.wattest(
        "safe", "--bench", "bench.yaml", "--acknowledge", "Anna Roy: the breaker is out"
    )
    assert (code, steel.story.closed()) == (0, None)
    assert "on the word of Anna Roy: the breaker is out. The record of the next run says so." in output


def test_without_its_watchdog_a_run_ends(steel: Steel) -> None:
    """A watchdog that somebody killed: everything off, an error that says so, and no verdict about the charger."""
    run = steel.certify("run")
    until(lambda: charging(steel), "a charge")
    [pid] = [json.loads(line)["process"] for line in steel.lines("run") if b'"kind":"watchdog"' in line]
    os.kill(pid, signal.SIGKILL)
    until(lambda: not charging(steel), "an end")
    output = ended(run)
    assert run.returncode == 11, output
    assert (
        f"The watchdog of the bench 'steel' (process {pid}) is gone: without it nothing may be energised"
        in output
    )
    assert steel.seen() == (0.0, 0.0)
    assert steel.story.closed() is None


def test_a_watchdog_that_does_not_start(tmp_path: Path) -> None:
    """Nothing is energised without one, and its last words are told."""
    (tmp_path / "bench.yaml").write_text("bench: lab\nkind: imaginary\n")
    bench = Bench("lab", "live", str(tmp_path / "bench.yaml"))
    claim = Claim(bench.path)
    with RealClock() as clock, pytest.raises(BenchError) as caught:
        Heartbeat(bench, tmp_path, clock, claim.descriptor)
    claim.release()
    assert str(caught.value).startswith("The watchdog of the bench 'lab' did not start: ")
    assert str(caught.value).endswith(" Without one nothing is energised.")
