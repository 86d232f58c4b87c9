"""Kilometres of a line in each country, in the order in which it crosses them.

Which states a link needs is stated by the network (``countries``); the overlay with the stored polygons says only
how its kilometres divide among those states. What the polygons give to a state that the link does not name (a line
that runs along a border, a border station drawn on the wrong side) goes to the named state nearest along the line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from shapely import STRtree, get_coordinates, line_interpolate_point, points
from shapely.geometry import LineString, shape
from shapely.geometry.base import BaseGeometry

from .geodesy import lengths_km

AT_SEA = ""
STEP_KM = 5.0


class Crossing(NamedTuple):
    """A stretch of a line in one state; ``country`` is empty at sea."""

    country: str
    km: float


class Countries(NamedTuple):
    """Country polygons with the ISO 3166-1 alpha-3 code of each."""

    codes: tuple[str, ...]
    polygons: tuple[BaseGeometry, ...]


@cache
def stored_countries() -> Countries:
    """The packaged polygons (Natural Earth, see SOURCES.md)."""
    source = files("geodata") / "geometry" / "countries.geojson"
    features = json.loads(source.read_text("utf-8"))["features"]
    return Countries(
        tuple(feature["properties"]["iso_a3"] for feature in features),
        tuple(shape(feature["geometry"]) for feature in features),
    )


def crossings(lines: Sequence[LineString], allowed: Sequence[Sequence[str]], at_sea: Sequence[bool]) -> list[tuple[Crossing, ...]]:
    """How each line's kilometres divide among its ``allowed`` states, in order; they add up to its length.

    ``at_sea`` says of each line that what lies outside every polygon is sea (country ``""``), not a gap at a coast.
    """
    totals = lengths_km(lines)
    unclear = [at for at, names in enumerate(allowed) if at_sea[at] or len(set(names)) > 1]
    owners = dict(zip(unclear, _owners([lines[at] for at in unclear]), strict=True))
    return [
        _divide(owners[at], float(totals[at]), names, at_sea[at])
        if at in owners
        else (Crossing(names[0] if names else AT_SEA, float(totals[at])),)
        for at, names in enumerate(allowed)
    ]


def _divide(owner: NDArray[np.str_], total: float, allowed: Sequence[str], at_sea: bool) -> tuple[Crossing, ...]:
    names = list(dict.fromkeys(allowed))
    known = np.isin(owner, [*names, AT_SEA] if at_sea else names)
    if not known.any():
        return tuple(Crossing(name, total / len(names)) for name in names) or (Crossing(AT_SEA, total),)
    filled = owner[_nearest_known(known)]
    share = total / len(filled)
    starts = np.flatnonzero(np.concatenate([[True], filled[1:] != filled[:-1]]))
    counts = np.diff(np.concatenate([starts, [len(filled)]]))
    return tuple(Crossing(str(filled[at]), float(count * share)) for at, count in zip(starts, counts, strict=True))


def overlay_km(line: LineString) -> dict[str, float]:
    """Kilometres of a line in every polygon it meets, with nothing assigned; sea is ``""``."""
    total = float(lengths_km([line])[0])
    owner = _owners([line])[0]
    return {str(code): float((owner == code).sum() * total / len(owner)) for code in sorted(set(owner.tolist()))}


def _owners(lines: Sequence[LineString]) -> list[NDArray[np.str_]]:
    """For each line, the polygon that holds the middle of each of its many equal stretches."""
    if not lines:
        return []
    counts = np.maximum((lengths_km(lines) / STEP_KM).astype(int), 20)
    at = np.concatenate([(np.arange(count) + 0.5) / count for count in counts])
    middles = get_coordinates(line_interpolate_point(np.repeat(np.array(lines, dtype=object), counts), at, normalized=True))
    middles[:, 0] = (middles[:, 0] + 180.0) % 360.0 - 180.0
    countries = stored_countries()
    # The points are indexed and the polygons asked, because shapely prepares what asks.
    polygon, point = STRtree(points(middles)).query(list(countries.polygons), predicate="contains")
    owner = np.full(len(middles), AT_SEA, dtype="<U3")
    owner[point] = np.array(countries.codes, dtype="<U3")[polygon]
    return np.split(owner, np.cumsum(counts)[:-1])


def _nearest_known(known: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each position, the nearest position that is known (the earlier one where two are as near)."""
    places = np.flatnonzero(known)
    here = np.arange(len(known))
    after = np.clip(np.searchsorted(places, here), 0, len(places) - 1)
    before = np.clip(after - 1, 0, None)
    left, right = places[before], places[after]
    return np.where(np.abs(here - left) <= np.abs(right - here), left, right)
