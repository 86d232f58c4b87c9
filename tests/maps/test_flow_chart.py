"""Flow and power charts: bands add up to the amounts, what does not arrive is shown, and every language is spoken."""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

import routes
from geodata.network import Network
from routes import maps
from routes.maps import ribbons, text
from tests.conftest import link, place
from tests.maps.test_charts import overlapping, words


@pytest.fixture
def plan(build: Callable[..., Network]) -> routes.Allocation:
    r"""
    a --line1--> hub --line1--> far (9 asked, 6 fit), a --sea--> far (2 fit), a --home--> town (1)
    """
    places = [
        place("a", lon=50, name="A $1$"),
        place("town", lon=52),
        place("hub", "RUS", lon=54),
        place("far", "DEU", lon=58),
        place("other", "DEU", lon=58, lat=47),
    ]
    links = [
        link("one", "a", "hub", 6000, countries="KAZ;RUS"),
        link("two", "hub", "far", 6000, countries="RUS;DEU"),
        link("ship", "a", "far", 2000, mode="sea", cost_usd_t=900, countries="KAZ;DEU"),
        link("home", "a", "town", 5000),
        link("last", "far", "other", 500),
    ]
    corridors = [
        {"corridor_id": "line1", "name": "Line 1", "members": "one;two"},
        {"corridor_id": "part", "name": "Part of it", "members": "two"},
        {"corridor_id": "sea", "name": "By sea", "members": "ship"},
    ]
    wanted = [("supply", "a", 14), ("demand", "far", 9), ("demand", "town", 1), ("demand", "other", 0.25)]
    cases = [
        {
            "case_id": "one",
            "year": 2024,
            "flow": "oil",
            "commodity": "crude",
            "role": role,
            "place_id": at,
            "amount": amount,
            "unit": "Mt/yr",
        }
        for role, at, amount in wanted
    ]
    network = build(places, links, corridors=corridors, cases=cases)
    return routes.allocate(network, routes.read_case("one", network))


def bands(figure: Figure) -> list[tuple[float, float]]:
    """Where each band starts from the left, and how thick it is there, in points."""
    paths = [one.get_path().vertices for one in figure.findobj(PathPatch)]
    return [(float(at[0][0]), float(at[0][1] - at[-2][1])) for at in paths]


def test_amounts_are_counted_once(plan: routes.Allocation) -> None:
    found = ribbons.flowing(plan, ["oil"])
    assert set(found.into) == {("a", "line1"), ("a", "sea"), ("a", "home:KAZ"), ("a", "unmet")}
    assert sum(found.into.values()) == pytest.approx(plan.supplies["supply"].sum())
    assert sum(found.out.values()) == pytest.approx(plan.markets["demand"].sum())
    for way in ("line1", "sea", "home:KAZ"):
        assert found.into["a", way] == pytest.approx(sum(amount for (name, _), amount in found.out.items() if name == way))
    assert found.into["a", "line1"] == pytest.approx(6000)


def test_bands_are_as_wide_as_the_amounts(plan: routes.Allocation) -> None:
    found = ribbons.flowing(plan, ["oil"])
    figure = maps.flow_chart(plan)
    drawn = bands(figure)
    xs = sorted({x for x, _ in drawn})
    assert len(xs) == 2
    for x, amounts in zip(xs, (found.into, found.out), strict=True):
        thick = sorted(width for at, width in drawn if at == x)
        per_pt = sum(amounts.values()) / sum(thick)
        assert [width * per_pt for width in thick] == pytest.approx(sorted(amounts.values()), rel=1e-6)


@pytest.mark.parametrize("language", text.LANGUAGES)
def test_every_language(plan: routes.Allocation, language: str) -> None:
    figure = maps.flow_chart(plan, language=language)
    said = "\n".join(words(figure)).replace("\N{NO-BREAK SPACE}", " ")
    table = text.strings(language)
    for key in ("chart.unmet", "chart.origins", "chart.markets", "chart.Mt"):
        assert table[key] in said
    assert text.country_names()["KAZ"][text.LANGUAGES.index(language)] in said
    assert f"Line 1: {text.number(6, language)}" in said
    assert "A $1$" in said
    assert overlapping(figure) == []
    compared = routes.compare(plan.network, plan.case, [routes.Scenario("base")])
    assert {table["chart.delivered"], table["chart.unmet"], table["chart.Mt"]} <= set(
        words(maps.scenario_chart(compared, language=language))
    )
    over = pd.DataFrame({"year": [2024, 2025], "value": [1000.0, 4000.0]})
    assert table["chart.Mt"] in words(maps.timeline_chart({"x": over}, language=language))
    ways = routes.alternatives(plan.network, "a", "far", "crude", k=2)
    assert table["chart.days"] in words(maps.cost_time_chart(ways, language=language))


@pytest.mark.parametrize("case", ["base", "cpc-stopped"])
def test_the_packaged_plan(packaged: Network, case: str) -> None:
    scenario = None if case == "base" else routes.read_scenario(case)
    plan = routes.allocate(packaged, routes.read_case("kazakh-crude-2024"), scenario=scenario)
    figure = maps.flow_chart(plan, flow="kazakh-crude")
    assert overlapping(figure) == []
    found = ribbons.flowing(plan, ["kazakh-crude"])
    row = plan.by_flow.set_index("flow").loc["kazakh-crude"]
    assert sum(found.into.values()) == pytest.approx(row["supply"])
    assert sum(amount for (way, _), amount in found.out.items() if way != "unmet") == pytest.approx(row["delivered"])
    with pytest.raises(ValueError, match="'gas' is no flow"):
        maps.flow_chart(plan, flow="gas")


def test_power() -> None:
    frame = pd.DataFrame(
        {"country": ["RUS", "TUR", "XXX", "POL"], "shapley": [2e3, 1e3, 1.0, 0], "banzhaf": [2e3, 1e3, 1.0, 0], "nucleolus": [3e3, 0, 0, 0]}
    )
    figure = maps.power_chart(frame, language="ru")
    said = words(figure)
    assert {"Россия", "Турция", "XXX", "вектор Шепли", "нуклеолус", "млн т в год", "2,0"} <= set(said)
    assert "Польша" not in said
    assert overlapping(figure) == []
    with pytest.raises(KeyError):
        maps.power_chart(frame.drop(columns="banzhaf"))
    with pytest.raises(ValueError, match="language must be one of"):
        maps.power_chart(frame, language="de")


def test_ids_are_named_by_their_network(plan: routes.Allocation) -> None:
    frame = pd.DataFrame({"id": ["one", "line1", "far", "country:RUS", "else"], "loss": [1.0, 2.0, math.inf, 4.0, 5.0]})
    said = words(maps.ranking_chart(frame, "id", "loss", unit="Mt", network=plan.network, language="kk"))
    assert {"A $1$ – HUB", "Line 1", "FAR", "Ресей", "else", "шексіз"} <= set(said)


def test_the_unit_of_a_timeline_is_known() -> None:
    with pytest.raises(ValueError, match="Mt or bcm"):
        maps.timeline_chart({"x": pd.DataFrame({"year": [2024], "value": [1.0]})}, unit="TEU")


def test_the_same_bytes_twice(plan: routes.Allocation) -> None:
    written = []
    for _ in range(2):
        stream = io.BytesIO()
        maps.flow_chart(plan).savefig(stream, format="svg")
        written.append(stream.getvalue())
    assert written[0] == written[1]
