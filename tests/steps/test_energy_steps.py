"""Steps that hold energy against the reference meter."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.steps.context import percent
from wattest.steps.energy import (
    check_register_continues,
    compare_energy,
    declared_step_wh,
    expect_meter_values,
    expect_no_creep,
    idle_a,
)

if TYPE_CHECKING:
    from tests.steps.conftest import Stand

LIMIT: Any = "hb44_ac_acceptance"
UNKNOWN = frozenset({"no data"})


def compare(stand: Stand, **more: Any) -> None:
    """Compare a transaction of 1000 Wh."""
    paid = more.pop("transaction", stand.transaction())
    stand.do(compare_energy(stand.run_, transaction=paid, limit=LIMIT, **more))


def test_energy_that_agrees(stand: Stand) -> None:
    """Without load at both ends, 1000 Wh against 1001 Wh are within 1 %; the end is the next comparison's begin."""
    stand.run_.marks.append(stand.power(0.0))
    stand.meter(stand.power(1001.0))
    compare(stand)
    assert stand.checks() == [
        ("energy of the transaction is reported", "pass"),
        ("no load before the session", "pass"),
        ("no load after the session", "pass"),
        ("energy error", "pass"),
    ]
    assert stand.run_.marks[-1].energy.value == 1001.0


def test_energy_that_does_not_agree(stand: Stand) -> None:
    """Half of what was delivered fails, naming the error and the limit."""
    stand.run_.marks.append(stand.power(0.0))
    stand.meter(stand.power(2000.0))
    with pytest.raises(RequirementFailed, match=r"^Energy of transaction 7 .*-?50.* %"):
        compare(stand)


@pytest.mark.parametrize(("before", "after"), [(16.0, 0.0), (0.0, 16.0)])
def test_load_at_an_end(stand: Stand, before: float, after: float) -> None:
    """A standing start-stop needs no load at either end: with load there nothing is compared."""
    stand.run_.marks.append(stand.power(0.0, before))
    stand.meter(stand.power(1000.0, after))
    name = "before" if before else "after"
    with pytest.raises(RequirementFailed) as caught:
        compare(stand)
    assert str(caught.value) == (
        f"The current {name} the session, for a standing start-stop is 16 A; at most 0.1 A is allowed."
    )
    assert stand.checks()[-1] == (f"no load {name} the session", "fail")


def test_the_contactor_is_given_a_moment(stand: Stand) -> None:
    """Current that dies away within seconds of the end is no load."""
    stand.run_.marks.append(stand.power(0.0))
    stand.meter(*(stand.power(1000.0, 16.0) for _ in range(5)), stand.power(1000.0, 0.01))
    compare(stand)
    assert stand.checks()[-1] == ("energy error", "pass")


def test_a_meter_without_a_current_proves_no_rest(stand: Stand) -> None:
    """A 0 that only stands for 'no data' is no proof that there was no load."""
    stand.run_.marks.append(stand.power(0.0, flags=UNKNOWN))
    stand.meter(stand.power(1000.0, flags=UNKNOWN))
    with pytest.raises(Inconclusive, match="flagged 'no data', and a flagged reading decides nothing"):
        compare(stand)


def test_nothing_to_begin_with(stand: Stand) -> None:
    """Without a reading before the session it is the bench that lacks something."""
    with pytest.raises(BenchError) as caught:
        compare(stand)
    assert str(caught.value) == (
        "There is no reference reading before the session; the bench needs a reference_meter."
    )


def test_registers_that_were_never_reported(stand: Stand) -> None:
    """A transaction without registers fails DAT-03, not the accuracy."""
    stand.run_.marks.append(stand.power(0.0))
    stand.meter(stand.power(1000.0))
    with pytest.raises(RequirementFailed, match=r"^Not there: begin and end register of transaction 7"):
        compare(stand, transaction=stand.transaction(meter_start_wh=None, meter_stop_wh=None))
    assert next(e for e in stand.notes if e["kind"] == "check")["requirements"] == ("DAT-03",)


def test_an_unknown_limit(stand: Stand) -> None:
    """A limit that no file states is an error that names those that are known."""
    with pytest.raises(BenchError) as caught:
        stand.run_.limit("hb45")
    assert str(caught.value).startswith("There is no limit 'hb45' under fixtures/limits; known are ")
    assert "hb44_ac_acceptance" in str(caught.value)


def test_a_limit_in_another_unit(stand: Stand) -> None:
    """An energy error cannot be held against seconds."""
    limit = next(limit for limit in stand.run_.limits.values() if limit.unit != "%")
    with pytest.raises(BenchError) as caught:
        percent(limit)
    assert str(caught.value) == (
        f"Limit '{limit.id}' is in {limit.unit}; an energy error needs a limit in %."
    )


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (1499, "The register at the start of transaction 8 is 1499 Wh; at least 1500 Wh is allowed."),
        (None, "Not there: the register at the end of one transaction and at the start of the next."),
    ],
)
def test_a_register_that_does_not_go_on(stand: Stand, start: int | None, sentence: str) -> None:
    """A register that went back, or was not reported, fails."""
    later = stand.transaction(id="8", meter_start_wh=None if start is None else Decimal(start))
    with pytest.raises(RequirementFailed) as caught:
        stand.do(check_register_continues(stand.run_, before=stand.transaction(), after=later))
    assert str(caught.value) == sentence


