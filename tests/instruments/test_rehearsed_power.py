"""A bench file of sources, loads, loggers and scopes, rehearsed: real scenarios through the drivers and their twins."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import wattest_reports.html
from wattest.cli import main
from wattest.model.library import library_folder
from wattest.record import read_record

pytestmark = pytest.mark.real_time

BENCH = """
bench: power
kind: live
charger: {charger}
rigs:
  proximity_voltage: {{driver: keysight_34465a, resource: "TCPIP::192.0.2.41::INSTR", range: 100 V}}
reference_meter: {{driver: yokogawa_wt, resource: "TCPIP::192.0.2.10::INSTR", calibration: simulated_wt.yaml}}
mains: {mains}
load: {load}
thermometers:
  driver: keysight_daq970a
  resource: "TCPIP::192.0.2.40::INSTR"
  channels: {{air: 101, enclosure: 102}}
  calibration: simulated_daq.yaml
pilot_scope:
  driver: rigol_ds1000z
  resource: "TCPIP::192.0.2.50::INSTR"
  output_probe: 100
  calibration: simulated_scope.yaml
vehicle: {{driver: by_hand}}
card_reader: {{driver: by_hand}}
lock_sensor: {{driver: by_hand}}
network: {{driver: by_hand}}
"""
MAINS = {
    "chroma_61500": "GPIB0::30::INSTR",
    "california": "TCPIP::192.0.2.21::5025::SOCKET",
    "keysight_ac6800": "TCPIP::192.0.2.22::INSTR",
}
EA = '{driver: ea_load, resource: "TCPIP::192.0.2.30::5025::SOCKET", current_limit: 80 A, power_limit: 10 kW}'
CHROMA = '{driver: chroma_63800, resource: "ASRL/dev/ttyUSB0::INSTR", current_limit: 45 A}'


@pytest.fixture(autouse=True)
def _no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's content has tests of its own."""
    monkeypatch.setattr(wattest_reports.html, "page", lambda *_: "<html></html>")


def rehearse(folder: Path, *, mains: str, load: str, charger: Path, select: str) -> tuple[int, str]:
    """Exit code and output of ``wattest certify --rehearse``."""
    source = f'{{driver: {mains}, resource: "{MAINS[mains]}", voltage: 240 V, voltage_limit: 280 V, current_limit: 42 A}}'
    bench = folder / "bench.yaml"
    bench.write_text(BENCH.format(charger=charger, mains=source, load=load))
    result = CliRunner().invoke(
        main,
        [
            *("certify", "--bench", str(bench), "--rehearse", "--select", select, "--ocpp", "1.6"),
            *("--out", str(folder / "out")),
        ],
    )
    return result.exit_code, result.output


@pytest.mark.parametrize("mains", MAINS)
def test_a_power_cut_and_a_measured_charge_pass(tmp_path: Path, mains: str) -> None:
    """Power comes from the source, current from the load, and the record holds what was said to both."""
    charger = library_folder("fixtures") / "chargers" / "reference.yaml"
    code, output = rehearse(
        tmp_path, mains=mains, load=EA, charger=charger, select="power_cut_mid_session or METER-001"
    )
    assert code == 0, output
    entries = read_record(tmp_path / "out" / "record.jsonl").entries
    said = {
        entry["tx"]
        for entry in entries
        if entry["kind"] == "exchange" and entry.get("role") in {"mains", "load"}
    }
    assert said >= {"OUTP OFF", "OUTP ON", "INP ON", "INP OFF"}
    assert any(entry.get("role") == "proximity_voltage" for entry in entries)


def test_an_ac_load_draws_the_current_of_a_smaller_station(tmp_path: Path) -> None:
    """32 A, within what a 63804 can."""
    sheet = (library_folder("fixtures") / "chargers" / "reference.yaml").read_text()
    charger = tmp_path / "small.yaml"
    charger.write_text(sheet.replace("rated_current: 48 A", "rated_current: 32 A"))
    code, output = rehearse(tmp_path, mains="chroma_61500", load=CHROMA, charger=charger, select="METER-001")
    assert code == 0, output


def test_a_load_too_small_for_the_station_is_told(tmp_path: Path) -> None:
    """A station of 48 A on a load of 45 A: the bench's fault, in a sentence, and never a verdict about the station."""
    charger = library_folder("fixtures") / "chargers" / "reference.yaml"
    code, output = rehearse(tmp_path, mains="chroma_61500", load=CHROMA, charger=charger, select="METER-001")
    assert code == 11, output
    assert "48 A was asked for, outside 0 A to the current_limit of 45 A" in " ".join(output.split())
