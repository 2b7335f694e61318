"""Which scenarios of a folder are about which requirement, seen without reading the scenarios in earnest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wattest.document.node import Fields, Items, Problems, Text
from wattest.document.reader import read
from wattest.model.variants import filled, variants

SUFFIX = "*.scenario.yaml"


def scenario_ways(folder: Path) -> Mapping[str, Mapping[str, int]]:
    """For each requirement the ids of the scenarios that cover it, with the number of their variants that do.

    Raises ``DocumentError`` when a file is no YAML; whoever reads the scenarios finds all other mistakes.
    """
    found: dict[str, dict[str, int]] = {}
    for path in sorted(folder.rglob(SUFFIX)):
        document = read(path)
        root = document.root
        if not isinstance(root, Fields):
            continue
        id_ = root.get("id")
        if not isinstance(id_, Text):
            continue
        for variant in variants(root, Problems(document.path)):
            covers = filled(root, variant).get("covers")
            for name in covers.items if isinstance(covers, Items) else ():
                if isinstance(name, Text):
                    counted = found.setdefault(name.text, {})
                    counted[id_.text] = counted.get(id_.text, 0) + 1
    return found
