"""Whoever uses a keyboard or a screen reader finds what the others see; axe-core has nothing to say against a page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.maps.conftest import LINKS, Tab

pytestmark = pytest.mark.browser
Open = Callable[..., Tab]

SIZES = {"wide": {"viewport": {"width": 1440, "height": 900}}, "phone": {"viewport": {"width": 390, "height": 844}}}
FOLDS = "details:not([open]) > summary"


def faults(tab: Tab) -> list[str]:
    """What axe-core finds, each with the elements it speaks of."""
    found = Axe().run(tab.page).response["violations"]
    return [f"{fault['id']}: {node['target']} {node['any'][:1]}" for fault in found for node in fault["nodes"]]


def open_folds(tab: Tab) -> None:
    while tab.page.locator(FOLDS).count():
        tab.page.locator(FOLDS).first.click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(open_page: Open, four: str, size: str, scheme: str) -> None:
    plain = open_page(four, fragment="avoid=RUS&pin=2", color_scheme=scheme, **SIZES[size])
    assert faults(plain) == []
    tab = open_page(fragment="open=link:pipe-west", color_scheme=scheme, **SIZES[size])
    open_folds(tab)
    tab.page.click("#take-embed")
    assert faults(tab) == []
    assert tab.page.locator(".leaflet-popup-content").count() == 1


def test_axe_would_find_a_fault(open_page: Open) -> None:
    tab = open_page()
    tab.page.evaluate("document.querySelector('label[for=search]').remove(); document.querySelector('#search').placeholder = ''")
    assert any(fault.startswith("label") for fault in faults(tab))


def test_the_focus_goes_from_the_map_down_the_panel(open_page: Open, four: str) -> None:
    page = open_page(four).page
    order = []
    for _ in range(40):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate(
                """() => { const now = document.activeElement;
                return now.id || (now.closest('.route') ? 'route' : '') || now.className || now.tagName; }"""
            )
        )
        if order[-1] == "take-geojson":
            break
    parts = ["skip", "language-en", "theme-auto", "search", "order-0", "route", "take-link", "take-geojson"]
    assert [order.index(part) for part in parts] == sorted(order.index(part) for part in parts)
    assert order[0] == "skip"
    # Lines and dots are reached by the search and the table, not one tab stop each.
    assert not {name for name in order if "leaflet-interactive" in name}
    assert order.count("route") == 4


def test_the_skip_link_leads_into_the_panel(open_page: Open) -> None:
    page = open_page().page
    page.keyboard.press("Tab")
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.panel') !== null")


def test_what_changes_is_said(open_page: Open, four: str) -> None:
    page = open_page(four).page
    live = page.locator("#atlas-live")
    assert live.get_attribute("aria-live") == "polite"
    said = []
    for do in (
        lambda: page.locator("input[name=colour]").first.uncheck(),
        lambda: page.get_by_label("Order").select_option("days"),
        lambda: (page.get_by_text("Leave out ways").click(), page.locator(".chip").first.click()),
        lambda: page.locator(".way").first.click(),
        lambda: page.fill("#search", "goal"),
        lambda: page.click("#take-geojson"),
    ):
        do()
        said.append(live.inner_text())
    assert len(set(said)) == len(said)
    assert "0 of 8 lines" in said[0]
    assert said[1] == "4 of 4 ways, fastest first"
    assert said[2] == "3 of 4 ways, fastest first"
    assert "Saved" in said[5]


def test_a_language_chosen_with_an_open_card_keeps_both(open_page: Open) -> None:
    page = open_page(fragment="open=place:baku").page
    page.focus("#language-ru")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "language-ru"
    assert "Баку" in page.inner_text(".leaflet-popup-content h3")


def test_everything_on_the_map_is_in_the_table(open_page: Open) -> None:
    page = open_page().page
    page.locator("#fold-table summary").click()
    page.locator("#fold-table tbody tr").first.wait_for()
    assert page.locator("#fold-table tbody tr").count() == len(LINKS)
    assert page.locator("#fold-table thead th[scope=col]").count() == 4
    assert page.locator("#fold-table tbody th[scope=row]").count() == len(LINKS)
