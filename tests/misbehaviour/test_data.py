"""What is said in good form and is wrong: times, registers, ids, places."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.misbehaviour.conftest import Enact, Frame, Rogue, Talk

    from wattest.model.scenario import Dialect

both = pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])


def stamped(talk: type[Talk], change: Callable[[Any], Any]) -> Rogue:
    """Changes every stated time."""
    return talk.Rogue.changing(lambda frame: talk.each(frame, "timestamp", change))


def metered(talk: type[Talk], change: Callable[[Any], Any]) -> Rogue:
    """Changes every sampled value."""
    return talk.Rogue.changing(
        lambda frame: talk.each(frame, "value", change),
        lambda frame: frame[0] == 2 and frame[2] in {"MeterValues", "StopTransaction", "TransactionEvent"},
    )


def raw_values(talk: type[Talk], token: str) -> Rogue:
    """Writes every sampled value as this JSON token."""

    def spoil(frame: Frame) -> str:
        return json.dumps(talk.each(frame, "value", lambda _: "@")).replace('"@"', token)

    return talk.Rogue.changing(
        spoil, lambda frame: frame[0] == 2 and frame[2] in {"MeterValues", "TransactionEvent"}
    )


# --- times -----------------------------------------------------------------------------------------------


@both
def test_another_offset_is_allowed(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """Times with the offset of Montreal say the same as UTC."""
    zone = timezone(timedelta(hours=-5))
    rogue = stamped(talk, lambda text: datetime.fromisoformat(text).astimezone(zone).isoformat())
    assert enact("BILL-001", dialect, rogue).outcome.verdict == "pass"


@both
def test_local_time_without_a_zone(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """A time without offset could be anywhere: DAT-01, and the schema's date-time too."""
    found = enact(
        "BILL-001", dialect, stamped(talk, lambda text: text.replace("Z", "").replace("T12", "T07"))
    )
    assert set(found.failed) == {"DAT-01", "OCP-02"}
    assert "is no ISO 8601 time with 'Z' or an offset." in found.failed["DAT-01"]
    assert found.later.verdict == "pass"


