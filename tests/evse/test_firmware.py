"""Renewing the charger's firmware: who signed it, what is told, and what a power cut makes of it."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from tests.evse.conftest import SHEET

from wattest.clock.network import FILES
from wattest.evse import firmware
from wattest.model.library import library_folder

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

FOLDER = library_folder("fixtures") / "firmware"
IMAGE = (FOLDER / "reference-1.1.0.bin").read_bytes()
SIGNATURE = (FOLDER / "reference-1.1.0.sig").read_text(encoding="ascii").strip()
CERTIFICATE = (FOLDER / "maker.pem").read_text(encoding="ascii")
RENEWABLE = replace(SHEET, features=(*SHEET.features, "signed_firmware"))
WHOLE = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed"]


async def order(
    bench: Bench, signature: str | None = SIGNATURE, certificate: str | None = CERTIFICATE
) -> Any:
    """The request of the dialect."""
    wanted = {"location": f"{FILES}/p/a.bin", "retrieveDateTime": "2026-01-01T00:00:00Z"}
    wanted |= {} if signature is None else {"signature": signature}
    wanted |= {} if certificate is None else {"signingCertificate": certificate}
    action = "SignedUpdateFirmware" if bench.dialect == "1.6" else "UpdateFirmware"
    answer = await bench.central.call(action, {"requestId": 9, "firmware": wanted})
    return answer["status"] if isinstance(answer, dict) else answer


def told(bench: Bench) -> list[str]:
    """States of the update, each with the number of its order."""
    said = bench.central.said("SignedFirmwareStatusNotification", "FirmwareStatusNotification")
    assert {one["requestId"] for one in said} <= {9}
    return [one["status"] for one in said]


def events(bench: Bench) -> list[str]:
    return [one["type"] for one in bench.central.said("SecurityEventNotification")]


def version(bench: Bench) -> str:
    said = bench.central.said("BootNotification")[-1]
    return str(
        said["firmwareVersion"] if bench.dialect == "1.6" else said["chargingStation"]["firmwareVersion"]
    )


def test_what_the_maker_signed_is_installed(enact: Enact) -> None:
    """Every state is told, the station restarts, and the new version is reported and stays over a power cut."""

    async def scene(bench: Bench) -> None:
        bench.image = IMAGE
        await bench.ready()
        assert await order(bench) == "Accepted"
        assert await order(bench) == "Rejected"
        await bench.wait(120)
        assert told(bench) == WHOLE
        assert version(bench) == "1.1.0"
        assert events(bench) == ["FirmwareUpdated"]
        bench.world.grid.set_power(False)
        await bench.wait(10)
        bench.world.grid.set_power(True)
        await bench.wait(60)
        assert version(bench) == "1.1.0"
        assert told(bench) == WHOLE

    enact(scene, sheet=RENEWABLE)


@pytest.mark.parametrize("signature", ["AAAA", "no base64", SIGNATURE[:-8] + "AAAAAAA="])
def test_a_bad_signature_is_refused(enact: Enact, signature: str) -> None:
    """Told as such, with its security event; nothing is installed, and the next order is taken."""

    async def scene(bench: Bench) -> None:
        bench.image = IMAGE
        await bench.ready()
        await order(bench, signature)
        await bench.wait(120)
        assert told(bench) == ["Downloading", "Downloaded", "InvalidSignature"]
        assert events(bench) == ["InvalidFirmwareSignature"]
        assert bench.charger.flash.firmware == ""
        assert await order(bench) == "Accepted"

    enact(scene, sheet=RENEWABLE)


def signed(key: Any, issuer: Any, *, years: tuple[int, int] = (2020, 2100)) -> str:
    """A certificate for a key, by another key that calls itself the root of our maker."""
    root = x509.load_pem_x509_certificate(firmware.ROOT)
    made = x509.CertificateBuilder(
        issuer_name=root.subject,
        subject_name=x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Wattest")]),
        public_key=key.public_key(),
        serial_number=1,
        not_valid_before=datetime(years[0], 1, 1, tzinfo=UTC),
        not_valid_after=datetime(years[1], 1, 1, tzinfo=UTC),
    )
    return made.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> ec.EllipticCurvePrivateKey:
    """A maker whose key these tests have, in the place of the one that the charger trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.load_pem_x509_certificate(firmware.ROOT).subject
    root = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    monkeypatch.setattr(firmware, "ROOT", root.public_bytes(serialization.Encoding.PEM))
    return key


