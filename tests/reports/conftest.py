"""Records in the vocabulary of the real ones, small enough to read: a simulated run with one of every verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from wattest.clock import Clock
from wattest.judge.rules import decide
from wattest.record import Record, Recorder, read_record

CHARGER = {
    "maker": "Boreal",
    "model": "Trottoir 7",
    "serial": "BT7-000123",
    "firmware": "4.2.1",
    "dialects": ["1.6", "2.0.1"],
    "connectors": 1,
    "cable": "tethered",
    "phases": 1,
    "rated_voltage_v": 240.0,
    "rated_current_a": 32.0,
    "register_step_wh": 1.0,
    "temperature_min_c": -40.0,
    "temperature_max_c": 50.0,
}
BENCH = {
    "name": "simulated",
    "kind": "simulated",
    "path": "fixtures/benches/simulated.yaml",
    "csms": {"host": "127.0.0.1", "port": 0, "password": None},
    "roles": {"reference_meter": "simulated"},
    "measurement_plane": "connector",
    "dead_man_relay": False,
}
RULE = {
    "id": "guarded",
    "guard": 1.0,
    "k": 2.0,
    "tur_min": 3.0,
    "tur_warn": 4.0,
    "source": "ILAC-G8:09/2019 4.2.3",
}
LIMITS = [
    {
        "id": "hb44_ac_acceptance",
        "value": "1.0",
        "unit": "%",
        "source": "NIST HB44 3.40 T.2",
        "edition": "2025",
        "provenance": "recalled",
    },
    {
        "id": "mid_cold",
        "value": "4.0",
        "unit": "%",
        "source": "MID Annex V Table 2",
        "edition": "2014/32/EU",
        "provenance": "unverified",
    },
]


def _requirement(name: str, text: str, french: str, **more: Any) -> dict[str, Any]:
    facts = {
        "source": "OCPP 1.6 3.5",
        "provenance": "found",
        "level": "mandatory",
        "criterion": "",
        "criterion_fr": "",
        "limits": [],
    }
    return {"id": name, "text": text, "text_fr": french, **facts, **more}


REQUIREMENTS = [
    _requirement("AUT-02", "A valid card starts a session", "Une carte valide démarre une session"),
    _requirement("AUT-05", "No energy without authorisation", "Pas d'énergie sans autorisation"),
    _requirement("BIL-02", "The price per kWh is right", "Le prix au kWh est juste"),
    _requirement(
        "LCK-01", "The plug is captive until authorised", "La fiche est captive jusqu'à l'autorisation"
    ),
    _requirement(
        "MET-01",
        "Energy is billed as it was delivered",
        "L'énergie facturée est celle livrée",
        criterion="error within the limit less U",
        criterion_fr="erreur dans la limite diminuée de U",
        limits=["hb44_ac_acceptance"],
        source="NIST HB44 3.40 N.5",
        provenance="recalled",
    ),
    _requirement("NET-04", "The station comes back", "La borne revient", provenance="project"),
]


@dataclass
class Tape:
    """Writes one record as a run would, with a clock of its own."""

    path: Path
    now: float = 0.0
    step: int | None = None
    steps: int = 0

    def __post_init__(self) -> None:
        self.recorder = Recorder.open(self.path, cast("Clock", self), preamble=PREAMBLE, durable=False)

    def monotonic(self) -> float:
        return self.now

    def utc(self) -> datetime:
        return datetime(2026, 1, 15, 12, tzinfo=UTC) + timedelta(seconds=self.now)

    @property
    def stamp(self) -> str:
        """Now, as a station writes it."""
        return self.utc().isoformat().replace("+00:00", "Z")

    def note(self, kind: str, /, **fields: Any) -> int:
        return self.recorder.note(kind, **fields)

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def header(self, **changes: Any) -> None:
        facts: dict[str, Any] = {
            "format": 1,
            "wattest": "0.1.0",
            "seed": 0,
            "dialects": ["1.6", "2.0.1"],
            "bench": BENCH,
            "charger": CHARGER,
            "requirements": {row["id"]: row for row in REQUIREMENTS},
            "limits": {limit["id"]: limit for limit in LIMITS},
            "rule": RULE,
            "plan": [],
        }
        self.note("header", **{**facts, **changes})

    def scenario(
        self, key: str, title: str, area: str, covers: list[str], dialect: str = "1.6", **more: Any
    ) -> None:
        self.steps = 0
        facts = {
            "title_fr": "",
            "attempt": 1,
            "parameters": {},
            "sha256": "ab" * 32,
            "path": f"scenarios/{area}/{key}.yaml",
        }
        name = key.split(" ", maxsplit=1)[0]
        self.note(
            "scenario",
            key=key,
            id=name,
            title=title,
            area=area,
            dialect=dialect,
            covers=covers,
            **{**facts, **more},
        )

    def scenario_end(
        self, key: str, verdict: str, sentence: str = "", dialect: str = "1.6", attempt: int = 1
    ) -> None:
        self.note(
            "scenario_end", key=key, dialect=dialect, attempt=attempt, verdict=verdict, sentence=sentence
        )

    def begin(self, verb: str, text: str = "") -> None:
        self.steps += 1
        self.step = self.steps
        place = {"path": "scenarios/x.yaml", "line": 10 + self.step, "column": 5}
        self.note("step", key="", index=self.step, verb=verb, arguments={}, place=place, text=text or verb)

    def done(self, outcome: str = "done", sentence: str = "") -> None:
        self.note("step_end", key="", index=self.step, outcome=outcome, sentence=sentence)
        self.step = None

    def call(self, action: str, payload: Mapping[str, Any], answer: Mapping[str, Any], **more: Any) -> int:
        """A CALL of the station and its answer; returns the CALL's number."""
        facts = {"station": "CP001", "dialect": "1.6", "violations": []}
        message = {"type": 2, "id": f"m{self.recorder.count}", "action": action, "payload": payload}
        seq = self.note(
            "frame", **{**facts, "direction": "in", "raw": "", "message": message, "answers": None, **more}
        )
        self.wait(0.05)
        message = {"type": 3, "id": message["id"], "action": action, "payload": answer}
        self.note("frame", **{**facts, "direction": "out", "raw": "", "message": message, "answers": seq})
        return seq

    def reading(
        self, name: str, value: float, unit: str, u: float | None = 0.1, role: str = "reference_meter"
    ) -> int:
        proof = self.note(
            "exchange", role=role, resource="TCPIP::x::SOCKET", op="query", tx="NUM?", rx=str(value)
        )
        return self.note(
            "reading",
            name=name,
            role=role,
            value=value,
            unit=unit,
            u=u,
            flags=[],
            raw=str(value),
            evidence=[proof],
            index=0,
        )

    def check(
        self,
        requirement: str,
        name: str,
        rule: str,
        inputs: Mapping[str, Any],
        evidence: list[int] | None = None,
        monitor: str | None = None,
    ) -> str:
        made = decide(rule, inputs)
        self.note(
            "check",
            requirements=[requirement],
            name=name,
            rule=rule,
            inputs=inputs,
            outcome=made.outcome,
            sentence=made.sentence,
            evidence=evidence or [],
            band=made.band,
            figures=made.figures,
            monitor=monitor,
            step=None if monitor else self.step,
        )
        return made.sentence

    def energy(
        self, reported: int, reference: float, evidence: list[int], limit: Mapping[str, Any] = LIMITS[0]
    ) -> str:
        return self.check(
            "MET-01",
            "energy error",
            "energy_error",
            {
                "what": "energy of transaction 1",
                "reported_wh": str(reported),
                "reported_step_wh": 1.0,
                "reported_kind": "difference",
                "reference_wh": reference,
                "u_reference_wh": reference * 0.001,
                "limit_pct": limit["value"],
                "limit_id": limit["id"],
                "limit_source": f"{limit['source']}, {limit['edition']}",
                "provenance": limit["provenance"],
                "guard": 1.0,
                "k": 2.0,
                "tur_min": 3.0,
                "tur_warn": 4.0,
            },
            evidence,
        )

    def session(self, watts: float = 7500.0, minutes: int = 12) -> list[int]:
        """A charge with power and temperature readings; returns what proves its energy."""
        begin = self.call(
            "StartTransaction",
            {"connectorId": 1, "idTag": "04E2", "meterStart": 1000, "timestamp": self.stamp},
            {"transactionId": 1},
        )
        first = self.reading("energy", 0.0, "Wh")
        for minute in range(minutes):
            self.wait(60.0)
            self.reading("power", 0.0 if minute in {0, minutes - 1} else watts + 20 * (minute % 3), "W", 4.0)
            self.reading("temperature", -20.0 - minute / 2, "degC", 0.2, role="chamber")
            sample = {"value": str(watts), "measurand": "Power.Active.Import", "unit": "W"}
            self.call(
                "MeterValues",
                {
                    "connectorId": 1,
                    "transactionId": 1,
                    "meterValue": [{"timestamp": self.stamp, "sampledValue": [sample]}],
                },
                {},
            )
        stop = self.call(
            "StopTransaction", {"transactionId": 1, "meterStop": 2250, "timestamp": self.stamp}, {}
        )
        return [begin, first, stop, self.reading("energy", 1250.4, "Wh", 0.6)]

    def seal(self) -> Record:
        self.recorder.seal({})
        return read_record(self.path)

    def stop(self) -> Record:
        """Killed: no footer."""
        self.recorder.close()
        return read_record(self.path)


