"""Card data blames the station only where the station gave it out, and a pass needs a payment card."""

from __future__ import annotations

from typing import Any

from tests.judge.conftest import Story

from wattest.judge.monitors import card_data
from wattest.judge.rules import decide
from wattest.judge.sessions import Scene
from wattest.judge.trace import Trace

FOUND = {
    "what": "card number",
    "issuer": "Visa",
    "last_four": "1111",
    "fingerprint": "0011223344556677",
    "wrapped": ["base64"],
    "field": "data",
}


def _findings(story: Story) -> dict[str, tuple[str, str]]:
    scene = Scene(Trace.of(story.entries), story.facts)
    found: dict[str, tuple[str, str]] = {}
    for finding in card_data.watch(scene):
        decision = decide(finding.rule, finding.inputs)
        found[finding.requirements[0]] = (decision.outcome, decision.sentence)
    return found


def _frame(story: Story, direction: str, **more: Any) -> int:
    return story.note(
        "frame",
        station="CP001",
        dialect="1.6",
        direction=direction,
        raw="",
        message=None,
        violations=[],
        answers=None,
        **more,
    )


def _tapped(story: Story, *, taken: bool = True) -> None:
    story.note(
        "observation",
        role="operator",
        what="payment card",
        value={"card": "visa", "taken": taken},
        evidence=(),
    )


def test_nothing_was_used_and_nothing_found() -> None:
    """Frames of a run without payment cards prove nothing about them."""
    story = Story()
    _frame(story, "in")
    assert _findings(story) == {}
    _tapped(story, taken=False)
    assert _findings(story) == {}


def test_a_clean_payment_passes() -> None:
    """A card was used, the station talked and showed something, and no number stood there."""
    story = Story()
    _tapped(story)
    _frame(story, "in")
    story.note("observation", role="display", what="display", value={"lines": ["x"]}, evidence=())
    assert {name: outcome for name, (outcome, _) in _findings(story).items()} == {
        "PAY-02": "pass",
        "PAY-03": "pass",
    }


def test_a_frame_leaks() -> None:
    """A frame of the station with card data fails, also where no card of ours was used."""
    story = Story()
    seq = _frame(story, "in", card_data=[FOUND])
    outcome, sentence = _findings(story)["PAY-02"]
    assert outcome == "fail"
    assert (
        f"A frame (entry {seq}, before the first step) holds a card number of Visa ending in 1111 in 'data' (base64)."
        in sentence
    )


def test_a_file_and_a_screen_leak() -> None:
    """So does a log that was kept; a whole number on the screen fails both requirements."""
    story = Story()
    story.note("file", name="diagnostics.log", card_data=[FOUND])
    assert _findings(story)["PAY-02"][0] == "fail"
    story = Story()
    story.note("observation", role="display", what="display", value={}, evidence=(), card_data=[FOUND])
    assert {name: outcome for name, (outcome, _) in _findings(story).items()} == {
        "PAY-02": "fail",
        "PAY-03": "fail",
    }


def test_what_we_say_ourselves_blames_nobody() -> None:
    """Frames of the central system and exchanges with instruments are hidden, and are no leak of the station."""
    story = Story()
    _frame(story, "out", card_data=[FOUND])
    story.note("exchange", card_data=[FOUND])
    assert _findings(story) == {}


def test_a_log_that_was_handed_out_blames_for_the_cards_of_the_bench_only() -> None:
    """A stranger's number in a station's log is for the step to doubt; that of a test card fails here too."""
    for last_four, outcome in (("1111", "fail"), ("1234", "pass")):
        story = Story()
        _tapped(story)
        _frame(story, "in")
        story.note("file", name="a.log", origin="station", card_data=[{**FOUND, "last_four": last_four}])
        assert _findings(story)["PAY-02"][0] == outcome
