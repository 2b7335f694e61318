"""What people answered and documents said, taken into the record of a run: files, entries, and a check of each.

The day of the run is the computer's own, also where scenarios run on a virtual clock: papers expire in the real world.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wattest.document.quantity import DIMENSION_OF
from wattest.judge.decision import Decision, plain
from wattest.judge.rules import decide
from wattest.model.read_requirements import decimal_of
from wattest.record import keep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from wattest.model.evidence import Item, Paper
    from wattest.model.requirement import DecisionRule, Limit, Requirement
    from wattest.record import Recorder
    from wattest.record.dossier import Dossier, Line


def note_evidence(
    recorder: Recorder,
    dossier: Dossier,
    *,
    items: Mapping[str, Item],
    papers: Mapping[str, Paper],
    requirements: Mapping[str, Requirement],
    limits: Mapping[str, Limit],
    rule: DecisionRule,
    today: date,
) -> None:
    """Take everything of a dossier into the record that a checklist item or a document asked for is about.

    What is asked for no longer is left out. Raises ``RecordError`` when a file cannot be kept.
    """
    teller = _Teller(recorder, dossier, requirements, limits, rule, today.isoformat())
    for id_, item in items.items():
        if id_ in dossier.answers:
            teller.item(item, dossier.answers[id_])
    for id_, paper in papers.items():
        if id_ in dossier.papers:
            teller.paper(paper, dossier.papers[id_])


class _Teller:
    def __init__(
        self,
        recorder: Recorder,
        dossier: Dossier,
        requirements: Mapping[str, Requirement],
        limits: Mapping[str, Limit],
        rule: DecisionRule,
        today: str,
    ) -> None:
        self._recorder = recorder
        self._dossier = dossier
        self._requirements = requirements
        self._limits = limits
        self._rule = rule
        self._today = today

    def item(self, item: Item, line: Line) -> None:
        seqs = self._noted("answer", line)
        signed = {"signed_by": line["by"], "signed_on": line["at"], "on": self._today}
        proof = {"valid_days": item.valid_days, "photo_required": item.photo, "photos": len(line["files"])}
        if not item.unit:
            asked = {
                "what": item.question,
                "answer": line["answer"],
                "accept": list(item.accept),
                "inapplicable": list(item.inapplicable),
                "provenance": self._provenance(item.covers),
            }
            self._check(item.id, item.question, "answered", {**asked, **signed, **proof}, item.covers, seqs)
            return
        self._check(
            item.id, item.question, "in_date", {"what": item.question, **signed, **proof}, item.covers, seqs
        )
        dimension = DIMENSION_OF[item.unit]
        factor = dimension.units[item.unit]
        for name, id_ in (("at_least", item.at_least), ("at_most", item.at_most)):
            if id_ is None:
                continue
            limit = self._limits[id_]
            inputs = {
                "what": item.question.rstrip("."),
                "value": line["value"],
                "u": line["u"],
                "unit": item.unit,
                "limit": decimal_of(limit) / factor,
                "k": self._rule.k,
                "guard": self._rule.guard,
                "tur_min": 0.0,
                "provenance": limit.provenance,
                "limit_id": limit.id,
                "limit_source": limit.source,
            }
            self._check(item.id, item.question, name, inputs, item.covers, seqs)

    def paper(self, paper: Paper, line: Line) -> None:
        seqs = self._noted("paper", line)
        for statement in paper.statements:
            inputs = {
                "what": statement.text,
                "document": paper.title,
                "answer": line["statements"].get(statement.id, "not stated"),
                "files": len(line["files"]),
                "issuer": line["issuer"],
                "number": line["number"],
                "number_required": paper.number,
                "issued": line["issued"],
                "expires": line["expires"],
                "expires_required": paper.expires,
                "max_age_days": paper.max_age_days,
                "signed_by": line["by"],
                "signed_on": line["at"],
                "on": self._today,
                "provenance": self._provenance(statement.covers),
            }
            self._check(paper.id, paper.title, "stated", inputs, statement.covers, seqs)

    def _provenance(self, covers: Sequence[str]) -> str:
        """'unverified' when any number behind these requirements is; else nothing to mind."""
        named = {
            id_ for name in covers if name in self._requirements for id_ in self._requirements[name].limits
        }
        unverified = any(
            id_ in self._limits and self._limits[id_].provenance == "unverified" for id_ in named
        )
        return "unverified" if unverified else ""

    def _noted(self, form: str, line: Line) -> list[int]:
        """The files, then what was said of them; the entries that checks rest on."""
        files = [
            keep(self._recorder, str(file["name"]), (self._dossier.folder / file["path"]).read_bytes())
            for file in line["files"]
        ]
        told = {name: value for name, value in line.items() if name not in {"kind", "prev", "files", "line"}}
        seq = self._recorder.note("evidence", form=form, dossier_line=line["line"], evidence=files, **told)
        return [*files, seq]

    def _check(
        self,
        thing: str,
        name: str,
        rule: str,
        inputs: dict[str, Any],
        covers: Sequence[str],
        seqs: Sequence[int],
    ) -> None:
        inputs = plain(inputs)
        decision: Decision = decide(rule, inputs)
        self._recorder.note(
            "check",
            name=name,
            thing=thing,
            rule=rule,
            inputs=inputs,
            requirements=list(covers),
            outcome=decision.outcome,
            sentence=decision.sentence,
            band=decision.band,
            figures=plain(decision.figures),
            evidence=list(seqs),
            monitor=None,
            step=None,
        )
