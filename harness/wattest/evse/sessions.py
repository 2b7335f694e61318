"""Transactions from begin to end, as notices into the outbox and lines on the screen."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from wattest.evse import display, grip, local_cost, metering, outbox, status
from wattest.evse.flash import Notice, OpenTransaction, Sampled, TokenInfo
from wattest.evse.station import Outlet, Permit, Station
from wattest.ocpp.neutral import ChargingState
from wattest.world import Outlet as Hardware
from wattest.world.behaviour import behaviour, defect

AT_ONCE = frozenset({"fault", "ev gone", "power loss"})
"""Reasons that leave a vehicle no time to stop by itself."""

READY_S = 3.0
"""A vehicle that has not asked for energy this long after the offer is taken to be suspended."""


@behaviour
def permit_lasts_s(station: Station) -> float | None:
    """How long an authorised driver may take to plug in; None for ever."""
    return float(station.settings.number("connection_timeout"))


@defect(
    "AUTH-D14",
    breaks=permit_lasts_s,
    area="authentication",
    requirement="AUT-08",
    text="an authorisation without plug-in never lapses",
    source="OCPP 1.6 9.1 ConnectionTimeOut; OCPP 2.0.1 E03",
)
def permit_never_lapses(station: Station) -> float | None:
    """Preparing for ever, for whoever comes next."""
    return None


@behaviour
def heeds_late_refusal(station: Station) -> bool:
    """Whether a token refused in the answer to a transaction message ends the session."""
    return True


@defect(
    "AUTH-D12",
    breaks=heeds_late_refusal,
    area="authentication",
    requirement="AUT-07",
    text="a card refused after the link came back goes on charging",
    source="OCPP 1.6 3.5.4; OCPP 2.0.1 E05",
)
def ignores_late_refusal(station: Station) -> bool:
    """The answer to StartTransaction is read for its number only."""
    return False


@behaviour
def transactions_at_boot(station: Station) -> list[OpenTransaction]:
    """The open transactions that a boot finds: all that were open when the power went."""
    return list(station.flash.transactions.values())


@defect(
    "BILL-D19",
    breaks=transactions_at_boot,
    area="billing",
    requirement="DSP-05",
    text="an open transaction is forgotten when the power stays away for more than an hour",
    source="NIST HB44 3.40 S.2.5: the transaction in progress can be determined for 8 h",
)
def transactions_fade(station: Station) -> list[OpenTransaction]:
    """They are kept in memory behind a capacitor, not in flash."""
    gone = station.flash.lost_power_at
    if gone is not None and (station.now() - gone).total_seconds() > 3600.0:
        station.flash.transactions.clear()
    return list(station.flash.transactions.values())


def grant(station: Station, outlet: Outlet, permit: Permit) -> None:
    """Somebody may charge here: free the plug and wait for it."""
    outlet.permit = replace(permit, plugged_before=outlet.plugged)
    lasts = station.conduct(permit_lasts_s)(station)
    if lasts is not None and not outlet.plugged:
        station.set_timer(outlet, "permit", lasts, lambda o: lapse(station, o))
    display.say(station, "Welcome, please plug in / Bienvenue, branchez le véhicule")
    status.refresh(station, outlet)
    station.wake(outlet)


def lapse(station: Station, outlet: Outlet) -> None:
    """Nobody plugged in, or the driver changed his mind."""
    outlet.permit = None
    station.clear_timer(outlet, "permit")
    station.message = ()
    status.refresh(station, outlet)
    station.wake(outlet)


def start(station: Station, outlet: Outlet, permit: Permit) -> None:
    """All is well with the plug: the transaction begins."""
    station.clear_timer(outlet, "permit")
    outlet.permit = None
    station.message = ()
    outlet.cost = outlet.first_cost = outlet.drawn = None
    outlet.price = station.settings.text("default_price")
    wh, now = metering.register(outlet), station.now()
    session = OpenTransaction(
        key=_new_key(station),
        evse_id=outlet.id,
        token=permit.token,
        group=permit.group,
        started=now,
        start_wh=wh,
        last_wh=wh,
        last_at=now,
        remote_id=permit.remote_id,
    )
    station.flash.transactions[session.key] = session
    outlet.session = session
    outlet.finishing = False
    outlet.state = "ev connected"
    if permit.limit_a is not None:
        outlet.tx_limits_a["remote start"] = permit.limit_a
    first = session.first = metering.sample(station, outlet, "Transaction.Begin")
    trigger = (
        ("remote start" if permit.how == "remote" else "authorized")
        if permit.plugged_before
        else "plugged in"
    )
    local_cost.begin(station, outlet, session)
    _notify(station, outlet, session, "started", trigger, sample=first, reveals_token=True)
    _next_sample(station, outlet)
    await_vehicle(station, outlet)
    status.refresh(station, outlet)
    station.wake(outlet)


def await_vehicle(station: Station, outlet: Outlet) -> None:
    """Give the vehicle a moment to answer an offer before it counts as suspended."""
    station.set_timer(outlet, "ready", READY_S, station.wake)


def resume(station: Station, outlet: Outlet, session: OpenTransaction) -> None:
    """Go on with a transaction that was open when the power went (``power_loss: resumes``)."""
    outlet.session = session
    local_cost.resume(station, outlet, session)
    outlet.state = "ev connected" if outlet.plugged else "idle"
    _next_sample(station, outlet)
    await_vehicle(station, outlet)
    station.wake(outlet)


def enter(station: Station, outlet: Outlet, state: ChargingState) -> None:
    """The charging state of the session changes."""
    if outlet.session is None or outlet.state == state:
        return
    local_cost.advance(station, outlet)
    outlet.state = state
    local_cost.advance(station, outlet)
    _notify(station, outlet, outlet.session, "updated", "charging state")
    status.refresh(station, outlet)


def sample_now(station: Station, outlet: Outlet, context: metering.Context, trigger: str) -> None:
    """Take meter values of the running session and queue them."""
    if outlet.session is None:
        return
    taken = metering.sample(station, outlet, context)
    outlet.session.last_wh = taken.register_wh
    local_cost.advance(station, outlet, taken.at, taken.register_wh)
    _notify(station, outlet, outlet.session, "updated", trigger, sample=taken)


def _next_sample(station: Station, outlet: Outlet) -> None:
    delay = station.conduct(metering.sample_delay_s)(station)
    if delay > 0:
        station.set_timer(outlet, "sample", delay, lambda o: _sample(station, o))


def _sample(station: Station, outlet: Outlet) -> None:
    _next_sample(station, outlet)
    sample_now(station, outlet, "Sample.Periodic", "periodic")


def interval_changed(station: Station) -> None:
    """A new meter interval holds from now on."""
    for outlet in station.outlets:
        station.clear_timer(outlet, "sample")
        if outlet.session is not None:
            _next_sample(station, outlet)


def isolate(hardware: Hardware) -> None:
    """Take the power away."""
    if hardware.offer_a is not None:
        hardware.offer(None)
    if hardware.contactor.energised:
        hardware.contactor.open()


def end(station: Station, outlet: Outlet, reason: str, *, trigger: str, token: str | None = None) -> None:
    """End the session: pulses off, meter read, everybody told; contacts open, plug free when the vehicle has stopped."""
    session = outlet.session
    if session is None:
        return
    if trigger in AT_ONCE:
        isolate(outlet.hardware)
    elif outlet.hardware.offer_a is not None:
        outlet.hardware.offer(None)
    for timer in ("sample", "ready", "pause", "allowance", "reckoning", "over current", "patience"):
        station.clear_timer(outlet, timer)
    last = metering.closing_sample(station, outlet, session)
    local_cost.advance(station, outlet, last.at, last.register_wh)
    outlet.state = outlet.evse_state
    display.session_over(station, outlet, session)
    _notify(
        station,
        outlet,
        session,
        "ended",
        trigger,
        sample=last,
        reason=reason,
        token=token,
        reveals_token=token is not None,
    )
    station.flash.transactions.pop(session.key, None)
    station.flash.last_key = session.key
    outlet.session = None
    outlet.finishing = outlet.plugged
    outlet.tx_limits_a.clear()
    status.refresh(station, outlet)
    station.wake(outlet)


def end_after_cut(station: Station, outlet: Outlet, session: OpenTransaction) -> None:
    """Close a transaction that a power cut interrupted: nothing flowed since, so the register of now is its end.

    The time is that of the cut, which the power-fail interrupt wrote into flash (O21).
    """
    at = max(station.flash.lost_power_at or session.last_at, session.last_at)
    session.last_at = at
    wh = station.conduct(metering.register_at_end)(station, outlet, session)
    last = Sampled(at, wh, 0.0, 0.0, 0.0, "Transaction.End")
    local_cost.advance(station, outlet, at, wh, session)
    outlet.state = outlet.evse_state
    _notify(station, outlet, session, "ended", "power loss", sample=last, reason="PowerLoss")
    station.flash.transactions.pop(session.key, None)
    outlet.finishing = outlet.plugged


def _notify(
    station: Station,
    outlet: Outlet,
    session: OpenTransaction,
    kind: str,
    trigger: str,
    *,
    sample: Sampled | None = None,
    reason: str | None = None,
    token: str | None = None,
    reveals_token: bool = False,
) -> None:
    notice = Notice(
        kind=kind,  # type: ignore[arg-type]  # the three literals above
        key=session.key,
        evse_id=outlet.id,
        seq_no=session.seq_no,
        at=sample.at if sample is not None else station.stamp(session),
        trigger=trigger,
        state=station.conduct(status.state_told)(station, outlet),
        token=token or session.token,
        samples=() if sample is None else (sample,),
        register_wh=sample.register_wh if sample is not None else session.last_wh,
        first=session.first if kind == "ended" else None,
        reason=reason,
        remote_id=session.remote_id,
        reveals_token=reveals_token,
        tariff_id=None if session.reckoned is None else session.reckoned.tariff.id,
        cost=local_cost.told(station, outlet, session, final=kind == "ended") if sample is not None else None,
    )
    session.seq_no += 1
    outbox.put(station, notice)


def _new_key(station: Station) -> str:
    """A transaction id that this charger has never used and never will, at most 36 characters."""
    station.flash.transactions_made += 1
    return f"{station.sheet.serial[:16]}-{station.flash.transactions_made:08d}-{station.random.getrandbits(32):08x}"


def late_verdict(station: Station, key: str, info: TokenInfo) -> None:
    """The answer to a transaction message says what the central system thinks of the token."""
    session = station.session(key)
    if session is None:
        return
    outlet = station.outlets[session.evse_id - 1]
    if info.group is not None:
        session.group = info.group
    if info.accepted and info.message is not None:
        station.price = info.message
    if info.accepted or outlet.session is not session or not station.conduct(heeds_late_refusal)(station):
        return
    display.say(station, refusal(info))
    if station.settings.on("stop_on_invalid"):
        end(station, outlet, "DeAuthorized", trigger="deauthorized")
        return
    allowance = station.settings.number("max_energy_on_invalid")
    session.allowance_wh = metering.register(outlet) + Decimal(allowance)
    station.wake(outlet)


def refusal(info: TokenInfo) -> str:
    """Why a card cannot charge, for the driver."""
    words = {
        "Blocked": "This card is blocked / Carte bloquée",
        "Expired": "This card has expired / Carte expirée",
        "ConcurrentTx": "This card is in use elsewhere / Carte déjà utilisée",
    }
    return words.get(info.status, "Card not accepted / Carte refusée")


def relock_all(station: Station) -> None:
    """At boot: plugs captive, connectors of nobody free."""
    for outlet in station.outlets:
        if outlet.session is None:
            grip.release(station, outlet)
        grip.secure_holster(station, outlet)
