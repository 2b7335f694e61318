"""OCPP 2.0.1 and 2.1: how this charger says things. What it is asked stands in ``v2x_calls``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattest.evse import authorise, display, metering, outbox, reservations, signed, status, tariffs
from wattest.evse.flash import TERMINAL, CostTold, Notice, Queued, Sampled, TokenInfo
from wattest.evse.registration import modem_told
from wattest.evse.station import Outlet, Purpose, Station
from wattest.model.scenario import Dialect
from wattest.world.behaviour import behaviour, defect, variation

Payload = dict[str, Any]

TRIGGERS = {
    "authorized": "Authorized",
    "plugged in": "CablePluggedIn",
    "remote start": "RemoteStart",
    "charging state": "ChargingStateChanged",
    "periodic": "MeterValuePeriodic",
    "clock": "MeterValueClock",
    "trigger": "Trigger",
    "stop authorized": "StopAuthorized",
    "remote stop": "RemoteStop",
    "ev gone": "EVCommunicationLost",
    "deauthorized": "Deauthorized",
    "reset": "ResetCommand",
    "unlock command": "UnlockCommand",
    "fault": "AbnormalCondition",
    "power loss": "AbnormalCondition",
    "tariff": "TariffChanged",
}
COMPONENTS = {
    "engage": "ConnectorPlugRetentionLock",
    "release": "ConnectorPlugRetentionLock",
    "holster": "ConnectorPlugRetentionLock",
    "weld": "ElectricalFeed",
    "ground": "GroundIsolationProtection",
    "pilot": "CPPWMController",
    "supply": "ElectricalFeed",
    "heat": "TemperatureSensor",
    "connector": "Connector",
    "stop": "EmergencyStopSensor",
    "over current": "ElectricalFeed",
}
"""The component whose problem a fault is (OCPP 2.0.1 Part 2 appendix)."""
STATES = {
    "idle": "Idle",
    "ev connected": "EVConnected",
    "charging": "Charging",
    "suspended ev": "SuspendedEV",
    "suspended evse": "SuspendedEVSE",
}
REASONS = {"SoftReset": "ImmediateReset", "HardReset": "ImmediateReset", "UnlockCommand": "Other"}
BOOT_REASONS = {"power up": "PowerUp", "remote reset": "RemoteReset"}
MEASURANDS = {
    "started": "tx_started_measurands",
    "updated": "sampled_measurands",
    "ended": "tx_ended_measurands",
}


@behaviour
def first_seq_no(station: Station) -> int:
    """SeqNo of the first event of a transaction."""
    return 0


@variation(
    "V04",
    alters=first_seq_no,
    text="seqNo of a transaction begins at 7",
    source="OCPP 2.0.1 Part 2 E 1.3.2: gap-free, from wherever",
    area="outage",
    dialects=("2.0.1",),
)
def seq_no_begins_late(station: Station) -> int:
    """A counter of the station, not of the transaction."""
    return 7


@behaviour
def stopped_reason(reason: str | None) -> str | None:
    """StoppedReason of an Ended event."""
    return reason


@variation(
    "V02",
    alters=stopped_reason,
    text="the reason of a local stop is left out",
    source="OCPP 1.6 4.10 and 2.0.1 E06: Local is the default",
    area="authentication",
)
def local_reason_goes_unsaid(reason: str | None) -> str | None:
    """The default need not be said."""
    return None if reason == "Local" else reason


@behaviour
def evse_told(notice: Notice) -> bool:
    """Whether an event names its EVSE (E01.FR.16, recalled: the first after the vehicle is connected)."""
    return True


@defect(
    "BILL-D16",
    breaks=evse_told,
    area="billing",
    requirement="BIL-10",
    text="transaction events never name their EVSE, so that no receipt can",
    source="NIST HB44 3.40: the EVSE's unique ID on the receipt (recalled); OCPP 2.0.1 E01.FR.16 (recalled)",
    dialects=("2.0.1",),
)
def evse_goes_unsaid(notice: Notice) -> bool:
    """Written for a station with a single connector."""
    return False


@behaviour
def status_by_event(station: Station) -> bool:
    """Whether a connector's status is told by NotifyEvent instead of StatusNotification."""
    return False


@variation(
    "V161",
    alters=status_by_event,
    text="the status of a connector is told by NotifyEvent of its AvailabilityState",
    source="OCPP 2.1 G01 (recalled): NotifyEvent in the place of StatusNotification",
    area="monitoring",
    dialects=("2.0.1",),
)
def tells_availability(station: Station) -> bool:
    """The device model is all there is."""
    return True


