"""Steps that renew a station's firmware: by a signed file, by one whose signature is wrong, and with the power cut meanwhile.

The files are the maker's, named in the charger sheet: nobody else can sign them. A bad signature is the good one with a bit
turned over, so that a station that takes it all the same has genuine firmware afterwards.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from wattest.document.quantity import DURATION, Duration
from wattest.errors import BenchError, Inconclusive
from wattest.model.words import LimitId
from wattest.ocpp.neutral import Booted
from wattest.steps.context import Run
from wattest.steps.diagnostics import speaks_http
from wattest.steps.firmware_order import (
    ENDS,
    FAILED,
    QUIET_S,
    SETTLE_S,
    Ordered,
    booted_since,
    contents,
    last_cut,
    lost_since,
    other_file,
    restarted,
    told,
)
from wattest.steps.limits import in_unit
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.csms.happenings import Seen


@step(proves=("NET-07",))
async def update_firmware(
    run: Run, *, signature: Literal["good", "bad"] = "good", limit: LimitId = "command_answered"
) -> None:
    """Have the station fetch and install another version of its firmware; it answers within the limit.

    SignedUpdateFirmware of the OCPP 1.6 security white paper, or UpdateFirmware of 2.0.1 (L01), with a file of the charger sheet
    whose version is not the one that the station reports. ``signature``: the maker's, or one that does not fit.
    """
    known = await speaks_http(run)
    station = run.csms.station()
    before = None if station.booted is None else station.booted[0].firmware
    file = other_file(run, before)
    image, certificate, signed, sha256 = await run.clock.in_thread(
        lambda: contents(run.folder, file, bad=signature == "bad")
    )
    place = run.csms.files.open_place(serves={"firmware.bin": image})
    url = run.csms.files.url(place, station.reached, "firmware.bin")
    if url is None:
        raise BenchError("This bench has no place for files, so no firmware can be offered.")
    run.note(
        "setting",
        what="firmware",
        version=file.version,
        sha256=sha256,
        bytes=len(image),
        signature=signature,
    )
    number, since, begin = station.next_number(), run.csms.mark(), run.clock.monotonic()
    answer = await station.update_firmware(url, number, certificate, signed, run.clock.utc())
    took = run.clock.monotonic() - begin
    if answer.status == "Rejected" and not known:
        raise Inconclusive(
            "The station rejected the update, and neither its sheet nor itself says that it speaks HTTP."
        )
    run.check(
        "update promised",
        "one_of",
        {
            "what": f"the answer to being asked for firmware {file.version}",
            "allowed": ["Accepted", "AcceptedCanceled"],
            "observed": answer.status or "nothing",
        },
        evidence=[answer.seq],
    )
    run.check(
        "update promised in time",
        "occurred",
        {
            "what": "the answer to being asked for new firmware",
            "within_s": in_unit(run.limit(limit), DURATION),
            "after_s": took,
        },
        evidence=[answer.seq],
    )
    old = run.dialect == "1.6"
    run.names["update asked for"] = Ordered(
        place=place,
        action="SignedFirmwareStatusNotification" if old else "FirmwareStatusNotification",
        number=number,
        since=since,
        seq=answer.seq,
        at_s=begin,
        before=before,
        version=file.version,
        speaks_http=known,
    )


@step()
async def expect_update_state(
    run: Run, *, state: Literal["downloading", "installing"], within: Duration = 600.0
) -> None:
    """Wait for the middle of an update: its download, or its installation. ``inconclusive`` when that is not told."""
    asked = _asked(run)
    wanted = state.capitalize()
    try:
        seen = await run.csms.wait_for(
            lambda event: asked.word(event) in {*ENDS, wanted}, within_s=within, since=asked.since
        )
    except TimeoutError:
        raise Inconclusive(f"The station did not tell '{wanted}' within {within:g} s.") from None
    if asked.word(seen.event) != wanted:
        raise Inconclusive(f"The station told '{asked.word(seen.event)}' before '{wanted}'.")


@step(proves=("NET-07",))
async def expect_update(
    run: Run, *, outcome: Literal["installed", "refused"] = "installed", limit: LimitId = "update_ended"
) -> None:
    """The update that was asked for comes to its end within the limit.

    ``installed``: it is told, and the station reports the new version. ``refused``: InvalidSignature is told once the file was
    fetched, and after a restart the station still reports the old version.
    """
    asked = _asked(run)
    within = in_unit(run.limit(limit), DURATION)
    if outcome == "installed":
        await _installed(run, asked, within)
    else:
        await _refused(run, asked, within)


async def _end(run: Run, asked: Ordered, within_s: float) -> tuple[str, int]:
    """The word that told the end of an update, and its entry; judged for its time."""
    left = asked.at_s + within_s - run.clock.monotonic()
    try:
        seen = await run.csms.wait_for(
            lambda event: asked.word(event) in ENDS, within_s=max(0.0, left), since=asked.since
        )
    except TimeoutError:
        seen = None
    if seen is None and (doubt := asked.doubt()) is not None:
        raise Inconclusive(doubt)
    _ended(run, asked, within_s, None if seen is None else seen.t_s - asked.at_s, seen)
    assert seen is not None
    return asked.word(seen.event) or "", seen.seq


def _ended(run: Run, asked: Ordered, within_s: float, took_s: float | None, seen: Seen | None) -> None:
    run.check(
        "update ended",
        "occurred",
        {
            "what": "the end of the update, as the station tells it,",
            "within_s": within_s,
            "after_s": took_s,
        },
        evidence=[asked.seq, *asked.place.asked, *([] if seen is None else [seen.seq])],
    )


async def _installed(run: Run, asked: Ordered, within_s: float) -> None:
    word, seq = await _end(run, asked, within_s)
    if word == "DownloadFailed" and (doubt := asked.doubt()) is not None:
        raise Inconclusive(doubt)
    run.check(
        "update told",
        "one_of",
        {
            "what": "what the station told at the end of the update",
            "allowed": ["Installed"],
            "observed": word,
        },
        evidence=[seq, *asked.place.asked],
    )
    await _new_runs(run, asked, seq)


async def _new_runs(run: Run, asked: Ordered, told: int) -> None:
    """The new version runs: by a boot since it was asked for, or else by the next one, which is asked for if need be."""
    found = booted_since(run, asked.seq)
    if found is None or found[0] != asked.version:
        with suppress(TimeoutError):
            await run.csms.wait_for(
                lambda event: isinstance(event, Booted), within_s=run.sheet.boot_time_s + SETTLE_S
            )
        found = booted_since(run, told) or await restarted(run, told)
    run.check(
        "new firmware runs",
        "equals",
        {
            "what": "the version of the firmware after the update",
            "expected": asked.version,
            "observed": found[0],
        },
        evidence=[told, found[1]],
    )


async def _refused(run: Run, asked: Ordered, within_s: float) -> None:
    word, seq = await _end(run, asked, within_s)
    if not asked.place.fetched and word != "Installed":
        raise Inconclusive(
            f"The station told '{word}' without having fetched the file: its signature was never looked at."
        )
    if word in FAILED and word != "InvalidSignature":
        raise Inconclusive(
            f"The station told '{word}', which does not say that the signature was the reason."
        )
    run.check(
        "bad signature told",
        "one_of",
        {
            "what": "what the station told of firmware with a bad signature",
            "allowed": ["InvalidSignature"],
            "observed": word,
        },
        evidence=[seq, *asked.place.fetched],
    )
    if asked.before is None:
        raise Inconclusive("The station does not report the version of its firmware in BootNotification.")
    await run.clock.sleep(SETTLE_S)
    version, booted = booted_since(run, seq) or await restarted(run, seq)
    run.check(
        "old firmware kept",
        "equals",
        {
            "what": "the version of the firmware after the refused update",
            "expected": asked.before,
            "observed": version,
        },
        evidence=[seq, booted],
    )


@step(proves=("NET-07",))
async def expect_update_survived(
    run: Run, *, limit: LimitId = "boot_after_outage", ended: LimitId = "update_ended"
) -> None:
    """After the power came back in the middle of an update the station boots within the limit, with the old or the new version.

    Then the new version gets there: the station goes on by itself, or is asked once more.
    """
    asked = _asked(run)
    cut = last_cut(run)
    early = [word for word, seq in told(run, asked) if word in ENDS and seq < cut]
    if early:
        raise Inconclusive(f"The update had ended ('{early[0]}') before the power was cut.")
    within = in_unit(run.limit(limit), DURATION)
    took = await run.until(lambda: booted_since(run, cut) is not None, within)
    back = booted_since(run, cut)
    if back is None and not lost_since(run, cut):
        raise Inconclusive(
            f"The mains was cut (entry {cut}) but the station stayed connected: the fault is not proven effective."
        )
    run.check(
        "station boots",
        "occurred",
        {
            "what": "the boot after the power was cut in the middle of an update",
            "within_s": within,
            "after_s": took,
        },
        evidence=[asked.seq, cut, *([] if back is None else [back[1]])],
    )
    assert back is not None
    run.check(
        "a whole version runs",
        "one_of",
        {
            "what": "the version of the firmware after the power cut",
            "allowed": [asked.before, asked.version],
            "observed": back[0],
        },
        evidence=[back[1]],
    )
    if back[0] != asked.version:
        await _goes_on(run, asked, in_unit(run.limit(ended), DURATION))


async def _goes_on(run: Run, asked: Ordered, within_s: float) -> None:
    """The station goes on with the update by itself, or does what it is asked for once more."""
    since, patience_s, under_way = asked.since, QUIET_S, False
    known = max((seq for _, seq in told(run, asked) if seq < last_cut(run)), default=asked.seq)
    while True:
        try:
            seen = await run.csms.wait_for(
                lambda event: asked.word(event) not in {None, "Idle"}, within_s=patience_s, since=since
            )
        except TimeoutError:
            break
        since = seen.index + 1
        word = asked.word(seen.event)
        if seen.seq <= known:  # of before the cut
            continue
        if word == "Installed":
            await _new_runs(run, asked, seen.seq)
            return
        under_way = word not in FAILED
        patience_s = within_s if under_way else SETTLE_S
    if under_way:
        _ended(run, asked, within_s, None, None)
    await update_firmware(run)
    await _installed(run, _asked(run), within_s)


def _asked(run: Run) -> Ordered:
    asked = run.names.get("update asked for")
    if not isinstance(asked, Ordered):
        raise BenchError("No update was asked for: put 'update_firmware' before this step.")
    return asked
