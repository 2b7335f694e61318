"""The HTML report: what stands in it, in which language, and what a hostile charger cannot do to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from wattest.record import Record, read_record
from wattest_reports.html import render

VOID = {"meta", "col", "br", "link", "input", "img", "hr", "line", "rect", "circle", "polyline"}


class Page(HTMLParser):
    """The elements of a page in order, with their attributes, and the text of each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def of(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture
def page(record: Record, tmp_path: Path) -> Page:
    return Page(render(record, tmp_path / "report.html").read_text("utf-8"))


def test_equal_records_give_equal_bytes(record: Record, tmp_path: Path) -> None:
    """Rendering twice gives the same bytes, in both languages."""
    for lang in ("en", "fr"):
        one = render(record, tmp_path / "one.html", lang=lang)
        other = render(record, tmp_path / "deep" / "other.html", lang=lang)
        assert one.read_bytes() == other.read_bytes()


def test_header_says_what_was_tested_and_how(page: Page) -> None:
    """Charger, bench, seed, version, decision rule and the two disclaimers stand at the top."""
    for words in (
        "Boreal Trottoir 7",
        "BT7-000123",
        "4.2.1",
        "240 V, 32 A",
        "\u221240 °C to 50 °C",
        "simulated (simulated)",
        "wattest 0.1.0",
        "OCPP 1.6, OCPP 2.0.1",
        "guarded: accepted up to limit \u2212 1 \u00d7 U, with U = 2 u (ILAC-G8:09/2019 4.2.3)",
        "This is not an accredited test report.",
        "No physical charger was tested.",
        "2026-11-22 08:30:00",
    ):
        assert " ".join(words.split()) in page.text.replace("\u00a0", " "), words


def test_conclusion_counts_requirements_once(page: Page) -> None:
    """One requirement failed, one could not be judged, one was not decided, one was left out, two passed."""
    assert "1 of 5 requirements tested is not met." in page.text
    assert "1 more was not tested, or not in full: nothing is claimed about it." in page.text
    for words in ("1 ✗ fail", "1 ! error", "1 ? inconclusive", "1 ○ not tested", "2 ✓ pass"):
        assert words in page.text


def test_a_figure_stands_with_unit_uncertainty_limit_source_and_evidence(page: Page) -> None:
    """An energy error is shown with U (k = 2), the limit, where the limit comes from, the band and the entries."""
    assert "1.97\u00a0% 0.21\u00a0% within ±1.0\u00a0%" in " ".join(page.texts).replace("  ", " ")
    for words in (
        "NIST HB44 3.40 T.2, 2025 (recalled)",
        "FAIL: above the limit by more than U",
        "reported by the charger: 1275 Wh",
    ):
        assert words in page.text
    assert re.search(r"entries 22, 25, 98, 101", page.text)


def test_a_pass_on_an_unverified_limit_is_marked_as_screening(page: Page) -> None:
    """The 2.0.1 cell of MET-01 passed against an unverified limit: that certifies nothing, and it says so."""
    assert "pass screening only" in page.text


def test_failed_step_shows_the_exchange_with_arrows_and_marks(
    page: Page, record: Record, tmp_path: Path
) -> None:
    """The messages that the failed check relies on are marked and readable."""
    text = render(record, tmp_path / "r.html").read_text("utf-8")
    row = re.search(
        r'<tr class="cited">(?:(?!</tr>).)*StopTransaction</b> <span class="soft">request.*?</tr>', text
    )
    assert row is not None
    assert "charger → central system" in row.group(0)
    assert "<i>meterStop:</i> 2250" in row.group(0)
    assert "lines not shown" in page.text


def test_what_was_not_tested_is_listed_with_its_reason(page: Page) -> None:
    """Every scenario that was left out stands with requirement, dialects and reason."""
    assert "BIL-003 OCPP 1.6 OCPP 2.0.1 BIL-02 the charger has no display" in page.text
    assert "LCK-001 Captive plug OCPP 1.6 LCK-01 the bench has no lock_sensor" in page.text


def test_the_bench_is_told_part_by_part(page: Page) -> None:
    """Who played what, what the instrument said of itself, and how the bench was made safe."""
    assert "reference meter simulated YOKOGAWA,WT310E,C2,1.05 entry 125" in page.text
    assert "mains ✓ safe Mains off, 0.0 A seen. reference meter entry 126" in page.text


def test_how_to_recheck_names_command_and_head(page: Page, record: Record) -> None:
    """The last words are the command, the head of the chain and an end marker with the report's number."""
    assert record.footer is not None
    assert "wattest verify run.jsonl" in page.text
    assert record.footer["head"] in page.text
    assert page.text.endswith(f"End of report WT-{record.footer['head'][:12].upper()}")


def test_nothing_is_fetched_and_nothing_runs(record: Record, tmp_path: Path) -> None:
    """No script, no address, no import: the file is all there is, and its policy forbids anything else."""
    text = render(record, tmp_path / "r.html").read_text("utf-8")
    assert "<script" not in text.lower()
    assert not re.search(r"https?://|//[a-z]+\.|url\(|@import|<link|<img|<iframe|\bon[a-z]+=", text)
    assert "default-src 'none'" in text


def test_page_is_sound_for_a_screen_reader(page: Page) -> None:
    """One h1, no heading level skipped, scopes on headers, unique ids, links that lead somewhere, a described plot."""
    assert not page.unbalanced
    assert page.open == []
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(attributes.get("scope") in {"col", "row", "rowgroup"} for attributes in page.of("th"))
    ids = [attributes["id"] for _, attributes in page.elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    targets = [(attributes["href"] or "")[1:] for attributes in page.of("a")]
    assert set(targets) <= set(ids)
    assert page.of("html")[0]["lang"] == "en-CA"
    plots = page.of("svg")
    assert plots
    for plot in plots:
        assert plot["role"] == "img"
        assert set((plot["aria-labelledby"] or "").split()) <= set(ids)


def test_colours_of_verdicts_have_contrast(record: Record, tmp_path: Path) -> None:
    """Every verdict colour on its ground, and soft text on white, reaches 4.5:1 (WCAG 2.1, 1.4.3)."""
    text = render(record, tmp_path / "r.html").read_text("utf-8")
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", text))
    pairs = [(name, f"{name}-bg") for name in ("pass", "fail", "inconclusive", "error", "none")]
    for ink, ground in [*pairs, ("soft", "paper"), ("soft", "tint"), ("link", "paper"), ("ink", "fail-bg")]:
        assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
        parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_french_report_is_french_throughout(record: Record, tmp_path: Path) -> None:
    """Fixed words, numbers and requirement texts are French; quoted findings keep English and say so."""
    text = render(record, tmp_path / "r.html", lang="fr").read_text("utf-8")
    page = Page(text)
    assert page.of("html")[0]["lang"] == "fr-CA"
    for words in (
        "1 des 5 exigences vérifiées n'est pas satisfaite.",
        "L'énergie facturée est celle livrée",
        "Aucune borne physique n'a été essayée.",
        "Une carte démarre",
        "Non testé, et pourquoi",
        "Les constats marqués EN sont des preuves : ils sont cités tels qu'ils sont écrits dans l'enregistrement, en anglais.",
        "erreur dans la limite diminuée de U",
    ):
        assert words in page.text.replace("\u2019", "'"), words
    assert "1,97\u00a0%" in text
    assert re.search(r'<span class="sentence" lang="en">Energy of transaction 1', text)
    for english in ("Requirements", "not tested", "How to check", "Evidence", "central system", "pass<"):
        assert english not in re.sub(r'<span class="sentence" lang="en">.*?</span>', "", text), english


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;\u202e\x07"


def test_strings_of_a_hostile_charger_stay_text(tape: Callable[..., Any], tmp_path: Path) -> None:
    """Markup in an idTag, a vendor name, a title, a sentence, a unit or a path is shown, never obeyed."""
    made = tape(
        charger={
            "maker": HOSTILE,
            "model": HOSTILE,
            "rated_voltage_v": HOSTILE,
            "temperature_min_c": HOSTILE,
        },
        bench={"name": HOSTILE, "kind": HOSTILE, "roles": {HOSTILE: HOSTILE}, "measurement_plane": HOSTILE},
        dialects=[HOSTILE],
        seed=HOSTILE,
        rule={"id": HOSTILE, "source": HOSTILE},
        requirements={
            "X-01": {
                "id": "X-01",
                "text": HOSTILE,
                "source": HOSTILE,
                "provenance": HOSTILE,
                "limits": [HOSTILE],
            }
        },
        limits={HOSTILE: {"id": HOSTILE, "value": HOSTILE, "unit": HOSTILE, "source": HOSTILE}},
    )
    made.scenario(HOSTILE, HOSTILE, HOSTILE, ["X-01", HOSTILE], HOSTILE, title_fr=HOSTILE)
    made.begin(HOSTILE, HOSTILE)
    seq = made.call(
        "Authorize",
        {"idTag": HOSTILE, HOSTILE: [HOSTILE]},
        {HOSTILE: HOSTILE},
        violations=[{"rule": "x", "sentence": HOSTILE}],
    )
    raw: dict[str, Any] = {
        "station": "s",
        "dialect": "1.6",
        "direction": "in",
        "raw": HOSTILE,
        "message": None,
        "violations": [],
        "answers": None,
    }
    made.note("frame", **raw)
    made.reading(HOSTILE, 1.0, HOSTILE, role=HOSTILE)
    for watts in (0.0, 50.0, 90.0, 0.0):
        made.wait(5.0)
        made.reading("power", watts, "W", role=HOSTILE)
    made.check(
        "X-01",
        HOSTILE,
        "at_most",
        {
            "what": HOSTILE,
            "value": 3,
            "unit": HOSTILE,
            "limit": 1,
            "limit_source": HOSTILE,
            "provenance": HOSTILE,
        },
        [seq],
    )
    made.check(
        HOSTILE, HOSTILE, "equals", {"what": HOSTILE, "expected": HOSTILE, "observed": "x"}, [seq], HOSTILE
    )
    made.done("failed", HOSTILE)
    made.scenario_end(HOSTILE, "fail", HOSTILE, HOSTILE)
    made.note("not_tested", key=HOSTILE, dialect=HOSTILE, requirements=[HOSTILE], reason=HOSTILE)
    made.note("safe", role=HOSTILE, ok=False, confirmed_by=HOSTILE, sentence=HOSTILE)
    made.note("prompt", question=HOSTILE, answer=HOSTILE, by=HOSTILE)
    made.note("aborted", reason=HOSTILE)
    shown = made.seal()
    for lang in ("en", "fr"):
        text = render(shown, tmp_path / "r.html", lang=lang).read_text("utf-8")
        page = Page(text)
        assert not page.unbalanced
        assert not page.of("script", "img", "iframe", "object")
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
        assert text.count("&lt;script&gt;") > 30


def test_an_unsealed_record_says_that_it_is_no_result(tape: Callable[..., Any], tmp_path: Path) -> None:
    """A run that was killed reads as no result, in the banner and in the conclusion; its scenario is an error."""
    made = tape()
    made.scenario("AUT-001", "A card starts a session", "authentication", ["AUT-02"])
    made.begin("present_card")
    page = Page(render(made.stop(), tmp_path / "r.html").read_text("utf-8"))
    assert "✗ NOT A RESULT The record behind this report is not whole." in page.text
    assert "The run was not sealed: not a result." in page.text
    assert "AUT-001 (attempt 1) was interrupted before its end." in page.text
    assert "none: the run was not sealed" in page.text


def test_an_altered_record_names_the_fault(record: Record, tmp_path: Path) -> None:
    """An edited line is found by the chain and told in the banner."""
    path = Path(record.path)
    path.write_bytes(path.read_bytes().replace(b'"meterStop":2250', b'"meterStop":2251'))
    text = Page(render(read_record(path), tmp_path / "r.html").read_text("utf-8")).text
    assert "NOT A RESULT" in text
    assert "is not the line that line" in text


def test_a_live_bench_without_dead_man_relay_says_so(tape: Callable[..., Any], tmp_path: Path) -> None:
    """A live bench carries no SIMULATED banner, and a missing relay is named."""
    live = {"name": "north lab", "kind": "live", "roles": {}, "dead_man_relay": False}
    text = Page(render(tape(bench=live).seal(), tmp_path / "r.html").read_text("utf-8")).text
    assert "SIMULATED" not in text
    assert (
        "No dead-man relay. This bench has no relay that cuts power when the test computer falls silent."
        in text
    )
    related = Page(
        render(tape("b.jsonl", bench={**live, "dead_man_relay": True}).seal(), tmp_path / "r.html").read_text(
            "utf-8"
        )
    ).text
    assert "dead-man" not in related


def test_deliberate_defects_are_named(tape: Callable[..., Any], tmp_path: Path) -> None:
    """A charger that was made to misbehave on purpose is not mistaken for a bad one."""
    text = Page(render(tape(defects=["AUTH-D01"]).seal(), tmp_path / "r.html").read_text("utf-8")).text
    assert "This charger was made to misbehave on purpose: AUTH-D01." in text


def test_secrets_are_hidden(tape: Callable[..., Any], tmp_path: Path) -> None:
    """A password set through OCPP, or sent in a header, stands nowhere in the page, not even in a sentence."""
    secret = "correct-horse-battery"
    made = tape()
    made.scenario("NET-009", "Password", "outage", ["NET-04"])
    made.begin("configure")
    seq = made.call(
        "ChangeConfiguration", {"key": "AuthorizationKey", "value": secret}, {"status": "Accepted"}
    )
    made.note(
        "exchange",
        role="network",
        resource="http",
        op="request",
        tx=f"GET / Authorization: Bearer {secret}",
        rx="",
    )
    made.check(
        "NET-04", "x", "equals", {"what": f"password {secret}", "expected": "a", "observed": secret}, [seq]
    )
    made.done("failed", f"it was {secret}")
    made.scenario_end("NET-009", "fail", f"it was {secret}")
    text = render(made.seal(), tmp_path / "r.html").read_text("utf-8")
    assert secret not in text
    assert "•••• (hidden)" in text


def test_superseded_attempt_is_marked_and_does_not_count(tape: Callable[..., Any], tmp_path: Path) -> None:
    """After a resume the error of the first attempt is shown, and the second one decides."""
    made = tape()
    for attempt, outcome in ((1, "error"), (2, "pass")):
        made.scenario("AUT-001", "A card", "authentication", ["AUT-02"], attempt=attempt)
        made.begin("present_card")
        if outcome == "pass":
            made.check("AUT-02", "x", "occurred", {"what": "a transaction", "within_s": 5, "after_s": 1})
        made.done(
            "done" if outcome == "pass" else "error", "" if outcome == "pass" else "The reader fell off."
        )
        made.scenario_end("AUT-001", outcome, "", attempt=attempt)
    text = Page(render(made.seal(), tmp_path / "r.html").read_text("utf-8")).text
    assert "The one requirement tested is met." in text
    assert "This attempt does not count: the scenario was tried again." in text
    assert "OCPP 1.6 · attempt 2" in text
