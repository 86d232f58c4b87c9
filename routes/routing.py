"""Where goods can go: loopless routes ranked by cost, days, kilometres or transfers, and why there is none.

A route lives on states (place, mode, gauge), so that changing mode or gauge at a place costs what the place states.
Border stations (kind ``border``) charge their time and fee to rail and road traffic that merely passes, too. Ranking
is Yen's algorithm by scipy; where routes must differ, links of routes found so far are made dearer step by step.
"""

from __future__ import annotations

import heapq
import html
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra, yen
from shapely import get_coordinates
from shapely.geometry import LineString

from geodata.facts import LinkFacts
from geodata.network import CRS, Network
from geodata.showing import in_notebook
from geodata.territory import AT_SEA, Crossing

from .dissimilar import dissimilar
from .reasons import why_no_route
from .scenarios import Scenario
from .scene import Scene, require_place, scene
from .states import Graph, Step, Weights, expand

CRITERIA = ("cost", "days", "km", "transfers")
TABLE_COLUMNS = (
    "rank",
    "places",
    "links",
    "km",
    "days",
    "cost_usd_t",
    "capacity",
    "bottleneck",
    "countries",
    "country_km",
    "transfers",
    "gauge_breaks",
    "overlap",
    "stated_cost_share",
    "stated_days_share",
)
LEG_COLUMNS = ("rank", "leg", "mode", "from_place", "to_place", "links", "km", "days", "cost_usd_t")
#: Yen is asked for this many times more routes than wanted before it is taken as exhausted.
MOST_CANDIDATES = 64
#: Bans tried before the search for routes is taken as exhausted.
MOST_SEARCHES = 1_000
#: Routes between places to pass among which different ones are chosen.
MOST_SEARCHED = 40
#: Paths of Yen's list, and rounds of making links dearer for each route wanted, among which different ones are chosen.
MOST_LISTED = 400
#: From so many arcs on, Yen's list is slow and its routes differ by sidings: plateaus are asked instead, for so many
#: times more routes than wanted.
MANY_ARCS = 20_000
SPARE = 4
ROUNDS = 8
PENALTY = 1.25
TIE = 1e-6


@dataclass(frozen=True, repr=False)
class Routes:
    """Alternative routes, best first.

    ``table``: a row per route. ``places`` and ``links`` are tuples of ids in order; ``km``, ``days``, ``cost_usd_t``
    include what transfers and border stations on the way take; ``capacity`` is the least on the way in kt a year
    (gas: mcm) and ``bottleneck`` the id of the link or place that has it; ``countries`` are ISO codes in the order
    crossed and ``country_km`` the kilometres in each (sea in none); ``transfers`` counts changes of mode, vessel or
    gauge, ``gauge_breaks`` those of gauge; ``overlap`` is the largest share of the route's km that a better route
    uses too; ``stated_cost_share`` and ``stated_days_share`` say how much of cost and days the network's tables state, the
    rest being default rates. ``legs``: a row per stretch in one mode, with its line. ``reason``: why there is none, else empty.
    ``network`` is the one that was asked.
    """

    origin: str
    destination: str
    commodity: str
    by: str
    table: pd.DataFrame
    legs: gpd.GeoDataFrame
    reason: str = field(default="")
    network: Network | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        head = f"{self.commodity} from {self.origin} to {self.destination}, by {self.by}"
        if self.reason:
            return f"{head}: {self.reason}"
        return f"{head}\n{self._shown.to_string(index=False, max_colwidth=60)}"

    def _repr_html_(self) -> str:
        if self.reason:
            return f"<p>{html.escape(repr(self))}</p>"
        table = str(self._shown.round(2).to_html(index=False, escape=True))
        return in_notebook(self, table, f"Map: {self.commodity} from {self.origin} to {self.destination}")

    @property
    def _shown(self) -> pd.DataFrame:
        """The table for reading: without the lists of links, and with lists of ids as texts."""
        table = self.table.drop(columns=["links", "country_km"])
        return table.assign(places=table["places"].map(" > ".join), countries=table["countries"].map(", ".join))

    def __len__(self) -> int:
        return len(self.table)


