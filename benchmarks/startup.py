"""P5, start-up: how long a person waits before anything happens, against a bare Python in the same run.

::

    python benchmarks/startup.py

Goals: ``wattest --help`` and ``wattest check`` of one scenario within 8 bare Python start-ups; 1,000 scenarios collected
in under 2 s; the CSMS listening within 300 ms.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 7
BARE = [sys.executable, "-c", "pass"]
SCENARIO = Path(__file__).parents[1] / "scenarios" / "authentication" / "card_starts_and_stops.scenario.yaml"


def seconds(command: list[str]) -> float:
    """One whole process, from start to end."""
    begin = time.perf_counter()  # noqa: TID251 - a benchmark measures
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begin  # noqa: TID251 - a benchmark measures


def ratios(command: list[str]) -> tuple[float, float]:
    """Median seconds of a command, and the median of its ratio to a bare Python run just before."""
    seconds(command)
    pairs = [(seconds(BARE), seconds(command)) for _ in range(ROUNDS)]
    return statistics.median(c for _, c in pairs), statistics.median(c / bare for bare, c in pairs)


def listening() -> float:
    """Seconds until ``wattest csms`` says where it listens."""
    begin = time.perf_counter()  # noqa: TID251 - a benchmark measures
    with subprocess.Popen(
        [*WATTEST, "csms", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        took = time.perf_counter() - begin  # noqa: TID251 - a benchmark measures
        process.terminate()
    return took


def thousand(folder: Path) -> list[str]:
    """A command that collects 1,000 scenarios."""
    text = SCENARIO.read_text(encoding="utf-8")
    for number in range(1000):
        id_ = f"{'ABCDEFGHIJ'[number // 100] * 4}-{number:03d}"
        (folder / f"s{number}.scenario.yaml").write_text(text.replace("AUTH-001", id_), encoding="utf-8")
    return [*WATTEST, "check", str(folder)]


WATTEST = [sys.executable, "-m", "wattest"]


def main() -> None:
    """Print the table."""
    rows = [
        ("wattest --help", [*WATTEST, "--help"]),
        ("wattest check, one scenario", [*WATTEST, "check", str(SCENARIO)]),
    ]
    print(f"{'P5 start-up':<34}{'median':>10}{'x bare':>8}   goal")
    print(f"{'bare Python':<34}{seconds(BARE) * 1e3:>7.0f} ms{1:>8.1f}")
    for name, command in rows:
        median, ratio = ratios(command)
        print(f"{name:<34}{median * 1e3:>7.0f} ms{ratio:>8.1f}   8 x")
    folder = Path(tempfile.mkdtemp())
    try:
        median, ratio = ratios(thousand(folder))
    finally:
        shutil.rmtree(folder)
    print(f"{'1,000 scenarios read and checked':<34}{median * 1e3:>7.0f} ms{ratio:>8.1f}   2000 ms")
    took = statistics.median(listening() for _ in range(ROUNDS))
    print(f"{'wattest csms, listening':<34}{took * 1e3:>7.0f} ms{'':>8}   300 ms")


if __name__ == "__main__":
    main()
