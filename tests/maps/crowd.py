"""A user's own network as large as one likes, the same at every call, and the map that stock folium makes of it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import folium
import numpy as np
from numpy.typing import NDArray

import geodata
from geodata.network import Network
from routes.maps import style
from tests.conftest import write_rows

VERTICES = 20
SEED = 20240611
WEST, EAST, SOUTH, NORTH = 5.0, 125.0, 24.0, 62.0
SYLLABLES = "al bek dar gor kar kol mir nur or pav ras sai ta tal ur var yel zha".split()
KINDS = "station station station junction port terminal border dry_port refinery field".split()
COUNTRIES = "KAZ RUS CHN UZB TKM AZE GEO TUR IRN KGZ".split()
STATUSES = [("operating", 0.85), ("planned", 0.07), ("under_construction", 0.04), ("suspended", 0.04)]
TOLD = "link_id name from_place to_place mode commodities status capacity stated_capacity length_km days cost_usd_t countries".split()
# mode, goods, unit and the amounts between which its capacities lie
MODES = [
    ("rail", "container;bulk;crude", "Mt/yr", (1, 60)),
    ("rail", "container;bulk", "trains/d", (4, 90)),
    ("road", "container;products", "kt/yr", (50, 9000)),
    ("pipeline", "crude", "Mt/yr", (2, 80)),
    ("pipeline", "gas", "bcm/yr", (1, 55)),
    ("sea", "container;crude;bulk", "Mt/yr", (1, 40)),
]


def crowd(folder: Path, count: int) -> Network:
    """A network of ``count`` links, each a winding line of VERTICES points, between places that stand near the knots of a grid.

    A knot has a link to its neighbour in the east, in the north and, where there are too few of these, in the north-east.
    """
    random = np.random.default_rng(SEED)
    rows = max(2, math.ceil(math.sqrt(count / 5)))
    columns = max(2, math.ceil(count / (2 * rows)) + 1)
    lon, lat = np.meshgrid(np.linspace(WEST, EAST, columns), np.linspace(SOUTH, NORTH, rows))
    step = np.array([(EAST - WEST) / (columns - 1), (NORTH - SOUTH) / (rows - 1)])
    at = np.column_stack([lon.ravel(), lat.ravel()]) + random.uniform(-0.3, 0.3, (lon.size, 2)) * step
    knot = np.arange(lon.size).reshape(rows, columns)
    pairs = np.concatenate([
        np.column_stack([knot[:, :-1].ravel(), knot[:, 1:].ravel()]),
        np.column_stack([knot[:-1].ravel(), knot[1:].ravel()]),
        np.column_stack([knot[:-1, :-1].ravel(), knot[1:, 1:].ravel()]),
    ])[:count]  # fmt: skip
    assert len(pairs) == count
    names = _names(random, lon.size)
    write_rows(folder / "places.csv", [_place(random, at[i], names[i]) for i in range(lon.size)])
    write_rows(folder / "links.csv", [_link(random, i, names[start], names[end]) for i, (start, end) in enumerate(pairs.tolist())])
    features = [
        {"type": "Feature", "properties": {"link_id": f"l{i}"}, "geometry": {"type": "LineString", "coordinates": line.round(5).tolist()}}
        for i, line in enumerate(_lines(random, at[pairs[:, 0]], at[pairs[:, 1]]))
    ]
    (folder / "geometry").mkdir(parents=True, exist_ok=True)
    (folder / "geometry" / "links.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return geodata.read_network(folder)


def stock(network: Network) -> folium.Map:
    """The same lines as one folium GeoJson: what a card of ours tells as properties, a style function, a tooltip; no tiles."""
    told = network.links[[*TOLD, "geometry"]].copy()
    told["colour"] = [style.MODE_COLOURS[mode] for mode in told["mode"]]
    told["width"] = [style.width_px(capacity, gas=False) for capacity in network.links["capacity"]]
    made = folium.Map(location=[45, 65], zoom_start=4, tiles=None, prefer_canvas=True)
    folium.GeoJson(
        told,
        style_function=lambda row: {"color": row["properties"]["colour"], "weight": row["properties"]["width"]},
        tooltip=folium.GeoJsonTooltip(["name", "mode", "stated_capacity"]),
    ).add_to(made)
    return made


def _names(random: np.random.Generator, count: int) -> list[str]:
    """Names of three or four syllables; those that come again are numbered."""
    seen: dict[str, int] = {}
    names = []
    for _ in range(count):
        name = "".join(random.choice(SYLLABLES, random.integers(3, 5))).capitalize()
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return names


def _id(name: str) -> str:
    return name.lower().replace(" ", "-")


def _place(random: np.random.Generator, at: NDArray[np.float64], name: str) -> dict[str, object]:
    country = COUNTRIES[int(random.integers(len(COUNTRIES)))]
    kind = KINDS[int(random.integers(len(KINDS)))]
    return {"place_id": _id(name), "name": name, "country": country, "lon": round(at[0], 5), "lat": round(at[1], 5), "kind": kind}


def _link(random: np.random.Generator, number: int, start: str, end: str) -> dict[str, object]:
    mode, goods, unit, (least, most) = MODES[int(random.integers(len(MODES)))]
    words, shares = zip(*STATUSES, strict=True)
    status = str(random.choice(words, p=shares))
    return {
        "link_id": f"l{number}",
        "from_place": _id(start),
        "to_place": _id(end),
        "name": f"{start} - {end}" if random.random() < 0.8 else f"{mode.capitalize()} No. {number}",
        "mode": mode,
        "commodities": goods,
        "capacity": round(float(random.uniform(least, most)), 1),
        "unit": unit,
        "both_ways": "false" if mode == "pipeline" else "true",
        "status": status,
        "valid_from": 2030 if status in ("planned", "under_construction") else "",
    }


def _lines(random: np.random.Generator, start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """From each start to its end in VERTICES points that leave the straight line by about a twentieth of its length."""
    share = np.linspace(0.0, 1.0, VERTICES)
    straight = start[:, None] + (end - start)[:, None] * share[:, None]
    aside = np.stack([-(end - start)[:, 1], (end - start)[:, 0]], axis=1)
    bend = np.cumsum(random.normal(0.0, 0.025, (len(start), VERTICES)), axis=1)
    bend -= bend[:, :1] + (bend[:, -1:] - bend[:, :1]) * share
    return straight + aside[:, None] * bend[..., None]
