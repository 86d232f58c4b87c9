"""The pages of the gallery: which links each shows, which routes it compares, and the number to take away from it.

What a page says in words stands in the string tables under ``page.NAME.title``, ``page.NAME.question`` and
``way.NAME``; a page is drawn by ``draw``, which computes with ``routes`` first and hands the results to the map.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import folium
import geopandas as gpd
import pandas as pd

from geodata.ledger import ledger_table
from geodata.network import Network
from geodata.schema import split_list

from ..flow import MaxFlow, max_flow
from ..routing import Routes, alternatives
from ..scenarios import Scenario
from . import text
from .projection import Bounds
from .thumbnail import thumbnail
from .webmap import atlas

Texts = Mapping[str, str]
Chooser = Callable[[Network], Iterable[str]]
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
    """Computed routes with the texts to show beside them; ``names`` has one text a route, or none at all."""

    title: Texts
    routes: Routes
    note: Texts
    names: tuple[Texts, ...] = ()


class Most(NamedTuple):
    """Sources, sinks and commodity whose largest flow is a page's key number, and what is closed for it."""

    sources: tuple[str, ...]
    sinks: tuple[str, ...]
    commodity: str
    close: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """What a page shows. ``links`` chooses link ids; None shows those of its comparisons alone."""

    name: str
    links: Chooser | None = None
    questions: tuple[Question, ...] = ()
    bounds: Bounds | None = None
    figures: tuple[str, ...] = ()
    most: Most | None = None
    titles: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return f"{self.name}.html"

    def title(self, language: str) -> str:
        return self.titles.get(language) or text.strings(language)[f"page.{self.name}.title"]

    def question(self, language: str) -> str:
        return "" if self.titles else text.strings(language)[f"page.{self.name}.question"]


class Drawn(NamedTuple):
    """A page that is computed: its map (made into a file by ``html``), its picture and its key number in a sentence."""

    map: folium.Map
    picture: str
    key_number: str

    def html(self) -> str:
        return str(self.map.get_root().render())


def draw(network: Network, page: Page) -> Drawn:
    """Compute what the page compares and draw it."""
    compared = [compare(network, question) for question in page.questions]
    links = sorted(page.links(network)) if page.links else [] if compared else None
    chosen = (
        sorted({*(links or ()), *(link for item in compared for way in item.routes.table["links"] for link in way)})
        if links is not None
        else None
    )
    most = _most(network, page)
    shown = atlas(
        network,
        title={language: page.title(language) for language in text.LANGUAGES},
        subtitle={language: page.question(language) for language in text.LANGUAGES},
        links=chosen,
        comparisons=compared,
        bounds=page.bounds,
        notes=[*_figure_notes(network, page.figures), *([_most_note(most)] if most else [])],
        page=page.file,
    )
    return Drawn(shown, thumbnail(network, links=chosen, bounds=page.bounds), _key_number(network, chosen, compared, most))


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
        return Comparison(title, found, {})
    found = {way.name: _best_through(network, question, way) for way in question.ways}
    return _together(title, found, question)


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
    return Comparison(title, joined, _missing_note(found), tuple(_texts(f"way.{name}") for name, _ in there))


def _missing_note(found: Mapping[str, Routes]) -> Texts:
    missing = [(name, result.reason) for name, result in found.items() if result.reason]
    return {
        language: " ".join(f"{text.strings(language)[f'way.{name}']}: {reason}." for name, reason in missing) for language in text.LANGUAGES
    }


def _texts(key: str) -> Texts:
    return {language: text.strings(language)[key] for language in text.LANGUAGES}


def _most(network: Network, page: Page) -> tuple[MaxFlow, MaxFlow] | None:
    """The most that fits between the page's sources and sinks, and the same with Russia closed to it."""
    if page.most is None:
        return None
    asked = page.most
    open_ways = Scenario("as the page has it", close=asked.close)
    without = open_ways + Scenario("Russia closed", close=NOT_RUSSIA)
    return (
        max_flow(network, asked.sources, asked.sinks, asked.commodity, scenario=open_ways),
        max_flow(network, asked.sources, asked.sinks, asked.commodity, scenario=without),
    )


def _most_note(most: tuple[MaxFlow, MaxFlow]) -> Texts:
    whole, without = most
    return {
        language: text.strings(language)["key.most"].format(
            whole=_amount(whole.value, whole.commodity, language), without=_amount(without.value, without.commodity, language)
        )
        for language in text.LANGUAGES
    }


