"""A brief in words: what a report on a scenario says, in one language, ready to be set on two pages."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from geodata.network import Network

from ..briefing import BROKEN, CHANGED, ENDS, UNCHANGED, Brief, Change, FlowChange, Item, Statement
from ..comparison import Comparison
from . import charts, plates, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAP_IN = (7.2, 5.3)
#: Colours of a picture in a file: lines and letters keep their looks, and the file a quarter of its size.
COLOURS = 128
MOST = {"changes": 5, "flows": 6, "corridors": 7, "markets": 7, "countries": 7, "binds": 7, "statements": 9}
NAME_SIGNS = 46
TITLE_SIGNS = 110
SUBJECT_SIGNS = 60
SOURCE_SIGNS = 130
NOTE_SIGNS = 260
DASH = "–"
#: What a name says in brackets, and ids of statements in a note.
_BRACKETS = re.compile(r"\s*\([^()]*\)")
_IDS = re.compile(r"\s*\([^()]*[a-z]\.[a-z][^()]*\)")


class Column(NamedTuple):
    """A column's heading, its share of the table's width, and whether it holds numbers."""

    heading: str
    width: float
    number: bool = False


class Table(NamedTuple):
    """A heading, columns, rows of texts, and a line after them; ``strong`` are the rows that are sums, ``assumed`` assumptions."""

    heading: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    after: str = ""
    strong: frozenset[int] = frozenset()
    assumed: frozenset[int] = frozenset()


class Tile(NamedTuple):
    """A key number, what it counts, and what it was."""

    value: str
    label: str
    before: str


class Picture(NamedTuple):
    """A PNG picture, what it shows in words, and its width and height in dots."""

    png: bytes
    alt: str
    size: tuple[int, int]


class Told(NamedTuple):
    """A brief in one language: the texts, tables and pictures of its two pages."""

    language: str
    kicker: str
    title: str
    subtitle: str
    lead: tuple[str, ...]
    tiles: tuple[Tile, ...]
    map: Picture
    changes: Table
    flows: Table
    pairs: tuple[Table, ...]
    chart: Picture
    statements: Table
    limits_heading: str
    limits: tuple[str, ...]
    foot: str
    pages: tuple[str, str]


def told(brief: Brief, language: str = "en") -> Told:
    """The brief in ``language`` (en, ru, kk). Raises ValueError for another language."""
    voice = _Voice(brief, language)
    words = voice.words
    case = brief.comparison.case
    then = brief.scenario.year
    when = words["brief.case" if then in (None, case.year) else "brief.case.changed"]
    unit = words[f"brief.unit.{'bcm' if voice.gas else 'Mt'}"]
    return Told(
        language,
        words["brief.kicker"],
        voice.title,
        f"{when.format(case=case.name, year=case.year, then=then)}; {unit}",
        tuple(voice.lead()),
        tuple(voice.tiles()),
        _map(voice),
        voice.changes(),
        voice.flows(),
        (
            voice.items("corridors", brief.corridors),
            voice.items("markets", brief.markets),
            voice.items("countries", brief.countries),
            voice.binds(),
        ),
        _chart(voice),
        voice.statements(),
        words["brief.limits"],
        tuple(voice.limits()),
        f"{words['brief.made']} {words['disclaimer']}",
        (words["brief.page"].format(n=1), words["brief.page"].format(n=2)),
    )


def headline(brief: Brief, language: str = "en") -> str:
    """The first sentence of a brief after its title."""
    voice = _Voice(brief, language)
    return f"{voice.title}. {next(iter(voice.lead()))}"


class _Voice:
    """What a brief says, in the words of a language."""

    def __init__(self, brief: Brief, language: str) -> None:
        self.brief = brief
        self.language = language
        self.words = text.strings(language)
        self.network: Network = brief.before.network
        self.gas = brief.before.unit == "mcm"
        self.names = charts.names_of(self.network, language)
        self.title = _cut(self.words.get(f"scenario.{brief.scenario_id}") or brief.scenario.name, TITLE_SIGNS)

    def number(self, value: float, digits: int = 1) -> str:
        """A number, a dash for one that is not known, and the word for one without end."""
        if math.isnan(value):
            return DASH
        # Minus zero is zero.
        return self.words["chart.unlimited"] if math.isinf(value) else text.number(round(value, digits) + 0.0, self.language, digits)

    def plain(self, kt: float) -> str:
        """An amount in Mt (bcm) with as many figures as a reader needs."""
        return self.number(kt / 1000.0, 1 if not 0.5 <= kt < 950 else 2)

    def amount(self, kt: float) -> str:
        """An amount with its unit."""
        return self.words["unit.bcm/yr" if self.gas else "unit.Mt/yr"].format(n=self.plain(kt))

    def cell(self, kt: float) -> str:
        """An amount in a table."""
        return self.number(kt / 1000.0, 2)

    def flow(self, name: str) -> str:
        """What a flow is called."""
        return _cut(self.words.get(f"flow.{name}") or name, NAME_SIGNS)

    def name(self, one: str) -> str:
        """What a link, place, corridor or country is called, without what stands in brackets."""
        code = one.removeprefix(charts.COUNTRY)
        if one != code or (one not in self.names and code in text.country_names()):
            return charts.country_of(code, self.language)
        named = self.names.get(one, one)
        return _BRACKETS.sub("", named).strip() or named

    def lead(self) -> list[str]:
        """The headline: sentences of computed numbers."""
        return [sentence[:1].upper() + sentence[1:] for sentence in self._sentences()]

    def _sentences(self) -> list[str]:
        brief, words = self.brief, self.words
        if brief.outcome == BROKEN:
            return [
                words["brief.broken"].format(
                    flow=self.flow(one.flow), x=self.name(one.id), a=self.amount(one.lacking), b=self.amount(one.promised)
                )
                for one in brief.missing[:3]
            ]
        said = [words["brief.unchanged"]] if brief.outcome == UNCHANGED else []
        said += self._used() or self._moved()
        before, after = brief.before, brief.after
        was, were = self.plain(before.delivered), self.plain(before.asked)
        said.append(words["brief.delivered"].format(a=self.plain(after.delivered), b=self.amount(after.asked), c=was, d=were))
        costs = self._means()
        if not any(math.isnan(one) for one in costs) and brief.outcome == CHANGED:
            key = "brief.cost.gas" if self.gas else "brief.cost"
            said.append(words[key].format(**dict(zip("abcd", (self.number(one) for one in costs), strict=True))))
        plans = brief.comparison.plans
        ends = [plans[one].delivered for one in self._ends() if one in plans]
        if len(ends) == len(ENDS) and max(ends) - min(ends) > 1:
            said.append(words["brief.range"].format(a=self.amount(ends[0]), b=self.amount(ends[1])))
        return said

    def _used(self) -> list[str]:
        """What went by what the scenario changes, and where it goes now."""
        brief, words = self.brief, self.words
        then = sum(flow.used_after for flow in brief.flows)
        parts = {"b": brief.rerouted, "c": brief.lost, "d": then}
        amounts = {"a": self.amount(brief.used) + self._of_it(), **{key: self.plain(value) for key, value in parts.items()}}
        if brief.scenario.close and not then:
            if brief.used < 1:
                return [words["brief.closed.none"]]
            return [words["brief.closed"].format(**amounts)]
        if brief.used - then > 1:
            return [words["brief.less"].format(**amounts)]
        return [words["brief.used.more"].format(a=self.plain(brief.used), d=self.amount(then))] if then - brief.used > 1 else []

    def _moved(self) -> list[str]:
        """The corridor, or else the country, with the largest change."""
        for one in (*self.brief.corridors[:1], *self.brief.countries[:1]):
            if abs(one.after - one.before) > 1:
                return [self.words["brief.moved"].format(x=self.name(one.id), a=self.amount(one.after), b=self.plain(one.before))]
        return []

    def _of_it(self) -> str:
        """Which flows used what the scenario changes, where there are several."""
        using = sorted((flow for flow in self.brief.flows if flow.used_before > 1), key=lambda one: (-one.used_before, one.flow))
        listed = "; ".join(f"{self.flow(one.flow)} {self.plain(one.used_before)}" for one in using[:3])
        return f" ({listed})" if len(using) > 1 else ""

    def _means(self) -> tuple[float, float, float, float]:
        """Cost after and before, days after and before."""
        table = self.brief.comparison.table
        before = table.iloc[0]
        after = before if self.brief.outcome == BROKEN else table.iloc[1]
        return float(after["cost_usd_t"]), float(before["cost_usd_t"]), float(after["days"]), float(before["days"])

    def _ends(self) -> list[str]:
        return [one.name for one in self.brief.comparison.scenarios[2:]]

    def tiles(self) -> list[Tile]:
        """The key numbers, each with what it was before."""
        brief, words = self.brief, self.words
        then = sum(flow.used_after for flow in brief.flows)
        cost, cost_before, days, days_before = self._means()
        first = ("used", then, brief.used) if max(then, brief.used) > 1 else ("asked", brief.after.asked, brief.before.asked)
        found = [
            (first[0], self.plain(first[1]), self.plain(first[2])),
            ("delivered", self.plain(brief.after.delivered), self.plain(brief.before.delivered)),
            ("unmet", self.plain(brief.after.unmet), self.plain(brief.before.unmet)),
            ("cost.gas" if self.gas else "cost", self.number(cost), self.number(cost_before)),
            ("days", self.number(days), self.number(days_before)),
        ]
        return [Tile(now, words[f"brief.tile.{key}"], words["brief.was"].format(x=was)) for key, now, was in found]

    def changes(self) -> Table:
        """The changes, each with the amount before and after."""
        words = self.words
        columns = (
            self._column("action", 0.24),
            self._column("what", 0.52),
            self._column("before", 0.12, number=True),
            self._column("after", 0.12, number=True),
        )
        rows = tuple(self._change(one) for one in self.brief.changes[: MOST["changes"]])
        note = self.brief.scenario.note
        said = [self._more(len(self.brief.changes), len(rows))]
        said += [words["brief.note"].format(x=_cut(note, NOTE_SIGNS))] if note else []
        return Table(words["brief.changes"], columns, rows, "; ".join(one for one in said if one))

    def _change(self, one: Change) -> tuple[str, ...]:
        named = f"{self.flow(one.flow)}: {self.name(one.target)}" if one.flow else self.name(one.target)
        if one.action == "year":
            return (self.words["brief.do.year"], "", str(self.brief.comparison.case.year), one.value)
        after = self.cell(one.after)
        if math.isnan(one.after) and one.value:
            after = "×" + self.number(float(one.value[1:]), 2) if one.value.startswith("x") else one.value
        return (self.words[f"brief.do.{one.action}"], _cut(named, 2 * NAME_SIGNS), self.cell(one.before), after)

    def flows(self) -> Table:
        """A row per flow and one for all of them: before and after in turn."""
        words = self.words
        arrow = f"{words['brief.before'].lower()} → {words['brief.after'].lower()}"
        cost = words["brief.usd.gas" if self.gas else "brief.usd"]
        columns = (
            self._column("flow", 0.24),
            self._column("asked", 0.10, number=True),
            Column(f"{words['brief.got']}: {arrow}", 0.20, number=True),
            Column(words["brief.lacking"], 0.16, number=True),
            Column(cost, 0.16, number=True),
            self._column("days", 0.14, number=True),
        )
        found = self.brief.flows
        rows = [self._flow_row(self.flow(one.flow), one) for one in found[: MOST["flows"]]]
        after = self._more(len(found), len(rows))
        if len(found) > 1:
            rows.append(self._flow_row(words["brief.all"], self._sum()))
        return Table(words["brief.flows"], columns, tuple(rows), after, frozenset({len(rows) - 1}) if len(found) > 1 else frozenset())

    def _sum(self) -> FlowChange:
        before, after = self.brief.before, self.brief.after
        cost, cost_before, days, days_before = self._means()
        amounts = (before.asked, after.asked, before.delivered, after.delivered)
        return FlowChange("", *amounts, cost_before, cost, days_before, days, 0.0, 0.0)

    def _flow_row(self, name: str, one: FlowChange) -> tuple[str, ...]:
        lacking = (max(one.asked_before - one.delivered_before, 0.0), max(one.asked_after - one.delivered_after, 0.0))
        return (
            _cut(name, NAME_SIGNS),
            self.cell(one.asked_after),
            f"{self.cell(one.delivered_before)} → {self.cell(one.delivered_after)}",
            f"{self.cell(lacking[0])} → {self.cell(lacking[1])}",
            f"{self.number(one.cost_before)} → {self.number(one.cost_after)}",
            f"{self.number(one.days_before)} → {self.number(one.days_after)}",
        )

    def items(self, kind: str, found: Sequence[Item]) -> Table:
        """Corridors, markets or countries with their amounts, the largest change first."""
        columns = (
            self._column("what", 0.55),
            *(self._column(name, 0.15, number=True) for name in ("before", "after", "change")),
        )
        rows = []
        for one in found[: MOST[kind]]:
            change = one.after - one.before
            signed = self.cell(0.0) if abs(change) < 5 else ("+" if change > 0 else "−") + self.cell(abs(change))
            named = charts.country_of(one.id, self.language) if kind == "countries" else self.name(one.id)
            rows.append((_cut(named, NAME_SIGNS), self.cell(one.before), self.cell(one.after), signed))
        return Table(self.words[f"brief.{kind}"], columns, tuple(rows), self._more(len(found), len(rows)))

    def binds(self) -> Table:
        """What is full, with the price of one more tonne."""
        words, binding = self.words, self.brief.binding
        price = "brief.price.gas" if self.gas else "brief.price"
        columns = (self._column("what", 0.56), self._column("capacity", 0.20, number=True), Column(words[price], 0.24, number=True))
        rows = [
            (_cut(self.name(one.id), NAME_SIGNS), self.cell(one.capacity), self._price(one.price_usd_t, one.arrives)) for one in binding
        ]
        shown = tuple(rows[: MOST["binds"]])
        after = [self._more(len(rows), len(shown)), words["brief.price.note"] if any(one.arrives for one in binding) else ""]
        return Table(words["brief.binds"], columns, shown, "; ".join(one for one in after if one) if rows else words["brief.binds.none"])

    def _price(self, price: float, arrives: bool) -> str:
        if arrives:
            return self.words["brief.arrives"]
        return self.number(price, 0 if price >= 99.5 else 2)

    def statements(self) -> Table:
        """What limits and changes stand on, assumptions set apart."""
        words, found = self.words, self.brief.statements
        columns = (self._column("what", 0.28), self._column("value", 0.16), self._column("kind", 0.14), self._column("source", 0.42))
        # What is assumed must not be what is cut off.
        order = sorted(range(len(found)), key=lambda at: found[at].kind != "assumption")
        kept = sorted(order[: MOST["statements"]])
        rows = tuple(self._statement(found[at]) for at in kept)
        left = [found[at] for at in order[MOST["statements"] :]]
        assumed = sum(one.kind == "assumption" for one in left)
        after = words["brief.more.assumed"].format(n=len(left), m=assumed) if assumed else self._more(len(found), len(kept))
        marked = frozenset(row for row, at in enumerate(kept) if found[at].kind == "assumption")
        return Table(words["brief.statements"], columns, rows, after if found else words["brief.statements.none"], assumed=marked)

    def _statement(self, one: Statement) -> tuple[str, ...]:
        named = "; ".join(self.name(name) for name in one.ids)
        source = ", ".join(part for part in (one.title, one.publisher, one.date) if part) or _IDS.sub("", one.note)
        kind = self.words.get(f"brief.kind.{one.kind}", one.kind)
        return (_cut(named, SUBJECT_SIGNS), self._value(one), kind, _cut(source, SOURCE_SIGNS))

    def _value(self, one: Statement) -> str:
        """The value as stated, with its range and unit."""
        if math.isnan(one.value):
            return ""
        value = self._short(one.value)
        span = [self._short(side) for side in (one.low, one.high) if not math.isnan(side)]
        inside = f" ({' – '.join(span)})" if span else ""
        unit = self.words.get(f"unit.{one.unit}")
        return unit.format(n=f"{value}{inside}") if unit else f"{value}{inside} {one.unit}".strip()

    def _short(self, value: float) -> str:
        digits = next((digits for digits in (0, 1, 2) if abs(value - round(value, digits)) < 1e-9), 2)
        return self.number(value, digits)

    def limits(self) -> list[str]:
        """What the model does not know."""
        return [self.words[f"brief.limit.{key}"] for key in ("plan", "contracts", "cost", "inputs")]

    def comparison(self) -> Comparison:
        """The comparison with its scenarios called as this language calls them."""
        found, words = self.brief.comparison, self.words
        ends = [words["brief.low" if name.endswith(ENDS[0]) else "brief.high"] for name in self._ends()]
        called = [words["brief.base"], self.title, *ends]
        new = {one.name: name for one, name in zip(found.scenarios, called, strict=True)}
        scenarios = tuple(replace(one, name=new[one.name]) for one in found.scenarios)
        named = {one.name: one for one in scenarios}
        plans = {new[name]: replace(plan, scenario=named[new[name]]) for name, plan in found.plans.items()}
        return replace(found, scenarios=scenarios, plans=plans, reasons={new[name]: why for name, why in found.reasons.items()})

    def _more(self, count: int, shown: int) -> str:
        return self.words["brief.more"].format(n=count - shown) if count > shown else ""

    def _column(self, key: str, width: float, *, number: bool = False) -> Column:
        return Column(self.words[f"brief.{key}"], width, number)


def _cut(words: str, most: int) -> str:
    """Words in one line, cut where they are too long."""
    line = " ".join(words.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _map(voice: _Voice) -> Picture:
    brief = voice.brief
    changed = brief.outcome == CHANGED
    before, *after = voice.comparison().plans.values()
    drawn = plates.figure(
        voice.network,
        allocation=after[0] if changed else before,
        compared=before if changed else None,
        language=voice.language,
        size=MAP_IN,
    )
    return _picture(drawn, f"{voice.words['brief.map' if changed else 'brief.map.plan']}: {voice.title}")


def _chart(voice: _Voice) -> Picture:
    heading = voice.words["chart.scenarios"].format(x=voice.title)
    source = f"{voice.words['chart.case'].format(x=voice.brief.comparison.case.name)} {voice.words['brief.made']}"
    drawn = charts.scenario_chart(voice.comparison(), title=heading, source=source, language=voice.language)
    return _picture(drawn, heading)


def _picture(drawn: Figure, alt: str) -> Picture:
    from .paper import PRINT_DPI, few_colours

    png, size = few_colours(drawn, dpi=PRINT_DPI, colours=COLOURS)
    return Picture(png, alt, size)
