"""Reader of charger sheets: ``fixtures/chargers``."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from wattest.document.decode import Decoder
from wattest.document.node import Document
from wattest.document.quantity import Current, Duration, Energy, Power, Temperature, Voltage
from wattest.document.reader import read
from wattest.document.signature import Between, Made, Pattern
from wattest.model.charger import ChargerSheet, FileScheme, FirmwareFile
from wattest.model.cord import CordEntry
from wattest.model.scenario import Dialect
from wattest.model.words import FEATURES, Feature

Identity = Annotated[
    str, Pattern("[0-9A-Za-z*_=+|@.-]{1,48}", "a station identity: 1 to 48 letters, digits or *-_=+|@.")
]
PublicKey = Annotated[
    str, Pattern("(?:[0-9A-Fa-f]{2}){40,300}", "a public key: the hex of its DER, 80 digits and more")
]


def _firmware_file(*, version: str, file: str, certificate: str, signature: str) -> FirmwareFile:
    """One version of the firmware as the maker signed it. Paths are looked for from the folder of the sheet on.

    Args:
        version: as in BootNotification once it runs
        file: the image, as the station fetches it
        certificate: of the maker's key for firmware, PEM
        signature: of the file, by that key (RSA-PSS or ECDSA, SHA-256), raw or in base64
    """
    return FirmwareFile(version, file, certificate, signature)


def _charger_sheet(
    *,
    maker: str,
    model: str,
    serial: str,
    firmware: str,
    identity: Identity = "CP001",
    dialects: tuple[Dialect, ...],
    connectors: Annotated[int, Between(1, 100)],
    cable: Literal["tethered", "socket"],
    phases: Annotated[int, Between(1, 3)],
    rated_voltage: Voltage,
    rated_current: Current,
    minimum_current: Current,
    register_step: Energy,
    temperature_min: Temperature,
    temperature_max: Temperature,
    power_loss: Literal["ends_before", "ends_after_boot", "resumes"],
    connection_timeout: Duration,
    boot_time: Duration,
    features: tuple[Feature, ...] = (),
    cord: CordEntry | None = None,
    fallback_current: Current | None = None,
    file_transfer: tuple[FileScheme, ...] = (),
    firmware_files: tuple[Annotated[FirmwareFile, Made(_firmware_file)], ...] = (),
    meter_public_key: PublicKey | None = None,
    connector_limit: Temperature | None = None,
    idle_power_cold: Power | None = None,
) -> ChargerSheet:
    """What the maker states about the EVSE; nothing here is inferred from behaviour.

    Args:
        maker: as in BootNotification
        model: as in BootNotification
        serial: as in BootNotification
        firmware: as in BootNotification
        identity: last part of the URL by which the station calls the central system
        dialects: OCPP versions it speaks
        connectors: how many vehicles it serves
        cable: a cable of its own, or a socket for the driver's
        phases: of the supply to the vehicle
        rated_voltage: between line conductors
        rated_current: the most it offers per phase
        minimum_current: the least it offers; below that it pauses
        register_step: smallest change of the energy register as reported over OCPP
        temperature_min: lowest ambient temperature of operation
        temperature_max: highest ambient temperature of operation
        power_loss: what becomes of a transaction when the supply fails
        connection_timeout: how long an authorisation waits for the plug
        boot_time: from power to BootNotification at room temperature
        features: words that scenarios may need
        cord: of a tethered station, by its resistance or by length and gauge; an energy measured before it needs it
        meter_public_key: of signed meter values, hex of a DER public key (SubjectPublicKeyInfo) of an elliptic curve
        fallback_current: the most it draws as a member of a group once the central system is lost; 'load_sharing' needs it
        file_transfer: how it sends logs and fetches firmware, such as http or sftp; without it the station is asked
        firmware_files: versions of the firmware that the maker signed; 'signed_firmware' needs one other than 'firmware'
        connector_limit: temperature of the connector beyond which it derates or stops
        idle_power_cold: the most it takes in the cold while nobody charges, with its heater
    """
    if not dialects:
        raise ValueError("a charger sheet states at least one dialect: '1.6', '2.0.1' or '2.1'")
    if temperature_min >= temperature_max:
        raise ValueError(
            f"temperature_min {temperature_min:g} degC is not below temperature_max {temperature_max:g} degC"
        )
    if minimum_current > rated_current:
        raise ValueError(f"minimum_current {minimum_current:g} A is above rated_current {rated_current:g} A")
    if register_step <= 0:
        raise ValueError("register_step is 0 Wh; a register advances in steps, such as '1 Wh'")
    if "load_sharing" in features and fallback_current is None:
        raise ValueError("a station with 'load_sharing' states its fallback_current, such as '6 A'")
    if "signed_firmware" in features and all(file.version == firmware for file in firmware_files):
        raise ValueError(
            f"a station with 'signed_firmware' names a file of another version than {firmware} under 'firmware_files'; "
            "only the maker can sign one"
        )
    if cord is not None and cable == "socket":
        raise ValueError("a station with a socket has no cord of its own; take 'cord' away")
    return ChargerSheet(
        maker=maker,
        model=model,
        serial=serial,
        firmware=firmware,
        dialects=dialects,
        connectors=connectors,
        cable=cable,
        phases=phases,
        rated_voltage_v=rated_voltage,
        rated_current_a=rated_current,
        minimum_current_a=minimum_current,
        register_step_wh=register_step,
        temperature_min_c=temperature_min,
        temperature_max_c=temperature_max,
        power_loss=power_loss,
        connection_timeout_s=connection_timeout,
        boot_time_s=boot_time,
        features=features,
        identity=identity,
        cord_loop_ohm=None if cord is None else cord.loop_ohm,
        cord_tolerance_pct=10.0 if cord is None else cord.tolerance_pct,
        fallback_current_a=fallback_current,
        file_transfer=file_transfer,
        firmware_files=firmware_files,
        meter_public_key=meter_public_key,
        connector_limit_c=connector_limit,
        idle_power_cold_w=idle_power_cold,
    )


CHARGER = Made(_charger_sheet)


def charger_of(document: Document) -> ChargerSheet:
    """The charger sheet in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    sheet = Decoder(document.problems, {"feature": FEATURES}).make(document.root, CHARGER)
    document.problems.stop_if_any()
    assert isinstance(sheet, ChargerSheet)
    return sheet


def read_charger(path: str | os.PathLike[str]) -> ChargerSheet:
    """Read a charger sheet. Raises ``DocumentError``."""
    return charger_of(read(path))
