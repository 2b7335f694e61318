"""The plug-in: a scenario file is a module of pytest, each variant and dialect of it a test."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from _pytest.fixtures import FixtureManager

import wattest.run.simulated
from wattest.errors import BenchError
from wattest.judge.recheck import recheck
from wattest.record import read_record, verify_chain
from wattest.run.plugin import ScenarioFile, _parse_own_id
from wattest.run.prove import library, simulate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUICK = """
scenario: Quick
titre: Vite
id: TINY-010
covers: [AUT-02]
needs: []
steps:
  - wait: {for: 10 ms}
  - expect_transaction: {state: started, within: 10 ms}
"""


class Suite:
    """A folder of tiny scenarios, and pytest over it."""

    def __init__(self, pytester: pytest.Pytester, tiny: Callable[..., None]) -> None:
        self.pytester = pytester
        self._tiny = tiny
        self.out = pytester.path / "out"

    def write(self, *names: str) -> None:
        self._tiny(self.pytester.path, *names)

    def arguments(self, *more: str) -> list[str]:
        plain = ["-p", "no:xdist", "-p", "no:hypothesispytest", "-p", "no:cov", "-p", "no:timeout"]
        return ["--import-mode=importlib", *plain, "--wattest-out", str(self.out), *more]

    def run(self, *more: str, ocpp: str = "1.6") -> pytest.RunResult:
        return self.pytester.runpytest_inprocess(*self.arguments("--wattest-ocpp", ocpp, *more))

    def entries(self, kind: str) -> list[dict[str, Any]]:
        return [e for e in read_record(self.out / "record.jsonl").entries if e["kind"] == kind]


@pytest.fixture(scope="module", autouse=True)
def _everything_imported() -> None:
    """Each run in this process forgets what it imported itself, and a second copy of a driver knows no twins."""
    simulate(library()[:1], "1.6")


@pytest.fixture
def suite(pytester: pytest.Pytester, tiny: Callable[..., None]) -> Suite:
    return Suite(pytester, tiny)


def test_items_are_tests(suite: Suite) -> None:
    """Every variant on every dialect is a test whose name says so; collecting writes no record."""
    suite.write("authentication/no_power", "billing/variants")
    result = suite.run("--collect-only", "-q", ocpp="1.6,2.0.1")
    result.stdout.fnmatch_lines(
        [
            "authentication/no_power.scenario.yaml::TINY-001[[]1.6]",
            "authentication/no_power.scenario.yaml::TINY-001[[]2.0.1]",
            "billing/variants.scenario.yaml::TINY-004[[]blocked, 1.6]",
            "billing/variants.scenario.yaml::TINY-004[[]blocked, 2.0.1]",
            "billing/variants.scenario.yaml::TINY-004[[]expired, 1.6]",
            "billing/variants.scenario.yaml::TINY-004[[]expired, 2.0.1]",
        ]
    )
    assert not suite.out.exists()


def test_a_run_leaves_a_record(suite: Suite) -> None:
    """What passed is sealed, whole, and says the same when it is computed again."""
    suite.write("authentication/no_power")
    suite.run(ocpp="1.6,2.0.1").assert_outcomes(passed=2)
    path = suite.out / "record.jsonl"
    assert verify_chain(path) == []
    assert recheck(read_record(path)) == []
    assert [(e["key"], e["dialect"], e["verdict"]) for e in suite.entries("scenario_end")] == [
        ("TINY-001", "1.6", "pass"),
        ("TINY-001", "2.0.1", "pass"),
    ]


def test_selection_by_words_and_marks(suite: Suite) -> None:
    """``-k`` selects by id, ``-m`` by area, and by the marks of every scenario."""
    suite.write("authentication/no_power", "metering/fails", "metering/undecided")
    for selection, outcomes in (
        (("-k", "TINY-001"), {"passed": 1, "deselected": 2}),
        (("-m", "metering"), {"failed": 2, "deselected": 1}),
        (("-m", "scenario and not metering"), {"passed": 1, "deselected": 2}),
    ):
        suite.out = suite.pytester.path / str(selection[1])
        suite.run("--strict-markers", *selection).assert_outcomes(**outcomes)
        assert len(suite.entries("header")[0]["plan"]) == 3 - outcomes["deselected"]


def test_last_failed(suite: Suite) -> None:
    """``--lf`` runs only what did not pass."""
    suite.write("authentication/no_power", "metering/fails")
    suite.run().assert_outcomes(passed=1, failed=1)
    suite.out = suite.pytester.path / "again"
    suite.run("--lf").assert_outcomes(failed=1)
    assert [entry["key"] for entry in suite.entries("scenario")] == ["TINY-002"]


def test_fixtures_of_every_scope(suite: Suite) -> None:
    """Autouse fixtures of session, package, module and function scope surround scenarios as any test."""
    suite.write("authentication/no_power")
    suite.pytester.makeconftest(
        """
        import pytest

        def made(scope):
            @pytest.fixture(scope=scope, autouse=True)
            def around(request):
                print(f"{scope} up")
                yield
                print(f"{scope} down")
            return around

        in_session, in_package = made("session"), made("package")
        in_module, in_function = made("module"), made("function")
        """
    )
    result = suite.run("-s", ocpp="1.6,2.0.1")
    result.assert_outcomes(passed=2)
    told = re.findall(r"(?:session|package|module|function) (?:up|down)", result.stdout.str())
    one = ["function up", "function down"]
    assert told[:3] == ["session up", "package up", "module up"]
    assert told[3:-3] == one * 2
    assert told[-3:] == ["module down", "package down", "session down"]


def test_fails_and_doubts_show_their_sentence(suite: Suite) -> None:
    """A fail shows the sentence of the rule and its file, a doubt too, and neither a trace."""
    suite.write("metering/fails", "metering/undecided")
    result = suite.run()
    result.assert_outcomes(failed=2)
    text = result.stdout.str()
    assert (
        "fails.scenario.yaml: TINY-002 on OCPP 1.6\nA transaction that is started did not come within 1 s."
        in text
    )
    assert "ended in step 1 (charge): Only 0.0 Wh of 1.0 Wh came in" in text
    assert "plugin.py" not in text
    assert "Traceback" not in text


def test_a_broken_file_is_one_error(suite: Suite) -> None:
    """Every mistake of a broken file with its place, as one collection error without a trace."""
    suite.write("outage/broken", "authentication/no_power")
    result = suite.run("--continue-on-collection-errors")
    result.assert_outcomes(errors=1, passed=1)
    text = result.stdout.str()
    where = suite.pytester.path / "outage" / "broken.scenario.yaml"
    assert f"{where}:7:5: there is no step 'present_cart'; did you mean 'present_card'?" in text
    assert f"{where}:8:34: '5 A' is a current; a time is needed here, such as '30 s'" in text
    assert "plugin.py" not in text


def test_a_broken_bench_is_one_error(suite: Suite) -> None:
    """A bench file that cannot be used is told once, however many scenarios there are."""
    suite.write("authentication/no_power", "metering/fails")
    bench = suite.pytester.path / "bench.yaml"
    bench.write_text("bench: x\nkind: imaginary\n", encoding="utf-8")
    result = suite.run("--wattest-bench", str(bench))
    result.assert_outcomes(errors=1)
    assert result.stdout.str().count("bench.yaml:2:7: ") == 1
    assert "Traceback" not in result.stdout.str()


def test_not_tested_is_skipped_and_counted(suite: Suite) -> None:
    """What charger or bench cannot do is skipped with its reason, at the file's place, and in the record."""
    suite.write("outage/needs_more", "authentication/no_power")
    result = suite.run("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    reason = suite.entries("not_tested")[0]["reason"]
    assert reason.endswith("nor the bench states 'wall_clock_step'")
    result.stdout.fnmatch_lines([f"SKIPPED [[]1] outage/needs_more.scenario.yaml:1: {reason}"])
    assert suite.entries("not_tested")[0]["requirements"] == ["AUT-03"]
    assert suite.entries("header")[0]["plan"][1]["not_tested"] == reason
    assert suite.entries("footer")[0]["verdicts"]["AUT-03"]["1.6"] == "not tested"


def test_a_scenario_whose_fixture_fails_is_not_tested(suite: Suite) -> None:
    """When somebody's fixture fails or skips, the record says that the scenario was not tested, and why."""
    suite.write("authentication/no_power", "metering/fails")
    suite.pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(autouse=True)
        def load_bank(request, wattest_campaign):
            if "TINY-001" in request.node.name:
                raise RuntimeError("the load bank is hot")
            pytest.skip("the load bank rests")
        """
    )
    suite.run().assert_outcomes(errors=1, skipped=1)
    assert [entry["reason"] for entry in suite.entries("not_tested")] == [
        "it could not be set up: the load bank is hot",
        "the load bank rests",
    ]


def test_a_run_that_cannot_begin_says_so_once(suite: Suite) -> None:
    """A folder that holds a record already ends the run at once, with one sentence and no trace."""
    suite.write("authentication/no_power", "metering/fails")
    suite.run("-k", "TINY-001").assert_outcomes(passed=1, deselected=1)
    result = suite.run()
    result.assert_outcomes(errors=1)
    text = result.stdout.str()
    assert "holds the record of another run already, and a record is never written over" in text
    assert "Traceback" not in text
    assert "assemble.py" not in text


def test_a_closed_bench_ends_testing(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a bench that could not be made safe nothing is started; the rest is not tested, with that reason."""

    async def stuck(self: Any) -> None:
        raise BenchError("The relay is stuck.")

    suite.write("authentication/no_power", "metering/fails")
    monkeypatch.setattr(wattest.run.simulated.SimulatedVenue, "leave", stuck)
    suite.run().assert_outcomes(failed=1, skipped=1)
    assert [(e["key"], e["verdict"]) for e in suite.entries("scenario_end")] == [("TINY-001", "error")]
    assert [(e["key"], e["reason"]) for e in suite.entries("not_tested")] == [
        ("TINY-002", "The bench could not be made safe: The relay is stuck.")
    ]


def test_a_run_that_stops_at_the_first_failure_is_no_result(suite: Suite) -> None:
    """With ``-x`` the record stays open for ``--wattest-resume``, which runs what is left and keeps the fail."""
    suite.write("metering/fails", "metering/undecided", "authentication/no_power")
    suite.run("-x", "metering", "authentication").assert_outcomes(failed=1)
    record = read_record(suite.out / "record.jsonl")
    assert record.footer is None
    assert record.entries[-1]["reason"] == "ended before 2 of 3 scenarios were performed"
    result = suite.run("--wattest-resume", str(suite.out), "metering", "authentication", "-rs")
    result.assert_outcomes(skipped=1, failed=1, passed=1)
    result.stdout.fnmatch_lines(["*settled in an earlier part of this run*"])
    assert suite.entries("footer") != []
    tried = [(entry["key"], entry["attempt"]) for entry in suite.entries("scenario")]
    assert tried == [("TINY-002", 1), ("TINY-003", 1), ("TINY-001", 1)]


def test_junit_properties(suite: Suite) -> None:
    """JUnit carries the requirements and the verdict of each scenario."""
    suite.write("authentication/no_power", "metering/fails", "outage/needs_more")
    suite.run("--junitxml", "junit.xml")
    cases = ET.parse(suite.pytester.path / "junit.xml").getroot().iter("testcase")
    found = {
        case.attrib["name"]: [(p.attrib["name"], p.attrib["value"]) for p in case.iter("property")]
        for case in cases
    }
    assert found == {
        "TINY-001[1.6]": [("requirement", "AUT-03"), ("verdict", "pass")],
        "TINY-002[1.6]": [("requirement", "AUT-02"), ("verdict", "fail")],
        "TINY-005[1.6]": [("requirement", "AUT-03"), ("verdict", "not tested")],
    }


def _allure(folder: Path) -> dict[str, dict[str, Any]]:
    results = [json.loads(path.read_text("utf-8")) for path in folder.glob("*-result.json")]
    return {result["name"]: result for result in results}


@pytest.mark.real_time
def test_allure(suite: Suite) -> None:
    """Steps, titles, parameters and attachments; variants and dialects have different history ids."""
    suite.write("billing/variants", "metering/fails")
    folder = suite.pytester.path / "allure"
    arguments = suite.arguments("--wattest-ocpp", "1.6", "--alluredir", str(folder))
    suite.pytester.runpytest_subprocess(*arguments).assert_outcomes(passed=2, failed=1)
    results = _allure(folder)
    assert set(results) == {
        "TINY-004 [blocked] on OCPP 1.6: A stranger with one of two cards gets nothing",
        "TINY-004 [expired] on OCPP 1.6: A stranger with one of two cards gets nothing",
        "TINY-002 on OCPP 1.6: A session begins out of nothing",
    }
    assert len({result["historyId"] for result in results.values()}) == 3
    first = results["TINY-004 [blocked] on OCPP 1.6: A stranger with one of two cards gets nothing"]
    assert first["status"] == "passed"
    assert [(step["name"], step["status"]) for step in first["steps"]] == [
        ("1. present_card: stranger", "passed"),
        ("2. expect_no_transaction: {for: 5 s}", "passed"),
    ]
    parameters = {parameter["name"]: parameter["value"] for parameter in first["parameters"]}
    assert parameters == {"dialect": "'1.6'", "status": "'blocked'"}
    assert [attachment["name"] for attachment in first["attachments"]] == ["scenario"]
    assert {"name": "epic", "value": "billing"} in first["labels"]
    failed = results["TINY-002 on OCPP 1.6: A session begins out of nothing"]
    assert failed["status"] == "failed"
    assert "A transaction that is started did not come within 1 s." in failed["statusDetails"]["message"]
    assert [step["status"] for step in failed["steps"]] == ["passed", "failed"]
    frames = next(a for a in failed["attachments"] if a["name"] == "last OCPP frames")
    assert 'EVSE > CSMS [2,"' in (folder / frames["source"]).read_text("utf-8")


REAL_CLOCK = """
import wattest.run.assemble
from wattest.clock import RealClock
from wattest.csms import Csms
from wattest.run.campaign import Stage
from wattest.run.simulated import SimulatedVenue

async def enter(self, scenario, dialect, seed):
    return Stage({}, Csms(self._clock, self._note))

wattest.run.assemble.VirtualClock = RealClock
SimulatedVenue.enter = enter
"""


@pytest.mark.real_time
def test_allure_on_a_real_clock(suite: Suite) -> None:
    """Where steps run in the clock's own thread, each scenario has its own."""
    for name in ("a", "b"):
        path = suite.pytester.path / f"{name}.scenario.yaml"
        path.write_text(QUICK.replace("TINY-010", f"TINY-{ord(name):03}"), encoding="utf-8")
    suite.pytester.makeconftest(REAL_CLOCK)
    folder = suite.pytester.path / "allure"
    arguments = suite.arguments("--wattest-ocpp", "1.6", "--alluredir", str(folder))
    suite.pytester.runpytest_subprocess(*arguments).assert_outcomes(failed=2)
    results = _allure(folder)
    steps = {name: [(s["name"], s["status"]) for s in r["steps"]] for name, r in results.items()}
    assert steps == {
        f"TINY-{number:03} on OCPP 1.6: Quick": [
            ("1. wait: {for: 10 ms}", "passed"),
            ("2. expect_transaction: {state: started, within: 10 ms}", "broken"),
        ]
        for number in (ord("a"), ord("b"))
    }


@pytest.mark.real_time
def test_xdist(suite: Suite) -> None:
    """With ``-n 2`` each worker leaves a record of its own, whole, that claims nothing of the other's share."""
    suite.write("authentication/no_power", "billing/variants")
    arguments = [
        "--import-mode=importlib",
        "--wattest-out",
        str(suite.out),
        "--wattest-ocpp",
        "1.6",
        "-n",
        "2",
    ]
    suite.pytester.runpytest_subprocess(*arguments).assert_outcomes(passed=3)
    performed = []
    for worker in ("gw0", "gw1"):
        path = suite.out / f"record-{worker}.jsonl"
        assert verify_chain(path) == []
        record = read_record(path)
        assert recheck(record) == []
        performed += [entry["key"] for entry in record.entries if entry["kind"] == "scenario"]
        assert record.footer is not None
        assert record.footer["verdicts"]["AUT-03"]["1.6"] == "not tested"
    assert sorted(performed) == ["TINY-001", "TINY-004 [blocked]", "TINY-004 [expired]"]


def test_other_sessions_keep_their_ways(suite: Suite) -> None:
    """Without a scenario the plug-in touches no signal, makes no folder and opens no campaign."""
    suite.pytester.makepyfile(
        """
        import signal

        def test_handlers():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        """
    )
    suite.pytester.runpytest_subprocess(*suite.arguments()).assert_outcomes(passed=1)
    assert not suite.out.exists()
    assert not (suite.pytester.path / "wattest-runs").exists()


def test_the_private_names_of_pytest_are_there(pytester: pytest.Pytester) -> None:
    """The plug-in overrides ``Module._getobj``, says where a skip stands and what an id consists of.

    Another pytest may rename each of them.
    """
    assert "_getobj" in vars(pytest.Module)
    assert "_getobj" in vars(ScenarioFile)
    config = pytester.parseconfigure()
    path = pytester.path / "a.scenario.yaml"
    session = pytest.Session.from_config(config)
    file = ScenarioFile.from_parent(session, path=path)
    assert file.obj.__name__ == "a"
    session._fixturemanager = FixtureManager(session)
    assert pytest.skip.Exception("why", _use_item_location=True)._use_item_location is True
    assert sys.modules.get("a") is not file.obj
    test = pytest.Function.from_parent(file, name="TINY-001[1.6]", callobj=lambda: None)
    _parse_own_id(test)
    assert test.id == type(test.id).parse(test.nodeid)
