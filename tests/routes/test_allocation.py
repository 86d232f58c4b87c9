"""Least-cost flows: toy networks by hand, prices, contracts, scenarios, and a linear program over all ways as oracle."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import networkx as nx
import numpy as np
import pytest

import routes
from geodata.network import Network
from routes import Case, Flow, Scenario
from routes.columns import Job, solve
from routes.errors import InfeasibleError, UnknownIdError
from routes.flow import CertificateError
from routes.least_cost import LeastCost
from routes.scene import scene
from routes.ways import ways
from tests.conftest import link, place
from tests.routes.random_networks import cheapest_by_all_ways, penalties, rail_network, random_flows, random_network, seeds, toy


def way(name: str, start: str, end: str, capacity: object, cost: float, **more: object) -> dict[str, object]:
    """A one-way link of 100 km and a day, at this cost."""
    return link(name, start, end, capacity, **({"both_ways": "false", "cost_usd_t": cost, "days": 1, "length_km": 100} | more))


def case(*flows: Flow) -> Case:
    return Case("toy", 2024, flows)


def crude(supply: Mapping[str, float], demand: Mapping[str, float], name: str = "f", **more: object) -> Flow:
    return Flow(name, "crude", supply, demand, **more)  # type: ignore[arg-type]


def used(plan: routes.Allocation) -> dict[tuple[str, str], float]:
    return {(row.flow, row.link_id): round(row.amount, 6) for row in plan.flows.itertuples()}


def objective(network: Network, plan: routes.Allocation) -> float:
    """Cost with the worth of time and penalties, from the plan's ways alone, in thousand USD."""
    flows = {flow.name: flow for flow in plan.case.flows}
    total = sum(each.amount * (each.cost_usd_t + each.days * flows[each.flow].usd_t_day) for each in plan.sent)
    return total + sum(row.unmet * penalties(network, flows[row.flow])[row.place_id] for row in plan.markets.itertuples())


ABROAD = [place("a"), place("b"), place("c", "CHN"), place("d", "RUS")]


@pytest.fixture
def fork() -> Network:
    """Two ways from a to c: the cheap one (2) takes 6, the dear one over b (1 + 4) takes 5 and then 3."""
    return toy(
        ABROAD,
        [
            way("ac", "a", "c", 6, 2),
            way("ab", "a", "b", 5, 1),
            way("bc", "b", "c", 3, 4),
            way("bd", "b", "d", 9, 1),
        ],
    )


def test_the_cheap_way_first(fork: Network) -> None:
    """8 from a to c: 6 at 2 and 2 at 5, in kt a year, so 22 thousand USD."""
    plan = routes.allocate(fork, case(crude({"a": 20}, {"c": 8})))
    assert used(plan) == {("f", "ac"): 6, ("f", "ab"): 2, ("f", "bc"): 2}
    assert (plan.delivered, plan.unmet, plan.cost_usd, plan.unit) == (8, 0, 22_000, "kt")
    assert plan.prices[["kind", "id", "capacity"]].to_numpy().tolist() == [["link", "ac", 6.0]]
    assert plan.prices["price_usd_t"].tolist() == pytest.approx([3.0], abs=1e-3)  # 5 less 2
    assert plan.markets.to_numpy().tolist() == [["f", "c", 8.0, 8.0, 0.0]]
    assert plan.supplies.to_numpy().tolist() == [["f", "a", 20.0, 8.0, 12.0]]
    row = plan.by_flow.iloc[0]
    assert (row["cost_usd"], row["cost_usd_t"], row["days"], row["km"]) == pytest.approx((22_000, 2.75, 1.25, 125))
    assert plan.links[["link_id", "amount", "used_share"]].to_numpy().tolist() == [["ab", 2, 0.4], ["ac", 6, 1], ["bc", 2, 2 / 3]]
    assert plan.amount_by(["ab", "bc"]) == 2
    assert "8.0 of 8.0 kt a year delivered" in repr(plan)


