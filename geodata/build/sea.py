"""Sea lanes: shortest ways round the coast in the Caspian and the Black Sea, searoute's lanes on the oceans.

In the two inner seas a visibility graph is laid on the water itself (Natural Earth 10m), kept a few
kilometres off the coast except in straits and near the ports that a link names. The Caspian is its own
polygon, so no lane slips through the Volga-Don. On the oceans searoute's network is read as data; what it has
between the Black Sea and the Caspian is dropped. A port stands on its quay: the last stretch may touch land.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree
from shapely import LineString, Polygon, STRtree, box, covers, linestrings, points, prepare, union_all
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient
from shapely.ops import nearest_points

from ..geodesy import length_km, lengths_km
from .schematic import without_repeats
from .tables import Drawing, Link, Point, Remark

CASPIAN_STATES = ("AZE", "IRN", "KAZ", "RUS", "TKM")
IN_CASPIAN = (51.0, 42.0)
BLACK_SEA_BOX = (25.9, 40.0, 42.6, 47.6)
IN_BLACK_SEA = (34.0, 43.0)
BLACK_SEA_STRAITS = ((29.07, 41.12), (26.75, 40.42), (26.4, 40.2), (36.6, 45.3))
DARDANELLES_MOUTH = (26.1, 40.03)
CANALS = ((32.2, 29.85, 32.7, 31.35),)
NO_OCEAN = (42.0, 36.0, 55.6, 50.0)
OFFSET_DEG = 0.03
PORT_OFFSET_DEG = 0.002
PORT_RADIUS_DEG = 0.35
HAIR_DEG = 1e-6
REACH_DEG = 0.6
DETAIL_DEG = 0.005
OCEAN_TOLERANCE_DEG = 0.03
LAND_PRICE = 20.0
CANDIDATES = 12
OCEAN_REACH_KM = 200.0
EARTH_KM = 6371.0088
LAND_LIMIT_KM = 12.0


class Basin(NamedTuple):
    """A closed sea: its water, what lanes keep to, that with a hair more, its corners, its exit."""

    water: BaseGeometry
    lane_water: BaseGeometry
    sight_water: BaseGeometry
    corners: NDArray[np.float64]
    corner_km: csr_array
    way_out: Point | None


class Ocean(NamedTuple):
    """A network of lanes: lon/lat of its nodes, the price of its edges in km, a search tree."""

    xy: NDArray[np.float64]
    prices: csr_array
    tree: KDTree


class Land(NamedTuple):
    """Land polygons in a search tree, less the ship canals."""

    tree: STRtree


class Seas(NamedTuple):
    """All that a sea lane is drawn with."""

    basins: tuple[Basin, ...]
    ocean: Ocean
    land: Land


def seas(countries: dict[str, BaseGeometry], ocean: Path, stops: Iterable[Point]) -> Seas:
    """The two inner seas, the oceans and the land, for lanes between the stops."""
    wanted = sorted(set(stops))
    inner = (
        basin(caspian(countries), wanted),
        basin(black_sea(countries), wanted, straits=BLACK_SEA_STRAITS, way_out=DARDANELLES_MOUTH),
    )
    land = land_areas(countries)
    return Seas(inner, read_ocean(ocean, land), land)


def caspian(countries: dict[str, BaseGeometry]) -> Polygon:
    """The Caspian: the hole in the union of the five states around it."""
    around = union_all([countries[code] for code in CASPIAN_STATES])
    holes = (Polygon(ring) for part in getattr(around, "geoms", [around]) for ring in part.interiors)
    hole = next(hole for hole in holes if hole.contains(points(IN_CASPIAN)))
    return _part_with(hole.difference(around), IN_CASPIAN)


def black_sea(countries: dict[str, BaseGeometry]) -> Polygon:
    """The Black Sea with the Azov and Marmara seas and the straits: the water of a box less the land."""
    frame = box(*BLACK_SEA_BOX)
    land = union_all([geometry.intersection(frame) for _, geometry in sorted(countries.items())])
    return _part_with(frame.difference(land), IN_BLACK_SEA)


def land_areas(countries: dict[str, BaseGeometry]) -> Land:
    """All land as single polygons; a canal through it counts as water."""
    canals = union_all([box(*canal) for canal in CANALS])
    parts = [part for _, area in sorted(countries.items()) for part in getattr(area, "geoms", [area])]
    return Land(STRtree([part.difference(canals) if part.intersects(canals) else part for part in parts]))


def basin(water: Polygon, stops: Iterable[Point], *, straits: Iterable[Point] = (), way_out: Point | None = None) -> Basin:
    """The water prepared for lanes between stops; near a stop or strait they may run close to the coast."""
    narrow = sorted({*stops, *straits})
    near = [points(stop) for stop in narrow if water.distance(points(stop)) < REACH_DEG]
    offshore = water.buffer(-OFFSET_DEG)
    ports = union_all([stop.buffer(PORT_RADIUS_DEG) for stop in near]) if near else Polygon()
    inshore = water.intersection(ports).buffer(-PORT_OFFSET_DEG) if near else Polygon()
    # Detail in a narrow place is a strait kept open; offshore it only costs time.
    parts = [offshore.simplify(DETAIL_DEG), inshore.simplify(PORT_OFFSET_DEG / 2)]
    lane_water = union_all(parts).intersection(water)
    # Lanes run along the rim from corner to corner: a hair more water lets the rim itself count as water.
    sight_water = lane_water.buffer(HAIR_DEG, join_style="mitre")
    prepare(sight_water)
    corners = turning_corners(lane_water)
    return Basin(water, lane_water, sight_water, corners, visible_km(sight_water, corners), way_out)


def turning_corners(water: BaseGeometry) -> NDArray[np.float64]:
    """Vertices at which the water is wider than a half-plane: only there does a shortest way turn."""
    found = []
    for part in getattr(water, "geoms", [water]):
        if not isinstance(part, Polygon):
            continue
        # Oriented so that the water lies to the left of every ring.
        for ring in [orient(part).exterior, *orient(part).interiors]:
            xy = np.array(ring.coords)[:-1]
            before, after = xy - np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0) - xy
            found.append(xy[before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0] < 0])
    return np.vstack(found) if found else np.empty((0, 2))


def visible_km(water: BaseGeometry, corners: NDArray[np.float64]) -> csr_array:
    """Distances in km between the corners that see each other over the water."""
    first, second = np.triu_indices(len(corners), k=1)
    sight = linestrings(np.stack([corners[first], corners[second]], axis=1))
    clear = covers(water, sight)
    km = lengths_km(list(sight[clear]))
    return csr_array((km + 1e-9, (first[clear], second[clear])), shape=(len(corners), len(corners)))


def lane(sea: Basin, start: Point, end: Point) -> list[Point] | None:
    """The shortest way over the water, start and end included; None where the water does not join them."""
    gates = [_gate(sea, start), _gate(sea, end)]
    count = len(sea.corners)
    between = sea.corner_km.tocoo()
    rows, columns, lengths = [between.row], [between.col], [between.data]
    others = np.vstack([sea.corners, gates])
    for number in (count, count + 1):
        sight = linestrings(np.stack([np.repeat(others[number][None], number, axis=0), others[:number]], axis=1))
        clear = np.flatnonzero(covers(sea.sight_water, sight))
        rows.append(clear)
        columns.append(np.full(len(clear), number))
        lengths.append(lengths_km(list(sight[clear])) + 1e-9)
    pairs = (np.concatenate(rows).astype(np.int32), np.concatenate(columns).astype(np.int32))
    graph = csr_array((np.concatenate(lengths), pairs), shape=(count + 2, count + 2))
    nodes = _shortest(graph, count, count + 1)
    return None if nodes is None else [start, *map(tuple, others[nodes].tolist()), end]


def read_ocean(path: Path, land: Land) -> Ocean:
    """searoute's network from its GeoJSON, longitudes within -180..180, without the ways into the Caspian.

    Some of its lanes cut across land; such kilometres cost many times their length.
    """
    west, south, east, north = NO_OCEAN
    number: dict[Point, int] = {}
    edges: dict[tuple[int, int], None] = {}
    for feature in json.loads(path.read_text("utf-8"))["features"]:
        shape = feature["geometry"]
        for line in shape["coordinates"] if shape["type"] == "MultiLineString" else [shape["coordinates"]]:
            way = [(round((x + 180) % 360 - 180, 6), round(y, 6)) for x, y, *_ in line]
            for pair in pairwise(way):
                if any(west < x < east and south < y < north for x, y in pair):
                    continue
                a, b = (number.setdefault(point, len(number)) for point in pair)
                edges[min(a, b), max(a, b)] = None
    xy = np.array(list(number))
    ends = np.array([pair for pair in edges if pair[0] != pair[1]], dtype=np.int32)
    lanes = linestrings(xy[ends])
    km = lengths_km(list(lanes)) + 1e-9
    for edge in np.unique(land.tree.query(lanes, predicate="intersects")[0]).tolist():
        km[edge] += LAND_PRICE * land_km(lanes[edge], land)
    prices = csr_array((km, (ends[:, 0], ends[:, 1])), shape=(len(xy), len(xy)))
    return Ocean(xy, prices, KDTree(_xyz(xy)))


def ocean_lane(ocean: Ocean, land: Land, start: Point, end: Point) -> list[Point] | None:
    """The shortest way on the ocean network, joined where the way from the port touches least land."""
    first, last = _entry(ocean, land, start), _entry(ocean, land, end)
    nodes = None if first is None or last is None else _shortest(ocean.prices, first, last)
    if nodes is None:
        return None
    return [start, *map(tuple, ocean.xy[nodes].tolist()), end]


def draw(link: Link, seas: Seas) -> tuple[Drawing | None, list[Remark]]:
    """The link as lanes between its stops in order, and what looks wrong about them."""
    line: list[Point] = [link.chain[0]]
    for (start, end), name in zip(pairwise(link.chain), link.stops[1:], strict=True):
        leg = _leg(seas, start, end)
        if leg is None:
            return None, [Remark(link.link_id, f"no water leads to {name}", True)]
        line.extend(leg[1:])
    whole = without_repeats(tuple(line))
    over_land = land_km(LineString(whole), seas.land)
    km = length_km(LineString(whole))
    drawing = Drawing(link.link_id, link.mode, "lane", whole, km, land_km=over_land)
    remarks = []
    if over_land > LAND_LIMIT_KM:
        remarks.append(Remark(link.link_id, f"{over_land:.0f} km over land: add via waypoints in the water", False))
    if any(abs(a[0] - b[0]) > 180 for a, b in pairwise(whole)):
        remarks.append(Remark(link.link_id, "crosses the antimeridian: split it there", False))
    return drawing, remarks


def land_km(line: LineString, land: Land) -> float:
    """Kilometres of a line over land."""
    pieces = [line.intersection(area) for area in land.tree.geometries.take(np.sort(land.tree.query(line)))]
    parts = [part for piece in pieces for part in getattr(piece, "geoms", [piece]) if part.length > 0]
    return float(lengths_km(parts).sum()) if parts else 0.0


def _leg(seas: Seas, start: Point, end: Point) -> list[Point] | None:
    """A lane between two stops in the sea they share; on the ocean where they share none."""
    for sea in seas.basins:
        here, there = (sea.water.distance(points(stop)) < REACH_DEG for stop in (start, end))
        if here and there:
            return lane(sea, start, end)
        if (here or there) and sea.way_out is None:
            return None
        if here and sea.way_out:
            return _joined(lane(sea, start, sea.way_out), _on_ocean(seas, sea.way_out, end))
        if there and sea.way_out:
            return _joined(_on_ocean(seas, start, sea.way_out), lane(sea, sea.way_out, end))
    return _on_ocean(seas, start, end)


def _joined(first: list[Point] | None, second: list[Point] | None) -> list[Point] | None:
    return None if first is None or second is None else [*first, *second[1:]]


def _on_ocean(seas: Seas, start: Point, end: Point) -> list[Point] | None:
    """The way on the ocean network with fewer vertices, unless that would bring it over more land."""
    way = ocean_lane(seas.ocean, seas.land, start, end)
    if way is None:
        return None
    smooth = list(LineString(way).simplify(OCEAN_TOLERANCE_DEG).coords)
    rough_land, smooth_land = (land_km(LineString(xy), seas.land) for xy in (way, smooth))
    return way if smooth_land > rough_land + 0.5 else [(x, y) for x, y in smooth]


def _gate(sea: Basin, stop: Point) -> Point:
    """Where a lane from the stop enters the water that lanes keep to."""
    here = points(stop)
    if sea.lane_water.covers(here):
        return stop
    there = nearest_points(_part_with(sea.lane_water, None), here)[0]
    return there.x, there.y


def _part_with(water: BaseGeometry, inside: Point | None) -> Polygon:
    """The polygon that holds a point; without a point the largest one."""
    parts = [part for part in getattr(water, "geoms", [water]) if isinstance(part, Polygon)]
    if inside is None:
        return max(parts, key=lambda part: part.area)
    return next(part for part in parts if part.contains(points(inside)))


def _entry(ocean: Ocean, land: Land, stop: Point) -> int | None:
    """The node where the way from the stop touches least land and is short; None where no node is near."""
    km, nodes = ocean.tree.query(_xyz(np.array([stop]))[0], k=CANDIDATES)
    price = [
        (distance + LAND_PRICE * land_km(LineString([stop, tuple(ocean.xy[node])]), land), int(node))
        for distance, node in zip(km.tolist(), nodes.tolist(), strict=True)
        if distance <= OCEAN_REACH_KM
    ]
    return min(price)[1] if price else None


def _shortest(graph: csr_array, start: int, end: int) -> list[int] | None:
    km, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
    if not np.isfinite(km[end]):
        return None
    nodes = [end]
    while nodes[-1] != start:
        nodes.append(int(before[nodes[-1]]))
    return nodes[::-1]


def _xyz(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    lon, lat = np.radians(lonlat).T
    return EARTH_KM * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
