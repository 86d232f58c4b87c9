"""The network simplex and its stand-in: the same costs, potentials that prove them, and cuts that prove largest flows."""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

import routes
from routes.arcs import SOURCE, both_ends, expand
from routes.scene import scene
from routes.simplex import LargestFlow, NetworkSimplex, _Lemon, _Networkx
from tests.routes.random_networks import rail_network, random_flows, random_network


@pytest.fixture(params=["lemon", "networkx"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "networkx":
        monkeypatch.setitem(sys.modules, "pylmcf", None)
    return str(request.param)


def problem(seed: int) -> tuple[NDArray[np.int64], ...]:
    """Start, end, cost, capacity, supply: parallel and opposite arcs, and one dear arc that makes everything fit."""
    draw = random.Random(seed)  # noqa: S311 - toy networks, not secrets
    ends = [draw.sample(range(6), 2) for _ in range(14)]
    start, end = [a for a, _ in ends] + [0], [b for _, b in ends] + [5]
    cost = [draw.randint(0, 9) for _ in ends] + [1000]
    capacity = [draw.randint(0, 8) for _ in ends] + [100]
    return tuple(np.array(column, dtype=np.int64) for column in (start, end, cost, capacity, [12, 0, 0, 0, 0, -12]))


def check(numbers: tuple[NDArray[np.int64], ...], flow: NDArray[np.int64], potential: NDArray[np.int64]) -> int:
    """The laws and the proof of least cost (no arc with room is a bargain, none in use a loss); the cost."""
    start, end, cost, capacity, supply = numbers
    assert ((flow >= 0) & (flow <= capacity)).all()
    np.testing.assert_array_equal(np.bincount(start, flow, 6) - np.bincount(end, flow, 6), supply)
    reduced = cost + potential[start] - potential[end]
    assert (reduced[flow < capacity] >= 0).all()
    assert (reduced[flow > 0] <= 0).all()
    return int(cost @ flow)


@pytest.mark.parametrize("seed", range(20))
def test_both_engines_prove_the_same_cost(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = problem(seed)
    lemon = NetworkSimplex(6, numbers[0], numbers[1], numbers[2], numbers[4])
    monkeypatch.setitem(sys.modules, "pylmcf", None)
    other = NetworkSimplex(6, numbers[0], numbers[1], numbers[2], numbers[4])
    assert isinstance(lemon._engine, _Lemon)
    assert isinstance(other._engine, _Networkx)
    for factor in (1, 2, 0, 1):  # asked again with other capacities
        asked = numbers[3] * factor
        asked[-1] = 100
        costs = []
        for solver in (lemon, other):
            flow = solver.solve(asked)
            costs.append(check((*numbers[:3], asked, numbers[4]), flow, solver.potentials()))
        assert costs[0] == costs[1]


def test_supplies_that_do_not_fit(engine: str) -> None:
    solver = NetworkSimplex(2, [0], [1], [1], [5, -5])
    assert solver.solve(np.array([5])).tolist() == [5]
    with pytest.raises(ValueError, match=r"."):
        solver.solve(np.array([4]))
    assert solver.solve(np.array([9])).tolist() == [5]


@pytest.mark.parametrize("seed", range(12))
def test_largest_flow_and_its_cut(engine: str, seed: int) -> None:
    network = random_network(seed)
    offered, taken = both_ends(network, ["p0", "p1"], ["p6", "p7"])
    arcs = expand(scene(network, "crude"), offered, taken)
    largest = LargestFlow(arcs)
    value, _ = largest.solve(largest.capacity)
    assert value * largest.step == pytest.approx(routes.max_flow(network, ["p0", "p1"], ["p6", "p7"], "crude").value, abs=1e-4)
    near = largest.near()
    assert near[SOURCE]
    assert arcs.cut(near)[1] == pytest.approx(value * largest.step, abs=1e-4)
    assert LargestFlow(arcs, most=3.0).solve(largest.capacity)[0] * largest.step == pytest.approx(min(value * largest.step, 3))


@pytest.mark.parametrize("seed", range(6))
def test_answers_do_not_hang_on_the_engine(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    network = rail_network(seed)
    flows = random_flows(seed, 1)
    case = routes.Case("toy", 2024, flows)
    asked = (flows[0].supply, flows[0].demand)

    def answers() -> tuple[routes.Allocation, float, list[object]]:
        plan = routes.allocate(network, case)
        pairs = routes.contingency(network, *asked, "crude", order=2).sort_values("closed")["value"]
        return plan, plan.certificate.dual, pairs.round(3).tolist()

    first = answers()
    monkeypatch.setitem(sys.modules, "pylmcf", None)
    other = answers()
    assert other[0].ways.drop(columns="amount").equals(first[0].ways.drop(columns="amount"))
    assert other[0].ways["amount"].tolist() == pytest.approx(first[0].ways["amount"].tolist(), abs=1e-5)
    assert other[1:] == (pytest.approx(first[1]), first[2])
