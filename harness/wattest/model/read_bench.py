"""Reader of bench files: ``fixtures/benches``.

::

    bench: north lab 2
    kind: live
    charger: ../chargers/reference.yaml
    csms: {host: 10.0.4.1, port: 8180}
    mains: {driver: by_hand}
    reference_meter: {driver: yokogawa_wt, resource: "TCPIP::10.0.4.7::INSTR", current_range: 50 A}
    safe_order: [vehicle, mains]
    limits: {voltage: 264 V, current: 52 A, power: 13 kW, temperature: [-45 degC, 60 degC]}

The keys of a driver are the keyword-only parameters of its factory, so they are checked here, before any device
is touched.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from wattest.document.decode import Decoder
from wattest.document.node import Document, Fields, Node, Problems, Text, what
from wattest.document.quantity import Current, Duration, Power, Temperature, Voltage
from wattest.document.reader import read
from wattest.document.signature import Known, Made, Parameter, Shape, shape_of
from wattest.document.suggest import did_you_mean, shown
from wattest.errors import BenchError
from wattest.model.bench import Bench, CsmsEntry, DriverEntry, FeederEntry, SafetyLimits
from wattest.model.cord import CordEntry
from wattest.model.plugins import DRIVERS
from wattest.model.words import ROLE_NAMES, Port, RigName, RoleName

Factory = Callable[..., Any]

LEAST_SILENCE_S = 3.0
"""A heartbeat comes every second; fewer than three could be lost to a busy computer (project)."""


def _csms(
    *,
    host: str = "127.0.0.1",
    port: Port = 0,
    password: str | None = None,
    ping_interval: Duration = 30.0,
    files_port: Port = 0,
) -> CsmsEntry:
    """Where the reference central system listens, and what a station must show to be let in.

    Args:
        host: address to listen on
        port: 0 lets the system choose
        password: for HTTP Basic authentication; without it any station is let in
        ping_interval: between WebSocket pings
        files_port: where the same address takes logs and serves firmware, by HTTP; 0 lets the system choose
    """
    if files_port and files_port == port:
        raise ValueError(
            f"files_port is {port}, where the central system listens itself; choose another, or 0"
        )
    return CsmsEntry(host, port, password, ping_interval, files_port)


def _limits(
    *,
    voltage: Voltage | None = None,
    current: Current | None = None,
    power: Power | None = None,
    temperature: tuple[Temperature, Temperature] | None = None,
) -> SafetyLimits:
    """What must never be exceeded on this bench. Nothing beyond is set; a reading beyond switches everything off.

    Args:
        voltage: most rms voltage of a phase
        current: most rms current of a phase
        power: most power of all phases together
        temperature: coldest and warmest temperature of air and station
    """
    for name, most in (("voltage", voltage), ("current", current), ("power", power)):
        if most is not None and not most > 0:
            raise ValueError(f"the limit of the {name} is {most:g}; it is above 0")
    if temperature is not None and not temperature[0] < temperature[1]:
        raise ValueError(
            f"the limits of the temperature are {temperature[0]:g} and {temperature[1]:g} degC; the coldest comes first"
        )
    return SafetyLimits(voltage, current, power, temperature)


MeterName = Annotated[str, Known("meter")]
"""A key of ``rigs``, or the role ``reference_meter``."""


def _feeder(
    *,
    meters: tuple[MeterName, ...],
    group: RigName | None = None,
    ports: tuple[Port, ...] = (),
    arrivals: Literal["remote", "operator"] = "remote",
) -> FeederEntry:
    """One feeder with the station under test at place 1 and stations of the bench at the places after it.

    Args:
        meters: who measures each place, place 1 first: meters under rigs, or the role reference_meter
        group: the meter under rigs that measures the whole feeder
        ports: where the central system of each station of the bench listens, place 2 first
        arrivals: remote where vehicles stay plugged in and sessions are started remotely; operator where a person lets them come
    """
    if len(meters) < 2:
        raise ValueError("a feeder that is shared has two meters at least, one for each station")
    if len(set(meters)) < len(meters) or group in meters:
        raise ValueError("each place of a feeder, and the whole of it, has a meter of its own")
    if ports and len(ports) != len(meters) - 1:
        raise ValueError(
            f"there are {len(ports)} ports for {len(meters) - 1} stations of the bench; place 1 is the station under test"
        )
    return FeederEntry(meters, group, ports, arrivals)


def _bench(
    *,
    bench: str,
    kind: Literal["simulated", "live", "rehearsed"],
    charger: str | None = None,
    csms: Annotated[CsmsEntry, Made(_csms)] | None = None,
    measurement_plane: Literal["input", "output_terminals", "connector"] = "connector",
    cord: CordEntry | None = None,
    safe_order: tuple[RoleName, ...] = ("vehicle", "load", "mains", "chamber"),
    dead_man_relay: bool = False,
    feeder: Annotated[FeederEntry, Made(_feeder)] | None = None,
    limits: Annotated[SafetyLimits, Made(_limits)] | None = None,
    silence: Duration = 10.0,
) -> dict[str, Any]:
    """One bench: which driver plays which role, and how the EVSE is reached.

    Args:
        bench: its name
        kind: simulated (one process, virtual clock), live (real clock, real sockets), or rehearsed (drivers of instruments, led
            to their twins in the simulated world)
        charger: path of the charger sheet, relative to this file
        csms: where the reference central system listens
        measurement_plane: where the reference meter measures; cable losses depend on it
        cord: the cord behind that place as measured, where it is not that of the charger sheet
        safe_order: roles in the order in which they are made safe
        dead_man_relay: whether a hardware relay drops when the runner falls silent
        feeder: the feeder that several stations share, whose meters stand under rigs
        limits: what must never be exceeded, whatever a scenario asks
        silence: how long the runner may be silent before its watchdog ends it and makes the bench safe
    """
    return {
        "name": bench,
        "kind": "live" if kind == "live" else "simulated",
        "rehearsed": kind == "rehearsed",
        "charger": charger,
        "csms": csms or CsmsEntry(),
        "measurement_plane": measurement_plane,
        "cord": cord,
        "safe_order": safe_order,
        "dead_man_relay": dead_man_relay,
        "feeder": feeder,
        "limits": limits or SafetyLimits(),
        "silence_s": silence,
    }


BENCH = Made(_bench)


def bench_shape() -> Shape:
    """All keys of a bench file: its own, ``rigs``, and one per role."""
    own = shape_of(BENCH.function)
    drivers = (
        Parameter("rigs", "rigs", Node, {}),
        *(Parameter(role, role, Node, None) for role in ROLE_NAMES),
    )
    return replace(own, parameters=own.parameters + drivers)


def bench_of(document: Document, factories: Mapping[str, Factory]) -> Bench:
    """The bench in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    problems = document.problems
    root = document.root if isinstance(document.root, Fields) else Fields((), document.root.place)
    rig_nodes = _rig_nodes(root.get("rigs"), problems)
    named = tuple(key.text for key, _ in rig_nodes)
    known = {"role": ROLE_NAMES, "rig": named, "meter": (*named, "reference_meter")}
    decoder = Decoder(problems, known)
    values = decoder.decode_call(document.root, bench_shape(), owner="a bench")
    rigs = {key.text: _driver(key, node, problems, factories, ()) for key, node in rig_nodes}
    roles = {
        key.text: _driver(key, node, problems, factories, tuple(rigs))
        for key, node in root.entries
        if key.text in ROLE_NAMES
    }
    charger = root.get("charger")
    if (
        isinstance(charger, Text)
        and not charger.missing
        and not _sheet_path(document.path, charger.text).is_file()
    ):
        problems.add(charger, f"there is no charger sheet {shown(charger.text)} beside this bench file")
    if values is not None and (silence := root.get("silence")) and values["silence"] < LEAST_SILENCE_S:
        problems.add(
            silence, f"a watchdog can tell a runner that hangs from a busy one after {LEAST_SILENCE_S:g} s"
        )
    problems.stop_if_any()
    assert values is not None
    made: dict[str, Any] = _bench(
        **{name: value for name, value in values.items() if name not in {"rigs", *ROLE_NAMES}}
    )
    return Bench(
        path=document.path,
        rigs={name: entry for name, entry in rigs.items() if entry is not None},
        roles={name: entry for name, entry in roles.items() if entry is not None},
        **made,
    )


