"""What the commands share that run until somebody ends them."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from types import FrameType

    from wattest.model.tariff import Tariff


class Ended(Exception):
    """A signal asked for the end."""


def heed_signals() -> None:
    """From now on SIGTERM, SIGINT and SIGHUP raise ``Ended``."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)


def say(text: str, *, err: bool = False) -> None:
    """Print a line that whoever reads the pipe gets at once."""
    click.echo(text, err=err)
    (sys.stderr if err else sys.stdout).flush()


def named_tariff(name: str) -> Tariff:
    """A tariff file, or one of the library's by its name. Raises ``DocumentError``."""
    from wattest.model.library import library_folder
    from wattest.model.read_tariff import read_tariff

    path = Path(name)
    if path.suffix not in {".yaml", ".yml"}:
        path = library_folder("fixtures") / "tariffs" / f"{name}.yaml"
    return read_tariff(path)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Ended
