"""pymodbus proves our bytes, and our twin proves those of pymodbus."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattest.clock import VirtualClock
from wattest.errors import InstrumentError
from wattest.roles import Surroundings
from wattest_instruments.links import modbus, protocol_wattest
from wattest_instruments.links.modbus import (
    ModbusLink,
    Probe,
    Table,
    TimedOut,
    float32,
    float32_registers,
    int32,
)
from wattest_instruments.links.ports import Speed
from wattest_instruments.twins.modbus import (
    ILLEGAL_ADDRESS,
    Refused,
    RtuLine,
    crc16,
    respond,
    serve_modbus,
)

if TYPE_CHECKING:
    from tests.instruments.links.conftest import Notebook


class Bank:
    """Ten registers and ten bits that can be written and read."""

    def __init__(self) -> None:
        self.registers = [100 + n for n in range(10)]
        self.bits = [n % 3 == 0 for n in range(10)]

    def read(self, table: Table, address: int, count: int) -> Sequence[int]:
        cells = self.bits if table in {"coil", "discrete"} else self.registers
        if address + count > len(cells):
            raise Refused(ILLEGAL_ADDRESS)
        return [int(cell) for cell in cells[address : address + count]]

    def write(self, table: Table, address: int, values: Sequence[int]) -> None:
        if address + len(values) > 10:
            raise Refused(ILLEGAL_ADDRESS)
        if table == "coil":
            self.bits[address : address + len(values)] = [bool(value) for value in values]
        else:
            self.registers[address : address + len(values)] = values


def test_every_table_is_read_and_written_over_tcp(notebook: Notebook) -> None:
    """Registers and bits come back as they are, in one request each, without a virtual second passing."""
    bank = Bank()

    async def live() -> None:
        async with serve_modbus(bank, device_id=7) as server:
            link = ModbusLink(notebook.around(), server.address, device_id=7)
            await link.open()
            assert (await link.read("input", 2, 3)).values == (102, 103, 104)
            assert (await link.read("coil", 0, 10)).values == (1, 0, 0, 1, 0, 0, 1, 0, 0, 1)
            assert (await link.read("discrete", 3, 1)).values == (1,)
            await link.write_register(0, 65535)
            await link.write_registers(1, (7, 8))
            await link.write_coil(1, True)
            await link.write_coil(0, False)
            assert (await link.read("holding", 0, 3)).values == (65535, 7, 8)
            await link.close()
            await link.close()

    notebook.run(live())
    assert bank.bits[:2] == [False, True]
    assert notebook.clock.monotonic() == 0.0


def test_every_exchange_is_in_the_record_with_its_bytes(notebook: Notebook) -> None:
    """Words say what was asked, the answer stands as numbers, and the frames as they went over the wire."""

    async def live() -> None:
        async with serve_modbus(Bank()) as server:
            link = ModbusLink(notebook.around(), server.address)
            await link.open()
            heard = await link.read("input", 2, 2, shown=lambda values: f"{values[0] / 10:.1f},{values[1]}")
            assert heard.seq == 1
            await link.write_coil(9, True)
            await link.close()

    notebook.run(live())
    assert notebook.told("op", "tx", "rx", "error") == [
        ("open", "", None, None),
        ("read", "read input 2 to 3", "10.2,103", None),
        ("write", "write coil 9 = 1", "", None),
        ("close", "", None, None),
    ]
    assert notebook.notes[1][1]["sent"] == "00 01 00 00 00 06 01 04 00 02 00 02"
    assert notebook.notes[1][1]["received"] == "00 01 00 00 00 07 01 04 04 00 66 00 67"


def test_rtu_frames_reach_a_twin_in_memory(notebook: Notebook, names: Callable[[], str]) -> None:
    """Pymodbus opens wattest:// as a serial port; the frame is the one of the Modbus specification."""
    url = protocol_wattest.register(names(), RtuLine(Bank(), device_id=7))

    async def live() -> None:
        link = ModbusLink(notebook.around(), url, device_id=7)
        await link.open()
        assert (await link.read("input", 2, 1)).values == (102,)
        await link.write_registers(0, (1, 2))
        assert (await link.read("holding", 0, 2)).values == (1, 2)
        await link.close()

    notebook.run(live())
    frame = bytes.fromhex(notebook.notes[1][1]["sent"])
    assert frame[:-2].hex(" ") == "07 04 00 02 00 01"
    assert crc16(frame[:-2]) == int.from_bytes(frame[-2:], "little")


def test_check_sum_of_the_specification() -> None:
    """The example of Modbus over Serial Line, 6.2.2: 02 07 gives 41 12 on the wire."""
    assert crc16(bytes((2, 7))).to_bytes(2, "little") == bytes((0x41, 0x12))


