"""Steps that watch the display during a session."""

from __future__ import annotations

from wattest.document.quantity import DURATION, Duration
from wattest.judge import screen
from wattest.steps.cable import ev_pause
from wattest.steps.context import Run
from wattest.steps.limits import in_unit, judged
from wattest.steps.registry import step

LOOK_S = 2.0
"""How often the display is looked at."""
NEAR_ZERO_KWH = 0.05
"""A session's energy begins at zero; so much may have flowed before the first look (project)."""


@step(proves=("DSP-03",))
async def watch_progress(run: Run, *, for_: Duration = 60.0) -> None:
    """Energy from zero and elapsed time stand on the display, and both are renewed often enough.

    Begin it soon after the start of a session, with power flowing all the while. The longest time allowed is the limit
    ``display_progress`` (NIST HB44 3.40 S.2.7; the time is a project criterion).
    """
    longest = run.limit("display_progress")
    begin = run.clock.monotonic()
    first: tuple[float, int] | None = None
    changed = {"energy": begin, "elapsed time": begin}
    waited = {"energy": 0.0, "elapsed time": 0.0}
    before: dict[str, object] = {}
    evidence: list[int] = []
    unread = 0
    while True:
        shown, seq = await run.display()
        evidence.append(seq)
        now = run.clock.monotonic()
        energy, elapsed = screen.energy_kwh(shown.lines), screen.elapsed_s(shown.lines)
        unread += energy is None or elapsed is None
        if energy is not None and first is None:
            first = (float(energy[0]), seq)
        for name, value in (("energy", energy), ("elapsed time", elapsed)):
            if value is not None and value != before.get(name):
                before[name], changed[name] = value, now
            else:  # between two looks it may have changed at any time: only what was seen to stand still counts
                waited[name] = max(waited[name], now - changed[name])
        if now - begin >= for_:
            break
        await run.clock.sleep(LOOK_S)
    doubt = f"In {unread} of {len(evidence)} looks at the display no energy in kWh or no elapsed time as h:mm:ss could be read."
    run.check(
        "progress on the display",
        "held",
        {
            "what": "energy in kWh and elapsed time as h:mm:ss on the display",
            "cases": len(evidence),
            "doubts": [doubt] if unread else [],
        },
        evidence=evidence,
    )
    assert first is not None
    run.check(
        "energy from zero",
        "at_most",
        {
            "what": "the energy first shown in the session",
            "value": first[0],
            "unit": "kWh",
            "limit": NEAR_ZERO_KWH,
        },
        evidence=[first[1]],
    )
    for name, seconds in waited.items():
        run.check(
            f"{name} renewed",
            "at_most",
            {
                "what": f"the longest time for which the {name} on the display stayed the same",
                "value": seconds,
                "unit": "s",
                "limit": in_unit(longest, DURATION),
                **judged(run, longest),
            },
            evidence=evidence,
        )


@step(proves=("BIL-13",))
async def fill_up(run: Run) -> None:
    """The car asks for no more, and the display tells its driver so within the limit ``full_car_notice``.

    Looked for are words such as *full*, *complete*, *unplug*, *terminée*, *débranchez*. Other words that are new leave
    doubt; no new words at all are a failure.
    """
    limit = run.limit("full_car_notice")
    within = in_unit(limit, DURATION)
    first, seq = await run.display()
    known, evidence, other = screen.wording(first.lines), [seq], ""
    await ev_pause(run)
    begin = run.clock.monotonic()
    took: float | None = None
    while took is None and run.clock.monotonic() - begin < within:
        await run.clock.sleep(LOOK_S)
        shown, seq = await run.display()
        if screen.has_notice(shown.lines):
            took = run.clock.monotonic() - begin
        elif screen.wording(shown.lines) != known:
            other = " | ".join(shown.lines)
    evidence.append(seq)
    if took is None and other:
        doubt = f"The display has other words since the car is full, and none that is known as a notice: '{other}'."
        run.check(
            "words of the notice",
            "held",
            {"what": "the notice", "cases": 1, "doubts": [doubt]},
            evidence=evidence,
        )
    run.check(
        "driver of the full car told",
        "occurred",
        {"what": "the notice to the driver of the full car", "within_s": within, "after_s": took},
        evidence=evidence,
    )
