from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import pytest

from wattest.document.quantity import Current, Voltage
from wattest.document.reader import read_text
from wattest.errors import BenchError, DocumentError
from wattest.model.bench import CsmsEntry, FeederEntry, SafetyLimits
from wattest.model.read_bench import bench_of, read_bench
from wattest.model.words import RigName


@dataclass(frozen=True)
class Action:
    method: Literal["GET", "POST"]
    url: str


def simulated(around: object) -> None:
    """Plays any role in the simulated world."""


def analyser(
    around: object, *, resource: str, current_range: Current = 50.0, voltage_range: Voltage = 300.0
) -> None:
    """An analyser."""


def http(
    around: object, *, rig: RigName | None = None, headers: Mapping[str, str] | None = None, **actions: Action
) -> None:
    """Plays a role over HTTP."""


class Factories(Mapping[str, Callable[..., Any]]):
    """As installed drivers are: one of them cannot be imported."""

    known: Mapping[str, Callable[..., Any]] = {"simulated": simulated, "analyser": analyser, "http": http}

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name == "broken":
            raise BenchError("the driver 'broken' (x:y) cannot be imported: No module named 'x'")
        return self.known[name]

    def __iter__(self) -> Any:
        return iter([*self.known, "broken"])

    def __len__(self) -> int:
        return len(self.known) + 1

    def __contains__(self, name: object) -> bool:
        return name in [*self.known, "broken"]


HEAD = "bench: north lab\nkind: live\n"


def complaints(text: str) -> list[str]:
    with pytest.raises(DocumentError) as refusal:
        bench_of(read_text(text, "b.yaml"), Factories())
    return [f"{one.place.line}:{one.place.column}: {one.sentence}" for one in refusal.value.problems]


def test_reads_a_bench(written: Callable[[str, str], Path]) -> None:
    """Roles and rigs get their driver's options by the factory's signature, in SI units."""
    written("chargers/c.yaml", "")
    path = written(
        "benches/b.yaml",
        HEAD
        + "charger: ../chargers/c.yaml\ncsms: {host: 10.0.4.1, port: 8180, password: secret, ping_interval: 10 s}\nrigs:\n  twin: {driver: http, start: {method: POST, url: /start}}\nreference_meter: {driver: analyser, resource: 'TCPIP::10.0.4.7::INSTR', current_range: 500 mA}\nvehicle: {driver: http, rig: twin, headers: {a: b}, plug_in: {method: POST, url: /in}}\nmains: {driver: simulated}\nmeasurement_plane: input\nsafe_order: [mains, vehicle]\ndead_man_relay: yes\nlimits: {voltage: 264 V, current: 52 A, power: 13 kW, temperature: [-45 degC, 60 degC]}\nsilence: 5 s\n",
    )
    bench = read_bench(path, Factories())
    assert (bench.name, bench.kind, bench.charger, bench.path) == (
        "north lab",
        "live",
        "../chargers/c.yaml",
        str(path),
    )
    assert bench.csms == CsmsEntry("10.0.4.1", 8180, "secret", 10.0)
    assert {name: (entry.driver, dict(entry.options)) for name, entry in bench.roles.items()} == {
        "reference_meter": ("analyser", {"resource": "TCPIP::10.0.4.7::INSTR", "current_range": 0.5}),
        "vehicle": ("http", {"rig": "twin", "headers": {"a": "b"}, "plug_in": Action("POST", "/in")}),
        "mains": ("simulated", {}),
    }
    assert dict(bench.rigs["twin"].options) == {"start": Action("POST", "/start")}
    assert str(bench.roles["mains"].place) == f"{path}:9:1"
    assert (bench.measurement_plane, bench.safe_order, bench.dead_man_relay) == (
        "input",
        ("mains", "vehicle"),
        True,
    )
    assert bench.limits == SafetyLimits(264.0, 52.0, 13_000.0, (-45.0, 60.0))
    assert (bench.silence_s, bench.sha256) == (5.0, sha256(path.read_bytes()).hexdigest())


METERS = (
    "rigs:\n  two: {driver: simulated}\n  all: {driver: simulated}\nreference_meter: {driver: simulated}\n"
)


def test_reads_a_feeder() -> None:
    """A meter for each place, by its rig or as the reference meter, one for the whole, and a port for each station of the bench."""
    text = HEAD + METERS + "feeder: {meters: [reference_meter, two], group: all, ports: [9002]}\n"
    bench = bench_of(read_text(text), Factories())
    assert bench.feeder == FeederEntry(("reference_meter", "two"), "all", (9002,), "remote")
    assert bench_of(read_text(HEAD), Factories()).feeder is None


