"""Every board over its real stack: pyserial, pymodbus, HTTP; the bytes as they stand in the record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest.errors import BenchError, InstrumentError
from wattest_instruments.links import protocol_wattest
from wattest_instruments.relays.board import Board, RelayBoard
from wattest_instruments.relays.devantech import devantech_eth
from wattest_instruments.relays.k8090 import ASK, DROP, ENERGISE, STATUS, VERSION, packet, split
from wattest_instruments.relays.modbus_relays import modbus_relays
from wattest_instruments.relays.shelly import shelly
from wattest_instruments.relays.velleman import velleman_k8090
from wattest_instruments.twins.modbus import serve_modbus
from wattest_instruments.twins.relays import CoilsTwin, ContactsTwin, K8090Twin, io_cgi, shelly_rpc
from wattest_instruments.twins.serial import serve_serial
from wattest_instruments.twins.web import Respond, serve_web

if TYPE_CHECKING:
    from tests.instruments.conftest import SimulatedBench

    from wattest.roles import Surroundings

KINDS = ("devantech_eth", "shelly", "modbus_relays", "velleman_k8090", "velleman_k8090 in memory")
WITH_INPUTS = ("shelly", "modbus_relays")


@asynccontextmanager
async def board_of(kind: str, around: Surroundings, twin: ContactsTwin) -> AsyncIterator[RelayBoard]:
    """A board of a kind, wired to a twin."""
    match kind:
        case "devantech_eth":
            async with serve_web(io_cgi(twin)) as address:
                yield devantech_eth(around, address=address)
        case "shelly":
            async with serve_web(shelly_rpc(twin)) as address:
                yield shelly(around, address=address, outputs=8, inputs=2)
        case "modbus_relays":
            async with serve_modbus(CoilsTwin(twin, 16, 32), device_id=3) as server:
                yield modbus_relays(
                    around, resource=server.address, device_id=3, inputs=2, first_coil=16, first_input=32
                )
        case "velleman_k8090":
            async with serve_serial(K8090Twin(twin)) as url:
                yield velleman_k8090(around, port=url)
        case _:
            yield velleman_k8090(around, port=protocol_wattest.register("board", K8090Twin(twin)))


def play(
    bench: SimulatedBench, kind: str, does: Callable[[Any, ContactsTwin], Any], *, inputs: int = 2
) -> None:
    async def live() -> None:
        twin = ContactsTwin(8, inputs)
        async with board_of(kind, bench.around("relays"), twin) as board:
            await board.open()
            await does(board, twin)
            await board.close()
            await board.close()

    bench.clock.run(live())


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_obey_and_are_asked_again(simulated_bench: SimulatedBench, kind: str) -> None:
    """Opening switches nothing; an output that is switched is so by the board's own word, the others stay."""

    async def does(board: RelayBoard, twin: ContactsTwin) -> None:
        assert isinstance(board, Board)
        assert isinstance(board, RelayBoard)
        assert twin.mask == 0
        await board.set(3, True)
        await board.set(8, True)
        await board.set(8, True)
        await board.set(3, False)
        assert twin.mask == 0b1000_0000
        assert [await board.state(output) for output in (3, 8)] == [False, True]
        seen = await board.look(8)
        assert simulated_bench.notes[seen.seq][1]["rx"]
        await board.restart()
        assert board.facts == {}

    play(simulated_bench, kind, does)
    assert simulated_bench.clock.monotonic() == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_an_output_that_does_not_obey_is_found_out(simulated_bench: SimulatedBench, kind: str) -> None:
    """A welded contact is an error of the bench, with board and output in the sentence."""

    async def does(board: RelayBoard, twin: ContactsTwin) -> None:
        twin.stuck.add(2)
        with pytest.raises(InstrumentError) as caught:
            await board.set(2, True)
        assert str(caught.value) == (
            f"{board.place} was told to switch output 2 on and says that it is off: look at the board, and whether another "
            "program switches it."
        )

    play(simulated_bench, kind, does)


