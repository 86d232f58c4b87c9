"""Charts for reports: what a frozen result holds, drawn and not computed again. matplotlib is loaded with the first one.

Every chart says its units, stands in black and white as it does in colour (hatches, marks and dashes tell the series
apart), and names its source below. Amounts come in kt a year (gas: mcm) and are shown in Mt (bcm).
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from ..comparison import Comparison
from ..routing import Routes
from . import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

SOURCE = "Source: computed with the transit-route atlas; the sources of its inputs stand in network.figures."
WIDTH_IN = 9.0
#: A label longer than this goes on in another line.
LABEL_SIGNS = 40
LINE_IN = 0.165
BAR_IN = 0.22
#: A mark's area in square points: of the least, and for each Mt a year.
MARK_PT2, MARK_PT2_MT, MARK_MOST_PT2 = 30.0, 9.0, 900.0
#: Where a label may stand around its mark: this far from its rim, in points, and in these directions, in degrees.
DISTANCES_PT = (6, 16, 30, 48, 70)
DIRECTIONS = (0, 180, 90, 270, 45, 315, 135, 225, 20, 340, 160, 200)


class _Look(NamedTuple):
    """What tells one series from another: fill, hatch, mark and dash; the last three also without colour."""

    fill: str
    hatch: str
    mark: str
    dash: str


INK, MUTED, RULE, PAPER = (style.LIGHT[name] for name in ("ink", "muted", "rule", "paper"))
LOOKS = (
    _Look(style.LIGHT["accent"], "", "o", "-"),
    _Look(style.MODE_COLOURS["pipeline"], "////", "s", "--"),
    _Look(style.MODE_COLOURS["sea"], "....", "D", ":"),
    _Look(style.MODE_COLOURS["gas"], "xxxx", "^", "-."),
    _Look(style.MODE_COLOURS["road"], "----", "v", "-"),
)
DELIVERED, UNMET = LOOKS[0], LOOKS[1]


def scenario_chart(comparison: Comparison, *, flow: str | None = None, title: str = "", source: str = "") -> Figure:
    """What is delivered and what is not, a bar for each scenario in the order asked.

    ``flow`` shows one flow of the case instead of all together. A scenario whose contracts cannot be kept has no bar, and says so.
    Raises ValueError for a flow that the case does not have.
    """
    names = [one.name for one in comparison.case.flows]
    if flow is not None and flow not in names:
        raise ValueError(f"{flow!r} is no flow of {comparison.case.name!r}; it has {', '.join(names)}")
    unit = "bcm" if comparison.case.flows[0].commodity == "gas" else "Mt"
    table = comparison.table if flow is None else comparison.by_flow[comparison.by_flow["flow"] == flow]
    amounts = table.set_index("scenario")[["delivered", "unmet"]].reindex([one.name for one in comparison.scenarios]) / 1000.0
    figure, axes = _bars(list(amounts.index), 1, title or f"What is delivered: {flow or comparison.case.name}", _source(source, comparison))
    row = range(len(amounts))
    given = amounts.fillna(0.0)
    axes.barh(row, given["delivered"], color=DELIVERED.fill, edgecolor=INK, linewidth=0.6, label="delivered")
    lacking = [at for at in row if given["unmet"].iloc[at] > 0]
    axes.barh(lacking, given["unmet"].iloc[lacking], left=given["delivered"].iloc[lacking], **_open(UNMET), label="not delivered")
    for at, (delivered, unmet) in enumerate(zip(amounts["delivered"].tolist(), amounts["unmet"].tolist(), strict=True)):
        told = (
            "a contract cannot be kept" if math.isnan(delivered) else f"{delivered:,.1f}" + (f", not {unmet:,.1f}" if unmet >= 0.05 else "")
        )
        end = 0.0 if math.isnan(delivered) else delivered + unmet
        axes.annotate(told, (end, at), (5, 0), textcoords="offset points", va="center", fontsize=8.5, color=INK)
    axes.set_xlim(0, 1.24 * max(float(given.sum(axis=1).max()), 1e-9))
    axes.set_xlabel(f"{unit} a year", color=MUTED)
    _legend(axes, 2)
    return figure


def ranking_chart(
    frame: pd.DataFrame,
    label: str,
    value: str | Sequence[str],
    *,
    unit: str,
    title: str = "",
    most: int = 12,
    scale: float = 1.0,
    source: str = "",
) -> Figure:
    """The first ``most`` rows of a table as bars, in the order they have: one for each row, or for each of up to five columns.

    ``label`` and ``value`` name columns; ``scale`` is what values are divided by for ``unit`` (1000 from kt to Mt).
    An infinite value is drawn to the edge and called unlimited, a missing one is left out.
    Raises ValueError for more than five columns, and KeyError for one that is not there.
    """
    columns = [value] if isinstance(value, str) else list(value)
    if not 1 <= len(columns) <= len(LOOKS):
        raise ValueError(f"ranking_chart draws 1 to {len(LOOKS)} columns, not {len(columns)}")
    shown = frame.head(most)
    amounts = shown[columns].astype("float64") / scale
    figure, axes = _bars([_told(one) for one in shown[label]], len(columns), title, source or SOURCE)
    finite = [one for one in amounts.to_numpy().ravel().tolist() if math.isfinite(one)]
    top, low = max([*finite, 0.0]) or 1.0, min([*finite, 0.0])
    thick = 0.76 / len(columns)
    for series, name in enumerate(columns):
        look = LOOKS[series]
        at = [row - 0.38 + thick * (series + 0.5) for row in range(len(shown))]
        lengths = [top * 1.06 if one == math.inf else 0.0 if math.isnan(one) else one for one in amounts[name].tolist()]
        fill = {"color": look.fill, "edgecolor": INK, "linewidth": 0.6} if series == 0 else _open(look)
        axes.barh(at, lengths, height=thick, label=name.replace("_", " "), **fill)
        for y, length, one in zip(at, lengths, amounts[name].tolist(), strict=True):
            told = "unlimited" if one == math.inf else "" if math.isnan(one) else _number(one)
            axes.annotate(told, (max(length, 0.0), y), (5, 0), textcoords="offset points", va="center", fontsize=8.5, color=INK)
    axes.set_xlim(1.1 * low, 1.16 * top)
    axes.set_xlabel(unit, color=MUTED)
    if len(columns) > 1:
        _legend(axes, len(columns))
    return figure


def cost_time_chart(routes: Routes | Mapping[str, Routes], *, title: str = "", source: str = "") -> Figure:
    """Ways by days and USD a tonne; the area of a mark is what fits on the way. Several sets of ways may be given by name.

    Raises ValueError for no ways at all or more than five sets.
    """
    groups = {"way": routes} if isinstance(routes, Routes) else dict(routes)
    if not 1 <= len(groups) <= len(LOOKS) or not any(len(group) for group in groups.values()):
        raise ValueError(f"cost_time_chart draws 1 to {len(LOOKS)} sets of ways with at least one way among them")
    first = next(iter(groups.values()))
    unit = "bcm" if first.commodity == "gas" else "Mt"
    figure = _sheet((WIDTH_IN, 5.2), title or f"{first.origin} to {first.destination}: cost and time", source or SOURCE)
    axes = _axes(figure, grid="both")
    labels: list[tuple[str, float, float, float]] = []
    for look, (name, group) in zip(LOOKS, groups.items(), strict=False):
        table = group.table
        sizes = [_mark_area(one) for one in table["capacity"].tolist()]
        axes.scatter(table["days"], table["cost_usd_t"], s=sizes, marker=look.mark, color=look.fill, edgecolor=INK, alpha=0.85, label=name)
        for rank, days, cost, capacity, size in zip(
            table["rank"].tolist(), table["days"].tolist(), table["cost_usd_t"].tolist(), table["capacity"].tolist(), sizes, strict=True
        ):
            which = f"{name} {rank}" if len(table) > 1 else name
            room = f"{capacity / 1000:,.1f} {unit} a year" if math.isfinite(capacity) else "unlimited"
            labels.append((f"{which}: {room}", days, cost, 0.7 * math.sqrt(size)))
    axes.set_xlabel("days on the way", color=MUTED)
    axes.set_ylabel("USD a tonne", color=MUTED)
    axes.margins(0.22)
    _place(figure, axes, labels)
    return figure


def timeline_chart(frames: Mapping[str, pd.DataFrame], *, unit: str = "Mt", title: str = "", source: str = "") -> Figure:
    """The largest flow by year, a line for each of up to five tables that `timeline` made; ``unit`` is Mt or bcm.

    Raises ValueError for no table or more than five.
    """
    if not 1 <= len(frames) <= len(LOOKS):
        raise ValueError(f"timeline_chart draws 1 to {len(LOOKS)} tables, not {len(frames)}")
    figure = _sheet((WIDTH_IN, 4.0), title or "What fits, by year", source or SOURCE)
    axes = _axes(figure, grid="y")
    years: set[int] = set()
    for look, (name, frame) in zip(LOOKS, frames.items(), strict=False):
        rows = frame.drop_duplicates("year")
        years |= set(rows["year"].tolist())
        axes.plot(
            rows["year"],
            rows["value"] / 1000.0,
            look.dash,
            color=look.fill,
            marker=look.mark,
            drawstyle="steps-post",
            linewidth=2,
            label=name,
        )
    axes.set_xticks(sorted(years))
    axes.set_ylim(bottom=0)
    axes.margins(y=0.15)
    axes.set_ylabel(f"{unit} a year", color=MUTED)
    _legend(axes, 2)
    return figure


def _source(given: str, comparison: Comparison) -> str:
    return given or f"Case {comparison.case.name}. {SOURCE}"


def _told(label: object) -> str:
    """A label in words: several ids stand in a tuple, a country has a prefix."""
    parts = label if isinstance(label, tuple) else (label,)
    return ", ".join(str(part).removeprefix("country:") for part in parts) or "none"


def _number(value: float) -> str:
    """A number with as many signs as a reader needs: three figures, whole from a hundred on."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:,.1f}" if abs(value) >= 0.95 else f"{value:.2f}"


