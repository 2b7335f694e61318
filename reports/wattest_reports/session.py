"""Power and temperature over an attempt: the series to draw, thinned so that spikes stay visible."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from wattest_reports.entries import Entry, mapping, number, rows, text
from wattest_reports.notation import parse
from wattest_reports.view import Reading, Series, Session, Step

MOST_POINTS = 240
"""Points per curve: more than a page can show, few enough for a file of 200 sessions."""

_FEWEST = 3
_SCALES = {"W": ("W", 1.0), "kW": ("W", 1000.0), "degC": ("degC", 1.0)}


def session(readings: Sequence[Reading], entries: Sequence[Entry], steps: Sequence[Step]) -> Session | None:
    """What to draw, or None when there is nothing that changes: no power, and no move of temperature."""
    curves: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for one in readings:
        scale = _SCALES.get(one.unit)
        value = parse(one.value)
        if scale and value is not None and "no data" not in one.flags:
            curves.setdefault((one.role, one.name, scale[0]), []).append((one.at, float(value) * scale[1]))
    if not any(len(points) >= _FEWEST and _moves(unit, points) for (_, _, unit), points in curves.items()):
        return None
    stated = _stated_power(entries)
    if stated:
        curves["evse", "power", "W"] = stated
    times = [at for points in curves.values() for at, _ in points]
    begin = min([step.begin for step in steps], default=min(times))
    end = max([step.end for step in steps], default=max(times))
    return Session(
        begin=min(begin, *times),
        end=max(end, *times),
        series=tuple(_series(role, name, unit, points) for (role, name, unit), points in curves.items()),
        transactions=_transactions(entries),
        steps=tuple((step.number, step.begin) for step in steps),
    )


def _moves(unit: str, points: Sequence[tuple[float, float]]) -> bool:
    values = [value for _, value in points]
    return max(values) > 10.0 if unit == "W" else max(values) - min(values) > 1.0


def _series(role: str, name: str, unit: str, points: list[tuple[float, float]]) -> Series:
    points.sort(key=lambda point: point[0])
    kept = thin(points, MOST_POINTS)
    return Series(role, name, unit, tuple(kept), len(points), len(kept) < len(points))


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


def _stated_power(entries: Sequence[Entry]) -> list[tuple[float, float]]:
    """Power.Active.Import (sum of phases) as the EVSE stated it in MeterValues and TransactionEvent."""
    points = []
    for entry in entries:
        message = mapping(entry.get("message")) if entry.get("kind") == "frame" else {}
        if message.get("type") != 2 or message.get("action") not in {"MeterValues", "TransactionEvent"}:
            continue
        for group in rows(mapping(message.get("payload")).get("meterValue")):
            for sample in rows(group.get("sampledValue")):
                unit = sample.get("unit") or mapping(sample.get("unitOfMeasure")).get("unit") or "W"
                value = parse(sample.get("value"))
                if (
                    sample.get("measurand") == "Power.Active.Import"
                    and not sample.get("phase")
                    and value is not None
                ):
                    scale = 1000.0 if unit == "kW" else 1.0
                    points.append((number(entry.get("t")), float(value) * scale))
    return points


def _transactions(entries: Sequence[Entry]) -> tuple[tuple[str, float, float | None], ...]:
    """Id, begin and end of every transaction on the clock of the bench, as the EVSE dated them."""
    asked: dict[object, float] = {}
    found: dict[str, list[float | None]] = {}
    for entry in entries:
        message = mapping(entry.get("message")) if entry.get("kind") == "frame" else {}
        kind, action, payload = message.get("type"), message.get("action"), mapping(message.get("payload"))
        if action == "TransactionEvent" and kind == 2:
            name = text(mapping(payload.get("transactionInfo")).get("transactionId"))
            at = _dated(entry, payload)
            if payload.get("eventType") == "Ended":
                found.setdefault(name, [at, None])[1] = at
            else:
                found.setdefault(name, [at, None])
        elif action == "StartTransaction" and kind == 2:
            asked[message.get("id")] = _dated(entry, payload)
        elif action == "StartTransaction" and kind == 3 and message.get("id") in asked:
            found.setdefault(text(payload.get("transactionId")), [asked.pop(message.get("id")), None])
        elif action == "StopTransaction" and kind == 2:
            at = _dated(entry, payload)
            found.setdefault(text(payload.get("transactionId")), [at, None])[1] = at
    return tuple((name, begin or 0.0, end) for name, (begin, end) in found.items())


def _dated(entry: Entry, payload: Entry) -> float:
    """The EVSE's time stamp on the clock of the bench; the arrival when it makes no sense."""
    arrived = number(entry.get("t"))
    with suppress(ValueError, TypeError):
        stated = datetime.fromisoformat(text(payload.get("timestamp")))
        noted = datetime.fromisoformat(text(entry.get("utc")))
        return arrived - max((noted - stated).total_seconds(), 0.0)
    return arrived
