"""A bench file with relays, an EV board and a rail meter, rehearsed as a whole by the command."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from wattest.cli import main
from wattest.model.library import library_folder
from wattest.model.read_bench import read_bench
from wattest.record import read_record
from wattest_instruments.meters import carlo_gavazzi_em, eastron_sdm630
from wattest_instruments.relays import devantech, modbus_relays, relay, shelly, velleman
from wattest_instruments.vehicles import ev_sim, everest_yeti

BENCH = """
bench: relay lab
kind: live
charger: {sheet}
rigs:
  person: {{driver: by_hand}}
  relays: {{driver: {board}}}
  cards: {{driver: velleman_k8090, port: /dev/ttyUSB3}}
mains: {{driver: relay, board: relays, output: 1}}
network: {{driver: relay, board: relays, output: 2, inverted: true}}
{locks}
card_reader: {{driver: relay, board: cards, cards: {{04E2A1B2: 1, 04B10C4E: 2}}}}
vehicle: {{driver: {vehicle}, port: /dev/ttyUSB0, rig: person}}
load: {{driver: simulated}}
reference_meter: {{driver: {meter}, resource: /dev/ttyUSB1, calibration: meter.yaml}}
"""
SESSIONS = ["AUTH-001", "OUTAGE-001", "OUTAGE-005"]
IN_MEMORY = 'modbus_relays, resource: "tcp://10.0.4.12", inputs: 8'
RIGS = """
rigs:
  person: {driver: by_hand}
  relays: {driver: shelly, address: "http://10.0.4.20", outputs: 4, inputs: 4}
"""
LOCKS = """
lock_sensor:
  driver: relay
  board: relays
  holster: {locked: 1, seated: 2, puller: 4}
  connector: {locked: 3, unlocked: 4}
"""
METER = """
serial: "4711"
model: a meter
certificate: none (simulated instrument)
laboratory: none
calibrated: 2025-12-01
due: 2035-12-01
specification:
  voltage: {reading: 0.1 %, range: 0 %}
  current: {reading: 0.1 %, range: 0 %}
  power: {reading: 0.1 %, range: 0 %}
"""


@pytest.mark.parametrize(
    ("board", "locks", "vehicle", "meter"),
    [
        (
            IN_MEMORY,
            LOCKS,
            "everest_yeti",
            "eastron_sdm630",
        ),
        (
            'shelly, address: "http://10.0.4.20", outputs: 4, inputs: 4',
            LOCKS,
            "ev_sim",
            "carlo_gavazzi_em, model: em24",
        ),
        ('devantech_eth, address: "http://10.0.4.8"', "", "everest_yeti", "eastron_sdm630"),
    ],
)
def test_a_session_on_a_rehearsed_bench(
    tmp_path: Path, board: str, locks: str, vehicle: str, meter: str
) -> None:
    """Card, plug, charge, a lost link and a power cut pass through the real drivers; the record can be computed again."""
    sheet = library_folder("fixtures") / "chargers" / "reference.yaml"
    text = BENCH.format(sheet=sheet, board=board, locks=locks, vehicle=vehicle, meter=meter)
    (tmp_path / "bench.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "meter.yaml").write_text(METER, encoding="utf-8")
    out = tmp_path / "out"
    selected = [*SESSIONS, "LOCK-001"] if locks else SESSIONS
    given = ["certify", "--bench", str(tmp_path / "bench.yaml"), "--rehearse", "--ocpp", "1.6"]
    result = CliRunner().invoke(main, [*given, "--select", " or ".join(selected), "--out", str(out)])
    assert "Traceback" not in result.output
    ends = {
        entry["key"]: entry["verdict"]
        for entry in read_record(out / "record.jsonl").entries
        if entry["kind"] == "scenario_end"
    }
    expected = dict.fromkeys(selected, "pass")
    if "em24" in meter:  # steps of 100 Wh cannot decide 2 % of 6 kWh
        expected["OUTAGE-001"] = "inconclusive"
    assert ends == expected, result.output
    assert CliRunner().invoke(main, ["verify", str(out / "record.jsonl")]).exit_code == 0


def test_the_same_rehearsal_twice_is_the_same(tmp_path: Path) -> None:
    """Twins in memory leave no port and no moment to chance: two records tell the same, byte for byte."""
    sheet = library_folder("fixtures") / "chargers" / "reference.yaml"
    text = BENCH.format(
        sheet=sheet, board=IN_MEMORY, locks=LOCKS, vehicle="everest_yeti", meter="eastron_sdm630"
    )
    (tmp_path / "bench.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "meter.yaml").write_text(METER, encoding="utf-8")
    given = ["certify", "--bench", str(tmp_path / "bench.yaml"), "--rehearse", "--ocpp", "1.6"]
    told = []
    for name in ("one", "two"):
        CliRunner().invoke(main, [*given, "--select", "AUTH-001", "--out", str(tmp_path / name)])
        lines = (tmp_path / name / "record.jsonl").read_text(encoding="utf-8").splitlines()
        told.append([line.partition('"prev"')[0] for line in lines if '"kind":"exchange"' in line])
    assert told[0] == told[1]
    assert len(told[0]) > 100


@pytest.mark.parametrize(
    "module",
    [
        devantech,
        shelly,
        modbus_relays,
        velleman,
        relay,
        everest_yeti,
        ev_sim,
        eastron_sdm630,
        carlo_gavazzi_em,
    ],
    ids=lambda module: str(module.__name__),
)
def test_the_example_in_a_drivers_docstring_can_be_read(module: ModuleType, tmp_path: Path) -> None:
    """What the documentation shows is a bench entry without a mistake; each top-level key on its own."""
    shown = (module.__doc__ or "").partition("Bench entr")[2].partition("::")[2]
    indented = itertools.takewhile(lambda line: not line or line.startswith("    "), shown.splitlines())
    lines = [line[4:] for line in indented if line]
    blocks: list[list[str]] = []
    for line in lines:
        if not line.startswith(" "):
            blocks.append([])
        blocks[-1].append(line)
    read = []
    for block in blocks:
        rigs = "" if block[0] == "rigs:" else RIGS
        path = tmp_path / "example.yaml"
        path.write_text(f"bench: example\nkind: live\n{rigs}" + "\n".join(block), encoding="utf-8")
        bench = read_bench(path)
        read += [*bench.roles.values(), *bench.rigs.values()]
    name = module.__name__.rpartition(".")[2]
    assert any(entry.driver.startswith(name) for entry in read)


def test_the_example_is_a_bench() -> None:
    """The file that a laboratory copies names drivers and options that exist."""
    bench = read_bench(library_folder("fixtures") / "benches" / "relay_lab.yaml")
    assert bench.roles["vehicle"].driver == "everest_yeti"
    assert set(bench.rigs) == {"person", "relays"}
