"""Steps that a person at the bench does or sees."""

from __future__ import annotations

from wattest.steps.context import Run
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
