from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wattest.clock import VirtualClock
from wattest.errors import BenchError, RigError
from wattest.model.read import read_bench
from wattest.roles import Part, Surroundings
from wattest_instruments import camera as camera_module
from wattest_instruments.by_hand import by_hand
from wattest_instruments.camera import camera

pytestmark = pytest.mark.real_time

PNG = rb"\x89PNG\r\n\x1a\n a screen"
TAKES = (sys.executable, "-c", f"import sys; open(sys.argv[1], 'wb').write(b'{PNG.decode()}')", "{file}")
READS = (sys.executable, "-c", "import sys; print(open(sys.argv[1], 'rb').read()[:4], sys.argv[2])", "{file}")
TOTAL = r"(?i)total\s*:?\s*(?P<cost>\d+[.,]\d{2})\s*(?P<currency>CAD)?"


def says(text: str) -> tuple[str, ...]:
    """A program that reads the picture as this text."""
    return (sys.executable, "-c", f"import sys; open(sys.argv[1], 'rb').read(); print({text!r})", "{file}")


@dataclass
class Desk:
    """What was noted, kept, asked and typed."""

    clock: VirtualClock
    noted: list[dict[str, Any]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)

    def note(self, kind: str, /, **fields: Any) -> int:
        self.noted.append({"kind": kind, **fields})
        return len(self.noted)

    def keep(self, name: str, content: bytes, *, samples: bool = False) -> int:
        assert not samples
        self.kept.append(name)
        return self.note("file", name=name)

    async def prompt(self, text: str) -> str:
        self.asked.append(text)
        return self.typed.pop(0)

    def around(self, role: str = "display", **rigs: Part) -> Surroundings:
        return Surroundings(
            clock=self.clock,
            note=self.note,
            role=role,
            folder=".",
            rigs=rigs,
            prompt=self.prompt,
            keep=self.keep,
        )

    def person(self, *typed: str, language: str = "en") -> Part:
        self.typed = list(typed)
        return by_hand(self.around("person"), person="Ada", language=language)  # type: ignore[arg-type]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with VirtualClock() as clock:
        yield Desk(clock)


def test_a_screen_is_photographed_kept_and_read(desk: Desk) -> None:
    """Lines and total come from the program that reads; the picture and its reading are the evidence."""
    display = camera(
        desk.around(), photo=TAKES, read=says("Merci\n\n TOTAL: 12,34 CAD \n"), total=TOTAL, image="png"
    )
    identity = desk.clock.run(display.open())
    assert (identity.model, desk.kept) == (f"camera through {sys.executable}", [])
    seen = desk.clock.run(display.read())
    assert (seen.lines, seen.cost, seen.currency) == (("Merci", "TOTAL: 12,34 CAD"), "12.34", "CAD")
    assert [desk.noted[seq - 1]["kind"] for seq in seen.seq] == ["file", "exchange"]
    assert desk.kept == ["screen.png"]
    exchange = desk.noted[-1]
    assert (exchange["op"], exchange["rx"]) == ("run", "Merci\n\n TOTAL: 12,34 CAD \n\n")
    assert "{file}" in exchange["tx"]
    desk.clock.run(display.make_safe())
    desk.clock.run(display.close())


def test_a_screen_without_an_amount_shows_no_total(desk: Desk) -> None:
    """Text without an amount has lines and no total."""
    display = camera(desk.around(), photo=TAKES, read=says("Bienvenue 7"), total=TOTAL)
    seen = desk.clock.run(display.read())
    assert (seen.lines, seen.cost, seen.currency) == (("Bienvenue 7",), None, None)


def test_an_amount_that_the_pattern_misses_is_no_missing_total(desk: Desk) -> None:
    """A misread word must not look like a screen without a total: it is an error, with the picture to look at."""
    display = camera(desk.around(), photo=TAKES, read=says("T0tal 12.34"), total=TOTAL)
    with pytest.raises(RigError) as error:
        desk.clock.run(display.read())
    assert str(error.value) == (
        f"display (camera): '12.34' was read in 'T0tal 12.34', but the pattern '{TOTAL}' finds no total: look at the "
        "picture (entry 2) and mend 'total', or give a person under 'rig'."
    )


def test_a_person_reads_while_the_picture_is_kept(desk: Desk) -> None:
    """Without a program a person says what stands there, and the picture is kept beside."""
    person = desk.person("Merci / Total", "12.34 CAD")
    display = camera(desk.around(person=person), photo=TAKES, rig="person")
    seen = desk.clock.run(display.read())
    assert (seen.lines, seen.cost) == (("Merci", "Total"), "12.34")
    assert [desk.noted[seq - 1]["kind"] for seq in seen.seq] == ["file", "prompt", "prompt"]
    assert display.patience_s == 1800.0