@pytest.mark.parametrize("kind", WITH_INPUTS)
def test_inputs_are_read(simulated_bench: SimulatedBench, kind: str) -> None:
    """Boards with inputs tell what they see."""

    async def does(board: RelayBoard, twin: ContactsTwin) -> None:
        twin.sees(2, lambda: True)
        assert [(await board.read_input(n)).on for n in (1, 2)] == [False, True]
        board.check_input("lock_sensor", 2)
        with pytest.raises(BenchError, match=r"lock_sensor names input 3 of .*, which has inputs 1 to 2\."):
            board.check_input("lock_sensor", 3)

    play(simulated_bench, kind, does)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WITH_INPUTS])
def test_boards_without_inputs_say_so(simulated_bench: SimulatedBench, kind: str) -> None:
    """A role that needs an input is told before anything is switched."""

    async def does(board: RelayBoard, _twin: ContactsTwin) -> None:
        with pytest.raises(
            BenchError, match=r"lock_sensor names input 1 of .*, whose driver reads no inputs\."
        ):
            board.check_input("lock_sensor", 1)
        with pytest.raises(InstrumentError, match="input 1 cannot be read"):
            await board.read_input(1)

    play(simulated_bench, kind, does)


def test_the_board_makes_safe_what_roles_use(simulated_bench: SimulatedBench) -> None:
    """Each claimed output goes to its role's safe state, whatever another does; an output plays one role."""

    async def does(board: RelayBoard, twin: ContactsTwin) -> None:
        board.claim("mains", 1, safe=False)
        board.claim("network", 2, safe=True)
        board.claim("mains", 1, safe=False)
        for output in (1, 4):
            await board.set(output, True)
        await board.make_safe()
        await board.make_safe()
        assert twin.mask == 0b1010
        back = await board.read_back()
        assert (back.safe, len(back.seq)) == (True, 2)
        assert back.sentence == f"{board.place}: every output is in its safe state"
        twin.stuck.add(1)
        twin.outputs[0] = True
        twin.outputs[1] = False
        back = await board.read_back()
        assert not back.safe
        assert back.sentence == f"{board.place}: output 1 (mains) is on, output 2 (network) is off"
        with pytest.raises(InstrumentError, match=r"^mains: relays .* was told to switch output 1 off"):
            await board.make_safe()
        assert twin.outputs[1]
        with pytest.raises(BenchError) as caught:
            board.claim("network", 1, safe=True)
        assert (
            str(caught.value)
            == f"network and mains both name output 1 of {board.place}: an output plays one role."
        )
        with pytest.raises(BenchError, match=r"network names output 9 of .*, which has outputs 1 to 8"):
            board.claim("network", 9, safe=True)

    play(simulated_bench, "modbus_relays", does)


def test_before_opening_nothing_is_switched(simulated_bench: SimulatedBench) -> None:
    """A board that was never opened is made safe without a word."""
    board = velleman_k8090(simulated_bench.around("relays"), port="/dev/ttyNOSUCH")
    simulated_bench.clock.run(board.make_safe())
    assert simulated_bench.notes == []


def test_dialogue_with_a_devantech(simulated_bench: SimulatedBench) -> None:
    """The requests as labgrid's driver makes them."""

    async def does(board: RelayBoard, _twin: ContactsTwin) -> None:
        await board.set(1, True)
        await board.set(1, False)

    play(simulated_bench, "devantech_eth", does)
    assert [(note["tx"], note["rx"]) for _, note in simulated_bench.notes] == [
        ("GET /io.cgi?relay", "200 Success! 00000000"),
        ("GET /io.cgi?DOA1", "200 Success! 10000000"),
        ("GET /io.cgi?relay", "200 Success! 10000000"),
        ("GET /io.cgi?DOI1", "200 Success! 00000000"),
        ("GET /io.cgi?relay", "200 Success! 00000000"),
    ]


