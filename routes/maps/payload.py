"""What a page says, as tables: places, links, statements, sources, corridors and comparisons of a network."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from geodata.schema import split_list
from geodata.units import teu_from_kt

from . import packing, style, text

_SIMPLIFY_DEG = 0.008
_SIMPLIFY_MANY_DEG = 0.02
_MANY_LINKS = 300
_KEY_PLACES = 3
_LONG_NAME = 14
_DULL_KINDS = ("border", "pump_station", "junction")
_KIND_WEIGHT = {
    "market": 5.0,
    "port": 4.5,
    "terminal": 4.0,
    "field": 4.0,
    "refinery": 3.0,
    "dry_port": 3.5,
    "station": 2.5,
    "border": 1.5,
    "junction": 0.5,
    "pump_station": 0.5,
}
_LINK_FIGURES = ("capacity_figure", "length_figure", "cost_figure", "days_figure")
_PLACE_FIGURES = ("capacity_figure", "dwell_figure", "transfer_figure")
_FIGURE_TEXTS = ("unit", "period", "locator", "kind", "confidence", "note", "choice")
_BRIEF_TEXTS = ("unit", "period", "kind", "confidence")


class Selection(NamedTuple):
    """The rows of a network that a page shows, and the position of every id among them."""

    places: pd.DataFrame
    links: pd.DataFrame
    place_at: Mapping[str, int]
    link_at: Mapping[str, int]
    names: Sequence[str]


def select(network: Any, links: Iterable[str] | None, places: Iterable[str] | None, comparisons: Sequence[Any]) -> Selection:
    """The wanted links (default: all) and those of every compared route, with the places they join and the wanted ones.

    Raises ValueError that names every id the network does not have.
    """
    all_links, all_places = network.links, network.places
    routed = [way for item in comparisons for way in item.routes.table["links"]]
    wanted = set(all_links["link_id"] if links is None else links) | {link for way in routed for link in way}
    ends = all_links[all_links["link_id"].isin(wanted)]
    named = set(places or ()) | {place for item in comparisons for place in (item.routes.origin, item.routes.destination)}
    unknown = sorted(wanted - set(all_links["link_id"])) + sorted(set(places or ()) - set(all_places["place_id"]))
    if unknown:
        raise ValueError(f"the network has no link or place with these ids: {', '.join(unknown)}")
    shown = named | set(ends["from_place"]) | set(ends["to_place"])
    if links is None and places is None:
        shown |= set(all_places["place_id"])
    spots = all_places[all_places["place_id"].isin(shown)].reset_index(drop=True)
    ends = ends.reset_index(drop=True)
    return Selection(
        spots,
        ends,
        {place: at for at, place in enumerate(spots["place_id"])},
        {link: at for at, link in enumerate(ends["link_id"])},
        spots["name"].tolist(),
    )


class Statements:
    """The figures a page cites, numbered as they are first cited, with all that is said about the same thing."""

    def __init__(self, facts: Mapping[str, Mapping[Any, Any]]) -> None:
        self._rows = facts
        self._about: dict[tuple[str, str], list[str]] = {}
        for figure, row in self._rows.items():
            self._about.setdefault((row["subject"], row["attribute"]), []).append(figure)
        self._numbers: dict[str, int] = {}
        self._cited: set[str] = set()

    def number(self, figure: Any) -> int | None:
        """The number of a figure on this page; None where nothing, or an unknown figure, is cited."""
        if not isinstance(figure, str) or figure not in self._rows:
            return None
        row = self._rows[figure]
        for other in (figure, *self._about[row["subject"], row["attribute"]]):
            self._numbers.setdefault(other, len(self._numbers))
        self._cited.add(figure)
        return self._numbers[figure]

    def tables(self) -> dict[str, Any]:
        """The tables "figures" and "sources" of everything cited so far."""
        sources: dict[tuple[str, ...], int] = {}
        rows = []
        for figure in self._numbers:
            row = self._rows[figure]
            source = tuple(_word(row.get(f"source_{part}")) for part in ("title", "publisher", "url", "date"))
            source_number = sources.setdefault(source, len(sources)) if any(source) else None
            same = [self._numbers[other] for other in self._about[row["subject"], row["attribute"]] if other != figure]
            numbers = [_number(row.get(column)) for column in ("value", "low", "high")]
            # What is only quoted beside a cited statement is told in one line, so it leaves its remarks at home.
            told = _FIGURE_TEXTS if figure in self._cited else _BRIEF_TEXTS
            texts = [_word(row.get(column)) if column in told else "" for column in _FIGURE_TEXTS]
            rows.append([*numbers, *texts, source_number, same if figure in self._cited else []])
        listed = [[title, publisher, url if is_web_address(url) else "", date] for title, publisher, url, date in sources]
        return {
            "figures": packing.table(("value", "low", "high", *_FIGURE_TEXTS, "source", "others"), rows),
            "sources": packing.table(("title", "publisher", "url", "date"), listed),
        }


def is_web_address(url: str) -> bool:
    """Whether a link may lead there: only the web, never a script."""
    return url.startswith(("https://", "http://"))


def tables(network: Any, chosen: Selection, comparisons: Sequence[Any]) -> dict[str, Any]:
    """Every table of the page, as plain values."""
    statements = Statements(network.figure_facts)
    scores = _scores(chosen, comparisons)
    return {
        "places": _places(chosen, scores, statements),
        "links": _links(chosen, statements),
        "corridors": _corridors(network.corridors, chosen),
        "comparisons": [_comparison(item, chosen, scores) for item in comparisons],
        **statements.tables(),
    }


def _places(chosen: Selection, scores: Sequence[float], statements: Statements) -> dict[str, Any]:
    texts = ("place_id", "country", "kind", "unlocode", "stated_capacity")
    numbers = ("dwell_days", "transfer_usd_t")
    at = shapely.get_coordinates(np.asarray(chosen.places.geometry))
    # The order of importance decides which name stands where two would collide.
    order = {place: rank for rank, place in enumerate(sorted(range(len(scores)), key=lambda i: (-scores[i], i)))}
    rows = []
    for i, row in enumerate(chosen.places.to_dict("records")):
        name = _word(row.get("name"))
        names = [name, *((_word(row.get(f"name_{language}")) or name) for language in text.LANGUAGES[1:])]
        rows.append([
            names if len(set(names)) > 1 else names[0],
            *(_word(row.get(column)) for column in texts),
            *(_number(row.get(column)) for column in numbers),
            [statements.number(row.get(column)) for column in _PLACE_FIGURES],
            round(at[i][0], 4), round(at[i][1], 4), order[i],
        ])  # fmt: skip
    return packing.table(("names", "id", *texts[1:], *numbers, "figures", "lon", "lat", "rank"), rows)


_LINK_COLUMNS = (
    "id", "name", "from", "to", "mode", "commodities", "status", "colour", "width", "capacity", "gas", "teu", "stated",
    "one_way", "active", "begin", "end", "km", "drawn_km", "km_stated", "days", "days_rate", "cost", "cost_rate", "gauge",
    "countries", "quality", "note", "figures", "line",
)  # fmt: skip


def _links(chosen: Selection, statements: Statements) -> dict[str, Any]:
    tolerance = _SIMPLIFY_MANY_DEG if len(chosen.links) > _MANY_LINKS else _SIMPLIFY_DEG
    lines = packing.lines(shapely.simplify(np.asarray(chosen.links.geometry), tolerance))
    rows = [
        _link(row, line, chosen, statements)
        for row, line in zip(chosen.links.drop(columns="geometry").to_dict("records"), lines, strict=True)
    ]
    return packing.table(_LINK_COLUMNS, rows)


def _link(row: Mapping[Any, Any], line: str, chosen: Selection, statements: Statements) -> list[Any]:
    goods = split_list(row["commodities"])
    capacity = float(row["capacity"])
    # A line of gas is counted in gas even where it has no limit and so no unit of its own.
    gas = goods == ("gas",) or str(row.get("unit", "")) in ("mcm/yr", "bcm/yr")
    teu = round(teu_from_kt(capacity)) if "container" in goods and math.isfinite(capacity) and not gas else None
    return [
        _short_id(row), _own_name(row, chosen), chosen.place_at[row["from_place"]], chosen.place_at[row["to_place"]],
        row["mode"], list(goods), _word(row.get("status")), style.colour_key(row["mode"], goods),
        style.width_px(capacity, gas=gas), _number(capacity), gas, teu, _word(row.get("stated_capacity")),
        not bool(row.get("both_ways", True)), bool(row.get("active", True)), _number(row.get("valid_from")),
        _number(row.get("valid_to")), _number(row.get("length_km"), 1), _number(row.get("drawn_km"), 1),
        row.get("length_basis") == "stated", _number(row.get("days"), 2), row.get("days_basis") == "rate",
        _number(row.get("cost_usd_t"), 2), row.get("cost_basis") == "rate", _number(row.get("gauge_mm")),
        list(split_list(_word(row.get("countries")))), _word(row.get("geometry_quality")), _word(row.get("note")),
        [statements.number(row.get(column)) for column in _LINK_FIGURES],
        line,
    ]  # fmt: skip


def _short_id(row: Mapping[Any, Any]) -> str:
    """The id of a link, with a star for "from-to" where it ends so: most do, and a big page has no byte to spare."""
    ends = f"{row['from_place']}-{row['to_place']}"
    return row["link_id"].removesuffix(ends) + "*" if row["link_id"].endswith(ends) else str(row["link_id"])


def _own_name(row: Mapping[Any, Any], chosen: Selection) -> str:
    """The name of a link where it says more than its two ends."""
    ends = [chosen.names[chosen.place_at[row[end]]] for end in ("from_place", "to_place")]
    name = _word(row.get("name"))
    return "" if name in (" - ".join(ends), " – ".join(ends)) else name


def _corridors(corridors: pd.DataFrame, chosen: Selection) -> dict[str, Any]:
    rows = []
    for row in corridors.to_dict("records"):
        members = [chosen.link_at[link] for link in row["members"] if link in chosen.link_at]
        name = _word(row.get("name"))
        names = [name, *((_word(row.get(f"name_{language}")) or name) for language in text.LANGUAGES[1:])]
        if members:
            rows.append([row["corridor_id"], names, members])
    return packing.table(("id", "names", "links"), rows)


_ROUTE_COLUMNS = (
    "rank", "via", "places", "links", "km", "days", "cost", "capacity", "teu", "bottleneck", "countries", "transfers",
    "gauge_breaks", "legs",
)  # fmt: skip


def _comparison(item: Any, chosen: Selection, scores: Sequence[float]) -> dict[str, Any]:
    routes = item.routes
    legs = routes.legs.drop(columns="geometry", errors="ignore").to_dict("records")
    rows = [
        _route(row, [leg for leg in legs if leg["rank"] == row["rank"]], routes.commodity, chosen, scores)
        for row in routes.table.to_dict("records")
    ]
    return {
        "title": text.in_all(item.title),
        "note": text.in_all(item.note or ""),
        "origin": chosen.place_at.get(routes.origin),
        "destination": chosen.place_at.get(routes.destination),
        "commodity": routes.commodity,
        "by": routes.by,
        "reason": _word(routes.reason),
        "names": [text.in_all(name) for name in getattr(item, "names", ())],
        "routes": packing.table(_ROUTE_COLUMNS, rows),
    }


def _route(row: Mapping[Any, Any], legs: list[Mapping[Any, Any]], commodity: str, chosen: Selection, scores: Sequence[float]) -> list[Any]:
    capacity = float(row["capacity"])
    teu = round(teu_from_kt(capacity)) if commodity == "container" and math.isfinite(capacity) else None
    countries = zip(row["countries"], row["country_km"], strict=True)
    return [
        int(row["rank"]), _via(row["places"], legs, chosen, scores), [chosen.place_at[place] for place in row["places"]],
        [chosen.link_at[link] for link in row["links"]], _number(row["km"]), _number(row["days"], 1),
        _number(row["cost_usd_t"], 2), _number(capacity), teu, _narrowest(row["bottleneck"], chosen),
        [[code, _number(km, 1)] for code, km in countries], _number(row["transfers"]), _number(row["gauge_breaks"]),
        [[leg["mode"], _number(leg["km"], 1)] for leg in legs],
    ]  # fmt: skip


def _narrowest(name: Any, chosen: Selection) -> list[Any] | str:
    """The link or place with the least capacity, by its position on the page."""
    for kind, at in (("link", chosen.link_at), ("place", chosen.place_at)):
        if name in at:
            return [kind, at[name]]
    return _word(name)


def _via(places: Sequence[str], legs: list[Mapping[Any, Any]], chosen: Selection, scores: Sequence[float]) -> list[int]:
    """The few places on the way that tell it from another: where the mode changes first, then the most important."""
    dull = chosen.places["kind"].isin(_DULL_KINDS).tolist() if "kind" in chosen.places else [False] * len(scores)
    starts = [(chosen.place_at[leg["from_place"]], leg["mode"] == "transfer") for leg in legs]
    # A transfer on site joins two names of one town: the one where the next leg begins is enough.
    twice = {place for place, on_site in starts if on_site}
    changes = {place for place, on_site in starts if not on_site}
    inner = [place for place in dict.fromkeys(chosen.place_at[name] for name in places[1:-1]) if place not in twice]
    told = sorted(inner, key=lambda place: (place not in changes, dull[place], -scores[place], place))[:_KEY_PLACES]
    return [place for place in inner if place in told]


def _scores(chosen: Selection, comparisons: Sequence[Any]) -> list[float]:
    """How much each place matters: its kind, how much passes through it, and whether a comparison starts or ends there."""
    through = np.zeros(len(chosen.place_at))
    degree = np.zeros(len(chosen.place_at))
    rows = zip(chosen.links["from_place"], chosen.links["to_place"], chosen.links["capacity"], strict=True)
    for start, end, capacity in rows:
        for place in (chosen.place_at[start], chosen.place_at[end]):
            degree[place] += 1
            through[place] += min(capacity, 50_000.0)
    kinds = [_KIND_WEIGHT.get(_word(kind), 1.0) for kind in chosen.places.get("kind", [""] * len(degree))]
    scores = np.array(kinds) + np.log2(1 + through / 1000) / 2 + 0.5 * np.minimum(degree, 8)
    scores += (chosen.places["country"] == style.HOME).to_numpy()
    # A long name hides much of the map for one place.
    scores -= 0.1 * np.maximum(np.array([len(name) for name in chosen.places["name"]], dtype=float) - _LONG_NAME, 0)
    for item in comparisons:
        for end in (item.routes.origin, item.routes.destination):
            if end in chosen.place_at:
                scores[chosen.place_at[end]] += 8
    return [float(score) for score in np.round(scores, 6)]


def _word(value: Any) -> str:
    """A cell as text; nothing for a missing one."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(value)


def _number(value: Any, digits: int = 6) -> float | int | None:
    """A cell as a number; None for a missing or infinite one."""
    number = packing.plain(value if not isinstance(value, str) else pd.to_numeric(value, errors="coerce"))
    return round(number, digits) if isinstance(number, float) else number
