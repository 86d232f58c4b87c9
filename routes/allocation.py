"""What goes where: least-cost flows of a case on the capacities that hold, with prices of what is full and a proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geodata.facts import LinkFacts
from geodata.network import Network
from geodata.showing import in_notebook

from .cases import Case, Flow, changed
from .columns import Floor, Job, Plan, Sending, solve
from .errors import InfeasibleError, Shortage
from .flow import CertificateError
from .least_cost import LeastCost
from .scenarios import Scenario, select
from .scene import Scene, require_place, scene
from .ways import FLOW_TIE, KM_TIE, Bound, Ways, hurried, ways

#: What a tonne that is asked for and does not come counts, in USD: more than any way costs, so that what can come
#: does. It is a rank, not a value: home demand stands before export by the factor below.
UNMET_USD_T = 10_000.0
HOME_FACTOR = 2.0
#: Where ways are dearer than that, the penalty is so many times the dearest one.
DEAREST_FACTOR = 5.0
#: Amounts below this (kt a year) are rounding.
TRACE = 1e-6


class Way(NamedTuple):
    """An amount (kt a year, gas: mcm) of one flow on one way, with what a tonne of it takes."""

    flow: str
    origin: str
    destination: str
    amount: float
    cost_usd_t: float
    days: float
    km: float
    links: tuple[str, ...]
    forward: tuple[bool, ...]
    places: tuple[str, ...]
    countries: tuple[str, ...]


@dataclass(frozen=True)
class AllocationCertificate:
    """What was checked: the worst excess over a capacity, a supply and a demand (kt a year), and cost against bound.

    ``primal`` is the cost of the plan with the penalties of what is unmet and the worth of its time, ``dual`` the bound
    that the prices prove on any plan, both in thousand USD a year with the tie-break in them; they meet where the plan is the cheapest.
    """

    capacity: float
    supply: float
    demand: float
    primal: float
    dual: float
    tolerance: float = 1e-5

    def verify(self) -> None:
        """Raise CertificateError where the plan breaks a law, or its cost and the bound differ."""
        breaches = (self.capacity, self.supply, self.demand)
        if not all(breach <= self.tolerance for breach in breaches):
            raise CertificateError(f"the plan breaks a law by {max(breaches):g} kt a year")
        if not abs(self.primal - self.dual) <= 1e-6 * max(1.0, abs(self.primal)):
            raise CertificateError(f"cost {self.primal:g} and bound {self.dual:g} differ")


@dataclass(frozen=True, repr=False)
class Allocation:
    """A cheapest plan for a case. Amounts in kt a year (gas: mcm a year), costs in USD.

    ``delivered`` and ``unmet`` add up to what is asked for; ``cost_usd`` is what the ways cost in a year, without the
    penalty on what is unmet (``unmet_usd_t`` a tonne, twice that for home demand). Tables: ``flows`` (a row per flow
    and link; amount negative against the link's direction), ``ways``, ``links``, ``places``, ``markets``,
    ``supplies``, ``by_flow``, and ``prices`` (what one more tonne of capacity would save at each full link and place).
    """

    network: Network
    case: Case
    scenario: Scenario
    sent: tuple[Way, ...]
    capacities: tuple[Bound, ...]
    price: Mapping[tuple[str, str], float] = field(hash=False)
    unmet_usd_t: float
    certificate: AllocationCertificate

    def __repr__(self) -> str:
        head = f"{self.case.name}, {self.scenario.name}: {self.delivered:,.1f} of {self.asked:,.1f} {self.unit} a year delivered"
        return f"{head}\n{self.by_flow.to_string(index=False)}"

    def _repr_html_(self) -> str:
        table = str(self.by_flow.to_html(index=False, escape=True))
        return in_notebook(self, table, f"Map: {self.case.name}, {self.scenario.name}")

    @property
    def unit(self) -> str:
        """``kt``, or ``mcm`` for gas."""
        return _unit(self.case)

    @property
    def asked(self) -> float:
        """All demand."""
        return float(sum(sum(flow.demand.values()) for flow in self.case.flows))

    @cached_property
    def delivered(self) -> float:
        return float(sum(way.amount for way in self.sent))

    @property
    def unmet(self) -> float:
        return max(self.asked - self.delivered, 0.0)

    @cached_property
    def cost_usd(self) -> float:
        return float(sum(way.amount * way.cost_usd_t for way in self.sent)) * 1000.0

    @cached_property
    def flows(self) -> pd.DataFrame:
        """flow, link_id, from_place, to_place, amount (negative: against the link's direction), in order of flow and id."""
        net: dict[tuple[str, str], float] = {}
        for way in self.sent:
            for link, forward in zip(way.links, way.forward, strict=True):
                net[way.flow, link] = net.get((way.flow, link), 0.0) + (way.amount if forward else -way.amount)
        facts = self.network.link_facts
        rows = [(flow, link, facts[link].from_place, facts[link].to_place, amount) for (flow, link), amount in sorted(net.items())]
        return pd.DataFrame([row for row in rows if abs(row[-1]) > TRACE], columns=["flow", "link_id", "from_place", "to_place", "amount"])

    @cached_property
    def ways(self) -> pd.DataFrame:
        """A row per way that something takes, largest amount first within its flow."""
        frame = pd.DataFrame(self.sent, columns=list(Way._fields)).drop(columns=["forward"])
        return frame.sort_values(["flow", "amount", "links"], ascending=[True, False, True], ignore_index=True)

    @cached_property
    def links(self) -> pd.DataFrame:
        """link_id, amount (both directions, all flows), capacity, used_share."""
        return self._used("link", "link_id")

    @cached_property
    def places(self) -> pd.DataFrame:
        """place_id, amount (what passes through), capacity, used_share, of the places with a capacity."""
        return self._used("place", "place_id")

    def _used(self, kind: str, column: str) -> pd.DataFrame:
        used: dict[str, float] = {}
        for way in self.sent:
            for name in way.links if kind == "link" else way.places[1:-1]:
                used[name] = used.get(name, 0.0) + way.amount
        capacity = {limit.name: limit.capacity for limit in self.capacities if limit.kind == kind}
        names = sorted(used if kind == "link" else set(used) & set(capacity))
        frame = pd.DataFrame({column: pd.Series(names, dtype="str"), "amount": [used[name] for name in names]})
        frame["capacity"] = [capacity.get(name, np.inf) for name in names]
        frame["used_share"] = frame["amount"] / frame["capacity"]
        return frame

    @cached_property
    def markets(self) -> pd.DataFrame:
        """flow, place_id, demand, delivered, unmet."""
        return self._ends("demand", "destination", ("delivered", "unmet"))

    @cached_property
    def supplies(self) -> pd.DataFrame:
        """flow, place_id, supply, sent, left."""
        return self._ends("supply", "origin", ("sent", "left"))

    def _ends(self, role: str, end: str, columns: tuple[str, str]) -> pd.DataFrame:
        moved: dict[tuple[str, str], float] = {}
        for way in self.sent:
            key = (way.flow, getattr(way, end))
            moved[key] = moved.get(key, 0.0) + way.amount
        rows = [
            (flow.name, place, amount, moved.get((flow.name, place), 0.0))
            for flow in self.case.flows
            for place, amount in getattr(flow, role).items()
        ]
        frame = pd.DataFrame(rows, columns=["flow", "place_id", role, columns[0]])
        rest = frame[role] - frame[columns[0]]
        frame[columns[1]] = rest.where(rest > TRACE, 0.0)
        return frame

    @cached_property
    def by_flow(self) -> pd.DataFrame:
        """flow, supply, demand, delivered, unmet, cost_usd, cost_usd_t, days and km (means, weighted by amount)."""
        rows = []
        for flow in self.case.flows:
            sent = [way for way in self.sent if way.flow == flow.name]
            amount = sum(way.amount for way in sent)
            asked = sum(flow.demand.values())
            means = [
                sum(way.amount * getattr(way, name) for way in sent) / amount if amount > 0 else np.nan
                for name in ("cost_usd_t", "days", "km")
            ]
            cost = sum(way.amount * way.cost_usd_t for way in sent) * 1000.0
            rows.append((flow.name, sum(flow.supply.values()), asked, amount, max(asked - amount, 0.0), cost, *means))
        return pd.DataFrame(rows, columns=["flow", "supply", "demand", "delivered", "unmet", "cost_usd", "cost_usd_t", "days", "km"])

    @cached_property
    def prices(self) -> pd.DataFrame:
        """kind (link, place), id, price_usd_t, capacity; dearest first.

        The price is what one more tonne of capacity a year would save. About ``unmet_usd_t`` it means that one more
        tonne would arrive that now does not. Where a plan can be priced in several ways, one of them is given.
        """
        capacity = {(limit.kind, limit.name): limit.capacity for limit in self.capacities}
        rows = [(kind, name, price, capacity[kind, name]) for (kind, name), price in self.price.items() if price > 1e-3]
        frame = pd.DataFrame(rows, columns=["kind", "id", "price_usd_t", "capacity"])
        return frame.sort_values(["price_usd_t", "id"], ascending=[False, True], ignore_index=True)

    def amount_by(self, links: Iterable[str], flow: str | None = None) -> float:
        """How much uses any of these links: of one flow, or of all."""
        wanted = set(links)
        return float(sum(way.amount for way in self.sent if flow in (None, way.flow) and wanted & set(way.links)))


def allocate(network: Network, case: Case, *, scenario: Scenario | None = None, unmet_usd_t: float = UNMET_USD_T) -> Allocation:
    """Bring as much as fits from supplies to demands, at least cost, all flows of the case sharing links and places.

    The network is seen from the scenario's year, else the case's. Home demand (in a country where the flow has a supply)
    comes before export. ``unmet_usd_t`` is the penalty on a tonne (gas: a thousand m3) that is asked for and does not
    come; it is raised where a way would cost more than a fifth of it. Contracts (``floor``) are kept before all else.
    No way visits a place twice. Of plans of equal cost the one with fewer tonne-kilometres is taken (as far as kilometres
    differ by more than a few), then the one whose links come first in order of id; where flows could change places, the
    flow that stands first in the case takes the shorter way.
    A flow with a value of time (``Flow.usd_t_day``) counts each day on the way as a cost when it chooses, not in ``cost_usd``.
    Raises UnknownIdError for an unknown id, InfeasibleError, with the contract's name, where a floor cannot be kept, and
    ValueError for an amount that is not understood.

    >>> import geodata, routes
    >>> plan = allocate(geodata.read_network(), routes.read_case("kazakh-crude-2024"))
    >>> bool(plan.delivered > 0 and plan.certificate.primal >= plan.certificate.dual * (1 - 1e-6))
    True
    """
    return allocate_years(network, [case], scenario=scenario, unmet_usd_t=unmet_usd_t)[0]


def allocate_years(
    network: Network, cases: Sequence[Case], *, scenario: Scenario | None = None, unmet_usd_t: float = UNMET_USD_T
) -> tuple[Allocation, ...]:
    """`allocate` for several cases (years) at once; they share nothing but the work of solving them.

    Raises as `allocate` does.
    """
    chosen = scenario or Scenario("base")
    asked = [_asked(network, changed(case, chosen), chosen, unmet_usd_t) for case in cases]
    alone = [_alone(question) for question in asked]
    joint = iter(solve([question.jobs for question, answer in zip(asked, alone, strict=True) if answer is None]))
    plans = [next(joint) if answer is None else answer for answer in alone]
    return tuple(_allocation(question, chosen, plan) for question, plan in zip(asked, plans, strict=True))


class _Question(NamedTuple):
    case: Case
    seen: Network
    jobs: tuple[Job, ...]
    penalty: float


def _asked(network: Network, case: Case, chosen: Scenario, unmet_usd_t: float) -> _Question:
    """The jobs of a case on the graphs of its commodities, in the year that counts."""
    seen = network.at(case.year)
    for flow in case.flows:
        for place in (*flow.supply, *flow.demand):
            require_place(seen, place)
    graphs: dict[str, Ways] = {}
    for commodity in sorted({flow.commodity for flow in case.flows}):
        carried = [flow for flow in case.flows if flow.commodity == commodity]
        ground = scene(seen, commodity, scenario=chosen)
        plain = ways(ground, [place for flow in carried for place in flow.supply], [place for flow in carried for place in flow.demand])
        seen_by = {worth: hurried(plain, worth) for worth in sorted({flow.usd_t_day for flow in carried})}
        graphs.update({flow.name: seen_by[flow.usd_t_day] for flow in carried})
    penalty = max(unmet_usd_t, DEAREST_FACTOR * max(_dearest(graph) for graph in {id(graph): graph for graph in graphs.values()}.values()))
    last = len(case.flows) - 1
    jobs = tuple(
        Job(
            flow.name,
            graphs[flow.name],
            flow.supply,
            flow.demand,
            _penalties(seen, flow, penalty),
            _floors(seen, flow),
            (last - at) * FLOW_TIE * KM_TIE,
        )
        for at, flow in enumerate(case.flows)
    )
    return _Question(case, seen, jobs, penalty)


def _dearest(graph: Ways) -> float:
    """The cost of the dearest cheapest way from a supply to a demand where nothing is full, in USD a tonne."""
    if not graph.origin or not graph.target:
        return 0.0
    matrix = csr_array((graph.weight, (graph.start, graph.end)), shape=(graph.nodes, graph.nodes))
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)
    cost = dijkstra(matrix, directed=True, indices=sorted(graph.origin.values()))[:, sorted(graph.target.values())]
    return float(cost[np.isfinite(cost)].max(initial=0.0))


def _penalties(network: Network, flow: Flow, penalty: float) -> dict[str, float]:
    home = {network.place_facts[place].country for place in flow.supply}
    return {place: penalty * (HOME_FACTOR if network.place_facts[place].country in home else 1.0) for place in flow.demand}


def _floors(network: Network, flow: Flow) -> tuple[Floor, ...]:
    floors = []
    for name, amount in flow.floor.items():
        meant = select(network, [name])
        floors.append(Floor(name, meant.links, meant.places, amount))
    return tuple(floor for floor in floors if floor.amount > 0)


def _alone(question: _Question) -> Plan | None:
    """The plan of a single flow without contracts by the network simplex; None where that does not answer."""
    if len(question.jobs) > 1 or question.jobs[0].floors:
        return None
    job = question.jobs[0]
    solver = LeastCost(job.ways, job.supply, job.demand, job.penalty)
    flow = solver.solve()
    if solver.breaches(flow) or solver.loops(flow):
        return None
    nowhere = sum(job.penalty[place] * amount for place, amount in solver.nowhere.items())
    return Plan(tuple(solver.sendings(job.name, flow)), solver.prices(flow), {}, solver.cost(flow) + nowhere, solver.dual() + nowhere)


def _allocation(question: _Question, chosen: Scenario, plan: Plan) -> Allocation:
    if plan.broken:
        missing = [Shortage(*key, amount, _flow(question.case, key[0]).floor[key[1]]) for key, amount in plan.broken.items()]
        unit = _unit(question.case)
        told = "; ".join(f"{one.flow!r} by {one.id!r} lacks {one.lacking:,.1f} {unit} a year of {one.promised:,.1f}" for one in missing)
        raise InfeasibleError(f"contract that cannot be kept in {question.case.name!r} under {chosen.name!r}: {told}", missing)
    graphs = {job.name: job.ways for job in question.jobs}
    sent = tuple(_way(graphs[sending.flow], sending) for sending in plan.sendings)
    limits = {(limit.kind, limit.name): limit for graph in graphs.values() for limit in graph.bounds}
    proof = _certificate(question, plan, sent, limits.values())
    proof.verify()
    bounds = tuple(limits[key] for key in sorted(limits))
    return Allocation(question.seen, question.case, chosen, sent, bounds, dict(plan.price), question.penalty, proof)


def _unit(case: Case) -> str:
    return "mcm" if case.flows[0].commodity == "gas" else "kt"


def _flow(case: Case, name: str) -> Flow:
    return next(flow for flow in case.flows if flow.name == name)


def _way(graph: Ways, sending: Sending) -> Way:
    arcs = list(sending.arcs)
    taken = [
        (graph.ground.links[at], bool(forward))
        for at, forward in zip(graph.link[arcs].tolist(), graph.forward[arcs].tolist(), strict=True)
        if at >= 0
    ]
    places = [sending.origin]
    for link, forward in taken:
        places.append(link.to_place if forward else link.from_place)
    cost, days, km = (float(column[arcs].sum()) for column in (graph.cost, graph.days, graph.km))
    links, ahead = tuple(link.link_id for link, _ in taken), tuple(forward for _, forward in taken)
    return Way(
        sending.flow,
        sending.origin,
        sending.target,
        sending.amount,
        cost,
        days,
        km,
        links,
        ahead,
        tuple(places),
        _countries(graph.ground, taken, places),
    )


def _countries(ground: Scene, taken: Sequence[tuple[LinkFacts, bool]], places: Sequence[str]) -> tuple[str, ...]:
    """The states crossed, in order: those of the places, and between them those whose permission the links need."""
    home = ground.network.place_facts
    crossed = [home[places[0]].country]
    for (link, forward), place in zip(taken, places[1:], strict=True):
        crossed += [*(link.countries if forward else link.countries[::-1]), home[place].country]
    return tuple(dict.fromkeys(crossed))


def _certificate(question: _Question, plan: Plan, sent: Sequence[Way], limits: Iterable[Bound]) -> AllocationCertificate:
    """Check the plan from nothing but the ways, the capacities and the case."""
    used: dict[tuple[str, str], float] = {}
    for way in sent:
        for kind, names in (
            ("link", way.links),
            ("place", way.places[1:-1]),
            (f"supply {way.flow}", (way.origin,)),
            (f"demand {way.flow}", (way.destination,)),
        ):
            for name in names:
                used[kind, name] = used.get((kind, name), 0.0) + way.amount
    over = max((used.get((limit.kind, limit.name), 0.0) - limit.capacity for limit in limits), default=0.0)
    ends = {"supply": 0.0, "demand": 0.0}
    for flow in question.case.flows:
        for role in ends:
            for place, amount in getattr(flow, role).items():
                ends[role] = max(ends[role], used.get((f"{role} {flow.name}", place), 0.0) - amount)
    return AllocationCertificate(max(over, 0.0), ends["supply"], ends["demand"], plan.primal, plan.dual)
