"""The pytest plug-in: a ``*.scenario.yaml`` file is a module, each variant and dialect of it a test function.

Scenario items are ``pytest.Function``s under a ``pytest.Module`` subclass, so that fixtures of every scope, marks,
``-k``, ``--lf``, JUnit and Allure work as for any test. Files are checked while collecting: a broken one costs no
bench time.

::

    pytest scenarios/authentication --wattest-ocpp 1.6
    pytest scenarios --wattest-bench bench.yaml --junitxml out.xml --alluredir allure-results
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import (
    BenchError,
    Inconclusive,
    RecordError,
    RequirementFailed,
    RunAborted,
    WattestError,
)
from wattest.run import allure
from wattest.run.folder import default_folder
from wattest.run.stopping import Stopper

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from wattest.model.scenario import Dialect, Scenario
    from wattest.run.assemble import Documents
    from wattest.run.campaign import Campaign

SUFFIX = ".scenario.yaml"
documents_key = pytest.StashKey["Documents"]()
unusable_key = pytest.StashKey[WattestError]()
"""Why no run can be made of this bench, charger or folder; told once, not for every scenario."""
campaign_key = pytest.StashKey["Campaign"]()
stopper_key = pytest.StashKey[Stopper]()
AREAS = (
    "authentication",
    "locking",
    "metering",
    "billing",
    "outage",
    "climate",
    "electrical",
    "cable",
    "payment",
    "sharing",
)
SPEAKING = (WattestError, RequirementFailed)
"""What is said in whole sentences; anything else is a mistake of ours and shows its trace."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the plug-in; ``wattest certify`` sets them for you."""
    group = parser.getgroup("wattest", "charger scenarios")
    group.addoption("--wattest-bench", metavar="FILE", help="bench file; default: the simulated bench")
    group.addoption(
        "--wattest-rehearse",
        action="store_true",
        help="play a live bench with twins of its instruments in the simulated world",
    )
    group.addoption(
        "--wattest-charger", metavar="FILE", help="charger sheet; default: the one of the bench file"
    )
    group.addoption(
        "--wattest-ocpp",
        metavar="VERSIONS",
        help="dialects, such as 1.6,2.0.1,2.1; default: those of the sheet",
    )
    group.addoption(
        "--wattest-seed", metavar="N", type=int, default=0, help="seed of everything random; default 0"
    )
    group.addoption(
        "--wattest-out",
        metavar="DIR",
        help="where the record goes; default: wattest-runs/<UTC time>, with wattest-runs/latest pointing there",
    )
    group.addoption(
        "--wattest-defect",
        metavar="ID",
        action="append",
        default=[],
        help="switch on a deliberate defect or variation of the simulated charger",
    )
    group.addoption(
        "--wattest-level",
        metavar="NAME",
        default="",
        help="only scenarios that this level of certification needs",
    )
    group.addoption(
        "--wattest-evidence", metavar="DIR", help="what people answered and documents said of this charger"
    )
    group.addoption("--wattest-resume", metavar="DIR", help="go on with an interrupted run")


