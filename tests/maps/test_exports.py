"""The data files of a page: everything a link says with its source, GeoJSON by the book, and names that stay names."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import geodata
from geodata.network import Network
from geodata.schema import number
from routes.maps import exports
from tests.conftest import link, place
from tests.maps.conftest import END, FORMULA, IMAGE, Compared


def rows_of(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    cell = exports.cell(text)
    assert number(cell) is not None or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.removeprefix("'") == text.removeprefix("'") or cell == text


def test_the_lines_of_a_page_with_their_sources(toy: Network) -> None:
    rows = {row["id"]: row for row in rows_of(exports.lines_csv(toy, None))}
    assert list(rows) == toy.links["link_id"].tolist()
    west, guess, sea, gas = (rows[name] for name in ("pipe-west", "rail-field", "sea-caspian", "pipe-gas"))
    assert (west["capacity"], west["capacity_unit"], west["capacity_stated"]) == ("72500", "kt/yr", "72.5 Mt/yr")
    assert (west["capacity_source"], west["capacity_source_date"]) == (f"Report {IMAGE}", "2024-03-01")
    assert (west["capacity_kind"], west["capacity_is_assumption"]) == ("public", "no")
    assert (guess["capacity_is_assumption"], guess["capacity_note"]) == ("yes", "guess from trains a day")
    assert (sea["capacity"], sea["capacity_is_assumption"]) == ("unlimited", "")
    assert (gas["capacity"], gas["capacity_unit"], gas["cost_unit"]) == ("10000", "mcm/yr", "USD/1000 m3")
    assert rows["pipe-north"]["capacity_source_url"] == ""
    assert rows["road-plan"]["to"] == f"'{FORMULA}"
    assert rows["rail-field"]["countries"] == "KAZ"
    assert (rows["road-plan"]["status"], rows["road-plan"]["takes_part"]) == ("planned", "no")


def test_some_lines_alone_and_none_unknown(toy: Network) -> None:
    assert [row["id"] for row in rows_of(exports.lines_csv(toy, ["pipe-west", "pipe-gas"]))] == ["pipe-west", "pipe-gas"]
    with pytest.raises(ValueError, match="nowhere"):
        exports.geojson(toy, ["nowhere"])


def test_geojson_by_the_book(toy: Network) -> None:
    text = exports.geojson(toy, None)
    collection = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert set(collection) == {"type", "features"}
    features = collection["features"]
    assert len({feature["id"] for feature in features}) == len(features) == len(toy.links) + len(toy.places)
    for feature in features:
        assert set(feature) == {"type", "id", "geometry", "properties"}
        assert shapely.geometry.shape(feature["geometry"]).is_valid
        for lon, lat in shapely.get_coordinates(shapely.geometry.shape(feature["geometry"])):
            assert -180 <= lon <= 180
            assert -90 <= lat <= 90
            assert (round(lon, 4), round(lat, 4)) == (lon, lat)
    properties = {feature["id"]: feature["properties"] for feature in features}
    assert properties["link:sea-caspian"]["capacity"] is None
    assert properties["link:rail-field"]["commodities"] == ["crude", "container", "bulk"]
    assert properties["place:border"]["name"] == IMAGE
    assert properties["place:border"]["name_ru"] == END


def test_a_line_over_the_antimeridian_is_cut(build: Callable[..., Network]) -> None:
    places = [place("east", "RUS", lon=177, lat=62), place("west", "USA", lon=-165, lat=64), place("near", "RUS", lon=177.00001, lat=62)]
    links = [link("over", "east", "west", mode="sea", countries=""), link("back", "west", "east", mode="sea"), link("dot", "east", "near")]
    lines = {
        feature["id"]: feature["geometry"]
        for feature in json.loads(exports.geojson(build(places, links), None))["features"]
        if feature["properties"]["kind"] == "link"
    }
    for name in ("link:over", "link:back"):
        assert lines[name]["type"] == "MultiLineString"
        assert [len({lon > 0 for lon, _ in part}) for part in lines[name]["coordinates"]] == [1, 1]
        first, second = lines[name]["coordinates"]
        assert {abs(first[-1][0]), abs(second[0][0])} == {180.0}
    assert lines["link:over"]["coordinates"][0][0] == [177.0, 62.0]
    assert lines["link:back"]["coordinates"][0][0] == [-165.0, 64.0]
    assert lines["link:back"]["coordinates"][-1][-1] == [177.0, 62.0]
    assert lines["link:dot"] == {"type": "LineString", "coordinates": [[177.0, 62.0], [177.0, 62.0]]}


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ([170, 180], [[170, 180]]),
        ([170, 180, 190], [[170, 180], [-180, -170]]),
        ([-170, -180, -190], [[-170, -180], [180, 170]]),
        ([179, -179], [[179, 180], [-180, -179]]),
        ([180, 180], [[180, 180]]),
        ([180, 190], [[-180, -170]]),
        ([530, 510], [[170, 150]]),
    ],
)
def test_where_lines_are_cut(given: list[float], parts: list[list[float]]) -> None:
    made = exports._geometry(shapely.LineString([(lon, 10 + at) for at, lon in enumerate(given)]))
    found = made["coordinates"] if made["type"] == "MultiLineString" else [made["coordinates"]]
    assert [[lon for lon, _ in part] for part in found] == parts


def test_the_routes_of_a_comparison(toy: Network, comparisons: tuple[Any, ...]) -> None:
    rows = rows_of(exports.routes_csv(toy, comparisons))
    table = comparisons[0].routes.table
    assert [row["link_ids"] for row in rows[:-1]] == [";".join(links) for links in table["links"]]
    assert {row["comparison"] for row in rows[:-1]} == {f"To the sea {IMAGE}"}
    assert (rows[0]["capacity_unit"], rows[0]["cost_unit"]) == ("kt/yr", "USD/t")
    assert float(rows[0]["cost_usd"]) == pytest.approx(table["cost_usd_t"].iloc[0], abs=0.01)
    assert rows[-1]["link_ids"] == ""
    assert comparisons[1].routes.reason in rows[-1]["note"]


def test_hostile_titles_of_comparisons(toy: Network, comparisons: tuple[Any, ...]) -> None:
    hostile = Compared(FORMULA, comparisons[0].routes, FORMULA)
    assert {(row["comparison"], row["note"]) for row in rows_of(exports.routes_csv(toy, [hostile]))} == {(f"'{FORMULA}", f"'{FORMULA}")}


def test_the_packaged_network_names_its_sources() -> None:
    rows = rows_of(exports.lines_csv(geodata.read_network(), None))
    limited = [row for row in rows if row["capacity"] != "unlimited"]
    assert [row["id"] for row in limited if row["capacity_is_assumption"] not in ("yes", "no")] == []
    assert [row["id"] for row in limited if not (row["capacity_source"] or row["capacity_note"])] == []
