"""How a printed map is laid out and drawn: title, map, legend and sources on one sheet, all measured in points."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from . import looks, payload, projection, style, text
from .ground import View, draw_land, name_land
from .keys import BADGE_PT, Legend, draw_badge
from .lettering import Hand, Sketch, beside, box_of, span, wrapped
from .looks import Look
from .paper import Leaf, settled
from .strokes import along, draw_arrows, draw_lines, draw_marks, is_minor, mark_radius

LEAST_IN = (4.0, 3.5)
_LEAST_MAP_PT = 110.0
_EDGE_PT = 14.0
_BARE_EDGE_PT = 2.0
_SIMPLER_PT = 0.35
"""Lines are simplified by that: about what the eye sees in print."""
_OUTSIDE_PT = 12.0
_PT2_A_NAME = 2600.0
_LONGEST_NAME = 44
_LEAST_VIEW_DEG = 3.0
_NAMESAKE_PT = 70.0
_SAME_AMOUNT_PT = 130.0
"""The same amount is written again only so far from where it stands already."""
_WEIGHT = {
    "market": 5.0,
    "port": 4.5,
    "field": 4.5,
    "terminal": 4.0,
    "dry_port": 3.5,
    "refinery": 3.0,
    "station": 2.5,
    "border": 1.5,
    "junction": -2.0,
    "pump_station": -2.0,
}
_BARS_KM = (5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10, 5, 2, 1)
TITLE, SUBTITLE = Hand(13.0, style.LIGHT["ink"], weight="bold"), Hand(9.0, style.LIGHT["muted"])
SOURCE = Hand(6.2, style.LIGHT["muted"])
FIRST, OTHER = Hand(7.2, style.LIGHT["ink"], weight="bold"), Hand(6.5, style.LIGHT["ink"])
AMOUNT = Hand(6.8, style.LIGHT["accent"], weight="bold")


@dataclass(frozen=True)
class Sheet:
    """What a caller says of a map besides what it shows; raises ValueError where that cannot be."""

    network: Any
    title: str
    subtitle: str
    bounds: projection.Bounds | None
    language: str
    size: tuple[float, float]
    source: str

    def __post_init__(self) -> None:
        text.check(self.language)
        if self.bounds is not None and not projection.is_box(self.bounds):
            raise ValueError(f"bounds must be west < east, south < north in degrees; got {self.bounds!r}")
        if not all(least <= one < math.inf for least, one in zip(LEAST_IN, self.size, strict=True)):
            raise ValueError(f"size must be at least {LEAST_IN[0]:g} by {LEAST_IN[1]:g} inches; got {self.size!r}")


class _Lines(NamedTuple):
    """The lines on the map in points, cut at its edge; ``owner`` is the position of the link that each part is of."""

    parts: list[NDArray[np.float64]]
    owner: list[int]
    lengths: list[float]


class _Places(NamedTuple):
    """The places on the map: where in degrees, of which kind, under which name, and how much each matters."""

    at: NDArray[np.float64]
    kinds: list[str]
    names: list[str]
    weights: list[float]


def drawn(sheet: Sheet, chosen: payload.Selection, look: Look, *, bare: bool = False) -> Figure:
    """The map of the chosen links with a look; ``bare`` is the map alone, without title, legend and sources."""
    with settled():
        made = Leaf(size=sheet.size, title=sheet.title, kind="Map")
        wide, tall = 72 * sheet.size[0], 72 * sheet.size[1]
        edge = _BARE_EDGE_PT if bare else _EDGE_PT
        width = wide - 2 * edge
        page = _page(made)
        places = _placed(chosen, look, sheet.language)
        top, bottom = (tall - edge, edge) if bare else _around(page, sheet, look, places, tall, width)
        height = top - bottom
        if height < _LEAST_MAP_PT:
            more = (_LEAST_MAP_PT - height) / 72 + 0.05
            raise ValueError(f"size {sheet.size!r} leaves no room for the map: it needs {more:.1f} inches more in height")
        view = View(*_window(sheet.bounds, chosen, look), width, height)
        axes = _map_axes(made, (edge / wide, bottom / tall, width / wide, height / tall), view)
        grounds = draw_land(axes, view, sheet.language)
        lines = _lines(view, chosen)
        strokes = [look.strokes[at] for at in lines.owner]
        draw_lines(axes, lines.parts, strokes)
        draw_arrows(axes, lines.parts, strokes)
        places = places._replace(at=view.points(places.at))
        draw_marks(axes, places.at, places.kinds)
        sketch = Sketch(width, height)
        weights = np.array([0.35 if stroke.faint else max(1.0, stroke.width / 2) for stroke in strokes])
        sketch.add_lines(np.array([shapely.linestrings(part) for part in lines.parts], dtype=object), weights)
        _scale_bar(axes, sketch, view, sheet.language)
        named = _named(view, places)
        sketch.take(_mark_boxes(places, named))
        _number_ways(axes, sketch, look, lines)
        first = max(6, len(named) // 4)
        for one in named[:first]:
            _name(axes, sketch, places, one, FIRST)
        _write_amounts(axes, sketch, look, lines)
        name_land(axes, sketch, grounds)
        for one in named[first:]:
            _name(axes, sketch, places, one, OTHER)
        return made


def _around(page: Axes, sheet: Sheet, look: Look, places: _Places, tall: float, width: float) -> tuple[float, float]:
    """Write title, legend and sources, and give where the map between them ends above and below."""
    legend = Legend([*look.groups, looks.marks(places.kinds, sheet.language)], width)
    top = _headline(page, sheet, tall, width)
    bottom = _footer(page, sheet, look, width) + legend.height + 8
    legend.draw(page, _EDGE_PT, bottom - 7)
    return top, bottom


def _page(made: Figure) -> Axes:
    """Axes over the whole figure that count in points."""
    page = made.add_axes((0, 0, 1, 1), zorder=0)
    page.set_xlim(0, 72 * made.get_figwidth())
    page.set_ylim(0, 72 * made.get_figheight())
    page.set_axis_off()
    return page


def _map_axes(made: Figure, box: tuple[float, float, float, float], view: View) -> Axes:
    axes = made.add_axes(box, facecolor=style.LIGHT["sea"], zorder=1)
    axes.set_xlim(0, view.width)
    axes.set_ylim(0, view.height)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color=style.LIGHT["field"], linewidth=0.6)
    return axes


def _headline(page: Axes, sheet: Sheet, tall: float, width: float) -> float:
    """Write title and subtitle; where the map may begin below them."""
    y = tall - 9.0
    for words, hand, step in ((sheet.title, TITLE, 16.5), (sheet.subtitle, SUBTITLE, 12.0)):
        for line in wrapped(words, hand, width) if words.strip() else ():
            y -= step
            page.text(_EDGE_PT, y + 3, line, fontproperties=hand.font(), color=hand.colour, parse_math=False)
    return y - 5.0


def _footer(page: Axes, sheet: Sheet, look: Look, width: float) -> float:
    """Write sources and credits; where the legend ends above them."""
    words = text.strings(sheet.language)
    own = sheet.source or look.source or words["year_note"].format(year=sheet.network.year)
    own = own if own.endswith(".") else f"{own}."
    told = f"{own} {_credits(sheet.network, words)} {words['disclaimer']}"
    lines = wrapped(told, SOURCE, width)
    for up, line in zip(reversed(range(len(lines))), lines, strict=True):
        page.text(_EDGE_PT, 8.0 + 8.2 * up, line, fontproperties=SOURCE.font(), color=SOURCE.colour, parse_math=False)
    return 8.0 + 8.2 * len(lines) + 5.0


def _credits(network: Any, words: Mapping[str, str]) -> str:
    """Whose data the map shows: a network of the user's own brings its lines itself, and only the ground is credited."""
    frame = network.links
    is_packaged = "geometry_quality" in frame and frame["geometry_quality"].isin(["network", "lane"]).any()
    return words["figure.credits"] if is_packaged else words["figure.credits_ground"]


