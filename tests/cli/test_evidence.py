"""``wattest evidence``, and what ``wattest certify`` makes of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from tests.record import pictures

import wattest.run.assemble
import wattest_reports.html
from wattest.cli import main
from wattest.judge.recheck import recheck
from wattest.judge.verdicts import run_table
from wattest.model.library import library_folder
from wattest.record import Record, read_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

SHEET = """maker: Boreal
model: Trottoir 7
serial: BT7-12
firmware: 1.0
dialects: [1.6]
connectors: 1
cable: tethered
phases: 1
rated_voltage: 240 V
rated_current: 32 A
minimum_current: 6 A
register_step: 1 Wh
temperature_min: -40 degC
temperature_max: 50 degC
power_loss: ends_after_boot
connection_timeout: 60 s
boot_time: 20 s
features: [card_reader, remote_start]
"""
ONLY = "authentication/no_power"


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("charger.yaml").write_text(SHEET)
    Path("p.jpg").write_bytes(pictures.jpeg())
    Path("paper.pdf").write_bytes(pictures.PDF)
    monkeypatch.setattr(wattest_reports.html, "page", lambda *_: "<html></html>")


def ask(lines: str, *arguments: str) -> Result:
    """Run the command with lines on standard input."""
    given = ["evidence", "--evse", "charger.yaml", "--by", "A. Roy", *arguments]
    result = CliRunner().invoke(main, given, input=lines)
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def kept() -> list[dict[str, Any]]:
    """What stands in the folder of the charger, without its first line."""
    lines = Path("evidence/BT7-12/dossier.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines[1:]]


def test_an_answer_is_signed_and_kept_with_its_picture() -> None:
    """French first and English below in Quebec; the answer may be given in either, by number or by its beginning."""
    for typed in ("oui", "yes", "1", "o", "Y"):
        result = ask(f"{typed}\np.jpg\n", "--only", "sign_there")
        assert result.exit_code == 0, result.output
        assert result.stderr.index("La place est-elle marquée") < result.stderr.index("Is the stall marked")
        assert "  1 oui / yes\n" in result.stderr
        assert result.stdout.startswith(
            "1 conservée / 1 kept: evidence/BT7-12; il manque / missing: access_methods, "
        )
    (line, *_, last) = kept()
    assert (line["answer"], line["by"], last["answer"]) == ("yes", "A. Roy", "yes")
    assert line["files"][0]["name"] == "p.jpg"
    assert Path("evidence/BT7-12", line["files"][0]["path"]).read_bytes() == pictures.jpeg()


def test_elsewhere_english_alone() -> None:
    """A province where French does not come first, or a language that was asked for."""
    assert "La place" not in ask("\n", "--only", "sign_there", "--province", "ON").stderr
    assert "Is the stall" not in ask("\n", "--only", "sign_there", "--lang", "fr").stderr


def test_a_reading_is_kept_with_unit_uncertainty_and_instrument() -> None:
    """Half of what was said at 95 % is the standard uncertainty; a comma is a decimal point."""
    assert ask("25,5\n0.5\ntape no. 3\np.jpg\n", "--only", "sign_distance").exit_code == 0
    (line,) = kept()
    assert (line["value"], line["unit"], line["u"], line["instrument"]) == ("25.5", "m", "0.25", "tape no. 3")


def test_a_document_is_kept_with_number_issuer_dates_and_what_it_states() -> None:
    """Its file lies beside it under the hash of its bytes."""
    lines = "paper.pdf\nN-1\nLab\n2026-01-15\n2027-01-15\nnon indiqué\n"
    assert ask(lines, "--only", "impact_report").exit_code == 0
    (line,) = kept()
    told = {name: line[name] for name in ("number", "issuer", "issued", "expires", "statements")}
    assert told == {
        "number": "N-1",
        "issuer": "Lab",
        "issued": "2026-01-15",
        "expires": "2027-01-15",
        "statements": {"impact": "not stated"},
    }


def test_what_makes_no_sense_is_asked_for_again() -> None:
    """Words, numbers, dates and files each have their sentence; what was meant is taken."""
    result = ask("perhaps\nno\nnone.jpg\np.jpg\n", "--only", "sign_there", "--lang", "en")
    assert "'perhaps' is none of yes, no" in result.stderr
    assert "none.jpg: No such file or directory" in result.stderr
    assert kept()[0]["answer"] == "no"
    result = ask("far\n12\n-1\n\n\n\n", "--only", "sign_distance", "--lang", "en")
    assert "'far' is no number that fits here" in result.stderr
    assert "'-1' is no number that fits here" in result.stderr
    result = ask("paper.pdf\n\n\nsoon\n\n\n\n", "--only", "impact_report", "--lang", "en")
    assert "'soon' is no date such as 2026-11-27" in result.stderr


def test_five_tries_are_enough() -> None:
    """Then it ends with exit code 4, and what was answered before is kept."""
    result = ask("oui\np.jpg\n" + "what\n" * 5, "--only", "sign_there", "--only", "label_on_map")
    assert result.exit_code == 4
    assert "Nothing typed in 5 tries could be used; what was answered before is kept." in result.stderr
    assert "Rien de ce qui a été tapé en 5 essais ne peut servir" in result.stderr
    assert [line["thing"] for line in kept()] == ["sign_there"]


def test_the_end_of_the_input_keeps_what_was_whole() -> None:
    """An answer without its picture's line is not kept."""
    result = ask("oui\np.jpg\nnon\n", "--only", "sign_there", "--only", "label_on_map")
    assert result.exit_code == 0
    assert "the last question is not answered; what was answered before it is kept" in result.stderr
    assert [line["thing"] for line in kept()] == ["sign_there"]


