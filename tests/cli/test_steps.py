from __future__ import annotations

import json

from click.testing import CliRunner

from wattest.cli.steps import command


def test_lists_every_step() -> None:
    """One line with the arguments and one with the meaning for each verb."""
    lines = CliRunner().invoke(command, []).output.splitlines()
    assert "present_card: {card: <card>}" in lines
    assert lines[lines.index("present_card: {card: <card>}") + 1].startswith("    Hold a card")


def test_shows_one_step_whole() -> None:
    """Signature, help, arguments with units and defaults, what it proves and saves, and an example."""
    output = CliRunner().invoke(command, ["expect_transaction"]).output
    assert output.startswith("expect_transaction: {state: ")
    assert "within: a time such as '30 s' (default 30 s)" in output
    assert "Saves: Transaction ('save_as')" in output
    assert output.rstrip().splitlines()[-1].startswith("    - expect_transaction: ")
    assert "Proves: " in output


def test_optional_arguments_are_called_so() -> None:
    """An argument without a default worth stating is optional."""
    output = CliRunner().invoke(command, ["charge"]).output
    assert "energy: an energy such as '2 kWh' (optional)" in output
    assert "Proves" not in output


def test_json_for_machines() -> None:
    """The same as data, for all steps or for one."""
    every = json.loads(CliRunner().invoke(command, ["--json"]).output)
    one = json.loads(CliRunner().invoke(command, ["--json", "present_card"]).output)
    assert one in every
    assert one["arguments"] == [
        {"name": "card", "takes": "the name of a card", "required": True, "default": None, "doc": ""}
    ]
    assert one["example"] == "- present_card: driver"


def test_an_unknown_step_is_met_with_the_nearest() -> None:
    """A slip in a verb's name shows the verb that was meant."""
    result = CliRunner().invoke(command, ["presnt_card"])
    assert result.exit_code == 2
    assert "there is no step 'presnt_card'; did you mean 'present_card'?" in result.output