def test_two_links_share_a_line(notebook: Notebook, names: Callable[[], str]) -> None:
    """Devices on one RS-485 line are told apart by their id; the port stays open until the last one is done."""
    one, two = Bank(), Bank()
    two.registers[0] = 4711
    lines = (RtuLine(one, 1), RtuLine(two, 2))

    class Both:
        def plugged(self, send: protocol_wattest.Send) -> None:
            for line in lines:
                line.plugged(send)

        def receive(self, data: bytes) -> None:
            for line in lines:
                line.receive(data)

        def unplugged(self) -> None:
            for line in lines:
                line.unplugged()

    url = protocol_wattest.register(names(), Both())

    async def live() -> None:
        first, second = (ModbusLink(notebook.around(), url, device_id=n) for n in (1, 2))
        await first.open()
        await second.open()
        assert (await first.read("input", 0, 1)).values == (100,)
        await first.close()
        assert (await second.read("input", 0, 1)).values == (4711,)
        other = ModbusLink(notebook.around("chamber"), url, speed=Speed(19200, "even", 2))
        with pytest.raises(InstrumentError) as caught:
            await other.open()
        assert str(caught.value) == (
            f"{url} is used with 9600 baud, parity none, 1 stop bits, and chamber wants 19200, even, 2: devices on one "
            "line speak alike."
        )
        await second.close()

    notebook.run(live())


def test_a_refusal_is_a_sentence_and_the_link_lives_on(notebook: Notebook) -> None:
    """An exception code names what was asked and why it was refused."""

    async def live() -> None:
        async with serve_modbus(Bank()) as server:
            link = ModbusLink(notebook.around(), server.address)
            await link.open()
            with pytest.raises(InstrumentError) as caught:
                await link.read("input", 9, 4)
            assert str(caught.value) == (
                f"{server.address}, device 1 refused to read input 9 to 12: it has no such address (Modbus exception 2). "
                "Check address and model in the bench file."
            )
            with pytest.raises(InstrumentError, match="refused to write coil 77 = 1"):
                await link.write_coil(77, True)
            assert (await link.read("input", 9, 1)).values == (109,)
            await link.close()

    notebook.run(live())
    assert notebook.notes[1][1]["error"].endswith("bench file.")
    assert notebook.notes[1][1]["received"] == "00 01 00 00 00 03 01 84 02"


def test_nobody_at_the_address(notebook: Notebook) -> None:
    """A closed port, a name that is none and an address that is none say so, before anything is asked."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        link = ModbusLink(notebook.around(), f"tcp://127.0.0.1:{port}")
        with pytest.raises(InstrumentError) as caught:
            notebook.run(link.open())
    assert str(caught.value) == (
        f"tcp://127.0.0.1:{port} cannot be reached: Connection refused: nothing listens there; check the port (Modbus "
        "TCP has 502)."
    )
    assert notebook.told("op", "error") == [("open", str(caught.value)), ("close", None)]
    for wrong in ("tcp://10.0.4.9:many", "tcp://:502", "tcp://[::1:502"):
        with pytest.raises(InstrumentError) as caught:
            notebook.run(ModbusLink(notebook.around(), wrong).open())
        assert str(caught.value) == f"{wrong} is no address: write it like tcp://10.0.4.9:502."
    with pytest.raises(InstrumentError, match=r"device 1 is not open: call open\(\) first\.$"):
        notebook.run(link.read("input", 0, 1))


@asynccontextmanager
async def fake(answers: Sequence[bytes | None]) -> AsyncIterator[str]:
    """A server that answers each request with bytes of its own choice; None hangs up."""
    left = list(answers)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while left:
                head = await reader.readexactly(6)
                await reader.readexactly(head[5])
                answer = left.pop(0)
                if answer is None:
                    break
                writer.write(head[:2] + answer)
        except (EOFError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


WRONG_FUNCTION = bytes.fromhex("0000 0005 01 03 02 0001")
TOO_FEW = bytes.fromhex("0000 0005 01 04 02 0001")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            WRONG_FUNCTION,
            "answered with function 3 to function 4 (read input 0 to 1): two programs may use the line.",
        ),
        (TOO_FEW, "answered 1 values where 2 were asked for (read input 0 to 1)."),
        (None, "hung up: the device or its gateway closed the line."),
    ],
)
def test_answers_to_something_else_are_refused(
    notebook: Notebook, answer: bytes | None, sentence: str
) -> None:
    """An answer that does not fit the question is an error, never a number."""

    async def live() -> None:
        async with fake([answer]) as address:
            link = ModbusLink(notebook.around(), address)
            await link.open()
            with pytest.raises(InstrumentError) as caught:
                await link.read("input", 0, 2)
            assert str(caught.value) == f"{address}, device 1 {sentence}"
            await link.close()

    notebook.run(live())


def test_a_line_that_was_closed_meanwhile_is_opened_anew(notebook: Notebook) -> None:
    """A gateway closes an idle connection: that is seen before a request is sent, so that none is lost."""

    async def live() -> None:
        bank = Bank()
        async with serve_modbus(bank) as server:
            link = ModbusLink(notebook.around(), server.address)
            await link.open()
            await link.write_coil(1, True)
        async with serve_modbus(bank, port=server.port):
            await link.write_coil(2, True)
            assert (await link.read("coil", 1, 2)).values == (1, 1)
            await link.close()

    notebook.run(live())
    assert [op for (op,) in notebook.told("op")] == ["open", "write", "open", "write", "read", "close"]


def test_a_twin_that_was_unplugged_is_forgotten(notebook: Notebook) -> None:
    """A line in memory whose twin was replaced leads to the new one, for a link that was left open too."""

    async def live() -> None:
        with protocol_wattest.plugged_in("bank", RtuLine(Bank())) as url:
            link = ModbusLink(notebook.around(), url)
            await link.open()
        other = Bank()
        other.registers[0] = 4711
        with protocol_wattest.plugged_in("bank", RtuLine(other)):
            second = ModbusLink(notebook.around(), url)
            await second.open()
            assert (await second.read("input", 0, 1)).values == (4711,)
            assert (await link.read("input", 0, 1)).values == (4711,)
            await second.close()
            await link.close()

    notebook.run(live())


def test_a_device_in_real_time(real_notebook: Notebook) -> None:
    """The same on a real clock: threads, pool and loop get along."""

    async def live() -> None:
        async with serve_modbus(Bank()) as server:
            link = ModbusLink(real_notebook.around(), server.address)
            await link.open()
            assert (await link.read("input", 0, 2)).values == (100, 101)
            await link.close()

    real_notebook.run(live())


@pytest.mark.real_time
def test_after_a_time_out_the_device_must_be_the_same(notebook: Notebook) -> None:
    """No answer is a time-out; then the connection is made anew, and another serial number ends it."""
    serial_1, serial_2 = (bytes.fromhex(f"0000 0005 01 03 02 000{n}") for n in (1, 2))

    async def live() -> None:
        async with fake([serial_1, b"", serial_2]) as address:
            link = ModbusLink(notebook.around(), address, timeout_s=0.05, probe=Probe("holding", 5))
            assert await link.open() == (1,)
            with pytest.raises(TimedOut) as caught:
                await link.read("input", 0, 1)
            assert str(caught.value) == (
                f"{address}, device 1 did not answer within 0.05 s: check device_id, speed and cable."
            )
            with pytest.raises(InstrumentError) as other:
                await link.read("input", 0, 1)
            assert str(other.value) == (
                f"{address}, device 1 was connected anew and answers 2 where it answered 1 before: another device is there. "
                "Look at the addresses."
            )
            await link.close()

    notebook.run(live())


@pytest.mark.real_time
def test_a_stuck_call_is_broken_off(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that does not come back costs its link, not the run; the next request begins anew."""
    monkeypatch.setattr(modbus, "GRACE_S", 0.05)

    async def live() -> None:
        async with serve_modbus(Bank()) as server:
            link = ModbusLink(notebook.around(), server.address, timeout_s=0.05)
            await link.open()
            bus = link._bus
            assert bus is not None
            loose = bus._client
            assert loose is not None
            hold = socket.socketpair()
            monkeypatch.setattr(loose, "recv", lambda _size: hold[0].recv(1))
            with pytest.raises(InstrumentError, match=r"has been stuck in one call for 0\.15 s"):
                await link.read("input", 0, 1)
            hold[1].close()
            hold[0].close()
            assert (await link.read("input", 0, 1)).values == (100,)
            await link.close()

    notebook.run(live())


