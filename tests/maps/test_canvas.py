"""A page of very many lines draws them on a canvas; it answers as any other does."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from geodata.network import Network
from routes import maps
from tests.maps.conftest import LINKS, Compared, Tab
from tests.maps.crowd import crowd

pytestmark = pytest.mark.browser
Open = Callable[..., Tab]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def canvas(open_page: Open, toy: Network, comparisons: tuple[Compared, ...], monkeypatch: pytest.MonkeyPatch) -> Open:
    """A function that opens the toy's page on a canvas."""
    monkeypatch.setattr(maps.webmap, "CANVAS_FROM_LINKS", 3)
    content = str(maps.atlas(toy, comparisons=comparisons).get_root().render())
    return lambda **more: open_page(content, **more)


@pytest.fixture
def on_the_pipe(toy: Network) -> str:
    """A vertex of the pipeline as an address says it."""
    line = toy.links.set_index("link_id").loc["pipe-west", "geometry"]
    at = line.interpolate(0.45, normalized=True)
    return f"{at.y:.5f},{at.x:.5f}"


def middle(tab: Tab) -> tuple[float, float]:
    box = tab.page.locator(".leaflet-container").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drawn(tab: Tab) -> dict[str, dict[str, str]]:
    """The attributes of every line by its id, as the drawing to take away has them."""
    with tab.page.expect_download() as download:
        tab.page.click("#take-svg")
    root = ElementTree.fromstring(Path(download.value.path()).read_text("utf-8"))  # noqa: S314
    return {path.attrib["data-link"]: path.attrib for path in root.iter(f"{SVG}path") if "data-link" in path.attrib}


def saved(tab: Tab, kind: str) -> str:
    with tab.page.expect_download() as download:
        tab.page.click(f"#take-{kind}")
    return Path(download.value.path()).read_text("utf-8-sig")


@pytest.mark.parametrize("zoom", [4, 6.25, 9])
def test_a_line_is_hovered_and_clicked_at_any_zoom(canvas: Open, on_the_pipe: str, zoom: float) -> None:
    tab = canvas(fragment=f"at={on_the_pipe},{zoom}")
    x, y = middle(tab)
    tab.page.mouse.move(x - 3, y)
    tab.page.mouse.move(x, y + 1)
    assert "Field → Novorossiysk" in tab.page.locator(".leaflet-tooltip").inner_text()
    tab.page.mouse.click(x, y + 1)
    assert "72.5 Mt a year" in tab.page.locator(".leaflet-popup-content").inner_text()
    tab.page.wait_for_timeout(400)
    assert "open=link:pipe-west@" in tab.page.evaluate("location.hash")


def test_a_place_lies_above_its_lines(canvas: Open) -> None:
    tab = canvas(fragment="at=46.1,53.4,6")
    tab.page.mouse.click(*middle(tab))
    popup = tab.page.locator(".leaflet-popup-content")
    assert popup.locator("h3").inner_text() == "Field"
    popup.locator(".jumps button").first.click()
    assert "Field → Samara" in tab.page.locator(".leaflet-popup-content h3").inner_text()


def test_layers_and_corridors_hide_and_show(canvas: Open, on_the_pipe: str) -> None:
    tab = canvas(fragment=f"at={on_the_pipe},5")
    page = tab.page
    page.locator("input[name=colour][value=pipeline]").uncheck()
    page.mouse.click(*middle(tab))
    assert page.locator(".leaflet-popup-content").count() == 0
    assert set(drawn(tab)) == {str(link["link_id"]) for link in LINKS} - {"pipe-west", "pipe-north"}
    page.locator("input[name=colour][value=pipeline]").check()
    page.locator("#fold-corridors summary").click()
    page.locator("input[name=corridor]").check()
    assert set(drawn(tab)) == {"rail-field", "sea-caspian", "rail-caucasus"}
    page.locator("input[name=corridor]").uncheck()
    page.mouse.click(*middle(tab))
    assert page.locator(".leaflet-popup-content").count() == 1


def test_a_route_is_lit_and_let_go(canvas: Open) -> None:
    tab = canvas()
    before = drawn(tab)
    tab.page.locator(".route button").first.click()
    lit = drawn(tab)
    faint = {link for link, look in lit.items() if look["opacity"] == "0.15"}
    assert faint == set(lit) - {"rail-field", "sea-caspian", "rail-caucasus"}
    assert all(float(lit[link]["stroke-width"]) >= 4.5 for link in set(lit) - faint)
    # The flow along the route has a canvas of its own.
    assert tab.page.locator(".leaflet-flow-pane canvas").count() == 1
    tab.page.keyboard.press("Escape")
    looks = lambda lines: {link: (look["stroke-width"], look["opacity"]) for link, look in lines.items()}  # noqa: E731
    assert {opacity for _, opacity in looks(before).values()} == {"1"}
    assert {opacity for _, opacity in looks(drawn(tab)).values()} == {"1"}
    tab.page.locator(".leaflet-control-zoom-home").click()
    tab.page.wait_for_timeout(400)
    assert looks(drawn(tab)) == looks(before)


