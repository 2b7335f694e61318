"""Any role played by a person at the terminal, who is told what to do and asked what can be seen.

::

    rigs:
      person: {driver: by_hand, language: fr}          # asked for a name once, shared by all roles
    vehicle:     {driver: by_hand, rig: person, supports: [diode_fault, proximity]}
    card_reader: {driver: by_hand, rig: person, cards: {04A2B3C4D5E680: the white card}}
    pilot_scope: {driver: by_hand, rig: person, supports: [output_channel], resolution: {voltage: 0.2 V, time: 1 ms}}
    thermometers: {driver: by_hand, rig: person, places: [enclosure, contactor], accuracy: {temperature: 1 K}}
    acquirer: {driver: by_hand, rig: person}         # reads the statement in the acquirer's test portal
    operator:
      {driver: by_hand, rig: person, supports: [photo],
       instruments: {N: {name: Sauter FK 250 no. 7, resolution: 0.1 N, accuracy: 0.5 %}}}
    reference_meter:
      {driver: by_hand, rig: person, quantities: [energy, current], energy: register,
       resolution: {energy: 10 Wh}, accuracy: {energy: 1 %}, calibration: my_meter.yaml}

Every question, the answer as typed and the name of the person stand in the record. An answer that makes no sense
is asked for again. A person reads a meter while time goes on: read the energy when no current flows. What not every
bench can do is asked for only where ``supports`` names it; dips of the supply are never played by hand.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any, get_args

from wattest.document.quantity import Duration
from wattest.errors import BenchError, RigError
from wattest.model.words import CAPABILITIES, RigName
from wattest.roles import ROLES, Identity, LockPosition, Part, Surroundings, Whereabouts
from wattest_instruments import measured, questions
from wattest_instruments.actions import Answer, actions_of, offered, supported
from wattest_instruments.calibration import calibration_of
from wattest_instruments.gauge import EnergyCounts, Gauge
from wattest_instruments.person import Person
from wattest_instruments.placeholders import fill
from wattest_instruments.played import played
from wattest_instruments.questions import Question, Refusal
from wattest_instruments.readings import Accuracy, ByEye, Quantity, Resolution
from wattest_instruments.tasks import SAFE_QUESTIONS, TASKS, Language

_UNSTATED_ACCURACY = Accuracy()
_UNSTATED_RESOLUTION = Resolution()
BUTTONS: Mapping[float | None, Mapping[Language, str]] = {
    150.0: {
        "en": ", or let go of the button of the J1772 connector",
        "fr": ", ou relâchez le bouton du connecteur J1772",
    },
    480.0: {
        "en": ", or hold the button of the J1772 connector pressed",
        "fr": ", ou tenez enfoncé le bouton du connecteur J1772",
    },
}
"""What a hand does for the resistances of a connector's button (SAE J1772, found)."""
_ENDANGERS: Mapping[tuple[str, str], str] = {
    ("vehicle", "set_ready"): "ready",
    ("load", "set_input"): "on",
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
    quantities: tuple[Quantity, ...] | None = None,
    places: tuple[str, ...] = ("enclosure",),
    instruments: Mapping[str, ByEye] | None = None,
    accuracy: Accuracy = _UNSTATED_ACCURACY,
    resolution: Resolution = _UNSTATED_RESOLUTION,
    calibration: str | None = None,
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
        quantities: what the meter of a reference_meter, load or mains shows
        places: where thermometers sit
        instruments: what an operator measures with, by the unit that it shows
        accuracy: of the meter, in percent of what it reads; of a thermometer in K
        resolution: the last step that the meter or thermometer shows
        calibration: file with the certificate and the days of a meter; without it no energy error can be certified
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
    by_eye = instruments or {}
    for unit, instrument in by_eye.items():
        instrument.step(unit)
    shown = measured.shown_quantities(around.role, quantities)
    doer = _ByHand(around, somebody, cards or {}, shown, places, by_eye, supports)
    known = calibration_of(calibration, around.folder)
    return played(doer, Gauge(around, accuracy, resolution, energy, somebody.patience_s, by_eye, known))


class _ByHand:
    def __init__(
        self,
        around: Surroundings,
        person: Person,
        cards: Mapping[str, str],
        quantities: tuple[str, ...],
        places: tuple[str, ...],
        instruments: Mapping[str, ByEye],
        extra: tuple[str, ...],
    ) -> None:
        self.role = around.role
        self.where = f"{around.role} by hand"
        if "supply_dips" in extra:
            raise BenchError(
                f"{self.role} (by_hand) names 'supply_dips' under 'supports', but nobody can time dips by hand: "
                "they need a source that times them itself."
            )
        promised = {word for word in extra if word in CAPABILITIES}
        looks = {"read_back"} if self.role in SAFE_QUESTIONS else set()
        can = offered(self.role, "by_hand", promised | looks)
        self.supports = supported(self.role, "by_hand", can, extra)
        self._known = actions_of(self.role, "by_hand")
        self._person = person
        self._cards = cards
        self._quantities = quantities
        self._places = places
        self._instruments = instruments
        self._safe: bool | None = None
        self._confirmed: Answer | None = None

    async def open(self) -> Identity:
        self._safe = False
        return await self._person.open()

    async def make_safe(self) -> None:
        """Ask for it, unless the person has said so already or was never asked for anything."""
        if self._safe is False and (self.role, "make_safe") in TASKS:
            self._confirmed = None
            await self.do("make_safe")
        if self._safe is not None:
            self._safe = True

    async def close(self) -> None:
        """Nothing to let go of."""

    async def do(self, action: str, /, **arguments: Any) -> Answer:
        self._check_can(action)
        if (self.role, action) in TASKS:
            return await self._task(action, arguments)
        asking: Mapping[tuple[str, str], Callable[[], Awaitable[Answer]]] = {
            ("reference_meter", "read"): self._meter,
            ("load", "measure"): self._meter,
            ("mains", "measure"): self._meter,
            ("pilot_scope", "read"): self._pilot,
            ("vehicle", "read_pilot"): self._pilot,
            ("vehicle", "read_state_of_charge"): lambda: self._numbers(
                {"state_of_charge": measured.STATE_OF_CHARGE}
            ),
            ("pilot_scope", "fetch"): lambda: self._numbers({"delay": measured.DELAY}),
            ("chamber", "read_temperature"): lambda: self._numbers({"temperature": measured.CHAMBER_AIR}),
            ("chamber", "read_humidity"): lambda: self._numbers({"humidity": measured.CHAMBER_HUMIDITY}),
            ("chamber", "state"): self._chamber,
            ("thermometers", "read_all"): lambda: self._numbers(
                {place: measured.temperature_at(place) for place in self._places}
            ),
            ("lock_sensor", "read"): self._locks,
            ("lock_sensor", "pull"): lambda: self._pull(arguments["which"]),
            ("display", "read"): self._display,
            ("alerts", "read"): self._alerts,
            ("vehicle", "whereabouts"): self._whereabouts,
            ("operator", "ask"): lambda: self._answer(arguments["question"], arguments["answers"]),
            ("operator", "measure"): lambda: self._by_eye(arguments["subject"], arguments["unit"]),
            ("acquirer", "statement"): lambda: self._statement(arguments["since"]),
            ("operator", "photograph"): lambda: self._picture(arguments["subject"]),
            (self.role, "read_back"): self._read_back,
        }
        return await asking[self.role, action]()

    def _check_can(self, action: str) -> None:
        if action in self.supports:
            return
        if action == "run_profile":
            raise RigError(
                f"{self.where} cannot play dips: nobody can time them; they need a source that times them itself."
            )
        wanted = "' or '".join(self._known[action].only_with)
        raise RigError(
            f"{self.where} cannot {action}: its bench entry does not name '{wanted}' under 'supports'."
        )

    @property
    def _language(self) -> Language:
        return self._person.language

    def _said(self, en: str, fr: str) -> str:
        return fr if self._language == "fr" else en

    # ---- what is to be done ------------------------------------------------------------------------------

    async def _task(self, action: str, arguments: Mapping[str, Any]) -> Answer:
        text = fill(TASKS[self.role, action][self._language], {**arguments, **self._spoken(arguments)})
        done, seq = await self._person.ask(self.role, questions.task(text, self._language))
        if isinstance(done, Refusal):
            raise self._refused(action, done)
        endangers = _ENDANGERS.get((self.role, action))
        feeds = action == "set_fault" and arguments["fault"] == "weld" and arguments["on"]
        if endangers is not None or feeds:
            self._safe = not feeds and not arguments[endangers or "on"]
            self._confirmed = None
        return Answer({}, (seq,))

    def _spoken(self, arguments: Mapping[str, Any]) -> dict[str, str]:
        """What a task says in the lab's own words: which card, which resistance."""
        spoken: dict[str, str] = {}
        if "uid" in arguments:
            uid, card = arguments["uid"], self._cards.get(arguments["uid"])
            number_of = self._said("the card with the number", "la carte numéro")
            spoken["card"] = f"{card} ({uid})" if card else f"{number_of} {uid}"
        if "resistance_ohm" in arguments:
            ohm = arguments["resistance_ohm"]
            spoken["resistance"] = f"{ohm:g} Ohm" if ohm is not None else self._no_resistance(arguments)
            spoken["button"] = BUTTONS.get(ohm, {}).get(self._language, "")
        return spoken

    def _no_resistance(self, arguments: Mapping[str, Any]) -> str:
        """A pilot resistor that is not stated is the nominal one; a proximity contact is open then."""
        if "state" in arguments:
            return self._said("the nominal resistor", "la résistance nominale")
        return self._said("nothing (an open circuit)", "un circuit ouvert")

    def _refused(self, action: str, refusal: Refusal) -> RigError:
        why = f": {refusal.reason}" if refusal.reason else ", and gave no reason"
        return RigError(f"{self.role}.{action} was not done; {self._person.name} said no{why}.")

    # ---- what is to be seen ------------------------------------------------------------------------------

    async def _one(self, name: str, question: Question[str]) -> Answer:
        answer, seq = await self._person.ask(self.role, question)
        return Answer({name: answer}, (seq,))

    async def _meter(self) -> Answer:
        return await self._numbers(
            {name: measured.on_the_meter(self.role, name) for name in self._quantities}
        )

    async def _numbers(self, wanted: Mapping[str, measured.Measured]) -> Answer:
        fields: dict[str, Decimal | None] = {}
        seqs: list[int] = []
        for name, what in wanted.items():
            fields[name], seq = await self._person.ask(self.role, questions.number(what, self._language))
            seqs.append(seq)
        return Answer(fields, tuple(seqs))

    async def _pilot(self) -> Answer:
        """Plateau and duty; a pilot that is not steady has a lower plateau and a frequency as well."""
        first = await self._numbers({"high": measured.PILOT_HIGH, "duty": measured.PILOT_DUTY})
        if first.fields["duty"] == 100:
            return Answer({**first.fields, "frequency": Decimal(0)}, first.seq)
        more = await self._numbers({"low": measured.PILOT_LOW, "frequency": measured.PILOT_FREQUENCY})
        return Answer({**first.fields, **more.fields}, (*first.seq, *more.seq))

    async def _chamber(self) -> Answer:
        numbers = await self._numbers(
            {"temperature": measured.CHAMBER_AIR, "setpoint": measured.CHAMBER_SETPOINT}
        )
        runs = self._said("Does the chamber run?", "La chambre est-elle en marche ?")
        running, second = await self._person.ask(self.role, questions.yes_no(runs, self._language))
        alarms, third = await self._person.ask(self.role, questions.alarms(self._language))
        opened = self._said("Is its door open?", "La porte est-elle ouverte ?")
        door, fourth = await self._person.ask(self.role, questions.yes_no(opened, self._language))
        told = {"running": running, "alarms": alarms, "door_open": door}
        return Answer({**numbers.fields, **told}, (*numbers.seq, second, third, fourth))

    async def _locks(self) -> Answer:
        texts = {
            "holster": self._said(
                "Is the plug held in its holster?", "La fiche est-elle retenue au support ?"
            ),
            "connector": self._said(
                "Is the plug held in the car?", "La fiche est-elle retenue à la voiture ?"
            ),
        }
        fields: dict[str, Any] = {}
        seqs: list[int] = []
        for lock, text in texts.items():
            question = questions.choice(text, get_args(LockPosition), self._language)
            fields[lock], seq = await self._person.ask(self.role, question)
            seqs.append(seq)
        return Answer(fields, tuple(seqs))

    async def _pull(self, which: str) -> Answer:
        where = {
            "holster": self._said("in its holster", "dans son support"),
            "connector": self._said("in the car", "à la voiture"),
        }[which]
        text = self._said(
            f"Pull hard at the plug {where}, then put it back. Did it come loose?",
            f"Tirez fort sur la fiche {where}, puis remettez-la. S'est-elle détachée ?",
        )
        return await self._one("loose", questions.yes_no(text, self._language))

    async def _whereabouts(self) -> Answer:
        text = self._said("Where is the plug?", "Où est la fiche ?")
        return await self._one("where", questions.choice(text, get_args(Whereabouts), self._language))

    async def _display(self) -> Answer:
        lines, first = await self._person.ask(self.role, questions.screen(self._language))
        if not lines:
            return Answer({"lines": lines}, (first,))
        (cost, currency), second = await self._person.ask(self.role, questions.total(self._language))
        return Answer({"lines": lines, "cost": cost, "currency": currency}, (first, second))

    async def _alerts(self) -> Answer:
        count, seq = await self._person.ask(self.role, questions.alerts(self._language))
        return Answer({"count": count}, (seq,))

    async def _answer(self, question: str, answers: tuple[str, ...]) -> Answer:
        return await self._one("answer", questions.choice(question, answers, self._language))

    async def _statement(self, since: str) -> Answer:
        movements, seq = await self._person.ask(self.role, questions.statement(since, self._language))
        return Answer({"movements": movements}, (seq,))

    async def _by_eye(self, subject: str, unit: str) -> Answer:
        instrument = self._instruments.get(unit)
        name = None if instrument is None else instrument.name
        value, first = await self._person.ask(
            self.role, questions.by_eye(subject, unit, name, self._language)
        )
        if name is not None:
            return Answer({"value": value}, (first,))
        _, second = await self._person.ask(self.role, questions.which_instrument(self._language))
        return Answer({"value": value}, (first, second))

    async def _picture(self, subject: str) -> Answer:
        path, seq = await self._person.ask(self.role, questions.picture(subject, self._language))
        if isinstance(path, Refusal):
            raise self._refused("photograph", path)
        return Answer({"file": str(path)}, (seq,))

    async def _read_back(self) -> Answer:
        """Asked once until the part is energised again: a person who has looked need not look twice."""
        if self._confirmed is None:
            text = SAFE_QUESTIONS[self.role]
            safe, seq = await self._person.ask(
                self.role, questions.yes_no(text[self._language], self._language)
            )
            said = "yes" if safe == "true" else "no"
            sentence = f"{self._person.name} was asked '{text['en']}' and said {said}"
            answer = Answer({"safe": safe, "sentence": sentence}, (seq,))
            if safe != "true":
                return answer
            self._confirmed = answer
        return self._confirmed
