"""The page as a file: one, offline, quiet, the same at every build, and deaf to what names try to say."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import folium
import numpy as np
import pytest
import shapely
from branca.element import Element, JavascriptLink
from folium.plugins import MeasureControl
from hypothesis import given
from hypothesis import strategies as st

import geodata
from geodata.network import Network
from routes import maps
from routes.maps import layer, packing, page, projection, style, text, webmap
from routes.maps.thumbnail import standalone
from tests.maps.conftest import END, FORMULA, HOSTILE, IMAGE, TEMPLATE

Draw = Callable[..., folium.Map]
MAX_BYTES = 500_000
MAX_BYTES_OF_ALL = 1_000_000
MAX_BYTES_GZIPPED = 350_000


class Reader(HTMLParser):
    """What a browser would find in a page: addresses it would load, scripts, policies, event attributes, the title."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.loaded: list[str] = []
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.policy = ""
        self.events: list[str] = []
        self.title = ""
        self._open = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self._open = tag
        self.loaded += [found["src"]] if "src" in found else []
        self.loaded += [found["href"]] if tag == "link" else []
        self.events += [name for name in found if name.startswith("on")]
        if tag == "script":
            self.scripts.append((found, ""))
        if found.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = found["content"]

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        if self._open == "title":
            self.title += data


def payload_of(document: str) -> dict[str, Any]:
    """The data of a page, read as a browser reads it."""
    return next(json.loads(body) for found, body in Reader(document).scripts if found.get("type") == "application/json")


def breaks_out(json_text: str) -> bool:
    """Whether a JSON text could leave its script element or be read as a template."""
    return bool(re.search(r"[<>&\u2028\u2029]|\{[{%#]", json_text))


def test_is_a_folium_map_in_one_file(draw: Draw, tmp_path: Path) -> None:
    drawn = draw()
    assert isinstance(drawn, folium.Map)
    drawn.save(tmp_path / "toy.html")
    assert (tmp_path / "toy.html").read_bytes().decode() == drawn.get_root().render()
    assert (tmp_path / "toy.html").stat().st_size < MAX_BYTES


def test_loads_nothing(html: str) -> None:
    assert [address for address in Reader(html).loaded if not address.startswith("data:")] == []
    assert "sourceMappingURL" not in html
    assert not re.search(r"url\((?!data:|#)", html)


def test_policy_names_exactly_its_scripts(html: str) -> None:
    read = Reader(html)
    bodies = [body for found, body in read.scripts if found.get("type") != "application/json"]
    wanted = {f"'sha256-{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}'" for body in bodies}
    rules = {rule.split()[0]: set(rule.split()[1:]) for rule in read.policy.split(";")}
    assert rules["default-src"] == {"'none'"}
    assert rules["script-src"] == wanted
    assert rules["base-uri"] == rules["form-action"] == {"'none'"}
    assert read.policy.count("unsafe") == 1  # styles of stock layers, nothing else
    assert html.index("Content-Security-Policy") < html.index("<script")


def test_same_bytes_again(draw: Draw, html: str) -> None:
    again = draw()
    assert again.get_root().render() == html
    assert again.get_root().render() == html


@pytest.mark.slow
def test_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    program = (
        "import sys, warnings; warnings.simplefilter('ignore'); import geodata; from routes import maps;"
        "n = geodata.read_network(); some = n.links.link_id[:40];"
        "sys.stdout.buffer.write((maps.atlas(n, links=some).get_root().render() + maps.thumbnail(n, links=some)).encode())"
    )
    root = Path(__file__).parents[2]
    runs = [
        subprocess.run([sys.executable, "-c", program], cwd=root, env={"PYTHONHASHSEED": seed, "PATH": ""}, capture_output=True, check=True)
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout) > 100_000


def test_stock_layers_can_be_added(draw: Draw) -> None:
    def with_layers() -> str:
        drawn = draw()
        group = folium.FeatureGroup("Own").add_to(drawn)
        folium.Marker([45, 60], popup="A <b>note</b>", tooltip="Tip").add_to(group)
        folium.GeoJson({"type": "Point", "coordinates": [60, 45]}).add_to(drawn)
        folium.LayerControl().add_to(drawn)
        return str(drawn.get_root().render())

    first = with_layers()
    assert first == with_layers()
    assert "L.marker" in first
    assert not re.search(r"_[0-9a-f]{32}\b", first)


@pytest.mark.parametrize("element", [JavascriptLink("https://cdn.example.org/other.js"), MeasureControl(), folium.TileLayer()])
def test_what_is_not_packaged_raises(draw: Draw, element: Element) -> None:
    drawn = draw()
    if isinstance(element, JavascriptLink):
        drawn.get_root().header.add_child(element)
    else:
        element.add_to(drawn)
    with pytest.raises(ValueError, match="offline page cannot hold"):
        drawn.get_root().render()


