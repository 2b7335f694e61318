"""The laboratory's roles and verbs, played by a person: load, scope, thermometers, source, faults, pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from wattest.clock import VirtualClock
from wattest.errors import BenchError, RigError
from wattest.roles import (
    Alerts,
    Chamber,
    Load,
    Mains,
    Operator,
    Part,
    PilotScope,
    ReadsBack,
    SupplyStep,
    Surroundings,
    Thermometers,
    Vehicle,
)
from wattest_instruments.by_hand import by_hand
from wattest_instruments.pictures import LARGEST
from wattest_instruments.readings import Accuracy, ByEye, Resolution

NO_DATA = frozenset({"no data"})


@dataclass
class Desk:
    """A person who types what the test says, and what was asked, noted and kept meanwhile."""

    clock: VirtualClock
    typed: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    noted: list[dict[str, Any]] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)

    async def prompt(self, text: str) -> str:
        self.asked.append(text)
        return self.typed.pop(0)

    def note(self, kind: str, /, **fields: Any) -> int:
        self.noted.append({"kind": kind, **fields})
        return len(self.noted)

    def keep(self, name: str, content: bytes, *, samples: bool = False) -> int:
        assert not samples
        self.kept[name] = content
        return self.note("file", name=name)

    def play(self, role: str, *typed: str, keeps: bool = True, **options: Any) -> Part:
        self.typed = list(typed)
        self.asked.clear()
        around = Surroundings(
            clock=self.clock,
            note=self.note,
            role=role,
            folder=".",
            prompt=self.prompt,
            keep=self.keep if keeps else None,
        )
        return by_hand(around, **{"person": "Ada", **options})

    def questions(self) -> list[str]:
        """What was asked, without the hints."""
        return [text.partition("] ")[2].partition(" (")[0].removesuffix(": ") for text in self.asked]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with VirtualClock() as clock:
        yield Desk(clock)


def test_a_load_is_set_and_read(desk: Desk) -> None:
    """Current and input are tasks; what it shows is asked for, and power that it does not show is no data."""
    load = cast(
        "Load", desk.play("load", "done", "done", "239.5", "16,02", resolution=Resolution(current=0.01))
    )
    desk.clock.run(load.set_current(16.0))
    desk.clock.run(load.set_input(True))
    seen = desk.clock.run(load.measure())
    assert (seen.voltage.value, seen.current.value, seen.power.flags) == (239.5, 16.02, NO_DATA)
    assert seen.current.u == pytest.approx(0.01 / 12**0.5)
    assert desk.questions() == [
        "Set the load to 16 A per phase.",
        "Switch the input of the load ON.",
        "Voltage at the load",
        "Current at the load",
    ]


def test_a_pulsing_pilot_is_read_from_the_cursors(desk: Desk) -> None:
    """Both plateaus, duty and frequency, with the scope's steps as uncertainty."""
    scope = cast(
        "PilotScope",
        desk.play(
            "pilot_scope",
            "8.9",
            "53,3",
            "-12 V",
            "1 kHz",
            resolution=Resolution(voltage=0.2, duty=0.1, frequency=1.0),
        ),
    )
    pilot = desk.clock.run(scope.read())
    assert pilot.low is not None
    assert pilot.frequency is not None
    assert (pilot.high.value, pilot.duty.value, pilot.low.value, pilot.frequency.value) == (
        8.9,
        53.3,
        -12.0,
        1000.0,
    )
    assert (pilot.high.unit, pilot.duty.unit, pilot.frequency.unit) == ("V", "%", "Hz")
    assert pilot.low.u == pytest.approx(0.2 / 12**0.5)
    assert (pilot.high.seq, pilot.frequency.seq) == ((1, 2, 3, 4), (1, 2, 3, 4))
    assert pilot.rise is None


def test_a_steady_pilot_is_not_asked_for_what_it_has_not(desk: Desk) -> None:
    """With a duty of 100 % there is neither a lower plateau nor a frequency."""
    scope = cast("PilotScope", desk.play("pilot_scope", "12.0", "100"))
    pilot = desk.clock.run(scope.read())
    assert pilot.low is None
    assert pilot.frequency is not None
    assert pilot.frequency.value == 0.0
    assert len(desk.asked) == 2