def test_unmet_is_priced_at_the_penalty(fork: Network) -> None:
    """9 is all that fits; one more tonne by bc would arrive: 10,000 less 5; by ac it would save 10,000 less 2."""
    plan = routes.allocate(fork, case(crude({"a": 20}, {"c": 12})))
    assert (plan.delivered, plan.unmet, plan.cost_usd) == (9, 3, 27_000)
    assert dict(zip(plan.prices["id"], plan.prices["price_usd_t"], strict=True)) == pytest.approx({"ac": 9998, "bc": 9995}, abs=1e-3)
    assert plan.certificate.primal == pytest.approx(27 + 3 * 10_000, abs=1e-3)
    assert routes.allocate(fork, case(crude({"a": 20}, {"c": 12})), unmet_usd_t=30).unmet_usd_t == 30
    assert routes.allocate(fork, case(crude({"a": 20}, {"c": 12})), unmet_usd_t=1).unmet_usd_t == pytest.approx(5 * 2, abs=1e-3)


def test_flows_share_a_link(fork: Network) -> None:
    """Both need ab (5). g can only take it, at 2 in all; f has ac as well. All 9 + 5 that fit are asked for, so ab is split."""
    f, g = crude({"a": 20}, {"c": 8}), crude({"a": 20}, {"d": 4}, "g")
    plan = routes.allocate(fork, case(f, g))
    # Of ab's 5 each is worth a tonne delivered; f's tonnes cost 5 there, g's 2: g first, then 1 for f.
    assert used(plan) == {("f", "ac"): 6, ("f", "ab"): 1, ("f", "bc"): 1, ("g", "ab"): 4, ("g", "bd"): 4}
    assert (plan.delivered, plan.unmet, plan.cost_usd) == (11, 1, 1000 * (12 + 5 + 8))
    assert plan.by_flow.set_index("flow")["unmet"].to_dict() == {"f": 1, "g": 0}
    assert plan.amount_by(["ab"], "g") == 4
    assert plan.prices.set_index("id")["price_usd_t"].to_dict() == pytest.approx({"ab": 9995, "ac": 9998}, abs=1e-3)


def test_a_place_bounds_all_flows_together_but_not_what_starts_there() -> None:
    places = [place("a"), place("b", capacity=5, unit="kt/yr"), place("c", "CHN"), place("d", "RUS")]
    network = toy(places, [way("ab", "a", "b", 50, 1), way("bc", "b", "c", 50, 1), way("bd", "b", "d", 50, 2)])
    plan = routes.allocate(network, case(crude({"a": 9}, {"c": 3}), crude({"a": 9}, {"d": 4}, "g"), crude({"b": 7}, {"c": 7}, "h")))
    assert used(plan) == {("f", "ab"): 3, ("f", "bc"): 3, ("g", "ab"): 2, ("g", "bd"): 2, ("h", "bc"): 7}
    assert plan.places.to_numpy().tolist() == [["b", 5.0, 5.0, 1.0]]
    assert plan.prices[["kind", "id"]].to_numpy().tolist() == [["place", "b"]]


def test_a_both_ways_link_is_shared_by_its_directions() -> None:
    network = toy([place("a"), place("b", "CHN")], [link("ab", "a", "b", 10, cost_usd_t=1, days=1, length_km=1)])
    there, back = crude({"a": 8}, {"b": 8}), crude({"b": 7}, {"a": 7}, "g")
    plan = routes.allocate(network, case(there, back))
    assert plan.delivered == 10
    assert plan.links["amount"].tolist() == [10]
    assert (plan.flows["amount"] * plan.flows["flow"].map({"f": 1, "g": -1}) >= 0).all()


def test_home_demand_comes_before_export() -> None:
    """Both need ab (5); abroad is cheaper by 100, and still b, at home, is served first."""
    network = toy(ABROAD, [way("ab", "a", "b", 5, 1), way("bc", "b", "c", 9, 1)])
    assert routes.allocate(network, case(crude({"a": 9}, {"b": 4, "c": 4}))).markets["delivered"].tolist() == [4, 1]
    # Seen from Russia both are abroad, and the nearer one is cheaper.
    moved = toy([*ABROAD[1:], place("a", "RUS")], [way("ab", "a", "b", 5, 100), way("bc", "b", "c", 9, 1)])
    assert routes.allocate(moved, case(crude({"a": 9}, {"b": 4, "c": 4}))).markets["delivered"].tolist() == [4, 1]


