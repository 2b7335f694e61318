"""From a record to the report: nothing is shown that does not stand in the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from wattest.errors import RecordError
from wattest.judge import verdicts as judge
from wattest.judge.kpis import kpis
from wattest.judge.levels import levels_of
from wattest.judge.session_table import session_rows
from wattest.record import verify_chain
from wattest_reports.attempts import attempt
from wattest_reports.entries import Entry, mapping, number, text, texts
from wattest_reports.levels import demand_rows, lacking_rows, standings
from wattest_reports.reasons import stated_reasons
from wattest_reports.redact import Redactor, smells
from wattest_reports.requirements import counts, french_titles, limit_lines, not_tested, requirement_rows
from wattest_reports.view import Report, Safe, Signed

if TYPE_CHECKING:
    from wattest.record import Record

NOT_SEALED = "The run was not sealed: not a result."


@dataclass(frozen=True, eq=False)
class _Same:
    """A record by its identity: the same object is the same record, and its contents need not be compared."""

    record: Record

    def __hash__(self) -> int:
        return id(self.record)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.record is self.record


def report(record: Record) -> Report:
    """Everything that any report shows, with secrets hidden. The chain is checked when the record has a file.

    Several reports of one run are rendered one after the other, so the last one gathered is kept.
    """
    return _gathered(_Same(record))


@lru_cache(maxsize=1)
def _gathered(same: _Same) -> Report:
    record = same.record
    header, entries = _without_secrets(record)
    limits, titles = limit_lines(header), french_titles(header)
    made = judge.attempts(entries)
    standing = {id(one) for one in judge.standing(made)}
    attempts = tuple(
        attempt(place, one, stands=id(one) in standing, limits=limits, titles=titles)
        for place, one in enumerate(made, 1)
    )
    dialects = texts(header.get("dialects")) or tuple(sorted({one.dialect for one in attempts}))
    table = judge.run_table(entries)
    requirements = requirement_rows(header, dialects, table, attempts)
    levels = levels_of(entries, table)
    sessions = session_rows(entries)
    figures = kpis(entries, sessions)
    footer, last = mapping(record.footer), (entries[-1] if entries else header)
    head = text(footer.get("head"))
    return Report(
        id=f"WT-{head[:12].upper()}" if head else "",
        version=text(header.get("wattest")),
        format=text(header.get("format")),
        started=text(mapping(record.preamble).get("started")),
        begin_utc=text(header.get("utc")),
        end_utc=text(last.get("utc")),
        duration_s=number(last.get("t")) - number(header.get("t")),
        sealed=record.footer is not None,
        faults=_faults(record),
        head=head,
        entries=len(entries),
        seed=text(header.get("seed")),
        dialects=dialects,
        defects=texts(header.get("defects")),
        charger=mapping(header.get("charger")),
        bench=mapping(header.get("bench")),
        rule=mapping(header.get("rule")),
        requirements=requirements,
        attempts=attempts,
        not_tested=not_tested(header, entries, attempts, requirements),
        aborted=tuple(text(entry.get("reason")) for entry in entries if entry.get("kind") == "aborted"),
        resumed=sum(1 for entry in entries if entry.get("kind") == "resumed"),
        safe=_safe(entries),
        identities=_identities(entries),
        prompts=tuple(_prompt(entry) for entry in entries if entry.get("kind") == "prompt"),
        path=record.path,
        counts=counts(requirements),
        levels=standings(levels),
        aimed=levels.aimed,
        reached="" if levels.reached is None else levels.reached.id,
        lacking=lacking_rows(header, levels, table),
        demands=demand_rows(header, levels, table),
        signed=tuple(_signed(entry, header) for entry in entries if entry.get("kind") == "evidence"),
        sessions=sessions,
        kpis=figures if figures.attempts else None,
        french=stated_reasons(header),
        story=tuple(_told(entry) for entry in entries if entry.get("kind") == "bench_story"),
    )


def _faults(record: Record) -> tuple[str, ...]:
    """What is wrong with the file behind the record, sentence by sentence."""
    if record.path:
        try:
            return tuple(fault.sentence for fault in verify_chain(record.path))
        except RecordError as gone:
            return (str(gone),)
    return () if record.footer is not None else (NOT_SEALED,)


def _safe(entries: Sequence[Entry]) -> tuple[Safe, ...]:
    """Failures first, each sentence of its own; that a part was safe stands once, with every entry."""
    found: dict[tuple[bool, str, str, str], list[int]] = {}
    last: dict[tuple[bool, str, str, str], str] = {}
    for entry in entries:
        if entry.get("kind") == "safe":
            by = entry.get("confirmed_by")
            confirmed = f"entry {by}" if isinstance(by, int) else ", ".join(texts(by))
            ok, said = entry.get("ok") is True, text(entry.get("sentence"))
            key = (ok, text(entry.get("role")), "" if ok else said, confirmed)
            found.setdefault(key, []).append(int(number(entry.get("seq"))))
            last[key] = said
    ordered = sorted(found.items(), key=lambda pair: pair[0][0])
    return tuple(Safe(key[1], key[0], last[key], key[3], tuple(seqs)) for key, seqs in ordered)


def _identities(entries: Sequence[Entry]) -> dict[str, tuple[str, int]]:
    """The first answer of each role to IEEE 488.2's question who it is."""
    found: dict[str, tuple[str, int]] = {}
    for entry in entries:
        if entry.get("kind") == "exchange" and text(entry.get("tx")).strip() == "*IDN?" and entry.get("rx"):
            found.setdefault(
                text(entry.get("role")), (text(entry["rx"]).strip(), int(number(entry.get("seq"))))
            )
    return found


