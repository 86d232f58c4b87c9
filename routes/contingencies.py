"""What a closure costs: every single closure and every pair, exactly, without solving most of them.

A closure that nothing flows through changes nothing. Of a pair, the flow that is left after one closure tells the
least that can still arrive after both, and every cut seen so far the most; only where the two differ is it solved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.network import Network

from .allocation import UNMET_USD_T
from .arcs import LARGEST, Arcs, Ends, both_ends, closed_arcs, closures, expand, joined
from .flow import max_flow
from .least_cost import LeastCost
from .scenarios import Scenario, Selection
from .scene import Scene, scene
from .simplex import LargestFlow, Whole
from .ways import Ways, ways

WORTHS = ("amount", "cost")
#: Of the flows seen so far, those with most left are asked what a further closure leaves: more tell little more.
MOST_FLOWS = 128


def contingency(
    network: Network,
    sources: Ends,
    sinks: Ends,
    commodity: str,
    *,
    order: int = 1,
    over: str = "links",
    by: str = "amount",
    scenario: Scenario | None = None,
) -> pd.DataFrame:
    """What every closure (``order=1``) or pair of closures (``order=2``) leaves, exactly; largest loss first.

    ``over`` is ``links``, ``places``, ``corridors`` or ``countries``, of those that carry the commodity. Columns:
    ``closed`` (an id, or ``a + b``), for pairs ``closed_1`` and ``closed_2``, ``value`` and ``loss``.
    ``by="amount"``: ``value`` is the largest flow that is left, in kt a year (gas: mcm), ``inf`` where it is unbounded
    (where it is that, or zero, before any closure, ``attrs["reason"]`` says why);
    ``by="cost"``: the least cost in USD a year of bringing what the sources offer to what the sinks ask for (both with
    amounts), a tonne that cannot come counted at 10,000 USD, and ``loss`` is what the closure adds.
    Raises ValueError for an unknown word, another order, or ``by="cost"`` without amounts, UnknownIdError for an id.

    >>> import geodata
    >>> worst = contingency(geodata.read_network(), "tengiz", "augusta-port", "crude", over="countries").iloc[0]
    >>> worst["closed"], bool(worst["value"] == 0)
    ('country:ITA', True)
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, not {order!r}")
    if by not in WORTHS:
        raise ValueError(f"by={by!r} is unknown; valid: {', '.join(WORTHS)}")
    offered, taken = both_ends(network, sources, sinks)
    ground = scene(network, commodity, scenario=scenario)
    units = closures(ground, over)
    if by == "cost":
        base, values = _costs(ground, offered, taken, units, order)
        sign = 1.0
    else:
        base, values = _amounts(ground, offered, taken, units, order, disjoint=over == "links")
        sign = -1.0
    frame = _table(list(units), order, base, values, sign)
    bare = by == "amount" and base in (0.0, math.inf)
    frame.attrs["reason"] = max_flow(network, offered, taken, commodity, scenario=scenario).reason if bare else ""
    return frame


