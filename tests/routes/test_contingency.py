"""Closures one by one and in pairs, chokepoints: against the plain loop over `max_flow` and `allocate`, and by hand."""

from __future__ import annotations

import math
from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import routes
from geodata.csvfile import table_of
from geodata.network import Network
from routes import Case, Flow, Scenario
from routes.arcs import OVER, both_ends, closed_arcs, closures, expand
from routes.contingencies import FlowStudy
from routes.scene import scene
from routes.simplex import LargestFlow
from tests.conftest import link, place
from tests.routes.random_networks import penalties, rail_network, random_flows, random_network, seeds, toy

ENDS = (["p0", "p1"], ["p6", "p7"])


def one_way(name: str, start: str, end: str, capacity: object, **more: object) -> dict[str, object]:
    return link(name, start, end, capacity, both_ways="false", **more)


def ladder() -> Network:
    """a -> b by x (6) and y (4), b -> c by z (8); w (3) goes round b. 11 in all; corridor `way` is x and z."""
    links = [one_way("x", "a", "b", 6), one_way("y", "a", "b", 4), one_way("z", "b", "c", 8), one_way("w", "a", "c", 3)]
    corridors = [{"corridor_id": "way", "name": "Way", "members": "x;z"}, {"corridor_id": "round", "name": "Round", "members": "w"}]
    return toy([place("a"), place("b", "RUS"), place("c", "CHN")], [*links, one_way("off", "b", "a", 5)], corridors=corridors)


def test_single_closures_by_hand() -> None:
    found = routes.contingency(ladder(), "a", "c", "crude")
    assert found.to_numpy().tolist() == [["z", 3.0, 8.0], ["x", 7.0, 4.0], ["w", 8.0, 3.0], ["y", 9.0, 2.0], ["off", 11.0, 0.0]]
    over = {name: routes.contingency(ladder(), "a", "c", "crude", over=name).set_index("closed")["value"].to_dict() for name in OVER[1:]}
    assert over["places"] == {"a": 0, "b": 3, "c": 0}
    assert over["corridors"] == {"way": 3, "round": 8}
    assert over["countries"] == {"country:KAZ": 0, "country:RUS": 3, "country:CHN": 0}


def test_pairs_by_hand() -> None:
    found = routes.contingency(ladder(), "a", "c", "crude", order=2).set_index("closed")["loss"].to_dict()
    expected = {"w + z": 11, "w + x": 7, "w + y": 5, "x + y": 8, "x + z": 8, "y + z": 8}
    off = {f"off + {name}": loss for name, loss in {"w": 3, "x": 4, "y": 2, "z": 8}.items()}
    assert found == expected | off
    assert routes.contingency(ladder(), "a", "c", "crude", over="corridors", order=2)[
        ["closed_1", "closed_2", "value"]
    ].to_numpy().tolist() == [["round", "way", 0.0]]


def test_by_cost_by_hand() -> None:
    """5 from a to b: 2 by the cheap link at 1, the rest at 4. Without the cheap one 3 come at 4 and 2 do not."""
    network = toy([place("a"), place("b", "CHN")], [one_way("x", "a", "b", 2, cost_usd_t=1), one_way("y", "a", "b", 3, cost_usd_t=4)])
    found = routes.contingency(network, {"a": 9}, {"b": 5}, "crude", by="cost").set_index("closed")
    assert found["value"].to_dict() == pytest.approx({"x": 12_000 + 2 * 10**7, "y": 2000 + 3 * 10**7}, rel=1e-9)
    assert found["loss"].to_dict() == pytest.approx({"x": 2 * 10**7 - 2000, "y": 3 * 10**7 - 12_000}, rel=1e-9)


