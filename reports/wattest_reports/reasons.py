"""Why something was not tested or holds a level back, told in French.

Such sentences are Wattest's own: they name what is missing. What a check found is evidence, and stays as it was written.
"""

# ruff: noqa: RUF001 - French is set with its own apostrophe and spaces

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from wattest.judge.asked import wanted
from wattest_reports.entries import Entry, mapping, text
from wattest_reports.words import Words

_FRENCH = Words("fr")

_SHAPES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(r"(?P<scenario>\S+) was not part of this run"),
        "{scenario} ne faisait pas partie de cette campagne",
    ),
    (
        re.compile(r"only (?P<n>\d+) of (?P<m>\d+) variants of (?P<scenario>\S+) were part of this run"),
        "seulement {n} des {m} variantes de {scenario} faisaient partie de cette campagne",
    ),
    (
        re.compile(r"the monitor (?P<names>.+) found nothing to say in this run"),
        "la surveillance {names} n’a rien trouvé à dire dans cette campagne",
    ),
    (
        re.compile(r"no scenario of this run was about it"),
        "aucun scénario de cette campagne ne portait là-dessus",
    ),
    (re.compile(r"the scenario is not for OCPP (?P<v>\S+)"), "le scénario n’est pas fait pour OCPP {v}"),
    (
        re.compile(r"the charger sheet of (?P<model>.+) does not state OCPP (?P<v>\S+)"),
        "la fiche de la borne {model} ne déclare pas OCPP {v}",
    ),
    (
        re.compile(r"the bench '(?P<bench>.+)' has no (?P<role>\w+)"),
        lambda match: (
            f"le banc «\u00a0{match['bench']}\u00a0» n’a pas de rôle {match['role']} "
            f"({_FRENCH.known('role.' + match['role'], match['role'])})"
        ),
    ),
    (
        re.compile(r"neither the charger sheet of (?P<model>.+) nor the bench states '(?P<need>.+)'"),
        "ni la fiche de la borne {model} ni le banc ne déclarent «\u00a0{need}\u00a0»",
    ),
    (
        re.compile(r"another part of this run was given it"),
        "une autre partie de cette campagne en est chargée",
    ),
)
"""Reasons as the suite writes them, with their French; scenarios, roles and features keep their names."""

_NOT_TESTED = "Not tested: "


def stated_reasons(header: Entry) -> dict[str, str]:
    """The French of every sentence about what is planned, asked of people or asked for in documents, by its English.

    The header of the record states both languages; records of old state none, and then nothing is found.
    """
    requirements, items, papers = (
        mapping(header.get(name)) for name in ("requirements", "checklist", "papers")
    )
    found = {}
    for one in wanted(header):
        if one.kind == "planned":
            said = text(mapping(requirements.get(one.thing)).get("planned_fr"))
            french = said and f"Non testé\u00a0: prévu; {said}."
        elif one.kind == "item":
            said = text(mapping(items.get(one.thing)).get("question_fr"))
            french = said and f"La liste de contrôle est restée sans réponse\u00a0: {said}"
        else:
            said = text(mapping(papers.get(one.thing)).get("title_fr"))
            french = said and f"Un document manque\u00a0: {said}."
        if french:
            found[one.sentence] = french
    return found


def reason_in_french(sentence: str, stated: Mapping[str, str]) -> str:
    """A reason in French; empty when it is no sentence of Wattest's own, and then it is quoted.

    Example::

        reason_in_french("Not tested: COLD-001 was not part of this run.", {})
        # 'Non testé : COLD-001 ne faisait pas partie de cette campagne.'
    """
    if sentence in stated:
        return stated[sentence]
    bare = sentence.removeprefix(_NOT_TESTED)
    for pattern, french in _SHAPES:
        match = pattern.fullmatch(bare.removesuffix("."))
        if match is not None:
            told = french.format(**match.groupdict()) if isinstance(french, str) else french(match)
            return f"Non testé\u00a0: {told}." if bare != sentence else told
    return ""
