"""The entries of a record, folded into attempts: one scenario on one dialect, with its steps and checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from wattest.judge import verdicts as judge
from wattest_reports import figures
from wattest_reports.entries import Entry, mapping, number, numbers, text, texts
from wattest_reports.exchange import exchange
from wattest_reports.session import session
from wattest_reports.view import Attempt, Check, LimitLine, Step


def attempt(
    place: int,
    made: judge.Attempt,
    *,
    stands: bool,
    limits: Mapping[str, LimitLine],
    titles: Mapping[str, str],
) -> Attempt:
    """One attempt; ``titles`` are French titles by scenario id, where the record holds them."""
    entries = made.entries
    head, last = made.scenario, entries[-1]
    finished = made.ended
    verdict, sentence = (
        (text(last.get("verdict")), text(last.get("sentence"))) if finished else made.verdict()
    )
    raw_checks = [entry for entry in entries if entry.get("kind") == "check"]
    checks = tuple(_check(entry) for entry in raw_checks)
    steps = _steps(entries, checks, finished)
    evidence = {seq for check in checks for seq in check.evidence}
    readings = [entry for entry in entries if entry.get("kind") == "reading"]
    name = text(head.get("id")) or text(head.get("key"))
    return Attempt(
        anchor=f"run-{place}",
        key=text(head.get("key")) or name,
        id=name,
        title=text(head.get("title")),
        title_fr=text(head.get("title_fr")) or titles.get(name, ""),
        area=text(head.get("area")) or name.partition("-")[0],
        dialect=text(head.get("dialect")),
        number=int(number(head.get("attempt"), 1)),
        covers=texts(head.get("covers")),
        parameters={text(key): text(value) for key, value in mapping(head.get("parameters")).items()},
        path=_without_folders(text(head.get("path"))),
        sha256=text(head.get("sha256")),
        verdict=verdict,
        sentence=sentence,
        begin=number(head.get("t")),
        end=number(last.get("t")),
        begin_utc=text(head.get("utc")),
        end_utc=text(last.get("utc")),
        finished=finished,
        stands=stands,
        steps=steps,
        checks=checks,
        verdicts=tuple((line.requirement, line.verdict, line.sentence) for line in made.lines().values()),
        measured=figures.measured(raw_checks, limits),
        readings=figures.cited(readings, evidence),
        summaries=figures.summaries(readings),
        exchange=exchange(entries, steps, checks),
        session=session(readings, entries, steps),
        seqs=(int(number(head.get("seq"))), int(number(last.get("seq")))),
    )


def _check(entry: Entry) -> Check:
    step = entry.get("step")
    return Check(
        seq=int(number(entry.get("seq"))),
        name=text(entry.get("name")),
        rule=text(entry.get("rule")),
        requirements=texts(entry.get("requirements")),
        outcome=text(entry.get("outcome")),
        sentence=text(entry.get("sentence")),
        evidence=numbers(entry.get("evidence")),
        band=text(entry.get("band")),
        monitor=text(entry.get("monitor")),
        step=step if isinstance(step, int) else None,
    )


def _steps(entries: Sequence[Entry], checks: Sequence[Check], finished: bool) -> tuple[Step, ...]:
    begun: dict[int, Entry] = {}
    ended: dict[int, Entry] = {}
    for entry in entries:
        if entry.get("kind") == "step":
            begun[int(number(entry.get("index")))] = entry
        elif entry.get("kind") == "step_end":
            ended[int(number(entry.get("index")))] = entry
    steps = []
    for index in sorted({*begun, *ended}):
        head, end = begun.get(index) or ended[index], ended.get(index)
        missing = "error" if finished else "aborted"
        steps.append(
            Step(
                index=index,
                verb=text(head.get("verb")),
                text=text(head.get("text")) or text(head.get("verb")),
                place=_place(head.get("place")),
                outcome=text(end.get("outcome")) if end else missing,
                sentence=text(end.get("sentence")) if end else "",
                begin=number(head.get("t")),
                end=number((end or entries[-1]).get("t")),
                checks=tuple(check for check in checks if check.step == index and not check.monitor),
            )
        )
    return tuple(steps)


def _without_folders(path: str) -> str:
    """The path inside the library; what comes before it is the business of the computer it ran on."""
    parts = PurePath(path).parts
    inside = parts[parts.index("scenarios") :] if "scenarios" in parts else parts[-1:]
    return "/".join(inside)


def _place(value: object) -> str:
    where = mapping(value)
    if not where:
        return text(value)
    return ":".join(text(where[part]) for part in ("path", "line", "column") if where.get(part) is not None)
