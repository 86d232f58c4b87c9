"""A brief as a PDF of two A4 pages, the same bytes each time: letters stay text, and DejaVu Sans, which has all Kazakh ones, is in it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import style
from .brief_words import Picture, Table, Told

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.output import OutputProducer

WIDTH_MM, HEIGHT_MM = 210.0, 297.0
EDGE_MM, TOP_MM, FOOT_MM = 14.0, 11.0, 286.0
INNER_MM = WIDTH_MM - 2 * EDGE_MM
GAP_MM = 7.0
FONT = "DejaVu"
#: Heights of a line in mm for a size in points.
LINE_MM_PT = 0.47
TABLE_PT, HEAD_PT, AFTER_PT = 6.5, 8.2, 6.2
#: The least height of the chart; what is left of the page goes to it.
CHART_MM = (30.0, 60.0)
MAP_MM = (80.0, 135.0)


class PageError(Exception):
    """A brief that does not fit on its two pages."""


def page_pdf(told: Told) -> bytes:
    """The brief as a PDF document. Raises PageError where it does not fit on two pages."""
    sheet = _Sheet(told)
    sheet.first()
    sheet.second()
    return sheet.bytes()


def _paper() -> FPDF:
    """An empty document without an identifier, which would be drawn from the time of making."""
    from fpdf import FPDF

    class Paper(FPDF):
        def file_id(self) -> None:
            return None

    return Paper(format="A4")


def _undated() -> type[OutputProducer]:
    """What writes a document without the date of its making, so that two runs give the same bytes."""
    from fpdf.output import OutputProducer, PDFInfo

    class Undated(OutputProducer):
        def _add_info(self) -> PDFInfo:
            none = dict.fromkeys(("subject", "author", "keywords", "creator", "producer", "creation_date"))
            info = PDFInfo(title=self.fpdf.title, **none)  # type: ignore[arg-type]
            self._add_pdf_obj(info)
            return info

    return Undated


class _Sheet:
    """Two pages that are filled from the top down; ``y`` is how far, in mm."""

    def __init__(self, told: Told) -> None:
        import matplotlib
        from fpdf import ViewerPreferences

        self.told = told
        self.y = TOP_MM
        pdf = _paper()
        pdf.set_auto_page_break(False)
        pdf.set_margin(0)
        pdf.c_margin = 0
        fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        pdf.add_font(FONT, "", fonts / "DejaVuSans.ttf")
        pdf.add_font(FONT, "B", fonts / "DejaVuSans-Bold.ttf")
        pdf.set_title(told.title)
        pdf.set_lang(told.language)
        pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.pdf = pdf

    def bytes(self) -> bytes:
        """The document."""
        written = io.BytesIO()
        self.pdf.output(written, output_producer_class=_undated())
        return written.getvalue()

    def first(self) -> None:
        """Headline, key numbers, map, changes and flows."""
        told = self.told
        self._new(0)
        self._text(told.kicker, 7, "muted")
        self.y += 0.8
        self._text(told.title, 17, "ink", bold=True)
        self.y += 0.5
        self._text(told.subtitle, 7, "muted")
        self.y += 2.2
        top = self.y
        for at, sentence in enumerate(told.lead):
            self._text(sentence, 9.6 if at == 0 else 7.8, "ink", bold=at == 0, x=EDGE_MM + 4, width=INNER_MM - 4)
            self.y += 0.8
        self._fill("accent")
        self.pdf.rect(EDGE_MM, top, 1.1, self.y - top, "F")
        self.y += 1.6
        self._tiles()
        under = self._height(told.changes, INNER_MM) + self._height(told.flows, INNER_MM)
        self._picture(told.map, MAP_MM, FOOT_MM - 3 - self.y - under)
        self.y = self._table(told.changes, EDGE_MM, INNER_MM, self.y)
        self.y = self._table(told.flows, EDGE_MM, INNER_MM, self.y)
        self._end()

    def second(self) -> None:
        """Tables side by side, the chart, sources and limits."""
        told = self.told
        self._new(1)
        half = (INNER_MM - GAP_MM) / 2
        for left, right in zip(told.pairs[::2], told.pairs[1::2], strict=True):
            ends = [self._table(one, x, half, self.y) for one, x in ((left, EDGE_MM), (right, EDGE_MM + half + GAP_MM))]
            self.y = max(ends)
        limits = 6.0 + sum(self._lines(one, AFTER_PT, INNER_MM - 3) * AFTER_PT * LINE_MM_PT + 0.5 for one in told.limits)
        self._picture(told.chart, CHART_MM, FOOT_MM - 3 - self.y - limits - self._height(told.statements, INNER_MM))
        self.y = self._table(told.statements, EDGE_MM, INNER_MM, self.y)
        self._text(told.limits_heading, HEAD_PT, "ink", bold=True)
        self.y += 0.6
        for one in told.limits:
            self._write("•", EDGE_MM, self.y, AFTER_PT, "ink")
            self._text(one, AFTER_PT, "ink", x=EDGE_MM + 3, width=INNER_MM - 3)
            self.y += 0.5
        self._end()

    def _new(self, at: int) -> None:
        self.pdf.add_page()
        self.y = TOP_MM
        foot, number = self.told.foot, self.told.pages[at]
        self._set(6, "muted", bold=False)
        self.pdf.set_xy(EDGE_MM, FOOT_MM)
        self.pdf.multi_cell(INNER_MM - 30, 6 * LINE_MM_PT, foot, align="L")
        self._write(number, EDGE_MM, FOOT_MM, 6, "muted", width=INNER_MM, align="R")

    def _end(self) -> None:
        if self.y > FOOT_MM:
            raise PageError(f"the brief is {self.y - FOOT_MM:.0f} mm too long for its page")

    def _tiles(self) -> None:
        gap, height = 2.5, 15.5
        width = (INNER_MM - gap * (len(self.told.tiles) - 1)) / len(self.told.tiles)
        for at, one in enumerate(self.told.tiles):
            x = EDGE_MM + at * (width + gap)
            self._fill("tint")
            self.pdf.rect(x, self.y, width, height, "F")
            self._write(one.value, x + 2, self.y + 1.2, 13, "ink", bold=True, width=width - 4)
            self._write(self._fitting(one.label, 6.2, width - 3), x + 2, self.y + 8, 6.2, "ink")
            self._write(one.before, x + 2, self.y + 11.4, 6.2, "muted", width=width - 4)
        self.y += height + 2.5

    def _picture(self, picture: Picture, least_and_most: tuple[float, float], room: float) -> None:
        """A picture as wide as the page, or as its height allows."""
        least, most = least_and_most
        height = max(least, min(most, room - 2.5, INNER_MM * picture.size[1] / picture.size[0]))
        width = height * picture.size[0] / picture.size[1]
        self.pdf.image(io.BytesIO(picture.png), EDGE_MM + (INNER_MM - width) / 2, self.y, width, height, alt_text=picture.alt)
        self.y += height + 2.5

    def _height(self, table: Table, width: float) -> float:
        """How high a table will be."""
        return self._table(table, 0.0, width, 0.0, draw=False)

    def _table(self, table: Table, x: float, width: float, y: float, *, draw: bool = True) -> float:
        """Set a table and give where it ends. A cell of words goes on in another line where the table has the page's width."""
        self._write(table.heading, x, y, HEAD_PT, "ink", bold=True, draw=draw)
        y += HEAD_PT * LINE_MM_PT + 0.8
        if table.rows:
            y = self._row(table, tuple(one.heading for one in table.columns), x, width, y, head=True, draw=draw)
            for at, row in enumerate(table.rows):
                y = self._row(table, row, x, width, y, strong=at in table.strong, assumed=at in table.assumed, draw=draw)
        if table.after:
            y += 0.6
            lines = self._lines(table.after, AFTER_PT, width)
            if draw:
                self._set(AFTER_PT, "muted", bold=False)
                self.pdf.set_xy(x, y)
                self.pdf.multi_cell(width, AFTER_PT * LINE_MM_PT, table.after, align="L")
            y += lines * AFTER_PT * LINE_MM_PT
        return y + 2.6

    def _row(
        self,
        table: Table,
        cells: tuple[str, ...],
        x: float,
        width: float,
        y: float,
        *,
        head: bool = False,
        strong: bool = False,
        assumed: bool = False,
        draw: bool,
    ) -> float:
        line = TABLE_PT * LINE_MM_PT
        wraps = head or width == INNER_MM
        bold = strong or head
        rooms = [column.width * width - (0 if column is table.columns[-1] else 1.8) for column in table.columns]
        shown = [cell if wraps else self._fitting(cell, TABLE_PT, room, bold=bold) for cell, room in zip(cells, rooms, strict=True)]
        high = max(self._lines(cell, TABLE_PT, room, bold=bold) for cell, room in zip(shown, rooms, strict=True)) * line + 1.0
        if draw and assumed:
            self._fill("assumed-bg")
            self.pdf.rect(x, y, width, high, "F")
        start = x
        for column, cell, room in zip(table.columns, shown, rooms, strict=True):
            if draw:
                self._set(TABLE_PT, "muted" if head else "assumed" if assumed else "ink", bold=bold)
                self.pdf.set_xy(start, y + 0.5)
                self.pdf.multi_cell(room, line, cell, align="R" if column.number else "L")
            start += column.width * width
        y += high
        if draw:
            self.pdf.set_draw_color(style.LIGHT["field" if head else "rule"])
            self.pdf.set_line_width(0.18 if head else 0.12)
            self.pdf.line(x, y, x + width, y)
        return y

    def _fitting(self, words: str, size: float, room: float, *, bold: bool = False) -> str:
        """Words cut to the width of their cell."""
        self._set(size, "ink", bold=bold)
        if self.pdf.get_string_width(words) <= room:
            return words
        while words and self.pdf.get_string_width(f"{words}…") > room:
            words = words[:-1]
        return f"{words.rstrip()}…"

    def _lines(self, words: str, size: float, width: float, *, bold: bool = False) -> int:
        """On how many lines words stand."""
        self._set(size, "ink", bold=bold)
        lines: Any = self.pdf.multi_cell(width, 1, words, align="L", dry_run=True, output="LINES")
        return max(len(lines), 1)

    def _text(self, words: str, size: float, colour: str, *, bold: bool = False, x: float = EDGE_MM, width: float = INNER_MM) -> None:
        """Write words from the margin down, on as many lines as they need."""
        self._set(size, colour, bold=bold)
        self.pdf.set_xy(x, self.y)
        self.pdf.multi_cell(width, size * LINE_MM_PT, words, align="L")
        self.y = self.pdf.get_y()

    def _write(
        self,
        words: str,
        x: float,
        y: float,
        size: float,
        colour: str,
        *,
        bold: bool = False,
        width: float = INNER_MM,
        align: str = "L",
        draw: bool = True,
    ) -> None:
        """Write words on one line."""
        if draw:
            self._set(size, colour, bold=bold)
            self.pdf.set_xy(x, y)
            self.pdf.cell(width, size * LINE_MM_PT, words, align=align)

    def _set(self, size: float, colour: str, *, bold: bool) -> None:
        self.pdf.set_font(FONT, "B" if bold else "", size)
        self.pdf.set_text_color(style.LIGHT[colour])

    def _fill(self, colour: str) -> None:
        self.pdf.set_fill_color(style.LIGHT[colour])
