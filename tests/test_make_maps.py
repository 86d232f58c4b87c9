"""The main job: its arguments, that a failure leaves what was there, and that two builds are the same bytes."""

from __future__ import annotations

import copy
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import make_maps
from geodata.network import Network
from routes.maps import manifest
from routes.maps.catalogue import packaged_pages
from routes.maps.pages import Page, draw
from routes.maps.sheets import packaged_sheets
from tests.conftest import ROOT, link, place, write_rows


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    write_rows(folder / "places.csv", [place("a", lon=52, lat=47), place("b", "RUS", lon=50, lat=53), place("c", "AZE", lon=49.5, lat=40)])
    write_rows(folder / "links.csv", [link("ab", "a", "b"), link("ac", "a", "c", mode="sea", countries="")])
    write_rows(folder / "corridors.csv", [{"corridor_id": "north", "name": "<img src=x onerror=alert(1)>", "members": "ab"}])
    return folder


def run(*given: object) -> int:
    return make_maps.main([str(word) for word in given])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def times(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_mtime_ns for name in contents(folder)}


def files_of(*pages: str) -> set[str]:
    return {name for page in pages for name in (f"{page}.html", f"pictures/{page}.svg", f"data/{page}.csv", f"data/{page}.geojson")}


def test_help_needs_no_library() -> None:
    without = "import sys; sys.modules.update(dict.fromkeys('numpy pandas geopandas folium networkx scipy'.split()));"
    code = f"{without} import make_maps; make_maps.main(['--help'])"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    for option in ("--out", "--network", "--only", "--year", "--notebooks", "--figures", "--list"):
        assert option in said.stdout


def test_list_names_every_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--list") == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) >= 20
    assert said[0].startswith("atlas-oil ")