def test_a_contract_binds_and_names_what_cannot_be_kept(fork: Network) -> None:
    contract = crude({"a": 20}, {"c": 8}, floor={"bc": 3})
    plan = routes.allocate(fork, case(contract))
    assert used(plan) == {("f", "ac"): 5, ("f", "ab"): 3, ("f", "bc"): 3}
    assert plan.cost_usd == 1000 * (10 + 15)
    assert routes.allocate(fork, case(crude({"a": 20}, {"c": 8}, floor={"b": 3}))).cost_usd == 25_000
    assert routes.allocate(fork, case(crude({"a": 20}, {"c": 8}, floor={"bc": 1}))).cost_usd == 22_000
    with pytest.raises(InfeasibleError, match=r"'f' by 'bc' lacks 1\.0 kt a year of 4\.0"):
        routes.allocate(fork, case(crude({"a": 20}, {"c": 8}, floor={"bc": 4})))
    with pytest.raises(InfeasibleError, match=r"under 'shut'.* lacks 3\.0 kt"):
        routes.allocate(fork, case(contract), scenario=Scenario("shut", close=["bc"]))


def test_two_contracts_in_a_row_and_a_detour() -> None:
    """a-b-c-d costs 9, a-d 1. One way keeps both contracts; kept one by one nothing would seem to gain."""
    network = toy(
        ABROAD,
        [way("ab", "a", "b", 9, 3), way("bc", "b", "c", 9, 3), way("cd", "c", "d", 9, 3), way("ad", "a", "d", 9, 1)],
    )
    plan = routes.allocate(network, case(crude({"a": 9}, {"d": 9}, floor={"ab": 4, "cd": 4})))
    assert plan.amount_by(["bc"]) == pytest.approx(4)
    assert plan.cost_usd == pytest.approx(1000 * (4 * 9 + 5))
    with pytest.raises(InfeasibleError, match=r"'ab' lacks 0\.5 kt a year of 9\.5"):
        routes.allocate(network, case(crude({"a": 9.5}, {"d": 9.5}, floor={"ab": 9.5})))


def test_a_contract_for_gas_lacks_mcm() -> None:
    gas = {"commodities": "gas", "unit": "bcm/yr", "mode": "pipeline"}
    network = toy(ABROAD, [way("ac", "a", "c", 2, 5, **gas)])
    plan = routes.allocate(network, case(Flow("g", "gas", {"a": "1.5 bcm/yr"}, {"c": 1200})))  # type: ignore[dict-item]
    assert (plan.unit, plan.delivered, plan.cost_usd) == ("mcm", 1200, 6_000_000)
    assert "1,200.0 mcm a year delivered" in repr(plan)
    with pytest.raises(InfeasibleError, match=r"lacks 500\.0 mcm a year of 2,500\.0"):
        routes.allocate(network, case(Flow("g", "gas", {"a": 3000}, {"c": 3000}, {"ac": 2500})))
    with pytest.raises(ValueError, match="counts gas in m3"):
        case(Flow("g", "gas", {"a": 1}, {"c": 1}), crude({"a": 1}, {"c": 1}))


def test_the_shorter_way_and_then_the_first_ids() -> None:
    equal = [way("x", "a", "c", 5, 2, length_km=300), way("y", "a", "c", 5, 2, length_km=200), way("z", "a", "c", 5, 2, length_km=200)]
    network = toy(ABROAD, equal)
    assert used(routes.allocate(network, case(crude({"a": 3}, {"c": 3})))) == {("f", "y"): 3}
    assert used(routes.allocate(network, case(crude({"a": 7}, {"c": 7})))) == {("f", "y"): 5, ("f", "z"): 2}
    both = routes.allocate(network, case(crude({"a": 3}, {"c": 3}), crude({"b": 1}, {"d": 1}, "g")))
    assert used(both) == {("f", "y"): 3}, "the linear program breaks ties alike"


