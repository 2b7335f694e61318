from __future__ import annotations

import pytest
import serial
from serial.serialutil import PortNotOpenError

from wattest_instruments.links import ports
from wattest_instruments.links.protocol_wattest import BUFFER, Send, plugged_in


class Echo:
    """Sends back what it gets, as often as it is told."""

    def __init__(self, times: int = 1) -> None:
        self.times = times
        self.listeners = 0

    def plugged(self, send: Send) -> None:
        self._send = send
        self.listeners += 1

    def receive(self, data: bytes) -> None:
        for _ in range(self.times):
            self._send(data)

    def unplugged(self) -> None:
        self.listeners -= 1


def test_pyserial_itself_reaches_a_twin() -> None:
    """serial_for_url opens it like any port: write, read, read_until, flush, buffers, close."""
    assert ports.HANDLERS in serial.protocol_handler_packages
    echo = Echo()
    with plugged_in("echo", echo) as url:
        port = serial.serial_for_url(url, baudrate=19200)
        assert (echo.listeners, port.write(b"one\ntwo\n"), port.in_waiting) == (1, 8, 8)
        assert port.read_until(b"\n") == b"one\n"
        assert port.read(2) == b"tw"
        port.reset_input_buffer()
        port.reset_output_buffer()
        port.flush()
        assert port.read(9) == b""
        port.baudrate = 9600
        port.close()
        port.close()
        assert echo.listeners == 0
        with pytest.raises(PortNotOpenError):
            port.read(1)
        with pytest.raises(PortNotOpenError):
            port.write(b"x")
        other = serial.serial_for_url(url)
    assert not other.is_open, "who pulls the cable closes the port"
    assert echo.listeners == 0
    with pytest.raises(serial.SerialException, match="no twin is registered under the name 'echo'"):
        serial.serial_for_url(url)


def test_what_nobody_reads_is_lost_the_oldest_first() -> None:
    """A device that talks for a day to nobody does not fill the memory."""
    with plugged_in("chatter", Echo(times=3)) as url, serial.serial_for_url(url) as port:
        port.write(b"a" * BUFFER)
        port.write(b"b")
        assert port.in_waiting == BUFFER
        assert port.read(BUFFER)[-4:] == b"abbb"