def pytest_configure(config: pytest.Config) -> None:
    """Marks that scenarios carry, and the folder of this run: with ``-n``, all workers share that of the controller."""
    config.addinivalue_line("markers", "scenario: a scenario file")
    config.addinivalue_line("markers", "covers(*requirements): requirements that a scenario proves")
    config.addinivalue_line("markers", "needs(*capabilities): what a scenario needs of bench and charger")
    for area in AREAS:
        config.addinivalue_line("markers", f"{area}: scenarios of this area")
    if config.getoption("numprocesses", None) and config.getoption("--wattest-out") is None:
        config.option.wattest_out = str(default_folder())


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Claim scenario files and nothing else."""
    if not file_path.name.endswith(SUFFIX):
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


class ScenarioFile(pytest.Module):
    """One scenario file. A module, so that fixtures of module scope have a home."""

    def _getobj(self) -> ModuleType:
        return ModuleType(self.path.name.removesuffix(SUFFIX))

    def collect(self) -> Iterator[ScenarioItem]:
        """One item for each variant and dialect. Raises ``DocumentError`` with every mistake in the file."""
        stash = self.config.stash
        if unusable_key in stash:  # the first file has said so
            return
        try:
            documents = documents_of(self.config)
        except WattestError as problem:
            stash[unusable_key] = problem
            raise
        for scenario in documents.read(self.path):
            for dialect in documents.dialects:
                yield ScenarioItem.from_parent(
                    self,
                    name=f"{scenario.id}[{_suffix(scenario, dialect)}]",
                    callobj=_call(scenario, dialect),
                    scenario=scenario,
                    dialect=dialect,
                )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], _style: Any = None) -> Any:
        """A broken document shows its sentences, not a trace."""
        if isinstance(excinfo.value, WattestError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


def _suffix(scenario: Scenario, dialect: Dialect) -> str:
    return ", ".join((*scenario.parameters.values(), dialect))


def _call(scenario: Scenario, dialect: Dialect) -> Callable[..., None]:
    def scenario_on(wattest_campaign: Campaign, request: pytest.FixtureRequest) -> None:
        _run(wattest_campaign, scenario, dialect, request.node)

    scenario_on.__doc__ = scenario.title
    return scenario_on


class ScenarioItem(pytest.Function):
    """One scenario on one dialect."""

    def __init__(self, *, scenario: Scenario, dialect: Dialect, **arguments: Any) -> None:
        super().__init__(**arguments)
        _parse_own_id(self)
        self.scenario = scenario
        self.dialect = dialect
        self.add_marker(pytest.mark.scenario)
        self.add_marker(pytest.mark.covers(*scenario.covers))
        self.add_marker(pytest.mark.needs(*scenario.needs))
        if scenario.area in AREAS:
            self.add_marker(getattr(pytest.mark, scenario.area))
        for mark in allure.marks(self.config, scenario):
            self.add_marker(mark)
        for requirement in scenario.covers:
            self.user_properties.append(("requirement", requirement))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The YAML file is where this stands."""
        return self.path, 0, f"{self.scenario.key} on OCPP {self.dialect}"


def _parse_own_id(item: pytest.Item) -> None:
    """From 9.2 on pytest compares ids in parts (``--lf``); brackets that stand in a name must be told apart as well."""
    parts = getattr(item, "_id", None)
    if parts is not None:
        item._id = type(parts).parse(item.nodeid)  # noqa: SLF001


def _run(campaign: Campaign, scenario: Scenario, dialect: Dialect, item: pytest.Item) -> None:
    from wattest.run.campaign import not_tested_reason  # noqa: PLC0415 - keeps plain pytest runs quick
    from wattest.run.perform import perform  # noqa: PLC0415

    allure.begin(item.config, scenario, dialect, campaign.bench)
    if (scenario.key, dialect) in campaign.finished:
        item.user_properties.append(("verdict", "kept"))
        _skip("settled in an earlier part of this run")
    reason = campaign.closed or not_tested_reason(scenario, dialect, campaign.sheet, campaign.venue)
    if reason is not None:
        campaign.leave_out(scenario, dialect, reason)
        item.user_properties.append(("verdict", "not tested"))
        _skip(reason)
    attempt = campaign.attempts.get((scenario.key, dialect), 0) + 1
    first = campaign.recorder.count
    steps = allure.Steps(item.config)
    try:
        outcome = campaign.clock.run(
            perform(
                campaign,
                scenario,
                dialect,
                attempt=attempt,
                watch=steps.watch,
            )
        )
    except BaseException:
        item.user_properties.append(("verdict", "error"))
        allure.attach_frames(item.config, campaign.recorder.entries(since=first))
        raise
    finally:
        steps.write()
    item.user_properties.append(("verdict", outcome.verdict))
    if outcome.verdict == "pass":
        return
    allure.attach_frames(item.config, campaign.recorder.entries(since=first))
    if outcome.verdict == "fail":
        raise RequirementFailed(outcome.sentence)
    if outcome.verdict == "error":
        raise BenchError(outcome.sentence)
    raise Inconclusive(outcome.sentence)


def _skip(reason: str) -> None:
    """Skip at the place of the scenario, not at a line of this file."""
    raise pytest.skip.Exception(reason, _use_item_location=True)


