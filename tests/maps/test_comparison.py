"""The cards of a comparison: ordered, marked and left out as a reader asks, checked by hand on four ways."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.maps.conftest import Tab

pytestmark = pytest.mark.browser
Open = Callable[..., Tab]

BY = {
    "cost": ["north", "south", "broad", "worse"],
    "days": ["south", "north", "worse", "broad"],
    "km": ["south", "worse", "north", "broad"],
    "capacity": ["broad", "north", "south", "worse"],
    "transfers": ["north", "south", "broad", "worse"],
    "gauge_breaks": ["north", "south", "broad", "worse"],
}


def ways(tab: Tab) -> list[str]:
    return [text.removeprefix("via ").lower() for text in tab.page.locator(".route .way bdi").all_text_contents()]


def ranks(tab: Tab) -> list[str]:
    return list(tab.page.locator(".route .rank").all_text_contents())


def fragment(tab: Tab) -> str:
    tab.page.wait_for_timeout(400)
    return str(tab.page.evaluate("location.hash"))


def test_orders(open_page: Open, four: str) -> None:
    tab = open_page(four)
    assert ways(tab) == BY["cost"]
    choice = tab.page.get_by_label("Order")
    assert choice.locator("option").count() == len(BY)
    choice.focus()
    for by, order in BY.items():
        choice.select_option(by)
        assert ways(tab) == order, by
        assert ranks(tab) == ["1", "2", "3", "4"]
        assert fragment(tab) == ("" if by == "cost" else f"#sort={by}")
        assert tab.page.evaluate("document.activeElement.tagName") == "SELECT"
    assert "4 of 4 ways" in tab.page.inner_text("#atlas-live")


def test_marks_what_none_beats(open_page: Open, four: str) -> None:
    tab = open_page(four)
    # North is cheapest, south fastest, broad has the most room; south is better than the fourth in all three.
    marked = tab.page.locator(".route:has(.unbeaten) .way bdi").all_text_contents()
    assert marked == ["via North", "via South", "via Broad"]
    assert tab.page.get_by_text("Not beaten:").count() == 1
    tab.page.get_by_text("Leave out ways").click()
    for country in ("Russia", "Turkmenistan"):
        tab.page.get_by_role("button", name=country, exact=True).click()
    assert tab.page.locator(".route:has(.unbeaten) .way bdi").all_text_contents() == ["via Broad", "via Worse"]


def test_leaves_out_countries(open_page: Open, four: str) -> None:
    tab = open_page(four)
    page = tab.page
    page.get_by_text("Leave out ways").click()
    # All ways cross Kazakhstan: nothing would be left without it.
    assert page.locator(".chip").all_text_contents() == ["China", "Russia", "Turkmenistan", "Uzbekistan"]
    russia = page.get_by_role("button", name="Russia", exact=True)
    russia.focus()
    page.keyboard.press("Enter")
    assert russia.get_attribute("aria-pressed") == "true"
    assert page.evaluate("document.activeElement.textContent") == "Russia"
    assert ways(tab) == ["south", "broad", "worse"]
    assert ranks(tab) == ["1", "2", "3"]
    assert page.inner_text(".left-out") == "Left out: 1 of 4 ways."
    page.get_by_label("Order").select_option("capacity")
    assert ways(tab) == ["broad", "south", "worse"]
    assert fragment(tab) == "#sort=capacity&avoid=RUS"
    page.click("#language-ru")
    assert ways(tab) == ["через broad", "через south", "через worse"]
    assert page.inner_text(".left-out") == "Исключено путей: 1 из 4."
    page.click("#language-en")
    for country in ("China", "Turkmenistan", "Uzbekistan"):
        page.get_by_role("button", name=country, exact=True).click()
    assert ways(tab) == []
    assert page.inner_text(".left-out") == "Left out: 4 of 4 ways. No way is left."
    for country in ("China", "Russia", "Turkmenistan", "Uzbekistan"):
        page.get_by_role("button", name=country, exact=True).click()
    assert ways(tab) == BY["capacity"]
    assert page.locator(".left-out").count() == 0


def test_an_address_orders_leaves_out_and_pins(open_page: Open, four: str) -> None:
    said = "sort=km&avoid=TKM,CHN&pin=4"
    tab = open_page(four, fragment=said)
    assert ways(tab) == ["worse", "north"]
    assert tab.page.locator(".leaflet-lines-pane path.line.lit").count() == 2
    assert fragment(tab) == f"#{said}"
    tab.page.click("#language-kk")
    assert tab.page.locator(".leaflet-lines-pane path.line.lit").count() == 2
    assert tab.page.locator(".leaflet-flow-pane path").count() == 2
    tab.page.keyboard.press("Escape")
    assert tab.page.locator("path.line.lit").count() == 0
    assert fragment(tab) == "#lang=kk&sort=km&avoid=TKM,CHN"


@pytest.mark.parametrize(
    "said", ["sort=rank&avoid=KAZ,__proto__,*&pin=99", "sort=__proto__&avoid=<b>&pin=-1", "sort2=days&avoid2=RUS&pin2=1"]
)
def test_a_hostile_address_leaves_the_order(open_page: Open, four: str, said: str) -> None:
    tab = open_page(four, fragment=said)
    assert ways(tab) == BY["cost"]
    assert tab.page.locator("path.line.lit").count() == 0
    assert fragment(tab) == ""


def test_a_pinned_way_that_is_left_out_is_let_go(open_page: Open, four: str) -> None:
    tab = open_page(four, fragment="pin=1")
    assert tab.page.locator("path.line.lit").count() == 2
    tab.page.get_by_text("Leave out ways").click()
    tab.page.get_by_role("button", name="Russia", exact=True).click()
    assert tab.page.locator(".is-lit").count() == 0
    assert fragment(tab) == "#avoid=RUS"
