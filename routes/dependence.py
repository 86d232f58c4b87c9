"""How much of a flow hangs on each country, place and link, how concentrated that is, and what is lost where a state stops."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from geodata.network import Network

from .allocation import Allocation, allocate
from .errors import InfeasibleError
from .scenarios import COUNTRY, Scenario
from .scene import scene

COLUMNS = ("flow", "kind", "id", "amount", "share", "hhi", "lost")


def exposure(network: Network, allocation: Allocation) -> pd.DataFrame:
    """What of each flow crosses each country, place and link of a plan, the largest share first.

    Columns: ``flow``, ``kind`` (country, place, link), ``id``, ``amount`` (kt a year, gas: mcm), ``share`` (of what the
    flow delivers), ``hhi`` (the Herfindahl-Hirschman index of the kind within the flow, 0..1: the sum of the squares of
    the shares after these are scaled to add up to one), and for countries ``lost``: how much less of the flow is
    delivered when that state closes and everything is placed anew (NaN for places and links, which `contingency` has);
    where a contract cannot be kept then, nobody is held to contracts.
    Places where goods start or end are left out. ``network`` is the one that the allocation was made on.

    >>> import geodata, routes
    >>> network = geodata.read_network()
    >>> plan = routes.allocate(network, routes.read_case("kazakh-crude-2024"))
    >>> exposed = exposure(network, plan).set_index(["flow", "id"])
    >>> bool(exposed.loc[("kazakh-crude", "RUS"), "share"] > 0.5)
    True
    """
    found: dict[tuple[str, str, str], float] = {}
    for way in allocation.sent:
        for kind, names in (("country", way.countries), ("place", way.places[1:-1]), ("link", way.links)):
            for name in dict.fromkeys(names):
                found[way.flow, kind, name] = found.get((way.flow, kind, name), 0.0) + way.amount
    delivered = allocation.by_flow.set_index("flow")["delivered"]
    lost = _lost(network, allocation, sorted({name for _, kind, name in found if kind == "country"}))
    rows = []
    for (flow, kind, name), amount in found.items():
        share = amount / float(delivered[flow])
        rows.append((flow, kind, name, amount, share, lost.get((flow, name), math.nan) if kind == "country" else math.nan))
    frame = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "hhi"])
    scaled = frame["share"] / frame.groupby(["flow", "kind"])["share"].transform("sum")
    frame["hhi"] = (scaled**2).groupby([frame["flow"], frame["kind"]]).transform("sum")
    order = {kind: at for at, kind in enumerate(("country", "place", "link"))}
    keyed = frame.assign(order=frame["kind"].map(order)).sort_values(["flow", "order", "share", "id"], ascending=[True, True, False, True])
    return keyed[list(COLUMNS)].reset_index(drop=True)


def _lost(network: Network, allocation: Allocation, countries: Iterable[str]) -> dict[tuple[str, str], float]:
    before = allocation.by_flow.set_index("flow")["delivered"]
    # The case of an allocation has the scenario's supplies, demands and floors in it already.
    base = replace(allocation.scenario, supply={}, demand={}, floor={})
    lost = {}
    for country in countries:
        closed = base + Scenario(f"{country} closed", close=(f"{COUNTRY}{country}",))
        after = _replaced(network, allocation, closed).by_flow.set_index("flow")["delivered"]
        lost.update({(str(flow), country): max(float(before[flow] - after[flow]), 0.0) for flow in before.index})
    return lost


def _replaced(network: Network, allocation: Allocation, closed: Scenario) -> Allocation:
    """The plan anew; a closure that leaves a contract no way frees the flows of all of theirs."""
    try:
        return allocate(network, allocation.case, scenario=closed, unmet_usd_t=allocation.unmet_usd_t)
    except InfeasibleError:
        free = replace(allocation.case, flows=tuple(replace(flow, floor={}) for flow in allocation.case.flows))
        return allocate(network, free, scenario=closed, unmet_usd_t=allocation.unmet_usd_t)


@dataclass(frozen=True, repr=False)
class NMinusOne:
    """The N-1 indicator of an area: ``percent`` of its demand that can be met without its largest entry.

    ``entries``: link_id, from_place, to_place, capacity (kt a year, gas: mcm), largest first. ``reason`` explains an
    infinite value, and is empty otherwise.
    """

    percent: float
    largest: str
    entries: pd.DataFrame
    reason: str

    def __repr__(self) -> str:
        return f"N-1 {self.percent:,.1f} % without {self.largest or 'any entry'}{'; ' + self.reason if self.reason else ''}"


def n_minus_one(
    network: Network,
    area: str | Iterable[str],
    commodity: str,
    *,
    demand: float,
    production: float = 0.0,
    storage: float = 0.0,
    lng: float = 0.0,
    scenario: Scenario | None = None,
) -> NMinusOne:
    """The N-1 indicator of Regulation (EU) 2017/1938, annex II, in percent; for oil and boxes by the same formula.

    (entries + production + storage + LNG - largest entry) / demand x 100, where an entry is a link into the area (a
    country code, or several) from outside it, at its technical capacity. All amounts are kt a year (gas: mcm a year);
    the regulation asks for those of one day of exceptionally high demand, of which a year's are the mean.
    Raises ValueError for a demand that is not above zero, another amount below zero, or a country without places.

    >>> import geodata
    >>> n_minus_one(geodata.read_network(), "CHN", "crude", demand=11_000).largest
    'pipe-atasu-alashankou'
    """
    if not demand > 0 or min(production, storage, lng) < 0:
        raise ValueError(f"demand must be above zero and the rest zero or more, not {demand}, {production}, {storage}, {lng}")
    inside = {area} if isinstance(area, str) else set(area)
    ground = scene(network, commodity, scenario=scenario)
    home: Mapping[str, str] = {place.place_id: place.country for place in ground.network.place_facts.values()}
    missing = inside - set(home.values())
    if missing:
        raise ValueError(f"{', '.join(sorted(missing))}: no place of this network lies there (use ISO alpha-3, such as KAZ)")
    rows = []
    for link in ground.links:
        into, back = home[link.to_place] in inside, home[link.from_place] in inside
        if into != back and (into or link.both_ways):
            ends = (link.from_place, link.to_place) if into else (link.to_place, link.from_place)
            rows.append((link.link_id, *ends, link.capacity))
    entries = pd.DataFrame(rows, columns=["link_id", "from_place", "to_place", "capacity"])
    entries = entries.sort_values(["capacity", "link_id"], ascending=[False, True], ignore_index=True)
    largest = str(entries["link_id"].iloc[0]) if len(entries) else ""
    open_sea = [str(name) for name in entries.loc[entries["capacity"] == math.inf, "link_id"]]
    if len(open_sea) > 1:
        return NMinusOne(math.inf, largest, entries, f"entries of unlimited capacity remain: {', '.join(open_sea[1:])}")
    rest = float(entries["capacity"].iloc[1:].sum()) + production + storage + lng
    return NMinusOne(100.0 * rest / demand, largest, entries, "")
