"""The documents' claims, computed again from the network, each with the range that the inputs' ranges allow and a verdict.

A claim is measured on the network as it is, then with every capacity at the low and at the high end of its ledger
range, and with the default rates of pipelines, railways and ships at theirs. A claim with a number holds where the
network's number lies within a twentieth of it; it holds if, where some end of the ranges brings it there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from geodata.ledger import ledger_table
from geodata.network import Network
from geodata.schema import number
from geodata.units import to_kt_yr

from .allocation import Allocation, Way, allocate
from .cases import Case, Flow, read_case
from .errors import UnknownIdError
from .flow import max_flow
from .ranges import Variation, variations
from .routing import alternatives
from .scenarios import Scenario, select
from .stored import read_scenario

COLUMNS = ("claim", "document_value", "network_value", "low", "high", "verdict", "why", "document", "line", "unit")
HOLDS, NOT, UNTESTED = "holds", "does not hold", "cannot be tested"
#: A computed number this near to the claimed one (as a share of it) bears it out.
NEAR = 0.05
FIELDS = ("tengiz", "kashagan", "karachaganak", "aktobe-fields", "atyrau-fields", "uzen", "kalamkas", "kumkol")
#: The highway is left out where a way is a railway's, so that no lorry stands in between two trains.
HIGHWAY = ("western-europe-western-china", "central-asia-china-road")
CRUDE_YEARS = range(2022, 2026)


class Measured(NamedTuple):
    """What a claim comes to: its number, whether it holds (None: the number decides), and what to know about it."""

    value: float
    holds: bool | None
    why: str


Measure = Callable[[Network, Scenario], Measured]


class _Claim(NamedTuple):
    name: str
    claim_id: str
    unit: str
    measure: Measure


def claims(network: Network, *, scenario: Scenario | None = None) -> pd.DataFrame:
    """The eleven claims of the documents that a model can test, recomputed (the first in both of its readings).

    Columns: ``claim``, ``document_value`` (NaN where it gives no number), ``network_value``, ``low`` and ``high`` (over
    the ranges of the inputs), ``verdict`` (holds / holds if ... / does not hold / cannot be tested), ``why``,
    ``document``, ``line``, ``unit``. A scenario changes what is computed. On a network without the places, corridors or
    cases that a claim speaks of, it cannot be tested, and the row says what is missing.
    """
    chosen = scenario or Scenario("base")
    table = ledger_table("claims").set_index("claim_id")
    tried = list(variations(network, chosen))
    rows = []
    for claim in CLAIMS:
        stated = table.loc[claim.claim_id]
        said = number(str(stated["value"]))
        value, low, high, verdict, why = _judged(claim, said, tried)
        text = f"{claim.name}. {stated['claim']}"
        rows.append(
            (
                text,
                math.nan if said is None else said,
                value,
                low,
                high,
                verdict,
                why,
                stated["document"],
                int(str(stated["line"])),
                claim.unit,
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _judged(claim: _Claim, said: float | None, tried: Sequence[Variation]) -> tuple[float, float, float, str, str]:
    measured: list[tuple[str, Measured]] = []
    for label, network, scenario in tried:
        try:
            measured.append((label, claim.measure(network, scenario)))
        except (UnknownIdError, KeyError) as error:
            return math.nan, math.nan, math.nan, UNTESTED, f"this network lacks what the claim speaks of: {error.args[0]}"
    base = measured[0][1]
    values = [one.value for _, one in measured if not math.isnan(one.value)]
    low, high = (min(values), max(values)) if values else (math.nan, math.nan)
    if math.isnan(base.value) and base.holds is None:
        return base.value, low, high, UNTESTED, base.why
    borne = [(label, _bears_out(said, one)) for label, one in measured]
    if borne[0][1]:
        verdict = HOLDS
    elif given := [label for label, out in borne if out]:
        verdict = f"{HOLDS} if {' or '.join(given[:2])}" + (f" or {len(given) - 2} more" if len(given) > 2 else "")
    else:
        verdict = NOT
    against = [label for label, out in borne[1:] if not out]
    note = f"; not so if {' or '.join(against)}" if verdict == HOLDS and against else ""
    if said is not None and base.holds is None and verdict != HOLDS:
        note = f"; the network has {'more' if base.value > said else 'less'} than the document"
    return base.value, low, high, verdict, f"{base.why[:1].upper()}{base.why[1:]}{note}."


def _bears_out(said: float | None, one: Measured) -> bool:
    if one.holds is not None or said is None:
        return bool(one.holds)
    return abs(one.value - said) <= NEAR * abs(said)


def _crude(network: Network, scenario: Scenario) -> Allocation:
    year = network.year if scenario.year is None else scenario.year
    return _planned(network, f"kazakh-crude-{year if year in CRUDE_YEARS else 2024}", scenario)


def _planned(network: Network, name: str, scenario: Scenario) -> Allocation:
    return allocate(network, read_case(name, network), scenario=scenario)


def _abroad(plan: Allocation, flow: str) -> list[Way]:
    """The ways of a flow that end in another country than its supplies."""
    home = plan.network.place_facts
    own = next(one for one in plan.case.flows if one.name == flow)
    at_home = {home[place].country for place in own.supply}
    return [way for way in plan.sent if way.flow == flow and home[way.destination].country not in at_home]


def _share(ways: Iterable[Way], wanted: Callable[[Way], bool]) -> float:
    """The share of an amount that goes by wanted ways, in percent."""
    sent = list(ways)
    total = sum(way.amount for way in sent)
    return 100.0 * sum(way.amount for way in sent if wanted(way)) / total if total > 0 else math.nan


def _cpc_border(network: Network) -> set[str]:
    """The links on which CPC's flow out of Kazakhstan is counted: those over the border, or all where none says so."""
    members = _members(network, "cpc")
    return {link for link in members if {"KAZ", "RUS"} <= set(network.link_facts[link].countries)} or set(members)


