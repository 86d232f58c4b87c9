"""Largest flows on the network of 300 links: cuts, closures one by one and in pairs, draws, coalitions of states."""

from __future__ import annotations

import time
import zlib
from itertools import combinations
from math import comb

import networkx as nx
import numpy as np
import pytest
from networkx.algorithms.flow import boykov_kolmogorov
from numpy.typing import NDArray

import routes
from routes.arcs import Arcs, closed_arcs, closures, expand
from routes.contingencies import FlowStudy
from routes.flow import with_sides
from routes.games import shapley
from routes.outages import Reliability, _drawn, _triangle
from routes.power import _amounts, worths
from routes.scenarios import select
from routes.scene import Scene, scene
from routes.simplex import LargestFlow
from tests.benchmarks.conftest import Race
from tests.benchmarks.corridor import AVAILABILITY, COMMODITY, STATES, Corridor, Residual

pytestmark = [pytest.mark.benchmarks, pytest.mark.benchmark(timer=time.process_time)]

PAIRS, COALITIONS, SAMPLED, DRAWS = 150, 200, 60, 10_000
LOW, HIGH = 0.6, 1.1
BK = "networkx boykov_kolmogorov"


@pytest.fixture(scope="module")
def ground(corridor: Corridor) -> Scene:
    return scene(corridor.network, COMMODITY)


@pytest.fixture(scope="module")
def arcs(corridor: Corridor, ground: Scene) -> Arcs:
    return expand(ground, corridor.offered, corridor.taken)


def both_ways(corridor: Corridor, links: tuple[str, ...]) -> list[tuple[str, str]]:
    return [arc for link in links for arc in (corridor.ends[link], corridor.ends[link][::-1])]


def shortest(arcs: Arcs) -> NDArray[np.int64]:
    return np.ones(len(arcs.label), dtype=np.int64)


def networkx_cuts(graph: nx.DiGraph) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """The value, and the links of the two extreme minimum cuts, from one residual network."""
    residual = boykov_kolmogorov(graph, "source", "sink")
    spare = {node: [to for to, data in onward.items() if data["flow"] < data["capacity"]] for node, onward in residual.adjacency()}
    left = nx.DiGraph(spare)
    near = {"source", *nx.descendants(left, "source")}
    far = {"sink", *nx.ancestors(left, "sink")}
    links = nx.get_edge_attributes(graph, "link")
    cuts = (sorted(links[one, to] for one, to in nx.edge_boundary(graph, side)) for side in (near, set(graph) - far))
    return (int(residual.graph["flow_value"]), *(tuple(cut) for cut in cuts))


def test_both_cuts(race: Race, corridor: Corridor, arcs: Arcs) -> None:
    """From the prepared arcs to flow and cuts, the engine's own graph built each time; networkx likewise from its graph."""

    def ours() -> tuple[int, tuple[str, ...], tuple[str, ...]]:
        engine = LargestFlow(arcs, price=shortest(arcs))
        carried, near, far = with_sides(engine)
        value = round(carried[arcs.start == 0].sum() * engine.step)
        return value, arcs.cut(near)[0], arcs.cut(~far)[0]

    assert ours() == networkx_cuts(corridor.graph)
    race("max flow with both cuts", ours, (BK, lambda: networkx_cuts(corridor.graph)), target=8, rounds=15, repeat=10)


def test_both_cuts_from_the_network(race: Race, corridor: Corridor) -> None:
    """From the Network to `max_flow` with its tables and proof; networkx from the Network's tables to value and cuts."""
    network, offered, taken = corridor.network, corridor.offered, corridor.taken

    def peer() -> tuple[int, tuple[str, ...], tuple[str, ...]]:
        graph: nx.DiGraph = nx.DiGraph()
        for link in network.links.itertuples():
            graph.add_edge(link.from_place, link.to_place, capacity=link.capacity, link=link.link_id)
            graph.add_edge(link.to_place, link.from_place, capacity=link.capacity, link=link.link_id)
        graph.add_edges_from(("source", place, {"capacity": amount}) for place, amount in offered.items())
        graph.add_edges_from((place, "sink", {"capacity": amount}) for place, amount in taken.items())
        return networkx_cuts(graph)

    def ours() -> routes.MaxFlow:
        return routes.max_flow(network, offered, taken, COMMODITY)

    found = ours()
    assert (found.value, found.source_cut, found.sink_cut) == peer()
    race("  from the Network to routes.max_flow", ours, ("networkx from the tables", peer), repeat=3)


