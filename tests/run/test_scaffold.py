"""What ``wattest init`` asks and writes: every file that comes out can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest.document.reader import read_text
from wattest.errors import BenchError
from wattest.model.plugins import DRIVERS
from wattest.model.read_bench import bench_of
from wattest.model.read_charger import charger_of
from wattest.model.words import FEATURES, ROLE_NAMES
from wattest.roles import ROLES
from wattest.run.languages import Text
from wattest.run.scaffold import Asker, ask_bench, ask_charger, bench_file
from wattest.run.scaffold.asking import Question
from wattest.run.scaffold.bench_file import Layout, drivers_for
from wattest.run.scaffold.charger_sheet import QUESTIONS
from wattest.run.scaffold.yaml_text import scalar

if TYPE_CHECKING:
    from collections.abc import Callable

WHO = {
    "maker": "Maple",
    "model": "Street 48",
    "serial": "M-1",
    "firmware": "1.0",
    "dialects": "1.6",
    "rated_voltage": "240 V",
    "rated_current": "48 A",
    "locks": "-",
    "features": "card_reader",
}


class Person:
    """Types what the test says, line by line, and hears what is said."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.prompts: list[str] = []
        self.heard: list[str] = []

    def read(self, prompt: str) -> str | None:
        self.prompts.append(prompt)
        return self.lines.pop(0) if self.lines else None


def asker(person: Person | None = None, language: Any = "en", **answers: Any) -> Asker:
    if person is None:
        return Asker(language, answers)
    return Asker(language, answers, person.read, person.heard.append)


def words(choices: Any) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(sorted(choices)), unique=True).map(
        lambda picked: ", ".join(picked) or "-"
    )


sheets = st.fixed_dictionaries(
    {
        "maker": st.text(min_size=1, max_size=40),
        "model": st.text(min_size=1, max_size=40),
        "serial": st.text(alphabet="0123456789ABC-:# ", min_size=1, max_size=20),
        "firmware": st.sampled_from(["1.0", "v2: beta", "no", "~", "null", "2026-01-01"]),
        "identity": st.from_regex(r"[0-9A-Za-z*_=+|@.-]{1,48}", fullmatch=True),
        "dialects": st.sampled_from(["1.6", "2.0.1", "1.6, 2.0.1"]),
        "connectors": st.integers(1, 100).map(str),
        "cable": st.sampled_from(["tethered", "socket"]),
        "phases": st.sampled_from(["1", "3"]),
        "rated_voltage": st.sampled_from(["240 V", "208 V", "0.4 kV"]),
        "rated_current": st.integers(6, 80).map("{} A".format),
        "minimum_current": st.integers(0, 6).map("{} A".format),
        "register_step": st.sampled_from(["1 Wh", "0.1 kWh"]),
        "temperature_min": st.integers(-60, 0).map("{} degC".format),
        "temperature_max": st.integers(1, 80).map("{} degC".format),
        "power_loss": st.sampled_from(["ends_before", "ends_after_boot", "resumes"]),
        "locks": words(["connector_lock", "holster_lock"]),
        "features": words(set(FEATURES) - {"connector_lock", "holster_lock"}),
    }
)


@given(sheets, st.sampled_from(["en", "fr"]))
def test_every_charger_sheet_that_is_written_can_be_read(answers: dict[str, str], language: Any) -> None:
    """Whatever a maker calls itself, the sheet says the same; or the answer is refused before anything is written."""
    try:
        text = ask_charger(asker(None, language, **answers))
    except BenchError as refused:
        assert str(refused).startswith("--set ")  # noqa: PT017 - either is right, and only these two
        return
    sheet = charger_of(read_text(text))
    assert (sheet.maker, sheet.model) == (answers["maker"].strip(), answers["model"].strip())
    assert sheet.serial == answers["serial"].strip()
    locks = [] if answers["locks"] == "-" else answers["locks"].split(", ")
    more = [] if answers["features"] == "-" else answers["features"].split(", ")
    assert sheet.features == (*locks, *more)
    assert sheet.dialects == tuple(answers["dialects"].split(", "))


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1))
def test_a_value_reads_as_it_was_written(text: str) -> None:
    """Quotes, colons, emoji and accents survive."""
    document = read_text(f"maker: {scalar(text)}\n")
    assert vars(document.root)["entries"][0][1].text == text


