"""Faults of a vehicle that relays make, beside a board that cannot."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, InstrumentError
from wattest.roles import ReadBack
from wattest_instruments.relays.board import Seen
from wattest_instruments.vehicles.fault_box import Faults, with_faults

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench


class Board:
    """Relays that remember what they were told; ``stuck`` no longer obeys."""

    place = "relays (here)"

    def __init__(self) -> None:
        self.on: dict[int, bool] = {}
        self.claims: list[tuple[str, int, bool]] = []
        self.stuck = False

    def claim(self, role: str, output: int, *, safe: bool) -> None:
        self.claims.append((role, output, safe))

    def check_input(self, role: str, input_: int) -> None: ...

    async def set(self, output: int, on: bool) -> None:
        if self.stuck:
            raise InstrumentError(f"Output {output} does not obey.")
        self.on[output] = on

    async def state(self, output: int) -> bool:
        return self.on[output]

    async def look(self, output: int) -> Seen:
        return Seen(self.on[output], 0)

    async def read_input(self, input_: int) -> Seen:
        return Seen(False, 0)


class Vehicle:
    """A board that makes only the short by itself."""

    supports = frozenset({"pilot_short"})

    def __init__(self) -> None:
        self.did: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        async def verb(*arguments: Any, **named: Any) -> None:
            self.did.append((name, *arguments, *named.values()))

        return verb


def wired(bench: SimulatedBench, board: Board, vehicle: Vehicle, faults: Faults) -> Any:
    around: Any = bench.around("vehicle", relays=board)
    return with_faults(around, vehicle, "relays", faults)


def test_relays_make_and_mend_what_is_wired_and_the_board_the_rest(simulated_bench: SimulatedBench) -> None:
    """Capabilities add up, outputs are claimed, and each fault goes where it is made."""
    board, vehicle = Board(), Vehicle()
    car = wired(simulated_bench, board, vehicle, Faults(diode=3, pe=4))
    assert car.supports == {"diode_fault", "pe_fault", "pilot_short"}
    assert board.claims == [("vehicle", 3, False), ("vehicle", 4, False)]

    async def live() -> None:
        await car.open()
        assert board.on == {3: False, 4: False}
        await car.set_fault("diode", True)
        await car.set_fault("short", True)
        await car.plug_in()
        assert board.on == {3: True, 4: False}
        await car.make_safe()
        assert board.on == {3: False, 4: False}

    simulated_bench.clock.run(live())
    assert vehicle.did == [("open",), ("set_fault", "short", True), ("plug_in",), ("make_safe",)]


def test_a_cut_pilot_and_a_heater_are_outputs_like_any_other(simulated_bench: SimulatedBench) -> None:
    """Each brings its capability, and both are let go of when the vehicle is made safe."""
    board, vehicle = Board(), Vehicle()
    car = wired(simulated_bench, board, vehicle, Faults(cp=5, hot=6))
    assert car.supports == {"pilot_open", "connector_heat", "pilot_short"}

    async def live() -> None:
        await car.open()
        await car.set_fault("cp", True)
        await car.set_fault("hot", True)
        assert board.on == {5: True, 6: True}
        await car.make_safe()
        assert board.on == {5: False, 6: False}

    simulated_bench.clock.run(live())


def test_a_relay_that_does_not_obey_is_told_after_the_board_was_made_safe(
    simulated_bench: SimulatedBench,
) -> None:
    """Energy goes first; the sentence of every relay comes out."""
    board, vehicle = Board(), Vehicle()
    car = wired(simulated_bench, board, vehicle, Faults(diode=3, pe=4))

    async def live() -> None:
        await car.open()
        board.stuck = True
        await asyncio.sleep(0)
        await car.make_safe()

    with pytest.raises(InstrumentError) as caught:
        simulated_bench.clock.run(live())
    assert str(caught.value) == "Output 3 does not obey. Output 4 does not obey."
    assert vehicle.did[-1] == ("make_safe",)


def test_what_feeds_the_output_goes_first_and_is_looked_at(simulated_bench: SimulatedBench) -> None:
    """Its relay drops before the board is told, whatever the board does, and the vehicle is not safe while it is on."""
    board, vehicle = Board(), Vehicle()
    car = wired(simulated_bench, board, vehicle, Faults(pe=4, weld=5))
    seen: list[dict[int, bool]] = []

    async def fails() -> None:
        seen.append(dict(board.on))
        raise InstrumentError("The board is deaf.")

    async def says() -> ReadBack:
        return ReadBack(True, "the board is in state B", (7,))

    async def live() -> None:
        await car.open()
        await car.set_fault("weld", True)
        await car.set_fault("pe", True)
        vehicle.make_safe, vehicle.read_back = fails, says  # type: ignore[attr-defined]
        said = await car.read_back()
        assert (said.safe, said.sentence) == (
            False,
            "the board is in state B; the relay that feeds the output is on",
        )
        with pytest.raises(InstrumentError) as caught:
            await car.make_safe()
        assert str(caught.value) == "The board is deaf."
        assert seen == [{4: True, 5: False}]
        assert board.on == {4: False, 5: False}
        said = await car.read_back()
        assert (said.safe, said.seq) == (True, (7, 0))

    simulated_bench.clock.run(live())
    assert "weld" in car.supports


def test_nothing_wired_leaves_the_board_alone(simulated_bench: SimulatedBench) -> None:
    """Without faults there is no box, and no relay board is needed."""
    vehicle = Vehicle()
    assert wired(simulated_bench, Board(), vehicle, Faults()) is vehicle


def test_a_rig_that_is_no_relay_board_is_refused(simulated_bench: SimulatedBench) -> None:
    """The sentence names the rig and the way out."""
    around: Any = simulated_bench.around("vehicle", relays=object())
    with pytest.raises(BenchError) as caught:
        with_faults(around, Vehicle(), "relays", Faults(pe=4))
    assert str(caught.value) == (
        "vehicle wires faults to rig 'relays', which is no relay board; name one under 'rigs' with the option 'board', such "
        "as {driver: modbus_relays, ...}."
    )
