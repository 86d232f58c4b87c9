"""The gallery's index: every map with its picture, the question it answers and the number to take away."""

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from typing import NamedTuple

from . import style, text

_CSS = """
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink)}
body{font:16px/1.5 "Segoe UI","Noto Sans",Roboto,"Helvetica Neue","DejaVu Sans",Arial,sans-serif}
main,footer{max-width:1240px;margin:0 auto;padding:36px 24px 12px}
footer{padding-top:12px;padding-bottom:36px;color:var(--muted);font-size:13px}
h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;margin:0 0 6px}
.lead{color:var(--muted);margin:0 0 28px;max-width:80ch}
ul{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(340px,100%),1fr));gap:32px 28px}
li{position:relative;display:flex;flex-direction:column}
svg{display:block;width:100%;height:auto;border:1px solid var(--rule);border-radius:4px}
.sea{fill:var(--sea)}
.land{fill:var(--land);stroke:var(--border)}
.home{fill:var(--home);stroke:var(--border)}
.casing{stroke:var(--casing)}
.ink{stroke:var(--ink)}
LINES
h2{font-size:18px;line-height:1.3;margin:12px 0 2px}
p{margin:2px 0}
.question{color:var(--muted)}
.key{font-weight:600}
.size{color:var(--muted);font-size:13px}
a{color:var(--accent);text-underline-offset:3px}
h2 a{color:inherit;text-decoration:none}
h2 a::after{content:"";position:absolute;inset:0}
li:hover h2 a,h2 a:focus{text-decoration:underline}
h2 a:focus-visible{outline:none}
h2 a:focus-visible::after{outline:3px solid var(--accent);outline-offset:6px;border-radius:4px}
@media print{li{break-inside:avoid}}
"""


class GalleryPage(NamedTuple):
    """One page of the gallery: its file, title, question, the sentence with its key number, picture and size in bytes.

    ``kind`` is map or notebook; a notebook's card says that it is one.
    """

    file: str
    title: str
    question: str
    key_number: str
    thumbnail: str
    size: int
    kind: str = "map"


def cards_of(index: str) -> dict[str, str]:
    """The cards of an index that `gallery` made, by the file each leads to."""
    return {
        html.unescape(found[1]): found[0] for found in re.finditer(r'<li>(?:(?!</li>).)*?<h2><a href="([^"]+)">.*?</li>', index, re.DOTALL)
    }


def gallery(pages: Iterable[GalleryPage | str], *, language: str = "en") -> str:
    """The index page as HTML: no script, no request, the pages in the order given.

    A page may be given as the card that an earlier index has for it (see `cards_of`).
    Raises ValueError for a file that is not a plain name beside the index.
    """
    words = text.strings(language)
    lines = "".join(f".m-{key}{{stroke:var(--m-{key})}}" for key in style.MODE_COLOURS)
    css = style.css_variables() + _CSS.replace("LINES", lines)
    hashed = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{hashed}'; img-src data:; base-uri 'none'; form-action 'none'"
    title = html.escape(words["gallery.title"])
    cards = "\n".join(
        page if isinstance(page, str) else _card(page, words["gallery.notebook" if page.kind == "notebook" else "gallery.size"])
        for page in pages
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{css}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f'<p class="lead">{html.escape(words["gallery.lead"])}</p>\n<ul>\n{cards}\n</ul>\n</main>\n'
        f"<footer><p>{html.escape(words['disclaimer'])}</p>"
        "<p>© OpenStreetMap contributors (ODbL) · Natural Earth · GeoNames (CC BY 4.0) · Leaflet</p></footer>\n"
        "</body>\n</html>\n"
    )


def _card(page: GalleryPage, size: str) -> str:
    if not page.file or page.file.startswith(".") or any(sign in page.file for sign in "/\\:?#"):
        raise ValueError(f"a gallery page must be a plain file name beside the index; got {page.file!r}")
    kilobytes = html.escape(size.format(n=round(page.size / 1000)))
    return (
        f'<li>{page.thumbnail}<h2><a href="{html.escape(page.file)}"><bdi>{html.escape(page.title)}</bdi></a></h2>'
        f'<p class="question"><bdi>{html.escape(page.question)}</bdi></p>'
        f'<p class="key"><bdi>{html.escape(page.key_number)}</bdi></p><p class="size">{kilobytes}</p></li>'
    )
