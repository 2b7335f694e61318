"""Steps that hold the energy billed against the reference meter."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wattest.document.quantity import Duration
from wattest.errors import BenchError, Inconclusive
from wattest.model.verb import Saved
from wattest.model.words import LimitId
from wattest.ocpp.ledger import Transaction
from wattest.roles import PowerReading
from wattest.steps.context import Run, percent
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.judge.rules import Decision
    from wattest.model.requirement import DecisionRule, Limit

IDLE_A = 0.1
"""Standing start-stop needs a reading without load at both ends: below this current there is none."""
LIVE_SHARE = 0.8
"""Share of the rated voltage from which the output counts as live: 0.9 is the least supply, less a drop (project)."""


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
    await compared(run, transaction, limit=limit, since=since)


async def compared(
    run: Run,
    transaction: Transaction,
    *,
    limit: LimitId,
    since: PowerReading | None = None,
    proves: tuple[str, ...] = (),
) -> Decision:
    """The decision on the energy of a transaction, noted as a check: error and budget stand among its figures."""
    begin = since or (run.marks[-1] if run.marks else None)
    if begin is None:
        raise BenchError(
            "There is no reference reading before the session; the bench needs a reference_meter."
        )
    end = await settled(run)
    stated = run.limit(limit)
    check_rest(run, transaction, begin, end)
    decision = run.check(
        "energy error",
        "energy_error",
        energy_inputs(run, transaction, begin, end, limit=stated, rule=run.rule),
        evidence=(*transaction.evidence, *begin.energy.seq, *end.energy.seq),
        proves=proves,
    )
    run.marks.append(end)
    return decision


def check_rest(run: Run, transaction: Transaction, begin: PowerReading, end: PowerReading) -> None:
    """A standing start-stop: both registers are told, and nothing flows at either end.

    Where the energy itself is flagged, such as by an expired calibration, the rule for it says so instead.
    """
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
    if begin.energy.flags or end.energy.flags:
        return
    for name, reading in (("before", begin), ("after", end)):
        run.check(
            f"no load {name} the session",
            "at_most",
            {
                "what": f"the current {name} the session, for a standing start-stop",
                "value": reading.current.value,
                "unit": "A",
                "limit": idle_a(run),
                "flags": sorted(reading.current.flags),
            },
            evidence=reading.current.seq,
            proves=("AUT-05",),
        )


def energy_inputs(
    run: Run,
    transaction: Transaction,
    begin: PowerReading,
    end: PowerReading,
    *,
    limit: Limit,
    rule: DecisionRule,
    mmq_wh: float = 0.0,
) -> dict[str, Any]:
    """What the rule ``energy_error`` is given for a standing start-stop, with every part of the budget by name.

    The register's step is the one declared, and in OCPP 1.6 not below the whole Wh of meterStart and meterStop; the
    step that the register showed is held against it by the rule.
    """
    # Late, as in ``Run.check``: reading scenarios needs no judge.
    from wattest.judge.energy import difference, row_of  # noqa: PLC0415
    from wattest.judge.planes import corrections, looks  # noqa: PLC0415
    from wattest.judge.register_step import found_step  # noqa: PLC0415

    parts = difference(begin.energy, end.energy)
    step_wh = declared_step_wh(run)
    found = found_step(registers(transaction), step_wh)
    first, last = begin.energy.seq[0] + 1, end.energy.seq[0] - 1
    entries = [] if run.facts.measurement_plane == "connector" else run.entries()
    lost = corrections(run.facts, begin, end, looks(entries, first, last), _air_c(entries, first, last))
    return {
        "what": f"energy of transaction {transaction.id}",
        "reported_wh": transaction.energy_wh,
        "reported_step_wh": step_wh,
        "reported_kind": "difference",
        "found_step_wh": found.step_wh,
        "found_step_chance": found.chance,
        "reference_wh": end.energy.value - begin.energy.value,
        "reference_budget": [row_of(part) for part in parts or ()],
        "reference_flags": sorted(begin.energy.flags | end.energy.flags),
        "corrections": [
            {"name": one.name, "wh": one.wh, "parts": [row_of(part) for part in one.parts]} for one in lost
        ],
        "extra_u": {"start and stop (standing)": 0.0},
        "limit_pct": percent(limit),
        "limit_id": limit.id,
        "limit_source": f"{limit.source}, {limit.edition}",
        "provenance": limit.provenance,
        "mmq_wh": mmq_wh,
        "minimum_wh": None,
        "guard": rule.guard,
        "k": rule.k,
        "tur_min": rule.tur_min,
        "tur_warn": rule.tur_warn,
    }


def declared_step_wh(run: Run) -> float:
    """The step that a transaction's energy moves in by the charger sheet and the dialect."""
    from wattest.judge.schedule import told_step_wh  # noqa: PLC0415

    return told_step_wh(run.facts.register_step_wh, run.dialect)


def registers(transaction: Transaction) -> list[Decimal]:
    """Every value of the register that a transaction told, in the order of time."""
    between = [wh for _, wh, _ in transaction.register]
    return [wh for wh in (transaction.meter_start_wh, *between, transaction.meter_stop_wh) if wh is not None]


def _air_c(entries: list[dict[str, Any]], first: int, last: int) -> float | None:
    """Mean temperature of the air between two entries; None when no chamber told."""
    told = [
        float(entry["value"])
        for entry in entries
        if entry["kind"] == "reading"
        and entry["role"] == "chamber"
        and first <= entry["seq"] <= last
        and entry["value"] is not None
        and not entry.get("flags")
    ]
    return sum(told) / len(told) if told else None


def idle_a(run: Run) -> float:
    """Current up to which there is no load at the plane of the reference meter."""
    if run.facts.measurement_plane != "input":
        return IDLE_A
    from wattest.judge.energy import standby_w  # noqa: PLC0415

    return standby_w(run.facts) / (run.facts.rated_voltage_v * run.facts.phases)


async def settled(run: Run) -> PowerReading:
    """A reading without load: the contactor may take a moment to open after the session ended."""
    for _ in range(20):
        reading = await run.power()
        if reading.current.value <= idle_a(run):
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
    """With the contactor closed and no current, the register advances by no more than one step (HB44 N.1).

    Where there is a reference meter, it must see voltage and no current throughout: an open contactor proves nothing.
    """
    station = run.csms.station()
    await station.trigger("MeterValues")
    await run.wait(5.0)
    before = _last(run.csms.ledger.transactions[transaction.id])
    looks_s = 60.0
    begin = run.clock.monotonic()
    while (left := begin + for_ - run.clock.monotonic()) > 0:
        await _no_load_but_live(run)
        await run.clock.sleep(min(looks_s, left))
    await station.trigger("MeterValues")
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
            "limit": declared_step_wh(run),
        },
        evidence=current.evidence,
    )


async def _no_load_but_live(run: Run) -> None:
    """Raises ``Inconclusive`` when the reference meter sees a current, or no voltage behind the contactor."""
    if "reference_meter" not in run.parts:
        return
    seen = await run.power()
    if not seen.current.flags and seen.current.value > idle_a(run):
        raise Inconclusive(
            f"Creep needs a connector without load, and the reference meter sees {seen.current.value:.3g} A."
        )
    least = LIVE_SHARE * run.facts.rated_voltage_v
    if not seen.voltage.flags and seen.voltage.value < least:
        raise Inconclusive(
            f"Creep needs a closed contactor, and the reference meter sees {seen.voltage.value:.3g} V instead of "
            f"{least:.0f} V and more: this station opens its contactor when no current flows."
        )