class V2x:
    """The dialects 2.0.1 and 2.1. Their only memory is a counter of events."""

    def __init__(self, dialect: Dialect) -> None:
        self.subprotocol = f"ocpp{dialect}"
        self._events = 0

    def boot(self, station: Station, reason: str) -> Mapping[str, Any]:
        """Payload of BootNotification (B01)."""
        sheet = station.sheet
        modem = station.conduct(modem_told)(station)
        about = {
            **({"modem": dict(modem)} if modem else {}),
            "model": sheet.model[:20],
            "vendorName": sheet.maker[:50],
            "serialNumber": sheet.serial[:25],
            "firmwareVersion": station.firmware[:50],
        }
        return {"reason": BOOT_REASONS.get(reason, "Unknown"), "chargingStation": about}

    def status_word(self, station: Station, outlet: Outlet) -> str:
        """Five words where 1.6 has nine; a mere permit does not occupy a connector."""
        word = station.conduct(status.status_of)(station, outlet)
        if word in {"available", "unavailable", "faulted"}:
            return word.capitalize()
        return "Available" if outlet.session is None and not outlet.plugged else "Occupied"

    def statuses(self, station: Station, outlet: Outlet | None) -> list[tuple[str, Mapping[str, Any]]]:
        """StatusNotification of a connector (G01); the station as a whole has none."""
        if outlet is None:
            return [] if station.reader_works else [self._event(station, "TokenReader", None, "true", None)]
        at = station.written(station.now(), "event" if outlet.fault is None else "fault")
        word = self.status_word(station, outlet)
        if station.conduct(status_by_event)(station):
            where = {"name": "Connector", "evse": {"id": outlet.id, "connectorId": 1}}
            return [self._notify(at, {"trigger": "Delta", "actualValue": word}, where, "AvailabilityState")]
        payload = {
            "timestamp": at,
            "connectorStatus": word,
            "evseId": outlet.id,
            "connectorId": 1,
        }
        return [("StatusNotification", payload)]

    async def authorize(self, station: Station, token: str) -> TokenInfo:
        """Authorize (C01)."""
        answer = await station.line.call("Authorize", {"idToken": id_token(station, token)})
        tariffs.driver_tariff(station, token, answer.get("tariff"))
        return token_info(answer.get("idTokenInfo")) or authorise.REFUSED

    def notice(self, station: Station, queued: Queued) -> tuple[str, Mapping[str, Any]] | None:
        """TransactionEvent (E)."""
        notice = queued.notice
        purpose: Purpose = "queued" if queued.offline else "event"
        about: Payload = {"transactionId": notice.key, "chargingState": STATES[notice.state]}
        reason = station.conduct(stopped_reason)(notice.reason)
        if reason is not None:
            about["stoppedReason"] = REASONS.get(reason, reason)
        if notice.remote_id is not None and notice.kind == "started":
            about["remoteStartId"] = notice.remote_id
        payload: Payload = {
            "eventType": notice.kind.capitalize(),
            "timestamp": station.written(notice.at, purpose),
            "triggerReason": TRIGGERS[notice.trigger],
            "seqNo": notice.seq_no + station.conduct(first_seq_no)(station),
            "transactionInfo": about,
        }
        if station.conduct(evse_told)(notice):
            payload["evse"] = {"id": notice.evse_id, "connectorId": 1}
        if station.conduct(outbox.told_offline)(queued):
            payload["offline"] = True
        if notice.reveals_token and notice.token is not None:
            payload["idToken"] = id_token(station, notice.token)
        if notice.samples:
            aligned = notice.trigger == "clock"
            wanted = station.settings.words("aligned_measurands" if aligned else MEASURANDS[notice.kind])
            payload["meterValue"] = [
                meter_value(station, sample, wanted, purpose) for sample in notice.samples
            ]
        if notice.tariff_id is not None:
            about["tariffId"] = notice.tariff_id
        if notice.cost is not None:
            payload["costDetails"] = cost_details(station, notice.cost)
        return "TransactionEvent", payload

    def answered(self, station: Station, notice: Notice, answer: Mapping[str, Any]) -> TokenInfo | None:
        """Show what it costs; what the answer says of the token."""
        outlet = station.outlets[notice.evse_id - 1]
        cost = answer.get("totalCost")
        if cost is not None:
            if notice.kind == "ended":
                display.final_cost(station, outlet, cost)
                reservations.total_told(station, cost, key=notice.key)
            elif outlet.session is not None and outlet.session.key == notice.key:
                display.running_cost(station, outlet, cost)
        if notice.kind == "ended":
            reservations.ended(station, notice.key)
        info = token_info(answer.get("idTokenInfo"))
        if info is not None and notice.token is not None:
            authorise.remember(station, notice.token, info)
        return info if notice.kind != "ended" else None

    def meter_values(
        self, station: Station, outlet: Outlet, sample: Sampled
    ) -> tuple[str, Mapping[str, Any]] | None:
        """MeterValues outside a transaction (J01)."""
        wanted = station.settings.words("aligned_measurands")
        return "MeterValues", {"evseId": outlet.id, "meterValue": [meter_value(station, sample, wanted)]}

    def problem(self, station: Station, outlet: Outlet) -> tuple[str, Mapping[str, Any]] | None:
        """NotifyEvent about a lock, the pilot, a weld or heat, and when it is over (G05.FR.03, N07)."""
        fault = outlet.trouble
        if fault is None:
            return self._event(station, outlet.problem or COMPONENTS["engage"], outlet, "false", None)
        outlet.problem = COMPONENTS[fault.cause]
        _, code = station.conduct(status.fault_words)(station, fault)
        return self._event(station, outlet.problem, outlet, "true", code)

    def _event(
        self, station: Station, component: str, outlet: Outlet | None, value: str, code: str | None
    ) -> tuple[str, Payload]:
        where: Payload = {"name": component}
        if outlet is not None:
            where["evse"] = {"id": outlet.id, "connectorId": 1}
        said: Payload = {"trigger": "Alerting", "actualValue": value, "cleared": value == "false"}
        if code is not None:
            said["techCode"] = code
        return self._notify(station.written(station.now()), said, where, "Problem")

    def _notify(self, at: str, said: Payload, component: Payload, variable: str) -> tuple[str, Payload]:
        """NotifyEvent with one event (N07, N08)."""
        self._events += 1
        event: Payload = {
            "eventId": self._events,
            "timestamp": at,
            **said,
            "eventNotificationType": "HardWiredNotification",
            "component": component,
            "variable": {"name": variable},
        }
        return "NotifyEvent", {"generatedAt": at, "seqNo": 0, "eventData": [event]}


