"""Whatever happens, in whatever order: no energy without leave, nothing lost or doubled, a register that only grows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattest.errors import RigError

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

    from wattest.model.scenario import Dialect

CARDS = ("04A1B2C3", "04FFFFFF", "04600001", "04600002", "04123456")
GOOD = {"04A1B2C3", "04600001", "04600002"}

ACTS = st.one_of(
    st.tuples(st.just("tap"), st.sampled_from(CARDS)),
    st.tuples(st.just("remote start"), st.sampled_from(sorted(GOOD))),
    st.tuples(
        st.sampled_from(
            [
                "plug in",
                "unplug",
                "ready",
                "pause",
                "remote stop",
                "unlock",
                "cut",
                "silent",
                "restore",
                "off",
                "on",
                "reset",
            ]
        ),
        st.none(),
    ),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 1.0, 7.0, 65.0, 400.0])),
    st.tuples(st.just("arrive"), st.sampled_from(sorted(GOOD))),
)


class Life:
    """Plays acts on a bench and watches the invariants after each."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.leave: set[str] = set()
        self.energy = 0.0
        self.register = 0.0

    async def act(self, what: str, argument: Any) -> None:
        bench = self.bench
        if what == "tap":
            bench.world.reader.tap(argument)
        elif what == "wait":
            await bench.wait(argument)
        elif what == "arrive":
            for step in (("tap", argument), ("wait", 2.0), ("plug in", None), ("ready", None), ("wait", 2.0)):
                await self.act(*step)
        elif what == "plug in":
            self._try(bench.car.plug_in)
        elif what == "unplug":
            self._try(bench.car.unplug)
            self._try(bench.car.holster)
        elif what in {"ready", "pause"}:
            bench.car.set_ready(what == "ready")
        elif what in {"cut", "silent"}:
            bench.network.cut("reset" if what == "cut" else "silent")
        elif what == "restore":
            bench.network.restore()
        elif what in {"on", "off"}:
            bench.world.grid.set_power(what == "on")
        else:
            await self._ask(what, argument)
        await bench.wait(0.05)
        self.look()

    @staticmethod
    def _try(verb: Any) -> None:
        try:
            verb()
        except RigError:
            return

    async def _ask(self, what: str, argument: Any) -> None:
        bench = self.bench
        old = bench.dialect == "1.6"
        asked: dict[str, tuple[str, dict[str, Any]]] = {
            "remote start": ("RemoteStartTransaction", {"idTag": argument})
            if old
            else (
                "RequestStartTransaction",
                {"idToken": {"idToken": argument, "type": "Central"}, "remoteStartId": 1},
            ),
            "unlock": ("UnlockConnector", {"connectorId": 1} if old else {"evseId": 1, "connectorId": 1}),
            "reset": ("Reset", {"type": "Hard" if old else "Immediate"}),
        }
        if what == "remote stop":
            started = bench.started()
            if not started:
                return
            if old:
                call: tuple[str, dict[str, Any]] = (
                    "RemoteStopTransaction",
                    {"transactionId": bench.central.next_number},
                )
            else:
                call = (
                    "RequestStopTransaction",
                    {"transactionId": started[-1]["transactionInfo"]["transactionId"]},
                )
        else:
            call = asked[what]
        if bench.central.wire is None:
            return
        try:
            await bench.central.call(*call, within_s=5.0)
        except TimeoutError:
            return

    def look(self) -> None:
        """Energy only inside a transaction, and only with the plug held; the register never turns back."""
        bench, outlet = self.bench, self.bench.outlet
        if outlet.true_current_a() > 0:
            (session,) = bench.charger.flash.transactions.values()
            assert session.token in GOOD, f"{session.token} draws current"
            assert outlet.connector_lock.position() == "locked"
        if outlet.contactor.closed:
            assert outlet.pilot == "C"
        register = outlet.meter.register_wh()
        assert register >= self.register
        self.register = register

    async def settle(self) -> None:
        """Heal everything and end what runs; the ledger must then be whole."""
        bench = self.bench
        bench.world.grid.set_power(True)
        bench.network.restore()
        await bench.wait(400)
        bench.car.set_ready(False)
        await bench.wait(5)
        self._try(bench.car.unplug)
        await bench.wait(400)
        assert not bench.charger.flash.queue
        assert not bench.charger.flash.transactions


def ledger(bench: Bench) -> None:
    """Each transaction started once and ended once, with energy that adds up to what flowed."""
    if bench.dialect == "1.6":
        # a StartTransaction whose answer was lost may come again, the same
        starts = {(p["idTag"], p["meterStart"], p["timestamp"]) for p in bench.started()}
        ends = {(p["meterStop"], p["timestamp"]) for p in bench.ended()}
        assert len(starts) == len(ends)
        billed = sum(stop for stop, _at in ends) - sum(start for _tag, start, _at in starts)
    else:
        events: dict[str, dict[int, Any]] = {}
        for payload in bench.central.said("TransactionEvent"):
            own = events.setdefault(payload["transactionInfo"]["transactionId"], {})
            again = own.setdefault(payload["seqNo"], payload)
            assert {**again, "offline": None} == {**payload, "offline": None}
        billed = 0
        for own in events.values():
            assert sorted(own) == list(range(len(own)))
            kinds = Counter(p["eventType"] for p in own.values())
            assert kinds["Started"] == kinds["Ended"] == 1
            first, last = own[0], own[len(own) - 1]
            billed += _register(last) - _register(first)
    assert abs(billed - bench.outlet.true_energy_wh()) <= 1.0 + len(bench.started())


def _register(event: dict[str, Any]) -> int:
    return int(event["meterValue"][0]["sampledValue"][0]["value"])


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=st.lists(ACTS, max_size=25), seed=st.integers(0, 3))
def test_any_life(enact_in: Enact, dialect: Dialect, acts: list[tuple[str, Any]], seed: int) -> None:
    """Random lives of a charger keep every invariant, and afterwards the ledger is whole."""

    async def scene(bench: Bench) -> None:
        life = Life(bench)
        await bench.ready()
        for what, argument in acts:
            await life.act(what, argument)
        await life.settle()
        life.look()

    ledger(enact_in(scene, dialect, seed=seed))
