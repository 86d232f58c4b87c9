"""The tables of a network: their columns, and the words that their cells may use."""

from __future__ import annotations

import math
import re
from functools import cache
from typing import NamedTuple

MODES = ("pipeline", "rail", "road", "sea", "inland_water", "transfer")
COMMODITIES = ("crude", "products", "gas", "container", "bulk")
STATUSES = ("operating", "suspended", "under_construction", "planned", "proposed", "closed")
KINDS = (
    "field",
    "refinery",
    "terminal",
    "port",
    "dry_port",
    "station",
    "border",
    "junction",
    "market",
    "pump_station",
)
ACTIONS = ("close", "open", "capacity", "supply", "demand", "floor", "year")
UNLIMITED = "unlimited"
BASE_YEAR = 2024


class TableSchema(NamedTuple):
    """One CSV file: the columns it must have and those that the code knows besides."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    must_exist: bool = False

    @property
    def file(self) -> str:
        return f"{self.name}.csv"


PLACES = TableSchema(
    "places",
    ("place_id", "name", "country", "lon", "lat"),
    ("kind", "name_ru", "name_kk", "unlocode", "capacity", "unit", "dwell_days", "transfer_usd_t", "availability", "source"),
    must_exist=True,
)
LINKS = TableSchema(
    "links",
    ("link_id", "from_place", "to_place", "mode", "commodities", "capacity", "unit"),
    (
        "name",
        "both_ways",
        "status",
        "valid_from",
        "valid_to",
        "length_km",
        "cost_usd_t",
        "days",
        "gauge_mm",
        "availability",
        "countries",
        "via",
        "geometry_quality",
        "source",
    ),
    must_exist=True,
)
CAPACITIES = TableSchema("capacities", ("id", "year", "capacity", "unit"), ("figure_id",))
CORRIDORS = TableSchema("corridors", ("corridor_id", "name", "members"), ("counted_on",))
CASES = TableSchema("cases", ("case_id", "year", "flow", "commodity", "role", "place_id", "amount", "unit"), ("figure_id", "usd_t_day"))
SCENARIOS = TableSchema("scenarios", ("scenario_id", "action", "target"), ("name", "value", "figure_id", "source", "note"))
FIGURES = TableSchema("figures", ("figure_id", "subject", "attribute", "value"), ())
TABLES = (PLACES, LINKS, CAPACITIES, CORRIDORS, CASES, SCENARIOS, FIGURES)


@cache
def country_codes() -> frozenset[str]:
    """ISO 3166-1 alpha-3 codes, and XKX, the code that others use for Kosovo since ISO has none."""
    import pycountry

    return frozenset({country.alpha_3 for country in pycountry.countries} | {"XKX"})


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def number(cell: str) -> float | None:
    """The cell as a finite number written in ASCII digits, or None.

    >>> number("1e3"), number("1_000"), number("nan")
    (1000.0, None, None)
    """
    value = float(cell) if _NUMBER.fullmatch(cell) else math.inf
    return value if math.isfinite(value) else None


def split_list(cell: str) -> tuple[str, ...]:
    """The items of a ``;``-separated cell, without blanks.

    >>> split_list("crude; products;")
    ('crude', 'products')
    """
    return tuple(item.strip() for item in cell.split(";") if item.strip())
