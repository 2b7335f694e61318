"""``wattest certify``: exit codes, sentences, where the files go."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

import wattest.run.progress
import wattest.run.simulated
import wattest_reports.html
from wattest.cli import certify, main
from wattest.errors import BenchError
from wattest.evse import Charger
from wattest.model.library import library_folder
from wattest.record import read_record
from wattest.run.prove import library, simulate

if TYPE_CHECKING:
    from collections.abc import Callable

    Certify = Callable[..., Result]


@pytest.fixture(scope="module", autouse=True)
def _everything_imported() -> None:
    """One simulated scenario, so that what the first test takes is its own."""
    simulate(library()[:1], "1.6")


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certify:
    """The command in a folder of its own, in this process, on OCPP 1.6."""
    monkeypatch.chdir(tmp_path)

    def certify(*arguments: str, ocpp: str | None = "1.6") -> Result:
        given = ["certify", *arguments, *(["--ocpp", ocpp] if ocpp else [])]
        result = CliRunner().invoke(main, given)
        assert "Traceback" not in result.output
        return result

    return certify


@pytest.fixture
def run(whole: Certify, monkeypatch: pytest.MonkeyPatch) -> Certify:
    """The same without the page's content, which takes longer than a tiny scenario and has tests of its own."""
    monkeypatch.setattr(wattest_reports.html, "page", lambda *_: "<html></html>")
    return whole


def test_all_passed(whole: Certify, tmp_path: Path, tiny: Callable[..., None]) -> None:
    """0: everything passed; twice in a row makes two folders, and latest is the last of them."""
    tiny(tmp_path, "authentication/no_power")
    for _ in range(2):
        result = whole("authentication")
        assert result.exit_code == 0, result.output
    runs = tmp_path / "wattest-runs"
    folders = sorted(path.name for path in runs.iterdir() if not path.is_symlink())
    assert len(folders) == 2
    assert (runs / "latest").resolve().name == folders[-1]
    for name in ("record.jsonl", "report.html", "junit.xml"):
        assert (runs / "latest" / name).stat().st_size > 0
        assert f"wattest-runs/{folders[-1]}/{name}" in result.stdout
    assert "✔ pass         TINY-001[1.6]" in result.stderr


def test_a_requirement_failed(run: Certify) -> None:
    """1: a deliberate defect is a failed requirement, with its sentence."""
    result = run("--select", "BILL-001", "--defect", "BILL-D01", "--out", "out")
    assert result.exit_code == 1
    assert "✘ fail         BILL-001[1.6]  The total of transaction" in result.stderr


def test_a_fail_outweighs_everything(run: Certify, tmp_path: Path, tiny: Callable[..., None]) -> None:
    """1: a fail beside a doubt and something not tested is still a fail, under --strict too."""
    tiny(tmp_path, "metering/fails", "metering/undecided", "outage/needs_more")
    assert run("metering", "outage", "--strict").exit_code == 1


def test_interrupted_while_reading(run: Certify, monkeypatch: pytest.MonkeyPatch) -> None:
    """2: a Ctrl-C where nothing runs yet, or while reports are written, is a sentence and no trace."""

    def interrupted(*_: Any, **__: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(certify, "_pytest", interrupted)
    result = run()
    assert result.exit_code == 2
    assert result.stderr == (
        "Stopped. What was recorded stands; 'wattest report' renders it, '--resume' goes on.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--color"], "--color"),
        (["--seed", "many"], "'many' is not a valid integer"),
        (["nowhere.scenario.yaml"], "Path 'nowhere.scenario.yaml' does not exist."),
        (
            ["--resume", ".", "--out", "x"],
            "--resume goes on in the folder of the interrupted run; leave --out away.",
        ),
    ],
)
def test_wrong_arguments(run: Certify, arguments: list[str], sentence: str) -> None:
    """4, as with pytest: wrong arguments do not read as an interrupted run."""
    result = run(*arguments)
    assert result.exit_code == 4
    assert sentence in result.stderr


def test_nothing_selected(run: Certify, tmp_path: Path, tiny: Callable[..., None]) -> None:
    """5: nothing matches; the sentence names what was asked for."""
    tiny(tmp_path, "authentication/no_power")
    result = run("authentication", "--select", "solar")
    assert result.exit_code == 5
    assert result.stderr.startswith("No scenario under authentication matches --select 'solar'.")
    (tmp_path / "empty").mkdir()
    result = run("empty")
    assert result.exit_code == 5
    assert result.stderr.startswith("There is no scenario under empty.")
    assert not (tmp_path / "wattest-runs").exists()


def test_inconclusive(run: Certify, tmp_path: Path, tiny: Callable[..., None]) -> None:
    """10: the evidence cannot decide."""
    tiny(tmp_path, "metering/undecided")
    result = run("metering")
    assert result.exit_code == 10
    assert "? inconclusive TINY-003[1.6]  The scenario ended in step 1 (charge): Only 0.0 Wh" in result.stderr


