"""``wattest plan``: what an accuracy profile will take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from wattest.cli import main
from wattest.model.library import library_folder

BENCHES = library_folder("fixtures") / "benches"


def plan(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["plan", *arguments], env={"COLUMNS": "160"})
    assert "Traceback" not in result.output
    return result


def rows(*arguments: str) -> list[dict[str, Any]]:
    result = plan(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["rows"]
    return found


def test_a_plan_without_a_bench() -> None:
    """Current, energy and why, time and the hours in all; U is not known, and how it would be."""
    result = plan("--profile", "hb44_ac")
    assert result.exit_code == 0
    for piece in (
        "10 register steps of 1 Wh over the limit of 1 %",
        "43 min",
        "high, repeatability",
        "In all about 1.4 h for one OCPP version.",
        "U is not known: name a bench with --bench.",
    ):
        assert piece in result.stdout


def test_a_bench_tells_the_uncertainty_beforehand() -> None:
    """By its calibration file, without touching an instrument; at 6 A on a 50 A range it is largest."""
    low, middle, high, repeats = rows("--profile", "hb44_ac", "--bench", str(BENCHES / "simulated.yaml"))
    assert low["U_pct"] == pytest.approx(0.28, abs=0.02)
    assert low["tur"] == pytest.approx(1 / low["U_pct"])
    assert low["U_pct"] > middle["U_pct"] > high["U_pct"]
    assert (repeats["purpose"], repeats["runs"], repeats["point"]) == ("repeatability", 3, "high")
    assert repeats["duration_s"] == 3 * high["duration_s"]


def test_a_poor_meter_is_said_before_hours_are_lost() -> None:
    """A meter with digits of 10 Wh cannot judge 1 % at 1 kWh."""
    result = plan("--profile", "hb44_ac", "--bench", str(BENCHES / "by_hand.yaml"))
    assert result.exit_code == 0
    assert (
        "Where the TUR is below 3 nothing can pass: choose a smaller range, a better reference meter"
        in result.stdout
    )


def test_a_meter_by_http_and_a_relay_of_a_process(tmp_path: Path) -> None:
    """Rigs are made too, but not started."""
    found = rows("--profile", "hb44_ac", "--bench", str(BENCHES / "node_peer.yaml"))
    assert found[0]["U_pct"] == pytest.approx(0.14, abs=0.01)


def test_the_temperature_chooses_the_limit() -> None:
    """At -30 degC the table allows 4 %; beyond it there is none."""
    assert {row["limit_pct"] for row in rows("--profile", "mid_by_temperature", "--air", "-30")} == {4.0}
    result = plan("--profile", "mid_by_temperature", "--air", "80")
    assert (result.exit_code, result.stderr) == (
        11,
        "Profile 'mid_by_temperature' has no limit at 80 degC.\n",
    )


def test_an_unverified_limit_is_said() -> None:
    """It screens only."""
    assert "a pass by it screens and does not certify" in plan("--profile", "mc_evse_ac").stdout


def test_the_plane_of_the_bench_counts(tmp_path: Path) -> None:
    """Behind the terminals of a station with an unknown cord, a high current cannot be judged at 1 %."""
    text = (BENCHES / "simulated.yaml").read_text().replace("plane: connector", "plane: output_terminals")
    for name in ("chargers/reference.yaml", "calibration/simulated_wt.yaml"):
        text = text.replace(f"../{name}", str(BENCHES.parent / name))
    bench = tmp_path / "bench.yaml"
    bench.write_text(text)
    unknown = rows("--profile", "hb44_ac", "--bench", str(bench))
    assert unknown[2]["tur"] < 3
    bench.write_text(text + "cord: {length: 7 m, gauge: 6 AWG}\n")
    assert rows("--profile", "hb44_ac", "--bench", str(bench))[2]["tur"] > 6
    bench.write_text(text.replace("plane: output_terminals", "plane: input"))
    assert rows("--profile", "hb44_ac", "--bench", str(bench))[0]["tur"] < 3


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    """A file is read like those of the library, with its mistakes."""
    mine = tmp_path / "mine.yaml"
    text = (library_folder("fixtures") / "profiles" / "hb44_ac.yaml").read_text()
    mine.write_text(text.replace("profile: hb44_ac", "profile: mine").replace("share: 100 %", "share: 80 %"))
    assert rows("--profile", str(mine))[2]["current_a"] == pytest.approx(38.4)
    mine.write_text(text.replace("rule: hb44", "rule: hb45"))
    result = plan("--profile", str(mine))
    assert result.exit_code == 12
    assert "'hb45' is not a known rule" in result.stderr


def test_an_unknown_profile() -> None:
    """The nearest one is named."""
    result = plan("--profile", "hb44_acc")
    assert result.exit_code == 2
    assert "there is no profile 'hb44_acc'; did you mean 'hb44_ac'?" in result.stderr


def test_a_bench_without_a_reference_meter(tmp_path: Path) -> None:
    """Nothing is known of U, and what it needs is said."""
    bench = tmp_path / "bench.yaml"
    bench.write_text("bench: bare\nkind: live\n")
    result = plan("--profile", "hb44_ac", "--bench", str(bench))
    assert (
        "U is not known: its reference meter needs a calibration file, or states no accuracy."
        in result.stdout
    )
