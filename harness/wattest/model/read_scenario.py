"""Reader of scenario files: one file, one scenario, one ``Scenario`` per variant of ``for_each``.

Everything that can be known before a bench is touched is checked here: verbs, arguments, units, names, cards,
requirement ids, and that each covered requirement has a step or a monitor that can prove it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date as calendar_date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from wattest.document.decode import BAD, Decoder
from wattest.document.node import Document, Fields, Items, Node, Problems, Text, what
from wattest.document.quantity import Duration, Temperature
from wattest.document.reader import read
from wattest.document.signature import Made, shape_of
from wattest.document.suggest import did_you_mean, shown
from wattest.errors import DocumentError
from wattest.model.ids import Ids, ids_in
from wattest.model.library import library_folder
from wattest.model.read_steps import Steps
from wattest.model.read_tariff import CardEntry, TariffEntry, read_cards, read_tariff
from wattest.model.scenario import DIALECTS, Card, Dialect, Given, Maturity, Scenario
from wattest.model.settings import SettingsEntry
from wattest.model.tariff import Tariff
from wattest.model.variants import filled, variants
from wattest.model.verb import Verb
from wattest.model.words import NEEDS, ROLE_NAMES, Need, NewName, RequirementId, ScenarioId, Uid

Read = TypeVar("Read")


@dataclass(frozen=True)
class Knowledge:
    """What a scenario is checked against: verbs, ids of requirements and limits, requirements that a monitor watches."""

    verbs: Mapping[str, Verb]
    requirements: Collection[str]
    limits: Collection[str] = ()
    monitored: Collection[str] = ()
    fixtures: Path | None = None
    """Where tariffs and cards are looked up by name; None is the library."""
    rules: Collection[str] = ()
    """Ids of decision rules."""
    profiles: Collection[str] = ()
    """Names of accuracy profiles."""
    ways: Collection[str] | None = None
    """Requirements that something of the library can show; None does not ask for it."""


@dataclass(frozen=True)
class _Given:
    """As written under ``given``: names of library files are not looked up yet."""

    cards: dict[str, Card] | str
    tariff: Tariff | str | None
    settings: dict[str, str]
    temperature_c: float | None
    date: calendar_date | None = None


def _given(
    *,
    cards: NewName | Mapping[NewName, Uid | CardEntry] | None = None,
    tariff: NewName | TariffEntry | None = None,
    settings: SettingsEntry | None = None,
    temperature: Temperature | None = None,
    date: calendar_date | None = None,
) -> _Given:
    """State before the first step.

    Args:
        cards: by name: a UID, or uid with status and group; or the name of a file under fixtures/cards
        tariff: the name of a file under fixtures/tariffs, or a tariff
        settings: of the station
        temperature: of the air
        date: the day on which it happens; needs 'any_date'
    """
    if isinstance(cards, str):
        return _Given(cards, tariff, settings or {}, temperature, date)
    named = {name: Card(card) if isinstance(card, str) else card for name, card in (cards or {}).items()}
    return _Given(named, tariff, settings or {}, temperature, date)


def _scenario(
    *,
    scenario: str,
    titre: str = "",
    id_: ScenarioId,
    covers: tuple[RequirementId, ...],
    needs: tuple[Need, ...] = (),
    dialects: tuple[Dialect, ...] = DIALECTS,
    for_each: Mapping[NewName, tuple[str, ...]] | None = None,
    given: Annotated[_Given, Made(_given)] | None = None,
    steps: Node,
    time_limit: Duration = 3600.0,
    maturity: Maturity = "stable",
) -> None:
    """One scenario: what is given, what is done, what must hold.

    Args:
        scenario: its title: what a user would say of it
        titre: the title in French
        id_: letters and three digits, unique in the library
        covers: requirements on which it gives a verdict
        needs: features, roles and capabilities without which it is not tested
        dialects: OCPP versions on which it makes sense
        for_each: names with their values; the scenario runs once per combination
        given: state before the first step
        steps: verbs with their arguments, one after the other
        time_limit: after so long it is stopped
        maturity: watchlist and experimental scenarios never decide a certificate
    """


SCENARIO = Made(_scenario)


class _Anything(Collection[str]):
    """Stands for words that could not be read, so that one mistake does not breed others."""

    def __contains__(self, word: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@cache
def _library_ids(kind: Literal["requirements", "limits"]) -> Collection[str]:
    return Ids(lambda: ids_in(library_folder("fixtures") / kind, kind))


def read_scenario(
    path: str | os.PathLike[str],
    verbs: Mapping[str, Verb],
    *,
    requirements: Collection[str] | None = None,
    limits: Collection[str] | None = None,
    monitored: Collection[str] = (),
) -> tuple[Scenario, ...]:
    """The variants of a scenario file. Raises ``DocumentError`` with every mistake in it.

    ``requirements`` and ``limits`` are the known ids, by default those that come with Wattest; ``monitored`` are
    the requirements that a monitor watches in every scenario.
    """
    document = read(path)
    known_requirements = _library_ids("requirements") if requirements is None else requirements
    known_limits = _library_ids("limits") if limits is None else limits
    knowledge = Knowledge(verbs, known_requirements, known_limits, monitored, profiles=profile_names())
    return scenarios_of(document, knowledge)


def profile_names() -> Ids:
    """Names of the accuracy profiles of the library, which are those of their files."""
    return Ids(lambda: (path.stem for path in (library_folder("fixtures") / "profiles").glob("*.yaml")))


def scenarios_of(document: Document, knowledge: Knowledge) -> tuple[Scenario, ...]:
    """The variants in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    problems = document.problems
    if not isinstance(document.root, Fields):
        problems.add(document.root, f"{what(document.root)} stands here; a scenario is a mapping")
        problems.stop_if_any()
    assert isinstance(document.root, Fields)
    found = [_variant(document, variant, knowledge) for variant in variants(document.root, problems)]
    problems.stop_if_any()
    return tuple(one for one in found if one is not None)


