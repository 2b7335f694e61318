from __future__ import annotations

import pytest

from wattest.document.node import Problems, Text
from wattest.errors import DocumentError, Place


def test_keeps_each_problem_once_and_in_order() -> None:
    """The same sentence at the same place counts once; the error sorts by place."""
    problems = Problems("f.yaml", ("a: 1", "b: 2"))
    problems.at(2, 1, "second")
    problems.at(1, 4, "first")
    problems.at(2, 1, "second")
    assert len(problems) == 2
    with pytest.raises(DocumentError) as refusal:
        problems.stop_if_any()
    assert [problem.sentence for problem in refusal.value.problems] == ["first", "second"]
    assert str(refusal.value) == "f.yaml:1:4: first\n    a: 1\n       ^\nf.yaml:2:1: second\n    b: 2\n    ^"


def test_a_trial_is_taken_or_forgotten() -> None:
    """What a trial finds counts only when it is taken."""
    problems = Problems("f.yaml", ("a: 1",))
    trial = problems.trial()
    trial.at(1, 1, "perhaps")
    problems.stop_if_any()
    problems.take(trial)
    assert [problem.source for problem in problems] == ["a: 1"]


def test_tells_where_a_name_was_used() -> None:
    """A value that came from for_each is blamed at its own place, with the place of its use."""
    problems = Problems("f.yaml")
    problems.add(Text("30 s", Place("f.yaml", 3, 9), via="as $current in line 12"), "no current")
    assert [problem.sentence for problem in problems] == ["no current (as $current in line 12)"]


def test_shows_no_line_of_another_file() -> None:
    """A place in another file has no source line here."""
    problems = Problems("f.yaml", ("a: 1",))
    problems.add(Place("g.yaml", 1, 1), "elsewhere")
    problems.add(Place("f.yaml", 9, 1), "beyond")
    assert [problem.source for problem in problems] == ["", ""]
