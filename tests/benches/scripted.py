"""Somebody at the terminal who does what is asked, with the panel of the simulated station for hands."""

from __future__ import annotations

import json
import re
import socket
import sys
from collections import deque
from pathlib import Path
from typing import Any, Self

import pexpect

PNG = b"\x89PNG\r\n\x1a\n a picture of what was asked for"

NOMINAL: dict[str, Any] = {"resistance_ohm": None}

DEEDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (r"Take the cable and plug it into the car\.", "plug_in", {}),
    (r"Pull the plug out of the car", "unplug", {}),
    (r"Put the plug back into its holster", "holster", {}),
    (r"Set the car so that it asks for energy", "set_ready", {"ready": True}),
    (r"Set the car so that it takes no energy", "set_ready", {"ready": False}),
    (r"Set the car or the load to take at most (?P<current_a>[\d.e-]+) A", "set_current", {}),
    (r"Make sure that the car takes no energy", "set_ready", {"ready": False}),
    (r"Bring a car whose battery is at (?P<percent>[\d.]+) %", "battery", {}),
    (r"Hold the card with the number (?P<uid>\S+) to the reader", "card", {}),
    (r"Hold the white card \((?P<uid>\S+)\) to the reader", "card", {}),
    (r"Make this fault of the car: (?P<fault>.+?)\. ", "fault", {"on": True}),
    (r"Mend this fault of the car: (?P<fault>.+?)\. ", "fault", {"on": False}),
    (r"Put (?P<resistance_ohm>\S+) Ohm between the proximity contact and earth", "proximity", {}),
    (r"Put (?P<resistance_ohm>[\d.]+) Ohm into the car between pilot", "pilot_resistance", {"state": "B"}),
    (r"Put (?P<resistance_ohm>[\d.]+) Ohm into the car as what", "pilot_resistance", {"state": "C"}),
    (r"Put the nominal resistor into the car between pilot", "pilot_resistance", NOMINAL | {"state": "B"}),
    (r"Put the nominal resistor into the car as what", "pilot_resistance", NOMINAL | {"state": "C"}),
    (r"Set the supply of the station to (?P<voltage_v>\S+) V rms", "supply_voltage", {}),
    (r"Set the supply of the station to (?P<frequency_hz>\S+) Hz", "supply_frequency", {}),
    (r"Switch the supply of the station ON", "power", {"on": True}),
    (r"Switch the supply of the station OFF", "power", {"on": False}),
    (r"Block the (?P<which>\w+) lock", "jam", {"jammed": True}),
    (r"Free the (?P<which>\w+) lock", "jam", {"jammed": False}),
    (r"Set the chamber to (?P<temperature_c>\S+) degC, at (?P<ramp_k_per_min>\S+) K/min", "temperature", {}),
    (r"Set the humidity of the chamber to (?P<humidity_pct>\S+) %", "humidity", {}),
    (r"Put the chamber into standby", "temperature", {"temperature_c": 23.0, "ramp_k_per_min": 1.0}),
    (r"Cut the network of the station", "cut", {}),
    (r"Restore the network of the station", "restore", {}),
    (r"test host approves authorisations", "acquirer", {"answer": "approve"}),
    (r"test host refuses authorisations", "acquirer", {"answer": "refuse"}),
    (r"test host leaves authorisations without an answer", "acquirer", {"answer": "silent"}),
)
"""What is asked for, and what the hands do then."""


class Hands:
    """The panel of the station that stands on the bench now; each scenario brings a new one."""

    def __init__(self, port: int, picture: Path) -> None:
        self.picture = picture
        self.event = "close"
        self._port = port
        self._socket: socket.socket | None = None
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()

    def do(self, what: str, **arguments: Any) -> tuple[bool, Any]:
        """Whether it could be done, and what came of it or why not."""
        for _ in range(2):
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=10.0)
                self._unread = b""
            try:
                self._socket.sendall(json.dumps({"do": what, **arguments}).encode() + b"\n")
                answer = json.loads(self._line())
                return answer["ok"], answer.get("result", answer.get("error"))
            except (ConnectionError, ValueError):  # the station before this one is gone
                self._socket.close()
                self._socket = None
        raise AssertionError(f"The panel at port {self._port} hung up on {what!r} twice.")

    def _line(self) -> bytes:
        assert self._socket is not None
        while b"\n" not in self._unread:
            piece = self._socket.recv(65536)
            if not piece:
                raise ConnectionError
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\n")
        return line


def answer(hands: Hands, role: str, question: str) -> str:
    """What a careful person types, after doing what was asked."""
    for pattern, what, fixed in DEEDS:
        match = re.search(pattern, question)
        if match is not None:
            words = {name: _typed(what, name, text) for name, text in match.groupdict().items()}
            done, why = hands.do(what, **words, **fixed)
            return "done" if done else f"no, {why}"
    if role in {"reference_meter", "mains"}:
        return _read_meter(hands, role, question)
    if role in {"pilot_scope", "operator", "thermometers"}:
        return _measure(hands, role, question)
    return _look(hands, question)


