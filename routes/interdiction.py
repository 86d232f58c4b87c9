"""The worst that a few closures can do, and what to protect against them, each proven optimal.

The largest flow after closures is the smallest cut after closures, so that choosing both at once is one mixed-integer
linear program (Wood 1993): which side of the cut each place lies on, which links the cut pays for, and which are
closed. HiGHS, through scipy, solves it to a gap of zero; the amount is then counted again by the largest flow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack

from geodata.network import Network

from .arcs import SINK, SOURCE, Arcs, Ends, both_ends, closed_arcs, closures, expand
from .flow import max_flow
from .scenarios import Scenario
from .scene import scene
from .simplex import LargestFlow


class _Ground(NamedTuple):
    arcs: Arcs
    names: tuple[str, ...]
    units: tuple[NDArray[np.intp], ...]


def interdict(
    network: Network, sources: Ends, sinks: Ends, commodity: str, *, budget: int, over: str = "links", scenario: Scenario | None = None
) -> pd.DataFrame:
    """For k = 0 .. ``budget`` closures the worst set and what still arrives, proven optimal.

    ``over`` is ``links``, ``places``, ``corridors`` or ``countries``. Columns: ``k``, ``closed`` (a tuple of ids, fewer
    than k where fewer do as much), ``value`` in kt a year (gas: mcm; ``inf`` where the flow is unbounded still). Where
    it is unbounded, or zero, before any closure, ``attrs["reason"]`` says why.
    Raises ValueError for a budget that is not a whole number of zero or more, and as `max_flow` does.

    >>> import geodata
    >>> worst = interdict(geodata.read_network(), ["tengiz"], ["cpc-terminal"], "crude", budget=1)
    >>> worst["k"].tolist(), bool(worst["value"].iloc[1] < worst["value"].iloc[0])
    ([0, 1], True)
    """
    _require_whole(budget, "budget")
    ground = _ground(network, sources, sinks, commodity, over, scenario)
    rows = []
    closed: tuple[int, ...] = ()
    for k in range(budget + 1):
        value = _left(ground, closed)
        if k:
            worse = _needed(ground, _worst(ground, k, ()))
            if (least := _left(ground, worse)) < value:
                closed, value = worse, least
        rows.append((k, tuple(ground.names[at] for at in closed), value))
    frame = pd.DataFrame(rows, columns=["k", "closed", "value"])
    bare = rows[0][-1] in (0.0, math.inf)
    frame.attrs["reason"] = max_flow(network, sources, sinks, commodity, scenario=scenario).reason if bare else ""
    return frame


def harden(
    network: Network,
    sources: Ends,
    sinks: Ends,
    commodity: str,
    *,
    budget: int,
    attacks: int = 1,
    over: str = "links",
    scenario: Scenario | None = None,
) -> pd.DataFrame:
    """For k = 0 .. ``budget`` protections the best set against the worst ``attacks`` closures, proven optimal.

    What is hardened cannot be closed. Columns: ``k``, ``hardened`` and ``closed`` (the worst closures that are then
    left; tuples of ids), ``value`` in kt a year (gas: mcm). Whoever wants to do better than an answer must harden
    something that it closes: the search follows these choices alone, and so misses none.
    Raises as `interdict` does.
    """
    _require_whole(budget, "budget")
    _require_whole(attacks, "attacks")
    ground = _ground(network, sources, sinks, commodity, over, scenario)
    rows = []
    for k in range(budget + 1):
        value, hardened, closed = _best_protection(ground, k, attacks, (), {})
        rows.append((k, tuple(ground.names[at] for at in hardened), tuple(ground.names[at] for at in closed), value))
    return pd.DataFrame(rows, columns=["k", "hardened", "closed", "value"])


Protection = tuple[float, tuple[int, ...], tuple[int, ...]]


def _best_protection(
    ground: _Ground, left: int, attacks: int, hardened: tuple[int, ...], seen: dict[tuple[int, ...], tuple[int, ...]]
) -> Protection:
    if hardened not in seen:
        seen[hardened] = _needed(ground, _worst(ground, attacks, hardened))
    closed = seen[hardened]
    best = (_left(ground, closed), hardened, closed)
    if left == 0:
        return best
    for at in closed:
        further = _best_protection(ground, left - 1, attacks, tuple(sorted({*hardened, at})), seen)
        if further[0] > best[0]:
            best = further
    return best


def _require_whole(value: int, word: str) -> None:
    if isinstance(value, bool) or int(value) != value or value < 0:
        raise ValueError(f"{word} must be a whole number of zero or more, not {value!r}")


def _ground(network: Network, sources: Ends, sinks: Ends, commodity: str, over: str, scenario: Scenario | None) -> _Ground:
    offered, taken = both_ends(network, sources, sinks)
    shown = scene(network, commodity, scenario=scenario)
    arcs = expand(shown, offered, taken)
    units = closures(shown, over)
    return _Ground(arcs, tuple(units), tuple(closed_arcs(arcs, units.values())))


def _left(ground: _Ground, closed: Sequence[int]) -> float:
    """The largest flow with some units closed, in kt a year."""
    arcs = ground.arcs
    capacity = arcs.capacity.copy()
    for at in closed:
        capacity[ground.units[at]] = 0.0
    left = replace(arcs, capacity=capacity)
    if left.unlimited():
        return math.inf
    engine = LargestFlow(left)
    return engine.solve(engine.capacity)[0] * engine.step


def _needed(ground: _Ground, closed: tuple[int, ...]) -> tuple[int, ...]:
    """The closures without those that add nothing, later ids given up first."""
    value, kept = _left(ground, closed), closed
    for at in reversed(closed):
        fewer = tuple(one for one in kept if one != at)
        if _left(ground, fewer) <= value:
            kept = fewer
    return kept


def _worst(ground: _Ground, budget: int, hardened: Sequence[int]) -> tuple[int, ...]:
    """The closures that leave least, by the program of the module's first lines."""
    arcs, units = ground.arcs, ground.units
    count, nodes = len(arcs.label), arcs.nodes
    if not count or not units or budget == 0:
        return ()
    owner = np.repeat(np.arange(len(units)), [len(unit) for unit in units])
    member = np.concatenate(units)
    rows = np.arange(count)
    # side(start) - side(end) <= paid + closed: 1 on the sources' side of the cut, 0 on the sinks'.
    sides = csr_array((np.ones(count), (rows, arcs.start)), shape=(count, nodes)) - csr_array(
        (np.ones(count), (rows, arcs.end)), shape=(count, nodes)
    )
    paid = csr_array((-np.ones(count), (rows, rows)), shape=(count, count))
    shut = csr_array((-np.ones(len(member)), (member, owner)), shape=(count, len(units)))
    cut = LinearConstraint(hstack([sides, paid, shut]).tocsr(), -np.inf, 0.0)
    within = LinearConstraint(np.concatenate([np.zeros(nodes + count), np.ones(len(units))])[None, :], 0, budget)
    finite = np.isfinite(arcs.capacity)
    # No finite cut is worth more than the bound, so what is wider counts as that: the solver's tolerances are a share of
    # the largest cost, and a very wide link would hide the narrow ones in them.
    bound = max(arcs.bound(), 1e-9)
    cost = np.concatenate([np.zeros(nodes), np.where(finite, np.minimum(arcs.capacity, bound), 0.0) / bound, np.zeros(len(units))])
    low, high = np.zeros(len(cost)), np.ones(len(cost))
    low[SOURCE], high[SINK] = 1.0, 0.0
    high[nodes : nodes + count] = finite  # what is unlimited cannot be paid for
    high[nodes + count :][list(hardened)] = 0.0
    whole = np.concatenate([np.zeros(nodes + count), np.ones(len(units))])
    solved = milp(cost, constraints=[cut, within], bounds=Bounds(low, high), integrality=whole, options={"mip_rel_gap": 0.0})
    if solved.status == 2:
        return ()  # no set of so many closures makes the flow finite
    if solved.status != 0:
        raise RuntimeError(f"the worst closures were not proven: {solved.message}")
    return tuple(np.flatnonzero(solved.x[nodes + count :] > 0.5).tolist())
