"""A record's conclusions are drawn again; whatever does not follow is told."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import pytest

from wattest.judge.decision import plain
from wattest.judge.facts import Facts
from wattest.judge.monitors import run_monitors
from wattest.judge.recheck import recheck
from wattest.judge.rules import decide
from wattest.judge.verdicts import item_verdict, requirement_verdicts, run_table, sealed


@dataclass
class Run:
    """A record in memory, written as a runner writes it."""

    entries: list[dict[str, Any]]
    header: dict[str, Any]
    footer: dict[str, Any] | None = None

    def entry(self, kind: str, place: int = 0) -> dict[str, Any]:
        return [entry for entry in self.entries if entry["kind"] == kind][place]


def _judge(story: Any, covers: tuple[str, ...], first: int, carry: Any = None) -> Any:
    findings, carry = run_monitors(story.entries[first:], story.facts, carry)
    for finding in findings:
        decision = decide(finding.rule, finding.inputs)
        story.note(
            "check",
            requirements=list(finding.requirements),
            name=finding.name,
            rule=finding.rule,
            inputs=plain(finding.inputs),
            outcome=decision.outcome,
            sentence=decision.sentence,
            evidence=list(finding.evidence),
            band=decision.band,
            figures=plain(decision.figures),
            monitor=finding.monitor,
            step=finding.step,
        )
    lines = requirement_verdicts(story.entries[first:], covers)
    for name, line in lines.items():
        story.note(
            "verdict",
            key="X-001",
            dialect=story.dialect,
            attempt=1,
            requirement=name,
            verdict=line.verdict,
            sentence=line.sentence,
            checks=list(line.checks),
        )
    verdict, sentence = item_verdict(story.entries[first:], lines)
    story.note(
        "scenario_end", key="X-001", dialect=story.dialect, attempt=1, verdict=verdict, sentence=sentence
    )
    return carry


def _scenario(story: Any, *, attempt: int = 1) -> int:
    return int(
        story.note(
            "scenario",
            key="X-001",
            id="X-001",
            dialect=story.dialect,
            attempt=attempt,
            covers=["MET-10", "X-01"],
        )
    )


def _check(story: Any) -> None:
    inputs = {"what": "the session", "within_s": 5, "after_s": 1.5}
    decision = decide("occurred", inputs)
    story.note(
        "check",
        requirements=["X-01"],
        name="a session",
        rule="occurred",
        inputs=inputs,
        outcome=decision.outcome,
        sentence=decision.sentence,
        evidence=[5],
        band=None,
        figures=plain(decision.figures),
        monitor=None,
        step=1,
    )


@pytest.fixture
def run(blank: Callable[..., Any]) -> Run:
    """One sound session on a simulated bench, judged and sealed."""
    return _sealed(_told(blank()))


def _told(story: Any, kind: str = "simulated") -> Any:
    story.facts = replace(Facts(), measurement_plane="input")
    story.note("preamble")
    header = story.note(
        "header",
        dialects=[story.dialect],
        requirements=["MET-10", "X-01"],
        charger=plain(asdict(Facts())),
        bench={"kind": kind, "measurement_plane": "input"},
    )
    assert header == 1
    first = _scenario(story)
    story.connect()
    story.step(1, "charge")
    seq = story.note(
        "exchange", role="reference_meter", op="query", tx="?", rx="230.1, 6.831E+03,NAN", error=None
    )
    for name, raw, index, value, flags in (
        ("voltage", "230.1", 0, 230.1, []),
        ("power", "6.831E+03", 1, 6831.0, []),
        ("current", "NAN", 2, None, ["no data"]),
    ):
        story.note(
            "reading",
            name=name,
            role="reference_meter",
            value=value,
            unit="V",
            u=0.1,
            flags=flags,
            raw=raw,
            evidence=[seq],
            index=index,
        )
    story.session()
    _check(story)
    story.end_step()
    story.carry = _judge(story, ("MET-10", "X-01"), first)
    for entry in story.entries:
        if entry["kind"] == "frame":
            entry["raw"] = _raw(entry["message"])
    return story


def _raw(message: dict[str, Any]) -> str:
    if message["type"] == 2:
        return json.dumps([2, message["id"], message["action"], message["payload"]])
    return json.dumps([3, message["id"], message["payload"]])


def _sealed(story: Any) -> Run:
    footer = {
        "seq": len(story.entries),
        "t": story.t,
        "kind": "footer",
        "verdicts": sealed(run_table(story.entries)),
    }
    story.entries.append(footer)
    return Run(story.entries, story.entries[1], footer)


def test_a_sound_record_agrees_with_itself(run: Run) -> None:
    """Nothing to say."""
    assert recheck(run) == []
    assert run.footer is not None
    assert run.footer["verdicts"]["MET-10"] == {"1.6": "pass"}


def test_a_record_survives_the_way_through_json(run: Run) -> None:
    """What is judged live is judged the same after reading."""
    again = json.loads(json.dumps(run.entries))
    assert recheck(Run(again, again[1], again[-1])) == []


def test_a_frame_that_was_decoded_otherwise_is_told(run: Run) -> None:
    """The bytes are the truth."""
    frame = run.entry("frame", 3)
    frame["message"]["payload"] = {"changed": 1}
    assert f"entry {frame['seq']}: the message does not say what the frame's bytes say." in recheck(run)


def test_frames_that_are_no_text_or_hold_huge_numbers_are_decoded_too(run: Run) -> None:
    """Base64 for bytes, text for integers that JSON readers lose."""
    frame = run.entry("frame", 3)
    frame["raw_b64"] = base64.b64encode(frame.pop("raw").encode()).decode()
    assert recheck(run) == []
    payload = {"a": [2**65, 1.5, None, 12.30]}
    frame["raw_b64"] = base64.b64encode(json.dumps([3, frame["message"]["id"], payload]).encode()).decode()
    frame["message"]["payload"] = {"a": [str(2**65), 1.5, None, 12.30]}
    assert not [
        sentence for sentence in recheck(run) if "frame's bytes" in sentence and str(2**65) in sentence
    ]


@pytest.mark.parametrize(
    ("place", "changes", "sentence"),
    [
        (0, {"raw": "231.0"}, "has the digits '231.0', which its evidence has not."),
        (0, {"evidence": [99999]}, "has the digits '230.1', which its evidence has not."),
        (0, {"index": 7}, "has the digits '230.1', which its evidence has not."),
        (0, {"value": 229.0}, "says 229.0, but its digits are '230.1'."),
        (2, {"value": 1.0}, "says 1.0 where its digits 'NAN' are no value."),
        (2, {"flags": []}, "says None where its digits 'NAN' are no value."),
        (0, {"value": None}, "says None where its digits '230.1' are no value."),
    ],
)
def test_a_reading_that_its_evidence_does_not_give_is_told(
    run: Run, place: int, changes: dict[str, Any], sentence: str
) -> None:
    """Digits, place and value must agree."""
    reading = run.entry("reading", place)
    reading.update(changes)
    told = [text for text in recheck(run) if text.startswith(f"entry {reading['seq']}")]
    assert told == [f"entry {reading['seq']}: the reading '{reading['name']}' {sentence}"]


@pytest.mark.parametrize("sign", [" ", "\xb6"])
def test_answers_may_be_separated_by_other_signs(run: Run, sign: str) -> None:
    """Blanks and the byte 0xB6 part the values of chambers; the place still counts."""
    exchange = run.entry("exchange")
    exchange["rx"] = sign.join(value.strip() for value in exchange["rx"].split(","))
    assert recheck(run) == []
    run.entry("reading", 0)["index"] = 1
    assert len(recheck(run)) == 1


def test_readings_by_hand_have_no_digits_to_compare(run: Run) -> None:
    """Without a place in an answer there is nothing to read again; words are no digits."""
    run.entry("reading", 0)["index"] = None
    words = run.entry("reading", 2)
    words["raw"] = "over"
    run.entry("exchange")["rx"] = "230.1,6.831E+03,over"
    assert recheck(run) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"outcome": "fail"},
            "check 'a session' says fail, but rule 'occurred' gives pass: The session came after 1.5 s; 5 s are allowed.",
        ),
        (
            {"sentence": "All is well."},
            "check 'a session' does not say what rule 'occurred' gives: The session came after",
        ),
        ({"figures": {}}, "the figures of check 'a session' are not those that rule 'occurred' gives."),
        (
            {"rule": "never"},
            "check 'a session' cannot be decided again: Rule 'never' has no input 'within_s'",
        ),
        (
            {"evidence": [10**6]},
            "the evidence of check 'a session' points to entry 1000000, which is not before it.",
        ),
    ],
)
def test_a_check_that_does_not_follow_is_told(run: Run, changes: dict[str, Any], sentence: str) -> None:
    """Outcome, words, figures and evidence."""
    check = next(entry for entry in run.entries if entry["kind"] == "check" and not entry["monitor"])
    check.update(changes)
    assert any(text.startswith(f"entry {check['seq']}: {sentence}") for text in recheck(run))


def test_figures_that_no_record_can_hold_are_null() -> None:
    """An infinite figure is written as null, and compared as such."""
    from wattest.judge.recheck import _finite

    assert _finite({"a": [float("inf"), 1.0], "b": "x"}) == {"a": [None, 1.0], "b": "x"}


def test_findings_that_are_missing_invented_or_moved_are_told(run: Run) -> None:
    """Monitors are run again over what was observed."""
    checks = [entry for entry in run.entries if entry["kind"] == "check" and entry["monitor"]]
    checks[0]["monitor"], old = "invented", checks[0]["monitor"]
    told = recheck(run)
    assert (
        f"entry {checks[0]['seq']}: monitor 'invented' does not find '{checks[0]['name']}' in what X-001 on OCPP 1.6 "
        "(attempt 1) observed."
    ) in told
    assert any(
        f"monitor '{old}' finds '{checks[0]['name']}', which the record does not say:" in text
        for text in told
    )
    checks[0]["monitor"] = old
    first, second = run.entries.index(checks[0]), run.entries.index(checks[1])
    run.entries[first], run.entries[second] = run.entries[second], run.entries[first]
    assert (
        "X-001 on OCPP 1.6 (attempt 1): the findings of the monitors stand in another order than they are made."
    ) in recheck(run)


def test_messages_that_came_in_while_the_monitors_looked_are_left_out(run: Run) -> None:
    """On a live bench a frame may slip in before the first check is noted."""
    place = next(
        index for index, entry in enumerate(run.entries) if entry["kind"] == "check" and entry["monitor"]
    )
    late = {**run.entry("frame", 2), "answers": None}
    run.entries.insert(place, late)
    assert recheck(run) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"verdict": "fail"}, "the verdict of X-01 in X-001 on OCPP 1.6 is fail, but its checks give pass:"),
        ({"checks": [3]}, "the verdict of X-01 in X-001 on OCPP 1.6 does not name the checks it rests on."),
        ({"requirement": "X-99"}, "nothing in X-001 on OCPP 1.6 was about X-99, yet it has a verdict."),
    ],
)
def test_a_verdict_that_does_not_follow_is_told(run: Run, changes: dict[str, Any], sentence: str) -> None:
    """Verdicts follow from checks."""
    verdict = next(
        entry for entry in run.entries if entry["kind"] == "verdict" and entry["requirement"] == "X-01"
    )
    verdict.update(changes)
    told = recheck(run)
    assert any(text.startswith(f"entry {verdict['seq']}: {sentence}") for text in told)
    if "requirement" in changes:
        assert "X-001 on OCPP 1.6: X-01 has checks but no verdict." in told


def test_ends_and_seals_follow_from_verdicts(run: Run) -> None:
    """The scenario's own verdict, and the table in the footer."""
    end = run.entry("scenario_end")
    end["verdict"] = "fail"
    assert run.footer is not None
    run.footer["verdicts"]["X-01"] = {"1.6": "fail"}
    assert recheck(run) == [
        f"entry {end['seq']}: X-001 on OCPP 1.6 ended as fail, but its verdicts give pass.",
        "The footer seals {'1.6': 'fail'} for X-01, but the record gives {'1.6': 'pass'}.",
    ]
    run.footer["verdicts"] = None
    assert recheck(run)[-1] == "The footer seals no verdicts."


