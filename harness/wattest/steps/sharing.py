"""Steps on a feeder that several stations share; the central system is the controller of the group.

The station under test is at place 1. Whatever a step changes, the currents of all places are read every second and their
sum, or what the meter of the whole feeder reads where it has one, is held against the limit of the feeder: above it for no
longer than limit ``group_excursion``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wattest.csms.sharing import shares
from wattest.document.quantity import DURATION, PERCENT, Current, Duration
from wattest.errors import BenchError, Inconclusive
from wattest.roles import Reading
from wattest.steps.limits import check_at_most, in_unit, judged, measured
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.roles import Feeder
    from wattest.steps.context import Run

EVERY_S = 1.0
"""How often the feeder is read while it is watched."""
LOWER_FIRST_S = 6.0
"""Between taking current from some and giving it to others: a vehicle has 5 s to follow (SAE J1772, recalled)."""
SETTLED_S = 30.0
"""How long the feeder is watched after a step of demand or limit."""
FULL = 0.9
"""Share of what was given that must flow to count as taken (project)."""
FLOWS_A = 0.5
STRAY_A = 1.0
"""How far the meter of a whole feeder may be above the sum of the places beside the uncertainties: they are read in turn, and
cables take a little (project)."""
STRAY_LOOKS = 3
"""So many looks in a row must show it."""
GROUP = "sharing group"


@dataclass
class Group:
    """What the controller knows: the limit, who charges, whose turn it is, and what each place was given last."""

    limit_a: float
    charging: list[int] = field(default_factory=list)
    turn: int = 0
    given: dict[int, float] = field(default_factory=dict)


@step(proves=("LOD-01",))
async def share_feeder(run: Run, *, limit: Current) -> None:
    """The central system takes charge of the feeder: nobody draws before a share was given to him.

    ``limit``: amperes per phase that all stations together may draw.
    """
    run.names[GROUP] = Group(limit)
    await _share(run)


@step(proves=("LOD-01", "LOD-05"))
async def join_feeder(run: Run, *, place: int = 1) -> None:
    """A vehicle joins, the shares are set anew, and it is served within limit ``share_join``.

    At place 1 the vehicle must be plugged in, authorised and ready already; at the others the bench brings one.
    """
    group, feeder = _group(run), _feeder(run)
    if place != 1:
        await feeder.join(place)
    group.charging.append(place)
    begin = run.clock.monotonic()
    await _share(run)
    limit = run.limit("share_join")
    least = run.sheet.minimum_current_a if group.given[place] else 0.0
    await _watched(
        run, begin, in_unit(limit, DURATION), Awaited("the newcomer is served", place, FULL * least)
    )


@step(proves=("LOD-01", "LOD-05"))
async def leave_feeder(run: Run, *, place: int) -> None:
    """A vehicle at a station of the bench leaves, and the station under test draws its new share within limit ``share_leave``."""
    group, feeder = _group(run), _feeder(run)
    if place not in group.charging or place == 1:
        raise BenchError(f"Nobody of the bench charges at place {place}; {group.charging} do.")
    await feeder.leave(place)
    group.charging.remove(place)
    begin = run.clock.monotonic()
    await _share(run)
    limit = run.limit("share_leave")
    share = Awaited("what the leaver took is given out", 1, FULL * group.given[1])
    await _watched(run, begin, in_unit(limit, DURATION), share)


@step(proves=("LOD-01",))
async def limit_feeder(run: Run, *, to: Current) -> None:
    """The limit of the feeder changes, and the sum of currents is at or below it again in time."""
    _group(run).limit_a = to
    begin = run.clock.monotonic()
    await _share(run)
    await _watched(run, begin, SETTLED_S, None)


@step(proves=("LOD-01",))
async def rotate_feeder(run: Run) -> None:
    """Where the limit does not feed all at once, it is the next one's turn."""
    _group(run).turn += 1
    begin = run.clock.monotonic()
    await _share(run)
    await _watched(run, begin, SETTLED_S, None)


