"""Least-cost flows on the network of 300 links: one commodity, its closures and draws; thirty commodities in ten years."""

from __future__ import annotations

import random
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import routes
from routes.arcs import closures
from routes.columns import Job, Plan, solve
from routes.contingencies import CostStudy, ways_closed
from routes.least_cost import LeastCost
from routes.scene import Scene, scene
from routes.ways import Ways, ways
from tests.benchmarks.conftest import Race
from tests.benchmarks.corridor import COMMODITY, UNMET, Corridor, cost_without
from tests.benchmarks.test_flows import both_ways, drawn_capacities

pytestmark = [pytest.mark.benchmarks, pytest.mark.benchmark(timer=time.process_time)]

PAIRS, SAMPLED, DRAWS = 100, 40, 10_000
COMMODITIES, YEARS, MARKETS, GROWTH = 30, 10, 2, 0.05
SIMPLEX = "networkx network_simplex"


@pytest.fixture(scope="module")
def ground(corridor: Corridor) -> Scene:
    return scene(corridor.network, COMMODITY)


@pytest.fixture(scope="module")
def graph(corridor: Corridor, ground: Scene) -> Ways:
    return ways(ground, corridor.offered, corridor.asked)


def prepared(corridor: Corridor, graph: Ways) -> LeastCost:
    return LeastCost(graph, corridor.offered, corridor.asked, dict.fromkeys(corridor.asked, float(UNMET)))


def test_one_commodity(race: Race, corridor: Corridor, graph: Ways) -> None:
    """From the prepared graph of ways to the flow, the engine's own graph built each time; networkx likewise from its graph."""

    def ours() -> int:
        engine = prepared(corridor, graph)
        flow = engine.solve()
        assert not engine.breaches(flow)
        return round(engine.cost(flow))

    def peer() -> int:
        return int(nx.network_simplex(corridor.cost_graph)[0])

    assert ours() == peer()
    race("least cost, 1 commodity", ours, (SIMPLEX, peer), target=20, rounds=15, repeat=5)


def test_one_commodity_from_the_network(race: Race, corridor: Corridor) -> None:
    """From the Network to `allocate` with its ways, prices and proof; networkx from the Network's tables to cost and flow."""
    case = routes.Case("corridor", 2024, (routes.Flow("one", COMMODITY, corridor.offered, corridor.asked),))
    network, total = corridor.network, sum(corridor.asked.values())

    def peer() -> int:
        made: nx.DiGraph = nx.DiGraph()
        for link in network.links.itertuples():
            made.add_edge(link.from_place, link.to_place, capacity=int(link.capacity), weight=int(link.cost_usd_t))
            made.add_edge(link.to_place, link.from_place, capacity=int(link.capacity), weight=int(link.cost_usd_t))
        made.add_edges_from(("source", place, {"capacity": amount}) for place, amount in corridor.offered.items())
        made.add_edges_from((place, "sink", {"capacity": amount}) for place, amount in corridor.asked.items())
        made.add_edge("source", "sink", capacity=total, weight=UNMET)
        made.nodes["source"]["demand"], made.nodes["sink"]["demand"] = -total, total
        return int(nx.network_simplex(made)[0])

    def ours() -> float:
        plan = routes.allocate(network, case)
        return plan.cost_usd / 1000.0 + plan.unmet * UNMET

    assert ours() == pytest.approx(peer(), abs=0.5)
    race("  from the Network to routes.allocate", ours, ("networkx from the tables", peer), repeat=2)


def test_every_closure(race: Race, corridor: Corridor, ground: Scene, graph: Ways) -> None:
    """From the prepared graph; networkx sets capacities of its prepared graph to 0 and back."""
    units = closures(ground, "links")
    closed, names = [ways_closed(graph, unit) for unit in units.values()], list(units)

    def ours() -> tuple[CostStudy, dict[tuple[int, ...], float]]:
        study = CostStudy(prepared(corridor, graph), closed)
        return study, study.singles()

    def peer() -> list[int]:
        return [cost_without(corridor.cost_graph, both_ways(corridor, (name,))) for name in names]

    study, values = ours()
    assert [round(values.get((at,), study.base)) for at in range(len(names))] == peer()
    race("N-1 of 300 links, least cost", ours, (SIMPLEX, peer), target=350, rounds=5, repeat=20)


def test_every_pair_of_closures(race: Race, corridor: Corridor, ground: Scene, graph: Ways) -> None:
    """As above for all 44,850 pairs; networkx solves a sample of 100."""
    units = closures(ground, "links")
    closed, names = [ways_closed(graph, unit) for unit in units.values()], list(units)
    every = list(combinations(range(len(names)), 2))
    picked = [every[at] for at in np.random.default_rng(4).choice(len(every), PAIRS, replace=False).tolist()]

    def ours() -> tuple[CostStudy, dict[tuple[int, ...], float]]:
        study = CostStudy(prepared(corridor, graph), closed)
        return study, study.pairs()

    def peer() -> list[int]:
        return [cost_without(corridor.cost_graph, both_ways(corridor, (names[one], names[two]))) for one, two in picked]

    study, values = ours()
    assert [round(values.get(pair, study.base)) for pair in picked] == peer()
    share = PAIRS / len(every)
    race(f"N-2, {len(every):,} pairs, least cost", ours, (f"{SIMPLEX}, {PAIRS} pairs", peer), target=800, share=share, rounds=5)


