"""Figures of a scenario: what was held against a bound, and what the instruments read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from wattest_reports.entries import Entry, mapping, number, numbers, real, rows, text, texts
from wattest_reports.view import LimitLine, Measured, Reading, Summary

K = 2
"""Coverage factor under which uncertainties of readings are shown: about 95 % (GUM 6.2)."""

MOST_READINGS = 24
"""Readings shown one by one; those that checks cite come first, the rest are in the summary."""


def measured(checks: Iterable[Entry], limits: Mapping[str, LimitLine]) -> tuple[Measured, ...]:
    """Every check of a rule that compares a figure with a bound; those that did not pass stand first."""
    found = []
    for check in checks:
        shape = _SHAPES.get(text(check.get("rule")))
        if shape is not None and not _only_whether(check):
            found.append(_measured(check, shape, limits))
    return tuple(sorted(found, key=lambda figure: figure.outcome == "pass"))


def _only_whether(check: Entry) -> bool:
    """Something was there or not; no time was asked for."""
    return check.get("rule") == "occurred" and not real(mapping(check.get("inputs")).get("within_s"))


def _measured(check: Entry, shape: _Shape, limits: Mapping[str, LimitLine]) -> Measured:
    inputs, figures = mapping(check.get("inputs")), mapping(check.get("figures"))
    limit = limits.get(text(inputs.get("limit_id")))
    made = {
        "what": text(inputs.get("what")) or text(check.get("name")),
        "expanded": None,
        "k": inputs.get("k"),
        "limit_unit": "",
        "source": text(inputs.get("limit_source")) or (limit.source if limit else ""),
        "provenance": text(inputs.get("provenance")) or (limit.provenance if limit else ""),
        "band": text(check.get("band")),
        "outcome": text(check.get("outcome")),
        "requirements": texts(check.get("requirements")),
        "evidence": numbers(check.get("evidence")),
        "seq": int(number(check.get("seq"))),
        "chance": figures.get("p_conform") if check.get("band") else None,
        "simple": simple
        if (simple := text(figures.get("simple_acceptance"))) != check.get("outcome")
        else "",
        "screening": figures.get("screening") is True,
        **shape(inputs, figures),
    }
    made["limit_unit"] = made["limit_unit"] or made["unit"]
    return Measured(**made)


def _bound(bound: str) -> _Shape:
    def shape(inputs: Entry, figures: Entry) -> dict[str, Any]:
        return {
            "value": inputs.get("value"),
            "unit": text(inputs.get("unit")),
            "expanded": figures.get("U"),
            "bound": bound,
            "limit": inputs.get("limit"),
        }

    return shape


def _between(inputs: Entry, figures: Entry) -> dict[str, Any]:
    return {**_bound("between")(inputs, figures), "limit": (inputs.get("low"), inputs.get("high"))}


def _energy(inputs: Entry, figures: Entry) -> dict[str, Any]:
    parts = []
    for name, value in (("reported", inputs.get("reported_wh")), ("reference", inputs.get("reference_wh"))):
        if value is not None:
            parts.append((name, value, "Wh"))
    budget = tuple((text(row.get("name")), number(row.get("u"))) for row in rows(figures.get("budget")))
    return {
        "value": figures.get("error_pct"),
        "unit": "%",
        "expanded": figures.get("U_pct"),
        "k": figures.get("k", inputs.get("k")),
        "bound": "plus or minus",
        "limit": inputs.get("limit_pct"),
        "parts": tuple(parts),
        "budget": budget,
    }


def _agree(inputs: Entry, figures: Entry) -> dict[str, Any]:
    unit = text(inputs.get("unit"))
    return {
        "value": figures.get("difference"),
        "unit": unit,
        "bound": "plus or minus",
        "limit": figures.get("allowed"),
        "parts": tuple((text(name), value, unit) for name, value in mapping(inputs.get("values")).items()),
    }


def _money(inputs: Entry, _figures: Entry) -> dict[str, Any]:
    currency = text(inputs.get("currency_expected"))
    return {
        "value": inputs.get("observed"),
        "unit": text(inputs.get("currency_observed")),
        "bound": "equal",
        "limit": inputs.get("expected"),
        "limit_unit": currency,
        "parts": tuple(
            (text(name), amount, currency) for name, amount in mapping(inputs.get("lines")).items()
        ),
    }


def _money_between(inputs: Entry, figures: Entry) -> dict[str, Any]:
    limit = (inputs.get("low"), inputs.get("high"))
    return {**_money(inputs, figures), "bound": "between", "limit": limit}


def _delay(inputs: Entry, _figures: Entry) -> dict[str, Any]:
    return {"value": inputs.get("after_s"), "unit": "s", "bound": "within", "limit": inputs.get("within_s")}


_Shape = Callable[[Entry, Entry], dict[str, Any]]
_SHAPES: Mapping[str, _Shape] = {
    "at_most": _bound("at most"),
    "at_least": _bound("at least"),
    "between": _between,
    "agree": _agree,
    "energy_error": _energy,
    "cost_equal": _money,
    "cost_within": _money_between,
    "occurred": _delay,
}


def reading(entry: Entry) -> Reading:
    """A ``reading`` entry; U is taken for k = 2."""
    return Reading(
        seq=int(number(entry.get("seq"))),
        at=number(entry.get("t")),
        name=text(entry.get("name")),
        role=text(entry.get("role")),
        value=entry.get("value"),
        unit=text(entry.get("unit")),
        expanded=_expanded(entry),
        flags=texts(entry.get("flags")),
        evidence=numbers(entry.get("evidence")),
    )


def cited(readings: Iterable[Entry], evidence: Collection[int]) -> tuple[Reading, ...]:
    """The readings that checks rely on, at most ``MOST_READINGS``, the last ones."""
    return tuple(
        reading(entry) for entry in [one for one in readings if one.get("seq") in evidence][-MOST_READINGS:]
    )


def summaries(readings: Iterable[Entry]) -> tuple[Summary, ...]:
    """First, last, least and most of every quantity; flagged values count, and their flags are named."""
    groups: dict[tuple[str, str, str], list[Entry]] = {}
    for one in readings:
        groups.setdefault((text(one.get("role")), text(one.get("name")), text(one.get("unit"))), []).append(
            one
        )
    return tuple(_summary(*key, group) for key, group in groups.items())


def _summary(role: str, name: str, unit: str, group: Sequence[Entry]) -> Summary:
    values = [found for one in group if (found := real(one.get("value"))) is not None]
    widths = [wide for one in group if (wide := _expanded(one)) is not None]
    return Summary(
        name=name,
        role=role,
        unit=unit,
        count=len(group),
        first=group[0].get("value"),
        last=group[-1].get("value"),
        least=min(values, default=None),
        most=max(values, default=None),
        expanded=max(widths, default=None),
        flags=tuple(sorted({flag for one in group for flag in texts(one.get("flags"))})),
        seqs=tuple(int(number(one.get("seq"))) for one in group),
    )


def _expanded(entry: Entry) -> float | None:
    u = real(entry.get("u"))
    return None if u is None else K * u