def test_an_unbounded_flow() -> None:
    sea = one_way("sea", "a", "b", "unlimited", mode="sea")
    network = toy([place("a"), place("b")], [sea, one_way("x", "a", "b", 4), one_way("y", "a", "b", 3)])
    found = routes.contingency(network, "a", "b", "crude").set_index("closed")
    assert found["value"].to_dict() == {"sea": 7, "x": math.inf, "y": math.inf}
    assert found["loss"].to_dict() == {"sea": math.inf, "x": 0, "y": 0}
    pairs = routes.contingency(network, "a", "b", "crude", order=2).set_index("closed")["value"].to_dict()
    assert pairs == {"sea + x": 3, "sea + y": 4, "x + y": math.inf}
    assert routes.chokepoints(network, "a", "b", "crude").empty
    assert routes.interdict(network, "a", "b", "crude", budget=2)[["closed", "value"]].to_numpy().tolist() == [
        [(), math.inf],
        [("sea",), 7.0],
        [("sea", "x"), 3.0],
    ]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"order": 3}, "order must be"),
        ({"over": "roads"}, "over='roads'"),
        ({"by": "days"}, "by='days'"),
        ({"by": "cost"}, "needs amounts"),
    ],
)
def test_wrong_questions(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        routes.contingency(ladder(), "a", "c", "crude", **wrong)  # type: ignore[arg-type]


def test_one_closure_has_no_pairs() -> None:
    network = toy([place("a"), place("b")], [one_way("x", "a", "b", 4)])
    assert routes.contingency(network, "a", "b", "crude", order=2).empty
    assert list(routes.contingency(network, "a", "b", "crude", order=2).columns) == ["closed", "closed_1", "closed_2", "value", "loss"]


def with_corridors(network: Network) -> Network:
    members = {"one": "l0;l1;l2;l3", "two": "l3;l4;l5", "three": "l6;l9;l12"}
    rows = [[name, name.upper(), links] for name, links in members.items()]
    corridors = table_of("corridors.csv", ["corridor_id", "name", "members"], rows)
    return Network({**network._tables, "corridors": corridors}, {}, network.figures)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("over", OVER)
@pytest.mark.parametrize("seed", seeds(range(4), 1))
def test_amounts_are_those_of_the_plain_loop(seed: int, over: str, order: int) -> None:
    network = with_corridors(random_network(seed))
    found = routes.contingency(network, *ENDS, "crude", over=over, order=order).set_index("closed")
    ids = list(closures(scene(network, "crude"), over))
    base = routes.max_flow(network, *ENDS, "crude").value
    assert len(found) == math.comb(len(ids), order)
    for which in combinations(ids, order):
        value = routes.max_flow(network, *ENDS, "crude", scenario=Scenario("x", close=which)).value
        row = found.loc[" + ".join(which)]
        assert (row["value"], row["loss"]) == pytest.approx((value, base - value), abs=1e-4), which
    assert found["loss"].is_monotonic_decreasing


def test_costs_where_ways_through_a_place_share_it() -> None:
    """By rail and by road 4 each come to b, which lets 5 through; without either 4 do."""
    road = {"mode": "road", "cost_usd_t": 1}
    places = [place("a"), place("b", capacity=5, unit="kt/yr"), place("c", "CHN")]
    rail = [one_way("ab", "a", "b", 4, cost_usd_t=1), one_way("bc", "b", "c", 4, cost_usd_t=1)]
    network = toy(places, [*rail, one_way("ab-road", "a", "b", 4, **road), one_way("bc-road", "b", "c", 4, **road)])
    found = routes.contingency(network, {"a": 8}, {"c": 8}, "crude", by="cost", order=2).set_index("closed")
    assert found.loc["ab + ab-road", "value"] == pytest.approx(8e7)
    assert found.loc["ab + bc", "value"] == pytest.approx(4e7 + 8000)
    assert found.loc["ab + bc", "loss"] == pytest.approx(1e7 - 2000), "the base is 5 at 2 USD and 3 that do not come"
    assert routes.allocate(network, Case("x", 2024, (Flow("f", "crude", {"a": 8}, {"c": 8}),))).delivered == pytest.approx(5)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("over", ["links", "places", "countries"])
@pytest.mark.parametrize("seed", seeds([4, 0, 5], 1))
def test_costs_are_those_of_the_plain_loop(seed: int, over: str, order: int) -> None:
    """Penalties are 10,000 USD a tonne at home too, so the plain loop takes off what `allocate` counts twice there."""
    network = rail_network(seed, places=6, links=9)
    flow = random_flows(seed, 1, places=6)[0]
    case = Case("toy", 2024, (Flow("f", "crude", flow.supply, flow.demand),))
    found = routes.contingency(network, flow.supply, flow.demand, "crude", over=over, order=order, by="cost").set_index("closed")
    abroad = set(penalties(network, flow).values()) == {10_000}
    for which in combinations(closures(scene(network, "crude"), over), order):
        plan = routes.allocate(network, case, scenario=Scenario("x", close=which))
        value, expected = found.loc[" + ".join(which), "value"], plan.cost_usd + 1e7 * plan.unmet
        if abroad:
            assert value == pytest.approx(expected, rel=1e-6, abs=100), which
        else:
            assert value <= expected + 100


def test_most_pairs_are_not_solved() -> None:
    """The bounds must do their work, or the exact answer is bought by solving everything."""
    network = random_network(3, places=14, links=40)
    offered, taken = both_ends(network, "p0", "p7")
    ground = scene(network, "crude")
    arcs = expand(ground, offered, taken)
    study = FlowStudy(LargestFlow(arcs), closed_arcs(arcs, closures(ground, "links").values()))
    study.pairs(disjoint=True)
    assert study.solves < math.comb(40, 2) / 4


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), at=st.integers(0, 15), factor=st.floats(1.0, 5.0))
def test_more_capacity_never_leaves_less_and_another_closure_never_more(seed: int, at: int, factor: float) -> None:
    network, name = random_network(seed), f"l{at}"

    def left(**more: object) -> pd.Series:
        return routes.contingency(network, "p0", "p7", "crude", **more).set_index("closed")["value"]  # type: ignore[arg-type]

    before = left()
    assert (left(scenario=Scenario("w", capacity={name: f"x{factor}"}))[before.index] >= before - 1e-4).all()
    shut = left(scenario=Scenario("s", close=[name]))
    assert (shut <= before[shut.index] + 1e-4).all()
    pairs = routes.contingency(network, "p0", "p7", "crude", order=2)
    assert (pairs["value"] <= pairs[["closed_1", "closed_2"]].apply(lambda column: column.map(before)).min(axis=1) + 1e-4).all()


