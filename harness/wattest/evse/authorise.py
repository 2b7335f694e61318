"""Who may charge: cards, the local list, the cache, and the rules while nobody can be asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from wattest.evse import display, sessions
from wattest.evse.flash import TokenInfo
from wattest.evse.link import CallRefused, CallSilent, LinkLost
from wattest.evse.station import Outlet, Permit, Station
from wattest.world.behaviour import behaviour, defect

REFUSED = TokenInfo("Invalid")


def token_read(station: Station, uid: str) -> str:
    """What the reader's UID becomes: an idTag of at most 20 characters (OCPP 1.6 IdToken), 36 in 2.0.1, 255 in 2.1."""
    return uid[: {"ocpp1.6": 20, "ocpp2.0.1": 36}.get(station.dialect.subprotocol, 255)]


@behaviour
def same_token(a: str, b: str) -> bool:
    """Whether two identifiers are one card: case does not count (OCPP 1.6 CiString20Type, 2.0.1 identifierString)."""
    return a.casefold() == b.casefold()


@defect(
    "AUTH-D03",
    breaks=same_token,
    area="authentication",
    requirement="AUT-06",
    text="identifiers are compared with their case, so that a remote start as abc cannot be stopped by card ABC",
    source="OCPP 1.6 CiString20Type",
)
def compares_case(a: str, b: str) -> bool:
    """A plain string comparison."""
    return a == b


@defect(
    "AUTH-D04",
    breaks=same_token,
    area="authentication",
    requirement="AUT-06",
    text="only the first eight characters of a UID are compared, so that another card of seven bytes stops the session",
    source="OCPP 1.6 IdToken; ISO 14443 UIDs of 7 bytes",
)
def compares_eight_characters(a: str, b: str) -> bool:
    """Written when cards had four bytes."""
    return same_token(a[:8], b[:8])


@behaviour
def same_group(a: str | None, b: str | None) -> bool:
    """Whether two cards belong together (OCPP 1.6 4.10 parentIdTag)."""
    return a is not None and b is not None and a.casefold() == b.casefold()


@defect(
    "AUTH-D05",
    breaks=same_group,
    area="authentication",
    requirement="AUT-06",
    text="a card of the same group cannot stop the session",
    source="OCPP 1.6 4.10",
)
def knows_no_groups(a: str | None, b: str | None) -> bool:
    """ParentIdTag is parsed and dropped."""
    return False


@behaviour
def waits_for_answer(station: Station) -> bool:
    """Whether the central system's answer is awaited before anything is released."""
    return True


@defect(
    "AUTH-D01",
    breaks=waits_for_answer,
    area="authentication",
    requirement="AUT-05",
    text="energy flows before the central system has answered Authorize",
    source="OCPP 1.6 3.5, 4.1; OCPP 2.0.1 C01",
)
def does_not_wait(station: Station) -> bool:
    """Optimism, for the sake of speed."""
    return False


@behaviour
def may_charge(info: TokenInfo) -> bool:
    """Whether a card may charge after what the central system said of it."""
    return info.accepted


@defect(
    "AUTH-D02",
    breaks=may_charge,
    area="authentication",
    requirement="AUT-03",
    text="blocked and expired cards charge: only Invalid and Unknown are refused",
    source="OCPP 1.6 4.1",
)
def heeds_only_unknown(info: TokenInfo) -> bool:
    """The card exists, so it is good."""
    return info.status not in {"Invalid", "Unknown"}


@behaviour
def allowed_offline(station: Station, known: TokenInfo | None) -> bool:
    """The rule while offline: what is known decides; strangers only if the setting says so (OCPP 1.6 3.5.4)."""
    if known is not None:
        return known.accepted and station.settings.on("local_authorize_offline")
    return station.settings.on("allow_offline_unknown")


@defect(
    "AUTH-D06",
    breaks=allowed_offline,
    area="authentication",
    requirement="AUT-07",
    text="while offline any unknown card charges, whatever the setting says",
    source="OCPP 1.6 3.5.4; OCPP 2.0.1 C15",
)
def anyone_offline(station: Station, known: TokenInfo | None) -> bool:
    """No central system, no objection."""
    return known is None or known.accepted


@defect(
    "AUTH-D07",
    breaks=allowed_offline,
    area="authentication",
    requirement="AUT-07",
    text="while offline a listed blocked card charges because unknown ones may",
    source="OCPP 1.6 3.5.4: listed and not valid must be refused",
)
def unknown_rule_first(station: Station, known: TokenInfo | None) -> bool:
    """The setting for strangers is asked before the list."""
    return station.settings.on("allow_offline_unknown") or allowed_offline(station, known)


@behaviour
def forget_cache(station: Station) -> None:
    """ClearCache; what came with the cards goes with them."""
    station.flash.cache.clear()
    station.flash.driver_tariffs.clear()


