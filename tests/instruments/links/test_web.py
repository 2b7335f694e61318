from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from wattest.errors import InstrumentError
from wattest_instruments.links.web import WebLink
from wattest_instruments.twins.web import serve_web

if TYPE_CHECKING:
    from tests.instruments.links.conftest import Notebook


def test_requests_and_answers_stand_in_the_record_without_the_password(notebook: Notebook) -> None:
    """Method, path, body and status are noted; user and password only go over the wire."""

    async def live() -> None:
        async with serve_web(lambda method, path, body: (200, f"{method} {path} {body}")) as address:
            link = WebLink(notebook.around(), address + "/", user="ada", password="hush")
            heard = await link.get("/a?b=1")
            assert (heard.text, heard.seq) == ("GET /a?b=1 ", 0)
            assert (await link.post("/rpc", {"id": 1})).text == 'POST /rpc {"id": 1}'

    notebook.run(live())
    assert notebook.told("tx", "rx", "error") == [
        ("GET /a?b=1", "200 GET /a?b=1 ", None),
        ('POST /rpc\n{"id": 1}', '200 POST /rpc {"id": 1}', None),
    ]
    assert "hush" not in repr(notebook.notes)


@pytest.mark.real_time
def test_an_answer_that_trickles_is_given_up(real_notebook: Notebook) -> None:
    """A byte now and then keeps a socket's own time-out from coming; the whole answer has a limit too."""

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 -\r\nContent-Length: 50\r\n\r\n")
        for _ in range(25):
            writer.write(b"x")
            await real_notebook.clock.sleep(0.02)
        writer.close()

    async def live() -> None:
        server = await asyncio.start_server(trickle, "127.0.0.1", 0)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        link = WebLink(real_notebook.around(), address, timeout_s=0.1)
        with pytest.raises(InstrumentError) as caught:
            await link.get("/")
        assert str(caught.value) == f"{address} did not answer GET / within 0.1 s."
        server.close()
        await real_notebook.clock.sleep(0.6)

    real_notebook.run(live())


@pytest.mark.real_time
def test_a_silent_server_is_a_time_out(notebook: Notebook) -> None:
    """The sentence names the request and the time."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def live() -> None:
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(InstrumentError, match=r"did not answer GET / within 0\.05 s\.$"):
            await WebLink(notebook.around(), address, timeout_s=0.05).get("/")
        server.close()

    notebook.run(live())


def test_a_server_that_speaks_no_http(notebook: Notebook) -> None:
    """Bytes that are no answer are told as such."""

    async def rubbish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        writer.close()

    async def live() -> None:
        server = await asyncio.start_server(rubbish, "127.0.0.1", 0)
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(InstrumentError, match=r"cannot be asked GET /: SSH-2\.0-OpenSSH"):
            await WebLink(notebook.around(), address).get("/")
        server.close()

    notebook.run(live())
