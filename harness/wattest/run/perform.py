"""Performing one scenario: steps, watching, safety, monitors, verdicts. No pytest here."""

from __future__ import annotations

import asyncio
import traceback
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wattest.card_data import Look
from wattest.csms.local_cost import take_back
from wattest.errors import (
    BenchError,
    CallTimedOut,
    Inconclusive,
    RequirementFailed,
    RunAborted,
    StationGone,
)
from wattest.judge.monitors import run_monitors
from wattest.judge.rules import decide
from wattest.judge.station_files import ORIGIN
from wattest.judge.verdicts import item_verdict, requirement_verdicts
from wattest.model.library import shown_path
from wattest.record.evidence import store
from wattest.run.known import Changed, note_calibrations
from wattest.steps import Run, verbs
from wattest.steps.context import note_check

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from wattest.model.scenario import Dialect, Scenario, StepCall
    from wattest.roles import Note
    from wattest.run.campaign import Campaign, Stage

    StepWatch = Callable[[str], AbstractContextManager[Any]]

GONE_REQUIREMENT = "NET-02"
"""A station that is not there, or does not answer, contradicts the reliability of its link."""


PATIENCE_S = 60.0
"""Beyond its boot time, how long a station may stay away after whatever was done to it (project)."""


NEWS_S = 1.0
"""How long after a failure the news that the EVSE died may take."""


@dataclass(frozen=True)
class Outcome:
    """Verdict of one attempt, with the sentence a person should read first."""

    verdict: str
    sentence: str
    requirements: dict[str, str]
    seconds: float


async def perform(
    campaign: Campaign,
    scenario: Scenario,
    dialect: Dialect,
    *,
    attempt: int = 1,
    watch: StepWatch | None = None,
) -> Outcome:
    """Perform a scenario and judge it; never raises for what the EVSE or the bench does.

    Raises ``RunAborted`` when the run was stopped from outside, after everything was made safe.
    """
    recorder = campaign.recorder
    begin = campaign.clock.monotonic()
    campaign.performed.add((scenario.key, dialect))
    first = recorder.note(
        "scenario",
        key=scenario.key,
        id=scenario.id,
        title=scenario.title,
        title_fr=scenario.title_fr,
        area=scenario.area,
        dialect=dialect,
        attempt=attempt,
        covers=scenario.covers,
        parameters=scenario.parameters,
        sha256=scenario.sha256,
        path=shown_path(scenario.path),
    )
    aborted = False
    try:
        await _enact(campaign, scenario, dialect, watch or _unwatched)
    except asyncio.CancelledError:
        aborted = True
    finally:
        aborted = await _leave(campaign) or aborted or campaign.stop is not None
    if aborted:
        campaign.stop = campaign.stop or "the run was cancelled"
        campaign.note_stop()
    outcome = _judge(campaign, scenario, dialect, attempt, first, begin)
    if aborted:
        raise RunAborted(f"The run was {campaign.stop}.")
    return outcome


def _unwatched(_text: str) -> AbstractContextManager[None]:
    return nullcontext()


async def _enact(campaign: Campaign, scenario: Scenario, dialect: Dialect, watch: StepWatch) -> None:
    note = campaign.recorder.note
    limit = asyncio.timeout(scenario.time_limit_s)
    ready = False
    try:
        async with limit:
            stage = await campaign.venue.enter(scenario, dialect, campaign.seed_of(scenario, dialect))
            run = await _prepared(campaign, scenario, dialect, stage)
            ready = True
            for index, call in enumerate(scenario.steps, 1):
                if not await _step(campaign, run, index, call, watch, stage.breach):
                    return
    except (StationGone, CallTimedOut) as problem:
        note("step_end", key=scenario.key, index=0, outcome="failed", sentence=str(problem))
        _finding(note, scenario, 0, "getting ready", str(problem))
    except Inconclusive as problem:
        note("step_end", key=scenario.key, index=0, outcome="inconclusive", sentence=str(problem))
    except Changed as problem:
        campaign.stop = campaign.stop or f"stopped: {problem}"
        note(
            "step_end", key=scenario.key, index=0, outcome="aborted", sentence=f"The run was {campaign.stop}."
        )
    except Exception as problem:  # noqa: BLE001 - whatever our side does wrong is an error of the bench, said so
        if not (isinstance(problem, TimeoutError) and limit.expired()):
            sentence = f"Getting ready failed: {_words(problem)}"
            note("step_end", key=scenario.key, index=0, outcome="error", sentence=sentence)
        elif not ready:  # a step that was cut short has said so itself
            note("step_end", key=scenario.key, index=0, outcome="inconclusive", sentence=_late(scenario))


