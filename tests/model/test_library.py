from __future__ import annotations

import inspect
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from wattest.cli.known import installed
from wattest.document.reader import read, read_text
from wattest.document.signature import shape_of
from wattest.errors import BenchError
from wattest.model import library
from wattest.model.checking import check_paths
from wattest.model.describe import described_verb, example, signature
from wattest.model.documents import KINDS, kind_of
from wattest.model.library import library_folder
from wattest.model.plugins import DRIVERS
from wattest.model.read_requirements import read_limits, read_requirements
from wattest.model.read_scenario import scenarios_of
from wattest.model.schemas import schema_of
from wattest.model.words import NEEDS, ROLE_NAMES
from wattest.roles import ROLES
from wattest.steps import verbs

FOLDERS = (library_folder("scenarios"), library_folder("fixtures"))
FILES = sorted(path for folder in FOLDERS for path in folder.rglob("*.yaml"))


def test_the_library_has_no_mistakes() -> None:
    """Every scenario, fixture and bench that comes with Wattest reads without a problem."""
    checked = check_paths(FOLDERS, installed, DRIVERS)
    assert [str(problem) for problem in checked.problems] == []
    assert checked.holds["scenarios"] >= 24
    assert checked.holds["requirements"] >= 70


def test_ids_found_quickly_are_those_that_reading_finds() -> None:
    """The short way to the ids of requirements and limits agrees with the long one."""
    assert set(installed().requirements) == set(read_requirements())
    assert set(installed().limits) == set(read_limits())


def as_editors_see(value: Any) -> Any:
    """What a guessing parser makes of a document, in the types that JSON has."""
    if isinstance(value, dict):
        return {str(key): as_editors_see(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_editors_see(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


@cache
def validator(name: str) -> Any:
    kind = next(kind for kind in KINDS if kind.name == name)
    return jsonschema_rs.validator_for(schema_of(kind, installed(), DRIVERS))


OWN = [path for path in FILES if path.parent.name != "calibration"]
"""Files of a kind that the core knows; calibration files belong to the instruments, whose tests read them."""


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name.removesuffix(".yaml"))
def test_the_library_satisfies_the_editor_schemas(path: Path) -> None:
    """Each file is good by the schema too, read as plain text and as an editor guesses it."""
    kind = kind_of(read(path))
    assert kind is not None
    text = path.read_text(encoding="utf-8")
    for seen in (as_editors_see(yaml.safe_load(text)), yaml.load(text, Loader=yaml.BaseLoader)):
        assert [error.message for error in validator(kind.name).iter_errors(seen)] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("scenario", "scenario: x\nid: AB-123\ncovers: [AUT-02]\nsteps: [{charge: {current: 6 s}}]\n"),
        ("scenario", "scenario: x\nid: AB-123\ncovers: [AUT-02]\nsteps: [{chrge: {current: 6 A}}]\n"),
        ("scenario", "scenario: x\nid: AB-123\ncovers: [AUT-99]\nsteps: [plug_in]\n"),
        ("scenario", "scenario: x\nid: AB-123\ncovers: [AUT-02]\nsteps: [present_card]\n"),
        ("bench", "bench: x\nkind: live\nvehicle: {driver: no_such}\n"),
        ("bench", "bench: x\nkind: live\nvehicle: {driver: simulated, no_such: 3}\n"),
        ("charger", "maker: x\n"),
        ("tariff", "tariff: x\nenergy: 3\n"),
        ("limit", "limits: {one: {value: 3}}\n"),
    ],
)
def test_the_editor_schemas_refuse_mistakes(name: str, text: str) -> None:
    """A wrong unit, verb, id, driver or option is underlined while it is written."""
    assert not validator(name).is_valid(as_editors_see(yaml.safe_load(text)))


def test_a_driver_that_cannot_be_imported_has_no_options_in_the_schema() -> None:
    """Its name is still offered, and whatever options stand there are let be."""

    class Broken(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            raise BenchError(f"{name} cannot be imported")

    bench = next(kind for kind in KINDS if kind.name == "bench")
    for factories, text in ((Broken(x=None), "{driver: x, any: thing}"), ({}, "{driver: any}")):
        schema = schema_of(bench, installed(), factories)
        assert jsonschema_rs.is_valid(schema, yaml.safe_load(f"bench: b\nkind: live\nvehicle: {text}\n"))


@pytest.mark.parametrize("name", sorted(verbs()))
def test_every_verb_has_an_example_that_can_be_read(name: str) -> None:
    """The example of each verb, put into a scenario, has no mistake."""
    verb = verbs()[name]
    saved = "".join(
        f"  - {giver.name}: {{{', '.join(_arguments(giver.name))}{', ' if _arguments(giver.name) else ''}save_as: paid}}\n"
        for giver in verbs().values()
        if _saves_what(name) is giver.returns and giver.returns is not None
    )
    text = (
        "scenario: x\nid: AB-123\ncovers: [MET-10]\ngiven: {cards: {driver: 04E2}}\n"
        f"steps:\n{saved.splitlines(keepends=True)[0] if saved else ''}  {example(verb)}\n"
    )
    (scenario,) = scenarios_of(read_text(text), installed())
    assert scenario.steps[-1].verb == name


def _saves_what(name: str) -> Any:
    """The type that a verb wants from an earlier step, if it does."""
    for parameter in verbs()[name].parameters:
        if parameter.required and "FromStep" in repr(parameter.annotation):
            return parameter.annotation.__origin__
    return inspect.Parameter.empty


def _arguments(name: str) -> list[str]:
    inside = example(verbs()[name]).partition(": ")[2]
    required = [parameter for parameter in verbs()[name].parameters if parameter.required]
    if not inside:
        return []
    return inside.strip("{}").split(", ") if inside.startswith("{") else [f"{required[0].name}: {inside}"]


def test_every_verb_says_what_it_does() -> None:
    """Signature, help and arguments of each verb are there."""
    for verb in verbs().values():
        said = described_verb(verb)
        assert said["doc"]
        assert signature(verb).startswith(verb.name)
        assert len(said["arguments"]) == len(verb.parameters)


def test_every_driver_can_be_read_from_a_bench_file() -> None:
    """The options of each installed driver have types that a document can hold."""
    for name in DRIVERS:
        shape_of(DRIVERS[name])


def test_role_names_are_those_of_the_protocols() -> None:
    """The list of names that saves an import is the list of roles."""
    assert tuple(ROLES) == ROLE_NAMES
    assert set(ROLES) <= NEEDS


def test_the_library_may_lie_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed wheel carries scenarios and fixtures in the package; without either the sentence says where."""
    package = tmp_path / "site" / "wattest"
    monkeypatch.setattr(library, "__file__", str(package / "model" / "library.py"))
    library_folder.cache_clear()
    try:
        with pytest.raises(BenchError) as refusal:
            library_folder("scenarios")
        assert str(refusal.value) == (
            f"the folder 'scenarios' is neither in {package / 'library'} nor in {tmp_path};"
            " install wattest again, or run from a whole checkout"
        )
        (package / "library" / "scenarios").mkdir(parents=True)
        assert library_folder("scenarios") == package / "library" / "scenarios"
    finally:
        library_folder.cache_clear()
