"""Everything that reads documents, under one roof."""

from wattest.model.read_bench import read_bench
from wattest.model.read_charger import read_charger
from wattest.model.read_evidence import read_checklist, read_demands, read_levels, read_papers
from wattest.model.read_profile import read_profiles
from wattest.model.read_requirements import read_decision_rules, read_limits, read_requirements
from wattest.model.read_scenario import read_scenario
from wattest.model.read_tariff import read_cards, read_tariff, read_taxes

__all__ = [
    "read_bench",
    "read_cards",
    "read_charger",
    "read_checklist",
    "read_decision_rules",
    "read_demands",
    "read_levels",
    "read_limits",
    "read_papers",
    "read_profiles",
    "read_requirements",
    "read_scenario",
    "read_tariff",
    "read_taxes",
]
