"""Steps that a person at the bench does or sees."""

from __future__ import annotations

from wattest.document.quantity import DIMENSION_OF
from wattest.errors import BenchError, Inconclusive
from wattest.model.words import LimitId
from wattest.roles import Photo, Reading
from wattest.steps.context import Run
from wattest.steps.limits import in_unit, judged, measured
from wattest.steps.registry import step


@step(checks=True)
async def ask_operator(run: Run, *, question: str, answers: tuple[str, ...], accept: tuple[str, ...]) -> None:
    """Ask a person; the answer and the name enter the record, and only ``accept`` passes."""
    answer = await run.part("operator").ask(question, answers)
    seq = run.note(
        "observation", role="operator", what="answer", value={"question": question, "answer": answer}
    )
    run.check(
        question,
        "one_of",
        {"what": f"the operator's answer to '{question}'", "allowed": list(accept), "observed": answer},
        evidence=[seq],
    )


@step(checks=True)
async def inspect(
    run: Run, *, question: str, answers: tuple[str, ...], accept: tuple[str, ...], photo: bool = True
) -> None:
    """A person looks at the station and answers; a picture of what was seen is kept as evidence, and only ``accept`` passes.

    ``photo``: ask for the picture first; without one an answer is only somebody's word.
    """
    if unknown := [word for word in accept if word not in answers]:
        raise BenchError(f"'{unknown[0]}' is accepted but is none of the answers: {', '.join(answers)}.")
    picture = await _pictured(run, question) if photo else None
    answer = await run.part("operator").ask(question, answers)
    seq = run.note(
        "observation",
        role="operator",
        what="inspection",
        value={"question": question, "answer": answer, "photo": None if picture is None else picture.name},
        evidence=() if picture is None else (picture.seq,),
    )
    run.check(
        question,
        "one_of",
        {"what": f"the answer to '{question}'", "allowed": list(accept), "observed": answer},
        evidence=[seq] if picture is None else [seq, picture.seq],
    )


@step(checks=True)
async def measure_by_hand(
    run: Run,
    *,
    subject: str,
    at_most: LimitId | None = None,
    at_least: LimitId | None = None,
    photo: bool = True,
) -> None:
    """A person reads a value off a gauge or a ruler, with a picture of it, and it is held against limits.

    ``subject``: what to measure, as the person reads it; ``at_most``, ``at_least``: ids of limits, which also say the unit;
    ``photo``: keep a picture of the gauge. A gauge whose uncertainty nobody knows decides nothing.
    """
    bounds = [
        (rule, run.limit(name)) for rule, name in (("at_most", at_most), ("at_least", at_least)) if name
    ]
    if not bounds:
        raise BenchError(f"'{subject}' is measured against nothing: name a limit under at_most or at_least.")
    units = {limit.unit for _, limit in bounds}
    if len(units) > 1:
        raise BenchError(
            f"The limits of '{subject}' are in {' and '.join(sorted(units))}; both must be in one unit."
        )
    dimension = DIMENSION_OF[units.pop()]
    picture = await _pictured(run, subject) if photo else None
    told: Reading = await run.part("operator").measure(subject, dimension.unit)
    if told.unit != dimension.unit:
        raise Inconclusive(f"'{subject}' was read in {told.unit}, and its limits are in {dimension.unit}.")
    reading = run.reading("operator", subject, told)
    for rule, limit in bounds:
        run.check(
            subject,
            rule,
            {**measured(reading, f"the {subject}"), "limit": in_unit(limit, dimension), **judged(run, limit)},
            evidence=reading.seq if picture is None else (*reading.seq, picture.seq),
        )


async def _pictured(run: Run, subject: str) -> Photo:
    picture: Photo = await run.part("operator").photograph(subject)
    return picture
