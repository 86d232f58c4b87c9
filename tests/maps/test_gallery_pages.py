"""Every page of the packaged gallery in Chromium with the network cut: quiet, drawn, and whole on a phone."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import make_maps
from routes.maps.catalogue import packaged_pages
from routes.maps.sheets import packaged_sheets

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, pytest.mark.browser]
MAPS = [page.file for page in packaged_pages()]
FILES = ["index.html", *MAPS, *(sheet.file for sheet in packaged_sheets())]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("gallery") / "maps"
    assert make_maps.main(["--out", str(out)]) == 0
    return out


def test_the_gallery_holds_every_page(gallery: Path) -> None:
    assert sorted(path.name for path in gallery.iterdir()) == sorted(FILES)
    index = (gallery / "index.html").read_text("utf-8")
    assert [name for name in FILES[1:] if f'href="{name}"' not in index] == []


def test_no_page_is_too_large(gallery: Path) -> None:
    pages = {name: (gallery / name).read_bytes() for name in FILES}
    assert {name: len(page) for name, page in pages.items() if len(page) > (500_000 if name.startswith("compare") else 1_000_000)} == {}
    assert {name: size for name, page in pages.items() if (size := len(gzip.compress(page))) > 350_000} == {}


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("name", FILES)
def test_opens_quietly_and_whole(browser: Browser, gallery: Path, name: str, width: int, height: int) -> None:
    said: list[str] = []
    asked: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    tab = context.new_page()
    tab.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url) if request.url.startswith(("http", "ws")) else None)
    tab.goto((gallery / name).as_uri())
    if name in MAPS:
        tab.wait_for_selector(".leaflet-container path")
        assert tab.locator(".leaflet-container path").count() > 10
        assert tab.locator("#atlas-panel h1").inner_text()
    elif name != "index.html":
        assert tab.locator("tbody tr").count() > 8
        assert tab.locator("h1 span:visible").count() == 1
    assert tab.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 2
    context.close()
    assert (said, asked) == ([], [])
    assert "Content-Security-Policy" in (gallery / name).read_text("utf-8")