@step(proves=("LOD-04",))
async def check_shares(run: Run) -> None:
    """Who was given the same draws the same, within limit ``fair_share``, with 6 A at least; who was given nothing draws nothing."""
    group = _group(run)
    currents = await _currents(run)
    fed = [place for place in group.charging if group.given[place] > 0]
    paused = [place for place in group.charging if group.given[place] == 0]
    if 1 not in group.charging or len(group.charging) < 2:
        raise Inconclusive(
            f"Shares are compared where several charge, place 1 among them; {group.charging} do."
        )
    evidence = tuple(seq for place in group.charging for seq in currents[place].seq)
    if 1 in fed:
        others = [currents[place].value for place in fed if place != 1] or [group.given[1]]
        mean = sum(others) / len(others)
        if mean < FLOWS_A:
            raise Inconclusive(f"The other stations draw {mean:.1f} A: there is nothing to compare with.")
        u = 100.0 * (currents[1].u or 0.0) * (1 + 1 / len(others)) ** 0.5 / mean
        gap = Reading(100.0 * abs(currents[1].value - mean) / mean, "%", currents[1].t_s, u=u, seq=evidence)
        check_at_most(run, "gap between equal shares", gap, run.limit("fair_share"), PERCENT)
        run.check(
            "at least the smallest current",
            "at_least",
            {
                **measured(currents[1], "the current of a station that is fed"),
                "limit": run.sheet.minimum_current_a * FULL,
                "k": run.rule.k,
                "guard": run.rule.guard,
            },
            evidence=evidence,
        )
    if 1 in paused:
        run.check(
            "paused",
            "at_most",
            {
                **measured(currents[1], "the current of a station that pauses"),
                "limit": FLOWS_A,
                "k": run.rule.k,
                "guard": run.rule.guard,
            },
            evidence=evidence,
        )


@step(proves=("LOD-03",))
async def check_fallback(run: Run) -> None:
    """The station has lost its controller and is at or below its declared fallback within limit ``fallback_time``.

    The network must have been cut just before; what the charger sheet states as ``fallback_current`` counts.
    """
    most = run.sheet.fallback_current_a
    if most is None:
        raise BenchError(
            "The charger sheet states no fallback_current, so that nothing can be held against it."
        )
    limit = run.limit("fallback_time")
    within = in_unit(limit, DURATION)
    begin = run.clock.monotonic()
    current = (await _currents(run))[1]
    if current.value <= most:
        raise Inconclusive(
            f"The station drew {current.value:.1f} A before, which is no more than its fallback."
        )
    below: float | None = None
    while (passed := run.clock.monotonic() - begin) <= within + SETTLED_S:
        current = (await _currents(run))[1]
        high = current.value - 2.0 * (current.u or 0.0) > most
        below = None if high else (passed if below is None else below)
        await run.clock.sleep(EVERY_S)
    run.check(
        "fallback without the controller",
        "occurred",
        {
            "what": f"a current that stays at or below the declared fallback of {most:g} A",
            "within_s": within,
            "after_s": below,
        },
        evidence=current.seq,
    )


@step(proves=("LOD-07",))
async def check_dwell(run: Run, *, for_: Duration) -> None:
    """A stay brings at least limit ``dwell_share`` of the energy that the share of place 1 promises, by the reference meter."""
    group = _group(run)
    share = group.given.get(1, 0.0)
    if share <= 0:
        raise BenchError("Place 1 was given nothing, so that nothing is promised.")
    first = await run.power()
    begin = run.clock.monotonic()
    await run.wait(for_)
    last = await run.power()
    hours = (run.clock.monotonic() - begin) / 3600.0
    promised_wh = share * first.voltage.value * run.sheet.phases * hours
    got = last.energy.value - first.energy.value
    u = 100.0 * (((first.energy.u or 0.0) ** 2 + (last.energy.u or 0.0) ** 2) ** 0.5) / promised_wh
    reached = Reading(100.0 * got / promised_wh, "%", last.energy.t_s, u=u)
    limit = run.limit("dwell_share")
    run.check(
        "energy of the stay",
        "at_least",
        {
            **measured(reached, f"the energy of {hours:.2f} h of the {promised_wh:.0f} Wh promised"),
            "limit": in_unit(limit, PERCENT),
            **judged(run, limit),
        },
        evidence=(*first.energy.seq, *last.energy.seq),
    )


# --- the controller ----------------------------------------------------------------------------------------


def _feeder(run: Run) -> Feeder:
    if run.feeder is None:
        raise BenchError(
            "This step needs a feeder with several stations, and the bench has none; put 'feeder' under 'needs:' so "
            "that the scenario is not tested there."
        )
    return run.feeder


def _group(run: Run) -> Group:
    group = run.names.get(GROUP)
    if not isinstance(group, Group):
        raise BenchError("Nobody is in charge of the feeder yet: begin with 'share_feeder: {limit: 40 A}'.")
    return group


