"""How surely an amount arrives: by hand, against all states of a small network, and by draws."""

from __future__ import annotations

import sys
from itertools import product

import numpy as np
import pytest

import routes
from geodata.network import Network
from routes import Scenario
from routes.errors import UnknownIdError
from tests.conftest import link, place
from tests.routes.random_networks import rail_network, seeds, toy

SURE = 0.9


def one_way(name: str, start: str, end: str, capacity: object, **more: object) -> dict[str, object]:
    return link(name, start, end, capacity, both_ways="false", **more)


@pytest.fixture
def bridge() -> Network:
    """The bridge of textbooks: a-b, a-c, b-d, c-d and b-c, each of which works with 0.9."""
    ways = {"ab": "ab", "ac": "ac", "bd": "bd", "cd": "cd", "bc": "bc"}
    return toy([place(name) for name in "abcd"], [link(name, *ends, 10, availability=SURE) for name, ends in ways.items()])


def test_the_bridge(bridge: Network) -> None:
    """With bc: each side has one of two, (1 - 0.1^2)^2; without it: one of two rows of two, 1 - (1 - 0.9^2)^2."""
    by_hand = SURE * (1 - 0.1**2) ** 2 + 0.1 * (1 - (1 - SURE**2) ** 2)
    assert by_hand == pytest.approx(0.97848)
    answer = routes.reliability(bridge, "a", "d", "crude", demand=10, exact=True)
    assert answer.probability == pytest.approx(0.97848, abs=1e-12)
    assert answer.interval == (answer.probability, answer.probability)
    assert answer.expected == pytest.approx(9.7848)
    assert answer.failing == ("ab", "ac", "bc", "bd", "cd")
    assert "exact" in repr(answer)
    # Twice as much needs both rows, and bc no longer helps: 0.9^4.
    assert routes.reliability(bridge, "a", "d", "crude", demand=20, exact=True).probability == pytest.approx(SURE**4)
    assert routes.reliability(bridge, "a", "d", "crude", demand=21, exact=True).probability == 0
    shut = routes.reliability(bridge, "a", "d", "crude", demand=10, exact=True, scenario=Scenario("x", close=["bc"]))
    assert shut.probability == pytest.approx(1 - (1 - SURE**2) ** 2)


def test_a_place_fails_with_what_starts_there() -> None:
    network = toy([place("a", availability=0.5), place("b", availability=0.8), place("c")], [link("ab", "a", "b"), link("bc", "b", "c")])
    answer = routes.reliability(network, {"a": 4, "b": 3}, "c", "crude", demand=5, exact=True)
    assert answer.failing == ("a", "b")
    assert answer.probability == pytest.approx(0.5 * 0.8)
    assert answer.expected == pytest.approx(0.8 * (0.5 * 5 + 0.5 * 3))


def failing(seed: int) -> Network:
    network = rail_network(seed, places=5, links=8)
    draw = np.random.default_rng(seed)
    links = network.links[["link_id", "from_place", "to_place", "mode", "commodities", "capacity", "unit", "both_ways"]]
    links = links.assign(availability=draw.choice([0.0, 0.5, 0.8, 0.95, 1.0, ""], len(links)))
    places = network.places[["place_id", "name", "country", "lon", "lat", "capacity", "unit"]].astype(object).fillna("")
    places = places.assign(availability=draw.choice([0.9, "", ""], len(places)))
    return toy(places.to_dict("records"), links.to_dict("records"))


@pytest.mark.parametrize("seed", seeds(range(8), 3))
def test_exact_is_the_sum_over_all_states(seed: int) -> None:
    network = failing(seed)
    share = dict(zip(network.links["link_id"], network.links["availability"], strict=True))
    share |= dict(zip(network.places["place_id"], network.places["availability"], strict=True))
    share = {name: p for name, p in share.items() if p < 1}
    demand, probability, expected = 15.0, 0.0, 0.0
    for states in product([True, False], repeat=len(share)):
        weight = float(np.prod([p if works else 1 - p for works, p in zip(states, share.values(), strict=True)]))
        if weight == 0:
            continue
        down = [name for name, works in zip(share, states, strict=True) if not works]
        value = routes.max_flow(network, {"p0": demand}, "p4", "crude", scenario=Scenario("x", close=down)).value
        probability += weight * (value >= demand - 1e-6)
        expected += weight * min(value, demand)
    answer = routes.reliability(network, "p0", "p4", "crude", demand=demand, exact=True)
    assert set(answer.failing) == set(share)
    assert (answer.probability, answer.expected) == (pytest.approx(probability, abs=1e-9), pytest.approx(expected, abs=1e-4))
    drawn = routes.reliability(network, "p0", "p4", "crude", demand=demand, draws=20_000)
    # 99.99 % of intervals four standard errors wide hold the truth; the draws are fixed by their seed.
    width = drawn.interval[1] - drawn.interval[0]
    assert abs(drawn.probability - probability) <= width + 1e-9
    assert drawn.interval[0] <= drawn.probability <= drawn.interval[1]
    assert drawn.expected == pytest.approx(expected, abs=4 * demand / 2 / np.sqrt(20_000) + 1e-4)


