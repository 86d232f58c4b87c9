"""What takes part in one analysis: the links and places left once year, commodity, scenario and avoidance are applied."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from geodata.facts import LinkFacts
from geodata.network import Network, require_commodity

from .errors import unknown
from .scenarios import COUNTRY, Scenario, changed_capacity, counts, select


@dataclass(frozen=True)
class Scene:
    """Links and places that take part, in order of id, with the capacities that hold (a link of capacity 0 too).

    ``place_capacity`` has the places that take part and bounds what passes through each (kt a year, gas mcm a year,
    ``inf`` where nothing is stated). ``network`` is the network in the scene's year.
    """

    network: Network
    commodity: str
    links: tuple[LinkFacts, ...]
    place_capacity: Mapping[str, float]

    def has(self, place: str) -> bool:
        """Whether a place takes part."""
        return place in self.place_capacity


def scene(network: Network, commodity: str, *, scenario: Scenario | None = None, avoid: Iterable[str] = ()) -> Scene:
    """Apply year, commodity, scenario and ``avoid`` (ids as in ``Scenario.close``) to a network.

    Raises ValueError for an unknown commodity or amount, UnknownIdError for an unknown id.
    """
    require_commodity(commodity)
    chosen = scenario or Scenario("base")
    seen = network if chosen.year is None else network.at(chosen.year)
    closed = select(seen, [*chosen.close, *([avoid] if isinstance(avoid, str) else avoid)])
    opened = select(seen, chosen.open)
    link_change, place_change = changes_of(seen, chosen)
    links = []
    for link in seen.link_facts.values():
        ends = {link.from_place, link.to_place}
        there = link.active or link.link_id in opened.links or bool(ends & opened.places)
        if not there or commodity not in link.commodities or link.link_id in closed.links or ends & closed.places:
            continue
        capacity, text = link.capacity, link_change.get(link.link_id)
        if text is not None:
            capacity = _changed(link.link_id, text, capacity, link.commodities)
        links.append(link._replace(capacity=capacity, cost_usd_t=link.cost_for(commodity)))
    through = {place: amount for place, amount in place_capacities(seen, commodity).items() if place not in closed.places}
    for place, change in place_change.items():
        if place in through and counts(change, commodity):
            through[place] = _changed(place, change, through[place], (commodity,))
    return Scene(seen, commodity, tuple(links), through)


def place_capacities(network: Network, commodity: str) -> dict[str, float]:
    """What each place lets through of a commodity; a capacity in m3 bounds gas alone, one in tonnes everything else."""
    return {
        place.place_id: place.capacity if place.counts_gas == (commodity == "gas") and not math.isnan(place.capacity) else math.inf
        for place in network.place_facts.values()
    }


def _changed(name: str, text: str, before: float, commodities: Collection[str]) -> float:
    try:
        return changed_capacity(text, before, commodities)
    except ValueError as error:
        raise ValueError(f"capacity of {name!r}: {error}") from None


def changes_of(network: Network, chosen: Scenario) -> tuple[dict[str, str], dict[str, str]]:
    """The scenario's changes of capacity by link and by place; a corridor's id changes each of its links."""
    links: dict[str, str] = {}
    places: dict[str, str] = {}
    for name, text in chosen.capacity.items():
        if name.startswith(COUNTRY):
            raise ValueError(f"a capacity belongs to a link, place or corridor, not to {name!r}")
        meant = select(network, [name])
        for found, changes in ((meant.links, links), (meant.places, places)):
            for each in sorted(found):
                if changes.setdefault(each, text) != text:
                    raise ValueError(f"{chosen.name!r} gives {each!r} two capacities: {changes[each]} and {text}")
    return links, places


def require_place(network: Network, place: str) -> None:
    """Raise UnknownIdError, with the nearest ids, where a place is not in the network."""
    if place not in network.place_facts:
        raise unknown("place", place, network.place_facts, "network.places['place_id']")
