"""Kilometres per country of 50,000 lines, against geopandas.overlay."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, get_coordinates, linestrings

from geodata.geodesy import lengths_km, wgs84
from geodata.network import Network
from geodata.territory import AT_SEA, LONGEST_KM, country_km, stored_countries
from tests.benchmarks.conftest import Race

COUNT = 50_000
SEED = 20240611
TARGET = 15.0

pytestmark = pytest.mark.benchmarks


@pytest.fixture(scope="module")
def lines(packaged: Network) -> list[LineString]:
    """Winding ways of 40 to 230 km that set out within some 2 degrees of a vertex of the network.

    Their vertices lie 8.5 to 9.9 km apart, so that both sides measure the same straight segments.
    """
    random = np.random.default_rng(SEED)
    vertices = get_coordinates(packaged.links.geometry.to_numpy())
    here = vertices[random.integers(len(vertices), size=COUNT)] + random.normal(0.0, 2.0, (COUNT, 2))
    steps = random.integers(4, 24, COUNT)
    heading = random.uniform(-180.0, 180.0, COUNT)
    places = [here]
    for _ in range(steps.max()):
        heading = heading + random.normal(0.0, 15.0, COUNT)
        metres = random.uniform(850.0, 990.0, COUNT) * LONGEST_KM
        here = np.column_stack(wgs84().fwd(here[:, 0], here[:, 1], heading, metres)[:2])
        places.append(here)
    kept = np.arange(len(places)) <= steps[:, None]
    return list(linestrings(np.stack(places, axis=1)[kept], indices=np.repeat(np.arange(COUNT), steps + 1)))


def overlaid(lines: list[LineString]) -> pd.Series:
    """The same by geopandas: overlay with the polygons, then the geodesic length of each piece."""
    countries = stored_countries()
    shapes = gpd.GeoDataFrame({"country": countries.codes}, geometry=list(countries.polygons), crs="EPSG:4326")
    ways = gpd.GeoDataFrame({"line": np.arange(len(lines))}, geometry=lines, crs="EPSG:4326")
    pieces = gpd.overlay(ways, shapes, how="intersection")
    pieces["km"] = [wgs84().geometry_length(piece) / 1000.0 for piece in pieces.geometry]
    return pieces.groupby(["line", "country"])["km"].sum()


def test_kilometres_per_country(race: Race, lines: list[LineString]) -> None:
    ours, peer = country_km(lines), overlaid(lines)
    assert np.abs(ours.groupby("line")["km"].sum() - lengths_km(lines)).max() < 1e-6
    on_land = ours[ours["country"] != AT_SEA].set_index(["line", "country"])["km"]
    assert on_land.sub(peer, fill_value=0.0).abs().max() < 0.001
    assert len(on_land.index.difference(peer.index)) == 0
    name = f"geopandas {gpd.__version__} overlay and pyproj Geod"
    race(f"kilometres per country of {COUNT} lines", lambda: country_km(lines), (name, lambda: overlaid(lines)), target=TARGET, rounds=3)
