"""What a page is, and how one is made: computed with ``routes`` first, then drawn.

What a page says in words stands in the string tables under ``page.NAME.title``, ``page.NAME.question``,
``compare.NAME`` and ``way.NAME``. The pages themselves are in ``catalogue``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import folium
import geopandas as gpd
import pandas as pd

from geodata.network import Network

from ..allocation import Allocation, allocate
from ..cases import read_case
from ..flow import max_flow
from ..routing import Routes, alternatives
from ..scenarios import Scenario
from . import text
from .plates import figure, routes_figure
from .projection import Bounds
from .thumbnail import thumbnail
from .webmap import atlas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Texts = Mapping[str, str]
Chooser = Callable[[Network], Iterable[str]]
NOT_RUSSIA = ("country:RUS",)
#: A way that costs more than so many times the cheapest is left out of a comparison without named ways.
DEAREST = 3.0
MINOR_KINDS = ("junction", "pump_station", "border")
COLUMN = {"cost": "cost_usd_t", "days": "days", "km": "km", "transfers": "transfers"}


@dataclass(frozen=True)
class Way:
    """One way of a comparison: the best route by one of its chains of places that keeps clear of what it avoids."""

    name: str
    chains: tuple[tuple[str, ...], ...]
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A pair of places, a commodity, and either named ways (the best of each is shown) or the ``k`` best routes."""

    name: str
    origin: str
    destination: str
    commodity: str
    ways: tuple[Way, ...] = ()
    k: int = 4
    by: str = "cost"
    max_overlap: float = 0.7
    scenario: Scenario | None = None


@dataclass(frozen=True)
class Comparison:
    """Computed routes with the texts to show beside them; ``names`` has one text a route, or none at all.

    ``question`` stands there where its named ways can be sought again on a page that plans.
    """

    title: Texts
    routes: Routes
    note: Texts
    names: tuple[Texts, ...] = ()
    question: Question | None = None


class Most(NamedTuple):
    """Sources, sinks and commodity whose largest flow is a page's key number, and what is closed for it."""

    sources: tuple[str, ...]
    sinks: tuple[str, ...]
    commodity: str
    close: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """What a page shows. ``links`` chooses link ids; None shows those of its comparisons alone.

    ``group`` is the heading of the gallery that it stands under, ``uses`` names the tables it reads besides those of
    places and links: ``cases``, ``scenarios``. A page is made anew only where something it uses has changed.
    """

    name: str
    links: Chooser | None = None
    questions: tuple[Question, ...] = ()
    bounds: Bounds | None = None
    figures: tuple[str, ...] = ()
    most: Most | None = None
    case: str | None = None
    titles: Mapping[str, str] = field(default_factory=dict)
    group: str = "overview"
    uses: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        return f"{self.name}.html"

    def title(self, language: str) -> str:
        return self.titles.get(language) or text.strings(language)[f"page.{self.name}.title"]

    def question(self, language: str) -> str:
        return "" if self.titles else text.strings(language)[f"page.{self.name}.question"]


class Drawn(NamedTuple):
    """A page that is computed: its map (made into a file by ``html``), its picture and its key number in a sentence.

    ``links`` are those it shows (None: all), ``compared`` what it compares, ``plan`` what it plans; `printed` makes figures of them.
    """

    map: folium.Map
    picture: str
    key_number: str
    links: tuple[str, ...] | None
    compared: tuple[Comparison, ...]
    plan: Allocation | None

    def html(self) -> str:
        return str(self.map.get_root().render())


