"""Routes that differ: on a drawn square, and on random planar graphs whose laws are checked one by one."""

from __future__ import annotations

import importlib
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array

import routes
from routes.dissimilar import dissimilar
from tests.routes.random_networks import network_of, random_network


def lengths(arcs: list[tuple[int, int, float]]) -> csr_array:
    start, end, km = zip(*arcs, strict=True)
    size = max(*start, *end) + 1
    return csr_array((km, (start, end)), shape=(size, size))


def grid(seed: int, side: int = 12) -> csr_array:
    """A grid of streets of random lengths, two ways."""
    draw = np.random.default_rng(seed)
    arcs: list[tuple[int, int, float]] = []
    for at in range(side * side):
        for other in ([at + 1] if (at + 1) % side else []) + ([at + side] if at + side < side * side else []):
            km = float(draw.integers(1, 100))
            arcs += [(at, other, km), (other, at, km)]
    return lengths(arcs)


def share(table: csr_array, one: list[int], other: list[int]) -> float:
    both = set(pairwise(one)) & set(pairwise(other))
    longer = max(sum(table[pair] for pair in pairwise(route)) for route in (one, other))
    return sum(table[pair] for pair in both) / longer


def test_two_ways_round_and_a_way_across() -> None:
    """0 -1- 1 -1- 4 and 0 -2- 2 -2- 4; 1 -> 2 makes a third that shares an arc with either."""
    table = lengths([(0, 1, 1), (1, 4, 1), (0, 2, 2), (2, 4, 2), (1, 2, 1.5)])
    found = [route.tolist() for route in dissimilar(table, 0, 4, 3, max_overlap=0.0, max_detour=3)]
    assert found == [[0, 1, 4], [0, 2, 4]]
    assert [route.tolist() for route in dissimilar(table, 0, 4, 3, max_overlap=0.0)] == [[0, 1, 4]]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("overlap", [0.3, 0.7])
def test_laws_on_random_grids(seed: int, overlap: float) -> None:
    table = grid(seed)
    found = [route.tolist() for route in dissimilar(table, 0, 143, 4, max_overlap=overlap, max_detour=1.4)]
    graph = nx.from_scipy_sparse_array(table, create_using=nx.DiGraph)
    km = [sum(table[pair] for pair in pairwise(route)) for route in found]
    assert km[0] == nx.dijkstra_path_length(graph, 0, 143)
    assert km == sorted(km)
    assert km[-1] <= 1.4 * km[0] + 1e-9
    for at, route in enumerate(found):
        assert (route[0], route[-1]) == (0, 143)
        assert len(set(route)) == len(route)
        assert all(table[pair] > 0 for pair in pairwise(route))
        assert all(share(table, route, other) <= overlap + 1e-9 for other in found[:at])
    assert len(found) > 1


def test_nothing_where_no_way_leads() -> None:
    assert dissimilar(lengths([(1, 0, 1.0)]), 0, 1, 2) == []


@pytest.mark.parametrize(
    ("asked", "more", "words"),
    [
        ((0, 0, 1), {}, "origin and destination"),
        ((0, 9, 1), {}, "origin and destination"),
        ((0, 1, 0), {}, "k must be"),
        ((0, 1, 1), {"max_overlap": 1.1}, "k must be"),
        ((0, 1, 1), {"max_detour": 0.9}, "k must be"),
    ],
)
def test_what_is_refused(asked: tuple[int, int, int], more: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        dissimilar(lengths([(0, 1, 1.0)]), *asked, **more)


@pytest.mark.parametrize("seed", range(6))
def test_alternatives_on_a_large_network_keep_their_laws(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way for large networks, taken on a small one: the best route first, none more alike than asked for."""
    monkeypatch.setattr(importlib.import_module("routes.routing"), "MANY_ARCS", 0)
    network = random_network(seed, places=12, links=30)
    best = routes.alternatives(network, "p0", "p1", "crude", k=1)
    found = routes.alternatives(network, "p0", "p1", "crude", k=3, max_overlap=0.5)
    assert len(found) == 0 if best.reason else found.table["links"].iloc[0] == best.table["links"].iloc[0]
    assert (found.table["overlap"] <= 0.5 + 1e-9).all()


def test_more_columns_may_stand_behind_the_usual_ones() -> None:
    places = [["a", "A", "KAZ", "50", "45", "", "", "", "", ""], ["b", "B", "KAZ", "51", "45", "", "", "", "", ""]]
    links = [["ab", "a", "b", "rail", "crude", "5", "kt/yr", "true", "1", "1", "10", "", "0.9"]]
    assert network_of(places, links, more=["availability"]).links["availability"].tolist() == [0.9]