async def _prepared(campaign: Campaign, scenario: Scenario, dialect: Dialect, stage: Stage) -> Run:
    given, note = scenario.given, campaign.recorder.note
    first = campaign.recorder.count
    run = Run(
        scenario=scenario,
        dialect=dialect,
        sheet=campaign.sheet,
        parts=stage.parts,
        csms=stage.csms,
        clock=campaign.clock,
        note=note,
        facts=campaign.facts,
        rule=campaign.rule,
        rules=campaign.rules,
        profiles=campaign.profiles,
        limits=campaign.limits,
        taxes=campaign.taxes,
        entries=lambda: campaign.recorder.entries(since=first),
        started_s=campaign.clock.monotonic(),
        fallen=stage.fallen,
        feeder=stage.feeder,
        folder=campaign.folder,
        store=lambda name, content: _kept(campaign, name, content),
        seen=set(stage.csms.ledger.transactions),
    )
    stage.csms.accepts_unknown = False
    for name, card in given.cards.items():
        stage.csms.set_card(card)
        note("setting", what="card", name=name, uid=card.uid, status=card.status, group=card.group)
    note_calibrations(note, stage.parts)
    stage.csms.till.reset()
    stage.csms.driver_tariffs.clear()
    stage.csms.tariff = given.tariff
    if given.tariff is not None:
        own = [rate for rate in campaign.taxes if rate.province == given.tariff.province]
        note("setting", what="tariff", tariff=given.tariff, taxes=own)
        if dialect == "2.1" and "local_cost" in campaign.sheet.features:
            await take_back(stage.csms.station())  # an earlier scenario may have let the station reckon
    for setting, value in given.settings.items():
        answer = await stage.csms.station().configure(setting, value)
        note(
            "setting", what="station", setting=setting, value=value, status=answer.status, evidence=answer.seq
        )
        if answer.status not in {"Accepted", "RebootRequired"}:
            raise Inconclusive(
                f"The station answered '{answer.status}' to setting {setting} = {value}, which the scenario "
                "needs before its first step; if it lacks the feature, the charger sheet should not state it."
            )
    await run.observe()
    return run


async def _kept(campaign: Campaign, name: str, content: bytes) -> int:
    """Keep a file of the station; looking for card data in megabytes must not stop the central system from answering."""
    recorder = campaign.recorder
    look = recorder.look()
    stored = await campaign.clock.in_thread(
        lambda: store(recorder.path.parent, Look(b"").text(name), content, look=look)
    )
    return recorder.note("file", origin=ORIGIN, sent_as=name, **stored)


async def _step(
    campaign: Campaign,
    run: Run,
    index: int,
    call: StepCall,
    watch: StepWatch,
    breach: Callable[[], str | None],
) -> bool:
    """Perform one step; True when the scenario may go on."""
    key = run.scenario.key
    shown = {name: str(value) for name, value in call.arguments.items()}
    run.step, run.proves = index, call.proves
    run.note(
        "step", key=key, index=index, verb=call.verb, arguments=shown, place=_shown(call), text=call.text
    )
    outcome, sentence, blamed = "done", "", False
    before = len(run.fallen()) if run.fallen is not None else 0
    try:
        verb = verbs()[call.verb]
        arguments = {name: run.resolve(value) for name, value in call.arguments.items()}
        with watch(f"{index}. {Look(b'').text(call.text)}"):  # a title of Allure and of the terminal
            result = await verb.function(run, **arguments)
            if call.save_as is not None:
                run.names[call.save_as] = result
            await run.observe()
    except RequirementFailed as problem:
        outcome, sentence = "failed", str(problem)
    except Inconclusive as problem:
        outcome, sentence = "inconclusive", str(problem)
    except (StationGone, CallTimedOut) as problem:
        outcome, sentence, blamed = "failed", str(problem), True
        _finding(run.note, run.scenario, index, call.verb, sentence, under_fault=bool(run.cuts))
    except asyncio.CancelledError:
        if campaign.stop is None and (beyond := breach()) is not None:
            run.note("step_end", key=key, index=index, outcome="error", sentence=beyond)
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                task.uncancel()
            return False
        cut, why = (
            ("aborted", f"The run was {campaign.stop}.")
            if campaign.stop
            else ("inconclusive", _late(run.scenario))
        )
        run.note("step_end", key=key, index=index, outcome=cut, sentence=why)
        raise
    except Exception as problem:  # noqa: BLE001 - an error of ours must never look like one of the charger
        outcome, sentence = "error", _words(problem)
    fell = await _fallen(run, before, in_doubt=outcome == "error")
    if fell is not None and not blamed:
        # Whatever else failed in this step, an EVSE that died explains it.
        outcome, blamed = "done" if outcome == "done" else "failed", True
        sentence = "" if outcome == "done" else f"{fell} {sentence}"
        _finding(run.note, run.scenario, index, call.verb, fell, under_fault=bool(run.cuts))
    away = run.csms.away_s() if outcome in {"failed", "inconclusive"} and not blamed else None
    if away is not None and away > campaign.sheet.boot_time_s + PATIENCE_S:
        gone = f"it left {away:.0f} s before and did not come back"
        _finding(run.note, run.scenario, index, call.verb, gone, under_fault=bool(run.cuts))
    beyond = breach()
    if beyond is not None and outcome != "error":  # whatever the step made of it
        outcome, sentence = "error", beyond
    run.note("step_end", key=key, index=index, outcome=outcome, sentence=sentence)
    return outcome == "done"


