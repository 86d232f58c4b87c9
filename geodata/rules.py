"""What a network must hold to: one function per rule, hard ones first, soft ones (warnings) below.

Every rule reads the tables as text and yields findings; ``HARD`` and ``SOFT`` list them in the order of the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from shapely.geometry import LineString

from .csvfile import Row, Table
from .errors import Finding
from .geodesy import distance_km, length_km
from .schema import COMMODITIES, KINDS, MODES, STATUSES, UNLIMITED, country_codes, number, split_list
from .units import UNITS, fits

REACH_KM = 10.0
GAUGES_MM = (600, 2140)
YEARS = (1800, 2200)
LONGEST_DETOUR = 3.0
LENGTH_TOLERANCE = 0.25
MOST_CAPACITY = 1e12


class Draft(NamedTuple):
    """A network as read: its tables and lines, before anything in them is believed."""

    tables: Mapping[str, Table]
    lines: Mapping[str, LineString]

    def rows(self, name: str) -> tuple[Row, ...]:
        return self.tables[name].rows

    def ids(self, name: str, column: str) -> set[str]:
        return {row.get(column) for row in self.rows(name)}

    def points(self) -> dict[str, tuple[float, float]]:
        """Places whose coordinates can be read."""
        found: dict[str, tuple[float, float]] = {}
        for row in self.rows("places"):
            lon, lat = number(row.get("lon")), number(row.get("lat"))
            if lon is not None and lat is not None:
                found[row.get("place_id")] = (lon, lat)
        return found


Rule = Callable[[Draft], Iterator[Finding]]


def at(table: str, row: Row, column: str, message: str, remedy: str) -> Finding:
    """A finding at one cell of a table."""
    return Finding(f"{table}.csv", row.number, column, message, remedy)


def ids_are_plain(draft: Draft) -> Iterator[Finding]:
    """Ids are ASCII without spaces, and there."""
    columns = (("places", "place_id"), ("links", "link_id"), ("corridors", "corridor_id"), ("scenarios", "scenario_id"))
    for table, column in columns:
        for row in draft.rows(table):
            name = row.get(column)
            if not name or not name.isascii() or any(character.isspace() or character == ";" for character in name):
                yield at(table, row, column, f"the id {name!r} is not plain", "use ASCII without spaces or semicolons")


def repeated(rows: Iterable[Row], *columns: str) -> Iterator[tuple[Row, Row]]:
    """Rows that have the same cells as an earlier one, each with that earlier one."""
    first: dict[tuple[str, ...], Row] = {}
    for row in rows:
        before = first.setdefault(tuple(row.get(column) for column in columns), row)
        if before is not row:
            yield row, before


def years_are_unique(draft: Draft) -> Iterator[Finding]:
    """capacities.csv has one amount for an id and a year."""
    for row, before in repeated(draft.rows("capacities"), "id", "year"):
        message = f"{row.get('id')!r} has an amount for {row.get('year')} in row {before.number} already"
        yield at("capacities", row, "year", message, "keep one")


def ids_are_unique(draft: Draft) -> Iterator[Finding]:
    """No id stands twice in its table."""
    for table, column in (("places", "place_id"), ("links", "link_id"), ("corridors", "corridor_id")):
        for row, before in repeated(draft.rows(table), column):
            message = f"the id {row.get(column)!r} stands in row {before.number} already"
            yield at(table, row, column, message, "give every row its own id")


def countries_are_known(draft: Draft) -> Iterator[Finding]:
    """Countries are ISO 3166-1 alpha-3."""
    remedy = "use an ISO 3166-1 alpha-3 code such as KAZ"
    for row in draft.rows("places"):
        if row.get("country") not in country_codes():
            yield at("places", row, "country", f"unknown country code {row.get('country')!r}", remedy)
    for row in draft.rows("links"):
        for code in split_list(row.get("countries")):
            if code not in country_codes():
                yield at("links", row, "countries", f"unknown country code {code!r}", remedy)


def coordinates_are_in_range(draft: Draft) -> Iterator[Finding]:
    """Longitudes lie in -180..180, latitudes in -90..90."""
    for row in draft.rows("places"):
        for column, limit in (("lon", 180.0), ("lat", 90.0)):
            value = number(row.get(column))
            if value is None or abs(value) > limit:
                yield at(
                    "places", row, column, f"coordinate out of range: {row.get(column)!r}", f"give degrees in -{limit:.0f}..{limit:.0f}"
                )


def ends_are_known(draft: Draft) -> Iterator[Finding]:
    """Both ends of a link are places, and not the same one."""
    known = draft.ids("places", "place_id")
    for row in draft.rows("links"):
        for column in ("from_place", "to_place"):
            if row.get(column) not in known:
                yield at("links", row, column, f"unknown place {row.get(column)!r}", "use a place_id of places.csv")
        if row.get("from_place") == row.get("to_place"):
            yield at("links", row, "to_place", f"a link from {row.get('from_place')!r} to itself", "give another end or remove the row")


def words_are_known(draft: Draft) -> Iterator[Finding]:
    """Modes, commodities and statuses are words of the vocabulary."""
    for row in draft.rows("links"):
        if row.get("mode") not in MODES:
            yield at("links", row, "mode", f"unknown mode {row.get('mode')!r}", f"use one of {', '.join(MODES)}")
        if (row.get("status") or "operating") not in STATUSES:
            yield at("links", row, "status", f"unknown status {row.get('status')!r}", f"use one of {', '.join(STATUSES)}")
        commodities = split_list(row.get("commodities"))
        for word in commodities:
            if word not in COMMODITIES:
                yield at("links", row, "commodities", f"unknown commodity {word!r}", f"use {', '.join(COMMODITIES)}, with ; between")
        if not commodities:
            yield at("links", row, "commodities", "no commodity is named", f"use {', '.join(COMMODITIES)}, with ; between")
        if row.get("both_ways").lower() not in ("", "true", "false"):
            yield at("links", row, "both_ways", f"neither true nor false: {row.get('both_ways')!r}", "write true or false")


def capacities_are_stated(draft: Draft) -> Iterator[Finding]:
    """A capacity is a number of zero or more with a known unit; a link's is there or ``unlimited``."""
    for table, may_be_blank in (("links", False), ("places", True), ("capacities", False)):
        for row in draft.rows(table):
            if may_be_blank and not row.get("capacity"):
                continue
            yield from _capacity(table, row)


