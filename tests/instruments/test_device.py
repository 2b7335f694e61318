"""What twins of SCPI instruments share, and that no line upsets any of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattest_instruments.loads.twin import chroma_63800_device, ea_device
from wattest_instruments.loggers.twin import daq970a_device, dmm34465a_device
from wattest_instruments.scopes.twin import ScopeTwin
from wattest_instruments.sources.twin import california_device, chroma_61500_device, keysight_ac6800_device
from wattest_instruments.twins.device import Device
from wattest_instruments.twins.scpi import command

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

TWINS: dict[str, Callable[[Any], Any]] = {
    "chroma_61500": chroma_61500_device,
    "california": california_device,
    "keysight_ac6800": keysight_ac6800_device,
    "chroma_63800": chroma_63800_device,
    "ea_load": ea_device,
    "keysight_daq970a": lambda world: daq970a_device(world, {"air": 101}),
    "keysight_34465a": dmm34465a_device,
    "rigol_ds1000z": ScopeTwin,
}
WORDS = st.sampled_from(
    [
        "OUTP",
        "VOLT",
        "CURR",
        "LIST",
        "DWEL",
        "TRIG",
        "MODE",
        "CHAN1",
        "WAV",
        "DATA",
        "LOAD",
        "INP",
        "READ",
        ":",
        " ",
        ";",
    ]
)


@pytest.mark.parametrize("name", TWINS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    line=st.lists(
        st.one_of(WORDS, st.text(max_size=3), st.sampled_from(["?", "ON", "1", "-1e400", "@"])), max_size=8
    )
)
def test_no_line_upsets_a_twin(simulated_bench: SimulatedBench, name: str, line: list[str]) -> None:
    """Whatever arrives, it answers or complains in its queue, and the next question gets its answer."""
    twin = TWINS[name](simulated_bench.world)
    twin.handle("".join(line))
    assert "," in str(twin.handle("*IDN?"))


def test_errors_come_once_and_in_order(simulated_bench: SimulatedBench) -> None:
    """The oldest first, then none; *CLS empties queue and register."""
    twin = california_device(simulated_bench.world)
    twin.handle("FOO 1")
    twin.handle("VOLT ham")
    twin.handle("VOLT 400")
    assert [twin.handle("SYST:ERR?") for _ in range(4)] == [
        '-113,"Undefined header"',
        '-104,"Data type error"',
        '-222,"Data out of range"',
        '0,"No error"',
    ]
    assert twin.handle("*ESR?;*ESR?") == "48;0"
    twin.handle("FOO")
    twin.handle("*CLS")
    assert twin.handle("SYST:ERR?;*ESR?") == '0,"No error";0'


def test_lists_and_words_are_checked() -> None:
    """A column of numbers, and one of some words; what is neither changes nothing."""
    device = Device("ACME,Z,1,1")
    taken: list[Any] = []
    device.add(
        [
            command(":COLumn", write=device.numbers(taken.append, most=10.0)),
            command(":SWITch", write=device.word(taken.append, "ON", "OFF")),
        ]
    )
    for line in ("COL 1,2.5", "COL 1,x", "COL 1,11", "SWIT 1", "SWIT off", "SWIT maybe"):
        device.handle(line)
    assert taken == [[1.0, 2.5], "ON", "OFF"]