def test_not_tested_under_strict(run: Certify, tmp_path: Path, tiny: Callable[..., None]) -> None:
    """10 only under --strict: something was not tested, and the reason stands in the line."""
    tiny(tmp_path, "outage/needs_more")
    tiny(tmp_path, "authentication/no_power")
    result = run("outage", "authentication")
    assert result.exit_code == 0
    assert "- not tested   TINY-005[1.6]  neither the charger sheet" in result.stderr
    assert run("outage", "authentication", "--strict", "--out", "strict").exit_code == 10


def test_nothing_tested(run: Certify, tmp_path: Path, tiny: Callable[..., None]) -> None:
    """10: when not one requirement was tested, nothing has passed."""
    tiny(tmp_path, "outage/needs_more")
    assert run("outage").exit_code == 10


def bench_file(folder: Path, **changes: str) -> str:
    """The simulated bench with lines changed."""
    text = (library_folder("fixtures") / "benches" / "simulated.yaml").read_text("utf-8")
    text = text.replace("../", f"{library_folder('fixtures')}/")
    for old, new in changes.items():
        text = text.replace(old.replace("__", ": "), new)
    path = folder / "bench.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_driver_that_fails(run: Certify, tmp_path: Path, tiny: Callable[..., None]) -> None:
    """11: an instrument that is not there is an error of the bench, never of the charger."""
    tiny(tmp_path, "authentication/no_power")
    text = Path(bench_file(tmp_path)).read_text("utf-8")
    bench = tmp_path / "bench.yaml"
    bench.write_text(
        text.replace('"TCPIP::reference::INSTR"', '"TCPIP::192.0.2.1::INSTR"').replace("@wattest", "@nobody")
    )
    result = run("authentication", "--bench", "bench.yaml", "--out", "out")
    assert result.exit_code == 11, result.output
    assert "! error        TINY-001[1.6]  The scenario ended in getting ready: Getting ready failed:" in (
        result.stderr
    )
    junit = ET.parse(tmp_path / "out" / "junit.xml").getroot()
    assert junit.attrib["errors"] == "1"


def test_a_live_bench_says_the_hours_before_it_begins(run: Certify, tmp_path: Path) -> None:
    """The accuracy scenarios that were chosen, hour by hour, even where the bench then cannot be opened."""
    text = Path(bench_file(tmp_path)).read_text("utf-8").replace("kind: simulated", "kind: live")
    bench = tmp_path / "bench.yaml"
    bench.write_text(text.replace("@wattest", "@nobody"))
    chosen = "METER-001 or METER-008 or METER-009 or METER-010"
    result = run("--select", chosen, "--bench", "bench.yaml", "--out", "out")
    assert result.exit_code == 11, result.output
    assert result.stderr.startswith(
        "The accuracy scenarios take about 2.1 h: METER-001[1.6] 0.7 h, METER-008[1.6] 1.0 h, METER-009[1.6] 0.3 h.\n"
    )
    quiet = run("--select", chosen, "--bench", "bench.yaml", "--out", "out2", "-q")
    assert "The accuracy scenarios" not in quiet.stderr


def test_a_folder_that_was_used(run: Certify, tmp_path: Path, tiny: Callable[..., None]) -> None:
    """11: a record is never written over; one sentence, however many scenarios."""
    tiny(tmp_path, "authentication/no_power", "billing/variants")
    assert run("authentication", "--out", "out").exit_code == 0
    before = (tmp_path / "out" / "record.jsonl").read_bytes()
    result = run("authentication", "billing", "--out", "out")
    assert result.exit_code == 11
    assert result.stderr == (
        "out holds the record of another run already, and a record is never written over: "
        "choose another folder with --out, or go on with that run with --resume.\n"
    )
    assert (tmp_path / "out" / "record.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--defect", "BILL-D99"], "no defect or variation is called 'BILL-D99'; did you mean "),
        (["--ocpp", "2.2"], "OCPP '2.2' is not spoken here; there are 1.6, 2.0.1 and 2.1, written as in "),
    ],
)
def test_a_run_that_cannot_begin(run: Certify, arguments: list[str], sentence: str) -> None:
    """11: what no run can be made of is said once, before anything is written."""
    result = run(*arguments, ocpp=None)
    assert result.exit_code == 11
    assert result.stderr.startswith(sentence)
    assert result.stderr.count("\n") == 1
    assert not Path("wattest-runs").exists()


