"""The page in a browser without a network: it shows, answers and fits, by mouse, by keyboard and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable

import folium
import numpy as np
import pytest

import geodata
from geodata.network import Network
from routes import maps
from routes.maps import projection
from tests.maps.conftest import END, FORMULA, HOSTILE, IMAGE, TEMPLATE, Tab

pytestmark = pytest.mark.browser
Open = Callable[..., Tab]


def labels(tab: Tab) -> list[str]:
    return list(tab.page.locator(".leaflet-names-pane text").all_text_contents())


def lines(tab: Tab) -> int:
    return int(tab.page.locator("path.line").count()) - int(tab.page.locator(".panel path.line").count())


def test_opens_quietly(open_page: Open) -> None:
    tab = open_page()
    assert lines(tab) == 9
    assert tab.page.title() == f"Toy {END}{TEMPLATE}"
    assert {"Aktau port", "Baku", "Samara"} <= set(labels(tab))
    assert tab.page.locator(".comparison").count() == 2
    assert "Leaflet" in tab.page.inner_text(".credit")
    assert tab.page.locator(".leaflet-container svg.leaflet-attribution-flag").count() == 0


def test_hostile_names_are_seen_as_they_are(open_page: Open) -> None:
    tab = open_page()
    page = tab.page
    page.locator("#fold-table summary").click()
    page.locator("#fold-corridors summary").click()
    text = page.inner_text("body")
    for name in HOSTILE:
        assert name in text, name
    assert page.locator("img[src=x]").count() == 0
    assert any(IMAGE in label for label in labels(tab))
    page.fill("#search", "img")
    assert page.locator("#found li").first.inner_text().startswith(IMAGE)
    page.press("#search", "Enter")
    assert IMAGE in page.inner_text(".leaflet-popup-content")
    page.fill("#search", FORMULA)
    page.press("#search", "Enter")
    assert FORMULA in page.inner_text(".leaflet-popup-content h3")


def test_link_opens_by_mouse(open_page: Open) -> None:
    page = open_page().page
    middle = page.evaluate(
        """() => { const lines = [...document.querySelectorAll('.leaflet-lines-pane path.line.m-pipeline')];
        const path = lines.sort((a, b) => b.getTotalLength() - a.getTotalLength())[0];
        const at = path.getPointAtLength(path.getTotalLength() * 0.62), box = path.ownerSVGElement.getScreenCTM();
        return [at.x * box.a + box.e, at.y * box.d + box.f]; }"""
    )
    page.mouse.click(*middle)
    popup = page.locator(".leaflet-popup-content")
    assert "Field → Novorossiysk" in popup.inner_text()
    for words in ("72.5 Mt a year", "public source", "Report", "2024-03-01", "official", "What others say (1)", "Kazakhstan, Russia"):
        assert words in popup.inner_text(), words
    link = popup.locator("a[href]").first
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert page.evaluate("document.activeElement.tagName") == "ARTICLE"
    page.keyboard.press("Escape")
    popup.wait_for(state="detached")


def test_assumption_looks_different(open_page: Open) -> None:
    page = open_page().page
    page.fill("#search", "field aktau")
    page.press("#search", "Enter")
    badge = page.locator(".leaflet-popup-content .badge.assumed")
    assert badge.inner_text() == "assumption"
    assert "range 5–11" in page.inner_text(".leaflet-popup-content")
    assert badge.evaluate("e => getComputedStyle(e).borderTopStyle") == "dashed"


def test_works_by_keyboard_alone(open_page: Open) -> None:
    page = open_page().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.focus("#search")
    page.keyboard.type("баку")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert "port · Azerbaijan" in page.inner_text(".leaflet-popup-content")
    page.locator(".leaflet-popup-content .jumps button").first.focus()
    page.keyboard.press("Enter")
    assert "Aktau port – Baku" in page.inner_text(".leaflet-popup-content h3")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "search"
    page.locator("#fold-table summary").focus()
    page.keyboard.press("Enter")
    page.locator("#fold-table tbody button").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".leaflet-popup-content").count() == 1


def test_languages(open_page: Open) -> None:
    tab = open_page()
    page = tab.page
    for language, name, legend in (("ru", "Порт Актау", "Условные знаки и слои"), ("kk", "Ақтау порты", "Шартты белгілер мен қабаттар")):
        page.click(f"#language-{language}")
        assert page.evaluate("document.documentElement.lang") == language
        assert name in labels(tab)
        assert legend in page.inner_text(".panel")
    assert "ҚАЗАҚСТАН" in labels(tab)
    assert page.evaluate("document.activeElement.id") == "language-kk"


@pytest.mark.parametrize(
    ("name", "value", "left"), [("colour", "pipeline", 7), ("colour", "gas", 8), ("goods", "bulk", 7), ("status", "planned", 8)]
)
def test_layers_hide(open_page: Open, name: str, value: str, left: int) -> None:
    tab = open_page()
    box = tab.page.locator(f"input[name={name}][value={value}]")
    box.uncheck()
    assert lines(tab) == left
    assert f"{left} of 9" in tab.page.inner_text("#atlas-live")
    box.check()
    assert lines(tab) == 9


def test_one_corridor_alone(open_page: Open) -> None:
    tab = open_page()
    tab.page.locator("#fold-corridors summary").click()
    tab.page.locator("input[name=corridor]").check()
    assert lines(tab) == 3


def test_comparison_lights_its_way(open_page: Open) -> None:
    page = open_page().page
    card = page.locator(".route").first
    card.hover()
    assert page.locator(".leaflet-container.is-lit").count() == 1
    assert page.locator(".leaflet-lines-pane path.line.lit").count() == 3
    page.mouse.move(200, 450)
    assert page.locator(".is-lit").count() == 0
    page.locator(".way").first.focus()
    assert page.locator("path.line.lit").count() == 3
    before = page.locator(".leaflet-control-scale-line").inner_text()
    page.keyboard.press("Enter")
    assert page.locator(".leaflet-control-scale-line").inner_text() != before
    page.keyboard.press("Escape")
    assert page.locator(".is-lit").count() == 0


def test_comparison_says_what_counts(open_page: Open) -> None:
    page = open_page().page
    card = page.locator(".route").first.inner_text()
    for words in ("via", "US$ a tonne", "Days", "Km", "Tightest point", "Kazakhstan", "Changes of transport: 2"):
        assert words in card, words
    assert page.locator(".comparison .reason").inner_text().strip()


def test_names_never_overlap(open_page: Open) -> None:
    network = geodata.read_network()
    tab = open_page(str(maps.atlas(network).get_root().render()))
    for _ in range(3):
        boxes = tab.page.locator(".leaflet-names-pane text").evaluate_all(
            "all => all.map(e => { const b = e.getBoundingClientRect(), s = parseFloat(getComputedStyle(e).fontSize);"
            "return [b.left + 2, b.bottom - s, b.right - 2, b.bottom - s * 0.3]; })"
        )
        assert len(boxes) > 20
        hits = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]
        assert hits == []
        tab.page.locator(".leaflet-control-zoom-in").click()
        tab.page.wait_for_timeout(400)


def test_phone(open_page: Open) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).page
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("#fold-table summary").click()
    stage, panel = page.locator(".stage").bounding_box(), page.locator(".panel").bounding_box()
    assert stage
    assert panel
    assert panel["y"] >= stage["y"] + stage["height"] - 1
    assert 480 <= stage["height"] <= 520
    small = page.locator(".panel button:visible, .panel summary, .panel .toggle, .leaflet-bar a").evaluate_all(
        "all => all.filter(e => e.getBoundingClientRect().height < 39.5).map(e => e.textContent)"
    )
    assert small == []
    page.fill("#search", "novorossiysk field")
    page.press("#search", "Enter")
    page.wait_for_timeout(400)
    popup, zoom = page.locator(".leaflet-popup").bounding_box(), page.locator(".leaflet-control-zoom").bounding_box()
    assert popup
    assert zoom
    assert popup["x"] >= zoom["x"] + zoom["width"]
    assert popup["x"] + popup["width"] <= 390


def test_dark(open_page: Open) -> None:
    page = open_page(color_scheme="dark").page
    colour = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(23, 27, 32)"
    page.click("#theme-light")
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    page.click("#theme-dark")
    assert page.evaluate(colour) == "rgb(23, 27, 32)"
    page.click("#theme-auto")
    assert page.evaluate(colour) == "rgb(23, 27, 32)"


def test_prints_on_white(open_page: Open) -> None:
    page = open_page(color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".tools").is_hidden()
    assert page.pdf()[:4] == b"%PDF"


def test_paper_holds_map_cards_legend_and_sources(open_page: Open) -> None:
    tab = open_page(color_scheme="dark", fragment="at=47,55,5.5")
    page = tab.page
    centre = "document.querySelector('.leaflet-lines-pane path.line').getBoundingClientRect().x"
    before = page.evaluate(centre)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    stage = page.locator(".stage").bounding_box()
    assert stage
    assert stage["width"] == pytest.approx(180 / 25.4 * 96, abs=1)
    assert page.evaluate("document.querySelector('.leaflet-container').offsetWidth") == pytest.approx(stage["width"], abs=1)
    title = page.locator("h1").bounding_box()
    assert title
    assert title["y"] < stage["y"]
    for shown in (".route", ".legend .sample", ".sources li", "footer"):
        assert page.locator(shown).first.is_visible(), shown
    for hidden in (".take", ".tools", ".search", ".leaflet-control-zoom", "input[type=checkbox]", "#fold-table"):
        assert page.locator(hidden).first.is_hidden(), hidden
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(centre) == pytest.approx(before, abs=2)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 27, 32)"
    page.wait_for_timeout(400)
    assert page.evaluate("location.hash") == "#at=47,55,5.5"


def test_paper_shows_the_whole_map_of_an_untouched_page(open_page: Open) -> None:
    page = open_page(viewport={"width": 1000, "height": 1200}).page
    # In one step: a browser lays out the paper as soon as the event is over.
    stage, *boxes = page.evaluate(
        """() => { dispatchEvent(new Event('beforeprint'));
        const all = [document.querySelector('.stage'), ...document.querySelectorAll('.leaflet-lines-pane path.line')];
        return all.map((e) => e.getBoundingClientRect()).map((b) => [b.left, b.top, b.right, b.bottom]); }"""
    )
    assert stage[2] - stage[0] == pytest.approx(180 / 25.4 * 96, abs=1)
    assert len(boxes) == 9
    whole = [min(box[0] for box in boxes), min(box[1] for box in boxes), max(box[2] for box in boxes), max(box[3] for box in boxes)]
    assert whole[0] >= stage[0]
    assert whole[1] >= stage[1]
    assert whole[2] <= stage[2]
    assert whole[3] <= stage[3]
    assert whole[0] + whole[2] == pytest.approx(stage[0] + stage[2], abs=30)


def test_download_cannot_run_in_a_spreadsheet(open_page: Open) -> None:
    page = open_page().page
    page.locator("#fold-table summary").click()
    with page.expect_download() as download:
        page.locator("#fold-table .button").click()
    text = download.value.path().read_text("utf-8-sig")
    assert text.splitlines()[0].startswith("id,from,to")
    assert f'"\'{FORMULA}"' in text
    assert not re.search(r'(^|,)"?[=+@]', text)


def test_stock_layers_and_their_popups_work(open_page: Open, draw: Callable[..., folium.Map]) -> None:
    drawn = draw()
    folium.Marker([47, 62], popup="Own <b>note</b>", tooltip="Tip").add_to(drawn)
    page = open_page(str(drawn.get_root().render())).page
    marker = page.locator(".leaflet-marker-icon")
    assert marker.get_attribute("src").startswith("data:image/png")  # type: ignore[union-attr]
    marker.click(force=True)
    assert page.inner_text(".leaflet-popup-content") == "Own note"


def test_a_stock_popup_cannot_run_a_script(open_page: Open, draw: Callable[..., folium.Map]) -> None:
    drawn = draw()
    folium.Marker([47, 62], popup=f"Own {IMAGE}").add_to(drawn)
    tab = open_page(str(drawn.get_root().render()))
    tab.page.locator(".leaflet-marker-icon").click(force=True)
    assert "Own" in tab.page.inner_text(".leaflet-popup-content")
    assert tab.errors
    assert all("Content Security Policy" in error or "ERR_FILE_NOT_FOUND" in error for error in tab.errors)
    tab.errors.clear()


def test_canvas_draws_too(open_page: Open, toy: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps.webmap, "CANVAS_FROM_LINKS", 3)
    page = open_page(str(maps.atlas(toy).get_root().render())).page
    assert page.locator("canvas.leaflet-zoom-animated").count() >= 3
    page.locator("input[name=colour][value=pipeline]").uncheck()
    page.click("#theme-dark")


def test_script_projects_as_python_does(open_page: Open) -> None:
    page = open_page().page
    cone = projection.lambert((40.0, 35.0, 90.0, 59.0))
    at = np.array([[51.2, 43.6], [80.0, 30.0], [10.0, 65.0], [140.0, 50.0]])
    expected = projection.project(at[:, 0], at[:, 1], cone)
    script = """([cone, at]) => { const p = atlasLambert(cone).projection; return at.map(([lng, lat]) => {
        const { x, y } = p.project({ lat, lng }), back = p.unproject({ x, y }); return [x, y, back.lng, back.lat]; }); }"""
    found = np.array(page.evaluate(script, [list(cone), at.tolist()]))
    assert np.abs(found[:, :2] - expected).max() < 1.0
    assert np.abs(found[:, 2:] - at).max() < 1e-6
