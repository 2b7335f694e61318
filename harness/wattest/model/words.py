"""Words that scenarios, charger sheets and benches share. A word outside these lists is a mistake at its line.

A scenario that needs what nobody has is *not tested*; so a misspelt need would silence it for good, if needs were
not checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from wattest.document.signature import Between, Known, Pattern

FEATURES: Mapping[str, str] = {
    "auth_cache": "remembers cards that were accepted online",
    "card_reader": "reads RFID cards",
    "clock": "keeps wall-clock time by itself while there is no link",
    "connector_button": "its connector has the button of SAE J1772, which the vehicle sees as 480 Ohm of proximity",
    "connector_lock": "holds the plug in the vehicle inlet or the socket while it charges",
    "cost_display": "shows the total cost at the end of a session",
    "diagnostics": "hands out its diagnostics log to the central system",
    "display": "shows text to the driver",
    "emergency_stop": "has a button for emergencies that a person can reach",
    "heater": "warms its inside in the cold",
    "holster_lock": "holds the plug captive on the station until a driver is authorised",
    "load_sharing": "keeps to a share of a group's current, and to its declared fallback without the central system",
    "local_auth_list": "keeps a list of cards that the central system sends",
    "local_cost": "reckons by itself what a session costs, from a tariff that it is given (OCPP 2.1)",
    "meter_display": "shows energy during a session",
    "offline_payment": "lets a payment card charge while its acquirer does not answer, at the operator's risk",
    "offline_queue": "keeps transaction messages while there is no link",
    "output_sensing": "senses the voltage at its output, and takes one behind an open contactor for a weld",
    "payment_terminal": "takes payment cards at a terminal",
    "price_display": "shows the price before a session",
    "remote_start": "starts a session for the central system",
    "reset": "restarts when the central system asks",
    "security_log": "hands out its log of security events to the central system",
    "signed_firmware": "installs firmware that its maker signed, and no other",
    "signed_meter_values": "signs its meter values",
    "smart_charging": "obeys a charging profile of the central system",
    "state_of_charge": "tells the state of charge of the vehicle's battery, as the vehicle tells it (ISO 15118)",
    "unlock": "unlocks the connector for the central system",
}
"""What a charger sheet may state under ``features``."""

CAPABILITIES: Mapping[str, str] = {
    "lock_jam": "the lock sensor can block a lock mechanically",
    "lock_pull": "the lock sensor can pull at a plug",
    "wall_clock_step": "the bench can step the wall clock",
    "any_date": "the bench can begin a scenario on any day",
    "diode_fault": "the vehicle can short its pilot diode",
    "pe_fault": "the vehicle can open the protective earth",
    "pilot_short": "the vehicle can short the pilot to earth",
    "pilot_open": "the vehicle can open the conductor of the pilot",
    "connector_heat": "the vehicle's side can heat the connector beyond the limit of its probe",
    "heedless": "the load, or the vehicle, can draw what it is told whatever the station offers",
    "keeps_asking": "the vehicle can stay in state C after the pulses of the pilot have stopped",
    "weld": "the bench can make the contactor look welded: by voltage from behind it, or by holding its contacts",
    "pilot_resistance": "the vehicle can show other resistances at the pilot than the nominal ones",
    "proximity": "the vehicle can show a proximity resistance",
    "vehicle_soc": "the vehicle can arrive at a state of charge, and tells it",
    "heeds_proximity": "the vehicle stops asking for energy by itself when its proximity says that the button is pressed",
    "pilot_reading": "the vehicle measures the control pilot",
    "obeys_pilot": "the load keeps to what the station offers by itself",
    "output_channel": "the pilot scope sees the output voltage as well",
    "supply_voltage": "the mains can be set to another voltage",
    "supply_frequency": "the mains can be set to another frequency",
    "supply_dips": "the mains can play dips timed by itself",
    "supply_reading": "the mains measures what it delivers",
    "chamber_state": "the chamber tells set point, alarms and door",
    "humidity": "the chamber sets and measures the humidity of its air",
    "feeder": "several stations hang on one feeder, whose current is measured station by station",
    "photo": "the operator can take pictures that are kept",
}
"""What a driver may name in ``supports``, beside the role it plays."""

ROLE_NAMES = (
    "reference_meter",
    "vehicle",
    "load",
    "pilot_scope",
    "card_reader",
    "mains",
    "lock_sensor",
    "display",
    "chamber",
    "thermometers",
    "network",
    "alerts",
    "operator",
    "acquirer",
)
"""The keys of ``wattest.roles.ROLES``, without the cost of its Protocols."""

NEEDS = frozenset((*ROLE_NAMES, *FEATURES, *CAPABILITIES))
"""Words that ``needs`` of a scenario may hold."""

RequirementId = Annotated[str, Known("requirement")]
LimitId = Annotated[str, Known("limit")]
"""The id of a limit under ``fixtures/limits``."""
RuleId = Annotated[str, Known("rule")]
"""The id of a decision rule under ``fixtures/limits``."""
ProfileName = Annotated[str, Known("profile")]
"""The name of an accuracy profile under ``fixtures/profiles``."""
Feature = Annotated[str, Known("feature")]
Need = Annotated[str, Known("need")]
"""A feature of the charger, a role of the bench, or a capability of a driver."""
RoleName = Annotated[str, Known("role")]
RigName = Annotated[str, Known("rig")]
"""A key of ``rigs`` in the same bench file."""

Province = Literal["AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT"]

NewRequirementId = Annotated[str, Pattern("[A-Z]{3}-[0-9]{2}", "a requirement id such as 'MET-01'")]
NewName = Annotated[
    str, Pattern("[a-z][a-z0-9_]{0,39}", "a name such as 'low_current': small letters, digits and '_'")
]
SavedName = Annotated[
    str, Pattern("[a-z][a-z0-9_]{0,39}", "a name such as 'paid': small letters, digits and '_'")
]
ScenarioId = Annotated[str, Pattern("[A-Z]{2,6}-[0-9]{3}", "a scenario id such as 'MET-001'")]
Uid = Annotated[
    str,
    Pattern(
        "[0-9A-Za-z*_=:+|@.-]{1,20}",
        "the UID of a card: 1 to 20 letters, digits or *-_=:+|@. (OCPP 1.6 idTag)",
    ),
]
Trace = Annotated[str, Pattern("T(0[1-9]|1[0-9]|2[0-3])", "a user statement from 'T01' to 'T23'")]
Port = Annotated[int, Between(0, 65535)]
"""A TCP port; 0 lets the system choose."""
