"""``python -m wattest`` is the command ``wattest``, for machines whose PATH does not know it."""

from wattest.cli import main

main(prog_name="wattest")
