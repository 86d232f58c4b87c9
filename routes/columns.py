"""Least-cost flows of several goods that share capacity: a linear program over ways, found as they are needed.

A column is one way from a place of supply to a place of demand; a shortest-way search at the prices of what is full
tells whether any further column would lower the cost (column generation: Ford and Fulkerson 1958, Tomlin 1966). When
none does, the prices prove that the plan is the cheapest. The programs are solved by HiGHS, through scipy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
    """The cheapest plan of each block; the flows of a block share capacity, blocks (years) do not.

    A block begins with the ways that were worth finding for flows of the same name on the same graph before it.
    """
    plans: list[Plan] = []
    known: dict[tuple[str, int], list[_Column]] = {}
    for block in blocks:
        master = _Master([block])
        master.recall(known)
        plans += _solved(master)
        known |= {(job.name, id(job.ways)): [] for job in master.jobs}
        for column in master.columns:
            job = master.jobs[column.job]
            known[job.name, id(job.ways)].append(column)
    return plans


def _solved(master: _Master) -> list[Plan]:
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


@dataclass
class _Group:
    """Jobs of one block on one graph, priced by one search."""

    block: int
    ways: Ways
    jobs: list[int]
    sources: list[int] = field(default_factory=list)
    row: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ways = self.ways
        order = np.lexsort((ways.end, ways.start))
        self.order = order
        counts = np.bincount(ways.start, minlength=ways.nodes)
        pointer = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self.matrix = csr_array((ways.weight[order], ways.end[order], pointer), shape=(ways.nodes, ways.nodes))
        self.arc = {pair: at for at, pair in enumerate(zip(ways.start.tolist(), ways.end.tolist(), strict=True))}
        self.keys = [(bound.kind, bound.name) for bound in ways.bounds]

    def search(self, price: Mapping[Key, float]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Cheapest distances from every source, and the node before each, at the prices of what is full."""
        tolls = np.array([*(price.get(key, 0.0) for key in self.keys), 0.0])
        self.matrix.data = (self.ways.weight + tolls[self.ways.bound])[self.order]
        return dijkstra(self.matrix, directed=True, indices=self.sources, return_predecessors=True)

    def way(self, before: NDArray[np.int32], source: int, target: int) -> list[int]:
        """The arcs of the way that a row of predecessors holds."""
        arcs, node = [], target
        while node != source:
            previous = int(before[node])
            arcs.append(self.arc[previous, node])
            node = previous
        return arcs[::-1]


