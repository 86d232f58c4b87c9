"""Sheets: the pages of the gallery that are tables, one file each without a script: claims, known years, scenarios."""

from __future__ import annotations

import base64
import hashlib
import html
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from geodata.ledger import ledger_table
from geodata.network import Network

from ..cases import read_case
from ..comparison import Comparison, compare
from ..known_years import errors_by_year, hindcast
from ..scenarios import Scenario
from ..stored import scenario_names
from ..verdicts import HOLDS, NOT, claims
from . import style, text
from .thumbnail import HEIGHT_PX, WIDTH_PX

_CSS = """
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink)}
body{font:16px/1.5 "Segoe UI","Noto Sans",Roboto,"Helvetica Neue","DejaVu Sans",Arial,sans-serif}
.wrap{max-width:1240px;margin:0 auto;padding:28px 24px}
a{color:var(--accent);text-underline-offset:3px}
h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;margin:18px 0 6px}
h2{font-size:20px;line-height:1.3;margin:34px 0 6px}
p{max-width:90ch;margin:6px 0}
.lead,.small{color:var(--muted)}
.small{font-size:14px}
table{border-collapse:collapse;width:100%;margin:12px 0;font-size:15px}
th,td{text-align:left;vertical-align:top;padding:8px 10px;border-bottom:1px solid var(--rule)}
thead th{color:var(--muted);font-weight:600;font-size:14px;border-bottom:2px solid var(--field)}
tbody th{font-weight:600;min-width:17ch}
.scroll{overflow-x:auto}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead .n{white-space:normal}
.why{font-size:14px;min-width:20ch}
.v{display:inline-block;padding:1px 8px;border-radius:10px;border:1px solid currentColor;font-size:14px}
.v-yes{color:var(--sourced);background:var(--sourced-bg)}
.v-if,.v-no{color:var(--assumed);background:var(--assumed-bg)}
.v-no{border-style:dashed}
.lang{position:absolute;opacity:0}
nav{display:flex;flex-wrap:wrap;gap:6px 18px;align-items:baseline}
nav label{cursor:pointer;color:var(--accent);text-decoration:underline;text-underline-offset:3px}
HIDE
@media (max-width:760px){
.wrap{padding:18px 14px}
table,tbody,tr,th,td{display:block;width:100%}
thead{display:none}
tbody tr{border-bottom:2px solid var(--rule);padding:8px 0}
th,td{border:0;padding:3px 0}
.n{text-align:left;white-space:normal}
.why{min-width:0}
td::before{display:block;color:var(--muted);font-size:13px;font-weight:400}
td:empty{display:none}
BEFORE
}
@media print{nav{display:none}tr{break-inside:avoid}}
"""
Row = Sequence[object]


class Column(NamedTuple):
    """A column: the key of its heading in the string tables (or a plain text), and how its cells look."""

    heading: str
    kind: str = "text"


class Section(NamedTuple):
    """A heading, a table, and a sentence after it (escaped HTML)."""

    heading: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    after: str = ""


class Filled(NamedTuple):
    """What a sheet shows once computed; ``bars`` are those of its picture, from the top: length (0..1) and mode colour.

    ``table`` are its numbers to take away, amounts in kt a year.
    """

    key_number: str
    notes: tuple[str, ...]
    sections: tuple[Section, ...]
    bars: tuple[tuple[float, str], ...]
    table: pd.DataFrame


@dataclass(frozen=True)
class Sheet:
    """A page of tables; its words stand in the string tables under ``page.NAME.title`` and ``page.NAME.question``.

    ``group`` and ``uses`` are those of a `pages.Page`.
    """

    name: str
    fill: Callable[[Network], Filled]
    uses: tuple[str, ...] = ()
    group: str = "finding"

    @property
    def file(self) -> str:
        return f"{self.name}.html"

    def title(self, language: str) -> str:
        return text.strings(language)[f"page.{self.name}.title"]

    def question(self, language: str) -> str:
        return text.strings(language)[f"page.{self.name}.question"]


def packaged_sheets() -> tuple[Sheet, ...]:
    """The sheets of the packaged network, in the order of the gallery."""
    both = ("cases", "scenarios")
    return (Sheet("scenarios", _scenarios, both), Sheet("claims", _claims, both), Sheet("hindcast", _hindcast, ("cases",)))