async def _fallen(run: Run, before: int, *, in_doubt: bool) -> str | None:
    """How the EVSE died during a step, in a sentence; None when it lives, or when nobody can know."""
    if run.fallen is None:
        return None
    if in_doubt and len(run.fallen()) == before:
        await run.clock.sleep(NEWS_S)
    new = run.fallen()[before:]
    return new[0] if new else None


def _finding(
    note: Note, scenario: Scenario, index: int, verb: str, sentence: str, *, under_fault: bool = False
) -> None:
    """The EVSE went away or fell silent during a step: its own finding, with that step named."""
    if under_fault:  # we took something away from it ourselves: no wonder, and no finding
        return
    where = f"step {index} ({verb})" if index else verb
    inputs = {
        "what": f"the station during {where} of {scenario.key}: {sentence.rstrip('.')}",
        "within_s": 0,
        "after_s": None,
    }
    decision = decide("occurred", inputs)
    note_check(
        note,
        decision,
        requirements=(GONE_REQUIREMENT,),
        name="station present",
        rule="occurred",
        inputs=inputs,
        step=index,
    )


def _shown(call: StepCall) -> str:
    return f"{shown_path(call.place.path)}:{call.place.line}:{call.place.column}"


def _late(scenario: Scenario) -> str:
    return f"The scenario was not done within its time limit of {scenario.time_limit_s:g} s."


def _words(problem: BaseException) -> str:
    if isinstance(problem, BenchError):
        return str(problem)
    said = f"the suite failed with {type(problem).__name__}: {problem}"
    trace = traceback.extract_tb(problem.__traceback__)
    return f"{said} ({trace[-1].name}, line {trace[-1].lineno})" if trace else said


async def _leave(campaign: Campaign) -> bool:
    """Make everything safe, whatever happened; a bench that cannot be made safe is closed.

    A run that is stopped meanwhile waits until that is done. True when it was.
    """
    stopped = False
    leaving = asyncio.ensure_future(campaign.venue.leave())
    while not leaving.done():
        try:
            await asyncio.wait([leaving])
        except asyncio.CancelledError:
            stopped = True
    problem = asyncio.CancelledError("it was cut short") if leaving.cancelled() else leaving.exception()
    if problem is not None:
        sentence = _words(problem)
        campaign.closed = f"The bench could not be made safe: {sentence}"
        campaign.recorder.note("safe", role="bench", ok=False, confirmed_by=None, sentence=sentence)
    return stopped


def _judge(
    campaign: Campaign, scenario: Scenario, dialect: Dialect, attempt: int, first: int, begin: float
) -> Outcome:
    recorder = campaign.recorder
    entries = recorder.entries(since=first)
    findings, carry = run_monitors(entries, campaign.facts, campaign.carry)
    if campaign.bench.kind == "live":  # on a simulated bench every scenario begins with a new charger
        campaign.carry = carry
    checked_from = recorder.count
    for finding in findings:
        decision = decide(finding.rule, finding.inputs)
        note_check(
            recorder.note,
            decision,
            requirements=finding.requirements,
            name=finding.name,
            rule=finding.rule,
            inputs=finding.inputs,
            evidence=finding.evidence,
            monitor=finding.monitor,
            step=finding.step,
        )
    entries = [*entries, *recorder.entries(since=checked_from)]
    lines = requirement_verdicts(entries, scenario.covers)
    for requirement, line in lines.items():
        recorder.note(
            "verdict",
            key=scenario.key,
            dialect=dialect,
            attempt=attempt,
            requirement=requirement,
            verdict=line.verdict,
            sentence=line.sentence,
            checks=line.checks,
            note=line.note,
        )
    verdict, sentence = item_verdict(entries, lines)
    recorder.note(
        "scenario_end", key=scenario.key, dialect=dialect, attempt=attempt, verdict=verdict, sentence=sentence
    )
    return Outcome(
        verdict=verdict,
        sentence=sentence,
        requirements={requirement: line.verdict for requirement, line in lines.items()},
        seconds=campaign.clock.monotonic() - begin,
    )