def draw(network: Network, page: Page) -> Drawn:
    """Compute what the page compares and draw it."""
    compared = [compare(network, question) for question in page.questions]
    if page.case:
        compared = [replace(item, question=asked if asked.ways else None) for item, asked in zip(compared, page.questions, strict=True)]
    routed = {link for item in compared for way in item.routes.table["links"] for link in way}
    named = page.links(network) if page.links else ()
    chosen = sorted({*named, *routed}) if page.links or compared else None
    most = _most(network, page.most) if page.most else None
    shown = atlas(
        network,
        title={language: page.title(language) for language in text.LANGUAGES},
        subtitle={language: page.question(language) for language in text.LANGUAGES},
        links=chosen,
        comparisons=compared,
        bounds=page.bounds,
        notes=[*_figure_notes(network, page.figures), *([most] if most else [])],
        page=page.file,
        case=page.case,
    )
    plan = allocate(network, read_case(page.case, network)) if page.case else None
    key = _planned(plan) if plan else _key_number(network, chosen, compared, most)
    picture = thumbnail(network, links=chosen if plan is None else plan.links["link_id"].tolist(), bounds=page.bounds)
    return Drawn(shown, picture, key, None if chosen is None else tuple(chosen), tuple(compared), plan)


def printed(network: Network, page: Page, drawn: Drawn, language: str = "en") -> Figure:
    """The printed map of a page that is computed, with numbers on the ways that it compares.

    Raises ValueError for an unknown language.
    """
    said: dict[str, Any] = {
        "title": page.title(language),
        "subtitle": page.question(language),
        "bounds": page.bounds,
        "language": language,
    }
    if drawn.plan:
        return figure(network, allocation=drawn.plan, **said)
    ways = [
        (_way_told(network, drawn.compared, item, at, language), tuple(item.routes.table["links"].iloc[at]))
        for item in drawn.compared
        for at in range(len(item.routes.table))
    ]
    if ways:
        return routes_figure(network, ways, links=drawn.links or (), **said)
    return figure(network, links=drawn.links, **said)


def compare(network: Network, question: Question) -> Comparison:
    """The routes of a question: the best of each named way, ranked together, or the k best."""
    title = _texts(f"compare.{question.name}")
    if not question.ways:
        found = alternatives(
            network,
            question.origin,
            question.destination,
            question.commodity,
            k=question.k,
            by=question.by,
            max_overlap=question.max_overlap,
            scenario=question.scenario,
        )
        found = _within_reach(found)
        return Comparison(title, found, _basis_note(found))
    return _together(title, {way.name: _best_through(network, question, way) for way in question.ways}, question)


def _within_reach(found: Routes) -> Routes:
    """Without the ways that cost many times the cheapest one: nobody would call them alternatives."""
    least = found.table["cost_usd_t"].min()
    kept = found.table.loc[found.table["cost_usd_t"] <= DEAREST * least, "rank"]
    table, legs = (frame[frame["rank"].isin(kept)] for frame in (found.table, found.legs))
    return replace(found, table=table.reset_index(drop=True), legs=legs.reset_index(drop=True))


def _best_through(network: Network, question: Question, way: Way) -> Routes:
    """The best route by any chain of a way."""
    tried = [
        alternatives(
            network,
            question.origin,
            question.destination,
            question.commodity,
            k=1,
            by=question.by,
            via=chain,
            avoid=way.avoid,
            scenario=question.scenario,
        )
        for chain in way.chains
    ]
    return min(tried, key=lambda routes: float(routes.table[COLUMN[question.by]].min()) if len(routes) else math.inf)


def _together(title: Texts, found: Mapping[str, Routes], question: Question) -> Comparison:
    """One table of the best route of each way, and a note on the ways that have none."""
    there = [(name, result) for name, result in found.items() if not result.reason]
    there.sort(key=lambda item: (float(item[1].table[COLUMN[question.by]].iloc[0]), item[0]))
    tables = [result.table.assign(rank=rank) for rank, (_, result) in enumerate(there, start=1)]
    legs = [result.legs.assign(rank=rank) for rank, (_, result) in enumerate(there, start=1)]
    first = next(iter(found.values()))
    if not there:
        return Comparison(title, first, _missing_note(found))
    frame = gpd.GeoDataFrame(pd.concat(legs, ignore_index=True), geometry="geometry", crs=first.legs.crs)
    joined = replace(first, table=pd.concat(tables, ignore_index=True), legs=frame, reason="")
    missing, basis = _missing_note(found), _basis_note(joined)
    note = {language: f"{missing[language]} {basis[language]}".strip() for language in text.LANGUAGES}
    return Comparison(title, joined, note, tuple(_texts(f"way.{name}") for name, _ in there))


