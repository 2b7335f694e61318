import math
from datetime import date
from pathlib import Path

import pytest

from wattest.errors import DocumentError, InstrumentError
from wattest.model.library import library_folder
from wattest_instruments.calibration import find_calibration, read_calibration

TEXT = """\
serial: "91K225895"
model: WT1804E
certificate: "2026-0117"
laboratory: Example Calibration Ltd
calibrated: 2026-01-12
due: 2027-01-12
timebase: 0.02 %
specification:
  power: {reading: 0.1 %, range: 0.05 %, certificate: 0.02 %, k: 2, source: data sheet}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "analyser.yaml"
    path.write_text(TEXT)
    return path


def test_hand_calculated_energy_uncertainty(file: Path) -> None:
    """6.831 kW for an hour on a 12 kW range, 0.1 % of reading and 0.05 % of range: u as worked by hand."""
    known = read_calibration(file)
    limit = 0.001 * 6831.0 + 0.0005 * 12_000.0
    expected = math.sqrt(limit**2 / 3 + (0.0001 * 6831.0) ** 2 + (0.0002 * 6831.0) ** 2 / 3)
    assert known.u_energy_wh(6831.0, 12_000.0, 3600.0, 0.0) == pytest.approx(expected)
    assert known.u("power", 6831.0, 12_000.0) == pytest.approx(math.hypot(limit / 3**0.5, 0.6831))


def test_the_worked_check_of_the_reference(file: Path) -> None:
    """6.831 kW for 1 h, 0.1 % of reading, 0.05 % of range, certificate 0.02 %: 5.717 Wh.

    The range is not stated with the example; 6 kW gives its result.
    """
    file.write_text(TEXT.replace("timebase: 0.02 %\n", ""))
    known = read_calibration(file)
    assert known.u_energy_wh(6831.0, 6_000.0, 3600.0, 0.0) == pytest.approx(5.717, abs=0.0005)


def test_the_parts_make_the_whole(file: Path) -> None:
    """Specification, certificate, time base and resolution by name; their root of squares is ``u_energy_wh``."""
    known = read_calibration(file)
    parts = known.energy_budget(6831.0, 12_000.0, 3600.0, 0.1)
    assert [(part.name, part.value, part.distribution, part.common) for part in parts] == [
        ("reference meter specification", pytest.approx(6.831 + 6.0), "rectangular", True),
        ("reference meter certificate", pytest.approx(0.6831), "standard", True),
        ("reference meter time base", pytest.approx(1.3662), "rectangular", True),
        ("reference meter resolution", 0.05, "rectangular", False),
    ]
    halves = {"standard": 1.0, "rectangular": 3**0.5}
    whole = math.hypot(*(part.value / halves[part.distribution] for part in parts))
    assert known.u_energy_wh(6831.0, 12_000.0, 3600.0, 0.1) == pytest.approx(whole)


def test_the_limit_of_a_difference_is_that_of_its_energy_and_time(file: Path) -> None:
    """Common parts are linear: 900 Wh and 1900 Wh, an hour apart, leave the limit of 1000 Wh in an hour."""
    known = read_calibration(file)
    begin, end = (
        known.energy_budget(900.0, 12_000.0, 600.0, 0.0),
        known.energy_budget(1900.0, 12_000.0, 4200.0, 0.0),
    )
    alone = known.energy_budget(1000.0, 12_000.0, 3600.0, 0.0)
    for before, after, part in zip(begin, end, alone, strict=True):
        assert after.value - before.value == pytest.approx(part.value)


def test_digit_of_the_display_counts(file: Path) -> None:
    """A display of whole watt-hours adds a rectangular half digit."""
    known = read_calibration(file)
    assert known.u_energy_wh(0.0, 0.0, 0.0, 1.0) == pytest.approx(1 / 12**0.5)


def test_nothing_is_known_of_what_the_file_leaves_out(tmp_path: Path) -> None:
    """Without a row there is no uncertainty, instead of a zero."""
    path = tmp_path / "analyser.yaml"
    path.write_text(TEXT.replace("power:", "voltage:"))
    known = read_calibration(path)
    assert known.u("current", 1.0, 50.0) is None
    assert known.u_energy_wh(1.0, 1.0, 1.0, 1.0) is None
    assert known.energy_budget(1.0, 1.0, 1.0, 1.0) == ()


@pytest.mark.parametrize(
    ("day", "flags"),
    [
        (date(2026, 1, 11), {"calibration not yet valid"}),
        (date(2026, 1, 12), set()),
        (date(2027, 1, 12), set()),
        (date(2027, 1, 13), {"calibration expired"}),
    ],
)
def test_validity_includes_both_days(file: Path, day: date, flags: set[str]) -> None:
    """Readings are flagged before the first and after the last day of validity."""
    assert read_calibration(file).flags(day) == flags


def test_file_of_another_instrument_is_refused(file: Path) -> None:
    """The serial number that answers must be the one that was calibrated."""
    known = read_calibration(file)
    known.check_serial("91K225895", "WT1804E", "here")
    with pytest.raises(
        InstrumentError,
        match=r"^WT1804E at here has the serial number 4711, but its calibration file is for 91K225895 "
        r"\(certificate 2026-0117\): connect that instrument, or name the file of this one\.$",
    ):
        known.check_serial("4711", "WT1804E", "here")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("due: 2027-01-12", "due: 2025-01-12", "due 2025-01-12 is before calibrated 2026-01-12"),
        ("range: 0.05 %", "range: -1 %", "range is -1 %; a limit of error is not negative"),
        ("k: 2", "k: 0", "k is 0; a coverage factor is positive, usually 2"),
        ("serial:", "serial_no:", "'serial_no'"),
    ],
)
def test_mistakes_in_the_file_have_a_place(file: Path, old: str, new: str, sentence: str) -> None:
    """Impossible values and unknown keys are reported with file, line and column."""
    file.write_text(TEXT.replace(old, new))
    with pytest.raises(DocumentError) as caught:
        read_calibration(file)
    assert sentence in str(caught.value)
    assert f"{file}:" in str(caught.value)


def test_files_are_looked_for_beside_the_bench_and_then_among_the_fixtures(file: Path) -> None:
    """A name in a bench file means the file beside it, or one that comes with Wattest."""
    assert find_calibration("analyser.yaml", str(file.parent)) == file
    shipped = find_calibration("simulated_wt.yaml", str(file.parent))
    assert shipped == library_folder("fixtures") / "calibration" / "simulated_wt.yaml"
    assert find_calibration("nowhere.yaml", str(file.parent)) == file.parent / "nowhere.yaml"


@pytest.mark.parametrize("name", ["simulated_wt.yaml", "example_wt1804e.yaml"])
def test_shipped_files_can_be_read(name: str) -> None:
    """Every calibration file that comes with Wattest is sound."""
    assert set(read_calibration(find_calibration(name, ".")).specification) == {"voltage", "current", "power"}


def test_simulated_analyser_can_judge_one_percent_at_six_amperes() -> None:
    """1 kWh at 6 A on the fixed 300 V and 50 A ranges leaves a test uncertainty ratio above 3 at 1 %."""
    known = read_calibration(find_calibration("simulated_wt.yaml", "."))
    u_reference = known.u_energy_wh(1000.0, 15_000.0, 3600.0 * 1000.0 / 1440.0, 0.01)
    assert u_reference is not None
    expanded = 2 * math.hypot(u_reference, 1 / 6**0.5)
    assert 10.0 / expanded > 3.0


TEMPERATURE = """\
serial: T1
model: DAQ970A
certificate: c
laboratory: l
calibrated: 2026-01-12
due: 2027-01-12
specification:
  temperature: {error: 1.0 K, certificate: 0.4 K, k: 2, source: data sheet}
