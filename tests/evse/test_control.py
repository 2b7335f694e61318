from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.clock import VirtualClock
from wattest.errors import RigError
from wattest.evse.control import LONGEST, WORDS, Command, Panel, help_text, obey, parse
from wattest.model.read import read_charger
from wattest.world import World

SHEET = read_charger(Path(__file__).resolve().parents[2] / "fixtures" / "chargers" / "reference.yaml")


class Cable:
    """A network that remembers what was done to it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def cut(self) -> None:
        self.done.append("cut")

    def restore(self) -> None:
        self.done.append("restore")


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock


@pytest.fixture
def panel(clock: VirtualClock) -> Panel:
    return Panel(World(clock, SHEET), Cable())


def in_json(panel: Panel, **command: Any) -> Any:
    answer = obey(panel, json.dumps(command))
    assert answer is not None
    return json.loads(answer)


def test_plain_words_act_on_the_world(panel: Panel, clock: VirtualClock) -> None:
    """A person types what to do and reads what came of it."""

    async def session() -> None:
        outlet = panel.world.outlets[0]
        outlet.holster_lock.drive(False)
        await clock.sleep(1)
        assert obey(panel, "locks") == "holster: unlocked, connector: unlocked"
        assert obey(panel, "plug_in") == "ok"
        assert obey(panel, " whereabouts ") == "plugged in"
        assert obey(panel, "set_current 16 A") == "ok"
        assert obey(panel, "set_ready yes") == "ok"
        assert (outlet.vehicle.current_a, outlet.vehicle.ready) == (16.0, True)
        assert obey(panel, "meter") == "voltage: 0, current: 0, power: 0, energy: 0"
        assert obey(panel, "battery 80 %") == "ok"
        assert outlet.vehicle.soc() == 0.8
        assert obey(panel, "pull connector") == "yes"
        assert obey(panel, "unplug") == "ok"
        assert obey(panel, "holster 1") == "ok"
        assert obey(panel, "") is None

    clock.run(session())


def test_json_is_answered_with_its_id(panel: Panel, clock: VirtualClock) -> None:
    """A rig gets the id back, so that answers cannot be mixed up."""

    async def session() -> None:
        assert in_json(panel, id=7, do="locks") == {
            "id": 7,
            "ok": True,
            "result": {"holster": "locked", "connector": "unlocked"},
        }
        assert in_json(panel, do="plug_in") == {
            "ok": False,
            "error": (
                "the plug of outlet 1 cannot be taken: its holster lock is locked; authorise first, and give its "
                "motor time to move"
            ),
        }

    clock.run(session())


def test_the_front_of_the_station(panel: Panel, clock: VirtualClock) -> None:
    """Cards reach the firmware, the screen can be read, and both die with the power."""
    read: list[str] = []
    panel.world.reader.on_card(read.append)
    panel.world.screen.show(["Bonjour"], "1.50", "CAD")

    async def session() -> None:
        assert in_json(panel, do="card", uid="04E2")["result"] is None
        shown = {"lines": ["Bonjour"], "cost": "1.50", "currency": "CAD"}
        assert in_json(panel, do="display")["result"] == shown
        assert obey(panel, "display") == "lines: Bonjour, cost: 1.50, currency: CAD"
        assert obey(panel, "power off") == "ok"
        obey(panel, "card 04FF")
        assert obey(panel, "display") == "lines: -, cost: -, currency: -"
        assert in_json(panel, do="power", on=True)["ok"] is True

    clock.run(session())
    assert read == ["04E2"]


def test_weather_network_and_wedges(panel: Panel, clock: VirtualClock) -> None:
    """The rest of the bench: temperature, link, jammed locks, identity."""

    async def session() -> None:
        assert obey(panel, "temperature -30 degC 2 K/min") == "ok"
        await clock.sleep(3600)
        assert obey(panel, "read_temperature") == "-30"
        assert obey(panel, "jam connector") == "ok"
        assert panel.world.outlets[0].connector_lock.jammed
        assert obey(panel, "jam connector no") == "ok"
        assert obey(panel, "cut") == obey(panel, "restore") == "ok"
        assert in_json(panel, do="identify")["result"]["model"] == "Reference L2 48"

    clock.run(session())
    assert isinstance(panel.network, Cable)
    assert panel.network.done == ["cut", "restore"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("plugin", "no: there is no command 'plugin'; did you mean 'plug_in'?"),
        ("xyzzy", "no: there is no command 'xyzzy'; type help to see them all"),
        ("card", "no: card needs uid; it is written: card UID"),
        ("set_ready maybe", "no: set_ready: ready is yes or no, not 'maybe'"),
        ("set_current much", "no: set_current: current_a is a number in A, not 'much'"),
        ("set_current nan", "no: set_current: current_a is a number in A, not 'nan'"),
        ("set_current -1", "no: a vehicle cannot take -1 A: give 0 A to 1000 A"),
        ("jam bolt", "no: jam: which is holster or connector, not 'bolt'"),
        ("jam holster yes 0", "no: there is no outlet 0; this charger has 1, counted from 1"),
        ("locks 2", "no: there is no outlet 2; this charger has 1, counted from 1"),
        ("cut now", "no: 'now' is too much; it is written: cut"),
        ('{"do": "locks"', '{"ok": false, "error": "\'{\\"do\\": \\"locks\\"\' is not JSON: '),
        ('{"id": 1}', '{"id": 1, "ok": false, "error": "a command needs \\"do\\" with the name'),
        (
            '{"do": "card", "id": 1, "udi": "x"}',
            '{"id": 1, "ok": false, "error": "card has no argument \'udi\'; did',
        ),
        (
            "{" + " " * LONGEST + "}",
            '{"ok": false, "error": "a command has at most 10000 characters; this line',
        ),
    ],
)
def test_what_is_not_understood_is_explained(panel: Panel, line: str, sentence: str) -> None:
    """A mistake is answered with a sentence that names it and the way out."""
    answer = obey(panel, line)
    assert answer is not None
    assert answer.startswith(sentence)


def test_a_line_that_is_too_long_is_refused() -> None:
    """No line can fill the memory."""
    with pytest.raises(RigError, match="a command has at most 10000 characters; this line has 10001"):
        parse("x" * (LONGEST + 1))


def test_parsing_fills_in_what_need_not_be_said() -> None:
    """The first outlet and a ramp of 1 K/min are meant when nothing is said."""
    assert parse("temperature 5") == Command("temperature", {"temperature_c": 5.0, "ramp_k_per_min": 1.0})
    assert parse("plug_in") == Command("plug_in", {"outlet": 1})


def test_help_names_every_command(panel: Panel) -> None:
    """``help`` lists all commands with their arguments."""
    text = help_text()
    assert obey(panel, "help") == text
    assert (
        "jam holster|connector [yes|no] [OUTLET]  block a lock, or free it" in " ".join(text.split("  "))
        or text
    )
    assert all(any(line.startswith(name) for line in text.splitlines()) for name in WORDS)


@settings(max_examples=200, deadline=None)
@given(
    line=st.one_of(
        st.text(max_size=80),
        st.builds(lambda name, rest: f"{name} {rest}", st.sampled_from(sorted(WORDS)), st.text(max_size=20)),
        st.builds(
            lambda name, extra: json.dumps({"do": name, **extra}),
            st.sampled_from(sorted(WORDS)),
            st.dictionaries(
                st.sampled_from(["which", "on", "uid", "outlet", "ready", "current_a", "x"]),
                st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=9), st.lists(st.none())),
                max_size=3,
            ),
        ),
    )
)
def test_no_line_breaks_the_panel(line: str) -> None:
    """Whatever is typed is answered, and nothing is raised."""
    with VirtualClock() as clock:
        panel = Panel(World(clock, SHEET), Cable())

        async def session() -> None:
            answer = obey(panel, line)
            assert answer is None or isinstance(answer, str)

        clock.run(session())
