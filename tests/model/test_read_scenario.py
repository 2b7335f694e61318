from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from wattest.document.reader import read_text
from wattest.errors import DocumentError
from wattest.model.read_scenario import Knowledge, read_scenario, scenarios_of
from wattest.model.scenario import Card, Reference, Scenario
from wattest.model.tariff import Tariff
from wattest.model.verb import Verb

Reads = Callable[[str], tuple[Scenario, ...]]
Complains = Callable[[str], list[str]]

WHOLE = """scenario: A driver charges and pays
titre: Une conductrice recharge et paie
id: MET-001
covers: [AUT-02, MET-01, MET-10]
needs: [card_reader, lock_jam, cost_display]
dialects: [1.6]
given:
  cards: {driver: 04E2A1B2, stranger: {uid: 04DEADBE, status: unknown, group: G}}
  tariff: {energy: 0.35 CAD/kWh, idle_cap: 12 CAD}
  settings: {meter_interval: 60 s, sampled_measurands: [energy, state_of_charge], local_list: yes, message_attempts: 3, max_energy_on_invalid: 1 kWh}
  temperature: -30 degC
steps:
  - present_card: driver
  - plug_in
  - charge: {current: 16 A, for: 5 min}
  - expect_transaction: {state: ended, save_as: paid, proves: [AUT-02, AUT-03]}
  - compare_energy: {transaction: $paid}
  - unplug:
time_limit: 2 h
maturity: watchlist
"""


def test_reads_a_whole_scenario(scenario: Reads) -> None:
    """Every key arrives where it belongs, in SI units."""
    (one,) = scenario(WHOLE)
    assert (one.id, one.key, one.title, one.title_fr) == (
        "MET-001",
        "MET-001",
        "A driver charges and pays",
        "Une conductrice recharge et paie",
    )
    assert one.covers == ("AUT-02", "MET-01", "MET-10")
    assert one.needs == ("card_reader", "lock_jam", "cost_display")
    assert one.dialects == ("1.6",)
    assert one.given.cards == {"driver": Card("04E2A1B2"), "stranger": Card("04DEADBE", "unknown", "G")}
    assert one.given.tariff == Tariff("inline", energy=Decimal("0.35"), idle_cap=Decimal(12))
    assert one.given.settings == {
        "local_list": "true",
        "max_energy_on_invalid": "1000",
        "message_attempts": "3",
        "meter_interval": "60",
        "sampled_measurands": "Energy.Active.Import.Register,SoC",
    }
    assert one.given.temperature_c == -30.0
    assert (one.time_limit_s, one.maturity, one.area, one.path) == (
        7200.0,
        "watchlist",
        "metering",
        "metering/f.scenario.yaml",
    )


def test_reads_steps_with_arguments_places_and_proofs(scenario: Reads) -> None:
    """A step keeps its verb, its arguments by Python's names, what it proves and saves, and its place."""
    (one,) = scenario(WHOLE)
    assert [(step.verb, dict(step.arguments), step.proves, step.save_as) for step in one.steps] == [
        ("present_card", {"card": "driver"}, (), None),
        ("plug_in", {}, (), None),
        ("charge", {"current": 16.0, "for_": 300.0}, (), None),
        ("expect_transaction", {"state": "ended"}, ("AUT-02", "AUT-03"), "paid"),
        ("compare_energy", {"transaction": Reference("paid")}, ("MET-01",), None),
        ("unplug", {}, (), None),
    ]
    assert str(one.steps[2].place) == "metering/f.scenario.yaml:15:5"
    assert one.steps[2].text == "charge: {current: 16 A, for: 5 min}"
    assert one.steps[1].text == "plug_in"


def test_defaults_of_a_short_scenario(steps: Reads) -> None:
    """What is not said is the default: every dialect, one hour, stable."""
    (one,) = steps("  - expect_transaction\n")
    assert (one.dialects, one.time_limit_s, one.maturity, one.title_fr) == (
        ("1.6", "2.0.1", "2.1"),
        3600.0,
        "stable",
        "",
    )
    assert (one.given.tariff, one.given.settings, one.given.temperature_c) == (None, {}, None)


