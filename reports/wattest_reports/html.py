"""One self-contained HTML file: no script, no request, readable on screen, on paper and by a screen reader.

The page is meant to satisfy WCAG 2.1 AA (CAN/ASC EN 301 549): headings in order, scopes on table headers, verdicts by
sign, word and colour, a description and a table behind every plot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from wattest_reports import notation, plot
from wattest_reports.entries import mapping, text
from wattest_reports.gather import report
from wattest_reports.marks import Marks, tone
from wattest_reports.notation import Language
from wattest_reports.statements import beside, charger_name, conclusion, level_sentences, sign
from wattest_reports.view import Attempt, Cell, Report, RequirementRow
from wattest_reports.words import Words

if TYPE_CHECKING:
    from wattest.record import Record

MOST_SESSIONS = 60
"""Sessions that the page shows; ``wattest sessions`` exports all of them."""

_CONTENTS = (
    ("contradicted", "contradicted"),
    ("demands", "demands"),
    ("levels", "levels"),
    ("requirements", "requirements"),
    ("left-out", "left out"),
    ("sessions", "sessions"),
    ("scenarios", "scenarios"),
    ("method", "method"),
    ("recheck", "recheck"),
)


def render(record: Record, out: Path, *, lang: Language = "en") -> Path:
    """Write the report to ``out``, creating its folder; equal records give equal bytes.

    Example::

        render(read_record(Path("run.jsonl")), Path("report.html"), lang="fr")
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(report(record), Words(lang)), encoding="utf-8", newline="\n")
    return out


