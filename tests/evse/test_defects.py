"""Every deliberate defect of the firmware shows in a day of its life, and every variation leaves the facts alone."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.evse.conftest import SHEET

import wattest.evse
from wattest.clock.network import FILES
from wattest.errors import BenchError
from wattest.model.library import library_folder
from wattest.ocpp.settings import SETTINGS
from wattest.world.behaviour import DEFECTS, VARIATIONS, Conduct

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

    from wattest.model.scenario import Dialect

assert wattest.evse
FIRMWARE_FILES = library_folder("fixtures") / "firmware"
MEASURANDS = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage,SoC"
CARD, BLOCKED = "04A1B2C3", "04FFFFFF"

SHARING = replace(
    SHEET,
    dialects=("1.6", "2.0.1", "2.1"),
    features=(
        *SHEET.features,
        "emergency_stop",
        "load_sharing",
        "local_cost",
        "payment_terminal",
        "diagnostics",
        "security_log",
        "signed_firmware",
        "signed_meter_values",
        "state_of_charge",
    ),
    fallback_current_a=6.0,
)
"""A station with everything that a defect may touch."""

PHYSICAL = {id_ for id_, entry in DEFECTS.items() if entry.physical} | {"METER-D05"}
"""Those of the hardware, which tests/world looks after."""

FIRMWARE = sorted(set(DEFECTS) - PHYSICAL)


class Day:
    """One long scene through everything that a defect may touch, with a log of what a stranger can see."""

    def __init__(self, *, lawful: bool = True) -> None:
        self.log: list[Any] = []
        self.lawful = lawful
        self.own_tariff: dict[str, Any] = {}

    async def __call__(self, bench: Bench) -> None:
        """Live it; a charger with a defect may stay away for good, which ends its day."""
        try:
            await self._live(bench)
        except ConnectionError:
            if self.lawful:
                raise
            self.log.append("gone")

    async def _live(self, bench: Bench) -> None:
        self.bench = bench
        bench.central.cards["04A1B2C3D480"] = {"status": "Accepted"}
        bench.central.cards["04A1B2C3D4FF"] = {"status": "Accepted"}
        bench.central.answers["Authorize"] = self._authorize
        await bench.ready()
        if bench.dialect == "2.1":  # what it shares with 2.0.1 shows there
            await self._tariffs()
            return
        await self._configure(("meter_interval", "60"), ("unlock_on_ev_disconnect", "false"))
        await self._configure(("sampled_measurands", MEASURANDS), ("sign_readings", "true"))
        bench.car.set_battery(capacity_wh=20_000.0)
        await self._sessions()
        await self._paid()
        await self._logs()
        await self._faults()
        await self._pilot()
        await self._protection()
        await self._supply()
        await self._money()
        await self._climate()
        await self._offline()
        await self._ends()
        await self._configure(("heartbeat_interval", "120"), ("websocket_ping", "120"))
        await self._look(600)
        await self._configure(("websocket_ping", "0"))
        await self._look(200)
        bench.central.silent("Heartbeat")
        await self._look(300)
        del bench.central.answers["Heartbeat"]
        await self._look(300)
        await self._renew()

    def _authorize(self, payload: dict[str, Any]) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        usual = {**self.bench.central._authorize(payload), **self.own_tariff}
        asyncio.get_running_loop().call_later(3.0, answer.set_result, usual)
        return answer

    async def _look(self, seconds: float) -> None:
        await self.bench.wait(seconds)
        bench, outlet = self.bench, self.bench.outlet
        self.log.append(
            (
                outlet.contactor.closed,
                outlet.connector_lock.position(),
                outlet.holster_lock.position(),
                round(outlet.true_energy_wh()),
                bench.world.screen.read(),
                [p["connectorStatus" if "connectorStatus" in p else "status"] for p in self._statuses()],
            )
        )

    def _statuses(self) -> list[dict[str, Any]]:
        return self.bench.central.said("StatusNotification")[-1:]

    async def _configure(self, *pairs: tuple[str, str]) -> None:
        for name, value in pairs:
            row = SETTINGS[name]
            if self.bench.dialect == "1.6":
                await self.bench.central.call("ChangeConfiguration", {"key": row.key, "value": value})
                continue
            variable = {"name": row.variable} | ({"instance": row.instance} if row.instance else {})
            asked = {"component": {"name": row.component}, "variable": variable, "attributeValue": value}
            await self.bench.central.call("SetVariables", {"setVariableData": [asked]})

    async def _tap(self, uid: str, seconds: float = 6.0) -> None:
        self.bench.world.reader.tap(uid)
        await self._look(1)
        await self._look(seconds)

    async def _start(self, uid: str = CARD) -> None:
        await self._tap(uid)
        if self.bench.outlet.plug == "holstered" and self.bench.outlet.holster_lock.holds:
            return
        self.bench.car.plug_in()
        self.bench.car.set_ready(True)
        await self._look(6)

    async def _leave(self) -> None:
        self.bench.car.set_ready(False)
        await self._look(5)
        if not self.bench.outlet.connector_lock.holds:
            self.bench.car.unplug()
        await self._look(5)
        if self.bench.outlet.plug == "in hand":
            self.bench.car.holster()
        await self._look(5)

    async def _sessions(self) -> None:
        bench = self.bench
        await self._tap(BLOCKED)
        await self._tap(CARD, 70)
        await self._start("04A1B2C3D480")
        await self._look(130)
        await self._limit(0)
        await self._look(100)
        await self._limit(32)
        await self._look(100)
        bench.car.set_ready(False)
        await self._look(10)
        bench.car.set_ready(True)
        await self._look(10)
        await self._tap("04A1B2C3D4FF")
        bench.world.reader.tap("04a1b2c3d480")
        await self._look(5)
        await self._cost(12.34)
        await self._look(5)
        await self._leave()
        await self._start("04600001")
        await self._tap("04600002")
        await self._leave()
        await self._start()
        await self._unlock()
        await self._look(5)
        if bench.dialect == "2.0.1":
            await self._tap(CARD)
        await self._leave()

    async def _pay(self, seconds: float) -> None:
        self.bench.world.terminal.tap("4111111111111111")
        await self._look(1)
        await self._look(seconds)

    async def _paid(self) -> None:
        """Payment cards: nobody plugs in, a refusal, no answer; totals below and above what is reserved, none, and a cut."""
        bench, host = self.bench, self.bench.world.acquirer
        begin = bench.clock.utc()
        await self._pay(200)
        host.answer = "refuse"
        await self._pay(200)
        host.answer = "silent"
        await self._pay(100)
        host.answer = "approve"
        for so_far, total in ((1.0, 12.34), (45.0, 60.0), (0.0, 0.0)):
            await self._pay(10)
            bench.car.plug_in()
            bench.car.set_ready(True)
            await self._look(10)
            await self._cost(so_far, running=True)
            await self._look(1)
            await self._stop_remotely()
            await self._cost(total)
            await self._leave()
            self.log.append([(one.kind, one.amount) for one in host.since(begin)])
            await self._look(130)
        await self._pay(10)
        bench.car.plug_in()
        bench.car.set_ready(True)
        await self._look(10)
        await self._cost(5.0, running=True)
        bench.world.grid.set_power(False)
        await self._look(20)
        bench.world.grid.set_power(True)
        await self._look(60)
        await self._cost(6.0)
        await self._leave()
        await self._look(130)
        self.log.append([(one.kind, one.amount) for one in host.since(begin)])

    async def _stop_remotely(self) -> None:
        bench = self.bench
        if bench.dialect == "1.6":
            await bench.central.call("RemoteStopTransaction", {"transactionId": bench.central.next_number})
        else:
            name = bench.central.said("TransactionEvent")[-1]["transactionInfo"]["transactionId"]
            await bench.central.call("RequestStopTransaction", {"transactionId": name})
        await self._look(2)

    async def _faults(self) -> None:
        self.bench.world.jam("connector")
        await self._start()
        await self._look(30)
        self.bench.world.jam("connector", jammed=False)
        await self._leave()

    async def _logs(self) -> None:
        bench = self.bench
        for status in (201, 500):
            bench.file_status = status
            if bench.dialect == "1.6":
                await bench.central.call("GetDiagnostics", {"location": f"{FILES}/p/", "retries": 0})
                await self._look(10)
            for kind in ("DiagnosticsLog", "SecurityLog"):
                log = {"remoteLocation": f"{FILES}/p/"}
                await bench.central.call(
                    "GetLog", {"logType": kind, "requestId": 7, "log": log, "retries": 0}
                )
                await self._look(10)
        self.log.append([(one.method, one.target, one.body) for one in bench.sent])

    async def _renew(self) -> None:
        """Firmware with a bad signature, with a good one, and once more with the power cut; last, as it may be the end."""
        bench = self.bench
        bench.image = (FIRMWARE_FILES / "reference-1.1.0.bin").read_bytes()
        signature = (FIRMWARE_FILES / "reference-1.1.0.sig").read_text(encoding="ascii").strip()
        for signed, seconds in (("AAAA", 60), (signature, 120), (signature, 15)):
            firmware = {
                "location": f"{FILES}/p/a.bin",
                "retrieveDateTime": "2026-01-01T00:00:00Z",
                "signingCertificate": (FIRMWARE_FILES / "maker.pem").read_text(encoding="ascii"),
                "signature": signed,
            }
            action = "SignedUpdateFirmware" if bench.dialect == "1.6" else "UpdateFirmware"
            await bench.central.call(action, {"requestId": 9, "firmware": firmware})
            await self._look(seconds)
        bench.world.grid.set_power(False)
        await self._look(20)
        bench.world.grid.set_power(True)
        await self._look(120)
        self.log.append([(one.method, dict(one.headers)) for one in bench.sent])

    async def _pilot(self) -> None:
        bench = self.bench
        await self._start()
        for amperes in (80, 20, 10.5, 32):
            await self._limit(amperes)
            await self._duty(70 if amperes == 10.5 else 1)
        await self._duty(6)
        await self._duty(30)
        for fault in ("diode", "short", "pe", "cp"):
            bench.car.set_fault(fault, True)
            await self._duty(0.1)
            await self._duty(10)
            bench.car.set_fault(fault, False)
            await self._leave()
            await self._start()
        bench.car.set_current(6.0)
        for _ in range(11):
            bench.car.set_ready(False)
            await self._look(4)
            bench.car.set_ready(True)
            await self._look(4)
        await self._tap(CARD)
        await self._leave()
        await self._start()
        bench.car.set_fault("hot", True)
        await self._duty(140)
        bench.car.set_fault("hot", False)
        await self._tap(CARD)
        await self._leave()
        bench.car.set_current(32.0)
        await self._look(300)

    async def _protection(self) -> None:
        bench = self.bench
        for resistors in ({"B": 4610.0}, {"B": 1870.0}, {"C": 909.0}, {"C": 1723.0}):
            for state, ohm in resistors.items():
                bench.car.set_pilot_resistance(state, ohm)
            await self._start()
            await self._tap(CARD)
            await self._leave()
            for state in resistors:
                bench.car.set_pilot_resistance(state, None)
        await self._start()
        await self._limit(16)
        await self._look(10)
        bench.car.set_fault("heedless", True)
        bench.car.set_current(22.0)
        await self._look(0.5)
        await self._look(20)
        bench.car.set_fault("heedless", False)
        bench.car.set_current(32.0)
        await self._leave()
        await self._start()
        bench.car.set_current(6.0)
        bench.car.set_fault("heedless", True)
        await self._limit(0)
        await self._look(3)
        await self._look(10)
        await self._look(20)
        bench.car.set_fault("heedless", False)
        bench.car.set_current(32.0)
        await self._limit(32)
        await self._look(10)
        await self._tap(CARD)
        await self._leave()
        bench.car.set_fault("weld", True)
        await self._look(5)
        await self._start()
        bench.car.set_fault("weld", False)
        await self._leave()

    async def _supply(self) -> None:
        grid = self.bench.world.grid
        await self._start()
        for volts in (220.0, 150.0, 240.0):
            grid.set_voltage(volts)
            await self._look(10)
        grid.set_power(False)
        await self._look(0.02)
        grid.set_power(True)
        await self._look(20)
        await self._tap(CARD)
        await self._leave()

    async def _climate(self) -> None:
        climate, grid = self.bench.world.climate, self.bench.world.grid
        for degrees in (-40.0, 60.0):
            climate.set_ambient(degrees)
            climate.settle()
            grid.set_power(False)
            await self._look(10)
            grid.set_power(True)
            await self._look(500)
            await self._start()
            await self._duty(100)
            await self._tap(CARD)
            await self._leave()
            await self._look(14500)
        climate.set_ambient(-25.0)
        climate.settle()
        climate.set_humidity(95.0)
        climate.set_ambient(23.0)
        await self._look(600)
        climate.set_humidity(45.0)
        climate.settle()
        await self._look(600)

    async def _duty(self, seconds: float) -> None:
        await self._look(seconds)
        self.log.append(self.bench.outlet.pilot_signal())

    async def _offline(self) -> None:
        bench = self.bench
        await self._start()
        await self._tap(CARD)
        await self._list()
        await bench.central.call("ClearCache", {})
        bench.network.cut()
        await self._look(10)
        await self._tap("04ABCDEF")
        await self._tap("04700001")
        bench.charger.flash.settings["allow_offline_unknown"] = "true"
        await self._tap(BLOCKED)
        await self._tap("04ABCDEF", 130)
        bench.network.restore()
        await self._look(120)
        await self._leave()
        await self._start()
        await self._cost(1.0, running=True)
        await self._look(100)
        bench.network.cut()
        await self._look(200)
        await self._tap(CARD)
        bench.network.restore()
        await self._look(60)
        await self._cost(2.0)
        await self._look(5)
        await self._leave()
        bench.network.cut()
        await self._start("04700001")
        await self._look(70)
        await self._tap("04700001")
        bench.world.grid.set_power(False)
        await self._look(20)
        bench.world.grid.set_power(True)
        await self._look(20)
        bench.network.restore()
        await self._look(120)
        await self._leave()

    async def _ends(self) -> None:
        bench = self.bench
        await self._start()
        await self._look(100)
        bench.world.grid.set_power(False)
        await self._look(20)
        bench.world.grid.set_power(True)
        await self._look(60)
        await self._leave()
        await self._start()
        await bench.central.call("Reset", {"type": "Soft" if bench.dialect == "1.6" else "Immediate"})
        await self._look(60)
        await self._leave()
        await self._start()
        action = "StopTransaction" if bench.dialect == "1.6" else "TransactionEvent"
        bench.central.answers[action] = lambda _p: "InternalError"
        await self._tap(CARD, 30)
        del bench.central.answers[action]
        await self._look(60)
        await self._leave()
        if bench.dialect == "1.6":
            payload: dict[str, Any] = {"connectorId": 1, "type": "Inoperative"}
        else:
            payload = {"operationalStatus": "Inoperative", "evse": {"id": 1}}
        await bench.central.call("ChangeAvailability", payload)
        for pressed in (True, False):
            bench.world.stop_button.move(pressed=pressed)
            await self._look(10)
        bench.world.grid.set_power(False)
        await self._look(20)
        bench.world.grid.set_power(True)
        await self._look(700)
        if bench.dialect == "1.6":
            await bench.central.call("GetConfiguration", {})
        else:
            await bench.central.call("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"})
        with suppress(TimeoutError):
            await bench.central.call("Reset", {"type": 5})

    async def _money(self) -> None:
        grid = self.bench.world.grid
        await self._configure(("default_price", "0.30 CAD/kWh"))
        await self._start()
        await self._look(63)
        await self._configure(("default_price", "0.90 CAD/kWh"))
        self.bench.car.set_ready(False)
        await self._look(63)
        await self._tap(CARD)
        await self._cost(4.31)
        await self._leave()
        await self._start()
        grid.set_power(False)
        await self._look(7300)
        grid.set_power(True)
        await self._look(120)
        await self._leave()
        await self._configure(("default_price", ""))

    async def _limit(self, amperes: float) -> None:
        schedule: dict[str, Any] = {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amperes}],
        }
        profile: dict[str, Any] = {
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
        }
        if self.bench.dialect == "1.6":
            profile |= {"chargingProfileId": 1, "chargingSchedule": schedule}
            payload: dict[str, Any] = {"connectorId": 1, "csChargingProfiles": profile}
        else:
            profile |= {"id": 1, "chargingSchedule": [{"id": 1, **schedule}]}
            payload = {"evseId": 1, "chargingProfile": profile}
        await self.bench.central.call("SetChargingProfile", payload)

    async def _cost(self, cost: float, *, running: bool = False) -> None:
        bench = self.bench
        if bench.dialect == "2.0.1":
            name = bench.central.said("TransactionEvent")[-1]["transactionInfo"]["transactionId"]
            await bench.central.call("CostUpdated", {"totalCost": cost, "transactionId": name})
            return
        data = json.dumps({"transactionId": bench.central.next_number, "cost": cost})
        message = "RunningCost" if running else "FinalCost"
        vendor = "org.openchargealliance.costmsg"
        await bench.central.call("DataTransfer", {"vendorId": vendor, "messageId": message, "data": data})

    async def _tariffs(self) -> None:
        """Costs that the charger reckons: idle time, a new default and a change on the way, a maximum, a driver's own."""
        call = self.bench.central.call

        def tariff(name: str, price: float, **parts: Any) -> dict[str, Any]:
            taxes = {"taxRates": [{"type": "QST", "tax": 9.975}]}
            energy = {"prices": [{"priceKwh": price}], **taxes}
            return {"tariffId": name, "currency": "CAD", "energy": energy, **parts}

        idle = {"idleTime": {"prices": [{"priceMinute": 0.1}]}}
        await call("SetDefaultTariff", {"evseId": 0, "tariff": tariff("a", 0.377, **idle)})
        await self._start()
        await self._look(70)
        await call("SetDefaultTariff", {"evseId": 0, "tariff": tariff("b", 0.9, maxCost={"exclTax": 0.1})})
        self.bench.car.set_ready(False)
        await self._look(130)
        key = self.bench.started()[-1]["transactionInfo"]["transactionId"]
        changed = {"transactionId": key, "tariff": tariff("c", 0.6, **idle)}
        await call("ChangeTransactionTariff", changed)
        self.bench.car.set_ready(True)
        await self._look(70)
        before = CARD
        for card, own in ((CARD, {}), ("04700001", {"tariff": tariff("d", 0.25)})):
            await self._tap(before)
            await self._leave()
            self.own_tariff, before = own, card
            await self._start(card)
            await self._look(130)
        await self._tap(before)
        await self._leave()
        grace = {"prices": [{"priceMinute": 0.1, "conditions": {"minIdleTime": 60}}]}
        await call("SetDefaultTariff", {"evseId": 0, "tariff": tariff("e", 0.3, idleTime=grace)})

    async def _unlock(self) -> None:
        payload = {"connectorId": 1} if self.bench.dialect == "1.6" else {"evseId": 1, "connectorId": 1}
        await self.bench.central.call("UnlockConnector", payload)

    async def _list(self) -> None:
        blocked = {"status": "Blocked"}
        if self.bench.dialect == "1.6":
            entries: list[Any] = [{"idTag": BLOCKED, "idTagInfo": blocked}]
            payload: dict[str, Any] = {
                "listVersion": 1,
                "updateType": "Full",
                "localAuthorizationList": entries,
            }
        else:
            entries = [{"idToken": {"idToken": BLOCKED, "type": "ISO14443"}, "idTokenInfo": blocked}]
            payload = {"versionNumber": 1, "updateType": "Full", "localAuthorizationList": entries}
        await self.bench.central.call("SendLocalList", payload)


