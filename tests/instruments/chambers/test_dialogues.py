"""What each chamber is told, line by line, and what its answers come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import InstrumentError

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

Lines = tuple[tuple[str, str | None], ...]
PLACE = "TCPIP::chamber::10001::SOCKET (@wattest)"
S = "\xb6"


def tells(
    bench: SimulatedBench, dialogue: Any, name: str, lines: Lines, sentence: str, **options: Any
) -> None:
    """Opening, and sending to -40 degC if it comes to that, ends in this sentence."""

    async def live(driver: Any) -> None:
        await driver.open()
        await driver.set_temperature(-40.0, 1.0)

    with dialogue(bench, name, *lines, **options) as driver, pytest.raises(InstrumentError) as caught:
        bench.clock.run(live(driver))
    assert str(caught.value) == f"{PLACE} {sentence}"


# ESPEC

ESPEC_LOOK: Lines = (("MON?", "23.1,,STANDBY,0"), ("TEMP?", "23.1,25.0,60.0,-45.0"))
ESPEC_OPEN: Lines = (
    ("TYPE?", "T,T,S2,160.0"),
    ("ROM?", "P300 2.10"),
    ("TEMP, H60.0", "OK:TEMP, H60.0"),
    ("TEMP, L-45.0", "OK:TEMP, L-45.0"),
    ("TEMP?", "23.1,25.0,60.0,-45.0"),
    *ESPEC_LOOK,
)
ESPEC_RUNS: Lines = (("MON?", "22.8,,CONSTANT,0"), ("TEMP?", "22.8,22.6,60.0,-45.0"))


def test_espec(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """Limits are set and read back; the set point begins at the air and moves by itself; standby ends it."""
    lines: Lines = (
        *ESPEC_OPEN,
        *ESPEC_LOOK,
        ("TEMP, S23.1", "OK:TEMP, S23.1"),
        ("MODE,CONSTANT", "OK:MODE,CONSTANT"),
        *ESPEC_RUNS,
        ("TEMP, S22.6", "OK:TEMP, S22.6"),
        *ESPEC_RUNS,
        ("MODE,STANDBY", "OK:MODE,STANDBY"),
    )
    with dialogue(simulated_bench, "espec", *lines) as driver:

        async def live() -> None:
            identity = await driver.open()
            assert (identity.maker, identity.model, identity.firmware) == ("ESPEC", "S2", "P300 2.10")
            await driver.set_temperature(-40.0, 1.0)
            await simulated_bench.clock.sleep(31.0)
            state = await driver.state()
            assert (state.air.value, state.setpoint_c, state.running) == (22.8, 22.6, True)
            await driver.make_safe()
            await driver.close()

        simulated_bench.clock.run(live())


def test_espec_humidity(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """A chamber with a wet bulb takes a humidity and tells it, with the uncertainty of limit of error and last digit."""
    lines: Lines = (*ESPEC_OPEN, ("HUMI, S95.0", "OK:HUMI, S95.0"), ("HUMI?", "94.6,95.0,98.0,20.0"))
    with dialogue(simulated_bench, "espec", *lines, humidity_accuracy=3.0) as driver:

        async def live() -> None:
            await driver.open()
            assert "humidity" in driver.supports
            await driver.set_humidity(95.0)
            told = await driver.read_humidity()
            assert (told.value, told.unit, told.raw) == (94.6, "%", "94.6")
            assert told.u == pytest.approx(1.732, abs=0.001)
            await driver.close()

        simulated_bench.clock.run(live())


def test_espec_without_a_wet_bulb_has_no_humidity(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """A bench entry that promises humidity does not outlive the chamber's own word."""
    sentence = "told one sensor at TYPE?, so it has no wet bulb and no humidity: take 'humidity_accuracy' out of its bench entry."
    tells(simulated_bench, dialogue, "espec", (("TYPE?", "T,P300,180.0"),), sentence, humidity_accuracy=3.0)


@pytest.mark.parametrize("answer", ["94.6,95.0", "damp,95.0,98.0,20.0"])
def test_espec_humidity_that_is_none(simulated_bench: SimulatedBench, dialogue: Any, answer: str) -> None:
    """An answer that holds no humidity is named with what was expected."""
    lines: Lines = (*ESPEC_OPEN, ("HUMI?", answer))
    with dialogue(simulated_bench, "espec", *lines, humidity_accuracy=3.0) as driver:

        async def live() -> None:
            await driver.open()
            with pytest.raises(InstrumentError, match=r"humidity.* expected"):
                await driver.read_humidity()

        simulated_bench.clock.run(live())


