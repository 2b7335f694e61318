"""The simulated meter signs begin and end of a session, where its maker says that it does and it was asked to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.evse.conftest import SHEET

from wattest.evse.signed import private_key
from wattest.judge.ocmf import parsed
from wattest.judge.rules import decide
from wattest.model.library import library_folder
from wattest.model.read import read_charger
from wattest.ocpp.signed import signed_texts

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

SIGNS = replace(SHEET, features=(*SHEET.features, "signed_meter_values"))


def key_of(serial: str) -> str:
    """The public key of the meter in a simulated charger."""
    told: bytes = (
        private_key(f"meter of {serial}")
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    return told.hex()


async def _session(bench: Bench) -> None:
    await bench.begin()
    await bench.wait(150)
    await bench.leave()
    await bench.wait(5)


async def _asked(bench: Bench) -> None:
    await bench.ready()
    if bench.central.dialect == "1.6":
        asked = {"key": "SampledDataSignReadings", "value": "true"}
        assert (await bench.central.call("ChangeConfiguration", asked))["status"] == "Accepted"
    else:
        where = {"component": {"name": "SampledDataCtrlr"}, "variable": {"name": "SignReadings"}}
        await bench.central.call("SetVariables", {"setVariableData": [{**where, "attributeValue": "true"}]})
    await _session(bench)


async def _unasked(bench: Bench) -> None:
    await bench.ready()
    await _session(bench)


def told(bench: Bench) -> list[str]:
    """Every signed text, as a stranger takes it out of the messages."""
    said = bench.central.said("MeterValues", "StopTransaction", "TransactionEvent")
    return [text for payload in said for text in signed_texts(payload)]


def test_begin_and_end_are_signed(enact: Enact) -> None:
    """Two records, page after page, that verify; the same again from the same seed, to the last digit."""
    records = told(enact(_asked, sheet=SIGNS))
    inputs = {"what": "signed values", "records": records, "public_key": key_of("R-0001"), "sessions": 1}
    assert decide("signed_values", inputs).outcome == "pass"
    assert [[one["TX"] for one in parsed(text).readings] for text in records] == [["B"], ["E"]]
    assert [parsed(text).page for text in records] == ["T1", "T2"]
    assert told(enact(_asked, sheet=SIGNS)) == records


def test_nothing_is_signed_unasked_or_by_another_make(enact: Enact) -> None:
    """Signing is a setting, and a feature of the make."""
    assert told(enact(_unasked, sheet=SIGNS)) == []
    assert told(enact(_asked)) == []


@pytest.mark.parametrize("id_", ["V134", "V135", "V136", "V137"])
def test_the_ways_in_which_it_may_be_signed(enact: Enact, id_: str) -> None:
    """In hex, in base64, both readings in one record, as the JSON of 2.0.1: all of them verify."""
    records = told(enact(_asked, sheet=SIGNS, active={id_}))
    assert len(records) == (1 if id_ == "V136" else 2)
    inputs = {"what": "signed values", "records": records, "public_key": key_of("R-0001"), "sessions": 1}
    assert decide("signed_values", inputs).outcome == "pass"


@pytest.mark.parametrize("id_", ["METER-D15", "METER-D16", "METER-D17", "METER-D18"])
def test_what_is_wrong_with_it_is_found(enact: Enact, id_: str) -> None:
    """Written again, pages that jump, another key, no begin."""
    records = told(enact(_asked, sheet=SIGNS, active={id_}, lawful=True))
    inputs = {"what": "signed values", "records": records, "public_key": key_of("R-0001"), "sessions": 1}
    assert decide("signed_values", inputs).outcome == "fail"


def test_the_sheet_of_the_reference_states_the_key_of_its_meter() -> None:
    """Or every record of it would fail."""
    sheet = read_charger(library_folder("fixtures") / "chargers" / "reference.yaml")
    assert sheet.meter_public_key == key_of(sheet.serial)