def test_the_worth_of_time_chooses_but_is_no_cost() -> None:
    """By sea 10 USD and 30 days, by air 40 USD and 2: from 30 / 28 USD a day on the fast way is worth it."""
    network = toy(ABROAD, [way("sea", "a", "c", 9, 10, days=30), way("fly", "a", "c", 9, 40, days=2)])
    slow, fast = (routes.allocate(network, case(crude({"a": 2}, {"c": 2}, usd_t_day=worth))) for worth in (1.0, 1.2))
    assert (used(slow), slow.cost_usd) == ({("f", "sea"): 2}, 20_000)
    assert (used(fast), fast.cost_usd) == ({("f", "fly"): 2}, 80_000)
    assert fast.certificate.primal == pytest.approx(2 * (40 + 2 * 1.2), abs=1e-3)
    two = routes.allocate(network, case(crude({"a": 2}, {"c": 2}, usd_t_day=1.2), crude({"a": 2}, {"c": 2}, "g")))
    assert used(two) == {("f", "fly"): 2, ("g", "sea"): 2}
    with pytest.raises(ValueError, match="worth of a day"):
        crude({"a": 2}, {"c": 2}, usd_t_day=-1)


@pytest.mark.parametrize("seed", range(12))
def test_charges_are_those_of_a_route(seed: int) -> None:
    """One tonne alone takes the cheapest route that `alternatives` finds, fees, gauges and borders in it."""
    network = random_network(seed)
    best = routes.alternatives(network, "p0", "p7", "crude", k=1).table
    plan = routes.allocate(network, case(crude({"p0": 0.1}, {"p7": 0.1})))
    if best.empty:
        assert plan.delivered == 0
        return
    assert plan.ways["cost_usd_t"].tolist() == pytest.approx([best["cost_usd_t"].iloc[0]])
    same = routes.alternatives(network, "p0", "p7", "crude", k=5).table
    row = same[same["links"] == plan.ways["links"].iloc[0]].iloc[0]
    assert (plan.ways["days"].iloc[0], plan.ways["km"].iloc[0]) == pytest.approx((row["days"], row["km"]))
    assert plan.ways["countries"].iloc[0] == tuple(row["countries"])


def test_fee_dwell_and_gauge_break_by_hand() -> None:
    """Rail to sea at b takes 7 USD and 2 days; the break of gauge at c 5 USD and 1 day; each link 1 USD and a day."""
    places = [place("a"), place("b", transfer_usd_t=7, dwell_days=2), place("c", transfer_usd_t=5, dwell_days=1), place("d", "CHN")]
    links = [
        way("ab", "a", "b", 9, 1, gauge_mm=1520),
        way("bc", "b", "c", 9, 1, gauge_mm=1520),
        way("cd", "c", "d", 9, 1, gauge_mm=1435),
        way("bd", "b", "d", 1, 1, mode="sea"),
    ]
    plan = routes.allocate(toy(places, links), case(crude({"a": 3}, {"d": 3})))
    found = {row.links: (row.amount, row.cost_usd_t, row.days) for row in plan.ways.itertuples()}
    assert found == {("ab", "bc", "cd"): (3.0, 3 + 5, 3 + 1)}
    shut = routes.allocate(toy(places, links), case(crude({"a": 3}, {"d": 3})), scenario=Scenario("c shut", close=["c"]))
    assert shut.ways[["amount", "cost_usd_t", "days"]].to_numpy().tolist() == [[1.0, 2 + 7, 2 + 2]]
    assert shut.unmet == 2


