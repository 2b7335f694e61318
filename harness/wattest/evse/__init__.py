"""The simulated charger. ``Charger`` is all that a bench needs; importing it registers its defects and variations."""

from wattest.evse.charger import Charger

__all__ = ["Charger"]