def seen(bench: Bench, day: Day) -> tuple[list[Any], list[str], list[float]]:
    """What a stranger saw: the log, every frame without the ids of messages, and when pings came."""
    frames = []
    for text in bench.central.frames:
        frame = json.loads(text)
        frames.append(json.dumps([frame[0], *frame[2:]]))
    return day.log, frames, bench.central.pings


@pytest.fixture(scope="module")
def sound() -> dict[Dialect, tuple[Bench, Day]]:
    return {}


def live(
    enact_in: Enact, dialect: Dialect, active: frozenset[str], *, lawful: bool = True
) -> tuple[Bench, Day]:
    day = Day(lawful=lawful)
    return enact_in(day, dialect, active=active, lawful=lawful, sheet=SHARING), day


@pytest.mark.parametrize("id_", FIRMWARE)
def test_defect_shows(enact_in: Enact, sound: dict[Dialect, tuple[Bench, Day]], id_: str) -> None:
    """With the defect on, a stranger sees something else than on a sound charger, in every dialect it names."""
    for dialect in DEFECTS[id_].dialects:
        if dialect not in sound:
            sound[dialect] = live(enact_in, dialect, frozenset())
        bench, day = live(enact_in, dialect, frozenset({id_}), lawful=False)
        shows = seen(bench, day) != seen(*sound[dialect])
        assert shows, f"nothing shows in {dialect}"


