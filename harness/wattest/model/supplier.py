"""Who sells the energy: what a receipt must say of the seller, ``fixtures/suppliers``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from wattest.document.decode import Decoder
from wattest.document.node import Document
from wattest.document.reader import read
from wattest.document.signature import Made, Pattern
from wattest.model.library import library_folder
from wattest.model.words import NewName

GstNumber = Annotated[str, Pattern("[0-9]{9} ?RT ?[0-9]{4}", "a GST/HST number such as '123456789 RT0001'")]
"""Business number and programme account (form recalled)."""
QstNumber = Annotated[str, Pattern("[0-9]{10} ?TQ ?[0-9]{4}", "a QST number such as '1234567890 TQ0001'")]
"""Revenu Quebec's identification number and file (form recalled)."""


@dataclass(frozen=True)
class Supplier:
    """The seller. Numbers are those under which taxes are remitted; an empty one was not given."""

    id: str
    name: str
    name_fr: str
    address: str
    gst_hst_number: str
    qst_number: str = ""
    pst_number: str = ""
    phone: str = ""
    terms: str = ""
    terms_fr: str = ""

    def number_for(self, tax: str) -> str:
        """Registration number under which a tax is remitted; empty when none was given."""
        if tax in {"GST", "HST"}:
            return self.gst_hst_number
        return self.qst_number if tax == "QST" else self.pst_number


def _supplier(
    *,
    supplier: NewName,
    name: str,
    name_fr: str = "",
    address: str,
    gst_hst_number: GstNumber,
    qst_number: QstNumber | None = None,
    pst_number: str = "",
    phone: str = "",
    terms: str = "",
    terms_fr: str = "",
) -> Supplier:
    """Who sells the energy.

    Args:
        supplier: its name here, the same as the file's
        name: business name on the receipt
        name_fr: the same in French; without it the name is used
        address: of the seller
        gst_hst_number: registration number for GST and HST
        qst_number: registration number for QST, in Quebec
        pst_number: registration number for PST or RST, where they are charged
        phone: for questions about a receipt
        terms: of payment, which receipts of 500 CAD and more must state
        terms_fr: the same in French
    """
    return Supplier(
        supplier,
        name,
        name_fr or name,
        address,
        gst_hst_number,
        qst_number or "",
        pst_number,
        phone,
        terms,
        terms_fr or terms,
    )


SUPPLIER = Made(_supplier)


def supplier_of(document: Document) -> Supplier:
    """The supplier in a document; adds what is wrong to its problems and raises ``DocumentError``."""
    value = Decoder(document.problems).make(document.root, SUPPLIER)
    if isinstance(value, Supplier) and value.id != Path(document.path).stem:
        document.problems.add(
            document.root,
            f"the supplier is called '{value.id}' and its file '{Path(document.path).name}'; name both alike",
        )
    document.problems.stop_if_any()
    assert isinstance(value, Supplier)
    return value


def read_supplier(path: str | os.PathLike[str]) -> Supplier:
    """Read a supplier's file, or by its name one of the library. Raises ``DocumentError``."""
    known = library_folder("fixtures") / "suppliers" / f"{os.fspath(path)}.yaml"
    return supplier_of(read(known if known.is_file() else path))
