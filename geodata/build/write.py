"""Writes the layers so that two runs give the same bytes: sorted, rounded, one feature per line."""

from __future__ import annotations

import filecmp
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from .tables import Drawing

Feature = Mapping[str, Any]
LINE_DECIMALS = 4
FILES = {"rail": "rail", "pipeline": "pipelines", "sea": "sea", "road": "road"}


def line_layers(drawings: Iterable[Drawing]) -> dict[str, list[Feature]]:
    """The features of each line file by its name; every file is there, also an empty one."""
    layers: dict[str, list[Feature]] = {f"{name}.geojson": [] for name in (*FILES.values(), "other")}
    for drawing in sorted(drawings, key=lambda drawing: drawing.link_id):
        layers[f"{FILES.get(drawing.mode, 'other')}.geojson"].append(line_feature(drawing))
    return layers


def line_feature(drawing: Drawing) -> Feature:
    """One line; its ends keep every decimal of the places, the rest is rounded."""
    properties: dict[str, Any] = {
        "link_id": drawing.link_id,
        "quality": drawing.quality,
        "drawn_km": round(drawing.drawn_km, 1),
    }
    if drawing.network_km is not None:
        properties["network_km"] = round(drawing.network_km, 1)
    inner = [_rounded(point, LINE_DECIMALS) for point in drawing.points[1:-1]]
    line = [list(drawing.points[0]), *inner, list(drawing.points[-1])]
    kept = [point for index, point in enumerate(line) if index == 0 or point != line[index - 1]]
    coordinates = kept if len(kept) > 1 else [line[0], line[-1]]
    return _feature(properties, {"type": "LineString", "coordinates": coordinates})


def area_feature(properties: Mapping[str, Any], geometry: BaseGeometry, *, decimals: int) -> Feature:
    """One polygon or multipolygon, its parts ordered by their westernmost, southernmost corner."""
    parts = [part for part in getattr(geometry, "geoms", [geometry]) if isinstance(part, Polygon)]
    ordered = sorted((part.normalize() for part in parts), key=lambda part: (part.bounds, part.wkt))
    rings = [_rings(part, decimals) for part in ordered]
    shape = (
        {"type": "Polygon", "coordinates": rings[0]}
        if len(rings) == 1
        else {
            "type": MultiPolygon().geom_type,
            "coordinates": rings,
        }
    )
    return _feature(dict(properties), shape)


def write_layer(path: Path, features: Sequence[Feature]) -> None:
    """Write a GeoJSON file with one feature per line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    text = '{"type":"FeatureCollection","features":[\n' + body + ("\n" if body else "") + "]}\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def different(one: Path, other: Path) -> list[str]:
    """Names of the GeoJSON files that are not the same, or not there, in the two folders."""
    names = sorted({path.name for folder in (one, other) for path in folder.glob("*.geojson")})
    _, changed, missing = filecmp.cmpfiles(one, other, names, shallow=False)
    return sorted(changed + missing)


def _feature(properties: dict[str, Any], geometry: dict[str, Any]) -> Feature:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _rings(polygon: Polygon, decimals: int) -> list[list[list[float]]]:
    rings = [polygon.exterior, *polygon.interiors]
    return [[_rounded((x, y), decimals) for x, y in ring.coords] for ring in rings]


def _rounded(point: tuple[float, float], decimals: int) -> list[float]:
    # Adding zero turns -0.0 into 0.0.
    return [round(float(value), decimals) + 0.0 for value in point]
