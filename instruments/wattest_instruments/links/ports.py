"""Opening a serial port, or why not: a port of the host, or a URL of pyserial.

============================  =========================================================================
``/dev/ttyUSB0``, ``COM3``    a port of this computer; better ``/dev/serial/by-id/...``, which stays the same
``socket://10.0.4.9:4001``    a serial server that passes bytes on
``rfc2217://10.0.4.9:4001``   a serial server that sets the speed too
``wattest://name``            a twin in memory, see ``protocol_wattest``
============================  =========================================================================
"""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import Literal

import serial
from serial.tools import list_ports

from wattest.errors import InstrumentError

Parity = Literal["none", "even", "odd"]

HANDLERS = "wattest_instruments.links"
if HANDLERS not in serial.protocol_handler_packages:
    serial.protocol_handler_packages.append(HANDLERS)


@dataclass(frozen=True)
class Speed:
    """How bits follow each other on a line."""

    baud: int = 9600
    parity: Parity = "none"
    stop_bits: Literal[1, 2] = 1


def in_memory(port: str) -> bool:
    """Whether a twin in this process is meant, which answers at once."""
    return port.lower().startswith("wattest://")


def open_port(port: str, speed: Speed, *, timeout_s: float) -> serial.Serial:
    """The open port, for this process alone. Raises ``InstrumentError`` that says what to do about it."""
    try:
        opened = serial.serial_for_url(
            port,
            baudrate=speed.baud,
            parity=speed.parity[0].upper(),
            stopbits=speed.stop_bits,
            timeout=timeout_s,
            write_timeout=timeout_s,
            exclusive=True,
        )
    except (OSError, ValueError) as problem:
        raise InstrumentError(_sentence(port, problem)) from problem
    line = getattr(opened, "_socket", None)
    if isinstance(
        line, socket.socket
    ):  # two small writes in a row: do not wait for an acknowledgement between them
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def close_port(port: serial.Serial) -> None:
    """Close a port for good; pyserial leaves the socket of a connection open that was broken before."""
    line = getattr(port, "_socket", None)
    try:
        port.close()
    finally:
        if isinstance(line, socket.socket):
            line.close()


def _sentence(port: str, problem: Exception) -> str:
    number = getattr(problem, "errno", None)
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        there = sorted(found.device for found in list_ports.comports())
        return (
            f"There is no serial port {port}: plug the adapter in, or correct the bench file. "
            f"This computer has {', '.join(there) if there else 'none at all'}."
        )
    if number in (errno.EACCES, errno.EPERM):
        return (
            f"The serial port {port} may not be opened: permission denied. Add the user to the group that owns it "
            "(ls -l tells; usually 'sudo usermod -aG dialout $USER'), then log in again."
        )
    if number in (errno.EBUSY, errno.EAGAIN):
        return f"The serial port {port} is in use by another program: close that, such as a terminal or ModemManager."
    inner = problem.__context__
    why = inner.strerror if isinstance(inner, OSError) and inner.strerror else str(problem)
    return f"The serial port {port} cannot be opened: {why}."
