"""Simulated instruments: what answers when a driver believes that it talks to steel."""
