"""How much fits: maximum flow with shared capacity at links and places, and both extreme minimum cuts.

The engine is scipy's Dinic on whole numbers: capacities are scaled to the finest power of ten that fits 31 bits, so
amounts that are not a multiple of that step are rounded down by less than one step. The result carries its own proof:
a flow that keeps every law, and two cuts whose capacity equals it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from geodata.network import Network

from .scenarios import Scenario
from .scene import Scene, require_place, scene

LARGEST = 2**31 - 1
FINEST_STEP = 1e-6
Ends = str | Iterable[str] | Mapping[str, float]


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
    zero or infinity, and is empty otherwise.
    """

    value: float
    flows: pd.DataFrame
    places: pd.DataFrame
    source_cut: tuple[str, ...]
    sink_cut: tuple[str, ...]
    reason: str
    commodity: str
    certificate: Certificate | None = field(default=None)

    def __repr__(self) -> str:
        unit = "mcm" if self.commodity == "gas" else "kt"
        head = f"{self.value:,.1f} {unit} a year of {self.commodity}; cut near the sources: {', '.join(self.source_cut) or 'none'}"
        return "\n".join(part for part in (head, self.reason, self.flows.to_string(index=False) if len(self.flows) else "") if part)

    def _repr_html_(self) -> str:
        return str(self.flows.to_html(index=False, escape=True))


@dataclass(frozen=True)
class _Arcs:
    """The expanded graph: directed arcs with what each stands for."""

    start: NDArray[np.int32]
    end: NDArray[np.int32]
    capacity: NDArray[np.float64]
    label: tuple[str, ...]
    nodes: int
    source: int
    sink: int


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
    offered, taken = _amounts(network, sources, "source"), _amounts(network, sinks, "sink")
    both = sorted(set(offered) & set(taken))
    if both:
        raise ValueError(f"{', '.join(both)} cannot be source and sink at once")
    ground = scene(network, commodity, scenario=scenario)
    arcs = _expand(ground, offered, taken)
    if _unlimited(arcs):
        reason = "the amount is unbounded: a way of unlimited links, places and supplies leads from a source to a sink"
        return MaxFlow(math.inf, _no_flows(), _no_places(), (), (), reason, commodity)
    return _solve(ground, arcs)


def _amounts(network: Network, ends: Ends, word: str) -> dict[str, float]:
    named = {ends: math.inf} if isinstance(ends, str) else ends
    amounts = {place: float(named[place]) for place in named} if isinstance(named, Mapping) else dict.fromkeys(named, math.inf)
    if not amounts:
        raise ValueError(f"name at least one {word}")
    for place, amount in amounts.items():
        require_place(network, place)
        if math.isnan(amount) or amount < 0:
            raise ValueError(f"the amount of {word} {place!r} is {amount}; give zero or more")
    return dict(sorted(amounts.items()))


def _expand(ground: Scene, offered: Mapping[str, float], taken: Mapping[str, float]) -> _Arcs:
    """Each place with a capacity becomes an arc from its inner to its outer node; a both-ways link two arcs."""
    enter = {place: 2 + 2 * at for at, place in enumerate(ground.place_capacity)}
    leave = {place: node + (math.isfinite(ground.place_capacity[place])) for place, node in enter.items()}
    rows: list[tuple[int, int, float, str]] = []
    for place, amount in ground.place_capacity.items():
        if math.isfinite(amount):
            rows.append((enter[place], leave[place], amount, place))
    for link in ground.links:
        rows.append((leave[link.from_place], enter[link.to_place], link.capacity, link.link_id))
        if link.both_ways:
            rows.append((leave[link.to_place], enter[link.from_place], link.capacity, link.link_id))
    rows += [(0, leave[place], amount, f"supply:{place}") for place, amount in offered.items() if place in leave]
    rows += [(enter[place], 1, amount, f"demand:{place}") for place, amount in taken.items() if place in enter]
    return _Arcs(
        np.array([row[0] for row in rows], dtype=np.int32),
        np.array([row[1] for row in rows], dtype=np.int32),
        np.array([row[2] for row in rows], dtype=np.float64),
        tuple(row[3] for row in rows),
        2 + 2 * len(enter),
        0,
        1,
    )


def _matrix(nodes: int, start: NDArray[np.int32], end: NDArray[np.int32], data: NDArray[np.int64]) -> csr_array:
    """A sparse matrix, parallel arcs added up to no more than 31 bits hold, with the small numbers csgraph asks for."""
    matrix = csr_array((data, (start, end)), shape=(nodes, nodes))
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    matrix.data = np.minimum(matrix.data, LARGEST).astype(np.int32)
    return matrix


def _reached(nodes: int, start: NDArray[np.int32], end: NDArray[np.int32], first: int) -> NDArray[np.bool_]:
    """Which nodes the given arcs lead to from a first one."""
    matrix = _matrix(nodes, start, end, np.ones(len(start), dtype=np.int64))
    reached = np.zeros(nodes, dtype=bool)
    reached[breadth_first_order(matrix, first, return_predecessors=False)] = True
    return reached


def _unlimited(arcs: _Arcs) -> bool:
    free = np.isinf(arcs.capacity)
    return bool(_reached(arcs.nodes, arcs.start[free], arcs.end[free], arcs.source)[arcs.sink])


