"""What a printed map tells with its lines: capacities, the amounts of a plan, the change between two plans, or ways."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geodata.schema import split_list

from ..allocation import Allocation
from . import payload, style, text
from .keys import Entry, Group
from .strokes import FAINT_STROKE, LEAST_PT, PT_PER_PX, Stroke, capacity_stroke, is_minor

#: kt a year (gas: mcm): a smaller amount is none, and a smaller difference no change.
TRACE = 0.5
GAINED, LOST, SAME = style.MODE_COLOURS["rail"], style.MODE_COLOURS["pipeline"], "#7b8085"
_LOST_DASH = (2.6, 1.5)
_SAMPLES_MT, _SAMPLES_BCM = (0.1, 1.0, 3.0, 10.0, 30.0, 70.0), (1.0, 5.0, 20.0, 50.0)
_MOST_SAMPLES = 3


Way = tuple[str, Sequence[str]]
"""A way that is picked out on a map: what the legend says of it, and its link ids in order."""


@dataclass(frozen=True)
class Look:
    """How the chosen links are drawn, one stroke each, and what the legend says of that.

    Links go by their position. ``amounts`` are written beside lines, with the size (kt, gas: mcm) that ranks them;
    ``routes`` are labels of ways and their links; ``shown`` are the links that the map is cut to and whose places it
    shows (None: all), ``ends`` the places that matter most.
    """

    strokes: tuple[Stroke, ...]
    groups: tuple[Group, ...]
    amounts: Mapping[int, tuple[str, float]] = field(default_factory=dict)
    routes: tuple[tuple[str, frozenset[int]], ...] = ()
    shown: tuple[int, ...] | None = None
    ends: frozenset[str] = frozenset()
    source: str = ""


def by_capacity(chosen: payload.Selection, language: str) -> Look:
    """Width by capacity, dashes by status, arrows on links that go one way."""
    rows = _rows(chosen)
    strokes = _full(rows)
    widths = _with(_widths("figure.width", rows, _capacities(rows), language), _arrows(strokes, "one_way", language))
    return Look(strokes, (_modes(rows, language), widths, _states(rows, language)))


def by_route(chosen: payload.Selection, ways: Sequence[Way], language: str) -> Look:
    """The links of some ways as above, all others thin and pale."""
    positions = tuple((label, frozenset(chosen.link_at[link] for link in links)) for label, links in ways)
    chosen_ways = set().union(*(links for _, links in positions))
    picked = sorted(chosen_ways)
    rows = _rows(chosen)
    used = [rows[at] for at in picked]
    full = _full(rows)
    strokes = tuple(stroke if at in chosen_ways else _pale(stroke) for at, stroke in enumerate(full))
    words = text.strings(language)
    numbers = Group(words["figure.ways"], tuple(Entry(label, badge=str(at)) for at, (label, _) in enumerate(positions, start=1)))
    others = [Entry(words["figure.others"], _pale(FAINT_STROKE))] if len(picked) < len(rows) else []
    widths = _with(_widths("figure.width", used, _capacities(used), language), _arrows(strokes, "one_way", language))
    groups = (numbers, _with(_modes(used, language), others), widths, _states(used, language))
    return Look(strokes, groups, routes=positions, ends=_outermost(ways, chosen))


def by_plan(chosen: payload.Selection, allocation: Allocation, compared: Allocation | None, language: str) -> Look:
    """Width by the amount of a plan, or by the change from one plan to another; what is not used is thin and grey."""
    now, before = _amounts(allocation), _amounts(compared) if compared else {}
    rows = _rows(chosen)
    strokes: list[Stroke] = []
    amounts: dict[int, tuple[str, float]] = {}
    shown = []
    for at, row in enumerate(rows):
        (used, net), (was, was_net) = now.get(row["link_id"], (0.0, 0.0)), before.get(row["link_id"], (0.0, 0.0))
        change = used - was
        if max(used, was) < TRACE:
            strokes.append(FAINT_STROKE)
            continue
        shown.append(at)
        if compared is None:
            strokes.append(_stroke(row, used, arrow=_sign(net)))
            amounts[at] = (_told(used, language), used)
        elif abs(change) < TRACE:
            strokes.append(_change(0.0, gas=_is_gas(row)))
        else:
            strokes.append(_change(change, gas=_is_gas(row), arrow=_sign(net if used >= TRACE else was_net)))
            amounts[at] = (("+" if change > 0 else "−") + _told(abs(change), language), abs(change))
    used_rows = [rows[at] for at in shown]
    words = text.strings(language)
    flows = allocation.case.flows
    case = f"{allocation.case.name}, {allocation.scenario.name}" + (f" / {compared.scenario.name}" if compared else "")
    unused = [Entry(words["figure.unused"], FAINT_STROKE)] if len(shown) < len(rows) else []
    lines = _modes(used_rows, language) if compared is None else _changes(strokes, language)
    heading = "figure.amount" if compared is None else "figure.change"
    widths = _widths(heading, [rows[at] for at in amounts], [size for _, size in amounts.values()], language)
    return Look(
        tuple(strokes),
        (_with(lines, unused), _with(widths, _arrows(strokes, "figure.flow", language))),
        amounts,
        shown=tuple(shown),
        ends=frozenset(place for flow in flows for place in (*flow.supply, *flow.demand)),
        source=words["figure.computed"].format(case=case),
    )


def by_flow(chosen: payload.Selection, amounts: Mapping[str, float], cut: frozenset[str], language: str) -> Look:
    """Width by amount (negative: against the link's direction); links of a cut are black."""
    rows = _rows(chosen)
    strokes = []
    told: dict[int, tuple[str, float]] = {}
    for at, row in enumerate(rows):
        amount = amounts.get(row["link_id"], 0.0)
        stroke = _stroke(row, abs(amount), arrow=_sign(amount))
        strokes.append(stroke._replace(colour=style.LIGHT["ink"], width=max(stroke.width, 2.0)) if row["link_id"] in cut else stroke)
        if abs(amount) >= TRACE:
            told[at] = (_told(abs(amount), language), abs(amount))
    return Look(tuple(strokes), (), told)


def marks(kinds: Sequence[str], language: str) -> Group:
    """What the marks of places mean."""
    words = text.strings(language)
    order = sorted(set(kinds), key=lambda kind: (is_minor(kind), words.get(f"kind.{kind}", kind)))
    return Group(words["marks"], tuple(Entry(words.get(f"kind.{kind or 'place'}", kind), mark=kind) for kind in order))


def _rows(chosen: payload.Selection) -> list[dict[Any, Any]]:
    return list(chosen.links.drop(columns="geometry").to_dict("records"))


def _is_gas(row: Mapping[Any, Any]) -> bool:
    return split_list(row["commodities"]) == ("gas",)


def _key(row: Mapping[Any, Any]) -> str:
    return style.colour_key(row["mode"], split_list(row["commodities"]))


def _stroke(row: Mapping[Any, Any], amount: float, *, arrow: int, status: str = "operating") -> Stroke:
    return capacity_stroke(amount, _key(row), status, gas=_is_gas(row), arrow=arrow)


def _full(rows: Sequence[Mapping[Any, Any]]) -> tuple[Stroke, ...]:
    return tuple(_stroke(row, float(row["capacity"]), arrow=int(not row["both_ways"]), status=str(row["status"])) for row in rows)


def _pale(stroke: Stroke) -> Stroke:
    """A stroke that stands back: thin, and half as dark."""
    half = "#" + "".join(f"{(int(stroke.colour[at : at + 2], 16) + 255) // 2:02x}" for at in (1, 3, 5))
    return Stroke(LEAST_PT, half, stroke.dash, faint=True)


def _capacities(rows: Sequence[Mapping[Any, Any]]) -> list[float]:
    return [float(row["capacity"]) for row in rows]


def _outermost(ways: Sequence[Way], chosen: payload.Selection) -> frozenset[str]:
    """The places at which ways start and end: ends of the first and last links that lead to no other link of the way."""
    found = set()
    for _, links in ways:
        rows = [chosen.links.iloc[chosen.link_at[link]] for link in links]
        places = [place for row in rows for place in (row["from_place"], row["to_place"])]
        found |= {place for place in places if places.count(place) == 1}
    return frozenset(found)


def _amounts(plan: Allocation) -> dict[str, tuple[float, float]]:
    """What uses each link, both ways and all flows together, and what of it goes along the link more than against it."""
    net = plan.flows.groupby("link_id")["amount"].sum()
    rows = zip(plan.links["link_id"].tolist(), plan.links["amount"].tolist(), strict=True)
    return {link: (amount, float(net.get(link, 0.0))) for link, amount in rows}


def _sign(value: float) -> int:
    return int(value > TRACE) - int(value < -TRACE)


def _plain(amount: float, language: str) -> str:
    """An amount of a sample, without decimals that say nothing."""
    digits = next((digits for digits in (0, 1, 2) if round(amount, digits) == amount), 3)
    return text.number(amount, language, digits)


def _told(amount: float, language: str) -> str:
    """An amount in Mt (bcm) with as many figures as a reader needs."""
    return text.number(amount / 1000, language, 1 if amount >= 950 else 2)


def _change(change: float, *, gas: bool, arrow: int = 0) -> Stroke:
    if change == 0:
        return Stroke(LEAST_PT, SAME)
    width = max(1.3, PT_PER_PX * style.width_px(abs(change), gas=gas))
    return Stroke(width, GAINED if change > 0 else LOST, () if change > 0 else _LOST_DASH, arrow=arrow)


def _changes(strokes: Sequence[Stroke], language: str) -> Group:
    words = text.strings(language)
    samples = [
        ("figure.gained", _change(8000, gas=False)),
        ("figure.lost", _change(-8000, gas=False)),
        ("figure.same", _change(0, gas=False)),
    ]
    there = {stroke.colour for stroke in strokes}
    return Group(words["figure.against"], tuple(Entry(words[key], stroke) for key, stroke in samples if stroke.colour in there))


def _modes(rows: Sequence[Mapping[Any, Any]], language: str) -> Group:
    words = text.strings(language)
    keys = {_key(row) for row in rows}
    order = [key for key in style.MODE_COLOURS if key in keys]
    return Group(
        words["figure.colour"],
        tuple(
            Entry(words[f"mode.{'oil' if key == 'pipeline' and 'gas' in keys else key}"], capacity_stroke(12_000, key, "", gas=False))
            for key in order
        ),
    )


def _widths(heading: str, rows: Sequence[Mapping[Any, Any]], sizes: Sequence[float], language: str) -> Group:
    """Samples of widths, as wide as lines of such an amount are on the map, and the thin line of what has no limit."""
    words = text.strings(language)
    ink = style.LIGHT["muted"]
    entries = []
    for gas, unit, samples in ((False, "unit.Mt/yr", _SAMPLES_MT), (True, "unit.bcm/yr", _SAMPLES_BCM)):
        there = [size / 1000 for row, size in zip(rows, sizes, strict=True) if _is_gas(row) is gas and size < float("inf")]
        fitting = [one for one in samples if there and min(there) <= one <= max(there)] or [
            float(f"{most:.2g}") for most in sorted(there)[-1:]
        ]
        for one in fitting[-_MOST_SAMPLES:]:
            stroke = capacity_stroke(1000 * one, "transfer", "", gas=gas)
            entries.append(Entry(words[unit].format(n=_plain(one, language)), stroke._replace(colour=ink)))
    if any(size == float("inf") for size in sizes):
        entries.append(Entry(words["unlimited"], capacity_stroke(float("inf"), "transfer", "", gas=False)._replace(colour=ink)))
    return Group(words[heading], tuple(entries))


def _states(rows: Sequence[Mapping[Any, Any]], language: str) -> Group:
    """What the dashes mean, where there are any; states with one dash share a line of the legend."""
    words = text.strings(language)
    there = {str(row["status"]) for row in rows}
    told: dict[str, list[str]] = {}
    for status, dash in style.DASHES.items():
        if status in there:
            told.setdefault(dash, []).append(words[f"status.{status}"])
    dashed = any(told)
    entries = [
        Entry(", ".join(names), capacity_stroke(0, "transfer", next(s for s, d in style.DASHES.items() if d == dash), gas=False))
        for dash, names in told.items()
    ]
    return Group(words["figure.state"], tuple(entries) if dashed else ())


def _arrows(strokes: Sequence[Stroke], key: str, language: str) -> list[Entry]:
    there = any(stroke.arrow and not stroke.faint for stroke in strokes)
    return [Entry(text.strings(language)[key], Stroke(LEAST_PT, style.LIGHT["muted"], arrow=1))] if there else []


def _with(group: Group, entries: Sequence[Entry]) -> Group:
    return group._replace(entries=(*group.entries, *entries))
