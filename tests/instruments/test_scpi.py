import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattest_instruments.twins.scpi import command, statements


@pytest.mark.parametrize(
    "header",
    [
        ":NUM:NORM:ITEM3",
        ":num:item3",
        ":NUMERIC:NORMAL:ITEM3",
        ":Numeric:Item3",
        ":NUM:NORMAL:item3",
    ],
)
def test_short_long_and_left_out_nodes_match(header: str) -> None:
    """A header may be short or long in each node, in any case, with or without optional nodes."""
    match = command(":NUMeric[:NORMal]:ITEM<x>").pattern.fullmatch(header)
    assert match is not None
    assert match.groups() == ("3",)


@pytest.mark.parametrize(
    "header", [":NUME:ITEM3", ":NUM:ITEMS", "NUM:ITEM3", ":NUM:NORM:ITEM3?", ":NUM:ITEM1234"]
)
def test_anything_in_between_does_not_match(header: str) -> None:
    """A node is short or long and nothing else."""
    assert command(":NUMeric[:NORMal]:ITEM<x>").pattern.fullmatch(header) is None


@pytest.mark.parametrize(
    ("header", "number"),
    [(":INP:VOLT:RANG", None), (":INP:VOLT:RANG:ALL", None), (":inp:volt:rang:elem2", "2")],
)
def test_one_of_several_optional_nodes(header: str, number: str | None) -> None:
    """``[:ALL|:ELEMent<x>]`` takes either or neither."""
    match = command(":INPut:VOLTage:RANGe[:ALL|:ELEMent<x>]").pattern.fullmatch(header)
    assert match is not None
    assert match.groups() == (number,)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("*IDN?", [("*IDN?", "")]),
        (":A:B 1;C 2", [(":A:B", "1"), (":A:C", "2")]),
        (":A:B 1;*CLS;C?", [(":A:B", "1"), ("*CLS", ""), (":A:C?", "")]),
        (":A:B 1;:D:E  U,1 ", [(":A:B", "1"), (":D:E", "U,1")]),
        (";; ", []),
        ("A?", [(":A?", "")]),
    ],
)
def test_compound_lines_stay_on_their_level(line: str, parts: list[tuple[str, str]]) -> None:
    """After a semicolon the level before the last colon goes on, and common commands leave it alone."""
    assert list(statements(line)) == parts


@given(st.text(max_size=200))
def test_no_line_upsets_the_reader(line: str) -> None:
    """Whatever arrives is cut into headers that begin with a colon or an asterisk."""
    assert all(header[0] in ":*" for header, _ in statements(line))
