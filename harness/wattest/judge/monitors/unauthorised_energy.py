"""No energy without authorisation (AUT-05).

The reference meter's energy must stand still between two readings when nothing in between could have authorised it, and a
session that the central system refused must not go on. Passing needs a plug in the vehicle: without one no
station can give energy away.
"""

from __future__ import annotations

from itertools import pairwise

from wattest.judge.authority import authorised, number_in_force
from wattest.judge.energy import Mark, marks, standby_w
from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.plug import plug_of
from wattest.judge.sessions import Scene, Session, token_status

REQUIREMENTS = ("AUT-05",)
NOISE_WH = 2.0
"""A growth of the reference energy up to this is resolution and noise (project)."""


def watch(scene: Scene) -> tuple[Finding, ...]:
    """Growth of the reference energy outside every authorised stretch, and sessions that were refused."""
    trace = scene.trace
    allowed, plug = authorised(scene), plug_of(trace)
    cases: list[int] = []
    flaws: list[Flaw] = []
    for before, after in pairwise(marks(trace)):
        if before.segment != after.segment or allowed.touch(before.t, after.t):
            continue
        grown, free = after.wh - before.wh, _free(scene, before, after)
        if grown > free:
            flaws.append(
                Flaw(
                    f"The reference meter saw {grown:.1f} Wh between entries {before.seq} and {after.seq} "
                    f"({trace.during(after.seq)}, {after.t - before.t:.1f} s) without any authorisation; up to "
                    f"{free:.1f} Wh counts as none.",
                    (before.seq, after.seq),
                )
            )
        elif plug.throughout(before.t, after.t) == "plugged in" and after.t > before.t:
            cases.append(after.seq)
    for session in scene.sessions:
        flaw = _refused(scene, session)
        if flaw is not None:
            flaws.append(flaw)
    return held(
        trace,
        REQUIREMENTS,
        "no unauthorised energy",
        "no energy flows to a plugged vehicle without authorisation",
        cases=cases,
        flaws=flaws,
    )


def _free(scene: Scene, before: Mark, after: Mark) -> float:
    noise = NOISE_WH + 2.0 * (after.u if after.u is not None else 0.001 * after.wh)
    return noise + standby_w(scene.facts) * (after.t - before.t) / 3600.0


def _refused(scene: Scene, session: Session) -> Flaw | None:
    """A session whose token was refused and whose register went on by more than its contactor needs to open."""
    told = token_status(session)
    if told is None or told[0] == "Accepted":
        return None
    status, t = told
    settle = 2 * scene.facts.settle_s
    most = number_in_force(scene.trace, "max_energy_on_invalid", 0.0)
    own = [
        register
        for register in scene.registers
        if register.session is not None and register.session == session.id and register.stated is not None
    ]
    if scene.trace.clock_stepped:
        return None
    late = [
        register
        for register in own
        if register.stated is not None and scene.trace.bench_time(register.stated) >= t + settle
    ]
    early = [register for register in own if register not in late]
    if not late or not early:
        return None
    base = max(early, key=lambda register: register.wh)
    top = max(late, key=lambda register: register.wh)
    first = max(scene.trace.bench_time(base.stated), t) if base.stated is not None else t
    coast = scene.facts.rated_power_w * max(0.0, t + settle - first) / 3600.0
    grown = float(top.wh - base.wh)
    room = most + coast + float(max(base.resolution_wh, top.resolution_wh)) + scene.facts.register_step_wh
    if grown <= room:
        return None
    return Flaw(
        f"The central system answered '{status}' to the token of {session.name}, yet its register grew by {grown:g} Wh "
        f"afterwards (entries {base.call.seq} and {top.call.seq}); {room:.1f} Wh are allowed.",
        (base.call.seq, top.call.seq),
    )


MONITOR = Monitor("unauthorised_energy", REQUIREMENTS, watch)
