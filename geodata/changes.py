"""What scenarios.csv must hold to: one change a row, on ids that are there, with an amount that can be read.

A supply or demand is of a place of a flow, ``FLOW:PLACE``, or ``PLACE`` alone where one flow has it (a factor may be
for all that have it); a floor is of a link, place or corridor, ``FLOW:ID`` or ``ID`` alone. The flows are those of
cases.csv.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from .csvfile import Row
from .errors import Finding
from .rules import MOST_CAPACITY, Draft, Rule, at, repeated
from .schema import ACTIONS, UNLIMITED, number, split_list
from .units import UNITS, parse_amount

SELECTING = ("close", "open", "capacity")
AMOUNTS = ("capacity", "supply", "demand", "floor")
COUNTRY = "country:"
YEARS = range(1900, 2101)


class Meant(NamedTuple):
    """What a target stands for, or the ``fault`` that keeps it from standing for anything.

    ``goods`` has the commodities of each link, place or flow that is meant, to be held against the unit of an amount.
    """

    links: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    goods: tuple[frozenset[str], ...] = ()
    fault: str = ""


class Known(NamedTuple):
    """What the other tables of a draft offer as targets; ``having`` has, by role and id, the flows of each case."""

    links: dict[str, frozenset[str]]
    places: dict[str, frozenset[str]]
    corridors: dict[str, tuple[str, ...]]
    countries: frozenset[str]
    flows: dict[str, frozenset[str]]
    having: dict[tuple[str, str], dict[str, frozenset[str]]]

    @classmethod
    def of(cls, draft: Draft) -> Known:
        """The ids of a draft, each with the commodities that it carries."""
        links = {row.get("link_id"): frozenset(split_list(row.get("commodities"))) for row in draft.rows("links")}
        touched: dict[str, set[str]] = {row.get("place_id"): set() for row in draft.rows("places")}
        countries = {row.get("country") for row in draft.rows("places")}
        for row in draft.rows("links"):
            countries.update(split_list(row.get("countries")))
            for column in ("from_place", "to_place"):
                touched.setdefault(row.get(column), set()).update(links[row.get("link_id")])
        flows: dict[str, set[str]] = {}
        having: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
        for row in draft.rows("cases"):
            flows.setdefault(row.get("flow"), set()).add(row.get("commodity"))
            cases = having.setdefault((row.get("role"), row.get("place_id")), {})
            cases[row.get("case_id")] = cases.get(row.get("case_id"), frozenset()) | {row.get("flow")}
        return cls(
            links,
            {place: frozenset(goods) for place, goods in touched.items()},
            {row.get("corridor_id"): split_list(row.get("members")) for row in draft.rows("corridors")},
            frozenset(countries),
            {flow: frozenset(goods) for flow, goods in flows.items()},
            having,
        )

    def meant(self, row: Row) -> Meant:
        """What a row means by its target."""
        action, target = row.get("action"), row.get("target")
        if action in SELECTING:
            return self._selected(action, target)
        return self._of_a_flow(action, target, row.get("value")) if action in AMOUNTS else Meant()

    def _selected(self, action: str, target: str) -> Meant:
        if target.startswith(COUNTRY):
            if action not in ("close", "open"):
                return Meant(fault=f"a {action} belongs to a link, place or corridor, not to {target!r}")
            known = target.removeprefix(COUNTRY) in self.countries
            return Meant() if known else Meant(fault=f"{target!r} is no country of this network")
        offers: dict[str, Collection[str]] = {"link:": self.links, "place:": self.places, "corridor:": self.corridors}
        prefix = next((prefix for prefix in offers if target.startswith(prefix)), "")
        bare = target.removeprefix(prefix)
        kinds = [kind for kind, ids in offers.items() if prefix in ("", kind) and bare in ids]
        if len(kinds) != 1:
            told = f"{target!r} names several things; write {' or '.join(kind + bare for kind in kinds)}"
            return Meant(fault=told if kinds else f"unknown link, place, corridor or country {target!r}")
        if kinds[0] == "place:":
            return Meant(places=(bare,), goods=self._place_goods(bare))
        links = (bare,) if kinds[0] == "link:" else self.corridors[bare]
        return Meant(links=links, goods=tuple(self.links.get(link, frozenset()) for link in links))

    def _place_goods(self, place: str) -> tuple[frozenset[str], ...]:
        """Nothing where gas and other goods meet at the place: its amount may then be of either."""
        goods = self.places[place]
        return () if "gas" in goods and len(goods) > 1 else (goods,)

    def _of_a_flow(self, role: str, target: str, value: str) -> Meant:
        flow, colon, bare = target.partition(":")
        if not colon:
            return self._without_a_flow(role, target, value)
        if flow not in self.flows:
            return Meant(fault=f"unknown flow {flow!r}")
        fault = self._place_fault(role, bare)
        if not fault and _factor(value) is not None and not any(flow in names for names in self.having.get((role, bare), {}).values()):
            fault = f"{flow!r} has no {role} at {bare!r} that a factor could change"
        return Meant(goods=(self.flows[flow],), fault=fault)

    def _without_a_flow(self, role: str, target: str, value: str) -> Meant:
        """The flows that have it: one in each case, or any number for a factor; where none has it, the only one there is."""
        fault = self._place_fault(role, target)
        cases = self.having.get((role, target), {})
        flows = sorted(frozenset().union(*cases.values())) if cases else sorted(self.flows)
        factor = _factor(value) is not None
        if not fault and not cases and (factor or len(flows) != 1):
            fault = f"no flow has a {role} at {target!r}"
        elif not fault and not factor and any(len(names) > 1 for names in cases.values()):
            fault = f"several flows have a {role} at {target!r}; write {' or '.join(f'{flow}:{target}' for flow in flows)}"
        return Meant(goods=tuple(self.flows[flow] for flow in flows), fault=fault)

    def _place_fault(self, role: str, name: str) -> str:
        """What is wrong with the id that a supply, demand or floor is at."""
        if role == "floor":
            return self._selected("floor", name).fault
        return "" if name in self.places else f"unknown place {name!r}"


def actions_are_known(draft: Draft) -> Iterator[Finding]:
    """Every action is a word of the vocabulary."""
    for row in draft.rows("scenarios"):
        if row.get("action") not in ACTIONS:
            yield at("scenarios", row, "action", f"unknown action {row.get('action')!r}", f"use one of {', '.join(ACTIONS)}")


def targets_are_known(draft: Draft) -> Iterator[Finding]:
    """Every target is there, and one thing only; a year has none."""
    known = Known.of(draft)
    remedies = dict.fromkeys(SELECTING, "use an id of links.csv, places.csv or corridors.csv, or country: with an ISO code")
    remedies |= dict.fromkeys(("supply", "demand"), "use FLOW:PLACE with a flow of cases.csv and a place_id of places.csv")
    remedies["floor"] = "use FLOW:ID with a flow of cases.csv and an id of links.csv, places.csv or corridors.csv"
    for row in draft.rows("scenarios"):
        action, target = row.get("action"), row.get("target")
        if action == "year" and target:
            yield at("scenarios", row, "target", f"a year has no target, but {target!r} is named", "leave the cell empty")
        fault = known.meant(row).fault
        if fault:
            yield at("scenarios", row, "target", fault, remedies[action])


def values_are_readable(draft: Draft) -> Iterator[Finding]:
    """Amounts, factors and years can be read and fit what they are about; a closure or opening has no value."""
    known = Known.of(draft)
    for row in draft.rows("scenarios"):
        action, value = row.get("action"), row.get("value")
        if action in ("close", "open") and value:
            yield at("scenarios", row, "value", f"to {action} takes no value, but {value!r} is given", "leave the cell empty")
        if action == "year" and number(value) not in YEARS:
            message = f"{value!r} is not a whole year in {YEARS.start}..{YEARS.stop - 1}"
            yield at("scenarios", row, "value", message, "write a year such as 2030")
        if action in AMOUNTS:
            fault = _unreadable(action, value, known.meant(row).goods)
            remedy = f"write an amount such as '1.5 Mt/yr' ({', '.join(UNITS)}) or a factor such as 'x0.5'"
            if fault:
                yield at("scenarios", row, "value", fault, remedy)


def _unreadable(action: str, value: str, goods: Iterable[Collection[str]]) -> str:
    """What is wrong with an amount or factor; an empty text where nothing is."""
    if value.startswith("x"):
        return f"{value!r} is not a factor of zero or more" if _factor(value) is None else ""
    if value == UNLIMITED:
        return "" if action == "capacity" else f"a {action} cannot be unlimited"
    try:
        amounts = [parse_amount(value, each) for each in (goods or ((),))]
    except ValueError as error:
        return str(error)
    return f"the amount {value!r} is above {MOST_CAPACITY:g} kt a year" if max(amounts) > MOST_CAPACITY else ""


def _factor(value: str) -> float | None:
    """The number of a factor such as ``x0.5``, or None where the text is none."""
    factor = number(value[1:]) if value.startswith("x") else None
    return factor if factor is not None and 0 <= factor <= MOST_CAPACITY else None


def changes_are_told_once(draft: Draft) -> Iterator[Finding]:
    """A scenario changes a thing once, and has one name."""
    rows = draft.rows("scenarios")
    for row, before in repeated(rows, "scenario_id", "action", "target"):
        message = f"{row.get('scenario_id')!r} has this {row.get('action')} in row {before.number} already"
        yield at("scenarios", row, "target" if row.get("target") else "action", message, "keep one")
    names: dict[str, Row] = {}
    for row in rows:
        before = names.setdefault(row.get("scenario_id"), row) if row.get("name") else row
        if before.get("name") != row.get("name"):
            message = f"{row.get('scenario_id')!r} is called {before.get('name')!r} in row {before.number}"
            yield at("scenarios", row, "name", message, "give a scenario one name, or leave the later cells empty")


def capacities_do_not_clash(draft: Draft) -> Iterator[Finding]:
    """A link or place that several rows of a scenario change, say by a corridor too, gets one capacity from all."""
    known = Known.of(draft)
    seen: dict[tuple[str, str], Row] = {}
    for row in draft.rows("scenarios"):
        if row.get("action") != "capacity":
            continue
        meant = known.meant(row)
        for thing in (*(f"link:{link}" for link in meant.links), *(f"place:{place}" for place in meant.places)):
            before = seen.setdefault((row.get("scenario_id"), thing), row)
            if before.get("target") != row.get("target") and before.get("value") != row.get("value"):
                message = f"{row.get('scenario_id')!r} gives {thing.partition(':')[2]!r} {before.get('value')} in row {before.number}"
                yield at("scenarios", row, "value", message, "give one amount, or leave one of the two out")
                break


#: They all look into the other tables, so they say nothing where places.csv or links.csv could not be read.
CHANGES: tuple[Rule, ...] = (
    actions_are_known,
    targets_are_known,
    values_are_readable,
    changes_are_told_once,
    capacities_do_not_clash,
)
