"""``wattest receipt``: from a run of the simulated charger to receipts and taxes."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wattest.cli.receipt import command
from wattest.record import read_record
from wattest.run.assemble import documents, open_campaign, seal
from wattest.run.perform import perform
from wattest.run.prove import library


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def _made(folder: Path, *keys: str) -> Path:
    """A sealed record of these scenarios."""
    plan = [(scenario, "1.6") for scenario in library() if scenario.key in keys]
    campaign = open_campaign(documents(), plan=plan, out=folder)  # type: ignore[arg-type]  # "1.6" is a dialect
    for scenario, _ in plan:
        campaign.clock.run(perform(campaign, scenario, "1.6"))
    seal(campaign)
    campaign.clock.close()
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session in Quebec with its seller, and two under other taxes."""
    keys = ("BILL-013", "BILL-010 [SK]", "BILL-011 [2025-03-31]", "BILL-008")
    return _made(tmp_path_factory.mktemp("run"), *keys)


def test_receipts_in_both_languages(run: Path) -> None:
    """French first in Quebec, English first elsewhere; amounts, rates, numbers and times are there."""
    result = _run(run, "--supplier", "example")
    assert result.exit_code == 0, result.stderr
    blocks = result.stdout.split("\n\n")
    titles = [block.splitlines()[0] for block in blocks]
    french, english = "Reçu\u00a0: Recharge Exemple inc.", "Receipt: Example Charging Inc."
    assert titles == [french, english, english, french, english, french, french, english]
    words = " ".join("\n".join(blocks).split())
    for part in (
        "TPS 5 % (No 123456789 RT0001)",
        "TVQ 9,975 % (No 1234567890 TQ0001)",
        "PST 6 % (No. PST-1234-5678) $0.26",
        "HST 15 % (No. 123456789 RT0001) $0.65",
        "Total $4.85 CAD",
        "2025-03-31 14:00:20 ADT",
        "2025-03-31 14:00:20 HAA",
        "Énergie 0,35 $/kWh",
        "Frais d'occupation 6,00 $/h après 10 min (0:00:00) 0,00 $",
        "Énergie par paliers du tarif",
        "Made from a test record; not a document for tax purposes.",
    ):
        assert part in words, part


def test_the_total_printed_is_the_total_shown(run: Path) -> None:
    """What stands on the receipts is what drivers read on the display, session by session, to the cent."""
    shown: list[str | None] = []
    for entry in read_record(run / "record.jsonl").entries:
        if entry["kind"] == "scenario":
            shown.append(None)
        elif entry["kind"] == "observation" and entry["what"] == "display" and entry["value"]["cost"]:
            shown[-1] = entry["value"]["cost"]
    text = _run(run, "--supplier", "example", "--lang", "en").stdout
    printed = [line.split("$")[1].split()[0] for line in text.splitlines() if line.startswith("  Total  ")]
    assert printed == shown
    assert len(printed) == 4


def test_one_transaction_in_one_language(run: Path) -> None:
    """``--transaction`` and ``--lang``; another transaction is told with those there are."""
    first = _run(run, "--supplier", "example", "--lang", "en").stdout
    number = first.splitlines()[1].split()[-1]
    result = _run(run, "--supplier", "example", "--lang", "en", "--transaction", number)
    assert (result.exit_code, result.stdout.count("Receipt: ")) == (0, 1)
    result = _run(run, "--supplier", "example", "--transaction", "nope")
    assert result.exit_code == 2
    assert "There is no receipt of transaction 'nope'; there are " in result.stderr


def test_a_page_of_receipts(run: Path, tmp_path: Path) -> None:
    """One file without scripts, well formed, equal for equal records."""
    out = tmp_path / "deep" / "receipts.html"
    result = _run(run, "--supplier", "example", "--format", "html", "--out", out)
    assert (result.exit_code, result.stdout) == (0, f"4 receipts: {out}\n")
    page = out.read_text(encoding="utf-8")

    class Tags(HTMLParser):
        seen: list[str]

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.seen.append(tag)

    tags = Tags()
    tags.seen = []
    tags.feed(page)
    assert tags.seen.count("article") == 8
    assert "script" not in tags.seen
    assert 'lang="fr-CA"' in page
    assert _run(run, "--supplier", "example", "--format", "html").stdout == page


def test_taxes_to_remit(run: Path) -> None:
    """By month, tax and rate, with the number under which each is remitted."""
    result = _run(run, "--supplier", "example", "--taxes")
    assert result.exit_code == 0, result.stderr
    rows = [line.split() for line in result.stdout.splitlines()]
    assert [row[:3] for row in rows[1:]] == [
        ["2025-03", "HST", "15"],
        ["2026-01", "GST", "5"],
        ["2026-01", "PST", "6"],
        ["2026-01", "QST", "9.975"],
    ]


def test_what_cannot_be_done(run: Path, tmp_path: Path) -> None:
    """No seller, no such seller, format or record: a sentence and its exit code."""
    result = _run(run)
    assert (result.exit_code, result.stderr) == (
        11,
        "The record holds sessions and no seller; name one with --supplier, a file as under fixtures/suppliers.\n",
    )
    (tmp_path / "a.yaml").write_text("supplier: a\n")
    assert _run(run, "--supplier", tmp_path / "a.yaml").exit_code == 12
    result = _run(run, "--supplier", "example", "--format", "pdf")
    assert result.exit_code == 2
    assert "There is no receipt format 'pdf'; there are html, text." in result.stderr
    assert _run(tmp_path / "none.jsonl").exit_code == 13


def test_a_record_that_was_cut(run: Path, tmp_path: Path) -> None:
    """What is there is shown, and that it is no result is told."""
    lines = (run / "record.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "record.jsonl").write_bytes(b"".join(lines[:-1]))
    result = _run(tmp_path, "--supplier", "example")
    assert result.exit_code == 13
    assert "Reçu" in result.stdout
    assert result.stderr
