"""Schematic lines: straight from place to via point to place, with nothing invented in between."""

from __future__ import annotations

from shapely import LineString

from ..geodesy import length_km
from .tables import Drawing, Link, Point


def draw(link: Link) -> Drawing:
    """The link as the polyline through its places and via points.

    >>> chain = ((60.0, 45.0), (61.0, 45.0))
    >>> draw(Link("road-a-b", "road", "schematic", "operating", ("a", "b"), chain, None)).points
    ((60.0, 45.0), (61.0, 45.0))
    """
    points = without_repeats(link.chain)
    return Drawing(link.link_id, link.mode, "schematic", points, length_km(LineString(points)))


def without_repeats(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The points without those that equal the one before, but never fewer than the two ends."""
    kept = [point for index, point in enumerate(points) if index == 0 or point != points[index - 1]]
    return tuple(kept) if len(kept) > 1 else (points[0], points[-1])
