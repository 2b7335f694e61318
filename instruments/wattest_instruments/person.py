"""Somebody at the terminal, asked one question at a time, whichever role asks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

from wattest.errors import RigError
from wattest.roles import Identity, Surroundings
from wattest_instruments.questions import NotUnderstood, Question, anything
from wattest_instruments.tasks import Language

T = TypeVar("T")

TRIES = 5
"""How often an answer that makes no sense is asked for again."""


class Person:
    """Somebody at the terminal. One question at a time, whichever role asks."""

    supports: frozenset[str] = frozenset()

    def __init__(self, around: Surroundings, name: str | None, language: Language, patience_s: float) -> None:
        self.name = name
        self.language = language
        self.facts: Mapping[str, Any] = {}
        self._around = around
        self.patience_s = patience_s
        self._turn = asyncio.Lock()

    async def open(self) -> Identity:
        """Ask for the name, once."""
        async with self._turn:
            if self.name is None:
                who = {
                    "en": "Who is at the bench? Your name for the record",
                    "fr": "Qui est au banc ? Votre nom",
                }
                name, _ = await self._put("bench", anything(who[self.language]))
                self.name = name
        return Identity("by hand", self.name, "")

    async def restart(self) -> None:
        """Nothing: a person goes on."""

    async def make_safe(self) -> None:
        """Nothing: what a person does is made safe by the roles."""

    async def close(self) -> None:
        """Nothing to let go of."""

    async def ask(self, role: str, question: Question[T]) -> tuple[T, int]:
        """Put a question until the answer makes sense; the answer and the record entry.

        Raises ``RigError`` when nobody answers in time, or nothing typed makes sense.
        """
        async with self._turn:
            return await self._put(role, question)

    async def _put(self, role: str, question: Question[T]) -> tuple[T, int]:
        text = f"[{role}] {question.text}" + (f" ({question.hint})" if question.hint else "")
        why = ""
        for _ in range(TRIES):
            typed = (await self._typed(f"{why}{text}: ", role)).strip()
            seq = self._around.note("prompt", question=text, answer=typed, by=self.name)
            answer = question.read(typed)
            if not isinstance(answer, NotUnderstood):
                return answer, seq
            why = f"{answer.why}\n" if answer.why else ""
        raise RigError(f"{role} (by hand): nothing typed in {TRIES} tries answers '{text}'.")

    async def _typed(self, text: str, role: str) -> str:
        if self._around.prompt is None:
            raise RigError(
                f"{role} (by hand): nobody can be asked here; run on a terminal to answer '{text}'"
            )
        try:
            async with asyncio.timeout(self.patience_s):
                return await self._around.prompt(text)
        except TimeoutError:
            raise RigError(
                f"{role} (by hand): nobody answered '{text}' within {self.patience_s:g} s."
            ) from None
