"""Why there is no route: the closure, the status, the year or the missing link that cuts the pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import networkx as nx

from geodata.facts import LinkFacts
from geodata.network import Network

from .scenarios import Scenario
from .scene import Scene, scene


def why_no_route(
    network: Network,
    stops: Sequence[str],
    commodity: str,
    *,
    scenario: Scenario | None,
    avoid: Iterable[str],
) -> str:
    """A sentence that names what cuts the stops (origin, places to pass, destination) off from each other.

    For the first pair of stops that has no route it tries, in this order: each closure taken back alone, all of them
    taken back, links that are not open in the year, and at last the links of the commodity as such.
    """
    base = scenario or Scenario("base")
    closures = tuple(dict.fromkeys([*base.close, *avoid]))
    free = replace(base, close=())
    for pair in pairwise(stops):
        if _joined(scene(network, commodity, scenario=base, avoid=avoid), *pair):
            continue
        if _joined(scene(network, commodity, scenario=free), *pair):
            return _closures(network, pair, commodity, free, closures)
        return _missing(scene(network, commodity, scenario=free), *pair)
    return f"none that goes by {', '.join(stops[1:-1])} without passing some place twice"


def _closures(network: Network, pair: tuple[str, str], commodity: str, free: Scenario, closures: tuple[str, ...]) -> str:
    guilty = []
    for closure in closures:
        others = [other for other in closures if other != closure]
        if _joined(scene(network, commodity, scenario=free, avoid=others), *pair):
            guilty.append(closure)
    what = " and ".join(guilty)
    origin, destination = (named(network, place) for place in pair)
    if len(guilty) == 1:
        return f"none without crossing {what}: every way for {commodity} from {origin} to {destination} needs it"
    if guilty:
        return f"none without crossing {what}: to open any one of them would be enough"
    return f"none: {', '.join(closures)} together cut {origin} off from {destination}; no single one of them does"


def _missing(ground: Scene, origin: str, destination: str) -> str:
    """What stands in the way when nothing is closed: links not open in the year, links and places of capacity 0."""
    graph = _with_obstacles(ground, origin)
    if not nx.has_path(graph, origin, destination):
        return _no_way(ground, origin, destination)
    path = nx.shortest_path(graph, origin, destination, weight="weight")
    told = sorted({obstacle for pair in pairwise(path) for obstacle in graph.edges[pair]["obstacles"]})
    return f"none in {ground.network.year}: it would need {', '.join(told)}"


def _with_obstacles(ground: Scene, origin: str) -> nx.DiGraph[str]:
    """Every link of the commodity, of any status, as edges that carry what is in their way and weigh a thousand for it."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(ground.network.place_facts)
    taking_part = {link.link_id: link for link in ground.links}
    status = dict(zip(ground.network.links["link_id"], ground.network.links["status"], strict=True))
    for link in ground.network.link_facts.values():
        if ground.commodity not in link.commodities:
            continue
        here = taking_part.get(link.link_id)
        ahead = [] if here else [f"{link.link_id} ({status[link.link_id].replace('_', ' ')})"]
        ahead += [f"{link.link_id} (capacity 0)"] if here and here.capacity <= 0 else []
        for start, end in _directions(link):
            shut = start != origin and ground.place_capacity.get(start, 0.0) <= 0
            obstacles = [*ahead, *([f"{start} (capacity 0)"] if shut else [])]
            weight = 1 + 1000 * len(obstacles)
            if weight < graph.get_edge_data(start, end, {"weight": weight + 1})["weight"]:
                graph.add_edge(start, end, obstacles=obstacles, weight=weight)
    return graph


def _no_way(ground: Scene, origin: str, destination: str) -> str:
    graph, year = _graph(ground), ground.network.year
    start, end = (named(ground.network, place) for place in (origin, destination))
    if not graph.out_degree(origin):
        return f"none: no link for {ground.commodity} leaves {start} in {year}"
    if not graph.in_degree(destination):
        return f"none: no link for {ground.commodity} reaches {end} in {year}"
    return f"none: the links for {ground.commodity} that lead on from {start} do not reach {end} in {year}"


def named(network: Network, place: str) -> str:
    """A place's name with its id, or the id alone where the name says no more."""
    name = network.place_facts[place].name
    return place if name.lower() == place.lower() else f"{name} ({place})"


def _graph(ground: Scene) -> nx.DiGraph[str]:
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(ground.network.place_facts)
    graph.add_edges_from(ends for link in ground.links if link.capacity > 0 for ends in _directions(link))
    return graph


def _directions(link: LinkFacts) -> tuple[tuple[str, str], ...]:
    there = (link.from_place, link.to_place)
    return (there, there[::-1]) if link.both_ways else (there,)


def _joined(ground: Scene, origin: str, destination: str) -> bool:
    """Whether a way leads from one place to the other through places that let something pass."""
    if not (ground.has(origin) and ground.has(destination)):
        return False
    graph = _graph(ground)
    blocked = [place for place, amount in ground.place_capacity.items() if amount <= 0 and place not in (origin, destination)]
    graph.remove_nodes_from(blocked)
    return nx.has_path(graph, origin, destination)
