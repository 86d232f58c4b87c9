"""Every page of the packaged gallery in Chromium with the network cut: quiet, drawn, and whole on a phone."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import shapely

from routes.maps.catalogue import packaged_pages
from routes.maps.sheets import packaged_sheets
from tests.maps.conftest import Visit

pytestmark = [pytest.mark.slow, pytest.mark.browser]
MAPS = [page.file for page in packaged_pages()]
FILES = ["index.html", *MAPS, *(sheet.file for sheet in packaged_sheets())]


@pytest.fixture(scope="module")
def gallery(make_gallery: Callable[..., Path]) -> Path:
    return make_gallery()


def test_the_gallery_holds_every_page(gallery: Path) -> None:
    assert sorted(path.name for path in gallery.iterdir()) == sorted([*FILES, ".made.json", "data", "pictures"])
    index = (gallery / "index.html").read_text("utf-8")
    assert [name for name in FILES[1:] if f'href="{name}"' not in index] == []


def test_the_index_leads_to_every_file_and_to_no_other(gallery: Path) -> None:
    index = (gallery / "index.html").read_text("utf-8")
    led = set(re.findall(r'(?:href|src)="([^"#]*)"', index))
    there = {path.relative_to(gallery).as_posix() for path in gallery.rglob("*") if path.is_file()}
    assert led == there - {"index.html", ".made.json"}


def test_no_page_is_too_large(gallery: Path) -> None:
    pages = {name: (gallery / name).read_bytes() for name in FILES}
    assert {name: len(page) for name, page in pages.items() if len(page) > (500_000 if name.startswith("compare") else 1_000_000)} == {}
    assert {name: size for name, page in pages.items() if (size := len(gzip.compress(page))) > 350_000} == {}
    assert (gallery / "index.html").stat().st_size <= 50_000


def test_every_data_file_can_be_read(gallery: Path) -> None:
    for path in sorted((gallery / "data").iterdir()):
        if path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as stream:
                rows = list(csv.reader(stream))
            assert len(rows) > 1, path.name
            assert {len(row) for row in rows} == {len(rows[0])}, path.name
        else:
            features = json.loads(path.read_text("utf-8"))["features"]
            assert all(shapely.geometry.shape(feature["geometry"]).is_valid for feature in features), path.name


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("name", FILES)
def test_opens_quietly_and_whole(visit: Visit, gallery: Path, name: str, width: int, height: int) -> None:
    with visit(gallery / name, width, height) as tab:
        if name in MAPS:
            tab.wait_for_selector(".leaflet-container path")
            assert tab.locator(".leaflet-container path").count() > 10
            assert tab.locator("#atlas-panel h1").inner_text()
        elif name == "index.html":
            assert tab.locator("img").count() == len(FILES) - 1
            # A picture that cannot be shown fails here.
            tab.evaluate("Promise.all([...document.images].map(one => { one.loading = 'eager'; return one.decode(); }))")
        else:
            assert tab.locator("tbody tr").count() > 8
            assert tab.locator("h1 span:visible").count() == 1


def test_a_card_opens_its_page_and_its_data_stay_links_of_their_own(visit: Visit, gallery: Path) -> None:
    with visit(gallery / "index.html", 1440, 900) as tab:
        card = tab.locator(".cards li").first
        assert card.locator("img").evaluate(
            "one => { const at = one.getBoundingClientRect(); "
            "return document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2).getAttribute('href') }"
        ) == card.locator("h3 a").get_attribute("href")
        data = card.locator(".files a").first
        assert data.evaluate(
            "one => { const at = one.getBoundingClientRect(); return document.elementFromPoint(at.x + 3, at.y + 9) === one }"
        )
