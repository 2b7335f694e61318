from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.cli.known import installed
from wattest.document.reader import read_bytes
from wattest.errors import DocumentError, Problem
from wattest.model.documents import KINDS, check, kind_of
from wattest.model.library import library_folder
from wattest.model.plugins import DRIVERS

FILES = {
    "scenario": library_folder("scenarios") / "metering" / "energy_accuracy_low.scenario.yaml",
    "bench": library_folder("fixtures") / "benches" / "simulated.yaml",
    "charger": library_folder("fixtures") / "chargers" / "reference.yaml",
    "requirement": library_folder("fixtures") / "requirements" / "authentication.yaml",
    "limit": library_folder("fixtures") / "limits" / "pilot.yaml",
    "decision-rule": library_folder("fixtures") / "limits" / "decision_rules.yaml",
    "profile": library_folder("fixtures") / "profiles" / "mid_by_temperature.yaml",
    "checklist": library_folder("fixtures") / "evidence" / "checklists.yaml",
    "document": library_folder("fixtures") / "evidence" / "documents.yaml",
    "level": library_folder("fixtures") / "levels" / "levels.yaml",
    "demand": library_folder("fixtures") / "requirements" / "demands.yaml",
    "tariff": library_folder("fixtures") / "tariffs" / "mixed.yaml",
    "tax": library_folder("fixtures") / "taxes" / "canada.yaml",
    "card": library_folder("fixtures") / "cards" / "standard.yaml",
    "site": library_folder("fixtures") / "sites" / "reference.yaml",
    "uptime": library_folder("fixtures") / "uptime" / "nevi.yaml",
    "error-code": library_folder("fixtures") / "error_codes" / "mrec.yaml",
    "ocpi": library_folder("fixtures") / "ocpi" / "2_3_0.yaml",
    "supplier": library_folder("fixtures") / "suppliers" / "example.yaml",
}
SCRAPS = st.one_of(
    st.sampled_from(
        ["", "[", "]", "{", "}", ": ", "- ", "$x", "&a ", "*a", "!t ", "\n", "~", "''", "#", "-1 A", "1,5"]
    ),
    st.text(max_size=8),
)


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_document_is_read_or_explained(kind: str, data: st.DataObject) -> None:
    """Whatever is cut out of a good document or put into it, the reader answers with sentences."""
    text = _text(FILES[kind])
    for _ in range(data.draw(st.integers(1, 3))):
        begin = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(begin, min(begin + 12, len(text))))
        text = text[:begin] + data.draw(SCRAPS) + text[end:]
    problems = _problems(text, str(FILES[kind]))
    assert all(problem.sentence and problem.place.line >= 1 for problem in problems)


def _problems(text: str, path: str) -> tuple[Problem, ...]:
    try:
        document = read_bytes(text.encode(errors="surrogatepass"), path)
        found = kind_of(document)
        if found is not None:
            check(document, found, installed, DRIVERS)
    except DocumentError as error:
        return error.problems
    return ()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
