"""Lines, arrows and marks of a printed map and its legend: they tell what they show by form as well as by colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from numpy.typing import NDArray

from . import style

PT_PER_PX = 0.42
"""A page is read from nearer than a screen: widths in the pages' pixels become so many points."""
LEAST_PT = 0.8
CASING_PT = 0.7
FAINT = "#a9abad"
FAINT_PT = 0.6
#: Besides colour, as on the pages: rails are stitched, roads are doubled, gas is dotted. Width as a share, and dash in points.
INNER: dict[str, tuple[float, tuple[float, ...]]] = {"rail": (0.3, (3.4, 2.6)), "road": (0.4, ()), "gas": (0.34, (0.9, 3.2))}
#: An inner line thinner than that would fill up in print, so the line around it is made wide enough; a wider one is too loud.
INNER_PT, INNER_MOST_PT = 0.42, 0.85
_CHEVRON_FROM_PT = 3.0
_ARROW_EVERY_PT = 110.0
_ARROW_FROM_PT = 20.0

#: The look of a kind of place, as on the pages; what has none is a ring or, for minor kinds, a dot.
_LOOK = {
    "port": "square",
    "terminal": "square",
    "dry_port": "square",
    "field": "triangle",
    "refinery": "hexagon",
    "border": "diamond",
    "market": "ring",
    "junction": "minor",
    "pump_station": "minor",
}
INK, MUTED, WHITE = style.LIGHT["ink"], style.LIGHT["muted"], style.LIGHT["casing"]


class _Mark(NamedTuple):
    """matplotlib's marker, radius in points, fill, edge and the edge's width."""

    marker: str
    radius: float
    fill: str
    edge: str
    line: float


_MARKS = {
    "square": _Mark("s", 2.5, INK, WHITE, 0.6),
    "triangle": _Mark("^", 3.0, INK, WHITE, 0.6),
    "hexagon": _Mark("h", 3.0, MUTED, WHITE, 0.6),
    "diamond": _Mark("D", 2.1, WHITE, INK, 0.8),
    "ring": _Mark("o", 2.7, WHITE, INK, 1.5),
    "round": _Mark("o", 2.0, WHITE, INK, 0.8),
    "minor": _Mark("o", 1.5, MUTED, WHITE, 0.5),
}


class Stroke(NamedTuple):
    """How a line looks: width in points, colour, dash in points, the inner line's key, and whether it stands back.

    ``arrow`` is 1 for arrows along the line, -1 for arrows against it, 0 for none.
    """

    width: float
    colour: str
    dash: tuple[float, ...] = ()
    inner: str = ""
    arrow: int = 0
    faint: bool = False


FAINT_STROKE = Stroke(FAINT_PT, FAINT, faint=True)


def capacity_stroke(capacity: float, key: str, status: str, *, gas: bool, arrow: int = 0) -> Stroke:
    """The stroke for a capacity or an amount in kt a year (gas: mcm), the key of its colour, and its status."""
    least = INNER_PT / INNER[key][0] if key in INNER else LEAST_PT
    width = max(PT_PER_PX * style.width_px(capacity, gas=gas), least)
    # Dashes grow with the line: short ones across a wide line would look like rungs.
    dash = tuple(0.6 * float(step) + 0.3 * (width - LEAST_PT) for step in style.DASHES.get(status, "").split())
    return Stroke(width, style.MODE_COLOURS[key], dash, key if key in INNER else "", arrow)


def draw_lines(axes: Axes, parts: Sequence[NDArray[np.float64]], strokes: Sequence[Stroke], *, layer: float = 2.0) -> None:
    """Draw lines (points each) with their strokes: casings under all of them, and narrow lines over wide ones."""
    order = sorted(range(len(parts)), key=lambda at: (-strokes[at].width, at))
    bold = [at for at in order if not strokes[at].faint]
    solid = [at for at in bold if not strokes[at].dash]
    sheaves = (
        ([at for at in order if strokes[at].faint], lambda one: one),
        # A dashed line has no casing: it would look like a white road.
        (solid, lambda one: Stroke(one.width + 2 * CASING_PT, WHITE)),
        (solid, lambda one: one),
        ([at for at in solid if strokes[at].inner], _inner),
        ([at for at in bold if strokes[at].dash], lambda one: one),
    )
    for rank, (chosen, changed) in enumerate(sheaves):
        looks = [changed(strokes[at]) for at in chosen]
        if looks:
            drawn = LineCollection(
                [parts[at] for at in chosen],
                linewidths=[one.width for one in looks],
                colors=[one.colour for one in looks],
                linestyles=[(0, one.dash) if one.dash else "solid" for one in looks],
                capstyle="butt" if looks[0].dash else "round",
                joinstyle="round",
                zorder=layer + 0.1 * rank,
            )
            axes.add_collection(drawn, autolim=False)


