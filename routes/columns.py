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
#: A way that would be worth taking if it were cheaper by this share of its cost is tried in the next block as well.
NEARLY = 0.05
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
    """One flow to place on a graph: amounts in kt a year (gas: mcm), ``penalty`` in USD a tonne not delivered.

    ``tie`` is what a kilometre counts to this flow alone, in USD a tonne: it parts flows that could change places.
    """

    name: str
    ways: Ways
    supply: Mapping[str, float]
    demand: Mapping[str, float]
    penalty: Mapping[str, float]
    floors: tuple[Floor, ...] = ()
    tie: float = 0.0


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

    A block begins with the ways that were found for the flows of the same name in the block before, where these are
    ways of its own graph as well.
    """
    plans: list[Plan] = []
    known: _Known = {}
    for jobs in blocks:
        master = _Master(jobs, known)
        master.grow_out()
        plans.append(master.plan())
        known = master.known()
    return plans


class _Column(NamedTuple):
    job: int
    origin: str
    target: str
    arcs: tuple[int, ...]
    cost: float


#: The graph and the ways found on it, by name of flow.
_Known = dict[str, tuple[Ways, list[_Column]]]


class _Structure:
    """What the graphs of several flows have in common: everything but the weights."""

    def __init__(self, ways: Ways) -> None:
        self.order = np.lexsort((ways.end, ways.start))
        counts = np.bincount(ways.start, minlength=ways.nodes)
        pointer = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self.matrix = csr_array((ways.weight[self.order], ways.end[self.order], pointer), shape=(ways.nodes, ways.nodes))
        self.arc = {pair: at for at, pair in enumerate(zip(ways.start.tolist(), ways.end.tolist(), strict=True))}
        self.keys = [(bound.kind, bound.name) for bound in ways.bounds]


class _Found(NamedTuple):
    """Cheapest distances from some nodes, the node before each on the way, and the row of each of those nodes."""

    distance: NDArray[np.float64]
    before: NDArray[np.int32]
    row: Mapping[int, int]


@dataclass
class _Group:
    """Jobs on one graph, priced by one search."""

    ways: Ways
    structure: _Structure
    jobs: list[int] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        #: The row of the program for each bound; -1 while no way has met it.
        self.rows = np.full(len(self.ways.bounds), -1, dtype=np.int64)

    def priced(self, price: Mapping[Key, float]) -> NDArray[np.float64]:
        """The weight of each arc with the price of what limits it."""
        return self.ways.weight + np.array([*(price.get(key, 0.0) for key in self.structure.keys), 0.0])[self.ways.bound]

    def search(self, weight: NDArray[np.float64], sources: Sequence[int]) -> _Found:
        """The cheapest ways from some nodes at these weights."""
        self.structure.matrix.data = weight[self.structure.order]
        distance, before = dijkstra(self.structure.matrix, directed=True, indices=sources, return_predecessors=True)
        return _Found(distance, before, {node: row for row, node in enumerate(sources)})

    def way(self, found: _Found, source: int, target: int) -> list[int]:
        """The arcs of the way between two nodes that a search has found."""
        before, arcs, node = found.before[found.row[source]], [], target
        while node != source:
            previous = int(before[node])
            arcs.append(self.structure.arc[previous, node])
            node = previous
        return arcs[::-1]


class _Master:
    """The linear program of a block: rows for supplies, demands, bounds and floors; columns for ways, unmet demand, broken floors."""

    def __init__(self, jobs: Sequence[Job], known: _Known) -> None:
        self.jobs = list(jobs)
        self.columns: list[_Column] = []
        self.seen: set[tuple[int, tuple[int, ...]]] = set()
        #: Jobs for which a search has met a walk that visits a place twice, which no way may.
        self.looped: set[int] = set()
        self.keeping: dict[int, _Keeping] = {}
        wanted = [(at, place) for at, job in enumerate(self.jobs) for place in job.demand]
        self.demand_row = {key: row for row, key in enumerate(wanted)}
        self.limit_row: dict[tuple[str | int, str], int] = {}
        self.limits: list[float] = []
        self.ample = sum(sum(job.supply.values()) for job in self.jobs)
        for at, job in enumerate(self.jobs):
            for place, amount in job.supply.items():
                self._limit((at, f"supply:{place}"), amount)
        self.floors = [(at, floor) for at, job in enumerate(self.jobs) for floor in job.floors]
        for at, floor in self.floors:
            self._limit((at, f"floor:{floor.name}"), -floor.amount)
        #: The rows of each column: its supply, what limits it, and the contracts it keeps.
        self.entries: list[NDArray[np.int64]] = []
        self.groups = self._grouped()
        self._recall(known)
        self._begin()

    def _limit(self, key: tuple[str | int, str], amount: float) -> int:
        if key not in self.limit_row:
            self.limit_row[key] = len(self.limits)
            self.limits.append(amount)
        return self.limit_row[key]

    def _grouped(self) -> list[_Group]:
        groups: dict[int, _Group] = {}
        structures: dict[int, _Structure] = {}
        for at, job in enumerate(self.jobs):
            if id(job.ways) not in groups:
                # Graphs that differ in their weights alone share their arrays of arcs.
                if id(job.ways.start) not in structures:
                    structures[id(job.ways.start)] = _Structure(job.ways)
                groups[id(job.ways)] = _Group(job.ways, structures[id(job.ways.start)])
            groups[id(job.ways)].jobs.append(at)
        for group in groups.values():
            group.sources = sorted({node for at in group.jobs for node in self._sources(at)})
        return [group for group in groups.values() if group.sources]

    def _sources(self, at: int) -> list[int]:
        job = self.jobs[at]
        return sorted(job.ways.origin[place] for place in job.supply if place in job.ways.origin)

    def known(self) -> _Known:
        """The ways that are taken or nearly worth it, for the block after this one."""
        found: _Known = {job.name: (job.ways, []) for job in self.jobs}
        for column, short in zip(self.columns, self.short[self.offset[1] :].tolist(), strict=True):
            if short <= NEARLY * column.cost:
                found[self.jobs[column.job].name][1].append(column)
        return found

    def _recall(self, known: _Known) -> None:
        """Add the ways known from the block before, of flows whose graph has the same arcs."""
        alike: dict[tuple[int, int], bool] = {}
        for group in self.groups:
            for at in group.jobs:
                job = self.jobs[at]
                if job.name not in known:
                    continue
                graph, columns = known[job.name]
                pair = (id(graph), id(job.ways))
                if pair not in alike:
                    alike[pair] = same_arcs(graph, job.ways)
                for column in columns if alike[pair] else ():
                    if column.origin in job.supply and column.target in job.demand:
                        self._add(group, at, column.origin, column.target, column.arcs)

    def _begin(self) -> None:
        """A first column for every pair that has a way at all."""
        begun = {column.job for column in self.columns}
        for group in self.groups:
            fresh = [at for at in group.jobs if at not in begun]
            if not fresh:
                continue
            found = group.search(group.ways.weight, group.sources)
            for at in fresh:
                for origin in sorted(self.jobs[at].supply):
                    for target in sorted(self.jobs[at].demand):
                        self._found(group, at, found, origin, target)

    def _found(self, group: _Group, at: int, found: _Found, origin: str, target: str) -> bool:
        start, end = group.ways.origin.get(origin), group.ways.target.get(target)
        if start is None or end is None or not np.isfinite(found.distance[found.row[start], end]):
            return False
        arcs = group.way(found, start, end)
        if visits_twice(group.ways, arcs):
            self.looped.add(at)
            return False
        return self._add(group, at, origin, target, arcs)

    def _add(self, group: _Group, at: int, origin: str, target: str, arcs: Iterable[int]) -> bool:
        taken = tuple(arcs)
        if (at, taken) in self.seen:
            return False
        self.seen.add((at, taken))
        job, index = self.jobs[at], list(taken)
        bounds = group.ways.bound[index]
        # What lets through all there is holds nothing back.
        bounds = bounds[group.ways.limits[bounds] < self.ample]
        for bound in bounds[group.rows[bounds] < 0].tolist():
            limit = group.ways.bounds[bound]
            group.rows[bound] = self._limit((limit.kind, limit.name), limit.capacity)
        kept = [self.limit_row[at, f"floor:{floor.name}"] for floor in job.floors if _uses(group.ways, index, floor)]
        rows = np.concatenate([[self.limit_row[at, f"supply:{origin}"]], group.rows[bounds], np.array(kept, dtype=np.int64)])
        cost = float(group.ways.weight[index].sum() + job.tie * group.ways.km[index].sum())
        self.columns.append(_Column(at, origin, target, taken, cost))
        self.entries.append(rows)
        return True

    def grow_out(self) -> None:
        """Solve and add ways until none is left that would lower the cost; ties between flows are settled last."""
        self.solve()
        for tied in (False, True) if any(job.tie for job in self.jobs) else (False,):
            rounds = 0
            while self.grow(tied=tied):
                self.solve()
                rounds += 1
                if rounds > MOST_ROUNDS:
                    raise RuntimeError("the search for better ways did not end")

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
        size = unmet + broken + ways
        held = np.array([self.limit_row[at, f"floor:{floor.name}"] for at, floor in self.floors], dtype=np.int64)
        row = np.concatenate([held, *self.entries])
        col = np.concatenate(
            [np.arange(unmet, unmet + broken), np.repeat(np.arange(unmet + broken, size), [len(rows) for rows in self.entries])]
        )
        # A contract's row counts what keeps it from below, every other one what is used from above.
        value = np.where(np.isin(row, held), -1.0, 1.0)
        limits = csr_array((value, (row, col)), shape=(len(self.limits), size))
        met_col = [*range(unmet), *range(unmet + broken, size)]
        met_row = [*range(unmet), *(self.demand_row[column.job, column.target] for column in self.columns)]
        met = csr_array((np.ones(len(met_col)), (met_row, met_col)), shape=(unmet, size))
        asked = [self.jobs[at].demand[place] for at, place in wanted]
        solved = linprog(cost * SCALE, limits, self.limits, met, asked, method="highs-ds", options={"presolve": False})
        if solved.x is None:
            raise RuntimeError(f"the linear program was not solved: {solved.message}")
        self.primal_parts = cost * solved.x
        self.amounts = np.asarray(solved.x)
        #: By how much each column would have to be cheaper to be worth taking.
        self.short = np.asarray(solved.lower.marginals) / SCALE
        self.offset = (unmet, unmet + broken)
        self.demand_price = np.asarray(solved.eqlin.marginals) / SCALE
        self.limit_price = np.maximum(-np.asarray(solved.ineqlin.marginals) / SCALE, 0.0)

    def grow(self, *, tied: bool) -> bool:
        """Add the ways that would lower the cost at today's prices; False where there are none.

        Not ``tied``: the flows of a graph are searched for at once, and what parts them from each other is left out.
        """
        grown = False
        prices = self._prices()
        for group in self.groups:
            weight = group.priced(prices)
            shared = None if tied else group.search(weight, group.sources)
            for at in group.jobs:
                own = weight + self.jobs[at].tie * group.ways.km if tied else weight
                found = shared or group.search(own, self._sources(at))
                grown |= self._better(group, at, found)
                grown |= self._better_kept(group, at, own, found)
        return grown

    def _prices(self) -> dict[Key, float]:
        """The price of every full link and place."""
        return {
            (str(key[0]), key[1]): float(self.limit_price[row])
            for key, row in self.limit_row.items()
            if isinstance(key[0], str) and self.limit_price[row] > 0
        }

    def _better(self, group: _Group, at: int, found: _Found) -> bool:
        job, ways = self.jobs[at], group.ways
        origins = [place for place in sorted(job.supply) if place in ways.origin]
        targets = [place for place in sorted(job.demand) if place in ways.target]
        if not origins or not targets:
            return False
        rows, columns = [found.row[ways.origin[place]] for place in origins], [ways.target[place] for place in targets]
        distance = found.distance[np.ix_(rows, columns)]
        offer = np.array([self.limit_price[self.limit_row[at, f"supply:{place}"]] for place in origins])
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

    def _better_kept(self, group: _Group, at: int, weight: NDArray[np.float64], found: _Found) -> bool:
        """Add ways that a plain search misses: for the contracts they keep, or beside a walk that visits a place twice.

        Where this finds none that lowers the cost, there is none.
        """
        job, ways = self.jobs[at], group.ways
        reward = [float(self.limit_price[self.limit_row[at, f"floor:{floor.name}"]]) for floor in job.floors]
        if not any(reward) and at not in self.looped:
            return False
        if at not in self.keeping:
            self.keeping[at] = _Keeping(ways, job.floors)
        keeping = self.keeping[at]
        pairs = []
        for origin in sorted(set(job.supply) & set(ways.origin)):
            for target in sorted(set(job.demand) & set(ways.target)):
                ends = ways.origin[origin], ways.target[target]
                margin = float(self.demand_price[self.demand_row[at, target]] - self.limit_price[self.limit_row[at, f"supply:{origin}"]])
                if margin + sum(reward) - found.distance[found.row[ends[0]], ends[1]] > FINEST_GAIN:
                    pairs.append((origin, target, ends, margin))
        # The search at hand has the best walk of every pair already, where no contract pays for another.
        grown = False
        for origin, target, *_ in pairs if not any(reward) else ():
            grown |= self._found(group, at, found, origin, target)
        for thorough in (False, True) if any(reward) else (True,):
            if grown:
                break
            for origin, target, ends, margin in pairs:
                arcs = keeping.best(weight, reward, ends, margin, thorough=thorough)
                grown |= bool(arcs) and self._add(group, at, origin, target, arcs)
        return grown

    def plan(self) -> Plan:
        """The plan that the last solution holds."""
        unmet, first = self.offset
        sent = [
            Sending(self.jobs[column.job].name, column.origin, column.target, amount, column.arcs)
            for column, amount in zip(self.columns, self.amounts[first:].tolist(), strict=True)
            if amount > 1e-9
        ]
        dual = sum(float(self.demand_price[row]) * self.jobs[at].demand[place] for (at, place), row in self.demand_row.items())
        dual -= float(self.limit_price @ np.array(self.limits)) if self.limits else 0.0
        broken = {
            (self.jobs[job].name, floor.name): amount
            for (job, floor), amount in zip(self.floors, self.amounts[unmet:first].tolist(), strict=True)
            if amount > 1e-6
        }
        return Plan(tuple(sorted(sent)), self._prices(), broken, float(self.primal_parts.sum()), dual)


def same_arcs(one: Ways, other: Ways) -> bool:
    """Whether two graphs have the same nodes and arcs for the same links, whatever these cost and hold."""
    if one is other:
        return True
    names = [[link.link_id for link in graph.ground.links] for graph in (one, other)]
    arrays = ("start", "end", "link", "forward", "home")
    return names[0] == names[1] and one.places == other.places and all(np.array_equal(getattr(one, a), getattr(other, a)) for a in arrays)


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