PREAMBLE = {
    "started": "2026-11-22T08:30:00Z",
    "host": "lab-pc-7.example",
    "python": "3.11.7",
    "packages": {"ocpp": "2.1.0"},
}


@pytest.fixture
def tape(tmp_path: Path) -> Callable[..., Tape]:
    """Makes tapes, each with a header."""

    def make(name: str = "run.jsonl", **header: Any) -> Tape:
        made = Tape(tmp_path / name)
        made.header(**header)
        return made

    return make


def fill(tape: Tape) -> None:
    """One scenario of every verdict, and two that were left out."""
    for dialect in ("1.6", "2.0.1"):
        tape.scenario(
            "AUT-001",
            "A card starts a session",
            "authentication",
            ["AUT-02"],
            dialect,
            title_fr="Une carte démarre",
        )
        tape.begin("present_card", "present_card: driver")
        tape.note(
            "action", role="card_reader", action="present", arguments={"uid": "04E2"}, result=None, error=None
        )
        seq = tape.call("Authorize", {"idTag": "04E2"}, {"idTagInfo": {"status": "Accepted"}})
        tape.wait(1.2)
        tape.check(
            "AUT-02", "started", "occurred", {"what": "a transaction", "within_s": 30, "after_s": 1.25}, [seq]
        )
        tape.done()
        tape.check(
            "AUT-05",
            "no energy",
            "never",
            {"what": "energy", "count": 0, "window_s": 9.0, "channel_alive": True},
            [seq],
            "unauthorised_energy",
        )
        tape.scenario_end("AUT-001", "pass", "", dialect)

    tape.scenario(
        "MET-001 [16 A]",
        "Energy against the reference meter",
        "metering",
        ["MET-01"],
        parameters={"current": "16 A"},
    )
    tape.begin("charge", "charge: {energy: 1250 Wh}")
    ends = tape.session()
    tape.done()
    tape.begin("compare_energy", "compare_energy: {transaction: $paid}")
    sentence = tape.energy(1275, 1250.4, ends)
    tape.done("failed", sentence)
    tape.scenario_end("MET-001 [16 A]", "fail", sentence)

    tape.scenario(
        "MET-001 [16 A]",
        "Energy against the reference meter",
        "metering",
        ["MET-01"],
        "2.0.1",
        parameters={"current": "16 A"},
    )
    tape.begin("compare_energy")
    tape.energy(1250, 1250.4, ends, LIMITS[1])
    tape.done()
    tape.scenario_end("MET-001 [16 A]", "pass", "", "2.0.1")

    tape.scenario("OUT-002", "The station comes back", "outage", ["NET-04"])
    tape.begin("expect_connected")
    tape.note(
        "link", station="CP001", event="lost", subprotocol="ocpp1.6", code=1006, reason="", by="network"
    )
    sentence = tape.check(
        "NET-04", "link", "never", {"what": "a loss", "count": 0, "window_s": 60, "channel_alive": False}
    )
    tape.done("inconclusive", sentence)
    tape.scenario_end("OUT-002", "inconclusive", sentence)

    tape.scenario("LCK-001", "Captive plug", "locking", ["LCK-01"], "2.0.1")
    tape.begin("check_captive")
    tape.done("error", "The lock sensor at /dev/ttyUSB0 did not answer within 2 s.")
    tape.scenario_end(
        "LCK-001", "error", "The lock sensor at /dev/ttyUSB0 did not answer within 2 s.", "2.0.1"
    )

    tape.note(
        "not_tested",
        key="LCK-001",
        dialect="1.6",
        requirements=["LCK-01"],
        reason="the bench has no lock_sensor",
    )
    tape.note(
        "not_tested",
        key="BIL-003",
        dialect="1.6",
        requirements=["BIL-02"],
        reason="the charger has no display",
    )
    tape.note(
        "not_tested",
        key="BIL-003",
        dialect="2.0.1",
        requirements=["BIL-02"],
        reason="the charger has no display",
    )
    tape.note(
        "exchange", role="reference_meter", resource="x", op="query", tx="*IDN?", rx="YOKOGAWA,WT310E,C2,1.05"
    )
    tape.note(
        "safe", role="mains", ok=True, confirmed_by="reference_meter", sentence="Mains off, 0.0 A seen."
    )


@pytest.fixture
def record(tape: Callable[..., Tape]) -> Record:
    """A sealed simulated run with one of every verdict."""
    made = tape()
    fill(made)
    return made.seal()
