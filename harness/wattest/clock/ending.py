"""How a loop is brought to its end, the same for both clocks."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from wattest.errors import BenchError

ENDING_S = 60.0
"""How long a cancelled task may take to clean up, on its own clock: making a bench safe takes its time."""


def named(tasks: Collection[asyncio.Task[object]], most: int = 5) -> str:
    """Names of tasks for a sentence, sorted, the first ``most`` of them."""
    names = sorted(
        f"{task.get_name()} ({getattr(task.get_coro(), '__qualname__', 'unknown')})" for task in tasks
    )
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


async def end_tasks(within_s: float = ENDING_S) -> None:
    """Cancel every other task of the running loop and wait for their ends.

    Raises ``BenchError`` with the names of tasks that are still there after ``within_s``.
    """
    # By name, since a set of tasks is ordered by where they lie in memory, and equal runs should end equally.
    tasks = sorted(
        asyncio.all_tasks() - {asyncio.current_task()},
        key=lambda task: (len(task.get_name()), task.get_name()),
    )
    for task in tasks:
        task.cancel()
    refusing: set[asyncio.Task[object]] = set()
    if tasks:
        _, refusing = await asyncio.wait(tasks, timeout=within_s)
    loop = asyncio.get_running_loop()
    for task in tasks:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            loop.call_exception_handler(
                {"message": f"{named({task})} failed while it ended", "exception": error, "task": task}
            )
    await loop.shutdown_asyncgens()
    if refusing:
        raise BenchError(
            f"{len(refusing)} of {len(tasks)} tasks were cancelled and are still there {within_s:g} s later: "
            f"{named(refusing)}. Something in them swallows asyncio.CancelledError; let it through."
        )


def explain_end(task: asyncio.Task[object], error: BaseException) -> None:
    """Add to ``error`` what became of the task that was cancelled because of it."""
    if not task.done():
        error.add_note(
            f"{named({task})} was cancelled and is still there; something in it swallows CancelledError."
        )
    elif not task.cancelled() and (own := task.exception()) is not None and own is not error:
        error.add_note(f"{named({task})} failed while it was cancelled: {own!r}")
