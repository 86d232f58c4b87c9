"""Briefs as files: two pages, the same bytes, text that can be read, hostile names inert, and errors in one line."""

from __future__ import annotations

import html
import io
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

import make_maps
import routes
from geodata.network import Network
from routes.maps import brief_html, brief_pdf, text
from routes.maps.brief_words import MOST, told
from tests.conftest import ROOT, link, place, write_rows
from tests.test_briefing import CASES, GAS, PLACES, SCENARIOS, amount, change

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A report in three languages takes seconds to lay out.
pytestmark = pytest.mark.slow
Build = Callable[..., Network]
LINKS = [
    link("am", "a", "m", 100, cost_usd_t=1, days=1),
    link("mb", "m", "b", 70, cost_usd_t=3, days=1),
    link("an", "a", "n", 40, cost_usd_t=5, days=2),
    link("nb", "n", "b", 60, cost_usd_t=5, days=2),
    link("bc", "b", "c", 40, cost_usd_t=1, days=1),
    GAS,
]
HOSTILE = '<img src=x onerror="alert(1)">{{7*7}}) Tj /JS (app.alert)'


def words(data: bytes) -> str:
    """The text of a PDF, with its lines joined."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages).split())


@pytest.fixture(scope="module")
def stopped(packaged: Network) -> routes.Brief:
    return routes.brief(packaged, "cpc-stopped")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    own = tmp_path / "own"
    for name, rows in {"places": PLACES, "links": LINKS, "cases": CASES, "scenarios": SCENARIOS}.items():
        write_rows(own / f"{name}.csv", rows)
    return own


def run(*given: object) -> int:
    return make_maps.main([str(word) for word in given])


@pytest.mark.parametrize("language", text.LANGUAGES)
def test_the_headline_stands_in_both_files(stopped: routes.Brief, language: str) -> None:
    page, data = brief_html(stopped, language=language), brief_pdf(stopped, language=language)
    lead = told(stopped, language).lead
    assert text.number(stopped.used / 1000, language) in lead[0]
    assert text.number(stopped.lost / 1000, language) in lead[0]
    assert text.number(stopped.after.delivered / 1000, language) in lead[1]
    said = words(data)
    for sentence in lead:
        assert html.escape(sentence) in page
        assert sentence in said
    reader = PdfReader(io.BytesIO(data))
    assert len(reader.pages) == 2
    assert reader.trailer["/Root"]["/Lang"] == language
    assert reader.metadata is not None
    assert reader.metadata.title == told(stopped, language).title
    assert reader.metadata.creation_date is None
    assert f'<html lang="{language}">' in page


def test_pages_are_a4(stopped: routes.Brief) -> None:
    for page in PdfReader(io.BytesIO(brief_pdf(stopped))).pages:
        assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [210, 297]


def test_the_page_fetches_nothing(stopped: routes.Brief) -> None:
    page = brief_html(stopped)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert "<script" not in page
    assert re.findall(r'src="(?!data:image/png;base64,)', page) == []


# Long and short ones, one of gas, one that changes nothing where it is asked, and one with a contract.
@pytest.mark.parametrize("name", ["middle-corridor-2030", "russia-closed", "russian-gas-new-pipe", "road-to-china", "btc-contract-2.2"])
def test_two_pages(packaged: Network, name: str) -> None:
    found = routes.brief(packaged, name)
    for language in text.LANGUAGES:
        assert len(PdfReader(io.BytesIO(brief_pdf(found, language=language))).pages) == 2, language


@pytest.mark.browser
@pytest.mark.parametrize("name", ["cpc-stopped", "middle-corridor-2030"])
def test_the_page_prints_on_two_sheets(browser: Browser, packaged: Network, tmp_path: Path, name: str) -> None:
    found = routes.brief(packaged, name)
    for language in text.LANGUAGES:
        file = tmp_path / f"{language}.html"
        file.write_text(brief_html(found, language=language), encoding="utf-8")
        context = browser.new_context(viewport={"width": 794, "height": 1123}, offline=True)
        tab = context.new_page()
        tab.goto(file.as_uri())
        assert len(PdfReader(io.BytesIO(tab.pdf(prefer_css_page_size=True))).pages) == 2
        tab.emulate_media(media="print")
        # What stands above the line at the foot of a page ends before it.
        assert tab.evaluate(
            "[...document.querySelectorAll('.page')].every(page => page.querySelector('.foot').getBoundingClientRect().top"
            " >= page.querySelector('.foot').previousElementSibling.getBoundingClientRect().bottom)"
        )
        tab.emulate_media(media="screen")
        tab.set_viewport_size({"width": 390, "height": 844})
        assert tab.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        context.close()


def test_the_same_bytes_from_two_processes(folder: Path, tmp_path: Path) -> None:
    for name, seed in (("one", "1"), ("two", "2")):
        subprocess.run(
            [sys.executable, "make_maps.py", "--network", str(folder), "--brief", "shut", "--out", str(tmp_path / name)],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            check=True,
            capture_output=True,
        )
    one, two = ({file.name: file.read_bytes() for file in (tmp_path / name / "briefs").iterdir()} for name in ("one", "two"))
    assert one == two
    assert len(one) == 6


class Reader(HTMLParser):
    """The tags of a page, and the attributes that would run something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.events: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.events += [name for name, _ in attrs if name.startswith("on")]


