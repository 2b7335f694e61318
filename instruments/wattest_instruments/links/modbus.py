"""Modbus devices over TCP or a serial line, by pymodbus: every exchange in the record, every error a sentence.

::

    link = ModbusLink(around, "tcp://10.0.4.9:502", device_id=1)
    link = ModbusLink(around, "/dev/ttyUSB0", device_id=7, speed=Speed(9600, "even"))
    await link.open()
    heard = await link.read("input", 52, 2)                # two registers from address 52, by function 4
    float32(*heard.values)                                 # a number in IEEE 754, high word first

Addresses are those on the wire, from 0: register 30053 of a manual is ``("input", 52)``. Several links may
share one address: devices on one RS-485 line are told apart by ``device_id`` and asked one after the other.

Nothing is sent twice: a request without an answer may have been obeyed. After a time-out the connection is made
anew, so that an answer that comes late belongs to nobody, and ``probe`` makes sure that the same device
answers.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import ModbusPDU

from wattest.errors import InstrumentError
from wattest.roles import Surroundings
from wattest_instruments.links.modbus_bus import Bus, Client, Frames, bus_of
from wattest_instruments.links.ports import Speed
from wattest_instruments.links.worker import GRACE_S, Stuck

Table = Literal["coil", "discrete", "input", "holding"]
"""The four tables of Modbus: outputs, contacts, measured values, settings."""

FUNCTIONS: dict[Table, int] = {"coil": 1, "discrete": 2, "holding": 3, "input": 4}
REFUSALS = {
    1: "it does not know this function",
    2: "it has no such address",
    3: "it does not take this value or this number of registers",
    4: "it failed while doing so",
    5: "it needs longer for it",
    6: "it is busy",
    8: "its memory has an error",
    10: "the gateway has no way to it",
    11: "the device behind the gateway does not answer",
}
"""Exception codes of the Modbus Application Protocol 1.1b3, chapter 7."""


class TimedOut(InstrumentError):
    """The device did not answer in time; the connection is made anew with the next request."""


@dataclass(frozen=True)
class Heard:
    """Registers, or bits as 0 and 1, and the number of the entry in the record."""

    values: tuple[int, ...]
    seq: int


@dataclass(frozen=True)
class Probe:
    """Registers that tell who is there, such as a serial number: they must not change while the link lives."""

    table: Table
    address: int
    count: int = 1


class ModbusLink:
    """One device. ``address`` is ``tcp://host[:502]`` or a serial port as ``links.ports`` lists them.

    All methods raise ``InstrumentError`` with address and device in the sentence.
    """

    def __init__(
        self,
        around: Surroundings,
        address: str,
        *,
        device_id: int = 1,
        speed: Speed = Speed(),  # noqa: B008 - frozen
        timeout_s: float = 2.0,
        probe: Probe | None = None,
    ) -> None:
        self.place = f"{address}, device {device_id}"
        self.identity: tuple[int, ...] = ()
        """What ``probe`` answered when the link was opened."""
        self._around = around
        self._address = address
        self._device_id = device_id
        self._probe = probe
        self._speed = speed
        self._timeout_s = timeout_s
        self._bus: Bus | None = None
        self._connection = 0

    async def open(self) -> tuple[int, ...]:
        """Connect and return what ``probe`` answers; harmless when open."""
        if self._bus is not None:
            return self.identity
        bus = bus_of(self._around, self._address, self._speed, self._timeout_s)
        self._bus, self.identity = bus, ()
        bus.users.add(self)
        try:
            async with bus.lock:
                await self._connected(bus)
        except InstrumentError:
            await self.close()
            raise
        return self.identity

    async def read(
        self, table: Table, address: int, count: int, *, shown: Callable[[tuple[int, ...]], str] | None = None
    ) -> Heard:
        """``count`` registers or bits of a table in one request, so that they belong together.

        ``shown`` says in the record what they mean, as numbers with commas between them that readings can point
        to; without it the registers themselves stand there.
        """
        words = f"read {table} {address}" + (f" to {address + count - 1}" if count > 1 else "")
        async with self._open_bus().lock:
            bus = self._open_bus()
            await self._connected(bus)
            return await self._read(bus, words, table, address, count, shown)

    async def write_register(self, address: int, value: int) -> int:
        """Write one holding register (function 6); the number of the entry in the record."""
        return await self._write(
            f"write holding {address} = {value}",
            lambda client: client.write_register(address, value, device_id=self._device_id),
            6,
        )

    async def write_registers(self, address: int, values: Sequence[int]) -> int:
        """Write holding registers that follow each other (function 16), such as both words of a float."""
        return await self._write(
            f"write holding {address} = {','.join(map(str, values))}",
            lambda client: client.write_registers(address, list(values), device_id=self._device_id),
            16,
        )

    async def write_coil(self, address: int, on: bool) -> int:
        """Switch one output (function 5)."""
        return await self._write(
            f"write coil {address} = {int(on)}",
            lambda client: client.write_coil(address, on, device_id=self._device_id),
            5,
        )

    async def close(self) -> None:
        """Let go of the connection once nobody else uses it; harmless when it is not open."""
        bus, self._bus = self._bus, None
        if bus is None:
            return
        async with bus.lock:
            bus.users.discard(self)
            if not bus.users:
                with suppress(InstrumentError):
                    await self._do(bus, bus.drop)
                bus.end()
            self._note("close", "", Frames(), None, None)

    # In the loop.

    def _open_bus(self) -> Bus:
        if self._bus is None:
            raise InstrumentError(f"{self.place} is not open: call open() first.")
        return self._bus

    async def _connected(self, bus: Bus) -> None:
        """Connect where that is needed, and make sure that the same device is at the other end as before."""
        if not bus.connected:
            try:
                await self._do(bus, bus.connect)
            except InstrumentError as error:
                self._note("open", "", Frames(), None, str(error))
                raise
            self._note("open", "", Frames(), None, None)
        if self._connection == bus.connections:
            return
        if self._probe is not None:
            probe = self._probe
            words = f"read {probe.table} {probe.address} to ask who is there"
            answered = (await self._read(bus, words, probe.table, probe.address, probe.count, None)).values
            if self.identity and answered != self.identity:
                await self._do(bus, bus.drop)
                raise InstrumentError(
                    f"{self.place} was connected anew and answers {_plain(answered)} where it answered "
                    f"{_plain(self.identity)} before: another device is there. Look at the addresses."
                )
            self.identity = answered
        self._connection = bus.connections

    async def _read(
        self,
        bus: Bus,
        words: str,
        table: Table,
        address: int,
        count: int,
        shown: Callable[[tuple[int, ...]], str] | None,
    ) -> Heard:
        bits = table in {"coil", "discrete"}

        def request(client: Client) -> ModbusPDU:
            ask = {
                "coil": client.read_coils,
                "discrete": client.read_discrete_inputs,
                "input": client.read_input_registers,
                "holding": client.read_holding_registers,
            }[table]
            return ask(address, count=count, device_id=self._device_id)

        def values(answer: ModbusPDU) -> tuple[int, ...]:
            got = tuple(int(bit) for bit in answer.bits[:count]) if bits else tuple(answer.registers)
            if len(got) != count:
                raise InstrumentError(
                    f"{self.place} answered {len(got)} values where {count} were asked for ({words})."
                )
            return got

        return await self._exchange(bus, "read", words, request, FUNCTIONS[table], values, shown or _plain)

    async def _write(self, words: str, request: Callable[[Client], ModbusPDU], function: int) -> int:
        async with self._open_bus().lock:
            bus = self._open_bus()
            await self._connected(bus)
            done = await self._exchange(bus, "write", words, request, function, lambda _: (), _plain)
            return done.seq

    async def _exchange(
        self,
        bus: Bus,
        op: str,
        words: str,
        request: Callable[[Client], ModbusPDU],
        function: int,
        values: Callable[[ModbusPDU], tuple[int, ...]],
        shown: Callable[[tuple[int, ...]], str],
    ) -> Heard:
        frames = Frames()
        try:
            answer = await self._do(bus, lambda: bus.ask(request, frames))
            self._check(answer, function, words)
            got = values(answer)
            text = shown(got)
        except InstrumentError as error:
            self._note(op, words, frames, None, str(error))
            raise
        return Heard(got, self._note(op, words, frames, text, None))

    def _check(self, answer: ModbusPDU, function: int, words: str) -> None:
        if answer.isError():
            code = answer.exception_code
            why = REFUSALS.get(code, "no reason is known for that code")
            raise InstrumentError(
                f"{self.place} refused to {words}: {why} (Modbus exception {code}). "
                "Check address and model in the bench file."
            )
        if answer.function_code != function:
            raise InstrumentError(
                f"{self.place} answered with function {answer.function_code} to function {function} ({words}): "
                "two programs may use the line."
            )

    async def _do(self, bus: Bus, job: Callable[[], Any]) -> Any:
        if bus.inline:
            return self._translated(bus, job)
        worker = bus.worker_now()
        limit_s = 2 * self._timeout_s + GRACE_S
        try:
            return await self._around.clock.in_thread(
                worker.call, lambda: self._translated(bus, job), limit_s
            )
        except Stuck:
            bus.break_off()
            raise InstrumentError(
                f"{self.place} has been stuck in one call for {limit_s:g} s, longer than its time-out of "
                f"{self._timeout_s:g} s: the connection was broken off. Check cable and device."
            ) from None

    def _note(self, op: str, tx: str, frames: Frames, rx: str | None, error: str | None) -> int:
        return self._around.note(
            "exchange",
            role=self._around.role,
            resource=self.place,
            op=op,
            tx=tx,
            rx=rx,
            error=error,
            sent=frames.sent.hex(" "),
            received=frames.received.hex(" "),
        )

    # In the worker.

    def _translated(self, bus: Bus, job: Callable[[], Any]) -> Any:
        """Whatever pymodbus, pyserial or a socket raises becomes a sentence, and the connection is made anew."""
        try:
            return job()
        except InstrumentError:
            raise
        except ConnectionException as error:
            bus.drop()
            raise InstrumentError(
                f"{self.place} hung up: the device or its gateway closed the line."
            ) from error
        except (ModbusException, TimeoutError) as error:
            bus.drop()
            if isinstance(error, TimeoutError) or "No response" in str(error):
                raise TimedOut(
                    f"{self.place} did not answer within {self._timeout_s:g} s: check device_id, speed and cable."
                ) from error
            raise InstrumentError(f"{self.place} answered what is no Modbus answer: {error}") from error
        except OSError as error:
            bus.drop()
            why = error.strerror or str(error)
            raise InstrumentError(f"{self.place} cannot be reached: {why}.") from error
        except Exception as error:  # pymodbus raises struct.error, IndexError and others on frames that lie
            bus.drop()
            raise InstrumentError(f"{self.place} answered what cannot be read: {error}") from error


def _plain(values: tuple[int, ...]) -> str:
    return ",".join(map(str, values))


def float32(high: int, low: int) -> float:
    """IEEE 754 single precision from two registers; give them the other way round for devices that swap words.

    >>> float32(0x4366, 0x0000)
    230.0
    """
    number: float = struct.unpack(">f", struct.pack(">HH", high, low))[0]
    return number


def float32_registers(value: float) -> tuple[int, int]:
    """The two registers of a number, high word first. ``OverflowError`` when it does not fit.

    >>> float32_registers(-40.0)
    (49696, 0)
    """
    high, low = struct.unpack(">HH", struct.pack(">f", value))
    return high, low


def int32(high: int, low: int) -> int:
    """A signed number from two registers.

    >>> int32(0xFFFF, 0xFFFE)
    -2
    """
    number: int = struct.unpack(">i", struct.pack(">HH", high, low))[0]
    return number
