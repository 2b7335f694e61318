from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.clock import VirtualClock
from wattest.errors import BenchError, InstrumentError
from wattest.roles import PowerReading, Surroundings
from wattest.run.rehearse import Rehearsal
from wattest_instruments.links import protocol_wattest
from wattest_instruments.links.modbus import float32_registers
from wattest_instruments.meters.carlo_gavazzi_em import carlo_gavazzi_em, carlo_gavazzi_em_twin
from wattest_instruments.meters.eastron_sdm630 import _spacing, eastron_sdm630, eastron_sdm630_twin
from wattest_instruments.notation import float32_digits
from wattest_instruments.twins.meters import GavazziTwin, Sdm630Twin
from wattest_instruments.twins.modbus import Device, RtuLine, serve_modbus
from wattest_instruments.twins.plane import OutletPlane, Plane

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

CALIBRATION = """
serial: {serial}
model: {model}
certificate: "1"
laboratory: none
calibrated: 2025-12-01
due: {due}
specification:
  voltage: {{reading: 0.5 %, range: 0 %}}
  current: {{reading: 0.5 %, range: 0 %}}
  power: {{reading: 0.5 %, range: 0 %}}
"""
SDM = {"serial": '"18240001"', "model": "SDM630"}


class Circuit:
    """A plane whose quantities a test sets; three phases."""

    phases = 3
    volts, amperes, watt_hours = 230.0, 10.0, 0.0

    def voltage_v(self) -> float:
        return self.volts

    def current_a(self) -> float:
        return self.amperes

    def power_w(self) -> float:
        return 3 * self.volts * self.amperes

    def energy_wh(self) -> float:
        return self.watt_hours

    def time_s(self) -> float:
        return 0.0


@pytest.fixture
def circuit() -> Circuit:
    return Circuit()


def calibration(folder: Path, due: str = "2035-12-01", **words: str) -> str:
    path = folder / f"meter-{due}.yaml"
    path.write_text(CALIBRATION.format(due=due, **words), encoding="utf-8")
    return str(path)


def play(
    bench: SimulatedBench, device: Device, does: Callable[[Any], Awaitable[None]], **options: Any
) -> None:
    """A driver over Modbus TCP, the one that is made for this twin."""

    async def live() -> None:
        async with serve_modbus(device) as server:
            around = bench.around("reference_meter", world=False)
            if isinstance(device, Sdm630Twin):
                meter = eastron_sdm630(around, resource=server.address, **options)
            else:
                meter = carlo_gavazzi_em(around, resource=server.address, **({"model": "em24"} | options))
            await does(meter)
            await meter.close()
            await meter.close()

    bench.clock.run(live())


def test_sdm630_in_one_request(simulated_bench: SimulatedBench, circuit: Circuit) -> None:
    """Voltage, current, power and energy come from one answer; every reading points to its own digits in it."""

    async def does(meter: Any) -> None:
        identity = await meter.open()
        assert (identity.maker, identity.model, identity.serial) == ("Eastron", "SDM630", "")
        circuit.watt_hours = 555.0
        await meter.start_integration()
        circuit.watt_hours += 1234.0
        await simulated_bench.clock.sleep(60.0)
        before = len(simulated_bench.notes)
        reading: PowerReading = await meter.read()
        assert len(simulated_bench.notes) == before + 1
        assert (reading.voltage.value, reading.current.value) == (230.0, 10.0)
        assert reading.power.value == 6900.0
        assert reading.energy.value == 1230.0, "the register steps by 10 Wh: 555 shows 550, 1789 shows 1780"
        assert reading.elapsed.value == 60.0
        assert reading.energy.flags == {"no calibration"}
        assert reading.energy.u is None
        for one in (reading.voltage, reading.current, reading.power):
            rx = simulated_bench.notes[one.seq[0]][1]["rx"].split(",")
            assert one.index is not None
            assert rx[one.index] == one.raw
            assert float(one.raw) == one.value
        assert [simulated_bench.notes[seq][1]["rx"].split(",")[36] for seq in reading.energy.seq] == [
            "1235.05",
            "1236.28",
        ]

    play(simulated_bench, Sdm630Twin(circuit), does, wiring="P3W4")
    assert [note["sent"][18:] for _, note in simulated_bench.notes if note["sent"]] == [
        "01 03 00 0a 00 02",
        "01 04 00 00 00 4a",
        "01 04 00 00 00 4a",
    ]