def _basis_note(routes: Routes) -> Texts:
    """How much of each way's cost and time is stated, the rest being default rates."""
    if routes.reason:
        return {}

    def told(column: str) -> str:
        return ", ".join(f"{share:.0%}" for share in routes.table[column])

    return _texts("note.basis", cost=told("stated_cost_share"), days=told("stated_days_share"))


def _missing_note(found: Mapping[str, Routes]) -> Texts:
    missing = [(name, result.reason) for name, result in found.items() if result.reason]
    return {
        language: " ".join(f"{text.strings(language)[f'way.{name}']}: {reason}." for name, reason in missing) for language in text.LANGUAGES
    }


def _texts(key: str, **values: str) -> Texts:
    """A text of the string tables in every language, with values put in where it has places for them."""
    return {language: text.strings(language)[key].format(**values) for language in text.LANGUAGES}


def _most(network: Network, asked: Most) -> Texts:
    """The most that fits between a page's sources and sinks, and the same with Russia closed to it, in a sentence."""
    open_ways = Scenario("as the page has it", close=asked.close)
    without = open_ways + Scenario("Russia closed", close=NOT_RUSSIA)
    amounts = {
        name: max_flow(network, asked.sources, asked.sinks, asked.commodity, scenario=scenario).value
        for name, scenario in (("whole", open_ways), ("without", without))
    }
    places = network.places.set_index("place_id")

    def told(language: str) -> str:
        column = "name" if language == "en" else f"name_{language}"
        ends = {"sources": asked.sources, "sinks": asked.sinks}
        names = {word: ", ".join(places.loc[list(some), column]) for word, some in ends.items()}
        values = {word: _amount(amount, asked.commodity, language) for word, amount in amounts.items()}
        return text.strings(language)["key.most"].format(**names, **values)

    return {language: told(language) for language in text.LANGUAGES}


def _figure_notes(network: Network, figures: Sequence[str]) -> list[Texts]:
    """Statements of the ledger shown beside the map: what is said, the number, and where it stands."""
    known = network.figure_facts
    return [dict.fromkeys(text.LANGUAGES, _told(known[name])) for name in figures if name in known]


def _told(row: Mapping[Any, Any]) -> str:
    """A statement in a sentence: subject, number (or range), unit, period, and where it stands."""
    value = f"{row['value']:,.15g}" if math.isnan(row["low"]) else f"{row['low']:,.15g}-{row['high']:,.15g}"
    where = f"line {row['locator']}" if row["kind"] == "document" else str(row["source_date"])
    return f"{row['subject']}: {value} {row['unit']}, {row['period']} ({row['source_title']}, {where})."


def _key_number(network: Network, links: Sequence[str] | None, compared: Sequence[Comparison], most: Texts | None) -> str:
    if most:
        return most["en"]
    if compared:
        return compared[0].routes.reason or _best(compared[0])
    frame = network.links
    shown = frame if links is None else frame[frame["link_id"].isin(links)]
    facts = {"n": f"{len(shown):,}", "km": f"{shown['length_km'].sum():,.0f}"}
    if not network.figure_facts:
        return text.strings("en")["key.lines"].format(**facts)
    return text.strings("en")["key.lines_sourced"].format(share=f"{_sourced_share(network, shown):.0%}", **facts)


def _planned(plan: Allocation) -> str:
    """What arrives of a case's first flow in its cheapest plan, in a sentence."""
    row, commodity = plan.by_flow.iloc[0], plan.case.flows[0].commodity
    words = text.strings("en")
    return words["key.planned_gas" if commodity == "gas" else "key.planned"].format(
        flow=words.get(f"flow.{row['flow']}", row["flow"]),
        x=_amount(row["delivered"], commodity, "en"),
        y=_amount(row["demand"], commodity, "en"),
        cost=f"{row['cost_usd_t']:,.0f}",
    )


