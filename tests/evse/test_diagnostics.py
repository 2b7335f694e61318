"""The charger hands out its logs, in both dialects, and tells how that went."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.evse.conftest import SHEET

from wattest.clock.network import FILES

if TYPE_CHECKING:
    from tests.evse.conftest import Bench, Enact

    from wattest.model.scenario import Dialect

LOGGING = replace(SHEET, features=(*SHEET.features, "diagnostics", "security_log", "payment_terminal"))


def ask(bench: Bench, log: str = "DiagnosticsLog", **more: Any) -> Any:
    """The request of the dialect."""
    if bench.dialect == "1.6" and log == "DiagnosticsLog":
        return bench.central.call("GetDiagnostics", {"location": f"{FILES}/p/", **more})
    where = {"remoteLocation": f"{FILES}/p/"}
    return bench.central.call("GetLog", {"logType": log, "requestId": 7, "log": where, **more})


def told(bench: Bench) -> list[str]:
    """States of uploads, in order; those of GetLog name their request."""
    said = bench.central.said("DiagnosticsStatusNotification", "LogStatusNotification")
    assert all("requestId" not in one or one["requestId"] == 7 for one in said)
    return [one["status"] for one in said]


def test_a_log_is_put_where_it_was_asked_for(enact: Enact) -> None:
    """With what happened, the card masked; Uploading, then Uploaded."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.world.terminal.tap("4111111111111111")
        await bench.wait(5)  # its acquirer takes a moment
        answer = await ask(bench)
        assert answer.get("fileName", answer.get("filename")) == "diagnostics-R-0001.log"
        await bench.wait(5)
        assert told(bench) == ["Uploading", "Uploaded"]
        (request,) = bench.sent
        assert (request.method, request.target) == ("PUT", "/p/diagnostics-R-0001.log")
        assert b"boot 1 (power up), firmware 1.0.0" in request.body
        assert b"card ************1111" in request.body

    enact(scene, sheet=LOGGING)


def test_the_security_log_is_another(enact: Enact) -> None:
    """It holds what matters to security, and outlives a power cut."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.world.grid.set_power(False)
        await bench.wait(5)
        bench.world.grid.set_power(True)
        await bench.wait(20)
        await ask(bench, "SecurityLog")
        await bench.wait(5)
        lines = bench.sent[0].body.decode().splitlines()
        assert [line.partition(" ")[2] for line in lines] == ["StartupOfTheDevice power up"] * 2

    enact(scene, sheet=LOGGING)


def test_a_failure_is_tried_again_and_told(enact: Enact) -> None:
    """As often as asked for, then UploadFailed in the dialect's word."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.file_status = 503
        await ask(bench, retries=2)
        await bench.wait(60)
        assert len(bench.sent) == 3
        assert told(bench) == ["Uploading", "UploadFailed" if bench.dialect == "1.6" else "UploadFailure"]

    enact(scene, sheet=LOGGING)


def test_a_network_that_is_cut_fails_the_upload(enact: Enact) -> None:
    """The end is told once the link is back, by whoever asks; nothing crashes."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        await ask(bench, retries=0)
        bench.network.cut()
        await bench.wait(30)
        bench.network.restore()
        await bench.wait(60)
        assert bench.sent == []
        assert "Uploaded" not in told(bench)

    enact(scene, sheet=LOGGING)


def test_who_asks_while_it_goes_on_is_told_so(enact: Enact) -> None:
    """TriggerMessage: Uploading with the number of its request, and Idle afterwards."""
    word = {"1.6": "DiagnosticsStatusNotification", "2.0.1": "LogStatusNotification"}

    async def scene(bench: Bench) -> None:
        await bench.ready()
        bench.file_status = 503
        await ask(bench, retries=1)
        await bench.wait(5)
        await bench.central.call("TriggerMessage", {"requestedMessage": word[bench.dialect]})
        await bench.wait(30)
        await bench.central.call("TriggerMessage", {"requestedMessage": word[bench.dialect]})
        await bench.wait(1)
        assert told(bench)[:2] == ["Uploading", "Uploading"]
        assert told(bench)[-1] == "Idle"

    enact(scene, sheet=LOGGING)


@pytest.mark.parametrize("log", ["DiagnosticsLog", "SecurityLog"])
def test_without_the_feature_it_is_not_supported(enact: Enact, log: str) -> None:
    """As the sheet states it."""

    async def scene(bench: Bench) -> None:
        await bench.ready()
        assert await ask(bench, log) == "NotSupported"
        await bench.wait(5)
        assert bench.sent == []

    enact(scene)


def test_an_old_log_makes_room(enact_in: Enact) -> None:
    """Flash is not endless: the oldest lines go."""
    dialect: Dialect = "1.6"

    async def scene(bench: Bench) -> None:
        await bench.ready()
        log = bench.charger.flash.log
        log.extend(f"line {number}" for number in range(600))
        bench.world.terminal.tap("4111111111111111")
        await bench.wait(5)
        assert "card ************1111" in log[-1]
        assert len(bench.charger.flash.log) == 500
        assert not any("boot 1" in line for line in bench.charger.flash.log)

    enact_in(scene, dialect, sheet=LOGGING)
