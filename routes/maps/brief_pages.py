"""A brief as one HTML file: no script, nothing fetched, two pages of A4 where it is printed."""

from __future__ import annotations

import base64
import hashlib
import html

from . import style
from .brief_words import Column, Picture, Table, Told

_CSS = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--tint);color:var(--ink)}
body{font:15px/1.45 "Segoe UI","Noto Sans",Roboto,"Helvetica Neue","DejaVu Sans",Arial,sans-serif;overflow-wrap:break-word}
.page{max-width:960px;margin:18px auto;padding:28px 36px;background:var(--paper);border:1px solid var(--rule)}
.kicker,.sub,.after,.foot{color:var(--muted);font-size:13px}
.kicker{letter-spacing:.02em}
p{margin:4px 0}
h1{font-size:29px;line-height:1.15;letter-spacing:-.015em;margin:6px 0 2px}
h2{font-size:15px;line-height:1.3;margin:16px 0 3px}
.lead{margin:12px 0;padding-left:12px;border-left:4px solid var(--accent)}
.lead p:first-child{font-size:18px;line-height:1.35;font-weight:600}
.tiles{display:grid;grid-template-columns:repeat(5,1fr);gap:8px;margin:12px 0;padding:0;list-style:none}
.tiles li{background:var(--tint);padding:7px 10px;font-size:12.5px;line-height:1.3}
.tiles b{display:block;font-size:22px;line-height:1.2;font-variant-numeric:tabular-nums}
.tiles i{font-style:normal;color:var(--muted)}
img{display:block;width:100%;height:auto;background:#fff}
table{border-collapse:collapse;width:100%;font-size:13px;line-height:1.35}
th,td{text-align:left;vertical-align:top;padding:3px 8px 3px 0;border-bottom:1px solid var(--rule);font-weight:400}
thead th{color:var(--muted);font-weight:600;border-bottom:1px solid var(--field);vertical-align:bottom}
.n{text-align:right;font-variant-numeric:tabular-nums}
th:last-child,td:last-child{padding-right:0}
.strong td,.strong th{font-weight:600}
.assumed td{-webkit-print-color-adjust:exact;print-color-adjust:exact;color:var(--assumed);background:var(--assumed-bg)}
.after{margin:3px 0}
.pairs{display:grid;grid-template-columns:1fr 1fr;gap:0 28px}
ul.limits{margin:2px 0;padding-left:18px;font-size:13px}
.foot{display:flex;justify-content:space-between;gap:18px;margin-top:14px}
@media screen and (max-width:760px){
.page{margin:0;padding:18px 14px;border:0}
h1{font-size:25px}
.tiles{grid-template-columns:1fr 1fr}
.pairs{grid-template-columns:1fr}
.scroll{overflow-x:auto}
.wide{min-width:620px}
}
@page{size:A4;margin:0}
@media print{
body{background:none;font-size:8.2pt;line-height:1.35}
.page{width:210mm;height:296.5mm;max-width:none;margin:0;padding:11mm 14mm 9mm;border:0}
.page{overflow:hidden;break-inside:avoid;position:relative}
.page+.page{break-before:page}
.kicker,.sub,.after,.foot{font-size:7pt}
h1{font-size:18pt;margin:1mm 0 0}
h2{font-size:8.6pt;margin:2.2mm 0 .5mm}
.lead{margin:2mm 0}
.lead p{margin:.4mm 0}
.lead p:first-child{font-size:10pt}
.tiles{gap:2mm;margin:2mm 0}
.tiles li{font-size:6.8pt;padding:1.2mm 2mm;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.tiles b{font-size:13pt}
table{font-size:6.9pt;line-height:1.25}
th,td{padding:.45mm 1.6mm .45mm 0}
.pairs{gap:0 7mm}
.pairs table{table-layout:fixed}
.pairs td,.pairs th{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.pairs thead th{white-space:normal}
.chart{width:150mm}
ul.limits{font-size:6.9pt;line-height:1.3}
.foot{position:absolute;left:14mm;right:14mm;bottom:7mm;margin:0}
.after{margin:.4mm 0}
}
"""


def page_html(told: Told) -> str:
    """The brief as an HTML document."""
    css = style.css_variables() + _CSS
    hashed = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    # Widths of columns are attributes of cells, which no policy forbids; only the sheet above may set a style.
    policy = f"default-src 'none'; style-src 'sha256-{hashed}'; img-src data:; base-uri 'none'; form-action 'none'"
    lead = "".join(f"<p>{html.escape(one)}</p>" for one in told.lead)
    tiles = "".join(
        f"<li><b>{html.escape(one.value)}</b>{html.escape(one.label)}<br><i>{html.escape(one.before)}</i></li>" for one in told.tiles
    )
    limits = "".join(f"<li>{html.escape(one)}</li>" for one in told.limits)
    first = (
        f'<p class="kicker">{html.escape(told.kicker)}</p>\n<h1>{html.escape(told.title)}</h1>\n'
        f'<p class="sub">{html.escape(told.subtitle)}</p>\n<div class="lead">{lead}</div>\n<ul class="tiles">{tiles}</ul>\n'
        f"{_picture(told.map, 'map')}\n{_table(told.changes)}\n{_table(told.flows)}"
    )
    second = (
        f'<div class="pairs">{"".join(f"<div>{_table(one)}</div>" for one in told.pairs)}</div>\n{_picture(told.chart, "chart")}\n'
        f'{_table(told.statements)}\n<h2>{html.escape(told.limits_heading)}</h2>\n<ul class="limits">{limits}</ul>'
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{told.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{html.escape(told.title)}</title>\n'
        f"<style>{css}</style>\n</head>\n<body>\n<main>\n{_page(first, told, 0)}\n{_page(second, told, 1)}\n</main>\n</body>\n</html>\n"
    )


def _page(body: str, told: Told, at: int) -> str:
    foot = f'<p class="foot"><span>{html.escape(told.foot)}</span><span>{html.escape(told.pages[at])}</span></p>'
    return f'<section class="page">\n{body}\n{foot}\n</section>'


def _picture(picture: Picture, kind: str) -> str:
    packed = base64.b64encode(picture.png).decode()
    width, height = picture.size
    source = f"data:image/png;base64,{packed}"
    return f'<img class="{kind}" alt="{html.escape(picture.alt)}" width="{width}" height="{height}" src="{source}">'


def _table(table: Table) -> str:
    heading = f"<h2>{html.escape(table.heading)}</h2>\n"
    after = f'<p class="after">{html.escape(table.after)}</p>' if table.after else ""
    if not table.rows:
        return heading + after
    heads = "".join(f'<th scope="col"{_looks(one)} width="{one.width:.0%}">{html.escape(one.heading)}</th>' for one in table.columns)
    rows = "".join(_row(table, at, row) for at, row in enumerate(table.rows))
    wide = ' class="wide"' if len(table.columns) > 4 or not table.columns[-1].number else ""
    return f'{heading}<div class="scroll"><table{wide}><thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>{after}\n'


def _row(table: Table, at: int, row: tuple[str, ...]) -> str:
    looks = ' class="strong"' if at in table.strong else ' class="assumed"' if at in table.assumed else ""
    cells = "".join(f"<td{_looks(one)}>{html.escape(cell)}</td>" for one, cell in zip(table.columns, row, strict=True))
    return f"<tr{looks}>{cells}</tr>\n"


def _looks(column: Column) -> str:
    return ' class="n"' if column.number else ""
