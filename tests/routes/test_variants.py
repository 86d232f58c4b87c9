"""A case laid out for planning again says of every scenario and year what `scene` says."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from geodata.network import Network
from routes import Case, Flow, read_case
from routes.scene import scene
from routes.variants import Board, Season, Variant, board
from tests.conftest import link, place


def told(made: Board, variant: Variant, season: Season, commodity: str) -> tuple[dict[str, float], dict[str, float]]:
    """Links that take part with their capacities, and capacities of places, as a page reads them from the board."""
    graph = made.graphs[commodity]
    gone = variant.closed.links | (season.out - variant.opened)
    capacity = dict(season.capacity[commodity])
    for key, change in variant.capacity[commodity].items():
        before = capacity[key]
        capacity[key] = change.amount if math.isnan(change.factor) else 0.0 if change.factor == 0 else before * change.factor
    links = {
        one.link_id: capacity.get(("link", one.link_id), math.inf)
        for one in graph.ground.links
        if one.link_id not in gone and not {one.from_place, one.to_place} & variant.closed.places
    }
    places = {name: amount for (kind, name), amount in capacity.items() if kind == "place" and name not in variant.closed.places}
    return links, places


@pytest.mark.parametrize("name", ["kazakh-crude-2024", "china-europe-containers-2024", "north-south-2024", "gas-2024", "products-2024"])
def test_a_board_says_what_scenes_say(name: str, packaged: Network) -> None:
    made = board(packaged, read_case(name))
    for variant in made.variants:
        for season in made.seasons[:: 3 if variant.scenario_id else 1]:
            for commodity in made.graphs:
                ground = scene(packaged, commodity, scenario=replace(variant.scenario, year=season.year))
                links, places = told(made, variant, season, commodity)
                assert links == {one.link_id: one.capacity for one in ground.links}, (variant.scenario_id, season.year)
                assert places == {one: ground.place_capacity[one] for one in places}


def test_years_and_scenarios_of_a_users_network(build: Callable[..., Network]) -> None:
    network = build(
        [place("a"), place("b", lon=61.0), place("c", lon=62.0, capacity="4", unit="kt/yr")],
        [
            link("ab", "a", "b", 10),
            link("new", "a", "c", 5, status="planned", valid_from=2027),
            link("dream", "c", "b", 7, status="proposed"),
        ],
        capacities=[{"id": "ab", "year": 2026, "capacity": 12, "unit": "kt/yr"}],
        scenarios=[
            {"scenario_id": "opened", "action": "open", "target": "dream", "value": ""},
            {"scenario_id": "half", "action": "capacity", "target": "ab", "value": "x0.5"},
            {"scenario_id": "other", "action": "demand", "target": "far:b", "value": "3 kt/yr"},
            {"scenario_id": "nothing", "action": "capacity", "target": "dream", "value": "x1"},
        ],
        cases=[
            {
                "case_id": "toy",
                "year": 2024,
                "flow": "toy",
                "commodity": "crude",
                "role": role,
                "place_id": at,
                "amount": 9,
                "unit": "kt/yr",
            }
            for role, at in (("supply", "a"), ("demand", "b"))
        ]
        + [
            {"case_id": "far", "year": 2024, "flow": "far", "commodity": "bulk", "role": role, "place_id": at, "amount": 9, "unit": "kt/yr"}
            for role, at in (("supply", "a"), ("demand", "b"))
        ],
    )
    assert network.change_years == (2026, 2027)
    made = board(network, read_case("toy", network))
    assert [season.year for season in made.seasons] == [2024, 2025, 2026, 2027]
    assert [season.capacity["crude"]["link", "ab"] for season in made.seasons] == [10.0, 10.0, 12.0, 12.0]
    assert [sorted(season.out) for season in made.seasons] == [["dream", "new"]] * 3 + [["dream"]]
    offered = {variant.scenario_id: variant for variant in made.variants}
    assert set(offered) == {"", "opened", "half", "nothing"}, "what speaks of a flow that is not there is left out"
    assert offered["opened"].opened == {"dream"}
    assert offered["half"].capacity["crude"]["link", "ab"].factor == 0.5
    assert made.graphs["crude"].places == ("a", "b", "c")


def test_a_place_that_is_not_there(build: Callable[..., Network]) -> None:
    network = build([place("a"), place("b", lon=61.0)], [link("ab", "a", "b")])
    with pytest.raises(LookupError, match="'nowhere' is no place"):
        board(network, Case("toy", 2024, (Flow("oil", "crude", {"a": 1}, {"nowhere": 1}),)))
