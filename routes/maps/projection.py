"""The Lambert conformal conic of a page: true shapes over Eurasia, where Mercator would swell the north."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Proj

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

EARTH_RADIUS_M = 6_378_137.0
"""The sphere that Leaflet's scale bar uses; the page and the pictures must agree with it."""


WIDEST: Bounds = (-30.0, -36.0, 180.0, 82.0)
"""The part of the world that a page may show: the Old World, whole from the Azores to the Bering Strait."""
_MANY_PLACES = 40
_FAR_WIDER = 1.8


class Lambert(NamedTuple):
    """Central meridian, latitude of origin and the two standard parallels, in whole degrees."""

    lon_0: float
    lat_0: float
    lat_1: float
    lat_2: float


def lambert(bounds: Bounds) -> Lambert:
    """The conic that suits `bounds`: standard parallels a sixth of the height inside its edges."""
    west, south, east, north = bounds
    south = min(max(south, -5.0), 70.0)
    north = max(min(north, 75.0), south + 1)
    sixth = (north - south) / 6
    lat_1, lat_2 = round(south + sixth), round(north - sixth)
    # A cone needs parallels that do not cancel out; near the equator it would open into a cylinder.
    lat_2 = max(lat_2, lat_1 + 2, 6 - lat_1)
    return Lambert(float(round((west + east) / 2)), float(round((south + north) / 2)), float(lat_1), float(lat_2))


def project(lon: NDArray[np.float64], lat: NDArray[np.float64], cone: Lambert) -> NDArray[np.float64]:
    """Metres east and north of the cone's origin, as an array of shape (n, 2)."""
    return np.column_stack(_proj(cone)(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)))


def unproject(x: NDArray[np.float64], y: NDArray[np.float64], cone: Lambert) -> NDArray[np.float64]:
    """Degrees of points in metres from the cone's origin, as an array of shape (n, 2); not finite behind the cone's seam."""
    return np.column_stack(_proj(cone)(x, y, inverse=True))


def around(seen: NDArray[np.float64], cone: Lambert, times: float) -> Bounds:
    """The box in degrees around a square on the map, `times` as large as what is to be seen of points in degrees.

    A window may be wide or high and its reader may zoom out; land must not end before the window does.
    """
    metres = project(seen[:, 0], seen[:, 1], cone)
    low, high = metres.min(axis=0), metres.max(axis=0)
    side = np.linspace(-0.5, 0.5, 13) * times * float((high - low).max())
    edge = np.concatenate([np.column_stack([side, np.full(13, end)]) for end in (side[0], side[-1])])
    x, y = (np.concatenate([edge, edge[:, ::-1]]) + (low + high) / 2).T
    lon, lat = unproject(x, y, cone).T
    fine = np.isfinite(lon) & np.isfinite(lat)
    if not fine.any():
        return WIDEST
    west, south, east, north = WIDEST
    # Past the pole, and behind the cone's seam, the inverse says little: there the widest box is right.
    over_pole = float(y.max()) >= float(_proj(cone)(cone.lon_0, 89.0)[1])
    return (
        west if over_pole else max(west, float(lon[fine].min())),
        max(south, float(lat[fine].min())),
        east if over_pole else min(east, float(lon[fine].max())),
        north if over_pole else min(north, float(lat[fine].max())),
    )


@lru_cache(maxsize=64)
def _proj(cone: Lambert) -> Proj:
    return Proj(proj="lcc", R=EARTH_RADIUS_M, **cone._asdict())


def padded(bounds: Bounds, share: float) -> Bounds:
    """`bounds` grown on every side by `share` of its size, kept where a conic can be drawn."""
    west, south, east, north = bounds
    dx, dy = share * max(east - west, 4.0), share * max(north - south, 3.0)
    return (max(west - dx, WIDEST[0]), max(south - dy, WIDEST[1]), min(east + dx, WIDEST[2]), min(north + dy, WIDEST[3]))


def edge(bounds: Bounds) -> NDArray[np.float64]:
    """Points along the edge of a box, whose sides are curves on a cone."""
    west, south, east, north = bounds
    lon, lat = np.linspace(west, east, 9), np.linspace(south, north, 9)
    sides = [(lon, np.full(9, south)), (lon, np.full(9, north)), (np.full(9, west), lat), (np.full(9, east), lat)]
    return np.concatenate([np.column_stack(side) for side in sides])


def is_box(bounds: Bounds) -> bool:
    """Whether `bounds` is a finite box in degrees with west < east and south < north."""
    west, south, east, north = bounds
    return all(map(math.isfinite, bounds)) and -180 <= west < east <= 180 and -90 <= south < north <= 90


def extent(shapes: NDArray[np.object_]) -> Bounds:
    """The box around shapes, never without area; Kazakhstan and its neighbours where there are none."""
    west, south, east, north = shapely.total_bounds(shapes).tolist() if len(shapes) else (45.0, 38.0, 88.0, 56.0)
    return (west, south, max(east, west + 0.5), max(north, south + 0.5))


def core(places: NDArray[np.object_]) -> Bounds | None:
    """The box of nine in ten of many places; None for few, or where the far ones hardly widen it.

    One cape on the way round Africa must not shrink a continent's network to a corner of the first view.
    """
    if len(places) < _MANY_PLACES:
        return None
    at = shapely.get_coordinates(places)
    (west, south), (east, north) = np.quantile(at, [0.05, 0.95], axis=0).tolist()
    box = padded((west, south, east, north), 0.06)
    full = extent(places)
    widened = (full[2] - full[0]) * (full[3] - full[1]) / ((box[2] - box[0]) * (box[3] - box[1]))
    return box if widened > _FAR_WIDER else None


def union(first: Bounds, second: Bounds) -> Bounds:
    """The box around two boxes."""
    return (min(first[0], second[0]), min(first[1], second[1]), max(first[2], second[2]), max(first[3], second[3]))
