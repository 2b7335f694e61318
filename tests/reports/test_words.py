"""Words in two languages."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import wattest_reports
from wattest.judge.monitors import MONITORS
from wattest_reports.words import WORDS, Words

SOURCES = [
    path
    for path in Path(wattest_reports.__file__).parent.rglob("*")
    if path.suffix in {".py", ".html"} and path.name not in {"phrases.py", "vocabulary.py"}
]


def test_every_word_exists_in_both_languages_with_the_same_places() -> None:
    """Neither language is empty, and both take the same placeholders."""
    for key, (english, french) in WORDS.items():
        assert english, key
        assert french, key
        names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, french)]
        assert names[0] == names[1], key


def test_french_is_set_as_in_canada() -> None:
    """A no-break space before a colon, a per cent sign and inside guillemets; none before ``;``, ``?`` and ``!``."""
    for key, (_, french) in WORDS.items():
        assert not re.search(r"[^\u00a0\u202f]%(?:\s|$)| [:%]|\s[;?!]", french), key
        assert not re.search(r"\w:(?:\s|$)", french), key
        assert not re.search(r"«[^\u00a0]|[^\u00a0]»", french), key


def test_every_key_that_is_asked_for_exists() -> None:
    """No template and no module asks for a word that is missing."""
    asked = set()
    for path in SOURCES:
        text = path.read_text("utf-8")
        asked |= set(re.findall(r"""\b(?:w|words|self\.words)\(\s*"([^"]+)"\s*[,)]""", text))
        asked |= {
            f"{key}.{many}"
            for key in re.findall(r"""\.count\(\s*"([^"]+)\"""", text)
            for many in ("one", "many")
        }
    assert len(asked) > 60
    assert asked - set(WORDS) == set()


def test_no_word_is_left_over() -> None:
    """Every key is used, by name or by a family that the record chooses from."""
    text = "".join(path.read_text("utf-8") for path in SOURCES)
    families = {
        "means",
        "band",
        "from",
        "origin",
        "area",
        "kind",
        "plane",
        "bound",
        "part",
        "role",
        "name",
        "word",
        "method",
        "session",
    }
    families |= {
        "said",
        "cable",
        "driver",
        "level",
        "standing",
        "evse",
        "csms",
        "bench",
        "link",
        "absent",
        "component",
        "flag",
        "monitor",
    }
    outcomes = {
        "pass",
        "fail",
        "inconclusive",
        "error",
        "aborted",
        "done",
        "failed",
        "not tested",
        "not applicable",
    }
    for key in WORDS:
        base = re.sub(r"\.(one|many)$", "", key)
        used = key.split(".", maxsplit=1)[0] in families or key in outcomes
        assert used or f'"{base}"' in text or f'"{key}"' in text, key


@pytest.mark.parametrize(
    ("language", "number", "text"),
    [("en", 0, "0 checks"), ("en", 1, "1 check"), ("fr", 0, "0 contrôle"), ("fr", 2, "2 contrôles")],
)
def test_plural_follows_the_language(language: str, number: int, text: str) -> None:
    """Zero is plural in English and singular in French."""
    assert Words("fr" if language == "fr" else "en").count("checks", number) == text


def test_an_unknown_key_is_an_error_and_an_unknown_word_is_kept() -> None:
    """A missing key must be found by tests; a word of the record that we do not know is shown as it is."""
    with pytest.raises(KeyError):
        Words()("nonsense")
    assert Words("fr").known("area.sorcery", "sorcery") == "sorcery"


def test_names_of_the_record_are_told_in_both_languages() -> None:
    """Whole, or with the number at their end; None for one that is not known."""
    assert Words("fr").label("name", "current at place 12") == "courant à l\u2019emplacement 12"
    assert Words("en").label("component", "reference meter time base") == "reference meter, time base"
    assert Words("fr").label("name", "power") == "puissance"
    assert Words("fr").label("name", "power 2") is None


def test_every_monitor_has_a_name() -> None:
    """The report shows it beside its id."""
    assert {monitor.name for monitor in MONITORS} == {
        key.removeprefix("monitor.") for key in WORDS if key.startswith("monitor.")
    }