def _capacity(table: str, row: Row) -> Iterator[Finding]:
    cell, unit = row.get("capacity"), row.get("unit")
    remedy = f"give a number of zero or more, or write {UNLIMITED}"
    if cell == UNLIMITED:
        return
    if not cell:
        yield at(table, row, "capacity", "the capacity is missing (unknown is not unlimited and not 0)", remedy)
        return
    value = number(cell)
    if value is None:
        yield at(table, row, "capacity", f"the capacity {cell!r} is not a finite number", remedy)
    elif value < 0:
        yield at(table, row, "capacity", f"the capacity {cell!r} is negative", remedy)
    elif value > MOST_CAPACITY:
        yield at(table, row, "capacity", f"the capacity {cell!r} is above {MOST_CAPACITY:g}", remedy)
    if unit not in UNITS:
        yield at(table, row, "unit", f"unknown unit {unit!r}", f"use one of {', '.join(UNITS)}")


def gas_has_gas_units(draft: Draft) -> Iterator[Finding]:
    """Gas is counted in m3 and flows alone; everything else is counted in tonnes, barrels, TEU or trains."""
    goods = {row.get("link_id"): split_list(row.get("commodities")) for row in draft.rows("links")}
    for row in draft.rows("capacities"):
        here, unit = goods.get(row.get("id"), ()), row.get("unit")
        one_kind = bool(here) and ("gas" not in here or set(here) == {"gas"})
        if one_kind and row.get("capacity") != UNLIMITED and not fits(unit, here):
            message = f"the unit {unit!r} does not fit {';'.join(here)}"
            yield at("capacities", row, "unit", message, "count gas in bcm/yr or mcm/yr, the rest not")
    for row in draft.rows("links"):
        commodities, unit = split_list(row.get("commodities")), row.get("unit")
        if "gas" in commodities and set(commodities) != {"gas"}:
            yield at("links", row, "commodities", "gas shares a link with goods counted in tonnes", "make two links of it")
        elif row.get("capacity") != UNLIMITED and not fits(unit, commodities):
            yield at(
                "links",
                row,
                "unit",
                f"the unit {unit!r} does not fit {';'.join(commodities)}",
                "count gas in bcm/yr or mcm/yr, the rest not",
            )


