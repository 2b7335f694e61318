"""A charger sheet, asked for field by field; each answer is read as ``wattest check`` would read it.

What verdicts hang on most has no default: nobody but the maker knows ratings, dialects, locks and features.
"""

from __future__ import annotations

from collections.abc import Mapping

from wattest.document.reader import read_text
from wattest.errors import BenchError, DocumentError
from wattest.model.read_charger import charger_of
from wattest.model.words import FEATURES
from wattest.run.languages import Language, Text
from wattest.run.scaffold.asking import Asker, Question
from wattest.run.scaffold.yaml_text import in_brackets, scalar

_LOCKS = ("connector_lock", "holster_lock")
_FRENCH_FEATURES: Mapping[str, str] = {
    "auth_cache": "se souvient des cartes acceptées en ligne",
    "card_reader": "lit les cartes RFID",
    "clock": "garde l'heure d'elle-même sans liaison",
    "connector_lock": "retient la fiche dans la voiture ou la prise pendant la recharge",
    "cost_display": "affiche le coût total à la fin d'une session",
    "display": "affiche du texte à l'automobiliste",
    "heater": "chauffe son intérieur au froid",
    "holster_lock": "retient la fiche sur la borne jusqu'à l'autorisation",
    "local_auth_list": "garde une liste de cartes envoyée par le système central",
    "meter_display": "affiche l'énergie pendant une session",
    "offline_queue": "garde les messages de transaction sans liaison",
    "price_display": "affiche le prix avant une session",
    "remote_start": "démarre une session pour le système central",
    "reset": "redémarre à la demande du système central",
    "signed_meter_values": "signe ses valeurs de comptage",
    "smart_charging": "obéit à un profil de recharge du système central",
    "unlock": "déverrouille la fiche pour le système central",
}
_NO_TEXT = Text("", "")

QUESTIONS: tuple[Question, ...] = (
    Question("maker", Text("Maker of the charger", "Fabricant de la borne")),
    Question("model", Text("Model", "Modèle")),
    Question("serial", Text("Serial number", "Numéro de série")),
    Question("firmware", Text("Firmware version", "Version du micrologiciel")),
    Question(
        "identity",
        Text(
            "Identity by which it calls the central system",
            "Identité avec laquelle elle appelle le système central",
        ),
        "CP001",
    ),
    Question(
        "dialects",
        Text("OCPP versions that it speaks", "Versions d'OCPP qu'elle parle"),
        choices={"1.6": _NO_TEXT, "2.0.1": _NO_TEXT},
        many=True,
    ),
    Question(
        "connectors", Text("How many cars it serves at once", "Nombre de voitures servies à la fois"), "1"
    ),
    Question(
        "cable",
        Text("Cable", "Câble"),
        "tethered",
        {
            "tethered": Text("a cable of its own", "un câble attaché à la borne"),
            "socket": Text("a socket for the driver's cable", "une prise pour le câble de l'automobiliste"),
        },
    ),
    Question("phases", Text("Phases of the supply to the car", "Phases fournies à la voiture"), "1"),
    Question("rated_voltage", Text("Rated voltage between lines", "Tension assignée entre phases")),
    Question("rated_current", Text("Rated current per phase", "Courant assigné par phase")),
    Question(
        "minimum_current", Text("Least current that it offers", "Plus petit courant qu'elle offre"), "6 A"
    ),
    Question(
        "register_step",
        Text("Smallest step of its energy register", "Plus petit pas de son registre d'énergie"),
        "1 Wh",
    ),
    Question(
        "temperature_min",
        Text("Lowest temperature of operation", "Température minimale de service"),
        "-40 degC",
    ),
    Question(
        "temperature_max",
        Text("Highest temperature of operation", "Température maximale de service"),
        "50 degC",
    ),
    Question(
        "power_loss",
        Text("What becomes of a session when the supply fails", "Sort d'une session si l'alimentation tombe"),
        "ends_after_boot",
        {
            "ends_before": Text("it ends before the station dies", "elle finit avant que la borne s'éteigne"),
            "ends_after_boot": Text("it ends after the restart", "elle finit après le redémarrage"),
            "resumes": Text("it goes on after the restart", "elle reprend après le redémarrage"),
        },
    ),
    Question(
        "connection_timeout",
        Text("How long an authorisation waits for the plug", "Attente de la fiche après une autorisation"),
        "60 s",
    ),
    Question("boot_time", Text("Time from power to ready", "Temps de démarrage"), "60 s"),
    Question(
        "locks",
        Text("Locks", "Verrous"),
        choices={word: Text(FEATURES[word], _FRENCH_FEATURES[word]) for word in _LOCKS},
        many=True,
    ),
    Question(
        "features",
        Text("What else it can do", "Autres capacités"),
        choices={
            word: Text(meaning, _FRENCH_FEATURES.get(word, meaning))
            for word, meaning in FEATURES.items()
            if word not in _LOCKS
        },
        many=True,
    ),
)

_HARMLESS: Mapping[str, str] = {
    "dialects": "1.6",
    "rated_voltage": "1 V",
    "rated_current": "1000000 A",
    "minimum_current": "0 A",
    "temperature_max": "2000 degC",
    **dict.fromkeys(("maker", "model", "serial", "firmware"), "x"),
    **dict.fromkeys(("locks", "features"), ""),
}
"""What stands for an answer that is still to come, so that it cannot be what is wrong."""

_HEAD = Text(
    "What the maker states about this charger. Nothing here is inferred from what it does.",
    "Ce que le fabricant déclare de cette borne. Rien n'est déduit de son comportement.",
)


def ask_charger(asker: Asker) -> str:
    """The text of a charger sheet that can be read. Raises ``BenchError`` when an answer cannot be used."""
    answers: dict[str, str] = {}
    for question in QUESTIONS:

        def problem(answer: str, question: Question = question) -> str | None:
            return _problem({**answers, question.key: answer})

        answers[question.key] = asker.ask(question, problem)
    text = charger_text(answers, asker.language)
    try:
        charger_of(read_text(text))
    except DocumentError as wrong:
        raise BenchError(f"These answers make no charger sheet: {wrong}") from wrong
    return text


def charger_text(answers: Mapping[str, str], language: Language) -> str:
    """A charger sheet with these answers, by their keys."""
    lines = [f"# {_HEAD.said(language)}"]
    for question in QUESTIONS:
        if question.key == "locks":
            continue
        answer = answers[question.key]
        if question.key == "features":
            answer = f"{answers['locks']}, {answer}"
        lines.append(f"{question.key}: {in_brackets(answer) if question.many else scalar(answer)}")
    return "\n".join(lines) + "\n"


def _problem(answers: Mapping[str, str]) -> str | None:
    """The first thing wrong with the sheet as far as it is answered; what is to come is harmless."""
    whole = {
        question.key: answers.get(question.key, _HARMLESS.get(question.key, question.default or ""))
        for question in QUESTIONS
    }
    try:
        charger_of(read_text(charger_text(whole, "en")))
    except DocumentError as wrong:
        return wrong.problems[0].sentence
    return None