@pytest.mark.parametrize("typed", ["16", "-15.1", "9 A", "", "-"])
def test_a_plateau_that_cannot_be_is_asked_again(desk: Desk, typed: str) -> None:
    """No pilot is beyond 15 V either way."""
    scope = cast("PilotScope", desk.play("pilot_scope", typed, "-9", "100"))
    assert desk.clock.run(scope.read()).high.value == -9.0


def test_a_switching_delay_is_read_between_cursors(desk: Desk) -> None:
    """The scope is armed by hand for one event; a delay has its unit, and a dash means that nothing was caught."""
    scope = cast(
        "PilotScope",
        desk.play(
            "pilot_scope",
            "done",
            "85 ms",
            "done",
            "-",
            supports=("output_channel",),
            resolution=Resolution(time=0.001),
        ),
    )
    desk.clock.run(scope.arm("open"))
    caught = desk.clock.run(scope.fetch())
    assert (caught.event, caught.delay.value, caught.delay.unit) == ("open", 0.085, "s")
    assert caught.delay.u == pytest.approx(0.001 / 12**0.5)
    desk.clock.run(scope.arm("close"))
    assert desk.clock.run(scope.fetch()).delay.flags == {"no data"}
    assert desk.questions()[0] == (
        "Set the oscilloscope to a single trigger on the control pilot: it leaves state C and the output becomes dead."
    )


def test_a_delay_needs_an_armed_scope(desk: Desk) -> None:
    """Nobody is asked for what was never caught."""
    scope = cast("PilotScope", desk.play("pilot_scope", supports=("output_channel",)))
    with pytest.raises(RigError) as error:
        desk.clock.run(scope.fetch())
    assert str(error.value) == "pilot_scope by hand was asked for a delay before it was armed."


def test_thermometers_are_read_place_by_place(desk: Desk) -> None:
    """Each place of the bench file is asked for; a thermometer's limit of error is a difference."""
    thermometers = cast(
        "Thermometers",
        desk.play(
            "thermometers",
            "61.5",
            "-3",
            places=("contactor", "cable"),
            accuracy=Accuracy(temperature=1.0),
        ),
    )
    seen = desk.clock.run(thermometers.read_all())
    assert {place: reading.value for place, reading in seen.items()} == {"contactor": 61.5, "cable": -3.0}
    assert seen["cable"].u == pytest.approx(1 / 3**0.5)
    assert desk.questions() == ["Temperature: contactor", "Temperature: cable"]


def test_alerts_are_counted_by_whoever_gets_them(desk: Desk) -> None:
    """A number, asked for again when it is none; in French where French is spoken."""
    alerts = cast("Alerts", desk.play("alerts", "three", "3", language="fr"))
    seen = desk.clock.run(alerts.read())
    assert (seen.count, seen.lines) == (3, ())
    assert desk.questions()[0].startswith("Combien d'alertes de pannes de cette borne son exploitant")


def test_a_source_is_set_and_read_by_hand(desk: Desk) -> None:
    """Voltage, frequency and readings are there when the bench entry says so."""
    mains = cast(
        "Mains",
        desk.play(
            "mains",
            "done",
            "done",
            "216",
            "60.02",
            supports=("supply_voltage", "supply_frequency", "supply_reading"),
            quantities=("voltage", "frequency"),
            accuracy=Accuracy(voltage=0.5),
        ),
    )
    desk.clock.run(mains.set_voltage(216.0))
    desk.clock.run(mains.set_frequency(60.0))
    seen = desk.clock.run(mains.measure())
    assert (seen.voltage.value, seen.frequency.value, seen.current.flags) == (216.0, 60.02, NO_DATA)
    assert seen.voltage.u == pytest.approx(216 * 0.005 / 3**0.5)
    assert desk.questions()[:2] == [
        "Set the supply of the station to 216 V rms per phase.",
        "Set the supply of the station to 60 Hz.",
    ]


def test_nobody_plays_dips_by_hand(desk: Desk) -> None:
    """A dip of 100 ms cannot be timed by a person: the verb is refused, and so is the promise of it."""
    mains = cast("Mains", desk.play("mains"))
    with pytest.raises(RigError) as error:
        desk.clock.run(mains.run_profile((SupplyStep(0.1, 0.0),)))
    assert str(error.value) == (
        "mains by hand cannot play dips: nobody can time them; they need a source that times them itself."
    )
    with pytest.raises(BenchError) as refused:
        desk.play("mains", supports=("supply_dips",))
    assert str(refused.value) == (
        "mains (by_hand) names 'supply_dips' under 'supports', but nobody can time dips by hand: they need a source "
        "that times them itself."
    )
    assert desk.asked == []


