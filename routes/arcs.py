"""The graph that amounts flow on: directed arcs between sources and sinks, each with its capacity and what it stands for.

A place with a capacity becomes an arc from its inner to its outer node, a both-ways link two arcs. Amounts are counted
in whole steps (a power of ten of a kt a year), so that flows and cuts can be compared exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from geodata.network import Network

from .scenarios import COUNTRY, Selection, select
from .scene import Scene, require_place

Ends = str | Iterable[str] | Mapping[str, float]
OVER = ("links", "places", "corridors", "countries")
SOURCE, SINK = 0, 1
#: Sums of whole amounts stay below this, so that they are exact as floats too.
LARGEST = 2**50
FINEST_STEP = 1e-6


@dataclass(frozen=True)
class Arcs:
    """Arcs from node ``start`` to node ``end`` with a capacity in kt a year (gas: mcm; ``inf`` where unlimited).

    ``label`` is the id of the link or place, or ``supply:PLACE``, ``demand:PLACE``. Node 0 is where all supply comes
    from and node 1 where all demand goes to; ``place`` has the two nodes of each place that takes part.
    """

    start: NDArray[np.int32]
    end: NDArray[np.int32]
    capacity: NDArray[np.float64]
    label: tuple[str, ...]
    nodes: int
    place: Mapping[str, tuple[int, int]]

    def unlimited(self, open_arcs: NDArray[np.bool_] | None = None) -> bool:
        """Whether a way of unlimited arcs (of those that are open) leads from a source to a sink."""
        free = np.isinf(self.capacity) if open_arcs is None else np.isinf(self.capacity) & open_arcs
        return bool(reached(self.nodes, self.start[free], self.end[free], SOURCE)[SINK])

    def bound(self) -> float:
        """An amount that no flow exceeds where none is unlimited."""
        finite = float(self.capacity[np.isfinite(self.capacity)].sum())
        out = float(self.capacity[self.start == SOURCE].sum())
        into = float(self.capacity[self.end == SINK].sum())
        return min(finite, out, into, self._beside(self.start, self.end, SOURCE), self._beside(self.end, self.start, SINK))

    def whole(self) -> tuple[float, NDArray[np.int64]]:
        """Capacities as whole numbers of a step, none above what can flow at all by more than a step."""
        bound, step = self.bound(), FINEST_STEP
        while bound / step + 2 > LARGEST:
            step *= 10
        # One step above the bound is never full, so what is unlimited never stands in a cut.
        return step, np.floor(np.minimum(self.capacity, bound + step) / step + 1e-6).astype(np.int64)

    def _beside(self, tail: NDArray[np.int32], head: NDArray[np.int32], terminal: int) -> float:
        """Capacity of the arcs next to those of a terminal: a bound on the flow where the ends themselves give none."""
        return float(self.capacity[np.isin(tail, head[tail == terminal])].sum())

    def cut(self, near: NDArray[np.bool_]) -> tuple[tuple[str, ...], float]:
        """Ids of the arcs that lead out of a set of nodes (those of capacity 0 too), and their capacity in all."""
        leaving = near[self.start] & ~near[self.end]
        return tuple(sorted({self.label[at] for at in np.flatnonzero(leaving)})), float(sum(self.capacity[leaving]))

    def is_place(self, at: int) -> bool:
        """Whether an arc stands for a place: it leads from the place's inner node to its outer one."""
        start = int(self.start[at])
        return start >= 2 and start % 2 == 0 and int(self.end[at]) == start + 1


def amounts(network: Network, ends: Ends, word: str) -> dict[str, float]:
    """Sources or sinks as a mapping of place to the most that it offers or takes, in order of id.

    Raises UnknownIdError for an unknown place, ValueError for an amount below zero, NaN, or where there is none.
    """
    named = {ends: math.inf} if isinstance(ends, str) else ends
    most = {place: float(named[place]) for place in named} if isinstance(named, Mapping) else dict.fromkeys(named, math.inf)
    if not most:
        raise ValueError(f"name at least one {word}")
    for place, amount in most.items():
        require_place(network, place)
        if math.isnan(amount) or amount < 0:
            raise ValueError(f"the amount of {word} {place!r} is {amount}; give zero or more")
    return dict(sorted(most.items()))


def both_ends(network: Network, sources: Ends, sinks: Ends) -> tuple[dict[str, float], dict[str, float]]:
    """What is offered and what is taken. Raises ValueError where a place is source and sink at once."""
    offered, taken = amounts(network, sources, "source"), amounts(network, sinks, "sink")
    both = sorted(set(offered) & set(taken))
    if both:
        raise ValueError(f"{', '.join(both)} cannot be source and sink at once")
    return offered, taken


