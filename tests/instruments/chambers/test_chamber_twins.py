"""The simulated controllers themselves: what they take, what they refuse, and how they move the air."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wattest_instruments.chambers.ascii2_twin import Ascii2Twin
from wattest_instruments.chambers.binder_twin import AIR, AUTOMATIC, IDLE, MANUAL_SETPOINT, MODE, BinderTwin
from wattest_instruments.chambers.box import Box
from wattest_instruments.chambers.espec_twin import EspecTwin
from wattest_instruments.chambers.f4t_twin import F4tTwin
from wattest_instruments.chambers.simserv_twin import SimServTwin
from wattest_instruments.chambers.thermotron_twin import ThermotronTwin
from wattest_instruments.links.modbus import Table
from wattest_instruments.twins.modbus import Refused

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

S = "\xb6"
ANALOGUE = "0080.0 0090.0 0000.0 0000.0 0000.0 0000.0"


@pytest.fixture
def box(simulated_bench: SimulatedBench) -> Box:
    return Box(simulated_bench.world.climate)


def air_after(bench: SimulatedBench, seconds: float) -> float:
    async def wait() -> None:
        await bench.clock.sleep(seconds)

    bench.clock.run(wait())
    return bench.world.climate.ambient_c()


def test_box_moves_the_air_and_lets_it_drift(simulated_bench: SimulatedBench, box: Box) -> None:
    """As fast as the machine can without a ramp, along the ramp with one, and to room temperature in standby."""
    box.set_point(-40.0)
    assert air_after(simulated_bench, 600.0) == 23.0
    box.run()
    assert air_after(simulated_bench, 600.0) == pytest.approx(-7.0)
    box.set_ramp(1.0)
    box.set_point(-40.0)
    assert air_after(simulated_bench, 600.0) == pytest.approx(-17.0)
    box.stand_by()
    assert air_after(simulated_bench, 600.0) == pytest.approx(-7.0)
    assert air_after(simulated_bench, 3600.0) == 23.0


def test_tripped_box_does_not_run(box: Box) -> None:
    """Its protection must be seen to by a person."""
    box.run()
    box.trip()
    box.run()
    assert not box.running


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("TYPE?", "T,T,P300,180.0"),
        ("MON?", "23.0,45,STANDBY,0"),
        ("MODE?", "STANDBY"),
        ("ALARM?", "0"),
        ("TEMP, S-40.0 H55.0 L-45.0", "OK:TEMP, S-40.0 H55.0 L-45.0"),
        ("TEMP,S-40.0", "OK:TEMP, S-40.0"),
        ("TEMP, S200.0", "NA:DATA OUT OF RANGE"),
        ("TEMP, L60.0 H50.0", "NA:DATA OUT OF RANGE"),
        ("TEMP, X5", "NA:PARA ERR"),
        ("TEMP,", "NA:PARA ERR"),
        ("MODE,CONSTANT", "OK:MODE,CONSTANT"),
        ("MODE,OFF", "OK:MODE,OFF"),
        ("MODE,DANCE", "NA:PARA ERR"),
        ("POWER,ON", "OK:POWER,ON"),
        ("POWER,MAYBE", "NA:CMD ERR"),
        ("HUMI?", "45.0,OFF,100.0,0.0"),
        ("HUMI, S95.0", "OK:HUMI, S95.0"),
        ("HUMI, S101.0", "NA:DATA OUT OF RANGE"),
        ("HUMI, damp", "NA:PARA ERR"),
        ("HUMI,SOFF", "OK:HUMI,SOFF"),
        ("HELLO", "NA:CMD ERR"),
        ("", "NA:CMD ERR"),
    ],
)
def test_espec_answers_every_line(box: Box, line: str, answer: str) -> None:
    """OK with what was said, or NA with a code."""
    assert EspecTwin(box).handle(line) == answer


def test_espec_protection_program_and_alarm(box: Box) -> None:
    """A protected panel takes nothing; a program runs until standby; an alarm has a number and forbids to start."""
    twin = EspecTwin(box, protected=True)
    assert twin.handle("TEMP, S10.0") == twin.handle("MODE,CONSTANT") == "NA:PROTECT ON"
    twin = EspecTwin(box, program=True)
    assert twin.handle("MODE?") == "RUN"
    assert twin.handle("MODE,STANDBY") == "OK:MODE,STANDBY"
    assert twin.handle("MODE?") == "STANDBY"
    twin.handle("MODE,OFF")
    assert twin.handle("MODE?") == "OFF"
    box.trip()
    assert (twin.handle("ALARM?"), twin.handle("MODE,CONSTANT")) == ("1,3", "NA:CHB NOT READY")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("99997 1 1", "1 LabEvent T/210/70/5"),
        ("99997 2 1", "-3"),
        ("99997", "-3"),
        ("99997 1 9", "-6"),
        ("11004 1 1", "1 23.00"),
        ("11001 1 1 -40.0", "1"),
        ("11001 1 1 cold", "-6"),
        ("11001 1 1 999", "-6"),
        ("17005 1 2", "1 1"),
        ("17009 1 2", "1 0"),
        ("17007 1 9", "-8"),
        ("12345 1", "-5"),
        ("", "-3"),
    ],
)
def test_simserv_answers_every_line(box: Box, line: str, answer: str) -> None:
    """1 and data, or an error below 0."""
    told = SimServTwin(box).handle(line.replace(" ", S))
    assert told == answer.replace(" ", S, 1)


def test_simserv_program_is_ended_by_its_own_command(box: Box) -> None:
    """Manual stop does not end a program."""
    twin = SimServTwin(box, program=True)
    twin.handle(f"14001{S}1{S}1{S}0")
    assert twin.handle(f"10012{S}1") == f"1{S}3"
    twin.handle(f"19015{S}1")
    assert twin.handle(f"10012{S}1") == f"1{S}1"


def test_ascii2_takes_all_channels_or_none(box: Box) -> None:
    """A line that lacks a channel, or a decimal, changes nothing and is answered by nobody."""
    twin = Ascii2Twin(box)
    for line in (
        "$01E -040.0 01000000000000000000000000000000",
        f"$01E -40 {ANALOGUE} 01000000000000000000000000000000",
        f"$01E -040.0 {ANALOGUE} 0100",
        f"$02E -040.0 {ANALOGUE} 01000000000000000000000000000000",
        "$01?",
    ):
        assert twin.handle(line) is None
    assert not box.running
    assert twin.handle(f"$01E -040.0 {ANALOGUE} 01100000000000000000000000000000") == "0"
    told = twin.handle("$01I")
    assert told is not None
    assert told.startswith("-040.0 0023.0 0080.0 0041.7 ")
    assert told.endswith(" 01100000000000000000000000000000")
    assert box.running


def test_thermotron_refuses_what_its_state_forbids(box: Box) -> None:
    """Starting twice, stopping when stopped, and values beyond its range have an error number."""
    twin = ThermotronTwin(box)
    assert [twin.handle(line) for line in ("STOP", "RUNM", "RUNM", "SETP1,500", "SETP2,1", "HELLO")] == [
        "3",
        "0",
        "3",
        "2",
        "1",
        "1",
    ]
    assert (twin.handle("STAT?"), twin.handle("SCOD?")) == ("16", "1")
    assert twin.handle("STOP") == "0"
    assert twin.handle("SCOD?") == "5"
    twin.program = True
    assert twin.handle("STAT?") == "1"
    assert twin.handle("STOP") == "0"
    assert twin.handle("STAT?") == "0"


def test_f4t_begins_in_fahrenheit(box: Box) -> None:
    """It talks in degF until told otherwise, and drops what it does not understand."""
    twin = F4tTwin(box)
    assert twin.handle(":SOURCE:CLOOP1:PVALUE?") == "73.4000"
    assert twin.handle(":SOURCE:CLOOP1:SPOINT -40;SPOINT?") == "-40.0000"
    assert box.setpoint_c == pytest.approx(-40.0)
    twin.handle(":UNIT:TEMPERATURE C")
    assert twin.handle(":SOUR:CLOO1:PVAL?") == "23.0000"
    for line in (
        ":UNIT:TEMPERATURE K",
        ":SOURCE:CLOOP1:SPOINT cold",
        ":OUTPUT9:STATE ON",
        ":OUTPUT:STATE MAYBE",
        "HELLO?",
    ):
        assert twin.handle(line) is None
    assert twin.handle(":OUTPUT:STATE ON;STATE?") == "ON"
    assert box.running


def test_f4t_runs_by_the_output_it_is_wired_to(box: Box) -> None:
    """Another output does nothing to the air."""
    twin = F4tTwin(box, run_output=3)
    twin.handle(":OUTPUT1:STATE ON")
    assert not box.running
    twin.handle(":OUTPUT3:STATE ON")
    assert box.running


@pytest.mark.parametrize(
    ("table", "address", "values"),
    [
        ("holding", AIR, (0, 0)),
        ("holding", MODE, (AUTOMATIC,)),
        ("holding", MODE, (0, 0)),
        ("holding", MANUAL_SETPOINT, (0, 0x7FC0)),
        ("holding", MANUAL_SETPOINT, (0, 0x4396)),
        ("coil", 0, (1,)),
    ],
)
def test_binder_refuses_what_it_has_not(
    box: Box, table: Table, address: int, values: tuple[int, ...]
) -> None:
    """Measured values, programs, temperatures beyond its range, other tables."""
    with pytest.raises(Refused):
        BinderTwin(box).write(table, address, values)


def test_binder_program_ends_with_idle(box: Box) -> None:
    """Automatic is a mode of its own until another one is chosen."""
    twin = BinderTwin(box, automatic=True)
    assert twin.read("holding", MODE, 1) == (AUTOMATIC,)
    twin.write("holding", MODE, (IDLE,))
    assert twin.read("holding", MODE, 1) == (IDLE,)
    with pytest.raises(Refused):
        twin.read("input", AIR, 2)
    with pytest.raises(Refused):
        twin.read("holding", AIR, 1)