"""


def test_a_thermometer_has_limits_in_kelvin(tmp_path: Path) -> None:
    """Limit of error and certificate, whatever the temperature."""
    path = tmp_path / "logger.yaml"
    path.write_text(TEMPERATURE)
    known = read_calibration(path)
    expected = math.hypot(1.0 / math.sqrt(3.0), 0.2)
    assert known.u("temperature", -40.0, 0.0) == pytest.approx(expected)
    assert known.u("temperature", 50.0, 0.0) == pytest.approx(expected)
    assert known.u("voltage", 1.0, 10.0) is None


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("error: 1.0 K", "error: -1 K", "error is -1 K; a limit of error is not negative"),
        ("k: 2", "k: 0", "k is 0; a coverage factor is positive, usually 2"),
        ("error: 1.0 K", "error: 1 degC", "is a temperature; a temperature difference is needed here"),
    ],
)
def test_mistakes_about_a_thermometer_have_a_place(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    """As for every other quantity."""
    path = tmp_path / "logger.yaml"
    path.write_text(TEMPERATURE.replace(old, new))
    with pytest.raises(DocumentError) as caught:
        read_calibration(path)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("name", "rows"), [("simulated_daq.yaml", {"temperature"}), ("simulated_scope.yaml", {"voltage"})]
)
def test_files_of_loggers_and_scopes_can_be_read(name: str, rows: set[str]) -> None:
    """They state what their instruments measure."""
    assert set(read_calibration(find_calibration(name, ".")).specification) == rows