roles = st.fixed_dictionaries(
    {role: st.sampled_from(["none", "by_hand", *drivers_for(role)]) for role in ROLE_NAMES}
)


@given(roles, st.sampled_from(["en", "fr"]))
def test_every_bench_file_that_is_written_can_be_read(chosen: dict[str, str], language: Any) -> None:
    """Any choice of drivers gives a bench with just these, powered roles in the order of switching off."""
    try:
        text = ask_bench(asker(None, language, **chosen), charger="charger.yaml", name="north lab")
    except BenchError as refused:
        assert "has a rig '" in str(refused)  # noqa: PT017 - two examples with one name for two rigs
        return
    bench = bench_of(read_text(text.replace("charger: charger.yaml\n", "")), DRIVERS)
    assert {role: entry.driver for role, entry in bench.roles.items()} == {
        role: driver for role, driver in chosen.items() if driver != "none"
    }
    powered = [role for role in ("vehicle", "load", "mains", "chamber") if chosen[role] != "none"]
    assert list(bench.safe_order) == powered


def test_every_role_is_asked_for() -> None:
    """A role of the bench that nobody asks for would never be on one."""
    assert tuple(bench_file.ROLES) == tuple(ROLES)


def test_every_field_of_the_sheet_is_asked_for() -> None:
    """A sheet by defaults alone is whole, in both languages."""
    for language in ("en", "fr"):
        text = ask_charger(asker(None, language, **WHO))
        assert charger_of(read_text(text)).rated_current_a == 48.0
    assert all(question.text.fr and question.text.en for question in QUESTIONS)
    assert all(feature in str(QUESTIONS) for feature in FEATURES)


def test_a_wrong_answer_is_asked_again() -> None:
    """A person hears what is wrong with an answer, in the words of the checker, and tries again."""
    person = Person(
        "Maple",
        "48",
        "7",
        "1",
        "a b",
        "CP7",
        "1",
        *[""] * 3,
        "240",
        "208 V",
        "16 A",
        "20 A",
        "8 A",
        *[""] * 6,
        "-",
        "-",
    )
    sheet = charger_of(read_text(ask_charger(asker(person))))
    assert (sheet.identity, sheet.rated_voltage_v, sheet.minimum_current_a) == ("CP7", 208.0, 8.0)
    problems = [line for line in person.heard if not line.startswith("  ")]
    assert problems[0].startswith("'a b' is not a station identity")
    assert problems[1] == "'240' has no unit; a voltage is needed here, such as '240 V'"
    assert problems[2] == "minimum_current 20 A is above rated_current 16 A"
    assert person.prompts[0] == "Maker of the charger: "
    assert "Rated voltage between lines: " in person.prompts


def test_choices_are_numbers_words_or_beginnings() -> None:
    """Locks may be named in any of these ways, and none with a dash."""
    choices = {"connector_lock": Text("", ""), "holster_lock": Text("holds the plug", "retient la fiche")}
    locks = Question("locks", Text("Locks", "Verrous"), choices=choices, many=True)
    person = Person("2, conn", "wheel", "-", "", "-", "hols_lock", "holster_lock holster_lock")
    ask = asker(person)
    assert ask.ask(locks) == "holster_lock, connector_lock"
    assert ask.ask(locks) == ""
    assert ask.ask(locks) == ""
    assert ask.ask(locks) == "holster_lock"
    assert "   2 holster_lock: holds the plug" in person.heard
    assert "'wheel' is none of connector_lock, holster_lock." in person.heard
    assert "'hols_lock': did you mean 'holster_lock'?" in person.heard