def _told(entry: Entry) -> str:
    by = f" ({text(entry['by'])})" if entry.get("by") else ""
    return f"{text(entry.get('when'))} {text(entry.get('what'))}{by}: {text(entry.get('sentence'))}"


def _signed(entry: Entry, header: Entry) -> Signed:
    """What a person answered or read in a document, with number, issuer and dates."""
    thing = text(entry.get("thing"))
    if entry.get("form") == "paper":
        asked = mapping(mapping(header.get("papers")).get(thing))
        name, french = text(asked.get("title")) or thing, text(asked.get("title_fr"))
        stated = (entry.get("number"), entry.get("issuer"), entry.get("issued"), entry.get("expires"))
        said = said_fr = ", ".join(text(part) for part in stated if part)
    else:
        asked = mapping(mapping(header.get("checklist")).get(thing))
        name = text(entry.get("question"))
        french = text(asked.get("question_fr")) if asked.get("question") == name else ""
        value = f"{text(entry.get('value'))}\u00a0{text(entry.get('unit'))}" if entry.get("unit") else ""
        answer, instrument = text(entry.get("answer")), text(entry.get("instrument"))
        answer_fr = text(mapping(asked.get("answers")).get(answer)) or answer
        said = ", ".join(part for part in (value, answer, instrument) if part)
        said_fr = ", ".join(part for part in (value.replace(".", ","), answer_fr, instrument) if part)
    signed = (text(entry.get("by")), text(entry.get("at")), int(number(entry.get("seq"))))
    return Signed(name, french or name, said, said_fr, *signed, texts(entry.get("remarks")))


def _prompt(entry: Entry) -> tuple[str, str, str, int]:
    words = (text(entry.get("question")), text(entry.get("answer")), text(entry.get("by")))
    return (*words, int(number(entry.get("seq"))))


_REPEATERS = frozenset({"reading", "check", "verdict", "step_end", "scenario_end", "safe"})
"""Kinds that may repeat a secret but never bring one."""


def _without_secrets(record: Record) -> tuple[Entry, Sequence[Entry]]:
    """Header and entries with secrets hidden; only what holds one is copied."""
    smelly = {
        place
        for place, entry in enumerate(record.entries)
        if entry["kind"] not in _REPEATERS and smells(orjson.dumps(entry))
    }
    if not smelly:
        return record.header, record.entries
    hide = Redactor.of(*(record.entries[place] for place in sorted(smelly)))
    entries = [
        hide.value(entry)
        if place in smelly or (hide.secrets and hide.stands_in(orjson.dumps(entry)))
        else entry
        for place, entry in enumerate(record.entries)
    ]
    return hide.value(record.header), entries
