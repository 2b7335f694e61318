"""What a Binder chamber is told, byte by byte, and what its registers come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import InstrumentError
from wattest.world import World
from wattest_instruments.chambers.binder import binder
from wattest_instruments.chambers.binder_twin import AIR, MODE, SETPOINT, BinderTwin
from wattest_instruments.links.modbus import Table
from wattest_instruments.twins.modbus import crc16

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

    from wattest.model.charger import ChargerSheet


def frame(text: str) -> str:
    """A frame of device 1 with its check sum, as the record holds it."""
    data = bytes.fromhex("01" + text)
    return (data + crc16(data).to_bytes(2, "little")).hex(" ")


AIR_23 = ("03 11a9 0002", "03 04 0000 41b8")
"""23.0 is 0x41B80000: the low word comes first."""
MODE_IDLE = ("03 1a22 0001", "03 02 0000")
LOOK = (AIR_23, ("03 1077 0002", "03 04 0000 41b8"), MODE_IDLE, ("03 123d 0001", "03 02 0000"))
SET_23 = (
    ("10 1581 0002 04 0000 41b8", "10 1581 0002"),
    ("10 156f 0002 04 0000 41b8", "10 156f 0002"),
    ("03 1581 0002", "03 04 0000 41b8"),
)
MANUAL = (("06 1a22 0800", "06 1a22 0800"), ("03 1a22 0001", "03 02 0800"))
RUNS = (*LOOK[:2], ("03 1a22 0001", "03 02 0800"), LOOK[3])
STEP = (
    ("10 1581 0002 04 0000 41b4", "10 1581 0002"),
    ("10 156f 0002 04 0000 41b4", "10 156f 0002"),
    ("03 1581 0002", "03 04 0000 41b4"),
)
IDLE = (("06 1a22 0000", "06 1a22 0000"), MODE_IDLE)


def test_bytes_on_the_line(simulated_bench: SimulatedBench, stands: Any) -> None:
    """Recognised by mode and air; set point and mode are read back; a step half a minute later; idle at the end."""
    with stands(simulated_bench, "binder") as stand:
        driver = stand.driver

        async def live() -> None:
            identity = await driver.open()
            assert (identity.maker, identity.model, identity.serial) == ("Binder", "MB1", "")
            await driver.set_temperature(-38.0, 1.0)
            await simulated_bench.clock.sleep(31.0)
            await driver.make_safe()

        simulated_bench.clock.run(live())
    said = [
        (fields["sent"], fields["received"])
        for kind, fields in simulated_bench.notes
        if kind == "exchange" and fields["sent"]
    ]
    expected = (MODE_IDLE, AIR_23, *LOOK, *LOOK, *SET_23, *MANUAL, *RUNS, *STEP, *IDLE)
    assert said == [(frame(sent), frame(received)) for sent, received in expected]


@dataclass
class Bent(BinderTwin):
    """Some registers hold what the test wants, whatever is written."""

    bent: dict[int, tuple[int, ...]] | None = None

    def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        return (self.bent or {}).get(address) or super().read(table, address, count)


@pytest.mark.parametrize(
    ("bent", "sentence"),
    [
        (
            {MODE: (0x0017,)},
            (
                "has mode 0x0017 and 23 degC where a Binder MB1 keeps its mode and its air temperature: that is none. Correct the "
                "resource in the bench file, or choose the driver of that chamber."
            ),
        ),
        ({AIR: (0, 0x7FC0)}, "has mode 0x0000 and nan degC where a Binder MB1 keeps its mode"),
        ({AIR: (0, 0x5015)}, "has mode 0x0000 and 9.99922e+09 degC"),
        (
            {0x1581: (0, 0x42C8)},
            "was given the set point 23 degC and keeps 100 degC: choose one within its range.",
        ),
        ({MODE: (0x0400,)}, "runs a program of its own, so it was not sent to -38 degC"),
        ({MODE: (0x1000,), SETPOINT: (0, 0x41B8)}, None),
    ],
)
def test_registers_that_are_none_of_its_own(
    simulated_bench: SimulatedBench, stands: Any, bent: dict[int, tuple[int, ...]], sentence: str | None
) -> None:
    """Nonsense, a set point that does not stick, and a program are sentences; basic mode is a mode that runs."""
    with stands(simulated_bench, "binder") as stand:
        stand.plug.line._device = Bent(stand.box, bent=bent)

        async def live() -> None:
            await stand.driver.open()
            await stand.driver.set_temperature(-38.0, 1.0)

        if sentence is None:
            simulated_bench.clock.run(live())
            return
        with pytest.raises(InstrumentError) as caught:
            simulated_bench.clock.run(live())
        assert sentence in str(caught.value)


def test_mode_that_does_not_stick_is_noticed(simulated_bench: SimulatedBench, stands: Any) -> None:
    """A chamber that is told to run and stays idle says so at once."""
    with stands(simulated_bench, "binder") as stand:

        async def live() -> None:
            await stand.driver.open()
            stand.box.tripped = True
            stand.plug.line._device = Bent(stand.box, bent={0x123D: (0,)})
            with pytest.raises(
                InstrumentError, match="was told mode 0x0800 and is in mode 0x0000: look at its display"
            ):
                await stand.driver.set_temperature(-38.0, 1.0)

        simulated_bench.clock.run(live())


def test_worlds_do_not_share_a_chamber(
    simulated_bench_on: type[SimulatedBench], simulated_bench: SimulatedBench, charger_sheet: ChargerSheet
) -> None:
    """The same resource in two simulated worlds is two twins."""
    bench, clock = simulated_bench, simulated_bench.clock
    other = simulated_bench_on(clock, World(clock, charger_sheet))

    async def live() -> None:
        options: dict[str, Any] = {"resource": "wattest://chamber", "low_limit": -40.0, "high_limit": 60.0}
        first = binder(bench.around("chamber"), **options)
        second = binder(other.around("chamber"), **options)
        await first.open()
        await second.open()
        await first.set_temperature(-20.0, 1.0)
        await clock.sleep(3600.0)
        assert bench.world.climate.ambient_c() == pytest.approx(-20.0, abs=0.1)
        assert other.world.climate.ambient_c() == 23.0
        await first.close()
        await second.close()

    clock.run(live())
