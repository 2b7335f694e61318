"""Reader of the steps of a scenario: verbs, their arguments, what they save and what they prove."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from wattest.document.decode import BAD, Decoder
from wattest.document.node import Fields, Items, Node, Problems, Text, flow, what
from wattest.document.suggest import did_you_mean, shown
from wattest.model.refer import Names
from wattest.model.scenario import StepCall
from wattest.model.verb import RESERVED, Verb, sole_parameter
from wattest.model.words import RequirementId, SavedName


@dataclass
class Steps:
    """Reads steps in their order, since a step may use only what earlier ones saved."""

    problems: Problems
    verbs: Mapping[str, Verb]
    known: Mapping[str, Collection[str]]
    covers: tuple[str, ...]
    varied: tuple[str, ...] = ()
    saved: dict[str, Any] = field(default_factory=dict)
    proven: set[str] = field(default_factory=set)
    """Requirements that some step's checks count for, also where the step has a mistake elsewhere."""
    puzzling: bool = False
    """Whether there is a step of which nobody can say what it proves."""

    def read(self, node: Node) -> tuple[StepCall, ...]:
        """All steps that could be read; mistakes go to ``problems``."""
        if not isinstance(node, Items):
            self.problems.add(node, f"{what(node)} stands here; 'steps' is a list of verbs")
            return ()
        if not node.items:
            self.problems.add(node, "a scenario needs at least one step")
        return tuple(call for item in node.items if (call := self._step(item)) is not None)

    def _step(self, node: Node) -> StepCall | None:
        named = self._named(node)
        verb = None if named is None else self.verbs.get(named[0].text)
        if named is None or verb is None:
            self.puzzling = True
            if named is not None:
                word = named[0].text
                self.problems.add(named[0], f"there is no step {shown(word)}{did_you_mean(word, self.verbs)}")
            return None
        return self._call(verb, *named)

    def _named(self, node: Node) -> tuple[Text, Node] | None:
        """The verb's name and what stands behind it."""
        if isinstance(node, Items) or (isinstance(node, Text) and node.missing):
            self.problems.add(
                node, f"{what(node)} stands here; a step is a verb, with its arguments behind ':'"
            )
            return None
        if isinstance(node, Text):
            return node, Fields((), node.place)
        if len(node.entries) != 1:
            names = " and ".join(shown(key.text) for key, _ in node.entries[:3]) or "nothing"
            self.problems.add(
                node,
                f"one step is one verb, but {names} stand here; indent arguments further than their verb",
            )
            return None
        return node.entries[0]

    def _call(self, verb: Verb, name: Text, value: Node) -> StepCall | None:
        given = self._fields(verb, name, value)
        if given is None:
            self.proven.update(verb.proves)
            return None
        own = Fields(tuple(entry for entry in given.entries if entry[0].text not in RESERVED), given.place)
        names = Names(self.problems, self.saved, self.varied)
        arguments = Decoder(self.problems, self.known, names.refer).decode_call(
            own, verb.shape, owner=verb.name, noun="argument", also=tuple(RESERVED)
        )
        proves = self._proves(verb, name, given.get("proves"))
        self.proven.update(proves)
        save_as = self._save_as(verb, given.get("save_as"))
        if arguments is None:
            return None
        text = name.text if not given.entries else f"{name.text}: {flow(value)}"
        return StepCall(verb.name, arguments, name.place, text, proves, save_as)

    def _fields(self, verb: Verb, name: Text, value: Node) -> Fields | None:
        """Arguments as a mapping, whichever way they were written."""
        if isinstance(value, Fields):
            return value
        if isinstance(value, Text) and value.missing:
            return Fields((), name.place)
        sole = sole_parameter(verb)
        if sole is None:
            names = ", ".join(parameter.name for parameter in verb.parameters)
            takes = (
                f"takes several arguments, so they need their names: {{{names}}}"
                if names
                else "takes no argument"
            )
            self.problems.add(value, f"{verb.name} {takes}")
            return None
        return Fields(((Text(sole.name, value.place), value),), value.place)

    def _proves(self, verb: Verb, name: Text, node: Node | None) -> tuple[str, ...]:
        if node is not None:
            stated = Decoder(self.problems, self.known).decode(node, tuple[RequirementId, ...])
            if not verb.checks:
                self.problems.add(node, f"{verb.name} checks nothing, so it proves nothing; remove 'proves'")
            return () if stated is BAD else stated
        if verb.proves or not verb.checks:
            return verb.proves
        if len(self.covers) != 1:
            self.problems.add(
                name,
                f"what does {verb.name} prove here? This scenario covers {len(self.covers)} requirements;"
                " add 'proves: [...]' to the step",
            )
        return self.covers

    def _save_as(self, verb: Verb, node: Node | None) -> str | None:
        if node is None:
            return None
        name = Decoder(self.problems).decode(node, SavedName)
        if name is BAD:
            return None
        assert isinstance(name, str)
        if verb.returns is None:
            self.problems.add(node, f"{verb.name} returns nothing that could be saved; remove 'save_as'")
        elif name in self.saved or name in self.varied:
            self.problems.add(
                node, f"{shown(name)} is taken by an earlier step or by for_each; choose another name"
            )
        self.saved[name] = verb.returns
        return name