def _mark_area(capacity: float) -> float:
    return min(MARK_MOST_PT2, MARK_PT2 + MARK_PT2_MT * capacity / 1000.0) if math.isfinite(capacity) else MARK_MOST_PT2


def _open(look: _Look) -> dict[str, Any]:
    """A bar of paper with a hatch in its colour, which stays apart from a full one without colour."""
    return {"facecolor": PAPER, "edgecolor": look.fill, "hatch": look.hatch, "linewidth": 1.0}


def _sheet(size: tuple[float, float], title: str, source: str) -> Figure:
    from .paper import Paper

    return Paper(size=size, title=textwrap.fill(title, 88), source=textwrap.fill(source, 130))


def _axes(figure: Figure, *, grid: str) -> Axes:
    axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set_color(MUTED)
    axes.tick_params(colors=INK, labelsize=9)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis=grid, color=RULE, linewidth=0.8)  # type: ignore[arg-type]
    return axes


def _legend(axes: Axes, columns: int) -> None:
    """The series' names above the chart, where no bar can meet them."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2, ncols=columns, frameon=False)


def _bars(labels: Sequence[str], series: int, title: str, source: str) -> tuple[Figure, Axes]:
    """An empty chart of rows from the top down, as tall as its labels and bars need."""
    wrapped = [textwrap.fill(label, LABEL_SIGNS) for label in labels]
    lines = max((label.count("\n") + 1 for label in wrapped), default=1)
    tall = max(BAR_IN * max(series, 1.3), LINE_IN * (lines + 0.7))
    figure = _sheet((WIDTH_IN, 1.7 + tall * max(len(labels), 1)), title, source)
    axes = _axes(figure, grid="x")
    axes.set_yticks(range(len(labels)), wrapped)
    axes.set_ylim(len(labels) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    return figure, axes


def _place(figure: Figure, axes: Axes, labels: Sequence[tuple[str, float, float, float]]) -> None:
    """Put labels beside their marks: each in the first spot around its mark that is free of all labels and marks."""
    figure.draw_without_rendering()
    frame = axes.get_window_extent()
    px = figure.dpi / 72
    marks = [(axes.transData.transform((x, y)), radius * px) for _, x, y, radius in labels]
    taken = [_box(centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius) for centre, radius in marks]
    for text, x, y, radius in labels:
        note = axes.annotate(
            text,
            (x, y),
            (0, 0),
            textcoords="offset points",
            fontsize=9,
            color=INK,
            ha="center",
            va="center",
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.7, "shrinkA": 0, "shrinkB": radius},
        )
        size = note.get_window_extent()
        across, up = axes.transData.transform((x, y)).tolist()
        spot = _free((across, up), radius * px, (size.width, size.height), px, taken, frame)
        note.set_position((((spot.x0 + spot.x1) / 2 - across) / px, ((spot.y0 + spot.y1) / 2 - up) / px))
        taken.append(spot)


def _free(centre: tuple[float, float], radius: float, size: tuple[float, float], px: float, taken: Sequence[Bbox], frame: Bbox) -> Bbox:
    """The first box of a size around a mark that lies in the frame and meets nothing; the first of all where none does."""
    spots = []
    for distance in DISTANCES_PT:
        for direction in DIRECTIONS:
            along, up = math.cos(math.radians(direction)), math.sin(math.radians(direction))
            reach = radius + distance * px
            x, y = centre[0] + along * (reach + size[0] / 2), centre[1] + up * (reach + size[1] / 2)
            spots.append(_box(x - size[0] / 2, y - size[1] / 2, x + size[0] / 2, y + size[1] / 2))
    inside = [one for one in spots if frame.x0 <= one.x0 and one.x1 <= frame.x1 and frame.y0 <= one.y0 and one.y1 <= frame.y1]
    return next((one for one in inside if not any(one.overlaps(other) for other in taken)), spots[0])


def _box(x0: float, y0: float, x1: float, y1: float) -> Bbox:
    from matplotlib.transforms import Bbox

    return Bbox.from_extents(x0, y0, x1, y1)
