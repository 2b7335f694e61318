"""``wattest doctor``: whether a run could begin on this computer, with this bench, for these chargers.

Everything is looked at and nothing is judged: a bench that lacks an instrument is fine as long as one knows it.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wattest.clock import RealClock, VirtualClock, host_utc
from wattest.run.assemble import documents
from wattest.run.doctor.bench_file import calibration_findings, measuring_findings, safety_findings
from wattest.run.doctor.finding import Finding, State, worst
from wattest.run.doctor.host import (
    clock_findings,
    disk_finding,
    kernel_synchronised,
    port_finding,
    serial_findings,
)
from wattest.run.doctor.parts import examine
from wattest.run.doctor.testable import library_scenarios, testable_finding
from wattest.run.folder import RUNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wattest.clock import Clock

__all__ = ["Examined", "Finding", "State", "examined", "worst"]


@dataclass(frozen=True)
class Examined:
    """What was found, in the order in which a person should read it."""

    bench: str
    rehearsed: bool
    findings: tuple[Finding, ...]

    @property
    def state(self) -> State:
        """The state of the worst finding."""
        return worst(self.findings)


def examined(
    bench: str | None = None, chargers: Sequence[str] = (), *, rehearse: bool = False, out: Path = RUNS
) -> Examined:
    """Look at everything. Raises ``DocumentError`` for a bench file or charger sheet that cannot be used."""
    read = [documents(bench=bench, charger=charger, rehearse=rehearse) for charger in (chargers or (None,))]
    here = read[0].bench
    now = host_utc()
    findings: list[Finding] = [
        *clock_findings(now, synchronised=kernel_synchronised()),
        disk_finding(out),
    ]
    live = here.kind == "live"
    if live:
        findings += [port_finding(here.csms), *serial_findings(here)]
    findings += [*calibration_findings(here, now.date()), *safety_findings(here)]
    clock: Clock = RealClock() if live else VirtualClock()
    with closing(clock):
        parts = clock.run(examine(here, read[0].sheet, clock))
    findings += parts.findings
    scenarios = library_scenarios(read[0])
    for one in read:
        findings += measuring_findings(here, one.sheet)
        findings.append(testable_finding(scenarios, here, one.sheet, parts.can))
    return Examined(here.name, here.rehearsed, tuple(findings))
