"""What a reader takes away from a page: it is whole, stands alone, reads back, and carries no name's trick with it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest

from geodata.network import Network
from routes import maps
from tests.maps.conftest import END, FORMULA, IMAGE, LINKS, PLACES, TEMPLATE, Tab

pytestmark = pytest.mark.browser
Open = Callable[..., Tab]

SVG = "{http://www.w3.org/2000/svg}"
LINK_IDS = {str(link["link_id"]) for link in LINKS}
DRAWN = {"svg", "g", "rect", "path", "text", "title"}
"""All that a drawing is made of: nothing that runs, loads or answers."""


def saved(tab: Tab, kind: str) -> Path:
    """The file that a button of the section gives."""
    with tab.page.expect_download() as download:
        tab.page.click(f"#take-{kind}")
    assert download.value.suggested_filename.endswith(f".{kind}")
    return Path(download.value.path())


def drawing(tab: Tab) -> ElementTree.Element:
    return ElementTree.fromstring(saved(tab, "svg").read_text("utf-8"))  # noqa: S314


def drawn_links(root: ElementTree.Element) -> set[str]:
    return {path.attrib["data-link"] for path in root.iter(f"{SVG}path") if "data-link" in path.attrib}


def words(root: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def test_a_drawing_holds_what_is_shown(open_page: Open) -> None:
    tab = open_page()
    root = drawing(tab)
    assert drawn_links(root) == LINK_IDS
    seen = set(tab.page.locator(".leaflet-names-pane text").all_text_contents())
    assert seen
    assert seen <= set(words(root))
    assert {"Oil pipeline", "Railway", "border crossing"} <= set(words(root))
    said = " ".join(words(root))
    for text in ("OpenStreetMap contributors", "imply no view", "as they stood in 2024"):
        assert text in said, text
    for box in ("pipeline", "road"):
        tab.page.locator(f"input[name=colour][value={box}]").uncheck()
    left = {str(link["link_id"]) for link in LINKS if link["mode"] not in ("pipeline", "road")} | {"pipe-gas"}
    root = drawing(tab)
    assert drawn_links(root) == left
    assert "Oil pipeline" not in words(root)


def test_a_drawing_stands_alone(open_page: Open) -> None:
    tab = open_page(fragment="pin=1&open=place:border")
    text = saved(tab, "svg").read_text("utf-8")
    root = ElementTree.fromstring(text)  # noqa: S314
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == DRAWN
    names = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in names if name.startswith("on") or name in ("href", "src", "style", "class") or "}" in name}
    assert not re.search(r"url\(|var\(|javascript:|file:", text)
    assert IMAGE in {title.text for title in root.iter(f"{SVG}title")} | set(words(root))
    lines = [path for path in root.iter(f"{SVG}path") if "data-link" in path.attrib]
    assert all(path.attrib["stroke"].startswith("rgb") and float(path.attrib["stroke-width"]) > 0 for path in lines)
    flows = next(group for group in root.iter(f"{SVG}g") if group.attrib.get("id") == "flow")
    assert len(flows) == 3
    faint = [path for path in lines if path.attrib.get("opacity")]
    assert len(faint) == len(LINK_IDS) - 3


def test_a_drawing_follows_language_and_theme(open_page: Open) -> None:
    light, dark = (drawing(open_page(fragment=said)) for said in ("lang=kk&theme=light", "lang=kk&theme=dark"))
    assert "Мұнай құбыры" in words(light)
    assert light.find(f"{SVG}rect").attrib["fill"] == maps.style.LIGHT["paper"]  # type: ignore[union-attr]
    assert dark.find(f"{SVG}rect").attrib["fill"] == maps.style.DARK["paper"]  # type: ignore[union-attr]


def test_a_canvas_is_drawn_the_same(open_page: Open, toy: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps.webmap, "CANVAS_FROM_LINKS", 3)
    root = drawing(open_page(str(maps.atlas(toy).get_root().render())))
    assert drawn_links(root) == LINK_IDS
    colours = {path.attrib["data-link"]: path.attrib["stroke"] for path in root.iter(f"{SVG}path") if "data-link" in path.attrib}
    assert colours["rail-field"] == maps.style.MODE_COLOURS["rail"]
    assert colours["pipe-gas"] == maps.style.MODE_COLOURS["gas"]
    lines = next(group for group in root.iter(f"{SVG}g") if group.attrib.get("id") == "lines")
    dots = [path for path in lines if path.attrib["fill"] == maps.style.LIGHT["casing"]]
    assert len(dots) == len(PLACES)
    # Beside a line its casing; what is thin, as all here are, carries no stitches.
    assert len(lines) == len(dots) + 2 * len(LINK_IDS)


def test_a_picture_is_the_drawing_at_twice_its_size(open_page: Open) -> None:
    tab = open_page()
    root = drawing(tab)
    with saved(tab, "png").open("rb") as file:
        picture = matplotlib.image.imread(file, format="png")
    height, width = picture.shape[:2]
    assert (width, height) == (2 * int(root.attrib["width"]), 2 * int(root.attrib["height"]))
    pixels = np.round(picture[..., :3] * 255).astype(int).reshape(-1, 3)
    for colour in (maps.style.MODE_COLOURS["pipeline"], maps.style.MODE_COLOURS["sea"], maps.style.LIGHT["land"], maps.style.LIGHT["ink"]):
        wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert (np.abs(pixels - wanted).max(axis=1) <= 2).sum() > 50, colour


def rows(tab: Tab) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(saved(tab, "csv").read_text("utf-8-sig"))))


def test_table_and_data_read_back(open_page: Open) -> None:
    tab = open_page()
    data: dict[str, Any] = json.loads(saved(tab, "geojson").read_text("utf-8"))
    assert data["type"] == "FeatureCollection"
    lines = {one["id"]: one for one in data["features"] if one["geometry"]["type"] == "LineString"}
    points = {one["id"]: one for one in data["features"] if one["geometry"]["type"] == "Point"}
    assert {row["id"] for row in rows(tab)} == set(lines) == LINK_IDS
    assert set(points) == {place["place_id"] for place in PLACES}
    at = {place["place_id"]: (place["lon"], place["lat"]) for place in PLACES}
    for link in LINKS:
        path = lines[str(link["link_id"])]["geometry"]["coordinates"]
        assert path[0] == pytest.approx(at[link["from_place"]], abs=0.002)
        assert path[-1] == pytest.approx(at[link["to_place"]], abs=0.002)
    west = lines["pipe-west"]["properties"]
    wanted = {
        "name_en": "Field – Novorossiysk", "name_ru": "Промысел – Новороссийск", "from": "field", "to": "sea-end", "mode": "pipeline",
        "commodities": ["crude"], "status": "operating", "one_way": True, "capacity": 72500, "unit": "kt/yr",
        "stated_capacity": "72.5 Mt/yr", "countries": ["KAZ", "RUS"], "evidence": "public", "source": f"Report {IMAGE}", "source_url": "https://example.org/report?a=1&b=2",
    }  # fmt: skip
    assert {key: west[key] for key in wanted} == wanted
    assert lines["sea-caspian"]["properties"]["capacity"] is None
    assert lines["pipe-gas"]["properties"]["unit"] == "mcm/yr"
    assert points["border"]["properties"]["name_ru"] == END
    assert points["border"]["properties"]["name_kk"] == TEMPLATE
    tab.page.locator("input[name=colour][value=rail]").uncheck()
    left = {str(link["link_id"]) for link in LINKS if link["mode"] != "rail"}
    assert {row["id"] for row in rows(tab)} == left
    data = json.loads(saved(tab, "geojson").read_text("utf-8"))
    assert {one["id"] for one in data["features"] if one["geometry"]["type"] == "LineString"} == left


def test_a_table_cannot_run_in_a_spreadsheet(open_page: Open) -> None:
    found = rows(open_page())
    assert f"'{FORMULA}" in {row["from"] for row in found} | {row["to"] for row in found}
    assert not [cell for row in found for cell in row.values() if re.match(r"[=+@\t\r]|-(?!\d)", cell)]


class Frame(HTMLParser):
    """The tags of a snippet, with their attributes."""

    def __init__(self, snippet: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(snippet)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_a_frame_for_another_page(open_page: Open) -> None:
    tab = open_page(fragment="lang=ru&off=rail")
    tab.page.click("#take-embed")
    field = tab.page.locator("#take-text")
    assert field.get_attribute("readonly") is not None
    frame = {"src": "page-0.html#lang=ru&off=rail", "width": "100%", "height": "640", "title": f"Toy {END}{TEMPLATE}", "loading": "lazy"}
    assert Frame(field.input_value()).tags == [("iframe", frame)]
    assert tab.page.evaluate("document.activeElement.id") == "take-text"
    assert tab.page.evaluate("getSelection().toString()") == field.input_value()


def test_no_title_can_leave_its_frame(open_page: Open, toy: Network) -> None:
    title = 'Oil" onload="alert(1)"><script>alert(2)</script> &quot;'
    tab = open_page(str(maps.atlas(toy, title=title).get_root().render()))
    tab.page.click("#take-embed")
    ((tag, attributes),) = Frame(tab.page.input_value("#take-text")).tags
    assert tag == "iframe"
    assert attributes["title"] == title
    assert set(attributes) == {"src", "width", "height", "title", "loading"}


def test_copies_a_link(open_page: Open) -> None:
    tab = open_page(fragment="lang=en&off=rail", permissions=["clipboard-read", "clipboard-write"])
    page = tab.page
    page.bring_to_front()
    page.locator("input[name=colour][value=sea]").uncheck()
    page.click("#take-link")
    page.locator("#atlas-live", has_text="Copied.").wait_for(state="attached")
    assert str(page.evaluate("navigator.clipboard.readText()")).endswith("page-0.html#off=rail,sea")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.click("#take-link")
    page.locator("#take-text").wait_for()
    assert page.input_value("#take-text").endswith("page-0.html#off=rail,sea")
    assert "press Ctrl+C" in page.inner_text("#atlas-live")
    assert page.evaluate("getSelection().toString()") == page.input_value("#take-text")


def test_without_an_address_there_is_no_link(open_page: Open, html: str) -> None:
    page = open_page().page
    page.evaluate(
        "html => { const frame = document.createElement('iframe'); frame.srcdoc = html; frame.width = 900; frame.height = 600;"
        "document.body.replaceChildren(frame); }",
        html,
    )
    frame = page.frame_locator("iframe")
    frame.locator("#take-png").wait_for()
    assert frame.locator("#take-link").count() == 0
    assert frame.locator("#take-embed").count() == 0
