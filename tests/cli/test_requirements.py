"""``wattest requirements``: list, filter, explain."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner, Result

from wattest.cli import main
from wattest.model.read import read_levels, read_requirements


def run(*arguments: str) -> Result:
    """The command, without a trace."""
    result = CliRunner().invoke(main, ["requirements", *arguments])
    assert "Traceback" not in result.output
    return result


def ids(*arguments: str) -> set[str]:
    """Ids of what the command finds."""
    return {row["id"] for row in json.loads(run("--json", *arguments).stdout)}


def test_all_of_them() -> None:
    """As a table and as JSON; the table ends with their number."""
    assert ids() == set(read_requirements())
    result = run()
    assert result.exit_code == 0
    assert result.stdout.rstrip().endswith("172 requirements")
    assert run("--lang", "fr").stdout.rstrip().endswith("172 exigences")


def test_filters_are_joined() -> None:
    """Each narrows what the others leave."""
    requirements, winter = read_requirements(), read_levels()["winter"]
    assert ids("--area", "cbl") == {id_ for id_ in requirements if id_.startswith("CBL")}
    assert ids("--trace", "T07") == {id_ for id_, one in requirements.items() if "T07" in one.traces}
    assert ids("--method", "chamber") == {
        id_ for id_, one in requirements.items() if "chamber" in one.methods
    }
    assert ids("--level", "winter") == {id_ for id_, one in requirements.items() if winter.takes(one)}
    assert ids("--open") == {id_ for id_, one in requirements.items() if one.planned}
    assert ids("--level", "winter", "--area", "CBL", "--method", "chamber") == {"CBL-02", "CBL-03", "CBL-04"}


def test_one_is_explained_with_its_limits_and_every_way_to_show_it() -> None:
    """Criterion, provenance of each number, level, demands, scenarios, documents."""
    told = run("rob-03", "PAY-04").stdout
    assert "ROB-03  The station starts after a night without power in deep cold.\n" in told
    assert "cold_severity_c3: -40 degC" in told
    assert "(unverified: screens, does not certify)" in told
    assert "Level      Winter, mandatory\n" in told
    assert "COLD-001 " in told
    assert "T07 The station stands vandalism" in told
    assert "Checklist  payment_terminal: Is the payment terminal sealed" in told
    assert "The terminal is listed, and its serial number is in the list." in told
    french = run("NET-05", "--lang", "fr").stdout
    assert re.search("Prévue +pas encore de TLS ni de certificats\n", french)
    assert re.search("Critère +TLS 1.2 ou plus récent; un système central au certificat expiré", french)
    assert re.search("Limites +aucune\n", french)
    assert "cable_length_min\u00a0: 5,5 m, critère du projet, " in run("CBL-05", "--lang", "fr").stdout
    assert re.search("Niveau +Connectée, obligatoire\n", french)


def test_what_is_planned_says_why() -> None:
    """--open shows what is missing."""
    assert "no TLS and no certificates" in " ".join(run("NET-05", "--open").stdout.split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("ROB-99",), "there is no requirement 'ROB-99'; did you mean 'ROB-"),
        (("--level", "gold"), "there is no level 'gold'; known: 'connected', 'metered', 'winter'"),
        (("--area", "XYZ"), "there is no area 'XYZ'"),
        (("--method", "magic"), "there is no method 'magic'"),
        (("--trace", "T99"), "there is no demand 'T99'"),
    ],
)
def test_a_wrong_word_gets_a_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    """Exit code 2."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_nothing_that_matches() -> None:
    """Exit code 5."""
    result = run("--area", "SIT", "--method", "chamber")
    assert (result.exit_code, result.stderr) == (5, "No requirement matches; leave a filter away.\n")
