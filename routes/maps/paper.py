"""The paper that charts are drawn on: a matplotlib figure that shows itself in a notebook and is the same bytes each time."""

from __future__ import annotations

import io
import os
from typing import IO, Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from . import style

FONT_PT = 9.0
TITLE_PT = 12.0
SOURCE_PT = 7.5
_SALT = "transit-route-atlas"


class Paper(Figure):
    """A figure with its title above and its source below, drawn without pyplot, so that nothing global changes.

    ``savefig`` leaves the date out and numbers an SVG's parts from a fixed start.
    """

    def __init__(self, *, size: tuple[float, float], title: str, source: str) -> None:
        super().__init__(figsize=size, dpi=120, layout=ConstrainedLayoutEngine(h_pad=0.11, w_pad=0.11), facecolor=style.LIGHT["paper"])
        FigureCanvasAgg(self)
        self.title = title
        left = {"x": 0.012, "ha": "left"}
        self.suptitle(title, fontsize=TITLE_PT, fontweight="bold", color=style.LIGHT["ink"], **left)
        self.supxlabel(source, fontsize=SOURCE_PT, color=style.LIGHT["muted"], **left)

    def __repr__(self) -> str:
        return f"Chart: {self.title}"

    def savefig(self, fname: str | os.PathLike[str] | IO[Any], **options: Any) -> None:
        """Write the figure as matplotlib does, without what differs between two runs."""
        kind = str(options.get("format") or os.path.splitext(getattr(fname, "name", None) or str(fname))[1].lstrip(".")).lower()
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "ps": {"CreationDate": None}}.get(kind, {})
        options["metadata"] = {**undated, **(options.get("metadata") or {})} or None
        with matplotlib.rc_context({"svg.hashsalt": _SALT}):
            super().savefig(fname, **options)

    def _repr_svg_(self) -> str:
        """The figure for a notebook."""
        written = io.StringIO()
        self.savefig(written, format="svg")
        text = written.getvalue()
        return text[text.index("<svg") :]
