from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wattest.cli import main
from wattest.model.read import read_bench, read_charger

ANSWERS = {
    "maker": "Maple",
    "model": "Street 48",
    "serial": "7",
    "firmware": "1.0",
    "dialects": "1.6",
    "rated_voltage": "240 V",
    "rated_current": "48 A",
    "locks": "-",
    "features": "card_reader",
}
WHO = [part for key, answer in ANSWERS.items() for part in ("--set", f"{key}={answer}")]


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs ``wattest init`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, typed="": CliRunner().invoke(main, ["init", *arguments], input=typed)


def test_options_alone_write_both_files(init: Callable[..., Result], tmp_path: Path) -> None:
    """Without a person: what is given, and defaults for the rest; the files are accepted by ``wattest check``."""
    result = init("north-lab", "--yes", *WHO, "--set", "reference_meter=yokogawa_wt", "--set", "network=none")
    assert result.exit_code == 0, result.output
    assert result.stdout == "north-lab/charger.yaml\nnorth-lab/bench.yaml\n"
    bench = read_bench(tmp_path / "north-lab" / "bench.yaml")
    assert (bench.name, bench.charger) == ("north-lab", "charger.yaml")
    assert bench.roles["reference_meter"].driver == "yokogawa_wt"
    assert "network" not in bench.roles
    assert read_charger(tmp_path / "north-lab" / "charger.yaml").maker == "Maple"
    checked = CliRunner().invoke(main, ["check", "north-lab"])
    assert (checked.exit_code, checked.output) == (
        0,
        "2 files checked, nothing wrong: benches: 1, charger sheets: 1\n",
    )


def test_a_person_is_asked_in_french(init: Callable[..., Result], tmp_path: Path) -> None:
    """Answers come line by line; empty ones take what stands in brackets."""
    typed = (
        "\n".join(
            [
                "Érable",
                "Rue 32",
                "A: 1",
                "2.0",
                "",
                "2",
                "",
                "",
                "",
                "208 V",
                "32 A",
                *[""] * 7,
                "1",
                "-",
                *[""] * 20,
            ]
        )
        + "\n"
    )
    result = init("--lang", "fr", typed=typed)
    assert result.exit_code == 0, result.output
    assert "Fabricant de la borne" in result.stderr
    assert "Qu'est-ce qui joue la voiture ?" in result.stderr
    sheet = read_charger(tmp_path / "charger.yaml")
    assert (sheet.maker, sheet.serial, sheet.features) == ("Érable", "A: 1", ("connector_lock",))
    assert read_bench(tmp_path / "bench.yaml").rigs["person"].options["language"] == "fr"


def test_nothing_is_written_over(init: Callable[..., Result], tmp_path: Path) -> None:
    """A file that is there stays as it is, and the other one is not written either."""
    (tmp_path / "bench.yaml").write_text("mine")
    result = init("--yes", *WHO)
    assert (result.exit_code, result.stderr) == (
        4,
        "bench.yaml is there already, and nothing is written over: choose another folder, or move it.\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["bench.yaml"]
    assert (tmp_path / "bench.yaml").read_text() == "mine"


def test_one_file_alone(init: Callable[..., Result], tmp_path: Path) -> None:
    """A charger more for a bench, and a bench for a charger that is there."""
    assert init("--yes", "--bench-only").stderr == (
        "There is no charger.yaml for this bench: leave --bench-only away.\n"
    )
    assert init("--yes", "--charger-only", "--evse", "street.yaml", *WHO).stdout == "street.yaml\n"
    assert init("--yes", "--bench-only", "--evse", "street.yaml").stdout == "bench.yaml\n"
    assert read_bench(tmp_path / "bench.yaml").charger == "street.yaml"
    assert init("--charger-only", "--bench-only").exit_code == 4


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set", "maker"], "--set maker has no '='; write it like --set maker=Maple.\n"),
        (
            ["--yes", *WHO, "--set", "makr=X"],
            "--set makr: nothing of that name is asked; there are acquirer, alerts, bench, ",
        ),
        (
            ["--yes", *WHO, "--set", "vehicle=robot"],
            "--set vehicle is 'robot': 'robot' is none of none, by_hand",
        ),
        (["--yes", *WHO, "--set", "port=70000"], "--set port is '70000': "),
        ([], "Maker of the charger: Standard input ended at the question for 'maker'"),
    ],
)
def test_an_argument_that_cannot_be_used_writes_nothing(
    init: Callable[..., Result], tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    """The sentence says what was wrong; exit code 4."""
    result = init(*arguments)
    assert result.exit_code == 4
    assert result.stderr.startswith(sentence)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(init: Callable[..., Result], tmp_path: Path) -> None:
    """With the system's reason."""
    (tmp_path / "file").write_text("x")
    result = init("file/lab", "--yes", *WHO)
    assert (result.exit_code, result.stderr) == (4, "file/lab cannot be written: Not a directory.\n")