def _figure_notes(network: Network, figures: Sequence[str]) -> list[Texts]:
    """Statements of the ledger shown beside the map: what is said, the number, and where it stands."""
    known = {row["figure_id"]: row for row in network.figures.to_dict("records")}
    notes = []
    for name in figures:
        if name in known:
            row = known[name]
            value = f"{row['value']:,.15g}"
            note = f"{row['subject']}: {value} {row['unit']}, {row['period']} ({row['source_title']}, line {row['locator']})."
            notes.append(dict.fromkeys(text.LANGUAGES, note))
    return notes


def _key_number(network: Network, links: Sequence[str] | None, compared: Sequence[Comparison], most: tuple[MaxFlow, MaxFlow] | None) -> str:
    if most:
        return _most_note(most)["en"]
    for item in compared:
        return item.routes.reason or _best(item)
    frame = network.links
    shown = frame if links is None else frame[frame["link_id"].isin(links)]
    return text.strings("en")["key.lines"].format(n=f"{len(shown):,}", km=f"{shown['length_km'].sum():,.0f}")


def _best(item: Comparison) -> str:
    """The roomiest and the cheapest of the compared ways, in a sentence; the cheapest alone where ways have no names."""
    table, words = item.routes.table, text.strings("en")
    wide, cheap = int(table["capacity"].to_numpy().argmax()), int(table["cost_usd_t"].to_numpy().argmin())
    facts = {"cost": f"{table['cost_usd_t'].iloc[cheap]:,.0f}", "days": f"{table['days'].iloc[cheap]:,.0f}"}
    if not item.names:
        return words["key.cheapest" if len(table) > 1 else "key.only"].format(n=len(table), room=_room(table, cheap, item), **facts)
    roomy, cheapest = item.names[wide]["en"], item.names[cheap]["en"]
    return words["key.best"].format(roomy=roomy, room=_room(table, wide, item), cheap=cheapest, **facts)


def _room(table: pd.DataFrame, row: int, item: Comparison) -> str:
    capacity = float(table["capacity"].iloc[row])
    return _amount(capacity, item.routes.commodity, "en") if math.isfinite(capacity) else text.strings("en")["unlimited"]


def _amount(value: float, commodity: str, language: str) -> str:
    """An amount in Mt (gas: bcm) a year for a sentence."""
    unit = "key.bcm" if commodity == "gas" else "key.mt"
    return text.strings(language)[unit].format(x=f"{value / 1000:,.1f}")


def _with(network: Network, *, commodities: Iterable[str] = (), modes: Iterable[str] = ()) -> set[str]:
    goods, kinds = set(commodities), set(modes)
    return {
        link.link_id
        for link in network.link_facts.values()
        if (not goods or goods & link.commodities) and (not kinds or link.mode in kinds)
    }


def _corridors(*names: str) -> Chooser:
    def choose(network: Network) -> set[str]:
        return {link for name in names for link in network.corridor_links[name]}

    return choose


def _systems(*systems: str) -> Chooser:
    """The links that stand for systems of the documents (``seeds/systems.csv``), their corridors spelt out."""

    def choose(network: Network) -> set[str]:
        table = ledger_table("systems").set_index("system_id")["members"]
        members = [member for name in systems for member in split_list(table[name])]
        links = {link for member in members for link in network.corridor_links.get(member, (member,))}
        return links & set(network.link_facts)

    return choose


def _near(west: float, south: float, east: float, north: float) -> Chooser:
    """Links with an end in a box."""

    def choose(network: Network) -> set[str]:
        places = network.places
        inside = places[places["lon"].between(west, east) & places["lat"].between(south, north)]["place_id"]
        ends = set(inside)
        return {link.link_id for link in network.link_facts.values() if {link.from_place, link.to_place} & ends}

    return choose


def _also(*choosers: Chooser) -> Chooser:
    return lambda network: set().union(*(set(choose(network)) for choose in choosers))


def pages_of(network: Network) -> tuple[Page, ...]:
    """Pages for a network of the user's own: all of it, and a page for each corridor."""
    pages = [Page("all-links", titles=dict.fromkeys(text.LANGUAGES, "All links"))]
    for row in network.corridors.itertuples():
        pages.append(
            Page(f"corridor-{_plain(row.corridor_id)}", links=_corridors(row.corridor_id), titles=dict.fromkeys(text.LANGUAGES, row.name))
        )
    return tuple(pages)


def _plain(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name)


FIELDS = ("tengiz", "kashagan", "karachaganak")
MARKETS = ("augusta-port", "rotterdam-port", "schwedt-refinery", "dushanzi-refinery")


