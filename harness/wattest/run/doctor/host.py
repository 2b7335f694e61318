"""The computer on which a run is to happen: its clock, its disk, its serial ports, its network ports."""

from __future__ import annotations

import ctypes
import grp
import os
import re
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattest.run.doctor.finding import Finding
from wattest.run.languages import Text

if TYPE_CHECKING:
    from wattest.model.bench import Bench, CsmsEntry

EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""A clock before this was never set: this version of Wattest did not exist then."""
ROOM = 2_000_000_000
"""Bytes that a long run with pictures may need (project)."""
LEAST_ROOM = 200_000_000
"""Bytes without which no run should start (project)."""

_TIME_ERROR = 5
"""What adjtimex(2) returns when nothing keeps the clock in step."""
_DEVICE = re.compile(r"/dev/[A-Za-z0-9/_.+-]+")


def clock_findings(now: datetime, *, synchronised: bool | None) -> Iterator[Finding]:
    """Whether the system clock was ever set, and whether something keeps it in step; None when nobody can tell."""
    shown = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    if now < EARLIEST:
        yield Finding(
            "host",
            "clock",
            "problem",
            Text(
                f"The system clock shows {shown}, which is before this version was made: set it, since calibrations and "
                "records carry its date.",
                f"L'horloge du système indique {shown}, avant la création de cette version : réglez-la, car les "
                "étalonnages et les dossiers portent sa date.",
            ),
        )
    elif synchronised is None:
        yield Finding(
            "host",
            "clock",
            "warning",
            Text(
                f"The system clock shows {shown}; this system does not tell whether it is synchronised: compare it "
                "with a watch.",
                f"L'horloge du système indique {shown} ; ce système ne dit pas si elle est synchronisée : "
                "comparez-la à une montre.",
            ),
        )
    elif synchronised:
        yield Finding(
            "host",
            "clock",
            "fine",
            Text(
                f"{shown}; the system says that it is synchronised.",
                f"{shown} ; le système dit qu'elle est synchronisée.",
            ),
        )
    else:
        yield Finding(
            "host",
            "clock",
            "warning",
            Text(
                f"The system clock shows {shown}, and nothing keeps it in step: start a time service (chrony, "
                "systemd-timesyncd), or compare it with a watch.",
                f"L'horloge du système indique {shown} et rien ne la synchronise : démarrez un service de temps "
                "(chrony, systemd-timesyncd), ou comparez-la à une montre.",
            ),
        )


def kernel_synchronised() -> bool | None:
    """What the Linux kernel knows of its clock, whichever service disciplines it; None where that cannot be asked."""
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    state = adjtimex(ctypes.create_string_buffer(512))  # struct timex, with modes 0: nothing is adjusted
    return None if state < 0 else bool(state != _TIME_ERROR)


def disk_finding(folder: Path) -> Finding:
    """Room where the run will be written; ``folder`` need not be there yet."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    if not os.access(there, os.W_OK):
        return Finding(
            "host",
            "disk",
            "problem",
            Text(
                f"Nothing can be written in {there}: choose another folder with --out.",
                f"Impossible d'écrire dans {there} : choisissez un autre dossier avec --out.",
            ),
        )
    state = "fine" if free >= ROOM else "warning" if free >= LEAST_ROOM else "problem"
    needs = (
        (f"; {ROOM / 1e9:g} GB are wanted", f" ; il en faudrait {ROOM / 1e9:g}")
        if state != "fine"
        else ("", "")
    )
    return Finding(
        "host",
        "disk",
        state,  # type: ignore[arg-type]  # mypy widens the conditional to str
        Text(
            f"{free / 1e9:.1f} GB are free in {there}{needs[0]}.",
            f"{free / 1e9:.1f} Go sont libres dans {there}{needs[1]}.",
        ),
    )


def serial_findings(bench: Bench) -> Iterator[Finding]:
    """Whether the serial devices that the bench file names are there and may be used."""
    for name, entry in (*bench.rigs.items(), *bench.roles.items()):
        for device in dict.fromkeys(_devices(entry.options)):
            yield _device_finding(name, device)


def _devices(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _DEVICE.findall(value)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _devices(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _devices(one)


def _device_finding(name: str, device: str) -> Finding:
    try:
        status = Path(device).stat()
    except OSError:
        return Finding(
            "host",
            name,
            "problem",
            Text(
                f"{device} is not there: plug the adapter in, or correct the bench file.",
                f"{device} n'existe pas : branchez l'adaptateur ou corrigez le fichier du banc.",
            ),
        )
    if os.access(device, os.R_OK | os.W_OK):
        return Finding(
            "host",
            name,
            "fine",
            Text(f"{device} can be read and written.", f"{device} est accessible en lecture et en écriture."),
        )
    try:
        group = grp.getgrgid(status.st_gid).gr_name
    except KeyError:
        group = str(status.st_gid)
    return Finding(
        "host",
        name,
        "problem",
        Text(
            f"{device} belongs to the group {group}, and you are not in it: sudo usermod -aG {group} $USER, then log in "
            "again.",
            f"{device} appartient au groupe {group}, dont vous n'êtes pas membre : sudo usermod -aG {group} $USER, "
            "puis reconnectez-vous.",
        ),
    )


def port_finding(csms: CsmsEntry) -> Finding:
    """Whether the central system will be able to listen."""
    if csms.port == 0:
        return Finding(
            "host",
            "csms",
            "fine",
            Text(
                f"The central system will listen on a free port of {csms.host}.",
                f"Le système central écoutera sur un port libre de {csms.host}.",
            ),
        )
    address = f"{csms.host}:{csms.port}"
    try:
        family, _, _, _, target = socket.getaddrinfo(csms.host, csms.port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, socket.SOCK_STREAM)) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(target)
            trial.listen(1)
    except OSError as problem:
        return Finding(
            "host",
            "csms",
            "problem",
            Text(
                f"The central system cannot listen on {address}: {problem.strerror}. End what listens there, or change "
                "'csms' in the bench file.",
                f"Le système central ne peut pas écouter sur {address} : {problem.strerror}. Arrêtez ce qui y écoute, "
                "ou changez « csms » dans le fichier du banc.",
            ),
        )
    return Finding(
        "host",
        "csms",
        "fine",
        Text(f"{address} is free to listen on.", f"{address} est libre pour l'écoute."),
    )
