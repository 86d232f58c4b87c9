"""The network: places, links with their lines, corridors and statements, for all years, seen from one year."""

from __future__ import annotations

import html
import json
import math
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import points
from shapely.geometry import LineString, mapping

from . import ledger, territory
from .csvfile import Row, Table, table_of, table_text, write_text
from .facts import LinkFacts, PlaceFacts
from .geodesy import geodesic_line, lengths_km
from .rates import default_rate, main_commodity
from .schema import BASE_YEAR, CASES, COMMODITIES, LINKS, PLACES, SCENARIOS, UNLIMITED, split_list
from .showing import in_notebook
from .territory import Crossing
from .units import GAS_UNITS, to_kt_yr

if TYPE_CHECKING:
    import networkx as nx

CRS = "EPSG:4326"
PLACE_NUMBERS = ("lon", "lat", "dwell_days", "transfer_usd_t", "availability")
LINK_NUMBERS = ("length_km", "cost_usd_t", "days", "availability")
LINK_YEARS = ("valid_from", "valid_to", "gauge_mm")


class Network:
    """An immutable capacity network. Made by ``geodata.read_network``; every table it hands out is a copy.

    ``places``, ``links``, ``corridors`` and ``figures`` are (Geo)DataFrames with ids as columns, EPSG:4326, in the
    order of their files. Amounts are kt a year (gas: million m3 a year), ``inf`` for ``unlimited``.

    >>> import geodata
    >>> network = geodata.read_network()
    >>> network.year, network.at(2030).year
    (2024, 2030)
    """

    def __init__(
        self,
        tables: Mapping[str, Table],
        lines: Mapping[str, LineString],
        figures: pd.DataFrame,
        *,
        measured_km: Mapping[str, float] | None = None,
        year: int = BASE_YEAR,
    ) -> None:
        object.__setattr__(self, "_tables", dict(tables))
        object.__setattr__(self, "_lines", dict(lines))
        object.__setattr__(self, "_figures", figures)
        object.__setattr__(self, "_measured", dict(measured_km or {}))
        object.__setattr__(self, "_year", int(year))

    _tables: dict[str, Table]
    _lines: dict[str, LineString]
    _figures: pd.DataFrame
    _measured: dict[str, float]
    _year: int

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a network does not change; {name!r} cannot be set (make another, or use a scenario)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a network does not change; {name!r} cannot be deleted")

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and other processes get what the network was made of, not what it has worked out since."""
        return _made_again, (self._tables, self._lines, self._figures, self._measured, self._year)

    def __repr__(self) -> str:
        places, links, corridors = len(self._places), len(self._links), len(self._corridors)
        return f"Network({places} places, {links} links, {corridors} corridors, year {self.year})"

    def _repr_html_(self) -> str:
        """The network for a notebook: its links by mode, and a map where something draws."""
        modes = self._links.groupby("mode", sort=True)
        table = pd.DataFrame({"links": modes.size(), "operating": modes["status"].agg(lambda one: (one == "operating").sum())})
        table["length_km"] = modes["length_km"].sum().round()
        shown = table.reset_index().to_html(index=False, escape=True)
        return in_notebook(self, f"<p>{html.escape(repr(self))}</p>{shown}", f"Map: {self!r}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            return NotImplemented
        return self.year == other.year and self._content == other._content

    def __hash__(self) -> int:
        return hash((self.year, len(self._tables["links"].rows)))

    @cached_property
    def _content(self) -> dict[str, Any]:
        tables = {name: (table.columns, [row.cells for row in table.rows]) for name, table in self._tables.items() if table.rows}
        lines = {link: [tuple(map(float, vertex[:2])) for vertex in line.coords] for link, line in self._lines.items()}
        return {"tables": tables, "lines": lines, "measured": self._measured, "figures": self._figures.astype(str).to_dict("records")}

    @property
    def year(self) -> int:
        """The year that questions use."""
        return self._year

    @property
    def places(self) -> gpd.GeoDataFrame:
        """One row per place; ``capacity`` in kt a year (mcm where ``unit`` counts gas), NaN where it bounds nothing."""
        return self._places.copy()

    @property
    def links(self) -> gpd.GeoDataFrame:
        """One row per link of any status.

        Besides the columns of the file: ``capacity`` (kt or mcm a year in this year), ``stated_capacity`` (as
        written), ``active`` (takes part in this year), ``drawn_km`` (of the line), ``network_km`` (of the way along the
        rail network, whose bends the drawn line leaves out), and filled in where the file is silent: ``length_km``
        (network_km, or else drawn_km), ``cost_usd_t`` and ``days`` (rate of the mode for the main commodity), each with
        a ``..._basis`` that says so.
        """
        return self._links.copy()

    @property
    def corridors(self) -> pd.DataFrame:
        """One row per corridor; ``members`` is a tuple of link ids in order, ``counted_on`` those that its flow is counted on."""
        return self._corridors.copy()

    @property
    def figures(self) -> pd.DataFrame:
        """Every statement with its source; empty for a network that brings none."""
        return self._statements.copy()

    @cached_property
    def _statements(self) -> pd.DataFrame:
        return ledger.with_numbers(self._figures)

    @cached_property
    def figure_facts(self) -> Mapping[str, Mapping[Any, Any]]:
        """Every statement by id, as a mapping of column to value, in the order of ``figures``."""
        return MappingProxyType({row["figure_id"]: MappingProxyType(row) for row in self._statements.to_dict("records")})

    @property
    def cases(self) -> pd.DataFrame:
        """Supplies, demands and floors of every case, a row each, as text."""
        return self._cases.copy()

    @cached_property
    def _cases(self) -> pd.DataFrame:
        return _frame(self._tables["cases"], (*CASES.required, *CASES.optional))

    @property
    def scenarios(self) -> pd.DataFrame:
        """The changes of every scenario, a row each, as text; ``routes.read_scenario`` makes a scenario of them.

        ``action`` says what is done to ``target`` (README.md, "Your own network"); ``figure_id`` and ``source`` name
        the statement it stands on. The network itself is seen without them.
        """
        return self._scenarios.copy()

    @cached_property
    def _scenarios(self) -> pd.DataFrame:
        return _frame(self._tables["scenarios"], (*SCENARIOS.required, *SCENARIOS.optional))

    def at(self, year: int) -> Network:
        """The same network seen from another year.

        Raises ValueError where the year is not a whole number in 1900..2100.
        """
        if isinstance(year, bool) or not isinstance(year, int | np.integer | float) or year not in range(1900, 2101):
            raise ValueError(f"year {year!r} is not a whole number in 1900..2100")
        if year not in self._views:
            self._views[int(year)] = Network(self._tables, self._lines, self._figures, measured_km=self._measured, year=int(year))
        return self._views[int(year)]

    def with_costs(self, costs: Mapping[str, float]) -> Network:
        """The same network with other costs (USD a tonne, gas: a thousand m3) of some links, which then count as stated.

        Raises KeyError for a link that the network does not have.
        """
        for link in costs:
            self.link_facts[link]
        table = self._tables["links"]
        columns = [*table.columns, *(() if "cost_usd_t" in table.columns else ("cost_usd_t",))]
        cells = [
            [
                repr(float(costs[row.get("link_id")])) if column == "cost_usd_t" and row.get("link_id") in costs else row.get(column)
                for column in columns
            ]
            for row in table.rows
        ]
        tables = {**self._tables, "links": table_of(table.file, columns, cells)}
        return Network(tables, self._lines, self._figures, measured_km=self._measured, year=self.year)

    @cached_property
    def _views(self) -> dict[int, Network]:
        """The years this network was seen from: none changes, so each is worked out once."""
        return {self._year: self}

    @cached_property
    def _places(self) -> gpd.GeoDataFrame:
        frame = _frame(self._tables["places"], (*PLACES.required, *PLACES.optional))
        frame = _with_numbers(frame, PLACE_NUMBERS)
        frame = self._in_this_year(frame, "place_id")
        frame["stated_capacity"] = _stated(frame)
        frame["capacity"] = [amount(cell, unit, ()) for cell, unit in zip(frame["capacity"], frame["unit"], strict=True)]
        return gpd.GeoDataFrame(frame, geometry=points(frame[["lon", "lat"]].to_numpy()), crs=CRS)

    @cached_property
    def _links(self) -> gpd.GeoDataFrame:
        frame = _frame(self._tables["links"], (*LINKS.required, *LINKS.optional))
        frame = _with_numbers(frame, (*LINK_NUMBERS, *LINK_YEARS))
        frame["name"] = frame["name"].where(frame["name"] != "", self._end_names(frame))
        frame["both_ways"] = frame["both_ways"].str.lower() != "false"
        frame["status"] = frame["status"].where(frame["status"] != "", "operating")
        frame = self._in_this_year(frame, "link_id")
        frame["stated_capacity"] = _stated(frame)
        frame["capacity"] = [
            amount(cell, unit, split_list(goods))
            for cell, unit, goods in zip(frame["capacity"], frame["unit"], frame["commodities"], strict=True)
        ]
        frame["active"] = [
            takes_part(status, begin, end, self.year)
            for status, begin, end in zip(frame["status"], frame["valid_from"], frame["valid_to"], strict=True)
        ]
        lines = self._drawn_lines(frame)
        frame["drawn_km"] = lengths_km(lines)
        frame["network_km"] = frame["link_id"].map(self._measured).astype(float)
        frame = _with_defaults(frame)
        frame["countries"] = self._permissions(frame)
        return gpd.GeoDataFrame(frame, geometry=lines, crs=CRS)

    @cached_property
    def _corridors(self) -> pd.DataFrame:
        frame = _frame(self._tables["corridors"], ("corridor_id", "name", "members", "counted_on"))
        for column in ("members", "counted_on"):
            frame[column] = pd.Series([split_list(cell) for cell in frame[column]], dtype=object)
        return frame

    @cached_property
    def corridor_links(self) -> Mapping[str, tuple[str, ...]]:
        """The links of each corridor, in order."""
        return MappingProxyType(dict(zip(self._corridors["corridor_id"], self._corridors["members"], strict=True)))

    @cached_property
    def corridor_counts(self) -> Mapping[str, frozenset[str]]:
        """The links on which the flow of each corridor is counted: what takes any of them goes by the corridor.

        Those that the network states; else, since trunk lines that several corridors share tell nothing of which of them
        is meant, those of its links that the fewest corridors have.
        """
        sharing = Counter(link for links in self.corridor_links.values() for link in set(links))
        stated = dict(zip(self._corridors["corridor_id"], self._corridors["counted_on"], strict=True))
        found = {}
        for corridor, links in self.corridor_links.items():
            fewest = min((sharing[link] for link in links), default=0)
            found[corridor] = frozenset(stated[corridor] or (link for link in links if sharing[link] == fewest))
        return MappingProxyType(found)

    @cached_property
    def crossings(self) -> Mapping[str, tuple[Crossing, ...]]:
        """For each link, its kilometres by country in the order from -> to; they add up to ``length_km``."""
        links = self._links
        allowed = [split_list(cell) for cell in links["countries"]]
        at_sea = [mode == "sea" for mode in links["mode"]]
        drawn = territory.crossings(list(links.geometry), allowed, at_sea)
        scale = (links["length_km"] / links["drawn_km"].where(links["drawn_km"] > 0, 1.0)).tolist()
        return {
            link: tuple(Crossing(part.country, part.km * factor) for part in parts)
            for link, parts, factor in zip(links["link_id"], drawn, scale, strict=True)
        }

    @cached_property
    def place_facts(self) -> Mapping[str, PlaceFacts]:
        """Every place by id, in order of id."""
        frame = self._places.sort_values("place_id").fillna({"dwell_days": 0.0, "transfer_usd_t": 0.0})
        frame = frame.assign(counts_gas=[is_gas_unit(unit) for unit in frame["unit"]])
        rows = (PlaceFacts(*row) for row in zip(*(frame[name].tolist() for name in PlaceFacts._fields), strict=True))
        return MappingProxyType({row.place_id: row for row in rows})

    @cached_property
    def link_facts(self) -> Mapping[str, LinkFacts]:
        """Every link by id, of any status, in order of id."""
        frame = self._links.sort_values("link_id").fillna({"gauge_mm": 0.0})
        frame = frame.assign(
            commodities=[frozenset(split_list(cell)) for cell in frame["commodities"]],
            countries=[split_list(cell) for cell in frame["countries"]],
            line=list(frame.geometry),
        )
        rows = (LinkFacts(*row) for row in zip(*(frame[name].tolist() for name in LinkFacts._fields), strict=True))
        return MappingProxyType({row.link_id: row for row in rows})

    @property
    def change_years(self) -> tuple[int, ...]:
        """The years in which a link opens or closes, or a capacity changes, in order.

        >>> import geodata
        >>> 2026 in geodata.read_network().change_years
        True
        """
        opened = {int(year) for year in self._links["valid_from"].dropna()}
        shut = {int(year) + 1 for year in self._links["valid_to"].dropna()}
        widened = {int(float(row.get("year"))) for row in self._tables["capacities"].rows}
        return tuple(sorted(opened | shut | widened))

    @property
    def country_km(self) -> pd.DataFrame:
        """Kilometres of each link in each country: link_id, order, country (empty at sea), km."""
        rows = [(link, order, part.country, part.km) for link, parts in self.crossings.items() for order, part in enumerate(parts)]
        return pd.DataFrame(rows, columns=["link_id", "order", "country", "km"])

    def to_networkx(self, commodity: str) -> nx.MultiDiGraph:
        """The links that carry a commodity in this year, as a graph to take away.

        Nodes are place ids (name, country, lon, lat); edges have the link id as key, and capacity (kt a year, gas mcm
        a year, ``inf`` where unlimited), cost_usd_t, days, length_km, mode. A both-ways link is two edges.
        Raises ValueError for an unknown commodity.
        """
        import networkx as nx

        require_commodity(commodity)
        graph: nx.MultiDiGraph = nx.MultiDiGraph(year=self.year, commodity=commodity)
        for row in self._places.itertuples():
            graph.add_node(row.place_id, name=row.name, country=row.country, lon=row.lon, lat=row.lat)
        for link in self.link_facts.values():
            if not link.active or commodity not in link.commodities:
                continue
            facts = {
                "capacity": link.capacity,
                "cost_usd_t": link.cost_for(commodity),
                "days": link.days,
                "length_km": link.length_km,
                "mode": link.mode,
            }
            graph.add_edge(link.from_place, link.to_place, key=link.link_id, **facts)
            if link.both_ways:
                graph.add_edge(link.to_place, link.from_place, key=link.link_id, **facts)
        return graph

    def write(self, folder: str | Path) -> None:
        """Write all tables, all years and the lines to a folder; ``read_network`` reads an equal network back.

        Tables and lines of another network that the folder holds are replaced; other files stay.
        """
        folder = Path(folder)
        for path in (folder / "geometry").glob("*.geojson"):
            if path.name != "links.geojson" and '"link_id"' in path.read_text("utf-8", errors="replace"):
                path.unlink()
        figures = self._figures.astype(str)
        said = table_of("figures.csv", list(figures.columns), figures.to_numpy().tolist())
        for name, table in sorted({**self._tables, "figures": said}.items()):
            _replace(folder / f"{name}.csv", table_text(table) if table.rows else None)
        _replace(folder / "geometry" / "links.geojson", _geojson_text(self._lines, self._measured) if self._lines else None)

    def _in_this_year(self, frame: pd.DataFrame, column: str) -> pd.DataFrame:
        """The rows with the capacity, unit and figure that hold: the last row of capacities.csv up to the year."""
        changes = pd.DataFrame(
            [(row.get("id"), row.get("capacity"), row.get("unit"), row.get("figure_id")) for row in self._steps],
            columns=["id", "capacity", "unit", "capacity_figure"],
        )
        latest = changes.drop_duplicates("id", keep="last").set_index("id")
        where = frame[column].isin(latest.index)
        for name in latest.columns:
            if name in frame:
                frame.loc[where, name] = frame.loc[where, column].map(latest[name])
        return frame

    @cached_property
    def _steps(self) -> list[Row]:
        rows = [row for row in self._tables["capacities"].rows if float(row.get("year")) <= self.year]
        return sorted(rows, key=lambda row: float(row.get("year")))

    def _end_names(self, frame: pd.DataFrame) -> pd.Series:
        names = {row.get("place_id"): row.get("name") for row in self._tables["places"].rows}
        return frame["from_place"].map(names) + " - " + frame["to_place"].map(names)

    def _drawn_lines(self, frame: pd.DataFrame) -> list[LineString]:
        at = {row.get("place_id"): (float(row.get("lon")), float(row.get("lat"))) for row in self._tables["places"].rows}
        ends = zip(frame["link_id"], frame["from_place"], frame["to_place"], strict=True)
        return [self._lines[link] if link in self._lines else geodesic_line(*at[start], *at[end]) for link, start, end in ends]

    def _permissions(self, frame: pd.DataFrame) -> list[str]:
        """The states a link needs: as stated; where the network has no such column, those of its two places."""
        if "countries" in self._tables["links"].columns:
            return frame["countries"].tolist()
        home = {row.get("place_id"): row.get("country") for row in self._tables["places"].rows}
        ends = zip(frame["from_place"], frame["to_place"], strict=True)
        return [";".join(dict.fromkeys((home[start], home[end]))) for start, end in ends]


def _replace(path: Path, text: str | None) -> None:
    """Write a file, or remove the one that is there where there is nothing to write."""
    if text is None:
        path.unlink(missing_ok=True)
    else:
        write_text(path, text)


def _made_again(
    tables: Mapping[str, Table], lines: Mapping[str, LineString], figures: pd.DataFrame, measured: Mapping[str, float], year: int
) -> Network:
    return Network(tables, lines, figures, measured_km=measured, year=year)


def require_commodity(commodity: str) -> None:
    """Raise ValueError where the word is not a commodity."""
    if commodity not in COMMODITIES:
        raise ValueError(f"unknown commodity {commodity!r}; valid: {', '.join(COMMODITIES)}")


def takes_part(status: str, valid_from: float, valid_to: float, year: int) -> bool:
    """Whether a link of this status is there in a year (NaN: no such year is stated).

    What operates is there unless its years say otherwise; what is under construction, planned or proposed needs a
    first year, and what is suspended or closed needs a last year, to be there at all.

    >>> takes_part("operating", math.nan, math.nan, 2024), takes_part("planned", 2027, math.nan, 2024)
    (True, False)
    >>> takes_part("suspended", math.nan, 2021, 2020), takes_part("proposed", math.nan, math.nan, 2050)
    (True, False)
    """
    if status in ("under_construction", "planned", "proposed") and math.isnan(valid_from):
        return False
    if status in ("suspended", "closed") and math.isnan(valid_to):
        return False
    return not (valid_from > year) and not (valid_to < year)


def amount(cell: str, unit: str, commodities: tuple[str, ...]) -> float:
    """A capacity cell in kt (gas: mcm) a year: infinite where unlimited, NaN where blank."""
    if cell == UNLIMITED:
        return math.inf
    return to_kt_yr(float(cell), unit, commodities) if cell else math.nan


def is_gas_unit(unit: str) -> bool:
    """Whether a capacity in this unit counts gas."""
    return unit in GAS_UNITS


def _frame(table: Table, known: tuple[str, ...]) -> pd.DataFrame:
    columns = [*table.columns, *(column for column in known if column not in table.columns)]
    data = {column: pd.Series([row.get(column) for row in table.rows], dtype="str") for column in columns}
    return pd.DataFrame(data, columns=columns)


def _with_numbers(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    return frame.assign(**{column: pd.to_numeric(frame[column], errors="coerce").astype(float) for column in columns})


def _stated(frame: pd.DataFrame) -> pd.Series:
    """Capacity as written, with its unit."""
    text = (frame["capacity"] + " " + frame["unit"]).str.strip()
    return text.where((frame["capacity"] != "") & (frame["capacity"] != UNLIMITED), frame["capacity"])


def _with_defaults(frame: pd.DataFrame) -> pd.DataFrame:
    """Length, cost and days where the file is silent, each with the basis it stands on."""
    goods = [main_commodity(split_list(cell)) for cell in frame["commodities"]]
    rates = [default_rate(mode, commodity) for mode, commodity in zip(frame["mode"], goods, strict=True)]
    per_km, km_day = pd.Series([rate.usd_t_km for rate in rates]), pd.Series([rate.km_day for rate in rates])
    length = frame["length_km"].fillna(frame["network_km"]).fillna(frame["drawn_km"])
    unstated = np.where(frame["network_km"].notna(), "network", "drawn")
    return frame.assign(
        length_basis=np.where(frame["length_km"].notna(), "stated", unstated),
        cost_basis=np.where(frame["cost_usd_t"].notna(), "stated", "rate"),
        days_basis=np.where(frame["days"].notna(), "stated", "rate"),
        length_km=length,
        cost_usd_t=frame["cost_usd_t"].where(frame["cost_usd_t"].notna(), length * per_km),
        days=frame["days"].where(frame["days"].notna(), length / km_day),
    )


def _geojson_text(lines: Mapping[str, LineString], measured: Mapping[str, float]) -> str:
    features = []
    for link, line in sorted(lines.items()):
        properties: dict[str, Any] = {"link_id": link}
        if link in measured:
            properties["network_km"] = measured[link]
        features.append(json.dumps({"type": "Feature", "properties": properties, "geometry": mapping(line)}, ensure_ascii=False))
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"
