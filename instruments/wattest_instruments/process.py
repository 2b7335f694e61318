"""Any role played by a program: started by Wattest, spoken to in JSON lines or plain lines.

::

    rigs:
      charger:
        driver: process_rig
        command: [node, charger.mjs, --csms, "{csms}", --identity, "{identity}", --ocpp, "{dialect}"]
    vehicle:     {driver: process, rig: charger}                        # says {"do": "plug_in"} and so on
    card_reader: {driver: process, rig: charger, actions: {present: '{"do": "tap", "uid": "{uid}"}'}}

A serial robot behind a terminal program, in plain lines::

    rigs:
      robot: {driver: process_rig, command: [picocom, -q, /dev/ttyUSB0], talk: lines, refusal: "^ERR"}
    lock_sensor:
      driver: process
      rig: robot
      actions:
        read: {send: "LOCKS?", match: 'H(?P<holster>.) C(?P<connector>.)', words: {"1": locked, "0": unlocked}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from wattest.document.quantity import Duration
from wattest.errors import BenchError, RigError
from wattest.model.words import RigName
from wattest.roles import Identity, Part, Surroundings
from wattest_instruments.actions import (
    Action,
    Answer,
    actions_of,
    check_mapped,
    do_what_is_safe,
    offered,
    supported,
    unmapped,
)
from wattest_instruments.answers import Reader, shown
from wattest_instruments.calibration import calibration_of
from wattest_instruments.child import Manner
from wattest_instruments.gauge import EnergyCounts, Gauge
from wattest_instruments.placeholders import check_placeholders, fill, json_inside
from wattest_instruments.played import played
from wattest_instruments.program import Program, Reply
from wattest_instruments.readings import Accuracy, Resolution

_UNSTATED_ACCURACY = Accuracy()
_UNSTATED_RESOLUTION = Resolution()


@dataclass(frozen=True)
class Line:
    """One action as a line. ``expect`` is the pattern of the line that answers; paths begin at ``result``.

    ``answers: false`` is for devices that never answer. Text alone is short for ``{send: text}``.
    """

    send: str
    expect: str | None = None
    answers: bool = True
    answer: Mapping[str, str] = field(default_factory=dict)
    match: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)


def process_rig(
    around: Surroundings,
    *,
    command: tuple[str, ...],
    talk: Literal["json", "lines"] = "json",
    ready: str | None = None,
    refusal: str | None = None,
    ready_within: Duration = 20.0,
    answer_within: Duration = 10.0,
    stop_within: Duration = 3.0,
    restarts: int = 3,
    folder: str = ".",
    environment: Mapping[str, str] | None = None,
) -> Program:
    """A program that plays parts of the bench.

    Args:
        around: the bench
        command: program and arguments; {csms}, {identity}, {dialect}, {python}, {folder} and {scratch} are filled in
        talk: json lines, or plain lines
        ready: pattern of the line that says it is ready, its named groups become facts
        refusal: pattern of a plain line that refuses
        ready_within: how long it may take to become ready
        answer_within: how long it may take to answer
        stop_within: how long after SIGTERM it is killed
        restarts: how often it is started again when it dies
        folder: where it is started, relative to the bench file
        environment: variables besides those of Wattest itself
    """
    manner = Manner(
        command=command,
        folder=Path(around.folder, folder),
        talk=talk,
        ready=ready,
        refusal=refusal,
        ready_within_s=ready_within,
        answer_within_s=answer_within,
        stop_within_s=stop_within,
        environment=environment or {},
    )
    return Program(around, manner, restarts=restarts)


def process(
    around: Surroundings,
    *,
    rig: RigName,
    actions: Mapping[str, str | Line] | tuple[str, ...] | None = None,
    accuracy: Accuracy = _UNSTATED_ACCURACY,
    resolution: Resolution = _UNSTATED_RESOLUTION,
    calibration: str | None = None,
    energy: EnergyCounts = "since start",
    supports: tuple[str, ...] = (),
) -> Part:
    """Play a role through a rig program.

    Args:
        around: the bench
        rig: which of the bench's rigs
        actions: lines for actions, or the names of those that the program knows; by default all of the role, optional
            ones as 'supports' names their capabilities
        accuracy: of a meter, in percent of what it reads
        resolution: the last step that a meter or thermometer shows
        calibration: file with the certificate and the days of a meter; without it no energy error can be certified
        energy: whether the energy read counts since the start or is a register that counts up for ever
        supports: further capabilities that scenarios may need
    """
    program = around.rigs.get(rig)
    if not isinstance(program, Program):
        rigs = ", ".join(name for name, one in around.rigs.items() if isinstance(one, Program)) or "none"
        raise BenchError(
            f"{around.role} (process) names rig '{rig}', which is no process_rig of this bench; those are: {rigs}."
        )
    doer = _Process(around, program, _lines(around.role, program, actions, supports), supports)
    patience_s = 5.0 + 2 * program.manner.answer_within_s
    known = calibration_of(calibration, around.folder)
    return played(doer, Gauge(around, accuracy, resolution, energy, patience_s, calibration=known))


def _lines(
    role: str,
    program: Program,
    actions: Mapping[str, str | Line] | tuple[str, ...] | None,
    supports: tuple[str, ...],
) -> dict[str, Line | None]:
    """Every action that can be done; None stands for the word that a JSON program hears by default."""
    if isinstance(actions, Mapping):
        return {name: Line(line) if isinstance(line, str) else line for name, line in actions.items()}
    if program.manner.talk != "json":
        raise BenchError(
            f"{role} (process): rig '{program.name}' talks plain lines, so every action needs its line under "
            "'actions', such as 'plug_in: PLUG 1'."
        )
    if actions is not None:
        return dict.fromkeys(actions)
    return {
        name: None for name in offered(role, "process", supports) if name not in {"identify", "make_safe"}
    }


class _Process:
    def __init__(
        self, around: Surroundings, program: Program, lines: Mapping[str, Line | None], extra: tuple[str, ...]
    ) -> None:
        self.role = around.role
        self.where = f"{around.role} of rig '{program.name}'"
        check_mapped(around.role, "process", lines)
        self.supports = supported(around.role, "process", lines, extra)
        self._program = program
        self._lines = lines
        self._known = actions_of(around.role, "process")
        for name, line in lines.items():
            if line is not None:
                place = f"{self.role}.{name} (process)"
                check_placeholders(line.send, self._known[name].arguments, place)
                self._reader(name, line).check(self._known[name])

    async def open(self) -> Identity:
        return await self._program.open()

    async def make_safe(self) -> None:
        """Nothing when the program does not run: what it played is off already."""
        if self._program.running:
            await do_what_is_safe(self, self._lines)

    async def close(self) -> None:
        """The program belongs to the rig, which ends it."""

    async def do(self, action: str, /, **arguments: Any) -> Answer:
        if action not in self._lines:
            raise unmapped(self.role, "process", action, self._lines)
        line, known = self._lines[action], self._known[action]
        if line is None:
            reply = await self._program.ask(self.role, known.word, **arguments)
            return Answer(self._plain(action, known, reply), (reply.seq,))
        escape = json_inside if self._program.manner.talk == "json" else str
        send = fill(line.send, arguments, escape)
        reply = await self._program.tell(self.role, send, expect=line.expect, answers=line.answers)
        if line.answer or line.match:
            fields = self._reader(action, line).read(reply.line, reply.result)
        else:
            fields = self._reader(action, line).translated(self._plain(action, known, reply))
        return Answer(fields, (reply.seq,))

    def _plain(self, action: str, known: Action, reply: Reply) -> dict[str, Any]:
        """Fields of a result that stand where they are looked for: by name, or alone."""
        result = reply.result
        if known.places:
            return dict(self._places(action, reply))
        if isinstance(result, Mapping):
            found = {name: result[name] for name in (*known.needs, *known.may) if name in result}
        else:
            found = dict.fromkeys(known.needs[:1], result) if result is not None else {}
        for name in known.needs:
            if found.get(name) is None:
                raise RigError(
                    f"{self.role}.{action}: rig '{self._program.name}' answered {shown(reply.line)}, "
                    f"which has no '{name}' in its result."
                )
        return found

    def _places(self, action: str, reply: Reply) -> Mapping[str, Any]:
        if isinstance(reply.result, Mapping) and reply.result:
            return reply.result
        raise RigError(
            f"{self.role}.{action}: rig '{self._program.name}' answered {shown(reply.line)}, "
            "whose result is no table of places and temperatures."
        )

    def _reader(self, action: str, line: Line) -> Reader:
        return Reader(f"{self.role}.{action}", line.answer, line.match, line.words)
