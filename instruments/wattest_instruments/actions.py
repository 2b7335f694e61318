"""What each role can be asked to do, for drivers that only know named actions: over HTTP, by a program, by hand.

One table serves all three: the name of an action, its arguments (the placeholders of a bench file), the fields
that its answer must bring, and the word that a rig program is told by default.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from wattest.document.suggest import nearest
from wattest.errors import BenchError, RigError
from wattest.model.words import CAPABILITIES
from wattest.roles import ROLES, Identity, VehicleFault


@dataclass(frozen=True)
class Action:
    """One action of a role.

    ``needs`` are the fields that an answer must bring, ``may`` those that it can bring besides. ``word`` is what
    a rig program hears as ``{"do": word}``, since ``read`` alone would not tell a lock from a display. An action with
    ``only_with`` is offered only where the bench entry maps it, or names one of these capabilities under ``supports``.
    ``places`` means that the answer's fields are named by the bench: places of thermocouples.
    """

    word: str
    arguments: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    only_with: tuple[str, ...] = ()
    places: bool = False


_PILOT = Action("pilot", (), ("high", "duty"), ("low", "frequency", "rise", "fall"))
_READ_BACK = Action("read_back", (), ("safe",), ("sentence",), only_with=("read_back",))

FAULT_CAPABILITY: Mapping[VehicleFault, str] = {
    "diode": "diode_fault",
    "pe": "pe_fault",
    "short": "pilot_short",
    "cp": "pilot_open",
    "hot": "connector_heat",
    "heedless": "heedless",
    "weld": "weld",
}
"""The capability that a vehicle must have for each fault: a car that can make one need not be able to make all."""

_EVERY: Mapping[str, Action] = {
    "identify": Action("identify", (), ("maker", "model"), ("serial", "firmware")),
    "make_safe": Action("make_safe"),
    "clock": Action("clock", (), ("utc",), only_with=("clock",)),
}

_ACTIONS: Mapping[str, Mapping[str, Action]] = {
    "reference_meter": {
        "start_integration": Action("start_integration"),
        "stop_integration": Action("stop_integration"),
        "read": Action("meter", (), ("energy",), ("voltage", "current", "power", "elapsed")),
    },
    "vehicle": {
        "plug_in": Action("plug_in"),
        "unplug": Action("unplug"),
        "holster": Action("holster"),
        "set_ready": Action("set_ready", ("ready",)),
        "set_current": Action("set_current", ("current_a",)),
        "whereabouts": Action("whereabouts", (), ("where",)),
        "set_fault": Action("fault", ("fault", "on"), only_with=tuple(FAULT_CAPABILITY.values())),
        "set_pilot_resistance": Action(
            "pilot_resistance", ("state", "resistance_ohm"), only_with=("pilot_resistance",)
        ),
        "set_proximity": Action("proximity", ("resistance_ohm",), only_with=("proximity",)),
        "read_pilot": replace(_PILOT, only_with=("pilot_reading",)),
        "set_state_of_charge": Action("battery", ("percent",), only_with=("vehicle_soc",)),
        "read_state_of_charge": Action(
            "state_of_charge", (), ("state_of_charge",), only_with=("vehicle_soc",)
        ),
        "read_back": _READ_BACK,
    },
    "load": {
        "set_current": Action("load_current", ("current_a",)),
        "set_input": Action("load_input", ("on",)),
        "measure": Action("measure_load", (), (), ("voltage", "current", "power")),
        "read_back": _READ_BACK,
    },
    "pilot_scope": {
        "read": _PILOT,
        "arm": Action("arm", ("event",), only_with=("output_channel",)),
        "fetch": Action("fetch", ("event",), (), ("delay",), only_with=("output_channel",)),
    },
    "card_reader": {"present": Action("card", ("uid",))},
    "mains": {
        "set_power": Action("power", ("on",)),
        "set_voltage": Action("voltage", ("voltage_v",), only_with=("supply_voltage",)),
        "set_frequency": Action("frequency", ("frequency_hz",), only_with=("supply_frequency",)),
        "run_profile": Action("profile", ("steps",), only_with=("supply_dips",)),
        "measure": Action(
            "measure_supply",
            (),
            (),
            ("voltage", "current", "power", "frequency"),
            only_with=("supply_reading",),
        ),
        "read_back": _READ_BACK,
    },
    "lock_sensor": {
        "read": Action("locks", (), (), ("holster", "connector")),
        "pull": Action("pull", ("which",), ("loose",)),
        "jam": Action("jam", ("which", "jammed")),
    },
    "display": {"read": Action("display", (), ("lines",), ("cost", "currency"))},
    "chamber": {
        "set_temperature": Action("temperature", ("temperature_c", "ramp_k_per_min")),
        "read_temperature": Action("read_temperature", (), ("temperature",)),
        "set_humidity": Action("humidity", ("humidity_pct",), only_with=("humidity",)),
        "read_humidity": Action("read_humidity", (), ("humidity",), only_with=("humidity",)),
        "state": Action(
            "chamber",
            (),
            ("temperature", "running"),
            ("setpoint", "alarms", "door_open"),
            only_with=("chamber_state",),
        ),
        "read_back": _READ_BACK,
    },
    "thermometers": {"read_all": Action("temperatures", places=True)},
    "alerts": {"read": Action("alerts", (), ("count",), ("lines",))},
    "network": {"cut": Action("cut"), "restore": Action("restore")},
    "operator": {
        "ask": Action("ask", ("question", "answers"), ("answer",)),
        "measure": Action("measure", ("subject", "unit"), ("value",)),
        "photograph": Action("photograph", ("subject",), ("file",), only_with=("photo",)),
    },
    "acquirer": {
        "set_answer": Action("acquirer", ("answer",)),
        "statement": Action("statement", ("since",), ("movements",)),
    },
}

_CAPABILITIES: Mapping[tuple[str, str], str] = {
    ("vehicle", "set_current"): "vehicle_current",
    ("vehicle", "set_proximity"): "proximity",
    ("vehicle", "set_pilot_resistance"): "pilot_resistance",
    ("vehicle", "read_pilot"): "pilot_reading",
    ("vehicle", "read_state_of_charge"): "vehicle_soc",
    ("pilot_scope", "fetch"): "output_channel",
    ("mains", "set_voltage"): "supply_voltage",
    ("mains", "set_frequency"): "supply_frequency",
    ("mains", "run_profile"): "supply_dips",
    ("mains", "measure"): "supply_reading",
    ("lock_sensor", "jam"): "lock_jam",
    ("lock_sensor", "pull"): "lock_pull",
    ("chamber", "state"): "chamber_state",
    ("chamber", "read_humidity"): "humidity",
    ("operator", "photograph"): "photo",
}
"""Words under which scenarios ask for an action that not every bench has (``needs: [lock_jam]``).