def _window(bounds: projection.Bounds | None, chosen: payload.Selection, look: Look) -> tuple[projection.Bounds, NDArray[np.float64]]:
    """The box that the map is made for, and points in degrees that it must show."""
    if bounds is not None:
        return bounds, projection.edge(bounds)
    shapes, ends = np.asarray(chosen.links.geometry), np.asarray(chosen.places.geometry)
    if look.shown is not None:
        shapes, ends = shapes[list(look.shown)], ends[_used(chosen, look)]
    core = projection.core(ends)
    if core is not None:
        at = np.asarray(chosen.places.geometry[chosen.places["place_id"].isin(look.ends)])
        box = projection.union(core, projection.padded(projection.extent(at), 0.03)) if len(at) else core
        return box, projection.edge(box)
    everything = np.concatenate([shapes, ends])
    drawn_box = projection.extent(everything)
    box = _roomy(drawn_box)
    return box, shapely.get_coordinates(everything) if box == drawn_box and len(everything) else projection.edge(box)


def _roomy(box: projection.Bounds) -> projection.Bounds:
    """A box that is no smaller than a few degrees: one place alone stands in its country."""
    west, south, east, north = box
    across, up = max(_LEAST_VIEW_DEG - (east - west), 0) / 2, max(0.6 * _LEAST_VIEW_DEG - (north - south), 0) / 2
    return (max(west - across, -180), max(south - up, -90), min(east + across, 180), min(north + up, 90))


