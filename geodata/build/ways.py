"""Rail and road lines routed on the open networks (OpenStreetMap through scgraph-data).

A network is read as data, never imported: its package no longer runs beside today's scgraph. It has true
kilometres on every edge but few vertices: between two junctions an edge is often a straight chord, in the
steppe up to 400 km of rail. Therefore the stated kilometres are kept for routing and handed on
(``network_km``), and a chord is bent through every place, via point and station of ``stations.csv`` that its
stated length allows to be on it. A network also falls into hundreds of pieces: gaps are bridged and dead ends
of rail closed, at a triple price, so that they serve only where nothing else does.
"""

from __future__ import annotations

import csv
import heapq
import json
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import DisjointSet
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import KDTree
from shapely import (
    LineString,
    STRtree,
    get_coordinates,
    line_interpolate_point,
    line_locate_point,
    linestrings,
    points,
)

from ..geodesy import length_km, lengths_km, wgs84
from .schematic import without_repeats
from .tables import Drawing, Link, Point, Remark

STATIONS = Path(__file__).with_name("stations.csv")
BOX = (5.0, 5.0, 145.0, 66.0)
EARTH_KM = 6371.0088
TOLERANCE_DEG = 0.001

# Repair: below these limits everything connects that should, and little that should not.
BRIDGE_KM = 6.0
ROAD_BRIDGE_KM = 2.0
DEAD_END_KM = 14.0
JUNCTION_KM = 3.0
GAP_PRICE = 3.0

# Joining a stop: to a node in its own yard; to the nearest edge; straight to a farther one, with a remark.
YARD_KM = 1.5
SNAP_KM = 10.0
OUTLIER_KM = 40.0
WIDEST_KM = 120.0
BEND_RANK = 0.5

# A straight stretch between two stops stands in for a missing one, at six times the price.
STRAIGHT_KM = 100.0
STRAIGHT_PRICE = 6.0

# What makes a way doubtful, or wrong.
DETOUR = 1.6
WRONG_WAY = 2.5
WIDE_BULGE_KM = 12.0


class WayNet(NamedTuple):
    """Undirected network: lon/lat of nodes (n, 2), end nodes (m, 2) and km (m,) of edges, which are gaps."""

    xy: NDArray[np.float64]
    ends: NDArray[np.int64]
    km: NDArray[np.float64]
    gap: NDArray[np.bool_]


class Router(NamedTuple):
    """A network ready for routing: prices as a sparse matrix, edge of each node pair, node of each anchor."""

    net: WayNet
    prices: csr_array
    edge_of: Mapping[tuple[int, int], int]
    node_of: Mapping[Point, int]


class Snap(NamedTuple):
    """Where an anchor joins the network, at a node or on an edge at a point: km to it, rank of the choice."""

    anchor: Point
    node: int
    edge: int
    at: Point
    km: float
    rank: float


def read_scgraph(path: Path) -> WayNet:
    """The network of a file of scgraph-data, read from its two literals."""
    text = {line[:6]: line[6:] for line in path.read_text("utf-8").splitlines()}
    latlon = np.array(json.loads(text["nodes="]), dtype=np.float64)
    # JSON reads the literal ten times faster than ast does; only the number keys need quotes.
    neighbours = json.loads(re.sub(r"(\d+):", r'"\1":', text["graph="]))
    table = np.array(
        [(a, int(b), km) for a, row in enumerate(neighbours) for b, km in row.items() if a < int(b)],
        dtype=np.float64,
    )
    ends = table[:, :2].astype(np.int64)
    return WayNet(latlon[:, ::-1].copy(), ends, table[:, 2].copy(), np.zeros(len(ends), dtype=np.bool_))


