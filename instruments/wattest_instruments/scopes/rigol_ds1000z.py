"""Rigol DS1000Z and MSO1000Z oscilloscopes with four channels as ``pilot_scope``.

Bench entry::

    pilot_scope:
      driver: rigol_ds1000z
      resource: "TCPIP::192.0.2.50::INSTR"
      pilot_probe: 10            # CHAN1: control pilot against earth
      output_probe: 100          # CHAN2: output through a differential probe; leave it out without one
      output_threshold: 30 V     # rms from which the output counts as live
      calibration: my_scope.yaml

The output is mains: a differential probe of its rating is a must, an ordinary probe on CHAN2 is not.

``read`` records 24 ms, about 24 periods of the pilot. Between ``arm`` and ``fetch`` both channels are recorded: for ``open`` 0.6 s
from the moment when the pilot rises above 7.5 V (out of C to B or A; leaving C downwards to E or F does not trigger), for ``close`` 6 s
that end 0.6 s after the output becomes live. What the samples mean is told in ``waveform`` and ``switching``, with its uncertainty.

Commands: DS1000Z programming guide and public drivers (QCoDeS, PyMeasure); tried on the twin only. As delivered, the vertical
accuracy is 3 % of full scale (recalled), too little for the limits of a pilot: only a calibration file gives an uncertainty.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from wattest.document.quantity import Frequency, Voltage
from wattest.errors import BenchError, InstrumentError
from wattest.roles import (
    Identity,
    PilotEvent,
    PilotReading,
    PilotScope,
    Reading,
    Surroundings,
    SwitchingDelay,
)
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.calibration import Calibration, calibration_of
from wattest_instruments.exchanges import (
    NO_DATA,
    NOT_CALIBRATED,
    OVER_RANGE,
    confirm,
    error_queue,
    tell,
)
from wattest_instruments.identify import identify
from wattest_instruments.links.visa import VisaLink
from wattest_instruments.scopes.memory import Record, read_memory
from wattest_instruments.scopes.twin import ScopeTwin
from wattest_instruments.switching import C_V, switching_delay
from wattest_instruments.twins.server import serve_scpi
from wattest_instruments.waveform import Estimate, pilot_shape

DIVISIONS = 12
"""Of the screen, across; a record is as long as the screen."""
PILOT_V_PER_DIV = 5.0
OUTPUT_V_PER_DIV = 100.0
"""Eight divisions: +-20 V and +-400 V."""
PIECE_S = 5.0
"""How long one piece may take to arrive."""


@dataclass(frozen=True)
class Span:
    """A record: seconds per division, and how much of it lies before the trigger."""

    per_div_s: float
    before_s: float

    @property
    def length_s(self) -> float:
        """From its first to its last sample."""
        return DIVISIONS * self.per_div_s


NOW = Span(2e-3, 12e-3)
EVENTS: dict[PilotEvent, Span] = {"open": Span(0.05, 0.12), "close": Span(0.5, 5.4)}
"""The limits are 100 ms for opening and 3 s for closing (``fixtures/limits/pilot.yaml``)."""


def rigol_ds1000z(
    around: Surroundings,
    *,
    resource: str,
    library: str = "@py",
    pilot_probe: float = 10.0,
    output_probe: float | None = None,
    output_threshold: Voltage = 30.0,
    frequency: Frequency = 60.0,
    calibration: str | None = None,
) -> PilotScope:
    """A Rigol oscilloscope on the control pilot (CHAN1) and, through a differential probe, on the output (CHAN2).

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.50::INSTR or USB0::0x1AB1::0x04CE::DS1ZA000000001::INSTR
        library: PyVISA backend, such as @py or @ivi
        pilot_probe: by how much the probe on the pilot divides
        output_probe: by how much the differential probe on the output divides; without it there is no output channel
        output_threshold: rms voltage from which the output counts as live (30 V: IEC 61851-1, unverified)
        frequency: of the mains
        calibration: file with serial number, due date and limits of error; without it no reading has an uncertainty
    """
    for name, value in (
        ("pilot_probe", pilot_probe),
        ("output_probe", 1.0 if output_probe is None else output_probe),
        ("output_threshold", output_threshold),
        ("frequency", frequency),
    ):
        if not value > 0.0:
            raise BenchError(f"{around.role} (rigol_ds1000z): {name} is {value:g}; it must be above 0.")
    link = VisaLink(around, resource, library=library, timeout_s=PIECE_S)
    return RigolDs1000z(
        around,
        link,
        pilot_probe=pilot_probe,
        output_probe=output_probe,
        threshold_v=output_threshold,
        frequency_hz=frequency,
        calibration=calibration_of(calibration, around.folder),
    )


@asynccontextmanager
async def rigol_ds1000z_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin that samples pilot and output of the simulated outlet 1, over TCP."""
    known = calibration_of(there.options.get("calibration"), there.folder)
    twin = ScopeTwin(there.world, serial="DS1ZA000000001" if known is None else known.serial)
    async with serve_scpi(twin) as server:
        yield {"resource": server.resource, "library": "@py"}


