"""Wattest tells whether a public EV charger deserves to be bought."""

__version__ = "0.1.0"
