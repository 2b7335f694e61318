"""What the simulated charger still knows after its power was cut: flash memory.

Everything here is data. The firmware writes it at the moment a thing happens, so a cut loses nothing that was
written; whatever the firmware keeps only in memory is gone at the next boot.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from wattest.evse.reckoning import Period, Reckoned

TokenStatus = str
"""The dialect's own word, such as ``Accepted``, ``Blocked``, ``Expired``, ``Invalid``, ``Unknown``, ``ConcurrentTx``."""


TERMINAL = "terminal"
"""No type of OCPP 2.0.1: each dialect has its own word for a token that the payment terminal made up."""


@dataclass(frozen=True)
class TokenInfo:
    """What is known of a card: the central system's word, its group, until when, and what to tell the driver."""

    status: TokenStatus
    group: str | None = None
    expires: datetime | None = None
    message: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the card may charge, its expiry aside."""
        return self.status == "Accepted"


@dataclass(frozen=True)
class Charged:
    """A state of charge in percent, and the words that go with it; an empty one is left out, as its default may be."""

    percent: Decimal
    unit: str = "Percent"
    location: str = ""


@dataclass(frozen=True)
class Sampled:
    """One set of register, power, current and voltage, read at one instant of the charger's own clock."""

    at: datetime
    register_wh: Decimal
    power_w: float
    current_a: float
    voltage_v: float
    context: Literal["Transaction.Begin", "Transaction.End", "Sample.Periodic", "Sample.Clock", "Trigger"]
    soc: Charged | None = None
    """State of charge, where the vehicle told it."""
    signed: str = ""
    """The OCMF record of the register; empty where none was signed."""


@dataclass(frozen=True)
class CostTold:
    """What a session costs as this charger reckoned it (2.1 CostDetailsType); amounts in ``currency``.

    ``parts`` and ``before_tax`` are before tax; ``kind`` is 2.1's word for whether a minimum or maximum holds. ``periods``
    come with the end only.
    """

    currency: str
    kind: str
    parts: dict[str, Decimal]
    before_tax: Decimal | None
    total: Decimal
    energy_wh: Decimal
    charging_s: int
    idle_s: int
    periods: tuple[Period, ...] = ()


@dataclass(frozen=True)
class Notice:
    """A message about a transaction that must reach the central system, whatever happens on the way.

    ``key`` is the charger's own name of the transaction: the 2.0.1 transactionId, and what a 1.6 charger keeps
    until StartTransaction is answered. ``trigger``, ``state`` and ``reason`` are neutral words; the dialects
    translate them.
    """

    kind: Literal["started", "updated", "ended"]
    key: str
    evse_id: int
    seq_no: int
    at: datetime
    trigger: str
    state: str
    token: str | None = None
    samples: tuple[Sampled, ...] = ()
    register_wh: Decimal = Decimal(0)
    first: Sampled | None = None
    """With the end: the values at the start, for charge points that repeat them (1.6 StopTxnSampledData)."""
    reason: str | None = None
    remote_id: int | None = None
    reveals_token: bool = False
    """Whether this message is where the token is first told (2.0.1 idToken)."""
    tariff_id: str | None = None
    """The tariff by which this charger reckons the session."""
    cost: CostTold | None = None
    """What the session costs, where this charger reckons it."""


@dataclass
class Queued:
    """A notice on its way: how often it failed, and whether the link was down at any time since."""

    notice: Notice
    offline: bool
    failures: int = 0
    message_id: str | None = None


@dataclass
class OpenTransaction:
    """A transaction that has not ended; enough to end it properly after a power cut."""

    key: str
    evse_id: int
    token: str
    group: str | None
    started: datetime
    start_wh: Decimal
    last_wh: Decimal
    last_at: datetime
    remote_id: int | None = None
    seq_no: int = 0
    first: Sampled | None = None
    allowance_wh: Decimal | None = None
    """Energy still allowed after a late refusal of the token (MaxEnergyOnInvalidId)."""
    reckoned: Reckoned | None = None
    """What it costs so far, where this charger reckons it."""
    pauses: int = 0
    """How often its vehicle stopped asking for energy."""


@dataclass
class Update:
    """New firmware that was ordered and is not told as installed yet."""

    number: int
    url: str
    certificate: str
    signature: str
    retries: int
    state: Literal["downloading", "installing", "restarting"] = "downloading"


@dataclass
class Reservation:
    """Money reserved on a payment card: the acquirer's reference, which is the driver's token as well, and CAD."""

    reference: str
    last_four: str
    amount: Decimal
    granted: bool = False
    """Whether a driver was let in on it."""
    outlet: int | None = None
    """Where he was let in."""
    key: str | None = None
    """The transaction that it pays."""
    number: int | None = None
    """Its transactionId in OCPP 1.6."""
    so_far: Decimal | None = None
    """The running cost as last told."""
    raising: bool = False
    """Whether the acquirer was asked for more and has not answered."""
    deferred: bool = False
    """Served while the acquirer did not answer: nothing is reserved yet."""


@dataclass
class Flash:
    """The whole of it. ``settings`` holds only what was changed from the maker's defaults."""

    settings: dict[str, str] = field(default_factory=dict)
    operative: dict[int, bool] = field(default_factory=dict)
    """By EVSE id; 0 is the station."""
    local_list: dict[str, TokenInfo] = field(default_factory=dict)
    local_list_version: int = 0
    cache: dict[str, TokenInfo] = field(default_factory=dict)
    queue: deque[Queued] = field(default_factory=deque)
    transactions: dict[str, OpenTransaction] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    """1.6 transactionIds, by key, until the end of the transaction is acknowledged."""
    last_numbers: dict[int, int] = field(default_factory=dict)
    """1.6 transactionId of the latest transaction, by EVSE id; a final cost may name it."""
    last_key: str | None = None
    """Key of the latest transaction that ended."""
    token_types: dict[str, str] = field(default_factory=dict)
    """2.0.1 types of tokens that are no cards, as remote starts told them; ``TERMINAL`` for those of the payment terminal."""
    limits_a: dict[int, float] = field(default_factory=dict)
    """Station-wide or default limits that outlive a reboot, by EVSE id; 0 is the station."""
    default_tariffs: dict[int, str] = field(default_factory=dict)
    """2.1 default tariffs as JSON, by EVSE id."""
    pages: int = 0
    """Signed records so far (OCMF pagination, context T)."""
    driver_tariffs: dict[str, str] = field(default_factory=dict)
    """2.1 tariffs of drivers as JSON, by token: as long as the authorisation they came with holds. Empty: cannot be reckoned."""
    transactions_made: int = 0
    reservations: dict[str, Reservation] = field(default_factory=dict)
    """Money reserved on payment cards and not settled yet, by reference."""
    reservations_made: int = 0
    boots: int = 0
    boot_reason: str = "power up"
    lost_power_at: datetime | None = None
    charging_at_cut: bool = False
    """Whether a contactor was closed when the power went."""
    total_kwh: str | None = None
    """Energy and time of the last session, as shown; None once the next customer has come."""
    total: tuple[str, str] | None = None
    """Total of the last session as shown: amount and currency."""
    told_total: str | None = None
    """The last total that the central system told."""
    told_before: str | None = None
    """The one before it."""
    firmware: str = ""
    """Version that runs; empty for the one from the factory."""
    update: Update | None = None
    log: deque[str] = field(default_factory=deque)
    """Lines for those who look after the station."""
    security_log: deque[str] = field(default_factory=deque)
    """Lines about what matters to security."""
