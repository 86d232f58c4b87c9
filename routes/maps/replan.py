"""What a page needs to plan its case again in the reader's browser: `routes.variants.Board` as plain values.

Everything is named by its position on the page; amounts are kt a year (gas: million m3), costs USD a tonne.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from geodata.territory import AT_SEA
from geodata.units import teu_from_kt

from ..allocation import DEAREST_FACTOR, HOME_FACTOR, UNMET_USD_T
from ..cases import Flow
from ..scenarios import select
from ..variants import Board, Change, Key, Season, Variant
from ..ways import FLOW_TIE, ID_TIE, KM_TIE, Ways, id_ranks
from . import text
from .payload import Selection


def replan(board: Board, chosen: Selection, questions: Mapping[int, Any]) -> dict[str, Any]:
    """The board by positions on the page; ``questions`` have named ways between two places, by the position of their comparison."""
    tolls: dict[tuple[float, float], int] = {(0.0, 0.0): 0}
    graphs = {commodity: _graph(graph, chosen, tolls) for commodity, graph in board.graphs.items()}
    crossings = board.network.crossings
    facts = board.network.link_facts
    return {
        "ties": {"km": KM_TIE, "id": ID_TIE, "flow": FLOW_TIE},
        "unmet": UNMET_USD_T,
        "teu_per_kt": teu_from_kt(1.0),
        "dearest_factor": DEAREST_FACTOR,
        "home_factor": HOME_FACTOR,
        "case": board.case.name,
        "year": board.case.year,
        "years": [season.year for season in board.seasons],
        "graphs": graphs,
        "tolls": {"cost": [cost for cost, _ in tolls], "days": [days for _, days in tolls]},
        "seasons": _seasons(board, chosen),
        "variants": [_variant(one, board, chosen) for one in board.variants],
        "flows": [_flow(flow, board, chosen) for flow in board.case.flows],
        "corridors": _corridors(board, chosen),
        "crossings": {
            chosen.link_at[name]: [[part.country, round(part.km, 2)] for part in crossings[name] if part.country != AT_SEA]
            for name in sorted(board.links)
        },
        "km": {chosen.link_at[name]: round(facts[name].length_km, 3) for name in sorted(board.links)},
        "questions": [{"at": at} | _question(question, board, chosen) for at, question in questions.items()],
    }


def _graph(graph: Ways, chosen: Selection, tolls: dict[tuple[float, float], int]) -> dict[str, Any]:
    """The arcs, with what a link costs told once for its two directions."""
    links = graph.ground.links
    rank = id_ranks(graph.ground.network)
    toll = [
        tolls.setdefault((cost, days), len(tolls)) if link < 0 else 0
        for cost, days, link in zip(graph.cost.tolist(), graph.days.tolist(), graph.link.tolist(), strict=True)
    ]
    first = {int(link): at for at, link in reversed(list(enumerate(graph.link.tolist()))) if link >= 0}
    per_link = {
        name: [float(column[first[at]]) if at in first else 0.0 for at in range(len(links))]
        for name, column in (("cost", graph.cost), ("days", graph.days), ("km", graph.km))
    }
    place = np.array([chosen.place_at[name] for name in graph.places], dtype=np.int64)
    return {
        "home": place[graph.home].tolist(),
        "start": graph.start.tolist(),
        "end": graph.end.tolist(),
        "link": graph.link.tolist(),
        "forward": graph.forward.astype(int).tolist(),
        "bound": graph.bound.tolist(),
        "toll": toll,
        "bounds": [[bound.kind, _at(chosen, (bound.kind, bound.name))] for bound in graph.bounds],
        "links": [chosen.link_at[link.link_id] for link in links],
        "facts": {"rank": [rank[link.link_id] for link in links], **per_link},
        "origin": {chosen.place_at[name]: node for name, node in graph.origin.items()},
        "target": {chosen.place_at[name]: node for name, node in graph.target.items()},
    }


def _at(chosen: Selection, key: Key) -> int:
    kind, name = key
    return chosen.link_at[name] if kind == "link" else chosen.place_at[name]


def _seasons(board: Board, chosen: Selection) -> list[dict[str, Any]]:
    """Each year's links that stay out, and its capacities as differences to the year before (the first: all of them)."""
    told = []
    before: Season | None = None
    for season in board.seasons:
        capacity = {}
        for commodity, graph in board.graphs.items():
            now = [season.capacity[commodity][bound.kind, bound.name] for bound in graph.bounds]
            then = [math.nan] * len(now) if before is None else [before.capacity[commodity][b.kind, b.name] for b in graph.bounds]
            capacity[commodity] = [[at, _limit(amount)] for at, amount in enumerate(now) if amount != then[at]]
        told.append({"out": sorted(chosen.link_at[name] for name in season.out), "capacity": capacity})
        before = season
    return told