def _used(chosen: payload.Selection, look: Look) -> NDArray[np.bool_]:
    """Which places the map shows: all, or with a plan or ways those at links that these use, and supplies and demands."""
    if look.shown is None:
        return np.ones(len(chosen.places), dtype=bool)
    used = chosen.links.iloc[list(look.shown)]
    ids = {*used["from_place"], *used["to_place"], *look.ends}
    return np.asarray(chosen.places["place_id"].isin(ids), dtype=bool)


def _placed(chosen: payload.Selection, look: Look, language: str) -> _Places:
    """The places that the map shows, and how much each matters: its kind, and how much leads there."""
    through = dict.fromkeys(chosen.places["place_id"], 0.0)
    for start, end, stroke in zip(chosen.links["from_place"], chosen.links["to_place"], look.strokes, strict=True):
        for place in (start, end):
            through[place] += 0.0 if stroke.faint else stroke.width
    shown = chosen.places[_used(chosen, look)]
    kinds, names, weights = [], [], []
    for row in shown.drop(columns="geometry").to_dict("records"):
        kind = _word(row.get("kind"))
        weight = _WEIGHT.get(kind, 1.0) + math.log2(1 + through[row["place_id"]]) + (row["country"] == style.HOME)
        kinds.append(kind)
        names.append(_short(_word(row.get("name" if language == "en" else f"name_{language}")) or _word(row.get("name"))))
        weights.append(weight + 6.0 * (row["place_id"] in look.ends))
    return _Places(shapely.get_coordinates(np.asarray(shown.geometry)).reshape(-1, 2), kinds, names, weights)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _short(name: str) -> str:
    """A name without what is said in brackets or after a comma, and cut off where it is longer than any name."""
    short = re.sub(r"\s*(\([^()]*\)|,.*)\s*$", "", name) or name
    return short if len(short) <= _LONGEST_NAME else f"{short[: _LONGEST_NAME - 1]}…"


def _lines(view: View, chosen: payload.Selection) -> _Lines:
    lines = shapely.simplify(view.shapes(np.asarray(chosen.links.geometry)), _SIMPLER_PT)
    cut = shapely.clip_by_rect(lines, -_OUTSIDE_PT, -_OUTSIDE_PT, view.width + _OUTSIDE_PT, view.height + _OUTSIDE_PT)
    parts, owner = shapely.get_parts(cut, return_index=True)
    kept = (shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING) & (shapely.length(parts) > 0)
    return _Lines([shapely.get_coordinates(part) for part in parts[kept]], owner[kept].tolist(), shapely.length(parts[kept]).tolist())


def _named(view: View, places: _Places) -> list[int]:
    """The places that may be named, the most important first: as many as the map has room for, and of namesakes side by side one."""
    order = sorted(range(len(places.names)), key=lambda one: (-places.weights[one], places.names[one], one))
    room = max(10, round(view.width * view.height / _PT2_A_NAME))
    found: list[int] = []
    namesakes: dict[str, list[int]] = {}
    for one in order:
        name, at = places.names[one], places.at[one]
        if len(found) == room or not (0 < at[0] < view.width and 0 < at[1] < view.height) or not name.strip():
            continue
        if all(np.hypot(*(at - places.at[other])) > _NAMESAKE_PT for other in namesakes.get(name, ())):
            namesakes.setdefault(name, []).append(one)
            found.append(one)
    return found


