"""Sessions: how they begin, go on and end, and what is told of them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

    from wattest.model.charger import ChargerSheet

CARD = "04A1B2C3"


def test_card_then_plug(enact: Enact) -> None:
    """Card first: authorised, plug freed, transaction with the plug, energy when the car asks."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.world.reader.tap(CARD)
        await bench.wait(20)
        assert not bench.started()
        bench.car.plug_in()
        await bench.wait(2)
        assert len(bench.started()) == 1
        assert not bench.outlet.contactor.closed
        bench.car.set_ready(True)
        await bench.wait(2)
        assert bench.outlet.contactor.closed
        assert bench.outlet.true_current_a() == 32.0

    bench = enact(scene)
    if bench.dialect == "1.6":
        assert bench.statuses() == ["Available", "Preparing", "Charging"]
        assert bench.started()[0]["idTag"] == CARD
    else:
        assert bench.statuses() == ["Available", "Occupied"]
        assert bench.started()[0]["triggerReason"] == "CablePluggedIn"
        assert bench.started()[0]["idToken"] == {"idToken": CARD, "type": "ISO14443"}


def test_plug_then_card(enact: Enact, sheet: ChargerSheet) -> None:
    """Plug first, on a station without holster lock: Preparing, no energy, then the card starts it."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.car.plug_in()
        bench.car.set_ready(True)
        await bench.wait(600)
        assert bench.outlet.true_energy_wh() == 0.0
        assert not bench.started()
        bench.world.reader.tap(CARD)
        await bench.wait(3)
        assert bench.outlet.contactor.closed

    free = replace(sheet, features=("card_reader", "display", "connector_lock"))
    bench = enact(scene, sheet=free)
    assert bench.statuses()[:2] == ["Available", "Preparing" if bench.dialect == "1.6" else "Occupied"]
    if bench.dialect == "2.0.1":
        assert bench.started()[0]["triggerReason"] == "Authorized"


def test_same_card_ends_it(enact: Enact) -> None:
    """The same card ends the session: power off, meter read, reason Local, connector free."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(100)
        bench.world.reader.tap(CARD.lower())
        await bench.wait(0.01)
        assert bench.outlet.true_current_a() == 0.0
        await bench.wait(0.5)
        assert not bench.outlet.contactor.closed
        await bench.wait(2)
        assert bench.outlet.connector_lock.position() == "unlocked"
        await bench.leave()

    bench = enact(scene)
    assert bench.reasons() == ["Local"]
    assert bench.statuses()[-1] == "Available"
    if bench.dialect == "1.6":
        assert bench.statuses() == ["Available", "Preparing", "Charging", "Finishing", "Available"]
        assert bench.ended()[0]["idTag"] == CARD.lower()


def test_energy_is_the_registers(enact: Enact) -> None:
    """Stop less start is what flowed, within a step of the register; the periodic values lie between."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(1800)
        bench.world.reader.tap(CARD)
        await bench.wait(3)
        told = bench.registers()
        assert told == sorted(told)
        assert abs((told[-1] - told[0]) - bench.outlet.true_energy_wh()) <= 1.0

    enact(scene)


def test_meter_values_keep_the_interval(enact: Enact) -> None:
    """Periodic values come every interval, stamped at the instant they were measured."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(310)

    bench = enact(scene)
    periodic = [p for p in bench.updated() if "meterValue" in p]
    stamps = [p["meterValue"][0]["timestamp"] for p in periodic]
    assert stamps == [f"2026-01-15T12:0{minute}:12.300Z" for minute in (1, 2, 3, 4, 5)]
    contexts = {s["context"] for p in periodic for s in p["meterValue"][0]["sampledValue"]}
    assert contexts == {"Sample.Periodic"}


def test_power_agrees_with_energy(enact: Enact) -> None:
    """Power times the interval is what the register grew by."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(700)

    bench = enact(scene)
    powers = [
        float(s["value"])
        for p in bench.updated()
        for s in p.get("meterValue", [{"sampledValue": []}])[0]["sampledValue"]
        if s["measurand"] == "Power.Active.Import"
    ]
    registers = bench.registers()[1:]
    for power, (earlier, later) in zip(powers[1:], itertools.pairwise(registers), strict=False):
        assert abs(power / 60.0 - (later - earlier)) <= 1.0


def test_contactor_opens_with_the_pilot(enact: Enact) -> None:
    """C to B opens the contactor within 50 ms, the session waits as SuspendedEV, and goes on with C."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(60)
        bench.car.set_ready(False)
        await bench.wait(0.03)
        assert bench.outlet.contactor.closed
        await bench.wait(0.02)
        assert not bench.outlet.contactor.closed
        await bench.wait(60)
        assert not bench.ended()
        bench.car.set_ready(True)
        await bench.wait(3)
        assert bench.outlet.contactor.closed

    bench = enact(scene)
    if bench.dialect == "1.6":
        assert bench.statuses()[-3:] == ["Charging", "SuspendedEV", "Charging"]
    else:
        states = [p["transactionInfo"]["chargingState"] for p in bench.updated() if "meterValue" not in p]
        assert states == ["Charging", "SuspendedEV", "Charging"]


def test_full_car_suspends(enact: Enact) -> None:
    """A battery that is full suspends the session; nothing more flows and nothing ends."""

    async def scene(bench: Bench) -> None:
        bench.car.set_battery(capacity_wh=3000, soc=0.5)
        await bench.ready()
        await bench.begin()
        await bench.wait(3600)
        assert round(bench.outlet.true_energy_wh()) == 1500
        assert not bench.ended()

    bench = enact(scene)
    if bench.dialect == "1.6":
        assert bench.statuses()[-1] == "SuspendedEV"


