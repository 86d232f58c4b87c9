"""Printed maps: names do not meet, every language has its legend, hostile names stay text, and bytes do not change."""

from __future__ import annotations

import io
import os
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.text import Text

import routes
from geodata.network import Network
from routes import maps
from routes.maps import lettering, text
from routes.maps.catalogue import packaged_pages
from routes.maps.pages import draw, printed
from routes.maps.plates import routes_figure
from routes.maps.strokes import capacity_stroke
from tests.conftest import ROOT, link, place
from tests.maps.conftest import END, FORMULA, IMAGE, TEMPLATE

CASE = "kazakh-crude-2024"
NAMES = ("$x$ and $y$", "\\frac{1}{0}", "{{7*7}}", "نفط الخليج", "<img src=x>", "x_{1}^2")


@pytest.fixture(scope="module")
def base(packaged: Network) -> routes.Allocation:
    return routes.allocate(packaged, routes.read_case(CASE))


@pytest.fixture(scope="module")
def stopped(packaged: Network) -> routes.Allocation:
    return routes.allocate(packaged, routes.read_case(CASE), scenario=routes.read_scenario("cpc-stopped"))


def shown(figure: Figure) -> list[Text]:
    return [one for one in figure.findobj(Text) if one.get_visible() and one.get_text().strip()]


def words(figure: Figure) -> str:
    return "\n".join(one.get_text() for one in shown(figure))


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    figure.draw_without_rendering()
    boxes = [(one.get_text(), one.get_window_extent()) for one in shown(figure)]
    return [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if one.overlaps(other)]


def written(figure: Figure, kind: str) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format=kind)
    return stream.getvalue()


def map_lines(figure: Figure) -> list[LineCollection]:
    """The collections of the map itself; the axes under it hold the legend."""
    return [one for one in figure.axes[1].collections if isinstance(one, LineCollection)]


def width_of(figure: Figure, colour: str) -> set[float]:
    found = set()
    for lines in map_lines(figure):
        colours, widths = lines.get_colors(), lines.get_linewidths()
        for at in range(len(lines.get_segments())):
            if matplotlib.colors.to_hex(colours[at % len(colours)]) == colour:
                found.add(round(float(widths[at % len(widths)]), 3))
    return found


@pytest.fixture
def named(build: Callable[..., Network]) -> Network:
    places = [place(f"p{at}", lon=50.0 + 3 * at, lat=44.0 + at % 3, name=name, kind="port") for at, name in enumerate(NAMES)]
    return build(places, [link(f"l{at}", f"p{at}", f"p{at + 1}", 4000 + at) for at in range(len(NAMES) - 1)])


@pytest.mark.parametrize("language", text.LANGUAGES)
def test_every_language_has_its_texts_and_no_two_meet(packaged: Network, language: str) -> None:
    table = text.strings(language)
    figure = maps.figure(packaged, title=table["page.all-systems.title"], language=language)
    said = words(figure)
    for key in ("figure.colour", "figure.width", "figure.state", "mode.rail", "mode.gas", "status.planned", "kind.port"):
        assert table[key] in said, key
    assert any(table[f"sea.{name}"] in said for name in ("black", "caspian", "mediterranean"))
    for name in ("OpenStreetMap", "ODbL", "Natural Earth", "GeoNames"):
        assert name in said
    assert table["disclaimer"] in said.replace("\n", " ")
    assert text.country_names()["KAZ"][text.LANGUAGES.index(language)].upper() in said
    assert overlapping(figure) == []
    assert sum(one.axes is figure.axes[1] for one in shown(figure)) > 60


def test_the_check_on_overlaps_can_fail(packaged: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lettering.Sketch, "is_free", lambda self, box: True)
    assert len(overlapping(maps.figure(packaged, bounds=(45, 38, 80, 52)))) > 5


@pytest.mark.parametrize(("dpi", "near"), [(300, 0.01), (72, 1.5)])
def test_a_text_takes_what_is_measured(dpi: int, near: float) -> None:
    for told in ("Ақтөбе", "Novorossiysk", "نفط", "gjpq", "$x$"):
        hand = lettering.Hand(7.0, "black")
        drawn = matplotlib.figure.Figure(dpi=dpi).text(0.5, 0.5, told, fontproperties=hand.font(), parse_math=False)
        box, size = drawn.get_window_extent(), lettering.span(told, hand)
        assert box.width * 72 / dpi == pytest.approx(size.width, abs=near)
        assert box.height * 72 / dpi == pytest.approx(size.up + size.down, abs=near)


