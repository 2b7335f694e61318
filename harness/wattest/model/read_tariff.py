"""Readers of tariffs, taxes and cards: ``fixtures/tariffs``, ``fixtures/taxes``, ``fixtures/cards``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from wattest.document.decode import BAD, Decoder
from wattest.document.node import Document, Fields, Items
from wattest.document.quantity import PERCENT, POWER, Duration, EnergyPrice, Money, TimePrice
from wattest.document.reader import read
from wattest.document.signature import Made
from wattest.model.library import library_folder
from wattest.model.scenario import Card, CardStatus
from wattest.model.tariff import PriceStep, Tariff, TaxRate
from wattest.model.words import NewName, Province, Uid


def _power_step(
    *, above: Annotated[Decimal, POWER], energy: EnergyPrice = Decimal(0), time: TimePrice = Decimal(0)
) -> PriceStep:
    """What energy and time cost from one power up to that of the next step.

    Args:
        above: the power from which the step holds, itself included
        energy: price of the energy delivered in the step
        time: price of the time spent in it
    """
    return PriceStep(above, energy, time)


def _soc_step(
    *, above: Annotated[Decimal, PERCENT], energy: EnergyPrice = Decimal(0), time: TimePrice = Decimal(0)
) -> PriceStep:
    """What energy and time cost from one state of charge up to that of the next step.

    Args:
        above: the state of charge from which the step holds, itself included
        energy: price of the energy delivered in the step
        time: price of the time spent in it
    """
    return PriceStep(above, energy, time)


PowerStep = Annotated[PriceStep, Made(_power_step)]
SocStep = Annotated[PriceStep, Made(_soc_step)]


def _tariff(
    *,
    tariff: NewName = "inline",
    currency: Literal["CAD"] = "CAD",
    energy: EnergyPrice = Decimal(0),
    time: TimePrice = Decimal(0),
    flat: Money = Decimal(0),
    idle: TimePrice = Decimal(0),
    idle_grace: Duration = 600.0,
    idle_cap: Money | None = None,
    tax_included: bool = False,
    province: Province = "QC",
    power_steps: tuple[PowerStep, ...] = (),
    soc_steps: tuple[SocStep, ...] = (),
    longest_gap: Duration = 300.0,
    minimum: Money | None = None,
    maximum: Money | None = None,
    provincial_tax: Literal["applies", "exempt"] | None = None,
    provincial_tax_source: str = "",
) -> Tariff:
    """What a session costs before tax, unless ``tax_included``.

    Args:
        tariff: its name, the same as the file's; a scenario refers to it
        currency: only Canadian dollars so far
        energy: price of the energy delivered
        time: price of time from start to end of the transaction, charged by the second
        flat: once per session
        idle: price of time while the vehicle asks for nothing, never while the EVSE withholds power
        idle_grace: idling that costs nothing
        idle_cap: the most that idling costs in one session
        tax_included: whether the prices contain the taxes
        province: where the station stands; the taxes follow
        power_steps: prices by the power between two readings of the meter, beside 'energy' and 'time'
        soc_steps: prices by the state of charge at the begin of a stretch between two readings
        longest_gap: readings further apart do not tell which step a stretch belongs to
        minimum: the least that a session costs which costs anything
        maximum: the most that a session costs, idling included
        provincial_tax: what the operator states of PST or RST on charging, where a province has one
        provincial_tax_source: the ruling or rule of law that says so
    """
    amounts = {"flat": flat, "idle_cap": idle_cap, "minimum": minimum, "maximum": maximum}
    for name, amount in amounts.items():
        if amount is not None and amount < 0:
            raise ValueError(f"'{name}' is {amount} CAD; a price is never below 0 CAD")
    if minimum is not None and maximum is not None and minimum > maximum:
        raise ValueError(f"'minimum' is {minimum} CAD and 'maximum' {maximum} CAD; swap them")
    if power_steps and soc_steps:
        raise ValueError("a tariff has 'power_steps' or 'soc_steps', not both")
    if (provincial_tax is None) != (not provincial_tax_source):
        raise ValueError("'provincial_tax' and 'provincial_tax_source' stand together: who says so, and what")
    steps = power_steps or soc_steps
    _look_at_steps(steps, "power_steps" if power_steps else "soc_steps", "W" if power_steps else "%")
    return Tariff(
        tariff,
        currency,
        energy,
        time,
        flat,
        idle,
        _exactly(idle_grace),
        idle_cap,
        tax_included,
        province,
        steps,
        "soc" if soc_steps else "power",
        _exactly(longest_gap),
        minimum,
        maximum,
        provincial_tax,
        provincial_tax_source,
    )


def _exactly(seconds: float) -> Decimal:
    """Seconds as money is reckoned with: no float goes further than this."""
    return Decimal(int(seconds)) if seconds.is_integer() else Decimal(repr(seconds))


def _look_at_steps(steps: tuple[PriceStep, ...], name: str, unit: str) -> None:
    """Steps begin at 0 and rise. Raises ``ValueError`` with a sentence."""
    if steps and steps[0].above != 0:
        raise ValueError(f"the first of '{name}' begins at {steps[0].above} {unit}; begin at 0 {unit}")
    for lower, higher in pairwise(steps):
        if higher.above <= lower.above:
            raise ValueError(
                f"in '{name}' {higher.above} {unit} follows {lower.above} {unit}; put them in rising order"
            )


def _tax(
    *,
    province: Province,
    name: Literal["GST", "HST", "QST", "PST", "RST"],
    percent: Annotated[Decimal, PERCENT],
    valid_from: date,
    valid_to: date | None = None,
    source: str,
) -> TaxRate:
    """One tax line of one province, valid from one day to another, both included.

    Args:
        province: where the station stands: the place of supply
        name: as it stands on the receipt
        percent: of the price before tax; no tax is charged on another tax
        valid_from: first day
        valid_to: last day; without it the rate is in force
        source: who says so, and how far that can be trusted
    """
    if valid_to is not None and valid_to < valid_from:
        raise ValueError(f"valid_to {valid_to} lies before valid_from {valid_from}")
    return TaxRate(province, name, percent, valid_from, valid_to, source)


def _card(*, uid: Uid, status: CardStatus = "accepted", group: Uid | None = None) -> Card:
    """A card and what the central system will say of it.

    Args:
        uid: what the reader reads
        status: the central system's answer; ``unknown`` means that it has never heard of the card
        group: parent id: a card of the same group may stop a session
    """
    return Card(uid, status, group)


TARIFF = Made(_tariff)
TariffEntry = Annotated[Tariff, TARIFF]
TaxEntry = Annotated[TaxRate, Made(_tax)]
CardEntry = Annotated[Card, Made(_card)]


def _taxes(*, taxes: tuple[TaxEntry, ...], operator_must_state: tuple[TaxEntry, ...] = ()) -> Any:
    """Taxes on charging, by province and date.

    Args:
        taxes: lines that apply to every session
        operator_must_state: lines of which it is unsettled whether they apply; a tariff must say so there
    """
    return taxes, tuple(replace(rate, settled=False) for rate in operator_must_state)


def _cards(*, cards: Mapping[NewName, Uid | CardEntry]) -> dict[str, Card]:
    """Cards by name; a UID alone is an accepted card."""
    return {name: _as_card(card) for name, card in cards.items()}


def _as_card(card: str | Card) -> Card:
    return Card(card) if isinstance(card, str) else card


TAXES = Made(_taxes)
CARDS = Made(_cards)


def tariff_of(document: Document) -> Tariff:
    """The tariff in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    value = Decoder(document.problems).make(document.root, TARIFF)
    if isinstance(document.root, Fields) and document.root.get("tariff") is None:
        document.problems.add(
            document.root, "a tariff needs the key 'tariff': its name, the same as the file's"
        )
    elif isinstance(value, Tariff) and value.id != Path(document.path).stem:
        document.problems.add(
            document.root,
            f"the tariff is called '{value.id}' and its file '{Path(document.path).name}'; name both alike",
        )
    document.problems.stop_if_any()
    assert isinstance(value, Tariff)
    return value


