"""A bench file, asked for role by role; every driver brings the entry that its documentation shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial

from wattest.document.node import Fields
from wattest.document.node import Text as Written
from wattest.document.reader import read_text
from wattest.errors import BenchError, DocumentError
from wattest.model.examples import examples_of
from wattest.model.plugins import DRIVERS
from wattest.model.read_bench import bench_of
from wattest.model.words import ROLE_NAMES
from wattest.run.languages import Language, Text
from wattest.run.scaffold.asking import Asker, Question
from wattest.run.scaffold.yaml_text import in_brackets, scalar

BY_HAND = "by_hand"
PERSON = "person"
NOBODY = "none"
POWERED = ("vehicle", "load", "mains", "chamber")
_SIMULATED = "simulated"

ROLES: Mapping[str, Text] = {
    "reference_meter": Text(
        "What measures the energy that is delivered?", "Qu'est-ce qui mesure l'énergie livrée ?"
    ),
    "vehicle": Text("What plays the car?", "Qu'est-ce qui joue la voiture ?"),
    "load": Text(
        "What draws the current, if the car does not?", "Qu'est-ce qui tire le courant, sinon la voiture ?"
    ),
    "pilot_scope": Text("What looks at the control pilot?", "Qu'est-ce qui observe le signal pilote ?"),
    "card_reader": Text("What holds cards to the reader?", "Qu'est-ce qui présente les cartes au lecteur ?"),
    "mains": Text(
        "What switches the supply of the station?", "Qu'est-ce qui commande l'alimentation de la borne ?"
    ),
    "lock_sensor": Text("What sees the locks?", "Qu'est-ce qui observe les verrous ?"),
    "display": Text("What reads the screen?", "Qu'est-ce qui lit l'écran ?"),
    "chamber": Text(
        "What controls the temperature around it?", "Qu'est-ce qui règle la température autour ?"
    ),
    "thermometers": Text(
        "What measures temperatures on it?", "Qu'est-ce qui mesure les températures sur elle ?"
    ),
    "network": Text("What cuts its network?", "Qu'est-ce qui coupe son réseau ?"),
    "alerts": Text(
        "What tells the operator of the station of its faults?",
        "Qu'est-ce qui avertit l'exploitant de la borne de ses pannes ?",
    ),
    "operator": Text("Who answers questions at the bench?", "Qui répond aux questions au banc ?"),
    "acquirer": Text(
        "What shows the acquirer's test statement of the payment terminal?",
        "Qu'est-ce qui montre le relevé d'essai de l'acquéreur du terminal de paiement ?",
    ),
}
"""What is asked for each role; the keys are those of ``wattest.roles.ROLES``."""

_BY_DEFAULT = frozenset(
    {"reference_meter", "vehicle", "card_reader", "mains", "lock_sensor", "display", "network", "operator"}
)
"""Roles that a person can play on any bench, taken when nothing else is chosen."""

_BY_HAND_METER = (
    "{driver: by_hand, rig: person, quantities: [energy, current], energy: register,\n"
    "   resolution: {energy: 10 Wh, current: 0.1 A}, accuracy: {energy: 1 %, current: 1 %}}"
)
_HEAD = Text(
    "Entries of instruments are those of their documentation: put in your own addresses, ranges and limits, then run\n"
    "# wattest check and wattest doctor.",
    "Les entrées des appareils sont celles de leur documentation : mettez vos adresses, calibres et limites, puis\n"
    "# lancez wattest check et wattest doctor.",
)


@dataclass
class Layout:
    """What the file will hold: rigs and roles by name, each with the text of its entry."""

    rigs: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)


def ask_bench(asker: Asker, *, charger: str, name: str) -> str:
    """The text of a bench file for a charger sheet beside it. Raises ``BenchError`` when an answer cannot be used."""
    own = {
        "bench": asker.ask(
            Question("bench", Text("Name of the bench", "Nom du banc"), name),
            lambda answer: _problem(f"bench: {scalar(answer)}\nkind: live\n"),
        ),
        "host": asker.ask(
            Question(
                "host",
                Text("Address on which the central system listens", "Adresse d'écoute du système central"),
                "0.0.0.0",  # noqa: S104 - a charger on the bench must be able to reach it
            ),
            lambda answer: _problem(f"bench: x\nkind: live\ncsms: {{host: {scalar(answer)}}}\n"),
        ),
        "port": asker.ask(
            Question("port", Text("Its port", "Son port"), "9000"),
            lambda answer: _problem(f"bench: x\nkind: live\ncsms: {{port: {scalar(answer)}}}\n"),
        ),
        "plane": asker.ask(
            Question(
                "measurement_plane",
                Text("Where the reference meter measures", "Où mesure le compteur de référence"),
                "connector",
                {
                    "connector": Text("at the connector", "à la fiche"),
                    "output_terminals": Text("at the output terminals", "aux bornes de sortie"),
                    "input": Text("at the input of the station", "à l'entrée de la borne"),
                },
            )
        ),
        "relay": asker.ask(
            Question(
                "dead_man_relay",
                Text(
                    "Does a relay cut power when this computer falls silent?",
                    "Un relais coupe-t-il l'alimentation quand cet ordinateur se tait ?",
                ),
                "false",
                {"true": Text("yes", "oui"), "false": Text("no", "non")},
            )
        ),
    }
    layout = Layout()
    for role, text in ROLES.items():
        choices = {
            NOBODY: Text("nothing; what needs it stays untested", "rien ; ce qui l'exige reste non testé")
        }
        choices |= {BY_HAND: Text("a person, told what to do", "une personne, guidée")}
        choices |= dict.fromkeys(drivers_for(role), Text("", ""))
        default = BY_HAND if role in _BY_DEFAULT else NOBODY
        question = Question(role, text, default, choices)
        driver = asker.ask(question, partial(_clash, layout, role))
        if driver != NOBODY:
            _add(layout, role, driver, asker.language)
    wrong = _problem(bench_text(own, layout, language=asker.language))
    if wrong is not None:
        raise BenchError(f"These answers make no bench file: {wrong}")
    return bench_text(own, layout, charger=charger, language=asker.language)


def drivers_for(role: str) -> tuple[str, ...]:
    """Installed drivers whose documentation shows an entry for this role; a person and the simulated world aside."""
    return tuple(
        driver
        for driver in DRIVERS
        if driver not in {BY_HAND, _SIMULATED} and _example(role, driver) is not None
    )


def bench_text(
    own: Mapping[str, str], layout: Layout, *, charger: str | None = None, language: Language
) -> str:
    """The file: what belongs to the bench itself, rigs, roles, and the order in which power is taken away."""
    lines = [
        f"# {_HEAD.said(language)}",
        f"bench: {scalar(own['bench'])}",
        "kind: live",
        *([] if charger is None else [f"charger: {scalar(charger)}"]),
        f"csms: {{host: {scalar(own['host'])}, port: {own['port']}}}",
        f"measurement_plane: {own['plane']}",
        f"dead_man_relay: {own['relay']}",
    ]
    lines += _entries_of(layout)
    order = ", ".join(role for role in POWERED if role in layout.roles)
    lines.append(f"safe_order: {in_brackets(order)}")
    return "\n".join(lines) + "\n"


def _entries_of(layout: Layout) -> list[str]:
    rigs = [f"  {line}" for entry in layout.rigs.values() for line in entry.splitlines()]
    return [*(["rigs:"] if rigs else []), *rigs, *layout.roles.values()]


def _add(layout: Layout, role: str, driver: str, language: Language) -> None:
    if driver == BY_HAND:
        layout.rigs.setdefault(PERSON, f"{PERSON}: {{driver: by_hand, language: {language}}}")
        entry = _BY_HAND_METER if role == "reference_meter" else "{driver: by_hand, rig: person}"
        layout.roles[role] = f"{role}: {entry}" if "\n" not in entry else f"{role}:\n  {entry}"
        return
    found = _example(role, driver)
    assert found is not None, "only drivers with an example are offered"
    for name, entry in found.rigs.items():
        layout.rigs.setdefault(name, entry)
    layout.roles[role] = found.roles[role]


def _clash(layout: Layout, role: str, driver: str) -> str | None:
    """Two examples may call different rigs by one name; a person is a person."""
    found = None if driver in {BY_HAND, NOBODY} else _example(role, driver)
    for name, entry in (found.rigs if found is not None else {}).items():
        there = layout.rigs.get(name)
        if there is not None and _driver_in(there) != _driver_in(entry):
            return (
                f"the example of {driver} has a rig '{name}' ({_driver_in(entry)}), and the bench has another of that "
                f"name ({_driver_in(there)}): choose another driver here, and add this one to the file by hand"
            )
    return None


def _driver_in(entry: str) -> str:
    match = re.search(r"\bdriver:\s*([A-Za-z0-9_]+)", entry)
    return match[1] if match else "?"


@cache
def _example(role: str, driver: str) -> Layout | None:
    """The entry of the first example in which a driver plays this role, with the rigs of that example.

    None where there is no such example, it needs what it does not show, or the driver cannot be imported.
    """
    try:
        examples = examples_of(driver)
    except BenchError:
        return None
    for text in examples:
        try:
            root = read_text(text).root
        except DocumentError:
            continue  # a piece that is no YAML by itself; the test of every driver tells its author
        node = root.get(role) if isinstance(root, Fields) else None
        named = node.get("driver") if isinstance(node, Fields) else None
        if isinstance(named, Written) and named.text == driver:
            whole = _parted(text)
            alone = Layout(whole.rigs, {role: whole.roles[role]})
            if _problem("\n".join(("bench: x", "kind: live", *_entries_of(alone))) + "\n") is None:
                return alone
    return None


def _parted(text: str) -> Layout:
    """The entries of an example, each with its own lines and comments."""
    layout = Layout()
    for key, lines in _entries(text.splitlines()):
        if key == "rigs":
            inside = [line[2:] if line.startswith("  ") else line for line in lines[1:]]
            layout.rigs |= {name: "\n".join(entry) for name, entry in _entries(inside)}
        elif key in ROLE_NAMES:
            layout.roles.setdefault(
                key, "\n".join(lines)
            )  # the first of several that a reader may choose from
    return layout


def _entries(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Lines that begin with a key, and the indented ones that belong to them."""
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        match = re.match(r"([A-Za-z][A-Za-z0-9_]*):", line)
        if match:
            found.append((match[1], [line]))
        elif found and line.strip():
            found[-1][1].append(line)
    return found


def _problem(text: str) -> str | None:
    """The first thing wrong with a bench file; None when it can be read."""
    try:
        bench_of(read_text(text), DRIVERS)
    except DocumentError as wrong:
        return wrong.problems[0].sentence
    return None