def test_a_register_that_goes_on(stand: Stand) -> None:
    """The last meter value stands in for an end that was lost with the power."""
    begun = stand.transaction().started_at
    assert begun is not None
    cut = stand.transaction(meter_stop_wh=None, register=((begun, Decimal(1400), 3),))
    stand.do(
        check_register_continues(
            stand.run_, before=cut, after=stand.transaction(id="8", meter_start_wh=Decimal(1400))
        )
    )
    assert [outcome for _, outcome in stand.checks()] == ["pass", "pass"]


def test_meter_values_with_a_gap(stand: Stand) -> None:
    """A gap longer than twice the interval fails; too few values fail as well."""
    begun = stand.transaction().started_at
    assert begun is not None
    at = [begun + timedelta(seconds=s) for s in (0, 60, 200)]
    stand.csms.put(stand.transaction(register=tuple((t, Decimal(1), 3) for t in at)))
    with pytest.raises(RequirementFailed) as caught:
        stand.do(expect_meter_values(stand.run_, transaction=stand.transaction(), every=60.0))
    assert str(caught.value) == "The longest gap between meter values is 140 s; at most 120 s is allowed."
    stand.csms.put(stand.transaction(register=()))
    with pytest.raises(RequirementFailed) as caught:
        stand.do(expect_meter_values(stand.run_, transaction=stand.transaction(), every=60.0))
    assert str(caught.value) == (
        "Register values of the transaction is 0 values; at least 3 values is allowed."
    )


def test_creep(stand: Stand) -> None:
    """A register that grows by more than a step without current fails."""
    begun = stand.transaction().started_at
    assert begun is not None
    stand.csms.put(stand.transaction(register=((begun, Decimal(10), 3),)))

    def grows(command: str) -> None:
        if len(stand.csms.fake.asked) == 2:
            stand.csms.put(stand.transaction(register=((begun, Decimal(13), 3),)))

    stand.csms.fake.then = grows
    with pytest.raises(RequirementFailed) as caught:
        stand.do(expect_no_creep(stand.run_, transaction=stand.transaction(), for_=600.0))
    assert str(caught.value) == (
        "The register's growth in 600 s without current is 3 Wh; at most 1 Wh is allowed."
    )


@pytest.mark.parametrize(
    ("amperes", "volts", "sentence"),
    [
        (0.5, 240.0, "Creep needs a connector without load, and the reference meter sees 0.5 A."),
        (
            0.0,
            0.0,
            (
                "Creep needs a closed contactor, and the reference meter sees 0 V instead of 192 V and more: this station "
                "opens its contactor when no current flows."
            ),
        ),
    ],
)
def test_creep_needs_a_live_connector_without_load(
    stand: Stand, amperes: float, volts: float, sentence: str
) -> None:
    """A register that stands still behind an open contactor, or counts a real load, proves nothing."""
    begun = stand.transaction().started_at
    assert begun is not None
    stand.csms.put(stand.transaction(register=((begun, Decimal(10), 3),)))
    reading = stand.power(0.0, amperes)
    stand.meter(replace(reading, voltage=replace(reading.voltage, value=volts)))
    with pytest.raises(Inconclusive) as caught:
        stand.do(expect_no_creep(stand.run_, transaction=stand.transaction(), for_=600.0))
    assert str(caught.value) == sentence


def test_no_creep(stand: Stand) -> None:
    """A live connector without load for the whole time, and a register that stands still."""
    begun = stand.transaction().started_at
    assert begun is not None
    stand.csms.put(stand.transaction(register=((begun, Decimal(10), 3),)))
    stand.meter(stand.power(0.0))
    stand.do(expect_no_creep(stand.run_, transaction=stand.transaction(), for_=600.0))
    assert stand.checks() == [("creep", "pass")]


def test_an_energy_that_is_flagged_says_so_itself(stand: Stand) -> None:
    """An expired calibration decides nothing, and it is the energy that says it, not the rest before."""
    flagged = stand.power(0.0, flags=frozenset({"calibration expired"}))
    stand.run_.marks.append(
        replace(flagged, energy=replace(flagged.energy, flags=frozenset({"calibration expired"})))
    )
    stand.meter(stand.power(1000.0))
    with pytest.raises(
        Inconclusive, match="flagged 'calibration expired', and a flagged reading decides nothing"
    ):
        compare(stand)
    assert stand.checks()[-1] == ("energy error", "inconclusive")


def test_a_load_at_the_input_is_what_the_station_itself_may_take(stand: Stand) -> None:
    """600 W at 240 V are 2.5 A; at the connector nothing flows at rest."""
    assert idle_a(stand.run_) == 0.1
    stand.run_.facts = replace(stand.run_.facts, measurement_plane="input")
    assert idle_a(stand.run_) == 2.5


def test_whole_watt_hours_of_ocpp_16(stand: Stand) -> None:
    """A register of 0.1 Wh is told in whole Wh at start and stop of OCPP 1.6, and as it is in 2.0.1."""
    stand.run_.facts = replace(stand.run_.facts, register_step_wh=0.1)
    assert declared_step_wh(stand.run_) == 1.0
    stand.run_.dialect = "2.0.1"
    assert declared_step_wh(stand.run_) == 0.1