def facts(bench: Bench) -> tuple[int, float]:
    """What no variation may change: how many transactions began and ended, and the energy that flowed, in Wh."""
    kinds = ("StartTransaction", "StopTransaction", "TransactionEvent")
    told = bench.central.said(*kinds)
    ends = [p for p in told if p.get("eventType") != "Updated"]
    return len(ends), bench.outlet.true_energy_wh()


SOME_WH = 150.0
"""What contacts that take their lawful time may cost in a day."""
OFFLINE_WH = {"V104": 300.0}
"""Who pauses without its controller gives less while it is gone: 6 A over some minutes."""


@pytest.mark.parametrize(
    "id_", sorted(set(VARIATIONS) - {id_ for id_, v in VARIATIONS.items() if v.physical})
)
def test_variation_keeps_the_facts(
    enact_in: Enact, sound: dict[Dialect, tuple[Bench, Day]], id_: str
) -> None:
    """A variation shows, keeps every schema, and changes neither the transactions nor the energy."""
    shows = False
    for dialect in VARIATIONS[id_].dialects:
        if dialect not in sound:
            sound[dialect] = live(enact_in, dialect, frozenset())
        bench, day = live(enact_in, dialect, frozenset({id_}))
        sound_bench, sound_day = sound[dialect]
        shows = shows or bench.central.frames != sound_bench.central.frames
        shows = shows or seen(bench, day) != seen(sound_bench, sound_day)
        (told, wh), (told_sound, wh_sound) = facts(bench), facts(sound[dialect][0])
        assert told == told_sound, dialect
        assert wh == pytest.approx(wh_sound, abs=OFFLINE_WH.get(id_, SOME_WH)), dialect
    assert shows


def test_variations_together(enact_in: Enact, sound: dict[Dialect, tuple[Bench, Day]]) -> None:
    """All variations that can be switched on at once leave the facts alone."""
    together: set[str] = set()
    for id_ in sorted(VARIATIONS):
        try:
            Conduct(together | {id_})
        except BenchError:
            continue
        if not VARIATIONS[id_].physical:
            together.add(id_)
    assert len(together) >= 10
    for dialect in ("1.6", "2.0.1"):
        bench, _day = live(enact_in, dialect, frozenset(together))
        assert len(bench.started()) >= 8


def test_there_are_enough() -> None:
    """At least 20 defects of the firmware in five areas, and at least six variations."""
    assert len(FIRMWARE) >= 20
    areas = {DEFECTS[id_].area for id_ in FIRMWARE}
    assert areas >= {"authentication", "locking", "metering", "billing", "outage"}
    assert len([v for v in VARIATIONS.values() if not v.physical]) >= 6
