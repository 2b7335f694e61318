"""What an EVSE said, in words that no OCPP version owns.

OCPP 1.6 and 2.0.1 spread the same facts over different messages. Everything above ``wattest.ocpp`` (the
reference CSMS, the steps, the monitors, the reports) reads these events instead, so that one scenario and one
monitor serve every dialect. Times are aware UTC datetimes as the EVSE stated them; energies are Wh as Decimal,
exactly as sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

ChargingState = Literal["idle", "ev connected", "charging", "suspended ev", "suspended evse"]
Occupancy = Literal["available", "occupied", "reserved", "unavailable", "faulted"]


@dataclass(frozen=True)
class Booted:
    """BootNotification."""

    vendor: str
    model: str
    serial: str | None
    firmware: str | None
    reason: str | None


@dataclass(frozen=True)
class StatusChanged:
    """A connector's status, by StatusNotification or by a 2.0.1 NotifyEvent of its AvailabilityState.

    ``raw`` is the dialect's own word, ``error`` the 1.6 errorCode unless NoError.
    """

    evse_id: int
    connector_id: int
    occupancy: Occupancy
    raw: str
    timestamp: datetime | None
    error: str | None = None
    vendor_error: str | None = None


@dataclass(frozen=True)
class Authorized:
    """Authorize and its answer; ``status`` is the CSMS's word, such as ``Accepted`` or ``Blocked``."""

    token: str
    status: str | None


class Sample(NamedTuple):
    """One sampled value; ``value`` as sent, ``unit`` as sent or the measurand's default.

    A tuple, since a busy central system makes tens of thousands of them in a second.
    """

    timestamp: datetime | None
    measurand: str
    value: Decimal
    unit: str
    phase: str | None = None
    context: str | None = None
    location: str | None = None


@dataclass(frozen=True)
class TransactionChanged:
    """A transaction started, went on, or ended; MeterValues that name a transaction are ``updated``.

    ``transaction_id`` is text in every dialect; None in 1.6 while StartTransaction has no answer yet.
    ``register_wh`` is the energy register stated with this event (meterStart, meterStop, or the last
    Energy.Active.Import.Register sample), in Wh. ``duplicate_of`` is set by the ledger, never here.
    """

    kind: Literal["started", "updated", "ended"]
    transaction_id: str | None
    evse_id: int | None
    connector_id: int | None
    timestamp: datetime | None
    token: str | None = None
    register_wh: Decimal | None = None
    samples: Sequence[Sample] = ()
    charging_state: ChargingState | None = None
    stop_reason: str | None = None
    seq_no: int | None = None
    offline: bool = False
    token_status: str | None = None
    """What the CSMS answered about the token, when it did."""


@dataclass(frozen=True)
class Metered:
    """MeterValues outside any transaction."""

    evse_id: int
    samples: Sequence[Sample]


@dataclass(frozen=True)
class Reported:
    """Anything else worth a word: SecurityEventNotification, NotifyEvent, Heartbeat, DataTransfer, logs."""

    action: str
    detail: str = ""


Event = Booted | StatusChanged | Authorized | TransactionChanged | Metered | Reported
