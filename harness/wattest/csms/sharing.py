"""How a central system divides the current of a feeder among the stations that charge: equally, and never too little.

A vehicle charges with 6 A or not at all (IEC 61851-1 Annex A, recalled). Where the limit is too low for all, as many as
it feeds get the same, and the others pause until their turn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

STEP_A = 0.1
"""Charging profiles have one decimal (OCPP 1.6 7.14, 2.0.1 ChargingSchedulePeriodType)."""


def shares(
    limit_a: float, charging: Sequence[int], *, least_a: float = 6.0, most_a: float = 80.0, turn: int = 0
) -> Mapping[int, float]:
    """Amperes for each place that charges; ``turn`` says who begins where not all can.

    >>> dict(shares(40.0, [1, 2, 3]))
    {1: 13.3, 2: 13.3, 3: 13.3}
    >>> dict(shares(16.0, [1, 2, 3], turn=1))
    {1: 0.0, 2: 8.0, 3: 8.0}
    """
    if not charging:
        return {}
    fed = min(len(charging), int(limit_a / least_a + 1e-9))
    if fed == 0:
        return dict.fromkeys(charging, 0.0)
    each = round(math.floor(min(limit_a / fed, most_a) / STEP_A + 1e-9) * STEP_A, 1)
    first = turn % len(charging)
    chosen = {charging[(first + number) % len(charging)] for number in range(fed)}
    return {place: each if place in chosen else 0.0 for place in charging}
