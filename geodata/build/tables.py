"""What the builder reads and makes: the links of the tables as chains of points, drawings, remarks.

The tables are read here as plain CSV, not with ``geodata.read_network``: the builder must run while the
network has no geometry yet, and a fault in one link must not keep the other links from being drawn.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

Point = tuple[float, float]


class Link(NamedTuple):
    """A link to draw: its ends and via points in order, with their ids."""

    link_id: str
    mode: str
    quality: str
    status: str
    stops: tuple[str, ...]
    chain: tuple[Point, ...]
    published_km: float | None


class Drawing(NamedTuple):
    """A drawn link; ``network_km`` is what the rail network states, ``land_km`` what of a lane is ashore."""

    link_id: str
    mode: str
    quality: str
    points: tuple[Point, ...]
    drawn_km: float
    network_km: float | None = None
    land_km: float = 0.0


class Remark(NamedTuple):
    """Something to mend in the tables; ``fatal`` where the link could not be drawn."""

    link_id: str
    message: str
    fatal: bool


def read_links(folder: Path) -> tuple[list[Link], list[Remark]]:
    """The links of a folder of tables by id, and a fatal remark for each that names an unknown point."""
    points = _read_points(folder / "waypoints.csv", "waypoint_id") | _read_points(folder / "places.csv", "place_id")
    links: list[Link] = []
    remarks: list[Remark] = []
    for row in sorted(_rows(folder / "links.csv"), key=lambda row: row["link_id"]):
        stops = (row["from_place"], *_items(row.get("via", "")), row["to_place"])
        unknown = [stop for stop in stops if stop not in points]
        if unknown:
            remarks.append(Remark(row["link_id"], f"unknown place or waypoint: {', '.join(unknown)}", True))
        else:
            links.append(_link(row, stops, points))
    return links, remarks


def _link(row: dict[str, str], stops: tuple[str, ...], points: dict[str, Point]) -> Link:
    default = {"rail": "network", "sea": "lane"}.get(row["mode"], "schematic")
    length = row.get("length_km", "").strip()
    return Link(
        link_id=row["link_id"],
        mode=row["mode"],
        quality=row.get("geometry_quality", "").strip() or default,
        status=row.get("status", "").strip() or "operating",
        stops=stops,
        chain=tuple(points[stop] for stop in stops),
        published_km=float(length) if length else None,
    )


def _read_points(path: Path, key: str) -> dict[str, Point]:
    return {row[key]: (float(row["lon"]), float(row["lat"])) for row in _rows(path)}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _items(cell: str) -> list[str]:
    return [item.strip() for item in cell.split(";") if item.strip()]