FAULTS = {
    "pilot diode shorted": "diode",
    "protective earth open": "pe",
    "pilot shorted to earth (state E)": "short",
    "pilot conductor open": "cp",
    "connector heated beyond the limit of its temperature probe": "hot",
    "asks and draws as it was told whatever the pilot says": "heedless",
    "the contactor looks welded since the bench feeds the output from behind it or holds its contacts closed": "weld",
}


def _typed(what: str, name: str, text: str) -> str | float:
    if name == "fault":
        return FAULTS[text]
    return text if (what, name) in {("card", "uid"), ("jam", "which")} else float(text)


def _read_meter(hands: Hands, role: str, question: str) -> str:
    if question.startswith("Is the supply of the station off"):
        return "yes"
    quantity = question.partition(" ")[0].lower()
    return f"{hands.do('meter' if role == 'reference_meter' else 'supply')[1][quantity]:.6f}"


PILOT = {"Upper plateau": "high", "Lower plateau": "low", "Duty cycle": "duty", "Frequency": "frequency"}


def _measure(hands: Hands, role: str, question: str) -> str:
    """What scope, thermometers, gauges and eyes show."""
    if role == "thermometers":
        place = re.match(r"Temperature: (\w+)", question)
        assert place is not None
        return f"{hands.do('temperatures')[1][place[1]]:.3f}"
    if role == "pilot_scope":
        if question.startswith("Set the oscilloscope"):
            hands.event = "close" if "enters state C" in question else "open"
            return "done"
        if question.startswith("Time from the edge"):
            delay = hands.do("delay", event=hands.event)[1]
            return "-" if delay is None else f"{delay:.6f}"
        name = next(name for words, name in PILOT.items() if question.startswith(words))
        return f"{hands.do('pilot')[1][name]:.6f}"
    return _inspect(hands, question)


def _inspect(hands: Hands, question: str) -> str:
    """What an operator measures, photographs or answers."""
    if question.startswith("Take a picture"):
        return str(hands.picture)
    gauge = re.match(r"Measure: (.+), in (\S+?), with .+? \(", question)
    if gauge is not None:
        return f"{hands.do('gauge', subject=gauge[1])[1]:.3f}"
    asked = question.partition(" (1 = ")[0]
    done, seen = hands.do("sight", question=asked)
    return str(seen) if done else "1"


def _look(hands: Hands, question: str) -> str:
    if question.startswith("Is the circuit of the car open"):
        return "yes"
    if question.startswith("State of charge"):
        return str(hands.do("state_of_charge")[1])
    if question.startswith("Where is the plug"):
        return str(hands.do("whereabouts")[1])
    if question.startswith("Is the plug held in its holster"):
        return str(hands.do("locks")[1]["holster"])
    if question.startswith("Is the plug held in the car"):
        return str(hands.do("locks")[1]["connector"])
    if question.startswith("Pull hard at the plug"):
        which = "holster" if "in its holster" in question else "connector"
        return "yes" if hands.do("pull", which=which)[1] else "no"
    if question.startswith("What stands on the screen"):
        return " / ".join(hands.do("display")[1]["lines"]) or "-"
    if question.startswith("Which total is shown"):
        shown = hands.do("display")[1]
        return "-" if shown["cost"] is None else f"{shown['cost']} {shown['currency'] or ''}".strip()
    if question.startswith("Relative humidity"):
        return f"{hands.do('read_humidity')[1]:.1f}"
    if question.startswith("How many alerts"):
        return str(hands.do("alerts")[1])
    shows = re.match(r"Which movements does the acquirer's test portal show since (\S+),", question)
    if shows is not None:
        return " / ".join(hands.do("statement", since=shows[1])[1]) or "-"
    if question.startswith("Air temperature"):
        return f"{hands.do('read_temperature')[1]:.3f}"
    raise AssertionError(f"Nobody knows what to answer to {question!r}.")


def certify(bench: Path, out: Path, *arguments: str, port: int, timeout_s: float) -> tuple[int, str, int]:
    """Run ``wattest certify`` on a terminal and answer what it asks; exit code, what stood there, number of answers."""
    command = [
        *("-m", "wattest", "certify", "--bench", str(bench), "--out", str(out), "--quiet", *arguments),
    ]
    child: Any = pexpect.spawn(
        sys.executable, command, encoding="utf-8", timeout=timeout_s, echo=False, dimensions=(50, 400)
    )
    child.delaybeforesend = None
    answers, seen = 0, deque[str](maxlen=20)
    picture = out.parent / "picture.png"
    picture.write_bytes(PNG)
    with Hands(port, picture) as hands:
        try:
            while child.expect([r"\[([a-z_]+)\] ([^\r\n]+): ", pexpect.EOF]) == 0:
                child.sendline(answer(hands, child.match[1], child.match[2]))
                answers += 1
                seen.append(child.before + child.after)
            seen.append(child.before)
        finally:
            child.close(force=True)
    return child.exitstatus if child.exitstatus is not None else -1, "".join(seen), answers
