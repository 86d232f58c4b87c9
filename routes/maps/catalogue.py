"""The pages of the gallery, one entry each: what it shows, what it compares, which statements stand beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from geodata.ledger import ledger_table
from geodata.network import Network
from geodata.schema import split_list

from ..scenarios import Scenario
from ..verdicts import HIGHWAY
from . import text
from .pages import NOT_RUSSIA, Chooser, Most, Page, Question, Way

LONGEST_NAME = 80


def packaged_pages() -> tuple[Page, ...]:
    """The pages of the packaged network, in the order of the gallery."""
    return (
        Page(
            "atlas-oil",
            group="ask",
            uses=("cases", "scenarios"),
            questions=(TENGIZ_MEDITERRANEAN,),
            case="kazakh-crude-2024",
            bounds=(13, 35, 86, 58),
        ),
        Page(
            "atlas-boxes",
            group="ask",
            uses=("cases", "scenarios"),
            questions=(CHINA_EUROPE,),
            case="china-europe-containers-2024",
            bounds=(5, 30, 115, 60),
        ),
        Page(
            "atlas-north-south",
            group="ask",
            uses=("cases", "scenarios"),
            questions=(NORTH_SOUTH,),
            case="north-south-2024",
            bounds=(26, 17, 82, 60),
        ),
        Page("atlas-gas", group="ask", uses=("cases", "scenarios"), case="gas-2024", bounds=(26, 36, 84, 54)),
        Page("all-systems", figures=BORDER_AND_TRADE, bounds=(8, 22, 110, 60)),
        Page("oil-export", links=_oil_out, most=Most(FIELDS, MARKETS, "crude"), bounds=(8, 33, 90, 60)),
        Page("compare-tengiz-mediterranean", group="comparison", questions=(TENGIZ_MEDITERRANEAN,)),
        Page("compare-kazakhstan-germany", group="comparison", questions=(KAZAKHSTAN_GERMANY,), figures=GERMANY),
        Page("compare-kazakhstan-china-oil", group="comparison", questions=(KAZAKH_OIL_CHINA, RUSSIAN_OIL_CHINA), figures=CHINA_OIL),
        Page(
            "china-europe",
            links=_corridors(
                "northern", "northern-dostyk", "titr", "titr-btk", "siberian-manzhouli", "siberian-mongolia", "zhezkazgan-beyneu"
            ),
            questions=(CHINA_EUROPE,),
            most=Most(("xian",), ("duisburg",), "container", close=("shanghai-port", "lianyungang", "mumbai-port")),
            bounds=(5, 33, 112, 60),
        ),
        Page("compare-china-europe", group="comparison", questions=(CHINA_EUROPE,), figures=CHINA_TIMES),
        Page("compare-europe-kazakhstan", group="comparison", questions=(EUROPE_KAZAKHSTAN,)),
        Page(
            "north-south",
            links=_corridors("instc-west", "instc-caspian", "instc-east", "kazakhstan-iran-rail", "volga-don"),
            questions=(NORTH_SOUTH,),
            bounds=(28, 17, 80, 58),
        ),
        Page("compare-north-south", group="comparison", questions=(NORTH_SOUTH,), figures=NORTH_SOUTH_TIMES),
        Page("gas", links=lambda network: _with(network, commodities=["gas"]), bounds=(12, 33, 90, 58)),
        Page("compare-gas-china", group="comparison", questions=(GAS_CHINA, GAS_CHINA_NEW)),
        Page("products", links=_systems("S9", "S11", "S12"), questions=(PRODUCTS_TASHKENT,)),
        Page("compare-products", group="comparison", questions=(PRODUCTS_TASHKENT, PRODUCTS_BISHKEK, PRODUCTS_ALMATY)),
        Page("caspian-ports", links=_near(46.5, 36.0, 55.5, 47.8), bounds=(46, 36, 57, 48)),
        Page("khorgos-border", links=_near(75.5, 41.5, 88.5, 48.5), bounds=(73, 41, 90, 49.5)),
        Page("planned", links=_not_at_work),
        Page("turkish-goods", links=_systems("S25"), questions=(TURKISH_MOSCOW,)),
        Page("compare-turkish-goods", group="comparison", questions=(TURKISH_MOSCOW, TURKISH_ALMATY)),
        Page("technology-green", links=_systems("S24", "S26"), figures=TECHNOLOGY),
        Page("compare-green-corridor", group="comparison", questions=(GREEN_RAIL,)),
        Page("compare-technology", group="comparison", questions=(TECHNOLOGY_MOSCOW,), figures=TECHNOLOGY),
    )


def pages_of(network: Network) -> tuple[Page, ...]:
    """Pages for a network of the user's own: all of it, and a page for each corridor."""
    rows = zip(network.corridors["corridor_id"].tolist(), network.corridors["name"].tolist(), strict=True)
    own = [
        Page(f"corridor-{plain(corridor)}", links=_corridors(corridor), titles=dict.fromkeys(text.LANGUAGES, str(name)))
        for corridor, name in rows
    ]
    titles = {language: text.strings(language)["page.all-links.title"] for language in text.LANGUAGES}
    return (Page("all-links", titles=titles), *own)


def plain(name: str, *, signs: str = "-_") -> str:
    """An id as part of a file name; one that is long or has other signs gets a mark of its own, so that no two meet."""
    kept = "".join(sign if sign.isalnum() or sign in signs else "-" for sign in name)[:LONGEST_NAME]
    return kept if kept == name and name == name.lower() else f"{kept}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


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


def _oil_out(network: Network) -> set[str]:
    return _with(network, commodities=["crude"], modes=["pipeline", "sea", "transfer"])


def _not_at_work(network: Network) -> set[str]:
    links = network.links
    return set(links.loc[links["status"].isin(["under_construction", "planned", "proposed", "suspended"]), "link_id"])


FIELDS = ("tengiz", "kashagan", "karachaganak")
MARKETS = ("augusta-port", "rotterdam-port", "schwedt-refinery", "dushanzi-refinery")
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
CHINA_TIMES = (
    "northern-corridor.transit-days.2024-06",
    "northern-corridor-erai-1520-mm-leg.transit-days.2024-07",
    "titr.transit-days.2022-autumn",
    "titr.transit-days.2023",
    "titr.transit-days.2025",
    "sea-suez.transit-days.2025-q2",
)
NORTH_SOUTH_TIMES = ("sea-suez.transit-days.2016", "instc-western-route.transit-days.2016")
TECHNOLOGY = ("doc.kazakhstan-smartphones-russia.sales.2021-h1", "doc.kazakhstan-smartphones-russia.sales.2022-h1")

#: A way over land is not to be a way by Suez for most of its length.
BY_LAND = ("country:EGY",)
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
