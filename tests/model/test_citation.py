"""Sources in French."""

from __future__ import annotations

import pytest

from wattest.model.citation import source_in_french
from wattest.model.read import read_limits, read_requirements


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("OCPP 1.6 4.9; time is a project criterion", "OCPP 1.6 4.9; délai\u00a0: critère du projet"),
        ("project criterion for user statement T15", "critère du projet pour la demande T15"),
        ("project criterion on SAE J1772", "critère du projet d'après SAE J1772"),
        ("user statement T01; project criterion", "demande T01; critère du projet"),
        ("project criterion, Wattest 2026-11", "critère du projet, Wattest 2026-11"),
        ("NEC 625.17, not stated", "NEC 625.17, non indiquée"),
        ("CSA TS-804 (not read)", "CSA TS-804 (non lu)"),
        ("IEC 61851-1 Annex A Table A.6", "IEC 61851-1 Annex A Table A.6"),
        ("project criterion in the manner of ChargeX", "project criterion in the manner of ChargeX"),
    ],
)
def test_what_wattest_says_is_french_and_what_it_cites_is_not(english: str, french: str) -> None:
    """Names of standards stay as they are, and so does a part that is not understood whole: no half sentences."""
    assert source_in_french(english) == french


def test_what_the_library_says_of_its_own_criteria_is_french() -> None:
    """Each thing that a source calls a criterion of the project, and each user statement, has its French."""
    sources = [one.source for one in read_requirements().values()]
    sources += [one.source for one in read_limits().values()]
    told = [part for source in sources for part in source_in_french(source).split("; ")]
    assert not [part for part in told if part.endswith(("is a project criterion", "are project criteria"))]
    assert not [part for part in told if part.startswith("user statement")]
