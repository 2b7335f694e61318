"""Any role over HTTP, told by the bench file alone: a relay box, a test rig's web service, a robot.

::

    vehicle:
      driver: http
      base: http://192.168.1.50:8080/rig
      headers: {Authorization: Bearer 7f3a}
      timeout: 5 s
      actions:
        plug_in:     POST /cable/plug
        unplug:      POST /cable/unplug
        holster:     POST /cable/holster
        set_ready:   {method: PUT, url: /pilot, body: '{"state": "{ready:true=C,false=B}"}'}
        set_current: {method: PUT, url: "/load?milliamps={current_a*1000}", expect: [200, 204]}
        whereabouts: {method: GET, url: /cable, answer: {where: cable.place}, words: {cradle: holstered}}
    mains:
      driver: http
      base: http://192.168.1.50:8080/source
      actions:
        set_power:   {method: PUT, url: "/output/{on:true=1,false=0}"}
        run_profile: {url: /sequence, body: "{steps}"}       # 0.1:0:60|1:120:60, seconds, volts and hertz of each step
        read_back:   {method: GET, url: /output, answer: {safe: off, sentence: text}}
    thermometers:
      driver: http
      base: http://192.168.1.51/logger
      actions:
        read_all: {method: GET, url: /scan, answer: {enclosure: "0.value", contactor: "1.value"}}
        clock:    {method: GET, url: /now, answer: {utc: time}}       # wattest doctor compares it with this computer
    acquirer:
      driver: http
      base: http://192.168.1.52/sandbox
      actions:
        set_answer: {method: PUT, url: /host, body: "{answer:approve=00,refuse=05,silent=none}"}
        statement:  {method: GET, url: "/movements?since={since}", answer: {movements: items}}    # see statement_lines

Placeholders are the arguments of the action (``wattest_instruments.placeholders``) and facts of a rig, such as
``{charger.http}``. Nothing is ever sent twice: an action that got no answer may have happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args
from urllib import request as urllib_request
from urllib.error import URLError
from urllib.parse import quote, quote_plus

from wattest.document.quantity import Duration
from wattest.errors import BenchError, RigError
from wattest.roles import Identity, Part, Surroundings
from wattest_instruments.actions import (
    Action,
    Answer,
    actions_of,
    check_mapped,
    do_what_is_safe,
    supported,
    unmapped,
)
from wattest_instruments.answers import Reader, shown
from wattest_instruments.calibration import calibration_of
from wattest_instruments.gauge import EnergyCounts, Gauge
from wattest_instruments.placeholders import check_placeholders, fill, json_inside, rig_facts
from wattest_instruments.played import played
from wattest_instruments.readings import Accuracy, Resolution

ANSWER_BYTES = 1_000_000
"""The most that is read of one answer."""

_UNSTATED_ACCURACY = Accuracy()
_UNSTATED_RESOLUTION = Resolution()


Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Request:
    """One action as a request; ``answer``, ``match`` and ``words`` read what comes back.

    ``POST /cable/plug`` is short for ``{method: POST, url: /cable/plug}``.
    """

    url: str
    method: Method = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    expect: tuple[int, ...] = (200, 201, 202, 204)
    answer: Mapping[str, str] = field(default_factory=dict)
    match: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)


def http(
    around: Surroundings,
    *,
    actions: Mapping[str, str | Request],
    base: str = "",
    headers: Mapping[str, str] | None = None,
    timeout: Duration = 10.0,
    accuracy: Accuracy = _UNSTATED_ACCURACY,
    resolution: Resolution = _UNSTATED_RESOLUTION,
    calibration: str | None = None,
    energy: EnergyCounts = "since start",
    supports: tuple[str, ...] = (),
) -> Part:
    """Play a role over HTTP.

    Args:
        around: the bench
        actions: each action of the role that the rig can do, as a request
        base: put before every URL that begins with a slash
        headers: sent with every request, never noted in the record
        timeout: how long one request may take
        accuracy: of a meter, in percent of what it reads
        resolution: the last step that a meter or thermometer shows
        calibration: file with the certificate and the days of a meter; without it no energy error can be certified
        energy: whether the energy read counts since the start or is a register that counts up for ever
        supports: further capabilities that scenarios may need
    """
    requests = {name: _spelled_out(name, wanted) for name, wanted in actions.items()}
    doer = _Http(around, requests, base, headers or {}, timeout, supports)
    known = calibration_of(calibration, around.folder)
    gauge = Gauge(around, accuracy, resolution, energy, patience_s=5.0 + 2 * timeout, calibration=known)
    return played(doer, gauge)


def _spelled_out(name: str, wanted: str | Request) -> Request:
    if isinstance(wanted, Request):
        return wanted
    method, _, url = wanted.partition(" ")
    if method not in get_args(Method) or not url:
        raise BenchError(f"'{wanted}' under '{name}' is not a request; write it like 'POST /cable/plug'.")
    return Request(url.strip(), cast("Method", method))


@dataclass(frozen=True)
class _Sent:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


class _Http:
    def __init__(
        self,
        around: Surroundings,
        actions: Mapping[str, Request],
        base: str,
        headers: Mapping[str, str],
        timeout_s: float,
        extra: tuple[str, ...],
    ) -> None:
        self.role = around.role
        self.where = f"{around.role} over HTTP"
        check_mapped(around.role, "http", actions)
        self.supports = supported(around.role, "http", actions, extra)
        self._around = around
        self._actions = actions
        self._base = base.rstrip("/")
        self._headers = headers
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self._known = actions_of(around.role, "http")
        for name, wanted in actions.items():
            self._check(name, wanted, self._known[name])

    async def open(self) -> Identity:
        if "identify" not in self._actions:
            return Identity("unknown", f"HTTP rig at {self._base or 'several addresses'}", "unknown")
        told = (await self.do("identify")).fields
        return Identity(*(str(told.get(name, "")) for name in ("maker", "model", "serial", "firmware")))

    async def make_safe(self) -> None:
        await do_what_is_safe(self, self._actions)

    async def close(self) -> None:
        """Nothing is kept open between requests."""

    async def do(self, action: str, /, **arguments: Any) -> Answer:
        wanted = self._actions.get(action)
        if wanted is None:
            raise unmapped(self.role, "http", action, self._actions)
        sent = self._compose(wanted, arguments)
        async with self._turn:
            status, text, seq = await self._exchange(sent, action)
        if status not in wanted.expect:
            raise RigError(
                f"{self.role}.{action}: {sent.method} {sent.url} was answered with HTTP status {status} "
                f"(expected {', '.join(map(str, wanted.expect))}): {shown(text)}."
            )
        return Answer(self._reader(action, wanted).read(text), (seq,))

    async def _exchange(self, sent: _Sent, action: str) -> tuple[int, str, int]:
        line = f"{sent.method} {sent.url}"
        tx = line if sent.body is None else f"{line}\n{sent.body.decode()}"
        status, text, error = 0, None, None
        try:
            async with asyncio.timeout(2 * self._timeout_s):
                status, text = await self._around.clock.in_thread(_talk, sent, self._timeout_s)
        except TimeoutError:
            error = f"{line} was not answered within {self._timeout_s:g} s"
        except (OSError, ValueError) as problem:
            reason = problem.reason if isinstance(problem, URLError) else problem
            error = f"{line} did not come through: {reason}"
            if isinstance(reason, TimeoutError):
                error = f"{line} was not answered within {self._timeout_s:g} s"
        seq = self._around.note(
            "exchange",
            role=self.role,
            resource=sent.url,
            op="request",
            tx=tx,
            rx=None if text is None else f"{status} {text}",
            error=error,
        )
        if error is not None or text is None:
            raise RigError(
                f"{self.role}.{action}: {error}. It was not sent again, since it may have happened; "
                f"check the address and the rig, or raise 'timeout' in the bench file."
            )
        return status, text, seq

    def _compose(self, wanted: Request, arguments: Mapping[str, Any]) -> _Sent:
        facts = rig_facts(self._around)
        headers = {key: fill(value, facts) for key, value in {**self._headers, **wanted.headers}.items()}
        body = None
        if wanted.body is not None:
            kind = next((v for k, v in headers.items() if k.casefold() == "content-type"), None)
            kind = kind or ("application/json" if wanted.body.lstrip()[:1] in {"{", "["} else "text/plain")
            headers.setdefault("Content-Type", kind)
            body = fill(wanted.body, {**facts, **arguments}, _escape_for(kind)).encode()
        url = fill(wanted.url, arguments, lambda text: quote(text, safe=""))
        url = fill(self._base + url if url.startswith("/") else url, facts)
        if not url.startswith(("http://", "https://")):
            raise BenchError(
                f"{self.role}: '{url}' is not an address: it must begin with http:// or https://; "
                f"give the rest under 'base'."
            )
        return _Sent(wanted.method, url, headers, body)

    def _reader(self, action: str, wanted: Request) -> Reader:
        return Reader(f"{self.role}.{action}", wanted.answer, wanted.match, wanted.words)

    def _check(self, name: str, wanted: Request, action: Action) -> None:
        self._reader(name, wanted).check(action)
        for text in (wanted.url, wanted.body or ""):
            check_placeholders(text, action.arguments, f"{self.role}.{name} (http)")


def _escape_for(kind: str) -> Any:
    if "json" in kind:
        return json_inside
    return quote_plus if "form-urlencoded" in kind else str


def _talk(sent: _Sent, timeout_s: float) -> tuple[int, str]:
    """Runs in a worker thread. No proxy, no redirect, no error for any status."""
    opener = urllib_request.OpenerDirector()
    opener.add_handler(urllib_request.HTTPHandler())
    opener.add_handler(urllib_request.HTTPSHandler())
    request = urllib_request.Request(  # noqa: S310 - _compose lets http and https through only
        sent.url, data=sent.body, headers=dict(sent.headers), method=sent.method
    )
    with opener.open(request, timeout=timeout_s) as answer:
        data: bytes = answer.read(ANSWER_BYTES)
        return int(answer.status), data.decode("utf-8", "backslashreplace")
