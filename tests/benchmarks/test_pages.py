"""Pages in a browser: a user's network of 5,000 and 50,000 links beside stock folium's map of it, and what the atlas pages answer in.

Seconds are wall time in headless Chromium, from the start of loading to the first frame after it, the median of some runs in
turn with the peer's. Stock folium's scripts come from servers; here Leaflet is handed to it at once and the rest, which
its lines do not need, is refused.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from routes import maps
from routes.maps import page
from tests.benchmarks.conftest import Race
from tests.maps.crowd import crowd, stock
from tests.maps.test_size import ATLASES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.benchmarks

PEER = "folium GeoJson, style function"
# links, runs of ours, runs of the peer's, at most so many seconds until ours is ready
CROWDS = [(5_000, 5, 5, 1.5), (50_000, 3, 1, 4.0)]
ATLAS_READY_S, CLICK_S, ATLAS_RUNS, CLICKS = 1.0, 0.1, 5, 12
PATIENCE_MS = 180_000

FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0)))"
CLOSE = f"""async (id) => {{
    const list = document.getElementById('what-close'), start = performance.now();
    list.value = id;
    list.dispatchEvent(new Event('change', {{ bubbles: true }}));
    return (await {FRAME}) - start;
}}"""


def served(route: Route) -> None:
    """Leaflet from its package; nothing else is to be had."""
    name = route.request.url.rsplit("/", 1)[-1]
    if name in page.LEAFLET_SHA256:
        route.fulfill(body=page.leaflet_file(name))
    else:
        route.abort()


def opened(browser: Browser, file: Path) -> tuple[Page, float]:
    """The page, and the seconds until its first frame after loading."""
    tab = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce").new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.route(re.compile("https?:"), served)
    tab.goto(file.as_uri(), timeout=PATIENCE_MS)
    ready = tab.evaluate(FRAME) / 1000
    assert errors == []
    assert tab.locator("canvas, path.leaflet-interactive").count() > 0
    return tab, ready


def ready_s(browser: Browser, file: Path) -> float:
    tab, ready = opened(browser, file)
    tab.context.close()
    return ready


def made(file: Path, draw: Callable[[], str]) -> float:
    """The seconds it takes to draw a page and write it."""
    start = time.perf_counter()
    file.write_text(draw(), encoding="utf-8")
    return time.perf_counter() - start


@pytest.mark.parametrize(("count", "runs", "peer_runs", "ceiling"), CROWDS)
def test_many_links(race: Race, browser: Browser, tmp_path: Path, count: int, runs: int, peer_runs: int, ceiling: float) -> None:
    network = crowd(tmp_path, count)
    ours, peer = tmp_path / "ours.html", tmp_path / "peer.html"
    ours_s = made(ours, lambda: str(maps.atlas(network).get_root().render()))
    peer_s = made(peer, lambda: str(stock(network).get_root().render()))
    race.benchmark.pedantic(ready_s, args=(browser, ours), rounds=1)
    times, peer_times = [], []
    for run in range(max(runs, peer_runs)):
        if run < runs:
            times.append(ready_s(browser, ours))
        if run < peer_runs:
            peer_times.append(ready_s(browser, peer))
    small, big = (file.stat().st_size / 1e6 for file in (ours, peer))
    assert big >= 4 * small
    name = f"{count:,} links"
    ready = statistics.median(times)
    race.note(f"{name}, a page of {small:.1f} MB, ready", f"{PEER}, {big:.1f} MB", ready, statistics.median(peer_times), None)
    race.note(f"  {name}, ready", f"at most {ceiling:.1f} s", ready, ceiling, 1.0)
    race.note(f"  {name}, made by Python", PEER, ours_s, peer_s, None)


@pytest.mark.parametrize("name", ATLASES)
def test_atlas_page(race: Race, browser: Browser, make_gallery: Callable[..., Path], name: str) -> None:
    """No peer: nothing else plans in a page. The first closures of the list, each opened again before the next."""
    file = make_gallery(f"--only={name}") / f"{name}.html"
    race.benchmark.pedantic(ready_s, args=(browser, file), rounds=1)
    ready = statistics.median(ready_s(browser, file) for _ in range(ATLAS_RUNS))
    tab, _ = opened(browser, file)
    ids = tab.locator("#what-close option").evaluate_all("all => all.map((one) => one.value).filter(Boolean)")[:CLICKS]
    clicks = []
    for closed in ids:
        tab.wait_for_timeout(400)
        clicks.append(tab.evaluate(CLOSE, closed) / 1000)
        tab.click("#what-clear")
    tab.context.close()
    race.note(f"{name}, ready", f"at most {ATLAS_READY_S:.1f} s", ready, ATLAS_READY_S, 1.0)
    race.note(f"  {name}, an answer to a closure", f"at most {CLICK_S * 1000:.0f} ms", statistics.median(clicks), CLICK_S, 1.0)