def test_search_and_address_lead_to_a_line(canvas: Open) -> None:
    tab = canvas()
    tab.page.fill("#search", "novorossiysk field")
    tab.page.press("#search", "Enter")
    assert "Field → Novorossiysk" in tab.page.locator(".leaflet-popup-content").inner_text()
    tab = canvas(fragment="off=pipeline&open=link:rail-field")
    assert "Field – Aktau port" in tab.page.locator(".leaflet-popup-content").inner_text()
    assert "pipe-west" not in drawn(tab)


def test_a_theme_colours_the_lines_anew(canvas: Open) -> None:
    tab = canvas()
    light = drawn(tab)
    tab.page.click("#theme-dark")
    dark = drawn(tab)
    assert light["pipe-west"]["stroke"] == maps.style.MODE_COLOURS["pipeline"]
    assert dark["pipe-west"]["stroke"] == maps.style.MODE_COLOURS_DARK["pipeline"]


def test_table_and_data_are_whole(canvas: Open) -> None:
    tab = canvas()
    ids = {str(link["link_id"]) for link in LINKS}
    assert {row["id"] for row in csv.DictReader(io.StringIO(saved(tab, "csv")))} == ids
    data: dict[str, Any] = json.loads(saved(tab, "geojson"))
    assert {one["id"] for one in data["features"] if one["geometry"]["type"] == "LineString"} == ids
    tab.page.locator("#fold-table summary").click()
    tab.page.locator("#fold-table tbody tr").first.wait_for()
    assert tab.page.locator("#fold-table tbody tr").count() == len(LINKS)


def test_wide_rails_roads_and_gas_carry_stitches(open_page: Open, packaged: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps.webmap, "CANVAS_FROM_LINKS", 3)
    wide = packaged.links[(packaged.links["mode"] == "rail") & (packaged.links["capacity"] > 20_000)]["link_id"][:9]
    assert len(wide) > 3
    tab = open_page(str(maps.atlas(packaged, links=wide).get_root().render()))
    with tab.page.expect_download() as download:
        tab.page.click("#take-svg")
    root = ElementTree.fromstring(Path(download.value.path()).read_text("utf-8"))  # noqa: S314
    group = next(group for group in root.iter(f"{SVG}g") if group.attrib.get("id") == "lines")
    stitched = [path.attrib for path in group if path.attrib.get("stroke-dasharray") == "8 5"]
    assert len(stitched) >= 4
    assert {look["stroke"] for look in stitched} == {maps.style.LIGHT["casing"]}


def test_dots_that_share_a_spot_are_told_apart_further_in(open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps.webmap, "CANVAS_FROM_LINKS", 3)
    network = crowd(tmp_path, 1500)
    content = str(maps.atlas(network).get_root().render())

    def dots(zoom: float) -> int:
        tab = open_page(content, fragment=f"at=45,65,{zoom}")
        tab.page.wait_for_timeout(100)
        with tab.page.expect_download() as download:
            tab.page.click("#take-svg")
        root = ElementTree.fromstring(Path(download.value.path()).read_text("utf-8"))  # noqa: S314
        return sum(path.attrib["fill"] == maps.style.LIGHT["casing"] for path in root.iter(f"{SVG}path"))

    assert 100 < dots(2.5) < 0.8 * len(network.places)
    close = network.places["lon"].between(57, 73) & network.places["lat"].between(40, 50)
    assert dots(6) >= close.sum() > 5


@pytest.mark.slow
def test_five_thousand_lines_answer(open_page: Open, tmp_path: Path) -> None:
    network = crowd(tmp_path, 5_000)
    row = network.links[network.links["mode"] == "rail"].iloc[1200]
    at = row["geometry"].interpolate(0.5, normalized=True)
    tab = open_page(str(maps.atlas(network).get_root().render()), fragment=f"at={at.y:.5f},{at.x:.5f},8")
    x, y = middle(tab)
    tab.page.mouse.click(x, y)
    ends = network.places.set_index("place_id").loc[[row["from_place"], row["to_place"]], "name"]
    assert tab.page.locator(".leaflet-popup-content h3").inner_text() == " – ".join(ends)
    tab.page.keyboard.press("Escape")
    tab.page.fill("#search", ends.iloc[0])
    assert tab.page.locator("#found li").first.inner_text().startswith(ends.iloc[0])
    tab.page.press("#search", "Escape")
    tab.page.locator("input[name=colour][value=rail]").uncheck()
    tab.page.mouse.click(x, y)
    assert tab.page.locator(".leaflet-popup-content").count() == 0