def _members(network: Network, corridor: str) -> tuple[str, ...]:
    select(network, [f"corridor:{corridor}"])
    return network.corridor_links[corridor]


def _cpc_share(network: Network, scenario: Scenario) -> Measured:
    plan = _crude(network, scenario)
    border = _cpc_border(network)
    sent = _abroad(plan, "kazakh-crude")
    share = _share(sent, lambda way: bool(border & set(way.links)))
    all_sold = _mt(sum(way.amount for way in sent))
    carried = _mt(plan.amount_by(border, "kazakh-crude"))
    return Measured(share, None, f"{carried} of {all_sold} sold abroad cross the border in CPC ({plan.case.name})")


def _russia_share(network: Network, scenario: Scenario) -> Measured:
    plan = _crude(network, scenario)
    facts = plan.network.link_facts

    def piped(way: Way) -> bool:
        return any(facts[link].mode == "pipeline" and "RUS" in facts[link].countries for link in way.links)

    share = _share(_abroad(plan, "kazakh-crude"), piped)
    why = f"by any pipe through Russia, CPC, Atyrau-Samara and Makhachkala-Novorossiysk together ({plan.case.name})"
    return Measured(share, None, why)


def _most(network: Network, sinks: str, scenario: Scenario, close: tuple[str, ...] = ()) -> float:
    """The most that the fields together can bring to a place when something is closed."""
    shut = scenario + Scenario("only this way", close=close)
    return max_flow(network, FIELDS, sinks, "crude", scenario=shut).value


def _no_alternative(network: Network, scenario: Scenario) -> Measured:
    cpc = min(_most(network, "cpc-terminal", scenario), _narrowest(network, "cpc", scenario))
    avoid = ("country:RUS",)
    ends = {"BTC": "ceyhan-terminal", "the China line": "alashankou-oil", "rail to Uzbekistan": "fergana-refinery"}
    room = {name: _most(network, end, scenario, avoid) for name, end in ends.items()}
    base = alternatives(network, "tengiz", "cpc-terminal", "crude", k=1, scenario=scenario, via=("cpc-border",)).table
    parts, better = [], []
    for name, end in ends.items():
        amount = room[name]
        way = alternatives(network, "tengiz", end, "crude", k=1, scenario=scenario, avoid=avoid).table
        cost, days = (float(way[column].iloc[0]) if len(way) else math.nan for column in ("cost_usd_t", "days"))
        parts.append(f"{name} {_mt(amount)}, {cost:,.0f} USD/t, {days:,.0f} days")
        if len(base) and (amount >= cpc or cost <= float(base["cost_usd_t"].iloc[0]) or days <= float(base["days"].iloc[0])):
            better.append(name)
    own = f"CPC {_mt(cpc)}" + (f", {base['cost_usd_t'].iloc[0]:,.0f} USD/t, {base['days'].iloc[0]:,.0f} days" if len(base) else ", no way")
    best = 100.0 * max(room.values()) / cpc if cpc > 0 else math.inf
    said = f"; in one of the three {' and '.join(better)} is no worse" if better else ""
    return Measured(
        best,
        not better,
        f"to the sea or the border: {own}; {'; '.join(parts)}{said}. The number is the roomiest other way as a share of CPC",
    )


