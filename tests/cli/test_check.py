from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wattest.cli.check import command
from wattest.errors import BenchError

SCENARIO = """scenario: A driver charges
id: AB-123
covers: [AUT-02]
given: {cards: {driver: 04E2A1B2}}
steps:
  - present_card: driver
  - expect_transaction: {state: charging, within: 30 s}
"""
TARIFF = "tariff: cheap\nenergy: 0.10 CAD/kWh\n"


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs ``wattest check`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(command, [str(argument) for argument in arguments])


def write(name: str, text: str | bytes) -> None:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def test_says_what_it_checked(check: Callable[..., Result]) -> None:
    """When all is well the answer counts what was read, folders included and hidden ones not."""
    write("a/x.scenario.yaml", SCENARIO)
    write(
        "a/many.scenario.yaml",
        SCENARIO.replace("AB-123", "AB-124\nfor_each: {t: [1 s, 2 s]}").replace("30 s", "$t"),
    )
    write("a/cheap.yaml", TARIFF)
    write("a/cards.yml", "cards: {a: 01, b: 02}\n")
    write("a/other.yaml", "who: knows\n")
    write("a/.git/x.yaml", "a: [\n")
    write("a/node_modules/x.yaml", "a: [\n")
    write("a/notes.txt", "a: [\n")
    result = check("a", "a/cheap.yaml")
    assert result.output == (
        "5 files checked, nothing wrong: cards: 2, tariffs: 1, scenarios: 2, variants: 2;"
        " 1 other YAML file read for form only\n"
    )
    assert result.exit_code == 0


def test_shows_every_mistake_of_every_file(check: Callable[..., Result]) -> None:
    """Problems come with place, line and caret, sorted, and the exit code is 12."""
    write("a.scenario.yaml", SCENARIO.replace("30 s", "30 A").replace("present_card", "presnt_card"))
    write("b.yaml", TARIFF.replace("cheap", "b").replace("CAD/kWh", "CAD/kwh"))
    result = check("b.yaml", "a.scenario.yaml")
    assert result.output == (
        "a.scenario.yaml:6:5: there is no step 'presnt_card'; did you mean 'present_card'?\n"
        "      - presnt_card: driver\n"
        "        ^\n\n"
        "a.scenario.yaml:7:51: '30 A' is a current; a time is needed here, such as '30 s'\n"
        "      - expect_transaction: {state: charging, within: 30 A}\n"
        "                                                      ^\n\n"
        "b.yaml:2:9: 'CAD/kwh' is not a known unit; did you mean 'CAD/kWh'?\n"
        "    energy: 0.10 CAD/kwh\n"
        "            ^\n\n"
        "3 problems in 2 of 2 files\n"
    )
    assert result.exit_code == 12


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.scenario.yaml", b"", "a.scenario.yaml:1:1: the file is empty"),
        (
            "a.yaml",
            b"x" * 11_000_000,
            "a.yaml:1:1: the file is larger than 1024 KiB; no document of this kind is",
        ),
        (
            "a.yaml",
            b"\x89PNG\r\n\x1a\n\x00\x00",
            "a.yaml:3:1: a NUL byte stands here: this is a binary file, not YAML",
        ),
        (
            "a.yaml",
            b"tariff: a\n\tenergy: x\n",
            "a.yaml:2:1: a tab stands in the indentation; YAML wants spaces",
        ),
        (
            "a.yaml",
            b"tariff: a\ntariff: b\n",
            "a.yaml:2:1: the key 'tariff' stands here again, first in line 1",
        ),
        (
            "a.yaml",
            b"who: knows\n",
            "a.yaml:1:1: no key tells what document this is; one of 'scenario:', 'bench:', 'maker:', 'profile:', 'requirements:', 'limits:', 'decision_rules:', 'checklist:', 'documents:', 'levels:', 'demands:', 'tariff:', 'taxes:', 'cards:', 'supplier:', 'site:', 'uptime:', 'error_codes:', 'ocpi:' or the name '*.scenario.yaml' would",
        ),
    ],
)
def test_bad_files_get_a_sentence_and_never_a_trace(
    check: Callable[..., Result], name: str, data: bytes, sentence: str
) -> None:
    """Empty, huge, binary, tabbed, doubled or unknown: one sentence, exit code 12."""
    write(name, data)
    result = check(name)
    assert result.output.splitlines()[0] == sentence
    assert result.exit_code == 12
    assert isinstance(result.exception, SystemExit)


def test_a_missing_file_is_a_problem_like_any_other(check: Callable[..., Result]) -> None:
    """A path that is not there gets a sentence and does not hide the others."""
    write("cheap.yaml", TARIFF)
    result = check("chaep.yaml", "cheap.yaml")
    assert result.output == (
        "chaep.yaml:1:1: there is no such file; did you mean 'cheap.yaml'?\n\n1 problem in 1 of 2 files\n"
    )


def test_ids_are_unique_among_files(check: Callable[..., Result]) -> None:
    """Two scenarios with one id, or two limits, are told where the other stands."""
    limit = "limits:\n  a: {value: 1 %, source: s, edition: e, provenance: found}\n"
    write("a.scenario.yaml", SCENARIO)
    write("b.scenario.yaml", SCENARIO)
    write("c.yaml", limit)
    write("d.yaml", limit)
    lines = check(".").output.splitlines()
    assert "b.scenario.yaml:2:5: the scenario id 'AB-123' is taken by a.scenario.yaml:2:5" in lines
    assert "d.yaml:2:3: the limit id 'a' is taken by c.yaml:2:3" in lines


def test_json_for_machines(check: Callable[..., Result]) -> None:
    """The same answer as data."""
    write("a.yaml", "tariff: a\nenergy: 1\n")
    result = check("--json", "a.yaml")
    assert json.loads(result.output) == {
        "ok": False,
        "files": 1,
        "other": 0,
        "holds": {},
        "problems": [
            {
                "path": "a.yaml",
                "line": 2,
                "column": 9,
                "sentence": "'1' has no unit; a price of energy is needed here, such as '0.35 CAD/kWh'",
                "source": "energy: 1",
            }
        ],
    }
    assert result.exit_code == 12


def test_the_whole_library_by_default(check: Callable[..., Result]) -> None:
    """Without paths everything that comes with Wattest is checked, from any folder."""
    result = check()
    assert result.exit_code == 0
    assert "nothing wrong: scenarios: " in result.output


def test_a_broken_catalogue_is_told_before_any_scenario(
    check: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the requirements cannot be read, their problem is the answer, not a trace."""
    from wattest.cli import known

    write("fixtures/requirements/a.yaml", "a: [\n")
    write("a.scenario.yaml", SCENARIO)
    monkeypatch.setattr(known, "library_folder", Path)
    known.installed.cache_clear()
    try:
        result = check("a.scenario.yaml")
    finally:
        known.installed.cache_clear()
    assert result.output.startswith("fixtures/requirements/a.yaml:2:1: ")
    assert result.exit_code == 12


def test_an_incomplete_installation_is_told(
    check: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any library there is a sentence and exit code 11, since no document is to blame."""
    from wattest.model import library

    def missing(name: str) -> Path:
        raise BenchError(f"the folder '{name}' is nowhere; install wattest again")

    monkeypatch.setattr(library, "library_folder", missing)
    result = check()
    assert result.output == "the folder 'scenarios' is nowhere; install wattest again\n"
    assert result.exit_code == 11


def test_a_file_name_that_is_no_text(check: Callable[..., Result]) -> None:
    """Bytes that are no UTF-8 in a file name are written as escapes."""
    name = b"caf\xe9.yaml".decode(errors="surrogateescape")
    Path(name).write_bytes(b"a: [\n")
    result = check(".")
    assert "caf\\udce9.yaml:2:1: " in result.output
    assert result.exit_code == 12


REQUIREMENT = """requirements:
  ZZZ-01:
    text: A.
    text_fr: B.
    criterion: c
    criterion_fr: d
    source: project criterion
    provenance: project
    methods: [ocpp]
    level: should
"""


def test_a_requirement_that_nothing_can_show_is_a_mistake(check: Callable[..., Result]) -> None:
    """Unless it says what is planned, or something among the files is about it."""
    write("r.yaml", REQUIREMENT)
    assert check("r.yaml").output == (
        "r.yaml:2:3: nothing can show ZZZ-01: no scenario, monitor, checklist item or document is about it; "
        "write one, or say under 'planned' what is missing\n      ZZZ-01:\n      ^\n\n1 problem in 1 of 1 file\n"
    )
    write("r.yaml", REQUIREMENT + "    planned: no such thing yet\n    planned_fr: pas encore\n")
    assert "nothing wrong" in check("r.yaml").output
    write("r.yaml", REQUIREMENT.replace("ZZZ-01", "SIT-01"))
    assert "nothing wrong" in check("r.yaml").output
