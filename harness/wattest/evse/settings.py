"""The charger's settings: one table, read by 1.6 keys and by 2.0.1 components and variables.

A row has a neutral name, what the maker delivers, and its bounds. The names agree with
``wattest.ocpp.settings`` where the reference CSMS knows the setting too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from wattest.evse.flash import Flash
from wattest.model.charger import ChargerSheet
from wattest.world.behaviour import behaviour, variation

Kind = Literal["integer", "boolean", "text"]
Outcome = Literal["accepted", "reboot required", "rejected", "read only", "unknown"]


@dataclass(frozen=True)
class Setting:
    """One row: neutral ``name``, 1.6 ``key``, 2.0.1 ``component`` and ``variable`` (with its instance in brackets)."""

    name: str
    default: str
    kind: Kind = "integer"
    key: str | None = None
    component: str | None = None
    variable: str | None = None
    minimum: int = 0
    maximum: int = 2**31 - 1
    read_only: bool = False

    def refuses(self, value: str) -> bool:
        """Whether a value is none that this setting can take."""
        if self.kind == "boolean":
            return value.lower() not in {"true", "false"}
        if self.kind == "integer":
            digits = value[1:] if value.startswith("-") else value
            return not (digits.isascii() and digits.isdigit() and len(digits) <= 10) or not (
                self.minimum <= int(value) <= self.maximum
            )
        return len(value) > 500


MEASURANDS = "Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage"
_TEXT: Kind = "text"
_BOOL: Kind = "boolean"


@lru_cache(maxsize=16)
def table(sheet: ChargerSheet) -> tuple[Setting, ...]:
    """Every setting of a charger of this make. OCPP 1.6 section 9; OCPP 2.0.1 Part 2, referenced components."""
    timeout = str(round(sheet.connection_timeout_s))
    number = str(sheet.connectors)
    comm, auth, tx = "OCPPCommCtrlr", "AuthCtrlr", "TxCtrlr"
    sampled, aligned = "SampledDataCtrlr", "AlignedDataCtrlr"
    return (
        Setting(
            "heartbeat_interval", "300", key="HeartbeatInterval", component=comm, variable="HeartbeatInterval"
        ),
        Setting(
            "connection_timeout",
            timeout,
            key="ConnectionTimeOut",
            component=tx,
            variable="EVConnectionTimeOut",
            minimum=1,
        ),
        Setting(
            "meter_interval",
            "60",
            key="MeterValueSampleInterval",
            component=sampled,
            variable="TxUpdatedInterval",
            maximum=86400,
        ),
        Setting(
            "aligned_interval",
            "0",
            key="ClockAlignedDataInterval",
            component=aligned,
            variable="Interval",
            maximum=86400,
        ),
        Setting(
            "local_authorize_offline",
            "true",
            _BOOL,
            key="LocalAuthorizeOffline",
            component=auth,
            variable="LocalAuthorizeOffline",
        ),
        Setting(
            "local_pre_authorize",
            "true",
            _BOOL,
            key="LocalPreAuthorize",
            component=auth,
            variable="LocalPreAuthorize",
        ),
        Setting(
            "allow_offline_unknown",
            "false",
            _BOOL,
            key="AllowOfflineTxForUnknownId",
            component=auth,
            variable="OfflineTxForUnknownIdEnabled",
        ),
        Setting(
            "authorize_remote",
            "false",
            _BOOL,
            key="AuthorizeRemoteTxRequests",
            component=auth,
            variable="AuthorizeRemoteStart",
        ),
        Setting(
            "stop_on_invalid",
            "true",
            _BOOL,
            key="StopTransactionOnInvalidId",
            component=tx,
            variable="StopTxOnInvalidId",
        ),
        Setting(
            "max_energy_on_invalid",
            "0",
            key="MaxEnergyOnInvalidId",
            component=tx,
            variable="MaxEnergyOnInvalidId",
        ),
        Setting(
            "stop_on_ev_disconnect",
            "true",
            _BOOL,
            key="StopTransactionOnEVSideDisconnect",
            component=tx,
            variable="StopTxOnEVSideDisconnect",
        ),
        Setting(
            "unlock_on_ev_disconnect",
            "true",
            _BOOL,
            key="UnlockConnectorOnEVSideDisconnect",
            component=comm,
            variable="UnlockOnEVSideDisconnect",
        ),
        Setting(
            "auth_cache",
            "true",
            _BOOL,
            key="AuthorizationCacheEnabled",
            component="AuthCacheCtrlr",
            variable="Enabled",
        ),
        Setting(
            "local_list",
            "true",
            _BOOL,
            key="LocalAuthListEnabled",
            component="LocalAuthListCtrlr",
            variable="Enabled",
        ),
        Setting(
            "message_attempts",
            "3",
            key="TransactionMessageAttempts",
            component=comm,
            variable="MessageAttempts[TransactionEvent]",
            minimum=1,
            maximum=100,
        ),
        Setting(
            "message_retry_interval",
            "60",
            key="TransactionMessageRetryInterval",
            component=comm,
            variable="MessageAttemptInterval[TransactionEvent]",
            maximum=86400,
        ),
        Setting(
            "message_timeout",
            "30",
            key="MessageTimeout",
            component=comm,
            variable="MessageTimeout[Default]",
            minimum=1,
            maximum=600,
        ),
        Setting(
            "file_transfer",
            "HTTP",
            _TEXT,
            key="SupportedFileTransferProtocols",
            component=comm,
            variable="FileTransferProtocols",
            read_only=True,
        ),
        Setting(
            "websocket_ping",
            "120",
            key="WebSocketPingInterval",
            component=comm,
            variable="WebSocketPingInterval",
            maximum=86400,
        ),
        Setting(
            "back_off_minimum",
            "4",
            component=comm,
            variable="RetryBackOffWaitMinimum",
            minimum=1,
            maximum=3600,
        ),
        Setting("back_off_random", "2", component=comm, variable="RetryBackOffRandomRange", maximum=3600),
        Setting("back_off_repeats", "3", component=comm, variable="RetryBackOffRepeatTimes", maximum=10),
        Setting("offline_threshold", "60", component=comm, variable="OfflineThreshold", maximum=86400),
        Setting(
            "reset_retries", "3", key="ResetRetries", component=comm, variable="ResetRetries", maximum=10
        ),
        Setting(
            "sampled_measurands",
            MEASURANDS,
            _TEXT,
            key="MeterValuesSampledData",
            component=sampled,
            variable="TxUpdatedMeasurands",
        ),
        Setting(
            "tx_started_measurands", MEASURANDS, _TEXT, component=sampled, variable="TxStartedMeasurands"
        ),
        Setting("tx_ended_measurands", MEASURANDS, _TEXT, component=sampled, variable="TxEndedMeasurands"),
        Setting(
            "sign_readings",
            "false",
            _BOOL,
            key="SampledDataSignReadings",
            component=sampled,
            variable="SignReadings",
        ),
        Setting("tx_ended_interval", "0", component=sampled, variable="TxEndedInterval", read_only=True),
        Setting(
            "aligned_measurands",
            "Energy.Active.Import.Register",
            _TEXT,
            key="MeterValuesAlignedData",
            component=aligned,
            variable="Measurands",
        ),
        Setting("stop_sampled_data", "", _TEXT, key="StopTxnSampledData"),
        Setting("stop_aligned_data", "", _TEXT, key="StopTxnAlignedData", read_only=True),
        Setting("minimum_status_duration", "0", key="MinimumStatusDuration", read_only=True),
        Setting("blink_repeat", "3", key="BlinkRepeat"),
        Setting("light_intensity", "70", key="LightIntensity", maximum=100),
        Setting("phase_rotation", "NotApplicable", _TEXT, key="ConnectorPhaseRotation"),
        Setting("configuration_max_keys", "60", key="GetConfigurationMaxKeys", read_only=True),
        Setting("number_of_connectors", number, key="NumberOfConnectors", read_only=True),
        Setting(
            "feature_profiles",
            "Core,LocalAuthListManagement,SmartCharging,RemoteTrigger",
            _TEXT,
            key="SupportedFeatureProfiles",
            read_only=True,
        ),
        Setting("list_max_length", "500", key="LocalAuthListMaxLength", read_only=True),
        Setting("send_list_max_length", "100", key="SendLocalListMaxLength", read_only=True),
        Setting("profile_max_level", "0", key="ChargeProfileMaxStackLevel", read_only=True),
        Setting(
            "rate_units",
            "Current,Power",
            _TEXT,
            key="ChargingScheduleAllowedChargingRateUnit",
            read_only=True,
        ),
        Setting("schedule_periods", "1", key="ChargingScheduleMaxPeriods", read_only=True),
        Setting("profiles_installed", number, key="MaxChargingProfilesInstalled", read_only=True),
        Setting(
            "tx_start_point", "PowerPathClosed", _TEXT, component=tx, variable="TxStartPoint", read_only=True
        ),
        Setting(
            "tx_stop_point", "PowerPathClosed", _TEXT, component=tx, variable="TxStopPoint", read_only=True
        ),
        Setting("auth_enabled", "true", _BOOL, component=auth, variable="Enabled", read_only=True),
        Setting(
            "cost_enabled",
            "true",
            _BOOL,
            component="TariffCostCtrlr",
            variable="Enabled[Cost]",
            read_only=True,
        ),
        Setting(
            "tariff_enabled",
            "true",
            _BOOL,
            component="TariffCostCtrlr",
            variable="Enabled[Tariff]",
            read_only=True,
        ),
        Setting("currency", "CAD", _TEXT, key="Currency", component="TariffCostCtrlr", variable="Currency"),
        Setting(
            "total_fallback",
            "The total follows on your bill",
            _TEXT,
            component="TariffCostCtrlr",
            variable="TotalCostFallbackMessage",
        ),
        Setting(
            "default_price",
            "",
            _TEXT,
            key="DefaultPriceText",
            component="TariffCostCtrlr",
            variable="TariffFallbackMessage",
        ),
        Setting(
            "report_items",
            "60",
            component="DeviceDataCtrlr",
            variable="ItemsPerMessage[GetReport]",
            read_only=True,
        ),
        Setting(
            "variable_items",
            "60",
            component="DeviceDataCtrlr",
            variable="ItemsPerMessage[GetVariables]",
            read_only=True,
        ),
        Setting(
            "list_items", "100", component="LocalAuthListCtrlr", variable="ItemsPerMessage", read_only=True
        ),
        Setting("list_entries", "500", component="LocalAuthListCtrlr", variable="Entries", read_only=True),
        Setting(
            "security_profile", "0", component="SecurityCtrlr", variable="SecurityProfile", read_only=True
        ),
        Setting(
            "identity", sheet.identity, _TEXT, component="SecurityCtrlr", variable="Identity", read_only=True
        ),
    )


@behaviour
def settings_lacked(sheet: ChargerSheet) -> frozenset[str]:
    """Settings by name that the charger has for itself and nobody can read or write."""
    return frozenset()


@variation(
    "V164",
    alters=settings_lacked,
    text="the ping interval is no setting: nobody can read or write it",
    source="OCPP 1.6 9.1.27 and OCPP 2.0.1 OCPPCommCtrlr: WebSocketPingInterval is optional",
    area="monitoring",
)
def pings_are_its_own_business(sheet: ChargerSheet) -> frozenset[str]:
    """The modem's maker chose it."""
    return frozenset({"websocket_ping"})


