"""Error codes that a charger must use, as data: ``fixtures/error_codes``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from wattest.document.decode import Decoder
from wattest.document.node import Document
from wattest.document.reader import read
from wattest.document.signature import Made, Pattern
from wattest.model.library import library_folder

Code = Annotated[str, Pattern("CX[0-9]{3}", "a minimum required error code such as 'CX001'")]


@dataclass(frozen=True)
class ErrorCode:
    """``errors`` are the errorCodes of OCPP 1.6 that may go with it.

    ``injected_by`` names what of bench or charger sheet a scenario needs to provoke it; ``not_injected`` says why none does.
    """

    name: str
    errors: tuple[str, ...]
    provenance: str
    injected_by: tuple[str, ...] = ()
    not_injected: str = ""

    @property
    def told_by_name(self) -> bool:
        """OCPP 1.6 has an errorCode of this very name, which is enough without a code of the vendor."""
        return self.errors == (self.name,)


def _error_code(
    *,
    name: str,
    errors: tuple[str, ...],
    provenance: Literal["found", "recalled"],
    injected_by: tuple[str, ...] = (),
    not_injected: str = "",
) -> ErrorCode:
    """One error code.

    Args:
        name: as the list calls it
        errors: errorCodes of OCPP 1.6 that may go with it
        provenance: whether the name was read or is recalled
        injected_by: roles, capabilities and features with which a scenario provokes the fault
        not_injected: why nothing provokes it
    """
    if bool(injected_by) == bool(not_injected):
        raise ValueError(
            "a code has either injected_by, or not_injected with the reason why nothing provokes it"
        )
    return ErrorCode(name, errors, provenance, injected_by, not_injected)


def _error_codes(
    *, error_codes: Mapping[Code, Annotated[ErrorCode, Made(_error_code)]]
) -> dict[str, ErrorCode]:
    """Error codes by number."""
    return dict(error_codes)


ERROR_CODES = Made(_error_codes)


def error_codes_of(document: Document) -> dict[str, ErrorCode]:
    """The codes in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    found = Decoder(document.problems).make(document.root, ERROR_CODES)
    document.problems.stop_if_any()
    assert isinstance(found, dict)
    return found


@cache
def read_error_codes() -> dict[str, ErrorCode]:
    """The Minimum Required Error Codes of ChargeX by number. Raises ``DocumentError``."""
    return error_codes_of(read(library_folder("fixtures") / "error_codes" / "mrec.yaml"))
