"""Steps with the vehicle's battery: the state of charge that it arrives with, is charged to, and that is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from wattest.document.quantity import Duration, Percent
from wattest.document.signature import Between
from wattest.errors import Inconclusive
from wattest.model.verb import Saved
from wattest.ocpp.ledger import Transaction
from wattest.ocpp.samples import moment
from wattest.steps.context import Run
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.roles import Battery, Reading

LOOKS_S = 60.0
"""Between two looks at the vehicle's state of charge."""
READING = "state of charge"

Charge = Annotated[Percent, Between(0, 100)]


@step()
async def bring_car(run: Run, *, state_of_charge: Charge) -> None:
    """A car whose battery is at this state of charge arrives; it is plugged in by a later step."""
    await run.act("vehicle", "set_state_of_charge", percent=state_of_charge)
    await look(run)


@step()
async def charge_to(run: Run, *, state_of_charge: Charge, within: Duration = 7200.0) -> None:
    """Let the car charge until it tells this state of charge; looked at every minute and at the end.

    ``inconclusive`` when it does not come in time.
    """
    begin = run.clock.monotonic()
    while (now := await look(run)).value < state_of_charge:
        if run.clock.monotonic() - begin >= within:
            raise Inconclusive(
                f"The car tells a state of charge of {now.value:g} % after {within:g} s, and {state_of_charge:g} % was "
                "waited for: it took less than the scenario needs."
            )
        await run.clock.sleep(LOOKS_S)
        await run.observe()


async def look(run: Run) -> Reading:
    """The state of charge that the vehicle tells now, noted. Raises ``Inconclusive`` when it tells none."""
    vehicle: Battery = run.part("vehicle")
    found = run.reading("vehicle", READING, await vehicle.read_state_of_charge())
    if "no data" in found.flags:
        raise Inconclusive(
            "The car tells no state of charge, so that nobody can hold the station's against it."
        )
    return found


@step(proves=("BIL-04",))
async def check_state_of_charge(run: Run, *, transaction: Saved[Transaction], age: Duration = 300.0) -> None:
    """Every state of charge that the station told of a transaction is the vehicle's own, at most ``age`` old.

    No standard says how old it may be: 300 s is what a tariff by steps allows between two readings by default (project).

    Held against what this car, the last that was brought, told the bench since it came. A tariff by state of charge charges
    by it. None told at all is doubt: the car may have told none.
    """
    await look(run)
    current = run.csms.ledger.transactions[transaction.id]
    entries = run.entries()
    zero = moment(entries[0]["utc"])
    assert zero is not None
    arrived = max((one["seq"] for one in entries if one.get("action") == "set_state_of_charge"), default=-1)
    seen = [
        {
            "t_s": round((at - zero).total_seconds(), 3),
            "percent": one["value"],
            "u": one["u"],
            "flags": one["flags"],
        }
        for one in entries
        if one["kind"] == "reading"
        and one["name"] == READING
        and one["seq"] > arrived
        and (at := moment(one["utc"])) is not None
    ]
    run.check(
        "state of charge told",
        "state_of_charge_told",
        {
            "what": f"states of charge of transaction {transaction.id}",
            "told": [
                {"t_s": round((at - zero).total_seconds(), 3), "percent": percent}
                for at, percent in current.soc
            ],
            "seen": seen,
            "age_s": age,
        },
        evidence=current.evidence,
    )