def _solve(ground: Scene, arcs: _Arcs) -> MaxFlow:
    step, whole = _whole_numbers(arcs)
    solved = maximum_flow(_matrix(arcs.nodes, arcs.start, arcs.end, whole.astype(np.int64)), arcs.source, arcs.sink)
    carried = _share(arcs, whole, solved.flow)
    near, far = _sides(arcs, whole, carried)
    source_cut, source_capacity = _cut(arcs, near)
    sink_cut, sink_capacity = _cut(arcs, ~far)
    amounts = (carried * step).astype(np.float64)
    value = float(amounts[arcs.start == arcs.source].sum())
    # A whole cut counted exactly is the better number where rounding took less than a step from each arc.
    if abs(source_capacity - value) <= step * len(arcs.label):
        value = source_capacity
    flows, places = _tables(ground, arcs, amounts)
    proof = _certificate(arcs, amounts, (source_capacity, sink_capacity), value, step * len(arcs.label) + 1e-9 * value)
    proof.verify()
    return MaxFlow(value, flows, places, source_cut, sink_cut, _why_nothing(value, source_cut), ground.commodity, proof)


def _whole_numbers(arcs: _Arcs) -> tuple[float, NDArray[np.int32]]:
    """Capacities as whole numbers of a step (a power of ten), none above what can flow at all."""
    finite = float(arcs.capacity[np.isfinite(arcs.capacity)].sum())
    out = float(arcs.capacity[arcs.start == arcs.source].sum())
    into = float(arcs.capacity[arcs.end == arcs.sink].sum())
    bound = min(finite, out, into, _leaving(arcs, arcs.start, arcs.end, arcs.source), _leaving(arcs, arcs.end, arcs.start, arcs.sink))
    step = FINEST_STEP
    while bound / step + 2 > LARGEST:
        step *= 10
    # One step above the bound is never full, so what is unlimited never stands in a cut.
    return step, np.floor(np.minimum(arcs.capacity, bound + step) / step + 1e-6).astype(np.int32)


def _leaving(arcs: _Arcs, tail: NDArray[np.int32], head: NDArray[np.int32], terminal: int) -> float:
    """Capacity of the arcs next to those of a terminal: a bound on the flow where the ends themselves give none."""
    return float(arcs.capacity[np.isin(tail, head[tail == terminal])].sum())


def _share(arcs: _Arcs, whole: NDArray[np.int32], flow: csr_array) -> NDArray[np.int64]:
    """Divide the flow between two nodes among their parallel arcs, in the order of the arcs."""
    net = np.maximum(np.asarray(flow[arcs.start, arcs.end]).ravel().astype(np.int64), 0)
    carried = np.zeros(len(net), dtype=np.int64)
    left: dict[tuple[int, int], int] = {}
    for at, ends in enumerate(zip(arcs.start.tolist(), arcs.end.tolist(), strict=True)):
        rest = left.setdefault(ends, int(net[at]))
        carried[at] = min(rest, int(whole[at]))
        left[ends] = rest - int(carried[at])
    return carried


def _sides(arcs: _Arcs, whole: NDArray[np.int32], carried: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Nodes that the sources still reach, and nodes that still reach the sinks, when the flow is in place."""
    spare, used = carried < whole, carried > 0
    start = np.concatenate([arcs.start[spare], arcs.end[used]])
    end = np.concatenate([arcs.end[spare], arcs.start[used]])
    return _reached(arcs.nodes, start, end, arcs.source), _reached(arcs.nodes, end, start, arcs.sink)


def _cut(arcs: _Arcs, near: NDArray[np.bool_]) -> tuple[tuple[str, ...], float]:
    """Ids of the arcs that lead out of a set of nodes (those of capacity 0 too), and their capacity in all."""
    leaving = near[arcs.start] & ~near[arcs.end]
    ids = {arcs.label[at]: float(arcs.capacity[at]) for at in np.flatnonzero(leaving)}
    return tuple(sorted(ids)), float(sum(arcs.capacity[leaving]))


def _certificate(arcs: _Arcs, amounts: NDArray[np.float64], cuts: tuple[float, float], value: float, tolerance: float) -> Certificate:
    """Check the flow arc by arc, from nothing but the arcs and the amounts on them."""
    balance = np.bincount(arcs.end, amounts, arcs.nodes) - np.bincount(arcs.start, amounts, arcs.nodes)
    inner = np.delete(balance, [arcs.source, arcs.sink])
    shared = pd.Series(amounts - arcs.capacity).max() if len(amounts) else 0.0
    return Certificate(
        float(np.abs(inner).max(initial=0.0)),
        max(float(shared), 0.0),
        cuts[0],
        cuts[1],
        value,
        tolerance,
    )


def _tables(ground: Scene, arcs: _Arcs, amounts: NDArray[np.float64]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Net amount on each link that carries something, and what passes through each place that has a capacity."""
    links = {link.link_id: link for link in ground.links}
    net: dict[str, float] = {}
    through: dict[str, float] = {}
    for at, (name, amount) in enumerate(zip(arcs.label, amounts.tolist(), strict=True)):
        if _is_place_arc(arcs, at):
            through[name] = amount
        elif arcs.start[at] != arcs.source and arcs.end[at] != arcs.sink:
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


def _is_place_arc(arcs: _Arcs, at: int) -> bool:
    """Whether an arc stands for a place: it leads from the place's inner node to its outer one."""
    return bool(arcs.end[at] == arcs.start[at] + 1 and arcs.start[at] >= 2 and arcs.start[at] % 2 == 0)


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
