"""Trade-offs: every way walked and compared, kilometres in one state, and what a question must not be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import routes
from geodata.network import Network
from routes.errors import UnknownIdError
from tests.conftest import link, place
from tests.routes.random_networks import every_way, random_network, seeds


@pytest.mark.parametrize("seed", seeds(range(40), 15))
def test_the_best_of_every_way(seed: int) -> None:
    """No way beats a route in cost, days and km, and no way that none beats is missing."""
    network = random_network(seed)
    ways = {(round(way.cost, 6), round(way.days, 6), round(way.km, 3)) for way in every_way(network, "p0", "p7")}
    best = {one for one in ways if not any(other != one and all(a <= b for a, b in zip(other, one, strict=True)) for other in ways)}
    found = routes.pareto(network, "p0", "p7", "crude", criteria=["cost", "days", "km"])
    rows = zip(found.table["cost_usd_t"].round(6), found.table["days"].round(6), found.table["km"].round(3), strict=True)
    assert {tuple(map(float, row)) for row in rows} == best
    assert bool(found.reason) == (not best)


def test_a_dearer_way_that_keeps_clear_of_a_state(build: Callable[..., Network]) -> None:
    places = [place("a"), place("b", "RUS", lon=61, lat=55), place("c", lon=62, lat=44), place("d", lon=64)]
    links = [
        link("ab", "a", "b", cost_usd_t=5, days=1, countries="KAZ;RUS"),
        link("bd", "b", "d", cost_usd_t=5, days=1, countries="RUS;KAZ"),
        link("ac", "a", "c", cost_usd_t=9, days=1, countries="KAZ"),
        link("cd", "c", "d", cost_usd_t=9, days=1, countries="KAZ"),
    ]
    network = build(places, links)
    found = routes.pareto(network, "a", "d", "crude")
    assert found.table["links"].tolist() == [("ab", "bd"), ("ac", "cd")]
    assert routes.pareto(network, "a", "d", "crude", criteria=["cost", "days"]).table["links"].tolist() == [("ab", "bd")]


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ({"criteria": ["cost"]}, ValueError),
        ({"criteria": ["cost", "beauty"]}, ValueError),
        ({"criteria": ["cost", "country:XXX"]}, UnknownIdError),
    ],
)
def test_wrong_questions(question: dict[str, list[str]], error: type[Exception]) -> None:
    with pytest.raises(error):
        routes.pareto(random_network(1), "p0", "p7", "crude", **question)
