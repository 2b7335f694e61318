"""A member of a group: what it keeps to without its controller."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.evse.conftest import SHEET
from tests.evse.test_limits import limit

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

MEMBER = replace(SHEET, features=(*SHEET.features, "load_sharing"), fallback_current_a=6.0)


def test_fallback_and_back(enact: Enact) -> None:
    """Half a minute after the link went, a member of a group goes down to its fallback, and takes its share again after."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        assert await limit(bench, 20) == "Accepted"
        await bench.wait(10)
        bench.network.cut()
        await bench.wait(25)
        assert bench.outlet.true_current_a() == 20.0
        await bench.wait(15)
        assert bench.outlet.true_current_a() == 6.0
        bench.network.restore()
        await bench.wait(120)
        assert bench.outlet.true_current_a() == 20.0

    enact(scene, sheet=MEMBER)


def test_who_is_in_no_group_goes_on(enact: Enact) -> None:
    """A station that was never given a share, or does not state the feature, charges as before without a link."""

    async def alone(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        bench.network.cut()
        await bench.wait(60)
        assert bench.outlet.true_current_a() == 32.0

    enact(alone, sheet=MEMBER)

    async def no_member(bench: Bench) -> None:
        await bench.ready()
        await bench.begin()
        assert await limit(bench, 20) == "Accepted"
        bench.network.cut()
        await bench.wait(60)
        assert bench.outlet.true_current_a() == 20.0

    enact(no_member)
