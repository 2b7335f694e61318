"""The analyser beside a simulated EVSE that runs as a process of its own: ``wattest evse --scpi 127.0.0.1:5025``."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from wattest.world import World
from wattest_instruments.analysers.yokogawa_wt_twin import WtTwin
from wattest_instruments.twins.plane import OutletPlane
from wattest_instruments.twins.server import ScpiServer, serve_scpi


def analyser(world: World, host: str, port: int) -> AbstractAsyncContextManager[ScpiServer]:
    """Serve a Yokogawa WT twin that looks at outlet 1 of the world. Raises ``OSError`` when the port is taken."""
    return serve_scpi(WtTwin(OutletPlane(world)), host, port)