def _claims(network: Network) -> Filled:
    table = claims(network)
    rows = []
    for row in _each(table):
        kind = "yes" if row.verdict == HOLDS else "no" if row.verdict == NOT else "if"
        said = "" if math.isnan(row.document_value) else f"{_number(row.document_value)} {row.unit}"
        span = f"{_number(row.low)} – {_number(row.high)}" if not math.isnan(row.low) else ""
        source = f'<br><span class="small">{html.escape(str(row.document))}, line {row.line}</span>'
        verdict = f'<span class="v v-{kind}">{html.escape(row.verdict)}</span>'
        found = f"{_number(row.network_value)} {row.unit}" if not math.isnan(row.network_value) else ""
        rows.append((_Raw(html.escape(row.claim) + source), said, found, span, _Raw(verdict), row.why))
    columns = tuple(
        Column(f"sheet.{name}", kind)
        for name, kind in (
            ("claim", "head"),
            ("document_value", "n"),
            ("network_value", "n"),
            ("range", "n"),
            ("verdict", "text"),
            ("why", "why"),
        )
    )
    counts = table["verdict"].map(lambda verdict: verdict if verdict in (HOLDS, NOT) else "if").value_counts()
    key = text.strings("en")["key.claims"].format(
        n=len(table), holds=counts.get(HOLDS, 0), **{"if": counts.get("if", 0), "not": counts.get(NOT, 0)}
    )
    papers = ledger_table("documents")
    listed = [(row.document_id, f"{row.title} ({row.publisher}, {row.date})") for row in _each(papers)]
    sections = (
        Section("", columns, tuple(rows)),
        Section("sheet.documents", (Column("", "head"), Column("")), tuple(listed)),
    )
    looks = {HOLDS: (1.0, "sea"), NOT: (0.3, "pipeline")}
    bars = tuple(looks.get(verdict, (0.65, "gas")) for verdict in table["verdict"])
    return Filled(key, ("sheet.claims.note",), sections, bars, table)


def _hindcast(network: Network) -> Filled:
    table = hindcast(network)
    years = errors_by_year(table)
    heads = (
        ("year", "head"),
        ("route", "text"),
        ("reported", "n"),
        ("computed", "n"),
        ("error", "n"),
        ("naive", "n"),
        ("naive_error", "n"),
        ("note", "why"),
    )
    columns = tuple(Column(f"sheet.{name}", kind) for name, kind in heads)
    total = tuple(
        Column(f"sheet.{name}", kind)
        for name, kind in (("year", "head"), ("reported", "n"), ("error", "n"), ("naive_error", "n"), ("better", "text"))
    )
    sections = []
    for start, heading in (("kazakh-crude", "sheet.crude"), ("china-europe", "sheet.boxes")):
        part = table[table["case"].str.startswith(start)]
        rows = [
            (
                row.year,
                row.route,
                *(_mt(getattr(row, name)) for name in ("reported", "computed", "error", "naive", "naive_error")),
                row.note,
            )
            for row in _each(part)
        ]
        sums = years[years["case"].str.startswith(start)]
        told = [
            (row.year, _mt(row.reported), _mt(row.error), _mt(row.naive_error), _Raw(_words(f"sheet.better.{row.better or 'none'}")))
            for row in _each(sums)
        ]
        sections += [Section(heading, columns, tuple(rows)), Section("sheet.years", total, tuple(told))]
    crude = years[years["case"].str.startswith("kazakh-crude")]
    key = text.strings("en")["key.hindcast"].format(n=int((crude["better"] == "network").sum()), of=len(crude))
    shown = table[table["case"].str.startswith("kazakh-crude")]
    most = float(shown["reported"].max()) if len(shown) else 1.0
    pairs = [(row.reported, row.computed) for row in _each(shown) if row.route == "cpc"]
    bars = tuple(bar for said, found in pairs for bar in ((said / most, "transfer"), (found / most, "rail")))
    in_kt = {name: f"{name}_kt_yr" for name in ("reported", "computed", "error", "naive", "naive_error")}
    return Filled(key, ("sheet.hindcast.note", "sheet.hindcast.weak"), tuple(sections), bars, table.rename(columns=in_kt))


CRUDE_WAYS = ("cpc", "atyrau-samara", "btc", "caspian-tankers", "kazakhstan-china-oil")
BOX_STATES = ("KAZ", "RUS", "AZE", "MNG", "EGY")


