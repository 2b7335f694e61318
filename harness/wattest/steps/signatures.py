"""Steps with signed meter values."""

from __future__ import annotations

from wattest.ocpp.signed import signed_texts
from wattest.steps.context import Run
from wattest.steps.heard import calls
from wattest.steps.registry import step


@step()
async def sign_readings(run: Run) -> None:
    """Ask the station to sign its meter values. One that has no such setting may sign all the same: nothing is judged."""
    answer = await run.csms.station().configure("sign_readings", "true")
    run.note(
        "setting",
        what="station",
        setting="sign_readings",
        value="true",
        status=answer.status,
        evidence=answer.seq,
    )


@step(proves=("MET-15",))
async def check_signed_values(run: Run) -> None:
    """The signed meter values of this scenario verify, page by page, with begin and end of each session that has ended.

    The key is that of the charger sheet (``meter_public_key``). Source: S.A.F.E. OCMF 1.4.
    """
    texts: list[str] = []
    evidence: list[int] = []
    for entry, payload in calls(run.entries()):
        found = list(signed_texts(payload))
        texts += found
        evidence += [entry["seq"]] if found else []
    run.check(
        "signed meter values",
        "signed_values",
        {
            "what": "signed meter values of this scenario",
            "records": texts,
            "public_key": run.sheet.meter_public_key,
            "sessions": sum(1 for one in run.transactions() if one.ended_at is not None),
        },
        evidence=evidence,
    )
