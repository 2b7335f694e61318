from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from wattest.clock import VirtualClock
from wattest.errors import BenchError, RigError
from wattest.judge.energy import difference
from wattest.model.read import read_bench
from wattest.roles import (
    ROLES,
    Battery,
    CardReader,
    Chamber,
    Display,
    ForeseesEnergy,
    LockSensor,
    Mains,
    Network,
    Operator,
    Part,
    ReferenceMeter,
    Surroundings,
    Vehicle,
)
from wattest_instruments import by_hand as by_hand_module
from wattest_instruments import http as http_module
from wattest_instruments import process as process_module
from wattest_instruments.by_hand import by_hand
from wattest_instruments.readings import Accuracy, Resolution

BENCHES = Path(__file__).resolve().parents[2] / "fixtures" / "benches"


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock


class Terminal:
    """A person who types what the test says, in order."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.typed: list[str] = []
        self.asked: list[str] = []
        self.noted: list[dict[str, Any]] = []

    async def prompt(self, text: str) -> str:
        self.asked.append(text)
        await self.clock.sleep(2.0)
        if not self.typed:
            raise RigError("Nobody can answer: standard input is closed.")
        return self.typed.pop(0)

    def note(self, kind: str, /, **fields: Any) -> int:
        self.noted.append({"kind": kind, **fields})
        return len(self.noted)

    def around(
        self,
        role: str,
        prompt: Callable[[str], Awaitable[str]] | None = None,
        rigs: dict[str, Any] | None = None,
    ) -> Surroundings:
        return Surroundings(
            clock=self.clock,
            note=self.note,
            role=role,
            folder=".",
            rigs=rigs or {},
            prompt=prompt or self.prompt,
        )

    def play(self, role: str, *typed: str, **options: Any) -> Part:
        self.typed = list(typed)
        return by_hand(self.around(role), **{"person": "Ada", **options})


@pytest.fixture
def terminal(clock: VirtualClock) -> Terminal:
    return Terminal(clock)


def test_a_task_is_told_and_confirmed(clock: VirtualClock, terminal: Terminal) -> None:
    """The person is told what to do; question, answer and name stand in the record."""
    vehicle = cast("Vehicle", terminal.play("vehicle", "done"))
    clock.run(vehicle.plug_in())
    question = "[vehicle] Take the cable and plug it into the car. (type 'done', or 'no' and what is wrong)"
    assert terminal.asked == [question + ": "]
    assert terminal.noted == [{"kind": "prompt", "question": question, "answer": "done", "by": "Ada"}]


def test_nonsense_is_asked_again(clock: VirtualClock, terminal: Terminal) -> None:
    """Neither an empty line nor nonsense confirms anything; every try stands in the record."""
    vehicle = cast("Vehicle", terminal.play("vehicle", "", "perhaps", "DONE"))
    clock.run(vehicle.unplug())
    assert [entry["answer"] for entry in terminal.noted] == ["", "perhaps", "DONE"]


def test_endless_nonsense_ends(clock: VirtualClock, terminal: Terminal) -> None:
    """Somebody who never makes sense does not keep the bench for ever."""
    network = cast("Network", terminal.play("network", *["x"] * 9))
    with pytest.raises(RigError) as error:
        clock.run(network.cut())
    assert str(error.value) == (
        "network (by hand): nothing typed in 5 tries answers '[network] Cut the network of the station. "
        "(type 'done', or 'no' and what is wrong)'."
    )


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("no, it is frozen in", "vehicle.unplug was not done; Ada said no: it is frozen in."),
        ("non", "vehicle.unplug was not done; Ada said no, and gave no reason."),
    ],
)
def test_a_refusal_keeps_its_reason(
    clock: VirtualClock, terminal: Terminal, typed: str, sentence: str
) -> None:
    """What cannot be done is the bench's error, in the person's words."""
    vehicle = cast("Vehicle", terminal.play("vehicle", typed))
    with pytest.raises(RigError) as error:
        clock.run(vehicle.unplug())
    assert str(error.value) == sentence


def test_french_is_spoken(clock: VirtualClock, terminal: Terminal) -> None:
    """In French the questions, words and decimal commas are French; the record's values are not."""
    vehicle = cast("Vehicle", terminal.play("vehicle", "fait", "en main", language="fr"))
    clock.run(vehicle.set_ready(True))
    assert clock.run(vehicle.whereabouts()) == "in hand"
    assert terminal.asked == [
        (
            "[vehicle] Réglez la voiture pour qu'elle demande de l'énergie (état C). "
            "(tapez « fait », ou « non » et ce qui ne va pas): "
        ),
        "[vehicle] Où est la fiche ? (1 = dans le support, 2 = en main, 3 = branchée, 4 = inconnu): ",
    ]
    chamber = cast("Chamber", terminal.play("chamber", "-29,5", language="fr"))
    assert clock.run(chamber.read_temperature()).value == -29.5


