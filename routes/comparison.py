"""Scenarios side by side: what each delivers, what it costs, where it goes, what binds, and the difference to the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from geodata.network import Network
from geodata.showing import in_notebook

from .allocation import Allocation, Way, allocate
from .cases import Case
from .errors import InfeasibleError, UnknownIdError
from .scenarios import Scenario
from .stored import read_scenario

Amounts = dict[tuple[str, str], float]
#: So many of the dearest full links and places are named as what binds.
MOST_BINDING = 5


@dataclass(frozen=True, repr=False)
class Comparison:
    """The plans of one case under several scenarios; amounts in kt a year (gas: mcm a year).

    ``table``: a row per scenario, in the order asked: ``delivered``, ``unmet``, ``cost_usd``, means per tonne (``cost_usd_t``,
    ``days``, ``km``), the differences to the first row (``..._change``), ``binds`` (ids of what is full, dearest
    first), and ``reason`` where a contract cannot be kept (its numbers are then NaN). ``by_corridor``,
    ``by_country``, ``by_market`` and ``by_flow`` have a row per scenario, flow and item, with the change to the first
    scenario (NaN where that one keeps no contract). ``plans`` are the allocations by name of scenario.
    """

    case: Case
    scenarios: tuple[Scenario, ...]
    plans: dict[str, Allocation]
    reasons: dict[str, str]

    def __repr__(self) -> str:
        return f"{self.case.name}\n{self.table.drop(columns=['binds']).to_string(index=False)}"

    def _repr_html_(self) -> str:
        table = str(self.table.to_html(index=False, escape=True))
        return in_notebook(self, table, f"Map: {self.case.name}, what differs under {self.scenarios[-1].name}")

    @cached_property
    def table(self) -> pd.DataFrame:
        rows: list[tuple[object, ...]] = []
        for scenario in self.scenarios:
            plan = self.plans.get(scenario.name)
            if plan is None:
                rows.append((scenario.name, *(np.nan,) * 6, (), self.reasons[scenario.name]))
                continue
            means = [_mean(plan, name) for name in ("cost_usd_t", "days", "km")]
            binds = tuple(plan.prices["id"].head(MOST_BINDING))
            rows.append((scenario.name, plan.delivered, plan.unmet, plan.cost_usd, *means, binds, ""))
        frame = pd.DataFrame(rows, columns=["scenario", "delivered", "unmet", "cost_usd", "cost_usd_t", "days", "km", "binds", "reason"])
        for name in ("delivered", "unmet", "cost_usd", "cost_usd_t", "days"):
            frame[f"{name}_change"] = frame[name] - frame[name].iloc[0]
        return frame

    @cached_property
    def by_corridor(self) -> pd.DataFrame:
        """scenario, flow, corridor, amount, share (of what the flow delivers), change; corridors that carry something somewhere."""
        return self._by("corridor", by_corridor)

    @cached_property
    def by_country(self) -> pd.DataFrame:
        """scenario, flow, country, amount that crosses it, share, change."""
        return self._by("country", by_country)

    @cached_property
    def by_market(self) -> pd.DataFrame:
        """scenario, flow, place_id, amount delivered, share, change."""
        return self._by("place_id", by_market)

    @cached_property
    def by_flow(self) -> pd.DataFrame:
        """scenario and the columns of ``Allocation.by_flow``."""
        parts = [self.plans[name].by_flow.assign(scenario=name) for name in self.plans]
        frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["scenario"])
        return frame[["scenario", *(name for name in frame.columns if name != "scenario")]]

    def _by(self, item: str, amounts: Callable[[Allocation], Amounts]) -> pd.DataFrame:
        found = {name: amounts(plan) for name, plan in self.plans.items()}
        keys = sorted({key for part in found.values() for key in part})
        first = found.get(self.scenarios[0].name)
        rows = []
        for name, part in found.items():
            total = self.plans[name].by_flow.set_index("flow")["delivered"]
            for flow, key in keys:
                amount = part.get((flow, key), 0.0)
                share = amount / total[flow] if total[flow] > 0 else np.nan
                change = np.nan if first is None else amount - first.get((flow, key), 0.0)
                rows.append((name, flow, key, amount, share, change))
        return pd.DataFrame(rows, columns=["scenario", "flow", item, "amount", "share", "change"])


def compare(network: Network, case: Case, scenarios: Iterable[Scenario | str]) -> Comparison:
    """The cheapest plan of a case under each scenario; differences are to the first.

    A scenario may be given by the id it is stored under. Raises ValueError where there is none or two have one name,
    and as `allocate` does, but where a contract cannot be kept, or a stored scenario speaks of a flow that the case does
    not have: that scenario's row says so.

    >>> import geodata, routes
    >>> case = routes.read_case("kazakh-crude-2024")
    >>> both = compare(geodata.read_network(), case, [routes.Scenario("base"), "cpc-stopped"])
    >>> bool(both.table["delivered_change"].iloc[1] < 0)
    True
    """
    asked = (scenarios,) if isinstance(scenarios, str) else tuple(scenarios)
    chosen = tuple(read_scenario(one, network) if isinstance(one, str) else one for one in asked)
    stored = {scenario.name for one, scenario in zip(asked, chosen, strict=True) if isinstance(one, str)}
    names = [scenario.name for scenario in chosen]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"compare needs at least one scenario, each with a name of its own; given: {', '.join(names) or 'none'}")
    plans, reasons = {}, {}
    for scenario in chosen:
        try:
            plans[scenario.name] = allocate(network, case, scenario=scenario)
        except InfeasibleError as error:
            reasons[scenario.name] = str(error)
        except UnknownIdError as error:
            if scenario.name not in stored:
                raise
            reasons[scenario.name] = str(error)
    return Comparison(case, chosen, plans, reasons)


def _mean(plan: Allocation, name: str) -> float:
    return sum(way.amount * getattr(way, name) for way in plan.sent) / plan.delivered if plan.delivered > 0 else np.nan


def _summed(plan: Allocation, keys: Callable[[Way], Iterable[str]]) -> Amounts:
    """The amount of each flow by key, where a way counts for each of its keys."""
    found: Amounts = {}
    for way in plan.sent:
        for key in keys(way):
            found[way.flow, key] = found.get((way.flow, key), 0.0) + way.amount
    return found


def by_country(plan: Allocation) -> Amounts:
    """How much of each flow crosses each country."""
    return _summed(plan, lambda way: way.countries)


def by_market(plan: Allocation) -> Amounts:
    """How much of each flow each place of demand gets."""
    return _summed(plan, lambda way: (way.destination,))


def by_corridor(plan: Allocation) -> Amounts:
    """How much of each flow goes by each corridor: takes one of the links that the corridor is counted on."""
    counts = plan.network.corridor_counts
    return _summed(plan, lambda way: [corridor for corridor, counted in counts.items() if not counted.isdisjoint(way.links)])
