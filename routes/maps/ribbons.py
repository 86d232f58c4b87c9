"""How a flow chart is laid out: what flows where by which way, and bands as wide as the amounts, measured in points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from geodata.network import Network

from ..allocation import Allocation, Way
from . import style, text
from .lettering import Hand, span, wrapped
from .paper import Leaf, settled

WIDTH_PT = 648.0
_EDGE_PT, _BAR_PT, _GAP_PT = 14.0, 11.0, 5.0
_SIDE_PT, _MIDDLE_PT = 128.0, 132.0
_BODY_PT = 300.0
"""How high all amounts together stand."""
_LINE_PT = 9.6
_HAIR_PT = 0.7
"""A band is never thinner than that, so that it is seen."""
TITLE, HEADING = Hand(12.0, style.LIGHT["ink"], weight="bold"), Hand(8.0, style.LIGHT["muted"], weight="bold")
NAME, SOURCE = Hand(7.6, style.LIGHT["ink"]), Hand(6.6, style.LIGHT["muted"])
UNMET = "unmet"
HOME = "home:"
ELSEWHERE = "elsewhere"
_FILLS = tuple(style.MODE_COLOURS[key] for key in ("rail", "pipeline", "sea", "gas", "road", "inland_water"))
_ALPHA = 0.42


class Flowing(NamedTuple):
    """Amounts (kt a year, gas: mcm) by origin and way, and by way and market; a way is a corridor's id or one of the words above."""

    into: Mapping[tuple[str, str], float]
    out: Mapping[tuple[str, str], float]


def flowing(allocation: Allocation, flows: Sequence[str]) -> Flowing:
    """What the flows of a plan bring, each way counted once, and what they do not: what stays at its origin, what a market lacks.

    The way of an amount is the corridor that it follows farthest on land, or at sea where it follows none on land; what
    never leaves its country is home trade.
    """
    into: dict[tuple[str, str], float] = {}
    out: dict[tuple[str, str], float] = {}
    for way in allocation.sent:
        if way.flow in flows and way.amount > 0:
            name = _way_of(allocation.network, way)
            into[way.origin, name] = into.get((way.origin, name), 0.0) + way.amount
            out[name, way.destination] = out.get((name, way.destination), 0.0) + way.amount
    for frame, ends, column in ((allocation.supplies, into, "left"), (allocation.markets, out, "unmet")):
        for flow, place, lacking in zip(frame["flow"], frame["place_id"], frame[column], strict=True):
            key = (place, UNMET) if ends is into else (UNMET, place)
            if flow in flows and lacking > 0:
                ends[key] = ends.get(key, 0.0) + float(lacking)
    return Flowing(into, out)


def _way_of(network: Network, way: Way) -> str:
    home = network.place_facts[way.origin].country
    if set(way.countries) == {home}:
        return f"{HOME}{home}"
    facts = network.link_facts
    taken = set(way.links)
    followed = []
    for corridor, counted in network.corridor_counts.items():
        if not counted.isdisjoint(taken):
            own = [facts[link] for link in network.corridor_links[corridor] if link in taken]
            on_land = sum(link.length_km for link in own if link.mode != "sea")
            followed.append((-on_land, -sum(link.length_km for link in own), corridor))
    return min(followed)[2] if followed else ELSEWHERE


class _Node(NamedTuple):
    """A bar: its name in lines, the amount it stands for, and where it is."""

    lines: tuple[str, ...]
    amount: float
    x: float
    top: float
    height: float


def _node(told: str, amount: float, x: float, height: float, room: float) -> _Node:
    return _Node(tuple(wrapped(told, NAME, room)), amount, x, 0.0, height)