def test_names_stay_text(html: str) -> None:
    read = Reader(html)
    assert read.events == []
    assert read.title == f"Toy {END}{TEMPLATE}"
    data = payload_of(html)
    assert data["title"] == f"Toy {END}{TEMPLATE}"
    said = json.dumps(data, ensure_ascii=False)
    for name in HOSTILE:
        assert json.dumps(name, ensure_ascii=False)[1:-1] in said
    assert "alert" not in "".join(body for found, body in read.scripts if found.get("type") != "application/json")
    assert html.count("{{7*7}}") == 1  # in the title, as text


def test_unescaped_data_would_be_noticed() -> None:
    for name in (IMAGE, END, TEMPLATE):
        assert breaks_out(json.dumps([name]))
        assert not breaks_out(packing.safe_json([name]))
        assert json.loads(packing.safe_json([name])) == [name]


def test_a_stock_name_cannot_end_the_script(draw: Draw) -> None:
    drawn = draw()
    folium.Marker([45, 60], tooltip=END).add_to(drawn)
    scripts = [body for found, body in Reader(drawn.get_root().render()).scripts if found.get("type") != "application/json"]
    assert len(scripts) == len([1 for found, _ in Reader(draw().get_root().render()).scripts if found.get("type") != "application/json"])


def test_only_web_links_are_passed_on(html: str) -> None:
    addresses = column(payload_of(html)["sources"], "url")
    assert set(addresses) == {"https://example.org/report?a=1&b=2", ""}


def column(table: dict[str, Any], name: str) -> list[Any]:
    """A column of a packed table, unpacked."""
    packed = table["columns"][name]
    if isinstance(packed, list):
        return packed
    size, of = packed["letters"], packed.get("of")
    numbers = [
        sum(packing.ALPHABET.index(letter) << (6 * i) for i, letter in enumerate(packed["at"][k : k + size]))
        for k in range(0, len(packed["at"]), size)
    ]
    return [of[number] for number in numbers] if of else numbers


CELLS = st.one_of(st.none(), st.booleans(), st.integers(0, 9), st.text(max_size=3), st.lists(st.integers(0, 1), max_size=2))


@given(st.one_of(st.lists(CELLS, max_size=200), st.lists(st.integers(-1, 300_000), max_size=200)))
def test_tables_round_trip(values: list[Any]) -> None:
    found = column(packing.table(["a"], [[value] for value in values]), "a")
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@pytest.mark.parametrize("count", [1, 64, 65, 4097, 70_000])
def test_columns_shrink(count: int) -> None:
    numbers = list(range(count))
    names = [f"{number % 4100} Mt/yr" for number in range(2 * count)]
    for values in (numbers, names):
        packed = packing.table(["a"], [[value] for value in values])
        assert column(packed, "a") == values
        assert len(json.dumps(packed)) <= len(json.dumps(values)) + 60


def unpack(packed: str) -> list[tuple[int, int]]:
    """What the page's script does with packed coordinates."""
    numbers, value, shift = [], 0, 0
    for letter in packed:
        digit = packing.ALPHABET.index(letter)
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return [(int(x), int(y)) for x, y in np.cumsum(np.array(numbers).reshape(-1, 2), axis=0)]


POINTS = st.lists(st.tuples(st.integers(-180_000, 180_000), st.integers(-90_000, 90_000)), min_size=2, max_size=60)


@given(POINTS)
def test_coordinates_round_trip(points: list[tuple[int, int]]) -> None:
    assert unpack(packing.pack(np.array(points, dtype=np.int64))) == points


@given(st.lists(POINTS, max_size=5))
def test_lines_are_packed_together_as_one_by_one(lines: list[list[tuple[int, int]]]) -> None:
    shapes = np.array([shapely.LineString(np.array(points) / 1000) for points in [*lines, []]], dtype=object)
    assert packing.lines(shapes) == [packing.pack(packing.cells(shapely.get_coordinates(shape))) for shape in shapes]


def test_strings_are_complete() -> None:
    tables = {language: text.strings(language) for language in text.LANGUAGES}
    for language, table in tables.items():
        assert set(table) == set(tables["en"]), language
        assert all(words.strip() for words in table.values())
        for key, words in table.items():
            assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", tables["en"][key])), (language, key)
    for language, letters in {"ru": "[А-Яа-яЁё]", "kk": "[А-Яа-яӘәҒғҚқҢңӨөҰұҮүҺһІі]"}.items():
        latin = {key for key, words in tables[language].items() if not re.search(letters, words)}
        assert latin <= {"language.en", "equals", "unit.%"}, language


