"""One energy, told in several ways: register, periodic values, power, reference meter, bill (DAT-03, MET-12, MET-14).

Gross disagreement only: how accurate the meter is, metering scenarios ask. Every comparison states its
worst-case allowances one by one, and too little energy for them is said, not judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

from wattest.judge.energy import Mark, marks, standby_w
from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.sessions import Register, Scene, Session, energy_of, power_of, stamp
from wattest.judge.tallies import amount_of
from wattest.ocpp.neutral import TransactionChanged

ENERGY = ("DAT-03",)
AGREEMENT = ("MET-12",)
PERIODIC = ("MET-14",)
SETTLE_S = 2.0
"""After an end has been told, the contactor is open for sure."""
UNSTEADY = 0.1
"""Power that differs by more than this share from sample to sample changed in between (project)."""
HIGHEST_TAX = Decimal("0.15")
"""The highest combined sales tax of a province (NB, NL, PE)."""


def watch(scene: Scene) -> tuple[Finding, ...]:
    """All comparisons that the sessions of the attempt allow."""
    found: list[Finding] = []
    found += _registers(scene)
    for session in scene.sessions:
        found += _samples(scene, session)
        found += _power(scene, session)
        found += _bill(scene, session)
    found += _reference(scene)
    return tuple(found)


def energy_wh(session: Session) -> Decimal | None:
    """Register at the end less register at the start, as told with those two events."""
    if session.started is None or session.ended is None:
        return None
    first, last = session.started[0].register_wh, session.ended[0].register_wh
    return None if first is None or last is None else last - first


def _registers(scene: Scene) -> tuple[Finding, ...]:
    """Sessions that ended state a start and an end register, and the end is not below the start."""
    cases: list[int] = []
    flaws: list[Flaw] = []
    for session in scene.sessions:
        energy = energy_wh(session)
        if session.ended is None or energy is None:
            continue
        if energy < -Decimal(str(max(1.0, scene.facts.register_step_wh))):
            flaws.append(
                Flaw(f"{session.name.capitalize()} ends {-energy} Wh below its start.", session.evidence)
            )
        else:
            cases.append(session.ended[1].seq)
    return held(
        scene.trace,
        ENERGY,
        "energy of sessions",
        "the register at the end of a session is not below the one at its start",
        cases=cases,
        flaws=flaws,
    )


def _samples(scene: Scene, session: Session) -> tuple[Finding, ...]:
    """Every sample of the register lies between the registers at start and end."""
    if energy_wh(session) is None:
        return ()
    own = [
        register
        for register in scene.registers
        if register.session is not None and register.session == session.id and register.source == "sample"
    ]
    assert session.started is not None
    assert session.ended is not None
    start, stop = session.started[0].register_wh, session.ended[0].register_wh
    assert start is not None
    assert stop is not None
    cases: list[int] = []
    flaws: list[Flaw] = []
    for register in own:
        room = max(register.resolution_wh, Decimal(1), Decimal(str(scene.facts.register_step_wh)))
        if start - room <= register.wh <= stop + room:
            cases.append(register.call.seq)
        else:
            flaws.append(_outside(session, register, start, stop))
    return held(
        scene.trace,
        AGREEMENT,
        "samples within the session",
        f"periodic registers of {session.name} lie between those at its start and end",
        cases=cases,
        flaws=flaws,
    )


def _outside(session: Session, register: Register, start: Decimal, stop: Decimal) -> Flaw:
    return Flaw(
        f"A periodic register of {session.name} is {register.wh:f} Wh (entry {register.call.seq}), outside the "
        f"{start:f} Wh to {stop:f} Wh from its start to its end.",
        (register.call.seq, *session.evidence),
    )


_Point = tuple[float, float, float, int]
"""Stated time in s, W, Wh, entry."""


def _power(scene: Scene, session: Session) -> tuple[Finding, ...]:
    """Integral of the power reported against what the register grew by, over the stretches of steady power.

    Between two samples of much different power, or around a change of state, nobody knows when it changed: such a
    stretch is left out of both.
    """
    runs = _steady(_points(session), _changes(scene, session))
    pairs = [pair for run in runs for pair in pairwise(run)]
    if not any(power > 0 for run in runs for _, power, _, _ in run):
        return ()
    integral = sum((p1 + p2) / 2.0 * (t2 - t1) / 3600.0 for (t1, p1, _, _), (t2, p2, _, _) in pairs)
    coarse = sum(abs(p1 - p2) / 2.0 * (t2 - t1) / 3600.0 for (t1, p1, _, _), (t2, p2, _, _) in pairs)
    highest = max(power for run in runs for _, power, _, _ in run)
    return (
        Finding(
            PERIODIC,
            "power integral",
            "agree",
            {
                "what": f"energy of {session.name} over its periodic values at steady power",
                "values": {
                    "integral of the power": integral,
                    "register": sum(run[-1][2] - run[0][2] for run in runs),
                },
                "unit": "Wh",
                "allowance": {
                    f"{scene.facts.power_integral_pct:g} %": integral
                    * scene.facts.power_integral_pct
                    / 100.0,
                    "change between samples": coarse,
                    "register steps": 2 * len(runs) * max(1.0, scene.facts.register_step_wh),
                    "times in whole seconds": len(runs) * highest / 3600.0,
                },
            },
            tuple(dict.fromkeys(seq for run in runs for _, _, _, seq in run)),
        ),
    )


def _steady(points: list[_Point], changes: list[float]) -> list[list[_Point]]:
    """Runs of two and more samples between which the power surely stayed what it was."""
    runs: list[list[_Point]] = []
    for first, last in pairwise(points):
        (t1, p1, _, _), (t2, p2, _, _) = first, last
        if abs(p1 - p2) > UNSTEADY * max(p1, p2) or any(t1 < t < t2 for t in changes):
            continue
        if runs and runs[-1][-1] is first:
            runs[-1].append(last)
        else:
            runs.append([first, last])
    return runs


def _changes(scene: Scene, session: Session) -> list[float]:
    """Times at which the power may have become another: by the session's state, or by what the bench did or asked for.

    A share that falls and comes back between two samples leaves no trace in either of them, and a station need not tell
    of every pause of a vehicle.
    """
    told = [
        (event.timestamp.timestamp(), f"session {event.charging_state}")
        for event, _ in session.events
        if event.charging_state is not None and event.timestamp is not None
    ]
    connector = [
        ((status.timestamp or call.utc).timestamp(), f"connector {status.raw}")
        for status, call in scene.statuses
        if status.evse_id == session.evse
    ]
    found = [
        call.utc.timestamp()
        for call in scene.trace.calls
        if call.outgoing and call.action in {"SetChargingProfile", "ClearChargingProfile"}
    ]
    found += [
        at.timestamp()
        for entry in scene.trace.entries
        if entry["kind"] == "action" and entry["role"] in {"vehicle", "load", "mains"}
        if (at := stamp(entry.get("utc"))) is not None
    ]
    for states in (sorted(told), sorted(connector)):
        found += [t for (_, before), (t, state) in pairwise(states) if state != before]
    return found


def _points(session: Session) -> list[_Point]:
    """Samples that state power and register for the same moment, in the order of time."""
    found: dict[float, _Point] = {}
    for event, call in session.events:
        power: dict[float, float] = {}
        energy: dict[float, float] = {}
        for sample in event.samples:
            time = sample.timestamp or event.timestamp
            if time is None:
                continue
            watts = power_of(sample)
            if watts is not None:
                power[time.timestamp()] = float(watts)
            for wh, _ in energy_of(sample):
                energy[time.timestamp()] = float(wh)
        for t in power.keys() & energy.keys():
            found.setdefault(t, (t, power[t], energy[t], call.seq))
    return [found[t] for t in sorted(found)]


def _reference(scene: Scene) -> Iterable[Finding]:
    """Sessions between two readings of the reference meter, together, against its growth."""
    trace, facts = scene.trace, scene.facts
    own = [session for session in scene.sessions if session.evse in {None, 1}]
    taken = marks(trace)
    done: set[tuple[int, int]] = set()
    for session in own:
        bracket = _bracket(scene, session, taken)
        if bracket is None or (bracket[0].seq, bracket[1].seq) in done:
            continue
        before, after = bracket
        done.add((before.seq, after.seq))
        inside = [other for other in own if _touches(scene, other, before, after)]
        energies = [energy_wh(other) for other in inside]
        if any(
            energy is None or not _within(scene, other, before, after)
            for energy, other in zip(energies, inside, strict=True)
        ):
            continue
        reported = float(sum((energy for energy in energies if energy is not None), Decimal(0)))
        seen = after.wh - before.wh
        allowance = {
            f"{facts.balance_pct:g} %": seen * facts.balance_pct / 100.0,
            "register steps": len(inside) * max(1.0, facts.register_step_wh),
            "U of the reference": 2.0 * (after.u if after.u is not None else 0.01 * after.wh),
            "standby": standby_w(facts) * (after.t - before.t) / 3600.0,
        }
        names = ", ".join(other.name for other in inside)
        yield Finding(
            ENERGY,
            "energy against the reference meter",
            "agree",
            {
                "what": f"energy of {names}",
                "values": {"registers": reported, "reference meter": seen},
                "unit": "Wh",
                "allowance": allowance,
            },
            (before.seq, *(seq for other in inside for seq in other.evidence), after.seq),
        )


def _begin_s(scene: Scene, session: Session) -> float | None:
    return scene.trace.happened(session.begin, session.started[1].t) if session.started else None


def _end_s(scene: Scene, session: Session) -> float | None:
    return scene.trace.happened(session.end, session.ended[1].t) if session.ended else None


def _bracket(scene: Scene, session: Session, taken: tuple[Mark, ...]) -> tuple[Mark, Mark] | None:
    """The nearest readings that surely enclose a session, of one run of the integrator."""
    begin, end = _begin_s(scene, session), _end_s(scene, session)
    if begin is None or end is None or end < begin:
        return None
    before = [mark for mark in taken if mark.t <= begin]
    after = [mark for mark in taken if mark.t >= end + SETTLE_S]
    if not before or not after or before[-1].segment != after[0].segment:
        return None
    return before[-1], after[0]


def _touches(scene: Scene, session: Session, before: Mark, after: Mark) -> bool:
    begin, end = _begin_s(scene, session), _end_s(scene, session)
    return (begin is None or begin < after.t) and (end is None or end > before.t)


def _within(scene: Scene, session: Session, before: Mark, after: Mark) -> bool:
    begin, end = _begin_s(scene, session), _end_s(scene, session)
    return begin is not None and end is not None and before.t <= begin and end <= after.t


def _bill(scene: Scene, session: Session) -> tuple[Finding, ...]:
    """The total shown after a session against energy times price, when the tariff charges for energy only."""
    energy, tariff = energy_wh(session), _energy_tariff(scene)
    if energy is None or tariff is None or session.ended is None:
        return ()
    price, included, currency = tariff
    shown = _shown_total(scene, session, session.ended)
    if shown is None:
        return ()
    amount, seq = shown
    due = energy / 1000 * price
    cent = Decimal("0.01")
    highest = due if included else due * (1 + HIGHEST_TAX) + 2 * cent
    return (
        Finding(
            AGREEMENT,
            "total against energy times price",
            "between",
            {
                "what": f"the total shown after {session.name} of {energy} Wh at {price} per kWh",
                "value": amount,
                "unit": currency,
                "low": due - cent,
                "high": highest + cent,
            },
            (*session.evidence, seq),
        ),
    )


def _energy_tariff(scene: Scene) -> tuple[Decimal, bool, str] | None:
    """Price per kWh, whether tax is in it, and the currency; None unless the only tariff of the attempt charges for energy only."""
    told = [entry["tariff"] for entry in scene.trace.kind("setting") if entry.get("what") == "tariff"]
    if len(told) != 1 or not isinstance(told[0], dict):
        return None
    if any(told[0].get(name) for name in ("steps", "minimum", "maximum")):
        return None
    parts = {name: amount_of(told[0].get(name) or 0) for name in ("energy", "time", "flat", "idle")}
    price = parts.pop("energy")
    if not price or any(parts.values()):
        return None
    return price, bool(told[0].get("tax_included")), str(told[0].get("currency") or "")


def _shown_total(
    scene: Scene, session: Session, ended: tuple[TransactionChanged, object]
) -> tuple[Decimal, int] | None:
    """The last total on the display after the end of a session and before the start of the next."""
    place = scene.sessions.index(session)
    later = scene.sessions[place + 1].started if place + 1 < len(scene.sessions) else None
    assert session.ended is not None
    begin, end = session.ended[1].t + SETTLE_S, later[1].t if later is not None else float("inf")
    found: tuple[Decimal, int] | None = None
    for entry in scene.trace.kind("observation"):
        if entry["what"] == "display" and begin <= float(entry["t"]) < end and ended is not None:
            cost = (entry.get("value") or {}).get("cost")
            amount = amount_of(cost) if cost is not None else None
            found = (amount, int(entry["seq"])) if amount is not None else found
    return found


MONITOR = Monitor("balance", (*ENERGY, *AGREEMENT, *PERIODIC), watch)
