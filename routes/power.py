"""Bargaining power of the states that a flow crosses: what each adds to what the others can carry or earn.

The worth of a coalition is the largest flow (or the gain of the cheapest plan) when the states outside it close. Of the
2^n coalitions few are solved: a flow that uses some states only is worth the same to every coalition between these and
the one it was found for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.network import Network

from .arcs import Arcs, Ends, both_ends, closed_arcs, expand, joined
from .contingencies import ways_closed
from .games import banzhaf, nucleolus, prenucleolus, shapley
from .least_cost import LeastCost
from .scenarios import COUNTRY, Scenario, Selection, select
from .scene import Scene, scene
from .simplex import LargestFlow
from .ways import ways

#: More players would need a table of more than a million coalitions.
MOST_PLAYERS = 20
#: What entering a state costs a flow for each state that carries more, where an arc costs 1.
DEARER = 10


def transit_power(
    network: Network,
    sources: Ends,
    sinks: Ends,
    commodity: str,
    *,
    players: Iterable[str] | None = None,
    worth_usd_t: float | None = None,
    scenario: Scenario | None = None,
) -> pd.DataFrame:
    """Shapley value, Banzhaf value and nucleolus of the transit states, most powerful first.

    ``players`` are country codes; by default every state but those of the sources and sinks whose permission a link of
    the commodity needs. A coalition is worth the largest flow that its states let through, in kt a year (gas: mcm); or,
    with ``worth_usd_t`` (what a tonne is worth on arrival above what it is worth at the start), what the cheapest
    plan earns in thousand USD a year, sources and sinks then having amounts. States that are no players always let
    through. Columns: ``country``, ``shapley``, ``banzhaf``, ``nucleolus`` (in the worth's unit), ``share`` (of the
    Shapley values; NaN where all can do nothing). Shapley values and nucleolus add up to what all together are worth
    above what arrives without any of them. Where states replace each other, so that alone they are worth more in sum
    than all together, the nucleolus is the prenucleolus, which may give a state less than it is worth alone.
    Raises ValueError for more than 20 players, a player that is a country of a source or sink, a flow that is
    unbounded, or ``worth_usd_t`` without amounts; UnknownIdError for an unknown country.

    >>> import geodata
    >>> held = transit_power(geodata.read_network(), "tengiz", "augusta-port", "crude", players=["RUS", "AZE"])
    >>> held["country"].tolist()
    ['RUS', 'AZE']
    """
    offered, taken = both_ends(network, sources, sinks)
    ground = scene(network, commodity, scenario=scenario)
    home = {ground.network.place_facts[place].country for place in (*offered, *taken)}
    names = sorted({name.removeprefix(COUNTRY) for name in (_transit(ground, home) if players is None else players)})
    if set(names) & home:
        raise ValueError(f"{', '.join(sorted(set(names) & home))}: a country of a source or sink cannot be a player")
    if len(names) > MOST_PLAYERS:
        raise ValueError(f"{len(names)} players are more than {MOST_PLAYERS}; name the players that matter: {', '.join(names)}")
    units = [select(ground.network, [f"{COUNTRY}{name}"]) for name in names]
    solver = _amounts(ground, offered, taken, units) if worth_usd_t is None else _earnings(ground, offered, taken, units, worth_usd_t)
    worth = worths(len(names), solver)
    game = worth - worth[0]
    parts = (shapley(game), banzhaf(game), _settled(game)) if names else (np.zeros(0),) * 3
    frame = pd.DataFrame({"country": names, "shapley": parts[0], "banzhaf": parts[1], "nucleolus": parts[2]})
    total = float(frame["shapley"].sum())
    frame["share"] = frame["shapley"] / total if total > 0 else math.nan
    return frame.sort_values(["shapley", "country"], ascending=[False, True], ignore_index=True)


def _transit(ground: Scene, home: set[str]) -> set[str]:
    """The states that some link needs and that are neither a source's nor a sink's."""
    return {state for link in ground.links for state in link.countries if link.capacity > 0} - home


def _settled(game: NDArray[np.float64]) -> NDArray[np.float64]:
    """The nucleolus; states that replace each other may be worth more alone than together: then the prenucleolus."""
    alone = game[1 << np.arange(len(game).bit_length() - 1)].sum()
    return nucleolus(game) if alone <= game[-1] else prenucleolus(game)


#: What a coalition is worth, and which players its plan uses, both from the players' closed positions.
Solver = Callable[[list[int]], tuple[float, list[int]]]


def _amounts(ground: Scene, offered: Mapping[str, float], taken: Mapping[str, float], units: list[Selection]) -> Solver:
    arcs = expand(ground, offered, taken)
    if arcs.unlimited():
        raise ValueError("the flow is unbounded: give amounts, or capacities on the way")
    closed = closed_arcs(arcs, units)
    engine = LargestFlow(arcs, price=_reluctance(arcs, units, closed))
    owner, member = np.repeat(np.arange(len(closed)), [len(own) for own in closed]), np.concatenate([*closed, np.zeros(0, dtype=np.intp)])

    def solve(out: list[int]) -> tuple[float, list[int]]:
        # One coalition and the next have little in common: each is solved afresh.
        value, flow = engine.without(joined(closed, out), afresh=True)
        return value * engine.step, sorted(set(owner[flow[member] > 0].tolist()))

    return solve


def _reluctance(arcs: Arcs, units: list[Selection], closed: list[NDArray[np.intp]]) -> NDArray[np.int64]:
    """Prices by which the flow prefers the states that the largest flow uses most, and few of them.

    The fewer states a flow uses, and the more alike the states that different coalitions' flows use, the more
    coalitions a flow answers for.
    """
    price = np.ones(len(arcs.label), dtype=np.int64)
    _, flow = LargestFlow(arcs, price=price).without(np.zeros(0, dtype=np.intp))
    through = [int(flow[own].sum()) for own in closed]
    for rank, at in enumerate(sorted(range(len(units)), key=lambda at: (-through[at], at))):
        inside = np.zeros(arcs.nodes, dtype=bool)
        inside[[node for place in units[at].places for node in arcs.place.get(place, ())]] = True
        price[~inside[arcs.start] & inside[arcs.end]] += DEARER * rank
    return price


def _earnings(
    ground: Scene, offered: Mapping[str, float], taken: Mapping[str, float], units: list[Selection], worth_usd_t: float
) -> Solver:
    if not all(math.isfinite(amount) for amount in (*offered.values(), *taken.values())):
        raise ValueError("worth_usd_t needs amounts: give sources and sinks as mappings of place to kt a year")
    graph = ways(ground, offered, taken)
    engine = LeastCost(graph, offered, taken, dict.fromkeys(taken, worth_usd_t))
    closed = [ways_closed(graph, unit) for unit in units]
    all_of_it = worth_usd_t * sum(engine.demand.values())

    def solve(out: list[int]) -> tuple[float, list[int]]:
        cost, used = engine.answer(joined(closed, out))
        return max(all_of_it - cost, 0.0), [at for at, own in enumerate(closed) if used[own].any()]

    return solve


def worths(players: int, solve: Solver) -> NDArray[np.float64]:
    """The worth of every coalition (bit i: player i is in), from the largest down, solving only what is not known.

    >>> worths(2, lambda out: (float(not out), [0, 1])).tolist()
    [0.0, 0.0, 0.0, 1.0]
    """
    size = 1 << players
    worth, known = np.zeros(size), np.zeros(size, dtype=bool)
    members = _sums([1] * players)
    for coalition in np.argsort(-members, kind="stable").tolist():
        if known[coalition]:
            continue
        value, used = solve([at for at in range(players) if not coalition >> at & 1])
        # Smaller coalitions never do better: where this one can do nothing, neither can they.
        needed = sum(1 << at for at in used) if value > 0 else 0
        alike = needed + _sums([1 << at for at in range(players) if coalition >> at & 1 and not needed >> at & 1])
        worth[alike[~known[alike]]] = value
        known[alike] = True
    return worth


def _sums(parts: list[int]) -> NDArray[np.int64]:
    """The sum of every subset of some numbers."""
    total = np.zeros(1, dtype=np.int64)
    for part in parts:
        total = np.concatenate([total, total + part])
    return total