def alternatives(
    network: Network,
    origin: str,
    destination: str,
    commodity: str,
    *,
    k: int = 3,
    by: str = "cost",
    avoid: Iterable[str] = (),
    via: Iterable[str] = (),
    max_overlap: float = 1.0,
    scenario: Scenario | None = None,
) -> Routes:
    """The ``k`` best loopless routes for a commodity between two places.

    ``by`` is ``cost`` (USD a tonne), ``days``, ``km`` or ``transfers``; routes of equal rank are ordered by fewer km,
    then ids. ``avoid`` closes places, links, corridors and countries (``"country:RUS"``) for this question.
    ``via`` names places to pass, in order. ``max_overlap`` (0..1) is the largest share of its km that a route may have
    in common with a better one; below 1 the routes are a choice among many good ones, on a large network not proven the
    best. Fewer than ``k`` routes come back where there are no more, and none with a ``reason``.
    Raises UnknownIdError for an unknown id, ValueError for an unknown commodity or criterion or a ``k`` below 1.

    >>> import geodata
    >>> found = alternatives(geodata.read_network(), "tengiz", "ceyhan-terminal", "crude", k=2, avoid=["country:RUS"])
    >>> "RUS" in found.table["countries"].iloc[0]
    False
    """
    if by not in CRITERIA:
        raise ValueError(f"by={by!r} is unknown; valid: {', '.join(CRITERIA)}")
    if isinstance(k, bool) or int(k) != k or k < 1:
        raise ValueError(f"k must be a whole number of 1 or more, not {k!r}")
    if not 0 <= max_overlap <= 1:
        raise ValueError(f"max_overlap must lie in 0..1, not {max_overlap!r}")
    passed = (via,) if isinstance(via, str) else tuple(via)
    stops = (origin, *passed, destination)
    for stop in stops:
        require_place(network, stop)
    if len(set(stops)) < len(stops):
        raise ValueError(f"origin, via and destination must differ: {', '.join(stops)}")
    avoided = (avoid,) if isinstance(avoid, str) else tuple(avoid)
    ground = scene(network, commodity, scenario=scenario, avoid=avoided)
    graph = expand(ground, stops)
    if max_overlap < 1:
        found = _different(ground, graph, int(k), by, max_overlap, through=bool(passed))
    else:
        found = (_searched if passed else _ranked)(ground, graph, int(k), by)
    reason = "" if found else why_no_route(network, stops, commodity, scenario=scenario, avoid=avoided)
    return result(ground, found, (origin, destination, by), reason)


class _Route(NamedTuple):
    """One way: its steps, the links it takes and whether forward, the places in order, and the four weights added up."""

    steps: tuple[Step, ...]
    taken: tuple[tuple[LinkFacts, bool], ...]
    links: tuple[str, ...]
    places: tuple[str, ...]
    total: Weights


def _ranked(ground: Scene, graph: Graph, k: int, by: str) -> list[_Route]:
    """The k best routes that visit no place twice, in order; Yen's list is lengthened until it holds as many."""
    if not graph.arcs:
        return []
    matrix, wanted, routes = graph.matrix(graph.weights(by)), k + 1, list[_Route]()
    while wanted <= MOST_CANDIDATES * k:
        distances, before = yen(matrix, 0, 1, wanted, directed=True, return_predecessors=True)
        routes = found_routes(ground, graph, (_nodes(row) for row in before))
        # Routes tied with the k-th are waited for, so that the tie-break and not the engine chooses among them.
        enough = len(routes) >= k and distances[-1] > getattr(routes[k - 1].total, by) + TIE
        if enough or len(distances) < wanted:
            return _sorted(routes, by)[:k]
        wanted *= 4
    return _sorted(routes, by)[:k] if len(routes) >= k else _searched(ground, graph, k, by)