def packaged_pages() -> tuple[Page, ...]:
    """The pages of the packaged network, in the order of the gallery."""
    return (
        Page("all-systems", figures=BORDER_AND_TRADE, bounds=(8, 22, 110, 60)),
        Page("oil-export", links=_oil_out, most=Most(FIELDS, MARKETS, "crude"), bounds=(8, 33, 90, 60)),
        Page("compare-tengiz-mediterranean", questions=(TENGIZ_MEDITERRANEAN,)),
        Page("compare-kazakhstan-germany", questions=(KAZAKHSTAN_GERMANY,), figures=GERMANY),
        Page("compare-kazakhstan-china-oil", questions=(KAZAKH_OIL_CHINA, RUSSIAN_OIL_CHINA), figures=CHINA_OIL),
        Page(
            "china-europe",
            links=_corridors(
                "northern", "northern-dostyk", "titr", "titr-btk", "siberian-manzhouli", "siberian-mongolia", "zhezkazgan-beyneu"
            ),
            questions=(CHINA_EUROPE,),
            most=Most(("xian",), ("duisburg",), "container", close=("shanghai-port", "lianyungang", "mumbai-port")),
            bounds=(5, 33, 112, 60),
        ),
        Page("compare-china-europe", questions=(CHINA_EUROPE,), figures=CHINA_TIMES),
        Page("compare-europe-kazakhstan", questions=(EUROPE_KAZAKHSTAN,)),
        Page(
            "north-south",
            links=_corridors("instc-west", "instc-caspian", "instc-east", "kazakhstan-iran-rail", "volga-don"),
            questions=(NORTH_SOUTH,),
            bounds=(28, 17, 80, 58),
        ),
        Page("compare-north-south", questions=(NORTH_SOUTH,), figures=NORTH_SOUTH_TIMES),
        Page("gas", links=lambda network: _with(network, commodities=["gas"]), bounds=(12, 33, 90, 58)),
        Page("compare-gas-china", questions=(GAS_CHINA, GAS_CHINA_NEW)),
        Page("products", links=_systems("S9", "S11", "S12"), questions=(PRODUCTS_TASHKENT,)),
        Page("compare-products", questions=(PRODUCTS_TASHKENT, PRODUCTS_BISHKEK, PRODUCTS_ALMATY)),
        Page("caspian-ports", links=_near(46.5, 36.0, 55.5, 47.8), bounds=(46, 36, 57, 48)),
        Page("khorgos-border", links=_near(75.5, 41.5, 88.5, 48.5), bounds=(73, 41, 90, 49.5)),
        Page("planned", links=_not_at_work),
        Page("turkish-goods", links=_systems("S25"), questions=(TURKISH_MOSCOW,)),
        Page("compare-turkish-goods", questions=(TURKISH_MOSCOW, TURKISH_ALMATY)),
        Page("technology-green", links=_systems("S24", "S26"), figures=TECHNOLOGY),
        Page("compare-green-corridor", questions=(GREEN_RAIL,)),
        Page("compare-technology", questions=(TECHNOLOGY_MOSCOW,), figures=TECHNOLOGY),
    )


def _oil_out(network: Network) -> set[str]:
    return _with(network, commodities=["crude"], modes=["pipeline", "sea", "transfer"])


def _not_at_work(network: Network) -> set[str]:
    links = network.links
    return set(links.loc[links["status"].isin(["under_construction", "planned", "proposed", "suspended"]), "link_id"])


BORDER_AND_TRADE = (
    "doc.russia-kazakhstan-border.length.2023",
    "doc.russia-kazakhstan-border.length.2022",
    "doc.russia-kazakhstan-trade.turnover.2021",
    "doc.russia-kazakhstan-trade.turnover.2021.d2",
    "doc.russia-kazakhstan-trade.turnover.2023",
    "doc.kazakhstan-china-trade.turnover.2022",
    "doc.kazakhstan-china-trade.goal",
    "doc.central-asia-china-trade.goal.2030",
)
GERMANY = ("doc.kazakh-oil-germany.planned.2023", "doc.kazakh-oil-germany.possible", "doc.russian-oil-germany.former")
CHINA_OIL = ("doc.kazakhstan-china-oil.planned-exports",)
CHINA_TIMES = ()
NORTH_SOUTH_TIMES = ("sea-suez.transit-days.2016", "instc-western-route.transit-days.2016")
TECHNOLOGY = ("doc.kazakhstan-smartphones-russia.sales.2021-h1", "doc.kazakhstan-smartphones-russia.sales.2022-h1")

