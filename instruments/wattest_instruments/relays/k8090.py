"""Packets of the Velleman K8090: ``04 CMD MASK P1 P2 CHK 0F``, the check sum being the two's complement of the sum.

Known from PyMeasure's driver and the K8090/VM8090 protocol manual that it names.
"""

from __future__ import annotations

BEGIN, END = 0x04, 0x0F
LENGTH = 7

ENERGISE, DROP, ASK, STATUS, VERSION = 0x11, 0x12, 0x18, 0x51, 0x71
"""Outputs of the mask on, off; state asked for, told; firmware asked for and told."""


def packet(command: int, mask: int = 0, first: int = 0, second: int = 0) -> bytes:
    """A packet with its check sum.

    >>> packet(ENERGISE, 0x01).hex(" ")
    '04 11 01 00 00 ea 0f'
    """
    body = bytes((BEGIN, command, mask, first, second))
    return body + bytes((-sum(body) & 0xFF, END))


def split(arrived: bytearray) -> list[bytes]:
    """Whole packets taken out of what arrived; bytes that begin none are thrown away."""
    packets: list[bytes] = []
    while arrived:
        begin = arrived.find(BEGIN)
        if begin < 0:
            arrived.clear()
            break
        del arrived[:begin]
        if len(arrived) < LENGTH:
            break
        found = bytes(arrived[:LENGTH])
        if found[-1] == END and sum(found[:-1]) & 0xFF == 0:
            packets.append(found)
            del arrived[:LENGTH]
        else:
            del arrived[:1]
    return packets