def drawn(found: Flowing, names: Mapping[str, str], *, title: str, source: str, language: str) -> Figure:
    """The chart of what flows; ``names`` are those of places and corridors."""
    words = text.strings(language)
    scale = _BODY_PT / (max(sum(found.into.values()), sum(found.out.values())) or 1.0)
    called = _Names(names, language)
    ways = _order(
        {name: max(_total(found.into, 1, name), _total(found.out, 0, name)) for name in _keys(found.into, 1) | _keys(found.out, 0)}
    )
    origins = _near({name: _total(found.into, 0, name) for name in _keys(found.into, 0)}, found.into, ways)
    markets = _near(
        {name: _total(found.out, 1, name) for name in _keys(found.out, 1)}, {(b, a): v for (a, b), v in found.out.items()}, ways
    )
    with settled():
        head = wrapped(title, TITLE, WIDTH_PT - 2 * _EDGE_PT)
        foot = wrapped(source, SOURCE, WIDTH_PT - 2 * _EDGE_PT)
        xs = (_EDGE_PT + _SIDE_PT, WIDTH_PT / 2 - _BAR_PT / 2, WIDTH_PT - _EDGE_PT - _SIDE_PT - _BAR_PT)
        rooms = (_SIDE_PT - 4, _MIDDLE_PT, _SIDE_PT - 4)
        columns = [
            [_node(called.told(name, amount), amount, x, max(amount * scale, _HAIR_PT), room) for name, amount in column.items()]
            for column, x, room in zip((origins, ways, markets), xs, rooms, strict=True)
        ]
        body = max(sum(_slot(node) for node in column) + _GAP_PT * (len(column) - 1) for column in columns)
        tall = 10 + 15 * len(head) + 18 + body + 14 + 9 * len(foot) + 8
        made = Leaf(size=(WIDTH_PT / 72, tall / 72), title=title, kind="Chart")
        axes = made.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, WIDTH_PT)
        axes.set_ylim(0, tall)
        axes.set_axis_off()
        for at, line in enumerate(head):
            _write(axes, _EDGE_PT, tall - 10 - 15 * at - 9, line, TITLE)
        for at, line in enumerate(foot):
            _write(axes, _EDGE_PT, 8 + 9 * (len(foot) - 1 - at), line, SOURCE)
        top = tall - 10 - 15 * len(head) - 18
        for x, key, side in zip((xs[0] + _BAR_PT, WIDTH_PT / 2, xs[2]), ("origins", "ways", "markets"), (1.0, 0.5, 0.0), strict=True):
            _write(axes, x - side * span(words[f"chart.{key}"], HEADING).width, top + 6, words[f"chart.{key}"], HEADING)
        placed = [_stacked(column, top, body) for column in columns]
        left, middle, right = (dict(zip(keys, nodes, strict=True)) for keys, nodes in zip((origins, ways, markets), placed, strict=True))
        looks = _looks(list(ways))
        _bands(axes, found.into, left, middle, looks, scale, way_at=1)
        _bands(axes, found.out, middle, right, looks, scale, way_at=0)
        for nodes, place in ((left, "left"), (middle, "middle"), (right, "right")):
            for name, node in nodes.items():
                _bar(axes, node, looks.get(name, style.LIGHT["ink"]), is_unmet=name == UNMET)
                _label(axes, node, place)
        return made


class _Names:
    def __init__(self, names: Mapping[str, str], language: str) -> None:
        self._names, self._language = names, language

    def told(self, name: str, amount: float) -> str:
        """A name and its amount in Mt (bcm)."""
        words = text.strings(self._language)
        called = self._names.get(name, name)
        if name == UNMET:
            called = words["chart.unmet"]
        elif name == ELSEWHERE:
            called = words["chart.elsewhere"]
        elif name.startswith(HOME):
            countries = text.country_names().get(name.removeprefix(HOME))
            called = words["chart.home"].format(x=countries[text.LANGUAGES.index(self._language)] if countries else name.removeprefix(HOME))
        return f"{called}:\u00a0{text.number(amount / 1000, self._language, 1 if amount >= 950 else 2)}"


def _keys(amounts: Mapping[tuple[str, str], float], at: int) -> set[str]:
    return {key[at] for key in amounts}


def _total(amounts: Mapping[tuple[str, str], float], at: int, name: str) -> float:
    return sum(amount for key, amount in amounts.items() if key[at] == name)


def _order(amounts: Mapping[str, float]) -> dict[str, float]:
    """The largest first, what is not delivered last."""
    return dict(sorted(amounts.items(), key=lambda item: (item[0] == UNMET, -item[1], item[0])))


def _near(amounts: Mapping[str, float], bands: Mapping[tuple[str, str], float], ways: Mapping[str, float]) -> dict[str, float]:
    """In the order of the ways that they lead to or come from, so that bands cross little."""
    rank = {name: at for at, name in enumerate(ways)}

    def middle(name: str) -> float:
        return sum(rank[way] * amount for (own, way), amount in bands.items() if own == name) / (amounts[name] or 1.0)

    return dict(sorted(amounts.items(), key=lambda item: (middle(item[0]), -item[1], item[0])))


