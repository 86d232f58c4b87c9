"""How much fits: maximum flow with shared capacity at links and places, and both extreme minimum cuts.

The engine is the network simplex on whole numbers: capacities are scaled to the finest power of ten that fits 50 bits,
so amounts that are not a multiple of that step are rounded down by less than one step. Of all largest flows the one on
fewest links is given. The result carries its own proof: a flow that keeps every law, and two cuts whose capacity equals it.
"""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.network import Network
from geodata.showing import in_notebook

from .arcs import SINK, SOURCE, Arcs, Ends, both_ends, expand, reached
from .scenarios import Scenario
from .scene import Scene, scene
from .simplex import LargestFlow

UNBOUNDED = "the amount is unbounded: a way of unlimited links, places and supplies leads from a source to a sink"


class CertificateError(AssertionError):
    """A flow or cut that does not prove what it claims."""


@dataclass(frozen=True)
class Certificate:
    """What was checked: worst breach of conservation and of capacity, and the two cuts' capacities, in kt a year."""

    conservation: float
    capacity: float
    source_cut: float
    sink_cut: float
    value: float
    tolerance: float

    def verify(self) -> None:
        """Raise CertificateError where flow and cuts do not prove each other."""
        if self.conservation > self.tolerance or self.capacity > self.tolerance:
            raise CertificateError(f"the flow breaks a law by {max(self.conservation, self.capacity):g} kt a year")
        if max(abs(self.source_cut - self.value), abs(self.sink_cut - self.value)) > self.tolerance:
            raise CertificateError(f"flow {self.value:g} and cuts {self.source_cut:g}, {self.sink_cut:g} differ")


@dataclass(frozen=True, repr=False)
class MaxFlow:
    """The most that can go from sources to sinks.

    ``value`` in kt a year (gas: mcm a year); ``flows`` has link_id, from_place, to_place, flow (negative: against the
    link's direction), capacity; ``places`` what passes through each place that has a capacity. ``source_cut`` and
    ``sink_cut`` are the minimum cuts nearest to the sources and to the sinks: ids of links and places, and
    ``supply:PLACE`` or ``demand:PLACE`` where an amount given with the question binds. ``reason`` explains a value of
    zero or infinity, and is empty otherwise. ``network`` is the one that was asked.
    """

    value: float
    flows: pd.DataFrame
    places: pd.DataFrame
    source_cut: tuple[str, ...]
    sink_cut: tuple[str, ...]
    reason: str
    commodity: str
    certificate: Certificate | None = field(default=None)
    network: Network | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        unit = "mcm" if self.commodity == "gas" else "kt"
        head = f"{self.value:,.1f} {unit} a year of {self.commodity}; cut near the sources: {', '.join(self.source_cut) or 'none'}"
        return "\n".join(part for part in (head, self.reason, self.flows.to_string(index=False) if len(self.flows) else "") if part)

    def _repr_html_(self) -> str:
        head = html.escape(repr(self).partition("\n")[0])
        table = f"<p>{head}</p>{self.flows.to_html(index=False, escape=True)}"
        return in_notebook(self, table, f"Map: largest flow of {self.commodity}")


def max_flow(
    network: Network,
    sources: Ends,
    sinks: Ends,
    commodity: str,
    *,
    scenario: Scenario | None = None,
) -> MaxFlow:
    """The most of a commodity that can go from ``sources`` to ``sinks``, in kt a year (gas: mcm a year).

    Sources and sinks are place ids, or a mapping of place id to the most that it offers or takes. The capacity of a
    both-ways link is shared by its directions; a place's capacity bounds what passes through it, not what starts or
    ends there. Raises UnknownIdError for an unknown id, ValueError where a place is source and sink at once, where an
    amount is negative, or where there is no source or sink.

    >>> import geodata
    >>> answer = max_flow(geodata.read_network(), "tengiz", "cpc-terminal", "crude")
    >>> answer.value > 0 and answer.certificate.value == answer.value
    True
    """
    offered, taken = both_ends(network, sources, sinks)
    ground = scene(network, commodity, scenario=scenario)
    arcs = expand(ground, offered, taken)
    if arcs.unlimited():
        return MaxFlow(math.inf, _no_flows(), _no_places(), (), (), UNBOUNDED, commodity, network=network)
    return _solve(ground, arcs)


