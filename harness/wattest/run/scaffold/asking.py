"""Questions with a default and, often, a choice of words; answered by options, at the terminal, or by the default."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from wattest.document.suggest import nearest
from wattest.errors import BenchError
from wattest.run.languages import Language, Text

TRIES = 5
"""How often an answer that cannot be used is asked for again."""

Problem = Callable[[str], str | None]
"""Why an answer cannot be used, in a sentence; None when it can."""


@dataclass(frozen=True)
class Question:
    """What is asked under a key; an empty answer takes ``default``, and without one there must be an answer.

    ``choices`` are the words that can be answered, with what they mean; ``many`` lets several be named, and ``-`` none.
    """

    key: str
    text: Text
    default: str | None = None
    choices: Mapping[str, Text] = field(default_factory=dict)
    many: bool = False


@dataclass
class Asker:
    """Where answers come from: ``given`` ones first, then a person through ``read``, then defaults.

    ``read`` puts a question and returns the line typed, None when there is no more; without it nobody is asked.
    """

    language: Language
    given: Mapping[str, str]
    read: Callable[[str], str | None] | None = None
    say: Callable[[str], object] = print
    taken: set[str] = field(default_factory=set)
    """Keys that were asked for, so that one who gave another can be told."""

    def ask(self, question: Question, problem_of: Problem = lambda _answer: None) -> str:
        """The answer, in the words of the file. Raises ``BenchError`` when there is none that can be used."""
        self.taken.add(question.key)
        if question.key in self.given:
            return self._checked(question, self.given[question.key], problem_of, f"--set {question.key}")
        if self.read is None:
            if question.default is None:
                raise BenchError(
                    f"'{question.key}' has no default: give --set {question.key}=..., or leave --yes away."
                )
            return self._checked(question, question.default, problem_of, f"The default of {question.key}")
        self._offer(question)
        for _ in range(TRIES):
            typed = self.read(self._prompt(question))
            if typed is None:
                raise BenchError(
                    f"Standard input ended at the question for '{question.key}': answer it, or give --yes or "
                    f"--set {question.key}=..."
                )
            answer = typed.strip() or question.default
            if answer is None:
                self.say(Text("An answer is needed here.", "Il faut une réponse ici.").said(self.language))
                continue
            word, problem = self._understood(question, answer, problem_of)
            if problem is None:
                return word
            self.say(problem)
        raise BenchError(f"Nothing typed in {TRIES} tries answers the question for '{question.key}'.")

    def _checked(self, question: Question, answer: str, problem_of: Problem, who: str) -> str:
        word, problem = self._understood(question, answer.strip(), problem_of)
        if problem is not None:
            raise BenchError(f"{who} is '{answer}': {problem}")
        return word

    def _understood(self, question: Question, answer: str, problem_of: Problem) -> tuple[str, str | None]:
        if not question.choices:
            return answer, problem_of(answer)
        parts = [part for part in re.split(r"[,\s]+", answer) if part] if question.many else [answer]
        if question.many and answer == "-":
            parts = []
        words: list[str] = []
        for part in parts:
            word = _chosen(part, question.choices)
            if word is None:
                return answer, self._unknown(part, question)
            words.append(word)
        text = ", ".join(dict.fromkeys(words))
        return text, problem_of(text)

    def _unknown(self, part: str, question: Question) -> str:
        suggestion = nearest(part, question.choices)
        if suggestion:
            return Text(
                f"'{part}': did you mean '{suggestion}'?",
                f"« {part} » : vouliez-vous dire « {suggestion} » ?",
            ).said(self.language)
        words = ", ".join(question.choices)
        return Text(f"'{part}' is none of {words}.", f"« {part} » n'est pas parmi {words}.").said(
            self.language
        )

    def _offer(self, question: Question) -> None:
        for number, (word, meaning) in enumerate(question.choices.items(), 1):
            said = meaning.said(self.language)
            self.say(f"  {number:2d} {word}" + (f": {said}" if said else ""))

    def _prompt(self, question: Question) -> str:
        default = f" [{question.default or '-'}]" if question.default is not None else ""
        several = ""
        if question.many:
            several = Text(
                " (several with commas, - for none)", " (plusieurs avec des virgules, - pour aucun)"
            ).said(self.language)
        colon = Text(": ", " : ").said(self.language)
        return f"{question.text.said(self.language)}{several}{default}{colon}"


def _chosen(part: str, choices: Mapping[str, Text]) -> str | None:
    """A word by its number, itself, or an unmistakable beginning."""
    if part in choices:
        return part
    if part.isascii() and part.isdigit() and 1 <= int(part) <= len(choices):
        return tuple(choices)[int(part) - 1]
    begun = [word for word in choices if word.casefold().startswith(part.casefold())]
    return begun[0] if len(begun) == 1 else None
