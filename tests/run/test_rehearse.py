from __future__ import annotations

from wattest.run.rehearse import defaults


def test_a_twin_is_told_every_option_of_its_driver() -> None:
    """What a bench entry leaves out has the driver's default; what it must state has none."""
    found = defaults("yokogawa_wt")
    assert found["calibration"] is None
    assert found["element"] == 1
    assert "resource" not in found
