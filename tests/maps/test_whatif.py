"""What a page says after a closure, a scenario or a year is what `routes.allocate` says, and its controls do what they name."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from geodata.network import Network
from routes import Case, Flow, Scenario, allocate, maps, read_case, read_scenario
from routes.errors import InfeasibleError
from routes.maps import catalogue, pages
from routes.variants import Board, board
from tests.maps.conftest import HOSTILE, IMAGE, Tab

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
Open = Callable[..., Tab]

WITHIN_KT = 0.1
COMBINATIONS = 110
#: Goes through addresses one after the other, waits until the page has planned, and reads what it says.
WALK = """async (asked) => {
  const said = [];
  document.getElementById('fold-table').open = true;
  for (const [hash, view] of asked) {
    location.hash = hash;
    for (let i = 0; document.documentElement.dataset.settled !== view; i += 1) {
      if (i > 400) throw new Error(`${hash} did not settle: ${document.documentElement.dataset.settled}`);
      await new Promise((done) => setTimeout(done, 5));
    }
    const rows = [...document.querySelectorAll('#fold-table tr[data-amount]')];
    said.push({
      broken: !document.querySelector('.sums tr[data-flow]'),
      links: Object.fromEntries(rows.map((row) => [row.dataset.link, Number(row.dataset.amount)])),
      flows: [...document.querySelectorAll('.sums tr[data-flow]')]
        .map(({ dataset }) => [dataset.flow, Number(dataset.delivered), Number(dataset.unmet), Number(dataset.cost)]),
      ways: [...document.querySelectorAll('.comparison .route .way bdi')].map((name) => name.textContent),
    });
  }
  return said;
}"""


def view_of(scenario: str, year: int, closed: Sequence[str]) -> str:
    """The view as the page says it."""
    return json.dumps({"scenario": scenario, "year": year, "closed": list(closed)}, separators=(",", ":"))


def address(scenario: str, year: int, own_year: int, closed: Sequence[str]) -> str:
    parts = {"s": scenario, "y": "" if year == own_year else str(year), "x": ",".join(closed)}
    return "&".join(f"{key}={value}" for key, value in parts.items() if value) or "show="


def draws(made: Board, network: Network, count: int, seed: int) -> list[tuple[str, int, list[str]]]:
    """Scenarios, years and up to three closures of every kind, most of them of what the plan uses."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    places = sorted({place for graph in made.graphs.values() for place in graph.places})
    corridors = sorted(name for name, members in network.corridor_links.items() if set(members) & made.links)
    states = sorted({network.place_facts[place].country for place in places})
    used = allocate(network, made.case).links["link_id"].tolist()
    kinds: list[Callable[[], str]] = [
        lambda: f"link:{chance.choice(used if chance.random() < 0.8 else sorted(made.links))}",
        lambda: f"place:{chance.choice(places)}",
        lambda: f"corridor:{chance.choice(corridors)}",
        lambda: f"country:{chance.choice(states)}",
    ]
    views = []
    for at in range(count):
        variant = chance.choice(made.variants) if at % 2 else made.variants[0]
        year = chance.choice([season.year for season in made.seasons]) if at % 3 == 2 else made.case.year
        closed = list(dict.fromkeys(kinds[chance.randrange(4)]() for _ in range(1 + at % 3)))
        views.append((variant.scenario_id, year, closed))
    return views


@pytest.mark.slow
@pytest.mark.parametrize("name", ["atlas-oil", "atlas-boxes"])
def test_closing_in_the_page_is_closing_in_python(name: str, packaged: Network, open_page: Open) -> None:
    page = next(one for one in catalogue.packaged_pages() if one.name == name)
    case = read_case(str(page.case))
    made = board(packaged, case)
    scenarios = {variant.scenario_id: variant.scenario for variant in made.variants}
    views = draws(made, packaged, COMBINATIONS, seed=sum(map(ord, name)))
    asked = [(address(scenario, year, case.year, closed), view_of(scenario, year, closed)) for scenario, year, closed in views]
    said = open_page(pages.draw(packaged, page).html()).page.evaluate(WALK, asked)
    infeasible = 0
    for (scenario, year, closed), told in zip(views, said, strict=True):
        base = scenarios[scenario]
        meant = replace(base, year=year, close=(*base.close, *closed))
        try:
            plan = allocate(packaged, case, scenario=meant)
        except InfeasibleError:
            infeasible += 1
            assert told["broken"], meant
            continue
        assert differences(dict(zip(plan.links["link_id"], plan.links["amount"], strict=True)), told["links"]) == {}, meant
        rows = plan.by_flow[["flow", "delivered", "unmet", "cost_usd"]].itertuples(index=False)
        for row, flow in zip(rows, told["flows"], strict=True):
            assert row.flow == flow[0]
            assert abs(row.delivered - flow[1]) <= WITHIN_KT, meant
            assert abs(row.unmet - flow[2]) <= WITHIN_KT, meant
            assert flow[3] == pytest.approx(row.cost_usd, rel=1e-7, abs=1_000.0), meant
    assert infeasible < COMBINATIONS / 4
    for (scenario, year, closed), told in list(zip(views, said, strict=True))[:12]:
        base = scenarios[scenario]
        meant = replace(base, year=year, close=(*base.close, *closed))
        expected = []
        for question in page.questions:
            compared = pages.compare(packaged, replace(question, scenario=meant))
            expected += [ways["en"] for ways in compared.names]
        assert told["ways"] == expected, meant


