"""The network that the jobs are timed on, and the same as networkx asks for it.

150 places in the plane, 300 two-way links, 8 sources, 10 sinks, 16 states between them. networkx's largest flows are found
by boykov_kolmogorov on a residual network that is built once and whose capacities are then changed: of its five
algorithms the quickest here (2.5 ms a solve; preflow_push, its default, 4.9, edmonds_karp 5.8, shortest_augmenting_path
7.2, dinitz 7.6; with the residual network built each time 3.4 to 8.6). Its least costs are found by network_simplex (6 ms;
capacity_scaling 65).
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise

import networkx as nx
from networkx.algorithms.flow import boykov_kolmogorov, build_residual_network
from scipy.spatial import Delaunay

from geodata.network import Network
from tests.routes.random_networks import network_of

PLACES, LINKS, SOURCES, SINKS, SIDE = 150, 300, 8, 10, 4
#: The first seed: about half of the links carry something of a largest flow, as is usual for such networks.
SEED = 0
COMMODITY = "crude"
HOME, ABROAD = "KAZ", "DEU"
#: The states between, column by column of a grid of four by four.
STATES = "AZE GEO TUR RUS UKR BLR POL LTU TKM IRN IRQ SYR ARM ROU HUN SVK".split()
AVAILABILITY = 0.95
UNMET = 10_000
#: Of the largest flow: what least-cost flows are asked for.
LOAD = 0.7


class Corridor:
    """Places from west to east: the first are sources, the last sinks, those between lie in 16 states.

    Links are those of a planar triangulation, in straight lines. Capacities, costs, supplies and demands are whole
    numbers, so that answers can be compared exactly; each link is a kilometre long, so that the tie-break of least cost
    adds up to less than half of the smallest difference that two plans can have.
    """

    def __init__(self, seed: int = SEED) -> None:
        draw = random.Random(seed)  # noqa: S311 - a network, no secret
        points = sorted((round(draw.uniform(45, 105), 4), round(draw.uniform(35, 60), 4)) for _ in range(PLACES))
        self.points = {f"p{at:03d}": point for at, point in enumerate(points)}
        names = list(self.points)
        self.sources, self.sinks = names[:SOURCES], names[-SINKS:]
        self.country = dict.fromkeys(self.sources, HOME) | dict.fromkeys(self.sinks, ABROAD)
        for column, first in enumerate(range(SOURCES, PLACES - SINKS, 33)):
            band = sorted(names[first : first + 33], key=lambda name: self.points[name][1])
            band = [name for name in band if name not in self.country]
            for at, name in enumerate(band):
                self.country[name] = STATES[SIDE * column + SIDE * at // len(band)]
        pairs = sorted({(min(a, b), max(a, b)) for three in Delaunay(points).simplices.tolist() for a, b in pairwise([*three, three[0]])})
        draw.shuffle(pairs)
        tree = nx.minimum_spanning_tree(nx.Graph([(a, b, {"weight": at}) for at, (a, b) in enumerate(pairs)]))
        kept = [pair for pair in pairs if tree.has_edge(*pair)]
        kept += [pair for pair in pairs if not tree.has_edge(*pair)][: LINKS - len(kept)]
        self.links = [
            (f"l{at:03d}", names[a], names[b], draw.randint(200, 3000), draw.randint(100, 999)) for at, (a, b) in enumerate(sorted(kept))
        ]
        self.offered = {name: draw.randint(3000, 9000) for name in self.sources}
        self.taken = {name: draw.randint(2000, 7000) for name in self.sinks}

    @cached_property
    def network(self) -> Network:
        places = [
            [name, name.upper(), self.country[name], str(lon), str(lat), "", "", "", "", ""] for name, (lon, lat) in self.points.items()
        ]
        links = [
            [name, start, end, "pipeline", COMMODITY, str(capacity), "kt/yr", "true", str(cost), "1", "1", "", str(AVAILABILITY)]
            for name, start, end, capacity, cost in self.links
        ]
        return network_of(places, links, more=["availability"])

    @cached_property
    def graph(self) -> nx.DiGraph:
        """networkx's graph: places, a node that supplies and one that takes."""
        graph: nx.DiGraph = nx.DiGraph()
        for name, start, end, capacity, cost in self.links:
            graph.add_edge(start, end, capacity=capacity, weight=cost, link=name)
            graph.add_edge(end, start, capacity=capacity, weight=cost, link=name)
        for place, amount in self.offered.items():
            graph.add_edge("source", place, capacity=amount, weight=0)
        for place, amount in self.taken.items():
            graph.add_edge(place, "sink", capacity=amount, weight=0)
        return graph

    @cached_property
    def largest(self) -> int:
        return int(nx.maximum_flow_value(self.graph, "source", "sink"))

    @cached_property
    def asked(self) -> dict[str, int]:
        """What the sinks ask for where cost counts: a share of the largest flow, divided as ``taken`` is."""
        return {place: int(LOAD * self.largest * amount / sum(self.taken.values())) for place, amount in self.taken.items()}

    @cached_property
    def cost_graph(self) -> nx.DiGraph:
        """networkx's graph of the least-cost flow; what does not come goes past the network at the price of a tonne unmet."""
        graph = self.graph.copy()
        total = sum(self.asked.values())
        for place, amount in self.asked.items():
            graph.edges[place, "sink"]["capacity"] = amount
        graph.add_edge("source", "sink", capacity=total, weight=UNMET)
        graph.nodes["source"]["demand"], graph.nodes["sink"]["demand"] = -total, total
        return graph

    @cached_property
    def ends(self) -> dict[str, tuple[str, str]]:
        return {name: (start, end) for name, start, end, _, _ in self.links}


class Residual:
    """networkx's largest flow on a residual network that is built once."""

    def __init__(self, graph: nx.DiGraph) -> None:
        self.graph = graph
        self.residual = build_residual_network(graph, "capacity")
        self.whole = {(start, end): data["capacity"] for start, end, data in self.residual.edges(data=True)}

    def value(self) -> int:
        return int(boykov_kolmogorov(self.graph, "source", "sink", residual=self.residual, value_only=True).graph["flow_value"])

    def without(self, arcs: Iterable[tuple[str, str]]) -> int:
        """The largest flow with some arcs closed, which are opened again."""
        closed = list(arcs)
        for start, end in closed:
            self.residual[start][end]["capacity"] = 0
        value = self.value()
        for start, end in closed:
            self.residual[start][end]["capacity"] = self.whole[start, end]
        return value


def cost_without(graph: nx.DiGraph, arcs: Iterable[tuple[str, str]]) -> int:
    """networkx's least cost with some arcs closed, which are opened again."""
    closed = [(graph.edges[arc], graph.edges[arc]["capacity"]) for arc in arcs]
    for data, _ in closed:
        data["capacity"] = 0
    cost = nx.network_simplex(graph)[0]
    for data, capacity in closed:
        data["capacity"] = capacity
    return int(cost)