def _mark_boxes(places: _Places, named: Sequence[int]) -> list[tuple[float, float, float, float]]:
    reach = [(*places.at[one].tolist(), mark_radius(places.kinds[one])) for one in named if not is_minor(places.kinds[one])]
    return [(x - radius, y - radius, x + radius, y + radius) for x, y, radius in reach]


def _name(axes: Axes, sketch: Sketch, places: _Places, one: int, hand: Hand) -> None:
    name = places.names[one]
    size = span(name, hand)
    x, y = places.at[one].tolist()
    spot = sketch.best(beside(x, y, mark_radius(places.kinds[one]) + 2.2, size), size, most=16.0 if hand is FIRST else 5.0)
    if spot:
        _write(axes, spot, name, hand)


def _write(axes: Axes, spot: tuple[float, float], words: str, hand: Hand) -> None:
    halo = [withStroke(linewidth=1.7, foreground=style.LIGHT["halo"])]
    axes.text(*spot, words, fontproperties=hand.font(), color=hand.colour, zorder=8, path_effects=halo, parse_math=False)


def _write_amounts(axes: Axes, sketch: Sketch, look: Look, lines: _Lines) -> None:
    """Write each amount once for links that follow each other with the same amount, beside the longest of them."""
    there = [i for i, at in enumerate(lines.owner) if at in look.amounts and lines.lengths[i] >= 9]
    there.sort(key=lambda i: (-look.amounts[lines.owner[i]][1], -lines.lengths[i], i))
    written: dict[str, list[NDArray[np.float64]]] = {}
    for i in there:
        words = look.amounts[lines.owner[i]][0]
        middle = along(lines.parts[i], [0.5])[0]
        if any(np.hypot(*(middle - other)) < _SAME_AMOUNT_PT for other in written.get(words, ())):
            continue
        size = span(words, AMOUNT)
        spots = [
            (x, y, penalty + 0.4 * rank)
            for rank, (px, py) in enumerate(along(lines.parts[i], [0.5, 0.35, 0.65, 0.2, 0.8]).tolist())
            for x, y, penalty in beside(px, py, look.strokes[lines.owner[i]].width / 2 + 1.6, size)
        ]
        spot = sketch.best(spots, size, most=14.0)
        if spot:
            _write(axes, spot, words, AMOUNT)
            written.setdefault(words, []).append(middle)


def _number_ways(axes: Axes, sketch: Sketch, look: Look, lines: _Lines) -> None:
    """Put each way's number on a line that it shares with the fewest others, the longest first."""
    reach = BADGE_PT + 0.8
    for number, (_, own) in enumerate(look.routes, start=1):
        mine = [i for i, at in enumerate(lines.owner) if at in own]
        mine.sort(key=lambda i: (sum(lines.owner[i] in links for _, links in look.routes), -lines.lengths[i], i))
        for x, y in (spot for i in mine for spot in along(lines.parts[i], [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]).tolist()):
            box = (x - reach, y - reach, x + reach, y + reach)
            if sketch.is_free(box):
                sketch.take([box])
                draw_badge(axes, x, y, str(number))
                break


def _scale_bar(axes: Axes, sketch: Sketch, view: View, language: str) -> None:
    """A bar of a round number of kilometres, true in the middle of the map, in its lower left corner."""
    per_pt = view.km_per_pt()
    km = next((one for one in _BARS_KM if one / per_pt <= view.width / 6), None)
    if km is None:
        return
    words = text.strings(language)["unit.km"].format(n=text.number(km, language, 0))
    size = span(words, OTHER)
    left, base, length = 8.0, 8.0, km / per_pt
    x, y = [left, left, left + length, left + length], [base + 3, base, base, base + 3]
    axes.plot(x, y, color=style.LIGHT["ink"], linewidth=0.9, solid_capstyle="butt", zorder=7)
    start = (left + 2, base + 4)
    _write(axes, start, words, OTHER)
    low, high = box_of(*start, size), (left + length, base)
    sketch.take([(min(low[0], left), base - 1, max(low[2], high[0]), low[3])])
