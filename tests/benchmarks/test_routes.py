"""Routes: twenty loopless ones on the network of 300 links, five that differ on the world's railways and sea lanes."""

from __future__ import annotations

import json
import time
from itertools import islice, pairwise
from typing import NamedTuple

import networkx as nx
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import KDTree

import routes
from geodata.build import sources, ways
from geodata.geodesy import wgs84
from routes.dissimilar import dissimilar
from routes.routing import _ranked
from routes.scene import scene
from routes.states import expand
from tests.benchmarks.conftest import Race
from tests.benchmarks.corridor import COMMODITY, Corridor

pytestmark = [pytest.mark.benchmarks, pytest.mark.benchmark(timer=time.process_time)]

K = 20
FIVE, OVERLAP, PENALTY, MOST_ROUNDS = 5, 0.7, 1.4, 40
KHORGOS, ROTTERDAM = (80.41, 44.21), (4.14, 51.95)
BRIDGED_KM, PORT_KM = 6.0, 25.0


def ranked(graph: nx.DiGraph, origin: str, destination: str) -> list[tuple[str, ...]]:
    return [tuple(path) for path in islice(nx.shortest_simple_paths(graph, origin, destination, weight="weight"), K)]


def cost(graph: nx.DiGraph, path: tuple[str, ...]) -> int:
    return sum(graph.edges[pair]["weight"] for pair in pairwise(path))


def test_twenty_routes(race: Race, corridor: Corridor) -> None:
    """From the prepared graph of states to routes with places, links and sums; networkx from its prepared graph to paths."""
    origin, destination = corridor.sources[0], corridor.sinks[-1]
    ground = scene(corridor.network, COMMODITY)
    graph, places = expand(ground, (origin, destination)), corridor.graph.subgraph(corridor.points).copy()

    mine, theirs = [route.places for route in _ranked(ground, graph, K, "cost")], ranked(places, origin, destination)
    assert [cost(places, path) for path in mine] == [cost(places, path) for path in theirs]
    # Routes of equal cost may come in another order.
    assert sorted(mine) == sorted(theirs)

    peer = lambda: ranked(places, origin, destination)  # noqa: E731
    race("20 loopless routes", lambda: _ranked(ground, graph, K, "cost"), ("networkx shortest_simple_paths", peer), target=20, repeat=5)


def test_twenty_routes_from_the_network(race: Race, corridor: Corridor) -> None:
    """From the Network to `alternatives` with its tables and lines; networkx from the Network's tables to paths."""
    origin, destination, network = corridor.sources[0], corridor.sinks[-1], corridor.network

    def peer() -> list[tuple[str, ...]]:
        graph: nx.DiGraph = nx.DiGraph()
        for link in network.links.itertuples():
            graph.add_edge(link.from_place, link.to_place, weight=link.cost_usd_t)
            graph.add_edge(link.to_place, link.from_place, weight=link.cost_usd_t)
        return ranked(graph, origin, destination)

    def ours() -> list[tuple[str, ...]]:
        return routes.alternatives(network, origin, destination, COMMODITY, k=K).table["places"].tolist()

    assert sorted(ours()) == sorted(peer())
    race("  from the Network to routes.alternatives", ours, ("networkx from the tables", peer), repeat=3)


class World(NamedTuple):
    """Lengths of the world's railways and sea lanes, and the two ends of the question."""

    lengths: csr_array
    origin: int
    destination: int


