"""Small random networks, and the same questions answered by brute force or by networkx."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pytest
from scipy.optimize import linprog

from geodata import ledger
from geodata.csvfile import table_of
from geodata.network import Network
from geodata.schema import TABLES
from routes import Flow
from tests.conftest import Rows

PLACE_COLUMNS = "place_id,name,country,lon,lat,kind,capacity,unit,dwell_days,transfer_usd_t".split(",")
LINK_COLUMNS = "link_id,from_place,to_place,mode,commodities,capacity,unit,both_ways,cost_usd_t,days,length_km,gauge_mm".split(",")
STATES = ("KAZ", "RUS", "CHN", "UZB")


def seeds(all_of: Iterable[int], quick: int) -> list[Any]:
    """Parameters of which only the first few run where slow tests are left out."""
    return [seed if at < quick else pytest.param(seed, marks=pytest.mark.slow) for at, seed in enumerate(all_of)]


def network_of(places: Sequence[Sequence[str]], links: Sequence[Sequence[str]], *, more: Sequence[str] = ()) -> Network:
    """A network of rows; ``more`` names columns that the links have behind the usual ones."""
    tables = {schema.name: table_of(schema.file, [], []) for schema in TABLES if schema.name != "figures"}
    tables["places"] = table_of("places.csv", PLACE_COLUMNS, places)
    tables["links"] = table_of("links.csv", [*LINK_COLUMNS, *more], links)
    return Network(tables, {}, ledger.no_figures())


def toy(places: Rows, links: Rows, **more: Rows) -> Network:
    """A network of rows as `tests.conftest` makes them, whose lengths and coordinates need not make sense."""
    tables = {schema.name: table_of(schema.file, [], []) for schema in TABLES if schema.name != "figures"}
    for name, rows in {"places": places, "links": links, **more}.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        tables[name] = table_of(f"{name}.csv", columns, [[str(row.get(column, "")) for column in columns] for row in rows])
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
    places = {place.place_id: place for place in network.places.itertuples()}
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
        crosses = places[place].kind == "border" and {before.mode, after.mode} <= {"rail", "road"}
        charged = breaks or moves or crosses
        fee, dwell = (places[place].transfer_usd_t, places[place].dwell_days) if charged else (0.0, 0.0)
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


def rail_network(seed: int, *, places: int = 7, links: int = 14) -> Network:
    """One mode and no fees, so that a way is its links; four states, some places with a capacity."""
    draw = random.Random(seed)  # noqa: S311 - toy networks, not secrets
    rows = [
        [f"p{at}", f"P{at}", STATES[at % 4], "60", "45", "", str(draw.randint(5, 40)) if draw.random() < 0.4 else "", "kt/yr", "0", "0"]
        for at in range(places)
    ]
    ways = []
    for at in range(links):
        start, end = draw.sample(range(places), 2)
        numbers = [str(draw.randint(1, 30)), str(draw.randint(1, 9)), str(draw.randint(10, 500))]
        row = [f"l{at:02}", f"p{start}", f"p{end}", "rail", "crude", str(draw.randint(1, 40)), "kt/yr", draw.choice(["true", "false"])]
        ways.append([*row, *numbers, ""])
    return network_of(rows, ways)


def random_flows(seed: int, count: int, *, floors: bool = False, places: int = 7, links: int = 14) -> tuple[Flow, ...]:
    """Flows from two places to two others, with a value of time now and then, and contracts on links and places if asked."""
    draw = random.Random(seed)  # noqa: S311 - toy networks, not secrets
    flows = []
    for name in ("f", "g", "h")[:count]:
        ends = draw.sample([f"p{at}" for at in range(places)], 4)
        floor: dict[str, float] = {}
        for _ in range(draw.choice([1, 1, 2, 3]) if floors else 0):
            floor[draw.choice([*(f"l{at:02}" for at in range(links)), *(f"p{at}" for at in range(places))])] = draw.randint(1, 10)
        supply, demand = ({place: float(draw.randint(5, 30)) for place in some} for some in (ends[:2], ends[2:]))
        flows.append(Flow(name, "crude", supply, demand, floor, draw.choice([0.0, 0.0, 2.0])))
    return tuple(flows)


def penalties(network: Network, flow: Flow, penalty: float = 10_000.0) -> dict[str, float]:
    """What a tonne that does not come counts, by place of demand: twice as much at home."""
    country = dict(zip(network.places["place_id"], network.places["country"], strict=True))
    home = {country[place] for place in flow.supply}
    return {place: penalty * (2 if country[place] in home else 1) for place in flow.demand}


def cheapest_by_all_ways(network: Network, flows: Sequence[Flow], penalty: float = 10_000.0) -> float | None:
    """Cost of the cheapest plan (penalties and worth of time in it): a linear program over every way there is.

    None where a contract cannot be kept.
    """
    limits: dict[tuple[str, ...], float] = {("link", link.link_id): link.capacity for link in network.links.itertuples()}
    limits |= {("place", place.place_id): place.capacity for place in network.places.itertuples() if not math.isnan(place.capacity)}
    limits |= {("supply", flow.name, place): amount for flow in flows for place, amount in flow.supply.items()}
    limits |= {("floor", flow.name, name): -amount for flow in flows for name, amount in flow.floor.items()}
    row = {key: at for at, key in enumerate(limits)}
    met = {(flow.name, place): at for at, (flow, place) in enumerate((flow, place) for flow in flows for place in flow.demand)}
    ends = {link.link_id: (link.from_place, link.to_place) for link in network.links.itertuples()}
    cost: list[float] = []
    within: list[tuple[int, int, float]] = []
    equal: list[tuple[int, int, float]] = []
    for flow in flows:
        for place, lost in penalties(network, flow, penalty).items():
            equal.append((met[flow.name, place], len(cost), 1.0))
            cost.append(lost)
        for origin in flow.supply:
            for target in flow.demand:
                for way in every_way(network, origin, target):
                    passed = [origin]
                    for name in way.links:
                        a, b = ends[name]
                        passed.append(b if passed[-1] == a else a)
                    keys: list[tuple[str, ...]] = [("link", name) for name in way.links]
                    keys += [("place", place) for place in passed[1:-1] if ("place", place) in row]
                    within += [(row[key], len(cost), 1.0) for key in [*keys, ("supply", flow.name, origin)]]
                    kept = [name for name in flow.floor if name in {*way.links, *passed}]
                    within += [(row["floor", flow.name, name], len(cost), -1.0) for name in kept]
                    equal.append((met[flow.name, target], len(cost), 1.0))
                    cost.append(way.cost + way.days * flow.usd_t_day)
    tables = [np.zeros((len(limits), len(cost))), np.zeros((len(met), len(cost)))]
    for table, entries in zip(tables, (within, equal), strict=True):
        for at, column, value in entries:
            table[at, column] += value
    asked = [amount for flow in flows for amount in flow.demand.values()]
    solved = linprog(cost, tables[0], list(limits.values()), tables[1], asked, method="highs")
    return float(solved.fun) if solved.status == 0 else None
