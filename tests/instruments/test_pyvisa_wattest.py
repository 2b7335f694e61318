from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import pyvisa
from pyvisa.constants import ResourceAttribute, StatusCode
from pyvisa.resources import MessageBasedResource

import pyvisa_wattest

USB = "USB0::0x0B21::0x0025::4711::INSTR"
_numbers = itertools.count()


class Echo:
    """Answers questions with themselves."""

    def handle(self, line: str) -> str | None:
        return line[:-1] if line.endswith("?") else None


@pytest.fixture
def bench() -> Iterator[str]:
    name = f"backend-{next(_numbers)}"
    yield name
    for resource in (USB, "GPIB0::7::INSTR"):
        pyvisa_wattest.unregister(resource, bench=name)


def opened(bench: str, resource: str = USB) -> MessageBasedResource:
    visa = pyvisa.ResourceManager(f"{bench}@wattest").open_resource(resource)
    assert isinstance(visa, MessageBasedResource)
    visa.read_termination = visa.write_termination = "\n"
    return visa


def test_real_pyvisa_resources_talk_to_twins(bench: str) -> None:
    """The very classes of PyVISA open, ask, and close."""
    pyvisa_wattest.register(USB, Echo(), bench=bench)
    visa = opened(bench)
    assert type(visa) is pyvisa.resources.USBInstrument
    assert visa.query("HELLO?") == "HELLO"
    visa.write("NOTHING")
    assert visa.timeout == 2000
    visa.timeout = 100
    assert visa.timeout == 100
    visa.close()


def test_spelling_of_a_resource_does_not_matter(bench: str) -> None:
    """Left-out parts of a name mean what the VISA specification says."""
    pyvisa_wattest.register("GPIB::7", Echo(), bench=bench)
    assert pyvisa.ResourceManager(f"{bench}@wattest").list_resources() == ("GPIB0::7::INSTR",)
    assert opened(bench, "gpib0::7::INSTR").query("A?") == "A"


def test_benches_do_not_see_each_other(bench: str) -> None:
    """A twin of one bench cannot be opened from another, nor after it was unplugged."""
    pyvisa_wattest.register(USB, Echo(), bench=bench)
    with pytest.raises(pyvisa.VisaIOError, match="VI_ERROR_RSRC_NFOUND"):
        opened("some-other-bench")
    opened(bench).close()
    pyvisa_wattest.unregister(USB, bench=bench)
    pyvisa_wattest.unregister(USB, bench=bench)
    with pytest.raises(pyvisa.VisaIOError, match="VI_ERROR_RSRC_NFOUND"):
        opened(bench)


def test_plain_wattest_is_the_bench_of_everybody() -> None:
    """A script that names no bench reaches the twins registered without one."""
    pyvisa_wattest.register(USB, Echo())
    try:
        visa = pyvisa.ResourceManager("@wattest").open_resource(USB)
        assert isinstance(visa, MessageBasedResource)
        visa.read_termination = visa.write_termination = "\n"
        assert visa.query("A?") == "A"
        visa.close()
    finally:
        pyvisa_wattest.unregister(USB)


def test_missing_answer_is_a_time_out_at_once(bench: str) -> None:
    """Reading when nothing was asked, or when the answer is lost on its way, times out."""
    port = pyvisa_wattest.register(USB, Echo(), bench=bench)
    visa = opened(bench)
    with pytest.raises(pyvisa.VisaIOError, match="VI_ERROR_TMO"):
        visa.read()
    port.faults.append(lambda _answer: None)
    with pytest.raises(pyvisa.VisaIOError, match="VI_ERROR_TMO"):
        visa.query("A?")
    port.faults.append(lambda answer: f"{answer}#")
    assert [visa.query("A?"), visa.query("A?")] == ["A#", "A"]


def test_late_answer_is_handed_to_the_next_question_until_cleared(bench: str) -> None:
    """The twin can do what instruments do after a time-out."""
    port = pyvisa_wattest.register(USB, Echo(), bench=bench)
    visa = opened(bench)
    port.late.append("LATE")
    assert visa.query("A?") == "LATE"
    visa.clear()
    assert visa.query("B?") == "B"


def test_long_answers_come_in_pieces(bench: str) -> None:
    """PyVISA reads in chunks; nothing is lost between them, nor between two answers."""
    pyvisa_wattest.register(USB, Echo(), bench=bench)
    visa = opened(bench)
    visa.chunk_size = 7
    assert visa.query("X" * 100 + "?") == "X" * 100
    visa.write("A?\nB?")
    assert [visa.read(), visa.read()] == ["A", "B"]


def test_closed_session_is_an_invalid_object(bench: str) -> None:
    """Calls on a session that is gone fail as VISA says."""
    pyvisa_wattest.register(USB, Echo(), bench=bench)
    visa = opened(bench)
    session, library = visa.session, visa.visalib
    visa.close()
    for call in (
        lambda: library.read(session, 1),
        lambda: library.write(session, b"A?\n"),
        lambda: library.clear(session),
        lambda: library.get_attribute(session, ResourceAttribute.timeout_value),
        lambda: library.set_attribute(session, ResourceAttribute.timeout_value, 1),
    ):
        with pytest.raises(pyvisa.VisaIOError) as caught:
            call()
        assert caught.value.error_code == StatusCode.error_invalid_object