@pytest.fixture(scope="module")
def world() -> World:
    """Railways (scgraph-data) with gaps of up to 6 km bridged, sea lanes (searoute), joined where a lane's node is within 25 km."""
    try:
        rail = ways.bridge_gaps(ways.read_scgraph(sources.locate(sources.RAIL)), limit_km=BRIDGED_KM)
        lanes = json.loads(sources.locate(sources.OCEAN).read_text("utf-8"))["features"]
    except sources.SourceError as error:
        pytest.skip(str(error))
    number: dict[tuple[float, float], int] = {}
    edges: set[tuple[int, int]] = set()
    for lane in lanes:
        shape = lane["geometry"]
        for line in shape["coordinates"] if shape["type"] == "MultiLineString" else [shape["coordinates"]]:
            way = [(round((x + 180) % 360 - 180, 6), round(y, 6)) for x, y, *_ in line]
            edges |= {(number.setdefault(one, len(number)), number.setdefault(other, len(number))) for one, other in pairwise(way)}
    sea, pairs, shore = np.array(list(number)), np.array(sorted(edges)), len(rail.xy)
    sea_km = wgs84().inv(*sea[pairs[:, 0]].T, *sea[pairs[:, 1]].T)[2] / 1000.0
    apart, station = KDTree(globe(rail.xy)).query(globe(sea), distance_upper_bound=PORT_KM)
    port = np.flatnonzero(np.isfinite(apart))
    ends = np.vstack([rail.ends, pairs + shore, np.column_stack([port + shore, station[port]])])
    km = np.concatenate([rail.km, sea_km, apart[port]])
    low, high = ends.min(axis=1), ends.max(axis=1)
    # The shortest of parallel edges; a metre at least, so that no two ways are equally long for want of length.
    order = np.lexsort((km, high, low))
    order = order[np.append(True, np.diff(low[order] * len(km) + high[order]) > 0)]
    order = order[low[order] < high[order]]
    low, high, km = low[order].astype(np.int32), high[order].astype(np.int32), np.maximum(km[order], 0.001)
    size = shore + len(sea)
    table = (np.concatenate([km, km]), (np.concatenate([low, high]), np.concatenate([high, low])))
    tree = KDTree(globe(rail.xy))
    origin, destination = (int(tree.query(globe(np.array([point])))[1][0]) for point in (KHORGOS, ROTTERDAM))
    return World(csr_array(table, shape=(size, size)), origin, destination)


def globe(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points on a sphere, in km."""
    lon, lat = np.radians(lonlat).T
    return 6371.0 * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def networkx_graph(world: World) -> nx.Graph:
    rows = world.lengths.tocoo()
    once = rows.row < rows.col
    graph: nx.Graph = nx.Graph()
    for start, end, km in zip(rows.row[once].tolist(), rows.col[once].tolist(), rows.data[once].tolist(), strict=True):
        graph.add_edge(start, end, weight=km, price=km)
    return graph


def penalised(graph: nx.Graph, origin: int, destination: int) -> list[list[int]]:
    """The penalty method: the arcs of each way found become dearer until five ways are found that differ enough."""
    found: list[list[int]] = []
    dearer: set[tuple[int, int]] = set()
    for _ in range(MOST_ROUNDS):
        path = nx.dijkstra_path(graph, origin, destination, weight="price")
        if all(shared(graph, path, other) <= OVERLAP for other in found):
            found.append(path)
        if len(found) == FIVE:
            break
        for pair in pairwise(path):
            graph.edges[pair]["price"] *= PENALTY
            dearer.add(pair)
    for pair in dearer:
        graph.edges[pair]["price"] = graph.edges[pair]["weight"]
    return found


def length(graph: nx.Graph, path: list[int]) -> float:
    return float(sum(graph.edges[pair]["weight"] for pair in pairwise(path)))


def shared(graph: nx.Graph, one: list[int], other: list[int]) -> float:
    """The share of the longer one's length on edges of both."""
    both = {frozenset(pair) for pair in pairwise(one)} & {frozenset(pair) for pair in pairwise(other)}
    return float(sum(graph.edges[tuple(pair)]["weight"] for pair in both)) / max(length(graph, one), length(graph, other))


def test_five_different_routes(race: Race, world: World) -> None:
    """From prepared graph to node lists on both sides.

    The two methods choose different routes among many good ones, so what is checked is what was asked for: five loopless
    routes along edges of the network, of which the first is the shortest and no two share more than 70 % of the longer
    one's length; and that ours are no longer, in all, than those of the penalty method.
    """
    graph = networkx_graph(world)

    def ours() -> list[NDArray[np.int32]]:
        return dissimilar(world.lengths, world.origin, world.destination, FIVE, max_overlap=OVERLAP)

    def peer() -> list[list[int]]:
        return penalised(graph, world.origin, world.destination)

    mine, theirs = [route.tolist() for route in ours()], peer()
    shortest = nx.dijkstra_path_length(graph, world.origin, world.destination)
    for found in (mine, theirs):
        assert len(found) == FIVE
        assert length(graph, found[0]) == pytest.approx(shortest, rel=1e-12)
        assert all(len(set(path)) == len(path) and nx.is_path(graph, path) for path in found)
        assert max(shared(graph, one, other) for at, one in enumerate(found) for other in found[:at]) <= OVERLAP + 1e-9
    assert sum(length(graph, path) for path in mine) <= sum(length(graph, path) for path in theirs)

    edges = f"{graph.number_of_edges():,}"
    race(f"5 dissimilar routes, {edges} edges", ours, ("networkx penalty loop", peer), target=14, rounds=3)