Which faults a vehicle can make is not among them: the bench entry names those under ``supports``.
"""

_SAFE: Mapping[str, tuple[tuple[str, Mapping[str, Any]], ...]] = {
    "vehicle": (("set_ready", {"ready": False}),),
    "load": (("set_input", {"on": False}),),
    "mains": (("set_power", {"on": False}),),
    "lock_sensor": (
        ("jam", {"which": "holster", "jammed": False}),
        ("jam", {"which": "connector", "jammed": False}),
    ),
    "chamber": (("set_temperature", {"temperature_c": 23.0, "ramp_k_per_min": 1.0}),),
    "network": (("restore", {}),),
}
"""What makes a role safe when its bench entry maps no ``make_safe``; 1 K/min is the ramp of IEC 60068-2-1 (recalled)."""

_MUST_BE_SAFE = frozenset({"vehicle", "load", "mains"})


@dataclass(frozen=True)
class Answer:
    """What an action brought: fields by name, and the record entries that prove them."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    seq: tuple[int, ...] = ()


class Doer(Protocol):
    """Somebody who can do named actions of one role: a person, a program, a thing that speaks HTTP."""

    role: str
    where: str
    """How to name this one in a sentence: ``vehicle (http://127.0.0.1:8080)``."""
    supports: frozenset[str]

    async def open(self) -> Identity:
        """Connect and identify."""
        ...

    async def make_safe(self) -> None:
        """Bring this part to the state in which nobody can be hurt."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...

    async def do(self, action: str, /, **arguments: Any) -> Answer:
        """Do one action. Raises ``RigError`` with what was refused, by whom, and what can be done."""
        ...


def actions_of(role: str, driver: str) -> Mapping[str, Action]:
    """Every action of a role. Raises ``BenchError`` when there is no such role."""
    if role not in ROLES:
        raise BenchError(f"There is no role '{role}' for driver {driver}; roles are {', '.join(ROLES)}.")
    return {**_ACTIONS[role], **_EVERY}


def check_mapped(role: str, driver: str, mapped: Collection[str]) -> None:
    """Raise ``BenchError`` when a bench file maps what the role cannot do, or maps too little to be safe."""
    known = actions_of(role, driver)
    for name in mapped:
        if name not in known:
            raise BenchError(
                f"{role} ({driver}) has no action '{name}', which stands under 'actions'; "
                f"it has {', '.join(known)}."
            )
    if role in _MUST_BE_SAFE and mapped and "make_safe" not in mapped and not _safe_actions(role, mapped):
        wanted = _SAFE[role][0][0]
        raise BenchError(
            f"{role} ({driver}) could not be made safe: map '{wanted}' or 'make_safe' under 'actions', "
            "since a bench that cannot take energy away must not give any."
        )


def offered(role: str, driver: str, extra: Collection[str]) -> tuple[str, ...]:
    """Actions of a role that somebody who was told nothing else can do: optional ones only as ``extra`` names them."""
    return tuple(
        name
        for name, action in actions_of(role, driver).items()
        if not action.only_with or not set(action.only_with).isdisjoint(extra)
    )


def supported(role: str, driver: str, mapped: Collection[str], extra: Collection[str] = ()) -> frozenset[str]:
    """What a scenario's ``needs`` can find: the mapped actions, their capabilities, and what the lab adds.

    Raises ``BenchError`` when the lab adds a word that no scenario can need, or a capability without mapping the action
    that it stands for.
    """
    for word in extra:
        if word not in CAPABILITIES and word not in actions_of(role, driver):
            suggestion = nearest(word, CAPABILITIES)
            hint = f"did you mean '{suggestion}'?" if suggestion else f"there are {', '.join(CAPABILITIES)}."
            raise BenchError(
                f"{role} ({driver}) names '{word}' under 'supports', which no scenario can need; {hint}"
            )
    for name, action in actions_of(role, driver).items():
        promised = [word for word in extra if word in action.only_with]
        if promised and name not in mapped:
            raise BenchError(
                f"{role} ({driver}) names '{promised[0]}' under 'supports' but maps no '{name}' under 'actions': "
                f"map it, or take '{promised[0]}' away."
            )
    words = {_CAPABILITIES[role, name] for name in mapped if (role, name) in _CAPABILITIES}
    return frozenset(mapped) | words | frozenset(extra)


def unmapped(role: str, driver: str, action: str, mapped: Collection[str]) -> RigError:
    """The sentence for an action that the bench file does not map."""
    has = ", ".join(mapped) if mapped else "none"
    return RigError(
        f"{role} ({driver}) cannot {action}: its bench entry maps no '{action}' under 'actions' (mapped: {has}). "
        f"Map it, or leave the scenarios that need it not tested."
    )


async def do_what_is_safe(doer: Doer, mapped: Collection[str]) -> None:
    """``make_safe`` as mapped; else the role's own way, as far as it is mapped."""
    if "make_safe" in mapped:
        await doer.do("make_safe")
        return
    for name, arguments in _safe_actions(doer.role, mapped):
        await doer.do(name, **arguments)


def _safe_actions(role: str, mapped: Collection[str]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(name, arguments) for name, arguments in _SAFE.get(role, ()) if name in mapped]
