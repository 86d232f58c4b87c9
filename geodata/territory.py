"""Kilometres of a line in each country, in the order in which it crosses them.

Which states a link needs is stated by the network (``countries``); the overlay with the stored polygons says only
how its kilometres divide among those states. What the polygons give to a state that the link does not name (a line
that runs along a border, a border station drawn on the wrong side) goes to the named state nearest along the line.

Lines are cut where they meet the edges of the polygons, so kilometres are those of the polygons as they are stored:
segments are geodesics (followed to about 2 m), the polygons' edges are straight in lon and lat.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely import STRtree, get_coordinates, get_parts, get_rings, linestrings, points
from shapely.geometry import LineString, shape
from shapely.geometry.base import BaseGeometry

from .geodesy import Segments, lengths_km, segments, wgs84

AT_SEA = ""
#: Segments are cut as straight lines of at most this length, which leave their geodesic by 2 m at latitude 50.
LONGEST_KM = 10.0
#: What is nearer to a border than this (0.1 mm) lies on it: far above rounding, far below what any border is known to.
ON_BORDER_DEG = 1e-9
#: Places that agree to so many decimals of a segment (0.1 mm) are one.
DECIMALS = 8
CELL_DEG = 0.5
CORNER = np.array([180.0, 90.0])


class Crossing(NamedTuple):
    """A stretch of a line in one state; ``country`` is empty at sea."""

    country: str
    km: float


@dataclass(frozen=True, eq=False)
class Countries:
    """Country polygons (longitudes -180..180) with the ISO 3166-1 alpha-3 code of each.

    Where polygons share ground, as neighbours share their border, it counts for the first of them.
    """

    codes: tuple[str, ...]
    polygons: tuple[BaseGeometry, ...]

    @cached_property
    def edges(self) -> NDArray[np.float64]:
        """Every edge of a polygon once, shape (n, 2 ends, lon and lat); those near the antimeridian also stand beyond it.

        Segments that cross the antimeridian end beyond it, by a few km.
        """
        rings = get_rings(get_parts(np.array(self.polygons, dtype=object)))
        vertices, ring = get_coordinates(rings, return_index=True)
        joined = np.flatnonzero(ring[1:] == ring[:-1])
        # Neighbours run along their border in opposite directions: sorted ends make the two edges one.
        pairs = np.sort(np.column_stack([vertices[joined], vertices[joined + 1]]).view(complex), axis=1)
        ends = np.unique(pairs.view(float), axis=0).reshape(-1, 2, 2)
        east, west = ends[:, :, 0].max(axis=1) > 170.0, ends[:, :, 0].min(axis=1) < -170.0
        return np.concatenate([ends, ends[east] - (360.0, 0.0), ends[west] + (360.0, 0.0)])

    @cached_property
    def tree(self) -> STRtree:
        """The edges by where they are."""
        return STRtree(linestrings(self.edges))

    @cached_property
    def cells(self) -> NDArray[np.int32]:
        """How many cells of a world grid, counted from its south-west corner, are touched by the box round an edge.

        Four of these sums answer which segments may meet a border, for 10^6 of them before a geometry is made of any.
        A cell that is not touched lies wholly in one country, or in none.
        """
        low, high = _cell(self.edges.min(axis=1)), _cell(self.edges.max(axis=1)) + 1
        steps = np.zeros(_cell(CORNER) + 2, dtype=np.int32)
        for x, y, step in ((low, low, 1), (high, low, -1), (low, high, -1), (high, high, 1)):
            np.add.at(steps, (x[:, 0], y[:, 1]), step)
        touched = steps.cumsum(axis=0).cumsum(axis=1) > 0
        return np.pad(touched, ((1, 0), (1, 0))).cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)

    def near(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether the cells round each segment hold an edge of a polygon; where none does, the segment meets none."""
        low, high = _cell(np.minimum(start, end)), _cell(np.maximum(start, end)) + 1
        (west, south), (east, north) = low.T, high.T
        cells = self.cells
        found: NDArray[np.bool_] = cells[east, north] - cells[west, north] - cells[east, south] + cells[west, south] > 0
        return found


@cache
def stored_countries() -> Countries:
    """The packaged polygons (Natural Earth, see SOURCES.md)."""
    source = files("geodata") / "geometry" / "countries.geojson"
    features = json.loads(source.read_text("utf-8"))["features"]
    return Countries(
        tuple(feature["properties"]["iso_a3"] for feature in features),
        tuple(shape(feature["geometry"]) for feature in features),
    )


