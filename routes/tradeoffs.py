"""Trade-offs: the routes of which none is better in everything, by cost, days, kilometres in one state, or other criteria.

Labels grow along the graph of states; one that another at the same state beats or equals in every criterion is dropped
(Martins 1984). No weight is negative, so nothing is lost but what only a way through some place twice would beat.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from geodata.network import Network

from .reasons import why_no_route
from .routing import CRITERIA, Routes, found_routes, result
from .scenarios import COUNTRY, Scenario, select
from .scene import Scene, require_place, scene
from .states import Graph, expand

#: Labels after which the question is taken as too wide.
MOST_LABELS = 200_000
#: Less than this (in the criterion's own unit) is no advantage.
FINEST = 1e-9


def pareto(
    network: Network,
    origin: str,
    destination: str,
    commodity: str,
    *,
    criteria: Iterable[str] = ("cost", "days", f"{COUNTRY}RUS"),
    avoid: Iterable[str] = (),
    scenario: Scenario | None = None,
) -> Routes:
    """All routes that no other route beats or equals in every criterion, by the first criterion.

    ``criteria`` are ``cost`` (USD a tonne), ``days``, ``km``, ``transfers``, and ``country:RUS``: kilometres in that
    state. Of routes that are equal in all of them one is kept. Where there is none, ``reason`` says why.
    Raises ValueError for an unknown criterion, fewer than two, or a question with too many answers to follow,
    UnknownIdError for an unknown id.

    >>> import geodata
    >>> found = pareto(geodata.read_network(), "xian", "duisburg", "container", criteria=["cost", "days"])
    >>> found.table["cost_usd_t"].is_monotonic_increasing and found.table["days"].is_monotonic_decreasing
    True
    """
    wanted = (criteria,) if isinstance(criteria, str) else tuple(criteria)
    for name in wanted:
        if name not in CRITERIA and not name.startswith(COUNTRY):
            raise ValueError(f"criterion {name!r} is unknown; valid: {', '.join(CRITERIA)} and {COUNTRY}XXX")
    if len(set(wanted)) < 2 or len(set(wanted)) < len(wanted):
        raise ValueError("name at least two criteria, each once")
    for place in (origin, destination):
        require_place(network, place)
    if origin == destination:
        raise ValueError(f"origin and destination must differ: {origin}")
    avoided = (avoid,) if isinstance(avoid, str) else tuple(avoid)
    ground = scene(network, commodity, scenario=scenario, avoid=avoided)
    graph = expand(ground, (origin, destination))
    paths = _undominated(graph, np.column_stack([_weight(ground, graph, name) for name in wanted])) if graph.arcs else []
    routes = found_routes(ground, graph, paths)
    reason = "" if routes else why_no_route(network, (origin, destination), commodity, scenario=scenario, avoid=avoided)
    return result(ground, routes, (origin, destination, " and ".join(wanted)), reason)


def _weight(ground: Scene, graph: Graph, name: str) -> NDArray[np.float64]:
    """A criterion's weight of each arc."""
    if name in CRITERIA:
        return np.array([getattr(arc.weights, name) for arc in graph.arcs])
    select(ground.network, [name])
    state, crossings = name.removeprefix(COUNTRY), ground.network.crossings
    inside = {
        at: sum(part.km for part in crossings[link.link_id] if part.country == state)
        for at, link in enumerate(ground.links)
        if state in link.countries
    }
    return np.array([inside.get(arc.step.link, 0.0) if arc.step is not None and arc.step.link >= 0 else 0.0 for arc in graph.arcs])


def _undominated(graph: Graph, weights: NDArray[np.float64]) -> list[list[int]]:
    """The paths from node 0 to node 1 that no other beats or equals in every column of weights, by the first column."""
    onward: dict[int, list[tuple[int, tuple[float, ...]]]] = {}
    for arc, row in zip(graph.arcs, weights.tolist(), strict=True):
        onward.setdefault(arc.start, []).append((arc.end, tuple(row)))
    kept: dict[int, list[tuple[float, ...]]] = {}
    waiting: list[tuple[tuple[float, ...], tuple[int, ...]]] = [((0.0,) * weights.shape[1], (0,))]
    paths = []
    count = 0
    while waiting:
        total, path = heapq.heappop(waiting)
        node = path[-1]
        if _beaten(total, kept.get(node, ())) or (node != 1 and _beaten(total, kept.get(1, ()))):
            continue
        kept.setdefault(node, []).append(total)
        if node == 1:
            paths.append(list(path))
            continue
        count += 1
        if count > MOST_LABELS:
            raise ValueError("too many routes to weigh against each other: name fewer criteria, or avoid more")
        for end, row in onward.get(node, ()):
            further = tuple(had + more for had, more in zip(total, row, strict=True))
            if not _beaten(further, kept.get(end, ())) and end not in path:
                heapq.heappush(waiting, (further, (*path, end)))
    return paths


def _beaten(total: tuple[float, ...], others: Iterable[tuple[float, ...]]) -> bool:
    return any(all(had <= new + FINEST for had, new in zip(other, total, strict=True)) for other in others)
