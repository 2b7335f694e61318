"""Any role played by a person at the terminal, who is told what to do and asked what can be seen.

::

    rigs:
      person: {driver: by_hand, language: fr}          # asked for a name once, shared by all roles
    vehicle:     {driver: by_hand, rig: person}
    card_reader: {driver: by_hand, rig: person, cards: {04A2B3C4D5E680: the white card}}
    reference_meter:
      {driver: by_hand, rig: person, quantities: [energy, current], energy: register,
       resolution: {energy: 10 Wh}, accuracy: {energy: 1 %}}

Every question, the answer as typed and the name of the person stand in the record. An answer that makes no sense
is asked for again. A person reads a meter while time goes on: read the energy when no current flows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from wattest.document.quantity import Duration
from wattest.errors import BenchError, RigError
from wattest.model.words import RigName
from wattest.roles import ROLES, Identity, LockPosition, Part, Surroundings, Whereabouts
from wattest_instruments.actions import Answer, actions_of, supported
from wattest_instruments.placeholders import fill
from wattest_instruments.played import EnergyCounts, Gauge, played
from wattest_instruments.questions import (
    TASKS,
    Language,
    Question,
    Refusal,
    anything,
    choice,
    number,
    screen,
    task,
    total,
    understood,
    yes_no,
)
from wattest_instruments.readings import Accuracy, Quantity, Resolution

T = TypeVar("T")

TRIES = 5
"""How often an answer that makes no sense is asked for again."""

_UNSTATED_ACCURACY = Accuracy()
_UNSTATED_RESOLUTION = Resolution()
_ENDANGERS: Mapping[tuple[str, str], str] = {
    ("vehicle", "set_ready"): "ready",
    ("mains", "set_power"): "on",
}
"""Tasks that give energy, or take it away when the argument is false."""


def by_hand(
    around: Surroundings,
    *,
    rig: RigName | None = None,
    person: str | None = None,
    language: Language = "en",
    patience: Duration = 1800.0,
    cards: Mapping[str, str] | None = None,
    quantities: tuple[Quantity, ...] = ("energy",),
    accuracy: Accuracy = _UNSTATED_ACCURACY,
    resolution: Resolution = _UNSTATED_RESOLUTION,
    energy: EnergyCounts = "register",
    supports: tuple[str, ...] = (),
) -> Part:
    """Play a role by hand; under ``rigs``, the person whom several roles share.

    Args:
        around: the bench
        rig: the person under 'rigs' who plays this role
        person: name for the record; asked for when it is not given
        language: en or fr, of the questions
        patience: how long an answer may take
        cards: how the lab calls the cards it has, by UID
        quantities: what the meter shows
        accuracy: of the meter, in percent of what it reads
        resolution: the last step that the meter or thermometer shows
        energy: whether the meter's energy counts since the start or is a register that counts up for ever
        supports: further capabilities that scenarios may need
    """
    if around.role not in ROLES:
        return Person(around, person, language, patience)
    somebody = Person(around, person, language, patience) if rig is None else around.rigs.get(rig)
    if not isinstance(somebody, Person):
        raise BenchError(
            f"{around.role} (by_hand) names rig '{rig}', which is no person of this bench; "
            f"add '{rig}: {{driver: by_hand}}' under 'rigs'."
        )
    doer = _ByHand(around, somebody, cards or {}, quantities, supports)
    return played(doer, Gauge(around.clock, accuracy, resolution, energy, somebody.patience_s))


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
        for _ in range(TRIES):
            typed = (await self._typed(f"{text}: ", role)).strip()
            seq = self._around.note("prompt", question=text, answer=typed, by=self.name)
            answer = question.read(typed)
            if understood(answer):
                return answer, seq  # type: ignore[return-value]  # understood() has excluded the sentinel
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


class _ByHand:
    def __init__(
        self,
        around: Surroundings,
        person: Person,
        cards: Mapping[str, str],
        quantities: tuple[Quantity, ...],
        extra: tuple[str, ...],
    ) -> None:
        self.role = around.role
        self.where = f"{around.role} by hand"
        self.supports = supported(around.role, actions_of(around.role, "by_hand"), extra)
        self._person = person
        self._cards = cards
        self._quantities = quantities
        self._safe: bool | None = None

    async def open(self) -> Identity:
        self._safe = False
        return await self._person.open()

    async def make_safe(self) -> None:
        """Ask for it, unless the person has said so already or was never asked for anything."""
        if self._safe is False and (self.role, "make_safe") in TASKS:
            await self.do("make_safe")
        if self._safe is not None:
            self._safe = True

    async def close(self) -> None:
        """Nothing to let go of."""

    async def do(self, action: str, /, **arguments: Any) -> Answer:
        if (self.role, action) in TASKS:
            return await self._task(action, arguments)
        if self.role == "reference_meter":
            return await self._numbers(self._quantities)
        if self.role == "chamber":
            return await self._numbers(("temperature",))
        if self.role == "lock_sensor":
            return await (self._pull(arguments["which"]) if action == "pull" else self._locks())
        if self.role == "display":
            return await self._display()
        if self.role == "vehicle":
            text = {"en": "Where is the plug?", "fr": "Où est la fiche ?"}[self._language]
            return await self._one("where", choice(text, get_args(Whereabouts), self._language))
        return await self._one("answer", choice(arguments["question"], arguments["answers"], self._language))

    @property
    def _language(self) -> Language:
        return self._person.language

    async def _task(self, action: str, arguments: Mapping[str, Any]) -> Answer:
        card = self._cards.get(arguments.get("uid", ""))
        number_of = {"en": "the card with the number", "fr": "la carte numéro"}[self._language]
        words = {
            **arguments,
            "card": f"{card} ({arguments['uid']})" if card else f"{number_of} {arguments.get('uid')}",
        }
        text = fill(TASKS[self.role, action][self._language], words)
        done, seq = await self._person.ask(self.role, task(text, self._language))
        if isinstance(done, Refusal):
            why = f": {done.reason}" if done.reason else ", and gave no reason"
            raise RigError(f"{self.role}.{action} was not done; {self._person.name} said no{why}.")
        endangers = _ENDANGERS.get((self.role, action))
        if endangers is not None:
            self._safe = not arguments[endangers]
        return Answer({}, (seq,))

    async def _one(self, name: str, question: Question[str]) -> Answer:
        answer, seq = await self._person.ask(self.role, question)
        return Answer({name: answer}, (seq,))

    async def _numbers(self, quantities: tuple[str, ...]) -> Answer:
        fields: dict[str, Any] = {}
        seqs: list[int] = []
        for quantity in quantities:
            fields[quantity], seq = await self._person.ask(self.role, number(quantity, self._language))
            seqs.append(seq)
        return Answer(fields, tuple(seqs))

    async def _locks(self) -> Answer:
        texts = {
            "holster": {
                "en": "Is the plug held in its holster?",
                "fr": "La fiche est-elle retenue au support ?",
            },
            "connector": {
                "en": "Is the plug held in the car?",
                "fr": "La fiche est-elle retenue à la voiture ?",
            },
        }
        fields: dict[str, Any] = {}
        seqs: list[int] = []
        for lock, text in texts.items():
            question = choice(text[self._language], get_args(LockPosition), self._language)
            fields[lock], seq = await self._person.ask(self.role, question)
            seqs.append(seq)
        return Answer(fields, tuple(seqs))

    async def _pull(self, which: str) -> Answer:
        where = {
            "holster": {"en": "in its holster", "fr": "dans son support"},
            "connector": {"en": "in the car", "fr": "à la voiture"},
        }[which][self._language]
        text = {
            "en": f"Pull hard at the plug {where}, then put it back. Did it come loose?",
            "fr": f"Tirez fort sur la fiche {where}, puis remettez-la. S'est-elle détachée ?",
        }[self._language]
        return await self._one("loose", yes_no(text, self._language))

    async def _display(self) -> Answer:
        lines, first = await self._person.ask(self.role, screen(self._language))
        if not lines:
            return Answer({"lines": lines}, (first,))
        (cost, currency), second = await self._person.ask(self.role, total(self._language))
        return Answer({"lines": lines, "cost": cost, "currency": currency}, (first, second))