def crossings(
    lines: Sequence[LineString], allowed: Sequence[Sequence[str]], at_sea: Sequence[bool], countries: Countries | None = None
) -> list[tuple[Crossing, ...]]:
    """How each line's kilometres divide among its ``allowed`` states, in order; they add up to its length.

    ``at_sea`` says of each line that what lies outside every polygon is sea (country ``""``), not a gap at a coast.
    What runs on the border of two allowed states counts for the one that the line names first. A line that meets
    none of its states is divided equally among them. The polygons are the packaged ones unless ``countries`` are given.

    >>> from shapely import LineString
    >>> line = LineString([(76.9, 43.2), (74.6, 42.9)])  # Almaty - Bishkek
    >>> [(country, round(km)) for country, km in crossings([line], [("KAZ", "KGZ")], [False])[0]]
    [('KAZ', 162), ('KGZ', 28)]
    """
    names = [tuple(dict.fromkeys(named)) for named in allowed]
    totals = lengths_km(lines).tolist()
    unclear = [at for at, named in enumerate(names) if at_sea[at] or len(named) > 1]
    parts = _stretches([lines[at] for at in unclear], countries, [names[at] for at in unclear])
    ends = np.searchsorted(parts.line, np.arange(len(unclear) + 1))
    rows = list(zip(parts.country.tolist(), parts.km.tolist(), strict=True))
    divided = {at: _assigned(rows[begin:end], names[at], at_sea[at]) for at, begin, end in zip(unclear, ends[:-1], ends[1:], strict=True)}
    return [
        divided.get(at) or tuple(Crossing(name, total / len(named)) for name in named) or (Crossing(AT_SEA, total),)
        for at, (named, total) in enumerate(zip(names, totals, strict=True))
    ]


