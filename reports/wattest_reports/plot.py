"""A session as SVG: power above, temperature below, one time axis, transactions shaded, steps numbered.

Drawn here rather than by a plotting library: two hundred sessions then cost a fraction of a second, equal records
give equal bytes, and colours and fonts follow the style sheet of the page, on paper too.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup, escape

from wattest_reports.notation import plain, span, with_unit
from wattest_reports.session import thin
from wattest_reports.view import Series, Session
from wattest_reports.words import Words

WIDTH = 960
LEFT, RIGHT, TOP = 64, 24, 38
POWER_HEIGHT, TEMPERATURE_HEIGHT, GAP, BOTTOM = 150, 84, 40, 40

_NICE_SECONDS = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    14400,
    21600,
    43200,
    86400,
    604800,
)
_DOTS = 40
"""Curves of fewer points show them as dots: between two readings a line is a guess."""

MOST_ROWS = 24
"""Lines of the table behind a plot: what a person may want to read, not what a program may want to load."""

_STEP_APART = 14
"""Pixels between the numbers of two steps; closer ones are left out."""


def draw(session: Session, anchor: str, origin: float, words: Words) -> Markup:
    """The plot; ``origin`` is the bench time that counts as zero. Title and description serve screen readers."""
    power = [series for series in session.series if series.unit == "W"]
    warmth = [series for series in session.series if series.unit != "W"]
    panels = [
        ("plot.power", "W", POWER_HEIGHT, power),
        ("plot.temperature", "degC", TEMPERATURE_HEIGHT, warmth),
    ]
    panels = [panel for panel in panels if panel[3]]
    height = TOP + sum(panel[2] for panel in panels) + GAP * (len(panels) - 1) + BOTTOM
    across = _Scale(session.begin, max(session.end, session.begin + 1.0), LEFT, WIDTH - RIGHT)
    bottom = height - BOTTOM
    parts = [
        (
            f'<svg class="plot" role="img" viewBox="0 0 {WIDTH} {height}" aria-labelledby="{anchor}-pt {anchor}-pd">'
            f'<title id="{anchor}-pt">{escape(words("plot"))}</title>'
            f'<desc id="{anchor}-pd">{escape(describe(session, origin, words))}</desc>'
        )
    ]
    for _, begin, end in session.transactions:
        left, right = across.within(begin), across.within(session.end if end is None else end)
        parts.append(_rect("session", left, TOP, max(right - left, 1.0), bottom - TOP))
    parts += _steps(session, across, bottom)
    top = float(TOP)
    for word, unit, tall, group in panels:
        parts += _panel(words(word), unit, group, across, top, tall, words)
        top += tall + GAP
    parts += _time_axis(across, bottom, origin)
    return Markup("".join(parts) + "</svg>")  # noqa: S704 - every text in it went through escape


def describe(session: Session, origin: float, words: Words) -> str:
    """The plot in words."""
    language = words.language
    series = [
        words(
            "plot.series",
            name=series_name(one, words),
            low=with_unit(plain(_round(min(v for _, v in one.points)), language), one.unit),
            high=with_unit(plain(_round(max(v for _, v in one.points)), language), one.unit),
        )
        for one in session.series
    ]
    transactions = [
        words(
            "plot.transaction",
            id=name,
            begin=span(begin - origin, language),
            end=words("plot.open") if end is None else span(end - origin, language),
        )
        for name, begin, end in session.transactions
    ]
    return words(
        "plot.describe",
        series="; ".join(series),
        begin=span(session.begin - origin, language),
        end=span(session.end - origin, language),
        transactions=" ".join(transactions) or words("plot.none"),
    )


def series_name(series: Series, words: Words) -> str:
    """Who measured what, such as ``reference meter, power``."""
    who, what = (
        words.known(f"role.{series.role}", series.role),
        words.label("name", series.name) or series.name,
    )
    return f"{who}, {what}"


def rows(session: Session) -> list[tuple[float, tuple[float | None, ...]]]:
    """The figures behind the plot: at most ``MOST_ROWS`` moments, and what each curve says within 1/200 of the whole."""
    near = max((session.end - session.begin) / 200.0, 1.0)
    moments = [at for at, _ in thin(session.series[0].points, MOST_ROWS)]
    return [(at, tuple(_value(series, at, near) for series in session.series)) for at in moments]


def _value(series: Series, at: float, near: float) -> float | None:
    place = bisect_left(series.points, (at, -math.inf))
    beside = series.points[max(place - 1, 0) : place + 1]
    moment, value = min(beside, key=lambda point: abs(point[0] - at))
    return value if abs(moment - at) <= near else None


class _Scale:
    """Values onto pixels."""

    def __init__(self, low: float, high: float, first: float, last: float) -> None:
        self.low, self.high, self.first, self.last = low, high, first, last

    def __call__(self, value: float) -> float:
        return self.first + (value - self.low) / (self.high - self.low) * (self.last - self.first)

    def within(self, value: float) -> float:
        return self(min(max(value, self.low), self.high))


def _panel(
    name: str, unit: str, group: Sequence[Series], across: _Scale, top: float, tall: float, words: Words
) -> list[str]:
    values = [value for series in group for _, value in series.points]
    low, high, every = _nice(min([*values, 0.0]) if unit == "W" else min(values), max(values))
    up = _Scale(low, high, top + tall, top)
    parts = []
    for place in range(round((high - low) / every) + 1):
        value = low + place * every
        y = up(value)
        parts.append(_line("grid", LEFT, y, WIDTH - RIGHT, y))
        parts.append(_text("tick end", LEFT - 6, y + 4, plain(_round(value), words.language)))
    parts.append(_text("axis", 4, top - 16, with_unit(name + ",", unit)))
    at = 150.0
    for number, series in enumerate(group):
        kind = f"curve c{number % 3} {'hot' if unit != 'W' else 'watt'}"
        places = [
            place for place, _ in groupby((f"{across(t):.1f}", f"{up(v):.1f}") for t, v in series.points)
        ]
        points = " ".join(f"{x},{y}" for x, y in places)
        parts.append(f'<polyline class="{kind}" points="{points}"/>')
        if len(places) < _DOTS:
            parts += [f'<circle class="{kind}" cx="{x}" cy="{y}" r="2"/>' for x, y in dict.fromkeys(places)]
        parts.append(
            f'<polyline class="{kind}" points="{at:.0f},{top - 20:.1f} {at + 22:.0f},{top - 20:.1f}"/>'
        )
        name = series_name(series, words)
        parts.append(_text("key", at + 28, top - 16, name))
        at += 52 + 6.4 * len(name)
    return parts


def _steps(session: Session, across: _Scale, bottom: float) -> list[str]:
    parts, last = [], -math.inf
    for number, begin in session.steps:
        x = across.within(begin)
        parts.append(_line("step", x, bottom, x, bottom + 6))
        if x - last >= _STEP_APART:
            parts.append(_text("stepno", x, bottom + 16, str(number)))
            last = x
    return parts


def _time_axis(across: _Scale, bottom: float, origin: float) -> list[str]:
    length = across.high - across.low
    every = next((one for one in _NICE_SECONDS if length / one <= 8), 604800)
    parts = [_line("frame", LEFT, bottom, WIDTH - RIGHT, bottom)]
    tick = math.ceil((across.low - origin) / every) * every
    while tick + origin <= across.high:
        parts.append(_text("tick mid", across(tick + origin), bottom + 31, _clock(tick, length)))
        tick += every
    return parts


def _clock(seconds: float, length: float) -> str:
    whole = round(abs(seconds))
    sign = "\u2212" if seconds < 0 else ""
    if length < 120:
        return f"{sign}{whole}\u00a0s"
    hours, rest = divmod(whole, 3600)
    if length < 7200:
        inside = f"{rest // 60:02d}:{rest % 60:02d}" if hours else f"{whole // 60}:{whole % 60:02d}"
        return f"{sign}{hours}:{inside}" if hours else sign + inside
    return f"{sign}{hours}\u00a0h" + (f"\u00a0{rest // 60:02d}" if rest else "")


def _nice(low: float, high: float) -> tuple[float, float, float]:
    """Ends and step of an axis of 3 to 6 round numbers."""
    if high - low < 1e-9:
        low, high = low - 1.0, high + 1.0
    raw = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(raw))
    every = next(factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size >= raw)
    return math.floor(low / every) * every, math.ceil(high / every) * every, every


def _round(value: float) -> float:
    return float(f"{value:.5g}")


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _rect(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
