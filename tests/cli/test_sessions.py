"""``wattest sessions`` and ``wattest uptime`` on a record of a run."""

from __future__ import annotations

import csv
import io
import json
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from wattest.cli.sessions import command as sessions
from wattest.cli.uptime import command as uptime
from wattest.model.read_ocpi import read_ocpi
from wattest.ocpi.validate import violations
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.perform import perform
from wattest.run.prove import library


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed run with a paid session, and a failed one after a power cut, on both dialects."""
    folder = tmp_path_factory.mktemp("run")
    plan = [
        (scenario, dialect)
        for scenario in library()
        if scenario.key in {"BILL-001", "BILL-006"}
        for dialect in ("1.6", "2.0.1")
    ]
    campaign = open_campaign(documents(), plan=plan, out=folder)  # type: ignore[arg-type]
    for scenario, dialect in plan:
        campaign.clock.run(perform(campaign, scenario, dialect))  # type: ignore[arg-type]
    seal(campaign)
    return folder


def _sessions(*arguments: object) -> Result:
    return CliRunner().invoke(sessions, [str(one) for one in arguments])


def test_every_session_of_a_run(run: Path) -> None:
    """One line each, the failed ones with their reason, money apart from taxes."""
    result = _sessions(run)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [(row["scenario"], row["dialect"], row["result"]) for row in rows] == [
        ("BILL-001", "1.6", "complete"),
        ("BILL-001", "2.0.1", "complete"),
        ("BILL-006", "1.6", "failed"),
        ("BILL-006", "2.0.1", "failed"),
    ]
    assert rows[2]["stop_reason"] == "PowerLoss"
    for row in rows:
        parts = [row["before_tax"], row["tax_GST"], row["tax_QST"]]
        assert sum(map(Decimal, parts)) == Decimal(row["total"])


def test_json_into_a_file(run: Path, tmp_path: Path) -> None:
    """--out writes the file and prints nothing."""
    result = _sessions(run / "record.jsonl", "--format", "json", "--out", tmp_path / "s.json")
    assert (result.exit_code, result.output) == (0, "")
    assert len(json.loads((tmp_path / "s.json").read_text())) == 4


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_session_records_of_ocpi(run: Path, version: str) -> None:
    """Each priced session becomes a CDR that keeps the field list of its version."""
    result = _sessions(run, "--format", f"ocpi-{version}")
    records = json.loads(result.stdout, parse_float=Decimal)
    assert len(records) == 4
    for one in records:
        assert violations(read_ocpi(version), "CDR", one) == []


def test_parquet_needs_a_file(run: Path) -> None:
    """It cannot be printed."""
    result = _sessions(run, "--format", "parquet")
    assert result.exit_code == 2
    assert "say where to write with --out FILE" in result.output


def test_every_format_tells_the_same_of_a_session(run: Path, tmp_path: Path) -> None:
    """CSV, JSON and Parquet value for value; OCPI the same session, in its own units and to the second."""
    table = list(csv.DictReader(io.StringIO(_sessions(run).stdout)))
    listed = json.loads(_sessions(run, "--format", "json").stdout)
    assert _sessions(run, "--format", "parquet", "--out", tmp_path / "s.parquet").exit_code == 0
    columns = parquet.read_table(tmp_path / "s.parquet").to_pylist()
    records = json.loads(_sessions(run, "--format", "ocpi-2.2.1").stdout, parse_float=Decimal)
    newer = json.loads(_sessions(run, "--format", "ocpi-2.3.0").stdout, parse_float=Decimal)
    assert len(table) == len(listed) == len(columns) == len(records) == len(newer) == 4
    for row, one, stored, record, new in zip(table, listed, columns, records, newer, strict=True):
        assert list(row) == list(one) == list(stored)
        for name, value in row.items():
            assert (value or None) == (one[name] if one[name] is None else str(one[name])), name
            assert _same(value, stored[name]), name
        assert record["session_id"] == new["session_id"] == row["id"]
        assert record["total_energy"] * 1000 == Decimal(row["energy_wh"])
        assert record["currency"] == row["currency"]
        assert record["total_cost"] == {
            "excl_vat": Decimal(row["before_tax"]),
            "incl_vat": Decimal(row["total"]),
        }
        assert new["total_cost"]["before_taxes"] == Decimal(row["before_tax"])
        assert {tax["name"]: tax["amount"] for tax in new["total_cost"]["taxes"]} == {
            name: Decimal(row[f"tax_{name}"]) for name in ("GST", "QST")
        }
        for mine, theirs in (("begin", "start_date_time"), ("end", "end_date_time")):
            apart = datetime.fromisoformat(row[mine]) - datetime.fromisoformat(record[theirs])
            assert timedelta(0) <= apart < timedelta(seconds=1)
        assert abs(record["total_time"] * 3600 - Decimal(row["duration_s"])) <= Decimal("0.2")


def _same(value: str, stored: object) -> bool:
    """Whether a cell of CSV and a value of Parquet are one and the same, whatever zeros stand behind them."""
    if stored is None:
        return value == ""
    if isinstance(stored, datetime):
        return datetime.fromisoformat(value) == stored
    return Decimal(value) == stored if isinstance(stored, Decimal) else value == str(stored)


def test_parquet_without_its_package_names_the_way_out(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 11, no file, and no trace."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = _sessions(run, "--format", "parquet", "--out", tmp_path / "s.parquet")
    assert (result.exit_code, result.stderr) == (
        11,
        (
            "Parquet needs the package pyarrow, which is not installed here: pip install pyarrow "
            "(it comes with the extra: pip install 'wattest[data]'), or choose --format csv or json.\n"
        ),
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["csv", "parquet", "ocpi-2.2.1"])
def test_a_file_that_cannot_be_written_is_told(run: Path, tmp_path: Path, form: str) -> None:
    """A folder that is not there, or a name that is a folder's."""
    for out, why in ((tmp_path / "no" / "s", "No such file or directory"), (tmp_path, "Is a directory")):
        result = _sessions(run, "--format", form, "--out", out)
        assert result.exit_code == 11
        assert result.stderr == f"{out} cannot be written: {why}; name another file with --out.\n"


