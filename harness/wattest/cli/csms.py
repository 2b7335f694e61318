"""``wattest csms``: the reference central system alone, with a live log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, get_args

import click

from wattest.cli.exits import BENCH, DOCUMENTS, exits
from wattest.cli.live import Ended, heed_signals, named_tariff, say
from wattest.errors import DocumentError, WattestError

if TYPE_CHECKING:
    from wattest.csms import Csms
    from wattest.model.bench import CsmsEntry
    from wattest.model.scenario import Card


EXAMPLES = """
Examples:

\b
  wattest csms                                    port 9000, this machine only, every card accepted
  wattest csms --host 0.0.0.0 --password s3cret   for chargers on the network, Basic authentication
  wattest csms --card 04E2A1B2 --card DEAD=blocked
  wattest csms --tariff energy_only               bills in CAD, shown by the charger
  wattest csms --boot pending                     BootNotification is answered with Pending

\b
Chargers connect to ws://HOST:PORT/ocpp/<identity>. Every frame is checked; what breaks a rule stands in the log
with a sentence. With --record FILE everything is also appended to a record that `wattest verify` can check.
Exit codes: 0 ended by Ctrl-C or SIGTERM, 11 the port cannot be had, 12 a tariff cannot be used.
"""


def _cards(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[Card, ...]:
    from wattest.model.scenario import Card, CardStatus

    found = []
    for value in values:
        uid, _, status = value.partition("=")
        status = status or "accepted"
        if not uid or status not in get_args(CardStatus):
            known = ", ".join(get_args(CardStatus))
            raise click.BadParameter(f"'{value}' is no card; write UID or UID=STATUS, STATUS one of {known}")
        found.append(Card(uid, status))  # type: ignore[arg-type]
    return tuple(found)


@click.command(epilog=EXAMPLES)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=9000, show_default=True, help="0 is any.")
@click.option("--ocpp", type=click.Choice(["1.6", "2.0.1", "2.1"]), help="This dialect only. Default: all.")
@click.option("--password", metavar="TEXT", help="Ask stations for it (HTTP Basic authentication).")
@click.option(
    "--card", "cards", metavar="UID[=STATUS]", multiple=True, callback=_cards, help="A card and its status."
)
@click.option("--tariff", metavar="NAME", help="A tariff of fixtures/tariffs, or a file.")
@click.option(
    "--boot",
    type=click.Choice(["accepted", "pending", "rejected"]),
    default="accepted",
    show_default=True,
    help="Answer to BootNotification.",
)
@click.option("--interval", type=int, default=300, show_default=True, help="Heartbeat interval in s.")
@click.option("--record", metavar="FILE", type=click.Path(), help="Append everything to a new record.")
@click.option("--raw", is_flag=True, help="Log frames as they are on the wire.")
def command(
    host: str,
    port: int,
    ocpp: str | None,
    password: str | None,
    cards: tuple[Card, ...],
    tariff: str | None,
    boot: str,
    interval: int,
    record: str | None,
    raw: bool,
) -> None:
    """Run the reference central system alone and log what chargers say, and what is wrong with it."""
    from wattest.model.bench import CsmsEntry

    def prepare(csms: Csms) -> None:
        if ocpp is not None:
            csms.only(ocpp)  # type: ignore[arg-type]
        csms.accepts_unknown = not cards
        for card in cards:
            csms.set_card(card)
        csms.answers.boot(boot.capitalize(), interval)  # type: ignore[arg-type]
        if tariff is not None:
            from wattest.model.read_tariff import read_taxes

            csms.taxes = read_taxes()
            csms.tariff = named_tariff(tariff)

    with exits({DocumentError: DOCUMENTS, WattestError: BENCH}):
        _run(CsmsEntry(host=host, port=port, password=password), prepare, record, raw=raw)


def _run(entry: CsmsEntry, prepare: Any, record: str | None, *, raw: bool) -> None:
    from wattest.clock import RealClock
    from wattest.csms import Csms
    from wattest.csms.log import Log
    from wattest.csms.server import serve

    heed_signals()
    with RealClock() as clock:
        from wattest.record import Recorder

        recorder = None if record is None else Recorder.open(record, clock)
        if recorder is not None:
            recorder.note("header", format=1, plan=["csms"])
        log = Log(clock, say, note=None if recorder is None else recorder.note, raw=raw)
        csms = Csms(clock, log.note)

        async def live() -> None:
            prepare(csms)
            if recorder is not None and csms.tariff is not None:
                rates = [rate for rate in csms.taxes if rate.province == csms.tariff.province]
                recorder.note("setting", what="tariff", tariff=csms.tariff, taxes=rates)
            server = await serve(csms, entry)
            say(f"Listening at {server.url}/<identity> for {', '.join(csms.dialects)}. Ctrl-C ends.")
            try:
                await asyncio.Event().wait()
            finally:
                await server.close()

        try:
            clock.run(live())
        except (Ended, BrokenPipeError):
            return
        finally:
            if recorder is not None:
                recorder.seal({})