def test_a_humidity_nobody_promised_is_refused(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """Without a limit of error in the bench file the driver claims no humidity, and says what to state."""
    with dialogue(simulated_bench, "espec", *ESPEC_OPEN) as driver:

        async def live() -> None:
            await driver.open()
            assert "humidity" not in driver.supports
            with pytest.raises(InstrumentError, match="sets no humidity: state 'humidity_accuracy'"):
                await driver.set_humidity(95.0)
            with pytest.raises(InstrumentError, match="was asked for 0 % of relative humidity"):
                await driver.set_humidity(0.0)

        simulated_bench.clock.run(live())


def test_espec_alarms_are_its_numbers(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """ALARM? is asked when MON? counts some."""
    lines: Lines = (
        *ESPEC_OPEN,
        ("MON?", "23.1,45,STANDBY,2"),
        ("TEMP?", "23.1,25.0,60.0,-45.0"),
        ("ALARM?", "2,5,17"),
    )
    sentence = "reports alarm 5, alarm 17, so it was not sent to -40 degC: clear the alarm at the chamber."
    tells(simulated_bench, dialogue, "espec", lines, sentence)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            "NA:PROTECT ON",
            "refused 'TEMP, H60.0': PROTECT ON (its settings are protected at the panel: release that there).",
        ),
        ("NA:ADDR ERR", "refused 'TEMP, H60.0': ADDR ERR."),
        ("23.1", "answered '23.1' to 'TEMP, H60.0'; 'OK:' was expected."),
    ],
)
def test_espec_refusals(simulated_bench: SimulatedBench, dialogue: Any, answer: str, sentence: str) -> None:
    """An error is its code and what it means; anything but OK is no success."""
    tells(simulated_bench, dialogue, "espec", (*ESPEC_OPEN[:2], ("TEMP, H60.0", answer)), sentence)


@pytest.mark.parametrize(
    ("last", "sentence"),
    [
        (
            ("TEMP?", "23.1,25.0,60.0"),
            "answered '23.1,25.0,60.0' to TEMP?: air, set point and both limits were expected.",
        ),
        (
            ("MON?", "23.1,STANDBY,0"),
            "answered '23.1,STANDBY,0' to MON?: air, humidity, mode and number of alarms were expected.",
        ),
    ],
)
def test_espec_answers_that_lack_something(
    simulated_bench: SimulatedBench, dialogue: Any, last: tuple[str, str], sentence: str
) -> None:
    """Nothing is guessed from an answer of another form."""
    before = ESPEC_OPEN[: ESPEC_OPEN.index(("TEMP?", "23.1,25.0,60.0,-45.0")) + (last[0] == "MON?")]
    tells(simulated_bench, dialogue, "espec", (*before, last), sentence)


