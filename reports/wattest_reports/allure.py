"""Allure results rebuilt from a record, for runs that pytest did not see to their end, merged or foreign ones.

A folder for ``allure generate``: one result per attempt with its steps, parameters, labels and attachments, and
``environment.properties`` and ``categories.json``, which allure-pytest never writes. Ids are made from the record, so that
equal records give equal folders; the name of the host stands nowhere. The reporter of allure-python-commons is not used,
only its model: it is global, and a run with ``--alluredir`` would receive our results a second time.

``inconclusive`` and ``error`` are both *broken*, since Allure has no third word that is not a pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from allure_commons.model2 import (
    Attachment,
    Label,
    Parameter,
    Status,
    StatusDetails,
    TestResult,
    TestStepResult,
)
from attr import asdict

from wattest_reports import notation
from wattest_reports.gather import NOT_SEALED, report
from wattest_reports.requirements import NOT_REACHED
from wattest_reports.statements import no_relay
from wattest_reports.view import Attempt, Line, NotTested, Report, Step

if TYPE_CHECKING:
    from wattest.record import Record

_SPACE = UUID("5f0e2f1c-6a1b-5d0e-9a49-0c2f0a1f7e11")
_STATUS = {
    "pass": Status.PASSED,
    "fail": Status.FAILED,
    "not applicable": Status.SKIPPED,
    "not tested": Status.SKIPPED,
    "done": Status.PASSED,
    "failed": Status.FAILED,
}
_SEVERITY = {"mandatory": "critical", "should": "normal", "informational": "minor"}
_OURS = ("*-result.json", "*-attachment.*", "environment.properties", "categories.json")

CATEGORIES = [
    {"name": "The charger contradicts a requirement", "matchedStatuses": ["failed"]},
    {
        "name": "The evidence cannot decide",
        "matchedStatuses": ["broken"],
        "messageRegex": "(?s)^inconclusive: .*",
    },
    {
        "name": "The bench, the suite or the operator failed",
        "matchedStatuses": ["broken"],
        "messageRegex": "(?s)^error: .*",
    },
    {"name": "Not applicable or not tested", "matchedStatuses": ["skipped"]},
]


def render(record: Record, out: Path) -> Path:
    """Fill the folder ``out``; results of an earlier rendering there are replaced, other files are left alone."""
    shown = report(record)
    out.mkdir(parents=True, exist_ok=True)
    for pattern in _OURS:
        for old in out.glob(pattern):
            old.unlink()
    levels = {row.id: row.level for row in shown.requirements}
    for one in shown.attempts:
        _write(out, _result(shown, one, levels, out))
    for left in shown.not_tested:
        for dialect in left.dialects if left.reason != NOT_REACHED else ():
            _write(out, _skipped(shown, left, dialect))
    if not shown.whole:
        _write(out, _broken(shown))
    _text(out / "environment.properties", "\n".join(_environment(shown)) + "\n")
    _text(out / "categories.json", json.dumps(CATEGORIES, indent=2) + "\n")
    return out


def _result(shown: Report, one: Attempt, levels: dict[str, str], out: Path) -> TestResult:
    identity = _identity(shown, "result", one.anchor)
    begin = _stamp(one.begin_utc)
    result = TestResult(
        uuid=identity,
        historyId=_history(one.key, one.dialect),
        testCaseId=_history(one.id),
        fullName=_full_name(one.key, one.dialect),
        name=f"{one.key} {one.title}".strip(),
        status=_STATUS.get(one.verdict, Status.BROKEN),
        start=begin,
        stop=begin + round((one.end - one.begin) * 1000),
        titlePath=["scenarios", one.area],
        description=_description(one),
        parameters=[
            Parameter("OCPP", one.dialect),
            *(Parameter(name, value) for name, value in one.parameters.items()),
        ],
        labels=[
            *_labels(one.area, one.id, one.dialect, one.verdict),
            Label(
                "severity",
                min((_SEVERITY.get(levels.get(name, ""), "normal") for name in one.covers), default="normal"),
            ),
            *(Label("tag", name) for name in one.covers),
        ],
        steps=[_step(step, begin - round(one.begin * 1000)) for step in one.steps],
    )
    if one.verdict != "pass":
        result.statusDetails = StatusDetails(message=f"{one.verdict}: {one.sentence}")
    result.attachments = list(_attachments(shown, one, out))
    return result


def _step(step: Step, origin_ms: int) -> TestStepResult:
    begin, end = origin_ms + round(step.begin * 1000), origin_ms + round(step.end * 1000)
    made = TestStepResult(
        name=f"{step.index}. {step.text}",
        status=_STATUS.get(step.outcome, Status.BROKEN),
        start=begin,
        stop=end,
        steps=[
            TestStepResult(
                name=f"{', '.join(check.requirements)}: {check.sentence}",
                status=_STATUS.get(check.outcome, Status.BROKEN),
                start=end,
                stop=end,
                parameters=[Parameter("evidence", notation.ranges((check.seq, *check.evidence)))],
            )
            for check in step.checks
        ],
    )
    if step.sentence:
        made.statusDetails = StatusDetails(message=step.sentence)
    return made


def _description(one: Attempt) -> str:
    watched = [
        f"- {check.outcome}: {', '.join(check.requirements)}: {check.sentence}" for check in one.monitors
    ]
    verdicts = [f"- {requirement}: {verdict}. {sentence}" for requirement, verdict, sentence in one.verdicts]
    parts = ["Requirements:", *verdicts]
    if watched:
        parts += ["", "Watched throughout:", *watched]
    return "\n".join(parts)


def _attachments(shown: Report, one: Attempt, out: Path) -> Iterable[Attachment]:
    if one.measured or one.summaries:
        table: list[tuple[Any, ...]] = [
            ("what", "value", "unit", "expanded uncertainty", "limit", "outcome", "band"),
            *((f.what, f.value, f.unit, f.expanded, f.limit, f.outcome, f.band) for f in one.measured),
            *(
                (f"{s.role} {s.name} (last of {s.count})", s.last, s.unit, s.expanded, None, None, None)
                for s in one.summaries
            ),
        ]
        body = "".join(",".join(map(_cell, row)) + "\r\n" for row in table)
        yield _attach(shown, one, out, "figures", "csv", "text/csv", body)
    if one.exchange:
        lines = "\n".join(_line(line, one.begin) for line in one.exchange.lines) + "\n"
        yield _attach(shown, one, out, "messages around what went wrong", "txt", "text/plain", lines)


def _attach(
    shown: Report, one: Attempt, out: Path, name: str, ending: str, kind: str, body: str
) -> Attachment:
    source = f"{_identity(shown, name, one.anchor)}-attachment.{ending}"
    _text(out / source, body)
    return Attachment(name=name, source=source, type=kind)


def _line(line: Line, origin: float) -> str:
    arrow = {"evse": "EVSE -> CSMS", "csms": "CSMS -> EVSE"}.get(line.sender, line.sender)
    fields = " ".join(f"{name}={value}" for name, value in line.fields)
    more = f" (+{line.more} fields)" if line.more else ""
    broken = "".join(f"\n    violates: {violation}" for violation in line.violations)
    gap = f"... {line.skipped} lines not shown\n" if line.skipped else ""
    return f"{gap}{line.at - origin:10.3f} s  {line.seq:6d}  {arrow}  {line.action} {line.word}{', answered' if line.answered else ''}  {fields}{more}{broken}"


def _cell(value: Any) -> str:
    """RFC 4180, and no cell that a spreadsheet would take for a formula (a charger chooses some of them)."""
    written = "" if value is None else str(value)
    if written[:1] in {"=", "+", "-", "@", "\t", "\r"} and notation.parse(written) is None:
        written = "'" + written
    return (
        f'"{written.replace(chr(34), chr(34) * 2)}"' if any(sign in written for sign in ',"\n\r') else written
    )


def _skipped(shown: Report, left: NotTested, dialect: str) -> TestResult:
    at = _stamp(shown.end_utc)
    return TestResult(
        uuid=_identity(shown, "not tested", f"{left.key} {left.reason} {dialect}"),
        historyId=_history(left.key, dialect),
        testCaseId=_history(left.key.split(" ", maxsplit=1)[0]),
        fullName=_full_name(left.key, dialect),
        name=f"{left.key} {left.title}".strip(),
        status=Status.SKIPPED,
        statusDetails=StatusDetails(message=f"not tested: {left.reason}"),
        start=at,
        stop=at,
        parameters=[Parameter("OCPP", dialect)],
        labels=[
            *_labels("not tested", left.key, dialect, "not tested"),
            *(Label("tag", name) for name in left.requirements),
        ],
    )


def _broken(shown: Report) -> TestResult:
    at = _stamp(shown.end_utc)
    return TestResult(
        uuid=_identity(shown, "record", "broken"),
        historyId=_history("wattest record"),
        testCaseId=_history("wattest record"),
        fullName="wattest:record",
        name="The record is whole",
        status=Status.BROKEN,
        statusDetails=StatusDetails(message="error: " + " ".join(shown.faults or (NOT_SEALED,))),
        start=at,
        stop=at,
        labels=[Label("framework", "wattest")],
    )


def _labels(area: str, scenario: str, dialect: str, verdict: str) -> list[Label]:
    return [
        Label("framework", "wattest"),
        Label("epic", "EV charger certification"),
        Label("feature", area),
        Label("story", scenario),
        Label("parentSuite", f"OCPP {dialect}"),
        Label("suite", area),
        Label("verdict", verdict),
    ]


def _environment(shown: Report) -> Iterable[str]:
    pairs = {
        "Charger": " ".join(
            str(shown.charger.get(name, "")) for name in ("maker", "model", "serial", "firmware")
        ),
        "Bench": f"{shown.bench.get('name', '')} ({shown.bench.get('kind', '')})",
        "Simulated": "yes: no physical charger was tested" if shown.simulated else "no",
        "OCPP": ", ".join(shown.dialects),
        "Seed": shown.seed,
        "Decision rule": f"{shown.rule.get('id', '')} ({shown.rule.get('source', '')})",
        "Wattest": shown.version,
        "Record head": shown.head or "not sealed: not a result",
        "Status": "not an accredited test report",
        **({"Dead-man relay": no_relay()} if shown.without_relay else {}),
        **{f"Bench before {number}": sentence for number, sentence in enumerate(shown.story, 1)},
    }
    for name, value in pairs.items():
        yield f"{name.replace(' ', '.')}={_property(value)}"


def _property(value: str) -> str:
    """A value of a Java properties file: one line, backslashes doubled."""
    return " ".join(value.replace("\\", "\\\\").split())


def _identity(shown: Report, kind: str, name: str) -> str:
    return str(uuid5(_SPACE, f"{shown.head or shown.begin_utc} {kind} {name}"))


def _full_name(key: str, dialect: str) -> str:
    """Without brackets: Allure cuts a name at the first one, and two results become one."""
    return f"wattest:{key.replace('[', '').replace(']', '')} OCPP {dialect}"


def _history(*parts: str) -> str:
    """What makes two results the same test in two runs: never the report, the path or the host."""
    return uuid5(_SPACE, "\n".join(parts)).hex


def _stamp(utc: str) -> int:
    """Milliseconds since 1970."""
    try:
        return round(datetime.fromisoformat(utc).timestamp() * 1000)
    except ValueError:
        return 0


def _write(out: Path, result: TestResult) -> None:
    data = asdict(result, filter=lambda _, value: bool(value) or value is False)
    _text(out / f"{result.uuid}-result.json", json.dumps(data, ensure_ascii=False, indent=1) + "\n")


def _text(path: Path, body: str) -> None:
    path.write_bytes(body.encode("utf-8", "backslashreplace"))
