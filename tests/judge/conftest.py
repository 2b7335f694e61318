"""A story: the entries of one attempt, told line by line as a runner would note them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattest.judge.facts import Facts
from wattest.judge.monitors import run_monitors
from wattest.judge.monitors.finding import Finding, Monitor
from wattest.judge.rules import Decision, decide
from wattest.judge.sessions import Scene
from wattest.judge.trace import Trace

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


class Story:
    """Entries with a bench clock that only moves when told to."""

    def __init__(self, dialect: str = "1.6", facts: Facts | None = None) -> None:
        self.dialect = dialect
        self.facts = facts or Facts(features=("connector_lock", "holster_lock"))
        self.entries: list[dict[str, Any]] = []
        self.t = 0.0
        self.skew = timedelta()
        self.carry: Mapping[str, Any] | None = None
        self._ids = itertools.count(1)
        self._open: list[int] = []

    # --- time and raw entries --------------------------------------------------------------------------

    def wait(self, seconds: float) -> Story:
        self.t += seconds
        return self

    @property
    def utc(self) -> datetime:
        return NOON + timedelta(seconds=self.t) + self.skew

    def iso(self, ago: float = 0.0) -> str:
        return (self.utc - timedelta(seconds=ago)).isoformat().replace("+00:00", "Z")

    def note(self, kind: str, **fields: Any) -> int:
        seq = len(self.entries)
        utc = self.utc.isoformat(timespec="microseconds").replace("+00:00", "Z")
        self.entries.append({"seq": seq, "t": self.t, "utc": utc, "kind": kind, **fields})
        return seq

    def step(self, index: int, verb: str) -> Story:
        self.end_step()
        self.note("step", key="X-001", index=index, verb=verb, arguments={}, place="x:1:1", text=verb)
        self._open.append(index)
        return self

    def end_step(self, outcome: str = "done", sentence: str = "") -> Story:
        if self._open:
            self.note("step_end", key="X-001", index=self._open.pop(), outcome=outcome, sentence=sentence)
        return self

    def link(self, event: str, *, by: str = "station", code: int | None = None) -> int:
        return self.note(
            "link", station="CP1", event=event, subprotocol="ocpp1.6", code=code, reason="", by=by
        )

    def cut(self) -> Story:
        """The suite cuts the network; both ends notice."""
        self.note("fault", id="network", what="wan link", backend="network", detail="cut")
        self.link("lost", by="network", code=1006)
        return self

    def heal(self) -> Story:
        self.note("heal", id="network")
        self.link("opened")
        return self

    def act(
        self, role: str, action: str, *, error: str | None = None, result: Any = None, **arguments: Any
    ) -> int:
        return self.note("action", role=role, action=action, arguments=arguments, result=result, error=error)

    def power(self, on: bool) -> int:
        return self.act("mains", "set_power", on=on)

    def locks(self, holster: str = "unknown", connector: str = "unknown") -> int:
        value = {"holster": holster, "connector": connector}
        return self.note("observation", role="lock_sensor", what="locks", value=value, evidence=[])

    def whereabouts(self, plug: str) -> int:
        return self.note("observation", role="vehicle", what="whereabouts", value={"plug": plug}, evidence=[])

    def display(self, cost: str | None, currency: str | None = "CAD") -> int:
        value: dict[str, Any] = {"lines": [], "cost": cost, "currency": currency}
        return self.note("observation", role="display", what="display", value=value, evidence=[])

    def energy(self, wh: float | None, *, u: float | None = 0.1, flags: tuple[str, ...] = ()) -> int:
        return self.note(
            "reading",
            name="energy",
            role="reference_meter",
            value=wh,
            unit="Wh",
            u=u,
            flags=list(flags),
            raw="",
            evidence=[],
            index=None,
        )

    # --- messages --------------------------------------------------------------------------------------

    def frame(
        self,
        direction: str,
        message: Mapping[str, Any] | None,
        *,
        answers: int | None = None,
        violations: tuple[tuple[str, str], ...] = (),
        raw: str = "",
    ) -> int:
        return self.note(
            "frame",
            station="CP1",
            dialect=self.dialect,
            direction=direction,
            raw=raw,
            message=message,
            violations=[{"rule": rule, "sentence": sentence} for rule, sentence in violations],
            answers=answers,
        )

    def call(
        self,
        action: str,
        payload: Mapping[str, Any],
        answer: Mapping[str, Any] | None = None,
        *,
        direction: str = "in",
        as_id: str | None = None,
        after: float = 0.0,
        error: str | None = None,
        unanswered: bool = False,
        violations: tuple[tuple[str, str], ...] = (),
    ) -> int:
        """A CALL and, ``after`` so many seconds, its answer."""
        name = as_id or f"{direction}-{next(self._ids)}"
        seq = self.frame(
            direction,
            {"type": 2, "id": name, "action": action, "payload": payload},
            violations=violations,
        )
        if not unanswered:
            self.wait(after)
            self.reply(
                seq, name, action, answer or {}, direction="out" if direction == "in" else "in", error=error
            )
        return seq

    def reply(
        self,
        seq: int | None,
        name: str,
        action: str | None,
        answer: Mapping[str, Any],
        *,
        direction: str = "in",
        error: str | None = None,
    ) -> int:
        message = (
            {"type": 3, "id": name, "action": action, "payload": answer}
            if error is None
            else {"type": 4, "id": name, "code": error, "description": "", "details": {}, "action": action}
        )
        return self.frame(direction, message, answers=seq)

    def ask(
        self, action: str, payload: Mapping[str, Any] | None = None, status: str = "Accepted", **more: Any
    ) -> int:
        """A CALL of the central system."""
        return self.call(action, payload or {}, {"status": status}, direction="out", **more)

    def boot(self, status: str = "Accepted", interval: int = 300, **more: Any) -> int:
        answer = {"status": status, "currentTime": self.iso(), "interval": interval}
        return self.call(
            "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}, answer, **more
        )

    def connect(self) -> Story:
        """A charger that comes up: link, boot, status."""
        self.link("opened")
        self.boot()
        self.status("Available")
        return self.wait(10)

    def status(self, raw: str, connector: int = 1, **more: Any) -> int:
        if self.dialect == "1.6":
            payload: dict[str, Any] = {"connectorId": connector, "errorCode": "NoError", "status": raw}
        else:
            payload = {"evseId": connector, "connectorId": 1, "connectorStatus": raw, "timestamp": self.iso()}
        return self.call("StatusNotification", payload, {}, **more)

    def authorize(self, uid: str, status: str = "Accepted", **more: Any) -> int:
        if self.dialect == "1.6":
            return self.call("Authorize", {"idTag": uid}, {"idTagInfo": {"status": status}}, **more)
        payload = {"idToken": {"idToken": uid, "type": "ISO14443"}}
        return self.call("Authorize", payload, {"idTokenInfo": {"status": status}}, **more)

    def start(
        self,
        wh: float,
        *,
        tx: int | str = 7,
        uid: str = "AA",
        status: str = "Accepted",
        ago: float = 0.0,
        **more: Any,
    ) -> int:
        if self.dialect == "1.6":
            payload: dict[str, Any] = {
                "connectorId": 1,
                "idTag": uid,
                "meterStart": wh,
                "timestamp": self.iso(ago),
            }
            answer = {"transactionId": tx, "idTagInfo": {"status": status}}
            return self.call("StartTransaction", payload, answer, **more)
        return self.event("Started", tx, 0, wh, uid=uid, status=status, ago=ago, state="EVConnected", **more)

    def meter(self, wh: float, *, tx: int | str = 7, w: float | None = None, no: int = 1, **more: Any) -> int:
        if self.dialect == "1.6":
            return self.call(
                "MeterValues",
                {"connectorId": 1, "transactionId": tx, "meterValue": [self.values(str(wh), w)]},
                {},
                **more,
            )
        return self.event("Updated", tx, no, wh, w=w, state="Charging", **more)

    def values(
        self, wh: str, w: float | None = None, *, unit: str = "Wh", ago: float = 0.0
    ) -> dict[str, Any]:
        """One 1.6 meter value."""
        sampled = [{"value": wh, "unit": unit, "measurand": "Energy.Active.Import.Register"}]
        if w is not None:
            sampled.append({"value": str(w), "unit": "W", "measurand": "Power.Active.Import"})
        return {"timestamp": self.iso(ago), "sampledValue": sampled}

    def stop(self, wh: float, *, tx: int | str = 7, ago: float = 0.0, no: int = 9, **more: Any) -> int:
        if self.dialect == "1.6":
            payload = {"transactionId": tx, "meterStop": wh, "timestamp": self.iso(ago)}
            return self.call("StopTransaction", payload, {}, **more)
        return self.event("Ended", tx, no, wh, ago=ago, **more)

    def event(
        self,
        kind: str,
        tx: int | str,
        no: int,
        wh: float | None,
        *,
        uid: str | None = None,
        status: str | None = None,
        ago: float = 0.0,
        state: str | None = None,
        w: float | None = None,
        offline: bool = False,
        **more: Any,
    ) -> int:
        """One TransactionEvent of 2.0.1."""
        info: dict[str, Any] = {"transactionId": str(tx)}
        if state is not None:
            info["chargingState"] = state
        payload: dict[str, Any] = {
            "eventType": kind,
            "timestamp": self.iso(ago),
            "triggerReason": "MeterValuePeriodic",
            "seqNo": no,
            "offline": offline,
            "transactionInfo": info,
            "evse": {"id": 1, "connectorId": 1},
        }
        if wh is not None:
            sampled: list[dict[str, Any]] = [{"value": wh, "measurand": "Energy.Active.Import.Register"}]
            if w is not None:
                sampled.append({"value": w, "measurand": "Power.Active.Import"})
            payload["meterValue"] = [{"timestamp": self.iso(ago), "sampledValue": sampled}]
        if uid is not None:
            payload["idToken"] = {"idToken": uid, "type": "ISO14443"}
        answer = {"idTokenInfo": {"status": status}} if status is not None else {}
        return self.call("TransactionEvent", payload, answer, **more)

    def session(
        self, start: float = 1000, stop: float = 2000, *, tx: int | str = 7, minutes: int = 10
    ) -> Story:
        """A whole sound session at constant power, authorised, with a value a minute."""
        self.act("card_reader", "present", uid="AA")
        self.authorize("AA")
        self.act("vehicle", "plug_in")
        self.status("Preparing" if self.dialect == "1.6" else "Occupied")
        self.wait(2)
        self.start(start, tx=tx)
        if self.dialect == "1.6":
            self.status("Charging")
        power = (stop - start) * 60 / minutes
        for minute in range(1, minutes + 1):
            self.wait(60)
            self.meter(round(start + (stop - start) * minute / minutes, 1), tx=tx, w=power, no=minute)
        self.stop(stop, tx=tx, no=minutes + 1)
        if self.dialect == "1.6":
            self.status("Finishing")
        self.wait(5)
        self.act("vehicle", "unplug")
        self.status("Available")
        return self.wait(30)

    # --- judging ---------------------------------------------------------------------------------------

    def scene(self) -> Scene:
        return Scene(Trace.of(self.entries, self.carry), self.facts)

    def findings(self, monitor: Monitor) -> tuple[Finding, ...]:
        return monitor.watch(self.scene())

    def decisions(self, monitor: Monitor, requirement: str | None = None) -> list[Decision]:
        """What a monitor's findings come to, all or those of one requirement."""
        return [
            decide(finding.rule, finding.inputs)
            for finding in self.findings(monitor)
            if requirement is None or requirement in finding.requirements
        ]

    def fails(self, monitor: Monitor, requirement: str | None = None) -> str:
        """The sentence with which a monitor fails; there must be exactly one."""
        failed = [found for found in self.decisions(monitor, requirement) if found.outcome == "fail"]
        assert len(failed) == 1, [found.sentence for found in self.decisions(monitor, requirement)]
        return failed[0].sentence

    def outcomes(self, monitor: Monitor, requirement: str | None = None) -> list[str]:
        return [found.outcome for found in self.decisions(monitor, requirement)]

    def complaints(self) -> list[str]:
        """Every failure that any monitor finds."""
        findings, _ = run_monitors(self.entries, self.facts, self.carry)
        decided = [decide(finding.rule, finding.inputs) for finding in findings]
        return [decision.sentence for decision in decided if decision.outcome == "fail"]


@pytest.fixture
def story() -> Story:
    """An OCPP 1.6 charger that has just come up."""
    return Story("1.6").connect()


@pytest.fixture
def story201() -> Story:
    """An OCPP 2.0.1 charger that has just come up."""
    return Story("2.0.1").connect()


@pytest.fixture(params=["1.6", "2.0.1"])
def both(request: pytest.FixtureRequest) -> Story:
    """A charger of either dialect that has just come up."""
    return Story(request.param).connect()


@pytest.fixture
def blank() -> type[Story]:
    """For stories that begin in their own way."""
    return Story
