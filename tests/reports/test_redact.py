"""Secrets never reach a report."""

from __future__ import annotations

import base64

import pytest

from wattest_reports.redact import HIDDEN, Redactor, smells

SECRET = "s3cret-of-the-station"


@pytest.mark.parametrize(
    "entry",
    [
        {"message": {"payload": {"key": "AuthorizationKey", "value": SECRET}}},
        {"payload": {"configurationKey": [{"key": "authorizationkey", "readonly": False, "value": SECRET}]}},
        {
            "payload": {
                "setVariableData": [
                    {
                        "component": {"name": "SecurityCtrlr"},
                        "variable": {"name": "BasicAuthPassword"},
                        "attributeValue": SECRET,
                    }
                ]
            }
        },
        {
            "reportData": [
                {
                    "variable": {"name": "BasicAuthPassword"},
                    "variableAttribute": [{"type": "Actual", "value": SECRET}],
                }
            ]
        },
        {"bench": {"csms": {"password": SECRET}}},
        {"headers": {"Authorization": f"Bearer {SECRET}"}},
        {"tx": f"GET /x HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\n"},
        {"headers": {"Authorization": "Basic " + base64.b64encode(f"CP001:{SECRET}".encode()).decode()}},
        {"location": f"ftp://diagnostics:{SECRET}@files.example/x"},
    ],
)
def test_a_secret_is_found_and_hidden_everywhere(entry: dict[str, object]) -> None:
    """Found in its field, hidden in every other text of the record too."""
    hide = Redactor.of(entry)
    assert SECRET not in str(hide.value(entry))
    assert hide.text(f"The key is {SECRET}.") == f"The key is {HIDDEN}."


def test_what_is_no_secret_stays() -> None:
    """Other keys and variables, cards and plain addresses are evidence."""
    entry = {
        "key": "HeartbeatInterval",
        "value": "300",
        "idTag": "04E2A1",
        "url": "https://files.example/fw.bin",
        "localAuthorizationList": [{"idTag": "04E2A1"}],
        "variable": {"name": "HeartbeatInterval"},
    }
    assert Redactor.of(entry).value(entry) == entry


def test_a_short_secret_is_hidden_in_its_field_only() -> None:
    """Hiding '1' everywhere would eat the report."""
    entry = {"password": "1", "value": "11 A"}
    assert Redactor.of(entry).value(entry) == {"password": HIDDEN, "value": "11 A"}


def test_lines_are_searched_cheaply() -> None:
    """A line is looked at closely only when a word of it, or an address with a name, suggests a secret."""
    assert smells('{"key":"AuthorizationKey"}')
    assert smells(b'{"url":"ftp://a:b@c"}')
    assert not smells('{"action":"Authorize","idTag":"04E2"}')


def test_an_escaped_secret_is_found_in_a_line() -> None:
    """JSON writes a quotation mark as two signs."""
    hide = Redactor(['pass"word'])
    assert hide.stands_in(b'{"sentence":"it was pass\\"word"}')
    assert not hide.stands_in(b'{"sentence":"it was nothing"}')