def test_em24_in_two_requests(simulated_bench: SimulatedBench, circuit: Circuit) -> None:
    """Low word first, tenths and thousandths; current, power and energy from one answer, voltage from another."""
    twin = GavazziTwin(circuit)

    async def does(meter: Any) -> None:
        identity = await meter.open()
        assert (identity.model, identity.serial) == ("EM24", "KS2400017001A")
        assert identity.firmware == "identification code 1648"
        assert twin.application == 7
        await meter.start_integration()
        circuit.watt_hours = 40_050.0
        circuit.volts, circuit.amperes = 229.96, 31.9994
        reading: PowerReading = await meter.read()
        assert (reading.voltage.raw, reading.current.raw) == ("230.0", "31.999")
        assert reading.power.raw == f"{3 * 229.96 * 31.9994:.1f}"
        assert reading.energy.value == 40_000.0
        for one in (reading.voltage, reading.current, reading.power):
            assert one.index is not None
            assert simulated_bench.notes[one.seq[0]][1]["rx"].split(",")[one.index] == one.raw

    play(simulated_bench, twin, does, wiring="P3W4")
    assert [note["sent"][18:] for _, note in simulated_bench.notes if note["sent"]][:6] == [
        "01 03 50 00 00 07",
        "01 03 00 0b 00 01",
        "01 03 a0 00 00 01",
        "01 06 a0 00 00 07",
        "01 03 a0 00 00 01",
        "01 03 00 00 00 06",
    ]


def test_em340_has_no_applications(simulated_bench: SimulatedBench, circuit: Circuit) -> None:
    """An EM340 is read alike, and its application is not asked for."""
    twin = GavazziTwin(circuit, ethernet=False)

    async def does(meter: Any) -> None:
        assert (await meter.open()).model == "EM340"
        assert (await meter.read()).current.value == 10.0

    play(simulated_bench, twin, does, model="em340")
    assert twin.application == 0


def test_em340_over_a_serial_line(simulated_bench: SimulatedBench, circuit: Circuit) -> None:
    """The same driver by RTU, in memory."""
    url = protocol_wattest.register("em340", RtuLine(GavazziTwin(circuit, ethernet=False), 5))
    meter = carlo_gavazzi_em(
        simulated_bench.around("reference_meter", world=False), resource=url, model="em340", device_id=5
    )

    async def live() -> None:
        await meter.open()
        await meter.start_integration()
        circuit.watt_hours = 100.0
        assert (await meter.read()).energy.value == 100.0
        await meter.close()

    simulated_bench.clock.run(live())


def test_uncertainty_holds_both_ends_of_the_register(
    simulated_bench: SimulatedBench, circuit: Circuit, tmp_path: Path
) -> None:
    """Limits of error are rectangular, and the step counts at the start and at the end: a hypotenuse of all."""

    async def does(meter: Any) -> None:
        await meter.open()
        await meter.start_integration()
        circuit.watt_hours = 10_000.0
        await simulated_bench.clock.sleep(3600.0)
        reading = await meter.read()
        assert reading.energy.flags == frozenset()
        limit, step = 0.005 * 10_000.0 / math.sqrt(3), 10.0 * math.sqrt(2.0 / 12.0)
        assert reading.energy.u == pytest.approx(math.hypot(limit, step))
        assert reading.voltage.u == pytest.approx(0.005 * 230.0 / math.sqrt(3))
        assert reading.power.u == pytest.approx(0.005 * 6900.0 / math.sqrt(3))

    play(simulated_bench, Sdm630Twin(circuit), does, calibration=calibration(tmp_path, **SDM))


def test_a_far_register_steps_as_far_as_its_format(
    simulated_bench: SimulatedBench, circuit: Circuit, tmp_path: Path
) -> None:
    """From 131072 kWh on a 32 bit float cannot hold 10 Wh any more: 15.625 Wh it is."""
    twin = Sdm630Twin(circuit)
    twin.garbled = {72: 150_000.0}

    async def does(meter: Any) -> None:
        await meter.open()
        await meter.start_integration()
        assert (await meter.read()).energy.u == pytest.approx(15.625 * math.sqrt(2.0 / 12.0))

    play(simulated_bench, twin, does, calibration=calibration(tmp_path, **SDM))
    assert _spacing(math.nan) == 0.0


