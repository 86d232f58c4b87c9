"""The graph that goods are sent on at least cost: states (place, mode, gauge), with what each link and place charges.

The same states and charges as routes are ranked on (``states``), for many sources and sinks at once: every place where
goods start or end has a node of its own, and a place with a capacity counts what passes through it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geodata.facts import LinkFacts
from geodata.network import Network

from .scene import Scene
from .states import FREE, State, Weights, change

#: Among ways of equal cost the shorter one is taken, and then the one whose ids come first: so much dearer is a
#: kilometre, and a link than the one before it in the network's order of id (whatever is closed), in USD a tonne. Both
#: are far below what costs mean, and above what the solvers can tell apart.
KM_TIE = 1e-7
ID_TIE = 1e-9
#: Of flows that could change places on two ways the one that stands first in the case takes the shorter: for each flow
#: behind it a kilometre counts by so much more to it.
FLOW_TIE = 0.01


class Bound(NamedTuple):
    """What limits a sum of amounts: a link, or a place, with its capacity in kt a year (gas: mcm)."""

    kind: str
    name: str
    capacity: float


@dataclass(frozen=True)
class Ways:
    """Arcs between nodes, no two of which join the same two nodes.

    ``weight`` is the cost in USD a tonne (gas: a thousand m3) with the tie-break in it, ``cost``, ``days`` and ``km``
    are plain; ``link`` is the position of the arc's link in ``ground.links`` (-1: a change at a place), ``bound`` the
    position in ``bounds`` of what limits it (-1: nothing). ``origin`` and ``target`` are the nodes where goods start
    and end; ``home`` is the position of each node's place in ``places``. ``split`` says that some place has nodes apart for
    arriving and leaving, so that a cheapest way could come back to it.
    """

    ground: Scene
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    cost: NDArray[np.float64]
    days: NDArray[np.float64]
    km: NDArray[np.float64]
    weight: NDArray[np.float64]
    link: NDArray[np.int32]
    forward: NDArray[np.bool_]
    bound: NDArray[np.int32]
    bounds: tuple[Bound, ...]
    origin: Mapping[str, int]
    target: Mapping[str, int]
    home: NDArray[np.int32]
    places: tuple[str, ...]
    split: bool

    @property
    def nodes(self) -> int:
        return len(self.home)

    @cached_property
    def limits(self) -> NDArray[np.float64]:
        """What each bound lets through, in kt a year (gas: mcm), and last what nothing limits (to be had by -1)."""
        return np.array([*(bound.capacity for bound in self.bounds), math.inf])


def without(graph: Ways, closed: NDArray[np.intp]) -> Ways:
    """The graph with some arcs taken away; nodes and bounds stay."""
    kept = np.delete(np.arange(len(graph.start)), closed)
    columns = ("start", "end", "cost", "days", "km", "weight", "link", "forward", "bound")
    return replace(graph, **{name: getattr(graph, name)[kept] for name in columns})


def hurried(graph: Ways, usd_t_day: float) -> Ways:
    """The graph as a flow sees it to which a day is worth something."""
    return replace(graph, weight=graph.weight + usd_t_day * graph.days) if usd_t_day else graph


class _Row(NamedTuple):
    start: int
    end: int
    weights: Weights
    link: int = -1
    forward: bool = True
    bound: int = -1


@dataclass
class _Draft:
    """A graph in the making: arcs, bounds, the place of each node, and the nodes where each state arrives and leaves."""

    ground: Scene
    number: Mapping[str, int]
    rows: list[_Row] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)
    home: list[int] = field(default_factory=list)
    enter: dict[State, int] = field(default_factory=dict)
    leave: dict[State, int] = field(default_factory=dict)
    split: bool = False

    def node(self, place: str) -> int:
        self.home.append(self.number[place])
        return len(self.home) - 1

    def limit(self, kind: str, name: str, capacity: float) -> int:
        """The position of a bound of this capacity; none where it is unlimited."""
        if math.isinf(capacity):
            return -1
        self.bounds.append(Bound(kind, name, capacity))
        return len(self.bounds) - 1

    def stand(self, place: str, states: Sequence[State]) -> None:
        """Number a place's states and join them; where nothing is charged or counted, all are one node."""
        facts, capacity = self.ground.network.place_facts[place], self.ground.place_capacity[place]
        tolls = {(before, after): change(facts, before, after).weights for before in states for after in states}
        if math.isinf(capacity) and not any(toll.cost or toll.days for toll in tolls.values()):
            one = self.node(place)
            self.enter.update(dict.fromkeys(states, one))
            self.leave.update(dict.fromkeys(states, one))
            return
        self.split = True
        for state in states:
            self.enter[state], self.leave[state] = self.node(place), self.node(place)
        if capacity > 0:
            limit = self.limit("place", place, capacity)
            self.rows += [_Row(self.enter[before], self.leave[after], toll, bound=limit) for (before, after), toll in tolls.items()]

    def carry(self, at: int, link: LinkFacts) -> None:
        """The arcs of a link, one a direction; both share its capacity."""
        first, last = (State(place, link.mode, link.gauge_mm) for place in (link.from_place, link.to_place))
        own = Weights(link.cost_usd_t, link.days, link.length_km, 0.0)
        limit = self.limit("link", link.link_id, link.capacity)
        self.rows.append(_Row(self.leave[first], self.enter[last], own, at, True, limit))
        if link.both_ways:
            self.rows.append(_Row(self.leave[last], self.enter[first], own, at, False, limit))


