"""``wattest scan``: do logs, receipts or diagnostics hold card numbers?"""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from wattest.card_data.files import Searched

LARGEST = 1_000_000_000
"""Bytes of one file: it is read whole."""

FOUND, DOUBT = 1, 3

EXAMPLES = """
Examples:

\b
  wattest scan diagnostics.tar.gz receipt.txt
  wattest scan --json station.log
  journalctl -u charger | wattest scan -

\b
Exit codes: 0 nothing was found, 1 card data was found, 2 wrong arguments or a file that cannot be read,
3 nothing was found, but not everything could be searched.
"""


@click.command("scan", epilog=EXAMPLES)
@click.argument(
    "files", metavar="FILE...", type=click.Path(path_type=Path, allow_dash=True), nargs=-1, required=True
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of sentences.")
def command(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Search FILEs for numbers of payment cards: logs, receipts, diagnostics, also in base64, JSON, gzip, zip and tar.

    A number is told by its issuer and its last four digits only. Pictures and PDFs are named, for a person to look at.
    The fingerprints of JSON tell which findings of one call are the same card; they mean nothing beyond it.
    """
    from wattest.card_data import Look
    from wattest.card_data.files import searched

    key = secrets.token_bytes(32)
    seen = {str(path): searched(path.name, _content(path), Look(key)) for path in files}
    found = sum(len(one.found) for one in seen.values())
    left = sum(len(one.not_searched) for one in seen.values())
    if as_json:
        click.echo(json.dumps(_data(seen), indent=2, ensure_ascii=False))
    else:
        _tell(seen, found, left)
    sys.exit(FOUND if found else DOUBT if left else 0)


def _content(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        if path.is_dir():
            raise click.UsageError(f"{path} is a folder: name its files, as in {path}/*.")
        if (size := path.stat().st_size) > LARGEST:
            raise click.UsageError(f"{path} has {size} bytes; at most {LARGEST} are read: split it.")
        return path.read_bytes()
    except OSError as problem:
        raise click.UsageError(f"{path} cannot be read: {problem.strerror}.") from problem


def _data(seen: dict[str, Searched]) -> dict[str, Any]:
    return {
        name: {"found": [asdict(one) for one in look.found], "not_searched": list(look.not_searched)}
        for name, look in seen.items()
    }


def _tell(seen: dict[str, Searched], found: int, left: int) -> None:
    for name, look in seen.items():
        for one, times in _counted(look).items():
            click.echo(f"{name}: {one}{f', {times} times' if times > 1 else ''}")
        for what in look.not_searched:
            click.echo(f"{name}: not searched: {what}")
    total = f"{len(seen)} {'file' if len(seen) == 1 else 'files'}"
    if found:
        click.echo(f"Card data stands in {total}, {found} {'time' if found == 1 else 'times'}.")
    elif left:
        click.echo(
            f"Nothing was found in {total}, but not everything could be searched: a person must look at the rest."
        )
    else:
        click.echo(f"No card data was found in {total}.")


def _counted(look: Searched) -> dict[str, int]:
    times: dict[str, int] = {}
    for one in look.found:
        times[str(one)] = times.get(str(one), 0) + 1
    return times