def test_nobody_signs_nothing_is_asked() -> None:
    """A name is needed."""
    result = ask("", "--by", " ", "--lang", "en")
    assert (result.exit_code, result.stderr) == (
        4,
        "Nobody signs: give a name with --by, or as the first line.\n",
    )


def test_an_unknown_item_gets_the_nearest() -> None:
    """Exit code 4."""
    result = ask("", "--only", "sign_their")
    assert (result.exit_code, result.stderr) == (
        4,
        "There is no checklist item or document 'sign_their'; did you mean 'sign_there'?\n",
    )


def test_the_list_says_what_is_there() -> None:
    """Answers with signature and day, documents with number and dates."""
    ask("oui\np.jpg\n", "--only", "sign_there")
    ask("paper.pdf\nN-1\nLab\n2026-01-15\n2027-01-15\noui\n", "--only", "impact_report")
    told = ask("", "--list", "--lang", "en").stdout
    assert told.startswith("Boreal Trottoir 7, serial number BT7-12\n")
    assert "  sign_there              SIT-01          yes, A. Roy, 20" in told
    assert "  impact_report           ROB-13          N-1, Lab, 2026-01-15, until 2027-01-15\n" in told
    assert "  sign_distance           SIT-01          missing\n" in told
    french = ask("", "--list", "--lang", "fr").stdout
    assert french.startswith("Boreal Trottoir 7, numéro de série BT7-12\n")
    assert "  sign_there              SIT-01          oui, A. Roy, 20" in french
    assert "  sign_distance           SIT-01          manque\n" in french
    assert "  sign_distance           SIT-01          manque / missing\n" in ask("", "--list").stdout


def test_only_what_is_missing_is_asked() -> None:
    """What was answered is not asked again, unless everything is."""
    ask("deux\np.jpg\n", "--only", "access_methods")
    assert "access_methods" not in ask("").stderr
    assert "access_methods" in ask("", "--all").stderr


def test_what_is_no_picture_and_no_document_is_asked_for_again() -> None:
    """Each file with what it holds and what is accepted; what was answered stands when the right one comes."""
    Path("letter.docx").write_bytes(b"PK\x03\x04 a letter")
    Path("cut.jpg").write_bytes(pictures.jpeg()[:-2])
    result = ask("oui\npaper.pdf\ncut.jpg\np.jpg\n", "--only", "sign_there", "--lang", "en")
    assert result.exit_code == 0
    assert "paper.pdf is no picture: it holds PDF; accepted are JPEG, PNG, HEIC, WebP" in result.stderr
    assert "cut.jpg begins as JPEG and is not whole" in result.stderr
    assert [(line["answer"], line["files"][0]["name"]) for line in kept()] == [("yes", "p.jpg")]
    result = ask("letter.docx\npaper.pdf\nN-1\nLab\n2026-01-15\n\noui\n", "--only", "impact_report")
    french, english = "n'est pas un document qu'on pourra relire", "is no document that can be read later"
    assert result.stderr.index(french) < result.stderr.index(english)
    assert kept()[-1]["files"][0]["name"] == "paper.pdf"


