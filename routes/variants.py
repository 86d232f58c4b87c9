"""A case on one graph under every year and scenario, so that a page can plan it again without the network.

The graph of a commodity holds every link that takes part in some year or scenario. What a year, a scenario or a
closure then does is a list of links that stay out and of capacities that hold: the rules of `scene`, laid out as data.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from geodata.network import Network

from .cases import Case, Flow, changed
from .scenarios import Scenario, Selection, changed_capacity, counts, select
from .scene import Scene, changes_of, place_capacities, require_place
from .stored import read_scenario, scenario_names
from .ways import Ways, ways

#: Years before and after a case's own that its slider reaches at most.
YEARS_BEFORE, YEARS_AFTER = 4, 12

#: ``link`` or ``place``, and its id.
Key = tuple[str, str]


class Change(NamedTuple):
    """A capacity under a scenario: an amount (kt a year, gas: mcm), or a factor of the year's own where that is NaN."""

    amount: float
    factor: float


@dataclass(frozen=True)
class Season:
    """One year: the links that stay out of the graphs, and by commodity the capacity of every bound (kt a year, gas: mcm)."""

    year: int
    out: frozenset[str]
    capacity: Mapping[str, Mapping[Key, float]]


@dataclass(frozen=True)
class Variant:
    """One scenario: what it opens and closes, the capacities it changes by commodity, and the case's flows under it."""

    scenario_id: str
    scenario: Scenario
    opened: frozenset[str]
    closed: Selection
    capacity: Mapping[str, Mapping[Key, Change]]
    flows: tuple[Flow, ...]


@dataclass(frozen=True)
class Board:
    """A case laid out for planning it again: a graph for each commodity, its years, and its scenarios (the base first)."""

    network: Network
    case: Case
    graphs: Mapping[str, Ways]
    seasons: tuple[Season, ...]
    variants: tuple[Variant, ...]

    @property
    def links(self) -> frozenset[str]:
        """The ids of all links of its graphs."""
        return frozenset(link.link_id for graph in self.graphs.values() for link in graph.ground.links)


def board(network: Network, case: Case, *, ends: Mapping[str, Iterable[str]] | None = None) -> Board:
    """A case with every year around its own and every stored scenario that changes something for it.

    ``ends`` names, by commodity, further places that goods are to start or end at (for routes between them).
    Raises UnknownIdError for an unknown place.

    >>> import geodata, routes
    >>> made = board(geodata.read_network(), routes.read_case("kazakh-crude-2024"))
    >>> made.variants[0].scenario.name, "CPC stopped" in [one.scenario.name for one in made.variants]
    ('base', True)
    """
    further = {commodity: tuple(places) for commodity, places in (ends or {}).items()}
    seen = network.at(case.year)
    asked = [("", Scenario("base"))]
    flows = {"": case.flows}
    for name in scenario_names(network):
        scenario = read_scenario(name, network)
        under = _flows(seen, case, scenario)
        if under is not None:
            asked.append((name, scenario))
            flows[name] = under
    years = _years(network, case.year)
    commodities = sorted({*(flow.commodity for flow in case.flows), *further})
    for place in {place for flow in case.flows for place in (*flow.supply, *flow.demand)}.union(*further.values()):
        require_place(seen, place)
    grounds = {commodity: _union(network, commodity, years, [one for _, one in asked]) for commodity in commodities}
    graphs = {}
    for commodity, ground in grounds.items():
        carried = [flow for some in flows.values() for flow in some if flow.commodity == commodity]
        graphs[commodity] = ways(
            ground,
            [*further.get(commodity, ()), *(place for flow in carried for place in flow.supply)],
            [*further.get(commodity, ()), *(place for flow in carried for place in flow.demand)],
        )
    variants = [_variant(seen, name, scenario, flows[name], graphs) for name, scenario in asked]
    telling = [one for one in variants if _matters(one, variants[0], graphs)]
    return Board(seen, case, graphs, tuple(_season(network.at(year), graphs) for year in years), (variants[0], *telling))


def _flows(seen: Network, case: Case, scenario: Scenario) -> tuple[Flow, ...] | None:
    """The case's flows under a stored scenario; None where it speaks of a flow, a good or a place that the case does not have."""
    try:
        flows = changed(case, scenario).flows
        select(seen, {name for flow in flows for name in flow.floor})
    except ValueError:
        return None
    known = all(place in seen.place_facts for flow in flows for place in (*flow.supply, *flow.demand))
    return flows if known else None


