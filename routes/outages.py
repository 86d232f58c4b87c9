"""How surely an amount arrives where links and places fail: exactly on small networks, by draws on large ones.

Links and places fail independently with one minus their availability; one that states none does not fail. Draws use a
stream of random numbers for each id, so that two scenarios meet the same failures (common random numbers) and their
difference is known far better than either.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm

from geodata.network import Network

from .arcs import Arcs, Ends, both_ends, closed_arcs, expand, joined
from .errors import unknown
from .scenarios import Scenario, Selection
from .scene import Scene, scene
from .simplex import LargestFlow, Whole

#: Branches after which the exact answer is given up.
MOST_BRANCHES = 200_000
CONFIDENCE = 0.95


class Difference(NamedTuple):
    """A paired difference and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, repr=False)
class Reliability:
    """``probability`` that at least ``demand`` arrives, with its 95 % ``interval`` (a point where it is exact).

    ``expected`` is the mean of what arrives of the demand, in kt a year (gas: mcm a year); ``draws`` what arrived in
    each draw (empty where the answer is exact); ``failing`` the ids that can fail.
    """

    demand: float
    probability: float
    interval: tuple[float, float]
    expected: float
    failing: tuple[str, ...]
    draws: NDArray[np.float64] = field(repr=False, hash=False, compare=False)

    def __repr__(self) -> str:
        how = f"{len(self.draws):,} draws" if len(self.draws) else "exact"
        low, high = self.interval
        surely = f"{self.demand:,.1f} a year arrives with probability {self.probability:.5f} ({low:.5f}-{high:.5f}, {how})"
        return f"{surely}; {self.expected:,.1f} expected"

    def minus(self, other: Reliability) -> Difference:
        """How much more is expected here than in another answer, over the same draws.

        Raises ValueError where the two were not drawn alike: an exact one, or another number of draws.
        """
        if not len(self.draws) or len(self.draws) != len(other.draws):
            raise ValueError("a paired difference needs two answers with equally many draws")
        paired = self.draws - other.draws
        half = float(norm.ppf(0.5 + CONFIDENCE / 2) * paired.std(ddof=1) / math.sqrt(len(paired)))
        return Difference(float(paired.mean()), float(paired.mean()) - half, float(paired.mean()) + half)


def reliability(
    network: Network,
    sources: Ends,
    sinks: Ends,
    commodity: str,
    *,
    demand: float,
    exact: bool = False,
    draws: int = 10_000,
    seed: int = 0,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    scenario: Scenario | None = None,
) -> Reliability:
    """The probability that at least ``demand`` (kt a year, gas: mcm) arrives, and how much of it is expected.

    ``exact=True`` follows every failure that matters, which only a small network allows; otherwise ``draws`` failures
    are drawn from ``seed``, with a Wilson interval. ``ranges`` gives links and places (by id) a low and a high
    capacity: each draw then takes one from the triangle (low, capacity, high).
    Raises ValueError for a demand that is not above zero and finite, draws below 2, an availability outside 0..1,
    ranges that do not hold the capacity or are asked for exactly, or a network too large to be exact about; UnknownIdError
    for a range of an unknown id.

    >>> import geodata
    >>> sure = reliability(geodata.read_network(), "tengiz", "cpc-terminal", "crude", demand=1000.0, draws=100)
    >>> sure.probability, sure.failing  # the packaged network states no availability
    (1.0, ())
    """
    if not (math.isfinite(demand) and demand > 0):
        raise ValueError(f"demand must be finite and above zero, not {demand!r}")
    if exact and ranges:
        raise ValueError("ranges are drawn: ask with exact=False")
    if not exact and (isinstance(draws, bool) or int(draws) != draws or draws < 2):
        raise ValueError(f"draws must be a whole number of 2 or more, not {draws!r}")
    offered, taken = both_ends(network, sources, sinks)
    ground = scene(network, commodity, scenario=scenario)
    arcs = expand(ground, {place: min(amount, demand) for place, amount in offered.items()}, taken)
    units = _failing(ground)
    limits = _ranged(arcs, ground, ranges or {}, seed, int(draws))
    engine = LargestFlow(_widest(arcs, limits), most=demand)
    closed = closed_arcs(arcs, [unit for unit, _ in units.values()])
    works = np.array([share for _, share in units.values()])
    steps = math.floor(demand / engine.step + 1e-6)
    if exact:
        probability, expected = _factored(engine, closed, works, steps)
        return Reliability(demand, probability, (probability, probability), expected * engine.step, tuple(units), np.zeros(0))
    down = _drawn(list(units), seed, int(draws)) >= works
    arrived = _sampled(engine, closed, down, limits)
    met = int((arrived >= steps).sum())
    proven = binomtest(met, len(arrived)).proportion_ci(confidence_level=CONFIDENCE, method="wilson")
    amounts = np.minimum(arrived * engine.step, demand)
    return Reliability(demand, met / len(arrived), (float(proven.low), float(proven.high)), float(amounts.mean()), tuple(units), amounts)