def taxes_of(document: Document) -> tuple[tuple[TaxRate, ...], tuple[TaxRate, ...]]:
    """Settled and unsettled tax lines; adds what is wrong to the problems and raises ``DocumentError``."""
    value = Decoder(document.problems).make(document.root, TAXES)
    if value is not BAD:
        _look_for_overlaps(document, value[0], "taxes")
        _look_for_overlaps(document, value[1], "operator_must_state")
    document.problems.stop_if_any()
    settled, unsettled = value
    return settled, unsettled


def _look_for_overlaps(document: Document, rates: tuple[TaxRate, ...], key: str) -> None:
    assert isinstance(document.root, Fields)
    rows = document.root.get(key)
    if not isinstance(rows, Items):
        return
    placed = zip(rates, rows.items, strict=True)
    in_order = sorted(placed, key=lambda one: (one[0].province, one[0].name, one[0].valid_from))
    for (earlier, before), (later, node) in pairwise(in_order):
        same = (earlier.province, earlier.name) == (later.province, later.name)
        if same and (earlier.valid_to is None or earlier.valid_to >= later.valid_from):
            document.problems.add(
                node,
                f"{later.name} of {later.province} from {later.valid_from} overlaps the rate in line"
                f" {before.place.line}; close that with 'valid_to'",
            )


def cards_of(document: Document) -> dict[str, Card]:
    """Cards by name; adds what is wrong to the document's problems and raises ``DocumentError``."""
    value = Decoder(document.problems).make(document.root, CARDS)
    document.problems.stop_if_any()
    assert isinstance(value, dict)
    return value


def read_tariff(path: str | os.PathLike[str]) -> Tariff:
    """Read one tariff file. Raises ``DocumentError``."""
    return tariff_of(read(path))


def read_cards(path: str | os.PathLike[str]) -> dict[str, Card]:
    """Read a file of cards. Raises ``DocumentError``."""
    return cards_of(read(path))


def read_taxes(path: str | os.PathLike[str] | None = None) -> tuple[TaxRate, ...]:
    """All tax lines of a table, settled ones first; without a path those that come with Wattest.

    Whether a provincial sales tax applies to charging is not settled (``TaxRate.settled``): a bill in such a province
    needs a tariff that states it. Raises ``DocumentError``.
    """
    source = library_folder("fixtures") / "taxes" / "canada.yaml" if path is None else path
    settled, unsettled = taxes_of(read(source))
    return (*settled, *unsettled)