def _narrowest(network: Network, corridor: str, scenario: Scenario) -> float:
    """The largest flow along a corridor alone, from end to end."""
    links = [network.link_facts[name] for name in _members(network, corridor)]
    others = tuple(
        f"link:{name}"
        for name, link in network.link_facts.items()
        if "crude" in link.commodities and name not in _members(network, corridor)
    )
    alone = scenario + Scenario("this corridor alone", close=others)
    return max_flow(network, links[0].from_place, links[-1].to_place, "crude", scenario=alone).value


def _europe_kazakhstan(network: Network, scenario: Scenario) -> Measured:
    shut = ("country:RUS", "country:EGY", *HIGHWAY)
    north = alternatives(
        network, "duisburg", "almaty", "container", k=1, scenario=scenario, via=("malaszewicze",), avoid=("country:EGY", *HIGHWAY)
    ).table
    south = alternatives(network, "duisburg", "almaty", "container", k=1, scenario=scenario, via=("alat-port",), avoid=shut).table
    if not len(north) or not len(south):
        return Measured(math.inf, not len(south), "one of the two has no way at all here")
    sea = ("suez", *HIGHWAY)
    room_north = max_flow(
        network, "malaszewicze", "almaty", "container", scenario=scenario + Scenario("north", close=(*sea, "alat-port"))
    ).value
    room_south = max_flow(
        network, "alat-port", "almaty", "container", scenario=scenario + Scenario("south", close=("country:RUS", *sea))
    ).value
    costs = [float(way["cost_usd_t"].iloc[0]) for way in (north, south)]
    days = [float(way["days"].iloc[0]) for way in (north, south)]
    why = (
        f"Duisburg-Almaty by Russia {costs[0]:,.0f} USD/t, {days[0]:,.0f} days, room for {_mt(room_north)}; by "
        f"Azerbaijan {costs[1]:,.0f} USD/t, {days[1]:,.0f} days, room for {_mt(room_south)}. The number is the "
        "southern cost as a share of the northern"
    )
    return Measured(100.0 * costs[1] / costs[0], costs[1] > costs[0] and room_south < room_north, why)


def _land_transit(network: Network, scenario: Scenario) -> Measured:
    year = network.year if scenario.year is None else scenario.year
    plan = _planned(network, f"china-europe-containers-{year if 2021 <= year <= 2025 else 2024}", scenario)
    on_land = [way for way in plan.sent if way.flow == "china-europe" and "EGY" not in way.countries and "ZAF" not in way.countries]
    share = _share(on_land, lambda way: "KAZ" in way.countries)
    why = (
        f"of {plan.case.name}: the cheapest ways all cross Kazakhstan while its borders have room; the lines by "
        "Mongolia and Manzhouli are longer from Xi'an and Chongqing, but nearer to the north-east, where no "
        "supply of the case lies"
    )
    return Measured(share, None, why)


def _tankers(network: Network, scenario: Scenario) -> Measured:
    base = _ledger(network, "aktau-port.throughput.2022")
    two = _ledger(network, "caspian-tankers.fleet-throughput.2023")
    times = (base + two) / base
    why = (
        f"two tankers carry {_mt(two)} a year; {_mt(base)} left Aktau in 2022, so they make {times:.1f} times as "
        f"much of it. Of the {_mt(_ledger(network, 'btc.throughput-kz-crude.2022'))} for BTC alone they make four "
        "times as much: the two sentences agree for that lane only"
    )
    return Measured(times, None, why)


