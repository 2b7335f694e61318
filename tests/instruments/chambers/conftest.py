"""Chambers by name: how to make the driver, its twin, and what its twin answers with."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import pyvisa_wattest
from wattest_instruments.chambers.ascii2 import ascii2
from wattest_instruments.chambers.ascii2_twin import Ascii2Twin
from wattest_instruments.chambers.binder import binder
from wattest_instruments.chambers.binder_twin import BinderTwin
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
from wattest_instruments.links.protocol_wattest import Send, register, unregister
from wattest_instruments.twins.modbus import RtuLine

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
    "binder": Make(binder, BinderTwin, b"", "reports Safety controller", "stands still", "Binder"),
    "watlow_f4t": Make(watlow_f4t, F4tTwin, b"\n", "reports input error ERROR", None, "Watlow Electric"),
}


class Stranger:
    """Another instrument at the same address."""

    identity = "YOKOGAWA,WT1804E,C2TW01804,F3.11"

    def handle(self, line: str) -> str:
        return self.identity


def _instead(answer: str | None, _told: str | None) -> str | None:
    return answer


@dataclass
class VisaPlug:
    """Where a twin that speaks lines is plugged in."""

    port: pyvisa_wattest.Port

    def answer(self, *answers: str | None) -> None:
        """The next answers, instead of the twin's; None is lost."""
        for answer in answers:
            self.port.faults.append(partial(_instead, answer))

    def swap(self, driver: str) -> str:
        """Something else is there now; what the driver must say of it."""
        self.port.twin = Stranger()
        return (
            f"answered {Stranger.identity!r}, which is nothing that the driver '{driver}' is made for: choose the driver "
            "'yokogawa_wt', or correct the resource in the bench file."
        )


@dataclass
class Cable:
    """A serial line to a Modbus device."""

    line: RtuLine
    answers: deque[str | None] = field(default_factory=deque)
    silent: bool = False

    def plugged(self, send: Send) -> None:
        def carry(data: bytes) -> None:
            if not self.answers:
                send(data)
            elif (answer := self.answers.popleft()) is not None:
                send(answer.encode("latin-1"))

        self.line.plugged(carry)

    def receive(self, data: bytes) -> None:
        if not self.silent:
            self.line.receive(data)

    def unplugged(self) -> None:
        self.line.unplugged()

    def answer(self, *answers: str | None) -> None:
        self.answers.extend(answers)

    def swap(self, driver: str) -> str:
        self.silent = True
        return "did not answer within 1 s: check device_id, speed and cable."


@dataclass
class Stand:
    """A driver and its twin in memory, and what lies between them."""

    driver: Any
    twin: Any
    plug: VisaPlug | Cable

    @property
    def box(self) -> Box:
        box: Box = self.twin.box
        return box


@contextmanager
def stand_of(bench: SimulatedBench, name: str, **options: Any) -> Iterator[Stand]:
    """The driver of that name, led to a twin that the test holds in its hands."""
    make = MAKES[name]
    place = f"chamber-test-{next(_numbers)}"
    twin = make.twin(Box(bench.world.climate))
    around = bench.around("chamber", world=False)
    options = {**LIMITS, **options}
    if name == "binder":
        cable = Cable(RtuLine(twin))
        driver = make.driver(around, resource=register(place, cable), baud=115200, **options)
        yield Stand(driver, twin, cable)
        unregister(place)
    else:
        port = pyvisa_wattest.register(RESOURCE, twin, bench=place, end=make.end, ended=make.end)
        driver = make.driver(around, resource=RESOURCE, library=f"{place}@wattest", **options)
        yield Stand(driver, twin, VisaPlug(port))
        pyvisa_wattest.unregister(RESOURCE, bench=place)


@pytest.fixture(params=MAKES)
def chamber_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def makes() -> dict[str, Make]:
    return MAKES


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
