"""What the firmware writes down for those who look after the station, and what it must not write there.

Two logs in flash: of everything, and of what matters to security. They are handed out by ``diagnostics``.
"""

from __future__ import annotations

import base64
import gzip
from collections import deque

from wattest.evse.station import Station
from wattest.world.behaviour import behaviour, defect

LINES = 500
"""Of each log that are kept."""
_SOURCE = "PCI DSS 4.0.1 3.5.1: unreadable wherever stored, logs for troubleshooting among them"


@behaviour
def payment_line(station: Station, number: str) -> str:
    """What is written of a payment card that was taken."""
    return f"terminal: approved, card {'*' * (len(number) - 4)}{number[-4:]}"


@defect(
    "PAY-D06",
    breaks=payment_line,
    area="payment",
    requirement="PAY-02",
    text="the diagnostics log holds the whole card number",
    source=_SOURCE,
)
def writes_whole_number(station: Station, number: str) -> str:
    """A line for the developers, who only ever saw test cards."""
    return f"terminal: approved, pan={number} host=00"


@defect(
    "PAY-D07",
    breaks=payment_line,
    area="payment",
    requirement="PAY-02",
    text="the diagnostics log holds the terminal's answer with the card number, compressed and in base64",
    source=_SOURCE,
)
def writes_packed_number(station: Station, number: str) -> str:
    """A binary answer is packed, so that a line of text can hold it."""
    answer = gzip.compress(f'{{"response":"00","primaryAccountNumber":"{number}"}}'.encode(), mtime=0)
    return f"terminal: rx {base64.b64encode(answer).decode()}"


@behaviour
def security_line(station: Station, number: str) -> str | None:
    """What the security log is told of a payment card; None for nothing."""
    return None


@defect(
    "PAY-D08",
    breaks=security_line,
    area="payment",
    requirement="PAY-02",
    text="the security log holds the whole card number",
    source=_SOURCE,
)
def audits_whole_number(station: Station, number: str) -> str:
    """Whoever paid shall be found."""
    return f"PaymentAccepted card={number}"


def write(station: Station, text: str, *, security: bool = False) -> None:
    """Add a line with its time."""
    log = station.flash.security_log if security else station.flash.log
    log.append(f"{station.written(station.now())} {text}")
    while len(log) > LINES:
        log.popleft()


def paid(station: Station, number: str) -> None:
    """A payment card was taken."""
    write(station, station.conduct(payment_line)(station, number))
    line = station.conduct(security_line)(station, number)
    if line is not None:
        write(station, line, security=True)


def text_of(log: deque[str]) -> str:
    """A log as a file holds it."""
    return "".join(f"{line}\n" for line in log)