def documents_of(config: pytest.Config) -> Documents:
    """Bench file, charger sheet, requirements and limits of this session, read once."""
    from wattest.run.assemble import documents  # noqa: PLC0415

    if documents_key not in config.stash:
        wanted = config.getoption("--wattest-ocpp")
        config.stash[documents_key] = documents(
            bench=config.getoption("--wattest-bench"),
            charger=config.getoption("--wattest-charger"),
            dialects=tuple(wanted.split(",")) if wanted else None,
            rehearse=config.getoption("--wattest-rehearse"),
            level=config.getoption("--wattest-level"),
            evidence=config.getoption("--wattest-evidence"),
        )
    return config.stash[documents_key]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a live bench all scenarios of one dialect come together, since changing it restarts the station.

    With a level, scenarios that it does not need are left away.
    """
    _keep_aimed(config, items)
    if documents_key in config.stash and config.stash[documents_key].bench.kind == "live":
        items.sort(key=lambda item: item.dialect if isinstance(item, ScenarioItem) else "")


def _keep_aimed(config: pytest.Config, items: list[pytest.Item]) -> None:
    aimed = config.stash[documents_key].aimed if documents_key in config.stash else None
    if aimed is None:
        return
    away = [
        item for item in items if isinstance(item, ScenarioItem) and aimed.isdisjoint(item.scenario.covers)
    ]
    if away:
        config.hook.pytest_deselected(items=away)
        items[:] = [item for item in items if item not in away]


@pytest.fixture(scope="session")
def wattest_campaign(request: pytest.FixtureRequest) -> Iterator[Campaign]:
    """The run: clock, record, venue. Opened before the first scenario, sealed after the last one.

    A run that cannot begin ends here: the first scenario says why, and no other is tried.
    """
    from wattest.run.assemble import open_campaign, seal  # noqa: PLC0415

    config, session = request.config, request.session
    resume = config.getoption("--wattest-resume")
    out = resume or config.getoption("--wattest-out")
    try:
        campaign = open_campaign(
            documents_of(config),
            plan=[(item.scenario, item.dialect) for item in session.items if isinstance(item, ScenarioItem)],
            out=Path(out) if out else default_folder(),
            seed=config.getoption("--wattest-seed"),
            active=frozenset(config.getoption("--wattest-defect")),
            resume=resume is not None,
            part=_worker(config),
        )
    except WattestError as problem:
        config.stash[unusable_key] = problem
        session.shouldfail = f"the run could not begin: {problem}"
        raise
    config.stash[campaign_key] = campaign
    try:
        yield campaign
    finally:
        del config.stash[campaign_key]
        seal(campaign)


def _worker(config: pytest.Config) -> str | None:
    """Name of this process when ``-n`` shares the scenarios between several."""
    worker: Any = getattr(config, "workerinput", None)
    return None if worker is None else str(worker["workerid"])


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """While scenarios run, a signal ends the run in good order; other sessions keep pytest's own ways."""
    if session.config.option.collectonly or not any(isinstance(item, ScenarioItem) for item in session.items):
        return (yield)

    def told(reason: str) -> None:
        campaign = session.config.stash.get(campaign_key, None)
        if campaign is not None:
            campaign.stop = reason

    stopper = session.config.stash[stopper_key] = Stopper(session, told)
    try:
        with stopper.installed():
            return (yield)
    finally:
        del session.config.stash[stopper_key]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Fixtures may be interrupted while they are set up."""
    stopper = item.config.stash.get(stopper_key, None)
    if stopper is None:
        return (yield)
    with stopper.interruptible():
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """So may the test; what comes after it may not."""
    stopper = item.config.stash.get(stopper_key, None)
    if stopper is None:
        return (yield)
    with stopper.interruptible():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The sentence and its place; a trace only for mistakes of our own. What was never performed is in the record too."""
    report = yield
    if not isinstance(item, ScenarioItem) or call.excinfo is None:
        return report
    problem = call.excinfo.value
    if report.failed and isinstance(problem, SPEAKING):
        report.longrepr = f"{item.path.name}: {item.scenario.key} on OCPP {item.dialect}\n{problem}"
    if problem is item.config.stash.get(unusable_key, None):
        report.user_properties.append(("verdict", "refused"))
    campaign = item.config.stash.get(campaign_key, None)
    if call.when == "setup" and campaign is not None and campaign.stop is None:
        reason = getattr(problem, "msg", None) if report.skipped else f"it could not be set up: {problem}"
        _leave_out(campaign, item, str(reason or problem))
    if call.when == "call" and isinstance(problem, RunAborted) and item.session.shouldstop is False:
        item.session.shouldfail = str(problem)
    if call.when == "call" and isinstance(problem, RecordError):
        item.session.shouldfail = f"the record cannot be written: {problem}"
    return report


def _leave_out(campaign: Campaign, item: ScenarioItem, reason: str) -> None:
    """A scenario whose fixtures skipped it or failed was not tested."""
    item.user_properties.append(("verdict", "not tested"))
    campaign.leave_out(item.scenario, item.dialect, reason)