def test_chokepoints_by_hand() -> None:
    """a -5- b -5- c -9- d, and 2 more of supply than fits: both first links are minimum cuts, none in every one."""
    places = [place("a"), place("b"), place("c"), place("d")]
    chain = toy(places, [one_way("ab", "a", "b", 5), one_way("bc", "b", "c", 5), one_way("cd", "c", "d", 9)])
    found = routes.chokepoints(chain, {"a": 7}, "d", "crude").set_index("id")
    assert found.index.tolist() == ["ab", "bc"]
    assert found["in_source_cut"].tolist() == [True, False]
    assert found["in_sink_cut"].tolist() == [False, True]
    assert found["gain_per_unit"].tolist() == [0.0, 0.0]
    assert found["loss"].tolist() == [5.0, 5.0]
    narrow = routes.Scenario("x", capacity={"bc": "4 kt/yr"})
    (row,) = routes.chokepoints(chain, {"a": 7}, "d", "crude", scenario=narrow).to_dict("records")
    assert (row["kind"], row["id"], row["capacity"], row["flow"], row["in_every_cut"], row["gain_per_unit"]) == (
        "link",
        "bc",
        4,
        4,
        True,
        1,
    )
    assert (row["gain_until"], row["next_cut"], row["loss"]) == (pytest.approx(1), ("ab",), 4)
    (row,) = routes.chokepoints(chain, {"a": 3}, "d", "crude").to_dict("records")
    assert (row["kind"], row["id"], row["gain_until"]) == ("supply", "a", pytest.approx(2))
    assert row["next_cut"] in (("ab",), ("bc",))