def test_a_person_confirms_what_was_read(desk: Desk) -> None:
    """With a program and a person, the person only says yes; the answer is evidence too."""
    person = desk.person("oui", language="fr")
    display = camera(
        desk.around(person=person), photo=TAKES, read=says("Total 5.00"), total=TOTAL, rig="person"
    )
    seen = desk.clock.run(display.read())
    assert (seen.cost, len(seen.seq)) == ("5.00", 3)
    assert desk.asked == [
        "[display] L'écran de la borne affiche-t-il « Total 5.00 », et comme total : 5.00 ? (oui ou non): "
    ]


def test_a_person_corrects_what_was_misread(desk: Desk) -> None:
    """A person who says no is asked what stands there, even where an amount was read that is no total."""
    person = desk.person("no", "Total", "12.34")
    display = camera(
        desk.around(person=person), photo=TAKES, read=says("T0tal 12.34"), total=TOTAL, rig="person"
    )
    seen = desk.clock.run(display.read())
    assert (seen.lines, seen.cost) == (("Total",), "12.34")
    assert "show 'T0tal 12.34', and as total: none?" in desk.asked[0]


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (
            "import sys; print('no such device', file=sys.stderr); sys.exit(1)",
            "ended with status 1: 'no such device'.",
        ),
        ("open(__import__('sys').argv[1], 'w').write('no image')", "took no picture: "),
        ("pass", "took no picture: "),
        ("import time; time.sleep(60)", "did not end within 0.2 s and was killed."),
    ],
)
def test_a_camera_that_takes_no_picture_is_an_error(desk: Desk, script: str, sentence: str) -> None:
    """Whatever goes wrong is told with the command, and nothing is kept."""
    display = camera(
        desk.around(),
        photo=(sys.executable, "-c", script, "{file}"),
        read=READS,
        total=TOTAL,
        timeout=0.2 if "sleep" in script else 20.0,
    )
    with pytest.raises(RigError) as error:
        desk.clock.run(display.open())
    assert sentence in str(error.value)
    assert desk.kept == []


def test_a_program_that_is_not_installed_is_told_when_opened(desk: Desk) -> None:
    """The name and the way out, before any scenario."""
    display = camera(desk.around(), photo=("no-such-camera", "{file}"), read=READS, total=TOTAL)
    with pytest.raises(RigError) as error:
        desk.clock.run(display.open())
    assert str(error.value) == (
        "display (camera): the program 'no-such-camera' is not installed here; install it or change the bench file."
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"photo": ("fswebcam",), "read": READS, "total": TOTAL},
            "The command 'photo' of display (camera) does not name {file}, where the picture is.",
        ),
        (
            {"photo": (), "read": READS, "total": TOTAL},
            "The command 'photo' of display (camera) does not name {file}, where the picture is.",
        ),
        (
            {"photo": ("x", "{fil}"), "read": READS, "total": TOTAL},
            (
                "The command 'photo' of display (camera) names {fil}, which nobody fills; placeholders there are: "
                "{file}."
            ),
        ),
        (
            {"photo": TAKES},
            (
                "display (camera) has nobody to read the picture: give a command under 'read', or a person under "
                "'rig'."
            ),
        ),
        (
            {"photo": TAKES, "read": READS},
            (
                "display (camera) needs 'read' and 'total' together: a text in which no total is looked for would "
                "look like a screen that shows none."
            ),
        ),
        (
            {"photo": TAKES, "read": READS, "total": "Total (.*)"},
            (
                "display (camera): the pattern 'Total (.*)' has no group (?P<cost>...) for the digits of the total."
            ),
        ),
        (
            {"photo": TAKES, "read": READS, "total": "("},
            (
                "display (camera): '(' is not a regular expression: missing ), unterminated subpattern at position "
                "0."
            ),
        ),
        (
            {"photo": TAKES, "rig": "nobody"},
            (
                "display (by_hand) names rig 'nobody', which is no person of this bench; add 'nobody: {driver: "
                "by_hand}' under 'rigs'."
            ),
        ),
    ],
)
def test_a_bench_entry_that_cannot_work_is_refused_at_once(
    desk: Desk, options: dict[str, Any], sentence: str
) -> None:
    """Mistakes are said before anything is started."""
    with pytest.raises(BenchError) as error:
        camera(desk.around(), **options)
    assert str(error.value) == sentence


def test_a_camera_plays_displays_only(desk: Desk) -> None:
    """No other role is read in a picture."""
    with pytest.raises(BenchError) as error:
        camera(desk.around("lock_sensor"), photo=TAKES, read=READS, total=TOTAL)
    assert str(error.value) == "lock_sensor (camera): a camera plays the role display only."


def test_the_example_can_be_read(desk: Desk, tmp_path: Path) -> None:
    """What the documentation shows is a bench file without a mistake."""
    lines = [line[4:] for line in (camera_module.__doc__ or "").splitlines() if line.startswith("    ")]
    text = "bench: example\nkind: live\n" + "\n".join(lines)
    (tmp_path / "example.yaml").write_text(text, encoding="utf-8")
    entry = read_bench(tmp_path / "example.yaml").roles["display"]
    assert camera(desk.around(person=desk.person()), **entry.options)
