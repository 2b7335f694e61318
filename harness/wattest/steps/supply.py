"""Steps with the station's supply: voltage, frequency, dips, what it takes while nobody charges, and its recovery."""

from __future__ import annotations

from contextlib import suppress

from wattest.document.quantity import Duration
from wattest.errors import CallTimedOut, StationGone
from wattest.ocpp.neutral import StatusChanged
from wattest.steps.context import Run
from wattest.steps.registry import step

ASKED_EVERY_S = 5.0
"""How often a station that may be dark is asked for a sign of life."""


@step(proves=("ROB-22",))
async def expect_recovery(run: Run, *, within: Duration = 300.0) -> None:
    """Whatever was done to its supply, the station answers and is not out of order within the time.

    It may have noticed nothing, or have booted: it is asked, since a link that looks whole proves nothing.
    """
    begin = run.clock.monotonic()
    took: float | None = None
    while took is None and run.clock.monotonic() - begin < within:
        with suppress(StationGone, CallTimedOut):
            await run.csms.station().read_setting("heartbeat_interval")
            if _in_order(run):
                took = run.clock.monotonic() - begin
                break
        await run.clock.sleep(ASKED_EVERY_S)
    status = run.csms.station().last_status_seq(1) if run.csms.connected else None
    run.check(
        "station in order again",
        "occurred",
        {"what": "an answer of the station, without a fault,", "within_s": within, "after_s": took},
        evidence=[] if status is None else [status],
    )


def _in_order(run: Run) -> bool:
    last = run.csms.station().last_status(1)
    return isinstance(last, StatusChanged) and last.occupancy not in {"faulted", "unavailable"}