def _solve(ground: Scene, arcs: Arcs) -> MaxFlow:
    engine = LargestFlow(arcs, price=np.ones(len(arcs.label), dtype=np.int64))
    step = engine.step
    carried, near, far = with_sides(engine)
    source_cut, source_capacity = arcs.cut(near)
    sink_cut, sink_capacity = arcs.cut(~far)
    amounts = (carried * step).astype(np.float64)
    value = float(amounts[arcs.start == SOURCE].sum())
    # A whole cut counted exactly is the better number where rounding took less than a step from each arc.
    if abs(source_capacity - value) <= step * len(arcs.label):
        value = source_capacity
    flows, places = _tables(ground, arcs, amounts)
    proof = _certificate(arcs, amounts, (source_capacity, sink_capacity), value, step * len(arcs.label) + 1e-9 * value)
    proof.verify()
    return MaxFlow(value, flows, places, source_cut, sink_cut, _why_nothing(value, source_cut), ground.commodity, proof, ground.network)


def with_sides(engine: LargestFlow) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """A largest flow in steps, the nodes that the sources still reach when it is in place, and those that reach the sinks."""
    _, carried = engine.solve(engine.capacity, afresh=True)
    return carried, *_sides(engine.arcs, engine.capacity, carried)


def _sides(arcs: Arcs, whole: NDArray[np.int64], carried: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Nodes that the sources still reach, and nodes that still reach the sinks, when the flow is in place."""
    spare, used = carried < whole, carried > 0
    start = np.concatenate([arcs.start[spare], arcs.end[used]])
    end = np.concatenate([arcs.end[spare], arcs.start[used]])
    return reached(arcs.nodes, start, end, SOURCE), reached(arcs.nodes, end, start, SINK)


def _certificate(arcs: Arcs, amounts: NDArray[np.float64], cuts: tuple[float, float], value: float, tolerance: float) -> Certificate:
    """Check the flow arc by arc, from nothing but the arcs and the amounts on them."""
    balance = np.bincount(arcs.end, amounts, arcs.nodes) - np.bincount(arcs.start, amounts, arcs.nodes)
    inner = np.delete(balance, [SOURCE, SINK])
    shared = pd.Series(amounts - arcs.capacity).max() if len(amounts) else 0.0
    return Certificate(
        float(np.abs(inner).max(initial=0.0)),
        max(float(shared), 0.0),
        cuts[0],
        cuts[1],
        value,
        tolerance,
    )


def _tables(ground: Scene, arcs: Arcs, amounts: NDArray[np.float64]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Net amount on each link that carries something, and what passes through each place that has a capacity."""
    links = {link.link_id: link for link in ground.links}
    net: dict[str, float] = {}
    through: dict[str, float] = {}
    for at, (name, amount) in enumerate(zip(arcs.label, amounts.tolist(), strict=True)):
        if arcs.is_place(at):
            through[name] = amount
        elif arcs.start[at] != SOURCE and arcs.end[at] != SINK:
            # The second arc of a both-ways link is the one against its direction.
            net[name] = net[name] - amount if name in net else amount
    used = [links[name] for name in sorted(net) if net[name] != 0.0]
    flows = pd.DataFrame(
        [(link.link_id, link.from_place, link.to_place, net[link.link_id], link.capacity) for link in used],
        columns=list(_no_flows().columns),
    )
    places = pd.DataFrame(
        [(name, through[name], ground.place_capacity[name]) for name in sorted(through)], columns=list(_no_places().columns)
    )
    return (flows if used else _no_flows()), (places if through else _no_places())


def _why_nothing(value: float, cut: tuple[str, ...]) -> str:
    if value > 0:
        return ""
    what = f"capacity 0 at {', '.join(cut)}" if cut else "no open link leads from the sources to the sinks"
    return f"nothing can go: {what}"


def _no_flows() -> pd.DataFrame:
    columns = {"link_id": "str", "from_place": "str", "to_place": "str", "flow": "float64", "capacity": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


def _no_places() -> pd.DataFrame:
    columns = {"place_id": "str", "through": "float64", "capacity": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
