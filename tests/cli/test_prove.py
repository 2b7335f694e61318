"""``wattest prove``: the matrix of defects and scenarios."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

import wattest.evse
from wattest.cli import main
from wattest.run.prove import tried_in
from wattest.world.behaviour import DEFECTS

assert wattest.evse, "importing it registers the defects of the firmware"


def prove(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["prove", "--ocpp", "1.6", *arguments])


def test_a_defect_that_is_caught() -> None:
    """The scenario that fails the named requirement is named, and the exit code is 0."""
    result = prove("--only", "METER-D01", "--scenario", "METER-003", "--json")
    assert result.exit_code == 0, result.output
    row = json.loads(result.stdout)["defects"]["METER-D01"]
    assert row["requirement"] == "MET-03"
    assert row["caught_by"] == ["METER-003 (1.6)"]


def test_a_defect_that_is_missed() -> None:
    """A scenario that does not catch the defect leaves it missed, and the exit code is 1."""
    result = prove("--only", "COLD-D01", "--scenario", "METER-003")
    assert result.exit_code == 1
    assert "not caught" in result.stdout
    assert "0 of 1 defects caught" in result.stdout


def test_a_variation_that_is_respected() -> None:
    """An allowed difference is not failed."""
    result = prove("--only", "V20", "--scenario", "METER-006", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["variations"]["V20"]["failing"] == {}


def test_an_unknown_defect() -> None:
    """An id that nobody registered is refused with those that are known."""
    result = prove("--only", "METER-D99")
    assert result.exit_code == 2
    assert "There is no defect or variation 'METER-D99'; there are " in result.output


def test_what_is_proven_in_201_is_proven_in_21_when_asked() -> None:
    """A defect keeps to its own dialects unless 2.1 is asked for, which has what 2.0.1 has."""
    row, old = DEFECTS["METER-D01"], DEFECTS["BILL-D16"]
    assert tried_in(row, ()) == ("1.6", "2.0.1")
    assert tried_in(row, ("1.6", "2.1")) == ("1.6", "2.1")
    assert (tried_in(old, ("1.6",)), tried_in(old, ("2.1",))) == ((), ("2.1",))
