"""After a start BootNotification comes first, and nothing else before it is accepted (OCP-05).

A mere reconnect needs no BootNotification and may have one. While ``Pending`` a station may send what it was asked for;
while ``Rejected`` it waits. Sources: OCPP 1.6 4.2; OCPP 2.0.1 B01.FR.08, B02.FR.02, B03.FR.02.
"""

from __future__ import annotations

from wattest.judge.monitors.finding import Finding, Flaw, Monitor, held
from wattest.judge.sessions import Scene
from wattest.judge.trace import Call, Trace

REQUIREMENTS = ("OCP-05",)
SURELY_OFF_S = 10.0
"""Without mains for so long, a station has restarted; a shorter cut it may have ridden through (project)."""
RETRY_SHARE = 0.9
"""A retry is early when it comes before this share of the interval it was given (project)."""

ASKED_FOR = {
    "NotifyReport": frozenset({"GetBaseReport", "GetReport"}),
    "NotifyMonitoringReport": frozenset({"GetMonitoringReport"}),
    "LogStatusNotification": frozenset({"GetLog"}),
    "DiagnosticsStatusNotification": frozenset({"GetDiagnostics"}),
    "FirmwareStatusNotification": frozenset({"UpdateFirmware", "SignedUpdateFirmware"}),
    "SignCertificate": frozenset({"CertificateSigned", "ExtendedTriggerMessage"}),
}
"""What a station may send while pending because a CALL of the central system asked for it."""


def watch(scene: Scene) -> tuple[Finding, ...]:
    """What was said between a start and its acceptance."""
    trace = scene.trace
    boots = [call for call in trace.said if call.action == "BootNotification"]
    flaws = _first_after_start(trace)
    cases: list[int] = []
    for index, boot in enumerate(boots):
        until = boots[index + 1] if index + 1 < len(boots) else None
        wrong = _between(trace, boot, until)
        flaws += wrong
        if boot.status == "Accepted" and not wrong:
            cases.append(boot.seq)
    return held(
        trace,
        REQUIREMENTS,
        "boot first",
        "BootNotification comes first and nothing before it is accepted",
        cases=cases,
        flaws=flaws,
    )


def _first_after_start(trace: Trace) -> list[Flaw]:
    """After power was away for sure, the first CALL is a BootNotification."""
    flaws: list[Flaw] = []
    for begin, end in trace.unpowered.spans:
        if end - begin < SURELY_OFF_S or end == float("inf"):
            continue
        opened = next((t for t in trace.opened if t >= end), None)
        if opened is None:
            continue
        first = next((call for call in trace.said if call.t >= opened), None)
        if first is not None and first.action != "BootNotification":
            flaws.append(
                Flaw(
                    f"After {end - begin:.0f} s without mains the first CALL was {first} "
                    f"{trace.during(first.seq)}, not BootNotification.",
                    (first.seq,),
                )
            )
    return flaws


def _between(trace: Trace, boot: Call, until: Call | None) -> list[Flaw]:
    """CALLs after one BootNotification and before the next, as long as it is not accepted."""
    status = boot.status
    answered = boot.answer
    flaws: list[Flaw] = []
    for call in trace.said:
        if call.seq <= boot.seq or (until is not None and call.seq >= until.seq):
            continue
        if answered is not None and status == "Accepted" and call.seq > answered.seq:
            break
        if answered is None or call.seq < answered.seq:
            state = "before its BootNotification was answered"
        else:
            state = f"while its registration was '{status or answered.code}'"
            if _asked_for(trace, answered.seq, call, status):
                continue
        sentence = f"The station sent {call} {trace.during(call.seq)} {state} (entry {boot.seq})."
        flaws.append(Flaw(sentence, (boot.seq, call.seq)))
    early = _early(trace, boot, until)
    return [*flaws, early] if early is not None else flaws


def _asked_for(trace: Trace, since: int, call: Call, status: str | None) -> bool:
    if status != "Pending":
        return False
    for asked in trace.asked:
        if since <= asked.seq < call.seq:
            if asked.payload.get("requestedMessage") == call.action:
                return True
            if asked.action in ASKED_FOR.get(call.action, ()):
                return True
    return False


def _early(trace: Trace, boot: Call, until: Call | None) -> Flaw | None:
    """A rejected station that asks again before the interval it was told is over, on the same link."""
    interval = (boot.reply or {}).get("interval")
    if boot.status != "Rejected" or until is None or boot.answer is None or not isinstance(interval, int):
        return None
    waited = until.t - boot.answer.t
    reopened = any(boot.t < t <= until.t for t in trace.opened)
    if reopened or waited >= RETRY_SHARE * interval or trace.disturbed(boot.t, until.t):
        return None
    return Flaw(
        f"The station was rejected (entry {boot.seq}) and told to wait {interval} s, but sent BootNotification "
        f"again after {waited:.1f} s (entry {until.seq}).",
        (boot.seq, until.seq),
    )


MONITOR = Monitor("boot_order", REQUIREMENTS, watch)
