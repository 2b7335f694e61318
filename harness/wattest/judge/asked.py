"""What a record's header asks people and documents for, and what of it the record does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Entry = Mapping[str, Any]


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
    for name, sentence in _planned(header):
        found.setdefault(name, []).append(sentence)
    for name, thing, sentence in _asked(header):
        if name not in inapplicable and (name, thing) not in shown:
            found.setdefault(name, []).append(sentence)
    return {name: tuple(sentences) for name, sentences in found.items()}


def _planned(header: Entry) -> Iterator[tuple[str, str]]:
    requirements = header.get("requirements")
    if isinstance(requirements, Mapping):
        for name, requirement in requirements.items():
            if requirement.get("planned"):
                yield name, f"Not tested: planned; {requirement['planned']}."


def _asked(header: Entry) -> Iterator[tuple[str, str, str]]:
    """Requirement, id of the item or document, and how its absence is told."""
    for item in (header.get("checklist") or {}).values():
        for name in item["covers"]:
            yield name, item["id"], f"The checklist was not answered: {item['question']}"
    for paper in (header.get("papers") or {}).values():
        for name in dict.fromkeys(name for statement in paper["statements"] for name in statement["covers"]):
            yield name, paper["id"], f"A document is missing: {paper['title']}."