def _sheet_path(bench: str, charger: str) -> Path:
    return Path(bench).parent / charger


def _rig_nodes(node: Node | None, problems: Problems) -> tuple[tuple[Text, Node], ...]:
    if node is None:
        return ()
    if not isinstance(node, Fields):
        problems.add(node, f"{what(node)} stands here; 'rigs' is a mapping from names to drivers")
        return ()
    return node.entries


def _driver(
    key: Text, node: Node, problems: Problems, factories: Mapping[str, Factory], rigs: tuple[str, ...]
) -> DriverEntry | None:
    """One role or rig: the driver's name and its options, read by the factory's signature."""
    if not isinstance(node, Fields):
        problems.add(node, f"{what(node)} stands here; '{key.text}' is a mapping such as {{driver: by_hand}}")
        return None
    name = node.get("driver")
    if name is None:
        problems.add(node, f"'{key.text}' needs the key 'driver'{did_you_mean('', factories)}")
        return None
    if not isinstance(name, Text) or name.missing:
        problems.add(
            name, f"{what(name)} stands here; the name of a driver is needed{did_you_mean('', factories)}"
        )
        return None
    if name.text not in factories:
        problems.add(name, f"no driver {shown(name.text)} is installed{did_you_mean(name.text, factories)}")
        return None
    try:
        shape = shape_of(factories[name.text])
    except BenchError as reason:
        problems.add(name, str(reason))
        return None
    options = Fields(tuple(entry for entry in node.entries if entry[0].text != "driver"), node.place)
    decoder = Decoder(problems, {"rig": rigs, "role": ROLE_NAMES})
    values = decoder.decode_call(
        options, shape, owner=f"the driver '{name.text}'", noun="option", also=("driver",)
    )
    return None if values is None else DriverEntry(key.text, name.text, values, key.place)


def read_bench(path: str | os.PathLike[str], factories: Mapping[str, Factory] | None = None) -> Bench:
    """Read a bench file; without ``factories`` the installed drivers are used. Raises ``DocumentError``."""
    made = bench_of(read(path), DRIVERS if factories is None else factories)
    return replace(made, sha256=hashlib.sha256(Path(path).read_bytes()).hexdigest())