def test_espec_limits_that_do_not_stick_are_noticed(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """A chamber that takes its own range instead is found out by reading back."""
    lines = (*ESPEC_OPEN[:4], ("TEMP?", "23.1,25.0,60.0,-40.0"))
    sentence = (
        "was given the limits -45.0 and 60.0 degC and answers -40 and 60 degC: choose limits within the range of the "
        "chamber."
    )
    tells(simulated_bench, dialogue, "espec", lines, sentence)


@pytest.mark.parametrize("mode", ["RUN", "RUN PAUSE", "RMT RUN"])
def test_espec_program_is_not_disturbed(simulated_bench: SimulatedBench, dialogue: Any, mode: str) -> None:
    """A chamber that runs somebody's program is left alone."""
    lines = (*ESPEC_OPEN, ("MON?", f"23.1,,{mode},0"), ("TEMP?", "23.1,25.0,60.0,-45.0"))
    sentence = "runs a program of its own, so it was not sent to -40 degC: stop the program at the chamber."
    tells(simulated_bench, dialogue, "espec", lines, sentence)


# SimServ


def simserv(command: str, *arguments: str, answer: str = "") -> tuple[str, str]:
    return S.join((command, "1", *arguments)), S.join(("1", *filter(None, [answer])))


def simserv_look(air: str, setpoint: str, status: str) -> Lines:
    return (
        simserv("11004", "1", answer=air),
        simserv("11002", "1", answer=setpoint),
        simserv("10012", answer=status),
    )


SIMSERV_OPEN: Lines = (
    simserv("99997", "1", answer="LabEvent T/210/70/5"),
    simserv("99997", "3", answer="58226"),
    *simserv_look("23.10", "25.00", "1"),
)


def test_simserv(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """Gradients up and down, read back, then set point and start; stop is output 1 off."""
    lines: Lines = (
        *SIMSERV_OPEN,
        *simserv_look("23.10", "25.00", "1"),
        simserv("11068", "1", "1.00"),
        simserv("11066", "1", answer="1.0"),
        simserv("11072", "1", "1.00"),
        simserv("11070", "1", answer="1.0"),
        simserv("11001", "1", "-40.0"),
        simserv("14001", "1", "1"),
        *simserv_look("23.05", "-40.00", "3"),
        *simserv_look("-12.3", "-40.0", "7"),
        simserv("14001", "1", "0"),
        simserv("10012", answer="3"),
        simserv("19015"),
    )
    with dialogue(simulated_bench, "weiss_simserv", *lines) as driver:

        async def live() -> None:
            identity = await driver.open()
            assert (identity.model, identity.serial) == ("LabEvent T/210/70/5", "58226")
            await driver.set_temperature(-40.0, 1.0)
            reading = await driver.read_temperature()
            assert (reading.value, reading.raw, reading.index) == (-12.3, "-12.3", 1)
            await driver.make_safe()

        simulated_bench.clock.run(live())


def test_simserv_alarm_in_its_own_words(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """Only active messages of type alarm count; a warning does not stop a run."""
    lines: Lines = (
        *SIMSERV_OPEN,
        *simserv_look("23.10", "25.00", "13"),
        simserv("17002", answer="3"),
        simserv("17009", "1", answer="1"),
        simserv("17005", "1", answer="2"),
        simserv("17009", "2", answer="0"),
        simserv("17009", "3", answer="1"),
        simserv("17005", "3", answer="1"),
        simserv("17007", "3", answer="Thermal limiter test space"),
    )
    sentence = (
        "reports Thermal limiter test space, so it was not sent to -40 degC: clear the alarm at the chamber."
    )
    tells(simulated_bench, dialogue, "weiss_simserv", lines, sentence)


def test_simserv_alarm_without_a_message(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """The bit of the status counts, whatever the messages say."""
    lines: Lines = (*SIMSERV_OPEN, *simserv_look("23.10", "25.00", "9"), simserv("17002", answer="0"))
    sentence = (
        "reports an alarm without a message, so it was not sent to -40 degC: clear the alarm at the chamber."
    )
    tells(simulated_bench, dialogue, "weiss_simserv", lines, sentence)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            (*SIMSERV_OPEN[:2], (f"11004{S}1{S}1", "-8")),
            f"refused '11004{S}1{S}1': error '-8' (there is no variable of that number).",
        ),
        ((*SIMSERV_OPEN[:2], (f"11004{S}1{S}1", "-77")), f"refused '11004{S}1{S}1': error '-77'."),
        (
            (*SIMSERV_OPEN[:3], simserv("11002", "1", answer="cold")),
            "answered 'cold' to command 11002 where a number was expected.",
        ),
        (
            (*SIMSERV_OPEN[:4], simserv("10012", answer="idle")),
            "answered 'idle' to command 10012 where a whole number was expected.",
        ),
        (
            (
                *SIMSERV_OPEN,
                *simserv_look("23.10", "25.00", "1"),
                simserv("11068", "1", "1.00"),
                simserv("11066", "1", answer="0.5"),
            ),
            (
                "was given a gradient of 1.00 K/min (command 11068) and answers 0.5 K/min: choose a ramp that the chamber has, "
                "or look whether somebody operates it at its panel."
            ),
        ),
    ],
)
def test_simserv_refusals(
    simulated_bench: SimulatedBench, dialogue: Any, lines: Lines, sentence: str
) -> None:
    """An error is its number and what it means; nonsense and what does not stick are sentences too."""
    tells(simulated_bench, dialogue, "weiss_simserv", lines, sentence)


# ASCII-2

BITS = "01100000000000000000000000000000"


def ascii2_told(nominal: str, actual: str, start: int) -> str:
    rest = "0080.0 0066.7 0090.0 0090.0 0000.0 0023.8 0000.0 -191.3"
    return f"{nominal} {actual} {rest} 0{start}1{'0' * 29}"


def ascii2_set(nominal: str, start: int) -> str:
    return f"$01E {nominal} 0080.0 0090.0 0000.0 0000.0 0{start}1{'0' * 29}"


def ascii2_step(before: tuple[str, str, int], after: tuple[str, str, int]) -> Lines:
    return (
        ("$01I", ascii2_told(*before)),
        (ascii2_set(after[0], after[2]), "0"),
        ("$01I", ascii2_told(*after)),
    )


ASCII2_OPEN: Lines = (("$01I", ascii2_told("0025.0", "0023.1", 0)),) * 2


def test_ascii2(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """All nominal values and all bits are sent again as they were read, with one of them changed, and read back."""
    lines: Lines = (
        *ASCII2_OPEN,
        ("$01I", ascii2_told("0025.0", "0023.1", 0)),
        *ascii2_step(("0025.0", "0023.1", 0), ("0023.1", "0023.1", 0)),
        *ascii2_step(("0023.1", "0023.1", 0), ("0023.1", "0023.1", 1)),
        ("$01I", ascii2_told("0023.1", "0023.1", 1)),
        *ascii2_step(("0023.1", "0023.0", 1), ("0022.6", "0023.0", 1)),
        ("$01I", ascii2_told("0022.6", "-040.0", 1)),
        *ascii2_step(("0022.6", "-040.0", 1), ("0022.6", "-040.0", 0)),
    )
    with dialogue(simulated_bench, "ascii2", *lines) as driver:

        async def live() -> None:
            await driver.open()
            await driver.set_temperature(-40.0, 1.0)
            await simulated_bench.clock.sleep(31.0)
            reading = await driver.read_temperature()
            assert (reading.value, reading.raw) == (-40.0, "-040.0")
            await driver.make_safe()

        simulated_bench.clock.run(live())


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            (ASCII2_OPEN[0], ("$01I", "0025.0 0023.1 0080.0 0110")),
            (
                "answered '0025.0 0023.1 0080.0 0110' to $01I: pairs of nominal and actual values and a string of digital "
                "channels were expected."
            ),
        ),
        (
            (*ASCII2_OPEN, *ASCII2_OPEN, (ascii2_set("0023.1", 0), "1")),
            (
                f"answered '1' to '{ascii2_set('0023.1', 0)}'; '0' was expected. It takes all channels or none: look whether "
                "it is set to external operation."
            ),
        ),
        (
            (*ASCII2_OPEN, *ASCII2_OPEN, (ascii2_set("0023.1", 0), "0"), ASCII2_OPEN[0]),
            (
                f"accepted '{ascii2_set('0023.1', 0)}' and then told the nominal temperature 0025.0: it was not taken. Look "
                "whether it is set to external operation."
            ),
        ),
    ],
)
def test_ascii2_refusals(simulated_bench: SimulatedBench, dialogue: Any, lines: Lines, sentence: str) -> None:
    """A line of another form, one that is not accepted, and one that is accepted and not obeyed."""
    tells(simulated_bench, dialogue, "ascii2", lines, sentence)


