"""Every kind of document: how to recognise it, its keys, and its check.

Readers are imported when a document of their kind turns up: checking one scenario should not cost a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from wattest.document.node import Document, Fields

if TYPE_CHECKING:
    from wattest.model.read_bench import Factory
    from wattest.model.read_scenario import Knowledge


@dataclass(frozen=True)
class Kind:
    """A kind of document. ``key`` at the top of a file gives it away.

    ``module`` holds ``keys``, which names the function whose arguments are the document's keys, and ``reader``.
    """

    name: str
    plural: str
    key: str
    module: str
    reader: str
    keys: str

    def function(self) -> Callable[..., Any]:
        """The function whose keyword-only arguments are the keys of the document."""
        function: Callable[..., Any] = getattr(import_module(self.module), self.keys).function
        return function

    def read(self, document: Document, *further: Any) -> Any:
        """What the document holds. Raises ``DocumentError``."""
        return getattr(import_module(self.module), self.reader)(document, *further)


_SCENARIO = "wattest.model.read_scenario"
_REQUIREMENTS = "wattest.model.read_requirements"
_EVIDENCE = "wattest.model.read_evidence"
_TARIFF = "wattest.model.read_tariff"

KINDS: tuple[Kind, ...] = (
    Kind("scenario", "scenarios", "scenario", _SCENARIO, "scenarios_of", "SCENARIO"),
    Kind("bench", "benches", "bench", "wattest.model.read_bench", "bench_of", "BENCH"),
    Kind("charger", "charger sheets", "maker", "wattest.model.read_charger", "charger_of", "CHARGER"),
    Kind("profile", "profiles", "profile", "wattest.model.read_profile", "profile_of", "PROFILE"),
    Kind("requirement", "requirements", "requirements", _REQUIREMENTS, "requirements_of", "REQUIREMENTS"),
    Kind("limit", "limits", "limits", _REQUIREMENTS, "limits_of", "LIMITS"),
    Kind(
        "decision-rule",
        "decision rules",
        "decision_rules",
        _REQUIREMENTS,
        "decision_rules_of",
        "DECISION_RULES",
    ),
    Kind("checklist", "checklist items", "checklist", _EVIDENCE, "checklist_of", "CHECKLIST"),
    Kind("document", "documents asked for", "documents", _EVIDENCE, "papers_of", "PAPERS"),
    Kind("level", "levels", "levels", _EVIDENCE, "levels_of", "LEVELS"),
    Kind("demand", "demands", "demands", _EVIDENCE, "demands_of", "DEMANDS"),
    Kind("tariff", "tariffs", "tariff", _TARIFF, "tariff_of", "TARIFF"),
    Kind("tax", "tax lines", "taxes", _TARIFF, "taxes_of", "TAXES"),
    Kind("card", "cards", "cards", _TARIFF, "cards_of", "CARDS"),
    Kind("supplier", "suppliers", "supplier", "wattest.model.supplier", "supplier_of", "SUPPLIER"),
    Kind("site", "sites", "site", "wattest.model.read_site", "site_of", "SITE"),
    Kind("uptime", "uptime formulas", "uptime", "wattest.model.read_uptime", "uptime_of", "UPTIME"),
    Kind(
        "error-code",
        "error codes",
        "error_codes",
        "wattest.model.error_code",
        "error_codes_of",
        "ERROR_CODES",
    ),
    Kind("ocpi", "OCPI versions", "ocpi", "wattest.model.read_ocpi", "ocpi_of", "OCPI"),
)

SUFFIX = ".scenario.yaml"
"""A file of this name is a scenario whatever it holds."""


def kind_of(document: Document) -> Kind | None:
    """The kind of a document by its name and its keys; None when nothing gives it away."""
    if document.path.endswith(SUFFIX):
        return KINDS[0]
    keys = set(document.root) if isinstance(document.root, Fields) else set()
    return next((kind for kind in KINDS if kind.key in keys), None)


def check(
    document: Document, kind: Kind, knowledge: Callable[[], Knowledge], factories: Mapping[str, Factory]
) -> Any:
    """Read a document as its kind and give what it holds. Raises ``DocumentError`` with every mistake.

    ``knowledge`` is asked only for scenarios, requirements and profiles, since it reads other files.
    """
    if kind.name == "scenario":
        return kind.read(document, knowledge())
    if kind.name == "bench":
        return kind.read(document, factories)
    if kind.name == "requirement":
        return kind.read(document, knowledge().limits)
    if kind.name == "profile":
        known = knowledge()
        return kind.read(
            document, {"limit": known.limits, "rule": known.rules, "requirement": known.requirements}
        )
    return kind.read(document)