def test_a_bench_that_is_not_made_safe(
    run: Certify, tmp_path: Path, tiny: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """11: power that is not known to be off is an error, although the charger did all that was asked."""

    async def stuck(self: Any) -> None:
        raise BenchError("The relay is stuck.")

    monkeypatch.setattr(wattest.run.simulated.SimulatedVenue, "leave", stuck)
    tiny(tmp_path, "authentication/no_power")
    result = run("authentication")
    assert result.exit_code == 11
    assert "The bench was not made safe: The relay is stuck" in result.stderr


def test_our_own_mistake(
    run: Certify, tmp_path: Path, tiny: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """11: a mistake in the suite itself is shown whole, never counted for or against the charger."""

    def wrong(*_: Any) -> Any:
        raise ZeroDivisionError("a monitor of ours")

    monkeypatch.setattr(wattest.run.perform, "run_monitors", wrong)
    tiny(tmp_path, "authentication/no_power")
    result = run("authentication", "--out", "out")
    assert result.exit_code == 11
    assert "ZeroDivisionError: a monitor of ours" in result.stderr
    assert "! error        TINY-001[1.6]" in result.stderr
    assert read_record(tmp_path / "out" / "record.jsonl").footer is not None


@pytest.mark.parametrize("what", ["bench", "charger", "scenario"])
def test_a_document_that_cannot_be_used(
    run: Certify, tmp_path: Path, tiny: Callable[..., None], what: str
) -> None:
    """12: every mistake with its place, once, whichever document it is in; no record is begun."""
    tiny(tmp_path, "authentication/no_power", "metering/fails")
    arguments = ["authentication", "metering"]
    if what == "bench":
        (tmp_path / "wrong.yaml").write_text("bench: x\nkind: imaginary\n", encoding="utf-8")
        arguments += ["--bench", "wrong.yaml"]
        place = "wrong.yaml:2:7: "
    elif what == "charger":
        (tmp_path / "wrong.yaml").write_text("maker: x\nwheels: 4\n", encoding="utf-8")
        arguments += ["--evse", "wrong.yaml"]
        place = "wrong.yaml:2:1: "
    else:
        tiny(tmp_path, "outage/broken")
        arguments += ["outage"]
        place = "broken.scenario.yaml:7:5: there is no step 'present_cart'; did you mean 'present_card'?"
    result = run(*arguments)
    assert result.exit_code == 12
    assert result.stderr.count(place) == 1
    assert result.stdout == ""
    assert not (tmp_path / "wattest-runs").exists()


def test_resume(run: Certify, tmp_path: Path, tiny: Callable[..., None]) -> None:
    """A run that somebody stopped goes on with --resume; sealed it is over (13), and altered it is refused (13)."""
    tiny(tmp_path, "authentication/no_power", "metering/fails")
    sealed = tmp_path / "out" / "record.jsonl"
    assert run("authentication", "metering", "--out", "out").exit_code == 1
    result = run("authentication", "metering", "--resume", "out")
    assert result.exit_code == 13
    assert result.stderr == (
        "out/record.jsonl: the run is sealed; there is nothing to resume. Start a new run instead.\n"
    )
    lines = sealed.read_bytes().splitlines(keepends=True)
    sealed.write_bytes(b"".join(lines[:-1]))
    result = run("authentication", "metering", "--resume", "out")
    assert result.exit_code == 1
    assert "= kept         TINY-001[1.6]" in result.stderr
    assert "= kept         TINY-002[1.6]" in result.stderr
    sealed.write_bytes(b"".join(lines[:-1]).replace(b'"verdict":"fail"', b'"verdict":"pass"', 1))
    result = run("authentication", "metering", "--resume", "out")
    assert result.exit_code == 13
    assert result.stderr.startswith("out/record.jsonl: the run cannot be resumed. ")
    (tmp_path / "nothing").mkdir()
    result = run("authentication", "--resume", "nothing")
    assert result.exit_code == 13
    assert result.stderr.startswith("The record nothing/record.jsonl ")


def test_resume_with_another_firmware(
    run: Certify, tmp_path: Path, tiny: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """11: the station says in its BootNotification that it is not what it was; nothing more is performed or sealed."""
    tiny(tmp_path, "authentication/no_power", "metering/undecided", "outage/later")
    arguments = ("authentication", "metering", "outage")
    run(*arguments, "--out", "out")
    path = tmp_path / "out" / "record.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    first = next(place for place, line in enumerate(lines) if b'"kind":"scenario_end"' in line)
    path.write_bytes(b"".join(lines[: first + 1]))

    def updated(world: Any, clock: Any, sheet: Any, **more: Any) -> Any:
        return Charger(world, clock, replace(sheet, firmware="9.9.9"), **more)

    with monkeypatch.context() as changed:
        changed.setattr(wattest.run.simulated, "Charger", updated)
        result = run(*arguments, "--resume", "out")
    assert result.exit_code == 11, result.output
    assert "= kept         TINY-001[1.6]" in result.stderr
    assert (
        "The run was stopped: the station reports the firmware '9.9.9' in its BootNotification, and reported '1.0.0' when "
        "this run was begun"
    ) in result.stderr
    record = read_record(path)
    assert record.footer is None
    assert [entry["key"] for entry in record.entries if entry["kind"] == "scenario"] == [
        "TINY-001",
        "TINY-003",
    ]
    assert run(*arguments, "--resume", "out").exit_code == 10


def test_json(run: Certify, tmp_path: Path, tiny: Callable[..., None]) -> None:
    """--json puts one object on standard output and nothing else."""
    tiny(tmp_path, "metering/fails")
    result = run("metering", "--json", "--out", "out")
    said = json.loads(result.stdout)
    assert said["exit_code"] == result.exit_code == 1
    assert said["sealed"] is True
    row = next(row for row in said["requirements"] if row["requirement"] == "AUT-02")
    assert row["verdicts"] == {"1.6": "fail"}
    assert row["sentence"] == "A transaction that is started did not come within 1 s."
    assert said["files"] == {
        "record": "out/record.jsonl",
        "html": "out/report.html",
        "junit": "out/junit.xml",
    }
    assert result.stderr == ""


def test_quiet(run: Certify, tmp_path: Path, tiny: Callable[..., None]) -> None:
    """--quiet says nothing while running, and the summary at the end."""
    tiny(tmp_path, "authentication/no_power")
    result = run("authentication", "--quiet")
    assert result.stderr == ""
    assert "record.jsonl" in result.stdout


def test_progress_on_a_terminal(capsys: pytest.CaptureFixture[str], pytestconfig: pytest.Config) -> None:
    """On a terminal a line names the scenario that is running and how many there are; elsewhere there is none."""
    for terminal, seen in ((True, True), (False, False)):
        lines = wattest.run.progress.ProgressLines(Console(stderr=True, force_terminal=terminal), quiet=False)
        session: Any = type("Session", (), {"items": [1, 2, 3], "config": pytestconfig})
        lines.pytest_collection_finish(session)
        lines.pytest_runtest_logstart("a.scenario.yaml::AUTH-001[1.6]")
        lines._progress.refresh()
        lines.pytest_sessionfinish()
        shown = capsys.readouterr().err
        assert ("AUTH-001[1.6]" in shown) is seen
        assert ("0/3" in shown) is seen


def test_the_environment_does_not_matter(
    run: Certify, tmp_path: Path, tiny: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a user sets for his own pytest does not change a certification, and is left as it was."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--maxfail=1 --no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    tiny(tmp_path, "authentication/no_power")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    assert run("authentication").exit_code == 0
    assert os.environ["PYTEST_ADDOPTS"] == "--maxfail=1 --no-such-option"
    assert "PYTEST_DISABLE_PLUGIN_AUTOLOAD" not in os.environ


def test_failures_of_our_own_threads_are_not_hidden(
    run: Certify, tmp_path: Path, tiny: Callable[..., None]
) -> None:
    """Warnings of other packages are silent, but an exception that dies in a thread is an error of the suite: 11."""
    tiny(tmp_path, "authentication/no_power")
    (tmp_path / "authentication" / "conftest.py").write_text(
        "import threading, warnings, pytest\n"
        "def dies():\n"
        "    raise RuntimeError('the relay thread died')\n"
        "@pytest.fixture(autouse=True)\n"
        "def relay():\n"
        "    warnings.warn('somebody else deprecates something', DeprecationWarning)\n"
        "    thread = threading.Thread(target=dies)\n"
        "    thread.start()\n"
        "    thread.join()\n"
    )
    result = CliRunner().invoke(main, ["certify", "authentication", "--ocpp", "1.6"])
    assert result.exit_code == 11
    assert "the relay thread died" in result.stderr
    assert "deprecates" not in result.stderr


def test_help() -> None:
    """--help has examples, all exit codes, and how to get shell completion."""
    result = CliRunner().invoke(main, ["certify", "--help"])
    assert result.exit_code == 0
    said = " ".join(result.output.split())
    assert "wattest certify --resume runs/north-lab" in said
    assert "_WATTEST_COMPLETE=bash_source wattest" in said
    for code in (
        "0 all passed",
        "1 a requirement",
        "2 interrupted",
        "4 wrong",
        "5 nothing",
        "10 inc",
        "11 bench",
    ):
        assert code in said
    assert "12 a document" in said
    assert "13 the record" in said


@pytest.mark.real_time
def test_shell_completion() -> None:
    """The documented way prints a script for the shell."""
    said = subprocess.run(
        [str(Path(sys.executable).with_name("wattest"))],
        env={**os.environ, "_WATTEST_COMPLETE": "bash_source"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "complete -o nosort -F _wattest_completion wattest" in said.stdout
