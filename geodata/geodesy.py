"""Lengths and lines on the WGS 84 ellipsoid, by pyproj."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod
from shapely import LineString, get_coordinates, line_merge
from shapely.geometry.base import BaseGeometry


@cache
def wgs84() -> Geod:
    """The ellipsoid that every length of the project is measured on."""
    return Geod(ellps="WGS84")


def distance_km(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Geodesic distance between two points in km.

    >>> round(distance_km(51.22, 43.60, 49.44, 39.98))
    428
    """
    return float(wgs84().inv(lon1, lat1, lon2, lat2)[2]) / 1000.0


def length_km(line: LineString) -> float:
    """Geodesic length of a lon/lat line in km, each segment taken as a geodesic."""
    return float(lengths_km([line])[0])


class Segments(NamedTuple):
    """Segments of many lines in order: the line of each (its number), its two ends (lon, lat) and its geodesic km.

    Longitudes are those of the middle's turn of the globe: the middle lies in -180..180, an end may lie just outside.
    """

    line: NDArray[np.intp]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    km: NDArray[np.float64]


def lengths_km(lines: Sequence[BaseGeometry]) -> NDArray[np.float64]:
    """Geodesic lengths of many lon/lat lines in km, shape (n,); one call for all segments."""
    parts = segments(lines)
    return np.bincount(parts.line, weights=parts.km, minlength=len(lines)).astype(float)


def segments(lines: Sequence[BaseGeometry], *, longest_km: float = np.inf) -> Segments:
    """The segments of many lon/lat lines, each taken as a geodesic (the short way round the globe).

    Those longer than ``longest_km`` come as equal stretches of their geodesic, none longer than that: straight in lon
    and lat, a stretch of 10 km leaves the geodesic by 2 m at latitude 50.

    >>> from shapely import LineString
    >>> parts = segments([LineString([(51.22, 43.60), (49.44, 39.98)])], longest_km=100)
    >>> len(parts.km), parts.km.sum().round()
    (5, np.float64(428.0))
    """
    coordinates, owner = get_coordinates(list(lines), return_index=True)
    joined = np.flatnonzero(owner[1:] == owner[:-1])
    line, start, end = owner[joined], coordinates[joined], coordinates[joined + 1]
    azimuth, _, metres = wgs84().inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])
    km = np.asarray(metres) / 1000.0
    _bring_near(end, start[:, 0])
    counts = np.ceil(km / longest_km).astype(int)
    if (counts > 1).any():
        counts = np.maximum(counts, 1)
        whole = np.repeat(np.arange(len(km)), counts)
        number = np.arange(len(whole)) - np.repeat(np.cumsum(counts) - counts, counts)
        inner = np.flatnonzero(number)
        of = whole[inner]
        along = metres[of] * number[inner] / counts[of]
        stops = np.column_stack(wgs84().fwd(start[of, 0], start[of, 1], azimuth[of], along)[:2])
        _bring_near(stops, start[of, 0])
        line, start, end, km = line[whole], start[whole], end[whole], (km / counts)[whole]
        start[inner] = end[inner - 1] = stops
    turn = 360.0 * np.round((start[:, 0] + end[:, 0]) / 720.0)
    start[:, 0] -= turn
    end[:, 0] -= turn
    return Segments(line, start, end, km)


def _bring_near(points: NDArray[np.float64], longitudes: NDArray[np.float64]) -> None:
    """Turn points by whole turns of the globe to within 180 degrees of longitudes; what is there already stays as it is."""
    points[:, 0] -= 360.0 * np.round((points[:, 0] - longitudes) / 360.0)


def geodesic_line(lon1: float, lat1: float, lon2: float, lat2: float, *, step_km: float = 100.0) -> LineString:
    """The geodesic between two points as a line with a vertex at least every ``step_km``.

    A line over the antimeridian keeps running: its longitudes may leave -180..180.
    """
    count = max(int(distance_km(lon1, lat1, lon2, lat2) / step_km), 0)
    inner = wgs84().npts(lon1, lat1, lon2, lat2, count) if count else []
    points = [(lon1, lat1), *inner, (lon2, lat2)]
    longitudes = np.unwrap([point[0] for point in points], period=360.0)
    return LineString(list(zip(longitudes.tolist(), [point[1] for point in points], strict=True)))


def one_line(geometry: BaseGeometry) -> LineString | None:
    """The geometry as one line, its parts joined; None where that cannot be done."""
    merged = line_merge(geometry) if geometry.geom_type == "MultiLineString" else geometry
    return merged if isinstance(merged, LineString) and not merged.is_empty else None
