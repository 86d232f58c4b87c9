"""The main job: its arguments, that a failure leaves what was there, and that two builds are the same bytes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import make_maps
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
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_help_needs_no_library() -> None:
    without = "import sys; sys.modules.update(dict.fromkeys('numpy pandas geopandas folium networkx scipy'.split()));"
    code = f"{without} import make_maps; make_maps.main(['--help'])"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    for option in ("--out", "--network", "--only", "--year", "--list"):
        assert option in said.stdout


def test_list_names_every_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--list") == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) >= 20
    assert said[0].startswith("all-systems ")


def test_own_network(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "maps"
    assert run("--network", own, "--out", out) == 0
    assert set(contents(out)) == {"index.html", "all-links.html", "corridor-north.html"}
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
    assert re.findall(r'href="(.*?)"', after["index.html"].decode()) == ["all-links.html", "corridor-north.html"]


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

    monkeypatch.setattr("routes.maps.build.draw", crash)
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
    assert {name: len(data) for name, data in one.items() if len(data) > 500_000} == {}


def test_corridors_of_any_id_get_pages_of_their_own(own: Path, tmp_path: Path) -> None:
    ids = ["k.1", "k:1", "K-1", "k-1", "x" * 300]
    write_rows(own / "corridors.csv", [{"corridor_id": name, "name": name, "members": "ab"} for name in ids])
    assert run("--network", own, "--out", tmp_path / "maps") == 0
    assert len(contents(tmp_path / "maps")) == 2 + len(ids)


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
