"""How far two places are apart."""

from __future__ import annotations

from math import asin, cos, hypot, radians, sin, sqrt

EARTH_M = 6_371_008.8
"""Mean radius (IUGG). A sphere is wrong by 0.5 % at the most: 0.1 m in 25 m."""


def distance_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance in m between two places in degrees, by the haversine formula.

    >>> round(distance_m(45.0, -73.0, 45.001, -73.0), 1)
    111.2
    """
    north = radians(other_latitude - latitude)
    east = radians(other_longitude - longitude)
    across = sqrt(cos(radians(latitude)) * cos(radians(other_latitude)))
    return 2.0 * EARTH_M * asin(min(1.0, hypot(sin(north / 2.0), across * sin(east / 2.0))))
