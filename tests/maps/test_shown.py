"""What results show in a notebook: a table and a small PNG, whatever their names, and no drawing where none is asked for."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

import routes
from geodata import showing
from geodata.network import Network
from tests.conftest import ROOT, link, place

Build = Callable[..., Network]
HOSTILE = '"><img src=x onerror=alert(1)>{{7*7}}'
KINDS = ("network", "routes", "flow", "plan", "comparison")


def results(network: Network, start: str, end: str, case: routes.Case, last: routes.Scenario | str) -> dict[str, object]:
    return {
        "network": network,
        "routes": routes.alternatives(network, start, end, "crude"),
        "flow": routes.max_flow(network, start, end, "crude"),
        "plan": routes.allocate(network, case),
        "comparison": routes.compare(network, case, [routes.Scenario("base"), last]),
    }


@pytest.fixture(scope="module")
def shown(packaged: Network) -> dict[str, str]:
    case = routes.read_case("kazakh-crude-2024", packaged)
    found = results(packaged, "tengiz", "augusta-port", case, "cpc-stopped")
    return {kind: one._repr_html_() for kind, one in found.items()}  # type: ignore[attr-defined]


@pytest.fixture
def hostile(build: Build) -> dict[str, object]:
    places = [place("a", name=HOSTILE), place("b", lon=63, name=HOSTILE)]
    network = build(places, [link("ab", "a", "b", 5, name=HOSTILE)])
    case = routes.Case(HOSTILE, 2024, (routes.Flow(HOSTILE, "crude", {"a": 5}, {"b": 5}),))
    return results(network, "a", "b", case, routes.Scenario(HOSTILE, close=["ab"]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_and_a_small_picture(shown: dict[str, str], kind: str) -> None:
    assert shown[kind].index("<table") < shown[kind].index("<img")
    (packed,) = re.findall(r'src="data:image/png;base64,([^"]+)"', shown[kind])
    picture = base64.b64decode(packed)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) <= 60_000


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_are_escaped(hostile: dict[str, object], kind: str) -> None:
    told = hostile[kind]._repr_html_()  # type: ignore[attr-defined]
    assert told.count("<img") == 1
    assert "<img src=x" not in told
    assert "data:image/png;base64," in told


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_stands_where_nothing_can_be_drawn(hostile: dict[str, object], kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(thing: object) -> bytes:
        raise RuntimeError("no fonts")

    monkeypatch.setattr("routes.maps.shown.picture", fails)
    told = hostile[kind]._repr_html_()  # type: ignore[attr-defined]
    assert "<table" in told
    assert "<img" not in told
    monkeypatch.setattr(showing, "_offered", ["routes.maps.no_such_module"])
    assert hostile[kind]._repr_html_() == told  # type: ignore[attr-defined]


def test_answers_without_a_way_have_no_picture(build: Build) -> None:
    network = build([place("a"), place("b", lon=61), place("c", lon=62)], [link("ab", "a", "b"), link("cb", "c", "b", both_ways="false")])
    case = routes.Case("none", 2024, (routes.Flow("oil", "crude", {"a": 5}, {"c": 5}),))
    for kind, one in results(network, "a", "c", case, routes.Scenario("shut", close=["ab"])).items():
        told = one._repr_html_()  # type: ignore[attr-defined]
        assert ("<img" in told) is (kind in ("network", "comparison")), kind


def test_repr_draws_nothing() -> None:
    code = (
        "import sys, geodata, routes; n = geodata.read_network(); case = routes.read_case('kazakh-crude-2024');"
        "print(repr(n), repr(routes.alternatives(n, 'tengiz', 'augusta-port', 'crude')), repr(routes.allocate(n, case)));"
        "print(routes.max_flow(n, 'tengiz', 'augusta-port', 'crude'), routes.compare(n, case, ['cpc-stopped']));"
        "print('loaded:', [name for name in ('matplotlib', 'routes.maps.shown') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "loaded: []"
    assert "<" not in said.stdout.splitlines()[0]
