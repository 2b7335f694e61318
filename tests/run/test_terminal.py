"""Asking a person at the terminal."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from typing import TYPE_CHECKING

import pytest

from wattest.clock import RealClock
from wattest.errors import RigError
from wattest.run.terminal import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real_time


@pytest.fixture
def clock() -> Iterator[RealClock]:
    """Real, since a person lives in real time."""
    with RealClock() as made:
        yield made


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """What is written here is typed."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield writing
        monkeypatch.undo()


def test_lines_are_answers(clock: RealClock, keyboard: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Each question takes one line, also when several were typed ahead; then the input ends."""
    ask = terminal()
    os.write(keyboard, b"oui, c'est fait\r\nno\n")
    os.close(keyboard)
    assert clock.run(ask("Is the plug in?")) == "oui, c'est fait"
    assert clock.run(ask("Is it hot?")) == "no"
    assert capsys.readouterr().err == "\nIs the plug in? \nIs it hot? "
    with pytest.raises(RigError, match=r"^Nobody can answer .*: standard input is closed\."):
        clock.run(ask("Anybody there?"))


def test_a_question_that_is_given_up_swallows_nothing(clock: RealClock, keyboard: int) -> None:
    """The answer that comes after a question was given up belongs to the next one."""
    ask = terminal()

    async def give_up() -> None:
        async with asyncio.timeout(0.01):
            await ask("Is the plug in?")

    with pytest.raises(TimeoutError):
        clock.run(give_up())
    os.write(keyboard, b"switched off\n")
    assert clock.run(ask("Switch the mains off.")) == "switched off"
    os.close(keyboard)


def test_answers_from_a_file(clock: RealClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers may be prepared in a file."""
    (tmp_path / "answers").write_text("yes\nno\n", encoding="utf-8")
    ask = terminal()
    with (tmp_path / "answers").open(encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert [clock.run(ask("?")) for _ in range(2)] == ["yes", "no"]
        monkeypatch.undo()


def test_captured_input(clock: RealClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under pytest's capture nobody can answer, and the sentence says what to do."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(RigError) as caught:
        clock.run(terminal()("Is the plug in?"))
    assert str(caught.value) == (
        "Nobody can answer the operator's questions: pytest captures standard input. Run it with -s."
    )
