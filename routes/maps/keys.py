"""The legend of a printed map: samples with their meaning, in groups side by side, as low as they can be laid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from . import style
from .lettering import Hand, span, wrapped
from .strokes import Stroke, draw_arrows, draw_lines, draw_marks

HEADING = Hand(7.0, style.LIGHT["muted"], weight="bold")
WORDS = Hand(7.2, style.LIGHT["ink"])
BADGE = Hand(6.4, style.LIGHT["ink"], weight="bold")
BADGE_PT = 4.8
ROW_PT = 10.6
_SAMPLE_PT, _MARK_PT = 22.0, 8.0
_GAP_PT = 4.0
_COLUMN_PT, _GROUP_PT, _SHELF_PT = 11.0, 18.0, 5.0
_ROWS = (3, 4, 5, 6)


class Entry(NamedTuple):
    """A sample (a line, a mark or a number in a ring) and what it means."""

    text: str
    stroke: Stroke | None = None
    mark: str | None = None
    badge: str = ""

    @property
    def room(self) -> float:
        return _SAMPLE_PT if self.stroke else _MARK_PT if self.mark is not None else 2 * BADGE_PT


class Group(NamedTuple):
    """Entries under a heading."""

    heading: str
    entries: tuple[Entry, ...]


class _Placed(NamedTuple):
    group: Group
    x: float
    down: float
    columns: tuple[tuple[float, tuple[tuple[Entry, tuple[str, ...]], ...]], ...]


class Legend:
    """Groups laid out in a width in points; ``height`` is what they take."""

    def __init__(self, groups: Sequence[Group], width: float) -> None:
        tried = [_laid_out([group for group in groups if group.entries], width, rows) for rows in _ROWS]
        self.height, self._placed = min(tried, key=lambda one: one[0])

    def draw(self, axes: Axes, left: float, top: float) -> None:
        """Draw the legend on axes that count in points."""
        parts, strokes, spots, kinds = [], [], [], []
        for group, x, down, columns in self._placed:
            _write(axes, left + x, top - down - 7.0, group.heading, HEADING)
            for offset, entries in columns:
                y = top - down - ROW_PT - 7.0
                start = left + x + offset
                for entry, lines in entries:
                    middle = y + 2.5
                    if entry.stroke:
                        parts.append(np.array([[start, middle], [start + _SAMPLE_PT, middle]]))
                        strokes.append(entry.stroke)
                    elif entry.mark is not None:
                        spots.append((start + _MARK_PT / 2, middle))
                        kinds.append(entry.mark)
                    else:
                        draw_badge(axes, start + BADGE_PT, middle, entry.badge)
                    for line in lines:
                        _write(axes, start + entry.room + _GAP_PT, y, line, WORDS)
                        y -= ROW_PT
        draw_lines(axes, parts, strokes)
        draw_arrows(axes, parts, strokes)
        draw_marks(axes, np.array(spots).reshape(-1, 2), kinds)


def draw_badge(axes: Axes, x: float, y: float, number: str) -> None:
    """A number in a ring."""
    side = (2 * BADGE_PT) ** 2
    axes.scatter([x], [y], s=side, marker="o", c=style.LIGHT["paper"], edgecolors=style.LIGHT["ink"], linewidths=0.9, zorder=7)
    size = span(number, BADGE)
    _write(axes, x - size.width / 2, y - (size.up - size.down) / 2 + 0.6, number, BADGE, layer=7.1)


def _write(axes: Axes, x: float, y: float, words: str, hand: Hand, *, layer: float = 6.0) -> None:
    axes.text(x, y, words, fontproperties=hand.font(), color=hand.colour, zorder=layer, parse_math=False)


def _laid_out(groups: Sequence[Group], width: float, rows: int) -> tuple[float, list[_Placed]]:
    """The groups on as many shelves as they need, with at most so many entries under each other, and the height of all."""
    placed: list[_Placed] = []
    x = down = tallest = 0.0
    for group in groups:
        columns, wide, tall = _columns(group, width, rows)
        if x and x + wide > width:
            x, down, tallest = 0.0, down + tallest + _SHELF_PT, 0.0
        placed.append(_Placed(group, x, down, columns))
        x, tallest = x + wide + _GROUP_PT, max(tallest, tall)
    return down + tallest, placed


def _columns(
    group: Group, width: float, rows: int
) -> tuple[tuple[tuple[float, tuple[tuple[Entry, tuple[str, ...]], ...]], ...], float, float]:
    columns, x, tall = [], 0.0, 0.0
    for first in range(0, len(group.entries), rows):
        chosen = group.entries[first : first + rows]
        told = tuple((entry, tuple(wrapped(entry.text, WORDS, width - x - entry.room - _GAP_PT))) for entry in chosen)
        columns.append((x, told))
        wide = max(entry.room + _GAP_PT + max(span(line, WORDS).width for line in lines) for entry, lines in told)
        tall = max(tall, ROW_PT * sum(len(lines) for _, lines in told))
        x += wide + _COLUMN_PT
    return tuple(columns), max(x - _COLUMN_PT, span(group.heading, HEADING).width), tall + ROW_PT
