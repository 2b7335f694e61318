"""Sites, error codes, formulas of uptime and field lists of OCPI: what is wrong is said with its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wattest.document.reader import read_bytes
from wattest.errors import DocumentError
from wattest.model.error_code import error_codes_of, read_error_codes
from wattest.model.library import library_folder
from wattest.model.read_ocpi import ocpi_of
from wattest.model.read_site import read_site, site_of
from wattest.model.read_uptime import uptime_of
from wattest.model.words import NEEDS

FIXTURES = library_folder("fixtures")


def _said(reader: Callable[[Any], object], path: str, old: str, new: str) -> str:
    text = (FIXTURES / path).read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(DocumentError) as caught:
        reader(read_bytes(text.replace(old, new, 1).encode(), path))
    return str(caught.value)


@pytest.mark.parametrize(
    ("reader", "path", "old", "new", "sentence"),
    [
        (site_of, "sites/reference.yaml", "45.508840", "95.1", "latitude 95.1 lies beyond 90 degrees"),
        (
            site_of,
            "sites/reference.yaml",
            "America/Toronto",
            "Quebec",
            "time_zone 'Quebec' is not in the IANA table; such as America/Toronto",
        ),
        (site_of, "sites/reference.yaml", "+1-800-555-0100", "800", "a telephone number with its country"),
        (
            site_of,
            "sites/reference.yaml",
            "site: reference",
            "site: other",
            "the site is called 'other' and its file 'reference.yaml'; name both alike",
        ),
        (
            site_of,
            "sites/reference.yaml",
            "hours: always",
            "hours: [{weekday: 1, begin: '18:00', end: '08:00'}]",
            "opening hours from 18:00 to 08:00 end before they begin",
        ),
        (
            uptime_of,
            "uptime/uk.yaml",
            "up: [AVAILABLE, CHARGING, RESERVED]",
            "up: [AVAILABLE, CHARGING]",
            "status RESERVED stands nowhere under 'up', 'down' and 'left_out'; it must stand once",
        ),
        (
            uptime_of,
            "uptime/uk.yaml",
            "down: [INOPERATIVE,",
            "down: [AVAILABLE, INOPERATIVE,",
            "status AVAILABLE stands twice under 'up', 'down' and 'left_out'; it must stand once",
        ),
        (
            ocpi_of,
            "ocpi/2_3_0.yaml",
            "coordinates: GeoLocation 1",
            "coordinates: Place 1",
            "Location.coordinates is of type 'Place', which is neither an object nor an enumeration",
        ),
        (ocpi_of, "ocpi/2_3_0.yaml", "publish: boolean 1", "publish: boolean", "a type and a cardinality"),
        (
            error_codes_of,
            "error_codes/mrec.yaml",
            "  CX001: {",
            "  CX1: {",
            "a minimum required error code such as 'CX001'",
        ),
        (
            error_codes_of,
            "error_codes/mrec.yaml",
            ", injected_by: [lock_jam]",
            "",
            "a code has either injected_by, or not_injected with the reason why nothing provokes it",
        ),
    ],
)
def test_what_is_wrong_is_said(
    reader: Callable[[Any], object], path: str, old: str, new: str, sentence: str
) -> None:
    """Each mistake in a document is a sentence."""
    assert sentence in _said(reader, path, old, new)


def test_an_evse_that_the_site_does_not_name_has_an_id_all_the_same() -> None:
    """Made from country, party and number."""
    site = read_site()
    assert site.evse(1).physical_reference == "A1"
    assert site.evse(7).evse_id == "CA*WAT*E7"


def test_the_codes_are_those_of_chargex() -> None:
    """CX001 to CX026, each once; every errorCode is one of OCPP 1.6."""
    codes = read_error_codes()
    assert list(codes) == [f"CX{number:03d}" for number in range(1, 27)]
    assert len({code.name for code in codes.values()}) == 26
    known = {
        "ConnectorLockFailure",
        "EVCommunicationError",
        "GroundFailure",
        "HighTemperature",
        "InternalError",
        "LocalListConflict",
        "NoError",
        "OtherError",
        "OverCurrentFailure",
        "OverVoltage",
        "PowerMeterFailure",
        "PowerSwitchFailure",
        "ReaderFailure",
        "ResetFailure",
        "UnderVoltage",
        "WeakSignal",
    }
    assert {error for code in codes.values() for error in code.errors} <= known
    assert codes["CX001"].told_by_name
    assert not codes["CX014"].told_by_name


STEPS = {
    "CX003": "check_heat_fault",
    "CX008": "check_emergency_stop",
    "CX018": "check_hot_connector",
    "CX019": "check_hot_connector",
    "CX026": "check_cut_cable",
}
"""Steps that provoke a code and expect it themselves."""


def test_a_code_that_is_injected_has_its_scenario() -> None:
    """What 'injected_by' names can be needed, and a scenario that needs it expects the code; the others say why none does."""
    library = (FIXTURES.parent / "scenarios").rglob("*.scenario.yaml")
    texts = [path.read_text(encoding="utf-8") for path in library]
    for number, code in read_error_codes().items():
        assert set(code.injected_by) <= NEEDS, number
        word = STEPS.get(number, f"code: {number}")
        found = [text for text in texts if word in text and all(need in text for need in code.injected_by)]
        assert found or code.not_injected, number
