"""Reports of what hostile stations said: every form can be made, and nothing of it is taken for markup."""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from wattest.record import read_record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.misbehaviour.conftest import Run, Talk

    from wattest.model.scenario import Dialect

EVIL = "</script><script>alert(1)</script><![CDATA[ ]]> \u0000\u0007\u2028\ufffe é {{7*7}}"
FRAMES = (
    [2, "e1", "DataTransfer", {"vendorId": EVIL, "data": EVIL}],
    [2, EVIL, EVIL, {}],
    [2, "e2", EVIL, {EVIL: EVIL}],
    [4, "nobody", EVIL, EVIL, {}],
    '[2,"e3","DataTransfer",{"vendorId":"\\ud800"}]',
    b"\xff\xfe\x00<script>alert(1)</script>",
    "<script>alert(1)</script>" * 20_000,
    json.dumps([2, "e4", "Authorize", {"idTag": EVIL, "idToken": {"idToken": EVIL, "type": EVIL}}]),
    [2, "e5", "StatusNotification", {"connectorId": 1, "errorCode": EVIL, "status": EVIL, "timestamp": EVIL}],
)


@pytest.mark.parametrize("dialect", ["1.6", "2.0.1"])
def test_every_report_can_be_made(
    perform_with: Run, talk: type[Talk], tmp_path: Path, dialect: Dialect
) -> None:
    """HTML, JUnit, Allure and terminal stand the worst that a station can say."""
    found = perform_with(tmp_path, "AUTH-001", dialect, talk.Rogue.interjecting(*FRAMES))
    assert {"OCP-01", "OCP-02"} <= set(found.failed)
    record = read_record(tmp_path / "record.jsonl")
    made = {
        entry.name: entry.load()(record, tmp_path / entry.name)
        for entry in entry_points(group="wattest.reports")
    }
    assert set(made) >= {"allure", "html", "junit", "terminal"}
    page = made["html"].read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "is not valid: " in page
    junit = ET.parse(made["junit"])
    assert any("AUTH-001" in str(case.get("name")) for case in junit.iter("testcase"))