def test_ascii2_of_newer_controllers_ends_lines_with_cr_alone(
    simulated_bench: SimulatedBench, stands: Any
) -> None:
    """The line end is an option."""
    with stands(simulated_bench, "ascii2", line_end="CR") as stand:
        stand.plug.port.end = stand.plug.port.ended = b"\r"
        simulated_bench.clock.run(stand.driver.open())


def test_ascii2_that_is_operated_at_its_panel_is_found_out(
    simulated_bench: SimulatedBench, stands: Any
) -> None:
    """A chamber that answers 0 and changes nothing is noticed when its set point should have moved."""
    with stands(simulated_bench, "ascii2") as stand:

        async def live() -> None:
            await stand.driver.open()
            stand.twin.local = True
            await stand.driver.set_temperature(-40.0, 1.0)
            await simulated_bench.clock.sleep(31.0)
            with pytest.raises(
                InstrumentError,
                match=r"ended on its way: .* told the nominal temperature 0023\.0: it was not taken",
            ):
                await stand.driver.read_temperature()

        simulated_bench.clock.run(live())


# Thermotron


def thermotron_look(air: str, setpoint: str, status: str, code: str) -> Lines:
    return (("PVAR1?", air), ("SETP1?", setpoint), ("STAT?", status), ("SCOD?", code))


