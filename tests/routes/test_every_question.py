"""Every question on the packaged network and on a folder of a user's own, and every bare answer with its reason."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import routes
from geodata.network import Network
from tests.conftest import link, place


@pytest.fixture
def own(build: Callable[..., Network]) -> Network:
    """Oil from a by b or c to d; b is dearer and roomier, c lies in another state."""
    places = [
        place("a"),
        place("b", "RUS", lon=61, lat=55, capacity=9, unit="kt/yr"),
        place("c", "AZE", lon=50, lat=40),
        place("d", "TUR", lon=36, lat=37),
    ]
    links = [
        link("ab", "a", "b", 10, cost_usd_t=9, days=4, availability=0.9, both_ways="false"),
        link("bd", "b", "d", 12, cost_usd_t=9, days=4, both_ways="false"),
        link("ac", "a", "c", 4, cost_usd_t=5, days=9, availability=0.8, both_ways="false"),
        link("cd", "c", "d", 6, cost_usd_t=5, days=9, both_ways="false"),
        link("new", "a", "d", 5, cost_usd_t=2, days=1, status="planned", valid_from=2030),
    ]
    case = {"case_id": "sales", "year": 2024, "flow": "oil", "commodity": "crude", "unit": "kt/yr"}
    return build(
        places,
        links,
        corridors=[{"corridor_id": "north", "name": "North", "members": "ab;bd"}],
        cases=[case | {"role": "supply", "place_id": "a", "amount": 12}, case | {"role": "demand", "place_id": "d", "amount": 11}],
        scenarios=[{"scenario_id": "no-north", "action": "close", "target": "north", "value": ""}],
    )


QUESTIONS: dict[str, Callable[[Network, str, str, str], Any]] = {
    "alternatives": lambda network, start, end, case: routes.alternatives(network, start, end, "crude").table,
    "pareto": lambda network, start, end, case: routes.pareto(network, start, end, "crude").table,
    "max_flow": lambda network, start, end, case: routes.max_flow(network, start, end, "crude").flows,
    "chokepoints": lambda network, start, end, case: routes.chokepoints(network, start, end, "crude"),
    "contingency": lambda network, start, end, case: routes.contingency(network, start, end, "crude", over="countries"),
    "interdict": lambda network, start, end, case: routes.interdict(network, start, end, "crude", budget=1),
    "harden": lambda network, start, end, case: routes.harden(network, start, end, "crude", budget=1),
    "transit_power": lambda network, start, end, case: routes.transit_power(network, start, end, "crude"),
    "timeline": lambda network, start, end, case: routes.timeline(network, start, end, "crude", years=[2024, 2030]),
    "allocate": lambda network, start, end, case: routes.allocate(network, routes.read_case(case, network)).flows,
    "exposure": lambda network, start, end, case: routes.exposure(network, routes.allocate(network, routes.read_case(case, network))),
    "compare": lambda network, start, end, case: (
        routes.compare(network, routes.read_case(case, network), [routes.Scenario("base"), *routes.scenario_names(network)[:1]]).table
    ),
    "brief": lambda network, start, end, case: routes.brief(network, routes.scenario_names(network)[0]).flows,
    "claims": lambda network, start, end, case: routes.claims(network),
    "reliability": lambda network, start, end, case: routes.reliability(network, start, end, "crude", demand=5.0, draws=50).draws,
    "n_minus_one": lambda network, start, end, case: routes.n_minus_one(network, "TUR", "crude", demand=10.0).entries,
}


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_on_a_folder_of_ones_own(own: Network, question: str) -> None:
    assert len(QUESTIONS[question](own, "a", "d", "sales")) > 0


@pytest.mark.slow
@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_on_the_packaged_network(packaged: Network, question: str) -> None:
    assert len(QUESTIONS[question](packaged, "tengiz", "augusta-port", "kazakh-crude-2024")) > 0


def test_every_public_question_is_asked_here() -> None:
    made = {"Allocation", "Brief", "Case", "Comparison", "Flow", "MaxFlow", "NMinusOne", "Reliability", "Routes", "Scenario", "maps"}
    read = {"allocate_years", "capacity_ranges", "hindcast", "read_case", "read_scenario", "scenario_names"}
    assert set(routes.__all__) - made - read == set(QUESTIONS)


def test_by_hand(own: Network) -> None:
    """c takes 4 at 10 USD, b 7 of its 9 at 18; without the north only the 4 arrive; in 2030 the new line takes 5 at 2."""
    both = routes.compare(own, routes.read_case("sales", own), [routes.Scenario("base"), "no-north"]).table
    assert both["delivered"].tolist() == [11, 4]
    assert both["cost_usd"].tolist() == pytest.approx([1000 * (4 * 10 + 7 * 18), 1000 * 4 * 10])
    assert routes.contingency(own, "a", "d", "crude").set_index("closed")["loss"].to_dict() == {"ab": 9, "bd": 9, "ac": 4, "cd": 4}
    exact = routes.reliability(own, "a", "d", "crude", demand=5.0, exact=True)
    assert exact.probability == pytest.approx(0.9)
    assert exact.expected == pytest.approx(0.9 * 5 + 0.1 * 0.8 * 4)
    grown = routes.timeline(own, "a", "d", "crude", years=[2024, 2030])
    assert grown[grown["year"] == 2030][["project", "attributed"]].to_numpy().tolist() == [["new", 5.0]]


def test_a_bare_answer_has_its_reason(own: Network, build: Callable[..., Network]) -> None:
    shut = routes.Scenario("shut", close=["a"])
    tables: list[pd.DataFrame] = [
        routes.chokepoints(own, "a", "d", "crude", scenario=shut),
        routes.contingency(own, "a", "d", "crude", scenario=shut),
        routes.interdict(own, "a", "d", "crude", budget=1, scenario=shut),
    ]
    assert [table.attrs["reason"] for table in tables] == ["nothing can go: no open link leads from the sources to the sinks"] * 3
    wide = routes.Scenario("wide", capacity={"ac": "unlimited", "cd": "unlimited"})
    assert routes.contingency(own, "a", "d", "crude", scenario=wide)["value"].max() == math.inf
    assert "unbounded" in routes.contingency(own, "a", "d", "crude", scenario=wide).attrs["reason"]
    assert "unbounded" in routes.chokepoints(own, "a", "d", "crude", scenario=wide).attrs["reason"]
    assert routes.contingency(own, "a", "d", "crude").attrs["reason"] == ""
