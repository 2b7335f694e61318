"""``wattest steps``: every verb of the scenario language, with its arguments, units and an example."""

from __future__ import annotations

import json
from typing import Any

import click

from wattest.model.describe import described_verb, example, signature
from wattest.model.verb import Verb


@click.command()
@click.argument("verb", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(verb: str | None, *, as_json: bool) -> None:
    """List every step, or show one VERB with its arguments, units, defaults and an example."""
    from wattest.document.suggest import did_you_mean
    from wattest.steps import verbs

    known = verbs()
    if verb is not None and verb not in known:
        raise click.BadParameter(f"there is no step '{verb}'{did_you_mean(verb, known)}", param_hint="VERB")
    chosen = list(known.values()) if verb is None else [known[verb]]
    if as_json:
        said: Any = [described_verb(one) for one in chosen]
        click.echo(json.dumps(said if verb is None else said[0], indent=2, ensure_ascii=False))
    elif verb is None:
        for one in chosen:
            click.echo(f"{signature(one)}\n    {one.doc.splitlines()[0]}")
    else:
        click.echo(_whole(chosen[0]))


def _whole(verb: Verb) -> str:
    said = described_verb(verb)
    lines = [signature(verb), "", *(f"    {line}".rstrip() for line in verb.doc.splitlines())]
    if said["arguments"]:
        lines += ["", "Arguments:"]
        for argument in said["arguments"]:
            rest = f"default {argument['default']}" if argument["default"] else "optional"
            rest = "required" if argument["required"] else rest
            help_text = f"; {argument['doc']}" if argument["doc"] else ""
            lines.append(f"    {argument['name']}: {argument['takes']} ({rest}){help_text}")
    if verb.checks:
        proven = ", ".join(verb.proves) if verb.proves else "what the step's 'proves' says"
        lines += ["", f"Proves: {proven}"]
    if said["returns"]:
        lines += ["", f"Saves: {said['returns']} ('save_as')"]
    return "\n".join([*lines, "", "Example:", f"    {example(verb)}"])
