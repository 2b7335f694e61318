"""Steps that follow the money of a payment card: what fails, what is doubt, and what is a mistake of the scenario."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.model.library import library_folder
from wattest.model.read import read_tariff
from wattest.roles import Movement, Statement
from wattest.steps.card import present_payment_card
from wattest.steps.payment import (
    check_unanswered,
    end_if_running,
    expect_authorisation,
    expect_capture,
    expect_no_session,
    expect_refusal,
    expect_release,
    expect_settled,
    outspend_reservation,
    set_acquirer,
    trust_terminal,
)

if TYPE_CHECKING:
    from tests.steps.conftest import Stand

TARIFF = read_tariff(library_folder("fixtures") / "tariffs" / "energy_only.yaml")
TOTAL = "0.40"
"""What the transaction of the stand costs by that tariff."""

Line = tuple[str, str]


class Acquirer:
    """Shows one statement, or from a time on another."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.lines: list[tuple[float, str, str]] = []
        self.answer = "approve"
        self.since: datetime | None = None

    async def set_answer(self, answer: str) -> None:
        self.answer = answer

    async def statement(self, since: datetime) -> Statement:
        self.since = since
        now = self.stand.clock.monotonic()
        movements = [
            Movement(kind, Decimal(amount), "CAD", "1111", "A1")  # type: ignore[arg-type]
            for at, kind, amount in self.lines
            if at <= now
        ]
        return Statement(tuple(movements), (11,))


def paid(stand: Stand, *lines: Line, presented: bool = True) -> Acquirer:
    """A bench with an acquirer that shows these from the beginning, and a card that was presented."""
    acquirer = Acquirer(stand)
    acquirer.lines = [(0.0, *line) for line in lines]
    stand.parts["acquirer"] = acquirer

    async def ask(_question: str, answers: tuple[str, ...]) -> str:
        return answers[0]

    stand.parts["operator"] = SimpleNamespace(ask=ask)
    stand.given(tariff=TARIFF)
    if presented:
        stand.do(present_payment_card(stand.run_, card="visa"))
    return acquirer


def captured(stand: Stand, *lines: Line) -> Any:
    paid(stand, *lines)
    stand.csms.put(stand.transaction())
    return stand.do(expect_capture(stand.run_, transaction=stand.transaction()))


@pytest.mark.parametrize(
    "lines",
    [
        [("authorised", "50.00"), ("captured", TOTAL)],
        [("authorised", "50.00"), ("captured", TOTAL), ("released", "49.60")],
        [("authorised", "80.00"), ("captured", "0.15"), ("captured", "0.25")],
        [("authorised", "50.00"), ("captured", "0.50"), ("refunded", "0.10")],
        [("authorised", "0.30"), ("captured", "0.30")],
        [("authorised", "0.30"), ("authorised", "0.30"), ("captured", TOTAL)],
    ],
    ids=["one message", "rest released", "two parts", "refund", "capped", "raised"],
)
def test_a_total_taken_as_it_should(stand: Stand, lines: list[Line]) -> None:
    """However the acquirer is told: what stays taken is the total, or what was reserved when that is less."""
    captured(stand, *lines)
    assert [outcome for _, outcome in stand.checks()] == ["pass"] * 4


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            [("authorised", "50.00"), ("captured", "50.01")],
            "What was captured is 50.01 CAD; at most 50.00 CAD is allowed.",
        ),
        (
            [("authorised", "50.00"), ("captured", TOTAL), ("captured", TOTAL)],
            "What was captured for transaction 7 and not refunded is 0.80 CAD; 0.40 CAD",
        ),
        (
            [("authorised", "50.00"), ("captured", "0.39")],
            "What was captured for transaction 7 and not refunded is 0.39 CAD; 0.40 CAD",
        ),
    ],
)
def test_a_total_taken_as_it_should_not(stand: Stand, lines: list[Line], sentence: str) -> None:
    """More than was reserved, twice, and one cent too little fail with their amounts."""
    with pytest.raises(RequirementFailed) as failed:
        captured(stand, *lines)
    assert str(failed.value).startswith(sentence)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([("authorised", "50.00")], "Nothing was captured within limit payment_capture; 0.40 CAD are due."),
        ([], "The acquirer's statement shows no authorisation: nothing was reserved."),
        ([("captured", TOTAL)], "shows captures without an authorisation since the card was presented (A1)"),
    ],
)
def test_a_capture_that_decides_nothing(stand: Stand, lines: list[Line], why: str) -> None:
    """What may come later, what was never reserved, and what belongs to another session is doubt."""
    with pytest.raises(Inconclusive) as doubt:
        captured(stand, *lines)
    assert why in str(doubt.value)


