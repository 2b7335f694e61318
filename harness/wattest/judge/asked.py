"""What a record's header asks people and documents for, and what of it the record does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """Something that a header wants for one requirement, and the sentence that tells its absence.

    ``thing`` is the id of the checklist item or of the document; for what is planned, that of the requirement.
    """

    requirement: str
    kind: Literal["planned", "item", "paper"]
    thing: str
    sentence: str


def evidence_checks(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Checks of what people answered and documents state: they name the ``thing`` asked for, and stand in no scenario."""
    return (entry for entry in entries if entry["kind"] == "check" and entry.get("thing"))


def unanswered(header: Entry, entries: Iterable[Entry]) -> dict[str, tuple[str, ...]]:
    """For each requirement, in sentences, what is planned, the questions not answered and the documents not handed in.

    Where an answer says that the charger has no such thing, nothing more is asked about the requirement.
    """
    shown: set[tuple[str, str]] = set()
    inapplicable: set[str] = set()
    for check in evidence_checks(entries):
        for name in check["requirements"]:
            shown.add((name, str(check["thing"])))
            if (check.get("figures") or {}).get("inapplicable"):
                inapplicable.add(name)
    found: dict[str, list[str]] = {}
    for one in wanted(header):
        there = one.requirement in inapplicable or (one.requirement, one.thing) in shown
        if one.kind == "planned" or not there:
            found.setdefault(one.requirement, []).append(one.sentence)
    return {name: tuple(sentences) for name, sentences in found.items()}


def wanted(header: Entry) -> Iterator[Wanted]:
    """What is planned, each question to people, each document asked for, once for every requirement it is about."""
    requirements = header.get("requirements")
    if isinstance(requirements, Mapping):
        for name, requirement in requirements.items():
            if requirement.get("planned"):
                sentence = f"Not tested: planned; {requirement['planned']}."
                yield Wanted(name, "planned", name, sentence)
    for item in (header.get("checklist") or {}).values():
        for name in item["covers"]:
            yield Wanted(name, "item", item["id"], f"The checklist was not answered: {item['question']}")
    for paper in (header.get("papers") or {}).values():
        for name in dict.fromkeys(name for statement in paper["statements"] for name in statement["covers"]):
            yield Wanted(name, "paper", paper["id"], f"A document is missing: {paper['title']}.")
