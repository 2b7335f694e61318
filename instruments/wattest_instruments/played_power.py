# ruff: noqa: D102 - the Protocols in wattest.roles say what each verb does
"""Roles that move energy or heat, each played by somebody who can only do named actions."""

from __future__ import annotations

from dataclasses import asdict

from wattest.errors import RigError
from wattest.roles import ChamberState, LoadReading, Reading, SupplyReading, SupplyStep
from wattest_instruments.actions import Doer
from wattest_instruments.answers import as_decimal
from wattest_instruments.gauge import Gauge, gauged, yes


class Mains:
    """Somebody at the supply of the station."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close
        self.gauge = gauge

    async def set_power(self, on: bool) -> None:
        await self.doer.do("set_power", on=on)

    async def set_voltage(self, voltage_v: float) -> None:
        await self.doer.do("set_voltage", voltage_v=voltage_v)

    async def set_frequency(self, frequency_hz: float) -> None:
        await self.doer.do("set_frequency", frequency_hz=frequency_hz)

    async def run_profile(self, steps: tuple[SupplyStep, ...]) -> None:
        await self.doer.do("run_profile", steps=[asdict(step) for step in steps])

    async def measure(self) -> SupplyReading:
        answer = await self.doer.do("measure")
        return SupplyReading(
            voltage=gauged(self.gauge, "voltage", answer),
            current=gauged(self.gauge, "current", answer),
            power=gauged(self.gauge, "power", answer),
            frequency=gauged(self.gauge, "frequency", answer),
        )


class Load:
    """Somebody at the load."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close
        self.gauge = gauge

    async def set_current(self, current_a: float) -> None:
        await self.doer.do("set_current", current_a=current_a)

    async def set_input(self, on: bool) -> None:
        await self.doer.do("set_input", on=on)

    async def measure(self) -> LoadReading:
        answer = await self.doer.do("measure")
        return LoadReading(
            voltage=gauged(self.gauge, "voltage", answer),
            current=gauged(self.gauge, "current", answer),
            power=gauged(self.gauge, "power", answer),
        )


class Chamber:
    """Somebody at the climatic chamber."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close
        self.gauge = gauge

    async def set_temperature(self, temperature_c: float, ramp_k_per_min: float) -> None:
        await self.doer.do("set_temperature", temperature_c=temperature_c, ramp_k_per_min=ramp_k_per_min)

    async def read_temperature(self) -> Reading:
        return gauged(self.gauge, "temperature", await self.doer.do("read_temperature"))

    async def set_humidity(self, humidity_pct: float) -> None:
        await self.doer.do("set_humidity", humidity_pct=humidity_pct)

    async def read_humidity(self) -> Reading:
        return gauged(self.gauge, "humidity", await self.doer.do("read_humidity"))

    async def state(self) -> ChamberState:
        answer = await self.doer.do("state")
        setpoint, door = (answer.fields.get(name) for name in ("setpoint", "door_open"))
        number = as_decimal(setpoint)
        if number is None and setpoint not in {None, ""}:
            raise RigError(f"{self.doer.where} answered '{setpoint}' for 'setpoint', which is not a number.")
        alarms = answer.fields.get("alarms", ())
        return ChamberState(
            air=gauged(self.gauge, "temperature", answer),
            setpoint_c=None if number is None else float(number),
            running=yes(self.doer, "running", answer),
            alarms=tuple(map(str, alarms)) if isinstance(alarms, (list, tuple)) else _words(str(alarms)),
            door_open=None if door in {None, ""} else yes(self.doer, "door_open", answer),
        )


class Network:
    """Somebody at the link."""

    def __init__(self, doer: Doer, gauge: Gauge) -> None:
        self.doer, self.supports, self.patience_s = doer, doer.supports, gauge.patience_s
        self.open, self.make_safe, self.close = doer.open, doer.make_safe, doer.close

    async def cut(self) -> None:
        await self.doer.do("cut")

    async def restore(self) -> None:
        await self.doer.do("restore")


def _words(alarms: str) -> tuple[str, ...]:
    return tuple(word for line in alarms.splitlines() if (word := line.strip()))