def page(shown: Report, words: Words) -> str:
    """The whole page as text."""
    language = words.language
    environment = Environment(
        loader=PackageLoader("wattest_reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(
        w=words,
        m=Marks(words, shown.french),
        tone=tone,
        sign=sign,
        span=partial(notation.span, language=language),
        fixed=partial(notation.fixed, language=language),
        plain=partial(notation.plain, language=language),
        uncertain=partial(notation.measured, language=language),
        dressed=partial(notation.with_unit, language=language),
        chance=partial(_chance, words=words),
        quantity=partial(_quantity, language=language),
        unit=partial(notation.unit, language=language),
        ranges=notation.ranges,
        plot_rows=plot.rows,
        draw=partial(plot.draw, words=words),
        series_name=partial(plot.series_name, words=words),
        moment=moment,
        told=moment_of,
        cents=partial(_cents, language=words.language),
        thousandth=partial(_thousandth, language=words.language),
    )
    tested = [row for row in shown.requirements if row.verdict != "not tested"]
    findings = list(_findings(tested))
    css = files("wattest_reports").joinpath("templates/report.css").read_text(encoding="utf-8")
    return environment.get_template(
        "report.html"
    ).render(
        r=shown,
        css=Markup(css),  # noqa: S704 - our own style sheet
        name=charger_name(shown.charger, words),
        conclusion=conclusion(shown, words),
        besides=list(beside(shown, words)),
        charger_facts=list(_charger_facts(shown.charger, words)),
        run_facts=list(_run_facts(shown, words)),
        contents=[
            pair
            for pair in _CONTENTS
            if (findings or pair[0] != "contradicted")
            and (shown.levels or pair[0] not in {"demands", "levels"})
            and (shown.sessions or pair[0] != "sessions")
        ],
        level_sentences=list(level_sentences(shown, words)),
        lacking={one.id for one in shown.lacking},
        sessions=shown.sessions[:MOST_SESSIONS],
        findings=findings,
        tested=tested,
        areas=[
            (area, list(group)) for area, group in groupby(_by_area(shown.attempts), lambda one: one.area)
        ],
        keys={one.anchor: one.key for one in shown.attempts},
        parts=[
            (role, words.known(f"driver.{driver}", driver), *shown.identities.get(role, ("", None)))
            for role, entry in mapping(shown.bench.get("roles")).items()
            for driver in (text(mapping(entry).get("driver") or entry),)
        ],
        file=shown.file or "RECORD",
    )


def _findings(rows: Sequence[RequirementRow]) -> Iterator[tuple[RequirementRow, list[Cell]]]:
    for verdict in ("fail", "error", "inconclusive"):
        for row in rows:
            if row.verdict == verdict:
                yield row, [cell for cell in row.cells if cell.verdict in {"fail", "error", "inconclusive"}]


def _by_area(attempts: Sequence[Attempt]) -> list[Attempt]:
    order = list(dict.fromkeys(one.area for one in attempts))
    return sorted(attempts, key=lambda one: order.index(one.area))


def _charger_facts(charger: Mapping[str, Any], words: Words) -> Iterator[tuple[str, str]]:
    plain = partial(notation.plain, language=words.language)
    for name in ("maker", "model", "serial", "firmware"):
        if charger.get(name):
            yield name, text(charger[name])
    if charger.get("rated_voltage_v") is not None:
        yield (
            "rating",
            words(
                "rating.text",
                v=plain(charger["rated_voltage_v"]),
                a=plain(charger.get("rated_current_a")),
                p=plain(charger.get("phases")),
            ),
        )
    if charger.get("connectors") is not None:
        cable = text(charger.get("cable"))
        yield (
            "connectors",
            f"{text(charger['connectors'])}, {words.known(f'cable.{cable}', cable)}".rstrip(", "),
        )
    if charger.get("temperature_min_c") is not None:
        low, high = (
            f"{plain(charger.get(name))}\u00a0°C" for name in ("temperature_min_c", "temperature_max_c")
        )
        yield "temperatures", words("range", low=low, high=high)
    if charger.get("register_step_wh") is not None:
        yield "step", f"{plain(charger['register_step_wh'])}\u00a0Wh"


def _run_facts(shown: Report, words: Words) -> Iterator[tuple[str, str]]:
    if shown.started and shown.started != shown.begin_utc:
        yield "date", moment(shown.started)
    times = f"{moment(shown.begin_utc)} \u2013 {moment(shown.end_utc)}"
    yield "duration", notation.span(shown.duration_s, words.language)
    yield ("virtual" if shown.simulated else "between"), times
    kind = "rehearsed" if shown.bench.get("rehearsed") else text(shown.bench.get("kind"))
    yield "bench", f"{text(shown.bench.get('name'))} ({words.known('kind.' + kind, kind)})"
    plane = text(shown.bench.get("measurement_plane"))
    if plane:
        yield "plane", words.known(f"plane.{plane}", plane)
    yield "dialects", ", ".join(f"OCPP {dialect}" for dialect in shown.dialects)
    yield "seed", shown.seed
    yield "suite", f"wattest {shown.version}"
    if shown.rule:
        yield (
            "decision",
            words(
                "decision.text",
                id=text(shown.rule.get("id")),
                guard=notation.plain(shown.rule.get("guard"), words.language),
                k=notation.plain(shown.rule.get("k"), words.language),
                source=text(shown.rule.get("source")),
            ),
        )


def moment(utc: str) -> str:
    """A time stamp of the record to the second: ``2026-01-15 12:00:02 UTC``."""
    return f"{utc[:10]} {utc[11:19]}\u00a0UTC" if len(utc) >= 19 else utc


def moment_of(at: datetime | None) -> str:
    """As ``moment``, from a time; empty when there is none."""
    return "" if at is None else moment(at.astimezone(UTC).isoformat())


def _cents(amount: Decimal | None, currency: str | None, language: Language) -> str:
    """An amount with its two decimals and its currency; empty when nobody knows it."""
    return (
        ""
        if amount is None
        else notation.with_unit(notation.fixed(float(amount), 2, language), currency or "")
    )


def _thousandth(value: Decimal | None, unit: str, language: Language) -> str:
    """Wh as kWh, W as kW, with three decimals; empty when nobody knows it."""
    return "" if value is None else notation.with_unit(notation.fixed(float(value) / 1000, 3, language), unit)


def _quantity(value: Any, unit: str, language: Language) -> str:
    return notation.with_unit(notation.plain(value, language), unit, language)


def _chance(probability: float, words: Words) -> str:
    percent = probability * 100.0
    if percent < 0.1:
        return words("chance", p="<\u00a0" + notation.fixed(0.1, 1, words.language))
    if percent > 99.9:
        return words("chance", p=">\u00a0" + notation.fixed(99.9, 1, words.language))
    return words("chance", p=notation.fixed(percent, 1, words.language))
