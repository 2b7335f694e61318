"""Steps that ask what an operator sees of a station: its faults by code, and how much of the time it is up."""

from __future__ import annotations

from typing import Any, Literal

from wattest.document.quantity import DURATION, Duration
from wattest.errors import BenchError, Inconclusive
from wattest.judge.fault_reports import FaultReport, fault_reports
from wattest.judge.sessions import stamp
from wattest.judge.uptime import spans_of_csv, spans_of_record, uptime
from wattest.judge.uptime_examples import WORKED
from wattest.model.error_code import read_error_codes
from wattest.model.read_uptime import read_uptimes
from wattest.model.words import LimitId
from wattest.roles import PilotFault
from wattest.steps.context import POLL_S, Run, percent
from wattest.steps.heard import calls
from wattest.steps.limits import in_unit, judged
from wattest.steps.registry import step

WHOLE_OR_FIRST = {0, 1}
"""A fault may be told of the station as a whole, or of the EVSE that is tested."""
STOPPED_FOR = {"CX002": "GroundFault", "CX004": "OvercurrentFault"}
"""Reasons of OCPP 2.0.1 for the end of a session that tell of a fault by themselves."""

LINGER_S = 2.0
"""A code may come this long after the status that it explains (project)."""


@step()
async def make_vehicle_fault(run: Run, *, fault: PilotFault) -> None:
    """Give the vehicle a fault: its diode shorted, its earth open, or its pilot shorted."""
    run.note("fault", id=f"vehicle-{fault}", what="vehicle", backend="vehicle", detail=fault)
    await run.act("vehicle", "set_fault", fault=fault, on=True)


@step()
async def mend_vehicle_fault(run: Run, *, fault: PilotFault) -> None:
    """Mend a fault of the vehicle."""
    await run.act("vehicle", "set_fault", fault=fault, on=False)
    run.note("heal", id=f"vehicle-{fault}")


@step(proves=("MON-04",))
async def expect_error_code(
    run: Run, *, code: str, within: Duration = 10.0, or_: tuple[str, ...] = ()
) -> None:
    """A fault that was made is reported with its minimum required error code (ChargeX) and a true time.

    The code stands in ``vendorErrorCode`` (OCPP 1.6) or ``techCode`` (2.0.1); in 1.6 an errorCode of the same name says it as
    well. An offset will do for UTC, since the instant is known (EVgo's own list asks for Z). A report without a code, or with one of the maker's own, is ``inconclusive``: only the maker's list tells what it means.
    A report counts that came since the fault was made, taken back or not. In OCPP 2.x a session may end for such a fault: that
    tells of it, without a code.
    ``code``: such as CX001; ``within``: from the end of the step before; ``or``: codes that the same fault may have as well.
    """
    known = read_error_codes()
    for each in (code, *or_):
        if each not in known:
            raise BenchError(
                f"There is no error code '{each}' under fixtures/error_codes; known are {', '.join(known)}."
            )
    begin = run.clock.monotonic()
    took = await run.until(
        lambda: _faulted(run) or _ended_for(run, (code, *or_)) or _reported(run, (code, *or_)) is not None,
        within,
    )
    if took is not None and _reported(run, (code, *or_)) is None:
        await run.until(lambda: _reported(run, (code, *or_)) is not None, LINGER_S)
    report = _reported(run, (code, *or_))
    status = run.csms.station().last_status_seq(1) if run.csms.connected else None
    evidence = [seq for seq in (status, report.seq if report else None) if seq is not None]
    run.check(
        "fault reported",
        "occurred",
        {
            "what": f"the report of a fault that is {code} ({known[code].name})",
            "within_s": within,
            "after_s": None if took is None else run.clock.monotonic() - begin,
            "channel_alive": run.csms.connected,
        },
        evidence=evidence,
    )
    if report is not None and report.error is not None:
        run.check(
            "error code of OCPP 1.6",
            "one_of",
            {
                "what": f"the errorCode that goes with {code}",
                "allowed": list(
                    dict.fromkeys(error for each in (code, *or_) for error in known[each].errors)
                ),
                "observed": report.error,
            },
            evidence=evidence,
        )
    said = None if report is None else report.code
    if report is not None and said is None and known[code].told_by_name and report.error == known[code].name:
        said = code
    observed = said if said is not None and said.startswith("CX") else None
    wanted = {"expected": code} if not or_ else {"allowed": [code, *or_]}
    run.check(
        "minimum required error code",
        "one_of" if or_ else "equals",
        {"what": "the minimum required error code", **wanted, "observed": observed},
        evidence=evidence,
    )
    _check_time(run, report)


