"""Least-cost flows of several goods that share capacity: a linear program over ways, found as they are needed.

A column is one way from a place of supply to a place of demand; a shortest-way search at the prices of what is full
tells whether any further column would lower the cost (column generation: Ford and Fulkerson 1958, Tomlin 1966). When
none does, the prices prove that the plan is the cheapest. A way visits no place twice. The programs are solved by HiGHS, through scipy.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from .ways import Ways

#: A column that would lower the cost of a tonne by less than this is not worth its place (USD).
FINEST_GAIN = 1e-9
#: Costs are given to the solver in thousandths of a dollar, whose tolerance then lies below the tie-break.
SCALE = 1e3
#: A contract that is not kept costs so many times the dearest penalty: it is broken only where it cannot be kept.
BROKEN = 10.0
#: Rounds of looking for better ways after which something must be wrong.
MOST_ROUNDS = 2_000
#: Searches for one better way beside walks that visit a place twice, after which it is given up.
MOST_SEARCHES = 20_000

Key = tuple[str, str]


class Floor(NamedTuple):
    """At least ``amount`` of a flow is to use one of these links or places."""

    name: str
    links: frozenset[str]
    places: frozenset[str]
    amount: float


@dataclass(frozen=True)
class Job:
    """One flow to place on a graph: amounts in kt a year (gas: mcm), ``penalty`` in USD a tonne not delivered."""

    name: str
    ways: Ways
    supply: Mapping[str, float]
    demand: Mapping[str, float]
    penalty: Mapping[str, float]
    floors: tuple[Floor, ...] = ()


class Sending(NamedTuple):
    """An amount that goes one way: the flow, where it starts and ends, and the arcs of the way."""

    flow: str
    origin: str
    target: str
    amount: float
    arcs: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """A cheapest plan for the flows that share a network.

    ``price`` is what one more kt of capacity would save, in USD a tonne, by (kind, id) of each full link and place;
    ``broken`` how much is missing of each contract that cannot be kept; ``primal`` and ``dual`` the objective and its
    proven bound, in thousand USD with the penalties of what is not delivered.
    """

    sendings: tuple[Sending, ...]
    price: Mapping[Key, float]
    broken: Mapping[tuple[str, str], float]
    primal: float
    dual: float


def solve(blocks: Sequence[Sequence[Job]]) -> list[Plan]:
    """The cheapest plan of each block; the flows of a block share capacity, blocks (years) do not."""
    if not blocks:
        return []
    master = _Master(blocks)
    for _ in range(MOST_ROUNDS):
        master.solve()
        if not master.grow():
            return master.plans()
    raise RuntimeError("the search for better ways did not end")


class _Column(NamedTuple):
    job: int
    origin: str
    target: str
    arcs: tuple[int, ...]
    cost: float


class _Structure:
    """What the graphs of several flows have in common: everything but the weights."""

    def __init__(self, ways: Ways) -> None:
        self.order = np.lexsort((ways.end, ways.start))
        counts = np.bincount(ways.start, minlength=ways.nodes)
        pointer = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self.matrix = csr_array((ways.weight[self.order], ways.end[self.order], pointer), shape=(ways.nodes, ways.nodes))
        self.arc = {pair: at for at, pair in enumerate(zip(ways.start.tolist(), ways.end.tolist(), strict=True))}
        self.keys = [(bound.kind, bound.name) for bound in ways.bounds]


@dataclass
class _Group:
    """Jobs of one block on one graph, priced by one search."""

    block: int
    ways: Ways
    structure: _Structure
    jobs: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    row: dict[int, int] = field(default_factory=dict)

    def priced(self, price: Mapping[Key, float]) -> NDArray[np.float64]:
        """The weight of each arc with the price of what limits it."""
        return self.ways.weight + np.array([*(price.get(key, 0.0) for key in self.structure.keys), 0.0])[self.ways.bound]

    def search(self, price: Mapping[Key, float]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Cheapest distances from every source, and the node before each, at the prices of what is full."""
        self.structure.matrix.data = self.priced(price)[self.structure.order]
        return dijkstra(self.structure.matrix, directed=True, indices=self.sources, return_predecessors=True)

    def way(self, before: NDArray[np.int32], source: int, target: int) -> list[int]:
        """The arcs of the way that a row of predecessors holds."""
        arcs, node = [], target
        while node != source:
            previous = int(before[node])
            arcs.append(self.structure.arc[previous, node])
            node = previous
        return arcs[::-1]


