"""Steps that hold the energy billed against the reference meter."""

from __future__ import annotations

import itertools
from decimal import Decimal

from wattest.document.quantity import Duration
from wattest.errors import BenchError
from wattest.model.verb import Saved
from wattest.model.words import LimitId
from wattest.ocpp.ledger import Transaction
from wattest.roles import PowerReading
from wattest.steps.context import Run, percent
from wattest.steps.registry import step

IDLE_A = 0.1
"""Standing start-stop needs a reading without load at both ends: below this current there is none."""


@step(proves=("MET-01",))
async def compare_energy(
    run: Run,
    *,
    transaction: Saved[Transaction],
    limit: LimitId = "hb44_ac_acceptance",
    since: Saved[PowerReading] | None = None,
) -> None:
    """Energy of a transaction against the reference meter, by standing start-stop.

    The reference energy runs from the last mark (``mark_energy``, or the beginning of the scenario) to now; both
    ends must be without load. ``limit`` names a limit in percent. Sources: NIST HB44 3.40 N.5, ILAC-G8:09/2019.
    """
    begin = since or (run.marks[-1] if run.marks else None)
    if begin is None:
        raise BenchError(
            "There is no reference reading before the session; the bench needs a reference_meter."
        )
    end = await _settled(run)
    stated = run.limit(limit)
    reported = transaction.energy_wh
    run.check(
        "energy of the transaction is reported",
        "occurred",
        {
            "what": f"begin and end register of transaction {transaction.id}",
            "within_s": 0,
            "after_s": None if reported is None else 0,
        },
        evidence=transaction.evidence,
        proves=("DAT-03",),
    )
    assert reported is not None
    for name, reading in (("before", begin), ("after", end)):
        run.check(
            f"no load {name} the session",
            "at_most",
            {
                "what": f"the current {name} the session, for a standing start-stop",
                "value": reading.current.value,
                "unit": "A",
                "limit": IDLE_A,
                "flags": sorted(reading.current.flags),
            },
            evidence=reading.current.seq,
            proves=("AUT-05",),
        )
    reference = end.energy.value - begin.energy.value
    flags = sorted(begin.energy.flags | end.energy.flags)
    run.check(
        "energy error",
        "energy_error",
        {
            "what": f"energy of transaction {transaction.id}",
            "reported_wh": reported,
            "reported_step_wh": run.facts.register_step_wh,
            "reported_kind": "difference",
            "reference_wh": reference,
            "u_reference_wh": end.energy.u,
            "reference_flags": flags,
            "extra_u": {},
            "limit_pct": percent(stated),
            "limit_id": stated.id,
            "limit_source": f"{stated.source}, {stated.edition}",
            "provenance": stated.provenance,
            "minimum_wh": None,
            "guard": run.rule.guard,
            "k": run.rule.k,
            "tur_min": run.rule.tur_min,
            "tur_warn": run.rule.tur_warn,
        },
        evidence=(*transaction.evidence, *begin.energy.seq, *end.energy.seq),
    )
    run.marks.append(end)


async def _settled(run: Run) -> PowerReading:
    """A reading without load: the contactor may take a moment to open after the session ended."""
    for _ in range(20):
        reading = await run.power()
        if reading.current.value <= IDLE_A:
            return reading
        await run.clock.sleep(0.25)
    return reading


@step()
async def mark_energy(run: Run) -> PowerReading:
    """Take the reference meter's energy now as the beginning of the next comparison."""
    reading = await run.power()
    run.marks.append(reading)
    return reading


@step(proves=("MET-14",))
async def expect_meter_values(run: Run, *, transaction: Saved[Transaction], every: Duration) -> None:
    """Periodic meter values of a transaction came at this interval; no gap is longer than twice it."""
    current = run.csms.ledger.transactions[transaction.id]
    times = [at for at, _wh, _seq in current.register]
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(times)]
    run.check(
        "enough meter values",
        "at_least",
        {"what": "register values of the transaction", "value": len(times), "unit": "values", "limit": 3},
        evidence=current.evidence,
    )
    run.check(
        "longest gap between meter values",
        "at_most",
        {"what": "the longest gap between meter values", "value": max(gaps), "unit": "s", "limit": 2 * every},
        evidence=current.evidence,
    )


@step(proves=("MET-10",))
async def check_register_continues(
    run: Run, *, before: Saved[Transaction], after: Saved[Transaction]
) -> None:
    """The register at the start of ``after`` is not below the one at the end of ``before``."""
    stop = before.meter_stop_wh if before.meter_stop_wh is not None else _last(before)
    start = after.meter_start_wh
    evidence = (*before.evidence, *after.evidence)
    run.check(
        "both registers are reported",
        "occurred",
        {
            "what": "the register at the end of one transaction and at the start of the next",
            "within_s": 0,
            "after_s": None if stop is None or start is None else 0,
        },
        evidence=evidence,
    )
    assert stop is not None
    assert start is not None
    run.check(
        "register goes on",
        "at_least",
        {
            "what": f"the register at the start of transaction {after.id}",
            "value": start,
            "unit": "Wh",
            "limit": stop,
        },
        evidence=evidence,
    )


def _last(transaction: Saved[Transaction]) -> Decimal | None:
    return transaction.register[-1][1] if transaction.register else None


@step(proves=("MET-08",))
async def expect_no_creep(run: Run, *, transaction: Saved[Transaction], for_: Duration = 1800.0) -> None:
    """With the contactor closed and no current, the register advances by no more than one step (HB44 N.1)."""
    await run.csms.station().trigger("MeterValues")
    before = _last(run.csms.ledger.transactions[transaction.id])
    await run.wait(for_)
    await run.csms.station().trigger("MeterValues")
    await run.wait(5.0)
    current = run.csms.ledger.transactions[transaction.id]
    after = _last(current)
    grown = None if before is None or after is None else after - before
    run.check(
        "creep",
        "at_most",
        {
            "what": f"the register's growth in {for_:g} s without current",
            "value": grown,
            "unit": "Wh",
            "limit": run.facts.register_step_wh,
        },
        evidence=current.evidence,
    )
