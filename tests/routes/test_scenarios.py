"""Scenarios: what ids mean, and that combining them does not depend on the order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import routes
from geodata.network import Network
from routes.scenarios import select
from tests.conftest import link, place


def test_closing_is_commutative_and_idempotent() -> None:
    a = routes.Scenario("a", close=["x", "y"], note="first")
    b = routes.Scenario("b", close=["y", "z"], capacity={"q": "x0.5"}, year=2030, note="second")
    assert a + b == b + a
    assert a + a == a
    assert (a + b) + b == a + b
    assert (a + b).close == ("x", "y", "z")


@pytest.mark.parametrize("column", ["capacity", "supply", "demand", "floor"])
def test_two_amounts_for_one_id_are_an_error(column: str) -> None:
    a, b = routes.Scenario("a", **{column: {"q": "x0.5"}}), routes.Scenario("b", **{column: {"q": "x0.6"}})
    with pytest.raises(ValueError, match="give 'q' two values"):
        _ = a + b
    assert (a + a) == a


def test_two_years_are_an_error() -> None:
    with pytest.raises(ValueError, match="disagree on the year"):
        _ = routes.Scenario("a", year=2025) + routes.Scenario("b", year=2026)


def test_what_ids_mean(build: Callable[..., Network]) -> None:
    network = build(
        [place("a"), place("b", "RUS"), place("ab", "UZB")],
        [link("ab", "a", "b", countries="KAZ;RUS"), link("through", "a", "ab", countries="KAZ;RUS;UZB")],
        corridors=[{"corridor_id": "way", "name": "Way", "members": "ab;through"}],
    )
    assert select(network, ["way"]) == (select(network, ["link:ab", "through"]))
    assert select(network, ["country:RUS"]).links == {"ab", "through"}
    assert select(network, ["country:RUS"]).places == {"b"}
    assert select(network, ["place:ab"]).places == {"ab"}
    with pytest.raises(LookupError, match="write link:ab or place:ab"):
        select(network, ["ab"])
    with pytest.raises(LookupError, match="no link, place"):
        select(network, ["corridor:ab"])


def test_a_scenario_may_open_and_date(build: Callable[..., Network]) -> None:
    network = build(
        [place("a"), place("b")], [link("ab", "a", "b", status="proposed"), link("ab2", "a", "b", status="planned", valid_from=2027)]
    )
    value = [
        routes.max_flow(network, "a", "b", "crude", scenario=s).value
        for s in (None, routes.Scenario("o", open=["ab"]), routes.Scenario("y", year=2027))
    ]
    assert value == [0, 10, 10]
    assert routes.max_flow(network, "a", "b", "crude", scenario=routes.Scenario("c", open=["ab"], close=["ab"])).value == 0


@pytest.mark.parametrize("text", ["much", "xabc", "x", "x-1", "5", "2 bcm/yr", "-1 kt/yr"])
def test_a_wrong_amount_names_its_link(build: Callable[..., Network], text: str) -> None:
    network = build([place("a"), place("b")], [link("ab", "a", "b")])
    with pytest.raises(ValueError, match="capacity of 'ab'"):
        routes.max_flow(network, "a", "b", "crude", scenario=routes.Scenario("x", capacity={"ab": text}))


def test_changes_are_texts_and_scenarios_add_to_scenarios() -> None:
    with pytest.raises(TypeError, match="write a text"):
        routes.Scenario("x", capacity={"ab": 0.5})  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        _ = routes.Scenario("x") + 5  # type: ignore[operator]
    assert hash(routes.Scenario("x", capacity={"ab": "x0.5"})) == hash(routes.Scenario("x", capacity={"ab": "x0.5"}))
