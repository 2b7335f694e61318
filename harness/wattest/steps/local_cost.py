"""Steps that give a station a tariff to reckon by (OCPP 2.1). What it then states is checked in ``cost_details``."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from wattest.document.quantity import EnergyPrice, Money, TimePrice
from wattest.errors import BenchError, Inconclusive
from wattest.model.verb import CardName
from wattest.steps.context import Run
from wattest.steps.registry import step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from wattest.model.tariff import Tariff


@step()
async def give_tariff(
    run: Run,
    *,
    card: CardName | None = None,
    energy: EnergyPrice | None = None,
    time: TimePrice | None = None,
    flat: Money | None = None,
    idle: TimePrice | None = None,
) -> None:
    """The station is given the scenario's tariff, or one with these prices, to reckon by from the next session on.

    SetDefaultTariff of OCPP 2.1 for every EVSE; with ``card`` it is the tariff of that card's driver, told with the answer
    to Authorize. What 2.1 cannot carry is said in the record, and the central system goes on telling the cost. A station
    that declines a tariff leaves the scenario inconclusive.
    """
    from wattest.csms import local_cost  # noqa: PLC0415 - few scenarios need it

    tariff = _own_tariff(run, energy=energy, time=time, flat=flat, idle=idle)
    told = _told(run, tariff)
    if told is None:
        return
    if card is not None:
        run.csms.driver_tariffs[run.card(card).uid.casefold()] = told
        run.note("setting", what="local tariff", card=run.card(card).uid, told=told)
    else:
        answer = await local_cost.set_default(run.csms.station(), 0, told)
        _taken("a default tariff", answer.status, answer.seq)
        _given(run, told, None, answer.seq)
    if run.scenario.given.tariff != tariff:
        run.repriced.append((run.clock.utc(), tariff))
        run.csms.tariff = tariff


@step()
async def change_session_tariff(
    run: Run,
    *,
    energy: EnergyPrice | None = None,
    time: TimePrice | None = None,
    flat: Money | None = None,
    idle: TimePrice | None = None,
) -> None:
    """The tariff of the session that runs is changed, from now on (ChangeTransactionTariff of OCPP 2.1)."""
    from wattest.csms import local_cost  # noqa: PLC0415 - few scenarios need it

    running = [one for one in run.transactions() if one.ended_at is None]
    if len(running) != 1:
        raise Inconclusive(f"{len(running)} transactions run: it is not clear whose tariff is to change.")
    told = _told(run, _own_tariff(run, energy=energy, time=time, flat=flat, idle=idle))
    if told is None:
        raise BenchError("OCPP 2.1 cannot carry the tariff that this step changes to.")
    name = running[0].id.rpartition("/")[2]
    answer = await local_cost.change(run.csms.station(), name, told)
    _taken("a tariff for the running session", answer.status, answer.seq)
    _given(run, told, running[0].id, answer.seq)


def _own_tariff(run: Run, **prices: Decimal | None) -> Tariff:
    given = run.scenario.given.tariff
    if given is None:
        raise BenchError(f"Scenario {run.scenario.id} gives a tariff without 'tariff:' under 'given:'.")
    changed = {name: price for name, price in prices.items() if price is not None}
    return replace(given, **changed, steps=()) if changed else given  # type: ignore[arg-type]  # prices only


def _told(run: Run, tariff: Tariff) -> Mapping[str, Any] | None:
    """The tariff in 2.1's words, under an id that no other had; None, with sentences in the record, when it has none."""
    from wattest.csms.local_cost import carried  # noqa: PLC0415 - few scenarios need it

    now = run.clock.utc()
    run.tariffs_given += 1
    told, lacks = carried(
        tariff, run.taxes, now, f"{tariff.id[:36]}-{int(now.timestamp())}-{run.tariffs_given}"
    )
    for sentence in lacks:
        run.note("setting", what="local tariff", tariff=tariff, sentence=sentence)
    return told


def _taken(what: str, status: str, seq: int) -> None:
    if status != "Accepted":
        raise Inconclusive(
            f"The station answered '{status}' to {what} (entry {seq}): it does not reckon by it, the central system does."
        )


def _given(run: Run, told: Mapping[str, Any], transaction_id: str | None, seq: int) -> None:
    run.local_tariffs.append((run.clock.utc(), transaction_id, told))
    run.note("setting", what="local tariff", transaction=transaction_id, told=told, evidence=seq)
