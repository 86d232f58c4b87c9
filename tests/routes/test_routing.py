"""Alternative routes: toys by hand, every way walked as oracle, avoidance, and reasons where there is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import routes
from geodata.network import Network
from routes.routing import CRITERIA
from tests.conftest import link, place
from tests.routes.random_networks import every_way, random_network, seeds

Build = Callable[..., Network]
VALUE = {"cost": "cost_usd_t", "days": "days", "km": "km", "transfers": "transfers"}


@pytest.fixture
def crossroads(build: Build) -> Network:
    r"""
    a --rail 1520-- gauge --rail 1435-- z      by land: over RUS, break of gauge at ``gauge``
     \                                 /
      rail -- port ~~~sea~~~ quay -- rail      by sea: two transfers
    """
    return build(
        [
            place("a", "KAZ", 50, 45),
            place("gauge", "RUS", 52, 46, kind="border", capacity=4, unit="kt/yr", dwell_days=2, transfer_usd_t=3),
            place("z", "POL", 54, 45),
            place("port", "KAZ", 51, 44, kind="port", dwell_days=1, transfer_usd_t=5),
            place("quay", "AZE", 53, 44, kind="port", dwell_days=1.5, transfer_usd_t=6, capacity=2, unit="kt/yr"),
        ],
        [
            link("ag", "a", "gauge", 10, cost_usd_t=10, days=1, length_km=200, gauge_mm=1520, countries="KAZ;RUS"),
            link("gz", "gauge", "z", 10, cost_usd_t=20, days=2, length_km=200, gauge_mm=1435, countries="RUS;POL"),
            link("ap", "a", "port", 3, cost_usd_t=4, days=1, length_km=140, gauge_mm=1520, countries="KAZ"),
            link("sea", "port", "quay", "unlimited", mode="sea", cost_usd_t=2, days=1, length_km=160, countries=""),
            link("qz", "quay", "z", 8, cost_usd_t=5, days=1, length_km=140, gauge_mm=1435, countries="AZE;POL"),
        ],
        corridors=[{"corridor_id": "land", "name": "Land", "members": "ag;gz"}],
    )


def test_by_hand(crossroads: Network) -> None:
    table = routes.alternatives(crossroads, "a", "z", "crude").table
    first, second = table.iloc[0], table.iloc[1]
    assert first["links"] == ("ap", "sea", "qz")
    assert (first["cost_usd_t"], first["days"], first["km"]) == (4 + 5 + 2 + 6 + 5, 1 + 1 + 1 + 1.5 + 1, 440)
    assert (first["transfers"], first["gauge_breaks"], first["capacity"], first["bottleneck"]) == (2, 0, 2, "quay")
    assert first["countries"] == ("KAZ", "AZE", "POL")
    assert (first["stated_cost_share"], first["stated_days_share"]) == (1, 1)
    assert second["links"] == ("ag", "gz")
    assert (second["cost_usd_t"], second["days"]) == (10 + 3 + 20, 1 + 2 + 2)
    assert (second["transfers"], second["gauge_breaks"], second["capacity"], second["bottleneck"]) == (1, 1, 4, "gauge")
    assert second["countries"] == ("KAZ", "RUS", "POL")
    assert sum(second["country_km"]) == pytest.approx(400)


@pytest.mark.parametrize(
    ("by", "links"), [("cost", ("ap", "sea", "qz")), ("days", ("ag", "gz")), ("km", ("ag", "gz")), ("transfers", ("ag", "gz"))]
)
def test_criteria(crossroads: Network, by: str, links: tuple[str, ...]) -> None:
    assert routes.alternatives(crossroads, "a", "z", "crude", k=1, by=by).table["links"].tolist() == [links]


def test_legs(crossroads: Network) -> None:
    legs = routes.alternatives(crossroads, "a", "z", "crude", k=1).legs
    assert legs[["mode", "from_place", "to_place"]].to_numpy().tolist() == [
        ["rail", "a", "port"],
        ["sea", "port", "quay"],
        ["rail", "quay", "z"],
    ]
    assert legs.crs.to_epsg() == 4326
    assert legs.geometry.iloc[0].coords[0] == (50, 45)


def test_a_border_station_charges_what_merely_passes(build: Build) -> None:
    places = [place("a", lon=50), place("b", lon=52, kind="border", dwell_days=2, transfer_usd_t=3), place("c", "UZB", lon=54)]
    network = build(places, [link("ab", "a", "b", cost_usd_t=1, days=1), link("bc", "b", "c", cost_usd_t=1, days=1)])
    row = routes.alternatives(network, "a", "c", "crude").table.iloc[0]
    assert (row["cost_usd_t"], row["days"], row["transfers"]) == (5, 4, 0)


def test_a_place_that_lets_nothing_pass(build: Build) -> None:
    network = build([place("a"), place("b", capacity=0, unit="kt/yr"), place("c")], [link("ab", "a", "b"), link("bc", "b", "c")])
    assert routes.alternatives(network, "a", "b", "crude").reason == ""
    assert routes.alternatives(network, "a", "c", "crude").reason.startswith("none")


def test_via(crossroads: Network) -> None:
    found = routes.alternatives(crossroads, "a", "z", "crude", via="gauge")
    assert found.table["links"].tolist() == [("ag", "gz")]
    assert found.table["cost_usd_t"].tolist() == [33]
    assert routes.alternatives(crossroads, "a", "z", "crude", via=["port", "quay"]).table["links"].tolist() == [("ap", "sea", "qz")]
    assert "without passing some place twice" in routes.alternatives(crossroads, "a", "z", "crude", via=["quay", "port"]).reason
    assert "none without crossing gz" in routes.alternatives(crossroads, "port", "z", "crude", via=["gauge"], avoid=["gz", "sea"]).reason
    with pytest.raises(ValueError, match="must differ"):
        routes.alternatives(crossroads, "a", "z", "crude", via=["a"])


@pytest.mark.parametrize("seed", seeds(range(12), 6))
def test_via_against_every_way(seed: int) -> None:
    network = random_network(seed)
    order = {row.link_id: row for row in network.links.itertuples()}

    def passes(way: tuple[str, ...]) -> bool:
        return any("p3" in (order[name].from_place, order[name].to_place) for name in way)

    ways = sorted((way for way in every_way(network, "p0", "p7") if passes(way.links)), key=lambda way: (way.cost, way.km, way.links))
    found = routes.alternatives(network, "p0", "p7", "crude", k=3, via=["p3"])
    assert found.table["links"].tolist() == [way.links for way in ways[:3]]


@pytest.mark.parametrize("avoid", ["ap", "port", "country:AZE", ["quay"], ["link:sea", "place:port"]])
def test_avoid(crossroads: Network, avoid: object) -> None:
    found = routes.alternatives(crossroads, "a", "z", "crude", avoid=avoid)  # type: ignore[arg-type]
    assert found.table["links"].tolist() == [("ag", "gz")]


def test_avoid_a_corridor(crossroads: Network) -> None:
    assert routes.alternatives(crossroads, "a", "z", "crude", avoid=["land"]).table["links"].tolist() == [("ap", "sea", "qz")]


def test_avoid_does_not_stay(crossroads: Network) -> None:
    routes.alternatives(crossroads, "a", "z", "crude", avoid=["sea"])
    assert len(routes.alternatives(crossroads, "a", "z", "crude")) == 2


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"avoid": ["country:RUS", "quay"]}, "none without crossing country:RUS and quay: to open any one of them would be enough"),
        ({"avoid": ["land", "sea", "port"]}, "none without crossing land"),
        ({"avoid": ["ag", "sea", "port", "gz"]}, "together cut a off from z"),
        ({"avoid": ["country:POL"]}, "none without crossing country:POL"),
        ({"scenario": routes.Scenario("shut", close=["a"])}, "none without crossing a"),
    ],
)
def test_reasons(crossroads: Network, question: dict[str, object], words: str) -> None:
    found = routes.alternatives(crossroads, "a", "z", "crude", **question)  # type: ignore[arg-type]
    assert found.table.empty
    assert found.legs.empty
    assert words in found.reason
    assert words in repr(found)


def test_reasons_of_the_network_itself(build: Build) -> None:
    places = [place("a"), place("b"), place("c"), place("d")]
    links = [link("ab", "a", "b"), link("bc", "b", "c", status="planned", valid_from=2030), link("cd", "c", "d", commodities="bulk")]
    network = build(places, links)
    assert routes.alternatives(network, "a", "c", "crude").reason == "none in 2024: it would need bc (planned)"
    assert routes.alternatives(network.at(2031), "a", "c", "crude").reason == ""
    assert routes.alternatives(network, "a", "c", "crude", scenario=routes.Scenario("early", open=["bc"])).reason == ""
    assert routes.alternatives(network, "a", "d", "crude").reason == "none: no link for crude reaches d in 2024"
    assert "no link for bulk leaves a" in routes.alternatives(network, "a", "d", "bulk").reason


def test_different_routes(build: Build) -> None:
    """Two ways that share their first stretch, and one that shares nothing."""
    places = [place("a", lon=50), place("b", lon=51), place("c", lon=51.6, lat=45.5), place("d", lon=52.2), place("e", lon=51, lat=41)]
    links = [
        link("ab", "a", "b", length_km=100, cost_usd_t=1),
        link("bd1", "b", "d", length_km=100, cost_usd_t=1),
        link("bd2", "b", "d", length_km=100, cost_usd_t=1.5),
        link("ae", "a", "e", length_km=500, cost_usd_t=9),
        link("ed", "e", "d", length_km=500, cost_usd_t=9),
        link("bc", "b", "c", length_km=100, cost_usd_t=2),
        link("cd", "c", "d", length_km=100, cost_usd_t=2),
    ]
    network = build(places, links)
    assert routes.alternatives(network, "a", "d", "crude", k=4).table["links"].tolist() == [
        ("ab", "bd1"),
        ("ab", "bd2"),
        ("ab", "bc", "cd"),
        ("ae", "ed"),
    ]
    found = routes.alternatives(network, "a", "d", "crude", k=4, max_overlap=0.4)
    assert found.table["links"].tolist() == [("ab", "bd1"), ("ab", "bc", "cd"), ("ae", "ed")]
    assert found.table["overlap"].tolist() == pytest.approx([0, 1 / 3, 0])
    assert routes.alternatives(network, "a", "d", "crude", k=4, max_overlap=0).table["links"].tolist() == [("ab", "bd1"), ("ae", "ed")]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"by": "beauty"}, "by='beauty' is unknown"),
        ({"k": 0}, "k must be a whole number"),
        ({"max_overlap": 2}, "max_overlap must lie in"),
        ({"commodity": "milk"}, "unknown commodity"),
        ({"origin": "aa"}, "did you mean a"),
        ({"destination": "a"}, "must differ: a, a"),
        ({"avoid": ["country:RU"]}, "no country of this network"),
        ({"avoid": ["nothing"]}, "no link, place, corridor"),
    ],
)
def test_wrong_questions(crossroads: Network, change: dict[str, object], words: str) -> None:
    asked = {"origin": "a", "destination": "z", "commodity": "crude"} | change
    with pytest.raises(ValueError, match=words):
        routes.alternatives(crossroads, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("by", CRITERIA)
@pytest.mark.parametrize("seed", seeds(range(25), 10))
def test_random_networks_against_every_way(seed: int, by: str) -> None:
    network = random_network(seed)
    ways = sorted(every_way(network, "p0", "p7"), key=lambda way: (getattr(way, by), way.km, way.links))
    found = routes.alternatives(network, "p0", "p7", "crude", k=4, by=by)
    assert found.table[VALUE[by]].tolist() == pytest.approx([getattr(way, by) for way in ways[:4]])
    if by != "transfers":
        assert found.table["links"].tolist() == [way.links for way in ways[:4]]
    for row in found.table.itertuples():
        way = next(way for way in ways if way.links == row.links)
        assert (row.cost_usd_t, row.days, row.km, row.transfers, row.gauge_breaks) == pytest.approx(way[:5])
    assert bool(found.reason) == (not ways)


@pytest.mark.parametrize("through", [(), ("p3",)])
@pytest.mark.parametrize("seed", seeds(range(20), 8))
def test_different_routes_against_every_way(seed: int, through: tuple[str, ...]) -> None:
    """The best route, and after it the next that overlaps little with those taken, chosen among all there are."""
    network = random_network(seed, places=7, links=12)
    km = dict(zip(network.links["link_id"], network.links["length_km"], strict=True))
    ends = {row.link_id: {row.from_place, row.to_place} for row in network.links.itertuples()}
    ways = [way for way in every_way(network, "p0", "p6") if all(any(stop in ends[name] for name in way.links) for stop in through)]
    kept: list[tuple[str, ...]] = []
    for way in sorted(ways, key=lambda way: (way.cost, way.km, way.links)):
        shares = [sum(km[name] for name in way.links if name in other) / way.km for other in kept]
        if len(kept) < 4 and max(shares, default=0.0) <= 0.6:
            kept.append(way.links)
    assert routes.alternatives(network, "p0", "p6", "crude", k=4, max_overlap=0.6, via=through).table["links"].tolist() == kept


def test_reasons_name_what_has_no_capacity(build: Build) -> None:
    places = [place("a", lon=60), place("b", lon=61, capacity=0, unit="kt/yr"), place("c", lon=62)]
    network = build(places, [link("ab", "a", "b"), link("bc", "b", "c", 0)])
    assert routes.alternatives(network, "a", "c", "crude").reason == "none in 2024: it would need b (capacity 0), bc (capacity 0)"
    shut = routes.Scenario("shut", capacity={"ab": "x0"})
    assert "ab (capacity 0)" in routes.alternatives(network, "a", "b", "crude", scenario=shut).reason


def test_a_large_network_answers(build: Build) -> None:
    """Ties in plenty do not send the search astray: a grid of 30 x 30 where every step costs the same."""
    size = 30
    places = [place(f"p{x}-{y}", lon=50 + x / 10, lat=40 + y / 10) for x in range(size) for y in range(size)]
    links = [link(f"e{x}-{y}", f"p{x}-{y}", f"p{x + 1}-{y}", cost_usd_t=1) for x in range(size - 1) for y in range(size)]
    links += [link(f"n{x}-{y}", f"p{x}-{y}", f"p{x}-{y + 1}", cost_usd_t=1) for x in range(size) for y in range(size - 1)]
    found = routes.alternatives(build(places, links), "p0-0", f"p{size - 1}-{size - 1}", "crude", k=5)
    assert found.table["cost_usd_t"].tolist() == [58] * 5
