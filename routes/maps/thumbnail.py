"""A still, small picture of a network for the gallery: one SVG, the same bytes at every build."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from . import basemap, payload, style
from .projection import Bounds, around, core, edge, extent, is_box, lambert, project

WIDTH_PX, HEIGHT_PX = 640, 400
_MARGIN_PX = 24
_CELLS_PER_PX = 2
_COARSER = 2.5
"""Land is simplified by the area of a corner, so its tolerance counts less than that of a line."""
_DOT_KINDS = ("port", "terminal", "field", "refinery", "market")


def thumbnail(network: Any, *, links: Iterable[str] | None = None, bounds: Bounds | None = None) -> str:
    """An SVG picture of the given links (default: all), colours by mode and widths by capacity."""
    chosen = payload.select(network, links, None, ())
    shapes = np.asarray(chosen.links.geometry)
    if bounds is not None and not is_box(bounds):
        raise ValueError(f"bounds must be west < east, south < north in degrees; got {bounds!r}")
    inner = bounds or core(np.asarray(chosen.places.geometry))
    box = inner or extent(shapes)
    frame = _Frame(box, edge(box) if inner or len(shapes) == 0 else shapely.get_coordinates(shapes))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" aria-hidden="true">',
        f'<rect class="sea" width="{WIDTH_PX}" height="{HEIGHT_PX}" fill="{style.LIGHT["sea"]}"/>',
        # Paths count in half pixels, so that their steps are short whole numbers.
        f'<g transform="scale({1 / _CELLS_PER_PX:g})" fill="none" stroke-linejoin="round">',
        *_lands(frame),
        *_lines(frame, chosen, shapes),
        "</g>",
        *_dots(frame, chosen),
        "</svg>",
    ]
    return "".join(parts)


def standalone(svg: str) -> str:
    """A picture as a file of its own, which takes the dark colours where the reader's system is dark.

    Raises ValueError for a text that is not an SVG with its tag at the beginning.
    """
    tag, sign, inside = svg.partition(">")
    if not tag.startswith("<svg ") or not sign:
        raise ValueError(f"not an SVG picture: {svg[:40]!r}")
    dark = style.DARK
    rules = [f".sea{{fill:{dark['sea']}}}", *(f".{kind}{{fill:{dark[kind]};stroke:{dark['border']}}}" for kind in ("land", "home"))]
    rules += [f".{kind}{{stroke:{dark[kind]}}}" for kind in ("casing", "ink")]
    rules += [f".m-{key}{{stroke:{colour}}}.b-{key}{{fill:{colour}}}" for key, colour in style.MODE_COLOURS_DARK.items()]
    return f"{tag}><style>@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}</style>{inside}\n"


class _Frame:
    """From degrees to pixels: what is to be seen fills the picture but for a margin."""

    def __init__(self, bounds: Bounds, seen: NDArray[np.float64]) -> None:
        self._cone = lambert(bounds)
        outline = project(seen[:, 0], seen[:, 1], self._cone)
        low, high = outline.min(axis=0), outline.max(axis=0)
        room = np.array([WIDTH_PX, HEIGHT_PX]) - 2 * _MARGIN_PX
        self._scale = float((room / np.maximum(high - low, 1.0)).min())
        self._centre = (low + high) / 2
        self.land = around(seen, self._cone, 1.7)
        self.degrees_per_px = 1 / (111_000 * self._scale)

    def pixels(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixel positions, y downwards."""
        metres = (project(degrees[:, 0], degrees[:, 1], self._cone) - self._centre) * self._scale
        return np.column_stack([WIDTH_PX / 2 + metres[:, 0], HEIGHT_PX / 2 - metres[:, 1]])


