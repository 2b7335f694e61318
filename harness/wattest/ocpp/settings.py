"""Settings by neutral names, as OCPP 1.6 keys and as OCPP 2.0.1 components and variables.

Sources: OCPP 1.6 section 9; OCPP 2.0.1 Part 2, referenced components and variables; OCA's application note on signed meter
values in OCPP 1.6 for ``sign_readings`` (recalled). Values are OCPP's own text: whole
seconds, whole Wh, ``true`` and ``false``.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from wattest.errors import BenchError


@dataclass(frozen=True)
class Setting:
    """One setting: the 1.6 ``key``, and the 2.0.1 ``component`` and ``variable`` with its ``instance``."""

    key: str
    component: str
    variable: str
    instance: str | None = None


SETTINGS: Mapping[str, Setting] = {
    "allow_offline_unknown": Setting(
        "AllowOfflineTxForUnknownId", "AuthCtrlr", "OfflineTxForUnknownIdEnabled"
    ),
    "auth_cache": Setting("AuthorizationCacheEnabled", "AuthCacheCtrlr", "Enabled"),
    "connection_timeout": Setting("ConnectionTimeOut", "TxCtrlr", "EVConnectionTimeOut"),
    "default_price": Setting("DefaultPriceText", "TariffCostCtrlr", "TariffFallbackMessage"),
    "file_transfer": Setting("SupportedFileTransferProtocols", "OCPPCommCtrlr", "FileTransferProtocols"),
    "heartbeat_interval": Setting("HeartbeatInterval", "OCPPCommCtrlr", "HeartbeatInterval"),
    "local_authorize_offline": Setting("LocalAuthorizeOffline", "AuthCtrlr", "LocalAuthorizeOffline"),
    "local_list": Setting("LocalAuthListEnabled", "LocalAuthListCtrlr", "Enabled"),
    "max_energy_on_invalid": Setting("MaxEnergyOnInvalidId", "TxCtrlr", "MaxEnergyOnInvalidId"),
    "message_attempts": Setting(
        "TransactionMessageAttempts", "OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"
    ),
    "message_retry_interval": Setting(
        "TransactionMessageRetryInterval", "OCPPCommCtrlr", "MessageAttemptInterval", "TransactionEvent"
    ),
    "meter_interval": Setting("MeterValueSampleInterval", "SampledDataCtrlr", "TxUpdatedInterval"),
    "sampled_measurands": Setting("MeterValuesSampledData", "SampledDataCtrlr", "TxUpdatedMeasurands"),
    "sign_readings": Setting("SampledDataSignReadings", "SampledDataCtrlr", "SignReadings"),
    "stop_on_ev_disconnect": Setting(
        "StopTransactionOnEVSideDisconnect", "TxCtrlr", "StopTxOnEVSideDisconnect"
    ),
    "stop_on_invalid": Setting("StopTransactionOnInvalidId", "TxCtrlr", "StopTxOnInvalidId"),
    "unlock_on_ev_disconnect": Setting(
        "UnlockConnectorOnEVSideDisconnect", "OCPPCommCtrlr", "UnlockOnEVSideDisconnect"
    ),
    "websocket_ping": Setting("WebSocketPingInterval", "OCPPCommCtrlr", "WebSocketPingInterval"),
}
"""Neutral name to the words of both dialects."""


def setting(name: str) -> Setting:
    """A setting by its neutral name. Raises ``BenchError`` with the nearest name when there is none."""
    found = SETTINGS.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, SETTINGS, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(SETTINGS)}."
    raise BenchError(f"There is no setting '{name}'; {hint}")
