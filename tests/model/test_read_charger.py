from __future__ import annotations

import pytest

from wattest.document.reader import read_text
from wattest.errors import DocumentError
from wattest.model.library import library_folder
from wattest.model.read import read_charger
from wattest.model.read_charger import charger_of

REFERENCE = (library_folder("fixtures") / "chargers" / "reference.yaml").read_text(encoding="utf-8")


def test_the_built_in_charger() -> None:
    """The reference sheet is the tethered level 2 station that the simulator plays."""
    sheet = read_charger(library_folder("fixtures") / "chargers" / "reference.yaml")
    assert (sheet.cable, sheet.phases, sheet.rated_voltage_v, sheet.rated_current_a) == (
        "tethered",
        1,
        240.0,
        48.0,
    )
    assert (sheet.minimum_current_a, sheet.register_step_wh) == (6.0, 1.0)
    assert (sheet.temperature_min_c, sheet.temperature_max_c) == (-40.0, 50.0)
    assert (sheet.power_loss, sheet.connection_timeout_s, sheet.boot_time_s) == (
        "ends_after_boot",
        60.0,
        20.0,
    )
    assert sheet.dialects == ("1.6", "2.0.1", "2.1")
    assert sheet.identity == "CP001"
    assert {"holster_lock", "offline_queue", "cost_display"} <= set(sheet.features)


@pytest.mark.parametrize(
    ("cord", "ohm", "tolerance"),
    [
        ("{loop_resistance: 31.4 mOhm, tolerance: 5 %}", 0.0314, 5.0),
        ("{length: 7.62 m, gauge: 8 AWG}", 0.0314, 10.0),
        ("{length: 7.62 m, gauge: 6 AWG}", 0.0198, 10.0),
        ("{length: 7.62 m, gauge: 10 AWG}", 0.0499, 10.0),
    ],
)
def test_a_cord_has_a_resistance(cord: str, ohm: float, tolerance: float) -> None:
    """Stated, or by length and gauge of copper at 20 degC (the worked table of the reference)."""
    sheet = charger_of(read_text(f"{REFERENCE}\ncord: {cord}\n"))
    assert sheet.cord_loop_ohm == pytest.approx(ohm, rel=0.005)
    assert sheet.cord_tolerance_pct == tolerance
    assert charger_of(read_text(REFERENCE)).cord_loop_ohm is None


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        ("[1.6, 2.0.1, 2.1]", "[]", ["a charger sheet states at least one dialect: '1.6', '2.0.1' or '2.1'"]),
        (
            "boot_time: 20 s\nmeter_public_key:",
            "boot_time: 20 s\nmeter_public_key: 30-59\n#",
            ["'30-59' is not a public key: the hex of its DER, 80 digits and more"],
        ),
        ("50 degC", "-45 degC", ["temperature_min -40 degC is not below temperature_max -45 degC"]),
        (
            "minimum_current: 6 A",
            "minimum_current: 60 A",
            ["minimum_current 60 A is above rated_current 48 A"],
        ),
        (
            "register_step: 1 Wh",
            "register_step: 0 Wh",
            ["register_step is 0 Wh; a register advances in steps, such as '1 Wh'"],
        ),
        (
            "fallback_current: 6 A",
            "",
            ["a station with 'load_sharing' states its fallback_current, such as '6 A'"],
        ),
        (
            "firmware: 1.0.0",
            "firmware: 1.1.0\nfile_transfer: [http, gopher]",
            ["'gopher' is not allowed here; known: 'ftp', 'ftps', 'http', 'https', 'sftp'"],
        ),
        ("phases: 1", "phases: 4", ["4 is not between 1 and 3"]),
        ("- heater", "- heeter", ["'heeter' is not a known feature; did you mean 'heater'?"]),
        ("serial: SIM-0001", "", ["a charger sheet needs the key 'serial': text"]),
        ("240 V", "240", ["'240' has no unit; a voltage is needed here, such as '240 V'"]),
        ("CP001", "CP 1", ["'CP 1' is not a station identity: 1 to 48 letters, digits or *-_=+|@."]),
        (
            "cable: tethered",
            "cable: socket\ncord: {loop_resistance: 30 mOhm}",
            ["a station with a socket has no cord of its own; take 'cord' away"],
        ),
        (
            "cable: tethered",
            "cable: tethered\ncord: {length: 7 m}",
            ["a cord needs loop_resistance, or both length and gauge"],
        ),
        (
            "cable: tethered",
            "cable: tethered\ncord: {length: 7 m, loop_resistance: 30 mOhm}",
            ["a cord has either loop_resistance, or length and gauge; not both"],
        ),
        (
            "cable: tethered",
            "cable: tethered\ncord: {loop_resistance: 30 mOhm, tolerance: 101 %}",
            ["tolerance is 101 %; it is from 0 % to 100 %"],
        ),
        ("tethered", "coiled", ["'coiled' is not allowed here; known: 'tethered', 'socket'"]),
    ],
)
def test_says_what_is_wrong_with_a_charger_sheet(old: str, new: str, sentences: list[str]) -> None:
    """A sheet that contradicts itself or nature is refused."""
    with pytest.raises(DocumentError) as refusal:
        charger_of(read_text(REFERENCE.replace(old, new)))
    assert [problem.sentence for problem in refusal.value.problems] == sentences


def test_signed_firmware_needs_a_file_of_another_version() -> None:
    """Only the maker can sign one; a file of the version that runs already renews nothing."""
    path = library_folder("fixtures") / "chargers" / "reference.yaml"
    text = path.read_text(encoding="utf-8")
    assert [file.version for file in read_charger(path).firmware_files] == ["1.1.0", "1.2.0"]
    for version in ("1.1.0", "1.2.0"):
        text = text.replace(f"version: {version}", "version: 1.0.0")
    with pytest.raises(DocumentError) as wrong:
        charger_of(read_text(text, "sheet.yaml"))
    assert (
        "a station with 'signed_firmware' names a file of another version than 1.0.0 under 'firmware_files'; "
        "only the maker can sign one"
    ) in str(wrong.value)
