"""A scenario says what it needs: on a bench without it, it is not tested instead of ending in an error."""

from __future__ import annotations

from wattest.run.prove import library

NEEDS = {
    "present_card": {"card_reader"},
    "present_payment_card": {"operator", "payment_terminal"},
    "set_acquirer": {"acquirer"},
    "expect_authorisation": {"acquirer"},
    "expect_refusal": {"acquirer"},
    "expect_capture": {"acquirer"},
    "expect_release": {"acquirer"},
    "expect_settled": {"acquirer"},
    "check_unanswered": {"acquirer", "reference_meter"},
    "expect_no_session": {"acquirer", "reference_meter"},
    "outspend_reservation": {"acquirer", "vehicle"},
    "read_cards": {"card_reader"},
    "session_cycles": {"card_reader", "vehicle", "lock_sensor"},
    "plug_in": {"vehicle"},
    "unplug": {"vehicle"},
    "pull_plug": {"vehicle"},
    "return_plug": {"vehicle"},
    "ev_ready": {"vehicle"},
    "ev_pause": {"vehicle"},
    "charge": {"vehicle"},
    "bring_car": {"vehicle", "vehicle_soc"},
    "charge_to": {"vehicle", "vehicle_soc"},
    "check_state_of_charge": {"vehicle", "vehicle_soc", "state_of_charge"},
    "check_lock": {"lock_sensor"},
    "check_captive": {"lock_sensor", "lock_pull"},
    "jam_lock": {"lock_sensor", "lock_jam"},
    "unlock_during_transaction": {"lock_sensor", "connector_lock", "unlock"},
    "expect_current": {"reference_meter"},
    "expect_dead": {"reference_meter"},
    "compare_energy": {"reference_meter"},
    "mark_energy": {"reference_meter"},
    "check_cost": {"display", "cost_display"},
    "expect_cost_shown": {"display", "cost_display"},
    "expect_price_shown": {"display", "price_display"},
    "check_display_alive": {"display"},
    "set_temperature": {"chamber"},
    "soak": {"chamber"},
    "power_evse": {"mains"},
    "cut_network": {"network"},
    "restore_network": {"network"},
    "send_local_list": {"local_auth_list"},
    "clear_cache": {"auth_cache"},
    "remote_start": {"remote_start"},
    "set_limit": {"smart_charging"},
    "reset": {"reset"},
    "check_pilot_levels": {"pilot_scope"},
    "check_pilot_frequency": {"pilot_scope"},
    "check_duty": {"pilot_scope", "smart_charging"},
    "check_duty_spacing": {"pilot_scope", "smart_charging"},
    "check_rating": {"pilot_scope", "smart_charging"},
    "check_closing": {"vehicle", "pilot_scope", "output_channel"},
    "check_opening": {"vehicle", "pilot_scope", "output_channel"},
    "check_vehicle_fault": {"vehicle", "reference_meter"},
    "check_over_current": {"vehicle", "pilot_scope", "reference_meter", "heedless"},
    "check_weld": {"card_reader", "vehicle", "reference_meter", "weld"},
    "show_resistance": {"vehicle", "pilot_resistance"},
    "hold_state": {"vehicle", "reference_meter"},
    "check_patience": {
        "vehicle",
        "pilot_scope",
        "reference_meter",
        "smart_charging",
        "heedless",
        "keeps_asking",
    },
    "stabilise": {"chamber", "thermometers"},
    "thermal_cycles": {"chamber", "thermometers"},
    "check_full_load": {"vehicle", "reference_meter"},
    "measure_error": {"card_reader", "vehicle", "reference_meter"},
    "session_supplied": {
        "card_reader",
        "vehicle",
        "reference_meter",
        "mains",
        "supply_voltage",
        "supply_frequency",
    },
    "dip": {"mains", "supply_dips"},
    "check_standby": {"mains", "supply_reading"},
    "finish_sessions": {"card_reader", "reference_meter"},
    "inspect": {"operator", "photo"},
    "measure_by_hand": {"operator", "photo"},
    "share_feeder": {"feeder", "load_sharing", "smart_charging"},
    "join_feeder": {"feeder", "load_sharing"},
    "leave_feeder": {"feeder", "load_sharing"},
    "limit_feeder": {"feeder", "load_sharing"},
    "rotate_feeder": {"feeder", "load_sharing"},
    "check_shares": {"feeder", "load_sharing"},
    "check_fallback": {"feeder", "load_sharing", "network"},
    "check_dwell": {"feeder", "load_sharing", "reference_meter"},
    "check_profile": {"reference_meter", "smart_charging"},
    "endurance": {"card_reader", "vehicle", "reference_meter"},
    "make_vehicle_fault": {"vehicle"},
    "mend_vehicle_fault": {"vehicle"},
    "check_price_published": {"display", "price_display"},
    "expect_outage_noticed": {"network"},
    "check_voltage_fault": {"vehicle", "reference_meter", "mains", "supply_voltage"},
    "check_alerts": {"card_reader", "vehicle", "reference_meter", "alerts", "pilot_short"},
    "check_heat_fault": {"vehicle", "reference_meter", "chamber"},
    "check_emergency_stop": {"vehicle", "reference_meter", "operator", "emergency_stop"},
    "update_firmware": {"signed_firmware"},
    "expect_update": {"signed_firmware", "reset"},
    "expect_update_survived": {"signed_firmware", "reset", "mains"},
    "check_diagnostics_without_card": {"operator", "payment_terminal"},
    "check_pauses": {"vehicle", "reference_meter"},
    "check_cut_cable": {"vehicle", "reference_meter", "pilot_open", "pe_fault"},
    "check_button": {"vehicle", "reference_meter", "connector_button", "proximity", "heeds_proximity"},
    "check_hot_connector": {"vehicle", "reference_meter", "thermometers", "connector_heat"},
    "measure_error_supplied": {
        "card_reader",
        "vehicle",
        "reference_meter",
        "mains",
        "supply_voltage",
        "supply_frequency",
    },
    "check_idle_power": {"mains", "supply_reading", "chamber"},
}
"""Roles, features and capabilities without which a verb cannot do its work."""


def test_every_scenario_states_its_needs() -> None:
    """The needs of a scenario hold those of every verb in it, and the lock that it looks at."""
    missing = {}
    for scenario in library():
        needed = set().union(*(NEEDS.get(call.verb, set()) for call in scenario.steps))
        for call in scenario.steps:
            if call.verb in {"check_lock", "check_captive", "jam_lock"}:
                needed.add(f"{call.arguments.get('lock', 'holster')}_lock")
            if call.verb == "check_vehicle_fault":
                fault = call.arguments["fault"]
                needed |= {"pilot_short" if fault == "short" else f"{fault}_fault"}
                needed |= {"pilot_scope", "output_channel"} if fault == "pe" else set()
            if call.verb == "make_vehicle_fault":
                fault = call.arguments["fault"]
                needed |= {"pilot_short" if fault == "short" else f"{fault}_fault"}
            if call.verb == "ask_for_diagnostics":
                needed.add("security_log" if call.arguments.get("log") == "security" else "diagnostics")
            if call.verb == "charge" and call.arguments.get("energy") is not None:
                needed.add("reference_meter")
        if lacking := needed - set(scenario.needs):
            missing[scenario.path.rpartition("/")[2]] = sorted(lacking)
    assert missing == {}