def test_own_network(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    assert set(contents(out)) == {"index.html", ".made.json"} | files_of("all-links", "corridor-north")
    said = capsys.readouterr().out
    assert "[ 2/2] corridor-north.html" in said
    assert str(out / "index.html") in said
    assert "<img src=x" not in (out / "index.html").read_text("utf-8")
    assert "<img src=x" not in (out / "corridor-north.html").read_text("utf-8")


def test_two_builds_are_identical(own: Path, tmp_path: Path) -> None:
    assert run("--network", own, "--out", tmp_path / "one") == 0
    assert run("--network", own, "--out", tmp_path / "two") == 0
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_only_leaves_the_others(own: Path, tmp_path: Path) -> None:
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    before = contents(out)
    assert run("--network", own, "--out", out, "--only", "all-links", "--year", 2030) == 0
    after = contents(out)
    assert set(after) == set(before)
    assert after["corridor-north.html"] == before["corridor-north.html"]
    assert after["all-links.html"] != before["all-links.html"]
    assert re.findall(r'<h3><a href="(.*?)"', after["index.html"].decode()) == ["all-links.html", "corridor-north.html"]


def test_the_same_again_by_one_page_at_a_time(own: Path, tmp_path: Path) -> None:
    assert run("--network", own, "--out", tmp_path / "whole") == 0
    for name in ("corridor-north", "all-links"):
        assert run("--network", own, "--out", tmp_path / "parts", "--only", name) == 0
    assert contents(tmp_path / "whole") == contents(tmp_path / "parts")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--network", "no/such/folder"], "there is no such folder"),
        (["--only", "nothing"], "there is no page 'nothing'"),
        (["--year", "1492"], "not a whole number in 1900..2100"),
    ],
)
def test_a_wrong_argument_is_one_line_and_status_two(
    given: list[str], words: str, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    before = contents(out)
    capsys.readouterr()
    network = [] if "--network" in given else ["--network", str(own)]
    assert run("--out", out, *network, *given) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert contents(out) == before


def test_a_fault_in_a_network_changes_nothing(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    before = contents(out)
    write_rows(own / "links.csv", [link("ab", "a", "b", ""), link("ac", "a", "nowhere")])
    assert run("--network", own, "--out", out) == 2
    error = capsys.readouterr().err
    assert "links.csv, row" in error
    assert "and 1 more" in error
    assert len(error.splitlines()) == 1
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["maps", "own"]


def test_a_crash_while_drawing_changes_nothing(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    before = contents(out)

    def crash(*_: object) -> None:
        raise RuntimeError("no more paper")

    monkeypatch.setattr("routes.maps.entries.draw", crash)
    write_rows(own / "corridors.csv", [{"corridor_id": "south", "name": "South", "members": "ac"}])
    with pytest.raises(RuntimeError, match="no more paper"):
        run("--network", own, "--out", out)
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["maps", "own"]


def test_somebody_elses_folder_is_not_replaced(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work", encoding="utf-8")
    assert run("--network", own, "--out", tmp_path / "thesis") == 2
    assert "holds other things" in capsys.readouterr().err
    assert (tmp_path / "thesis" / "chapter.txt").read_text("utf-8") == "years of work"


def test_what_nothing_changed_in_is_not_written_again(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    before, then = contents(out), times(out)
    assert "unchanged" not in capsys.readouterr().out
    assert run("--network", own, "--out", out) == 0
    said = capsys.readouterr().out
    assert "[ 1/2] all-links.html (unchanged)\n[ 2/2] corridor-north.html (unchanged)\n2 pages (2 unchanged)" in said
    assert (contents(out), times(out)) == (before, then)


@pytest.mark.parametrize("file", ["all-links.html", "data/all-links.csv", "pictures/all-links.svg"])
@pytest.mark.parametrize("deed", ["edited", "deleted"])
def test_a_file_that_is_not_as_it_was_made_is_made_anew(
    file: str, deed: str, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    before, then = contents(out), times(out)
    if deed == "edited":
        (out / file).write_text("<p>mine", encoding="utf-8")
    else:
        (out / file).unlink()
    capsys.readouterr()
    assert run("--network", own, "--out", out) == 0
    assert "[ 1/2] all-links.html\n[ 2/2] corridor-north.html (unchanged)" in capsys.readouterr().out
    assert contents(out) == before
    assert {name for name, at in times(out).items() if at != then[name]} == {file}


def test_a_changed_network_is_drawn_anew(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every table counts for every page, but for cases and scenarios, which no page of such a network shows."""
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    write_rows(own / "scenarios.csv", [{"scenario_id": "s", "action": "close", "target": "ab"}])
    assert run("--network", own, "--out", out) == 0
    assert "2 pages (2 unchanged)" in capsys.readouterr().out
    write_rows(own / "corridors.csv", [{"corridor_id": "north", "name": "Another", "members": "ab"}])
    assert run("--network", own, "--out", out) == 0
    assert "2 pages, " in capsys.readouterr().out
    assert run("--network", own, "--out", out, "--year", 2031) == 0
    assert "unchanged" not in capsys.readouterr().out


DAMAGED = ("", "null", "[]", '{"pages": 3}', '{"sha256": "", "pages": {}}', "\x00", '{"pages":' * 100_000, "{", "OTHER CARD", "OTHER FILE")


@pytest.mark.parametrize("damage", DAMAGED, ids=lambda text: text[:12])
def test_a_damaged_manifest_makes_everything_anew(damage: str, own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    before = contents(out)
    written = (out / ".made.json").read_text("utf-8")
    change = {"OTHER CARD": written.replace('"title": "All', '"title": "None'), "OTHER FILE": written.replace('"all-links.html"', '"../x"')}
    (out / ".made.json").write_text(change.get(damage, damage), encoding="utf-8")
    capsys.readouterr()
    # Of the page that was not asked for nobody knows what it was made from: it is made as well.
    assert run("--network", own, "--out", out, "--only", "all-links") == 0
    assert "[ 1/2] all-links.html\n[ 2/2] corridor-north.html\n2 pages, " in capsys.readouterr().out
    assert contents(out) == before


def test_a_forged_manifest_leads_nowhere_else(own: Path, tmp_path: Path) -> None:
    """A list of files that lead out of the folder is not followed, even with the right sum."""
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    (tmp_path / "secret").write_text("mine", encoding="utf-8")
    pages = json.loads((out / ".made.json").read_text("utf-8"))["pages"]
    for record in pages.values():
        record["files"] = {"../secret": hashlib.sha256(b"mine").hexdigest()}
    (out / ".made.json").write_text(json.dumps({"sha256": manifest._hash(pages), "pages": pages}), encoding="utf-8")
    assert manifest.read(out) == {}
    assert run("--network", own, "--out", out) == 0
    assert (tmp_path / "secret").read_text("utf-8") == "mine"


def test_hostile_names_stay_names(own: Path, tmp_path: Path) -> None:
    hostile = "</a><script>alert(1)</script>"
    write_rows(own / "places.csv", [place("a", lon=52, lat=47, name="=cmd|' /C calc'!A0"), place("b", lon=50, lat=53, name=hostile)])
    write_rows(own / "links.csv", [link("ab", "a", "b", name="@SUM(1)", source=f"+{hostile}")])
    write_rows(own / "corridors.csv", [{"corridor_id": "north", "name": hostile, "members": "ab"}])
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    assert "<script" not in (out / "index.html").read_text("utf-8")
    with (out / "data" / "all-links.csv").open(encoding="utf-8-sig", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert "'@SUM(1)" in cells
    assert "'=cmd|' /C calc'!A0" in cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
    names = {feature["properties"]["name"] for feature in json.loads((out / "data" / "all-links.geojson").read_text("utf-8"))["features"]}
    assert names == {"=cmd|' /C calc'!A0", hostile, "@SUM(1)"}


def test_many_pages_are_made_by_several_processes(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes, in the same order, as from one process."""
    told: dict[str, list[str]] = {}
    for way, alone in (("one", 99), ("several", 0)):
        monkeypatch.setattr("routes.maps.build.ALONE", alone)
        monkeypatch.setattr(make_maps, "_say", lambda done, of, name, kept, way=way: told.setdefault(way, []).append(name))
        assert run("--network", own, "--out", tmp_path / way) == 0
    assert told["one"] == told["several"] == ["all-links.html", "corridor-north.html"]
    assert contents(tmp_path / "one") == contents(tmp_path / "several")


def run_dry(*_: object) -> None:
    raise OSError(28, "No space left on device", "all-links.html")


def fall_over(*_: object) -> None:
    os._exit(1)


@pytest.mark.parametrize(("accident", "words"), [(run_dry, "No space left on device"), (fall_over, "ended from outside")])
def test_an_accident_in_another_process_changes_nothing(
    accident: Callable[..., None],
    words: str,
    own: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    before = contents(out)
    monkeypatch.setattr("routes.maps.build.ALONE", 0)
    monkeypatch.setattr("routes.maps.build.make_one", accident)
    assert run("--network", own, "--out", out, "--year", 2030) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["maps", "own"]


@pytest.mark.slow
def test_figures_come_with_their_pages_and_are_kept(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "maps"
    asked = ("--network", own, "--only", "corridor-north")
    assert run(*asked, "--out", out, "--figures") == 0
    figures = [f"figures/corridor-north-{language}.{kind}" for language in ("en", "ru", "kk") for kind in ("png", "svg", "pdf")]
    before, then = contents(out), times(out)
    assert set(before) == {"index.html", ".made.json", *files_of("corridor-north"), *figures}
    for file, sign in zip(figures, (b"\x89PNG", b"<?xml", b"%PDF") * 3, strict=True):
        assert before[file].startswith(sign), file
        assert f'href="{file}"' in before["index.html"].decode()
    assert run(*asked, "--out", out, "--figures") == 0
    assert "1 page (1 unchanged)" in capsys.readouterr().out
    assert (contents(out), times(out)) == (before, then)
    assert run(*asked, "--out", tmp_path / "again", "--figures") == 0
    assert contents(tmp_path / "again") == before
    # Without the flag they are left out, and the page, which is the same, keeps its time.
    assert run(*asked, "--out", out) == 0
    assert set(contents(out)) == set(before) - set(figures)
    assert times(out)["corridor-north.html"] == then["corridor-north.html"]


@pytest.mark.slow
def test_one_changed_scenario_touches_only_the_pages_that_use_scenarios(tmp_path: Path) -> None:
    """In a copy of the project, since the tables are part of it."""
    project, out = tmp_path / "project", tmp_path / "maps"
    for name in ("geodata", "routes", "seeds"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "make_maps.py", project)

    def made() -> str:
        only = [word for name in ("khorgos-border", "scenarios", "hindcast") for word in ("--only", name)]
        command = [sys.executable, "make_maps.py", "--out", str(out), *only]
        return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True).stdout

    assert "unchanged" not in made()
    before = times(out)
    table = project / "geodata" / "tables" / "scenarios.csv"
    text = table.read_text("utf-8")
    assert "CPC stopped" in text
    table.write_text(text.replace("CPC stopped", "CPC stopped altogether"), encoding="utf-8")
    said = made()
    assert "khorgos-border.html (unchanged)" in said
    assert "hindcast.html (unchanged)" in said
    assert "scenarios.html\n" in said
    assert "CPC stopped altogether" in (out / "scenarios.html").read_text("utf-8")
    changed = {name for name, at in times(out).items() if at != before[name]}
    assert changed >= {"scenarios.html", "data/scenarios.csv", ".made.json"}
    assert not any(Path(name).stem in ("khorgos-border", "hindcast") for name in changed)


@pytest.mark.slow
def test_pages_use_no_table_that_they_do_not_name(packaged: Network) -> None:
    class Tables(dict):  # type: ignore[type-arg]
        def __getitem__(self, name: str) -> object:
            if name in self.closed:
                raise AssertionError(f"reads {name} without saying so")
            return super().__getitem__(name)

        closed: tuple[str, ...] = ()

    for page in (*packaged_pages(), *packaged_sheets()):
        closed = tuple(name for name in manifest.TABLES if name not in page.uses)
        network = copy.copy(packaged)
        guard = Tables(network._tables)
        guard.closed = closed
        object.__setattr__(network, "_tables", guard)
        if closed and isinstance(page, Page):
            draw(network, page)
        elif closed:
            page.fill(network)


@pytest.mark.slow
def test_the_packaged_pages_twice(tmp_path: Path) -> None:
    """Every page of the gallery: small enough, and the same bytes from two processes with other hash seeds."""
    for name, seed in (("one", "1"), ("two", "2")):
        subprocess.run(
            [sys.executable, "make_maps.py", "--out", str(tmp_path / name)],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            check=True,
            capture_output=True,
        )
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert len(one) >= 20
    assert [name for name in one if one[name] != two.get(name)] == []
    assert {name: len(data) for name, data in one.items() if len(data) > 500_000 and name.endswith(".html")} == {}
    assert {Path(name).suffix for name in one} == {".html", ".csv", ".geojson", ".svg", ".json"}


def test_corridors_of_any_id_get_pages_of_their_own(own: Path, tmp_path: Path) -> None:
    ids = ["k.1", "k:1", "K-1", "k-1", "x" * 300]
    write_rows(own / "corridors.csv", [{"corridor_id": name, "name": name, "members": "ab"} for name in ids])
    assert run("--network", own, "--out", tmp_path / "maps") == 0
    assert len(list((tmp_path / "maps").glob("*.html"))) == 2 + len(ids)


def test_a_folder_that_cannot_be_made(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert run("--network", own, "--out", tmp_path / "file" / "maps") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("given", [["--year", "soon"], ["--bogus"], ["stray"], ["--out"]])
def test_arguments_that_make_no_sense(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*given)
    assert ended.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
