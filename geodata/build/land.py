"""Country and lake polygons of Natural Earth, simplified so that neighbours keep one border.

Inside the region of the atlas borders and coasts keep their detail; round it they are coarse. Both parts are
simplified as coverages that include the sea, so that they meet exactly on the frame of the region.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
from shapely import MultiPolygon, Polygon, box, coverage_simplify, set_precision, union_all
from shapely.geometry.base import BaseGeometry

from .write import Feature, area_feature

REGION = (20.0, 20.0, 110.0, 62.0)
WORLD = (-25.0, -40.0, 150.0, 75.0)
FINE_DEG = 0.017
COARSE_DEG = 0.12
DECIMALS = 3
ISLET_DEG2 = 0.002
FAR_ISLET_DEG2 = 0.15
LAKE_DEG = 0.01
LAKE_DEG2 = 0.12
SALT_PANS = ("Playa",)
# Kosovo has the code that is in use for it; the bases on Cyprus are British; three units belong to no state.
OWN_CODES = {"KOS": "XKX", "ESB": "GBR", "WSB": "GBR"}
NO_STATE = ("BRT", "PGA", "SCR")


def read_countries(path: Path) -> gpd.GeoDataFrame:
    """Countries of the Natural Earth archive with ``iso_a3`` and ``name``, one row per code, sorted by it.

    Natural Earth gives -99 as ``ISO_A3`` where its unit is not the ISO state; ``ISO_A3_EH`` serves instead,
    and where that is -99 too Natural Earth's own code does.
    """
    table = gpd.read_file(f"zip://{path}", encoding="utf-8")
    code = table["ISO_A3_EH"].where(table["ISO_A3_EH"] != "-99", table["ADM0_A3"]).replace(OWN_CODES)
    named = gpd.GeoDataFrame(
        {"iso_a3": code, "name": table["NAME_EN"], "main": table["ISO_A3_EH"] == table["ADM0_A3"]},
        geometry=table.geometry,
        crs=table.crs,
    )
    # Where two units share a code (Australia's outer islands) the state itself gives the name.
    ordered = named.sort_values(["iso_a3", "main", "name"], ascending=[True, False, True])
    merged = ordered.dissolve(by="iso_a3", aggfunc="first", as_index=False)
    states = merged[~merged["iso_a3"].isin(NO_STATE)]
    return states[["iso_a3", "name", "geometry"]].sort_values("iso_a3", ignore_index=True)


def countries(table: gpd.GeoDataFrame) -> list[Feature]:
    """The features of ``countries.geojson``."""
    shapes = dict(zip(table["iso_a3"], table.geometry, strict=True))
    simple = simplify(shapes, region=REGION, world=WORLD, fine=FINE_DEG, coarse=COARSE_DEG)
    names = dict(zip(table["iso_a3"], table["name"], strict=True))
    return [area_feature({"iso_a3": code, "name": names[code]}, geometry, decimals=DECIMALS) for code, geometry in sorted(simple.items())]


def simplify(
    shapes: Mapping[str, BaseGeometry],
    *,
    region: tuple[float, float, float, float],
    world: tuple[float, float, float, float],
    fine: float,
    coarse: float,
) -> dict[str, BaseGeometry]:
    """The shapes within ``world``, simplified finely in ``region``, coarsely outside, with shared borders."""
    inner = box(*region)
    outer = box(*world).difference(inner)
    inside = _coverage(shapes, inner, tolerance=fine, islet=ISLET_DEG2)
    outside = _coverage(shapes, outer, tolerance=coarse, islet=FAR_ISLET_DEG2)
    merged = {}
    for code in sorted(shapes):
        whole = union_all([part[code] for part in (inside, outside) if code in part])
        rounded = _areas(set_precision(whole, 10.0**-DECIMALS))
        if not rounded.is_empty:
            merged[code] = rounded
    return merged


def lakes(path: Path) -> list[Feature]:
    """The features of ``lakes.geojson``: large lakes of the region with their English and Russian names."""
    table = gpd.read_file(path, encoding="utf-8")
    size = np.array([geometry.area for geometry in table.geometry])
    keep = table.geometry.intersects(box(*REGION)) & (size >= LAKE_DEG2) & ~table["featurecla"].isin(SALT_PANS)
    features = []
    for lake in table[keep].sort_values(["name_en", "name"]).itertuples():
        simple = _areas(set_precision(lake.geometry.simplify(LAKE_DEG), 10.0**-DECIMALS))
        names = {"name": lake.name_en or lake.name, "name_ru": lake.name_ru or ""}
        features.append(area_feature(names, simple, decimals=DECIMALS))
    return features


def _coverage(shapes: Mapping[str, BaseGeometry], frame: BaseGeometry, *, tolerance: float, islet: float) -> dict[str, BaseGeometry]:
    """The shapes cut to a frame and simplified together with the sea between them."""
    cut = {code: _cut(shape, frame, islet) for code, shape in sorted(shapes.items()) if shape.intersects(frame)}
    land = {code: shape for code, shape in cut.items() if not shape.is_empty}
    sea = frame.difference(union_all(list(land.values())))
    simple = coverage_simplify(np.array([*land.values(), sea]), tolerance, simplify_boundary=True)
    return dict(zip(land, simple[:-1].tolist(), strict=True))


def _cut(shape: BaseGeometry, frame: BaseGeometry, islet: float) -> BaseGeometry:
    """The shape inside the frame; islets go, but never the largest part."""
    parts = sorted(_parts(shape.intersection(frame)), key=lambda part: part.area, reverse=True)
    return MultiPolygon([part for number, part in enumerate(parts) if number == 0 or part.area >= islet])


def _areas(geometry: BaseGeometry) -> MultiPolygon:
    return MultiPolygon([part for part in _parts(geometry) if part.area > 0])


def _parts(geometry: BaseGeometry) -> list[Polygon]:
    pieces = [part for piece in getattr(geometry, "geoms", [geometry]) for part in getattr(piece, "geoms", [piece])]
    return [piece for piece in pieces if isinstance(piece, Polygon) and not piece.is_empty]
