"""What a scenario shows in Allure while pytest runs it; nothing happens without ``--alluredir``."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from wattest.model.bench import Bench
    from wattest.model.scenario import Dialect, Scenario

LAST_FRAMES = 40
"""Frames that a scenario which did not pass carries along; all of them stand in the record."""


def active(config: pytest.Config) -> bool:
    """Whether results are written."""
    return bool(config.getoption("--alluredir", None))


def marks(config: pytest.Config, scenario: Scenario) -> Iterable[pytest.MarkDecorator]:
    """Labels by which Allure groups and selects."""
    if not active(config):
        return
    yield pytest.mark.allure_label(scenario.area, label_type="epic")
    yield pytest.mark.allure_label(scenario.id, label_type="story")
    yield pytest.mark.allure_label("scenarios", label_type="parentSuite")
    yield pytest.mark.allure_label(scenario.area, label_type="suite")
    yield pytest.mark.allure_description(scenario.title)
    for requirement in scenario.covers:
        yield pytest.mark.allure_label(requirement, label_type="tag")


NO_RELAY = (
    "This bench has no relay that cuts power when the test computer falls silent.\n"
    "Ce banc n\u2019a pas de relais qui coupe le courant quand l\u2019ordinateur d\u2019essai se tait.\n"
)


def begin(config: pytest.Config, scenario: Scenario, dialect: Dialect, bench: Bench) -> None:
    """Title, parameters, the file itself. Parameters enter the history id: without them variants hide each other.

    A live bench without a dead-man relay says so beside every scenario.
    """
    if not active(config):
        return
    allure: Any = import_module("allure")
    allure.dynamic.title(f"{scenario.key} on OCPP {dialect}: {scenario.title}")
    allure.dynamic.parameter("dialect", dialect)
    for name, value in scenario.parameters.items():
        allure.dynamic.parameter(name, value)
    if bench.kind == "live" and not bench.dead_man_relay:
        allure.attach(NO_RELAY, name="no dead-man relay", attachment_type=allure.attachment_type.TEXT)
    allure.attach.file(scenario.path, name="scenario", attachment_type=allure.attachment_type.YAML)


class Steps:
    """The steps of one scenario as steps of Allure.

    Allure's own ``step`` keeps a stack for each thread and loses what happens in the clock's: here they are gathered
    where they happen, and written where pytest runs.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._done: list[Any] = []

    def watch(self, text: str) -> AbstractContextManager[Any]:
        """Surround one step; what it raises decides on its status."""
        return self._watched(text) if active(self._config) else nullcontext()

    @contextmanager
    def _watched(self, text: str) -> Iterator[None]:
        from allure_commons.model2 import Status, StatusDetails, TestStepResult  # noqa: PLC0415

        from wattest.clock import host_utc  # noqa: PLC0415

        def now() -> int:
            return round(host_utc().timestamp() * 1000)

        step = TestStepResult(name=text, start=now(), status=Status.PASSED)
        self._done.append(step)
        try:
            yield
        except BaseException as problem:
            step.status = Status.FAILED if isinstance(problem, AssertionError) else Status.BROKEN
            step.statusDetails = StatusDetails(message=str(problem) or type(problem).__name__)
            raise
        finally:
            step.stop = now()

    def write(self) -> None:
        """Give the test that is running all its steps."""
        listener = self._config.pluginmanager.get_plugin("allure_listener")
        if self._done and listener is not None:
            from allure_commons.model2 import TestResult  # noqa: PLC0415

            listener.allure_logger.get_last_item(TestResult).steps.extend(self._done)


def attach_frames(config: pytest.Config, entries: Iterable[Mapping[str, Any]]) -> None:
    """The last OCPP frames of a scenario that did not pass, as text."""
    if not active(config):
        return
    frames = [entry for entry in entries if entry["kind"] == "frame"][-LAST_FRAMES:]
    if frames:
        allure: Any = import_module("allure")
        text = "\n".join(_line(entry) for entry in frames)
        allure.attach(text, name="last OCPP frames", attachment_type=allure.attachment_type.TEXT)


def _line(entry: Mapping[str, Any]) -> str:
    arrow = "EVSE > CSMS" if entry["direction"] == "in" else "CSMS > EVSE"
    raw = entry.get("raw")
    shown = raw if raw is not None else f"base64 {entry['raw_b64']}"
    wrong = "".join(f"\n    {violation['sentence']}" for violation in entry.get("violations", ()))
    return f"{entry['seq']:>6} {entry['utc']} {arrow} {shown}{wrong}"
