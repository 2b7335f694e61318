"""``wattest risk``: how often a decision rule errs."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

import wattest.judge.risk
from wattest.cli import main


def risk(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["risk", *arguments], env={"COLUMNS": "140"})
    assert "Traceback" not in result.output
    return result


def test_rates_beside_what_is_predicted() -> None:
    """Both rules, five outcomes, an interval, and one sentence at the end."""
    result = risk("--meters", "400", "--budget", "0.25")
    assert result.exit_code == 0, result.output
    for piece in (
        "simple acceptance",
        "guard band w = U",
        "false accept",
        "Simulation and prediction agree:",
    ):
        assert piece in result.stdout


def test_the_same_as_json() -> None:
    """Rates by budget, rule and outcome; a limit may be named by its id."""
    result = risk("--meters", "300", "--limit", "hb44_ac_maintenance", "--seed", "4", "--json")
    found = json.loads(result.stdout)
    assert (found["limit_pct"], found["meters"], found["agree"]) == (2.0, 300, True)
    assert len(found["rates"]) == 3 * 2 * 5
    for budget in (0.1, 0.25, 0.5):
        for rule in ("hb44", "certification"):
            rates = [row for row in found["rates"] if (row["U_pct"], row["rule"]) == (budget, rule)]
            assert sum(row["simulated"] for row in rates) == pytest.approx(1.0)
            assert sum(row["predicted"] for row in rates) == pytest.approx(1.0)
    assert risk("--meters", "300", "--limit", "2 %", "--seed", "4", "--json").stdout == result.stdout


def test_a_disagreement_is_told_and_leaves_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prediction that does not fit is no matter of taste."""
    monkeypatch.setattr(
        wattest.judge.risk, "predict", lambda *_: dict.fromkeys(wattest.judge.risk.OUTCOMES, 0.5)
    )
    result = risk("--meters", "200", "--budget", "0.25")
    assert result.exit_code == 1
    assert "Simulation and prediction disagree on 10 of 10 rates." in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--meters", "0"], 11, "A risk needs at least one meter, not 0."),
        (["--budget", "0"], 11, "The budget of a risk is 0 %; it must be above 0 %."),
        (["--limit", "nan"], 11, "The limit of a risk is nan %; it must be above 0 %."),
        (
            ["--limit", "hb44_ac_maintenence"],
            2,
            "'hb44_ac_maintenence' is neither a percentage nor a limit in percent; did you mean 'hb44_ac_maintenance'?",
        ),
    ],
)
def test_a_question_that_makes_no_sense(arguments: list[str], code: int, sentence: str) -> None:
    """It is refused with a sentence."""
    result = risk(*arguments)
    assert result.exit_code == code
    assert sentence in result.stderr
