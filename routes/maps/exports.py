"""The data behind a page, to take away: its links and routes as CSV, its lines and points as GeoJSON.

A CSV file is UTF-8 with a byte-order mark and CRLF line ends, as spreadsheets like it. A cell that a spreadsheet would
run as a formula has an apostrophe before it; numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.network import Network
from geodata.schema import number, split_list

from . import packing, payload
from .text import in_one

DIGITS = 4
"""Coordinates are rounded to so many digits of a degree, some ten metres."""
LINK_COLUMNS = (
    "id", "name", "from_id", "from", "to_id", "to", "mode", "commodities", "status", "year", "takes_part", "capacity",
    "capacity_unit", "capacity_stated", "length_km", "length_basis", "cost_usd", "cost_unit", "cost_basis", "days", "days_basis",
    "countries", "capacity_figure", "capacity_kind", "capacity_is_assumption", "capacity_source", "capacity_source_date",
    "capacity_source_url", "capacity_source_locator", "capacity_note",
)  # fmt: skip
PROPERTIES = (
    "id", "name", "from_id", "to_id", "mode", "commodities", "status", "year", "takes_part", "capacity", "capacity_unit", "length_km",
    "cost_usd", "cost_unit", "days", "countries", "capacity_source", "capacity_is_assumption",
)  # fmt: skip
ROUTE_COLUMNS = (
    "comparison", "commodity", "from", "to", "ranked_by", "rank", "way", "places", "link_ids", "km", "days", "cost_usd", "cost_unit",
    "capacity", "capacity_unit", "bottleneck", "countries", "country_km", "transfers", "gauge_breaks", "stated_cost_share",
    "stated_days_share", "note",
)  # fmt: skip
_FORMULA = re.compile(r"[=+\-@\t\r]")


def lines_csv(network: Network, links: Iterable[str] | None) -> str:
    """The given links (default: all) as CSV, a row each.

    Capacity is in kt a year (gas: million m3 a year, as ``capacity_unit`` says) or the word unlimited, cost in USD a tonne
    (gas: a thousand m3). The ``capacity_source`` columns tell where the capacity stands; ``capacity_is_assumption`` is
    empty where no statement is named. Raises ValueError for an id that the network does not have.
    """
    return _written(LINK_COLUMNS, (row.values() for row in _links(network, payload.select(network, links, None, ()))))


def geojson(network: Network, links: Iterable[str] | None) -> str:
    """The given links (default: all) and the places they join as an RFC 7946 FeatureCollection, a feature a line.

    ``kind`` tells a link from a place. What is unlimited or unknown is null. Raises ValueError for an id that the network
    does not have.
    """
    chosen = payload.select(network, links, None, ())
    features = [*_line_features(network, chosen), *_point_features(chosen)]
    listed = ",\n".join(json.dumps(feature, ensure_ascii=False, allow_nan=False, separators=(",", ":")) for feature in features)
    return f'{{"type":"FeatureCollection","features":[\n{listed}\n]}}\n'


def routes_csv(network: Network, comparisons: Sequence[Any]) -> str:
    """The routes of comparisons as CSV, a row each, in the units of `lines_csv`; a pair without a route has a row that says why."""
    return _written(ROUTE_COLUMNS, (row for item in comparisons for row in _routes(network, item)))


def table_csv(table: pd.DataFrame) -> str:
    """A table as CSV, its index left out; what is missing is an empty cell."""
    return _written(table.columns, (row for row in table.itertuples(index=False, name=None)))


def _written(columns: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([cell(column) for column in columns])
    writer.writerows([cell(value) for value in row] for row in rows)
    return f"\ufeff{stream.getvalue()}"


def cell(value: object) -> str:
    """A value as the text of a CSV cell: numbers as they are, what is missing empty, a formula made harmless.

    >>> cell(-1.5), cell("-1.5"), cell("=1+1"), cell("-a"), cell(float("nan")), cell(True)
    ('-1.5', '-1.5', "'=1+1", "'-a", '', 'yes')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | float | np.number):
        return "unlimited" if math.isinf(value) else f"{value:.10g}"
    if isinstance(value, list | tuple | set | frozenset):
        return cell(";".join(str(item) for item in (value if isinstance(value, list | tuple) else sorted(value))))
    text = str(value)
    return f"'{text}" if _FORMULA.match(text) and number(text) is None else text


def _links(network: Network, chosen: payload.Selection) -> Iterator[dict[str, Any]]:
    """The facts of each link, by the names of LINK_COLUMNS."""
    for row in chosen.links.drop(columns="geometry").to_dict("records"):
        goods = split_list(row["commodities"])
        ends = {end: chosen.names[chosen.place_at[row[f"{end}_place"]]] for end in ("from", "to")}
        facts = (
            row["link_id"], row["name"], row["from_place"], ends["from"], row["to_place"], ends["to"], row["mode"], goods,
            row["status"], network.year, bool(row["active"]), float(row["capacity"]), _capacity_unit(goods, str(row["unit"])),
            row["stated_capacity"], round(row["length_km"], 1), row["length_basis"], round(row["cost_usd_t"], 2), _cost_unit(goods),
            row["cost_basis"], round(row["days"], 2), row["days_basis"], split_list(row["countries"]), *_source(network, row),
        )  # fmt: skip
        yield dict(zip(LINK_COLUMNS, facts, strict=True))