async def _share(run: Run) -> None:
    """Give everybody his share: first to those who get less, and once they have followed, to the others."""
    group, feeder = _group(run), _feeder(run)
    wanted = shares(
        group.limit_a,
        group.charging,
        least_a=run.sheet.minimum_current_a,
        most_a=run.sheet.rated_current_a,
        turn=group.turn,
    )
    target = {place: wanted.get(place, 0.0) for place in range(1, feeder.places + 1)}
    unknown = run.sheet.rated_current_a  # what a station draws that was never given anything
    lower = [place for place in target if target[place] < group.given.get(place, unknown)]
    higher = [place for place in target if target[place] > group.given.get(place, unknown)]
    for places, pause_s in ((lower, LOWER_FIRST_S if higher else 0.0), (higher, 0.0)):
        for place in places:
            await _give(run, place, target[place])
        await run.clock.sleep(pause_s)
    group.given = target
    run.note(
        "setting", what="shares", limit=group.limit_a, shares=[[place, target[place]] for place in target]
    )


async def _give(run: Run, place: int, current_a: float) -> None:
    if place != 1:
        status = await _feeder(run).set_share(place, current_a)
        if status != "Accepted":
            raise BenchError(
                f"The station of the bench at place {place} answered '{status}' to a share of {current_a:g} A."
            )
        return
    answer = await run.csms.station().set_limit(current_a, 1)
    run.check(
        "share accepted",
        "one_of",
        {
            "what": f"the answer to a share of {current_a:g} A",
            "allowed": ["Accepted"],
            "observed": answer.status,
        },
        evidence=[answer.seq],
        proves=("LOD-01",),
    )


# --- the feeder --------------------------------------------------------------------------------------------


async def _currents(run: Run) -> dict[int, Reading]:
    """What every place draws, noted."""
    seen = await _feeder(run).read()
    return {
        place: run.reading("feeder", f"current at place {place}", one) for place, one in enumerate(seen, 1)
    }


def _sum(currents: dict[int, Reading], now: float) -> Reading:
    """What all places draw together, as if on one phase: on several it is less."""
    return Reading(
        sum(one.value for one in currents.values()),
        "A",
        now,
        u=sum((one.u or 0.0) ** 2 for one in currents.values()) ** 0.5,
        seq=tuple(seq for one in currents.values() for seq in one.seq),
    )


def _is_stray(whole: Reading, together: Reading) -> bool:
    """Whether more flows into a feeder than its places can draw."""
    u = ((whole.u or 0.0) ** 2 + (together.u or 0.0) ** 2) ** 0.5
    return bool(whole.value - together.value > 2.0 * u + STRAY_A)


@dataclass(frozen=True)
class Awaited:
    """What a step brings: so much current at a place."""

    what: str
    place: int
    least_a: float


async def _watched(run: Run, begin: float, for_s: float, awaited: Awaited | None) -> None:
    """Read the feeder for so long, and judge how long its limit was exceeded at a stretch, and what was awaited."""
    group = _group(run)
    over_s, longest_s, since = 0.0, 0.0, None
    reached: float | None = None
    evidence: tuple[int, ...] = ()
    worst = last = Reading(0.0, "A", begin, u=0.0)
    stray = 0
    while True:
        currents = await _currents(run)
        now = run.clock.monotonic()
        together = _sum(currents, now)
        whole = await _feeder(run).read_group()
        last = together if whole is None else run.reading("feeder", "current of the feeder", whole)
        u = last.u or 0.0
        stray = stray + 1 if _is_stray(last, together) else 0
        worst = max(worst, last, key=lambda one: one.value)
        if last.value - 2.0 * u > group.limit_a:
            since = now if since is None else since
            over_s = now - since + EVERY_S
            if over_s > longest_s:
                longest_s, evidence = over_s, last.seq
        else:
            since = None
        if awaited is not None and reached is None and currents[awaited.place].value >= awaited.least_a:
            reached = now - begin
        if now - begin >= for_s:
            break
        await run.clock.sleep(EVERY_S)
    if stray >= STRAY_LOOKS:
        raise BenchError(
            f"The meter of the whole feeder reads {last.value:.1f} A, and its places together draw {together.value:.1f} A: "
            "somebody else hangs on the feeder, or a meter is not where the bench file says."
        )
    spent = Reading(
        longest_s,
        "s",
        run.clock.monotonic(),
        u=EVERY_S / 6**0.5,  # begin and end lie anywhere between two looks: triangular
        seq=evidence or last.seq,
    )
    limit = run.limit("group_excursion")
    run.check(
        "limit of the feeder",
        "at_most",
        {
            **measured(
                spent,
                f"the longest time above the limit of {group.limit_a:g} A (highest sum {worst.value:.1f} A)",
            ),
            "limit": in_unit(limit, DURATION),
            **judged(run, limit),
        },
        evidence=spent.seq,
        proves=("LOD-01",),
    )
    if awaited is not None:
        run.check(
            awaited.what,
            "occurred",
            {
                "what": f"a current of {awaited.least_a:.1f} A at least at place {awaited.place}",
                "within_s": for_s,
                "after_s": reached,
            },
            evidence=last.seq,
            proves=("LOD-05",),
        )
