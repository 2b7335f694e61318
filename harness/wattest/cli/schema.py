"""``wattest schema``: what an editor needs to complete and check a document while it is written."""

from __future__ import annotations

import json

import click

from wattest.model.documents import KINDS


@click.command()
@click.argument("kind", type=click.Choice([kind.name for kind in KINDS]))
def command(kind: str) -> None:
    """Print the JSON Schema of a kind of document.

    Editors with a YAML language server use it when the file begins with
    '# yaml-language-server: $schema=scenario.schema.json'.
    """
    from wattest.cli.known import installed
    from wattest.model.plugins import DRIVERS
    from wattest.model.schemas import schema_of

    chosen = next(one for one in KINDS if one.name == kind)
    click.echo(json.dumps(schema_of(chosen, installed(), DRIVERS), indent=2, ensure_ascii=False))
