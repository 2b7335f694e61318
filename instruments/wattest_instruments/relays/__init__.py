"""Relay boards, and what their outputs and inputs play on a bench."""