def test_a_full_link_beside_one_with_room_is_no_chokepoint() -> None:
    """s-u and v-t hold 5; between u and v lie 2 and, by w, 4: whichever of these the flow fills, the other has room."""
    links = [one_way("su", "s", "u", 5), one_way("uv", "u", "v", 2), one_way("uw", "u", "w", 4), one_way("wv", "w", "v", 4)]
    network = toy([place(name) for name in "suvwt"], [*links, one_way("vt", "v", "t", 5)])
    assert set(routes.chokepoints(network, "s", "t", "crude")["id"]) == {"su", "vt"}


def test_a_chokepoint_place_closes_with_what_starts_there() -> None:
    places = [place("a"), place("b", capacity=3, unit="kt/yr"), place("c")]
    network = toy(places, [one_way("ab", "a", "b", 9), one_way("bc", "b", "c", 9), one_way("ac", "a", "c", 2)])
    found = routes.chokepoints(network, {"a": 8, "b": 4}, "c", "crude").set_index(["kind", "id"])
    left = routes.contingency(network, {"a": 8, "b": 4}, "c", "crude", over="places").set_index("closed")["loss"]
    assert found.loc[("place", "b"), "loss"] == left["b"] == 7
    assert found.loc[("supply", "b"), "loss"] == 4


def all_minimum_cuts(network: Network) -> tuple[float, set[tuple[str, str]], set[tuple[str, str]]]:
    """Capacity of a minimum cut, and the links and places that lie in some and in all: by trying every side of every node."""
    arcs = expand(scene(network, "crude"), *both_ends(network, "p0", "p4"))
    inner = sorted({int(node) for node in (*arcs.start, *arcs.end)} - {0, 1})
    cuts: dict[float, list[set[tuple[str, str]]]] = {}
    ids = [("place" if arcs.is_place(at) else "link", name) for at, name in enumerate(arcs.label)]
    for mask in range(1 << len(inner)):
        near = {0, *(node for at, node in enumerate(inner) if mask >> at & 1)}
        cut = [at for at in range(len(ids)) if int(arcs.start[at]) in near and int(arcs.end[at]) not in near]
        cuts.setdefault(round(float(arcs.capacity[cut].sum()), 6), []).append({ids[at] for at in cut})
    least = min(cuts)
    return least, set.union(*cuts[least]), set.intersection(*cuts[least])


@pytest.mark.parametrize("seed", seeds(range(12), 5))
def test_chokepoints_are_in_the_minimum_cuts_and_gain_what_they_say(seed: int) -> None:
    network = rail_network(seed, places=5, links=8)
    least, some, every = all_minimum_cuts(network)
    found = routes.chokepoints(network, "p0", "p4", "crude")
    assert routes.max_flow(network, "p0", "p4", "crude").value == least
    # An arc of capacity 0 aside (there is none here), what closes is lost and what widens is gained.
    assert {(row.kind, row.id) for row in found.itertuples()} == some
    assert {(row.kind, row.id) for row in found.itertuples() if row.in_every_cut} == every
    lost = {over: routes.contingency(network, "p0", "p4", "crude", over=over).set_index("closed")["loss"] for over in ("links", "places")}

    def value(row: object, more: float) -> float:
        wider = Scenario("x", capacity={f"{row.kind}:{row.id}": f"{row.capacity + more} kt/yr"})  # type: ignore[attr-defined]
        return routes.max_flow(network, "p0", "p4", "crude", scenario=wider).value

    for row in found.itertuples():
        assert row.loss == lost[f"{row.kind}s"][row.id]
        assert value(row, 0.125) == pytest.approx(least + 0.125 * row.gain_per_unit, abs=1e-4)
        if math.isfinite(row.gain_until):
            assert value(row, row.gain_until) == pytest.approx(least + row.gain_until, abs=1e-4)
            assert value(row, row.gain_until + 1) == pytest.approx(least + row.gain_until, abs=1e-4)
        else:
            assert value(row, 1e5) == pytest.approx(least + 1e5)
