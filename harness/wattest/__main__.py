"""``python -m wattest`` is ``wattest``."""

from wattest.cli import main

main(prog_name="wattest")
