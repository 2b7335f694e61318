"""Charger sheet: what the maker states about the EVSE. OCPP people call it PICS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wattest.model.scenario import Dialect

FileScheme = Literal["ftp", "ftps", "http", "https", "sftp"]


@dataclass(frozen=True)
class FirmwareFile:
    """One version of the firmware as the maker signed it; paths from the folder of the sheet on."""

    version: str
    file: str
    certificate: str
    signature: str


@dataclass(frozen=True)
class ChargerSheet:
    """Facts stated by the maker; scenarios select on them, nothing is inferred from behaviour.

    ``features`` are words that a scenario may need, such as ``local_auth_list``, ``holster_lock``,
    ``connector_lock``, ``display``, ``card_reader``, ``offline_queue``.
    """

    maker: str
    model: str
    serial: str
    firmware: str
    dialects: tuple[Dialect, ...]
    connectors: int
    cable: Literal["tethered", "socket"]
    phases: int
    rated_voltage_v: float
    rated_current_a: float
    minimum_current_a: float
    register_step_wh: float
    temperature_min_c: float
    temperature_max_c: float
    power_loss: Literal["ends_before", "ends_after_boot", "resumes"]
    connection_timeout_s: float
    boot_time_s: float
    features: tuple[str, ...] = ()
    identity: str = "CP001"
    cord_loop_ohm: float | None = None
    """Resistance of the charging cord at 20 degC, out and back; None when the maker does not state it."""
    cord_tolerance_pct: float = 10.0
    file_transfer: tuple[FileScheme, ...] = ()
    """How it sends logs and fetches firmware; empty when the maker does not state it."""
    firmware_files: tuple[FirmwareFile, ...] = ()
    """Versions that it can be given, signed by the maker."""
    fallback_current_a: float | None = None
    """Most that it draws as a member of a group whose controller is lost; None when the maker does not state it."""
    meter_public_key: str | None = None
    """Key that signed meter values verify with, hex of its DER; None when the maker does not state it."""
    connector_limit_c: float | None = None
    """Temperature of its connector beyond which it derates or stops; None when the maker does not state it."""
    idle_power_cold_w: float | None = None
    """Most that it takes at ``temperature_min_c`` and above while nobody charges, with its heater; None when not stated."""
