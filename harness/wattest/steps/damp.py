"""Steps with the humidity of the air: frost and dew on a station that comes in from the cold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wattest.document.quantity import Duration, Percent, Temperature, TemperatureDifference, TemperatureRamp
from wattest.errors import Inconclusive
from wattest.steps.cold import SCAN_S
from wattest.steps.context import Run
from wattest.steps.heard import calls
from wattest.steps.registry import step

FREEZING_C = 0.0
"""Below this no chamber controls the humidity of its air, so dew is looked for above it."""

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wattest.roles import Reading


@step(proves=("ROB-10",))
async def warm_in_damp_air(
    run: Run,
    *,
    temperature: Temperature,
    humidity: Percent,
    ramp: TemperatureRamp = 1.0,
    hold: Duration = 7200.0,
    tolerance: TemperatureDifference = 3.0,
    humidity_tolerance: Percent = 5.0,
    within: Duration = 43200.0,
) -> None:
    """Warm the air at a humidity until dew forms, and hold: the station neither faults nor restarts.

    ``humidity`` is relative and must be reached, within ``humidity_tolerance`` points, when the hold ends; while the air freezes no
    chamber controls it, and no dew is looked for. ``inconclusive`` when it is not reached, when the air does not arrive ``within`` the time, or when no
    thermometer was surely colder than the dew point of the air: then no dew was shown to have formed.
    Sources: IEC 60068-2-30 and -2-78 for the method (recalled), project criteria for the figures.
    """
    from wattest.judge.thermal import bedewed  # noqa: PLC0415 - reading scenarios needs no judge

    begin, entries = run.clock.monotonic(), len(run.entries())
    await run.act("chamber", "set_humidity", humidity_pct=humidity)
    await run.act("chamber", "set_temperature", temperature_c=temperature, ramp_k_per_min=ramp)
    wet: dict[str, tuple[str, tuple[int, ...]]] = {}
    arrived: float | None = None
    while arrived is None or run.clock.monotonic() - arrived < hold:
        await run.clock.sleep(SCAN_S if arrived is None else hold / 16)
        air, moisture = await run.temperature(), await _humidity(run)
        for place, reading in (await run.temperatures()).items():
            if place in wet or air.value <= FREEZING_C:
                continue
            if (said := bedewed(place, reading, air, moisture)) is not None:
                wet[place] = said, (*reading.seq, *air.seq, *moisture.seq)
        if arrived is None and abs(air.value - temperature) <= tolerance:
            arrived = run.clock.monotonic()
        elif arrived is None and run.clock.monotonic() - begin >= within:
            raise Inconclusive(
                f"The air is at {air.value:.1f} degC and did not come within {tolerance:g} K of {temperature:g} degC in {within:g} s."
            )
    if moisture.flags or abs(moisture.value - humidity) > humidity_tolerance:
        raise Inconclusive(
            f"The air has {moisture.value:.1f} % of relative humidity after {hold:g} s at {temperature:g} degC; "
            f"{humidity:g} % within {humidity_tolerance:g} were asked for."
        )
    if not wet:
        raise Inconclusive(
            "No dew was shown to form: no thermometer was colder than the dew point of the air by more than the uncertainties. "
            "Put one on the coldest part of the enclosure."
        )
    seq = run.note(
        "observation",
        role="thermometers",
        what="dew",
        value={"sentence": " ".join(said for said, _ in wet.values())},
        evidence=[seq for _, seqs in wet.values() for seq in seqs],
    )
    heard = run.entries()[entries:]
    troubles = _troubles(heard)
    run.check(
        "faults and restarts while dew formed",
        "never",
        {
            "what": "a fault or a restart",
            "count": len(troubles),
            "window_s": run.clock.monotonic() - begin,
            "channel_alive": run.csms.connected,
        },
        evidence=(seq, *troubles),
    )


async def _humidity(run: Run) -> Reading:
    return run.reading("chamber", "humidity", await run.part("chamber").read_humidity())


def _troubles(entries: Sequence[dict[str, Any]]) -> list[int]:
    """Boots, statuses ``Faulted`` and, in 2.x, problems told: whatever takes a station out of service counts as a trip.

    What 1.6 says beside a status other than ``Faulted`` is a warning (OCPP 1.6 4.9).
    """
    from wattest.judge.fault_reports import fault_reports  # noqa: PLC0415 - reading scenarios needs no judge

    found = {
        report.seq for report in fault_reports(entries) if report.dialect != "1.6" and not report.cleared
    }
    found |= {entry["seq"] for entry, _ in calls(entries, "BootNotification")}
    found |= {
        entry["seq"]
        for entry, payload in calls(entries, "StatusNotification")
        if "Faulted" in (payload.get("status"), payload.get("connectorStatus"))
    }
    return sorted(found)