def test_draws_repeat_and_intervals_hold(bridge: Network) -> None:
    first, again = (routes.reliability(bridge, "a", "d", "crude", demand=10, draws=2000, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.draws, again.draws)
    assert (first.probability, first.interval) == (again.probability, again.interval)
    assert not np.array_equal(first.draws, routes.reliability(bridge, "a", "d", "crude", demand=10, draws=2000, seed=4).draws)
    held = [
        answer.interval[0] <= 0.97848 <= answer.interval[1]
        for answer in (routes.reliability(bridge, "a", "d", "crude", demand=10, draws=500, seed=seed) for seed in range(100))
    ]
    assert 88 <= sum(held) <= 100
    assert "2,000 draws" in repr(first)


def test_scenarios_share_failures(bridge: Network) -> None:
    """A little more capacity, asked for at a demand that needs it: paired, the gain is known far better than by chance."""
    wide = Scenario("wide", capacity={"ab": "11 kt/yr", "bd": "11 kt/yr"})
    base, wider, other = (
        routes.reliability(bridge, "a", "d", "crude", demand=21, draws=2000, seed=seed, scenario=scenario)
        for seed, scenario in ((0, None), (0, wide), (1, wide))
    )
    assert (wider.draws >= base.draws).all(), "what failed in the one failed in the other"
    paired, apart = wider.minus(base), other.minus(base)
    assert paired.low < paired.value < paired.high
    assert paired.high - paired.low < (apart.high - apart.low) / 4
    exact = [routes.reliability(bridge, "a", "d", "crude", demand=21, exact=True, scenario=each).expected for each in (wide, None)]
    assert paired.low <= exact[0] - exact[1] <= paired.high
    closed = routes.reliability(bridge, "a", "d", "crude", demand=21, draws=2000, scenario=Scenario("x", close=["bc"]))
    assert (closed.draws <= base.draws).all()
    with pytest.raises(ValueError, match="equally many draws"):
        base.minus(routes.reliability(bridge, "a", "d", "crude", demand=21, exact=True))


def test_drawn_capacities() -> None:
    """One link of 10, drawn from the triangle 4-10-22: mean 12, and it may carry more than 10; the link behind it is no limit."""
    network = toy([place("a"), place("b"), place("c")], [one_way("ab", "a", "b", 10), one_way("bc", "b", "c", 100)])
    answer = routes.reliability(network, "a", "c", "crude", demand=30, draws=4000, ranges={"ab": (4, 22)})
    assert (answer.draws.min() >= 4, answer.draws.max() <= 22, answer.draws.max() > 20) == (True, True, True)
    assert answer.expected == pytest.approx(12, abs=0.25)
    # Below 10 lie 6 of the 18 kt that it spreads over.
    assert (answer.draws < 10).mean() == pytest.approx(6 / 18, abs=0.03)
    certain = routes.reliability(network, "a", "c", "crude", demand=12, draws=4000, ranges={"ab": (4, 22)})
    # Above 12: (22 - 12)^2 / (18 * 12).
    assert certain.probability == pytest.approx(100 / 216, abs=0.03)
    assert routes.reliability(network, "a", "c", "crude", demand=30, draws=10, ranges={"ab": (10, 10)}).expected == pytest.approx(10)
    shut = Scenario("x", close=["ab"])
    assert routes.reliability(network, "a", "c", "crude", demand=30, draws=10, ranges={"ab": (4, 22)}, scenario=shut).expected == 0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"demand": 0}, "above zero"),
        ({"demand": float("inf")}, "above zero"),
        ({"draws": 1}, "2 or more"),
        ({"draws": True}, "2 or more"),
        ({"ranges": {"ab": (11, 12)}}, "must hold the capacity"),
        ({"ranges": {"ab": (0, float("inf"))}}, "must hold the capacity"),
        ({"ranges": {"ab": (0, 12)}, "exact": True}, "ranges are drawn"),
    ],
)
def test_wrong_questions(bridge: Network, asked: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        routes.reliability(bridge, "a", "d", "crude", **({"demand": 10} | asked))  # type: ignore[arg-type]
    with pytest.raises(UnknownIdError, match="no link or place"):
        routes.reliability(bridge, "a", "d", "crude", demand=10, ranges={"nowhere": (0, 12)})
    certain = toy([place("a"), place("b")], [link("ab", "a", "b", availability=1.5)])
    with pytest.raises(ValueError, match=r"must lie in 0\.\.1"):
        routes.reliability(certain, "a", "b", "crude", demand=1)


def test_too_large_to_be_exact(bridge: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["routes.outages"], "MOST_BRANCHES", 3)
    with pytest.raises(ValueError, match="too large to be exact"):
        routes.reliability(bridge, "a", "d", "crude", demand=10, exact=True)