def test_nothing_goes_back_to_be_spared_a_fee() -> None:
    """From the pipe into ships costs 50 at b. Over the rack to r and back, in no mode at all, would cost 2: no way does that."""
    places = [place("a"), place("b", transfer_usd_t=50, capacity=20, unit="kt/yr"), place("r"), place("c", "CHN")]
    links = [
        way("ab", "a", "b", 9, 1, mode="pipeline"),
        link("rack", "r", "b", 9, mode="transfer", cost_usd_t=1, days=0, length_km=1),
        way("bc", "b", "c", 9, 1, mode="sea"),
    ]
    network = toy(places, links)
    for flows in ([crude({"a": 3}, {"c": 3})], [crude({"a": 3}, {"c": 3}), crude({"r": 2}, {"c": 2}, "g")]):
        plan = routes.allocate(network, case(*flows))
        first = plan.ways[plan.ways["flow"] == "f"]
        assert first[["links", "cost_usd_t"]].to_numpy().tolist() == [[("ab", "bc"), 52.0]]
    assert plan.ways[plan.ways["flow"] == "g"]["cost_usd_t"].tolist() == [2.0]
    lost = routes.contingency(network, {"a": 3}, {"c": 3}, "crude", by="cost")
    assert lost.set_index("closed")["loss"].to_dict() == pytest.approx({"ab": 3e7 - 52 * 3000, "bc": 3e7 - 52 * 3000, "rack": 0}, abs=1)
    assert lost["value"].min() == pytest.approx(52 * 3000)


def test_a_scenario_changes_supply_demand_and_floor(fork: Network) -> None:
    two = case(crude({"a": 20}, {"c": 4}), crude({"a": 10}, {"c": 2, "d": 1}, "g"))

    def changed(**changes: Mapping[str, str]) -> Case:
        return routes.allocate(fork, two, scenario=Scenario("x", **changes)).case  # type: ignore[arg-type]

    flows = {flow.name: flow for flow in changed(supply={"a": "x0.5"}).flows}
    assert (flows["f"].supply, flows["g"].supply) == ({"a": 10}, {"a": 5})
    flows = {flow.name: flow for flow in changed(demand={"g:c": "3 kt/yr", "d": "x2"}, floor={"f:bc": "1 kt/yr"}).flows}
    assert (flows["f"].demand, flows["g"].demand) == ({"c": 4}, {"c": 3, "d": 2})
    assert (flows["f"].floor, flows["g"].floor) == ({"bc": 1}, {})
    plan = routes.allocate(fork, two, scenario=Scenario("x", floor={"f:bc": "1 kt/yr"}))
    assert plan.amount_by(["bc"], "f") == pytest.approx(1)
    assert routes.allocate(fork, two).amount_by(["bc"], "f") == 0
    assert routes.allocate(fork, case(two.flows[0]), scenario=Scenario("x", demand={"d": "2 kt/yr"})).delivered == 6
    for changes, words in (
        ({"demand": {"c": "1 kt/yr"}}, "write f:c or g:c"),
        ({"demand": {"b": "1 kt/yr"}}, "write FLOW:b"),
        ({"demand": {"f:d": "x2"}}, "has no demand there"),
        ({"supply": {"f:nowhere": "1 kt/yr"}}, "no place"),
        ({"floor": {"f:nowhere": "1 kt/yr"}}, "no link, place"),
    ):
        with pytest.raises(UnknownIdError, match=words):
            changed(**changes)
    with pytest.raises(ValueError, match="not an amount"):
        changed(supply={"f:a": "much"})
    with pytest.raises(UnknownIdError, match="no place"):
        routes.allocate(fork, case(crude({"a": 1}, {"nowhere": 1})))
    with pytest.raises(UnknownIdError, match="no case"):
        routes.read_case("kazakh-crud-2024")


def test_closures_years_and_nothing_at_all() -> None:
    network = toy(ABROAD, [way("ac", "a", "c", 6, 2, valid_from=2026, status="planned"), way("ad", "a", "d", 1, 1)])
    asked = crude({"a": 9}, {"c": 5, "d": 5})
    cases = [Case("y", year, (asked,)) for year in (2024, 2026, 2030)] + [Case("z", 2026, (asked, crude({"a": 2}, {"c": 2}, "g")))]
    shut = Scenario("d shut", close=["d"])
    for scenario in (None, shut):
        joint = routes.allocate_years(network, cases, scenario=scenario)
        for each, plan in zip(cases, joint, strict=True):
            alone = routes.allocate(network, each, scenario=scenario)
            assert (alone.sent, dict(alone.price)) == (plan.sent, dict(plan.price))
            assert (alone.delivered, alone.cost_usd) == (plan.delivered, plan.cost_usd)
    assert [plan.delivered for plan in routes.allocate_years(network, cases)] == [1, 6, 6, 7]
    later = routes.allocate(network, cases[0], scenario=Scenario("2026", year=2026))
    assert (later.delivered, later.case.year, later.network.year) == (6, 2026, 2026)
    nothing = routes.allocate(network, cases[0], scenario=Scenario("all", close=["a", "c", "d"]))
    assert (nothing.delivered, nothing.unmet, nothing.cost_usd) == (0, 10, 0)
    assert nothing.prices.empty
    assert nothing.flows.empty
    assert routes.allocate_years(network, []) == ()


