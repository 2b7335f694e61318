"""Named rules: pure functions from JSON-able inputs to a ``Decision``.

A check in a record names its rule and holds its inputs, so anybody can decide it again::

    decide("occurred", {"what": "the relock of the plug", "within_s": 5, "after_s": 1.2}).sentence
    # 'The relock of the plug came after 1.2 s; 5 s are allowed.'

What doubt means is the same everywhere: a value that nobody knows, a channel that was down, a flagged reading, an unknown
uncertainty or too little energy make a check ``inconclusive``, never ``pass`` and never ``fail``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal

from wattest.errors import BenchError
from wattest.judge import measured, papers, tallies
from wattest.judge.decision import Decision, Result, at, begun, listed, number, plain, shortened, shown
from wattest.judge.demonstration import demonstrated
from wattest.judge.energy_error import energy_error
from wattest.judge.instruments import stated_with_uncertainty
from wattest.judge.ocmf import signed_values
from wattest.judge.register_step import enough, fine_enough
from wattest.judge.soc import state_of_charge_told

__all__ = ["RULES", "Decision", "decide"]


def occurred(
    *, what: str, within_s: Any, after_s: Any, place: str = "", channel_alive: bool = True
) -> Decision:
    """Something happened, and soon enough. ``after_s`` is None when it did not; ``within_s`` 0 asks only whether."""
    thing = begun(what) + at(place)
    limit = number("within_s", within_s)
    figures = {"after_s": after_s, "within_s": limit}
    if after_s is None:
        if not channel_alive:
            return Decision(
                "inconclusive",
                f"{thing} was not seen, but the channel that would have shown it was down.",
                figures=figures,
            )
        if limit == 0:
            return Decision("fail", f"Not there: {what}{at(place)}.", figures=figures)
        return Decision("fail", f"{thing} did not come within {shown(limit)} s.", figures=figures)
    took = number("after_s", after_s)
    if limit == 0:
        return Decision("pass", f"There it is: {what}{at(place)}.", figures=figures)
    outcome: Result = "pass" if took <= limit else "fail"
    return Decision(
        outcome, f"{thing} came after {shown(took)} s; {shown(limit)} s are allowed.", figures=figures
    )


def never(*, what: str, count: Any, window_s: Any, channel_alive: bool, place: str = "") -> Decision:
    """Something did not happen in a window during which it would have been seen."""
    window, times = number("window_s", window_s), int(number("count", count))
    thing = begun(what) + at(place)
    figures = {"count": times, "window_s": window, "channel_alive": channel_alive}
    if times > 0:
        often = "once" if times == 1 else f"{times} times"
        return Decision(
            "fail", f"{thing} came {often} in {shown(window)} s; never is allowed.", figures=figures
        )
    if not channel_alive:
        return Decision(
            "inconclusive",
            f"{thing} was not seen in {shown(window)} s, but the channel that would have shown it was down for a time.",
            figures=figures,
        )
    if window <= 0:
        return Decision(
            "inconclusive", f"{thing} was not looked for: the window is 0 s long.", figures=figures
        )
    return Decision("pass", f"{thing} did not come in {shown(window)} s, as it must.", figures=figures)


Absent = Literal["inconclusive", "fail"]


def _absent(what: str, wanted: str, absent: Absent, place: str) -> Decision:
    thing = begun(what) + at(place)
    if absent == "fail":
        return Decision("fail", f"{thing} is missing; {wanted} was expected.")
    return Decision(
        "inconclusive", f"{thing} was not observed, so nothing can be said; {wanted} was expected."
    )


def equals(
    *,
    what: str,
    expected: Any,
    observed: Any,
    ignore_case: bool = False,
    absent: Absent = "inconclusive",
    place: str = "",
) -> Decision:
    """A word or number is the expected one. Nothing observed is doubt, unless ``absent`` says that it is a failure.

    Text is compared as text, so that card ``04E2`` is never the number 4; numbers as numbers.
    """
    if observed is None and expected is not None:
        return _absent(what, f"'{expected}'", absent, place)
    if ignore_case and isinstance(expected, str) and isinstance(observed, str):
        same = expected.casefold() == observed.casefold()
    else:
        same = expected == observed and isinstance(expected, bool) == isinstance(observed, bool)
    thing = begun(what) + at(place)
    if same:
        return Decision("pass", f"{thing} is '{observed}', as expected.")
    return Decision("fail", f"{thing} is '{observed}', but '{expected}' was expected.")


def one_of(
    *, what: str, allowed: Sequence[Any], observed: Any, absent: Absent = "inconclusive", place: str = ""
) -> Decision:
    """A word is one of those allowed; None among them allows that it is left out."""
    words = " or ".join("nothing" if word is None else f"'{word}'" for word in allowed)
    if observed is None and None not in allowed:
        return _absent(what, words, absent, place)
    said = "left out" if observed is None else f"'{observed}'"
    outcome: Result = "pass" if observed in allowed else "fail"
    return Decision(outcome, f"{begun(what)}{at(place)} is {said}; allowed is {words}.")


def held(
    *,
    what: str,
    cases: Any,
    violations: Sequence[str] = (),
    doubts: Sequence[str] = (),
    place: str = "",
) -> Decision:
    """Something held in every case looked at. ``violations`` and ``doubts`` are sentences, worst first."""
    looked = int(number("cases", cases))
    figures = {"cases": looked, "violations": len(violations), "doubts": len(doubts)}
    if violations:
        return Decision("fail", listed(list(violations)), figures=figures)
    if doubts:
        return Decision("inconclusive", listed(list(doubts)), figures=figures)
    if looked == 0:
        return Decision(
            "inconclusive",
            f"There was no case to look at for this: {what}{at(place)}.",
            figures=figures,
        )
    often = "the one case" if looked == 1 else f"all {looked} cases"
    return Decision("pass", f"{begun(what)}{at(place)}: held in {often} looked at.", figures=figures)


def unjudged(*, what: str, problem: str) -> Decision:
    """Nothing can be said, since the suite itself failed; that is never the fault of the EVSE."""
    return Decision("error", f"{begun(what)} could not be judged: {problem}.")


LONGEST = 1200
"""Characters of a sentence that a person still reads."""

RULES: Mapping[str, Callable[..., Decision]] = {
    "occurred": occurred,
    "never": never,
    "equals": equals,
    "one_of": one_of,
    "held": held,
    "unjudged": unjudged,
    "at_most": measured.at_most,
    "at_least": measured.at_least,
    "between": measured.between,
    "energy_error": energy_error,
    "stated_with_uncertainty": stated_with_uncertainty,
    "signed_values": signed_values,
    "state_of_charge_told": state_of_charge_told,
    "enough": enough,
    "fine_enough": fine_enough,
    "agree": measured.agree,
    "cost_equal": tallies.cost_equal,
    "cost_within": tallies.cost_within,
    "amount_at_most": tallies.amount_at_most,
    "ledger": tallies.ledger,
    "answered": papers.answered,
    "in_date": papers.in_date,
    "stated": papers.stated,
    "demonstrated": demonstrated,
}
"""Every rule by the name that checks and scenarios know it by."""


@cache
def _parameters(function: Callable[..., Decision]) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(function).parameters


def decide(rule: str, inputs: Mapping[str, Any]) -> Decision:
    """Apply a rule to its inputs, in the form in which a record holds them.

    Raises ``BenchError`` for a rule that does not exist, and for inputs that the rule does not take, lacks, or
    cannot read: those are mistakes of the suite, never of the EVSE.
    """
    function = RULES.get(rule)
    if function is None:
        near = get_close_matches(rule, RULES, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(RULES)}."
        raise BenchError(f"There is no rule '{rule}'; {hint}")
    parameters = _parameters(function)
    for name in inputs:
        if name not in parameters:
            near = get_close_matches(name, parameters, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"it takes {', '.join(parameters)}."
            raise BenchError(f"Rule '{rule}' has no input '{name}'; {hint}")
    for name, parameter in parameters.items():
        required = (
            parameter.default is inspect.Parameter.empty
            and parameter.kind is not inspect.Parameter.VAR_KEYWORD
        )
        if required and name not in inputs:
            raise BenchError(
                f"Rule '{rule}' needs the input '{name}'; it was given {', '.join(inputs) or 'none'}."
            )
    decision = function(**plain(inputs))
    return replace(decision, sentence=shortened(decision.sentence, LONGEST))
