"""The worst closures and the best protections: by hand and against all sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import combinations

import pytest

import routes
from geodata.network import Network
from routes import Scenario
from routes.arcs import closures
from routes.scene import scene
from tests.conftest import link, place
from tests.routes.random_networks import rail_network, seeds, toy


def one_way(name: str, start: str, end: str, capacity: object) -> dict[str, object]:
    return link(name, start, end, capacity, both_ways="false")


def left(network: Network, closed: Iterable[str]) -> float:
    return routes.max_flow(network, "p0", "p5", "crude", scenario=Scenario("x", close=list(closed))).value


def up_to(ids: Collection[str], most: int) -> list[tuple[str, ...]]:
    return [some for count in range(most + 1) for some in combinations(sorted(ids), count)]


def test_by_hand() -> None:
    """3 + 2 over s-m, then a wide link beside a wider way round: the wide ones are worth nothing to close, alone."""
    network = toy(
        [place(name) for name in "smkt"],
        [
            one_way("sm1", "s", "m", 3),
            one_way("sm2", "s", "m", 2),
            one_way("mt", "m", "t", 1e9),
            one_way("mk", "m", "k", 1e10),
            one_way("kt", "k", "t", 1e10),
        ],
    )
    found = routes.interdict(network, "s", "t", "crude", budget=3)
    assert found[["k", "value"]].to_numpy().tolist() == [[0, 5], [1, 2], [2, 0], [3, 0]]
    assert found["closed"].tolist()[:2] == [(), ("sm1",)]
    assert len(found["closed"].iloc[3]) == 2, "no more closures than are needed"
    assert routes.interdict(network, "s", "t", "crude", budget=1, over="places")["value"].tolist() == [5, 0]
    hard = routes.harden(network, "s", "t", "crude", budget=2)
    assert hard[["k", "hardened", "closed", "value"]].to_numpy().tolist() == [
        [0, (), ("sm1",), 2],
        [1, ("sm1",), ("sm2",), 3],
        [2, ("sm1", "sm2"), (), 5],
    ]


@pytest.mark.parametrize("over", ["links", "places", "countries"])
@pytest.mark.parametrize("seed", seeds(range(5), 1))
def test_interdict_against_all_sets(seed: int, over: str) -> None:
    network = rail_network(seed, places=6, links=11)
    ids = list(closures(scene(network, "crude"), over))
    value = {some: left(network, some) for some in up_to(ids, 3)}
    found = routes.interdict(network, "p0", "p5", "crude", budget=3, over=over)
    for row in found.itertuples():
        assert row.value == pytest.approx(min(value[some] for some in value if len(some) <= row.k), abs=1e-4)
        assert value[row.closed] == pytest.approx(row.value, abs=1e-4)
        assert len(row.closed) <= row.k


@pytest.mark.parametrize("attacks", [1, 2])
@pytest.mark.parametrize("seed", seeds([11, 0, 16, 21, 23], 2))
def test_harden_against_all_sets(seed: int, attacks: int) -> None:
    network = rail_network(seed, places=6, links=9)
    ids = list(closures(scene(network, "crude"), "links"))
    value = {some: left(network, some) for some in up_to(ids, attacks)}
    found = routes.harden(network, "p0", "p5", "crude", budget=2, attacks=attacks)
    for row in found.itertuples():
        best = max(min(value[attack] for attack in value if not set(attack) & set(hardened)) for hardened in up_to(ids, row.k))
        assert row.value == pytest.approx(best, abs=1e-4)
        assert not set(row.hardened) & set(row.closed)
        assert value[tuple(sorted(row.closed))] == pytest.approx(row.value, abs=1e-4)


@pytest.mark.parametrize("budget", [-1, 1.5, True])
def test_a_budget_is_a_whole_number(budget: int) -> None:
    network = toy([place("a"), place("b")], [one_way("x", "a", "b", 1)])
    with pytest.raises(ValueError, match="whole number"):
        routes.interdict(network, "a", "b", "crude", budget=budget)
    with pytest.raises(ValueError, match="whole number"):
        routes.harden(network, "a", "b", "crude", budget=1, attacks=budget)
