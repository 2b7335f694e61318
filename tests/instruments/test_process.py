from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from wattest.clock import RealClock
from wattest.errors import RigError
from wattest.roles import CardReader, Display, LockSensor, Mains, Operator, Part, Surroundings, Vehicle
from wattest_instruments.child import KEPT_LINES
from wattest_instruments.process import Line, process, process_rig
from wattest_instruments.program import Program

pytestmark = pytest.mark.real_time

ROBOT = """
import json, os, signal, sys, time

def say(**fields):
    print(json.dumps(fields), flush=True)

mode = sys.argv[1] if len(sys.argv) > 1 else ""
if mode == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("warming up", file=sys.stderr, flush=True)
say(ready=True, maker="North Lab", http="http://127.0.0.1:1", pid=os.getpid(), args=sys.argv[1:])
where = "holstered"
for line in sys.stdin:
    told = json.loads(line)
    do = told["do"]
    id = {"id": told["id"]} if "id" in told and mode != "nameless" else {}
    if do == "plug_in":
        where = "plugged in"
        print("the arm moves", file=sys.stderr, flush=True)
        say(event="moved")
        say(ok=True, result=None, **id)
    elif do == "unplug":
        say(ok=False, error="the plug is locked in the car", **id)
    elif do == "whereabouts":
        say(ok=True, result=where, **id)
    elif do == "display":
        say(ok=True, result={"lines": ["Merci"], "cost": "12.30", "currency": "CAD", "font": "big"}, **id)
    elif do == "locks":
        say(ok=True, result={"holster": "locked"}, **id)
    elif do == "card":
        print("out of cards", file=sys.stderr, flush=True)
        os._exit(3)
    elif do == "power":
        time.sleep(0.3)
        say(ok=True, result="late", **id)
    elif do == "cut":
        time.sleep(60)
    elif do == "holster":
        for number in range(2000):
            print("x", number, flush=True)
        say(ok=True, **id)
    else:
        say(ok=True, result=told, **id)
"""

LINES = """
import sys
print("robot 2.1 ready on port 7", flush=True)
for line in sys.stdin:
    word = line.split()
    if word[0] == "LOCKS?":
        print("# measuring", flush=True)
        print("H1 C0", flush=True)
    elif word[0] == "JAM":
        print("ERR no wedge", flush=True)
    elif word[0] == "PULL":
        print("LOOSE yes", flush=True)
"""


@pytest.fixture
def clock() -> Iterator[RealClock]:
    with RealClock() as clock:
        yield clock


@pytest.fixture
def noted() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def around(clock: RealClock, noted: list[dict[str, Any]], tmp_path: Path) -> Callable[..., Surroundings]:
    def note(kind: str, /, **fields: Any) -> int:
        noted.append({"kind": kind, **fields})
        return len(noted)

    def around(role: str, **more: Any) -> Surroundings:
        return Surroundings(clock=clock, note=note, role=role, folder=str(tmp_path), **more)

    return around


Start = Callable[..., Program]


@pytest.fixture
def start(clock: RealClock, around: Callable[..., Surroundings], tmp_path: Path) -> Iterator[Start]:
    rigs: list[Program] = []

    def start(
        *arguments: str, program: str = ROBOT, facts: dict[str, str] | None = None, **options: Any
    ) -> Program:
        (tmp_path / "robot.py").write_text(program, encoding="utf-8")
        options = {"answer_within": 2.0, "stop_within": 1.0, **options}
        command = (sys.executable, "robot.py", *arguments)
        rig = process_rig(around("robot", facts=facts or {}), **{"command": command, **options})
        rigs.append(rig)
        clock.run(rig.open())
        return rig

    yield start
    for rig in rigs:
        clock.run(rig.close())


def played(around: Callable[..., Surroundings], rig: Program, role: str, **options: Any) -> Part:
    return process(around(role, rigs={"robot": rig}), rig="robot", **options)


