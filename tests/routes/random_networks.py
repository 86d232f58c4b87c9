"""Small random networks, and the same questions answered by brute force or by networkx."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import networkx as nx

from geodata import ledger
from geodata.csvfile import table_of
from geodata.network import Network
from geodata.schema import TABLES

PLACE_COLUMNS = "place_id,name,country,lon,lat,kind,capacity,unit,dwell_days,transfer_usd_t".split(",")
LINK_COLUMNS = "link_id,from_place,to_place,mode,commodities,capacity,unit,both_ways,cost_usd_t,days,length_km,gauge_mm".split(",")


def network_of(places: Sequence[Sequence[str]], links: Sequence[Sequence[str]], *, more: Sequence[str] = ()) -> Network:
    """A network of rows; ``more`` names columns that the links have behind the usual ones."""
    tables = {schema.name: table_of(schema.file, [], []) for schema in TABLES if schema.name != "figures"}
    tables["places"] = table_of("places.csv", PLACE_COLUMNS, places)
    tables["links"] = table_of("links.csv", [*LINK_COLUMNS, *more], links)
    return Network(tables, {}, ledger.no_figures())


def random_network(seed: int, *, places: int = 8, links: int = 16) -> Network:
    """Places with and without capacity, borders, all modes, three gauges, parallel and one-way links."""
    draw = random.Random(seed)  # noqa: S311 - toy networks, not secrets
    rows = [
        [
            f"p{at}",
            f"P{at}",
            "KAZ",
            str(50 + draw.random() * 10),
            str(42 + draw.random() * 8),
            draw.choice(["border", "", "", ""]),
            str(draw.randint(5, 60)) if draw.random() < 0.4 else "",
            "kt/yr",
            str(draw.randint(0, 5)),
            str(draw.randint(0, 9)),
        ]
        for at in range(places)
    ]
    ways = []
    for at in range(links):
        start, end = draw.sample(range(places), 2)
        mode = draw.choice(["rail", "rail", "sea", "road", "transfer"])
        amount = draw.choice([draw.randint(1, 40), draw.randint(1, 40) / 8])
        gauge = draw.choice(["1520", "1435", ""]) if mode == "rail" else ""
        numbers = [str(draw.randint(1, 30)), str(draw.randint(1, 9)), str(draw.randint(10, 500))]
        ways.append(
            [f"l{at}", f"p{start}", f"p{end}", mode, "crude", str(amount), "kt/yr", draw.choice(["true", "false"]), *numbers, gauge]
        )
    return network_of(rows, ways)


def networkx_value(network: Network, sources: Sequence[str], sinks: Sequence[str]) -> float:
    """Maximum flow by networkx on places split in two."""
    graph = nx.DiGraph()

    def add(start: str, end: str, amount: float) -> None:
        before = graph.edges[start, end]["capacity"] if graph.has_edge(start, end) else 0.0
        graph.add_edge(start, end, capacity=before + amount)

    for place in network.places.itertuples():
        if math.isnan(place.capacity):
            graph.add_edge(f"{place.place_id} in", f"{place.place_id} out")
        else:
            add(f"{place.place_id} in", f"{place.place_id} out", place.capacity)
    for link in network.links.itertuples():
        add(f"{link.from_place} out", f"{link.to_place} in", link.capacity)
        if link.both_ways:
            add(f"{link.to_place} out", f"{link.from_place} in", link.capacity)
    for place in sources:
        graph.add_edge("source", f"{place} out")
    for place in sinks:
        graph.add_edge(f"{place} in", "sink")
    return float(nx.maximum_flow_value(graph, "source", "sink"))


class Way(NamedTuple):
    cost: float
    days: float
    km: float
    transfers: int
    gauge_breaks: int
    links: tuple[str, ...]


def every_way(network: Network, origin: str, destination: str) -> list[Way]:
    """All routes that visit no place twice, by walking them all."""
    places = network.places.set_index("place_id")
    onward: dict[str, list[tuple[Any, str]]] = {}
    for link in network.links.itertuples():
        onward.setdefault(link.from_place, []).append((link, link.to_place))
        if link.both_ways:
            onward.setdefault(link.to_place, []).append((link, link.from_place))
    found: list[Way] = []

    def toll(place: str, before: Any, after: Any) -> tuple[float, float, int, int]:
        gauges = {before.gauge_mm, after.gauge_mm}
        breaks = before.mode == after.mode == "rail" and len(gauges) == 2 and not any(math.isnan(gauge) for gauge in gauges)
        moves = before.mode != after.mode and "transfer" not in (before.mode, after.mode)
        crosses = places.loc[place, "kind"] == "border" and {before.mode, after.mode} <= {"rail", "road"}
        charged = breaks or moves or crosses
        fee, dwell = (places.loc[place, "transfer_usd_t"], places.loc[place, "dwell_days"]) if charged else (0.0, 0.0)
        return fee, dwell, int(breaks or moves), int(breaks)

    def walk(place: str, seen: frozenset[str], way: Way, last: Any) -> None:
        if place == destination:
            found.append(way)
            return
        for link, after in onward.get(place, []):
            if after in seen:
                continue
            fee, dwell, moved, broke = toll(place, last, link) if last is not None else (0.0, 0.0, 0, 0)
            longer = Way(
                way.cost + link.cost_usd_t + fee,
                way.days + link.days + dwell,
                way.km + link.length_km,
                way.transfers + moved + (link.mode == "transfer"),
                way.gauge_breaks + broke,
                (*way.links, link.link_id),
            )
            walk(after, seen | {after}, longer, link)

    walk(origin, frozenset([origin]), Way(0, 0, 0, 0, 0, ()), None)
    return found
