"""Kilometres per country: by hand on three squares in a row, against a plain overlay, and what must always hold."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely import LineString, Polygon, box, get_parts, intersection, linestrings, segmentize
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from geodata import territory
from geodata.geodesy import length_km, lengths_km, segments
from geodata.network import Network
from geodata.schema import split_list
from geodata.territory import Countries, Crossing, country_km, crossings, stored_countries

#: A degree of the equator of WGS 84, by hand: its radius times pi / 180.
DEGREE_KM = 6378.137 * math.pi / 180.0
SQUARES = Countries(("AAA", "BBB", "CCC"), (box(0, -1, 1, 1), box(1, -1, 2, 1), box(2, -1, 3, 1)))
EQUATOR = LineString([(-0.5, 0), (3.25, 0)])


def crossed(line: LineString, named: str, *, at_sea: bool = False, countries: Countries = SQUARES) -> list[tuple[str, float]]:
    """Country and degrees of the equator of each crossing."""
    parts = crossings([line], [split_list(named)], [at_sea], countries)[0]
    return [(part.country, round(part.km / DEGREE_KM, 6)) for part in parts]


def by_country(line: LineString, countries: Countries = SQUARES) -> dict[str, float]:
    rows = country_km([line], countries)
    return dict(zip(rows["country"], rows["km"], strict=True))


def test_a_line_is_cut_at_the_borders() -> None:
    degrees = {country: km / DEGREE_KM for country, km in by_country(EQUATOR).items()}
    assert degrees == pytest.approx({"": 0.75, "AAA": 1.0, "BBB": 1.0, "CCC": 1.0}, abs=1e-9)


@pytest.mark.parametrize(
    ("named", "at_sea", "expected"),
    [
        ("AAA;BBB;CCC", True, [("", 0.5), ("AAA", 1), ("BBB", 1), ("CCC", 1), ("", 0.25)]),
        ("AAA;BBB;CCC", False, [("AAA", 1.5), ("BBB", 1), ("CCC", 1.25)]),
        ("CCC;AAA", False, [("AAA", 2), ("CCC", 1.75)]),
        ("CCC;AAA", True, [("", 0.5), ("AAA", 1.5), ("CCC", 1.5), ("", 0.25)]),
        ("BBB;DDD", False, [("BBB", 3.75)]),
        ("AAA", True, [("", 0.5), ("AAA", 2), ("", 1.25)]),
        ("AAA", False, [("AAA", 3.75)]),
        ("DDD;EEE", False, [("DDD", 1.875), ("EEE", 1.875)]),
        ("", True, [("", 3.75)]),
        ("", False, [("", 3.75)]),
    ],
)
def test_what_no_named_state_holds_goes_to_the_nearest(named: str, at_sea: bool, expected: list[tuple[str, float]]) -> None:
    assert crossed(EQUATOR, named, at_sea=at_sea) == expected


def test_a_line_may_come_back() -> None:
    there_and_back = LineString([(0.5, 0), (1.5, 0), (0.75, 0)])
    assert crossed(there_and_back, "AAA;BBB") == [("AAA", 0.5), ("BBB", 1), ("AAA", 0.25)]
    assert by_country(there_and_back) == pytest.approx({"AAA": 0.75 * DEGREE_KM, "BBB": DEGREE_KM})


def test_a_line_along_a_border_counts_for_the_state_it_names_first() -> None:
    along = LineString([(0.5, 0.5), (1, 0.5), (1, -0.5), (1.5, -0.5)])
    side, border = length_km(LineString([(0.5, 0.5), (1, 0.5)])), length_km(LineString([(1, 0.5), (1, -0.5)]))
    for named, km in (("AAA;BBB", [side + border, side]), ("BBB;AAA", [side, side + border])):
        parts = crossings([along], [split_list(named)], [False], SQUARES)[0]
        assert sorted(part.country for part in parts) == ["AAA", "BBB"]
        assert [part.km for part in parts] == pytest.approx(km, rel=1e-4)
    assert [part.country for part in crossings([along], [("CCC", "BBB")], [False], SQUARES)[0]] == ["BBB"]
    assert by_country(along) == pytest.approx({"AAA": side + border, "BBB": side}, rel=1e-4)


def test_a_line_along_a_slanting_border_is_one_stretch() -> None:
    """The vertices of the line lie on the border but for rounding, now on one side and now on the other."""
    border = [(0.1, 0.0), (0.37, 0.9)]
    countries = Countries(("AAA", "BBB"), (Polygon([(-1, 0), *border, (-1, 0.9)]), Polygon([(2, 0), *border, (2, 0.9)])))
    along = segmentize(LineString(border), 0.013)
    assert crossings([along], [("BBB", "AAA")], [False], countries)[0] == (Crossing("BBB", pytest.approx(length_km(along))),)


@pytest.mark.parametrize("off", [(0, 0), (1e-13, 0), (-1e-13, 0), (0, 1e-13), (0, -1e-13), (1e-13, -1e-13), (-1e-13, 1e-13)])
@pytest.mark.parametrize(("goal", "holder"), [((-0.2, 0.95), "AAA"), ((0.9, 0.95), "BBB")])
@pytest.mark.parametrize("named", [("AAA", "BBB"), ("BBB", "AAA")])
def test_a_line_leaves_a_border_where_it_does(off: tuple[float, float], goal: tuple[float, float], holder: str, named: list[str]) -> None:
    """At the bend of the border, or beside it by rounding."""
    border = [(0.1, 0.0), (0.37, 0.9), (0.3, 1.8)]
    countries = Countries(("AAA", "BBB"), (Polygon([(-1, 0), *border, (-1, 1.8)]), Polygon([(2, 0), *border, (2, 1.8)])))
    bend = (border[1][0] + off[0], border[1][1] + off[1])
    along, away = segmentize(LineString([border[0], bend]), 0.013), LineString([bend, goal])
    expected = pd.Series([length_km(along), length_km(away)]).groupby([named[0], holder], sort=False).sum()
    parts = crossings([LineString([*along.coords, *away.coords[1:]])], [named], [False], countries)[0]
    assert [part.country for part in parts] == expected.index.tolist()
    assert [part.km for part in parts] == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.parametrize("off", [0, 1e-13, -1e-13, 1e-9, -1e-9, 1.5e-9, -1.5e-9, 1e-8, -1e-8])
@pytest.mark.parametrize("lat", [0.25, 1.0])
def test_a_border_that_is_crossed_at_a_vertex_is_crossed(off: float, lat: float) -> None:
    line = LineString([(0.6, lat - 0.4), (1 + off, lat), (1.4, lat - 0.4)])
    half = length_km(line) / 2
    assert by_country(line) == pytest.approx({"AAA": half, "BBB": half})
    assert [part.country for part in crossings([line], [("BBB", "AAA")], [False], SQUARES)[0]] == ["AAA", "BBB"]


@pytest.mark.parametrize(
    "ends", [(178.5, 181.5), (178.5, -178.5), (-181.5, -178.5), (538.5, 541.5), (-178.5, 178.5), (-178.5, -181.5), (181.5, 178.5)]
)
def test_the_antimeridian(ends: tuple[float, float]) -> None:
    countries = Countries(("AAA", "BBB"), (box(179, -1, 180, 1), box(-180, -1, -179, 1)))
    line = LineString([(lon, 0) for lon in ends])
    assert by_country(line, countries) == pytest.approx(dict.fromkeys(("", "AAA", "BBB"), DEGREE_KM))
    order = ["AAA", "BBB"] if ends[0] % 360 < 180 else ["BBB", "AAA"]
    assert [part.country for part in crossings([line], [("AAA", "BBB")], [False], countries)[0]] == order
    one = Countries(("AAA", "AAA"), countries.polygons)
    assert crossed(line, "AAA", at_sea=True, countries=one) == [("", 0.5), ("AAA", 2), ("", 0.5)]


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("start", "end"), [(179.952, 180.04), (179.96, 180.045), (179.95, 180.07)])
def test_a_border_just_beyond_the_antimeridian_is_met(side: int, start: float, end: float) -> None:
    """Whether the middle of the segment that crosses the border lies on this side of the antimeridian or on that."""
    countries = Countries(("AAA",), (LineString([(-179.97 * side, -1), (-179 * side, 1)]).envelope,))
    line = LineString([(start * side, 0), (end * side, 0)])
    assert by_country(line, countries) == pytest.approx({"": (180.03 - start) * DEGREE_KM, "AAA": (end - 180.03) * DEGREE_KM})


def test_a_long_segment_is_the_geodesic() -> None:
    """The way from 0 to 90 degrees east at latitude 60 leaves a country that reaches from latitude 50 to 65."""
    segment = LineString([(0, 60), (90, 60)])
    km = by_country(segment, Countries(("AAA",), (box(-10, 50, 100, 65),)))
    assert km[""] > 0.4 * length_km(segment)
    assert sum(km.values()) == pytest.approx(length_km(segment), rel=1e-12)


def test_lines_without_length_and_no_lines_at_all() -> None:
    assert country_km([]).empty
    assert country_km([LineString()]).empty
    point = LineString([(0.5, 0), (0.5, 0)])
    assert country_km([LineString(), point], SQUARES).to_numpy().tolist() == [[1, "AAA", 0.0]]
    assert crossings([point], [("BBB", "AAA")], [False], SQUARES) == [(Crossing("AAA", 0.0),)]
    assert crossings([LineString()], [("AAA",)], [False]) == [(Crossing("AAA", 0.0),)]
    assert by_country(EQUATOR, Countries((), ())) == {"": pytest.approx(length_km(EQUATOR))}


def test_a_line_of_one_state_asks_no_polygon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(territory, "stored_countries", lambda: pytest.fail("polygons were read"))
    assert crossings([EQUATOR], [("KAZ", "KAZ")], [False]) == [(Crossing("KAZ", length_km(EQUATOR)),)]


def test_polygons_that_are_moved_move_kilometres() -> None:
    moved = Countries(SQUARES.codes, tuple(translate(polygon, 0.3) for polygon in SQUARES.polygons))
    assert crossed(EQUATOR, "AAA;BBB;CCC", countries=moved) == [("AAA", 1.8), ("BBB", 1), ("CCC", 0.95)]
    missing = Countries(("AAA", "CCC"), SQUARES.polygons[::2])
    assert crossed(EQUATOR, "AAA;BBB;CCC", countries=missing) == [("AAA", 2), ("CCC", 1.75)]


def lengths_within(lines: NDArray[np.object_], shape: BaseGeometry) -> NDArray[np.float64]:
    pieces, line = get_parts(intersection(lines, shape), return_index=True)
    return np.bincount(line, lengths_km(pieces), len(lines))


def test_the_network_agrees_with_a_plain_overlay(packaged: Network) -> None:
    """Of lines that run over no ground twice, which an overlay counts once."""
    links = packaged.links
    lines = links.geometry[links["mode"].isin(["sea", "pipeline", "rail"]) & links.geometry.is_simple].tolist()
    assert len(lines) > 200
    parts = segments(lines, longest_km=territory.LONGEST_KM)
    fine = linestrings(np.stack([parts.start, parts.end], axis=1).reshape(-1, 2), indices=np.repeat(parts.line, 2))
    countries = stored_countries()
    plain = {
        (line, code): km
        for code, shape in zip(countries.codes, countries.polygons, strict=True)
        for line, km in enumerate(lengths_within(fine, shape).tolist())
        if km
    }
    ours = country_km(lines).set_index(["line", "country"])["km"].drop("", level="country").to_dict()
    assert ours == pytest.approx(plain, abs=0.001)


LON, LAT = st.floats(20.0, 110.0), st.floats(20.0, 60.0)
STEP = st.tuples(st.floats(-0.08, 0.08), st.floats(-0.05, 0.05))


@st.composite
def ways(draw: st.DrawFn) -> LineString:
    """Ways of short steps, which are their own geodesics as far as the cut is concerned."""
    steps = np.array([(draw(LON), draw(LAT)), *draw(st.lists(STEP, min_size=1, max_size=40))])
    return LineString(steps.cumsum(axis=0))


NAMED = st.lists(st.sampled_from(["KAZ", "RUS", "CHN", "UZB", "KGZ", "TKM", "IRN"]), max_size=4)


@given(ways(), NAMED, st.booleans())
def test_crossings_add_up_and_turn_round(line: LineString, named: list[str], at_sea: bool) -> None:
    there, back = crossings([line, line.reverse()], [named, named], [at_sea, at_sea])
    assert sum(part.km for part in there) == pytest.approx(length_km(line), rel=1e-6, abs=1e-9)
    assert all(one.country != other.country for one, other in pairwise(there))
    held = {*named, ""} & {*country_km([line])["country"]}
    if held - (set() if at_sea else {""}):
        assert [part.country for part in back] == [part.country for part in there][::-1]
        assert [part.km for part in back] == pytest.approx([part.km for part in there][::-1], abs=1e-6)


@given(ways())
def test_more_vertices_change_nothing(line: LineString) -> None:
    more = segmentize(line, 0.02) if line.length else line
    assert by_country(more, stored_countries()) == pytest.approx(by_country(line, stored_countries()), abs=1e-5)


def test_vertices_on_a_long_geodesic_change_little() -> None:
    random = np.random.default_rng(5)
    ends = np.stack([random.uniform((20, 20), (110, 60), (300, 2)) for _ in range(2)], axis=1)
    lines = list(linestrings(ends))
    parts = segments(lines, longest_km=37.0)
    finer = list(linestrings(np.stack([parts.start, parts.end], axis=1).reshape(-1, 2), indices=np.repeat(parts.line, 2)))
    km, again = (country_km(some).set_index(["line", "country"])["km"] for some in (lines, finer))
    assert km.sub(again, fill_value=0.0).abs().max() < 0.1
    assert np.abs(km.groupby("line").sum() - lengths_km(lines)).max() < 1e-6


def test_a_line_is_divided_alike_alone_and_among_others(packaged: Network) -> None:
    lines = packaged.links.geometry.tolist()[::7]
    together = country_km(lines)
    alone = pd.concat([country_km([line]).assign(line=at) for at, line in enumerate(lines)], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone, check_exact=False, atol=1e-9)
