"""Reader of the field lists of OCPI: ``fixtures/ocpi``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal, cast

from wattest.document.decode import Decoder
from wattest.document.node import Document
from wattest.document.reader import read
from wattest.document.signature import Made, Pattern
from wattest.model.library import library_folder
from wattest.model.ocpi_version import Cardinality, OcpiField, OcpiName, OcpiVersion

SCALARS = frozenset(
    {"CiString", "string", "boolean", "int", "number", "DateTime", "Latitude", "Longitude", "any"}
)
"""Types that are not objects or enumerations of the same file."""

_FORM = re.compile(r"([A-Za-z]+)(?:\(([0-9]+)\))? ([1?*+])")
FieldText = Annotated[
    str, Pattern(_FORM.pattern.replace(" ", "[ ]"), "a type and a cardinality, such as 'CiString(36) 1'")
]


def _ocpi(
    *,
    ocpi: OcpiName,
    source: str,
    provenance: Literal["found", "recalled", "unverified"],
    objects: Mapping[str, Mapping[str, FieldText]],
    enums: Mapping[str, tuple[str, ...]],
) -> OcpiVersion:
    """The objects of one version of OCPI.

    Args:
        ocpi: the version
        source: who publishes it
        provenance: how far the list can be trusted
        objects: fields by object, each as type and cardinality: 1, ?, * or +
        enums: words by enumeration
    """
    known = SCALARS | objects.keys() | enums.keys()
    read_objects: dict[str, dict[str, OcpiField]] = {}
    for name, fields in objects.items():
        for field, text in fields.items():
            found = _FORM.fullmatch(text)
            assert found is not None, "the pattern of FieldText"
            kind, most, times = found.groups()
            if kind not in known:
                raise ValueError(
                    f"{name}.{field} is of type '{kind}', which is neither an object nor an enumeration"
                )
            read_objects.setdefault(name, {})[field] = OcpiField(
                kind, cast("Cardinality", times), None if most is None else int(most)
            )
    return OcpiVersion(ocpi, source, provenance, read_objects, dict(enums))


OCPI = Made(_ocpi)


def ocpi_of(document: Document) -> OcpiVersion:
    """The version in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    found = Decoder(document.problems).make(document.root, OCPI)
    document.problems.stop_if_any()
    assert isinstance(found, OcpiVersion)
    return found


@cache
def read_ocpi(name: OcpiName) -> OcpiVersion:
    """The field lists of a version. Raises ``DocumentError``."""
    return ocpi_of(read(library_folder("fixtures") / "ocpi" / f"{name.replace('.', '_')}.yaml"))