def test_a_session_of_nothing_must_free_its_reservation(stand: Stand) -> None:
    """Nothing is due, so nothing is taken, and what was reserved is released."""
    free = stand.transaction(meter_stop_wh=Decimal(500))
    paid(stand, ("authorised", "50.00"), ("released", "50.00"))
    stand.csms.put(free)
    stand.do(expect_capture(stand.run_, transaction=free))
    assert stand.checks()[-1] == ("nothing reserved any more", "pass")
    paid(stand, ("authorised", "50.00"))
    with pytest.raises(
        RequirementFailed, match=r"still reserved on the card, after the session is 50\.00 CAD"
    ):
        stand.do(expect_capture(stand.run_, transaction=free))


def test_a_release_is_waited_for(stand: Stand) -> None:
    """It counts from the lapse of the authorisation, and may come at the end of its limit; a second later it fails."""
    acquirer = paid(stand, ("authorised", "50.00"))
    begin = stand.clock.monotonic()
    acquirer.lines.append((begin + 60.0 + 180.0, "released", "50.00"))
    stand.do(expect_release(stand.run_, after="connection time-out"))
    assert [outcome for _, outcome in stand.checks()] == ["pass", "pass"]
    acquirer = paid(stand, ("authorised", "50.00"))
    acquirer.lines.append((stand.clock.monotonic() + 181.0, "released", "50.00"))
    with pytest.raises(
        RequirementFailed, match=r"what is still reserved on the card|still reserved on the card"
    ):
        stand.do(expect_release(stand.run_))


def test_a_release_after_a_capture_is_none(stand: Stand) -> None:
    """Taken without a session fails, whatever was reserved."""
    paid(stand, ("authorised", "50.00"), ("captured", "1.00"))
    with pytest.raises(
        RequirementFailed, match=r"captured without a session is 1\.00 CAD; at most 0\.00 CAD"
    ):
        stand.do(expect_release(stand.run_))


def test_what_the_acquirer_decided_is_waited_for(stand: Stand) -> None:
    """An answer may take its time; without one nothing is proven, and nobody is blamed."""
    acquirer = paid(stand)
    acquirer.lines = [(stand.clock.monotonic() + 20.0, "authorised", "50.00")]
    stand.do(expect_authorisation(stand.run_))
    with pytest.raises(
        Inconclusive, match=r"shows no refusal since the card was presented, and 50\.00 CAD authorised"
    ):
        stand.do(expect_refusal(stand.run_))
    acquirer.lines = [(0.0, "refused", "50.00")]
    stand.do(expect_refusal(stand.run_))
    with pytest.raises(Inconclusive, match="shows no authorisation since the card was presented"):
        stand.do(expect_authorisation(stand.run_))
    assert stand.checks() == []


def test_sessions_of_the_card_only(stand: Stand) -> None:
    """A transaction from before the card is none of it; one after it is, even when it has ended."""
    stand.csms.put(stand.transaction(id="6"))
    paid(stand, ("refused", "50.00"))
    stand.do(expect_no_session(stand.run_))
    assert stand.checks()[-1] == ("no session with the card", "pass")
    stand.csms.put(stand.transaction())
    with pytest.raises(RequirementFailed, match="number of transactions since the card was presented is '1'"):
        stand.do(expect_no_session(stand.run_))


def test_no_answer_without_a_policy(stand: Stand) -> None:
    """No session may start; a card that was refused instead decides nothing."""
    paid(stand, ("authorised", "50.00"))
    stand.do(check_unanswered(stand.run_))
    stand.csms.put(stand.transaction())
    with pytest.raises(RequirementFailed):
        stand.do(check_unanswered(stand.run_))
    paid(stand, ("refused", "50.00"))
    with pytest.raises(Inconclusive, match="refused the card instead of leaving it without an answer"):
        stand.do(check_unanswered(stand.run_))