@pytest.mark.parametrize(
    ("typed", "where"),
    [("1", "holstered"), ("plugged IN", "plugged in"), ("in", "in hand"), ("u", "unknown")],
)
def test_a_choice_is_a_number_a_word_or_its_beginning(
    clock: VirtualClock, terminal: Terminal, typed: str, where: str
) -> None:
    """Whatever is unmistakable is understood."""
    assert clock.run(cast("Vehicle", terminal.play("vehicle", typed)).whereabouts()) == where


def test_a_beginning_of_two_words_is_asked_again(clock: VirtualClock, terminal: Terminal) -> None:
    """``un`` could be unlocked or unknown."""
    sensor = cast("LockSensor", terminal.play("lock_sensor", "un", "unl", "0", "4", "3"))
    seen = clock.run(sensor.read())
    assert (seen.holster, seen.connector, seen.seq) == ("unlocked", "unknown", (2, 5))


def test_a_lock_is_pulled_and_jammed(clock: VirtualClock, terminal: Terminal) -> None:
    """Pulling brings yes or no; jamming is a task."""
    sensor = cast("LockSensor", terminal.play("lock_sensor", "yes", "n", "done"))
    assert clock.run(sensor.pull("holster")) is True
    assert clock.run(sensor.pull("connector")) is False
    clock.run(sensor.jam("connector", True))
    assert terminal.asked[-1].startswith("[lock_sensor] Block the connector lock mechanically.")
    assert {"lock_jam", "lock_pull"} <= sensor.supports


def test_cards_have_the_labs_own_names(clock: VirtualClock, terminal: Terminal) -> None:
    """The person reads which card to take; a card that the lab has not named goes by its number."""
    reader = cast(
        "CardReader", terminal.play("card_reader", "done", "done", cards={"04E2": "the white card"})
    )
    clock.run(reader.present("04E2"))
    clock.run(reader.present("04FF"))
    assert "Hold the white card (04E2) to the reader" in terminal.asked[0]
    assert "Hold the card with the number 04FF to the reader" in terminal.asked[1]


def test_a_screen_is_read_line_by_line(clock: VirtualClock, terminal: Terminal) -> None:
    """Lines and total are typed; a dark screen has neither."""
    display = cast(
        "Display", terminal.play("display", "Merci / Total", "12,34 cad", "-", "A", "12.3.4", "$5")
    )
    seen = clock.run(display.read())
    assert (seen.lines, seen.cost, seen.currency) == (("Merci", "Total"), "12.34", "CAD")
    assert clock.run(display.read()).lines == ()
    seen = clock.run(display.read())
    assert (seen.lines, seen.cost, seen.currency) == (("A",), "5", None)


def test_a_meter_is_read_by_eye_with_its_uncertainty(clock: VirtualClock, terminal: Terminal) -> None:
    """The energy is the difference of two registers; their steps and the meter's class make its uncertainty."""
    meter = cast(
        "ReferenceMeter",
        terminal.play(
            "reference_meter",
            "1234.50 kWh",
            "0",
            "1235.50 kWh",
            "31.9",
            quantities=("energy", "current"),
            resolution=Resolution(energy=10.0, current=0.1),
            accuracy=Accuracy(energy=1.0),
        ),
    )
    clock.run(meter.start_integration())
    seen = clock.run(meter.read())
    assert seen.energy.value == 1000.0
    assert seen.energy.u == pytest.approx((10.0**2 / 3 + 2 * 10.0**2 / 12) ** 0.5)
    assert seen.energy.seq == (1, 2, 3, 4)
    assert seen.current.value == 31.9
    assert seen.current.u == pytest.approx(0.1 / 12**0.5)
    assert (seen.current.t_s, seen.energy.t_s) == (6.0, 6.0)
    assert seen.elapsed.value == 2.0
    assert seen.power.flags == {"no data"}


def test_a_register_read_twice_by_hand_is_uncertain_twice(clock: VirtualClock, terminal: Terminal) -> None:
    """Of two readings the resolution counts at both ends, the class of the meter once and for what flowed between."""
    meter = cast(
        "ReferenceMeter",
        terminal.play(
            "reference_meter",
            *("100.00 kWh", "100.20 kWh", "101.20 kWh"),
            resolution=Resolution(energy=10.0),
            accuracy=Accuracy(energy=1.0),
        ),
    )
    clock.run(meter.start_integration())
    begin, end = clock.run(meter.read()).energy, clock.run(meter.read()).energy
    parts = difference(begin, end)
    assert parts is not None
    told: list[Any] = [(part.name, part.value) for part in parts]
    assert told == [
        ("reference meter specification", pytest.approx(10.0)),
        ("reference meter resolution (begin)", 5.0),
        ("reference meter resolution (end)", 5.0),
    ]
    assert isinstance(meter, ForeseesEnergy)
    assert [part.value for part in meter.foresee(1000.0, 60.0)] == [10.0, 5.0, 5.0]


