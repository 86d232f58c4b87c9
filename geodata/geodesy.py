"""Lengths and lines on the WGS 84 ellipsoid, by pyproj."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

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


def lengths_km(lines: Sequence[BaseGeometry]) -> NDArray[np.float64]:
    """Geodesic lengths of many lon/lat lines in km, shape (n,); one call for all segments."""
    coordinates, owner = get_coordinates(list(lines), return_index=True)
    if len(coordinates) < 2:
        return np.zeros(len(lines))
    inside = owner[1:] == owner[:-1]
    start, end = coordinates[:-1][inside], coordinates[1:][inside]
    metres = wgs84().inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])[2]
    return np.bincount(owner[1:][inside], weights=metres, minlength=len(lines)) / 1000.0


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
