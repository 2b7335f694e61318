"""What every chamber must do, whatever its controller speaks; on the virtual clock, in memory."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattest.clock import RealClock
from wattest.errors import BenchError, InstrumentError
from wattest.judge.thermal import ramp_k_per_min, stable
from wattest.roles import ReadsBack
from wattest.run.rehearse import TWINS, Rehearsal
from wattest.world import World
from wattest_instruments.chambers.box import Box
from wattest_instruments.chambers.chamber import STARTING_S
from wattest_instruments.twins.modbus import respond
from wattest_instruments.twins.server import serve_scpi

if TYPE_CHECKING:
    from tests.instruments.chambers.conftest import Make, Stand
    from tests.instruments.conftest import SimulatedBench

    from wattest.model.charger import ChargerSheet

RESOURCE = "TCPIP::chamber::10001::SOCKET"


def run(bench: SimulatedBench, live: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await live()

    bench.clock.run(whole())


def test_cold_is_reached_at_one_kelvin_per_minute_and_held(
    simulated_bench: SimulatedBench, stand: Stand
) -> None:
    """From 23 to -40 degC at 1 K/min averaged over 5 min, there after 63 minutes, stable, and safe afterwards."""
    driver, clock = stand.driver, simulated_bench.clock

    async def live() -> None:
        await driver.open()
        assert (await driver.read_back()).safe
        await driver.set_temperature(-40.0, 1.0)
        assert not (await driver.read_back()).safe
        readings = [await driver.read_temperature()]
        while clock.monotonic() < 6000.0:
            await clock.sleep(20.0)
            readings.append(await driver.read_temperature())
        arrived = next(reading.t_s for reading in readings if reading.value <= -39.5)
        assert arrived == pytest.approx(62.5 * 60, abs=60)
        assert ramp_k_per_min(readings) == pytest.approx(-1.0, abs=0.03)
        assert stable({"air": readings}, -40.0).outcome == "stable"
        state = await driver.state()
        assert (state.running, state.setpoint_c, state.alarms) == (True, pytest.approx(-40.0, abs=0.1), ())
        assert state.air.value == pytest.approx(-40.0, abs=0.1)
        await driver.make_safe()
        assert not stand.box.running
        back = await driver.read_back()
        assert back.safe
        assert back.sentence.startswith("the chamber is in standby, air at -40 degC, drifting to room temp")
        assert back.seq
        await clock.sleep(70 * 60)
        assert (await driver.read_temperature()).value == pytest.approx(23.0, abs=0.1)
        await driver.close()

    run(simulated_bench, live)


def test_warming_goes_the_other_way(simulated_bench: SimulatedBench, stand: Stand) -> None:
    """From wherever the air is, upwards, at the ramp asked for."""
    driver, clock = stand.driver, simulated_bench.clock

    async def live() -> None:
        await driver.open()
        await driver.set_temperature(-10.0, 2.0)
        await clock.sleep(30 * 60)
        await driver.set_temperature(20.0, 0.5)
        await clock.sleep(30 * 60)
        assert (await driver.read_temperature()).value == pytest.approx(5.0, abs=0.6)
        await clock.sleep(40 * 60)
        assert (await driver.read_temperature()).value == pytest.approx(20.0, abs=0.1)
        await driver.close()

    run(simulated_bench, live)


@pytest.mark.parametrize("wanted", [-45.1, 60.1, math.nan, math.inf])
def test_beyond_its_limits_nothing_is_sent(
    simulated_bench: SimulatedBench, stand: Stand, wanted: float
) -> None:
    """The sentence names role, driver, value, limits and the way out; the chamber hears nothing."""

    async def live() -> None:
        await stand.driver.open()
        said = len(simulated_bench.said())
        with pytest.raises(InstrumentError) as caught:
            await stand.driver.set_temperature(wanted, 1.0)
        assert (
            f") was asked for {wanted:g} degC, outside its limits of -45 to 60 degC: change the step"
            in str(caught.value)
        )
        assert len(simulated_bench.said()) == said

    run(simulated_bench, live)


@pytest.mark.parametrize("ramp", [0.0, -1.0, math.nan, math.inf])
def test_impossible_ramp_is_refused(simulated_bench: SimulatedBench, stand: Stand, ramp: float) -> None:
    """A ramp that never arrives is a sentence."""

    async def live() -> None:
        await stand.driver.open()
        with pytest.raises(
            InstrumentError, match="which never arrives: give a positive ramp, such as 1 K/min"
        ):
            await stand.driver.set_temperature(-40.0, ramp)

    run(simulated_bench, live)


def test_limits_that_are_no_range_are_refused_when_the_bench_is_built(
    simulated_bench: SimulatedBench, make: Make, chamber_name: str
) -> None:
    """A low limit above the high one, or an accuracy of nothing, need no chamber to be wrong."""
    around = simulated_bench.around("chamber", world=False)
    with pytest.raises(BenchError) as caught:
        make.driver(around, resource=RESOURCE, low_limit=60.0, high_limit=-45.0)
    assert str(caught.value) == (
        f"chamber ({chamber_name}): low_limit 60 degC is not below high_limit -45 degC."
    )
    with pytest.raises(BenchError, match="accuracy is 0 K; a limit of error is above 0, such as 1 K"):
        make.driver(around, resource=RESOURCE, low_limit=-45.0, high_limit=60.0, accuracy=0.0)


def test_trip_on_the_way_ends_the_run_in_the_chambers_words(
    simulated_bench: SimulatedBench, stand: Stand, make: Make
) -> None:
    """The next reading is an error that says what the chamber says; its state is still told."""

    async def live() -> None:
        await stand.driver.open()
        await stand.driver.set_temperature(-40.0, 1.0)
        await simulated_bench.clock.sleep(600.0)
        stand.box.trip()
        for _ in range(2):
            with pytest.raises(InstrumentError, match=make.tripped):
                await stand.driver.read_temperature()
        state = await stand.driver.state()
        assert bool(state.alarms) == make.tripped.startswith("reports")
        await stand.driver.make_safe()
        assert (await stand.driver.read_temperature()).unit == "degC"
        assert (await stand.driver.read_back()).safe

    run(simulated_bench, live)


def test_standby_ends_the_ramp(simulated_bench: SimulatedBench, stand: Stand) -> None:
    """After standby nothing moves a set point any more, however long one waits."""

    async def live() -> None:
        await stand.driver.open()
        await stand.driver.set_temperature(-40.0, 1.0)
        await simulated_bench.clock.sleep(95.0)
        await stand.driver.make_safe()
        said = len(simulated_bench.said())
        await simulated_bench.clock.sleep(3600.0)
        assert len(simulated_bench.said()) == said
        assert not stand.box.running

    run(simulated_bench, live)


def test_tripped_chamber_is_not_sent_anywhere(simulated_bench: SimulatedBench, stand: Stand) -> None:
    """A chamber that cannot run is refused, or found to stand still soon after."""

    async def started(stand: Stand) -> None:
        await stand.driver.set_temperature(-40.0, 1.0)
        await simulated_bench.clock.sleep(STARTING_S)
        await stand.driver.read_temperature()

    async def live() -> None:
        await stand.driver.open()
        stand.box.trip()
        with pytest.raises(InstrumentError, match=r"reports|refused|stands still|is in mode"):
            await started(stand)
        assert not stand.box.running

    run(simulated_bench, live)


def test_open_door_on_the_way_ends_the_run(simulated_bench: SimulatedBench, stand: Stand, make: Make) -> None:
    """Told, or seen by the chamber standing still; a controller that cannot know shows air that does not arrive."""

    async def live() -> None:
        await stand.driver.open()
        await stand.driver.set_temperature(-40.0, 1.0)
        await simulated_bench.clock.sleep(600.0)
        stand.box.open_door()
        if make.door is None:
            await simulated_bench.clock.sleep(1200.0)
            assert (await stand.driver.read_temperature()).value == 23.0
        else:
            with pytest.raises(InstrumentError, match=make.door):
                await stand.driver.read_temperature()

    run(simulated_bench, live)


def test_safe_before_open_twice_and_after_a_broken_link(
    simulated_bench: SimulatedBench, stand: Stand
) -> None:
    """Standby is reached although nobody opened the driver, although it is said again, and although an answer got lost."""

    async def live() -> None:
        stand.box.run()
        await stand.driver.make_safe()
        assert not stand.box.running
        await stand.driver.make_safe()
        assert (await stand.driver.read_back()).safe
        await stand.driver.open()
        await stand.driver.set_temperature(-40.0, 1.0)
        stand.plug.answer(None)
        await stand.driver.make_safe()
        assert not stand.box.running
        await stand.driver.close()
        await stand.driver.close()
        assert (await stand.driver.read_back()).safe

    run(simulated_bench, live)


def test_opening_starts_nothing_and_stops_nothing(simulated_bench: SimulatedBench, stand: Stand) -> None:
    """A chamber that runs goes on, and one that does not stays in standby; a second opening changes nothing."""

    async def live() -> None:
        await stand.driver.open()
        assert not stand.box.running
        await stand.driver.close()
        stand.box.run()
        await stand.driver.open()
        await stand.driver.open()
        assert stand.box.running

    run(simulated_bench, live)


def test_closing_leaves_the_chamber_where_it_is(simulated_bench: SimulatedBench, stand: Stand) -> None:
    """After close the driver says nothing more, and the chamber holds its temperature."""

    async def live() -> None:
        await stand.driver.open()
        await stand.driver.set_temperature(-40.0, 1.0)
        await simulated_bench.clock.sleep(3600.0 * 2)
        await stand.driver.close()
        await simulated_bench.clock.sleep(3600.0)
        assert stand.box.air_c() == pytest.approx(-40.0, abs=0.1)

    run(simulated_bench, live)


def test_another_instrument_is_refused(
    simulated_bench: SimulatedBench, stand: Stand, chamber_name: str
) -> None:
    """Whatever else answers is named with its words, and nothing is sent to it."""
    sentence = stand.plug.swap(chamber_name)

    async def live() -> None:
        with pytest.raises(InstrumentError) as caught:
            await stand.driver.open()
        assert sentence in str(caught.value)
        assert len(simulated_bench.said()) == 2

    run(simulated_bench, live)


def test_reading_carries_its_evidence_and_uncertainty(simulated_bench: SimulatedBench, stand: Stand) -> None:
    """The digits stand in the answer that the reading names; u is of limit of error and last digit."""

    async def live() -> None:
        await stand.driver.open()
        reading = await stand.driver.read_temperature()
        kind, entry = simulated_bench.notes[reading.seq[0]]
        assert kind == "exchange"
        places = [entry["rx"].split(sign) for sign in (",", " ", "\xb6")]
        assert any(part[reading.index : reading.index + 1] == [reading.raw] for part in places)
        assert float(reading.raw) == reading.value == pytest.approx(23.0)
        digit = 10.0 ** -len(reading.raw.partition(".")[2])
        assert reading.u == pytest.approx(math.hypot(0.5 / math.sqrt(3), digit / math.sqrt(12)))
        assert not reading.flags

    run(simulated_bench, live)


def test_without_accuracy_there_is_no_uncertainty(
    simulated_bench: SimulatedBench, stands: Any, chamber_name: str
) -> None:
    """Nobody knows how good the thermometer is, and every reading says so."""
    with stands(simulated_bench, chamber_name) as stand:

        async def live() -> None:
            await stand.driver.open()
            reading = await stand.driver.read_temperature()
            assert reading.u is None
            assert reading.flags == {"no calibration"}

        run(simulated_bench, live)


@pytest.mark.parametrize(
    "garbage", ["", "ham", "1_0", "\xb6\xb6", ",,,", "NA:", "1\xb6ham", "NAN", "\xb2", "9" * 400]
)
def test_garbage_is_a_sentence(simulated_bench: SimulatedBench, stand: Stand, garbage: str) -> None:
    """Whatever comes instead of an answer ends in an error of ours or a flagged reading, never in a number."""

    async def live() -> None:
        await stand.driver.open()
        stand.plug.answer(*[garbage] * 6)
        try:
            reading = await stand.driver.read_temperature()
        except InstrumentError:
            return
        assert reading.flags

    run(simulated_bench, live)


def test_it_can_be_asked_whether_it_is_safe(stand: Stand) -> None:
    """Every chamber reads back, and tells its state."""
    driver = stand.driver
    assert driver.supports == {"chamber_state"}
    assert isinstance(driver, ReadsBack)


@given(lines=st.lists(st.text(max_size=60), max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_line_upsets_a_twin(
    simulated_bench: SimulatedBench, make: Make, chamber_name: str, lines: list[str]
) -> None:
    """Whatever arrives, the simulated controller answers, complains or stays silent, and never fails."""
    twin = make.twin(Box(simulated_bench.world.climate))
    for line in lines:
        if chamber_name == "binder":
            assert respond(twin, line.encode())
        else:
            twin.handle(line)


def test_simulated_bench_has_a_twin_in_memory(
    simulated_bench: SimulatedBench, make: Make, chamber_name: str
) -> None:
    """With the library @wattest a driver finds its twin by itself, around the station of its own world."""
    where = (
        {"resource": "wattest://chamber"}
        if chamber_name == "binder"
        else {"resource": RESOURCE, "library": "@wattest"}
    )
    driver = make.driver(simulated_bench.around("chamber"), **where, low_limit=-45.0, high_limit=60.0)

    async def live() -> None:
        assert (await driver.open()).maker == make.maker
        await driver.set_temperature(-20.0, 1.0)
        await simulated_bench.clock.sleep(3600.0)
        assert simulated_bench.world.climate.ambient_c() == pytest.approx(-20.0, abs=0.1)
        await driver.close()

    run(simulated_bench, live)


OPTIONS: dict[str, dict[str, Any]] = {
    "watlow_f4t": {"run_output": 2},
    "binder": {"device_id": 7},
    "ascii2": {"line_end": "CR"},
}
"""Options that a twin must follow, when the bench file has them."""


@pytest.mark.real_time
@pytest.mark.parametrize("options", [{}, OPTIONS], ids=["as they are", "chosen"])
def test_rehearsed_over_tcp(
    simulated_bench_on: type[SimulatedBench],
    charger_sheet: ChargerSheet,
    make: Make,
    chamber_name: str,
    options: dict[str, dict[str, Any]],
) -> None:
    """The twin that ``wattest certify --rehearse`` plugs in is reached over a real socket with @py."""
    with RealClock() as clock:
        bench = simulated_bench_on(clock, World(clock, charger_sheet))
        entry = {"low_limit": -45.0, "high_limit": 60.0, **options.get(chamber_name, {})}

        async def live() -> None:
            there = Rehearsal(bench.world, clock, "chamber", entry, folder="")
            async with TWINS[chamber_name](there) as led:
                driver = make.driver(bench.around("chamber", world=False), **{**entry, **led})
                await driver.make_safe()
                assert (await driver.open()).maker == make.maker
                await driver.set_temperature(-40.0, 3.0)
                assert not (await driver.read_back()).safe
                assert (await driver.read_temperature()).value == pytest.approx(23.0, abs=0.2)
                await driver.make_safe()
                assert (await driver.read_back()).safe
                await driver.close()

        clock.run(live())


@pytest.mark.real_time
@pytest.mark.parametrize("name", ["espec", "ascii2"])
def test_serial_line_of_a_terminal_server(
    simulated_bench_on: type[SimulatedBench], charger_sheet: ChargerSheet, makes: dict[str, Make], name: str
) -> None:
    """A VISA resource of the kind ASRL carries the same bytes, through pyserial."""
    make = makes[name]
    with RealClock() as clock:
        bench = simulated_bench_on(clock, World(clock, charger_sheet))

        async def live() -> None:
            twin = make.twin(Box(bench.world.climate))
            async with serve_scpi(twin, end=make.end, ended=make.end) as server:
                resource = f"ASRLsocket://{server.host}:{server.port}::INSTR"
                around = bench.around("chamber", world=False)
                driver = make.driver(around, resource=resource, low_limit=-45.0, high_limit=60.0)
                await driver.open()
                await driver.set_temperature(-40.0, 1.0)
                assert twin.box.running
                await driver.make_safe()
                assert not twin.box.running
                await driver.close()

        clock.run(live())