class _Master:
    """The linear program: rows for supplies, demands, bounds and floors; columns for ways, unmet demand, broken floors."""

    def __init__(self, blocks: Sequence[Sequence[Job]]) -> None:
        self.jobs = [job for block in blocks for job in block]
        self.block = [at for at, block in enumerate(blocks) for _ in block]
        self.columns: list[_Column] = []
        self.seen: set[tuple[int, tuple[int, ...]]] = set()
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
        self._begin()

    def _limit(self, key: tuple[object, ...], amount: float) -> int:
        if key not in self.limit_row:
            self.limit_row[key] = len(self.limits)
            self.limits.append(amount)
        return self.limit_row[key]

    def _grouped(self) -> list[_Group]:
        groups: dict[tuple[int, int], _Group] = {}
        for at, job in enumerate(self.jobs):
            key = (self.block[at], id(job.ways))
            if key not in groups:
                groups[key] = _Group(self.block[at], job.ways, [])
            groups[key].jobs.append(at)
        for group in groups.values():
            nodes = {group.ways.origin[place] for at in group.jobs for place in self.jobs[at].supply if place in group.ways.origin}
            for at in group.jobs:
                nodes |= {head for floor in self.jobs[at].floors for _, head, _ in _through(group.ways, floor)}
            group.sources = sorted(nodes)
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
                for floor in job.floors:
                    self._through_floor(group, at, (distance, before), floor, None)

    def recall(self, known: Mapping[tuple[str, int], Sequence[_Column]]) -> None:
        """Add the ways that are known of each flow, by its name and graph."""
        for group in self.groups:
            for at in group.jobs:
                job = self.jobs[at]
                for column in known.get((job.name, id(job.ways)), ()):
                    if column.origin in job.supply and column.target in job.demand:
                        self._add(group, at, column.origin, column.target, column.arcs)

    def _found(self, group: _Group, at: int, found: tuple[NDArray[np.float64], NDArray[np.int32]], origin: str, target: str) -> bool:
        start, end = group.ways.origin.get(origin), group.ways.target.get(target)
        if start is None or end is None or not np.isfinite(found[0][group.row[start], end]):
            return False
        return self._add(group, at, origin, target, group.way(found[1][group.row[start]], start, end))

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
        for group in self.groups:
            found = group.search(self._prices(group.block))
            for at in group.jobs:
                grown |= self._better(group, at, found)
        return grown

    def _prices(self, block: int) -> dict[Key, float]:
        return {
            (str(key[1]), str(key[2])): float(self.limit_price[row])
            for key, row in self.limit_row.items()
            if key[0] == block and isinstance(key[0], int) and self.limit_price[row] > 0
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
        # The floors that a way happens to keep are paid for too; without them the gain is only underrated.
        best = {(int(gain[:, to].argmax()), to) for to in range(len(targets))} | {
            (of, int(gain[of].argmax())) for of in range(len(origins))
        }
        grown = False
        for of, to in sorted(best):
            if gain[of, to] > FINEST_GAIN:
                grown |= self._found(group, at, found, origins[of], targets[to])
        for floor in job.floors:
            grown |= self._through_floor(group, at, found, floor, (origins, targets, offer, bid))
        return grown

    def _through_floor(
        self,
        group: _Group,
        at: int,
        found: tuple[NDArray[np.float64], NDArray[np.int32]],
        floor: Floor,
        prices: tuple[list[str], list[str], NDArray[np.float64], NDArray[np.float64]] | None,
    ) -> bool:
        """Add the best way that keeps a contract, made of the way to what it names and the way on from there."""
        job, ways = self.jobs[at], group.ways
        reward = 0.0 if prices is None else float(self.limit_price[self.limit_row["floor", at, floor.name]])
        best: tuple[float, list[int], str, str] | None = None
        for tail, head, arc in _through(ways, floor):
            for of, origin in enumerate(sorted(place for place in job.supply if place in ways.origin)):
                start = ways.origin[origin]
                for to, target in enumerate(sorted(place for place in job.demand if place in ways.target)):
                    end = ways.target[target]
                    length = found[0][group.row[start], tail] + found[0][group.row[head], end]
                    if not np.isfinite(length):
                        continue
                    toll = 0.0 if arc < 0 else float(group.matrix.data[np.flatnonzero(group.order == arc)[0]])
                    gain = reward - length - toll + (0.0 if prices is None else prices[3][to] - prices[2][of])
                    if (best is None or gain > best[0]) and (prices is None or gain > FINEST_GAIN):
                        arcs = group.way(found[1][group.row[start]], start, tail) + ([arc] if arc >= 0 else [])
                        arcs += group.way(found[1][group.row[head]], head, end)
                        if _simple(ways, arcs):
                            best = (gain, arcs, origin, target)
        return best is not None and self._add(group, at, best[2], best[3], best[1])

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


def _through(ways: Ways, floor: Floor) -> list[tuple[int, int, int]]:
    """Where a way can keep a contract: the arcs of its links (start, end, arc), the nodes of its places (node, node, -1)."""
    names = {at for at, link in enumerate(ways.ground.links) if link.link_id in floor.links}
    arcs = np.flatnonzero(np.isin(ways.link, sorted(names))).tolist()
    homes = [at for at, place in enumerate(ways.places) if place in floor.places]
    nodes = np.flatnonzero(np.isin(ways.home, homes)).tolist()
    return [(int(ways.start[at]), int(ways.end[at]), at) for at in arcs] + [(node, node, -1) for node in nodes]


def _uses(ways: Ways, arcs: Sequence[int], floor: Floor) -> bool:
    links = {ways.ground.links[at].link_id for at in ways.link[list(arcs)].tolist() if at >= 0}
    places = {ways.places[at] for at in ways.home[ways.end[list(arcs)]].tolist()} | {ways.places[ways.home[ways.start[arcs[0]]]]}
    return bool(links & floor.links or places & floor.places)


def _simple(ways: Ways, arcs: Sequence[int]) -> bool:
    """Whether a way visits no node twice."""
    nodes = [int(ways.start[arcs[0]]), *ways.end[list(arcs)].tolist()] if arcs else []
    return bool(nodes) and len(set(nodes)) == len(nodes)