def test_script_and_strings_agree() -> None:
    folder = files("routes.maps").joinpath("static")
    script = "".join(file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".js"))
    asked = set(re.findall(r"\bt\('([\w./% -]+)'", script))
    known = set(text.page_strings())
    assert asked - known == set()
    for group, words in {"mode": style.MODES, "goods": style.COMMODITIES, "status": style.STATUSES, "kind": geodata.schema.KINDS}.items():
        assert {f"{group}.{word}" for word in words} <= known
    assert {f"unit.{unit}" for unit in geodata.units.UNITS} <= known


@pytest.mark.parametrize("name", sorted(page.LEAFLET_SHA256))
def test_leaflet_is_the_published_one(name: str) -> None:
    assert hashlib.sha256(page.leaflet_file(name)).hexdigest() == page.LEAFLET_SHA256[name]


def test_whole_network_fits() -> None:
    network = geodata.read_network()
    document = maps.atlas(network, title="All").get_root().render().encode()
    assert len(document) <= MAX_BYTES_OF_ALL
    assert len(gzip.compress(document)) <= MAX_BYTES_GZIPPED
    base = payload_of(document.decode())["base"]
    assert len(json.dumps(base, ensure_ascii=False).encode()) <= 150_000


def test_the_fixed_part_is_counted_as_it_is(draw: Draw, html: str) -> None:
    data = payload_of(html)
    rest = len(html.encode()) - len(packing.safe_json(data).encode())
    assert 0 <= rest - layer.fixed_bytes(data) <= 3_000


def test_arguments_are_checked(toy: Network) -> None:
    with pytest.raises(ValueError, match="no link or place with these ids: nowhere"):
        maps.atlas(toy, links=["pipe-west", "nowhere"])
    with pytest.raises(ValueError, match="language must be one of en, ru, kk"):
        maps.atlas(toy, language="de")
    with pytest.raises(ValueError, match="west < east"):
        maps.atlas(toy, bounds=(80.0, 40.0, 50.0, 55.0))


def test_draws_what_was_asked(toy: Network) -> None:
    data = payload_of(maps.atlas(toy, links=["sea-caspian"], places=["lonely"]).get_root().render())
    assert column(data["links"], "id") == ["sea-caspian"]
    assert set(column(data["places"], "id")) == {"aktau", "baku", "lonely"}
    assert column(data["links"], "capacity") == [None]


def test_big_networks_go_to_the_canvas(toy: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    assert payload_of(maps.atlas(toy).get_root().render())["canvas"] is False
    monkeypatch.setattr(webmap, "CANVAS_FROM_LINKS", 3)
    assert payload_of(maps.atlas(toy).get_root().render())["canvas"] is True


def test_notebook_shows_a_picture_under_the_map(draw: Draw) -> None:
    shown = draw()._repr_html_()
    assert shown.index("data:image/png;base64,iVBORw0KGgo") < shown.index("<iframe srcdoc=")
    assert END not in shown


def test_gallery_is_still_and_escaped() -> None:
    card = maps.GalleryPage("a.html", IMAGE, END, FORMULA, "pictures/a.svg", 123_456, "overview", (("lines", "data/a.csv"),))
    document = maps.gallery([card])
    read = Reader(document)
    assert read.scripts == []
    assert read.events == []
    assert IMAGE not in document
    css = re.search(r"<style>(.*?)</style>", document, re.DOTALL)
    assert css
    assert f"'sha256-{base64.b64encode(hashlib.sha256(css[1].encode()).digest()).decode()}'" in read.policy
    for name in ("../a.html", "https://example.org/a.html", "javascript:alert(1)", ""):
        for wrong in ({"file": name}, {"picture": name}, {"data": (("lines", name),)}):
            with pytest.raises(ValueError, match="plain file name"):
                maps.gallery([card._replace(**wrong)])
    with pytest.raises(ValueError, match="no group 'x'"):
        maps.gallery([card._replace(group="x")])


def test_gallery_lists_figures_by_language() -> None:
    figures = ("figures/a-en.png", "figures/a-en.pdf", "figures/a-kk.svg")
    document = maps.gallery([maps.GalleryPage("a.html", "A", "", "", "pictures/a.svg", 1, figures=figures)])
    listed = re.findall(r'<p class="files" lang="(..)">(.*?)</p>', document)
    assert [(language, re.findall(r'href="([^"]*)">(\w+)', links)) for language, links in listed] == [
        ("en", [("figures/a-en.png", "PNG"), ("figures/a-en.pdf", "PDF")]),
        ("kk", [("figures/a-kk.svg", "SVG")]),
    ]


def test_a_picture_of_its_own_is_xml_and_follows_the_dark(toy: Network) -> None:
    alone = standalone(maps.thumbnail(toy))
    assert ElementTree.fromstring(alone).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    assert "prefers-color-scheme:dark" in alone
    for sort in set(re.findall(r'class="([^"]*)"', alone)):
        assert f".{sort}{{" in alone
    with pytest.raises(ValueError, match="not an SVG"):
        standalone("<p>")


def test_pictures_are_small(toy: Network) -> None:
    assert maps.thumbnail(toy) == maps.thumbnail(toy)
    assert maps.thumbnail(toy).startswith("<svg")
    assert len(maps.thumbnail(geodata.read_network())) <= 45_000


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXT_ON = [
    ("ink", "paper tint land sea"),
    ("muted", "paper tint halo"),
    ("accent", "paper tint"),
    ("on-accent", "accent"),
    ("country", "land home"),
    ("water", "sea"),
    ("assumed", "assumed-bg"),
    ("sourced", "sourced-bg"),
]


@pytest.mark.parametrize("palette", [style.LIGHT, style.DARK], ids=["light", "dark"])
def test_text_can_be_read(palette: dict[str, str]) -> None:
    weak = {(words, ground): contrast(palette[words], palette[ground]) for words, grounds in TEXT_ON for ground in grounds.split()}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}
    assert contrast(palette["field"], palette["paper"]) >= 3


