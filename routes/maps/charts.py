"""Charts for reports: what a frozen result holds, drawn and not computed again. matplotlib is loaded with the first one.

Every chart says its units, stands in black and white as it does in colour (hatches, marks and dashes tell the series
apart), and names its source below. Amounts come in kt a year (gas: mcm) and are shown in Mt (bcm). Every chart speaks
``language`` (en, ru or kk), but for titles and sources that are given; each raises ValueError for another language.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from geodata.network import Network

from ..allocation import Allocation
from ..comparison import Comparison
from ..routing import Routes
from . import style, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

COUNTRY = "country:"
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


def scenario_chart(comparison: Comparison, *, flow: str | None = None, title: str = "", source: str = "", language: str = "en") -> Figure:
    """What is delivered and what is not, a bar for each scenario in the order asked.

    ``flow`` shows one flow of the case instead of all together. A scenario whose contracts cannot be kept has no bar, and says so.
    Raises ValueError for a flow that the case does not have.
    """
    names = [one.name for one in comparison.case.flows]
    if flow is not None and flow not in names:
        raise ValueError(f"{flow!r} is no flow of {comparison.case.name!r}; it has {', '.join(names)}")
    words = text.strings(language)
    unit = words[f"chart.{'bcm' if comparison.case.flows[0].commodity == 'gas' else 'Mt'}"]
    table = comparison.table if flow is None else comparison.by_flow[comparison.by_flow["flow"] == flow]
    amounts = table.set_index("scenario")[["delivered", "unmet"]].reindex([one.name for one in comparison.scenarios]) / 1000.0
    heading = title or words["chart.scenarios"].format(x=flow or comparison.case.name)
    figure, axes = _bars(list(amounts.index), 1, heading, source or _case_source(comparison.case.name, language), language)
    row = range(len(amounts))
    given = amounts.fillna(0.0)
    axes.barh(row, given["delivered"], color=DELIVERED.fill, edgecolor=INK, linewidth=0.6, label=words["chart.delivered"])
    lacking = [at for at in row if given["unmet"].iloc[at] > 0]
    axes.barh(lacking, given["unmet"].iloc[lacking], left=given["delivered"].iloc[lacking], **_open(UNMET), label=words["chart.unmet"])
    for at, (delivered, unmet) in enumerate(zip(amounts["delivered"].tolist(), amounts["unmet"].tolist(), strict=True)):
        told = words["chart.broken"]
        if not math.isnan(delivered):
            told = text.number(delivered, language)
            told = words["chart.without"].format(x=told, y=text.number(unmet, language)) if unmet >= 0.05 else told
        end = 0.0 if math.isnan(delivered) else delivered + unmet
        axes.annotate(told, (end, at), (5, 0), textcoords="offset points", va="center", fontsize=8.5, color=INK)
    axes.set_xlim(0, 1.24 * max(float(given.sum(axis=1).max()), 1e-9))
    axes.set_xlabel(unit, color=MUTED)
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
    network: Network | None = None,
    language: str = "en",
) -> Figure:
    """The first ``most`` rows of a table as bars, in the order they have: one for each row, or for each of up to five columns.

    ``label`` and ``value`` name columns; ``scale`` is what values are divided by for ``unit`` (1000 from kt to Mt).
    A label that is a country (``country:RUS``) is shown by its name, and with a ``network`` so are its links, places and
    corridors. An infinite value is drawn to the edge and called unlimited, a missing one is left out.
    Raises ValueError for more than five columns, and KeyError for one that is not there.
    """
    columns = [value] if isinstance(value, str) else list(value)
    if not 1 <= len(columns) <= len(LOOKS):
        raise ValueError(f"ranking_chart draws 1 to {len(LOOKS)} columns, not {len(columns)}")
    shown = frame.head(most)
    amounts = shown[columns].astype("float64") / scale
    words, names = text.strings(language), {} if network is None else names_of(network, language)
    told = [_told(one, names, language) for one in shown[label]]
    figure, axes = _bars(told, len(columns), title, source or words["chart.source"], language)
    finite = [one for one in amounts.to_numpy().ravel().tolist() if math.isfinite(one)]
    top, low = max([*finite, 0.0]) or 1.0, min([*finite, 0.0])
    thick = 0.76 / len(columns)
    for series, name in enumerate(columns):
        look = LOOKS[series]
        at = [row - 0.38 + thick * (series + 0.5) for row in range(len(shown))]
        lengths = [top * 1.06 if one == math.inf else 0.0 if math.isnan(one) else one for one in amounts[name].tolist()]
        fill = {"color": look.fill, "edgecolor": INK, "linewidth": 0.6} if series == 0 else _open(look)
        axes.barh(at, lengths, height=thick, label=words.get(f"chart.{name}", name.replace("_", " ")), **fill)
        for y, length, one in zip(at, lengths, amounts[name].tolist(), strict=True):
            number = words["chart.unlimited"] if one == math.inf else "" if math.isnan(one) else _number(one, language)
            axes.annotate(number, (max(length, 0.0), y), (5, 0), textcoords="offset points", va="center", fontsize=8.5, color=INK)
    axes.set_xlim(1.1 * low, 1.16 * top)
    axes.set_xlabel(unit, color=MUTED)
    if len(columns) > 1:
        _legend(axes, len(columns))
    return figure


def cost_time_chart(routes: Routes | Mapping[str, Routes], *, title: str = "", source: str = "", language: str = "en") -> Figure:
    """Ways by days and USD a tonne; the area of a mark is what fits on the way. Several sets of ways may be given by name.

    Raises ValueError for no ways at all or more than five sets.
    """
    words = text.strings(language)
    groups = {words["chart.way"]: routes} if isinstance(routes, Routes) else dict(routes)
    if not 1 <= len(groups) <= len(LOOKS) or not any(len(group) for group in groups.values()):
        raise ValueError(f"cost_time_chart draws 1 to {len(LOOKS)} sets of ways with at least one way among them")
    first = next(iter(groups.values()))
    is_gas = first.commodity == "gas"
    unit = words["key.bcm" if is_gas else "key.mt"]
    heading = title or words["chart.cost_time"].format(origin=first.origin, destination=first.destination)
    figure = _sheet((WIDTH_IN, 5.2), heading, source or words["chart.source"])
    axes = _axes(figure, grid="both", language=language)
    labels: list[tuple[str, float, float, float]] = []
    for look, (name, group) in zip(LOOKS, groups.items(), strict=False):
        table = group.table
        sizes = [_mark_area(one) for one in table["capacity"].tolist()]
        axes.scatter(table["days"], table["cost_usd_t"], s=sizes, marker=look.mark, color=look.fill, edgecolor=INK, alpha=0.85, label=name)
        for rank, days, cost, capacity, size in zip(
            table["rank"].tolist(), table["days"].tolist(), table["cost_usd_t"].tolist(), table["capacity"].tolist(), sizes, strict=True
        ):
            which = f"{name} {rank}" if len(table) > 1 else name
            room = unit.format(x=text.number(capacity / 1000, language)) if math.isfinite(capacity) else words["chart.unlimited"]
            labels.append((f"{which}: {room}", days, cost, 0.7 * math.sqrt(size)))
    axes.set_xlabel(words["chart.days"], color=MUTED)
    axes.set_ylabel(words["chart.usd_gas" if is_gas else "chart.usd_t"], color=MUTED)
    axes.margins(0.22)
    _place(figure, axes, labels)
    return figure


def timeline_chart(
    frames: Mapping[str, pd.DataFrame], *, unit: str = "Mt", title: str = "", source: str = "", language: str = "en"
) -> Figure:
    """The largest flow by year, a line for each of up to five tables that `timeline` made; ``unit`` is Mt or bcm.

    Raises ValueError for no table or more than five, and another unit.
    """
    if not 1 <= len(frames) <= len(LOOKS):
        raise ValueError(f"timeline_chart draws 1 to {len(LOOKS)} tables, not {len(frames)}")
    words = text.strings(language)
    if f"chart.{unit}" not in words:
        raise ValueError(f"unit must be Mt or bcm; got {unit!r}")
    figure = _sheet((WIDTH_IN, 4.0), title or words["chart.timeline"], source or words["chart.source"])
    axes = _axes(figure, grid="y", language=language)
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
    axes.set_xticks(sorted(years), [str(year) for year in sorted(years)])
    axes.set_ylim(0, 1.15 * max(axes.dataLim.y1, 1e-9))
    axes.set_ylabel(words[f"chart.{unit}"], color=MUTED)
    _legend(axes, 2)
    return figure


def power_chart(
    frame: pd.DataFrame, *, unit: str = "", title: str = "", scale: float = 1000.0, source: str = "", language: str = "en"
) -> Figure:
    """Bargaining power by country, as `transit_power` tells it: Shapley value, Banzhaf value and nucleolus side by side.

    States that hold none are left out. ``scale`` is what the values are divided by for ``unit``: by default they are kt a
    year and shown as Mt a year. With ``worth_usd_t`` they are thousand USD: ``unit="million USD a year"``. Raises KeyError
    for a table without these columns.

    >>> import geodata, routes
    >>> power_chart(routes.transit_power(geodata.read_network(), "tengiz", "augusta-port", "crude", players=["RUS", "AZE"]))
    Chart: Bargaining power of transit states
    """
    words = text.strings(language)
    held = frame[(frame[["shapley", "banzhaf", "nucleolus"]].abs() > 1e-6).any(axis=1)]
    named = held.assign(country=[f"{COUNTRY}{code}" for code in held["country"]])
    heading, measure = title or words["chart.power"], unit or words["chart.Mt"]
    return ranking_chart(
        named, "country", ["shapley", "banzhaf", "nucleolus"], unit=measure, title=heading, scale=scale, source=source, language=language
    )


def flow_chart(allocation: Allocation, *, flow: str | None = None, title: str = "", source: str = "", language: str = "en") -> Figure:
    """From where, by which way and to where a plan's amounts go: bands as wide as the amounts, in Mt a year (gas: bcm).

    ``flow`` shows one flow of the case instead of all together. Each amount counts once, for the corridor that it follows
    farthest on land (at sea where there is none on land). What stays at its origin, and what a market lacks, is hatched.
    Raises ValueError for a flow that the case does not have.

    >>> import geodata, routes
    >>> flow_chart(routes.allocate(geodata.read_network(), routes.read_case("kazakh-crude-2024")), flow="kazakh-crude")
    Chart: From where, by which way and to where: kazakh-crude
    """
    from . import ribbons

    words = text.strings(language)
    names = [one.name for one in allocation.case.flows]
    if flow is not None and flow not in names:
        raise ValueError(f"{flow!r} is no flow of {allocation.case.name!r}; it has {', '.join(names)}")
    found = ribbons.flowing(allocation, names if flow is None else [flow])
    unit = words["chart.bcm" if allocation.case.flows[0].commodity == "gas" else "chart.Mt"]
    told = (
        source
        or f"{_case_source(f'{allocation.case.name}, {allocation.scenario.name}', language)} {words['chart.in_unit'].format(unit=unit)}"
    )
    heading = title or words["chart.flows"].format(x=flow or allocation.case.name)
    return ribbons.drawn(found, names_of(allocation.network, language), title=heading, source=told, language=language)


def _case_source(case: str, language: str) -> str:
    words = text.strings(language)
    return f"{words['chart.case'].format(x=case)} {words['chart.source']}"


def names_of(network: Network, language: str) -> dict[str, str]:
    """What a network calls its corridors, places and links; a link without a name of its own in a language by its ends."""
    places, corridors = (
        _in_language(frame, key, language) for frame, key in ((network.places, "place_id"), (network.corridors, "corridor_id"))
    )
    links = {link.link_id: f"{places[link.from_place]} – {places[link.to_place]}" for link in network.link_facts.values()}
    return {**corridors, **places, **links}


def _in_language(frame: pd.DataFrame, key: str, language: str) -> dict[str, str]:
    column = f"name_{language}"
    names = frame["name"] if language == "en" or column not in frame else frame[column].where(frame[column].astype(bool), frame["name"])
    return dict(zip(frame[key].tolist(), names.astype(str).tolist(), strict=True))


def _told(label: object, names: Mapping[str, str], language: str) -> str:
    """A label in words: several ids stand in a tuple, a country has a prefix."""
    parts = [str(part) for part in (label if isinstance(label, tuple) else (label,))]
    return (
        ", ".join(country_of(part.removeprefix(COUNTRY), language) if part.startswith(COUNTRY) else names.get(part, part) for part in parts)
        or text.strings(language)["chart.none"]
    )


def country_of(code: str, language: str) -> str:
    """What a language calls a country (ISO 3166-1 alpha-3); the code itself where it has no name."""
    names = text.country_names().get(code)
    return names[text.LANGUAGES.index(language)] if names else code


def _number(value: float, language: str) -> str:
    """A number with as many signs as a reader needs: three figures, whole from a hundred on."""
    return text.number(value, language, 0 if abs(value) >= 100 or value == 0 else 1 if abs(value) >= 0.95 else 2)


def _decimals(value: float) -> int:
    """The decimals that a round number on an axis needs."""
    return next((digits for digits in range(4) if abs(value - round(value, digits)) < 1e-9), 4)


def _mark_area(capacity: float) -> float:
    return min(MARK_MOST_PT2, MARK_PT2 + MARK_PT2_MT * capacity / 1000.0) if math.isfinite(capacity) else MARK_MOST_PT2


def _open(look: _Look) -> dict[str, Any]:
    """A bar of paper with a hatch in its colour, which stays apart from a full one without colour."""
    return {"facecolor": PAPER, "edgecolor": look.fill, "hatch": look.hatch, "linewidth": 1.0}


def _sheet(size: tuple[float, float], title: str, source: str) -> Figure:
    from .paper import Paper

    return Paper(size=size, title=textwrap.fill(title, 88), source=textwrap.fill(source, 130))


def _axes(figure: Figure, *, grid: str, language: str) -> Axes:
    axes = figure.add_subplot()
    if language != "en":
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: text.number(value, language, _decimals(value)))
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


def _bars(labels: Sequence[str], series: int, title: str, source: str, language: str) -> tuple[Figure, Axes]:
    """An empty chart of rows from the top down, as tall as its labels and bars need."""
    wrapped = [textwrap.fill(label, LABEL_SIGNS) for label in labels]
    lines = max((label.count("\n") + 1 for label in wrapped), default=1)
    tall = max(BAR_IN * max(series, 1.3), LINE_IN * (lines + 0.7))
    figure = _sheet((WIDTH_IN, 1.7 + tall * max(len(labels), 1)), title, source)
    axes = _axes(figure, grid="x", language=language)
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
    for told, x, y, radius in labels:
        note = axes.annotate(
            told,
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