def test_hostile_names_are_inert(build: Build) -> None:
    places = [place("a", name=HOSTILE), place("b", lon=62, name=HOSTILE), place("m", lon=61, name=HOSTILE)]
    links = [link("am", "a", "m", 5, name=HOSTILE, source=HOSTILE), link("mb", "m", "b", 4, name=HOSTILE, source=HOSTILE)]
    cases = [amount(HOSTILE, "supply", "a", 9), amount(HOSTILE, "demand", "b", 9)]
    scenarios = [change("bad", "capacity", "am", "3 kt/yr") | {"name": HOSTILE, "note": HOSTILE}]
    found = routes.brief(build(places, links, cases=cases, scenarios=scenarios), "bad")
    read = Reader(brief_html(found))
    assert read.events == []
    assert read.tags.count("img") == 2
    assert "script" not in read.tags
    data = brief_pdf(found)
    reader = PdfReader(io.BytesIO(data))
    assert len(reader.pages) == 2
    assert "/S" not in str(reader.trailer["/Root"]["/OpenAction"])
    assert all("/Annots" not in page for page in reader.pages)
    assert "onerror" in words(data)


def test_long_tables_are_cut_and_say_so(build: Build) -> None:
    ends = [f"long-name-of-a-market-{at:02}" for at in range(30)]
    places = [place("a"), place("m", lon=61), *(place(one, "CHN", lon=62 + at / 50, name=one * 4) for at, one in enumerate(ends))]
    links = [link("am", "a", "m", 20), *(link(f"m-{one}", "m", one, 1) for one in ends)]
    cases = [row for at, one in enumerate(ends) for row in (amount(f"f{at}", "supply", "a", 2), amount(f"f{at}", "demand", one, 2))]
    scenarios = [change("many", "capacity", f"m-{one}", "2 kt/yr", note=f"note {one} " * 9) for one in ends]
    found = routes.brief(build(places, links, cases=cases, scenarios=scenarios), "many")
    said = told(found)
    assert len(said.flows.rows) == MOST["flows"] + 1
    assert said.flows.after == "and 24 more"
    assert said.changes.after.startswith("and 25 more")
    for language in text.LANGUAGES:
        assert len(PdfReader(io.BytesIO(brief_pdf(found, language=language))).pages) == 2


def test_an_unknown_language(stopped: routes.Brief) -> None:
    with pytest.raises(ValueError, match="language must be one of"):
        brief_html(stopped, language="de")


def test_the_job(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "maps"
    assert run("--network", folder, "--brief", "shut", "--brief", "idle", "--brief", "promise", "--brief", "shut", "--out", out) == 0
    said = capsys.readouterr().out
    assert "[ 1/3] shut: Shut. 0.07 Mt a year cannot go by what is closed: 0.02 find another way, 0.05 do not arrive." in said
    assert "[ 2/3] idle: Idle. Nothing changes" in said
    assert "[ 3/3] promise: Promise. A contract cannot be kept: oil by A – N lacks" in said
    files = {file.name for file in (out / "briefs").iterdir()}
    names = ("shut", "idle", "promise")
    assert files == {f"brief-{name}-{one}.{kind}" for name in names for one in text.LANGUAGES for kind in ("html", "pdf")}
    # Pages may be made beside briefs, and leave them.
    assert run("--network", folder, "--out", out) == 0
    assert {file.name for file in (out / "briefs").iterdir()} == files


@pytest.mark.parametrize(
    ("name", "words"),
    [("shot", "'shot' is no scenario of this network; did you mean shut?"), ("elsewhere", "no case has anything to do with 'Elsewhere'")],
)
def test_what_the_job_refuses(name: str, words: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--network", folder, "--brief", "shut", "--brief", name, "--out", tmp_path / "maps") == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "maps").exists()


def test_a_brief_goes_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("--brief", "cpc-stopped", "--only", "gas")
    assert ended.value.code == 2
    assert "--brief goes with" in capsys.readouterr().err
