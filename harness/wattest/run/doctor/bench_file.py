"""What a bench file promises, before any instrument is asked: calibrations, order of switching off, ranges, planes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from wattest.document.node import Fields
from wattest.document.node import Text as Written
from wattest.document.reader import read
from wattest.errors import DocumentError
from wattest.model.library import library_folder
from wattest.run.doctor.finding import Finding, as_told
from wattest.run.drivers import factories
from wattest.run.languages import Text

if TYPE_CHECKING:
    from wattest.model.bench import Bench, DriverEntry
    from wattest.model.charger import ChargerSheet

POWERED = ("vehicle", "load", "mains", "chamber")
"""Roles that can hurt somebody, or heat something, while they are on."""
SOON_DAYS = 30
"""A calibration that ends within these days is worth a word (project)."""


def calibration_findings(bench: Bench, today: date) -> Iterator[Finding]:
    """How long every calibration named in the bench file still holds."""
    for name, entry in (*bench.rigs.items(), *bench.roles.items()):
        told = entry.options.get("calibration")
        if isinstance(told, str):
            yield _calibration(name, told, bench, today)
        elif name == "reference_meter" and _takes_calibration(entry):
            yield Finding(
                "bench",
                name,
                "warning",
                Text(
                    "No 'calibration' is named: an analyser flags every reading then, and no energy error can be certified.",
                    "Aucun « calibration » n'est indiqué : un analyseur marque alors chaque lecture et aucune erreur "
                    "d'énergie ne peut être certifiée.",
                ),
            )


def _takes_calibration(entry: DriverEntry) -> bool:
    return "calibration" in inspect.signature(factories()[entry.driver]).parameters


def _calibration(name: str, told: str, bench: Bench, today: date) -> Finding:
    beside = Path(bench.path).parent / told
    path = beside if beside.exists() else library_folder("fixtures") / "calibration" / told
    try:
        begin, end = _dates(path if path.exists() else beside)
    except DocumentError as problem:
        return Finding("bench", name, "problem", as_told(problem))
    days = (end - today).days
    if today < begin:
        return Finding(
            "bench",
            name,
            "problem",
            Text(
                f"The calibration {told} begins on {begin}, and today is {today}: is the system clock right?",
                f"L'étalonnage {told} commence le {begin}, et nous sommes le {today} : l'horloge est-elle juste ?",
            ),
        )
    if days < 0:
        return Finding(
            "bench",
            name,
            "problem",
            Text(
                f"The calibration {told} expired on {end}, {_days(-days)} ago: its readings cannot prove a pass.",
                f"L'étalonnage {told} a expiré le {end}, il y a {_jours(-days)} : ses lectures ne peuvent rien prouver.",
            ),
        )
    soon = days <= SOON_DAYS
    return Finding(
        "bench",
        name,
        "warning" if soon else "fine",
        Text(
            f"The calibration {told} holds until {end}, {_days(days)} from today.",
            f"L'étalonnage {told} est valide jusqu'au {end}, encore {_jours(days)}.",
        ),
    )


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


def _jours(number: int) -> str:
    return f"{number} jour" if number < 2 else f"{number} jours"


def _dates(path: Path) -> tuple[date, date]:
    """First and last day of a calibration file; the rest of it is the driver's to read."""
    document = read(path)
    found: list[date] = []
    for key in ("calibrated", "due"):
        node = document.root.get(key) if isinstance(document.root, Fields) else None
        try:
            found.append(date.fromisoformat(node.text if isinstance(node, Written) else ""))
        except ValueError:
            document.problems.add(
                node or document.root, f"'{key}' is needed here as a date such as 2026-12-01"
            )
    document.problems.stop_if_any()
    return found[0], found[1]


def safety_findings(bench: Bench) -> Iterator[Finding]:
    """Whether everything that carries power is named in ``safe_order``, and whether something drops without us."""
    missing = [role for role in POWERED if role in bench.roles and role not in bench.safe_order]
    order = ", ".join(bench.safe_order) or "nothing"
    if missing:
        names = ", ".join(missing)
        yield Finding(
            "bench",
            "safe_order",
            "warning",
            Text(
                f"'safe_order' does not name {names}: it is made safe after the others; say when it should be.",
                f"« safe_order » ne nomme pas {names} : ce sera mis hors tension après le reste ; dites quand.",
            ),
        )
    else:
        yield Finding(
            "bench",
            "safe_order",
            "fine",
            Text(f"Made safe in this order: {order}.", f"Mise hors tension dans cet ordre : {order}."),
        )
    if bench.kind != "live":
        return
    if bench.dead_man_relay:
        yield Finding(
            "bench",
            "dead_man_relay",
            "fine",
            Text(
                "A relay cuts power when this computer falls silent, says the bench file.",
                "Un relais coupe l'alimentation quand cet ordinateur se tait, selon le fichier du banc.",
            ),
        )
    else:
        yield Finding(
            "bench",
            "dead_man_relay",
            "warning",
            Text(
                "No relay cuts power when this computer falls silent; every report will say so.",
                "Aucun relais ne coupe l'alimentation quand cet ordinateur se tait ; chaque rapport le dira.",
            ),
        )


def measuring_findings(bench: Bench, sheet: ChargerSheet) -> Iterator[Finding]:
    """Whether the reference meter can see what this charger delivers: where it measures, and in which range."""
    meter = bench.roles.get("reference_meter")
    if meter is None:
        return
    plane = bench.measurement_plane
    where = {
        "input": ("the input of the station", "à l'entrée de la borne"),
        "output_terminals": ("the output terminals", "aux bornes de sortie"),
        "connector": ("the connector", "à la fiche"),
    }[plane]
    if plane == "input":
        yield _plane(
            sheet,
            "warning",
            f"The reference meter measures at {where[0]}: what {sheet.model} uses itself is measured as if it were "
            "delivered.",
            f"Le compteur de référence mesure {where[1]} : la consommation propre de {sheet.model} est comptée comme "
            "livrée.",
        )
    elif plane == "output_terminals" and sheet.cable == "tethered":
        yield _plane(
            sheet,
            "warning",
            f"The reference meter measures at {where[0]}, and {sheet.model} has a cable of its own: the loss in the cable "
            "is measured as if it were delivered.",
            f"Le compteur de référence mesure {where[1]}, et {sheet.model} a son propre câble : la perte dans le câble "
            "est comptée comme livrée.",
        )
    else:
        yield _plane(
            sheet,
            "fine",
            f"The reference meter measures at {where[0]}.",
            f"Le compteur de référence mesure {where[1]}.",
        )
    for option, rated, unit in (
        ("current_range", sheet.rated_current_a, "A"),
        ("voltage_range", sheet.rated_voltage_v, "V"),
    ):
        given = meter.options.get(option)
        if isinstance(given, (int, float)) and option == "current_range":
            given *= float(meter.options.get("ct_ratio") or 1.0)
        if isinstance(given, (int, float)) and given < rated:
            yield _plane(
                sheet,
                "problem",
                f"The reference meter has {option} {given:g} {unit}, and {sheet.model} delivers up to {rated:g} {unit}: "
                "readings beyond the range are no readings.",
                f"Le compteur de référence a {option} {given:g} {unit}, et {sheet.model} fournit jusqu'à {rated:g} "
                f"{unit} : une lecture hors calibre n'en est pas une.",
            )


def _plane(sheet: ChargerSheet, state: str, en: str, fr: str) -> Finding:
    return Finding("charger", f"{sheet.maker} {sheet.model}", state, Text(en, fr))  # type: ignore[arg-type]
