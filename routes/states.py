"""The graph that routes are sought on: states (place, mode, gauge), and what a place charges for changing or passing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geodata.facts import PlaceFacts

from .scene import Scene


class State(NamedTuple):
    """How goods stand at a place: by which mode, on which gauge (0: none or not stated)."""

    place: str
    mode: str
    gauge: float


class Step(NamedTuple):
    """What an arc stands for: a link taken in one direction, or (link -1) a change or passage at a place."""

    link: int
    forward: bool
    transfer: bool
    gauge_break: bool


class Weights(NamedTuple):
    cost: float
    days: float
    km: float
    transfers: float


FREE = Weights(0.0, 0.0, 0.0, 0.0)


class Arc(NamedTuple):
    start: int
    end: int
    step: Step | None
    weights: Weights


@dataclass(frozen=True)
class Graph:
    """Arcs between states; node 0 is the origin, node 1 the destination. No two arcs join the same two nodes."""

    arcs: tuple[Arc, ...]
    nodes: int
    #: The nodes of one copy of the graph: a further copy stands behind each place to pass.
    copy: int

    @cached_property
    def index(self) -> dict[tuple[int, int], int]:
        """The position of each arc by its two nodes."""
        return {(arc.start, arc.end): at for at, arc in enumerate(self.arcs)}

    def along(self, path: Sequence[int]) -> list[int]:
        """The positions of the arcs of a path of nodes."""
        return [self.index[pair] for pair in pairwise(path)]

    def weights(self, by: str) -> NDArray[np.float64]:
        """The weight of each arc; kilometres part routes with equally many transfers."""
        rows = self._numbers
        column = rows[:, Weights._fields.index(by)]
        return column + rows[:, 2] / (2.0 * rows[:, 2].sum() + 1.0) if by == "transfers" else column

    @cached_property
    def _numbers(self) -> NDArray[np.float64]:
        """The four weights of each arc, a row an arc."""
        return np.array([arc.weights for arc in self.arcs], dtype=np.float64).reshape(-1, len(Weights._fields))

    @cached_property
    def _ends(self) -> NDArray[np.int32]:
        """The start and the end of each arc, a row an arc."""
        return np.array([(arc.start, arc.end) for arc in self.arcs], dtype=np.int32).reshape(-1, 2)

    def matrix(self, weight: NDArray[np.float64]) -> csr_array:
        """The arcs as a sparse matrix with the small indices that csgraph asks for."""
        matrix = csr_array((weight, (self._ends[:, 0], self._ends[:, 1])), shape=(self.nodes, self.nodes))
        matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
        return matrix


def expand(ground: Scene, stops: Sequence[str]) -> Graph:
    """The graph of states: an arc a link and direction, and arcs for what a place charges for changing or passing.

    ``stops`` are the origin, the places to pass in order, and the destination.
    """
    states: dict[str, set[State]] = {}
    for link in ground.links:
        if link.capacity <= 0:
            continue
        for place in (link.from_place, link.to_place):
            states.setdefault(place, set()).add(State(place, link.mode, link.gauge_mm))
    enter: dict[State, int] = {}
    leave: dict[State, int] = {}
    arcs: list[Arc] = []
    for place in sorted(states):
        arcs += _at_place(ground, sorted(states[place]), (enter, leave), ends=(stops[0], stops[-1]))
    for at, link in enumerate(ground.links):
        if link.capacity <= 0:
            continue
        first, last = (State(place, link.mode, link.gauge_mm) for place in (link.from_place, link.to_place))
        changes = link.mode == "transfer"
        own = Weights(link.cost_usd_t, link.days, link.length_km, float(changes))
        arcs.append(Arc(leave[first], enter[last], Step(at, True, changes, False), own))
        if link.both_ways:
            arcs.append(Arc(leave[last], enter[first], Step(at, False, changes, False), own))
    return Graph(*_without_parallels(*_in_layers(ground, arcs, 2 * len(enter), stops[1:-1])), 2 * len(enter))


def _in_layers(ground: Scene, arcs: Sequence[Arc], nodes: int, via: Sequence[str]) -> tuple[list[Arc], int]:
    """A copy of the graph for each place to pass: who arrives there goes on in the next copy, and only the last one ends."""
    layered: list[Arc] = []
    for layer in range(len(via) + 1):
        for arc in arcs:
            start, end = (node + layer * nodes if node > 1 else node for node in (arc.start, arc.end))
            if (arc.start == 0 and layer > 0) or (arc.end == 1 and layer < len(via)):
                continue
            if layer < len(via) and arc.step is not None and arc.step.link >= 0:
                link = ground.links[arc.step.link]
                reached = link.to_place if arc.step.forward else link.from_place
                end += nodes if reached == via[layer] else 0
            layered.append(arc._replace(start=start, end=end))
    return layered, 2 + nodes * (len(via) + 1)


def _at_place(
    ground: Scene,
    states: Sequence[State],
    nodes: tuple[dict[State, int], dict[State, int]],
    *,
    ends: tuple[str, str],
) -> list[Arc]:
    """Number a place's states and join them; where nothing is charged, entering and leaving are one node."""
    enter, leave = nodes
    place = ground.network.place_facts[states[0].place]
    tolled = place.kind == "border" and place.transfer_usd_t + place.dwell_days > 0
    shut = ground.place_capacity[place.place_id] <= 0
    charges = len(states) > 1 or tolled or shut or place.place_id in ends
    for state in states:
        enter[state] = 2 + 2 * len(enter)
        leave[state] = enter[state] + charges
    if place.place_id == ends[0]:
        return [Arc(0, leave[state], None, FREE) for state in states]
    if place.place_id == ends[1]:
        return [Arc(enter[state], 1, None, FREE) for state in states]
    if not charges or shut:
        return []
    return [_passing(place, before, after, enter[before], leave[after]) for before in states for after in states]


def _passing(place: PlaceFacts, before: State, after: State, start: int, end: int) -> Arc:
    """The arc from arriving in one state to leaving in another."""
    toll = change(place, before, after)
    return Arc(start, end, Step(-1, True, toll.moved, toll.gauge_break), toll.weights)


class Toll(NamedTuple):
    """What a place charges who arrives in one state and leaves in another, and whether goods change mode or gauge."""

    moved: bool
    gauge_break: bool
    weights: Weights


def change(place: PlaceFacts, before: State, after: State) -> Toll:
    """What it takes to arrive at a place in one state and to leave it in another."""
    gauge_break = before.mode == after.mode == "rail" and 0.0 not in (before.gauge, after.gauge) and before.gauge != after.gauge
    moved = gauge_break or (before.mode != after.mode and "transfer" not in (before.mode, after.mode))
    crosses = place.kind == "border" and {before.mode, after.mode} <= {"rail", "road"}
    charged = Weights(place.transfer_usd_t, place.dwell_days, 0.0, float(moved)) if moved or crosses else FREE
    return Toll(moved, gauge_break, charged)


def _without_parallels(arcs: Sequence[Arc], nodes: int) -> tuple[tuple[Arc, ...], int]:
    """Give every arc beside another between the same nodes a node of its own on the way."""
    seen: set[tuple[int, int]] = set()
    single: list[Arc] = []
    for arc in arcs:
        if (arc.start, arc.end) in seen:
            single.append(Arc(arc.start, nodes, arc.step, arc.weights))
            single.append(Arc(nodes, arc.end, None, FREE))
            nodes += 1
        else:
            seen.add((arc.start, arc.end))
            single.append(arc)
    return tuple(single), nodes