@pytest.mark.parametrize(
    ("role", "act", "sentence"),
    [
        (
            "vehicle",
            lambda part: part.set_fault("diode", True),
            (
                "vehicle by hand cannot make the fault 'diode': its bench entry does not name 'diode_fault' under "
                "'supports'."
            ),
        ),
        (
            "vehicle",
            lambda part: part.set_proximity(150.0),
            "vehicle by hand cannot set_proximity: its bench entry does not name 'proximity' under 'supports'.",
        ),
        (
            "chamber",
            lambda part: part.state(),
            "chamber by hand cannot state: its bench entry does not name 'chamber_state' under 'supports'.",
        ),
        (
            "operator",
            lambda part: part.photograph("the label"),
            "operator by hand cannot photograph: its bench entry does not name 'photo' under 'supports'.",
        ),
    ],
)
def test_a_person_does_no_more_than_the_bench_entry_says(
    desk: Desk, role: str, act: Callable[[Any], Any], sentence: str
) -> None:
    """What not every bench can do is refused with the word that would allow it, and nobody is asked."""
    part = desk.play(role)
    with pytest.raises(RigError) as error:
        desk.clock.run(act(part))
    assert str(error.value) == sentence
    assert desk.asked == []


def test_faults_are_mended_when_the_car_is_made_safe(desk: Desk) -> None:
    """After the energy is gone, every fault that was made is mended, and none a second time."""
    vehicle = cast(
        "Vehicle",
        desk.play("vehicle", *["done"] * 9, supports=("pe_fault", "diode_fault", "proximity"), language="fr"),
    )
    desk.clock.run(vehicle.open())
    desk.clock.run(vehicle.set_proximity(None))
    desk.clock.run(vehicle.set_proximity(150.0))
    desk.clock.run(vehicle.set_fault("pe", True))
    desk.clock.run(vehicle.set_fault("diode", True))
    desk.clock.run(vehicle.set_fault("diode", False))
    desk.clock.run(vehicle.make_safe())
    desk.clock.run(vehicle.make_safe())
    assert desk.questions() == [
        "Mettez un circuit ouvert entre le contact de proximité et la terre.",
        "Mettez 150 Ohm entre le contact de proximité et la terre, ou relâchez le bouton du connecteur J1772.",
        "Créez ce défaut de la voiture : terre de protection ouverte.",
        "Créez ce défaut de la voiture : diode du signal pilote court-circuitée.",
        "Supprimez ce défaut de la voiture : diode du signal pilote court-circuitée.",
        "Assurez-vous que la voiture ne prend pas d'énergie.",
        "Supprimez ce défaut de la voiture : terre de protection ouverte.",
    ]


def test_what_feeds_the_output_is_taken_away_first(desk: Desk) -> None:
    """A car that was safe is not while the bench feeds its output; resistors of its own come last."""
    vehicle: Any = desk.play(
        "vehicle", *["done"] * 9, supports=("weld", "heedless", "pilot_resistance"), language="fr"
    )
    desk.clock.run(vehicle.open())
    desk.clock.run(vehicle.set_ready(False))
    desk.clock.run(vehicle.set_pilot_resistance("B", 1870.0))
    desk.clock.run(vehicle.set_fault("heedless", True))
    desk.clock.run(vehicle.set_fault("weld", True))
    desk.clock.run(vehicle.make_safe())
    desk.clock.run(vehicle.make_safe())
    weld = (
        "ce défaut de la voiture : le contacteur paraît soudé car le banc alimente la sortie par l'aval ou tient ses "
        "contacts fermés."
    )
    heedless = "ce défaut de la voiture : demande et prend ce qui est réglé quoi que dise le signal pilote."
    assert desk.questions() == [
        "Réglez la voiture pour qu'elle ne prenne pas d'énergie",
        "Mettez 1870 Ohm dans la voiture entre le pilote et la terre",
        f"Créez {heedless}",
        f"Créez {weld}",
        f"Supprimez {weld}",
        "Assurez-vous que la voiture ne prend pas d'énergie.",
        f"Supprimez {heedless}",
        "Mettez la résistance nominale dans la voiture entre le pilote et la terre",
    ]