def _failing(ground: Scene) -> dict[str, tuple[Selection, float]]:
    """What can fail, by id: the closure it is, and its availability."""
    found: dict[str, tuple[Selection, float]] = {}
    touched = {place for link in ground.links for place in (link.from_place, link.to_place)}
    places = [ground.network.place_facts[name] for name in sorted(touched)]
    named = [(link.link_id, link.availability, Selection(frozenset([link.link_id]), frozenset())) for link in ground.links]
    named += [(place.place_id, place.availability, Selection(frozenset(), frozenset([place.place_id]))) for place in places]
    for name, share, unit in named:
        if not (math.isnan(share) or 0 <= share <= 1):
            raise ValueError(f"the availability of {name!r} is {share}; it must lie in 0..1")
        if share < 1:
            found[name if name not in found else f"place:{name}"] = (unit, share)
    return found


def _factored(engine: LargestFlow, closed: list[NDArray[np.intp]], works: NDArray[np.float64], steps: int) -> tuple[float, float]:
    """Probability and mean by branching on what the flow uses: a flow that uses nothing uncertain decides its branch."""
    probability = expected = 0.0
    branches = [(1.0, frozenset[int](), frozenset[int]())]
    for done in range(MOST_BRANCHES + 1):
        if not branches:
            return probability, expected
        weight, failed, sure = branches.pop()
        value, flow = engine.without(joined(closed, failed))
        used = [at for at in range(len(closed)) if at not in sure and at not in failed and flow[closed[at]].any()]
        if not used:
            probability += weight if value >= steps else 0.0
            expected += weight * min(value, steps)
            continue
        at = max(used, key=lambda unit: (int(flow[closed[unit]].max()), -unit))
        if works[at] > 0:
            branches.append((weight * works[at], failed, sure | {at}))
        if works[at] < 1:
            branches.append((weight * (1 - works[at]), failed | {at}, sure))
        if done == MOST_BRANCHES:
            break
    raise ValueError(f"more than {MOST_BRANCHES:,} branches: the network is too large to be exact about; ask with exact=False")


def _drawn(names: list[str], seed: int, draws: int) -> NDArray[np.float64]:
    """Uniform numbers, a row a draw and a column an id; an id has the same ones in every scenario."""
    columns = [np.random.default_rng([seed, zlib.crc32(name.encode())]).random(draws) for name in names]
    return np.column_stack(columns) if columns else np.zeros((draws, 0))


#: The arcs whose capacity is drawn, and their capacities in kt a year, a row a draw.
Limits = tuple[NDArray[np.intp], NDArray[np.float64]]


