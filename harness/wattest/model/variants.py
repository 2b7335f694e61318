"""``for_each``: one scenario file, several variants."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from wattest.document.decode import BAD, Decoder
from wattest.document.node import Fields, Items, Node, Problems, Text, what
from wattest.document.suggest import shown
from wattest.model.words import NewName

MOST_VARIANTS = 200

_LEFT_ALONE = ("for_each", "scenario", "titre", "id")


def variants(root: Fields, problems: Problems) -> list[dict[str, Text]]:
    """Every combination of the values of ``for_each``; a single empty one without it."""
    node = root.get("for_each")
    if node is None:
        return [{}]
    if not isinstance(node, Fields):
        problems.add(
            node, f"{what(node)} stands here; for_each is a mapping such as {{current: [6 A, 16 A]}}"
        )
        return [{}]
    used = set(_names_in(root))
    rows: dict[str, list[Text]] = {}
    for key, values in node.entries:
        if Decoder(problems).decode(key, NewName) is BAD:
            continue
        if not isinstance(values, Items) or not values.items:
            problems.add(
                values, f"for_each needs a list of values for {shown(key.text)}, such as [6 A, 16 A]"
            )
            continue
        rows[key.text] = [value for value in values.items if isinstance(value, Text)]
        for value in values.items:
            if not isinstance(value, Text):
                problems.add(value, f"a value of {shown(key.text)} must be text, such as '16 A'")
        if key.text not in used:
            problems.add(
                key, f"for_each varies {shown(key.text)}, but nothing in the scenario says '${key.text}'"
            )
    count = math.prod(len(row) for row in rows.values())
    if count > MOST_VARIANTS:
        problems.add(
            node, f"for_each makes {count} variants; {MOST_VARIANTS} are the most that one file may have"
        )
        return [{}]
    return [dict(zip(rows, values, strict=True)) for values in itertools.product(*rows.values())]


def filled(root: Fields, variant: dict[str, Text]) -> Fields:
    """The scenario without ``for_each``, every ``$name`` of it replaced by this variant's value."""
    entries = tuple(
        (key, value if key.text in _LEFT_ALONE else _replaced(value, variant))
        for key, value in root.entries
        if key.text != "for_each"
    )
    return Fields(entries, root.place)


def _replaced(node: Node, variant: dict[str, Text]) -> Node:
    if isinstance(node, Items):
        return Items(tuple(_replaced(item, variant) for item in node.items), node.place)
    if isinstance(node, Fields):
        return Fields(tuple((key, _replaced(value, variant)) for key, value in node.entries), node.place)
    value = variant.get(node.text[1:]) if node.text.startswith("$") else None
    if value is None:
        return node
    return Text(value.text, value.place, value.plain, f"as {node.text} in line {node.place.line}")


def _names_in(root: Fields) -> Iterator[str]:
    """Every ``$name`` of the scenario outside ``for_each`` itself."""
    rest: list[Node] = [value for key, value in root.entries if key.text not in _LEFT_ALONE]
    while rest:
        node = rest.pop()
        if isinstance(node, Items):
            rest += node.items
        elif isinstance(node, Fields):
            rest += (value for _, value in node.entries)
        elif node.text.startswith("$"):
            yield node.text[1:]
