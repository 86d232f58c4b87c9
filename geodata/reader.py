"""Networks from files: the packaged one, or a folder with the same tables."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterable, Iterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from shapely.errors import ShapelyError
from shapely.geometry import LineString, shape

from . import ledger
from .changes import CHANGES
from .csvfile import MISSING_COLUMN, Table, read_table
from .errors import Finding, NetworkError, NetworkWarning
from .geodesy import distance_km, one_line
from .network import Network
from .rules import HARD, NEEDS_BOTH, NEEDS_PLACES, SOFT, Draft
from .schema import TABLES


def read_network(folder: str | Path | None = None) -> Network:
    """The packaged network, or the one in a folder with places.csv, links.csv and what else README.md names.

    The year is 2024; ``Network.at`` gives another. Soft findings are issued as one ``NetworkWarning``.
    Raises NetworkError (a ValueError) with every fault at once, each with file, row, column and remedy.

    >>> len(read_network().links) >= 220
    True
    """
    if folder is None:
        with as_file(files("geodata")) as package:
            return _read(package / "tables", package / "geometry", ledger.packaged_figures())
    path = Path(folder)
    if not path.is_dir():
        raise NetworkError([Finding(str(folder), None, None, "there is no such folder", "name a folder with places.csv and links.csv")])
    return _read(path, path / "geometry", None)


def check(tables: dict[str, Table], lines: dict[str, LineString]) -> tuple[list[Finding], list[Finding]]:
    """Hard and soft findings of a draft, in the order of the rules."""
    draft = Draft(tables, lines)
    places, both = bool(tables["places"].rows), all(tables[name].rows for name in ("places", "links"))
    rules = [rule for rule in HARD if (places or rule not in NEEDS_PLACES) and (both or rule not in NEEDS_BOTH)]
    rules += CHANGES if both else ()
    hard = [finding for rule in rules for finding in rule(draft)]
    soft = [] if hard else [finding for rule in SOFT for finding in rule(draft)]
    return hard, soft


def _read(tables_folder: Path, geometry_folder: Path, figures: pd.DataFrame | None) -> Network:
    tables: dict[str, Table] = {}
    findings: list[Finding] = []
    for schema in TABLES:
        tables[schema.name], faults = read_table(tables_folder / schema.file, schema)
        findings += faults
    raw, faults = read_lines(geometry_folder)
    findings += faults
    lines, faults = _fit_lines(raw, tables)
    measured = {link: drawn.measured_km for link, drawn in raw.items() if drawn.measured_km is not None}
    missing = {(finding.file, finding.column) for finding in findings if finding.message == MISSING_COLUMN}
    hard, soft = check(tables, lines)
    # A column that is missing as a whole is told once, not again in every row.
    findings += [finding for finding in [*faults, *hard] if (finding.file, finding.column) not in missing or finding.row is None]
    if findings:
        raise NetworkError(findings)
    if soft:
        warnings.warn("\n".join(map(str, soft)), NetworkWarning, stacklevel=3)
    statements = _figures_of(tables.pop("figures")) if figures is None else figures
    tables.pop("figures", None)
    return Network(tables, lines, statements, measured_km=measured)


def _figures_of(table: Table) -> pd.DataFrame:
    if not table.rows:
        return ledger.no_figures()
    return pd.DataFrame([row.cells for row in table.rows], columns=list(table.columns), dtype="str")


class DrawnLine(NamedTuple):
    """A line of a GeoJSON file: the file, the line, and the km of the true way where the file states them."""

    file: str
    line: LineString
    measured_km: float | None


def read_lines(folder: Path) -> tuple[dict[str, DrawnLine], list[Finding]]:
    """The lines of every ``*.geojson`` in a folder that carries ``link_id``s, and what is wrong with them."""
    lines: dict[str, DrawnLine] = {}
    findings: list[Finding] = []
    for path in sorted(folder.glob("*.geojson")):
        name = f"geometry/{path.name}"
        for number, (link, line, fault, measured) in enumerate(_features(path), start=1):
            if fault:
                findings.append(Finding(name, number, None, fault, "give a GeoJSON FeatureCollection of lines in lon, lat with link_id"))
            elif link is not None and line is not None:
                if link in lines:
                    findings.append(Finding(name, number, "link_id", f"a second line for {link!r}", "keep one"))
                lines[link] = DrawnLine(name, line, measured)
    return lines, findings


def _features(path: Path) -> Iterator[tuple[str | None, LineString | None, str, float | None]]:
    try:
        features = json.loads(path.read_bytes().decode("utf-8-sig"))["features"]
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, RecursionError) as error:
        yield None, None, f"not readable as GeoJSON ({type(error).__name__})", None
        return
    if not isinstance(features, list):
        yield None, None, "not readable as GeoJSON (its features are not a list)", None
        return
    for feature in features:
        yield _feature(feature)


def _feature(feature: Any) -> tuple[str | None, LineString | None, str, float | None]:
    """Link id, line, fault and measured km of one feature; one without a link_id (countries, lakes) is none of ours."""
    properties = (feature.get("properties") or {}) if isinstance(feature, dict) else {}
    link = properties.get("link_id") if isinstance(properties, dict) else None
    if link is None:
        return None, None, "", None
    try:
        line = one_line(shape(feature["geometry"]))
    except (ShapelyError, KeyError, TypeError, ValueError, AttributeError, IndexError):
        line = None
    if line is None:
        return str(link), None, f"the geometry of {link!r} is not one line", None
    finite = all(math.isfinite(value) for vertex in line.coords for value in vertex[:2])
    if not finite or any(abs(vertex[0]) > 540 or abs(vertex[1]) > 90 for vertex in line.coords):
        return str(link), None, f"the line of {link!r} leaves the range of coordinates", None
    measured = properties.get("network_km")
    if measured is not None and not (isinstance(measured, int | float) and 0 < measured < 50000):
        return str(link), None, f"network_km of {link!r} is not a length in km", None
    return str(link), line, "", measured


def _fit_lines(raw: dict[str, DrawnLine], tables: dict[str, Table]) -> tuple[dict[str, LineString], list[Finding]]:
    """Lines in the direction from -> to, and a finding for each whose link does not exist."""
    links = {row.get("link_id"): row for row in tables["links"].rows}
    points = Draft(tables, {}).points()
    lines: dict[str, LineString] = {}
    findings: list[Finding] = []
    for link, drawn in raw.items():
        if link not in links:
            if not links:
                continue
            findings.append(Finding(drawn.file, None, "link_id", f"a line for the unknown link {link!r}", "use a link_id of links.csv"))
            continue
        start, end = (points.get(links[link].get(column)) for column in ("from_place", "to_place"))
        lines[link] = _from_start(drawn.line, start, end) if start and end else drawn.line
    return lines, findings


def _from_start(line: LineString, start: tuple[float, float], end: tuple[float, float]) -> LineString:
    def gap(ends: Iterable[tuple[float, ...]]) -> float:
        return sum(distance_km(*point, *vertex[:2]) for point, vertex in zip((start, end), ends, strict=True))

    as_drawn, turned = (line.coords[0], line.coords[-1]), (line.coords[-1], line.coords[0])
    return line if gap(as_drawn) <= gap(turned) else LineString(line.coords[::-1])
