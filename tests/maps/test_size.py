"""What pages weigh: those of the gallery that plan, and a user's own network of 5,000 links beside what stock folium makes of it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from routes import maps
from routes.maps.webmap import CANVAS_FROM_LINKS
from tests.maps.crowd import VERTICES, crowd, stock
from tests.maps.test_page import column, payload_of

LINKS = 5_000
MOST_BYTES, MOST_GZIPPED = 1_500_000, 500_000
MOST_PAGE_BYTES, MOST_PAGE_GZIPPED = 1_000_000, 350_000
TIMES_SMALLER = 4.0
ATLASES = ("atlas-oil", "atlas-boxes", "atlas-north-south", "atlas-gas")


@pytest.mark.slow
def test_five_thousand_links_weigh_a_quarter_of_the_stock_map(tmp_path: Path) -> None:
    network = crowd(tmp_path, LINKS)
    assert len(network.links) == LINKS > CANVAS_FROM_LINKS
    assert network.links.geometry.count_coordinates().eq(VERTICES).all()
    text = str(maps.atlas(network).get_root().render())
    ours, peer = text.encode(), stock(network).get_root().render().encode()
    assert len(ours) <= MOST_BYTES
    assert len(gzip.compress(ours)) <= MOST_GZIPPED
    assert len(peer) >= TIMES_SMALLER * len(ours)
    shown = payload_of(text)
    assert shown["canvas"]
    assert shown["links"]["count"] == LINKS
    assert [len(column(shown[table], "id")) for table in ("links", "places")] == [LINKS, len(network.places)]
    assert shown["base"]["countries"]["count"] > 20


@pytest.mark.slow
def test_pages_that_plan_keep_their_measure(make_gallery: Callable[..., Path]) -> None:
    folder = make_gallery(*(f"--only={name}" for name in ATLASES))
    for name in ATLASES:
        page = (folder / f"{name}.html").read_bytes()
        assert len(page) <= MOST_PAGE_BYTES, name
        assert len(gzip.compress(page)) <= MOST_PAGE_GZIPPED, name