def test_every_pair_from_the_network(race: Race, corridor: Corridor) -> None:
    """From the Network to `contingency` with its table; networkx a sample of 100 pairs on its prepared graph."""
    every = list(combinations(sorted(corridor.ends), 2))
    picked = [every[at] for at in np.random.default_rng(5).choice(len(every), PAIRS, replace=False).tolist()]

    def ours() -> dict[tuple[str, str], float]:
        table = routes.contingency(corridor.network, corridor.offered, corridor.asked, COMMODITY, order=2, by="cost")
        return dict(zip(zip(table["closed_1"], table["closed_2"], strict=True), table["value"], strict=True))

    def peer() -> list[int]:
        return [cost_without(corridor.cost_graph, both_ways(corridor, pair)) for pair in picked]

    found = ours()
    assert [round(found[pair] / 1000.0) for pair in picked] == peer()
    share = PAIRS / len(every)
    race("  from the Network to routes.contingency, by cost", ours, (f"{SIMPLEX}, {PAIRS} pairs", peer), share=share, rounds=2)


def test_draws(race: Race, corridor: Corridor, graph: Ways) -> None:
    """10,000 draws that are there as numbers for both, from prepared graphs; networkx does a sample of 40.

    Costs are above zero, so no cheapest flow uses a link both ways, and nothing has to be looked up in `breaches`.
    """
    rows = drawn_capacities(corridor, DRAWS)
    number = {link[0]: at for at, link in enumerate(corridor.links)}
    inner = np.flatnonzero(graph.link >= 0)
    of_link = np.array([number[graph.ground.links[at].link_id] for at in graph.link[inner].tolist()])
    engine = prepared(corridor, graph)
    per_kt = round(1 / engine.step)
    network = corridor.cost_graph.copy()

    def ours(rows: NDArray[np.int64] = rows) -> list[int]:
        capacity = engine.capacity.copy()
        found = []
        for row in rows:
            capacity[inner] = row[of_link] * per_kt
            flow = engine.solve(capacity, afresh=True)
            found.append(round(engine.cost(flow)))
        return found

    def peer() -> list[int]:
        found = []
        for row in rows[:SAMPLED].tolist():
            for (_, start, end, _, _), capacity in zip(corridor.links, row, strict=True):
                network.edges[start, end]["capacity"] = network.edges[end, start]["capacity"] = capacity
            found.append(int(nx.network_simplex(network)[0]))
        return found

    assert ours(rows[:SAMPLED]) == peer()
    race(f"{DRAWS:,} draws, least cost", ours, (f"{SIMPLEX}, {SAMPLED} draws", peer), target=35, share=SAMPLED / DRAWS, rounds=3)


def flows(corridor: Corridor, year: int) -> list[routes.Flow]:
    """Thirty flows, each from one place to two others, which ask for more from year to year."""
    draw = random.Random(11)  # noqa: S311 - amounts, no secret
    found = []
    for at in range(COMMODITIES):
        origin, *markets = draw.sample(sorted(corridor.points), 1 + MARKETS)
        amounts = {place: draw.randint(100, 400) for place in markets}
        demand = {place: round(amount * (1 + GROWTH * year)) for place, amount in amounts.items()}
        found.append(routes.Flow(f"flow{at:02d}", COMMODITY, {origin: float(sum(demand.values()))}, demand))
    return found


def blocks(corridor: Corridor, ground: Scene) -> list[list[Job]]:
    """The jobs of each year on one prepared graph."""
    every = flows(corridor, 0)
    graph = ways(ground, {place for flow in every for place in flow.supply}, {place for flow in every for place in flow.demand})
    return [
        [Job(flow.name, graph, flow.supply, flow.demand, dict.fromkeys(flow.demand, float(UNMET))) for flow in flows(corridor, year)]
        for year in range(YEARS)
    ]