def _scenarios(network: Network) -> Filled:
    base = Scenario("base")
    asked: list[Scenario | str] = [base, *scenario_names(network)]
    crude = compare(network, read_case("kazakh-crude-2024", network), asked)
    boxes = compare(network, read_case("china-europe-containers-2024", network), asked)
    ways = [(f"sheet.way.{way}", crude.by_corridor, "corridor", "kazakh-crude", way) for way in CRUDE_WAYS]
    states = [(f"{text.country_names()[state][0]}, Mt", boxes.by_country, "country", "china-europe", state) for state in BOX_STATES]
    sections = (_compared(network, "sheet.scenarios.crude", crude, ways), _compared(network, "sheet.scenarios.boxes", boxes, states))
    table = pd.concat([_wide(crude), _wide(boxes)], ignore_index=True)
    lost = crude.by_flow[(crude.by_flow["scenario"] == "CPC stopped") & (crude.by_flow["flow"] == "kazakh-crude")]["unmet"]
    key = text.strings("en")["key.scenarios"].format(x=_mt(float(lost.iloc[0]))) if len(lost) else ""
    delivered = crude.by_flow[crude.by_flow["flow"] == "kazakh-crude"]["delivered"].sort_values()
    bars = tuple((amount / delivered.max(), "pipeline") for amount in delivered.head(10)) if len(delivered) else ()
    return Filled(key, ("sheet.scenarios.note",), sections, bars, table)


def _wide(found: Comparison) -> pd.DataFrame:
    """What a comparison found, a row for each flow in each scenario, with its amounts by way and by state."""
    rows = found.by_flow.rename(columns={name: f"{name}_kt_yr" for name in ("supply", "demand", "delivered", "unmet")})
    rows.insert(0, "case", found.case.name)
    keys = ["scenario", "flow"]
    for frame, column, word, shown in (
        (found.by_corridor, "corridor", "by", CRUDE_WAYS),
        (found.by_country, "country", "across", BOX_STATES),
    ):
        amounts = frame.pivot_table(index=keys, columns=column, values="amount", aggfunc="sum").reindex(columns=list(shown))
        amounts.columns = pd.Index([f"{word}_{name}_kt_yr" for name in shown])
        rows = rows.merge(amounts.fillna(0.0).reset_index(), on=keys, how="left")
    return rows


def _compared(network: Network, heading: str, found: Comparison, extra: Sequence[tuple[str, pd.DataFrame, str, str, str]]) -> Section:
    """A row per scenario that changes something; the others are named after the table."""
    columns = [
        Column(f"sheet.{name}", kind)
        for name, kind in (("scenario", "head"), ("delivered", "n"), ("change", "n"), ("unmet", "n"), ("cost", "n"), ("days", "n"))
    ]
    columns += [Column(name, "n") for name, *_ in extra] + [Column("sheet.binds", "why")]
    titles = {
        **{link.link_id: "" for link in network.link_facts.values()},
        **dict(zip(network.links["link_id"], network.links["name"], strict=True)),
    }
    titles |= {place.place_id: place.name for place in network.place_facts.values()}
    rows: list[Row] = []
    same = []
    flow = extra[0][3]
    own = found.by_flow[found.by_flow["flow"] == flow].set_index("scenario")
    binding = dict(zip(found.table["scenario"], found.table["binds"], strict=True))
    first = own.iloc[0]
    for at, row in enumerate(_each(own)):
        amounts = [
            float(frame[(frame["scenario"] == row.Index) & (frame["flow"] == flow) & (frame[column] == item)]["amount"].sum())
            for _, frame, column, _, item in extra
        ]
        values = [row.delivered, row.unmet, row.cost_usd_t, row.days, *amounts]
        if not at:
            before = values
        elif max(abs(now - then) for now, then in zip(values, before, strict=True)) < 0.05:
            same.append(row.Index)
            continue
        name = row.Index if at else _Raw(_words("sheet.base"))
        change = _mt(row.delivered - float(first["delivered"])) if at else ""
        binds = ", ".join(titles.get(one, one) or one for one in binding[row.Index][:3])
        numbers = (_mt(row.delivered), change, _mt(row.unmet), f"{row.cost_usd_t:,.1f}", f"{row.days:,.1f}")
        rows.append((name, *numbers, *(_mt(amount) for amount in amounts), binds))
    after = f'<p class="small">{_words("sheet.unchanged")} {html.escape("; ".join(same))}.</p>' if same else ""
    return Section(heading, tuple(columns), tuple(rows), after)