def test_a_scenario_without_given_has_no_cards(scenario: Reads) -> None:
    """``given`` may be left out, or be empty."""
    text = "scenario: x\nid: AB-123\ncovers: [AUT-02]\nsteps: [expect_transaction]\n"
    assert scenario(text)[0].given.cards == {}
    assert scenario(f"{text}given:\n")[0].given.cards == {}


def test_each_variant_is_a_scenario(scenario: Reads) -> None:
    """for_each gives one scenario per combination, each with its values filled in and named in its key."""
    found = scenario(
        "scenario: Many\nid: MET-002\ncovers: [AUT-02]\nfor_each: {current: [6 A, 16 A], limit: [10 min, 2 h], who: [driver]}\ngiven: {cards: {driver: 04E2A1B2}}\nsteps:\n  - present_card: $who\n  - charge: {current: $current}\n  - expect_transaction\ntime_limit: $limit\n"
    )
    assert [one.key for one in found] == [
        "MET-002 [6 A, 10 min, driver]",
        "MET-002 [6 A, 2 h, driver]",
        "MET-002 [16 A, 10 min, driver]",
        "MET-002 [16 A, 2 h, driver]",
    ]
    assert [one.steps[1].arguments["current"] for one in found] == [6.0, 6.0, 16.0, 16.0]
    assert found[0].steps[1].text == "charge: {current: 6 A}"
    assert found[3].time_limit_s == 7200.0
    assert dict(found[3].parameters) == {"current": "16 A", "limit": "2 h", "who": "driver"}


def test_a_sole_check_proves_the_sole_requirement(scenario: Reads) -> None:
    """A check without any 'proves' counts for the only requirement that the scenario covers."""
    (one,) = scenario("scenario: x\nid: AB-123\ncovers: [MET-02]\nsteps: [expect_something]\n")
    assert one.steps[0].proves == ("MET-02",)