def _ranged(arcs: Arcs, ground: Scene, ranges: Mapping[str, tuple[float, float]], seed: int, draws: int) -> Limits:
    """The capacities that are drawn; a range of what takes no part (closed, say) changes nothing."""
    found, numbers = [], []
    at_link = {link.link_id: link.capacity for link in ground.links}
    known = {**ground.network.link_facts, **ground.network.place_facts}
    for name, (low, high) in sorted(ranges.items()):
        if name not in known:
            raise unknown("link or place", name, known, "network.links and network.places")
        if name not in at_link and name not in ground.place_capacity:
            continue
        capacity = at_link.get(name, ground.place_capacity.get(name, math.nan))
        if not (math.isfinite(capacity) and 0 <= low <= capacity <= high < math.inf):
            raise ValueError(f"the range of {name!r} is {low}-{high}; it must hold the capacity, {capacity}")
        share = np.random.default_rng([seed, zlib.crc32(name.encode()), 1]).random(draws)
        amount = _triangle(share, low, capacity, high)
        for arc in [at for at, label in enumerate(arcs.label) if label == name and arcs.is_place(at) == (name not in at_link)]:
            found.append(arc)
            numbers.append(amount)
    return np.array(found, dtype=np.intp), np.column_stack(numbers) if numbers else np.zeros((draws, 0))


def _widest(arcs: Arcs, limits: Limits) -> Arcs:
    """The arcs with the largest capacity of any draw: nothing else may be cut down to less than can flow then."""
    ranged, amounts = limits
    capacity = arcs.capacity.copy()
    capacity[ranged] = amounts.max(axis=0, initial=0.0)
    return replace(arcs, capacity=capacity)


def _triangle(share: NDArray[np.float64], low: float, mode: float, high: float) -> NDArray[np.float64]:
    """Numbers of the triangular distribution that belong to uniform ones (its inverse distribution function)."""
    if high == low:
        return np.full(len(share), mode)
    rise = (mode - low) / (high - low)
    up = low + np.sqrt(share * (high - low) * (mode - low))
    down = high - np.sqrt((1 - share) * (high - low) * (high - mode))
    return np.where(share < rise, up, down)


def _sampled(engine: LargestFlow, closed: list[NDArray[np.intp]], down: NDArray[np.bool_], limits: Limits) -> NDArray[np.int64]:
    """What arrives in each draw, in steps."""
    ranged, amounts = limits
    if len(ranged):
        arrived = np.empty(len(down), dtype=np.int64)
        for draw, failed in enumerate(down):
            capacity = engine.capacity.copy()
            capacity[ranged] = np.minimum(np.floor(amounts[draw] / engine.step + 1e-6).astype(np.int64), capacity[ranged])
            capacity[joined(closed, np.flatnonzero(failed).tolist())] = 0
            # All capacities differ from those of the draw before.
            arrived[draw] = engine.solve(capacity, afresh=True)[0]
        return arrived
    memory = Remembered(engine, closed)
    patterns, which = np.unique(down, axis=0, return_inverse=True)
    values = np.array([memory.value(frozenset(np.flatnonzero(failed).tolist())) for failed in patterns], dtype=np.int64)
    return values[which.ravel()]


class Remembered:
    """The largest flow under sets of closures; a flow that uses nothing of a further closure answers for it too."""

    def __init__(self, engine: LargestFlow, closed: list[NDArray[np.intp]]) -> None:
        self.engine = engine
        self.closed = closed
        self._known: dict[frozenset[int], tuple[int, frozenset[int]]] = {}

    def value(self, failed: frozenset[int]) -> int:
        matters: frozenset[int] = frozenset()
        while True:
            value, used = self._solved(matters)
            if not failed & used - matters:
                return value
            matters |= failed & used

    def _solved(self, failed: frozenset[int]) -> tuple[int, frozenset[int]]:
        if failed not in self._known:
            value, flow = self.engine.without(joined(self.closed, failed))
            self._known[failed] = (value, self.used(flow))
        return self._known[failed]

    def used(self, flow: Whole) -> frozenset[int]:
        return frozenset(at for at, arcs in enumerate(self.closed) if flow[arcs].any())
