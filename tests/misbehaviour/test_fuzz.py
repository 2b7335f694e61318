"""Frames spoiled at random: whatever comes, a verdict with a sentence, in bounded time, and the next scenario runs."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.misbehaviour.conftest import Frame, Run, Talk, Tap

    from wattest.model.scenario import Dialect

ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 99, 2**31, 2**63, 10**40, 0.5, -1e300, "", "x" * 5000, "NaN", "-5", "12 kWh"),
    *(
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "yesterday",
        "\ud800",
        "é\0\u2028",
    ),
    *([], {}, [[]], [None], {"a": {"b": [1]}}, ["Accepted"], {"status": "Accepted"}),
    *("Accepted", "Rejected", "Started", "Ended", "Charging", "Faulted", "Available"),
)
FIELDS = ("x", "status", "timestamp", "transactionId", "connectorId", "idTag", "evse", "meterValue")
JUNK = ("", "[]", "{}", "null", "[3]", '[2,"a"]', '[4,"-1"]', "\0", "[" * 50, '[3,"1",{}]')
WAYS = (
    "set",
    "set",
    "set",
    "delete",
    "add",
    "double",
    "drop",
    "cut",
    "byte",
    "binary",
    "junk",
    "id",
    "late",
    "leave",
)


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield (*place, name)
        yield from _places(part, (*place, name))


def _inside(frame: Any, place: tuple[Any, ...]) -> Any:
    for name in place:
        frame = frame[name]
    return frame


async def _spoilt(tap: Tap, frame: Frame, random: Random) -> None:
    """Say something else than the frame."""
    way = random.choice(WAYS)
    place = random.choice(list(_places(frame)))
    if way == "set":
        _inside(frame, place[:-1])[place[-1]] = random.choice(ODD)
    elif way == "delete":
        del _inside(frame, place[:-1])[place[-1]]
    elif way == "add" and isinstance(frame[-1], dict):
        frame[-1][random.choice(FIELDS)] = random.choice(ODD)
    elif way == "double":
        await tap.say(frame)
    elif way == "drop":
        return
    elif way == "id":
        frame[1] = random.choice(["1", "", 7, None, "-1"])
    elif way == "late":
        await asyncio.sleep(random.choice([0.5, 5, 40, 400]))
    elif way == "leave":
        await tap.close(1000, "")
    text = json.dumps(frame)
    if way == "cut":
        text = text[: random.randrange(len(text))]
    elif way == "byte":
        at = random.randrange(len(text))
        text = f"{text[:at]}{chr(random.randrange(32, 0x250))}{text[at + 1 :]}"
    elif way == "junk":
        text = random.choice(JUNK)
    await tap.say(text.encode() if way == "binary" else text)


@settings(
    max_examples=50,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 2**32),
    share=st.sampled_from([0.02, 0.1, 0.3, 0.8]),
    key=st.sampled_from(["AUTH-001", "AUTH-001", "OUTAGE-006", "BILL-001", "AUTH-003"]),
    dialect=st.sampled_from(["1.6", "2.0.1"]),
)
def test_whatever_comes(
    perform_with: Run, talk: type[Talk], seed: int, share: float, key: str, dialect: Dialect
) -> None:
    """No exception, no error, no trace, a whole record that gives the same verdicts again, and the run goes on."""
    random = Random(seed)

    async def says(tap: Tap, frame: Frame) -> None:
        if random.random() < share:
            await _spoilt(tap, json.loads(json.dumps(frame)), random)
        else:
            await tap.say(frame)

    with tempfile.TemporaryDirectory() as folder:
        found = perform_with(Path(folder), key, dialect, talk.Rogue(says=says))
    assert found.outcome.verdict in {"pass", "fail", "inconclusive"}
    assert found.later.verdict == "pass"
