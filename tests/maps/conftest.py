"""A toy network with every mode, status and kind of trouble in its names, its page, and a browser without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import pytest

import geodata
import make_maps
from geodata.network import Network
from routes import alternatives, maps
from routes.routing import Routes
from tests.conftest import write_rows

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

IMAGE = "<img src=x onerror=alert(1)>"
END = "</script><script>alert(2)</script>"
TEMPLATE = "{{7*7}}{% raw %}{# x #}"
FORMULA = "=1+1"
HOSTILE = (IMAGE, END, TEMPLATE, FORMULA)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"]


@dataclass(frozen=True)
class Compared:
    """What a page compares, as the main job hands it over."""

    title: str
    routes: Routes
    note: str = ""


def _place(place_id: str, name: str, ru: str, kk: str, country: str, lon: float, lat: float, kind: str) -> dict[str, object]:
    return {"place_id": place_id, "name": name, "name_ru": ru, "name_kk": kk, "country": country, "lon": lon, "lat": lat, "kind": kind}


def _link(link_id: str, start: str, end: str, mode: str, goods: str, capacity: object, unit: str, **more: object) -> dict[str, object]:
    row = {"link_id": link_id, "from_place": start, "to_place": end, "mode": mode, "commodities": goods}
    return row | {"capacity": capacity, "unit": unit, "both_ways": "true", "status": "operating", "countries": "KAZ"} | more


PLACES = [
    _place("field", "Field", "Промысел", "Кен орны", "KAZ", 53.4, 46.1, "field"),
    _place("aktau", "Aktau port", "Порт Актау", "Ақтау порты", "KAZ", 51.2, 43.6, "port"),
    _place("baku", "Baku", "Баку", "Баку", "AZE", 49.9, 40.4, "port"),
    _place("poti", "Poti", "Поти", "Поти", "GEO", 41.7, 42.1, "port"),
    _place("samara", "Samara", "Самара", "Самара", "RUS", 50.1, 53.2, "station"),
    _place("sea-end", "Novorossiysk", "Новороссийск", "Новороссийск", "RUS", 37.8, 44.7, "terminal"),
    _place("border", IMAGE, END, TEMPLATE, "KAZ", 60.0, 50.0, "border"),
    _place("plant", FORMULA, FORMULA, FORMULA, "KAZ", 68.0, 48.0, "refinery"),
    _place("lonely", "Lonely", "Одинокий", "Жалғыз", "KAZ", 75.0, 49.0, "dry_port"),
]
LINKS = [
    _link(
        "pipe-north",
        "field",
        "samara",
        "pipeline",
        "crude",
        17.5,
        "Mt/yr",
        both_ways="false",
        countries="KAZ;RUS",
        capacity_figure="f.north",
    ),
    _link(
        "pipe-west",
        "field",
        "sea-end",
        "pipeline",
        "crude",
        72.5,
        "Mt/yr",
        both_ways="false",
        countries="KAZ;RUS",
        capacity_figure="f.west",
    ),
    _link("rail-field", "field", "aktau", "rail", "crude;container;bulk", 8, "Mt/yr", capacity_figure="a.rail", note=END),
    _link("sea-caspian", "aktau", "baku", "sea", "crude;container", "unlimited", "", countries="KAZ;AZE"),
    _link("rail-caucasus", "baku", "poti", "rail", "crude;container", 120000, "TEU/yr", countries="AZE;GEO"),
    _link("pipe-gas", "field", "border", "pipeline", "gas", 10, "bcm/yr", both_ways="false"),
    _link("road-plan", "border", "plant", "road", "container", 1, "Mt/yr", status="planned", valid_from=2030),
    _link("road-lonely", "lonely", "plant", "road", "bulk", 0.05, "Mt/yr", status="proposed"),
    _link("rail-shut", "plant", "samara", "rail", "bulk", 3, "Mt/yr", status="suspended", valid_to=2021, countries="KAZ;RUS"),
]
_FIGURE = {
    "attribute": "capacity",
    "unit": "Mt/yr",
    "period": "2024",
    "locator": "p. 3",
    "confidence": "official",
    "low": "",
    "high": "",
    "note": "",
}
_SOURCE = {"source_publisher": "Operator", "source_url": "https://example.org/report?a=1&b=2", "source_date": "2024-03-01"}
FIGURES = [
    _FIGURE | _SOURCE | {"figure_id": "f.west", "subject": "west", "value": 72.5, "kind": "public", "source_title": f"Report {IMAGE}"},
    _FIGURE | _SOURCE | {"figure_id": "f.west-2", "subject": "west", "value": 67, "kind": "public", "source_title": "Other report"},
    _FIGURE
    | {
        "figure_id": "f.north",
        "subject": "north",
        "value": 17.5,
        "kind": "document",
        "source_title": "A",
        "source_url": "javascript:alert(3)",
    },
    _FIGURE
    | {"figure_id": "a.rail", "subject": "rail", "value": 8, "low": 5, "high": 11, "kind": "assumption", "note": "guess from trains a day"},
]
# via: country, US$ a tonne, days, km, kt a year
WAYS = {
    "north": ("RUS", 10, 30, 900, 5000),
    "south": ("TKM", 20, 10, 700, 4000),
    "worse": ("UZB", 40, 30, 800, 4000),
    "broad": ("CHN", 30, 40, 1000, "unlimited"),
}
CORRIDORS = [{"corridor_id": "middle", "name": f"Middle {IMAGE}", "members": "rail-field;sea-caspian;rail-caucasus"}]


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Network:
    r"""
    samara ---- plant ... lonely
      |           :            field to the sea by pipe, or by rail, ship and rail
    field ~gas~ border
      |     \
    aktau   sea-end
      ~
    baku --- poti
    """
    folder = tmp_path_factory.mktemp("toy")
    for name, rows in {"places": PLACES, "links": LINKS, "figures": FIGURES, "corridors": CORRIDORS}.items():
        write_rows(folder / f"{name}.csv", rows)
    return geodata.read_network(folder)


@pytest.fixture(scope="session")
def comparisons(toy: Network) -> tuple[Compared, ...]:
    """Two pairs: one with ways, one without any."""
    there = alternatives(toy, "field", "poti", "crude")
    nowhere = alternatives(toy, "lonely", "poti", "crude")
    return (Compared(f"To the sea {IMAGE}", there, "By cost."), Compared("From nowhere", nowhere))


@pytest.fixture(scope="session")
def draw(toy: Network, comparisons: tuple[Compared, ...]) -> Callable[..., folium.Map]:
    """A function that draws the toy's page; keywords go to ``atlas``."""

    def drawn(**more: Any) -> folium.Map:
        words = {"title": f"Toy {END}{TEMPLATE}", "subtitle": IMAGE, "comparisons": comparisons, "notes": (FORMULA,), "page": "toy.html"}
        return maps.atlas(toy, **(words | more))

    return drawn