def expand(ground: Scene, offered: Mapping[str, float], taken: Mapping[str, float]) -> Arcs:
    """The arcs of a scene between what is offered and what is taken."""
    enter = {place: 2 + 2 * at for at, place in enumerate(ground.place_capacity)}
    leave = {place: node + (math.isfinite(ground.place_capacity[place])) for place, node in enter.items()}
    rows: list[tuple[int, int, float, str]] = []
    for place, amount in ground.place_capacity.items():
        if math.isfinite(amount):
            rows.append((enter[place], leave[place], amount, place))
    for link in ground.links:
        rows.append((leave[link.from_place], enter[link.to_place], link.capacity, link.link_id))
        if link.both_ways:
            rows.append((leave[link.to_place], enter[link.from_place], link.capacity, link.link_id))
    rows += [(SOURCE, leave[place], amount, f"supply:{place}") for place, amount in offered.items() if place in leave]
    rows += [(enter[place], SINK, amount, f"demand:{place}") for place, amount in taken.items() if place in enter]
    return Arcs(
        np.array([row[0] for row in rows], dtype=np.int32),
        np.array([row[1] for row in rows], dtype=np.int32),
        np.array([row[2] for row in rows], dtype=np.float64),
        tuple(row[3] for row in rows),
        2 + 2 * len(enter),
        {place: (enter[place], leave[place]) for place in enter},
    )


def reached(nodes: int, start: NDArray[np.int32], end: NDArray[np.int32], first: int) -> NDArray[np.bool_]:
    """Which nodes the given arcs lead to from a first one."""
    order = np.argsort(start, kind="stable")
    pointer = np.concatenate([[0], np.cumsum(np.bincount(start, minlength=nodes))]).astype(np.int32)
    # Laid out as csgraph wants it, which otherwise takes longer than the search.
    onward = csr_array((np.ones(len(start)), end[order].astype(np.int32), pointer), shape=(nodes, nodes))
    found = np.zeros(nodes, dtype=bool)
    found[breadth_first_order(onward, first, return_predecessors=False)] = True
    return found


def closures(ground: Scene, over: str) -> dict[str, Selection]:
    """What can be closed, by id, as the links and places that close with it: those of a scene's links alone.

    ``over`` is ``links``, ``places``, ``corridors`` or ``countries`` (ids such as ``country:RUS``); raises ValueError
    for another word.
    """
    if over not in OVER:
        raise ValueError(f"over={over!r} is unknown; valid: {', '.join(OVER)}")
    links = {link.link_id for link in ground.links}
    places = {place for link in ground.links for place in (link.from_place, link.to_place)}
    if over == "links":
        return {name: Selection(frozenset([name]), frozenset()) for name in sorted(links)}
    if over == "places":
        return {name: Selection(frozenset(), frozenset([name])) for name in sorted(places)}
    if over == "corridors":
        members = {corridor: frozenset(links & set(of)) for corridor, of in sorted(ground.network.corridor_links.items())}
        return {corridor: Selection(found, frozenset()) for corridor, found in members.items() if found}
    home = ground.network.place_facts
    states = {state for link in ground.links for state in link.countries} | {home[place].country for place in places}
    return {f"{COUNTRY}{state}": select(ground.network, [f"{COUNTRY}{state}"]) for state in sorted(states)}


def joined(closed: Sequence[NDArray[np.intp]], which: Iterable[int]) -> NDArray[np.intp]:
    """The arcs of several closures together; one that two of them close may come twice."""
    return np.concatenate([np.zeros(0, dtype=np.intp), *(closed[at] for at in which)])


def closed_arcs(arcs: Arcs, closed: Iterable[Selection]) -> list[NDArray[np.intp]]:
    """The arcs that each closure of links and places takes away."""
    of_link: dict[str, list[int]] = {}
    at_node: dict[int, list[int]] = {}
    for at, (name, start, end) in enumerate(zip(arcs.label, arcs.start.tolist(), arcs.end.tolist(), strict=True)):
        if not arcs.is_place(at):
            of_link.setdefault(name, []).append(at)
        at_node.setdefault(start, []).append(at)
        at_node.setdefault(end, []).append(at)
    found = []
    for unit in closed:
        gone = {at for name in unit.links for at in of_link.get(name, ())}
        gone |= {at for name in unit.places for node in arcs.place.get(name, ()) for at in at_node.get(node, ())}
        found.append(np.array(sorted(gone), dtype=np.intp))
    return found