class _Master:
    """The linear program: rows for supplies, demands, bounds and floors; columns for ways, unmet demand, broken floors."""

    def __init__(self, blocks: Sequence[Sequence[Job]]) -> None:
        self.jobs = [job for block in blocks for job in block]
        self.block = [at for at, block in enumerate(blocks) for _ in block]
        self.columns: list[_Column] = []
        self.seen: set[tuple[int, tuple[int, ...]]] = set()
        #: Jobs for which a search has met a walk that visits a place twice, which no way may.
        self.looped: set[int] = set()
        self.demand_row = {(at, place): 0 for at, job in enumerate(self.jobs) for place in job.demand}
        self.demand_row = {key: row for row, key in enumerate(self.demand_row)}
        self.limit_row: dict[tuple[object, ...], int] = {}
        self.limits: list[float] = []
        self.ample = [sum(sum(job.supply.values()) for job in block) for block in blocks]
        for at, job in enumerate(self.jobs):
            for place, amount in job.supply.items():
                self._limit(("supply", at, place), amount)
        self.floors = [(at, floor) for at, job in enumerate(self.jobs) for floor in job.floors]
        for at, floor in self.floors:
            self._limit(("floor", at, floor.name), -floor.amount)
        self.entries: list[tuple[list[int], list[float]]] = []
        self.groups = self._grouped()
        self.keeping = [_Keeping(job.ways, job.floors) for job in self.jobs]
        self._begin()

    def _limit(self, key: tuple[object, ...], amount: float) -> int:
        if key not in self.limit_row:
            self.limit_row[key] = len(self.limits)
            self.limits.append(amount)
        return self.limit_row[key]

    def _grouped(self) -> list[_Group]:
        groups: dict[tuple[int, int], _Group] = {}
        structures: dict[int, _Structure] = {}
        for at, job in enumerate(self.jobs):
            key = (self.block[at], id(job.ways))
            if key not in groups:
                # Graphs that differ in their weights alone share their arrays of arcs.
                if id(job.ways.start) not in structures:
                    structures[id(job.ways.start)] = _Structure(job.ways)
                groups[key] = _Group(self.block[at], job.ways, structures[id(job.ways.start)])
            groups[key].jobs.append(at)
        for group in groups.values():
            group.sources = sorted(
                {group.ways.origin[place] for at in group.jobs for place in self.jobs[at].supply if place in group.ways.origin}
            )
            group.row = {node: row for row, node in enumerate(group.sources)}
        return [group for group in groups.values() if group.sources]

    def _begin(self) -> None:
        """A first column for every pair that has a way at all."""
        for group in self.groups:
            distance, before = group.search({})
            for at in group.jobs:
                job = self.jobs[at]
                for origin in sorted(job.supply):
                    for target in sorted(job.demand):
                        self._found(group, at, (distance, before), origin, target)

    def _found(self, group: _Group, at: int, found: tuple[NDArray[np.float64], NDArray[np.int32]], origin: str, target: str) -> bool:
        start, end = group.ways.origin.get(origin), group.ways.target.get(target)
        if start is None or end is None or not np.isfinite(found[0][group.row[start], end]):
            return False
        arcs = group.way(found[1][group.row[start]], start, end)
        if visits_twice(group.ways, arcs):
            self.looped.add(at)
            return False
        return self._add(group, at, origin, target, arcs)

    def _add(self, group: _Group, at: int, origin: str, target: str, arcs: Iterable[int]) -> bool:
        taken = tuple(arcs)
        if (at, taken) in self.seen:
            return False
        self.seen.add((at, taken))
        index = list(taken)
        rows = {self.limit_row["supply", at, origin]: 1.0}
        for bound in group.ways.bound[index].tolist():
            if bound >= 0 and (limit := group.ways.bounds[bound]).capacity < self.ample[group.block]:
                row = self._limit((group.block, limit.kind, limit.name), limit.capacity)
                rows[row] = rows.get(row, 0.0) + 1.0
        for floor in self.jobs[at].floors:
            if _uses(group.ways, index, floor):
                rows[self.limit_row["floor", at, floor.name]] = -1.0
        self.columns.append(_Column(at, origin, target, taken, float(group.ways.weight[index].sum())))
        self.entries.append((list(rows), list(rows.values())))
        return True

    def solve(self) -> None:
        """Solve the program over the columns there are, and read the prices."""
        wanted = list(self.demand_row)
        unmet, broken, ways = len(wanted), len(self.floors), len(self.columns)
        dearest = max((price for job in self.jobs for price in job.penalty.values()), default=1.0)
        cost = np.concatenate(
            [
                [self.jobs[at].penalty[place] for at, place in wanted],
                np.full(broken, BROKEN * dearest),
                [column.cost for column in self.columns],
            ]
        )
        row = [self.limit_row["floor", at, floor.name] for at, floor in self.floors]
        col = [unmet + at for at in range(broken)]
        value = [-1.0] * broken
        for at, (rows, values) in enumerate(self.entries):
            row += rows
            col += [unmet + broken + at] * len(rows)
            value += values
        size = unmet + broken + ways
        limits = csr_array((value, (row, col)), shape=(len(self.limits), size))
        met_col = [*range(unmet), *range(unmet + broken, size)]
        met_row = [*range(unmet), *(self.demand_row[column.job, column.target] for column in self.columns)]
        met = csr_array((np.ones(len(met_col)), (met_row, met_col)), shape=(unmet, size))
        asked = [self.jobs[at].demand[place] for at, place in wanted]
        solved = linprog(cost * SCALE, limits, self.limits, met, asked, method="highs-ds")
        if solved.x is None:
            raise RuntimeError(f"the linear program was not solved: {solved.message}")
        self.primal_parts = cost * solved.x
        self.amounts = np.asarray(solved.x)
        self.offset = (unmet, unmet + broken)
        self.demand_price = np.asarray(solved.eqlin.marginals) / SCALE
        self.limit_price = np.maximum(-np.asarray(solved.ineqlin.marginals) / SCALE, 0.0)

    def grow(self) -> bool:
        """Add the ways that would lower the cost at today's prices; False where there are none."""
        grown = False
        prices = [self._prices(block) for block in range(len(self.ample))]
        for group in self.groups:
            price = prices[group.block]
            found = group.search(price)
            for at in group.jobs:
                grown |= self._better(group, at, found)
                grown |= self._better_kept(group, at, price, found[0])
        return grown

    def _prices(self, block: int) -> dict[Key, float]:
        priced = self.limit_price.tolist()  # without the rows that came with ways found since: they cost nothing yet
        return {
            (str(key[1]), str(key[2])): priced[row]
            for key, row in self.limit_row.items()
            if key[0] == block and isinstance(key[0], int) and row < len(priced) and priced[row] > 0
        }

    def _better(self, group: _Group, at: int, found: tuple[NDArray[np.float64], NDArray[np.int32]]) -> bool:
        job, ways = self.jobs[at], group.ways
        origins = [place for place in sorted(job.supply) if place in ways.origin]
        targets = [place for place in sorted(job.demand) if place in ways.target]
        if not origins or not targets:
            return False
        distance = found[0][np.ix_([group.row[ways.origin[place]] for place in origins], [ways.target[place] for place in targets])]
        offer = np.array([self.limit_price[self.limit_row["supply", at, place]] for place in origins])
        bid = np.array([self.demand_price[self.demand_row[at, place]] for place in targets])
        gain = bid[None, :] - offer[:, None] - distance
        # The contracts that a way happens to keep are paid for too (`_better_kept`); without them the gain is only underrated.
        best = {(int(gain[:, to].argmax()), to) for to in range(len(targets))} | {
            (of, int(gain[of].argmax())) for of in range(len(origins))
        }
        grown = False
        for of, to in sorted(best):
            if gain[of, to] > FINEST_GAIN:
                grown |= self._found(group, at, found, origins[of], targets[to])
        return grown

    def _better_kept(self, group: _Group, at: int, price: Mapping[Key, float], distance: NDArray[np.float64]) -> bool:
        """Add ways that a plain search misses: for the contracts they keep, or beside a walk that visits a place twice.

        Where this finds none that lowers the cost, there is none.
        """
        job, ways, keeping = self.jobs[at], group.ways, self.keeping[at]
        reward = [float(self.limit_price[self.limit_row["floor", at, floor.name]]) for floor in job.floors]
        if not any(reward) and at not in self.looped:
            return False
        weight = group.priced(price)
        pairs = []
        for origin in sorted(set(job.supply) & set(ways.origin)):
            for target in sorted(set(job.demand) & set(ways.target)):
                ends = ways.origin[origin], ways.target[target]
                margin = float(self.demand_price[self.demand_row[at, target]] - self.limit_price[self.limit_row["supply", at, origin]])
                if margin + sum(reward) - distance[group.row[ends[0]], ends[1]] > FINEST_GAIN:
                    pairs.append((origin, target, ends, margin))
        grown = False
        for thorough in (False, True):
            for origin, target, ends, margin in pairs:
                arcs = keeping.best(weight, reward, ends, margin, thorough=thorough)
                grown |= bool(arcs) and self._add(group, at, origin, target, arcs)
            if grown:
                break
        return grown

    def plans(self) -> list[Plan]:
        unmet, first = self.offset
        sent: list[list[Sending]] = [[] for _ in self.ample]
        primal, dual = np.zeros(len(self.ample)), np.zeros(len(self.ample))
        for column, amount, cost in zip(self.columns, self.amounts[first:].tolist(), self.primal_parts[first:].tolist(), strict=True):
            block = self.block[column.job]
            primal[block] += cost
            if amount > 1e-9:
                sent[block].append(Sending(self.jobs[column.job].name, column.origin, column.target, amount, column.arcs))
        for (at, place), row in self.demand_row.items():
            primal[self.block[at]] += self.primal_parts[row]
            dual[self.block[at]] += self.demand_price[row] * self.jobs[at].demand[place]
        for key, row in self.limit_row.items():
            block = key[0] if isinstance(key[0], int) else self.block[int(str(key[1]))]
            dual[block] -= self.limit_price[row] * self.limits[row]
        broken: list[dict[tuple[str, str], float]] = [{} for _ in self.ample]
        for at, ((job, floor), amount) in enumerate(zip(self.floors, self.amounts[unmet:first].tolist(), strict=True)):
            primal[self.block[job]] += self.primal_parts[unmet + at]
            if amount > 1e-6:
                broken[self.block[job]][self.jobs[job].name, floor.name] = amount
        return [
            Plan(tuple(sorted(sent[at])), self._prices(at), broken[at], float(primal[at]), float(dual[at])) for at in range(len(self.ample))
        ]


