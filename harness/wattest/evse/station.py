"""What one life of the firmware works on: the memory that a power cut wipes, and the parts it drives.

There is no behaviour here beyond keeping time and tasks. The other files of this package are functions over a
``Station`` and its ``Outlet``s; they stand in the order in which they may call each other:
``totals``, ``display``, ``metering``, ``outbox``, ``status``, ``grip``, ``sessions``, ``pilot``, ``warmth``, ``probe``, ``supply``, ``stopping``, ``protect``, ``sharing``, ``power``, ``authorise``, ``aligned``,
``commands``, ``diary``, ``diagnostics``, ``firmware``, ``payment``, ``reserved``, ``reservations``, ``pinging``, ``registration``, then the dialects, then ``charger``. What stands below asks what stands above by ``Station.wake``.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any, Literal, Protocol

from wattest.clock import Clock
from wattest.clock.http import Fetch
from wattest.evse.flash import Flash, Notice, OpenTransaction, Queued, Sampled, TokenInfo
from wattest.evse.settings import Settings, settings_lacked
from wattest.model.charger import ChargerSheet
from wattest.ocpp.neutral import ChargingState
from wattest.world import World
from wattest.world.behaviour import Conduct, behaviour, defect, variation
from wattest.world.outlet import Outlet as Hardware

Word = Literal[
    "available",
    "preparing",
    "charging",
    "suspended ev",
    "suspended evse",
    "finishing",
    "unavailable",
    "faulted",
]
"""Status of an outlet, in the finer words of OCPP 1.6."""

Registration = Literal["none", "pending", "rejected", "accepted"]


@dataclass(frozen=True)
class Permit:
    """Leave to charge, waiting for a plug."""

    token: str
    group: str | None
    how: Literal["card", "remote"]
    remote_id: int | None = None
    limit_a: float | None = None
    """Limit that came with a remote start, for this session only."""
    plugged_before: bool = False
    """Whether the plug was in before the permit came."""


@dataclass(frozen=True)
class Fault:
    """Why an outlet cannot charge: OCPP 1.6 ``code``, ChargeX MREC ``vendor_code``, and what has to change."""

    code: str
    vendor_code: str | None
    cause: Literal[
        "engage",
        "release",
        "holster",
        "weld",
        "pilot",
        "supply",
        "over current",
        "ground",
        "heat",
        "connector",
        "stop",
    ]
    text: str


@dataclass
class Outlet:
    """What the firmware remembers of one EVSE between two events."""

    id: int
    hardware: Hardware
    permit: Permit | None = None
    session: OpenTransaction | None = None
    fault: Fault | None = None
    untold: bool = False
    """Whether its fault is kept back."""
    warning: Fault | None = None
    """What is told as a fault although the outlet stays in order: it charges less or waits until it is over."""
    hot: bool = False
    """The connector is beyond its limit, or has not cooled enough since."""
    finishing: bool = False
    """The session is over and the vehicle still plugged."""
    state: ChargingState = "idle"
    grip: Literal["open", "engaging", "engaged"] = "open"
    """Connector lock as the firmware believes it."""
    problem: str = ""
    """Component whose problem was told last and is not over, where the dialect names components."""
    duty_at_s: float = -math.inf
    """When the pulse width was last changed, on the monotonic clock."""
    told: str | None = None
    """Status last reported to the central system, in the dialect's word."""
    timers: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    settling: bool = False
    tx_limits_a: dict[str, float] = field(default_factory=dict)
    """Limits of charging profiles for the running transaction, by where they came from."""
    cost: str | None = None
    """Running cost as the central system told it."""
    first_cost: tuple[str, Decimal] | None = None
    """The first running cost above nothing, and the Wh it was for."""
    price: str = ""
    """What the screen said of the price when the session began."""
    soc: dict[str, tuple[int, int]] = field(default_factory=dict)
    """First and last state of charge that the vehicle told, in percent, by the key of the session."""
    drawn: tuple[float, list[str]] | None = None
    """When energy and time were last drawn, and what was."""

    @property
    def trouble(self) -> Fault | None:
        """What is told of it: its fault, unless that is kept back, or else its warning."""
        return self.warning if self.fault is None or self.untold else self.fault

    @property
    def plugged(self) -> bool:
        """Whether a vehicle is connected (pilot B, C or D)."""
        return self.hardware.pilot in {"B", "C", "D"}

    @property
    def evse_state(self) -> ChargingState:
        """Charging state without a session."""
        return "ev connected" if self.plugged else "idle"


