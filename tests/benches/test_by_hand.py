"""Everything by hand: a scripted person at a real terminal, and the simulated station's panel for hands."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from tests.benches import scripted

from wattest.model.library import library_folder
from wattest.record import read_record

BENCH = library_folder("fixtures") / "benches" / "by_hand_simulated.yaml"


def _bench(folder: Path) -> tuple[Path, int]:
    """The shipped bench file with a panel port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    text = BENCH.read_text(encoding="utf-8")
    assert text.count("port: 15100") == 1
    text = text.replace("port: 15100", f"port: {port}")
    text = text.replace("../chargers/", f"{library_folder('fixtures') / 'chargers'}/")
    path = folder / "by_hand.yaml"
    path.write_text(text, encoding="utf-8")
    return path, port


@pytest.mark.real_time
@pytest.mark.timeout(900)
def test_the_whole_library_passes_by_hand(tmp_path: Path) -> None:
    """A person who does what the terminal asks, and types what is to be seen, brings every scenario to a pass.

    All but those with dips: nobody can time one cycle of the mains by hand. What a person does hangs on no dialect, so that
    the oldest and the newest are enough.
    """
    bench, port = _bench(tmp_path)
    code, stood, answers = scripted.certify(
        bench, tmp_path / "run", "--ocpp", "1.6,2.1", port=port, timeout_s=60.0
    )
    assert code == 0, stood
    record = read_record(tmp_path / "run" / "record.jsonl")
    assert record.footer is not None
    ends = [entry for entry in record.entries if entry["kind"] == "scenario_end"]
    assert {entry["verdict"] for entry in ends} == {"pass"}
    left_out = {entry["reason"] for entry in record.entries if entry["kind"] == "not_tested"}
    assert left_out == {
        "neither the charger sheet of Reference L2 48 nor the bench states 'supply_dips'",
        "the scenario is not for OCPP 1.6",
    }
    prompts = [entry for entry in record.entries if entry["kind"] == "prompt"]
    assert len(prompts) == answers
    assert {entry["by"] for entry in prompts} == {"A. Tremblay"}


@pytest.mark.real_time
@pytest.mark.timeout(120)
def test_a_person_who_refuses_is_an_error_of_the_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody would not do is never held against the charger, and their reason stands in the record."""
    honest = scripted.answer

    def answer(hands: scripted.Hands, role: str, question: str) -> str:
        return "no, the reader is iced over" if role == "card_reader" else honest(hands, role, question)

    monkeypatch.setattr(scripted, "answer", answer)
    bench, port = _bench(tmp_path)
    arguments = ("--select", "AUTH-001", "--ocpp", "1.6")
    code, stood, _ = scripted.certify(bench, tmp_path / "run", *arguments, port=port, timeout_s=60.0)
    assert code == 11, stood
    ends = [e for e in read_record(tmp_path / "run" / "record.jsonl").entries if e["kind"] == "step_end"]
    assert [(e["outcome"], e["sentence"]) for e in ends] == [
        ("error", "card_reader.present was not done; A. Tremblay said no: the reader is iced over.")
    ]
