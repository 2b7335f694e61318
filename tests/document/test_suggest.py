from __future__ import annotations

from wattest.document.suggest import did_you_mean, nearest, shown


def test_finds_the_word_that_was_meant() -> None:
    """A slip of the finger or of the case still finds its word."""
    assert nearest("limt", ["within", "limit"]) == "limit"
    assert nearest("KWH", ["Wh", "kWh"]) == "kWh"
    assert nearest("zebra", ["within", "limit"]) is None


def test_ends_a_sentence_with_the_word_or_the_choice() -> None:
    """Without a near word a short choice is listed, and a long one left out."""
    assert did_you_mean("limt", ["limit"]) == "; did you mean 'limit'?"
    assert did_you_mean("zebra", ["a", "b"]) == "; known: 'a', 'b'"
    assert did_you_mean("zebra", [str(number) for number in range(50)]) == ""
    assert did_you_mean("zebra", []) == ""


def test_shows_text_cut_and_harmless() -> None:
    """Long text is cut and control characters do not reach the terminal."""
    assert shown("x" * 100) == "'" + "x" * 57 + "...'"
    assert shown("a\x1b[31mb") == "'a\N{REPLACEMENT CHARACTER}[31mb'"