def test_long_texts_are_broken() -> None:
    hand = lettering.Hand(9.0, "black")
    for told in ("a few words that go on " * 4, "x" * 200):
        lines = lettering.wrapped(told, hand, 100.0)
        assert len(lines) > 2
        assert all(lettering.span(one, hand).width <= 100 for one in lines)
        assert "".join("".join(lines).split()) == "".join(told.split())


def test_hostile_names_are_text(named: Network, toy: Network) -> None:
    figure = maps.figure(named, title="$title$ {{7*7}}", subtitle="<b>$", source="$s$")
    said = words(figure)
    for name in (*NAMES, "$title$ {{7*7}}", "$s$."):
        assert name in said
    assert overlapping(figure) == []
    assert b"{{7*7}}" not in re.sub(rb"<!--.*?-->", b"", written(figure, "svg"), flags=re.S)
    for language in text.LANGUAGES:
        drawn = maps.figure(toy, language=language, title=f"{IMAGE}{END}{TEMPLATE}{FORMULA}")
        ElementTree.fromstring(written(drawn, "svg"))  # noqa: S314
        assert overlapping(drawn) == []


def test_a_network_of_ones_own_credits_the_ground_alone(named: Network) -> None:
    said = words(maps.figure(named))
    assert "Natural Earth" in said
    assert "OpenStreetMap" not in said


@pytest.mark.parametrize("spot", [(60.0, 45.0), (-100.0, 40.0), (179.9, -89.0), (0.0, 90.0)])
def test_one_place_is_a_map(build: Callable[..., Network], spot: tuple[float, float]) -> None:
    network = build([place("a", lon=spot[0], lat=spot[1]), place("b", lon=60, lat=44)], [link("l", "a", "b")])
    written(maps.figure(network, links=[], places=["a"]), "png")
    written(maps.figure(network), "png")


def test_what_cannot_be_is_said(packaged: Network, base: routes.Allocation) -> None:
    with pytest.raises(ValueError, match="no link or place with these ids: nowhere"):
        maps.figure(packaged, links=["nowhere"])
    with pytest.raises(ValueError, match="language must be one of"):
        maps.figure(packaged, language="de")
    with pytest.raises(ValueError, match="west < east"):
        maps.figure(packaged, bounds=(10, 0, 5, 20))
    with pytest.raises(ValueError, match=r"at least 4 by 3\.5 inches"):
        maps.figure(packaged, size=(3, 3))
    with pytest.raises(ValueError, match="leaves no room for the map"):
        maps.figure(packaged, title="word " * 200, size=(4, 3.5))
    with pytest.raises(ValueError, match="give the allocation too"):
        maps.figure(packaged, compared=base)


def test_widths_and_numbers_follow_the_amounts(packaged: Network, base: routes.Allocation) -> None:
    figure = maps.figure(packaged, allocation=base)
    used = base.links[base.links["amount"] >= 0.5]
    drawn = sum(len(lines.get_segments()) for lines in map_lines(figure) if lines.get_zorder() == pytest.approx(2.2))
    assert drawn >= len(used)
    facts = packaged.links.set_index("link_id")

    pipes = used[used["link_id"].map(facts["mode"]) == "pipeline"]["amount"]
    expected = {round(capacity_stroke(amount, "pipeline", "", gas=False).width, 3) for amount in pipes}
    assert width_of(figure, "#d55e00") == expected
    said = words(figure)
    cpc = base.links.set_index("link_id").loc["pipe-komsomolskaya-kropotkinskaya", "amount"] / 1000
    assert f"{cpc:.1f}" in said
    assert text.strings("en")["figure.unused"] in said
    assert CASE in said
    assert overlapping(figure) == []


def test_changes_are_told_without_colour(packaged: Network, base: routes.Allocation, stopped: routes.Allocation) -> None:
    figure = maps.figure(packaged, allocation=stopped, compared=base, language="ru")
    said = words(figure)
    lost = base.links.set_index("link_id").loc["pipe-komsomolskaya-kropotkinskaya", "amount"] / 1000
    assert f"−{lost:.1f}".replace(".", ",") in said
    assert "больше прежнего (+)" in said
    for lines in map_lines(figure):
        colours, dashes = lines.get_colors(), lines.get_linestyles()
        for at in range(len(lines.get_segments())):
            colour, dashed = colours[at % len(colours)], dashes[at % len(dashes)][1] is not None
            assert dashed == (matplotlib.colors.to_hex(colour) == "#d55e00")
    same = maps.figure(packaged, allocation=base, compared=base)
    assert text.strings("en")["figure.gained"] not in words(same)
    assert overlapping(figure) == []


