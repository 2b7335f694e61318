"""Receipts of sessions as text and HTML, in English and French; in Quebec French comes first.

Example::

    from wattest.judge.receipts import receipts, station_of
    made = receipts(record.entries, station_of(record.header["charger"]), supplier)
    print(text(made))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from jinja2 import Environment, PackageLoader, StrictUndefined

from wattest.judge.receipts import Receipt
from wattest_reports.notation import Language

Row = tuple[str, str]
"""What stands left and right."""

_WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "receipt": "Receipt",
        "test": "Made from a test record; not a document for tax purposes.",
        "number": "Transaction",
        "station": "Charging station",
        "evse": "EVSE",
        "place": "Place",
        "phone": "Questions",
        "start": "Start",
        "end": "End",
        "duration": "Duration",
        "delivered": "Energy",
        "power": "Highest power",
        "ac": "AC",
        "energy": "Energy",
        "time": "Time",
        "flat": "Session fee",
        "idle": "Idle fee",
        "adjustment": "Minimum or maximum of the tariff",
        "steps": "by steps of the tariff",
        "before_tax": "Total before tax",
        "total": "Total",
        "included": "The prices contain the taxes.",
        "GST": "GST",
        "HST": "HST",
        "QST": "QST",
        "PST": "PST",
        "RST": "RST",
        "registration": "No.",
        "buyer": "Sold to",
        "terms": "Terms",
        "unknown": "not stated by the station",
        "no_bill": "No total can be given",
        "after": "after",
    },
    "fr": {
        "receipt": "Reçu",
        "test": "Produit à partir d'un registre d'essai; n'est pas un document fiscal.",
        "number": "Transaction",
        "station": "Borne de recharge",
        "evse": "Point de recharge",
        "place": "Lieu",
        "phone": "Questions",
        "start": "Début",
        "end": "Fin",
        "duration": "Durée",
        "delivered": "Énergie",
        "power": "Puissance maximale",
        "ac": "c.a.",
        "energy": "Énergie",
        "time": "Temps",
        "flat": "Frais de séance",
        "idle": "Frais d'occupation",
        "adjustment": "Minimum ou maximum du tarif",
        "steps": "par paliers du tarif",
        "before_tax": "Total avant taxes",
        "total": "Total",
        "included": "Les prix comprennent les taxes.",
        "GST": "TPS",
        "HST": "TVH",
        "QST": "TVQ",
        "PST": "TVP",
        "RST": "TVD",
        "registration": "No",
        "buyer": "Vendu à",
        "terms": "Conditions",
        "unknown": "non indiqué par la borne",
        "no_bill": "Aucun total ne peut être donné",
        "after": "après",
    },
}


_COLON: dict[Language, str] = {"en": ":", "fr": "\u00a0:"}


def languages(receipt: Receipt, lang: Language | None = None) -> tuple[Language, ...]:
    """The language asked for; otherwise both, French first where the station stands in Quebec."""
    if lang is not None:
        return (lang,)
    return ("fr", "en") if receipt.tariff.province == "QC" else ("en", "fr")


def amount(value: Decimal, language: Language) -> str:
    """Dollars and cents.

    >>> amount(Decimal("5.03"), "fr"), amount(Decimal("-0.70"), "en")
    ('5,03 $', '-$0.70')
    """
    if language == "fr":
        return f"{value:.2f}".replace(".", ",") + " $"
    return f"{'-' if value < 0 else ''}${abs(value):.2f}"


def _price(value: Decimal, unit: str, language: Language) -> str:
    digits = f"{value.normalize():f}" if -(value.normalize().as_tuple().exponent or 0) > 2 else f"{value:.2f}"  # type: ignore[operator]  # of a finite number it is whole
    return f"{digits.replace('.', ',')} $/{unit}" if language == "fr" else f"${digits}/{unit}"


def _number(value: Decimal, language: Language) -> str:
    return f"{value:f}".replace(".", ",") if language == "fr" else f"{value:f}"


_FRENCH_ZONES = {
    f"{letter}{season}T": f"H{summer}{french}"
    for letter, french in zip("NAECMP", "TAECRP", strict=True)
    for season, summer in (("S", "N"), ("D", "A"))
}
"""Canadian time zones: EST is HNE (heure normale de l'Est), EDT is HAE (heure avancée)."""


def _moment(at: datetime | None, words: dict[str, str], language: Language) -> str:
    if at is None:
        return words["unknown"]
    zone = at.strftime("%Z")
    return f"{at:%Y-%m-%d %H:%M:%S} {_FRENCH_ZONES.get(zone, zone) if language == 'fr' else zone}"


def _span(seconds: float) -> str:
    whole = timedelta(seconds=int(seconds))
    return str(whole)


def head(receipt: Receipt, language: Language) -> list[Row]:
    """Who sold what, where and when."""
    words, one, seller = _WORDS[language], receipt.transaction, receipt.supplier
    start, end = receipt.local
    energy = one.energy_wh
    rows = [
        (words["number"], one.id),
        (words["station"], f"{receipt.station.model} {receipt.station.serial}".strip() or words["unknown"]),
        (words["evse"], receipt.evse or words["unknown"]),
        (words["place"], seller.address),
        (words["start"], _moment(start, words, language)),
        (words["end"], _moment(end, words, language)),
        (words["duration"], words["unknown"] if one.duration_s is None else _span(one.duration_s)),
        (
            words["delivered"],
            words["unknown"] if energy is None else f"{_number(energy / 1000, language)} kWh",
        ),
    ]
    if receipt.station.power_kw is not None:
        rows.append((words["power"], f"{_number(receipt.station.power_kw, language)} kW {words['ac']}"))
    if seller.phone:
        rows.append((words["phone"], seller.phone))
    if receipt.buyer:
        rows.append((words["buyer"], receipt.buyer))
    terms = seller.terms_fr if language == "fr" else seller.terms
    return [*rows, (words["terms"], terms)] if terms else rows


def lines(receipt: Receipt, language: Language) -> list[Row]:
    """What it cost, line by line, every tax with its rate and number; empty without a bill."""
    bill, tariff, words = receipt.bill, receipt.tariff, _WORDS[language]
    if bill is None:
        return []
    said = {
        "energy": _unit(tariff.energy, "kWh", receipt, language),
        "time": _unit(tariff.time, "h", receipt, language),
        "flat": "",
        "idle": (
            f"{_price(tariff.idle, 'h', language)} {words['after']} "
            f"{_number(tariff.idle_grace_s / 60, language)} min ({_span(receipt.transaction.idle_s())})"
        ),
        "adjustment": "",
    }
    due = {
        "energy": tariff.energy or bill.energy,
        "time": tariff.time or bill.time,
        "flat": tariff.flat,
        "idle": tariff.idle,
        "adjustment": bill.adjustment,
    }
    found = [
        (f"{words[name]} {said[name]}".strip(), amount(getattr(bill, name), language))
        for name in said
        if due[name]
    ]
    found.append((words["before_tax"], amount(bill.before_tax, language)))
    for tax in bill.taxes:
        number = receipt.supplier.number_for(tax.name)
        name = f"{words[tax.name]} {_number(tax.percent.normalize(), language)} %"
        found.append(
            (f"{name} ({words['registration']} {number})" if number else name, amount(tax.amount, language))
        )
    return [*found, (words["total"], f"{amount(bill.total, language)} {bill.currency}")]


def _unit(price: Decimal, unit: str, receipt: Receipt, language: Language) -> str:
    said = [_price(price, unit, language)] if price else []
    if receipt.tariff.steps:
        said.append(_WORDS[language]["steps"])
    return ", ".join(said)


def text(made: Iterable[Receipt], lang: Language | None = None) -> str:
    """Receipts one below the other, for a terminal."""
    blocks = []
    for receipt in made:
        for language in languages(receipt, lang):
            words = _WORDS[language]
            seller = receipt.supplier.name_fr if language == "fr" else receipt.supplier.name
            rows = lines(receipt, language)
            width = max(len(left) for left, _ in [*head(receipt, language), *rows])
            block = [f"{words['receipt']}{_COLON[language]} {seller}"]
            block += [f"  {left:<{width}}  {right}" for left, right in head(receipt, language)]
            block += [f"  {left:<{width}}  {right:>14}" for left, right in rows]
            block += [f"  {note}" for note in notes(receipt, language)]
            blocks.append("\n".join(block))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def notes(receipt: Receipt, language: Language) -> list[str]:
    """What stands below the lines."""
    words = _WORDS[language]
    found = [words["included"]] if receipt.tariff.tax_included else []
    if receipt.bill is None:
        found.append(f"{words['no_bill']}{_COLON[language]} {receipt.problem}")
    return [*found, words["test"]]


def html(made: Sequence[Receipt], lang: Language | None = None) -> str:
    """Receipts as one page without scripts or requests; equal receipts give equal bytes."""
    environment = Environment(
        loader=PackageLoader("wattest_reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    shown = [
        {
            "language": language,
            "title": _WORDS[language]["receipt"] + _COLON[language],
            "seller": receipt.supplier.name_fr if language == "fr" else receipt.supplier.name,
            "head": head(receipt, language),
            "lines": lines(receipt, language),
            "notes": notes(receipt, language),
        }
        for receipt in made
        for language in languages(receipt, lang)
    ]
    first = shown[0]["language"] if shown else lang or "en"
    return environment.get_template("receipt.html").render(receipts=shown, language=first)