def _source(network: Network, row: Mapping[Any, Any]) -> tuple[object, ...]:
    """The statement that a capacity rests on: its id, its kind, whether it is an assumption, and where it stands."""
    figure = str(row.get("capacity_figure") or "")
    said = network.figure_facts.get(figure)
    if said is None:
        return ("", "", None, row.get("source"), "", "", "", row.get("note"))
    address = str(said.get("source_url") or "")
    where = f"line {said['locator']}" if said["kind"] == "document" else said.get("locator")
    told = (said.get("source_title"), said.get("source_date"), address if payload.is_web_address(address) else "", where)
    return (figure, said["kind"], said["kind"] == "assumption", *told, said.get("note"))


def _capacity_unit(goods: Sequence[str], unit: str) -> str:
    return "mcm/yr" if tuple(goods) == ("gas",) or unit in ("mcm/yr", "bcm/yr") else "kt/yr"


def _cost_unit(goods: Sequence[str]) -> str:
    return "USD/1000 m3" if tuple(goods) == ("gas",) else "USD/t"


def _line_features(network: Network, chosen: payload.Selection) -> Iterator[dict[str, Any]]:
    for facts, line in zip(_links(network, chosen), np.asarray(chosen.links.geometry), strict=True):
        properties = {name: _plain(facts[name]) for name in PROPERTIES}
        yield {"type": "Feature", "id": f"link:{facts['id']}", "geometry": _geometry(line), "properties": {"kind": "link"} | properties}


def _point_features(chosen: payload.Selection) -> Iterator[dict[str, Any]]:
    named = {"id": "place_id", "place_kind": "kind", "capacity_stated": "stated_capacity"}
    kept = ("id", "name", "name_ru", "name_kk", "country", "place_kind", "unlocode", "capacity_stated", "dwell_days", "transfer_usd_t")
    spots = shapely.get_coordinates(np.asarray(chosen.places.geometry))
    for row, (lon, lat) in zip(chosen.places.drop(columns="geometry").to_dict("records"), spots, strict=True):
        properties = {"kind": "place"} | {name: _plain(row.get(named.get(name, name))) for name in kept}
        point = {"type": "Point", "coordinates": [_degree(lon), _degree(lat)]}
        yield {"type": "Feature", "id": f"place:{row['place_id']}", "geometry": point, "properties": properties}


def _plain(value: Any) -> Any:
    """A value that JSON has a word for; null for what is missing or unlimited."""
    return None if value == "" else packing.plain(value)


def _geometry(line: Any) -> dict[str, Any]:
    """A line as RFC 7946 has it: longitudes in -180..180, cut where it crosses the antimeridian."""
    vertices = shapely.get_coordinates(line)
    vertices[:, 0] = np.unwrap(vertices[:, 0], period=360.0)
    parts = [_positions(part - (360.0 * round(float(part[:, 0].mean()) / 360.0), 0.0)) for part in _cut(vertices)]
    if len(parts) == 1:
        return {"type": "LineString", "coordinates": parts[0]}
    return {"type": "MultiLineString", "coordinates": parts}


def _cut(vertices: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The parts of a line between the antimeridians of all turns of the globe, in its own order."""
    parts = [[vertices[0]]]
    for start, end in pairwise(vertices):
        low, high = sorted((start[0], end[0]))
        turns = range(math.ceil((low - 180) / 360), math.floor((high - 180) / 360) + 1)
        for edge in sorted((180.0 + 360.0 * turn for turn in turns), reverse=bool(end[0] < start[0])):
            if edge != start[0]:
                crossing = start + (end - start) * (edge - start[0]) / (end[0] - start[0])
                parts[-1].append(crossing)
                parts.append([crossing])
        if not np.array_equal(parts[-1][-1], end):
            parts[-1].append(end)
    return [np.array(part) for part in parts if len(part) > 1] or [vertices]


def _positions(vertices: NDArray[np.float64]) -> list[list[float]]:
    """Rounded positions without one that only repeats the one before; never fewer than the two that a line needs."""
    rounded = [[_degree(lon), _degree(lat)] for lon, lat in vertices]
    moved = [rounded[0], *(after for before, after in pairwise(rounded) if after != before)]
    return moved if len(moved) > 1 else [rounded[0], rounded[-1]]


def _degree(value: float) -> float:
    # Adding zero turns -0.0 into 0.0.
    return round(float(value), DIGITS) + 0.0


def _routes(network: Network, item: Any) -> Iterator[tuple[object, ...]]:
    routes, places, names = item.routes, network.place_facts, getattr(item, "names", ())
    ends = [places[place].name for place in (routes.origin, routes.destination)]
    asked = (in_one(item.title, "en"), routes.commodity, *ends, routes.by)
    note = in_one(item.note or "", "en")
    units = _cost_unit((routes.commodity,)), _capacity_unit((routes.commodity,), "")
    for at, row in enumerate(routes.table.to_dict("records")):
        yield (
            *asked, int(row["rank"]), in_one(names[at], "en") if names else "",
            " - ".join(places[place].name for place in row["places"]), row["links"], round(row["km"], 1), round(row["days"], 2),
            round(row["cost_usd_t"], 2), units[0], float(row["capacity"]), units[1], row["bottleneck"], row["countries"],
            [f"{code or 'sea'} {km:.0f}" for code, km in zip(row["countries"], row["country_km"], strict=True)],
            int(row["transfers"]), int(row["gauge_breaks"]), round(row["stated_cost_share"], 3), round(row["stated_days_share"], 3),
            note,
        )  # fmt: skip
    if not len(routes.table):
        yield (*asked, *[""] * (len(ROUTE_COLUMNS) - len(asked) - 1), f"{routes.reason} {note}".strip())
