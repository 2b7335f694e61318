"""What holds for every installed driver, whoever wrote it: its documentation, its options, its manners."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from wattest.clock import VirtualClock
from wattest.clock.network import MemoryNetwork
from wattest.document.signature import shape_of
from wattest.errors import InstrumentError, RigError
from wattest.model.bench import Bench
from wattest.model.charger import ChargerSheet
from wattest.model.examples import examples_of
from wattest.model.plugins import DRIVERS, entry_points
from wattest.model.read import read_bench
from wattest.model.words import CAPABILITIES
from wattest.roles import ROLES, Part, Surroundings
from wattest.world import World

NO_TWIN = {
    "by_hand": "a person has no twin: a rehearsal plays the role in the simulated world",
    "camera": "it takes pictures of a real screen",
    "panel": "it serves the simulated world itself, and has no place on a live bench",
    "http": "a lab's own web service, which only the lab can imitate",
    "process": "it speaks through a rig program",
    "process_rig": "a lab's own program, which can be started as it is",
    "simulated": "it is the simulated world already",
}
"""Drivers that a rehearsal replaces by the simulated world, and why."""

EVERY_ACTION = frozenset({"identify", "make_safe", "read_back", "vehicle_current", "clock"})
"""Words that drivers of named actions support beside verbs and capabilities."""

OUTSIDE = frozenset(
    {
        "socket.connect",
        "socket.bind",
        "socket.sendto",
        "socket.getaddrinfo",
        "subprocess.Popen",
        "os.posix_spawn",
        "os.system",
    }
)
DOCUMENTS = (".py", ".pyc", ".so", "entry_points.txt", ".yaml")
"""Files that say what a part is, and are no part: code, and documents of the bench."""
_watched: list[list[str]] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched:
        return
    if event in OUTSIDE:
        _watched[-1].append(f"{event} {arguments[1:2]}")
    elif event == "open" and not str(arguments[0]).endswith(DOCUMENTS):
        _watched[-1].append(f"open {arguments[0]}")


@pytest.fixture(scope="session")
def audited() -> None:
    """The hook stays for ever, as hooks do; it does nothing while nobody watches."""
    sys.addaudithook(_audit)


@contextmanager
def watching() -> Iterator[list[str]]:
    """What goes out of this process meanwhile: files, sockets, programs. Imports do not count."""
    heard: list[str] = []
    _watched.append(heard)
    try:
        yield heard
    finally:
        _watched.pop()


@pytest.fixture
def clock() -> Iterator[VirtualClock]:
    with VirtualClock() as clock:
        yield clock


def unnoted(_kind: str, /, **_fields: Any) -> int:
    return 0


def benches(driver: str, folder: Path) -> list[Bench]:
    """The bench files that the documentation of a driver shows."""
    found = []
    for number, text in enumerate(examples_of(driver)):
        path = folder / f"example{number}.yaml"
        path.write_text(f"bench: example\nkind: live\n{nowhere(text)}", encoding="utf-8")
        found.append(read_bench(path))
    return found


def nowhere(text: str) -> str:
    """An example whose addresses lead to ports of this machine that nobody serves."""
    return re.sub(r"192\.0\.2\.\d+", "127.0.0.1", re.sub(r"(192\.0\.2\.\d+)(::|:)\d+", r"\1\g<2>9", text))


def parts_of(bench: Bench, clock: VirtualClock, sheet: ChargerSheet) -> dict[str, tuple[str, Part]]:
    """Every part of a bench by name, with its driver, made and not opened. Rigs come first.

    Calibration files are left out: an example names one that only a laboratory has.
    """
    world = World(clock, sheet)
    rigs: dict[str, Any] = {}
    made: dict[str, tuple[str, Part]] = {}

    def around(role: str) -> Surroundings:
        known = {"network": MemoryNetwork(clock), **rigs}
        folder = str(Path(bench.path).parent)
        return Surroundings(clock=clock, note=unnoted, role=role, folder=folder, world=world, rigs=known)

    for name, entry in bench.rigs.items():
        rigs[name] = DRIVERS[entry.driver](around(name), **without_files(entry.options))
        made[name] = (entry.driver, rigs[name])
    for role, entry in bench.roles.items():
        part = DRIVERS[entry.driver](around(role), **without_files(entry.options))
        made[role] = (entry.driver, part)
    return made


def without_files(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name != "calibration"}


@pytest.mark.parametrize("driver", DRIVERS)
def test_its_documentation_shows_a_bench_entry_that_can_be_read(driver: str, tmp_path: Path) -> None:
    """The docstring of its module holds an entry, which the reader of bench files accepts."""
    found = benches(driver, tmp_path)
    assert found, f"the module of {driver} shows no bench entry with 'driver: {driver}'"
    for bench in found:
        assert driver in {entry.driver for entry in (*bench.rigs.values(), *bench.roles.values())}


@pytest.mark.parametrize("driver", DRIVERS)
def test_its_options_are_keyword_only_and_typed(driver: str) -> None:
    """The factory takes its surroundings and named options, of types that the reader of bench files can read."""
    around, *options = inspect.signature(DRIVERS[driver]).parameters.values()
    assert around.kind in {around.POSITIONAL_ONLY, around.POSITIONAL_OR_KEYWORD}
    for option in options:
        assert option.kind is option.KEYWORD_ONLY, f"{driver}: {option.name} can be given without its name"
        assert option.annotation is not option.empty, f"{driver}: {option.name} has no type"
    assert shape_of(DRIVERS[driver]).parameters is not None
    assert inspect.getdoc(DRIVERS[driver]), f"the factory of {driver} has no docstring"


@pytest.mark.parametrize("driver", DRIVERS)
def test_it_touches_nothing_before_it_is_opened(
    driver: str, tmp_path: Path, clock: VirtualClock, charger_sheet: ChargerSheet, audited: None
) -> None:
    """Neither its constructor nor ``close`` does anything outside as long as ``open`` was not called."""
    for bench in benches(driver, tmp_path):
        with watching() as heard:
            parts = parts_of(bench, clock, charger_sheet)
        assert heard == [], f"{driver} does something in its constructor"
        for name, (kind, part) in parts.items():
            if kind != driver:
                continue
            with watching() as heard:
                clock.run(part.close())
                clock.run(part.close())
            assert heard == [], f"{name} ({driver}) does something before it was opened"


def said(clock: VirtualClock, part: Part) -> str:
    """What ``make_safe`` had to say when it could not reach its device; nothing when it was done."""
    try:
        clock.run(part.make_safe())
    except (InstrumentError, RigError) as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize("driver", DRIVERS)
def test_it_can_be_made_safe_at_any_time(
    driver: str, tmp_path: Path, clock: VirtualClock, charger_sheet: ChargerSheet
) -> None:
    """Without ``open`` it is made safe, and twice, or says in a sentence that it could not reach its device."""
    for bench in benches(driver, tmp_path):
        for kind, part in parts_of(bench, clock, charger_sheet).values():
            if kind != driver:
                continue
            sentences = [sentence for _ in range(2) if (sentence := said(clock, part))]
            clock.run(part.close())
            assert all(sentence.endswith(".") for sentence in sentences), sentences


@pytest.mark.parametrize("driver", DRIVERS)
def test_it_has_what_every_part_has(
    driver: str, tmp_path: Path, clock: VirtualClock, charger_sheet: ChargerSheet
) -> None:
    """It is a part, has every verb of its role, and names capabilities that scenarios can need."""
    for bench in benches(driver, tmp_path):
        for name, (kind, part) in parts_of(bench, clock, charger_sheet).items():
            if kind != driver:
                continue
            assert isinstance(part, Part), f"{name} ({driver}) is no part of a bench"
            assert isinstance(part.supports, frozenset)
            if name not in ROLES:
                continue
            verbs = {verb for verb in vars(ROLES[name]) if not verb.startswith("_")}
            missing = {verb for verb in verbs if not hasattr(part, verb)}
            assert missing == set(), f"{name} ({driver}) has no {', '.join(sorted(missing))}"
            foreign = part.supports - set(CAPABILITIES) - verbs - EVERY_ACTION
            assert foreign == set(), f"{name} ({driver}) supports {', '.join(sorted(foreign))}"


@pytest.mark.parametrize("driver", DRIVERS)
def test_it_has_a_twin_or_a_reason(driver: str) -> None:
    """A bench with it can be rehearsed with a twin that speaks its bytes, or it says why there can be none."""
    twins = entry_points("wattest.twins")
    assert (driver in twins) != (driver in NO_TWIN), (
        f"{driver} needs an entry point under 'wattest.twins', or a reason in NO_TWIN, and not both"
    )


def test_every_reason_is_about_a_driver() -> None:
    """No exception outlives the driver it was made for, and no twin stands in for nobody."""
    assert set(NO_TWIN) <= set(DRIVERS)
    assert set(entry_points("wattest.twins")) <= set(DRIVERS)
