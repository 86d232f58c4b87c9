"""Bargaining power of states: against the games of plainly computed tables of all coalitions, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

import routes
from geodata.network import Network
from routes import Flow, Scenario
from routes.errors import UnknownIdError
from routes.games import banzhaf, nucleolus, prenucleolus, shapley
from tests.conftest import link, place
from tests.routes.random_networks import cheapest_by_all_ways, rail_network, seeds, toy

#: What a tonne is worth more at its end, in USD: less than the dearest ways cost.
WORTH = 40.0
STATES = ("KAZ", "RUS", "CHN", "UZB", "TKM", "AZE", "GEO")


def abroad(seed: int) -> Network:
    """A random network of seven states, a place each, so that p0 and p6 lie at home and five states between them."""
    network = rail_network(seed, links=16)
    places = network.places[["place_id", "name", "lon", "lat", "capacity", "unit"]].astype(object).fillna("").assign(country=STATES)
    columns = [
        "link_id",
        "from_place",
        "to_place",
        "mode",
        "commodities",
        "capacity",
        "unit",
        "both_ways",
        "cost_usd_t",
        "days",
        "length_km",
    ]
    return toy(places.to_dict("records"), network.links[columns].to_dict("records"))


def without(network: Network, closed: list[str]) -> Network | None:
    """The network less the places of some states and the links that touch them; None where no link is left."""
    gone = {f"p{at}" for at, state in enumerate(STATES) if f"country:{state}" in closed}
    places = [row.cells for row in network._tables["places"].rows if row.cells["place_id"] not in gone]
    links = [row.cells for row in network._tables["links"].rows if not {row.cells["from_place"], row.cells["to_place"]} & gone]
    return toy(places, links) if links else None


def by_hand() -> Network:
    """a to d by RUS (6) or by CHN (4), each alone, and 1 that needs neither."""
    places = [place("a"), place("b", "RUS"), place("c", "CHN"), place("d", "UZB")]
    ways = [("ab", 6, 1), ("bd", 9, 1), ("ac", 4, 2), ("cd", 9, 2), ("ad", 1, 1)]
    return toy(places, [link(name, *name, capacity, both_ways="false", cost_usd_t=cost) for name, capacity, cost in ways])


def test_by_hand() -> None:
    found = routes.transit_power(by_hand(), "a", "d", "crude")
    assert found["country"].tolist() == ["RUS", "CHN"]
    for column in ("shapley", "banzhaf", "nucleolus"):
        assert found[column].tolist() == pytest.approx([6, 4])
    assert found["share"].tolist() == pytest.approx([0.6, 0.4])
    # Where 7 is asked for, RUS alone brings 6, CHN alone 4 and both 6 above the 1 that needs neither: 4 and 2.
    rivals = routes.transit_power(by_hand(), {"a": 7}, "d", "crude").set_index("country")
    assert rivals["shapley"].to_dict() == pytest.approx({"RUS": 4, "CHN": 2})
    assert rivals["nucleolus"].sum() == pytest.approx(6)
    assert routes.transit_power(by_hand(), "a", "d", "crude", players=["country:RUS", "RUS"])["shapley"].tolist() == pytest.approx([6])
    # A tonne is worth 3 more at d: 2 less by ad and RUS (cost 1 and 2), nothing by CHN (cost 4).
    earned = routes.transit_power(by_hand(), {"a": 20}, {"d": 20}, "crude", worth_usd_t=3).set_index("country")
    assert earned["shapley"].to_dict() == pytest.approx({"RUS": 6, "CHN": 0}, abs=1e-3)
    nobody = routes.transit_power(by_hand(), "a", "d", "crude", players=[])
    assert nobody.empty
    shut = routes.transit_power(by_hand(), "a", "d", "crude", scenario=Scenario("x", close=["ab", "ac"]))
    assert shut["shapley"].tolist() == [0, 0]
    assert shut["share"].isna().all()


@pytest.mark.parametrize("earning", [False, True])
@pytest.mark.parametrize("seed", seeds(range(5), 1))
def test_random_networks_against_all_coalitions(seed: int, earning: bool) -> None:
    network = abroad(seed)
    players = [state for state in STATES if state not in ("KAZ", "GEO")]
    sources, sinks = {"p0": 25.0}, {"p6": 30.0}
    table = np.zeros(1 << len(players))
    for coalition in range(len(table)):
        out = [f"country:{state}" for at, state in enumerate(players) if not coalition >> at & 1]
        if earning:
            left = without(network, out)
            cost = cheapest_by_all_ways(left, [Flow("f", "crude", sources, sinks)], penalty=WORTH) if left else WORTH * 30
            assert cost is not None
            table[coalition] = WORTH * 30 - cost
        else:
            table[coalition] = routes.max_flow(network, sources, sinks, "crude", scenario=Scenario("x", close=out)).value
    game = table - table[0]
    alone = sum(game[1 << at] for at in range(len(players)))
    settled = nucleolus(game) if alone <= game[-1] else prenucleolus(game)
    found = routes.transit_power(network, sources, sinks, "crude", players=players, worth_usd_t=WORTH if earning else None)
    for column, expected in (("shapley", shapley(game)), ("banzhaf", banzhaf(game)), ("nucleolus", settled)):
        values = found.set_index("country")[column][players].to_numpy()
        np.testing.assert_allclose(values, expected, atol=2e-2 if earning else 1e-4, err_msg=column)
    assert found["shapley"].sum() == pytest.approx(game[-1], abs=2e-2)


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"players": ["KAZ"]}, ValueError, "cannot be a player"),
        ({"players": ["XXX"]}, UnknownIdError, "no country"),
        ({"worth_usd_t": 5}, ValueError, "needs amounts"),
        ({"players": [f"X{at}" for at in range(21)]}, ValueError, "21 players"),
    ],
)
def test_wrong_questions(asked: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        routes.transit_power(by_hand(), "a", "d", "crude", **asked)  # type: ignore[arg-type]


def test_an_unbounded_flow_has_no_power() -> None:
    network = toy(
        [place("a"), place("b", "RUS"), place("c", "CHN")], [link("ab", "a", "b", "unlimited"), link("bc", "b", "c", "unlimited")]
    )
    with pytest.raises(ValueError, match="unbounded"):
        routes.transit_power(network, "a", "c", "crude")
    assert math.isclose(routes.transit_power(network, {"a": 3}, "c", "crude")["shapley"].iloc[0], 3)
