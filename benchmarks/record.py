"""P6, the record: entries per second appended and verified, against plain unchained JSON lines in the same run.

::

    python benchmarks/record.py [ENTRIES]

Goals: at least 20,000 chained entries/s sustained with group sync; verify at least 100,000 entries/s. The reference
writes the same entries with ``json.dumps`` into a buffered file: no hash, no sync, nothing safe before it is closed.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wattest.clock import RealClock
from wattest.record import Recorder, read_record, verify_chain

ROUNDS = 5
REFERENCE = "json.dumps and write, unchained"
GOALS = {"append, group sync": "20,000/s", "verify the chain": "100,000/s"}
PAYLOAD = {
    "connectorId": 1,
    "transactionId": 4711,
    "meterValue": [
        {
            "timestamp": "2026-01-15T12:00:00.000Z",
            "sampledValue": [
                {"value": "12345", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
                {"value": "16.02", "measurand": "Current.Import", "phase": "L1", "unit": "A"},
            ],
        }
    ],
}
FRAME: dict[str, Any] = {
    "station": "CP001",
    "dialect": "1.6",
    "direction": "in",
    "raw": json.dumps([2, "19223201", "MeterValues", PAYLOAD], separators=(",", ":")),
    "message": {"type": 2, "id": "19223201", "action": "MeterValues", "payload": PAYLOAD},
    "violations": [],
    "answers": None,
}
EXCHANGE: dict[str, Any] = {
    "role": "reference_meter",
    "resource": "TCPIP::127.0.0.1::5025::SOCKET",
    "op": "query",
    "tx": ":NUM:NORM:VAL?",
    "rx": "230.12E+00,16.021E+00,3.6861E+03,1.2345E+03,1.2000E+03",
    "error": None,
}
READING: dict[str, Any] = {
    "name": "energy",
    "role": "reference_meter",
    "value": 1234.5,
    "unit": "Wh",
    "u": 0.62,
    "flags": [],
    "raw": "1.2345E+03",
    "evidence": [17],
    "index": 3,
}
MIX: tuple[tuple[str, dict[str, Any]], ...] = (
    ("frame", FRAME),
    ("frame", FRAME),
    ("exchange", EXCHANGE),
    ("reading", READING),
)
"""What a session on a bench writes, in about these shares."""


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    begin = time.perf_counter()  # noqa: TID251 - a benchmark measures
    work()
    return time.perf_counter() - begin  # noqa: TID251 - a benchmark measures


def plain(path: Path, entries: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for seq in range(entries):
            kind, fields = MIX[seq % len(MIX)]
            entry = {"seq": seq, "t": 12.5, "utc": "2026-01-15T12:00:00.000000Z", "kind": kind, **fields}
            file.write(json.dumps(entry) + "\n")


def chained(path: Path, entries: int, *, durable: bool) -> None:
    with RealClock() as clock, Recorder.open(path, clock, preamble={}, durable=durable) as recorder:
        recorder.note("header", format=1)
        for seq in range(entries):
            kind, fields = MIX[seq % len(MIX)]
            recorder.note(kind, **fields)
        recorder.seal({})


def one_round(folder: Path, entries: int) -> dict[str, float]:
    """Seconds that each kind of work takes, one after the other on the same disk."""
    file, record, quick = folder / "plain.json", folder / "record.jsonl", folder / "quick.jsonl"
    taken = {
        REFERENCE: timed(lambda: plain(file, entries)),
        "append, group sync": timed(lambda: chained(record, entries, durable=True)),
        "append, simulated run": timed(lambda: chained(quick, entries, durable=False)),
        "verify the chain": timed(lambda: verify_chain(record)),
        "read into memory": timed(lambda: read_record(record)),
    }
    assert verify_chain(record) == []
    for path in (file, record, quick):
        path.unlink()
    return taken


def main() -> None:
    """Print the table."""
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = Path(tempfile.mkdtemp(prefix="wattest-benchmark-", dir="."))
    try:
        rounds = [one_round(folder, entries) for _ in range(ROUNDS)]
    finally:
        shutil.rmtree(folder)
    print(f"{'P6 record':<34}{'entries/s':>12}{'x reference':>13}   goal")
    for name in rounds[0]:
        rate = entries / statistics.median(taken[name] for taken in rounds)
        ratio = statistics.median(taken[REFERENCE] / taken[name] for taken in rounds)
        print(f"{name:<34}{rate:>12,.0f}{ratio:>13.2f}   {GOALS.get(name, '')}")


if __name__ == "__main__":
    main()