@defect(
    "AUTH-D09",
    breaks=forget_cache,
    area="authentication",
    requirement="AUT-07",
    text="ClearCache is accepted and the cache kept",
    source="OCPP 1.6 5.4",
)
def keeps_cache(station: Station) -> None:
    """Only the copy in memory is wiped."""


def known_token(station: Station, token: str) -> TokenInfo | None:
    """What list or cache say of a card; the list beats the cache (OCPP 1.6 3.5.2)."""
    key = token.casefold()
    if station.settings.on("local_list") and (listed := station.flash.local_list.get(key)) is not None:
        return _expired_now(station, listed)
    if station.settings.on("auth_cache") and (cached := station.flash.cache.get(key)) is not None:
        return _expired_now(station, cached)
    return None


def _expired_now(station: Station, info: TokenInfo) -> TokenInfo:
    if info.accepted and info.expires is not None and info.expires <= station.now():
        return TokenInfo("Expired", info.group, info.expires, info.message)
    return info


def remember(station: Station, token: str, info: TokenInfo) -> None:
    """Keep the latest word about a card in the cache (OCPP 1.6 3.5.1), but not the price that came with it: it may change."""
    if station.settings.on("auth_cache"):
        station.flash.cache[token.casefold()] = replace(info, message=None)


async def decide(station: Station, token: str) -> TokenInfo:
    """Whether a card may charge now: asked if somebody can be asked, else by list, cache and settings."""
    known = known_token(station, token)
    if station.accepted:
        if known is not None and known.accepted and station.settings.on("local_pre_authorize"):
            return known
        try:
            info = await station.dialect.authorize(station, token)
        except (LinkLost, CallSilent):
            pass
        except CallRefused:
            return REFUSED
        else:
            remember(station, token, info)
            return info
    if station.conduct(allowed_offline)(station, known):
        return TokenInfo("Accepted", known.group if known else None)
    return REFUSED if known is None or known.accepted else known


def card(station: Station, uid: str) -> None:
    """A card was held to the reader."""
    station.spawn(_card(station, token_read(station, uid)))


async def _card(station: Station, token: str) -> None:
    same = station.conduct(same_token)
    for outlet in station.outlets:
        if outlet.session is not None and same(outlet.session.token, token):
            sessions.end(station, outlet, "Local", trigger="stop authorized", token=token)
            return
        if outlet.permit is not None and same(outlet.permit.token, token):
            sessions.lapse(station, outlet)
            return
    free = choose_outlet(station)
    if free is None:
        await _stop_by_group(station, token)
    elif station.conduct(waits_for_answer)(station):
        await _start(station, token)
    else:
        await _start_unasked(station, free, token)


async def _start(station: Station, token: str) -> None:
    display.next_customer(station)
    display.say(station, "One moment / Un instant")
    info = await decide(station, token)
    outlet = choose_outlet(station)
    if not station.conduct(may_charge)(info):
        display.say(station, info.message or sessions.refusal(info))
    elif outlet is None:
        display.say(station, "Out of order / Hors service")
    else:
        station.price = info.message or station.price
        sessions.grant(station, outlet, Permit(token, info.group, "card"))


async def _start_unasked(station: Station, outlet: Outlet, token: str) -> None:
    """What a charger does that does not wait: take the permit back when the answer is no."""
    display.next_customer(station)
    sessions.grant(station, outlet, Permit(token, None, "card"))
    if station.conduct(may_charge)(await decide(station, token)):
        return
    if outlet.permit is not None:
        sessions.lapse(station, outlet)
    else:
        sessions.end(station, outlet, "DeAuthorized", trigger="deauthorized")


async def _stop_by_group(station: Station, token: str) -> None:
    running = [outlet for outlet in station.outlets if outlet.session is not None]
    if not running:
        display.say(station, "Out of order / Hors service")
        return
    info = await decide(station, token)
    for outlet in running:
        session = outlet.session
        if info.accepted and session is not None and station.conduct(same_group)(session.group, info.group):
            sessions.end(station, outlet, "Local", trigger="stop authorized", token=token)
            return
    display.say(station, "In use by somebody else / Occupé")


def choose_outlet(station: Station) -> Outlet | None:
    """Where the next driver charges: where a car waits, else the first that is free."""
    free = [outlet for outlet in station.outlets if is_free(station, outlet)]
    return next((outlet for outlet in free if outlet.plugged), free[0] if free else None)


def is_free(station: Station, outlet: Outlet) -> bool:
    """Whether a new session could begin here."""
    return (
        outlet.session is None
        and outlet.permit is None
        and outlet.fault is None
        and station.operative(outlet.id)
    )


def expiry(text: object) -> datetime | None:
    """A time of expiry as sent; None when there is none or it makes no sense."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