def pypsa_network(pypsa: Any, corridor: Corridor) -> Any:
    """A bus for each place and commodity, a link for each direction, years as snapshots, unmet demand as a dear generator."""
    made = pypsa.Network(snapshots=range(YEARS))
    made.add("Carrier", "goods")
    every = [flows(corridor, year) for year in range(YEARS)]
    names = [flow.name for flow in every[0]]
    made.add("Bus", [f"{flow} {place}" for flow in names for place in corridor.points], carrier="goods")
    rows = [
        (f"{flow} {link} {way}", f"{flow} {one}", f"{flow} {other}", capacity, cost)
        for flow in names
        for link, start, end, capacity, cost in corridor.links
        for way, one, other in (("ahead", start, end), ("back", end, start))
    ]
    table = pd.DataFrame(rows, columns=["name", "bus0", "bus1", "p_nom", "marginal_cost"]).set_index("name")
    made.add("Link", table.index, **{name: table[name] for name in table.columns}, carrier="goods")
    loads = {
        f"{flow.name} {place}": [dict(year[at].demand)[place] for year in every]
        for at, flow in enumerate(every[0])
        for place in flow.demand
    }
    demand = pd.DataFrame(loads, index=made.snapshots, dtype=float)
    made.add("Load", demand.columns, bus=demand.columns, p_set=demand)
    unmet = "unmet " + demand.columns
    made.add("Generator", unmet, bus=demand.columns, p_nom=demand.max().to_numpy(), marginal_cost=float(UNMET), carrier="goods")
    supply = {
        f"{flow.name} {place}": max(year[at].supply[place] for year in every) for at, flow in enumerate(every[0]) for place in flow.supply
    }
    # A year's supply is what the year's demand adds up to, so the largest year's bounds nothing more.
    made.add("Generator", ["supply " + bus for bus in supply], bus=list(supply), p_nom=list(supply.values()), carrier="goods")
    return made


def shared_capacity(made: Any, _snapshots: object = None) -> None:
    """The constraint that PyPSA lacks: both directions and all commodities share a link's capacity."""
    carried = made.model.variables["Link-p"]
    axis = next(name for name in carried.dims if name != "snapshot")
    link = pd.Series([name.split()[1] for name in carried.indexes[axis]], index=carried.indexes[axis].rename(axis), name="shared")
    capacity = made.links["p_nom"].groupby(made.links.index.str.split().str[1]).first().rename_axis("shared")
    made.model.add_constraints((1 * carried).groupby(link.to_xarray()).sum() <= capacity.to_xarray(), name="shared-capacity")


@pytest.fixture(scope="module")
def pypsa() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("pypsa", reason="pypsa is not installed: install the project with the extra bench")


def modelled(made: Any) -> float:
    """Model and solution without what PyPSA does with it afterwards."""
    made.optimize.create_model()
    shared_capacity(made)
    made.model.solve(solver_name="highs", log_to_console=False)
    return float(made.model.objective.value)


def optimized(made: Any) -> float:
    made.optimize(solver_name="highs", extra_functionality=shared_capacity, log_to_console=False)
    return float(made.objective)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("run", "target"), [(modelled, 50.0), (optimized, None)], ids=["model", "optimize"])
def test_thirty_commodities(
    race: Race, corridor: Corridor, ground: Scene, pypsa: Any, run: Callable[[Any], float], target: float | None
) -> None:
    """From prepared jobs to plans with prices and proof; PyPSA from its prepared network to a solved model, or all of `optimize`.

    One run of the peer, for it takes long; five of ours.
    """
    jobs, made = blocks(corridor, ground), pypsa_network(pypsa, corridor)
    found: list[float] = []

    def ours() -> list[Plan]:
        return solve(jobs)

    cost = sum(plan.primal for plan in ours())
    name = "PyPSA model by HiGHS" if run is modelled else "  PyPSA optimize"
    job = f"least cost, {COMMODITIES} commodities x {YEARS} years" if run is modelled else "  the same, with all that optimize does"
    race(job, ours, (name.strip(), lambda: found.append(run(made))), target=target, rounds=1, repeat=5)
    assert found[0] == pytest.approx(cost, rel=1e-6)
    assert all(plan.sendings for plan in ours())


def test_thirty_commodities_from_the_network(race: Race, corridor: Corridor, ground: Scene) -> None:
    """From the Network to `allocate_years` with its tables and proofs, against our own prepared jobs: what the wrapping costs."""
    cases = [routes.Case(f"year {year}", 2024, tuple(flows(corridor, year))) for year in range(YEARS)]

    def ours() -> tuple[routes.Allocation, ...]:
        return routes.allocate_years(corridor.network, cases)

    def penalty(plan: routes.Allocation, job: Job) -> dict[str, float]:
        home = {corridor.country[place] for place in job.supply}
        return {place: plan.unmet_usd_t * (2.0 if corridor.country[place] in home else 1.0) for place in job.demand}

    plans = ours()
    jobs = [
        [replace(job, penalty=penalty(plan, job)) for job in block] for plan, block in zip(plans, blocks(corridor, ground), strict=True)
    ]
    assert [plan.certificate.primal for plan in plans] == pytest.approx([plan.primal for plan in solve(jobs)], rel=1e-6)
    race("  from the Network to routes.allocate_years", ours, ("our own prepared jobs", lambda: solve(jobs)), rounds=3)