def _ledger(network: Network, figure: str) -> float:
    """A figure in kt a year. Raises UnknownIdError where the network does not bring it."""
    facts = network.figure_facts.get(figure)
    if facts is None:
        raise UnknownIdError(f"no figure {figure!r} in this network's ledger")
    return to_kt_yr(float(facts["value"]), facts["unit"].removesuffix("/yr") + "/yr")


def _btc_for_cpc(network: Network, scenario: Scenario) -> Measured:
    shut = Scenario("CPC stopped", close=("cpc",))
    case = read_case("kazakh-crude-2024", network)
    border, btc = _cpc_border(network), _members(network, "btc")
    before = allocate(network, case, scenario=scenario)
    lost = before.amount_by(border, "kazakh-crude")
    tankers, pipe = read_scenario("tankers-for-7-mt", network), read_scenario("btc-expanded", network)
    taken = {}
    for name, help_ in (
        ("as they are", None),
        ("with tankers for 7 Mt", tankers),
        ("with BTC enlarged", pipe),
        ("with both", tankers + pipe),
    ):
        changed = _sum(scenario, shut, *([help_] if help_ else []))
        plan = allocate(network, case, scenario=changed)
        taken[name] = plan.amount_by(btc, "kazakh-crude") - before.amount_by(btc, "kazakh-crude")
    parts = ", ".join(f"{name} {_mt(amount)}" for name, amount in taken.items())
    share = 100.0 * taken["as they are"] / lost if lost > 0 else math.nan
    why = f"of {_mt(lost)} that CPC carries for Kazakhstan BTC takes over: {parts}. The number is the first as a share of CPC's"
    return Measured(share, None if math.isnan(share) else share < 90.0, why)


def _sum(*parts: Scenario) -> Scenario:
    total = parts[0]
    for part in parts[1:]:
        total = total + replace(part, capacity={name: text for name, text in part.capacity.items() if name not in total.capacity})
    return total


def _room_at(network: Network, scenario: Scenario, market: str) -> float:
    """How much Kazakh crude can reach one market beside home demand and the other flows, when no other buyer asks."""
    case = read_case("kazakh-crude-2024", network)
    home = {place for place, facts in network.place_facts.items() if facts.country == "KAZ"}
    own = next(flow for flow in case.flows if flow.name == "kazakh-crude")
    asking = {place: amount for place, amount in own.demand.items() if place in home} | {market: sum(own.supply.values())}
    only = Flow(own.name, own.commodity, own.supply, asking)
    bare = replace(scenario, supply={}, demand={}, floor={})
    plan = allocate(network, Case(case.name, case.year, (only, *(flow for flow in case.flows if flow.name != own.name))), scenario=bare)
    return float(sum(way.amount for way in plan.sent if way.flow == own.name and way.destination == market))


def _to_china(network: Network, scenario: Scenario) -> Measured:
    now = _room_at(network, scenario, "dushanzi-refinery") / 1000.0
    then = _room_at(network, _sum(scenario, read_scenario("china-west-upgraded", network)), "dushanzi-refinery") / 1000.0
    why = (
        f"beside the Russian transit and the refineries at home {now:.1f} Mt a year fit to Dushanzi; with the "
        f"western sections upgraded {then:.1f}"
    )
    return Measured(
        now,
        now >= 6.5 * (1 - NEAR),
        why if now >= 6.5 * (1 - NEAR) else f"{why}. The claim's 'once arranged' needs the upgrade" if then >= 6.5 * (1 - NEAR) else why,
    )


def _to_germany(network: Network, scenario: Scenario) -> Measured:
    room = _room_at(network, scenario, "schwedt-refinery") / 1000.0
    why = (
        f"the pipes by Samara would carry {room:.1f} Mt a year of Kazakh oil to Schwedt if nobody else asked for "
        "it; 2.1 was the most in any year (2025), and Russia, which has to let it pass, used to send 20"
    )
    return Measured(room, room >= 7.0 * (1 - NEAR), why)


