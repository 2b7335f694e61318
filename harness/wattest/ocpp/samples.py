"""Fields of a payload that may be missing or garbage, and the sampled values of every dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, overload

import orjson

from wattest.ocpp.messages import exact
from wattest.ocpp.neutral import Sample

REGISTER = "Energy.Active.Import.Register"
YEARS = range(1900, 9000)
"""Years that a stated time may lie in and still be reckoned with."""
LARGEST = Decimal(10) ** 15
"""No meter of a charger reads as much, whatever it measures; what claims to is no value (project)."""

_UNITS = {
    "Energy": "Wh",
    "Power": "W",
    "Current": "A",
    "Voltage": "V",
    "SoC": "Percent",
    "Temperature": "Celsius",
}

Payload = Mapping[str, Any]
_ReadValue = Callable[[Payload], tuple[Decimal | None, object]]


def moment(value: object) -> datetime | None:
    """A timestamp as an aware UTC time; one without offset is taken as UTC.

    None when it cannot be read or lies beyond ``YEARS``.
    """
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        found = datetime.fromisoformat(value)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year in YEARS else None


def text(value: object) -> str | None:
    """A text; None for anything else."""
    return value if isinstance(value, str) else None


def whole(value: object) -> int | None:
    """A whole number, also one written as 16.0; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def inside(payload: Payload, key: str) -> Payload:
    """The object under a key; an empty one for anything else."""
    value = payload.get(key)
    return value if isinstance(value, dict) else {}


def items(payload: Payload, key: str) -> list[Payload]:
    """The objects in the list under a key."""
    value = payload.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


class Samples(Sequence[Sample]):
    """Sampled values of one message, read when somebody looks at them: of most, only the register ever is.

    Equal to any sequence of equal samples. ``registers`` are those of the energy register, ``soc`` those of the
    vehicle's state of charge; ``fingerprint`` is equal for copies of a message.
    """

    __slots__ = ("_found", "_groups", "_read", "registers", "soc")

    def __init__(self, groups: list[Payload], read: _ReadValue) -> None:
        self._groups = groups
        self._read = read
        self._found: tuple[Sample, ...] | None = None
        registers, soc = [], []
        for group in groups:
            for item in items(group, "sampledValue"):
                measurand = item.get("measurand", REGISTER)
                if measurand == REGISTER:
                    sample = _sample(group, item, read)
                    if sample is not None and is_register(sample):
                        registers.append(sample)
                elif measurand == "SoC":
                    sample = _sample(group, item, read)
                    if sample is not None:
                        soc.append(sample)
        self.registers, self.soc = tuple(registers), tuple(soc)

    def _all(self) -> tuple[Sample, ...]:
        if self._found is None:
            found = (
                _sample(group, item, self._read)
                for group in self._groups
                for item in items(group, "sampledValue")
            )
            self._found = tuple(sample for sample in found if sample is not None)
        return self._found

    def fingerprint(self) -> int:
        """Cheaper than a hash of all samples."""
        return hash(orjson.dumps(self._groups, default=str))

    @property
    def last_time(self) -> datetime | None:
        """When the last values were taken."""
        return moment(self._groups[-1].get("timestamp")) if self._groups else None

    def __len__(self) -> int:
        return len(self._all())

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | Sequence[Sample]:
        return self._all()[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


def value_16(item: Payload) -> tuple[Decimal | None, object]:
    """Value and unit of a 1.6 SampledValue, whose value is text."""
    value = item.get("value")
    return exact(value) if isinstance(value, str) else None, item.get("unit")


def value_2x(item: Payload) -> tuple[Decimal | None, object]:
    """Value and unit of a 2.0.1 SampledValueType, its multiplier worked in."""
    value, unit = item.get("value"), inside(item, "unitOfMeasure")
    number = None if isinstance(value, str) else exact(value)
    power = whole(unit.get("multiplier"))
    if number is not None and power and -30 <= power <= 30:
        number = number.scaleb(power)
    return number, unit.get("unit")


def _sample(group: Payload, item: Payload, read: _ReadValue) -> Sample | None:
    value, unit = read(item)
    if value is None or not -LARGEST < value < LARGEST:
        return None
    get = item.get
    measurand, phase, context, where = get("measurand"), get("phase"), get("context"), get("location")
    if not isinstance(measurand, str):
        measurand = REGISTER
    return Sample(
        moment(group.get("timestamp")),
        measurand,
        value,
        unit if isinstance(unit, str) else _UNITS.get(measurand.partition(".")[0], ""),
        phase if isinstance(phase, str) else None,
        context if isinstance(context, str) else None,
        where if isinstance(where, str) else None,
    )


def is_register(sample: Sample) -> bool:
    """Whether a sample is the total of the energy register at the outlet."""
    return (
        sample.measurand == REGISTER
        and sample.phase is None
        and sample.location in (None, "Outlet")
        and sample.unit in ("Wh", "kWh")
    )


def in_wh(sample: Sample) -> Decimal:
    """The value of an energy sample in Wh."""
    return sample.value * 1000 if sample.unit == "kWh" else sample.value
