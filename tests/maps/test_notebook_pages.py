"""Notebooks as pages: quiet and whole in Chromium with the network cut, the same bytes twice, and refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import make_maps
from routes.maps import notebook as pages
from tests.conftest import ROOT, link, place, write_rows
from tests.maps.conftest import Visit

NAMES = sorted(f"notebook-{path.stem.replace('_', '-')}" for path in (ROOT / "notebooks").glob("*.ipynb"))
TOY = (
    "import geodata, routes\nprint('answer <b>one</b>')",
    "routes.read_case('kazakh-crude-2024').flows[0]",
    "routes.maps.ranking_chart(geodata.read_network().links.head(2), 'link_id', 'length_km', unit='km', title='Two links')",
)


def write_notebook(folder: Path, name: str = "toy_one", cells: Sequence[str] = TOY) -> Path:
    folder.mkdir(exist_ok=True)
    made: list[dict[str, object]] = [{"cell_type": "markdown", "metadata": {}, "source": "# A toy <i>\n\nHow *much*? And more."}]
    for at, source in enumerate(cells):
        tags = {"tags": ["answer"]} if at == 0 else {}
        made.append({"cell_type": "code", "metadata": tags, "source": source, "outputs": [], "execution_count": None})
    content = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (folder / f"{name}.ipynb").write_text(json.dumps(content), encoding="utf-8")
    return folder


def run(*given: object) -> int:
    return make_maps.main([str(word) for word in given])


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one small notebook, in place of the project's own."""
    folder = write_notebook(tmp_path / "toys")
    monkeypatch.setattr(make_maps, "NOTEBOOKS", folder)
    return folder


@pytest.mark.slow
def test_a_page_and_its_card(toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "maps"
    assert run("--notebooks", "--only", "notebook-toy-one", "--out", out) == 0
    assert "[ 1/1] notebook-toy-one.html" in capsys.readouterr().out
    page, index = (out / "notebook-toy-one.html").read_text("utf-8"), (out / "index.html").read_text("utf-8")
    assert "<title>A toy &lt;i&gt;</title>" in page
    assert 'href="index.html"' in page
    assert 'alt="Chart: Two links"' in page
    for told in ("A toy &lt;i&gt;", "How much?", "answer &lt;b&gt;one&lt;/b&gt;", '<section id="notebook">'):
        assert told in index
    assert run("--notebooks", "--only", "notebook-toy-one", "--out", tmp_path / "again") == 0
    assert (tmp_path / "again" / "notebook-toy-one.html").read_bytes() == page.encode()


@pytest.mark.slow
def test_pages_of_before(toy: Path, tmp_path: Path) -> None:
    """`--only` leaves a notebook's page; a whole build without the flag does not keep what nobody knows the age of."""
    own, out = tmp_path / "own", tmp_path / "maps"
    write_rows(own / "places.csv", [place("a", lon=52), place("b", lon=53)])
    write_rows(own / "links.csv", [link("ab", "a", "b")])
    assert run("--notebooks", "--only", "notebook-toy-one", "--out", out) == 0
    assert run("--network", own, "--only", "all-links", "--out", out) == 0
    assert "notebook-toy-one.html" in (out / "index.html").read_text("utf-8")
    assert run("--network", own, "--out", out) == 0
    assert sorted(path.name for path in out.glob("*.html")) == ["all-links.html", "index.html"]


@pytest.mark.slow
def test_a_cell_that_fails_is_one_line(toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_notebook(toy, cells=["x = 1", "raise ValueError('two\\nlines')"])
    assert run("--notebooks", "--only", "notebook-toy-one", "--out", tmp_path / "maps") == 2
    assert capsys.readouterr().err == "make_maps.py: toy_one.ipynb: ValueError: two lines\n"
    assert not (tmp_path / "maps").exists()


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("no folder", "an installed package has none"),
        ("no package", "notebooks need nbclient: pip install nbclient"),
        ("own network", "leave out --network or --notebooks"),
        ("no notebook", "toy_one.ipynb: not a notebook that begins with a heading"),
    ],
)
def test_what_is_refused(
    case: str, words: str, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--notebooks", "--out", str(tmp_path / "maps")]
    if case == "no folder":
        monkeypatch.setattr(make_maps, "NOTEBOOKS", tmp_path / "nowhere")
    elif case == "no package":
        monkeypatch.setattr(pages, "find_spec", lambda name: None if name == "nbclient" else object())
    elif case == "own network":
        write_rows(tmp_path / "own" / "places.csv", [place("a", lon=52), place("b", lon=53)])
        write_rows(tmp_path / "own" / "links.csv", [link("ab", "a", "b")])
        given += ["--network", str(tmp_path / "own")]
    else:
        (toy / "toy_one.ipynb").write_text("[]", encoding="utf-8")
    assert run(*given) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "maps").exists()


def test_a_list_names_the_notebooks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--list", "--notebooks") == 0
    said = capsys.readouterr().out
    assert [name for name in NAMES if name not in said] == []


def test_tables_are_made_for_reading() -> None:
    table = (
        '<table border="1" class="dataframe">\n<thead><tr style="text-align: right;"><th>corridor</th><th>kt</th><th>way</th></tr>'
        "<tr><th>scenario</th><th></th><th></th></tr></thead>"
        "<tbody><tr><th>a</th><td>12000.0</td><td>(x, y)</td></tr><tr><th>b</th><td>1500.0</td><td>z</td></tr>"
        "<tr><th>c</th><td>NaN</td><td>NaN</td></tr></tbody></table>"
    )
    read = pages._aligned(table)
    assert '<th class="w">scenario</th><th>kt</th><th class="w">way</th>' in read
    assert "<td>12,000</td>" in read
    assert "<td>1,500</td>" in read
    assert '<td class="w s">x, y</td>' in read
    assert "<td>–</td>" in read
    spanning = table.replace("<td>12", '<td rowspan="2">12')
    assert pages._aligned(spanning) == spanning


@pytest.fixture(scope="module")
def gallery(make_gallery: Callable[..., Path]) -> Path:
    return make_gallery("--notebooks", *(word for name in NAMES for word in ("--only", name)))


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("name", NAMES)
def test_opens_quietly_and_whole(visit: Visit, gallery: Path, name: str, width: int, height: int) -> None:
    with visit(gallery / f"{name}.html", width, height) as tab:
        drawn = tab.frame_locator("iframe").locator(".leaflet-container path")
        drawn.first.wait_for(state="attached")
        assert drawn.count() > 10
        assert tab.locator("header a").get_attribute("href") == "index.html"
        assert tab.evaluate("[...document.images].every(one => one.complete && one.naturalWidth > 0)")
