from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from wattest.cli.schema import command
from wattest.model.documents import KINDS


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_prints_a_schema_for_each_kind(kind: str) -> None:
    """Every kind of document has a schema that says its dialect and refuses unknown keys."""
    result = CliRunner().invoke(command, [kind])
    schema = json.loads(result.output)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == f"Wattest {kind}"
    assert schema["additionalProperties"] is False


def test_verbs_come_with_help_units_and_words() -> None:
    """An editor gets each verb's docstring, the pattern of a unit and the words of a choice."""
    schema = json.loads(CliRunner().invoke(command, ["scenario"]).output)
    bare, mapping = schema["properties"]["steps"]["items"]["anyOf"]
    assert "plug_in" in bare["enum"]
    assert "present_card" not in bare["enum"]
    charge = mapping["properties"]["charge"]
    assert charge["description"].startswith("Let the vehicle take")
    assert "^" in schema["$defs"]["current"]["pattern"]
    assert "AUT-02" in schema["properties"]["covers"]["items"]["enum"]


def test_an_unknown_kind_lists_the_known() -> None:
    """A wrong kind is a mistake of the command line."""
    result = CliRunner().invoke(command, ["scenaro"])
    assert result.exit_code == 2
    assert "'scenario'" in result.output