def test_dialogue_with_a_shelly(simulated_bench: SimulatedBench) -> None:
    """JSON-RPC with numbers from 0."""

    async def does(board: RelayBoard, _twin: ContactsTwin) -> None:
        await board.set(1, True)

    play(simulated_bench, "shelly", does)
    assert [note["tx"].partition("\n")[2] for _, note in simulated_bench.notes] == [
        '{"id": 1, "src": "wattest", "method": "Shelly.GetDeviceInfo", "params": {}}',
        '{"id": 2, "src": "wattest", "method": "Switch.Set", "params": {"id": 0, "on": true}}',
        '{"id": 3, "src": "wattest", "method": "Switch.GetStatus", "params": {"id": 0}}',
    ]


def test_dialogue_with_a_modbus_module(simulated_bench: SimulatedBench) -> None:
    """Function 5 with FF00 and 0000, function 1 to read back."""

    async def does(board: RelayBoard, _twin: ContactsTwin) -> None:
        await board.set(2, True)
        await board.set(2, False)

    play(simulated_bench, "modbus_relays", does)
    sent = [note["sent"][18:] for _, note in simulated_bench.notes if note["sent"]]
    assert sent == [
        "03 01 00 10 00 08",
        "03 05 00 11 ff 00",
        "03 01 00 11 00 01",
        "03 05 00 11 00 00",
        "03 01 00 11 00 01",
    ]


def test_dialogue_with_a_velleman(simulated_bench: SimulatedBench) -> None:
    """Packets with their check sums; before the state the version is asked for, to get events out of the way."""

    async def does(board: RelayBoard, _twin: ContactsTwin) -> None:
        await board.set(1, True)

    play(simulated_bench, "velleman_k8090 in memory", does)
    assert [note["tx"] or note["rx"] for _, note in simulated_bench.notes] == [
        None if line is None else line
        for line in (
            None,
            "04 71 00 00 00 8b 0f",
            "04 71 00 0a 01 80 0f",
            "04 11 01 00 00 ea 0f",
            "04 71 00 00 00 8b 0f",
            "04 71 00 0a 01 80 0f",
            "04 18 00 00 00 e4 0f",
            "04 51 01 01 00 a9 0f",
            None,
        )
    ]


@asynccontextmanager
async def answering(respond: Respond) -> AsyncIterator[str]:
    async with serve_web(respond) as address:
        yield address


@pytest.mark.parametrize(
    ("status", "text", "sentence"),
    [
        (
            200,
            "<html>",
            "answered '<html>', where the second word must have a digit 0 or 1 for each of 8 outputs",
        ),
        (200, "Success! 0000", "answered 'Success! 0000', where the second word must have"),
        (
            401,
            "",
            "asks for a user and a password at GET /io.cgi?relay: give them, or switch that off in the device.",
        ),
        (500, "boom", "answered GET /io.cgi?relay with HTTP status 500: 'boom'."),
    ],
)
def test_a_page_that_is_no_relay_board(
    simulated_bench: SimulatedBench, status: int, text: str, sentence: str
) -> None:
    """What answers instead is quoted."""

    async def live() -> None:
        async with answering(lambda *_: (status, text)) as address:
            with pytest.raises(InstrumentError) as caught:
                await devantech_eth(simulated_bench.around("relays"), address=address).open()
            assert f"{address} {sentence}" in str(caught.value)

    simulated_bench.clock.run(live())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nonsense", "answered Shelly.GetDeviceInfo with 'nonsense', which is no answer to it."),
        ('{"id": 7, "result": {}}', "which is no answer to it."),
        (
            '{"id": 1, "result": {"gen": 1}}',
            "says that it is of generation 1: this driver speaks to generation 2",
        ),
        (
            '{"id": 1, "error": {"code": 404, "message": "No handler"}}',
            "refused Shelly.GetDeviceInfo {}: No handler (404).",
        ),
        ("[1]", "which is no answer to it."),
    ],
)
def test_a_device_that_is_no_shelly(simulated_bench: SimulatedBench, text: str, sentence: str) -> None:
    """Errors of the device and answers to something else are sentences."""

    async def live() -> None:
        async with answering(lambda *_: (200, text)) as address:
            with pytest.raises(InstrumentError) as caught:
                await shelly(simulated_bench.around("relays"), address=address).open()
            assert sentence in str(caught.value)

    simulated_bench.clock.run(live())


