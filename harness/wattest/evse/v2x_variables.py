"""OCPP 2.0.1 and 2.1: components and variables, read, written and reported (B05 to B07)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wattest.evse import commands, status
from wattest.evse.answering import Reply
from wattest.evse.settings import Setting
from wattest.evse.station import Station
from wattest.world.behaviour import behaviour, variation

Payload = Mapping[str, Any]

ITEMS = 20
"""Variables per NotifyReport."""

_KINDS = {"integer": "integer", "boolean": "boolean", "text": "string"}


@behaviour
def vendor_variables(station: Station) -> list[dict[str, Any]]:
    """Variables of the maker's own in a report."""
    return []


@variation(
    "V14",
    alters=vendor_variables,
    text="settings of the maker's own are listed",
    source="OCPP 1.6 5.8, 2.0.1 B07: extension points",
    area="authentication",
)
def has_vendor_variables(station: Station) -> list[dict[str, Any]]:
    """As most chargers do."""
    return [
        {
            "component": {"name": "VendorCooling"},
            "variable": {"name": "FanHysteresis"},
            "variableAttribute": [{"value": "4", "mutability": "ReadOnly"}],
        }
    ]


def get_variables(station: Station, payload: Payload) -> Reply:
    """B06."""
    return Reply({"getVariableResult": [_read(station, asked) for asked in payload["getVariableData"]]})


def _read(station: Station, asked: Payload) -> dict[str, Any]:
    result = {"component": asked["component"], "variable": asked["variable"]}
    if "attributeType" in asked:
        result["attributeType"] = asked["attributeType"]
    found = _find(station, asked)
    if isinstance(found, str):
        return {**result, "attributeStatus": found}
    return {**result, "attributeStatus": "Accepted", "attributeValue": station.settings.text(found.name)}


def set_variables(station: Station, payload: Payload) -> Reply:
    """B05."""
    return Reply({"setVariableResult": [_write(station, asked) for asked in payload["setVariableData"]]})


def _write(station: Station, asked: Payload) -> dict[str, Any]:
    result = {"component": asked["component"], "variable": asked["variable"]}
    if "attributeType" in asked:
        result["attributeType"] = asked["attributeType"]
    found = _find(station, asked)
    if isinstance(found, str):
        return {**result, "attributeStatus": found}
    words = {"accepted": "Accepted", "reboot required": "RebootRequired"}
    outcome = commands.configure(station, found.name, asked["attributeValue"])
    return {**result, "attributeStatus": words.get(outcome, "Rejected")}


def _find(station: Station, asked: Payload) -> Setting | str:
    """The setting meant, or the word that says why there is none. Names are compared without case."""
    settings = station.settings
    component, variable = asked["component"], asked["variable"]
    instance = f"[{variable['instance']}]" if "instance" in variable else ""
    if component["name"].lower() not in settings.components:
        return "UnknownComponent"
    setting = settings.by_variable.get((component["name"].lower(), f"{variable['name']}{instance}".lower()))
    if setting is None:
        return "UnknownVariable"
    return "NotSupportedAttributeType" if asked.get("attributeType", "Actual") != "Actual" else setting


def get_base_report(station: Station, payload: Payload) -> Reply:
    """B07; a summary of problems is not kept."""
    if payload["reportBase"] == "SummaryInventory":
        return Reply({"status": "NotSupported"})
    writable_only = payload["reportBase"] == "ConfigurationInventory"
    rows = [
        _reported(station, setting)
        for setting in station.settings.by_variable.values()
        if not (writable_only and setting.read_only)
    ]
    rows += station.conduct(vendor_variables)(station)
    return Reply({"status": "Accepted"}, lambda: _report(station, payload["requestId"], rows))


def _report(station: Station, request_id: int, rows: list[dict[str, Any]]) -> None:
    parts = [rows[start : start + ITEMS] for start in range(0, len(rows), ITEMS)]
    for number, part in enumerate(parts):
        message = {
            "requestId": request_id,
            "generatedAt": station.written(station.now()),
            "seqNo": number,
            "tbc": number < len(parts) - 1,
            "reportData": part,
        }
        status.tell(station, "NotifyReport", message)


def _reported(station: Station, setting: Setting) -> dict[str, Any]:
    name, _, instance = (setting.variable or "").partition("[")
    variable: dict[str, Any] = {"name": name}
    if instance:
        variable["instance"] = instance.rstrip("]")
    about: dict[str, Any] = {"dataType": _KINDS[setting.kind], "supportsMonitoring": False}
    if setting.kind == "integer":
        about |= {"minLimit": setting.minimum, "maxLimit": setting.maximum}
    attribute = {
        "value": station.settings.text(setting.name),
        "mutability": "ReadOnly" if setting.read_only else "ReadWrite",
        "persistent": True,
    }
    return {
        "component": {"name": setting.component},
        "variable": variable,
        "variableAttribute": [attribute],
        "variableCharacteristics": about,
    }
