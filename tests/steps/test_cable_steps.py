"""Steps with the cable, the locks, and the unlock command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wattest.errors import RequirementFailed
from wattest.steps.cable import check_captive, check_lock, plug_in, unlock_during_transaction, unplug

if TYPE_CHECKING:
    from tests.steps.conftest import Stand

    from wattest.model.scenario import Dialect


def test_a_plug_that_is_released_late_is_still_taken(stand: Stand) -> None:
    """The station may take its time to release the plug, as long as it is allowed to."""
    stand.vehicle(free_at_s=2.0)
    stand.do(plug_in(stand.run_, within=3.0))
    assert stand.checks() == [("plug released and plugged in", "pass")]


def test_a_plug_that_is_never_released(stand: Stand) -> None:
    """A captive plug is the charger's failure, not the rig's."""
    stand.vehicle(free_at_s=60.0)
    with pytest.raises(RequirementFailed) as caught:
        stand.do(plug_in(stand.run_, within=3.0))
    assert str(caught.value) == ("The release of the plug to an authorised driver did not come within 3 s.")
    with pytest.raises(RequirementFailed) as caught:
        stand.do(unplug(stand.run_, within=5.0))
    assert str(caught.value) == "The release of the plug at the vehicle did not come within 5 s."


def test_a_lock_is_seen_from_outside(stand: Stand) -> None:
    """The sensor counts, and the sentence says what it saw."""
    stand.locks("unlocked", "locked")
    stand.do(check_lock(stand.run_, lock="connector", position="locked"))
    with pytest.raises(RequirementFailed) as caught:
        stand.do(check_lock(stand.run_, lock="holster", position="locked", within=5.0))
    assert str(caught.value) == "The holster lock locked (seen unlocked) did not come within 5 s."


def test_a_plug_that_comes_loose(stand: Stand) -> None:
    """A stranger's pull must not free the plug, whatever the lock says."""
    stand.locks("locked", "locked", loose=True)
    with pytest.raises(RequirementFailed) as caught:
        stand.do(check_captive(stand.run_))
    assert str(caught.value) == (
        "The plug pulled at by a stranger (holster) is 'comes loose', but 'stays' was expected."
    )


def unlocked(
    stand: Stand, dialect: Dialect, answer: str, *, ends: bool, connector: str
) -> list[tuple[str, str]]:
    """Unlock a charging connector; the checks, or the sentence that failed."""
    stand.run_.dialect = dialect
    stand.csms.put(stand.transaction(ended_at=None))
    stand.locks("unlocked", connector)
    stand.csms.fake.answers["unlock"] = answer
    if ends:
        stand.csms.fake.then = lambda _command: stand.csms.put(stand.transaction())
    stand.do(unlock_during_transaction(stand.run_, within=10.0))
    return stand.checks()


def test_unlock_on_16(stand: Stand) -> None:
    """OCPP 1.6: the transaction ends, the connector is released."""
    assert unlocked(stand, "1.6", "Unlocked", ends=True, connector="unlocked") == [
        ("a transaction is running", "pass"),
        ("answer to UnlockConnector", "pass"),
        ("transaction ended by UnlockConnector", "pass"),
        ("connector lock after UnlockConnector", "pass"),
    ]


def test_unlock_on_201(stand: Stand) -> None:
    """OCPP 2.0.1: the transaction goes on, the connector stays locked."""
    assert unlocked(stand, "2.0.1", "OngoingAuthorizedTransaction", ends=False, connector="locked") == [
        ("a transaction is running", "pass"),
        ("answer to UnlockConnector", "pass"),
        ("transaction not ended by UnlockConnector", "pass"),
        ("connector lock after UnlockConnector", "pass"),
    ]


@pytest.mark.parametrize(
    ("dialect", "answer", "ends", "connector", "sentence"),
    [
        (
            "1.6",
            "OngoingAuthorizedTransaction",
            True,
            "unlocked",
            (
                "The answer to UnlockConnector during a transaction is 'OngoingAuthorizedTransaction'; "
                "allowed is 'Unlocked'."
            ),
        ),
        (
            "1.6",
            "Unlocked",
            False,
            "unlocked",
            "The end of the transaction after UnlockConnector did not come within 10 s.",
        ),
        (
            "1.6",
            "Unlocked",
            True,
            "locked",
            "The connector lock after UnlockConnector is 'locked', but 'unlocked' was expected.",
        ),
        (
            "2.0.1",
            "OngoingAuthorizedTransaction",
            True,
            "locked",
            "The end of the transaction after UnlockConnector came once in 10 s; never is allowed.",
        ),
        (
            "2.0.1",
            "OngoingAuthorizedTransaction",
            False,
            "unlocked",
            "The connector lock after UnlockConnector is 'unlocked', but 'locked' was expected.",
        ),
    ],
)
def test_unlock_against_the_rule(
    stand: Stand, dialect: Dialect, answer: str, ends: bool, connector: str, sentence: str
) -> None:
    """What one dialect demands, the other forbids."""
    with pytest.raises(RequirementFailed) as caught:
        unlocked(stand, dialect, answer, ends=ends, connector=connector)
    assert str(caught.value) == sentence


def test_nothing_to_unlock(stand: Stand) -> None:
    """Without a transaction there is no session to hold the rule against: the start failed."""
    with pytest.raises(RequirementFailed) as caught:
        stand.do(unlock_during_transaction(stand.run_))
    assert str(caught.value) == "Not there: a running transaction."
    assert stand.notes[-1]["requirements"] == ("AUT-02",)