def read_stations(path: Path = STATIONS) -> list[Point]:
    """Stations by which long chords are bent, also where no link names them as via."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)]


def clip(net: WayNet, box: tuple[float, float, float, float] = BOX) -> WayNet:
    """The part of the network whose edges lie inside west, south, east, north."""
    west, south, east, north = box
    lon, lat = net.xy[:, 0], net.xy[:, 1]
    inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    keep = inside[net.ends].all(axis=1)
    number = np.cumsum(inside) - 1
    return WayNet(net.xy[inside], number[net.ends[keep]], net.km[keep], net.gap[keep])


def repaired_rail(net: WayNet) -> WayNet:
    """The rail network with its gaps bridged and its dead ends closed."""
    bridged = bridge_gaps(net, limit_km=BRIDGE_KM)
    return close_dead_ends(join_to_chords(bridged, dead_ends(bridged), limit_km=JUNCTION_KM), limit_km=DEAD_END_KM)


def repaired_road(net: WayNet) -> WayNet:
    """The road network with its gaps bridged; its dead ends are true ones, where lesser roads begin."""
    return bridge_gaps(net, limit_km=ROAD_BRIDGE_KM)


def dead_ends(net: WayNet) -> list[int]:
    """Nodes with a single edge."""
    return np.flatnonzero(np.bincount(net.ends.ravel(), minlength=len(net.xy)) == 1).tolist()


def bridge_gaps(net: WayNet, *, limit_km: float) -> WayNet:
    """Join separate pieces by the shortest gaps of at most ``limit_km``, as a spanning tree does."""
    label = connected_components(_matrix(net, net.km + 1e-9), directed=False)[1]
    small = np.flatnonzero(label != np.bincount(label).argmax())
    xyz = _xyz(net.xy)
    near = KDTree(xyz).query_ball_point(xyz[small], r=limit_km)
    candidates = sorted(
        (float(np.linalg.norm(xyz[a] - xyz[b])), int(a), b) for a, row in zip(small, near, strict=True) for b in row if label[a] != label[b]
    )
    joined = DisjointSet(range(int(label.max()) + 1))
    gaps = [(a, b) for _, a, b in candidates if joined.merge(int(label[a]), int(label[b]))]
    return _with_gaps(net, gaps)


def join_to_chords(net: WayNet, nodes: list[int], *, limit_km: float) -> WayNet:
    """Join nodes to an edge that passes within ``limit_km`` but is reached only by a long way."""
    tree = STRtree(linestrings(net.xy[net.ends]))
    neighbours = _neighbours(net)
    snaps, lonely = [], []
    for a in nodes:
        reached = _within(neighbours, a, DEAD_END_KM * GAP_PRICE)
        found = [
            (aside, edge, at)
            for aside, edge, at in _edges_near(tree, tuple(net.xy[a].tolist()), limit_km)
            if aside <= limit_km and not reached.intersection(net.ends[edge].tolist())
        ]
        if found:
            aside, edge, at = min(found)
            snaps.append(Snap(tuple(net.xy[a].tolist()), -1, edge, at, aside, aside))
            lonely.append(a)
    joined, node_of = _split(net, snaps)
    return _with_gaps(joined, [(a, node_of[snap.anchor]) for a, snap in zip(lonely, snaps, strict=True)])


def close_dead_ends(net: WayNet, *, limit_km: float) -> WayNet:
    """Join each dead end to the nearest node within ``limit_km`` that is reached only by a long way."""
    dead = dead_ends(net)
    xyz = _xyz(net.xy)
    near = KDTree(xyz).query_ball_point(xyz[dead], r=limit_km)
    neighbours = _neighbours(net)
    gaps = []
    for a, row in zip(dead, near, strict=True):
        reached = _within(neighbours, a, limit_km * GAP_PRICE)
        away = [(float(np.linalg.norm(xyz[a] - xyz[b])), b) for b in row if b not in reached]
        if away:
            gaps.append((a, min(away)[1]))
    return _with_gaps(net, sorted({(min(pair), max(pair)) for pair in gaps}))


def router(net: WayNet, chains: Iterable[tuple[Point, ...]], bends: Iterable[Point] = ()) -> tuple[Router, dict[Point, float]]:
    """The network with every stop of the chains joined to it, and how many km the outlying ones are off.

    At a stop all lines meet that pass it; a bend only gives a chord its shape. Two stops that follow one
    another are also joined straight, at a price that pays only where the network lacks the stretch.
    """
    legs = sorted({leg for chain in chains for leg in pairwise(chain) if leg[0] != leg[1]})
    stops = sorted({stop for leg in legs for stop in leg})
    snaps, far = _snap(net, sorted({*stops, *bends}), stops)
    split, node_of = _split(net, snaps)
    joined, node_of = _with_outliers(split, node_of, far)
    joined = join_to_chords(joined, sorted({node_of[stop] for stop in stops}), limit_km=JUNCTION_KM)
    short = [leg for leg in legs if _km(*leg) <= STRAIGHT_KM]
    whole = _with_gaps(joined, [(node_of[one], node_of[other]) for one, other in short])
    prices = whole.km * np.where(whole.gap, GAP_PRICE, 1.0)
    prices[len(joined.km) :] = whole.km[len(joined.km) :] * STRAIGHT_PRICE
    edge_of: dict[tuple[int, int], int] = {}
    for edge in np.argsort(-prices, kind="stable").tolist():
        one, other = whole.ends[edge].tolist()
        edge_of[one, other] = edge_of[other, one] = edge
    cheapest = np.array(sorted(set(edge_of.values())))
    lean = WayNet(whole.xy, whole.ends[cheapest], whole.km[cheapest], whole.gap[cheapest])
    return Router(whole, _matrix(lean, prices[cheapest] + 1e-9), edge_of, node_of), far


def _with_outliers(net: WayNet, node_of: Mapping[Point, int], far: Mapping[Point, float]) -> tuple[WayNet, dict[Point, int]]:
    """Stops off the network get a node of their own, joined to it where it is within ``OUTLIER_KM``."""
    outliers = sorted(far)
    if not outliers:
        return net, dict(node_of)
    numbers = {stop: len(net.xy) + number for number, stop in enumerate(outliers)}
    wider = net._replace(xy=np.vstack([net.xy, outliers]))
    stubs = [(node_of[stop], numbers[stop]) for stop in outliers if far[stop] <= OUTLIER_KM]
    return _with_gaps(wider, stubs), {**node_of, **numbers}


def draw(link: Link, ways: Router) -> tuple[Drawing | None, list[Remark]]:
    """The link routed through its stops in order, and what looks wrong about the way found."""
    nodes = [ways.node_of[link.chain[0]]]
    for (start, end), name in zip(pairwise(link.chain), link.stops[1:], strict=True):
        leg = _path(ways, ways.node_of[start], ways.node_of[end], LineString([start, end]))
        if leg is None:
            message = f"no {link.mode} leads to {name}: name a via point or make it schematic"
            return None, [Remark(link.link_id, message, True)]
        nodes.extend(leg[1:])
    nodes = _without_spurs(nodes)
    edges = [ways.edge_of[pair] for pair in pairwise(nodes)]
    coordinates = [link.chain[0], *map(tuple, ways.net.xy[nodes].tolist()), link.chain[-1]]
    line = LineString(coordinates).simplify(TOLERANCE_DEG)
    stubs = lengths_km([LineString(coordinates[:2]), LineString(coordinates[-2:])]).sum()
    network_km = float(ways.net.km[edges].sum() + stubs)
    if network_km > WRONG_WAY * length_km(LineString(link.chain)) + 100:
        message = f"only {network_km:.0f} km of {link.mode} lead there: a stretch is missing, make it schematic"
        return None, [Remark(link.link_id, message, True)]
    drawing = Drawing(
        link.link_id,
        link.mode,
        "network",
        without_repeats(tuple((x, y) for x, y in line.coords)),
        length_km(line),
        network_km,
    )
    return drawing, _doubts(link, drawing, ways.net, edges)


def _doubts(link: Link, drawing: Drawing, net: WayNet, edges: list[int]) -> list[Remark]:
    """Remarks on a detour, on bridged gaps, on chords so coarse that the line may lie far beside them."""
    found = []
    straight = length_km(LineString(link.chain))
    network = drawing.network_km or 0.0
    if network > DETOUR * straight + 10:
        found.append(f"{network:.0f} km, {network / straight:.1f} times the straight chain: a wrong way?")
    gaps = [edge for edge in edges if net.gap[edge]]
    if net.km[gaps].sum() > BRIDGE_KM:
        widest = max(gaps, key=lambda edge: (net.km[edge], edge))
        found.append(f"{net.km[gaps].sum():.0f} km in {len(gaps)} gap(s), the widest {_where(net, widest)}")
    ways = np.array([edge for edge in edges if not net.gap[edge]], dtype=np.int64)
    chords = lengths_km(list(linestrings(net.xy[net.ends[ways]])))
    aside = np.sqrt(np.maximum(net.km[ways] ** 2 - chords**2, 0)) / 2
    if len(ways) and aside.max() > WIDE_BULGE_KM:
        worst = int(aside.argmax())
        found.append(
            f"{int((aside > WIDE_BULGE_KM).sum())} coarse chord(s), the worst {chords[worst]:.0f} km for "
            f"{net.km[ways[worst]]:.0f} km of {link.mode}, {_where(net, int(ways[worst]))}"
        )
    return [Remark(link.link_id, message, False) for message in found]


def _where(net: WayNet, edge: int) -> str:
    (lon, lat), (lon2, lat2) = net.xy[net.ends[edge]].tolist()
    return f"{lon:.2f},{lat:.2f} to {lon2:.2f},{lat2:.2f}"


def _path(ways: Router, start: int, end: int, straight: LineString) -> list[int] | None:
    """Nodes of the cheapest way; first sought within a few times the straight distance, which is quick."""
    for limit in (3 * length_km(straight) + 200, np.inf):
        price, before = dijkstra(ways.prices, directed=False, indices=start, return_predecessors=True, limit=limit)
        if np.isfinite(price[end]):
            nodes = [end]
            while nodes[-1] != start:
                nodes.append(int(before[nodes[-1]]))
            return nodes[::-1]
    return None


def _without_spurs(nodes: list[int]) -> list[int]:
    """The way without there-and-back runs, as a via point in a yard beside the line causes them."""
    kept: list[int] = []
    for node in nodes:
        if kept and kept[-1] == node:
            continue
        if len(kept) > 1 and kept[-2] == node:
            kept.pop()
            continue
        kept.append(node)
    return kept


def _snap(net: WayNet, anchors: list[Point], stops: Iterable[Point]) -> tuple[list[Snap], dict[Point, float]]:
    """How each anchor joins the network; stops beyond reach come back with their km, bends are dropped."""
    tree = STRtree(linestrings(net.xy[net.ends]))
    node_km, node = KDTree(_xyz(net.xy)).query(_xyz(np.array(anchors).reshape(-1, 2)))
    needed = set(stops)
    snaps: list[Snap] = []
    far: dict[Point, float] = {}
    for anchor, km, nearest in zip(anchors, node_km.tolist(), node.tolist(), strict=True):
        snap = Snap(anchor, nearest, -1, anchor, km, _rank(km))
        if km > YARD_KM:
            snap = min([snap, *_edge_snaps(net, tree, anchor)], key=lambda snap: (round(snap.rank, 3), snap.edge))
        if anchor in needed and snap.km > SNAP_KM:
            far[anchor] = snap.km
        if anchor in needed or snap.km <= SNAP_KM:
            snaps.append(snap)
    return snaps, far


def _edge_snaps(net: WayNet, tree: STRtree, anchor: Point) -> list[Snap]:
    """Ways to join an anchor to an edge: through the anchor where its stated km allow it, else beside it."""
    found = []
    for aside, edge, at in _edges_near(tree, anchor, WIDEST_KM):
        if _lies_on(anchor, net.xy[net.ends[edge]], float(net.km[edge])):
            # A chord bent through the anchor leaves no distance, but a node much nearer is the better guess.
            found.append(Snap(anchor, -1, edge, anchor, 0.0, BEND_RANK * aside))
        else:
            found.append(Snap(anchor, -1, edge, at, aside, _rank(aside)))
    return found


def _rank(km: float) -> float:
    """What a join at a distance is worth: beyond reach it is the last choice."""
    return km if km <= SNAP_KM else km + WIDEST_KM


def _edges_near(tree: STRtree, anchor: Point, reach_km: float) -> list[tuple[float, int, Point]]:
    """Edges about within reach of a point: how far aside in km, which, the nearest point on it."""
    reach = reach_km / 110.0 * np.array([1.0 / np.cos(np.radians(anchor[1])), 1.0])
    area = LineString([np.array(anchor) - reach, np.array(anchor) + reach]).envelope
    edges = np.sort(tree.query(area, predicate="intersects"))
    chords = tree.geometries.take(edges)
    feet = get_coordinates(line_interpolate_point(chords, line_locate_point(chords, points(anchor))))
    here = np.full((len(feet), 2), anchor)
    _, _, aside = wgs84().inv(here[:, 0], here[:, 1], feet[:, 0], feet[:, 1])
    return [(km / 1000.0, edge, (x, y)) for km, edge, (x, y) in zip(aside.tolist(), edges.tolist(), feet.tolist(), strict=True)]


def _lies_on(anchor: Point, ends: NDArray[np.float64], km: float) -> bool:
    """Whether a line of the stated km between the ends can pass the anchor: an ellipse about its ends."""
    chord = _km(tuple(ends[0]), tuple(ends[1]))
    return sum(_km(anchor, tuple(end)) for end in ends.tolist()) <= 1.02 * max(km, chord) + 0.5


def _split(net: WayNet, snaps: list[Snap]) -> tuple[WayNet, dict[Point, int]]:
    """The network with the edges cut at their anchors, each part with its share of the stated km."""
    node_of = {snap.anchor: snap.node for snap in snaps if snap.edge < 0}
    by_edge: dict[int, list[Snap]] = {}
    for snap in snaps:
        if snap.edge >= 0:
            by_edge.setdefault(snap.edge, []).append(snap)
    xy, ends, km = [net.xy], [np.delete(net.ends, list(by_edge), axis=0)], [np.delete(net.km, list(by_edge))]
    gap = [np.delete(net.gap, list(by_edge))]
    count = len(net.xy)
    for edge, group in sorted(by_edge.items()):
        chord = net.xy[net.ends[edge]]
        group.sort(key=lambda snap: (_progress(snap.at, chord), snap.anchor))
        for number, snap in enumerate(group):
            node_of[snap.anchor] = count + number
        nodes = [net.ends[edge, 0], *range(count, count + len(group)), net.ends[edge, 1]]
        path = np.array([net.xy[nodes[0]], *(snap.at for snap in group), net.xy[nodes[-1]]])
        parts = lengths_km(list(linestrings(np.stack([path[:-1], path[1:]], axis=1))))
        xy.append(path[1:-1])
        ends.append(np.array(list(pairwise(nodes))))
        km.append(parts * max(float(net.km[edge]) / max(parts.sum(), 1e-9), 1.0))
        gap.append(np.full(len(parts), net.gap[edge]))
        count += len(group)
    return WayNet(np.vstack(xy), np.vstack(ends), np.concatenate(km), np.concatenate(gap)), node_of


def _progress(at: Point, chord: NDArray[np.float64]) -> float:
    """How far along a chord a point lies, in a measure that only orders (km squared)."""
    start, end = (tuple(point) for point in chord.tolist())
    return _km(at, start) ** 2 - _km(at, end) ** 2


def _with_gaps(net: WayNet, pairs: list[tuple[int, int]]) -> WayNet:
    if not pairs:
        return net
    ends = np.array(pairs, dtype=np.int64)
    km = lengths_km(list(linestrings(net.xy[ends])))
    return WayNet(
        net.xy,
        np.vstack([net.ends, ends]),
        np.concatenate([net.km, km]),
        np.concatenate([net.gap, np.ones(len(ends), dtype=np.bool_)]),
    )


def _neighbours(net: WayNet) -> list[list[tuple[int, float]]]:
    table: list[list[tuple[int, float]]] = [[] for _ in range(len(net.xy))]
    for (a, b), km in zip(net.ends.tolist(), net.km.tolist(), strict=True):
        table[a].append((b, km))
        table[b].append((a, km))
    return table


def _within(neighbours: list[list[tuple[int, float]]], start: int, limit_km: float) -> set[int]:
    """Nodes that are reached within ``limit_km``."""
    best = {start: 0.0}
    queue = [(0.0, start)]
    while queue:
        here_km, here = heapq.heappop(queue)
        if here_km > best[here]:
            continue
        for there, km in neighbours[here]:
            if here_km + km <= limit_km and here_km + km < best.get(there, np.inf):
                best[there] = here_km + km
                heapq.heappush(queue, (here_km + km, there))
    return set(best)


def _matrix(net: WayNet, weights: NDArray[np.float64]) -> csr_array:
    size = len(net.xy)
    return csr_array((weights, (net.ends[:, 0].astype(np.int32), net.ends[:, 1].astype(np.int32))), shape=(size, size))


def _xyz(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on a sphere in km, so that a straight distance stands for the ground distance."""
    lon, lat = np.radians(lonlat).T
    return EARTH_KM * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _km(one: Point, other: Point) -> float:
    return float(wgs84().inv(*one, *other)[2]) / 1000.0
