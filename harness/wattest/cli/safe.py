"""``wattest safe``: power off, by hand."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from wattest.cli.exits import BENCH, DOCUMENTS, exits
from wattest.errors import DocumentError, WattestError

if TYPE_CHECKING:
    from wattest.model.bench import Bench
    from wattest.run.bench_state import Story
    from wattest.run.rescue import Rescued

SAFE, USAGE = 0, 4

EXAMPLES = """
Examples:

\b
  wattest safe --bench bench.yaml
  wattest safe --bench bench.yaml --acknowledge "Anna Roy: main switch off, no voltage at the terminals"

\b
Exit codes: 0 the bench is safe, 4 wrong arguments, 11 it is not, or nobody knows, 12 the bench file cannot be used.
"""


@click.command(epilog=EXAMPLES)
@click.option("--bench", metavar="FILE", type=click.Path(), help="Bench file. Default: the simulated bench.")
@click.option(
    "--acknowledge",
    metavar="TEXT",
    help='Open a closed bench without asking its instruments: "name: what was checked".',
)
def command(bench: str | None, acknowledge: str | None) -> None:
    """Make a bench safe, and say how that was confirmed and by which instrument.

    The drivers of the bench file are opened and told to take all energy away, as at the end of every run. A bench that a
    run could not make safe is closed until this succeeds, or until a person has looked and says so: the record of the next
    run tells who, and what.
    """
    from pathlib import Path

    from wattest.model.library import library_folder
    from wattest.model.read import read_bench
    from wattest.run.bench_state import Claim, Story
    from wattest.run.drivers import factories

    path = bench or str(library_folder("fixtures") / "benches" / "simulated.yaml")
    with exits({DocumentError: DOCUMENTS, WattestError: BENCH}):
        read = read_bench(Path(path), factories())
        if read.kind != "live":
            click.echo(f"The bench '{read.name}' is simulated: nothing of it outlives a run.")
            sys.exit(SAFE)
        claim = Claim(path)
        try:
            story = Story(path)
            code = _make_safe(read, story) if acknowledge is None else _acknowledge(read, story, acknowledge)
        finally:
            claim.release()
    sys.exit(code)


def _acknowledge(bench: Bench, story: Story, text: str) -> int:
    told = re.fullmatch(r"\s*([^:]*\S)\s*:\s*(\S.*)", text, re.DOTALL)
    if told is None:
        click.echo(
            f"'{text}' does not say who checked what: write --acknowledge \"name: what was checked\".",
            err=True,
        )
        return USAGE
    closed = story.closed()
    if closed is None:
        click.echo(f"The bench '{bench.name}' is not closed: there is nothing to acknowledge.")
        return SAFE
    name, checked = told.groups()
    story.add("acknowledged", checked, by=name)
    click.echo(
        f"The bench '{bench.name}' was closed since {closed.utc}: {closed.sentence.rstrip('.')}. It is open again on the "
        f"word of {name}: {checked}. The record of the next run says so."
    )
    return SAFE


def _make_safe(bench: Bench, story: Story) -> int:
    from wattest.clock import RealClock
    from wattest.run.rescue import rescue
    from wattest.run.terminal import terminal

    def note(kind: str, /, **fields: Any) -> int:
        """What concerns a person, as it happens."""
        if kind in {"safe", "safe_attempt", "opened"} and fields["role"] != "bench":
            click.echo(f"{'' if fields['ok'] else '! '}{fields['sentence']}")
        return -1

    with RealClock() as clock:
        try:
            rescued = clock.run(rescue(bench, clock=clock, note=note, prompt=terminal()))
        except KeyboardInterrupt:
            story.add("closed", "'wattest safe' was interrupted", by="hand")
            click.echo(
                f"Interrupted: the bench '{bench.name}' is closed until 'wattest safe' succeeds.", err=True
            )
            return BENCH
    return _told(bench, story, rescued)


def _told(bench: Bench, story: Story, rescued: Rescued) -> int:
    if not rescued.ok:
        story.add("closed", rescued.sentence, by="hand")
        click.echo(
            f"The bench '{bench.name}' is NOT safe for certain, and closed: {rescued.sentence} Switch off its supply by hand, "
            "then run this again, or say with --acknowledge who checked what.",
            err=True,
        )
        return BENCH
    story.add("safe", rescued.sentence, by="hand")
    witness = (
        f"confirmed by {rescued.confirmed_by}" if rescued.confirmed_by else "confirmed by no other instrument"
    )
    click.echo(f"The bench '{bench.name}' is safe, {witness}: {rescued.sentence}.")
    return SAFE