def _slot(node: _Node) -> float:
    return max(node.height, _LINE_PT * len(node.lines))


def _stacked(column: Sequence[_Node], top: float, body: float) -> list[_Node]:
    """The bars of a column from the top down, with what is left of its height shared between them."""
    spare = body - sum(_slot(node) for node in column)
    gap = min(spare / (len(column) - 1), 4 * _GAP_PT) if len(column) > 1 else 0.0
    y = top - (spare - gap * (len(column) - 1)) / 2
    placed = []
    for node in column:
        placed.append(node._replace(top=y - (_slot(node) - node.height) / 2))
        y -= _slot(node) + gap
    return placed


def _looks(ways: Sequence[str]) -> dict[str, str]:
    return {name: style.LIGHT["muted"] if name == UNMET else _FILLS[at % len(_FILLS)] for at, name in enumerate(ways)}


def _bands(
    axes: Axes,
    amounts: Mapping[tuple[str, str], float],
    left: Mapping[str, _Node],
    right: Mapping[str, _Node],
    looks: Mapping[str, str],
    scale: float,
    *,
    way_at: int,
) -> None:
    """Draw a band for each amount, in the order of the bars on both sides."""
    starts, ends = {name: node.top for name, node in left.items()}, {name: node.top for name, node in right.items()}
    ranks = ({name: at for at, name in enumerate(left)}, {name: at for at, name in enumerate(right)})
    # On each side bands leave a bar in the order of where they go, so that they do not cross at the bar.
    tops: dict[tuple[str, str], tuple[float, float]] = {}
    for key in sorted(amounts, key=lambda key: (ranks[0][key[0]], ranks[1][key[1]])):
        tops[key] = (starts[key[0]], 0.0)
        starts[key[0]] -= amounts[key] * scale
    for key in sorted(amounts, key=lambda key: (ranks[1][key[1]], ranks[0][key[0]])):
        tops[key] = (tops[key][0], ends[key[1]])
        ends[key[1]] -= amounts[key] * scale
    for key, amount in amounts.items():
        colour = looks[key[way_at]]
        band = _band(left[key[0]].x + _BAR_PT, right[key[1]].x, *tops[key], max(amount * scale, _HAIR_PT))
        is_unmet = key[way_at] == UNMET
        fill: dict[str, Any] = {"facecolor": style.LIGHT["paper"], "hatch": "////"} if is_unmet else {"facecolor": colour, "alpha": _ALPHA}
        axes.add_patch(PathPatch(band, edgecolor=colour, linewidth=0.0 if is_unmet else 0.4, zorder=1 if is_unmet else 2, **fill))


def _band(left: float, right: float, start: float, end: float, thick: float) -> Path:
    """A band from one height on the left to another on the right, of even thickness."""
    half = (left + right) / 2
    there = [(left, start), (half, start), (half, end), (right, end)]
    back = [(right, end - thick), (half, end - thick), (half, start - thick), (left, start - thick)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return Path([*there, *back, (left, start)], codes)


def _bar(axes: Axes, node: _Node, colour: str, *, is_unmet: bool) -> None:
    fill: dict[str, Any] = {"facecolor": style.LIGHT["paper"], "hatch": "////"} if is_unmet else {"facecolor": colour}
    spot = (node.x, node.top - node.height)
    axes.add_patch(
        Rectangle(spot, _BAR_PT, node.height, edgecolor=colour if is_unmet else style.LIGHT["ink"], linewidth=0.5, zorder=3, **fill)
    )


def _label(axes: Axes, node: _Node, place: str) -> None:
    """Write a bar's name beside it: outside the chart at the edges, over the bands in the middle."""
    middle = node.top - node.height / 2
    for at, line in enumerate(node.lines):
        size = span(line, NAME)
        y = middle + _LINE_PT * (len(node.lines) / 2 - at - 1) + (_LINE_PT - size.up + size.down) / 2
        x = node.x - 4 - size.width if place == "left" else node.x + _BAR_PT + 4
        effects = [withStroke(linewidth=2.0, foreground=style.LIGHT["paper"])] if place == "middle" else None
        axes.text(x, y, line, fontproperties=NAME.font(), color=NAME.colour, zorder=5, path_effects=effects, parse_math=False)


def _write(axes: Axes, x: float, y: float, words: str, hand: Hand) -> None:
    axes.text(x, y, words, fontproperties=hand.font(), color=hand.colour, zorder=5, parse_math=False)