def _searched(ground: Scene, graph: Graph, k: int, by: str) -> list[_Route]:
    """The k best routes that visit no place twice, by best-first search over banned arcs.

    Slower than Yen's algorithm, but not held up where most short ways visit some place twice, as between places to
    pass. Of two visits to one place a route has at most one, so banning either arrival loses no route; and every
    other route lacks some arc of one that was found. After ``MOST_SEARCHES`` the search ends with what it has.
    """
    search = _Search(graph, by)
    best = search.best(())
    waiting = [best] if best[2] else []
    found: dict[tuple[str, ...], _Route] = {}
    seen: set[tuple[int, ...]] = {()}
    while waiting:
        weight, ban, path = heapq.heappop(waiting)
        if len(found) >= k and weight > sorted(getattr(route.total, by) for route in found.values())[k - 1] + TIE:
            break
        twice = search.visits(ground, path)
        if not twice:
            route = next(_routes(ground, graph, [path]))
            found.setdefault(route.links, route)
        for arcs in twice or [[arc] for arc in search.links_on(path)]:
            child = tuple(sorted({*ban, *arcs}))
            if child not in seen and len(seen) < MOST_SEARCHES:
                seen.add(child)
                onward = search.best(child)
                if onward[2]:
                    heapq.heappush(waiting, onward)
    return _sorted(found.values(), by)[:k]


class _Search:
    """Shortest paths through a graph with some arcs banned."""

    def __init__(self, graph: Graph, by: str) -> None:
        self.graph = graph
        self.weight = graph.weights(by)
        self.matrix = graph.matrix(np.arange(len(graph.arcs), dtype=np.float64))
        self.order = self.matrix.data.astype(int)
        self._arrivals: dict[tuple[str, int], list[int]] = {}

    def best(self, ban: tuple[int, ...]) -> tuple[float, tuple[int, ...], list[int]]:
        """Weight, ban and nodes of the best path; no nodes where there is none."""
        weight = self.weight.copy()
        weight[list(ban)] = math.inf
        self.matrix.data = weight[self.order]
        distance, before = dijkstra(self.matrix, directed=True, indices=0, return_predecessors=True)
        return float(distance[1]), ban, _nodes(before) if math.isfinite(distance[1]) else []

    def visits(self, ground: Scene, path: Sequence[int]) -> list[list[int]]:
        """Where a path visits one place twice: the arcs that lead to each visit; none where it does not.

        In different copies of the graph these are all arcs to that place there, in one copy the arc of the arrival
        alone. The origin is visited by starting there, which no arc stands for.
        """
        first: dict[str, tuple[int, int]] = {}
        for at in self.graph.along(path):
            ends = self._ends(ground, at)
            if ends is None:
                continue
            start, end, copy = ends
            first.setdefault(start, (-1, 0))
            if end not in first:
                first[end] = (at, copy)
                continue
            before, earlier = first[end]
            apart = before < 0 or earlier != copy
            second = self._into(ground)[end, copy] if apart else [at]
            return [second] if before < 0 else [self._into(ground)[end, earlier] if apart else [before], second]
        return []

    def _ends(self, ground: Scene, at: int) -> tuple[str, str, int] | None:
        """The places that an arc joins, and the copy of the graph that it starts in; None where it stands for no link."""
        arc = self.graph.arcs[at]
        if arc.step is None or arc.step.link < 0:
            return None
        link = ground.links[arc.step.link]
        start, end = (link.from_place, link.to_place) if arc.step.forward else (link.to_place, link.from_place)
        return start, end, (arc.start - 2) // max(self.graph.copy, 1)

    def _into(self, ground: Scene) -> dict[tuple[str, int], list[int]]:
        """The arcs that lead to each place, by the copy of the graph that they start in."""
        if not self._arrivals:
            for at in range(len(self.graph.arcs)):
                ends = self._ends(ground, at)
                if ends is not None:
                    self._arrivals.setdefault(ends[1:], []).append(at)
        return self._arrivals

    def links_on(self, path: Sequence[int]) -> list[int]:
        """The arcs of a path that stand for links."""
        return [at for at in self.graph.along(path) if (step := self.graph.arcs[at].step) is not None and step.link >= 0]