def _inner(one: Stroke) -> Stroke:
    share, dash = INNER[one.inner]
    return Stroke(max(INNER_PT, min(share * one.width, INNER_MOST_PT)), WHITE, dash)


def draw_arrows(axes: Axes, parts: Sequence[NDArray[np.float64]], strokes: Sequence[Stroke], *, layer: float = 3.0) -> None:
    """Draw arrows along the lines that have a direction: white within a wide line, else in its colour."""
    heads: list[NDArray[np.float64]] = []
    colours: list[str] = []
    chevrons: list[NDArray[np.float64]] = []
    for part, stroke in zip(parts, strokes, strict=True):
        if not stroke.arrow or stroke.faint:
            continue
        wide = stroke.width > _CHEVRON_FROM_PT and not stroke.dash
        for at, turn in _along(part if stroke.arrow > 0 else part[::-1]):
            reach = min(0.3 * stroke.width, 2.0)
            shape = np.array([[-0.7 * reach, -reach], [0.7 * reach, 0], [-0.7 * reach, reach]]) if wide else _HEAD
            (chevrons if wide else heads).append(shape @ turn.T + at)
            if not wide:
                colours.append(stroke.colour)
    if chevrons:
        axes.add_collection(LineCollection(chevrons, linewidths=0.9, colors=WHITE, zorder=layer + 0.5), autolim=False)
    if heads:
        axes.add_collection(PolyCollection(heads, facecolors=colours, edgecolors=WHITE, linewidths=0.5, zorder=layer + 0.6), autolim=False)


def draw_marks(axes: Axes, at: NDArray[np.float64], kinds: Sequence[str], *, layer: float = 5.0) -> None:
    """Draw places by their kind, the minor ones first."""
    looks = [_LOOK.get(kind, "round") for kind in kinds]
    for rank, look in enumerate(reversed(_MARKS)):
        chosen = [i for i, one in enumerate(looks) if one == look]
        if chosen:
            mark = _MARKS[look]
            side = (2 * mark.radius) ** 2
            x, y = at[chosen].T
            axes.scatter(
                x,
                y,
                s=side,
                marker=mark.marker,
                c=mark.fill,
                edgecolors=mark.edge,
                linewidths=mark.line,
                zorder=layer + 0.05 * rank,
            )


def mark_radius(kind: str) -> float:
    """How far a mark reaches, in points."""
    mark = _MARKS[_LOOK.get(kind, "round")]
    return mark.radius + mark.line / 2


def is_minor(kind: str) -> bool:
    return _LOOK.get(kind) == "minor"


def along(part: NDArray[np.float64], shares: Sequence[float]) -> NDArray[np.float64]:
    """The points of a line at shares of its length."""
    far = np.concatenate([[0.0], np.hypot(*np.diff(part, axis=0).T).cumsum()])
    wanted = np.asarray(shares) * far[-1]
    return np.column_stack([np.interp(wanted, far, part[:, axis]) for axis in (0, 1)])


_HEAD = np.array([[-2.1, -2.2], [2.7, 0.0], [-2.1, 2.2]])


def _along(part: NDArray[np.float64]) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Where arrows stand on a line, and how each is turned."""
    steps = np.hypot(*np.diff(part, axis=0).T)
    whole = float(steps.sum())
    count = 0 if whole < _ARROW_FROM_PT else max(1, round(whole / _ARROW_EVERY_PT))
    far = np.concatenate([[0.0], steps.cumsum()])
    found = []
    for share in ((k + 0.5) / count for k in range(count)):
        here = along(part, [share])[0]
        # The direction over a few points: a single short step may turn anywhere.
        before, after = along(part, [max(share - 3 / whole, 0.0), min(share + 3 / whole, 1.0)])
        angle = math.atan2(after[1] - before[1], after[0] - before[0])
        found.append((here, np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])))
    return found if far[-1] > 0 else []
