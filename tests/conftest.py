"""Toy networks that fit on a page, and the folder that holds the reference material where there is one."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

import geodata
from geodata.network import Network

Rows = Sequence[Mapping[str, object]]
ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ROOT / "tests" / "benchmarks"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Benchmarks run only where the command line names their folder or their mark."""
    named = [Path(argument.split("::")[0]).resolve() for argument in config.args]
    if "benchmarks" in config.option.markexpr or any(BENCHMARKS in (path, *path.parents) for path in named):
        return
    left = [item for item in items if BENCHMARKS in item.path.parents]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def write_rows(path: Path, rows: Rows) -> None:
    """Rows as a CSV file; the columns are those of all rows, in the order of their first use."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def place(place_id: str, country: str = "KAZ", lon: float = 60.0, lat: float = 45.0, **more: object) -> dict[str, object]:
    return {"place_id": place_id, "name": place_id.upper(), "country": country, "lon": lon, "lat": lat, **more}


def link(link_id: str, start: str, end: str, capacity: object = 10, **more: object) -> dict[str, object]:
    row = {
        "link_id": link_id,
        "from_place": start,
        "to_place": end,
        "mode": "rail",
        "commodities": "crude",
        "capacity": capacity,
        "unit": "kt/yr",
    }
    return row | more


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Network]:
    """A function that writes tables to a folder and reads the network in it."""

    def made(places: Rows, links: Rows, **tables: Rows) -> Network:
        for name, rows in {"places": places, "links": links, **tables}.items():
            write_rows(tmp_path / f"{name}.csv", rows)
        return geodata.read_network(tmp_path)

    return made


@pytest.fixture(scope="session")
def packaged() -> Network:
    return geodata.read_network()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout with reference material; what needs it is skipped, and says so, without it."""
    folder = Path(os.environ.get("ATLAS_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip("the folder with reference material is not here")
    return folder
