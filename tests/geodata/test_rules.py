"""Each rule, broken once: the sound network passes, one change brings exactly its finding."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import geodata
from geodata.errors import NetworkError, NetworkWarning
from tests.conftest import link, place, write_rows

Tables = dict[str, list[dict[str, Any]]]


def sound() -> Tables:
    return {
        "places": [place("a", lon=60, lat=45), place("b", lon=62, lat=45), place("c", "RUS", lon=64, lat=45)],
        "links": [
            link("ab", "a", "b", both_ways="true", length_km=160, countries="KAZ"),
            link("bc", "b", "c", both_ways="false", length_km=160, countries="KAZ;RUS", valid_from=2000, valid_to=2030),
        ],
        "capacities": [{"id": "ab", "year": 2026, "capacity": 20, "unit": "kt/yr", "figure_id": ""}],
        "corridors": [{"corridor_id": "way", "name": "Way", "members": "ab;bc"}],
        "cases": [
            {
                "case_id": "x",
                "year": 2024,
                "flow": "x",
                "commodity": "crude",
                "role": "supply",
                "place_id": "a",
                "amount": 1,
                "unit": "kt/yr",
            }
        ],
        "scenarios": [
            change("s", "close", "ab", name="S"),
            change("s", "capacity", "way", "x0.5"),
            change("s", "supply", "x:a", "2 kt/yr"),
            change("s", "demand", "x:c", "3 kt/yr"),
            change("s", "floor", "x:bc", "1 kt/yr"),
            change("t", "year", "", 2030, name="T"),
            change("t", "open", "country:RUS"),
            change("t", "capacity", "bc", "5 kt/yr"),
        ],
    }


def change(scenario: str, action: str, target: str, value: object = "", *, name: str = "") -> dict[str, Any]:
    return {"scenario_id": scenario, "name": name, "action": action, "target": target, "value": value}


def read(folder: Path, tables: Tables) -> geodata.Network:
    for name, rows in tables.items():
        write_rows(folder / f"{name}.csv", rows)
    return geodata.read_network(folder)


def set_cell(table: str, row: int, column: str, value: object) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[table][row][column] = value

    change.__name__ = f"{table}.{column}={value!r}"
    return change


BREAKS = [
    (set_cell("places", 0, "place_id", "a b"), "places.csv", 2, "place_id", "not plain"),
    (set_cell("places", 0, "place_id", "ä"), "places.csv", 2, "place_id", "not plain"),
    (set_cell("places", 1, "place_id", "a"), "places.csv", 3, "place_id", "stands in row 2 already"),
    (set_cell("links", 1, "link_id", "ab"), "links.csv", 3, "link_id", "stands in row 2 already"),
    (set_cell("places", 2, "country", "RU"), "places.csv", 4, "country", "unknown country code 'RU'"),
    (set_cell("links", 1, "countries", "KAZ;QQQ"), "links.csv", 3, "countries", "unknown country code 'QQQ'"),
    (set_cell("places", 0, "lon", 181), "places.csv", 2, "lon", "coordinate out of range"),
    (set_cell("places", 0, "lat", "north"), "places.csv", 2, "lat", "coordinate out of range"),
    (set_cell("places", 0, "lat", "nan"), "places.csv", 2, "lat", "coordinate out of range"),
    (set_cell("links", 0, "to_place", "zz"), "links.csv", 2, "to_place", "unknown place 'zz'"),
    (set_cell("links", 0, "to_place", "a"), "links.csv", 2, "to_place", "to itself"),
    (set_cell("links", 0, "mode", "train"), "links.csv", 2, "mode", "unknown mode 'train'"),
    (set_cell("links", 0, "commodities", "crude;milk"), "links.csv", 2, "commodities", "unknown commodity 'milk'"),
    (set_cell("links", 0, "commodities", ""), "links.csv", 2, "commodities", "no commodity"),
    (set_cell("links", 0, "status", "asleep"), "links.csv", 2, "status", "unknown status 'asleep'"),
    (set_cell("links", 0, "both_ways", "maybe"), "links.csv", 2, "both_ways", "neither true nor false"),
    (set_cell("links", 0, "capacity", ""), "links.csv", 2, "capacity", "missing"),
    (set_cell("links", 0, "capacity", -1), "links.csv", 2, "capacity", "negative"),
    (set_cell("links", 0, "capacity", "nan"), "links.csv", 2, "capacity", "not a finite number"),
    (set_cell("links", 0, "capacity", "inf"), "links.csv", 2, "capacity", "not a finite number"),
    (set_cell("links", 0, "unit", "t/d"), "links.csv", 2, "unit", "unknown unit 't/d'"),
    (set_cell("links", 0, "unit", "bcm/yr"), "links.csv", 2, "unit", "does not fit"),
    (set_cell("links", 0, "commodities", "gas;crude"), "links.csv", 2, "commodities", "gas shares a link"),
    (set_cell("links", 0, "days", "fast"), "links.csv", 2, "days", "not a number"),
    (set_cell("links", 0, "cost_usd_t", -3), "links.csv", 2, "cost_usd_t", "not a number in"),
    (set_cell("links", 0, "availability", 1.5), "links.csv", 2, "availability", "not a number in 0..1"),
    (set_cell("links", 1, "valid_to", 1999), "links.csv", 3, "valid_to", "before valid_from"),
    (set_cell("links", 1, "valid_from", 2000.5), "links.csv", 3, "valid_from", "not a whole year"),
    (set_cell("capacities", 0, "id", "zz"), "capacities.csv", 2, "id", "unknown id 'zz'"),
    (set_cell("capacities", 0, "capacity", ""), "capacities.csv", 2, "capacity", "missing"),
    (set_cell("corridors", 0, "members", "ab;zz"), "corridors.csv", 2, "members", "unknown link 'zz'"),
    (set_cell("corridors", 0, "members", ";"), "corridors.csv", 2, "members", "the corridor has no links"),
    (set_cell("links", 0, "capacity", "1_0"), "links.csv", 2, "capacity", "not a finite number"),
    (set_cell("links", 0, "capacity", "1e300"), "links.csv", 2, "capacity", "is above"),
    (set_cell("places", 0, "lon", "6_0"), "places.csv", 2, "lon", "coordinate out of range"),
    (set_cell("capacities", 0, "unit", "bcm/yr"), "capacities.csv", 2, "unit", "does not fit crude"),
    (set_cell("cases", 0, "year", "zz"), "cases.csv", 2, "year", "not a number"),
    (set_cell("cases", 0, "place_id", "zz"), "cases.csv", 2, "place_id", "unknown place 'zz'"),
    (set_cell("cases", 0, "role", "wish"), "cases.csv", 2, "role", "unknown role 'wish'"),
    (set_cell("places", 0, "name", "bell \x07"), "places.csv", 2, "name", "control character"),
    (set_cell("scenarios", 0, "scenario_id", "s 1"), "scenarios.csv", 2, "scenario_id", "not plain"),
    (set_cell("scenarios", 0, "action", "shut"), "scenarios.csv", 2, "action", "unknown action 'shut'"),
    (set_cell("scenarios", 0, "target", "zz"), "scenarios.csv", 2, "target", "unknown link, place, corridor or country 'zz'"),
    (set_cell("scenarios", 0, "target", ""), "scenarios.csv", 2, "target", "unknown link, place, corridor or country ''"),
    (set_cell("scenarios", 0, "target", "place:ab"), "scenarios.csv", 2, "target", "'place:ab'"),
    (set_cell("scenarios", 6, "target", "country:UZB"), "scenarios.csv", 8, "target", "'country:UZB' is no country of this network"),
    (set_cell("scenarios", 1, "target", "country:RUS"), "scenarios.csv", 3, "target", "a capacity belongs to"),
    (set_cell("scenarios", 2, "target", "y:a"), "scenarios.csv", 4, "target", "unknown flow 'y'"),
    (set_cell("scenarios", 2, "target", "x:zz"), "scenarios.csv", 4, "target", "unknown place 'zz'"),
    (set_cell("scenarios", 2, "target", "zz"), "scenarios.csv", 4, "target", "unknown place 'zz'"),
    (set_cell("scenarios", 4, "target", "y:bc"), "scenarios.csv", 6, "target", "unknown flow 'y'"),
    (set_cell("scenarios", 4, "target", "x:country:RUS"), "scenarios.csv", 6, "target", "a floor belongs to"),
    (set_cell("scenarios", 4, "target", "zz"), "scenarios.csv", 6, "target", "'zz'"),
    (set_cell("scenarios", 5, "target", "ab"), "scenarios.csv", 7, "target", "a year has no target"),
    (set_cell("scenarios", 0, "value", "x0.5"), "scenarios.csv", 2, "value", "to close takes no value"),
    *(
        (set_cell("scenarios", row, "value", text), "scenarios.csv", row + 2, "value", words)
        for row in (1, 2, 3, 4, 7)
        for text, words in (
            ("", "not an amount"),
            ("much", "not an amount"),
            ("5", "unknown unit"),
            ("5 t/d", "unknown unit 't/d'"),
            ("-1 kt/yr", "not an amount"),
            ("nan kt/yr", "not an amount"),
            ("1e300 kt/yr", "is above"),
            ("2 bcm/yr", "does not fit crude"),
            ("xhalf", "not a factor"),
            ("x-1", "not a factor"),
            ("x", "not a factor"),
        )
    ),
    (set_cell("scenarios", 2, "value", "unlimited"), "scenarios.csv", 4, "value", "a supply cannot be unlimited"),
    (set_cell("scenarios", 4, "value", "unlimited"), "scenarios.csv", 6, "value", "a floor cannot be unlimited"),
    (set_cell("scenarios", 3, "value", "x2"), "scenarios.csv", 5, "target", "'x' has no demand at 'c' that a factor could change"),
    (set_cell("scenarios", 5, "value", ""), "scenarios.csv", 7, "value", "not a whole year"),
    (set_cell("scenarios", 5, "value", 2030.5), "scenarios.csv", 7, "value", "not a whole year"),
    (set_cell("scenarios", 5, "value", 1700), "scenarios.csv", 7, "value", "not a whole year in 1900..2100"),
    (set_cell("scenarios", 1, "name", "Other"), "scenarios.csv", 3, "name", "is called 'S' in row 2"),
]


def added(*rows: dict[str, Any]) -> Callable[[Tables], None]:
    return lambda tables: tables["scenarios"].extend(rows)


@pytest.mark.parametrize(
    ("change_of_tables", "row", "column", "words"),
    [
        (added(change("s", "close", "ab")), 10, "target", "has this close in row 2 already"),
        (added(change("t", "year", "", 2031)), 10, "action", "has this year in row 7 already"),
        (added(change("s", "capacity", "ab", "5 kt/yr")), 10, "value", "gives 'ab' x0.5 in row 3"),
        (added(change("u", "capacity", "b", "5 bcm/yr")), 10, "value", "does not fit crude"),
    ],
)
def test_what_a_further_change_breaks(
    tmp_path: Path, change_of_tables: Callable[[Tables], None], row: int, column: str, words: str
) -> None:
    tables = sound()
    change_of_tables(tables)
    with pytest.raises(NetworkError, match=words) as caught:
        read(tmp_path, tables)
    assert [(f.file, f.row, f.column) for f in caught.value.findings] == [("scenarios.csv", row, column)]


def test_a_place_alone_stands_for_the_one_flow_that_has_it(tmp_path: Path) -> None:
    """One in each case; for a factor any number; and where no flow has it yet, the only flow there is."""
    tables = sound()
    tables["scenarios"] += [
        change("u", "supply", "a", "3 kt/yr"),
        change("u", "supply", "b", "3 kt/yr"),
        change("u", "floor", "ab", "1 kt/yr"),
    ]
    read(tmp_path, tables)
    tables["cases"].append(tables["cases"][0] | {"case_id": "other", "flow": "y"})
    with pytest.raises(NetworkError, match="2 faults") as caught:
        read(tmp_path, tables)
    assert [(f.row, f.message) for f in caught.value.findings] == [
        (11, "no flow has a supply at 'b'"),
        (12, "no flow has a floor at 'ab'"),
    ]
    del tables["scenarios"][-2:]
    read(tmp_path, tables)
    tables["cases"].append(tables["cases"][0] | {"flow": "z"})
    with pytest.raises(NetworkError, match="several flows have a supply at 'a'; write x:a or y:a or z:a"):
        read(tmp_path, tables)
    tables["scenarios"][-1]["value"] = "x3"
    read(tmp_path, tables)


def test_an_id_of_two_things_has_to_be_told_apart(tmp_path: Path) -> None:
    tables = sound()
    tables["corridors"].append({"corridor_id": "ab", "name": "Same", "members": "ab"})
    with pytest.raises(NetworkError, match="'ab' names several things; write link:ab or corridor:ab"):
        read(tmp_path, tables)
    tables["scenarios"][0]["target"] = "corridor:ab"
    assert read(tmp_path, tables).scenarios["target"].iloc[0] == "corridor:ab"


def test_a_place_where_gas_meets_other_goods_takes_either_unit(tmp_path: Path) -> None:
    tables = sound()
    tables["links"].append(link("gas", "a", "b", commodities="gas", unit="mcm/yr", countries="KAZ"))
    tables["scenarios"] += [change("u", "capacity", "a", "5 bcm/yr"), change("v", "capacity", "a", "5 kt/yr")]
    read(tmp_path, tables)
    tables["scenarios"].append(change("w", "capacity", "gas", "5 kt/yr"))
    with pytest.raises(NetworkError, match="does not fit gas"):
        read(tmp_path, tables)


def test_a_broken_scenario_and_a_broken_link_are_told_together(tmp_path: Path) -> None:
    tables = sound()
    tables["links"][0]["mode"] = "train"
    tables["scenarios"][1]["value"] = "half"
    tables["scenarios"][2]["target"] = "x:zz"
    with pytest.raises(NetworkError, match="3 faults") as caught:
        read(tmp_path, tables)
    assert {(f.file, f.row, f.column) for f in caught.value.findings} == {
        ("links.csv", 2, "mode"),
        ("scenarios.csv", 3, "value"),
        ("scenarios.csv", 4, "target"),
    }


def test_scenarios_without_a_column(tmp_path: Path) -> None:
    tables = sound()
    for row in tables["scenarios"]:
        del row["target"]
    with pytest.raises(NetworkError) as caught:
        read(tmp_path, tables)
    assert [(f.row, f.column, f.message) for f in caught.value.findings] == [(1, "target", "the column is missing")]


def test_the_sound_network_passes(tmp_path: Path) -> None:
    assert len(read(tmp_path, sound()).links) == 2


@pytest.mark.parametrize(("change", "file", "row", "column", "words"), BREAKS, ids=[item[0].__name__ for item in BREAKS])
def test_breaking_one_thing(tmp_path: Path, change: Callable[[Tables], None], file: str, row: int, column: str, words: str) -> None:
    tables = sound()
    change(tables)
    with pytest.raises(NetworkError) as caught:
        read(tmp_path, tables)
    found = [f for f in caught.value.findings if (f.file, f.row, f.column) == (file, row, column) and words in f.message]
    assert found, caught.value
    assert found[0].remedy
    # What is not broken is not blamed: an id that goes missing may be named by others, nothing else may.
    assert column.endswith("_id") or len(caught.value.findings) == 1, caught.value


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    tables = sound()
    tables["places"][0]["country"] = "XX"
    tables["links"][0]["capacity"] = ""
    tables["links"][1]["mode"] = "train"
    with pytest.raises(NetworkError, match="3 faults") as caught:
        read(tmp_path, tables)
    assert {(f.file, f.row, f.column) for f in caught.value.findings} == {
        ("places.csv", 2, "country"),
        ("links.csv", 2, "capacity"),
        ("links.csv", 3, "mode"),
    }


@pytest.mark.parametrize("name", ["places", "links"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    read(tmp_path, sound())
    (tmp_path / f"{name}.csv").unlink()
    with pytest.raises(NetworkError, match=f"{name}.csv: the file is missing"):
        geodata.read_network(tmp_path)


@pytest.mark.parametrize("column", ["place_id", "name", "country", "lon", "lat"])
def test_a_missing_column_is_named_once(tmp_path: Path, column: str) -> None:
    tables = sound()
    for row in tables["places"]:
        del row[column]
    with pytest.raises(NetworkError) as caught:
        read(tmp_path, tables)
    mine = [f for f in caught.value.findings if f.file == "places.csv"]
    assert [(f.row, f.column, f.message) for f in mine] == [(1, column, "the column is missing")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"place_id,name,country,lon,lat\n", "no rows"),
        (b"place_id,name,country,lon,lat\na,\xff\xfe,KAZ,60,45\n", "not UTF-8"),
        (b"place_id,name,country,lon,lat\na,A,KAZ,60\n", "the row has 4 cells where the header has 5"),
        (b"place_id,name,country,lon,lat\na,A,KAZ,60,45,\n", "the row has 6 cells where the header has 5"),
        (b'place_id,name,country,lon,lat\na,"A,KAZ,60,45\n', "not readable as CSV"),
        (b"place_id,name,country,lon,lat,name\na,A,KAZ,60,45,B\n", "the column stands twice"),
    ],
)
def test_the_form_of_a_file(tmp_path: Path, data: bytes, words: str) -> None:
    read(tmp_path, sound())
    (tmp_path / "places.csv").write_bytes(data)
    with pytest.raises(NetworkError, match=words):
        geodata.read_network(tmp_path)


def geojson(*features: tuple[str, list[list[float]]]) -> str:
    made = [
        {"type": "Feature", "properties": {"link_id": name}, "geometry": {"type": "LineString", "coordinates": xy}} for name, xy in features
    ]
    return json.dumps({"type": "FeatureCollection", "features": made})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (geojson(("ab", [[60, 45], [61, 45]])), "the line ends 79 km from 'b'"),
        (geojson(("zz", [[60, 45], [62, 45]])), "unknown link 'zz'"),
        (geojson(("ab", [[60, 45], [62, 45]]), ("ab", [[60, 45], [62, 45]])), "a second line for 'ab'"),
        ('{"type": "FeatureCollection"', "not readable as GeoJSON"),
        ('{"type": "FeatureCollection", "features": {}}', "its features are not a list"),
        (geojson(("ab", [[60, 45]])), "is not one line"),
        (geojson(("ab", [[60, 45], [62, 95]])), "leaves the range"),
    ],
)
def test_lines(tmp_path: Path, text: str, words: str) -> None:
    read(tmp_path, sound())
    (tmp_path / "geometry").mkdir()
    (tmp_path / "geometry" / "links.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(NetworkError, match=words):
        geodata.read_network(tmp_path)


def test_a_line_drawn_backwards_is_turned(tmp_path: Path) -> None:
    read(tmp_path, sound())
    (tmp_path / "geometry").mkdir()
    (tmp_path / "geometry" / "links.geojson").write_text(geojson(("ab", [[62, 45], [61, 45.1], [60, 45]])), encoding="utf-8")
    line = geodata.read_network(tmp_path).links.set_index("link_id").geometry["ab"]
    assert list(line.coords) == [(60, 45), (61, 45.1), (62, 45)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_cell("links", 0, "length_km", 90), "90 km is stated, the straight line is 158 km"),
        (set_cell("links", 0, "length_km", 1000), "1000 km is stated"),
        (lambda tables: tables["places"].append(place("lone")), "no link touches 'lone'"),
        (set_cell("places", 0, "kind", "harbour"), "unknown kind 'harbour'"),
    ],
)
def test_soft_findings_warn(tmp_path: Path, change: Callable[[Tables], None], words: str) -> None:
    tables = sound()
    change(tables)
    with pytest.warns(NetworkWarning, match=words):
        read(tmp_path, tables)


def test_other_unicode_is_data(tmp_path: Path) -> None:
    tables = sound()
    tables["places"][0]["name"] = "\u200fعشق‌آباد \u202bx\u202c 🚢"
    assert read(tmp_path, tables).places["name"].iloc[0] == tables["places"][0]["name"]


def test_a_broken_file_does_not_hide_faults_in_the_other(tmp_path: Path) -> None:
    tables = sound()
    tables["places"][0]["country"] = "XX"
    tables["links"][0]["capacity"] = -5
    with pytest.raises(NetworkError):
        read(tmp_path, tables)
    (tmp_path / "links.csv").write_bytes(b"\xff")
    with pytest.raises(NetworkError) as caught:
        geodata.read_network(tmp_path)
    assert {(f.file, f.column) for f in caught.value.findings} == {("links.csv", None), ("places.csv", "country")}


def test_a_control_character_does_not_hide_its_neighbour(tmp_path: Path) -> None:
    tables = sound()
    tables["links"][0]["capacity"], tables["links"][1]["capacity"] = -1, "1\x010"
    with pytest.raises(NetworkError) as caught:
        read(tmp_path, tables)
    assert {(f.row, f.column) for f in caught.value.findings} == {(2, "capacity"), (3, "capacity")}


def test_control_characters_at_the_edge_and_in_the_header(tmp_path: Path) -> None:
    read(tmp_path, sound())
    (tmp_path / "places.csv").write_bytes(
        "place_id,name,country,lon,lat,x\x01\na,\tA,KAZ,60,45,\nb,B\x85,KAZ,62,45,\nc,C,RUS,64,45,\n".encode()
    )
    with pytest.raises(NetworkError) as caught:
        geodata.read_network(tmp_path)
    assert [(f.row, f.column) for f in caught.value.findings if "control" in f.message] == [(1, "x\x01"), (2, "name"), (3, "name")]
