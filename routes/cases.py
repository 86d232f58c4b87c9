"""Cases: the flows of a year that share the network, each with its own supplies, demands and contracts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import geodata
from geodata.network import Network, require_commodity
from geodata.units import parse_amount, to_kt_yr

from .errors import UnknownIdError, unknown
from .scenarios import Scenario, changed_capacity

ROLES = ("supply", "demand", "floor")


@dataclass(frozen=True)
class Flow:
    """One commodity's supplies and demands that belong together, in kt a year (gas: mcm a year).

    ``floor`` holds contracts: at least so much of the flow uses a link, place or corridor. ``usd_t_day`` is what a day
    on the way is worth to those who send the goods, in USD a tonne. Amounts are numbers, or texts with a unit
    (``"1.5 Mt/yr"``). Raises ValueError for an unknown commodity or an amount that is not finite
    and zero or more.

    >>> Flow("exports", "crude", supply={"tengiz": 28_000}, demand={"augusta-port": "28 Mt/yr"}).demand
    {'augusta-port': 28000.0}
    """

    name: str
    commodity: str
    supply: Mapping[str, float] = field(hash=False)
    demand: Mapping[str, float] = field(hash=False)
    floor: Mapping[str, float] = field(default_factory=dict, hash=False)
    usd_t_day: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.usd_t_day) and self.usd_t_day >= 0):
            raise ValueError(f"the worth of a day of {self.name!r} is {self.usd_t_day}; give zero or more USD a tonne")
        require_commodity(self.commodity)
        for role in ROLES:
            given = getattr(self, role)
            object.__setattr__(self, role, {name: self._amount(role, name, given[name]) for name in sorted(given)})

    def _amount(self, role: str, name: str, given: float | str) -> float:
        amount = parse_amount(given, [self.commodity]) if isinstance(given, str) else float(given)
        if not math.isfinite(amount) or amount < 0:
            raise ValueError(f"the {role} of {self.name!r} at {name!r} is {given}; give a finite amount of zero or more")
        return amount


@dataclass(frozen=True)
class Case:
    """Flows of one year that share capacity; a flow keeps to its own supplies and demands.

    Raises ValueError where there is no flow, two have one name, or gas (counted in m3) stands beside other goods.
    """

    name: str
    year: int
    flows: tuple[Flow, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "flows", tuple(self.flows))
        names = [flow.name for flow in self.flows]
        if not names or len(set(names)) < len(names):
            raise ValueError(
                f"case {self.name!r} needs at least one flow, each with a name of its own; it has {', '.join(names) or 'none'}"
            )
        if 0 < sum(flow.commodity == "gas" for flow in self.flows) < len(names):
            raise ValueError(f"case {self.name!r} counts gas in m3 and other goods in tonnes; make two cases")


def read_case(name: str, network: Network | None = None) -> Case:
    """A case of the packaged network, or of ``network``'s own table.

    The first flow is the one that the case is about. Raises UnknownIdError, with the nearest names, for an unknown one.

    >>> case = read_case("kazakh-crude-2024")
    >>> case.year, case.flows[0].name
    (2024, 'kazakh-crude')
    """
    table = (geodata.read_network() if network is None else network).cases
    rows = table[table["case_id"] == name]
    if rows.empty:
        raise unknown("case", name, table["case_id"].unique().tolist(), "network.cases['case_id']")
    flows = []
    for flow, part in rows.groupby("flow", sort=True):
        commodity = str(part["commodity"].iloc[0])
        sides: dict[str, dict[str, float]] = {role: {} for role in ROLES}
        for role, place, amount, unit in zip(part["role"], part["place_id"], part["amount"], part["unit"], strict=True):
            sides[role][place] = sides[role].get(place, 0.0) + to_kt_yr(float(amount), unit, [commodity])
        worth = part["usd_t_day"].iloc[0] if "usd_t_day" in part else ""
        flows.append(Flow(str(flow), commodity, **sides, usd_t_day=float(worth or 0)))
    flows.sort(key=lambda flow: (not name.startswith(flow.name), flow.name))
    return Case(name, int(rows["year"].iloc[0]), tuple(flows))


def changed(case: Case, scenario: Scenario) -> Case:
    """The case under a scenario's changes of supply, demand and floor.

    A key names a place (for a floor a link, place or corridor), or ``FLOW:PLACE`` where several flows have it. A
    factor (``"x0.5"``) of a plain key holds for every flow that has it. A place that no flow has yet needs an amount,
    and goes to the flow named, or to the only one.
    Raises UnknownIdError where no flow, or no single one, is meant; ValueError for an amount that is not understood.
    """
    flows = {flow.name: flow for flow in case.flows}
    for role in ROLES:
        for key, text in getattr(scenario, role).items():
            for name, place in _meant(case, role, key, text):
                flow = flows[name]
                before = getattr(flow, role).get(place)
                if before is None and text.startswith("x"):
                    raise UnknownIdError(f"{scenario.name!r} gives {key!r} the factor {text}, but {name!r} has no {role} there")
                amount = changed_capacity(text, before or 0.0, [flow.commodity])
                sides = {one: dict(getattr(flow, one)) for one in ROLES}
                sides[role][place] = amount
                flows[name] = replace(flow, supply=sides["supply"], demand=sides["demand"], floor=sides["floor"])
    return replace(case, flows=tuple(flows.values()), year=case.year if scenario.year is None else scenario.year)


def _meant(case: Case, role: str, key: str, text: str) -> list[tuple[str, str]]:
    """The flows and places that a key of a scenario stands for."""
    names = [flow.name for flow in case.flows]
    flow, colon, place = key.partition(":")
    if colon and flow in names:
        return [(flow, place)]
    having = [flow.name for flow in case.flows if key in getattr(flow, role)]
    if len(having) > 1 and not text.startswith("x"):
        raise UnknownIdError(f"{key!r} is a {role} of {', '.join(having)}; write {' or '.join(f'{name}:{key}' for name in having)}")
    if not having and len(names) == 1:
        having = names
    if not having:
        raise UnknownIdError(f"no flow of {case.name!r} has a {role} at {key!r}; write FLOW:{key} with one of {', '.join(names)}")
    return [(name, key) for name in having]