def _sourced_share(network: Network, links: pd.DataFrame) -> float:
    """Share of the limited capacities that rest on a public source, a document, or a figure derived from them."""
    kinds = {name: row["kind"] for name, row in network.figure_facts.items()}
    cited = links.get("capacity_figure", pd.Series("", index=links.index))[links["capacity"] < math.inf]
    return float(cited.map(kinds).isin(["public", "document", "derived"]).mean())


def _best(item: Comparison) -> str:
    """The roomiest and the cheapest of the compared ways, in a sentence; the cheapest alone where ways have no names."""
    table, words = item.routes.table, text.strings("en")
    wide, cheap = int(table["capacity"].to_numpy().argmax()), int(table["cost_usd_t"].to_numpy().argmin())
    unit = "key.usd_gas" if item.routes.commodity == "gas" else "key.usd_t"
    cost = words[unit].format(x=f"{table['cost_usd_t'].iloc[cheap]:,.0f}")
    facts = {"cost": cost, "days": f"{table['days'].iloc[cheap]:,.0f}"}
    if not item.names:
        return words["key.cheapest" if len(table) > 1 else "key.only"].format(n=len(table), room=_room(table, cheap, item), **facts)
    roomy, cheapest = item.names[wide]["en"], item.names[cheap]["en"]
    return words["key.best"].format(roomy=roomy, room=_room(table, wide, item), cheap=cheapest, **facts)


def _way_told(network: Network, compared: Sequence[Comparison], item: Comparison, at: int, language: str) -> str:
    """A way for a legend: its name, or where it goes that others do not, then its room, cost and days."""
    table, words = item.routes.table, text.strings(language)
    name = item.names[at][language] if item.names else _by_way_of(network, table, at, language)
    if len(table) == 1:
        name = item.title[language]
    elif len(compared) > 1:
        name = f"{item.title[language]}: {name}"
    capacity, days = float(table["capacity"].iloc[at]), float(table["days"].iloc[at])
    is_gas = item.routes.commodity == "gas"
    unit = words["key.bcm" if is_gas else "key.mt"]
    room = unit.format(x=text.number(capacity / 1000, language)) if math.isfinite(capacity) else words["unlimited"]
    cost = text.number(float(table["cost_usd_t"].iloc[at]), language, 0)
    return words["figure.way_gas" if is_gas else "figure.way"].format(
        name=name, room=room, cost=cost, days=text.number(days, language, int(days < 9.95))
    )


def _by_way_of(network: Network, table: pd.DataFrame, at: int, language: str) -> str:
    """The two places that tell a way from the others of its table, the largest kinds first."""
    words, facts = text.strings(language), network.place_facts
    own = table["places"].iloc[at]
    elsewhere = {place for other in range(len(table)) if other != at for place in table["places"].iloc[other]}
    inner = [place for place in own[1:-1] if place not in elsewhere] or list(own[1:-1])
    telling = sorted(inner, key=lambda place: facts[place].kind in MINOR_KINDS)[:2]
    if not telling:
        return words["direct"]
    places = network.places.set_index("place_id")
    names = places["name" if language == "en" else f"name_{language}"] if "name_ru" in places else places["name"]
    return words["via"].format(x=", ".join(str(names[place]) for place in own if place in telling))


def _room(table: pd.DataFrame, row: int, item: Comparison) -> str:
    capacity = float(table["capacity"].iloc[row])
    return _amount(capacity, item.routes.commodity, "en") if math.isfinite(capacity) else text.strings("en")["unlimited"]


def _amount(value: float, commodity: str, language: str) -> str:
    """An amount in Mt (gas: bcm) a year for a sentence."""
    unit = "key.bcm" if commodity == "gas" else "key.mt"
    return text.strings(language)[unit].format(x=f"{value / 1000:,.1f}")