_TOTALS = {"energy": "energy", "chargingTime": "chargingTime", "idleTime": "idleTime", "fixedFee": "fixed"}


def cost_details(station: Station, cost: CostTold) -> Payload:
    """CostDetailsType of 2.1 (I12)."""
    total: Payload = {"inclTax": cost.total}
    if cost.before_tax is not None:
        total["exclTax"] = cost.before_tax
    details: Payload = {
        "totalCost": {
            "currency": cost.currency,
            "typeOfCost": cost.kind,
            **{_TOTALS[part]: {"exclTax": amount} for part, amount in cost.parts.items()},
            "total": total,
        },
        "totalUsage": {
            "energy": cost.energy_wh,
            "chargingTime": cost.charging_s,
            "idleTime": cost.idle_s,
        },
    }
    if cost.periods:
        details["chargingPeriods"] = [
            {
                "tariffId": period.tariff_id,
                "startPeriod": station.written(period.since),
                "dimensions": [
                    {"type": "Energy", "volume": period.energy_wh},
                    {"type": "ChargingTime", "volume": period.charging_s},
                    {"type": "IdleTIme", "volume": period.idle_s},
                ],
            }
            for period in cost.periods
        ]
    return details


@behaviour
def terminal_token(token: str) -> Payload:
    """The token of somebody whom the payment terminal let in: one that the station made up."""
    return {"idToken": token, "type": "Local"}


@variation(
    "V186",
    alters=terminal_token,
    text="who was let in by the payment terminal has no token: type NoAuthorization with an empty one",
    source="OCPP 2.0.1 IdTokenEnumType NoAuthorization (C02, recalled)",
    area="payment",
    dialects=("2.0.1",),
)
def no_token(token: str) -> Payload:
    """As after a start button: whoever pays may charge."""
    return {"idToken": "", "type": "NoAuthorization"}


def id_token(station: Station, token: str) -> Payload:
    """A token with its type: what the terminal or a remote start said, else a card."""
    kind = station.flash.token_types.get(token.casefold(), "ISO14443")
    if kind == TERMINAL:
        return station.conduct(terminal_token)(token)
    return {"idToken": token, "type": kind}


def token_info(told: object) -> TokenInfo | None:
    """An idTokenInfo; None when there is none."""
    if not isinstance(told, Mapping):
        return None
    word, group, message = told.get("status"), told.get("groupIdToken"), told.get("personalMessage")
    group_id = group.get("idToken") if isinstance(group, Mapping) else None
    text = message.get("content") if isinstance(message, Mapping) else None
    return TokenInfo(
        status=word if isinstance(word, str) else "Invalid",
        group=group_id if isinstance(group_id, str) and group_id else None,
        expires=authorise.expiry(told.get("cacheExpiryDateTime")),
        message=text if isinstance(text, str) and text else None,
    )


def meter_value(
    station: Station, sample: Sampled, wanted: tuple[str, ...], purpose: Purpose = "event"
) -> Payload:
    """One MeterValue with the measurands that a setting names."""
    values = [value for name in wanted if (value := _sampled(name, sample)) is not None]
    return {
        "timestamp": station.written(sample.at, purpose),
        "sampledValue": values or [_sampled(metering.REGISTER, sample)],
    }


def _sampled(measurand: str, sample: Sampled) -> Payload | None:
    found = metering.value_of(measurand, sample)
    if found is None:
        return None
    value, unit = found
    told: Payload = {"value": value, "context": sample.context, "measurand": measurand}
    if unit:
        told["unitOfMeasure"] = {"unit": unit}
    if where := metering.location_of(measurand, sample):
        told["location"] = where
    if measurand == metering.REGISTER and sample.signed:
        told["signedMeterValue"] = signed.value_in_201(sample.signed)
    return told
