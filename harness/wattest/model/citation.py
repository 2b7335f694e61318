"""Sources in French: what Wattest itself says beside a citation. Names of standards and laws, and their clauses, stay as they are cited."""

from __future__ import annotations

import re

_WHAT = {
    "time": "délai",
    "times": "délais",
    "the time": "délai",
    "time of the report": "délai du signalement",
    "hours": "durée",
    "share": "part",
    "shares": "parts",
    "number": "nombre",
    "numbers": "nombres",
    "distance": "distance",
    "tolerance": "tolérance",
    "the minimum": "minimum",
    "the cold": "froid",
    "the shift": "écart",
    "temperatures": "températures",
    "severities": "sévérités",
    "operations": "manœuvres",
    "use for cables": "emploi pour les câbles",
    "bench figures": "nombres au banc",
    "the functions afterwards": "fonctions après l'essai",
}
_LINK = {"on": "d'après", "after": "d'après", "for": "pour", "with": "avec"}
_REMARKS = {"(recalled)": "(de mémoire)", "(not read)": "(non lu)", "(found)": "(lu)"}
_OURS = re.compile(r"(?P<what>.+) (?:is a|are) project criteri(?:on|a)")
_LINKED = re.compile(
    r"project criteri(?:on|a) (?P<link>on|after|for|with) (?P<rest>(?:user statement )?[A-Z][\w.-]*(?: [A-Z\d][\w.()-]*| Handbook)*)"
)
_EDITION = re.compile(r", (?:Wattest \d{4}-\d\d|not stated)$")
"""Of a limit of the project, and of one whose edition nobody knows."""
_STATEMENT = re.compile(r"user statement (T\d\d)")


def source_in_french(source: str) -> str:
    """A citation, with its edition or without, whose parts of Wattest's own are in French.

    A part that is not understood whole stays as it is.

    Example::

        source_in_french("OCPP 1.6 4.9; time is a project criterion")   # 'OCPP 1.6 4.9; délai : critère du projet'
    """
    edition = _EDITION.search(source)
    cited, behind = (source, "") if edition is None else (source[: edition.start()], edition[0])
    told = "; ".join(_part(part) for part in cited.split("; "))
    return told + behind.replace("not stated", "non indiquée")


def _part(part: str) -> str:
    for remark, french in _REMARKS.items():
        part = part.replace(remark, french)
    if part in {"project criterion", "project criteria"}:
        return "critère du projet"
    if match := _STATEMENT.fullmatch(part):
        return f"demande {match[1]}"
    if (match := _OURS.fullmatch(part)) and match["what"] in _WHAT:
        return f"{_WHAT[match['what']]}\u00a0: critère du projet"
    if match := _LINKED.fullmatch(part):
        rest = _STATEMENT.sub(r"la demande \1", match["rest"])
        return f"critère du projet {_LINK[match['link']]} {rest}"
    return part
