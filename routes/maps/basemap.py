"""The quiet ground of a page: countries, lakes and the names of lands and seas, cut to the page and packed small."""

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from . import packing, style, text
from .projection import Bounds

MOST_BYTES, LEAST_BYTES = 95_000, 25_000
"""What the outlines may take of a page, and what they get however full it is."""

SEAS = {
    "caspian": (50.6, 41.9),
    "black": (34.2, 43.3),
    "mediterranean": (28.5, 33.9),
    "baltic": (19.6, 57.0),
    "arabian": (62.5, 19.0),
    "persian_gulf": (51.6, 27.0),
    "red": (37.7, 21.5),
    "bengal": (88.5, 16.5),
    "yellow": (123.0, 35.5),
}
"""Where the names of seas stand, lon and lat; the names themselves are texts."""

_TOLERANCES_DEG = (0.015, 0.025, 0.04, 0.06, 0.09, 0.13, 0.2, 0.35)
_CELLS_PER_TOLERANCE = 2.5
"""A grid finer than that would spend letters on steps that the simplified outline no longer shows."""
_FAR_SHARE = 0.2
_WORLD = (-180.0, -90.0, 180.0, 90.0)
_LEAST_SHARE = 4e-6
_LEAST_LABEL_SHARE = 6e-4
_LEAST_LAKE_SHARE = 3e-5


def basemap(bounds: Bounds, core: Bounds, room: int) -> dict[str, Any]:
    """Packed countries, lakes and name positions within `bounds`, in `core` as fine as `room` bytes allow."""
    names = text.country_names()
    # Rounded, so that pages of nearly the same extent share the work.
    budget = min(MOST_BYTES, max(LEAST_BYTES, round(room - 13_000, -4)))
    shown, labels, packed, per_degree = _countries(_whole(bounds), _whole(core), budget)
    west, south, east, north = bounds
    least = _LEAST_LABEL_SHARE * (east - west) * (north - south)
    named = [(code, names.get(code, (name,) * 3), lon, lat, size) for code, name, lon, lat, size in labels if size >= least]
    seas = [[key, *at] for key, at in SEAS.items() if west < at[0] < east and south < at[1] < north]
    return {
        "per_degree": per_degree,
        "home": style.HOME,
        "countries": packing.table(("code", "rings"), zip(shown, packed, strict=True)),
        "lakes": _lakes(_whole(bounds), per_degree),
        "labels": packing.table(("code", "names", "lon", "lat", "size"), named),
        "seas": packing.table(("key", "lon", "lat"), seas),
    }


def outlines(bounds: Bounds, tolerance: float) -> list[tuple[str, shapely.Geometry]]:
    """Code and shape of every country within `bounds`, simplified together so that neighbours still meet."""
    codes, _, _ = _read("countries.geojson")
    step = next((i for i, deg in enumerate(_TOLERANCES_DEG) if deg >= tolerance), len(_TOLERANCES_DEG) - 1)
    kept, shapes = _cut(_simple(step, _WORLD), bounds)
    return [(codes[i], shape) for i, shape in zip(kept, shapes, strict=True)]


def lakes(bounds: Bounds, tolerance: float) -> list[shapely.Geometry]:
    """The lakes within `bounds`, simplified; those too small to see at that tolerance left out."""
    _, cut = _cut(_read("lakes.geojson")[2], bounds)
    simple = shapely.simplify(cut, tolerance)
    return list(simple[shapely.area(simple) > 20 * tolerance**2])


@lru_cache(maxsize=4 * len(_TOLERANCES_DEG))
def _simple(step: int, core: Bounds) -> NDArray[np.object_]:
    """All countries at a step of _TOLERANCES_DEG, and coarser outside `core`.

    Far land is squeezed before it is simplified, so that its corners count less, and stretched again afterwards.
    Each step starts from the one before, which is a tenth of the work.
    """
    finer = _areas(_read("countries.geojson")[2]) if step == 0 else _simple(step - 1, core)
    squeezed = shapely.transform(finer, lambda at: _squeeze(at, core, _FAR_SHARE))
    simple = shapely.coverage_simplify(squeezed, _TOLERANCES_DEG[step])
    return np.asarray(shapely.transform(simple, lambda at: _squeeze(at, core, 1 / _FAR_SHARE)), dtype=object)