def test_rsa_pss_is_taken_too(enact: Enact, maker: ec.EllipticCurvePrivateKey) -> None:
    """OCPP 2.0.1 A00: RSA-PSS or ECDSA, with SHA-256."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    signature = base64.b64encode(key.sign(IMAGE, pss, hashes.SHA256())).decode()
    certificate = signed(key, maker)

    async def scene(bench: Bench) -> None:
        bench.image = IMAGE
        await bench.ready()
        assert await order(bench, signature, certificate) == "Accepted"
        await bench.wait(120)
        assert version(bench) == "1.1.0"

    enact(scene, sheet=RENEWABLE)


def test_a_certificate_of_somebody_else_is_refused(enact: Enact, maker: ec.EllipticCurvePrivateKey) -> None:
    """By another root, out of date, or none at all: nothing is fetched, and the event is told."""
    stranger = ec.generate_private_key(ec.SECP256R1())
    wrong = [signed(stranger, stranger), signed(stranger, maker, years=(2001, 2002)), "no certificate"]

    async def scene(bench: Bench) -> None:
        bench.image = IMAGE
        await bench.ready()
        for certificate in wrong:
            assert await order(bench, SIGNATURE, certificate) == "InvalidCertificate"
        await bench.wait(10)
        assert (bench.sent, told(bench)) == ([], [])
        assert events(bench) == ["InvalidFirmwareSigningCertificate"] * 3
        if bench.dialect == "2.0.1":
            assert await order(bench, None, None) == "Rejected"

    enact(scene, sheet=RENEWABLE)


def test_what_cannot_be_fetched_or_is_for_another_is_told(
    enact: Enact, maker: ec.EllipticCurvePrivateKey
) -> None:
    """DownloadFailed after the retries, InstallVerificationFailed for another maker's image."""
    image = b'{"maker": "Another", "version": "9"}\n'
    signature = base64.b64encode(maker.sign(image, ec.ECDSA(hashes.SHA256()))).decode()
    certificate = signed(maker, maker)

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await order(bench, signature, certificate)
        await bench.wait(120)
        assert told(bench) == ["Downloading", "DownloadFailed"]
        assert len(bench.sent) == 2
        bench.image = image
        await order(bench, signature, certificate)
        await bench.wait(120)
        assert told(bench)[-1] == "InstallVerificationFailed"
        assert version(bench) == "1.0.0"

    enact(scene, sheet=RENEWABLE)


@pytest.mark.parametrize(
    ("after_s", "active", "word", "now"),
    [
        (0.3, (), "DownloadFailed", "1.0.0"),
        (15.0, (), "InstallationFailed", "1.0.0"),
        (15.0, ("V147",), "Installed", "1.1.0"),
    ],
)
def test_a_power_cut_leaves_a_whole_version(
    enact: Enact, after_s: float, active: tuple[str, ...], word: str, now: str
) -> None:
    """The old one runs on and the update is told as failed, or it is taken up again."""

    async def scene(bench: Bench) -> None:
        bench.image = IMAGE
        await bench.ready()
        await order(bench)
        await bench.wait(after_s)
        bench.world.grid.set_power(False)
        await bench.wait(10)
        bench.world.grid.set_power(True)
        await bench.wait(120)
        assert told(bench)[-1] == word
        assert version(bench) == now

    enact(scene, sheet=RENEWABLE, active=active)


def test_without_the_feature_it_is_not_supported(enact: Enact) -> None:
    """As the sheet states it."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        assert await order(bench) == "NotSupported"

    enact(scene)