def numbers_are_plausible(draft: Draft) -> Iterator[Finding]:
    """Optional numbers are numbers, and in range."""
    ranges = {
        "length_km": (0.0, 50000.0),
        "cost_usd_t": (0.0, 100000.0),
        "days": (0.0, 1000.0),
        "dwell_days": (0.0, 1000.0),
        "transfer_usd_t": (0.0, 100000.0),
        "availability": (0.0, 1.0),
        "gauge_mm": tuple(map(float, GAUGES_MM)),
        "valid_from": tuple(map(float, YEARS)),
        "valid_to": tuple(map(float, YEARS)),
        "year": tuple(map(float, YEARS)),
    }
    for table in ("places", "links", "capacities", "cases"):
        for row in draft.rows(table):
            for column, (low, high) in ranges.items():
                cell = row.get(column)
                if not cell and not (table in ("capacities", "cases") and column == "year"):
                    continue
                value = number(cell)
                if value is None or not low <= value <= high:
                    yield at(
                        table, row, column, f"{cell!r} is not a number in {low:g}..{high:g}", "mend the number or leave the cell empty"
                    )
                elif column in ("valid_from", "valid_to", "year") and value != int(value):
                    yield at(table, row, column, f"{cell!r} is not a whole year", "write a year such as 2024")


def years_are_ordered(draft: Draft) -> Iterator[Finding]:
    """A link does not end before it begins."""
    for row in draft.rows("links"):
        begin, end = number(row.get("valid_from")), number(row.get("valid_to"))
        if begin is not None and end is not None and end < begin:
            yield at("links", row, "valid_to", f"valid_to {end:.0f} is before valid_from {begin:.0f}", "swap or mend the years")


def references_are_known(draft: Draft) -> Iterator[Finding]:
    """Corridors name links, capacities.csv names links and places, cases name places or links."""
    links, places = draft.ids("links", "link_id"), draft.ids("places", "place_id")
    for row in draft.rows("corridors"):
        if not split_list(row.get("members")):
            yield at("corridors", row, "members", "the corridor has no links", "name at least one link_id")
        for member in split_list(row.get("members")):
            if member not in links:
                yield at("corridors", row, "members", f"unknown link {member!r}", "use a link_id of links.csv")
        for counted in split_list(row.get("counted_on")):
            if counted not in split_list(row.get("members")):
                yield at("corridors", row, "counted_on", f"{counted!r} is no member of the corridor", "name links of its members")
    for row in draft.rows("capacities"):
        if row.get("id") not in links | places:
            yield at("capacities", row, "id", f"unknown id {row.get('id')!r}", "use a link_id or place_id")
    for row in draft.rows("cases"):
        if row.get("place_id") not in links | places:
            yield at("cases", row, "place_id", f"unknown place {row.get('place_id')!r}", "use a place_id of places.csv")
        if row.get("commodity") not in COMMODITIES:
            yield at("cases", row, "commodity", f"unknown commodity {row.get('commodity')!r}", f"use one of {', '.join(COMMODITIES)}")
        if row.get("role") not in ("supply", "demand", "floor"):
            yield at("cases", row, "role", f"unknown role {row.get('role')!r}", "use supply, demand or floor")
        value = number(row.get("amount"))
        if value is None or value < 0:
            yield at("cases", row, "amount", f"{row.get('amount')!r} is not an amount of zero or more", "give a number")
        if row.get("unit") not in UNITS:
            yield at("cases", row, "unit", f"unknown unit {row.get('unit')!r}", f"use one of {', '.join(UNITS)}")
        worth = number(row.get("usd_t_day") or "0")
        if worth is None or worth < 0:
            yield at(
                "cases", row, "usd_t_day", f"{row.get('usd_t_day')!r} is not zero or more", "give USD a tonne and day, or leave it empty"
            )