def test_car_that_never_asks_is_suspended(enact: Enact) -> None:
    """A car that does not ask within a few seconds of the offer is told as SuspendedEV, with no energy."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.world.reader.tap(CARD)
        await bench.wait(2)
        bench.car.plug_in()
        await bench.wait(30)

    bench = enact(scene)
    if bench.dialect == "1.6":
        assert bench.statuses() == ["Available", "Preparing", "SuspendedEV"]
    else:
        assert [p["transactionInfo"]["chargingState"] for p in bench.updated()] == ["SuspendedEV"]


def test_unplugging_ends_it(enact: Enact) -> None:
    """When the plug leaves the car the session ends with EVDisconnected."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(60)
        await bench.leave()

    bench = enact(scene)
    assert bench.reasons() == ["EVDisconnected"]
    assert bench.statuses()[-1] == "Available"


def test_unplugging_need_not_end_it(enact: Enact) -> None:
    """With the setting off the session stays open without the car, suspended, and ends by card."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await configure(
            bench, "StopTransactionOnEVSideDisconnect", ("TxCtrlr", "StopTxOnEVSideDisconnect"), "false"
        )
        await bench.begin()
        bench.car.set_ready(False)
        await bench.wait(3)
        bench.car.unplug()
        await bench.wait(30)
        assert not bench.ended()
        bench.world.reader.tap(CARD)
        await bench.wait(3)

    bench = enact(scene)
    assert bench.reasons() == ["Local"]


async def configure(bench: Bench, key: str, variable: tuple[str, str], value: str) -> None:
    if bench.dialect == "1.6":
        answer = await bench.central.call("ChangeConfiguration", {"key": key, "value": value})
        assert answer == {"status": "Accepted"}
    else:
        asked = {
            "component": {"name": variable[0]},
            "variable": {"name": variable[1]},
            "attributeValue": value,
        }
        answer = await bench.central.call("SetVariables", {"setVariableData": [asked]})
        assert answer["setVariableResult"][0]["attributeStatus"] == "Accepted"


def test_new_interval_holds_at_once(enact: Enact) -> None:
    """A changed meter interval holds in the running session."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await configure(bench, "MeterValueSampleInterval", ("SampledDataCtrlr", "TxUpdatedInterval"), "10")
        await bench.wait(55)

    bench = enact(scene)
    assert len([p for p in bench.updated() if "meterValue" in p]) == 5


def test_seq_nos_have_no_gap(enact_in: Enact) -> None:
    """2.0.1: seqNo counts every event of a transaction from 0, and nobody starts twice."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(200)
        bench.car.set_ready(False)
        await bench.wait(100)
        await bench.leave()

    events = enact_in(scene, "2.0.1").central.said("TransactionEvent")
    assert [p["seqNo"] for p in events] == list(range(len(events)))
    assert len({p["transactionInfo"]["transactionId"] for p in events}) == 1


def test_transaction_number_is_the_central_systems(enact_in: Enact) -> None:
    """1.6: meter values and stop carry the transactionId that StartTransaction was answered with."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(100)
        await bench.leave()

    bench = enact_in(scene, "1.6")
    assert {p["transactionId"] for p in bench.updated() + bench.ended()} == {1001}


def test_late_refusal_ends_it(enact: Enact) -> None:
    """A token refused in the answer to the start ends the session as DeAuthorized."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.world.reader.tap(CARD)
        await bench.wait(2)
        bench.central.cards[CARD] = {"status": "Blocked"}
        bench.car.plug_in()
        bench.car.set_ready(True)
        await bench.wait(5)
        assert not bench.outlet.contactor.closed

    bench = enact(scene)
    assert bench.reasons() == ["DeAuthorized"]


def test_late_refusal_with_an_allowance(enact: Enact) -> None:
    """With stop-on-invalid off the session gets the energy of the setting, then stays suspended and open."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await configure(bench, "StopTransactionOnInvalidId", ("TxCtrlr", "StopTxOnInvalidId"), "false")
        await configure(bench, "MaxEnergyOnInvalidId", ("TxCtrlr", "MaxEnergyOnInvalidId"), "500")
        bench.world.reader.tap(CARD)
        await bench.wait(2)
        bench.central.cards[CARD] = {"status": "Blocked"}
        bench.car.plug_in()
        bench.car.set_ready(True)
        await bench.wait(3600)
        assert 498 <= bench.outlet.true_energy_wh() <= 502

    bench = enact(scene)
    assert not bench.ended()
    if bench.dialect == "1.6":
        assert bench.statuses()[-1] == "SuspendedEVSE"


def test_two_outlets_charge_two_cars(enact: Enact, sheet: ChargerSheet) -> None:
    """Each outlet has its own session, card and register."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        for number, uid in enumerate((CARD, "04700001")):
            bench.world.reader.tap(uid)
            await bench.wait(2)
            bench.world.vehicle(number).plug_in()
            bench.world.vehicle(number).set_ready(True)
            await bench.wait(5)
        assert all(outlet.contactor.closed for outlet in bench.world.outlets)
        bench.world.reader.tap("04700001")
        await bench.wait(3)
        assert [outlet.contactor.closed for outlet in bench.world.outlets] == [True, False]

    bench = enact(scene, sheet=replace(sheet, connectors=2))
    assert len(bench.started()) == 2
    assert len(bench.ended()) == 1


def test_equal_seeds_give_equal_frames(enact: Enact) -> None:
    """The same seed gives the same frames, byte for byte; another seed gives other ids."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        await bench.wait(100)
        bench.network.cut()
        await bench.wait(100)
        bench.network.restore()
        await bench.wait(100)
        await bench.leave()

    first, second, other = (enact(scene, seed=seed).central.frames for seed in (7, 7, 8))
    assert first == second
    assert first != other
