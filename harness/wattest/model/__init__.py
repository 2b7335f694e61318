"""Frozen data read from documents: scenario, requirement, limit, charger sheet, bench, tariff."""
