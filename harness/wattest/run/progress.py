"""What a person sees while a run is going on: a line per scenario, the time left, nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from wattest.errors import RequirementFailed, WattestError
from wattest.run.plugin import ScenarioItem, documents_key

MARKS = {
    "pass": ("[green]✔", "pass"),
    "fail": ("[red]✘", "fail"),
    "inconclusive": ("[yellow]?", "inconclusive"),
    "error": ("[magenta]!", "error"),
    "not tested": ("[dim]-", "not tested"),
    "not applicable": ("[dim]-", "not applicable"),
    "kept": ("[dim]=", "kept"),
}

REFUSED = "refused"
"""Stands for a verdict where the run itself could not begin."""


class ProgressLines:
    """Takes the place of pytest's terminal reporter under ``wattest certify``.

    ``broken`` are the problems because of which the run could not begin, and ``crashed`` is what went wrong outside
    of a verdict: both decide on the exit code.
    """

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self.console = console
        self.quiet = quiet
        self.broken: list[tuple[BaseException, str]] = []
        self.crashed: list[str] = []
        self._progress = Progress(
            TextColumn("[bold]{task.description}", markup=True),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task: Any = None

    def pytest_exception_interact(
        self,
        call: pytest.CallInfo[Any],
        report: pytest.CollectReport | pytest.TestReport,
    ) -> None:
        """A document that cannot be used, a run that cannot begin, or a mistake of our own, which is shown whole."""
        assert call.excinfo is not None
        problem = call.excinfo.value
        spoken = isinstance(problem, (WattestError, RequirementFailed))
        sentence = str(problem) if spoken else str(report.longrepr)
        if isinstance(report, pytest.CollectReport) or _verdict(report) == REFUSED:
            self.broken.append((problem, sentence))
        elif not spoken or report.when != "call":
            self.crashed.append(f"{_name(report.nodeid)} ({report.when}): {sentence}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Now it is known how many there are."""
        self._say_hours(session)
        if not self.broken and session.items and not _asks(session.config):
            self._progress.start()
            self._task = self._progress.add_task("certifying", total=len(session.items))

    def _say_hours(self, session: pytest.Session) -> None:
        """On a live bench the hours of the accuracy scenarios, before anything is energised."""
        documents = session.config.stash.get(documents_key, None)
        if self.quiet or self.broken or documents is None or documents.bench.kind != "live":
            return
        from wattest.run.planning import accuracy_hours  # noqa: PLC0415 - simulated runs need no plan

        plan = [(item.scenario, item.dialect) for item in session.items if isinstance(item, ScenarioItem)]
        try:
            found = accuracy_hours(plan, documents)
        except WattestError as problem:  # the scenario itself will say so, as its verdict
            self.console.print(f"The hours of the accuracy scenarios are not known: {problem}", markup=False)
            return
        if found:
            parts = ", ".join(f"{key}[{dialect}] {hours:.1f} h" for key, dialect, hours in found)
            total = sum(hours for _, _, hours in found)
            self.console.print(
                f"The accuracy scenarios take about {total:.1f} h: {parts}.",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """The scenario that is running."""
        if self._task is not None:
            self._progress.update(self._task, description=_escaped(_name(nodeid)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One line when a scenario is done; set-up and teardown only speak when they fail."""
        verdict = _verdict(report)
        if report.when == "teardown" or verdict == REFUSED or (report.when == "setup" and report.passed):
            return
        if report.failed and (verdict is None or report.when == "setup"):
            verdict = "error"
        self._line(report, str(verdict or "not tested"), _reason(report))
        if self._task is not None:
            self._progress.advance(self._task)

    def pytest_internalerror(self, excrepr: Any) -> None:
        """Our own mistakes are shown whole."""
        self.crashed.append(str(excrepr))

    def pytest_sessionfinish(self) -> None:
        """The bar goes away."""
        self._progress.stop()

    def _line(self, report: pytest.TestReport, verdict: str, reason: str) -> None:
        if self.quiet:
            return
        mark, word = MARKS[verdict]
        tail = f"  [dim]{_escaped(reason)}[/]" if reason and verdict != "pass" else ""
        name = _escaped(_name(report.nodeid))
        self.console.print(f"{mark} {word:<12}[/] {name}{tail}", highlight=False, soft_wrap=True)


def _asks(config: pytest.Config) -> bool:
    """Whether a person is asked on the same terminal: a bar that is drawn again and again would hide the question."""
    documents = config.stash.get(documents_key, None)
    if documents is None:
        return False
    bench = documents.bench
    return any(entry.driver == "by_hand" for entry in (*bench.roles.values(), *bench.rigs.values()))


def _verdict(report: pytest.TestReport) -> str | None:
    return next((str(value) for name, value in report.user_properties if name == "verdict"), None)


def _name(nodeid: str) -> str:
    return nodeid.rpartition("::")[2]


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")


def _reason(report: pytest.TestReport) -> str:
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    if report.failed:
        return str(report.longrepr).rpartition("\n")[2]
    return ""
