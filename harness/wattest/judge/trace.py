"""The entries of one attempt, put in order once for all monitors.

A trace knows who called whom and what was answered, when the link was up, what the suite disturbed and which
step was running. It interprets no OCPP beyond that: ``wattest.judge.sessions`` does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from wattest.model.scenario import Dialect

Entry = Mapping[str, Any]

ENDS = frozenset({"verdict", "scenario_end"})
"""What is written after the monitors have looked, as are their own checks: a trace ends before the first of them."""


QUEUED_BEFORE_S = 60.0
"""A message may have been on its way, unanswered, for so long when the link went (project)."""
AHEAD_S = 10.0
"""A stated time further ahead of its arrival than this is no time that anything happened at (project)."""


def moment(text: str) -> datetime:
    """The time of an entry."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class Answer:
    """An answer to a CALL: ``payload`` of a CALLRESULT, or ``code`` of a CALLERROR."""

    seq: int
    t: float
    payload: Mapping[str, Any] | None
    code: str | None


@dataclass(frozen=True)
class Call:
    """A CALL and all its answers. ``outgoing`` is from the central system to the station."""

    seq: int
    t: float
    utc: datetime
    station: str
    dialect: Dialect
    outgoing: bool
    id: str
    action: str
    payload: Mapping[str, Any]
    flawed: bool
    answers: tuple[Answer, ...] = ()

    @property
    def answer(self) -> Answer | None:
        """The first answer."""
        return self.answers[0] if self.answers else None

    @property
    def reply(self) -> Mapping[str, Any] | None:
        """Payload of the first answer when it is a CALLRESULT."""
        return self.answers[0].payload if self.answers else None

    @property
    def status(self) -> str | None:
        """``status`` of the answer, where it has one."""
        status = (self.reply or {}).get("status")
        return status if isinstance(status, str) else None

    def __str__(self) -> str:
        return f"{self.action} (id '{self.id}', entry {self.seq})"


@dataclass(frozen=True)
class Spans:
    """Stretches of bench time, half open, sorted."""

    spans: tuple[tuple[float, float], ...] = ()

    def __contains__(self, t: float) -> bool:
        return any(begin <= t < end for begin, end in self.spans)

    def touch(self, begin: float, end: float) -> bool:
        """Whether any stretch has a moment in common with ``begin`` to ``end``, both included."""
        return any(start <= end and begin < stop for start, stop in self.spans)