def test_a_record_without_its_end_proves_nothing(run: Path, tmp_path: Path) -> None:
    """What it holds is written, and the exit code says that it is no result."""
    lines = (run / "record.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "record.jsonl").write_bytes(b"".join(lines[:-1]))
    result = _sessions(tmp_path)
    assert result.exit_code == 13
    assert result.stdout.startswith("scenario,dialect,station")
    assert "is not a result: these sessions prove nothing." in result.stderr


def test_something_else_is_no_record(tmp_path: Path) -> None:
    """A sentence, and no trace."""
    (tmp_path / "record.jsonl").write_text("hello\n")
    result = _sessions(tmp_path)
    assert result.exit_code == 13
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_uptime_of_a_run_and_where_formulas_disagree(run: Path) -> None:
    """Each port by each formula; after a power cut by the bench nothing is held against the station."""
    result = CliRunner().invoke(uptime, [str(run)])
    assert result.exit_code == 0, result.output
    assert "port CP001-1" in result.output
    for name in ("nevi", "uk", "host"):
        assert f"  {name}: " in result.output


LOG = """time,port,status
2025-01-01T00:00:00Z,A1,Available
2025-03-01T00:00:00Z,A1,Offline
2025-03-11T22:48:00Z,A1,Available
2026-01-01T00:00:00Z,A1,END
"""


def test_uptime_of_a_log(tmp_path: Path) -> None:
    """Ten days offline in a year: 97 % for NEVI, 100 % for the UK, and the difference is said."""
    (tmp_path / "log.csv").write_text(LOG)
    result = CliRunner().invoke(uptime, [str(tmp_path / "log.csv"), "--formula", "nevi", "--formula", "uk"])
    assert result.output.splitlines()[1].strip() == "nevi: 97.0000 %; asked for are 97 %"
    assert "The formulas disagree by 3.0000 percentage points: nevi counts time" in result.output
    found = CliRunner().invoke(uptime, [str(tmp_path / "log.csv"), "--json"])
    assert {one["formula"]: one["percent"] for one in json.loads(found.output)["A1"]} == {
        "host": "97.0000",
        "nevi": "97.0000",
        "uk": "100.0000",
    }


@pytest.mark.parametrize(
    ("text", "arguments", "code", "sentence"),
    [
        ("time,port\n", (), 11, "log.csv:1: the log has no column 'status'"),
        (LOG, ("--formula", "mine"), 11, "There is no formula 'mine'; there are host, nevi, uk"),
        (LOG, ("--formula", "missing.yaml"), 12, "missing.yaml"),
    ],
)
def test_what_cannot_be_computed_is_explained(
    tmp_path: Path, text: str, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    """Its own exit code, and a sentence."""
    (tmp_path / "log.csv").write_text(text)
    result = CliRunner().invoke(uptime, [str(tmp_path / "log.csv"), *arguments])
    assert result.exit_code == code
    assert sentence in result.output
