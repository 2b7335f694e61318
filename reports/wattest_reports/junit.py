"""JUnit XML: one test suite per OCPP version, one test case per scenario, verdicts as CI systems know them.

=================  ====================================================================================
``pass``           a test case without remark
``fail``           ``failure``: the charger contradicted a requirement
``error``          ``error``: the bench, the suite or the operator failed; aborts too
``inconclusive``   ``error`` of type ``inconclusive``: a CI system has no word for it, and it is no pass
``not applicable`` ``skipped``
``not tested``     ``skipped`` with its reason; what was never reached has no case and is counted in a property
=================  ====================================================================================

The host is not named. Requirements and their verdicts stand in the properties of each case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from wattest_reports import notation
from wattest_reports.gather import NOT_SEALED, report
from wattest_reports.requirements import NOT_COVERED, NOT_REACHED
from wattest_reports.statements import charger_name, no_relay
from wattest_reports.view import Attempt, NotTested, Report
from wattest_reports.words import Words

if TYPE_CHECKING:
    from wattest.record import Record

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = {"fail": "failure", "error": "error", "inconclusive": "error", "not applicable": "skipped"}


def render(record: Record, out: Path) -> Path:
    """Write the file; equal records give equal bytes."""
    shown = report(record)
    root = Element("testsuites", name=_clean(charger_name(shown.charger, Words())))
    for dialect in shown.dialects:
        root.append(_suite(shown, dialect))
    if not shown.whole:
        root.append(_broken(shown))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", _seconds(shown.duration_s))
    indent(root)
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("wb") as file:
        ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
        file.write(b"\n")
    return out


def _suite(shown: Report, dialect: str) -> Element:
    attempts = [one for one in shown.attempts if one.dialect == dialect and one.stands]
    skipped = [one for one in shown.not_tested if dialect in one.dialects and one.reason != NOT_REACHED]
    unreached = [one.key for one in shown.not_tested if dialect in one.dialects and one.reason == NOT_REACHED]
    suite = Element("testsuite", name=f"OCPP {dialect}")
    _properties(
        suite,
        [
            ("report", shown.id),
            ("bench", f"{shown.bench.get('name', '')} ({shown.bench.get('kind', '')})"),
            ("simulated", str(shown.simulated).lower()),
            ("seed", shown.seed),
            ("wattest", shown.version),
            *([("no dead-man relay", no_relay())] if shown.without_relay else []),
            *(("bench before", sentence) for sentence in shown.story),
            *(("not reached", key) for key in unreached),
            *(
                ("not covered", name)
                for one in shown.not_tested
                if one.reason == NOT_COVERED
                for name in one.requirements
            ),
        ],
    )
    cases = [_case(one) for one in attempts] + [_skipped(one, dialect) for one in skipped]
    suite.extend(cases)
    _count(suite, cases)
    suite.set("time", _seconds(sum(one.end - one.begin for one in attempts)))
    if attempts:
        suite.set("timestamp", _clean(attempts[0].begin_utc))
    return suite


def _case(one: Attempt) -> Element:
    case = Element(
        "testcase",
        name=_clean(f"{one.key} {one.title}".strip()),
        classname=_clean(f"wattest.{one.area}.{one.id}"),
        time=_seconds(one.end - one.begin),
    )
    if one.path:
        case.set("file", _clean(one.path))
    properties = [("verdict", one.verdict), ("dialect", one.dialect), ("attempt", str(one.number))]
    properties += [(f"parameter {name}", value) for name, value in one.parameters.items()]
    for requirement, verdict, _ in one.verdicts:
        properties += [("requirement", requirement), (f"verdict {requirement}", verdict)]
    for figure in one.measured:
        if figure.chance is not None:
            properties += [(f"p_conform {name}", f"{figure.chance:.6g}") for name in figure.requirements]
    _properties(case, properties)
    if one.verdict != "pass":
        tag = _TAGS.get(one.verdict, "error")
        note = SubElement(case, tag, message=_clean(one.sentence))
        if tag != "skipped":
            note.set("type", _clean(one.verdict))
            note.text = _clean("\n".join(_story(one)))
    return case


def _story(one: Attempt) -> Iterable[str]:
    yield one.sentence
    for step in one.steps:
        yield f"step {step.index} {step.text}: {step.outcome}"
    for check in one.checks:
        if check.outcome != "pass":
            proof = f" (entries {notation.ranges((check.seq, *check.evidence))})"
            yield f"{check.outcome}: {', '.join(check.requirements)}: {check.sentence}{proof}"


def _skipped(one: NotTested, dialect: str) -> Element:
    case = Element("testcase", name=_clean(one.key), classname="wattest.not_tested", time="0.000")
    names = [("requirement", name) for name in one.requirements]
    _properties(case, [("verdict", "not tested"), ("dialect", dialect), *names])
    SubElement(case, "skipped", message=_clean(one.reason))
    return case


def _broken(shown: Report) -> Element:
    """A run that is no result must never read as passed, even when every scenario that ended did pass."""
    suite = Element("testsuite", name="record")
    case = SubElement(suite, "testcase", name="record is whole", classname="wattest.record", time="0.000")
    note = SubElement(case, "error", type="not a result", message=_clean((*shown.faults, NOT_SEALED)[0]))
    note.text = _clean("\n".join(shown.faults))
    _count(suite, [case])
    return suite


def _properties(parent: Element, pairs: Sequence[tuple[str, str]]) -> None:
    holder = SubElement(parent, "properties")
    for name, value in pairs:
        SubElement(holder, "property", name=_clean(name), value=_clean(value))


def _count(suite: Element, cases: Sequence[Element]) -> None:
    suite.set("tests", str(len(cases)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in cases)))


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _clean(text: str) -> str:
    """XML 1.0 has no way to write most control characters; a charger may send them all the same."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