class Line(Protocol):
    """The link to the central system, as the rest of the firmware sees it."""

    @property
    def online(self) -> bool:
        """Whether a WebSocket is open."""
        ...

    @property
    def quiet_s(self) -> float:
        """Seconds since this charger last sent a CALL."""
        ...

    def new_id(self) -> str:
        """A message id that this charger has never used."""
        ...

    async def call(
        self, action: str, payload: Mapping[str, Any], *, message_id: str | None = None, probe: bool = True
    ) -> Mapping[str, Any]:
        """Send a CALL and wait for its answer. Raises ``LinkLost``, ``CallSilent`` or ``CallRefused`` (``link``)."""
        ...

    async def ping(self) -> None:
        """Send a WebSocket ping; no pong in time drops the link."""
        ...

    def drop(self, reason: str) -> None:
        """Close the connection; the firmware dials again."""
        ...


class Dialect(Protocol):
    """How one OCPP version says what the firmware means."""

    subprotocol: str

    def boot(self, station: Station, reason: str) -> Mapping[str, Any]:
        """Payload of BootNotification."""
        ...

    def status_word(self, station: Station, outlet: Outlet) -> str:
        """The outlet's status in this version's word."""
        ...

    def statuses(self, station: Station, outlet: Outlet | None) -> list[tuple[str, Mapping[str, Any]]]:
        """Messages that report the status of an outlet, or of the station (None)."""
        ...

    async def authorize(self, station: Station, token: str) -> TokenInfo:
        """Ask the central system about a card."""
        ...

    def notice(self, station: Station, queued: Queued) -> tuple[str, Mapping[str, Any]] | None:
        """The message of a queued notice; None when this version has none for it."""
        ...

    def answered(self, station: Station, notice: Notice, answer: Mapping[str, Any]) -> TokenInfo | None:
        """Read the answer to a notice; what it says about the token, if anything."""
        ...

    def meter_values(
        self, station: Station, outlet: Outlet, sample: Sampled
    ) -> tuple[str, Mapping[str, Any]] | None:
        """Meter values outside the stream of a transaction's notices."""
        ...

    def problem(self, station: Station, outlet: Outlet) -> tuple[str, Mapping[str, Any]] | None:
        """A message about a fault beside its status, where the version has one."""
        ...


Purpose = Literal["event", "queued", "fault"]
"""What a time is written for: an event told at once, one that waited for the link, the status of a fault."""


