"""Time: one object that tells it, waits for it and runs coroutines in it; virtual in simulation, real on a bench.

::

    with VirtualClock() as clock:
        clock.run(clock.sleep(16 * 3600))    # a cold soak, in microseconds
        clock.monotonic()                    # 57600.0
        clock.utc()                          # 2026-01-16 04:00 UTC

Everything below ``asyncio.timeout`` and ``asyncio.sleep`` works on both clocks. ``wattest.clock.network`` holds
the in-memory links between a simulated charger and the reference CSMS.
"""

from __future__ import annotations

from wattest.clock.protocol import Clock
from wattest.clock.real import RealClock, host_utc
from wattest.clock.virtual import VirtualClock, VirtualLoop

__all__ = ["Clock", "RealClock", "VirtualClock", "VirtualLoop", "host_utc"]
