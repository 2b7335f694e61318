"""Steps on the wire: settings, answers held back, frames of one's own."""

from __future__ import annotations

from typing import Literal

from wattest.document.quantity import Current, Duration
from wattest.steps.context import Run
from wattest.steps.registry import step


@step(proves=("NET-06",))
async def configure(run: Run, *, setting: str, value: str) -> None:
    """Set a setting by its neutral name and read it back: accepted means applied (OCPP 1.6 5.3)."""
    answer = await run.csms.station().configure(setting, value)
    run.check(
        f"{setting} accepted",
        "one_of",
        {
            "what": f"the answer to setting {setting} to {value}",
            "allowed": ["Accepted", "RebootRequired"],
            "observed": answer.status,
        },
        evidence=[answer.seq],
    )
    back = await run.csms.station().read_setting(setting)
    run.check(
        f"{setting} applied",
        "equals",
        {"what": f"{setting} read back", "expected": value.lower(), "observed": (back or "nothing").lower()},
        evidence=[answer.seq],
    )


@step()
async def delay_answers(run: Run, *, action: str, by: Duration, count: int = 1) -> None:
    """Answer the next calls of an action late. ``action`` is OCPP's own name, such as Authorize."""
    run.csms.answers.delay(action, by, count)
    run.note("setting", what="answer_plan", action=action, plan="delay", seconds=by, count=count)


@step()
async def drop_answers(run: Run, *, action: str, count: int = 1) -> None:
    """Leave the next calls of an action without an answer."""
    run.csms.answers.drop(action, count)
    run.note("setting", what="answer_plan", action=action, plan="drop", count=count)


@step()
async def reject_answers(run: Run, *, action: str, code: str = "InternalError", count: int = 1) -> None:
    """Answer the next calls of an action with a CALLERROR."""
    run.csms.answers.reject(action, code, count)
    run.note("setting", what="answer_plan", action=action, plan="reject", code=code, count=count)


@step()
async def send_raw(run: Run, *, text: str) -> None:
    """Send a frame exactly as written, however wrong it is."""
    await run.csms.station().send_raw(text)


@step(proves=("NET-06",))
async def expect_alive(run: Run, *, within: Duration = 10.0) -> None:
    """A canary: the station answers a harmless call within the time."""
    begin = run.clock.monotonic()
    await run.csms.station().read_setting("heartbeat_interval")
    run.check(
        "station answers",
        "occurred",
        {
            "what": "the answer to a harmless call",
            "within_s": within,
            "after_s": run.clock.monotonic() - begin,
        },
    )


@step(proves=("NET-06",))
async def change_availability(run: Run, *, to: Literal["operative", "inoperative"]) -> None:
    """Take the first connector out of service, or back into it; accepted or scheduled."""
    answer = await run.csms.station().change_availability(to == "operative", 1)
    run.check(
        "availability change accepted",
        "one_of",
        {
            "what": f"the answer to making the connector {to}",
            "allowed": ["Accepted", "Scheduled"],
            "observed": answer.status,
        },
        evidence=[answer.seq],
    )


@step(proves=("NET-06",))
async def check_setting(run: Run, *, setting: str, value: str) -> None:
    """A setting, read back, has this value."""
    back = await run.csms.station().read_setting(setting)
    run.check(
        f"{setting} is {value}",
        "equals",
        {"what": f"{setting} read back", "expected": value.lower(), "observed": (back or "nothing").lower()},
    )


@step()
async def refuse_end_of_transaction(run: Run, *, count: int = 1) -> None:
    """Answer the next messages that end a transaction with an InternalError, whatever the dialect calls them."""
    action = "StopTransaction" if run.dialect == "1.6" else "TransactionEvent"
    run.csms.answers.reject(action, "InternalError", count)
    run.note("setting", what="answer_plan", action=action, plan="reject", code="InternalError", count=count)


@step(proves=("NET-06",))
async def set_limit(run: Run, *, current: Current) -> None:
    """Limit the current of the first connector by a charging profile; 0 A makes the station withhold power."""
    answer = await run.csms.station().set_limit(current, 1)
    run.check(
        "limit accepted",
        "one_of",
        {
            "what": f"the answer to a limit of {current:g} A",
            "allowed": ["Accepted"],
            "observed": answer.status,
        },
        evidence=[answer.seq],
    )