def errors(noted: list[dict[str, Any]]) -> list[str]:
    return [entry["error"] for entry in noted if entry.get("error")]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_program_plays_a_vehicle(
    clock: RealClock, around: Callable[..., Surroundings], start: Start, noted: list[dict[str, Any]]
) -> None:
    """Verbs become JSON lines, results become readings, and every exchange stands in the record."""
    rig = start()
    vehicle = cast("Vehicle", played(around, rig, "vehicle"))
    assert clock.run(vehicle.open()).maker == "North Lab"
    clock.run(vehicle.plug_in())
    assert clock.run(vehicle.whereabouts()) == "plugged in"
    lines = [entry for entry in noted if entry.get("op") == "line"]
    assert [(entry["role"], entry["resource"], entry["tx"]) for entry in lines] == [
        ("vehicle", "robot", '{"id": 1, "do": "plug_in"}'),
        ("vehicle", "robot", '{"id": 2, "do": "whereabouts"}'),
    ]
    assert json.loads(lines[1]["rx"]) == {"ok": True, "result": "plugged in", "id": 2}
    kept = {(entry["resource"], entry["rx"]) for entry in noted if entry.get("op") == "read"}
    assert ("robot stderr", "the arm moves") in kept
    assert ("robot", '{"event": "moved"}') in kept


def test_arguments_reach_the_program(
    clock: RealClock, around: Callable[..., Surroundings], start: Start, noted: list[dict[str, Any]]
) -> None:
    """Numbers, yes and no, and lists arrive as JSON, by default and in lines of the bench file."""
    rig = start()
    operator = cast(
        "Operator",
        played(
            around,
            rig,
            "operator",
            actions={"ask": Line('{"do": "x", "q": "{question}"}', answer={"answer": "q"})},
        ),
    )
    assert clock.run(operator.ask('"yes"', ('"yes"', "no"))) == '"yes"'
    vehicle = cast("Vehicle", played(around, rig, "vehicle"))
    clock.run(vehicle.set_current(7.5))
    clock.run(vehicle.set_ready(True))
    told = [json.loads(entry["tx"]) for entry in noted if entry.get("op") == "line"]
    assert told == [
        {"do": "x", "q": '"yes"'},
        {"id": 1, "do": "set_current", "current_a": 7.5},
        {"id": 2, "do": "set_ready", "ready": True},
    ]


def test_fields_are_taken_by_name(
    clock: RealClock, around: Callable[..., Surroundings], start: Start
) -> None:
    """A display takes lines and total from the result; a lock that is not told is unknown."""
    rig = start()
    display = cast("Display", played(around, rig, "display"))
    seen = clock.run(display.read())
    assert (seen.lines, seen.cost, seen.currency) == (("Merci",), "12.30", "CAD")
    locks = clock.run(cast("LockSensor", played(around, rig, "lock_sensor")).read())
    assert (locks.holster, locks.connector) == ("locked", "unknown")


def test_a_refusal_is_the_programs_own_sentence(
    clock: RealClock, around: Callable[..., Surroundings], start: Start
) -> None:
    """The rig's reason stands in the error, with the rig and the line."""
    vehicle = cast("Vehicle", played(around, start(), "vehicle"))
    with pytest.raises(RigError) as error:
        clock.run(vehicle.unplug())
    assert str(error.value) == (
        'Rig \'robot\' was told \'{"id": 1, "do": "unplug"}\', but it refused: the plug is locked in the car.'
    )


def test_the_command_knows_the_bench(clock: RealClock, start: Start) -> None:
    """Address, identity and dialect stand in the command, as they are when the program starts."""
    facts = {"csms": "ws://127.0.0.1:9", "identity": "CP1", "dialect": "1.6"}
    rig = start("--csms={csms}", "{identity}", "{dialect}", facts=facts)
    assert rig.facts["args"] == ["--csms=ws://127.0.0.1:9", "CP1", "1.6"]
    facts["dialect"] = "2.0.1"
    clock.run(rig.restart())
    assert rig.facts["args"][-1] == "2.0.1"


def test_a_rig_has_a_folder_of_its_own(clock: RealClock, start: Start, noted: list[dict[str, Any]]) -> None:
    """``{scratch}`` is the same folder in every life; starting and stopping on purpose are actions."""
    rig = start("{scratch}")
    scratch = Path(rig.facts["args"][0])
    assert scratch.is_dir()
    clock.run(rig.restart())
    assert rig.facts["args"] == [str(scratch)]
    actions = [(entry["role"], entry["action"]) for entry in noted if entry["kind"] == "action"]
    assert actions == [("robot", "start"), ("robot", "stop"), ("robot", "start")]


