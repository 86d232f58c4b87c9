"""Least-cost flow of one good: the network simplex on the graph of ways, in whole steps, with its proof.

A link's two directions share its capacity, and so do the ways through a place; the simplex counts them apart. And it
may send goods over a place twice, where that avoids a fee. `breaches` and `loops` tell where it did: then the linear
program of ``columns`` has to answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from .columns import Job, Sending, solve, visits_twice
from .simplex import NetworkSimplex, Whole
from .ways import Bound, Ways, without

FINEST_STEP = 1e-6
LARGEST_AMOUNT = 2**50
LARGEST_PRICE = 2**60


class LeastCost:
    """The cheapest way to bring one good from its supplies to its demands, asked again with some arcs closed.

    What cannot come, or only at more than ``penalty`` (USD a tonne, by place of demand), stays unmet.
    """

    def __init__(self, ways: Ways, supply: Mapping[str, float], demand: Mapping[str, float], penalty: Mapping[str, float]) -> None:
        self.ways = ways
        self._ends = (supply, demand, penalty)
        self.demand = {place: demand[place] for place in sorted(demand) if place in ways.target}
        #: What is asked for where nothing can arrive at all.
        self.nowhere = {place: amount for place, amount in demand.items() if place not in ways.target}
        self.step = FINEST_STEP
        while sum(self.demand.values()) / self.step > LARGEST_AMOUNT:
            self.step *= 10
        asked = {place: self._whole(amount) for place, amount in self.demand.items()}
        total = sum(asked.values())
        offered = {ways.origin[place]: min(self._whole(supply[place]), total) for place in sorted(supply) if place in ways.origin}
        first, last = ways.nodes, ways.nodes + 1
        markets = [ways.target[place] for place in asked]
        self._start = np.concatenate([ways.start, np.array([*(first for _ in offered), *markets, *(first for _ in asked)], dtype=np.int64)])
        self._end = np.concatenate([ways.end, np.array([*offered, *(last for _ in asked), *markets], dtype=np.int64)])
        bound = ways.limits
        self.capacity: Whole = np.concatenate(
            [
                # One step above all that is asked for is never full, so what holds nothing back has no price.
                np.floor(np.minimum(bound[ways.bound], (total + 1) * self.step) / self.step + 1e-6).astype(np.int64),
                np.array([*offered.values(), *asked.values(), *asked.values()], dtype=np.int64),
            ]
        )
        free = np.zeros(len(offered) + len(asked))
        price = np.concatenate([ways.weight, free, [penalty[place] for place in asked]])
        resolution = 1e-11
        while float(price.max(initial=1.0)) * (ways.nodes + 4) / resolution > LARGEST_PRICE:
            resolution *= 10
        self.resolution = resolution
        self.price = price
        supplies = np.zeros(ways.nodes + 2, dtype=np.int64)
        supplies[first], supplies[last] = total, -total
        whole_price = np.round(price / resolution).astype(np.int64)
        self._solver = NetworkSimplex(ways.nodes + 2, self._start, self._end, whole_price, supplies)
        self._step_price = price * self.step
        # What each bound lets through in steps, and which it is that counts an arc (0: none).
        self._bound, self._most = ways.bound + 1, bound[:-1] / self.step + 2

    def _whole(self, amount: float) -> int:
        return math.floor(amount / self.step + 1e-6)

    def solve(self, capacity: Whole | None = None, *, afresh: bool = False) -> Whole:
        """The amount on each arc in steps: those of the graph, then supplies, demands and what is unmet of each.

        ``afresh`` (see `NetworkSimplex`) is quicker where most capacities have changed since the last answer.
        """
        return self._solver.solve(self.capacity if capacity is None else capacity, afresh=afresh)

    def without(self, closed: NDArray[np.intp]) -> Whole:
        """The same with some arcs of the graph closed."""
        capacity = self.capacity.copy()
        capacity[closed] = 0
        return self.solve(capacity)

    def answer(self, closed: NDArray[np.intp]) -> tuple[float, NDArray[np.bool_]]:
        """Cost (as `cost`) with some arcs of the graph closed, and which arcs the plan uses; exact in every case."""
        flow = self.without(closed)
        if not self.breaches(flow) and not self.loops(flow):
            return self.cost(flow), flow[: len(self.ways.start)] > 0
        used = np.zeros(len(self.ways.start), dtype=bool)
        kept = np.delete(np.arange(len(self.ways.start)), closed)
        plan = solve([[Job("", without(self.ways, closed), *self._ends)]])[0]
        nowhere = sum(self._ends[2][place] * amount for place, amount in self.nowhere.items())
        used[kept[sorted({at for sending in plan.sendings for at in sending.arcs})]] = True
        return plan.primal - nowhere, used

    def cost(self, flow: Whole) -> float:
        """Thousand USD a year, with the penalty of what is unmet, and the tie-break (far below a dollar) in it."""
        return float(self._step_price @ flow)

    def breaches(self, flow: Whole) -> list[Bound]:
        """Bounds that several arcs share and overstep together."""
        inner = flow[: len(self.ways.start)]
        used = np.bincount(self._bound, inner, len(self._most) + 1)[1:]
        over = used > self._most
        return [self.ways.bounds[at] for at in np.flatnonzero(over).tolist()] if over.any() else []

    def loops(self, flow: Whole) -> bool:
        """Whether some way that the flow is taken apart into visits a place twice, which no way may."""
        if not self.ways.split:
            return False
        inner = np.flatnonzero(flow[: len(self.ways.start)])
        homes = len(self.ways.places)
        start, end = self.ways.home[self.ways.start[inner]], self.ways.home[self.ways.end[inner]]
        onward = csr_array((np.ones(len(inner)), (start, end)), shape=(homes, homes))
        onward.indices, onward.indptr = onward.indices.astype(np.int32), onward.indptr.astype(np.int32)
        # Without a circle among the places no way can come back to one.
        if homes == connected_components(onward, connection="strong", return_labels=False):
            return False
        return any(visits_twice(self.ways, sending.arcs) for sending in self.sendings("", flow))

    def prices(self, flow: Whole) -> dict[tuple[str, str], float]:
        """What one more kt of capacity would save at each full link and place, in USD a tonne."""
        potential = self._solver.potentials()
        inner = len(self.ways.start)
        saved = (potential[self._end[:inner]] - potential[self._start[:inner]]) * self.resolution - self.price[:inner]
        found: dict[tuple[str, str], float] = {}
        for at in np.flatnonzero((self.ways.bound >= 0) & (saved > 1e-6)).tolist():
            limit = self.ways.bounds[self.ways.bound[at]]
            found[limit.kind, limit.name] = max(found.get((limit.kind, limit.name), 0.0), float(saved[at]))
        return dict(sorted(found.items()))

    def dual(self) -> float:
        """The bound that the potentials prove on the cost of any plan, in thousand USD; the gap to `cost` is the proof."""
        potential = self._solver.potentials() * self.resolution
        slack = self.price + potential[self._start] - potential[self._end]
        total = float(sum(self._whole(amount) for amount in self.demand.values()) * self.step)
        first, last = self.ways.nodes, self.ways.nodes + 1
        return total * float(potential[last] - potential[first]) + float(np.minimum(slack, 0.0) @ (self.capacity * self.step))

    def sendings(self, name: str, flow: Whole) -> list[Sending]:
        """The flow taken apart into ways, each from a place of supply to a place of demand."""
        left = flow.copy()
        inner = len(self.ways.start)
        onward: dict[int, list[int]] = {}
        for at in np.flatnonzero(left[:inner] > 0).tolist():
            onward.setdefault(int(self._start[at]), []).append(at)
        places = {node: place for place, node in self.ways.origin.items()}
        ends = {node: place for place, node in self.ways.target.items()}
        found: dict[tuple[int, ...], int] = {}
        first = len(flow) - 2 * len(self.demand)
        arrivals = {self.ways.target[place]: first + at for at, place in enumerate(self.demand)}
        for supply in range(inner, first):
            while left[supply] > 0:
                node, arcs = int(self._end[supply]), []
                while node not in ends:
                    at = next(at for at in onward[node] if left[at] > 0)
                    arcs.append(at)
                    node = int(self._end[at])
                arrival = arrivals[node]
                amount = int(min(left[supply], left[arcs].min(), left[arrival]))
                left[[supply, *arcs, arrival]] -= amount
                found[tuple(arcs)] = found.get(tuple(arcs), 0) + amount
        return sorted(
            Sending(name, places[int(self._start[arcs[0]])], ends[int(self._end[arcs[-1]])], amount * self.step, arcs)
            for arcs, amount in found.items()
        )