def test_a_resistor_of_state_c_in_english(desk: Desk) -> None:
    """The person is told which of the two resistors is meant."""
    vehicle: Any = desk.play("vehicle", "done", "done", supports=("pilot_resistance",))
    desk.clock.run(vehicle.set_pilot_resistance("C", 909.0))
    desk.clock.run(vehicle.set_pilot_resistance("C", None))
    assert desk.questions() == [
        "Put 909 Ohm into the car as what its switch puts beside that for state C",
        "Put the nominal resistor into the car as what its switch puts beside that for state C",
    ]


def test_a_fault_that_stays_keeps_the_car_from_being_safe(desk: Desk) -> None:
    """Every refusal is in the sentence: that of the energy, and that of the fault."""
    vehicle = cast("Vehicle", desk.play("vehicle", "done", "no, jammed", "no", supports=("pilot_short",)))
    desk.clock.run(vehicle.open())
    desk.clock.run(vehicle.set_fault("short", True))
    with pytest.raises(RigError) as error:
        desk.clock.run(vehicle.make_safe())
    assert str(error.value) == (
        "vehicle.make_safe was not done; Ada said no: jammed. "
        "vehicle.set_fault was not done; Ada said no, and gave no reason."
    )


def test_a_chamber_tells_its_state(desk: Desk) -> None:
    """Air, set point, running, alarms and door are read off the controller."""
    chamber = cast(
        "Chamber",
        desk.play("chamber", "-29.5", "-30", "yes", "door / low gas", "no", supports=("chamber_state",)),
    )
    state = desk.clock.run(chamber.state())
    assert (state.air.value, state.setpoint_c, state.running) == (-29.5, -30.0, True)
    assert (state.alarms, state.door_open) == (("door", "low gas"), False)
    chamber = cast("Chamber", desk.play("chamber", "20", "-", "no", "-", "oui", supports=("chamber_state",)))
    state = desk.clock.run(chamber.state())
    assert (state.setpoint_c, state.running, state.alarms, state.door_open) == (None, False, (), True)


@pytest.mark.parametrize(
    ("role", "question"),
    [
        ("mains", "Is the supply of the station off and the station dead?"),
        ("load", "Is the input of the load off?"),
        ("vehicle", "Is the circuit of the car open, so that no current flows?"),
    ],
)
def test_a_person_confirms_once_that_a_part_is_safe(desk: Desk, role: str, question: str) -> None:
    """After ``make_safe`` the person looks once; who has said yes is not asked again until power is given anew."""
    part: Any = desk.play(role, "done", "yes", "done", "done", "no")
    assert hasattr(part, "read_back")
    desk.clock.run(part.open())
    for _ in range(2):
        desk.clock.run(part.make_safe())
        told = desk.clock.run(part.read_back())
    assert (told.safe, told.seq) == (True, (2,))
    assert told.sentence == f"Ada was asked '{question}' and said yes"
    assert len(desk.asked) == 2
    give = {"mains": "set_power", "load": "set_input", "vehicle": "set_ready"}[role]
    desk.clock.run(getattr(part, give)(True))
    desk.clock.run(part.make_safe())
    told = desk.clock.run(part.read_back())
    assert (told.safe, told.sentence) == (False, f"Ada was asked '{question}' and said no")


@pytest.mark.parametrize("role", ["chamber", "operator", "display", "pilot_scope", "thermometers"])
def test_what_is_not_powered_is_not_asked(desk: Desk, role: str) -> None:
    """A person confirms supply, load and car, and nothing else."""
    assert not isinstance(desk.play(role), ReadsBack)


@pytest.mark.parametrize(("role", "word"), [("chamber", "read_back"), ("display", "clock")])
def test_what_only_devices_tell_is_not_promised_for_a_person(desk: Desk, role: str, word: str) -> None:
    """A person has no clock to compare, and a chamber is not looked at twice."""
    with pytest.raises(BenchError) as error:
        desk.play(role, supports=(word,))
    assert str(error.value) == (
        f"{role} (by_hand) names '{word}' under 'supports' but maps no '{word}' under 'actions': map it, or take "
        f"'{word}' away."
    )


def test_a_value_is_measured_by_eye(desk: Desk) -> None:
    """The instrument of the bench entry stands in the question, and its step and class make the uncertainty."""
    gauge = ByEye("Sauter FK 250 no. 7", resolution="0.1 N", accuracy=0.5)
    operator = cast("Operator", desk.play("operator", "heavy", "12 kg", "83,4 N", instruments={"N": gauge}))
    force = desk.clock.run(operator.measure("pull at the connector", "N"))
    assert (force.value, force.unit, force.raw, force.seq) == (83.4, "N", "83.4", (3,))
    assert force.u == pytest.approx(((83.4 * 0.005) ** 2 / 3 + 0.1**2 / 12) ** 0.5)
    assert desk.questions()[-1] == "Measure: pull at the connector, in N, with Sauter FK 250 no. 7"