def test_a_car_is_brought_and_its_state_of_charge_read(clock: VirtualClock, terminal: Terminal) -> None:
    """Only where its bench entry supports it; a dashboard may be off by percentage points, which its accuracy says."""
    car = cast(
        "Battery",
        terminal.play(
            "vehicle",
            *("done", "88"),
            supports=("vehicle_soc",),
            resolution=Resolution(state_of_charge=1.0),
            accuracy=Accuracy(state_of_charge=3.0),
        ),
    )
    clock.run(car.set_state_of_charge(88.0))
    found = clock.run(car.read_state_of_charge())
    assert (found.value, found.unit) == (88.0, "%")
    assert found.u == pytest.approx((3.0**2 / 3 + 1 / 12) ** 0.5)
    assert terminal.asked[0].startswith(
        "[vehicle] Bring a car whose battery is at 88 % (set the emulator to it, or drive), and leave it unplugged."
    )
    without = cast("Battery", terminal.play("vehicle", "88"))
    with pytest.raises(RigError, match=r"its bench entry does not name 'vehicle_soc' under 'supports'\."):
        clock.run(without.read_state_of_charge())


def test_a_meter_without_stated_accuracy_has_no_uncertainty(clock: VirtualClock, terminal: Terminal) -> None:
    """Nobody knows it, so nothing is claimed."""
    meter = cast("ReferenceMeter", terminal.play("reference_meter", "1 kWh", "2 kWh"))
    clock.run(meter.start_integration())
    energy = clock.run(meter.read()).energy
    assert (energy.u, energy.budget) == (None, ())


def test_a_meter_by_eye_is_as_good_as_its_certificate(
    clock: VirtualClock, terminal: Terminal, tmp_path: Path
) -> None:
    """The file named under calibration flags readings by its days, adds the certificate's U, and is told to the runner."""
    file = tmp_path / "meter.yaml"
    file.write_text(
        "serial: A1\nmodel: M\ncertificate: C-7\nlaboratory: L\ncalibrated: 2025-01-01\ndue: 2026-01-14\n"
        "specification:\n  power: {reading: 1 %, range: 0 %, certificate: 0.4 %, k: 2}\n"
    )
    typed = ("100.00 kWh", "100.20 kWh", "101.20 kWh")
    options: dict[str, Any] = {"resolution": Resolution(energy=10.0), "accuracy": Accuracy(energy=1.0)}
    meter = cast("ReferenceMeter", terminal.play("reference_meter", *typed, calibration=str(file), **options))
    clock.run(meter.start_integration())
    begin, end = clock.run(meter.read()).energy, clock.run(meter.read()).energy
    assert begin.flags == end.flags == {"calibration expired"}
    assert end.u == pytest.approx((12.0**2 / 3 + 2 * 10.0**2 / 12 + 2.4**2) ** 0.5)
    parts = difference(begin, end)
    assert parts is not None
    assert {part.name: part.value for part in parts}["reference meter certificate"] == pytest.approx(2.0)
    assert meter.calibration.certificate == "C-7"  # type: ignore[attr-defined]  # as wattest.roles.Calibrated


@pytest.mark.parametrize("typed", ["12 A", "many", "1e3", "2000000 MWh", "-5"])
def test_a_number_that_cannot_be_is_asked_again(clock: VirtualClock, terminal: Terminal, typed: str) -> None:
    """Another unit, no number, or a slip of the finger."""
    meter = cast("ReferenceMeter", terminal.play("reference_meter", typed, "7", energy="since start"))
    assert clock.run(meter.read()).energy.value == 7.0
    assert len(terminal.asked) == 2


def test_a_counter_that_can_be_reset_is_reset(clock: VirtualClock, terminal: Terminal) -> None:
    """With ``energy: since start`` the person starts and stops the counter."""
    meter = cast("ReferenceMeter", terminal.play("reference_meter", "done", "done", energy="since start"))
    clock.run(meter.start_integration())
    clock.run(meter.stop_integration())
    assert [text.split(" (")[0] for text in terminal.asked] == [
        "[reference_meter] Reset the energy counter of the meter and start it.",
        "[reference_meter] Stop the energy counter of the meter.",
    ]


