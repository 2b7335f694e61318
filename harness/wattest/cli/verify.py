"""``wattest verify``: is a record whole, and do its verdicts follow from it?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import orjson

from wattest.errors import RecordError

BROKEN = 13
"""Exit code for a record that is broken, altered or not what it claims."""

LARGE = 8 * 1024 * 1024
"""Bytes from which on progress is shown."""


@click.command("verify")
@click.argument("record", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of sentences.")
def command(record: Path, as_json: bool) -> None:
    """Check that RECORD is whole, and compute its verdicts again.

    RECORD is a record.jsonl, or the folder of a run that holds one. First the chain: every line that was edited,
    dropped, swapped, repeated or torn is named, and so is a missing footer. When the chain holds, every file kept as
    evidence is compared with its hash, and every check, reading and verdict is computed again from what was observed.

    Exit code 0 when the record is whole and its verdicts agree, 13 otherwise.
    """
    path = record / "record.jsonl" if record.is_dir() else record
    result = verify(path)
    if as_json:
        click.echo(orjson.dumps(result, option=orjson.OPT_INDENT_2))
    else:
        _tell(result)
    sys.exit(0 if result["ok"] else BROKEN)


def verify(path: Path) -> dict[str, Any]:
    """What ``--json`` prints: ``record``, ``ok``, ``entries``, ``head``, and a list each of what is wrong or must be known.

    ``faults`` of the chain, ``files`` that are not as they were kept, ``disagreements`` with the verdicts, ``rescues`` by
    a watchdog.
    """
    from wattest.record import missing_evidence, read_record, verify_chain
    from wattest.record.rescues import rescues

    result: dict[str, Any] = {"record": str(path), "ok": False, "entries": None, "head": None}
    result |= {"faults": [], "files": [], "disagreements": []}
    result["rescues"] = [str(one) for one in rescues(path.parent)]
    try:
        faults = verify_chain(path, progress=_progress if _shows_progress(path) else None)
        result["faults"] = [{"line": fault.line_no, "sentence": fault.sentence} for fault in faults]
        if faults:
            return result
        whole = read_record(path)
    except RecordError as error:
        result["faults"] = [{"line": None, "sentence": str(error)}]
        return result
    assert whole.footer is not None, "the chain holds, so there is a footer"
    from wattest.judge.recheck import recheck

    result["entries"] = whole.lines
    result["head"] = whole.footer["head"]
    result["files"] = missing_evidence(path, whole.entries)
    try:
        result["disagreements"] = recheck(whole)
    except Exception as error:  # noqa: BLE001 - a forged record may hold anything under a chain that holds
        sentence = f"The verdicts could not be computed again ({type(error).__name__}: {error})."
        result["disagreements"] = [sentence]
    result["ok"] = not result["files"] and not result["disagreements"]
    return result


def _tell(result: dict[str, Any]) -> None:
    path = result["record"]
    for sentence in result["rescues"]:
        click.echo(sentence)
    for fault in result["faults"]:
        click.echo(f"{path}:{fault['line']}: {fault['sentence']}" if fault["line"] else fault["sentence"])
    for sentence in (*result["files"], *result["disagreements"]):
        click.echo(f"{path}: {sentence}")
    if result["ok"]:
        click.echo(
            f"{path} is whole: {result['entries']} entries, chained and sealed. "
            "Every verdict was computed again and agrees."
        )
        click.echo(f"Head of the chain (SHA-256): {result['head']}")
    elif result["files"]:
        click.echo(f"{path} is whole, but not every file that was kept with it: not a result.")
    elif result["disagreements"]:
        click.echo(f"{path} is whole, but what it says does not follow from what it observed: not a result.")
    else:
        click.echo(f"{path} is not a result.")


def _shows_progress(path: Path) -> bool:
    return sys.stderr.isatty() and path.is_file() and path.stat().st_size >= LARGE


def _progress(done: int, in_all: int) -> None:
    share = 100 * done // max(in_all, 1)
    click.echo(f"\rverifying {share:3d} %{'' if done < in_all else chr(10)}", nl=False, err=True)
