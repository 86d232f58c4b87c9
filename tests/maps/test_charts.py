"""Charts: they carry the numbers of what they are given, no two labels meet, and two drawings are the same bytes."""

from __future__ import annotations

import io
import math
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations

import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

import routes
from geodata.network import Network
from routes import maps
from tests.conftest import ROOT, link, place


@pytest.fixture
def network(build: Callable[..., Network]) -> Network:
    r"""
    field --10-- port --10-- market      and field ==4== market, dearer
    """
    places = [place("field", lon=52), place("port", lon=54), place("market", lon=58)]
    links = [
        link("a", "field", "port", 10_000, cost_usd_t=5, days=2),
        link("b", "port", "market", 10_000, cost_usd_t=5, days=2),
        link("c", "field", "market", 4_000, cost_usd_t=30, days=1),
    ]
    cases = [
        {"case_id": "one", "year": 2024, "flow": "oil", "commodity": "crude", "role": role, "place_id": at, "amount": 9, "unit": "Mt/yr"}
        for role, at in (("supply", "field"), ("demand", "market"))
    ]
    return build(places, links, cases=cases)


@pytest.fixture
def comparison(network: Network) -> routes.Comparison:
    scenarios = [
        routes.Scenario("As it is"),
        routes.Scenario("A closed, and a name that is much longer than any label on a chart ought to be", close=["a"]),
        routes.Scenario("A contract too large", floor={"c": "8 Mt/yr"}),
    ]
    return routes.compare(network, routes.read_case("one", network), scenarios)


def texts(figure: Figure) -> list[Text]:
    return [one for one in figure.findobj(Text) if one.get_visible() and one.get_text().strip()]


def words(figure: Figure) -> list[str]:
    return [one.get_text() for one in texts(figure)]


def widths(figure: Figure) -> list[list[float]]:
    return [[round(bar.get_width(), 6) for bar in bars] for bars in figure.axes[0].containers]


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    figure.draw_without_rendering()
    boxes = [(one.get_text(), one.get_window_extent()) for one in texts(figure)]
    return [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]


def svg(figure: Figure) -> str:
    written = io.StringIO()
    figure.savefig(written, format="svg")
    return written.getvalue()


def ways(network: Network) -> routes.Routes:
    return routes.alternatives(network, "field", "market", "crude", k=2)


def test_scenarios(comparison: routes.Comparison) -> None:
    figure = maps.scenario_chart(comparison)
    assert widths(figure) == [[9.0, 4.0, 0.0], [5.0]]
    assert {"9.0", "4.0, not 5.0", "a contract cannot be kept", "Mt a year"} <= set(words(figure))
    assert any("Case one." in word for word in words(figure))
    assert overlapping(figure) == []
    assert widths(maps.scenario_chart(comparison, flow="oil")) == [[9.0, 4.0, 0.0], [5.0]]
    with pytest.raises(ValueError, match="'gas' is no flow of 'one'; it has oil"):
        maps.scenario_chart(comparison, flow="gas")


def test_ranking() -> None:
    frame = pd.DataFrame(
        {"id": ["country:RUS", ("a", "b"), (), "d"], "now": [2500.0, math.inf, math.nan, 40.0], "then": [3000.0, 1.0, 2.0, 0.0]}
    )
    figure = maps.ranking_chart(frame, "id", "now", unit="Mt a year", scale=1000, most=3)
    assert widths(figure) == [[2.5, 2.65, 0.0]]
    assert {"Russia", "a, b", "none", "2.5", "unlimited", "Mt a year"} <= set(words(figure))
    both = maps.ranking_chart(frame, "id", ["now", "then"], unit="Mt a year", scale=1000, title="Now and then")
    assert widths(both)[1] == [3.0, 0.001, 0.002, 0.0]
    assert {"now", "then", "Now and then"} <= set(words(both))
    assert overlapping(both) == []
    with pytest.raises(ValueError, match="1 to 5 columns, not 6"):
        maps.ranking_chart(frame, "id", ["now"] * 6, unit="")


def test_cost_and_time(network: Network) -> None:
    found = ways(network)
    figure = maps.cost_time_chart({"way": found, "again": found})
    marks = [one for one in figure.axes[0].collections if isinstance(one, PathCollection)]
    assert [one.get_offsets().tolist() for one in marks] == [found.table[["days", "cost_usd_t"]].to_numpy().tolist()] * 2
    assert len(set(marks[0].get_sizes())) == 2
    assert {"way 1: 10.0 Mt a year", "way 2: 4.0 Mt a year", "days on the way", "USD a tonne"} <= set(words(figure))
    # Marks at one spot: the labels stand apart all the same.
    assert overlapping(figure) == []
    with pytest.raises(ValueError, match="at least one way"):
        maps.cost_time_chart(routes.alternatives(network, "field", "market", "crude", avoid=["port", "c"]))


def test_timeline() -> None:
    frame = pd.DataFrame({"year": [2024, 2025, 2025], "value": [1000.0, 4000.0, 4000.0]})
    figure = maps.timeline_chart({"north": frame, "middle": frame})
    assert [line.get_xydata().tolist() for line in figure.axes[0].lines] == [[[2024, 1], [2025, 4]]] * 2
    assert len({line.get_linestyle() for line in figure.axes[0].lines}) == 2
    assert "Mt a year" in words(figure)
    with pytest.raises(ValueError, match="1 to 5 tables, not 0"):
        maps.timeline_chart({})


@pytest.mark.slow
def test_the_same_bytes_twice(network: Network, comparison: routes.Comparison) -> None:
    frame = pd.DataFrame({"id": ["a"], "value": [1.0], "year": [2024]})
    drawers: list[Callable[[], Figure]] = [
        lambda: maps.scenario_chart(comparison),
        lambda: maps.ranking_chart(frame, "id", ["value", "year"], unit="kt"),
        lambda: maps.cost_time_chart(ways(network)),
        lambda: maps.timeline_chart({"one": frame}),
    ]
    for draw in drawers:
        assert svg(draw()) == svg(draw())
        shown = draw()._repr_png_()  # type: ignore[attr-defined]
        assert shown.startswith(b"\x89PNG")
        assert shown == draw()._repr_png_()  # type: ignore[attr-defined]


@pytest.mark.slow
def test_the_door_leaves_matplotlib_alone() -> None:
    code = "import sys, routes; routes.maps.atlas; print('matplotlib' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