def test_every_closure(race: Race, corridor: Corridor, arcs: Arcs, ground: Scene) -> None:
    """From the prepared arcs; networkx sets capacities of one prepared residual network to 0 and back."""
    units = closures(ground, "links")
    closed, names, residual = closed_arcs(arcs, units.values()), list(units), Residual(corridor.graph)

    def ours() -> tuple[FlowStudy, dict[tuple[int, ...], int]]:
        study = FlowStudy(LargestFlow(arcs, price=shortest(arcs)), closed)
        return study, study.singles()

    def peer() -> list[int]:
        return [residual.without(both_ways(corridor, (name,))) for name in names]

    study, values = ours()
    assert [round(values.get((at,), study.base) * study.engine.step) for at in range(len(names))] == peer()
    race("N-1 of 300 links, max flow", ours, (BK, peer), target=120, rounds=5, repeat=20)


def test_every_pair_of_closures(race: Race, corridor: Corridor, arcs: Arcs, ground: Scene) -> None:
    """As above for all 44,850 pairs; networkx solves a sample of 150."""
    units = closures(ground, "links")
    closed, names, residual = closed_arcs(arcs, units.values()), list(units), Residual(corridor.graph)
    every = list(combinations(range(len(names)), 2))
    picked = np.random.default_rng(1).choice(len(every), PAIRS, replace=False).tolist()

    def ours() -> tuple[FlowStudy, dict[tuple[int, ...], int]]:
        study = FlowStudy(LargestFlow(arcs, price=shortest(arcs)), closed)
        return study, study.pairs(disjoint=True)

    def peer() -> list[int]:
        return [residual.without(both_ways(corridor, tuple(names[at] for at in every[pair]))) for pair in picked]

    study, values = ours()
    assert [round(values.get(every[pair], study.base) * study.engine.step) for pair in picked] == peer()
    race(f"N-2, {len(every):,} pairs, max flow", ours, (f"{BK}, {PAIRS} pairs", peer), target=500, share=PAIRS / len(every), rounds=5)


def test_every_pair_from_the_network(race: Race, corridor: Corridor) -> None:
    """From the Network to `contingency` with its table; networkx a sample of 150 pairs on its prepared residual network."""
    network, offered, taken = corridor.network, corridor.offered, corridor.taken
    names = sorted(corridor.ends)
    every = list(combinations(names, 2))
    picked = [every[at] for at in np.random.default_rng(2).choice(len(every), PAIRS, replace=False).tolist()]

    def ours() -> dict[tuple[str, str], float]:
        table = routes.contingency(network, offered, taken, COMMODITY, order=2)
        return dict(zip(zip(table["closed_1"], table["closed_2"], strict=True), table["value"], strict=True))

    residual = Residual(corridor.graph)

    def peer() -> list[int]:
        return [residual.without(both_ways(corridor, pair)) for pair in picked]

    found = ours()
    assert [found[pair] for pair in picked] == peer()
    race("  from the Network to routes.contingency", ours, (f"{BK}, {PAIRS} pairs", peer), share=PAIRS / len(every), rounds=3)


def drawn_capacities(corridor: Corridor, draws: int) -> NDArray[np.int64]:
    """Whole capacities of the links, a row a draw: out with 5 %, else from a triangle of 0.6, 1 and 1.1 times the capacity."""
    random = np.random.default_rng(7)
    whole = np.array([capacity for _, _, _, capacity, _ in corridor.links])
    factor = random.triangular(LOW, 1.0, HIGH, (draws, len(whole))) * (random.random((draws, len(whole))) < AVAILABILITY)
    return np.floor(whole * factor).astype(np.int64)


def set_all(residual: Residual, corridor: Corridor, capacities: list[int]) -> int:
    """networkx's largest flow with every link's capacity replaced."""
    for (_, start, end, _, _), capacity in zip(corridor.links, capacities, strict=True):
        residual.residual[start][end]["capacity"] = residual.residual[end][start]["capacity"] = capacity
    return residual.value()


