"""Instances with published optima that ship with networkx, through the DIMACS door."""

from __future__ import annotations

import bz2
import pickle
from collections.abc import Mapping
from pathlib import Path

import networkx as nx
import pytest

import geodata
import routes
from routes import Case, Flow

FOLDER = Path(nx.__file__).parent / "algorithms" / "flow" / "tests"


def instance(name: str) -> nx.DiGraph[object]:
    file = FOLDER / f"{name}.gpickle.bz2"
    if not file.exists():
        pytest.skip(f"this networkx brings no {file.name}")
    return pickle.loads(bz2.decompress(file.read_bytes()))  # type: ignore[no-any-return]  # noqa: S301 - networkx's own file


def written(path: Path, kind: str, graph: nx.DiGraph[object], ends: Mapping[object, str]) -> Path:
    """The graph as DIMACS text; nodes are numbered in their own order."""
    number = {node: at for at, node in enumerate(graph, start=1)}
    lines = [f"p {kind} {len(graph)} {graph.number_of_edges()}", *(f"n {number[node]} {word}" for node, word in ends.items())]
    for start, end, data in graph.edges(data=True):
        amounts = f"{data['capacity']}" if kind == "max" else f"0 {data['capacity']} {data['weight']}"
        lines.append(f"a {number[start]} {number[end]} {amounts}")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return path


@pytest.mark.slow
@pytest.mark.parametrize(("name", "value"), [("gl1", 156545), ("gw1", 1202018), ("wlm3", 11875108)])
def test_largest_flows(tmp_path: Path, name: str, value: int) -> None:
    graph = instance(name)
    ends = {1: "s", len(graph): "t"} if "s" not in graph else {"s": "s", "t": "t"}
    network, sources, sinks = geodata.read_dimacs(written(tmp_path / "x.max", "max", graph, ends))
    assert routes.max_flow(network, sources, sinks, "crude").value == value


@pytest.mark.slow
def test_least_cost(tmp_path: Path) -> None:
    graph = instance("netgen-2")
    supply = {node: str(-data["demand"]) for node, data in graph.nodes(data=True) if data.get("demand")}
    network, sources, sinks = geodata.read_dimacs(written(tmp_path / "x.min", "min", graph, supply))
    plan = routes.allocate(network, Case("netgen", 2024, (Flow("f", "crude", sources, sinks),)))
    assert plan.unmet == 0
    assert plan.cost_usd == pytest.approx(1000 * 6_749_969_302, rel=1e-12)
    assert plan.certificate.dual == pytest.approx(plan.certificate.primal, rel=1e-9)
