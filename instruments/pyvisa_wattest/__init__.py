"""A PyVISA backend whose instruments are twins: ``pyvisa.ResourceManager("bench@wattest")``.

PyVISA looks for backends under the name ``pyvisa_<backend>``, hence this package. What stands before the ``@`` is
the name of a bench: twins of different benches never meet, though their resources may have the same names::

    register("USB0::0x0B21::0x0025::C2TW01804::INSTR", WtTwin(plane), bench="mine")
    analyser = pyvisa.ResourceManager("mine@wattest").open_resource("USB0::0x0B21::0x0025::C2TW01804::INSTR")
    analyser.query("*IDN?")

Answers come at once, in the caller's thread. A missing answer is a time-out after no time at all.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from pyvisa import attributes, constants, highlevel, rname
from pyvisa.constants import AccessModes, ResourceAttribute, StatusCode
from pyvisa.typing import VISAEventContext, VISARMSession, VISASession
from pyvisa.util import LibraryPath

Fault = Callable[[str | None], str | None]
"""What becomes of an answer on its way: ``lambda answer: None`` loses it, anything else may garble it."""


class Twin(Protocol):
    """Whatever answers lines."""

    def handle(self, line: str) -> str | bytes | None:
        """The answer to a line, bytes for a block of samples, None when it asks nothing."""
        ...


@dataclass
class Port:
    """Where a twin is plugged in. ``faults`` are used up one by one, each on the next answer.

    ``end`` ends the lines that come in, ``ended`` those that go out.

    ``late`` answers were not there in time: they are handed out with the next write, as instruments do.
    """

    twin: Twin
    end: bytes = b"\n"
    ended: bytes = b"\n"
    faults: deque[Fault] = field(default_factory=deque)
    late: deque[str] = field(default_factory=deque)


EVERYBODY = "wattest"
"""The bench of ``ResourceManager("@wattest")``, which names none."""

_ports: dict[tuple[str, str], Port] = {}


def register(
    resource: str, twin: Twin, *, bench: str = EVERYBODY, end: bytes = b"\n", ended: bytes = b"\n"
) -> Port:
    """Plug a twin in; an earlier one of the same bench and resource is replaced."""
    port = Port(twin, end, ended)
    _ports[bench, _canonical(resource)] = port
    return port


def unregister(resource: str, *, bench: str = EVERYBODY) -> None:
    """Unplug a twin; harmless when there is none."""
    _ports.pop((bench, _canonical(resource)), None)


def _canonical(resource: str) -> str:
    """The one spelling of a resource name, with all that may be left out: ``GPIB::1`` is ``GPIB0::1::INSTR``."""
    return rname.to_canonical_name(resource)


@dataclass
class _Session:
    """One open resource: bytes towards the twin until a line is complete, and its answers until they are read."""

    port: Port
    attributes: dict[Any, Any]
    incoming: bytearray = field(default_factory=bytearray)
    outgoing: bytearray = field(default_factory=bytearray)

    def write(self, data: bytes) -> None:
        self.incoming += data
        while self.port.end in self.incoming:
            line, _, rest = self.incoming.partition(self.port.end)
            self.incoming = bytearray(rest)
            while self.port.late:
                self._send(self.port.late.popleft())
            said = self.port.twin.handle(line.decode("latin-1").strip())
            answer = said.decode("latin-1") if isinstance(said, bytes) else said
            if answer is not None and self.port.faults:
                answer = self.port.faults.popleft()(answer)
            if answer is not None:
                self._send(answer)

    def _send(self, answer: str) -> None:
        self.outgoing += answer.encode("latin-1") + self.port.ended

    def read(self, count: int) -> tuple[bytes, StatusCode]:
        if not self.outgoing:
            return b"", StatusCode.error_timeout
        end = self.outgoing.find(self.port.ended) + len(self.port.ended)
        size = min(count, end)
        out = bytes(self.outgoing[:size])
        del self.outgoing[:size]
        if size < end:
            return out, StatusCode.success_max_count_read
        ends = self.attributes.get(ResourceAttribute.termchar_enabled)
        return out, StatusCode.success_termination_character_read if ends else StatusCode.success

    def clear(self) -> None:
        self.incoming.clear()
        self.outgoing.clear()
        self.port.late.clear()


class TwinLibrary(highlevel.VisaLibraryBase):
    """The VISA calls that a message-based resource needs."""

    def _init(self) -> None:
        self._sessions: dict[int, _Session] = {}
        self._numbers = itertools.count(1)

    @staticmethod
    def get_library_paths() -> tuple[LibraryPath, ...]:
        """What stands before the ``@`` when nothing stands there."""
        return (LibraryPath(EVERYBODY),)

    @property
    def _bench(self) -> str:
        return str(self.library_path)

    def open_default_resource_manager(self) -> tuple[VISARMSession, StatusCode]:
        """Start a resource manager's session."""
        number = VISARMSession(next(self._numbers))
        return number, self.handle_return_value(number, StatusCode.success)

    def list_resources(self, session: VISARMSession, query: str = "?*::INSTR") -> tuple[str, ...]:
        """Resources of this bench, whatever the query."""
        del session, query
        return tuple(resource for bench, resource in _ports if bench == self._bench)

    def open(
        self,
        session: VISARMSession,
        resource_name: str,
        access_mode: AccessModes = AccessModes.no_lock,
        open_timeout: int = constants.VI_TMO_IMMEDIATE,
    ) -> tuple[VISASession, StatusCode]:
        """Open a resource of this bench; ``VI_ERROR_RSRC_NFOUND`` when nothing is plugged in there."""
        del access_mode, open_timeout
        port = _ports.get((self._bench, _canonical(resource_name)))
        if port is None:
            return VISASession(0), self.handle_return_value(session, StatusCode.error_resource_not_found)
        number = VISASession(next(self._numbers))
        self._sessions[number] = _Session(port, {ResourceAttribute.resource_name: resource_name})
        return number, self.handle_return_value(number, StatusCode.success)

    def close(self, session: VISASession | VISAEventContext | VISARMSession) -> StatusCode:
        """End a session."""
        self._sessions.pop(session, None)
        return self.handle_return_value(None, StatusCode.success)

    def read(self, session: VISASession, count: int) -> tuple[bytes, StatusCode]:
        """The next bytes of the next answer."""
        open_ = self._sessions.get(session)
        if open_ is None:
            return b"", self.handle_return_value(session, StatusCode.error_invalid_object)
        data, status = open_.read(count)
        return data, self.handle_return_value(session, status)

    def write(self, session: VISASession, data: bytes) -> tuple[int, StatusCode]:
        """Hand bytes to the twin."""
        open_ = self._sessions.get(session)
        if open_ is None:
            return 0, self.handle_return_value(session, StatusCode.error_invalid_object)
        open_.write(data)
        return len(data), self.handle_return_value(session, StatusCode.success)

    def clear(self, session: VISASession) -> StatusCode:
        """Drop everything under way."""
        open_ = self._sessions.get(session)
        if open_ is None:
            return self.handle_return_value(session, StatusCode.error_invalid_object)
        open_.clear()
        return self.handle_return_value(session, StatusCode.success)

    def get_attribute(
        self,
        session: VISASession | VISAEventContext | VISARMSession,
        attribute: ResourceAttribute | constants.EventAttribute,
    ) -> tuple[Any, StatusCode]:
        """A VISA attribute: as set, or its default."""
        open_ = self._sessions.get(session)
        if open_ is None:
            return 0, self.handle_return_value(session, StatusCode.error_invalid_object)
        if attribute not in open_.attributes:
            default = attributes.AttributesByID[attribute].default
            open_.attributes[attribute] = None if default is attributes.NotAvailable else default
        return open_.attributes[attribute], self.handle_return_value(session, StatusCode.success)

    def set_attribute(
        self, session: VISASession, attribute: ResourceAttribute, attribute_state: Any
    ) -> StatusCode:
        """Set a VISA attribute."""
        open_ = self._sessions.get(session)
        if open_ is None:
            return self.handle_return_value(session, StatusCode.error_invalid_object)
        open_.attributes[attribute] = attribute_state
        return self.handle_return_value(session, StatusCode.success)

    def disable_event(
        self, session: VISASession, event_type: constants.EventType, mechanism: constants.EventMechanism
    ) -> StatusCode:
        """There are no events; PyVISA switches them off all the same when it closes a resource."""
        del event_type, mechanism
        return self.handle_return_value(session, StatusCode.success)

    def discard_events(
        self, session: VISASession, event_type: constants.EventType, mechanism: constants.EventMechanism
    ) -> StatusCode:
        """As ``disable_event``."""
        del event_type, mechanism
        return self.handle_return_value(session, StatusCode.success)


WRAPPER_CLASS = TwinLibrary
