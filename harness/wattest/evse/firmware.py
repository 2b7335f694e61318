"""Renewing the firmware: fetched, its signature checked, installed, and told about; and what a power cut makes of it.

OCPP 1.6 security white paper, SignedUpdateFirmware; OCPP 2.0.1 L01. There are two slots: the new one is filled while the
old one runs, so that at any moment one of them can boot.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from wattest.clock.http import Request
from wattest.evse import diary
from wattest.evse.answering import Refuse, Reply
from wattest.evse.flash import Flash, Update
from wattest.evse.link import CallRefused, CallSilent, LinkLost
from wattest.evse.station import Station
from wattest.world.behaviour import behaviour, defect, variation

ROOT = b"""\
-----BEGIN CERTIFICATE-----
MIIBYjCCAQigAwIBAgIEV0FUATAKBggqhkjOPQQDAjAsMRAwDgYDVQQKDAdXYXR0
ZXN0MRgwFgYDVQQDDA9UZXN0IG1ha2VyIHJvb3QwIBcNMjAwMTAxMDAwMDAwWhgP
MjEyMDAxMDEwMDAwMDBaMCwxEDAOBgNVBAoMB1dhdHRlc3QxGDAWBgNVBAMMD1Rl
c3QgbWFrZXIgcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABN2fnXDKdXJC
q0CtNc/PbDV6LSND7r6k1iLiSKMwDvsXTG2LeMIaGwft9XG/76cQo337GCt1PlzI
87p+E5kM3AOjFjAUMBIGA1UdEwEB/wQIMAYBAf8CAQAwCgYIKoZIzj0EAwIDSAAw
RQIgOdPPlimV7JV1LRoppNO1uaUT+yHlaY3EgXPCiOfxSyMCIQCnd5aj5VgARZeK
SBFLMnE2gRUID60ImTfhDgYwiInAcg==
-----END CERTIFICATE-----
"""
"""The maker's root certificate, in the factory's memory: of a maker that exists for tests only, its key is thrown away."""

INSTALL_S = 20.0
"""How long it takes to write the other slot."""
RETRY_S = 30.0
POLL_S = 1.0


@behaviour
def signature_holds(station: Station, certificate: str, image: bytes, signature: str) -> bool:
    """Whether the image is the maker's: RSA-PSS or ECDSA, with SHA-256 (1.6 security white paper; 2.0.1 A00, L01)."""
    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        raw = base64.b64decode(signature, validate=True)
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(raw, image, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
            key.verify(raw, image, pss, hashes.SHA256())
        else:
            return False
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


@defect(
    "NET-D04",
    breaks=signature_holds,
    area="network",
    requirement="NET-07",
    text="firmware is installed whatever its signature says",
    source="OCPP 1.6 security white paper, OCPP 2.0.1 L01: InvalidSignature, not installed",
)
def takes_any_signature(station: Station, certificate: str, image: bytes, signature: str) -> bool:
    """The library that checks it did not fit into the memory."""
    return True


def trusted(station: Station, certificate: str) -> bool:
    """Whether a signing certificate is the maker's and in force: signed by the root itself, without any between."""
    try:
        found = x509.load_pem_x509_certificate(certificate.encode())
        found.verify_directly_issued_by(x509.load_pem_x509_certificate(ROOT))
    except (ValueError, TypeError, InvalidSignature):
        return False
    return found.not_valid_before_utc <= station.now() <= found.not_valid_after_utc


@behaviour
def boots(flash: Flash) -> bool:
    """Whether there is something to boot: there always is, in one slot or the other."""
    return True


@defect(
    "NET-D05",
    breaks=boots,
    area="network",
    requirement="NET-07",
    text="a power cut while new firmware is written leaves the station dead",
    source="23 CFR 680.114(a)(2); OCPP 2.0.1 L01",
)
def has_one_slot(flash: Flash) -> bool:
    """The new firmware is written over the old one."""
    return flash.update is None or flash.update.state != "installing"


@behaviour
def version_installed(station: Station, version: str) -> str:
    """The version that runs after an update."""
    return version


@defect(
    "NET-D06",
    breaks=version_installed,
    area="network",
    requirement="NET-07",
    text="Installed is told, and the old firmware still runs",
    source="OCPP 1.6 security white paper, OCPP 2.0.1 L01",
)
def stays_in_the_old_slot(station: Station, version: str) -> str:
    """The flag that names the slot was never written."""
    return station.firmware


@behaviour
def restarts(station: Station) -> bool:
    """Whether new firmware needs a restart."""
    return True


@variation(
    "V145",
    alters=restarts,
    text="new firmware runs without a restart",
    source="OCPP 2.0.1 L01: InstallRebooting only where a restart is needed",
    area="network",
)
def swaps_live(station: Station) -> bool:
    """Only the application is exchanged."""
    return False


@behaviour
def told_before_restart(station: Station) -> bool:
    """Whether Installed comes before the restart."""
    return False


@variation(
    "V144",
    alters=told_before_restart,
    text="Installed is told before the restart that makes it run",
    source="OCPP 2.0.1 L01, 1.6 security white paper: the restart may come before or after (recalled)",
    area="network",
)
def tells_then_restarts(station: Station) -> bool:
    """Written is installed."""
    return True


@behaviour
def piece_bytes(station: Station) -> int | None:
    """How much of the file is fetched at once; None for all of it."""
    return None


@variation(
    "V146",
    alters=piece_bytes,
    text="firmware is fetched in pieces",
    source="RFC 9110 section 14; OCPP leaves open how HTTP fetches a file",
    area="network",
)
def fetches_pieces(station: Station) -> int:
    """Little memory."""
    return 16_384


@behaviour
def goes_on_after_cut(station: Station) -> bool:
    """Whether an update that a power cut ended is begun again without being asked."""
    return False


@variation(
    "V147",
    alters=goes_on_after_cut,
    text="an update that a power cut ended is taken up again after the boot",
    source="OCPP 2.0.1 L01: what becomes of it is left open",
    area="network",
)
def takes_it_up_again(station: Station) -> bool:
    """The order is still in flash."""
    return True


def order(station: Station, payload: Mapping[str, Any]) -> Reply:
    """SignedUpdateFirmware (1.6) and UpdateFirmware (2.0.1): begun at once, whatever time is named."""
    if "signed_firmware" not in station.sheet.features:
        raise Refuse("NotSupported")
    wanted = payload["firmware"]
    certificate, signature = wanted.get("signingCertificate"), wanted.get("signature")
    if not certificate or not signature or station.flash.update is not None:
        return Reply({"status": "Rejected"})
    if not trusted(station, certificate):
        return Reply(
            {"status": "InvalidCertificate"},
            lambda: station.spawn(_event(station, "InvalidFirmwareSigningCertificate")),
        )
    station.flash.update = Update(
        number=payload["requestId"],
        url=wanted["location"],
        certificate=certificate,
        signature=signature,
        retries=max(0, min(int(payload.get("retries", 1)), 10)),
    )
    return Reply({"status": "Accepted"}, lambda: station.spawn(_run(station, station.flash.update)))


def after_boot(station: Station) -> None:
    """What the last life left: an update to finish, to give up, or to begin again."""
    update = station.flash.update
    if update is not None:
        station.spawn(_take_up(station, update))


async def _take_up(station: Station, update: Update) -> None:
    while not station.accepted:
        await station.clock.sleep(POLL_S)
    if update.state == "restarting":
        if not station.conduct(told_before_restart)(station):
            await _tell(station, update, "Installed")
        await _finish(station)
    elif station.conduct(goes_on_after_cut)(station):
        await _run(station, update)
    else:
        await _give_up(
            station, update, "DownloadFailed" if update.state == "downloading" else "InstallationFailed"
        )


async def _run(station: Station, update: Update | None) -> None:
    assert update is not None
    update.state = "downloading"
    await _tell(station, update, "Downloading")
    image = await _fetched(station, update)
    for _ in range(update.retries):
        if image is not None:
            break
        await station.clock.sleep(RETRY_S)
        image = await _fetched(station, update)
    if image is None:
        await _give_up(station, update, "DownloadFailed")
        return
    await _tell(station, update, "Downloaded")
    if not station.conduct(signature_holds)(station, update.certificate, image, update.signature):
        station.flash.update = None
        await _tell(station, update, "InvalidSignature")
        await _event(station, "InvalidFirmwareSignature")
        return
    await _tell(station, update, "SignatureVerified")
    version = version_of(station, image)
    if version is None:
        await _give_up(station, update, "InstallVerificationFailed")
        return
    update.state = "installing"
    await _tell(station, update, "Installing")
    await station.clock.sleep(INSTALL_S)
    station.flash.firmware = station.conduct(version_installed)(station, version)
    update.state = "restarting"
    if not station.conduct(restarts)(station):
        await _tell(station, update, "Installed")
        await _finish(station)
        return
    told_first = station.conduct(told_before_restart)(station)
    await _tell(station, update, "Installed" if told_first else "InstallRebooting")
    station.reboot("firmware update")


async def _fetched(station: Station, update: Update) -> bytes | None:
    parts = urlsplit(update.url)
    host, target = f"{parts.scheme}://{parts.netloc}", parts.path or "/"
    piece = station.conduct(piece_bytes)(station)
    image = b""
    try:
        while True:
            span = {} if piece is None else {"range": f"bytes={len(image)}-{len(image) + piece - 1}"}
            response = await station.fetch(host, Request("GET", target, span))
            if response.status == 200:
                return response.body
            if response.status != 206:
                return None
            image += response.body
            if len(image) >= int(response.headers["content-range"].rpartition("/")[2]):
                return image
    except (OSError, KeyError, ValueError):
        return None


def version_of(station: Station, image: bytes) -> str | None:
    """The version that an image names, when it is for this maker's stations; None for anything else."""
    try:
        head = json.loads(image.partition(b"\n")[0])
        return str(head["version"])[:50] if head["maker"] == station.sheet.maker else None
    except (ValueError, KeyError, TypeError):
        return None


async def _give_up(station: Station, update: Update, word: str) -> None:
    station.flash.update = None
    await _tell(station, update, word)


async def _finish(station: Station) -> None:
    station.flash.update = None
    await _event(station, "FirmwareUpdated")


async def _tell(station: Station, update: Update, word: str) -> None:
    old = station.dialect.subprotocol == "ocpp1.6"
    action = "SignedFirmwareStatusNotification" if old else "FirmwareStatusNotification"
    await _say(station, action, {"status": word, "requestId": update.number})


async def _event(station: Station, type_: str) -> None:
    diary.write(station, type_, security=True)
    told = {"type": type_, "timestamp": station.written(station.now())}
    await _say(station, "SecurityEventNotification", told)


async def _say(station: Station, action: str, payload: Mapping[str, Any]) -> None:
    try:
        await station.line.call(action, payload)
    except (LinkLost, CallSilent, CallRefused):
        return
