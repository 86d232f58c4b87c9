"""What a brief says, counted by hand on toys and held against `compare` on the packaged network."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

import routes
from geodata.network import Network
from routes.errors import UnknownIdError
from tests.conftest import Rows, link, place

Build = Callable[..., Network]
PLACES = [place("a"), place("m", lon=61), place("n", "RUS", lon=61, lat=47), place("b", "CHN", lon=63), place("c", "CHN", lon=64)]


def amount(flow: str, role: str, place_id: str, value: object, case: str = "toy", year: int = 2024) -> dict[str, object]:
    row = {"case_id": case, "year": year, "flow": flow, "commodity": "crude", "role": role, "place_id": place_id}
    return row | {"amount": value, "unit": "kt/yr"}


def change(scenario: str, action: str, target: str, value: str = "", **more: object) -> dict[str, object]:
    return {"scenario_id": scenario, "name": scenario.title(), "action": action, "target": target, "value": value} | more


GAS = link("gas", "a", "b", 5, mode="pipeline", commodities="gas", unit="mcm/yr")
CASES = [amount("oil", "supply", "a", 90), amount("oil", "demand", "b", 60), amount("oil", "demand", "c", 30)]
SCENARIOS: Rows = [
    change("shut", "close", "mb"),
    change("half", "capacity", "mb", "x0.5", note="one <b>pipe</b>"),
    change("idle", "capacity", "bc", "50 kt/yr"),
    change("promise", "floor", "oil:an", "45 kt/yr"),
    change("more", "demand", "oil:c", "35 kt/yr"),
    change("elsewhere", "close", "gas"),
]


@pytest.fixture
def toy(build: Build) -> Network:
    """From a to b by m (70, 4 USD in all) or by n (40, 10 USD in all); on to c (40 more, 1 USD)."""
    links = [
        link("am", "a", "m", 100, cost_usd_t=1, days=1),
        link("mb", "m", "b", 70, cost_usd_t=3, days=1),
        link("an", "a", "n", 40, cost_usd_t=5, days=2, source="a letter"),
        link("nb", "n", "b", 60, cost_usd_t=5, days=2),
        link("bc", "b", "c", 40, cost_usd_t=1, days=1),
        GAS,
    ]
    corridors = [{"corridor_id": "short", "name": "Short", "members": "am;mb"}, {"corridor_id": "long", "name": "Long", "members": "an;nb"}]
    return build(PLACES, links, cases=CASES, scenarios=SCENARIOS, corridors=corridors)


def test_what_closes(toy: Network) -> None:
    """Of 90, 70 went by m and 20 by n; without m 40 fit by n: 20 more there, 50 less in all."""
    told = routes.brief(toy, "shut")
    assert told.outcome == "changed"
    assert (told.used, told.rerouted, told.lost) == pytest.approx((70, 20, 50))
    (flow,) = told.flows
    assert (flow.delivered_before, flow.delivered_after, flow.used_after) == pytest.approx((90, 40, 0))
    # 70 at 4 and 20 at 10, of which 30 go on for 1; then 40 at 10. Which market gets them is the plan's choice.
    assert flow.cost_before == pytest.approx((70 * 4 + 20 * 10 + 30) / 90)
    assert 10 <= flow.cost_after <= 11
    assert {one.id: (one.before, one.after) for one in told.corridors} == {"short": (70, 0), "long": (20, 40)}
    assert {one.id: one.before for one in told.countries}["RUS"] == pytest.approx(20)
    assert [(one.kind, one.id, one.capacity, one.arrives) for one in told.binding] == [("link", "an", 40, True)]
    assert [(one.ids, one.title) for one in told.statements] == [(("an",), "a letter")]
    assert told.missing == ()


def test_what_shrinks(toy: Network) -> None:
    """35 of the 70 still go by m; of the other 35, 20 find a way by n, and 15 do not arrive."""
    told = routes.brief(toy, "half")
    assert (told.used, told.flows[0].used_after, told.rerouted, told.lost) == pytest.approx((70, 35, 20, 15))
    (one,) = told.changes
    assert (one.action, one.target, one.before, one.after) == ("capacity", "mb", 70, 35)


def test_what_changes_nothing(toy: Network) -> None:
    told = routes.brief(toy, "idle")
    assert told.outcome == "unchanged"
    assert (told.used, told.lost, told.rerouted) == pytest.approx((30, 0, 0))


def test_a_contract_that_cannot_be_kept(toy: Network) -> None:
    told = routes.brief(toy, "promise")
    assert told.outcome == "broken"
    (missing,) = told.missing
    assert (missing.flow, missing.id, missing.lacking, missing.promised) == ("oil", "an", pytest.approx(5), 45)
    assert told.after is told.before
    assert "lacks 5.0 kt" in told.comparison.reasons["Promise"]


def test_what_is_asked(toy: Network) -> None:
    told = routes.brief(toy, "more")
    assert (told.flows[0].asked_before, told.flows[0].asked_after) == (90, 95)
    assert told.used == 0
    assert [(one.flow, one.target, one.before, one.after) for one in told.changes] == [("oil", "c", 30, 35)]


def test_a_scenario_of_another_case(toy: Network) -> None:
    with pytest.raises(ValueError, match="no case has anything to do with 'Elsewhere'"):
        routes.brief(toy, "elsewhere")


def test_an_unknown_one_names_the_nearest(toy: Network) -> None:
    with pytest.raises(UnknownIdError, match="did you mean shut"):
        routes.brief(toy, "shot")


def test_the_first_case_that_changes_is_told_of(build: Build) -> None:
    """The cases of the network's year come first, and of two the one whose plan changes."""
    cases = [
        *(amount("old", role, where, 5, "before", 2020) for role, where in (("supply", "a"), ("demand", "b"))),
        *(amount("west", role, where, 5, "west") for role, where in (("supply", "a"), ("demand", "m"))),
        *(amount("east", role, where, 5, "with-east") for role, where in (("supply", "a"), ("demand", "b"))),
    ]
    places = [place("a"), place("m", lon=61), place("b", "CHN", lon=63)]
    network = build(places, [link("am", "a", "m"), link("mb", "m", "b")], cases=cases, scenarios=SCENARIOS[:1])
    assert routes.brief(network, "shut").comparison.case.name == "with-east"


@pytest.mark.parametrize("name", ["cpc-stopped", "caspian-low"])
def test_against_compare(packaged: Network, name: str) -> None:
    told = routes.brief(packaged, name)
    found = routes.compare(packaged, told.comparison.case, [routes.Scenario("base"), name])
    assert told.comparison.table.head(2)["delivered"].tolist() == found.table["delivered"].tolist()
    assert told.comparison.table.head(2)["cost_usd_t"].tolist() == found.table["cost_usd_t"].tolist()
    last = told.scenario.name
    markets = found.by_market[found.by_market["scenario"] == last].groupby("place_id")["amount"].sum()
    assert {one.id: one.after for one in told.markets} == pytest.approx(markets.to_dict())
    assert told.binding[0].id == found.table["binds"].iloc[1][0]
    assert told.used == pytest.approx(told.rerouted + told.lost + sum(flow.used_after for flow in told.flows))


@pytest.mark.slow
def test_every_stored_scenario_has_a_case(packaged: Network) -> None:
    for name in routes.scenario_names(packaged):
        told = routes.brief(packaged, name)
        assert told.changes, name
        assert not math.isnan(told.before.delivered)
        assert all(one.kind in ("document", "public", "assumption", "derived") for one in told.statements)
