"""The peers need Node and, once, the package ocpp-rpc in the versions of package-lock.json."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

import pytest

PEERS = Path(__file__).resolve().parent
OLDEST_NODE = 18


@pytest.fixture(scope="session")
def node() -> str:
    """Path of Node, with the peers' packages installed; the tests are skipped with the reason when it cannot be."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("Node is not installed, so the peers that share no code with Wattest were not run")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
        pytest.skip(f"Node is {version}; the peers need {OLDEST_NODE} or newer")
    with (PEERS / "package.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest-xdist: one worker installs, the others wait
        if not _installed():
            _install()
    return found


def _installed() -> bool:
    wanted = json.loads((PEERS / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for folder, package in wanted.items():
        stated = PEERS / folder / "package.json"
        if folder and not (
            stated.is_file()
            and json.loads(stated.read_text(encoding="utf-8"))["version"] == package["version"]
        ):
            return False
    return True


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, so the peers' packages in tests/peers could not be fetched")
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    try:
        done = subprocess.run(command, cwd=PEERS, capture_output=True, text=True, timeout=180, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(
            "npm ci in tests/peers took longer than 180 s; run it by hand where a registry is reachable"
        )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        pytest.skip(f"npm ci in tests/peers failed ({last}); run it by hand where a registry is reachable")