TOP = "scenario: x\nid: AB-123\ncovers: [AUT-02]\nsteps: [expect_transaction]\n"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("[a]\n", ["1:1: a list stands here; a scenario is a mapping"]),
        ("just text\n", ["1:1: 'just text' stands here; a scenario is a mapping"]),
        (
            "covers: [AUT-02]\n",
            [
                "1:1: a scenario needs the key 'id': a scenario id such as 'MET-001'",
                "1:1: a scenario needs the key 'scenario': text",
                "1:1: a scenario needs the key 'steps'",
                "1:10: nothing here proves AUT-02: no step's checks count for it and no monitor watches it; add 'proves: [AUT-02]' to the step that does",
            ],
        ),
        (TOP + "tittre: y\n", ["5:1: a scenario has no key 'tittre'; did you mean 'titre'?"]),
        (TOP.replace("AB-123", "ab-1"), ["2:5: 'ab-1' is not a scenario id such as 'MET-001'"]),
        (TOP.replace("[AUT-02]", "AUT-02"), ["3:9: 'AUT-02' stands here; a list is needed"]),
        (
            TOP.replace("[AUT-02]", "[]"),
            ["3:9: a scenario that covers nothing gives no verdict; name at least one requirement"],
        ),
        (
            TOP.replace("[AUT-02]", "[AUT-02, AUT-02]"),
            ["3:18: 'AUT-02' stands twice under 'covers'"],
        ),
        (
            TOP.replace("[AUT-02]", "[AUT-02, AUT-20]"),
            ["3:18: 'AUT-20' is not a known requirement; did you mean 'AUT-03'?"],
        ),
        (
            TOP.replace("[AUT-02]", "[AUT-02, MET-01]"),
            [
                "3:18: nothing here proves MET-01: no step's checks count for it and no monitor watches it; add 'proves: [MET-01]' to the step that does"
            ],
        ),
        (
            TOP + "needs: [card_raeder]\n",
            ["5:9: 'card_raeder' is not a known need; did you mean 'card_reader'?"],
        ),
        (TOP + "dialects: [2.0]\n", ["5:12: '2.0' is not allowed here; did you mean '2.0.1'?"]),
        (TOP + "time_limit: 30\n", ["5:13: '30' has no unit; a time is needed here, such as '30 s'"]),
        (TOP + "maturity: stale\n", ["5:11: 'stale' is not allowed here; did you mean 'stable'?"]),
        (TOP + "given: 3\n", ["5:8: '3' stands here; a mapping is needed"]),
        (
            TOP + "given: {cards: {driver: 'no such uid!'}}\n",
            [
                "5:25: 'no such uid!' is not the UID of a card: 1 to 20 letters, digits or *-_=:+|@. (OCPP 1.6 idTag)"
            ],
        ),
        (
            TOP + "given: {cards: {Driver: 04E2}}\n",
            ["5:17: 'Driver' is not a name such as 'low_current': small letters, digits and '_'"],
        ),
        (
            TOP + "given: {cards: nowhere}\n",
            ["5:16: there is no file 'nowhere.yaml' under cards; known: 'standard'"],
        ),
        (
            TOP + "given: {tariff: energy_olny}\n",
            ["5:17: there is no file 'energy_olny.yaml' under tariffs; did you mean 'energy_only'?"],
        ),
        (
            TOP + "given: {tariff: {energy: 0.35 CAD}}\n",
            [
                "5:26: '0.35 CAD' is an amount of money; a price of energy is needed here, such as '0.35 CAD/kWh'"
            ],
        ),
        (
            TOP + "given: {tariff: {flat: -1 CAD}}\n",
            ["5:17: 'flat' is -1 CAD; a price is never below 0 CAD"],
        ),
        (
            TOP + "given: {settings: {meter_intreval: 60 s}}\n",
            ["5:20: a settings has no key 'meter_intreval'; did you mean 'meter_interval'?"],
        ),
        (
            TOP + "given: {settings: {meter_interval: 60}}\n",
            ["5:36: '60' has no unit; a time is needed here, such as '30 s'"],
        ),
        (
            TOP + "given: {settings: {meter_interval: 500 ms}}\n",
            ["5:19: 'meter_interval' comes to 0.5; OCPP settings are whole numbers of seconds or Wh"],
        ),
        (
            TOP + "given: {temperature: -40 K}\n",
            ["5:22: '-40 K' is a temperature difference; a temperature is needed here, such as '-30 degC'"],
        ),
    ],
)
def test_says_what_is_wrong_with_a_scenario(complaints: Complains, text: str, sentences: list[str]) -> None:
    """Each mistake gets one sentence at its place, all of a file at once."""
    assert complaints(text) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "for_each: {current: [6 A]}\n",
            ["5:12: for_each varies 'current', but nothing in the scenario says '$current'"],
        ),
        (
            "for_each: {current: 6 A}\n",
            ["5:21: for_each needs a list of values for 'current', such as [6 A, 16 A]"],
        ),
        (
            "for_each: {current: []}\n",
            ["5:21: for_each needs a list of values for 'current', such as [6 A, 16 A]"],
        ),
        (
            "for_each: {Current: [6 A]}\n",
            ["5:12: 'Current' is not a name such as 'low_current': small letters, digits and '_'"],
        ),
        ("for_each: 3\n", ["5:11: '3' stands here; for_each is a mapping such as {current: [6 A, 16 A]}"]),
        (
            "for_each: {x: [[a]]}\ntime_limit: $x\n",
            ["5:16: a value of 'x' must be text, such as '16 A'"],
        ),
        (
            "for_each: {x: [30 A]}\ntime_limit: $x\n",
            ["5:16: '30 A' is a current; a time is needed here, such as '30 s' (as $x in line 6)"],
        ),
    ],
)
def test_says_what_is_wrong_with_for_each(complaints: Complains, text: str, sentences: list[str]) -> None:
    """A wrong value is blamed where it stands, with the place of its use."""
    assert complaints(TOP + text) == sentences


