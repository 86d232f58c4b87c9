"""What a two-page report on a stored scenario says: the plan before and after, what binds, and what that stands on."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from geodata.network import Network

from .allocation import Allocation, Way, allocate
from .cases import ROLES, Case, read_case
from .comparison import Amounts, Comparison, by_corridor, by_country, by_market
from .errors import InfeasibleError, Shortage
from .ranges import variations
from .scenarios import COUNTRY, PREFIXES, Scenario, changed_capacity, select
from .stored import read_scenario

#: The cases that are asked first what a scenario changes; then come the others of the network's year, then other years.
FIRST_CASES = ("kazakh-crude-2024", "china-europe-containers-2024", "north-south-2024", "gas-2024", "products-2024")
#: Amounts that differ by less (kt a year, gas: mcm) are the same.
SAME = 0.5
#: What `variations` calls a network with all capacities at one end of their ranges.
ENDS = ("capacities are at their low", "capacities are at their high")
CHANGED, UNCHANGED, BROKEN = "changed", "unchanged", "broken"


class Change(NamedTuple):
    """One change of the scenario: what it does to which id, of which flow (empty: of all), and the statement behind it.

    ``before`` and ``after`` are kt a year (gas: mcm), NaN where the change is no amount of one thing; ``value`` is the
    change as the scenario states it.
    """

    action: str
    target: str
    flow: str
    value: str
    before: float
    after: float
    figure_id: str


class FlowChange(NamedTuple):
    """A flow before and after: amounts in kt a year (gas: mcm), USD a tonne (gas: a thousand m3), days on the way.

    ``used_before`` and ``used_after`` went by what the scenario changes.
    """

    flow: str
    asked_before: float
    asked_after: float
    delivered_before: float
    delivered_after: float
    cost_before: float
    cost_after: float
    days_before: float
    days_after: float
    used_before: float
    used_after: float


class Item(NamedTuple):
    """A corridor, market or country with the amounts of all flows by it, in kt a year (gas: mcm)."""

    id: str
    before: float
    after: float


class Binding(NamedTuple):
    """A full link or place: what one more tonne of it is worth in USD, and its capacity in kt a year (gas: mcm).

    ``arrives`` says that one more tonne would arrive which now does not; the price is then a rank and no cost.
    """

    kind: str
    id: str
    price_usd_t: float
    capacity: float
    arrives: bool


class Statement(NamedTuple):
    """A statement that a limit or a change stands on; ``kind`` is document, public, assumption, derived or empty."""

    figure_id: str
    ids: tuple[str, ...]
    subject: str
    value: float
    low: float
    high: float
    unit: str
    kind: str
    title: str
    publisher: str
    date: str
    note: str


@dataclass(frozen=True, repr=False)
class Brief:
    """What a report on a scenario says; amounts in kt a year (gas: mcm a year).

    ``outcome`` is ``changed``, ``unchanged``, or ``broken`` where a contract cannot be kept: ``missing`` then says which,
    and what is told is the plan before. ``comparison`` has the case as it is, the scenario, and, where capacities have
    ranges, the scenario with all of them at their low and at their high.
    """

    scenario_id: str
    scenario: Scenario
    comparison: Comparison
    outcome: str
    missing: tuple[Shortage, ...]
    changes: tuple[Change, ...]
    flows: tuple[FlowChange, ...]
    corridors: tuple[Item, ...]
    markets: tuple[Item, ...]
    countries: tuple[Item, ...]
    binding: tuple[Binding, ...]
    statements: tuple[Statement, ...]

    def __repr__(self) -> str:
        told = f"{self.scenario_id} in {self.comparison.case.name}: {self.outcome}"
        return f"{told}\n{self.comparison.by_flow.to_string(index=False)}"

    @property
    def before(self) -> Allocation:
        """The plan without the scenario."""
        return self.comparison.plans[self.comparison.scenarios[0].name]

    @property
    def after(self) -> Allocation:
        """The plan under the scenario; the one before where a contract cannot be kept."""
        return self.comparison.plans.get(self.scenario.name, self.before)

    @property
    def used(self) -> float:
        """How much of the plan before went by what the scenario changes."""
        return sum(flow.used_before for flow in self.flows)

    @property
    def lost(self) -> float:
        """How much more of what is asked for does not arrive; zero where it is less."""
        return max(self.after.unmet - self.before.unmet, 0.0)

    @property
    def rerouted(self) -> float:
        """How much of what went by what the scenario changes is made up for by other ways."""
        gone = sum(max(flow.used_before - flow.used_after, 0.0) for flow in self.flows)
        return max(gone - self.lost, 0.0)


def brief(network: Network, scenario: str) -> Brief:
    """What a stored scenario does to the case that it matters to: the first whose plan changes.

    Cases of the network's year come first. ``scenario`` is an id of ``scenario_names(network)``. Amounts are kt a year
    (gas: mcm a year), costs USD a tonne (gas: a thousand m3). Raises UnknownIdError, with the nearest ids, for an unknown
    scenario, and ValueError where no case of the network has anything to do with it.

    >>> import geodata
    >>> told = brief(geodata.read_network(), "cpc-stopped")
    >>> told.outcome, round(told.used - told.rerouted - told.lost)
    ('changed', 0)
    """
    chosen = read_scenario(scenario, network)
    case, before, after = _chosen(network, chosen)
    tried = [(before.scenario, before), (chosen, after)]
    if isinstance(after, InfeasibleError):
        shown, missing, outcome = before, after.missing, BROKEN
    else:
        shown, missing, outcome = after, (), CHANGED if _differ(before, after) else UNCHANGED
        tried += _ends(network, case, chosen)
    plans = {one.name: plan for one, plan in tried if isinstance(plan, Allocation)}
    reasons = {one.name: str(plan) for one, plan in tried if not isinstance(plan, Allocation)}
    comparison = Comparison(case, tuple(one for one, _ in tried), plans, reasons)
    changes = tuple(_changes(scenario, network.at(case.year), case, chosen))
    binding = tuple(
        Binding(kind, name, price, capacity, price > shown.unmet_usd_t / 2)
        for kind, name, price, capacity in shown.prices.itertuples(index=False)
    )
    return Brief(
        scenario,
        chosen,
        comparison,
        outcome,
        missing,
        changes,
        tuple(_flows(before, shown, _touched(shown.network, case, chosen))),
        _items(before, shown, by_corridor),
        _items(before, shown, by_market),
        _items(before, shown, by_country),
        binding,
        tuple(_statements(shown.network, changes, binding)),
    )


def _chosen(network: Network, scenario: Scenario) -> tuple[Case, Allocation, Allocation | InfeasibleError]:
    """The case that is told of, its plan, and its plan under the scenario or why there is none."""
    base = Scenario("base" if scenario.name != "base" else "before")
    goods = _goods(network, scenario)
    first: tuple[Case, Allocation, Allocation | InfeasibleError] | None = None
    faults = []
    for name in _case_names(network):
        case = read_case(name, network)
        if goods is not None and goods.isdisjoint(flow.commodity for flow in case.flows):
            continue
        try:
            after: Allocation | InfeasibleError = allocate(network, case, scenario=scenario)
        except InfeasibleError as error:
            after = error
        except ValueError as error:
            # A scenario that speaks of a flow, or a good, that this case does not have.
            faults.append(str(error))
            continue
        try:
            before = allocate(network, case, scenario=base)
        except InfeasibleError as error:
            faults.append(str(error))
            continue
        first = first or (case, before, after)
        if isinstance(after, InfeasibleError) or _differ(before, after):
            return case, before, after
    if first is None:
        why = faults[0] if faults else "the network has no case with goods that it could touch"
        raise ValueError(f"no case has anything to do with {scenario.name!r}: {why}")
    return first


def _case_names(network: Network) -> list[str]:
    """The cases in the order in which they are asked: those of the network's year, then the nearest years, the later first."""
    table = network.cases
    years = dict(zip(table["case_id"].tolist(), table["year"].astype(int).tolist(), strict=True))
    rank = {name: at for at, name in enumerate(FIRST_CASES)}
    return sorted(years, key=lambda name: (abs(years[name] - network.year), -years[name], rank.get(name, len(rank)), name))


