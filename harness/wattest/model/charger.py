"""Charger sheet: what the maker states about the EVSE. OCPP people call it PICS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wattest.model.scenario import Dialect


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
    fallback_current_a: float | None = None
    """Most that it draws as a member of a group whose controller is lost; None when the maker does not state it."""
    connector_limit_c: float | None = None
    """Temperature of its connector beyond which it derates or stops; None when the maker does not state it."""
    idle_power_cold_w: float | None = None
    """Most that it takes at ``temperature_min_c`` and above while nobody charges, with its heater; None when not stated."""
