"""Networks from files: forms of CSV, years, round trips, and that nothing changes a network."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path

import pytest

import geodata
from geodata.network import Network
from tests.conftest import link, place

Build = Callable[..., Network]
TWO = [place("a", lon=60, lat=45), place("b", "RUS", lon=62, lat=45)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_byte_order_mark_and_line_ends(tmp_path: Path, encoding: str, end: str) -> None:
    places = ["place_id,name,country,lon,lat", "a,Актау,KAZ,60,45", 'b,"B, the second",RUS,62,45']
    links = ["link_id,from_place,to_place,mode,commodities,capacity,unit", "ab,a,b,rail,crude; products,1.5,Mt/yr"]
    (tmp_path / "places.csv").write_bytes((end.join(places) + end).encode(encoding))
    (tmp_path / "links.csv").write_bytes((end.join(links) + end).encode(encoding))
    network = geodata.read_network(tmp_path)
    assert network.places["name"].tolist() == ["Актау", "B, the second"]
    assert network.links["capacity"].tolist() == [1500.0]
    assert network.to_networkx("products").number_of_edges() == 2


def test_what_is_left_out_has_its_default(build: Build) -> None:
    row = build(TWO, [link("ab", "a", "b")]).links.iloc[0]
    assert row["both_ways"]
    assert row["status"] == "operating"
    assert row["active"]
    assert row["countries"] == "KAZ;RUS"
    assert row["name"] == "A - B"
    assert row["length_km"] == pytest.approx(157.7, abs=0.1)
    assert (row["length_basis"], row["cost_basis"], row["days_basis"]) == ("drawn", "rate", "rate")


def test_a_place_without_a_capacity_bounds_nothing(build: Build) -> None:
    assert math.isnan(build(TWO, [link("ab", "a", "b")]).places["capacity"].iloc[0])


def test_unlimited_may_be_said(build: Build) -> None:
    assert build(TWO, [link("ab", "a", "b", "unlimited", mode="sea", unit="")]).links["capacity"].tolist() == [math.inf]


@pytest.mark.parametrize(
    ("status", "valid_from", "valid_to", "years"),
    [
        ("operating", "", "", {2000, 2024, 2040}),
        ("operating", 2020, "", {2024, 2040}),
        ("operating", "", 2024, {2000, 2024}),
        ("planned", "", "", set()),
        ("under_construction", 2030, "", {2040}),
        ("suspended", "", 2010, {2000}),
        ("suspended", "", "", set()),
        ("closed", 2001, 2024, {2024}),
    ],
)
def test_years(build: Build, status: str, valid_from: object, valid_to: object, years: set[int]) -> None:
    network = build(TWO, [link("ab", "a", "b", status=status, valid_from=valid_from, valid_to=valid_to)])
    assert {year for year in (2000, 2024, 2040) if network.at(year).links["active"].iloc[0]} == years


def test_capacities_hold_from_their_year_on(build: Build) -> None:
    steps = [
        {"id": "ab", "year": 2025, "capacity": 20, "unit": "kt/yr"},
        {"id": "ab", "year": 2023, "capacity": 1, "unit": "Mt/yr"},
        {"id": "b", "year": 2025, "capacity": 7, "unit": "kt/yr"},
    ]
    network = build(TWO, [link("ab", "a", "b", 10)], capacities=steps)
    assert [network.at(year).links["capacity"].iloc[0] for year in (2022, 2023, 2024, 2025)] == [10, 1000, 1000, 20]
    assert network.at(2023).links["stated_capacity"].iloc[0] == "1 Mt/yr"
    assert network.at(2025).places["capacity"].iloc[1] == 7


@pytest.mark.parametrize("year", [1800, 2024.5, True])
def test_a_wrong_year_is_refused(build: Build, year: object) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        build(TWO, [link("ab", "a", "b")]).at(year)  # type: ignore[arg-type]


def test_round_trip_keeps_everything(build: Build, tmp_path: Path) -> None:
    network = build(
        TWO,
        [link("ab", "a", "b", 10, note='a "quoted", note', valid_from=2030, status="planned")],
        capacities=[{"id": "ab", "year": 2026, "capacity": 20, "unit": "kt/yr"}],
        corridors=[{"corridor_id": "w", "name": "W", "members": "ab"}],
    )
    network.at(2040).write(tmp_path / "out")
    back = geodata.read_network(tmp_path / "out")
    assert back == network
    assert back.at(2040) == network.at(2040)
    assert back != network.at(2040)


def test_the_packaged_network_round_trips(packaged: Network, tmp_path: Path) -> None:
    packaged.write(tmp_path)
    assert geodata.read_network(tmp_path) == packaged


def test_a_network_does_not_change(build: Build) -> None:
    network = build(TWO, [link("ab", "a", "b")])
    links, places = network.links, network.places
    links.loc[0, "capacity"] = 99.0
    places.loc[0, "name"] = "changed"
    assert network.links["capacity"].iloc[0] == 10
    assert network.places["name"].iloc[0] == "A"
    with pytest.raises(AttributeError, match="does not change"):
        network.year = 1  # type: ignore[misc]


def test_graph_to_take_away(build: Build) -> None:
    links = [link("ab", "a", "b", both_ways="false", cost_usd_t=3, days=2, length_km=160), link("ab2", "a", "b", commodities="bulk")]
    graph = build(TWO, links).to_networkx("crude")
    assert list(graph.edges(keys=True)) == [("a", "b", "ab")]
    assert graph.edges["a", "b", "ab"] == {"capacity": 10.0, "cost_usd_t": 3.0, "days": 2.0, "length_km": 160.0, "mode": "rail"}
    with pytest.raises(ValueError, match="unknown commodity 'milk'"):
        build(TWO, links).to_networkx("milk")


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(geodata.NetworkError, match="there is no such folder"):
        geodata.read_network("no/such/folder")


def test_write_replaces_what_another_network_left(build: Build, tmp_path: Path) -> None:
    big = build(TWO, [link("ab", "a", "b")], capacities=[{"id": "ab", "year": 2020, "capacity": 3, "unit": "kt/yr"}])
    big.write(tmp_path / "out")
    (tmp_path / "out" / "geometry").mkdir()
    line = '{"type": "LineString", "coordinates": [[60, 45], [61, 46], [62, 45]]}'
    drawn = f'{{"features": [{{"properties": {{"link_id": "ab"}}, "geometry": {line}}}]}}'
    (tmp_path / "out" / "geometry" / "mine.geojson").write_text(drawn, encoding="utf-8")
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    own = geodata.read_network(tmp_path / "out")
    own.write(tmp_path / "out")
    assert geodata.read_network(tmp_path / "out") == own
    small = Network({**big._tables, "capacities": big._tables["capacities"]._replace(rows=())}, {}, big._figures)
    small.write(tmp_path / "out")
    assert geodata.read_network(tmp_path / "out") == small
    assert (tmp_path / "out" / "notes.txt").read_text("utf-8") == "mine"


def test_copies_and_other_processes_get_the_same_network(build: Build) -> None:
    network = build(TWO, [link("ab", "a", "b")])
    assert len(network.link_facts) == 1
    assert copy.deepcopy(network) == network
    with pytest.raises(AttributeError, match="does not change"):
        del network._year