def _table(names: list[str], order: int, base: float, values: Mapping[tuple[int, ...], float], sign: float) -> pd.DataFrame:
    """Rows of every closure; those not in ``values`` change nothing."""
    first, second = np.array(list(combinations(range(len(names)), order)), dtype=np.intp).reshape(-1, order).T[[0, -1]]
    value = np.full(len(first), base)
    if order == 1:
        for (at,), amount in values.items():
            value[at] = amount
    else:
        count = len(names)
        for (one, two), amount in values.items():
            value[one * (2 * count - one - 1) // 2 + two - one - 1] = amount
    # Unbounded before and after is no loss.
    loss = np.zeros(len(value))
    differs = value != base
    loss[differs] = np.maximum(sign * (value[differs] - base), 0.0)
    ids = np.array(names, dtype=object)
    frame = pd.DataFrame({"closed": ids[first]})
    if order == 2:
        frame = pd.DataFrame({"closed": ids[first] + " + " + ids[second], "closed_1": ids[first], "closed_2": ids[second]})
    frame = frame.assign(value=value, loss=loss)
    return frame.iloc[np.argsort(-loss, kind="stable")].reset_index(drop=True)


def _amounts(
    ground: Scene,
    offered: Mapping[str, float],
    taken: Mapping[str, float],
    units: Mapping[str, Selection],
    order: int,
    *,
    disjoint: bool,
) -> tuple[float, dict[tuple[int, ...], float]]:
    arcs = expand(ground, offered, taken)
    closed = closed_arcs(arcs, units.values())
    if arcs.unlimited():
        return math.inf, _unbounded(arcs, closed, order)
    # The shortest of the largest flows uses fewest units, so fewer closures change anything.
    engine = LargestFlow(arcs, price=np.ones(len(arcs.label), dtype=np.int64))
    study = FlowStudy(engine, closed)
    values = study.pairs(disjoint=disjoint) if order == 2 else study.singles()
    return study.base * engine.step, {which: steps * engine.step for which, steps in values.items()}


def _unbounded(arcs: Arcs, closed: list[NDArray[np.intp]], order: int) -> dict[tuple[int, ...], float]:
    """Closures that make an unbounded flow finite."""
    values = {}
    for which in combinations(range(len(closed)), order):
        still = np.ones(len(arcs.label), dtype=bool)
        still[joined(closed, which)] = False
        if not arcs.unlimited(still):
            engine = LargestFlow(replace(arcs, capacity=np.where(still, arcs.capacity, 0.0)))
            values[which] = engine.solve(engine.capacity)[0] * engine.step
    return values


class FlowStudy:
    """The largest flow under closures of units (sets of arcs), in steps; ``solves`` counts what had to be solved."""

    def __init__(self, engine: LargestFlow, units: list[NDArray[np.intp]]) -> None:
        self.engine = engine
        self.units = units
        self.solves = 1
        count = len(units)
        member = np.concatenate([np.asarray(unit, dtype=np.intp) for unit in units]) if units else np.zeros(0, dtype=np.intp)
        owner = np.repeat(np.arange(count), [len(unit) for unit in units])
        #: Which arcs make up each unit, to sum over them at once.
        self._member, self._owner = member, owner
        self.base, self.flow = engine.solve(engine.capacity)
        self.support = np.flatnonzero(self._through(self.flow))
        self._cuts, self._flows = _Rows(count), _Rows(count)

    def _through(self, flow: Whole) -> NDArray[np.int64]:
        """An upper bound on what flows through each unit."""
        return np.bincount(self._owner, flow[self._member], len(self.units)).astype(np.int64)

    def singles(self) -> dict[tuple[int, ...], int]:
        """The flow left after each closure that changes anything."""
        self.solves += len(self.support)
        return {(at,): self.engine.without(self.units[at])[0] for at in self.support.tolist()}

    def pairs(self, *, disjoint: bool) -> dict[tuple[int, ...], int]:
        """The flow left after each pair of closures that changes anything.

        Any flow seen so far tells, less what of it goes through the two, what at least is left; any cut, less what of
        it the two hold (where units share no arc), what at most.
        """
        count = len(self.units)
        left = np.full(count, self.base)
        through = np.zeros((count, count), dtype=np.int64)
        self._flows.add(self.base, self._through(self.flow))
        for at in self.support.tolist():
            left[at], flow = self.engine.without(self.units[at])
            through[at] = self._through(flow)
            self._flows.add(int(left[at]), through[at])
            if disjoint:
                self._remember()
        self.solves += len(self.support)
        values: dict[tuple[int, ...], int] = {}
        inside = np.zeros(count, dtype=bool)
        inside[self.support] = True
        later = np.ones(count, dtype=bool)
        for at in self.support.tolist():
            # A pair inside the support is answered in the first of its two rows.
            later[at] = False
            least = np.maximum(left[at] - through[at], np.where(inside, left - through[:, at], 0))
            most = np.minimum(left, left[at])
            if disjoint:
                most = np.minimum(most, self._cuts.most(at))
            unsure = later & (least < most)
            open_at = np.flatnonzero(unsure)
            least[open_at] = np.maximum(least[open_at], self._flows.least(at, open_at, least[open_at]))
            unsure &= least < most
            while unsure.any():
                # The widest gap first: its flow and its cut close most of the others.
                other = int(np.argmax(np.where(unsure, most - least, -1)))
                self.solves += 1
                exact, flow = self.engine.without(np.concatenate([self.units[at], self.units[other]]))
                passing = self._through(flow)
                self._flows.add(exact, passing)
                least = np.maximum(least, exact - passing)
                if disjoint:
                    held, total = self._remember()
                    most = np.minimum(most, total - held[at] - held)
                least[other] = most[other] = exact
                unsure &= least < most
            for other in np.flatnonzero(later & (least != self.base)).tolist():
                values[min(at, other), max(at, other)] = int(least[other])
        return values

    def _remember(self) -> tuple[NDArray[np.int64], int]:
        """Keep the cut that the last answer proves: what of it each unit holds, and its capacity."""
        arcs, capacity = self.engine.arcs, self.engine.capacity
        near = self.engine.near()
        across = np.where(near[arcs.start] & ~near[arcs.end], capacity, 0)
        held, total = np.bincount(self._owner, across[self._member], len(self.units)).astype(np.int64), int(across.sum())
        self._cuts.add(total, held)
        return held, total


class _Rows:
    """Flows or cuts seen so far, a row each: what goes through or is held by each unit, and in the last column the total."""

    def __init__(self, units: int) -> None:
        self._rows = np.zeros((64, units + 1), dtype=np.int64)
        self._seen: set[bytes] = set()

    def add(self, total: int, of_unit: NDArray[np.int64]) -> None:
        """Keep a row, once."""
        row = np.append(of_unit, total)
        count = len(self._seen)
        self._seen.add(row.tobytes())
        if len(self._seen) > count:
            if count == len(self._rows):
                self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
            self._rows[count] = row

    def most(self, at: int) -> NDArray[np.int64]:
        """The most that a unit and each other one together leave of any cut."""
        rows = self._rows[: len(self._seen)]
        return np.asarray((rows[:, -1] - rows[:, at])[:, None] - rows[:, :-1]).min(axis=0)

    def least(self, at: int, others: NDArray[np.intp], known: NDArray[np.int64]) -> NDArray[np.int64]:
        """The least that a unit and each of some others together leave, by the flows that can tell more than is known."""
        rows = self._rows[: len(self._seen)]
        alone = rows[:, -1] - rows[:, at]
        worth = np.flatnonzero(alone > known.min(initial=LARGEST))
        if len(worth) > MOST_FLOWS:
            worth = worth[np.argpartition(-alone[worth], MOST_FLOWS)[:MOST_FLOWS]]
        if not len(worth):
            return known
        return np.asarray((alone[worth, None] - rows[np.ix_(worth, others)]).max(axis=0))


def _costs(
    ground: Scene,
    offered: Mapping[str, float],
    taken: Mapping[str, float],
    units: Mapping[str, Selection],
    order: int,
) -> tuple[float, dict[tuple[int, ...], float]]:
    if not all(math.isfinite(amount) for amount in (*offered.values(), *taken.values())):
        raise ValueError("by='cost' needs amounts: give sources and sinks as mappings of place to kt a year")
    graph = ways(ground, offered, taken)
    engine = LeastCost(graph, offered, taken, dict.fromkeys(taken, UNMET_USD_T))
    closed = [ways_closed(graph, unit) for unit in units.values()]
    nowhere = UNMET_USD_T * sum(engine.nowhere.values())
    study = CostStudy(engine, closed)
    values = study.pairs() if order == 2 else study.singles()
    return (study.base + nowhere) * 1000.0, {which: (cost + nowhere) * 1000.0 for which, cost in values.items()}


def ways_closed(graph: Ways, unit: Selection) -> NDArray[np.intp]:
    """The arcs of a graph of ways that a closure of links and places takes away."""
    gone_links = [at for at, link in enumerate(graph.ground.links) if link.link_id in unit.links]
    gone_homes = [at for at, place in enumerate(graph.places) if place in unit.places]
    nodes = np.isin(graph.home, gone_homes)
    return np.flatnonzero(np.isin(graph.link, gone_links) | nodes[graph.start] | nodes[graph.end])


class CostStudy:
    """The least cost under closures of sets of arcs, in thousand USD; what carries nothing is not solved again."""

    def __init__(self, engine: LeastCost, units: list[NDArray[np.intp]]) -> None:
        self.engine = engine
        self.units = units
        self.solves = 0
        self._member = np.concatenate(units) if units else np.zeros(0, dtype=np.intp)
        self._owner = np.repeat(np.arange(len(units)), [len(unit) for unit in units])
        self.base, used = self._answer(np.zeros(0, dtype=np.intp))
        self.support = sorted(used)

    def _answer(self, closed: NDArray[np.intp]) -> tuple[float, set[int]]:
        """The cost with some arcs closed, and the units that the plan then uses."""
        self.solves += 1
        cost, used = self.engine.answer(closed)
        return cost, set(self._owner[used[self._member]].tolist())

    def singles(self) -> dict[tuple[int, ...], float]:
        """The cost after each closure that changes anything."""
        self.solves += len(self.support)
        return {(at,): self.engine.answer(self.units[at])[0] for at in self.support}

    def pairs(self) -> dict[tuple[int, ...], float]:
        """The cost after each pair of closures that changes anything.

        Where the plan after one closure does not use the other one, it answers for both.
        """
        alone = {at: self._answer(self.units[at]) for at in self.support}
        values: dict[tuple[int, ...], float] = {}
        for at, (cost, used) in alone.items():
            for other in range(len(self.units)):
                pair = (min(at, other), max(at, other))
                if other == at or pair in values:
                    continue
                if other not in used:
                    values[pair] = cost
                elif other in alone and at not in alone[other][1]:
                    values[pair] = alone[other][0]
                else:
                    self.solves += 1
                    values[pair] = self.engine.answer(np.concatenate([self.units[at], self.units[other]]))[0]
        return values
