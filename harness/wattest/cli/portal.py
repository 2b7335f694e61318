"""``wattest portal``: the reference central system, and what it publishes by OCPI."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wattest.cli.exits import BENCH, DOCUMENTS, exits
from wattest.cli.live import Ended, heed_signals, named_tariff, say
from wattest.errors import DocumentError, WattestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wattest.csms import Csms
    from wattest.model.charger import ChargerSheet
    from wattest.model.site import Site


EXAMPLES = """
Examples:

\b
  wattest portal --token s3cret                             station at port 9000, OCPI at port 8080
  wattest portal --token s3cret --site my_site.yaml --charger my_charger.yaml --tariff by_time

\b
  curl -H "Authorization: Token $(printf s3cret | base64)" http://127.0.0.1:8080/ocpi/cpo/2.3.0/locations

\b
OCPI 2.2.1 and 2.3.0, read only: /ocpi/versions, then locations, tariffs and cdrs. It speaks plain HTTP: put it behind
a server with TLS before anybody else may reach it. Exit codes: 0 ended by Ctrl-C or SIGTERM, 11 a port cannot be had,
12 a document cannot be used.
"""


@click.command("portal", epilog=EXAMPLES)
@click.option("--token", envvar="WATTEST_PORTAL_TOKEN", required=True, help="What readers must show.")
@click.option("--site", type=click.Path(path_type=Path), help="A site document. Default: the built-in one.")
@click.option(
    "--charger", type=click.Path(path_type=Path), help="A charger sheet. Default: the built-in one."
)
@click.option(
    "--tariff", default="energy_only", show_default=True, help="A tariff of fixtures/tariffs, or a file."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on, for both.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="For OCPI.")
@click.option("--ocpp-port", type=click.IntRange(0, 65535), default=9000, show_default=True)
def command(
    token: str, site: Path | None, charger: Path | None, tariff: str, host: str, port: int, ocpp_port: int
) -> None:
    """Run the reference central system and publish its station by OCPI: location, status, tariffs, session records."""
    from wattest.model.library import library_folder
    from wattest.model.read_charger import read_charger
    from wattest.model.read_site import read_site
    from wattest.model.read_tariff import read_taxes

    def prepare(csms: Csms) -> None:
        csms.accepts_unknown = True
        csms.taxes = read_taxes()
        csms.tariff = named_tariff(tariff)

    heed_signals()
    with exits({DocumentError: DOCUMENTS, WattestError: BENCH}):
        sheet = read_charger(charger or library_folder("fixtures") / "chargers" / "reference.yaml")
        _run(read_site(site), sheet, prepare, token, host, port, ocpp_port)


def _run(
    site: Site,
    sheet: ChargerSheet,
    prepare: Callable[[Csms], None],
    token: str,
    host: str,
    port: int,
    ocpp_port: int,
) -> None:
    from wattest.clock import RealClock
    from wattest.csms import Csms
    from wattest.csms.log import Log
    from wattest.csms.server import serve
    from wattest.model.bench import CsmsEntry
    from wattest.ocpi.http import serve as publish
    from wattest.ocpi.portal import Portal

    with RealClock() as clock:
        csms = Csms(clock, Log(clock, say).note)

        async def live() -> None:
            prepare(csms)
            portal = Portal(csms, site, sheet, token=token)
            server = await serve(csms, CsmsEntry(host=host, port=ocpp_port, password=None))
            try:
                http = await publish(portal, host=host, port=port)
                say(
                    f"Stations: {server.url}/{sheet.identity}   OCPI: {portal.url}/ocpi/versions   Ctrl-C ends."
                )
                try:
                    await portal.follow()
                finally:
                    http.close()
            finally:
                await server.close()

        try:
            clock.run(live())
        except (Ended, BrokenPipeError, asyncio.CancelledError):
            return
