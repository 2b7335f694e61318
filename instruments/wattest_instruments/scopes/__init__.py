"""Oscilloscopes: the role ``pilot_scope``."""