def test_the_files_are_what_they_should_be(named: Network, tmp_path: Path) -> None:
    figure = maps.figure(named, title="Print", size=(6, 5))
    for kind in ("png", "svg", "pdf"):
        figure.savefig(tmp_path / f"map.{kind}")
    png = (tmp_path / "map.png").read_bytes()
    width, height = struct.unpack(">II", png[16:24])
    assert (width, height) == (1800, 1500)
    at = png.index(b"pHYs") + 4
    assert struct.unpack(">IIB", png[at : at + 9]) == (11811, 11811, 1)
    svg = (tmp_path / "map.svg").read_text("utf-8")
    root = ElementTree.fromstring(svg)  # noqa: S314
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.endswith("href") or value.startswith("#"), value
            assert "url(" not in value or "url(#" in value
        assert not element.tag.endswith(("script", "image", "foreignObject"))
    assert "<dc:date>" not in svg
    pdf = (tmp_path / "map.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"CreationDate" not in pdf
    assert repr(figure) == "Map: Print"
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]


def test_the_users_settings_change_nothing(named: Network) -> None:
    plain = written(maps.figure(named), "svg")
    with matplotlib.rc_context({"font.family": ["serif"], "svg.fonttype": "none", "lines.scale_dashes": True, "savefig.dpi": 50}):
        assert written(maps.figure(named), "svg") == plain


@pytest.mark.slow
def test_the_same_bytes_for_any_hash_seed() -> None:
    code = """
import geodata, hashlib, io, routes
from routes import maps
network = geodata.read_network()
plan = routes.allocate(network, routes.read_case("kazakh-crude-2024"))
for figure in (maps.figure(network, title="All", language="kk"), maps.figure(network, allocation=plan)):
    for kind in ("png", "svg", "pdf"):
        stream = io.BytesIO()
        figure.savefig(stream, format=kind)
        print(kind, hashlib.sha256(stream.getvalue()).hexdigest())
"""
    said = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert said[0].count("\n") == 6
    assert said[0] == said[1]


@pytest.mark.slow
def test_thousands_of_links(build: Callable[..., Network]) -> None:
    places = [place(f"p{at}", lon=40 + at % 60, lat=35 + at // 60 * 0.8, name=f"Place {at}", kind="station") for at in range(1800)]
    links = [link(f"l{at}", f"p{at}", f"p{(at * 7 + 61) % 1800}", 100 + at) for at in range(1800) if (at * 6 + 61) % 1800]
    links += [link(f"m{at}", f"p{at}", f"p{at + 1}", "unlimited") for at in range(1799)]
    figure = maps.figure(build(places, links))
    assert zlib.crc32(written(figure, "png")) != 0
    assert overlapping(figure) == []


@pytest.mark.parametrize("language", text.LANGUAGES)
def test_a_page_is_printed_with_numbers_on_its_ways(packaged: Network, language: str) -> None:
    page = next(one for one in packaged_pages() if one.name == "compare-kazakhstan-china-oil")
    drawn = draw(packaged, page)
    figure = printed(packaged, page, drawn, language)
    said = words(figure)
    ways = sum(len(item.routes) for item in drawn.compared)
    numbers = [one.get_text() for one in shown(figure) if one.get_text().isdecimal()]
    assert sorted(set(numbers)) == [str(at) for at in range(1, ways + 1)]
    assert all(numbers.count(one) == 2 for one in set(numbers)), "in the legend and on the map"
    assert page.title(language) in said
    assert text.strings(language)["figure.ways"] in said
    assert overlapping(figure) == []
    table = drawn.compared[0].routes.table
    assert text.number(float(table["cost_usd_t"].iloc[0]), language, 0) in said


def test_other_lines_stand_back(packaged: Network) -> None:

    figure = routes_figure(packaged, [("One", ["rail-akhalkalaki-kars"])], links=["pipe-btc-turkiye"])
    assert text.strings("en")["figure.others"] in words(figure)
    assert width_of(figure, "#d55e00") == set()
    with pytest.raises(ValueError, match="at least one way"):
        routes_figure(packaged, [])
    with pytest.raises(ValueError, match="no link or place with these ids: nowhere"):
        routes_figure(packaged, [("One", ["nowhere"])])