def test_an_answer_without_the_picture_asked_for_is_still_missing() -> None:
    """It is kept, told, and asked for again."""
    result = ask("oui\n\n", "--only", "sign_there", "--lang", "en")
    assert result.stdout.startswith("1 kept: evidence/BT7-12; missing: ")
    assert "sign_there" in result.stdout
    assert ", no picture\n" in ask("", "--list", "--lang", "en").stdout
    assert "sign_there" not in ask("oui\np.jpg\n", "--only", "sign_there").stdout


# ---- in the record ---------------------------------------------------------------------------------------


def _certify(tiny: Callable[..., None], *arguments: str, code: int = 0) -> Record:
    tiny(Path(), ONLY)
    given = ["certify", "authentication", "--evse", "charger.yaml", "--out", "run", *arguments]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == code, result.output
    return read_record("run/record.jsonl")


def _row(record: Record, requirement: str) -> tuple[str, str]:
    row = next(row for row in run_table(record.entries) if row.requirement == requirement)
    return row.verdict, row.sentence


def test_evidence_stands_in_the_record_and_is_rechecked(tiny: Callable[..., None]) -> None:
    """Answers, readings and documents become verdicts; files lie beside the record; everything can be made again."""
    ask("oui\np.jpg\n", "--only", "sign_there")
    ask("40\n1\ntape\np.jpg\n", "--only", "sign_distance")
    ask("paper.pdf\nN-1\nLab\n2026-01-15\n\noui\n", "--only", "impact_report")
    ask("paper.pdf\n\nLab\n2026-01-15\n\noui\n", "--only", "ocpp_certificate")
    record = _certify(tiny, "--evidence", "evidence", code=10)
    assert _row(record, "SIT-01")[0] == "pass"
    assert _row(record, "ROB-13")[0] == "pass"
    verdict, sentence = _row(record, "NET-01")
    assert (verdict, sentence) == (
        "inconclusive",
        "OCPP certificate or result of the profile suite: it has no number, and one is asked for.",
    )
    assert record.header["dossier"]["serial"] == "BT7-12"
    assert recheck(record) == []
    files = [entry["path"] for entry in record.entries if entry["kind"] == "file"]
    assert all(Path("run", path).is_file() for path in files)
    assert len(files) == 4


def test_a_picture_of_another_time_is_a_remark_and_no_verdict(tiny: Callable[..., None]) -> None:
    """It is told at once, kept with the answer, and stands in the record; the answer counts as it was given."""
    Path("old.jpg").write_bytes(pictures.jpeg(pictures.exif("2020:01:15 10:00:00", "-05:00")))
    result = ask("oui\nold.jpg\n", "--only", "sign_there")
    assert "old.jpg indique avoir été prise 2020-01-15 10:00, " in result.stderr
    (line,) = kept()
    assert line["files"][0]["taken"] == "2020-01-15T10:00:00-05:00"
    ask("40\n1\ntape\np.jpg\n", "--only", "sign_distance")
    record = _certify(tiny, "--evidence", "evidence")
    entry = next(entry for entry in record.entries if entry.get("thing") == "sign_there")
    (remark,) = entry["remarks"]
    assert remark.startswith("old.jpg says that it was taken 2020-01-15 10:00, ")
    assert remark.endswith(" days before the answer.")
    assert _row(record, "SIT-01")[0] == "pass"
    assert recheck(record) == []


