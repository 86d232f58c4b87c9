"""Chokepoints: which links, places and amounts hold the largest flow down, and what widening one of them brings."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from geodata.network import Network

from .arcs import SINK, SOURCE, Arcs, Ends, both_ends, closed_arcs, expand, reached
from .flow import max_flow
from .scenarios import Scenario, Selection
from .scene import Scene, scene
from .simplex import LargestFlow

COLUMNS = (
    "kind",
    "id",
    "capacity",
    "flow",
    "in_source_cut",
    "in_sink_cut",
    "in_every_cut",
    "gain_per_unit",
    "gain_until",
    "next_cut",
    "loss",
)


def chokepoints(network: Network, sources: Ends, sinks: Ends, commodity: str, *, scenario: Scenario | None = None) -> pd.DataFrame:
    """Everything that lies in some minimum cut between sources and sinks: what holds the largest flow down.

    A row each, largest gain first: ``kind`` (link, place, supply, demand), ``id``, ``capacity`` and ``flow`` (kt a
    year, gas: mcm), whether it lies in the cut nearest to the sources, to the sinks, and in every minimum cut;
    ``gain_per_unit``: how much more arrives for one more unit of its capacity (1 where it lies in every cut, else 0:
    another cut still binds), ``gain_until``: by how much it can grow before the next cut binds (``inf`` where none
    does), ``next_cut``: that cut's ids; ``loss``: what no longer arrives when it closes. Empty where the flow is
    unbounded, or nothing can flow at all for want of a way; ``attrs["reason"]`` then says why. Raises as `max_flow` does.

    >>> import geodata
    >>> found = chokepoints(geodata.read_network(), "tengiz", "cpc-terminal", "crude")
    >>> bool((found["gain_until"] > 0).all() if found["in_every_cut"].all() else True)
    True
    """
    offered, taken = both_ends(network, sources, sinks)
    ground = scene(network, commodity, scenario=scenario)
    arcs = expand(ground, offered, taken)
    rows = [] if arcs.unlimited() else _rows(ground, arcs)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame = frame.sort_values(["gain_until", "loss", "id"], ascending=[False, False, True], ignore_index=True)
    frame.attrs["reason"] = "" if rows else max_flow(network, offered, taken, commodity, scenario=scenario).reason
    return frame


def _rows(ground: Scene, arcs: Arcs) -> list[tuple[object, ...]]:
    engine = LargestFlow(arcs)
    value, flow = engine.solve(engine.capacity)
    spare, used = flow < engine.capacity, flow > 0
    start, end = np.concatenate([arcs.start[spare], arcs.end[used]]), np.concatenate([arcs.end[spare], arcs.start[used]])
    near = reached(arcs.nodes, start, end, SOURCE)
    far = reached(arcs.nodes, end, start, SINK)
    found: dict[tuple[str, str], list[int]] = {}
    for at in np.flatnonzero(~spare & ~near[arcs.end] & ~far[arcs.start]).tolist():
        # In some minimum cut, where nothing is left to lead around the arc.
        if not reached(arcs.nodes, start, end, int(arcs.start[at]))[arcs.end[at]]:
            found.setdefault(_named(arcs, at), []).append(at)
    source_cut, sink_cut = near[arcs.start] & ~near[arcs.end], ~far[arcs.start] & far[arcs.end]
    rows: list[tuple[object, ...]] = []
    for (kind, name), cut_arcs in sorted(found.items()):
        every = [at for at in range(len(arcs.label)) if _named(arcs, at) == (kind, name)]
        near_cut, far_cut = bool(source_cut[cut_arcs].any()), bool(sink_cut[cut_arcs].any())
        gain, next_cut = _widened(engine, every, value) if near_cut and far_cut else (0.0, ())
        # A place closes with all that starts or ends there.
        gone = closed_arcs(arcs, [Selection(frozenset(), frozenset([name]))])[0] if kind == "place" else np.array(every, dtype=np.intp)
        closed, _ = engine.without(gone)
        capacity = float(arcs.capacity[cut_arcs[0]])
        amount = float(flow[every].max()) * engine.step
        loss = (value - closed) * engine.step
        rows.append((kind, name, capacity, amount, near_cut, far_cut, gain > 0, float(gain > 0), gain, next_cut, loss))
    return rows


def _named(arcs: Arcs, at: int) -> tuple[str, str]:
    label = arcs.label[at]
    if arcs.start[at] == SOURCE or arcs.end[at] == SINK:
        kind, _, place = label.partition(":")
        return kind, place
    return ("place" if arcs.is_place(at) else "link"), label


def _widened(engine: LargestFlow, every: list[int], value: int) -> tuple[float, tuple[str, ...]]:
    """How much more flows where one capacity is lifted, and the cut that binds then."""
    arcs = engine.arcs
    lifted = arcs.capacity.copy()
    lifted[every] = math.inf
    wide = replace(arcs, capacity=lifted)
    if wide.unlimited():
        return math.inf, ()
    again = LargestFlow(wide)
    more, _ = again.solve(again.capacity)
    gain = more * again.step - value * engine.step
    return (gain, wide.cut(again.near())[0]) if gain > engine.step else (0.0, ())