@pytest.mark.parametrize("seed", seeds(range(60), 12))
def test_random_cases_against_all_ways(seed: int) -> None:
    """One, two or three flows; a third of the cases has contracts, some of which cannot be kept."""
    network = rail_network(seed)
    flows = random_flows(seed + 1, 1 + seed % 3, floors=seed % 2 == 1)
    expected = cheapest_by_all_ways(network, flows)
    if expected is None:
        with pytest.raises(InfeasibleError, match="lacks"):
            routes.allocate(network, case(*flows))
        return
    plan = routes.allocate(network, case(*flows))
    assert objective(network, plan) == pytest.approx(expected, rel=1e-7, abs=1e-4)
    assert plan.certificate.dual == pytest.approx(expected, rel=1e-5)  # the tie-break is in it
    check_laws(network, plan)


def check_laws(network: Network, plan: routes.Allocation) -> None:
    """Capacities, supplies, demands and contracts, counted again from the ways; and no way visits a place twice."""
    capacity = network.links.set_index("link_id")["capacity"]
    assert (plan.links["amount"] <= plan.links["link_id"].map(capacity) + 1e-5).all()
    bound = network.places.set_index("place_id")["capacity"].dropna()
    for name, most in bound.items():
        assert sum(each.amount for each in plan.sent if name in each.places[1:-1]) <= most + 1e-5
    for flow in plan.case.flows:
        mine = [each for each in plan.sent if each.flow == flow.name]
        for name, least in flow.floor.items():
            assert sum(each.amount for each in mine if name in {*each.links, *each.places}) >= least - 1e-5
        for name, most in flow.supply.items():
            assert sum(each.amount for each in mine if each.origin == name) <= most + 1e-5
    assert all(len(set(each.places)) == len(each.places) for each in plan.sent)


@pytest.mark.parametrize("seed", seeds(range(40), 10))
def test_network_simplex_linear_program_and_networkx_agree(seed: int) -> None:
    """One flow on places without capacity and one-way links, which networkx's own min-cost flow can say as well."""
    network = rail_network(seed)
    (flow,) = random_flows(seed + 1, 1)
    ground = scene(network, "crude")
    graph = ways(ground, flow.supply, flow.demand)
    cost = penalties(network, flow)
    engine = LeastCost(graph, flow.supply, flow.demand, cost)
    carried = engine.solve()
    (plan,) = solve([[Job("f", graph, flow.supply, flow.demand, cost)]])
    assert plan.primal == pytest.approx(plan.dual, rel=1e-7)
    assert engine.cost(carried) == pytest.approx(engine.dual(), rel=1e-9)
    assert plan.primal == pytest.approx(engine.answer(np.zeros(0, dtype=np.intp))[0], rel=1e-7)
    if not engine.breaches(carried) and not engine.loops(carried):
        assert engine.cost(carried) == pytest.approx(plan.primal, rel=1e-7)
    assert engine.cost(carried) == pytest.approx(networkx_cost(network, flow, cost), abs=0.01)


