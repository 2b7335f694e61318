"""ESPEC chambers with the controller P-300, SCP-220 or ES-102.

Bench entry::

    chamber:
      driver: espec
      resource: "TCPIP::192.0.2.20::10001::SOCKET"     # or "ASRL/dev/ttyUSB0::INSTR", 9600 baud 8N1
      low_limit: -45 degC
      high_limit: 60 degC
      accuracy: 1 K
      humidity_accuracy: 3 %      # points of relative humidity; only for a chamber that has humidity

Both limits become the chamber's own temperature limits (``TEMP, H`` and ``TEMP, L``). Every line is answered: a
setting with ``OK:``, an error with ``NA:`` and its code. Constant mode has no public ramp, so the driver moves the set
point in steps. Alarms are numbers that the chamber's manual explains. The door is not told. RS-485 with addresses is left
out, since it is not public whether answers carry the address.

Humidity is set in constant mode (``HUMI, S``); the chamber tells at ``TYPE?`` whether it has a wet bulb. Below freezing it is not
controlled, whatever its set point.

Commands: as ESPEC's own ChamberConnectLibrary sends them (P-300, SCP-220); tried on the twin only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wattest.document.quantity import Percent, Temperature, TemperatureDifference
from wattest.errors import InstrumentError
from wattest.roles import Chamber, Identity, Surroundings
from wattest.run.rehearse import Options, Rehearsal
from wattest_instruments.chambers.chamber import ClimateChamber, Limits
from wattest_instruments.chambers.controller import Look, tenths
from wattest_instruments.chambers.espec_twin import END, EspecTwin
from wattest_instruments.chambers.plug import over_tcp, twin_library
from wattest_instruments.identify import identify
from wattest_instruments.links.visa import Heard, VisaLink
from wattest_instruments.notation import number

MEANINGS = {
    "CMD ERR": "the controller does not know the command",
    "PARA ERR": "a parameter is missing or not understood",
    "DATA OUT OF RANGE": "the value is outside the chamber's range or its limits",
    "PROTECT ON": "its settings are protected at the panel: release that there",
    "CHB NOT READY": "the chamber cannot do that now",
    "INVALID REQ": "this controller does not support the request",
}
"""Error codes in words of our own."""


def espec(
    around: Surroundings,
    *,
    resource: str,
    low_limit: Temperature,
    high_limit: Temperature,
    library: str = "@py",
    accuracy: TemperatureDifference | None = None,
    humidity_accuracy: Percent | None = None,
    baud: int = 9600,
) -> Chamber:
    """An ESPEC chamber.

    With the library ``@wattest`` on a simulated bench, a twin stands around the station of that bench's own world.

    Args:
        around: what the bench gives to every driver
        resource: VISA name, such as TCPIP::192.0.2.20::10001::SOCKET or ASRL/dev/ttyUSB0::INSTR
        low_limit: the coldest air that chamber and station allow
        high_limit: the warmest air that chamber and station allow
        library: PyVISA backend, such as @py, @ivi or @wattest
        accuracy: limit of error of the chamber's thermometer; without it no reading has an uncertainty
        humidity_accuracy: limit of error of its hygrometer in points of relative humidity; only for a chamber with humidity
        baud: speed of a serial resource
    """
    end = END.decode()
    link = VisaLink(
        around,
        resource,
        library=twin_library(around, resource, library, EspecTwin, END),
        identify="TYPE?",
        end=end,
        ended=end,
        baud=baud,
    )
    controller = Espec(link, humid=humidity_accuracy is not None)
    return ClimateChamber(
        around,
        controller,
        Limits(low_limit, high_limit),
        accuracy,
        hygrostat=None if humidity_accuracy is None else controller,
        humidity_points=humidity_accuracy or 0.0,
    )


@asynccontextmanager
async def espec_twin(there: Rehearsal) -> AsyncIterator[Options]:
    """A twin around the station of the simulated world, over TCP."""
    async with over_tcp(there, EspecTwin, END) as options:
        yield options


class Espec:
    """The dialect: lines that end with CR LF, all of them answered."""

    name = "espec"
    ramps = False

    def __init__(self, link: VisaLink, *, humid: bool = False) -> None:
        self._link = link
        self._wants_humidity = humid

    @property
    def place(self) -> str:
        """Resource and library."""
        return self._link.place

    async def open(self) -> Identity:
        """``TYPE?`` tells sensors, controller and highest temperature; the serial number is not told."""
        fields = identify(await self._link.open(), "espec", self.place)
        sensors_and_type = [
            part for part in (fields.maker, fields.model, fields.serial) if part not in {"T", "K"}
        ]
        if self._wants_humidity and fields.model not in {"T", "K"}:
            raise InstrumentError(
                f"{self.place} told one sensor at TYPE?, so it has no wet bulb and no humidity: take 'humidity_accuracy' "
                "out of its bench entry."
            )
        rom = await self._ask("ROM?")
        return Identity("ESPEC", sensors_and_type[0], "", rom.text)

    async def set_limits(self, low_c: float, high_c: float) -> None:
        """The temperature limits of the chamber, read back."""
        await self._set(f"TEMP, H{tenths(high_c)}")
        await self._set(f"TEMP, L{tenths(low_c)}")
        _, _, high, low = await self._temperatures()
        if (low, high) != (tenths(low_c), tenths(high_c)):
            raise InstrumentError(
                f"{self.place} was given the limits {low_c:.1f} and {high_c:.1f} degC and answers {low:g} and {high:g} degC: "
                "choose limits within the range of the chamber."
            )

    async def look(self) -> Look:
        """``MON?`` tells air, humidity, mode and how many alarms there are, in one answer."""
        seen = await self._ask("MON?")
        fields = seen.text.split(",")
        if len(fields) != 4 or not fields[3].strip().isdecimal():
            raise InstrumentError(
                f"{self.place} answered {seen.text!r} to MON?: air, humidity, mode and number of alarms were expected."
            )
        mode = fields[2].strip()
        _, setpoint_c, _, _ = await self._temperatures()
        alarms: tuple[str, ...] = ()
        if int(fields[3]):
            told = await self._ask("ALARM?")
            alarms = tuple(f"alarm {code.strip()}" for code in told.text.split(",")[1:])
        return Look(
            fields[0].strip(),
            seen.seq,
            setpoint_c,
            mode not in {"OFF", "STANDBY"},
            (seen.seq,),
            alarms=alarms,
            program=mode.startswith(("RUN", "RMT")),
        )

    async def set_point(self, temperature_c: float, ramp_k_per_min: float) -> None:
        """The set point of constant mode; there is no ramp."""
        del ramp_k_per_min
        await self._set(f"TEMP, S{tenths(temperature_c)}")

    async def set_humidity(self, humidity_pct: float) -> None:
        """The set point of humidity in constant mode."""
        await self._set(f"HUMI, S{humidity_pct:.1f}")

    async def humidity(self) -> tuple[str, int, int]:
        """``HUMI?`` tells relative humidity, set point or OFF, and both limits."""
        answer = await self._ask("HUMI?")
        fields = answer.text.split(",")
        if len(fields) != 4:
            raise InstrumentError(
                f"{self.place} answered {answer.text!r} to HUMI?: humidity, set point and both limits were expected."
            )
        return fields[0].strip(), answer.seq, 0

    async def run(self) -> None:
        """Constant mode."""
        await self._set("MODE,CONSTANT")

    async def standby(self) -> None:
        """Ends a program too (recalled)."""
        await self._set("MODE,STANDBY")

    async def close(self) -> None:
        """Let go of the link."""
        await self._link.close()

    async def _temperatures(self) -> tuple[float, float, float, float]:
        """Air, set point, high and low limit, degC."""
        answer = await self._ask("TEMP?")
        values = [number(field) for field in answer.text.split(",")]
        if len(values) != 4 or None in values:
            raise InstrumentError(
                f"{self.place} answered {answer.text!r} to TEMP?: air, set point and both limits were expected."
            )
        air, setpoint, high, low = (value for value in values if value is not None)
        return air, setpoint, high, low

    async def _set(self, line: str) -> None:
        answer = await self._ask(line)
        if not answer.text.startswith("OK:"):
            raise InstrumentError(f"{self.place} answered {answer.text!r} to {line!r}; 'OK:' was expected.")

    async def _ask(self, line: str) -> Heard:
        answer = await self._link.query(line)
        if answer.text.startswith("NA:"):
            code = answer.text.removeprefix("NA:").strip()
            meaning = MEANINGS.get(code)
            raise InstrumentError(
                f"{self.place} refused {line!r}: {code}{f' ({meaning})' if meaning else ''}."
            )
        return answer