@behaviour
def written_time(station: Station, at: datetime, purpose: Purpose) -> str:
    """A time as it stands in messages: UTC with milliseconds (OCPP 1.6 3.14, RFC 3339)."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


LOCAL_OFFSET_S = -5 * 3600
"""Eastern standard time, where the clocks below believe to be."""


def _local(at: datetime) -> str:
    return datetime.fromtimestamp(at.timestamp() + LOCAL_OFFSET_S, UTC).isoformat(timespec="milliseconds")


@defect(
    "STATUS-D10",
    breaks=written_time,
    area="locking",
    requirement="DAT-01",
    text="the status of a fault tells local time without an offset",
    source="OCPP 1.6 3.14, 3.15",
)
def writes_local_time(station: Station, at: datetime, purpose: Purpose) -> str:
    """The path of errors has a formatter of its own."""
    return _local(at).replace("+00:00", "") if purpose == "fault" else written_time(station, at, purpose)


@defect(
    "BILL-D05",
    breaks=written_time,
    area="billing",
    requirement="DAT-01",
    text="messages that waited for the link tell local time labelled as UTC",
    source="OCPP 1.6 3.14; UTC ISO 8601 within 2 s (T22)",
)
def labels_local_time_utc(station: Station, at: datetime, purpose: Purpose) -> str:
    """Flash keeps local time, and what is read back from it is taken for UTC: five hours off."""
    return _local(at).replace("+00:00", "Z") if purpose == "queued" else written_time(station, at, purpose)


@variation(
    "V29",
    alters=written_time,
    text="timestamps carry an offset of -05:00",
    source="OCPP 1.6 3.14 allows any offset; RFC 3339",
    area="billing",
)
def writes_time_with_offset(station: Station, at: datetime, purpose: Purpose) -> str:
    """The same instant, written as the clock on the wall with its offset."""
    return _local(at).replace("+00:00", "-05:00")


class Station:
    """One life of the firmware, from boot to the next loss of power or reset."""

    def __init__(
        self,
        *,
        world: World,
        clock: Clock,
        sheet: ChargerSheet,
        flash: Flash,
        dialect: Dialect,
        line: Line,
        random: Random,
        conduct: Conduct,
        crashed: Callable[[BaseException], None],
        fetch: Fetch,
    ) -> None:
        self.world = world
        self.fetch = fetch
        self.upload: tuple[str, Mapping[str, Any]] | None = None
        """The message about the log that is on its way."""
        self.clock = clock
        self.sheet = sheet
        self.flash = flash
        self.settings = Settings(sheet, flash, lacked=conduct(settings_lacked)(sheet))
        self.conduct = conduct
        self.dialect = dialect
        self.line = line
        self.random = random
        self.outlets = [Outlet(number, hardware) for number, hardware in enumerate(world.outlets, 1)]
        self.registration: Registration = "none"
        self.alive = True
        self.settle: Callable[[Outlet], None] = lambda _outlet: None
        """Brings an outlet's power in line with everything else; set by the charger."""
        self.reboot: Callable[[str], None] = lambda _reason: None
        """Restarts the firmware; set by the charger."""
        self.reset_when_idle = False
        self.offline_since = clock.monotonic()
        self.reader_works = True
        self.wake_outbox = asyncio.Event()
        self.wake_heart = asyncio.Event()
        self.wake_boot = asyncio.Event()
        self.wake_ping = asyncio.Event()
        self.price: str | None = None
        """Price text that the central system gave for the next customer."""
        self.fault_told_s = -math.inf
        """When a fault was told last, on the monotonic clock."""
        self.first_price = ""
        """The first price that the screen showed in this life, for those that never change it."""
        self.message: tuple[str, ...] = ()
        """What the driver is told right now, such as a refusal."""
        self.lost_link_in_session = False
        self._crashed = crashed
        self._written: tuple[datetime | None, Purpose, str] = (None, "event", "")
        self._tasks: set[asyncio.Task[Any]] = set()

    # --- time and tasks ----------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The charger's own clock, which may be wrong."""
        return self.world.rtc.utc()

    def stamp(self, session: OpenTransaction) -> datetime:
        """Now, but never before the last time that this transaction was told (N40: a clock set back meanwhile)."""
        session.last_at = max(self.now(), session.last_at)
        return session.last_at

    def written(self, at: datetime, purpose: Purpose = "event") -> str:
        """``at`` as this charger writes it."""
        if self._written[:2] != (at, purpose):  # a message and its values are mostly of one instant
            self._written = (at, purpose, self.conduct(written_time)(self, at, purpose))
        return self._written[2]

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something beside; it dies with this life of the firmware, and a mistake in it is not lost."""
        if not self.alive:
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._crashed(error)

    def set_timer(self, outlet: Outlet, name: str, delay_s: float, fn: Callable[[Outlet], object]) -> None:
        """(Re)start a named timer of an outlet."""
        self.clear_timer(outlet, name)
        outlet.timers[name] = self.clock.call_later(max(0.0, delay_s), self._ring, outlet, name, fn)

    def clear_timer(self, outlet: Outlet, name: str) -> None:
        """Stop a named timer; harmless when it does not run."""
        timer = outlet.timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _ring(self, outlet: Outlet, name: str, fn: Callable[[Outlet], object]) -> None:
        outlet.timers.pop(name, None)
        self._watched(fn, outlet)

    def _watched(self, fn: Callable[[Outlet], object], outlet: Outlet) -> None:
        if not self.alive:
            return
        try:
            fn(outlet)
        except Exception as error:  # noqa: BLE001 - a mistake of ours must not look like a silent charger
            self._crashed(error)

    def wake(self, outlet: Outlet) -> None:
        """Have the outlet looked at again, in this instant, after whatever runs now."""
        if self.alive and not outlet.settling:
            outlet.settling = True
            asyncio.get_running_loop().call_soon(self._settle, outlet)

    def _settle(self, outlet: Outlet) -> None:
        outlet.settling = False
        self._watched(self.settle, outlet)

    def die(self) -> list[asyncio.Task[Any]]:
        """Memory is lost: every task and timer of this life ends. Returns the tasks, for whoever wants to wait."""
        self.alive = False
        for outlet in self.outlets:
            for timer in outlet.timers.values():
                timer.cancel()
            outlet.timers.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        return tasks

    # --- words -----------------------------------------------------------------------------------------

    @property
    def accepted(self) -> bool:
        """Whether the central system has accepted this charger and the link is open."""
        return self.registration == "accepted" and self.line.online

    @property
    def firmware(self) -> str:
        """The version that runs."""
        return self.flash.firmware or self.sheet.firmware

    def outlet(self, evse_id: int) -> Outlet | None:
        """By EVSE id, from 1."""
        return self.outlets[evse_id - 1] if 1 <= evse_id <= len(self.outlets) else None

    def operative(self, evse_id: int) -> bool:
        """Whether an EVSE is in service; it is not when the station is not."""
        return self.flash.operative.get(0, True) and self.flash.operative.get(evse_id, True)

    def session(self, key: str) -> OpenTransaction | None:
        """The open transaction of this name."""
        return self.flash.transactions.get(key)
