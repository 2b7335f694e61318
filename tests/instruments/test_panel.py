"""The simulated station's control panel on a socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from wattest.clock.network import MemoryNetwork
from wattest.errors import BenchError
from wattest_instruments.panel import SocketPanel, panel

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench


def _open(bench: SimulatedBench, port: int = 0) -> SocketPanel:
    return panel(bench.around("panel", network=MemoryNetwork(bench.clock)), port=port)


def test_lines_move_the_hands_of_the_simulated_station(simulated_bench: SimulatedBench) -> None:
    """A command acts on the world, and its answer comes as UTF-8."""
    rig = _open(simulated_bench)

    async def live() -> list[str]:
        await rig.open()
        await rig.open()
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.facts["port"])
        simulated_bench.world.screen.show(("Prêt",), None, None)
        answers = []
        for line in ("power off", "display", "plug_in"):
            writer.write(f"{line}\n".encode())
            with simulated_bench.clock.hold():
                answers.append((await reader.readline()).decode().strip())
            if line == "power off":
                simulated_bench.world.grid.set_power(True)
                simulated_bench.world.screen.show(("Prêt",), None, None)
        writer.close()
        await rig.close()
        return answers

    power, display, plug = simulated_bench.clock.run(live())
    assert power == "ok"
    assert display == "lines: Prêt, cost: -, currency: -"
    assert plug.startswith("no: the plug of outlet 1 cannot be taken: its holster lock is locked")


def test_a_panel_needs_a_simulated_world(simulated_bench: SimulatedBench) -> None:
    """On a live bench there is nothing that a panel could move."""
    with pytest.raises(BenchError) as caught:
        panel(simulated_bench.around("panel", world=False))
    assert str(caught.value) == (
        "panel (panel) needs a simulated world, and this bench has none: set 'kind: simulated' in the bench file, or "
        "leave the panel out."
    )


def test_a_port_that_is_taken_is_named(simulated_bench: SimulatedBench) -> None:
    """The sentence says which port, and the way out."""
    first = _open(simulated_bench)
    simulated_bench.clock.run(first.open())
    port = first.facts["port"]
    with pytest.raises(BenchError) as caught:
        simulated_bench.clock.run(_open(simulated_bench, port).open())
    assert str(caught.value).startswith(f"The panel cannot listen on 127.0.0.1:{port}: ")
    assert str(caught.value).endswith(
        "choose another 'port' in the bench file, or 0 to let the system choose."
    )
    simulated_bench.clock.run(first.close())