@dataclass(frozen=True)
class Trace:
    """One attempt. ``carry`` is what earlier attempts left, on a bench whose charger lives on."""

    entries: Sequence[Entry]
    carry: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[Entry] = ()
    """Checks of the steps, for a monitor of how we measure; what a charger did stands in ``entries``."""

    @classmethod
    def of(cls, entries: Iterable[Entry], carry: Mapping[str, Any] | None = None) -> Trace:
        """The trace up to the first check of a monitor, the checks of steps beside it."""
        seen: list[Entry] = []
        checks: list[Entry] = []
        for entry in entries:
            if entry["kind"] in ENDS or (entry["kind"] == "check" and entry.get("monitor")):
                break
            if entry["kind"] == "check":
                checks.append(entry)
            elif entry["kind"] != "scenario":
                seen.append(entry)
        return cls(tuple(seen), carry or {}, tuple(checks))

    @cached_property
    def _by_kind(self) -> Mapping[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(str(entry["kind"]), []).append(entry)
        return found

    def kind(self, kind: str) -> Sequence[Entry]:
        """Entries of one kind, in order."""
        return self._by_kind.get(kind, [])

    @property
    def begin(self) -> float:
        """Bench time of the first entry."""
        return float(self.entries[0]["t"]) if self.entries else 0.0

    @property
    def end(self) -> float:
        """Bench time of the last entry."""
        return float(self.entries[-1]["t"]) if self.entries else 0.0

    # --- messages --------------------------------------------------------------------------------------

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """All CALLs of both sides with their answers."""
        answers: dict[int, list[Answer]] = {}
        for entry in self.kind("frame"):
            message = entry.get("message") or {}
            if message.get("type") in {3, 4} and entry.get("answers") is not None:
                result = message["type"] == 3
                payload = message.get("payload")
                answers.setdefault(entry["answers"], []).append(
                    Answer(
                        entry["seq"],
                        float(entry["t"]),
                        (payload if isinstance(payload, Mapping) else {}) if result else None,
                        None if result else str(message.get("code")),
                    )
                )
        return tuple(
            _call(entry, entry["message"], tuple(answers.get(entry["seq"], ())))
            for entry in self.kind("frame")
            if (entry.get("message") or {}).get("type") == 2
        )

    @cached_property
    def asked(self) -> tuple[Call, ...]:
        """CALLs of the central system."""
        return tuple(call for call in self.calls if call.outgoing)

    @cached_property
    def said(self) -> tuple[Call, ...]:
        """CALLs of the station."""
        return tuple(call for call in self.calls if not call.outgoing)

    # --- what was disturbed ------------------------------------------------------------------------------

    @cached_property
    def opened(self) -> tuple[float, ...]:
        """When the station's link came up."""
        return tuple(float(entry["t"]) for entry in self.kind("link") if entry["event"] == "opened")

    @cached_property
    def down(self) -> Spans:
        """When no link was up. A trace that begins with frames began with a link."""
        spans: list[tuple[float, float]] = []
        since: float | None = None
        if self.opened and not any(entry["seq"] < self._first_link for entry in self.kind("frame")):
            since = self.begin
        for entry in self.kind("link"):
            t = float(entry["t"])
            if entry["event"] == "opened" and since is not None:
                spans.append((since, t))
                since = None
            elif entry["event"] in {"closed", "lost"} and since is None:
                since = t
        if since is not None:
            spans.append((since, float("inf")))
        return Spans(tuple(spans))

    @property
    def _first_link(self) -> int:
        return int(self.kind("link")[0]["seq"])

    @cached_property
    def faults(self) -> Spans:
        """When the suite had a fault of the link or the supply in force; jammed locks are none of these."""
        begun: dict[str, float] = {}
        spans: list[tuple[float, float]] = []
        for entry in self.entries:
            if entry["kind"] == "fault" and "lock" not in f"{entry.get('what')} {entry.get('backend')}":
                begun.setdefault(str(entry["id"]), float(entry["t"]))
            elif entry["kind"] == "heal" and str(entry["id"]) in begun:
                spans.append((begun.pop(str(entry["id"])), float(entry["t"])))
        spans += [(since, float("inf")) for since in begun.values()]
        return Spans(tuple(sorted(spans)))

    @cached_property
    def unpowered(self) -> Spans:
        """When the mains were off."""
        spans: list[tuple[float, float]] = []
        since: float | None = None
        for entry in self.kind("action"):
            if entry["role"] == "mains" and entry["action"] == "set_power" and not entry.get("error"):
                on = bool((entry.get("arguments") or {}).get("on", True))
                if not on and since is None:
                    since = float(entry["t"])
                elif on and since is not None:
                    spans.append((since, float(entry["t"])))
                    since = None
        if since is not None:
            spans.append((since, float("inf")))
        return Spans(tuple(spans))

    @cached_property
    def healed(self) -> tuple[float, ...]:
        """When faults were healed or power came back: the station may need a while to notice."""
        return tuple(
            end for spans in (self.faults, self.unpowered) for _, end in spans.spans if end != float("inf")
        )

    def disturbed(self, begin: float, end: float) -> bool:
        """Whether the link was down or a fault in force at any moment of this stretch."""
        return (
            self.down.touch(begin, end) or self.faults.touch(begin, end) or self.unpowered.touch(begin, end)
        )

    @cached_property
    def clock_stepped(self) -> bool:
        """Whether wall time went its own way: then stated times cannot be held against the bench's."""
        if any(entry.get("what") == "clock" for entry in self.kind("setting")):
            return True
        instants = {(entry["utc"], float(entry["t"])) for entry in self.entries}
        offsets = [moment(utc).timestamp() - t for utc, t in instants]
        return bool(offsets) and max(offsets) - min(offsets) > 0.5

    def bench_time(self, stated: datetime) -> float:
        """Bench time of a stated time, while the wall clock was not stepped."""
        first = self.entries[0]
        return float(first["t"]) + (stated - moment(first["utc"])).total_seconds()

    @cached_property
    def leaving(self) -> int | None:
        """Entry after which the bench was only being left: the end of the last step.

        Where no step was reached it is the end of getting ready (index 0); None when neither is there.
        """
        ends = self.kind("step_end")
        steps = [int(entry["seq"]) for entry in ends if entry["index"]]
        return steps[-1] if steps else int(ends[0]["seq"]) if ends else None

    def is_left(self, seq: int) -> bool:
        """Whether an entry was written while the bench was being left."""
        return self.leaving is not None and seq > self.leaving

    def earliest(self, arrival: float) -> float:
        """The earliest that a message could have been made, by when it came: shortly before the last outage began.

        A half-open link was cut before anybody noticed. Without an outage it may have been repeated since the beginning.
        """
        outages = [begin for begin, _ in self.down.spans if self.begin < begin <= arrival]
        if not outages:
            return self.begin
        noticed = outages[-1]
        return (
            min(noticed, *(begin for begin, end in self.faults.spans if begin <= noticed <= end), noticed)
            - QUEUED_BEFORE_S
        )

    def happened(self, stated: datetime | None, arrival: float) -> float | None:
        """Bench time of a stated time; None when none was stated or the message with it cannot be of that time."""
        if stated is None or self.clock_stepped:
            return None
        t = self.bench_time(stated)
        return t if self.earliest(arrival) <= t <= arrival + AHEAD_S else None

    # --- steps -------------------------------------------------------------------------------------------

    @cached_property
    def _steps(self) -> tuple[list[int], list[Entry]]:
        steps = self.kind("step")
        return [int(entry["seq"]) for entry in steps], list(steps)

    def step(self, seq: int) -> int | None:
        """Index of the step that was running when an entry was written; None before the first."""
        seqs, steps = self._steps
        place = bisect_right(seqs, seq)
        return int(steps[place - 1]["index"]) if place else None

    def during(self, seq: int) -> str:
        """The same in words, for a sentence."""
        seqs, steps = self._steps
        place = bisect_right(seqs, seq)
        if not place:
            return "before the first step"
        step = steps[place - 1]
        return f"in step {step['index']} ({step.get('verb', '?')})"


def _call(entry: Entry, message: Mapping[str, Any], answers: tuple[Answer, ...]) -> Call:
    payload = message.get("payload")
    return Call(
        seq=int(entry["seq"]),
        t=float(entry["t"]),
        utc=moment(entry["utc"]),
        station=str(entry.get("station", "")),
        dialect=entry["dialect"],
        outgoing=entry["direction"] == "out",
        id=str(message["id"]),
        action=str(message["action"]),
        payload=payload if isinstance(payload, Mapping) else {},
        flawed=bool(entry.get("violations")),
        answers=answers,
    )
