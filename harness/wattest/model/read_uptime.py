"""Reader of formulas of uptime: ``fixtures/uptime``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, get_args

from wattest.document.decode import Decoder
from wattest.document.node import Document
from wattest.document.reader import read
from wattest.document.signature import Made
from wattest.model.library import library_folder
from wattest.model.ocpi_version import OcpiStatus
from wattest.model.uptime_formula import Reason, UptimeFormula
from wattest.model.words import NewName

STATUSES: tuple[OcpiStatus, ...] = get_args(OcpiStatus)


def _uptime(
    *,
    uptime: NewName,
    text: str,
    source: str,
    provenance: Literal["found", "recalled", "unverified", "project"],
    limit: str,
    up: tuple[OcpiStatus, ...],
    down: tuple[OcpiStatus, ...],
    left_out: tuple[OcpiStatus, ...] = (),
    excluded_time: Literal["counts_as_up", "leaves_the_period"],
    exclusions: tuple[Reason, ...] = (),
) -> UptimeFormula:
    """How uptime is computed from the statuses of a port.

    Args:
        uptime: its name, the same as the file's
        text: the formula in words
        source: who asks for it
        provenance: how far the source can be trusted
        limit: id of the limit that it is held against
        up: statuses that are up
        down: statuses that are an outage
        left_out: statuses that are neither
        excluded_time: whether time excluded for a reason counts as up, or leaves the period
        exclusions: reasons for which time is excluded
    """
    placed = [*up, *down, *left_out]
    for status in STATUSES:
        if placed.count(status) != 1:
            often = "nowhere" if status not in placed else "twice"
            raise ValueError(
                f"status {status} stands {often} under 'up', 'down' and 'left_out'; it must stand once"
            )
    return UptimeFormula(
        uptime,
        text,
        source,
        provenance,
        limit,
        frozenset(up),
        frozenset(down),
        frozenset(left_out),
        excluded_time,
        frozenset(exclusions),
    )


UPTIME = Made(_uptime)


def uptime_of(document: Document) -> UptimeFormula:
    """The formula in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    found = Decoder(document.problems).make(document.root, UPTIME)
    if isinstance(found, UptimeFormula) and found.name != Path(document.path).stem:
        document.problems.add(
            document.root,
            f"the formula is called '{found.name}' and its file '{Path(document.path).name}'; name both alike",
        )
    document.problems.stop_if_any()
    assert isinstance(found, UptimeFormula)
    return found


def read_uptime(path: str | os.PathLike[str]) -> UptimeFormula:
    """Read one formula. Raises ``DocumentError``."""
    return uptime_of(read(path))


def read_uptimes() -> dict[str, UptimeFormula]:
    """The formulas that come with Wattest, by name. Raises ``DocumentError``."""
    files = sorted((library_folder("fixtures") / "uptime").glob("*.yaml"))
    return {found.name: found for found in map(read_uptime, files)}