def test_stop_keeps_the_integral(simulated_bench: SimulatedBench, circuit: Circuit) -> None:
    """After the stop energy and time stay; a new start counts anew."""

    async def does(meter: Any) -> None:
        await meter.open()
        await meter.stop_integration()
        none = await meter.read()
        assert math.isnan(none.energy.value)
        assert "no data" in none.energy.flags
        assert "no data" in none.elapsed.flags
        await meter.start_integration()
        circuit.watt_hours = 500.0
        await simulated_bench.clock.sleep(10.0)
        await meter.stop_integration()
        circuit.watt_hours = 900.0
        await simulated_bench.clock.sleep(10.0)
        await meter.stop_integration()
        reading = await meter.read()
        assert (reading.energy.value, reading.elapsed.value) == (500.0, 10.0)
        await meter.start_integration()
        assert (await meter.read()).energy.value == 0.0
        await meter.make_safe()

    play(simulated_bench, Sdm630Twin(circuit), does)


def test_what_is_no_value_becomes_a_flag(simulated_bench: SimulatedBench, circuit: Circuit) -> None:
    """NaN, infinity and a value beyond the meter's limits are flagged, and a register that fell as well."""
    twin = Sdm630Twin(circuit)

    async def does(meter: Any) -> None:
        await meter.open()
        await meter.start_integration()
        twin.garbled = {0: math.nan, 6: math.inf, 52: 1e6}
        reading = await meter.read()
        assert reading.voltage.flags == {"no data", "no calibration"}
        assert reading.current.flags == {"over-range", "no calibration"}
        assert reading.power.flags == {"over-range", "no calibration"}
        twin.garbled = {72: 3.0, 6: 101.0}
        reading = await meter.read()
        assert "register fell" in reading.energy.flags
        assert "over-range" in reading.current.flags
        twin.garbled = {72: math.nan}
        assert math.isnan((await meter.read()).energy.value)
        with pytest.raises(InstrumentError, match=r"has no energy to begin with: its register says 'NAN'"):
            await meter.start_integration()

    play(simulated_bench, twin, does)


def test_em24_over_range_is_a_flag(simulated_bench: SimulatedBench, circuit: Circuit) -> None:
    """7FFFFFFF is no current of two million amperes."""
    twin = GavazziTwin(circuit)
    twin.garbled = {0x0C: 0x7FFFFFFF}

    async def does(meter: Any) -> None:
        await meter.open()
        reading = await meter.read()
        assert math.isinf(reading.current.value)
        assert reading.current.flags == {"over-range", "no calibration"}

    play(simulated_bench, twin, does)


def test_calibration_must_be_this_meters_and_valid(
    simulated_bench: SimulatedBench, circuit: Circuit, tmp_path: Path
) -> None:
    """Another serial number ends the run; an expired certificate flags every reading."""

    async def stranger(meter: Any) -> None:
        with pytest.raises(InstrumentError) as caught:
            await meter.open()
        assert "has the serial number 4711, but its calibration file is for 18240001" in str(caught.value)

    async def expired(meter: Any) -> None:
        await meter.open()
        assert (await meter.read()).voltage.flags == {"calibration expired"}

    good = calibration(tmp_path, **SDM)
    play(simulated_bench, Sdm630Twin(circuit, serial=4711), stranger, calibration=good)
    old = calibration(tmp_path, due="2026-01-14", **SDM)
    play(simulated_bench, Sdm630Twin(circuit), expired, calibration=old)


@pytest.mark.parametrize(
    ("system", "sentence"),
    [
        (1.0, "is set to 1P2W, and the bench file says P3W4: set 3P4W at the meter."),
        (7.0, "says that its system type is 7, which an SDM630 has not (1, 2 or 3): is it one?"),
    ],
)
def test_sdm630_with_another_wiring_is_refused(
    simulated_bench: SimulatedBench, circuit: Circuit, system: float, sentence: str
) -> None:
    """A meter set to one phase would leave two out of the energy."""

    async def does(meter: Any) -> None:
        for _ in range(2):
            with pytest.raises(InstrumentError) as caught:
                await meter.open()
            assert str(caught.value).endswith(sentence)

    play(simulated_bench, Sdm630Twin(circuit, system=system), does, wiring="P3W4")


def test_gavazzi_of_another_model_or_locked_is_refused(
    simulated_bench: SimulatedBench, circuit: Circuit
) -> None:
    """The identification code and the application decide what the registers mean."""

    async def wrong(meter: Any) -> None:
        with pytest.raises(
            InstrumentError, match=r"states the identification code 1648, which is an EM24; the bench"
        ):
            await meter.open()

    async def other(meter: Any) -> None:
        with pytest.raises(
            InstrumentError, match=r"code 340, which is no EM24 with Ethernet; the bench file says em24"
        ):
            await meter.open()

    async def locked(meter: Any) -> None:
        with pytest.raises(
            InstrumentError, match=r"was set to application H \(7\) and is in 0: turn the selector"
        ):
            await meter.open()

    play(simulated_bench, GavazziTwin(circuit), wrong, model="em340")
    play(simulated_bench, GavazziTwin(circuit, ethernet=False), other)
    twin = GavazziTwin(circuit)
    twin.locked = True
    play(simulated_bench, twin, locked)