@pytest.fixture(scope="session")
def html(draw: Callable[..., folium.Map]) -> str:
    """The toy's page."""
    return str(draw().get_root().render())


@pytest.fixture(scope="session")
def four(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page that compares four ways from start to goal, one across each of four countries."""
    folder = tmp_path_factory.mktemp("four")
    places = [
        {"place_id": "start", "name": "Start", "country": "KAZ", "lon": 60, "lat": 45},
        {"place_id": "goal", "name": "Goal", "country": "KAZ", "lon": 64, "lat": 45},
    ]
    links = []
    for i, (way, (country, cost, days, km, capacity)) in enumerate(WAYS.items()):
        places.append({"place_id": way, "name": way.title(), "country": country, "lon": 62, "lat": 43 + i})
        rest = {"mode": "rail", "commodities": "container", "capacity": capacity, "unit": "" if capacity == "unlimited" else "kt/yr"}
        halves = {"cost_usd_t": cost / 2, "days": days / 2, "length_km": km / 2, "gauge_mm": 1520}
        for start, end in (("start", way), (way, "goal")):
            links.append({"link_id": f"{start}-{end}", "from_place": start, "to_place": end, "countries": f"KAZ;{country}"} | rest | halves)
    write_rows(folder / "places.csv", places)
    write_rows(folder / "links.csv", links)
    network = geodata.read_network(folder)
    found = alternatives(network, "start", "goal", "container", k=4)
    return str(maps.atlas(network, comparisons=[Compared("Four ways", found)]).get_root().render())


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without it the test is skipped, but in CI that is a failure."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _without("the Python package playwright")
    if not chromium:
        _without("a chromium program")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def make_gallery(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function that makes the maps with the given options and gives their folder."""

    def made(*given: str) -> Path:
        out = tmp_path_factory.mktemp("gallery") / "maps"
        assert make_maps.main(["--out", str(out), *given]) == 0
        return out

    return made


Visit = Callable[[Path, int, int], AbstractContextManager["Page"]]


@pytest.fixture
def visit(browser: Browser) -> Visit:
    """A function that opens a file of a gallery offline in a window of some size, and checks at the end what holds of each.

    It asked nobody, complained of nothing, scrolls in one direction only, and allows nothing to be fetched.
    """

    @contextmanager
    def visited(file: Path, width: int, height: int) -> Iterator[Page]:
        said: list[str] = []
        asked: list[str] = []
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        tab = context.new_page()
        tab.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url) if request.url.startswith(("http", "ws")) else None)
        tab.goto(file.as_uri())
        yield tab
        assert tab.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 2
        context.close()
        assert (said, asked) == ([], [])
        assert "Content-Security-Policy" in file.read_text("utf-8")

    return visited


def _without(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"browser tests need {what}, and CI must not leave them out")
    pytest.skip(f"browser tests need {what}, which is not installed")


@dataclass
class Tab:
    """An open page, with what it asked for and what it complained about."""

    page: Page
    requests: list[str]
    errors: list[str]


@pytest.fixture
def open_page(browser: Browser, html: str, tmp_path: Path) -> Iterator[Callable[..., Tab]]:
    """A function that opens a page file (default: the toy's) offline, and checks at the end that it kept quiet."""
    tabs: list[Tab] = []

    def opened(content: str = html, fragment: str = "", **context: Any) -> Tab:
        file = tmp_path / f"page-{len(tabs)}.html"
        file.write_text(content, encoding="utf-8")
        options = {"viewport": {"width": 1440, "height": 900}, "offline": True, "reduced_motion": "reduce"} | context
        tab = Tab(browser.new_context(**options).new_page(), [], [])
        tab.page.on("console", lambda message: tab.errors.append(message.text) if message.type == "error" else None)
        tab.page.on("pageerror", lambda error: tab.errors.append(str(error)))
        tab.page.on(
            "request", lambda request: tab.requests.append(request.url) if not request.url.startswith(("file:", "data:", "blob:")) else None
        )
        tab.page.on("dialog", lambda dialog: (tab.errors.append(f"a script ran: {dialog.message}"), dialog.dismiss()))
        tab.page.goto(file.as_uri() + (f"#{fragment}" if fragment else ""))
        tab.page.wait_for_selector("html[data-ready]", timeout=10_000)
        tabs.append(tab)
        return tab

    yield opened
    for tab in tabs:
        tab.page.context.close()
        assert tab.requests == []
        assert tab.errors == []
