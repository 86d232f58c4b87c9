"""The geometry builder on toy data: network repair and routing, sea lanes round an island, stable files."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pytest
from shapely import LineString, MultiPolygon, Polygon, box

from geodata.build import land, schematic, sea, sources, ways, write
from geodata.build.__main__ import main
from geodata.build.run import draw_ways
from geodata.build.tables import Drawing, Link, read_links
from geodata.geodesy import length_km

# One degree of longitude on the equator is 111.3 km.
KM = 1 / 111.32


def toy_net(xy: list[tuple[float, float]], edges: list[tuple[int, int, float]]) -> ways.WayNet:
    """A network near the equator, node positions in km."""
    ends = np.array([edge[:2] for edge in edges], dtype=np.int64)
    km = np.array([edge[2] for edge in edges], dtype=np.float64)
    return ways.WayNet(np.array(xy) * KM, ends, km, np.zeros(len(edges), dtype=np.bool_))


def toy_link(chain: list[tuple[float, float]], mode: str = "rail") -> Link:
    points = tuple((x * KM, y * KM) for x, y in chain)
    return Link("toy", mode, "network", "operating", tuple("abcdefg"[: len(chain)]), points, None)


def broken_line() -> ways.WayNet:
    """0 --30-- 1 . 4 km . 2 --30-- 3, and 4 hanging on 3: five nodes in two pieces."""
    xy = [(0.0, 0.0), (30.0, 0.0), (34.0, 0.0), (64.0, 0.0), (64.0, 20.0)]
    return toy_net(xy, [(0, 1, 30.0), (2, 3, 30.0), (3, 4, 20.0)])


def test_a_small_gap_is_bridged_and_marked() -> None:
    mended = ways.bridge_gaps(broken_line(), limit_km=6)
    assert mended.ends[mended.gap].tolist() == [[1, 2]]
    assert mended.km[mended.gap] == pytest.approx([4.0], abs=0.1)


def test_a_wide_gap_stays_open() -> None:
    assert not ways.bridge_gaps(broken_line(), limit_km=3).gap.any()


def test_a_dead_end_is_closed_only_where_rail_leads_no_other_way() -> None:
    xy = [(0.0, 0.0), (50.0, 0.0), (50.0, 8.0), (0.0, 8.0)]
    loop = toy_net(xy, [(0, 1, 50.0), (1, 2, 8.0), (2, 3, 50.0)])
    assert ways.close_dead_ends(loop, limit_km=14).ends[3:].tolist() == [[0, 3]]
    short = loop._replace(km=np.array([5.0, 8.0, 5.0]))
    assert len(ways.close_dead_ends(short, limit_km=14).km) == 3


def test_a_dead_end_beside_a_chord_gets_a_junction() -> None:
    xy = [(0.0, 0.0), (100.0, 0.0), (50.0, 1.0), (50.0, 60.0)]
    mended = ways.join_to_chords(toy_net(xy, [(0, 1, 100.0), (2, 3, 59.0)]), [2], limit_km=3)
    assert np.bincount(mended.ends.ravel()).tolist() == [1, 1, 2, 1, 3]
    assert mended.km[~mended.gap].sum() == pytest.approx(159, abs=0.5)


def test_a_link_runs_from_place_to_place_over_the_gap() -> None:
    link = toy_link([(0.0, 1.0), (64.0, 21.0)])
    router, far = ways.router(ways.repaired_rail(broken_line()), [link.chain])
    drawing, remarks = ways.draw(link, router)
    assert far == {}
    assert remarks == []
    assert drawing is not None
    assert (drawing.points[0], drawing.points[-1]) == (link.chain[0], link.chain[-1])
    assert drawing.network_km == pytest.approx(30 + 4 + 30 + 20 + 2, abs=0.3)


def test_a_chord_bends_through_a_place_that_its_length_allows() -> None:
    chord = toy_net([(0.0, 0.0), (100.0, 0.0)], [(0, 1, 120.0)])
    link = toy_link([(0.0, 0.0), (50.0, 25.0), (100.0, 0.0)])
    router, far = ways.router(chord, [link.chain])
    drawing, _ = ways.draw(link, router)
    assert far == {}
    assert drawing is not None
    assert drawing.points == link.chain
    assert drawing.network_km == pytest.approx(120, abs=0.1)


def test_places_on_one_chord_keep_their_order_away_from_the_equator() -> None:
    # In degrees the second place would come before the first along the chord.
    xy = np.array([[76.7, 43.5], [74.7, 46.8]])
    net = ways.WayNet(xy, np.array([[0, 1]]), np.array([600.0]), np.array([False]))
    chain = ((76.7, 43.5), (73.6, 46.1), (75.0, 46.8))
    link = Link("toy", "road", "network", "operating", ("a", "b", "c"), chain, None)
    drawing, _ = ways.draw(link, ways.router(net, [chain])[0])
    assert drawing is not None
    assert drawing.points == chain


def test_a_place_beyond_reach_is_told() -> None:
    chord = toy_net([(0.0, 0.0), (100.0, 0.0)], [(0, 1, 100.0)])
    link = toy_link([(0.0, 0.0), (50.0, 25.0)])
    router, far = ways.router(chord, [link.chain])
    drawing, remarks = ways.draw(link, router)
    assert list(far.values()) == pytest.approx([25], abs=0.2)
    assert drawing is not None
    assert drawing.network_km == pytest.approx(50 + 25, abs=0.3)
    assert "25 km in 1 gap" in remarks[0].message


def test_a_missing_stretch_is_drawn_straight_where_the_stops_name_it() -> None:
    xy = [(0.0, 0.0), (20.0, 0.0), (70.0, 0.0), (90.0, 0.0)]
    net = toy_net(xy, [(0, 1, 20.0), (2, 3, 20.0)])
    link = toy_link(xy)
    drawing, remarks = ways.draw(link, ways.router(net, [link.chain])[0])
    assert drawing is not None
    assert drawing.network_km == pytest.approx(90, abs=0.3)
    assert "50 km in 1 gap" in remarks[0].message


def test_a_via_point_on_a_spur_leaves_no_spike() -> None:
    xy = [(0.0, 0.0), (50.0, 0.0), (100.0, 0.0), (50.0, 5.0)]
    net = toy_net(xy, [(0, 1, 50.0), (1, 2, 50.0), (1, 3, 5.0)])
    link = toy_link([(0.0, 0.0), (50.0, 5.0), (100.0, 0.0)])
    drawing, _ = ways.draw(link, ways.router(net, [link.chain])[0])
    assert drawing is not None
    assert drawing.network_km == pytest.approx(100, abs=0.1)


def test_a_way_that_leads_nowhere_is_not_drawn() -> None:
    net = toy_net([(0.0, 0.0), (9.0, 0.0), (190.0, 0.0), (199.0, 0.0)], [(0, 1, 9.0), (2, 3, 9.0)])
    link = toy_link([(0.0, 0.0), (199.0, 0.0)])
    drawing, remarks = ways.draw(link, ways.router(net, [link.chain])[0])
    assert drawing is None
    assert remarks[0].fatal


@pytest.fixture(scope="module")
def pond() -> sea.Basin:
    """Water of 10 by 10 degrees round a square island of 2 by 2."""
    water = Polygon(box(0, 0, 10, 10).exterior, [box(4, 4, 6, 6).exterior])
    return sea.basin(water, [(-0.2, 5.0), (1.0, 5.0), (9.0, 5.0)])


def test_a_lane_goes_round_the_island_by_its_corners(pond: sea.Basin) -> None:
    way = sea.lane(pond, (1.0, 5.0), (9.0, 5.0))
    assert way is not None
    inner = [point for point in way if point not in ((1.0, 5.0), (9.0, 5.0))]
    assert {round(x) for x, _ in inner} == {4, 6}
    assert LineString(way).distance(box(4, 4, 6, 6)) > 0.02
    assert length_km(LineString(way)) < 1.05 * length_km(LineString([(1, 5), (4, 6), (6, 6), (9, 5)]))


def test_a_lane_over_open_water_is_straight(pond: sea.Basin) -> None:
    assert schematic.without_repeats(tuple(sea.lane(pond, (1.0, 1.0), (9.0, 1.0)) or ())) == (
        (1.0, 1.0),
        (9.0, 1.0),
    )


def test_a_port_ashore_is_reached_from_the_nearest_water(pond: sea.Basin) -> None:
    way = sea.lane(pond, (-0.2, 5.0), (1.0, 1.0))
    assert way is not None
    assert way[0] == (-0.2, 5.0)
    assert way[1] == pytest.approx((0.002, 5.0), abs=0.001)


def test_water_on_the_other_side_of_a_dam_is_not_reached() -> None:
    water = MultiPolygon([box(0, 0, 4, 10), box(5, 0, 10, 10)])
    graph = sea.basin(water, [(1.0, 5.0), (9.0, 5.0)])
    assert sea.lane(graph, (1.0, 5.0), (9.0, 5.0)) is None


def test_a_schematic_line_is_its_chain_without_repeats() -> None:
    link = toy_link([(0.0, 0.0), (50.0, 10.0), (50.0, 10.0), (90.0, 0.0)], mode="pipeline")
    drawing = schematic.draw(link)
    assert drawing.points == (link.chain[0], link.chain[1], link.chain[3])
    assert drawing.drawn_km == pytest.approx(length_km(LineString(drawing.points)))


def test_neighbours_keep_one_border_across_the_frame_of_the_region() -> None:
    wave = [(x / 10, 5 + (x % 2) / 50) for x in range(101)]
    north, south = Polygon([*wave, (10, 10), (0, 10)]), Polygon([*wave, (10, 0), (0, 0)])
    kept = land.simplify({"NOR": north, "SUD": south}, region=(2, 2, 6, 8), world=(0, 0, 10, 10), fine=0.01, coarse=1.0)
    assert kept["NOR"].intersection(kept["SUD"]).area == 0
    assert kept["NOR"].union(kept["SUD"]).area == pytest.approx(100, abs=1e-6)
    assert len(kept["NOR"].geoms[0].exterior.coords) < 60


def test_files_are_stable_and_have_a_feature_a_line(tmp_path: Path) -> None:
    lines = [
        Drawing("rail-b", "rail", "network", ((1.0, 2.0), (1.123456, 2.0), (3.0, 4.0)), 1.0, 2.04),
        Drawing("rail-a", "rail", "network", ((1.00001, 2.0), (3.0, 4.0)), 1.0),
        Drawing("road-a", "road", "schematic", ((1.0, 2.0), (3.0, 4.0)), 1.0),
    ]
    for folder, order in (("one", lines), ("two", lines[::-1])):
        for name, features in write.line_layers(order).items():
            write.write_layer(tmp_path / folder / name, features)
    assert write.different(tmp_path / "one", tmp_path / "two") == []
    text = (tmp_path / "one" / "rail.geojson").read_text("utf-8")
    features = json.loads(text)["features"]
    assert len(text.splitlines()) == len(features) + 2
    assert [feature["properties"]["link_id"] for feature in features] == ["rail-a", "rail-b"]
    assert features[0]["geometry"]["coordinates"] == [[1.00001, 2.0], [3.0, 4.0]]
    assert features[1]["geometry"]["coordinates"][1] == [1.1235, 2.0]
    assert features[1]["properties"]["network_km"] == 2.0
    assert json.loads((tmp_path / "one" / "sea.geojson").read_text("utf-8"))["features"] == []


def test_a_missing_or_changed_file_is_different(tmp_path: Path) -> None:
    write.write_layer(tmp_path / "one" / "rail.geojson", [])
    write.write_layer(tmp_path / "one" / "sea.geojson", [])
    write.write_layer(tmp_path / "two" / "rail.geojson", [write.line_feature(schematic.draw(toy_link([(0, 0), (1, 1)])))])
    assert write.different(tmp_path / "one", tmp_path / "two") == ["rail.geojson", "sea.geojson"]


def test_a_link_to_an_unknown_point_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text("place_id,lon,lat\na,1,2\nb,3,4\n", "utf-8")
    (tmp_path / "waypoints.csv").write_text("waypoint_id,lon,lat\nw,2,3\n", "utf-8")
    (tmp_path / "links.csv").write_text(
        "link_id,from_place,to_place,mode,via,length_km\nroad-b,a,b,road,w;nowhere,\nroad-a,a,b,road,w,9.5\n",
        "utf-8",
    )
    links, remarks = read_links(tmp_path)
    assert [(link.link_id, link.stops, link.published_km) for link in links] == [("road-a", ("a", "w", "b"), 9.5)]
    assert [(remark.link_id, remark.fatal) for remark in remarks] == [("road-b", True)]


def installed(source: sources.Source) -> bool:
    try:
        return version(source.distribution) == source.release
    except PackageNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not installed(sources.RAIL), reason="needs the extra build-data")
def test_rail_links_have_about_their_published_length() -> None:
    published = {
        "dostyk-aktogay": ((82.4804, 45.2533), (79.6818, 46.9531), 309),
        "shalkar-beyneu": ((59.6200, 47.8300), (55.1966, 45.3221), 496),
        "petropavl-omsk": ((69.1704, 54.8564), (73.3861, 54.9392), 273),
    }
    links = [Link(name, "rail", "network", "operating", ("from", "to"), (start, end), km) for name, (start, end, km) in published.items()]
    drawings, remarks = draw_ways(links)
    assert not any(remark.fatal for remark in remarks)
    for link, drawing in zip(links, drawings, strict=True):
        assert drawing.network_km == pytest.approx(link.published_km, rel=0.03), link.link_id
        assert drawing.drawn_km < 1.01 * (drawing.network_km or 0)


@pytest.mark.slow
@pytest.mark.skipif(not all(map(installed, sources.ALL)), reason="needs the extra build-data")
def test_the_stored_geometry_is_what_a_fresh_build_gives(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out
