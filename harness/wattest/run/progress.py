"""What a person sees while a run is going on: a line per scenario, the time left, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    import pytest

MARKS = {
    "pass": ("[green]✔", "pass"),
    "fail": ("[red]✘", "fail"),
    "inconclusive": ("[yellow]?", "inconclusive"),
    "error": ("[magenta]!", "error"),
    "not tested": ("[dim]-", "not tested"),
}


class ProgressLines:
    """Takes the place of pytest's terminal reporter under ``wattest certify``.

    ``broken`` collects what could not be read, ``verdicts`` counts what came out.
    """

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self.console = console
        self.quiet = quiet
        self.broken: list[str] = []
        self.crashed: list[str] = []
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._task: Any = None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A document that cannot be used."""
        if report.failed:
            self.broken.append(str(report.longrepr))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Now it is known how many there are."""
        if not self.broken and session.items:
            self._progress.start()
            self._task = self._progress.add_task("certifying", total=len(session.items))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """The scenario that is running."""
        if self._task is not None:
            self._progress.update(self._task, description=nodeid.rpartition("::")[2])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One line when a scenario is done; set-up and teardown only speak when they fail."""
        if report.when != "call" and not report.failed:
            if report.skipped:
                self._line(report, "not tested", _reason(report))
            return
        if report.when != "call":
            self.crashed.append(f"{report.nodeid.rpartition('::')[2]} ({report.when}): {report.longrepr}")
            return
        verdict = dict(report.user_properties).get("verdict")
        if verdict is None and report.failed:
            self.crashed.append(f"{report.nodeid.rpartition('::')[2]}: {report.longrepr}")
        self._line(report, str(verdict or "error"), _reason(report))
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
        name = report.nodeid.rpartition("::")[2]
        tail = f"  [dim]{_escaped(reason)}[/]" if reason and verdict != "pass" else ""
        self.console.print(f"{mark} {word:<12}[/] {_escaped(name)}{tail}", highlight=False, soft_wrap=True)


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")


def _reason(report: pytest.TestReport) -> str:
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    if report.failed:
        return str(report.longrepr).rpartition("\n")[2]
    return ""