def _different(ground: Scene, graph: Graph, k: int, by: str, max_overlap: float, *, through: bool) -> list[_Route]:
    """Up to k routes of which none shares more than ``max_overlap`` of its km with a better one.

    Chosen, best first, among many ranked routes and those that turn up while links of routes found so far are made
    dearer step by step; where a network has more routes than that, a better choice may exist.
    """
    if not graph.arcs:
        return []
    if through:
        ranked = _searched(ground, graph, MOST_SEARCHED, by)
    elif len(graph.arcs) >= MANY_ARCS:
        paths = dissimilar(graph.matrix(graph.weights(by)), 0, 1, SPARE * k, max_overlap=max_overlap)
        ranked = [*_ranked(ground, graph, 1, by), *_distinct(_routes(ground, graph, (path.tolist() for path in paths)))]
    else:
        ranked = _listed(ground, graph, MOST_LISTED, by)
    found = [*ranked, *_penalised(ground, graph, k, by)]
    kept: list[_Route] = []
    for route in _sorted(_distinct(iter(found)), by):
        if len(kept) < k and all(_overlap(ground, route, better) <= max_overlap + 1e-12 for better in kept):
            kept.append(route)
    return kept


def _listed(ground: Scene, graph: Graph, count: int, by: str) -> list[_Route]:
    """What Yen's list of so many paths holds of routes that visit no place twice."""
    _, before = yen(graph.matrix(graph.weights(by)), 0, 1, count, directed=True, return_predecessors=True)
    return found_routes(ground, graph, (_nodes(row) for row in before))


def _penalised(ground: Scene, graph: Graph, k: int, by: str) -> list[_Route]:
    """Routes found while the arcs of those found before are made dearer step by step."""
    weight, found = graph.weights(by).copy(), list[_Route]()
    for _ in range(ROUNDS * k):
        distance, before = dijkstra(graph.matrix(weight), directed=True, indices=0, return_predecessors=True)
        if not math.isfinite(distance[1]):
            break
        nodes = _nodes(before)
        found += found_routes(ground, graph, [nodes])
        taken = graph.along(nodes)
        weight[taken] = weight[taken] * PENALTY + 1e-9
    return found


def _nodes(before: NDArray[np.int32]) -> list[int]:
    """The path from node 0 to node 1 that a row of predecessors holds."""
    path = [1]
    while path[-1] != 0:
        path.append(int(before[path[-1]]))
    return path[::-1]


def _routes(ground: Scene, graph: Graph, paths: Iterable[Sequence[int]]) -> Iterator[_Route]:
    for path in paths:
        arcs = [graph.arcs[at] for at in graph.along(path)]
        steps = tuple(arc.step for arc in arcs if arc.step is not None)
        taken = tuple((ground.links[step.link], step.forward) for step in steps if step.link >= 0)
        ends = _ends(taken)
        places = (ends[0][0], *(end for _, end in ends))
        totals = Weights(*(float(sum(column)) for column in zip(*(arc.weights for arc in arcs), strict=True)))
        yield _Route(steps, taken, tuple(link.link_id for link, _ in taken), places, totals)


def _ends(taken: Iterable[tuple[LinkFacts, bool]]) -> list[tuple[str, str]]:
    """Where each link is entered and left."""
    return [(link.from_place, link.to_place) if forward else (link.to_place, link.from_place) for link, forward in taken]


def _distinct(routes: Iterator[_Route]) -> list[_Route]:
    """Routes that visit no place twice, each sequence of links once."""
    found: dict[tuple[str, ...], _Route] = {}
    for route in routes:
        if len(set(route.places)) == len(route.places):
            found.setdefault(route.links, route)
    return list(found.values())


def _sorted(routes: Iterable[_Route], by: str) -> list[_Route]:
    # Sums in another order differ in the last bits; equal ranks are meant, not equal bits.
    return sorted(routes, key=lambda route: (round(getattr(route.total, by), 9), round(route.total.km, 6), route.links))


def _overlap(ground: Scene, route: _Route, other: _Route) -> float:
    """Share of a route's km on links that another route uses too."""
    shared = sum(ground.network.link_facts[link].length_km for link in route.links if link in other.links)
    own = sum(ground.network.link_facts[link].length_km for link in route.links)
    return float(shared / own) if own > 0 else float(set(route.links) <= set(other.links))


