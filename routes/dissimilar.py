"""A few routes that differ, on a graph too large to list routes on: by plateaus of two trees of shortest ways.

One tree leads from the origin, one to the destination. Where they run along the same arcs there is a plateau: a stretch
that is a shortest way however it is reached, such as a trunk line. The longer the plateau of a route, in proportion, the
more sensible the route (Cambridge Vehicle Information Technology, "Choice routing", 2005; I. Abraham, D. Delling,
A. V. Goldberg and R. F. Werneck, "Alternative routes in road networks", 2013). Ranking all routes (Yen) is no way here:
hundreds of the best ones differ by a siding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

Nodes = NDArray[np.int32]
#: Distance from (or to) the root for each node, and the node before (or after) it.
Tree = tuple[NDArray[np.float64], NDArray[np.int32]]
#: No route is longer than the shortest by more than this factor.
MOST_DETOUR = 1.5
#: Plateaus looked at for each route wanted.
MOST_TRIED = 50


def dissimilar(
    matrix: csr_array, origin: int, destination: int, k: int, *, max_overlap: float = 0.6, max_detour: float = MOST_DETOUR
) -> list[Nodes]:
    """Up to ``k`` loopless routes as arrays of nodes, shortest first; the first is a shortest one.

    ``matrix`` holds the lengths of the arcs (zero or more; row: start, column: end). No two routes share more than
    ``max_overlap`` (0..1) of the longer one's length, and none is longer than ``max_detour`` times the shortest. Routes
    are chosen by plateau, longest in proportion first, so fewer than ``k`` may come where more exist; none where the
    destination is not reached. Raises ValueError where origin and destination are one node or not in the graph, ``k`` is
    below 1, or an overlap or detour out of range.

    Two ways round a square, and one across it that shares an arc with either:

    >>> lengths = np.array([[0, 2, 2, 0], [0, 0, 1, 2], [0, 0, 0, 3], [0, 0, 0, 0]], dtype=float)
    >>> [route.tolist() for route in dissimilar(csr_array(lengths), 0, 3, 3)]
    [[0, 1, 3], [0, 2, 3]]
    """
    nodes = matrix.shape[0]
    if not (0 <= origin < nodes and 0 <= destination < nodes) or origin == destination:
        raise ValueError(f"origin and destination must be two of the nodes 0..{nodes - 1}, not {origin} and {destination}")
    if k < 1 or not 0 <= max_overlap <= 1 or not max_detour >= 1:
        raise ValueError(f"k must be 1 or more, max_overlap in 0..1, max_detour 1 or more, not {k}, {max_overlap} and {max_detour}")
    ahead, before = dijkstra(matrix, directed=True, indices=origin, return_predecessors=True)
    if not np.isfinite(ahead[destination]):
        return []
    back, after = dijkstra(matrix.T.tocsr(), directed=True, indices=destination, return_predecessors=True)
    chosen: list[_Route] = []
    for last in _plateaus((ahead, before), (back, after), max_detour * float(ahead[destination]), MOST_TRIED * k).tolist():
        route = _through(last, (ahead, before), (back, after))
        unlike = all(_shared(route, other) <= max_overlap + 1e-12 for other in chosen)
        if unlike and len(np.unique(route.nodes)) == len(route.nodes):
            chosen.append(route)
            if len(chosen) == k:
                break
    return [route.nodes for route in sorted(chosen, key=lambda route: (route.length, route.nodes.tolist()))]


class _Route(NamedTuple):
    """The nodes of a route, a number for each of its arcs, the arcs' lengths, and their sum."""

    nodes: Nodes
    arcs: NDArray[np.int64]
    lengths: NDArray[np.float64]
    length: float


def _plateaus(ahead: Tree, back: Tree, most: float, count: int) -> Nodes:
    """The last nodes of the best ``count`` plateaus that a route of no more than ``most`` passes, the best one first."""
    before, after = ahead[1], back[1]
    node = np.flatnonzero(before >= 0)
    # The arc into a node lies on both trees where the way on from the arc's start leads to that node, too.
    inner = node[after[before[node]] == node]
    first = np.arange(len(before), dtype=np.int32)
    first[inner] = before[inner]
    while True:
        further = first[first[inner]]
        if (further == first[inner]).all():
            break
        first[inner] = further
    goes_on = np.zeros(len(before), dtype=bool)
    goes_on[before[inner]] = True
    last = inner[~goes_on[inner]]
    if len(last) < count:
        # Where plateaus are few, single nodes are plateaus too, of no length.
        last = np.flatnonzero(np.isfinite(ahead[0] + back[0]) & ~goes_on)
    total = ahead[0][last] + back[0][last]
    near = total <= most * (1 + 1e-12)
    last, total = last[near], total[near]
    beside = total - (ahead[0][last] - ahead[0][first[last]])
    return np.asarray(last[np.lexsort((last, total, beside))[:count]], dtype=np.int32)


def _through(node: int, ahead: Tree, back: Tree) -> _Route:
    """The route by way of a node: to it along the one tree, and on along the other."""
    to, on = _walk(ahead[1], node)[::-1], _walk(back[1], node)
    nodes = np.array([*to, *on[1:]], dtype=np.int32)
    lengths = np.concatenate([np.diff(ahead[0][to]), -np.diff(back[0][on])])
    return _Route(nodes, nodes[:-1].astype(np.int64) * len(ahead[0]) + nodes[1:], lengths, float(lengths.sum()))


def _walk(tree: NDArray[np.int32], node: int) -> list[int]:
    """The nodes from one to the root of a tree."""
    walked = []
    while node >= 0:
        walked.append(node)
        node = int(tree[node])
    return walked


def _shared(one: _Route, other: _Route) -> float:
    """The share of the longer route's length on arcs of both."""
    longer = max(one.length, other.length)
    return float(one.lengths[np.isin(one.arcs, other.arcs)].sum()) / longer if longer > 0 else float(np.isin(one.arcs, other.arcs).all())