def test_draws(race: Race, corridor: Corridor, arcs: Arcs) -> None:
    """10,000 draws that are there as numbers for both, from prepared arcs; networkx does a sample of 60."""
    rows = drawn_capacities(corridor, DRAWS)
    number = {link[0]: at for at, link in enumerate(corridor.links)}
    inner = np.array([at for at, label in enumerate(arcs.label) if label in number])
    of_link = np.array([number[arcs.label[at]] for at in inner])
    engine, residual = LargestFlow(arcs), Residual(corridor.graph)
    per_kt = round(1 / engine.step)

    def ours(rows: NDArray[np.int64] = rows) -> list[int]:
        capacity = engine.capacity.copy()
        found = []
        for row in rows:
            capacity[inner] = row[of_link] * per_kt
            found.append(engine.solve(capacity, afresh=True)[0])
        return found

    def peer() -> list[int]:
        return [set_all(residual, corridor, row) for row in rows[:SAMPLED].tolist()]

    assert ours(rows[:SAMPLED]) == [value * per_kt for value in peer()]
    race(f"{DRAWS:,} draws, max flow", ours, (f"{BK}, {SAMPLED} draws", peer), target=20, share=SAMPLED / DRAWS, rounds=3)


def asked(corridor: Corridor, seed: int = 0, wider: tuple[str, ...] = (), draws: int = DRAWS) -> Reliability:
    """What arrives in each draw, some links being wider by 30 %; the demand is more than can come, so it is the largest flow."""
    scenario = routes.Scenario("wider", capacity=dict.fromkeys(wider, "x1.3"))
    whole = {name: capacity * (1.3 if name in wider else 1.0) for name, _, _, capacity, _ in corridor.links}
    return routes.reliability(
        corridor.network,
        corridor.offered,
        corridor.taken,
        COMMODITY,
        demand=2.0 * corridor.largest,
        draws=draws,
        seed=seed,
        ranges={name: (LOW * capacity, HIGH * capacity) for name, capacity in whole.items()},
        scenario=scenario,
    )


def test_draws_from_the_network(race: Race, corridor: Corridor) -> None:
    """From the Network to `reliability`, with the drawing; networkx draws and solves a sample of 60 on a prepared residual network."""
    fine = 1_000_000
    graph = corridor.graph.copy()
    for _, _, data in graph.edges(data=True):
        data["capacity"] *= fine
    residual, names = Residual(graph), [name for name, *_ in corridor.links]

    def peer() -> list[int]:
        works = _drawn(names, 0, SAMPLED) < AVAILABILITY
        columns = []
        for name, _, _, capacity, _ in corridor.links:
            share = np.random.default_rng([0, zlib.crc32(name.encode()), 1]).random(SAMPLED)
            columns.append(np.floor(_triangle(share, LOW * capacity, capacity, HIGH * capacity) * fine + 1e-6).astype(np.int64))
        return [set_all(residual, corridor, row) for row in (np.column_stack(columns) * works).tolist()]

    assert np.round(asked(corridor).draws[:SAMPLED] * fine).astype(np.int64).tolist() == peer()
    job = "  from the Network to routes.reliability"
    race(job, lambda: asked(corridor), (f"{BK}, {SAMPLED} draws", peer), share=SAMPLED / DRAWS, rounds=2)


def test_common_random_numbers(race: Race, corridor: Corridor) -> None:
    """What a link of the minimum cut adds when it is wider by 30 %, known to 1 % of the flow: draws with the same failures and others.

    Every link of the cut is asked about, and the one that gains least from common numbers is noted; then all of them wider
    at once, two worlds so unlike that less is common to them. Seconds are those of so many draws by our own engine on
    both sides; the ratio is that of the draws.
    """
    cut = routes.max_flow(corridor.network, corridor.offered, corridor.taken, COMMODITY).source_cut
    base = asked(corridor, draws=2_000)
    wanted = (1.96 / (0.01 * base.expected)) ** 2

    def variances(wider: tuple[str, ...]) -> tuple[float, float]:
        same, other = asked(corridor, wider=wider, draws=2_000), asked(corridor, seed=1, wider=wider, draws=2_000)
        paired, apart = float((same.draws - base.draws).var(ddof=1)), float(other.draws.var(ddof=1) + base.draws.var(ddof=1))
        # Both estimate one difference.
        gap = (same.draws - base.draws).mean() - (other.draws.mean() - base.draws.mean())
        assert abs(gap) <= 4 * np.sqrt((paired + apart) / 2_000)
        return paired, apart

    paired, apart = max((variances((link,)) for link in cut), key=lambda pair: pair[0] / pair[1])
    race.benchmark.pedantic(lambda: asked(corridor, wider=cut[:1], draws=2_000), rounds=1)
    if not race.benchmark.disabled:
        each = race.benchmark.stats.stats.median / 2_000
        job = f"a link wider or not, common random numbers, least of {len(cut)}"
        race.note(job, "independent draws", each * paired * wanted, each * apart * wanted, 10)