def found_routes(ground: Scene, graph: Graph, paths: Iterable[Sequence[int]]) -> list[_Route]:
    """The routes that paths through a graph stand for, in their order, without those that visit a place twice."""
    return _distinct(_routes(ground, graph, paths))


def result(ground: Scene, routes: Sequence[_Route], question: tuple[str, str, str], reason: str) -> Routes:
    """Routes as a frozen answer to a question (origin, destination, what they are ranked by)."""
    origin, destination, by = question
    rows = []
    for rank, route in enumerate(routes, start=1):
        capacity, bottleneck = _bottleneck(ground, route)
        crossed = _crossed(ground, route)
        links = [link for link, _ in route.taken]
        rows.append(
            {
                "rank": rank,
                "places": route.places,
                "links": route.links,
                "km": route.total.km,
                "days": route.total.days,
                "cost_usd_t": route.total.cost,
                "capacity": capacity,
                "bottleneck": bottleneck,
                "countries": tuple(part.country for part in crossed),
                "country_km": tuple(part.km for part in crossed),
                "transfers": sum(step.transfer for step in route.steps),
                "gauge_breaks": sum(step.gauge_break for step in route.steps),
                "overlap": max((_overlap(ground, route, better) for better in routes[: rank - 1]), default=0.0),
                "stated_cost_share": _stated_share(route.total.cost, sum(link.cost_usd_t for link in links if link.cost_basis == "rate")),
                "stated_days_share": _stated_share(route.total.days, sum(link.days for link in links if link.days_basis == "rate")),
            }
        )
    table = pd.DataFrame(rows, columns=list(TABLE_COLUMNS))
    legs = [leg for rank, route in enumerate(routes, start=1) for leg in _legs(route, rank)]
    frame = gpd.GeoDataFrame(pd.DataFrame(legs, columns=[*LEG_COLUMNS, "geometry"]), geometry="geometry", crs=CRS)
    return Routes(origin, destination, ground.commodity, by, table, frame, reason, ground.network)


def _stated_share(total: float, rated: float) -> float:
    return 1.0 - rated / total if total > 0 else 1.0


def _bottleneck(ground: Scene, route: _Route) -> tuple[float, str]:
    """The least capacity on the way and what has it: the first link, or else the first place passed, that does."""
    bounds = [(link.capacity, link.link_id) for link, _ in route.taken]
    bounds += [(ground.place_capacity[place], place) for place in route.places[1:-1]]
    least = min(bound for bound, _ in bounds)
    return least, next(name for bound, name in bounds if bound == least) if math.isfinite(least) else ""


def _crossed(ground: Scene, route: _Route) -> list[Crossing]:
    """Countries in order with their km: those of the places, and between them those of the links."""
    home, crossings = ground.network.place_facts, ground.network.crossings
    parts = [Crossing(home[route.places[0]].country, 0.0)]
    for (link, forward), place in zip(route.taken, route.places[1:], strict=True):
        along = crossings[link.link_id]
        parts += [part for part in (along if forward else along[::-1]) if part.country != AT_SEA]
        parts.append(Crossing(home[place].country, 0.0))
    merged = [parts[0]]
    for part in parts[1:]:
        if part.country == merged[-1].country:
            merged[-1] = Crossing(part.country, merged[-1].km + part.km)
        else:
            merged.append(part)
    return merged


def _legs(route: _Route, rank: int) -> Iterator[tuple[object, ...]]:
    """Stretches in one mode; what places on the way charge is in the route's sums, not in a leg's."""
    for number, (mode, run) in enumerate(groupby(route.taken, key=lambda pair: pair[0].mode), start=1):
        links = list(run)
        ends = _ends(links)
        parts = [get_coordinates(link.line)[:: 1 if forward else -1] for link, forward in links]
        sums = (sum(getattr(link, name) for link, _ in links) for name in ("length_km", "days", "cost_usd_t"))
        names = tuple(link.link_id for link, _ in links)
        yield (rank, number, mode, ends[0][0], ends[-1][1], names, *sums, LineString(np.concatenate(parts)))