def _lands(frame: _Frame) -> list[str]:
    # Colours stand in attributes, for a picture inside another page, and in classes, for one that follows a dark theme.
    paths = {"land": "", "home": ""}
    for code, shape in basemap.outlines(frame.land, _COARSER * frame.degrees_per_px):
        polygons = [part for part in shapely.get_parts(shape) if part.area > 60 * frame.degrees_per_px**2]
        rings = [_path(frame.pixels(shapely.get_coordinates(ring)), "Z") for part in polygons for ring in _rings(part)]
        paths["home" if code == style.HOME else "land"] += "".join(rings)
    look = f'stroke="{style.LIGHT["border"]}" stroke-width="1.2"'
    return [f'<path class="{kind}" d="{path}" fill="{style.LIGHT[kind]}" {look}/>' for kind, path in paths.items()]


def _rings(polygon: Any) -> list[Any]:
    return [polygon.exterior, *polygon.interiors]


def _lines(frame: _Frame, chosen: payload.Selection, shapes: NDArray[np.object_]) -> list[str]:
    simple = shapely.simplify(shapes, 1.3 * frame.degrees_per_px)
    rows = chosen.links.drop(columns="geometry").to_dict("records")
    drawn = []
    for row, line in zip(rows, simple, strict=True):
        goods = payload.split_list(row["commodities"])
        gas = goods == ("gas",)
        width = _CELLS_PER_PX * (0.6 * style.width_px(float(row["capacity"]), gas=gas) + 0.4)
        dash = style.DASHES.get(str(row["status"]), "")
        path = _path(frame.pixels(shapely.get_coordinates(line)), "")
        drawn.append((width, path, style.colour_key(row["mode"], goods), dash))
    drawn.sort(key=lambda item: (-item[0], item[1]))
    # Lines of one look share a path; one casing under them all keeps the picture small.
    casing = "".join(path for width, path, _, dash in drawn if width > 3 * _CELLS_PER_PX and not dash)
    looks: dict[tuple[float, str, str], str] = {}
    for width, path, key, dash in drawn:
        look = (round(width, 1), key, dash)
        looks[look] = looks.get(look, "") + path
    lines = [
        f'<path class="m-{key}" d="{path}" stroke="{style.MODE_COLOURS[key]}" stroke-width="{width}"'
        + (f' stroke-dasharray="{dash}"/>' if dash else "/>")
        for (width, key, dash), path in looks.items()
    ]
    return [f'<path class="casing" d="{casing}" stroke="#fff" stroke-width="{6 * _CELLS_PER_PX}"/>', *lines]


def _dots(frame: _Frame, chosen: payload.Selection) -> list[str]:
    kinds = chosen.places.get("kind")
    if kinds is None or len(chosen.places) == 0:
        return []
    at = frame.pixels(shapely.get_coordinates(np.asarray(chosen.places.geometry)[kinds.isin(_DOT_KINDS).to_numpy()]))
    dots = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in at if _inside(x, y))
    looks = (("casing", 6), ("ink", 4.4))
    return [
        f'<path class="{kind}" d="{dots}" stroke="{style.LIGHT[kind]}" stroke-width="{size}" stroke-linecap="round"/>'
        for kind, size in looks
    ]


def _inside(x: float, y: float) -> bool:
    return 0 <= x <= WIDTH_PX and 0 <= y <= HEIGHT_PX


def _path(pixels: NDArray[np.float64], end: str) -> str:
    """An SVG path in steps of the picture's grid; nothing where it lies wholly outside the picture."""
    x, y = pixels[:, 0], pixels[:, 1]
    if len(pixels) < 2 or x.max() < 0 or x.min() > WIDTH_PX or y.max() < 0 or y.min() > HEIGHT_PX:
        return ""
    grid = np.rint(pixels * _CELLS_PER_PX).astype(int)
    steps = np.diff(grid, axis=0)
    moves = [f"{dx}{'' if dy < 0 else ' '}{dy}" for dx, dy in steps[(steps != 0).any(axis=1)]]
    return f"M{grid[0][0]} {grid[0][1]}l{' '.join(moves)}{end}" if moves else ""
