"""Briefs: a report of two pages on a scenario, as one HTML file and as a PDF, in English, Russian and Kazakh."""

from __future__ import annotations

from ..briefing import Brief
from .brief_pages import page_html
from .brief_paper import page_pdf
from .brief_words import told


def brief_html(found: Brief, *, language: str = "en") -> str:
    """A brief as one HTML file: nothing is fetched, no script runs, two A4 pages where it is printed.

    Raises ValueError for a language other than en, ru and kk.

    >>> import geodata, routes
    >>> page = brief_html(routes.brief(geodata.read_network(), "tankers-two-more"))
    >>> "Nothing changes" in page, "<script" in page
    (True, False)
    """
    return page_html(told(found, language))


def brief_pdf(found: Brief, *, language: str = "en") -> bytes:
    """A brief as a PDF of two A4 pages, the same bytes each time.

    Raises ValueError for a language other than en, ru and kk.

    >>> import geodata, routes
    >>> brief_pdf(routes.brief(geodata.read_network(), "tankers-two-more"), language="kk")[:5]
    b'%PDF-'
    """
    return page_pdf(told(found, language))
