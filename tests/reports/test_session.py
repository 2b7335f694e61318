"""The plot of a session: what is drawn, what is thinned, what it says without eyes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wattest.record import Record
from wattest_reports.gather import report
from wattest_reports.plot import draw, rows
from wattest_reports.session import MOST_POINTS, thin
from wattest_reports.view import Series, Session
from wattest_reports.words import Words


def _session(record: Record) -> Session:
    found = next(one.session for one in report(record).attempts if one.session is not None)
    assert found is not None
    return found


def test_power_temperature_transaction_and_steps_are_drawn(record: Record) -> None:
    """Measured and stated power, temperature, the transaction's span and the steps."""
    shown = _session(record)
    assert [(one.role, one.name, one.unit, one.total) for one in shown.series] == [
        ("reference_meter", "power", "W", 12),
        ("chamber", "temperature", "degC", 12),
        ("evse", "power", "W", 12),
    ]
    ((name, begin, end),) = shown.transactions
    assert name == "1"
    assert end is not None
    assert 720 < end - begin < 722
    assert [index for index, _ in shown.steps] == [1, 2]


def test_the_drawing_is_the_same_every_time_and_tells_itself_in_words(record: Record) -> None:
    """Equal bytes, a title, and a description with the range of every curve and the transaction."""
    shown = _session(record)
    drawn = [draw(shown, "run-3", shown.begin, Words("en")) for _ in range(2)]
    assert drawn[0] == drawn[1]
    description = re.search(r'<desc id="run-3-pd">(.*?)</desc>', drawn[0])
    assert description is not None
    assert description.group(1).startswith(
        "reference meter, power: 0\u00a0W to 7540\u00a0W; chamber, temperature: \u221225.5\u00a0°C to \u221220\u00a0°C;"
    )
    assert "Transaction 1 from 0.0\u00a0s to 0:12:00.7." in description.group(1)


def test_the_table_behind_the_plot_holds_a_row_per_moment(record: Record) -> None:
    """Every curve's value at the same moments."""
    shown = rows(_session(record))
    assert len(shown) == 12
    assert shown[1][1] == (7520.0, -20.5, 7500.0)


def test_a_scenario_without_power_or_change_of_temperature_has_no_plot(tape: Callable[..., Any]) -> None:
    """Five readings of 20 degC are no picture."""
    made = tape()
    made.scenario("AUT-001", "A card", "authentication", ["AUT-02"])
    for _ in range(5):
        made.reading("power", 0.4, "W")
        made.reading("temperature", 20.0, "degC", role="chamber")
        made.wait(10)
    made.scenario_end("AUT-001", "pass")
    assert report(made.seal()).attempts[0].session is None


def test_nonsense_in_meter_values_is_not_drawn(tape: Callable[..., Any]) -> None:
    """A sample dated 1970, or of a size that no float holds, does not bend the axes."""
    made = tape()
    made.scenario("AUT-001", "A card", "authentication", ["AUT-02"])
    for watts in (0.0, 5000.0, 5000.0, 0.0):
        made.wait(10)
        made.reading("power", watts, "W")
    for value, stamp in (
        ("7000", "1970-01-01T00:00:00Z"),
        ("1e999", made.stamp),
        ("7.1", made.stamp),
        ("x", "y"),
    ):
        sample = {"value": value, "measurand": "Power.Active.Import", "unit": "kW"}
        values = {"connectorId": 1, "meterValue": [{"timestamp": stamp, "sampledValue": [sample]}]}
        made.call("MeterValues", values, {})
    made.scenario_end("AUT-001", "pass")
    shown = report(made.seal()).attempts[0].session
    assert shown is not None
    assert [one.points for one in shown.series if one.role == "evse"] == [((40.0, 7100.0),)]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=2000), st.integers(4, 300))
def test_thinning_keeps_ends_and_extremes(values: list[float], most: int) -> None:
    """However many points there are: at most so many stay, in order, with both ends and both extremes."""
    points = list(enumerate(values))
    kept = thin([(float(at), value) for at, value in points], most)
    assert len(kept) <= max(most, 1)
    assert kept == sorted(kept)
    assert kept[0] == (0.0, values[0])
    assert kept[-1] == (float(len(values) - 1), values[-1])
    assert {min(values), max(values)} <= {value for _, value in kept}


def test_a_long_series_is_decimated_and_says_so(tape: Callable[..., Any]) -> None:
    """Ten thousand readings become a few hundred points; one spike among them stays visible."""
    made = tape()
    made.scenario("MET-001", "x", "metering", ["MET-01"])
    for place in range(1000):
        made.wait(1)
        made.reading("power", 9999.0 if place == 777 else 5000.0, "W")
    made.scenario_end("MET-001", "pass")
    shown = report(made.seal()).attempts[0].session
    assert shown is not None
    (power,) = shown.series
    assert power.thinned
    assert power.total == 1000
    assert len(power.points) <= MOST_POINTS
    assert 9999.0 in {value for _, value in power.points}


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9), st.floats(0.001, 1e7))
def test_axes_hold_any_range(low: float, width: float, length: float) -> None:
    """No range of values or of time leaves the frame or hangs the drawing."""
    points = ((0.0, low), (length / 2, low + width), (length, low))
    series = tuple(Series("r", "n", unit, points, 3, thinned=False) for unit in ("W", "degC"))
    drawn = draw(Session(0.0, length, series, (("1", 0.0, None),), ((1, 0.0),)), "a", 0.0, Words("fr"))
    numbers = re.findall(r'points="([^"]+)"', drawn)
    assert len(drawn) < 20_000
    for part in numbers:
        for pair in part.split():
            x, y = (float(number) for number in pair.split(","))
            assert -1 <= x <= 961
            assert -1 <= y <= 352


def test_a_session_after_a_long_soak_gets_a_plot_of_its_own(tape: Callable[..., Any]) -> None:
    """Sixteen hours of cold would squeeze the charge into a line: the transactions are drawn once more, alone."""
    made = tape()
    made.scenario("COLD-001", "Cold", "climate", ["AUT-02"])
    made.begin("soak")
    for _ in range(16):
        made.wait(3600)
        made.reading("temperature", -40.0, "degC", role="chamber")
    made.done()
    made.begin("charge")
    made.session()
    made.done()
    made.scenario_end("COLD-001", "pass")
    whole = report(made.seal()).attempts[0].session
    assert whole is not None
    assert whole.end - whole.begin > 16 * 3600
    assert whole.closeup is not None
    assert 720 < whole.closeup.end - whole.closeup.begin < 800
    assert [index for index, _ in whole.closeup.steps] == [2]
    drawn = draw(whole.closeup, "a", whole.begin, Words())
    assert ">16:02:00</text>" in drawn


def test_points_of_one_moment_keep_their_order(tape: Callable[..., Any]) -> None:
    """At the instant at which a contactor opens, the value before comes before the value after."""
    made = tape()
    made.scenario("MET-001", "x", "metering", ["MET-01"])
    for watts in (0.0, 5000.0, 0.0):
        made.reading("power", watts, "W")
    made.wait(10)
    made.reading("power", 0.0, "W")
    made.scenario_end("MET-001", "pass")
    shown = report(made.seal()).attempts[0].session
    assert shown is not None
    assert [value for _, value in shown.series[0].points] == [0.0, 5000.0, 0.0, 0.0]
