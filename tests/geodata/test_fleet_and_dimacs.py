"""Fleet capacity by hand, and DIMACS problems with known answers through the public reader."""

from __future__ import annotations

import bz2
import gzip
import math
from pathlib import Path

import networkx as nx
import pytest

import geodata
import routes

TOY = """c a diamond: 1 -> 2, 3 -> 4
p max 4 5
n 1 s
n 4 t
a 1 2 10
a 1 3 6
a 2 3 1
a 2 4 4
a 3 4 9
"""


def test_fleet_by_hand() -> None:
    """Two ships of 6,000 t, 500 km at 10 knots: 54 h at sea, 46 h in port, 87.6 round trips a year."""
    distance = 10 * 1.852 * 27
    assert geodata.fleet_capacity(2, 6000, distance, speed_kn=10, port_hours=46) == pytest.approx(2 * 6 * 87.6)
    assert geodata.fleet_capacity(2, 6000, distance, speed_kn=10, port_hours=46, load_factor=0.83) == pytest.approx(2 * 6 * 87.6 * 0.83)
    assert geodata.fleet_capacity(0, 6000, distance, speed_kn=10, port_hours=46) == 0


@pytest.mark.parametrize(
    "change", [{"ships": -1}, {"distance_km": 0}, {"speed_kn": 0}, {"port_hours": -1}, {"load_factor": 1.1}, {"days_a_year": 0}]
)
def test_fleet_refuses_nonsense(change: dict[str, float]) -> None:
    asked = {"ships": 2, "cargo_t": 6000, "distance_km": 500, "speed_kn": 10, "port_hours": 46} | change
    with pytest.raises(ValueError, match="must"):
        geodata.fleet_capacity(**asked)


@pytest.mark.parametrize(("suffix", "pack"), [("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress)])
def test_max_problem(tmp_path: Path, suffix: str, pack: type) -> None:
    path = tmp_path / f"toy.max{suffix}"
    path.write_bytes(pack(TOY.encode()))
    network, sources, sinks = geodata.read_dimacs(path)
    answer = routes.max_flow(network, sources, sinks, "crude")
    assert (sources, sinks, answer.value) == ({"n1": math.inf}, {"n4": math.inf}, 11)


def test_min_problem(tmp_path: Path) -> None:
    (tmp_path / "toy.min").write_text("p min 3 2\nn 1 5\nn 3 -5\na 1 2 0 4 7\na 2 3 0 9 1\na 2 2 0 9 1\n", encoding="ascii")
    network, sources, sinks = geodata.read_dimacs(tmp_path / "toy.min")
    assert (sources, sinks) == ({"n1": 5.0}, {"n3": 5.0})
    assert network.links[["link_id", "capacity", "cost_usd_t"]].to_numpy().tolist() == [["a1", 4.0, 7.0], ["a2", 9.0, 1.0]]
    assert routes.max_flow(network, sources, sinks, "bulk").value == 4


@pytest.mark.parametrize("text", ["", "p max 2 1\na 1 3 7\n", "p max 2 1\na 1 2 -7\n", "p min 2 1\na 1 2 1 7 3\n", "hello\n"])
def test_what_is_not_dimacs(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad").write_text(text, encoding="ascii")
    with pytest.raises(geodata.NetworkError):
        geodata.read_dimacs(tmp_path / "bad")


@pytest.mark.parametrize("seed", range(5))
def test_random_problems_against_networkx(tmp_path: Path, seed: int) -> None:
    graph = nx.gnp_random_graph(40, 0.15, seed=seed, directed=True)
    for number, (start, end) in enumerate(sorted(graph.edges)):
        graph.edges[start, end]["capacity"] = 1 + (number * 7919) % 997
    arcs = [f"a {start + 1} {end + 1} {facts['capacity']}" for start, end, facts in graph.edges(data=True)]
    (tmp_path / "net.max").write_text("\n".join([f"p max 40 {len(arcs)}", "n 1 s", "n 40 t", *arcs]), encoding="ascii")
    network, sources, sinks = geodata.read_dimacs(tmp_path / "net.max")
    assert routes.max_flow(network, sources, sinks, "crude").value == nx.maximum_flow_value(graph, 0, 39)
