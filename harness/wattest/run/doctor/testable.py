"""Which scenarios of the library a charger can be tested with on a bench, and why the others stay untested."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wattest.model.library import library_folder
from wattest.run.campaign import lacking, not_tested_reason
from wattest.run.doctor.finding import Finding
from wattest.run.languages import Text

if TYPE_CHECKING:
    from wattest.model.bench import Bench
    from wattest.model.charger import ChargerSheet
    from wattest.model.scenario import Scenario
    from wattest.run.assemble import Documents

SHOWN = 8
"""Scenarios that a line names; the rest are counted."""


@dataclass(frozen=True)
class _Needs:
    """Only what decides whether a scenario can be performed."""

    can: Collection[str]
    bench: Bench
    sheet: ChargerSheet

    def lacks(self, needs: tuple[str, ...]) -> str | None:
        return lacking(needs, self.can, self.bench, self.sheet)


def library_scenarios(read: Documents) -> tuple[Scenario, ...]:
    """Every scenario of the library with its variants. Raises ``DocumentError``."""
    paths = sorted(library_folder("scenarios").rglob("*.scenario.yaml"))
    return tuple(scenario for path in paths for scenario in read.read(path))


def testable_finding(
    scenarios: tuple[Scenario, ...], bench: Bench, sheet: ChargerSheet, can: Collection[str]
) -> Finding:
    """How many scenarios are testable in the charger's dialects; the rest, grouped by reason, as details."""
    venue = _Needs(can, bench, sheet)
    testable, reasons = 0, defaultdict[str, list[str]](list)
    for dialect in sheet.dialects:
        for scenario in scenarios:
            if dialect not in scenario.dialects:
                continue
            reason = not_tested_reason(scenario, dialect, sheet, venue)  # type: ignore[arg-type]  # lacks() is all it asks
            if reason is None:
                testable += 1
            else:
                reasons[reason].append(scenario.id)
    total = testable + sum(map(len, reasons.values()))
    spoken = ", ".join(f"OCPP {dialect}" for dialect in sheet.dialects)
    return Finding(
        "charger",
        f"{sheet.maker} {sheet.model}",
        "fine" if testable else "problem",
        Text(
            f"{testable} of {total} scenarios are testable on the bench '{bench.name}' ({spoken}).",
            f"{testable} scénarios sur {total} sont réalisables sur le banc « {bench.name} » ({spoken}).",
        ),
        tuple(
            _grouped(reason, ids) for reason, ids in sorted(reasons.items(), key=lambda item: -len(item[1]))
        ),
    )


def _grouped(reason: str, ids: list[str]) -> Text:
    known = list(dict.fromkeys(ids))
    more = f", +{len(known) - SHOWN}" if len(known) > SHOWN else ""
    named = ", ".join(known[:SHOWN]) + more
    return Text(
        f"{len(ids)} not tested: {reason} ({named})",
        f"{len(ids)} non testés : {in_french(reason)} ({named})",
    )


def in_french(reason: str) -> str:
    """A reason of ``wattest.run.campaign`` in French; one that is not known stays as it is."""
    for begin, middle, french in (
        ("the bench '", "' has no ", "le banc « {0} » n'a pas de {1}"),
        ("the charger sheet of ", " does not state OCPP ", "la fiche de {0} n'indique pas OCPP {1}"),
        (
            "neither the charger sheet of ",
            " nor the bench states '",
            "ni la fiche de {0} ni le banc n'indiquent « {1} »",
        ),
    ):
        if reason.startswith(begin) and middle in reason:
            first, _, second = reason.removeprefix(begin).partition(middle)
            return french.format(first, second.rstrip("'"))
    return reason