def test_an_unsealed_record_and_an_interrupted_attempt_are_read_as_they_are(run: Run) -> None:
    """Nothing was concluded, so nothing can be wrong about it."""
    cut = [entry for entry in run.entries if entry["kind"] not in {"scenario_end", "footer", "verdict"}]
    assert recheck(Run(cut, run.header)) == []


@pytest.mark.parametrize(("kind", "resumed"), [("live", False), ("live", True), ("simulated", False)])
def test_what_monitors_remember_is_remembered_again(
    blank: Callable[..., Any], kind: str, resumed: bool
) -> None:
    """On a live bench the charger lives on from attempt to attempt, unless the run was resumed."""
    story = _told(blank(), kind)
    remembered = story.carry if kind == "live" and not resumed else None
    if resumed:
        story.note("resumed", from_seq=9)
    story.carry = None
    first = _scenario(story, attempt=2)
    story.wait(100).session(100, 200, tx=8)
    _judge(story, ("MET-10", "X-01"), first, remembered)
    for entry in story.entries[first:]:
        if entry["kind"] == "frame":
            entry["raw"] = _raw(entry["message"])
    assert recheck(_sealed(story)) == []
    fell = [entry for entry in story.entries[first:] if entry.get("name") == "register monotone"]
    assert [entry["outcome"] for entry in fell] == ["fail" if remembered else "pass"]


def test_a_header_without_bench_or_charger_gives_defaults(run: Run) -> None:
    """Records of other versions can still be looked at."""
    assert recheck(Run(run.entries, {"kind": "header"}, run.footer)) == []