def id_ranks(network: Network) -> dict[str, int]:
    """The place of each link, from 1, among all links of the network in order of id."""
    return {name: at for at, name in enumerate(network.link_facts, start=1)}


def ways(ground: Scene, origins: Iterable[str], targets: Iterable[str]) -> Ways:
    """The graph of a scene for goods that start at ``origins`` and end at ``targets`` (those that take part)."""
    carrying = [(at, link) for at, link in enumerate(ground.links) if link.capacity > 0]
    states: dict[str, set[State]] = {}
    for _, link in carrying:
        for place in (link.from_place, link.to_place):
            states.setdefault(place, set()).add(State(place, link.mode, link.gauge_mm))
    starts, ends = (sorted({place for place in named if ground.has(place)}) for named in (origins, targets))
    places = tuple(sorted({*states, *starts, *ends}))
    draft = _Draft(ground, {place: at for at, place in enumerate(places)})
    for place in sorted(states):
        draft.stand(place, sorted(states[place]))
    origin = {place: draft.node(place) for place in starts}
    target = {place: draft.node(place) for place in ends}
    for place, at in origin.items():
        draft.rows += [_Row(at, node, FREE) for node in sorted({draft.leave[state] for state in states.get(place, ())})]
        draft.rows += [_Row(at, target[place], FREE)] if place in target else []
    for place, at in target.items():
        draft.rows += [_Row(node, at, FREE) for node in sorted({draft.enter[state] for state in states.get(place, ())})]
    for at, link in carrying:
        draft.carry(at, link)
    return _table(draft, _without_parallels(draft), (origin, target), places)


def _without_parallels(draft: _Draft) -> list[_Row]:
    """Give every arc beside another between the same nodes a node of its own on the way."""
    seen: set[tuple[int, int]] = set()
    single: list[_Row] = []
    for row in draft.rows:
        if (row.start, row.end) in seen:
            draft.home.append(draft.home[row.end])
            middle = len(draft.home) - 1
            single += [row._replace(end=middle), _Row(middle, row.end, FREE)]
        else:
            seen.add((row.start, row.end))
            single.append(row)
    return single


def _table(draft: _Draft, rows: Sequence[_Row], ends: tuple[Mapping[str, int], Mapping[str, int]], places: tuple[str, ...]) -> Ways:
    numbers = np.array([row.weights for row in rows], dtype=np.float64).reshape(-1, len(Weights._fields))
    cost, days, km = numbers[:, 0], numbers[:, 1], numbers[:, 2]
    link = np.array([row.link for row in rows], dtype=np.int32)
    rank = id_ranks(draft.ground.network)
    order = np.array([*(rank[carried.link_id] for carried in draft.ground.links), 0], dtype=np.int64)[link]
    return Ways(
        draft.ground,
        np.array([row.start for row in rows], dtype=np.int32),
        np.array([row.end for row in rows], dtype=np.int32),
        cost,
        days,
        km,
        cost + KM_TIE * km + ID_TIE * order,
        link,
        np.array([row.forward for row in rows], dtype=bool),
        np.array([row.bound for row in rows], dtype=np.int32),
        tuple(draft.bounds),
        *ends,
        np.array(draft.home, dtype=np.int32),
        places,
        draft.split,
    )
