"""Reader of bench files: ``fixtures/benches``.

::

    bench: north lab 2
    kind: live
    charger: ../chargers/reference.yaml
    csms: {host: 10.0.4.1, port: 8180}
    mains: {driver: by_hand}
    reference_meter: {driver: yokogawa_wt, resource: "TCPIP::10.0.4.7::INSTR", current_range: 50 A}
    safe_order: [vehicle, mains]

The keys of a driver are the keyword-only parameters of its factory, so they are checked here, before any device
is touched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from wattest.document.decode import Decoder
from wattest.document.node import Document, Fields, Node, Problems, Text, what
from wattest.document.quantity import Duration
from wattest.document.reader import read
from wattest.document.signature import Made, Parameter, Shape, shape_of
from wattest.document.suggest import did_you_mean, shown
from wattest.errors import BenchError
from wattest.model.bench import Bench, CsmsEntry, DriverEntry
from wattest.model.cord import CordEntry
from wattest.model.plugins import DRIVERS
from wattest.model.words import ROLE_NAMES, Port, RoleName

Factory = Callable[..., Any]


def _csms(
    *, host: str = "127.0.0.1", port: Port = 0, password: str | None = None, ping_interval: Duration = 30.0
) -> CsmsEntry:
    """Where the reference central system listens, and what a station must show to be let in.

    Args:
        host: address to listen on
        port: 0 lets the system choose
        password: for HTTP Basic authentication; without it any station is let in
        ping_interval: between WebSocket pings
    """
    return CsmsEntry(host, port, password, ping_interval)


def _bench(
    *,
    bench: str,
    kind: Literal["simulated", "live"],
    charger: str | None = None,
    csms: Annotated[CsmsEntry, Made(_csms)] | None = None,
    measurement_plane: Literal["input", "output_terminals", "connector"] = "connector",
    cord: CordEntry | None = None,
    safe_order: tuple[RoleName, ...] = ("vehicle", "load", "mains", "chamber"),
    dead_man_relay: bool = False,
) -> dict[str, Any]:
    """One bench: which driver plays which role, and how the EVSE is reached.

    Args:
        bench: its name
        kind: simulated (one process, virtual clock) or live (real clock, real sockets)
        charger: path of the charger sheet, relative to this file
        csms: where the reference central system listens
        measurement_plane: where the reference meter measures; cable losses depend on it
        cord: the cord behind that place as measured, where it is not that of the charger sheet
        safe_order: roles in the order in which they are made safe
        dead_man_relay: whether a hardware relay drops when the runner falls silent
    """
    return {
        "name": bench,
        "kind": kind,
        "charger": charger,
        "csms": csms or CsmsEntry(),
        "measurement_plane": measurement_plane,
        "cord": cord,
        "safe_order": safe_order,
        "dead_man_relay": dead_man_relay,
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
    decoder = Decoder(problems, {"role": ROLE_NAMES})
    values = decoder.decode_call(document.root, bench_shape(), owner="a bench")
    root = document.root if isinstance(document.root, Fields) else Fields((), document.root.place)
    rig_nodes = _rig_nodes(root.get("rigs"), problems)
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
    return bench_of(read(path), DRIVERS if factories is None else factories)
