"""Steps that look at the export of sessions, as it is computed from the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wattest.errors import BenchError
from wattest.judge.session_table import session_rows
from wattest.model.error_code import read_error_codes
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.judge.session_table import SessionRow
    from wattest.steps.context import Run


@step(proves=("DAT-05",))
async def check_export(run: Run, *, complete: int, failed: int = 0, code: str | None = None) -> None:
    """The export of this scenario holds so many complete and so many failed sessions, each once, with what it must have.

    Begin, end, duration, energy, highest power and method of each; of a failed one the error code, and a price where there is a
    tariff. ``code``: minimum required error code that a failed session must have; in OCPP 1.6 an errorCode that goes with it will do.
    """
    known = read_error_codes()
    if code is not None and code not in known:
        raise BenchError(
            f"There is no error code '{code}' under fixtures/error_codes; known are {', '.join(known)}."
        )
    rows = session_rows(run.entries())
    evidence = [seq for row in rows for seq in row.evidence]
    for result, wanted in (("complete", complete), ("failed", failed)):
        run.check(
            f"{result} sessions in the export",
            "equals",
            {
                "what": f"the number of {result} sessions in the export",
                "expected": wanted,
                "observed": sum(1 for row in rows if row.result == result),
            },
            evidence=evidence,
        )
    allowed = None if code is None else {code, *known[code].errors}
    wrong = [
        sentence
        for row in rows
        for sentence in _lacking(row, allowed, priced=run.scenario.given.tariff is not None)
    ]
    ids = [(row.station, row.id) for row in rows]
    wrong += [f"session {id_} stands twice" for place, id_ in enumerate(ids) if id_ in ids[:place]]
    run.check(
        "export is complete",
        "held",
        {"what": "each session of the export has what it must have", "cases": len(rows), "violations": wrong},
        evidence=evidence,
    )


def _lacking(row: SessionRow, codes: set[str] | None, *, priced: bool) -> list[str]:
    names = [
        "begin",
        "end",
        "duration_s",
        "energy_wh",
        "peak_w",
        *(["before_tax", "total"] if priced else []),
    ]
    found = [f"session {row.id} has no {name}" for name in names if getattr(row, name) is None]
    if row.method == "unknown":
        found.append(f"session {row.id} does not say how it was authorised")
    if row.result == "failed" and row.error is None and row.stop_reason is None:
        found.append(f"session {row.id} failed without a code")
    if row.result == "failed" and codes is not None and row.error not in codes:
        found.append(
            f"session {row.id} failed with the code {row.error}, and {' or '.join(sorted(codes))} was expected"
        )
    return found