def test_for_each_cannot_explode(complaints: Complains) -> None:
    """Ten names with ten values each would be ten thousand million scenarios."""
    names = [f"n{number}" for number in range(10)]
    rows = ", ".join(f"{name}: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]" for name in names)
    used = ", ".join(f"{name}: ${name}" for name in names)
    found = complaints(f"{TOP}for_each: {{{rows}}}\ngiven: {{{used}}}\n")
    assert "5:11: for_each makes 10000000000 variants; 200 are the most that one file may have" in found


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("  - presnt_card: driver\n", ["1:5: there is no step 'presnt_card'; did you mean 'present_card'?"]),
        ("  - present_card: dirver\n", ["1:19: 'dirver' is not a known card; did you mean 'driver'?"]),
        ("  - present_card\n", ["1:5: present_card needs the argument 'card': the name of a card"]),
        (
            "  - charge: {currrent: 6 A}\n",
            [
                "1:13: charge needs the argument 'current': a current such as '16 A'",
                "1:14: charge has no argument 'currrent'; did you mean 'current'?",
            ],
        ),
        ("  - charge: {current: 6 s}\n", ["1:23: '6 s' is a time; a current is needed here, such as '16 A'"]),
        (
            "  - charge: {current: 6 A, save_as: x}\n",
            ["1:37: charge returns nothing that could be saved; remove 'save_as'"],
        ),
        (
            "  - charge: {current: 6 A, proves: [AUT-02]}\n",
            ["1:36: charge checks nothing, so it proves nothing; remove 'proves'"],
        ),
        (
            "  - expect_transaction: {proves: [AUT-2]}\n",
            ["1:35: 'AUT-2' is not a known requirement; did you mean 'AUT-02'?"],
        ),
        ("  - expect_transaction: {proves: AUT-02}\n", ["1:34: 'AUT-02' stands here; a list is needed"]),
        (
            "  - expect_transaction: {save_as: Paid}\n",
            ["1:35: 'Paid' is not a name such as 'paid': small letters, digits and '_'"],
        ),
        (
            "  - expect_transaction: {save_as: a}\n  - expect_transaction: {save_as: a}\n",
            ["2:35: 'a' is taken by an earlier step or by for_each; choose another name"],
        ),
        ("  - unplug: driver\n", ["1:13: unplug takes no argument"]),
        ("  - [unplug]\n", ["1:5: a list stands here; a step is a verb, with its arguments behind ':'"]),
        ("  -\n", ["1:4: nothing stands here; a step is a verb, with its arguments behind ':'"]),
        (
            "  - charge:\n    current: 6 A\n",
            [
                "1:5: one step is one verb, but 'charge' and 'current' stand here; indent arguments further than their verb"
            ],
        ),
        (
            "  - {}\n",
            ["1:5: one step is one verb, but nothing stand here; indent arguments further than their verb"],
        ),
        (
            "  - send_local_list: [driver, nobody]\n",
            ["1:31: 'nobody' is not a known card; known: 'driver', 'blocked'"],
        ),
        ("  - power_evse: of\n", ["1:17: 'of' is not allowed here; did you mean 'off'?"]),
        ("  - compare_energy: {transaction: $piad}\n", ["1:35: nothing is saved as 'piad' before this step"]),
        (
            "  - expect_transaction: {save_as: paid}\n  - compare_energy: $piad\n",
            ["2:21: nothing is saved as 'piad' before this step; did you mean '$paid'?"],
        ),
        (
            "  - compare_energy: $paid\n  - expect_transaction: {save_as: paid}\n",
            ["1:21: nothing is saved as 'paid' before this step"],
        ),
        (
            "  - expect_transaction: {save_as: paid}\n  - compare_energy: paid\n",
            ["2:21: 'paid' stands here; what an earlier step saved, written '$name', is needed"],
        ),
        (
            "  - expect_transaction: {save_as: paid}\n  - compare_energy: {transaction: $paid, limit: one_prcent}\n",
            ["2:49: 'one_prcent' is not a known limit; did you mean 'one_percent'?"],
        ),
    ],
)
def test_says_what_is_wrong_with_a_step(step_complaints: Complains, text: str, sentences: list[str]) -> None:
    """Verbs, arguments, names and proofs are checked before any bench is touched."""
    found = [line for line in step_complaints(text) if not line.endswith("to the step that does")]
    assert found == sentences


