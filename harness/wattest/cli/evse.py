"""``wattest evse``: the simulated charger as a process of its own."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from wattest.cli.exits import BENCH, DOCUMENTS, exits
from wattest.cli.live import Ended, heed_signals, say
from wattest.errors import DocumentError, WattestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wattest.evse.alone import Alone
    from wattest.model.scenario import Dialect


EXAMPLES = """
Examples:

\b
  wattest csms                                   in one terminal: the reference central system
  wattest evse                                   in another: a charger that connects to it
  wattest evse --ocpp 1.6 --identity CP7         another dialect, another name
  wattest evse --csms ws://10.0.4.1:9000/ocpp    your own central system
  wattest evse --defect METER-D01                a charger with a deliberate fault
  wattest evse --scpi 127.0.0.1:5025             with a power analyser to be read through PyVISA

Then type, line by line (help lists everything):

\b
  card 04E2A1B2        hold a card to the reader
  plug_in              take the cable and plug it into the car
  set_ready yes        the car asks for energy
  display              what stands on the screen
  power off            cut the supply

\b
A program can write the same as JSON lines, {"id": 1, "do": "plug_in"}, and reads {"id": 1, "ok": true, ...}.
Exit codes: 0 ended by Ctrl-D, Ctrl-C or SIGTERM, 11 it cannot run, 12 the charger sheet cannot be used.
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--csms", metavar="URL", default="ws://127.0.0.1:9000", show_default=True, help="Central system."
)
@click.option("--identity", metavar="NAME", help="Charge point identity. Default: the sheet's.")
@click.option(
    "--ocpp", type=click.Choice(["1.6", "2.0.1", "2.1"]), default="2.0.1", show_default=True, help="Dialect."
)
@click.option(
    "--sheet", metavar="FILE", type=click.Path(), help="Charger sheet. Default: the reference charger."
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of ids, jitter and meter readings."
)
@click.option(
    "--defect", metavar="ID", multiple=True, help="Deliberate defect or variation, such as METER-D01."
)
@click.option("--password", metavar="TEXT", help="For HTTP Basic authentication.")
@click.option(
    "--scpi", metavar="HOST:PORT", help="Serve a power analyser at the connector there; port 0 is any."
)
@click.option(
    "--memory",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="What it keeps when it is off: registers, flash.",
)
def command(
    csms: str,
    identity: str | None,
    ocpp: str,
    sheet: str | None,
    seed: int,
    defect: tuple[str, ...],
    password: str | None,
    scpi: str | None,
    memory: Path | None,
) -> None:
    """Run the simulated charger as a process of its own, in real time, and work its hardware line by line."""
    from wattest.evse.alone import Alone
    from wattest.model.library import library_folder
    from wattest.model.read import read_charger

    with exits({DocumentError: DOCUMENTS, WattestError: BENCH}):
        stated = read_charger(sheet or library_folder("fixtures") / "chargers" / "reference.yaml")
        alone = Alone(
            sheet=replace(stated, identity=identity or stated.identity),
            dialect=cast("Dialect", ocpp),
            csms=csms,
            seed=seed,
            active=frozenset(defect),
            password=password,
            scpi=None if scpi is None else _address(scpi),
            memory=memory,
        )
        _run(alone)


def _run(alone: Alone) -> None:
    from wattest.clock import RealClock
    from wattest.evse.alone import lines_of, live
    from wattest.evse.wires import dialler

    heed_signals()
    try:
        with RealClock() as clock:
            clock.run(
                live(
                    alone,
                    clock,
                    connect=dialler(alone.csms),
                    lines=lines_of(0),
                    ready=_greet_person if os.isatty(0) else _greet_program,
                    say=say,
                    remark=lambda text: say(text, err=True),
                )
            )
    except (Ended, BrokenPipeError):
        return


def _greet_person(facts: Mapping[str, Any]) -> None:
    say(f"{facts['model']} as {facts['identity']}, OCPP {facts['ocpp']}, at {facts['csms']}.")
    if "scpi" in facts:
        say(f"Its power analyser: {facts['scpi']} (PyVISA library @py).")
    say(f"It boots for {facts['boot_time_s']:g} s, as its sheet states.")
    say("Type help to see what you can do, Ctrl-D to end.")


def _greet_program(facts: Mapping[str, Any]) -> None:
    say(json.dumps({"ready": True, **facts}, ensure_ascii=False))


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise click.UsageError(f"--scpi {text} is no address; write it like 127.0.0.1:5025.")
    return host.strip("[]"), int(port)
