"""Verdicts from evidence: named rules, uncertainty, monitors, and the same again from the record alone.

Nothing here knows a simulator or a driver: what comes in are numbers and entries of a record, what goes out are
decisions with a sentence. Everything is pure, so that a stranger can compute it again.
"""
