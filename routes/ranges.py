"""The ranges that the ledger gives to what the network uses, and the network at the ends of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from geodata.network import Network
from geodata.rates import default_rate
from geodata.schema import split_list
from geodata.units import UNITS, to_kt_yr

from .scenarios import Scenario, select


class Variation(NamedTuple):
    """A network and scenario at one end of some ranges, with the words that say which."""

    label: str
    network: Network
    scenario: Scenario


def capacity_ranges(network: Network) -> dict[str, tuple[float, float]]:
    """Low and high capacity of every link whose figure has a range, in kt a year (gas: mcm), by id.

    A side that the figure leaves open is the capacity itself; a range that does not hold the capacity (another year's
    figure) is left out.

    >>> import geodata
    >>> low, high = capacity_ranges(geodata.read_network())["pipe-samara-tikhoretsk"]
    >>> (low, high)
    (12600.0, 50000.0)
    """
    links = network.links
    if "capacity_figure" not in links:
        return {}
    found = {}
    for name, figure, goods, capacity in zip(
        links["link_id"], links["capacity_figure"], links["commodities"], links["capacity"], strict=True
    ):
        facts = network.figure_facts.get(figure)
        if facts is None or facts["unit"] not in UNITS or math.isinf(capacity):
            continue
        low, high = (to_kt_yr(float(facts[side]), facts["unit"], split_list(goods)) for side in ("low", "high"))
        low, high = capacity if math.isnan(low) else low, capacity if math.isnan(high) else high
        if low <= capacity <= high and low < high:
            found[name] = (low, high)
    return dict(sorted(found.items()))


def variations(network: Network, scenario: Scenario) -> Iterator[Variation]:
    """The network as it is, with every capacity at its low and at its high, and with default rates of a mode at theirs.

    A scenario's own changes come first: what it sets is not varied.
    """
    yield Variation("", network, scenario)
    taken = select(network, scenario.capacity).links
    ranges = {name: ends for name, ends in capacity_ranges(network).items() if name not in taken}
    for side, word in enumerate(("low", "high")):
        bounds = {name: f"{ends[side]!r} {'mcm/yr' if _gas(network, name) else 'kt/yr'}" for name, ends in ranges.items()}
        if bounds:
            yield Variation(f"capacities are at their {word}", network, scenario + Scenario(f"capacities {word}", capacity=bounds))
    for mode in ("pipeline", "rail", "sea"):
        rate = network.figure_facts.get(f"rate.{mode}.usd_t_km")
        if rate is not None:
            for word in ("low", "high"):
                yield Variation(f"default {mode} rates are at their {word}", _priced(network, mode, rate, word), scenario)


def _gas(network: Network, link: str) -> bool:
    return "gas" in network.link_facts[link].commodities


def _priced(network: Network, mode: str, rate: Mapping[str, object], word: str) -> Network:
    """The network with the costs of links without a tariff at one end of their mode's default rate.

    Wagons share the range of block trains, scaled to their own rate.
    """
    factor = float(str(rate[word])) / float(str(rate["value"]))
    costs = {}
    for link in network.link_facts.values():
        if link.mode == mode and link.cost_basis == "rate" and not _gas(network, link.link_id):
            commodity = "container" if "container" in link.commodities else min(link.commodities)
            costs[link.link_id] = link.length_km * default_rate(mode, commodity).usd_t_km * factor
    return network.with_costs(costs)
