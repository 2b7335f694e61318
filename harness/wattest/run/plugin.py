"""The pytest plug-in: a ``*.scenario.yaml`` file is a module, each variant and dialect of it a test function.

Scenario items are ``pytest.Function``s under a ``pytest.Module`` subclass, so that fixtures of every scope, marks,
``-k``, ``--lf``, JUnit and Allure work as for any test. Files are checked while collecting: a broken one costs no
bench time.

::

    pytest scenarios/authentication --wattest-ocpp 1.6
    pytest scenarios --wattest-bench bench.yaml --junitxml out.xml --alluredir allure-results
"""

from __future__ import annotations

import signal
from contextlib import nullcontext
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, DocumentError, Inconclusive, RequirementFailed, RunAborted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from wattest.model.scenario import Dialect, Scenario
    from wattest.run.assemble import Documents
    from wattest.run.campaign import Campaign
    from wattest.run.perform import StepWatch

SUFFIX = ".scenario.yaml"
STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")
campaign_key = pytest.StashKey["Campaign"]()
documents_key = pytest.StashKey["Documents"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the plug-in; ``wattest certify`` sets them for you."""
    group = parser.getgroup("wattest", "charger scenarios")
    group.addoption("--wattest-bench", metavar="FILE", help="bench file; default: the simulated bench")
    group.addoption(
        "--wattest-charger", metavar="FILE", help="charger sheet; default: the one of the bench file"
    )
    group.addoption(
        "--wattest-ocpp", metavar="VERSIONS", help="dialects, such as 1.6,2.0.1; default: those of the sheet"
    )
    group.addoption(
        "--wattest-seed", metavar="N", type=int, default=0, help="seed of everything random; default 0"
    )
    group.addoption(
        "--wattest-out", metavar="DIR", default="wattest-runs/latest", help="where the record goes"
    )
    group.addoption(
        "--wattest-defect",
        metavar="ID",
        action="append",
        default=[],
        help="switch on a deliberate defect or variation of the simulated charger",
    )
    group.addoption("--wattest-resume", metavar="DIR", help="go on with an interrupted run")


def pytest_configure(config: pytest.Config) -> None:
    """Marks that scenarios carry."""
    config.addinivalue_line("markers", "scenario: a scenario file")
    config.addinivalue_line("markers", "covers(*requirements): requirements that a scenario proves")
    config.addinivalue_line("markers", "needs(*capabilities): what a scenario needs of bench and charger")
    for area in ("authentication", "locking", "metering", "billing", "outage", "climate"):
        config.addinivalue_line("markers", f"{area}: scenarios of this area")


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
        """One item for each variant and dialect."""
        documents = documents_of(self.config)
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
        if isinstance(excinfo.value, DocumentError):
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
        self.scenario = scenario
        self.dialect = dialect
        self.add_marker(pytest.mark.scenario)
        self.add_marker(pytest.mark.covers(*scenario.covers))
        self.add_marker(pytest.mark.needs(*scenario.needs))
        if scenario.area.isidentifier():
            self.add_marker(getattr(pytest.mark, scenario.area))
        if self.config.pluginmanager.hasplugin("allure_pytest"):
            self.add_marker(pytest.mark.allure_label(scenario.area, label_type="epic"))
            self.add_marker(pytest.mark.allure_label(scenario.id, label_type="story"))
            self.add_marker(pytest.mark.allure_description(scenario.title))
        for requirement in scenario.covers:
            self.user_properties.append(("requirement", requirement))

    def reportinfo(self) -> tuple[Path, int, str]:
        """The YAML file is where this stands."""
        return self.path, 0, f"{self.scenario.key} on OCPP {self.dialect}"

    def repr_failure(  # type: ignore[override]  # as pytest.Function itself overrides it
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Any:
        """The sentence and its place; a trace only for mistakes of our own."""
        if isinstance(excinfo.value, (RequirementFailed, Inconclusive, BenchError)):
            return f"{self.path.name}: {self.scenario.key} on OCPP {self.dialect}\n{excinfo.value}"
        return super().repr_failure(excinfo)


def _run(campaign: Campaign, scenario: Scenario, dialect: Dialect, item: pytest.Item) -> None:
    from wattest.run.campaign import not_tested_reason  # noqa: PLC0415 - keeps plain pytest runs quick
    from wattest.run.perform import perform  # noqa: PLC0415

    if (scenario.key, dialect) in campaign.finished:
        pytest.skip("settled in an earlier part of this run")
    reason = campaign.closed or not_tested_reason(scenario, dialect, campaign.sheet, campaign.venue)
    if reason is not None:
        campaign.recorder.note(
            "not_tested", key=scenario.key, dialect=dialect, requirements=scenario.covers, reason=reason
        )
        item.user_properties.append(("verdict", "not tested"))
        pytest.skip(reason)
    attempt = campaign.attempts.get((scenario.key, dialect), 0) + 1
    _allure_parameters(item, scenario, dialect)
    outcome = campaign.clock.run(
        perform(campaign, scenario, dialect, attempt=attempt, watch=_watch(item.config))
    )
    item.user_properties.append(("verdict", outcome.verdict))
    if outcome.verdict == "fail":
        raise RequirementFailed(outcome.sentence)
    if outcome.verdict in {"inconclusive", "not tested"}:
        raise Inconclusive(outcome.sentence)
    if outcome.verdict == "error":
        raise BenchError(outcome.sentence)


def _watch(config: pytest.Config) -> StepWatch:
    """Steps show up in Allure when its plug-in is there."""
    if not config.pluginmanager.hasplugin("allure_pytest") or not config.getoption("--alluredir", None):
        return lambda _text: nullcontext()
    allure: Any = import_module("allure")
    return lambda text: allure.step(text.replace("{", "(").replace("}", ")"))


def _allure_parameters(item: pytest.Item, scenario: Scenario, dialect: Dialect) -> None:
    """Parameters enter Allure's history id; without them variants would hide each other."""
    if not item.config.getoption("--alluredir", None):
        return
    allure: Any = import_module("allure")
    allure.dynamic.title(f"{scenario.key} on OCPP {dialect}: {scenario.title}")
    allure.dynamic.parameter("dialect", dialect)
    for name, value in scenario.parameters.items():
        allure.dynamic.parameter(name, value)
    allure.attach.file(scenario.path, name="scenario", attachment_type=allure.attachment_type.YAML)


def documents_of(config: pytest.Config) -> Documents:
    """Bench file, charger sheet, requirements and limits of this session, read once."""
    from wattest.run.assemble import documents  # noqa: PLC0415

    if documents_key not in config.stash:
        wanted = config.getoption("--wattest-ocpp")
        config.stash[documents_key] = documents(
            bench=config.getoption("--wattest-bench"),
            charger=config.getoption("--wattest-charger"),
            dialects=tuple(wanted.split(",")) if wanted else None,
        )
    return config.stash[documents_key]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a live bench all scenarios of one dialect come together, since changing it restarts the station."""
    if documents_key in config.stash and config.stash[documents_key].bench.kind == "live":
        items.sort(key=lambda item: item.dialect if isinstance(item, ScenarioItem) else "")


@pytest.fixture(scope="session")
def wattest_campaign(request: pytest.FixtureRequest) -> Iterator[Campaign]:
    """The run: clock, record, venue. Opened before the first scenario, sealed after the last one."""
    from wattest.run.assemble import open_campaign, seal  # noqa: PLC0415

    config = request.config
    plan = [(item.scenario, item.dialect) for item in request.session.items if isinstance(item, ScenarioItem)]
    campaign = open_campaign(
        documents_of(config),
        plan=plan,
        out=Path(config.getoption("--wattest-resume") or config.getoption("--wattest-out")),
        seed=config.getoption("--wattest-seed"),
        active=frozenset(config.getoption("--wattest-defect")),
        resume=config.getoption("--wattest-resume") is not None,
    )
    config.stash[campaign_key] = campaign
    try:
        yield campaign
    finally:
        seal(campaign)


def pytest_sessionstart(session: pytest.Session) -> None:
    """A signal ends the run in good order: the bench is made safe, fixtures are torn down, the record says so."""

    def stop(number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        again = bool(session.shouldstop)
        session.shouldstop = f"stopped by {name}"
        campaign = session.config.stash.get(campaign_key, None)
        if campaign is not None:
            campaign.stop = session.shouldstop
        if not again:
            raise RunAborted(f"The run was {session.shouldstop}.")

    for name in STOPPING:
        if hasattr(signal, name) and session.config.getoption("--wattest-out", None) is not None:
            signal.signal(getattr(signal, name), stop)
