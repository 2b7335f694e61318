"""The ``wattest`` command: one file per command, thin, imported late so that ``--help`` is quick."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "certify": "Certify a charger: run the scenarios, print a verdict per requirement.",
    "check": "Check documents only: scenarios, bench files, charger sheets, limits.",
    "csms": "Run the reference central system alone, with a live log.",
    "doctor": "Look at computer, bench and chargers before a run.",
    "evse": "Run the simulated charger as a process of its own.",
    "evidence": "Answer the checklist and hand in documents of a charger.",
    "init": "Write a bench file and a charger sheet to begin with, by asking.",
    "plan": "Print what an accuracy profile will take: energy, hours, uncertainty.",
    "portal": "Publish a station by OCPI: locations, status, tariffs, session records.",
    "prove": "Show which scenario catches which deliberate defect.",
    "receipt": "Make receipts of the sessions in a record, or add up the taxes to remit.",
    "report": "Render a record: terminal table, HTML, JUnit, Allure.",
    "requirements": "List, filter and explain the requirements, and what can show each.",
    "risk": "Simulate how often a decision rule accepts a bad meter, or rejects a good one.",
    "safe": "Make a bench safe by hand, and say how that was confirmed.",
    "scan": "Search logs, receipts and diagnostics for card numbers.",
    "schema": "Print the JSON Schema of a document, for editors.",
    "sessions": "Export the sessions of a record: CSV, JSON, Parquet.",
    "steps": "List every step with its arguments.",
    "uptime": "Compute uptime from a log or a record, by several formulas.",
    "verify": "Check that a record is whole and recompute its verdicts.",
}


class _Late(click.Group):
    """A group whose commands are imported only when called: each lives in ``wattest.cli.<name>.command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"wattest.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Late, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wattest", prog_name="wattest")
def main() -> None:
    """Wattest tells whether a public EV charger deserves to be bought."""
