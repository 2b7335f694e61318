"""What all tests share: pytest in pytest, and scenario files of a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytest_plugins = ["pytester"]

settings.register_profile("wattest", deadline=None)
settings.load_profile("wattest")
"""A deadline would test how busy the machine is."""

NO_POWER = """
scenario: A stranger gets nothing
titre: Rien pour un inconnu
id: TINY-001
covers: [AUT-03]
needs: [card_reader]
given:
  cards: {stranger: {uid: 04AA, status: blocked}}
steps:
  - present_card: stranger
  - expect_no_transaction: {for: 5 s}
"""
FAILS = """
scenario: A session begins out of nothing
titre: Une session naît de rien
id: TINY-002
covers: [AUT-02]
needs: [vehicle]
steps:
  - wait: {for: 5 s}
  - expect_transaction: {state: started, within: 1 s}
"""
UNDECIDED = """
scenario: A car that was never plugged in
titre: Une auto jamais branchée
id: TINY-003
covers: [AUT-02]
needs: [vehicle]
steps:
  - charge: {current: 16 A, energy: 1 Wh}
  - expect_transaction: {state: started, within: 1 s}
"""
VARIANTS = """
scenario: A stranger with one of two cards gets nothing
titre: Deux cartes
id: TINY-004
covers: [AUT-03]
needs: [card_reader]
for_each: {status: [blocked, expired]}
given:
  cards: {stranger: {uid: 04AA, status: $status}}
steps:
  - present_card: stranger
  - expect_no_transaction: {for: 5 s}
"""
NEEDS_MORE = """
scenario: Something that no charger has
titre: Rien de tel
id: TINY-005
covers: [AUT-03]
needs: [wall_clock_step]
steps:
  - expect_no_transaction: {for: 5 s}
"""
BROKEN = """
scenario: Full of mistakes
titre: Plein de fautes
id: TINY-006
covers: [AUT-03]
steps:
  - present_cart: driver
  - expect_no_transaction: {for: 5 A}
"""
HOLDS = """
scenario: Takes its time
titre: Prend son temps
id: TINY-007
covers: [AUT-03]
needs: [vehicle]
given: {cards: {driver: 04E2A1B2}}
steps:
  - present_card: driver
  - plug_in
  - ev_ready
  - expect_transaction: {state: charging, within: 30 s}
  - charge: {current: 16 A}
  - hold_real_time
  - expect_no_transaction: {for: 5 s}
"""
LATER = NO_POWER.replace("TINY-001", "TINY-008")

HOLDING_VERB = '''
import asyncio, os
import pytest
from wattest.steps import step

@step()
async def hold_real_time(run):
    """Tell the test that a car is charging, and hold real time until the run is stopped."""
    with run.clock.hold():
        reader, writer = await asyncio.open_connection("127.0.0.1", int(os.environ["HOLD_PORT"]))
        await reader.read()

@pytest.fixture(scope="session", autouse=True)
def torn_down():
    yield
    with open(os.environ["HOLD_MARK"], "w") as mark:
        mark.write("torn down")
'''

CATALOGUE = {
    "authentication/no_power": NO_POWER,
    "metering/fails": FAILS,
    "metering/undecided": UNDECIDED,
    "billing/variants": VARIANTS,
    "outage/needs_more": NEEDS_MORE,
    "outage/broken": BROKEN,
    "locking/holds": HOLDS,
    "outage/later": LATER,
}


@pytest.fixture(autouse=True)
def _state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known of benches between runs: of each test's own, never of the benches of who runs the tests."""
    monkeypatch.setenv("WATTEST_STATE", str(tmp_path_factory.getbasetemp() / "state"))


@pytest.fixture
def tiny() -> Callable[..., None]:
    """Write tiny scenarios by name into a folder, one folder below it per area; with one that holds, its verb too."""

    def write(folder: Path, *names: str) -> None:
        for name in names:
            path = folder / f"{name}.scenario.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(CATALOGUE[name], encoding="utf-8")
            if CATALOGUE[name] is HOLDS:
                (folder / "conftest.py").write_text(HOLDING_VERB, encoding="utf-8")

    return write