def test_numbers_in_two_registers() -> None:
    """IEEE 754 and two's complement, high word first."""
    assert float32(0x4366, 0x0000) == 230.0
    assert float32_registers(-40.0) == (49696, 0)
    assert int32(0xFFFF, 0xFFFE) == -2
    with pytest.raises(OverflowError):
        float32_registers(1e39)


@given(st.binary(max_size=260))
def test_no_request_upsets_a_device(request_: bytes) -> None:
    """Whatever arrives is answered or refused with the function code that was asked."""
    answer = respond(Bank(), request_)
    assert answer[0] & 0x7F == (request_[0] & 0x7F if request_ else 0)
    assert 2 <= len(answer) <= 253


class Babble:
    """A serial device that answers with whatever it was given."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self._left = list(answers)

    def plugged(self, send: protocol_wattest.Send) -> None:
        self._send = send

    def receive(self, data: bytes) -> None:
        if self._left:
            self._send(self._left.pop(0))

    def unplugged(self) -> None:
        pass


def framed(body: bytes) -> bytes:
    """With a check sum that is right, so that the lie is found later."""
    return body + crc16(body).to_bytes(2, "little")


def unnoted(_kind: str, /, **_fields: object) -> int:
    """In the place of a record."""
    return 0


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.binary(min_size=1, max_size=40),
        st.binary(max_size=8).map(lambda data: framed(b"\x01\x04" + data)),
        st.binary(max_size=8).map(lambda data: framed(b"\x01\x84" + data)),
    )
)
def test_no_answer_upsets_the_link(answer: bytes) -> None:
    """Whatever a serial device answers is the values asked for, or an InstrumentError."""
    url = protocol_wattest.register("babble", Babble([answer]))
    with VirtualClock() as clock:
        around = Surroundings(clock=clock, note=unnoted, role="chamber", folder=".")

        async def live() -> None:
            link = ModbusLink(around, url, timeout_s=0.002)
            await link.open()
            with suppress(InstrumentError):
                assert len((await link.read("input", 0, 2)).values) == 2
            await link.close()

        clock.run(live())