def test_a_program_that_dies_is_started_again(
    clock: RealClock, around: Callable[..., Surroundings], start: Start, noted: list[dict[str, Any]]
) -> None:
    """Its death fails the command under way and is noted with its last words; the next command reaches a new one."""
    rig = start()
    first = rig.facts["pid"]
    with pytest.raises(RigError) as error:
        clock.run(cast("CardReader", played(around, rig, "card_reader")).present("04E2"))
    assert str(error.value) == (
        'Rig \'robot\' was told \'{"id": 1, "do": "card", "uid": "04E2"}\', but it ended with exit code 3; '
        "it said last: warming up | out of cards."
    )
    clock.run(cast("Vehicle", played(around, rig, "vehicle")).plug_in())
    assert rig.facts["pid"] != first
    assert (
        "it ended with exit code 3 although nobody asked it to; it said last: warming up | out of cards"
        in errors(noted)
    )


def test_a_program_killed_between_two_commands_is_noticed(
    clock: RealClock, around: Callable[..., Surroundings], start: Start, noted: list[dict[str, Any]]
) -> None:
    """A death that no command saw stands in the record as well, and the next command reaches a new program."""
    rig = start()
    first = rig.facts["pid"]
    os.kill(first, signal.SIGKILL)

    async def noticed() -> None:
        async with asyncio.timeout(5):
            while not errors(noted):
                await clock.sleep(0.01)

    clock.run(noticed())
    assert errors(noted) == [
        "it was killed by signal 9 although nobody asked it to; it said last: warming up"
    ]
    clock.run(cast("Vehicle", played(around, rig, "vehicle")).plug_in())
    assert rig.facts["pid"] != first
    assert rig.fallen == ("The program 'robot' was killed by signal 9 although nobody asked it to.",)
    assert not rig.plays_station


def test_a_program_that_is_told_the_central_system_plays_the_station(start: Start) -> None:
    """Where it connects to the central system, its death is the death of the EVSE."""
    rig = start("{csms}", facts={"csms": "ws://127.0.0.1:1"})
    assert rig.plays_station
    assert rig.fallen == ()


def test_a_program_that_keeps_dying_is_given_up(
    clock: RealClock, around: Callable[..., Surroundings], start: Start
) -> None:
    """After the last restart every command says how often it was tried."""
    rig = start(restarts=1)
    reader = cast("CardReader", played(around, rig, "card_reader"))
    for _ in range(2):
        with pytest.raises(RigError, match="ended with exit code 3"):
            clock.run(reader.present("04E2"))
    with pytest.raises(RigError) as error:
        clock.run(reader.present("04E2"))
    assert str(error.value) == (
        "Rig 'robot' ended with exit code 3 and was started again 1 times before; it said last: "
        'warming up | out of cards; {"id": 3, "do": "card", "uid": "04E2"} was not done.'
    )


def test_silence_ends_in_time_and_answers_are_not_mixed_up(
    clock: RealClock, around: Callable[..., Surroundings], start: Start
) -> None:
    """An answer that comes too late answers nothing; the next command gets its own."""
    rig = start(answer_within=0.15)
    mains = cast("Mains", played(around, rig, "mains"))
    with pytest.raises(RigError) as error:
        clock.run(mains.set_power(True))
    assert str(error.value) == (
        'Rig \'robot\' was told \'{"id": 1, "do": "power", "on": true}\', but it did not answer within 0.15 s.'
    )
    vehicle = cast("Vehicle", played(around, rig, "vehicle"))
    assert clock.run(vehicle.whereabouts()) == "holstered"


def test_a_program_without_ids_that_stays_silent_is_replaced(
    clock: RealClock, around: Callable[..., Surroundings], start: Start, noted: list[dict[str, Any]]
) -> None:
    """Where answers carry no ids, one that is owed must come, or the program is ended and started again."""
    rig = start("nameless", answer_within=0.15)
    first = rig.facts["pid"]
    with pytest.raises(RigError, match=r"did not answer within 0\.15 s"):
        clock.run(cast("Any", played(around, rig, "network")).cut())
    assert clock.run(cast("Vehicle", played(around, rig, "vehicle")).whereabouts()) == "holstered"
    assert rig.facts["pid"] != first
    assert "it stays silent; it is ended, since its answers would get mixed up" in errors(noted)
    assert rig.fallen == (), "it was ended by us"


def test_chatter_is_bounded(
    clock: RealClock, around: Callable[..., Surroundings], start: Start, noted: list[dict[str, Any]]
) -> None:
    """A program that floods its output leaves a bounded trace and is still understood."""
    rig = start()
    clock.run(cast("Vehicle", played(around, rig, "vehicle")).holster())
    kept = [entry["rx"] for entry in noted if entry.get("op") == "read"]
    assert len(kept) == KEPT_LINES + 1
    assert kept[-1] == f"(more than {KEPT_LINES} lines: the rest is not kept)"


