"""The ground of a printed map: where a point in degrees stands on the paper, land, lakes, and names of lands and seas."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.path import Path
from numpy.typing import NDArray
from pyproj import Geod

from . import basemap, style, text
from .lettering import Hand, Sketch, about, centred, span
from .projection import Bounds, around, lambert, project, unproject

MARGIN_PT = 16.0
_LONG_EDGE_DEG = 1.0
"""A longer straight border is a curve on the cone and gets corners in between."""
_LEAST_LAND_PT2 = 0.35
_LEAST_NAMED_PT2 = 220.0
_SEA_PT2 = 3000.0
"""The rank of a sea's name among those of lands: as of a land of that area."""
_SOUTH, _NORTH = -60.0, 88.0
"""Beyond that a cone runs off to infinity; what lies there is drawn at the edge."""
_METRES_A_DEGREE = 111_000.0
_TENTH_PT = 0.3


class View:
    """From degrees to points on a map of a width and height, x to the right and y up from its lower left corner."""

    def __init__(self, bounds: Bounds, seen: NDArray[np.float64], width: float, height: float) -> None:
        self.width, self.height = width, height
        self._cone = lambert(bounds)
        metres = self._metres(seen)
        low, high = metres.min(axis=0), metres.max(axis=0)
        room = np.array([width, height]) - 2 * MARGIN_PT
        self.pt_per_m = float((room / np.maximum(high - low, 1.0)).min())
        self._centre = (low + high) / 2
        times = 1.05 * max(width, height) / (self.pt_per_m * float(max((high - low).max(), 1.0)))
        self.land = around(np.column_stack([seen[:, 0], np.clip(seen[:, 1], _SOUTH, _NORTH)]), self._cone, times)
        self.degrees_per_pt = 1 / (_METRES_A_DEGREE * self.pt_per_m)

    def points(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points on the map of points in degrees."""
        return (self._metres(degrees) - self._centre) * self.pt_per_m + np.array([self.width, self.height]) / 2

    def shapes(self, shapes: Any) -> Any:
        """Shapes in points of shapes in degrees."""
        return shapely.transform(shapes, self.points)

    def km_per_pt(self) -> float:
        """Kilometres on the ground that a point across the middle of the map stands for."""
        x, y = self._centre
        half = 5 / self.pt_per_m
        (west, south), (east, north) = unproject(np.array([x - half, x + half]), np.array([y, y]), self._cone).tolist()
        return float(Geod(ellps="WGS84").inv(west, south, east, north)[2]) / 1000 / 10

    def _metres(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        return project(degrees[:, 0], np.clip(degrees[:, 1], _SOUTH, _NORTH), self._cone)


class Named(NamedTuple):
    """A name of a land or sea: where its middle may be (x, y, penalty), the room across, and its area, all in points."""

    text: str
    middles: tuple[tuple[float, float, float], ...]
    across: float
    area: float
    is_land: bool


def draw_land(axes: Axes, view: View, language: str) -> list[Named]:
    """Draw countries and lakes, and tell which names of lands and seas could stand where, the largest first."""
    countries = basemap.outlines(view.land, _TENTH_PT * view.degrees_per_pt)
    frame = (-4.0, -4.0, view.width + 4, view.height + 4)
    lands = [(code, _seen(view, shape, frame)) for code, shape in countries]
    for home, colour in ((False, style.LIGHT["land"]), (True, style.LIGHT["home"])):
        paths = [outline(shape) for code, shape in lands if (code == style.HOME) is home and not shape.is_empty]
        axes.add_collection(_filled(paths, colour), autolim=False)
    lakes = [_seen(view, lake, frame) for lake in basemap.lakes(view.land, _TENTH_PT * view.degrees_per_pt)]
    axes.add_collection(_filled([outline(lake) for lake in lakes if not lake.is_empty], style.LIGHT["sea"]), autolim=False)
    names = text.country_names()
    which = text.LANGUAGES.index(language)
    said = [_on_land(names[code][which], shape, view) for code, shape in lands if code in names and not shape.is_empty]
    said += _at_sea(view, [shape for _, shape in lands], text.strings(language))
    return sorted((one for one in said if one.area > _LEAST_NAMED_PT2), key=lambda one: (-one.area, one.text))


def name_land(axes: Axes, sketch: Sketch, names: Sequence[Named]) -> None:
    """Write the names of lands and seas where there is room for them."""
    for one in names:
        hand = _land_hand(one.area) if one.is_land else Hand(6.8, style.LIGHT["water"], style="italic")
        told = one.text.upper() if one.is_land else one.text
        size = span(told, hand)
        if size.width > one.across:
            continue
        spot = sketch.best(centred(one.middles, size), size, most=3.0 if one.is_land else 6.0)
        if spot:
            axes.text(*spot, told, fontproperties=hand.font(), color=hand.colour, zorder=6.5, clip_on=True, parse_math=False)


def outline(shape: Any) -> Path:
    """The path of an area with its holes, which turn the other way round."""
    turned = shapely.orient_polygons(shape)
    rings = [ring for part in shapely.get_parts(turned) for ring in (part.exterior, *part.interiors)]
    vertices = [shapely.get_coordinates(ring) for ring in rings]
    codes = [[Path.MOVETO, *[Path.LINETO] * (len(ring) - 2), Path.CLOSEPOLY] for ring in vertices]
    return Path(np.concatenate(vertices), np.concatenate(codes))


def _land_hand(area: float) -> Hand:
    return Hand(round(min(8.5, 5.6 + math.sqrt(area) / 60), 1), style.LIGHT["country"])


def _on_land(name: str, shape: Any, view: View) -> Named:
    inner = shapely.get_parts(shapely.clip_by_rect(shape, 0, 0, view.width, view.height))
    if len(inner) == 0:
        return Named(name, (), 0, 0, True)
    largest = max(inner, key=lambda part: float(part.area))
    point = largest.centroid if largest.contains(largest.centroid) else largest.representative_point()
    left, bottom, right, top = largest.bounds
    across, up = 0.32 * (right - left), 0.32 * (top - bottom)
    return Named(name, tuple(about(point.x, point.y, across, up)), 2.4 * across + 14, float(largest.area), True)


def _at_sea(view: View, lands: Sequence[Any], words: Mapping[str, str]) -> list[Named]:
    """The names of seas, whose middle and what is left and right of it must be water."""
    found = []
    spots = view.points(np.array(list(basemap.SEAS.values()))).tolist()
    for key, (x, y) in zip(basemap.SEAS, spots, strict=True):
        if not (0 < x < view.width and 0 < y < view.height):
            continue
        middles = [spot for reach in (1.0, 2.2) for spot in about(x, y, 22.0 * reach, 12.0 * reach)]
        at = np.array([(mx + dx, my) for mx, my, _ in middles for dx in (-12.0, 0.0, 12.0)])
        dry = np.any([shapely.contains_xy(land, at) for land in lands], axis=0).reshape(-1, 3).any(axis=1) if lands else [False] * len(at)
        wet = tuple(spot for spot, is_dry in zip(middles, dry, strict=False) if not is_dry)
        found.append(Named(words[f"sea.{key}"], wet, math.inf, _SEA_PT2, False))
    return found


def _seen(view: View, shape: Any, frame: Bounds) -> Any:
    """What of a shape in degrees lies on the map, in points, without islands that nobody would see."""
    cut = shapely.clip_by_rect(view.shapes(shapely.segmentize(shape, _LONG_EDGE_DEG)), *frame)
    parts = shapely.get_parts(cut)
    areas = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (shapely.area(parts) > _LEAST_LAND_PT2)
    return shapely.multipolygons(parts[areas])


def _filled(paths: list[Path], colour: str) -> PathCollection:
    return PathCollection(paths, facecolors=colour, edgecolors=style.LIGHT["border"], linewidths=0.5, zorder=1)