def _years(network: Network, own: int) -> tuple[int, ...]:
    """Every year from the first to the last in which the network changes, as far as a slider reaches."""
    near = [year for year in network.change_years if own - YEARS_BEFORE <= year <= own + YEARS_AFTER]
    return tuple(range(min([own, *near]), max([own, *near]) + 1))


def _union(network: Network, commodity: str, years: Sequence[int], scenarios: Sequence[Scenario]) -> Scene:
    """All links that take part in some year or scenario; a capacity is unlimited only where it always is."""
    opened = {link for scenario in scenarios for link in _opened(network, scenario)}
    seen = [network.at(year) for year in years]
    changes = [changes_of(network, scenario) for scenario in scenarios]
    links = []
    for name, link in seen[0].link_facts.items():
        there = name in opened or any(view.link_facts[name].active for view in seen)
        if not there or commodity not in link.commodities:
            continue
        limited = any(math.isfinite(view.link_facts[name].capacity) for view in seen) or any(name in change for change, _ in changes)
        links.append(link._replace(capacity=1.0 if limited else math.inf, cost_usd_t=link.cost_for(commodity)))
    bounds = [place_capacities(view, commodity) for view in seen]
    places = {
        place: 1.0 if any(math.isfinite(bound[place]) for bound in bounds) or any(place in change for _, change in changes) else math.inf
        for place in bounds[0]
    }
    return Scene(seen[0], commodity, tuple(links), places)


def _opened(network: Network, scenario: Scenario) -> frozenset[str]:
    meant = select(network, scenario.open)
    ending = {link.link_id for link in network.link_facts.values() if {link.from_place, link.to_place} & meant.places}
    return frozenset(meant.links | ending)


def _season(view: Network, graphs: Mapping[str, Ways]) -> Season:
    names = {link.link_id for graph in graphs.values() for link in graph.ground.links}
    capacity = {}
    for commodity, graph in graphs.items():
        places = place_capacities(view, commodity)
        capacity[commodity] = {
            (bound.kind, bound.name): view.link_facts[bound.name].capacity if bound.kind == "link" else places[bound.name]
            for bound in graph.bounds
        }
    return Season(view.year, frozenset(name for name in names if not view.link_facts[name].active), capacity)


def _variant(network: Network, name: str, scenario: Scenario, flows: tuple[Flow, ...], graphs: Mapping[str, Ways]) -> Variant:
    known = {link.link_id for graph in graphs.values() for link in graph.ground.links}
    capacity = {commodity: _changes(network, scenario, commodity, graph) for commodity, graph in graphs.items()}
    meant = select(network, scenario.close)
    return Variant(name, scenario, _opened(network, scenario) & known, Selection(meant.links & known, meant.places), capacity, flows)


def _changes(network: Network, scenario: Scenario, commodity: str, graph: Ways) -> dict[Key, Change]:
    links, places = changes_of(network, scenario)
    texts = {("link", name): text for name, text in links.items()}
    texts |= {("place", name): text for name, text in places.items() if counts(text, commodity)}
    return {
        (bound.kind, bound.name): _change(texts[bound.kind, bound.name], graph, bound.kind, bound.name)
        for bound in graph.bounds
        if (bound.kind, bound.name) in texts
    }


def _change(text: str, graph: Ways, kind: str, name: str) -> Change:
    if text.startswith("x"):
        return Change(math.nan, changed_capacity(text, 1.0, ()))
    goods = graph.ground.network.link_facts[name].commodities if kind == "link" else (graph.ground.commodity,)
    return Change(changed_capacity(text, 0.0, goods), math.nan)


def _matters(variant: Variant, base: Variant, graphs: Mapping[str, Ways]) -> bool:
    """Whether a scenario touches anything that a graph of the case holds, or the case itself."""
    if variant is base:
        return False
    places = {place for graph in graphs.values() for place in graph.places}
    touched = variant.opened or variant.closed.links or variant.closed.places & places or any(variant.capacity.values())
    return bool(touched) or variant.flows != base.flows or variant.scenario.year is not None