def _check_time(run: Run, report: FaultReport | None) -> None:
    """The report is dated, with an offset, and truly: within what clock and message may be late."""
    wrong, doubts = [], []
    if report is not None and report.written is None:
        doubts.append(f"the report of entry {report.seq} states no time")
    elif report is not None:
        stated = stamp(report.written)
        came = stamp(next(entry["utc"] for entry in run.entries() if entry["seq"] == report.seq))
        within = run.facts.clock_tolerance_s + run.facts.delay_tolerance_s
        if stated is None:
            wrong.append(
                f"the report of entry {report.seq} is dated '{report.written}', which tells no time in UTC"
            )
        elif came is not None and abs((came - stated).total_seconds()) > within:
            wrong.append(
                f"the report of entry {report.seq} is dated {stated:%H:%M:%S} UTC and came at {came:%H:%M:%S}; "
                f"{within:g} s are allowed"
            )
    run.check(
        "time of the fault",
        "held",
        {
            "what": "the time of the fault is stated in UTC, or with an offset, and true",
            "cases": int(report is not None),
            "violations": wrong,
            "doubts": doubts,
        },
        evidence=[] if report is None else [report.seq],
    )


@step(proves=("MON-04",))
async def expect_fault_cleared(run: Run, *, within: Duration = 30.0) -> None:
    """The reason of the fault is gone: the station takes its report back within the time, and is not out of order."""
    if not any(
        report.evse_id in WHOLE_OR_FIRST and not report.cleared for report in fault_reports(run.entries())
    ):
        raise Inconclusive(
            "The station has reported no fault in this scenario, so that it has none to take back."
        )
    begin = run.clock.monotonic()
    took = await run.until(lambda: not _faulted(run) and _bad(run) is None, within)
    status = run.csms.station().last_status_seq(1) if run.csms.connected else None
    bad = _bad(run)
    run.check(
        "fault taken back",
        "occurred",
        {
            "what": f"the end of the fault{'' if bad is None else f' {bad.word}'}",
            "within_s": within,
            "after_s": None if took is None else run.clock.monotonic() - begin,
            "channel_alive": run.csms.connected,
        },
        evidence=[] if status is None else [status],
    )


def reported(run: Run) -> bool:
    """Whether the station speaks of a fault now, by its status or a report."""
    return _faulted(run) or _bad(run) is not None


def _faulted(run: Run) -> bool:
    last = run.csms.station().last_status(1) if run.csms.connected else None
    return last is not None and last.occupancy == "faulted"


def _reported(run: Run, codes: tuple[str, ...]) -> FaultReport | None:
    """The report of the fault that was made last: one with its code if there is one, else what is open, else what was."""
    entries = run.entries()
    made = max((entry["seq"] for entry in entries if entry["kind"] == "fault"), default=-1)
    told = [
        one
        for one in fault_reports(entries)
        if one.seq > made and one.evse_id in WHOLE_OR_FIRST and not one.cleared
    ]
    named = next((one for one in told if one.code in codes), None)
    return named or _bad(run) or next(reversed(told), None)


def _ended_for(run: Run, codes: tuple[str, ...]) -> bool:
    """Whether a session ended with the reason that OCPP 2.x has for such a fault."""
    reasons = {STOPPED_FOR[code] for code in codes if code in STOPPED_FOR}
    return any(one.stop_reason in reasons for one in run.transactions())