def _squeeze(at: NDArray[np.float64], core: Bounds, share: float) -> NDArray[np.float64]:
    """Coordinates with their distance from the core box times `share`; the inverse is the same with 1 / `share`."""
    inside = np.clip(at, core[:2], core[2:])
    return np.asarray(inside + (at - inside) * share)


def _cut(shapes: NDArray[np.object_], bounds: Bounds) -> tuple[list[int], NDArray[np.object_]]:
    """The positions of the shapes that reach into `bounds`, and what of them lies there: areas only."""
    if bounds[0] >= bounds[2] or bounds[1] >= bounds[3]:
        return [], shapes[:0]
    cut = _areas(shapely.clip_by_rect(shapes, *bounds))
    kept = np.flatnonzero(~shapely.is_empty(cut))
    return kept.tolist(), cut[kept]


def _areas(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """The areas among the parts of each shape: cutting along an edge also leaves points and lines, which are no land."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    area = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) > 0)
    return np.array([shapely.multipolygons(parts[area & (owner == i)]) for i in range(len(shapes))], dtype=object)


@lru_cache(maxsize=8)
def _countries(bounds: Bounds, core: Bounds, budget: int) -> tuple[list[str], list[tuple[Any, ...]], list[str], int]:
    codes, names, _ = _read("countries.geojson")
    least = _LEAST_SHARE * (bounds[2] - bounds[0]) * (bounds[3] - bounds[1])
    for step in range(len(_TOLERANCES_DEG)):
        kept, cut = _cut(_simple(step, core), bounds)
        per_degree = round(_CELLS_PER_TOLERANCE / _TOLERANCES_DEG[step])
        packed = [_rings(shape, least, per_degree) for shape in cut]
        if sum(map(len, packed)) <= budget:
            break
    labels = [_label(codes[i], names[i], shape) for i, shape in zip(kept, cut, strict=True)]
    return [codes[i] for i in kept], labels, packed, per_degree


@lru_cache(maxsize=8)
def _lakes(bounds: Bounds, per_degree: int) -> list[str]:
    _, _, shapes = _read("lakes.geojson")
    _, cut = _cut(shapes, bounds)
    least = _LEAST_LAKE_SHARE * (bounds[2] - bounds[0]) * (bounds[3] - bounds[1])
    return [rings for shape in cut if (rings := _rings(shapely.simplify(shape, 1.5 / per_degree), least, per_degree))]


@lru_cache(maxsize=2)
def _read(name: str) -> tuple[list[str], list[str], NDArray[np.object_]]:
    """Codes, names and shapes of a packaged layer; three empty lists where the layer does not come with the package."""
    found = files("geodata").joinpath("geometry", name)
    if not found.is_file():
        return [], [], np.array([], dtype=object)
    content = found.read_text("utf-8")
    shapes = shapely.get_parts(shapely.from_geojson(content))
    properties = [feature["properties"] for feature in json.loads(content)["features"]]
    return [str(p.get("iso_a3", "")) for p in properties], [str(p.get("name", "")) for p in properties], shapes


def _whole(bounds: Bounds) -> Bounds:
    west, south, east, north = (float(round(edge)) for edge in bounds)
    return west, south, east, north


def _rings(shape: shapely.Geometry, least: float, per_degree: int) -> str:
    """The rings of a shape, islands below `least` square degrees left out, joined by full stops."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area >= least]
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    grids = [packing.cells(shapely.get_coordinates(ring), per_degree) for ring in rings]
    return ".".join(packing.pack(grid) for grid in grids if len(grid) > 3)


def _label(code: str, name: str, shape: shapely.Geometry) -> tuple[str, str, float, float, int]:
    """Code, name, a point well inside the largest part, and that part's area in square degrees."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    rough = largest.simplify(0.2) if largest.area > 1 else largest
    centre = rough.centroid
    point = centre if rough.contains(centre) else rough.representative_point()
    return code, name, round(point.x, 2), round(point.y, 2), round(largest.area)
