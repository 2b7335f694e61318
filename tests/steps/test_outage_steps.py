"""Steps after outages: coming back, and delivering what was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import Inconclusive, RequirementFailed
from wattest.steps.card import remote_start, remote_stop
from wattest.steps.message import configure
from wattest.steps.outage import check_delivered, cut_network, expect_boot, expect_connected, reset

if TYPE_CHECKING:
    from tests.steps.conftest import Stand


def test_a_boot_or_a_reconnect(stand: Stand) -> None:
    """The return since the last loss counts, whichever way it shows; a reconnect is waited for no longer than 5 s."""
    stand.csms.back = (12.0, 77)
    stand.csms.booted_after_s = 60.0
    stand.do(expect_boot(stand.run_, within=60.0))
    assert stand.csms.back_since == 41
    assert stand.checks() == [("station back", "pass")]
    assert stand.notes[-1]["evidence"] == (77,)
    assert stand.notes[-1]["inputs"]["after_s"] == 12.0
    assert stand.clock.monotonic() == 17.0


def test_no_return(stand: Stand) -> None:
    """A station that does not come back fails, with the time it was given."""
    with pytest.raises(RequirementFailed) as caught:
        stand.do(expect_boot(stand.run_, within=60.0))
    assert str(caught.value) == "The station's return by boot or reconnect did not come within 60 s."


def test_no_connection(stand: Stand) -> None:
    """As long as there is no link the station is not connected."""
    stand.csms.connected = False
    with pytest.raises(RequirementFailed) as caught:
        stand.do(expect_connected(stand.run_, within=30.0))
    assert str(caught.value) == "The connection of the station did not come within 30 s."


def test_a_cut_that_has_no_effect(stand: Stand) -> None:
    """A fault that is not proven effective decides nothing."""

    class Network:
        async def cut(self) -> None: ...

    stand.parts["network"] = Network()
    with pytest.raises(Inconclusive) as caught:
        stand.do(cut_network(stand.run_))
    assert str(caught.value) == (
        "The network was cut (entry 1) but the station is still connected after 60 s: "
        "the fault is not proven effective."
    )


def delivered(stand: Stand, *transactions: Any, count: int) -> None:
    stand.csms.put(*transactions)
    stand.do(check_delivered(stand.run_, transactions=count, within=60.0))


def test_all_delivered(stand: Stand) -> None:
    """As many as there were, each whole."""
    delivered(stand, stand.transaction(), stand.transaction(id="8"), count=2)
    assert [outcome for _, outcome in stand.checks()] == ["pass", "pass", "pass"]


def test_one_lost(stand: Stand) -> None:
    """A transaction that never came is named by its number."""
    with pytest.raises(RequirementFailed) as caught:
        delivered(stand, stand.transaction(), stand.transaction(id="8", ended_at=None), count=2)
    assert str(caught.value) == "2 complete transactions (1 came) did not come within 60 s."


def test_one_too_many(stand: Stand) -> None:
    """A doubled transaction fails although each is whole."""
    with pytest.raises(RequirementFailed) as caught:
        delivered(stand, stand.transaction(), stand.transaction(id="8"), count=1)
    assert str(caught.value) == "The number of transactions is '2', but '1' was expected."


def test_one_that_contradicts_itself(stand: Stand) -> None:
    """Two messages that say different things of one transaction fail."""
    said_twice = stand.transaction(duplicates=("stopped at 1500 Wh and at 1400 Wh",))
    with pytest.raises(RequirementFailed, match="stopped at 1500 Wh and at 1400 Wh"):
        delivered(stand, said_twice, count=1)


@pytest.mark.parametrize(
    ("step", "command", "sentence"),
    [
        (
            lambda run: reset(run, kind="hard"),
            "reset",
            "The answer to a hard reset is 'Rejected'; allowed is 'Accepted' or 'Scheduled'.",
        ),
        (
            lambda run: remote_start(run, card="driver"),
            "remote_start",
            "The station's answer to the remote start is 'Rejected'; allowed is 'Accepted'.",
        ),
        (
            lambda run: configure(run, setting="heartbeat_interval", value="60"),
            "configure",
            (
                "The answer to setting heartbeat_interval to 60 is 'Rejected'; "
                "allowed is 'Accepted' or 'RebootRequired'."
            ),
        ),
    ],
)
def test_a_command_that_is_refused(stand: Stand, step: Any, command: str, sentence: str) -> None:
    """A refusal is a failure with the word that the station used."""
    stand.csms.fake.answers[command] = "Rejected"
    with pytest.raises(RequirementFailed) as caught:
        stand.do(step(stand.run_))
    assert str(caught.value) == sentence


def test_nothing_to_stop(stand: Stand) -> None:
    """A remote stop without a transaction fails before anything is sent."""
    with pytest.raises(RequirementFailed) as caught:
        stand.do(remote_stop(stand.run_))
    assert str(caught.value) == "Not there: a running transaction."
    assert stand.csms.fake.asked == []
