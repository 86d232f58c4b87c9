"""The address of a page: what a reader chose is in it, leads back to the same view, and cannot be misused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.maps.conftest import Tab

pytestmark = pytest.mark.browser
Open = Callable[..., Tab]

WRITTEN_MS = 400


def fragment(tab: Tab) -> str:
    """The fragment of the page's address, once it has been written."""
    tab.page.wait_for_timeout(WRITTEN_MS)
    return str(tab.page.evaluate("location.hash"))


def go(tab: Tab, text: str) -> None:
    """Follow a fragment within the page."""
    tab.page.evaluate("text => { location.hash = text; }", text)
    tab.page.wait_for_timeout(WRITTEN_MS)


def view(tab: Tab) -> dict[str, object]:
    """What can be seen of everything an address may say."""
    found: dict[str, object] = tab.page.evaluate(
        """() => ({
            lang: document.documentElement.lang, theme: document.documentElement.dataset.theme || 'auto',
            off: [...document.querySelectorAll('.legend fieldset input:not(:checked)')].map((box) => `${box.name}.${box.value}`),
            corridors: [...document.querySelectorAll('input[name=corridor]:checked')].map((box) => box.value),
            lines: document.querySelectorAll('.leaflet-lines-pane path.line').length,
            scale: document.querySelector('.leaflet-control-scale-line').textContent,
            first: ((box) => [box.x, box.y].map((at) => Math.round(at / 4)))(
                document.querySelector('.leaflet-lines-pane path.line').getBoundingClientRect()),
            card: (document.querySelector('.leaflet-popup-content h3') || {}).textContent || '',
            lit: document.querySelectorAll('.leaflet-lines-pane path.line.lit').length,
            sort: [...document.querySelectorAll('.comparison select')].map((box) => box.value),
            avoid: [...document.querySelectorAll('.avoid [aria-pressed=true]')].map((chip) => chip.value),
        })"""
    )
    return found


def test_an_untouched_page_has_a_bare_address(open_page: Open) -> None:
    tab = open_page()
    assert fragment(tab) == ""
    tab.page.click("#language-ru")
    assert fragment(tab) == "#lang=ru"
    tab.page.click("#language-en")
    assert fragment(tab) == ""


@pytest.mark.parametrize(
    "said",
    [
        "lang=kk",
        "theme=dark",
        "off=rail",
        "off=pipeline,rail,goods.bulk,status.planned",
        "corridor=middle",
        "at=44.5,52.1,5.25",
        "open=place:baku",
        "open=link:pipe-west",
        "lang=ru&theme=light&off=road,status.suspended&corridor=middle&at=42.25,48.7,6&open=place:aktau",
    ],
)
def test_every_key_leads_back(open_page: Open, said: str) -> None:
    tab = open_page(fragment=said)
    first = view(tab)
    assert fragment(tab) == f"#{said}"
    other = open_page()
    plain = view(other)
    assert plain != first
    go(other, said)
    assert view(other) == first
    go(other, "")
    assert view(other) == plain


def test_what_a_reader_does_is_in_the_address(open_page: Open) -> None:
    tab = open_page()
    page = tab.page
    page.click("#language-kk")
    page.click("#theme-dark")
    page.locator("input[name=colour][value=gas]").uncheck()
    page.locator("input[name=goods][value=gas]").uncheck()
    page.locator("#fold-corridors summary").click()
    page.locator("input[name=corridor]").check()
    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_timeout(400)
    page.fill("#search", "Баку")
    page.press("#search", "Enter")
    said = fragment(tab)
    assert said.startswith("#lang=kk&theme=dark&off=gas,goods.gas&corridor=middle&at=")
    assert said.endswith("&open=place:baku")
    again = open_page(fragment=said[1:])
    assert fragment(again) == said
    assert {key: value for key, value in view(again).items() if key != "corridors"} == {
        key: value for key, value in view(tab).items() if key != "corridors"
    }


def test_a_line_opens_where_it_was_clicked(open_page: Open) -> None:
    tab = open_page()
    middle = tab.page.evaluate(
        """() => { const path = document.querySelector('.leaflet-touch-pane path.hit');
        const at = path.getPointAtLength(path.getTotalLength() * 0.3), box = path.ownerSVGElement.getScreenCTM();
        return [at.x * box.a + box.e, at.y * box.d + box.f]; }"""
    )
    tab.page.mouse.click(*middle)
    said = fragment(tab)
    assert "open=link:" in said
    assert "@" in said
    tip = tab.page.locator(".leaflet-popup-tip-container").bounding_box()
    again = open_page(fragment=said[1:])
    assert fragment(again) == said
    found = again.page.locator(".leaflet-popup-tip-container").bounding_box()
    assert tip
    assert found
    assert abs(tip["x"] - found["x"]) <= 2
    assert abs(tip["y"] - found["y"]) <= 2


def test_an_address_does_not_take_the_focus(open_page: Open) -> None:
    tab = open_page(fragment="open=place:baku")
    assert tab.page.evaluate("document.activeElement === document.body")


HOSTILE_ADDRESSES = [
    "lang=<script>alert(1)</script>&theme=javascript:alert(2)&off=__proto__,constructor&corridor=*&open=link:__proto__",
    "lang=__proto__&theme=toString&off=goods.constructor&corridor=%00&open=place:%3Cimg%20src=x%20onerror=alert(3)%3E",
    "at=NaN,Infinity,1e9&open=link:pipe-west@NaN,1",
    "at=-,-,-&at=1,2&open=&open=link:&off=%&lang=%E0%A4%A",
    "at=0x10,1,1&__proto__=1&constructor=2&&&===&=",
    "<img src=x onerror=alert(4)>=1",
    "off=" + "rail,goods.gas," * 2000,
]


@pytest.mark.parametrize("said", HOSTILE_ADDRESSES[:-1])
def test_a_hostile_address_changes_nothing(open_page: Open, said: str) -> None:
    plain = view(open_page())
    tab = open_page(fragment=said)
    assert view(tab) == plain
    assert fragment(tab) == ""
    assert tab.page.locator("img[src=x]").count() == 0


def test_numbers_of_an_address_stay_in_range(open_page: Open) -> None:
    tab = open_page(fragment="at=-99,999,99")
    assert fragment(tab) == "#at=-60,180,10"
    tab = open_page(fragment=HOSTILE_ADDRESSES[-1])
    assert fragment(tab) == "#off=rail,goods.gas"


def test_the_skip_link_keeps_the_view(open_page: Open) -> None:
    tab = open_page(fragment="lang=ru&off=rail")
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.activeElement.id") == "atlas-panel"
    assert fragment(tab) == "#lang=ru&off=rail"


def test_works_without_an_address_of_its_own(open_page: Open, html: str) -> None:
    tab = open_page()
    tab.page.evaluate("document.documentElement.dataset.outer = 'yes'")
    tab.page.evaluate(
        "html => { const frame = document.createElement('iframe'); frame.srcdoc = html; frame.width = 900; frame.height = 600;"
        "document.body.replaceChildren(frame); }",
        html,
    )
    frame = tab.page.frame_locator("iframe")
    frame.locator("#language-kk").click()
    tab.page.wait_for_timeout(WRITTEN_MS)
    assert frame.locator("html").get_attribute("lang") == "kk"
