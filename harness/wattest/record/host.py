"""What differs between equal runs: the host, its software, when the run was started."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from wattest.clock import host_utc

PACKAGES = ("wattest", "ocpp", "websockets", "pyvisa", "pyvisa-py", "jsonschema-rs", "orjson", "pytest")
"""Distributions that can change what a run finds."""


def host_facts() -> dict[str, Any]:
    """Fields of a preamble: ``started``, ``host``, ``python``, ``packages``, ``command``."""
    packages: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = None
    return {
        "started": host_utc(),
        "host": {"name": platform.node(), "system": platform.platform(), "machine": platform.machine()},
        "python": sys.version,
        "packages": packages,
        "command": sys.argv,
    }
