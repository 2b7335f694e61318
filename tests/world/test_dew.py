"""Water in the station: where it is colder than the dew point, until the air is dry."""

from collections.abc import Callable

import pytest

from wattest.errors import BenchError
from wattest.world import World
from wattest.world.dew import dew_point_c

Wait = Callable[[World, float], None]


@pytest.mark.parametrize(
    ("air_c", "humidity_pct", "dew_c"), [(20.0, 50.0, 9.3), (23.0, 95.0, 22.2), (30.0, 100.0, 30.0)]
)
def test_dew_points_of_the_tables(air_c: float, humidity_pct: float, dew_c: float) -> None:
    """As psychrometric tables have it, to a tenth of a kelvin."""
    assert dew_point_c(air_c, humidity_pct) == pytest.approx(dew_c, abs=0.05)


def test_a_cold_station_in_warm_damp_air_is_wet_until_the_air_is_dry(world: World, wait: Wait) -> None:
    """Dew forms while the inside lags behind, and stays in damp air when it has caught up."""
    world.climate.set_ambient(-25.0)
    world.climate.settle()
    assert not world.dew.stands()
    world.climate.set_humidity(95.0)
    world.climate.set_ambient(23.0, 1.0)
    wait(world, 3600.0)
    assert world.dew.stands()
    wait(world, 86_400.0)
    assert world.climate.internal_c() > dew_point_c(23.0, 95.0)
    assert world.dew.stands()
    world.climate.set_humidity(45.0)
    assert not world.dew.stands()


def test_a_warm_station_stays_dry(world: World, wait: Wait) -> None:
    """Its own warmth keeps it above the dew point of a damp room."""
    world.climate.set_humidity(95.0)
    wait(world, 86_400.0)
    assert not world.dew.stands()
    assert not world.dew.on_live_parts()


@pytest.mark.parametrize("humidity_pct", [-1.0, 100.5, float("nan")])
def test_what_is_no_humidity(world: World, humidity_pct: float) -> None:
    """Below nothing and above all there is no relative humidity."""
    with pytest.raises(BenchError, match="is no relative humidity: it lies between 0 % and 100 %"):
        world.climate.set_humidity(humidity_pct)
