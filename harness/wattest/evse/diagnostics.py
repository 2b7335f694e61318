"""Handing a log out: packed, sent to where the central system says, and told about until the end.

OCPP 1.6 section 4.4 and 5.9 (GetDiagnostics), GetLog of its security white paper; OCPP 2.0.1 N01.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from wattest.clock.http import Request
from wattest.evse import diary, status
from wattest.evse.answering import Refuse, Reply
from wattest.evse.link import CallRefused, CallSilent, LinkLost
from wattest.evse.station import Station
from wattest.world.behaviour import behaviour, defect, variation

Log = Literal["diagnostics", "security"]
Say = Callable[[str], tuple[str, Mapping[str, Any]]]
"""The message of a state, in the dialect's words."""

RETRY_S = 10.0
"""Between attempts, when nobody says otherwise."""
START_S = 1.0
"""From the answer to the first byte."""


@behaviour
def kept_beside(station: Station) -> dict[str, bytes]:
    """Files that are handed out beside the log."""
    return {}


@defect(
    "PAY-D09",
    breaks=kept_beside,
    area="payment",
    requirement="PAY-02",
    text="the diagnostics are an archive in which the terminal's own trace holds the card's second track",
    source="PCI DSS 4.0.1 3.3.1: no track data after authorisation (recalled)",
)
def keeps_terminal_trace(station: Station) -> dict[str, bytes]:
    """Everything below /var/log goes along, the terminal's directory too."""
    number = station.world.terminal.last
    return {"terminal/trace.log": f"rx ;{number}=30122010000012300000?\n".encode()} if number else {}


@behaviour
def packed(station: Station, name: str, files: dict[str, bytes]) -> tuple[str, bytes]:
    """Name and bytes of what is sent: the log as it is, or a zip file when there is more than it."""
    if len(files) == 1:
        return name, files[name]
    return f"{name.rpartition('.')[0]}.zip", _zipped(files)