def test_closing_ends_only_our_own_child(clock: RealClock, start: Start, noted: list[dict[str, Any]]) -> None:
    """``close`` ends the program politely; one that does not listen is killed, and the record says so."""
    polite, deaf = start(), start("deaf", stop_within=0.2)
    clock.run(polite.close())
    clock.run(deaf.make_safe())
    clock.run(deaf.close())
    assert gone(polite.facts["pid"])
    assert gone(deaf.facts["pid"])
    assert errors(noted) == ["it had to be killed, 0.2 s after SIGTERM"]
    assert not polite.running
    with pytest.raises(RigError) as error:
        clock.run(polite.ask("vehicle", "plug_in"))
    assert str(error.value) == ('Rig \'robot\' was ended; {"id": 1, "do": "plug_in"} was not done.')


def test_the_role_of_a_program_that_is_off_is_safe(
    clock: RealClock, around: Callable[..., Surroundings], start: Start, noted: list[dict[str, Any]]
) -> None:
    """A running program is told to take the energy away; one that is gone needs nothing."""
    rig = start()
    vehicle = played(around, rig, "vehicle")
    clock.run(vehicle.make_safe())
    clock.run(rig.close())
    clock.run(vehicle.make_safe())
    assert [json.loads(e["tx"])["do"] for e in noted if e.get("op") == "line"] == ["set_ready"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"command": ("no-such-program",)},
            "Rig 'robot' could not be started: 'no-such-program' could not be started in",
        ),
        (
            {"command": (sys.executable, "-c", "import sys; sys.exit('no licence')")},
            (
                "Rig 'robot' could not be started: it ended with exit code 1 before it was ready; it said last: "
                "no licence; open was not done."
            ),
        ),
        (
            {"command": (sys.executable, "-c", "input()"), "ready_within": 0.3},
            "Rig 'robot' could not be started: it did not print '{\"ready\": true}' within 0.3 s; open was not done.",
        ),
    ],
)
def test_a_program_that_does_not_start_is_a_sentence(
    clock: RealClock, around: Callable[..., Surroundings], options: dict[str, Any], sentence: str
) -> None:
    """A missing program, one that dies at once and one that is never ready: each is named with its reason."""
    rig = process_rig(around("robot"), **options)
    with pytest.raises(RigError) as error:
        clock.run(rig.open())
    assert str(error.value).startswith(sentence)
    clock.run(rig.close())


def test_plain_lines_are_matched(
    clock: RealClock, around: Callable[..., Surroundings], start: Start, noted: list[dict[str, Any]]
) -> None:
    """A line protocol: other lines pass by, patterns give fields, a refusal is recognised, facts come from ready."""
    rig = start(program=LINES, talk="lines", ready=r"ready on port (?P<port>\d+)", refusal="^ERR")
    sensor = cast(
        "LockSensor",
        played(
            around,
            rig,
            "lock_sensor",
            actions={
                "read": Line(
                    "LOCKS?",
                    expect="^H",
                    match="H(?P<holster>.) C(?P<connector>.)",
                    words={"1": "locked", "0": "unlocked"},
                ),
                "pull": Line(
                    "PULL {which:holster=1,connector=2}", match=r"LOOSE (?P<loose>\w+)", words={"yes": "true"}
                ),
                "jam": Line("JAM {which}"),
            },
        ),
    )
    assert rig.facts == {"port": "7"}
    seen = clock.run(sensor.read())
    assert (seen.holster, seen.connector) == ("locked", "unlocked")
    assert clock.run(sensor.pull("connector")) is True
    with pytest.raises(RigError) as error:
        clock.run(sensor.jam("holster", True))
    assert str(error.value) == "Rig 'robot' was told 'JAM holster', but it refused: ERR no wedge."
    assert [entry["tx"] for entry in noted if entry.get("op") == "line"] == [
        "LOCKS?",
        "PULL 2",
        "JAM holster",
    ]


def test_a_device_that_never_answers_is_not_waited_for(
    clock: RealClock, around: Callable[..., Surroundings], start: Start
) -> None:
    """``answers: false`` sends and goes on."""
    rig = start(program=LINES, talk="lines", answer_within=0.2)
    network = cast(
        "Any", played(around, rig, "network", actions={"cut": Line("C", answers=False), "restore": "R"})
    )
    clock.run(network.cut())