class RigolDs1000z:
    """The driver, over any link."""

    def __init__(
        self,
        around: Surroundings,
        link: VisaLink,
        *,
        pilot_probe: float,
        output_probe: float | None,
        threshold_v: float,
        frequency_hz: float,
        calibration: Calibration | None,
    ) -> None:
        self.supports = frozenset() if output_probe is None else frozenset({"output_channel"})
        self._around = around
        self._link = link
        self._pilot_probe = pilot_probe
        self._output_probe = output_probe
        self._threshold_v = threshold_v
        self._frequency_hz = frequency_hz
        self._calibration = calibration
        self._armed: PilotEvent | None = None

    async def open(self) -> Identity:
        """Identify the oscilloscope, hold it against its calibration file, and fix its channels."""
        identity = identify(await self._link.open(), "rigol_ds1000z", self._link.place)
        if self._calibration is not None:
            self._calibration.check_serial(identity.serial, identity.model, self._link.place)
        await self._link.write("*CLS")
        await self._channel(1, self._pilot_probe, PILOT_V_PER_DIV)
        if self._output_probe is None:
            await self._tell(":CHAN2:DISP OFF")
        else:
            await self._channel(2, self._output_probe, OUTPUT_V_PER_DIV)
        await self._tell(":CHAN3:DISP OFF")
        await self._tell(":CHAN4:DISP OFF")
        await self._tell(":ACQ:TYPE NORM")
        self._armed = None
        return identity

    async def read(self) -> PilotReading:
        """The pilot now, over 24 ms; whatever was armed is forgotten."""
        self._armed = None
        await self._span(NOW, 60_000)
        await self._trigger(1, 0.0, "AUTO")
        await self._around.clock.sleep(10.0 * NOW.length_s)
        await self._tell(":STOP")
        await self._until({"STOP"}, 2.0)
        record = await self._recorded(1)
        shape = await self._around.clock.in_thread(pilot_shape, record.wave)
        flags = shape.flags | (frozenset({OVER_RANGE}) if record.clipped else frozenset())

        def one(estimate: Estimate | None, unit: str, added: float = 0.0) -> Reading | None:
            return None if estimate is None else self._reading(estimate, unit, record.seq, flags, added)

        high = one(shape.high, "V", self._u_volts(shape.high.value))
        duty = one(shape.duty, "%")
        assert high is not None
        assert duty is not None
        return PilotReading(
            high=high,
            duty=duty,
            low=one(shape.low, "V", 0.0 if shape.low is None else self._u_volts(shape.low.value)),
            frequency=one(shape.frequency, "Hz", self._u_time(shape.frequency.value)),
            rise=one(shape.rise, "s"),
            fall=one(shape.fall, "s"),
        )

    async def arm(self, event: PilotEvent) -> None:
        """Record both channels from now on, until the event has come; returns once the time before it is recorded."""
        if self._output_probe is None:
            raise InstrumentError(
                f"{self._link.place} has no output channel: give its bench entry the key output_probe, and connect a "
                "differential probe to CHAN2."
            )
        span = EVENTS[event]
        await self._span(span, 600_000 if event == "close" else 60_000)
        if event == "close":
            await self._trigger(2, math.sqrt(2.0) * self._threshold_v, "SING")
        else:
            await self._trigger(1, C_V[1], "SING")
        await self._until({"WAIT", "TD", "STOP"}, span.before_s + 2.0)
        self._armed = event

    async def fetch(self) -> SwitchingDelay:
        """What was caught since ``arm``; flagged ``no data`` when nothing came, or not both pilot and output."""
        if self._armed is None:
            raise InstrumentError(f"{self._link.place} was asked for a delay before it was armed.")
        event, self._armed = self._armed, None
        span = EVENTS[event]
        state, seq = await self._until({"STOP"}, span.length_s - span.before_s + 1.0, strict=False)
        if state != "STOP":
            await self._tell(":STOP")
            return SwitchingDelay(event, self._none(seq))
        pilot, output = await self._recorded(1), await self._recorded(2)
        if pilot.wave.start_s > -0.5 * span.before_s:
            raise InstrumentError(
                f"{self._link.place} recorded from {pilot.wave.start_s:g} s on, and from {-span.before_s:g} s was set: its time "
                "offset was not taken as the programming guide has it."
            )
        delay = await self._around.clock.in_thread(
            partial(
                switching_delay,
                pilot.wave,
                output.wave,
                event,
                threshold_v=self._threshold_v,
                frequency_hz=self._frequency_hz,
            )
        )
        seqs = (*pilot.seq, *output.seq)
        if delay is None:
            return SwitchingDelay(event, self._none(seqs))
        return SwitchingDelay(event, self._reading(delay, "s", seqs, frozenset(), self._u_time(delay.value)))

    async def make_safe(self) -> None:
        """An oscilloscope is harmless."""

    async def close(self) -> None:
        """Let go of the link; it goes on running by itself."""
        await self._link.close()

    # What it is told.

    async def _tell(self, line: str) -> None:
        await tell(self._link, line, partial(error_queue, query=":SYST:ERR?"))

    async def _recorded(self, channel: int) -> Record:
        return await read_memory(self._link, channel, self._tell, self._around)

    async def _channel(self, channel: int, probe: float, per_div_v: float) -> None:
        for line in ("DISP ON", "COUP DC", "BWL 20M", f"PROB {probe:g}", f"SCAL {per_div_v:g}", "OFFS 0"):
            await self._tell(f":CHAN{channel}:{line}")
        await confirm(self._link, f":CHAN{channel}:PROB?", probe, "(probe)", "choose a factor that it has")
        await confirm(self._link, f":CHAN{channel}:SCAL?", per_div_v, "V", "choose another probe")

    async def _span(self, span: Span, depth: int) -> None:
        """Length, place and number of samples of a record; with one channel the memory comes in other sizes."""
        await self._tell(":RUN")  # the depth can only be set while it runs
        await self._tell(f":TIM:SCAL {span.per_div_s:g}")
        await confirm(self._link, ":TIM:SCAL?", span.per_div_s, "s", "look at its time base")
        await self._tell(f":TIM:OFFS {span.length_s / 2.0 - span.before_s:g}")
        depth = depth if self._output_probe is not None else 2 * depth
        await self._tell(f":ACQ:MDEP {depth}")
        await confirm(self._link, ":ACQ:MDEP?", depth, "samples", "look at which channels are on")

    async def _trigger(self, channel: int, level_v: float, sweep: str) -> None:
        for line in (
            ":TRIG:MODE EDGE",
            ":TRIG:COUP DC",
            f":TRIG:EDG:SOUR CHAN{channel}",
            ":TRIG:EDG:SLOP POS",
            f":TRIG:EDG:LEV {level_v:.3f}",
        ):
            await self._tell(line)
        await self._tell(":SING" if sweep == "SING" else f":TRIG:SWE {sweep}")

    async def _until(
        self, states: set[str], within_s: float, *, strict: bool = True
    ) -> tuple[str, tuple[int, ...]]:
        """Poll the trigger until it is in one of these states. Raises ``InstrumentError`` in time, if ``strict``."""
        clock = self._around.clock
        end = clock.monotonic() + within_s
        while True:
            heard = await self._link.query(":TRIG:STAT?")
            state = heard.text.strip().upper().replace("'", "")
            if state in states or (clock.monotonic() >= end and not strict):
                return state, (heard.seq,)
            if clock.monotonic() >= end:
                raise InstrumentError(
                    f"{self._link.place} should be in state {' or '.join(sorted(states))} within {within_s:g} s and answers "
                    f"{state!r} to ':TRIG:STAT?': look at its trigger."
                )
            await clock.sleep(0.1)

    # What is known of it.

    def _u_volts(self, value: float) -> float:
        if self._calibration is None or not math.isfinite(value):
            return 0.0
        return self._calibration.u("voltage", value, 8.0 * PILOT_V_PER_DIV) or 0.0

    def _u_time(self, value: float) -> float:
        if self._calibration is None or not math.isfinite(value):
            return 0.0
        return self._calibration.timebase_pct / 100.0 * abs(value) / math.sqrt(3.0)

    def _reading(
        self, estimate: Estimate, unit: str, seq: tuple[int, ...], flags: frozenset[str], added: float
    ) -> Reading:
        clock = self._around.clock
        if self._calibration is None:
            flags |= {NOT_CALIBRATED}
        else:
            flags |= self._calibration.flags(clock.utc().date())
        known = self._calibration is not None and math.isfinite(estimate.value)
        u = math.hypot(estimate.u, added) if known else None
        return Reading(estimate.value, unit, clock.monotonic(), u, seq, flags)

    def _none(self, seq: tuple[int, ...]) -> Reading:
        return Reading(0.0, "s", self._around.clock.monotonic(), None, seq, frozenset({NO_DATA}))