def networkx_cost(network: Network, flow: Flow, penalty: Mapping[str, float]) -> float:
    """The least cost where a link's directions do not share, by networkx's network simplex on places split in two."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    total = int(sum(flow.demand.values()))
    graph.add_node("from", demand=-total)
    graph.add_node("to", demand=total)
    for row in network.places.itertuples():
        graph.add_edge(f"{row.place_id} in", f"{row.place_id} out", capacity=10**6 if np.isnan(row.capacity) else int(row.capacity))
    for row in network.links.itertuples():
        for start, end in [(row.from_place, row.to_place), (row.to_place, row.from_place)][: 1 + row.both_ways]:
            graph.add_edge(f"{start} out", f"{end} in", capacity=int(row.capacity), weight=int(row.cost_usd_t))
    for name, amount in flow.supply.items():
        graph.add_edge("from", f"{name} out", capacity=int(amount))
    for name, amount in flow.demand.items():
        graph.add_edge(f"{name} in", f"{name} due")
        graph.add_edge("from", f"{name} due", weight=int(penalty[name]))
        graph.add_edge(f"{name} due", "to", capacity=int(amount))
    return float(nx.network_simplex(graph)[0])


@pytest.mark.parametrize("seed", seeds(range(0, 24, 2), 3))
def test_a_price_is_what_one_more_unit_saves(seed: int) -> None:
    """The saving of a little more capacity is no more than the price, and that of a little less no less; at a kink they differ."""
    network = rail_network(seed)
    asked = case(*random_flows(seed + 1, 1 + seed % 3))
    plan = routes.allocate(network, asked)
    little = 1e-3
    base, priced = objective(network, plan), plan.prices.set_index("id")["price_usd_t"]
    for row in plan.links[plan.links["used_share"] > 1 - 1e-9].itertuples():
        more, less = (
            objective(
                network, routes.allocate(network, asked, scenario=Scenario("x", capacity={row.link_id: f"{row.capacity + by} kt/yr"}))
            )
            for by in (little, -little)
        )
        price = float(priced.get(row.link_id, 0.0))
        assert (base - more) / little <= price + 0.05
        assert price <= (less - base) / little + 0.05
    assert set(priced.index) <= {*plan.links.loc[plan.links["used_share"] > 1 - 1e-9, "link_id"], *plan.places["place_id"]}


def test_a_price_by_finite_difference(fork: Network) -> None:
    """Away from kinks the price is the difference itself: one more kt of ac saves 3 thousand USD."""
    asked = case(crude({"a": 20}, {"c": 8}))
    more = routes.allocate(fork, asked, scenario=Scenario("x", capacity={"ac": "7 kt/yr"}))
    plan = routes.allocate(fork, asked)
    assert plan.cost_usd - more.cost_usd == pytest.approx(1000 * plan.prices["price_usd_t"].iloc[0], rel=1e-3)


@pytest.mark.parametrize("flows", [1, 2])
def test_a_tampered_certificate_is_refused(fork: Network, flows: int) -> None:
    plan = routes.allocate(fork, case(*[crude({"a": 20}, {"c": 8}), crude({"a": 20}, {"d": 4}, "g")][:flows]))
    proof = plan.certificate
    proof.verify()
    for change in ({"capacity": 0.5}, {"supply": 0.5}, {"demand": 0.5}, {"primal": proof.primal + 1}, {"dual": proof.dual - 1}):
        with pytest.raises(CertificateError):
            dataclasses.replace(proof, **change).verify()
    for name in ("capacity", "supply", "demand", "primal", "dual"):
        with pytest.raises(CertificateError):
            dataclasses.replace(proof, **{name: float("nan")}).verify()


def test_wrong_cases() -> None:
    with pytest.raises(ValueError, match="finite amount"):
        crude({"a": -1}, {"b": 1})
    with pytest.raises(ValueError, match="name of its own"):
        case(crude({"a": 1}, {"b": 1}), crude({"a": 1}, {"b": 1}))
    with pytest.raises(ValueError, match="name of its own"):
        case()
    with pytest.raises(ValueError, match="commodity"):
        Flow("x", "gold", {"a": 1}, {"b": 1})


def test_a_packaged_case(packaged: Network) -> None:
    """No way visits a place twice, and everything adds up."""
    asked = routes.read_case("kazakh-crude-2024")
    plan = routes.allocate(packaged, asked)
    assert asked.flows[0].name == "kazakh-crude"
    assert all(len(set(each.places)) == len(each.places) for each in plan.sent)
    assert plan.delivered + plan.unmet == pytest.approx(plan.asked)
    assert plan.markets["delivered"].sum() == pytest.approx(plan.delivered)
    assert plan.by_flow["cost_usd"].sum() == pytest.approx(plan.cost_usd)