def _variant(document: Document, variant: dict[str, Text], knowledge: Knowledge) -> Scenario | None:
    problems = document.problems
    assert isinstance(document.root, Fields)
    root = filled(document.root, variant)
    known: dict[str, Collection[str]] = {
        "requirement": knowledge.requirements,
        "limit": knowledge.limits,
        "profile": knowledge.profiles,
        "need": NEEDS,
        "role": ROLE_NAMES,
    }
    values = Decoder(problems, known).arguments(root, shape_of(SCENARIO.function), owner="a scenario")
    given = _looked_up(values.get("given", _given()), root, knowledge.fixtures, problems)
    covers = values.get("covers", BAD)
    steps = Steps(
        problems,
        knowledge.verbs,
        {**known, "card": _Anything() if given is None else given.cards},
        covers if covers is not BAD else ("?",),
        tuple(variant),
    )
    calls = steps.read(values["steps"]) if "steps" in values else ()
    needs = values.get("needs", ())
    if given is not None and given.date is not None and needs is not BAD and "any_date" not in needs:
        problems.add(root, "a scenario that chooses its date must say 'any_date' under 'needs'")
    if covers is not BAD:
        proven = _Anything() if steps.puzzling else steps.proven
        _look_at_covers(root, proven, knowledge.monitored, problems)
    if len(problems) or given is None:
        return None
    return Scenario(
        id=values["id_"],
        title=values["scenario"],
        title_fr=values.get("titre", ""),
        covers=covers,
        needs=values.get("needs", ()),
        dialects=values.get("dialects", DIALECTS),
        given=given,
        steps=calls,
        path=document.path,
        sha256=document.sha256,
        area=Path(document.path).absolute().parent.name,
        parameters={name: value.text for name, value in variant.items()},
        time_limit_s=values.get("time_limit", 3600.0),
        maturity=values.get("maturity", "stable"),
    )


def _look_at_covers(
    root: Fields, proven: Collection[str], monitored: Collection[str], problems: Problems
) -> None:
    """Each covered requirement stands once and has something that can prove it."""
    node = root.get("covers")
    assert isinstance(node, Items)
    if not node.items:
        problems.add(node, "a scenario that covers nothing gives no verdict; name at least one requirement")
    seen: set[str] = set()
    for item in node.items:
        assert isinstance(item, Text)
        if item.text in seen:
            problems.add(item, f"{shown(item.text)} stands twice under 'covers'")
        elif item.text not in proven and item.text not in monitored:
            problems.add(
                item,
                f"nothing here proves {item.text}: no step's checks count for it and no monitor watches it;"
                f" add 'proves: [{item.text}]' to the step that does",
            )
        seen.add(item.text)


def _looked_up(given: Any, root: Fields, fixtures: Path | None, problems: Problems) -> Given | None:
    """Cards and tariff by name become what their files say."""
    if given is BAD or given is None:
        return Given() if given is None else None
    assert isinstance(given, _Given)
    node = root.get("given")
    folder = fixtures or library_folder("fixtures")
    cards: Any = given.cards
    tariff: Any = given.tariff
    if isinstance(cards, str):
        cards = _named(cards, "cards", node, folder / "cards", read_cards, problems)
    if isinstance(tariff, str):
        tariff = _named(tariff, "tariff", node, folder / "tariffs", read_tariff, problems)
    if cards is None or (tariff is None and given.tariff is not None):
        return None
    return Given(cards, tariff, given.settings, given.temperature_c, given.date)


def _named(
    name: str,
    key: str,
    given: Node | None,
    folder: Path,
    reader: Callable[[Path], Read],
    problems: Problems,
) -> Read | None:
    assert isinstance(given, Fields)
    node = given.get(key)
    assert node is not None
    names = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in names:
        problems.add(
            node, f"there is no file {shown(name + '.yaml')} under {folder.name}{did_you_mean(name, names)}"
        )
        return None
    try:
        return reader(folder / f"{name}.yaml")
    except DocumentError as error:
        for problem in error.problems:
            problems.add(node, f"{shown(name)} cannot be used: {problem.place}: {problem.sentence}")
        return None
