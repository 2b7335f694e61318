"""Power and temperature over an attempt: the series to draw, thinned so that spikes stay visible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import isfinite
from operator import itemgetter

from wattest.ocpp.ledger import Ledger
from wattest.ocpp.neutral import Metered, TransactionChanged
from wattest_reports.entries import Entry, number, real, text
from wattest_reports.view import Series, Session, Step

MOST_POINTS = 240
"""Points per curve: more than a page can show, few enough for a file of 200 sessions."""

_FEWEST = 3
_SMALL = 4
"""Transactions that take less than this part of the whole get a plot of their own."""

Spans = tuple[tuple[str, float, float | None], ...]
_SCALES = {"W": ("W", 1.0), "kW": ("W", 1000.0), "degC": ("degC", 1.0)}


def session(readings: Sequence[Entry], entries: Sequence[Entry], steps: Sequence[Step]) -> Session | None:
    """What to draw, or None when there is nothing that changes: no power, and no move of temperature."""
    curves: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for one in readings:
        scale = _SCALES.get(text(one.get("unit")))
        value = real(one.get("value")) if scale else None
        if scale and value is not None and "no data" not in (one.get("flags") or ()):
            role, name, at = text(one.get("role")), text(one.get("name")), number(one.get("t"))
            curves.setdefault((role, name, scale[0]), []).append((at, value * scale[1]))
    if not any(len(points) >= _FEWEST and _moves(unit, points) for (_, _, unit), points in curves.items()):
        return None
    stated, transactions = _stated(entries)
    first, last = number(entries[0].get("t")), number(entries[-1].get("t"))
    within = [(at, watts) for at, watts in stated if first <= at <= last and isfinite(watts)]
    if within:
        curves["evse", "power", "W"] = within
    times = [at for points in curves.values() for at, _ in points]
    begin = min([*times, *(step.begin for step in steps)])
    end = max([*times, *(step.end for step in steps)])
    marks = tuple((step.index, step.begin) for step in steps)
    whole = _drawn(curves, begin, end, transactions, marks)
    spans = [(max(since, begin), min(until or end, end)) for _, since, until in transactions if since < end]
    first, last = min((one for one, _ in spans), default=begin), max((one for _, one in spans), default=end)
    margin = max((last - first) * 0.05, 1.0)
    if (last - first + 2 * margin) * _SMALL > end - begin:
        return whole
    near, far = max(first - margin, begin), min(last + margin, end)
    return replace(whole, closeup=_drawn(curves, near, far, transactions, marks))


def _drawn(
    curves: Mapping[tuple[str, str, str], Sequence[tuple[float, float]]],
    begin: float,
    end: float,
    transactions: Spans,
    marks: tuple[tuple[int, float], ...],
) -> Session:
    series = []
    for (role, name, unit), points in curves.items():
        inside = sorted((point for point in points if begin <= point[0] <= end), key=itemgetter(0))
        if inside:
            kept = thin(inside, MOST_POINTS)
            series.append(Series(role, name, unit, tuple(kept), len(inside), len(kept) < len(inside)))
    steps = tuple((index, at) for index, at in marks if begin <= at <= end)
    return Session(begin, end, tuple(series), transactions, steps)


def _moves(unit: str, points: Sequence[tuple[float, float]]) -> bool:
    values = [value for _, value in points]
    return max(values) > 10.0 if unit == "W" else max(values) - min(values) > 1.0


def thin(points: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """At most ``most`` points: the first, the last, and the lowest and highest of every stretch between.

    Example::

        thin([(0, 1), (1, 9), (2, 1), (3, 1)], 4)   # spikes stay: (1, 9) is kept
    """
    if len(points) <= most:
        return list(points)
    stretches = max((most - 2) // 2, 1)
    kept = {0, len(points) - 1}
    for stretch in range(stretches):
        begin, end = stretch * len(points) // stretches, (stretch + 1) * len(points) // stretches
        places = range(begin, end)
        kept |= {
            min(places, key=lambda place: points[place][1]),
            max(places, key=lambda place: points[place][1]),
        }
    return [points[place] for place in sorted(kept)]


def _stated(
    entries: Sequence[Entry],
) -> tuple[list[tuple[float, float]], Spans]:
    """Power as the EVSE stated it (sum of phases), and its transactions, both at the times that it gave them."""
    ledger = Ledger()
    power: list[tuple[float, float]] = []
    offset: float | None = None
    for entry in entries:
        if entry.get("kind") not in {"frame", "link"}:
            continue
        offset = _wall_offset(entry) if offset is None else offset
        for event in ledger.feed(entry):
            for sample in event.samples if isinstance(event, (TransactionChanged, Metered)) else ():
                if (
                    sample.measurand == "Power.Active.Import"
                    and sample.phase is None
                    and sample.timestamp is not None
                ):
                    watts = float(sample.value) * (1000.0 if sample.unit == "kW" else 1.0)
                    power.append((sample.timestamp.timestamp() - (offset or 0.0), watts))
    spans = tuple(
        (
            one.id,
            one.started_at.timestamp() - offset,
            one.ended_at.timestamp() - offset if one.ended_at else None,
        )
        for one in ledger.transactions.values()
        if one.started_at is not None and offset is not None
    )
    return power, spans


def _wall_offset(entry: Entry) -> float:
    """Wall time less bench time, in seconds."""
    return datetime.fromisoformat(text(entry["utc"])).timestamp() - number(entry.get("t"))
