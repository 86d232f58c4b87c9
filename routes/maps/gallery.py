"""The gallery's index: every page with its picture, the question it answers, the number to take away, and its data."""

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote

from . import style, text

GROUPS = ("ask", "overview", "comparison", "finding", "notebook")
"""The headings that pages stand under, in their order; ``gallery.GROUP`` in the string tables names each."""
BESIDE = re.compile(r"((data|pictures|figures)/)?[^./\\:?#][^/\\:?#]*")
"""A plain name of a file in the gallery's folder or in one of its own folders."""
_FIGURE = re.compile(r"-(?P<language>[a-z]{2})\.(?P<kind>png|svg|pdf)$")

_CSS = """
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink)}
body{font:16px/1.5 "Segoe UI","Noto Sans",Roboto,"Helvetica Neue","DejaVu Sans",Arial,sans-serif}
main,footer{max-width:1240px;margin:0 auto;padding:36px 24px 12px}
footer{padding-top:12px;padding-bottom:36px;color:var(--muted);font-size:13px}
h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;margin:0 0 6px}
h2{font-size:22px;line-height:1.3;margin:0 0 2px}
.lead{color:var(--muted);margin:0 0 18px;max-width:80ch}
section{margin:26px 0 0;padding:20px 0 0;border-top:1px solid var(--rule)}
ul{list-style:none;margin:0;padding:0}
nav ul{display:flex;flex-wrap:wrap;gap:6px 22px}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(340px,100%),1fr));gap:32px 28px}
.cards>li{position:relative;display:flex;flex-direction:column}
img{display:block;width:100%;height:auto;aspect-ratio:16/10;background:var(--sea);border:1px solid var(--rule);border-radius:4px}
h3{font-size:18px;line-height:1.3;margin:12px 0 2px}
p{margin:3px 0}
.question,.count{color:var(--muted)}
.key{font-weight:600;font-size:15px}
.files,summary{color:var(--muted);font-size:13px}
.files{margin-top:6px}
.files a,details{position:relative;z-index:1}
.files a{display:inline-block;padding:2px 0}
summary{cursor:pointer;width:max-content;padding:2px 0}
a{color:var(--accent);text-underline-offset:3px}
h3 a{color:inherit;text-decoration:none}
h3 a::after{content:"";position:absolute;inset:0}
li:hover h3 a,h3 a:focus{text-decoration:underline}
h3 a:focus-visible{outline:none}
h3 a:focus-visible::after{outline:3px solid var(--accent);outline-offset:6px;border-radius:4px}
@media print{li{break-inside:avoid}.files,details,nav{display:none}}
"""


class GalleryPage(NamedTuple):
    """One page of the gallery: its file, title, question, the sentence with its key number, its picture, its size in bytes.

    ``picture`` is an SVG file beside the index, such as ``pictures/NAME.svg``. ``data`` are pairs of what a file holds
    (lines, geojson, routes, table) and the file; ``figures`` are files named ``figures/NAME-LANGUAGE.KIND``.
    """

    file: str
    title: str
    question: str
    key_number: str
    picture: str
    size: int
    group: str = "overview"
    data: tuple[tuple[str, str], ...] = ()
    figures: tuple[str, ...] = ()


def gallery(pages: Iterable[GalleryPage], *, language: str = "en") -> str:
    """The index page as HTML: no script, no request but for its pictures, the pages of each group in the order given.

    Raises ValueError for an unknown group, and for a file that does not lie beside the index by a plain name.
    """
    words = text.strings(language)
    listed = list(pages)
    unknown = sorted({page.group for page in listed} - set(GROUPS))
    if unknown:
        raise ValueError(f"the gallery has no group {unknown[0]!r}; groups are {', '.join(GROUPS)}")
    css = style.css_variables() + _CSS
    hashed = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    # A page opened from a disk has no origin of its own in some browsers, so its pictures are allowed by their scheme too.
    policy = f"default-src 'none'; style-src 'sha256-{hashed}'; img-src 'self' file:; base-uri 'none'; form-action 'none'"
    title = html.escape(words["gallery.title"])
    groups = [(group, [page for page in listed if page.group == group]) for group in GROUPS]
    groups = [(group, members) for group, members in groups if members]
    sections = "\n".join(_section(group, members, language) for group, members in groups)
    jumps = "".join(
        f'<li><a href="#{group}">{html.escape(words[f"gallery.{group}"])}</a> <span class="count">{len(members)}</span></li>'
        for group, members in groups
    )
    jump = f'<nav aria-label="{html.escape(words["gallery.groups"])}"><ul>{jumps}</ul></nav>\n' if len(groups) > 1 else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{css}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f'<p class="lead">{html.escape(words["gallery.lead"])}</p>\n{jump}{sections}\n</main>\n'
        f"<footer><p>{html.escape(words['disclaimer'])}</p>"
        "<p>© OpenStreetMap contributors (ODbL) · Natural Earth · GeoNames (CC BY 4.0) · Leaflet</p></footer>\n"
        "</body>\n</html>\n"
    )


def _section(group: str, pages: Iterable[GalleryPage], language: str) -> str:
    words = text.strings(language)
    cards = "\n".join(_card(page, language) for page in pages)
    return (
        f'<section id="{group}"><h2>{html.escape(words[f"gallery.{group}"])}</h2>\n'
        f'<p class="lead">{html.escape(words[f"gallery.{group}.lead"])}</p>\n<ul class="cards">\n{cards}\n</ul></section>'
    )


def _card(page: GalleryPage, language: str) -> str:
    words = text.strings(language)
    files = [html.escape(words["gallery.size"].format(n=round(page.size / 1000)))]
    if page.data:
        data = " · ".join(_link(file, words[f"gallery.data.{kind}"]) for kind, file in page.data)
        files.append(f"{html.escape(words['gallery.data'])}: {data}")
    return (
        f'<li><img src="{_address(page.picture)}" alt="" width="640" height="400" loading="lazy">'
        f'<h3><a href="{_address(page.file)}"><bdi>{html.escape(page.title)}</bdi></a></h3>'
        f'<p class="question"><bdi>{html.escape(page.question)}</bdi></p>'
        f'<p class="key"><bdi>{html.escape(page.key_number)}</bdi></p>'
        f'<p class="files">{" · ".join(files)}</p>{_figures(page.figures, language)}</li>'
    )


def _figures(files: Iterable[str], language: str) -> str:
    """The printed figures of a page, a line for each language."""
    words = text.strings(language)
    found = [(file, match) for file in files if (match := _FIGURE.search(file))]
    lines = [
        f'<p class="files" lang="{one}">{html.escape(words[f"language.{one}"])}: '
        + " · ".join(_link(file, match["kind"].upper()) for file, match in found if match["language"] == one)
        + "</p>"
        for one in text.LANGUAGES
        if any(match["language"] == one for _, match in found)
    ]
    return f"<details><summary>{html.escape(words['gallery.figure'])}</summary>{''.join(lines)}</details>" if lines else ""


def _link(file: str, words: str) -> str:
    return f'<a href="{_address(file)}">{html.escape(words)}</a>'


def _address(file: str) -> str:
    """A file as an address in the index. Raises ValueError for one that does not lie beside it by a plain name."""
    if not BESIDE.fullmatch(file):
        raise ValueError(f"the index leads to files beside it by plain file names only; got {file!r}")
    return html.escape(quote(file))
