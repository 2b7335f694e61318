"""A tariff by state of charge, from the car to the session record of OCPI: one total, to the cent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wattest.judge.recheck import recheck
from wattest.judge.session_table import session_rows
from wattest.model.ocpi_version import OcpiName
from wattest.model.read_site import read_site
from wattest.ocpi.from_record import session_records, sheet_of
from wattest.record import read_record
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.perform import perform
from wattest.run.prove import library, trial

if TYPE_CHECKING:
    from pathlib import Path

    from wattest.model.scenario import Dialect


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_display_session_record_and_receipt_have_one_total(tmp_path: Path, dialect: Dialect) -> None:
    """The car passes 90 % on the way; what the driver was shown is what OCPI's record and the export say."""
    (scenario,) = [one for one in library() if one.key == "BILL-016"]
    campaign = open_campaign(documents(), plan=[(scenario, dialect)], out=tmp_path)
    outcome = campaign.clock.run(perform(campaign, scenario, dialect))
    seal(campaign)
    assert outcome.verdict == "pass", outcome.sentence
    record = read_record(tmp_path / "record.jsonl")
    assert recheck(record) == []
    shown = [e["value"]["cost"] for e in record.entries if e.get("what") == "display" and e["value"]["cost"]]
    (row,) = session_rows(record.entries)
    versions: tuple[OcpiName, ...] = ("2.2.1", "2.3.0")
    for version in versions:
        made, left = session_records(version, read_site(), sheet_of(record.header), [row])
        assert left == []
        price = made[0]["total_cost"]
        taxes = sum(line["amount"] for line in price.get("taxes", ()))
        assert str(price["incl_vat"] if version == "2.2.1" else price["before_taxes"] + taxes) == shown[-1]
    told = [one for _, one in row.transaction.soc]
    assert min(told) < 90 <= max(told)


@pytest.mark.parametrize(
    ("defect", "key"),
    [("BILL-D21", "BILL-016"), ("BILL-D22", "BILL-016"), ("BILL-D23", "BILL-017"), ("BILL-D24", "BILL-017")],
)
def test_a_wrong_state_of_charge_is_found(defect: str, key: str) -> None:
    """Stale, one percent too high, a share of 1, or of the car before: BIL-04 fails."""
    found = trial(defect, "1.6", (key,))
    assert found.failed == {key: ("BIL-04",)}
