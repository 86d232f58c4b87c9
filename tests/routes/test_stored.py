"""Stored scenarios: each can be read, resolves on its network, and combines with the others where they do not clash."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

import geodata
import routes
from geodata.network import Network
from geodata.schema import COMMODITIES
from routes.errors import UnknownIdError
from routes.scenarios import COUNTRY, select
from routes.scene import Scene, scene
from tests.conftest import link, place

NAMES = routes.scenario_names()
ASKED = (
    "cpc-stopped cpc-one-mooring-3.5 cpc-one-mooring-4.5 btc-contract-1.5 btc-contract-2.2 btc-expanded tankers-as-they-are "
    "tankers-two-more tankers-for-7-mt caspian-exports-x5 caspian-low china-west-upgraded russian-transit-10 russian-transit-12.5 "
    "germany-1.5-mt germany-2.1-mt germany-7-mt russia-closed northern-closed-at-brest middle-corridor-2027 middle-corridor-2030 "
    "third-rail-link dostyk-moiynty-second-track rasht-astara-built new-lines-1300-km road-to-china instc-east-15-mt btk-1-mt "
    "btk-5-mt suez-closed russian-gas-existing-grid russian-gas-new-pipe"
)
AMOUNTS = ("capacity", "supply", "demand", "floor")


def touched(network: Network, scenario: routes.Scenario) -> list[str]:
    """The commodities that a scenario is about."""
    found: set[str] = set()
    ids = [*scenario.close, *scenario.open, *scenario.capacity]
    meant = select(network, ids)
    for known in network.link_facts.values():
        if known.link_id in meant.links or {known.from_place, known.to_place} & meant.places:
            found |= known.commodities
    flows = {key.partition(":")[0] for name in ("supply", "demand", "floor") for key in getattr(scenario, name)}
    found |= set(network.cases.loc[network.cases["flow"].isin(flows), "commodity"])
    return [commodity for commodity in COMMODITIES if commodity in found]


def seen(ground: Scene) -> tuple[dict[str, float], dict[str, float]]:
    return {link.link_id: link.capacity for link in ground.links}, dict(ground.place_capacity)


def test_what_was_asked_for_is_there() -> None:
    assert set(ASKED.split()) <= set(NAMES)
    assert list(NAMES) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_resolves_and_changes_something(packaged: Network, name: str) -> None:
    scenario = routes.read_scenario(name, packaged)
    assert scenario == routes.read_scenario(name)
    assert scenario.year is None
    commodities = touched(packaged, scenario)
    assert commodities
    asks = bool(scenario.supply or scenario.demand or scenario.floor)
    same = all(seen(scene(packaged, each, scenario=scenario)) == seen(scene(packaged, each)) for each in commodities)
    assert asks or not same or name in ("btk-5-mt", "tankers-as-they-are"), "only two scenarios say what 2024 has anyway"


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_added_to_itself_is_itself(packaged: Network, name: str) -> None:
    scenario = routes.read_scenario(name, packaged)
    assert scenario + scenario == scenario


def test_scenarios_combine_where_they_do_not_clash(packaged: Network) -> None:
    """In either order to the same; and every pair does but those that say two things of one id."""
    scenarios = {name: routes.read_scenario(name, packaged) for name in NAMES}
    combined = 0
    for one, other in combinations(NAMES, 2):
        a, b = scenarios[one], scenarios[other]
        shared = [(getattr(a, name), getattr(b, name)) for name in AMOUNTS]
        if any(first[key] != second[key] for first, second in shared for key in first.keys() & second.keys()):
            with pytest.raises(ValueError, match="two values"):
                _ = a + b
            continue
        assert a + b == b + a
        assert (a + b) + a == a + b
        combined += 1
    assert combined > 0.9 * len(NAMES) * (len(NAMES) - 1) / 2


CLOSURES = ("cpc-stopped", "russia-closed", "northern-closed-at-brest", "suez-closed")


@pytest.mark.parametrize("pair", list(combinations(CLOSURES, 2)), ids="+".join)
def test_closing_has_one_effect_in_any_order(packaged: Network, pair: tuple[str, str]) -> None:
    a, b = (routes.read_scenario(name, packaged) for name in pair)
    for commodity in ("crude", "container"):
        both = seen(scene(packaged, commodity, scenario=a + b))
        assert both == seen(scene(packaged, commodity, scenario=b + a))
        assert both == seen(scene(packaged, commodity, scenario=a + b + a))
        alone = seen(scene(packaged, commodity, scenario=a))
        assert set(both[0]) <= set(alone[0])
        assert seen(scene(packaged, commodity, scenario=a + a)) == alone


def test_a_closed_country_is_one_of_the_network(packaged: Network) -> None:
    closed = [name for each in NAMES for name in routes.read_scenario(each, packaged).close if name.startswith(COUNTRY)]
    assert closed == ["country:RUS"]


def test_the_tankers_are_those_of_the_fleet(packaged: Network) -> None:
    """Ships, cargo, days at sea and in port of the ledger give the amounts that the scenarios set, by ``fleet_capacity``."""
    figures = packaged.figures.set_index("figure_id")["value"]
    km = packaged.link_facts["sea-tanker-aktau-azertrans"].length_km
    speed_kn = km / (24 * figures["aktau-port.transit-days.2025-01"]) / 1.852
    port_hours = 2 * 24 * figures["derived.caspian-oil-terminal.dwell"]

    def carried(ships: float, cargo_t: float) -> float:
        return geodata.fleet_capacity(ships, cargo_t, km, speed_kn=speed_kn, port_hours=port_hours)

    cargo_t = figures["caspian-tankers.cargo-per-voyage.2023"]
    as_they_are = carried(3, cargo_t)
    assert as_they_are == pytest.approx(figures["derived.tankers-aktau-azertrans.capacity"], rel=1e-3)
    assert as_they_are + carried(2, 6000) == pytest.approx(figures["derived.tankers-two-more.capacity"], rel=1e-3)
    more = figures["derived.tankers-7-mt.ships"]
    enough = 1000 * figures["caspian-tankers.capacity-technical.2023"]
    assert carried(3 + more - 1, cargo_t) < enough <= carried(3 + more, cargo_t)


@pytest.mark.parametrize(
    ("name", "ends", "commodity", "gain"),
    [
        ("cpc-stopped", ("tengiz", "cpc-terminal"), "crude", -75985.675),
        ("china-west-upgraded", ("atyrau-ps", "kumkol"), "crude", 6000),
        ("btc-contract-1.5", ("aktau-oil-terminal", "ceyhan-terminal"), "crude", 1500 - 2617),
        ("tankers-for-7-mt", ("aktau-oil-terminal", "azertrans-terminal"), "crude", 7000 - 1867),
        ("middle-corridor-2027", ("aktau-port", "alat-port"), "container", 3900 - 1120),
        ("russian-gas-new-pipe", ("ishim-gas", "dostyk-gas"), "gas", 35000),
        ("kashagan-gas-plant", ("kashagan-gas-plant", "makat-gas"), "gas", 4000),
        ("shymkent-12-mt", ("shymkent-ps", "shymkent-refinery"), "crude", 6000),
        ("third-rail-link", ("tacheng", "ayagoz"), "bulk", 20000),
    ],
)
def test_what_a_scenario_adds(packaged: Network, name: str, ends: tuple[str, str], commodity: str, gain: float) -> None:
    """The most between two places, after less before, in kt a year (gas: mcm): ways round it stay as they are."""
    scenario = routes.read_scenario(name, packaged)
    before, after = (routes.max_flow(packaged, *ends, commodity, scenario=each).value for each in (None, scenario))
    assert after - before == pytest.approx(gain, abs=0.01)


OWN = [
    {"scenario_id": "snow", "name": "", "action": "close", "target": "ab", "value": "", "note": "every winter"},
    {"scenario_id": "snow", "name": "Snow", "action": "capacity", "target": "bc", "value": "x0.5", "note": "ice"},
    {"scenario_id": "later", "name": "", "action": "year", "target": "", "value": "2030", "note": ""},
]


@pytest.fixture
def own(build: Callable[..., Network]) -> Network:
    return build([place("a"), place("b", lon=61), place("c", lon=62)], [link("ab", "a", "b"), link("bc", "b", "c")], scenarios=OWN)


def test_a_folder_brings_its_own(own: Network) -> None:
    assert routes.scenario_names(own) == ("later", "snow")
    assert routes.read_scenario("snow", own) == routes.Scenario("Snow", close=["ab"], capacity={"bc": "x0.5"}, note="every winter; ice")
    assert routes.read_scenario("later", own) == routes.Scenario("later", year=2030)


def test_an_unknown_name_gets_the_nearest(own: Network, build: Callable[..., Network]) -> None:
    with pytest.raises(UnknownIdError, match=r"'cpc-stoped' is no scenario of this network; did you mean cpc-stopped\?"):
        routes.read_scenario("cpc-stoped")
    with pytest.raises(UnknownIdError, match="'cpc-stopped' is no scenario of this network"):
        routes.read_scenario("cpc-stopped", own)


def test_a_network_without_scenarios(build: Callable[..., Network]) -> None:
    network = build([place("a"), place("b", lon=61)], [link("ab", "a", "b")])
    assert routes.scenario_names(network) == ()
    assert network.scenarios.empty
    with pytest.raises(UnknownIdError, match="no scenario of this network"):
        routes.read_scenario("x", network)


def test_writing_keeps_them(own: Network, tmp_path: Path) -> None:
    own.write(tmp_path / "out")
    back = geodata.read_network(tmp_path / "out")
    assert back == own
    assert routes.read_scenario("snow", back) == routes.read_scenario("snow", own)
