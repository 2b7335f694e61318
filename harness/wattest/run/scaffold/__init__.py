"""``wattest init``: a bench file and a charger sheet to begin with, made by asking."""

from __future__ import annotations

from wattest.run.scaffold.asking import Asker
from wattest.run.scaffold.bench_file import ask_bench
from wattest.run.scaffold.charger_sheet import ask_charger

__all__ = ["Asker", "ask_bench", "ask_charger"]