def test_an_input_that_is_a_button_is_refused(simulated_bench: SimulatedBench) -> None:
    """A Shelly input of the type 'button' has no state."""

    def respond(_method: str, _path: str, body: str) -> tuple[int, str]:
        number = body.partition('"id": ')[2].partition(",")[0]
        return 200, f'{{"id": {number}, "result": {{"gen": 2, "state": null}}}}'

    async def live() -> None:
        async with answering(respond) as address:
            board = shelly(simulated_bench.around("relays"), address=address, inputs=1)
            await board.open()
            with pytest.raises(InstrumentError, match="'state' = None, where true or false is expected"):
                await board.read_input(1)

    simulated_bench.clock.run(live())


def test_nobody_at_the_address(simulated_bench: SimulatedBench) -> None:
    """A wrong address is found before anything is asked, a dead one when it is."""
    with pytest.raises(BenchError, match=r"'10\.0\.4\.8' is no address of a web server"):
        devantech_eth(simulated_bench.around("relays"), address="10.0.4.8")
    board = devantech_eth(
        simulated_bench.around("relays"), address="http://127.0.0.1:9", user="me", password="hush"
    )
    with pytest.raises(InstrumentError, match=r"cannot be asked GET /io.cgi\?relay: Connection refused\."):
        simulated_bench.clock.run(board.open())
    assert "hush" not in repr(simulated_bench.notes)


def test_a_silent_velleman_is_let_go_of(simulated_bench: SimulatedBench) -> None:
    """Without an answer the port is closed again, so that it can be tried anew."""

    class Silent:
        def plugged(self, send: protocol_wattest.Send) -> None:
            pass

        def receive(self, data: bytes) -> None:
            pass

        def unplugged(self) -> None:
            pass

    url = protocol_wattest.register("silent", Silent())
    board = velleman_k8090(simulated_bench.around("relays"), port=url)
    for _ in range(2):
        with pytest.raises(InstrumentError, match=r"did not answer '04 71 00 00 00 8b 0f' within 2 s\."):
            simulated_bench.clock.run(board.open())


def test_packets_of_the_manual() -> None:
    """Check sums are the two's complement of the sum of what stands before them."""
    assert packet(ENERGISE, 0x01).hex(" ") == "04 11 01 00 00 ea 0f"
    assert packet(DROP, 0xFF).hex(" ") == "04 12 ff 00 00 eb 0f"
    assert packet(ASK).hex(" ") == "04 18 00 00 00 e4 0f"
    assert packet(STATUS, 1, 3).hex(" ") == "04 51 01 03 00 a7 0f"
    assert packet(VERSION).hex(" ") == "04 71 00 00 00 8b 0f"


@given(
    st.lists(st.one_of(st.binary(max_size=9), st.integers(0, 255).map(lambda n: packet(STATUS, n, n ^ 1))))
)
def test_packets_are_found_among_rubbish(pieces: list[bytes]) -> None:
    """However bytes arrive, every frame found is whole and its check sum right, and the rest stays short."""
    arrived, found = bytearray(), []
    for piece in pieces:
        arrived += piece
        found += split(arrived)
    assert all(len(frame) == 7 and sum(frame[:-1]) & 0xFF == 0 for frame in found)
    assert len(arrived) < 7
    assert split(bytearray(b"\x04\x00" + packet(ASK))) == [packet(ASK)]


def test_a_board_keeps_its_role_in_the_record(simulated_bench: SimulatedBench) -> None:
    """What a board says stands under the rig's name."""
    around = replace(simulated_bench.around("relays"), role="box 2")
    assert velleman_k8090(around, port="/dev/ttyUSB9").place == "box 2 (/dev/ttyUSB9)"
