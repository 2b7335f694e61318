"""Steps with a station's logs: have one handed out, see it arrive, look for card data in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wattest.document.quantity import DURATION
from wattest.errors import BenchError, Inconclusive
from wattest.judge.station_files import ORIGIN, leaks
from wattest.model.words import LimitId
from wattest.steps.context import Run
from wattest.steps.heard import progress, state_told
from wattest.steps.limits import in_unit
from wattest.steps.registry import step

if TYPE_CHECKING:
    from wattest.csms.files import Place

FAILED = ("UploadFailed", "UploadFailure", "BadMessage", "NotSupportedOperation", "PermissionDenied")
"""What tells that an upload failed: OCPP 1.6 section 7.24; 2.0.1 UploadLogStatusEnumType."""
ENDS = frozenset((*FAILED, "Uploaded"))
REFUSAL = 403
GRACE_S = 5.0
"""After the end was told, how long a file may still be on its way, and what follows is listened to (project)."""


@dataclass(frozen=True)
class Asked:
    """One request for a log."""

    place: Place
    action: str
    """Of the notifications that tell what becomes of it."""
    number: int
    since: int
    seq: int
    at_s: float
    named: bool
    """Whether the answer named a file."""
    speaks_http: bool
    """Whether sheet or station say so."""

    def word(self, event: object) -> str | None:
        """The state that a notification about this request tells; None for any other event."""
        return state_told(event, self.action, self.number)

    def doubt(self) -> str | None:
        """Why a failure may not be the station's fault, in a sentence; None when nothing else explains it."""
        if self.place.turned_away:
            return f"The place for files did not take what the station sent: {self.place.turned_away[-1][0]}."
        if not self.speaks_http and not self.place.asked:
            return (
                "The station never reached the place for files, and neither its sheet nor itself says that it speaks HTTP: "
                "state 'file_transfer:' in the charger sheet."
            )
        return None


@step(proves=("NET-06",))
async def ask_for_diagnostics(
    run: Run,
    *,
    log: Literal["diagnostics", "security"] = "diagnostics",
    place: Literal["open", "refusing"] = "open",
    limit: LimitId = "command_answered",
) -> None:
    """Have the station put a log at a place for files of the central system; it answers within the limit.

    GetDiagnostics of OCPP 1.6, or GetLog (2.0.1, and the security white paper for the security log). ``place``: one that takes
    the file, or one that answers every request with HTTP status 403. The place speaks HTTP: a station that speaks only other
    schemes is ``inconclusive`` here.
    """
    known = await speaks_http(run)
    station = run.csms.station()
    where = run.csms.files.open_place(refuses=REFUSAL if place == "refusing" else None)
    url = run.csms.files.url(where, station.reached)
    if url is None:
        raise BenchError("This bench has no place for files, so no log can be asked for.")
    number, since, begin = station.next_number(), run.csms.mark(), run.clock.monotonic()
    answer = await station.ask_for_log(log, url, number, 0 if place == "refusing" else None)
    took = run.clock.monotonic() - begin
    plain = run.dialect == "1.6" and log == "diagnostics"  # GetDiagnostics has no status
    said = answer.status or ("answered" if plain else "nothing")
    if said == "Rejected" and not known:
        raise Inconclusive(
            "The station rejected the request, and neither its sheet nor itself says that it speaks HTTP."
        )
    run.check(
        "log promised",
        "one_of",
        {
            "what": f"the answer to being asked for the {log} log",
            "allowed": ["answered"] if plain else ["Accepted", "AcceptedCanceled"],
            "observed": said,
        },
        evidence=[answer.seq],
    )
    run.check(
        "log promised in time",
        "occurred",
        {
            "what": f"the answer to being asked for the {log} log",
            "within_s": in_unit(run.limit(limit), DURATION),
            "after_s": took,
        },
        evidence=[answer.seq],
    )
    run.names["log asked for"] = Asked(
        place=where,
        action="DiagnosticsStatusNotification" if plain else "LogStatusNotification",
        number=number,
        since=since,
        seq=answer.seq,
        at_s=begin,
        named=bool(answer.payload.get("fileName") or answer.payload.get("filename")),
        speaks_http=known,
    )


async def speaks_http(run: Run) -> bool:
    """True when it is stated, False when nobody says anything. Raises ``Inconclusive`` when others are stated only."""
    stated: tuple[str, ...] = run.sheet.file_transfer
    whose = "The charger sheet states"
    if not stated:
        told = await run.csms.station().read_setting("file_transfer") or ""
        stated = tuple(word for part in told.split(",") if (word := part.strip().lower()))
        whose = "The station states"
    if stated and "http" not in stated:
        raise Inconclusive(
            f"{whose} that it moves files by {', '.join(stated)}; the place for files of this bench speaks http only."
        )
    return bool(stated)


