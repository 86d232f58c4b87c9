"""Draws every link of a folder of tables and writes the layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from shapely import LineString, STRtree
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from . import land, schematic, sea, sources, ways
from .tables import Drawing, Link, Point, Remark, read_links
from .write import Feature, line_layers, write_layer

Say = Callable[[str], None]
# By mode: the network's file, its repair, the stations that bend its chords.
NETWORKS: dict[str, tuple[sources.Source, Callable[[ways.WayNet], ways.WayNet], Callable[[], list[Point]]]] = {
    "rail": (sources.RAIL, ways.repaired_rail, ways.read_stations),
    "road": (sources.ROAD, ways.repaired_road, list),
}
LAND_MODES = ("pipeline", "rail", "road")
WET_KM = 15.0


class Result(NamedTuple):
    """What a run drew and what it has to say."""

    links: tuple[Link, ...]
    drawings: tuple[Drawing, ...]
    remarks: tuple[Remark, ...]


def build(tables: Path, out: Path, *, say: Say) -> Result:
    """Draw the links, write all layers into ``out``; ``say`` is told how far it is."""
    links, unknown = read_links(tables)
    say(f"{len(links)} links to draw")
    table = land.read_countries(sources.locate(sources.COUNTRIES))
    shapes = dict(zip(table["iso_a3"], table.geometry, strict=True))
    drawings, remarks = draw_links(links, shapes, say=say)
    layers = line_layers(drawings)
    say("countries and lakes")
    layers["countries.geojson"] = land.countries(table)
    layers["lakes.geojson"] = land.lakes(sources.locate(sources.LAKES))
    remarks.extend(over_water(drawings, shapes, layers["lakes.geojson"]))
    for name, features in layers.items():
        write_layer(out / name, features)
    return Result(tuple(links), tuple(drawings), tuple(sorted([*unknown, *remarks])))


def draw_links(links: Sequence[Link], shapes: dict[str, BaseGeometry], *, say: Say) -> tuple[list[Drawing], list[Remark]]:
    """Every link by its mode and quality; the heavy networks are read only where a link needs them."""
    groups: dict[tuple[str, str], list[Link]] = {}
    for link in links:
        groups.setdefault((link.mode, link.quality), []).append(link)
    drawings: list[Drawing] = []
    remarks: list[Remark] = []
    for (mode, quality), group in sorted(groups.items()):
        say(f"{len(group)} {mode} links, {quality}")
        if quality == "network" and mode in NETWORKS:
            drawn, found = draw_ways(group)
        elif quality == "lane" and mode == "sea":
            drawn, found = draw_lanes(group, shapes)
        else:
            drawn, found = [schematic.draw(link) for link in group], []
        drawings.extend(drawn)
        remarks.extend(found)
    return drawings, remarks


def over_water(drawings: Sequence[Drawing], shapes: dict[str, BaseGeometry], lakes: Sequence[Feature]) -> list[Remark]:
    """Remarks on the lines that should keep to the land but cross a sea or a large lake."""
    dry = sea.land_areas(shapes)
    wet = sea.Land(STRtree([shape(lake["geometry"]) for lake in lakes]))
    remarks = []
    for drawing in drawings:
        # Railways do run along the waterline, off the coarser coast of the polygons.
        if drawing.mode not in LAND_MODES or (drawing.mode, drawing.quality) == ("rail", "network"):
            continue
        line = LineString(drawing.points)
        km = max(drawing.drawn_km - sea.land_km(line, dry), 0.0) + sea.land_km(line, wet)
        if km > WET_KM:
            remarks.append(Remark(drawing.link_id, f"{km:.0f} km over a sea or lake: add via points ashore", False))
    return remarks


def draw_ways(links: Sequence[Link]) -> tuple[list[Drawing], list[Remark]]:
    """Links of one mode, rail or road, on its repaired network."""
    source, repaired, bends = NETWORKS[links[0].mode]
    net = repaired(ways.clip(ways.read_scgraph(sources.locate(source))))
    router, far = ways.router(net, [link.chain for link in links], bends())
    drawings: list[Drawing] = []
    remarks: list[Remark] = []
    for link in links:
        drawing, found = ways.draw(link, router)
        remarks.extend(found)
        remarks.extend(
            Remark(link.link_id, f"{stop} is {far[point]:.0f} km from any {link.mode}", False)
            for stop, point in zip(link.stops, link.chain, strict=True)
            if point in far
        )
        if drawing is not None:
            drawings.append(drawing)
    return drawings, remarks


def draw_lanes(links: Sequence[Link], shapes: dict[str, BaseGeometry]) -> tuple[list[Drawing], list[Remark]]:
    """Sea links in the two inner seas and on the oceans."""
    seas = sea.seas(shapes, sources.locate(sources.OCEAN), [point for link in links for point in link.chain])
    drawings: list[Drawing] = []
    remarks: list[Remark] = []
    for link in links:
        drawing, found = sea.draw(link, seas)
        remarks.extend(found)
        if drawing is not None:
            drawings.append(drawing)
    return drawings, remarks
