"""Settings of a station by neutral names, with units; each dialect has its own words for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from wattest.document.quantity import Duration, Energy
from wattest.document.signature import Between, Made

SampledValue = Literal["energy", "power", "current", "voltage", "state_of_charge"]

_MEASURANDS: Mapping[SampledValue, str] = {
    "energy": "Energy.Active.Import.Register",
    "power": "Power.Active.Import",
    "current": "Current.Import",
    "voltage": "Voltage",
    "state_of_charge": "SoC",
}
"""OCPP's names, the same in 1.6 and 2.0.1."""


def _settings(
    *,
    allow_offline_unknown: bool | None = None,
    auth_cache: bool | None = None,
    connection_timeout: Duration | None = None,
    heartbeat_interval: Duration | None = None,
    local_authorize_offline: bool | None = None,
    local_list: bool | None = None,
    max_energy_on_invalid: Energy | None = None,
    message_attempts: Annotated[int, Between(0, 1000)] | None = None,
    message_retry_interval: Duration | None = None,
    meter_interval: Duration | None = None,
    sampled_measurands: tuple[SampledValue, ...] | None = None,
    stop_on_ev_disconnect: bool | None = None,
    stop_on_invalid: bool | None = None,
    unlock_on_ev_disconnect: bool | None = None,
    websocket_ping: Duration | None = None,
) -> dict[str, str]:
    """Settings of the station before the first step.

    OCPP sends them as text: times in whole seconds, energies in whole Wh, ``true`` or ``false``, names with commas.

    Args:
        allow_offline_unknown: without a link, start for a card that no list knows
        auth_cache: remember cards that were accepted
        connection_timeout: how long an authorisation waits for the plug
        heartbeat_interval: between Heartbeats
        local_authorize_offline: without a link, start for a card of the local list or the cache
        local_list: use the local authorization list
        max_energy_on_invalid: what a session may still take after its card was refused
        message_attempts: how often a transaction message is sent
        message_retry_interval: between attempts
        meter_interval: between meter values during a transaction
        sampled_measurands: what the meter values of a running transaction hold
        stop_on_ev_disconnect: end the transaction when the plug leaves the vehicle
        stop_on_invalid: end the transaction when its card is refused later
        unlock_on_ev_disconnect: unlock the station's end when the plug leaves the vehicle
        websocket_ping: between WebSocket pings
    """
    given = {name: value for name, value in sorted(locals().items()) if value is not None}
    return {name: _text(name, value) for name, value in given.items()}


def _text(name: str, value: bool | float | tuple[SampledValue, ...]) -> str:
    if isinstance(value, tuple):
        return ",".join(_MEASURANDS[word] for word in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value != int(value):
        raise ValueError(f"'{name}' comes to {value:g}; OCPP settings are whole numbers of seconds or Wh")
    return str(int(value))


SettingsEntry = Annotated[dict[str, str], Made(_settings)]