def lines_reach_their_places(draft: Draft) -> Iterator[Finding]:
    """A drawn line begins and ends within 10 km of the two places of its link."""
    points = draft.points()
    for row in draft.rows("links"):
        line = draft.lines.get(row.get("link_id"))
        ends = [points.get(row.get(column)) for column in ("from_place", "to_place")]
        if line is None:
            continue
        for column, end, vertex in zip(("from_place", "to_place"), ends, (line.coords[0], line.coords[-1]), strict=True):
            if end is None:
                continue
            gap = distance_km(*end, *vertex[:2])
            if gap > REACH_KM:
                yield at(
                    "links", row, column, f"the line ends {gap:.0f} km from {row.get(column)!r}", f"draw it to within {REACH_KM:.0f} km"
                )


def lengths_fit_the_distance(draft: Draft) -> Iterator[Finding]:
    """Soft: a stated length is not shorter than the straight line nor many times as long, nor far off the drawn line."""
    points = draft.points()
    for row in draft.rows("links"):
        stated = number(row.get("length_km"))
        ends = [points.get(row.get(column)) for column in ("from_place", "to_place")]
        if stated is None or ends[0] is None or ends[1] is None:
            continue
        straight = distance_km(*ends[0], *ends[1])
        if stated < straight * (1 - LENGTH_TOLERANCE) or stated > straight * LONGEST_DETOUR * (1 + LENGTH_TOLERANCE):
            yield at("links", row, "length_km", f"{stated:.0f} km is stated, the straight line is {straight:.0f} km", "check the length")
            continue
        line = draft.lines.get(row.get("link_id"))
        if line is not None and abs(length_km(line) / stated - 1) > LENGTH_TOLERANCE:
            yield at("links", row, "length_km", f"{stated:.0f} km is stated, {length_km(line):.0f} km is drawn", "check both")


def places_are_touched(draft: Draft) -> Iterator[Finding]:
    """Soft: every place is an end of some link."""
    touched = draft.ids("links", "from_place") | draft.ids("links", "to_place")
    for row in draft.rows("places"):
        if row.get("place_id") not in touched:
            yield at("places", row, "place_id", f"no link touches {row.get('place_id')!r}", "add a link or remove the place")


def kinds_are_known(draft: Draft) -> Iterator[Finding]:
    """Soft: the kind of a place is a word of the vocabulary, or empty."""
    for row in draft.rows("places"):
        if row.get("kind") and row.get("kind") not in KINDS:
            yield at("places", row, "kind", f"unknown kind {row.get('kind')!r}", f"use one of {', '.join(KINDS)}")


#: Rules that look from one table into another say nothing where that other one could not be read at all.
NEEDS_PLACES: frozenset[Rule] = frozenset({ends_are_known})
NEEDS_BOTH: frozenset[Rule] = frozenset({references_are_known, lines_reach_their_places})
HARD: tuple[Rule, ...] = (
    ids_are_plain,
    ids_are_unique,
    years_are_unique,
    countries_are_known,
    coordinates_are_in_range,
    ends_are_known,
    words_are_known,
    capacities_are_stated,
    gas_has_gas_units,
    numbers_are_plausible,
    years_are_ordered,
    references_are_known,
    lines_reach_their_places,
)
SOFT: tuple[Rule, ...] = (lengths_fit_the_distance, places_are_touched, kinds_are_known)