def _goods(network: Network, scenario: Scenario) -> frozenset[str] | None:
    """What can travel by the links and places of a scenario; None where it changes more than links and places."""
    if scenario.year is not None or scenario.supply or scenario.demand or scenario.floor:
        return None
    meant = select(network, (*scenario.close, *scenario.open, *scenario.capacity))
    links = network.link_facts.values()
    near = [link for link in links if link.link_id in meant.links or meant.places & {link.from_place, link.to_place}]
    return frozenset(good for link in near for good in link.commodities)


def _differ(before: Allocation, after: Allocation) -> bool:
    """Whether the plans send other amounts anywhere, or ask for other ones."""
    was, now = (plan.flows.set_index(["flow", "link_id"])["amount"] for plan in (before, after))
    moved = float(now.sub(was, fill_value=0.0).abs().max()) if len(was) + len(now) else 0.0
    return moved > SAME or abs(before.asked - after.asked) > SAME


class _Touched(NamedTuple):
    """What a scenario changes on the ground: links, places that it closes or opens, and places that bound what passes."""

    links: frozenset[str]
    places: frozenset[str]
    passed: frozenset[str]


def _touched(network: Network, case: Case, scenario: Scenario) -> _Touched:
    switched = select(network, (*scenario.close, *scenario.open))
    bounded = select(network, (*scenario.capacity, *(_flow_and_id(case, key)[1] for key in scenario.floor)))
    return _Touched(switched.links | bounded.links, switched.places, bounded.places)


def _flow_and_id(case: Case, key: str) -> tuple[str, str]:
    """The flow that a key of a supply, demand or floor names (empty: none), and the id."""
    flow, colon, name = key.partition(":")
    return (flow, name) if colon and flow in [one.name for one in case.flows] else ("", key)