def _less_convenient(network: Network, scenario: Scenario) -> Measured:
    shut = ("country:EGY", "sea-shanghai-singapore", *HIGHWAY)
    tried = [
        alternatives(network, "xian", "duisburg", "container", k=1, scenario=scenario, via=(border, "malaszewicze"), avoid=shut).table
        for border in ("dostyk", "altynkol")
    ]
    north = min((table for table in tried if len(table)), key=lambda table: float(table["cost_usd_t"].iloc[0]), default=tried[0])
    by_sea = ("aktau-port", "alat-port")
    south = alternatives(network, "xian", "duisburg", "container", k=1, scenario=scenario, via=by_sea, avoid=("country:RUS", *shut)).table
    if not len(south) or not len(north):
        return Measured(math.nan, None, "one of the two has no way at all here")
    counts = [int(way["transfers"].iloc[0]) for way in (north, south)]
    days = [float(way["days"].iloc[0]) for way in (north, south)]
    costs = [float(way["cost_usd_t"].iloc[0]) for way in (north, south)]
    why = (
        f"Xi'an-Duisburg over the Caspian: {counts[1]} changes of mode or gauge, {days[1]:,.0f} days, "
        f"{costs[1]:,.0f} USD/t; by Russia {counts[0]}, {days[0]:,.0f} and {costs[0]:,.0f}. That it is used more: "
        "0.6 Mt (2021) to 4.5 Mt (2024) reported. The number is the changes"
    )
    return Measured(float(counts[1]), counts[1] > counts[0] and days[1] > days[0], why)


def _east_wanted(network: Network, scenario: Scenario) -> Measured:
    ends = {"east": ("bolashak", "incheh-borun"), "west": ("astara-az", "astara-ir"), "Caspian": ("volga-mouth", "amirabad-port")}
    tables = {
        name: alternatives(network, "moscow", "mumbai-port", "container", k=1, scenario=scenario, via=via).table
        for name, via in ends.items()
    }
    found = {name: table.iloc[0] for name, table in tables.items() if len(table)}
    if "east" not in found or len(found) < 2:
        return Measured(math.nan, None, "the branches have no way here")
    parts = [
        f"{name} {row['days']:,.0f} days, {row['cost_usd_t']:,.0f} USD/t, {_mt(row['capacity'])}, {row['transfers']} changes"
        for name, row in found.items()
    ]
    others = [row for name, row in found.items() if name != "east"]
    wins = [
        word
        for word, best in (
            ("faster", found["east"]["days"] < min(row["days"] for row in others)),
            ("cheaper", found["east"]["cost_usd_t"] < min(row["cost_usd_t"] for row in others)),
            ("roomier", found["east"]["capacity"] > max(row["capacity"] for row in others)),
        )
        if best
    ]
    why = (
        f"Moscow-Mumbai: {'; '.join(parts)}. The east is "
        f"{', '.join(wins) if wins else 'neither faster nor cheaper nor roomier'}; what shippers want is not in "
        "the network. The number is the east's days as a share of the best other's"
    )
    return Measured(100.0 * float(found["east"]["days"] / min(row["days"] for row in others)), bool(wins), why)


def _exports_share(network: Network, scenario: Scenario) -> Measured:
    plan = _planned(network, "kazakh-exports-2024", scenario)
    sent = [way for flow in plan.case.flows if flow.name.startswith("kazakh") for way in _abroad(plan, flow.name)]
    share = _share(sent, lambda way: "RUS" in way.countries)
    why = (
        f"by weight, {_mt(sum(way.amount for way in sent))} of crude, coal, grain and goods for China; metals, uranium and "
        "gas are left out, and the document does not say whether it counts weight or worth"
    )
    return Measured(share, None, why)


def _mt(kt: float) -> str:
    return "no bound" if math.isinf(kt) else f"{kt / 1000.0:,.1f} Mt" if not np.isnan(kt) else "unknown"


CLAIMS = (
    _Claim("1", "c01a", "%", _cpc_share),
    _Claim("2", "c02", "%", _no_alternative),
    _Claim("3", "c03", "%", _europe_kazakhstan),
    _Claim("4", "c04", "%", _land_transit),
    _Claim("5", "c05", "times", _tankers),
    _Claim("6", "c06", "%", _btc_for_cpc),
    _Claim("7", "c07a", "Mt/yr", _to_china),
    _Claim("8", "c08", "Mt/yr", _to_germany),
    _Claim("9", "c09", "changes", _less_convenient),
    _Claim("10", "c10", "%", _east_wanted),
    _Claim("11", "c11", "%", _exports_share),
    _Claim("1, by any pipe", "c01b", "%", _russia_share),
)