def test_no_answer_with_a_stated_policy(stand: Stand) -> None:
    """A session may start and is ended; at most its total is taken, and nothing stays reserved."""
    features = (*stand.run_.sheet.features, "offline_payment")
    stand.run_.sheet = replace(stand.run_.sheet, features=features)
    acquirer = paid(stand)
    running = stand.transaction(ended_at=None)
    stand.csms.put(running)

    def end(_command: str) -> None:
        stand.csms.put(stand.transaction())

    stand.csms.fake.then = end
    stand.do(check_unanswered(stand.run_))
    assert stand.csms.fake.asked == [("remote_stop", ("7",))]
    acquirer.lines = [(0.0, "authorised", TOTAL), (0.0, "captured", TOTAL)]
    stand.do(expect_settled(stand.run_))
    assert {outcome for _, outcome in stand.checks()} == {"pass"}
    acquirer.lines = [(0.0, "authorised", "50.00"), (0.0, "captured", "0.41")]
    with pytest.raises(
        RequirementFailed, match=r"What was captured is 0\.41 CAD; at most 0\.40 CAD is allowed"
    ):
        stand.do(expect_settled(stand.run_))


def test_settled_without_a_session_is_released(stand: Stand) -> None:
    """Then it is as for anybody who did not charge."""
    paid(stand, ("authorised", "50.00"))
    with pytest.raises(RequirementFailed, match="still reserved on the card"):
        stand.do(expect_settled(stand.run_))


def test_a_session_that_outspends_its_reservation(stand: Stand) -> None:
    """It goes on until it costs a tenth more and is then ended; one that the station ends is left alone."""
    paid(stand, ("authorised", "50.00"))
    running = stand.transaction(ended_at=None)
    stand.csms.put(running)
    begin = stand.clock.monotonic()

    def bill(_transaction: Any, _until: Any) -> Any:
        return SimpleNamespace(total=Decimal(int(stand.clock.monotonic() - begin)))

    stand.run_.csms.till = SimpleNamespace(bill=bill)  # type: ignore[assignment]

    def end(_command: str) -> None:
        stand.csms.put(stand.transaction())

    stand.csms.fake.then = end
    stand.do(outspend_reservation(stand.run_, within=120.0))
    assert stand.clock.monotonic() - begin == 55.0
    assert stand.csms.fake.asked == [("remote_stop", ("7",))]
    stand.csms.put(running)
    begin = stand.clock.monotonic() + 1000.0
    with pytest.raises(
        Inconclusive, match=r"In 60 s the session has not come to cost 55\.00, a tenth more than the 50\.00"
    ):
        stand.do(outspend_reservation(stand.run_, within=60.0))


def test_a_session_that_does_not_end_is_doubt(stand: Stand) -> None:
    """What goes on after a remote stop has no total; what has ended is not touched."""
    paid(stand)
    stand.do(end_if_running(stand.run_))
    assert stand.csms.fake.asked == []
    stand.csms.put(stand.transaction(ended_at=None))
    with pytest.raises(Inconclusive, match="Transaction 7 did not end within 30 s of the remote stop"):
        stand.do(end_if_running(stand.run_))


def test_what_is_arranged_is_noted(stand: Stand) -> None:
    """The acquirer's manner as an action, the trust in unknown tokens as a setting."""
    acquirer = paid(stand)
    stand.do(set_acquirer(stand.run_, answers="refuse"))
    assert acquirer.answer == "refuse"
    stand.do(trust_terminal(stand.run_))
    assert stand.run_.csms.accepts_unknown is True
    kinds = [(note["kind"], note.get("action") or note.get("what")) for note in stand.notes[-2:]]
    assert kinds == [("action", "set_answer"), ("setting", "unknown tokens")]


def test_a_card_must_be_presented_first(stand: Stand) -> None:
    """Otherwise nobody knows since when the statement counts: a mistake of the scenario."""
    paid(stand, presented=False)
    with pytest.raises(BenchError) as stopped:
        stand.do(expect_release(stand.run_))
    assert str(stopped.value) == (
        "No payment card was presented yet: begin with 'present_payment_card: {card: visa}'."
    )
