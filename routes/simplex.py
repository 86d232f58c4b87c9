"""The network simplex: least-cost flows of whole amounts, each solved from where the one before ended, or afresh.

LEMON's, by pylmcf; where that cannot be imported networkx's stands in, slower and with the same answers. To go on from
the last answer pays where few capacities change (a closure); where most do (a draw), to begin anew is twice as fast.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .arcs import SINK, SOURCE, Arcs

Whole = NDArray[np.int64]


class NetworkSimplex:
    """Least-cost flow of whole amounts on fixed arcs with fixed costs and supplies; only capacities change.

    ``supply`` is what each node sends (negative: takes) and must add up to zero.

    >>> solver = NetworkSimplex(2, [0, 0], [1, 1], [1, 5], [7, -7])
    >>> solver.solve(np.array([4, 9])).tolist()
    [4, 3]
    """

    def __init__(self, nodes: int, start: object, end: object, cost: object, supply: object) -> None:
        tail, head = np.asarray(start, dtype=np.int64), np.asarray(end, dtype=np.int64)
        sent = np.asarray(supply, dtype=np.int64)
        # Nodes that no arc touches only cost time.
        self._touched = (np.bincount(tail, minlength=nodes) + np.bincount(head, minlength=nodes) > 0) | (sent != 0)
        number = np.cumsum(self._touched) - 1
        tail, head = number[tail], number[head]
        # The engine asks for arcs sorted by their two nodes.
        self._order = np.lexsort((head, tail))
        self._place = np.argsort(self._order)
        sizes = (np.asarray(cost, dtype=np.int64)[self._order], sent[self._touched])
        self._engine = _engine(int(self._touched.sum()), tail[self._order], head[self._order], *sizes)

    def solve(self, capacity: Whole, *, afresh: bool = False) -> Whole:
        """The flow on each arc at least cost under these capacities. Raises ValueError where the supplies do not fit.

        ``afresh`` forgets the last answer; the cost is the same, the flow may be another of equal cost.
        """
        return self._engine.solve(np.ascontiguousarray(capacity[self._order], dtype=np.int64), afresh)[self._place]

    def potentials(self) -> Whole:
        """The potential of each node after the last solve: cost + start's - end's is zero or more where an arc has room.

        That of a node that no arc touches is 0.
        """
        found = np.zeros(len(self._touched), dtype=np.int64)
        found[self._touched] = self._engine.potentials()
        return found


def _engine(nodes: int, start: Whole, end: Whole, cost: Whole, supply: Whole) -> _Lemon | _Networkx:
    try:
        import pylmcf  # noqa: F401 - only asks whether it is there
    except ImportError:
        return _Networkx(nodes, start, end, cost, supply)
    return _Lemon(nodes, start, end, cost, supply)


class _Lemon:
    def __init__(self, nodes: int, start: Whole, end: Whole, cost: Whole, supply: Whole) -> None:
        import pylmcf

        self.graph = pylmcf.Graph(nodes, start, end)
        self.graph.set_edge_costs(cost)
        self.graph.set_node_supply(supply)
        self.begun = False

    def solve(self, capacity: Whole, afresh: bool) -> Whole:
        # Measured on 300 links: these suit best what each is for.
        anew = afresh or not self.begun
        self.begun = True
        self.graph.set_warm_repair("repair_only" if anew else "dual")
        self.graph.set_pivot_rule("first_eligible" if anew else "block_search")
        self.graph.set_edge_capacities(capacity)
        try:
            self.graph.solve()
        except RuntimeError as error:
            raise ValueError(str(error)) from None
        return self.graph.result()

    def potentials(self) -> Whole:
        return self.graph.raw_potentials()


class _Networkx:
    def __init__(self, nodes: int, start: Whole, end: Whole, cost: Whole, supply: Whole) -> None:
        self.nodes, self.cost, self.supply = nodes, cost, supply
        self.ends = list(zip(start.tolist(), end.tolist(), strict=True))
        self.residual: list[tuple[int, int, int]] = []

    def solve(self, capacity: Whole, afresh: bool) -> Whole:
        import networkx as nx

        graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
        graph.add_nodes_from((node, {"demand": -amount}) for node, amount in enumerate(self.supply.tolist()))
        for at, (start, end) in enumerate(self.ends):
            graph.add_edge(start, end, key=at, capacity=int(capacity[at]), weight=int(self.cost[at]))
        try:
            _, flow = nx.network_simplex(graph)
        except nx.NetworkXUnfeasible as error:
            raise ValueError(str(error)) from None
        self.residual = []
        carried = [flow[start][end][at] for at, (start, end) in enumerate(self.ends)]
        for at, (start, end) in enumerate(self.ends):
            cost = int(self.cost[at])
            self.residual += [(start, end, cost)] if carried[at] < capacity[at] else []
            self.residual += [(end, start, -cost)] if carried[at] > 0 else []
        return np.array(carried, dtype=np.int64)

    def potentials(self) -> Whole:
        """Shortest distances on what is left of the arcs (Bellman-Ford): they price every node."""
        distance = [0] * self.nodes
        for _ in range(self.nodes):
            before = list(distance)
            for start, end, cost in self.residual:
                distance[end] = min(distance[end], distance[start] + cost)
            if distance == before:
                break
        return np.array(distance, dtype=np.int64)


class LargestFlow:
    """The largest flow on arcs, asked again and again with some of them closed or narrowed.

    A way around the network, dearer than any way through it, carries what does not fit; the rest is the flow. No more
    than ``most`` (kt a year, gas: mcm) is sent where that is given. ``price`` (whole numbers, one an arc, not below zero)
    chooses among the largest flows the one that is cheapest on these prices; without it any of them comes.
    """

    def __init__(self, arcs: Arcs, *, most: float = math.inf, price: Whole | None = None) -> None:
        self.arcs = arcs
        self.step, self.capacity = arcs.whole()
        ample = int(self.capacity[arcs.start == SOURCE].sum()) + 1
        if math.isfinite(most):
            ample = min(ample, math.floor(most / self.step + 1e-6))
        cost = np.zeros(len(arcs.label) + 1, dtype=np.int64)
        if price is not None:
            cost[:-1] = price
        # Dearer than twice what any way can cost: of the nodes' potentials two neighbours then lie farther apart than
        # any arc's price, which is where a minimum cut runs.
        cost[-1] = 2 * arcs.nodes * int(cost.max(initial=0)) + 1
        supply = np.zeros(arcs.nodes, dtype=np.int64)
        supply[SOURCE], supply[SINK] = ample, -ample
        self._ample = ample
        self._solver = NetworkSimplex(arcs.nodes, np.append(arcs.start, SOURCE), np.append(arcs.end, SINK), cost, supply)
        self._asked = np.append(self.capacity, ample)

    def solve(self, capacity: Whole, *, afresh: bool = False) -> tuple[int, Whole]:
        """Largest flow under whole capacities: how many steps, and how many on each arc."""
        self._asked[:-1] = capacity
        carried = self._solver.solve(self._asked, afresh=afresh)
        return self._ample - int(carried[-1]), carried[:-1]

    def without(self, closed: NDArray[np.intp], *, afresh: bool = False) -> tuple[int, Whole]:
        """Largest flow with some arcs closed."""
        capacity = self.capacity.copy()
        capacity[closed] = 0
        return self.solve(capacity, afresh=afresh)

    def near(self) -> NDArray[np.bool_]:
        """The nodes on the sources' side of a minimum cut of the last answer.

        An arc that leads across the widest gap between potentials costs less than the gap: it is full, and one that
        leads back across it is empty.
        """
        price = self._solver.potentials()
        price = price - price[SOURCE]
        levels = np.sort(price[(price >= 0) & (price <= price[SINK])])
        return np.asarray(price <= levels[int(np.argmax(np.diff(levels)))]) if len(levels) > 1 else np.asarray(price <= 0)