NOT_RUSSIA = ("country:RUS",)
#: A way over land is not to be a way by Suez for most of its length.
BY_LAND = ("country:EGY",)
#: The highway is left out where a way is a railway's, so that no lorry stands in between two trains.
HIGHWAY = ("western-europe-western-china", "central-asia-china-road")
TENGIZ_MEDITERRANEAN = Question(
    "tengiz-mediterranean",
    "tengiz",
    "augusta-port",
    "crude",
    ways=(
        Way("cpc", (("cpc-border", "cpc-terminal"),)),
        Way("samara-novorossiysk", (("samara-ps", "novorossiysk-sheskharis"),)),
        Way("btc", (("aktau-oil-terminal", "ceyhan-terminal"),)),
        Way("batumi", (("aktau-oil-terminal", "batumi-oil-terminal"),)),
        Way("makhachkala", (("makhachkala-oil-terminal", "novorossiysk-sheskharis"),)),
        Way("baltic", (("unecha", "ust-luga"),)),
    ),
)
KAZAKHSTAN_GERMANY = Question("kazakhstan-germany", "karachaganak", "schwedt-refinery", "crude", k=3)
KAZAKH_OIL_CHINA = Question("kazakh-oil-china", "tengiz", "dushanzi-refinery", "crude", k=3)
RUSSIAN_OIL_CHINA = Question("russian-oil-china", "omsk-ps", "dushanzi-refinery", "crude", k=2)
CHINA_EUROPE = Question(
    "china-europe",
    "xian",
    "duisburg",
    "container",
    ways=(
        Way("northern", (("dostyk", "malaszewicze"), ("altynkol", "malaszewicze")), HIGHWAY),
        Way("middle-black-sea", (("alat-port", "constanta-port"),), (*NOT_RUSSIA, *BY_LAND, *HIGHWAY)),
        Way("middle-turkey", (("alat-port", "akhalkalaki", "kapikule"),), (*NOT_RUSSIA, *BY_LAND, *HIGHWAY)),
        Way("suez", (("shanghai-port", "suez"),)),
        Way("cape", (("shanghai-port", "cape-of-good-hope"),)),
    ),
)
EUROPE_KAZAKHSTAN = Question(
    "europe-kazakhstan",
    "duisburg",
    "almaty",
    "container",
    ways=(
        Way("russia", (("malaszewicze",),), HIGHWAY),
        Way("caucasus-black-sea", (("constanta-port", "alat-port"),), (*NOT_RUSSIA, *BY_LAND, *HIGHWAY)),
        Way("caucasus-turkey", (("kapikule", "akhalkalaki", "alat-port"),), (*NOT_RUSSIA, *BY_LAND, *HIGHWAY)),
    ),
)
NORTH_SOUTH = Question(
    "north-south",
    "moscow",
    "mumbai-port",
    "container",
    ways=(
        Way("instc-west", (("astara-az", "astara-ir"),)),
        Way(
            "instc-caspian",
            (
                ("volga-mouth", "anzali-port"),
                ("volga-mouth", "amirabad-port"),
                ("makhachkala-port", "anzali-port"),
                ("makhachkala-port", "amirabad-port"),
            ),
        ),
        Way("instc-east", (("bolashak", "incheh-borun"), ("bolashak", "sarakhs"))),
        Way("suez-black-sea", (("novorossiysk-port", "suez"),)),
        Way("suez-baltic", (("st-petersburg-port", "suez"),)),
    ),
)
GAS_CHINA = Question("gas-china", "orenburg-gpp", "khorgos-gas-china", "gas", k=2, max_overlap=0.5)
GAS_CHINA_NEW = replace(
    GAS_CHINA,
    name="gas-china-new",
    origin="ishim-gas",
    destination="dostyk-gas",
    scenario=Scenario("new line", open=("russia-kazakhstan-china-gas",)),
)
PRODUCTS_TASHKENT = Question("products-tashkent", "shymkent-refinery", "tashkent", "products", k=3)
PRODUCTS_BISHKEK = Question("products-bishkek", "pavlodar-refinery", "bishkek", "products", k=3)
PRODUCTS_ALMATY = Question("products-almaty", "omsk-refinery", "almaty", "products", k=3)
TURKISH_MOSCOW = Question(
    "turkish-moscow",
    "istanbul",
    "moscow",
    "container",
    ways=(
        Way("georgia-road", (("verkhny-lars",),)),
        Way("black-sea", (("novorossiysk-port",), ("kavkaz-port",))),
        Way("azerbaijan-rail", (("yalama", "samur"),)),
    ),
)
TURKISH_ALMATY = Question(
    "turkish-almaty",
    "istanbul",
    "almaty",
    "container",
    ways=(
        Way("russia", (("verkhny-lars", "astrakhan"), ("novorossiysk-port", "astrakhan"))),
        Way("caspian", (("alat-port", "aktau-port"), ("alat-port", "kuryk-port"), ("alat-port", "turkmenbashi-port")), NOT_RUSSIA),
    ),
)
GREEN_RAIL = Question("green-corridor", "tashkent", "moscow", "container", k=4)
TECHNOLOGY_MOSCOW = Question("technology", "horgos", "moscow", "container", k=4)
