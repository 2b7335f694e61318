"""Transactions folded from frames: late, doubled, contradictory, incomplete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.model.scenario import Dialect
from wattest.ocpp.ledger import Ledger, Transaction
from wattest.ocpp.neutral import Authorized, Event, TransactionChanged

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def at(seconds: float) -> str:
    """So many seconds after noon, as OCPP writes it."""
    return (NOON + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


class Conversation:
    """Makes numbered entries; ``say`` is a CALL of the station, ``answer`` what it got."""

    def __init__(self, dialect: Dialect, station: str = "CP1") -> None:
        self.dialect: Dialect = dialect
        self.station = station
        self.seq = 0
        self.now = 0.0

    def _entry(
        self, direction: str, message: Mapping[str, Any] | None, answers: int | None
    ) -> dict[str, Any]:
        self.seq += 1
        return {
            "kind": "frame",
            "seq": self.seq,
            "utc": at(self.now),
            "station": self.station,
            "dialect": self.dialect,
            "direction": direction,
            "message": message,
            "answers": answers,
        }

    def say(self, action: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A CALL of the station."""
        message = {"type": 2, "id": str(self.seq + 1), "action": action, "payload": payload}
        return self._entry("in", message, None)

    def answer(self, call: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, Any]:
        """The CALLRESULT to a CALL."""
        message = call["message"]
        told = {"type": 3, "id": message["id"], "action": message["action"], "payload": payload}
        return self._entry("out", told, call["seq"])

    def refuse(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """A CALLERROR to a CALL."""
        message = call["message"]
        told = {"type": 4, "id": message["id"], "action": message["action"], "code": "InternalError"}
        return self._entry("out", told, call["seq"])


def start(seconds: float = 0, meter: int = 1000, token: str = "AB", connector: int = 1) -> dict[str, Any]:
    """A StartTransaction request."""
    return {"connectorId": connector, "idTag": token, "meterStart": meter, "timestamp": at(seconds)}


def stop(number: int, seconds: float, meter: int, **more: Any) -> dict[str, Any]:
    """A StopTransaction request."""
    return {"transactionId": number, "meterStop": meter, "timestamp": at(seconds), **more}


def meter_values(number: int | None, seconds: float, register: int) -> dict[str, Any]:
    """A MeterValues request of 1.6 with one register."""
    values = [{"timestamp": at(seconds), "sampledValue": [{"value": str(register)}]}]
    request: dict[str, Any] = {"connectorId": 1, "meterValue": values}
    return request if number is None else request | {"transactionId": number}


def status(word: str, seconds: float | None = None, connector: int = 1) -> dict[str, Any]:
    """A StatusNotification request of 1.6."""
    request: dict[str, Any] = {"connectorId": connector, "errorCode": "NoError", "status": word}
    return request if seconds is None else request | {"timestamp": at(seconds)}


def transaction(
    kind: str, seq_no: int, seconds: float, register: float | None = None, **more: Any
) -> dict[str, Any]:
    """A TransactionEvent request; ``state`` is its charging state."""
    info = {"transactionId": more.pop("id", "T1")}
    if "state" in more:
        info["chargingState"] = more.pop("state")
    request: dict[str, Any] = {
        "eventType": kind,
        "seqNo": seq_no,
        "timestamp": at(seconds),
        "triggerReason": "MeterValuePeriodic",
        "transactionInfo": info,
        "evse": {"id": 1, "connectorId": 1},
        **more,
    }
    if register is not None:
        request["meterValue"] = [{"timestamp": at(seconds), "sampledValue": [{"value": register}]}]
    return request


ACCEPTED = {"idTagInfo": {"status": "Accepted"}}


def tell(
    ledger: Ledger, talk: Conversation, action: str, payload: Any, answer: Any = None
) -> tuple[Event, ...]:
    """A CALL with its answer; what the ledger says of it."""
    call = talk.say(action, payload)
    return ledger.feed(call) + ledger.feed(talk.answer(call, {} if answer is None else answer))


def seconds(transaction: Transaction) -> list[tuple[float, str]]:
    """States with seconds since noon."""
    return [((when - NOON).total_seconds(), state) for when, state in transaction.states]


def test_a_session_of_16() -> None:
    """Start, states of the connector, meter values and stop make one transaction."""
    ledger, talk = Ledger(), Conversation("1.6")
    tell(ledger, talk, "StatusNotification", status("Preparing", -5))
    tell(ledger, talk, "StartTransaction", start(), {"transactionId": 7} | ACCEPTED)
    tell(ledger, talk, "StatusNotification", status("Charging", 1))
    tell(ledger, talk, "StatusNotification", status("Charging", 1, connector=2))
    tell(ledger, talk, "MeterValues", meter_values(7, 60, 1100))
    tell(ledger, talk, "StatusNotification", status("SuspendedEV", 100))
    tell(ledger, talk, "StatusNotification", status("Reserved", 150))
    tell(ledger, talk, "StopTransaction", stop(7, 300, 1500, idTag="AB"))
    tell(ledger, talk, "StatusNotification", status("Finishing", 301))
    found = ledger.transactions["7"]
    assert (found.station, found.evse_id, found.token, found.stop_reason) == ("CP1", 1, "AB", "Local")
    assert (found.meter_start_wh, found.meter_stop_wh) == (Decimal(1000), Decimal(1500))
    assert found.energy_wh == 500
    assert found.duration_s == 300
    assert seconds(found) == [(0, "ev connected"), (1, "charging"), (100, "suspended ev")]
    assert found.idle_s() == 200
    assert [int(wh) for _, wh, _ in found.register] == [1000, 1100, 1500]
    assert found.evidence == (3, 9, 15)
    assert not found.offline
    assert found.duplicates == ()


def test_a_session_of_201() -> None:
    """Events make one transaction, with their own states and sequence numbers."""
    ledger, talk = Ledger(), Conversation("2.0.1")
    tell(ledger, talk, "TransactionEvent", transaction("Started", 0, 0, 1000, state="EVConnected"))
    tell(ledger, talk, "TransactionEvent", transaction("Updated", 1, 60, 1100.5, state="Charging"))
    running = ledger.transaction("T1")
    assert running is not None
    assert running.energy_wh == Decimal("100.5")
    assert running.duration_s is None
    assert running.idle_s(NOON + timedelta(seconds=90)) == 0
    tell(ledger, talk, "TransactionEvent", transaction("Ended", 2, 300, 1500, state="Idle"))
    found = ledger.transactions["T1"]
    assert found.energy_wh == 500
    assert found.seq_nos == (0, 1, 2)
    assert seconds(found) == [(0, "ev connected"), (60, "charging"), (300, "idle")]
    assert found.dialect == "2.0.1"


def test_out_of_order() -> None:
    """Events that overtake each other end in the order of their times (variation V04)."""
    ledger, talk = Ledger(), Conversation("2.0.1")
    for kind, seq_no, when, register in (
        ("Ended", 7, 300, 1500),
        ("Updated", 6, 60, 1100),
        ("Started", 5, 0, 1000),
    ):
        tell(ledger, talk, "TransactionEvent", transaction(kind, seq_no, when, register))
    found = ledger.transactions["T1"]
    assert found.started_at == NOON
    assert found.energy_wh == 500
    assert found.seq_nos == (5, 6, 7)
    assert [wh for _, wh, _ in found.register] == [1000, 1100, 1500]


def test_energy_without_register_at_the_ends() -> None:
    """Without registers at start and end, the first and last sample count; without any, nothing is known."""
    ledger, talk = Ledger(), Conversation("2.0.1")
    tell(ledger, talk, "TransactionEvent", transaction("Started", 0, 0))
    assert ledger.transactions["T1"].energy_wh is None
    tell(ledger, talk, "TransactionEvent", transaction("Updated", 1, 60, 1100))
    tell(ledger, talk, "TransactionEvent", transaction("Updated", 2, 90, 1300))
    assert ledger.transactions["T1"].energy_wh == 200


def test_copy_of_a_start() -> None:
    """A StartTransaction whose answer was lost keeps its id, and is folded when it comes again (variation V05)."""
    ledger, talk = Ledger(), Conversation("1.6")
    tell(ledger, talk, "StartTransaction", start(), {"transactionId": 7})
    assert ledger.same_start("CP1", start()) == "7"
    assert ledger.same_start("CP1", start(meter=1001)) is None
    assert ledger.same_start("CP2", start()) is None
    tell(ledger, talk, "StartTransaction", start(), {"transactionId": 7})
    assert len(ledger.transactions) == 1
    assert ledger.transactions["7"].duplicates == ()
    assert ledger.transactions["7"].evidence == (1,)


def test_a_start_that_contradicts() -> None:
    """Two starts at the same instant on one connector that differ are two transactions, and it is said."""
    ledger, talk = Ledger(), Conversation("1.6")
    tell(ledger, talk, "StartTransaction", start(), {"transactionId": 7})
    tell(ledger, talk, "StartTransaction", start(meter=1200), {"transactionId": 8})
    tell(ledger, talk, "StartTransaction", start(), {"transactionId": 9})
    assert ledger.transactions["8"].duplicates == (
        "StartTransaction came again in entry 3 with register 1200 instead of 1000 (entry 1).",
    )
    assert ledger.transactions["9"].duplicates[0] == "StartTransaction of entry 1 came again in entry 5."


@pytest.mark.parametrize(
    ("again", "sentence"),
    [
        (stop(7, 300, 1500), None),
        (
            stop(7, 300, 1600),
            "StopTransaction of transaction 7 came again in entry 5 with register 1600 instead of 1500 (entry 3).",
        ),
        (
            stop(7, 300, 1500, reason="PowerLoss"),
            "StopTransaction of transaction 7 came again in entry 5 with reason PowerLoss instead of Local (entry 3).",
        ),
        (
            stop(7, 300, 1500, transactionData=[{"timestamp": at(9), "sampledValue": [{"value": "1"}]}]),
            "StopTransaction of transaction 7 came again in entry 5 with other meter values (entry 3).",
        ),
    ],
)
def test_copies_of_a_stop(again: Any, sentence: str | None) -> None:
    """A second stop with the same content is folded; one that says something else is kept as a sentence."""
    ledger, talk = Ledger(), Conversation("1.6")
    tell(ledger, talk, "StartTransaction", start(), {"transactionId": 7})
    tell(ledger, talk, "StopTransaction", stop(7, 300, 1500))
    tell(ledger, talk, "StopTransaction", again)
    found = ledger.transactions["7"]
    assert found.duplicates == (() if sentence is None else (sentence,))
    assert found.meter_stop_wh == 1500


def test_copies_of_an_event() -> None:
    """The same sequence number twice is a copy, also when only ``offline`` turned true, or a contradiction."""
    ledger, talk = Ledger(), Conversation("2.0.1")
    tell(ledger, talk, "TransactionEvent", transaction("Started", 0, 0, 1000))
    tell(ledger, talk, "TransactionEvent", transaction("Started", 0, 0, 1000, offline=True))
    assert ledger.transactions["T1"].duplicates == ()
    tell(ledger, talk, "TransactionEvent", transaction("Started", 0, 5, 1000))
    sentence = "; ".join(ledger.transactions["T1"].duplicates)
    assert sentence.startswith(
        "TransactionEvent seqNo 0 of transaction T1 came again in entry 5 with timestamp "
    )


def test_refused_messages_do_not_count() -> None:
    """A CALLERROR means that the station has to send it again."""
    ledger, talk = Ledger(), Conversation("1.6")
    tell(ledger, talk, "StartTransaction", start(), {"transactionId": 7})
    call = talk.say("StopTransaction", stop(7, 300, 1500))
    ledger.feed(call)
    assert ledger.feed(talk.refuse(call)) == ()
    assert ledger.transactions["7"].ended_at is None
    tell(ledger, talk, "StopTransaction", stop(7, 300, 1500))
    assert ledger.transactions["7"].ended_at is not None


def test_withheld_answers() -> None:
    """A CALL that is not answered counts once that is plain, and is told again when the answer comes late."""
    ledger, talk = Ledger(), Conversation("1.6")
    call = talk.say("Authorize", {"idTag": "AB"})
    assert ledger.feed(call) == ()
    assert ledger.withheld(call["seq"]) == (Authorized("AB", None),)
    assert ledger.withheld(call["seq"]) == ()
    assert ledger.withheld(99) == ()
    assert ledger.feed(talk.answer(call, ACCEPTED)) == (Authorized("AB", "Accepted"),)


def test_next_call_shows_that_no_answer_comes() -> None:
    """In a record, the station's next CALL shows that it waits for the last answer no longer."""
    ledger, talk = Ledger(), Conversation("2.0.1")
    ledger.feed(talk.say("TransactionEvent", transaction("Started", 0, 0, 1000)))
    assert len(ledger.transactions) == 0
    (event,) = ledger.feed(talk.say("Heartbeat", {}))
    assert isinstance(event, TransactionChanged)
    assert ledger.transactions["T1"].started_at == NOON


def test_late_answer_to_a_stop_is_no_copy() -> None:
    """A stop told without and then with its answer is one message."""
    ledger, talk = Ledger(), Conversation("1.6")
    tell(ledger, talk, "StartTransaction", start(), {"transactionId": 7})
    call = talk.say("StopTransaction", stop(7, 300, 1500))
    ledger.feed(call)
    ledger.withheld(call["seq"])
    ledger.feed(talk.answer(call, {}))
    assert ledger.transactions["7"].duplicates == ()


def test_start_that_was_never_answered() -> None:
    """Without an answer a 1.6 transaction has no id; its stop, if it comes, stands alone."""
    ledger, talk = Ledger(), Conversation("1.6")
    call = talk.say("StartTransaction", start())
    ledger.feed(call)
    (event,) = ledger.withheld(call["seq"])
    assert isinstance(event, TransactionChanged)
    assert event.transaction_id is None
    assert len(ledger.transactions) == 0
    tell(ledger, talk, "StopTransaction", stop(-1, 300, 1500))
    assert ledger.transactions["-1"].started_at is None
    assert ledger.transactions["-1"].duration_s is None


def test_offline() -> None:
    """What was stated well before the link was opened was said offline; 2.0.1 says so itself."""
    ledger, talk = Ledger(), Conversation("1.6")
    ledger.feed({"kind": "link", "event": "opened", "station": "CP1", "utc": at(1000)})
    ledger.feed({"kind": "link", "event": "lost", "station": "CP1", "utc": at(1001)})
    tell(ledger, talk, "StartTransaction", start(0), {"transactionId": 7})
    tell(ledger, talk, "StartTransaction", start(995), {"transactionId": 8})
    assert ledger.transactions["7"].offline
    assert not ledger.transactions["8"].offline
    talk = Conversation("2.0.1", "CP2")
    tell(ledger, talk, "TransactionEvent", transaction("Started", 0, 0, 1000, offline=True))
    assert ledger.transactions["T1"].offline


def test_statuses_that_come_after_the_stop() -> None:
    """A status with an earlier time still counts for the transaction that it happened in."""
    ledger, talk = Ledger(), Conversation("1.6")
    tell(ledger, talk, "StartTransaction", start(), {"transactionId": 7})
    tell(ledger, talk, "StopTransaction", stop(7, 300, 1500))
    assert ledger.transactions["7"].states == ()
    tell(ledger, talk, "StatusNotification", status("Charging", 10))
    assert seconds(ledger.transactions["7"]) == [(10, "charging")]


def test_status_without_time() -> None:
    """A status without timestamp counts from when it came (variation V01)."""
    ledger, talk = Ledger(), Conversation("1.6")
    tell(ledger, talk, "StartTransaction", start(), {"transactionId": 7})
    talk.now = 20
    tell(ledger, talk, "StatusNotification", status("SuspendedEVSE"))
    assert seconds(ledger.transactions["7"]) == [(20, "suspended evse")]
    assert ledger.transactions["7"].idle_s(NOON + timedelta(hours=1)) == 0


def test_idling_to_the_end() -> None:
    """Idling counts to the end of the transaction, and while it runs to the time asked for."""
    ledger, talk = Ledger(), Conversation("1.6")
    tell(ledger, talk, "StartTransaction", start(), {"transactionId": 7})
    tell(ledger, talk, "StatusNotification", status("SuspendedEV", 100))
    assert ledger.transactions["7"].idle_s() == 0
    assert ledger.transactions["7"].idle_s(NOON + timedelta(seconds=160)) == 60
    assert ledger.transactions["7"].idle_s(NOON + timedelta(seconds=50)) == 0
    tell(ledger, talk, "StatusNotification", status("Charging", 200))
    assert ledger.transactions["7"].idle_s(NOON + timedelta(seconds=160)) == 60


def test_same_id_of_two_stations() -> None:
    """Two stations may choose the same 2.0.1 id: the second is kept apart."""
    ledger = Ledger()
    for name in ("CP1", "CP2", "CP2"):
        tell(ledger, Conversation("2.0.1", name), "TransactionEvent", transaction("Started", 0, 0, 1000))
    assert list(ledger.transactions) == ["T1", "CP2/T1"]


def test_as_if_answered() -> None:
    """What a transaction will be once a pending CALL counts, without changing it."""
    ledger, talk = Ledger(), Conversation("2.0.1")
    first = talk.say("TransactionEvent", transaction("Started", 0, 0, 1000))
    ledger.feed(first)
    preview = ledger.as_if_answered(first["seq"])
    assert preview is not None
    assert preview.started_at == NOON
    assert len(ledger.transactions) == 0
    ledger.feed(talk.answer(first, {}))
    for _ in range(2):
        end = talk.say("TransactionEvent", transaction("Ended", 1, 300, 1500))
        ledger.feed(end)
        preview = ledger.as_if_answered(end["seq"])
        assert preview is not None
        assert preview.energy_wh == 500
        ledger.feed(talk.answer(end, {}))
    assert ledger.transactions["T1"].seq_nos == (0, 1)
    assert ledger.as_if_answered(99) is None
    other = talk.say("Heartbeat", {})
    ledger.feed(other)
    assert ledger.as_if_answered(other["seq"]) is None


def test_entries_that_are_no_frames() -> None:
    """Other entries, unreadable frames and answers of the station are passed over."""
    ledger, talk = Ledger(), Conversation("1.6")
    assert ledger.feed({"kind": "reading", "seq": 1}) == ()
    assert ledger.feed(talk._entry("in", None, None)) == ()
    assert ledger.feed(talk._entry("in", {"type": 3, "payload": {}}, 5)) == ()
    assert ledger.feed(talk._entry("out", {"type": 2, "action": "Reset", "payload": {}}, None)) == ()


def test_memory_is_bounded() -> None:
    """CALLs that never get an answer do not pile up."""
    ledger = Ledger()
    for number in range(1100):
        ledger.feed(Conversation("1.6", f"CP{number}").say("Heartbeat", {}) | {"seq": number})
    assert len(ledger._pending) == 1000


def test_entry_without_readable_time() -> None:
    """A frame whose time cannot be read is folded all the same."""
    ledger, talk = Ledger(), Conversation("1.6")
    call = talk.say("StopTransaction", {"transactionId": 7}) | {"utc": "?"}
    ledger.feed(call)
    ledger.feed(talk.answer(call, {}))
    assert ledger.transactions["7"].ended_at is not None


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_retries_change_nothing(again: list[int], salt: int) -> None:
    """Whatever messages are delivered again, the transaction stays the same and nothing is held against it."""
    messages = [
        transaction("Started", 0, 0, 1000, state="Charging"),
        *(transaction("Updated", n, 60 * n, 1000 + 100 * n + salt % 7) for n in range(1, 5)),
        transaction("Ended", 5, 300, 2000, state="Idle"),
    ]
    once, talk = Ledger(), Conversation("2.0.1")
    for message in messages:
        tell(once, talk, "TransactionEvent", message)
    often, talk = Ledger(), Conversation("2.0.1")
    for message in [*messages, *(messages[index] for index in again)]:
        tell(often, talk, "TransactionEvent", message)
    assert once.transactions["T1"] == often.transactions["T1"]
