"""One update of a station's firmware that was asked for: its file, what the station tells of it, which version runs."""

from __future__ import annotations

import base64
import binascii
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wattest.document.quantity import DURATION
from wattest.errors import BenchError, Inconclusive, StationGone
from wattest.ocpp.neutral import Booted
from wattest.steps.context import Run
from wattest.steps.heard import progress, state_told
from wattest.steps.limits import in_unit

if TYPE_CHECKING:
    from pathlib import Path

    from wattest.csms.files import Place
    from wattest.model.charger import FirmwareFile

FAILED = ("DownloadFailed", "InstallationFailed", "InstallVerificationFailed", "InvalidSignature")
ENDS = frozenset((*FAILED, "Installed"))
"""What ends an update: OCPP 1.6 security white paper and 2.0.1, FirmwareStatusEnumType."""
SETTLE_S = 60.0
"""Beyond its boot time, how long a station may take to restart, or to go on with an update after it (project)."""

QUIET_S = 600.0
"""How long a station that says nothing after such a boot may be at it still (project)."""


@dataclass(frozen=True)
class Ordered:
    """One update that was asked for."""

    place: Place
    action: str
    number: int
    since: int
    seq: int
    at_s: float
    before: str | None
    """The version that the station reported before."""
    version: str
    speaks_http: bool

    def word(self, event: object) -> str | None:
        """The state that a notification about this update tells; None for any other event."""
        return state_told(event, self.action, self.number)

    def doubt(self) -> str | None:
        """Why a failure may not be the station's fault; None when nothing else explains it."""
        if self.place.asked or self.speaks_http:
            return None
        return (
            "The station never asked for the file, and neither its sheet nor itself says that it speaks HTTP: "
            "state 'file_transfer:' in the charger sheet."
        )


def told(run: Run, asked: Ordered) -> list[tuple[str, int]]:
    """Every state told of this update, in order, with its entry."""
    return progress(run.entries(), asked.action, asked.number, asked.seq)


def last_cut(run: Run) -> int:
    """The entry of the last cut of the mains."""
    cuts = [int(e["seq"]) for e in run.entries() if e["kind"] == "fault" and e["id"] == "mains"]
    if not cuts:
        raise BenchError("No power was cut: put 'power_evse: off' and 'on' before 'expect_update_survived'.")
    return cuts[-1]


def lost_since(run: Run, seq: int) -> bool:
    """Whether a link ended after an entry."""
    return any(
        e["kind"] == "link" and int(e["seq"]) > seq and e["event"] in {"closed", "lost"}
        for e in run.entries()
    )


async def restarted(run: Run, after: int) -> tuple[str | None, int]:
    """Have the station restart; the version that it reports then, and the entry. ``Inconclusive`` when it does not."""
    since = run.csms.mark()
    with suppress(StationGone):  # it may be gone before it has answered
        answer = await run.csms.station().reset("soft")
        if not answer.accepted:
            raise Inconclusive(
                f"The station answered '{answer.status}' to a reset, so that nothing says which firmware runs."
            )
    with suppress(TimeoutError):
        await run.csms.wait_for(
            lambda event: isinstance(event, Booted),
            within_s=in_unit(run.limit("boot_after_outage"), DURATION),
            since=since,
        )
    found = booted_since(run, after)
    if found is None:
        raise Inconclusive(
            "The station did not boot after a reset, so that nothing says which firmware runs."
        )
    return found


def booted_since(run: Run, seq: int) -> tuple[str | None, int] | None:
    """What the last BootNotification after an entry said of the firmware, and its entry."""
    booted = next((s.booted for s in run.csms.stations.values() if s.connected and s.booted), None)
    return None if booted is None or booted[1] <= seq else (booted[0].firmware, booted[1])


def other_file(run: Run, reported: str | None) -> FirmwareFile:
    """A firmware file of another version than the station reports; a station that reports none has the sheet's."""
    runs = reported or run.sheet.firmware
    for file in run.sheet.firmware_files:
        if file.version != runs:
            return file
    named = ", ".join(file.version for file in run.sheet.firmware_files) or "none"
    raise Inconclusive(
        f"The station runs firmware {runs}, and the charger sheet names no file of another version ({named})."
    )


def contents(folder: Path, file: FirmwareFile, *, bad: bool) -> tuple[bytes, str, str, str]:
    """The image, the certificate as PEM, the signature in base64, right or wrong, and the image's SHA-256.

    Raises ``BenchError`` for a file that cannot be read, or is empty.
    """
    try:
        image = (folder / file.file).read_bytes()
        certificate = (folder / file.certificate).read_text(encoding="ascii")
        raw = (folder / file.signature).read_bytes()
    except (OSError, UnicodeDecodeError) as problem:
        raise BenchError(
            f"The firmware {file.version} that the charger sheet names cannot be read: {problem}."
        ) from None
    try:
        signature = base64.b64decode(b"".join(raw.split()), validate=True)
    except binascii.Error:
        signature = raw
    if not image or not signature:
        raise BenchError(
            f"The firmware {file.version} that the charger sheet names, or its signature, is empty."
        )
    if bad:
        signature = signature[:-1] + bytes([signature[-1] ^ 1])
    return image, certificate, base64.b64encode(signature).decode(), hashlib.sha256(image).hexdigest()
