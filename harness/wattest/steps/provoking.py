"""Steps that make a fault which a station must report by its minimum required error code, and prove that it was made.

A station need not take fright at the same voltage or temperature as another: one that goes on as before and reports nothing
had no fault to report, which is ``inconclusive``. One that stops, or charges less, must say why.
"""

from __future__ import annotations

from wattest.document.quantity import Duration, Frequency, Percent, TemperatureDifference, TemperatureRamp
from wattest.errors import Inconclusive
from wattest.roles import PRESS_STOP, RELEASE_STOP
from wattest.steps.charge import FLOWS_A
from wattest.steps.context import Run
from wattest.steps.monitoring import expect_error_code, expect_fault_cleared, reported
from wattest.steps.registry import step
from wattest.steps.supply import phase_v, supply_arrived

LOOKS_S = 5.0
LOOKS = 120
"""How often it is looked at the most whether the station has noticed, and how many times at the most."""

NOTICED = 0.9
"""A station that lets flow less than this share of what flowed before has noticed (project)."""

BACK_S = 300.0
"""How long a station may take to come back from a restart (project)."""


@step(proves=("MON-04",))
async def check_voltage_fault(
    run: Run,
    *,
    voltage: Percent,
    code: str,
    notices: Duration = 120.0,
    within: Duration = 30.0,
    nominal: Frequency = 60.0,
) -> None:
    """While it charges the supply goes to ``voltage``, in percent of the rated one; the station reports ``code``, and takes it back.

    ``notices``: how long it may take to stop or report, else ``inconclusive``; ``within``: from then to the report. The supply is
    rated again whatever happens.
    """
    before_a = await _flowing(run)
    rated = phase_v(run)
    seq = run.note("fault", id="voltage", what="mains", backend="mains", detail=f"{voltage:g} %")
    run.cuts.append("voltage")
    try:
        await run.act("mains", "set_voltage", voltage_v=rated * voltage / 100.0)
        await supply_arrived(run, rated * voltage / 100.0, nominal)
        await _noticed(run, f"{voltage:g} % of the rated voltage (entry {seq})", before_a, notices)
        await expect_error_code(run, code=code, within=within)
    finally:
        await run.act("mains", "set_voltage", voltage_v=rated)
        run.note("heal", id="voltage")
        run.cuts.remove("voltage")
    await expect_fault_cleared(run, within=60.0)


@step(proves=("MON-04",))
async def check_heat_fault(
    run: Run,
    *,
    above: TemperatureDifference,
    ramp: TemperatureRamp = 1.0,
    notices: Duration = 21600.0,
    within: Duration = 60.0,
    cools: Duration = 43200.0,
) -> None:
    """While it charges the air goes ``above`` the highest temperature of the charger sheet; the station says that it is too hot.

    CX003; CX018 or CX019 when the cable is the first to say so. ``notices``: how long it may take to charge less, to stop or to report,
    else ``inconclusive``; ``cools``: how long after the air is at 23 degC it may take to be in order again. Beyond the sheet nothing
    is promised: the bench file's limits say what the station is exposed to.
    """
    before_a = await _flowing(run)
    degrees = run.sheet.temperature_max_c + above
    seq = run.note("fault", id="heat", what="air", backend="chamber", detail=f"{degrees:g} degC")
    try:
        await run.act("chamber", "set_temperature", temperature_c=degrees, ramp_k_per_min=ramp)
        await _noticed(run, f"air on its way to {degrees:g} degC (entry {seq})", before_a, notices)
        air = await run.temperature()
        run.note("observation", role="chamber", what="noticed", value={"air_c": air.value}, evidence=air.seq)
        await expect_error_code(run, code="CX003", within=within, or_=("CX018", "CX019"))
    finally:
        await run.act("chamber", "set_temperature", temperature_c=23.0, ramp_k_per_min=ramp)
        run.note("heal", id="heat")
    await expect_fault_cleared(run, within=cools)


@step(proves=("MON-04",))
async def check_emergency_stop(run: Run, *, code: str = "CX008", within: Duration = 10.0) -> None:
    """While it charges a person presses the emergency stop: the current ends, ``code`` is reported, and taken back afterwards.

    A station that wants to be restarted after its release is restarted from afar: releasing the button alone may restart nothing
    (IEC 60204-1, recalled).
    """
    before_a = await _flowing(run)
    seq = run.note("fault", id="emergency stop", what="station", backend="operator", detail="pressed")
    try:
        await _done(run, PRESS_STOP)
        await _noticed(run, f"the emergency stop (entry {seq})", before_a, 60.0, stops=True)
        await expect_error_code(run, code=code, within=within)
    finally:
        await _done(run, RELEASE_STOP)
        run.note("heal", id="emergency stop")
    if await run.until(lambda: not reported(run), 30.0) is None and "reset" in run.sheet.features:
        since = run.csms.mark()
        await run.csms.station().reset("hard")
        await run.csms.wait_back(within_s=BACK_S, since=since)
    await expect_fault_cleared(run, within=60.0)


async def _done(run: Run, question: str) -> None:
    answer = await run.part("operator").ask(question, ("yes", "no"))
    run.note("observation", role="operator", what="answer", value={"question": question, "answer": answer})
    if answer != "yes":
        raise Inconclusive(f"The operator was asked '{question}' and said {answer}.")


async def _flowing(run: Run) -> float:
    """The current before anything is done. Raises ``Inconclusive`` when none flows, since then nothing could stop."""
    reading = await run.power()
    if reading.current.value < FLOWS_A:
        raise Inconclusive(
            f"The reference meter sees {reading.current.value:.2f} A before the fault: nothing is charging that could stop."
        )
    return reading.current.value


async def _noticed(run: Run, what: str, before_a: float, within_s: float, *, stops: bool = False) -> None:
    """The station reports a fault, or lets flow less. Raises ``Inconclusive`` when it does neither.

    With ``stops`` the current must end, whatever is reported: else the fault is not proven effective.
    """
    begin = run.clock.monotonic()
    while True:
        current = (await run.power()).current
        fell = current.value < (FLOWS_A if stops else NOTICED * before_a)
        if fell and not reported(run):
            transaction = run.current_transaction()
            if transaction is not None and transaction.states and transaction.states[-1][1] == "suspended ev":
                raise Inconclusive(
                    f"The vehicle stopped taking energy by itself, by the station's own word: {what} was not put to the test."
                )
        if fell or (reported(run) and not stops):
            return
        if run.clock.monotonic() - begin >= within_s:
            raise Inconclusive(
                f"The station lets {current.value:.1f} A flow as before and reports nothing {within_s:g} s after {what}: "
                "no fault was provoked."
            )
        await run.clock.sleep(max(LOOKS_S, within_s / LOOKS))
