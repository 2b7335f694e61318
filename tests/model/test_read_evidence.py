"""Readers of checklists, documents asked for, levels and demands."""

from __future__ import annotations

import pytest

from wattest.document.reader import read_bytes
from wattest.errors import DocumentError
from wattest.model.read_evidence import checklist_of, levels_of, papers_of


def _sentences(text: str, reader: object) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        reader(read_bytes(text.encode(), "x.yaml"))  # type: ignore[operator]
    return [problem.sentence for problem in caught.value.problems]


ITEM = "checklist:\n  a:\n    question: Is it?\n    question_fr: L'est-ce?\n    covers: [SIT-01]\n"


def test_an_item_is_answered_with_yes_or_no_unless_it_says_otherwise() -> None:
    """Yes passes; a picture is asked for; an answer holds for a year."""
    item = checklist_of(read_bytes(ITEM.encode(), "x.yaml"))["a"]
    assert (dict(item.answers), item.accept, item.photo, item.valid_days) == (
        {"yes": "oui", "no": "non"},
        ("yes",),
        True,
        366,
    )


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("    accept: [maybe]\n", "'maybe' is none of the answers: yes, no"),
        ("    unit: m\n", "a measured item needs at_least or at_most, the id of a limit"),
        ("    unit: furlong\n    at_most: sign_distance\n", "the unit 'furlong' is not known"),
        ("    at_most: sign_distance\n", "at_least and at_most need the unit of the value"),
        (
            "    unit: m\n    at_most: sign_distance\n    accept: [yes]\n",
            "an item has either a unit, to be measured, or answers",
        ),
    ],
)
def test_an_item_that_decides_nothing_is_a_mistake(more: str, sentence: str) -> None:
    """Each mistake has its sentence."""
    assert any(sentence in found for found in _sentences(ITEM + more, checklist_of))


def test_an_unknown_requirement_gets_the_nearest_one() -> None:
    """Covers are checked against the catalogue."""
    (found,) = _sentences(ITEM.replace("SIT-01", "SIT-09"), checklist_of)
    assert "'SIT-09'" in found
    assert "SIT-0" in found


def test_a_document_states_something() -> None:
    """Without statements it could prove nothing."""
    text = "documents:\n  a: {title: A, title_fr: B, states: {}}\n"
    assert _sentences(text, papers_of) == ["a document states at least one thing"]


def test_a_level_has_methods() -> None:
    """Without any it would take nothing."""
    text = "levels:\n  a: {title: A, title_fr: B, text: C, text_fr: D, methods: []}\n"
    assert _sentences(text, levels_of) == ["a level needs at least one method"]