def test_an_unknown_instrument_is_named_by_the_person(desk: Desk) -> None:
    """Where the bench entry names none, the person does, and no uncertainty is claimed."""
    operator = cast("Operator", desk.play("operator", "-12", "", "ruler, no number", language="fr"))
    length = desk.clock.run(operator.measure("la longueur du câble", "mm"))
    assert (length.value, length.u, length.seq) == (-12.0, None, (1, 3))
    assert desk.questions() == [
        "Mesurez : la longueur du câble, en mm",
        "Avec quel instrument",
        "Avec quel instrument",
    ]


def test_an_instruments_step_is_in_its_unit(desk: Desk) -> None:
    """A resolution in another unit is said before anybody measures."""
    with pytest.raises(BenchError) as error:
        desk.play("operator", instruments={"N": ByEye("FK 250", resolution="0.1 kg")})
    assert str(error.value) == ("The resolution '0.1 kg' of FK 250 is no step in N; write it like '0.1 N'.")


def test_a_meter_shows_what_its_role_can_show(desk: Desk) -> None:
    """A load has no register of energy."""
    with pytest.raises(BenchError) as error:
        desk.play("load", quantities=("energy",))
    assert str(error.value) == (
        "load (by_hand) is to show 'energy' under 'quantities'; a load can show voltage, current, power."
    )


PICTURES = {
    "jpg": b"\xff\xd8\xff\xe0 picture",
    "png": b"\x89PNG\r\n\x1a\n picture",
    "webp": b"RIFF\x10\x00\x00\x00WEBPVP8 ",
    "heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00",
}


@pytest.mark.parametrize("ending", PICTURES)
def test_a_picture_is_kept(desk: Desk, tmp_path: Path, ending: str) -> None:
    """The file is known by its first bytes, kept under its subject, and told by its hash."""
    (tmp_path / "IMG 1").write_bytes(PICTURES[ending])
    operator = cast("Operator", desk.play("operator", f"'{tmp_path}/IMG 1'", supports=("photo",)))
    photo = desk.clock.run(operator.photograph("rating plate"))
    assert desk.kept == {f"rating plate.{ending}": PICTURES[ending]}
    assert (photo.name, photo.seq) == (f"rating plate.{ending}", 2)
    assert photo.sha256 == hashlib.sha256(PICTURES[ending]).hexdigest()


def test_what_is_no_picture_is_asked_again(desk: Desk, tmp_path: Path) -> None:
    """The person hears why a file cannot be kept, and may refuse."""
    (tmp_path / "a.txt").write_text("hello")
    with (tmp_path / "huge.jpg").open("wb") as huge:
        huge.truncate(LARGEST + 1)
    operator = cast(
        "Operator",
        desk.play(
            "operator",
            f"{tmp_path}/none.jpg",
            f"{tmp_path}/a.txt",
            f"{tmp_path}/huge.jpg",
            "-",
            supports=("photo",),
        ),
    )
    with pytest.raises(RigError) as error:
        desk.clock.run(operator.photograph("rating plate"))
    assert str(error.value) == "operator.photograph was not done; Ada said no, and gave no reason."
    assert [text.splitlines()[0] for text in desk.asked[1:]] == [
        f"{tmp_path}/none.jpg cannot be read: No such file or directory.",
        f"{tmp_path}/a.txt is no picture that is known here: JPEG, PNG, WebP or HEIC.",
        f"{tmp_path}/huge.jpg has 25000001 bytes; a picture may have 25000000 at most: make it smaller.",
    ]
    assert desk.kept == {}


def test_a_picture_needs_a_place(desk: Desk, tmp_path: Path) -> None:
    """Where nothing is kept, a picture is an error and not a memory."""
    (tmp_path / "p").write_bytes(PICTURES["png"])
    operator = cast("Operator", desk.play("operator", f"{tmp_path}/p", keeps=False, supports=("photo",)))
    with pytest.raises(RigError) as error:
        desk.clock.run(operator.photograph("screen"))
    assert str(error.value) == (
        "operator: the picture of 'screen' cannot be kept, since this run has no folder."
    )