def test_one_person_serves_all_roles(clock: VirtualClock, terminal: Terminal) -> None:
    """A person under ``rigs`` is asked for a name once, and one question at a time."""
    person = by_hand(terminal.around("person"))
    rigs = {"person": person}
    vehicle = cast("Vehicle", by_hand(terminal.around("vehicle", rigs=rigs), rig="person"))
    mains = cast("Mains", by_hand(terminal.around("mains", rigs=rigs), rig="person"))
    terminal.typed = ["", "Grace", "done", "done"]
    for part in (person, vehicle, mains):
        assert clock.run(part.open()).model == "Grace"

    async def both() -> None:
        await asyncio.gather(vehicle.plug_in(), mains.set_power(True))

    clock.run(both())
    assert [entry["by"] for entry in terminal.noted] == [None, None, "Grace", "Grace"]
    assert len(terminal.asked) == 4
    assert clock.monotonic() == 8.0


def test_an_operator_is_asked_in_the_scenarios_words(clock: VirtualClock, terminal: Terminal) -> None:
    """Question and answers come from the scenario."""
    operator = cast("Operator", terminal.play("operator", "2"))
    assert clock.run(operator.ask("Is the seal whole?", ("whole", "broken"))) == "broken"
    assert terminal.asked == ["[operator] Is the seal whole? (1 = whole, 2 = broken): "]


def test_nobody_is_waited_for_for_ever(clock: VirtualClock, terminal: Terminal) -> None:
    """Patience, a closed terminal and no terminal at all each end in a sentence."""
    mains = cast("Mains", terminal.play("mains", "done", patience=1.5))
    with pytest.raises(RigError, match=r"mains \(by hand\): nobody answered '.*' within 1\.5 s\."):
        clock.run(mains.set_power(True))
    mains = cast("Mains", terminal.play("mains"))
    with pytest.raises(RigError, match=r"Nobody can answer: standard input is closed\."):
        clock.run(mains.set_power(True))
    nowhere = Surroundings(clock=clock, note=terminal.note, role="mains", folder=".")
    with pytest.raises(RigError, match=r"mains \(by hand\): nobody can be asked here; run on a terminal"):
        clock.run(cast("Mains", by_hand(nowhere, person="Ada")).set_power(True))


def test_a_person_is_asked_to_make_safe_once(clock: VirtualClock, terminal: Terminal) -> None:
    """Not before anything was opened, and not again once it is safe."""
    mains = cast("Mains", terminal.play("mains", "done", "done", "done"))
    clock.run(mains.make_safe())
    assert terminal.asked == []
    clock.run(mains.open())
    clock.run(mains.make_safe())
    clock.run(mains.make_safe())
    assert [text.split(" (")[0] for text in terminal.asked] == [
        "[mains] Switch the supply of the station OFF and see that it is dead."
    ]
    clock.run(mains.set_power(True))
    clock.run(mains.make_safe())
    assert len(terminal.asked) == 3
    clock.run(mains.close())


def test_a_role_names_a_person_that_is_there(terminal: Terminal) -> None:
    """A rig that is no person is refused with the way out."""
    with pytest.raises(BenchError) as error:
        by_hand(terminal.around("mains", rigs={"robot": object()}), rig="robot")
    assert str(error.value) == (
        "mains (by_hand) names rig 'robot', which is no person of this bench; "
        "add 'robot: {driver: by_hand}' under 'rigs'."
    )


@pytest.mark.parametrize("role", [role for role in ROLES if role != "reference_meter"])
def test_every_role_can_be_played_by_hand(clock: VirtualClock, terminal: Terminal, role: str) -> None:
    """Each satisfies its Protocol, says how long a person may take, opens, is made safe twice and closed."""
    part = terminal.play(role, "done", "done")
    assert isinstance(part, Part)
    assert getattr(part, "patience_s", None) == 1800.0
    clock.run(part.open())
    clock.run(part.make_safe())
    clock.run(part.make_safe())
    clock.run(part.close())


@pytest.mark.parametrize("module", [http_module, process_module, by_hand_module])
def test_the_example_in_a_drivers_docstring_can_be_read(module: Any, tmp_path: Path) -> None:
    """What the documentation shows is a bench file without a mistake."""
    lines = [line for line in (module.__doc__ or "").splitlines() if line.startswith("    ")]
    text = "bench: example\nkind: live\n" + "\n".join(line[4:] for line in lines)
    sections = text.count("rigs:")
    if sections > 1:
        text = text[: text.rindex("rigs:")]
    (tmp_path / "example.yaml").write_text(text, encoding="utf-8")
    assert read_bench(tmp_path / "example.yaml").roles


@pytest.mark.parametrize("name", ["loopback", "node_peer", "by_hand"])
def test_the_benches_of_the_library_can_be_read(name: str) -> None:
    """The shipped bench files name drivers, options and charger sheets that exist."""
    bench = read_bench(BENCHES / f"{name}.yaml")
    assert bench.kind == "live"
