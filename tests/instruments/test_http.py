from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from wattest.clock import RealClock
from wattest.errors import BenchError, InstrumentError, RigError
from wattest.roles import (
    Chamber,
    Display,
    LockSensor,
    Mains,
    Operator,
    Part,
    ReferenceMeter,
    Surroundings,
    Vehicle,
)
from wattest_instruments.http import Request, http
from wattest_instruments.readings import Accuracy, Resolution

pytestmark = pytest.mark.real_time


@dataclass
class Rig:
    """A lab's web service: what it was asked, and what it answers."""

    url: str = ""
    asked: list[tuple[str, str, str, dict[str, str]]] = field(default_factory=list)
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    hold: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def clock() -> Iterator[RealClock]:
    with RealClock() as clock:
        yield clock


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()

    class Answering(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            rig.asked.append((self.command, self.path, body, dict(self.headers.items())))
            if self.path == "/silent":
                rig.hold.wait(5)
            status, text = rig.answers.get(self.path, (200, "{}"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - as http.server wants it

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    rig.url = f"http://127.0.0.1:{server.server_address[1]}"
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield rig
    rig.hold.set()
    server.shutdown()
    server.server_close()
    serving.join()


Make = Callable[..., Part]


@pytest.fixture
def noted() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def make(clock: RealClock, rig: Rig, noted: list[dict[str, Any]]) -> Make:
    def note(kind: str, /, **fields: Any) -> int:
        noted.append({"kind": kind, **fields})
        return len(noted)

    def make(role: str, *, rigs: dict[str, Any] | None = None, **options: Any) -> Part:
        around = Surroundings(clock=clock, note=note, role=role, folder=".", rigs=rigs or {})
        return http(around, **{"base": rig.url, **options})

    return make


def test_a_verb_becomes_its_request(make: Make, rig: Rig, clock: RealClock) -> None:
    """Method, URL, headers and body of the bench file reach the rig, with the arguments filled in."""
    vehicle = cast(
        "Vehicle",
        make(
            "vehicle",
            headers={"X-Key": "7"},
            actions={
                "plug_in": "POST /plug",
                "set_ready": Request("/pilot", "PUT", body='{"state": "{ready:true=C,false=B}"}'),
                "set_current": Request("/load?ma={current_a*1000}", "PUT", body='{"amps": {current_a}}'),
            },
        ),
    )
    clock.run(vehicle.plug_in())
    clock.run(vehicle.set_ready(True))
    clock.run(vehicle.set_current(7.5))
    assert [(method, path, body) for method, path, body, _ in rig.asked] == [
        ("POST", "/plug", ""),
        ("PUT", "/pilot", '{"state": "C"}'),
        ("PUT", "/load?ma=7500", '{"amps": 7.5}'),
    ]
    assert rig.asked[0][3]["X-Key"] == "7"
    assert rig.asked[1][3]["Content-Type"] == "application/json"


def test_text_is_escaped_for_where_it_stands(make: Make, rig: Rig, clock: RealClock) -> None:
    """A question with quotes stays one JSON string, and one with a slash stays one part of a URL."""
    rig.answers["/ask/a%2Fb%3F"] = (200, '{"said": "yes"}')
    operator = cast(
        "Operator",
        make(
            "operator",
            actions={
                "ask": Request("/ask/{question}", body='{"q": "{question}"}', answer={"answer": "said"})
            },
        ),
    )
    assert clock.run(operator.ask("a/b?", ("yes", "no"))) == "yes"
    rig.answers["/ask/say%20%22hi%22"] = (200, '{"said": "no"}')
    assert clock.run(operator.ask('say "hi"', ("yes", "no"))) == "no"
    assert json.loads(rig.asked[1][2]) == {"q": 'say "hi"'}


def test_answers_are_read_by_path_and_word(make: Make, rig: Rig, clock: RealClock) -> None:
    """Dotted paths and JSON pointers lead to what a role returns; the rig's words become the role's."""
    rig.answers["/locks"] = (200, '{"bolts": [{"pos": 1}, {"pos": 0}]}')
    sensor = cast(
        "LockSensor",
        make(
            "lock_sensor",
            actions={
                "read": Request(
                    "/locks",
                    "GET",
                    answer={"holster": "bolts.0.pos", "connector": "/bolts/1/pos"},
                    words={"1": "locked", "0": "unlocked"},
                ),
                "pull": Request("/pull/{which}", answer={"loose": "loose"}),
            },
        ),
    )
    seen = clock.run(sensor.read())
    assert (seen.holster, seen.connector) == ("locked", "unlocked")
    rig.answers["/pull/connector"] = (200, '{"loose": true}')
    assert clock.run(sensor.pull("connector")) is True
    assert sensor.supports == {"read", "pull", "lock_pull"}


def test_plain_text_is_read_by_a_pattern(make: Make, rig: Rig, clock: RealClock) -> None:
    """A rig that answers no JSON is read by the named groups of a pattern."""
    rig.answers["/t"] = (200, "TEMP -29.8 C")
    chamber = cast(
        "Chamber",
        make(
            "chamber",
            resolution=Resolution(temperature=0.1),
            actions={"read_temperature": Request("/t", "GET", match=r"TEMP (?P<temperature>\S+)")},
        ),
    )
    reading = clock.run(chamber.read_temperature())
    assert (reading.value, reading.unit, reading.raw, reading.seq) == (-29.8, "degC", "-29.8", (1,))
    assert reading.u == pytest.approx(0.1 / 12**0.5)


def test_a_meter_reads_with_uncertainty(make: Make, rig: Rig, clock: RealClock) -> None:
    """A power meter over HTTP gives readings with factor, digits, and uncertainty from stated accuracy."""
    meter = cast(
        "ReferenceMeter",
        make(
            "reference_meter",
            energy="register",
            accuracy=Accuracy(energy=1.0, power=0.5),
            resolution=Resolution(energy=1.0),
            actions={"read": Request("/m", "GET", answer={"energy": "kwh * 1000", "power": "w"})},
        ),
    )
    rig.answers["/m"] = (200, '{"kwh": 1234.567, "w": 7200.50}')
    clock.run(meter.start_integration())
    rig.answers["/m"] = (200, '{"kwh": 1235.567, "w": 7200.50}')
    reading = clock.run(meter.read())
    assert reading.energy.value == 1000.0
    assert reading.energy.seq == (1, 2)
    assert reading.energy.u == pytest.approx((10.0**2 / 3 + 2 / 12) ** 0.5)
    assert reading.power.raw == "7200.50"
    assert reading.power.u == pytest.approx(36.0025 / 3**0.5)
    assert reading.voltage.flags == {"no data"}
    clock.run(meter.stop_integration())
    rig.answers["/m"] = (200, '{"kwh": 1240, "w": 0}')
    stopped = clock.run(meter.read())
    assert (stopped.energy.value, stopped.power.value) == (1000.0, 0.0)


def test_a_display_is_read_with_its_total(make: Make, rig: Rig, clock: RealClock) -> None:
    """Lines, total and currency come from the answer; a word after = stands for itself."""
    rig.answers["/ocr"] = (200, '{"text": "Merci\\nTotal", "total": 12.30}')
    display = cast(
        "Display",
        make(
            "display",
            actions={
                "read": Request("/ocr", "GET", answer={"lines": "text", "cost": "total", "currency": "=CAD"})
            },
        ),
    )
    seen = clock.run(display.read())
    assert (seen.lines, seen.cost, seen.currency) == (("Merci", "Total"), "12.30", "CAD")


def test_every_request_is_noted(make: Make, rig: Rig, clock: RealClock, noted: list[dict[str, Any]]) -> None:
    """What was sent and what came back stand in the record, without the headers, which may hold secrets."""
    rig.answers["/off"] = (200, '{"done": true}')
    mains = cast(
        "Mains",
        make(
            "mains",
            headers={"Authorization": "Bearer s3cret"},
            actions={"set_power": Request("/off", body="{on}")},
        ),
    )
    clock.run(mains.set_power(False))
    assert noted == [
        {
            "kind": "exchange",
            "role": "mains",
            "resource": f"{rig.url}/off",
            "op": "request",
            "tx": f"POST {rig.url}/off\nfalse",
            "rx": '200 {"done": true}',
            "error": None,
        }
    ]


def test_an_unexpected_status_is_a_sentence(make: Make, rig: Rig, clock: RealClock) -> None:
    """A refusal names role, action, request, status, what was expected, and what the rig said."""
    rig.answers["/plug"] = (409, '{"error": "the plug is locked in its holster"}')
    vehicle = cast("Vehicle", make("vehicle", actions={"plug_in": "POST /plug", "set_ready": "POST /ready"}))
    with pytest.raises(RigError) as error:
        clock.run(vehicle.plug_in())
    assert str(error.value) == (
        f"vehicle.plug_in: POST {rig.url}/plug was answered with HTTP status 409 (expected 200, 201, 202, 204): "
        '\'{"error": "the plug is locked in its holster"}\'.'
    )
    assert len(rig.asked) == 1


def test_silence_ends_in_time_and_is_not_repeated(
    make: Make, rig: Rig, clock: RealClock, noted: list[dict[str, Any]]
) -> None:
    """An action without an answer may have happened: it is not sent twice, and the time-out is noted."""
    vehicle = cast(
        "Vehicle",
        make("vehicle", timeout=0.1, actions={"plug_in": "POST /silent", "set_ready": "POST /ready"}),
    )
    with pytest.raises(RigError) as error:
        clock.run(vehicle.plug_in())
    assert str(error.value) == (
        f"vehicle.plug_in: POST {rig.url}/silent was not answered within 0.1 s. It was not sent again, since it "
        "may have happened; check the address and the rig, or raise 'timeout' in the bench file."
    )
    assert len(rig.asked) == 1
    assert noted[0]["error"] == f"POST {rig.url}/silent was not answered within 0.1 s"


def test_nobody_listening_is_a_sentence(make: Make, clock: RealClock) -> None:
    """A refused connection names the address and what to look at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    mains = cast("Mains", make("mains", base=address, actions={"set_power": "POST /power"}))
    with pytest.raises(
        RigError, match=r"mains.set_power: POST http://127.0.0.1:\d+/power did not come through: .*refused"
    ):
        clock.run(mains.set_power(True))


def test_an_answer_of_another_shape_is_a_sentence(make: Make, rig: Rig, clock: RealClock) -> None:
    """No JSON, no such path, or a word that the role does not know: each is said with the answer."""
    vehicle = cast(
        "Vehicle",
        make(
            "vehicle",
            actions={
                "whereabouts": Request("/where", "GET", answer={"where": "plug.place"}),
                "set_ready": "POST /ready",
            },
        ),
    )
    for text, sentence in (
        ("<html>", "vehicle.whereabouts was answered '<html>', which is not JSON."),
        (
            '{"plug": {}}',
            "vehicle.whereabouts was answered '{\"plug\": {}}', which has nothing at 'plug.place' (looked for 'place').",
        ),
        (
            '{"plug": {"place": "cradle"}}',
            (
                "vehicle over HTTP answered 'cradle' for 'where', which must be one of holstered, in hand, "
                "plugged in, unknown; translate it under 'words' in the bench file."
            ),
        ),
    ):
        rig.answers["/where"] = (200, text)
        with pytest.raises(RigError) as error:
            clock.run(vehicle.whereabouts())
        assert str(error.value) == sentence


def test_make_safe_takes_energy_away(make: Make, rig: Rig, clock: RealClock) -> None:
    """A vehicle stops asking for energy, mains go off, and jammed locks come free, with what is mapped."""
    clock.run(make("vehicle", actions={"set_ready": Request("/r", body="{ready}")}).make_safe())
    clock.run(make("mains", actions={"set_power": Request("/p", body="{on}")}).make_safe())
    clock.run(make("mains", actions={"set_power": "POST /p", "make_safe": "POST /emergency"}).make_safe())
    clock.run(make("display", actions={}).make_safe())
    assert [(path, body) for _, path, body, _ in rig.asked] == [
        ("/r", "false"),
        ("/p", "false"),
        ("/emergency", ""),
    ]


def test_addresses_come_from_a_rig(make: Make, rig: Rig, clock: RealClock) -> None:
    """A base may name what a rig told when it was ready, even though that is known only later."""

    @dataclass
    class Started:
        facts: dict[str, Any]

    started = Started({})
    mains = cast(
        "Mains",
        make("mains", base="{charger.http}", rigs={"charger": started}, actions={"set_power": "POST /p"}),
    )
    with pytest.raises(BenchError, match=r"'{charger.http}/p' is not an address"):
        clock.run(mains.set_power(True))
    started.facts["http"] = rig.url
    clock.run(mains.set_power(True))
    assert rig.asked[0][1] == "/p"


def test_a_rig_names_itself(make: Make, rig: Rig, clock: RealClock) -> None:
    """``identify`` gives maker, model, serial and firmware; without it the address has to do."""
    rig.answers["/about"] = (200, '{"maker": "North Lab", "model": "Cable robot", "serial": 7}')
    part = make(
        "network",
        actions={"identify": Request("/about", "GET", answer={k: k for k in ("maker", "model", "serial")})},
    )
    told = clock.run(part.open())
    assert (told.maker, told.model, told.serial, told.firmware) == ("North Lab", "Cable robot", "7", "")
    assert clock.run(make("network", actions={}).open()).model == f"HTTP rig at {rig.url}"
    clock.run(part.close())


def test_a_meter_of_another_number_than_its_certificate_is_refused(
    clock: RealClock, rig: Rig, tmp_path: Path
) -> None:
    """Somebody else's calibration proves nothing; a rig that tells no number is taken at its bench entry's word."""
    file = tmp_path / "meter.yaml"
    file.write_text(
        "serial: A1\nmodel: M\ncertificate: C-7\nlaboratory: L\ncalibrated: 2025-01-01\ndue: 2027-01-01\n"
        "specification:\n  power: {reading: 1 %, range: 0 %}\n"
    )
    about = Request("/about", "GET", answer={k: k for k in ("maker", "model", "serial")})
    read = Request("/meter", "GET", answer={"energy": "wh"})
    rig.answers["/about"] = 200, '{"maker": "M", "model": "N", "serial": "B2"}'

    def note(_kind: str, /, **_fields: Any) -> int:
        return 1

    around = Surroundings(clock, note, "reference_meter", str(tmp_path))
    meter = http(around, actions={"identify": about, "read": read}, base=rig.url, calibration="meter.yaml")
    with pytest.raises(InstrumentError) as caught:
        clock.run(meter.open())
    assert str(caught.value) == (
        "N at reference_meter over HTTP has the serial number B2, but its calibration file is for A1 (certificate C-7): "
        "connect that instrument, or name the file of this one."
    )
    rig.answers["/about"] = 200, '{"maker": "M", "model": "N", "serial": "A1"}'
    assert clock.run(meter.open()).serial == "A1"
    assert (
        clock.run(http(around, actions={"read": read}, base=rig.url, calibration="meter.yaml").open()).serial
        == "unknown"
    )
