"""The verbs of the scenario language, grouped by what a user cares about."""

from wattest.steps.context import Run
from wattest.steps.registry import step, verbs

__all__ = ["Run", "step", "verbs"]
