"""The largest flow over years, and which projects its growth comes from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from geodata.facts import LinkFacts
from geodata.network import Network

from .arcs import LARGEST, SINK, SOURCE, Arcs, Ends, both_ends, expand, reached
from .games import shapley
from .scenarios import Scenario
from .scene import Scene, scene
from .simplex import LargestFlow

#: Up to so many changes between two years all their combinations are solved, beyond it so many orders are drawn.
MOST_CHANGES = 10
ORDERS = 200

#: The id of a link or place, and whether it is a place: one of each may have the same id.
Thing = tuple[str, bool]


def timeline(
    network: Network, sources: Ends, sinks: Ends, commodity: str, *, years: Iterable[int], scenario: Scenario | None = None
) -> pd.DataFrame:
    """The largest flow in each year, and how much of its growth each project brings.

    Columns: ``year``, ``value`` (kt a year, gas: mcm), ``growth`` (since the year before it in ``years``), ``project``
    (the link or place that opened, closed or changed capacity; empty in a row without one) and ``attributed``: its
    Shapley value among the changes of that step, so that the attributions of a step add up to its growth; where more than
    ten changes may matter it is the mean over 200 orders of them, drawn from a fixed seed, and adds up all the same.
    Projects that add nothing are left out. Raises ValueError for no year, a scenario with a year of its own, or an
    unbounded flow.

    >>> import geodata
    >>> over = timeline(geodata.read_network(), "urumqi", "almaty", "container", years=[2024, 2030])
    >>> over["year"].unique().tolist()
    [2024, 2030]
    """
    chosen = scenario or Scenario("base")
    asked = sorted(set(years))
    if not asked or chosen.year is not None:
        raise ValueError("timeline needs years, and a scenario without a year of its own")
    offered, taken = both_ends(network, sources, sinks)
    grounds = {year: scene(network.at(year), commodity, scenario=chosen) for year in asked}
    rows: list[tuple[int, float, float, str, float]] = []
    first = _Joint(grounds[asked[0]], grounds[asked[0]], offered, taken)
    rows.append((asked[0], first.value(frozenset()), 0.0, "", 0.0))
    for before, after in pairwise(asked):
        joint = _Joint(grounds[before], grounds[after], offered, taken)
        start, end = joint.value(frozenset()), joint.value(frozenset(joint.changes))
        shares = joint.attributed()
        told = sorted(shares.items(), key=lambda item: (-abs(item[1]), item[0])) or [(("", False), 0.0)]
        rows += [(after, end, end - start, project, share) for (project, _), share in told]
    return pd.DataFrame(rows, columns=["year", "value", "growth", "project", "attributed"])


class _Joint:
    """Two years on one set of arcs, so that any choice of the changes between them can be asked for."""

    def __init__(self, old: Scene, new: Scene, offered: Mapping[str, float], taken: Mapping[str, float]) -> None:
        was, now = _capacities(old), _capacities(new)
        links: dict[str, LinkFacts] = {link.link_id: link for link in (*old.links, *new.links)}
        # A place that bounds what passes in one year alone keeps its arc in both.
        places = {
            place: min(old.place_capacity.get(place, math.inf), new.place_capacity.get(place, math.inf))
            for place in sorted({*old.place_capacity, *new.place_capacity})
        }
        both = Scene(new.network, new.commodity, tuple(links[name] for name in sorted(links)), places)
        self.arcs = expand(both, offered, taken)
        things = [(name, self.arcs.is_place(at)) for at, name in enumerate(self.arcs.label)]
        given = [not _is_thing(self.arcs, at) for at in range(len(things))]
        self.was = np.where(given, self.arcs.capacity, [was.get(thing, 0.0) for thing in things])
        self.now = np.where(given, self.arcs.capacity, [now.get(thing, 0.0) for thing in things])
        changed = np.flatnonzero(self.was != self.now).tolist()
        self.changes = sorted({things[at] for at in changed})
        self.of = {thing: [at for at in changed if things[at] == thing] for thing in self.changes}

        wide = replace(self.arcs, capacity=np.maximum(self.was, self.now))
        if wide.unlimited():
            raise ValueError("the flow is unbounded: give amounts, or capacities on the way")
        self.engine = LargestFlow(wide)
        self.known: dict[frozenset[Thing], float] = {}

    def value(self, chosen: frozenset[Thing]) -> float:
        """The largest flow with these changes made, in kt a year."""
        if chosen not in self.known:
            capacity = self.was.copy()
            for thing in chosen:
                capacity[self.of[thing]] = self.now[self.of[thing]]
            steps = np.minimum(np.floor(np.minimum(capacity, LARGEST) / self.engine.step + 1e-6), self.engine.capacity)
            self.known[chosen] = self.engine.solve(steps.astype(np.int64))[0] * self.engine.step
        return self.known[chosen]

    def attributed(self) -> dict[Thing, float]:
        """What each change that matters adds, by its Shapley value."""
        matter = self._matter()
        if len(matter) > MOST_CHANGES:
            return self._over_orders(matter)
        worth = np.array(
            [self.value(frozenset(thing for at, thing in enumerate(matter) if mask >> at & 1)) for mask in range(1 << len(matter))]
        )
        shares = shapley(worth - worth[0]).tolist() if matter else []
        return {thing: share for thing, share in zip(matter, shares, strict=True) if abs(share) > 1e-6}

    def _over_orders(self, matter: list[Thing]) -> dict[Thing, float]:
        """The mean of what each change adds when it is made after those before it, over orders drawn at random."""
        draw = np.random.default_rng(0)
        added = dict.fromkeys(matter, 0.0)
        for _ in range(ORDERS):
            made: frozenset[Thing] = frozenset()
            for at in draw.permutation(len(matter)).tolist():
                after = made | {matter[at]}
                added[matter[at]] += (self.value(after) - self.value(made)) / ORDERS
                made = after
        return {thing: share for thing, share in added.items() if abs(share) > 1e-6}

    def _matter(self) -> list[Thing]:
        """The changes but those at links that no way from the sources to the sinks can use."""
        arcs = self.arcs
        wide = np.maximum(self.was, self.now) > 0
        onward = reached(arcs.nodes, arcs.start[wide], arcs.end[wide], SOURCE)
        back = reached(arcs.nodes, arcs.end[wide], arcs.start[wide], SINK)
        return [thing for thing in self.changes if any(onward[arcs.start[at]] and back[arcs.end[at]] for at in self.of[thing])]


def _is_thing(arcs: Arcs, at: int) -> bool:
    """Whether an arc is a link or a place, and not an amount given with the question."""
    return bool(arcs.start[at] != SOURCE and arcs.end[at] != SINK)


def _capacities(ground: Scene) -> dict[Thing, float]:
    places = {(place, True): amount for place, amount in ground.place_capacity.items()}
    return {**places, **{(link.link_id, False): link.capacity for link in ground.links}}