def _uses(ways: Ways, arcs: Sequence[int], floor: Floor) -> bool:
    links = {ways.ground.links[at].link_id for at in ways.link[list(arcs)].tolist() if at >= 0}
    places = {ways.places[at] for at in ways.home[ways.end[list(arcs)]].tolist()} | {ways.places[ways.home[ways.start[arcs[0]]]]}
    return bool(links & floor.links or places & floor.places)


class _Keeping:
    """Ways worth most when the contracts they keep are paid for, exactly, among those that visit no place twice.

    A walk lives on layers of the graph, one for each set of contracts kept so far. Where the best one visits a place
    twice, a way lacks one of the two arrivals there: both cases are searched on, best first.
    """

    def __init__(self, ways: Ways, floors: Sequence[Floor]) -> None:
        self.ways, self.nodes = ways, ways.nodes
        masks = np.arange(1 << len(floors))
        self.members = (masks[:, None] >> np.arange(len(floors)) & 1).astype(bool)
        of_link = np.array([_bits(link.link_id in floor.links for floor in floors) for link in ways.ground.links] + [0])
        of_place = np.array([_bits(place in floor.places for floor in floors) for place in ways.places], dtype=np.int64)
        self.kept_at = of_place[ways.home]
        bits = of_link[ways.link] | self.kept_at[ways.end]
        start = (masks[:, None] * self.nodes + ways.start).ravel()
        end = ((masks[:, None] | bits) * self.nodes + ways.end).ravel()
        self.order = np.lexsort((end, start))
        self.base = np.tile(np.arange(len(ways.start)), len(masks))[self.order]
        size = self.nodes * len(masks)
        pointer = np.concatenate([[0], np.cumsum(np.bincount(start, minlength=size))]).astype(np.int32)
        self.matrix = csr_array((np.ones(len(start)), end[self.order].astype(np.int32), pointer), shape=(size, size))
        self.arc = {pair: at for at, pair in enumerate(zip(ways.start.tolist(), ways.end.tolist(), strict=True))}

    def best(
        self, weight: NDArray[np.float64], reward: Sequence[float], ends: tuple[int, int], margin: float, *, thorough: bool
    ) -> list[int]:
        """The arcs of the way whose margin and rewards exceed its weight most; none where no way gains anything.

        Not ``thorough``: none, too, where the best walk visits a place twice.
        """
        paid = self.members @ np.asarray(reward)
        waiting = [self._walk(weight, paid, ends, ())]
        seen: set[tuple[int, ...]] = {()}
        while waiting:
            cost, ban, walk = heapq.heappop(waiting)
            if margin - cost <= FINEST_GAIN:
                return []
            arcs = [self.arc[pair] for pair in pairwise(walk)]
            twice = _arrivals(self.ways, arcs)
            if not twice:
                return arcs
            if not thorough:
                return []
            for arrival in twice:
                child = tuple(sorted({*ban, arrival}))
                if child not in seen:
                    seen.add(child)
                    heapq.heappush(waiting, self._walk(weight, paid, ends, child))
            if len(seen) > MOST_SEARCHES:
                raise RuntimeError("the walks that visit a place twice are too many to search all ways beside them")
        return []

    def _walk(
        self, weight: NDArray[np.float64], paid: NDArray[np.float64], ends: tuple[int, int], ban: tuple[int, ...]
    ) -> tuple[float, tuple[int, ...], list[int]]:
        """Weight less rewards, and nodes, of the best walk without some arcs; an infinite weight where there is none."""
        allowed = weight.copy()
        allowed[list(ban)] = np.inf
        self.matrix.data = allowed[self.base]
        first = ends[0] + int(self.kept_at[ends[0]]) * self.nodes
        distance, before = dijkstra(self.matrix, directed=True, indices=first, return_predecessors=True)
        arrivals = ends[1] + self.nodes * np.arange(len(paid))
        cost = distance[arrivals] - paid
        at = int(arrivals[int(np.argmin(cost))])
        least, walk = float(cost.min()), []
        while np.isfinite(least) and at >= 0:
            walk.append(at % self.nodes)
            at = int(before[at])
        return least, ban, walk[::-1]


def _bits(kept: Iterable[bool]) -> int:
    return sum(1 << at for at, keeps in enumerate(kept) if keeps)


def visits_twice(ways: Ways, arcs: Sequence[int]) -> bool:
    """Whether a walk comes back to a place that it has left."""
    return bool(_arrivals(ways, arcs))


def _arrivals(ways: Ways, arcs: Sequence[int]) -> list[int]:
    """The arcs by which a walk arrives twice at one place (or leaves its first one, and comes back); none where it does not."""
    chosen = list(arcs)
    homes = zip(chosen, ways.home[ways.start[chosen]].tolist(), ways.home[ways.end[chosen]].tolist(), strict=True)
    arrival: dict[int, list[int]] = {}
    for at, left, reached in homes:
        arrival.setdefault(left, [])
        if reached != left:
            if reached in arrival:
                return [*arrival[reached], at]
            arrival[reached] = [at]
    return []