@asynccontextmanager
async def rehearsed(bench: SimulatedBench, driver: Any, twin: Any, **options: Any) -> AsyncIterator[Any]:
    there = Rehearsal(bench.world, bench.clock, "reference_meter", options, ".")
    async with twin(there) as led:
        yield driver(bench.around("reference_meter"), **(options | led))


@pytest.mark.parametrize("kind", ["sdm630", "em24"])
def test_rehearsed_meter_counts_what_the_world_delivers(
    simulated_bench: SimulatedBench, tmp_path: Path, kind: str
) -> None:
    """The twin has the calibrated serial number and sits at the connector; energy is right to its step."""
    common = {"resource": "/dev/ttyUSB0", "device_id": 3}
    if kind == "sdm630":
        made: Any = eastron_sdm630, eastron_sdm630_twin
        options = common | {"calibration": calibration(tmp_path, **SDM), "resolution": 10.0}
    else:
        made = carlo_gavazzi_em, carlo_gavazzi_em_twin
        name = calibration(tmp_path, serial="KS1", model="EM24")
        options = common | {"calibration": name, "model": "em24"}

    async def live() -> None:
        async with rehearsed(simulated_bench, *made, **options) as meter:
            await meter.open()
            await meter.start_integration()
            simulated_bench.start_charge(32.0)
            await simulated_bench.clock.sleep(3600.0)
            reading = await meter.read()
            true = simulated_bench.world.outlets[0].true_energy_wh()
            assert reading.energy.value == pytest.approx(true, abs=100.0)
            assert reading.current.value == pytest.approx(32.0, abs=0.001)
            assert reading.voltage.value == pytest.approx(239.36, abs=0.05)
            await meter.close()

    simulated_bench.clock.run(live())


def test_a_serial_number_that_no_sdm630_states(simulated_bench: SimulatedBench, tmp_path: Path) -> None:
    """A rehearsal with somebody else's calibration file ends with a sentence."""
    name = calibration(tmp_path, serial="C2TW01804", model="WT1804E")

    async def live() -> None:
        async with rehearsed(simulated_bench, eastron_sdm630, eastron_sdm630_twin, calibration=name):
            pass

    with pytest.raises(BenchError, match="has the serial number 'C2TW01804'; this meter states digits only"):
        simulated_bench.clock.run(live())


@given(st.floats(width=32))
def test_printed_floats_are_the_registers(value: float) -> None:
    """The digits in the record are the number in the registers, exactly, and no other."""
    text = float32_digits(value)
    if math.isfinite(value):
        assert float32_registers(float(text)) == float32_registers(value)
    else:
        assert text in {"NAN", "INF", "-INF"}


class Garbage:
    """A meter whose registers are anything."""

    def __init__(self, numbers: list[int]) -> None:
        self._numbers = numbers

    def read(self, _table: str, address: int, count: int) -> list[int]:
        if (address, count) == (0x0A, 2):
            return [0x4040, 0]
        return [self._numbers[n % len(self._numbers)] for n in range(count)]

    def write(self, *_: object) -> None:
        pass


def unnoted(_kind: str, /, **_fields: object) -> int:
    return 0


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 65535), min_size=1, max_size=74))
def test_no_register_upsets_a_meter(numbers: list[int]) -> None:
    """Whatever stands in the registers becomes readings with flags, or a sentence."""
    url = protocol_wattest.register("garbage", RtuLine(Garbage(numbers)))
    with VirtualClock() as clock:
        around = Surroundings(clock=clock, note=unnoted, role="reference_meter", folder=".")
        meter = eastron_sdm630(around, resource=url, timeout=0.01)

        async def live() -> None:
            await meter.open()
            with suppress(InstrumentError):  # a register that is no number is no beginning
                await meter.start_integration()
            await meter.read()
            await meter.close()

        clock.run(live())


def test_planes_are_planes(simulated_bench: SimulatedBench) -> None:
    """A test's circuit is what a twin is plugged into, as the simulated outlet is."""
    planes: tuple[Plane, ...] = (Circuit(), OutletPlane(simulated_bench.world))
    assert [plane.phases for plane in planes] == [3, 1]
