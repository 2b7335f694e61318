import importlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from wattest.errors import BenchError
from wattest.world import DEFECTS, VARIATIONS, Conduct
from wattest.world.behaviour import behaviour, defect, variation

registry = importlib.import_module("wattest.world.behaviour")


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_behaviours", set())
    for name in ("_replacements", "_defects", "_variations"):
        monkeypatch.setattr(registry, name, {})


def sound(number: int) -> int:
    return number


def describe(id_: str, breaks: Callable[..., Any], text: str = "counts wrong") -> Callable[[Any], Any]:
    return defect(id_, breaks=breaks, area="metering", requirement="MET-01", text=text, source="project")


@pytest.mark.usefixtures("empty")
def test_conduct_follows_the_defect_in_place_of_the_behaviour() -> None:
    """A charger with a defect does what the defect says, and another one beside it what is sound."""
    behaviour(sound)

    @defect("X-D01", breaks=sound, area="metering", requirement="MET-01", text="adds one", source="project")
    def broken(number: int) -> int:
        return number + 1

    assert Conduct({"X-D01"})(sound)(1) == 2
    assert Conduct()(sound)(1) == 1
    assert broken(1) == 2


@pytest.mark.usefixtures("empty")
def test_one_defect_may_break_several_behaviours() -> None:
    """Stacked decorators of one id replace every behaviour they name."""

    @behaviour
    def first() -> str:
        return "first"

    @behaviour
    def second() -> str:
        return "second"

    @defect("X-D01", breaks=first, area="a", requirement="MET-01", text="t", source="s")
    @defect("X-D01", breaks=second, area="a", requirement="MET-01", text="t", source="s")
    def both() -> str:
        return "broken"

    conduct = Conduct({"X-D01"})
    assert [conduct(first)(), conduct(second)()] == ["broken", "broken"]
    assert both() == "broken"


@pytest.mark.usefixtures("empty")
def test_unknown_id_is_named_with_the_nearest_known_one() -> None:
    """A misspelt defect is a sentence with a suggestion."""
    behaviour(sound)
    describe("METER-D01", sound)(lambda number: number)
    with pytest.raises(
        BenchError, match=r"^no defect or variation is called 'meter-d1'; did you mean METER-D01\?$"
    ):
        Conduct({"meter-d1"})
    with pytest.raises(BenchError, match="called 'nonsense'; there are 1, see wattest prove"):
        Conduct({"nonsense"})


@pytest.mark.usefixtures("empty")
def test_two_ids_for_one_behaviour_cannot_be_on_together() -> None:
    """Which of two replacements would win is not left to chance."""
    behaviour(sound)
    describe("X-D01", sound)(lambda number: number)
    variation("V99", alters=sound, text="lawful")(lambda number: number)
    with pytest.raises(
        BenchError, match=r"V99 and X-D01 both replace .*sound: they cannot be switched on together"
    ):
        Conduct({"X-D01", "V99"})


@pytest.mark.usefixtures("empty")
def test_registration_refuses_contradictions() -> None:
    """An id described twice, a behaviour never declared, and an id of both kinds are mistakes at import."""
    with pytest.raises(TypeError, match=r"X-D01 replaces .*sound, which is not declared with @behaviour"):
        describe("X-D01", sound)
    behaviour(sound)
    describe("X-D01", sound)
    with pytest.raises(ValueError, match="defect X-D01 is described twice, differently"):
        describe("X-D01", sound, text="counts right")
    variation("V99", alters=sound, text="lawful")
    with pytest.raises(ValueError, match="variation V99 is described twice, differently"):
        variation("V99", alters=sound, text="otherwise")
    with pytest.raises(ValueError, match="V99 is already the id of a variation"):
        describe("V99", sound)
    with pytest.raises(ValueError, match="X-D01 is already the id of a defect"):
        variation("X-D01", alters=sound, text="lawful")
    describe("X-D01", sound)(lambda number: number)
    with pytest.raises(ValueError, match=r"X-D01 replaces .*sound twice"):
        describe("X-D01", sound)(lambda number: number + 1)


def test_every_defect_says_what_it_breaks() -> None:
    """Each defect names its area, a requirement of the catalogue's form, a text and a source."""
    areas = {"authentication", "locking", "metering", "billing", "outage", "climate", "status", "security"}
    areas |= {"electrical", "cable", "monitoring", "payment", "sharing", "network"}
    for id_, entry in DEFECTS.items():
        assert entry.id == id_
        assert re.fullmatch(r"[A-Z]+-D\d\d", id_), id_
        assert re.fullmatch(r"[A-Z]{3}-\d\d", entry.requirement), id_
        assert entry.area in areas, id_
        assert entry.text, id_
        assert entry.source, id_
        assert entry.dialects, id_


def test_variations_stand_apart_from_defects() -> None:
    """No id is both, and every variation says what differs."""
    assert not set(DEFECTS) & set(VARIATIONS)
    assert all(re.fullmatch(r"V\d{2,3}", id_) and entry.text for id_, entry in VARIATIONS.items())