def test_common_random_numbers_for_a_whole_cut(race: Race, corridor: Corridor) -> None:
    cut = routes.max_flow(corridor.network, corridor.offered, corridor.taken, COMMODITY).source_cut
    base, same = asked(corridor, draws=2_000), asked(corridor, wider=cut, draws=2_000)
    other = asked(corridor, seed=1, wider=cut, draws=2_000)
    paired, apart = (same.draws - base.draws).var(ddof=1), other.draws.var(ddof=1) + base.draws.var(ddof=1)
    wanted = (1.96 / (0.01 * base.expected)) ** 2
    race.benchmark.pedantic(lambda: asked(corridor, wider=cut, draws=2_000), rounds=1)
    if not race.benchmark.disabled:
        each = race.benchmark.stats.stats.median / 2_000
        race.note("  the whole cut wider at once", "independent draws", each * paired * wanted, each * apart * wanted, None)


def networkx_worth(corridor: Corridor, residual: Residual, coalition: int, players: list[str]) -> int:
    out = {player for at, player in enumerate(players) if not coalition >> at & 1}
    home = corridor.country
    return residual.without(
        arc for start, end in corridor.ends.values() if {home[start], home[end]} & out for arc in ((start, end), (end, start))
    )


@pytest.mark.parametrize("prepared", [False, True], ids=["plain", "prepared"])
def test_shapley(race: Race, corridor: Corridor, ground: Scene, prepared: bool) -> None:
    """From the prepared scene to the Shapley values; networkx solves a sample of 200 coalitions.

    Its loop is the one that the target was set against: copy the graph, take the places of the other states out, ask for
    the value of the largest flow. The second row has the residual network prepared and its quickest algorithm.
    """
    players, residual = sorted(STATES), Residual(corridor.graph)
    units = [select(ground.network, [f"country:{state}"]) for state in players]
    offered, taken = ({place: float(amount) for place, amount in side.items()} for side in (corridor.offered, corridor.taken))
    picked = np.random.default_rng(3).choice(1 << len(players), COALITIONS, replace=False).tolist()

    def table() -> NDArray[np.float64]:
        return worths(len(players), _amounts(ground, offered, taken, units))

    def quickest() -> list[int]:
        return [networkx_worth(corridor, residual, coalition, players) for coalition in picked]

    def plain() -> list[int]:
        values = []
        for coalition in picked:
            out = {player for at, player in enumerate(players) if not coalition >> at & 1}
            graph = corridor.graph.copy()
            graph.remove_nodes_from([place for place, state in corridor.country.items() if state in out])
            values.append(int(nx.maximum_flow_value(graph, "source", "sink")))
        return values

    worth = table()
    assert [round(worth[coalition]) for coalition in picked] == quickest() == plain()
    # The definition, state by state, on the checked table.
    n, every = len(players), np.arange(len(worth))
    size = np.array([at.bit_count() for at in range(len(worth))])
    weight = np.array([1 / (n * comb(n - 1, members)) for members in range(n)])
    value = [
        float((weight[size[out]] * (worth[out | 1 << at] - worth[out])).sum()) for at in range(n) for out in [every[every >> at & 1 == 0]]
    ]
    assert shapley(worth) == pytest.approx(value, rel=1e-9)

    job = "  the same beside networkx's quickest" if prepared else "Shapley value of 16 states, exact"
    name = BK if prepared else "copy, remove, maximum_flow_value"
    peer = (f"{name}, {COALITIONS} coalitions", quickest if prepared else plain)
    share = COALITIONS / (1 << len(players))
    race(job, lambda: shapley(table()), peer, target=None if prepared else 1200, share=share, rounds=5)


def test_power_from_the_network(race: Race, corridor: Corridor) -> None:
    """From the Network to `transit_power`, with Banzhaf values and nucleolus; networkx the sample of coalitions alone."""
    players, residual = sorted(STATES), Residual(corridor.graph)
    picked = np.random.default_rng(3).choice(1 << len(players), COALITIONS, replace=False).tolist()
    network, offered, taken = corridor.network, corridor.offered, corridor.taken

    def peer() -> list[int]:
        return [networkx_worth(corridor, residual, coalition, players) for coalition in picked]

    def ours() -> float:
        return float(routes.transit_power(network, offered, taken, COMMODITY)["shapley"].sum())

    assert ours() == pytest.approx(corridor.largest - networkx_worth(corridor, residual, 0, players), rel=1e-9)
    share = COALITIONS / (1 << len(players))
    race("  from the Network to routes.transit_power", ours, (f"{BK}, {COALITIONS} coalitions", peer), share=share, rounds=2)
