"""Answers that are missing, doubled, wrong or strange."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.misbehaviour.conftest import Enact, Frame, Talk

    from wattest.model.scenario import Dialect

pytestmark = pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])


def test_answered_twice(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """The second answer is one too many; nothing else suffers."""
    found = enact("AUTH-003", dialect, talk.Rogue.changing(lambda frame: (frame, frame), talk.is_answer))
    assert list(found.failed) == ["OCP-01"]
    assert "in step 1 (remote_start) was answered again by entry" in found.failed["OCP-01"]
    assert found.blamed("OCP-01") == 1
    assert found.later.verdict == "pass"


def test_never_answered(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """Silence to a CALL fails OCP-01 and NET-02, names the step, and what was to be proven stays undecided."""
    found = enact("AUTH-003", dialect, talk.Rogue.changing(lambda _frame: None, talk.is_answer))
    action = "RemoteStartTransaction" if dialect == "1.6" else "RequestStartTransaction"
    assert set(found.failed) == {"NET-02", "OCP-01"}
    assert f"CALL {action} (id '" in found.failed["OCP-01"]
    assert "in step 1 (remote_start) was not answered within 30 s." in found.failed["OCP-01"]
    assert found.failed["NET-02"].startswith(
        f"Not there: the station during step 1 (remote_start) of AUTH-003: Station 'CP001' did not answer {action}"
    )
    verdict, sentence = found.said["SVC-01"]
    assert verdict == "inconclusive"
    assert sentence.startswith("The scenario ended in step 1 (remote_start): Station 'CP001' did not answer")
    assert found.later.verdict == "pass"


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("another id", "in step 1 (remote_start) answers a CALL 'other' that was never made."),
        ("junk", "The frame is not JSON"),
        ("list", "is an array instead of an object."),
    ],
)
def test_answers_that_answer_nothing(
    enact: Enact, talk: type[Talk], dialect: Dialect, how: str, sentence: str
) -> None:
    """An answer that cannot be told to belong to its CALL is a finding of its own beside the silence."""

    def spoil(frame: Frame) -> Frame | str:
        if how == "junk":
            return "OK"
        return [3, "other", frame[2]] if how == "another id" else [3, frame[1], []]

    found = enact("AUTH-003", dialect, talk.Rogue.changing(spoil, talk.is_answer))
    assert set(found.failed) >= {"NET-02", "OCP-01"}
    assert any(sentence in said for said in found.failed.values())
    assert found.later.verdict == "pass"


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        ({"status": 42}, 'at status: 42 is not of type "string"'),
        ({}, '"status" is a required property'),
        ({"status": "Maybe"}, 'at status: "Maybe" is not one of'),
        ({"status": None}, 'at status: null is not of type "string"'),
        ({"status": ["Accepted"]}, 'at status: ["Accepted"] is not of type "string"'),
    ],
)
def test_answers_against_the_schema(
    enact: Enact, talk: type[Talk], dialect: Dialect, payload: dict[str, object], sentence: str
) -> None:
    """An answer that breaks its schema fails OCP-02, and is no acceptance."""
    rogue = talk.Rogue.changing(lambda frame: [3, frame[1], payload], talk.is_answer)
    found = enact("AUTH-003", dialect, rogue)
    assert set(found.failed) == {"OCP-02", "AUT-04"}
    assert sentence in found.failed["OCP-02"]
    assert "in step 1 (remote_start)" in found.failed["OCP-02"]
    assert found.failed["AUT-04"].startswith("The station's answer to the remote start is '")
    assert found.later.verdict == "pass"


@pytest.mark.parametrize("code", ["InternalError", "Kaputt"])
def test_refused_with_an_error(enact: Enact, talk: type[Talk], dialect: Dialect, code: str) -> None:
    """A CALLERROR is an answer and no acceptance; a code that OCPP does not have fails OCP-02 too."""
    rogue = talk.Rogue.changing(lambda frame: [4, frame[1], code, "no", {}], talk.is_answer)
    found = enact("AUTH-003", dialect, rogue)
    assert (
        found.failed["AUT-04"]
        == f"The station's answer to the remote start is '{code}'; allowed is 'Accepted'."
    )
    assert ("OCP-02" in found.failed) == (code == "Kaputt")
    assert "OCP-01" not in found.failed


def test_a_setting_that_is_refused_before_the_first_step(
    enact: Enact, talk: type[Talk], dialect: Dialect
) -> None:
    """What the scenario needs and cannot have leaves it undecided, and the sentence says why."""
    rogue = talk.Rogue.changing(lambda frame: [4, frame[1], "InternalError", "", {}], talk.is_answer)
    found = enact("OUTAGE-001", dialect, rogue)
    assert found.outcome.verdict == "inconclusive"
    assert "The station answered 'InternalError' to setting meter_interval = 60" in found.outcome.sentence
    assert found.later.verdict == "pass"


def test_silent_before_the_first_step(enact: Enact, talk: type[Talk], dialect: Dialect) -> None:
    """A station that does not answer while the scenario gets ready is blamed for that."""
    found = enact("OUTAGE-001", dialect, talk.Rogue.changing(lambda _frame: None, talk.is_answer))
    assert (
        "the station during getting ready of OUTAGE-001: Station 'CP001' did not answer"
        in found.failed["NET-02"]
    )
    assert found.said["DAT-06"][0] == "inconclusive"
    assert found.later.verdict == "pass"