@step(proves=("NET-06",))
async def expect_diagnostics(
    run: Run,
    *,
    outcome: Literal["uploaded", "failed"] = "uploaded",
    limit: LimitId = "diagnostics_ended",
) -> None:
    """The log that was asked for comes to its end within the limit, and the end is told as it is.

    ``uploaded``: the file arrived, and Uploaded is told. ``failed``: the place refused it, and that is told; Uploaded is not.
    A file that arrived is kept as evidence without card data. Uploading need not be told (OCPP 1.6 section 4.4).
    """
    asked = run.names.get("log asked for")
    if not isinstance(asked, Asked):
        raise BenchError("No log was asked for: put 'ask_for_diagnostics' before 'expect_diagnostics'.")
    word, seq = await _end(run, asked, in_unit(run.limit(limit), DURATION))
    await run.clock.sleep(GRACE_S)
    if outcome == "failed":
        if not asked.place.asked and word != "Uploaded":
            raise Inconclusive(
                f"The station told '{word}' without ever reaching the place that would have refused its file."
            )
        run.check(
            "failure told",
            "one_of",
            {
                "what": "what the station told of an upload that the server refused",
                "allowed": list(FAILED),
                "observed": word,
            },
            evidence=[seq, *asked.place.asked],
        )
        return
    doubt = asked.doubt()
    if word != "Uploaded" and doubt is not None:
        raise Inconclusive(f"The station told '{word}'. {doubt}")
    run.check(
        "upload told",
        "one_of",
        {
            "what": "what the station told at the end of the upload",
            "allowed": ["Uploaded"],
            "observed": word,
        },
        evidence=[seq],
    )
    await _arrived(run, asked, seq)
    run.check("upload told in order", "held", _order(run, asked), evidence=[asked.seq, seq])


async def _end(run: Run, asked: Asked, within_s: float) -> tuple[str, int]:
    """The word that told the end of an upload, and its entry; judged for its time."""
    left = asked.at_s + within_s - run.clock.monotonic()
    try:
        seen = await run.csms.wait_for(
            lambda event: asked.word(event) in ENDS, within_s=max(0.0, left), since=asked.since
        )
    except TimeoutError:
        seen = None
    if seen is None:
        began = [word for word, _ in _told(run, asked) if word == "Uploading"]
        if not began and not asked.place.asked and not asked.named:
            raise Inconclusive("The station named no file and sent none: it says that it has no such log.")
        if (doubt := asked.doubt()) is not None:
            raise Inconclusive(doubt)
    run.check(
        "upload ended",
        "occurred",
        {
            "what": "the end of the upload, as the station tells it,",
            "within_s": within_s,
            "after_s": None if seen is None else seen.t_s - asked.at_s,
            "channel_alive": run.csms.connected,
        },
        evidence=[asked.seq, *asked.place.asked, *([] if seen is None else [seen.seq])],
    )
    assert seen is not None
    return asked.word(seen.event) or "", seen.seq


async def _arrived(run: Run, asked: Asked, told: int) -> None:
    """Keep what arrived; that something did is judged."""
    place = asked.place
    kept = [await run.keep(file.name, file.content) for file in place.received if file.content]
    wrong, doubts = [], []
    if not place.received:
        said = f"Uploaded was told (entry {told}), and no file has arrived where it was asked for."
        if place.turned_away:
            doubts.append(f"{said} {asked.doubt()}")
        else:
            wrong.append(said)
    elif not kept:
        doubts.append("What arrived has no bytes in it.")
    run.check(
        "log arrived",
        "held",
        {
            "what": "a log that is told as Uploaded has arrived",
            "cases": len(kept),
            "violations": wrong,
            "doubts": doubts,
        },
        evidence=[told, *place.asked, *kept],
    )


def _told(run: Run, asked: Asked) -> list[tuple[str, int]]:
    """Every state told of this request, in order, with its entry."""
    return progress(run.entries(), asked.action, asked.number, asked.seq)


def _order(run: Run, asked: Asked) -> dict[str, object]:
    """Nothing follows Uploaded that takes it back. Repetitions are allowed, and Idle means nothing."""
    told = [(word, seq) for word, seq in _told(run, asked) if word in {*ENDS, "Uploading"}]
    end = next((place for place, (word, _) in enumerate(told) if word in ENDS), len(told))
    wrong = [
        f"'{word}' was told (entry {seq}) after '{told[end][0]}' (entry {told[end][1]})."
        for word, seq in told[end + 1 :]
        if word != told[end][0]
    ]
    return {"what": "the end of an upload is its end", "cases": len(told), "violations": wrong}


@step(proves=("PAY-02",))
async def check_diagnostics_without_card(run: Run) -> None:
    """The logs that arrived hold no card data, whatever they are wrapped in: gzip, zip, tar, base64, JSON, hexadecimal.

    A number of a test card, a track or a verification code fails. Another number that looks like a card's is
    ``inconclusive``, as is a part that cannot be searched, such as an encrypted archive; and so is everything when no payment card
    was used in this scenario.
    """
    entries = run.entries()
    files = [entry for entry in entries if entry["kind"] == "file" and entry.get("origin") == ORIGIN]
    used = any(e["kind"] == "observation" and e.get("what") == "payment card" for e in entries)
    certain, doubts = leaks(files)
    if not used:
        doubts.append("No payment card was used, so that nothing could stand in the log.")
    run.check(
        "no card data in the log",
        "held",
        {
            "what": "a log that is handed out holds no card data",
            "cases": len(files),
            "violations": certain,
            "doubts": doubts,
        },
        evidence=[int(file["seq"]) for file in files],
    )