@pytest.mark.parametrize(
    ("feeder", "sentence"),
    [
        ("{meters: [reference_meter, tow]}", "7:36: 'tow' is not a known meter; did you mean 'two'?"),
        ("{meters: [two], group: al}", "7:32: 'al' is not a known rig; did you mean 'all'?"),
        (
            "{meters: [two]}",
            "7:9: a feeder that is shared has two meters at least, one for each station",
        ),
        (
            "{meters: [reference_meter, two], group: two}",
            "7:9: each place of a feeder, and the whole of it, has a meter of its own",
        ),
        (
            "{meters: [reference_meter, two], ports: [9002, 9003]}",
            "7:9: there are 2 ports for 1 stations of the bench; place 1 is the station under test",
        ),
    ],
)
def test_says_what_is_wrong_with_a_feeder(feeder: str, sentence: str) -> None:
    """Meters that are not there, one meter in two places, and ports that do not fit are sentences at their place."""
    assert complaints(f"{HEAD}{METERS}feeder: {feeder}\n") == [sentence]


def test_defaults_of_a_bench() -> None:
    """A bench with a name and a kind listens on loopback and makes the vehicle safe first."""
    bench = bench_of(read_text(HEAD), Factories())
    assert bench.csms == CsmsEntry()
    assert (bench.roles, bench.rigs, bench.charger, bench.safe_order[0]) == ({}, {}, None, "vehicle")
    assert (bench.limits, bench.silence_s) == (SafetyLimits(), 10.0)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "[a]\n",
            [
                "1:1: a list stands here; a bench is a mapping with the keys bench, kind, charger, csms, measurement_plane, cord, safe_order, dead_man_relay, feeder, limits, silence, rigs, reference_meter, vehicle, load, pilot_scope, card_reader, mains, lock_sensor, display, chamber, thermometers, network, alerts, operator, acquirer"
            ],
        ),
        (
            HEAD.replace("live", "virtual"),
            ["2:7: 'virtual' is not allowed here; known: 'simulated', 'live', 'rehearsed'"],
        ),
        (
            HEAD + "vehicel: {driver: simulated}\n",
            ["3:1: a bench has no key 'vehicel'; did you mean 'vehicle'?"],
        ),
        (
            HEAD + "vehicle: simulated\n",
            ["3:10: 'simulated' stands here; 'vehicle' is a mapping such as {driver: by_hand}"],
        ),
        (
            HEAD + "vehicle: {port: 3}\n",
            ["3:10: 'vehicle' needs the key 'driver'; known: 'simulated', 'analyser', 'http', 'broken'"],
        ),
        (
            HEAD + "vehicle: {driver: }\n",
            [
                "3:19: nothing stands here; the name of a driver is needed; known: 'simulated', 'analyser', 'http', 'broken'"
            ],
        ),
        (
            HEAD + "vehicle: {driver: simulatde}\n",
            ["3:19: no driver 'simulatde' is installed; did you mean 'simulated'?"],
        ),
        (
            HEAD + "vehicle: {driver: broken}\n",
            ["3:19: the driver 'broken' (x:y) cannot be imported: No module named 'x'"],
        ),
        (
            HEAD + "vehicle: {driver: simulated, port: COM3}\n",
            ["3:30: the driver 'simulated' has no option 'port'; known: 'driver'"],
        ),
        (
            HEAD + "reference_meter: {driver: analyser, current_range: 50 V}\n",
            [
                "3:18: the driver 'analyser' needs the option 'resource': text",
                "3:52: '50 V' is a voltage; a current is needed here, such as '16 A'",
            ],
        ),
        (
            HEAD + "rigs: {twin: {driver: http}}\nvehicle: {driver: http, rig: twni}\n",
            ["4:30: 'twni' is not a known rig; did you mean 'twin'?"],
        ),
        (HEAD + "rigs: 3\n", ["3:7: '3' stands here; 'rigs' is a mapping from names to drivers"]),
        (HEAD + "safe_order: [vehicel]\n", ["3:14: 'vehicel' is not a known role; did you mean 'vehicle'?"]),
        (HEAD + "charger: no.yaml\n", ["3:10: there is no charger sheet 'no.yaml' beside this bench file"]),
        (HEAD + "csms: {port: 99999}\n", ["3:14: 99999 is not between 0 and 65535"]),
        (
            HEAD + "csms: {port: 9000, files_port: 9000}\n",
            ["3:7: files_port is 9000, where the central system listens itself; choose another, or 0"],
        ),
        (
            HEAD + "limits: {voltage: 264 A}\n",
            ["3:19: '264 A' is a current; a voltage is needed here, such as '240 V'"],
        ),
        (HEAD + "limits: {power: 0 kW}\n", ["3:9: the limit of the power is 0; it is above 0"]),
        (
            HEAD + "limits: {temperature: [60 degC, -45 degC]}\n",
            ["3:9: the limits of the temperature are 60 and -45 degC; the coldest comes first"],
        ),
        (
            HEAD + "silence: 2 s\n",
            ["3:10: a watchdog can tell a runner that hangs from a busy one after 3 s"],
        ),
    ],
)
def test_says_what_is_wrong_with_a_bench(text: str, sentences: list[str]) -> None:
    """Keys, drivers and options are checked before any device is touched."""
    assert complaints(text) == sentences
