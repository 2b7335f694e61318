"""What all tests share: pytest in pytest, for the plug-in."""

from __future__ import annotations

pytest_plugins = ["pytester"]
