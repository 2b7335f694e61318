"""Going on with an interrupted run: what it has settled, and whether this run is the same one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from wattest.errors import RecordError
from wattest.judge.verdicts import attempts
from wattest.record import read_record, verify_chain
from wattest.record.form import ZEROS, encode
from wattest.run.known import NOBODY, Before

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wattest.model.scenario import Dialect, Scenario

SETTLED = frozenset({"pass", "fail", "not applicable"})
"""Verdicts that stand; after any other a scenario is tried again. A fail is never tried again until it is green."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Earlier:
    """What an interrupted run has settled, how often it tried each scenario, and what it left out for good."""

    finished: frozenset[Pair] = frozenset()
    attempts: Mapping[Pair, int] = field(default_factory=dict)
    left_out: frozenset[Pair] = frozenset()
    before: Before = NOBODY


NOTHING = Earlier()


def earlier_part(path: Path, header: Mapping[str, Any], plan: Sequence[tuple[Scenario, Dialect]]) -> Earlier:
    """What the record at ``path`` has settled of the run that ``header`` and ``plan`` describe.

    Raises ``RecordError`` when it is sealed or broken, or was begun with anything else: only the same charger, bench,
    seed, rules and scenarios may go on in one record.
    """
    faults = {fault.flaw: fault.sentence for fault in verify_chain(path)}
    if "unsealed" not in faults and not faults:
        raise RecordError(f"{path}: the run is sealed; there is nothing to resume. Start a new run instead.")
    for flaw, sentence in faults.items():
        if flaw not in {"torn", "unsealed"}:
            raise RecordError(f"{path}: the run cannot be resumed. {sentence}")
    record = read_record(path)
    _same(path, record.header, header, plan)
    found = attempts(record.entries)
    return Earlier(
        finished=frozenset(
            (attempt.key, attempt.dialect)
            for attempt in found
            if (attempt.ended and attempt.verdict()[0] in SETTLED)
            or any(line.verdict == "fail" for line in attempt.lines().values())
        ),
        attempts={(attempt.key, attempt.dialect): attempt.number for attempt in found},
        left_out=frozenset(
            (row["key"], row["dialect"]) for row in record.header["plan"] if row["not_tested"] is not None
        )
        & frozenset((e["key"], e["dialect"]) for e in record.entries if e["kind"] == "not_tested"),
        before=_before(record.entries),
    )


def _before(entries: Sequence[Mapping[str, Any]]) -> Before:
    """Who was on the bench last."""
    identities: Mapping[str, Mapping[str, Any]] = next(
        (e["parts"] for e in reversed(entries) if e["kind"] == "identities"), {}
    )
    return Before(identities, next((e for e in reversed(entries) if e["kind"] == "station"), None))


def _same(
    path: Path, then: Mapping[str, Any], now: Mapping[str, Any], plan: Sequence[tuple[Scenario, Dialect]]
) -> None:
    here = orjson.loads(encode(1, 0.0, "", "header", now, ZEROS))
    begun = f"{path}: this run was begun with"
    way_out = "give the same arguments as then, or start a new run"
    if then["seed"] != here["seed"]:
        raise RecordError(f"{begun} seed {then['seed']}, not {here['seed']}; {way_out}.")
    if then["charger"] != here["charger"]:
        names = [_charger(header["charger"]) for header in (then, here)]
        same_name = "an earlier version of its charger sheet" if names[0] == names[1] else f"not {names[1]}"
        raise RecordError(f"{begun} the charger {names[0]}, {same_name}; {way_out}.")
    if then["bench"] != here["bench"]:
        raise RecordError(f"{begun} {_other_bench(then['bench'], here['bench'])}; {way_out}.")
    if then["defects"] != here["defects"]:
        named = [", ".join(header["defects"]) or "none" for header in (then, here)]
        raise RecordError(f"{begun} these defects switched on: {named[0]}; now: {named[1]}; {way_out}.")
    for what, named_so in _NAMES.items():
        if then.get(what) != here[what]:
            raise RecordError(f"{begun} other {named_so} than those of now; {way_out}.")
    _same_plan(path, then["plan"], plan)


def _other_bench(then: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """What is another one, in words."""
    if then["name"] != here["name"]:
        return f"the bench '{then['name']}' as it was then, which is not the bench '{here['name']}' of now"
    for role in sorted(then["roles"].keys() | here["roles"].keys()):
        was, now = then["roles"].get(role, "nobody"), here["roles"].get(role, "nobody")
        if was != now:
            return f"the bench '{then['name']}' when {role} was played by {was}, not by {now}"
    if then.get("sha256") != here["sha256"]:
        return f"an earlier version of the file of the bench '{then['name']}'"
    return f"the bench '{then['name']}' in another way, such as rehearsed"


_NAMES = {
    "dialects": "dialects",
    "requirements": "requirements",
    "limits": "limits",
    "rule": "decision rules",
    "wattest": "versions of Wattest",
    "levels": "levels",
    "level": "aims (--level)",
    "checklist": "checklists",
    "papers": "documents asked for",
    "dossier": "evidence of people and documents (--evidence)",
}


def _same_plan(
    path: Path, then: Sequence[Mapping[str, Any]], plan: Sequence[tuple[Scenario, Dialect]]
) -> None:
    planned = {(row["key"], row["dialect"]): row["sha256"] for row in then}
    wanted = {(scenario.key, dialect): scenario.sha256 for scenario, dialect in plan}
    changed = sorted(f"{key} on OCPP {dialect}" for key, dialect in planned.keys() ^ wanted.keys())
    if changed:
        raise RecordError(
            f"{path}: this run was begun with another selection of scenarios ({_some(changed)}); "
            "give the same --select, --ocpp and files as then, or start a new run."
        )
    changed = sorted({key for key, dialect in planned if planned[key, dialect] != wanted[key, dialect]})
    if changed:
        raise RecordError(
            f"{path}: {_some(changed)} changed since this run was begun, and one record cannot hold two versions; "
            "start a new run."
        )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _charger(sheet: Mapping[str, Any]) -> str:
    return f"{sheet['maker']} {sheet['model']}, serial {sheet['serial']}, firmware {sheet['firmware']}"
