"""What there is to make for a network: its pages with their data, the printed figures of them, and the notebooks.

An entry is made in a folder, by this process or another one, and gives the names of its files and its card in the index.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from geodata.errors import NetworkError, NetworkWarning
from geodata.network import Network
from geodata.reader import read_network

from . import exports, text
from .catalogue import packaged_pages, pages_of
from .gallery import GalleryPage
from .notebook import Notebook, NotebookError, make_page, notebooks
from .pages import Drawn, Page, draw, printed
from .sheets import Sheet, packaged_sheets, picture, sheet_html
from .thumbnail import standalone

FIGURE_KINDS = ("png", "svg", "pdf")


class BuildError(Exception):
    """What keeps the job from being done, in one line."""


class Order(NamedTuple):
    """What decides which files there are.

    ``folder`` is a network's (None: the packaged one), ``notebooks`` the folder of notebooks (None: without),
    ``figures`` says whether the maps get printed figures.
    """

    folder: Path | None
    year: int | None
    notebooks: Path | None
    figures: bool


class Made(NamedTuple):
    """What an entry has made: its files, by their names in the folder, the page itself first; and its card in the index."""

    files: tuple[str, ...]
    card: GalleryPage


class Entry(NamedTuple):
    """Something to be made: its name, its title, its first file, what makes it in a folder, and what it is made from.

    ``uses`` are the tables it reads besides those of places and links, ``figures`` says whether printed figures are made
    with it, ``source`` is a notebook's own file.
    """

    name: str
    title: str
    file: str
    make: Callable[[Path], Made]
    uses: tuple[str, ...] = ()
    figures: bool = False
    source: Path | None = None


def read(order: Order) -> Network:
    """The network of an order, seen from its year. Raises BuildError with the first fault and the number of all."""
    try:
        network = read_network(order.folder)
        return network if order.year is None else network.at(order.year)
    except NetworkError as error:
        faults = error.findings
        more = f" (and {len(faults) - 1} more: geodata.read_network({str(order.folder)!r}) lists them)" if len(faults) > 1 else ""
        raise BuildError(f"{faults[0]}{more}") from None
    except ValueError as error:
        raise BuildError(str(error)) from None


def entries(order: Order, network: Network) -> tuple[Entry, ...]:
    """Every page that an order can have made, in the order of the gallery.

    Raises BuildError where there are notebooks for another network than theirs, or one of them is none.
    """
    pages: Sequence[Page | Sheet] = (*packaged_pages(), *packaged_sheets()) if order.folder is None else pages_of(network)
    drawn = [
        Entry(
            page.name,
            page.title("en"),
            page.file,
            partial(_make_sheet, network, page) if isinstance(page, Sheet) else partial(_make_map, network, page, order.figures),
            page.uses,
            order.figures and not isinstance(page, Sheet),
        )
        for page in pages
    ]
    if order.notebooks is None:
        return tuple(drawn)
    if order.folder is not None:
        raise BuildError("the notebooks ask the packaged network; leave out --network or --notebooks")
    executed = [
        Entry(one.name, one.title, one.file, partial(_make_notebook, one), ("cases", "scenarios"), source=one.path)
        for one in _notebooks(order.notebooks)
    ]
    return (*drawn, *executed)


def make_one(order: Order, name: str, where: Path) -> Made:
    """Make one entry of an order in a folder; another process reads the network once for all that it makes."""
    return _by_name(order)[name].make(where)


@cache
def _by_name(order: Order) -> Mapping[str, Entry]:
    with warnings.catch_warnings():
        # The process that gives the orders has said it.
        warnings.simplefilter("ignore", NetworkWarning)
        return {entry.name: entry for entry in entries(order, read(order))}


def _notebooks(folder: Path) -> tuple[Notebook, ...]:
    try:
        return notebooks(folder)
    except NotebookError as error:
        raise BuildError(str(error)) from None


def _make_map(network: Network, page: Page, figures: bool, where: Path) -> Made:
    drawn = draw(network, page)
    data = [
        ("lines", f"data/{page.name}.csv", exports.lines_csv(network, drawn.links)),
        ("geojson", f"data/{page.name}.geojson", exports.geojson(network, drawn.links)),
    ]
    if drawn.compared:
        data.append(("routes", f"data/{page.name}-routes.csv", exports.routes_csv(network, drawn.compared)))
    made = _written(page, drawn.html(), drawn.key_number, drawn.picture, data, where)
    if not figures:
        return made
    plates = tuple(file for language in text.LANGUAGES for file in _print(network, page, drawn, language, where))
    return Made((*made.files, *plates), made.card._replace(figures=plates))


def _print(network: Network, page: Page, drawn: Drawn, language: str, where: Path) -> list[str]:
    """Write a page's map for print in a language, and give the names of the files."""
    plate = printed(network, page, drawn, language)
    (where / "figures").mkdir(exist_ok=True)
    files = [f"figures/{page.name}-{language}.{kind}" for kind in FIGURE_KINDS]
    for file in files:
        plate.savefig(where / file)
    return files


def _make_sheet(network: Network, sheet: Sheet, where: Path) -> Made:
    filled = sheet.fill(network)
    data = [("table", f"data/{sheet.name}.csv", exports.table_csv(filled.table))]
    return _written(sheet, sheet_html(sheet, filled), filled.key_number, picture(filled), data, where)


def _written(page: Page | Sheet, content: str, key: str, still: str, data: Sequence[tuple[str, str, str]], where: Path) -> Made:
    """Write a page, its picture and its data: what each data file holds, its name and its text."""
    drawing = f"pictures/{page.name}.svg"
    texts = {page.file: content, drawing: standalone(still)} | {file: words for _, file, words in data}
    _write(where, texts)
    listed = tuple((kind, file) for kind, file, _ in data)
    card = GalleryPage(page.file, page.title("en"), page.question("en"), key, drawing, len(content.encode()), page.group, listed)
    return Made(tuple(texts), card)


def _make_notebook(notebook: Notebook, where: Path) -> Made:
    made = make_page(notebook)
    file = f"pictures/{notebook.name}.svg"
    _write(where, {notebook.file: made.html, file: standalone(made.picture)})
    size = len(made.html.encode())
    return Made((notebook.file, file), GalleryPage(notebook.file, notebook.title, notebook.question, made.answer, file, size, "notebook"))


def _write(where: Path, texts: Mapping[str, str]) -> None:
    for file, words in texts.items():
        (where / file).parent.mkdir(exist_ok=True)
        # Line ends are those of the text, on every system.
        (where / file).write_text(words, encoding="utf-8", newline="")