@both
def test_local_time_that_pretends_to_be_utc(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """Five hours behind the bench: DAT-01 alone."""
    found = enact("AUTH-001", dialect, stamped(talk, lambda text: text.replace("T12", "T07")))
    assert list(found.failed) == ["DAT-01"]
    assert "is 18000.0 s behind the clock of the bench although it was sent at once" in found.failed["DAT-01"]
    assert "in step 7 (expect_transaction)" in found.failed["DAT-01"]


@both
def test_a_clock_that_was_never_set(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """1970: DAT-01 fails; the bill, for which no tax is known, stays undecided, and nothing breaks."""
    found = enact("BILL-001", dialect, stamped(talk, lambda _: "1970-01-01T00:00:00Z"))
    assert set(found.failed) == {"DAT-01"}, found.failed
    assert "behind the clock of the bench" in found.failed["DAT-01"]
    assert found.said["BIL-02"][0] == "inconclusive"
    assert "1970-01-01" in found.said["BIL-02"][1]
    assert found.later.verdict == "pass"


@both
@pytest.mark.parametrize(
    "text",
    ["yesterday noon", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", ""],
)
def test_times_that_are_none(enact: Enact, talk: type[Talk], dialect: Dialect, text: str) -> None:
    """Text that is no time, or beyond what can be reckoned with, fails DAT-01 and breaks nothing."""
    found = enact("BILL-001", dialect, stamped(talk, lambda _: text))
    assert set(found.failed) - {"OCP-02"} == {"DAT-01"}, found.failed
    assert f"The time '{text}' in StatusNotification (id '" in found.failed["DAT-01"]
    assert "before the first step is no ISO 8601 time" in found.failed["DAT-01"]
    assert found.later.verdict == "pass"


@both
@pytest.mark.parametrize("value", [1768478400, None, {"timestamp": {"timestamp": ["x"]}}])
def test_times_of_another_type(enact: Enact, talk: type[Talk], dialect: Dialect, value: Any) -> None:
    """A number, null or an object in place of a time breaks the schema; the session cannot be told."""
    found = enact("AUTH-001", dialect, stamped(talk, lambda _: value))
    assert "timestamp" in found.failed["OCP-02"]
    assert found.outcome.verdict == "fail"
    assert found.later.verdict == "pass"


# --- meter values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["12 kWh", "NaN", "-Infinity", "1e399", "16,5", "", "9" * 60, "0x10", "١٢"])
def test_sampled_text_that_is_no_number(enact: Enact, talk: type[Talk], value: str) -> None:
    """OCPP 1.6 sends numbers as text: what is none passes the schema and fails OCP-02 all the same."""
    found = enact("BILL-001", "1.6", metered(talk, lambda _: value))
    assert list(found.failed) == ["OCP-02"], found.failed
    assert "the sampled value '" in found.failed["OCP-02"]
    assert "is no number." in found.failed["OCP-02"]
    assert "in step 6 (charge)" in found.failed["OCP-02"]
    assert found.later.verdict == "pass"


def test_signed_meter_values_are_allowed(enact: Enact, talk: type[Talk]) -> None:
    """Format SignedData is no number and need not be one."""

    def signed(frame: Frame) -> Frame:
        sample = {"value": "c2lnbmVk", "format": "SignedData", "context": "Sample.Periodic"}
        return talk.each(frame, "sampledValue", lambda samples: [*samples, sample])  # type: ignore[no-any-return]

    rogue = talk.Rogue.changing(signed, lambda frame: frame[0] == 2 and frame[2] == "MeterValues")
    assert enact("BILL-001", "1.6", rogue).outcome.verdict == "pass"


@both
@pytest.mark.parametrize("token", ["NaN", "1e400", "9" * 400, "null", '"5 Wh"', "{}", "true"])
def test_sampled_values_of_no_sense(enact: Enact, talk: type[Talk], dialect: Dialect, token: str) -> None:
    """Whatever stands in place of a number, the frame is named and the run goes on."""
    found = enact("BILL-001", dialect, raw_values(talk, token))
    assert "OCP-02" in found.failed
    assert found.later.verdict == "pass"


@pytest.mark.parametrize("token", ["1e300", "-1e300", "-0.0", "9223372036854775808"])
def test_sampled_values_beyond_reason(enact: Enact, talk: type[Talk], token: str) -> None:
    """Numbers that no meter shows fail what they contradict, in sentences that a person can read."""
    found = enact("BILL-001", "2.0.1", raw_values(talk, token))
    assert found.outcome.verdict in {"fail", "inconclusive"}
    assert found.later.verdict == "pass"


@both
def test_negative_energy(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """A session that gives back what it drew is no session: registers fall or disagree with the reference meter."""

    def negative(value: Any) -> Any:
        return str(-float(value)) if isinstance(value, str) else -value

    found = enact("BILL-001", dialect, metered(talk, negative))
    assert found.outcome.verdict == "fail"
    assert {"MET-10", "DAT-03"} & set(found.failed)
    assert "OCP-02" not in found.failed


def test_register_as_text_with_a_unit(enact: Enact, talk: type[Talk]) -> None:
    """A meterStart of '1200 Wh' breaks its schema; the start is not taken, and AUT-02 fails with it."""
    rogue = talk.Rogue.changing(lambda frame: talk.each(frame, "meterStart", lambda wh: f"{wh} Wh"))
    found = enact("AUTH-001", "1.6", rogue)
    assert set(found.failed) == {"AUT-02", "OCP-02"}
    assert "StartTransaction request at meterStart" in found.failed["OCP-02"]


# --- ids and places --------------------------------------------------------------------------------------


@both
def test_one_message_id_for_two(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """A message id that stands for two messages fails OCP-04."""
    again = talk.Rogue.interjecting([2, "1", "Heartbeat", {}], [2, "1", "DataTransfer", {"vendorId": "v"}])
    found = enact("AUTH-001", dialect, again)
    assert list(found.failed) == ["OCP-04"]
    assert "The id '1' of DataTransfer" in found.failed["OCP-04"]
    assert "was used before by entry" in found.failed["OCP-04"]
    assert "in step 4 (expect_transaction)" in found.failed["OCP-04"]
    assert found.later.verdict == "pass"


def test_a_sequence_number_that_stands_still(enact: Enact, talk: type[Talk]) -> None:
    """A seqNo that means two things fails OCP-04 with its transaction."""
    rogue = talk.Rogue.changing(lambda frame: talk.each(frame, "seqNo", lambda _: 0))
    found = enact("AUTH-001", "2.0.1", rogue)
    assert "The seqNo 0 of entry" in found.failed["OCP-04"]
    assert "stood for another event of transaction" in found.failed["OCP-04"]


@both
def test_a_transaction_id_used_again(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """Two transactions under one id: OCP-04 in 2.0.1, where the station makes ids; in 1.6 it ends one never given."""
    constant = 1 if dialect == "1.6" else "1"
    rogue = talk.Rogue.changing(lambda frame: talk.each(frame, "transactionId", lambda _: constant))
    found = enact("OUTAGE-003", dialect, rogue)
    assert found.outcome.verdict == "fail"
    assert {"OCP-04", "DAT-06"} & set(found.failed)
    assert found.later.verdict == "pass"


def test_the_end_of_a_transaction_that_never_was(enact: Enact, talk: type[Talk]) -> None:
    """A StopTransaction with an id of the station's own ends nothing."""
    rogue = talk.Rogue.changing(lambda frame: talk.each(frame, "transactionId", lambda _: 1))
    found = enact("AUTH-001", "1.6", rogue)
    assert found.failed["AUT-02"] == "A transaction that is ended did not come within 30 s."


@both
@pytest.mark.parametrize("value", [None, "9" * 200, 2**40, [], {"a": 1}])
def test_transaction_ids_of_no_sense(enact: Enact, talk: type[Talk], dialect: Dialect, value: Any) -> None:
    """Ids that no schema allows are named, and nobody stumbles over them."""
    rogue = talk.Rogue.changing(lambda frame: talk.each(frame, "transactionId", lambda _: value))
    found = enact("BILL-001", dialect, rogue)
    assert "OCP-02" in found.failed
    assert found.later.verdict == "pass"


@pytest.mark.parametrize(("dialect", "key"), [("1.6", "connectorId"), ("2.0.1", "evseId")])
@pytest.mark.parametrize("number", [99, -1])
def test_a_place_that_the_sheet_does_not_have(
    enact: Enact, talk: type[Talk], dialect: Dialect, key: str, number: int
) -> None:
    """A charger with one connector that speaks of connector 99 fails OCP-02."""
    found = enact("AUTH-001", dialect, talk.Rogue.changing(lambda f: talk.each(f, key, lambda _: number)))
    assert f"{number}; the charger sheet states 1." in found.failed["OCP-02"]
    assert found.later.verdict == "pass"


@both
def test_a_card_of_fifty_thousand_characters(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """The sentence about a text that is too long is short."""

    def long(frame: Frame) -> Any:
        change = lambda token: {**token, "idToken": "Y" * 50_000} if isinstance(token, dict) else "X" * 50_000  # noqa: E731
        return talk.each(talk.each(frame, "idTag", change), "idToken", change)

    found = enact("AUTH-001", dialect, talk.Rogue.changing(long))
    assert len(found.failed["OCP-02"]) < 500
    assert found.later.verdict == "pass"


@both
def test_the_letters_of_a_card_may_be_of_either_case(
    enact: Enact, talk: type[Talk], dialect: Dialect
) -> None:
    """OCPP calls card numbers case-insensitive: nothing is wrong with small letters."""

    def small(frame: Frame) -> Any:
        frame = talk.each(frame, "idTag", str.lower)
        return talk.each(
            frame,
            "idToken",
            lambda t: t.lower() if isinstance(t, str) else talk.each(t, "idToken", str.lower),
        )

    assert enact("AUTH-001", dialect, talk.Rogue.changing(small)).outcome.verdict == "pass"
