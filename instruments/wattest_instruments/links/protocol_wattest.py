r"""Twins of serial devices in memory: ``serial.serial_for_url("wattest://name")``, the serial twin of pyvisa_wattest.

pyserial looks for the handler of a URL in a module of this name, hence this one. A twin is told when somebody
opens its port and how to send, so that it can speak without being asked::

    register("evsim", EvSimTwin(world))
    port = serial.serial_for_url("wattest://evsim")
    port.write(b"C")
    port.read_until(b"\n")

Nothing waits here: what is not there at once is a time-out after no time at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from serial.serialutil import PortNotOpenError, SerialBase, SerialException

Send = Callable[[bytes], None]
SCHEME = "wattest://"
BUFFER = 65536
"""Bytes that wait to be read."""


class SerialTwin(Protocol):
    """Whatever is at the other end of a cable."""

    def plugged(self, send: Send) -> None:
        """Somebody opened the port; ``send`` carries bytes to them until ``unplugged``."""
        ...

    def receive(self, data: bytes) -> None:
        """Bytes came in."""
        ...

    def unplugged(self) -> None:
        """Nobody listens any more."""
        ...


_twins: dict[str, SerialTwin] = {}
_ports: dict[str, set[Serial]] = {}
"""Who has which port open."""


def register(name: str, twin: SerialTwin) -> str:
    """Plug a twin in, and return its URL; an earlier one of that name is replaced."""
    _twins[name] = twin
    return f"{SCHEME}{name}"


def unregister(name: str) -> None:
    """Unplug a twin: ports that were open on it are closed. Harmless when there is none."""
    for port in _ports.pop(name, set()):
        port.close()
    _twins.pop(name, None)


@contextmanager
def plugged_in(name: str, twin: SerialTwin) -> Iterator[str]:
    """A twin that is there while the block runs; gives its URL."""
    try:
        yield register(name, twin)
    finally:
        unregister(name)


class Serial(SerialBase):
    """The port, as far as pyserial and pymodbus use it."""

    def open(self) -> None:
        """Find the twin that the URL names."""
        self._name = str(self.portstr).removeprefix(SCHEME)
        if self._name not in _twins:
            raise SerialException(f"no twin is registered under the name {self._name!r}")
        self._twin = _twins[self._name]
        self._arrived = bytearray()
        self.is_open = True
        _ports.setdefault(self._name, set()).add(self)
        self._twin.plugged(self._arrive)

    def close(self) -> None:
        """Hang up; harmless when it is closed."""
        if self.is_open:
            self.is_open = False
            _ports.get(self._name, set()).discard(self)
            self._twin.unplugged()

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read now."""
        self._check()
        return len(self._arrived)

    def read(self, size: int = 1) -> bytes:
        """What is there, at most ``size`` bytes."""
        self._check()
        data = bytes(self._arrived[:size])
        del self._arrived[:size]
        return data

    def write(self, data: Any) -> int:
        """Hand bytes to the twin."""
        self._check()
        self._twin.receive(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Everything has arrived already."""

    def reset_input_buffer(self) -> None:
        """Forget what has not been read."""
        self._check()
        self._arrived.clear()

    def reset_output_buffer(self) -> None:
        """Everything has arrived already."""

    def _arrive(self, data: bytes) -> None:
        """What nobody reads is lost, the oldest first."""
        self._arrived += data
        del self._arrived[:-BUFFER]

    def _check(self) -> None:
        if not self.is_open:
            raise PortNotOpenError

    def _reconfigure_port(self) -> None:
        """A cable in memory has no speed."""

    _update_dtr_state = _update_rts_state = _update_break_state = _reconfigure_port