def _each(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a table, whose cells have the types that its maker says."""
    return iter(frame.itertuples())


class _Raw(str):
    """Text that is HTML already."""


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"


def _mt(kt: float) -> str:
    """Mt a year; an amount that is not known is left blank, never zero."""
    return "" if math.isnan(kt) else f"{round(kt / 1000.0, 2) + 0.0:,.2f}"


def _words(key: str) -> str:
    """A text of the string tables in every language, of which the page shows one."""
    return "".join(f'<span class="t" lang="{each}">{html.escape(text.strings(each)[key])}</span>' for each in text.LANGUAGES)


def sheet_html(sheet: Sheet, filled: Filled) -> str:
    """The page as HTML: no script, no request; the language is a choice that the page's style makes."""
    hide = "".join(
        f'body:has(#l-{one}:checked) .t[lang="{other}"]{{display:none}}'
        for one in text.LANGUAGES
        for other in text.LANGUAGES
        if one != other
    )
    before = "".join(f"body:has(#l-{one}:checked) td::before{{content:attr(data-{one})}}" for one in text.LANGUAGES)
    focus = "".join(
        f'body:has(#l-{one}:checked) label[for="l-{one}"]{{color:var(--ink);text-decoration:none;font-weight:600}}'
        for one in text.LANGUAGES
    )
    focus += "".join(
        f'body:has(#l-{one}:focus-visible) label[for="l-{one}"]{{outline:3px solid var(--accent);outline-offset:3px}}'
        for one in text.LANGUAGES
    )
    css = style.css_variables() + _CSS.replace("HIDE", hide + focus).replace("BEFORE", before)
    hashed = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{hashed}'; img-src data:; base-uri 'none'; form-action 'none'"
    choices = "".join(
        f'<span><input class="lang" type="radio" name="lang" id="l-{one}"{" checked" if one == "en" else ""}>'
        f'<label for="l-{one}" lang="{one}">{html.escape(text.strings(one)[f"language.{one}"])}</label></span>'
        for one in text.LANGUAGES
    )
    body = "".join(f"<p>{_words(note)}</p>" for note in filled.notes) + "".join(_section(section) for section in filled.sections)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{html.escape(sheet.title("en"))}</title>\n'
        f'<style>{css}</style>\n</head>\n<body>\n<div class="wrap">\n<nav><a href="index.html">{_words("sheet.back")}</a>{choices}</nav>\n'
        f"<main>\n<h1>{_words(f'page.{sheet.name}.title')}</h1>\n"
        f'<p class="lead">{_words(f"page.{sheet.name}.question")}</p>\n{body}\n</main>\n'
        f'<footer><p class="small">{_words("disclaimer")}</p></footer>\n</div>\n</body>\n</html>\n'
    )


def _section(section: Section) -> str:
    heading = f"<h2>{_heading(section.heading)}</h2>" if section.heading else ""
    heads = "".join(f'<th scope="col"{_class(column)}>{_heading(column.heading)}</th>' for column in section.columns)
    rows = "".join(f"<tr>{''.join(_cells(section.columns, row))}</tr>\n" for row in section.rows)
    return f'{heading}<div class="scroll"><table><thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>{section.after}\n'


def _heading(name: str) -> str:
    return _words(name) if name in text.strings("en") else html.escape(name)


def _class(column: Column) -> str:
    return f' class="{column.kind}"' if column.kind in ("n", "why") else ""


def _cells(columns: Iterable[Column], row: Row) -> Iterable[str]:
    for column, cell in zip(columns, row, strict=True):
        shown = cell if isinstance(cell, _Raw) else html.escape(str(cell))
        if column.kind == "head":
            yield f'<th scope="row">{shown}</th>'
            continue
        labels = "".join(f' data-{each}="{html.escape(text.strings(each).get(column.heading, column.heading))}"' for each in text.LANGUAGES)
        yield f"<td{_class(column)}{labels}>{shown}</td>"


def picture(filled: Filled) -> str:
    """A still picture of a sheet for the gallery: its bars."""
    count = max(len(filled.bars), 1)
    step = (HEIGHT_PX - 80) / count
    bars = "".join(
        f'<rect x="60" y="{40 + at * step:.1f}" width="{max(length, 0.01) * (WIDTH_PX - 120):.1f}" '
        f'height="{step * 0.62:.1f}" class="b-{colour}" fill="{style.MODE_COLOURS[colour]}"/>'
        for at, (length, colour) in enumerate(filled.bars)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" aria-hidden="true">'
        f'<rect class="land" width="{WIDTH_PX}" height="{HEIGHT_PX}" fill="{style.LIGHT["land"]}"/>{bars}</svg>'
    )