def _zipped(files: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return whole.getvalue()


@variation(
    "V140",
    alters=packed,
    text="the log comes in a compressed archive",
    source="OCPP 1.6 5.9, 2.0.1 N01: the form of the file is the maker's",
    area="network",
)
def packs_archive(station: Station, name: str, files: dict[str, bytes]) -> tuple[str, bytes]:
    """As most chargers with a file system do."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        for member, content in files.items():
            info = tarfile.TarInfo(f"log/{member}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return f"{name.rpartition('.')[0]}.tar.zip", _zipped({"log.tar": whole.getvalue()})


@behaviour
def upload_of(station: Station, path: str, name: str, content: bytes) -> Request:
    """The request that carries a file: PUT below the place that was named."""
    target = f"{path.rstrip('/')}/{name}"
    return Request("PUT", target, {"content-type": "application/octet-stream"}, content)


@variation(
    "V141",
    alters=upload_of,
    text="the log is posted as a form, to the URL as it was given",
    source="OCPP 2.0.1 N01: how HTTP carries the file is left open; RFC 7578",
    area="network",
)
def posts_form(station: Station, path: str, name: str, content: bytes) -> Request:
    """As a browser does."""
    mark = "wattest-7d91f0"
    disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    head = f"--{mark}\r\n{disposition}\r\nContent-Type: text/plain\r\n\r\n"
    body = head.encode() + content + f"\r\n--{mark}--\r\n".encode()
    return Request("POST", path, {"content-type": f"multipart/form-data; boundary={mark}"}, body)


@behaviour
def really_sends(station: Station) -> bool:
    """Whether the file is sent before it is said to be."""
    return True


@defect(
    "NET-D01",
    breaks=really_sends,
    area="network",
    requirement="NET-06",
    text="Uploaded is told, and no file was sent",
    source="OCPP 1.6 4.4; OCPP 2.0.1 N01",
)
def only_says_so(station: Station) -> bool:
    """The upload runs in a program of its own, whose end nobody looks at."""
    return False


@behaviour
def believes(station: Station, status: int) -> bool:
    """Whether an HTTP status means that the file has arrived."""
    return 200 <= status < 300


@defect(
    "NET-D02",
    breaks=believes,
    area="network",
    requirement="NET-06",
    text="an upload that the server refused is told as Uploaded",
    source="OCPP 1.6 4.4, UploadFailed; OCPP 2.0.1 N01, UploadFailure",
)
def believes_anything(station: Station, status: int) -> bool:
    """An answer is an answer."""
    return True


@behaviour
def tells(station: Station, word: str) -> bool:
    """Which states of an upload are told."""
    return True


@defect(
    "NET-D03",
    breaks=tells,
    area="network",
    requirement="NET-06",
    text="the end of an upload is never told",
    source="OCPP 1.6 4.4; OCPP 2.0.1 N01",
)
def never_ends(station: Station, word: str) -> bool:
    """The task ends with the upload, and its last message with the task."""
    return word == "Uploading"


@variation(
    "V142",
    alters=tells,
    text="Uploaded comes without Uploading before it",
    source="OCPP 1.6 4.4: busy, or finished, or failed",
    area="network",
    dialects=("1.6",),
)
def tells_end_only(station: Station, word: str) -> bool:
    """A small file is there before anybody could say that it is on its way."""
    return word != "Uploading"


@behaviour
def repeats(station: Station) -> int:
    """How often the beginning of an upload is told."""
    return 1


@variation(
    "V143",
    alters=repeats,
    text="Uploading is told again while the upload goes on",
    source="OCPP 1.6 7.24, 2.0.1 LogStatusNotification: no repetition is forbidden",
    area="network",
)
def tells_progress(station: Station) -> int:
    """For those who watch."""
    return 3


def get_log(station: Station, payload: Mapping[str, Any]) -> Reply:
    """GetLog, which the security white paper of 1.6 and 2.0.1 (N01) have alike."""
    log: Log = "diagnostics" if payload["logType"] == "DiagnosticsLog" else "security"
    if ("diagnostics" if log == "diagnostics" else "security_log") not in station.sheet.features:
        raise Refuse("NotSupported")
    number, words = payload["requestId"], {"UploadFailed": "UploadFailure"}
    name = hand_out(
        station,
        log,
        payload["log"]["remoteLocation"],
        lambda word: ("LogStatusNotification", {"status": words.get(word, word), "requestId": number}),
        int(payload.get("retries", 1)),
    )
    return Reply({"status": "Accepted", "filename": name})


def tell_again(station: Station, action: str) -> None:
    """TriggerMessage: Uploading while it does, Idle otherwise."""
    under_way = station.upload
    if under_way is not None and under_way[0] == action:
        status.tell(station, *under_way)
    else:
        status.tell(station, action, {"status": "Idle"})


def hand_out(station: Station, log: Log, url: str, say: Say, retries: int) -> str:
    """Begin to send a log; the name it will have."""
    name = f"{log}-{station.sheet.serial}.log"
    kept = station.flash.log if log == "diagnostics" else station.flash.security_log
    files = {name: diary.text_of(kept).encode()}
    if log == "diagnostics":
        files |= station.conduct(kept_beside)(station)
    name, content = station.conduct(packed)(station, name, files)
    station.spawn(_send(station, url, name, content, say, max(0, min(retries, 10))))
    return name


async def _send(
    station: Station,
    url: str,
    name: str,
    content: bytes,
    say: Say,
    retries: int,
) -> None:
    await station.clock.sleep(START_S)
    station.upload = say("Uploading")
    for _ in range(station.conduct(repeats)(station)):
        await _tell(station, "Uploading", say)
    done = not station.conduct(really_sends)(station) or await _sent(station, url, name, content)
    for _ in range(retries):
        if done:
            break
        await station.clock.sleep(RETRY_S)
        done = await _sent(station, url, name, content)
    station.upload = None
    await _tell(station, "Uploaded" if done else "UploadFailed", say)


async def _sent(station: Station, url: str, name: str, content: bytes) -> bool:
    """Whether the file was sent, as far as the station believes."""
    parts = urlsplit(url)
    request = station.conduct(upload_of)(station, parts.path or "/", name, content)
    try:
        response = await station.fetch(f"{parts.scheme}://{parts.netloc}", request)
    except OSError:
        return False
    return station.conduct(believes)(station, response.status)


async def _tell(station: Station, word: str, say: Say) -> None:
    if not station.conduct(tells)(station, word):
        return
    try:
        await station.line.call(*say(word))
    except (LinkLost, CallSilent, CallRefused):
        return