THERMOTRON_OPEN: Lines = (
    ("IDEN?", "8800 Chamber Controller"),
    ("VRSN?", "4.2.1"),
    ("PALL1,-45.0", "0"),
    ("PALL1?", "-45.00"),
    ("PALH1,60.0", "0"),
    ("PALH1?", "60.00"),
    *thermotron_look("23.10", "25.00", "0", "10"),
)
THERMOTRON_START: Lines = (
    *thermotron_look("23.10", "25.00", "0", "10"),
    ("MRMP1,1.00", "0"),
    ("MRMP1?", "1.0"),
    ("SETP1,-40.0", "0"),
    ("SETP1?", "-40.00"),
    ("RUNM", "0"),
    *thermotron_look("23.10", "-40.00", "16", "1"),
)


def test_thermotron(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """Alarm limits, ramp and set point are read back; a stop code from before does not count; STOP only when it runs."""
    lines: Lines = (
        *THERMOTRON_OPEN,
        *THERMOTRON_START,
        *thermotron_look("-12.30", "-40.00", "16", "1"),
        ("STAT?", "16"),
        ("STOP", "0"),
        ("STAT?", "0"),
        *thermotron_look("-12.10", "-40.00", "0", "5"),
    )
    with dialogue(simulated_bench, "thermotron", *lines) as driver:

        async def live() -> None:
            identity = await driver.open()
            assert (identity.maker, identity.model) == ("Thermotron", "8800 Chamber Controller")
            await driver.set_temperature(-40.0, 1.0)
            assert (await driver.read_temperature()).value == -12.3
            await driver.make_safe()
            await driver.make_safe()
            assert (await driver.read_back()).sentence == (
                "the chamber is in standby, air at -12.1 degC, drifting to room temperature"
            )

        simulated_bench.clock.run(live())


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "26",
            "reports an open door, so it is no longer on its way to -40 degC: close the door of the chamber.",
        ),
        (
            "12",
            (
                "reports a compressor fault (stop code 12), so it is no longer on its way to -40 degC: clear the alarm at the "
                "chamber."
            ),
        ),
        (
            "2",
            "was sent to -40 degC and stands still: somebody stopped it, or its protection did. Look at its display.",
        ),
    ],
)
def test_thermotron_says_why_it_stopped(
    simulated_bench: SimulatedBench, dialogue: Any, code: str, sentence: str
) -> None:
    """The code of the stop becomes words; the stop key is neither alarm nor door."""
    lines = (*THERMOTRON_OPEN, *THERMOTRON_START, *thermotron_look("-12.30", "-40.00", "0", code))
    with dialogue(simulated_bench, "thermotron", *lines) as driver:

        async def live() -> None:
            await driver.open()
            await driver.set_temperature(-40.0, 1.0)
            await simulated_bench.clock.sleep(600.0)
            with pytest.raises(InstrumentError) as caught:
                await driver.read_temperature()
            assert str(caught.value) == f"{PLACE} {sentence}"

        simulated_bench.clock.run(live())


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            (*THERMOTRON_OPEN[:2], ("PALL1,-45.0", "14")),
            "refused 'PALL1,-45.0': error '14'. Its manual lists the numbers; look at its display.",
        ),
        (
            (*THERMOTRON_OPEN[:3], ("PALL1?", "-49.0")),
            (
                "was set to PALL1 = -45.0 degC and answers '-49.0': choose a value that the chamber has, and look whether its "
                "scale is degC."
            ),
        ),
        (
            (*THERMOTRON_OPEN[:8], ("STAT?", "run")),
            "answered 'run' to 'STAT?'; a whole number was expected.",
        ),
        (
            (*THERMOTRON_OPEN, *thermotron_look("23.10", "25.00", "1", "1")),
            "runs a program of its own, so it was not sent to -40 degC: stop the program at the chamber.",
        ),
    ],
)
def test_thermotron_refusals(
    simulated_bench: SimulatedBench, dialogue: Any, lines: Lines, sentence: str
) -> None:
    """An error number, a limit that does not stick, a word for a number, a program that runs."""
    tells(simulated_bench, dialogue, "thermotron", lines, sentence)