def _limit(amount: float) -> float | None:
    return amount if math.isfinite(amount) else None


def _variant(one: Variant, board: Board, chosen: Selection) -> dict[str, Any]:
    positions = {
        commodity: {(bound.kind, bound.name): at for at, bound in enumerate(graph.bounds)} for commodity, graph in board.graphs.items()
    }
    told: dict[str, Any] = {
        "id": one.scenario_id,
        "name": _titled(f"scenario.{one.scenario_id or 'base'}", one.scenario.name),
        "note": one.scenario.note,
        "opened": sorted(chosen.link_at[name] for name in one.opened),
        "closed_links": sorted(chosen.link_at[name] for name in one.closed.links),
        "closed_places": sorted(chosen.place_at[name] for name in one.closed.places if name in chosen.place_at),
        "capacity": {
            commodity: [_changed(positions[commodity][key], change) for key, change in changes.items()]
            for commodity, changes in one.capacity.items()
            if changes
        },
        "year": one.scenario.year,
    }
    if one.flows != board.case.flows:
        told["flows"] = [_flow(flow, board, chosen) for flow in one.flows]
    return told


def _changed(at: int, change: Change) -> list[float | int | None]:
    return [at, None if math.isnan(change.amount) else change.amount, None if math.isnan(change.factor) else change.factor]


def _flow(flow: Flow, board: Board, chosen: Selection) -> dict[str, Any]:
    floors = []
    for name, amount in flow.floor.items():
        meant = select(board.network, [name])
        links = sorted(chosen.link_at[link] for link in meant.links if link in chosen.link_at)
        places = sorted(chosen.place_at[place] for place in meant.places if place in chosen.place_at)
        floors.append({"name": name, "amount": amount, "links": links, "places": places})
    return {
        "name": flow.name,
        "title": _titled(f"flow.{flow.name}", flow.name),
        "commodity": flow.commodity,
        "worth": flow.usd_t_day,
        "supply": [[chosen.place_at[place], amount] for place, amount in flow.supply.items()],
        "demand": [[chosen.place_at[place], amount] for place, amount in flow.demand.items()],
        "floor": floors,
    }


def _corridors(board: Board, chosen: Selection) -> dict[str, Any]:
    counts = board.network.corridor_counts
    return {
        name: {
            "links": [chosen.link_at[link] for link in links if link in chosen.link_at],
            "counted": sorted(chosen.link_at[link] for link in counts[name] if link in chosen.link_at),
        }
        for name, links in board.network.corridor_links.items()
    }


def _question(question: Any, board: Board, chosen: Selection) -> dict[str, Any]:
    """A question with named ways: chains of places, and what each way keeps clear of as ids of the page (``country:RUS``)."""
    return {
        "origin": chosen.place_at[question.origin],
        "destination": chosen.place_at[question.destination],
        "commodity": question.commodity,
        "ways": [
            {
                "name": _titled(f"way.{way.name}", way.name),
                "chains": [[chosen.place_at[place] for place in chain] for chain in way.chains],
                "avoid": [_prefixed(name, board) for name in way.avoid],
            }
            for way in question.ways
        ],
    }


def _titled(key: str, name: str) -> str | list[str]:
    """A title from the string tables; the name itself where they have none, as for a user's own scenarios."""
    return text.in_all({language: text.strings(language)[key] for language in text.LANGUAGES} if key in text.strings("en") else name)


def _prefixed(name: str, board: Board) -> str:
    """An id with the word that says what it names, as the page writes it."""
    if ":" in name:
        return name
    kinds = {"corridor": board.network.corridor_links, "link": board.network.link_facts, "place": board.network.place_facts}
    return next(f"{kind}:{name}" for kind, names in kinds.items() if name in names)