def test_a_broken_step_does_not_breed_more_mistakes(step_complaints: Complains) -> None:
    """What a step would prove counts even when its arguments are wrong, and nobody guesses about unknown verbs."""
    assert step_complaints("  - expect_transaction: {state: chargin}\n") == [
        "1:33: 'chargin' is not allowed here; did you mean 'charging'?"
    ]
    assert step_complaints("  - expect_transaction: []\n") == [
        "1:25: a list stands here; 'charging' or 'ended' is needed"
    ]
    assert step_complaints("  - expect_transactoin\n") == [
        "1:5: there is no step 'expect_transactoin'; did you mean 'expect_transaction'?"
    ]


def test_steps_are_a_list(complaints: Complains) -> None:
    """A mapping of verbs, or nothing, is no list of steps."""
    head = "scenario: x\nid: AB-123\ncovers: [MET-10]\n"
    assert complaints(f"{head}steps: {{unplug: }}\n") == [
        "4:8: a mapping stands here; 'steps' is a list of verbs"
    ]
    assert complaints(f"{head}steps: []\n") == ["4:8: a scenario needs at least one step"]


def test_a_check_must_know_what_it_proves(complaints: Complains) -> None:
    """With several requirements a check that proves nothing by itself must say what it proves."""
    text = (
        "scenario: x\nid: AB-123\ncovers: [MET-10, AUT-02]\nsteps: [expect_something, expect_transaction]\n"
    )
    assert complaints(text) == [
        "4:9: what does expect_something prove here? This scenario covers 2 requirements; add 'proves: [...]' to the step"
    ]


def test_broken_cards_do_not_breed_more_mistakes(complaints: Complains) -> None:
    """When the cards cannot be read, their use in steps is not blamed too."""
    text = f"{TOP.replace('[expect', '[{present_card: driver}, expect')}given: {{cards: {{driver: {{uid: 04, satus: x}}}}}}\n"
    assert complaints(text) == ["5:35: a card has no key 'satus'; did you mean 'status'?"]


def test_cards_and_tariff_by_name(steps: Reads, scenario: Reads) -> None:
    """A name under given stands for a file of the library."""
    (one,) = scenario(f"{TOP}given: {{cards: standard, tariff: energy_only}}\n")
    assert one.given.cards["blocked"].status == "blocked"
    assert one.given.tariff is not None
    assert one.given.tariff.energy == Decimal("0.35")


def test_a_broken_tariff_is_blamed_where_it_is_named(
    written: Callable[[str, str], Path], verbs: dict[str, Verb]
) -> None:
    """The mistake of a file that a scenario names is told with both places, and cards do not suffer from it."""
    path = written("tariffs/broken.yaml", "tariff: broken\nenergy: 3\n")
    knowledge = Knowledge(verbs, ["AUT-02"], fixtures=path.parents[1])
    with pytest.raises(DocumentError) as refusal:
        scenarios_of(read_text(f"{TOP}given: {{tariff: broken}}\n"), knowledge)
    (problem,) = refusal.value.problems
    assert str(problem.place) == "<text>:5:17"
    assert problem.sentence == (
        f"'broken' cannot be used: {path}:2:9: '3' has no unit; a price of energy is needed here, such as"
        " '0.35 CAD/kWh'"
    )


def test_reads_a_file_against_the_library(
    verbs: dict[str, Verb], written: Callable[[str, str], Path]
) -> None:
    """Without ids of its own the reader asks the requirements and limits that come with Wattest."""
    path = written("outage/x.scenario.yaml", TOP)
    (one,) = read_scenario(path, verbs)
    assert (one.area, one.path) == ("outage", str(path))
    assert len(one.sha256) == 64
    with pytest.raises(DocumentError):
        read_scenario(path, verbs, requirements=["MET-01"], limits=[])


def test_a_date_needs_a_bench_that_can_choose_it(scenario: Reads, complaints: Complains) -> None:
    """A scenario on a certain day says that it needs one; the day is read as a date."""
    dated = WHOLE.replace("  temperature: -30 degC\n", "  date: 2025-03-31\n")
    assert complaints(dated) == ["1:1: a scenario that chooses its date must say 'any_date' under 'needs'"]
    (one,) = scenario(dated.replace("needs: [", "needs: [any_date, "))
    assert str(one.given.date) == "2025-03-31"