def test_thermotron_3800_is_left_out(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """It is not public whether that controller answers its commands."""
    sentence = (
        "answered '3800 Chamber Controller', which is nothing that the driver 'thermotron' is made for: correct the "
        "resource in the bench file, or choose the driver of that instrument."
    )
    tells(simulated_bench, dialogue, "thermotron", (("IDEN?", "3800 Chamber Controller"),), sentence)


# Watlow F4T

LOOP = ":SOURCE:CLOOP1"


def f4t_look(air: str, setpoint: str, state: str, error: str = "NONE") -> Lines:
    return (
        (f"{LOOP}:PVALUE?", air),
        (f"{LOOP}:SPOINT?", setpoint),
        (":OUTPUT3:STATE?", state),
        (f"{LOOP}:ERROR?", error),
    )


F4T_OPEN: Lines = (
    ("*IDN?", "Watlow Electric,F4T1,1234,4.02"),
    (":UNIT:TEMPERATURE C", None),
    (":UNIT:TEMPERATURE?", "C"),
    *f4t_look("23.1000", "25.0000", "OFF"),
)
F4T_RAMP: Lines = (
    *f4t_look("23.1000", "25.0000", "OFF"),
    (f"{LOOP}:RACTION OFF", None),
    (f"{LOOP}:PVALUE?", "23.1000"),
    (f"{LOOP}:SPOINT 23.10", None),
    (f"{LOOP}:SPOINT?", "23.1000"),
    (f"{LOOP}:RSCALE MINUTES", None),
    (f"{LOOP}:RRATE 1.00", None),
    (f"{LOOP}:RRATE?", "1.0000"),
    (f"{LOOP}:RACTION SETPOINT", None),
    (f"{LOOP}:SPOINT -40.0", None),
    (":OUTPUT3:STATE ON", None),
    (":OUTPUT3:STATE?", "ON"),
    *f4t_look("23.1000", "23.0900", "ON"),
)


def test_watlow_f4t(simulated_bench: SimulatedBench, dialogue: Any) -> None:
    """In degC; the ramp begins where the air is; the output of the bench file is switched and read back."""
    lines: Lines = (
        *F4T_OPEN,
        *F4T_RAMP,
        *f4t_look("-12.3001", "-12.4000", "ON"),
        (":OUTPUT3:STATE OFF", None),
        (":OUTPUT3:STATE?", "OFF"),
    )
    with dialogue(simulated_bench, "watlow_f4t", *lines, run_output=3) as driver:

        async def live() -> None:
            identity = await driver.open()
            assert (identity.maker, identity.model, identity.serial) == ("Watlow Electric", "F4T1", "1234")
            await driver.set_temperature(-40.0, 1.0)
            state = await driver.state()
            assert (state.air.value, state.setpoint_c) == (-12.3001, -12.4)
            await driver.make_safe()

        simulated_bench.clock.run(live())


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            (*F4T_OPEN[:2], (":UNIT:TEMPERATURE?", "F")),
            "was told to talk in degC and answers 'F': set the unit of its communication at its display.",
        ),
        (
            (*F4T_OPEN, *f4t_look("23.1", "25.0", "OFF", "ERROR")),
            "reports input error ERROR, so it was not sent to -40 degC: clear the alarm at the chamber.",
        ),
        (
            (*F4T_OPEN, *F4T_RAMP[:10], (f"{LOOP}:RRATE?", "0.0000")),
            "was set to RRATE = 1.00 K/min and answers '0.0000': choose a value within its range.",
        ),
        (
            (*F4T_OPEN, *F4T_RAMP[:5], (f"{LOOP}:PVALUE?", "none")),
            "answered 'none' where its air temperature was expected.",
        ),
        (
            (*F4T_OPEN, *F4T_RAMP[:14], (":OUTPUT3:STATE?", "OFF")),
            "was told :OUTPUT3:STATE ON and answers 'OFF': look at its display.",
        ),
    ],
)
def test_watlow_f4t_refusals(
    simulated_bench: SimulatedBench, dialogue: Any, lines: Lines, sentence: str
) -> None:
    """A unit, a ramp or an output that does not stick, a broken sensor, a word for a number."""
    tells(simulated_bench, dialogue, "watlow_f4t", lines, sentence, run_output=3)
