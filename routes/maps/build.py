"""The main job: compute what the pages show, draw them, and put them in place together."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from geodata.errors import NetworkError
from geodata.network import Network
from geodata.reader import read_network

from .catalogue import packaged_pages, pages_of
from .gallery import GalleryPage, cards_of, gallery
from .notebook import PREFIX, Notebook, NotebookError, make_page, notebooks
from .pages import Page, draw
from .sheets import Sheet, packaged_sheets, picture, sheet_html

INDEX = "index.html"
#: Stands in every index this job has written; a folder without it is somebody else's and is not replaced.
MARK = '<meta name="generator" content="transit-route-atlas">'
Progress = Callable[[int, int, str], None]


class BuildError(Exception):
    """What keeps the job from being done, in one line."""


class _Entry(NamedTuple):
    """A page to be made: its name, its title, its file, and what makes it in a folder and gives its card."""

    name: str
    title: str
    file: str
    make: Callable[[Path], GalleryPage]


class Built(NamedTuple):
    """What was made: the index, the files and their bytes in all."""

    start: Path
    files: tuple[Path, ...]
    size: int


def names(folder: Path | None, notebook_folder: Path | None = None) -> list[tuple[str, str]]:
    """Name and title of every page there is for a network, and of every notebook of a folder."""
    return [(entry.name, entry.title) for entry in _entries(folder, _network(folder, None), notebook_folder)]


def make(
    out: Path,
    *,
    folder: Path | None,
    only: Sequence[str] | None,
    year: int | None,
    progress: Progress,
    notebook_folder: Path | None = None,
) -> Built:
    """Make the pages in a temporary folder beside ``out`` and swap the two.

    ``notebook_folder`` adds a page for each notebook in it. Pages of notebooks that were there before stay where ``only``
    leaves the rest as it is; a whole build without notebooks does not keep them, for nobody would know their age.
    Raises BuildError, with nothing changed, where the network, a page name, the year, a notebook or the folder is wrong.
    """
    network = _network(folder, year)
    entries = _entries(folder, network, notebook_folder)
    wanted = _wanted(entries, only)
    try:
        return _make(entries, wanted, out.resolve(), keep=bool(only), progress=progress)
    except NotebookError as error:
        raise BuildError(str(error)) from None
    except OSError as error:
        raise BuildError(f"{error.filename or out}: {error.strerror or error}") from None


def _make(entries: Sequence[_Entry], wanted: set[str], out: Path, *, keep: bool, progress: Progress) -> Built:
    _check_out(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        if keep and out.is_dir():
            shutil.copytree(out, temporary, dirs_exist_ok=True)
        made = _write(entries, wanted, temporary, progress)
        os.chmod(temporary, 0o755)  # noqa: S103 - mkdtemp gives 0o700, which a web server could not read
        _swap(temporary, out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    files = tuple(out / entry.file for entry in made)
    return Built(out / INDEX, files, sum(file.stat().st_size for file in files))


def _network(folder: Path | None, year: int | None) -> Network:
    try:
        network = read_network(folder)
        return network if year is None else network.at(year)
    except NetworkError as error:
        faults = error.findings
        more = f" (and {len(faults) - 1} more: geodata.read_network({str(folder)!r}) lists them)" if len(faults) > 1 else ""
        raise BuildError(f"{faults[0]}{more}") from None
    except ValueError as error:
        raise BuildError(str(error)) from None


def _entries(folder: Path | None, network: Network, notebook_folder: Path | None) -> tuple[_Entry, ...]:
    pages: Sequence[Page | Sheet] = (*packaged_pages(), *packaged_sheets()) if folder is None else pages_of(network)
    drawn = [_Entry(page.name, page.title("en"), page.file, partial(_draw, network, page)) for page in pages]
    if notebook_folder is None:
        return tuple(drawn)
    if folder is not None:
        raise BuildError("the notebooks ask the packaged network; leave out --network or --notebooks")
    return (*drawn, *(_Entry(one.name, one.title, one.file, partial(make_page, one)) for one in _notebooks(notebook_folder)))


def _notebooks(folder: Path) -> tuple[Notebook, ...]:
    try:
        return notebooks(folder)
    except NotebookError as error:
        raise BuildError(str(error)) from None


def _wanted(entries: Sequence[_Entry], only: Sequence[str] | None) -> set[str]:
    known = [entry.name for entry in entries]
    asked = [name.removesuffix(".html") for name in only or known]
    unknown = sorted(set(asked) - set(known))
    if unknown:
        raise BuildError(f"there is no page {unknown[0]!r}; pages are {', '.join(known)}")
    return set(asked)


def _check_out(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise BuildError(f"{out} is a file; name a folder")
    index = out / INDEX
    ours = index.is_file() and MARK in index.read_text("utf-8", errors="replace")
    if out.is_dir() and any(out.iterdir()) and not ours:
        raise BuildError(f"{out} holds other things; name an empty or a new folder")


def _write(entries: Sequence[_Entry], wanted: set[str], where: Path, progress: Progress) -> list[_Entry]:
    """Make the wanted pages; the index lists them and, with the cards it had, those that were there before."""
    index = where / INDEX
    before = cards_of(index.read_text("utf-8")) if index.exists() else {}
    listed: list[GalleryPage | str] = []
    made = []
    for entry in entries:
        if entry.name in wanted:
            listed.append(entry.make(where))
            made.append(entry)
            progress(len(made), len(wanted), entry.file)
        elif entry.file in before and (where / entry.file).exists():
            listed.append(before[entry.file])
    files = {entry.file for entry in entries}
    listed += [card for file, card in before.items() if file.startswith(PREFIX) and file not in files and (where / file).exists()]
    content = gallery(listed).replace('<meta charset="utf-8">', f'<meta charset="utf-8">\n{MARK}', 1)
    index.write_text(content, encoding="utf-8")
    return made


def _draw(network: Network, page: Page | Sheet, where: Path) -> GalleryPage:
    if isinstance(page, Sheet):
        filled = page.fill(network)
        content, key, still = sheet_html(page, filled), filled.key_number, picture(filled)
    else:
        drawn = draw(network, page)
        content, key, still = drawn.html(), drawn.key_number, drawn.picture
    file = where / page.file
    file.write_text(content, encoding="utf-8")
    return GalleryPage(page.file, page.title("en"), page.question("en"), key, still, file.stat().st_size)


def _swap(fresh: Path, out: Path) -> None:
    """Put the fresh folder where the old one is; the old one is gone only once the fresh one is there."""
    old = fresh.with_name(fresh.name + ".old")
    if out.exists():
        os.replace(out, old)
    try:
        os.replace(fresh, out)
    except OSError:
        if old.exists():
            os.replace(old, out)
        raise
    shutil.rmtree(old, ignore_errors=True)
