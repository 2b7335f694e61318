"""Drivers for instruments, vehicles and rigs, with their simulated twins."""
