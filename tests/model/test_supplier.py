"""Who sells the energy."""

from __future__ import annotations

from pathlib import Path

import pytest

from wattest.document.reader import read_text
from wattest.errors import DocumentError
from wattest.model.supplier import read_supplier, supplier_of

WHOLE = """\
supplier: a
name: A Ltd.
address: 1 Road
gst_hst_number: 123456789 RT0001
"""


def test_reads_a_supplier_of_the_library_by_its_name() -> None:
    """A name is enough for what comes with Wattest; each tax finds the number under which it is remitted."""
    found = read_supplier("example")
    assert [found.number_for(tax) for tax in ("GST", "HST", "QST", "PST", "RST")] == [
        "123456789 RT0001",
        "123456789 RT0001",
        "1234567890 TQ0001",
        "PST-1234-5678",
        "PST-1234-5678",
    ]


def test_reads_a_file(tmp_path: Path) -> None:
    """What is not given in French is the same as in English; a number that is not given is empty."""
    (tmp_path / "a.yaml").write_text(WHOLE)
    found = read_supplier(tmp_path / "a.yaml")
    assert (found.name_fr, found.qst_number, found.terms_fr) == ("A Ltd.", "", "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (WHOLE.replace("supplier: a", "supplier: b"), "the supplier is called 'b' and its file 'a.yaml'; name both alike"),
        (WHOLE.replace("RT0001", "0001"), "'123456789 0001' is not a GST/HST number such as '123456789 RT0001'"),
        (WHOLE + "qst_number: 12 TQ 1\n", "'12 TQ 1' is not a QST number such as '1234567890 TQ0001'"),
    ],
)  # fmt: skip
def test_says_what_is_wrong_with_a_supplier(text: str, sentence: str) -> None:
    """A number of another form is refused where it stands."""
    with pytest.raises(DocumentError) as refusal:
        supplier_of(read_text(text, "a.yaml"))
    assert [problem.sentence for problem in refusal.value.problems] == [sentence]
