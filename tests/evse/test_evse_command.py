from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from wattest.cli.evse import _greet_person, command

SHEET = Path(__file__).resolve().parents[2] / "fixtures" / "chargers" / "loopback.yaml"


@pytest.mark.real_time
def test_a_program_starts_it_speaks_to_it_and_ends_it() -> None:
    """Its first line is facts, both ways of speaking are answered, remarks go beside, and SIGTERM ends it."""
    words = [sys.executable, "-m", "wattest", "evse", "--csms", "ws://127.0.0.1:9", "--sheet", str(SHEET)]
    evse = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    assert evse.stdin is not None
    assert evse.stdout is not None
    assert evse.stderr is not None
    try:
        told = json.loads(evse.stdout.readline())
        assert (told["ready"], told["identity"], told["ocpp"]) == (True, "CP001", "2.0.1")
        evse.stdin.write('{"id": 1, "do": "whereabouts"}\nwhereabouts\n')
        assert json.loads(evse.stdout.readline()) == {"id": 1, "ok": True, "result": "holstered"}
        assert evse.stdout.readline() == "holstered\n"
        assert "ws://127.0.0.1:9 cannot be reached" in evse.stderr.readline()
        evse.send_signal(signal.SIGTERM)
        assert evse.wait(timeout=10) == 0
    finally:
        evse.kill()
        evse.communicate()


@pytest.mark.real_time
def test_it_ends_with_its_input() -> None:
    """A rig that dies takes its charger with it."""
    words = [sys.executable, "-m", "wattest", "evse", "--csms", "ws://127.0.0.1:9", "--sheet", str(SHEET)]
    done = subprocess.run(words, input="locks\n", capture_output=True, text=True, timeout=15, check=False)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1:] == ["holster: locked, connector: unlocked"]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--csms", "http://127.0.0.1"], 11, "'http://127.0.0.1' is no address of a central system"),
        (["--defect", "METER-D1"], 11, "METER-D1"),
        (["--sheet", "nowhere.yaml"], 12, "nowhere.yaml:1:1: there is no such file"),
        (["--scpi", "5025"], 2, "--scpi 5025 is no address; write it like 127.0.0.1:5025."),
        (["--ocpp", "1.5"], 2, "'1.5' is not one of '1.6', '2.0.1', '2.1'."),
    ],
)
def test_what_cannot_run_is_a_sentence_and_an_exit_code(
    arguments: list[str], code: int, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bench errors, documents and usage have their own codes, and never a trace."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == code
    assert sentence in result.output


def test_a_person_is_greeted_in_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    """On a terminal it says who it is and what to type."""
    _greet_person(
        {
            "model": "Reference L2 48",
            "identity": "CP7",
            "ocpp": "1.6",
            "csms": "ws://10.0.4.1:9000",
            "boot_time_s": 20.0,
            "scpi": "TCPIP::127.0.0.1::5025::SOCKET",
        }
    )
    assert capsys.readouterr().out.splitlines() == [
        "Reference L2 48 as CP7, OCPP 1.6, at ws://10.0.4.1:9000.",
        "Its power analyser: TCPIP::127.0.0.1::5025::SOCKET (PyVISA library @py).",
        "It boots for 20 s, as its sheet states.",
        "Type help to see what you can do, Ctrl-D to end.",
    ]


def test_help_teaches_by_example() -> None:
    """``--help`` shows commands that can be copied, with a clean exit."""
    result = CliRunner().invoke(command, ["--help"])
    assert result.exit_code == 0
    assert "wattest evse --ocpp 1.6 --identity CP7" in result.output
