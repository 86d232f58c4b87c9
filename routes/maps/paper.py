"""The paper that maps and charts are drawn on: a matplotlib figure that shows itself in a notebook and is the same bytes each time."""

from __future__ import annotations

import io
import os
from contextlib import AbstractContextManager
from typing import IO, Any

import matplotlib
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from . import style

FONT = "DejaVu Sans"
FONT_PT = 9.0
TITLE_PT = 12.0
SOURCE_PT = 7.5
PRINT_DPI = 300
"""Dots an inch of a picture file, unless `savefig` is told otherwise."""

SCREEN_DPI, SCREEN_COLOURS = 120, 40
"""Dots an inch and colours of a figure in a notebook."""

_SAME = {
    "svg.hashsalt": "transit-route-atlas",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "font.family": [FONT],
    "text.parse_math": False,
    "lines.scale_dashes": False,
}
_UNDATED: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "ps": {"CreationDate": None}}


def settled() -> AbstractContextManager[None]:
    """Settings under which a figure is made and written, so that a user's own settings change neither its looks nor its bytes."""
    return matplotlib.rc_context(_SAME)  # type: ignore[arg-type]


def few_colours(figure: Figure, *, dpi: int, colours: int) -> tuple[bytes, tuple[int, int]]:
    """A figure as a PNG of few colours, which keeps lines and letters as they look and is a quarter of the size; and its size in dots."""
    from PIL import Image

    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=dpi)
    with Image.open(written) as whole:
        plain = whole.convert("RGB")
    # The commonest colours, not those that lie evenly: a thin line is to keep its own.
    found: Any = plain.getcolors(plain.width * plain.height)
    kept = sorted(found, key=lambda one: (-one[0], one[1]))[:colours]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _, colour in kept for part in colour])
    few = plain.quantize(palette=palette, dither=Image.Dither.NONE)
    packed = io.BytesIO()
    few.save(packed, "PNG", optimize=True)
    return packed.getvalue(), few.size


class Leaf(Figure):
    """A figure drawn without pyplot, so that nothing global changes.

    ``savefig`` leaves the date out, numbers an SVG's parts from a fixed start, writes letters into an SVG as shapes, and
    pictures with 300 dots an inch. No text is read as a formula: a name with two ``$`` in it stays as it is.
    """

    def __init__(self, *, size: tuple[float, float], title: str, kind: str, **options: Any) -> None:
        super().__init__(figsize=size, dpi=120, facecolor=style.LIGHT["paper"], **options)
        FigureCanvasAgg(self)
        self.title = title
        self.kind = kind

    def __repr__(self) -> str:
        return f"{self.kind}: {self.title}"

    def draw(self, renderer: RendererBase) -> None:
        """Draw as matplotlib does, but take every text as it is written."""
        for one in self.findobj(Text):
            one.set_parse_math(False)
        with settled():
            super().draw(renderer)

    def savefig(self, fname: str | os.PathLike[str] | IO[Any], **options: Any) -> None:
        """Write the figure as matplotlib does, without what differs between two runs."""
        kind = str(options.get("format") or os.path.splitext(getattr(fname, "name", None) or str(fname))[1].lstrip(".")).lower()
        options["metadata"] = {**_UNDATED.get(kind, {}), **(options.get("metadata") or {})} or None
        options.setdefault("dpi", PRINT_DPI)
        with settled():
            super().savefig(fname, **options)

    def _repr_png_(self) -> bytes:
        """The figure for a notebook: a picture that a repository's web view shows as well."""
        return few_colours(self, dpi=SCREEN_DPI, colours=SCREEN_COLOURS)[0]


class Paper(Leaf):
    """A chart with its title above and its source below."""

    def __init__(self, *, size: tuple[float, float], title: str, source: str) -> None:
        super().__init__(size=size, title=title, kind="Chart", layout=ConstrainedLayoutEngine(h_pad=0.11, w_pad=0.11))
        left = {"x": 0.012, "ha": "left"}
        self.suptitle(title, fontsize=TITLE_PT, fontweight="bold", color=style.LIGHT["ink"], **left)
        self.supxlabel(source, fontsize=SOURCE_PT, color=style.LIGHT["muted"], **left)
