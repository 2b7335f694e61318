"""Steps with temperature: the chamber on a bench, the simulated weather without one."""

from __future__ import annotations

from wattest.document.quantity import Duration, Temperature, TemperatureDifference, TemperatureRamp
from wattest.errors import BenchError, Inconclusive
from wattest.model.verb import CardName, Saved
from wattest.ocpp.ledger import Transaction
from wattest.steps.cable import check_lock, ev_ready, plug_in, return_plug, unplug
from wattest.steps.charge import expect_transaction
from wattest.steps.context import Run
from wattest.steps.registry import step


@step()
async def set_temperature(
    run: Run,
    *,
    temperature: Temperature,
    ramp: TemperatureRamp = 1.0,
    tolerance: TemperatureDifference = 3.0,
) -> None:
    """Bring the air to a temperature and wait until it is there.

    IEC 60068-2-1 asks for at most 1 K/min and +-3 K (recalled). ``inconclusive`` when the chamber does not
    get there in twice the time.
    """
    now = await run.temperature()
    needed = abs(temperature - now.value) / ramp * 60.0
    await run.act("chamber", "set_temperature", temperature_c=temperature, ramp_k_per_min=ramp)
    deadline = run.clock.monotonic() + 2 * needed + 600.0
    while abs(now.value - temperature) > tolerance:
        if run.clock.monotonic() > deadline:
            raise Inconclusive(
                f"The chamber is at {now.value:.1f} degC and does not reach {temperature:g} degC "
                f"within {tolerance:g} K in {2 * needed + 600:.0f} s."
            )
        await run.wait(max(30.0, abs(temperature - now.value) / ramp * 60.0 / 4), samples=1)
        now = await run.temperature()


@step()
async def soak(run: Run, *, for_: Duration, tolerance: TemperatureDifference = 3.0) -> None:
    """Leave everything at the temperature it has; ``inconclusive`` when it wanders."""
    begin = await run.temperature()
    await run.wait(for_, samples=16)
    end = await run.temperature()
    if abs(end.value - begin.value) > tolerance:
        raise Inconclusive(
            f"The air moved from {begin.value:.1f} to {end.value:.1f} degC during the soak; "
            f"{tolerance:g} K are allowed."
        )


@step(proves=("ROB-07",))
async def session_cycles(run: Run, *, card: CardName, cycles: int = 10, within: Duration = 60.0) -> None:
    """So many whole sessions: card, plug, lock, charge a minute, stop, release, return, lock again."""
    for cycle in range(1, cycles + 1):
        await run.act("card_reader", "present", uid=run.card(card).uid)
        await plug_in(run, within=3.0)
        await ev_ready(run)
        await expect_transaction(run, state="charging", within=within)
        await check_lock(run, lock="connector", position="locked", within=2.0)
        await run.wait(60.0, samples=1)
        await run.act("card_reader", "present", uid=run.card(card).uid)
        await expect_transaction(run, state="ended", within=within)
        await unplug(run, within=5.0)
        await return_plug(run)
        await check_lock(run, lock="holster", position="locked", within=5.0)
        run.note("observation", role="suite", what="cycle", value={"cycle": cycle, "of": cycles}, evidence=())


@step()
async def note_time(run: Run) -> None:
    """Remember the bench's time of this moment for ``check_clock``."""
    run.names["noted time"] = run.clock.utc()


@step(proves=("NET-08",))
async def check_clock(run: Run, *, transaction: Saved[Transaction], tolerance: Duration = 10.0) -> None:
    """The station dated the begin of a transaction as the bench did (``note_time``), within the tolerance."""
    noted = run.names.get("noted time")
    if noted is None:
        raise BenchError("check_clock needs a note_time step at the moment the transaction begins.")
    started = run.csms.ledger.transactions[transaction.id].started_at
    run.check(
        "clock of the station",
        "between",
        {
            "what": f"the begin of transaction {transaction.id} by the station's clock, against the bench's",
            "value": None if started is None else (started - noted).total_seconds(),
            "unit": "s",
            "low": -tolerance,
            "high": tolerance,
        },
        evidence=transaction.evidence,
    )


@step(proves=("DSP-06",))
async def check_display_alive(run: Run) -> None:
    """Something legible stands on the display."""
    shown, seq = await run.display()
    run.check(
        "display legible",
        "equals",
        {
            "what": "the display",
            "expected": "legible",
            "observed": "legible" if any(line.strip() for line in shown.lines) else "blank",
        },
        evidence=[seq],
    )