def differences(plan: Mapping[str, float], told: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Links on which a plan and a page disagree by more than a tenth of a kt."""
    both = {link: (plan.get(link, 0.0), told.get(link, 0.0)) for link in {*plan, *told}}
    return {link: pair for link, pair in both.items() if abs(pair[0] - pair[1]) > WITHIN_KT}


def test_a_difference_is_found() -> None:
    assert differences({"a": 5.0, "b": 1.0}, {"a": 5.05, "b": 2.0, "c": 0.05}) == {"b": (1.0, 2.0)}


@pytest.fixture(scope="module")
def planned(toy: Network) -> str:
    """The toy with 80 Mt at the field: 60 for the sea by pipe (72.5 fit), 20 for Poti by rail (8 Mt, then 120,000 TEU)."""
    flows = (
        Flow("oil", "crude", supply={"field": 60_000}, demand={"sea-end": 60_000}),
        Flow(IMAGE, "crude", {"field": 20_000}, {"samara": 20_000}),
    )
    return str(maps.atlas(toy, case=Case("toy", 2024, flows), title="Plan").get_root().render())


def headline(page: Page) -> str:
    return page.inner_text(".headline")


def close(page: Page, what: str) -> None:
    page.select_option("#what-close", what)


def test_the_plan_of_a_toy(planned: str, open_page: Open) -> None:
    page = open_page(planned).page
    assert "60 Mt a year of 60 asked for arrive" in headline(page)
    rows = page.locator(".sums tr[data-flow]")
    assert [rows.nth(i).get_attribute("data-delivered") for i in range(2)] == ["60000", "17500"]
    assert rows.nth(1).get_attribute("data-unmet") == "2500"
    text = page.inner_text("body")
    assert IMAGE in text
    assert page.locator("img[src=x]").count() == 0


def test_a_line_is_closed_on_the_map_and_opened_again(planned: str, open_page: Open) -> None:
    page = open_page(planned).page
    page.fill("#search", "Novorossiysk Field")
    page.fill("#search", "Field Novorossiysk")
    page.press("#search", "Enter")
    page.locator(".leaflet-popup-content [data-close^='link:']").first.click()
    assert "60 Mt a year cannot go as before and do not arrive" in headline(page)
    assert page.locator(".leaflet-lines-pane path.lost").count() == 1
    assert "60 Mt" in page.inner_text("#atlas-live")
    again = page.locator(".leaflet-popup-content [data-close^='link:']").first
    assert again.get_attribute("aria-pressed") == "true"
    again.click()
    assert "60 Mt a year of 60 asked for arrive" in headline(page)
    assert page.locator(".leaflet-lines-pane path.lost").count() == 0


def test_a_place_and_then_a_country(planned: str, open_page: Open) -> None:
    page = open_page(planned).page
    page.fill("#search", "Samara")
    page.press("#search", "Enter")
    page.locator(".leaflet-popup-content [data-close='place:samara']").click()
    rows = page.locator(".sums tr[data-flow]")
    assert rows.nth(1).get_attribute("data-delivered") == "0"
    assert rows.nth(0).get_attribute("data-delivered") == "60000"
    page.keyboard.press("Escape")
    page.fill("#search", "Russia")
    page.press("#search", "Enter")
    page.locator(".leaflet-popup-content [data-close='country:RUS']").click()
    assert rows.nth(0).get_attribute("data-delivered") == "0"
    assert page.locator(".chips .chip").count() == 2
    page.click("#what-clear")
    assert rows.nth(0).get_attribute("data-delivered") == "60000"


def test_the_land_of_a_country_is_clicked(planned: str, open_page: Open) -> None:
    page = open_page(planned).page
    page.evaluate("location.hash = 'at=56,45,5'")
    page.wait_for_timeout(300)
    page.mouse.click(500, 420)
    assert page.inner_text(".leaflet-popup-content h3") == "Russia"
    assert page.locator(".leaflet-popup-content [data-close='country:RUS']").is_visible()


def test_the_address_holds_the_view(planned: str, open_page: Open) -> None:
    page = open_page(planned).page
    close(page, "corridor:middle")
    close(page, "country:RUS")
    page.click("#what-show-use")
    page.check("#what-swipe")
    page.locator("#what-year").fill("2030")
    page.wait_for_url(re.compile(r"y=2030.*swipe=1"))
    there = page.evaluate("location.hash")
    for part in ("x=corridor:middle,country:RUS", "show=use", "y=2030"):
        assert part in there
    fresh = open_page(planned, fragment=there[1:]).page
    assert headline(fresh) == headline(page)
    assert fresh.locator(".swipe").count() == 1
    assert fresh.locator("#what-show-use").get_attribute("aria-pressed") == "true"
    assert fresh.evaluate("location.hash") == there


@pytest.mark.parametrize(
    "words", ["x=country:XXX,link:nothing,%3Cimg", "s=nothing", "y=1e9", "y=-1", "before=<b>", "show=constructor", "x=place:__proto__"]
)
def test_a_hostile_address_changes_nothing(words: str, planned: str, open_page: Open) -> None:
    page = open_page(planned).page
    before = headline(page)
    page.evaluate("(words) => { location.hash = words; }", words)
    page.wait_for_timeout(200)
    assert headline(page) == before
    assert page.locator(".chips").count() == 0


def test_the_bar_between_before_and_after(planned: str, open_page: Open) -> None:
    page = open_page(planned).page
    close(page, "country:RUS")
    page.check("#what-swipe")
    bar = page.locator(".swipe")
    assert bar.get_attribute("role") == "slider"
    assert page.locator(".leaflet-beforelines-pane path.line:not(.idle):not(.shut)").count() == 2
    left = float(bar.evaluate("(bar) => bar.getBoundingClientRect().left"))
    bar.focus()
    page.keyboard.press("ArrowRight")
    assert float(bar.evaluate("(bar) => bar.getBoundingClientRect().left")) > left
    assert page.inner_text(".side.left") == "As it is"
    assert "Russia" in page.inner_text(".side.right")
    page.uncheck("#what-swipe")
    assert bar.count() == 0
    assert page.evaluate("document.querySelector('.leaflet-lines-pane').style.clipPath") == ""


def test_what_lines_show(planned: str, open_page: Open) -> None:
    page = open_page(planned).page
    lines = ".leaflet-lines-pane path"
    assert page.locator(f"{lines}.idle").count() > 0
    page.click("#what-show-use")
    assert page.locator(f"{lines}.used3").count() == 1, "17.5 Mt of 17.5"
    assert page.locator(f"{lines}.used2").count() == 1, "60 Mt of 72.5"
    page.click("#what-show-room")
    assert page.locator(f"{lines}.idle").count() == 0
    page.click("#what-show-change")
    assert page.locator(f"{lines}.gained, {lines}.lost").count() == 0
    page.click("#what-show-flow")
    moving = page.locator(".leaflet-flow-pane path.flow").count()
    page.uncheck("#what-moving")
    assert (moving, page.locator(".leaflet-flow-pane path.flow").count()) == (2, 0)


def test_flows_stand_still_where_motion_is_not_wanted(planned: str, open_page: Open) -> None:
    page = open_page(planned).page
    name = "(path) => getComputedStyle(path).animationName"
    assert page.locator(".leaflet-flow-pane path.flow").first.evaluate(name) == "none"
    moving = open_page(planned, reduced_motion="no-preference").page
    assert moving.locator(".leaflet-flow-pane path.flow").first.evaluate(name) == "along"


def test_years_tell_what_opens(planned: str, open_page: Open, toy: Network) -> None:
    flows = (Flow("boxes", "container", {"border": 900}, {"plant": 900}),)
    page = open_page(str(maps.atlas(toy, case=Case("boxes", 2024, flows)).get_root().render())).page
    delivered = page.locator(".sums tr[data-flow]").first
    assert delivered.get_attribute("data-delivered") == "0"
    page.locator("#what-year").fill("2030")
    page.wait_for_selector(".sums tr[data-delivered='900']")
    assert "Opens:" in page.inner_text(".time")
    assert "Supply and demand stay those of 2024." in page.inner_text(".time")
    page.wait_for_selector(".chart svg")
    assert "2030: 0.9" in str(page.locator(".chart svg").first.get_attribute("aria-label"))


def test_a_contract_that_cannot_be_kept_is_named(planned: str, open_page: Open, toy: Network) -> None:
    flows = (Flow("oil", "crude", {"field": 9_000}, {"sea-end": 9_000}, floor={"pipe-north": 5_000}),)
    with pytest.raises(InfeasibleError):
        allocate(toy, Case("bound", 2024, flows))
    page = open_page(str(maps.atlas(toy, case=Case("bound", 2024, flows)).get_root().render())).page
    assert "No plan keeps this contract: oil" in headline(page)
    assert page.locator(".sums tr[data-flow]").count() == 0


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_every_language_and_name(language: str, planned: str, open_page: Open) -> None:
    page = open_page(planned).page
    page.click(f"#language-{language}")
    close(page, "country:RUS")
    assert "{" not in page.inner_text("#what-if")
    page.click("#what-corridors summary") if page.locator("#what-corridors summary").count() else None
    for name in HOSTILE[:1]:
        assert name in page.inner_text("body")
    assert page.locator("img[src=x]").count() == 0


def test_scenarios_of_the_packaged_network_are_offered(packaged: Network) -> None:
    made = board(packaged, read_case("kazakh-crude-2024"))
    offered = {variant.scenario_id for variant in made.variants}
    assert {"", "cpc-stopped", "russia-closed", "germany-7-mt"} <= offered
    assert "kashagan-gas-plant" not in offered, "a gas plant changes nothing for crude"
    assert read_scenario("cpc-stopped").close == next(one.scenario for one in made.variants if one.scenario_id == "cpc-stopped").close
    assert made.variants[0].scenario == Scenario("base")
