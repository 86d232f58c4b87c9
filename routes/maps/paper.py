"""The paper that maps and charts are drawn on: a matplotlib figure that shows itself in a notebook and is the same bytes each time."""

from __future__ import annotations

import io
import os
from contextlib import AbstractContextManager
from typing import IO, Any

import matplotlib
import numpy as np
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

#: So many colours are compared with those that stay at once: what fits in a processor's cache.
_AT_ONCE = 4096

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
        dots = np.asarray(whole.convert("RGB"), dtype=np.uint32)
    height, width, _ = dots.shape
    found, where, count = np.unique(dots @ np.array([65536, 256, 1], dtype=np.uint32), return_inverse=True, return_counts=True)
    # The commonest colours are kept as they are, so that the paper stays white and a thin line has its own; each of the
    # others becomes the nearest of them.
    kept = found[np.lexsort((found, -count))[:colours]]
    parts, palette = (np.stack([one >> 16, one >> 8 & 255, one & 255], axis=1).astype(np.int32) for one in (found, kept))
    nearest = np.empty(len(found), dtype=np.uint8)
    for at in range(0, len(found), _AT_ONCE):
        apart = parts[at : at + _AT_ONCE, None, :] - palette[None, :, :]
        nearest[at : at + _AT_ONCE] = (apart**2).sum(axis=2).argmin(axis=1)
    few = Image.fromarray(nearest[where].reshape(height, width), mode="P")
    few.putpalette(palette.astype(np.uint8).tobytes())
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
