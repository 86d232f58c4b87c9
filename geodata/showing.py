"""How a network or an answer shows itself in a notebook: a table, and a small picture from a module that has offered to draw.

What answers never imports what draws. The front door of ``routes`` names the drawing module here, and it is imported only
when something is shown.
"""

from __future__ import annotations

import base64
import html
from importlib import import_module

_offered: list[str] = []


def offer(module: str) -> None:
    """Name a module whose ``picture(thing)`` gives a PNG, or None for what it does not draw."""
    if module not in _offered:
        _offered.append(module)


def in_notebook(thing: object, table: str, alt: str) -> str:
    """HTML of a table (HTML already) with the thing's picture under it; ``alt`` says in words what the picture shows.

    The picture is a PNG inside the text, which an untrusted notebook and a repository's web view show too.

    >>> in_notebook(1, "<table></table>", "one")
    '<table></table>'
    """
    drawn = _picture(thing)
    if drawn is None:
        return table
    packed = base64.b64encode(drawn).decode()
    return f'{table}<img alt="{html.escape(alt)}" src="data:image/png;base64,{packed}" style="max-width:100%">'


def _picture(thing: object) -> bytes | None:
    for name in _offered:
        try:
            drawn: bytes | None = import_module(name).picture(thing)
        except Exception:  # noqa: S112 - whatever keeps a picture from being drawn, the table is shown
            continue
        if drawn is not None:
            return drawn
    return None