def _uses(way: Way, touched: _Touched) -> bool:
    return not (
        touched.links.isdisjoint(way.links) and touched.places.isdisjoint(way.places) and touched.passed.isdisjoint(way.places[1:-1])
    )


def _flows(before: Allocation, after: Allocation, touched: _Touched) -> Iterator[FlowChange]:
    was, now = (plan.by_flow.set_index("flow").to_dict("index") for plan in (before, after))
    for flow in was:
        pairs = [(float(was[flow][name]), float(now[flow][name])) for name in ("demand", "delivered", "cost_usd_t", "days")]
        used = [sum(way.amount for way in plan.sent if way.flow == flow and _uses(way, touched)) for plan in (before, after)]
        yield FlowChange(str(flow), *(one for pair in pairs for one in pair), *used)


def _items(before: Allocation, after: Allocation, amounts: Callable[[Allocation], Amounts]) -> tuple[Item, ...]:
    """The amounts of all flows by item, the largest change first."""
    sums: dict[str, list[float]] = {}
    for side, plan in enumerate((before, after)):
        for (_, name), amount in amounts(plan).items():
            sums.setdefault(name, [0.0, 0.0])[side] += amount
    found = [Item(name, *pair) for name, pair in sums.items()]
    # Rounded, so that what differs in the last bits alone stands in order of amount.
    return tuple(sorted(found, key=lambda one: (-round(abs(one.after - one.before), 3), -max(one.before, one.after), one.id)))


def _changes(name: str, network: Network, case: Case, scenario: Scenario) -> Iterator[Change]:
    """The rows of the scenario, each with the amount before and after where it has one."""
    table = network.scenarios
    rows = table[table["scenario_id"] == name]
    for action, target, value, figure in zip(rows["action"], rows["target"], rows["value"], rows["figure_id"], strict=True):
        flow, bare, before, after = "", target, math.nan, math.nan
        goods: Collection[str] = ()
        if action in ROLES:
            flow, bare = _flow_and_id(case, target)
            having = [one for one in case.flows if flow in ("", one.name) and bare in getattr(one, action)]
            before = float(sum(getattr(one, action)[bare] for one in having))
            goods = [one.commodity for one in having]
        bare = next((bare.removeprefix(prefix) for prefix in PREFIXES if prefix != COUNTRY and bare.startswith(prefix)), bare)
        if action == "capacity":
            link, place = network.link_facts.get(bare), network.place_facts.get(bare)
            before = link.capacity if link else place.capacity if place else math.nan
            goods = link.commodities if link else ()
        if action in (*ROLES, "capacity") and not (math.isnan(before) and value.startswith("x")):
            after = changed_capacity(value, before, goods)
        yield Change(action, bare, flow, value, before, after, figure)


def _ends(network: Network, case: Case, scenario: Scenario) -> Iterator[tuple[Scenario, Allocation | InfeasibleError]]:
    """The plans under the scenario with every capacity at its low, and at its high; none where no capacity has a range."""
    for variation in variations(network, scenario):
        if variation.label in ENDS:
            ends = replace(variation.scenario, name=f"{scenario.name}, {variation.label}")
            try:
                yield ends, allocate(variation.network, case, scenario=ends)
            except InfeasibleError as error:
                yield ends, error


def _statements(network: Network, changes: Sequence[Change], binding: Sequence[Binding]) -> Iterator[Statement]:
    """What the changes and the limits stand on, each statement once."""
    ids: dict[str, list[str]] = {}
    plain: dict[str, str] = {}
    changed = [change.target for change in changes]
    figures = {**_column(network, "capacity_figure"), **{change.target: change.figure_id for change in changes}}
    texts = _column(network, "source")
    for name in dict.fromkeys([*changed, *(one.id for one in binding)]):
        figure = figures.get(name, "")
        if figure in network.figure_facts:
            ids.setdefault(figure, []).append(name)
        elif texts.get(name) and name not in changed:
            plain[name] = texts[name]
    for figure, names in ids.items():
        facts = network.figure_facts[figure]
        value, low, high = (float(str(facts[side])) for side in ("value", "low", "high"))
        words = (str(facts[name]) for name in ("unit", "kind", "source_title", "source_publisher", "source_date", "note"))
        yield Statement(figure, tuple(names), str(facts["subject"]), value, low, high, *words)
    for name, told in plain.items():
        yield Statement("", (name,), name, math.nan, math.nan, math.nan, "", "", told, "", "", "")


def _column(network: Network, name: str) -> dict[str, str]:
    """A column of words of links and places, by id, where there is one."""
    found: dict[str, str] = {}
    for frame, key in ((network.places, "place_id"), (network.links, "link_id")):
        if name in frame:
            found |= {one: told for one, told in zip(frame[key], frame[name], strict=True) if isinstance(told, str) and told}
    return found
