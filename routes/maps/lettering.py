"""Names on a printed map: measured as they will be drawn, the important first, never one over another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from numpy.typing import NDArray

from .paper import FONT, PRINT_DPI

CELL_PT = 2.0
"""The side of a square in which it is told whether lines cross it."""
CLEAR_PT = 0.8
"""What stays free around every text."""
DEAREST = 9.0
"""A spot that hides more than that of lines is none."""

Rectangle = tuple[float, float, float, float]
"""Left, bottom, right and top in points."""


class Hand(NamedTuple):
    """How a text is written: size in points, whether it is bold or slanted, and its colour."""

    size: float
    colour: str
    weight: str = "normal"
    style: Literal["normal", "italic"] = "normal"

    def font(self) -> FontProperties:
        return FontProperties(family=FONT, size=self.size, weight=self.weight, style=self.style)


class Span(NamedTuple):
    """What a text takes: its width, and how far it reaches over and under its base line, in points."""

    width: float
    up: float
    down: float


@lru_cache(maxsize=1)
def _pen() -> Text:
    """A text on a figure that nobody sees."""
    figure = Figure(dpi=PRINT_DPI)
    FigureCanvasAgg(figure)
    return figure.text(0, 0, "", parse_math=False)


@lru_cache(maxsize=8192)
def span(text: str, hand: Hand) -> Span:
    """What a line of text takes when it is drawn, as matplotlib says."""
    pen = _pen()
    pen.set(text=text, fontproperties=hand.font())
    box = pen.get_window_extent()
    per_pt = PRINT_DPI / 72
    return Span(box.width / per_pt, box.y1 / per_pt, -box.y0 / per_pt)


def wrapped(text: str, hand: Hand, room: float) -> list[str]:
    """The lines of a text that is broken between words, and within a word that is wider than the room."""
    lines = [""]
    for word in re.split(r"[ \t\n\r]+", text.strip()):  # not at spaces that hold a number to its name
        joined = f"{lines[-1]} {word}".strip()
        if span(joined, hand).width <= room:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for sign in word:
            if lines[-1] and span(lines[-1] + sign, hand).width > room:
                lines.append("")
            lines[-1] += sign
    return lines


class Sketch:
    """What is taken on a map so far: boxes that nothing may meet, and lines that are better not hidden."""

    def __init__(self, width: float, height: float) -> None:
        self._size = (width, height)
        self._busy = np.zeros((int(height / CELL_PT) + 2, int(width / CELL_PT) + 2))
        self._sums: NDArray[np.float64] | None = None
        self._taken: list[Rectangle] = []

    def add_lines(self, lines: NDArray[np.object_], weights: NDArray[np.float64]) -> None:
        """Lines in points, and how much each counts."""
        dense = shapely.segmentize(lines, CELL_PT / 1.5)
        at, owner = shapely.get_coordinates(dense, return_index=True)
        column, row = np.floor(at / CELL_PT).astype(int).T
        inside = (column >= 0) & (row >= 0) & (row < self._busy.shape[0]) & (column < self._busy.shape[1])
        np.maximum.at(self._busy, (row[inside], column[inside]), weights[owner[inside]])
        self._sums = None

    def take(self, boxes: Iterable[Rectangle]) -> None:
        self._taken += boxes

    def is_free(self, box: Rectangle) -> bool:
        """Whether a box lies on the map and meets nothing that is taken."""
        left, bottom, right, top = box
        if left < 1.5 or bottom < 1.5 or right > self._size[0] - 1.5 or top > self._size[1] - 1.5:
            return False
        if not self._taken:
            return True
        taken = np.array(self._taken)
        return not bool(((left < taken[:, 2]) & (taken[:, 0] < right) & (bottom < taken[:, 3]) & (taken[:, 1] < top)).any())

    def hides(self, box: Rectangle) -> float:
        """How much of a box lies on lines; 9 is a box whose every square has a line of weight 1."""
        if self._sums is None:
            self._sums = np.pad(self._busy, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
        left, bottom, right, top = (int(max(edge, 0.0) / CELL_PT) for edge in box)
        rows, columns = self._busy.shape
        right, top = min(right + 1, columns), min(top + 1, rows)
        left, bottom = min(left, right), min(bottom, top)
        sums = self._sums
        crossed = sums[top, right] - sums[bottom, right] - sums[top, left] + sums[bottom, left]
        return float(9 * crossed / max((right - left) * (top - bottom), 1))

    def best(self, spots: Sequence[tuple[float, float, float]], size: Span, *, most: float = DEAREST) -> tuple[float, float] | None:
        """The best start of a text among spots (x, y of its base line, penalty), which is then taken; None without room."""
        found: tuple[float, float, float] | None = None
        for x, y, penalty in spots:
            box = box_of(x, y, size)
            if (found and penalty >= found[0]) or not self.is_free(box):
                continue
            cost = penalty + self.hides(box)
            if cost <= most and (not found or cost < found[0]):
                found = (cost, x, y)
        if not found:
            return None
        self.take([box_of(found[1], found[2], size)])
        return found[1:]


def box_of(x: float, y: float, size: Span) -> Rectangle:
    """The box of a text that starts at a point of its base line."""
    return (x - CLEAR_PT, y - size.down - CLEAR_PT, x + size.width + CLEAR_PT, y + size.up + CLEAR_PT)


def beside(x: float, y: float, gap: float, size: Span) -> list[tuple[float, float, float]]:
    """Spots around a mark, the best first: right, left, above and below it, and between these."""
    middle, above, below = y - (size.up - size.down) / 2, y + gap + size.down, y - gap - size.up
    right, left, centre = x + gap, x - gap - size.width, x - size.width / 2
    near = 0.6 * gap
    return [
        (right, middle, 0.0),
        (left, middle, 0.5),
        (right - near, above, 1.0),
        (right - near, below, 1.0),
        (left + near, above, 1.5),
        (left + near, below, 1.5),
        (centre, above + 1, 1.6),
        (centre, below - 1, 1.8),
        (right + 5, above + 3, 3.2),
        (right + 5, below - 3, 3.2),
        (left - 5, above + 3, 3.4),
        (left - 5, below - 3, 3.4),
    ]


def about(x: float, y: float, across: float, up: float) -> list[tuple[float, float, float]]:
    """Middles for a name over an area and their penalties: its middle, and to all sides of it as far as it reaches."""
    steps = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (-1, 1), (1, -1)]
    tried = dict.fromkeys((half * dx, half * dy) for half in (0.5, 1.0) for dx, dy in steps)
    return [(x + dx * across, y + dy * up, 0.3 * (abs(dx) + abs(dy))) for dx, dy in tried]


def centred(middles: Sequence[tuple[float, float, float]], size: Span) -> list[tuple[float, float, float]]:
    """Where a text must start to have its middle there."""
    return [(x - size.width / 2, y - (size.up - size.down) / 2, penalty) for x, y, penalty in middles]