@pytest.mark.parametrize(
    ("palette", "modes"), [(style.LIGHT, style.MODE_COLOURS), (style.DARK, style.MODE_COLOURS_DARK)], ids=["light", "dark"]
)
def test_lines_can_be_seen(palette: dict[str, str], modes: dict[str, str]) -> None:
    weak = {(mode, ground): round(contrast(colour, palette[ground]), 2) for mode, colour in modes.items() for ground in ("casing", "land")}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 3} == {}


def test_wider_means_more() -> None:
    widths = [style.width_px(kt, gas=False) for kt in (0, 1_000, 20_000, 72_500, 80_000, 1e9)]
    assert widths == sorted(widths)
    assert widths[1] == round(1.2 + 0.13, 2)
    assert widths[-1] == style.CAP_PX
    assert style.DASHES["suspended"] == "10 6"
    assert style.DASHES["planned"] == "2 7"


def test_a_cone_suits_its_page() -> None:
    cone = projection.lambert((40.0, 35.0, 90.0, 59.0))
    assert cone == (65.0, 47.0, 39.0, 55.0)
    west, east = projection.project(np.array([50.0, 80.0]), np.array([47.0, 47.0]), cone)
    assert west[0] == pytest.approx(-east[0])
    assert west[1] == pytest.approx(east[1])
    assert projection.is_box((0.0, 0.0, 1.0, 1.0))
    assert not projection.is_box((0.0, 0.0, 0.0, 1.0))


def test_notes_of_two_languages(toy: Network) -> None:
    data = payload_of(maps.atlas(toy, title={"en": "Ways", "kk": "Жолдар"}, language="kk").get_root().render())
    assert data["title"] == ["Ways", "Ways", "Жолдар"]
    assert text.in_one({"en": "Ways", "kk": "Жолдар"}, "kk") == "Жолдар"
    assert text.country_names()["KAZ"] == ("Kazakhstan", "Казахстан", "Қазақстан")


def test_first_view_keeps_to_the_core() -> None:
    many = np.array([shapely.Point(50 + i % 10, 40 + i // 10) for i in range(60)] + [shapely.Point(18, -34)], dtype=object)
    core = projection.core(many)
    assert core
    assert core[1] > 30
    assert projection.core(many[:20]) is None
    assert projection.core(many[:60]) is None
    assert projection.union(core, (17.0, -35.0, 19.0, -33.0))[1] == -35.0


def test_an_icon_of_a_stock_marker_is_there_once_however_often_it_is_rendered(draw: Callable[..., folium.Map]) -> None:
    shown = draw()
    folium.Marker([45, 55], icon=folium.DivIcon(html="<b>x</b>")).add_to(shown)
    first = shown.get_root().render()
    assert first == shown.get_root().render()
    assert len(re.findall(r"marker_\d+\.setIcon\(", first)) == 1


@pytest.mark.parametrize(
    "element",
    [
        lambda: folium.Marker([45, 55], icon=folium.Icon(color="red")),
        lambda: folium.raster_layers.ImageOverlay("https://example.org/x.png", bounds=[[40, 50], [42, 52]]),
    ],
)
def test_what_would_be_fetched_is_refused(draw: Callable[..., folium.Map], element: Callable[[], folium.elements.MacroElement]) -> None:
    shown = draw()
    element().add_to(shown)
    with pytest.raises(ValueError, match="an offline page cannot hold"):
        shown.get_root().render()


def test_nothing_and_both_poles_can_be_drawn(toy: Network) -> None:
    assert "<svg" in maps.thumbnail(toy, links=[])
    assert maps.atlas(toy, links=[]).get_root().render()