def test_a_reading_that_lies_within_its_uncertainty_decides_nothing(tiny: Callable[..., None]) -> None:
    """Nor does one whose uncertainty nobody knows; one beyond the limit fails."""
    verdicts = []
    for lines in ("20.2\n1\ntape\np.jpg\n", "40\n\ntape\np.jpg\n", "10\n1\ntape\np.jpg\n"):
        ask(lines, "--only", "sign_distance")
        record = _certify(tiny, "--evidence", "evidence", code=1 if lines.startswith("10") else 10)
        verdicts.append(_row(record, "SIT-01")[0])
        Path("run").rename(f"run{len(verdicts)}")
    assert verdicts == ["inconclusive", "inconclusive", "fail"]


def test_evidence_of_another_charger_is_refused(tiny: Callable[..., None]) -> None:
    """Before anything is run, with exit code 13."""
    ask("oui\np.jpg\n", "--only", "sign_there")
    tiny(Path(), ONLY)
    given = ["certify", "authentication", "--evidence", "evidence/BT7-12", "--out", "run"]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 13
    assert "belongs to the charger with serial BT7-12, and the charger sheet states SIM-0001" in result.stderr
    assert not Path("run/record.jsonl").exists()


@pytest.mark.parametrize(
    ("kind", "field", "value", "sentence"),
    [
        ("evidence", "answer", "no", "takes 'yes' for answer, and entry"),
        ("evidence", "by", "B. Roy", "takes 'A. Roy' for signed_by, and entry"),
        ("evidence", "thing", "other", "names no answer or document that it was made of"),
    ],
)
def test_a_check_that_was_not_made_of_its_evidence_is_told(
    tiny: Callable[..., None], kind: str, field: str, value: str, sentence: str
) -> None:
    """Whoever rewrites what was answered finds the checks against him."""
    ask("oui\np.jpg\n", "--only", "sign_there")
    record = _certify(tiny, "--evidence", "evidence")
    next(entry for entry in record.entries if entry["kind"] == kind)[field] = value
    assert any(sentence in found for found in recheck(record))


def test_a_level_selects_what_it_needs_and_says_what_holds_it_back(tiny: Callable[..., None]) -> None:
    """A scenario that the level does not need is left away; a level that is not reached is exit code 10."""
    tiny(Path(), ONLY)
    Path("cable").mkdir()
    shutil.copy(
        library_folder("scenarios") / "cable" / "connector_at_room_temperature.scenario.yaml", "cable"
    )
    ask("paper.pdf\nN-1\nLab\n2026-01-15\n\noui\n", "--only", "impact_report")
    given = ["certify", "authentication", "cable", "--evse", "charger.yaml", "--out", "run", "--json"]
    result = CliRunner().invoke(main, [*given, "--level", "winter", "--evidence", "evidence"])
    assert result.exit_code == 10, result.output
    level = json.loads(result.stdout)["level"]
    assert (level["aimed"], level["reached"], level["certified"]) == ("winter", None, None)
    connected = level["levels"][0]
    assert connected["standing"] == "held back"
    assert "ROB-13" in connected["passed"]
    held = {one["requirement"]: one["reasons"] for one in connected["held"]}
    assert held["NET-05"] == ["Not tested: planned; no TLS and no certificates yet."]
    assert held["PAY-01"] == ["A document is missing: Attestation of compliance with PCI DSS."]
    assert connected["required"] == len(connected["passed"]) + len(connected["screened"]) + len(held)
    plan = {row["id"] for row in read_record("run/record.jsonl").header["plan"]}
    assert plan == {"TINY-001"}


def test_an_unknown_level_gets_the_nearest(tiny: Callable[..., None]) -> None:
    """Nothing is run."""
    tiny(Path(), ONLY)
    result = CliRunner().invoke(main, ["certify", "authentication", "--level", "wintr", "--out", "run"])
    assert result.exit_code == 11
    assert "There is no level 'wintr'; did you mean 'winter'?" in result.stderr


def test_the_library_looks_for_its_ways_once() -> None:
    """Every requirement of the header's table has its scenarios and monitors."""
    ways = wattest.run.assemble._ways()
    assert ways is wattest.run.assemble._ways()
    assert ways["ROB-03"]["scenarios"]["COLD-001"] == 1
    assert "frames_valid" in ways["OCP-02"]["monitors"]
