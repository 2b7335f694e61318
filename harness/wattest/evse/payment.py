"""What the firmware does with a payment card that its terminal took: tells, logs and shows it, and hides its number.

A terminal that keeps the number to itself is better; many hand it to the station, and then every message, log line
and screen is a place to leak it (PCI DSS 4.0.1 3.3.1, 3.4.1, 3.5.1).
"""

from __future__ import annotations

import base64
import json
from contextlib import suppress

from wattest.evse import diary, display
from wattest.evse.link import CallRefused, CallSilent, LinkLost
from wattest.evse.station import Station
from wattest.world.behaviour import behaviour, defect, variation

VENDOR = "org.wattest.terminal"
AMOUNT = "50.00"
_SOURCE = "PCI DSS 4.0.1 3.5.1: unreadable wherever it is stored, logs included"


def last_four(number: str) -> str:
    """All that anybody needs to see."""
    return "*" * (len(number) - 4) + number[-4:]


def _receipt(shown: str) -> str:
    told = {"state": "approved", "card": shown, "amount": AMOUNT, "currency": "CAD", "reference": "000417"}
    return json.dumps(told, separators=(",", ":"))


@behaviour
def receipt(station: Station, number: str) -> str:
    """What the central system is told about an approval."""
    return _receipt(last_four(number))


@defect(
    "PAY-D01",
    breaks=receipt,
    area="payment",
    requirement="PAY-02",
    text="the whole card number is told to the central system in DataTransfer",
    source=_SOURCE,
)
def tells_whole_number(station: Station, number: str) -> str:
    """The terminal's answer, printed for people to read."""
    return _receipt(" ".join(number[at : at + 4] for at in range(0, len(number), 4)))


@defect(
    "PAY-D02",
    breaks=receipt,
    area="payment",
    requirement="PAY-02",
    text="DataTransfer holds the terminal's receipt in base64, with the whole card number in it",
    source=_SOURCE,
)
def encodes_whole_number(station: Station, number: str) -> str:
    """Base64 is taken for encryption."""
    return json.dumps({"state": "approved", "blob": base64.b64encode(_receipt(number).encode()).decode()})


@variation(
    "V100",
    alters=receipt,
    text="six digits of the issuer and the last four are told",
    source="PCI DSS 4.0.1 3.4.1: issuer digits and last four may be shown (recalled)",
    area="payment",
)
def tells_issuer_and_last_four(station: Station, number: str) -> str:
    """As a paper receipt has it."""
    return _receipt(f"{number[:6]}{'*' * (len(number) - 10)}{number[-4:]}")


@behaviour
def log_line(station: Station, number: str) -> str:
    """A line of the terminal's log, which the station passes on."""
    return f"TERMINAL approved card={last_four(number)} amount={AMOUNT}"


@defect(
    "PAY-D03",
    breaks=log_line,
    area="payment",
    requirement="PAY-02",
    text="a log message holds what stands on the card's second track",
    source="PCI DSS 4.0.1 3.3.1: no track data after authorisation (recalled)",
)
def logs_track(station: Station, number: str) -> str:
    """Debug output of the reader that was never taken out."""
    return f"TERMINAL rx t2=;{number}=30122010000012300000? amount={AMOUNT}"


@defect(
    "PAY-D05",
    breaks=log_line,
    area="payment",
    requirement="PAY-02",
    text="a log message holds the chip's answer in hexadecimal, with the card number in tag 5A",
    source=_SOURCE,
)
def logs_chip_data(station: Station, number: str) -> str:
    """Nobody thinks of numbers when it looks like noise."""
    digits = number if len(number) % 2 == 0 else f"{number}F"
    return f"TERMINAL apdu=9F02060000000050005A{len(digits) // 2:02X}{digits}9F2701809000"


@variation(
    "V103",
    alters=log_line,
    text="a log line holds times, a register and a hash that look like card numbers at a glance",
    source="no card number: fraction of a number, seconds since 1970 in nanoseconds, SHA-256",
    area="payment",
)
def logs_long_numbers(station: Station, number: str) -> str:
    """Numbers of sixteen digits that nobody can pay with."""
    return (
        "TERMINAL at=1768478400000000000 kwh=0.4111111111111111 "
        "token=4111111111111111abcdef0123456789abcdef0123456789abcdef0123456789"
    )


@behaviour
def shown(station: Station, number: str) -> str:
    """The card on the screen."""
    return f"Card / Carte {last_four(number)}"


@defect(
    "PAY-D04",
    breaks=shown,
    area="payment",
    requirement="PAY-03",
    text="the whole card number stands on the screen",
    source="PCI DSS 4.0.1 3.4.1: masked when shown",
)
def shows_whole_number(station: Station, number: str) -> str:
    """So that the driver can check it, and everybody behind."""
    return f"Card / Carte {number}"


def approved(station: Station, number: str) -> None:
    """The terminal took a card and its acquirer approved."""
    display.say(station, station.conduct(shown)(station, number), "Approved / Acceptée")
    diary.paid(station, number)
    told = {
        "PreAuthorisation": station.conduct(receipt)(station, number),
        "Log": station.conduct(log_line)(station, number),
    }
    station.spawn(_tell(station, told))


async def _tell(station: Station, told: dict[str, str]) -> None:
    for message, data in told.items():
        with suppress(LinkLost, CallSilent, CallRefused):
            await station.line.call("DataTransfer", {"vendorId": VENDOR, "messageId": message, "data": data})