def test_french_is_asked_in_french() -> None:
    """Prompts, hints and choices are French; the words of the file are not."""
    person = Person("M", "S", "7", "1", "", "1.6", "", "prise", "2", "", "240 V", "32 A", *[""] * 7, "-", "-")
    text = ask_charger(asker(person, "fr"))
    assert "cable: socket" in text
    assert person.prompts[0] == "Fabricant de la borne : "
    assert "   2 socket: une prise pour le câble de l'automobiliste" in person.heard
    assert "« prise » n'est pas parmi tethered, socket." in person.heard
    assert any(
        prompt.startswith("Verrous (plusieurs avec des virgules, - pour aucun) : ")
        for prompt in person.prompts
    )


@pytest.mark.parametrize(
    ("person", "answers", "sentence"),
    [
        (None, {}, "'maker' has no default: give --set maker=..., or leave --yes away."),
        (
            None,
            {**WHO, "phases": "four"},
            "--set phases is 'four': 'four' stands here; a whole number is needed",
        ),
        (
            Person("Maple"),
            {},
            ("Standard input ended at the question for 'model': answer it, or give --yes or --set model=..."),
        ),
        (Person(*[""] * 9), {}, "Nothing typed in 5 tries answers the question for 'maker'."),
    ],
)
def test_without_an_answer_nothing_is_written(
    person: Person | None, answers: dict[str, str], sentence: str
) -> None:
    """Each way of having no answer ends in a sentence with the way out."""
    with pytest.raises(BenchError) as error:
        ask_charger(asker(person, **answers))
    assert str(error.value).startswith(sentence)


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretend that these drivers are installed, with the examples of their documentation."""

    def offer(**examples: str) -> None:
        def examples_of(driver: str) -> tuple[str, ...]:
            if examples[driver] == "broken":
                raise BenchError("it cannot be imported")
            return (examples[driver],)

        factories = dict.fromkeys(examples, lambda around: None) | {
            driver: DRIVERS[driver] for driver in ("simulated", "by_hand")
        }
        monkeypatch.setattr(bench_file, "examples_of", examples_of)
        monkeypatch.setattr(bench_file, "DRIVERS", factories)

    return offer


def test_rigs_of_one_name_are_kept_apart(offer: Callable[..., None]) -> None:
    """An example that needs another rig of the same name is refused, with both drivers named."""
    offer(
        a="rigs:\n  board: {driver: simulated}\nmains: {driver: a}\n",
        b="rigs:\n  board:\n    driver: by_hand\nload:\n  # a comment\n  driver: b\n",
    )
    layout = Layout()
    assert bench_file._clash(layout, "mains", "a") is None
    bench_file._add(layout, "mains", "a", "en")
    assert layout.rigs == {"board": "board: {driver: simulated}"}
    assert bench_file._clash(layout, "load", "b") == (
        "the example of b has a rig 'board' (by_hand), and the bench has another of that name (simulated): choose another "
        "driver here, and add this one to the file by hand"
    )
    bench_file._add(layout, "load", "b", "en")
    assert layout.roles["load"] == "load:\n  # a comment\n  driver: b"


def test_only_whole_examples_are_offered(offer: Callable[..., None]) -> None:
    """A driver that cannot be imported, or whose example has a mistake, is not offered; of alternatives the first is."""
    offer(
        good="mains: {driver: good}\n",
        broken="broken",
        wrong="mains: {driver: wrong, colour: red}\n",
        twice="mains: {driver: twice}  # first\nmains: {driver: twice}\n",
        other="load: {driver: other}\n",
        list="- driver: list\n",
    )
    offered = {role: drivers_for(role) for role in ("mains", "load", "display")}
    assert offered == {"mains": ("good", "twice"), "load": ("other",), "display": ()}
    layout = Layout()
    bench_file._add(layout, "mains", "twice", "en")
    assert layout.roles == {"mains": "mains: {driver: twice}  # first"}
