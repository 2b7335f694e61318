"""Neutral names of settings."""

from __future__ import annotations

import pytest

from wattest.errors import BenchError
from wattest.ocpp.settings import SETTINGS, setting


def test_both_dialects() -> None:
    """A setting has a 1.6 key and a 2.0.1 component and variable."""
    found = setting("message_attempts")
    assert found.key == "TransactionMessageAttempts"
    assert (found.component, found.variable, found.instance) == (
        "OCPPCommCtrlr",
        "MessageAttempts",
        "TransactionEvent",
    )


def test_no_two_settings_share_a_word() -> None:
    """Every 1.6 key and every 2.0.1 variable stands for one setting."""
    assert len({found.key for found in SETTINGS.values()}) == len(SETTINGS)
    assert len({(f.component, f.variable, f.instance) for f in SETTINGS.values()}) == len(SETTINGS)


def test_unknown_name() -> None:
    """An unknown name is an error with the nearest known one, or with all."""
    with pytest.raises(BenchError) as error:
        setting("heartbeat")
    assert str(error.value) == "There is no setting 'heartbeat'; did you mean 'heartbeat_interval'?"
    with pytest.raises(
        BenchError, match=r"There is no setting 'zzz'; known are allow_offline_unknown, auth_cache"
    ):
        setting("zzz")
