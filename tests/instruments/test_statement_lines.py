"""An acquirer's statement, as a person types it and as a rig sends it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from wattest.clock import VirtualClock
from wattest.errors import RigError
from wattest.roles import Acquirer, Identity, Movement, Statement, Surroundings
from wattest_instruments.actions import Answer
from wattest_instruments.by_hand import by_hand
from wattest_instruments.gauge import Gauge
from wattest_instruments.played import played
from wattest_instruments.statement_lines import movement_of, movements_of

SINCE = datetime(2026, 1, 15, 12, 0, 30, tzinfo=UTC)
CAPTURED = Movement("captured", Decimal("12.34"), "CAD", "1111", "A17")


@pytest.mark.parametrize(
    "told",
    [
        "captured 12.34 CAD 1111 A17",
        "CAPTURED 12,34 cad 1111 A17",
        "capturé 12,34 CAD 1111 A17",
        {"kind": "captured", "amount": "12.34", "currency": "CAD", "last_four": "1111", "reference": "A17"},
        {
            "kind": "captured",
            "amount": Decimal("12.34"),
            "currency": "CAD",
            "last_four": 1111,
            "reference": "A17",
        },
    ],
)
def test_a_movement_is_read_exactly(told: Any) -> None:
    """From words or fields, in English or French, every cent kept."""
    assert movement_of(told) == CAPTURED


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ("captured 12.34 CAD", "'captured 12.34 CAD' is no movement such as 'captured 12.34 CAD 1111 A17'"),
        ("taken 12.34 CAD 1111 A17", "'taken' is none of authorised, refused, captured, released, refunded"),
        ("captured 12.345 CAD 1111 A17", "'12.345' is no amount in cents"),
        ("captured -1.00 CAD 1111 A17", "'-1.00' is no amount in cents"),
        ("captured x CAD 1111 A17", "'x' is no amount in cents"),
        ("captured 1.00 $ 1111 A17", "'$' is no currency such as CAD"),
        (
            "captured 1.00 CAD 4111111111111111 A17",
            "the last four digits of a card are four digits, or - where they are not shown",
        ),
        (
            {"kind": "captured"},
            "a movement has no 'amount'; it needs kind, amount, currency, last_four, reference",
        ),
    ],
)
def test_what_is_no_movement_is_said(told: Any, wrong: str) -> None:
    """Half a sentence that names what is wrong, and never a card number."""
    assert movement_of(told) == wrong


def test_a_statement_is_a_list_or_lines() -> None:
    """Movements in their order; where the acquirer does not show the last digits a dash stands."""
    text = "authorised 50.00 CAD - A17 / captured 12.34 CAD 1111 A17"
    both = movements_of(text)
    assert both == movements_of(text.split(" / ")) == movements_of(text.replace(" / ", "\n"))
    assert both == (Movement("authorised", Decimal("50.00"), "CAD", "", "A17"), CAPTURED)
    assert movements_of("-") == movements_of([]) == movements_of("") == ()
    assert movements_of(["captured 12.34 CAD 1111 A17", "x"]) == (
        "'x' is no movement such as 'captured 12.34 CAD 1111 A17'"
    )


def test_a_person_reads_the_portal() -> None:
    """The question names the time; what makes no sense is asked again with the reason; the task names what is to be arranged."""
    asked: list[str] = []
    typed = [
        "done",
        "captured 12.345 CAD 1111 A17",
        "authorised 50.00 CAD 1111 A17 / captured 12.34 CAD 1111 A17",
    ]

    async def prompt(text: str) -> str:
        asked.append(text)
        return typed.pop(0)

    with VirtualClock() as clock:
        around = Surroundings(
            clock=clock, note=lambda _kind, /, **_fields: 7, role="acquirer", folder=".", prompt=prompt
        )
        acquirer = cast("Acquirer", by_hand(around, person="Ada"))
        clock.run(acquirer.set_answer("silent"))
        seen = clock.run(acquirer.statement(SINCE))
    assert [one.kind for one in seen.movements] == ["authorised", "captured"]
    assert seen.seq == (7,)
    assert asked[0].startswith(
        "[acquirer] Arrange that the acquirer's test host leaves authorisations without an answer from now on, by the test "
        "card or amount that it publishes for that; or unplug the terminal's line."
    )
    assert asked[1].startswith(
        "[acquirer] Which movements does the acquirer's test portal show since 2026-01-15T12:00:30Z, oldest first?"
    )
    assert asked[2].startswith("'12.345' is no amount in cents.\n")


def test_a_person_is_asked_in_french() -> None:
    """Task and question, with French words for what a movement is."""
    asked: list[str] = []
    typed = ["fait", "refusé 50,00 CAD 1111 A17"]

    async def prompt(text: str) -> str:
        asked.append(text)
        return typed.pop(0)

    with VirtualClock() as clock:
        around = Surroundings(
            clock=clock, note=lambda _kind, /, **_fields: 7, role="acquirer", folder=".", prompt=prompt
        )
        acquirer = cast("Acquirer", by_hand(around, person="Ada", language="fr"))
        clock.run(acquirer.set_answer("refuse"))
        assert clock.run(acquirer.statement(SINCE)).movements[0].kind == "refused"
    assert "l'hôte d'essai de l'acquéreur refuse les autorisations à partir de maintenant" in asked[0]
    assert (
        "Quels mouvements le portail d'essai de l'acquéreur montre-t-il depuis 2026-01-15T12:00:30Z"
        in asked[1]
    )


class Doer:
    """A rig with a statement of its own."""

    role, where, supports = "acquirer", "acquirer over HTTP", frozenset({"set_answer", "statement"})

    def __init__(self, movements: Any) -> None:
        self.movements = movements
        self.heard: list[tuple[str, dict[str, Any]]] = []

    async def open(self) -> Identity:
        return Identity("x", "y", "z")

    async def make_safe(self) -> None: ...

    async def close(self) -> None: ...

    async def do(self, action: str, /, **arguments: Any) -> Answer:
        self.heard.append((action, arguments))
        return Answer({"movements": self.movements}, (4,))


def test_a_rig_is_asked_with_the_time_in_utc() -> None:
    """Its list becomes movements; what cannot be read is a sentence of the bench."""
    with VirtualClock() as clock:
        around = Surroundings(clock=clock, note=lambda _kind, /, **_fields: 7, role="acquirer", folder=".")
        doer = Doer(
            [
                {
                    "kind": "captured",
                    "amount": "12.34",
                    "currency": "CAD",
                    "last_four": "1111",
                    "reference": "A17",
                }
            ]
        )
        acquirer = cast("Acquirer", played(doer, Gauge(around)))
        clock.run(acquirer.set_answer("refuse"))
        assert clock.run(acquirer.statement(SINCE)) == Statement((CAPTURED,), (4,))
        assert doer.heard == [
            ("set_answer", {"answer": "refuse"}),
            ("statement", {"since": "2026-01-15T12:00:30Z"}),
        ]
        broken = cast("Acquirer", played(Doer(["captured x CAD 1111 A17"]), Gauge(around)))
        with pytest.raises(RigError) as stopped:
            clock.run(broken.statement(SINCE))
    assert str(stopped.value) == (
        "acquirer over HTTP answered a statement that cannot be read: 'x' is no amount in cents."
    )