@lru_cache(maxsize=64)
def _words(text: str) -> tuple[str, ...]:
    return tuple(part for word in text.split(",") if (part := word.strip()))


class Settings:
    """Values in force: what was changed, over what the maker delivered. Changes go to flash at once."""

    def __init__(self, sheet: ChargerSheet, flash: Flash, *, lacked: frozenset[str] = frozenset()) -> None:
        rows = table(sheet)
        told = [row for row in rows if row.name not in lacked]
        self.rows: Mapping[str, Setting] = {row.name: row for row in rows}
        self.by_key: Mapping[str, Setting] = {row.key.lower(): row for row in told if row.key}
        self.by_variable: Mapping[tuple[str, str], Setting] = {
            (row.component.lower(), row.variable.lower()): row
            for row in told
            if row.component and row.variable
        }
        self.components = frozenset(component for component, _variable in self.by_variable)
        self._flash = flash

    def text(self, name: str) -> str:
        """The value as it is told."""
        changed = self._flash.settings.get(name)
        return self.rows[name].default if changed is None else changed

    def number(self, name: str) -> int:
        """The value of an integer setting, in its own unit (seconds, Wh, times)."""
        return int(self.text(name))

    def on(self, name: str) -> bool:
        """The value of a boolean setting."""
        return self.text(name).lower() == "true"

    def words(self, name: str) -> tuple[str, ...]:
        """The parts of a comma-separated setting."""
        return _words(self.text(name))

    def write(self, setting: Setting, value: str) -> Outcome:
        """Take a new value, or say why not."""
        if setting.read_only:
            return "read only"
        if setting.refuses(value):
            return "rejected"
        self._flash.settings[setting.name] = value
        return "accepted"
