"""Chambers by name: how to make the driver, its twin, and what its twin answers with."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import pyvisa_wattest
from wattest_instruments.chambers.ascii2 import ascii2
from wattest_instruments.chambers.ascii2_twin import Ascii2Twin
from wattest_instruments.chambers.box import Box
from wattest_instruments.chambers.espec import espec
from wattest_instruments.chambers.espec_twin import EspecTwin
from wattest_instruments.chambers.f4t_twin import F4tTwin
from wattest_instruments.chambers.simserv_twin import SimServTwin
from wattest_instruments.chambers.thermotron import thermotron
from wattest_instruments.chambers.thermotron_twin import ThermotronTwin
from wattest_instruments.chambers.watlow_f4t import watlow_f4t
from wattest_instruments.chambers.weiss_simserv import weiss_simserv
from wattest_instruments.dialogue import expect_dialogue

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

RESOURCE = "TCPIP::chamber::10001::SOCKET"
LIMITS: dict[str, Any] = {"low_limit": -45.0, "high_limit": 60.0}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Make:
    """One make of chamber: driver, twin, the end of its lines, and what its driver says when it trips."""

    driver: Callable[..., Any]
    twin: Callable[[Box], Any]
    end: bytes
    tripped: str
    door: str | None
    """What it says when the door is opened on the way; None when its controller cannot know."""
    maker: str


MAKES = {
    "espec": Make(espec, EspecTwin, b"\r\n", "reports alarm 3", "stands still", "ESPEC"),
    "weiss_simserv": Make(
        weiss_simserv,
        SimServTwin,
        b"\r",
        "reports Overpressure in refrigerant circuit",
        "stands still",
        "Weiss Technik",
    ),
    "ascii2": Make(ascii2, Ascii2Twin, b"\r\n", "stands still", "stands still", "unknown maker"),
    "thermotron": Make(
        thermotron,
        ThermotronTwin,
        b"\r",
        r"reports a trip of the Therm-Alarm \(stop code 10\)",
        "reports an open door",
        "Thermotron",
    ),
    "watlow_f4t": Make(watlow_f4t, F4tTwin, b"\n", "reports input error ERROR", None, "Watlow Electric"),
}


@dataclass
class Stand:
    """A driver and its twin in memory."""

    driver: Any
    twin: Any
    port: pyvisa_wattest.Port

    @property
    def box(self) -> Box:
        box: Box = self.twin.box
        return box


@contextmanager
def stand_of(bench: SimulatedBench, name: str, **options: Any) -> Iterator[Stand]:
    """The driver of that name, led to a twin that the test holds in its hands."""
    make = MAKES[name]
    library = f"chamber-test-{next(_numbers)}"
    twin = make.twin(Box(bench.world.climate))
    port = pyvisa_wattest.register(RESOURCE, twin, bench=library, end=make.end, ended=make.end)
    driver = make.driver(
        bench.around("chamber"), resource=RESOURCE, library=f"{library}@wattest", **{**LIMITS, **options}
    )
    yield Stand(driver, twin, port)
    pyvisa_wattest.unregister(RESOURCE, bench=library)


@pytest.fixture(params=MAKES)
def chamber_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(chamber_name: str) -> Make:
    return MAKES[chamber_name]


@pytest.fixture
def stand(simulated_bench: SimulatedBench, chamber_name: str) -> Iterator[Stand]:
    with stand_of(simulated_bench, chamber_name, accuracy=0.5) as made:
        yield made


@pytest.fixture(scope="session")
def stands() -> Callable[..., Any]:
    """Gives a driver and its twin for one make, with options of one's own."""
    return stand_of


@contextmanager
def dialogue_of(
    bench: SimulatedBench, name: str, *lines: tuple[str, str | None], **options: Any
) -> Iterator[Any]:
    """The driver of that name over a script, whose lines end as those of its controller do."""
    make = MAKES[name]
    with expect_dialogue(*lines, resource=RESOURCE) as library:
        played_by = library.partition("@")[0]
        script = pyvisa_wattest._ports[played_by, pyvisa_wattest._canonical(RESOURCE)].twin
        pyvisa_wattest.register(RESOURCE, script, bench=played_by, end=make.end, ended=make.end)
        around = bench.around("chamber", world=False)
        yield make.driver(around, resource=RESOURCE, library=library, **{**LIMITS, **options})


@pytest.fixture(scope="session")
def dialogue() -> Callable[..., Any]:
    """Gives the driver of a name over a script of lines."""
    return dialogue_of
