"""``wattest portal``, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from urllib.request import Request, urlopen

import pytest
from click.testing import CliRunner

from wattest.cli.portal import command
from wattest.ocpi.portal import authorization


@pytest.mark.real_time
def test_it_publishes_until_it_is_ended() -> None:
    """It listens for stations and readers, answers who shows the token, and ends on SIGTERM."""
    code = "import sys; from wattest.cli import main; main(sys.argv[1:])"
    server = subprocess.Popen(
        [sys.executable, "-c", code, "portal", "--token", "s3cret", "--port", "0", "--ocpp-port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert server.stdout is not None
    first = server.stdout.readline()
    url = first.partition("OCPI: ")[2].split()[0].removesuffix("/versions")
    asked = Request(f"{url}/cpo/2.3.0/locations", headers={"Authorization": authorization("s3cret")})
    with urlopen(asked, timeout=10) as answer:
        (place,) = json.load(answer)["data"]
    assert (place["id"], place["evses"][0]["status"]) == ("reference", "UNKNOWN")
    server.send_signal(signal.SIGTERM)
    said = server.communicate(timeout=10)[0]
    assert server.returncode == 0, said


def test_a_site_that_cannot_be_used(tmp_path: object) -> None:
    """The reader's sentence, and exit code 12."""
    result = CliRunner().invoke(command, ["--token", "x", "--site", f"{tmp_path}/none.yaml"])
    assert result.exit_code == 12
    assert "none.yaml" in result.output


def test_nobody_reads_without_a_token() -> None:
    """There is no default token."""
    result = CliRunner().invoke(command, [])
    assert result.exit_code == 2
    assert "--token" in result.output
