"""Rules for what people answered and what documents state. Whatever is old, unsigned or without proof decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from wattest.errors import BenchError
from wattest.judge.decision import Decision, begun
from wattest.judge.measured import SCREENING


def _day(name: str, value: Any) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise BenchError(
            f"Input '{name}' of a rule is {value!r}, which is not a date such as 2026-11-27."
        ) from None


def _unsigned(signed_by: str, signed_on: Any, on: Any) -> str:
    """Why a signature is worth nothing on a day; empty when it is worth something."""
    if not signed_by.strip():
        return "nobody signed it"
    if _day("signed_on", signed_on) > _day("on", on):
        return f"it is signed {str(signed_on)[:10]}, after the day of the run, {on}"
    return ""


def in_date(
    *, what: str, signed_by: str, signed_on: Any, on: Any, valid_days: int, photo_required: bool, photos: int
) -> Decision:
    """A person's answer or reading is signed, young enough, and pictured where that is asked for."""
    thing = begun(what)
    if reason := _unsigned(signed_by, signed_on, on):
        return Decision("inconclusive", f"{thing}: {reason}.")
    age = (_day("on", on) - _day("signed_on", signed_on)).days
    if age > valid_days:
        return Decision(
            "inconclusive", f"{thing}: answered {age} days before the run; {valid_days} days are allowed."
        )
    if photo_required and not photos:
        return Decision("inconclusive", f"{thing}: there is no picture of it, and one is asked for.")
    return Decision("pass", f"{thing}: signed by {signed_by} on {str(signed_on)[:10]}.")


def answered(
    *,
    what: str,
    answer: str,
    accept: Sequence[str],
    inapplicable: Sequence[str] = (),
    signed_by: str,
    signed_on: Any,
    on: Any,
    valid_days: int,
    photo_required: bool = False,
    photos: int = 0,
    provenance: str = "",
) -> Decision:
    """A person at the station answered a question of the checklist with one of ``accept``.

    ``on`` is the day of the run. An answer among ``inapplicable`` says that the charger has no such thing. ``provenance`` is
    that of the numbers in the question.
    """
    proof = in_date(
        what=what,
        signed_by=signed_by,
        signed_on=signed_on,
        on=on,
        valid_days=valid_days,
        photo_required=photo_required,
        photos=photos,
    )
    if proof.outcome != "pass":
        return proof
    who = f"{signed_by} answered '{answer}' on {str(signed_on)[:10]} to: {what}"
    if answer in inapplicable:
        return Decision("pass", f"Does not concern this charger; {who}", figures={"inapplicable": True})
    if answer not in accept:
        good = " or ".join(f"'{word}'" for word in accept)
        return Decision("fail", f"{who} Only {good} passes.")
    return _screened(who, provenance)


def stated(
    *,
    what: str,
    document: str,
    answer: str,
    files: int,
    issuer: str,
    number: str,
    number_required: bool,
    issued: Any,
    expires: Any,
    expires_required: bool,
    max_age_days: int | None,
    signed_by: str,
    signed_on: Any,
    on: Any,
    provenance: str = "",
) -> Decision:
    """A document that is there and in force on the day ``on`` says ``what``, as the person found who read it.

    ``answer``: yes, no or not stated; ``provenance``: of the numbers in the statement.
    """
    reason = _unsigned(signed_by, signed_on, on) or _not_in_force(
        files=files,
        issuer=issuer,
        number=number,
        number_required=number_required,
        issued=issued,
        expires=expires,
        expires_required=expires_required,
        max_age_days=max_age_days,
        on=on,
    )
    if reason:
        return Decision("inconclusive", f"{document}: {reason}.")
    name = f"{document} {number}".strip()
    if answer == "no":
        return Decision("fail", f"{name} of {issuer} says otherwise than: {what}")
    if answer != "yes":
        return Decision("inconclusive", f"{name} of {issuer} does not state: {what}")
    until = f", in force until {expires}" if expires else ""
    return _screened(f"{name} of {issuer}, issued {issued}{until}, states: {what}", provenance)


def _not_in_force(
    *,
    files: int,
    issuer: str,
    number: str,
    number_required: bool,
    issued: Any,
    expires: Any,
    expires_required: bool,
    max_age_days: int | None,
    on: Any,
) -> str:
    """Why a document decides nothing on a day; empty when it does."""
    today = _day("on", on)
    if not files:
        return "its file is missing"
    if not issuer.strip():
        return "nobody is named who issued it"
    if number_required and not number.strip():
        return "it has no number, and one is asked for"
    if not issued:
        return "it has no date of issue"
    if _day("issued", issued) > today:
        return f"it is issued {issued}, after the day of the run, {on}"
    if expires_required and not expires:
        return "it does not say until when it holds"
    if expires and _day("expires", expires) < today:
        return f"it expired on {expires}, before the day of the run, {on}"
    age = (today - _day("issued", issued)).days
    if max_age_days is not None and age > max_age_days:
        return f"it was issued {issued}, {age} days before the run; {max_age_days} days are allowed"
    return ""


def _screened(sentence: str, provenance: str) -> Decision:
    """A pass that screens only, where the numbers behind it are unverified."""
    if provenance != "unverified":
        return Decision("pass", sentence)
    return Decision("pass", f"{sentence.rstrip('.')}{SCREENING}.", figures={"screening": True})