def _bad(run: Run) -> FaultReport | None:
    """The last report about the station, its first EVSE or, in 2.0.1, any component of them, while it speaks of a fault.

    A station that boots anew tells what is wrong then; what it told before is over.
    """
    open_: dict[tuple[int, str | None], FaultReport] = {}
    entries = run.entries()
    booted = max((entry["seq"] for entry, _ in calls(entries, "BootNotification")), default=0)
    for report in fault_reports(entries):
        if report.evse_id in WHOLE_OR_FIRST and report.seq > booted:
            if report.cleared:
                open_.pop((report.evse_id, report.component), None)
            else:
                open_[report.evse_id, report.component] = report
    return next(reversed(open_.values()), None)


@step(proves=("MON-07",))
async def check_uptime_formulas(run: Run) -> None:
    """The formulas of uptime give what a person computes by hand, on worked examples, before any of them judges a station.

    Raises ``BenchError`` when one does not: that is a mistake of the suite, or of a formula that was changed.
    """
    wrong = [
        f"{name} gives {found} % for {example.text}, and by hand it is {wanted} %"
        for example in WORKED
        for name, wanted in example.percents.items()
        if (found := uptime(read_uptimes()[name], spans_of_csv(example.log)["A1"]).percent) != wanted
    ]
    if wrong:
        raise BenchError(f"The formulas of uptime do not agree with the worked examples: {'; '.join(wrong)}.")
    run.check(
        "worked examples",
        "held",
        {
            "what": "formulas of uptime agree with worked examples",
            "cases": sum(len(one.percents) for one in WORKED),
        },
    )


@step(proves=("MON-08",))
async def check_uptime(
    run: Run, *, formula: Literal["nevi", "uk", "host"] = "nevi", limit: LimitId = "uptime_bench"
) -> None:
    """The share of this scenario for which the station was up, by a formula of ``fixtures/uptime``, from its first status on.

    What the bench took away is excluded. A scenario shows what it shows: only a log of twelve months shows uptime in the field.
    """
    stated, rule = run.limit(limit), read_uptimes()[formula]
    entries = run.entries()
    ports = spans_of_record([*entries, {"kind": "end", "utc": run.clock.utc().isoformat()}])
    for port, spans in ports.items():
        share = uptime(rule, spans).percent
        run.check(
            f"uptime of {port} ({formula})",
            "at_least",
            {
                "what": f"the uptime of {port} by the formula {formula}",
                "value": None if share is None else float(share),
                "unit": "%",
                "limit": float(percent(stated)),
                **judged(run, stated),
            },
            evidence=_statuses(entries),
        )
    if not ports:
        run.check(
            "uptime", "held", {"what": "a status of the station, to compute its uptime from", "cases": 0}
        )


def _statuses(entries: list[dict[str, Any]]) -> list[int]:
    return [
        entry["seq"]
        for entry in entries
        if entry["kind"] == "link"
        or (entry["kind"] == "frame" and (entry.get("message") or {}).get("action") == "StatusNotification")
    ]


@step(proves=("MON-03",))
async def expect_outage_noticed(run: Run, *, limit: LimitId = "offline_detection") -> None:
    """After ``cut_network`` the central system has lost the station, within the limit (ping interval plus its time-out)."""
    stated = run.limit(limit)
    within = in_unit(stated, DURATION)
    cut = next((e for e in reversed(run.entries()) if e["kind"] == "fault" and e["id"] == "network"), None)
    if cut is None:
        raise BenchError("expect_outage_noticed needs a cut_network step before it.")
    while run.csms.connected and run.clock.monotonic() - cut["t"] < within:
        await run.clock.sleep(POLL_S)
    lost = next(
        (
            e
            for e in run.entries()
            if e["seq"] > cut["seq"] and e["kind"] == "link" and e["event"] in {"lost", "closed"}
        ),
        None,
    )
    run.check(
        "outage noticed",
        "occurred",
        {
            "what": "the loss of the station, as the central system noticed it,",
            "within_s": within,
            "after_s": None if lost is None else lost["t"] - cut["t"],
        },
        evidence=[cut["seq"], *([] if lost is None else [lost["seq"]])],
    )
