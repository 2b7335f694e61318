"""OCPP without I/O: decoding, pure sessions, dialect tables, what an EVSE said in neutral words."""