def country_km(lines: Sequence[LineString], countries: Countries | None = None) -> pd.DataFrame:
    """Kilometres of each line in each country whose polygon it meets, with nothing assigned.

    One row per line (its number in ``lines``) and country, in their order: line, country (``""`` outside every
    polygon), km; a line's kilometres add up to its geodesic length: what it runs over twice counts twice, what runs on
    a border counts for the first of the countries that share it. The packaged polygons unless others are given.

    >>> from shapely import LineString
    >>> country_km([LineString([(76.9, 43.2), (74.6, 42.9)])]).round(1)  # Almaty - Bishkek
       line country     km
    0     0     KAZ  161.9
    1     0     KGZ   28.4
    """
    parts = _stretches(lines, countries)
    codes, code = np.unique(parts.country, return_inverse=True)
    pairs, pair = np.unique(parts.line * len(codes) + code, return_inverse=True)
    km = np.bincount(pair, parts.km, len(pairs)).astype(float)
    return pd.DataFrame({"line": pairs // max(len(codes), 1), "country": codes[pairs % max(len(codes), 1)].astype(object), "km": km})


def _assigned(stretches: Iterable[tuple[str, float]], named: Sequence[str], at_sea: bool) -> tuple[Crossing, ...]:
    """The stretches of a line with what lies in no named state added to the nearest that does; none where none does."""
    states: list[str] = []
    shares: list[float] = []
    loose = 0.0
    for country, km in stretches:
        if country not in named and not (at_sea and country == AT_SEA):
            loose += km
            continue
        if states:  # of what lies between two states, each is nearer to half
            loose /= 2.0
            shares[-1] += loose
        if states and states[-1] == country:
            shares[-1] += loose + km
        else:
            states.append(country)
            shares.append(loose + km)
        loose = 0.0
    if states:
        shares[-1] += loose
    return tuple(map(Crossing, states, shares))


class _Stretches(NamedTuple):
    """What lies of lines in one country and the next, in order."""

    line: NDArray[np.intp]
    country: NDArray[np.str_]
    km: NDArray[np.float64]


def _stretches(lines: Sequence[LineString], countries: Countries | None, named: Sequence[Sequence[str]] | None = None) -> _Stretches:
    """Lines cut where they meet a border, each stretch with the country that holds it."""
    whole = segments(lines, longest_km=LONGEST_KM)
    if not len(whole.line):
        return _Stretches(np.empty(0, dtype=np.intp), np.empty(0, dtype="<U3"), np.empty(0))
    countries = countries or stored_countries()
    first = np.flatnonzero(_changes(whole.line))
    near = countries.near(whole.start, whole.end)
    # Most of many lines come near no border at all: they are one stretch each, and only the others are looked at closely.
    far = ~np.logical_or.reduceat(near, first)
    close = np.repeat(~far, np.diff(np.append(first, len(near))))
    line, km, inside = _cut(Segments(*(column[close] for column in whole)), np.flatnonzero(near[close]), countries)
    country = _holders(inside, countries, line, named)
    alone = first[far]
    line = np.concatenate([whole.line[alone], line])
    km = np.concatenate([np.add.reduceat(whole.km, first)[far], km])
    country = np.concatenate([_holders_far_from_borders(whole.start[alone], countries), country])
    order = np.argsort(line, kind="stable")
    line, km, country = line[order], km[order], country[order]
    begin = np.flatnonzero(_changes(line, country))
    return _Stretches(line[begin], country[begin], np.add.reduceat(km, begin))


def _cut(
    whole: Segments, near: NDArray[np.intp], countries: Countries
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Stretches between the places where segments (of those that are ``near``) meet a border: line, km, a point inside."""
    met = _met(whole, near, countries)
    place = np.union1d(np.arange(len(whole.line), dtype=float), met[met < len(whole.line)])
    of = place.astype(np.intp)
    start = whole.start[of] + (place - of)[:, None] * (whole.end - whole.start)[of]
    last = _changes(of[::-1])[::-1]
    end = np.where(last[:, None], whole.end[of], np.roll(start, -1, axis=0))
    km = _parted(whole.km, of, start, end)
    line = whole.line[of]
    begin = np.flatnonzero(_changes(line) | np.isin(place, met))
    # A stretch is told by its longest part, whose middle is the least likely to lie on a border by rounding.
    longest = np.flatnonzero(km == np.repeat(np.maximum.reduceat(km, begin), np.diff(np.append(begin, len(km)))))
    longest = longest[np.searchsorted(longest, begin)]
    return line[begin], np.add.reduceat(km, begin), (start[longest] + end[longest]) / 2.0


def _parted(whole: NDArray[np.float64], of: NDArray[np.intp], start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kilometres of the parts of segments; those of a segment add up to its own."""
    km = whole[of]
    cut = np.flatnonzero(np.bincount(of)[of] > 1)
    metres = wgs84().inv(start[cut, 0], start[cut, 1], end[cut, 0], end[cut, 1])[2]
    km[cut] *= metres / np.bincount(of[cut], metres)[of[cut]]
    return km


def _met(whole: Segments, near: NDArray[np.intp], countries: Countries) -> NDArray[np.float64]:
    """The places where segments meet the edges of polygons, each once and in order.

    A place is the number of its segment plus the share of the segment that lies behind it.
    """
    at, edge = countries.tree.query(linestrings(np.stack([whole.start[near], whole.end[near]], axis=1)))
    at = near[at]
    origin, along = whole.start[at], (whole.end - whole.start)[at]
    corner, other = countries.edges[edge, 0], countries.edges[edge, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        # A segment on an edge crosses it nowhere; where it comes to the edge and leaves it, the corners on it say.
        across = _cross(along, other - corner)
        share = _cross(corner - origin, other - corner) / across
        on_edge = _cross(corner - origin, along) / across
        found = [np.where(_within(on_edge), share, np.nan)]
        length = np.hypot(along[:, 0], along[:, 1])
        for vertex in (corner, other):
            off = np.abs(_cross(vertex - origin, along)) / length
            found.append(np.where(off <= ON_BORDER_DEG, ((vertex - origin) * along).sum(axis=1) / length**2, np.nan))
    shares = np.concatenate(found)
    return np.unique((np.tile(at, len(found)) + np.round(shares, DECIMALS))[_within(shares)])


def _changes(*columns: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Whether each row differs from the one before; the first does."""
    changes = np.ones(len(columns[0]), dtype=bool)
    changes[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return changes


def _cell(places: NDArray[np.float64]) -> NDArray[np.intp]:
    """Column and row of the world grid's cells that hold places; what lies beyond the grid counts to its rim."""
    return ((np.clip(places, -CORNER, CORNER) + CORNER) / CELL_DEG).astype(np.intp)


def _within(share: NDArray[np.float64]) -> NDArray[np.bool_]:
    return (share >= -ON_BORDER_DEG) & (share <= 1.0 + ON_BORDER_DEG)


def _cross(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    product: NDArray[np.float64] = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    return product


def _holders_far_from_borders(inside: NDArray[np.float64], countries: Countries) -> NDArray[np.str_]:
    """The country that holds each point of cells that no border touches: all points of such a cell are in the same."""
    column, row = _cell(inside).T
    _, one, cell = np.unique(column * 10000 + row, return_index=True, return_inverse=True)
    return _holders(inside[one], countries)[cell]


def _holders(
    inside: NDArray[np.float64],
    countries: Countries,
    line: NDArray[np.intp] | None = None,
    named: Sequence[Sequence[str]] | None = None,
) -> NDArray[np.str_]:
    """The country that holds each point; on a border the one that the point's line names first, or else the first."""
    turned = inside - 360.0 * np.round(inside / 360.0) * (1.0, 0.0)
    # The points are indexed and the polygons asked, because shapely prepares what asks.
    polygons = np.array(countries.polygons, dtype=object)
    polygon, point = STRtree(points(turned)).query(polygons, predicate="dwithin", distance=ON_BORDER_DEG)
    codes = np.array([*countries.codes, AT_SEA])
    holder = np.full(len(inside), len(codes) - 1)
    np.minimum.at(holder, point, polygon)
    country = codes[holder]
    if line is not None and named is not None:
        for at in np.flatnonzero(np.bincount(point, minlength=len(inside)) > 1):
            sharing = set(codes[polygon[point == at]].tolist())
            country[at] = next((name for name in named[line[at]] if name in sharing), country[at])
    return country
