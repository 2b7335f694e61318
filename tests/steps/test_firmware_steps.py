"""Steps that renew firmware, against stations that do it otherwise: what fails, and what nobody can blame."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.steps.conftest import Stand

from wattest.clock.http import Request
from wattest.clock.network import FILES, Greeting, MemoryNetwork, WireClosed
from wattest.csms import Csms
from wattest.errors import BenchError, Inconclusive, RequirementFailed
from wattest.model.library import library_folder
from wattest.steps.firmware import (
    expect_update,
    expect_update_state,
    expect_update_survived,
    update_firmware,
)

Act = tuple[str, Any]
FETCH, OLD, NEW = ("fetch", None), ("boot", "1.0.0"), ("boot", "1.1.0")


def tell(*words: str) -> tuple[Act, ...]:
    return tuple(("tell", word) for word in words)


class Renewed(Stand):
    """A run with the real central system and a station that acts by a script once it is ordered to renew itself.

    ``fetch``; ``tell`` a state; ``boot`` with a version (None: without one), over a new link; ``wait``; ``leave`` for good.
    """

    def __init__(self) -> None:
        super().__init__()
        self.network = MemoryNetwork(self.clock)
        self.real = Csms(self.clock, self.note)
        self.real.files.base = lambda _reached: FILES
        self.network.listen(self.real.accept, self.real.choose)
        self.network.serve_files(self.real.files.answer)
        self.run_.sheet = replace(self.run_.sheet, file_transfer=("http",), boot_time_s=10.0)
        self.run_.folder = library_folder("fixtures") / "chargers"
        self.run_.csms = self.real
        self.run_.entries = lambda: [{"seq": n, **entry} for n, entry in enumerate(self.notes, 1)]
        self.scripts: list[tuple[Act, ...]] = []
        self.on_reset: tuple[Act, ...] = (OLD,)
        self.answer: Any = {"status": "Accepted"}
        self.reset_answer = "Accepted"
        self.fetched: list[bytes] = []
        self.ordered: list[dict[str, Any]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._number = 0
        self._link = 0

    async def _connect(self) -> None:
        self._wire: Any = await self.network.connect(Greeting("CP001", (f"ocpp{self.run_.dialect}",)))
        self._link += 1
        await asyncio.sleep(0.01)
        self._tasks.append(asyncio.create_task(self._serve(self._wire)))

    async def _serve(self, wire: Any) -> None:
        with suppress(WireClosed):
            while True:
                kind, unique, *rest = json.loads(await wire.recv())
                if kind != 2:
                    continue
                action, payload = rest
                acts: tuple[Act, ...] = ()
                answer: Any = {"status": "Accepted"}
                if action in {"SignedUpdateFirmware", "UpdateFirmware"}:
                    self.ordered.append(payload)
                    answer, acts = self.answer, (self.scripts.pop(0) if self.scripts else ())
                elif action == "Reset":
                    answer = {"status": self.reset_answer}
                    acts = self.on_reset if self.reset_answer == "Accepted" else ()
                await wire.send(json.dumps([3, unique, answer]))
                if acts:
                    self._tasks.append(asyncio.create_task(self._act(acts, payload)))

    async def _act(self, acts: tuple[Act, ...], payload: dict[str, Any]) -> None:
        for verb, what in acts:
            await asyncio.sleep(0.5)
            if verb == "wait":
                await asyncio.sleep(what)
            elif verb == "fetch":
                target = urlsplit(payload["firmware"]["location"]).path
                self.fetched.append((await self.network.fetch(FILES, Request("GET", target))).body)
            elif verb == "tell":
                old = self.run_.dialect == "1.6"
                action = "SignedFirmwareStatusNotification" if old else "FirmwareStatusNotification"
                await self._say(action, {"status": what, "requestId": self.ordered[-1]["requestId"]})
            elif verb == "leave":
                await self._wire.close(1001)
            else:
                await self._wire.close(1001)
                await self._connect()
                await self._boot(what)

    async def _boot(self, version: str | None) -> None:
        if self.run_.dialect == "1.6":
            told: dict[str, Any] = {"chargePointVendor": "W", "chargePointModel": "R"}
            told |= {} if version is None else {"firmwareVersion": version}
        else:
            about = {"vendorName": "W", "model": "R"}
            about |= {} if version is None else {"firmwareVersion": version}
            told = {"reason": "PowerUp", "chargingStation": about}
        await self._say("BootNotification", told)

    async def _say(self, action: str, payload: dict[str, Any]) -> None:
        self._number += 1
        await self._wire.send(json.dumps([2, f"s{self._number}", action, payload]))
        await asyncio.sleep(0.05)

    def play(self, *steps: Any, reports: str | None = "1.0.0") -> None:
        """Perform steps in order; each is a function of the run."""

        async def scene() -> None:
            await self._connect()
            await self._boot(reports)
            try:
                for make in steps:
                    await make(self.run_)
            finally:
                for task in self._tasks:
                    task.cancel()
                await self._wire.close()
                await asyncio.sleep(0.01)

        self.do(scene())


@pytest.fixture(params=["1.6", "2.0.1"])
def renewed(request: pytest.FixtureRequest) -> Iterator[Renewed]:
    made = Renewed()
    made.run_.dialect = request.param
    yield made
    made.clock.close()


def bad(run: Any) -> Any:
    return update_firmware(run, signature="bad")


def refused(run: Any) -> Any:
    return expect_update(run, outcome="refused")


WAY = (*tell("Downloading"), FETCH, *tell("Downloaded", "SignatureVerified", "Installing"))


@pytest.mark.parametrize(
    "script",
    [
        (*WAY, *tell("InstallRebooting"), NEW, *tell("Installed")),
        (*WAY, *tell("Installed"), NEW),
        (FETCH, *tell("Installed"), ("wait", 40.0), NEW),
        (*WAY, *tell("InstallRebooting"), OLD, *tell("Installing"), NEW, *tell("Installed")),
        (*WAY, ("wait", 1500.0), NEW, *tell("Installed")),
    ],
)
def test_every_lawful_way_passes(renewed: Renewed, script: tuple[Act, ...]) -> None:
    """Installed before or after the restart, a restart more, few words, and slowly."""
    renewed.scripts = [script]
    renewed.play(update_firmware, expect_update)
    assert renewed.checks()[-1] == ("new firmware runs", "pass")
    assert renewed.fetched[0].startswith(b'{"maker": "Wattest", "version": "1.1.0"}')


def test_without_a_restart_it_is_asked_for(renewed: Renewed) -> None:
    """The version is reported by a boot: where none comes, the station is reset."""
    renewed.scripts = [(*WAY, *tell("Installed"))]
    renewed.on_reset = (NEW,)
    renewed.play(update_firmware, expect_update)
    assert renewed.checks()[-1] == ("new firmware runs", "pass")


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (WAY, "The end of the update, as the station tells it, did not come within 1800 s."),
        ((*WAY, *tell("InstallationFailed")), "is 'InstallationFailed'; allowed is 'Installed'."),
        (
            (*tell("Downloading"), FETCH, *tell("InvalidSignature")),
            "is 'InvalidSignature'; allowed is 'Installed'.",
        ),
        ((*tell("Downloading", "DownloadFailed"),), "is 'DownloadFailed'; allowed is 'Installed'."),
        ((*WAY, *tell("Installed"), OLD), "is '1.0.0', but '1.1.0' was expected."),
        ((*WAY, *tell("Installed")), "is '1.0.0', but '1.1.0' was expected."),
    ],
)
def test_a_good_update_that_fails_is_failed(renewed: Renewed, script: tuple[Act, ...], sentence: str) -> None:
    """It does not end, is told as failed, or the old version still runs after a restart."""
    renewed.scripts = [script]
    with pytest.raises(RequirementFailed) as failed:
        renewed.play(update_firmware, expect_update)
    assert sentence in str(failed.value)
    assert renewed.checks()[-1][1] == "fail"


def test_a_bad_signature_is_sent_with_the_makers_own_file(renewed: Renewed) -> None:
    """One bit of the signature is turned over, and nothing else: who takes it has genuine firmware."""
    renewed.scripts = [(FETCH, *tell("InvalidSignature"))]
    renewed.play(bad, refused)
    assert [name for name, _ in renewed.checks()][-2:] == ["bad signature told", "old firmware kept"]
    folder = library_folder("fixtures") / "firmware"
    assert renewed.fetched == [(folder / "reference-1.1.0.bin").read_bytes()]
    sent = base64.b64decode(renewed.ordered[0]["firmware"]["signature"])
    genuine = base64.b64decode((folder / "reference-1.1.0.sig").read_text(encoding="ascii"))
    assert [a ^ b for a, b in zip(sent, genuine, strict=True)] == [0] * (len(genuine) - 1) + [1]


@pytest.mark.parametrize(
    ("script", "after", "sentence"),
    [
        ((FETCH, *tell("Installed")), OLD, "is 'Installed'; allowed is 'InvalidSignature'."),
        ((FETCH, *tell("InvalidSignature")), NEW, "is '1.1.0', but '1.0.0' was expected."),
        ((FETCH,), OLD, "did not come within 1800 s."),
    ],
)
def test_who_takes_a_bad_signature_is_failed(
    renewed: Renewed, script: tuple[Act, ...], after: Act, sentence: str
) -> None:
    """By what it tells, or by what runs after the next restart."""
    renewed.scripts, renewed.on_reset = [script], (after,)
    with pytest.raises(RequirementFailed) as failed:
        renewed.play(bad, refused)
    assert sentence in str(failed.value)


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (tell("InvalidSignature"), "without having fetched the file: its signature was never looked at"),
        ((FETCH, *tell("InstallationFailed")), "which does not say that the signature was the reason"),
    ],
)
def test_a_refusal_that_proves_nothing_is_doubt(
    renewed: Renewed, script: tuple[Act, ...], sentence: str
) -> None:
    """The file was never fetched, or the reason is another."""
    renewed.scripts = [script]
    with pytest.raises(Inconclusive, match=sentence):
        renewed.play(bad, refused)


def test_who_reports_no_version_is_doubt(renewed: Renewed) -> None:
    """OCPP leaves the version in BootNotification optional."""
    renewed.scripts, renewed.on_reset = [(FETCH, *tell("InvalidSignature"))], (("boot", None),)
    with pytest.raises(Inconclusive, match="does not report the version of its firmware"):
        renewed.play(bad, refused, reports=None)
    renewed.scripts = [(*WAY, *tell("Installed"), ("boot", None))]
    with pytest.raises(Inconclusive, match="was not observed"):
        renewed.play(update_firmware, expect_update, reports=None)


def test_a_reset_that_is_refused_is_doubt(renewed: Renewed) -> None:
    """Then nothing says which firmware runs."""
    renewed.scripts, renewed.reset_answer = [(*WAY, *tell("Installed"))], "Rejected"
    with pytest.raises(Inconclusive, match="answered 'Rejected' to a reset"):
        renewed.play(update_firmware, expect_update)


def test_the_answer_to_the_order_is_judged(renewed: Renewed) -> None:
    """A certificate that the sheet itself names must be trusted; a rejection is doubt while the scheme may be the reason."""
    renewed.answer = {"status": "InvalidCertificate"}
    with pytest.raises(RequirementFailed, match="is 'InvalidCertificate'"):
        renewed.play(update_firmware)
    renewed.answer = {"status": "Rejected"}
    with pytest.raises(RequirementFailed, match="is 'Rejected'"):
        renewed.play(update_firmware)
    renewed.run_.sheet = replace(renewed.run_.sheet, file_transfer=())
    with pytest.raises(Inconclusive, match="The station rejected the update"):
        renewed.play(update_firmware)


def test_where_nobody_says_which_schemes_silence_is_doubt(renewed: Renewed) -> None:
    """The file was never asked for: it may be the scheme."""
    renewed.run_.sheet = replace(renewed.run_.sheet, file_transfer=())
    for script in ((), tell("Downloading", "DownloadFailed")):
        renewed.scripts = [script]
        with pytest.raises(Inconclusive, match="state 'file_transfer:' in the charger sheet"):
            renewed.play(update_firmware, expect_update)


def test_a_file_of_another_version_is_chosen(renewed: Renewed) -> None:
    """A station that has the first already gets the second; where there is none, it is said."""
    renewed.scripts = [()]
    renewed.play(update_firmware, reports="1.1.0")
    assert [e["version"] for e in renewed.notes if e.get("what") == "firmware"] == ["1.2.0"]
    sheet = renewed.run_.sheet
    renewed.run_.sheet = replace(sheet, firmware_files=sheet.firmware_files[:1])
    with pytest.raises(
        Inconclusive, match=r"runs firmware 1\.1\.0, and the charger sheet names no file of another"
    ):
        renewed.play(update_firmware, reports="1.1.0")


def test_a_file_that_is_not_there_is_our_mistake(renewed: Renewed) -> None:
    """An error, never a verdict on the station."""
    file = replace(renewed.run_.sheet.firmware_files[0], file="../firmware/none.bin")
    renewed.run_.sheet = replace(renewed.run_.sheet, firmware_files=(file,))
    with pytest.raises(
        BenchError, match=r"The firmware 1\.1\.0 that the charger sheet names cannot be read: .*none\.bin"
    ):
        renewed.play(update_firmware)


def cut(run: Any) -> Any:
    """The scenario cuts the mains here; what the station makes of it stands in its script."""
    run.note("fault", id="mains", what="mains", backend="mains", detail="off")
    return asyncio.sleep(0.1)


def installing(run: Any) -> Any:
    return expect_update_state(run, state="installing")


MIDDLE = (*WAY, ("wait", 60.0))


@pytest.mark.parametrize(
    "script",
    [
        (OLD, *tell("InstallationFailed")),
        (OLD,),
        (NEW, *tell("Installed")),
        (OLD, *WAY, *tell("InstallRebooting"), NEW, *tell("Installed")),
        (OLD, *tell("DownloadFailed", "Downloading"), FETCH, *tell("Installing", "Installed"), NEW),
    ],
)
def test_every_lawful_way_out_of_a_power_cut_passes(renewed: Renewed, script: tuple[Act, ...]) -> None:
    """Given up and ordered anew, finished by the boot, or taken up again, with a failure on the way."""
    renewed.scripts = [(*MIDDLE, *script), (*WAY, *tell("Installed"), NEW)]
    renewed.play(update_firmware, installing, cut, expect_update_survived)
    assert renewed.checks()[-1][1] == "pass"
    assert {outcome for _, outcome in renewed.checks()} == {"pass"}


def test_a_station_that_is_lost_or_broken_is_failed(renewed: Renewed) -> None:
    """It does not boot, boots with neither version, or never finishes what it took up."""
    for script, sentence in (
        (
            (("leave", None),),
            "The boot after the power was cut in the middle of an update did not come within 300 s.",
        ),
        ((("boot", "0.0.0-recovery"),), "is '0.0.0-recovery'; allowed is '1.0.0' or '1.1.0'."),
        (
            (OLD, *tell("Installing")),
            "The end of the update, as the station tells it, did not come within 1800 s.",
        ),
    ):
        renewed.scripts = [(*MIDDLE, *script)]
        with pytest.raises(RequirementFailed) as failed:
            renewed.play(update_firmware, installing, cut, expect_update_survived)
        assert sentence in str(failed.value)


def test_a_cut_that_did_not_cut_is_doubt(renewed: Renewed) -> None:
    """The station stayed connected, or had finished before."""
    renewed.scripts = [MIDDLE]
    with pytest.raises(Inconclusive, match="the station stayed connected: the fault is not proven effective"):
        renewed.play(update_firmware, installing, cut, expect_update_survived)
    renewed.scripts = [(*WAY, *tell("Installed"), NEW)]

    async def late(run: Any) -> None:
        await run.clock.sleep(30)
        await cut(run)

    with pytest.raises(Inconclusive, match=r"The update had ended \('Installed'\) before the power was cut"):
        renewed.play(update_firmware, installing, late, expect_update_survived)


def test_the_middle_of_an_update_must_be_seen(renewed: Renewed) -> None:
    """What is not told cannot be cut into."""
    renewed.scripts = [tell("Downloading")]
    with pytest.raises(Inconclusive, match="did not tell 'Installing' within 600 s"):
        renewed.play(update_firmware, installing)
    renewed.scripts = [(FETCH, *tell("Installed"))]
    with pytest.raises(Inconclusive, match="told 'Installed' before 'Installing'"):
        renewed.play(update_firmware, installing)


def test_steps_out_of_turn_are_our_mistake(renewed: Renewed) -> None:
    """Nothing was ordered, or no power was cut."""
    with pytest.raises(BenchError, match="put 'update_firmware' before this step"):
        renewed.play(expect_update)
    renewed.scripts = [()]
    with pytest.raises(BenchError, match="put 'power_evse: off' and 'on' before"):
        renewed.play(update_firmware, expect_update_survived)
